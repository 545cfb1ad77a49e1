"""The demonstration at 2,000 children, without set-up: council, intake, four sweeps, real mail."""

import tempfile
from datetime import date
from pathlib import Path

from benchmarks.databases import MakeDatabase
from benchmarks.figures import Figure, Goal
from benchmarks.processes import run

AS_AT = date(2026, 11, 23)
CHILDREN = 2_000
GOAL = Goal(seconds=20)


def measure(database: str, make: MakeDatabase) -> list[Figure]:
    """The whole command, from the start of the interpreter to the last mail."""
    url = make("demo")
    with tempfile.TemporaryDirectory() as folder:
        command = ("demo", "--dir", Path(folder) / "demo", "--children", CHILDREN, "--as-at", AS_AT)
        first = run("monitor", *command, database=url)
        again = run("monitor", *command, database=url)
    figure = Figure(
        what=f"demo, {CHILDREN:,} children",
        database=database,
        seconds=first.seconds,
        processor_seconds=first.processor_seconds,
        peak_mb=first.peak_mb,
        ratio=again.seconds / first.seconds,
        ratio_of="the same command again, which changes nothing, to the first time",
        goal=GOAL,
        details={"again_seconds": again.seconds},
    )
    return [figure]
