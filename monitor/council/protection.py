"""Child protection: enquiries from the strategy discussion, conferences, plans, core groups and visits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from monitor.council.desk import Child, Council, act, assign, family, hold
from monitor.council.front_door import referred_before
from monitor.council.registers import Row
from monitor.council.staff import SAFEGUARDING, Team, Worker
from monitor.council.world import World

_STAGES = ("enquiry",) * 5 + ("no conference",) * 3 + ("plan",) * 9 + ("plan ended",) * 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Enquiry:
    """One enquiry, which brothers and sisters share, and the plan that may follow it."""

    strategy: date
    conference: date | None = None
    no_conference: date | None = None
    plan_end: date | None = None

    @property
    def end(self) -> date | None:
        return self.no_conference or self.plan_end


def protected(council: Council, size: int) -> Sequence[Child]:
    """A family with an enquiry or a plan."""
    world = council.world
    team = council.team_of(SAFEGUARDING)
    enquiry = _enquiry(world, team)
    unborn = size > 1 and world.falls("an unborn child", 0.15)
    children = family(council, team, size - unborn, born_before=enquiry.strategy, unborn=unborn)
    for child in children:
        assign(
            council, child, "social-worker", referred_before(council, child, enquiry.strategy), enquiry.end
        )
    write_enquiry(council, children, enquiry)
    return children


def _enquiry(world: World, team: Team) -> Enquiry:
    match world.deal("enquiry", _STAGES):
        case "enquiry":
            worked = world.age("conference", team.lateness, in_time=(0, 15), late=(16, 24), share=0.15)
            return Enquiry(strategy=world.working_days_ago(worked))
        case "no conference":
            strategy = world.ago(30, 500)
            return Enquiry(strategy=strategy, no_conference=world.some_working_days_after(strategy, 3, 14))
        case "plan":
            return with_plan(world, world.ago(35, 420))
        case _:
            began = with_plan(world, world.ago(300, 600))
            return Enquiry(
                strategy=began.strategy,
                conference=began.conference,
                plan_end=world.weekday(began.strategy + world.between(130, 290)),
            )


def with_plan(world: World, strategy: date) -> Enquiry:
    """An enquiry whose conference was held in time and made a plan that goes on."""
    return Enquiry(strategy=strategy, conference=world.some_working_days_after(strategy, 9, 15))


def write_enquiry(council: Council, children: Sequence[Child], enquiry: Enquiry) -> None:
    """The enquiry for each child, with the meetings, reviews and visits that belong to it."""
    world = council.world
    enquiry_id = world.next_id("S", 10001)
    chair = world.deal("chair", council.staff.chairs)
    group = (
        world.past(world.some_working_days_after(enquiry.conference, 5, 10)) if enquiry.conference else None
    )
    for child in children:
        row: Row = {"enquiry_id": enquiry_id, "child_id": child.id, "strategy_on": enquiry.strategy}
        row |= {"conference_on": enquiry.conference, "no_conference_on": enquiry.no_conference}
        row |= {"plan_start_on": enquiry.conference, "core_group_on": group, "plan_end_on": enquiry.plan_end}
        council.registers.add("child_protection", **row)
        council.registers.add(
            "meetings", child_id=child.id, kind="strategy", due_on=enquiry.strategy, held_on=enquiry.strategy
        )
        if enquiry.conference:
            _write_plan(council, child, chair, enquiry.conference, enquiry.plan_end)


def _write_plan(council: Council, child: Child, chair: Worker, start: date, end: date | None) -> None:
    world = council.world
    hold(council, child, "cp-chair", chair, max(start, chair.started_on), end)
    _write_reviews(council, child, start, end)
    if end is None:
        _write_visits(council, child, start)
        if world.chance(0.4):
            act(council, child, "conference", chair)


def _write_reviews(council: Council, child: Child, start: date, end: date | None) -> None:
    """The first review conference within three months, the others within six."""
    world, add = council.world, council.registers.add
    day = world.weekday(start + world.between(70, 89))
    while day <= (end or world.as_at):
        add("reviews", child_id=child.id, kind="cp", due_on=day, held_on=day, status="held")
        day = world.weekday(day + world.between(150, 178))
    if end is None:
        add("reviews", child_id=child.id, kind="cp", due_on=day, status="planned")


def _write_visits(council: Council, child: Child, start: date) -> None:
    """Visits about ten working days apart, over the last half year."""
    world = council.world
    days = world.age("protection visit", child.team.lateness, in_time=(0, 13), late=(16, 30))
    held, since = world.ago(days, days), max(start, world.as_at - timedelta(days=182))
    while held > since:
        seen = not world.chance(0.05)
        council.registers.add(
            "visits",
            child_id=child.id,
            kind="cp",
            held_on=held,
            seen="yes" if seen else "no",
            seen_alone="yes" if seen and world.chance(0.8) else "no",
        )
        held = world.weekday(held - world.between(8, 14))
