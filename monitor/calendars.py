"""Which days are working days in England, and how amounts of time run over them.

A working day is not a Saturday, a Sunday, Christmas Day, Good Friday or a bank holiday in England and Wales
(Care Planning, Placement and Case Review (England) Regulations 2010, regulation 2(1)). Christmas Day and Good
Friday are common-law holidays, so they are named here and not left to the bank-holiday table.
"""

from bisect import bisect_left, bisect_right
from calendar import monthrange
from collections.abc import Iterable, Sequence
from copy import copy
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import holidays
from dateutil.easter import easter

from monitor.limits import Amount, Unit

LONDON = ZoneInfo("Europe/London")
FIRST_YEAR, LAST_YEAR = 1950, 2070
_SATURDAY = 5


def _days_off(extra: Iterable[date]) -> set[date]:
    """Every weekday that is not a working day, from FIRST_YEAR to LAST_YEAR."""
    years = range(FIRST_YEAR, LAST_YEAR + 1)
    off = set(holidays.country_holidays("GB", subdiv="ENG", years=years))
    off.update(date(year, 12, 25) for year in years)
    off.update(easter(year) - timedelta(days=2) for year in years)
    off.update(extra)
    return off


def add_months(day: date, months: int) -> date:
    """The corresponding date so many months on; the month's last day where it has no such date.

    Dodds v Walker [1981] 1 WLR 1027; always count from the original start, or months drift.
    """
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


class BeyondCalendar(ValueError):
    """School days are asked for that no table of terms reaches; what they would say cannot be told."""


class Calendar:
    """One council's working days: England's, less proclaimed holidays and, for local limits, its closure days.

    Court days are England's whatever the council closes for. School days are those given with `at_school`.
    """

    def __init__(self, proclaimed: Iterable[date] = (), closure_days: Iterable[date] = ()) -> None:
        off = _days_off(proclaimed)
        first = date(FIRST_YEAR, 1, 1).toordinal()
        last = date(LAST_YEAR, 12, 31).toordinal()
        court = [
            n for n in range(first, last + 1) if (n - 1) % 7 < _SATURDAY and date.fromordinal(n) not in off
        ]
        closed = {day.toordinal() for day in closure_days}
        self._working = [n for n in court if n not in closed] if closed else court
        self._days: dict[Unit, Sequence[int]] = {
            Unit.WORKING_DAYS: self._working,
            Unit.COURT_DAYS: court,
            Unit.TRIBUNAL_DAYS: [n for n in court if not _is_tribunal_holiday(date.fromordinal(n))],
            Unit.SCHOOL_DAYS: (),
        }
        self._known: dict[tuple[date, Amount], date] = {}

    def at_school(self, days: Sequence[int]) -> "Calendar":
        """The same calendar with these school days, as ordinals in order."""
        other = copy(self)
        vars(other).update(_days={**self._days, Unit.SCHOOL_DAYS: days}, _known={})
        return other

    def is_working_day(self, day: date) -> bool:
        """True for a day on which the council works."""
        at = bisect_left(self._working, day.toordinal())
        return at < len(self._working) and self._working[at] == day.toordinal()

    def on_or_before(self, day: date) -> date:
        """The day itself if it is a working day, else the working day before it ("act by")."""
        return date.fromordinal(self._working[bisect_right(self._working, day.toordinal()) - 1])

    def working_days_between(self, start: date, end: date) -> int:
        """How many working days lie after `start`, up to and including `end`; 0 if `end` is not later."""
        counted = bisect_right(self._working, end.toordinal()) - bisect_right(
            self._working, start.toordinal()
        )
        return max(counted, 0)

    def after(self, day: date, amount: Amount) -> date:
        """The last day of a period of `amount` that runs from `day`.

        `day` is day 0, or day 1 where the amount says "beginning with".
        """
        known = self._known.get((day, amount))
        if known is None:
            known = self._known[day, amount] = self._count(day, amount)
        return known

    def before(self, day: date, amount: Amount) -> date:
        """The day that lies `amount` before `day`: counted back, for warnings."""
        counted = self._days.get(amount.unit)
        if counted is not None:
            return self._nth(counted, bisect_left(counted, day.toordinal()) - amount.n) if amount.n else day
        match amount.unit:
            case Unit.MONTHS:
                return add_months(day, -amount.n)
            case Unit.YEARS:
                return add_months(day, -12 * amount.n)
            case _:
                return day - timedelta(days=_calendar_days(amount))

    def _count(self, day: date, amount: Amount) -> date:
        # "Beginning with" the day is the same as running from the day before it (catalogue 1.1): for working
        # days that day before counts as day 0 whatever it is; for months it is the anniversary minus one.
        counted = self._days.get(amount.unit)
        if counted is not None:
            origin = day - timedelta(days=1) if amount.beginning_with else day
            if amount.unit is Unit.SCHOOL_DAYS and (not counted or day.toordinal() < counted[0]):
                raise BeyondCalendar
            at = bisect_right(counted, origin.toordinal())
            return self._nth(counted, at + amount.n - 1) if amount.n else day
        if amount.unit in (Unit.MONTHS, Unit.YEARS):
            last = add_months(day, amount.n * (12 if amount.unit is Unit.YEARS else 1))
        else:
            last = day + timedelta(days=_calendar_days(amount))
        return last - timedelta(days=1) if amount.beginning_with else last

    @staticmethod
    def _nth(days: Sequence[int], at: int) -> date:
        if not 0 <= at < len(days):
            raise BeyondCalendar
        return date.fromordinal(days[at])


def _calendar_days(amount: Amount) -> int:
    if amount.unit is Unit.HOURS:
        return amount.n // 24
    return amount.n * (7 if amount.unit is Unit.WEEKS else 1)


def _is_tribunal_holiday(day: date) -> bool:
    """25 December to 1 January and August: First-tier Tribunal (HESC) Rules 2008, rule 12, in SEN cases."""
    return (day.month, day.day) == (1, 1) or (day.month == 12 and day.day >= 25) or day.month == 8  # noqa: PLR2004


def london_day(moment: datetime) -> date:
    """The day that it is in London at this moment."""
    return moment.astimezone(LONDON).date()


def reached_age(born: date, years: int) -> date:
    """The day on which this age is attained; a child born on 29 February reaches it on 1 March.

    Family Law Reform Act 1969, section 9: at the start of the anniversary.
    """
    try:
        return born.replace(year=born.year + years)
    except ValueError:
        return date(born.year + years, 3, 1)


def age_on(born: date, day: date) -> int:
    """The age in years on this day; 0 before the birth."""
    years = day.year - born.year
    return max(years if reached_age(born, years) <= day else years - 1, 0)
