"""The child-level lists of an Area SEND inspection through the real intake."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from sqlalchemy import select

from monitor import tables
from monitor.clocks import clocks
from monitor.intake.take import Taken
from monitor.sweep import sweep
from tests.conftest import NOW, Council
from tests.in_force import episodes, events, in_force, row_counts

AS_AT, NEXT_WEEK = date(2026, 11, 20), date(2026, 11, 27)
HEADINGS = [
    *("Unique ID", "UPN", "ULN", "Date of birth", "Gender", "Ethnicity", "Date initial EHC plan issued"),
    *("Date updated EHC plan issued", "Date EHC plan last reviewed", "SEN primary need"),
    *("Main education establishment \u2013 URN", "Which children's social care team?"),
]
SUPPORT = [name for name in HEADINGS if not name.startswith("Date initial EHC") and "EHC plan" not in name]
SAMPLE = Path(__file__).parents[2] / "shared" / "samples" / "annex_a_send" / "fake_sen.xlsx"
PLAN = {
    "Unique ID": "S1",
    "UPN": "A820432109001",
    "Date of birth": date(2012, 4, 2),
    "Date initial EHC plan issued": date(2023, 2, 6),
    "Date updated EHC plan issued": date(2026, 3, 2),
    "Date EHC plan last reviewed": date(2026, 1, 26),
    "SEN primary need": "ASD",
}


def take(
    council: Council,
    plans: Sequence[Mapping[str, Any]],
    as_at: date = AS_AT,
    *,
    called: tuple[str, str] = ("List_1", "List_2"),
    title: bool = False,
) -> Taken:
    book = Workbook(write_only=True)
    for name, headings, rows in ((called[0], HEADINGS, plans), (called[1], SUPPORT, [{"Unique ID": "S9"}])):
        sheet = book.create_sheet(name)
        if title:
            sheet.append([name])
        sheet.append(headings)
        for row in rows:
            sheet.append([row.get(heading) for heading in headings])
    council.folder.mkdir(parents=True, exist_ok=True)
    path = council.folder / f"send-{as_at}.xlsx"
    book.save(path)
    return council.take_as("annex-a-send", path, as_at=as_at)


def outcomes(council: Council, rule: str, as_at: date = AS_AT) -> dict[str, tuple[str, date | None]]:
    return {
        str(clock.row.child).rpartition(":")[2]: (str(clock.outcome), clock.due_on)
        for clock, _ in clocks(council.home, as_at=as_at, known_at=None, rule=rule)
    }


def test_a_plan_is_reviewed_within_twelve_months_of_its_last_review_or_of_its_first_issue(
    every_rule: Council,
) -> None:
    new = {**PLAN, "Unique ID": "S2", "UPN": None, "Date EHC plan last reviewed": None}
    taken = take(
        every_rule,
        [
            PLAN,
            {**new, "Date initial EHC plan issued": date(2026, 6, 1)},
            {**new, "Unique ID": "S3", "Date initial EHC plan issued": date(2025, 9, 1)},
        ],
    )
    assert (taken.problems, taken.rows_by_register) == ([], {"children": 3, "ehc_plans": 3, "events": 1})
    assert outcomes(every_rule, "ehc-ar-12m") == {
        "S1": ("due-soon", date(2027, 1, 25)),
        "S2": ("in-time", date(2027, 5, 31)),
        "S3": ("overdue", date(2026, 8, 31)),
    }


def test_the_plan_its_review_and_the_child_are_kept_and_nothing_else(council: Council) -> None:
    secret = "PLACEHOLDER"
    take(council, [{**PLAN, "Ethnicity": secret, "Which children's social care team?": secret}])
    (plan,) = episodes(council, "ehc-plan")
    assert (plan["ref"], plan["start_on"], plan["end_on"]) == ("S1/ehc", date(2023, 2, 6), None)
    (review,) = events(council, "ehc-plan-reviewed")
    assert (review["done_on"], review["record"]) == (date(2026, 1, 26), plan["record"])
    (child,) = in_force(council, tables.child)
    assert (child["dob"], child["upn"]) == (date(2012, 4, 2), "A820432109001")
    with council.home.engine.connect() as connection:
        for table in tables.metadata.sorted_tables:
            assert secret not in repr(connection.execute(select(table)).all()), table.name


def test_nothing_of_a_request_can_be_told_and_no_clock_of_one_runs(every_rule: Council) -> None:
    take(every_rule, [PLAN])
    for rule in (
        "ehc-decide-6wk",
        "ehc-draft-wk16",
        "ehc-final-20wk",
        "ehc-advice-6wk",
        "ehc-phase-transfer",
    ):
        assert outcomes(every_rule, rule) == {}
    assert outcomes(every_rule, "ehc-ar-invite-2wk") == {"S1": ("cannot-tell", None)}


def test_the_same_again_writes_nothing(council: Council) -> None:
    take(council, [PLAN])
    before = row_counts(council)
    again = council.take_as("annex-a-send", council.folder, as_at=AS_AT)
    assert again.is_same
    assert row_counts(council) == before


def test_a_later_review_stands_beside_the_earlier_one_and_a_mistaken_one_is_put_right(
    council: Council,
) -> None:
    take(council, [PLAN])
    take(council, [{**PLAN, "Date EHC plan last reviewed": date(2026, 11, 23)}], NEXT_WEEK)
    assert [each["done_on"] for each in events(council, "ehc-plan-reviewed")] == [
        date(2026, 1, 26),
        date(2026, 11, 23),
    ]
    take(council, [PLAN], date(2026, 12, 4))
    assert [each["done_on"] for each in events(council, "ehc-plan-reviewed")] == [date(2026, 1, 26)]


def test_a_plan_that_is_no_longer_listed_has_ended(every_rule: Council) -> None:
    other = {**PLAN, "Unique ID": "S2", "UPN": None}
    take(every_rule, [PLAN, other])
    taken = take(every_rule, [other], NEXT_WEEK)
    assert taken.withdrawn == 1
    assert set(outcomes(every_rule, "ehc-ar-12m", NEXT_WEEK)) == {"S2"}


def test_a_plan_without_its_first_day_and_without_a_review_cannot_be_told(every_rule: Council) -> None:
    bare = {**PLAN, "Unique ID": "S2", "UPN": None, "Date initial EHC plan issued": None}
    taken = take(every_rule, [PLAN, {**bare, "Date EHC plan last reviewed": None}])
    assert taken.without_start == 1
    assert outcomes(every_rule, "ehc-ar-12m")["S2"] == ("cannot-tell", None)


def test_where_no_plan_has_a_review_the_column_says_nothing(every_rule: Council) -> None:
    taken = take(every_rule, [{**PLAN, "Date EHC plan last reviewed": None}])
    assert any("no row fills 'Date EHC plan last reviewed'" in note for note in taken.notes)
    assert outcomes(every_rule, "ehc-ar-12m") == {"S1": ("cannot-tell", None)}


@pytest.mark.parametrize("title", [False, True])
@pytest.mark.parametrize(
    "called", [("List 1", "List 2"), ("LIST_1 EHC", "List_2 SEN"), ("EHC plans", "SEN support"), ("A", "B")]
)
def test_the_sheets_are_found_by_name_or_by_their_columns(
    council: Council,
    called: tuple[str, str],
    title: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    taken = take(council, [PLAN], called=called, title=title)
    assert (taken.file_faults, [note for note in taken.notes if "left alone" in note]) == ([], [])
    assert len(episodes(council, "ehc-plan")) == 1


def test_an_empty_row_between_others_is_passed_over(council: Council) -> None:
    other = {**PLAN, "Unique ID": "S2", "UPN": None}
    taken = take(council, [PLAN, {}, {"Unique ID": " "}, other])
    assert (taken.rows_refused, taken.rows_by_register["ehc_plans"]) == (0, 2)


def test_a_child_is_that_of_another_system_by_its_pupil_number_and_by_no_word_in_its_place(
    council: Council,
) -> None:
    council.write(
        "children",
        {"child_id": "C1", "dob": "2012-04-02", "upn": "A820432109001"},
        {"child_id": "C2", "dob": "2012-04-02", "upn": "UN3"},
    )
    council.take(AS_AT)
    taken = take(
        council,
        [PLAN, {**PLAN, "Unique ID": "S2", "UPN": "UN3"}, {**PLAN, "Unique ID": "S3", "UPN": "unknown"}],
    )
    assert {each["child_key"] for each in episodes(council, "ehc-plan")} == {
        "registers:C1",
        "annex-a-send:S2",
        "annex-a-send:S3",
    }
    assert any(note.startswith("1 of 3 children (33%) is known to another system") for note in taken.notes)


def test_two_children_with_one_pupil_number_are_told_and_not_joined(council: Council) -> None:
    taken = take(council, [PLAN, {**PLAN, "Unique ID": "S2"}])
    assert any("share a number" in note for note in taken.notes)
    assert len(episodes(council, "identity-gap")) == 2


def test_a_sweep_opens_an_alert_for_a_review_that_is_late_and_a_second_none(every_rule: Council) -> None:
    take(every_rule, [{**PLAN, "Date EHC plan last reviewed": date(2025, 10, 6)}])
    opened = [
        sweep(every_rule.home, as_at=AS_AT, now=NOW, dry_run=False, progress=lambda _, __: None).opened
        for _ in range(2)
    ]
    assert opened[0]["ehc-ar-12m"] == 1
    assert sum(opened[1].values()) == 0


def test_an_ilacs_workbook_is_not_taken_for_this_one(council: Council, tmp_path: Path) -> None:
    book = Workbook(write_only=True)
    book.create_sheet("List 1").append(["Child Unique ID", "Date of Contact"])
    book.save(tmp_path / "other.xlsx")
    with pytest.raises(Exception, match="has no column 'Date initial EHC plan issued'"):
        council.take_as("annex-a-send", tmp_path / "other.xlsx", as_at=AS_AT)


@pytest.mark.samples
@pytest.mark.skipif(
    not SAMPLE.exists(), reason="the sample returns do not lie beside the checkout, in ../shared/samples"
)
def test_a_workbook_that_nobody_here_wrote_comes_out_row_by_row(council: Council) -> None:
    """Two plans, with ids and pupil numbers that are words; of its empty row nothing is said."""
    taken = council.take_as("annex-a-send", SAMPLE, as_at=AS_AT)
    assert (taken.rows_by_register, taken.problems) == ({"children": 2, "ehc_plans": 2, "events": 2}, [])
    made = {(each["child_key"], each["start_on"]) for each in episodes(council, "ehc-plan")}
    assert made == {("annex-a-send:will", date(2000, 1, 1)), ("annex-a-send:willis", date(2004, 2, 2))}
    reviewed = {(each["child_key"], each["done_on"]) for each in events(council, "ehc-plan-reviewed")}
    assert reviewed == {("annex-a-send:will", date(2000, 1, 3)), ("annex-a-send:willis", date(2011, 12, 13))}
