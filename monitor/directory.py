"""Who is who: teams, workers, lines of management, posts and absences, as known on a day."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from monitor.addresses import domain_of, is_plain
from monitor.model import Whose


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A member of staff; `email` is case-folded, so that one person is one address."""

    key: str
    name: str | None
    email: str | None
    role: str | None
    team: str | None
    manager: str | None
    left_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """A team and its line of management, by role."""

    key: str
    name: str | None
    service: str | None
    line: Mapping[str, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A post outside the line, held by a worker or a mailbox; empty service and team mean the whole council."""

    role: str
    worker: str | None
    mailbox: str | None
    service: str | None
    team: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """All of them, on one day."""

    as_at: date
    workers: Mapping[str, Worker] = field(default_factory=dict)
    teams: Mapping[str, Team] = field(default_factory=dict)
    posts: tuple[Post, ...] = ()
    absent: Mapping[str, str | None] = field(default_factory=dict)  # who is away, and who covers
    allowed_domains: tuple[str, ...] = ()  # empty: every address may be told

    def team_of(self, row: Whose) -> str | None:
        """The team that answers for a row: the owner's, else the child's, else the worker's own."""
        for key in (row.owner, row.worker if row.child is None else None):
            worker = self.workers.get(key or "")
            if worker is not None and worker.team is not None:
                return worker.team
        return row.child_team

    def is_here(self, key: str) -> bool:
        """Known, and has not left."""
        worker = self.workers.get(key)
        return worker is not None and (worker.left_on is None or worker.left_on > self.as_at)

    def is_refused(self, key: str) -> bool:
        """Whether this worker has an address to which no mail may go."""
        worker = self.workers.get(key)
        return worker is not None and worker.email is not None and not self.allows(worker.email)

    def allows(self, address: str) -> bool:
        """Whether it is one plain address, to whose domain mail may go."""
        return is_plain(address) and (not self.allowed_domains or domain_of(address) in self.allowed_domains)
