"""The arithmetic of a clock: when it started, by when it must stop, which stage it has reached on a day.

Plain functions of a rule, a row and a day; SQL finds and looks up, everything that counts days is here.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from monitor import needs
from monitor.calendars import Calendar, reached_age
from monitor.feeds import Feeds
from monitor.limits import Amount, Unit
from monitor.model import Clock, Excuse, Grant, Outcome, Row, Unsure
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
    Stage,
    Until,
    Within,
)

EXCUSE_HOLDS = Amount(20, Unit.WORKING_DAYS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What judging needs beside the row: two calendars (closure days move local limits only) and the feeds."""

    lawful: Calendar
    local: Calendar
    feeds: Feeds

    def calendar(self, rule: Rule) -> Calendar:
        return self.local if rule.law.law_class is LawClass.LOCAL else self.lawful


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
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


def judge(rule: Rule, row: Row, as_at: date, bench: Bench) -> Clock | None:
    """The clock of this rule for this row on this day; None where it is not running.

    Where a source that it needs has been silent for longer than it may, a clock that would have passed a stage
    since cannot tell; what had already happened on the data's last day still stands.
    """
    heard = bench.feeds.heard(rule, row.source)
    data_day = min((day for day, _ in heard), default=date.min)
    clock = _judge(rule, row, as_at, bench, data_day)
    if clock is None or rule.each in ("feed", "start-unknown") or clock.outcome is Outcome.CANNOT_TELL:
        return clock
    allowed = bench.feeds.allowed_silence
    silent = [day for day, source in heard if as_at > bench.lawful.after(day, allowed(source))]
    if not silent:
        return clock
    last_day = min(silent)
    return _on_old_data(clock, _judge(rule, row, last_day, bench, data_day), last_day)


def _on_old_data(clock: Clock, then: Clock | None, last_day: date) -> Clock:
    """What of a clock is sure when the data stopped on `last_day`, and it stood so `then`."""
    stage = then.stage if then else None
    nothing_passed = stage == clock.stage and clock.outcome in (Outcome.IN_TIME, Outcome.EXCUSED)
    if nothing_passed or (then and (stage, then.outcome) == (clock.stage, clock.outcome)):
        return replace(clock, why=f"{clock.why} On data of {last_day}.")
    if then and then.outcome is clock.outcome is Outcome.OVERDUE:
        return replace(
            clock,
            stage=then.stage,
            stage_no=then.stage_no,
            stage_on=then.stage_on,
            why=f"{clock.why} On data of {last_day}.",
        )
    return replace(
        clock,
        outcome=Outcome.CANNOT_TELL,
        unsure=Unsure.STALE,
        stage=None,
        stage_no=0,
        why=f"Cannot tell: due since the data stopped on {last_day}. {clock.why}",
    )


def _judge(rule: Rule, row: Row, as_at: date, bench: Bench, data_day: date) -> Clock | None:
    run = _Run(rule=rule, row=row, as_at=as_at, bench=bench, calendar=bench.calendar(rule))
    if any(isinstance(part, Lasted) and _lasted_holds(part, run) is False for part in rule.where):
        return None
    missing = bench.feeds.missing(rule)
    if missing:
        return _unsure(run, data_day, Unsure.NOT_CARRIED, f"no source carries {'; '.join(missing)}")
    started = moment(rule.starts, run)
    if started is None:
        return _without_start(run, data_day)
    run = replace(run, started=started)
    if started > as_at or any(_holds(condition, run) is False for condition in rule.where):
        return None
    doubt = _doubt(run)
    return _unsure(run, data_day, *doubt) if doubt else _clock(run, data_day)


def _doubt(run: _Run) -> tuple[Unsure, str] | None:
    """Why a clock that has started cannot be told after all."""
    if _reaches_before_window(run):
        return Unsure.BEFORE_WINDOW, "the look-up reaches before the data begins"
    if run.row.end_unknown and run.rule.running == "open":
        return Unsure.UNREADABLE, "the end date cannot be read"
    unreadable = sorted(needs.dated_kinds(run.rule) & run.row.unreadable) if run.row.unreadable else ()
    if unreadable:
        return Unsure.UNREADABLE, f"the date of {' and '.join(unreadable)} cannot be read"
    return None


