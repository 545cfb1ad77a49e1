"""What the ledger holds after a load, as intake's tests ask for it."""

from datetime import date
from typing import Any

from sqlalchemy import Table, func, select

from monitor import tables
from monitor.clocks import clocks
from monitor.model import Clock
from tests.conftest import TODAY, Council


def in_force(council: Council, table: Table, **wanted: object) -> list[dict[str, Any]]:
    """The records of this table that are in force, oldest first."""
    query = select(table).where(table.c.known_until.is_(None)).order_by(table.c.id)
    with council.home.engine.connect() as connection:
        rows = connection.execute(query.filter_by(**wanted)).mappings()
        return [dict(row) for row in rows]


def episodes(council: Council, kind: str) -> list[dict[str, Any]]:
    return in_force(council, tables.episode, kind=kind)


def events(council: Council, kind: str) -> list[dict[str, Any]]:
    return in_force(council, tables.event, kind=kind)


def row_counts(council: Council) -> dict[str, int]:
    """How many rows every case table has, former versions and all."""
    with council.home.engine.connect() as connection:
        return {
            table.name: connection.scalar(select(func.count()).select_from(table)) or 0
            for table in tables.CASE_TABLES
        }


def the_clock(council: Council, rule: str, as_at: date = TODAY) -> Clock:
    """The one clock of this rule."""
    found = clocks(council.home, as_at=as_at, known_at=None, rule=rule)
    assert len(found) == 1, [clock.why for clock, _ in found]
    return found[0][0]


def told(council: Council, **options: Any) -> list[str]:  # noqa: ANN401 - as Council.take has them
    """What a load says is wrong: whole files first, then rows."""
    taken = council.take(**options)
    return taken.file_faults + [problem.told(name) for name, problem in taken.problems]


def every_clock(council: Council, rule: str, as_at: date = TODAY) -> list[Clock]:
    """Every clock of this rule."""
    return [clock for clock, _ in clocks(council.home, as_at=as_at, known_at=None, rule=rule)]
