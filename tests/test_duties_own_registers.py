"""What has a register of its own beside episodes.csv and events.csv, examined from outside: row in, clock out."""

from datetime import date

import pytest

from monitor.intake.registers import registers
from monitor.vocabulary import vocabulary
from tests.conftest import Council
from tests.in_force import told
from tests.test_duties import Answer, Row, judged, outcomes, running, write
from tests.test_duties_permanence import care, plan

MADE_BY_THE_MONITOR = {"feed", "load", "start-unknown", "bad-rows"}


def test_every_kind_has_a_register_of_its_own_and_every_episode_an_end_there() -> None:
    own = [each for each in registers().values() if not each.generic]
    carried = {item for register in own for item in register.items(tuple(register.columns))}
    kinds = [kind for kind in vocabulary().kinds.values() if kind.name not in MADE_BY_THE_MONITOR]
    assert [kind.name for kind in kinds if kind.name not in carried] == []
    assert [kind.name for kind in kinds if kind.is_episode and f"{kind.name}.end" not in carried] == []


LETTER = {
    "case_id": "P1",
    "child_id": "C1",
    "letter_sent_on": "2026-11-02",
    "first_meeting_on": "",
    "exited_on": "",
    "final_order_on": "",
    "issued_on": "",
}
MEETING = "plo-letter-to-meeting"


@pytest.mark.parametrize(
    ("more", "answer"),
    [
        ({}, ("overdue", "2026-11-16", "5 working days over")),
        (
            {"first_meeting_moved_on": "", "first_meeting_moved_to": ""},
            ("overdue", "2026-11-16", "5 working days over"),
        ),
        (
            {"first_meeting_moved_on": "2026-11-13", "first_meeting_moved_to": "2026-11-20"},
            ("overdue", "2026-11-20", "overdue"),
        ),
        (
            {"first_meeting_moved_on": "2026-11-13", "first_meeting_moved_to": "2026-12-18"},
            ("due-soon", "2026-11-23", "3 working days before"),
        ),
        (
            # recorded after the limit had passed
            {"first_meeting_moved_on": "2026-11-17", "first_meeting_moved_to": "2026-12-18"},
            ("overdue", "2026-11-16", "5 working days over"),
        ),
        (
            {"first_meeting_moved_on": "2026-11-13", "first_meeting_moved_to": "20/11/2026"},
            ("cannot-tell", None, None),
        ),
    ],
)
def test_a_first_meeting_that_was_put_off_moves_its_limit(
    every_rule: Council, more: Row, answer: Answer
) -> None:
    every_rule.write("plo", {**LETTER, **more})
    every_rule.take()
    assert judged(every_rule, MEETING) == {"P1": answer}


STAY = {"stay_id": "CS1", "case_id": "P1", "child_id": "C1", "stayed_on": "2026-10-12"}


@pytest.mark.parametrize(
    ("stay", "stalled"),
    [
        (None, {"P1": "overdue"}),
        ({**STAY, "lifted_on": ""}, {}),
        ({**STAY, "lifted_on": "2026-11-10"}, {"P1": "overdue"}),
        ({**STAY, "child_id": "C2", "lifted_on": ""}, {"P1": "overdue"}),
        ({**STAY, "case_id": "P2", "lifted_on": ""}, {"P1": "overdue"}),
        ({**STAY, "stayed_on": "2026-05-25", "lifted_on": ""}, {"P1": "overdue"}),  # for 26 weeks by today
        ({**STAY, "stayed_on": "2026-05-26", "lifted_on": ""}, {}),
        ({**STAY, "lifted_on": "10/11"}, {"P1": "cannot-tell"}),
        (STAY, {"P1": "overdue"}),  # a list that cannot say when a stay was lifted quietens nothing
    ],
)
def test_a_case_that_the_court_has_stayed_is_not_stalled(
    every_rule: Council, stay: Row | None, stalled: dict[str, str]
) -> None:
    write(every_rule, "plo", {"case_id": "P1", "child_id": "C1", "gateway_on": "2026-10-01"})
    if stay:
        every_rule.write("court_stays", stay)
    every_rule.take()
    assert outcomes(every_rule, "plo-stalled") == stalled


@pytest.mark.parametrize(("case", "stalled"), [("P1", {}), ("P2", {"P1": "overdue"})])
def test_a_stay_may_stand_in_the_list_of_any_kind(
    every_rule: Council, case: str, stalled: dict[str, str]
) -> None:
    write(every_rule, "plo", {"case_id": "P1", "child_id": "C1", "gateway_on": "2026-10-01"})
    stay = {"episode_id": "CS1", "kind": "court-stay", "child_id": "C1", "about": case}
    every_rule.write("episodes", {**stay, "start_on": "2026-10-12", "end_on": ""})
    every_rule.take()
    assert outcomes(every_rule, "plo-stalled") == stalled


