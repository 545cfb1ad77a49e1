"""One load: a folder of registers into the ledger, in one transaction, or held, or refused."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, func, insert, select, update

from monitor import tables
from monitor.errors import BadIntake
from monitor.intake.files import BadFile, opened, register_of
from monitor.intake.joining import joined
from monitor.intake.records import Record, RegisterWriter, digest_of
from monitor.intake.registers import Register, registers
from monitor.intake.rows import Origin, Problem, RowReader

# Where more than one row in twenty of a register of twenty rows or more is bad, or more than one in five of its
# known rows is gone, the export is more likely broken than the council: the load is held for a person to look at.
SMALL_REGISTER = 20
BAD_SHARE = 0.05
GONE_SHARE = 0.20

Progress = Callable[[str, int], None]


@dataclass(slots=True)
class Taken:
    """What a load did; `problems` by file, each with its row and column and no case data."""

    load_id: int = 0
    source: str = ""
    as_at: date = date.min
    as_at_from: str = ""
    rows_read: int = 0
    rows_refused: int = 0
    new: int = 0
    changed: int = 0
    withdrawn: int = 0
    rows_by_register: dict[str, int] = field(default_factory=dict)
    problems: list[tuple[str, Problem]] = field(default_factory=list)
    file_faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    held_because: str | None = None
    without_start: int = 0


class _Held(Exception):  # noqa: N818 - a decision, not an error
    """The load is not to be believed; its reason goes to a person."""


def csv_files(paths: Iterable[Path]) -> list[Path]:
    """The register files that these folders and files hold, in the order in which they are taken in."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(each for each in path.iterdir() if each.suffix.lower() == ".csv")
        elif path.is_file():
            found.append(path)
        else:
            raise BadIntake([f"{path.name}: there is no such file or folder."])
    if not found:
        raise BadIntake(["there is no .csv file in what was given. A folder of registers holds files such as ehc.csv."])
    order = {name: number for number, name in enumerate(registers())}
    return sorted(found, key=lambda path: order.get(path.stem.lower(), len(order)))


def day_of(files: Iterable[Path]) -> date:
    """The oldest day on which one of the files was last changed: data is as old as its oldest part."""
    return min(datetime.fromtimestamp(path.stat().st_mtime, tz=UTC).astimezone().date() for path in files)


def take_registers(
    connection: Connection, files: list[Path], origin: Origin, *, as_at_from: str, now: datetime, progress: Progress
) -> Taken:
    """Take these files in as one load of one source; the caller commits.

    Nothing stays of a load that is held, except that it was, and why. BadIntake where it is older than what is
    known of the source already.
    """
    _refuse_older(connection, origin)
    digest = _digest(files)
    taken = Taken(source=origin.source, as_at=origin.as_at, as_at_from=as_at_from)
    taken.load_id = _write_load(connection, taken, digest, now)
    load = _Load(connection, origin, taken, progress, may_hold=not _released(connection, digest))
    held = connection.begin_nested()
    try:
        for path in files:
            load.take(path)
        if not taken.rows_by_register:
            raise BadIntake(taken.file_faults)
        load.write_feed()
        held.commit()
    except _Held as reason:
        held.rollback()
        taken.held_because = str(reason)
        taken.new = taken.changed = taken.withdrawn = 0
    _close_load(connection, taken)
    return taken


def _refuse_older(connection: Connection, origin: Origin) -> None:
    newest: date | None = connection.scalar(
        select(func.max(tables.load.c.as_at)).where(
            tables.load.c.source == origin.source, tables.load.c.state == "taken"
        )
    )
    if newest is not None and origin.as_at < newest:
        raise BadIntake(
            [
                f"these files are of {origin.as_at}, but the source '{origin.source}' is already known as at {newest}: "
                "older data never replaces newer. Give the right day with --as-at, or another --source."
            ]
        )


def _digest(files: list[Path]) -> str:
    found = hashlib.sha256()
    for path in files:
        found.update(path.name.encode())
        with path.open("rb") as stream:
            for block in iter(lambda: stream.read(1 << 20), b""):
                found.update(block)
    return found.hexdigest()


def _released(connection: Connection, digest: str) -> bool:
    """Whether a person has looked at exactly these files and let them go."""
    query = select(tables.load.c.id).where(tables.load.c.digest == digest, tables.load.c.state == "released")
    return connection.execute(query.limit(1)).first() is not None


def _write_load(connection: Connection, taken: Taken, digest: str, now: datetime) -> int:
    written = connection.execute(
        insert(tables.load)
        .values(
            source=taken.source,
            format="registers",
            as_at=taken.as_at,
            as_at_from=taken.as_at_from,
            digest=digest,
            taken_at=now,
            state="held",
            rows_read=0,
            rows_refused=0,
            rows_new=0,
            rows_changed=0,
            rows_withdrawn=0,
        )
        .returning(tables.load.c.id)
    )
    return int(written.scalar_one())


def _close_load(connection: Connection, taken: Taken) -> None:
    connection.execute(
        update(tables.load)
        .where(tables.load.c.id == taken.load_id)
        .values(
            state="held" if taken.held_because else "taken",
            held_because=taken.held_because,
            rows_read=taken.rows_read,
            rows_refused=taken.rows_refused,
            rows_new=taken.new,
            rows_changed=taken.changed,
            rows_withdrawn=taken.withdrawn,
        )
    )
    issues: list[dict[str, Any]] = [
        {
            "load_id": taken.load_id,
            "file": name,
            "row_no": problem.row_no,
            "column": problem.column,
            "refused": problem.refused,
            "text": problem.text,
        }
        for name, problem in taken.problems
    ]
    if issues:
        connection.execute(insert(tables.issue), issues)


