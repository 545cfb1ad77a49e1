"""A day of another Episode that nobody can read, or that lies before the data begins, makes a clock cannot-tell."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Literal

import pytest
from sqlalchemy import Engine, create_engine

from monitor import tables
from monitor.bootstrap import shipped
from monitor.limits import parse_amount
from monitor.packs import load_rules
from monitor.parts import At, EarlierLimit, Lookup, Within
from tests.brute_force import answers
from tests.naive_facts import Child, Episode, Event, Load, World, store
from tests.naive_sources import everything
from tests.test_clocks_agree import difference, said

TODAY = date(2026, 12, 1)
RULES = {rule.id: rule for rule in load_rules(shipped() / "rules")}
LOADS = (Load(source="mosaic", as_at=TODAY, carries=everything()),)


@pytest.fixture
def memory() -> Iterator[Engine]:
    engine = create_engine("sqlite://")
    tables.metadata.create_all(engine)
    yield engine
    engine.dispose()


def outcomes(engine: Engine, world: World, rule: str) -> list[str]:
    with engine.connect() as connection:
        store(connection, world)
        found = said(connection, world, TODAY, None, [RULES[rule]])
        connection.rollback()
    return sorted(answer.outcome for answer in found.elements() if answer.started_on)


def suspension(ref: str, start: date | None) -> Episode:
    return Episode(
        key=ref,
        kind="exclusion",
        ref=ref,
        record=ref,
        child="C1",
        start=start,
        start_unknown=None if start else "unreadable",
        attributes={"type": "suspension"},
    )


def case(ref: str, *, start: date = date(2026, 11, 30), end_unknown: bool = False) -> Episode:
    return Episode(
        key=ref,
        kind="allocation",
        ref=ref,
        record=ref,
        worker="W1",
        start=start,
        end_unknown=end_unknown,
        attributes={"role": "social-worker"},
    )


TERMS = (
    Episode(
        key="autumn",
        kind="school-term",
        ref="autumn",
        record="autumn",
        start=date(2026, 9, 2),
        end=date(2026, 12, 18),
    ),
    Episode(
        key="spring",
        kind="school-term",
        ref="spring",
        record="spring",
        start=date(2027, 1, 4),
        end=date(2027, 3, 25),
    ),
)


def test_a_suspension_whose_first_day_nobody_can_read_may_be_one_of_those_counted(memory: Engine) -> None:
    known = (suspension("S1", date(2026, 11, 2)), suspension("S2", date(2026, 11, 23)), *TERMS)
    world = World(today=TODAY, children=(Child(key="C1"),), episodes=known, loads=LOADS)
    assert outcomes(memory, world, "excl-repeat-second") == ["due-soon"]
    doubtful = replace(world, episodes=(*known, suspension("S3", None)))
    assert outcomes(memory, doubtful, "excl-repeat-second") == ["cannot-tell"]


def test_a_load_that_hangs_on_an_end_nobody_can_read_cannot_be_told(memory: Engine) -> None:
    post = Episode(key="P", kind="post", ref="P", record="P", worker="W1", start=date(2025, 1, 6))
    cases = tuple(case(f"A{number}") for number in range(18))
    world = World(today=TODAY, episodes=(post, *cases, case("A18")), loads=LOADS)
    assert outcomes(memory, world, "wf-caseload") == ["due-soon"]
    doubtful = replace(world, episodes=(post, *cases, case("A18", end_unknown=True)))
    assert outcomes(memory, doubtful, "wf-caseload") == ["cannot-tell"]
    without_it = replace(world, episodes=(post, *cases, case("A18"), case("A19", end_unknown=True)))
    assert outcomes(memory, without_it, "wf-caseload") == ["due-soon"]


def test_none_counted_before_the_start_means_nothing_where_that_time_is_not_in_the_data(
    memory: Engine,
) -> None:
    care = Episode(key="K", kind="care-episode", ref="K", record="K", child="C1", start=date(2026, 11, 2))
    world = World(today=TODAY, children=(Child(key="C1"),), episodes=(care,), loads=LOADS)
    assert outcomes(memory, world, "iha-20wd") == ["overdue"]
    from_july = replace(world, covers_from={"mosaic": date(2026, 7, 1)})
    assert outcomes(memory, from_july, "iha-20wd") == ["overdue"]
    from_september = replace(world, covers_from={"mosaic": date(2026, 9, 1)})
    assert outcomes(memory, from_september, "iha-20wd") == ["cannot-tell"]


def test_a_branch_for_none_counted_is_in_doubt_only_while_none_is_in_sight(memory: Engine) -> None:
    need = Episode(key="N", kind="child-in-need", ref="N", record="N", child="C1", start=date(2026, 6, 1))
    held = Event(key="R", kind="cin-review", record="R", child="C1", done=date(2026, 11, 2))
    world = World(
        today=TODAY,
        children=(Child(key="C1"),),
        episodes=(need,),
        events=(held,),
        loads=LOADS,
        covers_from={"mosaic": date(2026, 9, 1)},
    )
    assert outcomes(memory, world, "cin-review") == ["in-time"]
    assert outcomes(memory, replace(world, events=()), "cin-review") == ["cannot-tell"]


@pytest.mark.parametrize(
    ("opened", "pick", "outcome", "due"),
    [
        (date(2026, 11, 16), "first", "overdue", date(2026, 11, 25)),  # one more could only come before
        (date(2026, 11, 16), "nth", "cannot-tell", None),
        (date(2026, 11, 16), "last", "cannot-tell", None),  # one more might come later
        (date(2026, 10, 1), "last", "overdue", date(2026, 10, 30)),  # the other limit has passed
    ],
)
def test_of_an_earlier_of_an_unreadable_day_counts_only_where_it_could_not_come_later(
    memory: Engine, opened: date, pick: Literal["first", "nth", "last"], outcome: str, due: date | None
) -> None:
    looked_up = At(moment=Lookup(pick=pick, n=2, kinds=("dispute-urgent",)))
    limit = EarlierLimit(limits=(Within(amount=parse_amount("21 working days")), looked_up))
    rule = replace(RULES["iro-dispute-cafcass"], limits=((date.min, limit),))
    dispute = Episode(
        key="D", kind="dispute", ref="D", record="D", child="C1", start=opened, attributes={"formal": "yes"}
    )
    marked = Event(key="U1", kind="dispute-urgent", record="D", child="C1", done=date(2026, 11, 25))
    again = replace(marked, key="U2", done=None, unknown=True)
    world = World(today=TODAY, episodes=(dispute,), events=(marked, again), loads=LOADS)
    with memory.connect() as connection:
        store(connection, world)
        found = said(connection, world, TODAY, None, [rule])
        connection.rollback()
    assert [(answer.outcome, answer.due_on) for answer in found] == [(outcome, due)]
    assert difference(found, answers([rule], world, TODAY)) == []
