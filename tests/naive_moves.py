"""What moves a last day or excuses a miss, for one row by brute force: orders, waivers and recorded reasons."""

from datetime import date

from monitor.limits import parse_amount
from monitor.rule import MovedBy, MovedTo
from monitor.vocabulary import vocabulary
from tests.naive_case import Case, day_of, read_day
from tests.naive_facts import Event
from tests.naive_limits import Last

EXCUSE_WITHOUT_REVIEW = parse_amount("20 working days")


def moved(lawful: Last | None, case: Case) -> Last | None:
    """The last day after orders and waivers; a new day is a whole one."""
    if lawful is None:
        return None
    to = _moved_day(lawful.day, case)
    return Last(to) if to > lawful.day else lawful


def _moved_day(lawful: date, case: Case) -> date:
    rule = case.rule
    if rule.waived:
        return max([lawful, *sound_waivers(case)])
    if isinstance(rule.moved_to, MovedBy):
        return _ordered(lawful, rule.moved_to, case)
    if isinstance(rule.moved_to, MovedTo):
        to = day_of(rule.moved_to.to, case) or lawful
        if rule.moved_to.at_most:
            to = min(to, case.days.after(lawful, rule.moved_to.at_most))
        return max(lawful, to)
    return lawful


def _ordered(lawful: date, by: MovedBy, case: Case) -> date:
    """Each order in turn, if it was made while the period that it extends had not run out."""
    orders = []
    for each in case.events([by.kind], "this"):
        if each.done and each.due and each.done <= case.as_at:
            most = case.days.after(lawful, by.at_most) if by.at_most else each.due
            orders.append((each.done, min(each.due, most)))
    due = lawful
    orders.sort()
    for number, (granted, to) in enumerate(orders):
        reaches_too_far = any(later < to for _, later in orders[number + 1 :])
        if granted <= due and to > due and not reaches_too_far:
            due = to
    return due


def sound_waivers(case: Case) -> list[date]:
    """How far each waiver reaches that has a day, all that it needs, and no more than its allowance."""
    waiver = case.rule.waived
    if waiver is None:
        return []
    found = []
    for event in case.events([waiver.kind], "child"):
        day = read_day(event.attributes.get(waiver.until))
        complete = all(event.attributes.get(name) == "yes" for name in waiver.needs)
        if event.done is None or event.done > case.facts_to or day is None or not complete:
            continue
        if waiver.not_of_others and case.is_of_another(event):
            continue
        if _is_by_another(event, waiver.given_by, case):
            continue
        if event.done <= day <= case.days.after(event.done, waiver.at_most):
            found.append(day)
    return found


def _is_by_another(event: Event, role: str | None, case: Case) -> bool:
    """Given by somebody who is known to be something else, and never held that role for any child."""
    worker = case.known.workers.get(event.worker or "")
    if role is None or worker is None or worker.role is None:
        return False
    is_another = worker.role.lower().replace(" ", "-") in set(vocabulary().all_roles()) - {role}
    return is_another and not any(
        each.kind == "allocation" and each.worker == worker.key and each.attributes.get("role") == role
        for each in case.known.episodes
    )


def is_excused(case: Case) -> bool:
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
    return _excuse_holds(
        row.attributes.get("exception_code"),
        read_day(row.attributes.get("exception_on")),
        read_day(row.attributes.get("exception_review_on")),
        case,
    )


def _excuse_holds(code: str | None, on: date | None, review: date | None, case: Case) -> bool:
    if code not in case.rule.excused_by or (on is not None and on > case.as_at):
        return False
    last = review or (case.days.after(on, EXCUSE_WITHOUT_REVIEW) if on else None)
    return last is not None and case.as_at <= last
