"""Two readings of the rules, the monitor's and one by brute force, give the same answer for every clock."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, create_engine

from monitor import tables
from monitor.bench import Bench
from monitor.bootstrap import open_ledger, shipped, writing
from monitor.caseload import open_caseload, read_feeds
from monitor.packs import load_rules
from monitor.rule import Rule
from tests.brute_force import answers
from tests.naive_case import Answer
from tests.naive_facts import Child, Episode, Event, Load, World, calendar_of, store
from tests.worlds import everything, make_world

RULES = load_rules(shipped() / "rules")
CHRISTMAS, NEW_YEAR, LEAP_MARCH = date(2026, 12, 29), date(2027, 1, 5), date(2028, 3, 1)
DAYS_BACK = (0, 1, 30)
UNHEARD_OF = (
    "plo-meeting",
    "cla-review",
    "referrer-told",
    "ehc-request.exception_code",
    "excuse",
    "supervision",
)

WORLDS: dict[str, Callable[[], World]] = {
    "all there": lambda: make_world(1, LEAP_MARCH, size=160),
    "closed at Christmas": lambda: make_world(
        2, NEW_YEAR, size=160, closure_days=[date(2026, 12, 29), date(2026, 12, 30), date(2026, 12, 31)]
    ),
    "a source is silent": lambda: make_world(3, LEAP_MARCH, size=160, silent=timedelta(days=9)),
    "things are not carried": lambda: make_world(4, NEW_YEAR, size=160, uncarried=UNHEARD_OF),
    "a source begins late": lambda: make_world(5, CHRISTMAS, size=160, covers_from=date(2026, 9, 1)),
}


def said(
    connection: Connection,
    world: World,
    as_at: date,
    known_at: date | None = None,
    rules: Sequence[Rule] = RULES,
) -> Counter[Answer]:
    """What the monitor says of every clock of this world."""
    feeds = read_feeds(
        connection, fresh_for=world.fresh_for, covers_from=world.covers_from, known_at=known_at
    )
    bench = Bench(lawful=calendar_of(), local=calendar_of(world.closure_days), feeds=feeds)
    clocks = open_caseload(connection, as_at=as_at, bench=bench, known_at=known_at).clocks(rules)
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


@pytest.mark.parametrize("name", WORLDS)
def test_the_monitor_and_brute_force_give_the_same_answer_for_every_clock(ledger: Engine, name: str) -> None:
    world = WORLDS[name]()
    today = world.today
    with ledger.begin() as connection:
        store(connection, world)
        for as_at in (today - timedelta(days=back) for back in DAYS_BACK):
            found = said(connection, world, as_at)
            assert found.total() > 250
            assert difference(found, answers(RULES, world, as_at)) == []


@pytest.mark.parametrize("name", ["all there", "a source is silent"])
def test_they_agree_on_what_was_known_on_an_earlier_day(ledger: Engine, name: str) -> None:
    world = WORLDS[name]()
    with ledger.begin() as connection:
        store(connection, world)
        # On the days before, of and after a correction; and asked on that day itself.
        for back in (17, 16, 15):
            known_at = world.today - timedelta(days=back)
            for as_at in (world.today, known_at):
                found = said(connection, world, as_at, known_at)
                assert difference(found, answers(RULES, world, as_at, known_at)) == []
            assert difference(found, answers(RULES, world, known_at)) != []


def test_the_comparison_can_fail() -> None:
    world = WORLDS["all there"]()
    today, tomorrow = world.today, world.today + timedelta(days=1)
    assert len(difference(answers(RULES, world, today), answers(RULES, world, tomorrow))) > 20


def test_the_worlds_hold_every_rule_with_its_outcomes_and_nearly_all_its_stages() -> None:
    found = [
        answer
        for world in [make() for make in WORLDS.values()]
        for back in DAYS_BACK
        for answer in answers(RULES, world, world.today - timedelta(days=back))
    ]
    outcomes = {(answer.rule, answer.outcome) for answer in found}
    reached = {(answer.rule, answer.stage) for answer in found}
    for rule in RULES:
        assert (rule.id, "overdue") in outcomes
        assert rule.each == "feed" or (rule.id, "cannot-tell") in outcomes
        assert (rule.id, "excused") in outcomes or not (rule.excused_by or rule.waived)
    stages = [(rule.id, stage.label) for rule in RULES for stage in rule.stages]
    assert len([stage for stage in stages if stage not in reached]) < len(stages) / 10


# One child, a few facts: small enough that hypothesis can show the least world in which the readings differ.

TODAY = date(2026, 12, 29)
DAYS = st.one_of(
    st.sampled_from([0, 1, 4, 5, 7, 14, 19, 20, 21, 28, 29, 56, 92, 112, 140, 181, 182, 183]),
    st.integers(-40, 250),
).map(lambda back: TODAY - timedelta(days=back))
ABOUT = {
    "care-episode": (
        "cla-review",
        "plan-a",
        "plan-b",
        "plan-b-waiver",
        "permanence-endorsed",
        "final-care-plan",
    ),
    "plo-case": (
        "plo-gateway",
        "plo-letter",
        "plo-meeting",
        "plo-meeting-moved",
        "plo-hearing",
        "plo-step",
        "issued",
    ),
    "proceedings": ("s32-extension", "s32-extension", "final-order"),
    "dispute": ("dispute-stage-opened", "dispute-urgent", "dispute-resolved", "cafcass-decision"),
    "ehc-request": ("ehc-decision-notified", "ehc-draft-sent", "ehc-final-sent"),
}


@st.composite
def small_worlds(draw: st.DrawFn) -> World:
    kind = draw(st.sampled_from(sorted(ABOUT)))
    start = draw(st.none() | DAYS)
    row = Episode(
        key="row",
        kind=kind,
        ref="R1",
        record="R1",
        child="C1",
        start=start,
        start_unknown=None if start else "missing",
        attributes=draw(st.sampled_from([{}, {"formal": "yes"}, {"extended_until": TODAY.isoformat()}])),
    )
    events = draw(
        st.lists(st.builds(_event, st.sampled_from(ABOUT[kind]), st.none() | DAYS, st.none() | DAYS, DAYS))
    )
    return World(
        today=TODAY,
        children=(Child(key="C1", dob=draw(st.none() | DAYS)),),
        episodes=(row,),
        events=tuple(replace(each, key=f"event-{number}") for number, each in enumerate(events)),
        loads=(Load(source="mosaic", as_at=TODAY, carries=everything()),),
    )


def _event(kind: str, done: date | None, due: date | None, until: date) -> Event:
    waived = {"reason_given": "yes", "iro_named": "yes", "until": until.isoformat()}
    return Event(
        key="",
        kind=kind,
        record="R1",
        child="C1",
        done=done,
        due=due,
        unknown=done is None and due is None,
        attributes=waived if kind == "plan-b-waiver" else {"agreed_by_iro": "yes"},
    )


@pytest.fixture(scope="module")
def memory() -> Iterator[Engine]:
    engine = create_engine("sqlite://")
    tables.metadata.create_all(engine)
    yield engine
    engine.dispose()


@settings(max_examples=150, deadline=None)
@given(world=small_worlds(), later=st.sampled_from([0, 0, 1, 2, 10, -1]))
def test_they_agree_on_any_small_world(memory: Engine, world: World, later: int) -> None:
    as_at = TODAY + timedelta(days=later)
    with memory.connect() as connection:
        store(connection, world)
        rules = [rule for rule in RULES if rule.each == world.episodes[0].kind]
        assert difference(said(connection, world, as_at, None, rules), answers(rules, world, as_at)) == []
        connection.rollback()
