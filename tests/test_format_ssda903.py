"""The return of children looked after, by hand: what its rows become, what they cannot tell, and its traps."""

import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from monitor import clocks, tables
from monitor.bootstrap import Home
from monitor.intake.take import Taken
from monitor.sweep import sweep
from tests.conftest import NOW, Council
from tests.in_force import episodes, events, in_force, row_counts, the_clock
from tests.ssda903_return import RETURN, RULES, day, expected, later
from tests.ssda903_runs import (
    ADOPTION,
    Return,
    Run,
    authorities,
    care,
    csv_return,
    period,
    placements,
    statuses,
    xml_return,
)

TODAY = date(2026, 11, 20)
COLUMNS = {
    "Header": "CHILD SEX DOB ETHNIC UPN MOTHER MC_DOB",
    "Episodes": "CHILD DECOM RNE LS CIN PLACE PLACE_PROVIDER DEC REC REASON_PLACE_CHANGE HOME_POST PL_POST URN",
    "Reviews": "CHILD DOB REVIEW REVIEW_CODE",
    "UASC": "CHILD SEX DOB DUC",
    "Missing": "CHILD DOB MISSING MIS_START MIS_END",
    "AD1": "CHILD DOB DATE_INT DATE_MATCH FOSTER_CARE NB_ADOPTR SEX_ADOPTR LS_ADOPTR",
    "SWEpisodes": "CHILD DOB SW_ID SW_DECOM SW_DEC SW_REASON",
    "DoLo": "CHILD DOB DOLO_START DOLO_END",
}
CHILD = {"CHILD": "0017", "SEX": "F", "DOB": "03/02/2014", "ETHNIC": "WBRI", "UPN": "UN1"}
ENTERED = {"CHILD": "0017", "DECOM": "05/05/2026", "RNE": "S", "LS": "C1", "CIN": "N1", "PLACE": "U6"}


class Folder:
    """A return laid out file by file, and taken in."""

    def __init__(self, council: Council, folder: Path) -> None:
        self.council, self.folder = council, folder

    def write(self, name: str, *rows: Mapping[str, str], called: str = "", encoding: str = "utf-8") -> None:
        self.folder.mkdir(exist_ok=True)
        path = self.folder / f"{called or name}.csv"
        with path.open("w", newline="", encoding=encoding) as stream:
            writer = csv.DictWriter(stream, COLUMNS[name].split(), restval="", lineterminator="\r\n")
            writer.writeheader()
            writer.writerows(rows)

    def take(self, as_at: date = TODAY, **options: Any) -> Taken:  # noqa: ANN401 - as take_as has them
        return self.council.take_as("ssda903", self.folder, as_at=as_at, **options)

    def take_episodes(self, *rows: Mapping[str, str], as_at: date = TODAY) -> Taken:
        self.write("Header", CHILD)
        self.write("Episodes", *rows)
        if not (self.folder / "Reviews.csv").exists():
            self.write("Reviews")
        return self.take(as_at)


@pytest.fixture
def returned(council: Council, tmp_path: Path) -> Folder:
    return Folder(council, tmp_path / "903")


def spans(found: list[dict[str, Any]]) -> list[tuple[date | None, date | None]]:
    return sorted(
        ((each["start_on"], each["end_on"]) for each in found), key=lambda days: (not days[0], days[0])
    )


def told(taken: Taken) -> list[str]:
    return [problem.told(name) for name, problem in taken.problems]


def next_row(row: Mapping[str, str], decom: str, rne: str, **other: str) -> dict[str, str]:
    return {**row, "DECOM": decom, "RNE": rne, "DEC": "", "REC": "", **other}


