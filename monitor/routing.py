"""Who is told: a role and a row into people, as the directory stands on the day.

A role that nobody holds goes to the next one up and is a gap to be told; somebody who is away is replaced by
whoever covers, else by the line above. A restricted child is told only to those named for it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from monitor.directory import Directory, Post, Team, Worker
from monitor.model import Whose
from monitor.rule import Recipient
from monitor.vocabulary import vocabulary
from monitor.wording import role as spoken

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
    role: str = ""
    team: str | None = None
    of: str = ""

    @property
    def ref(self) -> str:
        """What the alert is called by in the ledger: with issuers, for two of them may have the same id."""
        return " of ".join(part for part in (self.role, self.team, self.of) if part)

    def called(self, of: str) -> str:
        """What it is called by, with this in place of the id of whom it is about: that may be a name."""
        parts = (self.role, (self.team or "").rpartition(":")[2], of)
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
    """What routing needs to know of a row: its team, who is allocated, and who may know of it.

    `worker_role` is the role in which the row's own worker stands to the child, where its kind says so.
    """

    row: Whose
    team: str | None
    owner_role: str
    worker_role: str | None = None
    allocations: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    restricted: bool = False
    named: tuple[str, ...] = ()

    @property
    def about(self) -> str | None:
        """The worker whom the row itself is about, as in supervision: not told as their own manager."""
        return self.row.worker if self.row.child is None else None


def role_of(recipient: Recipient, row: Whose) -> str:
    """The role a stage tells; one that depends on the row takes the first where the row does not say."""
    if recipient.role is not None:
        return recipient.role
    value = row.attributes.get(recipient.attribute or "")
    return dict(recipient.by).get(value or "", recipient.by[0][1])


def resolve(role: str, case: Case, directory: Directory) -> Told:
    """Who is told when this role is to be told; each person once, whatever ids they have."""
    found = _for_role(role, case, directory)
    found = _restrict(found, role, case, directory) if case.restricted else found
    by_address: dict[str, Person] = {}
    for person in found.people:
        by_address.setdefault(person.address, person)
    return Told(people=tuple(by_address.values()), gaps=found.gaps)


def line_above(role: str) -> tuple[str, ...]:
    """The roles of the line above this one, lowest first; the whole line for a role outside it."""
    return LINE[LINE.index(role) + 1 :] if role in LINE else LINE


def _for_role(role: str, case: Case, directory: Directory) -> Told:
    holders = tuple(dict.fromkeys(_holders(role, case, directory)))
    if role in LINE and case.about is not None and case.about in holders:
        why = f"it is about the {spoken(role)}"
        return Told(people=_upwards(role, (), case, directory, why))
    here = tuple(filter(directory.is_here, holders))
    mailboxes = tuple(post.mailbox for post in _posts(role, case, directory) if post.mailbox)
    people = [person for key in here if (person := _reach(key, role, directory))]
    people += [_mailbox(address, role) for address in mailboxes if directory.allows(address)]
    gaps = [Gap(what="sys-address-refused", of=key) for key in here if directory.is_refused(key)]
    if not all(map(directory.allows, mailboxes)):
        gaps.append(Gap(what="sys-address-refused", role=role))
    if people:
        return Told(people=tuple(people), gaps=tuple(gaps))
    if not here and not mailboxes:
        gaps.append(_unheld(role, case))
    why = _why_not(role, here, mailboxes, directory)
    return Told(people=_upwards(role, holders, case, directory, why), gaps=tuple(gaps))


def _mailbox(address: str, role: str) -> Person:
    return Person(address=address, key=address, role=role)


def _unheld(role: str, case: Case) -> Gap:
    """Nobody holds it: for this child or worker where it is held for one; for the team; else for the council."""
    roles = vocabulary().roles
    if role in roles["allocated"] and case.row.child is not None:
        return Gap(what="sys-role-unheld", role=role, team=case.team, of=case.row.child)
    if role in roles["worker"]:
        return Gap(what="sys-role-unheld", role=role, team=case.team, of=case.row.worker or "")
    return Gap(what="sys-role-unheld", role=role, team=case.team if role in LINE else None)


def _why_not(role: str, here: tuple[str, ...], mailboxes: tuple[str, ...], directory: Directory) -> str:
    """Why nobody who holds the role can be told."""
    name = spoken(role)
    if not here and not mailboxes:
        return f"nobody holds the role of {name}"
    if any(key in directory.absent for key in here):
        return f"the {name} is away without cover"
    if mailboxes or any(map(directory.is_refused, here)):
        return f"the {name} has an address to which no mail may go"
    return f"the {name} has no e-mail address"


def _holders(role: str, case: Case, directory: Directory) -> Iterator[str]:
    """Worker keys that hold the role, without asking whether they are here."""
    row = case.row
    if role == "worker":
        yield from filter(None, (row.worker,))
    elif role == "supervisor":
        yield from _supervisors(row, directory)
    elif role in LINE:
        yield from _in_line(role, case, directory)
    else:
        yield from _by_case(role, case, directory)
        yield from (post.worker for post in _posts(role, case, directory) if post.worker)


def _by_case(role: str, case: Case, directory: Directory) -> Iterator[str]:
    """The row's own officer; where it names none who is here, whoever was allocated to the child last."""
    own = [case.row.owner if role == case.owner_role else None]
    own.append(case.row.worker if role == case.worker_role else None)
    named = [key for key in own if key]
    here = [key for key in named if directory.is_here(key)]
    if not here:
        allocated = case.allocations.get(role, ())
        here = [key for key in allocated if directory.is_here(key)][:1]
        named += allocated[:1]
    yield from here or named