@dataclass(slots=True)
class _Load:
    connection: Connection
    origin: Origin
    taken: Taken
    progress: Progress
    may_hold: bool

    def take(self, path: Path) -> None:
        """One file: all of it, or none of it and a fault said."""
        part = self.connection.begin_nested()
        try:
            self._take(path, register_of(path))
            part.commit()
        except BadFile as bad:
            part.rollback()
            self.taken.file_faults.append(f"{path.name}: {bad}.")

    def _take(self, path: Path, register: Register) -> None:
        writer = self._writer(register.name)
        with opened(path, register) as sheet:
            reader = RowReader(register, self.origin, sheet.header, known_children=self._children(register))
            count = self._rows(path, register, reader, sheet.rows, writer)
        before = writer.rows_before(register.tables) if count == 0 or self.may_hold else set()
        vanished = writer.finish(reader.refused_rows, register.tables)
        self._judge_file(path, reader, count, vanished, len(before))
        self._remember(path, register, reader, count, writer)

    def _rows(
        self,
        path: Path,
        register: Register,
        reader: RowReader,
        rows: Iterable[tuple[int, list[str]]],
        writer: RegisterWriter,
    ) -> int:
        """Every row into records; those of a register that joins its rows are gathered first."""
        count = 0
        gathered: list[tuple[Table, Record]] = []
        for row_no, cells in rows:
            count += 1
            if not cells:
                reader.problems.append(
                    Problem(row_no, "", "has another number of cells than the header: the row was refused.", refused=True)
                )
                reader.bad_rows += 1
                continue
            made = reader.read(cells, row_no)
            if register.join:
                gathered.extend(made)
            else:
                for table, record in made:
                    writer.put(table, record)
            if count % 5_000 == 0:
                self.progress(path.name, count)
        kept, notes = joined(gathered, path.name)
        self.taken.notes += notes
        for table, record in kept:
            writer.put(table, record)
        return count

    def _children(self, register: Register) -> set[str] | None:
        if not register.known_child:
            return None
        known = tables.child
        found = self.connection.scalars(select(known.c.child_key).where(known.c.known_until.is_(None)))
        return set(found)

    def _judge_file(self, path: Path, reader: RowReader, count: int, vanished: int, before: int) -> None:
        name = path.name
        self.taken.problems += [(name, problem) for problem in reader.problems]
        refused = sum(problem.refused for problem in reader.problems)
        self.taken.rows_read += count
        self.taken.rows_refused += refused
        if not self.may_hold:
            return
        if count >= SMALL_REGISTER and reader.bad_rows > BAD_SHARE * count:
            raise _Held(
                f"{name}: {reader.bad_rows} of {count} rows are bad, more than {BAD_SHARE:.0%}. "
                "Nothing of this load was taken and no alert will be cleared on its strength."
            )
        if before >= SMALL_REGISTER and vanished > GONE_SHARE * before:
            raise _Held(
                f"{name}: {vanished} of the {before} rows known before are no longer in the file, more than "
                f"{GONE_SHARE:.0%}. Nothing of this load was taken and no alert will be cleared on its strength."
            )

    def _remember(
        self, path: Path, register: Register, reader: RowReader, count: int, writer: RegisterWriter
    ) -> None:
        taken = self.taken
        taken.rows_by_register[register.name] = taken.rows_by_register.get(register.name, 0) + count
        taken.without_start += reader.without_start
        taken.new += writer.written.new
        taken.changed += writer.written.changed
        taken.withdrawn += writer.written.withdrawn
        items = register.items(reader.header) | reader.kinds_seen
        self._carries(register.name, items)
        self.progress(path.name, count)

    def _carries(self, register: str, items: Iterable[str]) -> None:
        rows = [{"load_id": self.taken.load_id, "register": register, "item": item} for item in sorted(items)]
        if rows:
            self.connection.execute(insert(tables.carries), rows)

    def _writer(self, register: str) -> RegisterWriter:
        return RegisterWriter(
            self.connection, self.origin.source, register, self.taken.load_id, self.origin.as_at
        )

    def write_feed(self) -> None:
        """The source itself as an Episode, and this load as an Event, so that a silent feed is a clock too."""
        source, as_at = self.origin.source, self.origin.as_at
        writer = self._writer("load")
        common = {"record": source, "child_key": None, "worker_key": None, "attributes": {}}
        feed = {
            **common,
            "kind": "feed",
            "ref": source,
            "start_on": as_at,
            "start_unknown": None,
            "end_on": None,
            "end_unknown": False,
        }
        writer.put(
            tables.episode, Record(f"{source}/load/feed#feed", 0, feed, digest_of(feed, leaving_out="start_on"))
        )
        event = {**common, "kind": "load", "due_on": None, "done_on": as_at, "unknown": False, "status": None}
        writer.put(tables.event, Record(f"{source}/load/{as_at}#load", 0, event, digest_of(event)))
        writer.finish_without_withdrawing((tables.episode, tables.event))
        self._carries("load", ("feed", "load", "start-unknown"))
