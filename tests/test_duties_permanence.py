"""Permanence and reviews of children in care, examined from outside."""

import pytest

from tests.conftest import Council
from tests.test_duties import Row, judged, outcomes, running, write

PLAN, PLAN_B = "perm-plan-by-second-review", "perm-plan-b-missing"


def care(number: int, start: str, **more: str) -> Row:
    return {"episode_id": f"E{number}", "child_id": f"C{number}", "start_on": start, **more}


def review(number: int, held: str, **more: str) -> Row:
    return {"child_id": f"C{number}", "kind": "cla", "held_on": held, **more}


def plan(number: int, plan_a_on: str = "2026-06-01", plan_a: str = "adoption", **more: str) -> Row:
    return {"child_id": f"C{number}", "plan_a": plan_a, "plan_a_on": plan_a_on, **more}


def in_care(council: Council, *plans: Row, reviews: tuple[Row, ...] = ()) -> None:
    """As many children as there are plans, in care since 1 May, with these plans and reviews."""
    write(council, "care_episodes", *(care(number, "2026-05-01") for number in range(1, len(plans) + 1)))
    write(council, "permanence", *plans)
    write(council, "reviews", *reviews)
    write(
        council, "workers", {"worker_id": "W40", "role": "iro"}, {"worker_id": "W1", "role": "social-worker"}
    )


def test_the_plan_is_due_on_the_day_of_the_second_review_or_when_that_must_be_held(council: Council) -> None:
    write(
        council,
        "care_episodes",
        *(care(number, "2026-03-02") for number in range(1, 5)),
        care(5, "2026-07-01"),
        care(6, "2026-09-01"),
        care(7, "2026-08-31"),
        care(8, "2026-03-02", short_breaks="yes"),
        care(9, "2026-03-02", end_on="2026-11-20"),
        care(10, "31/08/2026"),
        care(11, "2026-12-01"),
    )
    write(
        council,
        "reviews",
        *(review(number, "2026-03-27") for number in range(1, 5)),
        *(review(number, "2026-06-26") for number in (1, 2)),
        review(4, "", due_on="2026-06-26", status="planned"),
        review(5, "2026-02-10"),
        review(7, "2026-08-31"),
    )
    write(
        council, "permanence", plan(1, endorsed_on="2026-06-26"), plan(2), plan(6, endorsed_on="2026-12-01")
    )
    council.take()
    assert judged(council, PLAN) == {
        "E2": ("overdue", "2026-06-26", "20 working days over"),
        "E3": ("overdue", "2026-06-27", "20 working days over"),
        "E4": ("overdue", "2026-06-27", "20 working days over"),
        "E5": ("overdue", "2026-10-29", "10 working days over"),
        "E6": ("due-soon", "2026-12-29", "10 weeks in"),
        "E7": ("due-soon", "2026-11-30", "10 weeks in"),
        "E10": ("cannot-tell", None, None),
    }


def test_a_plan_b_is_due_ten_working_days_after_plan_a_or_at_the_second_review(council: Council) -> None:
    in_care(
        council,
        plan(1, "2026-11-09"),
        plan(2, "2026-11-06"),
        plan(3, "2026-11-06", plan_b="guardianship", plan_b_on="2026-11-20"),
        plan(4, "2026-11-06", plan_b="guardianship", plan_b_on="2026-12-20"),
        plan(5, "2026-11-06", plan_b="guardianship", plan_b_on="2026-10-20"),
        plan(6, achieved_on="2026-10-01"),
        plan(7, "2026-10-26"),
        plan(8, "06/11/2026"),
        reviews=(review(7, "2026-05-20"), review(7, "2026-11-02")),
    )
    council.take()
    assert judged(council, PLAN_B) == {
        "E1": ("due-soon", "2026-11-23", "2 working days before"),
        "E2": ("overdue", "2026-11-20", "overdue"),
        "E4": ("overdue", "2026-11-20", "overdue"),
        "E7": ("overdue", "2026-11-02", "10 working days over"),
        "E8": ("cannot-tell", None, None),
    }