def _supervisors(row: Whose, directory: Directory) -> Iterator[str]:
    worker = directory.workers.get(row.worker or "")
    if worker is None:
        return
    if worker.manager:
        yield worker.manager
    elif worker.team and (team := directory.teams.get(worker.team)):
        manager = team.line["team-manager"]
        if manager and manager != worker.key:
            yield manager


def _in_line(role: str, case: Case, directory: Directory) -> Iterator[str]:
    team = directory.teams.get(case.team or "")
    if team is not None:
        yield from filter(None, (team.line.get(role),))
        return
    # A feed answers to whoever holds the role anywhere. Of a child or a worker whose team is not known only the
    # one who holds the role for all may hear: every team manager of the council may not.
    anywhere = dict.fromkeys(filter(None, (each.line.get(role) for each in directory.teams.values())))
    if len(anywhere) == 1 or _is_of_nobody(case.row):
        yield from anywhere


def _is_of_nobody(row: Whose) -> bool:
    return row.child is None and row.worker is None


def _posts(role: str, case: Case, directory: Directory) -> Iterator[Post]:
    """Posts of this role: the team's own, else the service's, else the whole council's."""
    team: Team | None = directory.teams.get(case.team or "")
    service = team.service if team else None
    every = [post for post in directory.posts if post.role == role]
    if team is None and _is_of_nobody(case.row):
        yield from [post for post in every if not post.team and not post.service] or every
        return
    nearest = [post for post in every if post.team and post.team == case.team]
    nearest = nearest or [
        post for post in every if not post.team and post.service and post.service == service
    ]
    yield from nearest or [post for post in every if not post.team and not post.service]


def _reach(key: str, role: str, directory: Directory) -> Person | None:
    """The holder, or whoever covers for them; nobody where both are away, gone or without an address."""
    if not directory.is_here(key):
        return None
    if key not in directory.absent:
        return _in_person(key, role, directory)
    cover = directory.absent[key]
    if cover is None or cover in directory.absent:
        return None
    return _in_person(cover, role, directory, f"you cover for the {spoken(role)}, who is away")


def _in_person(key: str, role: str, directory: Directory, redirected: str | None = None) -> Person | None:
    """One worker and nobody in their place, away or not."""
    worker: Worker | None = directory.workers.get(key)
    if worker is None or not worker.email or not directory.is_here(key) or directory.is_refused(key):
        return None
    return Person(address=worker.email, key=key, role=role, redirected=redirected)


def _upwards(
    role: str, holders: tuple[str, ...], case: Case, directory: Directory, why: str
) -> tuple[Person, ...]:
    """The first who can be reached above; else the holder although away; else the last resorts."""
    for key, who in _above(role, holders, case, directory):
        found = _reach(key, role, directory)
        if found and key != case.about:
            said = f"{why}; {found.redirected or f'you are {who}'}"
            return (Person(address=found.address, key=found.key, role=role, redirected=said),)
    for key in holders:
        found = _in_person(key, role, directory, f"{why}, and nobody above can be told")
        if found:
            return (found,)
    said = f"{why}, nor anybody above; you are the last resort"
    for resort in LAST_RESORTS:
        for post in _posts(resort, case, directory):
            found = _reach(post.worker, role, directory) if post.worker else None
            if found or (post.mailbox and directory.allows(post.mailbox)):
                person = found or _mailbox(post.mailbox or "", role)
                return (Person(address=person.address, key=person.key, role=role, redirected=said),)
    return ()


def _above(
    role: str, holders: tuple[str, ...], case: Case, directory: Directory
) -> Iterator[tuple[str, str]]:
    """Those above a role, nearest first, each with the words for who they are."""
    for key in holders:
        manager = directory.workers[key].manager if key in directory.workers else None
        if manager:
            yield manager, "their manager"
    for higher in line_above(role):
        for key in _in_line(higher, case, directory):
            yield key, f"the {spoken(higher)}"


def _restrict(found: Told, role: str, case: Case, directory: Directory) -> Told:
    """Only those named for the child, themselves and no cover; where nobody named is here, the director."""
    gaps = tuple(gap for gap in found.gaps if gap.of != case.row.child)
    allowed = tuple(person for person in found.people if person.key in case.named)
    if allowed:
        return Told(people=allowed, gaps=gaps)
    why = "the child's record is restricted"
    named = [person for key in case.named if (person := _in_person(key, role, directory, why))]
    if named:
        return Told(people=tuple(named), gaps=gaps)
    directors = [
        person
        for key in _in_line("director", case, directory)
        if (person := _in_person(key, role, directory, why))
    ]
    if directors:
        return Told(people=tuple(directors[:1]), gaps=gaps)
    return Told(gaps=(*gaps, Gap(what="sys-role-unheld", role="director", team=case.team)))
