"""Payloads of the DfE's children's social care API: what changed, and what is purged at every level."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from monitor import tables
from monitor.clocks import clocks
from monitor.errors import BadIntake
from monitor.intake.take import Taken
from tests.conftest import TODAY, Council
from tests.in_force import episodes, events, in_force, row_counts

FIRST, SECOND = date(2026, 11, 20), date(2026, 11, 23)
Payload = dict[str, Any]


def payload(child: str = "C1", **instead: object) -> Payload:
    """One child's whole payload, with these parts of its one episode of social care instead."""
    episode = {
        "social_care_episode_id": f"E-{child}",
        "referral_date": "2026-02-02",
        "referral_source": "1C",
        "referral_no_further_action_flag": False,
        "care_worker_details": [
            {"worker_id": "W1", "start_date": "2026-02-02", "end_date": "2026-03-30"},
            {"worker_id": "W2", "start_date": "2026-03-30"},
        ],
        "child_and_family_assessments": [
            {
                "child_and_family_assessment_id": "A1",
                "start_date": "2026-02-03",
                "authorisation_date": "2026-03-02",
                "factors": ["1C", "4A"],
                "purge": False,
            }
        ],
        "child_in_need_plans": [
            {
                "child_in_need_plan_id": "N1",
                "start_date": "2026-03-02",
                "end_date": "2026-03-27",
                "purge": False,
            }
        ],
        "section_47_assessments": [
            {
                "section_47_assessment_id": "S1",
                "start_date": "2026-03-09",
                "icpc_required_flag": True,
                "icpc_date": "2026-03-27",
                "end_date": "2026-03-20",
                "purge": False,
            },
            {
                "section_47_assessment_id": "S2",
                "start_date": "2026-02-09",
                "icpc_required_flag": False,
                "end_date": "2026-02-13",
                "purge": False,
            },
        ],
        "child_protection_plans": [
            {"child_protection_plan_id": "P1", "start_date": "2026-03-27", "purge": False}
        ],
        "child_looked_after_placements": [
            {
                "child_looked_after_placement_id": "L1",
                "start_date": "2026-05-11",
                "start_reason": "S",
                "placement_type": "U6",
                "postcode": "AA1 1AA",
                "purge": False,
            }
        ],
        "adoption": {"initial_decision_date": "2026-09-01", "matched_date": "2026-11-02", "purge": False},
        "care_leavers": {
            "contact_date": "2026-10-05",
            "activity": "F2",
            "accommodation": "D",
            "purge": False,
        },
        "purge": False,
        **instead,
    }
    return {
        "la_child_id": child,
        "mis_child_id": f"MIS-{child}",
        "child_details": {
            "unique_pupil_number": "A820432109001" if child == "C1" else None,
            "first_name": "FORENAME",
            "surname": "SURNAME",
            "date_of_birth": "2014-03-09",
            "uasc_flag": False,
            "purge": False,
        },
        "health_and_wellbeing": {"sdq_assessments": [{"date": "2026-04-01", "score": 14}], "purge": False},
        "social_care_episodes": [episode],
        "purge": False,
    }


def take(council: Council, *payloads: Payload, as_at: date = SECOND) -> Taken:
    council.folder.mkdir(exist_ok=True)
    path = council.folder / "payloads.json"
    path.write_text(json.dumps(list(payloads)), encoding="utf-8")
    return council.take_as("csc-api", path, as_at=as_at)


def spans(council: Council, kind: str) -> list[tuple[str, str, date | None, date | None]]:
    return [
        (each["ref"], each["child_key"], each["start_on"], each["end_on"]) for each in episodes(council, kind)
    ]


def kinds(council: Council, child: str = "csc-api:C1") -> set[str]:
    """The kinds of all that is known of the child."""
    found = [*in_force(council, tables.episode), *in_force(council, tables.event)]
    return {each["kind"] for each in found if each["child_key"] == child}


def test_a_payload_becomes_referrals_plans_enquiries_and_placements(council: Council) -> None:
    load = take(council, payload())
    assert load.rows_by_register == {
        "children": 1,
        "allocations": 2,
        "placements": 1,
        "child_protection": 2,
        "referrals": 1,
        "episodes": 1,
        "events": 3,
        "sdq": 1,
        "leaver_contacts": 1,
        "child_in_need": 1,
    }
    assert (load.problems, load.file_faults, load.holds, load.rows_refused) == ([], [], [], 0)
    assert spans(council, "referral") == [("E-C1", "csc-api:C1", date(2026, 2, 2), None)]
    assert spans(council, "child-in-need") == [
        ("E-C1/cin/N1", "csc-api:C1", date(2026, 3, 2), date(2026, 3, 27))
    ]
    assert spans(council, "cp-plan") == [("E-C1/cp/P1", "csc-api:C1", date(2026, 3, 27), None)]
    assert spans(council, "s47-enquiry") == [
        ("E-C1/s47/S1", "csc-api:C1", date(2026, 3, 9), None),
        ("E-C1/s47/S2", "csc-api:C1", date(2026, 2, 9), None),
    ]
    assert [each["attributes"] for each in episodes(council, "placement")] == [
        {"type": "U6", "setting": "foster"}
    ]
    assert [(each["worker_key"], each["end_on"]) for each in episodes(council, "allocation")] == [
        ("csc-api:W1", date(2026, 3, 30)),
        ("csc-api:W2", None),
    ]
    happened = {
        (each["kind"], each["done_on"]) for each in in_force(council, tables.event) if each["child_key"]
    }
    assert happened == {
        ("conference", date(2026, 3, 27)),
        ("no-conference", date(2026, 2, 13)),
        ("assessment-authorised", date(2026, 3, 2)),
        ("adm-decision", date(2026, 9, 1)),
        ("adm-decision", date(2026, 11, 2)),
        ("sdq-recorded", date(2026, 4, 1)),
        ("adviser-contact", date(2026, 10, 5)),
    }
    (child,) = in_force(council, tables.child)
    assert (child["dob"], child["upn"]) == (date(2014, 3, 9), "A820432109001")


