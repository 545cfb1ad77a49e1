"""The rules against the catalogue of clocks: none is missing, and each says where it comes from."""

import re
from pathlib import Path

import pytest

from monitor.examples import NOT_RUNNING, Example, load_examples
from monitor.packs import load_rules
from monitor.rule import LawClass, Rule
from monitor.rulebook import pages, points

ROOT = Path(__file__).parent.parent
RULES = load_rules(ROOT / "rules")
EXAMPLES = load_examples(ROOT / "rules", RULES)
BY_ID = {rule.id: rule for rule in RULES}

# Every clock of the catalogue, area by area. One may be told by several rules, whose ids then begin with it.
PERMANENCE = """perm-plan-initial-missing perm-plan-by-second-review perm-plan-b-missing perm-plan-b-untested
    perm-plan-drift perm-s20-drift adopt-adm-after-plan adopt-adm-7wd adopt-order-to-match adopt-review-not-placed
    adopt-placed-review-visit kin-temp-approval-16wk"""
PLO = """plo-gateway-to-letter plo-letter-to-meeting plo-midpoint-review plo-preproc-16wk plo-stalled
    plo-cpo-unassigned plo-fgdm-offer plo-decision-to-issue plo-court-direction plo-cmh-window plo-fcmh-day25
    plo-irh-wk20 plo-26-weeks plo-extension-end order-expiry secure-review"""
SUPERVISION = """sup-monthly sup-asye-wk1-6 sup-asye-to-6m sup-asye-6-12m sup-case-on-file sup-record-lag
    sup-crisis sup-action-overdue"""
EHC = """ehc-decide-6wk ehc-advice-6wk ehc-social-care-input ehc-no-plan-16wk ehc-draft-wk16 ehc-parent-15d-floor
    ehc-school-consult-15d ehc-final-20wk ehc-ar-12m ehc-ar-report-2wk ehc-ar-decision-4wk ehc-ar-final-8wk
    ehc-phase-transfer ehc-tribunal-order ehc-mediation-30d ehc-transfer-in"""
IRO = """iro-appoint iro-informal iro-dispute-total-20wd iro-dispute-stage iro-dispute-cafcass iro-dispute-urgent
    iro-report-6m iro-caseload iro-midpoint-check"""
REVIEWS = """cla-care-plan-10wd cla-placement-plan-5wd cla-review-1 cla-review-2 cla-review-n cla-review-prep
    cla-review-record cla-review-action-overdue"""
VISITS = "visit-first-week visit-6wk visit-after-year-1 visit-parent-or-temp visit-seen-alone"
HEALTH = "iha-20wd rha-under5 rha-5plus sdq-annual"
EDUCATION = "pep-initial pep-termly cla-no-school-place"
PROTECTION = """cp-strategy-1wd cp-icpc-15wd cp-core-group-10wd cp-core-group-n cp-rcpc-3m cp-rcpc-6m cp-visit-10wd
    cp-plan-long"""
NEED = "cin-plan-10wd cin-review cin-visit cin-open-long"
FRONT_DOOR = """fd-contact-triage fd-referral-1wd fd-assessment-45wd fd-child-seen fd-unallocated fd-handover
    fd-eh-wrongly-held fd-rereferral"""
RECORDING = "dec-rationale-missing rec-case-note-lag rec-chronology rec-childs-voice mgmt-oversight"
QUALITY = "qa-audit-due qa-action-overdue qa-reaudit-3m qa-sample-cycle plan-action-overdue"
EXCLUSIONS = """excl-governors-15sd excl-governors-50sd excl-day6-ap excl-cla-flag excl-irp excl-repeat"""
HOME_EDUCATION = "ehe-first-contact ehe-cause-for-concern ehe-s437-notice ehe-annual"
MISSING = "missing-rhi-72h missing-still missing-repeat"
LEAVERS = (
    """cl-needs-assessment cl-pathway-plan cl-pathway-review cl-pa-contact cl-accommodation cl-eet-offer"""
)
YOUTH_JUSTICE = "yot-remand-looked-after yot-detention-plan-10wd yot-plan-20wd ccis-not-known"
WORKFORCE_AND_SYSTEM = """wf-caseload wf-worker-changes wf-vacancy-age wf-cover sys-feed-stale sys-clock-no-start
    sys-identity-gap sys-legacy-open adv-advocate"""
