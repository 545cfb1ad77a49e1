"""Bad input through the real command: what, where and what to do, one line each, and nothing is lost."""

import csv
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError

from monitor import tables
from monitor.bootstrap import writing
from tests.conftest import Council
from tests.faults import (
    COULD_NOT,
    DAY,
    STOPPED_AT_A_ROW,
    WRONG,
    Done,
    a_council,
    alerts,
    end_connections,
    people,
    request,
    run,
    run_limited,
    started,
    stopped,
    swept,
    wait_until,
    write_requests,
)
from tests.in_force import row_counts

NOT_A_DATE = "it is not a date written year-month-day, such as 2026-11-23. The cell is taken as unknown."
FAULTS = {
    "31/02/2026": f"ehc.csv row 3: column decided_on: {NOT_A_DATE}",
    "13/11/2026 in an ISO column": f"ehc.csv row 4: column received_on: {NOT_A_DATE}",
    "2026-02-31": "ehc.csv row 5: column draft_sent_on: there is no such day; dates are written year-month-day, "
    "such as 2026-11-23. The cell is taken as unknown.",
    "a duplicate id": "ehc.csv row 6: column request_id: is the same as in row 2: the row was refused. "
    "Each row needs its own.",
    "an end before its start": "ehc.csv row 7: column closed_on: lies before the start of the same row: "
    "the row was refused. Put the dates right.",
    "an id that is empty": "ehc.csv row 8: column child_id: is empty: the row was refused. Fill it in.",
    "an unknown child in an allocation": "allocations.csv row 3: column child_id: is no child of children.csv: "
    "the row was refused. Add the child there, or put the id right.",
    "a wrong header": "visits.csv: has a column 'held' that this register does not know. Did you mean 'held_on'? "
    "Allowed: child_id, child_views, finalised_on, held_on, kind, not_alone, safeguarding, seen, seen_alone, visit_id.",
    "a 0-byte file": "reviews.csv: is empty: a register needs at least its header row.",
    "UTF-16": "plo.csv: is not UTF-8 text (a spreadsheet's 'Unicode text' is UTF-16): save it as CSV UTF-8.",
}


@dataclass(frozen=True, slots=True)
class Load:
    """One load in which everything is wrong once, beside rows that are right."""

    council: Council
    done: Done

    @property
    def lines(self) -> list[str]:
        return self.done.stderr.splitlines()


@pytest.fixture(scope="module")
def load(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Load]:
    council = a_council(tmp_path_factory.mktemp("everything"))
    people(council)
    council.write("children", *({"child_id": f"C{number}", "team_id": "T1"} for number in range(1, 8)))
    council.write(
        "ehc",
        request(1, 21),
        request(2, 21, decided_on="31/02/2026"),
        request(3, 21, received_on="13/11/2026"),
        request(4, 21, draft_sent_on="2026-02-31"),
        request(1, 22, child_id="C5"),
        request(6, 21, closed_on="2026-01-01"),
        request(7, 21, child_id=""),
    )
    allocated = {"child_id": "C1", "worker_id": "W1", "role": "social-worker", "start_on": "2026-01-05"}
    council.write("allocations", allocated, {**allocated, "child_id": "C99"})
    council.write("visits", {"child_id": "C1", "kind": "cla", "held": "2026-01-06"})
    (council.folder / "reviews.csv").write_bytes(b"")
    (council.folder / "plo.csv").write_bytes("case_id,child_id\nP1,C1\n".encode("utf-16"))
    yield Load(council, run(council, *intake(council)))
    council.home.engine.dispose()


def intake(council: Council, *paths: object) -> list[object]:
    return ["intake", "registers", *(paths or [council.folder]), "--as-at", DAY]


@pytest.mark.parametrize("fault", FAULTS)
def test_it_is_told_in_one_line_with_file_row_column_and_what_to_do(load: Load, fault: str) -> None:
    assert load.lines.count(FAULTS[fault]) == 1


