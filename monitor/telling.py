"""Who is to be told of what a sweep changed: routing and escalation applied to every alert that asks for it."""

from collections import defaultdict
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
    Claim,
    Heard,
    Notice,
    Standing,
    backlog_notices,
    backlog_start,
    due_rungs,
    inherited_notices,
    may_climb,
    stage_notices,
)
from monitor.findings import day_of_limit, finding_of_waiting
from monitor.model import bare
from monitor.reconcile import Changes, Finding, Kept, OpenAlert
from monitor.routing import LINE, Case, Gap, Told, resolve
from monitor.rule import LawClass, Rule
from monitor.staff import read_allocations, read_restricted
from monitor.vocabulary import vocabulary


@dataclass(slots=True, kw_only=True)
class Telling:
    """What is known about people on the day of the sweep; read before the write lock is taken."""

    home: Home
    directory: Directory
    as_at: date
    now: datetime
    house_alerts: list[OpenAlert]
    waiting: list[tuple[OpenAlert, Finding]]
    by_subject: dict[str, list[Finding]]  # what stands open about each child, worker or feed
    heard: dict[int, Heard]
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
        """Who answers to a role for this finding."""
        child = finding.row.child
        restricted = child is not None and child in self.restricted
        owner_role, worker_role = self._roles(finding.rule)
        case = Case(
            row=finding.row,
            team=finding.team,
            owner_role=owner_role,
            worker_role=worker_role,
            allocations=self.allocations.get(child or "", {}),
            restricted=restricted,
            named=self.restricted.get(child or "", ()),
        )

        def answer(role: str) -> Told:
            if role not in LINE or restricted or child is None or finding.team is None:
                return resolve(role, case, self.directory)
            key = (role, finding.team)
            if key not in self._answers:
                self._answers[key] = resolve(role, case, self.directory)
            return self._answers[key]

        return answer

    def _roles(self, rule_id: str) -> tuple[str, str | None]:
        """In which role the finding's owner stands to the child, and in which the row's own worker does."""
        rule = self.home.rule(rule_id)
        if rule is not None:
            return rule.owner, _worker_role(rule)
        judgement = next((each for each in self.home.judgements if each.id == rule_id), None)
        if judgement is None:
            return "data-steward", None
        first = self.home.rule(judgement.patterns[0].rules[0])
        return judgement.owner, _worker_role(first) if first else None

    def due_notices(self, standing: Standing, *, backlog: bool) -> list[Notice]:
        """What is to be told of an alert whose stage, or whose first sight, asks for it."""
        tell = backlog_notices if backlog else stage_notices
        notices, found = tell(standing, self.ask(standing.finding))
        self.gaps += found
        return notices

    def inherited(self, standing: Standing) -> list[Notice]:
        """What the manager of the team that now answers for an alert is to be told."""
        notices, found = inherited_notices(standing, self.as_at, self.ask(standing.finding))
        self.gaps += found
        return notices

    def is_watched(self, rule_id: str) -> bool:
        """Whether the rule or judgement is switched on; of one that is off nothing is told any more."""
        return self.home.rule(rule_id) is not None or any(each.id == rule_id for each in self.home.judgements)

    def due_rungs(self, standing: Standing) -> list[Claim]:
        """The rungs to claim today."""
        claims, found = due_rungs(standing, self.as_at, self.home.lawful, self.ask(standing.finding))
        self.gaps += found
        return claims

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
            "case": self.shown(_case(finding), alert_id),
            "by_law": finding.evidence.get("last day by law"),
            "about": "child" if finding.row.child else "worker" if finding.row.worker else "",
            "ref": self._ref(finding, alert_id),
            "record": f"{finding.rule}|{finding.row.source}|{finding.row.ref}",
            "team": (team.name if team else None) or bare(finding.team),
            "stage": finding.stage.label,
            "rag": finding.stage.rag,
            "outcome": str(finding.outcome),
            "due_on": str(finding.due_on) if finding.due_on else None,
            "act_by": str(finding.act_by) if finding.act_by else None,
            "day": day_of_limit(rule, finding, self.as_at, self.home.lawful),
            "data_of": str(min(finding.data_day, self.as_at)),
            "why": self._why(finding, alert_id),
        }

    def _ref(self, finding: Finding, alert_id: int) -> str | None:
        if finding.rule not in gaps.HOUSE:
            return self.shown(_ref(finding), alert_id)
        gap = Gap.of_record(finding.rule, finding.row.record)
        return gap.called(self.shown(gap.of, alert_id) or "")

    def _why(self, finding: Finding, alert_id: int) -> str | None:
        """What was found, where the title and the dates do not say it all."""
        if finding.rule in gaps.HOUSE:
            gap = Gap.of_record(finding.rule, finding.row.record)
            return gaps.says(gap, self.shown(gap.of, alert_id) or "")
        return finding.why if finding.waits or self.home.rule(finding.rule) is None else None

    def title(self, rule_id: str) -> str:
        rule = self.home.rule(rule_id)
        if rule is not None:
            return rule.title
        if rule_id in gaps.HOUSE:
            return gaps.HOUSE[rule_id].title
        return next((each.title for each in self.home.judgements if each.id == rule_id), rule_id)

    def shown(self, key: str | None, alert_id: int) -> str | None:
        """The id, if it fits its issuer's pattern; else the monitor's own number."""
        if not key:
            return None
        return bare(key) if self._fits(key) else f"monitor number {alert_id}"

    def _fits(self, key: str) -> bool:
        """Whether an id may be shown; a feed is called by its source's name."""
        issuer, _, own = key.partition(":")
        return issuer == own or bool(self.home.settings.id_pattern(issuer).fullmatch(own))

    def misfits(self) -> set[Gap]:
        """A gap for each issuer some of whose ids, in what stands open, might be names."""
        keys = {
            key
            for findings in self.by_subject.values()
            for finding in findings
            for key in (_case(finding), _ref(finding))
            if key is not None
        }
        issuers = {key.partition(":")[0] for key in keys if not self._fits(key)}
        return {Gap(what="sys-id-shape", role=issuer) for issuer in issuers}

    def house_findings(self, misfits: set[Gap]) -> tuple[list[Finding], list[OpenAlert]]:
        """Findings for the gaps of today, and the open ones that are mended."""
        for gap in gaps.standing(self.house_alerts):
            about = self.by_subject.get(gap.of, ()) if gap.of else ()
            if gap.what != "sys-id-shape" and gaps.is_still_there(gap, map(self.ask, about), self.directory):
                self.gaps.append(gap)
        found = gaps.found(
            [*self.gaps, *sorted(misfits, key=lambda gap: gap.role)], self.house_alerts, self.as_at
        )
        places = {(finding.rule, finding.row.record) for finding in found}
        mended = [alert for alert in self.house_alerts if (alert.rule, alert.record) not in places]
        return found, mended


