"""Education, health and care assessments, examined from outside."""

import pytest

from tests.conftest import Council
from tests.test_duties import Row, judged, outcomes, running, write

DECIDE, DRAFT, FINAL = "ehc-decide-6wk", "ehc-draft-wk16", "ehc-final-20wk"
ASSESSED = {"decided_on": "2026-08-10", "decision": "assess"}
DRAFTED = {**ASSESSED, "draft_sent_on": "2026-10-01"}


def request(number: int, received: str = "2026-07-05", **more: str) -> Row:
    return {"request_id": f"Q{number}", "child_id": f"C{number}", "received_on": received, **more}


def excepted(number: int, on: str, review_on: str, code: str = "exceptional") -> Row:
    return request(number, **DRAFTED, exception_code=code, exception_on=on, exception_review_on=review_on)


def excused(number: int, on: str, review_on: str, rule: str = FINAL, code: str = "exceptional") -> Row:
    return {"rule": rule, "ref": f"Q{number}", "code": code, "by": "M2", "on": on, "review_on": review_on}


def test_the_weeks_run_from_receipt_and_the_last_day_is_in_time(council: Council) -> None:
    write(
        council,
        "ehc",
        request(1, "2026-10-12"),
        request(2, "2026-10-11"),
        request(3, "2026-08-03", decided_on="2026-09-01", decision="assess"),
        request(4, "2026-08-02", decided_on="2026-09-01", decision="assess"),
        request(5, "2026-07-06", **DRAFTED),
        request(6, "2026-07-05", **DRAFTED),
        request(7, ""),
        request(8, "2026-07-05T23:30:00Z", **DRAFTED),
    )
    council.take()
    assert {ref: answer for ref, answer in judged(council, DECIDE).items() if ref in ("Q1", "Q2", "Q7")} == {
        "Q1": ("due-soon", "2026-11-23", "5 weeks in"),
        "Q2": ("overdue", "2026-11-22", "overdue"),
        "Q7": ("cannot-tell", None, None),
    }
    assert judged(council, DRAFT) == {
        "Q1": ("in-time", "2027-02-01", None),
        "Q2": ("in-time", "2027-01-31", None),
        "Q3": ("due-soon", "2026-11-23", "15 weeks in"),
        "Q4": ("overdue", "2026-11-22", "overdue"),
        "Q7": ("cannot-tell", None, None),
    }
    assert judged(council, FINAL) == {
        "Q1": ("in-time", "2027-03-01", None),
        "Q2": ("in-time", "2027-02-28", None),
        "Q3": ("due-soon", "2026-12-21", "16 weeks in"),
        "Q4": ("due-soon", "2026-12-20", "16 weeks in"),
        "Q5": ("due-soon", "2026-11-23", "19 weeks in"),
        "Q6": ("overdue", "2026-11-22", "overdue"),
        "Q7": ("cannot-tell", None, None),
        "Q8": ("due-soon", "2026-11-23", "19 weeks in"),
    }


def test_what_has_been_done_stops_and_what_is_planned_does_not(council: Council) -> None:
    write(
        council,
        "ehc",
        request(1, decided_on="2026-08-10", decision="refuse"),
        request(2, **DRAFTED, final_sent_on="2026-11-20"),
        request(3, **ASSESSED, no_plan_notice_on="2026-10-01"),
        request(4, closed_on="2026-10-01"),
        request(5, **DRAFTED, final_sent_on="2026-12-20"),
        request(6, **DRAFTED, closed_on="2026-12-01"),
        request(7, **DRAFTED, final_sent_on="20/11/2026"),
        request(8, **DRAFTED, closed_on="20/11/2026"),
        request(9, **DRAFTED, no_plan_notice_on="20/11/2026"),
    )
    council.take()
    assert outcomes(council, FINAL) == {
        "Q5": "overdue",
        "Q6": "overdue",
        **dict.fromkeys(("Q7", "Q8", "Q9"), "cannot-tell"),
    }


def test_a_refusal_on_a_day_that_has_not_come_is_a_plan(council: Council) -> None:
    write(council, "ehc", request(1, decided_on="2026-12-10", decision="refuse"))
    council.take()
    assert [outcomes(council, rule) for rule in (DECIDE, DRAFT, FINAL)] == [{"Q1": "overdue"}] * 3


def test_a_refusal_on_a_day_that_nobody_can_read_leaves_the_plan_untold(council: Council) -> None:
    write(
        council,
        "ehc",
        request(1, decided_on="10/08/2026", decision="refuse"),
        request(2, decided_on="10/08/2026", decision="assess"),
        request(3, decided_on="10/08/2026", decision="refuse", final_sent_on="2026-11-20"),
        request(4, decided_on="", decision="refuse"),
    )
    council.take()
    for rule in (DRAFT, FINAL):
        assert outcomes(council, rule) == {"Q1": "cannot-tell", "Q2": "overdue", "Q4": "overdue"}
        assert running(council, rule)["Q1"].why == "Cannot tell: the day of the decision cannot be read."


def test_every_way_of_excusing_holds_to_its_review_or_for_twenty_working_days(council: Council) -> None:
    write(
        council,
        "ehc",
        excepted(1, "2026-11-02", "2026-11-23"),
        excepted(2, "2026-11-02", "2026-11-22"),
        excepted(3, "2026-10-26", ""),
        excepted(4, "2026-10-23", ""),
        excepted(5, "2026-11-24", "2026-12-07"),
        *(request(number, **DRAFTED) for number in range(6, 12)),
    )
    write(
        council,
        "excuses",
        excused(6, "2026-11-02", "2026-11-23"),
        excused(7, "2026-11-02", "2026-11-22"),
        excused(8, "2026-10-26", ""),
        excused(9, "2026-10-23", ""),
        excused(10, "2026-11-02", "2026-12-07", rule=DECIDE),
        excused(11, "2026-11-02", "2026-12-07", code="reason-recorded"),
    )
    council.take()
    holds = ("excused", "2026-11-22", "overdue")
    over = ("overdue", "2026-11-22", "overdue")
    assert judged(council, FINAL) == {
        "Q1": holds,
        "Q2": over,
        "Q3": holds,
        "Q4": over,
        "Q5": over,
        "Q6": holds,
        "Q7": over,
        "Q8": holds,
        "Q9": over,
        "Q10": over,
        "Q11": over,
    }


@pytest.mark.parametrize(
    ("column", "rule"),
    [
        ("received_on", DECIDE),
        ("decided_on", DECIDE),
        ("draft_sent_on", DRAFT),
        ("final_sent_on", FINAL),
        ("no_plan_notice_on", FINAL),
        ("exception_code", FINAL),
    ],
)
def test_a_column_that_is_not_there_is_not_an_empty_one(council: Council, column: str, rule: str) -> None:
    row = {name: value for name, value in request(1).items() if name != column}
    write(council, "ehc", row, without=[column])
    council.take()
    assert outcomes(council, rule) == {"Q1": "cannot-tell"}
