"""By when: the moments and limits of a rule into the last day in time, for one row on one day.

Every day is counted here, from the start of the clock or from another moment; SQL only looks days up.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from monitor.calendars import Calendar, reached_age
from monitor.feeds import Feeds
from monitor.limits import Amount
from monitor.model import Grant, Row
from monitor.rule import (
    Age,
    At,
    Attribute,
    BeganWith,
    Branch,
    Choose,
    Condition,
    Count,
    EarlierLimit,
    EarlierOf,
    FreshFor,
    Has,
    Lasted,
    LaterLimit,
    LaterOf,
    LawClass,
    Limit,
    Lookup,
    Moment,
    MovedBy,
    Own,
    Planned,
    Rule,
    Until,
    Within,
)
from monitor.wording import moment as spoken


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What judging needs beside the row: two calendars (closure days move local limits only) and the feeds."""

    lawful: Calendar
    local: Calendar
    feeds: Feeds

    def calendar(self, rule: Rule) -> Calendar:
        return self.local if rule.law.law_class is LawClass.LOCAL else self.lawful


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One rule over one row on one day, with the clock's start once it is known."""

    rule: Rule
    row: Row
    as_at: date
    bench: Bench
    calendar: Calendar
    started: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A last day in time and, in words, how it came about."""

    on: date
    how: str


def moment(what: Moment, run: Run) -> date | None:
    """The day of a moment, or nothing."""
    match what:
        case Own(field="start"):
            return run.row.start_on
        case Own():
            return run.row.end_on
        case Until(attribute=name):
            text = run.row.attributes.get(name)
            return date.fromisoformat(text) if text else None
        case Lookup():
            return run.row.lookups.get(what)
        case LaterOf(moments=parts):
            return max((day for part in parts if (day := moment(part, run))), default=None)
        case EarlierOf(moments=parts):
            return min((day for part in parts if (day := moment(part, run))), default=None)


def due(limit: Limit, run: Run) -> Due | None:
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
            return min(found, key=lambda each: each.on, default=None)
        case LaterLimit(limits=parts):
            found = [each for part in parts if (each := due(part, run))]
            return max(found, key=lambda each: each.on, default=None)
        case Choose(branches=branches):
            return _choose(branches, run)
        case FreshFor():
            length = run.bench.feeds.allowed_silence(run.row.source)
            return _counted(length, run.started, "the last load", run)


def _within(limit: Within, run: Run) -> Due | None:
    if limit.of is None:
        return _counted(limit.amount, run.started, None, run)
    if isinstance(limit.of, Within | At | EarlierLimit | LaterLimit | Choose | FreshFor):
        inner = due(limit.of, run)
        return _counted(limit.amount, inner.on, inner.how, run) if inner else None
    found = _counted(limit.amount, moment(limit.of, run), spoken(limit.of), run)
    return replace(found, on=_not_before_start(found.on, run)) if found else None


def _counted(length: Amount, day: date | None, after: str | None, run: Run) -> Due | None:
    if day is None:
        return None
    origin = f"{day}" if after is None else f"{after} ({day})"
    joined = " " if length.beginning_with else " from "
    return Due(on=run.calendar.after(day, length), how=f"{length}{joined}{origin}")


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
    return min(possible, key=lambda each: each.on, default=None)


def holds(condition: Condition, run: Run) -> bool | None:
    """True, False, or None where it cannot be told."""
    row = run.row
    match condition:
        case Attribute():
            return condition.holds(row.attributes)
        case Has():
            return row.has.get(condition, True)  # one in the rule's own `where` was settled by the query
        case Count():
            found = row.counts.get(condition, 0)
            return found == condition.n if condition.test == "is" else found >= condition.n
        case Planned():
            return _planned_holds(condition, run)
        case Age():
            return _age_holds(condition, run)
        case Lasted():
            return has_lasted(condition, run)
        case BeganWith(moment=what):
            return run.started is not None and row.lookups.get(what) == run.started


def _planned_holds(condition: Planned, run: Run) -> bool:
    """Whether something is planned, or nothing is; where no plans are carried, neither can be said."""
    asked = Planned(kinds=condition.kinds, negated=False, of=condition.of)
    if not condition.negated:
        return run.row.lookups.get(asked) is not None
    feeds, own = run.bench.feeds, condition.of == "this"
    carried = all(feeds.is_carried((f"{kind}.due",), run.row.source, own=own) for kind in condition.kinds)
    return carried and run.row.lookups.get(asked) is None


def _age_holds(condition: Age, run: Run) -> bool | None:
    if run.row.unborn:
        return condition.test == "under"
    if run.row.born_on is None or run.started is None:
        return None
    is_under = run.started < reached_age(run.row.born_on, condition.years)
    return is_under if condition.test == "under" else not is_under


def has_lasted(condition: Lasted, run: Run) -> bool | None:
    if run.row.start_on is None:
        return None
    is_under = run.as_at < run.calendar.after(run.row.start_on, condition.amount)
    return is_under if condition.test == "under" else not is_under


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
        return _ordered(lawful, run), void
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


def _ordered(lawful: Due, run: Run) -> Due:
    """Each order granted while the limit then in force still stood moves it to the date in the order.

    Children Act 1989, section 32(5) to (8): a period cannot be extended after it has run out.
    """
    found = lawful
    given = sorted(
        (grant.given_on, grant.until) for grant in run.row.grants if grant.given_on and grant.until
    )
    made = [(given_on, until) for given_on, until in given if given_on <= run.as_at]
    for no, (given_on, until) in enumerate(made):
        # Courts extend: one that reaches further than a later order was written down wrongly.
        if given_on <= found.on and until <= min((later for _, later in made[no:]), default=until):
            found = _later(found, (until,), "extended by the court to")
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
