"""What the rows of the registers become: Episodes, Events, people, and whose they are."""

from datetime import date
from typing import Any

import pytest

from monitor import tables
from monitor.clocks import clocks
from monitor.model import Outcome
from tests.conftest import TODAY, Council
from tests.in_force import episodes, events, in_force, the_clock, told

CASE = {"case_id": "P1", "child_id": "C1", "gateway_on": "2026-06-01"}


@pytest.mark.parametrize(
    ("register", "row", "kind"),
    [
        ("plo", CASE, "plo-case"),
        ("disputes", {"dispute_id": "P1", "raised_by_id": "W1", "opened_on": "2026-11-02"}, "dispute"),
        ("child_protection", {"enquiry_id": "P1", "strategy_on": "2026-11-02"}, "s47-enquiry"),
        ("referrals", {"referral_id": "P1", "received_on": "2026-11-02"}, "referral"),
    ],
)
def test_siblings_share_an_id(council: Council, register: str, row: dict[str, str], kind: str) -> None:
    council.write(register, *({**row, "child_id": child} for child in ("C1", "C2", "C3")))
    assert told(council) == []
    found = episodes(council, kind)
    assert [(each["ref"], each["child_key"]) for each in found] == [
        ("P1", f"registers:C{number}") for number in (1, 2, 3)
    ]
    assert len({each["record"] for each in found}) == 3


def test_a_tracker_of_another_source_meets_the_same_child_by_its_issuer(council: Council) -> None:
    sources = council.home.path / "config" / "sources.yaml"
    sources.parent.mkdir(parents=True)
    sources.write_text("plo-tracker:\n  ids: { child: registers, worker: registers }\n")
    council.write("children", {"child_id": "C1", "team_id": "T1"})
    council.take()
    tracker = council.folder.parent / "tracker"
    council.folder = tracker
    council.write("plo", CASE)
    council.take(source="plo-tracker")
    (case,) = episodes(council, "plo-case")
    assert (case["source"], case["child_key"], case["record"]) == (
        "plo-tracker",
        "registers:C1",
        "plo-tracker|P1|registers:C1",
    )


def test_care_episodes_that_touch_are_one_period_and_that_is_said(council: Council) -> None:
    council.write(
        "care_episodes",
        *care("A", "2026-05-01", "2026-06-01"),
        *care("B", "2026-06-01", "2026-07-01"),
        *care("C", "2026-07-01", ""),
        *care("D", "2026-01-01", "2026-04-30"),
    )
    taken = council.take()
    assert taken.notes == ["care_episodes.csv: rows 2, 3, 4 touch and were joined into one period of care."]
    assert [
        (each["ref"], each["start_on"], each["end_on"]) for each in episodes(council, "care-episode")
    ] == [
        ("D", date(2026, 1, 1), date(2026, 4, 30)),
        ("A", date(2026, 5, 1), None),
    ]


def care(episode: str, start: str, end: str, **values: str) -> list[dict[str, str]]:
    return [
        {
            "episode_id": episode,
            "child_id": "C1",
            "start_on": start,
            "end_on": end,
            "short_breaks": "no",
            **values,
        }
    ]


def test_a_short_break_is_no_part_of_a_period_of_care(council: Council) -> None:
    council.write(
        "care_episodes",
        *care("A", "2026-05-01", "2026-06-01"),
        *care("B", "2026-06-01", "", short_breaks="yes"),
    )
    assert council.take().notes == []
    assert len(episodes(council, "care-episode")) == 2


def test_a_period_whose_last_end_cannot_be_read_has_an_end_that_is_not_known(council: Council) -> None:
    council.write("care_episodes", *care("A", "2026-05-01", "2026-06-01"), *care("B", "2026-06-01", "June"))
    council.take()
    (period,) = episodes(council, "care-episode")
    assert (period["end_on"], period["end_unknown"]) == (None, True)


def test_a_child_with_a_refused_row_keeps_the_periods_that_were_known(council: Council) -> None:
    rows = [
        *care("A", "2026-05-01", "2026-06-01"),
        *care("B", "2026-06-01", "2026-07-01"),
        *care("C", "2026-07-01", ""),
    ]
    council.write("care_episodes", *rows)
    council.take()
    council.write("care_episodes", rows[0], {**rows[1], "end_on": "2026-05-01"}, rows[2])
    taken = council.take()
    assert (taken.new, taken.changed, taken.withdrawn) == (0, 0, 0)
    assert [each["ref"] for each in episodes(council, "care-episode")] == ["A"]


def test_days_after_the_data_s_own_are_plans(council: Council) -> None:
    council.write(
        "reviews",
        {"child_id": "C1", "kind": "cla", "held_on": "2026-11-24"},
        {"child_id": "C2", "kind": "cla", "held_on": "2026-11-23"},
    )
    council.take(TODAY)
    assert [when(each) for each in events(council, "cla-review")] == [
        (date(2026, 11, 24), None, "planned"),
        (None, date(2026, 11, 23), None),
    ]


