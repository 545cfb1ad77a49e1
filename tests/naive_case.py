"""One row before one rule: what is known about it, its moments and its conditions, found by looping."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

from monitor.calendars import Calendar, reached_age
from monitor.parts import (
    Age,
    Attribute,
    BeganWith,
    Condition,
    Count,
    EarlierOf,
    Has,
    Lasted,
    LaterOf,
    Lookup,
    Moment,
    Own,
    Planned,
    Scope,
    Until,
)
from monitor.rule import Rule
from tests.naive_facts import Child, Episode, Event, World, calendar_of
from tests.naive_feeds import NaiveFeeds, naive_feeds


class Answer(NamedTuple):
    """What is said of one clock."""

    rule: str
    subject: str
    ref: str
    started_on: date | None
    due_on: date | None
    outcome: str
    stage: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What of the world was known, sorted by whose it is."""

    world: World
    feeds: NaiveFeeds
    lawful: Calendar
    local: Calendar
    children: dict[str, Child]
    episodes: list[Episode]
    episodes_of: dict[tuple[Scope, str], list[Episode]]
    events_of: dict[tuple[Scope, str], list[Event]]


def known_then(world: World, known_at: date | None) -> Known:
    episodes_of: dict[tuple[Scope, str], list[Episode]] = defaultdict(list)
    events_of: dict[tuple[Scope, str], list[Event]] = defaultdict(list)
    episodes = [each for each in world.episodes if each.was_known(known_at)]
    for episode in episodes:
        for key in _keys(episode):
            episodes_of[key].append(episode)
    for event in world.events:
        if event.was_known(known_at):
            for key in _keys(event):
                events_of[key].append(event)
    return Known(
        world=world,
        feeds=naive_feeds(world, known_at),
        lawful=calendar_of(),
        local=calendar_of(world.closure_days),
        children={each.key: each for each in world.children if each.was_known(known_at)},
        episodes=episodes,
        episodes_of=episodes_of,
        events_of=events_of,
    )


def _keys(fact: Episode | Event) -> Iterator[tuple[Scope, str]]:
    yield "this", fact.record
    if fact.child:
        yield "child", fact.child
    if fact.worker:
        yield "worker", fact.worker


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One row before one rule on one day, with everything about it in reach.

    `facts_to` is the day up to which things have happened; it is later than `as_at` where a clock that is
    known today is asked how it stood on an earlier day.
    """

    rule: Rule
    row: Episode
    known: Known
    as_at: date
    facts_to: date
    started: date | None = None

    @property
    def calendar(self) -> Calendar:
        return self.known.local if self.rule.law.law_class == "local" else self.known.lawful

    def key(self, scope: Scope) -> str | None:
        return {"this": self.row.record, "child": self.row.child, "worker": self.row.worker}[scope]

    def events(self, kinds: Iterable[str], scope: Scope) -> list[Event]:
        key = self.key(scope)
        wanted = set(kinds)
        return [
            each for each in self.known.events_of.get((scope, key or ""), ()) if key and each.kind in wanted
        ]

    def episodes(self, kinds: Iterable[str], scope: Scope) -> list[Episode]:
        key = self.key(scope)
        wanted = set(kinds)
        return [
            each for each in self.known.episodes_of.get((scope, key or ""), ()) if key and each.kind in wanted
        ]

    def says(
        self, outcome: str, *, due: date | None = None, stage: str | None = None, started: bool = True
    ) -> Answer:
        subject = self.row.child or self.row.worker or self.row.source
        return Answer(
            rule=self.rule.id,
            subject=subject,
            ref=self.row.ref,
            started_on=self.started if started else None,
            due_on=due,
            outcome=outcome,
            stage=stage,
        )


def day_of(what: Moment, case: Case) -> date | None:
    match what:
        case Own(field=name):
            return case.row.start if name == "start" else case.row.end
        case Until(attribute=name):
            text = case.row.attributes.get(name)
            return date.fromisoformat(text) if text else None
        case LaterOf(moments=parts):
            return max((day for part in parts if (day := day_of(part, case))), default=None)
        case EarlierOf(moments=parts):
            return min((day for part in parts if (day := day_of(part, case))), default=None)
        case Lookup(pick="next"):
            return min(_plans(what.kinds, what.of, case), default=None)
        case Lookup():
            return _looked_up(what, case)


def _looked_up(what: Lookup, case: Case) -> date | None:
    """Among what has happened since the row's start, or ever: the last, the first, or the n-th day."""
    happened = []
    for order, shown in _happenings(what, case):
        if order > case.facts_to or shown is None:
            continue
        if what.since == "start" and case.row.start is not None and order < case.row.start:
            continue
        happened.append((order, shown))
    happened.sort()
    if what.pick == "nth":
        days = sorted({shown for _, shown in happened})
        return days[what.n - 1] if len(days) >= what.n else None
    if not happened:
        return None
    return happened[-1][1] if what.pick == "last" else happened[0][1]


