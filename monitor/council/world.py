"""Chance and days: what befalls an imaginary council, the same each time for the same seed.

Lateness is dealt, not diced: `falls` carries its remainder from case to case, so that a small council too has
its share of late cases, and most of them where the team is late.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import TypeVar

from monitor.calendars import Calendar
from monitor.limits import Amount, Unit

T = TypeVar("T")
Span = tuple[int, int]

_LATE = 0.1  # the share of running clocks that are over their limit, in a team of ordinary lateness


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The day of the export, and everything that chance decides; what it has dealt so far it remembers."""

    as_at: date
    rng: Random
    calendar: Calendar
    carried: dict[str, float] = field(default_factory=dict)
    packs: dict[str, list[int]] = field(default_factory=dict)
    counted: dict[str, int] = field(default_factory=dict)

    def chance(self, share: float) -> bool:
        """True so often, at random."""
        return self.rng.random() < share

    def falls(self, what: str, share: float) -> bool:
        """True for that share of the cases asked about, as near as whole cases allow."""
        carried = self.carried.get(what, self.rng.random()) + min(share, 0.9)
        self.carried[what] = carried % 1
        return carried >= 1

    def every(self, what: str, n: int) -> bool:
        """True for the n-th case, and each n-th after it: never in a register of fewer rows."""
        self.counted[what] = self.counted.get(what, 0) + 1
        return self.counted[what] % n == 0

    def deal(self, pack: str, cards: Sequence[T]) -> T:
        """The next card of a shuffled pack, which is shuffled again when it is empty."""
        left = self.packs.setdefault(pack, [])
        if not left:
            left.extend(range(len(cards)))
            self.rng.shuffle(left)
        return cards[left.pop()]

    def next_id(self, prefix: str, first: int = 100001) -> str:
        """The next id of a register: C100001, C100002 and so on."""
        n = self.counted[f"id {prefix}"] = self.counted.get(f"id {prefix}", first - 1) + 1
        return f"{prefix}{n:04d}"

    def age(self, clock: str, lateness: float, *, in_time: Span, late: Span, share: float = _LATE) -> int:
        """How long ago a running clock began: within its limit, or beyond it where the case is late."""
        return self.rng.randint(*(late if self.falls(clock, share * lateness) else in_time))

    def between(self, low: int, high: int) -> timedelta:
        """Some days, from `low` to `high`."""
        return timedelta(days=self.rng.randint(low, high))

    def ago(self, low: int, high: int) -> date:
        """A working day about `low` to `high` days before the day of the export."""
        return self.weekday(self.as_at - self.between(low, high))

    def ahead(self, low: int, high: int) -> date:
        """A working day about `low` to `high` days after the day of the export, and always after it."""
        day = self.weekday(self.as_at + self.between(low, high))
        return day if day > self.as_at else self.working_days_after(self.as_at, 1)

    def weekday(self, day: date) -> date:
        """The day itself, or the last working day before it."""
        return self.calendar.on_or_before(day)

    def working_days_after(self, day: date, n: int) -> date:
        return self.calendar.after(day, Amount(n, Unit.WORKING_DAYS))

    def working_days_ago(self, n: int) -> date:
        """The day that has so many working days after it; of a week-end's export, Monday counts as one."""
        return (
            self.calendar.before(self.as_at, Amount(n, Unit.WORKING_DAYS)) if n else self.weekday(self.as_at)
        )

    def some_working_days_after(self, day: date, low: int, high: int) -> date:
        return self.working_days_after(day, self.rng.randint(low, high))

    def past(self, day: date) -> date | None:
        """The day if it has come; what is still to happen is not recorded as done."""
        return day if day <= self.as_at else None
