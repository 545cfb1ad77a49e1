"""Traps of real exports that no one format owns, each told as it was met (the others are in the formats' own tests)."""

from pathlib import Path

import pytest

from monitor import tables
from monitor.intake.mapping import Column
from monitor.intake.spelling import Unread, speller
from tests.conftest import TODAY, Council
from tests.in_force import episodes, in_force

ARRANGEMENT = "living-arrangement"
MAPPING = """\
is: "A list for a trap."
dates: [dd/mm/yyyy, serial]
sheets:
  list:
    needs: [child, start]
    only: { team: { not: [Duplicate, DO NOT USE, Test clients] } }
    columns: { child: Child, start: Start, end: End, team: Team }
    makes:
      - { to: living_arrangements, arrangement_id: "{child}/{start}", child_id: child, start_on: start, end_on: end }
"""


def spelled(text: str, *dates: str, declared: str = "date") -> str:
    return speller(Column(name="day", called=("Day",), dates=dates or ("iso",)), declared, frozenset())(text)


@pytest.mark.parametrize(
    ("text", "dates", "day"),
    [
        ("31/12/2026", ("dd/mm/yyyy",), "2026-12-31"),
        ("1/2/2026", ("dd/mm/yyyy",), "2026-02-01"),
        ("1/2/2026", ("mm/dd/yyyy",), "2026-01-02"),
        ("2022-Sep-28 00:00:00", ("yyyy-mmm-dd",), "2022-09-28"),
        ("28 September 2022", ("d mmm yyyy",), "2022-09-28"),
        ("20220928", ("yyyymmdd",), "2022-09-28"),
        ("2014-03-03T00:00:00", ("iso",), "2014-03-03"),
        ("2026-06-30T23:30:00Z", ("iso",), "2026-07-01"),  # half past midnight in London
        ("2026-06-30 23:59:00.000", ("iso",), "2026-06-30"),
    ],
)
def test_a_day_is_read_as_the_source_declares_it(text: str, dates: tuple[str, ...], day: str) -> None:
    assert spelled(text, *dates) == day


def test_the_serial_numbers_of_a_workbook_are_days_only_where_that_is_declared() -> None:
    assert spelled("45992", "serial") == "2025-12-01"
    assert spelled("45992.75", "serial") == "2025-12-01"
    assert type(spelled("45992", "dd/mm/yyyy")) is Unread


@pytest.mark.parametrize("text", ["13/25/2026", "31/02/2026", "00/01/2026"])
def test_a_day_that_does_not_exist_in_the_declared_way_is_never_turned_round(text: str) -> None:
    assert type(spelled(text, "dd/mm/yyyy")) is Unread


@pytest.mark.parametrize("text", ["zz/zz/2015", "zz/05/2015", "2015", "05/2015"])
def test_a_day_of_which_only_a_part_is_known_is_not_read_as_a_day(text: str) -> None:
    assert type(spelled(text, "dd/mm/yyyy", "iso")) is Unread


@pytest.mark.parametrize(
    "text",
    [
        "1900-01-01",
        "1900-01-01 00:00:00.000",
        "9999-12-31",
        "NULL",
        "N/A",
        "#N/A",
        "-",
        ".",
        "",
        "SSD_PH",
        "NaN",
    ],
)
def test_what_systems_write_for_no_day_is_none(text: str) -> None:
    assert spelled(text, "iso") == ""


@pytest.mark.parametrize("text", ["a) Yes", "Yes", "Y", "1", "1 - Yes", "true", "TRUE", "yes "])
def test_yes_is_spelled_in_many_ways(text: str) -> None:
    assert speller(Column(name="x", called=("X",)), "flag", frozenset())(text) == "yes"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("C1: ICO", "C1"),
        ("C1 - Interim care order S38 CA 1989", "C1"),
        ("f) U6: Placement", "U6"),
        ("V2", "V2"),
    ],
)
def test_a_code_is_the_one_that_the_cell_begins_with(text: str, code: str) -> None:
    assert speller(Column(name="x", called=("X",)), "leading code", frozenset())(text) == code


@pytest.mark.parametrize(("text", "own"), [("0012345", "0012345"), ("123.0", "123"), ("12\u00a034", "12 34")])
def test_an_id_is_text_and_keeps_its_noughts(text: str, own: str) -> None:
    assert speller(Column(name="x", called=("X",)), "child", frozenset())(text) == own


def take(council: Council, folder: Path, *rows: str) -> list[str]:
    (folder / "list.yaml").write_text(MAPPING, encoding="utf-8")
    path = folder / "list.csv"
    path.write_text("Child,Start,End,Team\n" + "\n".join(rows) + "\n", encoding="utf-8")
    taken = council.take_as("mapped", path, as_at=TODAY, mapping=str(folder / "list.yaml"), source="list")
    return [problem.told(name) for name, problem in taken.problems]


