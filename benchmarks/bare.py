"""The bare loop that intake is held against: `python -m benchmarks.bare FOLDER COUNTS`.

What it does: reads the same files with `csv`, parses every date column with `date.fromisoformat`, and inserts
exactly as many records as intake made of them, spread evenly over each file's rows, into the same tables with
the same indexes, by Core's executemany in intake's own batches, in one transaction, committed.

What it does not do: look at the header or at any other cell, check or refuse a row, tell a bad date from an
absent one, make records by what a row says (they hold its days, its child and otherwise constants), digest them,
compare them with those in force, or count what the file carries. Nobody could use what it writes.
"""

import csv
import json
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, insert

from monitor import tables
from monitor.bootstrap import Home, writing
from monitor.intake.records import BATCH
from monitor.intake.registers import registers

AS_AT = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

Counts = dict[str, int]  # how many records of each table a register made
Cells = dict[str, Any]

_KEYS, _PEOPLE = ("key", "ref", "record"), ("child_key", "worker_key", "team_key")
_DAYS = ("start_on", "done_on", "from_on", "dob")
_CONSTANT: Cells = {
    "kind": "a-kind",
    "role": "a-role",
    "start_unknown": None,
    "end_on": None,
    "end_unknown": False,
    "due_on": None,
    "unknown": False,
    "status": None,
    "attributes": {},
    "restricted": False,
}


def load(folder: Path, home: Home, made: dict[str, tuple[int, Counts]]) -> dict[str, float]:
    """Seconds, and the records written; `made` gives each register its rows and its records."""
    engine = writing(home.engine)
    registers()
    began = time.perf_counter()
    with engine.begin() as connection:
        load_id = _load(connection)
        written = sum(
            _insert(connection, folder / f"{register}.csv", rows, counts, load_id)
            for register, (rows, counts) in made.items()
        )
    return {"seconds": time.perf_counter() - began, "records": written}


def _load(connection: Connection) -> int:
    counts = dict.fromkeys(("rows_read", "rows_refused", "rows_new", "rows_changed", "rows_withdrawn"), 0)
    said = {"source": "bare", "format": "bare", "as_at": AS_AT, "as_at_from": "given", "digest": ""}
    made = insert(tables.load).values(**said, **counts, taken_at=NOW, state="taken")
    return int(connection.execute(made.returning(tables.load.c.id)).scalar_one())


def _insert(connection: Connection, path: Path, rows: int, counts: Counts, load_id: int) -> int:
    """One file into the tables that its records belong to."""
    written = 0
    waiting: dict[str, list[Cells]] = {name: [] for name in counts}
    makers = {name: _maker(tables.metadata.tables[name], path.stem, load_id) for name in counts}
    for number, (child, day) in enumerate(_read(path), 1):
        for name, count in counts.items():
            held = waiting[name]
            for part in range((number - 1) * count // rows, number * count // rows):
                held.append(makers[name](f"bare/{path.stem}/{number}#{part}", child, day))
            if len(held) >= BATCH or (held and number == rows):
                connection.execute(insert(tables.metadata.tables[name]), held)
                written += len(held)
                waiting[name] = []
    return written


def _read(path: Path) -> Iterator[tuple[str, date | None]]:
    """Each row's child, or its first cell, and its first day; every day of it is parsed."""
    columns = registers()[path.stem].columns
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.reader(stream)
        header = next(reader)
        dated = [at for at, name in enumerate(header) if columns[name] == "date"]
        child = header.index("child_id") if "child_id" in header else 0
        for cells in reader:
            days = [_day(cells[at]) for at in dated if cells[at]]
            yield f"bare:{cells[child]}", days[0] if days else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _maker(table: Table, register: str, load_id: int) -> Callable[[str, str, date | None], Cells]:
    """Makes records of this table: a key, a child and a day, all else the same in each."""
    same: Cells = {
        "source": "bare",
        "register": register,
        "load_id": load_id,
        "row_no": 1,
        "digest": b"12345678",
        "known_from": AS_AT,
    }
    same |= {name: value for name, value in _CONSTANT.items() if name in table.c}
    keys, people, days = (
        tuple(name for name in names if name in table.c) for names in (_KEYS, _PEOPLE, _DAYS)
    )

    def make(key: str, child: str, day: date | None) -> Cells:
        made = same.copy()
        for name in keys:
            made[name] = key
        for name in people:
            made[name] = child
        for name in days:
            made[name] = day
        return made

    return make


def main() -> None:
    folder, made = Path(sys.argv[1]), json.loads(sys.argv[2])
    print(json.dumps(load(folder, Home(folder), made)))


if __name__ == "__main__":
    main()
