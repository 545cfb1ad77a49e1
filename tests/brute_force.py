"""The rules applied by brute force: every row, one after the other, in plain Python, without SQL.

Another hand's reading of the rule language. It shares with the monitor the calendar and the rules themselves,
and nothing else; where the two differ, one of them has misread.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date

from monitor.parts import (
    At,
    Attribute,
    BeganWith,
    Choose,
    Condition,
    Count,
    EarlierLimit,
    EarlierOf,
    LaterLimit,
    LaterOf,
    Limit,
    Lookup,
    Moment,
    Own,
    Within,
)
from monitor.rule import MovedBy, MovedTo, Rule, Stop
from tests.naive_case import Answer, Case, Known, all_are, day_of, holds, known_then, may_be_ruled_out
from tests.naive_facts import Episode, Event, World
from tests.naive_feeds import lookups_in
from tests.naive_limits import reckoned


def answers(
    rules: Iterable[Rule], world: World, as_at: date, known_at: date | None = None
) -> Counter[Answer]:
    """Every running clock of these rules in this world, counted, since two rows may give the same answer."""
    found: Counter[Answer] = Counter()
    known = known_then(world, known_at)
    for rule in rules:
        for row in known.episodes:
            if row.kind == rule.each:
                answer = _judged(rule, row, known, as_at)
                if answer is not None:
                    found[answer] += 1
    return found


def _judged(rule: Rule, row: Episode, known: Known, as_at: date) -> Answer | None:
    """The answer on the day; where a source is silent, only what its last day already showed is sure."""
    now = _plainly(Case(rule=rule, row=row, known=known, as_at=as_at, facts_to=as_at))
    if now is None or now.outcome == "cannot-tell" or rule.each in ("feed", "start-unknown"):
        return now
    last_day = known.feeds.silent_since(rule, row.source, as_at, known.lawful)
    if last_day is None:
        return now
    then = _plainly(Case(rule=rule, row=row, known=known, as_at=last_day, facts_to=as_at))
    stage_then = then.stage if then else None
    if now.outcome == "overdue" and then and then.outcome == "overdue":
        return now._replace(stage=stage_then)  # it was overdue and still is; further stages are not told
    unchanged = then is not None and then.outcome == now.outcome
    if stage_then == now.stage and (unchanged or now.outcome in ("in-time", "excused")):
        return now
    return now._replace(outcome="cannot-tell", stage=None)


def _plainly(case: Case) -> Answer | None:
    """The answer on the facts as they are, or nothing where no clock runs."""
    if not _is_running(case):
        return None
    case = replace(case, started=day_of(case.rule.starts, case))
    if _is_stopped(case) or any(_rules_out(each, case) for each in case.rule.where):
        return None
    if case.known.feeds.cannot_know(case.rule, case.row.source):
        return case.says("cannot-tell", started=False)
    if case.started is None:
        return _without_start(case)
    if case.started > case.as_at:
        return None
    if _before_the_data(case) or _unreadable_end(case):
        return case.says("cannot-tell")
    return reckoned(case)


def _rules_out(condition: Condition, case: Case) -> bool:
    """Whether the row is none of the rule's; a row that its source could not mark is not ruled out by that."""
    if isinstance(condition, Attribute) and condition.test in ("is", "present"):
        item = frozenset({f"{case.rule.each}.{condition.name}"})
        if not case.known.feeds.carries(item, case.row.source):
            return False
    return holds(condition, case) is False


def _is_running(case: Case) -> bool:
    """Begun and not ended; one without a start may have begun."""
    row = case.row
    if row.start is not None and row.start > case.facts_to:
        return False
    return case.rule.running == "any" or row.end is None or row.end > case.facts_to


def _without_start(case: Case) -> Answer | None:
    looked_up = lookups_in(case.rule.starts)
    for part in looked_up:
        if any(event.unknown for event in case.events(part.kinds, part.of)):
            return case.says("cannot-tell")
    parts = (
        case.rule.starts.moments if isinstance(case.rule.starts, LaterOf | EarlierOf) else (case.rule.starts,)
    )
    if Own(field="start") in parts and case.row.start_unknown:
        return case.says("cannot-tell")
    if Own(field="end") in parts and case.row.end_unknown:
        return case.says("cannot-tell")
    return None


def _before_the_data(case: Case) -> bool:
    """Something unseen, from before the first day that its sources show, might make this another clock."""
    return any(
        day is not None and day < first_day
        for kinds, day in _reaches_back(case)
        if (first_day := case.known.feeds.begins(frozenset(kinds)))
    )


