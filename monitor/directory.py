"""Who is who: teams, workers, lines of management, posts and absences, as known on a day.

These are hundreds to thousands of rows, read whole; children and their allocations are looked up as needed.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Connection, or_, select

from monitor import tables
from monitor.model import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A member of staff; `email` is case-folded, so that one person is one address."""

    key: str
    name: str | None
    email: str | None
    role: str | None
    team: str | None
    manager: str | None
    left_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """A team and its line of management, by role."""

    key: str
    name: str | None
    service: str | None
    line: Mapping[str, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A post outside the line, held by a worker or a mailbox; empty service and team mean the whole council."""

    role: str
    worker: str | None
    mailbox: str | None
    service: str | None
    team: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """All of them, on one day."""

    as_at: date
    workers: Mapping[str, Worker] = field(default_factory=dict)
    teams: Mapping[str, Team] = field(default_factory=dict)
    posts: tuple[Post, ...] = ()
    absent: Mapping[str, str | None] = field(default_factory=dict)  # who is away, and who covers

    def team_of(self, row: Row) -> str | None:
        """The team that answers for a row: the owner's, else the child's, else the worker's own."""
        for key in (row.owner, row.worker if row.child is None else None):
            worker = self.workers.get(key or "")
            if worker is not None and worker.team is not None:
                return worker.team
        return row.child_team

    def is_here(self, key: str) -> bool:
        """Known, and has not left."""
        worker = self.workers.get(key)
        return worker is not None and (worker.left_on is None or worker.left_on > self.as_at)


def read_directory(connection: Connection, as_at: date) -> Directory:
    """The directory in force on this day."""
    return Directory(
        as_at=as_at,
        workers={row["worker_key"]: _worker(row) for row in _in_force(connection, tables.worker)},
        teams={row["team_key"]: _team(row) for row in _in_force(connection, tables.team)},
        posts=tuple(
            Post(
                role=row["role"],
                worker=row["worker_key"],
                mailbox=row["mailbox"].strip().lower() if row["mailbox"] else None,
                service=row["service"],
                team=row["team_key"],
            )
            for row in _in_force(connection, tables.post)
        ),
        absent=_absent(connection, as_at),
    )


def _in_force(connection: Connection, table):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    return connection.execute(select(table).where(table.c.known_until.is_(None)).order_by(table.c.id)).mappings()


def _worker(row):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    return Worker(
        key=row["worker_key"],
        name=row["name"],
        email=row["email"].strip().lower() if row["email"] else None,
        role=row["role"],
        team=row["team_key"],
        manager=row["manager_key"],
        left_on=row["left_on"],
    )


def _team(row):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    return Team(
        key=row["team_key"],
        name=row["name"],
        service=row["service"],
        line={
            "team-manager": row["team_manager_key"],
            "service-manager": row["service_manager_key"],
            "head-of-service": row["head_of_service_key"],
            "director": row["director_key"],
        },
    )


def _absent(connection: Connection, as_at: date) -> dict[str, str | None]:
    """Who is away on the day; on the last day of an absence they are back."""
    away = tables.episode
    query = (
        select(away.c.worker_key, away.c.attributes)
        .where(
            away.c.known_until.is_(None),
            away.c.kind == "absence",
            away.c.start_on <= as_at,
            or_(away.c.end_on.is_(None), away.c.end_on > as_at),
        )
        .order_by(away.c.start_on)
    )
    return {worker: attributes.get("cover") for worker, attributes in connection.execute(query) if worker}


def read_allocations(
    connection: Connection, children: list[str], as_at: date
) -> dict[str, dict[str, tuple[str, ...]]]:
    """For each of these children, who is allocated in which role on the day, newest first."""
    held = tables.episode
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for at in range(0, len(children), 1_000):
        query = (
            select(held.c.child_key, held.c.worker_key, held.c.attributes)
            .where(
                held.c.known_until.is_(None),
                held.c.kind == "allocation",
                held.c.child_key.in_(children[at : at + 1_000]),
                held.c.start_on <= as_at,
                or_(held.c.end_on.is_(None), held.c.end_on > as_at),
            )
            .order_by(held.c.start_on.desc(), held.c.id.desc())
        )
        for child, worker, attributes in connection.execute(query):
            if worker:
                found[child][attributes.get("role", "")].append(worker)
    return {child: {role: tuple(held) for role, held in roles.items()} for child, roles in found.items()}
