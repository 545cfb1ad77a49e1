"""Case records into the ledger, by version: unchanged, one writes nothing; changed, it ends the former."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import blake2b
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, false, func, insert, null, select, update

from monitor import tables
from monitor.intake.mapping import Shows

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
    """The record, with eight bytes that differ when any of its fields but `leaving_out` does."""
    told = fields if leaving_out is None else {**fields, leaving_out: None}
    digest = blake2b(repr(list(told.values())).encode(), digest_size=8).digest()
    return Record(table, key, row_no, fields, digest)


def row_of(key: str) -> str:
    """The key of the row that a record belongs to."""
    return key.partition("#")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfSight:
    """Which records that a load does not show are gone, and which merely lie outside of what it shows.

    A full snapshot shows every row, or every row that was open on the day `covers_from` or later. One of the latest
    only shows each child's newest: what was known stays, but for what it would have to show and does not. That is an
    open Episode of a list of all that are open, one that began on the day `covers_from` or later, and without such a
    day one of a child in the same list; and of the kinds `newest` an Event later than the newest that is shown of that
    child, or of an unreadable day. Those have been put right. One of what changed withdraws what it calls purged.
    """

    shows: Shows = "every row"
    covers_from: date | None = None
    children: Collection[str] = ()  # that the part names
    purged_rows: Collection[str] = ()
    purged_children: Collection[str] = ()
    is_whole: bool = True  # whether all that feeds the register is there
    lists_open: bool = False
    newest: Collection[str] = ()
    shown: Mapping[tuple[str, str], date] = field(default_factory=dict)  # by child and kind, the newest day

    @property
    def is_simple(self) -> bool:
        """Whether everything that is not shown is gone."""
        return self.is_whole and self.shows == "every row" and self.covers_from is None

    def is_gone(self, table: Table, found: "Row[*tuple[Any, ...]]") -> bool:
        """Whether this record, which was in force and has not come again, is to be withdrawn."""
        if self.shows == "what changed":
            return row_of(found.key) in self.purged_rows or found.child_key in self.purged_children
        if not self.is_whole:
            return table is tables.event and self._was_mistaken(found)
        if table not in (tables.episode, tables.event):
            return False  # people are not forgotten because a list of the newest leaves them out
        if self.shows == "the latest":
            return self._is_put_right(found) if table is tables.episode else self._was_mistaken(found)
        return found.ended_on is None or self.covers_from is None or found.ended_on >= self.covers_from

    def _is_put_right(self, found: "Row[*tuple[Any, ...]]") -> bool:
        """Whether this Episode, were it still so, would have been shown."""
        if found.ended_on is not None or found.is_unknown or found.kind in self.newest:
            return False
        if self.lists_open:
            return True
        if self.covers_from is None:
            return found.child_key in self.children
        return found.start_on is not None and found.start_on >= self.covers_from

    def _was_mistaken(self, found: "Row[*tuple[Any, ...]]") -> bool:
        """Whether this Event is later than the newest, or could be: then the newest is another one."""
        newest = self.shown.get((found.child_key, found.kind)) if found.kind in self.newest else None
        return newest is not None and (
            found.is_unknown or (found.done_on is not None and found.done_on > newest)
        )


EVERY_ROW = OutOfSight()


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
    _tables: dict[str, _InForce] = field(default_factory=dict)
    newest: dict[tuple[str, str], date] = field(default_factory=dict)  # of Events, by child and kind
    _accumulating: set[str] = field(default_factory=set)

    def rows_before(self, table: Table) -> set[str]:
        """The keys of the register's rows that were in force before the load and have not come again."""
        return {row_of(key) for key in self._at(table).by_key}

    def put(self, record: Record) -> None:
        at = self._at(record.table)
        former = at.by_key.pop(record.key, None)
        self._remember_newest(record)
        if record.key.count("#") > 1:
            self._accumulating.add(record.key.rpartition("#")[0])
        if former is None:
            self.new += 1
        elif former[1] == record.digest:
            return
        else:
            self.changed += 1
            at.ended.append(former[0])
        at.waiting.append(self._version(record))
        if len(at.waiting) >= BATCH:
            self._flush(at)

    def _remember_newest(self, record: Record) -> None:
        done = record.fields.get("done_on")
        if done is not None:
            of = (record.fields["child_key"], record.fields["kind"])
            self.newest[of] = max(done, self.newest.get(of, done))

    def finish(self, stays: Callable[[str], bool], out_of_sight: OutOfSight = EVERY_ROW) -> None:
        """Write what waits, and withdraw the records that are gone, but for rows that `stays` keeps."""
        for at in self._tables.values():
            gone = [
                number
                for key, (number, _) in at.by_key.items()
                if not stays(row_of(key)) and not self._accumulates(key)
            ]
            if not out_of_sight.is_simple:
                gone = self._gone(at.table, gone, out_of_sight)
            at.ended += gone
            self.withdrawn += len(gone)
            self._flush(at)

    def _gone(self, table: Table, numbers: Sequence[int], out_of_sight: OutOfSight) -> list[int]:
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
            ended.label("ended_on"),
            table.c.get("end_unknown", table.c.get("unknown", false())).label("is_unknown"),
        )
        gone: list[int] = []
        for start in range(0, len(numbers), BATCH):
            found = self.connection.execute(
                select(*columns).where(table.c.id.in_(numbers[start : start + BATCH]))
            )
            gone += [each.id for each in found if out_of_sight.is_gone(table, each)]
        return gone

    def _accumulates(self, key: str) -> bool:
        """Whether an earlier one of these stays beside the one now shown; one that never had its day does not."""
        part, _, own = key.rpartition("#")
        return part in self._accumulating and own != "None"

    def finish_without_withdrawing(self) -> None:
        """Write what waits; what was known before stays known."""
        self.finish(lambda _: True)

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