def when(event: dict[str, Any]) -> tuple[date | None, date | None, str | None]:
    return event["due_on"], event["done_on"], event["status"]


def test_a_planned_review_is_held_by_the_next_load(council: Council) -> None:
    council.write("reviews", {"child_id": "C1", "kind": "cla", "held_on": "2026-11-24"})
    council.take(date(2026, 11, 23))
    taken = council.take(date(2026, 11, 24))
    assert (taken.new, taken.changed) == (
        1,
        1,
    )  # its record, which is owed from now on, and the review itself
    assert [when(each) for each in events(council, "cla-review")] == [(None, date(2026, 11, 24), None)]


@pytest.mark.parametrize(
    ("status", "held_on", "found"),
    [
        ("planned", "2026-11-02", (date(2026, 11, 2), None, "planned", False)),
        ("cancelled", "2026-11-02", (date(2026, 11, 2), None, "cancelled", False)),
        ("held", "2026-11-02", (None, date(2026, 11, 2), "held", False)),
        ("held", "", (None, None, "held", True)),
        ("held", "2/11", (None, None, "held", True)),
    ],
)
def test_what_a_review_s_status_says_goes_before_its_column(
    council: Council, status: str, held_on: str, found: tuple[object, ...]
) -> None:
    council.write("reviews", {"child_id": "C1", "kind": "cla", "held_on": held_on, "status": status})
    council.take()
    (review,) = events(council, "cla-review")
    assert (*when(review), review["unknown"]) == found


def test_only_a_looked_after_review_that_was_held_has_a_record_that_is_owed(council: Council) -> None:
    held = {"child_id": "C1", "kind": "cla", "held_on": "2026-11-02"}
    council.write(
        "reviews",
        {**held, "review_id": "R1", "decisions_sent_on": "2026-11-06"},
        {**held, "child_id": "C2"},
        {**held, "review_id": "R3", "status": "planned"},
        {**held, "review_id": "R4", "status": "cancelled"},
        {**held, "review_id": "R5", "kind": "cp", "decisions_sent_on": "2026-11-06"},
        {**held, "review_id": "R6", "held_on": "", "due_on": "2026-12-01"},
    )
    council.take()
    found = episodes(council, "review-record")
    assert [(each["ref"], each["start_on"]) for each in found] == [
        ("R1", date(2026, 11, 2)),
        ("2026-11-02", date(2026, 11, 2)),
    ]
    (sent,) = events(council, "review-decisions-sent")
    assert sent["record"] == found[0]["record"]


def test_a_review_that_was_held_on_a_day_that_cannot_be_read_has_a_record_without_a_start(
    council: Council,
) -> None:
    council.write(
        "reviews", {"review_id": "R1", "child_id": "C1", "kind": "cla", "held_on": "2/11", "status": "held"}
    )
    council.take()
    (owed,) = episodes(council, "review-record")
    assert (owed["start_on"], owed["start_unknown"]) == (None, "unreadable")


def test_what_is_said_of_a_row_that_was_joined_is_said_of_the_whole_period(council: Council) -> None:
    council.write(
        "care_episodes",
        *care("A", "2026-05-01", "2026-06-01"),
        *care("B", "2026-06-01", "", care_plan_on="2026-05-08"),
    )
    council.take()
    (period,) = episodes(council, "care-episode")
    (plan,) = events(council, "care-plan-prepared")
    assert (period["ref"], plan["record"]) == ("A", period["record"])


@pytest.mark.parametrize("status", ["planned", "cancelled", ""])
def test_a_review_without_any_day_that_was_not_held_is_nothing_yet(council: Council, status: str) -> None:
    council.write("reviews", {"child_id": "C1", "kind": "cla", "held_on": "", "status": status})
    council.take()
    assert events(council, "cla-review") == []


def test_a_waiver_says_whether_it_has_a_reason_and_an_iro_and_keeps_neither(council: Council) -> None:
    council.write(
        "permanence",
        {
            "child_id": "C1",
            "plan_a": "adoption",
            "plan_a_on": "2026-09-01",
            "plan_b_not_required_until": "2027-01-01",
            "plan_b_not_required_reason": "Zaphod's own words",
            "plan_b_not_required_on": "2026-09-02",
            "plan_b_not_required_by": "W1",
        },
    )
    council.take()
    (waiver,) = events(council, "plan-b-waiver")
    assert waiver["attributes"] == {"until": "2027-01-01", "reason_given": "yes", "iro_named": "yes"}


def test_a_waiver_without_reason_iro_and_day_is_recorded_so_that_the_finding_can_say_that_it_is_void(
    council: Council,
) -> None:
    council.write(
        "permanence",
        {
            "child_id": "C1",
            "plan_a": "adoption",
            "plan_a_on": "2026-09-01",
            "plan_b_on": "",
            "plan_b_not_required_until": "2027-01-01",
        },
    )
    council.write("care_episodes", *care("A", "2026-05-01", ""))
    council.write("reviews", columns=["child_id", "kind", "held_on"])
    council.take()
    clock = the_clock(council, "perm-plan-b-missing")
    assert (clock.outcome, clock.void_grants) == (Outcome.OVERDUE, 1)