def test_rows_without_a_gap_are_one_period_of_care_and_each_change_a_placement_or_a_status(
    returned: Folder,
) -> None:
    first = {**ENTERED, "DEC": "01/06/2026", "REC": "X1"}
    second = next_row(first, "01/06/2026", "P", PLACE="K2", DEC="01/09/2026", REC="X1")
    third = next_row(second, "01/09/2026", "L", LS="C2")
    taken = returned.take_episodes(first, second, third)
    council = returned.council
    assert spans(episodes(council, "care-episode")) == [(date(2026, 5, 5), None)]
    assert [
        (each["attributes"], each["start_on"], each["end_on"]) for each in episodes(council, "legal-status")
    ] == [
        ({"code": "C1"}, date(2026, 5, 5), date(2026, 9, 1)),
        ({"code": "C2"}, date(2026, 9, 1), None),
    ]
    assert [(each["ref"], each["attributes"], each["end_on"]) for each in episodes(council, "placement")] == [
        ("0017/2026-05-05", {"type": "U6", "setting": "foster", "long_term": "no"}, date(2026, 6, 1)),
        ("0017/2026-06-01", {"type": "K2", "setting": "residential", "long_term": "no"}, None),
    ]
    assert (taken.rows_refused, told(taken), taken.file_faults, taken.holds) == (0, [], [], [])


def test_a_second_import_of_the_same_changes_nothing_and_writes_nothing(returned: Folder) -> None:
    returned.write("Reviews", {"CHILD": "0017", "REVIEW": "20/05/2026", "REVIEW_CODE": "PN4"})
    returned.take_episodes(ENTERED)
    before = row_counts(returned.council)
    again = returned.take()
    assert again.is_same
    assert row_counts(returned.council) == before


def test_the_same_rows_written_anew_change_nothing_but_the_day_of_the_data(returned: Folder) -> None:
    began_before = {**ENTERED, "DECOM": "01/03/2025", "RNE": "P"}
    returned.take_episodes(began_before)
    again = returned.take_episodes({**began_before, "CIN": "N2"}, as_at=date(2026, 11, 27))
    assert (again.withdrawn, again.holds) == (0, [])
    assert (again.new, again.changed) == (0, 0)


def test_the_clocks_of_reviews_run_on_a_return_alone(returned: Folder) -> None:
    returned.take_episodes(ENTERED)
    clock = the_clock(returned.council, "cla-review-1", TODAY)
    # 20 working days from Tuesday 5 May 2026, with the bank holiday of 25 May.
    assert (clock.due_on, clock.outcome) == (date(2026, 6, 3), "overdue")
    report = sweep(returned.council.home, as_at=TODAY, now=NOW, dry_run=False, progress=lambda _, __: None)
    assert report.opened["cla-review-1"] == 1
    returned.write("Reviews", {"CHILD": "0017", "REVIEW": "01/06/2026", "REVIEW_CODE": "PN4"})
    returned.take()
    assert the_clock(returned.council, "cla-review-2", TODAY).due_on == date(2026, 9, 1)


def test_what_a_return_does_not_carry_is_never_in_time(every_rule: Council, tmp_path: Path) -> None:
    returned = Folder(every_rule, tmp_path / "903")
    returned.write(
        "Missing", {"CHILD": "0017", "MISSING": "M", "MIS_START": "01/10/2026", "MIS_END": "02/10/2026"}
    )
    returned.take_episodes({**ENTERED, "LS": "V2"})
    found = {
        clock.rule: str(clock.outcome)
        for clock, _ in clocks.clocks(every_rule.home, as_at=TODAY, known_at=None, rule=None)
    }
    untold = (
        "missing-rhi-72h",
        "perm-s20-drift",
        "visit-6wk",
        "iha-20wd",
        "pep-initial-10wd",
        "perm-plan-by-second-review",
    )
    assert {rule: found.get(rule, "cannot-tell") for rule in untold} == dict.fromkeys(untold, "cannot-tell")
    assert [
        rule for rule, outcome in found.items() if outcome == "in-time" and rule != "sys-feed-stale"
    ] == []


# What a return of one year does not show.


def test_a_first_row_that_only_goes_on_has_no_known_start_and_its_clocks_cannot_tell(
    returned: Folder,
) -> None:
    taken = returned.take_episodes({**ENTERED, "DECOM": "01/03/2026", "RNE": "P"})
    care_episode = episodes(returned.council, "care-episode")[0]
    assert (care_episode["start_on"], care_episode["start_unknown"]) == (None, "not shown")
    clock = the_clock(returned.council, "cla-review-1", TODAY)
    assert (clock.outcome, clock.why) == ("cannot-tell", "Cannot tell: the start date is not shown.")
    assert spans(episodes(returned.council, "placement")) == [
        (date(2026, 3, 1), None)
    ]  # P says that it began
    assert spans(episodes(returned.council, "legal-status")) == [(None, None)]
    assert taken.rows_without_start == {}  # for it is no fault of the row's
    assert episodes(returned.council, "start-unknown") == []
    assert any(
        note.startswith("Episodes.csv: 1 of care_episodes began before the files show")
        for note in taken.notes
    )


