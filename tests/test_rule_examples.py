"""Every rule does what its examples say, and its examples would notice if it did not."""

from pathlib import Path

import pytest

from monitor import documents
from monitor.errors import BadRule
from monitor.examples import Example, Result, load_examples, run_examples, without_examples
from monitor.packs import load_rules
from monitor.rule import Rule
from tests.mutants import examine

ROOT = Path(__file__).parent.parent
RULES = load_rules(ROOT / "rules")
EXAMPLES = load_examples(ROOT / "rules", RULES)

RULE = """\
id: a-rule
title: The final plan is sent in time
why: Until then the child waits.
serves: [10]
law: { class: local }
each: ehc-request
owner: case-officer
stops: [ehc-final-sent]
limit: 20 weeks
stages:
  - { at: overdue, rag: red, tell: [case-officer] }
"""
GOOD = """\
examples:
  - name: The last day is in time
    as_at: 2027-05-03
    given:
      - { episode: ehc-request, start: 2026-12-14 }
    expect: { outcome: in-time, due_on: 2027-05-03 }
"""


def told(result: Result) -> str:
    return f"{result.example.path}:{result.example.line}: {result.example.name}: found {result.found}. {result.why}"


def test_every_rule_has_examples() -> None:
    assert without_examples(RULES, EXAMPLES) == ()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_stage_of_a_rule_is_reached_in_an_example(rule: Rule) -> None:
    reached = {example.expected.get("stage") for example in EXAMPLES if example.rule == rule}
    assert {stage.label for stage in rule.stages} <= reached


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_does_what_its_examples_say_and_with_any_number_or_unit_changed_does_not(rule: Rule) -> None:
    found = examine(rule, [example for example in EXAMPLES if example.rule == rule])
    assert found.failed == []
    assert found.got_away == []


def examples_of(folder: Path, text: str) -> tuple[Example, ...]:
    area = folder / "rules" / "send"
    area.mkdir(parents=True)
    (area / "a-rule.yaml").write_text(RULE)
    (area / "a-rule.examples.yaml").write_text(text)
    return load_examples(folder / "rules", load_rules(folder / "rules"))


def test_an_example_that_fails_says_what_was_expected_and_what_was_found(tmp_path: Path) -> None:
    text = GOOD.replace("outcome: in-time", "outcome: overdue").replace("05-03 }", "05-04 }")
    (result,) = run_examples(examples_of(tmp_path, text))
    assert not result.passed
    assert result.expected == "outcome overdue, due_on 2027-05-04"
    assert result.found == "outcome in-time, due_on 2027-05-03"
    assert (result.example.path, result.example.line) == ("rules/send/a-rule.examples.yaml", 2)


def test_an_example_whose_clock_should_not_run_says_what_ran(tmp_path: Path) -> None:
    text = GOOD.replace("{ outcome: in-time, due_on: 2027-05-03 }", "not running")
    (result,) = run_examples(examples_of(tmp_path, text))
    assert (result.passed, result.expected) == (False, "not running")
    assert result.found.startswith("outcome in-time, started_on 2026-12-14, due_on 2027-05-03")


def test_an_example_whose_clock_does_not_run_says_so(tmp_path: Path) -> None:
    text = GOOD.replace("2026-12-14 }", "2026-12-14, end: 2027-01-04 }")
    (result,) = run_examples(examples_of(tmp_path, text))
    assert (result.passed, result.found) == (False, "not running")


def test_one_example_leaves_nothing_behind_for_the_next(tmp_path: Path) -> None:
    again = GOOD.replace("examples:\n", "").replace("The last", "Again the last")
    stopped = GOOD.replace(
        "2026-12-14 }", "2026-12-14 }\n      - { event: ehc-final-sent, done: 2027-05-03 }"
    )
    stopped = stopped.replace("{ outcome: in-time, due_on: 2027-05-03 }", "not running")
    found = run_examples(examples_of(tmp_path, stopped + again))
    assert [result.passed for result in found] == [True, True]


WRONG = {
    "as_at: 2027-05-03": {
        "as_at: 3 May 2027": "3: '3 May 2027' is not a day. Write it as 2026-11-23.",
        "asat: 2027-05-03": "3: there is no key 'asat' here. Did you mean 'as_at'?",
        "as_at: 2027-05-03\n    data_of: 2027-05-04": "4: the data cannot be of a day after 'as_at'.",
        "as_at: 2027-05-03\n    not-carried: ehc-finalsent": "4: no source can carry 'ehc-finalsent'.",
    },
    "{ episode: ehc-request, start: 2026-12-14 }": {
        "{ episode: ehc-requst, start: 2026-12-14 }": "5: there is no kind of Episode 'ehc-requst'. Did you",
        "{ event: ehc-request, done: 2026-12-14 }": "5: there is no kind of Event 'ehc-request'.",
        "{ episode: ehc-request }": "5: 'start' is missing here.",
        "{ episode: ehc-request, start: soon }": "5: 'soon' is not a day. Write it as 2026-11-23.",
        "{ episode: ehc-request, start: 2026-12-14, decision: maybe }": "5: 'maybe' is not allowed here.",
        "{ episode: ehc-request, start: 2026-12-14, descision: no }": "5: there is no key 'descision' here.",
        "{ episode: ehc-request, start: 2026-12-14, exception_on: x }": "5: 'x' is not a day.",
        "{ event: ehc-final-sent, done: 2027-01-04 }": "5: 'ehc-final-sent' is about a 'ehc-request': write",
        "{ event: cla-review }": "5: write when it was 'done', or when it is 'due'.",
        "{ event: cla-review, done: 2027-05-04 }": "5: '2027-05-04' lies after the day of the data: what is",
        "{ event: cla-review, done: 2027-05-03 }": "5: no row is a 'ehc-request', so the rule has nothing",
        "{ event: cla-review, done: 2027-05-03, about: x }": "5: no row before this one has the ref 'x'.",
        "{ child: { dob: 2020-01-01, name: Jo } }": "5: there is no key 'name' here. Allowed: dob,",
        "{ start: 2026-12-14 }": "5: there is no key 'start' here. Allowed: child.",
    },
    "{ outcome: in-time, due_on: 2027-05-03 }": {
        "{ outcome: late }": "6: 'late' is not allowed here.",
        "{ due_on: 2027-05-03 }": "6: 'outcome' is missing here.",
        "{ outcome: overdue, stage: due }": "6: 'due' is not allowed here. Did you mean 'overdue'?",
        "{ outcome: overdue, due_on: May }": "6: 'May' is not a day.",
        "stopped": "6: 'stopped' is not allowed here. Allowed: not running.",
    },
}


