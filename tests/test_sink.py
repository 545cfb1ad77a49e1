"""The local mail server that keeps mails as files."""

import gc
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.errors import CannotRun, Refused, RetryLater
from monitor.mail import MailServer, Parcel, Result, Sent, hand_over_all
from monitor.sink import MailSink


@pytest.fixture(autouse=True)
def _nothing_is_left_open() -> Iterator[None]:
    yield
    gc.collect()


def a_mail(number: int, body: str = "A visit is due.") -> bytes:
    return f"Message-ID: <{number}@council.test>\r\nSubject: Visit\r\n\r\n{body}\r\n".encode()


def handed_over(port: int, *mails: bytes, recipient: str = "team.manager@council.test") -> list[Result]:
    server = MailServer(host="127.0.0.1", port=port, security="none", local_hostname="monitor.test")
    results: list[Result] = []
    parcels = [
        Parcel(key=key, sender="monitor@council.test", recipient=recipient, raw=raw)
        for key, raw in enumerate(mails)
    ]
    hand_over_all(server, parcels, lambda _parcel, result: results.append(result))
    return results


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_each_mail_becomes_a_numbered_file_with_its_own_bytes(tmp_path: Path) -> None:
    folder = tmp_path / "var" / "mails"
    with MailSink(folder) as sink:
        results = handed_over(sink.port, a_mail(1), a_mail(2))
        assert sink.received == 2
    assert [type(result) for result in results] == [Sent, Sent]
    assert names(folder) == ["0001-team.manager.eml", "0002-team.manager.eml"]
    assert (folder / "0002-team.manager.eml").read_bytes() == a_mail(2)


def test_the_reply_names_the_file(tmp_path: Path) -> None:
    with MailSink(tmp_path) as sink:
        assert handed_over(sink.port, a_mail(1)) == [Sent(reply="2.0.0 Kept as 0001-team.manager.eml")]


def test_numbers_carry_on_after_the_files_of_earlier_runs(tmp_path: Path) -> None:
    (tmp_path / "0041-iro.eml").write_bytes(a_mail(41))
    (tmp_path / "notes.eml").write_bytes(b"not one of ours")
    with MailSink(tmp_path) as sink:
        handed_over(sink.port, a_mail(1))
    with MailSink(tmp_path) as sink:
        handed_over(sink.port, a_mail(2))
    assert names(tmp_path) == ["0041-iro.eml", "0042-team.manager.eml", "0043-team.manager.eml", "notes.eml"]


def test_a_mail_that_comes_twice_is_one_file_counted_twice(tmp_path: Path) -> None:
    with MailSink(tmp_path) as sink:
        handed_over(sink.port, a_mail(1), a_mail(2), a_mail(1, "The same again."))
        assert sink.received == 3
    assert names(tmp_path) == ["0001-team.manager.eml", "0002-team.manager.eml"]
    assert (tmp_path / "0001-team.manager.eml").read_bytes() == a_mail(1, "The same again.")


def test_a_mail_that_an_earlier_run_kept_takes_its_old_place(tmp_path: Path) -> None:
    (tmp_path / "0007-iro.eml").write_bytes(a_mail(1))
    with MailSink(tmp_path) as sink:
        handed_over(sink.port, a_mail(1, "The same again."), a_mail(2))
    assert names(tmp_path) == ["0007-iro.eml", "0008-team.manager.eml"]


def test_mails_without_a_message_id_are_each_kept(tmp_path: Path) -> None:
    with MailSink(tmp_path) as sink:
        handed_over(sink.port, b"Subject: one\r\n\r\n", b"Subject: one\r\n\r\n")
    assert len(names(tmp_path)) == 2


@pytest.mark.parametrize(
    ("recipient", "name"),
    [
        ("a/b/../c@council.test", "0001-a-b-..-c.eml"),
        ('"../../etc/passwd"@council.test', "0001-etc-passwd.eml"),
        ("zoë@council.test", "0001-zo.eml"),
        ("'@council.test", "0001-unknown.eml"),
        ("x" * 200 + "@council.test", f"0001-{'x' * 60}.eml"),
        ("Duty+Alerts@council.test", "0001-Duty+Alerts.eml"),
    ],
)
def test_a_file_name_holds_nothing_that_could_lead_elsewhere(
    tmp_path: Path, recipient: str, name: str
) -> None:
    folder = tmp_path / "mails"
    with MailSink(folder) as sink:
        handed_over(sink.port, a_mail(1), recipient=recipient)
    assert names(folder) == [name]
    assert names(tmp_path) == ["mails"]


def test_a_mail_beyond_ten_megabytes_is_refused_and_not_kept(tmp_path: Path) -> None:
    big = a_mail(1) + (b"x" * 78 + b"\r\n") * 140_000
    with MailSink(tmp_path) as sink:
        (result,) = handed_over(sink.port, big)
        assert sink.received == 0
    assert isinstance(result, Refused)
    assert result.code == 552
    assert names(tmp_path) == []


def test_a_folder_that_is_gone_puts_the_mail_off(tmp_path: Path) -> None:
    folder = tmp_path / "mails"
    with MailSink(folder) as sink:
        folder.rmdir()
        (result,) = handed_over(sink.port, a_mail(1))
        assert sink.received == 0
        folder.mkdir()
        handed_over(sink.port, a_mail(1))
    assert type(result) is RetryLater
    assert result.code == 452
    assert names(folder) == ["0001-team.manager.eml"]


def test_a_folder_that_cannot_be_made_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "mails").write_text("a file")
    with pytest.raises(CannotRun, match="mails cannot be kept here"), MailSink(tmp_path / "mails"):
        pass


def test_a_port_that_is_taken_is_said_plainly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIOSMTPD_CONTROLLER_TIMEOUT", "0.3")  # how long aiosmtpd waits before it admits it
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(CannotRun, match="no mail server can listen here"), MailSink(tmp_path, port=port):
            pass


def test_the_sink_listens_on_this_machine_only_and_stops_when_closed(tmp_path: Path) -> None:
    with MailSink(tmp_path) as sink, socket.create_connection(("127.0.0.1", sink.port), timeout=2) as caller:
        assert caller.recv(3) == b"220"
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", sink.port), timeout=2)