def test_rows_of_test_clients_and_duplicates_are_left_out_where_the_mapping_says_so(
    council: Council, tmp_path: Path
) -> None:
    rows = [
        "C1,01/09/2026,,North",
        "C2,01/09/2026,,duplicate",
        "C3,01/09/2026,,Do not use",
        "C4,01/09/2026,,",
    ]
    take(council, tmp_path, *rows)
    assert [each["child_key"] for each in episodes(council, ARRANGEMENT)] == ["list:C1", "list:C4"]


def test_of_rows_with_one_id_that_differ_nothing_is_believed_where_they_do_and_the_rows_are_named(
    council: Council, tmp_path: Path
) -> None:
    (problem,) = take(
        council, tmp_path, "C1,01/09/2026,,North", "C1,01/09/2026,05/09/2026,North", "C2,01/09/2026,,"
    )
    assert problem == (
        "list.csv row 2: column end_on: row 3 has the same id and says otherwise. The cell is taken as unknown."
    )
    first, _ = episodes(council, ARRANGEMENT)
    assert (first["end_on"], first["end_unknown"]) == (None, True)


OWN_IDS = """\
is: "A list whose rows have ids of their own."
dates: [dd/mm/yyyy]
sheets:
  list:
    needs: [ref]
    columns: { ref: Ref, child: Child, start: Start, end: End, status: Status }
    makes:
      - to: living_arrangements
        when: { status: [current, past] }
        arrangement_id: ref
        child_id: child
        start_on: start
        end_on: end
"""


def test_a_list_in_which_an_id_of_its_own_stands_twice_is_read_once_more_and_counted_once(
    council: Council, tmp_path: Path
) -> None:
    (tmp_path / "list.yaml").write_text(OWN_IDS, encoding="utf-8")
    path = tmp_path / "list.csv"
    rows = [
        "R1,C1,01/09/2026,,current",
        "R2,C2,,,current",
        "R3,C3,01/09/2026,,elsewhere",
        "R1,C1,01/09/2026,05/09/2026,past",
        "R4,C4,02/09/2026,,current",
    ]
    path.write_text("Ref,Child,Start,End,Status\n" + "\n".join(rows) + "\n", encoding="utf-8")
    taken = council.take_as("mapped", path, as_at=TODAY, mapping=str(tmp_path / "list.yaml"), source="list")
    assert [problem.told(name) for name, problem in taken.problems] == [
        "list.csv row 2: column end_on: row 5 has the same id and says otherwise. The cell is taken as unknown."
    ]
    found = {
        each["ref"]: (str(each["start_on"]), each["end_unknown"]) for each in episodes(council, ARRANGEMENT)
    }
    assert found == {"R1": ("2026-09-01", True), "R2": ("None", False), "R4": ("2026-09-02", False)}
    assert (taken.rows_read, taken.rows_refused, taken.rows_without_start) == (4, 0, {"list.csv": [3]})
    assert taken.notes == [
        "list.csv: 1 row is left out, for its 'Status' is not known: words that no condition names (1).",
        "3 children are in no list of children: each stays a person of its own, without a team.",
    ]


def test_rows_that_are_the_same_are_one_and_each_is_counted_as_read(council: Council, tmp_path: Path) -> None:
    (tmp_path / "list.yaml").write_text(MAPPING, encoding="utf-8")
    path = tmp_path / "list.csv"
    path.write_text("Child,Start,End,Team\n" + "C1,01/09/2026,,North\n" * 2, encoding="utf-8")
    taken = council.take_as("mapped", path, as_at=TODAY, mapping=str(tmp_path / "list.yaml"), source="list")
    assert (taken.rows_read, taken.problems, len(episodes(council, ARRANGEMENT))) == (2, [], 1)


def test_an_id_that_a_spreadsheet_has_rounded_is_refused_and_told(council: Council, tmp_path: Path) -> None:
    (told,) = take(council, tmp_path, "1.23457E+12,01/09/2026,,North")
    assert "a spreadsheet has rounded this id" in told


def test_an_end_on_the_day_of_the_start_is_no_fault_and_one_before_it_is(
    council: Council, tmp_path: Path
) -> None:
    (told,) = take(council, tmp_path, "C1,01/09/2026,01/09/2026,North", "C2,02/09/2026,01/09/2026,North")
    assert told.startswith("list.csv row 3: column end_on: lies before the start of the same row")


@pytest.mark.parametrize(
    "name", ["Smith, John", "John Smith", "SMITH,J", "Anne-Marie O\u2019Neill", "Smith, J2"]
)
def test_a_name_where_an_id_should_be_is_refused_and_kept_nowhere(council: Council, name: str) -> None:
    council.write("children", {"child_id": "C1"}, {"child_id": name})
    taken = council.take()
    ((_, problem),) = taken.problems
    assert (problem.code, problem.refused, problem.raw) == ("like-a-name", True, None)
    assert name not in problem.told("children.csv")
    assert [each["child_key"] for each in in_force(council, tables.child)] == ["registers:C1"]


@pytest.mark.parametrize("own", ["EP 123", "C/12", "CHILD-1", "AB", "12 34", "12,34", "C 1,2", "C\u00e9-1"])
def test_an_id_of_letters_and_figures_is_no_name(council: Council, own: str) -> None:
    council.write("children", {"child_id": own})
    assert council.take().is_clean
