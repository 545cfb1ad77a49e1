"""Everything that one sweep changes, written in one transaction: alerts, marks, notices, rungs."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice

from sqlalchemy import Connection

from monitor import ledger
from monitor.escalate import Heard, Notice, Standing
from monitor.judgement import Judged
from monitor.ledger import Journal
from monitor.reconcile import Changes, Finding, Kept, Key, OpenAlert, Opened
from monitor.report import Report
from monitor.telling import Telling


@dataclass(slots=True, kw_only=True)
class _Live:
    """An alert that stands open after the sweep's changes."""

    alert_id: int
    standing: Standing
    backlog: bool = False
    moved_team: bool = False
    muted_by: int | None = None

    @property
    def has_news(self) -> bool:
        """Whether it is seen for the first time, or has reached a stage that was not told."""
        return self.backlog or self.standing.finding.stage_no > self.standing.told_no


def write(connection: Connection, telling: Telling, changes: Changes, judged: Judged, report: Report) -> None:
    """Write the sweep; the caller commits."""
    sweep_id = ledger.write_sweep(connection, telling.as_at, telling.now)
    journal = Journal(connection, sweep_id, telling.as_at, telling.now)
    live = [
        *_open(connection, telling, changes.opened, journal),
        *_keep(connection, telling, changes.kept, journal),
        *_wait(telling),
    ]
    _close(connection, telling, changes, journal)
    _mute(connection, live, judged, journal, engine_ran=report.judged)
    _tell(connection, telling, live, journal)
    _house(connection, telling, journal)
    journal.close()
    report.muted = sum(each.muted_by is not None for each in live)
    report.notices.update(journal.owed)
    ledger.close_sweep(connection, sweep_id, telling.now, judged=report.judged, counts=report.as_json())


def _open(
    connection: Connection, telling: Telling, opened: Iterable[Opened], journal: Journal
) -> list[_Live]:
    live: list[_Live] = []
    every = iter(opened)
    while some := list(islice(every, ledger.MANY)):
        standings = [_new(telling, each) for each in some]
        numbers = ledger.open_alerts(
            connection,
            [
                ledger.new_alert(standing, backlog=each.backlog, as_at=telling.as_at)
                for each, standing in zip(some, standings, strict=True)
            ],
        )
        for alert_id, each, standing in zip(numbers, some, standings, strict=True):
            why = f"Opened as backlog. {each.finding.why}" if each.backlog else each.finding.why
            journal.happened(alert_id, "opened", why, _values(each.finding))
            live.append(_Live(alert_id=alert_id, standing=standing, backlog=each.backlog))
    return live


def _new(telling: Telling, opened: Opened) -> Standing:
    """A new alert; the stages that a backlog has passed are told to nobody."""
    finding, backlog = opened.finding, opened.backlog
    return Standing(
        finding=finding,
        told_no=finding.stage_no if backlog else 0,
        silent_from=telling.silent_from(finding, None, backlog=backlog),
        rungs=telling.ladder(finding.rule),
    )


def _keep(connection: Connection, telling: Telling, kept: Iterable[Kept], journal: Journal) -> list[_Live]:
    live, changed, seen_anew = [], [], []
    for each in kept:
        alert, finding = each.alert, each.finding
        silent = telling.silent_from(finding, alert.silent_from, backlog=False)
        if _differs(alert, finding) or (silent, each.told_no) != (alert.silent_from, alert.told_no):
            changed.append((alert, ledger.as_kept(finding, silent_from=silent, told_no=each.told_no)))
        elif finding.data_day != alert.data_day:
            seen_anew.append((alert, ledger.as_seen_anew(finding)))
        for kind in each.kinds:
            journal.happened(alert.id, kind, finding.why, _values(finding))
        standing = _standing(telling, alert, finding, told_no=each.told_no, silent_from=silent)
        live.append(
            _Live(alert_id=alert.id, standing=standing, moved_team=each.moved_team, muted_by=alert.muted_by)
        )
    ledger.change(connection, changed)
    ledger.change(connection, seen_anew)
    return live


def _wait(telling: Telling) -> list[_Live]:
    """Alerts of which nothing fresh speaks: they stand as they stood, and silence about them still climbs."""
    return [
        _Live(
            alert_id=alert.id,
            standing=_standing(
                telling,
                alert,
                finding,
                told_no=finding.stage_no,
                silent_from=alert.silent_from if telling.is_watched(alert.rule) else None,
            ),
            muted_by=alert.muted_by,
        )
        for alert, finding in telling.waiting
    ]


def _standing(
    telling: Telling, alert: OpenAlert, finding: Finding, *, told_no: int, silent_from: date | None
) -> Standing:
    return Standing(
        finding=finding,
        told_no=told_no,
        silent_from=silent_from,
        rungs=alert.ladder,
        claimed=telling.claimed.get(alert.id, ()),
        heard=telling.heard.get(alert.id, Heard()),
    )


