"""Last days in time, counted for one row by brute force."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from monitor.limits import Amount, Unit
from monitor.parts import (
    At,
    Before,
    Choose,
    EarlierLimit,
    EarlierOf,
    FreshFor,
    LaterLimit,
    LaterOf,
    Limit,
    Lookup,
    Moment,
    NextTermEnd,
    NoLimit,
    OnDate,
    Own,
    Until,
    Within,
)
from monitor.parts import Birthday as BirthdayOf
from monitor.parts import Over as OverOf
from monitor.rule import LawClass
from tests.naive_calendar import LONDON
from tests.naive_case import Case, day_of, end_of_day, moment_on
from tests.naive_conditions import holds, is_unreadable
from tests.naive_feeds import inside


@dataclass(frozen=True, slots=True)
class Last:
    """The last day in time, and where hours are counted, the last moment of it."""

    day: date
    at: datetime | None = None

    @property
    def moment(self) -> datetime:
        return self.at or end_of_day(self.day)


def hours_on(moment: datetime, amount: Amount, sign: int = 1) -> datetime:
    """So many hours later or earlier, whatever the clocks did meanwhile."""
    return moment.astimezone(UTC) + sign * timedelta(hours=amount.n)


def last_day(case: Case) -> Last | None:
    """By the law in force on the clock's start day, and by the council's own policy on the day of judging."""
    started = case.started or date.min
    lawful = _last(case.rule.limit_on(started), case)
    policy = case.rule.policy
    if policy is None or policy.limit is None or policy.since > case.as_at:
        return lawful
    own = _last(policy.limit, case)
    if policy.director or case.rule.law.law_class is LawClass.LOCAL:
        return own
    return _first_of([lawful, own])


def _last(limit: Limit, case: Case) -> Last | None:  # noqa: C901 - each form its case
    match limit:
        case Within(amount=amount, of=None):
            return _after(case.started, None, amount, case)
        case Within(amount=amount, of=origin):
            return _within(amount, origin, case)
        case Before(amount=amount, of=what):
            day = day_of(what, case)
            return _clipped(Last(case.days.before(day, amount)), case) if day else None
        case At(moment=what):
            day = day_of(what, case)
            return _clipped(Last(day), case) if day else None
        case EarlierLimit(limits=parts):
            return _first_of([_last(part, case) for part in parts if not _may_be_put_off(part, case)])
        case LaterLimit(limits=parts):
            found = [last for part in parts if (last := _last(part, case))]
            return max(found, key=lambda last: last.moment, default=None)
        case Choose():
            return _chosen(limit, case)
        case OnDate():
            return _on_date(limit, case)
        case NextTermEnd():
            return Last(case.known.tables.next_term(case.started).last) if case.started else None
        case NoLimit():
            return None
        case FreshFor():
            length = case.known.feeds.silence(case.row.source)
            return _after(case.started, None, length, case)


def _may_be_put_off(limit: Limit, case: Case) -> bool:
    """Whether a day that nobody can read might make it later, which one more cannot do to the first few days."""
    first, *others = inside(limit)
    unsure = [part for part in others if is_unreadable(part, case)]
    is_plain = isinstance(first, At | Before | Within) and not any(
        isinstance(part, LaterOf | Limit) for part in others
    )
    return bool(unsure) and not (is_plain and all(map(_is_of_the_first, unsure)))


def _is_of_the_first(part: object) -> bool:
    return isinstance(part, Lookup) and part.pick in ("first", "nth") and part.date != "due"


def _first_of(lasts: list[Last | None]) -> Last | None:
    return min((last for last in lasts if last), key=lambda last: last.moment, default=None)


def _after(day: date | None, moment: datetime | None, amount: Amount, case: Case) -> Last | None:
    if day is None:
        return None
    if amount.unit is Unit.HOURS:
        ends = hours_on(moment or moment_on(day, case), amount)
        return Last(ends.astimezone(LONDON).date(), ends)
    return Last(case.days.after(day, amount))


def _within(amount: Amount, origin: Moment | Limit | None, case: Case) -> Last | None:
    """So long from a moment or from the end of another limit; never before the clock's own start."""
    if isinstance(origin, Own | Until | Lookup | LaterOf | EarlierOf | BirthdayOf | OverOf):
        day = day_of(origin, case)
        at = moment_on(day, case, of_end=True) if day and origin == Own(field="end") else None
        found = _after(day, at, amount, case)
    else:
        last = _last(origin, case) if origin else None
        found = _after(last.day, last.at, amount, case) if last else None
    return _clipped(found, case) if found else None


def _clipped(last: Last, case: Case) -> Last:
    return Last(case.started) if case.started and last.day < case.started else last


def _on_date(limit: OnDate, case: Case) -> Last | None:
    """That day of the year that the row names, or the next one from the clock's start."""
    if limit.year is not None:
        year = case.row.attributes.get(limit.year)
        return _clipped(Last(date(int(year), limit.month, limit.day)), case) if year else None
    if case.started is None:
        return None
    years = (case.started.year, case.started.year + 1)
    return Last(min(day for year in years if (day := date(year, limit.month, limit.day)) >= case.started))


def _chosen(choose: Choose, case: Case) -> Last | None:
    """The first branch that applies; of those that cannot be told before it, the shortest counts too."""
    possible: list[Last | None] = []
    for branch in choose.branches:
        verdicts = [holds(each, case) for each in branch.when]
        if False in verdicts:
            continue
        possible.append(_last(branch.limit, case))
        if None not in verdicts:
            break
    return _first_of(possible)