def _start_kinds(rule: Rule) -> frozenset[str]:
    parts = rule.starts.moments if isinstance(rule.starts, LaterOf | EarlierOf) else (rule.starts,)
    return frozenset(kind for part in parts if isinstance(part, Lookup) for kind in part.kinds)


def _without_start(run: _Run, data_day: date) -> Clock | None:
    """Own start missing: cannot tell. Looked-up event unreadable: cannot tell. Looked-up event absent: not running."""
    unreadable = sorted(_start_kinds(run.rule) & run.row.unreadable)
    if unreadable:
        return _unsure(
            run, data_day, Unsure.UNREADABLE, f"the date of {' and '.join(unreadable)} cannot be read"
        )
    own = _own_moments(run.rule.starts)
    if not own or (Own(field="start") in own and run.row.start_unknown is None):
        return None
    return _unsure(run, data_day, Unsure.NO_START, f"the start date is {run.row.start_unknown or 'missing'}")


def _own_moments(starts: Moment) -> set[Own]:
    parts = starts.moments if isinstance(starts, LaterOf | EarlierOf) else (starts,)
    return {part for part in parts if isinstance(part, Own)}


def _reaches_before_window(run: _Run) -> bool:
    """Whether something that must be looked up may lie before the first day that its sources show."""
    feeds = run.bench.feeds
    if not feeds.covers_from:
        return False
    for kinds, since in (*_begun_by(run), *_changed_by(run)):
        window = feeds.window(kinds)
        if window is not None and since is not None and since < window:
            return True
    return False


def _begun_by(run: _Run) -> Iterator[tuple[tuple[str, ...], date | None]]:
    """What begins the clock, with the day from which it must be seen; a last one before its start is no matter."""
    for part in needs.parts_of(run.rule.starts):
        if isinstance(part, Lookup):
            yield part.kinds, run.started if part.pick == "last" else run.row.start_on
    for condition in run.rule.where:
        if isinstance(condition, Count) and condition.test == "is":
            yield (condition.kind,), run.row.start_on


def _changed_by(run: _Run) -> Iterator[tuple[tuple[str, ...], date | None]]:
    """What on other rows ends the clock or limits it, with the day from which it must be seen.

    The row's own later dates come with the row, so they are complete.
    """
    for stop in run.rule.stops.stops:
        if stop.of != "this":
            yield stop.kinds, run.started if stop.since == "clock" else run.row.start_on
    for part in needs.parts_of(run.rule.limits):
        if isinstance(part, Lookup) and part.of != "this" and part.pick in ("first", "nth"):
            yield part.kinds, run.row.start_on


def _unsure(run: _Run, data_day: date, unsure: Unsure, because: str) -> Clock:
    return Clock(
        rule=run.rule.id,
        row=run.row,
        started_on=run.started,
        due_on=None,
        act_by=None,
        outcome=Outcome.CANNOT_TELL,
        stage=None,
        stage_no=0,
        stage_on=None,
        why=f"Cannot tell: {because}.",
        data_day=data_day,
        unsure=unsure,
    )


def _clock(run: _Run, data_day: date) -> Clock:
    if run.started is None:  # pragma: no cover - callers have set it
        raise ValueError("a clock needs its start")
    lawful = due(run.rule.limit_on(run.started), run)
    moved, void = _moved(lawful, run)
    excuse = _excused_until(run)
    waived = any(grant.until and run.as_at <= grant.until for grant in _waivers(run))
    stage_no, stage, stage_on = _stage(moved, run)
    outcome = _outcome(moved, stage, run, excused=excuse is not None or waived)
    return Clock(
        rule=run.rule.id,
        row=run.row,
        started_on=run.started,
        due_on=moved.on if moved else None,
        act_by=run.bench.lawful.on_or_before(moved.on) if moved else None,
        outcome=outcome,
        stage=stage.label if stage else None,
        stage_no=stage_no,
        stage_on=stage_on,
        why=_why(lawful, moved, void, excuse),
        data_day=data_day,
        lawful_due_on=lawful.on if lawful else None,
        void_grants=void,
    )