def test_after_a_change_of_status_alone_the_placement_is_the_one_from_before(returned: Folder) -> None:
    returned.take_episodes({**ENTERED, "DECOM": "01/03/2026", "RNE": "L"})
    assert spans(episodes(returned.council, "placement")) == [(None, None)]
    assert spans(episodes(returned.council, "legal-status")) == [(date(2026, 3, 1), None)]


def test_one_review_in_sight_of_a_child_in_care_for_longer_may_not_be_the_first(returned: Folder) -> None:
    returned.write("Reviews", {"CHILD": "0017", "REVIEW": "01/06/2026", "REVIEW_CODE": "PN4"})
    returned.take_episodes({**ENTERED, "DECOM": "01/03/2026", "RNE": "P"})
    assert the_clock(returned.council, "cla-review-2", TODAY).outcome == "cannot-tell"


def test_two_reviews_in_sight_tell_when_the_next_is_due_whenever_the_child_came(returned: Folder) -> None:
    held = [{"CHILD": "0017", "REVIEW": on, "REVIEW_CODE": "PN4"} for on in ("10/04/2026", "02/10/2026")]
    returned.write("Reviews", *held)
    returned.take_episodes({**ENTERED, "DECOM": "01/03/2026", "RNE": "P"})
    clock = the_clock(returned.council, "cla-review-n", TODAY)
    assert (clock.outcome, clock.due_on) == ("in-time", date(2027, 4, 2))


def test_the_years_before_given_together_show_the_start(returned: Folder) -> None:
    returned.write(
        "Episodes", {**ENTERED, "DECOM": "05/05/2025", "DEC": "", "REC": ""}, called="Episodes 2025-26"
    )
    ended = {**ENTERED, "DECOM": "05/05/2025", "DEC": "01/04/2026", "REC": "X1"}
    taken = returned.take_episodes(ended, next_row(ended, "01/04/2026", "P", PLACE="K2"))
    assert spans(episodes(returned.council, "care-episode")) == [(date(2025, 5, 5), None)]
    assert spans(episodes(returned.council, "placement")) == [
        (date(2025, 5, 5), date(2026, 4, 1)),
        (date(2026, 4, 1), None),
    ]
    assert told(taken) == []


def test_a_start_known_from_an_earlier_load_stays_known_in_the_next_year(returned: Folder) -> None:
    ended = {**ENTERED, "DECOM": "05/05/2025", "DEC": "01/02/2026", "REC": "X1"}
    moved = next_row(ended, "01/02/2026", "P", PLACE="K2")
    returned.take_episodes(ended, moved, as_at=date(2026, 3, 31))
    before = episodes(returned.council, "care-episode")[0]
    again = returned.take_episodes({**moved, "DEC": "", "URN": "1"}, as_at=date(2026, 4, 30))
    assert spans(episodes(returned.council, "care-episode")) == [(date(2025, 5, 5), None)]
    assert episodes(returned.council, "care-episode")[0]["id"] == before["id"]
    assert spans(episodes(returned.council, "legal-status")) == [(date(2025, 5, 5), None)]
    assert (again.withdrawn, again.holds) == (0, [])
    left = returned.take_episodes({**moved, "DEC": "10/06/2026", "REC": "E4A"}, as_at=date(2026, 7, 1))
    assert spans(episodes(returned.council, "care-episode")) == [(date(2025, 5, 5), date(2026, 6, 10))]
    assert left.withdrawn == 0


def test_what_came_after_the_last_load_is_not_taken_for_what_was_known_then(returned: Folder) -> None:
    returned.take_episodes({**ENTERED, "DECOM": "05/05/2025"}, as_at=date(2025, 9, 30))
    returned.take_episodes({**ENTERED, "DECOM": "01/03/2026", "RNE": "P"}, as_at=date(2026, 4, 30))
    assert spans(episodes(returned.council, "care-episode")) == [(None, None)]


