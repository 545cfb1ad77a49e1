"""Annex A workbooks that nobody here wrote, through the real intake, held against plain Python row by row."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from monitor.bootstrap import Home
from monitor.intake.take import Taken
from monitor.taking import decide
from tests.conftest import NOW, Council
from tests.in_force import episodes, events

FOLDER = Path(__file__).parents[2] / "shared" / "samples" / "annex_a_ilacs"
FILLED, TEMPLATE = FOLDER / "Annex_A_liia-tools.xlsx", FOLDER / "cscdp_2016-01-sample.xlsx"
AS_AT = date(2021, 3, 16)

pytestmark = [
    pytest.mark.samples,
    pytest.mark.skipif(
        not FOLDER.is_dir(), reason="the sample returns do not lie beside the checkout, in ../shared/samples"
    ),
]
Row = dict[str, Any]


def rows(number: int) -> list[Row]:
    """The rows of a list; a cell without anything is left out."""
    header, *found = CalamineWorkbook.from_path(FILLED).get_sheet_by_name(f"List {number}").to_python()
    names = [str(name).strip() for name in header]
    return [{name: cell for name, cell in zip(names, row, strict=True) if cell != ""} for row in found]


def child(row: Row) -> str:
    return f"annex-a:{int(row['Child Unique ID'])}"


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Council, Taken, Taken]]:
    """A home that knows the workbook, with what its load said before and after somebody had looked at it."""
    folder = tmp_path_factory.mktemp("annex-a")
    council = Council(Home(folder / "home"), folder / "registers")
    held = council.take_as("annex-a", FILLED, as_at=AS_AT)
    decide(council.home, held.load_id, "released", "the two birthdays are the author's own", NOW)
    yield council, held, council.take_as("annex-a", FILLED, as_at=AS_AT)
    council.home.engine.dispose()


def test_the_lists_have_so_many_rows() -> None:
    assert [len(rows(number)) for number in range(1, 12)] == [5, 5, 6, 5, 5, 5, 7, 5, 6, 5, 5]


def test_children_with_two_birthdays_hold_the_load_until_somebody_has_looked(
    taken: tuple[Council, Taken, Taken],
) -> None:
    _, held, _ = taken
    born: dict[str, set[date]] = {}
    for number in (5, 6, 7, 8, 9, 10):
        for row in rows(number):
            born.setdefault(child(row), set()).add(row["Date of Birth"])
    doubtful = {key for key, days in born.items() if len(days) > 1}
    assert (len(born), len(doubtful)) == (28, 5)
    assert {str(problem.child) for _, problem in held.problems} == doubtful
    assert [why for why in held.holds if "5 of 28 rows are bad" in why] == held.holds


def test_every_row_that_a_rule_can_use_is_read_and_none_is_refused(
    taken: tuple[Council, Taken, Taken],
) -> None:
    _, _, load = taken
    unsettled = [
        row
        for row in rows(5)
        if row.get("Was an Initial Child Protection Conference deemed unnecessary?") != "Yes"
    ]
    by_worker = Counter(
        (child(row))
        for number, end in ((7, "Child Protection Plan End Date"), (8, "Date Ceased to be Looked After"))
        for row in rows(number)
        if end not in row and "Allocated Worker" in row
    )
    assert load.rows_by_register == {
        "children": 28,
        "allocations": len(by_worker),
        "care_episodes": 5,
        "legal_statuses": 5,
        "placements": 5,
        "reviews": 5 + sum("Date of latest review conference" in row for row in rows(7)),
        "child_protection": len(unsettled),
        "events": 5 + 10,
        "visits": 5 + 5 + 7,
        "child_in_need": 5,
        "episodes": 7,
        "care_leavers": 6,
        "adoption_authorities": 5,
        "adopters": 5,
    }
    assert (load.rows_refused, load.file_faults, load.holds) == (0, [], [])


@pytest.mark.parametrize(
    ("number", "kind", "start", "end"),
    [
        (7, "cp-plan", "Child Protection Plan Start Date", "Child Protection Plan End Date"),
        (8, "care-episode", "Date Started to be Looked After", "Date Ceased to be Looked After"),
        (8, "legal-status", "Start date of current legal status", "Date Ceased to be Looked After"),
        (8, "placement", "Start Date of Most Recent Placement", "Date Ceased to be Looked After"),
        (6, "child-in-need", "", "CIN Closure Date"),
        (9, "care-leaver", "", ""),
        (10, "adoption-authority", "Date of Placement Order", "Date of Adoption Order"),
    ],
)
def test_each_row_is_the_episode_that_it_says(
    taken: tuple[Council, Taken, Taken], number: int, kind: str, start: str, end: str
) -> None:
    council, _, _ = taken
    made = {(each["child_key"], each["start_on"], each["end_on"]) for each in episodes(council, kind)}
    assert made == {(child(row), row.get(start), row.get(end)) for row in rows(number)}


@pytest.mark.parametrize(
    ("number", "kind", "column"),
    [
        (5, "conference", "Date of Initial Child Protection Conference"),
        (6, "cin-visit", "Date Child Was Last Seen"),
        (7, "cp-visit", "Date of the Last Statutory Visit"),
        (7, "cp-review", "Date of latest review conference"),
        (8, "cla-review", "Date of Latest Statutory Review"),
        (8, "cla-visit", "Date of Last Social Work Visit"),
        (8, "health-assessment", "Date of Last Health Assessment"),
    ],
)
def test_each_day_that_is_filled_is_the_event_that_it_says(
    taken: tuple[Council, Taken, Taken], number: int, kind: str, column: str
) -> None:
    council, _, _ = taken
    made = {(each["child_key"], each["done_on"]) for each in events(council, kind)}
    assert made == {(child(row), row[column]) for row in rows(number) if column in row}


def test_codes_are_read_behind_their_letters(taken: tuple[Council, Taken, Taken]) -> None:
    council, _, _ = taken
    assert Counter(each["attributes"]["code"] for each in episodes(council, "legal-status")) == {
        "C2": 3,
        "E1": 1,
        "C1": 1,
    }
    types = {each["child_key"]: each["attributes"]["type"] for each in episodes(council, "placement")}
    assert types == {child(row): row["Placement Type"].split(") ")[1].split(":")[0] for row in rows(8)}
    seen = {each["child_key"]: each["attributes"].get("seen_alone") for each in events(council, "cp-visit")}
    assert seen == {child(row): row["Was the Child Seen Alone?"].split(") ")[1].lower() for row in rows(7)}


def test_the_same_again_changes_nothing(taken: tuple[Council, Taken, Taken]) -> None:
    council, _, load = taken
    again = council.take_as("annex-a", FILLED, as_at=AS_AT)
    assert (again.is_same, again.load_id) == (True, load.load_id)


def test_the_empty_official_workbook_is_known_sheet_by_sheet_below_its_titles(council: Council) -> None:
    load = council.take_as("annex-a", TEMPLATE, as_at=date(2016, 1, 31))
    assert (load.rows_read, load.file_faults, load.holds) == (0, [], [])
    left_alone = next(note for note in load.notes if "left alone" in note)
    assert [part.rpartition(", ")[2].rstrip(".") for part in left_alone.split(";")] == [
        "Front_Sheet",
        "FAQ_and_changes",
        "Guidance",
        "Codes_used",
    ]
