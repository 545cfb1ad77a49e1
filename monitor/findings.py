"""A clock at a stage becomes a finding: with its team, and the values that were read to judge it."""

from datetime import date
from typing import Any

from monitor import phrases
from monitor.calendars import Calendar
from monitor.limits import Unit
from monitor.model import Clock, Excuse, Whose, bare
from monitor.parts import Lookup, Within
from monitor.reconcile import AT_A_STAGE, Finding, OpenAlert
from monitor.rule import Rule, Stage


def finding_of(rule: Rule, clock: Clock, team: str | None) -> Finding | None:
    """The finding, or None for a clock that nobody need hear of today."""
    if (
        clock.outcome not in AT_A_STAGE
        or clock.stage_no == 0
        or clock.started_on is None
        or clock.stage_on is None
    ):
        return None
    return Finding(
        rule=clock.rule,
        row=clock.row.whose(),
        started_on=clock.started_on,
        due_on=clock.due_on,
        act_by=clock.act_by,
        outcome=clock.outcome,
        stages=rule.stages,
        stage_no=clock.stage_no,
        stage_on=clock.stage_on,
        why=clock.why,
        data_day=clock.data_day,
        team=team,
        evidence=evidence_of(clock),
    )


def finding_of_waiting(alert: OpenAlert, why: str) -> Finding:
    """An alert of which nothing fresh speaks, as it stood: absence of data neither clears nor quietens it."""
    row = Whose(
        ref=alert.ref,
        record=alert.record,
        source=alert.source,
        load_id=0,
        child=alert.child,
        worker=alert.worker,
        owner=None,
        child_team=alert.team,
    )
    stood = Stage(
        label=alert.stage, point="overdue", amount=None, rag="red" if alert.rag == "red" else "amber", tell=()
    )
    return Finding(
        rule=alert.rule,
        row=row,
        started_on=alert.started_on,
        due_on=alert.due_on,
        act_by=alert.act_by,
        outcome=alert.outcome,
        stages=(stood,),
        stage_no=1,
        stage_on=alert.opened_on,
        why=f"It stands as on {alert.data_day}: {why[:1].lower()}{why[1:]}",
        data_day=alert.data_day,
        team=alert.team,
        waits=True,
    )


def evidence_of(clock: Clock) -> dict[str, Any]:
    """The values that were read, and the load they came from; dates, codes and counts, no text, nothing empty."""
    row = clock.row
    lookups = ((part, day) for part, day in row.lookups.items() if day and isinstance(part, Lookup))
    every = {
        "load": row.load_id,
        "start": str(row.start_on) if row.start_on else None,
        "end": str(row.end_on) if row.end_on else None,
        "looked up": {phrases.moment(part): str(day) for part, day in lookups},
        "attributes": {name: value for name, value in row.attributes.items() if value},
        "counted": {part.kind: found for part, found in row.counts.items()},
        "owner": bare(row.owner),
        "last day by law": str(clock.lawful_due_on) if clock.lawful_due_on else None,
        "excuse": _excuse_said(row.excuse) if row.excuse else None,
    }
    return {name: value for name, value in every.items() if value}


def _excuse_said(excuse: Excuse) -> str:
    """A recorded excuse, whether it still holds or not."""
    since = f" from {excuse.on}" if excuse.on else ""
    until = f" until {excuse.review_on}" if excuse.review_on else ""
    return f"{excuse.code.replace('-', ' ')}{since}{until}"


def day_of_limit(rule: Rule | None, finding: Finding, as_at: date, calendar: Calendar) -> str | None:
    """Such as "working day 18 of 20", in the unit of the limit; None where there is no last day."""
    if finding.due_on is None or finding.due_on <= finding.started_on:
        return None
    if rule is not None and _in_working_days(rule, finding.started_on):
        n = calendar.working_days_between(finding.started_on, as_at)
        m = calendar.working_days_between(finding.started_on, finding.due_on)
        return f"working day {n} of {m}"
    return f"day {(as_at - finding.started_on).days} of {(finding.due_on - finding.started_on).days}"


def _in_working_days(rule: Rule, started_on: date) -> bool:
    limit = rule.limit_on(started_on)
    return isinstance(limit, Within) and limit.amount.unit is Unit.WORKING_DAYS
