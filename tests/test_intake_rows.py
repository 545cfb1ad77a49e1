"""A bad row is refused and listed, an unreadable cell is unknown, and the rest of the load goes in."""

from datetime import date

import pytest

from monitor import tables
from monitor.intake.rows import MOST_PROBLEMS
from monitor.model import Outcome, Unsure
from tests.conftest import Council
from tests.in_force import episodes, events, in_force, the_clock, told

REQUEST = {"request_id": "E1", "child_id": "C1", "received_on": "2026-09-01"}
SECRET = "Zaphod"


def test_a_date_that_does_not_exist_is_unknown_and_says_row_column_and_what_to_write(
    council: Council,
) -> None:
    council.write("ehc", {**REQUEST, "decided_on": "31/02/2026"})
    assert told(council) == [
        "ehc.csv row 2: column decided_on: it is not a date written year-month-day, such as 2026-11-23. "
        "The cell is taken as unknown."
    ]
    assert [(event["done_on"], event["unknown"]) for event in events(council, "ehc-decision-notified")] == [
        (None, True)
    ]


def test_a_british_date_in_an_iso_column_is_not_guessed_at(council: Council) -> None:
    council.write("ehc", {**REQUEST, "received_on": "13/11/2026"})
    assert told(council)[0].startswith("ehc.csv row 2: column received_on: it is not a date")
    (request,) = episodes(council, "ehc-request")
    assert (request["start_on"], request["start_unknown"]) == (None, "unreadable")


def test_a_duplicate_id_is_refused_and_the_first_row_stands(council: Council) -> None:
    council.write("ehc", REQUEST, {**REQUEST, "received_on": "2026-09-02"})
    assert told(council) == [
        "ehc.csv row 3: column request_id: is the same as in row 2: the row was refused. "
        "Each row needs its own."
    ]
    assert [each["start_on"] for each in episodes(council, "ehc-request")] == [date(2026, 9, 1)]


def test_a_review_with_the_id_of_another_is_refused(council: Council) -> None:
    review = {"review_id": "R1", "child_id": "C1", "kind": "cla", "held_on": "2026-09-01"}
    council.write("reviews", review, {**review, "held_on": "2026-10-01"})
    assert told(council)[0].startswith("reviews.csv row 3: column review_id: is the same as in row 2")


def test_rows_without_ids_that_are_alike_are_both_taken(council: Council) -> None:
    visit = {"child_id": "C1", "kind": "cla", "held_on": "2026-09-01"}
    council.write("visits", *[visit] * 5)
    assert told(council) == []
    assert len(events(council, "cla-visit")) == 5


def test_a_case_is_named_by_its_id_and_its_child_together(council: Council) -> None:
    case = {"case_id": "P1", "child_id": "C1", "gateway_on": "2026-09-01"}
    council.write("plo", case, {**case, "child_id": "C2"}, case)
    assert told(council) == [
        "plo.csv row 4: column case_id: is, with child_id, the same as in row 2: the row was refused. "
        "Each row needs its own."
    ]


def test_an_allocation_to_a_child_nobody_knows_is_refused(council: Council) -> None:
    council.write("children", {"child_id": "C1"})
    allocation = {"worker_id": "W1", "role": "iro", "start_on": "2026-09-01"}
    council.write("allocations", {"child_id": "C1", **allocation}, {"child_id": "C9", **allocation})
    assert told(council) == [
        "allocations.csv row 3: column child_id: is no child of children.csv: the row was refused. "
        "Add the child there, or put the id right."
    ]


def test_a_row_that_ends_before_it_starts_is_refused(council: Council) -> None:
    council.write("placements", {**PLACEMENT, "start_on": "2026-09-02", "end_on": "2026-09-01"})
    assert told(council) == [
        "placements.csv row 2: column end_on: lies before the start of the same row: the row was refused. "
        "Put the dates right."
    ]


PLACEMENT = {"placement_id": "PL1", "child_id": "C1", "start_on": "2026-09-01"}


def test_a_row_that_ends_on_the_day_it_starts_is_taken(council: Council) -> None:
    council.write("placements", {**PLACEMENT, "end_on": "2026-09-01"})
    assert told(council) == []


def test_a_row_without_its_ids_is_refused(council: Council) -> None:
    council.write("ehc", {**REQUEST, "child_id": " "}, {**REQUEST, "request_id": "a|b"})
    assert told(council) == [
        "ehc.csv row 2: column child_id: is empty: the row was refused. Fill it in.",
        "ehc.csv row 3: column request_id: an id has at most 64 printable characters and none of | # : ~: "
        "the row was refused.",
    ]


def test_a_code_that_is_not_known_is_told_what_is_allowed(council: Council) -> None:
    council.write("ehc", {**REQUEST, "decision": "granted"})
    council.write("visits", {"child_id": "C1", "kind": "social", "held_on": "2026-09-01"})
    assert told(council) == [
        "visits.csv row 2: column kind: the code is not known. Allowed: cin, cla, cp, iro, personal-adviser, "
        "private-fostering: the row was refused.",
        "ehc.csv row 2: column decision: the code is not known. Allowed: assess, refuse. "
        "The cell is taken as unknown.",
    ]


