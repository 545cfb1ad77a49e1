"""One row of a register into case records."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Table

from monitor import tables
from monitor.calendars import Calendar
from monitor.intake.cells import BadCell, Parse, parser
from monitor.intake.derived import DERIVED
from monitor.intake.records import TABLES, Record, digest_of
from monitor.intake.registers import Register, Spec
from monitor.vocabulary import vocabulary

Values = dict[str, Any]
ISSUED = ("child", "worker", "team", "family")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one cell of one row, in words that hold no case data."""

    row_no: int
    column: str
    text: str
    refused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Whose rows these are: the source, the issuers of its ids, and the day of its data."""

    source: str
    issuers: dict[str, str]
    as_at: date
    calendar: Calendar
    known_rules: frozenset[str] = frozenset()

    def key(self, what: str, value: str | None) -> str | None:
        """ "issuer:id" for an id of a child, worker, team or family."""
        return None if value is None else f"{self.issuers.get(what, self.source)}:{value}"


@dataclass(slots=True)
class RowReader:
    """Reads the rows of one register whose file has this header."""

    register: Register
    origin: Origin
    header: list[str]
    problems: list[Problem] = field(default_factory=list)
    refused_rows: set[str] = field(default_factory=set)
    bad_rows: int = 0
    without_start: int = 0
    kinds_seen: set[str] = field(default_factory=set)
    known_children: set[str] | None = None
    _taken: dict[str, int] = field(default_factory=dict)
    _plan: list[tuple[int, str, Parse, str | None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for at, name in enumerate(self.header):
            declared = self.register.columns.get(name, "word")
            issuer = declared if isinstance(declared, str) and declared in ISSUED else None
            self._plan.append((at, name, parser(declared), issuer))

    def read(self, cells: list[str], row_no: int) -> Iterator[tuple[Table, Record]]:
        """The case records of this row; what is wrong with it goes to `problems`."""
        values, unreadable = self._values(cells, row_no)
        row_key = self._row_key(values)
        problem = self._refusal(values, unreadable, row_key, row_no)
        if problem is not None:
            self.problems.append(problem)
            self.bad_rows += 1
            if row_key is not None:
                self.refused_rows.add(row_key)
            return
        if unreadable:
            self.bad_rows += 1
        if row_key is None:  # pragma: no cover - a row without its ids was refused above
            return
        if self.register.generic:
            yield from self._generic(values, unreadable, row_key, row_no)
            return
        yield from self._made(values, unreadable, row_key, row_no)

    def _values(self, cells: list[str], row_no: int) -> tuple[Values, set[str]]:
        values: Values = {}
        unreadable: set[str] = set()
        for at, name, parse, issuer in self._plan:
            text = cells[at].strip()
            if not text:
                continue
            try:
                value = parse(text)
            except BadCell as bad:
                unreadable.add(name)
                self.problems.append(Problem(row_no, name, f"{bad}", refused=False))
                continue
            values[name] = self.origin.key(issuer, str(value)) if issuer else value
        return values, unreadable

    def _row_key(self, values: Values) -> str | None:
        given = self.register.given
        if given and values.get(given):
            parts = [str(values[given])]
        else:
            parts = [_text(_first(values, name)) for name in self.register.key]
            if not any(parts):
                return None
        return f"{self.origin.source}/{self.register.name}/{'|'.join(parts)}"

    def _refusal(self, values: Values, unreadable: set[str], row_key: str | None, row_no: int) -> Problem | None:
        for name in self.register.required:
            if _first(values, name) is None:
                columns = name.replace("|", " or ")
                said = "cannot be read" if unreadable & set(name.split("|")) else "is empty"
                return Problem(row_no, columns, f"{said}: the row was refused. Fill it in.", refused=True)
        backwards = self._ends_before_start(values)
        if backwards:
            return Problem(
                row_no, backwards, "lies before the start of the same row: the row was refused.", refused=True
            )
        if self.register.known_child and self.known_children and values["child_id"] not in self.known_children:
            return Problem(row_no, "child_id", "is no child of children.csv: the row was refused.", refused=True)
        if row_key in self._taken and (self.register.given in values or self.register.given is None):
            first = self._taken[row_key]
            if self._is_own_id():
                return Problem(
                    row_no,
                    self.register.key[0],
                    f"is the same as in row {first}: the row was refused. Each row needs its own.",
                    refused=True,
                )
        return self._unknown_rule(values, row_no)

    def _is_own_id(self) -> bool:
        """Whether the key is an id that the council gave, not one that we made of several columns."""
        return self.register.key[0].endswith("_id") and (
            len(self.register.key) == 1 or self.register.record is not None
        )

    def _unknown_rule(self, values: Values, row_no: int) -> Problem | None:
        rule = values.get("rule")
        if rule is None or not self.origin.known_rules or rule in self.origin.known_rules:
            return None
        return Problem(row_no, "rule", "is no rule of this home: the row was refused.", refused=True)

    def _ends_before_start(self, values: Values) -> str | None:
        for spec in (*self.register.episodes, *([_GENERIC] if self.register.generic == "episode" else [])):
            start, end = _start(values, spec), _first(values, str(spec.get("end", "")))
            if start and end and end < start:
                return str(spec["end"]).split("|")[0]
        return None

    def _unique(self, row_key: str, row_no: int) -> str:
        """The row's key; rows with the same natural key are told apart by their order."""
        again = self._taken.get(row_key)
        if again is None:
            self._taken[row_key] = row_no
            return row_key
        number = 2
        while f"{row_key}~{number}" in self._taken:
            number += 1
        self._taken[f"{row_key}~{number}"] = row_no
        return f"{row_key}~{number}"

    def _made(
        self, values: Values, unreadable: set[str], row_key: str, row_no: int
    ) -> Iterator[tuple[Table, Record]]:
        row_key = self._unique(row_key, row_no)
        if self.register.person:
            yield TABLES[self.register.person], self._person(values, row_key, row_no)
        record = self._record(values, row_key)
        for spec in self.register.episodes:
            yield from self._episode(spec, values, unreadable, row_key, record, row_no)
        for spec in self.register.events:
            yield from self._event(spec, values, unreadable, row_key, record, row_no)

    def _record(self, values: Values, row_key: str) -> str:
        """What Events of this row are about, so that a rule can look them up by it."""
        if self.register.record is None:
            return row_key
        ref = str(values[self.register.record]).rpartition(":")[2]
        return f"{self.origin.source}|{ref}|{values.get('child_id') or values.get('worker_id') or ''}"

    def _person(self, values: Values, row_key: str, row_no: int) -> Record:
        fields: Values = {name: values.get(column) for name, column in self.register.fields.items()}
        if "restricted" in fields:
            fields["restricted"] = fields["restricted"] == "yes"
        if "from_on" in fields and fields["from_on"] is None:
            fields["from_on"] = self.origin.as_at
        return Record(f"{row_key}#{self.register.person}", row_no, fields, digest_of(fields))

    def _episode(  # noqa: PLR0913 - a row, its keys and its place
        self, spec: Spec, values: Values, unreadable: set[str], row_key: str, record: str, row_no: int
    ) -> Iterator[tuple[Table, Record]]:
        if not _asked_for(spec, values, unreadable):
            return
        start = _start(values, spec)
        end = _first(values, str(spec.get("end", "")))
        starts_in = set(str(spec["start"]).removeprefix("first of ").replace("|", " ").split())
        ref = values.get(self.register.record or "") or values.get(self.register.key[0]) or row_key
        fields: Values = {
            "kind": spec["kind"],
            "ref": str(ref).rpartition(":")[2],
            "record": record,
            "child_key": values.get("child_id"),
            "worker_key": values.get(spec["worker"]) if "worker" in spec else values.get("worker_id"),
            "start_on": start,
            "start_unknown": None if start else "unreadable" if starts_in & unreadable else "missing",
            "end_on": end,
            "end_unknown": bool(set(str(spec.get("end", "")).split("|")) & unreadable),
            "attributes": _attributes(spec, values),
        }
        self._derive(spec, values, fields)
        yield tables.episode, Record(f"{row_key}#{spec['kind']}", row_no, fields, digest_of(fields))
        if fields["start_unknown"] and starts_in & set(self.header):
            self.without_start += 1
            yield tables.episode, self._start_unknown(fields, row_key, row_no)

    def _start_unknown(self, fields: Values, row_key: str, row_no: int) -> Record:
        """A clock of its own for a row without a start; it runs from the load that first showed it."""
        own = {
            **fields,
            "kind": "start-unknown",
            "start_on": self.origin.as_at,
            "start_unknown": None,
            "attributes": {"kind": fields["kind"]},
        }
        key = f"{row_key}#{fields['kind']}-start-unknown"
        return Record(key, row_no, own, digest_of(own, leaving_out="start_on"))

    def _event(  # noqa: PLR0913 - a row, its keys and its place
        self, spec: Spec, values: Values, unreadable: set[str], row_key: str, record: str, row_no: int
    ) -> Iterator[tuple[Table, Record]]:
        if not _asked_for(spec, values, unreadable):
            return
        done, due = _first(values, str(spec.get("done", ""))), values.get(str(spec.get("due", "")))
        unknown = done is None and bool(set(str(spec.get("done", "")).split("|")) & unreadable)
        status = values.get(str(spec.get("status", "")))
        if done is None and due is None and not unknown and status not in ("held", "done") and "keep-empty" not in spec:
            return
        made = spec.get("makes")
        of = spec.get("of")
        fields: Values = {
            "kind": made["kinds"][values[made["column"]]] if made else spec["kind"],
            "record": record,
            "child_key": None if of == "worker" else values.get("child_id"),
            "worker_key": None if of == "child" else values.get(str(spec.get("worker", "worker_id"))),
            **self._happened(done, due, status, unknown=unknown),
            "attributes": _attributes(spec, values),
        }
        self._derive(spec, values, fields)
        part = spec.get("part", spec.get("kind", "event"))
        kept = f"-{values.get(spec['keeps'])}" if "keeps" in spec else ""
        yield tables.event, Record(f"{row_key}#{part}{kept}", row_no, fields, digest_of(fields))

    def _happened(self, done: date | None, due: date | None, status: str | None, *, unknown: bool) -> Values:
        """A day after the data's own is a plan, whatever its column says; so is one that is called planned."""
        if status == "cancelled":
            return {"due_on": due or done, "done_on": None, "unknown": False, "status": status}
        if done is not None and (done > self.origin.as_at or status == "planned"):
            return {"due_on": due or done, "done_on": None, "unknown": False, "status": "planned"}
        if done is None and status in ("held", "done"):
            unknown = True
        return {"due_on": due, "done_on": done, "unknown": unknown, "status": status}

    def _derive(self, spec: Spec, values: Values, fields: Values) -> None:
        derive: Callable[[Values, Values, Calendar], None] | None = DERIVED.get(spec.get("derive", ""))
        if derive:
            derive(values, fields, self.origin.calendar)

    def _generic(
        self, values: Values, unreadable: set[str], row_key: str, row_no: int
    ) -> Iterator[tuple[Table, Record]]:
        kind = vocabulary().kinds[values["kind"]]
        stray = [
            name
            for name in values
            if name not in self.register.columns and name not in kind.attributes
        ]
        if stray:
            self.problems.append(
                Problem(row_no, stray[0], f"does not belong to a {kind.name}: it was left out.", refused=False)
            )
        self.kinds_seen.add(kind.name)
        own = self._unique(row_key, row_no)
        attributes = {name: name for name in values if name in kind.attributes}
        about = values.get("about") or values.get("episode_id") or values["event_id" if "event_id" in values else "kind"]
        record = f"{self.origin.source}|{about}|{values.get('child_id') or values.get('worker_id') or ''}"
        spec: Spec = {**(_GENERIC if kind.is_episode else _GENERIC_EVENT), "kind": kind.name, "attributes": attributes}
        make = self._episode if kind.is_episode else self._event
        yield from make(spec, values, unreadable, own, record, row_no)


