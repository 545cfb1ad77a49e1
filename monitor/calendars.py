"""Which days are working days in England, and how amounts of time run over them.

A working day is not a Saturday, a Sunday, Christmas Day, Good Friday or a bank holiday in England and Wales
(Care Planning, Placement and Case Review (England) Regulations 2010, regulation 2(1)). Christmas Day and Good
Friday are common-law holidays, so they are named here and not left to the bank-holiday table.
"""

from bisect import bisect_left, bisect_right
from calendar import monthrange
from collections.abc import Iterable
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


class Calendar:
    """One council's working days: England's, less the days given (proclaimed holidays, closure days)."""

    def __init__(self, extra_days_off: Iterable[date] = ()) -> None:
        off = _days_off(extra_days_off)
        first = date(FIRST_YEAR, 1, 1).toordinal()
        last = date(LAST_YEAR, 12, 31).toordinal()
        self._working = [
            n for n in range(first, last + 1) if (n - 1) % 7 < _SATURDAY and date.fromordinal(n) not in off
        ]
        self._known: dict[tuple[date, Amount], date] = {}

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
        match amount.unit:
            case Unit.WORKING_DAYS:
                at = bisect_left(self._working, day.toordinal())
                return date.fromordinal(self._working[at - amount.n]) if amount.n else day
            case Unit.MONTHS:
                return add_months(day, -amount.n)
            case Unit.YEARS:
                return add_months(day, -12 * amount.n)
            case _:
                return day - timedelta(days=_calendar_days(amount))

    def _count(self, day: date, amount: Amount) -> date:
        # "Beginning with" the day is the same as running from the day before it (catalogue 1.1): for working
        # days that day before counts as day 0 whatever it is; for months it is the anniversary minus one.
        if amount.unit is Unit.WORKING_DAYS:
            origin = day - timedelta(days=1) if amount.beginning_with else day
            at = bisect_right(self._working, origin.toordinal())
            return date.fromordinal(self._working[at + amount.n - 1]) if amount.n else day
        if amount.unit in (Unit.MONTHS, Unit.YEARS):
            last = add_months(day, amount.n * (12 if amount.unit is Unit.YEARS else 1))
        else:
            last = day + timedelta(days=_calendar_days(amount))
        return last - timedelta(days=1) if amount.beginning_with else last


def _calendar_days(amount: Amount) -> int:
    return amount.n * (7 if amount.unit is Unit.WEEKS else 1)


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
