"""Names, addresses and free text are dropped while reading: none is in the database, a log, a mail or any file."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from openpyxl import Workbook

from monitor.inbox import Inbox
from tests.conftest import NOW, Council

# Words that stand only where nothing may be kept.
PERSONAL = ("ZQSURNAME", "ZQFORENAME", "ZQSTREET", "ZQPOSTCODE", "ZQSTORY", "ZQWORKER", "07700900123")
HEADER = [
    "Mosaic ID",
    "Surname",
    "Forename",
    "Address",
    "Post code",
    "Legal gateway",
    "Next step",
    "Next step date",
]
HEADER += ["Notes", "Allocated worker", "Phone", "LBP sent"]
FULL = ["M1", "ZQSURNAME", "ZQFORENAME", "1 ZQSTREET", "ZQPOSTCODE", "01/10/2026", "ZQSTORY", "05/12/2026"]
ROWS = [
    [*FULL, "ZQSTORY of a child", "ZQWORKER", "07700900123", ""],
    ["ZQSURNAME|ZQFORENAME", "ZQSURNAME", "", "", "", "ZQSTORY", "", "", "", "", "", ""],
    ["M3", "ZQSURNAME", "", "", "", "31/02/2026", "=ZQSTORY", "soon", "", "", "", ""],
]
# Runs the command with every file that it opens for writing written down.
WATCHED = """
import json, os, sys
opened = []
def hook(event, args):
    if event == "open" and isinstance(args[0], (str, bytes)):
        mode, flags = args[1] or "", args[2] or 0
        if set(mode) & set("wax+") or flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            opened.append(os.fsdecode(args[0]))
sys.addaudithook(hook)
from monitor.__main__ import main
out = sys.argv.pop(1)
try:
    main()
finally:
    told = list(opened)
    with open(out, "w") as stream:
        json.dump(told, stream)
"""


def write_csv(folder: Path) -> Path:
    path = folder / "tracker.csv"
    path.write_text("\n".join(",".join(row) for row in [HEADER, *ROWS]), encoding="utf-8")
    return path


def write_workbook(folder: Path) -> Path:
    book = Workbook()
    assert book.active is not None
    for row in [HEADER, *ROWS]:
        book.active.append(["'" + cell if cell.startswith("=") else cell for cell in row])
    path = folder / "tracker.xlsx"
    book.save(path)
    return path


def everything_under(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def holds(content: bytes) -> list[str]:
    return [word for word in PERSONAL if word.encode() in content or word.encode("utf-16-le") in content]


@pytest.mark.parametrize("write", [write_csv, write_workbook])
def test_nothing_personal_is_in_the_database_nor_in_what_the_command_says(
    council: Council, tmp_path: Path, write: object
) -> None:
    path = write(tmp_path)  # type: ignore[operator]
    written, temporary = tmp_path / "written.json", tmp_path / "temporary"
    temporary.mkdir()
    home = council.home.path
    home.mkdir(parents=True, exist_ok=True)
    script = tmp_path / "watched.py"
    script.write_text(WATCHED, encoding="utf-8")
    command = [sys.executable, str(script), str(written), "--home", str(home)]
    command += ["intake", "mapped", str(path), "--mapping", "plo-tracker", "--as-at", "2026-06-01"]
    root = str(Path(__file__).parents[1])
    done = subprocess.run(
        command,
        env={**os.environ, "TMPDIR": str(temporary), "PYTHONPATH": root, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert b"Traceback" not in done.stderr
    assert b"3 " in done.stdout or b"Load 1" in done.stdout
    assert holds(done.stdout + done.stderr) == []
    assert holds(everything_under(home)) == []
    assert list(temporary.iterdir()) == []
    outside = [each for each in json.loads(written.read_text()) if not each.startswith(str(home))]
    assert [each for each in outside if each not in ("/dev/null", str(written))] == []


def test_nothing_personal_is_in_a_register_s_records_or_issues(council: Council) -> None:
    council.write("children", {"child_id": "C1", "upn": "A820432109001"})
    council.write(
        "permanence",
        {
            "child_id": "C1",
            "plan_a": "adoption",
            "plan_a_on": "2026-08-20",
            "plan_b_not_required_until": "2027-01-01",
            "plan_b_not_required_reason": "ZQSTORY of a child",
        },
    )
    council.write(
        "plo",
        {"case_id": "P1", "child_id": "C1", "gateway_on": "2026-10-01", "next_step": "hearing for ZQSURNAME"},
        {"case_id": "P2", "child_id": "ZQSURNAME|", "gateway_on": "2026-10-01", "next_step": "ZQSTORY"},
    )
    council.take()
    council.home.engine.dispose()
    assert holds(everything_under(council.home.path)) == []


def test_the_watch_folder_keeps_the_council_s_own_file_and_nothing_else_of_it(council: Council) -> None:
    council.configure("sources.yaml", "plo-tracker:\n  mapping: plo-tracker\n")
    folder = council.home.path / "var" / "inbox" / "plo-tracker"
    folder.mkdir(parents=True)
    name = write_csv(folder).name
    inbox = Inbox(council.home)
    list(inbox.look(NOW, lambda _, __: None))
    list(inbox.look(NOW.replace(hour=10), lambda _, __: None))
    council.home.engine.dispose()
    kept = [path for path in council.home.path.rglob("*") if path.is_file() and path.name != name]
    assert holds(b"".join(path.read_bytes() for path in kept)) == []
