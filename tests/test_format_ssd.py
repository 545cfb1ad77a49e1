"""The Standard Safeguarding Dataset: what its tables make, from files and in place, and each of its known traps."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Boolean, Column, DateTime, Float, Integer, MetaData, String, Table, create_engine, text
from sqlalchemy.dialects import mssql

from monitor import tables
from monitor.clocks import clocks
from monitor.errors import BadIntake, Misuse
from monitor.intake.mapping import shipped
from monitor.intake.reading import database
from monitor.intake.take import Taken
from monitor.sweep import sweep
from tests.conftest import NOW, TODAY, Council
from tests.in_force import episodes, events, in_force, row_counts
from tests.ssd_tables import COUNCIL, as_database, as_files, columns
from tests.ssd_tables import council as a_council

Rows = Sequence[Mapping[str, str]]


def taken(council: Council, as_at: date = TODAY, **instead: Rows) -> Taken:
    """The small council's dataset from files, with these tables instead of its own."""
    return council.take_as("ssd", as_files(a_council(**instead), council.folder), as_at=as_at)


def alone(council: Council, as_at: date = TODAY, **given: Rows) -> Taken:
    """These tables and no others."""
    folder = as_files({name: [dict(row) for row in rows] for name, rows in given.items()}, council.folder)
    return council.take_as("ssd", folder, as_at=as_at)


def spans(council: Council, kind: str) -> list[tuple[str, str, date | None, date | None]]:
    return [
        (each["ref"], each["child_key"], each["start_on"], each["end_on"]) for each in episodes(council, kind)
    ]


def days(council: Council, kind: str) -> list[tuple[str, date | None, date | None]]:
    return [(each["child_key"], each["due_on"], each["done_on"]) for each in events(council, kind)]


def outcomes(council: Council) -> dict[tuple[str, str], str]:
    found = clocks(council.home, as_at=TODAY, known_at=None, rule=None)
    return {(clock.rule, clock.row.ref): str(clock.outcome) for clock, _ in found}


def test_every_row_is_read_and_counted_by_register(council: Council) -> None:
    load = taken(council)
    assert load.rows_by_register == {
        "children": 5,
        "referrals": 5,
        "cases": 5,
        "child_in_need": 2,
        "child_protection": 2,
        "episodes": 2,
        "events": 3,
        "care_episodes": 4,
        "legal_statuses": 3,
        "placements": 2,
        "reviews": 5,
        "visits": 3,
        "health": 1,
        "sdq": 2,
        "missing": 1,
        "adoption_authorities": 1,
        "allocations": 3,
        "plo": 0,
    }
    assert (load.rows_refused, load.problems, load.file_faults, load.holds) == (0, [], [], [])


def test_children_come_with_their_numbers_family_and_team(council: Council) -> None:
    taken(council)
    names = ("child_key", "dob", "expected_dob", "upn", "nhs", "family_key", "team_key")
    first, second, *_, unborn = ([each[name] for name in names] for each in in_force(council, tables.child))
    assert first == ["ssd:1", date(2014, 3, 9), None, "A820432109001", "9434765919", "ssd:F1", "ssd:T7"]
    assert second == ["ssd:2", date(2018, 7, 1), None, None, None, "ssd:F1", None]
    assert unborn == ["ssd:5", None, date(2027, 2, 1), None, None, None, None]


def test_referrals_plans_enquiries_and_periods_become_episodes(council: Council) -> None:
    taken(council)
    assert spans(council, "referral") == [
        ("R1", "ssd:1", date(2026, 1, 5), None),
        ("R2", "ssd:2", date(2026, 2, 2), None),
        ("R3", "ssd:3", date(2026, 8, 3), None),
        ("R6", "ssd:3", date(2024, 1, 8), date(2024, 9, 6)),
        ("R5", "ssd:4", date(2025, 1, 6), date(2025, 1, 7)),
    ]
    assert spans(council, "s47-enquiry") == [
        ("S2", "ssd:2", date(2026, 3, 9), None),
        ("S3", "ssd:3", date(2026, 8, 10), None),
    ]
    assert spans(council, "cp-plan") == [
        ("cp/P2", "ssd:2", date(2026, 3, 27), None),
        ("cp/P5", "ssd:2", date(2022, 1, 10), date(2022, 10, 5)),
    ]
    assert spans(council, "child-in-need") == [
        ("N6", "ssd:3", date(2024, 2, 5), date(2024, 9, 6)),
        ("N3", "ssd:3", date(2026, 9, 7), None),
    ]
    assert spans(council, "adoption-authority") == [("K1", "ssd:1", date(2026, 7, 1), None)]
    assert [each["attributes"] for each in episodes(council, "placement")] == [
        {"type": "U6", "setting": "foster", "long_term": "no"},
        {"type": "U4", "setting": "foster", "long_term": "yes"},
    ]


