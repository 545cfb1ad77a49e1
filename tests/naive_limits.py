"""Last days, orders, waivers, excuses and stages, counted for one row by brute force."""

from datetime import date, timedelta

from monitor.limits import Amount, parse_amount
from monitor.parts import (
    At,
    Choose,
    EarlierLimit,
    EarlierOf,
    FreshFor,
    LaterLimit,
    LaterOf,
    Limit,
    Lookup,
    Moment,
    Own,
    Until,
    Within,
)
from monitor.rule import MovedBy, MovedTo, Stage
from tests.naive_case import Answer, Case, day_of, holds

EXCUSE_WITHOUT_REVIEW = parse_amount("20 working days")


def reckoned(case: Case) -> Answer:
    started = case.started or date.min
    lawful = _last_day(case.rule.limit_on(started), case)
    due = _moved(lawful, case)
    stage = _stage(due, case)
    if _is_excused(case) or any(case.as_at <= until for until in _sound_waivers(case)):
        outcome = "excused"
    elif due is not None and case.as_at > due:
        outcome = "overdue"
    else:
        outcome = "due-soon" if stage else "in-time"
    return case.says(outcome, due=due, stage=stage.label if stage else None)


def _last_day(limit: Limit, case: Case) -> date | None:
    match limit:
        case Within(amount=amount, of=None):
            return case.calendar.after(case.started, amount) if case.started else None
        case Within(amount=amount, of=origin):
            return _within(amount, origin, case)
        case At(moment=what):
            return _clipped(day_of(what, case), case)
        case EarlierLimit(limits=parts):
            return min((day for part in parts if (day := _last_day(part, case))), default=None)
        case LaterLimit(limits=parts):
            return max((day for part in parts if (day := _last_day(part, case))), default=None)
        case Choose():
            return _chosen(limit, case)
        case FreshFor():
            length = case.known.feeds.silence(case.row.source)
            return case.calendar.after(case.started, length) if case.started else None


def _within(amount: Amount, origin: Moment | Limit | None, case: Case) -> date | None:
    """So long from a moment or from the end of another limit; never before the clock's own start."""
    if isinstance(origin, Own | Until | Lookup | LaterOf | EarlierOf):
        day = day_of(origin, case)
    else:
        day = _last_day(origin, case) if origin else None
    return _clipped(case.calendar.after(day, amount), case) if day else None


def _clipped(day: date | None, case: Case) -> date | None:
    return max(day, case.started) if day and case.started else day


def _chosen(choose: Choose, case: Case) -> date | None:
    """The first branch that applies; of those that cannot be told before it, the shortest counts too."""
    possible = []
    for branch in choose.branches:
        verdicts = [holds(each, case) for each in branch.when]
        if False in verdicts:
            continue
        day = _last_day(branch.limit, case)
        if day:
            possible.append(day)
        if None not in verdicts:
            break
    return min(possible, default=None)


def _moved(lawful: date | None, case: Case) -> date | None:
    if lawful is None:
        return None
    rule = case.rule
    if rule.waived:
        return max([lawful, *_sound_waivers(case)])
    if isinstance(rule.moved_to, MovedBy):
        return _ordered(lawful, rule.moved_to.kind, case)
    if isinstance(rule.moved_to, MovedTo):
        to = day_of(rule.moved_to.to, case) or lawful
        if rule.moved_to.at_most:
            to = min(to, case.calendar.after(lawful, rule.moved_to.at_most))
        return max(lawful, to)
    return lawful


def _ordered(lawful: date, kind: str, case: Case) -> date:
    """Each order in turn, if it was made while the period that it extends had not run out."""
    orders = [
        (each.done, each.due)
        for each in case.events([kind], "this")
        if each.done and each.due and each.done <= case.as_at
    ]
    due = lawful
    orders.sort()
    for number, (granted, to) in enumerate(orders):
        reaches_too_far = any(later < to for _, later in orders[number + 1 :])
        if granted <= due and to > due and not reaches_too_far:
            due = to
    return due


def _sound_waivers(case: Case) -> list[date]:
    """How far each waiver reaches that has a day, all that it needs, and no more than its allowance."""
    waiver = case.rule.waived
    if waiver is None:
        return []
    found = []
    for event in case.events([waiver.kind], "child"):
        until = event.attributes.get(waiver.until)
        complete = all(event.attributes.get(name) == "yes" for name in waiver.needs)
        if event.done is None or event.done > case.facts_to or until is None or not complete:
            continue
        day = date.fromisoformat(until)
        if event.done <= day <= case.calendar.after(event.done, waiver.at_most):
            found.append(day)
    return found


def _is_excused(case: Case) -> bool:
    """Any lawful excuse that holds today: the row's own, or one recorded for this rule and this ref."""
    rule, row = case.rule, case.row
    if not rule.excused_by:
        return False
    for other in case.known.episodes:
        said = other.attributes
        if other.kind != "excuse" or other.ref != row.ref or said.get("rule") != rule.id:
            continue
        if said.get("of_source", other.source) == row.source and _excuse_holds(
            said.get("code"), other.start, other.end, case
        ):
            return True
    on, review = row.attributes.get("exception_on"), row.attributes.get("exception_review_on")
    return _excuse_holds(
        row.attributes.get("exception_code"),
        date.fromisoformat(on) if on else None,
        date.fromisoformat(review) if review else None,
        case,
    )


def _excuse_holds(code: str | None, on: date | None, review: date | None, case: Case) -> bool:
    if code not in case.rule.excused_by or (on is not None and on > case.as_at):
        return False
    last = review or (case.calendar.after(on, EXCUSE_WITHOUT_REVIEW) if on else None)
    return last is not None and case.as_at <= last


def _stage(due: date | None, case: Case) -> Stage | None:
    """The last stage, in the order of the file, whose day has come."""
    reached = None
    for stage in case.rule.stages:
        day = _stage_day(stage, due, case)
        if day is not None and day <= case.as_at and all(holds(each, case) for each in stage.when):
            reached = stage
    return reached


def _stage_day(stage: Stage, due: date | None, case: Case) -> date | None:
    amount = stage.amount
    if stage.point == "in":
        return case.calendar.after(case.started, amount) if case.started and amount else None
    if due is None:
        return None
    if amount is None:
        return due + timedelta(days=1)
    count = case.calendar.before if stage.point == "before" else case.calendar.after
    return count(due, amount)
