"""Intake of a synthetic council against a bare loop that only reads, parses and inserts, in one run.

    python -m benchmarks.intake

Both take the same files into a new, empty database of the same kind, one after the other, three times over; each
is a process of its own, which times itself from the first file's opening to the commit. `bare` says what the
bare loop does and does not do. The rate is case records written a second; a row of a register makes one or more.
"""

import json
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from sqlalchemy import func, select

from benchmarks.databases import MakeDatabase, databases
from benchmarks.figures import Figure, Goal, table
from benchmarks.processes import run
from monitor import tables
from monitor.bootstrap import Home
from monitor.council import write_council
from monitor.intake.loads import Taken
from monitor.taking import Request, take_in

AS_AT = date(2026, 11, 23)
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)  # when the files come again
CHILDREN, ROUNDS = 5_000, 3
GOAL = Goal(ratio=0.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Round:
    """One intake and one bare loop, one after the other: what each said of itself."""

    took: dict[str, Any]
    bare: dict[str, Any]
    peak_mb: float


def measure(database: str, make: MakeDatabase) -> list[Figure]:
    """The fastest intake and the fastest bare loop: what else the machine does can only make them slower."""
    with tempfile.TemporaryDirectory() as folder:
        write_council(Path(folder), children=CHILDREN, seed=1, as_at=AS_AT)
        rounds = [_round(Path(folder), make, number) for number in range(ROUNDS)]
    fastest = min(rounds, key=lambda each: each.took["seconds"]).took
    records, seconds = fastest["records"], fastest["seconds"]
    bare = min(each.bare["seconds"] for each in rounds)
    figure = Figure(
        what=f"intake, {CHILDREN:,} children",
        database=database,
        seconds=seconds,
        processor_seconds=fastest["processor_seconds"],
        peak_mb=max(each.peak_mb for each in rounds),
        ratio=bare / seconds,
        ratio_of="records a second of intake to those of the bare loop, the fastest of three rounds each",
        goal=GOAL,
        details={
            "records": records,
            "records_a_second": records / seconds,
            "bare_records_a_second": records / bare,
            "same_files_again_seconds": min(each.took["again_seconds"] for each in rounds),
        },
    )
    return [figure]


def _round(registers: Path, make: MakeDatabase, number: int) -> _Round:
    ran = run("benchmarks.intake", registers, database=make(f"intake_{number}"))
    took = json.loads(ran.said)
    bare = json.loads(
        run("benchmarks.bare", registers, json.dumps(took["made"]), database=make(f"bare_{number}")).said
    )
    if bare["records"] != took["records"]:
        raise SystemExit(f"the bare loop wrote {bare['records']} records, intake {took['records']}")
    return _Round(took=took, bare=bare, peak_mb=ran.peak_mb)


def _take(folder: Path) -> dict[str, Any]:
    """Intake of these files, and of the same a day later, which writes no more than what was planned for it."""
    home = Home(folder)
    home.engine.connect().close()
    if (
        not home.every_rule or not home.local
    ):  # read before the clock starts, as the bare loop's registers are
        raise SystemExit("the rules that ship were not found")
    began, used = perf_counter(), process_time()
    taken = _once(home, AS_AT)
    taken_in, used = perf_counter(), process_time() - used
    planned = _planned_for(home, AS_AT + timedelta(days=1))
    middle = perf_counter()
    again = _once(home, AS_AT + timedelta(days=1))
    ended = perf_counter()
    is_alike = (again.new, again.withdrawn) == (0, 0) and again.changed <= planned
    if taken.held_because or taken.file_faults or not is_alike:
        raise SystemExit("the synthetic council was not taken in whole, or not alike the second time")
    return {
        "seconds": taken_in - began,
        "processor_seconds": used,
        "again_seconds": ended - middle,
        "records": taken.new,
        "made": _made(home, taken),
    }


def _planned_for(home: Home, day: date) -> int:
    """How many Events are planned for this day: with data of the day they have happened."""
    event = tables.event
    query = select(func.count()).select_from(event).where(event.c.due_on == day, event.c.status == "planned")
    with home.engine.connect() as connection:
        return connection.scalar(query) or 0


def _once(home: Home, as_at: date) -> Taken:
    return take_in(home, Request(paths=[home.path], as_at=as_at), now=NOW, progress=lambda _, __: None)


def _made(home: Home, taken: Taken) -> dict[str, tuple[int, dict[str, int]]]:
    """For each register its rows, and how many records of each table they made."""
    made: dict[str, tuple[int, dict[str, int]]] = {}
    with home.engine.connect() as connection:
        for case_table in tables.CASE_TABLES:
            register = case_table.c.register
            counted = select(register, func.count()).where(
                register.in_(taken.rows_by_register), case_table.c.load_id == taken.load_id
            )
            for name, count in connection.execute(counted.group_by(register)):
                made.setdefault(name, (taken.rows_by_register[name], {}))[1][case_table.name] = count
    return made


def main() -> None:
    if len(sys.argv) > 1:
        print(json.dumps(_take(Path(sys.argv[1]))))
        return
    with tempfile.TemporaryDirectory() as folder, databases(Path(folder)) as every:
        print(table(figure for name, make in every.items() for figure in measure(name, make)))


if __name__ == "__main__":
    main()
