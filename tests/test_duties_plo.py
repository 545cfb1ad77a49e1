"""Public Law Outline cases, examined from outside."""

import pytest

from tests.conftest import Council
from tests.test_duties import Row, judged, outcomes, running, write

STALLED, WEEKS_26 = "plo-stalled", "plo-26-weeks"


def case(number: int, child: str = "", **dates: str) -> Row:
    return {"case_id": f"P{number}", "child_id": child or f"C{number}", **dates}


def test_each_step_is_due_from_the_one_before_and_a_booked_one_stops_nothing(council: Council) -> None:
    write(
        council,
        "plo",
        case(1, gateway_on="2026-11-16"),
        case(2, gateway_on="2026-11-13"),
        case(3, gateway_on="2026-11-02", letter_sent_on="2026-11-30"),
        case(4, gateway_on="2026-11-02", issued_on="2026-11-05"),
        case(5, gateway_on="2026-11-02", exited_on="2026-11-05", exit_outcome="stepped-down"),
        case(6, gateway_on="2026-11-02", letter_sent_on="2026-11-09"),
        case(7, letter_sent_on="2026-11-02"),
        case(8, gateway_on="2026-10-01", letter_sent_on="2026-10-05", issued_on="2026-10-20"),
        case(9, "S1", gateway_on="2026-11-02", letter_sent_on="2026-11-05"),
        case(9, "S2", gateway_on="2026-11-02"),
    )
    council.take()
    assert judged(council, "plo-gateway-to-letter") == {
        "P1": ("due-soon", "2026-11-23", "2 working days before"),
        "P2": ("overdue", "2026-11-20", "overdue"),
        "P3": ("overdue", "2026-11-09", "3 working days over"),
        "P9": ("overdue", "2026-11-09", "3 working days over"),
    }
    assert judged(council, "plo-letter-to-meeting") == {
        "P6": ("due-soon", "2026-11-23", "3 working days before"),
        "P7": ("overdue", "2026-11-16", "5 working days over"),
        "P9": ("overdue", "2026-11-19", "overdue"),
    }
    assert judged(council, "plo-preproc-16wk")["P7"] == ("in-time", "2027-02-22", None)
    assert set(judged(council, "plo-preproc-16wk")) == {"P6", "P7", "P9"}


@pytest.mark.parametrize(
    ("child", "due", "said"),
    [
        ({"dob": "2025-10-13"}, "2026-11-23", ""),
        ({"dob": "2025-10-12"}, "2026-12-07", ""),
        ({"expected_dob": "2026-12-20"}, "2026-11-23", ""),
        ({"dob": ""}, "2026-11-23", "age is not known"),
        ({"dob": "12/10/2015"}, "2026-11-23", "age is not known"),
    ],
)
def test_the_midpoint_is_at_six_weeks_under_one_year_unborn_or_of_unknown_age(
    council: Council, child: Row, due: str, said: str
) -> None:
    write(council, "children", {"child_id": "C1", **child})
    write(council, "plo", case(1, gateway_on="2026-10-01", first_meeting_on="2026-10-12"))
    council.take()
    clock = running(council, "plo-midpoint-review")["P1"]
    assert str(clock.due_on) == due
    assert said in clock.why


@pytest.mark.parametrize(
    ("until", "answer"),
    [
        ("", ("overdue", "2026-09-28", "4 weeks over")),
        ("2026-11-22", ("overdue", "2026-11-22", "overdue")),
        ("2026-11-23", ("due-soon", "2026-11-23", "14 weeks in")),
        ("2026-12-15", ("due-soon", "2026-11-23", "14 weeks in")),
        ("2026-08-30", ("overdue", "2026-09-28", "4 weeks over")),
    ],
)
def test_pre_proceedings_may_be_extended_by_eight_weeks_and_no_more(
    council: Council, until: str, answer: tuple[str, str, str]
) -> None:
    write(council, "plo", case(1, letter_sent_on="2026-06-08", extended_until=until))
    council.take()
    assert judged(council, "plo-preproc-16wk") == {"P1": answer}


def test_proceedings_end_within_twenty_six_weeks_beginning_with_the_day_of_issue(council: Council) -> None:
    write(
        council,
        "plo",
        case(1, issued_on="2026-05-26"),
        case(2, "S1", issued_on="2026-05-25"),
        case(2, "S2", issued_on="2026-05-25", final_order_on="2026-11-01"),
        case(3, issued_on="2026-05-25", final_order_on="2026-12-20"),
        case(4, issued_on="2026-11-23"),
        case(5, issued_on="25/05/2026"),
    )
    council.take()
    assert judged(council, WEEKS_26) == {
        "P1": ("due-soon", "2026-11-23", "2 weeks before"),
        "P2": ("overdue", "2026-11-22", "overdue"),
        "P3": ("overdue", "2026-11-22", "overdue"),
        "P4": ("in-time", "2027-05-23", None),
        "P5": ("cannot-tell", None, None),
    }
    assert str(running(council, WEEKS_26)["P4"].act_by) == "2027-05-21"