def _reaches_back(case: Case) -> Iterator[tuple[Iterable[str], date | None]]:
    """Which kinds must be seen from which day on; a row's own later dates are always seen with the row."""
    rule, row_start = case.rule, case.row.start
    for part in lookups_in(rule.starts):
        yield part.kinds, case.started if part.pick == "last" else row_start
    for condition in rule.where:
        if isinstance(condition, Count) and condition.test == "is":
            yield [condition.kind], row_start
    for stop in rule.stops.stops:
        if stop.of in ("child", "worker"):
            yield stop.kinds, case.started if stop.since == "clock" else row_start
    for _, limit in rule.limits:
        for part in _counted_from_the_first(limit):
            yield part.kinds, row_start


def _counted_from_the_first(limit: Limit) -> Iterator[Lookup]:
    """The look-ups of a limit that ask for the first or the n-th of something on other rows."""
    for part, is_asked in _read_by(limit):
        if is_asked or isinstance(part, Count):
            continue
        if part.pick in ("first", "nth") and part.of in ("child", "worker"):
            yield part


def _read_by(  # noqa: C901 - each form its case
    limit: Limit | Moment | None,
) -> Iterator[tuple[Lookup | Count, bool]]:
    """All that a limit looks up or counts, and whether that stands in the condition of a branch."""
    match limit:
        case Lookup():
            yield limit, False
        case LaterOf(moments=moments) | EarlierOf(moments=moments):
            for moment in moments:
                yield from _read_by(moment)
        case Within(of=inner) | At(moment=inner):
            yield from _read_by(inner)
        case EarlierLimit(limits=parts) | LaterLimit(limits=parts):
            for part in parts:
                yield from _read_by(part)
        case Choose(branches=branches):
            for branch in branches:
                yield from _read_by(branch.limit)
                for condition in branch.when:
                    if isinstance(condition, Count):
                        yield condition, True
                    elif isinstance(condition, BeganWith):
                        yield condition.moment, True


def _unreadable_end(case: Case) -> bool:
    """What would have ended, stopped, begun, moved or limited the clock was on a day nobody can read."""
    if (case.row.end_unknown and case.rule.running == "open") or may_be_ruled_out(case):
        return True
    for stop in case.rule.stops.stops:
        for event in case.events(stop.kinds, stop.of):
            if event.unknown and all_are(event.attributes, stop.where):
                return True
    for part in _dated(case.rule):
        kinds = part.kinds if isinstance(part, Lookup) else (part.kind,)
        where = part.where if isinstance(part, Lookup) else ()
        scope = "this" if isinstance(part, MovedBy) else part.of
        if any(each.unknown and all_are(each.attributes, where) for each in case.events(kinds, scope)):
            return True
    return False


def _dated(rule: Rule) -> Iterator[Lookup | Count | MovedBy]:
    """Everything beside its stops whose day matters to a clock of this rule."""
    yield from lookups_in(rule.starts)
    yield from (part for part in rule.where if isinstance(part, Count))
    for _, limit in rule.limits:
        for part, _ in _read_by(limit):
            if isinstance(part, Count) or part.pick != "next":
                yield part
    if isinstance(rule.moved_to, MovedBy):
        yield rule.moved_to
    elif isinstance(rule.moved_to, MovedTo):
        yield from lookups_in(rule.moved_to.to)


def _is_stopped(case: Case) -> bool:
    stops = case.rule.stops.stops
    held = [any(_stops(stop, event, case) for event in case.events(stop.kinds, stop.of)) for stop in stops]
    if not case.rule.stops.every:
        return any(held)
    return bool(stops) and all(
        has or (stop.optional and not _is_carried(stop, case)) for stop, has in zip(stops, held, strict=True)
    )


def _is_carried(stop: Stop, case: Case) -> bool:
    kinds = frozenset(stop.kinds)
    feeds = case.known.feeds
    return feeds.carries(kinds, case.row.source) if stop.of == "this" else feeds.any_carries(kinds)


def _stops(stop: Stop, event: Event, case: Case) -> bool:
    """Done by the day; on the start day counts, before it does not, unless the rule says since when else."""
    if event.done is None or event.done > case.facts_to or not all_are(event.attributes, stop.where):
        return False
    since = {"clock": case.started, "start": case.row.start, "ever": None}[stop.since]
    return since is None or event.done >= since
