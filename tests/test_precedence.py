"""Where two systems tell of one child, the one that the home prefers is judged, and the other is kept."""

from datetime import date
from typing import Any

import pytest

from monitor.differences import differences
from tests.conftest import TODAY, Council
from tests.in_force import episodes, every_clock

CHILD = {"child_id": "C1", "dob": "2014-03-09"}
ISSUED = "  ids: { child: council, worker: council }\n"


@pytest.fixture
def council_in_migration(either_council: Council) -> Council:
    either_council.configure(
        "sources.yaml",
        f"mosaic:\n  prefer-for: [plo-case, plo-letter]\n{ISSUED}care-director:\n{ISSUED}",
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
    (found,) = differences(council.home)
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
