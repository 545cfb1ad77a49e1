"""One row before one rule: what is known about it, and its moments, found by looping."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import NamedTuple

from monitor.parts import (
    Attribute,
    Birthday,
    EarlierOf,
    LaterOf,
    Lookup,
    Moment,
    Over,
    Own,
    Scope,
    Until,
)
from monitor.rule import LawClass, Rule
from tests.naive_calendar import LONDON, ONE_DAY, Days, Tables, Term, birthday, midnight
from tests.naive_facts import Child, Episode, Event, Worker, World, all_are
from tests.naive_feeds import NaiveFeeds, naive_feeds
from tests.naive_loads import over_since


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
    lawful: Days
    local: Days
    tables: Tables
    children: dict[str, Child]
    workers: dict[str, Worker]
    episodes: list[Episode]
    episodes_of: dict[tuple[Scope, str], list[Episode]]
    events_of: dict[tuple[Scope, str], list[Event]]
    days: dict[tuple[bool, str], Days]


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
        lawful=Days(),
        local=Days(closed=frozenset(world.closure_days)),
        tables=_tables(episodes),
        children={each.key: each for each in world.children if each.was_known(known_at)},
        workers={each.key: each for each in world.workers if each.was_known(known_at)},
        episodes=episodes,
        episodes_of=episodes_of,
        events_of=events_of,
        days={},
    )


def _keys(fact: Episode | Event) -> Iterator[tuple[Scope, str]]:
    yield "this", fact.record
    if fact.child:
        yield "child", fact.child
    if fact.worker:
        yield "worker", fact.worker


def _tables(episodes: Iterable[Episode]) -> Tables:
    """The terms, of which both days are known, and the closures, which may be of one day."""
    terms, closures = [], []
    for each in episodes:
        if each.start is None or each.kind not in ("school-term", "school-closure"):
            continue
        school = each.attributes.get("school", "")
        if each.kind == "school-closure":
            closures.append(Term(school=school, first=each.start, last=each.end or each.start))
        elif each.end is not None:
            half = [read_day(each.attributes.get(f"half_term_{name}_on")) for name in ("starts", "ends")]
            half_term = (half[0], half[1]) if half[0] and half[1] else None
            terms.append(Term(school=school, first=each.start, last=each.end, half_term=half_term))
    return Tables(terms=tuple(terms), closures=tuple(closures))


def read_day(text: str | None) -> date | None:
    """The day that an attribute holds; nothing where it is absent or nobody can read it."""
    return date.fromisoformat(text) if text and text != "unreadable" else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One row before one rule at one moment, with everything about it in reach.

    `facts_to` is the day up to which things have happened; it is later than `as_at` where a clock that is
    known today is asked how it stood on an earlier day.
    """

    rule: Rule
    row: Episode
    known: Known
    as_at: date
    now: datetime
    facts_to: date
    started: date | None = None

    @property
    def days(self) -> Days:
        """The council's days or the law's, with those of the row's school."""
        is_local = self.rule.law.law_class is LawClass.LOCAL
        plain = self.known.local if is_local else self.known.lawful
        key = (is_local, self.row.attributes.get("school", ""))
        if key not in self.known.days:
            self.known.days[key] = replace(plain, school=self.known.tables.days_of(key[1]), _known={})
        return self.known.days[key]

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

    def is_of_another(self, event: Event) -> bool:
        """Whether it stands in another row of the rule's own kind, such as another plan."""
        others = self.known.episodes_of.get(("this", event.record), ())
        return event.record != self.row.record and any(each.kind == self.rule.each for each in others)

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


def end_of_day(day: date) -> datetime:
    """The last moment of the day in London."""
    return midnight(day + ONE_DAY) - (ONE_DAY / 86_400_000_000)


def moment_on(day: date, case: Case, *, of_end: bool = False) -> datetime:
    """The moment at which that day's time begins to run: that of the row's start or end, or midnight."""
    row, own = case.row, {"start": case.row.start, "end": case.row.end}
    order = ("end", "start") if of_end or case.rule.starts == Own(field="end") else ("start", "end")
    for name in order:
        text = row.attributes.get(f"{name}ed_at")
        if own[name] == day and text and text != "unreadable":
            moment = datetime.fromisoformat(text)
            return moment if moment.tzinfo else moment.replace(tzinfo=LONDON)
    return midnight(day)


def day_of(what: Moment, case: Case) -> date | None:  # noqa: C901 - each form its case
    """The day that a moment gives, if it gives one."""
    match what:
        case Own(field=name):
            return case.row.start if name == "start" else case.row.end
        case Until(attribute=name):
            return read_day(case.row.attributes.get(name))
        case LaterOf(moments=parts):
            return max((day for part in parts if (day := day_of(part, case))), default=None)
        case EarlierOf(moments=parts):
            return min((day for part in parts if (day := day_of(part, case))), default=None)
        case Birthday(years=years):
            child = case.known.children.get(case.row.child or "")
            return birthday(child.dob, years) if child and child.dob else None
        case Over():
            held = case.episodes([what.kind], "worker")
            worker = case.known.workers.get(case.row.worker or "")
            return over_since(what, held, worker, case.facts_to)
        case Lookup(pick="next"):
            return min(plans(what.kinds, what.of, what.where, case), default=None)
        case Lookup():
            return _looked_up(what, case)


def loads_unreadable(what: Over, case: Case) -> bool:
    """Whether the load would be another one without those of which nobody can read when they ended."""
    held = case.episodes([what.kind], "worker")
    sure = [each for each in held if not each.end_unknown]
    worker = case.known.workers.get(case.row.worker or "")
    return over_since(what, held, worker, case.facts_to) != over_since(what, sure, worker, case.facts_to)


def _looked_up(what: Lookup, case: Case) -> date | None:
    """Among what has happened since the row's or the clock's start, or ever: the last, first, or n-th day."""
    happened = []
    for order, shown in _happenings(what, case):
        if order > case.facts_to or shown is None or not _is_since(what, order, case):
            continue
        happened.append((order, shown))
    happened.sort()
    if what.pick == "nth":
        days = sorted({shown for _, shown in happened})
        return days[what.n - 1] if len(days) >= what.n else None
    if not happened:
        return None
    return happened[-1][1] if what.pick == "last" else happened[0][1]


def _is_since(what: Lookup, day: date, case: Case) -> bool:
    match what.since:
        case "start":
            return case.row.start is None or day >= case.row.start
        case "ever":
            return True
        case "clock":
            return case.started is not None and day > case.started
        case "clock-day":
            return case.started is not None and day >= case.started


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


def plans(kinds: Iterable[str], scope: Scope, where: Iterable[Attribute], case: Case) -> Iterator[date]:
    """The days after the clock's start for which something is planned that has not been done."""
    for event in case.events(kinds, scope):
        is_done = event.done is not None and event.done <= case.facts_to
        day = event.due or event.done
        if is_done or event.unknown or event.status == "cancelled" or day is None:
            continue
        if not all_are(event.attributes, where):
            continue
        if case.started is None or day > case.started:
            yield day
