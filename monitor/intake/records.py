"""Case records into the ledger, by version: an unchanged row writes nothing, a changed one ends the former.

Streaming: rows come one by one and are written in batches; what is kept in memory is a number for each row seen.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from hashlib import blake2b
from typing import Any

from sqlalchemy import Connection, Table, insert, select, update

from monitor import tables

BATCH = 2_000


@dataclass(frozen=True, slots=True)
class Record:
    """One version of a case record, ready to be compared with the one in force."""

    key: str
    row_no: int
    fields: dict[str, Any]
    digest: bytes


def digest_of(fields: dict[str, Any], leaving_out: str | None = None) -> bytes:
    """Eight bytes that differ when any field does."""
    told = [(name, value) for name, value in fields.items() if name != leaving_out]
    return blake2b(repr(told).encode(), digest_size=8).digest()


@dataclass(slots=True)
class Written:
    """What a register's rows did to the records."""

    new: int = 0
    changed: int = 0
    withdrawn: int = 0


@dataclass(slots=True)
class RegisterWriter:
    """Takes the records of one register of one load, table by table, then withdraws what is no longer there."""

    connection: Connection
    source: str
    register: str
    load_id: int
    as_at: date
    written: Written = field(default_factory=Written)
    _waiting: dict[str, list[Record]] = field(default_factory=dict)
    _seen: dict[str, set[int]] = field(default_factory=dict)
    _known_before: dict[str, bool] = field(default_factory=dict)

    def put(self, table: Table, record: Record) -> None:
        waiting = self._waiting.setdefault(table.name, [])
        waiting.append(record)
        if len(waiting) >= BATCH:
            self._flush(table)

    def finish(self, kept_rows: set[str], touched: Iterable[Table]) -> int:
        """Write what waits, then withdraw the rows that are gone; returns how many rows vanished.

        `kept_rows` are rows that came but were refused: refused is not vanished.
        """
        vanished: set[str] = set()
        for table in touched:
            self._flush(table)
            gone = [
                (number, key)
                for number, key in self._in_force(table)
                if self._is_gone(table, number, key, kept_rows)
            ]
            self._end(table, [number for number, _ in gone])
            self.written.withdrawn += len(gone)
            vanished.update(row_of(key) for _, key in gone)
        return len(vanished)

    def finish_without_withdrawing(self, touched: Iterable[Table]) -> None:
        """Write what waits; what was known before stays known."""
        for table in touched:
            self._flush(table)

    def rows_before(self, touched: Iterable[Table]) -> set[str]:
        """The rows of this register that were in force before the load."""
        return {row_of(key) for table in touched for _, key in self._in_force(table)}

    def _is_gone(self, table: Table, number: int, key: str, kept_rows: set[str]) -> bool:
        return number not in self._seen.get(table.name, set()) and row_of(key) not in kept_rows

    def _in_force(self, table: Table) -> Iterator[tuple[int, str]]:
        rows = self.connection.execute(
            select(table.c.id, table.c.key).where(
                table.c.register == self.register,
                table.c.source == self.source,
                table.c.known_until.is_(None),
                table.c.load_id != self.load_id,
            )
        )
        return ((row[0], row[1]) for row in rows)

    def _flush(self, table: Table) -> None:
        waiting = self._waiting.pop(table.name, [])
        if not waiting:
            return
        if self._knew_any(table):
            waiting = self._changed(table, waiting)
        else:
            self.written.new += len(waiting)
        if waiting:
            self.connection.execute(insert(table), [self._row(record) for record in waiting])

    def _knew_any(self, table: Table) -> bool:
        if table.name not in self._known_before:
            found = self.connection.execute(
                select(table.c.id)
                .where(
                    table.c.register == self.register,
                    table.c.source == self.source,
                    table.c.known_until.is_(None),
                )
                .limit(1)
            ).first()
            self._known_before[table.name] = found is not None
        return self._known_before[table.name]

    def _changed(self, table: Table, waiting: list[Record]) -> list[Record]:
        """The records that differ from the version in force; those versions are ended."""
        found = self.connection.execute(
            select(table.c.key, table.c.id, table.c.digest).where(
                table.c.key.in_([record.key for record in waiting]), table.c.known_until.is_(None)
            )
        )
        in_force = {key: (number, bytes(digest)) for key, number, digest in found}
        seen = self._seen.setdefault(table.name, set())
        differing, ended = [], []
        for record in waiting:
            number, digest = in_force.get(record.key, (None, b""))
            if number is not None:
                seen.add(number)
            if digest == record.digest:
                continue
            differing.append(record)
            if number is not None:
                ended.append(number)
        self._end(table, ended)
        self.written.changed += len(ended)
        self.written.new += len(differing) - len(ended)
        return differing

    def _end(self, table: Table, numbers: list[int]) -> None:
        for at in range(0, len(numbers), BATCH):
            self.connection.execute(
                update(table)
                .where(table.c.id.in_(numbers[at : at + BATCH]))
                .values(known_until=self.as_at, ended_by_load=self.load_id)
            )

    def _row(self, record: Record) -> dict[str, Any]:
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


def row_of(key: str) -> str:
    """The row that a record's key belongs to; its parts come after "#"."""
    return key.partition("#")[0]


TABLES = {table.name: table for table in tables.CASE_TABLES}
