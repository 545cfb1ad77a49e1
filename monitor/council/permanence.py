"""Permanence plans: Plan A and Plan B, the review that endorsed them, and the IRO's waivers."""

from datetime import date, timedelta

from monitor.council.desk import Child, Council
from monitor.council.registers import Row
from monitor.council.reviews import Care
from monitor.council.staff import Worker
from monitor.council.world import World

_PLANS = ("return-home", "kinship", "special-guardianship", "adoption", "long-term-fostering", "residential")
_WAIVERS = ("sound",) * 5 + ("no reason", "no reviewing officer", "too long", "run out")


def write_permanence(
    council: Council, child: Child, care: Care, iro: Worker, *, with_plan_b: bool, settled: bool
) -> None:
    """The plan of one period of care; none where it is too early for one, or where it was forgotten."""
    world = council.world
    plan_a_on = world.past(world.some_working_days_after(care.start, 4, 10))
    forgotten = with_plan_b and world.falls("no permanence plan", 0.015 * child.team.lateness)
    if plan_a_on is None or forgotten:
        return
    plan_a = world.deal("plan a", _PLANS)
    row: Row = {"child_id": child.id, "plan_a": plan_a, "plan_a_on": plan_a_on}
    if with_plan_b:
        plan_b = _plan_b(world, plan_a, plan_a_on)
        row |= plan_b if settled else _unless_missing(world, child, care, iro, plan_b)
    row["endorsed_on"] = _endorsed(world, child, care)
    row["achieved_on"] = care.end
    council.registers.add("permanence", **row)
    _panel(council, child, plan_a_on, plan_a)


def _plan_b(world: World, plan_a: str, plan_a_on: date) -> Row:
    """Another plan, within ten working days of Plan A."""
    recorded = world.past(world.some_working_days_after(plan_a_on, 0, 9))
    others = tuple(plan for plan in _PLANS if plan != plan_a)
    return {"plan_b": world.rng.choice(others), "plan_b_on": recorded} if recorded else {}


def _unless_missing(world: World, child: Child, care: Care, iro: Worker, plan_b: Row) -> Row:
    """The Plan B; or a waiver; or, too often, neither."""
    if care.end or not care.reviews:
        return plan_b
    if world.falls("no plan b", 0.03 * child.team.lateness):
        return {}
    return _waiver(world, iro, care) if world.falls("waiver", 0.06) else plan_b


def _waiver(world: World, iro: Worker, care: Care) -> Row:
    """The IRO's record that no Plan B is needed for now; some are void, for each reason there is."""
    kind = world.deal("waiver", _WAIVERS)
    given = world.ago(190, 300) if kind == "run out" else world.ago(3, 150)
    given = max(given, care.reviews[0])
    days = {"too long": 300, "run out": 150}.get(kind, 175)
    until = given + timedelta(days=days)
    return {
        "plan_b_not_required_until": until,
        "plan_b_not_required_reason": None if kind == "no reason" else "match agreed at panel",
        "plan_b_not_required_on": given,
        "plan_b_not_required_by": None if kind == "no reviewing officer" else iro.id,
    }


def _endorsed(world: World, child: Child, care: Care) -> date | None:
    """The second review, seldom the first, sometimes no review at all."""
    if len(care.reviews) < 2:  # noqa: PLR2004
        return care.reviews[0] if care.reviews and world.chance(0.15) else None
    missed = care.end is None and world.falls("not endorsed", 0.035 * child.team.lateness)
    return None if missed else care.reviews[1]


def _panel(council: Council, child: Child, plan_a_on: date, plan_a: str) -> None:
    world = council.world
    if plan_a == "adoption":
        held = world.past(world.weekday(plan_a_on + world.between(30, 80)))
        due = held or world.ahead(10, 50)
        council.registers.add(
            "meetings", child_id=child.id, kind="permanency-panel", due_on=due, held_on=held
        )
