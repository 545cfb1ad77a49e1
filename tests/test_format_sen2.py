"""The SEN2 census: its four dialects say the same, and each of its known traps."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from monitor import tables
from monitor.clocks import clocks
from monitor.intake.take import Taken
from tests import sen2_return as sen2
from tests.conftest import Council
from tests.in_force import episodes, events, in_force, row_counts

DAY = sen2.CENSUS_DAY
DIALECTS: dict[str, Callable[[Path], Path]] = {
    "xml": lambda folder: sen2.as_xml(folder / "sen2.xml"),
    "blade": lambda folder: sen2.as_blade(folder / "blade"),
    "workbook": lambda folder: sen2.as_workbook(folder / "sen2.xlsx"),
    "modules": lambda folder: sen2.as_modules(folder / "modules"),
}
LONG_WITHOUT = {
    "annual-review",
    "ehc-review-meeting",
    "ehc-review-notified",
}  # no day of a meeting in the modules


def told(council: Council) -> set[tuple[Any, ...]]:
    """What the ledger holds, but for where it stood."""
    found = {
        tuple(each[name] for name in ("child_key", "dob", "upn", "uln"))
        for each in in_force(council, tables.child)
    }
    for each in in_force(council, tables.episode):
        found.add(
            (
                *(each[name] for name in ("kind", "ref", "child_key", "start_on", "end_on")),
                str(each["attributes"]),
            )
        )
    for each in in_force(council, tables.event):
        found.add(
            tuple(each[name] for name in ("kind", "record", "child_key", "due_on", "done_on", "status"))
        )
    return found


def returned(council: Council, **first: str) -> Taken:
    """The return with the first person's fields changed."""
    whole = [dict(each) for _, each in sen2.people()]
    whole[0] |= first
    council.folder.mkdir(exist_ok=True)
    return council.take_as("sen2", sen2.as_xml(council.folder / "sen2.xml", whole), as_at=None)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_dialect_says_the_same(council: Council, tmp_path: Path, dialect: str) -> None:
    load = council.take_as("sen2", DIALECTS[dialect](tmp_path), as_at=DAY)
    reviews = {} if dialect == "modules" else {"annual_reviews": 2}
    assert load.rows_by_register == {"children": 10, "ehc": 6, "ehc_plans": 4, **reviews}
    assert (load.rows_refused, load.problems, load.file_faults, load.holds) == (0, [], [], [])
    other = Council(council.home.__class__(tmp_path / "other"), tmp_path / "other-files")
    other.take_as("sen2", DIALECTS["xml"](tmp_path), as_at=DAY)
    expected = told(other)
    other.home.engine.dispose()
    if dialect == "modules":
        expected = {each for each in expected if each[0] not in LONG_WITHOUT}
    assert told(council) == expected


def test_what_the_census_says_becomes_requests_plans_and_reviews(council: Council, tmp_path: Path) -> None:
    load = council.take_as("sen2", DIALECTS["xml"](tmp_path), as_at=None)
    assert (load.as_at, load.as_at_from) == (DAY, "the data's own")
    assert [
        (each["ref"], each["start_on"], each["end_on"], each["attributes"])
        for each in episodes(council, "ehc-request")
    ] == [
        ("A820432109001/2025-01-06", date(2025, 1, 6), None, {"decision": "assess", "plan_decision": "plan"}),
        (
            "A820432109002/2025-07-07",
            date(2025, 7, 7),
            None,
            {"decision": "assess", "exception_code": "exceptional", "exception_on": "2026-01-15"},
        ),
        (
            "A820432109008/2025-03-03",
            date(2025, 3, 3),
            None,
            {"decision": "assess", "plan_decision": "no-plan"},
        ),
        ("A820432109003/2025-09-01", date(2025, 9, 1), None, {"decision": "refuse"}),
        ("A820432109004/2025-11-03", date(2025, 11, 3), None, {}),
        ("A820432109005/2025-10-01", date(2025, 10, 1), date(2025, 10, 20), {}),
    ]
    assert [each["done_on"] for each in events(council, "ehc-final-sent")] == [date(2025, 5, 19)]
    assert [each["done_on"] for each in events(council, "ehc-no-plan-notice")] == [date(2025, 6, 23)]
    assert [(each["ref"], each["start_on"], each["end_on"]) for each in episodes(council, "ehc-plan")] == [
        ("A820432109009/2018-06-04", date(2018, 6, 4), date(2025, 7, 31)),
        ("A820432109001/2025-05-19", date(2025, 5, 19), None),
        ("1000000008/2019-03-04", date(2019, 3, 4), None),
        ("A820432109010/2020-02-03", None, None),
    ]