def test_visits_reviews_conferences_and_decisions_become_events(council: Council) -> None:
    taken(council)
    assert days(council, "cin-visit") == [("ssd:3", None, date(2026, 10, 1))]
    assert days(council, "cp-visit") == [("ssd:2", None, date(2026, 11, 13))]
    assert days(council, "cla-visit") == [("ssd:1", None, date(2026, 10, 20))]
    assert days(council, "cp-review") == [
        ("ssd:2", date(2026, 6, 27), date(2026, 6, 24)),
        ("ssd:2", date(2026, 12, 20), None),
    ]
    assert days(council, "conference") == [("ssd:2", None, date(2026, 3, 27))]
    assert days(council, "no-conference") == [("ssd:3", None, date(2026, 8, 14))]
    assert [(each["record"], each["done_on"]) for each in events(council, "assessment-authorised")] == [
        ("ssd|R1|ssd:1", date(2026, 2, 10)),
        ("ssd|R2|ssd:2", date(2026, 3, 2)),
    ]
    (decided,) = events(council, "adm-decision")
    assert (decided["done_on"], decided["attributes"]) == (date(2026, 6, 1), {"matter": "should-be-placed"})
    assert days(council, "sdq-recorded") == [("ssd:1", None, date(2026, 4, 1))]  # the other has no score
    assert [each["attributes"] for each in episodes(council, "missing")] == [
        {"started_at": "2026-10-30T21:15+00:00", "ended_at": "2026-10-31T09:30+00:00"}
    ]


def test_a_child_has_one_case_by_the_weightiest_thing_that_is_open(council: Council) -> None:
    taken(council)
    found = {(each["ref"], each["attributes"]["plan"]) for each in episodes(council, "open-case")}
    assert found == {
        ("care/1", "care"),
        ("cp/P2", "cp"),
        ("cp/P5", "cp"),
        ("cin/R3", "cin"),
        ("cin/R6", "cin"),
    }
    assert {each["ref"] for each in episodes(council, "open-case") if each["end_on"] is None} == {
        "care/1",
        "cp/P2",
        "cin/R3",
    }


def test_the_clocks_that_it_feeds_find_and_those_that_it_cannot_feed_say_so(every_rule: Council) -> None:
    taken(every_rule)
    found = outcomes(every_rule)
    assert {
        place: outcome for place, outcome in found.items() if outcome not in ("cannot-tell", "in-time")
    } == {
        ("cin-visit", "N3"): "overdue",
        ("cla-review-2", "E1"): "overdue",
        ("cp-rcpc-6m", "cp/P2"): "due-soon",
        ("cp-visit-10wd", "cp/P2"): "due-soon",
        ("fd-assessment-45wd", "R3"): "overdue",
        ("fd-unallocated", "cin/R3"): "overdue",
        ("fd-unallocated-cp-care", "cp/P2"): "overdue",
        ("iro-appoint-5wd", "E4"): "overdue",
        ("iro-appoint-before-review", "E4"): "overdue",
        ("short-breaks-review-1", "E4"): "overdue",
        ("visit-6wk", "T2"): "due-soon",
        ("wf-worker-changes-2", "1"): "due-soon",
    }
    assert {rule for (rule, _), outcome in found.items() if outcome == "in-time"} == {
        "cin-open-long",
        "rha-5plus",
        "sdq-annual",
        "sys-feed-stale",
    }
    untold = {rule for (rule, _), outcome in found.items() if outcome == "cannot-tell"}
    assert untold >= {
        "fd-referral-1wd",
        "cp-core-group-10wd",
        "cin-plan-10wd",
        "iha-20wd",
        "missing-rhi-72h",
        "perm-plan-by-second-review",
        "sup-case-on-file",
        "pep-termly",
        "cla-placement-plan-5wd",
    }


def test_a_sweep_opens_alerts_of_what_is_late(council: Council) -> None:
    taken(council)
    report = sweep(council.home, as_at=TODAY, now=NOW, dry_run=False, progress=lambda _, __: None)
    assert report.broken == {}
    assert report.opened["cla-review-2"] == 1
    again = sweep(council.home, as_at=TODAY, now=NOW, dry_run=False, progress=lambda _, __: None)
    assert again.opened == Counter()


