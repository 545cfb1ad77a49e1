"""One load: a folder of registers into the ledger, in one transaction, or held, or refused."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, select

from monitor import tables
from monitor.errors import BadIntake
from monitor.intake import loads
from monitor.intake.checks import Origin, Problem
from monitor.intake.files import digest, opened, register_of
from monitor.intake.headers import BadFile
from monitor.intake.joining import join
from monitor.intake.loads import Taken
from monitor.intake.making import Maker
from monitor.intake.reading.grid import shown
from monitor.intake.records import Record, RegisterWriter, record, row_of
from monitor.intake.registers import MADE, Register
from monitor.intake.rows import RowReader

__all__ = ["Progress", "Taken", "take_registers"]

# Where more than one row in twenty of a register of twenty rows or more is bad, or more than one in five of
# its known rows is gone, the export is more likely broken than the council: a person looks at it first.
SMALL_REGISTER = 20
BAD_SHARE = 0.05
GONE_SHARE = 0.20
REPORT_EVERY = 5_000

Progress = Callable[[str, int], None]


def take_registers(
    connection: Connection,
    files: list[Path],
    origin: Origin,
    *,
    as_at_from: str,
    now: datetime,
    progress: Progress,
) -> Taken:
    """Take these files in as one load of one source; the caller commits.

    Nothing stays of a load that is held, except that it was, and why. BadIntake where it is older than what
    is known of the source already, or where no file of it can be taken.
    """
    loads.refuse_older(connection, origin.source, origin.as_at)
    _refuse_double(files)
    what = digest(files)
    taken = Taken(source=origin.source, as_at=origin.as_at, as_at_from=as_at_from)
    taken.notes += _absent(loads.known_registers(connection, origin.source), files)
    taken.load_id = loads.begin(connection, taken, what, now)
    load = _Load(connection, origin, taken, progress, may_hold=not loads.is_released(connection, what))
    whole = connection.begin_nested()
    for path in files:
        load.take(path)
    if not taken.rows_by_register:
        raise BadIntake(taken.file_faults)
    if taken.holds:
        whole.rollback()
        taken.new = taken.changed = taken.withdrawn = 0
    else:
        load.write_feed()
        whole.commit()
    loads.close(connection, taken)
    if taken.new or taken.changed or taken.withdrawn:
        loads.count_anew(connection)
    return taken


def _refuse_double(files: list[Path]) -> None:
    """One file of each register: what a second one does not hold would count as gone."""
    names = [path.stem.lower() for path in files]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise BadIntake(
            [
                f"{name}.csv is given twice: put its rows into one file, or give each its --source."
                for name in twice
            ]
        )


def _absent(known: set[str], files: list[Path]) -> list[str]:
    absent = sorted(known - {path.stem.lower() for path in files})
    if not absent:
        return []
    named = ", ".join(f"{name}.csv" for name in absent)
    return [f"Not given this time, so known as it was before: {named}."]


@dataclass(slots=True)
class _Load:
    connection: Connection
    origin: Origin
    taken: Taken
    progress: Progress
    may_hold: bool

    def take(self, path: Path) -> None:
        """One file: all of it, or none of it and its faults said."""
        part = self.connection.begin_nested()
        try:
            self._take(path, register_of(path))
            part.commit()
        except BadFile as bad:
            part.rollback()
            self.taken.file_faults += [f"{shown(path)}: {fault.rstrip('.')}." for fault in bad.faults]

    def _take(self, path: Path, register: Register) -> None:
        writer = self._writer(register.name)
        with opened(path, register) as sheet:
            children = self._children() if register.known_child else None
            self._refuse_unrestricted(register, sheet.header)
            reader = RowReader(register, self.origin, sheet.header, children)
            maker = Maker(register, self.origin, frozenset(sheet.header))
            before = {row for table in register.tables for row in writer.rows_before(table)}
            made = self._made(path, sheet.rows, reader, maker)
            for each in self._joined(path, made, reader) if register.joins else made:
                writer.put(each)
        writer.finish(reader.kept.__contains__)
        vanished = sum(row not in reader.rows and row not in reader.kept for row in before)
        self._judge(path, reader, vanished, len(before))
        self._remember(path, reader, maker, writer)

    def _made(
        self, path: Path, rows: Iterable[tuple[int, list[str]]], reader: RowReader, maker: Maker
    ) -> Iterator[Record]:
        for row_no, cells in rows:
            row = reader.read(cells, row_no)
            if row is not None:
                yield from maker.records(row)
            if reader.seen % REPORT_EVERY == 0:
                self.progress(path.name, reader.seen)

    def _joined(self, path: Path, made: Iterable[Record], reader: RowReader) -> Iterator[Record]:
        """Touching rows made one. A child with a refused row keeps the periods that were known of it."""
        records = list(made)
        left = reader.refused_children and reader.refused_children & self._with_periods(reader.register)
        for each in records:
            if each.fields["child_key"] in left:
                reader.kept.add_key(row_of(each.key))
        joined = join(each for each in records if each.fields["child_key"] not in left)
        self.taken.notes += [
            f"{shown(path)}: rows {', '.join(map(str, rows))} touch and were joined into one period of care."
            for rows in joined.joined_rows
        ]
        yield from joined.records

    def _refuse_unrestricted(self, register: Register, header: list[str]) -> None:
        """A list of children that no longer says whose record is restricted would open those that are."""
        if "restricted" not in register.fields or "restricted" in header:
            return
        known = tables.child
        restricted = select(known.c.id).where(
            known.c.source == self.origin.source, known.c.known_until.is_(None), known.c.restricted
        )
        if self.connection.execute(restricted.limit(1)).first() is not None:
            raise BadFile("has no column 'restricted', but some of its children are: put the column back")

    def _children(self) -> frozenset[str]:
        known = tables.child
        return frozenset(
            self.connection.scalars(select(known.c.child_key).where(known.c.known_until.is_(None)))
        )

    def _with_periods(self, register: Register) -> set[str]:
        known = tables.episode
        query = select(known.c.child_key).where(
            known.c.register == register.name,
            known.c.source == self.origin.source,
            known.c.known_until.is_(None),
        )
        return set(self.connection.scalars(query.distinct()))

    def _judge(self, path: Path, reader: RowReader, vanished: int, before: int) -> None:
        """Hold the load where the file is more likely broken than the council."""
        if not self.may_hold:
            return
        if reader.seen >= SMALL_REGISTER and reader.bad > BAD_SHARE * reader.seen:
            self._hold(path, f"{reader.bad} of {reader.seen} rows are bad, more than {BAD_SHARE:.0%}")
        if before >= SMALL_REGISTER and vanished > GONE_SHARE * before:
            share = f"more than {GONE_SHARE:.0%}"
            self._hold(
                path, f"{vanished} of the {before} rows known before are no longer in the file, {share}"
            )

    def _hold(self, path: Path, why: str) -> None:
        self.taken.holds.append(
            f"{shown(path)}: {why}. Nothing of the load was taken; no alert will be cleared on its strength."
        )

    def _remember(self, path: Path, reader: RowReader, maker: Maker, writer: RegisterWriter) -> None:
        taken, name = self.taken, reader.register.name
        taken.problems += [(shown(path), problem) for problem in reader.problems]
        if reader.unlisted:
            more = Problem(0, "", f"{reader.unlisted:,} more of the same file are not listed.", refused=False)
            taken.problems.append((shown(path), more))
        if maker.without_start:
            taken.rows_without_start[shown(path)] = maker.without_start
        taken.rows_by_register[name] = reader.seen
        taken.rows_read += reader.seen
        taken.rows_refused += reader.refused
        taken.new += writer.new
        taken.changed += writer.changed
        taken.withdrawn += writer.withdrawn
        loads.carry(self.connection, taken.load_id, name, reader.items())
        self.progress(path.name, reader.seen)

    def _writer(self, register: str) -> RegisterWriter:
        return RegisterWriter(
            self.connection, self.origin.source, register, self.taken.load_id, self.origin.as_at
        )

    def write_feed(self) -> None:
        """The source itself is an Episode and this load an Event, so that a silent feed is a clock too."""
        source, as_at = self.origin.source, self.origin.as_at
        common = {"record": source, "child_key": None, "worker_key": None, "attributes": dict[str, str]()}
        starts = {
            "ref": source,
            "start_on": as_at,
            "start_unknown": None,
            "end_on": None,
            "end_unknown": False,
        }
        happened = {"due_on": None, "done_on": as_at, "unknown": False, "status": None}
        feed = {**common, "kind": "feed", **starts}
        event = {**common, "kind": "load", **happened}
        writer = self._writer("load")
        writer.put(record(tables.episode, f"{source}/load/feed#feed", 0, feed, leaving_out="start_on"))
        writer.put(record(tables.event, f"{source}/load/{as_at}#load", 0, event))
        writer.finish_without_withdrawing()
        loads.carry(self.connection, self.taken.load_id, "load", MADE)
