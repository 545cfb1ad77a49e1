"""Where two systems tell of one child, the one that the home prefers is judged, and the other is kept."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import Table, select

from monitor import tables
from monitor.clauses import Asking
from monitor.clocks import bench_of
from monitor.differences import differences
from tests.conftest import TODAY, Council
from tests.in_force import episodes, every_clock

CHILD = {"child_id": "C1", "dob": "2014-03-09"}
ISSUED = "  ids: { child: council, worker: council }\n"


@pytest.fixture
def council_in_migration(either_council: Council) -> Council:
    either_council.configure(
        "sources.yaml",
        f"mosaic:\n  prefer-for: [plo-case, plo-letter, ehc-request]\n{ISSUED}care-director:\n{ISSUED}",
    )
    return either_council


def give(council: Council, source: str, *cases: dict[str, Any], as_at: date = TODAY) -> None:
    other = Council(council.home, council.folder.parent / source)
    other.write("children", CHILD)
    columns = ("case_id", "child_id", "gateway_on", "letter_sent_on", "exited_on", "exit_outcome")
    other.write("plo", *({**each, "child_id": "C1"} for each in cases), columns=columns)
    assert other.take(as_at, source=source).is_clean


def judged(council: Council) -> list[tuple[str, str]]:
    return [(each.row.source, each.row.ref) for each in every_clock(council, "plo-gateway-to-letter")]


def told_of(council: Council, table: Table, kind: str) -> list[str]:
    """The sources of the records that are judged."""
    with council.home.engine.connect() as connection:
        feeds = bench_of(council.home, connection).feeds
        home = council.home
        asking = Asking(as_at=TODAY, calendar=home.local, lawful=home.lawful, feeds=feeds)
        query = select(table.c.source).where(asking.known(table), table.c.kind == kind)
        return sorted(connection.scalars(query))


def test_both_are_kept_and_the_preferred_one_is_judged(council_in_migration: Council) -> None:
    council = council_in_migration
    give(council, "mosaic", {"case_id": "P1", "gateway_on": "2026-10-01"})
    give(council, "care-director", {"case_id": "CD1", "gateway_on": "2026-09-01"})
    assert judged(council) == [("mosaic", "P1")]
    assert len(episodes(council, "plo-case")) == 2


def test_what_differs_is_listed_and_what_agrees_is_not(council_in_migration: Council) -> None:
    council = council_in_migration
    give(council, "mosaic", {"case_id": "P1", "gateway_on": "2026-10-01", "letter_sent_on": "2026-10-05"})
    give(
        council,
        "care-director",
        {"case_id": "CD1", "gateway_on": "2026-09-01", "letter_sent_on": "2026-10-05"},
    )
    (found,) = differences(council.home, TODAY)
    assert (found.kind, found.child, found.judged_source, found.other_source) == (
        "plo-case",
        "council:C1",
        "mosaic",
        "care-director",
    )
    assert (found.judged, found.other) == (((date(2026, 10, 1), None),), ((date(2026, 9, 1), None),))


def test_a_case_that_the_preferred_one_does_not_have_is_judged(council_in_migration: Council) -> None:
    council = council_in_migration
    give(council, "mosaic")
    give(council, "care-director", {"case_id": "CD1", "gateway_on": "2026-09-01"})
    assert judged(council) == [("care-director", "CD1")]


def test_an_old_case_of_the_preferred_one_hides_no_present_case_of_the_other(
    council_in_migration: Council,
) -> None:
    council = council_in_migration
    give(
        council,
        "mosaic",
        {
            "case_id": "P1",
            "gateway_on": "2024-10-01",
            "exited_on": "2025-01-31",
            "exit_outcome": "stepped-down",
        },
    )
    give(council, "care-director", {"case_id": "CD1", "gateway_on": "2026-09-01"})
    assert judged(council) == [("care-director", "CD1")]


def test_without_a_preference_both_are_judged(either_council: Council) -> None:
    council = either_council
    council.configure("sources.yaml", f"mosaic:\n{ISSUED}care-director:\n{ISSUED}")
    give(council, "mosaic", {"case_id": "P1", "gateway_on": "2026-10-01"})
    give(council, "care-director", {"case_id": "CD1", "gateway_on": "2026-09-01"})
    assert sorted(judged(council)) == [("care-director", "CD1"), ("mosaic", "P1")]


NO_DAY = "31/02/2026"
OPEN = ("2026-01-05", "")
LEAVES = ("2026-01-05", "2027-03-31")
ENDED = ("2026-01-05", "2026-11-20")
ENDS_TODAY = ("2026-01-05", str(TODAY))
WHO_KNOWS = ("2026-01-05", NO_DAY)
NOT_BEGUN = ("2026-12-14", "")
NO_START = (NO_DAY, "")
LONG_AGO = ("2025-01-06", "2025-06-30")
ENDED_CASE = {
    "case_id": "P1",
    "gateway_on": "2026-01-05",
    "letter_sent_on": "2026-01-20",
    "exited_on": "2026-11-20",
    "exit_outcome": "stepped-down",
}


def give_request(council: Council, source: str, days: tuple[str, str]) -> None:
    other = Council(council.home, council.folder.parent / source)
    other.write("children", CHILD)
    received, closed = days
    other.write("ehc", {"request_id": "E1", "child_id": "C1", "received_on": received, "closed_on": closed})
    assert not other.take(source=source).held_because


@pytest.mark.parametrize(
    ("preferred", "other", "is_judged"),
    [
        # What may be open is passed over for nothing but what is open.
        (OPEN, OPEN, False),
        (LEAVES, OPEN, False),
        (ENDED, OPEN, True),
        (ENDS_TODAY, OPEN, True),
        (WHO_KNOWS, OPEN, True),
        (NOT_BEGUN, OPEN, True),
        (NO_START, OPEN, True),
        (LONG_AGO, OPEN, True),
        (OPEN, LEAVES, False),
        (ENDED, LEAVES, True),
        (WHO_KNOWS, LEAVES, True),
        (OPEN, WHO_KNOWS, False),
        (ENDED, WHO_KNOWS, True),
        (WHO_KNOWS, WHO_KNOWS, True),
        (OPEN, NO_START, False),
        (ENDED, NO_START, True),
        # What has ended is passed over for whatever it may have a day in common with.
        (OPEN, ENDED, False),
        (ENDED, ENDED, False),
        (WHO_KNOWS, ENDED, False),
        (NO_START, ENDED, False),
        (NOT_BEGUN, ENDED, True),
        (LONG_AGO, ENDED, True),
        (OPEN, LONG_AGO, True),
    ],
)
def test_what_may_be_open_is_passed_over_for_nothing_but_what_is_open(
    council_in_migration: Council, preferred: tuple[str, str], other: tuple[str, str], *, is_judged: bool
) -> None:
    council = council_in_migration
    give_request(council, "mosaic", preferred)
    give_request(council, "care-director", other)
    assert told_of(council, tables.episode, "ehc-request") == [*(["care-director"] * is_judged), "mosaic"]


def test_an_open_case_keeps_its_clocks_beside_one_of_the_preferred_source_that_has_ended(
    council_in_migration: Council,
) -> None:
    council = council_in_migration
    give(council, "mosaic", ENDED_CASE)
    give(council, "care-director", {"case_id": "CD1", "gateway_on": "2026-09-01"})
    assert judged(council) == [("care-director", "CD1")]
    (found,) = (each for each in differences(council.home, TODAY) if each.kind == "plo-case")
    assert (found.judged_source, found.other_source) == ("mosaic", "care-director")
    assert found.judged_too == ((date(2026, 9, 1), None),)


def test_what_is_about_a_case_that_is_judged_is_judged_with_it(
    council_in_migration: Council,
) -> None:
    council = council_in_migration
    theirs = {"case_id": "CD1", "gateway_on": "2026-09-01", "letter_sent_on": "2026-09-10"}
    give(council, "mosaic", ENDED_CASE)
    give(council, "care-director", theirs)
    assert told_of(council, tables.event, "plo-letter") == ["care-director", "mosaic"]
    give(council, "mosaic", {"case_id": "P1", "gateway_on": "2026-09-01", "letter_sent_on": "2026-09-12"})
    assert told_of(council, tables.event, "plo-letter") == ["mosaic"]


def test_an_end_that_cannot_be_read_differs_from_none(council_in_migration: Council) -> None:
    council = council_in_migration
    give_request(council, "mosaic", WHO_KNOWS)
    give_request(council, "care-director", OPEN)
    (found,) = differences(council.home, TODAY)
    assert found.judged == ((date(2026, 1, 5), "unreadable"),)
    assert found.other == found.judged_too == ((date(2026, 1, 5), None),)


def test_what_is_about_the_child_is_passed_over_whatever_stands_in_its_row(either_council: Council) -> None:
    """A visit's own record is an Episode, but the visit is the child's."""
    council = either_council
    council.configure(
        "sources.yaml", f"mosaic:\n  prefer-for: [every kind]\n{ISSUED}care-director:\n{ISSUED}"
    )
    for source, day in (("mosaic", "2026-10-01"), ("care-director", "2026-11-01")):
        other = Council(council.home, council.folder.parent / source)
        other.write("children", CHILD)
        other.write("visits", {"child_id": "C1", "kind": "cla", "held_on": day, "finalised_on": day})
        assert other.take(source=source).is_clean
    assert told_of(council, tables.episode, "visit-note") == ["care-director", "mosaic"]
    assert told_of(council, tables.event, "cla-visit") == ["mosaic"]


def give_matter(council: Council, source: str, register: str, row: dict[str, Any]) -> None:
    other = Council(council.home, council.folder.parent / source)
    other.write("children", CHILD)
    other.write(register, {**row, "child_id": "C1"})
    assert not other.take(source=source).held_because


CASE_WITHOUT_START = {"case_id": "P1", "gateway_on": "", "letter_sent_on": "", "emergency": "no"}
REQUEST_WITHOUT_START = {"request_id": "E1", "received_on": "", "closed_on": ""}


@pytest.mark.parametrize("kinds", ["every kind", "plo-case, ehc-request"])
def test_a_missing_start_is_told_of_for_every_matter_that_is_judged(
    either_council: Council, kinds: str
) -> None:
    council = either_council
    council.configure("sources.yaml", f"mosaic:\n  prefer-for: [{kinds}]\n{ISSUED}care-director:\n{ISSUED}")
    give_matter(council, "mosaic", "plo", CASE_WITHOUT_START)
    give_matter(council, "care-director", "ehc", REQUEST_WITHOUT_START)
    assert told_of(council, tables.episode, "ehc-request") == ["care-director"]
    assert told_of(council, tables.episode, "start-unknown") == ["care-director", "mosaic"]


@pytest.mark.parametrize("kinds", ["every kind", "ehc-request"])
def test_a_missing_start_is_passed_over_with_the_matter_that_it_is_about(
    either_council: Council, kinds: str
) -> None:
    council = either_council
    council.configure("sources.yaml", f"mosaic:\n  prefer-for: [{kinds}]\n{ISSUED}care-director:\n{ISSUED}")
    give_request(council, "mosaic", OPEN)
    give_request(council, "care-director", ("", ""))
    assert told_of(council, tables.episode, "ehc-request") == ["mosaic"]
    assert told_of(council, tables.episode, "start-unknown") == []
    give_request(council, "mosaic", ENDED)
    assert told_of(council, tables.episode, "start-unknown") == ["care-director"]