def test_the_same_files_again_change_nothing(council: Council) -> None:
    first = taken(council)
    before = row_counts(council)
    again = taken(council)
    assert (again.is_same, again.load_id, row_counts(council)) == (True, first.load_id, before)


def test_the_next_nights_data_write_only_what_is_new(council: Council) -> None:
    taken(council, as_at=date(2026, 11, 20))
    visits = [*COUNCIL["ssd_cin_visits"], {**COUNCIL["ssd_cin_visits"][0], "cinv_cin_visit_id": "V4"}]
    load = taken(council, ssd_cin_visits=visits)
    assert (load.new, load.changed, load.withdrawn) == (1, 0, 0)


def test_a_database_is_read_in_place_and_says_what_the_files_say(council: Council, database_url: str) -> None:
    from_files = taken(council)
    load = council.take_as("ssd", as_database(COUNCIL, database_url), as_at=date(2026, 11, 24))
    assert load.rows_by_register == from_files.rows_by_register
    assert (load.new, load.changed, load.withdrawn, load.holds) == (0, 0, 0, [])


def test_the_same_database_again_is_known_as_the_same_and_a_held_one_can_be_released(
    council: Council, database_url: str
) -> None:
    url = as_database(COUNCIL, database_url)
    first = council.take_as("ssd", url)
    assert council.take_as("ssd", url).load_id == first.load_id
    held = council.take_as("ssd", url, as_at=date(2026, 11, 24))
    assert held.held_because is not None
    assert "the same data were taken as load 1" in held.held_because
    from monitor.taking import decide  # noqa: PLC0415 - this test alone

    decide(council.home, held.load_id, "released", "no work over Christmas", NOW)
    released = council.take_as("ssd", url, as_at=date(2026, 11, 24))
    assert (released.holds, released.as_at) == ([], date(2026, 11, 24))


def test_columns_of_every_type_that_a_database_has_are_read(council: Council, database_url: str) -> None:
    engine = create_engine(database_url)
    metadata = MetaData()
    people = Table("ssd_person", metadata, Column("pers_person_id", Float), Column("pers_dob", DateTime))
    visits = Table(
        "ssd_cin_visits",
        metadata,
        Column("cinv_cin_visit_id", Integer),
        Column("cinv_person_id", Integer),
        Column("cinv_cin_visit_date", DateTime),
        Column("cinv_cin_visit_seen", Boolean),
        Column("cinv_cin_visit_seen_alone", String(10)),
    )
    with engine.begin() as connection:
        metadata.create_all(connection)
        connection.execute(people.insert(), [{"pers_person_id": 12.0, "pers_dob": datetime(2014, 3, 9)}])  # noqa: DTZ001
        seen = {"cinv_cin_visit_seen": True, "cinv_cin_visit_seen_alone": "N         "}
        whole = {
            "cinv_cin_visit_id": 7,
            "cinv_person_id": 12,
            "cinv_cin_visit_date": datetime(2026, 11, 2, 14, 30),  # noqa: DTZ001
        }
        connection.execute(visits.insert(), [{**whole, **seen}])
    engine.dispose()
    council.take_as("ssd", database_url)
    assert [each["child_key"] for each in in_force(council, tables.child)] == ["ssd:12"]
    (visit,) = events(council, "cin-visit")
    assert (visit["child_key"], visit["done_on"]) == ("ssd:12", date(2026, 11, 2))
    assert visit["attributes"] == {"seen": "yes", "seen_alone": "no"}


def test_the_tables_of_one_schema_are_read_where_the_source_names_it(
    council: Council, tmp_path: Path
) -> None:
    config = council.home.path / "config"
    config.mkdir(parents=True)
    (config / "sources.yaml").write_text("ssd: { schema: main }\n", encoding="utf-8")
    load = council.take_as("ssd", as_database(COUNCIL, f"sqlite:///{tmp_path / 'ssd.db'}"))
    assert load.rows_by_register["children"] == 5


def test_a_database_does_not_say_of_which_day_it_is(council: Council, tmp_path: Path) -> None:
    url = as_database(COUNCIL, f"sqlite:///{tmp_path / 'ssd.db'}")
    with pytest.raises(BadIntake, match="give it with --as-at"):
        council.take_as("ssd", url, as_at=None)


