"""One thing to measure, in a process of its own: its seconds, its memory and what it printed."""

import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass

import psutil

LOOK_EVERY = 0.03  # seconds
_MB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """From the start of the interpreter to its end, and the most memory that was seen.

    Processor seconds are those of the process and its children, so a busy machine changes them little.
    """

    seconds: float
    processor_seconds: float
    peak_mb: float
    said: str


def run(module: str, *arguments: object, database: str = "", ends: tuple[int, ...] = (0,)) -> Ran:
    """Run `python -m module`; SystemExit with the last that it complained of where it fails.

    The memory is that of the process and all its children together (the rules engine has one of its own), looked
    at every 30 ms from outside. What they share is counted twice, so the true figure is rather lower. A database
    server is not counted.
    """
    command = [sys.executable, "-m", module, *map(str, arguments)]
    peak = 0
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as complained:
        began, used = time.perf_counter(), _processor_seconds()
        process = subprocess.Popen(
            command, env={**os.environ, "MONITOR_DATABASE_URL": database}, stdout=said, stderr=complained
        )
        watched = psutil.Process(process.pid)
        while process.poll() is None:
            peak = max(peak, _memory(watched))
            time.sleep(LOOK_EVERY)
        seconds = time.perf_counter() - began
        said.seek(0)
        complained.seek(0)
        if process.returncode not in ends:
            raise SystemExit(f"{' '.join(command)}\n{complained.read().decode()[-2_000:]}")
        return Ran(
            seconds=seconds,
            processor_seconds=_processor_seconds() - used,
            peak_mb=peak / _MB,
            said=said.read().decode(),
        )


def _processor_seconds() -> float:
    """Of every process that we started and that has ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _memory(process: psutil.Process) -> int:
    """Bytes in memory now; what has just ended counts for nothing."""
    total = 0
    try:
        for each in (process, *process.children(recursive=True)):
            total += each.memory_info().rss
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        pass
    return total
