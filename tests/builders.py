"""Values for tests of the core: a row, a finding and an open alert, each with what a test does not care about."""

from datetime import date
from typing import Any

from monitor.model import Outcome, Row
from monitor.reconcile import Finding, OpenAlert
from monitor.rule import Recipient, Stage

MONDAY = date(2026, 11, 23)
WARNING = Stage(
    label="4 weeks in", point="in", amount=None, rag="amber", tell=(Recipient(role="case-officer"),)
)
OVERDUE = Stage(
    label="overdue", point="overdue", amount=None, rag="red", tell=(Recipient(role="team-manager"),)
)
OVER = Stage(label="1 week over", point="over", amount=None, rag="red", tell=(Recipient(role="director"),))


def a_row(**said: Any) -> Row:  # noqa: ANN401 - any field of a row
    plain: dict[str, Any] = {
        "ref": "E1",
        "record": "registers|E1|registers:C1",
        "source": "registers",
        "load_id": 1,
        "child": "registers:C1",
        "worker": None,
        "owner": None,
        "child_team": None,
        "start_on": date(2026, 10, 1),
        "end_on": None,
        "start_unknown": None,
        "lookups": {},
        "attributes": {},
    }
    return Row(**{**plain, **said})


def a_finding(**said: Any) -> Finding:  # noqa: ANN401 - any field of a finding
    plain: dict[str, Any] = {
        "rule": "ehc-decide-6wk",
        "row": a_row(),
        "started_on": date(2026, 10, 1),
        "due_on": date(2026, 11, 12),
        "act_by": date(2026, 11, 12),
        "outcome": Outcome.OVERDUE,
        "stages": (WARNING, OVERDUE, OVER),
        "stage_no": 2,
        "stage_on": date(2026, 11, 13),
        "why": "6 weeks from 2026-10-01.",
        "data_day": MONDAY,
        "team": "registers:T1",
    }
    return Finding(**{**plain, **said})


def an_alert(finding: Finding | None = None, **said: Any) -> OpenAlert:  # noqa: ANN401 - any field of an alert
    """The open alert of this finding, as an earlier sweep would have left it."""
    finding = finding or a_finding()
    plain: dict[str, Any] = {
        "id": 1,
        "rule": finding.rule,
        "subject": finding.row.subject,
        "ref": finding.row.ref,
        "started_on": finding.started_on,
        "record": finding.row.record,
        "source": finding.row.source,
        "child": finding.row.child,
        "worker": finding.row.worker,
        "team": finding.team,
        "due_on": finding.due_on,
        "act_by": finding.act_by,
        "outcome": finding.outcome,
        "stage": finding.stage.label,
        "stage_no": finding.stage_no,
        "told_no": finding.stage_no,
        "rag": finding.stage.rag,
        "urgent": False,
        "opened_on": MONDAY,
        "muted_by": None,
        "silent_from": MONDAY,
        "data_day": MONDAY,
        "ladder": ((1, "team-manager"), (3, "service-manager"), (5, "head-of-service"), (10, "director")),
    }
    return OpenAlert(**{**plain, **said})
