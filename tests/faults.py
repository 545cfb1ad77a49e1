"""What the tests of faults arrange: a council with a few people and requests, its mail, and commands that are hurt."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

from sqlalchemy import Table, select, text

from monitor import outbox, tables
from monitor.bootstrap import Home
from monitor.golive import go_live
from monitor.report import Posted, Report
from monitor.sweep import sweep
from tests.conftest import Council, monitor
from tests.smtp_servers import PostOffice

DAY = date(2026, 6, 1)  # a Monday; the real command sweeps no day that is still to come
WRONG, COULD_NOT = 1, 3
STOPPED_AT_A_ROW = "INSERT INTO episode"
CHECKOUT = Path(__file__).parents[1]
LINE = {
    "team_manager_id": "W91",
    "service_manager_id": "W92",
    "head_of_service_id": "W93",
    "director_id": "W94",
}
COLUMNS = ("decided_on", "decision", "draft_sent_on", "no_plan_notice_on", "final_sent_on", "closed_on")
Done = subprocess.CompletedProcess[str]
Process = subprocess.Popen[str]

# A process that may write no file beyond so many bytes, as on a disk that is full; then the real command.
_LIMITED = """
import os, resource, sys
most = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
os.execv(sys.executable, [sys.executable, "-m", "monitor", *sys.argv[2:]])
"""


def a_council(path: Path) -> Council:
    """A home with the rules on EHC requests, whose mail is off."""
    (path / "home" / "config").mkdir(parents=True)
    (path / "home" / "config" / "rules.yaml").write_text("areas: [send]\n")
    return Council(Home(path / "home"), path / "registers")


def mails_by(council: Council, port: int, mode: str = "redirect", **more: str) -> Council:
    """The same home, which now sends its mail to this port; `more` are further lines of [mail]."""
    said = {
        "mode": f'"{mode}"',
        "redirect-to": '"all@council.example"',
        "allowed-domains": '["council.example"]',
        "sender": '"case-monitor@council.example"',
        "host": '"127.0.0.1"',
        "port": str(port),
        "security": '"none"',
    }
    lines = [f"{key} = {value}" for key, value in {**said, **more}.items()]
    path = council.home.path / "config" / "monitor.toml"
    path.write_text("\n".join(["[mail]", *lines, ""]), encoding="utf-8")
    council.home.engine.dispose()
    return Council(Home(council.home.path), council.folder)


def people(council: Council, officers: int = 3, **emails: str) -> None:
    """Case officers W1, W2, ... and the line above them, each with an address unless `emails` has another."""
    council.write("teams", {"team_id": "T1", "name": "SEND 1", "service": "SEND", **LINE})
    workers = [*(f"W{number}" for number in range(1, officers + 1)), *LINE.values()]
    council.write(
        "workers",
        *(
            {
                "worker_id": worker,
                "email": emails.get(worker, f"{worker.lower()}@council.example"),
                "team_id": "T1",
            }
            for worker in workers
        ),
    )


def request(number: int, days_ago: int, **more: str) -> dict[str, str]:
    """An EHC request of child C<number>, dealt with by officer W<number>."""
    row = {
        "request_id": f"E{number}",
        "child_id": f"C{number}",
        "received_on": str(DAY - timedelta(days=days_ago)),
    }
    rest = dict.fromkeys((*COLUMNS, "exception_code"), "")
    return {**row, **rest, "case_officer_id": f"W{number}", **more}


def write_requests(council: Council, *rows: dict[str, str]) -> None:
    council.write(
        "children", *({"child_id": each, "team_id": "T1"} for each in {row["child_id"]: 0 for row in rows})
    )
    council.write("ehc", *rows)


def mails_owed(council: Council, officers: int = 3, **emails: str) -> None:
    """A swept home that owes each officer one mail: each has a request that is three weeks old today."""
    people(council, officers, **emails)
    write_requests(council, *(request(number, 21) for number in range(1, officers + 1)))
    assert council.take(DAY).is_clean
    assert swept(council, DAY).notices.total() == officers


def owing(path: Path) -> Path:
    """A folder with a home that owes three officers a mail each."""
    council = a_council(path)
    mails_owed(council)
    council.home.engine.dispose()
    return path


def a_copy(template: Path, path: Path) -> Iterator[Council]:
    """A copy of that home, closed afterwards."""
    shutil.copytree(template, path, dirs_exist_ok=True)
    council = Council(Home(path / "home"), path / "registers")
    yield council
    council.home.engine.dispose()


def end_connections(council: Council) -> None:
    """The PostgreSQL server ends every connection to this ledger but ours."""
    others = "datname = current_database() AND pid <> pg_backend_pid()"
    with council.home.engine.connect() as connection:
        connection.execute(text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"))  # noqa: S608


def live(council: Council, port: int, **more: str) -> Council:
    """The same home, gone live with its mail to this port."""
    council = mails_by(council, port, "off", **more)
    go_live(council.home, "W93", datetime.now(UTC))
    council.home.engine.dispose()
    return Council(Home(council.home.path), council.folder)


def states(council: Council) -> dict[str, str]:
    """What became of the mail to each address."""
    return {str(address): str(state) for address, state in rows(council, tables.message, "address", "state")}


def kept(council: Council) -> dict[str, bytes]:
    """By Message-ID, the bytes that the ledger keeps of every message."""
    with council.home.engine.connect() as connection:
        found = connection.execute(select(tables.message.c.message_id, tables.message.c.raw))
        return {number: bytes(raw) for number, raw in found}


def arrived(office: PostOffice) -> list[EmailMessage]:
    parser = BytesParser(policy=policy.default)
    return [parser.parsebytes(each.original_content or b"") for each in office.taken]


def later(council: Council) -> Posted:
    """The outbox again, when every mail that was put off may be tried."""
    return outbox.post(council.home, day=DAY, now=datetime.now(UTC) + timedelta(hours=5))


def swept(council: Council, day: date = DAY) -> Report:
    return sweep(council.home, as_at=day, now=datetime.now(UTC), dry_run=False, progress=lambda _, __: None)


def rows(council: Council, table: Table, *columns: str) -> list[tuple[object, ...]]:
    """These columns of every row, in order."""
    with council.home.engine.connect() as connection:
        found = connection.execute(
            select(*(table.c[column] for column in columns)).order_by(*table.primary_key)
        )
        return [tuple(row) for row in found]


def alerts(council: Council) -> list[tuple[object, ...]]:
    """What stands open and what is closed, apart from numbers and moments."""
    return happened(council)["alert"]


def happened(council: Council) -> dict[str, list[tuple[object, ...]]]:
    """What sweeps have made of the cases, apart from the ledger's own numbers and the moments of writing."""
    alert, transition, notice, rung = tables.alert, tables.transition, tables.notice, tables.rung
    about = (alert.c.rule, alert.c.subject, alert.c.ref)
    wanted = {
        "alert": (alert, (alert.c.started_on, alert.c.state, alert.c.stage, alert.c.due_on, alert.c.told_no)),
        "transition": (transition, (transition.c.kind, transition.c.as_at, transition.c.why)),
        "notice": (
            notice,
            (notice.c.address, notice.c.kind, notice.c.step, notice.c.because, notice.c.as_at),
        ),
        "rung": (rung, (rung.c.no, rung.c.claimed_on, rung.c.role, rung.c.told)),
    }
    found = {}
    with council.home.engine.connect() as connection:
        for name, (table, columns) in wanted.items():
            source = alert if table is alert else alert.join(table, table.c.alert_id == alert.c.id)
            made = connection.execute(select(*about, *columns).select_from(source))
            found[name] = sorted((tuple(row) for row in made), key=repr)
    return found