def test_a_stay_without_its_case_is_refused_and_quietens_nothing(every_rule: Council) -> None:
    write(every_rule, "plo", {"case_id": "P1", "child_id": "C1", "gateway_on": "2026-10-01"})
    every_rule.write("court_stays", {**STAY, "case_id": "", "lifted_on": ""})
    assert told(every_rule) == [
        "court_stays.csv row 2: column case_id: is empty: the row was refused. Fill it in."
    ]
    assert outcomes(every_rule, "plo-stalled") == {"P1": "overdue"}


@pytest.mark.parametrize(
    ("sent_on", "answer"),
    [("2026-11-20", {}), ("2026-11-19", {"P1": ("cannot-tell", None, None)})],
)
def test_a_list_of_stays_that_is_no_longer_sent_keeps_no_case_quiet(
    either_council: Council, sent_on: str, answer: dict[str, Answer]
) -> None:
    stays = either_council.write("court_stays", {**STAY, "lifted_on": ""})
    either_council.take(date.fromisoformat(sent_on))
    stays.unlink()
    write(either_council, "plo", {"case_id": "P1", "child_id": "C1", "gateway_on": "2026-10-01"})
    either_council.take()
    assert judged(either_council, "plo-stalled") == answer
    whys = [clock.why for clock in running(either_council, "plo-stalled").values()]
    assert whys == ["Cannot tell: whether what rules it out still lasts is no longer sent."] * len(answer)


@pytest.mark.parametrize(
    ("match", "answer"),
    [
        (None, ("overdue", "2026-11-09", "10 working days over")),
        ("", ("overdue", "2026-11-09", "10 working days over")),
        ("2026-12-01", ("overdue", "2026-11-09", "10 working days over")),
        ("2026-11-02", None),
    ],
)
def test_a_long_term_match_ends_the_search_for_a_plan_b(
    every_rule: Council, match: str | None, answer: Answer | None
) -> None:
    write(every_rule, "care_episodes", care(1, "2026-05-01"))
    row = {**plan(1, "2026-10-26"), "plan_a": "long-term fostering", "plan_b": "", "plan_b_on": ""}
    every_rule.write("permanence", row if match is None else {**row, "long_term_match_on": match})
    every_rule.take()
    assert judged(every_rule, "perm-plan-b-missing") == ({"E1": answer} if answer else {})


@pytest.mark.parametrize(
    ("plan_a", "more"),
    [
        ("adoption", {}),  # a match with adopters
        ("adoption", {"replaced_on": "next week"}),
        ("long-term fostering", {"replaced_on": "2026-11-05"}),
        ("long-term fostering", {"replaced_on": "2026-11-23"}),
    ],
)
def test_a_match_of_another_route_or_of_a_plan_that_was_replaced_ends_no_search(
    every_rule: Council, plan_a: str, more: Row
) -> None:
    write(every_rule, "care_episodes", care(1, "2026-05-01"))
    row = {**plan(1, "2026-10-26"), "plan_a": plan_a, "plan_b": "", "plan_b_on": ""}
    every_rule.write("permanence", {**row, "long_term_match_on": "2026-11-02", "replaced_on": "", **more})
    every_rule.take()
    assert outcomes(every_rule, "perm-plan-b-missing") == {"E1": "overdue"}


@pytest.mark.parametrize(
    ("replaced", "matched", "answer"),
    [
        ("2026-11-24", "2026-11-02", {}),  # the plan stands until then
        ("next week", "2026-11-02", {"E1": "cannot-tell"}),
        ("next week", "2026-12-01", {"E1": "overdue"}),  # a match to come ends nothing either way
    ],
)
def test_a_match_stands_until_its_plan_is_replaced(
    every_rule: Council, replaced: str, matched: str, answer: dict[str, str]
) -> None:
    write(every_rule, "care_episodes", care(1, "2026-05-01"))
    row = {**plan(1, "2026-10-26"), "plan_a": "long-term fostering", "plan_b": "", "plan_b_on": ""}
    every_rule.write("permanence", {**row, "long_term_match_on": matched, "replaced_on": replaced})
    every_rule.take()
    assert outcomes(every_rule, "perm-plan-b-missing") == answer


