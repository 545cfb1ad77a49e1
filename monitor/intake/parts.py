"""What a load is made of: one part for each register that it feeds, whatever the files looked like."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from monitor.calendars import Calendar
from monitor.intake.mapping import Shows
from monitor.intake.registers import Register
from monitor.intake.sight import Listing
from monitor.limits import Amount

APRIL = 4

Line = tuple[
    str, int, Sequence[str]
]  # where the row stands, its number there, its cells in the header's order


class Mark(str):
    """An empty cell that is no gap of the row's own."""

    __slots__ = ()


ABSENT = Mark()  # the place that the row is from has no such column
FIRST_SHOWN = (
    Mark()
)  # of a start: what is open has no day in the data, and counts from the load that first shows it


@dataclass(frozen=True, slots=True)
class Carried:
    """Columns that come together, and of some of them the only values that they can have."""

    header: frozenset[str]
    only: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The rows of one register. `purged` are rows to be deleted; `listings` are all lists that could tell of it.

    `newest` are kinds of Events of which only each child's newest is there. Where no id should stand twice and one
    does, `apart` gives the rows once more, with those of one id told apart.
    """

    register: Register
    header: list[str]
    lines: Iterator[Line]
    carried: tuple[Carried, ...]
    apart: Callable[[], Iterator[Line]] | None = None
    listings: tuple[Listing, ...] = ()
    alike_are_one: bool = False
    newest: frozenset[str] = frozenset()
    purged: Iterator[Line] = field(default_factory=lambda: iter(()))
    # Once the rows are read: what a person should know of them, and how many rows of the files they were.
    told: Callable[[], list[str]] = list
    rows_read: Callable[[], int] | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One register of a load, opened when its turn comes; `shown` is what people know it by."""

    shown: str
    open: Callable[[], AbstractContextManager[Opened]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What there is to take: parts in order, with what tells these very data from any others.

    `day` is the day that the data name themselves; `window` how far back of their day they show what has ended.
    """

    form: str
    digest: str
    parts: tuple[Part, ...]
    day: date | None = None
    shows: Shows = "every row"
    window: Amount | Literal["year from 1 April"] | None = None
    notes: list[str] = field(default_factory=list)
    faults: tuple[str, ...] = ()
    year: str | None = None
    is_mapped: bool = False
    open_is_whole: bool = False
    carries_filled: bool = False  # a column that no row fills counts as not carried

    def covers_from(self, as_at: date, calendar: Calendar) -> date | None:
        """The day before which the data show nothing that has ended; None where they show all."""
        if self.window is None:
            return None
        if self.window == "year from 1 April":
            return date(as_at.year - (as_at < date(as_at.year, APRIL, 1)), APRIL, 1)
        return calendar.before(as_at, self.window)

    def begins_on(self, as_at: date, calendar: Calendar) -> date | None:
        """The day before which a look-up finds nothing, whatever happened."""
        return None if self.open_is_whole else self.covers_from(as_at, calendar)