def test_the_clocks_that_it_feeds_find_and_those_that_it_cannot_feed_say_so(every_rule: Council) -> None:
    closed = payload("C2", closure_date="2026-09-01")
    take(every_rule, payload(child_and_family_assessments=[]), closed)
    found = {
        (clock.rule, clock.row.ref): str(clock.outcome)
        for clock, _ in clocks(every_rule.home, as_at=TODAY, known_at=None, rule=None)
    }
    assert found["fd-assessment-45wd", "E-C1"] == "overdue"
    assert found["cp-rcpc-3m", "E-C1/cp/P1"] == "cannot-tell"
    assert found["cp-visit-10wd", "E-C1/cp/P1"] == "cannot-tell"
    assert found["visit-6wk", "E-C1/placement/L1"] == "cannot-tell"
    # One enquiry had its conference, the other needed none: neither waits.
    assert not any(rule == "cp-icpc-15wd" for rule, _ in found)


def test_the_same_payloads_again_change_nothing(council: Council) -> None:
    take(council, payload())
    before = row_counts(council)
    assert take(council, payload()).is_same
    assert row_counts(council) == before


def test_a_child_that_did_not_change_is_not_gone(council: Council) -> None:
    take(council, *(payload(f"C{number}") for number in range(1, 31)), as_at=FIRST)
    load = take(council, payload("C1", closure_date="2026-11-22"))
    assert (load.holds, load.new, load.changed, load.withdrawn) == ([], 0, 1, 0)
    assert spans(council, "referral")[-1] == ("E-C1", "csc-api:C1", date(2026, 2, 2), date(2026, 11, 22))
    assert len(episodes(council, "cp-plan")) == 30


def test_what_a_day_without_changes_does_not_name_is_carried_all_the_same(every_rule: Council) -> None:
    take(
        every_rule,
        payload(child_and_family_assessments=[]),
        payload("C2", closure_date="2026-09-01"),
        as_at=FIRST,
    )
    bare = {
        "la_child_id": "C9",
        "child_details": {"date_of_birth": "2015-01-01", "purge": False},
        "purge": False,
    }
    take(every_rule, bare)
    found = {
        clock.row.ref: str(clock.outcome)
        for clock, _ in clocks(every_rule.home, as_at=TODAY, known_at=None, rule="fd-assessment-45wd")
    }
    assert found == {"E-C1": "overdue"}


def test_a_purged_child_is_gone_with_all_that_was_known_of_it(council: Council) -> None:
    take(council, payload(), payload("C2"), as_at=FIRST)
    load = take(council, {"la_child_id": "C1", "mis_child_id": "MIS-C1", "purge": True})
    assert (load.holds, load.new, load.withdrawn) == ([], 0, 16)
    assert (load.file_faults, load.problems, load.notes) == ([], [], [])
    assert kinds(council) == set()
    assert {each["child_key"] for each in in_force(council, tables.child)} == {"csc-api:C2"}
    assert "cp-plan" in kinds(council, "csc-api:C2")


def test_a_purged_episode_takes_what_belongs_to_it_along(council: Council) -> None:
    take(council, payload(), payload("C2"), as_at=FIRST)
    gone = {"social_care_episode_id": "E-C1", "purge": True}
    take(council, {"la_child_id": "C1", "social_care_episodes": [gone], "purge": False})
    # Allocations name no episode, and the questionnaire belongs to none.
    assert kinds(council) == {"sdq-recorded", "allocation"}
    assert "referral" in kinds(council, "csc-api:C2")


def test_a_payload_that_purges_much_is_no_list_cut_short(council: Council) -> None:
    children = [f"C{number}" for number in range(10)]
    take(council, *(payload(child) for child in children), as_at=FIRST)
    gone = [
        {
            "la_child_id": child,
            "social_care_episodes": [{"social_care_episode_id": f"E-{child}", "purge": True}],
        }
        for child in children[:6]
    ]
    assert take(council, *gone).holds == []
    assert len(in_force(council, tables.episode, kind="child-in-need")) == 4


