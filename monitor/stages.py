"""Which stage a clock has reached, and what was done or booked before its earliest day."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil

from monitor.bench import Run, holds, instant, midnight, moment
from monitor.calendars import BeyondCalendar, london_day
from monitor.lastdays import Due
from monitor.limits import Amount, Unit
from monitor.rule import Stage

_PAST = ("overdue", "over")  # outranks whatever else was reached


@dataclass(frozen=True, slots=True, kw_only=True)
class Early:
    """What was done, or is in the diary, before its earliest day; `is_over` where it ends the clock."""

    point: str
    on: date
    why: str
    is_over: bool = False


def early_of(run: Run) -> Early | None:
    """Whether the act of the rule came, or is planned, too early, or ended the clock; None while it runs."""
    rule = run.rule.too_early
    if rule is None or run.started is None:
        return None
    last = run.calendar.after(run.started, run.rule.floor_on(run.as_at) or rule.amount)
    earliest = last if rule.opens else last + timedelta(days=1)
    lifted = moment(rule.unless, run) if rule.unless else None
    done, planned = moment(rule.act, run), run.row.lookups.get(rule.planned)
    if done is not None:
        is_early = done < earliest and not (lifted and lifted <= done)
        over = not is_early or run.as_at > run.calendar.after(done, rule.shown_for)
        return Early(point="early", on=done, why=f"Done on {done}, before {earliest}.", is_over=over)
    if planned is not None and planned < earliest and lifted is None:
        return Early(point="booked", on=run.as_at, why=f"Booked for {planned}, before {earliest}.")
    return None


def before_its_start(run: Run) -> date | None:
    """The day on which the act was done although its time had not begun, while that is shown; the record is at odds."""
    rule = run.rule.too_early
    if rule is None or (run.started is not None and moment(rule.act, run) is not None):
        return None
    done = moment(rule.whenever, run)
    shown = done is not None and run.as_at <= run.calendar.after(done, rule.shown_for)
    return done if shown else None


def _reached(stage: Stage, due_: Due | None, run: Run) -> date | None:
    """The day on which the clock came to this stage, if it has; one beyond the table of terms it has not."""
    try:
        return _come_to(stage, due_, run)
    except BeyondCalendar:
        return None


def _come_to(stage: Stage, due_: Due | None, run: Run) -> date | None:
    if stage.amount and stage.amount.unit is Unit.HOURS:
        at = _stage_moment(stage, stage.amount, due_, run)
        return london_day(at) if at and at <= run.now else None
    if stage.point == "overdue" and due_ and due_.at:
        return due_.on if due_.is_past(run) else None
    day = _stage_day(stage, due_, run)
    return day if day and day <= run.as_at else None


def _stage_moment(stage: Stage, amount: Amount, due_: Due | None, run: Run) -> datetime | None:
    hours = timedelta(hours=amount.n)
    if stage.point == "in":
        return instant(run.started, run) + hours if run.started else None
    if due_ is None:
        return None
    due_at = due_.at or midnight(due_.on + timedelta(days=1))
    return due_at - hours if stage.point == "before" else due_at + hours


def _stage_day(stage: Stage, due_: Due | None, run: Run) -> date | None:
    """The first day on which a clock is at this stage."""
    if run.started is None:
        return None
    if stage.point == "in":
        return run.calendar.after(run.started, stage.amount) if stage.amount else run.started
    return _day_by(stage, due_.on, run.started, run) if due_ else None


def _day_by(stage: Stage, due_on: date, started: date, run: Run) -> date | None:
    """As `_stage_day`, for the stages that are reckoned from the last day in time."""
    match stage.point:
        case "due":
            return due_on
        case "overdue":
            return due_on + timedelta(days=1)
        case "before" if stage.amount:
            return run.calendar.before(due_on, stage.amount)
        case "over" if stage.amount:
            return run.calendar.after(due_on, stage.amount)
        case "share":
            return started + timedelta(days=ceil((due_on - started).days * stage.percent / 100))
        case "date" if stage.date:
            this_year = date(due_on.year, *stage.date)
            return this_year if this_year <= due_on else this_year.replace(year=this_year.year - 1)
        case "half-term":
            return run.bench.schools.half_term(due_on)
        case _:
            return None


def stage_of(due_: Due | None, run: Run, early: Early | None) -> tuple[int, Stage | None, date | None]:
    """The last stage of the file that was reached, its number from 1, and the day on which it was reached.

    What was done too early outranks all others; what is only booked too early does not, for its day may be long past.
    """
    if run.started is None:
        return 0, None, None
    best: tuple[date, int, Stage] | None = None
    for number, stage in enumerate(run.rule.stages, start=1):
        is_early = early is not None and early.point == stage.point
        day = early.on if early and is_early else _reached(stage, due_, run)
        if day is None or not all(holds(part, run) for part in stage.when):
            continue
        if is_early and stage.point == "early":
            return number, stage, day
        is_over = stage.point in _PAST
        if best is None or is_over or best[2].point not in _PAST:
            best = (day, number, stage)
    return (best[1], best[2], best[0]) if best else (0, None, None)
