"""A return that nobody here wrote, through the real intake, rules and sweep, held against plain Python row by row."""

from collections import Counter
from collections.abc import Iterator
from datetime import date

import pytest

from monitor import clocks
from monitor.bootstrap import Home
from monitor.intake.take import Taken
from monitor.sweep import sweep
from tests.conftest import NOW, Council
from tests.in_force import episodes, events
from tests.ssda903_return import RETURN, RULES, Expected, all_expected, day, periods, reviews, rows

pytestmark = [
    pytest.mark.samples,
    pytest.mark.skipif(
        not RETURN.is_dir(), reason="the sample returns do not lie beside the checkout, in ../shared/samples"
    ),
]

YEAR_END, CHRISTMAS = date(2018, 3, 31), date(2018, 12, 24)


def write_registers(council: Council, until: date = date.max) -> None:
    """The return as a council would write it into registers; reviews after `until` are left out."""
    council.write(
        "care_episodes",
        *(
            {
                "episode_id": f"E{number}",
                "child_id": row["CHILD"],
                "start_on": day(row["DECOM"]),
                "end_on": day(row["DEC"]) or "",
            }
            for number, row in enumerate(rows("episodes"), start=1)
        ),
    )
    council.write(
        "reviews",
        *(
            {"child_id": child, "kind": "cla", "held_on": on}
            for child, listed in reviews().items()
            for on in listed
            if on <= until
        ),
    )


def judged(home: Home, as_at: date, known_at: date | None = None) -> list[Expected]:
    """What the monitor says, in the same words."""
    found = []
    for rule in RULES:
        for clock, _ in clocks.clocks(home, as_at=as_at, known_at=known_at, rule=rule):
            assert clock.started_on, clock.why
            assert clock.due_on, clock.why
            assert clock.act_by, clock.why
            assert clock.row.child
            found.append(
                Expected(
                    ref=clock.row.ref,
                    child=clock.row.child.rpartition(":")[2],
                    rule=clock.rule,
                    started_on=clock.started_on,
                    due_on=clock.due_on,
                    act_by=clock.act_by,
                    outcome=str(clock.outcome),
                    stage=clock.stage,
                )
            )
    return sorted(found)


@pytest.fixture(scope="module")
def returned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Council, Taken]]:
    """A home that knows the return as at 31 March 2018, and what its load said."""
    folder = tmp_path_factory.mktemp("return")
    council = Council(Home(folder / "home"), folder / "registers")
    write_registers(council)
    yield council, council.take(YEAR_END)
    council.home.engine.dispose()


def swept(home: Home, as_at: date) -> dict[str, Counter[str]]:
    """What a sweep opened and closed, by the rules of reviews."""
    report = sweep(home, as_at=as_at, now=NOW, dry_run=False, progress=lambda _, __: None)
    assert report.broken == {}
    return {
        "opened": Counter({rule: report.opened[rule] for rule in RULES}),
        "closed": Counter({rule: report.closed[rule] for rule in RULES}),
    }


def at_a_stage(owed: list[Expected]) -> set[tuple[str, str, date]]:
    """The clocks that somebody must answer for, as alerts are told apart: rule, ref, start."""
    return {(each.rule, each.ref, each.started_on) for each in owed if each.stage}


def by_rule(places: set[tuple[str, str, date]]) -> Counter[str]:
    return Counter(rule for rule, _, _ in places)


def test_the_whole_return_goes_in_without_a_word(returned: tuple[Council, Taken]) -> None:
    _, taken = returned
    assert taken.rows_by_register == {"care_episodes": 5_050, "reviews": 12_582}
    assert (taken.problems, taken.file_faults, taken.holds, taken.rows_without_start) == ([], [], [], {})


def test_rows_that_touch_are_one_period_and_intake_says_so(returned: tuple[Council, Taken]) -> None:
    council, taken = returned
    kept = {
        (each["ref"], each["child_key"].rpartition(":")[2], each["start_on"], each["end_on"])
        for each in episodes(council, "care-episode")
    }
    whole = {(each.ref, each.child, each.entered_on, each.left_on) for each in periods()}
    assert kept == whole
    assert (len(whole), len({child for _, child, _, _ in whole})) == (2_173, 2_123)
    joined = [note for note in taken.notes if "were joined into one period of care" in note]
    assert sum(note.count(",") for note in joined) == 5_050 - 2_173  # each join takes one row away