def test_a_database_and_files_at_once_are_refused(council: Council, tmp_path: Path) -> None:
    with pytest.raises(Misuse, match="give one database, or files: not both"):
        council.take_as("ssd", "sqlite:///ssd.db", tmp_path)


def test_a_password_comes_from_its_credential_and_is_told_to_nobody(
    council: Council, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ssd-password").write_text("secret-word\n", encoding="utf-8")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    with pytest.raises(BadIntake) as told:
        council.take_as("ssd", "postgresql+psycopg://reader@127.0.0.1:9/ssd")
    assert "reader:***@127.0.0.1:9" in str(told.value)
    assert "secret-word" not in str(told.value)


@pytest.mark.parametrize("name", sorted(COUNCIL.keys() - {"ssd_professionals"}))
def test_sql_server_is_asked_for_each_table_by_select_alone(name: str) -> None:
    asked = database.statement(name, columns(name, COUNCIL[name]), "ssd_development")
    told = str(asked.compile(dialect=mssql.dialect()))  # type: ignore[no-untyped-call]
    assert told.startswith("SELECT ssd_development.[")
    assert told.endswith(f"FROM ssd_development.[{name}]")


def test_of_a_database_only_the_columns_that_are_mapped_are_asked_for(tmp_path: Path) -> None:
    wanted = {
        each for sheet in shipped()["ssd"].sheets for one in sheet.columns.values() for each in one.called
    }
    with database.opened(as_database(COUNCIL, f"sqlite:///{tmp_path / 'ssd.db'}")) as connection:
        found = {each.name: next(each.rows())[1] for each in database.grids(connection, None, "ssd", wanted)}
    assert list(found["ssd_person"]) == [
        "pers_person_id",
        "pers_dob",
        "pers_upn",
        "pers_common_child_id",
        "pers_expected_dob",
    ]
    assert "ssd_professionals" not in found


def test_no_name_gets_into_the_ledger(council: Council) -> None:
    taken(council)
    with council.home.engine.connect() as connection:
        for table in tables.CASE_TABLES:
            whole = repr(connection.execute(text(f"SELECT * FROM {table.name}")).all())  # noqa: S608
            assert "SURNAME" not in whole


def test_item_references_are_headings_too(council: Council) -> None:
    alone(
        council,
        ssd_person=[{"PERS001A": "1", "PERS005A": "09/03/2014"}],
        ssd_cin_visits=[{"CINV001A": "V1", "CINV007A": "1", "CINV003A": "02/11/2026", "CINV004A": "Y"}],
    )
    assert in_force(council, tables.child)[0]["dob"] == date(2014, 3, 9)
    assert days(council, "cin-visit") == [("ssd:1", None, date(2026, 11, 2))]


def test_headings_and_codes_with_trailing_spaces_are_the_same(council: Council) -> None:
    alone(
        council,
        ssd_cin_visits=[
            {
                "CINV_CIN_VISIT_ID ": "V1  ",
                " cinv_person_id": "1\xa0",
                "cinv_cin_visit_date": "2026-11-02 00:00:00.000",
                "cinv_cin_visit_seen": "Y         ",
            }
        ],
    )
    (visit,) = events(council, "cin-visit")
    assert (visit["child_key"], visit["attributes"]) == ("ssd:1", {"seen": "yes"})


def test_ids_that_became_floats_are_the_ids_that_they_were(council: Council) -> None:
    alone(
        council,
        ssd_person=[{"pers_person_id": "123.0", "pers_dob": "2014-03-09"}],
        ssd_cla_episodes=[
            {
                "clae_cla_episode_id": "5",
                "clae_person_id": "123",
                "clae_cla_id": "77",
                "clae_cla_episode_start_date": "2026-02-16",
            }
        ],
        ssd_cla_reviews=[
            {"clar_cla_review_id": "9.0", "clar_cla_id": "77.0", "clar_cla_review_date": "2026-03-11"}
        ],
    )
    assert [each["child_key"] for each in in_force(council, tables.child)] == ["ssd:123"]
    assert days(council, "cla-review") == [("ssd:123", None, date(2026, 3, 11))]


@pytest.mark.parametrize(
    "mark", ["1900-01-01", "1900-01-01 00:00:00.000", "01/01/1900", "9999-12-31", "SSD_PH", "NULL"]
)
def test_placeholders_for_a_day_are_no_day(council: Council, mark: str) -> None:
    load = alone(
        council,
        ssd_cin_assessments=[
            {
                "cina_assessment_id": "A1",
                "cina_person_id": "1",
                "cina_referral_id": "R1",
                "cina_assessment_auth_date": mark,
            }
        ],
        ssd_care_leavers=[
            {
                "clea_person_id": "1",
                "clea_pathway_plan_review_date": mark,
                "clea_care_leaver_latest_contact": "2026-10-01",
            }
        ],
        ssd_cla_episodes=[
            {
                "clae_cla_episode_id": "E1",
                "clae_person_id": "1",
                "clae_cla_episode_start_date": "2026-02-16",
                "clae_cla_episode_ceased_date": mark,
            }
        ],
    )
    assert (load.problems, events(council, "assessment-authorised"), events(council, "pathway-review")) == (
        [],
        [],
        [],
    )
    assert spans(council, "care-episode") == [("E1", "ssd:1", date(2026, 2, 16), None)]
    assert days(council, "adviser-contact") == [("ssd:1", None, date(2026, 10, 1))]


def test_a_worker_called_minus_one_is_nobody_and_an_end_in_1900_is_none(council: Council) -> None:
    taken(council)
    held = [
        (each["child_key"], each["worker_key"], each["end_on"], each["attributes"]["role"])
        for each in episodes(council, "allocation")
    ]
    assert held == [
        ("ssd:1", "ssd:71", None, "social-worker"),
        ("ssd:1", "ssd:70", date(2026, 2, 16), "social-worker"),
        ("ssd:1", "ssd:72", None, "iro"),
    ]


def test_a_role_that_nobody_here_knows_is_left_out_and_told(council: Council) -> None:
    load = taken(council)
    told = "1 row is left out, for its 'invo_professional_role_id' is not known: HVISITOR (1)."
    assert [note for note in load.notes if "HVISITOR" in note] == [f"ssd_involvements.csv: {told}"]


def test_a_table_of_pre_proceedings_that_holds_nothing_carries_nothing(every_rule: Council) -> None:
    v2 = [
        {**COUNCIL["ssd_legal_status"][0], "lega_legal_status_end_date": ""},
        COUNCIL["ssd_legal_status"][2],
    ]
    ended = {
        **v2[0],
        "lega_legal_status_start_date": "2020-01-06",
        "lega_legal_status_end_date": "2020-05-04",
    }
    load = taken(every_rule, ssd_legal_status=[*v2, ended])
    assert "ssd_pre_proceedings.csv: holds no row for plo, so it counts as not carried." in load.notes
    # Nine months under section 20, and nobody can say that no gateway was held.
    assert outcomes(every_rule)["perm-s20-drift", "1"] == "cannot-tell"


def test_tables_of_ehc_plans_that_hold_nothing_say_nothing(council: Council) -> None:
    folder = as_files(a_council(), council.folder)
    (folder / "ssd_ehcp_requests.csv").write_text(
        "ehcr_ehcp_request_id,ehcr_ehcp_req_date\n", encoding="utf-8"
    )
    load = council.take_as("ssd", folder)
    assert load.file_faults == []
    with council.home.engine.connect() as connection:
        carried = set(connection.scalars(tables.carries.select().with_only_columns(tables.carries.c.item)))
    assert not any(item.startswith(("ehc", "plo")) for item in carried)


def test_pre_proceedings_are_taken_where_a_council_fills_them(council: Council) -> None:
    row = {
        "prep_person_id": "2",
        "prep_plo_family_id": "F1",
        "prep_pre_pro_decision_date": "2026-09-01",
        "prep_pre_pro_letter_date": "2026-09-07",
        "prep_initial_pre_pro_meeting_date": "2026-09-21",
        "prep_agree_stepdown_issue_date": "2026-11-16",
        "prep_pre_pro_outcome": "Step down",
    }
    taken(council, ssd_pre_proceedings=[row])
    (case,) = episodes(council, "plo-case")
    assert (case["start_on"], case["end_on"]) == (date(2026, 9, 1), date(2026, 11, 16))
    assert days(council, "plo-letter") == [("ssd:2", None, date(2026, 9, 7))]
    assert days(council, "plo-meeting") == [("ssd:2", None, date(2026, 9, 21))]


def test_a_table_that_was_filled_and_is_empty_now_holds_the_load(council: Council) -> None:
    taken(council, as_at=date(2026, 11, 20))
    folder = council.folder
    (folder / "ssd_cla_visits.csv").write_text(
        "clav_cla_visit_id,clav_person_id,clav_cla_visit_date\n", encoding="utf-8"
    )
    (folder / "ssd_cla_episodes.csv").write_text(
        "clae_cla_episode_id,clae_person_id,clae_cla_id,clae_cla_episode_start_date,clae_cla_episode_ceased_date\n",
        encoding="utf-8",
    )
    load = council.take_as("ssd", folder)
    assert load.holds
    assert len(episodes(council, "care-episode")) == 3


def test_packed_answers_are_found_though_quotes_inside_are_not_escaped(council: Council) -> None:
    taken(council)
    assert days(council, "no-conference") == [("ssd:3", None, date(2026, 8, 14))]


def test_packed_answers_that_are_cut_off_are_told_and_not_guessed(council: Council) -> None:
    cut = {
        **COUNCIL["ssd_s47_enquiry"][1],
        "s47e_s47_outcome_json": '{"OUTCOME_NFA_FLAG": "N", "OUTCOME_CP_CONF',
    }
    after = {
        **cut,
        "s47e_s47_enquiry_id": "S4",
        "s47e_s47_outcome_json": '{"CP_CONFERENCE_FLAG": "N", "COMMENTS": "the',
    }
    load = taken(council, ssd_s47_enquiry=[COUNCIL["ssd_s47_enquiry"][0], cut, after])
    assert [each["record"] for each in events(council, "no-conference")] == ["ssd|S4|ssd:3"]
    assert any("'s47e_s47_outcome_json' is not known" in note for note in load.notes)


def test_an_enquiry_without_any_outcome_column_is_not_taken(council: Council) -> None:
    bare = [
        {name: text for name, text in each.items() if name != "s47e_s47_nfa"}
        for each in COUNCIL["ssd_s47_enquiry"]
    ]
    load = taken(council, ssd_s47_enquiry=bare)
    assert load.file_faults == ["ssd_s47_enquiry.csv: has no column 's47e_s47_nfa' in its first 12 rows."]
    assert episodes(council, "s47-enquiry") == []


def test_a_release_without_person_ids_names_the_child_by_plan_period_and_referral(council: Council) -> None:
    alone(
        council,
        ssd_cp_plans=COUNCIL["ssd_cp_plans"],
        ssd_cin_episodes=COUNCIL["ssd_cin_episodes"],
        ssd_cin_plans=[
            {
                "cin_plan_id": "N3",
                "cin_person_id": "3",
                "cin_plan_start_date": "2026-09-07",
                "cin_plan_end_date": "2026-10-05",
            }
        ],
        ssd_cp_visits=[
            {"cppv_cp_visit_id": "W1", "cppv_cp_plan_id": "P2", "cppv_cp_visit_date": "2026-11-13"}
        ],
        ssd_cp_reviews=[
            {"cppr_cp_review_id": "Q1", "cppr_cp_plan_id": "P2", "cppr_cp_review_date": "2026-06-24"}
        ],
        ssd_cla_reviews=[
            {"clar_cla_review_id": "B1", "clar_cla_person_id": "1", "clar_cla_review_date": "2026-03-11"}
        ],
        ssd_involvements=[
            {
                "invo_involvements_id": "O1",
                "invo_professional_id": "71",
                "invo_professional_role_id": "SW",
                "invo_referral_id": "R3",
                "invo_involvement_start_date": "2026-08-03",
            }
        ],
    )
    assert spans(council, "child-in-need") == [("N3", "ssd:3", date(2026, 9, 7), date(2026, 10, 5))]
    assert days(council, "cp-visit") == [("ssd:2", None, date(2026, 11, 13))]
    assert days(council, "cp-review") == [("ssd:2", None, date(2026, 6, 24))]
    assert days(council, "cla-review") == [("ssd:1", None, date(2026, 3, 11))]
    assert [each["child_key"] for each in episodes(council, "allocation")] == ["ssd:3"]


def test_brothers_and_sisters_with_one_visit_keep_a_visit_each(council: Council) -> None:
    one = COUNCIL["ssd_cin_visits"][0]
    taken(council, ssd_cin_visits=[one, {**one, "cinv_person_id": "2"}, one])
    assert [each["child_key"] for each in events(council, "cin-visit")] == ["ssd:3", "ssd:2"]


def test_episodes_that_touch_are_one_period_and_a_gap_begins_another(council: Council) -> None:
    begun = {"clae_person_id": "1", "clae_cla_id": "L1"}
    spelled = [
        ("E1", "2026-01-05", "2026-02-02"),
        ("E2", "2026-02-02", "2026-03-02"),
        ("E3", "2026-03-03", ""),
    ]
    rows = [
        {
            **begun,
            "clae_cla_episode_id": ref,
            "clae_cla_episode_start_date": start,
            "clae_cla_episode_ceased_date": end,
        }
        for ref, start, end in spelled
    ]
    taken(council, ssd_cla_episodes=rows)
    assert spans(council, "care-episode") == [
        ("E1", "ssd:1", date(2026, 1, 5), date(2026, 3, 2)),
        ("E3", "ssd:1", date(2026, 3, 3), None),
    ]


def test_two_open_episodes_of_one_child_are_one_period(council: Council) -> None:
    first, second = COUNCIL["ssd_cla_episodes"][:2]
    taken(council, ssd_cla_episodes=[{**first, "clae_cla_episode_ceased_date": ""}, second])
    assert spans(council, "care-episode") == [("E1", "ssd:1", date(2026, 2, 16), None)]


def test_short_breaks_are_no_care_like_others(every_rule: Council) -> None:
    taken(every_rule)
    (short,) = (each for each in episodes(every_rule, "care-episode") if each["child_key"] == "ssd:4")
    assert short["attributes"] == {"short_breaks": "yes"}
    assert not any(rule.startswith("cla-review-1") for rule, ref in outcomes(every_rule) if ref == "E4")
    assert "care/4" not in {each["ref"] for each in episodes(every_rule, "open-case")}


def test_a_child_with_short_breaks_and_an_order_is_in_care_like_others(council: Council) -> None:
    order = {**COUNCIL["ssd_legal_status"][2], "lega_legal_status_id": "G5", "lega_legal_status": "C2"}
    taken(council, ssd_legal_status=[*COUNCIL["ssd_legal_status"], order])
    assert [
        each["attributes"] for each in episodes(council, "care-episode") if each["child_key"] == "ssd:4"
    ] == [{}]


@pytest.mark.parametrize("status", ["UASC", "Unaccompanied Asylum Seeking Child", "UASC - unaccompanied"])
def test_an_unaccompanied_child_is_marked_in_the_legal_status(council: Council, status: str) -> None:
    alone(
        council,
        ssd_legal_status=COUNCIL["ssd_legal_status"],
        ssd_immigration_status=[
            {
                "immi_person_id": "4",
                "immi_immigration_status": status,
                "immi_immigration_status_end_date": "",
            },
            {
                "immi_person_id": "1",
                "immi_immigration_status": status,
                "immi_immigration_status_end_date": "2020-01-01",
            },
        ],
    )
    assert [each["attributes"] for each in episodes(council, "legal-status")] == [
        {"code": "V2"},
        {"code": "C1"},
        {"code": "V4", "uasc": "yes"},
    ]


@pytest.mark.parametrize(
    ("said", "code"),
    [("C2", "C2"), ("c2 - Full care order", "C2"), ("Interim Care Order", "C1"), ("Section 20", "V2")],
)
def test_a_legal_status_is_known_by_its_code_or_by_its_name(council: Council, said: str, code: str) -> None:
    taken(council, ssd_legal_status=[{**COUNCIL["ssd_legal_status"][0], "lega_legal_status": said}])
    assert [each["attributes"]["code"] for each in episodes(council, "legal-status")] == [code]


def test_statuses_that_no_child_in_care_has_are_left_out_and_told(council: Council) -> None:
    other = {**COUNCIL["ssd_legal_status"][0], "lega_legal_status": "Supervision Order"}
    load = taken(council, ssd_legal_status=[*COUNCIL["ssd_legal_status"], other])
    assert any("'lega_legal_status' is not known: Supervision Order (1)" in note for note in load.notes)


def test_one_status_in_two_rows_that_follow_on_runs_from_the_first(council: Council) -> None:
    first, second, third = COUNCIL["ssd_legal_status"]
    taken(council, ssd_legal_status=[first, {**second, "lega_legal_status": "V2"}, third])
    assert [(each["start_on"], each["end_on"]) for each in episodes(council, "legal-status")] == [
        (date(2026, 2, 16), None),
        (date(2026, 7, 6), None),
    ]


def test_a_placement_type_that_nobody_here_knows_stays_a_placement_and_is_told(council: Council) -> None:
    one = {**COUNCIL["ssd_cla_placement"][0], "clap_cla_placement_type": "Q9"}
    load = taken(council, ssd_cla_placement=[one, COUNCIL["ssd_cla_placement"][1]])
    assert [each["attributes"].get("setting") for each in episodes(council, "placement")] == [None, "foster"]
    assert {(problem.column, problem.code, problem.raw) for _, problem in load.problems} == {
        ("setting", "unknown-code", "Q9"),
        ("long_term", "unknown-code", "Q9"),
    }


def test_a_review_that_lies_ahead_is_planned_and_a_cancelled_one_was_not_held(council: Council) -> None:
    taken(council)
    assert [(each["done_on"], each["due_on"], each["status"]) for each in events(council, "cla-review")] == [
        (date(2026, 3, 11), date(2026, 3, 13), None),
        (None, date(2026, 12, 3), "planned"),
        (None, date(2026, 6, 11), "cancelled"),
    ]


def test_a_review_of_which_nobody_can_read_whether_it_was_cancelled_is_of_an_unknown_day(
    council: Council,
) -> None:
    first = {**COUNCIL["ssd_cla_reviews"][0], "clar_cla_review_cancelled": "perhaps"}
    load = taken(council, ssd_cla_reviews=[first])
    (review,) = events(council, "cla-review")
    assert (review["done_on"], review["unknown"], review["due_on"]) == (None, True, date(2026, 3, 13))
    ((_, problem),) = load.problems
    assert (problem.column, problem.code, problem.raw) == ("held_on", "unknown-code", None)
    assert problem.text.startswith("'clar_cla_review_cancelled' decides it, and it must be yes or no.")


def test_a_refused_health_check_is_none_and_a_dental_one_is_another_matter(council: Council) -> None:
    taken(council)
    assert days(council, "health-assessment") == [("ssd:1", None, date(2026, 3, 2))]


def test_absence_without_authorisation_is_not_going_missing(council: Council) -> None:
    taken(council)
    assert [each["ref"] for each in episodes(council, "missing")] == ["M1"]


def test_a_referral_that_led_to_nothing_waits_for_no_assessment(council: Council) -> None:
    taken(council)
    assert "R4" not in {each["ref"] for each in episodes(council, "referral")}


def test_a_plan_of_another_authority_is_not_ours(council: Council) -> None:
    taken(council)
    assert "cp/P4" not in {each["ref"] for each in episodes(council, "cp-plan")}


def test_a_plan_in_need_beside_one_under_protection_has_no_visits_of_its_own(council: Council) -> None:
    taken(council)
    assert "N2" not in {each["ref"] for each in episodes(council, "child-in-need")}


def test_a_child_that_is_only_named_elsewhere_stays_a_person_of_its_own(council: Council) -> None:
    visit = {**COUNCIL["ssd_cin_visits"][0], "cinv_person_id": "99"}
    load = taken(council, ssd_cin_visits=[visit])
    assert "ssd:99" in {each["child_key"] for each in in_force(council, tables.child)}
    assert "1 child is in no list of children: it stays a person of its own, without a team." in load.notes


def test_what_ended_before_six_years_is_not_gone_because_it_is_no_longer_shown(council: Council) -> None:
    ended = COUNCIL["ssd_cp_plans"][2]
    lasting = [{**ended, "cppl_cp_plan_id": f"P{number}"} for number in range(10, 20)]
    old = {
        **ended,
        "cppl_cp_plan_id": "P0",
        "cppl_cp_plan_start_date": "2019-01-07",
        "cppl_cp_plan_end_date": "2020-11-22",
    }
    taken(council, as_at=date(2026, 11, 20), ssd_cp_plans=[ended, old, *lasting])
    taken(council, ssd_cp_plans=lasting)
    kept = {ref for ref, *_ in spans(council, "cp-plan")}
    assert ("cp/P0" in kept, "cp/P5" in kept, len(kept)) == (True, False, 11)


def test_a_day_that_is_none_is_told_by_table_row_and_column(council: Council) -> None:
    visit = {**COUNCIL["ssd_cin_visits"][0], "cinv_cin_visit_date": "31/02/2026"}
    load = taken(council, ssd_cin_visits=[visit])
    assert [problem.told(name) for name, problem in load.problems] == [
        "ssd_cin_visits.csv row 2: column held_on: there is no such day. The cell is taken as unknown."
    ]
