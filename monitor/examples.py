"""The worked examples beside each rule: read strictly, then run the real way, from rows to a judged clock.

`rules/<area>/<rule-id>.examples.yaml` holds them; a practitioner writes them (docs/write-a-rule.md).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, insert

from monitor import documents, tables
from monitor.bootstrap import open_ledger
from monitor.calendars import Calendar
from monitor.caseload import open_caseload
from monitor.documents import Fault, Value, day, mapping, one_of, only, word
from monitor.errors import BadRule, GivenWrong, suggestion
from monitor.feeds import Feeds
from monitor.lastdays import Bench
from monitor.model import Clock, Outcome
from monitor.rule import Rule
from monitor.vocabulary import DATE, FREE_CODE, NUMBER, Kind, vocabulary

SOURCE = "registers"
NOT_RUNNING = "not running"
FACTS = ("outcome", "started_on", "due_on", "act_by", "stage")
OUTCOMES = tuple(str(outcome) for outcome in Outcome)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One row as it would stand in the ledger; `record` is what Events about it name."""

    table: Table
    kind: str
    ref: str
    record: str
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One case on one day, and what its clock must say; `expected` is empty where none may run.

    The clock looked at is that of the first row of the rule's own kind.
    """

    rule: Rule
    path: str
    line: int
    name: str
    as_at: date
    data_of: date
    given: tuple[Given, ...]
    expected: Mapping[str, str]
    not_carried: frozenset[str] = frozenset()

    @property
    def subject(self) -> Given:
        return next(row for row in self.given if row.kind == self.rule.each)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What an example expected and what was found, told in the same words."""

    example: Example
    expected: str
    found: str
    why: str

    @property
    def passed(self) -> bool:
        return self.expected == self.found


def load_examples(folder: Path, rules: Iterable[Rule]) -> tuple[Example, ...]:
    """Every example under `folder`, rule by rule; BadRule tells every fault of every file."""
    faults: list[str] = []
    found: list[Example] = []
    by_path = {folder / rule.area / f"{rule.id}.examples.yaml": rule for rule in rules}
    for path in sorted(folder.glob("*/*.examples.yaml")):
        shown = f"{folder.name}/{path.relative_to(folder)}"
        rule = by_path.get(path)
        if rule is None:
            faults.append(f"{shown}: no rule stands beside these examples. Name the file after its rule.")
        else:
            found += _read(path, shown, rule, faults)
    if faults:
        raise BadRule(faults)
    return tuple(found)


def without_examples(rules: Iterable[Rule], examples: Iterable[Example]) -> tuple[Rule, ...]:
    """The rules that nobody has given an example."""
    told = {example.rule.id for example in examples}
    return tuple(rule for rule in rules if rule.id not in told)


def _read(path: Path, shown: str, rule: Rule, faults: list[str]) -> list[Example]:
    try:
        root = documents.read(path, shown)
        only(root, ("examples",))
        listed = documents.some(root.entries["examples"].value)
    except GivenWrong as error:
        faults += error.faults
        return []
    except Fault as fault:
        faults.append(f"{shown}:{fault.line}: {fault.text}")
        return []
    found: list[Example] = []
    for value in listed:
        try:
            example = _example(value, shown, rule)
            if example.name in {other.name for other in found}:
                raise Fault(value.line, "an example of this name stands here already.")  # noqa: TRY301 - gathered
            found.append(example)
        except Fault as fault:
            faults.append(f"{shown}:{fault.line}: {fault.text}")
    return found


def _example(value: Value, shown: str, rule: Rule) -> Example:
    node = mapping(value)
    only(node, ("name", "as_at", "given", "expect"), ("data_of", "not-carried"))
    as_at = day(node.entries["as_at"].value)
    data_of, not_carried = node.get("data_of"), node.get("not-carried")
    known_on = day(data_of) if data_of else as_at
    if known_on > as_at:
        raise Fault(node.entries["data_of"].line, "the data cannot be of a day after 'as_at'.")
    given = _Rows(rule, known_on).read(node.entries["given"].value)
    return Example(
        rule=rule,
        path=shown,
        line=node.line,
        name=word(node.entries["name"].value).text,
        as_at=as_at,
        data_of=known_on,
        given=given,
        expected=_expected(node.entries["expect"].value, rule),
        not_carried=frozenset(_item(each) for each in documents.words(not_carried))
        if not_carried
        else frozenset(),
    )


def _item(name: documents.Word) -> str:
    allowed = [
        *vocabulary().kinds,
        *(f"{kind.name}.{each}" for kind in vocabulary().kinds.values() for each in kind.attributes),
    ]
    if name.text not in allowed:
        raise Fault(name.line, f"no source can carry '{name.text}'.{suggestion(name.text, allowed)}")
    return name.text


