"""What a home's settings may say, and that a folder without any is no home."""

from pathlib import Path

import pytest

from monitor.errors import BadSettings
from monitor.settings import Settings, load_settings
from tests.conftest import monitor

REDIRECT = 'mode = "redirect"\nallowed-domains = ["council.example"]\nredirect-to = '


def settings(home: Path, text: str) -> Settings:
    (home / "config").mkdir()
    (home / "config" / "monitor.toml").write_text(text, encoding="utf-8")
    return load_settings(home)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (f'[mail]\n{REDIRECT}""', "mail.redirect-to is empty, but mail.mode is 'redirect': say to whom."),
        (
            f'[mail]\n{REDIRECT}"a@b.example, c@d.example"',
            "mail.redirect-to is not one plain e-mail address.",
        ),
        (
            f'[mail]\n{REDIRECT}"tester@elsewhere.example"',
            "mail.redirect-to is outside mail.allowed-domains: mail goes nowhere else.",
        ),
        ('[mail]\nsender = "nonsense"', "mail.sender is not one plain e-mail address."),
        ('[mail]\nport = "post"', "mail.port: 'post' is not a whole number."),
        ('[links]\npage = "javascript:alert(1)"', "links.page must begin with https:// or http://."),
        (
            '[links]\npage = "https://m.example/{alrt}"',
            "links.page names nothing to open. Allowed: {alert}.",
        ),
        ('[schedule]\nsweep = "25:00"', "schedule.sweep: '25:00' is not a time of day. Write it as 06:30."),
        (
            '[days]\nclosure-days = ["24/12/2026"]',
            "days.closure-days.0: '24/12/2026' is not a day. Write it as 2026-12-24.",
        ),
    ],
)
def test_a_setting_that_cannot_be_right_is_refused_in_plain_words(
    tmp_path: Path, text: str, fault: str
) -> None:
    with pytest.raises(BadSettings) as refused:
        settings(tmp_path, text)
    assert refused.value.faults == (f"config/monitor.toml: {fault}",)


def test_a_name_in_the_environment_that_is_no_setting_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MONITOR_MIAL__PORT", "1")
    with pytest.raises(
        BadSettings, match=r"MONITOR_MIAL__PORT: there is no such setting\. Did you mean 'MAIL'\?"
    ):
        settings(tmp_path, "")


@pytest.mark.parametrize(
    "address", ["foo://x", "mysql://u:secret@h/x", "postgresql+psycopg://u:secret@h:bad/x"]
)
def test_an_address_of_no_database_is_one_line_and_holds_no_password(tmp_path: Path, address: str) -> None:
    done = monitor("--home", tmp_path, "sweep", MONITOR_DATABASE_URL=address)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert done.stderr.startswith(
        "monitor: MONITOR_DATABASE_URL is not the address of an SQLite or PostgreSQL"
    )
    assert "secret" not in done.stderr


@pytest.mark.parametrize("command", ["sweep", "alerts", "outbox", "clocks", "run"])
def test_a_folder_that_is_no_home_does_not_say_that_nothing_is_late(tmp_path: Path, command: str) -> None:
    done = monitor("--home", tmp_path / "hoem", command)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"monitor: {tmp_path / 'hoem'} is no home: `monitor init` makes one, and --home names another.\n"
    )


@pytest.mark.parametrize("broken", ["{% if %}", "{{ nothing.at.all }}", None])
def test_doctor_says_which_template_is_broken(tmp_path: Path, broken: str | None) -> None:
    monitor("--home", tmp_path, "init")
    template = tmp_path / "templates" / "digest.txt"
    if broken is None:
        template.unlink()
    else:
        template.write_text(broken, encoding="utf-8")
    done = monitor("--home", tmp_path, "doctor")
    assert (done.returncode, done.stderr) == (1, "")
    assert "templates/digest.txt:" in done.stdout
