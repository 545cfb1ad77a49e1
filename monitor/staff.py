"""Reads who is who from the case records; hundreds to thousands of rows, read whole.

Children and their allocations are looked up as needed.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from sqlalchemy import Connection, RowMapping, Table, or_, select

from monitor import tables
from monitor.directory import Directory, Post, Team, Worker
from monitor.vocabulary import vocabulary


def read_directory(connection: Connection, as_at: date, allowed_domains: Iterable[str] = ()) -> Directory:
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
        allowed_domains=tuple(domain.lower() for domain in allowed_domains),
    )


def _in_force(connection: Connection, table: Table) -> Iterable[RowMapping]:
    return connection.execute(
        select(table).where(table.c.known_until.is_(None)).order_by(table.c.id)
    ).mappings()


def _worker(row: RowMapping) -> Worker:
    return Worker(
        key=row["worker_key"],
        name=row["name"],
        email=row["email"].strip().lower() if row["email"] else None,
        role=row["role"],
        team=row["team_key"],
        manager=row["manager_key"],
        left_on=row["left_on"],
    )


def _team(row: RowMapping) -> Team:
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


def _restricted(connection: Connection, children: list[str]) -> set[str]:
    """Those whose record is restricted; a record that vanished keeps what it last said."""
    child = tables.child
    query = (
        select(child.c.child_key, child.c.restricted, child.c.known_until)
        .where(child.c.child_key.in_(children))
        .order_by(child.c.id)
    )
    in_force: dict[str, bool] = {}
    last: dict[str, bool] = {}
    for key, restricted, known_until in connection.execute(query):
        last[key] = restricted
        if known_until is None:
            in_force[key] = restricted or in_force.get(key, False)
    return {key for key, restricted in last.items() if in_force.get(key, restricted)}


def read_restricted(connection: Connection, children: list[str], as_at: date) -> dict[str, tuple[str, ...]]:
    """Of these children those whose records are restricted, with the workers who are named for them."""
    named = tables.named
    found: dict[str, list[str]] = {}
    for at in range(0, len(children), 1_000):
        some = children[at : at + 1_000]
        found.update({key: [] for key in _restricted(connection, some)})
        query = select(named.c.child_key, named.c.worker_key).where(
            named.c.known_until.is_(None),
            named.c.child_key.in_(some),
            named.c.from_on <= as_at,
            or_(named.c.until_on.is_(None), named.c.until_on >= as_at),
        )
        for key, worker in connection.execute(query):
            if key in found:
                found[key].append(worker)
    return {key: tuple(workers) for key, workers in found.items()}


def read_roles_held(connection: Connection) -> frozenset[str] | None:
    """Every role that a post, an open allocation or a team's line holds; None before any team has been taken in."""
    teams = list(_in_force(connection, tables.team))
    if not teams:
        return None
    roles = vocabulary().roles
    line = {role for role in roles["line"] for row in teams if row[f"{role.replace('-', '_')}_key"]}
    posts = {row["role"] for row in _in_force(connection, tables.post)}
    held = tables.episode
    allocated = select(held.c.attributes["role"].as_string()).where(
        held.c.known_until.is_(None), held.c.kind == "allocation", held.c.end_on.is_(None)
    )
    return frozenset(
        line | posts | set(roles["worker"]) | set(connection.scalars(allocated.distinct())) - {None}
    )