def test_what_ended_before_the_year_is_not_in_the_return_and_stays_known(returned: Folder) -> None:
    returned.take_episodes(
        {**ENTERED, "DECOM": "05/05/2025", "DEC": "01/02/2026", "REC": "E4A"}, as_at=date(2026, 3, 31)
    )
    other = {**ENTERED, "CHILD": "0018"}
    returned.write("Header", CHILD, {**CHILD, "CHILD": "0018"})
    returned.write("Episodes", other)
    again = returned.take(date(2026, 5, 29))
    assert (again.withdrawn, again.holds) == (0, [])
    assert spans(episodes(returned.council, "care-episode"))[0] == (date(2025, 5, 5), date(2026, 2, 1))


# Short breaks, adoption, the missing, workers, and orders.


def test_short_breaks_are_no_time_in_care(returned: Folder) -> None:
    returned.take_episodes({**ENTERED, "LS": "V4"})
    assert [each["attributes"] for each in episodes(returned.council, "care-episode")] == [
        {"short_breaks": "yes"}
    ]
    assert clocks.clocks(returned.council.home, as_at=TODAY, known_at=None, rule="cla-review-1") == []


def test_a_child_taken_into_care_out_of_short_breaks_came_on_that_day(returned: Folder) -> None:
    breaks = {**ENTERED, "DECOM": "01/02/2026", "LS": "V3", "DEC": "05/05/2026", "REC": "X1"}
    returned.take_episodes(breaks, next_row(breaks, "05/05/2026", "L", LS="C1"))
    found = [
        (each["attributes"]["short_breaks"], each["start_on"])
        for each in episodes(returned.council, "care-episode")
    ]
    assert sorted(found) == [("no", date(2026, 5, 5)), ("yes", date(2026, 2, 1))]


def test_the_decision_for_adoption_is_the_agencys_and_the_order_is_the_legal_status(
    every_rule: Council, tmp_path: Path
) -> None:
    returned = Folder(every_rule, tmp_path / "903")
    returned.write("AD1", {"CHILD": "0017", "DATE_INT": "01/06/2026", "DATE_MATCH": ""})
    ordered = {**ENTERED, "DEC": "01/07/2026", "REC": "X1"}
    returned.take_episodes(ordered, next_row(ordered, "01/07/2026", "L", LS="E1"))
    assert [(each["done_on"], each["attributes"]) for each in events(every_rule, "adm-decision")] == [
        (date(2026, 6, 1), {"matter": "should-be-placed", "outcome": "agreed"})
    ]
    assert spans(episodes(every_rule, "adoption-authority")) == [(date(2026, 7, 1), None)]
    assert episodes(every_rule, "adm-case") == []  # nobody knows when the papers came
    assert the_clock(every_rule, "adopt-order-to-match", TODAY).outcome == "overdue"  # 121 days: 30 October
    returned.write("AD1", {"CHILD": "0017", "DATE_INT": "01/06/2026", "DATE_MATCH": "19/10/2026"})
    returned.take(date(2026, 11, 27))
    assert (
        clocks.clocks(every_rule.home, as_at=date(2026, 11, 27), known_at=None, rule="adopt-order-to-match")
        == []
    )


def test_a_child_placed_for_adoption_has_no_more_clocks_of_looked_after_reviews(returned: Folder) -> None:
    returned.take_episodes({**ENTERED, "LS": "E1", "PLACE": "A6"})
    assert clocks.clocks(returned.council.home, as_at=TODAY, known_at=None, rule="cla-review-1") == []


def test_an_adoptive_placement_that_began_before_the_return_counts_all_the_same(returned: Folder) -> None:
    placed = {**ENTERED, "DECOM": "01/03/2026", "RNE": "L", "LS": "E1", "PLACE": "A6"}
    returned.write("Reviews", *({"CHILD": "0017", "REVIEW": on} for on in ("10/04/2026", "01/05/2026")))
    returned.take_episodes(placed)
    assert spans(episodes(returned.council, "placement")) == [(None, None)]
    assert clocks.clocks(returned.council.home, as_at=TODAY, known_at=None, rule="cla-review-n") == []