@pytest.mark.parametrize("words", ["", "TBC"])
def test_a_plan_b_that_says_nothing_is_no_plan_b(council: Council, words: str) -> None:
    in_care(council, plan(1, plan_b=words, plan_b_on="2026-06-05"))
    council.take()
    assert outcomes(council, PLAN_B) == {"E1": "overdue"}


def test_a_plan_a_without_a_day_cannot_be_told(council: Council) -> None:
    in_care(council, plan(1, plan_a_on=""))
    council.take()
    assert outcomes(council, PLAN_B) == {"E1": "cannot-tell"}


def waived(
    number: int, until: str, on: str = "2026-08-31", by: str = "W40", reason: str = "see minutes"
) -> Row:
    return plan(
        number,
        plan_b_not_required_until=until,
        plan_b_not_required_on=on,
        plan_b_not_required_by=by,
        plan_b_not_required_reason=reason,
    )


def test_a_waiver_holds_to_its_last_day_and_six_months_at_most(council: Council) -> None:
    in_care(council, waived(1, "2027-02-28"), waived(2, "2026-11-23"), waived(3, "2026-11-22"))
    council.take()
    assert outcomes(council, PLAN_B) == {"E1": "excused", "E2": "excused", "E3": "overdue"}


def test_a_waiver_without_reason_day_or_iro_or_too_long_is_void_and_the_finding_says_so(
    council: Council,
) -> None:
    in_care(
        council,
        waived(1, "2027-03-01"),
        waived(2, "2027-02-28", reason=""),
        waived(3, "2027-02-28", on=""),
        waived(4, "2027-02-28", by=""),
        waived(5, "2027-02-28", on="2026-11-24"),
    )
    council.take()
    for clock in running(council, PLAN_B).values():
        assert (clock.outcome.value, str(clock.due_on)) == ("overdue", "2026-06-15")
        assert "void" in clock.why


def test_a_waiver_by_a_social_worker_is_void(council: Council) -> None:
    in_care(council, waived(1, "2027-02-28", by="W1"))
    council.take()
    assert outcomes(council, PLAN_B) == {"E1": "overdue"}


def test_reviews_run_from_care_from_the_first_and_from_the_last_that_was_held(council: Council) -> None:
    write(
        council,
        "care_episodes",
        care(1, "2026-10-26"),
        care(2, "2026-10-23"),
        care(3, "2026-10-01"),
        care(4, "2026-08-05"),
        care(5, "2026-03-02"),
        care(6, "2026-02-02"),
        care(7, "2026-06-30"),
    )
    write(
        council,
        "reviews",
        review(3, "2026-10-20", status="cancelled"),
        review(4, "2026-08-31"),
        review(4, "2026-12-01", status="planned"),
        review(5, "2026-03-27"),
        review(5, "2026-03-27", kind="cp"),
        review(6, "2026-02-27"),
        review(6, "2026-05-23"),
        review(7, "2026-03-27"),
        review(7, "2026-06-10"),
    )
    council.take()
    assert judged(council, "cla-review-1") == {
        "E1": ("due-soon", "2026-11-23", "5 working days before"),
        "E2": ("overdue", "2026-11-20", "overdue"),
        "E3": ("overdue", "2026-10-29", "3 working days over"),
        "E7": ("overdue", "2026-07-28", "3 working days over"),
    }
    assert judged(council, "cla-review-2") == {
        "E4": ("due-soon", "2026-11-30", "2 weeks before"),
        "E5": ("overdue", "2026-06-27", "5 working days over"),
    }
    assert judged(council, "cla-review-n") == {"E6": ("due-soon", "2026-11-23", "3 weeks before")}
    assert str(running(council, "cla-review-2")["E5"].act_by) == "2026-06-26"


def test_a_second_review_that_cannot_be_read_leaves_its_clock_and_the_plan_untold(council: Council) -> None:
    write(council, "care_episodes", care(1, "2026-09-21"))
    write(council, "reviews", review(1, "2026-10-12"), review(1, "10/11/2026"))
    write(council, "permanence")
    council.take()
    for rule in (PLAN, "cla-review-2"):
        assert outcomes(council, rule) == {"E1": "cannot-tell"}
