"""Local policy beside the law: it tightens, never loosens what a law or a court sets, and both stay visible."""

from dataclasses import replace
from pathlib import Path

import pytest

from monitor.calendars import Calendar
from monitor.errors import BadRule
from monitor.examples import Example, load_examples, run_examples
from monitor.packs import load_rules
from monitor.policies import with_policies
from monitor.rule import Rule
from tests.conftest import monitor

RULES = Path(__file__).parent.parent / "rules"
SHIPPED = load_rules(RULES)
ENGLAND = Calendar()
HEAD = "since: 2026-12-01\nby: service lead, SEND\nbecause: Our own promise to parents.\n"


def merged(folder: Path, rule: str, text: str) -> Rule:
    policies = folder / "config" / "policy"
    policies.mkdir(parents=True)
    (policies / f"{rule}.yaml").write_text(f"rule: {rule}\n{HEAD}{text}")
    return next(each for each in with_policies(policies, SHIPPED, ENGLAND) if each.id == rule)


def refusal(folder: Path, rule: str, text: str) -> str:
    with pytest.raises(BadRule) as caught:
        merged(folder, rule, text)
    (said,) = caught.value.faults
    return said


def example(rule: Rule, start: str, as_at: str, tmp_path: Path) -> Example:
    """An example of the shipped rule's own kind, to be run with the rule as given."""
    text = (
        f"examples:\n  - name: one\n    as_at: {as_at}\n    given:\n"
        f"      - {{ episode: {rule.each}, start: {start} }}\n    expect: not running\n"
    )
    area = tmp_path / "rules" / rule.area
    area.mkdir(parents=True)
    (area / f"{rule.id}.examples.yaml").write_text(text)
    (read,) = load_examples(tmp_path / "rules", [rule])
    return replace(read, rule=rule, expected={"outcome": "", "due_on": "", "stage": ""})


def found(rule: Rule, start: str, as_at: str, tmp_path: Path) -> tuple[str, str]:
    (result,) = run_examples([example(rule, start, as_at, tmp_path)])
    return result.found, result.why


def test_a_shorter_limit_holds_from_its_day_for_clocks_that_run_already(tmp_path: Path) -> None:
    rule = merged(tmp_path, "ehc-final-20wk", "limit: 18 weeks\n")
    # Received on 14 December 2026: 18 weeks end on 19 April 2027, twenty on 3 May.
    said, why = found(rule, "2026-12-14", "2027-04-20", tmp_path)
    assert said == "outcome overdue, due_on 2027-04-19, stage overdue"
    assert why == "18 weeks from 2026-12-14, by local policy since 2026-12-01."


def test_before_its_day_the_law_alone_holds(tmp_path: Path) -> None:
    rule = merged(tmp_path, "ehc-final-20wk", "limit: 18 weeks\n")
    said, _ = found(rule, "2026-06-01", "2026-11-30", tmp_path)
    assert "due_on 2026-10-19" in said


def test_what_the_law_sets_is_not_loosened_and_the_refusal_quotes_it(tmp_path: Path) -> None:
    said = refusal(tmp_path, "ehc-final-20wk", "limit: 21 weeks\n")
    quoted = "config/policy/ehc-final-20wk.yaml:5: the rule says 20 weeks (Special Educational Needs and Disability "
    assert said.startswith(f"{quoted}Regulations 2014, regulation 13(2)")
    assert said.endswith("). A policy may only tighten what is statutory.")


def test_a_limit_that_is_longer_on_some_days_only_is_loosening_too(tmp_path: Path) -> None:
    assert "A policy may only tighten" in refusal(tmp_path, "cla-review-2", "limit: 90 days\n")


def test_guidance_is_loosened_by_a_named_director_only(tmp_path: Path) -> None:
    said = refusal(tmp_path, "iro-dispute-total-20wd", "limit: 25 working days\n")
    assert said.endswith("To loosen guidance, a 'director' must be named, with the reason in 'because'.")
    rule = merged(
        tmp_path / "b",
        "iro-dispute-total-20wd",
        "limit: 25 working days\ndirector: Director of Children's Services\n",
    )
    assert rule.policy is not None
    assert rule.policy.director == "Director of Children's Services"


def test_a_local_limit_is_set_freely(tmp_path: Path) -> None:
    rule = merged(tmp_path, "plo-gateway-to-letter", "limit: 8 working days\n")
    assert rule.policy is not None
    assert rule.limits == next(each for each in SHIPPED if each.id == rule.id).limits


def test_whom_to_warn_is_a_council_s_own_but_somebody_hears_of_the_breach(tmp_path: Path) -> None:
    warn = "stages:\n  - { at: 2 weeks in, rag: amber, tell: [case-officer] }\n"
    told = refusal(tmp_path, "ehc-final-20wk", warn)
    assert told.endswith("the stage 'overdue' of the rule is missing: somebody must hear of it.")
    both = f"{warn}  - {{ at: overdue, rag: red, tell: [director] }}\n"
    rule = merged(tmp_path / "b", "ehc-final-20wk", both)
    assert [stage.label for stage in rule.stages] == ["2 weeks in", "overdue"]


@pytest.mark.parametrize(
    ("rule", "text", "said"),
    [
        ("ehc-final-20wk", "", "the policy changes nothing: give a 'limit', a 'floor' or 'stages'."),
        (
            "ehc-final-20wk",
            "floor: 20 days\n",
            "the rule 'ehc-final-20wk' has no period that must run out first.",
        ),
        ("ehc-final-20wk", "limit: soon\n", "'soon' is not an amount of time."),
        ("ehc-final-20wk", "limits: 18 weeks\n", "there is no key 'limits' here. Did you mean 'limit'?"),
        ("perm-plan-b-missing", "limit: { at: start }\n", None),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused_by_file_and_line(
    tmp_path: Path, rule: str, text: str, said: str | None
) -> None:
    if said is None:  # a local rule: any form of the language is allowed
        assert merged(tmp_path, rule, text).policy is not None
        return
    assert said in refusal(tmp_path, rule, text)


def test_a_policy_for_a_rule_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "policy"
    folder.mkdir()
    (folder / "ehc-fin.yaml").write_text(f"rule: ehc-fin\n{HEAD}limit: 2 weeks\n")
    with pytest.raises(BadRule, match="there is no rule 'ehc-fin'"):
        with_policies(folder, SHIPPED, ENGLAND)


def test_show_prints_both_layers(tmp_path: Path) -> None:
    merged(tmp_path, "ehc-final-20wk", "limit: 18 weeks\n")
    shown = monitor("--home", str(tmp_path), "rules", "show", "ehc-final-20wk").stdout
    assert "20 weeks, for clocks that start on or after 2014-09-01" in shown
    assert "18 weeks, judged so since 2026-12-01" in shown
    assert "service lead, SEND: Our own promise to parents." in shown


def test_a_policy_s_stages_stand_in_the_order_in_which_they_come(tmp_path: Path) -> None:
    warn = "stages:\n" + "".join(
        f"  - {{ at: {at}, rag: red, tell: [case-officer] }}\n" for at in ("2 weeks over", "overdue")
    )
    assert refusal(tmp_path, "ehc-final-20wk", warn) == (
        "config/policy/ehc-final-20wk.yaml:7: the stage 'overdue' comes before '2 weeks over', which stands above it "
        "and would be lost: write the stages in the order in which they come."
    )
