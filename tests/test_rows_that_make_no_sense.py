"""A register row that makes no sense for its rule: refused, cannot-tell, or the one day that the rule defines.

Never a crash, and never in time without a reason that somebody can read. Dates were worked out on paper.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from tests.conftest import TODAY, Council
from tests.in_force import episodes, told
from tests.test_duties import COLUMNS, judged, running, write

NO_DATE = "it is not a date written year-month-day, such as 2026-11-23. The cell is taken as unknown."
BACKWARDS = "lies before the start of the same row: the row was refused. Put the dates right."
MIDPOINT, UNDER_5, FROM_5 = "plo-midpoint-review", "rha-under5", "rha-5plus"
MORE_COLUMNS = {
    "care_episodes": "episode_id child_id start_on end_on short_breaks iro_told_on care_plan_on",
    "child_protection": f"{COLUMNS['child_protection']} core_group_on plan_end_on",
    "actions": "action_id child_id origin owner_id set_on due_on first_due_on redated done_on grade",
    "orders": "order_id child_id type made_on made_at ends_on ends_at until_further_order ended_on",
    "directions": "direction_id child_id made_on due_on filed_on served_on varied_on varied_to"
    " varied_by_order_id discharged_on",
    "missing": "missing_id child_id reported_at returned_at interview_done_on interview_declined_on",
    "contacts": "contact_id child_id received_on received_at urgency outcome_on",
    "health": "assessment_id child_id kind assessed_on report_on",
    "placements": "placement_id child_id start_on end_on setting temporary_approval placement_plan_on",
    "visits": "visit_id child_id kind held_on seen seen_alone not_alone",
    "health_absences": "absence_id child_id school starts_on back_on foreseen_on reaches_15_on"
    " education_arranged_on officer_id",
    "exclusions": "exclusion_id child_id type school starts_on back_on days_in_term board_told_on board_met_on"
    " representations_on cancelled_on",
}


def rows(council: Council, register: str, *said: Mapping[str, Any]) -> None:
    """Rows of a register that has all the columns which its rules read."""
    if register in MORE_COLUMNS:
        council.write(register, *said, columns=MORE_COLUMNS[register].split())
    else:
        write(council, register, *said)


def why(council: Council, rule: str, ref: str, as_at: date = TODAY) -> str:
    return running(council, rule, as_at)[ref].why


def case(**days: str) -> dict[str, str]:
    return {"case_id": "P1", "child_id": "C1", **days}


def test_a_midway_review_before_the_first_meeting_ends_nothing(council: Council) -> None:
    rows(council, "children", {"child_id": "C1", "dob": "2020-01-01"})
    rows(council, "plo", case(first_meeting_on="2026-10-05", midpoint_review_on="2026-09-28"))
    assert told(council) == []
    assert judged(council, MIDPOINT) == {"P1": ("due-soon", "2026-11-30", "1 week before")}
    assert why(council, MIDPOINT, "P1") == "8 weeks from 2026-10-05."


def test_a_midway_review_without_a_first_meeting_leaves_the_meeting_overdue(council: Council) -> None:
    rows(council, "plo", case(letter_sent_on="2026-10-05", midpoint_review_on="2026-11-02"))
    assert told(council) == []
    assert judged(council, MIDPOINT) == {}
    assert judged(council, "plo-letter-to-meeting")["P1"][:2] == ("overdue", "2026-10-19")


def test_a_final_order_before_issue_is_refused(council: Council) -> None:
    rows(council, "plo", case(issued_on="2026-10-05", final_order_on="2026-09-28"))
    assert told(council) == [f"plo.csv row 2: column final_order_on: {BACKWARDS}"]
    assert judged(council, "plo-26-weeks") == {}


def test_a_decision_dated_before_the_request_stops_nothing(council: Council) -> None:
    rows(council, "ehc", {"request_id": "E1", "child_id": "C1", "received_on": "2026-10-01"} | REFUSED)
    assert told(council) == []
    assert judged(council, "ehc-decide-6wk") == {"E1": ("overdue", "2026-11-12", "1 week over")}


REFUSED = {"decided_on": "2026-09-30", "decision": "refuse"}


@pytest.mark.parametrize(
    ("child", "due", "said"),
    [
        ({"dob": "2025-10-05"}, "2026-11-30", "8 weeks from 2026-10-05."),
        ({"dob": "2025-10-06"}, "2026-11-16", "6 weeks from 2026-10-05."),  # one on the day after the meeting
        ({"dob": "2025-11-01"}, "2026-11-16", "6 weeks from 2026-10-05."),
        ({"expected_dob": "2026-12-05"}, "2026-11-16", "6 weeks from 2026-10-05."),
        (
            {"expected_dob": "2025-01-05"},
            "2026-11-16",
            "6 weeks from 2026-10-05.",
        ),  # and no birth was recorded
        ({}, "2026-11-16", "6 weeks from 2026-10-05, the shorter limit because the age is not known."),
    ],
)
def test_a_baby_who_turns_one_between_the_meeting_and_the_review_keeps_the_shorter_limit(
    council: Council, child: dict[str, str], due: str, said: str
) -> None:
    rows(council, "children", {"child_id": "C1", **child})
    rows(council, "plo", case(first_meeting_on="2026-10-05"))
    assert told(council) == []
    assert judged(council, MIDPOINT)["P1"][1] == due
    assert why(council, MIDPOINT, "P1") == said


@pytest.mark.parametrize(
    ("dob", "under_5", "from_5"),
    [
        ("2022-02-04", "2027-02-03", None),  # five on the day after the six months
        ("2022-02-03", None, "2027-08-03"),
        ("2021-10-01", None, "2027-08-03"),
        ("", "2027-02-03", "2027-08-03"),  # not known: both are watched, and the shorter comes first
    ],
)
def test_a_fifth_birthday_between_two_health_assessments_leaves_one_limit(
    every_rule: Council, dob: str, under_5: str | None, from_5: str | None
) -> None:
    rows(every_rule, "children", {"child_id": "C1", "dob": dob})
    rows(every_rule, "care_episodes", {"episode_id": "K1", "child_id": "C1", "start_on": "2024-01-08"})
    assessed = {"assessment_id": "H1", "child_id": "C1", "kind": "review", "assessed_on": "2026-08-03"}
    rows(every_rule, "health", assessed)
    assert told(every_rule) == []
    for rule, due in ((UNDER_5, under_5), (FROM_5, from_5)):
        assert judged(every_rule, rule) == ({"K1": ("in-time", due, None)} if due else {}), rule


def test_two_open_placements_have_a_clock_each(every_rule: Council) -> None:
    rows(
        every_rule,
        "placements",
        {"placement_id": "PL1", "child_id": "C1", "start_on": "2026-11-02"},
        {"placement_id": "PL2", "child_id": "C1", "start_on": "2026-11-18", "setting": "foster"},
    )
    rows(every_rule, "visits", {"visit_id": "V1", "child_id": "C1", "kind": "cla", "held_on": "2026-11-05"})
    assert told(every_rule) == []
    assert judged(every_rule, "cla-placement-plan-5wd") == {
        "PL1": ("overdue", "2026-11-09", "5 working days over"),
        "PL2": ("due-soon", "2026-11-25", "2 working days before"),
    }
    assert judged(every_rule, "visit-first-week") == {"PL2": ("due-soon", "2026-11-25", "4 days in")}


def test_two_open_child_protection_plans_have_a_clock_each(every_rule: Council) -> None:
    plan = {"child_id": "C1", "strategy_on": "2026-10-01"}
    rows(
        every_rule,
        "child_protection",
        {"enquiry_id": "Q1", "plan_start_on": "2026-10-20", **plan},
        {"enquiry_id": "Q2", "plan_start_on": "2026-11-20", **plan},
    )
    seen = {"visit_id": "V1", "child_id": "C1", "kind": "cp", "held_on": "2026-11-16", "seen": "yes"}
    rows(every_rule, "visits", seen)
    assert told(every_rule) == []
    assert judged(every_rule, "cp-visit-10wd") == {
        "Q1": ("in-time", "2026-11-30", None),
        "Q2": ("in-time", "2026-12-04", None),
    }


@pytest.mark.parametrize("ended", ["", "2026-11-20"])
def test_two_care_episodes_that_overlap_are_one_and_it_is_said(council: Council, ended: str) -> None:
    first = {"episode_id": "K1", "child_id": "C1", "start_on": "2026-11-02", "end_on": ended}
    rows(council, "care_episodes", first, {"episode_id": "K2", "child_id": "C1", "start_on": "2026-11-16"})
    rows(council, "reviews", {"child_id": "C9", "kind": "cla", "due_on": "2026-12-01"})
    taken = council.take()
    assert taken.is_clean
    assert [each["ref"] for each in episodes(council, "care-episode")] == ["K1"]
    assert judged(council, "cla-review-1") == {"K1": ("due-soon", "2026-11-30", "5 working days before")}


def test_a_start_after_today_begins_its_clock_on_that_day(council: Council) -> None:
    rows(council, "ehc", {"request_id": "E1", "child_id": "C1", "received_on": "2026-11-25"})
    assert told(council) == []
    assert judged(council, "ehc-decide-6wk", date(2026, 11, 24)) == {}
    assert judged(council, "ehc-decide-6wk", date(2026, 11, 25)) == {"E1": ("in-time", "2027-01-06", None)}


@pytest.mark.parametrize(
    ("register", "row", "column"),
    [
        ("ehc", {"request_id": "E1", "received_on": "2026-10-01", "closed_on": "2026-09-30"}, "closed_on"),
        ("care_episodes", {"episode_id": "K1", "start_on": "2026-10-01", "end_on": "2026-09-30"}, "end_on"),
        ("actions", {"action_id": "A1", "owner_id": "W1", "set_on": "2026-10-01"}, "done_on"),
        ("missing", {"missing_id": "M1", "reported_at": "2026-11-20T18:00"}, "returned_at"),
        ("orders", {"order_id": "O1", "type": "epo", "made_at": "2026-11-20T18:00"}, "ends_at"),
    ],
)
def test_an_end_before_the_start_is_refused(
    council: Council, register: str, row: dict[str, str], column: str
) -> None:
    # On one day, the time decides: back at eight in the morning, reported at six in the evening.
    ended = row.get(column) or ("2026-11-20T08:00" if column.endswith("_at") else "2026-09-30")
    rows(council, register, {"child_id": "C1", **row, column: ended})
    assert told(council) == [f"{register}.csv row 2: column {column}: {BACKWARDS}"]


def test_a_return_in_another_zone_is_compared_by_the_moment_and_not_by_its_digits(
    either_council: Council,
) -> None:
    period = {"child_id": "C1", "reported_at": "2026-07-20T18:00"}  # London's summer time: 17:00 in UTC
    rows(
        either_council,
        "missing",
        {"missing_id": "M1", **period, "returned_at": "2026-07-20T17:30+00:00"},
        {"missing_id": "M2", **period, "returned_at": "2026-07-20T17:30+01:00"},
        {"missing_id": "M3", **period, "returned_at": "2026-07-20"},
    )
    assert told(either_council) == [f"missing.csv row 3: column returned_at: {BACKWARDS}"]


def test_a_child_of_eighteen_whose_care_was_never_ended_stays_overdue(council: Council) -> None:
    rows(council, "children", {"child_id": "C1", "dob": "2008-10-01"})
    rows(council, "care_episodes", {"episode_id": "K1", "child_id": "C1", "start_on": "2024-11-04"})
    held = ("2025-01-06", "2025-03-03", "2026-03-02")
    rows(council, "reviews", *({"child_id": "C1", "kind": "cla", "held_on": day} for day in held))
    assert told(council) == []
    assert judged(council, "cla-review-n")["K1"][:2] == ("overdue", "2026-09-02")
