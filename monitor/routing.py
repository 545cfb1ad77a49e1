"""Who is told: a role and a row into people, as the directory stands on the day.

A role that nobody holds goes to the next one up and is a gap to be told; somebody who is away is replaced by
whoever covers, else by the line above. A restricted child is told only to those named for it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from monitor.directory import Directory, Post, Team, Worker
from monitor.model import Row
from monitor.rule import Recipient
from monitor.vocabulary import vocabulary

LINE = ("team-manager", "service-manager", "head-of-service", "director")
LAST_RESORTS = ("data-steward", "operator")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who can be told: one e-mail address is one person, however many ids and roles."""

    address: str
    key: str
    role: str
    redirected: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """What keeps a role from being told: `what` is one of the monitor's own alerts, `of` whom or what it is about."""

    what: str
    role: str
    team: str | None = None
    of: str = ""

    @property
    def ref(self) -> str:
        """What the alert is called by."""
        parts = (self.role, (self.team or "").rpartition(":")[2], self.of.rpartition(":")[2])
        return " of ".join(part for part in parts if part)

    @property
    def record(self) -> str:
        return f"{self.role}|{self.team or ''}|{self.of}"

    @classmethod
    def of_record(cls, what: str, record: str) -> "Gap":
        """The gap that an alert's record names."""
        role, team, of = record.split("|")
        return cls(what=what, role=role, team=team or None, of=of)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The people for one role, and the gaps found on the way; nobody only where the council has nobody."""

    people: tuple[Person, ...] = ()
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What routing needs to know of a row: its team, who is allocated, and who may know of it."""

    row: Row
    team: str | None
    owner_role: str
    allocations: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    restricted: bool = False
    named: tuple[str, ...] = ()


def role_of(recipient: Recipient, row: Row) -> str:
    """The role a stage tells; one that depends on the row takes the first where the row does not say."""
    if recipient.role is not None:
        return recipient.role
    value = row.attributes.get(recipient.attribute or "")
    return dict(recipient.by).get(value or "", recipient.by[0][1])


def resolve(role: str, case: Case, directory: Directory) -> Told:
    """Who is told when this role is to be told."""
    found = _for_role(role, case, directory)
    return _restrict(found, role, case, directory) if case.restricted else found


def line_above(role: str) -> tuple[str, ...]:
    """The roles of the line above this one, lowest first; the whole line for a role outside it."""
    return LINE[LINE.index(role) + 1 :] if role in LINE else LINE


def _for_role(role: str, case: Case, directory: Directory) -> Told:
    holders = tuple(_holders(role, case, directory))
    people = [person for key in holders if (person := _reach(key, role, directory))]
    refused = tuple(
        Gap(what="sys-address-refused", role=role, team=case.team, of=key)
        for key in holders
        if directory.is_here(key) and directory.is_refused(key)
    )
    mailboxes = [
        Person(address=post.mailbox, key=post.mailbox, role=role)
        for post in _posts(role, case, directory)
        if post.mailbox
    ]
    if people or mailboxes:
        return Told(people=(*people, *mailboxes), gaps=refused)
    is_held = any(directory.is_here(key) for key in holders)
    why = (
        f"the {role.replace('-', ' ')} is away without cover"
        if is_held
        else f"nobody holds the role of {role}"
    )
    gaps = refused if is_held else (_unheld(role, case),)
    return Told(people=_upwards(role, holders, case, directory, why), gaps=gaps)


def _unheld(role: str, case: Case) -> Gap:
    """Nobody holds it: for the child where it is held by allocation, else for the team."""
    by_child = role in vocabulary().roles["allocated"] and case.row.child is not None
    return Gap(what="sys-role-unheld", role=role, team=case.team, of=case.row.child or "" if by_child else "")


def _holders(role: str, case: Case, directory: Directory) -> Iterator[str]:
    """Worker keys that hold the role, without asking whether they are here."""
    row = case.row
    if role == "worker" and row.worker:
        yield row.worker
    elif role == "supervisor":
        yield from _supervisors(row, directory)
    elif role in LINE:
        yield from _in_line(role, case, directory)
    else:
        if role == case.owner_role and row.owner:
            yield row.owner
        yield from (
            key for key in case.allocations.get(role, ())[:1] if key != row.owner or role != case.owner_role
        )
        yield from (post.worker for post in _posts(role, case, directory) if post.worker)