def test_no_fault_is_told_that_is_not_there_and_the_exit_code_says_wrong_input(load: Load) -> None:
    assert (load.done.returncode, sorted(load.lines)) == (WRONG, sorted(FAULTS.values()))


def test_the_rows_and_files_that_are_right_go_in_beside_them(load: Load) -> None:
    with load.council.home.engine.connect() as connection:
        episode = tables.episode
        found = connection.execute(select(episode.c.kind, episode.c.ref).order_by(episode.c.row_no)).all()
    taken = [ref for kind, ref in found if kind == "ehc-request"]
    assert taken == ["E1", "E2", "E3", "E4"]
    assert [kind for kind, _ in found].count("allocation") == 1


def test_no_cell_of_the_files_is_repeated(load: Load) -> None:
    cells: set[str] = set()
    for name in ("ehc", "allocations", "workers", "teams"):
        with (load.council.folder / f"{name}.csv").open(encoding="utf-8") as stream:
            cells |= {cell for row in [*csv.reader(stream)][1:] for cell in row if cell}
    assert not [cell for cell in cells if cell in load.done.stderr]


def test_what_was_refused_can_be_listed_afterwards(load: Load) -> None:
    listed = json.loads(run(load.council, "intake", "issues", "--json").stdout)
    refused = {(each["file"], each["row"], each["column"]) for each in listed if each["refused"]}
    assert refused == {
        ("ehc.csv", 6, "request_id"),
        ("ehc.csv", 7, "closed_on"),
        ("ehc.csv", 8, "child_id"),
        ("allocations.csv", 3, "child_id"),
    }


@pytest.fixture
def council(tmp_path: Path) -> Iterator[Council]:
    council = a_council(tmp_path)
    yield council
    council.home.engine.dispose()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("nowhere.csv", "nowhere.csv: there is no such file or folder."),
        ("x" * 300, f"{'x' * 300}: cannot be read (File name too long)."),
        (
            "nothing",
            "there is no .csv file in what was given. A folder of registers holds files such as ehc.csv.",
        ),
    ],
)
def test_what_is_missing_or_empty_is_said_in_one_line(council: Council, given: str, said: str) -> None:
    (council.folder / "nothing").mkdir(parents=True)
    done = run(council, *intake(council, council.folder / given))
    assert (done.returncode, done.stdout, done.stderr) == (WRONG, "", f"monitor: {said}\n")


def test_a_held_load_clears_no_alert_although_its_rows_would_until_a_person_releases_it(
    council: Council,
) -> None:
    people(council, officers=1)
    mine = {"case_officer_id": "W1"}
    every = [request(number, 21, **mine) for number in range(20)]
    write_requests(council, *every)
    council.take(DAY)
    swept(council)
    before = alerts(council)
    decided = {"decided_on": str(DAY), "decision": "refuse", **mine}
    stopped_by = [request(number, 21, **decided) for number in range(18)]
    write_requests(council, *stopped_by, *({**each, "received_on": "soon"} for each in every[18:]))
    held = run(council, *intake(council))
    assert held.returncode == WRONG
    assert "ehc.csv: 2 of 20 rows are bad, more than 5%." in held.stderr
    assert "monitor intake release 2 --reason" in held.stderr.splitlines()[-1]
    assert swept(council).closed.total() == 0
    assert alerts(council) == before
    assert run(council, "intake", "release", 2, "--reason", "looked at").returncode == 0
    assert council.take(DAY).held_because is None
    assert swept(council).closed["ehc-decide-6wk"] == 18


def test_an_intake_told_to_stop_leaves_nothing_behind_and_lets_go(council: Council) -> None:
    council.write("ehc", request(1, 21))
    with stopped(council, STOPPED_AT_A_ROW, *intake(council)) as process:
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGCONT)
        told, faults = process.communicate(timeout=60)
    assert (told, faults, process.returncode) == ("", "monitor: stopped.\n", COULD_NOT)
    assert set(row_counts(council).values()) == {0}
    assert council.take(DAY).is_clean


