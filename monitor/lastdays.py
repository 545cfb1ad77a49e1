"""By when: the limits of a rule into the last day in time, for one row on one day.

Every day is counted here, from the start of the clock or from another moment; SQL only looks days up.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from monitor import needs
from monitor.bench import Run, Unreadable, end_of, holds, instant, moment
from monitor.calendars import FIRST_YEAR, LAST_YEAR, Calendar, london_day
from monitor.limits import Amount, Unit
from monitor.model import Grant
from monitor.parts import (
    At,
    Before,
    Birthday,
    Branch,
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
    Over,
    Own,
    Until,
    Within,
)
from monitor.phrases import moment as spoken
from monitor.rule import LawClass, MovedBy


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A last day in time and, in words, how it came about; `at` is the moment where the limit is in hours."""

    on: date
    how: str
    at: datetime | None = None

    @property
    def ends(self) -> datetime:
        """The moment up to which it is in time: of a limit in hours and a day, the earlier may lie on that day."""
        return self.at or end_of(self.on)

    def is_past(self, run: Run) -> bool:
        return run.now > self.at if self.at else run.as_at > self.on


def due(limit: Limit, run: Run) -> Due | None:  # noqa: C901 - one case for each form of limit
    """The last day in time under this limit; None while there is none yet."""
    match limit:
        case Within():
            return _within(limit, run)
        case At(moment=what):
            day = moment(what, run)
            # A limb may lie before the clock's start (the second review was held before Plan A was made): then
            # the limit is the start day itself, or a stage "ten days over" would fire at once.
            return (
                None
                if day is None
                else Due(on=_not_before_start(day, run), how="on the day of " + spoken(what))
            )
        case EarlierLimit(limits=parts):
            found = [each for part in parts if (each := due(part, run))]
            return min(found, key=lambda each: each.ends, default=None)
        case LaterLimit(limits=parts):
            found = [each for part in parts if (each := due(part, run))]
            return max(found, key=lambda each: each.ends, default=None)
        case Choose(branches=branches):
            return _choose(branches, run)
        case Before():
            return _before(limit, run)
        case OnDate():
            return _on_date(limit, run)
        case NextTermEnd():
            return _next_term_end(run)
        case NoLimit():
            return None
        case FreshFor():
            length = run.bench.feeds.allowed_silence(run.row.source)
            return _counted(length, run.started, "the last load", run)


def due_at_latest(limit: EarlierLimit, run: Run) -> Due | None:
    """The last day of those parts that can be read: any other could only bring it nearer."""
    found: list[Due] = []
    for part in limit.limits:
        if _may_be_later(part, run):
            continue
        with suppress(Unreadable):
            each = due(part, run)
            found += [each] if each else []
    return min(found, key=lambda each: each.ends, default=None)


def _may_be_later(limit: Limit, run: Run) -> bool:
    """Whether one of the days looked up that cannot be read might make this the later."""
    unreadable = run.row.unreadable
    if not unreadable or needs.dated(limit).isdisjoint(unreadable):
        return False
    match limit:
        case At(moment=of) | Before(of=of) | Within(of=of):
            return not _is_earliest(of)
    return True


def _is_earliest(what: object) -> bool:
    """Whether one more among the days looked up could only make it earlier: it is the first of them, or the n-th."""
    match what:
        case EarlierOf(moments=parts):
            return all(map(_is_earliest, parts))
        case Lookup(pick="first" | "nth" | "next", date="done" | "began" | "ended"):
            return True
    return not needs.dated(what)


def _within(limit: Within, run: Run) -> Due | None:
    if limit.of is None:
        return _counted(limit.amount, run.started, None, run)
    if isinstance(limit.of, Own | Until | Lookup | Birthday | Over | LaterOf | EarlierOf):
        found = _counted(limit.amount, moment(limit.of, run), spoken(limit.of), run, limit.of)
        return replace(found, on=_not_before_start(found.on, run)) if found else None
    inner = due(limit.of, run)
    return _counted(limit.amount, inner.on, inner.how, run) if inner else None


def _counted(
    length: Amount, day: date | None, after: str | None, run: Run, of: Moment | None = None
) -> Due | None:
    if day is None:
        return None
    origin = f"{day}" if after is None else f"{after} ({day})"
    joined = " " if length.beginning_with else " from "
    how = f"{length}{joined}{origin}"
    if length.unit is Unit.HOURS:
        at = instant(day, run, of) + timedelta(hours=length.n)
        return Due(on=london_day(at), how=how, at=at)
    return Due(on=run.calendar.after(day, length), how=how)


def _before(limit: Before, run: Run) -> Due | None:
    day = moment(limit.of, run)
    if day is None:
        return None
    last = _not_before_start(run.calendar.before(day, limit.amount), run)
    return Due(on=last, how=f"{limit.amount} before {spoken(limit.of)} ({day})")


