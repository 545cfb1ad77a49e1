"""A list that is no longer sent, while others of its source still come: what it alone would tell is not known."""

from datetime import date

from monitor.taking import decide
from tests.conftest import NOW, Council
from tests.test_duties import Answer, judged, running

RULE = "secure-review-72h"
FRIDAY, TUESDAY = date(2026, 11, 20), date(2026, 11, 24)
SECURE = {"child_id": "C1", "start_on": "2026-11-20", "end_on": "", "setting": "secure"}
CLOSED = {"child_id": "C2", "start_on": "2026-01-05", "end_on": "2026-02-02", "setting": "foster"}
OVERDUE: Answer = ("overdue", "2026-11-23", "overdue")
CANNOT_TELL: Answer = ("cannot-tell", "2026-11-23", None)


def placements(council: Council, as_at: date, **lists: list[dict[str, str]] | None) -> dict[str, Answer]:
    """What is said of a load of this day, with these lists; one that is None is not sent."""
    for name, rows in lists.items():
        ids = {"placements": "placement_id"}.get(name, "episode_id")
        kinds = {} if name == "placements" else {"kind": "placement"}
        made = [{ids: f"{name}-{number}", **kinds, **row} for number, row in enumerate(rows or ())]
        path = council.write(name, *made, columns=[ids, *kinds, *SECURE])
        if rows is None:
            path.unlink()
    council.take(as_at)
    return judged(council, RULE, as_at)


def test_a_row_of_the_kind_in_another_list_does_not_hide_that_its_own_list_stopped(
    every_rule: Council,
) -> None:
    placements(every_rule, FRIDAY, placements=[SECURE], episodes=[CLOSED])
    found = placements(every_rule, TUESDAY, placements=None, episodes=[CLOSED])
    assert found == {"placements-0": CANNOT_TELL}
    why = running(every_rule, RULE, TUESDAY)["placements-0"].why
    assert why.startswith("Cannot tell: due since the data stopped on 2026-11-20.")


def test_nor_does_a_fresh_list_make_up_for_one_that_held_rows_of_the_kind(every_rule: Council) -> None:
    placements(every_rule, FRIDAY, placements=[CLOSED], episodes=[SECURE])
    assert placements(every_rule, TUESDAY, placements=[CLOSED], episodes=None) == {"episodes-0": CANNOT_TELL}


def test_where_both_lists_are_sent_the_clock_goes_on(every_rule: Council) -> None:
    placements(every_rule, FRIDAY, placements=[SECURE], episodes=[CLOSED])
    found = placements(every_rule, TUESDAY, placements=[SECURE], episodes=[CLOSED])
    assert found == {"placements-0": OVERDUE}


def test_a_list_of_any_kind_that_was_sent_without_rows_tells_of_the_kind_no_more(every_rule: Council) -> None:
    placements(every_rule, FRIDAY, placements=[SECURE], episodes=[CLOSED])
    placements(every_rule, FRIDAY, placements=[SECURE], episodes=[])
    decide(every_rule.home, 2, "released", "the one that it held was closed", NOW)
    placements(every_rule, FRIDAY, placements=[SECURE], episodes=[])
    found = placements(every_rule, TUESDAY, placements=[SECURE], episodes=None)
    assert found == {"placements-0": OVERDUE}
