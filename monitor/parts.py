"""The parts of which rules are made: moments, conditions and limits, as values.

The words are those of the rule files (docs/write-a-rule.md); `moments` and `terms` read them.
"""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from monitor.limits import Amount

Scope = Literal["this", "child", "worker"]
COMPARE: dict[str, Callable[[Any, float], Any]] = {
    "over": operator.gt,
    "at-least": operator.ge,
    "under": operator.lt,
}

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

    `since` is "start" (on or after the row's own start), "ever", "clock" (after the clock's start) or "clock-day"
    (on or after it). Two on one day count as one.
    """

    pick: Literal["last", "first", "nth", "next"]
    kinds: tuple[str, ...]
    n: int = 1
    where: tuple["Attribute", ...] = ()
    date: Literal["done", "due", "began", "ended"] = "done"
    since: Literal["start", "ever", "clock", "clock-day"] = "start"
    of: Scope = "this"


@dataclass(frozen=True, slots=True, kw_only=True)
class Birthday:
    """The day on which the child reaches this age."""

    years: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Over:
    """The day since which the worker has had more than `more_than` such Episodes open, without a break.

    Each weighs one, or the number in its attribute `weight`; with `per_fte` the sum is that of a full-time post.
    """

    more_than: int
    kind: str
    where: tuple["Attribute", ...] = ()
    weight: str | None = None
    per_fte: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LaterOf:
    """The latest of several moments; those that are unknown drop out."""

    moments: tuple["Moment", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierOf:
    """The earliest of several moments; those that are unknown drop out."""

    moments: tuple["Moment", ...]


Moment = Own | Until | Lookup | Birthday | Over | LaterOf | EarlierOf

# Conditions: true, false, or cannot tell.


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """An attribute is one of these values, is none of them, is present or missing, or is a number so large."""

    name: str
    test: Literal["is", "not", "missing", "present", "over", "at-least", "under"]
    values: tuple[str, ...] = ()
    number: int = 0

    def holds(self, attributes: Mapping[str, str | None]) -> bool:
        """Whether it holds of these attributes; one that is absent is not any code, so `not` keeps it."""
        value = attributes.get(self.name)
        if self.test in ("missing", "present"):
            return (value is None) == (self.test == "missing")
        if self.test in ("over", "at-least", "under"):
            return value is not None and bool(COMPARE[self.test](float(value), self.number))
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
    """How many days there have been with such an Event or Episode since the row's start.

    With `within`, how many of them there were in the time up to and including the row's start day: each counts, also
    two of one day.
    """

    kind: str
    test: Literal["is", "at-least"]
    n: int
    of: Scope = "child"
    where: tuple[Attribute, ...] = ()
    within: Amount | None = None
    by: Literal["began", "ended", "done"] = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """An Event of these kinds is planned after the clock's start and not yet done (or, negated, none is)."""

    kinds: tuple[str, ...]
    negated: bool
    of: Scope = "this"


@dataclass(frozen=True, slots=True, kw_only=True)
class Age:
    """The child's age on the clock's start day, or `today`; an unborn child counts as under any age."""

    test: Literal["under", "at-least"]
    years: int
    today: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Lasted:
    """How long the row has lasted on the day of judging."""

    test: Literal["under", "at-least"]
    amount: Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class BeganWith:
    """The clock's start is the day that this moment gives."""

    moment: Lookup


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """From one moment to another it is longer than this, or no longer; where one is not known it is neither."""

    begins: Moment
    to: Moment
    test: Literal["more-than", "within"]
    amount: Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """The moment has come by the day of judging (or, negated, it has not)."""

    moment: Moment
    negated: bool


Condition = Attribute | Has | Count | Planned | Age | Lasted | BeganWith | Gap | Reached

# Limits: the last day in time, or none yet.


@dataclass(frozen=True, slots=True, kw_only=True)
class Within:
    """So long from a moment, or from the end of another limit; None is the clock's start."""

    amount: Amount
    of: "Moment | Limit | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """So long before a moment, counted back."""

    amount: Amount
    of: Moment


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
    """The first branch that applies; where a condition cannot be told, the shortest that might.

    Where the branches are parts of one whole, together they may not be longer than `sum_at_most`.
    """

    branches: tuple[Branch, ...]
    sum_at_most: Amount | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OnDate:
    """A day of the year in an attribute, or without one, the next such day from the clock's start."""

    month: int
    day: int
    year: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NextTermEnd:
    """The end of the first term of the council's own table that begins after the clock's start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoLimit:
    """There is no last day: the clock only tells how long it has run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshFor:
    """As long as the settings allow this row's source to be silent, in working days."""


Limit = Within | Before | At | EarlierLimit | LaterLimit | Choose | OnDate | NextTermEnd | NoLimit | FreshFor
