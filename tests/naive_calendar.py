"""Days counted one after the other, as on a wall calendar: another hand's reading of the counting rules.

From clocks.md section 1 and law-review.md section 2. It shares with the monitor only the amounts and the public table
of bank holidays.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays

from monitor.limits import Amount, Unit

ONE_DAY = timedelta(days=1)
LONDON = ZoneInfo("Europe/London")
_BANK_HOLIDAYS = holidays.country_holidays("GB", subdiv="ENG", years=range(1990, 2056))


class NoTableError(Exception):
    """No table of terms says what is asked for."""


@cache
def is_business_day(day: date) -> bool:
    """Neither a weekend nor Christmas Day, Good Friday or a bank holiday."""
    return day.weekday() < 5 and (day.month, day.day) != (12, 25) and day not in _BANK_HOLIDAYS


@cache
def is_tribunal_day(day: date) -> bool:
    at_christmas = (day.month, day.day) == (1, 1) or (day.month == 12 and day.day >= 25)
    return is_business_day(day) and not at_christmas and day.month != 8


def months_on(day: date, months: int) -> date:
    """The corresponding date; where the month has none, its last day."""
    year, month = day.year, day.month
    for _ in range(abs(months)):
        month += 1 if months > 0 else -1
        if month in (0, 13):
            year, month = (year - 1, 12) if month == 0 else (year + 1, 1)
    number = day.day
    while True:
        try:
            return date(year, month, number)
        except ValueError:
            number -= 1


def birthday(born: date, years: int) -> date:
    """The day on which an age is reached: for one born on 29 February, in a common year 1 March."""
    if (born.month, born.day) == (2, 29):
        return date(born.year + years, 2, 28) + ONE_DAY
    return date(born.year + years, born.month, born.day)


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A term, its half-term if it is known, and whose it is: a school's, or with no name the council's."""

    school: str
    first: date
    last: date
    half_term: tuple[date, date] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """Every term and closure that is known."""

    terms: tuple[Term, ...] = ()
    closures: tuple[Term, ...] = ()
    _days: dict[str, frozenset[date]] = field(default_factory=dict, compare=False)

    def days_of(self, school: str) -> frozenset[date]:
        """Every day on which this school meets; one without terms has those of the council."""
        if school not in self._days:
            self._days[school] = self._reckon(school)
        return self._days[school]

    def _reckon(self, school: str) -> frozenset[date]:
        own = [term for term in self.terms if term.school == school]
        terms = own or [term for term in self.terms if not term.school]
        closed: set[date] = set()
        for each in self.closures:
            if each.school in ("", school):
                closed.update(_from_to(each.first, each.last))
        for term in terms:
            if term.half_term:
                closed.update(_from_to(*term.half_term))
        return frozenset(
            day
            for term in terms
            for day in _from_to(term.first, term.last)
            if is_business_day(day) and day not in closed
        )

    def next_term(self, day: date) -> Term:
        """The council's first term that begins after the day, where its table reaches over the day."""
        own = sorted((term.first, term.last, term) for term in self.terms if not term.school)
        if not own or own[0][0] > day or own[-1][0] <= day:
            raise NoTableError
        return next(term for first, _, term in own if first > day)

    def term_at(self, day: date) -> Term | None:
        """The council's term in which the day lies."""
        return next((term for term in self.terms if not term.school and term.first <= day <= term.last), None)


def _from_to(first: date, last: date) -> Iterable[date]:
    return (first + timedelta(days=number) for number in range((last - first).days + 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """The days of one council, and of one school."""

    closed: frozenset[date] = frozenset()
    school: frozenset[date] = frozenset()
    _known: dict[tuple[bool, date, Amount], date] = field(default_factory=dict, compare=False)

    def after(self, day: date, amount: Amount) -> date:
        """The last day of a period that runs from this day."""
        key = (True, day, amount)
        if key not in self._known:
            self._known[key] = self._after(day, amount)
        return self._known[key]

    def before(self, day: date, amount: Amount) -> date:
        """The day that lies so long before this one."""
        key = (False, day, amount)
        if key not in self._known:
            self._known[key] = self._before(day, amount)
        return self._known[key]

    def _after(self, day: date, amount: Amount) -> date:
        counts = self._counts(amount.unit)
        if counts is not None:
            if amount.unit is Unit.SCHOOL_DAYS and (not self.school or day < min(self.school)):
                raise NoTableError
            if amount.n == 0:
                return day
            return self._step(day - ONE_DAY if amount.beginning_with else day, amount, ONE_DAY, counts)
        found = self._plainly(day, amount, 1)
        return found - ONE_DAY if amount.beginning_with else found

    def _before(self, day: date, amount: Amount) -> date:
        counts = self._counts(amount.unit)
        if counts is not None:
            return self._step(day, amount, -ONE_DAY, counts)
        return self._plainly(day, amount, -1)

    def _step(self, day: date, amount: Amount, step: timedelta, counts: Callable[[date], bool]) -> date:
        """One day after the other, until so many of those that count have gone by."""
        reach = (date.min, date.max)
        if amount.unit is Unit.SCHOOL_DAYS and amount.n:
            if not self.school:
                raise NoTableError
            reach = min(self.school), max(self.school)
        left = amount.n
        while left:
            day += step
            if not reach[0] <= day <= reach[1]:
                raise NoTableError
            left -= counts(day)
        return day

    def _counts(self, unit: Unit) -> Callable[[date], bool] | None:
        match unit:
            case Unit.WORKING_DAYS:
                return lambda day: is_business_day(day) and day not in self.closed
            case Unit.COURT_DAYS:
                return is_business_day
            case Unit.TRIBUNAL_DAYS:
                return is_tribunal_day
            case Unit.SCHOOL_DAYS:
                return lambda day: day in self.school
            case _:
                return None

    @staticmethod
    def _plainly(day: date, amount: Amount, sign: int) -> date:
        match amount.unit:
            case Unit.MONTHS:
                return months_on(day, sign * amount.n)
            case Unit.YEARS:
                return months_on(day, sign * amount.n * 12)
            case Unit.WEEKS:
                return day + sign * timedelta(weeks=amount.n)
            case Unit.HOURS:
                return day + sign * timedelta(days=amount.n // 24)
            case _:
                return day + sign * timedelta(days=amount.n)


def midnight(day: date) -> datetime:
    """The moment at which the day begins in London."""
    return datetime.combine(day, time(), LONDON)
