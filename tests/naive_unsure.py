"""When a clock cannot tell: days that nobody can read, and what lies before the data begins."""

from collections.abc import Iterable, Iterator
from datetime import date

from monitor.parts import Count, Lasted, Lookup, Over, Own, Until
from monitor.rule import MovedBy, Rule
from tests.naive_case import Case, loads_unreadable
from tests.naive_conditions import counts_unreadable, exceeds, looks_up_unreadable, may_be_ruled_out
from tests.naive_facts import all_are
from tests.naive_feeds import inside, lookups_in, moments_in


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
    return any(
        day is not None and day < first_day
        for kinds, day in _reaches_back(case)
        if (first_day := case.known.feeds.begins(frozenset(kinds)))
    )


def _reaches_back(case: Case) -> Iterator[tuple[Iterable[str], date | None]]:
    """Which kinds must be seen from which day on; a row's own later dates are always seen with the row."""
    row_start = case.row.start
    for part in lookups_in(case.rule.starts):
        yield part.kinds, case.started if part.pick == "last" else row_start
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
    for stop in case.rule.stops.stops:
        for event in case.events(stop.kinds, stop.of):
            if event.unknown and all_are(event.attributes, stop.where):
                return True
    return any(_is_unreadable(part, case) for part in _dated(case.rule))


def _dated(rule: Rule) -> Iterator[object]:
    """Everything beside its stops whose day matters to a clock of this rule."""
    yield from inside(rule.starts)
    yield from inside(rule.where)
    for _, limit in rule.limits:
        yield from inside(limit)
    yield from inside(rule.moved_to)
    if rule.too_early:
        yield from (rule.too_early.act, rule.too_early.unless)


def _is_unreadable(part: object, case: Case) -> bool:
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