def test_a_plan_a_that_took_another_s_place_needs_a_plan_b_of_its_own(every_rule: Council) -> None:
    write(every_rule, "care_episodes", *(care(n, "2026-03-02") for n in (1, 2, 3)))
    first = {"plan_b": "long-term fostering", "plan_b_on": "2026-05-04", "replaced_on": "2026-11-02"}
    second = {
        1: {"plan_b": "", "plan_b_on": ""},
        2: {"plan_b": "long-term fostering", "plan_b_on": "2026-10-30"},
        3: {"plan_b": "tbc", "plan_b_on": "2026-11-02"},
    }
    plans = [{**plan(n, "2026-05-04"), "permanence_id": f"PP{n}", **first} for n in second]
    plans += [{**plan(n, "2026-11-02"), "permanence_id": f"NP{n}", **more} for n, more in second.items()]
    every_rule.write("permanence", *plans)
    every_rule.take()
    assert judged(every_rule, "perm-plan-b-missing") == {}
    assert judged(every_rule, "perm-plan-b-missing-new-plan") == {
        "NP1": ("overdue", "2026-11-16", "overdue"),
        "NP3": ("overdue", "2026-11-16", "overdue"),
    }


@pytest.mark.parametrize(
    ("plan_b", "found"),
    [("Long-term fostering", {"E1": ("overdue", "2026-11-16", "overdue")}), ("special guardianship", {})],
)
def test_a_plan_b_that_has_become_plan_a_in_the_same_row_is_none_any_more(
    every_rule: Council, plan_b: str, found: dict[str, Answer]
) -> None:
    write(every_rule, "care_episodes", care(1, "2026-03-02"))
    row = {**plan(1, "2026-05-04"), "permanence_id": "PP1", "plan_b": plan_b, "plan_b_on": "2026-05-04"}
    every_rule.write("permanence", row)
    every_rule.take(date(2026, 11, 2))
    assert judged(every_rule, "perm-plan-b-missing", date(2026, 11, 2)) == {}
    every_rule.write("permanence", {**row, "plan_a": "long term fostering", "plan_a_on": "2026-11-02"})
    every_rule.take()
    assert judged(every_rule, "perm-plan-b-missing") == found


def test_a_plan_a_from_before_care_began_is_watched_by_one_rule(every_rule: Council) -> None:
    write(every_rule, "care_episodes", care(1, "2026-11-02"))
    row = {**plan(1, "2026-10-12"), "permanence_id": "PP1", "plan_b": "", "plan_b_on": ""}
    every_rule.write("permanence", {**row, "replaced_on": ""})
    every_rule.take()
    assert judged(every_rule, "perm-plan-b-missing") == {}
    assert judged(every_rule, "perm-plan-b-missing-new-plan") == {"PP1": ("overdue", "2026-11-16", "overdue")}


OLD_PLAN = {
    "plan_b": "",
    "plan_b_on": "",
    "plan_b_not_required_on": "",
    "plan_b_not_required_until": "",
    "plan_b_not_required_reason": "",
    "plan_b_not_required_by": "",
    "achieved_on": "",
    "replaced_on": "2026-11-02",
}


@pytest.mark.parametrize(
    "beside",
    [
        {"plan_b": "long-term fostering", "plan_b_on": "2026-11-02"},
        {"achieved_on": "2026-11-02", "replaced_on": ""},
        {
            "plan_b_not_required_on": "2026-11-02",
            "plan_b_not_required_until": "2027-03-01",
            "plan_b_not_required_reason": "matched",
            "plan_b_not_required_by": "W40",
        },
    ],
)
def test_what_stands_beside_the_old_plan_on_the_new_ones_first_day_is_not_of_the_new_one(
    every_rule: Council, beside: Row
) -> None:
    write(every_rule, "care_episodes", care(1, "2026-03-02"))
    write(every_rule, "workers", {"worker_id": "W40", "role": "iro"})
    old = {**plan(1, "2026-05-04"), "permanence_id": "PP1", **OLD_PLAN, **beside}
    new = {**plan(1, "2026-11-02"), "permanence_id": "NP1"}
    every_rule.write("permanence", old, new)
    every_rule.take()
    assert judged(every_rule, "perm-plan-b-missing-new-plan") == {"NP1": ("overdue", "2026-11-16", "overdue")}


