"""Whether the stages of a rule stand in the order in which a clock reaches them: of those reached, the last is told."""

from collections.abc import Iterator, Sequence

from monitor.limits import Amount, Unit, in_days
from monitor.parts import Limit, Within
from monitor.rule import Stage

_WHEREVER = ("booked", "early")  # they hang on an act, not on time
_PAST = ("overdue", "over")
_BY_THE_LAST_DAY = {"before": -1, "due": 0, "overdue": 0, "over": 1}
_EXACT = (Unit.HOURS, Unit.DAYS, Unit.WEEKS)
_UNSURE = 0.1  # months differ, and so do weeks with bank holidays


def misplaced(stages: Sequence[Stage], limits: Sequence[Limit]) -> Iterator[tuple[int, str]]:
    """The number (from 0) of each stage that comes before one that stands above it, and what to do."""
    for number, stage in enumerate(stages):
        above = next((each for each in stages[:number] if _is_later(each, stage, limits)), None)
        if above:
            text = f"the stage '{stage.label}' comes before '{above.label}', which stands above it and would be lost"
            yield number, f"{text}: write the stages in the order in which they come."


def _is_later(one: Stage, other: Stage, limits: Sequence[Limit]) -> bool:
    """Whether a clock comes to one after the other, whichever limit it has; False where it may be either way."""
    if one.point in _WHEREVER or other.point in _WHEREVER:
        return False
    if (one.point in _PAST) != (other.point in _PAST):
        return one.point in _PAST
    if one.point == other.point or {one.point, other.point} <= _BY_THE_LAST_DAY.keys():
        return _gap(one, other, 0.0, (one.amount, other.amount)) > 0
    plain = [limit.amount if isinstance(limit, Within) and limit.of is None else None for limit in limits]
    return all(
        limit and _gap(one, other, in_days(limit), (one.amount, other.amount, limit)) > 0 for limit in plain
    )


def _gap(one: Stage, other: Stage, last_day: float, amounts: Sequence[Amount | None]) -> float:
    """By how many days at least one comes after the other, counted in these amounts."""
    counted = [amount for amount in amounts if amount and amount.n]
    is_exact = len({amount.unit for amount in counted}) < 2  # noqa: PLR2004 - one unit, or none
    doubt = 0.0 if is_exact else sum(in_days(each) for each in counted if each.unit not in _EXACT)
    return _day(one, last_day) - _day(other, last_day) - doubt * _UNSURE


def _day(stage: Stage, last_day: float) -> float:
    """The day of a clock on which it comes to the stage; those of a calendar come on no such day."""
    match stage.point:
        case "in":
            return in_days(stage.amount)
        case "share":
            return max(last_day, 1.0) * stage.percent / 100
        case point if point in _BY_THE_LAST_DAY:
            return last_day + _BY_THE_LAST_DAY[point] * in_days(stage.amount)
        case _:
            return float("nan")  # neither before nor after any other
