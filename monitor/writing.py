"""Everything that one sweep changes, written in one transaction: alerts, marks, notices, rungs."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection

from monitor import ledger
from monitor.escalate import Standing
from monitor.judgement import Judged
from monitor.ledger import Journal
from monitor.reconcile import Changes, Finding, Kept, Key, OpenAlert, Opened
from monitor.report import Report
from monitor.telling import Telling, rungs_due


@dataclass(slots=True, kw_only=True)
class _Live:
    """An alert that stands open after the sweep's changes."""

    alert_id: int
    standing: Standing
    backlog: bool
    muted_by: int | None


def write(connection: Connection, telling: Telling, changes: Changes, judged: Judged, report: Report) -> None:
    """Write the sweep; the caller commits."""
    sweep_id = ledger.write_sweep(connection, telling.as_at, telling.now)
    journal = Journal(sweep_id, telling.as_at, telling.now)
    live = [
        *_open(connection, telling, changes.opened, journal),
        *_keep(connection, telling, changes.kept, journal),
    ]
    _close(connection, telling, changes, journal)
    still_open = {each.alert_id for each in live} | {alert.id for alert, _ in changes.waiting}
    _mute(connection, live, judged, journal, still_open, engine_ran=report.judged)
    _tell(connection, telling, live, journal)
    _house(connection, telling, journal)
    journal.write(connection)
    report.muted = sum(each.muted_by is not None for each in live)
    for notice in journal.notices:
        report.notices[notice["kind"]] += 1
    ledger.close_sweep(connection, sweep_id, telling.now, judged=report.judged, counts=report.as_json())


def _open(
    connection: Connection, telling: Telling, opened: Iterable[Opened], journal: Journal
) -> list[_Live]:
    every = list(opened)
    ladders = [telling.ladder(each.finding.rule) for each in every]
    silences = [telling.silent_from(each.finding, None, backlog=each.backlog) for each in every]
    ids = ledger.open_alerts(
        connection,
        [
            ledger.new_alert(
                each.finding, backlog=each.backlog, as_at=telling.as_at, ladder=ladder, silent_from=silent
            )
            for each, ladder, silent in zip(every, ladders, silences, strict=True)
        ],
    )
    live = []
    for alert_id, each, ladder, silent in zip(ids, every, ladders, silences, strict=True):
        why = f"Opened as backlog. {each.finding.why}" if each.backlog else each.finding.why
        journal.happened(alert_id, "opened", why, _values(each.finding))
        standing = Standing(
            finding=each.finding,
            told_no=each.finding.stage_no if each.backlog else 0,
            silent_from=silent,
            rungs=ladder,
        )
        live.append(_Live(alert_id=alert_id, standing=standing, backlog=each.backlog, muted_by=None))
    return live


def _keep(connection: Connection, telling: Telling, kept: Iterable[Kept], journal: Journal) -> list[_Live]:
    live = []
    for each in kept:
        alert, finding = each.alert, each.finding
        silent = telling.silent_from(finding, alert.silent_from, backlog=False)
        if _differs(alert, finding) or silent != alert.silent_from:
            ledger.keep_alert(connection, alert, finding, silent)
        for kind in each.kinds:
            journal.happened(alert.id, kind, finding.why, _values(finding))
        standing = Standing(
            finding=finding,
            told_no=alert.told_no,
            silent_from=silent,
            rungs=alert.ladder,
            claimed=telling.claimed.get(alert.id, ()),
            told=telling.told.get(alert.id, frozenset()),
        )
        live.append(_Live(alert_id=alert.id, standing=standing, backlog=False, muted_by=alert.muted_by))
    return live


def _differs(alert: OpenAlert, finding: Finding) -> bool:
    """Whether the alert must be written again; a sweep run twice writes nothing."""
    now = (
        finding.started_on,
        finding.due_on,
        finding.outcome,
        finding.stage_no,
        finding.team,
        finding.data_day,
    )
    return now != (alert.started_on, alert.due_on, alert.outcome, alert.stage_no, alert.team, alert.data_day)


def _values(finding: Finding) -> dict[str, object]:
    return {
        "started_on": str(finding.started_on),
        "due_on": str(finding.due_on) if finding.due_on else None,
        "outcome": str(finding.outcome),
        "stage": finding.stage.label,
        **finding.evidence,
    }


def _close(connection: Connection, telling: Telling, changes: Changes, journal: Journal) -> None:
    for each in changes.closed:
        ledger.close_alert(connection, each.alert, each.kind, telling.as_at)
        journal.happened(each.alert.id, each.kind, each.why, {"load": each.load_id})


def _mute(
    connection: Connection,
    live: Iterable[_Live],
    judged: Judged,
    journal: Journal,
    still_open: set[int],
    *,
    engine_ran: bool,
) -> None:
    """Marks follow the judgements; one whose standing alert is gone falls, and without the engine none is made."""
    every = list(live)
    ids: dict[Key, int] = {each.standing.finding.key: each.alert_id for each in every}
    wanted = {muted.finding.key: (ids[muted.standing.key], muted.because) for muted in judged.muted}
    for each in every:
        standing, because = wanted.get(each.standing.finding.key, (None, None))
        if not engine_ran and each.muted_by in still_open:
            continue
        if standing == each.muted_by:
            continue
        ledger.mute(connection, each.alert_id, standing, because)
        kind, why = ("muted", because) if standing else ("unmuted", "no open alert stands for it any more")
        journal.happened(each.alert_id, kind, why or "", {"standing": standing})
        each.muted_by = standing


def _tell(connection: Connection, telling: Telling, live: Iterable[_Live], journal: Journal) -> None:
    told: dict[int, list[int]] = defaultdict(list)
    for each in live:
        if each.muted_by is not None:
            continue
        finding = each.standing.finding
        values = None
        if each.backlog or finding.stage_no > each.standing.told_no:
            values = telling.values(each.alert_id, finding)
            for notice in telling.due_notices(each.standing, backlog=each.backlog):
                journal.owes(each.alert_id, notice, values)
            told[finding.stage_no].append(each.alert_id)
        for claim in rungs_due(telling, each.standing):
            journal.claimed(each.alert_id, claim)
            values = values or telling.values(each.alert_id, finding)
            for notice in claim.notices:
                journal.owes(each.alert_id, notice, values)
    for stage_no, alert_ids in told.items():
        ledger.told_up_to(connection, alert_ids, stage_no)


def _house(connection: Connection, telling: Telling, journal: Journal) -> None:
    """The monitor's own alerts: opened for the gaps met on the way, closed where they are mended."""
    findings, mended = telling.house_findings()
    places = {(alert.rule, alert.ref) for alert in telling.house_alerts}
    new = [
        Opened(finding=each, backlog=False) for each in findings if (each.rule, each.row.ref) not in places
    ]
    live = _open(connection, telling, new, journal)
    for alert in mended:
        ledger.close_alert(connection, alert, "cleared", telling.as_at)
        journal.happened(alert.id, "cleared", "Mended.", {})
    _tell(connection, telling, live, journal)
