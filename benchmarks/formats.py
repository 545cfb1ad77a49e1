"""Mapped formats: an export of each CSV kind against a bare loop over the same file, a large workbook, a large CSV.

    python -m benchmarks.formats

`contacts` is an export with 31 columns of which a mapping takes a few, as exports are. The bare loop reads the same
file with `csv`, parses the columns that are days and inserts as many records as intake made (see `bare` for what it
does not do). The workbook is the same export with 50,000 rows; the large CSV is 200 MB of it.
"""

import csv
import json
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from openpyxl import Workbook
from sqlalchemy import insert

from benchmarks.databases import MakeDatabase, databases
from benchmarks.figures import Figure, Goal, table
from benchmarks.processes import run
from monitor import tables
from monitor.bootstrap import Home, writing
from monitor.intake.records import BATCH
from monitor.taking import MAPPED, Request, take_in

AS_AT = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ROWS, ROUNDS, LARGE = 40_000, 3, 200_000_000
WORKBOOK_ROWS = 50_000
OTHERS = 26
HEADER = [
    "Person ID",
    "Contact ID",
    "Date received",
    "Outcome date",
    "Urgent",
    *(f"Column {n}" for n in range(OTHERS)),
]
MAPPING = """\
is: "Contacts as a report exports them: for the benchmark."
dates: [dd/mm/yyyy, iso]
sheets:
  contacts:
    needs: [child, contact]
    columns: { child: Person ID, contact: Contact ID, received: Date received, outcome: Outcome date }
    makes:
      - { to: contacts, contact_id: contact, child_id: child, received_on: received, outcome_on: outcome }
"""
SUPERVISION = """\
is: "Supervision as a tracker has it: for the benchmark."
dates: [dd/mm/yyyy]
sheets:
  sessions:
    needs: [worker]
    columns:
      worker: Worker
      held: Date
      kind: { called: Type, codes: { one-to-one: [1-1], case: [case discussion] } }
    makes:
      - { to: supervision, worker_id: worker, kind: kind, held_on: held }
"""
KINDS = {"contacts": (MAPPING, ("Date received", "Outcome date")), "supervision": (SUPERVISION, ("Date",))}