def test_an_excuse_for_a_rule_that_does_not_exist_is_refused(council: Council) -> None:
    excuse = {"ref": "E1", "code": "exceptional", "by": "W1", "on": "2026-11-02"}
    council.write("excuses", {"rule": "ehc-final-20wk", **excuse}, {"rule": "ehc-final-19wk", **excuse})
    assert told(council) == [
        "excuses.csv row 3: column rule: is no rule of this home: the row was refused. "
        "`monitor rules list` shows them all."
    ]


@pytest.mark.parametrize("line", ["E2,C1", "E2,C1,2026-09-01,extra", '"E2, with a comma",C1,2026-09-01,x'])
def test_a_row_of_another_width_is_refused_by_itself(council: Council, line: str) -> None:
    path = council.write("ehc", REQUEST)
    with path.open("a") as stream:
        stream.write(f"{line}\nE3,C1,2026-09-03\n")
    assert told(council) == [
        "ehc.csv row 3: has another number of cells than the header: the row was refused. "
        "A comma inside a cell needs quotation marks."
    ]
    assert [each["ref"] for each in episodes(council, "ehc-request")] == ["E1", "E3"]


def test_a_huge_cell_is_refused_by_itself_where_it_matters_and_dropped_where_it_does_not(
    council: Council,
) -> None:
    council.write("plo", {"case_id": "P1", "child_id": "C1", "next_step": "x" * 500_000})
    council.write("teams", {"team_id": "T1", "name": "y" * 500_000}, {"team_id": "T2", "name": "Two"})
    (fault,) = told(council)
    assert fault == "teams.csv row 2: column name: it is longer than 254 characters: the row was refused."
    assert "xxx" not in str(events(council, "plo-step"))


def test_control_characters_and_formulas_are_refused_where_they_would_be_kept(council: Council) -> None:
    council.write(
        "workers",
        {"worker_id": "W1", "name": "Zap\x00hod"},
        {"worker_id": "W2", "name": '=HYPERLINK("http://example.org")'},
        {"worker_id": "=1+1", "name": SECRET},
    )
    faults = told(council)
    assert [fault[:33] for fault in faults] == [
        "workers.csv row 2: column name: i",
        "workers.csv row 3: column name: i",
        "workers.csv row 4: column worker_",
    ]
    assert [each["name"] for each in in_force(council, tables.worker)] == [None, None]


def test_a_row_without_a_start_is_taken_with_the_start_unknown_and_is_no_fault(council: Council) -> None:
    council.write("ehc", REQUEST, {**REQUEST, "request_id": "E2", "received_on": ""})
    taken = council.take()
    assert taken.is_clean
    assert taken.rows_without_start == {"ehc.csv": [3]}
    assert [each["ref"] for each in episodes(council, "start-unknown")] == ["E2"]


def test_a_stop_date_that_cannot_be_read_makes_the_clock_unable_to_tell(council: Council) -> None:
    columns = {"decided_on": "", "decision": "", "exception_code": "", "closed_on": ""}
    council.write("ehc", {**REQUEST, **columns, "decided_on": "2026-9-9"})
    council.take()
    clock = the_clock(council, "ehc-decide-6wk")
    assert (clock.outcome, clock.unsure) == (Outcome.CANNOT_TELL, Unsure.UNREADABLE)


def test_a_restriction_that_cannot_be_read_restricts(council: Council) -> None:
    council.write(
        "children", *({"child_id": f"C{n}", "restricted": say} for n, say in enumerate(("no", "", "?")))
    )
    council.take()
    assert [each["restricted"] for each in in_force(council, tables.child)] == [False, False, True]


def test_no_cell_is_ever_repeated(council: Council) -> None:
    bad = {
        name: f"{SECRET}{number}|~"
        for number, name in enumerate(("request_id", "child_id", "received_on", "decision", "decided_on"))
    }
    council.write("ehc", bad, {**bad, "request_id": "E1", "child_id": "C1"}, {**bad, "request_id": "E1"})
    council.write("excuses", {"rule": SECRET, "ref": "E1", "code": "exceptional", "by": "W1"})
    faults = told(council)
    assert len(faults) == 13
    assert SECRET not in "".join(faults)


def test_two_hundred_thousand_refused_rows_are_counted_and_a_thousand_listed(council: Council) -> None:
    council.write("children", {"child_id": "C1"})
    path = council.write("ehc", columns=["request_id", "child_id", "received_on"])
    with path.open("a") as stream:
        stream.writelines(f"E{number},,2026-09-01\n" for number in range(200_000))
    taken = council.take()
    assert taken.rows_refused == 200_000
    assert len(taken.problems) == MOST_PROBLEMS + 1
    assert taken.problems[-1][1].told("ehc.csv") == "ehc.csv: 199,000 more of the same file are not listed."
