"""Ofsted's Annex A through the real intake: what each list makes, what it cannot, and how councils write it."""

import csv
from collections import Counter
from datetime import date

import pytest
from sqlalchemy import select

from monitor import tables
from monitor.clocks import clocks
from tests.annex_a import (
    AS_AT,
    HEADINGS,
    IN_CARE,
    IN_NEED,
    LEAVER,
    NEXT_WEEK,
    ON_A_PLAN,
    SHORT,
    annex_a,
    crosswalk,
    day,
    outcomes,
    take,
    told_by,
    why,
)
from tests.conftest import Council
from tests.in_force import episodes, events, in_force

# What each list makes.


def test_a_child_in_care_has_its_period_status_placement_review_visit_and_health_assessment(
    council: Council,
) -> None:
    taken = take(council, {8: [IN_CARE]})
    assert told_by(taken) == []
    assert taken.rows_by_register == {
        "children": 1,
        "allocations": 1,
        "care_episodes": 1,
        "legal_statuses": 1,
        "placements": 1,
        "reviews": 1,
        "events": 1,
        "visits": 1,
    }
    (care,) = episodes(council, "care-episode")
    assert (care["child_key"], care["ref"]) == ("annex-a:1001", "1001/care/2026-05-11")
    assert (care["start_on"], care["end_on"], care["attributes"]) == (
        day("2026-05-11"),
        None,
        {"short_breaks": "no"},
    )
    (status,) = episodes(council, "legal-status")
    assert (status["start_on"], status["attributes"]) == (day("2026-08-03"), {"code": "C2", "uasc": "no"})
    (placement,) = episodes(council, "placement")
    assert placement["start_on"] == day("2026-05-11")
    assert placement["attributes"] == {
        "type": "U6",
        "setting": "foster",
        "long_term": "no",
        "out_of_area": "yes",
    }
    assert [each["done_on"] for each in events(council, "cla-review")] == [day("2026-09-07")]
    assert [each["done_on"] for each in events(council, "cla-visit")] == [day("2026-11-02")]
    (health,) = events(council, "health-assessment")
    assert (health["done_on"], health["attributes"]) == (
        day("2026-06-04"),
        {},
    )  # the first, or a review: unsaid
    (child,) = in_force(council, tables.child)
    assert (child["dob"], child["team_key"], child["restricted"]) == (day("2014-03-09"), None, False)


def test_a_child_on_a_protection_plan_has_the_plan_its_conference_and_its_visit(council: Council) -> None:
    take(council, {7: [ON_A_PLAN]})
    (plan,) = episodes(council, "cp-plan")
    assert (plan["ref"], plan["start_on"], plan["end_on"]) == ("1002/cp/2026-06-01", day("2026-06-01"), None)
    assert [each["done_on"] for each in events(council, "cp-review")] == [day("2026-08-24")]
    (visit,) = events(council, "cp-visit")
    assert (visit["done_on"], visit["attributes"]) == (
        day("2026-11-12"),
        {"seen": "yes", "seen_alone": "yes"},
    )


def test_a_child_in_need_is_seen_on_the_day_that_list_6_says(every_rule: Council) -> None:
    take(every_rule, {6: [IN_NEED, {**IN_NEED, "child": "1004", "seen": day("2026-10-12")}]})
    assert [each["start_on"] for each in episodes(every_rule, "child-in-need")] == [None, None]
    assert outcomes(every_rule, "cin-visit") == {
        "1003": ("in-time", day("2026-12-09")),
        "1004": ("overdue", day("2026-11-11")),
    }


def test_the_list_says_not_from_when_there_was_a_plan_so_how_long_it_lasts_cannot_be_told(
    every_rule: Council,
) -> None:
    take(every_rule, {6: [IN_NEED]})
    assert why(every_rule, "cin-open-long") == ["Cannot tell: the start date is missing."]
    assert outcomes(every_rule, "sys-clock-no-start") == {}  # nobody can mend what the list has no column for