def test_a_plan_without_a_waiver_has_none(council: Council) -> None:
    council.write(
        "permanence", {"child_id": "C1", "plan_a_on": "2026-09-01", "plan_b_not_required_until": ""}
    )
    council.take()
    assert events(council, "plan-b-waiver") == []


def test_orders_that_extend_the_26_weeks_accumulate_over_loads(council: Council) -> None:
    extended = {**CASE, "issued_on": "2026-01-05", "final_order_on": ""}

    def taken(granted: str, until: str, as_at: date) -> list[str]:
        council.write("plo", {**extended, "extension_granted_on": granted, "extension_ends_on": until})
        council.take(as_at)
        return [str(each["due_on"]) for each in events(council, "s32-extension")]

    assert taken("2026-06-01", "2026-09-01", date(2026, 10, 1)) == ["2026-09-01"]
    assert taken("2026-08-25", "2026-12-01", date(2026, 10, 2)) == ["2026-09-01", "2026-12-01"]
    assert the_clock(council, "plo-26-weeks", date(2026, 10, 2)).due_on == date(2026, 12, 1)
    assert taken("", "", date(2026, 10, 3)) == []


def test_an_excuse_names_the_rule_the_row_and_why(council: Council) -> None:
    council.write(
        "excuses",
        {
            "rule": "ehc-final-20wk",
            "ref": "E1",
            "code": "exceptional",
            "by": "W1",
            "on": "2026-11-02",
            "review_on": "2026-12-01",
        },
    )
    council.take()
    (excuse,) = episodes(council, "excuse")
    assert (excuse["ref"], excuse["start_on"], excuse["end_on"]) == (
        "E1",
        date(2026, 11, 2),
        date(2026, 12, 1),
    )
    assert excuse["attributes"]["rule"] == "ehc-final-20wk"


def test_an_absence_is_leave_or_not_and_long_or_not(council: Council) -> None:
    absence = {"worker_id": "W1", "start_on": "2026-09-01", "end_on": "2026-09-16"}
    council.write(
        "absences",
        {**absence, "reason": "sickness"},
        {**absence, "worker_id": "W2", "reason": "Annual leave"},
        {**absence, "worker_id": "W3", "reason": "sickness", "end_on": "2026-09-15"},
        {**absence, "worker_id": "W4", "reason": "sickness", "end_on": ""},
    )
    council.take()
    found = [each["attributes"] for each in episodes(council, "absence")]
    assert [(each["leave"], each.get("long")) for each in found] == [
        ("other", "yes"),
        ("annual", "no"),
        ("other", "no"),
        ("other", None),
    ]


def test_a_next_step_that_is_a_hearing_is_one_and_its_words_are_dropped(council: Council) -> None:
    step = {**CASE, "next_step_on": "2027-02-01"}
    council.write(
        "plo",
        {**step, "next_step": "IRH before Judge Zaphod"},
        {**step, "case_id": "P2", "next_step": "meeting"},
    )
    council.take()
    assert [each["record"] for each in events(council, "plo-hearing")] == ["registers|P1|registers:C1"]
    assert "Zaphod" not in str(in_force(council, tables.event))


def test_a_case_that_left_for_court_does_not_end_with_its_exit(council: Council) -> None:
    left = {**CASE, "exited_on": "2026-09-01", "issued_on": ""}
    council.write(
        "plo",
        {**left, "exit_outcome": "step-down"},
        {**left, "case_id": "P2", "exit_outcome": "issued", "issued_on": "2026-09-01"},
    )
    council.take()
    assert [each["end_on"] for each in episodes(council, "plo-case")] == [date(2026, 9, 1), None]


def test_a_clock_runs_on_what_a_generic_register_carries(council: Council) -> None:
    council.write(
        "episodes",
        {
            "episode_id": "E1",
            "kind": "ehc-request",
            "child_id": "C1",
            "start_on": "2026-09-01",
            "end_on": "",
            "decision": "",
        },
        columns=["episode_id", "kind", "child_id", "start_on", "end_on", "decision", "exception_code"],
    )
    council.write(
        "events",
        {
            "event_id": "X1",
            "kind": "ehc-decision-notified",
            "child_id": "C9",
            "about": "E9",
            "done_on": "2026-09-02",
        },
    )
    council.take()
    found = clocks(council.home, as_at=TODAY, known_at=None, rule="ehc-decide-6wk")
    assert [(clock.row.ref, clock.outcome, clock.due_on) for clock, _ in found] == [
        ("E1", Outcome.OVERDUE, date(2026, 10, 13))
    ]
