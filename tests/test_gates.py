"""A load that is more likely broken than the council waits for a person; meanwhile nothing is cleared."""

import os
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from monitor import tables
from monitor.doctor import examine
from monitor.errors import BadIntake, Misuse
from monitor.intake.loads import Taken
from monitor.model import Outcome
from monitor.taking import decide
from tests.conftest import NOW, TODAY, Council
from tests.in_force import episodes, events, every_clock, row_counts

TOMORROW = TODAY + timedelta(days=1)
A_WEEK_ON = NOW + timedelta(days=7)
TRACKER = "Mosaic ID,PLO ref,Legal gateway,LBP sent\n"


def cases(*numbers: int) -> list[dict[str, Any]]:
    return [
        {"case_id": f"P{number}", "child_id": f"C{number}", "gateway_on": "2026-10-01"} for number in numbers
    ]


def track(council: Council, *numbers: int, as_at: date | None = TODAY, source: str = "plo-tracker") -> Taken:
    """A tracker's export with these children, taken in."""
    path = council.folder.parent / "tracker.csv"
    path.write_text(TRACKER + "".join(f"C{number},P{number},01/10/2026,\n" for number in numbers))
    return council.take_as("mapped", path, as_at=as_at, mapping="plo-tracker", source=source, now=A_WEEK_ON)


def test_the_same_data_of_the_same_day_change_nothing_at_all(council: Council) -> None:
    first = track(council, 1, 2)
    before = row_counts(council)
    again = track(council, 1, 2)
    assert (again.is_same, again.load_id) == (True, first.load_id)
    assert row_counts(council) == before
    with council.home.engine.connect() as connection:
        assert len(connection.execute(select(tables.load.c.id)).all()) == 1


def test_the_same_export_a_day_later_is_held_because_it_may_have_stopped(council: Council) -> None:
    track(council, 1, 2)
    held = track(council, 1, 2, as_at=TOMORROW)
    assert "the same data were taken as load 1" in str(held.held_because)
    assert "may-repeat: yes for plo-tracker in config/sources.yaml" in str(held.held_because)


def test_a_source_that_may_stay_the_same_is_not_held_for_it(council: Council) -> None:
    council.configure("sources.yaml", "plo-tracker:\n  may-repeat: yes\n")
    track(council, 1, 2)
    assert track(council, 1, 2, as_at=TOMORROW).held_because is None


def test_registers_kept_by_hand_may_stay_the_same_unless_the_home_says_otherwise(council: Council) -> None:
    council.write("plo", *cases(1, 2))
    council.take(TODAY)
    assert council.take(TOMORROW).held_because is None
    council.configure("sources.yaml", "registers:\n  may-repeat: no\n")
    again = Council(type(council.home)(council.home.path), council.folder)
    assert again.take(TOMORROW + timedelta(days=1)).held_because
    again.home.engine.dispose()


def test_older_data_are_held_and_once_released_count_as_of_the_newest_day(council: Council) -> None:
    track(council, 1, 2, as_at=TOMORROW)
    held = track(council, 1, 2, 3, as_at=TODAY)
    assert "already known as at" in str(held.held_because)
    decide(council.home, held.load_id, "released", "the day in the first load was wrong", A_WEEK_ON)
    taken = track(council, 1, 2, 3, as_at=TODAY)
    assert (taken.held_because, taken.as_at, taken.new) == (None, TOMORROW, 3)
    assert len(episodes(council, "plo-case")) == 3


@pytest.mark.parametrize(
    ("before", "after", "is_held"),
    [(25, 20, False), (25, 19, True), (6, 3, False), (6, 2, True), (1, 0, True)],
)
def test_a_fall_of_more_than_a_fifth_is_held_and_of_a_short_list_of_more_than_half(
    council: Council, before: int, after: int, *, is_held: bool
) -> None:
    track(council, *range(before))
    assert bool(track(council, *range(after), as_at=TOMORROW).held_because) is is_held
    kept = before if is_held else after
    assert len(episodes(council, "plo-case")) == kept


def test_a_short_list_in_which_most_known_rows_are_gone_is_held_though_it_is_no_shorter(
    council: Council,
) -> None:
    track(council, *range(6))
    held = track(council, *range(4, 10), as_at=TOMORROW)
    assert "4 of the 6 rows known before are no longer in the file, more than 50%" in str(held.held_because)