def moment(what: Moment, run: _Run) -> date | None:
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


def due(limit: Limit, run: _Run) -> Due | None:
    """The last day in time under this limit; None while there is none yet."""
    match limit:
        case Within():
            return _within(limit, run)
        case At(moment=what):
            day = moment(what, run)
            # A limb may lie before the clock's start (the second review was held before Plan A was made): then
            # the limit is the start day itself, or a stage "ten days over" would fire at once.
            return (
                None if day is None else Due(on=_not_before_start(day, run), how="on the day of " + say(what))
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


def _within(limit: Within, run: _Run) -> Due | None:
    if limit.of is None:
        return _counted(limit.amount, run.started, None, run)
    if isinstance(limit.of, Within | At | EarlierLimit | LaterLimit | Choose | FreshFor):
        inner = due(limit.of, run)
        return _counted(limit.amount, inner.on, inner.how, run) if inner else None
    found = _counted(limit.amount, moment(limit.of, run), say(limit.of), run)
    return replace(found, on=_not_before_start(found.on, run)) if found else None


def _counted(length: Amount, day: date | None, after: str | None, run: _Run) -> Due | None:
    if day is None:
        return None
    origin = f"{day}" if after is None else f"{after} ({day})"
    joined = " " if length.beginning_with else " from "
    return Due(on=run.calendar.after(day, length), how=f"{length}{joined}{origin}")


def _not_before_start(day: date, run: _Run) -> date:
    return max(day, run.started) if run.started else day


def _choose(branches: tuple[Branch, ...], run: _Run) -> Due | None:
    """The first branch that applies; while one cannot be told, the earliest day that any of them might give."""
    possible: list[Due] = []
    for branch in branches:
        held = [_holds(condition, run) for condition in branch.when]
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


def _holds(condition: Condition, run: _Run) -> bool | None:
    """True, False, or None where it cannot be told."""
    row = run.row
    match condition:
        case Attribute():
            return row.attribute_holds(condition)
        case Has():
            return row.has.get(condition, True)  # one in the rule's own `where` was settled by the query
        case Count():
            found = row.counts.get(condition, 0)
            return found == condition.n if condition.test == "is" else found >= condition.n
        case Planned():
            asked = Planned(kinds=condition.kinds, negated=False, of=condition.of)
            return (row.lookups.get(asked) is None) == condition.negated
        case Age():
            return _age_holds(condition, run)
        case Lasted():
            return _lasted_holds(condition, run)
        case BeganWith(moment=what):
            return run.started is not None and row.lookups.get(what) == run.started


def _age_holds(condition: Age, run: _Run) -> bool | None:
    if run.row.unborn:
        return condition.test == "under"
    if run.row.born_on is None or run.started is None:
        return None
    is_under = run.started < reached_age(run.row.born_on, condition.years)
    return is_under if condition.test == "under" else not is_under


def _lasted_holds(condition: Lasted, run: _Run) -> bool | None:
    if run.row.start_on is None:
        return None
    is_under = run.as_at < run.calendar.after(run.row.start_on, condition.amount)
    return is_under if condition.test == "under" else not is_under


def _moved(lawful: Due | None, run: _Run) -> tuple[Due | None, int]:
    """The limit after orders, extensions and waivers, and how many of these were void."""
    rule = run.rule
    sound = _waivers(run)
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


def _waivers(run: _Run) -> tuple[Grant, ...]:
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
        and grant.until <= run.calendar.after(grant.given_on, waiver.at_most)
    )


def _later(lawful: Due, days: Iterable[date | None], word: str) -> Due:
    latest = max((day for day in days if day), default=None)
    if latest is None or latest <= lawful.on:
        return lawful
    return Due(on=latest, how=f"{lawful.how}: {lawful.on}; {word} {latest}")


