"""The judging of a clock: when it started, whether it can be told, which stage it has reached on a day.

Plain functions of a rule, a row and a day; `lastdays` counts by when, SQL finds and looks up.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache

from monitor import needs
from monitor.bench import Bench, Run, Unreadable, end_of, has_lasted, holds, moment
from monitor.calendars import BeyondCalendar, Calendar
from monitor.lastdays import Due, by_policy, due, due_at_latest, moved_due, sound_waivers
from monitor.limits import Amount, Unit
from monitor.model import NOT_SHOWN, Clock, Excuse, Outcome, Row, Unsure
from monitor.parts import At, Attribute, Count, EarlierLimit, Lasted, Limit, Lookup, Moment, Own, Until
from monitor.rule import Rule, Stage
from monitor.stages import before_its_start, early_of, stage_of

EXCUSE_HOLDS = Amount(20, Unit.WORKING_DAYS)
_END = Own(field="end")
_HIDDEN = {
    "silent": (Unsure.STALE, "whether what rules it out still lasts is no longer sent"),
    "unreadable": (
        Unsure.UNREADABLE,
        "the end date of another row, which would rule it out, cannot be read",
    ),
}
_ACTED_BEFORE = "it was done on {}, and what its time counts from is not on record before that day"


def judge(rule: Rule, row: Row, as_at: date, bench: Bench, now: datetime | None = None) -> Clock | None:
    """The clock of this rule for this row on this day; None where it is not running.

    Hours are judged at `now`, or where there is none, at the end of the day.

    Where a source that it needs has been silent for longer than it may, a clock that would have passed a stage
    since cannot tell; what had already happened on the data's last day still stands.
    """
    data_day, last_day = bench.silence(rule, row.source, as_at)
    clock = _judge(rule, row, as_at, now or end_of(as_at), bench, data_day)
    if last_day is None or clock is None or clock.outcome is Outcome.CANNOT_TELL:
        return clock
    if rule.each in ("feed", "start-unknown", "bad-rows"):
        return clock
    return _on_old_data(clock, _judge(rule, row, last_day, end_of(last_day), bench, data_day), last_day)


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


def _judge(rule: Rule, row: Row, as_at: date, now: datetime, bench: Bench, data_day: date) -> Clock | None:
    run = Run(rule=rule, row=row, as_at=as_at, now=now, bench=bench, calendar=bench.calendar(rule, row))
    try:
        return _judged(run, data_day)
    except BeyondCalendar:
        return _unsure(run, data_day, Unsure.NO_TERMS, "no table of terms reaches that far")
    except Unreadable as what:
        return _unsure(run, data_day, Unsure.UNREADABLE, f"the day in '{what}' cannot be read")


def _judged(run: Run, data_day: date) -> Clock | None:
    rule, row, bench = run.rule, run.row, run.bench
    if any(isinstance(part, Lasted) and has_lasted(part, run) is False for part in rule.where):
        return None
    missing = bench.feeds.missing(rule, row.source)
    if missing:
        return _unsure(run, data_day, Unsure.NOT_CARRIED, f"nothing carries {'; '.join(missing)}")
    started = moment(rule.starts, run)
    if started is None:
        return _without_start(run, data_day)
    run = run.begun(started)
    if started > run.as_at or any(holds(condition, run) is False for condition in rule.where):
        return None
    doubt = _undecided(run) or _doubt(run, started)
    return _unsure(run, data_day, *doubt) if doubt else _clock(run, data_day)


def _undecided(run: Run) -> tuple[Unsure, str] | None:
    """Which attribute of the row decides whether it is one of the rule's, and counts from a day nobody can read."""
    for part in run.rule.where:
        if isinstance(part, Attribute) and holds(part, run) is None:
            return Unsure.UNREADABLE, f"the day of the {part.name.replace('_', ' ')} cannot be read"
    return None


def _doubt(run: Run, started: date) -> tuple[Unsure, str] | None:
    """Why a clock that has started cannot be told after all."""
    out_of_sight = _out_of_sight(run)
    if out_of_sight is not None:
        return Unsure.BEFORE_WINDOW, out_of_sight
    acted_on = before_its_start(run)
    if acted_on is not None and not _has_passed(_lawful_due(run, started), run):
        return Unsure.NO_START, _ACTED_BEFORE.format(acted_on)
    if run.row.end_unknown and (run.rule.running == "open" or _END in needs.parts_of(run.rule.limits)):
        return Unsure.UNREADABLE, "the end date cannot be read"
    if run.row.start_on is None and any(isinstance(part, Lasted) for part in run.rule.where):
        return Unsure.NO_START, f"the start date is {run.row.start_unknown or 'missing'}"
    if run.row.hidden:
        return _HIDDEN.get(run.row.hidden) or (
            Unsure.NOT_CARRIED,
            f"whether what rules it out still lasts is not known: its source does not carry {run.row.hidden}",
        )
    unreadable = sorted(needs.dated_kinds(run.rule) & run.row.unreadable) if run.row.unreadable else ()
    if unreadable and not _has_passed_without(unreadable, run):
        return Unsure.UNREADABLE, f"the date of {' and '.join(unreadable)} cannot be read"
    return None


