"""Letters for the tests of compose: notices by number, and a mail as its reader sees it."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from html import unescape
from pathlib import Path
from typing import Any

from monitor.bootstrap import Home
from monitor.compose import Composed, Letterhead, Owed, compose

DAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)
HEAD = Letterhead(
    council="Children's Services",
    sender="case-monitor@council.example",
    page="",
    case="",
    redirect_to=None,
    templates=Home(Path("no-such-home")).templates,
)
LINKED = replace(HEAD, page="https://m.example/alerts/{alert}", case="https://c.example/?id={ref}&of={case}")
DRAFT = "Draft EHC plan sent by week 16"


def a_notice(number: int = 1, /, **changes: Any) -> Owed:  # noqa: ANN401 - a field of the notice or of its values
    """A notice of an overdue draft; a change of a name that the notice has not goes into its values."""
    values = {
        "alert": number,
        "rule": "ehc-draft-wk16",
        "title": DRAFT,
        "law": "statutory",
        "source_of_law": "SEND Regulations 2014, regulation 13",
        "case": f"C{number}",
        "about": "child",
        "ref": f"E{number}",
        "record": f"ehc-draft-wk16|registers|E{number}",
        "team": "SEND 1",
        "stage": "13 days over",
        "rag": "red",
        "outcome": "overdue",
        "due_on": "2026-11-05",
        "act_by": "2026-11-05",
        "day": "day 130 of 112",
        "data_of": "2026-11-23",
        "why": None,
    }
    fields: dict[str, Any] = {
        "id": number,
        "alert_id": number,
        "address": "manager@council.example",
        "kind": "stage",
        "step": "13 days over",
        "because": "you are the team manager, and the clock reached '13 days over'",
        "urgent": False,
        "as_at": DAY,
        "also_told": (),
    }
    of_notice = {name: value for name, value in changes.items() if name in fields}
    return Owed(
        **{**fields, **of_notice}, values={**values, **{k: v for k, v in changes.items() if k in values}}
    )


def coming(number: int, /, **changes: Any) -> Owed:  # noqa: ANN401 - see above
    """A notice of a warning."""
    warning = {"outcome": "due-soon", "rag": "amber", "stage": "15 weeks in", "day": "day 105 of 112"}
    dates = {"due_on": "2026-11-29", "act_by": "2026-11-27"}
    return a_notice(number, **{**warning, **dates, **changes})


def composed(*owed: Owed, head: Letterhead = HEAD, number: str = "n1") -> Composed:
    return compose(owed, head=head, day=DAY, now=NOW, number=number)


def mail_of(*owed: Owed, head: Letterhead = HEAD) -> EmailMessage:
    mail = BytesParser(policy=policy.default).parsebytes(composed(*owed, head=head).raw)
    assert isinstance(mail, EmailMessage)
    return mail


def part(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def plain(*owed: Owed, head: Letterhead = HEAD) -> str:
    return part(mail_of(*owed, head=head), "plain")


def html(*owed: Owed, head: Letterhead = HEAD) -> str:
    return part(mail_of(*owed, head=head), "html")


def read(text: str) -> str:
    """HTML as a person reads it: without tags, entities and line ends."""
    words = re.sub(r"<style.*?</style>|<title.*?</title>|<[^>]+>", " ", text, flags=re.DOTALL)
    return " ".join(unescape(words).split())
