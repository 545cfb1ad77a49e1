"""Case records into the ledger, by version: unchanged, one writes nothing; changed, it ends the former."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import blake2b
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    false,
    func,
    insert,
    null,
    select,
    update,
)

from monitor import tables
from monitor.intake.kept import row_of
from monitor.intake.sight import EVERY_ROW, Sight

BATCH = 2_000
READ_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class Record:
    """One version of a case record, ready to be compared with the one in force.

    `key` is the row's key, "#" and the part of the row; one that accumulates has another "#" and its own day.
    """

    table: Table
    key: str
    row_no: int
    fields: dict[str, Any]
    digest: bytes


def record(
    table: Table, key: str, row_no: int, fields: dict[str, Any], leaving_out: str | None = None
) -> Record:
    """The record, with eight bytes that differ when any of its fields but `leaving_out` does.

    Of a child its source's own key counts: under which key it is known is no news of the row.
    """
    told = fields if leaving_out is None else {**fields, leaving_out: None}
    if told.get("own_key"):
        told = {**told, "child_key": told["own_key"], "own_key": None}
    digest = blake2b(repr(list(told.values())).encode(), digest_size=8).digest()
    return Record(table, key, row_no, fields, digest)


def move(
    connection: Connection, keys: Mapping[str, str], left: Collection[str], load_id: int, as_at: date
) -> None:
    """Put what is in force of these children, by their own keys, under the keys under which they are now known.

    `left` are the keys that they were known under. A new version says what its load said, and from when it is known so.
    """
    old = sorted(left)
    for table in tables.OF_CHILDREN:
        for start in range(0, len(old), BATCH):
            query = select(table).where(
                table.c.child_key.in_(old[start : start + BATCH]), table.c.known_until.is_(None)
            )
            for each in connection.execute(query).mappings().all():
                own = each["own_key"] or each["child_key"]
                key = keys.get(own, each["child_key"])
                if key == each["child_key"]:
                    continue
                version = {name: value for name, value in each.items() if name != "id"}
                version["child_key"], version["own_key"] = key, own if own != key else None
                version["known_from"] = max(as_at, each["known_from"])
                connection.execute(
                    update(table)
                    .where(table.c.id == each["id"])
                    .values(known_until=version["known_from"], ended_by_load=load_id)
                )
                connection.execute(insert(table), version)


@dataclass(slots=True)
class _InForce:
    """The versions of one register in one table that were in force and have not come again."""

    table: Table
    by_key: dict[str, tuple[int, bytes]]
    waiting: list[dict[str, Any]] = field(default_factory=list)
    ended: list[int] = field(default_factory=list)


@dataclass(slots=True)
class RegisterWriter:
    """Takes the records of one register of one load, then withdraws what is no longer there."""

    connection: Connection
    source: str
    register: str
    load_id: int
    as_at: date
    new: int = 0
    changed: int = 0
    withdrawn: int = 0
    gone: Counter[str] = field(default_factory=Counter)  # by kind, what was known and nothing took its place
    again: Counter[str] = field(default_factory=Counter)  # by kind, what was known and came again
    _tables: dict[str, _InForce] = field(default_factory=dict)
    _accumulating: set[str] = field(default_factory=set)

    def rows_before(self, table: Table) -> set[str]:
        """The keys of the register's rows that were in force before the load and have not come again."""
        return {row_of(key) for key in self._at(table).by_key}

    def put(self, record: Record) -> None:
        at = self._at(record.table)
        former = at.by_key.pop(record.key, None)
        if record.key.count("#") > 1:
            self._accumulating.add(record.key.rpartition("#")[0])
        if former is None:
            self.new += 1
        else:
            self.again[record.fields.get("kind", "")] += 1
            if former[1] == record.digest:
                return
            self.changed += 1
            at.ended.append(former[0])
        at.waiting.append(self._version(record))
        if len(at.waiting) >= BATCH:
            self._flush(at)

    def finish(self, stays: Callable[[str], bool], sight: Sight = EVERY_ROW) -> None:
        """Write what waits, and withdraw the records that are gone, but for rows that `stays` keeps."""
        for at in self._tables.values():
            gone = [
                number
                for key, (number, _) in at.by_key.items()
                if not stays(row_of(key)) and not self._accumulates(key)
            ]
            if not sight.is_simple:
                gone = self._gone(at.table, gone, sight)
            at.ended += gone
            self.withdrawn += len(gone)
            self._flush(at)

    def _gone(self, table: Table, numbers: Sequence[int], sight: Sight) -> list[int]:
        """Of these records, those that are gone and not merely out of sight."""
        ended: ColumnElement[Any] = table.c.get("end_on", null())
        if table is tables.event:
            ended = func.coalesce(table.c.done_on, table.c.due_on)
        columns = (
            table.c.id,
            table.c.key,
            table.c.get("start_on", null()).label("start_on"),
            table.c.get("kind", null()).label("kind"),
            table.c.get("done_on", null()).label("done_on"),
            table.c.get("child_key", null()).label("child_key"),
            table.c.get("attributes", null()).label("attributes"),
            table.c.known_from,
            ended.label("ended_on"),
            table.c.get("end_unknown", table.c.get("unknown", false())).label("is_unknown"),
        )
        gone: list[int] = []
        for start in range(0, len(numbers), BATCH):
            found = self.connection.execute(
                select(*columns).where(table.c.id.in_(numbers[start : start + BATCH]))
            )
            for each in found:
                if sight.is_gone(table, each):
                    gone.append(each.id)
                    self.gone[each.kind or ""] += not sight.is_replaced(table, each)
        return gone

    def _accumulates(self, key: str) -> bool:
        """Whether an earlier one of these stays beside the one now shown; one that never had its day does not."""
        part, _, own = key.rpartition("#")
        return part in self._accumulating and own != "None"

    def _at(self, table: Table) -> _InForce:
        at = self._tables.get(table.name)
        if at is None:
            at = self._tables[table.name] = _InForce(table, self._in_force(table))
        return at

    def _in_force(self, table: Table) -> dict[str, tuple[int, bytes]]:
        query = select(table.c.key, table.c.id, table.c.digest, table.c.known_from).where(
            table.c.register == self.register,
            table.c.source == self.source,
            table.c.known_until.is_(None),
        )
        rows = self.connection.execute(query.execution_options(yield_per=READ_AT_ONCE))
        # What is known from a later day came with a load whose day was yet to come: it is written anew as of this one.
        return {
            key: (number, bytes(digest) if since <= self.as_at else b"")
            for key, number, digest, since in rows
        }

    def _flush(self, at: _InForce) -> None:
        """End the former versions first: only one version of a key may be in force."""
        for start in range(0, len(at.ended), BATCH):
            self.connection.execute(
                update(at.table)
                .where(at.table.c.id.in_(at.ended[start : start + BATCH]))
                .values(known_until=self.as_at, ended_by_load=self.load_id)
            )
        if at.waiting:
            self.connection.execute(insert(at.table), at.waiting)
        at.ended, at.waiting = [], []

    def _version(self, record: Record) -> dict[str, Any]:
        return {
            "key": record.key,
            "source": self.source,
            "register": self.register,
            "load_id": self.load_id,
            "row_no": record.row_no,
            "digest": record.digest,
            "known_from": self.as_at,
            **record.fields,
        }
