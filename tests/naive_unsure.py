"""When a clock cannot tell: days that nobody can read, and what lies before the data begins."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date

from monitor.parts import Attribute, Choose, Count, EarlierLimit, Lasted, Limit, Lookup, Own, Until
from monitor.rule import MovedBy, Rule, Stop
from tests.naive_case import Case, day_of
from tests.naive_conditions import exceeds, holds, is_unreadable, looks_up_unreadable, may_be_ruled_out
from tests.naive_facts import all_are
from tests.naive_feeds import inside, lookups_in, moments_in
from tests.naive_limits import last_day
from tests.naive_moves import moved
from tests.naive_stages import is_over


def start_cannot_be_told(case: Case) -> bool:
    """There is no start because a day is missing or cannot be read, not because nothing has happened."""
    for part in moments_in(case.rule.starts):
        if isinstance(part, Lookup) and looks_up_unreadable(part, case):
            return True
        if part == Own(field="start") and case.row.start_unknown:
            return True
        if part == Own(field="end") and case.row.end_unknown:
            return True
    return False


def is_before_the_data(case: Case) -> bool:
    """Something unseen, from before the first day that its sources show, might make this another clock."""
    return _may_begin_later(case) or any(
        day is not None and day < first_day
        for kinds, day in _reaches_back(case)
        if (first_day := case.known.feeds.begins(frozenset(kinds)))
    )


def _may_begin_later(case: Case) -> bool:
    """The last of something may lie unseen, at the latest where the data begin, and from there it is not over."""
    lasts = [part for part in lookups_in(case.rule.starts) if part.pick == "last"]
    first_days = [case.known.feeds.begins(frozenset(part.kinds)) for part in lasts]
    for first_day in first_days:
        if first_day and case.started and case.started < first_day:
            at_latest = replace(case, started=first_day)
            last = moved(last_day(at_latest), at_latest)
            if last is None or not is_over(last, at_latest):
                return True
    return False


def _reaches_back(case: Case) -> Iterator[tuple[Iterable[str], date | None]]:
    """Which kinds must be seen from which day on; a row's own later dates are always seen with the row."""
    row_start = case.row.start
    for part in lookups_in(case.rule.starts):
        if part.pick != "last":
            yield part.kinds, row_start
    for stop in case.rule.stops.stops:
        if stop.of in ("child", "worker"):
            yield stop.kinds, case.started if stop.since == "clock" else row_start
    for counted in inside((case.rule.where, case.rule.limits)):
        if isinstance(counted, Count) and counted.test == "is" and not exceeds(counted, case):
            since = row_start
            if counted.within and row_start:
                since = case.days.before(row_start, counted.within)
            yield [counted.kind], since
    yield from ((part.kinds, row_start) for part in _counted_from_the_first(case.rule))


def _counted_from_the_first(rule: Rule) -> Iterator[Lookup]:
    """The look-ups of a limit that ask for the first or the n-th of something on other rows."""
    for part in inside(rule.limits):
        if isinstance(part, Lookup) and part.pick in ("first", "nth") and part.of in ("child", "worker"):
            yield part


def holds_unreadable(what: object, case: Case) -> bool:
    """Whether this reads an attribute of the row in which stands a day that nobody can read."""
    return any(
        isinstance(part, Until) and case.row.attributes.get(part.attribute) == "unreadable"
        for part in inside(what)
    )


def cannot_be_read(case: Case) -> bool:
    """What would have ended, stopped, begun, moved or limited the clock was on a day nobody can read."""
    reads_end = case.rule.running == "open" or Own(field="end") in inside(case.rule.limits)
    if (case.row.end_unknown and reads_end) or may_be_ruled_out(case):
        return True
    if case.row.start is None and any(isinstance(part, Lasted) for part in case.rule.where):
        return True  # nobody knows how long it has lasted
    if any(isinstance(part, Attribute) and holds(part, case) is None for part in case.rule.where):
        return True
    for stop in case.rule.stops.stops:
        for event in case.events(stop.kinds, stop.of):
            if event.unknown and all_are(event.attributes, stop.where):
                return True
    if any(is_unreadable(part, case) for part in _beside_the_limit(case.rule)):
        return True
    limiting = [part for part in inside(case.rule.limits) if is_unreadable(part, case)]
    return bool(limiting) and (_asked_beside(limiting, case.rule) or not has_passed_whatever_it_says(case))


def acted_before_the_start(case: Case) -> bool:
    """What may not be done yet was done on the row before its time began, not long ago, and can be still."""
    early = case.rule.too_early
    if early is None or (case.started and day_of(early.act, case)):
        return False
    days = [each.done for each in case.events(early.act.kinds, early.act.of) if each.done]
    first = case.row.start if early.act.of != "this" else None
    days = [day for day in days if day <= case.facts_to and (first is None or day >= first)]
    if not days or case.as_at > case.days.after(min(days), early.shown_for):
        return False
    last = moved(last_day(case), case) if case.started else None
    return last is None or not is_over(last, case)


def limit_cannot_be_read(case: Case) -> bool:
    """The row's own day that makes the limit, or moves it, is one that nobody can read."""
    if holds_unreadable(case.rule.moved_to, case):
        return True
    asked = tuple(_asked(case.rule.limit_on(case.started or date.min), case))
    return holds_unreadable(asked, case) and not has_passed_whatever_it_says(case)


def _asked(limit: Limit, case: Case) -> Iterator[object]:
    """What of a limit is read: of several branches, the conditions up to the first that applies, and what it gives."""
    if not isinstance(limit, Choose):
        yield limit
        return
    for branch in limit.branches:
        verdicts = [holds(each, case) for each in branch.when]
        yield branch.when
        if False not in verdicts:
            yield branch.limit
            if None not in verdicts:
                return


def has_passed_whatever_it_says(case: Case) -> bool:
    """The limit is the earliest of several days, and one of those that can be read has passed."""
    if case.started is None or not isinstance(case.rule.limit_on(case.started), EarlierLimit):
        return False
    last = moved(last_day(case), case)
    return last is not None and is_over(last, case)


def _asked_beside(limiting: list[object], rule: Rule) -> bool:
    """Whether another part of the rule than its limit asks for the same kind."""
    kinds = {kind for part in limiting for kind in _kinds_of(part)}
    beside = (*_beside_the_limit(rule), *rule.stops.stops)
    return any(kind in kinds for part in beside for kind in _kinds_of(part))


def _kinds_of(part: object) -> Iterable[str]:
    if isinstance(part, Lookup | Stop):
        return part.kinds
    return [part.kind] if isinstance(part, Count | MovedBy) else []


def _beside_the_limit(rule: Rule) -> Iterator[object]:
    """Everything beside its limit and its stops whose day matters to a clock of this rule."""
    yield from inside(rule.starts)
    yield from inside(rule.where)
    yield from inside(rule.moved_to)
    if rule.too_early:
        yield from (rule.too_early.act, rule.too_early.unless)