@pytest.mark.parametrize("first_on", ["", "in spring"])
def test_a_first_plan_a_without_its_day_leaves_the_next_ones_plan_b_untold(
    every_rule: Council, first_on: str
) -> None:
    write(every_rule, "care_episodes", care(1, "2026-03-02"))
    first = {**plan(1, first_on), "permanence_id": "PP1", "replaced_on": "2026-11-02"}
    second = {**plan(1, "2026-11-02"), "permanence_id": "NP1", "plan_b": "", "plan_b_on": ""}
    every_rule.write("permanence", first, second)
    every_rule.take()
    assert judged(every_rule, "perm-plan-b-missing-new-plan") == {"NP1": ("cannot-tell", None, None)}


@pytest.mark.parametrize(
    ("filed", "due"),
    [
        (None, "2026-11-09"),
        ("", "2026-11-09"),
        ("2026-12-01", "2026-11-09"),
        ("2026-11-02", "2026-11-02"),
        ("2/11", "2026-11-09"),  # it could only have been due sooner
    ],
)
def test_plan_b_is_due_with_the_final_care_plan(every_rule: Council, filed: str | None, due: str) -> None:
    write(every_rule, "care_episodes", care(1, "2026-05-01"))
    write(every_rule, "permanence", plan(1, "2026-10-26"))
    case = {"case_id": "P1", "child_id": "C1", "gateway_on": "2026-10-01"}
    every_rule.write("plo", case if filed is None else {**case, "final_care_plan_on": filed})
    every_rule.take()
    assert judged(every_rule, "perm-plan-b-missing")["E1"][:2] == ("overdue", due)


def test_a_final_care_plan_of_an_unreadable_day_leaves_a_plan_b_untold_until_its_other_limits_have_passed(
    every_rule: Council,
) -> None:
    write(every_rule, "care_episodes", care(1, "2026-05-01"))
    write(every_rule, "permanence", plan(1, "2026-11-09"))
    case = {"case_id": "P1", "child_id": "C1", "gateway_on": "2026-10-01", "final_care_plan_on": "2/11"}
    every_rule.write("plo", case)
    every_rule.take()
    found = {on: judged(every_rule, "perm-plan-b-missing", date(2026, 11, on))["E1"] for on in (23, 24)}
    assert found == {23: ("cannot-tell", None, None), 24: ("overdue", "2026-11-23", "overdue")}


DETAINED = {
    "request_id": "DE1",
    "child_id": "C1",
    "received_on": "2026-07-03",
    "decided_on": "2026-08-10",
    "decision": "assess",
    "draft_sent_on": "",
    "representations_complete_on": "",
    "no_plan_notice_on": "",
    "final_sent_on": "",
    "closed_on": "",
    "exception_code": "",
    "exception_on": "",
    "exception_review_on": "",
}
WEEKS_20, FLOOR = "ehc-detained-final-20wk", "ehc-detained-15d-floor"


@pytest.mark.parametrize(
    ("rule", "more", "answer"),
    [
        (WEEKS_20, {}, ("overdue", "2026-11-20", "overdue")),
        (WEEKS_20, {"received_on": "2026-07-06"}, ("due-soon", "2026-11-23", "18 weeks in")),
        (WEEKS_20, {"final_sent_on": "2026-11-20"}, None),
        (WEEKS_20, {"no_plan_notice_on": "2026-10-19"}, None),
        (WEEKS_20, {"decision": "refuse"}, None),
        (WEEKS_20, {"decision": "refuse", "decided_on": ""}, ("overdue", "2026-11-20", "overdue")),
        (WEEKS_20, {"decision": "refuse", "decided_on": "10/8"}, ("cannot-tell", None, None)),
        (WEEKS_20, {"decision": "assess", "decided_on": "10/8"}, ("overdue", "2026-11-20", "overdue")),
        (WEEKS_20, {"decision": "refuse", "decided_on": "2026-07-02"}, ("overdue", "2026-11-20", "overdue")),
        (
            WEEKS_20,
            # dated after the data: not yet one way or the other
            {"decision": "refuse", "decided_on": "2026-12-01"},
            ("overdue", "2026-11-20", "overdue"),
        ),
        (
            WEEKS_20,
            {"exception_code": "exceptional", "exception_on": "2026-11-16"},
            ("excused", "2026-11-20", "overdue"),
        ),
        (
            FLOOR,
            {"draft_sent_on": "2026-11-09", "final_sent_on": "2026-11-20"},
            ("too-early", None, "too early"),
        ),
        (FLOOR, {"draft_sent_on": "2026-11-05", "final_sent_on": "2026-11-20"}, None),
        (FLOOR, {"draft_sent_on": "2026-11-09", "final_sent_on": "2026-11-05"}, ("cannot-tell", None, None)),
        (FLOOR, {"final_sent_on": "2026-11-05"}, ("cannot-tell", None, None)),
        (
            FLOOR,
            {
                "draft_sent_on": "2026-11-09",
                "final_sent_on": "2026-11-20",
                "representations_complete_on": "2026-11-18",
            },
            None,
        ),
    ],
)
def test_the_requests_of_detained_young_people(
    every_rule: Council, rule: str, more: Row, answer: Answer | None
) -> None:
    every_rule.write("detained_ehc_requests", {**DETAINED, **more})
    every_rule.take()
    found = judged(every_rule, rule)
    assert {ref: (outcome, due) for ref, (outcome, due, _) in found.items()} == (
        {"DE1": answer[:2]} if answer else {}
    )


