"""What a sweep did, and what a run of the outbox did, in counts."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import Any


@dataclass(slots=True, kw_only=True)
class Report:
    """What a sweep did, in counts; no case data."""

    as_at: date
    dry_run: bool = False
    clocks: Counter[tuple[str, str]] = field(default_factory=Counter)
    unsure: Counter[tuple[str, str]] = field(default_factory=Counter)
    opened: Counter[str] = field(default_factory=Counter)
    backlog: Counter[str] = field(default_factory=Counter)
    closed: Counter[str] = field(default_factory=Counter)
    moved: Counter[str] = field(default_factory=Counter)
    open_alerts: int = 0
    muted: int = 0
    waiting: int = 0
    notices: Counter[str] = field(default_factory=Counter)
    judged: bool = True
    helpers_lost: int = 0
    broken: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        by_rule: dict[str, dict[str, int]] = {}
        for (rule, outcome), count in sorted(self.clocks.items()):
            by_rule.setdefault(rule, {})[outcome] = count
        cannot_tell: dict[str, dict[str, int]] = {}
        for (rule, why), count in sorted(self.unsure.items()):
            cannot_tell.setdefault(rule, {})[why] = count
        return {
            "as_at": str(self.as_at),
            "dry_run": self.dry_run,
            "clocks": by_rule,
            "cannot_tell": cannot_tell,
            "opened": dict(self.opened),
            "backlog": dict(self.backlog),
            "closed": dict(self.closed),
            "moved": dict(self.moved),
            "open_alerts": self.open_alerts,
            "muted": self.muted,
            "waiting": self.waiting,
            "notices": dict(self.notices),
            "judged": self.judged,
            "helpers_lost": self.helpers_lost,
            "broken_rules": self.broken,
        }


@dataclass(slots=True, kw_only=True)
class Posted:
    """What one run of the outbox did, in counts."""

    mode: str
    composed: int = 0
    sent: int = 0
    deferred: int = 0
    refused: int = 0
    withheld: int = 0
    waiting: int = 0
    said: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    by_role: Counter[str] = field(default_factory=Counter)

    def as_json(self) -> dict[str, Any]:
        return {
            "mode": self.mode,
            "composed": self.composed,
            "sent": self.sent,
            "deferred": self.deferred,
            "refused": self.refused,
            "withheld": self.withheld,
            "waiting": self.waiting,
            "said": [*self.said, *self.faults],
        }
