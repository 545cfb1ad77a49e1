"""A row into case records: a person, Episodes and Events, as the register's specs say."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from monitor import tables
from monitor.intake.checks import GENERIC_EPISODE, Origin, RegisterRow
from monitor.intake.derived import DERIVED
from monitor.intake.records import Record, record
from monitor.intake.registers import TABLES, Register
from monitor.intake.specs import Attribute, EpisodeSpec, EventSpec, Values, event, first_day, says_something
from monitor.model import NOT_SHOWN
from monitor.vocabulary import UNREADABLE, holds_a_day, vocabulary

Fields = dict[str, Any]
GENERIC_EVENT = event({"done": "done_on", "due": "due_on", "status": "status"})
_HAPPENED, _NOT_YET = ("held", "done"), ("planned", "cancelled")


@dataclass(slots=True)
class Maker:
    """Makes the records of the rows of one register; remembers which rows had no start."""

    register: Register
    origin: Origin
    header: frozenset[str]
    without_start: list[int] = field(default_factory=list)
    _episodes: tuple[EpisodeSpec, ...] = field(init=False)  # that rows with these columns can make
    _events: tuple[EventSpec, ...] = field(init=False)
    _generic: dict[str, EpisodeSpec | EventSpec] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._episodes = tuple(
            each for each in self.register.episodes if not each.beside or each.beside in self.header
        )
        self._events = tuple(
            each for each in self.register.events if each.keep_empty or each.columns & self.header
        )

    def records(self, row: RegisterRow) -> Iterator[Record]:
        """The case records of this row, ready to be compared with those in force."""
        about = self._about(row)
        if self.register.generic:
            yield from self._of_kind(row, about)
            return
        if self.register.person:
            yield self._person(row)
        if self.register.start and self.register.tells_of_events and self.register.start not in row.values:
            yield from self._start_unknown(self._whose(row, about), row)
        for episode in self._episodes:
            yield from self._episode(episode, row, about)
        for spec in self._events:
            if made := self._event(spec, row, about):
                yield made

    def _about(self, row: RegisterRow) -> str:
        """What the Events of this row are about, so that a rule can look them up by it."""
        values = row.values
        if self.register.generic:
            ref = values.get("about") or values[self.register.id[0]]
        elif self.register.record in values:
            ref = values[self.register.record]
        else:
            return row.key
        owner = values.get("child_id") or values.get("worker_id") or ""
        return f"{self.origin.source}|{_bare(ref)}|{owner}"

    def _of_kind(self, row: RegisterRow, about: str) -> Iterator[Record]:
        """A row of a generic register is one Episode or Event of the kind that it names."""
        name = str(row.values["kind"])
        if name not in self._generic:
            kind = vocabulary().kinds[name]
            attributes = tuple(Attribute(name=each, column=each) for each in kind.attributes)
            spec = GENERIC_EPISODE if kind.is_episode else GENERIC_EVENT
            self._generic[name] = replace(spec, kind=name, attributes=attributes)
        spec = self._generic[name]
        if isinstance(spec, EpisodeSpec):
            yield from self._episode(spec, row, about)
        elif made := self._event(spec, row, about):
            yield made

    def _person(self, row: RegisterRow) -> Record:
        values = row.values
        fields: Fields = {name: values.get(column) for name, column in self.register.fields.items()}
        if "restricted" in fields:  # one that cannot be read is not taken for a no
            fields["restricted"] = fields["restricted"] == "yes" or "restricted" in row.unreadable
        born = fields.get("dob")
        if isinstance(born, date) and born > self.origin.as_at:  # how systems write when a child is expected
            fields |= {"dob": None, "expected_dob": fields.get("expected_dob") or born}
        if "child_key" in fields:
            fields |= self.origin.keys(fields["child_key"])
        table = TABLES[str(self.register.person)]
        return record(table, f"{row.key}#{table.name}", row.no, fields)

    def _episode(self, spec: EpisodeSpec, row: RegisterRow, about: str) -> Iterator[Record]:
        values, unreadable = row.values, row.unreadable
        if spec.only_if and not spec.only_if.holds(values, unreadable):
            return
        if spec.named in self.header and not says_something(values, unreadable, spec.named):
            return
        if spec.after and not self._has_happened(spec.after, row):
            return
        start, end = spec.start_of(values, unreadable), first_day(values, spec.end, unreadable)
        is_first_shown = start is None and not row.first_shown.isdisjoint(spec.start)
        start = self.origin.as_at if is_first_shown else start
        fields: Fields = {
            "kind": spec.kind,
            "ref": self._ref(row, spec.ref),
            "record": about,
            **self.origin.keys(values.get("child_id")),
            "worker_key": values.get(spec.worker),
            "start_on": start,
            "start_unknown": None if start else _why_unknown(spec.start, row),
            "end_on": end,
            "end_unknown": end is None and not unreadable.keys().isdisjoint(spec.end),
            "attributes": _attributes(spec.kind, spec.attributes, row),
        }
        if spec.derive:
            DERIVED[spec.derive](row, fields, self.origin)
        leaving_out = "start_on" if is_first_shown else None
        yield record(tables.episode, f"{row.key}#{spec.kind}", row.no, fields, leaving_out)
        is_there = not (self.header - row.absent).isdisjoint(spec.start)
        if start is None and is_there and row.earlier.keys().isdisjoint(spec.start):
            yield from self._start_unknown(fields, row)

    def _ref(self, row: RegisterRow, called: tuple[str, ...] = ()) -> str:
        """What people call the row by: its own id, or where it has none, the first thing that names it."""
        names = (*called, self.register.ref, *self.register.names)
        return _bare(next(row.values[name] for name in names if name in row.values))

    def _has_happened(self, kind: str, row: RegisterRow) -> bool:
        """Whether by this row an Event of the kind has happened, if on no known day."""
        spec = next((each for each in self.register.events if _kind_of(each, row.values) == kind), None)
        found = self._happened(spec, row.values, row.unreadable) if spec else None
        return found is not None and (found["done_on"] is not None or found["unknown"])

    def _whose(self, row: RegisterRow, about: str) -> Fields:
        """What an Episode says of a row whose register makes Events only."""
        return {
            "kind": self.register.name,
            "ref": self._ref(row),
            "record": about,
            **self.origin.keys(row.values.get("child_id")),
            "worker_key": row.values.get("worker_id"),
            "end_on": None,
            "end_unknown": False,
        }

    def _start_unknown(self, fields: Fields, row: RegisterRow) -> Iterator[Record]:
        """A clock of its own for a row without a start, once; it runs from the load that first showed it."""
        if row.no in self.without_start[-1:]:
            return
        self.without_start.append(row.no)
        own = {
            **fields,
            "kind": "start-unknown",
            "start_on": self.origin.as_at,
            "start_unknown": None,
            "attributes": {"kind": fields["kind"]},
        }
        yield record(tables.episode, f"{row.key}#start-unknown", row.no, own, leaving_out="start_on")

    def _event(self, spec: EventSpec, row: RegisterRow, about: str) -> Record | None:
        values, unreadable = row.values, row.unreadable
        if spec.only_if and not spec.only_if.holds(values, unreadable):
            return None
        if spec.columns.isdisjoint(values) and spec.columns.isdisjoint(unreadable) and not spec.keep_empty:
            return None
        if spec.named in self.header and not says_something(values, unreadable, spec.named):
            return None
        if self._is_undone(spec, values):
            return None
        happened = self._happened(spec, values, unreadable)
        if happened is None and not spec.keep_empty:
            return None
        if happened and happened["done_on"] and spec.unless in unreadable:
            happened |= {"done_on": None, "unknown": True}
        kind = _kind_of(spec, values)
        fields: Fields = {
            "kind": kind,
            "record": about,
            **self.origin.keys(None if spec.of == "worker" else values.get("child_id")),
            "worker_key": None if spec.of == "child" else values.get(spec.worker),
            **(happened or _NOTHING_YET),
            "attributes": _attributes(kind, spec.attributes, row),
        }
        if spec.derive:
            DERIVED[spec.derive](row, fields, self.origin)
        part = f"{spec.part or spec.kind}#{values.get(spec.keeps)}" if spec.keeps else spec.part or spec.kind
        return record(tables.event, f"{row.key}#{part}", row.no, fields)

    def _is_undone(self, spec: EventSpec, values: Values) -> bool:
        """Whether the day has come from which the Event counts no more."""
        undone = values.get(spec.unless) if spec.unless else None
        return isinstance(undone, date) and undone <= self.origin.as_at

    def _happened(self, spec: EventSpec, values: Values, unreadable: Mapping[str, str]) -> Fields | None:
        """Its days and status, or None where there is nothing yet.

        A day after the data's own is a plan, whatever its column says; so is one that is called planned.
        """
        done, due = first_day(values, spec.done, unreadable), first_day(values, (spec.due,), unreadable)
        status = values.get(spec.status)
        is_unknown = self._is_unknown(spec, values, unreadable, done) and status not in _NOT_YET
        if done is None and due is None and not is_unknown:
            return None
        if done is not None and (status in _NOT_YET or done > self.origin.as_at):
            planned = status if status == "cancelled" else "planned"
            return {"due_on": due or done, "done_on": None, "unknown": False, "status": planned}
        return {"due_on": due, "done_on": done, "unknown": is_unknown, "status": status}

    def _is_unknown(
        self, spec: EventSpec, values: Values, unreadable: Mapping[str, str], done: date | None
    ) -> bool:
        """Whether it is said to have happened, or to be due, on a day that nobody can read."""
        if spec.due_counts and spec.due in unreadable:
            return True
        if done is not None:
            return False
        is_begun = spec.begun_by is not None and says_something(values, unreadable, spec.begun_by)
        has_no_day = not unreadable.keys().isdisjoint(spec.done) or self.register.start in spec.done
        return is_begun or has_no_day or values.get(spec.status) in _HAPPENED


_NOTHING_YET: Fields = {"due_on": None, "done_on": None, "unknown": False, "status": None}


def _kind_of(spec: EventSpec, values: Values) -> str:
    return spec.kinds[str(values[spec.kind_by])] if spec.kind_by else spec.kind


def _why_unknown(starts: tuple[str, ...], row: RegisterRow) -> str:
    if not row.earlier.keys().isdisjoint(starts):
        return NOT_SHOWN
    return "missing" if row.unreadable.keys().isdisjoint(starts) else "unreadable"


def _attributes(kind: str, wanted: tuple[Attribute, ...], row: RegisterRow) -> dict[str, str]:
    """Attributes are text; a date among them is written as ISO, one that cannot be read is not an empty one."""
    values, found = row.values, {}
    for each in wanted:
        if each.only_whether:
            found[each.name] = "yes" if each.column in values else "no"
        elif each.column in values:
            found[each.name] = str(values[each.column])
        elif each.column in row.unreadable and holds_a_day(kind, each.name):
            found[each.name] = UNREADABLE
    return found


def _bare(key: str | date) -> str:
    """The id without its issuer."""
    return str(key).rpartition(":")[2]
