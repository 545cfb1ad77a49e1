"""Hostile files through the real intake, for so many seconds: each is read, or refused in the project's own words.

    python -m soak.intake SECONDS

Nothing but the project's own errors may come out, in bounded memory and time, and none may repeat what stands in a
cell.
"""

import resource
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from monitor.bootstrap import Home
from monitor.errors import MonitorError
from monitor.taking import Request, take_in
from soak import seeds
from soak.mutations import Mutation, several

MEMORY = 2_000_000_000  # bytes of address space
LONGEST = 20.0  # seconds for one small file
AS_AT, NOW = date(2026, 11, 23), datetime(2026, 11, 23, 9, tzinfo=UTC)
FORMATS = {"tracker.csv": "mapped", "tracker.xlsx": "mapped", "cin.xml": "cin", "api.json": "csc-api"}


class Run:
    """Counts what came of each file."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.home = folder, Home(folder / "home")
        self.files = seeds.write(folder / "seeds")
        self.parts = seeds.parts_of(self.files["tracker.xlsx"])
        self.came: Counter[tuple[str, str]] = Counter()
        self.slowest = 0.0

    def one(self, name: str, changes: list[Mutation], share: float) -> None:
        """One file, changed, taken in."""
        path = self.folder / name
        self._write(path, name, changes, share)
        began = time.perf_counter()
        try:
            mapping = "plo-tracker" if FORMATS[name] == "mapped" else None
            request = Request(
                form=FORMATS[name],
                paths=[path],
                as_at=AS_AT,
                mapping=mapping,
                source=f"s{sum(self.came.values())}",
            )
            taken = take_in(self.home, request, now=NOW, progress=lambda _, __: None)
            told = [*taken.notes, *taken.holds, *taken.file_faults]
            told += [problem.told(shown) for shown, problem in taken.problems]
            outcome = "held" if taken.holds else "taken"
        except MonitorError as error:
            told, outcome = [str(error)], "refused"
        repeated = [line for line in told if seeds.MARKER in line]
        if repeated:
            raise AssertionError(f"a message repeats a cell: {repeated[0]}")
        seconds = time.perf_counter() - began
        self.slowest = max(self.slowest, seconds)
        if seconds > LONGEST:
            raise AssertionError(f"{name} took {seconds:.0f} s")
        self.came[name, outcome] += 1

    def _write(self, path: Path, name: str, changes: list[Mutation], share: float) -> None:
        if name != "tracker.xlsx" or share < 0.2:  # noqa: PLR2004 - one workbook in five is changed as a whole
            content = self.files[name].read_bytes()
            for change in changes:
                content = change(content)
            path.write_bytes(content)
            return
        parts = dict(self.parts)
        chosen = sorted(parts)[int(share * len(parts)) % len(parts)]
        for change in changes:
            parts[chosen] = change(parts[chosen])
        seeds.pack(path, parts)


def main(seconds: float) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    with tempfile.TemporaryDirectory() as folder:
        run = Run(Path(folder))
        until, round_no = time.monotonic() + seconds, 0
        while time.monotonic() < until:
            round_no += 1
            _round(run, round_no, until)
        run.home.engine.dispose()
    for (name, outcome), count in sorted(run.came.items()):
        print(f"{name:14} {outcome:8} {count:6}")
    print(
        f"{sum(run.came.values())} files, the slowest in {run.slowest:.1f} s; none threw and none repeated a cell"
    )


def _round(run: Run, round_no: int, until: float) -> None:
    @seed(round_no)
    @settings(
        max_examples=200,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(st.sampled_from(sorted(FORMATS)), several, st.floats(0, 1))
    def examples(name: str, changes: list[Mutation], share: float) -> None:
        if time.monotonic() < until:
            run.one(name, changes, share)

    examples()


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 300.0)
