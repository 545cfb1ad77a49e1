"""Taking a council's files in: one load, one transaction, with the ledger to itself."""

import re
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from monitor import leases
from monitor.bootstrap import Home, cannot_reach, writing
from monitor.errors import Misuse
from monitor.intake import loads
from monitor.intake.checks import Origin, Problem
from monitor.intake.files import day_of, register_files
from monitor.intake.loads import Taken
from monitor.intake.take import Progress, take_registers

DEFAULT_SOURCE = "registers"
_SOURCE = re.compile(r"[a-z0-9][a-z0-9.-]{0,31}", re.IGNORECASE)


def take_in(
    home: Home,
    paths: Iterable[Path],
    *,
    source: str | None,
    as_at: date | None,
    now: datetime,
    progress: Progress,
) -> Taken:
    """Take these registers in; what comes back says what was read, refused, changed and held."""
    origin_name = _source_name(source)
    files = register_files(paths)
    said = home.sources.get(origin_name)
    origin = Origin(
        source=origin_name,
        issuers=said.ids if said else {},
        as_at=as_at or day_of(files),
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


def _source_name(given: str | None) -> str:
    name = given or DEFAULT_SOURCE
    if not _SOURCE.fullmatch(name):
        raise Misuse("a source's name has at most 32 letters, digits, dots and dashes, such as plo-tracker.")
    return name


def issues(home: Home, load_id: int | None) -> list[tuple[int, str, Problem]]:
    """What a load refused or could not read, with load and file; the newest load where none is named."""
    try:
        with home.engine.connect() as connection:
            return loads.issues(connection, load_id)
    except SQLAlchemyError as error:
        raise cannot_reach(error) from None


def release(home: Home, load_id: int) -> None:
    """Let a held load go: the same files are then taken in as they are."""
    try:
        with writing(home.engine).begin() as connection:
            loads.release(connection, load_id)
    except SQLAlchemyError as error:
        raise cannot_reach(error) from None
