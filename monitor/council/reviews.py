"""How a period of care ran: when it began, which reviews were held, which is in the diary."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

from monitor.calendars import add_months
from monitor.council.desk import Child, Council
from monitor.council.staff import Team
from monitor.council.world import World

# What the regulations allow between two reviews, and what a council that keeps to them leaves.
_FIRST_WITHIN = (12, 20)  # working days
_SECOND_AFTER, _NEXT_AFTER = (58, 86), (140, 178)
_STAGES = ("newcomer",) * 3 + ("one review",) * 4 + ("several",) * 22


@dataclass(frozen=True, slots=True, kw_only=True)
class Care:
    """One period of care: `reviews` were held; `booked` is the day of the next, where one is in the diary."""

    start: date
    end: date | None = None
    reviews: tuple[date, ...] = ()
    booked: date | None = None


def settled_care(world: World, team: Team) -> Care:
    """A period of care that goes on, told back from where its reviews stand today."""
    match world.deal("care", _STAGES):
        case "newcomer":
            days = world.age("first review", team.lateness, in_time=(0, 20), late=(21, 32), share=0.2)
            return _with_next_booked(world, Care(start=world.working_days_ago(days)))
        case "one review":
            days = world.age("second review", team.lateness, in_time=(0, 88), late=(95, 130))
            held: tuple[date, ...] = (world.ago(days, days),)
        case _:
            days = world.age("next review", team.lateness, in_time=(0, 178), late=(186, 235))
            held = _back_from(world, world.ago(days, days))
    return _with_next_booked(world, Care(start=_entered_before(world, held[0]), reviews=held))


def ended_care(world: World) -> Care:
    """A period of care that is over."""
    end = world.ago(10, 500)
    held = _back_from(world, end - world.between(10, 150))
    return Care(start=_entered_before(world, held[0]), end=end, reviews=held)


def care_since(world: World, start: date, end: date | None = None) -> Care:
    """A period of care that began on a known day, all its reviews held in time."""
    reviews = []
    day = world.some_working_days_after(start, *_FIRST_WITHIN)
    while day < (end or world.as_at):
        reviews.append(day)
        after = _SECOND_AFTER if len(reviews) == 1 else _NEXT_AFTER
        day = world.weekday(day + world.between(*after))
    return _with_next_booked(world, Care(start=start, end=end, reviews=tuple(reviews)))


def _back_from(world: World, last: date) -> tuple[date, ...]:
    """Two to nine reviews, the last on that day; now and then an old one was late."""
    held = [world.weekday(last)]
    for _ in range(world.rng.randint(0, 7)):
        gap = (190, 215) if world.chance(0.04) else _NEXT_AFTER
        held.append(world.weekday(held[-1] - world.between(*gap)))
    held.append(world.weekday(held[-1] - world.between(*_SECOND_AFTER)))
    return tuple(reversed(held))


def _entered_before(world: World, first_review: date) -> date:
    """A day so far before the first review that the review was in time."""
    return world.weekday(first_review - world.between(17, 26))


def _with_next_booked(world: World, care: Care) -> Care:
    """A review in time is booked before its limit; of those that are late, half have a new day."""
    limit = _limit(world, care)
    if limit > world.as_at + timedelta(days=3):
        booked = max(world.weekday(limit - world.between(0, 18)), world.ahead(1, 3))
        return replace(care, booked=booked)
    return replace(care, booked=world.ahead(3, 24)) if world.chance(0.5) else care


def _limit(world: World, care: Care) -> date:
    if not care.reviews:
        return world.working_days_after(care.start, 20)
    return add_months(care.reviews[-1], 3 if len(care.reviews) == 1 else 6)


def write_reviews(council: Council, child: Child, care: Care) -> None:
    """The reviews held, each with the day it was due, and the one in the diary."""
    world = council.world
    for held in care.reviews:
        due = world.weekday(held + world.between(0, 6))
        council.registers.add(
            "reviews", child_id=child.id, kind="cla", due_on=due, held_on=held, status="held"
        )
    if care.booked and not care.end:
        council.registers.add("reviews", child_id=child.id, kind="cla", due_on=care.booked, status="planned")
