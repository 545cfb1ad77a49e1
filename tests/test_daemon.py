"""The daemon: one piece of work at a time, each day once, and a clean end when told to stop."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from monitor import tables
from monitor.bootstrap import Home, writing
from monitor.council import write_council
from monitor.daemon import Daemon
from monitor.homes import lay_out
from monitor.sink import MailSink
from tests.conftest import Council

MORNING = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
AT_WORK = """
import os, sys
from datetime import datetime
from pathlib import Path
from monitor import daemon

if __name__ == "__main__":
    clock = datetime.fromisoformat(sys.argv[2])
    daemon.run(Path(sys.argv[1]), lambda: clock)
    sys.stdout.flush()
    os._exit(0)
"""


@pytest.fixture
def council_at_home(tmp_path: Path) -> Iterator[Council]:
    path = tmp_path / "home"
    lay_out(path)
    (path / "config" / "sources.yaml").unlink()
    council = Council(Home(path), tmp_path / "registers")
    yield council
    if "engine" in vars(council.home):
        council.home.engine.dispose()


def sweeps(home: Home) -> int:
    with home.engine.connect() as connection:
        finished = tables.sweep.c.finished_at.is_not(None)
        return connection.scalar(select(func.count()).select_from(tables.sweep).where(finished)) or 0


def started(path: Path, tmp_path: Path, socket_path: Path) -> "subprocess.Popen[str]":
    script = tmp_path / "at_work.py"
    script.write_text(AT_WORK, encoding="utf-8")
    return subprocess.Popen(
        [sys.executable, str(script), str(path), MORNING.isoformat()],
        env={**os.environ, "NOTIFY_SOCKET": str(socket_path), "PYTHONPATH": str(Path(__file__).parents[1])},
        stdout=subprocess.PIPE,
        text=True,
    )


def heard(listener: socket.socket, wanted: bytes, within: float = 30.0) -> bool:
    deadline = time.monotonic() + within
    listener.settimeout(1.0)
    while time.monotonic() < deadline:
        try:
            if wanted in listener.recv(4096):
                return True
        except TimeoutError:
            continue
    return False


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[tuple[socket.socket, Path]]:
    path = tmp_path / "n"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(path))
        yield listener, path


def test_a_real_daemon_sweeps_mails_and_stops_within_ten_seconds_of_sigterm(
    council_at_home: Council, tmp_path: Path, systemd: tuple[socket.socket, Path]
) -> None:
    home = council_at_home.home
    write_council(council_at_home.folder, children=60, seed=3, as_at=MORNING.date())
    council_at_home.take(MORNING.date())
    with MailSink(tmp_path / "mail") as sink:
        settings = home.path / "config" / "monitor.toml"
        text = settings.read_text(encoding="utf-8")
        text = text.replace('mode = "off"', 'mode = "redirect"').replace(
            'redirect-to = ""', 'redirect-to = "a@council.example"'
        )
        text = text.replace("allowed-domains = []", 'allowed-domains = ["council.example"]')
        text = text.replace(
            'host = "localhost"\nport = 25\nsecurity = "starttls"',
            f'host = "127.0.0.1"\nport = {sink.port}\nsecurity = "none"',
        )
        settings.write_text(text, encoding="utf-8")
        process = started(home.path, tmp_path, systemd[1])
        assert heard(systemd[0], b"READY=1")
        deadline = time.monotonic() + 60
        while sink.received == 0 and time.monotonic() < deadline:
            time.sleep(0.2)
        asked = time.monotonic()
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=20)
        took = time.monotonic() - asked
        assert process.returncode == 0
        assert took < 10
        assert sink.received > 0
    did = [json.loads(line)["did"] for line in said.splitlines()]
    assert did[0] == "started"
    assert "swept" in did
    assert sweeps(home) == 1


def test_a_daemon_told_to_stop_in_the_middle_of_a_sweep_leaves_nothing_half_done(
    council_at_home: Council, tmp_path: Path, systemd: tuple[socket.socket, Path]
) -> None:
    home = council_at_home.home
    write_council(council_at_home.folder, children=1_500, seed=4, as_at=MORNING.date())
    council_at_home.take(MORNING.date())
    process = started(home.path, tmp_path, systemd[1])
    assert heard(systemd[0], b"READY=1")
    time.sleep(0.2)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    assert process.returncode == 0
    with home.engine.connect() as connection:
        alerts = connection.scalar(select(func.count()).select_from(tables.alert))
        opened = connection.scalar(select(func.count()).select_from(tables.transition))
    assert (alerts == 0) == (opened == 0) == (sweeps(home) == 0)
    Daemon(home.path, clock=lambda: MORNING).work()
    assert sweeps(home) == 1


def test_a_day_is_swept_once_and_again_when_new_data_came(council_at_home: Council) -> None:
    home = council_at_home.home
    council_at_home.write("children", {"child_id": "C1", "dob": "2020-01-01"})
    council_at_home.take(MORNING.date())
    daemon = Daemon(home.path, clock=lambda: MORNING)
    daemon.work()
    daemon.work()
    assert sweeps(home) == 1
    later = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
    with writing(home.engine).begin() as connection:
        connection.execute(tables.load.update().values(taken_at=later))
    daemon.work()
    assert sweeps(home) == 2
    daemon.home.engine.dispose()


def at_midnight(home: Home) -> None:
    """Let the day's work begin at midnight."""
    path = home.path / "config" / "monitor.toml"
    text = path.read_text(encoding="utf-8").replace('sweep = "06:30"', 'sweep = "00:00"')
    path.write_text(text.replace('outbox = "07:30"', 'outbox = "00:00"'), encoding="utf-8")


@pytest.mark.parametrize(
    "moment", [datetime(2026, 11, 23, 1, 30, tzinfo=UTC), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)]
)
def test_nothing_is_done_between_one_and_two_in_london(council_at_home: Council, moment: datetime) -> None:
    at_midnight(council_at_home.home)
    daemon = Daemon(council_at_home.home.path, clock=lambda: moment)
    daemon.work()
    assert sweeps(council_at_home.home) == 0
    daemon.home.engine.dispose()


def test_a_rule_file_that_is_wrong_leaves_the_former_rules_in_force(council_at_home: Council) -> None:
    home = council_at_home.home
    daemon = Daemon(home.path, clock=lambda: MORNING)
    before = len(daemon.home.rules)
    (home.path / "rules" / "plo" / "plo-stalled.yaml").write_text("id: [", encoding="utf-8")
    daemon.work()
    assert len(daemon.home.rules) == before
    assert sweeps(home) == 1
    daemon.home.engine.dispose()


def test_a_sweep_time_in_the_hour_that_comes_twice_is_refused(council_at_home: Council) -> None:
    path = council_at_home.home.path / "config" / "monitor.toml"
    path.write_text(
        path.read_text(encoding="utf-8").replace('sweep = "06:30"', 'sweep = "01:15"'), encoding="utf-8"
    )
    with pytest.raises(Exception, match=r"schedule.sweep may not lie between 01:00 and 02:00"):
        Daemon(council_at_home.home.path)


def test_the_day_of_a_sweep_is_londons_day(council_at_home: Council) -> None:
    late = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)
    at_midnight(council_at_home.home)
    daemon = Daemon(council_at_home.home.path, clock=lambda: late)
    daemon.work()
    with daemon.home.engine.connect() as connection:
        assert connection.scalar(select(tables.sweep.c.as_at)) == date(2026, 7, 1)
    daemon.home.engine.dispose()
