"""The facts of a made-up world, and a loader that writes them straight into the ledger's tables."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from fractions import Fraction
from functools import cache
from typing import Any

from sqlalchemy import Connection, Table, insert

from monitor import tables
from monitor.calendars import Calendar
from monitor.limits import Amount
from monitor.parts import Attribute

LONG_AGO = date(2000, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What every fact has: its own key, its source, and from when until when it was known."""

    key: str
    source: str = "mosaic"
    known_from: date = LONG_AGO
    known_until: date | None = None

    def was_known(self, known_at: date | None) -> bool:
        """Whether this version was the one known then; None asks for the one in force."""
        if known_at is None:
            return self.known_until is None
        return self.known_from <= known_at and (self.known_until is None or known_at < self.known_until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Child(Version):
    dob: date | None = None
    expected_dob: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode(Version):
    kind: str
    ref: str
    record: str
    child: str | None = None
    worker: str | None = None
    start: date | None = None
    start_unknown: str | None = None
    end: date | None = None
    end_unknown: bool = False
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event(Version):
    kind: str
    record: str
    child: str | None = None
    worker: str | None = None
    due: date | None = None
    done: date | None = None
    unknown: bool = False
    status: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker(Version):
    role: str | None = None
    fte: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """One taking-in of one register of a source; a held one counts for nothing."""

    source: str
    as_at: date
    carries: frozenset[str]
    register: str = "everything"
    state: str = "taken"


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """All that there is to know; loads stand in the order in which they were taken."""

    today: date
    children: tuple[Child, ...] = ()
    workers: tuple[Worker, ...] = ()
    episodes: tuple[Episode, ...] = ()
    events: tuple[Event, ...] = ()
    loads: tuple[Load, ...] = ()
    fresh_for: Mapping[str, Amount] = field(default_factory=dict)
    covers_from: Mapping[str, date] = field(default_factory=dict)
    closure_days: tuple[date, ...] = ()


def _is(attributes: Mapping[str, str], condition: Attribute) -> bool:
    value = attributes.get(condition.name)
    match condition.test:
        case "missing":
            return value is None
        case "present":
            return value is not None
        case "over":
            return value is not None and Fraction(value) > condition.number
        case "at-least":
            return value is not None and Fraction(value) >= condition.number
        case "under":
            return value is not None and Fraction(value) < condition.number
    return (value in condition.values) == (condition.test == "is")


def all_are(attributes: Mapping[str, str], conditions: Iterable[Attribute]) -> bool:
    return all(_is(attributes, each) for each in conditions)


@cache
def calendar_of(closure_days: tuple[date, ...] = ()) -> Calendar:
    """England's working days less these; made once, for it takes a while."""
    return Calendar(closure_days)


def store(connection: Connection, world: World) -> None:
    """Write the world into an empty ledger; every fact hangs on the first load, which no rule reads."""
    for number, load in enumerate(world.loads, start=1):
        connection.execute(insert(tables.load), _load(number, load))
        rows = [{"load_id": number, "register": load.register, "item": item} for item in sorted(load.carries)]
        _write(connection, tables.carries, rows)
    _write(connection, tables.child, map(_child, world.children))
    _write(connection, tables.worker, map(_worker, world.workers))
    _write(connection, tables.episode, map(_episode, world.episodes))
    _write(connection, tables.event, map(_event, world.events))


def _write(connection: Connection, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    found = list(rows)
    if found:
        connection.execute(insert(table), found)


def _load(number: int, load: Load) -> dict[str, Any]:
    counts = dict.fromkeys(("rows_read", "rows_refused", "rows_new", "rows_changed", "rows_withdrawn"), 0)
    return {
        "id": number,
        "source": load.source,
        "format": "registers",
        "as_at": load.as_at,
        "as_at_from": "given",
        "digest": "",
        "taken_at": datetime(2026, 1, 1, tzinfo=UTC),
        "state": load.state,
        **counts,
    }


def _version(fact: Version) -> dict[str, Any]:
    return {
        "key": fact.key,
        "source": fact.source,
        "register": "everything",
        "load_id": 1,
        "row_no": 0,
        "digest": b"",
        "known_from": fact.known_from,
        "known_until": fact.known_until,
    }


def _child(child: Child) -> dict[str, Any]:
    own = {"child_key": child.key, "dob": child.dob, "expected_dob": child.expected_dob, "restricted": False}
    return {**_version(child), **own}


def _worker(worker: Worker) -> dict[str, Any]:
    own = {"worker_key": worker.key, "role": worker.role, "fte": worker.fte}
    return {**_version(worker), **own}


def _episode(episode: Episode) -> dict[str, Any]:
    return {
        **_version(episode),
        "kind": episode.kind,
        "ref": episode.ref,
        "record": episode.record,
        "child_key": episode.child,
        "worker_key": episode.worker,
        "start_on": episode.start,
        "start_unknown": episode.start_unknown,
        "end_on": episode.end,
        "end_unknown": episode.end_unknown,
        "attributes": dict(episode.attributes),
    }


def _event(event: Event) -> dict[str, Any]:
    return {
        **_version(event),
        "kind": event.kind,
        "record": event.record,
        "child_key": event.child,
        "worker_key": event.worker,
        "due_on": event.due,
        "done_on": event.done,
        "unknown": event.unknown,
        "status": event.status,
        "attributes": dict(event.attributes),
    }
