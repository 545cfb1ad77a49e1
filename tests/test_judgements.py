"""The judgements that ship, their examples, and what a judgement may ask, through the rules engine itself."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from monitor import engine, judgement
from monitor.engine import Engine
from monitor.errors import BadRule
from monitor.judgement import Context, Judgement, Pattern
from monitor.judgement_examples import (
    FOLLOWS,
    NOTHING,
    JudgementExample,
    load_judgement_examples,
    run_judgement_examples,
)
from monitor.judgement_packs import load_judgements
from monitor.model import Outcome
from monitor.packs import load_rules
from monitor.reconcile import Finding
from tests.builders import a_finding, a_row
from tests.naive_judgements import naive

ROOT = Path(__file__).parents[1] / "rules"
RULES = load_rules(ROOT)
SHIPPED = load_judgements(ROOT / "judgements", RULES)
EXAMPLES = load_judgement_examples(ROOT / "judgements", SHIPPED, RULES)
BY_ID = {each.id: each for each in SHIPPED}
CAPITALS = {"EHC", "Plan", "B", "Public", "Law", "Outline"}
ONE, OTHER = "issuer:1", "issuer:2"


@pytest.fixture(scope="module")
def running() -> Iterator[Engine]:
    with engine.running(SHIPPED) as found:
        yield found


@pytest.fixture(scope="module")
def found() -> dict[JudgementExample, str]:
    return run_judgement_examples(EXAMPLES)


def of(shipped: Judgement) -> list[JudgementExample]:
    return [example for example in EXAMPLES if example.judgement == shipped]


@pytest.mark.parametrize("name", BY_ID)
def test_the_examples_of_a_judgement_pass(name: str, found: Mapping[JudgementExample, str]) -> None:
    failed = [each.name for each in of(BY_ID[name]) if found[each] != each.expected]
    assert failed == []


@pytest.mark.parametrize("name", BY_ID)
def test_a_judgement_has_examples_on_both_sides(name: str) -> None:
    assert {each.expected for each in of(BY_ID[name])} == {FOLLOWS, NOTHING}


def asked_less(pattern: Pattern) -> Iterator[tuple[str, Pattern]]:
    if pattern.outcomes:
        yield f"outcomes of {pattern.name}", replace(pattern, outcomes=())
    if pattern.stages:
        yield f"stages of {pattern.name}", replace(pattern, stages=())
    if pattern.same_ref_as:
        yield f"same row of {pattern.name}", replace(pattern, same_ref_as=None)
    if pattern.other_than:
        yield f"another of {pattern.name}", replace(pattern, other_than=None)


def weakened(shipped: Judgement) -> Iterator[tuple[str, Judgement]]:
    """The judgement without one of the things that it asks for, each in turn."""
    patterns = shipped.patterns
    for at, pattern in enumerate(patterns):
        names = {part for each in patterns for part in (each.same_ref_as, each.other_than)}
        if len(patterns) > 1 and pattern.name not in names:
            yield pattern.name, replace(shipped, patterns=patterns[:at] + patterns[at + 1 :])
        for part, less in asked_less(pattern):
            yield part, replace(shipped, patterns=(*patterns[:at], less, *patterns[at + 1 :]))
    for kind in shipped.open:
        yield f"open {kind}", replace(shipped, open=tuple(set(shipped.open) - {kind}))
    if shipped.under is not None:
        yield "under", replace(shipped, under=None)


@pytest.mark.parametrize("name", BY_ID)
def test_some_example_tells_when_a_judgement_asks_for_less(name: str) -> None:
    untold = [
        part
        for part, less in weakened(BY_ID[name])
        if all(
            bool(naive([less], {ONE: each.facts}, {ONE: each.context})) == (each.expected == FOLLOWS)
            for each in of(BY_ID[name])
        )
    ]
    assert untold == []


@pytest.mark.parametrize("shipped", SHIPPED, ids=BY_ID)
def test_what_reaches_the_mail_is_one_line_and_names_no_child(shipped: Judgement) -> None:
    for said in (shipped.title, shipped.because):
        assert re.fullmatch(r"[A-Za-z0-9 ,;'-]+", said)
        assert set(re.findall(r"(?<=.)\b[A-Z]\w*", said)) <= CAPITALS | {"IRO"}
    assert not shipped.because.endswith(".")


@pytest.mark.parametrize("shipped", SHIPPED, ids=BY_ID)
def test_a_judgement_mutes_only_what_the_standing_alert_names(shipped: Judgement) -> None:
    assert shipped.stage is not None or (shipped.mutes and shipped.standing)
    muted = {each.name: each for each in shipped.patterns if each.name in shipped.mutes}
    assert all(len(each.rules) == 1 for each in muted.values())
    assert shipped.standing not in muted


def follows(running: Engine, facts: list[Finding], so: Context, other: Context | None = None) -> set[str]:
    """What follows for one child, where the other has no finding in common with it."""
    known = judgement.facts_of(facts, SHIPPED)
    contexts = {ONE: so, **({OTHER: other} if other else {})}
    told = running.judge({child: [fact for fact, _ in pairs] for child, pairs in known.items()}, contexts)
    assert set(told) <= {ONE}
    return {each.judgement for each in told.get(ONE, ())}


def late(rule: str, ref: str = "X1", child: str = ONE, started_on: date = date(2026, 10, 1)) -> Finding:
    row = a_row(ref=ref, record=f"registers|{ref}|{child}", child=child)
    return a_finding(rule=rule, row=row, started_on=started_on)


IN_CARE = Context(open=frozenset({"care-episode"}))
TWICE = "jdg-missing-twice-no-interview"


def test_another_finding_is_another_of_the_same_child(running: Engine) -> None:
    once, again = late("missing-rhi-72h", "M1"), late("missing-rhi-72h", "M2")
    assert TWICE in follows(running, [once, again], IN_CARE)
    assert TWICE not in follows(running, [once], IN_CARE)
    assert TWICE not in follows(running, [once, late("missing-rhi-72h", "M2", OTHER)], IN_CARE, IN_CARE)


def test_the_engine_is_shown_no_child_of_whom_nothing_can_follow() -> None:
    overdue = a_finding(rule="ehc-decide-6wk"), a_finding(rule="ehc-draft-wk16")
    soon = [replace(each, outcome=Outcome.DUE_SOON) for each in overdue]
    decision_and_draft = [each for each in SHIPPED if each.id == "jdg-decision-before-draft"]
    assert len(judgement.facts_of(overdue, decision_and_draft)) == 1
    assert judgement.facts_of(soon, decision_and_draft) == {}


def test_several_pairs_raise_one_alert_for_a_child(running: Engine) -> None:
    every = [
        late("missing-rhi-72h", f"M{n}{child[-1]}", child, date(2026, 10, n))
        for child in (ONE, OTHER)
        for n in (1, 2, 3)
    ]
    facts = judgement.facts_of(every, SHIPPED)
    told = running.judge(
        {child: [fact for fact, _ in pairs] for child, pairs in facts.items()}, {ONE: IN_CARE, OTHER: IN_CARE}
    )
    assert [len(conclusions) for conclusions in told.values()] == [3, 3]
    judged = judgement.apply(told, facts, SHIPPED, {"missing-rhi-72h": "Return home interview"})
    assert [(each.rule, each.row.child, each.row.ref) for each in judged.raised] == [
        (TWICE, ONE, "M11"),
        (TWICE, OTHER, "M12"),
    ]
    assert judged.muted == []


def test_every_kind_that_is_asked_for_must_be_open(running: Engine) -> None:
    advice = [late("ehc-social-care-input")]
    expected = "jdg-ehc-in-care-no-social-care-advice"
    assert follows(running, advice, Context(open=frozenset({"care-episode", "ehc-request"}))) == {expected}
    assert follows(running, advice, IN_CARE) == set()
    assert follows(running, advice, Context()) == set()
    # What is open of another child opens nothing here.
    assert (
        follows(running, advice, IN_CARE, Context(open=frozenset({"care-episode", "ehc-request"}))) == set()
    )


@pytest.mark.parametrize(("age", "expected"), [(0, {"jdg-baby-late-in-plo"}), (1, set()), (None, set())])
def test_a_child_must_be_known_to_be_under_the_age(
    running: Engine, age: int | None, expected: set[str]
) -> None:
    assert follows(running, [late("plo-stalled")], Context(age=age)) == expected


def test_the_stage_of_a_finding_reaches_the_engine(running: Engine) -> None:
    rules = {rule.id: rule for rule in RULES}
    others = [late("plo-midpoint-review"), late("plo-stalled")]
    for number, expected in ((1, False), (2, True), (3, True), (4, True), (5, True)):
        long = replace(late("plo-preproc-16wk"), stages=rules["plo-preproc-16wk"].stages, stage_no=number)
        found = follows(running, [long, *others], Context())
        assert ("jdg-preproc-no-midpoint-no-step" in found) is expected


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("open: [care-episode]", "open: [care-episodes]", "10: there is no kind of Episode 'care-episodes'."),
        ("open: [care-episode]", "open: [cla-review]", "10: there is no kind of Episode 'cla-review'."),
        ("open: [care-episode]", "under: one", "10: 'one' is not a whole number."),
        ("open: [care-episode]", "over: 1", "10: there is no key 'over' here."),
        ("other-than: once", "other-than: twice", "7: 'twice' is not named before 'again'."),
        ("overdue }", "overdue, other-than: again }", "7: 'again' is not named before 'once'."),
        ("other-than: once", "other-than: again", "7: 'again' is not named before 'again'."),
        ("overdue }", "overdue, stage: 5 weeks in }", "8: '5 weeks in' is not allowed here."),
        ("overdue }", "late }", "8: 'late' is not allowed here."),
        ("missing-rhi-72h, outcome: overdue }", "missing-rhi }", "8: there is no rule 'missing-rhi'."),
        ("raises:", "mutes: [never]\nraises:", "11: 'never' is not named under 'when'."),
    ],
)
def test_a_bad_judgement_is_told_by_its_line(before: str, after: str, told: str, tmp_path: Path) -> None:
    good = (ROOT / "judgements" / f"{TWICE}.yaml").read_text(encoding="utf-8")
    assert before in good
    (tmp_path / f"{TWICE}.yaml").write_text(good.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(BadRule) as refused:
        load_judgements(tmp_path, RULES)
    assert f"{TWICE}.yaml:{told}" in str(refused.value)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("missing-rhi-72h", "missing-rhi-73h", "4: there is no rule 'missing-rhi-73h'."),
        ("outcome: overdue", "outcome: late", "4: 'late' is not allowed here."),
        ("outcome: overdue", "outcome: overdue, stage: late", "4: 'late' is not allowed here."),
        ("[care-episode]", "[care]", "6: there is no kind 'care'."),
        ("expect: follows", "expect: maybe", "7: 'maybe' is not allowed here."),
    ],
)
def test_a_bad_example_is_told_by_its_line(before: str, after: str, told: str, tmp_path: Path) -> None:
    good = (ROOT / "judgements" / f"{TWICE}.examples.yaml").read_text(encoding="utf-8")
    (tmp_path / f"{TWICE}.examples.yaml").write_text(good.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(BadRule) as refused:
        load_judgement_examples(tmp_path, [BY_ID[TWICE]], RULES)
    assert f"{TWICE}.examples.yaml:{told}" in str(refused.value)


def test_a_judgement_without_examples_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadRule, match=f"write {TWICE}.examples.yaml beside it"):
        load_judgement_examples(tmp_path, [BY_ID[TWICE]], RULES)