def _on_date(limit: OnDate, run: Run) -> Due | None:
    if run.started is None:
        return None
    if limit.year is None:
        this_year = date(run.started.year, limit.month, limit.day)
        last = this_year if this_year >= run.started else this_year.replace(year=this_year.year + 1)
        return Due(on=last, how=f"the next {last.day} {last:%B} from {run.started}")
    year = run.row.attributes.get(limit.year)
    if year is None or not FIRST_YEAR < float(year) < LAST_YEAR:
        return None
    last = date(int(float(year)), limit.month, limit.day)
    return Due(on=_not_before_start(last, run), how=f"{last.day} {last:%B %Y}")


def _next_term_end(run: Run) -> Due | None:
    if run.started is None:
        return None
    return Due(
        on=run.bench.schools.next_term_end(run.started), how=f"the end of the next term after {run.started}"
    )


def _not_before_start(day: date, run: Run) -> date:
    return max(day, run.started) if run.started else day


def _choose(branches: tuple[Branch, ...], run: Run) -> Due | None:
    """The first branch that applies; while one cannot be told, the earliest day that any of them might give."""
    possible: list[Due] = []
    for branch in branches:
        held = [holds(condition, run) for condition in branch.when]
        if False in held:
            continue
        found = due(branch.limit, run)
        if None not in held:
            possible += [found] if found else []
            break
        if found:
            possible.append(
                replace(found, how=f"{found.how}, the shorter limit because the age is not known")
            )
    return min(possible, key=lambda each: each.ends, default=None)


def by_policy(lawful: Due | None, run: Run) -> Due | None:
    """The last day as local policy has it on the day of judging: law counts by a clock's start, policy by today."""
    policy = run.rule.policy
    if policy is None or policy.limit is None or policy.since > run.as_at:
        return lawful
    own = due(policy.limit, run)
    if own is None:
        return lawful
    own = replace(own, how=f"{own.how}, by local policy since {policy.since}")
    if lawful is None or run.rule.law.law_class is LawClass.LOCAL or policy.director:
        return own
    return min(own, lawful, key=lambda each: each.ends)


def moved_due(lawful: Due | None, run: Run) -> tuple[Due | None, int]:
    """The limit after orders, extensions and waivers, and how many of these were void."""
    rule = run.rule
    sound = sound_waivers(run)
    void = len(run.row.grants) - len(sound) if rule.waived else 0
    if lawful is None:
        return None, void
    if rule.waived is not None:
        return _later(lawful, [grant.until for grant in sound], "waived to"), void
    if isinstance(rule.moved_to, MovedBy):
        return _ordered(lawful, rule.moved_to, run), void
    if rule.moved_to is not None:
        to = moment(rule.moved_to.to, run)
        if to and rule.moved_to.at_most:
            to = min(to, run.calendar.after(lawful.on, rule.moved_to.at_most))
        return _later(lawful, (to,), "extended to"), void
    return lawful, void


def sound_waivers(run: Run) -> tuple[Grant, ...]:
    """The waivers that count: complete, and reaching no further than the rule allows."""
    waiver = run.rule.waived
    if waiver is None:
        return ()
    return tuple(
        grant
        for grant in run.row.grants
        if grant.sound
        and grant.given_on
        and grant.until
        and grant.given_on <= grant.until <= run.calendar.after(grant.given_on, waiver.at_most)
    )


def _later(lawful: Due, days: Iterable[date | None], word: str) -> Due:
    latest = max((day for day in days if day), default=None)
    if latest is None or latest <= lawful.on:
        return lawful
    return Due(on=latest, how=f"{lawful.how}: {lawful.on}; {word} {latest}")


def _ordered(lawful: Due, by: MovedBy, run: Run) -> Due:
    """Each order given while the limit then in force still stood moves it to the date in the order.

    Children Act 1989, section 32(5) to (8): a period cannot be extended after it has run out.
    """
    found = lawful
    furthest = run.calendar.after(lawful.on, by.at_most) if by.at_most else date.max
    given = sorted(
        (grant.given_on, min(grant.until, furthest))
        for grant in run.row.grants
        if grant.given_on and grant.until
    )
    made = [(given_on, until) for given_on, until in given if given_on <= run.as_at]
    for no, (given_on, until) in enumerate(made):
        # Courts extend: one that reaches further than a later order was written down wrongly.
        if given_on <= found.on and until <= min((later for _, later in made[no:]), default=until):
            found = _later(found, (until,), "moved to")
    return found


def latest_start(calendar: Calendar, length: Amount, as_at: date) -> date:
    """The latest day from which `length` has run out by `as_at`; bisected, so the calendar is never inverted."""
    low, high = calendar.before(as_at, length) - timedelta(days=40), as_at
    while low < high:
        middle = low + timedelta(days=((high - low).days + 1) // 2)
        if calendar.after(middle, length) <= as_at:
            low = middle
        else:
            high = middle - timedelta(days=1)
    return low
