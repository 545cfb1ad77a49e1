"""Stages stand in the order in which a clock comes to them; what may come in either order may stand in either."""

import pytest

from monitor.limits import parse_amount
from monitor.parts import Limit, NoLimit, Within
from monitor.rule import Stage
from monitor.stage_order import misplaced
from monitor.stage_words import NAMED_POINTS

WEEKS_20 = "20 weeks"


def stage(label: str) -> Stage:
    if label in NAMED_POINTS:
        point, length = NAMED_POINTS[label]
        return Stage(label=label, point=point, amount=length, rag="red", tell=())  # type: ignore[arg-type]
    amount, _, point = label.rpartition(" ")
    if not amount:
        return Stage(label=label, point="share", amount=None, rag="red", tell=(), percent=int(label[:-1]))
    return Stage(label=label, point=point, amount=parse_amount(amount), rag="red", tell=())  # type: ignore[arg-type]


def out_of_order(first: str, second: str, *limits: str | None) -> bool:
    made: list[Limit] = [Within(amount=parse_amount(each)) if each else NoLimit() for each in limits]
    return [number for number, _ in misplaced([stage(first), stage(second)], made)] == [1]


@pytest.mark.parametrize(
    ("first", "second", "limit"),
    [
        ("12 weeks in", "16 weeks in", None),
        ("at once", "1 working day in", None),
        ("5 working days before", "2 working days before", None),
        ("10 working days before", "1 week before", None),
        ("2 weeks before", "24 hours before", None),
        ("due", "overdue", None),
        ("overdue", "4 hours over", None),
        ("overdue", "2 months over", None),
        ("60%", "80%", None),
        ("12 weeks in", "2 weeks before", WEEKS_20),
        ("19 weeks in", "due", WEEKS_20),
        ("60%", "13 weeks in", WEEKS_20),
        ("20 working days in", "5 working days before", "45 working days"),
    ],
)
def test_what_comes_sooner_stands_above_what_comes_later(first: str, second: str, limit: str | None) -> None:
    assert not out_of_order(first, second, limit)
    assert out_of_order(second, first, limit)


@pytest.mark.parametrize(
    ("one", "other", "limits"),
    [
        ("4 weeks in", "20 working days in", [None]),  # which is sooner hangs on the bank holidays
        ("12 weeks in", "2 weeks before", [None]),  # nobody knows how long the whole is
        ("12 weeks in", "2 weeks before", [WEEKS_20, "13 weeks"]),  # and here it was another before
        ("booked too early", "overdue", [WEEKS_20]),
        ("too early", "overdue", [WEEKS_20]),
        ("half-term", "2 weeks before", [WEEKS_20]),
        ("1 month in", "30 days in", [WEEKS_20]),
    ],
)
def test_what_may_come_in_either_order_may_stand_in_either(
    one: str, other: str, limits: list[str | None]
) -> None:
    assert not out_of_order(one, other, *limits)
    assert not out_of_order(other, one, *limits)


def test_nothing_that_is_not_overdue_stands_below_what_is() -> None:
    for above in ("overdue", "1 day over"):
        for below in ("12 weeks in", "60%", "half-term", "2 weeks before", "due"):
            assert out_of_order(above, below, None)
            assert not out_of_order(below, above, None)


def test_the_stage_that_stands_too_low_is_named_with_what_it_would_hide() -> None:
    stages = [stage(label) for label in ("2 weeks before", "1 week before", "overdue", "3 weeks before")]
    assert list(misplaced(stages, [Within(amount=parse_amount(WEEKS_20))])) == [
        (
            3,
            "the stage '3 weeks before' comes before '2 weeks before', which stands above it and would be lost: "
            "write the stages in the order in which they come.",
        )
    ]