def _has_passed_without(unreadable: Iterable[str], run: Run) -> bool:
    """Whether what cannot be read could only bring the last day nearer, and it has passed as it is."""
    rule = run.rule
    limit = rule.limit_on(run.started) if run.started else None
    elsewhere = (rule.starts, rule.stops, rule.where, rule.moved_to, rule.too_early)
    if not isinstance(limit, EarlierLimit) or not needs.dated(elsewhere).isdisjoint(unreadable):
        return False
    return _has_passed(due_at_latest(limit, run), run)


def _lawful_due(run: Run, started: date) -> Due | None:
    """The last day by law; Unreadable, unless what cannot be read could only bring it nearer, and it has passed."""
    limit = run.rule.limit_on(started)
    if isinstance(limit, EarlierLimit) and _has_passed(latest := due_at_latest(limit, run), run):
        return latest
    return due(limit, run)


def _has_passed(lawful: Due | None, run: Run) -> bool:
    moved, _ = moved_due(by_policy(lawful, run), run)
    return moved is not None and moved.is_past(run)


def _without_start(run: Run, data_day: date) -> Clock | None:
    """Own start missing, or own end unreadable: cannot tell; not yet ended: not running.

    Looked-up event unreadable: cannot tell. Looked-up event absent: not running, unless what may not be done before
    it has been done.
    """
    unreadable = sorted(needs.dated(run.rule.starts) & run.row.unreadable)
    if unreadable:
        return _unsure(
            run, data_day, Unsure.UNREADABLE, f"the date of {' and '.join(unreadable)} cannot be read"
        )
    own = _own_moments(run.rule.starts)
    if _END in own and run.row.end_unknown:
        return _unsure(run, data_day, Unsure.UNREADABLE, "the end date cannot be read")
    if Own(field="start") in own and run.row.start_unknown is not None:
        return _unsure(run, data_day, Unsure.NO_START, f"the start date is {run.row.start_unknown}")
    acted_on = before_its_start(run)
    return _unsure(run, data_day, Unsure.NO_START, _ACTED_BEFORE.format(acted_on)) if acted_on else None


@lru_cache(maxsize=1_024)
def _own_moments(starts: Moment) -> frozenset[Own]:
    return frozenset(part for part in needs.parts_of(starts) if isinstance(part, Own))


def _out_of_sight(run: Run) -> str | None:
    """Why something that must be looked up may lie where the data do not reach."""
    if _reaches_before_window(run):
        return "the look-up reaches before the data begins"
    unseen = _perhaps_unseen(run)
    if unseen and not _has_passed_without(unseen, run):
        return (
            f"of each {' and '.join(unseen)} the data began with the newest, and there may have been others"
        )
    return None


def _reaches_before_window(run: Run) -> bool:
    """Whether something that must be looked up may lie before the first day that its sources show."""
    feeds = run.bench.feeds
    if run.row.start_unknown == NOT_SHOWN and any(_begun_by_count(run)):
        return True
    if not feeds.covers_from:
        return False
    for kinds, since in (*_begun_by(run), *_changed_by(run)):
        window = feeds.window(kinds)
        if window is not None and since is not None and since < window:
            return True
    return _may_have_begun_later(run)


def _may_have_begun_later(run: Run) -> bool:
    """Whether an Event out of sight may have begun the clock so late that its limit has not passed all the same."""
    for part in needs.parts_of(run.rule.starts):
        if not isinstance(part, Lookup) or part.pick != "last" or run.started is None:
            continue
        window = run.bench.feeds.window(part.kinds)
        if window is not None and run.started < window:
            at_latest = run.begun(window)
            if not _has_passed(_lawful_due(at_latest, window), at_latest):
                return True
    return False


