"""Conditions of one row: true, false, or not to be told."""

from dataclasses import replace
from datetime import date

from monitor.parts import (
    Age,
    Attribute,
    BeganWith,
    Birthday,
    Condition,
    Count,
    Gap,
    Has,
    Lasted,
    Lookup,
    Planned,
    Reached,
    Scope,
)
from tests.naive_calendar import birthday
from tests.naive_case import Case, day_of, plans
from tests.naive_facts import Episode, all_are
from tests.naive_feeds import inside


def holds(condition: Condition, case: Case) -> bool | None:  # noqa: C901 - each condition its case
    match condition:
        case Attribute(test="is" | "not") if case.row.attributes.get(condition.name) == "unreadable":
            return None
        case Attribute():
            return all_are(case.row.attributes, [condition])
        case Has():
            others = case.episodes([condition.kind], condition.of)
            return any(_open(each, condition, case) for each in others) != condition.negated
        case Count():
            return _count_holds(condition, case)
        case Planned():
            return _planned_holds(condition, case)
        case Age():
            return _age_holds(condition, case)
        case Lasted():
            if case.row.start is None:
                return None
            is_over = case.as_at >= case.days.after(case.row.start, condition.amount)
            return is_over == (condition.test == "at-least")
        case BeganWith():
            return case.started is not None and day_of(condition.moment, case) == case.started
        case Gap():
            begins, to = day_of(condition.begins, case), day_of(condition.to, case)
            if begins is None or to is None:  # there is no such time, unless nobody knows the age
                return None if any(isinstance(each, Birthday) for each in inside(condition)) else False
            is_longer = to > case.days.after(begins, condition.amount)
            return is_longer == (condition.test == "more-than")
        case Reached():
            day = day_of(condition.moment, case)
            return (day is not None and day <= case.as_at) != condition.negated


def _planned_holds(condition: Planned, case: Case) -> bool:
    """Something is planned; or nothing is, and those who would know it say so."""
    is_planned = bool(list(plans(condition.kinds, condition.of, (), case)))
    if not condition.negated:
        return is_planned
    feeds, source = case.known.feeds, case.row.source
    for kind in condition.kinds:
        planned = frozenset({f"{kind}.due"})
        if not (feeds.carries(planned, source) if condition.of == "this" else feeds.any_carries(planned)):
            return False
    return not is_planned


def may_be_ruled_out(case: Case) -> bool:
    """Another row would rule the clock out if it were still open, and nobody can say that it is."""
    return any(
        _is_unseen(other, case) and _open(other, replace(part, negated=False), case)
        for part in case.rule.where
        if isinstance(part, Has) and part.negated
        for other in case.episodes([part.kind], part.of)
    )


def _is_unseen(other: Episode, case: Case) -> bool:
    """It ended on a day nobody can read, or whoever told of it has been silent for too long."""
    day = case.known.feeds.carried.get(other.kind, {}).get(other.source)
    silence = case.known.feeds.silence(other.source)
    return other.end_unknown or (day is not None and case.facts_to > case.known.lawful.after(day, silence))


def _open(other: Episode, condition: Has, case: Case) -> bool:
    """Begun by the day and not ended; for longer than `over`, for less than `under`."""
    if (
        other.start is None
        or other.start > case.facts_to
        or (other.end is not None and other.end <= case.facts_to)
    ):
        return False
    if not all_are(other.attributes, condition.where) or (condition.negated and _is_unseen(other, case)):
        return False
    if condition.over and case.facts_to <= case.days.after(other.start, condition.over):
        return False
    return condition.under is None or case.facts_to < case.days.after(other.start, condition.under)


def _count_holds(condition: Count, case: Case) -> bool | None:
    """Since the row's start each day counts once; in the time up to it each of them does."""
    found = _days_counted(condition, case)
    start = case.row.start
    if condition.within is None:
        number = len({day for day in found if start is None or day >= start})
    elif start is None:
        return None
    else:
        number = len([day for day in found if day <= start <= case.days.after(day, condition.within)])
    return number == condition.n if condition.test == "is" else number >= condition.n


def _days_counted(condition: Count, case: Case) -> list[date]:
    days: list[date | None] = []
    if condition.by == "done":
        events = case.events([condition.kind], condition.of)
        days += [each.done for each in events if all_are(each.attributes, condition.where)]
    else:
        for each in case.episodes([condition.kind], condition.of):
            if all_are(each.attributes, condition.where):
                days.append(each.start if condition.by == "began" else each.end)
    return [day for day in days if day is not None and day <= case.facts_to]


def exceeds(condition: Count, case: Case) -> bool:
    """Whether there are more than so many, however many more there may be."""
    return _count_holds(replace(condition, test="at-least", n=condition.n + 1), case) is True


def counts_unreadable(condition: Count, case: Case) -> bool:
    """Whether something happened on a day that nobody can read, and with it the count might be another.

    Where there must be so many at least, another Episode changes nothing.
    """
    if condition.by == "done":
        events = case.events([condition.kind], condition.of)
        return any(each.unknown and all_are(each.attributes, condition.where) for each in events)
    if condition.test == "at-least":
        return False
    kinds = (condition.kind,)
    return _begins_or_ends_unreadably(kinds, condition.of, condition.where, condition.by, case)


def looks_up_unreadable(part: Lookup, case: Case) -> bool:
    """Whether something looked up happened on a day that nobody can read; what is planned has no such day."""
    if part.pick == "next":
        return False
    if part.date in ("began", "ended"):
        return _begins_or_ends_unreadably(part.kinds, part.of, part.where, part.date, case)
    events = case.events(part.kinds, part.of)
    return any(each.unknown and all_are(each.attributes, part.where) for each in events)


def _begins_or_ends_unreadably(
    kinds: tuple[str, ...], of: Scope, where: tuple[Attribute, ...], which: str, case: Case
) -> bool:
    """Another Episode's start is not known; or it has begun, and its end cannot be read."""
    others = [each for each in case.episodes(kinds, of) if all_are(each.attributes, where)]
    if which == "began":
        return any(each.start_unknown for each in others)
    return any(each.end_unknown and not (each.start and each.start > case.facts_to) for each in others)


def _age_holds(condition: Age, case: Case) -> bool | None:
    child = case.known.children.get(case.row.child or "")
    day = case.as_at if condition.today else case.started
    if child is None or day is None or (child.dob is None and child.expected_dob is None):
        return None
    is_old_enough = child.dob is not None and day >= birthday(child.dob, condition.years)
    return is_old_enough == (condition.test == "at-least")
