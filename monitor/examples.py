"""The worked examples beside each rule: read strictly, then run the real way, from rows to a judged clock.

`rules/<area>/<rule-id>.examples.yaml` holds them; a practitioner writes them (docs/write-a-rule.md).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path

from sqlalchemy import Connection, insert

from monitor import documents, tables
from monitor.bench import Bench
from monitor.bootstrap import open_ledger
from monitor.calendars import LONDON, Calendar
from monitor.caseload import Caseload, open_caseload
from monitor.deadlines import judge
from monitor.documents import Fault, Value, day, mapping, moment, one_of, only, word
from monitor.errors import BadRule, GivenWrong, suggestion
from monitor.feeds import Feeds
from monitor.given import SOURCE, Given, Rows
from monitor.model import Clock, Outcome, Row
from monitor.rule import Rule
from monitor.vocabulary import vocabulary

NOT_RUNNING = "not running"
FACTS = ("outcome", "started_on", "due_on", "act_by", "stage")
OUTCOMES = tuple(str(outcome) for outcome in Outcome)


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
    now: datetime | None
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
        if path.parent.name == "judgements":
            continue
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
    as_at, now = _as_at(node.entries["as_at"].value)
    data_of, not_carried = node.get("data_of"), node.get("not-carried")
    known_on = day(data_of) if data_of else as_at
    if known_on > as_at:
        raise Fault(node.entries["data_of"].line, "the data cannot be of a day after 'as_at'.")
    given = Rows(rule, known_on).read(node.entries["given"].value)
    return Example(
        rule=rule,
        path=shown,
        line=node.line,
        name=word(node.entries["name"].value).text,
        as_at=as_at,
        now=now,
        data_of=known_on,
        given=given,
        expected=_expected(node.entries["expect"].value, rule),
        not_carried=frozenset(_item(each) for each in documents.words(not_carried))
        if not_carried
        else frozenset(),
    )


def _as_at(value: Value) -> tuple[date, datetime | None]:
    """The day of judging, and the moment on it if one is given."""
    if not word(value).text[10:].startswith(" "):
        return day(value), None
    at = moment(value).replace(tzinfo=LONDON)
    return at.date(), at


def _item(name: documents.Word) -> str:
    allowed = vocabulary().items()
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


def judged_again(
    examples: Iterable[Example],
) -> Iterator[tuple[Example, Callable[[Rule], Mapping[str, str]]]]:
    """Each example with a way to judge its rows by a rule that looks up the same things, and only counts otherwise."""
    engine = open_ledger("sqlite://")
    calendar = Calendar()
    try:
        for example in examples:
            with engine.connect() as connection:
                caseload = _caseload(example, connection, calendar)
                rows = [row for row in caseload.rows(example.rule) if row.record == example.subject.record]
            yield example, _judge_by(example, caseload, rows)
    finally:
        engine.dispose()


def _judge_by(example: Example, caseload: Caseload, rows: list[Row]) -> Callable[[Rule], Mapping[str, str]]:
    def judge_by(rule: Rule) -> Mapping[str, str]:
        clocks = (judge(rule, row, caseload.as_at, caseload.bench, caseload.now) for row in rows)
        said = _said(next((clock for clock in clocks if clock), None))
        return {name: said[name] for name in example.expected if name in said} if example.expected else said

    return judge_by


def _caseload(example: Example, connection: Connection, calendar: Calendar) -> Caseload:
    _write(example, connection)
    bench = Bench(lawful=calendar, local=calendar, feeds=_feeds(example))
    return open_caseload(connection, as_at=example.as_at, bench=bench, now=example.now)


def _clock(example: Example, connection: Connection, calendar: Calendar) -> Clock | None:
    caseload = _caseload(example, connection, calendar)
    clocks = caseload.clocks_of(example.rule)
    return next((clock for clock in clocks if clock.row.record == example.subject.record), None)


def _feeds(example: Example) -> Feeds:
    """Everything the vocabulary lists is carried, on data of the example's day, but what it says is not."""
    items = set(vocabulary().items()) - example.not_carried
    return Feeds(carried={item: {SOURCE: example.data_of} for item in items})


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
