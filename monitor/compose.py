"""Notices into messages: what one person must know today, in plain text and HTML, and nothing that names a child.

Pure but for the templates; the bytes that come back are stored before anybody tries to send them.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any

import css_inline
import jinja2

OVERDUE = ("overdue", "too-early")


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
    """One matter in a mail; children of one case are folded into it."""

    cases: tuple[str, ...]
    values: Mapping[str, Any]
    kind: str
    step: str
    because: str
    also_told: tuple[str, ...]
    page: str | None
    record: str | None

    @property
    def is_overdue(self) -> bool:
        return self.values["outcome"] in OVERDUE


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """One row of the page of counts: a duty, or a team."""

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
    """A message, rendered: its id, its subject and its bytes."""

    message_id: str
    subject: str
    raw: bytes


def compose(owed: Sequence[Owed], *, head: Letterhead, day: date, now: datetime, number: str) -> Composed:
    """One message to one person for these notices; `number` makes its Message-ID, for ever."""
    lines = _lines([each for each in owed if each.kind in ("stage", "rung")], head)
    backlog = _lines([each for each in owed if each.kind == "backlog"], head)
    counted = [each for each in owed if each.kind == "count"]
    urgent = any(each.urgent for each in owed)
    subject = _subject(lines, backlog, len(counted), urgent=urgent, day=day)
    shown = {
        "head": head,
        "subject": subject,
        "day": day,
        "urgent": urgent,
        "true_recipient": owed[0].address if head.redirect_to else None,
        "overdue": [line for line in lines if line.is_overdue],
        "soon": [line for line in lines if not line.is_overdue],
        "backlog": backlog,
        "counts": _counts(counted),
        "counted": len(counted),
    }
    text = head.templates.get_template("digest.txt").render(shown)
    html = css_inline.inline(head.templates.get_template("digest.html").render(shown))
    message_id = f"<{number}@{head.sender.rpartition('@')[2] or 'localhost'}>"
    raw = _message(owed[0].address, head, subject, text, html, message_id, now)
    return Composed(message_id=message_id, subject=subject, raw=raw)


def _message(
    address: str, head: Letterhead, subject: str, text: str, html: str, message_id: str, now: datetime
) -> bytes:
    message = EmailMessage(policy=SMTP)
    message["Subject"] = subject
    message["From"] = head.sender
    message["To"] = head.redirect_to or address
    message["Date"] = format_datetime(now)
    message["Message-ID"] = message_id
    # No out-of-office may answer, and no list may be joined: RFC 3834, section 5.
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    parts = list(message.iter_parts())
    message.set_boundary("=_" + message_id.strip("<>").partition("@")[0])
    return bytes(message) if parts else b""


def _lines(owed: Iterable[Owed], head: Letterhead) -> list[Line]:
    """Lines by urgency, then by act-by date; notices of one row's siblings at one stage are one line."""
    folded: dict[tuple[Any, ...], list[Owed]] = {}
    for each in owed:
        values = each.values
        key = (values["record"], values["stage"], values["due_on"], each.kind, each.step)
        folded.setdefault(key, []).append(each)
    lines = [_line(group, head) for group in folded.values()]
    return sorted(lines, key=_urgency)


def _line(group: Sequence[Owed], head: Letterhead) -> Line:
    first = group[0]
    cases = tuple(dict.fromkeys(each.values["case"] for each in group if each.values["case"]))
    return Line(
        cases=cases,
        values=first.values,
        kind=first.kind,
        step=first.step,
        because=first.because,
        also_told=tuple(sorted({role for each in group for role in each.also_told})),
        page=head.page.replace("{alert}", str(first.alert_id)) if head.page else None,
        record=_record_link(head.case, first.values) if head.case else None,
    )


def _record_link(link: str, values: Mapping[str, Any]) -> str | None:
    """The record in the case system; left out where the id is not to be shown."""
    ref = str(values["ref"] or "")
    case = str(values["case"] or "")
    if "monitor number" in ref or "monitor number" in case:
        return None
    return link.replace("{ref}", ref).replace("{case}", case)


def _urgency(line: Line) -> tuple[Any, ...]:
    values = line.values
    return (
        not line.is_overdue,
        values["rag"] != "red",
        values["act_by"] or "9999",
        values["title"],
        line.cases,
    )


def _counts(owed: Iterable[Owed]) -> list[tuple[str, list[Count]]]:
    """The page of counts: once by duty, once by team; empty where there is nothing to count."""
    every = list(owed)
    if not every:
        return []
    return [
        ("Duty", _count_by(every, lambda values: values["title"])),
        ("Team", _count_by(every, lambda values: values["team"] or "no team")),
    ]


def _count_by(owed: Iterable[Owed], name: Callable[[Mapping[str, Any]], str]) -> list[Count]:
    overdue: Counter[str] = Counter()
    warnings: Counter[str] = Counter()
    for each in owed:
        (overdue if each.values["outcome"] in OVERDUE else warnings)[name(each.values)] += 1
    return [
        Count(name=key, overdue=overdue[key], warnings=warnings[key]) for key in sorted({*overdue, *warnings})
    ]


def _subject(lines: Sequence[Line], backlog: Sequence[Line], counted: int, *, urgent: bool, day: date) -> str:
    """The most urgent matter by its case reference, and how many more there are; no name, ever."""
    if lines:
        first = lines[0]
        more = f", and {len(lines) - 1} more" if len(lines) > 1 else ""
        told = f"{', '.join(first.cases[:2]) or first.values['ref']}: {_short(first)}{more}"
        return f"Urgent: {told}" if urgent else told
    if backlog:
        return f"{len(backlog)} older matters in your cases, seen for the first time on {british(day)}"
    return f"{counted} older matters seen for the first time on {british(day)}: one page of counts"


def _short(line: Line) -> str:
    values = line.values
    duty = values["title"][:1].lower() + values["title"][1:]
    if line.is_overdue and values["due_on"]:
        return f"{duty}, overdue since {british(values['due_on'])}"
    if values["due_on"]:
        return f"{duty}, due {british(values['due_on'])}"
    return f"{duty}, {values['stage']}"


def british(day: date | str | None) -> str:
    """3 May 2027."""
    if day is None:
        return ""
    found = date.fromisoformat(day) if isinstance(day, str) else day
    return f"{found.day} {found:%B %Y}"


def roles(names: Iterable[str]) -> str:
    """Roles as a sentence has them: "team manager, IRO"."""
    return ", ".join(
        "IRO" if name == "iro" else name.replace("-", " ").replace("iro ", "IRO ") for name in names
    )


FILTERS = {"british": british, "roles": roles}