def _supervisors(row: Row, directory: Directory) -> Iterator[str]:
    worker = directory.workers.get(row.worker or "")
    if worker is None:
        return
    if worker.manager:
        yield worker.manager
    elif (
        worker.team and (team := directory.teams.get(worker.team)) and team.line["team-manager"] != worker.key
    ):
        yield from filter(None, (team.line["team-manager"],))


def _in_line(role: str, case: Case, directory: Directory) -> Iterator[str]:
    team = directory.teams.get(case.team or "")
    if team is not None:
        yield from filter(None, (team.line.get(role),))
        return
    # A clock without a team (a feed, a post) answers to whoever holds the role anywhere.
    yield from dict.fromkeys(filter(None, (each.line.get(role) for each in directory.teams.values())))


def _posts(role: str, case: Case, directory: Directory) -> Iterator[Post]:
    """Posts of this role: the team's own, else the service's, else the whole council's."""
    team: Team | None = directory.teams.get(case.team or "")
    service = team.service if team else None
    every = [post for post in directory.posts if post.role == role]
    nearest = [post for post in every if post.team and post.team == case.team]
    nearest = nearest or [
        post for post in every if not post.team and post.service and post.service == service
    ]
    yield from nearest or [post for post in every if not post.team and not post.service]


def _reach(key: str, role: str, directory: Directory) -> Person | None:
    """The holder, or whoever covers for them; nobody where both are away, gone or without an address."""
    if not directory.is_here(key):
        return None
    worker = directory.workers[key]
    if key not in directory.absent:
        can_be_told = worker.email and not directory.is_refused(key)
        return Person(address=worker.email, key=key, role=role) if worker.email and can_be_told else None
    cover: Worker | None = directory.workers.get(directory.absent[key] or "")
    if cover is None or not directory.is_here(cover.key) or cover.key in directory.absent:
        return None
    if not cover.email or directory.is_refused(cover.key):
        return None
    why = f"covers for the {role.replace('-', ' ')}, who is away"
    return Person(address=cover.email, key=cover.key, role=role, redirected=why)


def _upwards(
    role: str, holders: tuple[str, ...], case: Case, directory: Directory, why: str
) -> tuple[Person, ...]:
    """The first who can be reached: the holder's own manager, the line above, then the last resorts."""
    managers = [directory.workers[key].manager for key in holders if key in directory.workers]
    for key in filter(None, managers):
        found = _reach(key, role, directory)
        if found:
            return (
                Person(
                    address=found.address, key=found.key, role=role, redirected=f"{why}; told their manager"
                ),
            )
    for higher in (*line_above(role), *LAST_RESORTS):
        if higher == role:
            continue
        for key in (*_in_line_or_post(higher, case, directory),):
            found = _reach(key, role, directory)
            if found:
                said = f"{why}; told the {higher.replace('-', ' ')}"
                return (Person(address=found.address, key=found.key, role=role, redirected=said),)
    return ()


def _in_line_or_post(role: str, case: Case, directory: Directory) -> Iterator[str]:
    if role in LINE:
        yield from _in_line(role, case, directory)
    yield from (post.worker for post in _posts(role, case, directory) if post.worker)


def _restrict(found: Told, role: str, case: Case, directory: Directory) -> Told:
    """Only those named for the child; all of them where the role's holder is not one; else the director."""
    allowed = [person for person in found.people if person.key in case.named]
    if allowed:
        return Told(people=tuple(allowed), gaps=found.gaps)
    why = "the child's record is restricted"
    if case.named:
        people = [person for key in case.named if (person := _reach(key, role, directory))]
        told = [Person(address=each.address, key=each.key, role=role, redirected=why) for each in people]
        if told:
            return Told(people=tuple(told))
    keys = tuple(_in_line("director", case, directory))
    directors = [person for key in keys if (person := _reach(key, role, directory))]
    return Told(
        people=tuple(
            Person(address=each.address, key=each.key, role=role, redirected=why) for each in directors[:1]
        ),
        gaps=() if directors else (Gap(what="sys-role-unheld", role="director", team=case.team),),
    )
