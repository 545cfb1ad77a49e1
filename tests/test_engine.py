"""The rules engine against a naive evaluator: every match, none too many, and its death costs no finding."""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor import engine
from monitor.engine import Engine
from monitor.errors import BadRule, EngineLost
from monitor.judgement import Conclusion, Fact, Judgement, Pattern
from monitor.judgement_packs import load_judgements
from monitor.packs import load_rules

RULES = Path(__file__).parents[1] / "rules"
ASKED = ("plo-26-weeks", "perm-plan-b-missing", "ehc-decide-6wk", "ehc-draft-wk16", "sup-monthly")
OUTCOMES = ("overdue", "due-soon", "too-early")
World = dict[str, list[Fact]]


@pytest.fixture(scope="module")
def judgements() -> tuple[Judgement, ...]:
    return load_judgements(RULES / "judgements", load_rules(RULES))


@pytest.fixture(scope="module")
def running(judgements: tuple[Judgement, ...]) -> Iterator[Engine]:
    with engine.running(judgements) as found:
        yield found


def fits(pattern: Pattern, fact: Fact, chosen: dict[str, Fact]) -> bool:
    if fact.rule not in pattern.rules or (pattern.outcomes and fact.outcome not in pattern.outcomes):
        return False
    return pattern.same_ref_as is None or fact.ref == chosen[pattern.same_ref_as].ref


def naive(judgements: Sequence[Judgement], world: World) -> set[tuple[str, Conclusion]]:
    """Every combination of facts, tried one by one."""
    found = set()
    for child, facts in world.items():
        for judgement in judgements:
            for combination in product(facts, repeat=len(judgement.patterns)):
                chosen: dict[str, Fact] = {}
                for pattern, fact in zip(judgement.patterns, combination, strict=True):
                    if not fits(pattern, fact, chosen):
                        break
                    chosen[pattern.name] = fact
                else:
                    matched = tuple((name, fact.n) for name, fact in chosen.items())
                    found.add((child, Conclusion(judgement.id, matched)))
    return found


def told(running: Engine, world: World) -> list[tuple[str, Conclusion]]:
    return [(child, each) for child, every in running.judge(world).items() for each in every]


def agrees(running: Engine, judgements: Sequence[Judgement], world: World) -> None:
    found = told(running, world)
    assert len(found) == len(set(found))
    assert set(found) == naive(judgements, world)


facts_of_a_child = st.lists(
    st.tuples(st.sampled_from(ASKED), st.sampled_from(OUTCOMES), st.integers(0, 2)), max_size=6
).map(
    lambda rows: [
        Fact(n=n, rule=rule, outcome=outcome, ref=ref) for n, (rule, outcome, ref) in enumerate(rows)
    ]
)

often = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
seldom = settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))


@often
@given(facts=facts_of_a_child)
def test_one_child_is_judged_as_the_naive_evaluator_judges(
    running: Engine, judgements: tuple[Judgement, ...], facts: list[Fact]
) -> None:
    agrees(running, judgements, {"issuer:one": facts})


@seldom
@given(children=st.lists(facts_of_a_child, min_size=100, max_size=100))
def test_a_hundred_children_are_judged_each_on_its_own(
    running: Engine, judgements: tuple[Judgement, ...], children: list[list[Fact]]
) -> None:
    agrees(running, judgements, {f"issuer:{number}": facts for number, facts in enumerate(children)})


def test_no_match_is_lost_among_twenty_thousand_children(
    running: Engine, judgements: tuple[Judgement, ...]
) -> None:
    chance = random.Random(20_000)  # noqa: S311 - a seeded world, not a secret
    world = {
        f"issuer:{number}": [
            Fact(n=n, rule=chance.choice(ASKED), outcome=chance.choice(OUTCOMES), ref=chance.randint(0, 1))
            for n in range(chance.randint(1, 5))
        ]
        for number in range(20_000)
    }
    expected = naive(judgements, world)
    assert len(expected) > 1_000
    agrees(running, judgements, world)


def test_a_killed_engine_is_lost_and_says_so_without_quoting_a_fact(
    judgements: tuple[Judgement, ...],
) -> None:
    world = {f"issuer:SECRET{n}": [Fact(n=0, rule=ASKED[0], outcome="overdue", ref=n)] for n in range(2_000)}
    with engine.running(judgements) as found:
        found.judge(world)
        found.process.kill()
        with pytest.raises(EngineLost) as lost:
            found.judge(world)
    assert "SECRET" not in str(lost.value)
    assert lost.value.__cause__ is None


def test_the_engine_is_deaf_to_an_interrupt_that_is_its_parent_s_to_answer(
    judgements: tuple[Judgement, ...],
) -> None:
    with engine.running(judgements) as found:
        os.kill(found.process.pid or 0, signal.SIGINT)
        assert found.judge({"issuer:1": [Fact(n=0, rule=ASKED[0], outcome="overdue", ref=1)]}) == {}


WITHOUT_ROOM = """
import resource
from monitor import engine
from monitor.errors import EngineLost
resource.setrlimit(resource.RLIMIT_NOFILE, (6, 6))
try:
    with engine.running(()):
        print("started")
except EngineLost as lost:
    print(lost)
"""


def test_an_engine_that_cannot_be_started_is_lost() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_ROOM], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "the rules engine's process cannot be started\n"


def test_a_judgement_that_names_an_unknown_rule_is_refused_with_its_line(tmp_path: Path) -> None:
    good = (RULES / "judgements" / "jdg-decision-before-draft.yaml").read_text(encoding="utf-8")
    path = tmp_path / "jdg-decision-before-draft.yaml"
    path.write_text(good.replace("ehc-decide-6wk", "ehc-decide-6wks"), encoding="utf-8")
    with pytest.raises(BadRule) as refused:
        load_judgements(tmp_path, load_rules(RULES))
    assert ":8: there is no rule 'ehc-decide-6wks'. Did you mean 'ehc-decide-6wk'?" in str(refused.value)
