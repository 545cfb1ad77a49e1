"""Who is to be told of what a sweep changed: routing and escalation applied to every alert that asks for it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from monitor import gaps, ledger
from monitor.bootstrap import Home
from monitor.directory import Directory
from monitor.escalate import (
    Ask,
    Notice,
    Standing,
    backlog_notices,
    backlog_start,
    due_rungs,
    may_climb,
    stage_notices,
)
from monitor.findings import day_of_limit
from monitor.model import bare
from monitor.reconcile import Changes, Finding, Kept, OpenAlert
from monitor.routing import LINE, Case, Gap, Told, resolve
from monitor.rule import LawClass
from monitor.staff import read_allocations, read_restricted


@dataclass(slots=True, kw_only=True)
class Telling:
    """What is known about people on the day of the sweep; read before the write lock is taken."""

    home: Home
    directory: Directory
    as_at: date
    now: datetime
    house_alerts: list[OpenAlert]
    told: dict[int, frozenset[str]]
    claimed: dict[int, tuple[tuple[int, date], ...]]
    allocations: dict[str, dict[str, tuple[str, ...]]]
    restricted: dict[str, tuple[str, ...]]
    gaps: list[Gap] = field(default_factory=list)
    _answers: dict[tuple[str, str | None], Told] = field(default_factory=dict)

    def ladder(self, rule_id: str) -> tuple[tuple[int, str], ...]:
        """Days and roles for an alert of this rule, to be frozen into it."""
        return tuple((rung.after, rung.tell) for rung in self.home.ladder.of(self.law_class(rule_id)))

    def law_class(self, rule_id: str) -> LawClass:
        rule = self.home.rule(rule_id)
        return rule.law.law_class if rule else LawClass.LOCAL

    def silent_from(self, finding: Finding, before: date | None, *, backlog: bool) -> date | None:
        """The day from which silence counts; none while the alert may not climb."""
        if not may_climb(finding):
            return None
        if before is not None:
            return before
        if backlog:
            return backlog_start(
                finding, self.as_at, self.home.settings.alerts.backlog_days, self.home.lawful
            )
        return self.as_at

    def ask(self, finding: Finding) -> Ask:
        """Who answers to a role for this finding; gaps on the way are gathered."""
        child = finding.row.child
        restricted = child is not None and child in self.restricted
        case = Case(
            row=finding.row,
            team=finding.team,
            owner_role=self.owner_role(finding.rule),
            allocations=self.allocations.get(child or "", {}),
            restricted=restricted,
            named=self.restricted.get(child or "", ()),
        )

        def answer(role: str) -> Told:
            if role not in LINE or restricted:
                return resolve(role, case, self.directory)
            key = (role, finding.team)
            if key not in self._answers:
                self._answers[key] = resolve(role, case, self.directory)
            return self._answers[key]

        return answer

    def owner_role(self, rule_id: str) -> str:
        rule = self.home.rule(rule_id)
        if rule is not None:
            return rule.owner
        return next((each.owner for each in self.home.judgements if each.id == rule_id), "data-steward")

    def due_notices(self, standing: Standing, *, backlog: bool) -> list[Notice]:
        """What is to be told of an alert whose stage, or whose first sight, asks for it."""
        tell = backlog_notices if backlog else stage_notices
        notices, found = tell(standing, self.ask(standing.finding))
        self.gaps += found
        return notices

    def values(self, alert_id: int, finding: Finding) -> dict[str, Any]:
        """What a mail needs to know of the alert, as it stands today; ids only where they cannot be names."""
        rule = self.home.rule(finding.rule)
        team = self.directory.teams.get(finding.team or "")
        return {
            "alert": alert_id,
            "rule": finding.rule,
            "title": self.title(finding.rule),
            "law": str(self.law_class(finding.rule)),
            "source_of_law": rule.law.source if rule else "",
            "case": self.shown(finding.row.child or finding.row.worker, alert_id),
            "about": "child" if finding.row.child else "worker" if finding.row.worker else "",
            "ref": self.shown(f"{finding.row.source}:{finding.row.ref}", alert_id),
            "record": f"{finding.rule}|{finding.row.source}|{finding.row.ref}",
            "team": (team.name if team else None) or bare(finding.team),
            "stage": finding.stage.label,
            "rag": finding.stage.rag,
            "outcome": str(finding.outcome),
            "due_on": str(finding.due_on) if finding.due_on else None,
            "act_by": str(finding.act_by) if finding.act_by else None,
            "day": day_of_limit(rule, finding, self.as_at, self.home.lawful),
            "data_of": str(finding.data_day),
            "why": finding.why if finding.rule in gaps.HOUSE or rule is None else None,
        }

    def title(self, rule_id: str) -> str:
        rule = self.home.rule(rule_id)
        if rule is not None:
            return rule.title
        if rule_id in gaps.HOUSE:
            return gaps.HOUSE[rule_id].title
        return next((each.title for each in self.home.judgements if each.id == rule_id), rule_id)

    def shown(self, key: str | None, alert_id: int) -> str | None:
        """The id, if it fits its issuer's pattern; else the monitor's own number, and a gap for the data steward."""
        if key is None:
            return None
        issuer, _, own = key.partition(":")
        if issuer == "monitor" or self.home.settings.id_pattern(issuer).fullmatch(own):
            return own
        if own != issuer:  # a feed is called by its source's name
            self.gaps.append(Gap(what="sys-id-shape", role=issuer))
            return f"monitor number {alert_id}"
        return own

    def house_findings(self) -> tuple[list[Finding], list[OpenAlert]]:
        """Findings for the gaps of today, and the open ones that are mended."""
        for gap in gaps.standing(self.house_alerts):
            if self._still_open(gap):
                self.gaps.append(gap)
        found = gaps.found(self.gaps, self.house_alerts, self.as_at)
        places = {(finding.rule, finding.row.ref) for finding in found}
        mended = [alert for alert in self.house_alerts if (alert.rule, alert.ref) not in places]
        return found, mended

    def _still_open(self, gap: Gap) -> bool:
        """Ask again for what a gap is about; ids stay open for as long as alerts of that issuer show them."""
        if gap.what == "sys-id-shape":
            return False
        if gap.what == "sys-address-refused":
            return self.directory.is_here(gap.of) and self.directory.is_refused(gap.of)
        child = gap.of or None
        held = self.allocations.get(child or "", {}).get(gap.role, ())
        if child is not None:
            return not any(map(self.directory.is_here, held))
        team = self.directory.teams.get(gap.team or "")
        holders = [team.line.get(gap.role)] if team and gap.role in LINE else []
        holders += [post.worker or "" for post in self.directory.posts if post.role == gap.role]
        return not any(self.directory.is_here(key or "") for key in holders)


def prepare(
    home: Home,
    connection: Connection,
    directory: Directory,
    changes: Changes,
    alerts: Iterable[OpenAlert],
    *,
    as_at: date,
    now: datetime,
) -> Telling:
    """Read what telling needs: who was told before, which rungs are claimed, who is allocated and named."""
    house = [alert for alert in alerts if alert.rule in gaps.HOUSE]
    asking = [kept for kept in changes.kept if _asks(kept)]
    findings = [opened.finding for opened in changes.opened] + [kept.finding for kept in asking]
    children = sorted(
        {finding.row.child for finding in findings if finding.row.child}
        | {of for alert in house if (of := alert.record.split("|")[2])}
    )
    return Telling(
        home=home,
        directory=directory,
        as_at=as_at,
        now=now,
        house_alerts=house,
        told=ledger.read_told(connection, [kept.alert.id for kept in asking] + [alert.id for alert in house]),
        claimed=ledger.read_claimed(connection),
        allocations=read_allocations(connection, children, as_at),
        restricted=read_restricted(connection, children, as_at),
    )


def _asks(kept: Kept) -> bool:
    """Whether anybody might have to be told of an alert that goes on."""
    return kept.finding.stage_no > kept.alert.told_no or may_climb(kept.finding)


def rungs_due(telling: Telling, standing: Standing) -> list[Any]:
    """The rungs to claim today."""
    claims, found = due_rungs(standing, telling.as_at, telling.home.lawful, telling.ask(standing.finding))
    telling.gaps += found
    return claims
