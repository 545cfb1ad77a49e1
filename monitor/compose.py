"""Notices into messages: what one person must know today, in plain text and HTML, and nothing that names a child.

Pure but for the templates; the bytes that come back are stored before anybody tries to send them.
"""

import re
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Any
from urllib.parse import quote

import css_inline
import jinja2

from monitor.errors import BadSettings
from monitor.plurals import plural
from monitor.wording import role

OVERDUE = ("overdue", "too-early")
HIDDEN = "monitor number"  # stands in values where an id might be a name


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """A notice that is owed, with what the mail needs to know; `also_told` are roles, never names."""

    id: int
    alert_id: int
    address: str
    kind: str
    step: str
    because: str
    urgent: bool
    as_at: date
    values: Mapping[str, Any]
    also_told: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One matter in a mail, as it stood on the day of its latest notice; children of one case are one line."""

    cases: tuple[str, ...]
    values: Mapping[str, Any]
    reasons: tuple[str, ...]
    also_told: tuple[str, ...]
    as_at: date
    page: str | None
    record: str | None

    @property
    def is_overdue(self) -> bool:
        return self.values["outcome"] in OVERDUE

    @property
    def is_of_the_data(self) -> bool:
        """Whether it is about what the monitor is given, not about a case; once overdue it is like any other."""
        return str(self.values["rule"]).startswith("sys-") and not self.is_overdue

    @property
    def name(self) -> str:
        return ", ".join(self.cases) or str(self.values["ref"])

    @property
    def by_law(self) -> str | None:
        """The last day before an order or an extension moved it; both are shown."""
        lawful = self.values.get("by_law")
        return None if lawful == self.values["due_on"] else lawful

    @property
    def why(self) -> str:
        """What was found, without the title that stands before it."""
        return dated(str(self.values["why"] or "").removeprefix(f"{self.values['title']}: "))


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    name: str
    overdue: int
    warnings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterhead:
    """What every message of this council has in common."""

    council: str
    sender: str
    page: str
    case: str
    redirect_to: str | None
    templates: jinja2.Environment


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    message_id: str
    subject: str
    raw: bytes


def compose(owed: Sequence[Owed], *, head: Letterhead, day: date, now: datetime, number: str) -> Composed:
    """One message to one person for these notices; `number` makes its Message-ID, for ever."""
    lines = _lines([each for each in owed if each.kind not in ("backlog", "count")], head)
    backlog = _lines([each for each in owed if each.kind == "backlog"], head)
    listed = {each.alert_id for each in owed if each.kind == "backlog"}
    counted = [each for each in owed if each.kind == "count" and each.alert_id not in listed]
    urgent = any(each.urgent for each in owed)
    subject = _subject(lines, len(backlog), len(counted), urgent=urgent, day=day)
    data_days = {line.values["data_of"] for line in (*lines, *backlog)}
    shown = {
        "head": head,
        "subject": subject,
        "day": day,
        "urgent": urgent,
        "true_recipient": owed[0].address if head.redirect_to else None,
        "data_of": data_days.pop() if len(data_days) == 1 else None,
        "overdue": [line for line in lines if line.is_overdue],
        "soon": [line for line in lines if not line.is_overdue and not line.is_of_the_data],
        "data": [line for line in lines if line.is_of_the_data],
        "backlog": backlog,
        "counts": _counts(counted),
        "counted": len(counted),
        "counted_because": tuple(dict.fromkeys(map(_reason, counted))),
    }
    text, html = _rendered("digest.txt", head, shown), _rendered("digest.html", head, shown)
    message_id = f"<{number}@{parseaddr(head.sender)[1].rpartition('@')[2] or 'localhost'}>"
    message = _message(owed[0].address, head, subject, message_id, now)
    message.set_content(text)
    message.add_alternative(css_inline.inline(html, load_remote_stylesheets=False), subtype="html")
    message.set_boundary(f"=_{number}")
    return Composed(message_id=message_id, subject=subject, raw=_raw(message))


def _rendered(name: str, head: Letterhead, shown: Mapping[str, Any]) -> str:
    """The template filled; BadSettings with its line where it asks for what is not there."""
    try:
        return head.templates.get_template(name).render(shown)
    except jinja2.TemplateError as error:
        lines = [at.lineno for at in traceback.extract_tb(error.__traceback__) if at.filename.endswith(name)]
        where = f"templates/{name}:{lines[-1]}" if lines else f"templates/{name}"
        raise BadSettings(
            [f"{where}: {error.message}. See docs/operate.md, or restore the shipped one."]
        ) from None


def _message(address: str, head: Letterhead, subject: str, message_id: str, now: datetime) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["Subject"] = subject
    message["From"] = head.sender
    message["To"] = head.redirect_to or address
    message["Date"] = format_datetime(now)
    message["Message-ID"] = message_id
    # No out-of-office may answer, and no list may be joined: RFC 3834, section 5.
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    return message


def _raw(message: EmailMessage) -> bytes:
    """The bytes; a subject that was folded before its first word would be read with a blank in front."""
    return re.sub(rb"\ASubject: ?\r\n ", b"Subject: ", bytes(message))


def _lines(owed: Iterable[Owed], head: Letterhead) -> list[Line]:
    """Lines by urgency, then by act-by date. An alert is one line, and so are siblings' alerts that stand alike."""
    by_alert: dict[int, list[Owed]] = {}
    for each in owed:
        by_alert.setdefault(each.alert_id, []).append(each)
    folded: dict[tuple[Any, ...], list[list[Owed]]] = {}
    for notices in by_alert.values():
        values = notices[-1].values
        stands = (values["record"], values["stage"], values["due_on"], values["day"])
        folded.setdefault((*stands, _reasons(notices)), []).append(notices)
    return sorted((_line(alerts, head) for alerts in folded.values()), key=_urgency)


