"""What a rule is, as values: each row of one kind, a start, a limit, stops, and stages at which to tell.

The words are those of the rule files (docs/write-a-rule.md); `packs` reads the files into these.
"""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Literal

from monitor.limits import Amount
from monitor.parts import Attribute, Condition, Limit, Lookup, Moment, Own, Planned, Scope


class LawClass(StrEnum):
    """Where a limit comes from, and so who may move it."""

    STATUTORY = "statutory"
    GUIDANCE = "guidance"
    COURT = "court"
    LOCAL = "local"


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """The duty's source; `checked` says whether the instrument itself was read for it."""

    law_class: LawClass
    source: str
    url: str | None = None
    checked: bool = False
    expected: str | None = None  # what is known of a change that is to come


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedBy:
    """Orders that give a new last day (their due date), each given while the limit stood; at most so long after it."""

    kind: str
    at_most: Amount | None = None


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
    With `not_of_others`, one that stands in another row of the rule's kind (another plan) is no waiver of this one.
    """

    kind: str
    until: str
    needs: tuple[str, ...]
    at_most: Amount
    given_by: str | None = None
    not_of_others: bool = False


# Stops and stages.


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """Any of these kinds done ends the clock; an optional one counts only where some source carries it.

    With `not_of_others`, one that stands in another row of the rule's kind (another plan) says nothing of this one.
    """

    kinds: tuple[str, ...]
    where: tuple[Attribute, ...] = ()
    since: Literal["clock", "start", "ever"] = "clock"
    of: Scope = "this"
    optional: bool = False
    not_of_others: bool = False


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


@dataclass(frozen=True, slots=True, kw_only=True)
class TooEarly:
    """What may not be done before so much time has run from the clock's start, and which then ends the clock.

    The whole of `amount` must have run out first; with `opens`, its last day is allowed. `unless` lifts it. What was
    done too early is shown for so long, for it can never be made good.
    """

    act: Lookup
    amount: Amount
    opens: bool
    shown_for: Amount
    whenever: (
        Lookup  # the act as well, also before the clock's start; about the row itself also before the row's
    )
    unless: Lookup | None = None

    @property
    def planned(self) -> Planned:
        """The act in the diary."""
        return Planned(kinds=self.act.kinds, negated=False, of=self.act.of)


Point = Literal["in", "before", "due", "overdue", "over", "share", "date", "half-term", "booked", "early"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A point on a clock at which people are told: by an amount, a `percent` of it, or a `date` (month, day)."""

    label: str
    point: Point
    amount: Amount | None
    rag: Literal["amber", "red"]
    tell: tuple[Recipient, ...]
    when: tuple[Condition, ...] = ()
    urgent: bool = False
    answer: bool = False
    percent: int = 0
    date: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What a council itself has decided about a rule: from the day `since`, by whom and why.

    The earlier of law and policy holds; a policy that a `director` has signed, or one on a local rule, stands alone.
    """

    since: date
    by: str
    because: str
    path: str
    director: str | None = None
    limit: Limit | None = None
    floor: Amount | None = None


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
    too_early: TooEarly | None = None
    off: str | None = None  # why it ships switched off
    policy: Policy | None = None
    path: str = ""

    def floor_on(self, as_at: date) -> Amount | None:
        """The period that must run out first, as it is judged on this day."""
        if self.too_early is None:
            return None
        has_own = self.policy and self.policy.floor and self.policy.since <= as_at
        return self.policy.floor if has_own and self.policy else self.too_early.amount

    def limit_on(self, start: date) -> Limit:
        """The limit in force on this day; before the first version, the first."""
        found = self.limits[0][1]
        for since, limit in self.limits:
            if since <= start:
                found = limit
        return found