def _perhaps_unseen(run: Run) -> list[str]:
    """The kinds of Events that are counted from the first, of which only the newest was shown when the row began.

    Where none is shown there is none, and one more than is asked for is enough; the newest itself is always there.
    """
    feeds, began = run.bench.feeds, run.row.start_on
    if not feeds.newest_from or began is None:
        return []
    found = set()
    for part in needs.parts_of((run.rule.starts, run.rule.where, run.rule.limits)):
        if isinstance(part, Count) and part.by == "done":
            shown = run.row.counts.get(part, 0)
            is_settled = shown >= part.n + (part.test == "is") or (shown == 0 and part.within is None)
            found |= set() if is_settled else {part.kind}
        elif isinstance(part, Lookup) and part.pick in ("first", "nth"):
            found |= set(part.kinds)
    return sorted(kind for kind in found if (seen := feeds.all_seen_from(kind)) and began < seen)


def _begun_by(run: Run) -> Iterator[tuple[tuple[str, ...], date | None]]:
    """What begins the clock, with the day from which it must be seen; the last of its kind is another matter."""
    for part in needs.parts_of(run.rule.starts):
        if isinstance(part, Lookup) and part.pick != "last":
            yield part.kinds, run.row.start_on
    for part in _begun_by_count(run):
        since = run.row.start_on
        yield (part.kind,), run.calendar.before(since, part.within) if since and part.within else since


def _begun_by_count(run: Run) -> Iterator[Count]:
    """What must have been done just so many times; with more in sight, those out of sight make no difference."""
    for part in needs.parts_of((run.rule.where, run.rule.limits)):
        if isinstance(part, Count) and part.test == "is" and run.row.counts.get(part, 0) <= part.n:
            yield part


def _changed_by(run: Run) -> Iterator[tuple[tuple[str, ...], date | None]]:
    """What on other rows ends the clock or limits it, with the day from which it must be seen.

    The row's own later dates come with the row, so they are complete.
    """
    for stop in run.rule.stops.stops:
        if stop.of != "this":
            yield stop.kinds, run.started if stop.since == "clock" else run.row.start_on
    for part in needs.parts_of(run.rule.limits):
        if isinstance(part, Lookup) and part.of != "this" and part.pick in ("first", "nth"):
            yield part.kinds, run.row.start_on


def _unsure(run: Run, data_day: date, unsure: Unsure, because: str) -> Clock:
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


def _clock(run: Run, data_day: date) -> Clock | None:
    if run.started is None:  # pragma: no cover - callers have set it
        raise ValueError("a clock needs its start")
    early = early_of(run)
    if early is not None and early.is_over:
        return None
    lawful = _lawful_due(run, run.started)
    moved, void = moved_due(by_policy(lawful, run), run)
    excuse = _excused_until(run)
    waived = any(grant.until and run.as_at <= grant.until for grant in sound_waivers(run))
    stage_no, stage, stage_on = stage_of(moved, run, early)
    outcome = _outcome(moved, stage, run, excused=excuse is not None or waived)
    if moved is None and outcome is Outcome.IN_TIME and _is_a_day_on_record(run.rule.limit_on(run.started)):
        return _unsure(run, data_day, Unsure.NO_LAST_DAY, "the record gives no last day")
    why = _why(moved, void, excuse) if moved else _why_no_last_day(run)
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
        why=f"{early.why} {why}" if early else why,
        data_day=data_day,
        lawful_due_on=lawful.on if lawful else None,
        void_grants=void,
    )


def _is_a_day_on_record(limit: Limit) -> bool:
    """Whether the last day is one that the row, or an order or decision, must give."""
    if not isinstance(limit, At):
        return False
    day = limit.moment
    return isinstance(day, Until) or (isinstance(day, Lookup) and day.date == "due" and day.pick != "next")


def _excused_until(run: Run) -> date | None:
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


def _outcome(due_: Due | None, stage: Stage | None, run: Run, *, excused: bool) -> Outcome:
    if stage is not None and stage.point == "early":
        return Outcome.TOO_EARLY
    if excused:
        return Outcome.EXCUSED
    if due_ is not None and due_.is_past(run):
        return Outcome.OVERDUE
    return Outcome.DUE_SOON if stage else Outcome.IN_TIME


def _why_no_last_day(run: Run) -> str:
    """As `_why`, where there is none: which columns of the row would have said it."""
    asked = (part.attribute for part in needs.parts_of(run.rule.limits) if isinstance(part, Until))
    empty = [
        f"'{name.replace('_', ' ')}'" for name in dict.fromkeys(asked) if not run.row.attributes.get(name)
    ]
    return f"No last day yet: there is no day in {' or '.join(empty)}." if empty else "No last day yet."


def _why(moved: Due, void: int, excuse: date | None) -> str:
    said = [f"{moved.how[:1].upper()}{moved.how[1:]}."]
    if void:
        said.append("A recorded waiver is void: it needs a reason, the IRO, a date, and at most six months.")
    if excuse:
        said.append(f"Excused until {excuse}; the last day does not move.")
    return " ".join(said)