def test_the_missing_are_taken_and_those_away_without_leave_are_not(returned: Folder) -> None:
    gone = {"CHILD": "0017", "MISSING": "M", "MIS_START": "01/10/2026", "MIS_END": ""}
    returned.write(
        "Missing", gone, {**gone, "MISSING": "A", "MIS_START": "09/10/2026", "MIS_END": "10/10/2026"}
    )
    returned.take_episodes(ENTERED)
    assert spans(episodes(returned.council, "missing")) == [(date(2026, 10, 1), None)]


def test_a_child_counts_as_unaccompanied_until_the_day_on_which_that_ceased(returned: Folder) -> None:
    others = [{**CHILD, "CHILD": number} for number in ("0018", "0019", "0020")]
    returned.write("Header", CHILD, *others)
    returned.write(
        "Episodes",
        {**ENTERED, "LS": "V2"},
        *({**ENTERED, "LS": "V2", "CHILD": each["CHILD"]} for each in others),
    )
    listed = {"CHILD": "0017", "SEX": "M", "DUC": "03/02/2032"}
    returned.write(
        "UASC",
        listed,
        {**listed, "CHILD": "0018", "DUC": "01/10/2026"},
        {**listed, "CHILD": "0019", "DUC": ""},
    )
    assert told(returned.take()) == []
    found = {
        each["child_key"]: each["attributes"].get("uasc")
        for each in episodes(returned.council, "legal-status")
    }
    assert found == {"ssda903:0017": "yes", "ssda903:0018": "no", "ssda903:0019": "yes", "ssda903:0020": None}


def test_workers_and_orders_of_the_later_years_are_read(returned: Folder) -> None:
    returned.write(
        "SWEpisodes",
        {"CHILD": "0017", "SW_ID": "SW123", "SW_DECOM": "05/05/2026", "SW_REASON": "MANAGE"},
        encoding="utf-8-sig",
    )
    returned.write("DoLo", {"CHILD": "0017", "DOLO_START": "01/06/2026", "DOLO_END": "01/12/2026"})
    assert told(returned.take_episodes(ENTERED)) == []
    assert [
        (each["worker_key"], each["attributes"]) for each in episodes(returned.council, "allocation")
    ] == [("ssda903:SW123", {"role": "social-worker"})]
    assert [(each["start_on"], each["attributes"]) for each in episodes(returned.council, "court-order")] == [
        (date(2026, 6, 1), {"type": "deprivation-of-liberty", "ends_on": "2026-12-01"})
    ]


# The traps.


def test_a_review_after_the_day_of_the_data_is_a_plan(returned: Folder) -> None:
    returned.write(
        "Reviews",
        *({"CHILD": "0017", "REVIEW": on, "REVIEW_CODE": "PN1"} for on in ("21/11/2026", "20/11/2026")),
    )
    returned.take_episodes(ENTERED)
    assert [
        (each["done_on"], each["due_on"], each["status"]) for each in events(returned.council, "cla-review")
    ] == [
        (None, date(2026, 11, 21), "planned"),
        (date(2026, 11, 20), None, None),
    ]


def test_the_same_review_listed_twice_counts_once(returned: Folder) -> None:
    review = {"CHILD": "0017", "REVIEW": "20/05/2026", "REVIEW_CODE": "PN1"}
    returned.write("Reviews", review, {**review, "REVIEW_CODE": "PN2"})
    taken = returned.take_episodes(ENTERED)
    assert len(events(returned.council, "cla-review")) == 1
    assert "Reviews.csv: 1 row says the same as another: such rows count once." in taken.notes


@pytest.mark.parametrize("written", ["05/13/2026", "2026-May-05", "05.05.2026", "31/02/2026"])
def test_a_day_written_otherwise_is_not_guessed(returned: Folder, written: str) -> None:
    taken = returned.take_episodes({**ENTERED, "DECOM": written})
    assert [problem.column for _, problem in taken.problems if problem.column == "start_on"]
    assert [each["start_on"] for each in episodes(returned.council, "care-episode")] in ([], [None])


def test_a_row_that_ends_before_it_begins_is_refused(returned: Folder) -> None:
    taken = returned.take_episodes({**ENTERED, "DEC": "01/05/2026", "REC": "E4A"})
    assert episodes(returned.council, "care-episode") == []
    assert any("lies before the start of the same row: the row was refused" in line for line in told(taken))