AREAS = (
    (12, PERMANENCE),
    (16, PLO),
    (8, SUPERVISION),
    (16, EHC),
    (9, IRO),
    (8, REVIEWS),
    (5, VISITS),
    (4, HEALTH),
    (3, EDUCATION),
    (8, PROTECTION),
    (4, NEED),
    (8, FRONT_DOOR),
    (5, RECORDING),
    (5, QUALITY),
    (6, EXCLUSIONS),
    (4, HOME_EDUCATION),
    (3, MISSING),
    (6, LEAVERS),
    (4, YOUTH_JUSTICE),
    (9, WORKFORCE_AND_SYSTEM),
)
CATALOGUE = tuple(clock for _, clocks in AREAS for clock in clocks.split())

# The statutory clocks which the legal review found missing from the catalogue, in its order, and the rules for each.
ADDED = (
    "placement-parent-assess-10wd placement-parent-decide-10wd",
    "placement-emergency-6wd",
    "saf-notify-5wd saf-rapid-review-15wd",
    "cl-pa-visit-first cl-pa-visit-before-review cl-pa-visit cl-yearly-offer",
    "plo-s37-8wk",
    "contact-refusal-7d",
    "notif-placement notif-area-authority notif-termination notif-distant-approval",
    "ehc-reassess-15d ehc-reassess-final-14wk",
    "ehc-transfer-out",
    "ehc-mediation-agreed ehc-mediation-agreed-icb-1wk",
    "ehc-tribunal-response ehc-tribunal-recommendation",
    "ehc-ar-invite-2wk ehc-ar-advice-2wk",
    "yot-remand-care-plan-5wd",
    "yot-custody-visit-10wd",
    "cl-needs-assessment-relevant",
    """short-breaks-17-days short-breaks-75-days short-breaks-visit-1 short-breaks-visit-n short-breaks-review-1
    short-breaks-review-n""",
    """complaint-stage1-10wd complaint-stage2-25wd complaint-panel-30wd complaint-panel-report-5wd
    complaint-panel-response-15wd""",
    "private-fostering-visit-1 private-fostering-visit-6wk private-fostering-visit-12wk visit-s85-3m",
    "sch-too-ill-15sd sch-too-ill-foreseen",
    "saf-lado-1wd",
    "excl-reconsider-10sd excl-45-day-cap",
    "sch-fair-access-20sd sch-in-year-15sd",
    "adopt-adopters-stage-one adopt-adopters-decision",
    "foster-carer-review-1y",
    "ehc-detained-15d-floor ehc-detained-final-20wk",
)

# Start and last day, counted by hand for the catalogue and again for the review of it.
WORKED = (
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
    ("plo-cmh-window", "2026-12-14", "2027-01-11"),
    ("iro-dispute-total-20wd", "2026-12-10", "2027-01-12"),
    ("visit-6wk", "2026-11-20", "2027-01-01"),
    ("cl-needs-assessment", "2026-11-30", "2027-02-28"),
    # Those that the review added, each of which a false way of counting would fail.
    ("ehc-ar-12m", "2026-03-10", "2027-03-09"),
    ("ehc-transfer-out", "2026-12-14", "2027-01-06"),
    ("plo-s37-8wk", "2026-11-23", "2027-01-17"),
    ("ehc-tribunal-response", "2026-12-01", "2027-01-20"),
    ("cl-pa-visit", "2026-12-31", "2027-02-28"),
    ("excl-day6-ap-permanent", "2027-01-11", "2027-01-18"),
    ("excl-day6-ap-suspension", "2027-01-11", "2027-01-18"),
)

# What ships switched off, as the law is not in force or has not been read.
SHIPS_OFF = {
    "cl-pa-visit-before-review",
    "cl-pathway-review-unregulated",
    "ehe-not-in-school-visit",
    "plo-fgdm-offer",
}