def test_a_review_dated_after_the_return_is_a_plan(returned: tuple[Council, Taken]) -> None:
    council, _ = returned
    listed = events(council, "cla-review")
    planned = [each for each in listed if each["done_on"] is None]
    assert (len(listed), len(planned)) == (12_582, 5_042)
    assert {each["status"] for each in planned} == {"planned"}
    assert all(each["due_on"] > YEAR_END for each in planned)
    assert all(each["done_on"] <= YEAR_END for each in listed if each["done_on"])


def test_every_clock_says_what_plain_arithmetic_says(returned: tuple[Council, Taken]) -> None:
    council, _ = returned
    owed = all_expected(YEAR_END)
    assert judged(council.home, YEAR_END) == owed
    assert Counter((each.rule, each.outcome) for each in owed) == {
        ("cla-review-1", "in-time"): 2,
        ("cla-review-1", "overdue"): 296,
        ("cla-review-2", "in-time"): 52,
        ("cla-review-2", "due-soon"): 26,
        ("cla-review-2", "overdue"): 361,
        ("cla-review-n", "in-time"): 327,
        ("cla-review-n", "due-soon"): 77,
        ("cla-review-n", "overdue"): 278,
    }


def test_a_child_has_a_clock_while_in_care_and_only_one(returned: tuple[Council, Taken]) -> None:
    """1,408 children have a row without an end; 11 others leave the day after.

    353 of the open rows say why the child left and not when: while there is no day, the child has not left.
    """
    council, _ = returned
    listed = rows("episodes")
    staying = {row["CHILD"] for row in listed if not row["DEC"]}
    leaving = {row["CHILD"] for row in listed if row["DEC"] and day(row["DEC"]) == date(2018, 4, 1)}
    assert (len(staying), len(leaving - staying)) == (1_408, 11)
    assert sum(not row["DEC"] and row["REC"] != "X1" for row in listed) == 353
    assert sorted(each.child for each in judged(council.home, YEAR_END)) == sorted(staying | leaving)


def test_a_planned_review_neither_starts_nor_stops_a_clock(
    returned: tuple[Council, Taken], council: Council
) -> None:
    with_plans, _ = returned
    write_registers(council, until=YEAR_END)
    assert council.take(YEAR_END).rows_by_register["reviews"] == 12_582 - 5_042
    assert judged(council.home, YEAR_END) == judged(with_plans.home, YEAR_END)


def test_a_sweep_opens_one_alert_for_each_clock_at_a_stage_and_a_second_none(council: Council) -> None:
    write_registers(council)
    council.take(YEAR_END)
    first, second = (swept(council.home, YEAR_END) for _ in range(2))
    assert first == {"opened": by_rule(at_a_stage(all_expected(YEAR_END))), "closed": Counter()}
    assert second == {"opened": Counter(), "closed": Counter()}


def test_once_their_day_has_passed_plans_are_reviews_and_the_past_stays_as_it_was_known(
    council: Council,
) -> None:
    write_registers(council)
    council.take(YEAR_END)
    before, swept_before = judged(council.home, YEAR_END), swept(council.home, YEAR_END)
    assert swept_before["opened"].total() == 1_038
    again = council.take(CHRISTMAS)
    held_since = sum(YEAR_END < on <= CHRISTMAS for listed in reviews().values() for on in listed)
    # A plan whose day has passed is a review held, and owes the record of it.
    assert (again.changed, again.new) == (held_since, held_since)
    assert (again.withdrawn, again.holds) == (0, [])
    assert judged(council.home, CHRISTMAS) == all_expected(CHRISTMAS)
    assert judged(council.home, YEAR_END, known_at=YEAR_END) == before
    then, now = at_a_stage(before), at_a_stage(all_expected(CHRISTMAS))
    assert swept(council.home, CHRISTMAS) == {"opened": by_rule(now - then), "closed": by_rule(then - now)}
