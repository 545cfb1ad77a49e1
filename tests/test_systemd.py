"""The units as systemd itself reads them, in a scratch root: nothing is installed and nothing is started."""

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

UNITS = Path(__file__).parent.parent / "systemd"
DOCS = UNITS.parent / "docs" / "operate.md"
SERVICE = "case-progression-monitor.service"
SYSUSERS = "case-progression-monitor.sysusers.conf"
HOME = "/var/lib/case-progression-monitor"
LAUNCHER = "/opt/case-progression-monitor/.venv/bin/monitor"
SECRETS = "/etc/case-progression-monitor/credentials"
HIGHEST_EXPOSURE = "15"  # systemd-analyze counts in tenths

# What the unit hangs on: written here, so that the machine's own units cannot spoil the answer.
TARGETS = ["sysinit", "basic", "shutdown", "multi-user", "network-online", "time-sync"]


def needs(program: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(
        shutil.which(program) is None, reason=f"{program} is missing (Debian: apt-get install systemd)"
    )


def settings(name: str, section: str = "Service") -> list[tuple[str, str]]:
    """The lines of one section in order; a key may come more than once."""
    found, current = [], ""
    for line in (UNITS / name).read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            current = line.strip("[]")
        elif current == section and line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.append((key, value))
    return found


def values(name: str, key: str) -> list[str]:
    return [value for found, value in settings(name) if found == key]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A machine in a folder: our unit, our launcher, and the targets that they hang on."""
    units = tmp_path / "etc/systemd/system"
    units.mkdir(parents=True)
    shutil.copy(UNITS / SERVICE, units)
    for target in TARGETS:
        (units / f"{target}.target").write_text(f"[Unit]\nDescription={target}\n", encoding="utf-8")
    launcher = tmp_path / LAUNCHER.lstrip("/")
    launcher.parent.mkdir(parents=True)
    launcher.write_text("#!/bin/sh\n", encoding="utf-8")
    launcher.chmod(0o755)
    return tmp_path


def drop_in(root: Path, name: str) -> None:
    folder = root / f"etc/systemd/system/{SERVICE}.d"
    folder.mkdir(exist_ok=True)
    shutil.copy(UNITS / f"{name}.conf.example", folder / f"{name}.conf")


def analyse(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = ["systemd-analyze", *words, f"--root={root}", "--no-pager", SERVICE]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def verify(root: Path) -> tuple[int, list[str]]:
    """The exit code and each complaint."""
    done = analyse(root, "verify", "--man=no", "--recursive-errors=yes")
    return done.returncode, (done.stdout + done.stderr).splitlines()


@needs("systemd-analyze")
def test_systemd_reads_the_unit_without_a_complaint(root: Path) -> None:
    assert verify(root) == (0, [])


@needs("systemd-analyze")
def test_systemd_would_have_complained_about_a_misspelt_line(root: Path) -> None:
    with (root / "etc/systemd/system" / SERVICE).open("a", encoding="utf-8") as unit:
        unit.write("[Service]\nPrivatTmp=yes\n")
    code, complaints = verify(root)
    assert code != 0
    assert any("PrivatTmp" in line for line in complaints)


@needs("systemd-analyze")
def test_systemd_would_have_complained_about_a_launcher_that_is_not_there(root: Path) -> None:
    (root / LAUNCHER.lstrip("/")).unlink()
    code, complaints = verify(root)
    assert code != 0
    assert any("not executable" in line for line in complaints)


@needs("systemd-analyze")
@pytest.mark.parametrize("name", ["credentials", "network"])
def test_systemd_reads_the_example_drop_ins_without_a_complaint(root: Path, name: str) -> None:
    drop_in(root, name)
    assert verify(root) == (0, [])


@needs("systemd-analyze")
def test_nothing_but_the_growing_pause_is_news_to_an_older_systemd(root: Path) -> None:
    drop_in(root, "backoff")
    too_new = re.compile("Unknown (key|key name|lvalue) '(RestartSteps|RestartMaxDelaySec)'")
    assert [line for line in verify(root)[1] if not too_new.search(line)] == []


@needs("systemd-analyze")
def test_the_daemon_is_exposed_to_little(root: Path) -> None:
    done = analyse(root, "security", "--offline=yes", f"--threshold={HIGHEST_EXPOSURE}")
    assert done.returncode == 0, done.stdout + done.stderr


@needs("systemd-sysusers")
def test_systemd_would_create_the_user_that_the_daemon_runs_as(tmp_path: Path) -> None:
    command = ["systemd-sysusers", "--dry-run", f"--root={tmp_path}", str(UNITS / SYSUSERS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0
    assert f"Creating user '{values(SERVICE, 'User')[0]}'" in done.stdout + done.stderr


def test_the_unit_runs_the_daemon_on_its_home() -> None:
    assert values(SERVICE, "ExecStart") == [f"{LAUNCHER} --home {HOME} run"]
    assert values(SERVICE, "WorkingDirectory") == [HOME]
    assert values(SERVICE, "StateDirectory") == [Path(HOME).name]


def test_the_daemon_says_that_it_is_ready_and_feeds_a_watchdog() -> None:
    assert values(SERVICE, "Type") == ["notify"]
    assert values(SERVICE, "NotifyAccess") == ["main"]
    assert values(SERVICE, "WatchdogSec") == ["15min"]


def test_a_daemon_that_fails_is_started_again_however_often() -> None:
    assert values(SERVICE, "Restart") == ["on-failure"]
    assert ("StartLimitIntervalSec", "0") in settings(SERVICE, "Unit")


def test_a_lost_engine_process_does_not_take_the_daemon_with_it() -> None:
    assert values(SERVICE, "OOMPolicy") == ["continue"]
    assert values(SERVICE, "KillMode") == ["mixed"]


@pytest.mark.parametrize("file", sorted(UNITS.iterdir()), ids=lambda file: file.name)
def test_no_file_here_carries_a_secret(file: Path) -> None:
    lines = file.read_text(encoding="utf-8").splitlines()
    given = [line for line in lines if re.match(r"\s*(Environment|PassEnvironment|SetCredential)", line)]
    assert [line for line in given if re.search("password|secret|token|key|url", line, re.IGNORECASE)] == []
    assert [line for line in lines if re.search(r"://[^/\s]+:[^/\s]+@", line)] == []


def test_the_unit_starts_without_any_secret_and_the_drop_in_names_where_each_lies() -> None:
    assert values(SERVICE, "LoadCredential") == []
    wanted = [f"{name}:{SECRETS}/{name}" for name in ("smtp-password", "database-url")]
    assert values("credentials.conf.example", "LoadCredential") == wanted


@pytest.mark.parametrize("present", [[], ["smtp-password"], ["smtp-password", "database-url"]])
def test_a_command_of_the_operators_runs_as_the_daemons_user_with_the_secrets_there_are(
    tmp_path: Path, present: list[str]
) -> None:
    for name in present:
        (tmp_path / name).write_text("x", encoding="utf-8")
    words = as_service(tmp_path, ["explain", "two words"])
    options, command = words[: words.index("--")], words[words.index("--") + 1 :]
    assert command == [LAUNCHER, "--home", HOME, "explain", "two words"]
    assert f"--uid={values(SERVICE, 'User')[0]}" in options
    loaded = {word for word in options if "LoadCredential" in word}
    assert loaded == {f"--property=LoadCredential={name}:{tmp_path}/{name}" for name in present}


def as_service(folder: Path, words: Sequence[str]) -> list[str]:
    """What monitor-as-service hands to systemd-run; the secrets lie in this folder."""
    script = (UNITS / "monitor-as-service").read_text(encoding="utf-8")
    assert SECRETS in script
    fake = folder / "systemd-run"
    fake.write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\n", encoding="utf-8")
    fake.chmod(0o755)
    done = subprocess.run(
        ["/bin/sh", "-c", script.replace(SECRETS, str(folder)), "monitor", *words],
        env={"PATH": f"{folder}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout.splitlines()


@pytest.mark.parametrize("file", sorted(UNITS.iterdir()), ids=lambda file: file.name)
def test_the_operator_is_told_about_every_file_here(file: Path) -> None:
    assert file.name in DOCS.read_text(encoding="utf-8")
