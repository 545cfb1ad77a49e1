"""`monitor intake` as a person runs it: exit codes, one line on stderr for each fault, and no case data."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.calendars import london_day
from monitor.commands.intake import MOST_NOTES, _tell
from monitor.intake.loads import Taken
from tests.conftest import Council, monitor

AS_AT = ("--as-at", "2026-06-01")  # the real command takes in no data of a day that is still to come
REQUEST = {"request_id": "E17", "child_id": "C23", "received_on": "2026-03-02", "decided_on": ""}
DONE, WRONG, MISUSE, COULD_NOT = 0, 1, 2, 3


def intake(council: Council, *arguments: object, **environment: str) -> "subprocess.CompletedProcess[str]":
    """The real command on this home; whatever happens, no traceback and no cell reaches anybody."""
    done = monitor("--home", council.home.path, "intake", *arguments, cwd=None, **environment)
    told = done.stdout + done.stderr
    assert "Traceback" not in told
    assert not any(cell in told for cell in ("E17", "C23", "Zaphod"))
    return done


def registers(council: Council, *options: object, **environment: str) -> "subprocess.CompletedProcess[str]":
    return intake(council, "registers", council.folder, *AS_AT, *options, **environment)


def test_registers_without_a_fault_go_in_and_the_command_says_what_it_did(council: Council) -> None:
    council.write("ehc", REQUEST, {**REQUEST, "request_id": "E18", "received_on": ""})
    done = registers(council)
    assert (done.returncode, done.stderr) == (DONE, "")
    assert "Load 1 of 'registers', data of 2026-06-01 (given)." in done.stdout
    assert (
        "ehc.csv: the day is missing or cannot be read, so what needs it cannot tell: row 3." in done.stdout
    )


def test_a_visit_whose_day_cannot_be_read_is_not_said_to_lack_a_start(council: Council) -> None:
    council.write("visits", {"child_id": "C23", "kind": "cp", "held_on": "31/11/2026"})
    done = registers(council)
    assert (
        "visits.csv: the day is missing or cannot be read, so what needs it cannot tell: row 2."
        in done.stdout
    )


def test_without_a_day_the_command_says_that_it_took_the_file_s(council: Council) -> None:
    os.utime(council.write("ehc", REQUEST), (1_779_000_000, 1_779_000_000))
    done = intake(council, "registers", council.folder)
    assert "data of 2026-05-17 (the oldest file's date)" in done.stdout


def test_each_fault_is_one_line_on_stderr_and_the_exit_code_says_so(council: Council) -> None:
    council.write("ehc", {**REQUEST, "decided_on": "Zaphod"}, REQUEST, {**REQUEST, "child_id": ""})
    council.write("visits", {"child_id": "C23", "surname": "Zaphod"})
    done = registers(council)
    assert done.returncode == WRONG
    assert [line.partition(":")[0] for line in done.stderr.splitlines()] == [
        "visits.csv",
        "visits.csv",
        "ehc.csv row 2",
        "ehc.csv row 3",
        "ehc.csv row 4",
    ]


def test_a_held_load_says_so_and_can_be_looked_at_and_released(council: Council) -> None:
    council.write("ehc", *({**REQUEST, "request_id": f"E17{number}", "child_id": ""} for number in range(20)))
    held = registers(council)
    assert held.returncode == WRONG
    assert "Load 1 of 'registers' is HELD" in held.stdout
    assert "monitor intake release 1" in held.stderr.splitlines()[-1]
    listed = intake(council, "issues")
    assert listed.stdout.splitlines()[0].startswith("ehc.csv row 2: column child_id: is empty")
    assert len(json.loads(intake(council, "issues", 1, "--json").stdout)) == 20
    assert intake(council, "release", 1).returncode == MISUSE
    why = ("--reason", "the ids are on their way")
    assert intake(council, "release", 1, *why).returncode == DONE
    assert registers(council).returncode == WRONG
    assert intake(council, "release", 1, *why).returncode == MISUSE


def test_the_same_in_json(council: Council) -> None:
    council.write("ehc", {**REQUEST, "decided_on": "Zaphod"})
    done = registers(council, "--json")
    said = json.loads(done.stdout)
    assert said["issues"] == [
        {
            "file": "ehc.csv",
            "row": 2,
            "column": "decided_on",
            "refused": False,
            "code": "not-a-date",
            "text": "it is not a date written year-month-day, such as 2026-11-23. The cell is taken as unknown.",
        }
    ]
    assert (said["as_at"], said["rows_read"], said["records_new"]) == ("2026-06-01", 1, 2)


def test_data_of_a_day_that_is_yet_to_come_are_refused(council: Council) -> None:
    council.write("ehc", REQUEST)
    ahead = london_day(datetime.now(UTC) + timedelta(days=2))
    done = intake(council, "registers", council.folder, "--as-at", ahead)
    assert (done.returncode, done.stdout) == (MISUSE, "")
    told = f"--as-at {ahead} is yet to come: give the day on which the data were drawn, "
    assert done.stderr.startswith(f"monitor: {told}")


def test_wrong_input_is_exit_1(council: Council) -> None:
    council.folder.mkdir()
    for path in (council.folder, council.folder / "nowhere"):
        done = intake(council, "registers", path)
        assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (WRONG, "", 1)


@pytest.mark.parametrize(
    "arguments",
    [("registers",), ("nonsense",), ("issues", "99"), ("release", "99"), ("release", "x")],
)
def test_misuse_is_exit_2(council: Council, arguments: tuple[str, ...]) -> None:
    done = intake(council, *arguments)
    assert (done.returncode, len(done.stderr.splitlines())) == (MISUSE, 1)


@pytest.mark.parametrize("option", [("--as-at", "23/11/2026"), ("--source", "a|b"), ("--source", "x" * 33)])
def test_an_option_that_makes_no_sense_is_misuse(council: Council, option: tuple[str, str]) -> None:
    council.write("ehc", REQUEST)
    done = intake(council, "registers", council.folder, *option)
    assert (done.returncode, len(done.stderr.splitlines())) == (MISUSE, 1)


def test_a_database_that_is_gone_is_exit_3(council: Council) -> None:
    council.write("ehc", REQUEST)
    done = registers(council, MONITOR_DATABASE_URL="postgresql://nobody@127.0.0.1:9/monitor")
    assert (done.returncode, done.stdout) == (COULD_NOT, "")
    assert done.stderr.startswith("monitor: the database cannot be reached: check MONITOR_DATABASE_URL")


def test_a_database_file_that_is_none_is_exit_3(council: Council, tmp_path: Path) -> None:
    council.write("ehc", REQUEST)
    (tmp_path / "notes.txt").write_text("not a database\n" * 1_000)
    done = registers(council, MONITOR_DATABASE_URL=f"sqlite:///{tmp_path / 'notes.txt'}")
    assert (done.returncode, done.stdout) == (COULD_NOT, "")
    assert "damaged or is no database" in done.stderr


def test_a_database_in_a_folder_that_cannot_be_is_exit_3(council: Council, tmp_path: Path) -> None:
    council.write("ehc", REQUEST)
    (tmp_path / "notes.txt").write_text("")
    done = registers(council, MONITOR_DATABASE_URL=f"sqlite:///{tmp_path / 'notes.txt' / 'ledger.sqlite'}")
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (COULD_NOT, "", 1)


def test_a_database_that_another_program_keeps_locked_is_exit_3(council: Council) -> None:
    council.write("ehc", REQUEST)
    with council.home.engine.connect() as connection:
        connection.exec_driver_sql("DELETE FROM lease")  # a write lock, held until the connection closes
        done = registers(council)
    assert (done.returncode, done.stdout) == (COULD_NOT, "")
    assert done.stderr == (
        "monitor: the database is locked by another run: wait until it is done, then try again.\n"
    )


def test_a_full_disk_is_exit_3_and_changes_nothing(council: Council) -> None:
    council.write("ehc", REQUEST)
    assert registers(council).returncode == DONE
    council.write("ehc", *({**REQUEST, "request_id": f"E17{number}"} for number in range(40_000)))
    command = [sys.executable, "-m", "monitor", "--home", str(council.home.path), "intake", "registers"]
    limited = ["bash", "-c", 'ulimit -f 2000; exec "$@"', "-", *command, str(council.folder), *AS_AT]
    done = subprocess.run(limited, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (COULD_NOT, "")
    assert len(done.stderr.splitlines()) == 1
    assert "disk" in done.stderr
    again = registers(council, "--json")
    assert json.loads(again.stdout)["records_new"] == 40_000


def test_issues_are_counted_under_the_name_of_what_they_are_counted_by(council: Council) -> None:
    council.write("ehc", {**REQUEST, "decided_on": "31/11/2026"})
    registers(council)
    for by, name in (
        ("source", "registers"),
        ("team", "(none)"),
        ("code", "not-a-date"),
        ("column", "decided_on"),
    ):
        title, _, counted = intake(council, "issues", "--by", by).stdout.strip().splitlines()
        assert (title, counted.split()) == ("1 issue", [name, "1", "0"])


@pytest.mark.parametrize(
    ("over", "said"), [(1, "... and 1 more note: see"), (2, "... and 2 more notes: see")]
)
def test_notes_that_are_not_shown_are_counted(
    capsys: pytest.CaptureFixture[str], over: int, said: str
) -> None:
    _tell(Taken(notes=[f"note {n}" for n in range(MOST_NOTES + over)]))
    assert said in " ".join(capsys.readouterr().out.split())


def test_where_nothing_differs_the_command_says_so(council: Council) -> None:
    assert intake(council, "differences").stdout.startswith(
        "None: no two sources tell otherwise of one child"
    )


def test_a_file_that_is_no_register_is_told_where_the_registers_are_listed(council: Council) -> None:
    council.write("zzz", REQUEST)
    assert registers(council).stderr.endswith("words are allowed; see docs/registers.md.\n")


def test_files_that_are_not_of_the_format_are_named(council: Council, tmp_path: Path) -> None:
    files = [tmp_path / f"{letter}.csv" for letter in "abcde"]
    for each in files:
        each.write_text("Case,When\n1,2\n", encoding="utf-8")
    assert intake(council, "annex-a", *files, *AS_AT).stderr == (
        "monitor: nothing in a.csv, b.csv, c.csv and 2 other files is a sheet of the format 'annex-a', which has "
        "List 1, List 2, List 3, List 4, List 5, List 6 and others.\n"
    )


def test_a_file_without_a_row_is_said_to_be_that_and_not_to_lack_headings(
    council: Council, tmp_path: Path
) -> None:
    path = tmp_path / "tracker.csv"
    path.touch()
    done = intake(council, "mapped", path, "--mapping", "plo-tracker", *AS_AT)
    assert (done.returncode, done.stderr) == (
        WRONG,
        "monitor: there is not one row in tracker.csv: export it again.\n",
    )