def test_a_purged_episode_of_one_child_leaves_that_of_another_with_the_same_id(council: Council) -> None:
    shared = {"social_care_episode_id": "E1"}
    of_both = [{**payload(child)["social_care_episodes"][0], **shared} for child in ("C1", "C2")]
    take(
        council,
        {**payload("C1"), "social_care_episodes": [of_both[0]]},
        {**payload("C2"), "social_care_episodes": [of_both[1]]},
        as_at=FIRST,
    )
    before = kinds(council, "csc-api:C2")
    take(council, {"la_child_id": "C1", "social_care_episodes": [{**shared, "purge": True}], "purge": False})
    assert "referral" not in kinds(council)
    assert kinds(council, "csc-api:C2") == before


def test_a_purged_episode_with_all_its_parts_takes_them_along(council: Council) -> None:
    take(council, payload(), as_at=FIRST)
    take(council, payload(purge=True))
    assert kinds(council) == {"sdq-recorded"}


@pytest.mark.parametrize(
    ("part", "purged", "kind"),
    [
        (
            "child_and_family_assessments",
            [{"child_and_family_assessment_id": "A1", "purge": True}],
            "assessment-authorised",
        ),
        ("child_in_need_plans", [{"child_in_need_plan_id": "N1", "purge": True}], "child-in-need"),
        ("child_protection_plans", [{"child_protection_plan_id": "P1", "purge": True}], "cp-plan"),
        (
            "child_looked_after_placements",
            [{"child_looked_after_placement_id": "L1", "purge": True}],
            "placement",
        ),
        ("adoption", {"purge": True}, "adm-decision"),
        ("care_leavers", {"purge": True}, "adviser-contact"),
    ],
)
def test_a_purged_part_is_gone_and_the_rest_stays(
    council: Council, part: str, purged: object, kind: str
) -> None:
    take(council, payload(), as_at=FIRST)
    before = kinds(council)
    instead: dict[str, Any] = {part: purged}
    take(council, payload(**instead))
    assert before - kinds(council) == {kind}


def test_a_purged_enquiry_is_gone_and_another_stays(council: Council) -> None:
    take(council, payload(), as_at=FIRST)
    take(council, payload(section_47_assessments=[{"section_47_assessment_id": "S1", "purge": True}]))
    assert [ref for ref, *_ in spans(council, "s47-enquiry")] == ["E-C1/s47/S2"]
    assert events(council, "conference") == []


def test_purged_health_takes_its_questionnaires_along(council: Council) -> None:
    take(council, payload(), as_at=FIRST)
    take(council, {**payload(), "health_and_wellbeing": {"purge": True}})
    assert "sdq-recorded" not in kinds(council)
    assert "cp-plan" in kinds(council)


def test_purged_details_leave_the_child_without_them(council: Council) -> None:
    take(council, payload(), as_at=FIRST)
    take(council, {**payload(), "child_details": {"purge": True}})
    (child,) = in_force(council, tables.child)
    assert (child["child_key"], child["dob"], child["upn"]) == ("csc-api:C1", None, None)


def test_a_payload_without_details_empties_none(council: Council) -> None:
    take(council, payload(), as_at=FIRST)
    partial = payload()
    partial["child_details"] = {"first_name": "FORENAME", "purge": False}
    take(council, partial)
    (child,) = in_force(council, tables.child)
    assert (child["dob"], child["upn"]) == (date(2014, 3, 9), "A820432109001")


def test_a_referral_that_led_to_nothing_waits_for_no_assessment(council: Council) -> None:
    take(council, payload(referral_no_further_action_flag=True))
    assert episodes(council, "referral") == []


def test_one_child_may_be_a_file_of_its_own_in_a_folder(council: Council) -> None:
    council.folder.mkdir()
    for child in ("C1", "C2"):
        (council.folder / f"{child}.json").write_text(json.dumps(payload(child)), encoding="utf-8")
    load = council.take_as("csc-api", council.folder, as_at=SECOND)
    assert load.rows_by_register["children"] == 2


def test_names_and_postcodes_are_not_kept(council: Council) -> None:
    take(council, payload())
    with council.home.engine.connect() as connection:
        for table in tables.CASE_TABLES:
            whole = repr(connection.execute(table.select()).all())
            assert "SURNAME" not in whole
            assert "AA1" not in whole


def test_a_file_of_another_format_is_refused_in_one_sentence(council: Council, tmp_path: Path) -> None:
    path = tmp_path / "other.json"
    path.write_text('[{"id": 1}]', encoding="utf-8")
    with pytest.raises(BadIntake) as told:
        council.take_as("csc-api", path, as_at=SECOND)
    assert str(told.value).startswith("nothing in other.json is a sheet of the format 'csc-api'")


def test_a_file_that_is_cut_off_is_refused(council: Council, tmp_path: Path) -> None:
    path = tmp_path / "payloads.json"
    path.write_text(json.dumps([payload()])[:-20], encoding="utf-8")
    with pytest.raises(BadIntake, match=r"payloads\.json: is not JSON"):
        council.take_as("csc-api", path, as_at=SECOND)
