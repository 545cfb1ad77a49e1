"""Annex A again and again: what a later workbook adds and takes away, and what only the newest cannot tell."""

from datetime import date

import pytest

from monitor import tables
from monitor.sweep import sweep
from monitor.taking import decide
from tests.annex_a import (
    AS_AT,
    IN_CARE,
    IN_NEED,
    LEAVER,
    NEXT_WEEK,
    ON_A_PLAN,
    Lists,
    Row,
    annex_a,
    crosswalk,
    day,
    outcomes,
    take,
    told_by,
    why,
)
from tests.conftest import NOW, Council
from tests.in_force import episodes, events, in_force, row_counts

# Every time anew.


def test_the_same_workbook_again_writes_nothing(council: Council) -> None:
    enquiry: Row = {"child": "7", "strategy": AS_AT}
    lists: Lists = {5: [enquiry], 6: [IN_NEED], 7: [ON_A_PLAN], 8: [IN_CARE], 9: [LEAVER]}
    path = annex_a(council.folder / "a.xlsx", lists)
    council.take_as("annex-a", path, as_at=AS_AT)
    before = row_counts(council)
    again = council.take_as("annex-a", path, as_at=AS_AT)
    assert again.is_same
    assert row_counts(council) == before


def test_the_same_rows_a_week_later_change_nothing_of_what_is_known(council: Council) -> None:
    lists = {6: [IN_NEED], 7: [ON_A_PLAN], 8: [IN_CARE], 9: [LEAVER]}
    take(council, lists)
    known = [
        (each["key"], each["known_from"])
        for each in in_force(council, tables.event)
        if each["register"] != "load"
    ]
    again = take(council, lists, NEXT_WEEK, extra=["Exported at"])
    assert (again.new, again.changed, again.withdrawn) == (0, 0, 0)
    assert [
        (each["key"], each["known_from"])
        for each in in_force(council, tables.event)
        if each["register"] != "load"
    ] == known


def test_only_the_latest_visit_is_listed_and_the_earlier_ones_stay_known(council: Council) -> None:
    take(council, {8: [IN_CARE]})
    take(council, {8: [{**IN_CARE, "social_visit": day("2026-11-24")}]}, NEXT_WEEK)
    assert [each["done_on"] for each in events(council, "cla-visit")] == [
        day("2026-11-02"),
        day("2026-11-24"),
    ]


def test_a_visit_that_was_entered_too_late_a_day_is_put_right(council: Council) -> None:
    """The newest of all is the 2nd; so there was none on the 19th, and the child is not in time because of it."""
    take(council, {8: [{**IN_CARE, "social_visit": day("2026-11-19")}]})
    taken = take(council, {8: [{**IN_CARE, "social_visit": day("2026-11-02")}]}, NEXT_WEEK)
    assert (taken.new, taken.withdrawn) == (1, 1)
    assert [each["done_on"] for each in events(council, "cla-visit")] == [day("2026-11-02")]


def test_an_empty_latest_visit_forgets_none(council: Council) -> None:
    other = {**IN_CARE, "child": "1005"}
    take(council, {8: [IN_CARE, other]})
    take(council, {8: [{**IN_CARE, "social_visit": None}, other]}, NEXT_WEEK)
    assert len(events(council, "cla-visit")) == 2


def test_a_new_placement_and_status_take_the_place_of_the_former(council: Council) -> None:
    take(council, {8: [IN_CARE]})
    moved = {
        **IN_CARE,
        "placed": day("2026-11-23"),
        "placement": "k) P1: Placed with parents",
        "legal": "C1: ICO",
    }
    take(council, {8: [{**moved, "legal_from": day("2026-11-23")}]}, NEXT_WEEK)
    assert [each["start_on"] for each in episodes(council, "placement")] == [day("2026-11-23")]
    assert [each["attributes"]["code"] for each in episodes(council, "legal-status")] == ["C1"]


