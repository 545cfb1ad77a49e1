"""Amounts of time as the law counts them: hours, days, working, court, Tribunal and school days, weeks, months, years.

Section numbers are those of the clock catalogue's counting rules: an event's own day is day 0, or,
"beginning with", day 1 (1.1); a week is seven days and a month a calendar month by corresponding date (1.3).
"""

import re
from dataclasses import dataclass
from enum import StrEnum


class Unit(StrEnum):
    """What an amount is counted in."""

    HOURS = "hours"
    DAYS = "days"
    WORKING_DAYS = "working days"
    COURT_DAYS = "court days"  # business days of the family court: a council's closure days count
    TRIBUNAL_DAYS = "tribunal days"  # nor 25 December to 1 January, nor August
    SCHOOL_DAYS = "school days"  # days on which that school meets
    WEEKS = "weeks"
    MONTHS = "months"
    YEARS = "years"


_WORDS = {word: unit for unit in Unit for word in (unit.value.removesuffix("s"), unit.value)}
UNIT_WORDS = tuple(_WORDS)
_AMOUNT = re.compile(r"(\d{1,4})\s+([a-z ]+?)(\s+beginning with)?")


@dataclass(frozen=True, slots=True)
class Amount:
    """So many units; `beginning_with` counts the event's own day as day 1."""

    n: int
    unit: Unit
    beginning_with: bool = False

    def __str__(self) -> str:
        unit = str(self.unit)
        words = f"{self.n} {unit[:-1] if self.n == 1 else unit}"
        return f"{words} beginning with" if self.beginning_with else words


def parse_amount(text: str) -> Amount:
    """`20 weeks`, `1 working day`, `26 weeks beginning with`; ValueError says what is allowed."""
    found = _AMOUNT.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"'{text}' is not an amount of time. Write a number and a unit, such as '20 weeks'.")
    number, word, beginning = found.groups()
    if word not in _WORDS:
        raise ValueError(f"there is no unit '{word}'. Allowed: {', '.join(UNIT_WORDS)}.")
    if beginning and _WORDS[word] is Unit.HOURS:
        raise ValueError(f"'{text}': hours run from a moment; only days and longer can begin with a day.")
    return Amount(int(number), _WORDS[word], beginning is not None)


_IN_DAYS = {Unit.HOURS: 1 / 24, Unit.DAYS: 1.0, Unit.WEEKS: 7.0, Unit.MONTHS: 31.0, Unit.YEARS: 366.0}
_COUNTED_DAYS = 7 / 5


def in_days(length: Amount | None) -> float:
    """About how many days that is, counted high."""
    return length.n * _IN_DAYS.get(length.unit, _COUNTED_DAYS) if length else 0.0