_GENERIC: Spec = {"kind": "", "start": "start_on", "end": "end_on"}
_GENERIC_EVENT: Spec = {"kind": "", "done": "done_on", "due": "due_on", "status": "status"}


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _first(values: Values, names: str) -> Any:  # noqa: ANN401 - a date, a code or an id
    """The first of these columns ("a|b") that is filled."""
    for name in names.split("|"):
        value = values.get(name)
        if value is not None:
            return value
    return None


def _start(values: Values, spec: Spec) -> date | None:
    start = str(spec["start"])
    if start.startswith("first of "):
        days: list[date] = [values[name] for name in start.split()[2:] if values.get(name)]
        return min(days, default=None)
    found: date | None = _first(values, start)
    return found


def _asked_for(spec: Spec, values: Values, unreadable: set[str]) -> bool:
    condition = spec.get("if")
    if condition is None:
        return True
    name, _, code = str(condition).partition("=")
    if code:
        return bool(values.get(name) == code)
    return any(values.get(each) is not None or each in unreadable for each in name.split("|"))


def _attributes(spec: Spec, values: Values) -> dict[str, str]:
    """Attributes are text; a date among them is written as ISO."""
    found: dict[str, str] = {}
    for name, column in spec.get("attributes", {}).items():
        if column.startswith("?"):
            found[name] = "yes" if values.get(column[1:]) is not None else "no"
        elif values.get(column) is not None:
            value = values[column]
            found[name] = value.isoformat() if isinstance(value, date) else str(value)
    return found