def test_a_child_is_known_by_the_upn_and_without_one_by_the_uln(council: Council, tmp_path: Path) -> None:
    council.take_as("sen2", DIALECTS["xml"](tmp_path), as_at=None)
    by_uln = {each["child_key"]: (each["upn"], each["uln"]) for each in in_force(council, tables.child)}
    assert by_uln["sen2:1000000008"] == (None, "1000000008")
    assert by_uln["sen2:A820432109001"] == ("A820432109001", None)


@pytest.mark.parametrize("numbers", [{"upn": "UN2"}, {"upn": "UN2", "uln": "9999999999"}])
def test_a_child_with_neither_number_is_refused_and_told(council: Council, numbers: dict[str, str]) -> None:
    load = returned(council, **numbers)
    assert {(problem.column, problem.refused) for _, problem in load.problems} == {
        ("child_id", True),
        ("request_id", True),
        ("plan_id", True),
        ("review_id", True),
    }
    assert len(in_force(council, tables.child)) == 9


def test_the_same_child_in_another_system_is_known_by_its_upn(council: Council, tmp_path: Path) -> None:
    council.write("children", {"child_id": "C1", "dob": "2014-03-09", "upn": "A820432109001"})
    council.take(DAY)
    load = council.take_as("sen2", DIALECTS["xml"](tmp_path), as_at=None)
    assert episodes(council, "ehc-plan")[1]["child_key"] == "registers:C1"
    assert "1 of 10 children (10%) is known to another system: 1 by UPN." in load.notes


def test_two_people_with_one_upn_are_told_and_their_day_of_birth_is_not_taken(council: Council) -> None:
    load = returned(council, upn="A820432109002")
    (one,) = (each for each in in_force(council, tables.child) if each["upn"] == "A820432109002")
    assert one["dob"] is None
    assert ("dob", "contradicts") in {(problem.column, problem.code) for _, problem in load.problems}


def test_the_clocks_that_it_feeds_find_and_those_that_it_cannot_feed_say_so(tmp_path: Path) -> None:
    from monitor.bootstrap import Home  # noqa: PLC0415 - a home of its own, with the rules of SEND alone

    config = tmp_path / "home" / "config"
    config.mkdir(parents=True)
    (config / "rules.yaml").write_text("areas: [send]\n", encoding="utf-8")
    council = Council(Home(tmp_path / "home"), tmp_path)
    council.take_as("sen2", DIALECTS["xml"](tmp_path), as_at=None)
    found = clocks(council.home, as_at=DAY, known_at=None, rule=None)
    said = {(clock.rule, clock.row.ref): str(clock.outcome) for clock, _ in found}
    council.home.engine.dispose()
    assert {place: outcome for place, outcome in said.items() if outcome != "cannot-tell"} == {
        ("ehc-decide-6wk", "A820432109004/2025-11-03"): "overdue",
        ("ehc-final-20wk", "A820432109002/2025-07-07"): "excused",
        ("ehc-final-20wk", "A820432109004/2025-11-03"): "in-time",
        ("ehc-ar-12m", "A820432109001/2025-05-19"): "in-time",
        ("ehc-ar-12m", "1000000008/2019-03-04"): "overdue",
        ("ehc-ar-decision-4wk", "1000000008/2025-12-08"): "overdue",
    }
    assert {rule for (rule, _), outcome in said.items() if outcome == "cannot-tell"} >= {
        "ehc-draft-wk16",
        "ehc-ar-report-2wk-school",
        "ehc-ar-invite-2wk",
    }
    # A plan that came from another authority, and was not reviewed since.
    assert said["ehc-ar-12m", "A820432109010/2020-02-03"] == "cannot-tell"


def test_the_same_return_again_changes_nothing(council: Council) -> None:
    returned(council)
    before = row_counts(council)
    assert returned(council).is_same
    assert row_counts(council) == before


