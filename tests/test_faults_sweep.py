"""The sweep when its process, its rules engine, its disk or its database is taken away, and when two meet."""

import json
import os
import random
import shutil
import signal
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from monitor import tables
from monitor.bootstrap import Home, writing
from tests.conftest import Council
from tests.faults import (
    COULD_NOT,
    DAY,
    STOPPED_AT_A_ROW,
    a_council,
    dying,
    end_connections,
    happened,
    people,
    request,
    rows,
    run,
    run_limited,
    started,
    stopped,
    swept,
    wait_until,
    write_requests,
)

NEXT = DAY + timedelta(days=1)
SWEEP = ("sweep", "--as-at", NEXT, "--json")
NOWHERE = "postgresql://nobody@127.0.0.1:9/monitor"


def two_days(council: Council) -> Council:
    """A home that was swept yesterday, with today's load of everything that can happen to an alert.

    C1: the draft is muted while the decision is overdue. C2 is decided today, C3 worsens, C4 climbs a rung, and
    twenty are new.
    """
    people(council, officers=5)
    old = [request(1, 95), request(2, 50), request(3, 42), request(4, 43)]
    write_requests(council, *old)
    council.take(DAY)
    assert swept(council).muted == 1
    new = [request(number, 30, case_officer_id="W5", child_id=f"C{number}") for number in range(5, 25)]
    write_requests(council, old[0], request(2, 50, decided_on=str(DAY), decision="refuse"), *old[2:], *new)
    assert council.take(NEXT).held_because is None
    return council


@dataclass(frozen=True, slots=True)
class Undisturbed:
    """A home before its sweep, what a sweep without any fault makes of it, and how much it says to the database."""

    path: Path
    happened: dict[str, list[tuple[object, ...]]]
    statements: int

    def copy(self, path: Path) -> Council:
        shutil.copytree(self.path, path, dirs_exist_ok=True)
        return Council(Home(path / "home"), path / "registers")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    before, after = tmp_path_factory.mktemp("before"), tmp_path_factory.mktemp("after")
    two_days(a_council(before)).home.engine.dispose()
    found = Undisturbed(before, {}, 0)
    council = found.copy(after)
    process = dying(council, "KILL", 0, "", *SWEEP)
    _, statements = process.communicate(timeout=120)
    made = happened(council)
    council.home.engine.dispose()
    return Undisturbed(
        before, made, int(statements.split()[-1])
    )  # a slow machine reports its progress before


@pytest.fixture
def council(undisturbed: Undisturbed, tmp_path: Path) -> Iterator[Council]:
    council = undisturbed.copy(tmp_path)
    yield council
    council.home.engine.dispose()


def test_the_undisturbed_day_has_every_kind_of_change(undisturbed: Undisturbed) -> None:
    kinds = {kind for *_, kind, _, _ in undisturbed.happened["transition"]}
    assert kinds >= {"opened", "worsened", "cleared", "muted"}
    assert {len(each) > 0 for each in undisturbed.happened.values()} == {True}


@pytest.mark.parametrize("share", [random.Random(seed).random() for seed in range(3)])  # noqa: S311
def test_killed_anywhere_and_swept_again_it_is_as_if_nothing_had_been(
    council: Council, undisturbed: Undisturbed, share: float
) -> None:
    killed_at(council, 1 + int(share * undisturbed.statements), "")
    swept(council, NEXT)
    assert happened(council) == undisturbed.happened


@pytest.mark.parametrize("words", ["INSERT INTO alert", "INSERT INTO notice", "DELETE FROM lease"])
def test_killed_while_it_writes_and_swept_again_it_is_as_if_nothing_had_been(
    council: Council, undisturbed: Undisturbed, words: str
) -> None:
    killed_at(council, 1, words)
    swept(council, NEXT)
    assert happened(council) == undisturbed.happened


def killed_at(council: Council, at: int, words: str) -> None:
    process = dying(council, "KILL", at, words, *SWEEP)
    process.communicate(timeout=120)
    assert process.returncode == -signal.SIGKILL


@pytest.mark.postgres
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_killed_on_postgresql_nothing_is_half_written_and_the_next_sweep_is_whole(
    either_council: Council, undisturbed: Undisturbed
) -> None:
    council = two_days(Council(either_council.home, either_council.folder))
    before = happened(council)
    killed_at(council, 1, "INSERT INTO notice")
    assert happened(council) == before
    swept(council, NEXT)
    assert happened(council) == undisturbed.happened


