"""The story behind `monitor clocks`: read, judge, write nothing."""

from collections.abc import Iterator
from datetime import date, datetime

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from monitor.bench import Bench
from monitor.bootstrap import Home, cannot_reach
from monitor.calendars import london_day
from monitor.caseload import Caseload, open_caseload, read_feeds
from monitor.directory import Directory
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
            prefer=preferred(home),
            known_at=known_at,
        ),
    )


def preferred(home: Home) -> dict[str, tuple[str, ...]]:
    """By kind, the sources that are judged first where two tell of one child's, in the order of the home's file."""
    found: dict[str, tuple[str, ...]] = {}
    for name, source in home.sources.items():
        for kind in source.prefer_for:
            found[kind] = (*found.get(kind, ()), name)
    return found


def caseload_of(
    home: Home,
    connection: Connection,
    as_at: date,
    known_at: date | None = None,
    now: datetime | None = None,
) -> Caseload:
    """The home's caseload; hours are judged `now` where that is on the day, else at the day's end."""
    return open_caseload(
        connection,
        as_at=as_at,
        bench=bench_of(home, connection, known_at),
        known_at=known_at,
        now=now if now and london_day(now) == as_at else None,
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