def test_a_reason_for_leaving_without_a_day_is_no_leaving(returned: Folder) -> None:
    returned.take_episodes({**ENTERED, "DEC": "", "REC": "E4A"})
    assert spans(episodes(returned.council, "care-episode")) == [(date(2026, 5, 5), None)]


def test_a_gap_of_one_day_is_none_and_a_longer_one_is(returned: Folder) -> None:
    first = {**ENTERED, "DEC": "31/05/2026", "REC": "X1"}
    second = next_row(first, "01/06/2026", "P", PLACE="K2", DEC="10/06/2026", REC="X1")
    returned.take_episodes(first, second, next_row(second, "12/06/2026", "P", PLACE="K2"))
    assert spans(episodes(returned.council, "care-episode")) == [
        (date(2026, 5, 5), date(2026, 6, 10)),
        (None, None),  # it says that the child only moved, but not from where
    ]


def test_two_open_rows_and_rows_that_overlap_are_one_period_of_care(returned: Folder) -> None:
    first = {**ENTERED, "DEC": "", "REC": ""}
    returned.take_episodes(first, next_row(first, "01/06/2026", "B", LS="C2", PLACE="K2"))
    assert spans(episodes(returned.council, "care-episode")) == [(date(2026, 5, 5), None)]
    assert len(clocks.clocks(returned.council.home, as_at=TODAY, known_at=None, rule="cla-review-1")) == 1


def test_a_child_with_two_dates_of_birth_has_none_and_that_is_told(returned: Folder) -> None:
    returned.write("Header", CHILD, {**CHILD, "DOB": "04/02/2014"}, called="a")
    taken = returned.take_episodes(ENTERED)
    assert in_force(returned.council, tables.child)[0]["dob"] is None
    assert any("two rows of one child say different things" in line for line in told(taken))


def test_ids_keep_their_zeros_and_codes_for_a_missing_upn_are_none(returned: Folder) -> None:
    returned.take_episodes(ENTERED)
    child = in_force(returned.council, tables.child)[0]
    assert (child["child_key"], child["upn"]) == ("ssda903:0017", None)


def test_a_placement_code_that_is_new_is_kept_and_told_and_the_child_stays(returned: Folder) -> None:
    taken = returned.take_episodes({**ENTERED, "PLACE": "Y9"})
    assert [each["attributes"] for each in episodes(returned.council, "placement")] == [{"type": "Y9"}]
    assert {(problem.column, problem.code, problem.raw) for _, problem in taken.problems} == {
        ("setting", "unknown-code", "Y9"),
        ("long_term", "unknown-code", "Y9"),
    }
    assert the_clock(returned.council, "cla-review-1", TODAY).outcome == "overdue"


def test_a_legal_status_that_is_new_keeps_the_child_in_care(returned: Folder) -> None:
    taken = returned.take_episodes({**ENTERED, "LS": "C9"})
    assert the_clock(returned.council, "cla-review-1", TODAY).outcome == "overdue"
    assert [(problem.column, problem.raw) for _, problem in taken.problems] == [("short_breaks", "C9")]


def test_files_may_have_a_byte_order_mark_other_names_and_headings_in_small_letters(returned: Folder) -> None:
    returned.write("Episodes", ENTERED, called="LA 201 file 2", encoding="utf-8-sig")
    path = returned.folder / "LA 201 file 2.csv"
    head, _, rest = path.read_text(encoding="utf-8-sig").partition("\n")
    path.write_text(f"{head.lower()}\n{rest}", encoding="utf-8-sig")
    returned.write("Header", CHILD, called="whatever", encoding="cp1252")
    returned.take()
    assert spans(episodes(returned.council, "care-episode")) == [(date(2026, 5, 5), None)]


def test_an_episodes_file_without_its_heading_is_named_and_nothing_is_withdrawn(returned: Folder) -> None:
    returned.take_episodes(ENTERED)
    path = returned.folder / "Episodes.csv"
    path.write_text(path.read_text().replace("DECOM", "START"))
    taken = returned.take()
    assert any(note.startswith("Not of this format, so left alone: Episodes.csv") for note in taken.notes)
    assert spans(episodes(returned.council, "care-episode")) == [(date(2026, 5, 5), None)]


