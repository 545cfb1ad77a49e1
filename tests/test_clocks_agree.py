"""Two readings of the rules, the monitor's and one by brute force, give the same answer for every clock."""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import cache

import pytest
from sqlalchemy import Connection, Engine, create_engine

from monitor import tables
from monitor.bench import Bench
from monitor.bootstrap import open_ledger, shipped, writing
from monitor.caseload import open_caseload, read_feeds
from monitor.limits import Unit, parse_amount
from monitor.needs import units
from monitor.packs import load_rules
from monitor.parts import Within
from monitor.rule import Policy, Rule
from tests.brute_force import answers
from tests.naive_calendar import LONDON
from tests.naive_case import Answer
from tests.naive_facts import World, calendar_of, store
from tests.worlds import make_world

RULES = [rule for rule in load_rules(shipped() / "rules") if rule.off is None]
CHRISTMAS, NEW_YEAR, LEAP_MARCH = date(2026, 12, 29), date(2027, 1, 5), date(2028, 3, 1)
SOAK = int(os.environ.get("MONITOR_SOAK", "0"))  # so many more worlds of every sort, and more days of each
DAYS_BACK = (0, 1, 2, 7, 30) if SOAK else (0, 30)
UNHEARD_OF = (
    *("plo-meeting", "cla-review", "referrer-told", "ehc-request.exception_code", "excuse", "supervision"),
    *("ehc-final-sent", "plo-step.due", "allocation.end", "cla-visit.seen_alone", "placement.setting"),
)


def _all_there(seed: int) -> World:
    return make_world(seed, LEAP_MARCH, size=60, rules=RULES)


def _closed_at_christmas(seed: int) -> World:
    closed = [date(2026, 12, 29), date(2026, 12, 30), date(2026, 12, 31)]
    return make_world(seed, NEW_YEAR, size=60, rules=RULES, closure_days=closed, terms="short")


def _silent(seed: int) -> World:
    return make_world(seed, LEAP_MARCH, size=60, rules=RULES, silent=timedelta(days=9))


def _not_carried(seed: int) -> World:
    return make_world(seed, NEW_YEAR, size=60, rules=RULES, uncarried=UNHEARD_OF, terms="none")


def _begins_late(seed: int) -> World:
    return make_world(seed, CHRISTMAS, size=60, rules=RULES, covers_from=date(2026, 9, 1))


MAKERS: dict[str, Callable[[int], World]] = {
    "all there": _all_there,
    "closed at Christmas": _closed_at_christmas,
    "a source is silent": _silent,
    "things are not carried": _not_carried,
    "a source begins late": _begins_late,
}
SEEDS = range(1, 2 + SOAK)
WORLDS = [(name, seed) for name in MAKERS for seed in SEEDS]


@cache
def world_of(name: str, seed: int) -> World:
    return MAKERS[name](seed * len(MAKERS) + list(MAKERS).index(name))


@cache
def naively(
    name: str, seed: int, as_at: date, known_at: date | None = None, now: datetime | None = None
) -> Counter[Answer]:
    """What brute force says of a world: reckoned once, for both databases."""
    return answers(RULES, world_of(name, seed), as_at, known_at, now)


def said(
    connection: Connection,
    world: World,
    as_at: date,
    known_at: date | None = None,
    rules: Sequence[Rule] = RULES,
    now: datetime | None = None,
) -> Counter[Answer]:
    """What the monitor says of every clock of this world."""
    feeds = read_feeds(
        connection, fresh_for=world.fresh_for, covers_from=world.covers_from, known_at=known_at
    )
    bench = Bench(lawful=calendar_of(), local=calendar_of(world.closure_days), feeds=feeds)
    clocks = open_caseload(connection, as_at=as_at, bench=bench, known_at=known_at, now=now).clocks(rules)
    return Counter(
        Answer(
            rule=clock.rule,
            subject=clock.row.subject,
            ref=clock.row.ref,
            started_on=clock.started_on,
            due_on=clock.due_on,
            outcome=str(clock.outcome),
            stage=clock.stage,
        )
        for clock in clocks
    )


def difference(left: Counter[Answer], right: Counter[Answer]) -> list[Answer]:
    return sorted(((left - right) + (right - left)).elements(), key=repr)


@pytest.fixture
def ledger(database_url: str) -> Iterator[Engine]:
    engine = open_ledger(database_url)
    yield writing(engine)
    engine.dispose()


@pytest.fixture(scope="module")
def memory() -> Iterator[Engine]:
    engine = create_engine("sqlite://")
    tables.metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.mark.parametrize(("name", "seed"), WORLDS)
