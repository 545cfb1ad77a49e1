"""Children in care: the period itself, legal statuses, placements, visits, and what else goes with them."""

from collections.abc import Sequence
from datetime import date, timedelta

from monitor.calendars import reached_age
from monitor.council.desk import Child, Council, act, assign, family, hold
from monitor.council.disputes import perhaps_disputed
from monitor.council.front_door import referred_before
from monitor.council.permanence import write_permanence
from monitor.council.reviews import Care, ended_care, settled_care, write_reviews
from monitor.council.staff import CARE, Worker
from monitor.council.world import World

_PLACEMENTS = ("foster", "foster", "foster", "foster", "kinship", "kinship", "residential", "parents")
_LONG = timedelta(days=400)
Statuses = Sequence[tuple[str, date]]


def in_care(council: Council, size: int) -> Sequence[Child]:
    """Brothers and sisters who are in care today."""
    team = council.team_of(CARE)
    care = settled_care(council.world, team)
    children = family(council, team, size, born_before=care.start)
    for child in children:
        if council.world.as_at - care.start < _LONG:
            referred_before(council, child, care.start)
        iro = write_care(council, child, care, statuses=_by_agreement_or_order(council.world, care))
        perhaps_disputed(council, child, iro, care.start)
    return children


def left_care(council: Council, size: int) -> Sequence[Child]:
    """Brothers and sisters who were in care, and are not now."""
    team = council.team_of(CARE)
    care = ended_care(council.world)
    children = family(council, team, size, born_before=care.start)
    for child in children:
        write_care(council, child, care, statuses=_by_agreement_or_order(council.world, care))
    return children


def write_care(
    council: Council,
    child: Child,
    care: Care,
    *,
    statuses: Statuses,
    worker: Worker | None = None,
    with_plan_b: bool = True,
) -> Worker:
    """Everything that the registers hold of one period of care; comes back with the child's IRO."""
    world = council.world
    iro = world.deal("iro", council.staff.iros)
    hold(council, child, "iro", iro, max(care.start, iro.started_on), care.end)
    worker = worker or assign(council, child, "social-worker", care.start, care.end)
    _write_period(council, child, care)
    _write_statuses(council, child, care, statuses)
    write_reviews(council, child, care)
    settled = _write_placements(council, child, care, may_settle=with_plan_b)
    write_permanence(council, child, care, iro, with_plan_b=with_plan_b, settled=settled)
    if care.end is None:
        _write_visits(council, child, care)
        _help_from_others(council, child, care)
        if world.chance(0.3):
            act(council, child, "review", worker)
    return iro


def _write_period(council: Council, child: Child, care: Care) -> None:
    """The period as one row; a few were typed as two that touch, and a few have no start."""
    world = council.world
    start: date | None = care.start
    if care.end is None and world.every("care without a start", 160):
        start = None
    elif world.as_at - care.start > _LONG and world.falls("care in two rows", 0.02):
        start = care.start + timedelta(days=35)
        _write_episode(council, child, care.start, start)
    _write_episode(council, child, start, care.end)


def _write_episode(council: Council, child: Child, start: date | None, end: date | None) -> None:
    council.registers.add(
        "care_episodes",
        episode_id=council.world.next_id("CE"),
        child_id=child.id,
        start_on=start,
        end_on=end,
        short_breaks="yes" if council.world.falls("short breaks", 0.015) else "no",
    )


def _write_statuses(council: Council, child: Child, care: Care, statuses: Statuses) -> None:
    """Each status until the next begins, the last until the child leaves care."""
    ends = [start for _, start in statuses[1:]] + [care.end]
    for (code, start), end in zip(statuses, ends, strict=True):
        council.registers.add("legal_statuses", child_id=child.id, code=code, start_on=start, end_on=end)


def _by_agreement_or_order(world: World, care: Care) -> Statuses:
    """Accommodated by agreement, and after some months, in most cases, under a care order."""
    ordered = care.start + world.between(100, 220)
    if ordered >= (care.end or world.as_at) or world.chance(0.25):
        return (("V2", care.start),)
    return (("V2", care.start), ("C2", ordered))


def _write_placements(council: Council, child: Child, care: Care, *, may_settle: bool) -> bool:
    """One placement after another; true where the last is meant for the long term."""
    world = council.world
    start, until = care.start, care.end or world.as_at
    moved = start + world.between(40, 500)
    while moved < until and not world.chance(0.3):
        _write_placement(council, child, start, moved, world.deal("placement", _PLACEMENTS))
        start, moved = moved, moved + world.between(60, 700)
    kind = world.deal("placement", _PLACEMENTS)
    settled = may_settle and until - start > _LONG and kind == "foster" and world.chance(0.6)
    _write_placement(council, child, start, care.end, kind, settled=settled)
    return settled


def _write_placement(
    council: Council, child: Child, start: date, end: date | None, kind: str, *, settled: bool = False
) -> None:
    """One placement; with a relative it is approved for sixteen weeks, and sometimes for eight more."""
    world = council.world
    temporary = end is None and kind == "kinship" and world.as_at - start < timedelta(weeks=24)
    extended = temporary and world.as_at - start > timedelta(weeks=14)
    council.registers.add(
        "placements",
        placement_id=world.next_id("P"),
        child_id=child.id,
        start_on=start,
        end_on=end,
        type=kind,
        long_term=_yes(settled),
        intended_to_18=_yes(settled and world.chance(0.8)),
        agreed_lower_frequency=_yes(settled and world.chance(0.3)),
        temporary_approval=_yes(temporary),
        extension_ends_on=start + timedelta(weeks=24) if extended else None,
    )


def _yes(is_so: bool) -> str:  # noqa: FBT001
    return "yes" if is_so else "no"


def _write_visits(council: Council, child: Child, care: Care) -> None:
    """The visits of the past year, about six weeks apart, and the IRO's before most reviews."""
    world, add = council.world, council.registers.add
    days = world.age("visit", child.team.lateness, in_time=(0, 41), late=(44, 90))
    since = max(care.start, world.as_at - timedelta(days=365))
    held = world.ago(days, days)
    while held >= since:
        seen = not world.chance(0.03)
        alone = _yes(seen and world.chance(0.85))
        add(
            "visits",
            child_id=child.id,
            kind="cla",
            held_on=held,
            seen=_yes(seen),
            seen_alone=alone,
        )
        held = world.weekday(held - world.between(28, 42))
    for review in care.reviews:
        before = world.weekday(review - world.between(7, 20))
        if before > since and world.chance(0.7):
            add("visits", child_id=child.id, kind="iro", held_on=before, seen="yes", seen_alone="yes")


def _help_from_others(council: Council, child: Child, care: Care) -> None:
    """School plans for children of school age; a personal adviser from sixteen."""
    world = council.world
    if child.born_on is None:
        return
    sixteen = reached_age(child.born_on, 16)
    if sixteen <= world.as_at and child.team.personal_advisers:
        adviser = world.deal(f"adviser {child.team.id}", child.team.personal_advisers)
        start = max(sixteen, adviser.started_on, care.start)
        hold(council, child, "personal-adviser", adviser, start)
    elif reached_age(child.born_on, 5) <= world.as_at:
        _school_plans(council, child, care)


def _school_plans(council: Council, child: Child, care: Care) -> None:
    """The last meeting about the child's schooling, if there was one, and the next."""
    world = council.world
    held = world.ago(10, 110)
    if held > care.start:
        council.registers.add("meetings", child_id=child.id, kind="pep", due_on=held, held_on=held)
    council.registers.add("meetings", child_id=child.id, kind="pep", due_on=world.ahead(2, 60))