def rows_of(kind: str, count: int) -> Iterator[list[str]]:
    """A header and so many rows; the same numbers give the same rows."""
    if kind == "supervision":
        yield ["Worker", "Date", "Type", *(f"Column {n}" for n in range(OTHERS // 4))]
        for n in range(count):
            day = AS_AT - timedelta(days=n // 900)
            yield [
                f"W{n % 900}",
                f"{day:%d/%m/%Y}",
                ("1-1", "case discussion")[n // 900 % 2],
                *(["text"] * (OTHERS // 4)),
            ]
        return
    yield HEADER
    for n in range(count):
        day = AS_AT - timedelta(days=n % 300)
        yield [
            f"{100_000 + n % 20_000}",
            f"K{n}",
            f"{day:%d/%m/%Y}",
            f"{day:%d/%m/%Y}",
            "No",
            *(["some text"] * OTHERS),
        ]


def write_csv(path: Path, kind: str, count: int) -> None:
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows(rows_of(kind, count))


def measure(database: str, make: MakeDatabase) -> list[Figure]:
    """Each CSV kind's ratio to the bare loop; on SQLite also the workbook and the large CSV."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        figures = [_ratio(folder, kind, database, make) for kind in KINDS]
        if database == "SQLite":
            figures += [_workbook(folder, database, make), _large(folder, database, make)]
        return figures


def _ratio(folder: Path, kind: str, database: str, make: MakeDatabase) -> Figure:
    path = folder / f"{kind}.csv"
    write_csv(path, kind, ROWS)
    took, bare = [], []
    for number in range(ROUNDS):
        ran = run("benchmarks.formats", "take", path, kind, database=make(f"{kind}_{number}"))
        took.append((json.loads(ran.said), ran.peak_mb))
        records = took[-1][0]["records"]
        said = run(
            "benchmarks.formats", "bare", path, kind, records, database=make(f"bare_{kind}_{number}")
        ).said
        bare.append(json.loads(said)["seconds"])
    fastest = min((each for each, _ in took), key=lambda each: float(each["seconds"]))
    return Figure(
        what=f"mapped CSV, {ROWS:,} {kind}",
        database=database,
        seconds=fastest["seconds"],
        processor_seconds=fastest["processor_seconds"],
        peak_mb=max(peak for _, peak in took),
        ratio=min(bare) / fastest["seconds"],
        ratio_of="records a second of intake to those of the bare loop, the fastest of three rounds each",
        goal=Goal(ratio=0.5),
        details={"records": fastest["records"], "bare_seconds": min(bare)},
    )


def _workbook(folder: Path, database: str, make: MakeDatabase) -> Figure:
    path = folder / "contacts.xlsx"
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Contacts")
    for row in rows_of("contacts", WORKBOOK_ROWS):
        sheet.append(row)
    book.save(path)
    ran = run("benchmarks.formats", "take", path, "contacts", database=make("workbook"))
    said = json.loads(ran.said)
    return Figure(
        what=f"workbook of {WORKBOOK_ROWS:,} rows, 31 columns",
        database=database,
        seconds=said["seconds"],
        processor_seconds=said["processor_seconds"],
        peak_mb=ran.peak_mb,
        goal=Goal(seconds=15),
        details={"records": said["records"]},
    )


def _large(folder: Path, database: str, make: MakeDatabase) -> Figure:
    path = folder / "large.csv"
    write_csv(path, "contacts", 1_000)
    write_csv(path, "contacts", LARGE * 1_000 // path.stat().st_size)
    ran = run("benchmarks.formats", "take", path, "contacts", database=make("large"))
    said = json.loads(ran.said)
    return Figure(
        what=f"CSV of {path.stat().st_size / 1e6:.0f} MB",
        database=database,
        seconds=said["seconds"],
        processor_seconds=said["processor_seconds"],
        peak_mb=ran.peak_mb,
        goal=Goal(peak_mb=300),
        details={"records": said["records"]},
    )


def _take(path: Path, kind: str) -> dict[str, float]:
    mapping = path.parent / f"{kind}.yaml"
    mapping.write_text(KINDS[kind][0], encoding="utf-8")
    home = Home(path.parent)
    home.engine.connect().close()
    if not home.every_rule or not home.local:  # read before the clock starts
        raise SystemExit("the rules that ship were not found")
    began, used = perf_counter(), process_time()
    request = Request(form=MAPPED, paths=[path], as_at=AS_AT, mapping=str(mapping), source=kind)
    taken = take_in(home, request, now=NOW, progress=lambda _, __: None)
    if taken.held_because or taken.problems:
        raise SystemExit(f"the export was not taken in whole: {taken.holds} {taken.problems[:3]}")
    return {
        "seconds": perf_counter() - began,
        "processor_seconds": process_time() - used,
        "records": taken.new,
    }


def _bare(path: Path, kind: str, records: int) -> dict[str, float]:
    """Read, parse the days, insert so many records into the table of Events, commit."""
    home = Home(path.parent)
    engine = writing(home.engine)
    began = perf_counter()
    with engine.begin() as connection, path.open(encoding="utf-8", newline="") as stream:
        load = {
            "source": "bare",
            "format": "bare",
            "as_at": AS_AT,
            "as_at_from": "given",
            "digest": "",
            "taken_at": NOW,
        }
        counts = dict.fromkeys(("rows_read", "rows_refused", "rows_new", "rows_changed", "rows_withdrawn"), 0)
        made = insert(tables.load).values(**load, **counts, state="taken").returning(tables.load.c.id)
        load_id = connection.execute(made).scalar_one()
        reader = csv.reader(stream)
        header = next(reader)
        dated = [header.index(name) for name in KINDS[kind][1]]
        waiting: list[dict[str, Any]] = []
        written = 0
        for number, cells in enumerate(reader):
            days = [datetime.strptime(cells[at], "%d/%m/%Y").date() for at in dated if cells[at]]  # noqa: DTZ007 - days
            waiting += [
                _record(load_id, f"bare/{number}#{part}", cells[0], days[0] if days else None)
                for part in range(number * records // ROWS, (number + 1) * records // ROWS)
            ]
            if len(waiting) >= BATCH:
                connection.execute(insert(tables.event), waiting)
                written += len(waiting)
                waiting = []
        if waiting:
            connection.execute(insert(tables.event), waiting)
            written += len(waiting)
    if written != records:
        raise SystemExit(f"the bare loop wrote {written} records, intake {records}")
    return {"seconds": perf_counter() - began}


def _record(load_id: int, key: str, child: str, day: date | None) -> dict[str, Any]:
    return {
        "key": key,
        "source": "bare",
        "register": "bare",
        "load_id": load_id,
        "row_no": 1,
        "digest": b"12345678",
        "known_from": AS_AT,
        "kind": "a-kind",
        "record": key,
        "child_key": f"bare:{child}",
        "worker_key": None,
        "due_on": None,
        "done_on": day,
        "unknown": False,
        "status": None,
        "attributes": {},
    }


def main() -> None:
    match sys.argv[1:]:
        case ["take", path, kind]:
            print(json.dumps(_take(Path(path), kind)))
        case ["bare", path, kind, records]:
            print(json.dumps(_bare(Path(path), kind, int(records))))
        case _:
            with tempfile.TemporaryDirectory() as folder, databases(Path(folder)) as every:
                print(table(figure for name, make in every.items() for figure in measure(name, make)))


if __name__ == "__main__":
    main()