def test_postcodes_are_never_kept(returned: Folder) -> None:
    returned.take_episodes({**ENTERED, "HOME_POST": "ZZ99 3VZ", "PL_POST": "ZZ99 3WZ"})
    kept = [str(row) for table in tables.CASE_TABLES for row in in_force(returned.council, table)]
    assert kept
    assert not any("ZZ99" in row for row in kept)


XML = """<?xml version="1.0" encoding="utf-8"?>
<EXPSSDA903><CHILD><HEADER><CHILDID>0017</CHILDID><UPN>UN1</UPN><SEX>F</SEX><DOB>03/02/2014</DOB><ETHNIC>WBRI</ETHNIC>
<UASC>1</UASC><AREVIEW><REVIEW>20/05/2026</REVIEW><REVIEW_CODE>PN4</REVIEW_CODE></AREVIEW>
<AMISSING><MISSING>M</MISSING><MIS_START>01/10/2026</MIS_START><MIS_END/></AMISSING>
<DATE_INT>01/06/2026</DATE_INT><DATE_MATCH/></HEADER>
<EPISODE><DECOM>05/05/2026</DECOM><RNE>S</RNE><LS>V2</LS><PL>U4</PL><HOME_POST>ZZ99 3VZ</HOME_POST><DEC/></EPISODE>
</CHILD><CHILD><HEADER><CHILDID>0018</CHILDID><DOB>03/02/2015</DOB><ETHNIC>WBRI</ETHNIC><UASC/></HEADER></CHILD></EXPSSDA903>
"""


def test_the_xml_says_the_same_as_the_files(council: Council, tmp_path: Path) -> None:
    path = tmp_path / "return.xml"
    path.write_text(XML, encoding="utf-8-sig")
    taken = council.take_as("ssda903", path, as_at=TODAY)
    assert told(taken) == []
    assert [each["child_key"] for each in in_force(council, tables.child)] == ["ssda903:0017", "ssda903:0018"]
    assert [each["attributes"] for each in episodes(council, "legal-status")] == [
        {"code": "V2", "uasc": "yes"}
    ]
    assert [each["attributes"] for each in episodes(council, "placement")] == [
        {"type": "U4", "setting": "foster", "long_term": "yes"}
    ]
    assert [each["done_on"] for each in events(council, "cla-review")] == [date(2026, 5, 20)]
    assert [each["done_on"] for each in events(council, "adm-decision")] == [date(2026, 6, 1)]
    assert spans(episodes(council, "missing")) == [(date(2026, 10, 1), None)]


# A return that nobody here wrote, row by row.

YEAR_BEGIN, YEAR_END = date(2017, 4, 1), date(2018, 3, 31)
FILES = ("header", "episodes", "reviews", "missing", "ad1", "uasc")
samples = [
    pytest.mark.samples,
    pytest.mark.skipif(
        not RETURN.is_dir(), reason="the sample returns do not lie beside the checkout, in ../shared/samples"
    ),
]
Sample = tuple[Council, Taken, Return]


@pytest.fixture(scope="module", params=["csv", "xml"])
def sample(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sample]:
    """A home that knows the return, what its load said, and the return in plain Python."""
    folder = tmp_path_factory.mktemp("sample")
    council = Council(Home(folder / "home"), folder)
    paths = (
        [RETURN / "fake_903.xml"] if request.param == "xml" else [RETURN / f"{name}.csv" for name in FILES]
    )
    taken = council.take_as("ssda903", *paths, as_at=YEAR_END)
    yield council, taken, xml_return() if request.param == "xml" else csv_return()
    council.home.engine.dispose()


def kept(council: Council, kind: str, attribute: str) -> Counter[tuple[str, str, date | None, date | None]]:
    return Counter(
        (
            each["child_key"].rpartition(":")[2],
            each["attributes"][attribute],
            each["start_on"],
            each["end_on"],
        )
        for each in episodes(council, kind)
    )


def told_of(found: list[Run], code: str = "") -> Counter[tuple[str, str, date | None, date | None]]:
    return Counter((each.child, code or each.code, each.start_on, each.end_on) for each in found)


