"""Every rule judged on a day: in this process, or over a large caseload in as many as there are cores.

Rules know nothing of each other, so they are the parts that the work is cut into: whoever is free takes the next one.
What one rule finds is a plain value, the same whoever found it (docs/decisions/0015).
"""

import gc
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from multiprocessing.connection import Connection as Line

from sqlalchemy import Connection, select

from monitor import ledger, tables
from monitor.bench import Bench
from monitor.bootstrap import build_engine
from monitor.caseload import Caseload, open_caseload
from monitor.directory import Directory
from monitor.findings import finding_of
from monitor.model import Clock, Outcome
from monitor.processes import Child, child_process
from monitor.reconcile import Finding, Place
from monitor.rule import Rule

LARGE = 50_000  # Episodes from which on a second process is worth the second that it takes to start
ANSWER_WITHIN = 600.0  # seconds for one rule; a helper that is silent for longer is taken for lost
_LOOK_EVERY = 1.0

Progress = Callable[[str, int], None]


@dataclass(slots=True, kw_only=True)
class Found:
    """What one rule found: its clocks counted, its findings, and the other clocks that an open alert asks for.

    One that is `broken` (the name of its error) found nothing.
    """

    rule: str
    clocks: Counter[str] = field(default_factory=Counter)
    unsure: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    quiet: list[tuple[Place, Clock]] = field(default_factory=list)
    broken: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a helper needs to judge as its parent does."""

    database_url: str
    rules: tuple[Rule, ...]
    as_at: date
    now: datetime | None
    bench: Bench
    directory: Directory


@dataclass(frozen=True, slots=True)
class Judging:
    """The rules of a sweep being judged: those that nobody has taken yet, what the others found, who helps."""

    rules: tuple[Rule, ...]
    todo: deque[int]
    found: dict[int, Found]
    helping: list[threading.Thread]

    def judged(self, caseload: Caseload, directory: Directory, progress: Progress) -> list[Found]:
        """What each rule found, in the order of the rules, judged by this process too until none is left."""
        while (number := _next(self.todo)) is not None:
            self._judge(number, caseload, directory, progress)
        while waited_for := [thread for thread in self.helping if thread.is_alive()]:
            waited_for[0].join(timeout=_LOOK_EVERY)
            progress("", len(self.found))
        lost = [number for number in range(len(self.rules)) if number not in self.found]  # with a helper
        for number in lost:
            self._judge(number, caseload, directory, progress)
        return [self.found[number] for number in range(len(self.rules))]

    def _judge(self, number: int, caseload: Caseload, directory: Directory, progress: Progress) -> None:
        rule = self.rules[number]
        self.found[number] = find_by(rule, caseload, directory)
        progress(rule.id, len(self.found))


@contextmanager
def judging(work: Work, helpers: int) -> Iterator[Judging]:
    """The rules in the hands of so many helpers, or as many as the machine gives; they are gone afterwards.

    A rule that fails is told and leaves the others alone. A helper that is lost costs time and nothing else.
    """
    begun = Judging(work.rules, deque(range(len(work.rules))), {}, [])
    children: list[Child] = []
    with ExitStack() as stack:
        with suppress(OSError):
            while len(children) < helpers:
                children.append(stack.enter_context(child_process(_help, work, name="judging")))
        for child in children:
            begun.helping.append(threading.Thread(target=_hand_out, args=(child.line, begun), daemon=True))
            begun.helping[-1].start()
        try:
            yield begun
        finally:
            for child in children:
                child.process.kill()  # wakes a thread that waits for its answer
            for thread in begun.helping:
                thread.join()


def _next(todo: deque[int]) -> int | None:
    try:
        return todo.popleft()
    except IndexError:
        return None


def _hand_out(line: Line, begun: Judging) -> None:
    """One rule after another to a helper, until none is left or the helper is lost."""
    with suppress(EOFError, OSError):
        while (number := _next(begun.todo)) is not None:
            line.send(number)
            if not line.poll(ANSWER_WITHIN):
                return
            begun.found[number] = line.recv()


def _help(line: Line, work: Work) -> None:
    """The child process: judges what it is asked to, over a connection of its own, until the line is closed."""
    gc.disable()  # it makes plain values and lives for one sweep
    try:
        with build_engine(work.database_url).connect() as connection:
            caseload = open_caseload(connection, as_at=work.as_at, bench=work.bench, now=work.now)
            while True:
                line.send(find_by(work.rules[line.recv()], caseload, work.directory))
    except Exception:  # noqa: BLE001 - its parent sees the closed line, and judges what is left
        return


def find_by(rule: Rule, caseload: Caseload, directory: Directory) -> Found:
    """What this rule found; the connection is good afterwards, even where the rule is broken."""
    part = caseload.connection.begin_nested()
    try:
        found = _find_by(rule, caseload, directory)
        part.commit()
    except Exception as error:  # noqa: BLE001 - one broken rule never stops the others
        part.rollback()
        return Found(rule=rule.id, broken=type(error).__name__)
    return found


def _find_by(rule: Rule, caseload: Caseload, directory: Directory) -> Found:
    found = Found(rule=rule.id)
    places = ledger.read_places(caseload.connection, rule.id)
    for clock in caseload.clocks_of(rule):
        found.clocks[str(clock.outcome)] += 1
        if clock.outcome is Outcome.CANNOT_TELL:
            found.unsure[str(clock.unsure)] += 1
        finding = finding_of(rule, clock, directory.team_of(clock.row))
        if finding is not None:
            found.findings.append(finding)
        elif (place := (rule.id, clock.row.subject, clock.row.ref)) in places:
            found.quiet.append((place, clock))
    return found


def is_large(connection: Connection) -> bool:
    """Whether the caseload is worth more than one process."""
    episode = tables.episode
    in_force = select(episode.c.id).where(episode.c.known_until.is_(None)).limit(1).offset(LARGE - 1)
    return connection.execute(in_force).first() is not None