def test_an_enquiry_runs_until_its_conference(every_rule: Council) -> None:
    take(
        every_rule,
        {
            5: [
                {"child": "1", "strategy": day("2026-11-16"), "unnecessary": None},
                {"child": "2", "strategy": day("2026-10-19"), "unnecessary": "b) No"},
                {
                    "child": "3",
                    "strategy": day("2026-10-19"),
                    "unnecessary": "No",
                    "icpc": day("2026-11-06"),
                },
                {"child": "4", "strategy": day("2026-10-19"), "unnecessary": "a) Yes"},
            ]
        },
    )
    assert outcomes(every_rule, "cp-icpc-15wd") == {
        "1": ("in-time", day("2026-12-07")),
        "2": ("overdue", day("2026-11-09")),
    }


def test_an_enquiry_that_turns_out_to_need_no_conference_is_over(every_rule: Council) -> None:
    enquiry = {"child": "1", "strategy": day("2026-10-19")}
    take(every_rule, {5: [enquiry, {"child": "2", "strategy": day("2026-10-19")}]})
    taken = take(
        every_rule,
        {5: [{**enquiry, "unnecessary": "Yes"}, {"child": "2", "strategy": day("2026-10-19")}]},
        NEXT_WEEK,
    )
    assert taken.withdrawn == 1
    assert set(outcomes(every_rule, "cp-icpc-15wd", NEXT_WEEK)) == {"2"}


def test_an_enquiry_older_than_the_list_is_not_forgotten(every_rule: Council) -> None:
    take(every_rule, {5: [{"child": "1", "strategy": day("2026-05-25")}]})
    held = {"child": "2", "strategy": day("2026-11-09"), "icpc": day("2026-11-27")}
    taken = take(every_rule, {5: [held]}, date(2026, 11, 30))
    assert taken.withdrawn == 0
    assert outcomes(every_rule, "cp-icpc-15wd", date(2026, 11, 30))["1"][0] == "overdue"


def test_a_care_leaver_is_contacted_and_has_a_plan_that_was_reviewed(every_rule: Council) -> None:
    take(every_rule, {9: [LEAVER]})
    (leaver,) = episodes(every_rule, "care-leaver")
    assert (leaver["start_on"], leaver["attributes"]) == (None, {"status": "former-relevant"})
    assert outcomes(every_rule, "cl-pa-contact") == {"1009": ("due-soon", day("2026-11-30"))}
    assert outcomes(every_rule, "cl-pathway-review") == {"1009": ("in-time", day("2027-01-13"))}
    assert why(every_rule, "cl-accommodation") == ["Cannot tell: the start date is missing."]


def test_adoption_runs_from_the_order_to_the_match(every_rule: Council) -> None:
    decided = {"should_be": day("2026-03-02"), "ordered": day("2026-06-15")}
    take(
        every_rule,
        {
            10: [
                {"child": "1", **decided},
                {"child": "2", **decided, "matched": day("2026-09-01")},
                {"child": "3", **decided, "reversed": day("2026-10-01")},
                {"child": "4", "should_be": day("2026-11-02")},
            ]
        },
    )
    assert outcomes(every_rule, "adopt-order-to-match") == {"1": ("overdue", day("2026-10-14"))}
    made = Counter(
        (each["child_key"][-1], each["attributes"]["matter"]) for each in events(every_rule, "adm-decision")
    )
    assert made == {(child, "should-be-placed"): 1 for child in "1234"} | {("2", "match"): 1}


def test_adopters_are_assessed_in_two_stages(every_rule: Council) -> None:
    take(
        every_rule,
        {
            11: [
                {"adopter": "A1", "stage_one": day("2026-09-01")},
                {
                    "adopter": "A2",
                    "stage_one": day("2026-05-05"),
                    "stage_one_end": day("2026-07-01"),
                    "stage_two": day("2026-07-15"),
                },
                {
                    "adopter": "A3",
                    "stage_one": day("2026-05-05"),
                    "stage_two": day("2026-06-01"),
                    "stage_two_end": day("2026-09-01"),
                },
                {"adopter": "A4", "stage_one": day("2026-05-05"), "leaving": day("2026-06-01")},
            ]
        },
    )
    found = {
        clock.row.ref: (clock.rule, str(clock.outcome))
        for clock, _ in clocks(every_rule.home, as_at=AS_AT, known_at=None, rule=None)
        if clock.rule.startswith("adopt-adopters")
    }
    assert found == {
        "A1": ("adopt-adopters-stage-one", "overdue"),
        "A2": ("adopt-adopters-decision", "overdue"),
    }
    assert in_force(every_rule, tables.child) == []


