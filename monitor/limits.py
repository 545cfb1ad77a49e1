"""Amounts of time as the law counts them: hours, days, working days, weeks, months, years.

Section numbers are those of the clock catalogue's counting rules: an event's own day is day 0, or,
"beginning with", day 1 (1.1); a week is seven days and a month a calendar month by corresponding date (1.3).
"""

import re
from dataclasses import dataclass
from enum import StrEnum


class Unit(StrEnum):
    """What an amount is counted in."""

    DAYS = "days"
    WORKING_DAYS = "working days"
    WEEKS = "weeks"
    MONTHS = "months"
    YEARS = "years"


_WORDS = {
    "day": Unit.DAYS,
    "days": Unit.DAYS,
    "working day": Unit.WORKING_DAYS,
    "working days": Unit.WORKING_DAYS,
    "week": Unit.WEEKS,
    "weeks": Unit.WEEKS,
    "month": Unit.MONTHS,
    "months": Unit.MONTHS,
    "year": Unit.YEARS,
    "years": Unit.YEARS,
}
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
    return Amount(int(number), _WORDS[word], beginning is not None)