@pytest.mark.parametrize(
    ("right", "wrong"), [(right, wrong) for right, slips in WRONG.items() for wrong in slips]
)
def test_a_wrong_example_is_refused_by_line(right: str, wrong: str, tmp_path: Path) -> None:
    with pytest.raises(BadRule) as caught:
        examples_of(tmp_path, GOOD.replace(right, wrong))
    (fault,) = caught.value.faults
    assert fault.startswith(f"rules/send/a-rule.examples.yaml:{WRONG[right][wrong]}")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("examples: []\n", ":1: this list is empty; at least one is needed here."),
        ("example:\n  - name: One\n", ":1: there is no key 'example' here. Did you mean 'examples'?"),
        ("- name: One\n", ":1: the file must hold keys and values"),
        (GOOD + GOOD.replace("examples:\n", ""), ":7: an example of this name stands here already."),
    ],
)
def test_a_file_that_is_no_list_of_examples_is_refused(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(BadRule) as caught:
        examples_of(tmp_path, text)
    assert caught.value.faults[0].startswith(f"rules/send/a-rule.examples.yaml{said}")


def test_examples_beside_no_rule_are_told(tmp_path: Path) -> None:
    area = tmp_path / "rules" / "send"
    area.mkdir(parents=True)
    (area / "a-rule.yaml").write_text(RULE)
    (area / "b-rule.examples.yaml").write_text(GOOD)
    with pytest.raises(BadRule) as caught:
        load_examples(tmp_path / "rules", load_rules(tmp_path / "rules"))
    assert caught.value.faults == (
        "rules/send/b-rule.examples.yaml: no rule stands beside these examples. Name the file after its rule.",
    )


def test_a_rule_without_examples_is_known(tmp_path: Path) -> None:
    area = tmp_path / "rules" / "send"
    area.mkdir(parents=True)
    (area / "a-rule.yaml").write_text(RULE)
    rules = load_rules(tmp_path / "rules")
    assert without_examples(rules, load_examples(tmp_path / "rules", rules)) == rules


def test_the_examples_hold_the_dates_of_the_clock_catalogue() -> None:
    """Section 1.5 of the catalogue, recomputed by the law review: start and last day in time."""
    told = {
        (example.rule.id, example.expected.get("started_on"), example.expected.get("due_on"))
        for example in EXAMPLES
    }
    assert {
        ("fd-referral-1wd", "2026-12-24", "2026-12-29"),
        ("fd-assessment-45wd", "2026-11-23", "2027-01-28"),
        ("cp-icpc-15wd", "2026-12-15", "2027-01-08"),
        ("cla-review-1", "2026-12-07", "2027-01-07"),
        ("cla-review-2", "2027-01-07", "2027-04-07"),
        ("cla-review-2", "2026-11-30", "2027-02-28"),
        ("ehc-decide-6wk", "2026-12-14", "2027-01-25"),
        ("ehc-draft-wk16", "2026-12-14", "2027-04-05"),
        ("ehc-final-20wk", "2026-12-14", "2027-05-03"),
        ("plo-26-weeks", "2026-11-23", "2027-05-23"),
        ("iro-dispute-total-20wd", "2026-12-10", "2027-01-12"),
    } <= told


def test_the_example_of_the_guide_for_authors_is_a_good_one(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "write-a-rule.md").read_text(encoding="utf-8")
    blocks = page.split("```yaml\n")[1:]
    texts = [block.partition("```")[0] for block in blocks]
    rule, examples = texts[0], next(text for text in texts if "as_at:" in text)
    area = tmp_path / "rules" / "send"
    area.mkdir(parents=True)
    name = documents.plain(documents.parse(rule))
    assert isinstance(name, dict)
    (area / f"{name['id']}.yaml").write_text(rule)
    (area / f"{name['id']}.examples.yaml").write_text(examples)
    rules = load_rules(tmp_path / "rules")
    found = list(run_examples(load_examples(tmp_path / "rules", rules)))
    assert found
    assert [told(result) for result in found if not result.passed] == []
