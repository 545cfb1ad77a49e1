"""Disputes that Independent Reviewing Officers raise: every stage, in time and overdue, urgent, informal."""

from dataclasses import dataclass
from datetime import date

from monitor.council.desk import Child, Council
from monitor.council.staff import Worker
from monitor.council.world import World

_CHILDREN_TO_A_DISPUTE = 15  # of those in care
_LONG_IN_CARE = 200  # days, so that a dispute always falls into the period of care


@dataclass(frozen=True, slots=True, kw_only=True)
class _Story:
    """A dispute, counted in working days before the day of the export."""

    opened: int
    stage: str = "1"
    stage_opened: int | None = None
    formal: bool = True
    urgent: int | None = None
    resolved: int | None = None
    agreed: bool = False
    cafcass: int | None = None


_STORIES = (
    _Story(opened=26, stage="4", stage_opened=9),
    _Story(opened=7, stage="2", stage_opened=2),
    _Story(opened=4, urgent=3),
    _Story(opened=8, formal=False),
    _Story(opened=14, stage="3", stage_opened=4),
    _Story(opened=19, stage="4", stage_opened=3),
    _Story(opened=11, stage="2", stage_opened=8),
    _Story(opened=60, stage="3", stage_opened=50, resolved=45, agreed=True),
    _Story(opened=3),
    _Story(opened=31, stage="4", stage_opened=14, resolved=12),  # resolved by the service, not with the IRO
    _Story(opened=1),
    _Story(opened=24, stage="4", stage_opened=6, cafcass=2),
    _Story(opened=30, formal=False, resolved=22, agreed=True),
    _Story(opened=9, stage="2", stage_opened=4, urgent=1),
    _Story(opened=2),
    _Story(opened=90, stage="2", stage_opened=84, resolved=80, agreed=True),
    _Story(opened=13, stage="3", stage_opened=3),
)


def perhaps_disputed(council: Council, child: Child, iro: Worker, care_start: date) -> None:
    """Writes a dispute for one child in so many; the stories come in their order, so all are soon there."""
    world = council.world
    if (world.as_at - care_start).days < _LONG_IN_CARE or not world.every("dispute", _CHILDREN_TO_A_DISPUTE):
        return
    nth = world.counted["dispute"] // _CHILDREN_TO_A_DISPUTE - 1
    _write(council, child, iro, _STORIES[nth % len(_STORIES)])


def _write(council: Council, child: Child, iro: Worker, story: _Story) -> None:
    world = council.world
    opened = world.working_days_ago(story.opened)
    council.registers.add(
        "disputes",
        dispute_id=world.next_id("D", 1001),
        child_id=child.id,
        raised_by_id=iro.id,
        opened_on=opened,
        formal="yes" if story.formal else "no",
        stage=story.stage if story.formal else None,
        stage_opened_on=_on(world, story.stage_opened) or (opened if story.formal else None),
        urgent="no" if story.urgent is None else "yes",
        urgent_on=_on(world, story.urgent),
        resolved_on=_on(world, story.resolved),
        agreed_by_iro=_agreed(story),
        cafcass_decision_on=_on(world, story.cafcass),
    )


def _on(world: World, working_days: int | None) -> date | None:
    return None if working_days is None else world.working_days_ago(working_days)


def _agreed(story: _Story) -> str | None:
    if story.resolved is None:
        return None
    return "yes" if story.agreed else "no"
