"""What changed: the alerts that stood open, against the clocks that a sweep found.

Plain functions of values; running them twice on the same clocks changes nothing. Absence of data clears nothing.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from monitor.model import Clock, Outcome, Went, Whereabouts, Whose
from monitor.rule import Stage
from monitor.values import value

Key = tuple[str, str, str, date]
Place = tuple[str, str, str]  # rule, subject and ref: the same clock but for its start

AT_A_STAGE = (Outcome.DUE_SOON, Outcome.OVERDUE, Outcome.TOO_EARLY)


@value
class Finding:
    """A clock at a stage today, or what a judgement raised, with the people whom each stage tells."""

    rule: str
    row: Whose
    started_on: date
    due_on: date | None
    act_by: date | None
    outcome: Outcome
    stages: tuple[Stage, ...]
    stage_no: int
    stage_on: date
    why: str
    data_day: date
    team: str | None
    evidence: Mapping[str, Any] = field(default_factory=dict)
    waits: bool = False  # it stands as it stood: nothing in today's data speaks of it

    @property
    def stage(self) -> Stage:
        return self.stages[self.stage_no - 1]

    @property
    def key(self) -> Key:
        return (self.rule, self.row.subject, self.row.ref, self.started_on)


@value
class OpenAlert:
    """An alert as it stood open before the sweep."""

    id: int
    rule: str
    subject: str
    ref: str
    started_on: date
    record: str
    source: str
    child: str | None
    worker: str | None
    team: str | None
    due_on: date | None
    act_by: date | None
    outcome: Outcome
    stage: str
    stage_no: int
    told_no: int
    rag: str
    urgent: bool
    opened_on: date
    muted_by: int | None
    silent_from: date | None
    data_day: date
    ladder: tuple[tuple[int, str], ...]

    @property
    def key(self) -> Key:
        return (self.rule, self.subject, self.ref, self.started_on)

    @property
    def place(self) -> Place:
        return (self.rule, self.subject, self.ref)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A new alert; `backlog` for a breach that is old when it is first seen."""

    finding: Finding
    backlog: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An alert that goes on; `kinds` are the transitions it made: worsened, eased, re-dated, or none."""

    alert: OpenAlert
    finding: Finding
    kinds: tuple[str, ...]

    @property
    def told_no(self) -> int:
        """The last stage that was told; where the last day moved, stages beyond today's are told again."""
        told = self.alert.told_no
        return min(told, self.finding.stage_no) if "re-dated" in self.kinds else told

    @property
    def moved_team(self) -> bool:
        """Whether another team answers for it now."""
        return self.finding.team not in (None, self.alert.team)


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """An alert that data has answered."""

    alert: OpenAlert
    kind: str  # "cleared" or "lapsed"
    why: str
    load_id: int = 0


@dataclass(slots=True, kw_only=True)
class Changes:
    """All that one sweep changes; `waiting` are open alerts that nothing fresh speaks of."""

    opened: list[Opened] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    closed: list[Closed] = field(default_factory=list)
    waiting: list[tuple[OpenAlert, str]] = field(default_factory=list)


Seek = Callable[[OpenAlert], Whereabouts]


def reconcile(
    open_alerts: Iterable[OpenAlert],
    findings: Iterable[Finding],
    quiet: Mapping[Place, list[Clock]],
    *,
    ran: frozenset[str],
    seek: Seek,
    is_backlog: Callable[[Finding], bool],
    leans_on: Mapping[str, frozenset[str]] | None = None,
) -> Changes:
    """What changed.

    `quiet` are the clocks that ran without being at a stage, where an open alert asks for them; `ran` the rules
    that judged; `seek` says what became of a clock that did not return; `leans_on` names for each judgement the
    rules whose findings lead to it.
    """
    leans_on = leans_on or {}
    changes = Changes()
    one_each = _worst_of_each(findings)
    by_key = {alert.key: alert for alert in open_alerts}
    by_place: dict[Place, list[OpenAlert]] = {}
    for alert in by_key.values():
        if alert.key not in one_each:
            by_place.setdefault(alert.place, []).append(alert)
    matched: set[int] = set()
    for finding in one_each.values():
        same = by_key.get(finding.key) or _corrected(
            by_place.get(finding.key[:3], ()), finding, matched, seek
        )
        if same is None:
            changes.opened.append(Opened(finding=finding, backlog=is_backlog(finding)))
        else:
            matched.add(same.id)
            changes.kept.append(Kept(alert=same, finding=finding, kinds=_kinds(same, finding)))
    rest = [alert for alert in by_key.values() if alert.id not in matched]
    _settle_all(rest, quiet, changes, ran=ran, seek=seek, leans_on=leans_on)
    return changes


