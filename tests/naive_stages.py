"""What is told of one clock, by brute force: its outcome, its stage, and what was done too early."""

from datetime import date, timedelta

from monitor.limits import Amount, Unit
from monitor.parts import At, Lookup, Until
from monitor.rule import Stage, TooEarly
from tests.naive_calendar import ONE_DAY, NoTableError
from tests.naive_case import Answer, Case, day_of, moment_on, plans
from tests.naive_conditions import holds
from tests.naive_limits import Last, hours_on, last_day
from tests.naive_moves import is_excused, moved, sound_waivers


def reckoned(case: Case) -> Answer | None:
    """The answer of a clock that runs and can be told; nothing where what might be too early has been done."""
    due = moved(last_day(case), case)
    shown = due.day if due else None
    done_on = _acted_on(case)
    if done_on is not None:
        early = case.rule.too_early
        if early is None or not _is_early(done_on, early, case):
            return None
        if case.as_at > case.days.after(done_on, early.shown_for):
            return None
        label = next((stage.label for stage in case.rule.stages if stage.point == "early"), None)
        return case.says("too-early", due=shown, stage=label)
    stage = _stage(due, case)
    if is_excused(case) or any(case.as_at <= until for until in sound_waivers(case)):
        outcome = "excused"
    elif due is not None and is_over(due, case):
        outcome = "overdue"
    else:
        outcome = "due-soon" if stage else "in-time"
    if due is None and outcome == "in-time" and _must_be_on_record(case):
        return case.says("cannot-tell")
    return case.says(outcome, due=shown, stage=stage.label if stage else None)


def _must_be_on_record(case: Case) -> bool:
    """The last day is one that the row, or an order or decision, gives; where it does not, it is not known."""
    limit = case.rule.limit_on(case.started or date.min)
    match limit:
        case At(moment=Until()):
            return True
        case At(moment=Lookup(date="due", pick=pick)):
            return pick != "next"
    return False


def is_over(due: Last, case: Case) -> bool:
    return case.now > due.at if due.at else case.as_at > due.day


def _acted_on(case: Case) -> date | None:
    return day_of(case.rule.too_early.act, case) if case.rule.too_early else None


def _is_early(day: date, early: TooEarly, case: Case) -> bool:
    """Before the period has run out, or its last day where that is allowed; unless it was lifted by then."""
    if case.started is None:
        return False
    policy, amount = case.rule.policy, early.amount
    if policy and policy.floor and policy.since <= case.as_at:
        amount = policy.floor
    last = case.days.after(case.started, amount)
    lifted_on = day_of(early.unless, case) if early.unless else None
    return day < (last if early.opens else last + ONE_DAY) and (lifted_on is None or lifted_on > day)


def _stage(due: Last | None, case: Case) -> Stage | None:
    """The last stage, in the order of the file, whose time has come."""
    reached = None
    for stage in case.rule.stages:
        if _has_surely_come(stage, due, case) and all(holds(each, case) for each in stage.when):
            reached = stage
    return reached


def _has_surely_come(stage: Stage, due: Last | None, case: Case) -> bool:
    """A stage beyond the table of terms has not come."""
    try:
        return _has_come(stage, due, case)
    except NoTableError:
        return False


def _has_come(stage: Stage, due: Last | None, case: Case) -> bool:
    if stage.point == "booked":
        early = case.rule.too_early
        if early is None:
            return False
        act = early.act
        return any(_is_early(day, early, case) for day in plans(act.kinds, act.of, (), case))
    if stage.point == "in":
        return case.started is not None and stage.amount is not None and _in(stage.amount, case)
    return due is not None and _by_the_limit(stage, due, case)


def _in(amount: Amount, case: Case) -> bool:
    if case.started is None:
        return False
    if amount.unit is Unit.HOURS:
        return case.now >= hours_on(moment_on(case.started, case), amount)
    return case.as_at >= case.days.after(case.started, amount)


def _by_the_limit(stage: Stage, due: Last, case: Case) -> bool:
    amount = stage.amount
    match stage.point:
        case "due":
            return case.as_at >= due.day
        case "overdue":
            return is_over(due, case)
        case "before" | "over" if amount is not None:
            sign = -1 if stage.point == "before" else 1
            if amount.unit is Unit.HOURS:
                return case.now >= hours_on(due.moment, amount, sign)
            count = case.days.before if sign < 0 else case.days.after
            return case.as_at >= count(due.day, amount)
        case "share":
            return case.as_at >= _share(stage.percent, due.day, case)
        case "date":
            return case.as_at >= _last_such_day(stage, due.day)
        case "half-term":
            term = case.known.tables.term_at(due.day)
            return term is not None and term.half_term is not None and case.as_at >= term.half_term[0]
    return False


def _share(percent: int, due: date, case: Case) -> date:
    """The first day on which so much of the time has passed."""
    started = case.started or due
    days = (due - started).days
    return started + timedelta(days=-(-days * percent // 100))


def _last_such_day(stage: Stage, due: date) -> date:
    month, day = stage.date or (1, 1)
    return max(found for year in (due.year - 1, due.year) if (found := date(year, month, day)) <= due)
