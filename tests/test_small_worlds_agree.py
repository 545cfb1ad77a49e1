"""One child, a few facts: small enough that hypothesis can show the least world in which the two readings differ."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, create_engine

from monitor import tables
from tests.brute_force import answers
from tests.naive_facts import Child, Episode, Event, Load, World, store
from tests.naive_sources import everything
from tests.test_clocks_agree import RULES, difference, said

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
