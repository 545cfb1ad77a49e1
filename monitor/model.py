"""What passes between the stages of the monitor: rows as read, clocks as judged, findings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from monitor.parts import Count, Has, Lookup, Over, Planned
from monitor.values import value

Lookups = Mapping[Lookup | Planned | Over, date | None]


class Outcome(StrEnum):
    """How a clock stands; `cannot-tell` is never in time."""

    IN_TIME = "in-time"
    DUE_SOON = "due-soon"
    OVERDUE = "overdue"
    TOO_EARLY = "too-early"
    EXCUSED = "excused"
    CANNOT_TELL = "cannot-tell"


class Unsure(StrEnum):
    """Why a clock cannot tell."""

    NO_START = "no start"
    UNREADABLE = "unreadable date"
    NOT_CARRIED = "not carried"
    BEFORE_WINDOW = "before the data begins"
    STALE = "the data stopped"
    NO_TERMS = "no table of terms"
    NO_LAST_DAY = "no last day"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """An order or waiver: the day it was given, and the day to which it reaches; `sound` False is void."""

    given_on: date | None
    until: date | None
    sound: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Excuse:
    """A lawful reason recorded for one limit; without a review date it holds twenty working days."""

    code: str
    on: date | None
    review_on: date | None


@value
class Whose:
    """What a row is called and whose it is: all that people are told by. Keys are "issuer:id"."""

    ref: str
    record: str
    source: str
    load_id: int
    child: str | None
    worker: str | None
    owner: str | None
    child_team: str | None
    attributes: Mapping[str, str | None] = field(default_factory=dict)

    @property
    def subject(self) -> str:
        """Whose clock it is: the child, else the worker, else the source itself."""
        return self.child or self.worker or self.source

    def whose(self) -> "Whose":
        """So much of a row as a finding keeps."""
        return Whose(
            ref=self.ref,
            record=self.record,
            source=self.source,
            load_id=self.load_id,
            child=self.child,
            worker=self.worker,
            owner=self.owner,
            child_team=self.child_team,
            attributes=self.attributes,
        )


@value
class Row(Whose):
    """One row that a rule runs for, with everything looked up that the rule reads.

    `unreadable` names kinds said to have happened on a day that cannot be read; `hidden` is "unreadable", "silent", or
    the item that is not carried ("placement.end").
    """

    start_on: date | None
    end_on: date | None
    start_unknown: str | None
    lookups: Lookups
    has: Mapping[Has, bool] = field(default_factory=dict)
    counts: Mapping[Count, int] = field(default_factory=dict)
    born_on: date | None = None
    unborn: bool = False
    grants: tuple[Grant, ...] = ()
    excuse: Excuse | None = None
    end_unknown: bool = False
    hidden: str | None = None  # why another row that would rule the clock out may have ended unseen
    unreadable: frozenset[str] = frozenset()


@value
class Clock:
    """One rule running for one row, judged on a day. Days are dates; `due_on` is the last day in time."""

    rule: str
    row: Row
    started_on: date | None
    due_on: date | None
    act_by: date | None
    outcome: Outcome
    stage: str | None
    stage_no: int
    stage_on: date | None
    why: str
    data_day: date
    lawful_due_on: date | None = None
    unsure: Unsure | None = None
    void_grants: int = 0

    @property
    def key(self) -> tuple[str, str, str, date | None]:
        """What makes two clocks the same clock: rule, subject, ref and start."""
        return (self.rule, self.row.subject, self.row.ref, self.started_on)


class Went(StrEnum):
    """Where a clock went."""

    STOPPED = "stopped"
    ENDED = "ended"
    STARTED_ANEW = "started anew"
    CORRECTED = "corrected"
    CEASED = "ceased to qualify"
    VANISHED = "vanished"


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """Where it went, in a sentence, with the load that shows it (0 where none does)."""

    went: Went
    why: str
    load_id: int = 0


def bare(key: str | None) -> str | None:
    """The id without its issuer."""
    return None if key is None else key.partition(":")[2]
