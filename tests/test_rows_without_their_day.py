"""A day, a time or a number that a row should give and does not: asked for, cannot-tell, or the rule's own.

Never in time without a reason that somebody can read; `test_rows_that_make_no_sense` has what contradicts itself.
"""

import pytest

from tests.conftest import Council
from tests.in_force import told
from tests.test_duties import judged, running
from tests.test_rows_that_make_no_sense import NO_DATE, case, rows, why

ACTIONS = {
    "supervision": "sup-action-overdue",
    "review": "cla-review-action-overdue",
    "plan": "plan-action-overdue",
    "audit": "qa-action-overdue",
}


@pytest.mark.parametrize("origin", ACTIONS)
def test_an_action_whose_day_is_missing_asks_for_one_or_has_the_rules_own_and_unreadable_cannot_be_told(
    every_rule: Council, origin: str
) -> None:
    action = {"owner_id": "W1", "origin": origin, "set_on": "2026-10-12"}
    rows(
        every_rule, "actions", {"action_id": "A1", **action}, {"action_id": "A2", **action, "due_on": "soon"}
    )
    assert told(every_rule) == [f"actions.csv row 3: column due_on: {NO_DATE}"]
    found = running(every_rule, ACTIONS[origin])
    assert (found["A2"].outcome, found["A2"].why) == (
        "cannot-tell",
        "Cannot tell: the day in 'due on' cannot be read.",
    )
    without_a_day = judged(every_rule, ACTIONS[origin])["A1"]
    if origin == "audit":
        assert without_a_day == ("overdue", "2026-11-09", "10 working days over")
        return
    assert without_a_day == ("due-soon", None, "at once")
    assert "'due on'" in found["A1"].why
    assert found["A1"].why.startswith("No last day yet: there is no day in ")


ORDERS = {
    "epo": "order-expiry-epo",
    "supervision": "order-expiry-supervision",
    "interim-care": "order-expiry-interim",
    "secure": "order-expiry-liberty",
    "child-assessment": "order-expiry-other",
}


@pytest.mark.parametrize("kind", ORDERS)
def test_an_order_without_an_end_asks_for_one_and_an_end_that_nobody_can_read_cannot_be_told(
    every_rule: Council, kind: str
) -> None:
    order = {"child_id": "C1", "type": kind, "made_on": "2026-11-16"}
    rows(
        every_rule,
        "orders",
        {"order_id": "O1", **order},
        {"order_id": "O2", **order, "ends_on": "31/12/2026"},
        {"order_id": "O3", **order, "ends_at": "14:30"},  # a time without a date
    )
    assert told(every_rule) == [
        f"orders.csv row 3: column ends_on: {NO_DATE}",
        f"orders.csv row 4: column ends_at: {NO_DATE}",
    ]
    assert judged(every_rule, ORDERS[kind]) == {
        "O1": ("due-soon", None, "at once"),
        "O2": ("cannot-tell", None, None),
        "O3": ("cannot-tell", None, None),
    }
    assert why(every_rule, ORDERS[kind], "O1") == "No last day yet: there is no day in 'ends on'."
    assert why(every_rule, ORDERS[kind], "O3") == "Cannot tell: the end date cannot be read."


def test_an_order_that_may_have_no_end_says_that_it_gives_none(every_rule: Council) -> None:
    rows(
        every_rule, "orders", {"order_id": "O1", "child_id": "C1", "type": "contact", "made_on": "2026-11-16"}
    )
    assert told(every_rule) == []
    assert judged(every_rule, "order-expiry-other") == {"O1": ("in-time", None, None)}
    assert why(every_rule, "order-expiry-other", "O1") == "No last day yet: there is no day in 'ends on'."


def test_a_direction_whose_day_is_missing_asks_for_it_and_another_day_counts_only_if_it_is_given(
    every_rule: Council,
) -> None:
    direction = {"child_id": "C1", "made_on": "2026-11-02"}
    varied = {**direction, "varied_on": "2026-11-10", "varied_by_order_id": "V1"}
    rows(
        every_rule,
        "directions",
        {"direction_id": "D1", **direction},
        {"direction_id": "D2", **direction, "due_on": "in a month"},
        {"direction_id": "D3", **direction, "due_on": "2026-10-01"},  # due before it was made
        {"direction_id": "D4", **varied},
        {"direction_id": "D5", **varied, "due_on": "2026-11-20", "varied_to": "soon"},
    )
    assert told(every_rule) == [
        f"directions.csv row 3: column due_on: {NO_DATE}",
        f"directions.csv row 6: column varied_to: {NO_DATE}",
    ]
    assert judged(every_rule, "plo-court-direction") == {
        "D1": ("due-soon", None, "at once"),
        "D2": ("cannot-tell", None, None),
        "D3": ("overdue", "2026-11-02", "2 working days over"),
        "D4": ("due-soon", None, "at once"),
        "D5": ("overdue", "2026-11-20", "overdue"),
    }
    assert why(every_rule, "plo-court-direction", "D1") == "No last day yet: there is no day in 'due on'."


@pytest.mark.parametrize(
    ("ends_on", "extension", "weeks"),
    [
        (
            "",
            ("cannot-tell", "Cannot tell: the record gives no last day."),
            ("overdue", "26 weeks beginning with 2026-05-04."),  # an order without its day moves nothing
        ),
        (
            "soon",
            ("cannot-tell", "Cannot tell: the date of s32-extension cannot be read."),
            ("cannot-tell", "Cannot tell: the date of s32-extension cannot be read."),
        ),
        (
            "2026-10-01",  # before it was granted
            ("overdue", "On the day of the day named in the last s32 extension."),
            ("overdue", "26 weeks beginning with 2026-05-04."),
        ),
    ],
)
def test_an_extension_without_a_sound_last_day_is_never_in_time(
    every_rule: Council, ends_on: str, extension: tuple[str, str], weeks: tuple[str, str]
) -> None:
    rows(
        every_rule,
        "plo",
        case(issued_on="2026-05-04", extension_granted_on="2026-10-12", extension_ends_on=ends_on),
    )
    every_rule.take()
    for rule, expected in (("plo-extension-end", extension), ("plo-26-weeks", weeks)):
        clock = running(every_rule, rule)["P1"]
        assert (clock.outcome, clock.why) == expected