def test_a_first_run_on_a_full_disk_says_so_and_the_next_one_makes_the_ledger(council: Council) -> None:
    council.write("ehc", request(1, 21))
    done = run_limited(council, 40_000, *intake(council))
    assert (done.returncode, done.stdout, done.stderr) == (
        COULD_NOT,
        "",
        "monitor: the disk is full or failing: nothing was changed. Make room and run the same command again.\n",
    )
    assert council.take(DAY).is_clean


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that Linux has")
def test_a_log_on_a_full_disk_undoes_no_work_and_says_so(council: Council) -> None:
    council.write("ehc", request(1, 21))
    command = [sys.executable, "-m", "monitor", "--home", council.home.path, *intake(council)]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            list(map(str, command)), stdout=full, stderr=subprocess.PIPE, text=True, timeout=120, check=False
        )
    assert (done.returncode, done.stderr) == (
        COULD_NOT,
        "monitor: what this command has to say cannot be written (No space left on device). What it did stands.\n",
    )
    assert row_counts(council)["episode"] == 2


def test_a_database_that_is_a_folder_is_said_in_one_line(council: Council, tmp_path: Path) -> None:
    council.write("ehc", request(1, 21))
    done = run(council, *intake(council), database=f"sqlite:///{tmp_path}")
    assert (done.returncode, done.stdout) == (COULD_NOT, "")
    assert done.stderr.startswith("monitor: the database cannot be reached: check MONITOR_DATABASE_URL")


POSTGRESQL = pytest.mark.parametrize(
    "database_url", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)


def test_a_database_that_another_program_keeps_locked_is_not_waited_for_for_ever(
    either_council: Council,
) -> None:
    council = either_council
    council.write("ehc", request(1, 21))
    with writing(council.home.engine).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("LOCK TABLE lease"))
        done = run(council, *intake(council))
    assert (done.returncode, done.stdout, done.stderr) == (
        COULD_NOT,
        "",
        "monitor: the database is locked by another run: wait until it is done, then try again.\n",
    )


@POSTGRESQL
def test_a_server_that_ends_the_connection_half_way_leaves_nothing_half_done(either_council: Council) -> None:
    council = either_council
    council.write("ehc", request(1, 21))
    with stopped(council, STOPPED_AT_A_ROW, *intake(council)) as process:
        end_connections(council)
        process.send_signal(signal.SIGCONT)
        told, faults = process.communicate(timeout=60)
    assert (process.returncode, told) == (COULD_NOT, "")
    assert faults == (
        "monitor: the database cannot be reached: check MONITOR_DATABASE_URL, and that the server runs.\n"
    )
    assert set(row_counts(council).values()) == {0}
    assert council.take(DAY).is_clean


@POSTGRESQL
def test_of_two_that_start_at_once_on_an_empty_database_one_makes_it_and_both_work(
    either_council: Council,
) -> None:
    council = either_council
    with council.home.engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    with stopped(council, "CREATE TABLE load", "alerts", "--json") as first:
        second = started(council, "alerts", "--json")
        wait_until(lambda: _somebody_waits(council))
        first.send_signal(signal.SIGCONT)
        assert [each.communicate(timeout=60) for each in (first, second)] == [("[]\n", "")] * 2


def _somebody_waits(council: Council) -> bool:
    with council.home.engine.connect() as connection:
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        return bool(connection.scalar(text(waiting)))


def test_what_the_database_says_of_an_error_holds_none_of_the_values(either_council: Council) -> None:
    with either_council.home.engine.connect() as connection, pytest.raises(SQLAlchemyError) as caught:
        connection.execute(text("SELECT 1 FROM nowhere WHERE child_key = :child"), {"child": "C1024"})
    assert "nowhere" in str(caught.value)
    assert "C1024" not in str(caught.value)
