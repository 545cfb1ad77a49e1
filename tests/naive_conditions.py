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
    Over,
    Planned,
    Reached,
    Scope,
)
from monitor.rule import MovedBy
from tests.naive_calendar import birthday
from tests.naive_case import Case, day_of, loads_unreadable, plans
from tests.naive_facts import Episode, all_are
from tests.naive_feeds import inside


def holds(condition: Condition, case: Case) -> bool | None:  # noqa: C901, PLR0912 - each condition its case
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
            is_so = case.started is not None and day_of(condition.moment, case) == case.started
            return is_so or _no_or_unknown(condition, case)
        case Gap():
            begins, to = day_of(condition.begins, case), day_of(condition.to, case)
            if begins is None or to is None:  # there is no such time, unless nobody knows the age
                asks_age = any(isinstance(each, Birthday) for each in inside(condition))
                return None if asks_age else _no_or_unknown(condition, case)
            is_longer = to > case.days.after(begins, condition.amount)
            return is_longer == (condition.test == "more-than") or _no_or_unknown(condition, case)
        case Reached():
            day = day_of(condition.moment, case)
            if day is None and not condition.negated:
                return _no_or_unknown(condition, case)
            return (day is not None and day <= case.as_at) != condition.negated


def _no_or_unknown(condition: Condition, case: Case) -> bool | None:
    """No, as far as anybody can see; or nobody knows, since one of the days asked for cannot be read."""
    days = [part for part in inside(condition) if isinstance(part, Lookup)]
    return None if any(looks_up_unreadable(part, case) for part in days) else False


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
    """It ended on a day nobody can read, or whoever told of it never tells of ends or has been silent for too long."""
    day = case.known.feeds.carried.get(other.kind, {}).get(other.source)
    silence = case.known.feeds.silence(other.source)
    tells_of_ends = case.known.feeds.carries(frozenset({f"{other.kind}.end"}), other.source)
    return (
        other.end_unknown
        or not tells_of_ends
        or (day is not None and case.facts_to > case.known.lawful.after(day, silence))
    )


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


def is_unreadable(part: object, case: Case) -> bool:
    """Whether this part of a rule asks for a day that is there and that nobody can read."""
    match part:
        case Lookup():
            return looks_up_unreadable(part, case)
        case Count():
            return counts_unreadable(part, case)
        case MovedBy():
            return any(each.unknown for each in case.events([part.kind], "this"))
        case Over():
            return loads_unreadable(part, case)
    return False


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
