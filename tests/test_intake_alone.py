"""Two intakes at once, as two real processes, and one that is killed."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import select

from monitor import tables
from tests.conftest import Council, monitor
from tests.in_force import row_counts

ROWS = 80_000  # enough to be at work for some seconds


def write_much(council: Council) -> None:
    path = council.write("visits", columns=["child_id", "kind", "held_on"])
    with path.open("a") as stream:
        stream.writelines(f"C{number},cla,2026-03-{number % 30 + 1:02}\n" for number in range(ROWS))


def arguments(council: Council) -> list[str]:
    return [
        "--home",
        str(council.home.path),
        "intake",
        "registers",
        str(council.folder),
        "--as-at",
        "2026-06-01",
    ]


@contextmanager
def an_intake_at_work(council: Council) -> "Iterator[subprocess.Popen[str]]":
    """A real intake that holds the ledger."""
    command = [sys.executable, "-m", "monitor", *arguments(council)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            _wait_until_held(council)
            yield process
        finally:
            process.kill()


def _wait_until_held(council: Council) -> None:
    for _ in range(600):
        with council.home.engine.connect() as connection:
            if connection.scalar(select(tables.lease.c.holder)):
                return
        time.sleep(0.05)
    raise TimeoutError


def test_a_second_intake_is_told_that_one_is_running_and_the_first_goes_in_whole(
    either_council: Council,
) -> None:
    council = either_council
    write_much(council)
    with an_intake_at_work(council) as first:
        second = monitor(*arguments(council))
        assert (second.returncode, second.stdout) == (3, "")
        assert second.stderr.startswith("monitor: an intake is running on ")
        assert second.stderr.endswith(f"(process {first.pid}): wait until it is done, then try again.\n")
        assert first.wait(120) == 0
    assert row_counts(council)["event"] == ROWS + 1


def test_nothing_stays_of_an_intake_that_is_killed_and_the_next_one_goes_in(either_council: Council) -> None:
    council = either_council
    write_much(council)
    with an_intake_at_work(council) as first:
        time.sleep(1)
        first.send_signal(signal.SIGKILL)
        first.wait(10)
    assert set(row_counts(council).values()) == {0}
    assert monitor(*arguments(council)).returncode == 0
    assert row_counts(council)["event"] == ROWS + 1
