"""The first rules, examined from outside: registers by hand, dates by calendar; here what all rules share.

The other `test_duties_*` files take one area each. Every expected date was worked out on paper from
the law and the counting conventions; none was computed by the monitor.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pytest

from monitor.clocks import clocks
from monitor.model import Clock
from tests.conftest import TODAY, Council

COLUMNS = {
    "children": "child_id dob expected_dob team_id",
    "workers": "worker_id role team_id manager_id started_on asye_started_on asye_ended_on left_on",
    "absences": "worker_id start_on end_on reason",
    "care_episodes": "episode_id child_id start_on end_on short_breaks",
    "reviews": "child_id kind due_on held_on status",
    "permanence": "child_id plan_a plan_a_on plan_b plan_b_on plan_b_not_required_until plan_b_not_required_reason"
    " plan_b_not_required_on plan_b_not_required_by endorsed_on achieved_on",
    "plo": "case_id child_id gateway_on letter_sent_on first_meeting_on midpoint_review_on exited_on exit_outcome"
    " extended_until issued_on case_management_hearing_on issues_resolution_hearing_on final_order_on"
    " extension_granted_on extension_ends_on last_event_on next_step_on next_step",
    "ehc": "request_id child_id received_on decided_on decision draft_sent_on no_plan_notice_on final_sent_on"
    " closed_on exception_code exception_on exception_review_on",
    "supervision": "worker_id supervisor_id child_id kind held_on signed_on",
    "disputes": "dispute_id child_id raised_by_id opened_on formal stage stage_opened_on urgent urgent_on"
    " resolved_on agreed_by_iro cafcass_decision_on",
    "child_protection": "enquiry_id child_id strategy_on conference_on no_conference_on plan_start_on",
    "referrals": "referral_id child_id received_on decided_on referrer_told_on assessment_authorised_on closed_on",
    "excuses": "rule ref code reason by on review_on",
}
Row = Mapping[str, Any]
Answer = tuple[str, str | None, str | None]


def write(council: Council, register: str, *rows: Row, without: Sequence[str] = ()) -> None:
    """A register with all the columns that its rules read, but for those it is `without`."""
    council.write(
        register, *rows, columns=[name for name in COLUMNS[register].split() if name not in without]
    )


def running(council: Council, rule: str, as_at: date = TODAY) -> dict[str, Clock]:
    """The running clocks of a rule by ref; brothers and sisters by "ref child"."""
    found = [clock for clock, _ in clocks(council.home, as_at=as_at, known_at=None, rule=rule)]
    refs = [clock.row.ref for clock in found]
    return {
        ref if refs.count(ref) == 1 else f"{ref} {(clock.row.child or '').split(':')[-1]}": clock
        for ref, clock in zip(refs, found, strict=True)
    }


def judged(council: Council, rule: str, as_at: date = TODAY) -> dict[str, Answer]:
    """Outcome, last day in time and stage of every running clock of a rule."""
    return {
        ref: (clock.outcome.value, clock.due_on.isoformat() if clock.due_on else None, clock.stage)
        for ref, clock in running(council, rule, as_at).items()
    }


def outcomes(council: Council, rule: str, as_at: date = TODAY) -> dict[str, str]:
    return {ref: clock.outcome.value for ref, clock in running(council, rule, as_at).items()}


@pytest.mark.parametrize(
    ("as_at", "outcome"),
    [
        (date(2026, 11, 20), "in-time"),
        (date(2026, 11, 23), "in-time"),
        (date(2026, 11, 24), "overdue"),
    ],
)
def test_a_source_may_be_silent_for_one_working_day(council: Council, as_at: date, outcome: str) -> None:
    write(council, "ehc")
    council.take(date(2026, 11, 20))
    assert judged(council, "sys-feed-stale", as_at)["registers"][:2] == (outcome, "2026-11-23")


def test_what_fell_due_since_the_data_stopped_cannot_be_told_and_what_was_overdue_stays_so(
    council: Council,
) -> None:
    write(
        council,
        "ehc",
        {"request_id": "Q1", "child_id": "C1", "received_on": "2026-07-03"},
        {"request_id": "Q2", "child_id": "C2", "received_on": "2026-07-06"},
    )
    council.take(date(2026, 11, 23))
    assert judged(council, "ehc-final-20wk", date(2026, 11, 26)) == {
        "Q1": ("overdue", "2026-11-20", "overdue"),
        "Q2": ("cannot-tell", "2026-11-23", None),
    }


def test_a_missing_start_is_told_at_once_and_worsens_after_five_working_days(council: Council) -> None:
    write(council, "ehc", {"request_id": "Q1", "child_id": "C1", "received_on": ""})
    for day in (date(2026, 11, 9), date(2026, 11, 13), date(2026, 11, 16)):
        council.take(day)
        assert outcomes(council, "ehc-final-20wk", day) == {"Q1": "cannot-tell"}
    assert judged(council, "sys-clock-no-start", date(2026, 11, 13))["Q1"][2] != "5 working days over"
    assert judged(council, "sys-clock-no-start", date(2026, 11, 16))["Q1"][2] == "5 working days over"


def test_a_row_without_a_start_is_listed_once(council: Council) -> None:
    write(council, "plo", {"case_id": "P1", "child_id": "C1", "gateway_on": "", "issued_on": "26/05/2026"})
    council.take()
    listed = [
        clock for clock, _ in clocks(council.home, as_at=TODAY, known_at=None, rule="sys-clock-no-start")
    ]
    assert [clock.row.ref for clock in listed] == ["P1"]