def _worker_role(rule: Rule) -> str | None:
    return vocabulary().kinds[rule.each].worker_is


def _case(finding: Finding) -> str | None:
    """The child or worker whom people know the matter by."""
    return finding.row.child or finding.row.worker


def _ref(finding: Finding) -> str:
    return f"{finding.row.source}:{finding.row.ref}"


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
    waiting = [(alert, finding_of_waiting(alert, why)) for alert, why in changes.waiting]
    asking = [kept.alert.id for kept in changes.kept if _asks(kept)]
    climbing = [alert.id for alert, _ in waiting if alert.silent_from is not None]
    by_subject: dict[str, list[Finding]] = defaultdict(list)
    for finding in (
        *(opened.finding for opened in changes.opened),
        *(kept.finding for kept in changes.kept),
        *(finding for _, finding in waiting),
    ):
        by_subject[finding.row.subject].append(finding)
    children = sorted(
        {child for each in by_subject.values() for finding in each if (child := finding.row.child)}
    )
    return Telling(
        home=home,
        directory=directory,
        as_at=as_at,
        now=now,
        house_alerts=house,
        waiting=waiting,
        by_subject=by_subject,
        heard=ledger.read_heard(connection, [*asking, *climbing, *(alert.id for alert in house)]),
        claimed=ledger.read_claimed(connection),
        allocations=read_allocations(connection, children, as_at),
        restricted=read_restricted(connection, children, as_at),
    )


def _asks(kept: Kept) -> bool:
    """Whether anybody might have to be told of an alert that goes on."""
    return kept.finding.stage_no > kept.alert.told_no or kept.moved_team or may_climb(kept.finding)