class TestTheSample:
    pytestmark = samples

    def test_every_row_is_read_and_none_refused(self, sample: Sample) -> None:
        council, taken, of = sample
        assert (taken.problems, taken.file_faults, taken.holds, taken.rows_refused) == ([], [], [], 0)
        assert taken.rows_by_register["children"] == len(of["header"]) == len(in_force(council, tables.child))
        assert taken.rows_by_register["reviews"] == len(of["reviews"])
        assert (len(of["header"]), len(of["episodes"]), len(of["reviews"])) in (
            (2_675, 5_050, 12_582),
            (253, 459, 1_206),
        )

    def test_periods_statuses_placements_and_orders_are_those_of_plain_python(self, sample: Sample) -> None:
        council, _, of = sample
        assert kept(council, "care-episode", "short_breaks") == told_of(care(of))
        assert kept(council, "legal-status", "code") == told_of(statuses(of))
        assert kept(council, "placement", "type") == told_of(placements(of))
        assert kept(council, "adoption-authority", "authority") == told_of(authorities(of), "placement-order")

    def test_events_are_those_of_plain_python(self, sample: Sample) -> None:
        council, _, of = sample
        listed = {(row["CHILD"], day(row["REVIEW"])) for row in of["reviews"]}
        held = events(council, "cla-review")
        assert {(each["child_key"][8:], each["done_on"] or each["due_on"]) for each in held} == listed
        assert len(held) == len(listed)
        assert sum(each["done_on"] is None for each in held) == sum(on > YEAR_END for _, on in listed if on)
        decided = [day(row[name]) for row in of["ad1"] for name in ("DATE_INT", "DATE_MATCH") if row[name]]
        assert sorted(each["done_on"] for each in events(council, "adm-decision")) == sorted(
            filter(None, decided)
        )
        gone = Counter(
            (row["CHILD"], day(row["MIS_START"]), day(row["MIS_END"]))
            for row in of["missing"]
            if row["MISSING"] == "M"
        )
        found = Counter(
            (each["child_key"][8:], each["start_on"], each["end_on"]) for each in episodes(council, "missing")
        )
        assert found == gone

    def test_every_clock_of_a_review_says_what_plain_arithmetic_says(self, sample: Sample) -> None:
        council, _, of = sample
        reviewed: dict[str, set[date]] = {}
        for row in of["reviews"]:
            on = day(row["REVIEW"])
            assert on
            reviewed.setdefault(row["CHILD"], set()).add(on)
        adopted = {each.child for each in placements(of) if each.code in ADOPTION and each.lasts_on(YEAR_END)}
        in_care = [
            each
            for each in care(of)
            if each.code == "no" and each.lasts_on(YEAR_END) and each.child not in adopted
        ]
        owed = sorted(_owed(each, reviewed.get(each.child, set())) for each in in_care)
        found = sorted(
            (clock.row.child[8:], rule, str(clock.outcome), (clock.due_on and str(clock.due_on)) or "")
            for rule in RULES
            for clock, _ in clocks.clocks(council.home, as_at=YEAR_END, known_at=None, rule=rule)
            if clock.row.child
        )
        assert found == owed
        assert len(owed) in (1_027, 96)


def _owed(run: Run, held: set[date]) -> tuple[str, str, str, str]:
    """Child, rule, outcome and last day. Of who came earlier, no fewer than two reviews tell when the next is due.

    Before its year the return may lack reviews: one that is first or second in sight need not have been that. But one
    that nobody sees was before the year, and from the year's first day six months have passed.
    """
    if run.start_on:
        told = expected(period(run), held, YEAR_END)
        assert told
        if told.rule != RULES[2] and run.start_on < YEAR_BEGIN:
            return run.child, told.rule, "cannot-tell", ""
        return run.child, told.rule, told.outcome, str(told.due_on)
    since = sorted(on for on in held if on <= YEAR_END)
    if len(since) < 2:
        return run.child, RULES[min(len(since), 2)], "cannot-tell", ""
    due, stages = later(since[-1], 6, 6, 3)
    outcome = (
        "overdue" if due < YEAR_END else "due-soon" if any(on <= YEAR_END for on, _ in stages) else "in-time"
    )
    return run.child, RULES[2], outcome, str(due)