def test_a_file_of_children_of_whom_few_are_known_is_held_as_that_of_another_system(council: Council) -> None:
    council.write("children", *({"child_id": f"C{number}"} for number in range(30)))
    council.write("plo", *cases(*range(30)))
    council.take(TODAY)
    council.write("children", *({"child_id": f"X{number}"} for number in range(30)))
    council.write(
        "plo", *({**each, "child_id": f"X{number}"} for number, each in enumerate(cases(*range(30))))
    )
    held = council.take(TOMORROW)
    assert "only 0 of its 30 children are known of 'registers', under 70%" in str(held.held_because)


def test_of_a_list_keyed_by_another_systems_ids_the_children_are_known_all_the_same(council: Council) -> None:
    council.configure("sources.yaml", "plo-tracker:\n  ids: { child: registers }\n")
    council.write("children", *({"child_id": f"C{number}"} for number in range(60)))
    council.take(TODAY)
    track(council, *range(30))
    held = track(council, *range(30, 60), as_at=TOMORROW)
    assert "only 0 of its 30 children are known of 'plo-tracker', under 70%" in str(held.held_because)


def test_a_held_load_that_newer_data_have_overtaken_is_not_released(council: Council) -> None:
    track(council, *range(6))
    held = track(council, 1, as_at=TOMORROW)
    newer = track(council, *range(7), as_at=TOMORROW + timedelta(days=1))
    with pytest.raises(Misuse, match=f"load {newer.load_id}, data of .*, was taken since"):
        decide(council.home, held.load_id, "released", "it was right after all", NOW)
    decide(council.home, held.load_id, "discarded", "a newer one is in", NOW)
    assert len(episodes(council, "plo-case")) == 7


def test_a_release_lets_the_data_go_once(council: Council) -> None:
    track(council, 1, 2)
    held = track(council, 1, 2, as_at=TOMORROW)
    decide(council.home, held.load_id, "released", "nothing has happened since", NOW)
    assert track(council, 1, 2, as_at=TOMORROW).held_because is None
    assert track(council, 1, 2, as_at=TOMORROW + timedelta(days=1)).held_because


def test_a_discarded_load_stays_out_and_needs_a_reason(council: Council) -> None:
    track(council, *range(6))
    held = track(council, 1, as_at=TOMORROW)
    with pytest.raises(Misuse, match="say why"):
        decide(council.home, held.load_id, "discarded", " ", NOW)
    decide(council.home, held.load_id, "discarded", "half of the file was cut off", NOW)
    assert len(episodes(council, "plo-case")) == 6
    with pytest.raises(Misuse, match="there is no held load"):
        decide(council.home, held.load_id, "released", "after all", NOW)
    assert track(council, 1, as_at=TOMORROW).held_because


def test_who_decided_what_and_why_stays_beside_the_load(council: Council) -> None:
    track(council, *range(6))
    held = track(council, 1, as_at=TOMORROW)
    decide(council.home, held.load_id, "released", "the panel closed five cases", NOW)
    load = tables.load
    query = select(load.c.state, load.c.decided_because).where(load.c.id == held.load_id)
    with council.home.engine.connect() as connection:
        assert connection.execute(query).one() == ("released", "the panel closed five cases")


TYPO = date(2027, 11, 20)


def take_typo(council: Council, *numbers: int) -> None:
    """As a version could that still took data of a day that is yet to come."""
    path = council.folder.parent / "tracker.csv"
    path.write_text(TRACKER + "".join(f"C{number},P{number},01/10/2026,\n" for number in numbers))
    council.take_as("mapped", path, as_at=TYPO, mapping="plo-tracker", source="plo-tracker")


def test_the_data_are_of_no_day_that_is_yet_to_come(council: Council) -> None:
    with pytest.raises(Misuse, match=r"--as-at 2026-12-01 is yet to come: .* 2026-11-30 at the latest"):
        track(council, 1, 2, as_at=A_WEEK_ON.date() + timedelta(days=1))


def test_a_file_that_was_changed_on_a_day_yet_to_come_does_not_say_of_which_day_it_is(
    council: Council,
) -> None:
    path = council.write("plo", *cases(1, 2))
    at = datetime.combine(TYPO, NOW.timetz()).timestamp()
    os.utime(path, (at, at))
    with pytest.raises(BadIntake, match="the files were last changed on 2027-11-20, which is yet to come"):
        council.take_as("registers", path, as_at=None, now=NOW)
    assert council.take_as("registers", path, as_at=TODAY, now=NOW).as_at == TODAY


