"""One intake or sweep at a time: a row says who holds the ledger; it is taken over from the dead and late."""

import os
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, Engine, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from monitor import tables
from monitor.errors import Busy

HELD_FOR = timedelta(hours=2)
_START_TIME = 19  # its place in /proc/PID/stat, counted behind the name: proc(5)
LEDGER, OUTBOX = "ledger", "outbox"  # what can be held: the case records and alerts; the mails that are owed


@contextmanager
def held(engine: Engine, what: str, now: datetime, name: str = LEDGER) -> Iterator[None]:
    """Hold it for one piece of work; Busy names the work that holds it now.

    A holder on this machine whose process is gone, or one past its time, is taken over from.
    """
    process = os.getpid()
    holder = f"{what}|{socket.gethostname()[:64]}|{process}|{_began(process)}.{uuid.uuid4().hex[:8]}"
    # A reader does not wait for the other's write lock, so it can say who holds it.
    with engine.execution_options(writes=False).connect() as connection:
        _refuse_if_held(_holder(connection, name), now)
    with engine.begin() as connection:
        _take(connection, name, holder, now)
    try:
        yield
    finally:
        with engine.begin() as connection:
            connection.execute(delete(tables.lease).where(tables.lease.c.holder == holder))


def _holder(connection: Connection, name: str) -> tuple[str, datetime] | None:
    """Who holds it, and until when at the latest."""
    lease = tables.lease
    found = connection.execute(select(lease.c.holder, lease.c.until).where(lease.c.name == name)).first()
    if found is None:
        return None
    holder, until = found
    return holder, until if until.tzinfo else until.replace(tzinfo=UTC)


def _refuse_if_held(found: tuple[str, datetime] | None, now: datetime) -> None:
    if found is None:
        return
    holder, until = found
    if until > now and _is_alive(holder):
        what, host, process, _ = holder.split("|")
        raise Busy(f"{what} is running on {host} (process {process}): wait until it is done, then try again.")


def _take(connection: Connection, name: str, holder: str, now: datetime) -> None:
    lease = tables.lease
    until = now + HELD_FOR
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    fresh = insert(lease).values(name=name, holder=holder, until=until)
    if connection.execute(fresh.on_conflict_do_nothing().returning(lease.c.name)).first() is not None:
        return
    found = _holder(connection, name)
    _refuse_if_held(found, now)
    other = found[0] if found else ""
    taken_over = connection.execute(
        update(lease).where(lease.c.name == name, lease.c.holder == other).values(holder=holder, until=until)
    )
    if taken_over.rowcount != 1:
        raise Busy("another run began at the same moment: try again.")


def _is_alive(holder: str) -> bool:
    """Whether the holder may still be at work; one on another machine is believed until its time is up."""
    _, host, process, mark = holder.split("|")
    if host != socket.gethostname()[:64]:
        return True
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    # The number may be another's by now: a daemon that is started again in its container is always process 1.
    began, begins = mark.rpartition(".")[0], _began(int(process))
    return not (began and begins) or began == begins


def _began(process: int) -> str:
    """When this process began, in the kernel's own count; nothing where the kernel does not tell."""
    try:
        told = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return told.rpartition(")")[2].split()[_START_TIME]
