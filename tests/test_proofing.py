"""`monitor rules check` as a compiler: what is wrong with rules that can each be read, by file and line."""

import shutil
from pathlib import Path

import pytest

from tests.conftest import monitor

ROOT = Path(__file__).parent.parent
RULE = """\
# yaml-language-server: $schema=../schema.json
id: a-rule
title: The final plan is sent in time
why: Until then the child waits.
serves: [10]
law: { class: local, source: "Our own standard" }
each: ehc-request
owner: case-officer
stops: [ehc-final-sent]
limit: 20 weeks
stages:
  - { at: overdue, rag: red, tell: [case-officer] }
"""
EXAMPLES = """\
examples:
  - name: The last day is in time
    as_at: 2027-05-03
    given:
      - { episode: ehc-request, start: 2026-12-14 }
    expect: { outcome: in-time, due_on: 2027-05-03 }
"""


def checked(
    folder: Path, rule: str = RULE, examples: str | None = EXAMPLES, name: str = "a-rule"
) -> tuple[int, str]:
    area = folder / "rules" / "send"
    area.mkdir(parents=True, exist_ok=True)
    (area / f"{name}.yaml").write_text(rule.replace("a-rule", name))
    if examples:
        (area / f"{name}.examples.yaml").write_text(examples)
    shutil.copytree(ROOT / "rules" / "judgements", folder / "rules" / "judgements", dirs_exist_ok=True)
    for path in (folder / "rules" / "judgements").glob("*.yaml"):
        path.unlink()
    found = monitor("--home", folder, "rules", "check")
    return found.returncode, found.stderr


def test_a_rule_in_order_is_passed(tmp_path: Path) -> None:
    assert checked(tmp_path) == (0, "")


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (
            'law: { class: local, source: "Our own standard" }',
            "law: { class: local }",
            "rules/send/a-rule.yaml:6: nothing says where this limit comes from: give the 'source' of 'law'.",
        ),
        (
            "stages:\n",
            "stages:\n  - { at: 24 weeks in, rag: amber, tell: [case-officer] }\n",
            "rules/send/a-rule.yaml:11: no clock can reach '24 weeks in': the limit is 140 days, and 'overdue' "
            "comes first.",
        ),
        (
            "stages:\n",
            "where: { decision: assess }\nstages:\n"
            "  - { at: 2 weeks in, when: { decision: refuse }, rag: amber, tell: [case-officer] }\n",
            "rules/send/a-rule.yaml:12: no clock can reach '2 weeks in': 'where' never lets 'decision' be that.",
        ),
    ],
)
def test_what_is_wrong_is_told_by_file_and_line(tmp_path: Path, before: str, after: str, said: str) -> None:
    code, told = checked(tmp_path, RULE.replace(before, after))
    assert (code, told.strip()) == (1, said)


def test_a_rule_that_nothing_can_feed_is_told(tmp_path: Path) -> None:
    rule = RULE.replace("each: ehc-request", "each: feed\nwhere: { planned: load }").replace(
        "case-officer", "operator"
    )
    code, told = checked(tmp_path, rule.replace("stops: [ehc-final-sent]\n", ""), examples=None)
    assert code == 1
    assert told.splitlines()[0] == (
        "rules/send/a-rule.yaml:7: no register can carry load.due: add it to a register, or say in 'off' why the rule "
        "ships off."
    )


def test_what_no_list_but_the_generic_ones_can_carry_is_noted_but_is_no_fault(tmp_path: Path) -> None:
    rule = RULE.replace("each: ehc-request", "each: ehc-request\nwhere: { planned: cp-visit }")
    examples = EXAMPLES.replace(
        "    expect",
        "      - { event: cp-visit, due: 2027-06-01, status: planned }\n    expect",
    )
    code, told = checked(tmp_path, rule, examples)
    assert told.strip() == (
        "rules/send/a-rule.yaml:7: note: cp-visit.due has no list of its own: give it in events.csv."
    )
    assert code == 0


def test_a_rule_without_an_example_is_told(tmp_path: Path) -> None:
    code, told = checked(tmp_path, examples=None)
    assert code == 1
    assert (
        told.strip()
        == "rules/send/a-rule.yaml:2: the rule has no examples: write a-rule.examples.yaml beside it."
    )


def test_two_rules_that_say_the_same_are_told(tmp_path: Path) -> None:
    checked(tmp_path)
    code, told = checked(tmp_path, RULE.replace("in time", "soon"), name="b-rule")
    assert code == 1
    assert told.startswith("rules/send/b-rule.yaml:7: says the same as rules/send/a-rule.yaml: the same rows")


def test_a_rule_that_ships_off_may_say_the_same_as_another(tmp_path: Path) -> None:
    checked(tmp_path)
    assert checked(tmp_path, f'{RULE}off: "Not in force yet."\n', name="b-rule") == (0, "")


def test_a_role_that_nobody_of_the_home_holds_is_noted_but_is_no_fault(tmp_path: Path) -> None:
    people = tmp_path / "registers"
    people.mkdir()
    (people / "teams.csv").write_text("team_id,name,team_manager_id\nT1,SEND,W1\n")
    assert monitor("--home", tmp_path, "intake", "registers", people, "--as-at", "2026-06-01").returncode == 0
    code, told = checked(tmp_path)
    assert code == 0
    assert told.strip() == (
        "rules/send/a-rule.yaml:11: note: nobody holds the role 'case-officer', so its notices go to the next one up. "
        "Add it to roles.csv or allocations.csv."
    )


def test_a_look_makes_no_ledger(tmp_path: Path) -> None:
    checked(tmp_path)
    assert not (tmp_path / "var").exists()