def test_a_child_that_left_care_has_left_and_stays_so_when_the_list_drops_it(council: Council) -> None:
    stays = {**IN_CARE, "child": "1005"}
    take(council, {8: [IN_CARE, stays]})
    take(council, {8: [{**IN_CARE, "left": day("2026-11-25")}, stays]}, NEXT_WEEK)
    ends = {each["child_key"]: each["end_on"] for each in episodes(council, "care-episode")}
    assert ends == {"annex-a:1001": day("2026-11-25"), "annex-a:1005": None}
    half_a_year_on = take(council, {8: [stays]}, date(2027, 6, 25))
    assert half_a_year_on.withdrawn == 0
    assert len(episodes(council, "care-episode")) == 2


def test_a_child_that_is_no_longer_in_the_list_of_those_in_care_is_not_in_care(every_rule: Council) -> None:
    stays = {**IN_CARE, "child": "1005"}
    take(every_rule, {8: [IN_CARE, stays]})
    take(every_rule, {8: [stays]}, NEXT_WEEK)
    for kind in ("care-episode", "placement", "legal-status"):
        assert [each["child_key"] for each in episodes(every_rule, kind)] == ["annex-a:1005"]
    assert len(events(every_rule, "cla-visit")) == 2  # what has happened has happened
    for rule in ("visit-6wk", "cla-review-2", "rha-5plus"):
        assert set(outcomes(every_rule, rule, NEXT_WEEK)) == {"1005"}


def test_a_child_in_need_that_goes_on_to_a_protection_plan_is_no_longer_one(every_rule: Council) -> None:
    take(every_rule, {6: [IN_NEED, {**IN_NEED, "child": "1004"}]})
    take(
        every_rule,
        {6: [{**IN_NEED, "status": "b) Child Protection plan"}, {**IN_NEED, "child": "1004"}]},
        NEXT_WEEK,
    )
    assert [each["child_key"] for each in episodes(every_rule, "child-in-need")] == ["annex-a:1004"]


def test_a_list_that_is_not_there_is_told_and_known_as_before(council: Council) -> None:
    take(council, {7: [ON_A_PLAN], 8: [IN_CARE]})
    taken = take(council, {7: [ON_A_PLAN]}, NEXT_WEEK)
    assert "care_episodes" in next(note for note in taken.notes if note.startswith("Not given this time"))
    assert len(episodes(council, "care-episode")) == 1
    assert len(events(council, "cla-visit")) == 1


def test_a_list_that_has_lost_most_of_its_children_is_held(council: Council) -> None:
    many = [{**IN_CARE, "child": str(number)} for number in range(1000, 1030)]
    take(council, {8: many})
    taken = take(council, {8: many[:10]}, NEXT_WEEK)
    assert any("a fall of more than 20%" in why for why in taken.holds)
    assert len(episodes(council, "care-episode")) == 30


@pytest.mark.parametrize(
    ("settings", "plans"), [("{}", 1), ("annex-a:\n  carries: [episodes.start_on]\n", 0)]
)
def test_an_emptied_list_is_held_and_released_says_nothing_unless_it_counts_as_carried(
    council: Council, settings: str, plans: int
) -> None:
    council.configure("sources.yaml", settings)
    take(council, {7: [ON_A_PLAN], 9: [LEAVER]})
    path = annex_a(council.folder / "emptied.xlsx", {7: [], 9: [LEAVER]})
    held = council.take_as("annex-a", path, as_at=NEXT_WEEK)
    assert any("List 7: 0 rows where the last load had 1" in why for why in held.holds)
    decide(council.home, held.load_id, "released", "nobody is on a plan any more", NOW)
    taken = council.take_as("annex-a", path, as_at=NEXT_WEEK)
    assert taken.holds == []
    assert len(episodes(council, "cp-plan")) == plans
    told = any("holds no row for episodes, so it counts as not carried" in note for note in taken.notes)
    assert told is bool(plans)


def test_a_list_cut_short_is_held_though_another_feeds_the_same_register(council: Council) -> None:
    plans = [{**ON_A_PLAN, "child": str(number)} for number in range(2000, 2010)]
    leavers = [{**LEAVER, "child": str(number)} for number in range(3000, 3040)]
    take(council, {7: plans, 9: leavers})
    taken = take(council, {7: plans[:2], 9: leavers}, NEXT_WEEK)
    assert any("8 of the 10 records of cp-plan known before" in why for why in taken.holds)
    assert len(episodes(council, "cp-plan")) == 10


