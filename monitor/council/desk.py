"""What every story needs at hand: world, staff and registers; children, and who holds their cases."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from monitor.council.registers import Registers
from monitor.council.staff import Staff, Team, Worker
from monitor.council.world import World

_YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A child, known by an id and a family; one not yet born has no day of birth."""

    id: str
    team: Team
    born_on: date | None
    is_restricted: bool
    has_list: bool  # whether anybody is named who may see a restricted child


@dataclass(frozen=True, slots=True, kw_only=True)
class Council:
    """The desk at which the registers are written; `caseloads`: what each worker holds, and since when."""

    world: World
    staff: Staff
    registers: Registers
    caseloads: dict[str, list[tuple[date, str]]] = field(default_factory=dict)

    def team_of(self, service: str) -> Team:
        return self.world.deal(f"team {service}", self.staff.teams[service])


def family(
    council: Council, team: Team, size: int, *, born_before: date, unborn: bool = False
) -> tuple[Child, ...]:
    """The children of one family, none born after `born_before`; `unborn`: and one more who is expected."""
    world = council.world
    family_id = world.next_id("F", 10001)
    youngest = min(world.as_at - world.between(1, 7000 - 700 * size), born_before - world.between(1, 400))
    births: list[date | None] = [None] if unborn else []
    apart = world.between(300, 700)
    births += [youngest - n * apart for n in range(size)]
    return tuple(_child(council, team, family_id, born) for born in births)


def _child(council: Council, team: Team, family_id: str, born: date | None) -> Child:
    world = council.world
    restricted = world.falls("restricted", 0.05)
    child = Child(
        id=world.next_id("C"),
        team=team,
        born_on=born,
        is_restricted=restricted,
        has_list=restricted and world.chance(0.6),
    )
    council.registers.add(
        "children",
        child_id=child.id,
        dob=born,
        expected_dob=None if born else world.ahead(10, 110),
        upn=f"Z999{child.id[1:]:0>9}"
        if born and world.as_at - born > 5 * _YEAR
        else None,  # 999: no authority
        family_id=family_id,
        team_id=team.id,
        restricted="yes" if restricted else "no",
    )
    return child


def assign(
    council: Council,
    child: Child,
    role: str,
    start: date,
    end: date | None = None,
    *,
    team: Team | None = None,
) -> Worker:
    """Gives the case to the next practitioner of the team; who held it before is on record too."""
    world, team = council.world, team or child.team
    worker = _next_holder(world, team, start, end)
    since = start if worker is team.old_hand else _changed_hands(world, worker, start, end)
    if since > start:
        hold(council, child, role, team.old_hand, start, min(since, end or since))
    if end is None or since < end:
        hold(council, child, role, worker, since, end or _let_go(world, team, since))
    return worker


def _next_holder(world: World, team: Team, start: date, end: date | None) -> Worker:
    """A practitioner in turn; a few open cases still stand against somebody who has left."""
    for leaver in team.leavers:
        if end is None and leaver.left_on and leaver.left_on > start > leaver.started_on:
            return (
                leaver if world.falls("held by a leaver", 0.04) else world.deal(team.id, team.practitioners)
            )
    return world.deal(team.id, team.practitioners)


def _changed_hands(world: World, worker: Worker, start: date, end: date | None) -> date:
    """Since when this worker holds the case: not before coming into post."""
    until = end or world.as_at
    if worker.started_on > start:
        return worker.started_on
    if worker.left_on is None and (until - start).days > 120 and world.chance(0.3):  # noqa: PLR2004
        return start + world.between(30, (until - start).days - 30)
    return start


def _let_go(world: World, team: Team, since: date) -> date | None:
    """Nearly always nothing; in a few open cases nobody has taken over."""
    if not world.falls("unallocated", 0.012 * team.lateness):
        return None
    let_go = world.ago(1, 20)
    return let_go if let_go > since else None


def hold(
    council: Council, child: Child, role: str, worker: Worker, start: date, end: date | None = None
) -> None:
    """Writes one allocation, and names its holder where the child is restricted."""
    council.registers.add(
        "allocations", child_id=child.id, worker_id=worker.id, role=role, start_on=start, end_on=end
    )
    if child.has_list:
        council.registers.add("named", child_id=child.id, worker_id=worker.id, from_on=start, until_on=end)
    if end is None and worker.left_on is None:
        council.caseloads.setdefault(worker.id, []).append((start, child.id))


def act(council: Council, child: Child, origin: str, owner: Worker) -> None:
    """An action agreed somewhere, with its day; most are done, some are running, some are late."""
    world = council.world
    set_on = world.ago(5, 90)
    due = world.weekday(set_on + world.between(10, 42))
    late = world.falls("an action", 0.1 * child.team.lateness)
    done = None if late or due >= world.as_at else world.past(world.weekday(due + world.between(-8, 0)))
    council.registers.add(
        "actions",
        action_id=world.next_id("A"),
        child_id=child.id,
        origin=origin,
        owner_id=owner.id,
        set_on=set_on,
        due_on=due,
        done_on=max(done, set_on) if done else None,
    )