def _ordered(lawful: Due, run: _Run) -> Due:
    """Each order granted while the limit then in force still stood moves it to the date in the order.

    Children Act 1989, section 32(5) to (8): a period cannot be extended after it has run out.
    """
    found = lawful
    for grant in sorted(run.row.grants, key=lambda each: (each.given_on or date.max, each.until or date.min)):
        if grant.given_on and grant.until and grant.given_on <= min(found.on, run.as_at):
            found = _later(found, (grant.until,), "extended by the court to")
    return found


def _excused_until(run: _Run) -> date | None:
    """The last day on which a lawful excuse holds, if it holds today."""
    excuse = run.row.excuse
    if excuse is None or excuse.code not in run.rule.excused_by:
        return None
    until = holds_until(excuse, run.calendar)
    if until is None or run.as_at > until or (excuse.on is not None and excuse.on > run.as_at):
        return None
    return until


def holds_until(excuse: Excuse, calendar: Calendar) -> date | None:
    """The day of an excuse's review, or where none was set, twenty working days from the day it was given."""
    return excuse.review_on or (calendar.after(excuse.on, EXCUSE_HOLDS) if excuse.on else None)


def stage_day(stage: Stage, started: date, due_on: date | None, calendar: Calendar) -> date | None:
    """The first day on which a clock is at this stage."""
    if stage.point == "in":
        return calendar.after(started, stage.amount) if stage.amount else started
    if due_on is None:
        return None
    if stage.point == "overdue" or stage.amount is None:
        return due_on + timedelta(days=1)
    if stage.point == "before":
        return calendar.before(due_on, stage.amount)
    return calendar.after(due_on, stage.amount)


def _stage(due_: Due | None, run: _Run) -> tuple[int, Stage | None, date | None]:
    """The last stage reached, its number from 1, and the day on which it was reached."""
    if run.started is None:
        return 0, None, None
    best: tuple[date, int, Stage] | None = None
    for number, stage in enumerate(run.rule.stages, start=1):
        day = stage_day(stage, run.started, due_.on if due_ else None, run.calendar)
        if day is None or day > run.as_at or not all(_holds(part, run) for part in stage.when):
            continue
        if best is None or (stage.point in ("overdue", "over"), day, number) >= (
            best[2].point in ("overdue", "over"),
            best[0],
            best[1],
        ):
            best = (day, number, stage)
    return (best[1], best[2], best[0]) if best else (0, None, None)


def _outcome(due_: Due | None, stage: Stage | None, run: _Run, *, excused: bool) -> Outcome:
    if excused:
        return Outcome.EXCUSED
    if due_ is not None and run.as_at > due_.on:
        return Outcome.OVERDUE
    return Outcome.DUE_SOON if stage else Outcome.IN_TIME


def _why(lawful: Due | None, moved: Due | None, void: int, excuse: date | None) -> str:
    if moved is None or lawful is None:
        return "No last day yet."
    said = [f"{moved.how[:1].upper()}{moved.how[1:]}."]
    if void:
        said.append("A recorded waiver is void: it needs a reason, the IRO, a date, and at most six months.")
    if excuse:
        said.append(f"Excused until {excuse}; the last day does not move.")
    return " ".join(said)


def say(what: Moment) -> str:
    """A moment as a person would name it."""
    match what:
        case Own(field=name):
            return f"the {name}"
        case Until(attribute=name):
            return name.replace("_", " ")
        case Lookup(pick=pick, kinds=kinds, n=n):
            which = {"nth": f"number {n} of"}.get(pick, f"the {pick}")
            return f"{which} {' or '.join(kind.replace('-', ' ') for kind in kinds)}"
        case LaterOf(moments=parts):
            return "the later of " + " and ".join(map(say, parts))
        case EarlierOf(moments=parts):
            return "the earlier of " + " and ".join(map(say, parts))


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
