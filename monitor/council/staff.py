"""The people of an imaginary council, by post and number: who works where, and who answers for whom.

Every fifth team is a struggling one: there the cases run late, so that alerts cluster as they do in life.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import chain

from monitor.calendars import add_months
from monitor.council.world import World

ASSESSMENT, SAFEGUARDING, CARE, SEND, EARLY_HELP = (
    "assessment",
    "safeguarding",
    "children in care",
    "SEND",
    "early help",
)
IRO_SERVICE, PROGRESSION, LEADERSHIP = "IRO", "case progression", "leadership"

# Of a hundred children, how many each service holds; the practitioners' role; the head who answers for it.
_SERVICES = {
    ASSESSMENT: (27, "social-worker", "protection"),
    SAFEGUARDING: (16, "social-worker", "protection"),
    CARE: (22, "social-worker", "care"),
    SEND: (20, "case-officer", "send"),
    EARLY_HELP: (15, "lead-practitioner", "protection"),
}
_CHILDREN_TO_A_TEAM, _PRACTITIONERS_TO_A_TEAM, _TEAMS_TO_A_SERVICE_MANAGER = 90, 6, 4
# One in five struggles; the mean is 1, so that a council's own share of lateness does not hang on its size.
_LATENESS = (0.6, 0.8, 2.4, 0.5, 0.7)
_POSTS = ("data-steward", "operator", "qa-lead", "asye-lead", "mash-manager")


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """Somebody in post; there are no names, only the post and its number."""

    id: str
    role: str
    team_id: str | None
    manager_id: str | None
    fte: str
    started_on: date
    asye_started_on: date | None = None
    asye_ended_on: date | None = None
    left_on: date | None = None

    @property
    def name(self) -> str:
        words = self.role.replace("-", " ")
        for short in ("iro", "qa", "asye", "mash", "cp"):
            words = words.upper() if words == short else words.replace(f"{short} ", f"{short.upper()} ")
        return f"{words[0].upper()}{words[1:]} {self.id[1:]}"

    @property
    def email(self) -> str:
        return f"{self.role}-{self.id[1:]}@council.example"


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """A team, its line of managers, and how late it tends to be (1 is ordinary)."""

    id: str
    name: str
    service: str
    manager_id: str | None
    line: tuple[str, str, str]
    lateness: float
    practitioners: tuple[Worker, ...] = ()
    leavers: tuple[Worker, ...] = ()
    personal_advisers: tuple[Worker, ...] = ()

    @property
    def old_hand(self) -> Worker:
        """The longest-serving practitioner, who held the cases that others now hold."""
        return self.practitioners[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff:
    """Everybody, by team and by the posts outside the line."""

    teams: Mapping[str, tuple[Team, ...]]
    workers: tuple[Worker, ...]
    posts: Mapping[str, Worker]
    iros: tuple[Worker, ...]
    chairs: tuple[Worker, ...]
    progression_officers: tuple[Worker, ...]

    def all_teams(self) -> Iterator[Team]:
        return chain.from_iterable(self.teams.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Recruiting:
    """The staff list while it is being made."""

    world: World
    workers: list[Worker] = field(default_factory=list)
    teams: list[Team] = field(default_factory=list)

    def appoint(self, role: str, team_id: str | None, manager_id: str | None) -> Worker:
        """Somebody who has been in post for one to ten years."""
        worker = Worker(
            id=self.world.next_id("W", 1),
            role=role,
            team_id=team_id,
            manager_id=manager_id,
            fte=self.world.deal("fte", ("1.0", "1.0", "1.0", "1.0", "0.8", "0.6")),
            started_on=self.world.ago(400, 3600),
        )
        self.workers.append(worker)
        return worker

    def changed(self, old: Worker, new: Worker) -> Worker:
        self.workers[self.workers.index(old)] = new
        return new


def staff_for(children: int, world: World) -> Staff:
    """The staff of a council that has so many open and recent cases."""
    book = _Recruiting(world=world)
    director = book.appoint("director", "T100", None)
    heads = {
        area: book.appoint("head-of-service", "T100", director.id) for area in ("protection", "care", "send")
    }
    posts = {role: book.appoint(role, "T100", heads["protection"].id) for role in _POSTS}
    book.teams.append(_leadership(director, heads["protection"]))
    for service, (share, role, area) in _SERVICES.items():
        line = (heads[area].id, director.id)
        count = max(1, round(children * share / 100 / _CHILDREN_TO_A_TEAM))
        _open_service(book, service, role, line, count)
    reviewing = _small_team(book, IRO_SERVICE, "iro-manager", (heads["care"].id, director.id))
    courts = _small_team(book, PROGRESSION, "team-manager", (heads["protection"].id, director.id))
    return Staff(
        iros=_many(book, "iro", reviewing, 1 + children // 260),
        chairs=_many(book, "cp-chair", reviewing, 1 + children // 900),
        progression_officers=_many(book, "case-progression-officer", courts, 1 + children // 1500),
        posts={**posts, "iro-manager": next(w for w in book.workers if w.id == reviewing.manager_id)},
        teams=_by_service(book.teams),
        workers=tuple(book.workers),
    )


def _by_service(teams: list[Team]) -> dict[str, tuple[Team, ...]]:
    services = dict.fromkeys(team.service for team in teams)
    return {service: tuple(team for team in teams if team.service == service) for service in services}


def _leadership(director: Worker, head: Worker) -> Team:
    return Team(
        id="T100",
        name="Leadership",
        service=LEADERSHIP,
        manager_id=head.id,
        line=(head.id, head.id, director.id),
        lateness=0.6,
    )


def _open_service(book: _Recruiting, service: str, role: str, line: tuple[str, str], count: int) -> None:
    """So many teams under service managers; the last assessment team has nobody in the manager's post."""
    for n in range(count):
        if n % _TEAMS_TO_A_SERVICE_MANAGER == 0:
            upper = (book.appoint("service-manager", "T100", line[0]).id, *line)
        team_id = f"T{100 + len(book.teams)}"
        vacant = service == ASSESSMENT and n == count - 1
        manager = None if vacant else book.appoint("team-manager", team_id, upper[0])
        team = Team(
            id=team_id,
            name=f"{service[0].upper()}{service[1:]} {n + 1}",
            service=service,
            manager_id=manager.id if manager else None,
            line=upper,
            lateness=_LATENESS[len(book.teams) % len(_LATENESS)],
        )
        book.teams.append(_staffed(book, team, role))


