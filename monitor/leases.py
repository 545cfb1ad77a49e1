"""One intake or sweep at a time: a row that says who holds the ledger, taken over from the dead and the late."""

import os
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from monitor import tables
from monitor.errors import Busy

HELD_FOR = timedelta(hours=2)
NAME = "ledger"


@contextmanager
def held(engine: Engine, what: str, now: datetime) -> Iterator[None]:
    """Hold the ledger for one piece of work; Busy names the work that holds it now.

    A holder on this machine whose process is gone, or one past its time, is taken over from.
    """
    holder = f"{what}|{socket.gethostname()}|{os.getpid()}|{uuid.uuid4().hex[:8]}"
    _take(engine, holder, now)
    try:
        yield
    finally:
        with engine.begin() as connection:
            connection.execute(delete(tables.lease).where(tables.lease.c.holder == holder))


def _take(engine: Engine, holder: str, now: datetime) -> None:
    lease = tables.lease
    make = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}[engine.dialect.name]
    with engine.begin() as connection:
        fresh = make(lease).values(name=NAME, holder=holder, until=now + HELD_FOR)
        if connection.execute(fresh.on_conflict_do_nothing().returning(lease.c.name)).first() is not None:
            return
        other, until = connection.execute(select(lease.c.holder, lease.c.until).where(lease.c.name == NAME)).one()
        until = until if until.tzinfo else until.replace(tzinfo=UTC)
        if until > now and _is_alive(other):
            what, host, process, _ = other.split("|")
            raise Busy(f"{what} is running on {host} (process {process}): wait until it is done, then try again.")
        taken = connection.execute(
            update(lease)
            .where(lease.c.name == NAME, lease.c.holder == other)
            .values(holder=holder, until=now + HELD_FOR)
        )
        if taken.rowcount != 1:
            raise Busy("another run took the ledger at the same moment: try again.")


def _is_alive(holder: str) -> bool:
    """Whether the holder may still be at work; one on another machine is believed until its time is up."""
    _, host, process, _ = holder.split("|")
    if host != socket.gethostname():
        return True
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