def _happenings(what: Lookup, case: Case) -> Iterator[tuple[date, date | None]]:
    """For each fact looked among: when it happened, and the day asked for."""
    if what.date in ("done", "due"):
        for event in case.events(what.kinds, what.of):
            if event.done and all_are(event.attributes, what.where):
                yield event.done, event.done if what.date == "done" else event.due
        return
    for episode in case.episodes(what.kinds, what.of):
        day = episode.start if what.date == "began" else episode.end
        if day and all_are(episode.attributes, what.where):
            yield day, day


def _plans(kinds: Iterable[str], scope: Scope, case: Case) -> Iterator[date]:
    """The days, after the clock's start, for which something is planned that has not been done."""
    for event in case.events(kinds, scope):
        is_done = event.done is not None and event.done <= case.facts_to
        day = event.due or event.done
        if is_done or event.unknown or event.status == "cancelled" or day is None:
            continue
        if case.started is None or day > case.started:
            yield day


def _is(attributes: dict[str, str], condition: Attribute) -> bool:
    value = attributes.get(condition.name)
    if condition.test == "missing":
        return value is None
    if condition.test == "present":
        return value is not None
    return (value in condition.values) == (condition.test == "is")


def all_are(attributes: object, conditions: Iterable[Attribute]) -> bool:
    return all(_is(dict(attributes), each) for each in conditions)  # type: ignore[call-overload]


def holds(condition: Condition, case: Case) -> bool | None:  # noqa: C901 - each condition its case
    match condition:
        case Attribute():
            return all_are(case.row.attributes, [condition])
        case Has():
            return any(
                _open(each, condition, case) for each in case.episodes([condition.kind], condition.of)
            ) != (condition.negated)
        case Count():
            return _count_holds(condition, case)
        case Planned():
            return _planned_holds(condition, case)
        case Age():
            return _age_holds(condition, case)
        case Lasted():
            if case.row.start is None:
                return None
            is_over = case.as_at >= case.calendar.after(case.row.start, condition.amount)
            return is_over == (condition.test == "at-least")
        case BeganWith():
            return case.started is not None and day_of(condition.moment, case) == case.started


def _planned_holds(condition: Planned, case: Case) -> bool:
    """Something is planned; or nothing is, and those who would know it say so."""
    is_planned = bool(list(_plans(condition.kinds, condition.of, case)))
    if not condition.negated:
        return is_planned
    feeds, source = case.known.feeds, case.row.source
    for kind in condition.kinds:
        plans = frozenset({f"{kind}.due"})
        if not (feeds.carries(plans, source) if condition.of == "this" else feeds.any_carries(plans)):
            return False
    return not is_planned


def may_be_ruled_out(case: Case) -> bool:
    """Another row would rule the clock out if it were still open, and ended on a day nobody can read."""
    return any(
        other.end_unknown and _open(other, replace(part, negated=False), case)
        for part in case.rule.where
        if isinstance(part, Has) and part.negated
        for other in case.episodes([part.kind], part.of)
    )


def _open(other: Episode, condition: Has, case: Case) -> bool:
    """Begun by the day and not ended; for longer than `over`, for less than `under`."""
    if (
        other.start is None
        or other.start > case.facts_to
        or (other.end is not None and other.end <= case.facts_to)
    ):
        return False
    if not all_are(other.attributes, condition.where) or (condition.negated and other.end_unknown):
        return False
    if condition.over and case.facts_to <= case.calendar.after(other.start, condition.over):
        return False
    return condition.under is None or case.facts_to < case.calendar.after(other.start, condition.under)


def _count_holds(condition: Count, case: Case) -> bool:
    days = {
        event.done
        for event in case.events([condition.kind], condition.of)
        if event.done
        and event.done <= case.facts_to
        and (case.row.start is None or event.done >= case.row.start)
    }
    return len(days) == condition.n if condition.test == "is" else len(days) >= condition.n


def _age_holds(condition: Age, case: Case) -> bool | None:
    child = case.known.children.get(case.row.child or "")
    if child is None or case.started is None or (child.dob is None and child.expected_dob is None):
        return None
    is_old_enough = child.dob is not None and case.started >= reached_age(child.dob, condition.years)
    return is_old_enough == (condition.test == "at-least")
