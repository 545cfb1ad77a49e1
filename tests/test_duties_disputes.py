"""Disputes by Independent Reviewing Officers, examined from outside."""

from datetime import date

import pytest

from tests.conftest import Council
from tests.test_duties import Row, judged, outcomes, write

TOTAL, STAGE, CAFCASS = "iro-dispute-total-20wd", "iro-dispute-stage", "iro-dispute-cafcass"
LAST_DAY = date(2027, 1, 12)  # twenty working days from 10 December


def dispute(
    number: int, opened: str = "2026-10-01", child: str = "", formal: str = "yes", **more: str
) -> Row:
    return {
        "dispute_id": f"D{number}",
        "child_id": child or f"C{number}",
        "raised_by_id": "W40",
        "opened_on": opened,
        "formal": formal,
        "stage": "1",
        "stage_opened_on": opened,
        **more,
    }


def test_a_dispute_has_twenty_working_days_in_all_and_five_a_stage(council: Council) -> None:
    write(
        council,
        "disputes",
        dispute(1, "2026-10-26", stage="4", stage_opened_on="2026-11-16"),
        dispute(2, "2026-10-23", stage="4", stage_opened_on="2026-11-13"),
        dispute(3, "", stage_opened_on="2026-11-16"),
        dispute(4, "2026-11-02", stage="2", stage_opened_on="09/11/2026"),
    )
    council.take()
    assert judged(council, TOTAL) == {
        "D1": ("due-soon", "2026-11-23", "18 working days in"),
        "D2": ("overdue", "2026-11-20", "overdue"),
        "D3": ("cannot-tell", None, None),
        "D4": ("due-soon", "2026-11-30", "15 working days in"),
    }
    assert judged(council, STAGE) == {
        "D1": ("due-soon", "2026-11-23", "1 working day before"),
        "D2": ("overdue", "2026-11-20", "overdue"),
        "D3": ("due-soon", "2026-11-23", "1 working day before"),
        "D4": ("cannot-tell", None, None),
    }


def test_christmas_is_not_counted(council: Council) -> None:
    write(council, "disputes", dispute(1, "2026-12-10"))
    council.take(LAST_DAY)
    assert judged(council, TOTAL, LAST_DAY) == {"D1": ("due-soon", "2027-01-12", "18 working days in")}


def test_only_a_formal_dispute_starts_the_days(council: Council) -> None:
    write(
        council,
        "disputes",
        dispute(1, formal="no", urgent="yes", urgent_on="2026-11-02"),
        dispute(2, formal=""),
    )
    council.take()
    assert [judged(council, rule) for rule in (TOTAL, STAGE, CAFCASS)] == [{}, {}, {}]


def test_only_an_end_that_the_iro_agrees_to_stops_a_dispute_and_each_child_on_its_own(
    council: Council,
) -> None:
    write(
        council,
        "disputes",
        dispute(1, resolved_on="2026-10-20", agreed_by_iro="yes"),
        dispute(2, resolved_on="2026-10-20", agreed_by_iro="no"),
        dispute(3, resolved_on="2026-10-20", agreed_by_iro=""),
        dispute(4, resolved_on="2026-12-20", agreed_by_iro="yes"),
        dispute(5, resolved_on="20/10/2026", agreed_by_iro="yes"),
        dispute(6, resolved_on="", agreed_by_iro="yes"),
        dispute(7, child="S1"),
        dispute(7, child="S2"),
        dispute(7, child="S3", resolved_on="2026-10-12", agreed_by_iro="yes"),
    )
    council.take()
    late = ("overdue", "2026-10-29", "overdue")
    assert judged(council, TOTAL) == {
        **dict.fromkeys(("D2", "D3", "D4", "D6", "D7 S1", "D7 S2"), late),
        "D5": ("cannot-tell", None, None),
    }
    assert judged(council, STAGE)["D2"] == ("overdue", "2026-10-08", "overdue")


def test_cafcass_is_decided_one_working_day_after_the_twenty_or_after_the_iro_calls_it_urgent(
    council: Council,
) -> None:
    write(
        council,
        "disputes",
        dispute(1, "2026-10-23"),
        dispute(2, "2026-11-02", urgent="yes", urgent_on="2026-11-19"),
        dispute(3, "2026-11-02", urgent="yes", urgent_on="2026-11-20"),
        dispute(4, "2026-11-02", urgent="no", urgent_on="2026-11-19"),
        dispute(5, "2026-11-02", urgent="yes", urgent_on="2026-12-01"),
        dispute(6, cafcass_decision_on="2026-10-30"),
        dispute(7, cafcass_decision_on="30/10/2026"),
    )
    council.take()
    assert {ref: answer[:2] for ref, answer in judged(council, CAFCASS).items()} == {
        "D1": ("due-soon", "2026-11-23"),
        "D2": ("overdue", "2026-11-20"),
        "D3": ("in-time", "2026-11-23"),
        "D4": ("in-time", "2026-12-01"),
        "D5": ("in-time", "2026-12-01"),
        "D7": ("cannot-tell", None),
    }
    assert judged(council, TOTAL)["D6"] == ("overdue", "2026-10-29", "overdue")


def test_an_urgent_day_that_cannot_be_read_leaves_the_referral_untold(council: Council) -> None:
    write(council, "disputes", dispute(1, "2026-11-02", urgent="yes", urgent_on="19/11/2026"))
    council.take()
    assert outcomes(council, CAFCASS) == {"D1": "cannot-tell"}


@pytest.mark.parametrize("rule", [TOTAL, STAGE, CAFCASS])
def test_a_register_that_does_not_say_what_is_formal_is_not_silence(council: Council, rule: str) -> None:
    row = {name: value for name, value in dispute(1).items() if name != "formal"}
    write(council, "disputes", row, without=["formal"])
    council.take()
    assert outcomes(council, rule) == {"D1": "cannot-tell"}
