"""The sweep at 20,000 children: the first, which opens every alert, and the same day's once more.

Beside it the rules' statements alone: `python -m benchmarks.sweep HOME` reads the same home, runs every statement
of the sweep and fetches its rows, and judges, compares and writes nothing. The sweep cannot be faster than that.
"""

import json
import sys
import tempfile
from datetime import date
from pathlib import Path

from benchmarks.databases import MakeDatabase
from benchmarks.figures import Figure, Goal
from benchmarks.processes import run
from monitor.bootstrap import Home
from monitor.clocks import caseload_of
from monitor.council import write_council
from monitor.statement import running

AS_AT = date(2026, 11, 23)
CHILDREN = 20_000
GOAL = Goal(seconds=10, peak_mb=400)


def measure(database: str, make: MakeDatabase) -> list[Figure]:
    """The first sweep and the next, from the start of the command to its end."""
    url = make("sweep")
    with tempfile.TemporaryDirectory() as folder:
        home, registers = Path(folder) / "home", Path(folder) / "registers"
        write_council(registers, children=CHILDREN, seed=1, as_at=AS_AT)
        day = ("--as-at", AS_AT)
        # It ends with 1, for it refuses some rows of the synthetic council, as it should.
        run("monitor", "--home", home, "intake", "registers", registers, *day, ends=(0, 1), database=url)
        start = run("monitor", "--version")
        first = run("monitor", "--home", home, "sweep", *day, "--json", database=url)
        again = run("monitor", "--home", home, "sweep", *day, "--json", database=url)
        bare = run("benchmarks.sweep", home, database=url)
    report = json.loads(first.said)
    details = {
        "clocks": sum(sum(found.values()) for found in report["clocks"].values()),
        "opened": sum(report["opened"].values()),
        "notices": sum(report["notices"].values()),
        "start_seconds": start.seconds,
        "statements_seconds": bare.seconds,
    }
    found = [("first", first, GOAL), ("same day again", again, GOAL)]
    return [
        Figure(
            what=f"sweep, {CHILDREN:,} children, {which}",
            database=database,
            seconds=ran.seconds,
            processor_seconds=ran.processor_seconds,
            peak_mb=ran.peak_mb,
            ratio=ran.seconds / bare.seconds,
            ratio_of="the sweep to its statements alone, run and fetched",
            goal=goal,
            details=details if ran is first else {},
        )
        for which, ran, goal in found
    ]


def _statements(home: Home) -> int:
    """Run what the sweep would ask, and count the rows that come back."""
    rows = 0
    with home.engine.connect() as connection:
        caseload = caseload_of(home, connection, AS_AT)
        for rule in home.rules:
            asked = running(rule, caseload.asking(caseload.bench.calendar(rule))).select
            for part in connection.execute(asked, execution_options={"yield_per": 2_000}).partitions():
                rows += len(part)
    return rows


if __name__ == "__main__":
    print(_statements(Home(Path(sys.argv[1]))))