def engine_of(process: int) -> int | None:
    """The process of the rules engine that this sweep has started, if it is there yet."""
    with suppress(OSError):
        for children in Path(f"/proc/{process}/task").glob("*/children"):
            for child in children.read_text().split():
                if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes():
                    return int(child)
    return None


@pytest.mark.skipif(
    not Path("/proc/self/task").exists(), reason="only Linux shows a process's children there"
)
def test_without_its_engine_a_sweep_opens_every_plain_finding_and_says_that_nothing_was_judged(
    council: Council, undisturbed: Undisturbed
) -> None:
    muted = rows(council, tables.alert, "id", "muted_by")
    process = started(council, *SWEEP)
    wait_until(lambda: engine_of(process.pid) is not None)
    os.kill(engine_of(process.pid) or 0, signal.SIGKILL)
    told, faults = process.communicate(timeout=120)
    assert (process.returncode, faults) == (0, "")
    assert json.loads(told)["judged"] is False
    assert happened(council)["alert"] == undisturbed.happened["alert"]
    assert rows(council, tables.alert, "id", "muted_by")[: len(muted)] == muted
    assert rows(council, tables.sweep, "judged")[-1] == (False,)


def test_of_two_sweeps_at_once_the_second_is_told_and_the_first_goes_on(council: Council) -> None:
    with stopped(council, "INSERT INTO sweep", *SWEEP) as first:
        second = run(council, *SWEEP)
        first.send_signal(signal.SIGCONT)
        first.communicate(timeout=120)
    assert (second.returncode, second.stdout) == (COULD_NOT, "")
    assert second.stderr.startswith("monitor: a sweep is running on ")
    assert second.stderr.endswith(f"(process {first.pid}): wait until it is done, then try again.\n")
    assert first.returncode == 0
    assert len(rows(council, tables.sweep, "id")) == 2  # yesterday's, and the first


def test_a_sweep_waits_for_no_intake_and_says_that_one_is_running(council: Council) -> None:
    council.write("ehc", request(1, 50))
    with stopped(council, STOPPED_AT_A_ROW, "intake", "registers", council.folder, "--as-at", NEXT) as first:
        second = run(council, *SWEEP)
        first.send_signal(signal.SIGCONT)
        first.communicate(timeout=120)
    assert (second.returncode, second.stdout) == (COULD_NOT, "")
    assert second.stderr.startswith("monitor: an intake is running on ")


def test_a_sweep_on_a_full_disk_changes_nothing_and_the_next_one_is_whole(
    council: Council, undisturbed: Undisturbed
) -> None:
    before = happened(council)
    done = run_limited(council, 80_000, *SWEEP)
    assert (done.returncode, done.stdout, done.stderr) == (
        COULD_NOT,
        "",
        "monitor: the disk is full or failing: nothing was changed. Make room and run the same command again.\n",
    )
    assert happened(council) == before
    swept(council, NEXT)
    assert happened(council) == undisturbed.happened


def test_a_sweep_of_a_database_that_is_locked_or_gone_is_told_in_one_line(council: Council) -> None:
    gone = run(council, *SWEEP, database=NOWHERE)
    with writing(council.home.engine).begin():
        locked = run(council, *SWEEP)
    assert [(each.returncode, each.stdout) for each in (gone, locked)] == [(COULD_NOT, "")] * 2
    assert gone.stderr == (
        "monitor: the database cannot be reached: check MONITOR_DATABASE_URL, and that the server runs.\n"
    )
    assert locked.stderr == (
        "monitor: the database is locked by another run: wait until it is done, then try again.\n"
    )


@pytest.mark.postgres
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_sweep_whose_server_ends_the_connection_writes_nothing_and_clears_nothing(
    either_council: Council,
) -> None:
    council = two_days(either_council)
    before = happened(council)
    with stopped(council, "SAVEPOINT", *SWEEP) as process:
        end_connections(council)
        process.send_signal(signal.SIGCONT)
        told, faults = process.communicate(timeout=120)
    assert (process.returncode, told) == (COULD_NOT, "")
    assert faults == (
        "monitor: the database cannot be reached: check MONITOR_DATABASE_URL, and that the server runs.\n"
    )
    assert happened(council) == before
