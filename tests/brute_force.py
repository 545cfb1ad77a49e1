"""The rules applied by brute force: every row, one after the other, in plain Python, without SQL.

Another hand's reading of the rule language. It shares with the monitor the rules themselves and the amounts of time
in them, and nothing else; where the two differ, one of them has misread.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime

from monitor.parts import Age, Attribute, BeganWith, Condition, Count, Gap, Has, Planned, Reached
from monitor.rule import Rule, Stop
from tests.naive_calendar import NoTableError
from tests.naive_case import Answer, Case, Known, day_of, end_of_day, known_then
from tests.naive_conditions import holds
from tests.naive_facts import Episode, Event, World, all_are
from tests.naive_stages import reckoned
from tests.naive_unsure import (
    acted_before_the_start,
    cannot_be_read,
    holds_unreadable,
    is_before_the_data,
    limit_cannot_be_read,
    start_cannot_be_told,
)


def answers(
    rules: Iterable[Rule],
    world: World,
    as_at: date,
    known_at: date | None = None,
    now: datetime | None = None,
) -> Counter[Answer]:
    """Every running clock of these rules in this world, counted, since two rows may give the same answer."""
    found: Counter[Answer] = Counter()
    known = known_then(world, known_at)
    moment = now or end_of_day(as_at)
    for rule in rules:
        for row in known.episodes:
            if row.kind == rule.each:
                answer = _judged(rule, row, known, moment, as_at)
                if answer is not None:
                    found[answer] += 1
    return found


def _judged(rule: Rule, row: Episode, known: Known, now: datetime, as_at: date) -> Answer | None:
    """The answer on the day; where a source is silent, only what its last day already showed is sure."""
    case = Case(rule=rule, row=row, known=known, as_at=as_at, now=now, facts_to=as_at)
    found = _plainly(case)
    if found is None or found.outcome == "cannot-tell" or rule.each in ("feed", "start-unknown"):
        return found
    last_day = known.feeds.silent_since(rule, row.source, as_at, known.lawful)
    if last_day is None:
        return found
    then = _plainly(replace(case, as_at=last_day, now=end_of_day(last_day)))
    stage_then = then.stage if then else None
    if found.outcome == "overdue" and then and then.outcome == "overdue":
        return found._replace(stage=stage_then)  # it was overdue and still is; further stages are not told
    unchanged = then is not None and then.outcome == found.outcome
    if stage_then == found.stage and (unchanged or found.outcome in ("in-time", "excused")):
        return found
    return found._replace(outcome="cannot-tell", stage=None)


def _plainly(case: Case) -> Answer | None:
    """The answer on the facts as they are; where they want a table of terms that is not there, none can be told."""
    if not _is_running(case):
        return None
    case = replace(case, started=day_of(case.rule.starts, case))
    try:
        return _on_the_facts(case)
    except NoTableError:
        return case.says("cannot-tell", started=False)


def _on_the_facts(case: Case) -> Answer | None:
    of_the_clock = [each for each in case.rule.where if _asks_of_the_clock(each)]
    of_the_row = [each for each in case.rule.where if each not in of_the_clock]
    if _is_stopped(case) or any(_rules_out(each, case) for each in of_the_row):
        return None
    if case.known.feeds.cannot_know(case.rule, case.row.source):
        return case.says("cannot-tell", started=False)
    if holds_unreadable((case.rule.starts, case.rule.where), case):
        return case.says("cannot-tell", started=False)
    if case.started is None:
        is_unsure = start_cannot_be_told(case) or acted_before_the_start(case)
        return case.says("cannot-tell") if is_unsure else None
    if case.started > case.as_at or any(_rules_out(each, case) for each in of_the_clock):
        return None
    if is_before_the_data(case) or acted_before_the_start(case) or cannot_be_read(case):
        return case.says("cannot-tell")
    if limit_cannot_be_read(case):
        return case.says("cannot-tell", started=False)
    return reckoned(case)


def _asks_of_the_clock(condition: Condition) -> bool:
    """What asks about a time can only be told where there is a clock, and its sources carry what it needs."""
    is_of_a_time = isinstance(condition, Count) and condition.within is not None
    return is_of_a_time or isinstance(condition, Age | BeganWith | Gap | Planned | Reached)


def _rules_out(condition: Condition, case: Case) -> bool:
    """Whether the row is none of the rule's; what nobody could say or see rules no row out."""
    if isinstance(condition, Attribute) and condition.test not in ("not", "missing"):
        item = frozenset({f"{case.rule.each}.{condition.name}"})
        if not case.known.feeds.carries(item, case.row.source):
            return False
    is_sought = isinstance(condition, Count) or (isinstance(condition, Has) and not condition.negated)
    if is_sought and not case.known.feeds.any_carries(_sought(condition)):
        return False
    return holds(condition, case) is False


def _sought(condition: Condition) -> frozenset[str]:
    return frozenset({condition.kind} if isinstance(condition, Count | Has) else ())


def _is_running(case: Case) -> bool:
    """Begun and not ended; one without a start may have begun."""
    row = case.row
    if row.start is not None and row.start > case.facts_to:
        return False
    return case.rule.running == "any" or row.end is None or row.end > case.facts_to


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
    if stop.not_of_others and case.is_of_another(event):
        return False
    since = {"clock": case.started, "start": case.row.start, "ever": None}[stop.since]
    return since is None or event.done >= since