def _differs(alert: OpenAlert, finding: Finding) -> bool:
    """Whether the alert stands otherwise than it stood; a sweep run twice writes nothing."""
    now = (
        finding.started_on,
        finding.due_on,
        finding.act_by,
        finding.outcome,
        finding.stage.label,
        finding.stage_no,
        finding.stage.rag,
        finding.stage.urgent,
        finding.team,
    )
    return now != (
        alert.started_on,
        alert.due_on,
        alert.act_by,
        alert.outcome,
        alert.stage,
        alert.stage_no,
        alert.rag,
        alert.urgent,
        alert.team,
    )


def _values(finding: Finding) -> dict[str, object]:
    return {
        "started_on": str(finding.started_on),
        "due_on": str(finding.due_on) if finding.due_on else None,
        "outcome": str(finding.outcome),
        "stage": finding.stage.label,
        **finding.evidence,
    }


def _close(connection: Connection, telling: Telling, changes: Changes, journal: Journal) -> None:
    ledger.change(
        connection, ((each.alert, ledger.as_closed(each.kind, telling.as_at)) for each in changes.closed)
    )
    for each in changes.closed:
        journal.happened(each.alert.id, each.kind, each.why, {"load": each.load_id})


def _mute(
    connection: Connection, live: list[_Live], judged: Judged, journal: Journal, *, engine_ran: bool
) -> None:
    """Marks follow the judgements; one whose standing alert is gone falls.

    A mark stays as it was where nothing could be judged: without the engine, or while one of its two alerts waits.
    """
    by_key: dict[Key, int] = {each.standing.finding.key: each.alert_id for each in live}
    wanted = {muted.finding.key: (by_key[muted.standing.key], muted.because) for muted in judged.muted}
    waits = {each.alert_id: each.standing.finding.waits for each in live}
    for each in live:
        standing, because = wanted.get(each.standing.finding.key, (None, ""))
        could_judge = engine_ran and not waits[each.alert_id] and not waits.get(each.muted_by or 0, False)
        if standing == each.muted_by or (each.muted_by in waits and not could_judge):
            continue
        if standing is not None:
            ledger.mute(connection, each.alert_id, standing, because)
            journal.happened(each.alert_id, "muted", because, {"standing": standing})
        else:
            silent_from = journal.as_at if each.standing.silent_from else None
            ledger.unmute(connection, each.alert_id, silent_from)
            journal.happened(each.alert_id, "unmuted", "No open alert stands for it any more.", {})
            each.standing = replace(each.standing, silent_from=silent_from)
        each.muted_by = standing


def _tell(connection: Connection, telling: Telling, live: Iterable[_Live], journal: Journal) -> None:
    """Owe what each alert that is not muted asks for: its stage, its new team, its rungs."""
    told: dict[int, list[int]] = defaultdict(list)
    for each in live:
        if each.muted_by is not None:
            if each.backlog:  # its line is still owed should the mark fall
                told[0].append(each.alert_id)
            continue
        finding = each.standing.finding
        notices = _due(telling, each)
        if each.has_news:
            told[finding.stage_no].append(each.alert_id)
        for claim in telling.due_rungs(each.standing):
            journal.claimed(each.alert_id, claim)
            notices += claim.notices
        values = telling.values(each.alert_id, finding) if notices else {}
        for notice in notices:
            journal.owes(each.alert_id, notice, values)
    for stage_no, alert_ids in told.items():
        ledger.told_up_to(connection, alert_ids, stage_no)


def _due(telling: Telling, each: _Live) -> list[Notice]:
    notices = telling.due_notices(each.standing, backlog=each.backlog) if each.has_news else []
    return [*notices, *(telling.inherited(each.standing) if each.moved_team else ())]


def _house(connection: Connection, telling: Telling, journal: Journal) -> None:
    """The monitor's own alerts: opened for the gaps met on the way, closed where they are mended."""
    misfits = telling.misfits()
    findings, mended = telling.house_findings(misfits)
    ledger.change(connection, ((alert, ledger.as_closed("cleared", telling.as_at)) for alert in mended))
    for alert in mended:
        journal.happened(alert.id, "cleared", "Mended.", {})
    places = {(alert.rule, alert.record) for alert in telling.house_alerts}
    # Telling of a gap may meet another one (nobody is the data steward), which is told in its turn.
    while new := [finding for finding in findings if (finding.rule, finding.row.record) not in places]:
        live = _open(connection, telling, [Opened(finding=each, backlog=False) for each in new], journal)
        _tell(connection, telling, live, journal)
        places |= {(finding.rule, finding.row.record) for finding in new}
        findings, _ = telling.house_findings(misfits)
