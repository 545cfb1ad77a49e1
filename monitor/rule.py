"""What a rule is, as values: each row of one kind, a start, a limit, stops, and stages at which to tell.

The words are those of the rule files (docs/write-a-rule.md); `packs` reads the files into these.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Literal

from monitor.limits import Amount

Scope = Literal["this", "child", "worker"]


class LawClass(StrEnum):
    """Where a limit comes from, and so who may move it."""

    STATUTORY = "statutory"
    GUIDANCE = "guidance"
    COURT = "court"
    LOCAL = "local"


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """The duty's source; no `url` means that it was not checked against the instrument."""

    law_class: LawClass
    source: str
    url: str | None = None
    checked: bool = False


# Moments: a date, or nothing.


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """A date of the row itself."""

    field: Literal["start", "end"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Until:
    """An attribute of the row that holds an "until" date; it alone may lie in the future."""

    attribute: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """A date of another row: the last, first or n-th done one, or the next planned one.

    `since` is "start" (on or after the row's own start) or "ever". Two on one day count as one.
    """

    pick: Literal["last", "first", "nth", "next"]
    kinds: tuple[str, ...]
    n: int = 1
    where: tuple["Attribute", ...] = ()
    date: Literal["done", "due", "began", "ended"] = "done"
    since: Literal["start", "ever"] = "start"
    of: Scope = "this"


@dataclass(frozen=True, slots=True, kw_only=True)
class LaterOf:
    """The latest of several moments; those that are unknown drop out."""

    moments: tuple["Moment", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierOf:
    """The earliest of several moments; those that are unknown drop out."""

    moments: tuple["Moment", ...]


Moment = Own | Until | Lookup | LaterOf | EarlierOf

# Conditions: true, false, or cannot tell.


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """An attribute is one of these values, is none of them, or is present or missing."""

    name: str
    test: Literal["is", "not", "missing", "present"]
    values: tuple[str, ...] = ()

    def holds(self, attributes: Mapping[str, str | None]) -> bool:
        """Whether it holds of these attributes; one that is absent is not any code, so `not` keeps it."""
        value = attributes.get(self.name)
        if self.test in ("missing", "present"):
            return (value is None) == (self.test == "missing")
        return (value in self.values) == (self.test == "is")


@dataclass(frozen=True, slots=True, kw_only=True)
class Has:
    """Another Episode of this child or worker is open on the day of judging (or, negated, none is)."""

    kind: str
    negated: bool
    where: tuple[Attribute, ...] = ()
    over: Amount | None = None  # open for longer than this
    under: Amount | None = None  # open for no longer than this
    of: Scope = "child"


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How many days there have been with such an Event since the row's start."""

    kind: str
    test: Literal["is", "at-least"]
    n: int
    of: Scope = "child"


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """An Event of these kinds is planned after the clock's start and not yet done (or, negated, none is)."""

    kinds: tuple[str, ...]
    negated: bool
    of: Scope = "this"


@dataclass(frozen=True, slots=True, kw_only=True)
class Age:
    """The child's age on the clock's start day; an unborn child counts as under any age."""

    test: Literal["under", "at-least"]
    years: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lasted:
    """How long the row has lasted on the day of judging."""

    test: Literal["under", "at-least"]
    amount: Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class BeganWith:
    """The clock's start is the day that this moment gives."""

    moment: Lookup


Condition = Attribute | Has | Count | Planned | Age | Lasted | BeganWith

# Limits: the last day in time, or none yet.


@dataclass(frozen=True, slots=True, kw_only=True)
class Within:
    """So long from a moment, or from the end of another limit; None is the clock's start."""

    amount: Amount
    of: "Moment | Limit | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class At:
    """That very day."""

    moment: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierLimit:
    """The earliest of several limits; those without a day drop out."""

    limits: tuple["Limit", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LaterLimit:
    """The latest of several limits; those without a day drop out."""

    limits: tuple["Limit", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    when: tuple[Condition, ...]
    limit: "Limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choose:
    """The first branch that applies; where a condition cannot be told, the shortest that might."""

    branches: tuple[Branch, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshFor:
    """As long as the settings allow this row's source to be silent, in working days."""


Limit = Within | At | EarlierLimit | LaterLimit | Choose | FreshFor


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedBy:
    """Orders that give a new last day (their due date), each granted while the limit stood."""

    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedTo:
    """An authorised later day, at most so long after the limit."""

    to: Moment
    at_most: Amount | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """Events of this kind put the limit off until the day in their attribute `until`.

    One is void where an attribute of `needs` is missing, where it reaches further than `at_most` from the day it
    was given, or where it was given by somebody known to be no `given_by`; a void waiver is told, not hidden.
    """

    kind: str
    until: str
    needs: tuple[str, ...]
    at_most: Amount
    given_by: str | None = None


# Stops and stages.


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """Any of these kinds done ends the clock; an optional one counts only where some source carries it."""

    kinds: tuple[str, ...]
    where: tuple[Attribute, ...] = ()
    since: Literal["clock", "start", "ever"] = "clock"
    of: Scope = "this"
    optional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Stops:
    """Any one of `stops`, or with `every`, all of those that some source carries."""

    stops: tuple[Stop, ...] = ()
    every: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """A role; or, with `by`, the role that an attribute of the row points to."""

    role: str | None = None
    attribute: str | None = None
    by: tuple[tuple[str, str], ...] = ()


Point = Literal["in", "before", "overdue", "over"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A point on a clock at which people are told."""

    label: str
    point: Point
    amount: Amount | None
    rag: Literal["amber", "red"]
    tell: tuple[Recipient, ...]
    when: tuple[Condition, ...] = ()
    urgent: bool = False
    answer: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One expectation, with its law, its dated limit and its stages."""

    id: str
    area: str
    title: str
    why: str
    serves: tuple[int, ...]
    law: Law
    each: str
    owner: str
    limits: tuple[tuple[date, Limit], ...]  # the limit in force from each day, oldest first
    stages: tuple[Stage, ...]
    where: tuple[Condition, ...] = ()
    running: Literal["open", "any"] = "open"
    starts: Moment = field(default_factory=lambda: Own(field="start"))
    stops: Stops = field(default_factory=Stops)
    moved_to: MovedBy | MovedTo | None = None
    waived: Waiver | None = None
    excused_by: tuple[str, ...] = ()
    path: str = ""

    def limit_on(self, start: date) -> Limit:
        """The limit in force on this day; before the first version, the first."""
        found = self.limits[0][1]
        for since, limit in self.limits:
            if since <= start:
                found = limit
        return found