def wait_until(is_so: Callable[[], bool]) -> None:
    """Wait for as long as a loaded machine may need."""
    deadline = time.monotonic() + 60
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.02)


def run(council: Council, *arguments: object, database: str | None = None) -> Done:
    """The real command on this home; whatever happens, no traceback reaches anybody."""
    elsewhere = {} if database is None else {"MONITOR_DATABASE_URL": database}
    return spoken(monitor("--home", council.home.path, *arguments, cwd=None, **elsewhere))


def run_limited(council: Council, most: int, *arguments: object) -> Done:
    """The same on a disk that takes no file larger than so many bytes."""
    command = [sys.executable, "-c", _LIMITED, str(most), "--home", council.home.path, *arguments]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=120, check=False)
    return spoken(done)


def spoken(done: Done) -> Done:
    assert "Traceback" not in done.stdout + done.stderr
    return done


def started(council: Council, *arguments: object, before: Sequence[object] = ("monitor",)) -> Process:
    """The real command, begun and not waited for; `before` names the module that runs it."""
    command = [sys.executable, "-m", *before, "--home", council.home.path, *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(list(map(str, command)), cwd=CHECKOUT, stdout=pipe, stderr=pipe, text=True)


def dying(council: Council, signal_name: str, at: int, words: str, *arguments: object) -> Process:
    """The same, which sends itself this signal before that word to the database: see tests/dying.py."""
    return started(council, *arguments, before=("tests.dying", signal_name, at, words))


@contextmanager
def stopped(council: Council, words: str, *arguments: object) -> Iterator[Process]:
    """The real command, standing still before its first statement with these words."""
    with dying(council, "STOP", 1, words, *arguments) as process:
        try:
            os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
            assert process.returncode is None
            yield process
        finally:
            process.kill()