def test_lists_1_to_4_are_known_and_make_nothing_that_no_rule_could_use(council: Council) -> None:
    row = {"child": "1"}
    taken = take(
        council,
        {
            1: [{**row, "Date of Contact": AS_AT}],
            2: [{**row, "Assessment start date": AS_AT}],
            3: [{**row, "referred": AS_AT}],
            4: [{**row, "assessing": AS_AT}],
            8: [IN_CARE],
        },
    )
    assert [note for note in taken.notes if "left alone" in note] == []
    assert [each["child_key"] for each in in_force(council, tables.child)] == ["annex-a:1001"]


# How councils write.


@pytest.mark.parametrize("title", [False, True])
@pytest.mark.parametrize(
    "called", ["List {}", "List_{}", "List{}", "LIST {} ", "Annex A - List {}", "list {} (final)", "L{}"]
)
def test_a_sheet_is_known_by_its_number_however_spelled_and_its_header_wherever_it_stands(
    council: Council,
    called: str,
    title: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    adoption = {"child": "1001", "should_be": day("2026-03-02")}
    contact = {"child": "1", "Date of Contact": AS_AT}
    taken = take(council, {1: [contact], 8: [IN_CARE], 10: [adoption]}, called=called, title=title)
    assert (taken.file_faults, [note for note in taken.notes if "left alone" in note]) == ([], [])
    assert len(episodes(council, "care-episode")) == len(events(council, "adm-decision")) == 1


def test_a_sheet_with_another_name_is_known_by_its_columns(council: Council) -> None:
    take(council, {8: [IN_CARE]}, called="Our young people")
    assert len(episodes(council, "care-episode")) == 1


def test_a_list_without_a_column_that_it_needs_is_told_by_name(council: Council) -> None:
    path = annex_a(council.folder / "a.xlsx", {8: [], 7: [ON_A_PLAN]})
    named = HEADINGS[8].index(SHORT["entered"])
    HEADINGS[8][named] = "Started"
    try:
        annex_a(path, {8: [], 7: [ON_A_PLAN]})
    finally:
        HEADINGS[8][named] = SHORT["entered"]
    taken = council.take_as("annex-a", path, as_at=AS_AT)
    assert taken.file_faults == [
        "a.xlsx, List 8: has no column 'Date Started to be Looked After' in its first 12 rows."
    ]
    assert len(episodes(council, "cp-plan")) == 1


def test_lists_may_be_csv_files_of_a_folder_in_windows_letters_with_curly_quotes(council: Council) -> None:
    council.folder.mkdir()
    row = {**IN_CARE, "entered": "11/05/2026", "worker": "Social worker \u2013 of list 8"}
    named = {SHORT.get(name, name): value for name, value in row.items()}
    with (council.folder / "list_8.csv").open("w", newline="", encoding="cp1252") as stream:
        writer = csv.DictWriter(stream, HEADINGS[8], restval="")
        writer.writeheader()
        writer.writerow(named)
    taken = council.take_as("annex-a", council.folder, as_at=AS_AT)
    assert any("read as cp1252 text" in note for note in taken.notes)
    (care,) = episodes(council, "care-episode")
    assert care["attributes"] == {"short_breaks": "no"}


def test_rows_without_anything_and_columns_of_the_council_s_own_are_passed_over(council: Council) -> None:
    taken = take(council, {8: [IN_CARE, {}, {}]}, extra=["LA", "YEAR", "TEST_COLUMN"])
    assert (told_by(taken), taken.rows_by_register["care_episodes"]) == ([], 1)


@pytest.mark.parametrize(
    "written",
    [
        day("2026-11-02"),
        "02/11/2026",
        "2/11/2026",
        "2026-11-02",
        "2026-11-02 00:00:00",
        "02/11/2026 23:59",
        46328,
        "46328",
        "02-Nov-2026",
        " 02/11/2026 ",
    ],
)
def test_a_day_is_read_in_the_ways_that_workbooks_write_it(council: Council, written: object) -> None:
    take(council, {8: [{**IN_CARE, "social_visit": written}]})
    assert [each["done_on"] for each in events(council, "cla-visit")] == [day("2026-11-02")]


@pytest.mark.parametrize("written", [day("1900-01-01"), "01/01/1900", "NULL", "N/A", "-", " ", "Not known"])
def test_a_mark_for_nothing_is_nothing(council: Council, written: object) -> None:
    taken = take(
        council, {8: [{**IN_CARE, "left": written}, {**IN_CARE, "child": "1005", "left": day("2026-10-01")}]}
    )
    assert told_by(taken) == []
    assert [each["end_on"] for each in episodes(council, "care-episode")] == [None, day("2026-10-01")]


@pytest.mark.parametrize("written", ["11/02/26x", "31/02/2026", "end of May"])
def test_a_day_that_nobody_can_read_is_told_and_its_clock_cannot_tell(
    every_rule: Council, written: str
) -> None:
    council = every_rule
    take_in = take(council, {8: [{**IN_CARE, "social_visit": written}]})
    assert len(told_by(take_in)) == 1
    assert "column held_on" in told_by(take_in)[0]
    assert written not in told_by(take_in)[0]
    assert outcomes(council, "visit-6wk") == {"1001": ("cannot-tell", None)}
    take(council, {8: [{**IN_CARE, "social_visit": day("2026-11-02")}]}, NEXT_WEEK)
    assert outcomes(council, "visit-6wk", NEXT_WEEK) == {"1001": ("in-time", day("2026-12-14"))}


def test_a_review_in_the_future_is_planned_and_not_held(council: Council) -> None:
    take(council, {8: [{**IN_CARE, "reviewed": day("2026-12-07")}]})
    (review,) = events(council, "cla-review")
    assert (review["done_on"], review["due_on"], review["status"]) == (None, day("2026-12-07"), "planned")


def test_a_child_may_be_on_a_plan_before_it_is_born(council: Council) -> None:
    born_since = {**ON_A_PLAN, "dob": day("2026-07-04"), "Age of Child (Years)": 0}
    expected = {**ON_A_PLAN, "child": "1006", "dob": day("2027-01-12"), "Age of Child (Years)": -1}
    taken = take(council, {7: [born_since, expected]})
    assert told_by(taken) == []
    ages = {
        each["child_key"]: (each["dob"], each["expected_dob"]) for each in in_force(council, tables.child)
    }
    assert ages == {"annex-a:1002": (day("2026-07-04"), None), "annex-a:1006": (None, day("2027-01-12"))}
    assert len(episodes(council, "cp-plan")) == 2


def test_an_end_before_the_start_is_refused_and_told(council: Council) -> None:
    taken = take(council, {7: [{**ON_A_PLAN, "plan_to": day("2026-05-01")}, {**ON_A_PLAN, "child": "1006"}]})
    assert told_by(taken) == [
        "annex-a-2026-11-20.xlsx, List 7 row 2: column end_on: lies before the start of the same row: the row was "
        "refused. Put the dates right."
    ]
    assert [each["child_key"] for each in episodes(council, "cp-plan")] == ["annex-a:1006"]


def test_ids_are_text_and_no_nought_is_lost(council: Council) -> None:
    take(
        council,
        {8: [{**IN_CARE, "child": "0012345"}, {**IN_CARE, "child": 12345}, {**IN_CARE, "child": 678.0}]},
    )
    assert {each["child_key"] for each in episodes(council, "care-episode")} == {
        "annex-a:0012345",
        "annex-a:12345",
        "annex-a:678",
    }


def test_a_child_with_two_birthdays_has_none_and_it_is_told(council: Council) -> None:
    taken = take(council, {7: [{**ON_A_PLAN, "child": "1001"}], 8: [IN_CARE]})
    assert "two rows of one child say different things" in told_by(taken)[0]
    assert [each["dob"] for each in in_force(council, tables.child)] == [None]


def test_a_child_twice_in_a_list_counts_once(council: Council) -> None:
    take(
        council,
        {8: [IN_CARE, IN_CARE], 7: [ON_A_PLAN, ON_A_PLAN], 5: [{"child": "1", "strategy": AS_AT}] * 2},
    )
    found = {
        kind: len(episodes(council, kind)) for kind in ("care-episode", "placement", "cp-plan", "s47-enquiry")
    }
    assert found == {"care-episode": 1, "placement": 1, "cp-plan": 1, "s47-enquiry": 1}


def test_a_looked_after_child_on_a_protection_plan_is_in_list_6_as_looked_after_and_has_both(
    every_rule: Council,
) -> None:
    take(
        every_rule,
        {
            6: [{**IN_NEED, "child": "1001", "status": "a) Looked after child", "seen": day("2026-11-16")}],
            7: [{**ON_A_PLAN, "child": "1001", "alone": "b) No"}],
            8: [{**IN_CARE, "dob": None}],
        },
    )
    assert outcomes(every_rule, "cp-visit-10wd") == {"1001": ("in-time", day("2026-11-30"))}
    assert outcomes(every_rule, "cin-visit") == {}
    assert [each["attributes"]["plan"] for each in episodes(every_rule, "open-case")] == ["care"]


def test_a_visit_at_which_the_child_was_not_seen_alone_does_not_say_that_it_was_seen(
    every_rule: Council,
) -> None:
    seen = {**ON_A_PLAN, "child": "1006", "visited": day("2026-11-16")}
    take(every_rule, {7: [{**ON_A_PLAN, "visited": day("2026-11-16"), "alone": "c) Unknown"}, seen]})
    assert outcomes(every_rule, "cp-visit-10wd") == {
        "1002": ("overdue", day("2026-06-15")),
        "1006": ("in-time", day("2026-11-30")),
    }


def test_short_breaks_have_none_of_the_clocks_of_being_in_care(every_rule: Council) -> None:
    code = "V4: Short term breaks, agreements recorded"
    take(
        every_rule,
        {8: [{**IN_CARE, "legal": code, "reviewed": None, "social_visit": None}, {**IN_CARE, "child": "2"}]},
    )
    judged = {
        clock.rule
        for clock, _ in clocks(every_rule.home, as_at=AS_AT, known_at=None, rule=None)
        if clock.row.child == "annex-a:1001"
    }
    assert not judged & {
        "cla-review-1",
        "cla-review-2",
        "visit-6wk",
        "visit-first-week",
        "rha-5plus",
        "iha-20wd",
    }


def test_a_case_that_was_closed_within_the_six_months_is_closed(every_rule: Council) -> None:
    closed = {
        **IN_NEED,
        "status": "e) Closed episode",
        "closed": day("2026-09-01"),
        "seen": day("2026-08-01"),
    }
    take(every_rule, {6: [closed, {**IN_NEED, "child": "1004"}, {**closed, "child": "1005", "closed": None}]})
    assert {each["child_key"][-1]: each["end_on"] for each in episodes(every_rule, "open-case")} == {
        "3": day("2026-09-01"),
        "4": None,
    }
    assert set(outcomes(every_rule, "cin-visit")) == {"1004"}


@pytest.mark.parametrize(
    ("written", "setting"),
    [
        ("f) U6: Foster placement - not FFA", "foster"),
        ("U1", "connected-person"),
        ("A6 - Placed for adoption", "adoption"),
        ("k) P1: Placed with parents", "parent"),
        ("K1: Secure Children\u2019s Homes", "secure"),
        ("Z13: unregistered", "other"),
    ],
)
def test_a_code_is_read_with_or_without_its_letter_and_its_words(
    council: Council, written: str, setting: str
) -> None:
    take(council, {8: [{**IN_CARE, "placement": written}]})
    (placement,) = episodes(council, "placement")
    assert placement["attributes"]["setting"] == setting


def test_a_code_that_nobody_knows_is_told_and_the_child_keeps_its_clocks(every_rule: Council) -> None:
    council = every_rule
    taken = take(council, {8: [{**IN_CARE, "placement": "Q9: Something new"}]})
    assert [problem.code for _, problem in taken.problems] == ["unknown-code", "unknown-code"]
    assert outcomes(council, "visit-6wk")["1001"][0] == "in-time"


def test_a_column_that_no_row_fills_is_told_and_is_not_taken_for_nothing_done(council: Council) -> None:
    taken = take(
        council, {8: [{**IN_CARE, "reviewed": None}, {**IN_CARE, "child": "1005", "reviewed": None}]}
    )
    assert any("no row fills 'Date of Latest Statutory Review'" in note for note in taken.notes)
    assert why(council, "cla-review-1") == ["Cannot tell: nothing carries cla-review."] * 2


# Workers and teams, whose names nothing keeps.


def test_no_name_and_no_free_text_is_kept(council: Council) -> None:
    secret = "PLACEHOLDER"
    named = {"team": f"{secret} team", "worker": f"{secret} worker", "Ethnicity": secret}
    take(
        council,
        {
            6: [{**IN_NEED, **named}],
            7: [{**ON_A_PLAN, **named}],
            8: [{**IN_CARE, **named, "Placement postcode": secret, "permanence": secret}],
            9: [{**LEAVER, **named, "adviser": secret}],
        },
    )
    with council.home.engine.connect() as connection:
        for table in tables.metadata.sorted_tables:
            assert secret not in repr(connection.execute(select(table)).all()), table.name


def test_a_name_stands_for_an_id_where_the_crosswalk_says_so_whatever_space_it_has(council: Council) -> None:
    crosswalk(council, ("worker", "Worker Seventeen", "W17"), ("team", "Care team", "T7"))
    take(council, {8: [{**IN_CARE, "worker": "Worker\u00a0seventeen "}]})
    (allocation,) = episodes(council, "allocation")
    assert (allocation["worker_key"], allocation["start_on"]) == ("annex-a:W17", AS_AT)
    assert allocation["attributes"] == {"role": "social-worker"}
    assert [each["team_key"] for each in in_force(council, tables.child)] == ["annex-a:T7"]


def test_a_name_that_the_crosswalk_does_not_know_is_a_worker_all_the_same(every_rule: Council) -> None:
    taken = take(every_rule, {6: [IN_NEED, {**IN_NEED, "child": "1004", "worker": None}]})
    assert (
        "annex-a-2026-11-20.xlsx, List 6: 1 of 1 names under 'Allocated Worker' are not in config/crosswalk.csv."
        in taken.notes
    )
    # The list shows no end of an allocation, so whether the one that it names still lasts is not known.
    said = {child: outcome for child, (outcome, _) in outcomes(every_rule, "fd-unallocated").items()}
    assert said == {"1003": "cannot-tell", "1004": "overdue"}


def test_where_no_case_names_a_worker_the_column_says_nothing(every_rule: Council) -> None:
    taken = take(every_rule, {6: [{**IN_NEED, "worker": None}, {**IN_NEED, "child": "1004", "worker": None}]})
    assert any("no row fills 'Allocated Worker'" in note for note in taken.notes)
    assert outcomes(every_rule, "fd-unallocated") == {}


def test_a_worker_whom_the_crosswalk_learns_takes_the_place_of_the_unknown_one(council: Council) -> None:
    take(council, {6: [IN_NEED], 7: [ON_A_PLAN], 8: [IN_CARE], 9: [LEAVER]})
    crosswalk(council, ("worker", str(IN_CARE["worker"]), "W8"))
    take(council, {6: [IN_NEED], 7: [ON_A_PLAN], 8: [IN_CARE], 9: [LEAVER]}, NEXT_WEEK, extra=["anew"])
    workers = {each["child_key"][-4:]: each["worker_key"][8:] for each in episodes(council, "allocation")}
    assert workers == {"1001": "W8", "1002": "not-in-crosswalk", "1003": "not-in-crosswalk"}


def test_a_personal_adviser_is_allocated_as_one(council: Council) -> None:
    crosswalk(council, ("worker", "Adviser one", "W80"))
    take(council, {9: [{**LEAVER, "adviser": "Adviser One"}]})
    (allocation,) = episodes(council, "allocation")
    assert (allocation["worker_key"], allocation["attributes"]) == (
        "annex-a:W80",
        {"role": "personal-adviser"},
    )
    assert [each["worker_key"] for each in episodes(council, "care-leaver")] == ["annex-a:W80"]


def test_who_works_with_a_child_is_known_from_the_load_that_first_says_so(council: Council) -> None:
    take(council, {6: [IN_NEED]})
    again = take(council, {6: [IN_NEED]}, NEXT_WEEK, extra=["anew"])
    assert (again.new, again.changed) == (0, 0)
    assert [each["start_on"] for each in episodes(council, "allocation")] == [AS_AT]


def test_how_often_the_worker_changed_cannot_be_told(every_rule: Council) -> None:
    take(every_rule, {6: [IN_NEED]})
    assert why(every_rule, "wf-worker-changes-2") == ["Cannot tell: nothing carries allocation.end."]