def _expected(value: Value, rule: Rule) -> Mapping[str, str]:
    if isinstance(value, documents.Word):
        one_of(value, (NOT_RUNNING,))
        return {}
    only(mapping(value), ("outcome",), FACTS[1:])
    entries = mapping(value).entries
    one_of(entries["outcome"].value, OUTCOMES)
    if "stage" in entries:
        one_of(entries["stage"].value, (*(stage.label for stage in rule.stages), "none"))
    for name in FACTS[1:4]:
        if name in entries and word(entries[name].value).text != "none":
            day(entries[name].value)
    return {name: word(entries[name].value).text for name in FACTS if name in entries}


@dataclass(slots=True)
class _Rows:
    """Reads the rows of one example in order, as Events may be about a row that stands before them."""

    rule: Rule
    known_on: date
    rows: list[Given] = field(default_factory=list)

    def read(self, value: Value) -> tuple[Given, ...]:
        for each in documents.some(value):
            self.rows.append(self._row(mapping(each)))
        if not any(row.kind == self.rule.each for row in self.rows):
            raise Fault(value.line, f"no row is a '{self.rule.each}', so the rule has nothing to run for.")
        if not any(row.fields.get("child_key") == _key("C1") for row in self.rows if row.kind == "child"):
            self.rows.append(_child("C1", None, None))
        return tuple(self.rows)

    def _row(self, node: documents.Mapping) -> Given:
        if "episode" in node.entries:
            return self._episode(node, _kind(word(node.entries["episode"].value), is_episode=True))
        if "event" in node.entries:
            return self._event(node, _kind(word(node.entries["event"].value), is_episode=False))
        only(node, ("child",))
        child = mapping(node.entries["child"].value)
        only(child, (), ("id", "dob", "expected_dob"))
        return _child(_text(child, "id", "C1"), _day_in(child, "dob"), _day_in(child, "expected_dob"))

    def _episode(self, node: documents.Mapping, kind: Kind) -> Given:
        only(node, ("episode", "start"), ("end", "ref", "child", "worker", *kind.attributes))
        attributes = _attributes(node, kind)
        default = f"{kind.name}-{1 + sum(row.kind == kind.name for row in self.rows)}"
        if kind.name == "excuse":
            default = next((row.ref for row in self.rows if row.kind == self.rule.each), default)
            attributes = {"rule": self.rule.id, **attributes}
        ref = SOURCE if kind.of == "feed" else _text(node, "ref", default)
        start = word(node.entries["start"].value)
        unknown = start.text if start.text in ("missing", "unreadable") else None
        end = node.get("end")
        end_unknown = end is not None and word(end).text == "unreadable"
        fields = {
            "ref": ref,
            **_whose(node, kind),
            "start_on": None if unknown else day(start),
            "start_unknown": unknown,
            "end_on": None if end_unknown else _day_in(node, "end"),
            "end_unknown": end_unknown,
            "attributes": attributes,
        }
        return _given(tables.episode, kind.name, ref, _record(ref, fields, kind), fields)

    def _event(self, node: documents.Mapping, kind: Kind) -> Given:
        only(node, ("event",), ("done", "due", "status", "about", "ref", "child", "worker", *kind.attributes))
        done, due = node.get("done"), _day_in(node, "due")
        if done is None and due is None:
            raise Fault(node.line, "write when it was 'done', or when it is 'due'.")
        unknown = done is not None and word(done).text == "unreadable"
        done_on = None if done is None or unknown else day(done)
        if done is not None and done_on is not None and done_on > self.known_on:
            raise Fault(done.line, f"'{done_on}' lies after the day of the data: what is planned is 'due'.")
        ref = _text(node, "ref", f"{kind.name}-{len(self.rows) + 1}")
        whose, record = self._place(node, kind, ref)
        fields = {
            **whose,
            "due_on": due,
            "done_on": done_on,
            "unknown": unknown,
            "status": _text(node, "status", "") or None,
            "attributes": _attributes(node, kind),
        }
        return _given(tables.event, kind.name, ref, record, fields)

    def _place(self, node: documents.Mapping, kind: Kind, ref: str) -> tuple[dict[str, str | None], str]:
        """Whose the Event is, and the record it is about: the row named, or the first it can be about."""
        if kind.of in ("child", "worker", "any", "feed") and "about" not in node.entries:
            whose = _whose(node, kind)
            return whose, _record(ref, whose, kind)
        cases = [row for row in self.rows if row.kind != "child"]
        if "about" in node.entries:
            name = word(node.entries["about"].value)
            cases = [row for row in cases if row.ref == name.text]
            if not cases:
                raise Fault(name.line, f"no row before this one has the ref '{name.text}'.")
        cases.sort(key=lambda row: row.kind != kind.of)
        if not cases:
            raise Fault(node.line, f"'{kind.name}' is about a '{kind.of}': write that row before it.")
        about = cases[0]
        return {
            "child_key": about.fields["child_key"],
            "worker_key": about.fields["worker_key"],
        }, about.record