def _settle_all(
    alerts: Iterable[OpenAlert],
    quiet: Mapping[Place, list[Clock]],
    changes: Changes,
    *,
    ran: frozenset[str],
    seek: Seek,
    leans_on: Mapping[str, frozenset[str]],
) -> None:
    """Judgements come last: absence of data that keeps a plain alert open keeps what was judged from it."""
    unheard: set[tuple[str, str]] = set()  # subject and rule of what waits
    for alert in sorted(alerts, key=lambda each: each.rule in leans_on):
        if any((alert.subject, rule) in unheard for rule in leans_on.get(alert.rule, ())):
            changes.waiting.append((alert, "what led to it waits for news"))
        elif _settle(alert, quiet.get(alert.place, ()), changes, ran=ran, seek=seek):
            unheard.add((alert.subject, alert.rule))


def _worst_of_each(findings: Iterable[Finding]) -> dict[Key, Finding]:
    """One finding for each clock: two sources may hold the same row, and the worse of them stands."""
    found: dict[Key, Finding] = {}
    for finding in findings:
        before = found.get(finding.key)
        if before is None or finding.stage_no > before.stage_no:
            found[finding.key] = finding
    return found


def _corrected(
    alerts: Iterable[OpenAlert], finding: Finding, matched: set[int], seek: Seek
) -> OpenAlert | None:
    """The open alert of the same row whose start was corrected to this one, and not begun anew by an event."""
    for alert in alerts:
        is_other = alert.id not in matched and alert.started_on != finding.started_on
        if is_other and seek(alert).went is Went.CORRECTED:
            return alert
    return None


def _kinds(alert: OpenAlert, finding: Finding) -> tuple[str, ...]:
    kinds = []
    if (alert.started_on, alert.due_on) != (finding.started_on, finding.due_on):
        kinds.append("re-dated")
    if finding.stage_no > alert.stage_no:
        kinds.append("worsened")
    if finding.stage_no < alert.stage_no:
        kinds.append("eased")
    return tuple(kinds)


def _settle(
    alert: OpenAlert, clocks: Iterable[Clock], changes: Changes, *, ran: frozenset[str], seek: Seek
) -> bool:
    """An open alert without a finding: answered by data, or waiting for news; whether it waits."""
    why = _waits_for(alert, clocks, ran)
    back = next((clock for clock in clocks if clock.started_on == alert.started_on), None)
    if why is None and back is not None:
        said = back.why if back.outcome is Outcome.EXCUSED else f"Back in time. {back.why}"
        changes.closed.append(Closed(alert=alert, kind="cleared", why=said, load_id=back.row.load_id))
        return False
    if why is None:
        found = seek(alert)
        if found.went is not Went.VANISHED:
            kind = "lapsed" if found.went is Went.ENDED else "cleared"
            changes.closed.append(Closed(alert=alert, kind=kind, why=found.why, load_id=found.load_id))
            return False
        why = found.why
    changes.waiting.append((alert, why))
    return True


def _waits_for(alert: OpenAlert, clocks: Iterable[Clock], ran: frozenset[str]) -> str | None:
    """What keeps today's data from speaking of an alert; None where it speaks."""
    if alert.rule not in ran:
        return "its rule did not run"
    return next((clock.why for clock in clocks if clock.outcome is Outcome.CANNOT_TELL), None)
