"""The outbox against real mail servers that refuse, put off, drop the line, and a process that is killed."""

import signal
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from monitor import outbox, tables
from tests.conftest import Council
from tests.faults import (
    COULD_NOT,
    DAY,
    Process,
    a_copy,
    arrived,
    dying,
    kept,
    later,
    live,
    mails_by,
    owing,
    rows,
    run,
    run_limited,
    started,
    states,
    stopped,
)
from tests.smtp_servers import HANGS_UP, SAYS_NOTHING, PostOffice, ScriptedServer, running

OUTBOX = ("outbox", "--as-at", DAY)
UNKNOWN_USER = "550 5.1.1 <w2@council.example> no such user"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return owing(tmp_path_factory.mktemp("template"))


@pytest.fixture
def council(template: Path, tmp_path: Path) -> Iterator[Council]:
    yield from a_copy(template, tmp_path)


def test_a_mail_refused_for_good_is_marked_and_said_and_does_not_hold_up_the_rest(council: Council) -> None:
    office = PostOffice(rcpt={"w2@council.example": UNKNOWN_USER})
    with running(office) as port:
        council = live(council, port)
        done = run(council, *OUTBOX)
        again = later(council)
    assert done.returncode == COULD_NOT
    assert done.stderr == (
        f"Message 2 for W2: The mail server 127.0.0.1:{port} did not take the mail: it answered 550 5.1.1. "
        "It refuses the recipient's address. It will not go again: tell them another way.\n"
    )
    assert list(states(council).values()) == ["sent", "refused", "sent"]
    assert (again.sent, again.refused, len(office.taken)) == (0, 0, 2)


def test_a_mail_that_is_put_off_goes_later_as_the_very_same_bytes(council: Council) -> None:
    office = PostOffice(data=["451 4.7.1 greylisted", "452 4.3.1 no room", "250 Ok"])
    with running(office) as port:
        council = mails_by(council, port)
        done = run(council, *OUTBOX)
        owed = kept(council)
        at_once = outbox.post(council.home, day=DAY, now=datetime.now(UTC))
        posted = later(council)
    assert (done.returncode, done.stderr.count("\n")) == (COULD_NOT, 2)
    assert "it answered 451 4.7.1. It may take it later.\n" in done.stderr
    assert (at_once.sent, posted.composed, posted.sent) == (0, 0, 2)
    assert kept(council) == owed
    assert sorted(each.original_content or b"" for each in office.taken) == sorted(owed.values())


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (
            {"CONNECT": "554 no mail from you"},
            "could not be reached: it answered 554. See host, port and security",
        ),
        (
            {"RCPT": SAYS_NOTHING},
            "did not say that it has it: it did not answer in time. The same mail will go again.",
        ),
        ({"BODY": HANGS_UP}, "did not say that it has it: it hung up. The same mail will go again."),
        ({".": HANGS_UP}, "did not say that it has it: it hung up. The same mail will go again."),
    ],
)
def test_a_server_that_fails_is_told_in_one_line_and_every_mail_stays_owed(
    council: Council, script: dict[str, str], said: str
) -> None:
    with ScriptedServer(script) as server:
        council = mails_by(council, server.port, timeout="0.5")
        done = run(council, *OUTBOX)
    assert (done.returncode, done.stderr.count("\n")) == (COULD_NOT, 1)
    assert said in done.stderr
    assert set(states(council).values()) == {"owed"}
    office = PostOffice()
    with running(office) as port:
        assert later(mails_by(council, port)).sent == 3
    assert {str(each["Message-ID"]) for each in arrived(office)} == set(kept(council))


class Killer(PostOffice):
    """An office that kills the process which calls it: at the n-th mail's MAIL, or once it has taken the n-th."""

    def __init__(self, moment: str, at: int) -> None:
        super().__init__()
        self.moment, self.left = moment, at
        self.victim: Process | None = None
        self.is_known = threading.Event()

    def kill_at(self, moment: str) -> None:
        self.is_known.wait(60)
        self.left -= moment == self.moment
        if self.left == 0 and self.victim:
            self.victim.kill()

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.kill_at("offered")
        return await super().handle_MAIL(server, session, envelope, address, options)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = await super().handle_DATA(server, session, envelope)
        self.kill_at("taken")
        return answer


@pytest.mark.parametrize(
    ("moment", "at", "arrivals"),
    [("offered", 1, 3), ("taken", 1, 4), ("offered", 2, 3), ("taken", 3, 4)],
    ids=["before the first", "before the first mark", "between two mails", "before the last mark"],
)
def test_killed_between_server_and_mark_every_mail_arrives_and_a_doubled_one_is_the_same(
    council: Council, moment: str, at: int, arrivals: int
) -> None:
    office = Killer(moment, at)
    with running(office) as port:
        council = mails_by(council, port)
        office.victim = started(council, *OUTBOX)
        office.is_known.set()
        office.victim.communicate(timeout=60)
        assert office.victim.returncode == -9
        owed = kept(council)
        assert later(council).composed == 0
    assert len(office.taken) == arrivals
    assert (
        {each.original_content for each in office.taken} == set(owed.values()) == set(kept(council).values())
    )
    assert set(states(council).values()) == {"sent"}


@pytest.mark.parametrize(
    ("words", "at"),
    [("INSERT INTO message", 2), ("INSERT INTO delivery", 1), ("COMMIT", 8)],
)
def test_killed_at_any_word_to_the_database_nothing_is_lost_and_nothing_composed_twice(
    council: Council, words: str, at: int
) -> None:
    office = PostOffice()
    with running(office) as port:
        council = mails_by(council, port)
        process = dying(council, "KILL", at, words, *OUTBOX)
        process.communicate(timeout=60)
        assert process.returncode == -9
        before = kept(council)
        later(council)
    after = kept(council)
    assert before.items() <= after.items()
    assert len(after) == 3
    assert {str(each["Message-ID"]) for each in arrived(office)} == set(after)
    assert {each.original_content for each in office.taken} == set(after.values())
    assert len(office.taken) <= 4
    assert {number for (number,) in rows(council, tables.notice, "message_id")} == {1, 2, 3}


def test_a_second_outbox_is_told_that_one_is_running_and_no_mail_goes_twice(council: Council) -> None:
    office = PostOffice()
    with running(office) as port:
        council = mails_by(council, port)
        with stopped(council, "INSERT INTO delivery", *OUTBOX) as first:
            second = run(council, *OUTBOX)
            first.send_signal(signal.SIGCONT)
            first.communicate(timeout=60)
    assert (second.returncode, second.stdout) == (COULD_NOT, "")
    assert second.stderr.startswith("monitor: the outbox is running on ")
    assert second.stderr.endswith(f"(process {first.pid}): wait until it is done, then try again.\n")
    assert (first.returncode, len(office.taken)) == (0, 3)


def test_a_disk_that_is_full_sends_no_mail_that_is_not_kept_first(council: Council) -> None:
    office = PostOffice()
    with running(office) as port:
        council = mails_by(council, port)
        done = run_limited(council, 60_000, *OUTBOX)
        owed = kept(council)
        assert (done.returncode, done.stdout) == (COULD_NOT, "")
        assert done.stderr.startswith("monitor: the disk is full or failing")
        assert {each.original_content for each in office.taken} <= set(owed.values())
        later(council)
    assert {each.original_content for each in office.taken} == set(kept(council).values())
    assert len(kept(council)) == 3