def test_many_a_change_of_worker_is_no_list_cut_short(council: Council) -> None:
    cases = [{**IN_NEED, "child": str(number)} for number in range(2000, 2010)]
    crosswalk(
        council, ("worker", "Social worker of list 6", "W6"), ("worker", "Social worker of list 8", "W8")
    )
    take(council, {6: cases})
    taken = take(council, {6: [{**each, "worker": "Social worker of list 8"} for each in cases]}, NEXT_WEEK)
    assert taken.holds == []
    assert {each["worker_key"] for each in episodes(council, "allocation")} == {"annex-a:W8"}


def test_a_former_worker_is_no_longer_allocated_where_lists_are_missing(council: Council) -> None:
    crosswalk(
        council, ("worker", "Social worker of list 6", "W6"), ("worker", "Social worker of list 8", "W8")
    )
    take(council, {6: [IN_NEED], 8: [{**IN_CARE, "worker": "Social worker of list 6"}]})
    take(council, {6: [{**IN_NEED, "worker": "Social worker of list 8"}]}, NEXT_WEEK)
    # List 8 did not come, so who works with its child is known as before.
    assert sorted((each["child_key"], each["worker_key"]) for each in episodes(council, "allocation")) == [
        ("annex-a:1001", "annex-a:W6"),
        ("annex-a:1003", "annex-a:W8"),
    ]


def test_a_row_without_a_start_stays_so_while_its_list_is_missing(council: Council) -> None:
    take(council, {7: [{**ON_A_PLAN, "plan_from": "soon"}], 9: [LEAVER]})
    assert len(episodes(council, "start-unknown")) == 1
    take(council, {9: [LEAVER]}, NEXT_WEEK)
    assert len(episodes(council, "start-unknown")) == 1


def test_a_status_that_nobody_knows_any_more_leaves_what_was_known_and_is_told(council: Council) -> None:
    take(council, {6: [IN_NEED]})
    taken = take(council, {6: [{**IN_NEED, "status": "z) Something new"}]}, NEXT_WEEK)
    assert len(episodes(council, "child-in-need")) == 1
    told = [
        (problem.column, problem.code, problem.raw, problem.refused)
        for _, problem in taken.problems
        if problem.column == "Case Status"
    ]
    assert ("Case Status", "unknown-code", "z) Something new", True) in told


def test_a_last_visit_whose_day_cannot_be_read_is_told_and_takes_nothing_of_the_one_before(
    council: Council,
) -> None:
    take(council, {7: [ON_A_PLAN]})
    taken = take(council, {7: [{**ON_A_PLAN, "visited": "31/11/2026"}]}, NEXT_WEEK)
    assert told_by(taken) == [
        "annex-a-2026-11-27.xlsx, List 7 row 2: column held_on: there is no such day. The cell is taken as unknown."
    ]
    assert [(each["done_on"], each["unknown"]) for each in events(council, "cp-visit")] == [
        (date(2026, 11, 12), False),
        (None, True),
    ]


# What only the newest can and cannot tell.


def test_who_has_no_review_yet_owes_the_first(council: Council) -> None:
    entered = {**IN_CARE, "entered": day("2026-11-02"), "reviewed": None}
    take(council, {8: [entered, {**IN_CARE, "child": "1005"}]})
    assert outcomes(council, "cla-review-1") == {"1001": ("due-soon", day("2026-11-30"))}


def test_one_review_shown_of_a_child_long_in_care_may_be_the_tenth(council: Council) -> None:
    take(council, {8: [IN_CARE]})
    assert outcomes(council, "cla-review-2") == {"1001": ("cannot-tell", None)}
    assert why(council, "cla-review-2") == [
        "Cannot tell: of each cla-review the data began with the newest, and there may have been others."
    ]


