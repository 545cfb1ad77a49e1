"""The sweep at 20,000 children and the demonstration at 2,000, each in a process of its own."""

import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

from monitor.council import write_council

AS_AT = date(2026, 11, 23)
CHILDREN = 20_000


def timed(*arguments: object, **environment: str) -> tuple[float, float, str]:
    """Seconds, peak memory in MB (the largest of the command and its children), and what it printed."""
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.peak", *map(str, arguments)],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    said, problems = process.communicate()
    seconds = time.monotonic() - began
    if process.returncode not in (0, 1):
        raise SystemExit(problems)
    peak, _, rest = said.rpartition("peak ")
    return seconds, float(rest.strip()), peak


def measure_sweep(url: str) -> dict[str, Any]:
    """Seconds of a bare start of the command, of the first sweep and of the next day's, and their peak memory."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        write_council(Path(folder) / "registers", children=CHILDREN, seed=1, as_at=AS_AT)
        environment = {"MONITOR_DATABASE_URL": url} if url else {}
        timed(
            "--home", home, "intake", "registers", Path(folder) / "registers", "--as-at", AS_AT, **environment
        )
        start, _, _ = timed("--version")
        first, first_peak, said = timed("--home", home, "sweep", "--as-at", AS_AT, "--json", **environment)
        again, again_peak, _ = timed("--home", home, "sweep", "--as-at", AS_AT, "--json", **environment)
    report = json.loads(said)
    clocks = sum(sum(found.values()) for found in report["clocks"].values())
    return {
        "children": CHILDREN,
        "clocks": clocks,
        "alerts_opened": sum(report["opened"].values()),
        "notices": sum(report["notices"].values()),
        "start_seconds": round(start, 2),
        "first_sweep_seconds": round(first, 2),
        "first_sweep_peak_mb": round(first_peak),
        "next_sweep_seconds": round(again, 2),
        "next_sweep_peak_mb": round(again_peak),
        "first_over_next": round(first / again, 2),
    }


def measure_demo() -> dict[str, Any]:
    """The demonstration at 2,000 children, without set-up: seconds and peak memory."""
    with tempfile.TemporaryDirectory() as folder:
        seconds, peak, _ = timed("demo", "--dir", Path(folder) / "demo", "--as-at", AS_AT)
        again, _, _ = timed("demo", "--dir", Path(folder) / "demo", "--as-at", AS_AT)
    return {
        "demo_seconds": round(seconds, 2),
        "demo_peak_mb": round(peak),
        "demo_again_over_first": round(again / seconds, 2),
    }
