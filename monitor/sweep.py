"""The sweep: case records into clocks, findings, alert changes and notices owed. It never sends.

It reads and judges without a write lock and then writes all its changes in one short transaction. Killed at any
line it leaves nothing half done, and the next sweep carries on.
"""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy.exc import SQLAlchemyError

from monitor import engine, gaps, judgement, leases, ledger
from monitor.bench import Bench
from monitor.bootstrap import Home, cannot_reach, writing
from monitor.calendars import london_day
from monitor.caseload import Caseload
from monitor.clocks import caseload_of
from monitor.directory import Directory
from monitor.errors import EngineLost, Misuse
from monitor.feeds import Feeds
from monitor.judgement import Judged
from monitor.judging import Progress, RuleFound, Work, is_large, shared
from monitor.model import Clock, Whereabouts
from monitor.reconcile import Changes, Finding, OpenAlert, Place, reconcile
from monitor.report import Report
from monitor.staff import read_directory
from monitor.telling import prepare
from monitor.whereabouts import Sought, whereabouts
from monitor.writing import write

NEVER_BACKLOG = "system"  # the area whose findings are news whenever they come


@dataclass(slots=True, kw_only=True)
class _Whole:
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
            with _uncollected():
                return _sweep(home, as_at, now, dry_run=True, progress=progress)
        with leases.held(database, "a sweep", now), _uncollected():
            _refuse_backwards(home, as_at, now)
            return _sweep(home, as_at, now, dry_run=False, progress=progress)
    except SQLAlchemyError as error:
        raise cannot_reach(error) from None


@contextmanager
def _uncollected() -> Iterator[None]:
    """Python's collector of cycles stands aside: a sweep makes values by the million and hardly a cycle.

    To look through them again and again takes it a tenth of the sweep (docs/benchmarks.md).
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _refuse_backwards(home: Home, as_at: date, now: datetime) -> None:
    """A real sweep only goes forward, and never beyond today; a demo home is exempt."""
    with home.engine.connect() as connection:
        if ledger.is_demo(connection):
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
        with shared(_work(home, caseload, directory), _helpers(home, caseload)) as rules:
            every = ledger.read_open(connection)
            by_rule = rules.all(caseload, directory, progress)
            report.helpers_lost = rules.lost
        alerts = [alert for alert in every if alert.rule not in gaps.HOUSE]
        found = _gather(home, by_rule, caseload.bench.feeds, report)
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


def _helpers(home: Home, caseload: Caseload) -> int:
    return home.settings.sweep.helpers() if is_large(caseload.connection) else 0


def _work(home: Home, caseload: Caseload, directory: Directory) -> Work:
    """What a helper judges; its bench is a new one, for this one remembers by where things lie in this process."""
    bench = caseload.bench
    return Work(
        database_url=home.database_url,
        rules=home.rules,
        as_at=caseload.as_at,
        now=caseload.now,
        bench=Bench(lawful=bench.lawful, local=bench.local, feeds=bench.feeds),
        directory=directory,
    )


def _gather(home: Home, by_rule: list[RuleFound], feeds: Feeds, report: Report) -> _Whole:
    """What the rules found, together. One that is broken is told and leaves its alerts alone."""
    found = _Whole()
    for rule, of_rule in zip(home.rules, by_rule, strict=True):
        if of_rule.broken is not None:
            report.broken[rule.id] = of_rule.broken
            continue
        report.clocks.update({(rule.id, outcome): count for outcome, count in of_rule.clocks.items()})
        report.unsure.update({(rule.id, why): count for why, count in of_rule.unsure.items()})
        found.findings += of_rule.findings
        for place, clock in of_rule.quiet:
            found.quiet.setdefault(place, []).append(clock)
        found.ran.add(rule.id)
        # A rule that could not tell a source's rows has not looked at them yet.
        found.seen.update(
            (rule.id, source) for source in feeds.sources_of((rule.each,)) if not feeds.missing(rule, source)
        )
    sources = {source for by_source in feeds.carried.values() for source in by_source}
    found.seen.update((each.id, source) for each in home.judgements for source in sources)
    return found


def _judge(home: Home, found: _Whole, caseload: Caseload, report: Report) -> Judged:
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
            record=alert.record,
            child=alert.child,
            worker=alert.worker,
            started_on=alert.started_on,
            opened_on=alert.opened_on,
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