def extended(number: int, granted: str, ends: str) -> Row:
    return case(number, issued_on="2026-05-25", extension_granted_on=granted, extension_ends_on=ends)


def test_an_extension_moves_the_last_day_only_if_granted_by_it(council: Council) -> None:
    write(
        council,
        "plo",
        extended(1, "2026-11-22", "2027-01-17"),
        extended(2, "2026-11-23", "2027-01-17"),
        extended(3, "", "2027-01-17"),
        extended(4, "2026-10-01", ""),
        extended(5, "2026-10-01", "2026-11-20"),
    )
    council.take()
    assert {ref: str(clock.due_on) for ref, clock in running(council, WEEKS_26).items()} == {
        "P1": "2027-01-17",
        **dict.fromkeys(("P2", "P3", "P4", "P5"), "2026-11-22"),
    }
    moved = running(council, WEEKS_26)["P1"]
    assert str(moved.lawful_due_on) == "2026-11-22"
    assert "2026-11-22" in moved.why
    assert "2027-01-17" in moved.why


@pytest.mark.parametrize(("granted", "ends"), [("01/10/2026", "2027-01-17"), ("2026-10-01", "17/01/2027")])
def test_an_extension_that_cannot_be_read_leaves_the_last_day_untold(
    council: Council, granted: str, ends: str
) -> None:
    write(council, "plo", extended(1, granted, ends))
    council.take()
    assert outcomes(council, WEEKS_26) == {"P1": "cannot-tell"}


def stalling(number: int, last: str, step_on: str, step: str, **more: str) -> Row:
    return case(
        number, gateway_on="2026-09-01", last_event_on=last, next_step_on=step_on, next_step=step, **more
    )


def test_a_case_stalls_after_28_days_unless_it_waits_for_a_hearing(council: Council) -> None:
    write(
        council,
        "plo",
        stalling(1, "2026-10-26", "2026-11-25", "meeting"),
        stalling(2, "2026-10-25", "2026-11-25", "meeting"),
        stalling(3, "2026-10-25", "2027-03-01", "meeting"),
        stalling(4, "2026-10-25", "2027-03-01", "final hearing"),
        stalling(5, "2026-11-16", "2026-11-23", "hearing"),
        stalling(6, "2026-11-16", "2026-11-20", "meeting"),
        stalling(7, "2026-09-10", "2027-03-01", "assessment", first_meeting_on="2026-11-10"),
        stalling(8, "2026-10-01", "2027-03-01", "assessment", first_meeting_on="2026-11-30"),
        stalling(9, "2026-11-20", "2027-03-01", "meeting", exited_on="2026-11-20", exit_outcome="closed"),
        stalling(
            10, "2026-09-20", "2026-12-21", "meeting", issued_on="2026-09-10", final_order_on="2026-11-01"
        ),
    )
    council.take()
    assert judged(council, STALLED) == {
        "P1": ("due-soon", "2026-11-23", "21 days in"),
        "P2": ("overdue", "2026-11-22", "overdue"),
        "P3": ("overdue", "2026-11-22", "overdue"),
        "P4": ("in-time", "2027-03-01", None),
        "P5": ("in-time", "2026-11-23", None),
        "P6": ("overdue", "2026-11-20", "overdue"),
        "P7": ("in-time", "2026-12-08", None),
        "P8": ("overdue", "2026-10-29", "14 days over"),
    }


def test_a_last_event_or_a_next_step_that_cannot_be_read_leaves_a_stall_untold(council: Council) -> None:
    write(
        council,
        "plo",
        stalling(1, "26/10/2026", "2027-03-01", "meeting"),
        stalling(2, "2026-10-25", "01/03/2027", "final hearing"),
    )
    council.take()
    assert outcomes(council, STALLED) == {"P1": "cannot-tell", "P2": "cannot-tell"}


def test_where_nobody_records_next_steps_their_absence_stalls_no_case(council: Council) -> None:
    write(
        council,
        "plo",
        case(1, gateway_on="2026-09-01", last_event_on="2026-11-10"),
        without=["next_step_on", "next_step"],
    )
    council.take()
    assert outcomes(council, STALLED)["P1"] != "overdue"
