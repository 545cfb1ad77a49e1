"""Runs every benchmark on SQLite and PostgreSQL, prints one table and writes `results/latest.json` beside it.

Takes some minutes. Nothing else should run meanwhile: a busy machine makes the seconds longer, the ratios hardly.
"""

import json
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import catalogue, demo, formats, intake, sweep
from benchmarks.databases import databases
from benchmarks.figures import Figure, table


def main() -> None:
    began, busy = datetime.now(UTC), os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        figures = list(_measured(Path(folder)))
    machine = {
        "day": f"{began:%Y-%m-%d}",
        "processors": os.cpu_count(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "load before": round(busy, 2),
    }
    print("\n" + ", ".join(f"{name} {value}" for name, value in machine.items()) + "\n")
    print(table(figures))
    results = Path(__file__).parent / "results"
    results.mkdir(exist_ok=True)
    found = {"machine": machine, "figures": [each.as_json() for each in figures]}
    (results / "latest.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def _measured(folder: Path) -> Iterator[Figure]:
    with databases(folder) as every:
        for database, make in every.items():
            for what, measure in (
                ("demo", demo.measure),
                ("sweep", sweep.measure),
                ("intake", intake.measure),
                ("formats", formats.measure),
                ("catalogue", catalogue.measure),
            ):
                print(f"measuring: {what} on {database}", file=sys.stderr, flush=True)
                yield from measure(database, make)


if __name__ == "__main__":
    main()