def _line(alerts: Sequence[Sequence[Owed]], head: Letterhead) -> Line:
    latest = [notices[-1] for notices in alerts]
    values = latest[0].values
    return Line(
        cases=tuple(dict.fromkeys(each.values["case"] for each in latest if each.values["case"])),
        values=values,
        reasons=_reasons(alerts[0]),
        also_told=tuple(sorted({role for each in latest for role in each.also_told})),
        as_at=latest[0].as_at,
        page=head.page.replace("{alert}", str(latest[0].alert_id)) or None,
        record=_record_link(head.case, values),
    )


def _reasons(notices: Iterable[Owed]) -> tuple[str, ...]:
    """Why a person is told, in a sentence each: of several reminders or stages the latest."""
    return tuple(map(_reason, {each.kind: each for each in notices}.values()))


def _reason(notice: Owed) -> str:
    start = f"Reminder {notice.step}:" if notice.kind == "rung" else "Sent because"
    return f"{start} {notice.because}."


def _record_link(link: str, values: Mapping[str, Any]) -> str | None:
    """The child's record in the case system; left out where the id in it is not to be shown."""
    if not link or values["about"] != "child":
        return None
    for place, shown in (("{ref}", str(values["ref"])), ("{case}", str(values["case"]))):
        if place in link and HIDDEN in shown:
            return None
        link = link.replace(place, quote(shown, safe=""))
    return link


def _urgency(line: Line) -> tuple[Any, ...]:
    values = line.values
    return (
        line.is_of_the_data,
        not line.is_overdue,
        values["rag"] != "red",
        values["act_by"] or "9999",
        values["title"],
        line.cases,
    )


def by_duty(lines: Iterable[Line]) -> list[tuple[str, list[Line]]]:
    """Lines under their duties, the duty with the most urgent one first."""
    found: dict[str, list[Line]] = {}
    for line in lines:
        found.setdefault(line.values["title"], []).append(line)
    return list(found.items())


def reasons(lines: Iterable[Line]) -> str:
    """Why these were sent, each reason once."""
    return " ".join(dict.fromkeys(reason for line in lines for reason in line.reasons))


def _counts(owed: Sequence[Owed]) -> list[tuple[str, list[Count]]]:
    """The page of counts: once by duty, once by team; empty where there is nothing to count."""
    if not owed:
        return []
    return [
        ("Duty", _count_by(owed, lambda values: values["title"])),
        ("Team", _count_by(owed, lambda values: values["team"] or "no team")),
    ]


def _count_by(owed: Iterable[Owed], name: Callable[[Mapping[str, Any]], str]) -> list[Count]:
    overdue: Counter[str] = Counter()
    warnings: Counter[str] = Counter()
    for each in owed:
        (overdue if each.values["outcome"] in OVERDUE else warnings)[name(each.values)] += 1
    names = sorted({*overdue, *warnings})
    return [Count(name=key, overdue=overdue[key], warnings=warnings[key]) for key in names]


def _subject(lines: Sequence[Line], backlog: int, counted: int, *, urgent: bool, day: date) -> str:
    """The most urgent matter by its case reference, and how many more there are; no name, and one line, ever."""
    if lines:
        more = f" (and {plural(len(lines) - 1, 'other matter')})" if len(lines) > 1 else ""
        subject = f"{'Urgent: ' if urgent else ''}{_short(lines[0])}{more}"
    elif backlog:
        subject = (
            f"{plural(backlog, 'older matter')} in your cases, seen for the first time on {british(day)}"
        )
    else:
        older = plural(counted, "older matter")
        subject = f"{older} seen for the first time on {british(day)}: one page of counts"
    return "".join(each if each.isprintable() else " " for each in subject)


def _short(line: Line) -> str:
    first, rest = line.cases[:2], line.cases[2:]
    whose = (", ".join(first) or str(line.values["ref"])) + (f" and {len(rest)} more" if rest else "")
    return ", ".join(filter(None, (f"{whose}: {line.values['title']}", standing(line))))


def standing(line: Line) -> str:
    """The stage and the last day of a case; nothing for what is about the data."""
    if line.is_of_the_data:
        return ""
    due = line.values["due_on"]
    last = f", {'was due' if line.is_overdue else 'due'} {british(due)}" if due else ""
    return f"{stage(line.values['stage'])}{last}"


def stage(label: str) -> str:
    """A stage as a reader takes it: one that was passed says so."""
    return f"at least {label}" if label.endswith(" over") else label


def dated(text: str) -> str:
    """The text with its ISO days as people write them."""
    return re.sub(r"\b\d{4}-\d{2}-\d{2}\b", lambda found: british(found[0]), text)


def british(day: date | str | None) -> str:
    """3 May 2027."""
    if day is None:
        return ""
    found = date.fromisoformat(day) if isinstance(day, str) else day
    return f"{found.day} {found:%B %Y}"


def roles(names: Iterable[str]) -> str:
    """Roles as a sentence has them: "team manager, IRO"."""
    return ", ".join(map(role, names))


FILTERS = {
    "british": british,
    "by_duty": by_duty,
    "reasons": reasons,
    "roles": roles,
    "stage": stage,
    "standing": standing,
}
