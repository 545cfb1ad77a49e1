"""Loads that follow one another: what is unchanged, changed, refused or gone, and what is held."""

from datetime import date

import pytest

from monitor import tables
from monitor.clocks import clocks
from monitor.council import write_council
from monitor.errors import Misuse
from monitor.taking import decide, issues
from tests.conftest import NOW, TODAY, Council
from tests.in_force import episodes, events, in_force, row_counts

FIRST, SECOND = date(2026, 10, 1), date(2026, 10, 2)
REQUEST = {"request_id": "E1", "child_id": "C1", "received_on": "2026-09-01", "decided_on": "2026-09-20"}


def requests(*numbers: int, **values: str) -> list[dict[str, str]]:
    return [{**REQUEST, "request_id": f"E{number}", **values} for number in numbers]


def test_taking_the_same_files_in_again_changes_nothing(either_council: Council) -> None:
    council = either_council
    write_council(council.folder, children=150, seed=3, as_at=TODAY)
    first = council.take()
    assert first.new > 2_000
    before = row_counts(council)
    again = council.take()
    assert (again.new, again.changed, again.withdrawn) == (0, 0, 0)
    assert row_counts(council) == before


def test_a_changed_cell_ends_the_former_version_and_writes_one_new(either_council: Council) -> None:
    council = either_council
    council.write("ehc", REQUEST)
    council.take(FIRST)
    council.write("ehc", {**REQUEST, "decided_on": "2026-09-21"})
    taken = council.take(SECOND)
    assert (taken.new, taken.changed, taken.withdrawn) == (0, 1, 0)
    assert [each["done_on"] for each in events(council, "ehc-decision-notified")] == [date(2026, 9, 21)]


def test_an_optional_date_that_is_emptied_is_news(council: Council) -> None:
    council.write("ehc", REQUEST)
    council.take(FIRST)
    council.write("ehc", {**REQUEST, "decided_on": ""})
    taken = council.take(SECOND)
    assert (taken.new, taken.changed, taken.withdrawn) == (0, 0, 1)
    assert events(council, "ehc-decision-notified") == []


def test_a_row_that_vanished_is_withdrawn_but_what_was_known_before_can_still_be_asked(
    council: Council,
) -> None:
    council.write("ehc", *requests(1, 2), columns=[*REQUEST, "decision", "exception_code"])
    council.take(FIRST)
    council.write("ehc", *requests(2), columns=[*REQUEST, "decision", "exception_code"])
    assert council.take(SECOND).withdrawn == 2
    assert [each["ref"] for each in episodes(council, "ehc-request")] == ["E2"]

    def known(day: date) -> set[str]:
        found = clocks(council.home, as_at=date(2026, 9, 10), known_at=day, rule="ehc-decide-6wk")
        return {clock.row.ref for clock, _ in found}

    assert known(FIRST) == {"E1", "E2"}
    assert known(SECOND) == {"E2"}


@pytest.mark.parametrize(
    "spoilt",
    [
        {"child_id": ""},
        {"child_id": "a|b"},
        {"received_on": "2026-09-22", "closed_on": "2026-09-01"},
    ],
)
def test_a_row_that_is_refused_keeps_its_former_version(council: Council, spoilt: dict[str, str]) -> None:
    council.write("ehc", *requests(1, 2))
    council.take(FIRST)
    council.write("ehc", requests(1)[0], {**requests(2)[0], **spoilt})
    taken = council.take(SECOND)
    assert (taken.rows_refused, taken.changed, taken.withdrawn) == (1, 0, 0)
    assert [each["ref"] for each in episodes(council, "ehc-request")] == ["E1", "E2"]


def test_a_row_of_another_width_keeps_its_former_version(council: Council) -> None:
    path = council.write("ehc", *requests(1, 2))
    council.take(FIRST)
    path.write_text(path.read_text().replace("E2,C1", "E2,C1,extra"))
    assert council.take(SECOND).withdrawn == 0


def test_a_refused_row_without_an_id_of_its_own_keeps_what_may_have_been_its_former_version(
    council: Council,
) -> None:
    review = {"child_id": "C1", "kind": "cla", "held_on": "2026-09-01"}
    other = {**review, "child_id": "C2"}
    rest = [{**review, "child_id": "C3"}, {**review, "child_id": "C4"}]
    council.write("reviews", review, {**review, "kind": "pathway"}, other, *rest)
    council.take(FIRST)
    council.write("reviews", {**review, "kind": "?"}, *rest)
    council.take(SECOND)  # only the other child's is withdrawn, which is not in the file at all
    assert len(in_force(council, tables.event, register="reviews")) == 4


def test_a_sibling_of_a_case_is_kept_when_the_child_s_id_is_missing(council: Council) -> None:
    case = {"case_id": "P1", "child_id": "C1", "gateway_on": "2026-09-01"}
    council.write("plo", case, {**case, "child_id": "C2"})
    council.take(FIRST)
    council.write("plo", case, {**case, "child_id": ""})
    assert council.take(SECOND).withdrawn == 0


