"""The story behind `monitor clocks` and the looks at loads: read, judge, write nothing."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import Connection, func, select, update
from sqlalchemy.exc import SQLAlchemyError

from monitor import tables
from monitor.bootstrap import Home, cannot_reach, writing
from monitor.caseload import Caseload, open_caseload, read_feeds
from monitor.deadlines import Bench
from monitor.directory import Directory
from monitor.errors import Misuse
from monitor.model import Clock
from monitor.staff import read_directory


def bench_of(home: Home, connection: Connection, known_at: date | None = None) -> Bench:
    """Calendars and feeds as the home's settings have them."""
    return Bench(
        lawful=home.lawful,
        local=home.local,
        feeds=read_feeds(
            connection,
            fresh_for={name: source.fresh_for for name, source in home.sources.items()},
            covers_from={
                name: source.covers_from for name, source in home.sources.items() if source.covers_from
            },
            known_at=known_at,
        ),
    )


def caseload_of(home: Home, connection: Connection, as_at: date, known_at: date | None = None) -> Caseload:
    return open_caseload(
        connection, as_at=as_at, bench=bench_of(home, connection, known_at), known_at=known_at
    )


def clocks(
    home: Home, *, as_at: date, known_at: date | None, rule: str | None
) -> list[tuple[Clock, str | None]]:
    """Every running clock with the team that answers for it."""
    rules = [each for each in home.rules if rule in (None, each.id)]
    try:
        with home.engine.connect() as connection:
            caseload = caseload_of(home, connection, as_at, known_at)
            directory = read_directory(connection, as_at)
            return list(_with_teams(caseload.clocks(rules), directory))
    except SQLAlchemyError as error:
        raise cannot_reach(error) from None


def _with_teams(found: Iterator[Clock], directory: Directory) -> Iterator[tuple[Clock, str | None]]:
    return ((clock, directory.team_of(clock.row)) for clock in found)


def issues(home: Home, load_id: int | None) -> list[dict[str, Any]]:
    """What a load refused or could not read; the newest load where none is named."""
    issue = tables.issue
    with home.engine.connect() as connection:
        wanted = load_id or connection.scalar(select(func.max(tables.load.c.id)))
        query = select(issue).where(issue.c.load_id == wanted).order_by(issue.c.id)
        return [
            {
                "load": row["load_id"],
                "file": row["file"],
                "row": row["row_no"],
                "column": row["column"],
                "refused": row["refused"],
                "text": row["text"],
            }
            for row in connection.execute(query).mappings()
        ]


def release(home: Home, load_id: int) -> None:
    """Mark a held load as looked at; Misuse where it is not held."""
    load = tables.load
    with writing(home.engine).begin() as connection:
        done = connection.execute(
            update(load).where(load.c.id == load_id, load.c.state == "held").values(state="released")
        )
        if done.rowcount != 1:
            raise Misuse(f"there is no held load {load_id}. `monitor doctor` lists the held ones.")
