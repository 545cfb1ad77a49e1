"""Supervision of workers, examined from outside."""

import pytest

from tests.conftest import Council
from tests.test_duties import Row, judged, outcomes, write

MONTHLY, WEEKLY = "sup-monthly", "sup-asye-wk1-6"


def worker(number: int, started: str = "2020-01-01", **more: str) -> Row:
    return {"worker_id": f"W{number}", "role": "social-worker", "started_on": started, **more}


def session(number: int, held: str, kind: str = "one-to-one") -> Row:
    return {"worker_id": f"W{number}", "supervisor_id": "M1", "kind": kind, "held_on": held}


def away(number: int, start: str, end: str, reason: str = "sickness") -> Row:
    return {"worker_id": f"W{number}", "start_on": start, "end_on": end, "reason": reason}


def test_a_month_runs_by_date_from_the_last_one_to_one_that_was_held(council: Council) -> None:
    write(
        council,
        "workers",
        *(worker(number) for number in range(1, 8)),
        worker(8, "2026-10-23"),
        worker(9, "2026-11-30"),
        worker(10, ""),
        worker(11, left_on="2026-11-20"),
    )
    write(
        council,
        "supervision",
        session(1, "2026-10-23"),
        session(2, "2026-10-22"),
        *(session(3, "2026-11-20", kind) for kind in ("case", "group", "crisis")),
        session(3, "2026-10-22"),
        session(4, "2026-10-22"),
        session(4, "2026-11-25"),
        session(5, "2026-10-31"),
        session(6, "2026-10-28"),
        session(7, "22/10/2026"),
        session(11, "2026-09-01"),
    )
    write(council, "absences")
    council.take()
    assert judged(council, MONTHLY) == {
        "W1": ("due-soon", "2026-11-23", "1 day before"),
        "W2": ("overdue", "2026-11-22", "overdue"),
        "W3": ("overdue", "2026-11-22", "overdue"),
        "W4": ("overdue", "2026-11-22", "overdue"),
        "W5": ("in-time", "2026-11-30", None),
        "W6": ("due-soon", "2026-11-28", "5 days before"),
        "W7": ("cannot-tell", None, None),
        "W8": ("due-soon", "2026-11-23", "1 day before"),
        "W10": ("cannot-tell", None, None),
    }


def test_a_long_absence_starts_the_clock_afresh_and_annual_leave_does_not(council: Council) -> None:
    write(council, "workers", *(worker(number) for number in range(1, 7)))
    write(
        council,
        "supervision",
        *(session(number, "2026-09-01") for number in range(1, 7)),
        session(6, "2026-11-18"),
    )
    write(
        council,
        "absences",
        away(1, "2026-09-14", "2026-11-18"),
        away(2, "2026-09-14", "2026-11-13", "annual leave"),
        away(3, "2026-09-14", ""),
        away(4, "2026-11-02", "2026-11-13"),
        away(5, "2026-11-16", ""),
        away(6, "2026-09-14", "2026-11-13"),
    )
    council.take()
    answers = judged(council, MONTHLY)
    assert answers.pop("W1")[0] == "due-soon"
    late = ("overdue", "2026-10-01", "5 working days over")
    assert answers == {"W2": late, "W4": late, "W5": late, "W6": ("in-time", "2026-12-18", None)}


def test_an_absence_whose_end_cannot_be_read_leaves_supervision_untold(council: Council) -> None:
    write(council, "workers", worker(1))
    write(council, "supervision", session(1, "2026-09-01"))
    write(council, "absences", away(1, "2026-09-14", "13/11/2026"))
    council.take()
    assert outcomes(council, MONTHLY) == {"W1": "cannot-tell"}


def test_a_new_social_worker_is_supervised_weekly_for_six_weeks_and_then_monthly(council: Council) -> None:
    write(
        council,
        "workers",
        worker(1, "2026-11-09", asye_started_on="2026-11-09"),
        worker(2, "2026-11-16", asye_started_on="2026-11-16"),
        worker(3, "2026-10-13", asye_started_on="2026-10-13"),
        worker(4, "2026-10-12", asye_started_on="2026-10-12"),
        worker(5, "2026-10-01", asye_started_on="2026-11-09", asye_ended_on="2026-11-20"),
        worker(6, asye_started_on="2026-11-30"),
    )
    write(
        council,
        "supervision",
        session(1, "2026-11-16"),
        session(3, "2026-11-15"),
        session(3, "2026-11-20", "group"),
    )
    write(council, "absences")
    council.take()
    assert judged(council, WEEKLY) == {
        "W1": ("due-soon", "2026-11-23", "2 days before"),
        "W2": ("due-soon", "2026-11-23", "2 days before"),
        "W3": ("overdue", "2026-11-22", "overdue"),
    }
    assert judged(council, MONTHLY) == {
        "W4": ("overdue", "2026-11-12", "5 working days over"),
        "W5": ("overdue", "2026-11-01", "5 working days over"),
        "W6": ("overdue", "2020-02-01", "5 working days over"),
    }


def test_a_long_absence_starts_the_weekly_clock_afresh_too(council: Council) -> None:
    write(council, "workers", worker(1, "2026-11-02", asye_started_on="2026-11-02"))
    write(council, "supervision")
    write(council, "absences", away(1, "2026-11-03", "2026-11-19"))
    council.take()
    assert outcomes(council, WEEKLY)["W1"] != "overdue"


@pytest.mark.parametrize("rule", [MONTHLY, WEEKLY])
def test_without_a_register_of_supervision_nobody_can_tell(council: Council, rule: str) -> None:
    write(council, "workers", worker(1), worker(2, "2026-11-16", asye_started_on="2026-11-16"))
    council.take()
    assert set(outcomes(council, rule).values()) == {"cannot-tell"}
