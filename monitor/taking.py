"""Taking a council's files in: one load, one transaction, with the ledger to itself."""

from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from monitor import leases
from monitor.bootstrap import Home, cannot_reach, writing
from monitor.errors import CannotRun
from monitor.intake.rows import Origin
from monitor.intake.take import Progress, Taken, csv_files, day_of, take_registers

DEFAULT_SOURCE = "registers"


def take_in(  # noqa: PLR0913 - what the command line says
    home: Home,
    paths: Iterable[Path],
    *,
    source: str | None,
    as_at: date | None,
    now: datetime,
    progress: Progress,
) -> Taken:
    """Take these registers in; what comes back says what was read, refused, changed and held."""
    name = source or DEFAULT_SOURCE
    files = csv_files(paths)
    day = as_at or day_of(files)
    said = home.sources.get(name)
    origin = Origin(
        source=name,
        issuers=said.ids if said else {},
        as_at=day,
        calendar=home.local,
        known_rules=frozenset(rule.id for rule in home.every_rule),
    )
    came_from = "given" if as_at else "the oldest file's date"
    engine = writing(home.engine)
    try:
        with leases.held(engine, "an intake", now), engine.begin() as connection:
            return take_registers(connection, files, origin, as_at_from=came_from, now=now, progress=progress)
    except SQLAlchemyError as error:
        raise cannot_reach(error) from None
    except OSError as error:
        raise CannotRun(f"a file could not be read while it was taken in ({error.strerror}).") from None