def test_a_load_of_a_day_that_is_yet_to_come_keeps_no_later_one_out(either_council: Council) -> None:
    council = either_council
    council.configure("rules.yaml", "areas: [system, plo]\n")
    take_typo(council, 1, 2)
    taken = track(council, 1, 2, 3, as_at=TODAY)
    assert (taken.held_because, taken.as_at) == (None, TODAY)
    assert [each["known_from"] for each in episodes(council, "plo-case")] == [TODAY] * 3
    assert [each["done_on"] for each in events(council, "load")] == [TODAY]
    (stale,) = every_clock(council, "sys-feed-stale", TODAY + timedelta(days=7))
    assert (stale.started_on, stale.outcome) == (TODAY, Outcome.OVERDUE)


def test_the_very_data_of_such_a_load_are_taken_again_as_of_their_day(council: Council) -> None:
    take_typo(council, 1, 2)
    taken = track(council, 1, 2, as_at=TODAY)
    assert (taken.is_same, taken.held_because, taken.as_at) == (False, None, TODAY)
    assert track(council, 1, 2, as_at=TODAY).is_same


def test_doctor_tells_of_a_source_whose_newest_data_are_of_a_day_that_is_yet_to_come(
    council: Council,
) -> None:
    take_typo(council, 1, 2)
    (found,) = (each for each in examine(council.home, today=TODAY) if each.part == "sources")
    assert (found.state, found.says) == (
        "bad",
        "of a day that is yet to come: plo-tracker (data of 2027-11-20): take the same files in again with the right "
        "--as-at",
    )
    track(council, 1, 2, as_at=TODAY)
    (found,) = (each for each in examine(council.home, today=TODAY) if each.part == "sources")
    assert found.state == "ok"


def test_doctor_tells_of_a_silent_source_beside_one_of_a_day_that_is_yet_to_come(council: Council) -> None:
    track(council, 1, as_at=date(2026, 1, 5), source="old-tracker")
    take_typo(council, 1, 2)
    (found,) = (each for each in examine(council.home, today=TODAY) if each.part == "sources")
    assert "plo-tracker (data of 2027-11-20)" in found.says
    assert "silent for longer than allowed: old-tracker (data of 2026-01-05)" in found.says


def refs_of_cases(council: Council) -> set[str]:
    return {str(each["ref"]) for each in episodes(council, "plo-case")}


def test_older_data_that_were_released_once_are_held_when_they_come_again(council: Council) -> None:
    track(council, 1, 2, as_at=TOMORROW)
    held = track(council, 1, 2, 3)
    decide(council.home, held.load_id, "released", "the newer list lacks a case", A_WEEK_ON)
    assert track(council, 1, 2, 3).held_because is None
    assert "already known as at" in str(track(council, 1, 2, 3).held_because)


def test_after_a_release_of_older_data_the_newer_ones_can_be_had_back_by_a_release(
    either_council: Council,
) -> None:
    council = either_council
    track(council, 1, 2, 4, as_at=TOMORROW)
    older = track(council, 1, 2, 3)
    decide(council.home, older.load_id, "released", "the newer list is wrong", A_WEEK_ON)
    track(council, 1, 2, 3)
    back = track(council, 1, 2, 4, as_at=TOMORROW)
    assert not back.is_same
    assert "the same data were taken as load 1, and load 3 came after it" in str(back.held_because)
    assert refs_of_cases(council) == {"P1", "P2", "P3"}
    decide(council.home, back.load_id, "released", "it was right after all", A_WEEK_ON)
    assert track(council, 1, 2, 4, as_at=TOMORROW).held_because is None
    assert refs_of_cases(council) == {"P1", "P2", "P4"}
    assert track(council, 1, 2, 4, as_at=TOMORROW).is_same


def test_data_of_other_registers_between_do_not_keep_the_same_data_from_being_known(council: Council) -> None:
    council.write("plo", *cases(1))
    council.take()
    between = Council(council.home, council.folder.parent / "other")
    between.write("children", {"child_id": "C1"})
    between.take()
    assert council.take().is_same


def test_a_release_lapses_once_newer_data_were_taken(council: Council) -> None:
    """Who released the older data had not seen them."""
    track(council, 1, 2, as_at=TOMORROW)
    older = track(council, 1, 2, 3)
    decide(council.home, older.load_id, "released", "the newer list is wrong", NOW)
    assert track(council, 1, 2, 4, 5, as_at=TOMORROW + timedelta(days=1)).held_because is None
    assert "already known as at" in str(track(council, 1, 2, 3).held_because)
    assert refs_of_cases(council) == {"P1", "P2", "P4", "P5"}
