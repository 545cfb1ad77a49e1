"""Families in care proceedings: hearings, the 26 weeks, extensions, and the children's time in care."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from monitor.council.care import Statuses, write_care
from monitor.council.desk import Child, Council, assign, family
from monitor.council.front_door import referred_before
from monitor.council.plo import Case, with_midpoint, write_case
from monitor.council.reviews import Care, care_since
from monitor.council.staff import SAFEGUARDING
from monitor.council.world import Span, World

_STAGES = (
    ("issued",) * 2 + ("heard",) * 3 + ("nearly done",) * 3 + ("extended",) * 2 + ("over", "extension over")
) + ("done",) * 2
_DAYS_SINCE_ISSUE: Mapping[str, Span] = {
    "issued": (3, 22),
    "heard": (30, 110),
    "nearly done": (115, 180),
    "over": (186, 300),
    "extended": (184, 222),
    "extension over": (246, 300),
    "done": (220, 480),
}
_LAST_DAY = timedelta(days=181)  # of the 26 weeks beginning with the day of issue
_LONGEST_EXTENSION = timedelta(weeks=8)


def in_proceedings(council: Council, size: int) -> Sequence[Child]:
    """A family before the court, at any stage."""
    return _write(council, size, council.world.deal("court", _STAGES))


def over_time_without_plan_b(council: Council, size: int) -> Sequence[Child]:
    """A family over 26 weeks before the court, whose children have a Plan A and no Plan B."""
    return _write(council, size, "over")


def _write(council: Council, size: int, stage: str) -> Sequence[Child]:
    """The case, and the children's care; where proceedings run over unextended, there is no Plan B."""
    world = council.world
    team = council.team_of(SAFEGUARDING)
    issued = world.ago(*_DAYS_SINCE_ISSUE[stage])
    case = _case(world, issued, stage)
    at_home = stage != "over" and world.falls("at home in proceedings", 0.2)
    start = case.first_done()
    care = None if at_home else care_since(world, world.weekday(issued - world.between(0, 3)))
    children = family(council, team, size, born_before=start - timedelta(days=5))
    for child in children:
        received = referred_before(council, child, start)
        worker = assign(council, child, "social-worker", received, case.final_order_on if at_home else None)
        if care:
            orders = _orders(care, case)
            write_care(council, child, care, statuses=orders, worker=worker, with_plan_b=stage != "over")
    write_case(council, children, case)
    return children


def _orders(care: Care, case: Case) -> Statuses:
    """An interim care order, and a care order when the court has decided."""
    interim = ("C1", care.start)
    return (interim, ("C2", case.final_order_on)) if case.final_order_on else (interim,)


def _case(world: World, issued: date, stage: str) -> Case:
    """The columns of a case in court; one in five was issued at once, without pre-proceedings."""
    case = Case() if world.falls("issued at once", 0.2) else _prepared(world, issued)
    case = replace(
        case,
        issued_on=issued,
        case_management_hearing_on=world.some_working_days_after(issued, 11, 17),
        issues_resolution_hearing_on=world.weekday(issued + world.between(120, 140)),
    )
    if stage in ("extended", "extension over"):
        return _extended(world, case, issued)
    if stage == "done":
        return replace(case, final_order_on=world.weekday(issued + world.between(150, 181)))
    return case


def _prepared(world: World, issued: date) -> Case:
    """The pre-proceedings that came before; the exit is not always written down."""
    case = with_midpoint(world, world.weekday(issued - world.between(75, 110)))
    if world.chance(0.4):
        return case
    return replace(case, exited_on=issued, exit_outcome="issued")


def _extended(world: World, case: Case, issued: date) -> Case:
    """Granted in the last weeks of the 26, to end eight weeks after them."""
    granted = world.weekday(issued + world.between(150, 178))
    ends = issued + _LAST_DAY + _LONGEST_EXTENSION
    return replace(case, extension_granted_on=granted, extension_ends_on=ends)
