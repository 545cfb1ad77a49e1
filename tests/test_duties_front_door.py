"""Referrals, assessments and first conferences, examined from outside."""

from datetime import date

import pytest

from tests.conftest import Council
from tests.test_duties import Row, judged, outcomes, write

DECISION, ASSESSMENT, CONFERENCE = "fd-referral-1wd", "fd-assessment-45wd", "cp-icpc-15wd"


def referral(number: int, received: str, child: str = "", **more: str) -> Row:
    return {"referral_id": f"R{number}", "child_id": child or f"C{number}", "received_on": received, **more}


def enquiry(number: int, strategy: str, child: str = "", **more: str) -> Row:
    return {"enquiry_id": f"K{number}", "child_id": child or f"C{number}", "strategy_on": strategy, **more}


def test_a_referral_needs_its_decision_and_word_to_the_referrer(council: Council) -> None:
    done = {"decided_on": "2026-11-20", "referrer_told_on": "2026-11-20"}
    write(
        council,
        "referrals",
        referral(1, "2026-11-20"),
        referral(2, "2026-11-19"),
        referral(3, "2026-11-19", **{**done, "referrer_told_on": ""}),
        referral(4, "2026-11-19", **{**done, "decided_on": ""}),
        referral(5, "2026-11-19", **done),
        referral(6, "2026-11-19", **{**done, "referrer_told_on": "2026-11-24"}),
        referral(7, "2026-11-19", **{**done, "referrer_told_on": "20/11/2026"}),
        referral(8, ""),
        referral(9, "2026-11-19", closed_on="2026-11-20"),
        referral(10, "2026-11-19", "S1", **done),
        referral(10, "2026-11-19", "S2"),
    )
    council.take()
    assert outcomes(council, DECISION) == {
        "R1": "due-soon",
        **dict.fromkeys(("R2", "R3", "R4", "R6", "R10"), "overdue"),
        **dict.fromkeys(("R7", "R8"), "cannot-tell"),
    }


def test_where_telling_the_referrer_is_not_recorded_the_decision_is_enough(council: Council) -> None:
    write(
        council,
        "referrals",
        referral(1, "2026-11-19", decided_on="2026-11-20"),
        referral(2, "2026-11-19"),
        without=["referrer_told_on"],
    )
    council.take()
    assert judged(council, DECISION) == {"R2": ("overdue", "2026-11-20", "1 working day over")}


def test_an_assessment_has_45_working_days_and_a_recorded_reason_excuses_it(council: Council) -> None:
    write(
        council,
        "referrals",
        referral(1, "2026-09-21"),
        *(referral(number, "2026-09-18") for number in (2, 3, 4, 5)),
        referral(6, "2026-09-18", assessment_authorised_on="2026-11-20"),
        referral(7, "2026-09-18", assessment_authorised_on="2026-11-24"),
        referral(8, "2026-09-18", assessment_authorised_on="20/11/2026"),
    )
    excuse = {"rule": ASSESSMENT, "by": "M2", "code": "reason-recorded", "on": "2026-11-02"}
    write(
        council,
        "excuses",
        {**excuse, "ref": "R3", "review_on": "2026-12-18"},
        {**excuse, "ref": "R4", "on": "2026-10-20"},
        {**excuse, "ref": "R5", "code": "exceptional", "review_on": "2026-12-18"},
    )
    council.take()
    assert judged(council, ASSESSMENT) == {
        "R1": ("due-soon", "2026-11-23", "41 working days in"),
        "R2": ("overdue", "2026-11-20", "overdue"),
        "R3": ("excused", "2026-11-20", "overdue"),
        "R4": ("overdue", "2026-11-20", "overdue"),
        "R5": ("overdue", "2026-11-20", "overdue"),
        "R7": ("overdue", "2026-11-20", "overdue"),
        "R8": ("cannot-tell", None, None),
    }


def test_a_closing_day_that_cannot_be_read_leaves_both_clocks_untold(council: Council) -> None:
    write(council, "referrals", referral(1, "2026-09-18", closed_on="20/11/2026"))
    council.take()
    assert outcomes(council, DECISION) == outcomes(council, ASSESSMENT) == {"R1": "cannot-tell"}


def test_a_conference_is_held_within_fifteen_working_days_or_decided_against(council: Council) -> None:
    write(
        council,
        "child_protection",
        enquiry(1, "2026-11-02"),
        enquiry(2, "2026-10-30"),
        enquiry(3, "2026-10-30", conference_on="2026-11-25"),
        enquiry(4, "2026-10-30", no_conference_on="2026-11-19"),
        enquiry(5, "2026-10-30", conference_on="19/11/2026"),
        enquiry(6, ""),
        enquiry(7, "2026-10-30", "S1", conference_on="2026-11-19"),
        enquiry(7, "2026-10-30", "S2"),
    )
    council.take()
    assert judged(council, CONFERENCE) == {
        "K1": ("due-soon", "2026-11-23", "13 working days in"),
        "K2": ("overdue", "2026-11-20", "overdue"),
        "K3": ("overdue", "2026-11-20", "overdue"),
        "K5": ("cannot-tell", None, None),
        "K6": ("cannot-tell", None, None),
        "K7": ("overdue", "2026-11-20", "overdue"),
    }


@pytest.mark.parametrize(
    ("rule", "as_at", "due"),
    [
        (DECISION, date(2026, 12, 28), "2026-12-29"),
        (CONFERENCE, date(2027, 1, 8), "2027-01-06"),
        (ASSESSMENT, date(2027, 3, 30), "2027-03-02"),
    ],
)
def test_christmas_and_the_new_year_are_not_counted(
    council: Council, rule: str, as_at: date, due: str
) -> None:
    write(council, "referrals", referral(1, "2026-12-24"))
    write(council, "child_protection", enquiry(1, "2026-12-11"))
    write(council, "excuses")
    council.take(as_at)
    assert [answer[1] for answer in judged(council, rule, as_at).values()] == [due]


def test_good_friday_and_easter_monday_are_not_counted(council: Council) -> None:
    write(council, "child_protection", enquiry(1, "2027-03-18"))
    council.take(date(2027, 4, 12))
    assert judged(council, CONFERENCE, date(2027, 4, 12)) == {
        "K1": ("due-soon", "2027-04-12", "13 working days in")
    }