def test_the_keys_of_an_export_hold_within_it_alone(council: Council, tmp_path: Path) -> None:
    council.take_as("sen2", sen2.as_blade(tmp_path / "first"), as_at=DAY)
    load = council.take_as("sen2", sen2.as_blade(tmp_path / "second", offset=500), as_at=DAY)
    assert (load.is_same, load.new, load.changed, load.withdrawn) == (False, 0, 0, 0)


def test_days_as_collect_writes_them_are_read(council: Council, tmp_path: Path) -> None:
    assert sen2.blade_day("2025-09-28") == "2025-Sep-28 00:00:00"
    council.take_as("sen2", DIALECTS["blade"](tmp_path), as_at=DAY)
    assert [each["done_on"] for each in events(council, "ehc-final-sent")] == [date(2025, 5, 19)]


@pytest.mark.parametrize(
    ("outcome", "decision", "is_closed"),
    [("Y", "assess", False), ("N", "refuse", False), ("A", None, False), ("W", None, True)],
)
def test_each_outcome_of_a_request_has_its_own_meaning(
    council: Council, outcome: str, decision: str | None, *, is_closed: bool
) -> None:
    returned(council, outcome=outcome)
    (request,) = (
        each for each in episodes(council, "ehc-request") if each["ref"].startswith("A820432109001")
    )
    assert (request["attributes"].get("decision"), request["end_on"] is not None) == (decision, is_closed)


@pytest.mark.parametrize("changed", [{"outcome": "H"}, {"exported": "301"}, {"issued": "S"}])
def test_a_request_from_before_the_census_or_of_another_authority_has_no_clock_here(
    council: Council, changed: dict[str, str]
) -> None:
    returned(council, **changed)
    assert not any(each["ref"].startswith("A820432109001") for each in episodes(council, "ehc-request"))
    assert any(each["ref"].startswith("A820432109001") for each in episodes(council, "ehc-plan"))


def test_an_outcome_that_nobody_here_knows_is_left_out_and_told(council: Council) -> None:
    load = returned(council, outcome="Q")
    assert (
        "sen2.xml, requests: 1 row is left out, for its 'RequestOutcome' is not known: Q (1)." in load.notes
    )


def test_the_last_review_is_the_day_of_the_letter_and_not_of_the_meeting(council: Council) -> None:
    returned(council)
    first, second = episodes(council, "annual-review")
    assert (first["start_on"], first["end_on"], first["attributes"]) == (
        date(2025, 11, 10),
        date(2025, 12, 1),
        {"outcome": "maintain"},
    )
    # The decision of 2024 is that of an earlier review than the meeting of 2025, which waits for its own.
    assert (second["start_on"], second["end_on"], second["attributes"]) == (date(2025, 12, 8), None, {})


def test_an_exception_to_the_twenty_weeks_excuses_from_the_day_of_the_data(council: Council) -> None:
    returned(council, week20="1", start="", settled="", issued="")
    (request,) = (
        each for each in episodes(council, "ehc-request") if each["ref"].startswith("A820432109001")
    )
    assert request["attributes"] == {
        "decision": "assess",
        "exception_code": "exceptional",
        "exception_on": "2026-01-15",
    }


def test_names_are_not_kept(council: Council) -> None:
    returned(council)
    with council.home.engine.connect() as connection:
        for table in tables.CASE_TABLES:
            assert "SURNAME" not in repr(connection.execute(table.select()).all())


def test_what_the_next_census_no_longer_returns_of_the_year_before_is_not_withdrawn(council: Council) -> None:
    returned(council)
    council.folder.joinpath("sen2.xml").unlink()
    whole = [dict(each) for _, each in sen2.people() if each["upn"] != "A820432109009"]
    path = sen2.as_xml(council.folder / "next.xml", whole)
    path.write_text(path.read_text(encoding="utf-8").replace("2026-01-15", "2027-01-21"), encoding="utf-8")
    load = council.take_as("sen2", path, as_at=None, now=datetime(2027, 2, 1, 9, tzinfo=UTC))
    assert (load.as_at, load.holds) == (date(2027, 1, 21), [])
    assert "A820432109009/2018-06-04" in {each["ref"] for each in episodes(council, "ehc-plan")}
