"""The sweep: case records into clocks, findings, alert changes and notices owed. It never sends.

It reads and judges without a write lock and then writes all its changes in one short transaction. Killed at any
line it leaves nothing half done, and the next sweep carries on.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from monitor import engine, gaps, judgement, leases, ledger, tables
from monitor.bootstrap import Home, cannot_reach, writing
from monitor.calendars import london_day
from monitor.caseload import Caseload
from monitor.clocks import caseload_of
from monitor.directory import Directory
from monitor.errors import EngineLost, Misuse
from monitor.findings import finding_of
from monitor.judgement import Judged
from monitor.model import Clock, Outcome, Whereabouts
from monitor.reconcile import Changes, Finding, OpenAlert, Place, reconcile
from monitor.report import Report
from monitor.rule import Rule
from monitor.staff import read_directory
from monitor.telling import prepare
from monitor.whereabouts import Sought, whereabouts
from monitor.writing import write

NEVER_BACKLOG = "system"  # the area whose findings are news whenever they come
Progress = Callable[[str, int], None]


@dataclass(slots=True, kw_only=True)
class _Found:
    """What reading and judging gave, before anything is written."""

    findings: list[Finding] = field(default_factory=list)
    quiet: dict[Place, list[Clock]] = field(default_factory=dict)
    ran: set[str] = field(default_factory=set)
    seen: set[tuple[str, str]] = field(default_factory=set)


def sweep(home: Home, *, as_at: date, now: datetime, dry_run: bool, progress: Progress) -> Report:
    """Judge every case on this day and write what changed; with `dry_run` write nothing."""
    database = writing(home.engine)
    try:
        if dry_run:
            return _sweep(home, as_at, now, dry_run=True, progress=progress)
        with leases.held(database, "a sweep", now):
            _refuse_backwards(home, as_at, now)
            return _sweep(home, as_at, now, dry_run=False, progress=progress)
    except SQLAlchemyError as error:
        raise cannot_reach(error) from None


def _refuse_backwards(home: Home, as_at: date, now: datetime) -> None:
    """A real sweep only goes forward, and never beyond today; a demo home is exempt."""
    with home.engine.connect() as connection:
        if connection.scalar(select(tables.mark.c.value).where(tables.mark.c.name == "demo")):
            return
        last = ledger.last_sweep(connection)
    if last is not None and as_at < last.as_at:
        raise Misuse(
            f"the last sweep was as at {last.as_at}: a sweep only goes forward. Use --dry-run to look back."
        )
    if as_at > london_day(now):
        raise Misuse(f"{as_at} lies in the future: use --dry-run to look ahead.")


def _sweep(home: Home, as_at: date, now: datetime, *, dry_run: bool, progress: Progress) -> Report:
    report = Report(as_at=as_at, dry_run=dry_run)
    with home.engine.connect() as connection:
        caseload = caseload_of(home, connection, as_at, now=now)
        directory = read_directory(connection, as_at, home.settings.mail.allowed_domains)
        every = ledger.read_open(connection)
        alerts = [alert for alert in every if alert.rule not in gaps.HOUSE]
        found = _find(home, caseload, directory, alerts, report, progress)
        judged = _judge(home, found, caseload, report)
        seen = ledger.read_seen(connection)
        changes = reconcile(
            alerts,
            [*found.findings, *judged.raised],
            found.quiet,
            ran=frozenset(found.ran | ({each.id for each in home.judgements} if report.judged else set())),
            seek=_seeker(home, caseload),
            is_backlog=lambda finding: _is_backlog(home, finding, seen, as_at),
            leans_on={each.id: each.rules for each in home.judgements},
        )
        telling = prepare(home, connection, directory, changes, every, as_at=as_at, now=now)
    _count(report, changes)
    if dry_run:
        report.muted = len(judged.muted)
        return report
    with writing(home.engine).begin() as connection:
        write(connection, telling, changes, judged, report)
        ledger.write_seen(connection, found.seen - seen, as_at)
    return report


def _find(
    home: Home,
    caseload: Caseload,
    directory: Directory,
    alerts: list[OpenAlert],
    report: Report,
    progress: Progress,
) -> _Found:
    """Every finding of every rule. A rule that fails is told and leaves its alerts alone; the others go on."""
    found = _Found()
    places = {alert.place for alert in alerts}
    for number, rule in enumerate(home.rules, start=1):
        part = caseload.connection.begin_nested()
        try:
            _find_by(rule, caseload, directory, places, found, report)
            part.commit()
        except Exception as error:  # noqa: BLE001 - one broken rule never stops the others
            part.rollback()
            report.broken[rule.id] = type(error).__name__
            found.findings = [finding for finding in found.findings if finding.rule != rule.id]
            continue
        found.ran.add(rule.id)
        feeds = caseload.bench.feeds
        # A rule that could not tell a source's rows has not looked at them yet.
        found.seen.update(
            (rule.id, source) for source in feeds.sources_of((rule.each,)) if not feeds.missing(rule, source)
        )
        progress(rule.id, number)
    sources = {source for by_source in caseload.bench.feeds.carried.values() for source in by_source}
    found.seen.update((each.id, source) for each in home.judgements for source in sources)
    return found


def _find_by(
    rule: Rule,
    caseload: Caseload,
    directory: Directory,
    places: set[Place],
    found: _Found,
    report: Report,
) -> None:
    for clock in caseload.clocks_of(rule):
        report.clocks[rule.id, str(clock.outcome)] += 1
        if clock.outcome is Outcome.CANNOT_TELL:
            report.unsure[rule.id, str(clock.unsure)] += 1
        finding = finding_of(rule, clock, directory.team_of(clock.row))
        if finding is not None:
            found.findings.append(finding)
        elif (place := (rule.id, clock.row.subject, clock.row.ref)) in places:
            found.quiet.setdefault(place, []).append(clock)


def _judge(home: Home, found: _Found, caseload: Caseload, report: Report) -> Judged:
    """What the judgements conclude; without the engine nothing is concluded, and the report says so."""
    facts = judgement.facts_of(found.findings, home.judgements)
    if not facts or not home.judgements:
        return Judged()
    try:
        with engine.running(home.judgements) as running:
            conclusions = running.judge(
                {child: [fact for fact, _ in pairs] for child, pairs in facts.items()},
                caseload.contexts(facts.keys(), {kind for each in home.judgements for kind in each.open}),
            )
    except EngineLost:
        report.judged = False
        return Judged()
    titles = {rule.id: rule.title for rule in home.rules}
    return judgement.apply(conclusions, facts, home.judgements, titles)


def _seeker(home: Home, caseload: Caseload) -> Callable[[OpenAlert], Whereabouts]:
    """Where a clock went; for a judgement or one of the monitor's own alerts, that it no longer holds."""
    by_id = {rule.id: rule for rule in home.rules}

    def seek(alert: OpenAlert) -> Whereabouts:
        rule = by_id.get(alert.rule)
        if rule is None:
            return judgement.NO_LONGER
        sought = Sought(
            record=alert.record, child=alert.child, worker=alert.worker, started_on=alert.started_on
        )
        return whereabouts(caseload.connection, rule, sought, caseload.asking(caseload.bench.calendar(rule)))

    return seek


def _is_backlog(home: Home, finding: Finding, seen: frozenset[tuple[str, str]], as_at: date) -> bool:
    """A stage that was passed before this rule first looked at this source is old news."""
    rule = home.rule(finding.rule)
    if rule is not None and rule.area == NEVER_BACKLOG:
        return False
    source = finding.row.source
    return (finding.rule, source) not in seen and finding.stage_on < as_at


def _count(report: Report, changes: Changes) -> None:
    for opened in changes.opened:
        report.opened[opened.finding.rule] += 1
        if opened.backlog:
            report.backlog[opened.finding.rule] += 1
    for kept in changes.kept:
        report.moved.update(kept.kinds)
    for closed in changes.closed:
        report.closed[closed.alert.rule] += 1
    report.waiting = len(changes.waiting)
    report.open_alerts = len(changes.opened) + len(changes.kept) + len(changes.waiting)