def test_the_monitor_and_brute_force_give_the_same_answer_for_every_clock(
    ledger: Engine, name: str, seed: int
) -> None:
    world = world_of(name, seed)
    with ledger.begin() as connection:
        store(connection, world)
        is_first = ledger.dialect.name == "sqlite"
        for back in DAYS_BACK if SOAK else DAYS_BACK[:1] if is_first else DAYS_BACK[1:]:
            as_at = world.today - timedelta(days=back)
            found = said(connection, world, as_at)
            assert found.total() > 1000
            assert difference(found, naively(name, seed, as_at)) == []


@pytest.mark.parametrize("name", ["all there", "a source is silent"] if SOAK else ["a source is silent"])
def test_they_agree_on_what_was_known_on_an_earlier_day(ledger: Engine, name: str) -> None:
    world = world_of(name, 1)
    with ledger.begin() as connection:
        store(connection, world)
        # On the days before, of and after a correction; and asked on that day itself.
        for back in (17, 16, 15) if SOAK else (16,):
            known_at = world.today - timedelta(days=back)
            for as_at in (world.today, known_at) if SOAK else (world.today,):
                found = said(connection, world, as_at, known_at)
                assert difference(found, naively(name, 1, as_at, known_at)) == []
                assert difference(found, naively(name, 1, as_at)) != []


COUNTS_HOURS = [rule for rule in RULES if Unit.HOURS in units(rule)]


@pytest.mark.parametrize("at", [time(0), time(4, 29, 59), time(12), time(16, 30), time(23, 59)])
def test_they_agree_on_hours_at_any_time_of_day(memory: Engine, at: time) -> None:
    for seed in SEEDS:
        world = make_world(seed, date(2026, 3, 30), size=0, rules=COUNTS_HOURS, rows=40)  # the clocks went on
        now = datetime.combine(world.today, at, LONDON)
        with memory.connect() as connection:
            store(connection, world)
            found = said(connection, world, world.today, None, COUNTS_HOURS, now)
            connection.rollback()
        assert difference(found, answers(COUNTS_HOURS, world, world.today, None, now)) == []


def test_they_agree_on_what_a_council_has_tightened(memory: Engine) -> None:
    plain = [rule for rule in RULES if isinstance(rule.limits[-1][1], Within)]
    rules = [_tightened(rule, number) for number, rule in enumerate(plain)]
    for seed in SEEDS:
        world = make_world(seed, CHRISTMAS, size=20, rules=rules, rows=3)
        with memory.connect() as connection:
            store(connection, world)
            found = said(connection, world, world.today, None, rules)
            connection.rollback()
        assert difference(found, answers(rules, world, world.today)) == []
        assert difference(found, answers(plain, world, world.today)) != []


def _tightened(rule: Rule, number: int) -> Rule:
    """With a policy of one sort or another: one that is earlier, later, signed, or not in force yet."""
    amount = parse_amount(("10 working days", "2 weeks", "1 year", "1 working day")[number % 4])
    policy = Policy(
        since=CHRISTMAS + timedelta(days=number % 3 - 1),
        by="director",
        because="so",
        path="",
        director="D" if number % 5 == 0 else None,
        limit=Within(amount=amount),
        floor=parse_amount("20 days beginning with") if rule.too_early and not rule.too_early.opens else None,
    )
    return replace(rule, policy=policy)


def test_the_comparison_can_fail() -> None:
    world = world_of("all there", 1)
    today, tomorrow = world.today, world.today + timedelta(days=1)
    assert len(difference(naively("all there", 1, today), naively("all there", 1, tomorrow))) > 20


def test_the_worlds_hold_every_rule_and_most_of_their_outcomes_and_stages() -> None:
    found = [
        answer
        for name, seed in WORLDS
        for back in DAYS_BACK
        for answer in naively(name, seed, world_of(name, seed).today - timedelta(days=back))
    ]
    outcomes = {(answer.rule, answer.outcome) for answer in found}
    reached = {(answer.rule, answer.stage) for answer in found}
    assert {answer.rule for answer in found} == {rule.id for rule in RULES}
    wanted = [
        *((rule.id, "cannot-tell") for rule in RULES if rule.each != "feed"),
        *((rule.id, "too-early") for rule in RULES if rule.too_early),
        *((rule.id, "excused") for rule in RULES if rule.excused_by or rule.waived),
        *((rule.id, "overdue") for rule in RULES if any(stage.point == "overdue" for stage in rule.stages)),
    ]
    assert len([each for each in wanted if each not in outcomes]) < len(wanted) / 6
    stages = [(rule.id, stage.label) for rule in RULES for stage in rule.stages]
    assert len([stage for stage in stages if stage not in reached]) < len(stages) / 3