def _kind(name: documents.Word, *, is_episode: bool) -> Kind:
    allowed = [kind.name for kind in vocabulary().kinds.values() if kind.is_episode is is_episode]
    if name.text not in allowed:
        what = "Episode" if is_episode else "Event"
        raise Fault(name.line, f"there is no kind of {what} '{name.text}'.{suggestion(name.text, allowed)}")
    return vocabulary().kinds[name.text]


def _attributes(node: documents.Mapping, kind: Kind) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, codes in kind.attributes.items():
        value = node.get(name)
        if value is None:
            continue
        if codes == (DATE,):
            day(value)
        elif codes not in ((NUMBER,), (FREE_CODE,)):
            one_of(value, codes)
        found[name] = word(value).text
    return found


def _text(node: documents.Mapping, key: str, default: str) -> str:
    value = node.get(key)
    return word(value).text if value else default


def _day_in(node: documents.Mapping, key: str) -> date | None:
    value = node.get(key)
    return day(value) if value else None


def _key(ref: str) -> str:
    return f"{SOURCE}:{ref}"


def _whose(node: documents.Mapping, kind: Kind) -> dict[str, str | None]:
    """The child's or the worker's key; a row that is a child's may name a worker beside."""
    worker = _text(node, "worker", "W1" if kind.of == "worker" else "")
    child = "" if kind.of in ("worker", "feed") else _text(node, "child", "C1")
    return {"child_key": _key(child) if child else None, "worker_key": _key(worker) if worker else None}


def _record(ref: str, whose: Mapping[str, Any], kind: Kind) -> str:
    if kind.of == "feed":
        return SOURCE
    return f"{SOURCE}|{ref}|{whose['child_key'] or whose['worker_key']}"


def _given(table: Table, kind: str, ref: str, record: str, fields: Mapping[str, Any]) -> Given:
    own = {"kind": kind, "record": record, **fields}
    return Given(table=table, kind=kind, ref=ref, record=record, fields=own)


def _child(ref: str, dob: date | None, expected: date | None) -> Given:
    fields = {"child_key": _key(ref), "dob": dob, "expected_dob": expected, "restricted": False}
    return Given(table=tables.child, kind="child", ref=ref, record=ref, fields=fields)


def run_examples(examples: Iterable[Example]) -> Iterator[Result]:
    """Each example in a ledger of its own: one database in memory, whose changes are never kept."""
    engine = open_ledger("sqlite://")
    calendar = Calendar()
    try:
        for example in examples:
            with engine.connect() as connection:
                yield _result(example, _clock(example, connection, calendar))
    finally:
        engine.dispose()


def _clock(example: Example, connection: Connection, calendar: Calendar) -> Clock | None:
    _write(example, connection)
    bench = Bench(lawful=calendar, local=calendar, feeds=_feeds(example))
    caseload = open_caseload(connection, as_at=example.as_at, bench=bench)
    found = [
        clock for clock in caseload.clocks_of(example.rule) if clock.row.record == example.subject.record
    ]
    return found[0] if found else None


def _feeds(example: Example) -> Feeds:
    """Everything the vocabulary lists is carried, on data of the example's day, but what it says is not."""
    items = {kind.name for kind in vocabulary().kinds.values()}
    items |= {f"{kind.name}.{name}" for kind in vocabulary().kinds.values() for name in kind.attributes}
    return Feeds(carried={item: {SOURCE: example.data_of} for item in items - example.not_carried})


def _write(example: Example, connection: Connection) -> None:
    load = insert(tables.load).values(
        source=SOURCE,
        format="examples",
        as_at=example.data_of,
        as_at_from="given",
        digest="",
        taken_at=datetime.combine(example.data_of, time(), UTC),
        state="taken",
        **dict.fromkeys(("rows_read", "rows_refused", "rows_new", "rows_changed", "rows_withdrawn"), 0),
    )
    load_id = connection.execute(load.returning(tables.load.c.id)).scalar_one()
    for number, row in enumerate(example.given, start=1):
        version = {
            "key": f"{SOURCE}/examples/{number}",
            "source": SOURCE,
            "register": "examples",
            "load_id": load_id,
            "row_no": number,
            "digest": b"",
            "known_from": example.data_of,
        }
        connection.execute(insert(row.table).values(**version, **row.fields))


def _result(example: Example, clock: Clock | None) -> Result:
    said = _said(clock)
    asked = example.expected
    found = {name: said[name] for name in asked if name in said} if asked and clock else said
    return Result(example=example, expected=_told(asked), found=_told(found), why=clock.why if clock else "")


def _said(clock: Clock | None) -> dict[str, str]:
    if clock is None:
        return {}
    return {
        "outcome": str(clock.outcome),
        "started_on": str(clock.started_on or "none"),
        "due_on": str(clock.due_on or "none"),
        "act_by": str(clock.act_by or "none"),
        "stage": clock.stage or "none",
    }


def _told(facts: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in facts.items()) or NOT_RUNNING
