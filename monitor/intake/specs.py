"""Which case records a row makes, as `registers.yaml` says it: read once into these."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from monitor.calendars import london_day

Values = Mapping[str, str | date]
Unreadable = Mapping[str, str]
Only = Mapping[str, AbstractSet[str]]  # of some columns the only values that they can have


# What people write where there is nothing to write yet.
PLACEHOLDERS = frozenset(
    (
        *("tbc", "tba", "tbd", "none", "n/a", "na", "nil", "unknown", "not known", "awaited", "pending"),
        *("to be confirmed", "to be decided", "assessment ongoing"),
    )
)


def first_day(values: Values, names: tuple[str, ...], unreadable: Unreadable) -> date | None:
    """The day in the first of these columns that is filled; none where that one cannot be read."""
    for name in names:
        if name in unreadable:
            return None
        day = day_of(values.get(name))
        if day is not None:
            return day
    return None


def day_of(value: str | date | None) -> date | None:
    """The day of a cell: the date itself, or the London day of its moment."""
    if isinstance(value, str):
        return london_day(datetime.fromisoformat(value))
    return value


def says_something(values: Values, unreadable: Unreadable, column: str) -> bool:
    """Whether the cell names something, and not that there is nothing to name."""
    return column in unreadable or str(values.get(column, "none")).lower() not in PLACEHOLDERS


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A record is made only where one of these columns is filled, or has the code beside it."""

    columns: tuple[tuple[str, str], ...]

    def may_hold(self, header: AbstractSet[str], only: Only) -> bool:
        """Whether a file with these columns can say so."""
        return any(
            name in header and (not code or code in only.get(name, (code,))) for name, code in self.columns
        )

    def holds(self, values: Values, unreadable: Unreadable) -> bool:
        for name, code in self.columns:
            if values.get(name) == code if code else name in values or name in unreadable:
                return True
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """An attribute and the column it is read from; with `only_whether`, yes or no: whether that is filled."""

    name: str
    column: str
    only_whether: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeSpec:
    """An Episode that a row makes. The first filled column of `start` is its start, or their earliest day.

    `named` is a column that must name something; without the column `beside` in the file the row makes none. One
    `after` a kind of Event is made only where the row says that this has happened; `ref` is what people call it by,
    where that is not the row's own id.
    """

    kind: str
    start: tuple[str, ...]
    end: tuple[str, ...]
    earliest: bool = False
    worker: str = "worker_id"
    attributes: tuple[Attribute, ...] = ()
    only_if: Condition | None = None
    named: str | None = None
    beside: str | None = None
    after: str | None = None
    ref: tuple[str, ...] = ()
    derive: str | None = None

    def is_in(self, header: AbstractSet[str], only: Only) -> bool:
        """Whether a file with these columns carries it."""
        if self.beside and self.beside not in header:
            return False
        return self.only_if is None or self.only_if.may_hold(header, only)

    def start_of(self, values: Values, unreadable: Unreadable) -> date | None:
        if self.earliest:
            return min((day for name in self.start if (day := day_of(values.get(name)))), default=None)
        return first_day(values, self.start, unreadable)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSpec:
    """An Event that a row makes; its kind is fixed, or chosen by the code in a column.

    `named` is a column that must name something, `unless` one with the day from which the Event counts no more: where
    that cannot be read, neither can the Event's own. An Event that is `begun_by` one has happened, if on no known day.
    Without a readable `due` day one that is `due_counts` is unknown.
    """

    kind: str
    kind_by: str | None
    kinds: Mapping[str, str]
    part: str
    done: tuple[str, ...]
    due: str
    status: str
    of: str | None
    worker: str
    attributes: tuple[Attribute, ...]
    only_if: Condition | None
    unless: str | None
    derive: str | None
    keeps: str | None
    keep_empty: bool
    named: str | None
    begun_by: str | None
    due_counts: bool
    columns: frozenset[str]  # without any of these filled there is no Event, unless it is kept empty

    def is_in(self, header: AbstractSet[str], only: Only) -> bool:
        """Whether a file with these columns carries it."""
        if self.only_if and not self.only_if.may_hold(header, only):
            return False
        return not header.isdisjoint(self.done or (self.due,))

    def every_kind(self, only: Only) -> set[str]:
        """The kinds that it may make where some columns can have only these values."""
        codes = only.get(self.kind_by or "", self.kinds)
        found = {kind for code, kind in self.kinds.items() if code in codes} if self.kind_by else {self.kind}
        return found | {"plo-hearing"} if self.derive == "next-step" else found


def episode(spec: Mapping[str, Any]) -> EpisodeSpec:
    start = str(spec["start"])
    earliest = start.startswith("first of ")
    return EpisodeSpec(
        kind=spec["kind"],
        start=tuple(start.split()[2:]) if earliest else either(start),
        earliest=earliest,
        end=either(spec.get("end")),
        worker=spec.get("worker", "worker_id"),
        attributes=_attributes(spec),
        only_if=_condition(spec.get("if")),
        named=spec.get("named"),
        beside=spec.get("beside"),
        after=spec.get("after"),
        ref=either(spec.get("ref")),
        derive=spec.get("derive"),
    )


def event(spec: Mapping[str, Any]) -> EventSpec:
    made = spec.get("makes")
    done, due, status = either(spec.get("done")), spec.get("due", ""), spec.get("status", "")
    return EventSpec(
        kind=spec.get("kind", ""),
        kind_by=made["column"] if made else None,
        kinds=made["kinds"] if made else {},
        part=spec.get("part", spec.get("kind", "event")),
        done=done,
        due=due,
        status=status,
        of=spec.get("of"),
        worker=spec.get("worker", "worker_id"),
        attributes=_attributes(spec),
        only_if=_condition(spec.get("if")),
        unless=spec.get("unless"),
        derive=spec.get("derive"),
        keeps=spec.get("keeps"),
        keep_empty=spec.get("keep-empty") == "yes",
        named=spec.get("named"),
        begun_by=spec.get("begun-by"),
        due_counts=spec.get("due-counts") == "yes",
        columns=frozenset((*done, due, status, spec.get("begun-by", ""))) - {""},
    )


@cache
def either(names: str | None) -> tuple[str, ...]:
    """The names in "a|b"; asked for every row, so remembered."""
    return tuple(names.split("|")) if names else ()


def _attributes(spec: Mapping[str, Any]) -> tuple[Attribute, ...]:
    return tuple(
        Attribute(name=name, column=column.removeprefix("?"), only_whether=column.startswith("?"))
        for name, column in spec.get("attributes", {}).items()
    )


def _condition(text: str | None) -> Condition | None:
    if text is None:
        return None
    parted = (each.partition("=") for each in either(text))
    return Condition(columns=tuple((column, code) for column, _, code in parted))