@pytest.mark.parametrize(
    ("more", "answer"),
    [
        ({}, ("overdue", "2026-11-19", "1 working day over")),
        ({"child_safety": "no"}, ("overdue", "2026-11-20", "1 working day over")),
        ({"child_safety": ""}, ("overdue", "2026-11-19", "1 working day over")),
        ({"given_on": "2026-11-19"}, None),
    ],
)
def test_a_worker_s_request_in_a_crisis(every_rule: Council, more: Row, answer: Answer | None) -> None:
    row = {
        "request_id": "CQ1",
        "worker_id": "W1",
        "requested_on": "2026-11-19",
        "child_safety": "yes",
        "given_on": "",
    }
    every_rule.write("crisis_requests", {**row, **more})
    assert told(every_rule) == []
    assert judged(every_rule, "sup-crisis") == ({"CQ1": answer} if answer else {})


def test_an_iro_s_own_report(every_rule: Council) -> None:
    write(
        every_rule,
        "workers",
        *({"worker_id": f"W{n}", "role": "iro", "started_on": "2025-01-06"} for n in (1, 2)),
    )
    every_rule.take()
    assert set(outcomes(every_rule, "iro-report-6m").values()) == {"cannot-tell"}
    every_rule.write(
        "iro_reports",
        {"worker_id": "W1", "reported_on": "2026-05-20"},
        {"worker_id": "W2", "reported_on": "2026-06-22"},
    )
    assert told(every_rule) == []
    assert judged(every_rule, "iro-report-6m") == {
        "W1": ("overdue", "2026-11-20", "overdue"),
        "W2": ("in-time", "2026-12-22", None),
    }


def test_a_child_in_care_who_lives_under_somebody_else_s_arrangements(every_rule: Council) -> None:
    rows = [
        {"arrangement_id": f"LA{n}", "child_id": f"C{n}", "start_on": start, "end_on": end}
        for n, start, end in ((1, "2026-11-13", ""), (2, "2026-11-13", ""), (3, "2026-11-13", "2026-11-19"))
    ]
    every_rule.write("living_arrangements", *rows)
    every_rule.write("visits", {"visit_id": "V1", "child_id": "C2", "kind": "cla", "held_on": "2026-11-17"})
    assert told(every_rule) == []
    assert judged(every_rule, "visit-parent-or-temp-others-week") == {
        "LA1": ("overdue", "2026-11-20", "3 days over")
    }
    assert judged(every_rule, "visit-parent-or-temp-others") == {"LA2": ("in-time", "2026-12-29", None)}


def test_a_child_known_to_two_systems(every_rule: Council) -> None:
    rows = [
        {"gap_id": f"IG{n}", "child_id": f"C{n}", "found_on": "2026-11-13", "settled_on": settled}
        for n, settled in ((1, ""), (2, "2026-11-20"))
    ]
    every_rule.write("identity_gaps", *rows)
    assert told(every_rule) == []
    assert judged(every_rule, "sys-identity-gap") == {"IG1": ("overdue", "2026-11-20", "overdue")}


S85 = {"child_id": "C1", "start_on": "2026-08-20", "end_on": "", "visited_on": "", "decided_on": ""}


def test_a_stay_of_three_months_in_a_hospital_or_a_residential_school(every_rule: Council) -> None:
    more: tuple[Row, ...] = (
        {},
        {"start_on": "2026-08-23"},
        {"visited_on": "2026-11-20"},
        {"decided_on": "2026-09-01"},
        {"end_on": "2026-11-01"},
    )
    every_rule.write("s85_stays", *({"stay_id": f"SE{n}", **S85, **each} for n, each in enumerate(more, 1)))
    assert told(every_rule) == []
    assert judged(every_rule, "visit-s85-3m") == {
        "SE1": ("overdue", "2026-11-20", "overdue"),
        "SE2": ("due-soon", "2026-11-23", "2 weeks before"),
    }
