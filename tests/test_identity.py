"""One child in several systems is one child where a number of its own or the crosswalk says so, and only there."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from monitor import tables
from monitor.errors import BadSettings
from monitor.staff import read_restricted
from tests.conftest import TODAY, Council
from tests.in_force import episodes, in_force, row_counts, the_clock
from tests.test_sweep_life import LINE, request, rows_of, swept

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
    assert "1 of 2 children (50%) is known to another system: 1 by UPN." in notes
    assert {each["own_key"] for each in in_force(council, tables.child)} == {None, "synergy:S9"}


@pytest.mark.parametrize(("column", "number"), [("uln", "1234567899"), ("nhs", "943 476 5919")])
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


@pytest.mark.parametrize(
    ("column", "called", "placeholder"),
    [
        ("uln", "ULN", "9999999999"),
        ("uln", "ULN", "1234567890"),
        ("nhs", "NHS number", "0000000000"),
        ("nhs", "NHS number", "1111111111"),
        ("nhs", "NHS number", "943 476 5918"),
        ("upn", "UPN", "A000000000000"),
    ],
)
def test_a_number_that_cannot_be_a_child_s_own_joins_nobody_and_is_counted(
    council: Council, column: str, called: str, placeholder: str
) -> None:
    mosaic(council, {"child_id": "M1", column: placeholder})
    notes = synergy(council, {"child_id": "S9", column: placeholder})
    assert whose_request(council) == "synergy:S9"
    assert episodes(council, "identity-gap") == []
    told = f"Numbers that cannot be a child's own (1 in {called}) join nobody. Put them right, or leave them empty."
    assert told in notes


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
    assert "1 child is in no list of children: it stays a person of its own, without a team." in taken.notes
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


def joins(council: Council, *rows: str) -> Council:
    """The same home once its crosswalk says so; it is opened anew, as every command does."""
    lines = ["what,issuer,id,is_issuer,is_id", *(f"child,{row}" for row in rows)]
    council.configure("crosswalk.csv", "\n".join(lines) + "\n")
    return council


def tracker(council: Council, *rows: str, as_at: date = TODAY) -> list[str]:
    path = council.folder.parent / "tracker.csv"
    path.write_text("\n".join(["Mosaic ID,PLO ref,Legal gateway,LBP sent", *rows]) + "\n", encoding="utf-8")
    taken = council.take_as("mapped", path, mapping="plo-tracker", as_at=as_at)
    assert not taken.holds
    return taken.notes


def whose_plo(council: Council) -> list[str]:
    return sorted(each["child_key"] for each in episodes(council, "plo-case"))


def test_the_crosswalk_joins_the_children_of_lists_that_have_no_numbers(council: Council) -> None:
    joins(council, "synergy,S9,mosaic,M1")
    mosaic(council, {"child_id": "M1", "dob": "2014-03-09"})
    notes = synergy(council, {"child_id": "S9", "dob": "2014-03-09"})
    assert whose_request(council) == "mosaic:M1"
    assert "1 of 1 child (100%) is known to another system: 1 by the crosswalk." in notes


def test_the_crosswalk_joins_a_child_whom_no_list_names(council: Council) -> None:
    joins(council, "plo-tracker,L7,mosaic,M1")
    mosaic(council, {"child_id": "M1"})
    tracker(council, "L7,P1,01/10/2026,", "L8,P2,01/10/2026,")
    assert whose_plo(council) == ["mosaic:M1", "plo-tracker:L8"]


def test_a_new_line_of_the_crosswalk_takes_effect_with_the_same_file_on_a_later_day(council: Council) -> None:
    mosaic(council, {"child_id": "M1"})
    tracker(council, "L7,P1,01/10/2026,")
    assert whose_plo(council) == ["plo-tracker:L7"]
    joins(council, "plo-tracker,L7,mosaic,M1")
    tracker(council, "L7,P1,01/10/2026,", as_at=TODAY + timedelta(days=1))
    assert whose_plo(council) == ["mosaic:M1"]


def test_a_line_of_the_crosswalk_for_other_systems_does_not_make_the_same_file_another(
    council: Council,
) -> None:
    mosaic(council, {"child_id": "M1"})
    tracker(council, "L7,P1,01/10/2026,")
    joins(council, "synergy,S9,mosaic,M1")
    path = council.folder.parent / "tracker.csv"
    taken = council.take_as("mapped", path, mapping="plo-tracker", as_at=TODAY + timedelta(days=1))
    assert "the same data were taken as load 2" in (taken.held_because or "")


def test_a_line_of_the_crosswalk_takes_effect_for_every_source_with_the_next_load_of_any(
    council: Council,
) -> None:
    mosaic(council, {"child_id": "M1"})
    tracker(council, "L7,P1,01/10/2026,")
    joins(council, "plo-tracker,L7,mosaic,M1")
    mosaic(council, {"child_id": "M1"}, {"child_id": "M2"}, as_at=TODAY + timedelta(days=1))
    assert whose_plo(council) == ["mosaic:M1"]
    joins(council)
    mosaic(council, {"child_id": "M1"}, {"child_id": "M3"}, as_at=TODAY + timedelta(days=2))
    assert whose_plo(council) == ["plo-tracker:L7"]
    assert in_force(council, tables.episode)  # and each row has one version in force
    tracker(council, "L7,P1,01/10/2026,", "L9,P9,01/10/2026,", as_at=TODAY + timedelta(days=3))
    assert whose_plo(council) == ["plo-tracker:L7", "plo-tracker:L9"]


# What stands open follows its child.

OVERDUE = {**request(1, TODAY - timedelta(days=43)), "child_id": "S9"}


def sent(council: Council, source: str, as_at: date, *children: dict[str, Any]) -> list[str]:
    """Children and, of synergy, their request; with the line of management that is told."""
    other = folder(council, source)
    other.write("children", *({"team_id": "T1", **each} for each in children))
    if source == "synergy":
        other.write("teams", {"team_id": "T1", "name": "SEND 1", "service": "SEND", **LINE})
        other.write(
            "workers",
            *({"worker_id": f"W{n}", "email": f"w{n}@council.example", "team_id": "T1"} for n in range(1, 6)),
        )
        other.write("ehc", OVERDUE)
    taken = other.take(as_at, source=source)
    assert not taken.holds
    return taken.notes


def open_alerts(council: Council, rule: str = "ehc-decide-6wk") -> list[tuple[int, str, str]]:
    alert = tables.alert
    query = select(alert.c.id, alert.c.subject, alert.c.child_key).where(
        alert.c.state == "open", alert.c.rule == rule
    )
    with council.home.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(query.order_by(alert.c.id))]


def history(council: Council, alert_id: int) -> list[str]:
    made = tables.transition
    query = select(made.c.kind).where(made.c.alert_id == alert_id).order_by(made.c.id)
    with council.home.engine.connect() as connection:
        return list(connection.scalars(query))


def test_an_alert_follows_its_child_to_another_key_with_all_that_was_done_about_it(
    either_council: Council,
) -> None:
    council = either_council
    sent(council, "mosaic", TODAY, PERSON)
    sent(council, "synergy", TODAY, {"child_id": "S9", "upn": ""})
    swept(council.home, TODAY)
    ((number, subject, _),) = open_alerts(council)
    assert subject == "synergy:S9"
    before = rows_of(council.home)
    sent(council, "synergy", TODAY, {**PERSON, "child_id": "S9"})
    assert open_alerts(council) == [(number, "mosaic:M1", "mosaic:M1")]
    assert swept(council.home, TODAY).closed.total() == 0
    assert open_alerts(council) == [(number, "mosaic:M1", "mosaic:M1")]
    assert history(council, number) == ["opened", "moved"]
    after = rows_of(council.home)
    for table in ("alert", "notice", "rung"):
        assert after[table] == before[table]


def test_a_wrong_number_put_right_gives_the_child_back_what_is_its_own(either_council: Council) -> None:
    council = either_council
    sent(council, "mosaic", TODAY, PERSON)
    sent(council, "synergy", TODAY, {**PERSON, "child_id": "S9"})
    swept(council.home, TODAY)
    ((number, subject, _),) = open_alerts(council)
    assert subject == "mosaic:M1"
    notes = sent(council, "synergy", TODAY, {"child_id": "S9", "upn": OTHER_UPN})
    assert "1 child is no longer taken for a child of another system." in notes
    assert whose_request(council) == "synergy:S9"
    assert swept(council.home, TODAY).closed.total() == 0
    assert open_alerts(council) == [(number, "synergy:S9", "synergy:S9")]
    assert history(council, number) == ["opened", "moved"]


def test_a_join_that_another_system_shows_reaches_the_lists_and_alerts_of_all_sources_at_once(
    council: Council,
) -> None:
    sent(council, "synergy", TODAY, {"child_id": "S9", "upn": ""})
    tracker(council, "L7,P1,01/10/2026,")
    sent(council, "mosaic", TODAY, {"child_id": "M1", "upn": UPN})
    swept(council.home, TODAY)
    joins(council, "synergy,S9,plo-tracker,L7")
    sent(council, "mosaic", TODAY + timedelta(days=1), {"child_id": "M1", "upn": UPN, "restricted": "yes"})
    assert whose_plo(council) == ["synergy:S9"]
    assert [subject for _, subject, _ in open_alerts(council)] == ["synergy:S9"]


def test_a_restriction_reaches_what_is_known_under_another_key_with_the_load_that_joins_them(
    council: Council,
) -> None:
    sent(council, "synergy", TODAY, {"child_id": "S9", "upn": ""})
    swept(council.home, TODAY)
    sent(council, "mosaic", TODAY, {"child_id": "M1", "restricted": "yes"})
    joins(council, "synergy,S9,mosaic,M1")
    sent(council, "mosaic", TODAY, {"child_id": "M1", "restricted": "yes"}, {"child_id": "M2"})
    ((_, subject, _),) = open_alerts(council)
    with council.home.engine.connect() as connection:
        assert set(read_restricted(connection, [subject], TODAY)) == {subject}


def test_two_alerts_of_one_clock_become_the_older_one_and_the_other_says_so(council: Council) -> None:
    for source, child in (("mosaic", "M1"), ("synergy", "S9")):
        other = folder(council, source)
        other.write("children", {"child_id": child})
        other.write("ehc", {**OVERDUE, "child_id": child})
        assert other.take(TODAY, source=source).is_clean
    swept(council.home, TODAY)
    (older, _, _), (younger, _, _) = open_alerts(council)
    joins(council, "synergy,S9,mosaic,M1")
    sent(council, "synergy", TODAY, {"child_id": "S9"})
    assert open_alerts(council) == [(older, "mosaic:M1", "mosaic:M1")]
    assert history(council, younger) == ["opened", "cleared"]
    swept(council.home, TODAY)
    assert open_alerts(council) == [(older, "mosaic:M1", "mosaic:M1")]


def test_a_held_load_moves_nothing(council: Council) -> None:
    sent(council, "mosaic", TODAY, PERSON)
    sent(council, "synergy", TODAY, {"child_id": "S9", "upn": ""})
    swept(council.home, TODAY)
    other = folder(council, "synergy")
    other.write("children", {**PERSON, "child_id": "S9"})
    assert other.take(TODAY - timedelta(days=1), source="synergy").holds
    assert whose_request(council) == "synergy:S9"
    assert [subject for _, subject, _ in open_alerts(council)] == ["synergy:S9"]


def test_what_is_moved_is_kept_by_version(council: Council) -> None:
    sent(council, "mosaic", TODAY, PERSON)
    sent(council, "synergy", TODAY, {"child_id": "S9", "upn": ""})
    sent(council, "synergy", TODAY + timedelta(days=1), {**PERSON, "child_id": "S9"})
    episode = tables.episode
    query = select(episode.c.child_key, episode.c.known_from, episode.c.known_until).where(
        episode.c.kind == "ehc-request"
    )
    with council.home.engine.connect() as connection:
        versions = [tuple(row) for row in connection.execute(query.order_by(episode.c.id))]
    tomorrow = TODAY + timedelta(days=1)
    assert versions == [("synergy:S9", TODAY, tomorrow), ("mosaic:M1", tomorrow, None)]


def test_a_child_stays_known_under_a_key_that_its_own_system_no_longer_lists(council: Council) -> None:
    sent(council, "mosaic", TODAY, PERSON, {"child_id": "M2"})
    sent(council, "synergy", TODAY, {**PERSON, "child_id": "S9"})
    sent(council, "mosaic", TODAY + timedelta(days=1), {"child_id": "M2"})
    sent(council, "synergy", TODAY + timedelta(days=2), {**PERSON, "child_id": "S9"}, {"child_id": "S1"})
    assert whose_request(council) == "mosaic:M1"


def test_a_list_that_has_lost_its_column_of_numbers_is_held_and_parts_nobody(council: Council) -> None:
    numbers = [f"A82043210900{n}" for n in range(1, 6)]
    mosaic(council, *({"child_id": f"M{n}", "upn": upn} for n, upn in enumerate(numbers)))
    synergy(council, *({"child_id": f"S{n}", "upn": upn} for n, upn in enumerate(numbers, 9)))
    other = folder(council, "synergy")
    other.write("children", *({"child_id": f"S{n}"} for n in range(9, 14)))
    taken = other.take(source="synergy")
    assert (
        "5 of the 5 children known to another system would no longer be taken for the same, more than 50%"
        in str(taken.held_because)
    )
    assert whose_request(council) == "mosaic:M0"


def strangers(council: Council) -> list[str]:
    return sorted(
        each["child_key"] for each in in_force(council, tables.child) if each["register"] == "named-children"
    )


def test_a_child_of_no_list_is_withdrawn_once_no_row_names_it(council: Council) -> None:
    tracker(council, "L7,P1,01/10/2026,", "L8,P2,01/10/2026,")
    assert strangers(council) == ["plo-tracker:L7", "plo-tracker:L8"]
    tracker(council, "L7,P1,01/10/2026,", as_at=TODAY + timedelta(days=1))
    assert strangers(council) == ["plo-tracker:L7"]
    tracker(council, "L7,P1,01/10/2026,", "L9,P3,01/10/2026,", as_at=TODAY + timedelta(days=2))
    assert strangers(council) == ["plo-tracker:L7", "plo-tracker:L9"]


def test_a_child_of_no_list_is_withdrawn_once_a_list_of_children_names_it(council: Council) -> None:
    council.configure("sources.yaml", "plo-tracker:\n  ids: { child: mosaic }\n")
    tracker(council, "M1,P1,01/10/2026,", "M7,P2,01/10/2026,")
    assert strangers(council) == ["mosaic:M1", "mosaic:M7"]
    mosaic(council, PERSON)
    tracker(council, "M1,P1,02/10/2026,", "M7,P2,01/10/2026,", as_at=TODAY + timedelta(days=1))
    assert strangers(council) == ["mosaic:M7"]
    assert whose_plo(council) == ["mosaic:M1", "mosaic:M7"]


NHS_NUMBER = "9434765919"
CLAIMED = {"child_id": "S1", "upn": UPN, "nhs": NHS_NUMBER, "dob": "2014-03-09"}


@pytest.mark.parametrize("first", ["synergy", "mosaic"])
def test_two_children_of_one_system_never_become_one_though_another_system_has_both_their_numbers(
    council: Council, first: str
) -> None:
    twins = [
        {"child_id": "M1", "upn": UPN, "nhs": "", "dob": "2014-03-09"},
        {"child_id": "M2", "upn": "", "nhs": NHS_NUMBER, "dob": "2014-03-09"},
    ]
    given: dict[str, list[dict[str, str]]] = {"synergy": [CLAIMED], "mosaic": twins}
    for source in (first, *(given.keys() - {first})):
        other = folder(council, source)
        other.write("children", *given[source])
        other.take(source=source)
    known = in_force(council, tables.child)
    assert {each["child_key"] for each in known} == {"synergy:S1", "mosaic:M1", "mosaic:M2"}
    other = folder(council, "mosaic")
    other.take(TODAY + timedelta(days=1), source="mosaic")
    assert {each["ref"] for each in episodes(council, "identity-gap")} >= {"M1", "M2"}


def test_a_line_of_the_crosswalk_and_a_number_that_name_two_children_of_one_system_join_neither(
    council: Council,
) -> None:
    other = folder(council, "synergy")
    other.write("children", {"child_id": "S1", "upn": UPN})
    other.take(source="synergy")
    joins(council, "synergy,S1,mosaic,M1")
    mosaic(council, {"child_id": "M1", "upn": ""}, {"child_id": "M2", "upn": UPN})
    keys = {each["child_key"] for each in in_force(council, tables.child)}
    assert keys == {"synergy:S1", "mosaic:M1", "mosaic:M2"}


def test_who_is_joined_does_not_depend_on_who_came_first(council: Council) -> None:
    for source, child in (
        ("mosaic", {"child_id": "M1", "upn": UPN}),
        ("health", {"child_id": "H1", "nhs": NHS_NUMBER}),
        ("synergy", {"child_id": "S1", "upn": UPN, "nhs": NHS_NUMBER}),
    ):
        other = folder(council, source)
        other.write("children", child)
        other.take(source=source)
    assert {each["child_key"] for each in in_force(council, tables.child)} == {"mosaic:M1"}


def test_two_alerts_that_change_places_both_stand(either_council: Council) -> None:
    council = either_council
    sent(council, "mosaic", TODAY, {"child_id": "M1"}, {"child_id": "M2"})
    third = folder(council, "third")
    third.write("children", {"child_id": "T9", "team_id": "T1"})
    third.write("ehc", {**OVERDUE, "child_id": "T9"})
    third.take(TODAY, source="third")
    sent(council, "synergy", TODAY, {"child_id": "S9"})
    joins(council, "synergy,S9,mosaic,M1", "third,T9,mosaic,M2")
    sent(council, "mosaic", TODAY, {"child_id": "M1"}, {"child_id": "M2"}, {"child_id": "M3"})
    swept(council.home, TODAY)
    before = open_alerts(council)
    assert len(before) == 2
    joins(council, "synergy,S9,mosaic,M2", "third,T9,mosaic,M1")
    sent(council, "mosaic", TODAY, {"child_id": "M1"}, {"child_id": "M2"})
    other = {"mosaic:M1": "mosaic:M2", "mosaic:M2": "mosaic:M1"}
    assert open_alerts(council) == [(number, other[key], other[key]) for number, key, _ in before]
    report = swept(council.home, TODAY)
    assert (report.opened.total(), report.closed.total()) == (0, 0)


def test_numbers_moved_on_by_one_row_are_held_and_no_child_becomes_another(council: Council) -> None:
    numbers = [f"A82043210900{number}" for number in range(10)]
    mosaic(council, *({"child_id": f"M{at}", "upn": number} for at, number in enumerate(numbers)))
    other = folder(council, "synergy")
    other.write("children", *({"child_id": f"S{at}", "upn": number} for at, number in enumerate(numbers)))
    assert other.take(source="synergy").is_clean
    moved_on = [*numbers[1:], numbers[0]]
    other.write("children", *({"child_id": f"S{at}", "upn": number} for at, number in enumerate(moved_on)))
    held = other.take(TODAY + timedelta(days=1), source="synergy")
    assert "10 of the 10 children known to another system" in str(held.held_because)
