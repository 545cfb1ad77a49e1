"""The rules engine against a naive evaluator: every match, none too many, and its death costs no finding."""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor import engine
from monitor.engine import Engine
from monitor.errors import BadRule, EngineLost
from monitor.judgement import Conclusion, Context, Fact, Judgement, Pattern
from monitor.judgement_packs import load_judgements
from monitor.packs import load_rules
from monitor.rule import Law, LawClass
from tests.naive_judgements import Contexts, World, naive

RULES = Path(__file__).parents[1] / "rules"
SEVERAL = ("cp-visit-10wd", "visit-6wk", "missing-rhi-72h")
ASKED = (
    *SEVERAL,
    *("plo-26-weeks", "perm-plan-b-missing", "ehc-decide-6wk", "ehc-draft-wk16"),
    *("visit-seen-alone", "sup-case-on-file", "plo-stalled", "plo-preproc-16wk"),
)
OUTCOMES = ("overdue", "due-soon", "too-early")
LABELS = ("12 weeks in", "50%", "overdue")
KINDS = ("care-episode", "proceedings", "cp-plan")


def made(name: str, *patterns: Pattern, open_: tuple[str, ...] = (), under: int | None = None) -> Judgement:
    """A judgement that asks for more at once than those that ship."""
    return Judgement(
        id=name,
        title="Made",
        why="Made",
        serves=(1,),
        law=Law(law_class=LawClass.LOCAL, source="Made"),
        owner="social-worker",
        patterns=patterns,
        mutes=(),
        because="made",
        open=open_,
        under=under,
    )


MADE = (
    made(
        "three-of-several",
        Pattern(name="one", rules=SEVERAL, outcomes=("overdue", "due-soon")),
        Pattern(name="two", rules=SEVERAL, outcomes=("overdue", "due-soon"), other_than="one"),
        Pattern(name="three", rules=SEVERAL, other_than="two"),
    ),
    made(
        "another-of-the-same-row",
        Pattern(name="one", rules=SEVERAL),
        Pattern(
            name="two", rules=ASKED, outcomes=("overdue", "too-early"), same_ref_as="one", other_than="one"
        ),
    ),
    made(
        "at-a-stage-of-a-young-child",
        Pattern(name="one", rules=SEVERAL, stages=("50%", "overdue")),
        Pattern(
            name="two", rules=("plo-stalled", "plo-26-weeks"), stages=("12 weeks in",), same_ref_as="one"
        ),
        open_=("care-episode", "proceedings"),
        under=2,
    ),
    made("only-the-child", Pattern(name="one", rules=("plo-stalled",)), open_=("cp-plan",), under=1),
)


@pytest.fixture(scope="module")
def judgements() -> tuple[Judgement, ...]:
    return (*load_judgements(RULES / "judgements", load_rules(RULES)), *MADE)


@pytest.fixture(scope="module")
def running(judgements: tuple[Judgement, ...]) -> Iterator[Engine]:
    with engine.running(judgements) as found:
        yield found


def told(running: Engine, world: World, contexts: Contexts) -> list[tuple[str, Conclusion]]:
    return [(child, each) for child, every in running.judge(world, contexts).items() for each in every]


def agrees(running: Engine, judgements: Sequence[Judgement], world: World, contexts: Contexts) -> None:
    found = told(running, world, contexts)
    assert len(found) == len(set(found))
    assert set(found) == naive(judgements, world, contexts)


facts_of_a_child = st.lists(
    st.tuples(st.sampled_from(ASKED), st.sampled_from(OUTCOMES), st.integers(0, 2), st.sampled_from(LABELS)),
    max_size=6,
).map(
    lambda rows: [
        Fact(n=n, rule=rule, outcome=outcome, ref=ref, stage=stage)
        for n, (rule, outcome, ref, stage) in enumerate(rows)
    ]
)
so_of_a_child = st.builds(
    Context, open=st.frozensets(st.sampled_from(KINDS)), age=st.one_of(st.none(), st.integers(0, 2))
)

often = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
seldom = settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))


@often
@given(facts=facts_of_a_child, so=so_of_a_child)
def test_one_child_is_judged_as_the_naive_evaluator_judges(
    running: Engine, judgements: tuple[Judgement, ...], facts: list[Fact], so: Context
) -> None:
    agrees(running, judgements, {"issuer:one": facts}, {"issuer:one": so})


@seldom
@given(children=st.lists(st.tuples(facts_of_a_child, so_of_a_child), min_size=100, max_size=100))
def test_a_hundred_children_are_judged_each_on_its_own(
    running: Engine, judgements: tuple[Judgement, ...], children: list[tuple[list[Fact], Context]]
) -> None:
    world = {f"issuer:{number}": facts for number, (facts, _) in enumerate(children)}
    agrees(running, judgements, world, {f"issuer:{number}": so for number, (_, so) in enumerate(children)})


def test_no_match_is_lost_among_twenty_thousand_children(
    running: Engine, judgements: tuple[Judgement, ...]
) -> None:
    chance = random.Random(20_000)  # noqa: S311 - a seeded world, not a secret
    world = {
        f"issuer:{number}": [
            Fact(
                n=n,
                rule=chance.choice(ASKED),
                outcome=chance.choice(OUTCOMES),
                ref=chance.randint(0, 1),
                stage=chance.choice(LABELS),
            )
            for n in range(chance.randint(1, 5))
        ]
        for number in range(20_000)
    }
    contexts = {
        child: Context(open=frozenset(chance.sample(KINDS, 2)), age=chance.choice((None, 0, 1, 2)))
        for child in world
    }
    expected = naive(judgements, world, contexts)
    assert len(expected) > 1_000
    assert {conclusion.judgement for _, conclusion in expected} >= {each.id for each in MADE}
    agrees(running, judgements, world, contexts)


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