def test_older_data_never_replaces_newer(council: Council) -> None:
    council.write("ehc", REQUEST)
    council.take(SECOND)
    older = council.take(FIRST)
    assert older.held_because
    assert "older data would undo what is known" in older.held_because
    assert council.take(SECOND).is_same
    assert council.take(FIRST, source="another").is_clean


def test_a_register_that_is_not_given_this_time_stays_known_and_is_named(council: Council) -> None:
    council.write("children", {"child_id": "C1"})
    path = council.write("ehc", REQUEST)
    council.take(FIRST)
    path.unlink()
    taken = council.take(SECOND)
    assert taken.notes == ["Not given this time, so known as it was before: ehc.csv."]
    assert len(episodes(council, "ehc-request")) == 1


def test_a_file_that_is_refused_leaves_what_was_known_of_it(council: Council) -> None:
    council.write("children", {"child_id": "C1"})
    path = council.write("ehc", REQUEST)
    council.take(FIRST)
    path.write_bytes(b"")
    taken = council.take(SECOND)
    assert taken.file_faults
    assert len(episodes(council, "ehc-request")) == 1


def test_a_load_with_more_than_a_twentieth_of_bad_rows_is_held_and_nothing_is_changed(
    either_council: Council,
) -> None:
    council = either_council
    council.write("children", {"child_id": "C1"})
    council.write("ehc", *requests(*range(40)))
    council.take(FIRST)
    before = row_counts(council)
    council.write("children", {"child_id": "C1"}, {"child_id": "C2"})
    council.write("ehc", *requests(*range(1, 38)), *requests(38, 39, 40, child_id=""))
    taken = council.take(SECOND)
    assert taken.held_because == (
        "ehc.csv: 3 of 40 rows are bad, more than 5%. "
        "Nothing of the load was taken; no alert will be cleared on its strength."
    )
    assert (taken.new, taken.changed, taken.withdrawn, taken.rows_refused) == (0, 0, 0, 3)
    assert row_counts(council) == before
    assert len(issues(council.home, taken.load_id)) == 3


@pytest.mark.parametrize(
    ("rows", "bad", "is_held"), [(20, 1, False), (20, 2, True), (19, 19, False), (100, 5, False)]
)
def test_the_edge_of_the_share_of_bad_rows(council: Council, rows: int, bad: int, *, is_held: bool) -> None:
    good = requests(*range(rows - bad))
    council.write("ehc", *good, *requests(*range(rows - bad, rows), child_id=""))
    assert (council.take().held_because is not None) is is_held


def test_unreadable_cells_count_as_bad_rows_too(council: Council) -> None:
    council.write("ehc", *requests(*range(20), decided_on="tomorrow"))
    assert "20 of 20 rows are bad" in str(council.take().held_because)


def test_a_load_in_which_more_than_a_fifth_of_the_known_rows_is_gone_is_held(council: Council) -> None:
    council.write("ehc", *requests(*range(20)))
    council.take(FIRST)
    council.write("ehc", *requests(*range(16)))
    assert council.take(SECOND).held_because is None
    council.write("ehc", *requests(*range(20)))
    council.take(SECOND)
    council.write("ehc", *requests(*range(15)))
    assert "5 of the 20 rows known before are no longer in the file" in str(council.take(SECOND).held_because)
    assert len(episodes(council, "ehc-request")) == 20


def test_a_header_whose_rows_are_all_gone_is_held(council: Council) -> None:
    council.write("ehc", *requests(*range(20)))
    council.take(FIRST)
    council.write("ehc", columns=list(REQUEST))
    assert "20 of the 20 rows" in str(council.take(SECOND).held_because)


def test_rows_that_are_still_there_are_not_gone_whatever_dates_they_lost(council: Council) -> None:
    council.write("ehc", *requests(*range(20), received_on=""))
    council.take(FIRST)
    council.write("ehc", *requests(*range(20), decided_on=""))
    taken = council.take(SECOND)
    assert taken.held_because is None
    assert episodes(council, "start-unknown") == []


def test_a_held_load_goes_in_once_a_person_has_released_it(council: Council) -> None:
    council.write("ehc", *requests(*range(20), child_id=""))
    held = council.take(FIRST)
    decide(council.home, held.load_id, "released", "the ids are on their way", NOW)
    taken = council.take(FIRST)
    assert (taken.held_because, taken.rows_refused) == (None, 20)
    with pytest.raises(Misuse, match="there is no held load"):
        decide(council.home, held.load_id, "released", "once more", NOW)


def test_a_release_is_of_those_very_files(council: Council) -> None:
    council.write("ehc", *requests(*range(20), child_id=""))
    decide(council.home, council.take(FIRST).load_id, "released", "the ids are on their way", NOW)
    council.write("ehc", *requests(*range(21), child_id=""))
    assert council.take(FIRST).held_because is not None


def test_every_reason_to_hold_a_load_is_told_at_once(council: Council) -> None:
    council.write("ehc", *requests(*range(20), child_id=""))
    council.write("reviews", *({"child_id": "C1", "kind": "?"} for _ in range(20)))
    assert len(council.take().holds) == 2
