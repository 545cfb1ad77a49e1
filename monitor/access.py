"""May this person see this: yes, or why not. The one judge, whatever the door."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from monitor.directory import Directory


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """What access needs to know of an alert."""

    child: str | None
    worker: str | None
    team: str | None
    told: Collection[str] = ()  # addresses that have a notice of it
    allocated: Collection[str] = ()  # workers allocated to the child in any role
    restricted: bool = False
    named: Collection[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """A worker, with every id that has the same e-mail address: one person."""

    key: str
    keys: frozenset[str]
    address: str | None
    teams: frozenset[str] = field(default_factory=frozenset)  # those whose line of management they are in
    directs: frozenset[str] = field(default_factory=frozenset)  # the teams whose director they are


def viewer(key: str, directory: Directory) -> Viewer:
    """The person behind a worker id; an id whose holder has left opens nothing."""
    email = directory.workers[key].email
    same = {other.key for other in directory.workers.values() if email and other.email == email} | {key}
    keys = set(filter(directory.is_here, same))
    lines: Mapping[str, Collection[str | None]] = {
        team.key: tuple(team.line.values()) for team in directory.teams.values()
    }
    return Viewer(
        key=key,
        keys=frozenset(keys),
        address=email if keys else None,
        teams=frozenset(team for team, line in lines.items() if keys & set(line)),
        directs=frozenset(
            team for team, each in directory.teams.items() if each.line.get("director") in keys
        ),
    )


def may_see(who: Viewer, matter: Matter, directory: Directory) -> str | None:
    """None where they may; else why not."""
    if matter.restricted:
        if who.keys & set(matter.named) or (not matter.named and _directs(who, matter)):
            return None
        return "the child's record is restricted to those named for it"
    if who.address in matter.told or who.keys & set(matter.allocated) or matter.team in who.teams:
        return None
    if matter.child is None and matter.worker is not None:
        worker = directory.workers.get(matter.worker)
        if matter.worker in who.keys or (worker is not None and worker.manager in who.keys):
            return None
    return "neither the case nor its team is theirs, and nobody told them of it"


def _directs(who: Viewer, matter: Matter) -> bool:
    """Whether they are the director of the child's team, or a director where it has none."""
    return matter.team in who.directs if matter.team is not None else bool(who.directs)
