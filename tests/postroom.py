"""A council whose mail goes out for real, into a sink on this machine, and is read back as its readers see it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from email import policy
from email.parser import BytesParser
from html import unescape
from pathlib import Path

from sqlalchemy import insert

from monitor import outbox, tables
from monitor.bootstrap import Home, writing
from monitor.homes import lay_out
from monitor.mail import MailServer
from monitor.report import Report
from monitor.sink import MailSink
from monitor.sweep import sweep
from monitor.taking import decide
from tests.conftest import Council

EHC = (
    "decided_on",
    "decision",
    "draft_sent_on",
    "no_plan_notice_on",
    "final_sent_on",
    "closed_on",
    "exception_code",
)
DISPUTE = ("formal", "stage", "stage_opened_on", "urgent", "urgent_on", "resolved_on", "agreed_by_iro")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One mail that arrived; `everything` is all that anybody could read in it, as it went and as it is shown."""

    to: str
    subject: str
    plain: str
    html: str
    everything: str


class Postroom(Council):
    """A home with live mail; a day is swept, then posted."""

    def __init__(self, folder: Path, settings: str = "") -> None:
        lay_out(folder / "home")
        toml = folder / "home" / "config" / "monitor.toml"
        text = toml.read_text(encoding="utf-8").replace('mode = "off"', 'mode = "live"')
        text = text.replace("allowed-domains = []", 'allowed-domains = ["council.example"]')
        text = text.replace('page = ""', 'page = "https://m.example/{alert}"')
        text = text.replace('case = ""', 'case = "https://c.example/{ref}/{case}"')
        toml.write_text(text + settings, encoding="utf-8")
        super().__init__(Home(folder / "home"), folder / "registers")
        self._mail = folder / "mail"
        with writing(self.home.engine).begin() as connection:
            values = {"name": outbox.LIVE_MARK, "value": "yes", "by": "test", "at": datetime.now(UTC)}
            connection.execute(insert(tables.mark).values(values))

    def people(self, *workers: dict[str, str], **line: str) -> None:
        """Team T1 with W2 to W5 as its line, its case officer W1, and whoever else is given."""
        roles = ("team_manager_id", "service_manager_id", "head_of_service_id", "director_id")
        held = {**{role: f"W{n}" for n, role in enumerate(roles, start=2)}, **line}
        self.write("teams", {"team_id": "T1", "name": "Team one", "service": "Care", **held})
        rows = {
            f"W{n}": {"worker_id": f"W{n}", "email": f"w{n}@council.example", "team_id": "T1"}
            for n in range(1, 6)
        }
        rows |= {row["worker_id"]: row for row in workers}
        self.write(
            "workers", *rows.values(), columns=("worker_id", "email", "team_id", "manager_id", "left_on")
        )

    def children(self, *children: str, **more: str) -> None:
        self.write("children", *({"child_id": child, "team_id": "T1", **more} for child in children))

    def requests(self, *rows: dict[str, str]) -> None:
        self.write("ehc", *rows, columns=("request_id", "child_id", "received_on", "case_officer_id", *EHC))

    def disputes(self, *rows: dict[str, str]) -> None:
        columns = ("dispute_id", "child_id", "raised_by_id", "opened_on", *DISPUTE, "cafcass_decision_on")
        self.write("disputes", *rows, columns=columns)

    def sweep(self, day: date) -> Report:
        """Take the registers in as they are, a held load once a person has let it go, and judge."""
        taken = self.take(day)
        if taken.holds:
            decide(self.home, taken.load_id, "released", "all other cases, as the test wants it", at(day))
            taken = self.take(day)
        assert taken.held_because is None
        return sweep(self.home, as_at=day, now=at(day), dry_run=False, progress=lambda _, __: None)

    def post(self, day: date) -> list[Mail]:
        """What the sink receives on this day."""
        before = set(self._mail.glob("*.eml"))
        with MailSink(self._mail) as sink:
            server = MailServer(host="127.0.0.1", port=sink.port, security="none", local_hostname="localhost")
            outbox.post(self.home, day=day, now=at(day), server=server)
        return [_read(path) for path in sorted(set(self._mail.glob("*.eml")) - before)]

    def day(self, day: date) -> list[Mail]:
        self.sweep(day)
        return self.post(day)


def at(day: date) -> datetime:
    return datetime.combine(day, time(9, 0), UTC)


def a_request(number: int, age: int, day: date, /, **more: str) -> dict[str, str]:
    """A request that is `age` days old on this day."""
    row = {
        "request_id": f"E{number}",
        "child_id": f"C{number}",
        "received_on": str(day - timedelta(days=age)),
    }
    return {**row, "case_officer_id": "W1", **more}


@contextmanager
def postroom(folder: Path, settings: str = "") -> Iterator[Postroom]:
    room = Postroom(folder, settings)
    yield room
    room.home.engine.dispose()


def _read(path: Path) -> Mail:
    raw = path.read_bytes()
    mail = BytesParser(policy=policy.default).parsebytes(raw)
    parts = {part.get_content_subtype(): str(part.get_content()) for part in mail.iter_parts()}
    shown = " ".join(unescape(re.sub(r"<[^>]+>", " ", parts["html"])).split())
    headers = "\n".join(f"{name}: {value}" for name, value in mail.items())
    return Mail(
        to=str(mail["To"]),
        subject=str(mail["Subject"]),
        plain=parts["plain"].replace("\r\n", "\n"),
        html=shown,
        everything="\n".join((raw.decode(), headers, path.name, *parts.values(), shown)),
    )