def test_of_a_child_who_came_into_care_since_the_first_load_every_review_was_seen(council: Council) -> None:
    take(council, {8: [IN_CARE]})
    new = {**IN_CARE, "child": "1005", "entered": day("2026-11-23"), "reviewed": None}
    take(council, {8: [IN_CARE, new]}, NEXT_WEEK)
    held = {**new, "reviewed": day("2026-12-14")}
    take(council, {8: [IN_CARE, held]}, date(2026, 12, 18))
    assert outcomes(council, "cla-review-2", date(2026, 12, 18))["1005"] == ("in-time", day("2027-03-14"))


def test_a_second_review_in_sight_is_one_of_the_later_ones(council: Council) -> None:
    take(council, {8: [IN_CARE]})
    take(council, {8: [{**IN_CARE, "reviewed": day("2026-12-07")}]}, date(2026, 12, 18))
    assert outcomes(council, "cla-review-n", date(2026, 12, 18)) == {"1001": ("in-time", day("2027-06-07"))}


def test_the_reviews_of_a_register_beside_it_make_the_count_whole(council: Council) -> None:
    config = council.home.path / "config"
    config.mkdir(parents=True)
    (config / "sources.yaml").write_text("annex-a:\n  ids: { child: registers }\n", encoding="utf-8")
    council.write(
        "reviews",
        *({"child_id": "1001", "kind": "cla", "held_on": on} for on in ("2026-06-01", "2026-09-07")),
    )
    council.take(AS_AT)
    take(council, {8: [IN_CARE]})
    assert outcomes(council, "cla-review-n") == {"1001": ("in-time", day("2027-03-07"))}


def test_plan_b_is_owed_though_the_second_review_could_not_be_seen(council: Council) -> None:
    """The review could only bring the last day nearer, and it has passed as it is."""
    config = council.home.path / "config"
    config.mkdir(parents=True)
    (config / "sources.yaml").write_text("annex-a:\n  ids: { child: registers }\n", encoding="utf-8")
    row = {"child_id": "1001", "plan_a": "adoption", "plan_a_on": "2026-10-01", "plan_b": "", "plan_b_on": ""}
    council.write("permanence", row)
    council.write("plo", {"case_id": "P1", "child_id": "1005", "final_care_plan_on": ""})
    council.take(AS_AT)
    take(council, {8: [IN_CARE]})
    assert outcomes(council, "perm-plan-b-missing") == {"1001": ("overdue", day("2026-10-15"))}


def test_social_workers_are_listed_and_no_reviewing_officers_so_none_is_missed(every_rule: Council) -> None:
    take(every_rule, {8: [IN_CARE]})
    assert why(every_rule, "iro-appoint-5wd") == ["Cannot tell: nothing carries allocation.role."]


def test_what_annex_a_does_not_carry_is_never_in_time(every_rule: Council) -> None:
    take(every_rule, {6: [IN_NEED], 7: [ON_A_PLAN], 8: [IN_CARE], 9: [LEAVER]})
    for rule in (
        *("perm-plan-initial-missing", "perm-plan-by-second-review", "perm-plan-b-missing", "iha-20wd"),
        *(
            "cp-core-group-10wd",
            "cp-plan-long",
            "cin-review",
            "cin-plan-10wd",
            "sdq-annual",
            "visit-seen-alone",
        ),
        *("cl-yearly-offer", "pep-termly", "cla-placement-plan-5wd", "perm-s20-drift", "sup-case-on-file"),
    ):
        assert {outcome for outcome, _ in outcomes(every_rule, rule).values()} <= {"cannot-tell"}, rule


def test_a_sweep_opens_an_alert_for_what_is_late_and_a_second_none(every_rule: Council) -> None:
    late = {**IN_CARE, "social_visit": day("2026-09-01")}
    take(every_rule, {7: [ON_A_PLAN], 8: [late]})
    opened = [
        sweep(every_rule.home, as_at=AS_AT, now=NOW, dry_run=False, progress=lambda _, __: None).opened
        for _ in range(2)
    ]
    assert opened[0]["visit-6wk"] == 1
    assert sum(opened[1].values()) == 0
