"""Who may be mailed, through the real command: off, redirected or live, allowed domains, addresses that are none."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import update

from monitor import outbox, tables
from monitor.bootstrap import Home, writing
from tests.conftest import Council
from tests.faults import (
    COULD_NOT,
    DAY,
    WRONG,
    a_copy,
    a_council,
    arrived,
    later,
    live,
    mails_by,
    owing,
    people,
    request,
    rows,
    run,
    run_limited,
    states,
    swept,
    write_requests,
)
from tests.smtp_servers import PostOffice, running

OUTBOX = ("outbox", "--as-at", DAY)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return owing(tmp_path_factory.mktemp("template"))


@pytest.fixture
def council(template: Path, tmp_path: Path) -> Iterator[Council]:
    yield from a_copy(template, tmp_path)


def test_an_address_with_a_line_break_is_withheld_and_does_not_hold_up_the_rest(council: Council) -> None:
    broken = "w2@council.example\nbcc: all@council.example"
    with writing(council.home.engine).begin() as connection:
        connection.execute(update(tables.notice).where(tables.notice.c.id == 2).values(address=broken))
    office = PostOffice()
    with running(office) as port:
        council = live(council, port)
        done = run(council, *OUTBOX)
    assert done.stderr == "1 notices were not sent: the address is not one plain e-mail address.\n"
    assert states(council) == {"w1@council.example": "sent", "w3@council.example": "sent"}
    assert [each.rcpt_tos for each in office.taken] == [["w1@council.example"], ["w3@council.example"]]


def test_an_address_of_two_lines_in_the_register_gets_no_mail_and_leaves_no_notice_without_a_word(
    tmp_path: Path,
) -> None:
    council = a_council(tmp_path)
    people(council, 2, W2="w2@council.example\nbcc: all@council.example")
    write_requests(council, request(1, 21), request(2, 21))
    council.take(DAY)
    swept(council)
    office = PostOffice()
    with running(office) as port:
        council = live(council, port)
        later(council)
    reached = {address for each in office.taken for address in each.rcpt_tos}
    assert {"w1@council.example"} <= reached <= {"w1@council.example", "w91@council.example"}
    assert all(map(any, rows(council, tables.notice, "message_id", "not_sent_because")))
    council.home.engine.dispose()


def test_while_mail_is_off_nothing_is_composed_and_everything_stays_owed(council: Council) -> None:
    with running(PostOffice()) as port:
        council = mails_by(council, port, "off")
        done = run(council, *OUTBOX)
    assert (done.returncode, done.stderr) == (0, "")
    assert "mail is off: notices stay owed." in done.stdout
    assert (states(council), outbox.owed_now(council.home)) == ({}, 3)


def test_redirected_mail_goes_to_one_address_and_names_the_true_recipient_inside(council: Council) -> None:
    office = PostOffice()
    with running(office) as port:
        assert run(mails_by(council, port), *OUTBOX).returncode == 0
    assert {address for each in office.taken for address in each.rcpt_tos} == {"all@council.example"}
    assert {str(each["To"]) for each in arrived(office)} == {"all@council.example"}
    bodies = [str(each.get_body(("plain",))) for each in arrived(office)]
    assert [f"have gone to: w{number}@council.example" in bodies[number - 1] for number in (1, 2, 3)] == [
        True
    ] * 3


def test_live_mail_without_go_live_sends_nothing(council: Council) -> None:
    office = PostOffice()
    with running(office) as port:
        council = mails_by(council, port, "live")
        done = run(council, *OUTBOX)
    assert "nobody ran `monitor go-live` here: nothing was sent." in done.stdout
    assert (office.taken, outbox.owed_now(council.home)) == ([], 3)


def test_mail_cannot_go_live_before_its_domains_are_said(council: Council) -> None:
    council = mails_by(council, 25, "off", **{"allowed-domains": "[]"})
    done = run(council, "go-live", "--by", "W93", "--yes")
    assert (done.returncode, done.stderr) == (
        WRONG,
        "monitor: config/monitor.toml: mail.allowed-domains is empty: say first to which domains mail may go.\n",
    )
    assert Home(council.home.path).settings.mail.mode == "off"


def test_without_allowed_domains_redirected_mail_stays_owed_and_goes_once_they_are_said(
    council: Council,
) -> None:
    office = PostOffice()
    with running(office) as port:
        council = mails_by(council, port, **{"allowed-domains": "[]"})
        (said,) = later(council).said
        assert said.startswith("mail.allowed-domains is empty")
        assert later(mails_by(council, port)).sent == 3


def test_after_go_live_mail_goes_to_each_and_to_no_other_domain(council: Council) -> None:
    with writing(council.home.engine).begin() as connection:
        notice = tables.notice
        connection.execute(update(notice).where(notice.c.id == 3).values(address="w3@elsewhere.example"))
    office = PostOffice()
    with running(office) as port:
        council = mails_by(council, port, "off")
        gone = run(council, "go-live", "--by", "W93", "--yes")
        done = run(council, *OUTBOX)
    assert gone.stdout == "Live. 3 notices or messages are owed and go with the next run of the outbox.\n"
    assert [each.rcpt_tos for each in office.taken] == [["w1@council.example"], ["w2@council.example"]]
    assert done.stderr == "1 notices were not sent: the address is outside mail.allowed-domains.\n"


def test_a_mail_that_waits_does_not_go_to_a_domain_that_is_allowed_no_longer(council: Council) -> None:
    office = PostOffice(data=["451 later"] * 3)
    with running(office) as port:
        council = live(council, port)
        assert outbox.post(council.home, day=DAY, now=datetime.now(UTC)).deferred == 3
        posted = later(mails_by(council, port, "live", **{"allowed-domains": '["another.example"]'}))
    assert posted.faults == ["3 messages wait: the address is outside mail.allowed-domains."]
    assert (office.taken, posted.waiting) == ([], 3)


def test_going_live_on_a_full_disk_leaves_the_settings_whole(council: Council) -> None:
    council = mails_by(council, 25, "off")
    path = council.home.path / "config" / "monitor.toml"
    before = path.read_text()
    done = run_limited(council, 20, "go-live", "--by", "W93", "--yes")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (COULD_NOT, "", 1)
    assert path.read_text() == before
    assert sorted(each.name for each in path.parent.iterdir()) == ["monitor.toml", "rules.yaml"]


def test_going_live_with_a_locked_ledger_is_said_in_one_line_and_nothing_leaves(council: Council) -> None:
    office = PostOffice()
    with running(office) as port:
        council = mails_by(council, port, "off")
        with writing(council.home.engine).begin():
            done = run(council, "go-live", "--by", "W93", "--yes")
        assert later(Council(Home(council.home.path), council.folder)).sent == 0
    assert (done.returncode, done.stdout) == (COULD_NOT, "")
    assert done.stderr.startswith("monitor: the database is locked by another run")
    assert office.taken == []
