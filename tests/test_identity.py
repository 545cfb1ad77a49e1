"""One child in several systems is one child where a number of its own or the crosswalk says so, and only there."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor import tables
from monitor.errors import BadSettings
from tests.conftest import TODAY, Council
from tests.in_force import episodes, in_force, row_counts, the_clock

UPN, OTHER_UPN = "A820432109001", "B820432109002"
PERSON = {"child_id": "M1", "dob": "2014-03-09", "upn": UPN}
REQUEST = {"request_id": "E1", "child_id": "S9", "received_on": "2026-10-05"}


def folder(council: Council, name: str) -> Council:
    """The same home, with the files of another system."""
    return Council(council.home, council.folder.parent / name)


def mosaic(council: Council, *children: dict[str, Any], as_at: date = TODAY) -> None:
    council.write("children", *children)
    assert council.take(as_at, source="mosaic").is_clean


def synergy(council: Council, *children: dict[str, Any], as_at: date = TODAY) -> list[str]:
    other = folder(council, "synergy")
    other.write("children", *children)
    other.write("ehc", REQUEST)
    taken = other.take(as_at, source="synergy")
    assert taken.is_clean
    return taken.notes


def whose_request(council: Council) -> str:
    return str(episodes(council, "ehc-request")[0]["child_key"])


def test_a_child_of_two_systems_is_one_by_its_upn_and_the_load_says_how_many_are(council: Council) -> None:
    mosaic(council, PERSON)
    notes = synergy(council, {**PERSON, "child_id": "S9"}, {"child_id": "S10", "upn": ""})
    assert whose_request(council) == "mosaic:M1"
    assert "1 of 2 children (50%) are known to another system: 1 by UPN." in notes
    assert {each["own_key"] for each in in_force(council, tables.child)} == {None, "synergy:S9"}


@pytest.mark.parametrize(("column", "number"), [("uln", "1234567890"), ("nhs", "943 476 5919")])
def test_so_it_is_by_its_uln_and_its_nhs_number(council: Council, column: str, number: str) -> None:
    mosaic(council, {"child_id": "M1", column: number})
    synergy(council, {"child_id": "S9", column: number.replace(" ", "")})
    assert whose_request(council) == "mosaic:M1"


def test_a_child_is_never_joined_by_resemblance(council: Council) -> None:
    mosaic(council, PERSON)
    synergy(council, {"child_id": "S9", "dob": PERSON["dob"], "upn": ""})
    assert whose_request(council) == "synergy:S9"


@pytest.mark.parametrize("no_upn", ["UN1", "UN4", "will_upn", "345643"])
def test_what_only_stands_where_a_upn_should_joins_nobody(council: Council, no_upn: str) -> None:
    mosaic(council, {**PERSON, "upn": no_upn})
    synergy(council, {**PERSON, "child_id": "S9", "upn": no_upn})
    assert whose_request(council) == "synergy:S9"


def test_a_child_of_two_systems_has_each_clock_once_and_the_team_that_one_of_them_knows(
    either_council: Council,
) -> None:
    council = either_council
    mosaic(council, PERSON)
    synergy(council, {**PERSON, "child_id": "S9", "team_id": "SEN1"})
    clock = the_clock(council, "ehc-decide-6wk")
    assert (clock.row.child, clock.row.child_team) == ("mosaic:M1", "synergy:SEN1")
    assert clock.row.born_on == date(2014, 3, 9)


def test_a_upn_that_two_children_of_one_system_share_joins_neither_and_is_an_identity_gap(
    council: Council,
) -> None:
    mosaic(council, PERSON)
    notes = synergy(council, {**PERSON, "child_id": "S9"}, {**PERSON, "child_id": "S10"})
    assert whose_request(council) == "synergy:S9"
    assert [each["ref"] for each in episodes(council, "identity-gap")] == ["S10", "S9"]
    assert any(note.startswith("2 children share a number") for note in notes)


def test_a_child_born_on_another_day_is_not_the_one_with_the_same_upn(council: Council) -> None:
    mosaic(council, PERSON)
    synergy(council, {**PERSON, "child_id": "S9", "dob": "2011-01-31"})
    assert whose_request(council) == "synergy:S9"
    assert len(episodes(council, "identity-gap")) == 1


def test_an_identity_gap_keeps_its_first_day_and_ends_when_the_records_agree(council: Council) -> None:
    mosaic(council, PERSON)
    wrong = {**PERSON, "child_id": "S9", "dob": "2011-01-31"}
    synergy(council, wrong, {"child_id": "S10"})
    synergy(council, wrong, {"child_id": "S11"}, as_at=TODAY + timedelta(days=1))
    assert [each["start_on"] for each in episodes(council, "identity-gap")] == [TODAY]
    synergy(council, {**PERSON, "child_id": "S9"}, as_at=TODAY + timedelta(days=2))
    assert episodes(council, "identity-gap") == []
    assert whose_request(council) == "mosaic:M1"


def test_the_crosswalk_joins_what_no_number_does(council: Council) -> None:
    council.configure("crosswalk.csv", "what,issuer,id,is_issuer,is_id\nchild,synergy,S9,mosaic,M1\n")
    mosaic(council, {"child_id": "M1", "upn": ""})
    synergy(council, {"child_id": "S9", "upn": ""})
    assert whose_request(council) == "mosaic:M1"


def test_a_crosswalk_with_an_empty_cell_names_the_row(council: Council) -> None:
    council.configure("crosswalk.csv", "what,issuer,id,is_issuer,is_id\nchild,synergy,,mosaic,M1\n")
    with pytest.raises(BadSettings, match=r"crosswalk\.csv: row 2: every cell must be filled"):
        mosaic(council, PERSON)


def test_the_system_that_was_there_first_gives_the_child_its_key_whichever_is_loaded_again(
    council: Council,
) -> None:
    mosaic(council, PERSON)
    synergy(council, {"child_id": "S9", "upn": ""})
    assert whose_request(council) == "synergy:S9"
    mosaic(council, PERSON, {"child_id": "M2", "upn": ""}, as_at=TODAY + timedelta(days=1))
    synergy(council, {**PERSON, "child_id": "S9"}, as_at=TODAY + timedelta(days=1))
    assert whose_request(council) == "mosaic:M1"
    mosaic(council, PERSON, {"child_id": "M3", "upn": ""}, as_at=TODAY + timedelta(days=2))
    assert {each["child_key"] for each in in_force(council, tables.child) if each["upn"] == UPN} == {
        "mosaic:M1"
    }


def test_an_issuer_s_ids_in_another_file_meet_that_issuer(council: Council, tmp_path: Path) -> None:
    council.configure("sources.yaml", "plo-tracker:\n  ids: { child: mosaic }\n")
    mosaic(council, PERSON)
    tracker = tmp_path / "tracker.csv"
    tracker.write_text("Mosaic ID,PLO ref,Legal gateway,LBP sent\nM1,P1,01/10/2026,\nM7,P7,02/10/2026,\n")
    taken = council.take_as("mapped", tracker, mapping="plo-tracker")
    assert sorted(each["child_key"] for each in episodes(council, "plo-case")) == ["mosaic:M1", "mosaic:M7"]
    assert "1 child is in no list of children: each stays a person of its own, without a team." in taken.notes
    before = row_counts(council)
    assert council.take_as("mapped", tracker, mapping="plo-tracker").is_same
    assert row_counts(council) == before


def test_the_same_files_are_taken_again_once_the_home_says_whose_ids_they_hold(
    council: Council, tmp_path: Path
) -> None:
    mosaic(council, PERSON)
    tracker = tmp_path / "tracker.csv"
    tracker.write_text("Mosaic ID,PLO ref,Legal gateway,LBP sent\nM1,P1,01/10/2026,\n")
    council.take_as("mapped", tracker, mapping="plo-tracker")
    assert [each["child_key"] for each in episodes(council, "plo-case")] == ["plo-tracker:M1"]
    council.configure("sources.yaml", "plo-tracker:\n  ids: { child: mosaic }\n")
    council.home.engine.dispose()
    told_now = Council(type(council.home)(council.home.path), council.folder)
    assert not told_now.take_as("mapped", tracker, mapping="plo-tracker").is_same
    assert [each["child_key"] for each in episodes(told_now, "plo-case")] == ["mosaic:M1"]
    told_now.home.engine.dispose()