@pytest.mark.parametrize("reaches", ["", "2026-11-25"])
def test_school_days_without_any_terms_cannot_be_counted(every_rule: Council, reaches: str) -> None:
    absence = {"absence_id": "H1", "child_id": "C1", "starts_on": "2026-11-02", "foreseen_on": "2026-11-04"}
    rows(every_rule, "health_absences", {**absence, "reaches_15_on": reaches})
    assert told(every_rule) == []
    for rule in ("sch-too-ill-15sd", "sch-too-ill-foreseen"):
        assert judged(every_rule, rule) == {"H1": ("cannot-tell", None, None)}
        assert why(every_rule, rule, "H1") == "Cannot tell: no table of terms reaches that far."


def test_a_time_without_a_date_is_no_start_and_no_end(every_rule: Council) -> None:
    contact = {"child_id": "C1", "urgency": "red", "received_at": "14:30"}
    rows(
        every_rule,
        "contacts",
        {"contact_id": "K1", **contact},
        {"contact_id": "K2", **contact, "received_on": "2026-11-20"},  # the hours count from midnight
    )
    period = {"missing_id": "M1", "child_id": "C1", "reported_at": "2026-11-20T18:00", "returned_at": "09:00"}
    rows(every_rule, "missing", period)
    assert sorted(told(every_rule)) == [
        f"contacts.csv row 2: column received_at: {NO_DATE}",
        f"contacts.csv row 3: column received_at: {NO_DATE}",
        f"missing.csv row 2: column returned_at: {NO_DATE}",
    ]
    assert judged(every_rule, "fd-contact-triage") == {
        "K1": ("cannot-tell", None, None),
        "K2": ("overdue", "2026-11-20", "1 working day over"),
    }
    assert why(every_rule, "fd-contact-triage", "K1") == "Cannot tell: the start date is unreadable."
    assert judged(every_rule, "sys-clock-no-start")["K1"][2] == "at once"
    for rule in ("missing-still", "missing-rhi-72h"):
        assert judged(every_rule, rule) == {"M1": ("cannot-tell", None, None)}
        assert why(every_rule, rule, "M1") == "Cannot tell: the end date cannot be read."


def test_a_number_that_is_no_number_is_told_and_the_day_in_the_row_counts(every_rule: Council) -> None:
    action = {"action_id": "A1", "owner_id": "W1", "origin": "supervision", "set_on": "2026-10-12"}
    put_off = {"first_due_on": "2026-11-02", "due_on": "2026-11-20", "redated": "twice"}
    rows(every_rule, "actions", {**action, **put_off})
    said = "it is not a number such as 0.8. The cell is taken as unknown."
    assert told(every_rule) == [f"actions.csv row 2: column redated: {said}"]
    assert judged(every_rule, "sup-action-overdue") == {"A1": ("overdue", "2026-11-20", "overdue")}
    assert why(every_rule, "sup-action-overdue", "A1") == "On the day of the day in 'due on'."


@pytest.mark.parametrize(
    ("stage", "opened", "expected", "since"),
    [
        ("3", "2026-11-16", ("due-soon", "2026-11-23", "1 working day before"), "2026-11-16"),
        ("3", "", ("overdue", "2026-11-16", "overdue"), "2026-11-09"),  # as if nobody had opened it
        ("2", "2026-11-02", ("overdue", "2026-11-16", "overdue"), "2026-11-09"),  # before the dispute itself
        ("", "2026-11-16", ("due-soon", "2026-11-23", "1 working day before"), "2026-11-16"),
    ],
)
def test_a_dispute_that_skips_a_stage_has_its_five_days_and_never_more_than_twenty_in_all(
    council: Council, stage: str, opened: str, expected: tuple[str, str, str], since: str
) -> None:
    dispute = {"dispute_id": "D1", "child_id": "C1", "raised_by_id": "W1", "formal": "yes"}
    opened_at = {"opened_on": "2026-11-09", "stage": stage, "stage_opened_on": opened}
    rows(council, "disputes", {**dispute, **opened_at})
    assert told(council) == []
    assert judged(council, "iro-dispute-stage") == {"D1": expected}
    assert why(council, "iro-dispute-stage", "D1") == f"5 working days from {since}."
    assert judged(council, "iro-dispute-total-20wd")["D1"][1] == "2026-12-07"


def test_a_stage_that_does_not_exist_is_told_and_the_days_of_the_dispute_run_on(council: Council) -> None:
    dispute = {"dispute_id": "D1", "child_id": "C1", "raised_by_id": "W1", "formal": "yes", "stage": "5"}
    rows(council, "disputes", {**dispute, "opened_on": "2026-10-26"})
    said = "the code is not known. Allowed: 1, 2, 3, 4. The cell is taken as unknown."
    assert told(council) == [f"disputes.csv row 2: column stage: {said}"]
    assert judged(council, "iro-dispute-total-20wd")["D1"][:2] == ("due-soon", "2026-11-23")
    assert judged(council, "iro-dispute-stage")["D1"][:2] == ("overdue", "2026-11-02")