def _staffed(book: _Recruiting, team: Team, role: str) -> Team:
    first, *others = _many(book, role, team, _PRACTITIONERS_TO_A_TEAM)
    if role == "social-worker":
        others = [_perhaps_newly_qualified(book, worker) for worker in others]
    old_hand = book.changed(first, replace(first, started_on=book.world.ago(3000, 5000)))
    leavers = (_leaver(book, role, team),) if book.world.falls("a leaver", 0.4) else ()
    advisers = _many(book, "personal-adviser", team, 1) if team.service == CARE else ()
    return replace(team, practitioners=(old_hand, *others), leavers=leavers, personal_advisers=advisers)


def _small_team(book: _Recruiting, service: str, manages: str, line: tuple[str, str]) -> Team:
    team_id = f"T{100 + len(book.teams)}"
    upper = book.appoint("service-manager", "T100", line[0])
    manager = book.appoint(manages, team_id, upper.id)
    team = Team(
        id=team_id,
        name=f"{service[0].upper()}{service[1:]} service",
        service=service,
        manager_id=manager.id,
        line=(upper.id, *line),
        lateness=0.8,
    )
    book.teams.append(team)
    return team


def _many(book: _Recruiting, role: str, team: Team, count: int) -> tuple[Worker, ...]:
    return tuple(book.appoint(role, team.id, team.manager_id or team.line[0]) for _ in range(count))


def _leaver(book: _Recruiting, role: str, team: Team) -> Worker:
    """Somebody who has gone, and whose cases may not all have been handed over."""
    worker = _many(book, role, team, 1)[0]
    return book.changed(worker, replace(worker, left_on=book.world.ago(5, 150)))


def _perhaps_newly_qualified(book: _Recruiting, worker: Worker) -> Worker:
    """One social worker in six is in the assessed and supported year, or has just finished it."""
    world = book.world
    if not world.falls("newly qualified", 1 / 6):
        return worker
    longest = {"first weeks": (4, 39), "in the year": (50, 350), "finished": (400, 600)}
    stage = world.deal("asye", ("first weeks", "first weeks", "in the year", "in the year", "finished"))
    began = world.ago(*longest[stage])
    ended = add_months(began, 12) if stage == "finished" else None
    return book.changed(worker, replace(worker, started_on=began, asye_started_on=began, asye_ended_on=ended))
