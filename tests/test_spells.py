"""Since when a worker has had more than so many open at once."""

from datetime import date

import pytest

from monitor.spells import Spell, over_since, share_of

MAY = [date(2026, 5, day) for day in range(1, 32)]
AS_AT = date(2026, 5, 20)


def spells(*known: tuple[int, int | None]) -> list[Spell]:
    return [Spell(start=MAY[start - 1], end=MAY[end - 1] if end else None) for start, end in known]


@pytest.mark.parametrize(
    ("known", "since"),
    [
        ([(1, None), (2, None)], None),
        ([(1, None), (2, None), (9, None)], 9),
        ([(1, None), (2, 12), (9, None)], None),  # over from the 9th, no longer since the 12th
        ([(1, None), (2, 12), (9, None), (12, None)], 9),  # one goes and one comes on the same day: no break
        ([(1, None), (2, 12), (9, None), (13, None)], 13),
        ([(1, None), (2, 25), (9, None)], 9),  # ends after the day of judging
        ([], None),
    ],
)
def test_more_than_two_open_count_from_the_day_since_which_there_was_no_break(
    known: list[tuple[int, int | None]], since: int | None
) -> None:
    assert over_since(spells(*known), 2, AS_AT) == (MAY[since - 1] if since else None)


def test_a_heavier_case_counts_for_more() -> None:
    heavy = [Spell(start=MAY[3], end=None, weight=1.5), Spell(start=MAY[5], end=None)]
    assert over_since(heavy, 2, AS_AT) == MAY[5]


def test_tenths_add_up() -> None:
    tenths = [Spell(start=MAY[day], end=None, weight=0.1) for day in range(10)]
    assert over_since(tenths, 1, AS_AT) is None


@pytest.mark.parametrize(("fte", "share"), [("0.5", 0.5), (None, 1.0), ("0", 1.0)])
def test_a_post_of_unknown_size_is_taken_for_a_whole_one(fte: str | None, share: float) -> None:
    assert share_of(fte) == share