each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)


def written(rule: Rule) -> str:
    return (ROOT / "rules" / rule.area / f"{rule.id}.yaml").read_text(encoding="utf-8")


def examples_of(rule_id: str) -> list[Example]:
    return [example for example in EXAMPLES if example.rule.id == rule_id]


def test_the_catalogue_has_143_clocks_and_none_twice() -> None:
    assert [len(clocks.split()) for _, clocks in AREAS] == [count for count, _ in AREAS]
    assert len(CATALOGUE) == len(set(CATALOGUE)) == 143


@pytest.mark.parametrize("clock", CATALOGUE)
def test_every_clock_of_the_catalogue_has_a_rule(clock: str) -> None:
    assert [rule.id for rule in RULES if rule.id == clock or rule.id.startswith(f"{clock}-")]


def test_every_clock_that_the_review_missed_has_its_rules() -> None:
    assert len(ADDED) == 25
    assert {rule for rules in ADDED for rule in rules.split()} <= BY_ID.keys()


@each_rule
def test_a_rule_says_its_law_and_the_points_it_serves(rule: Rule) -> None:
    assert rule.law.law_class in LawClass
    assert len(rule.law.source) >= len("Local standard")
    assert rule.serves
    assert set(rule.serves) <= set(points())


@each_rule
def test_a_rule_says_whether_it_was_checked_against_the_instrument(rule: Rule) -> None:
    said = re.findall(r"\bchecked: (yes|no)\b", written(rule))
    if rule.law.law_class is not LawClass.LOCAL:
        assert said == ["yes" if rule.law.checked else "no"]
    assert ("*not checked*" in pages((rule,))[f"{rule.id}.md"]) is not rule.law.checked


@each_rule
def test_an_address_is_one_that_an_english_council_can_open(rule: Rule) -> None:
    if rule.law.url is not None:
        assert re.match(r"https?://[a-z0-9.-]+\.[a-z]+/", rule.law.url)
    assert "/cy/" not in written(rule)


def test_a_rule_that_ships_switched_off_says_why() -> None:
    assert {rule.id for rule in RULES if rule.off is not None} == SHIPS_OFF
    for rule_id in SHIPS_OFF:
        why = BY_ID[rule_id].off
        assert why is not None
        assert len(why.split()) >= 8
        assert BY_ID[rule_id].law.expected


@pytest.mark.parametrize(("rule_id", "started_on", "due_on"), WORKED)
def test_the_examples_hold_the_days_that_were_counted_by_hand(
    rule_id: str, started_on: str, due_on: str
) -> None:
    expected = [example.expected for example in examples_of(rule_id)]
    assert (started_on, due_on) in {(said.get("started_on"), said.get("due_on")) for said in expected}


@pytest.mark.parametrize(
    ("phase", "due_on", "act_by"),
    [("other", "2027-02-14", "2027-02-12"), ("secondary-to-post-16", "2027-03-30", "2027-03-30")],
)
def test_before_a_day_means_that_the_day_before_it_is_the_last(phase: str, due_on: str, act_by: str) -> None:
    moving = [
        example.expected
        for example in examples_of("ehc-phase-transfer")
        if {"phase": phase, "transfer_year": "2027"}.items() <= example.subject.fields["attributes"].items()
    ]
    assert any((said.get("due_on"), said.get("act_by")) == (due_on, act_by) for said in moving)


def test_a_final_plan_may_be_sent_from_the_sixteenth_day_of_the_draft_and_not_before() -> None:
    sent = set()
    for example in examples_of("ehc-parent-15d-floor"):
        done = {row.kind: str(row.fields.get("done_on")) for row in example.given}
        if done.get("ehc-draft-sent") == "2027-03-08":
            sent.add((done.get("ehc-final-sent"), example.expected.get("outcome", NOT_RUNNING)))
    assert {("2027-03-22", "too-early"), ("2027-03-23", NOT_RUNNING)} <= sent
