"""Every rule judged on a day: by this process, and over a large caseload by a few more.

Rules know nothing of each other, so they are the parts that the work is cut into: whoever is free takes the next one.
What one rule finds is a plain value, the same whoever found it (docs/decisions/0015).
"""

import gc
import threading
import time
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

LARGE = 30_000  # Episodes in force, from which on a second process is worth the second that it takes to start
ANSWER_WITHIN = 600.0  # seconds that the last rules may take; a helper that lets us wait longer is lost
_LOOK_EVERY = 1.0

Progress = Callable[[str, int], None]


@dataclass(slots=True, kw_only=True)
class RuleFound:
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


@dataclass(slots=True)
class Shared:
    """The rules of a sweep, shared out: those that nobody has taken yet, what the others found, who helps."""

    rules: tuple[Rule, ...]
    todo: deque[int]
    found: dict[int, RuleFound] = field(default_factory=dict)
    helpers: list[tuple[Child, threading.Thread]] = field(default_factory=list)
    lost: int = 0  # helpers that did not answer all that they were asked

    def all(self, caseload: Caseload, directory: Directory, progress: Progress) -> list[RuleFound]:
        """What each rule found, in the order of the rules; this process takes rules too, until none is left."""
        while (number := _next(self.todo)) is not None:
            self._judge(number, caseload, directory, progress)
        self._wait(progress)
        for number in range(len(self.rules)):
            if number not in self.found:  # it was lost with a helper
                self._judge(number, caseload, directory, progress)
        return [self.found[number] for number in range(len(self.rules))]

    def _judge(self, number: int, caseload: Caseload, directory: Directory, progress: Progress) -> None:
        rule = self.rules[number]
        self.found[number] = find_by(rule, caseload, directory)
        progress(rule.id, len(self.found))

    def _wait(self, progress: Progress) -> None:
        """Until the helpers have answered; whoever lets us wait for longer than it may is ended."""
        heard, until = len(self.found), time.monotonic() + ANSWER_WITHIN
        while waited_for := [thread for _, thread in self.helpers if thread.is_alive()]:
            waited_for[0].join(timeout=min(_LOOK_EVERY, ANSWER_WITHIN))
            progress("waiting for the last rules", len(self.found))
            if len(self.found) > heard:
                heard, until = len(self.found), time.monotonic() + ANSWER_WITHIN
            elif time.monotonic() > until:
                self.end()

    def end(self) -> None:
        """No helper is left; a thread that waits for an answer hears that there is none."""
        for child, _ in self.helpers:
            child.process.kill()
        for _, thread in self.helpers:
            thread.join()


@contextmanager
def shared(work: Work, helpers: int) -> Iterator[Shared]:
    """The rules in the hands of so many helpers, or as many as the machine gives; they are gone afterwards.

    A rule that fails is told and leaves the others alone. A helper that is lost costs time and nothing else.
    """
    begun = Shared(work.rules, deque(range(len(work.rules))))
    with ExitStack() as stack:
        with suppress(OSError, RuntimeError):  # no more processes or threads
            while len(begun.helpers) < helpers:
                child = stack.enter_context(child_process(_help, name="judging"))
                thread = threading.Thread(target=_hand_out, args=(child.line, work, begun), daemon=True)
                thread.start()
                begun.helpers.append((child, thread))
        stack.callback(begun.end)  # which happens before the lines are closed
        yield begun


def _next(todo: deque[int]) -> int | None:
    try:
        return todo.popleft()
    except IndexError:
        return None


def _hand_out(line: Line, work: Work, begun: Shared) -> None:
    """One rule after another to a helper, until none is left or the helper is lost.

    A rule that is broken for a helper is judged again at home: the fault may be the helper's own.
    """
    try:
        line.send(work)  # here, for it waits until the helper has started
        while (number := _next(begun.todo)) is not None:
            line.send(number)
            found: RuleFound = line.recv()
            if found.broken is None:
                begun.found[number] = found
    except Exception:  # noqa: BLE001 - whatever it is, what was asked is judged at home
        begun.lost += 1


def _help(line: Line) -> None:
    """The child process: judges what it is asked to, over a connection of its own, until the line is closed."""
    gc.disable()  # it makes plain values and lives for one sweep
    try:
        work: Work = line.recv()
        with build_engine(work.database_url).connect() as connection:
            caseload = open_caseload(connection, as_at=work.as_at, bench=work.bench, now=work.now)
            while True:
                line.send(find_by(work.rules[line.recv()], caseload, work.directory))
    except Exception:  # noqa: BLE001 - its parent sees the closed line, and judges what is left
        return


def find_by(rule: Rule, caseload: Caseload, directory: Directory) -> RuleFound:
    """What this rule found; the connection is good afterwards, even where the rule is broken."""
    part = caseload.connection.begin_nested()
    try:
        found = _find_by(rule, caseload, directory)
        part.commit()
    except Exception as error:  # noqa: BLE001 - one broken rule never stops the others
        part.rollback()
        return RuleFound(rule=rule.id, broken=type(error).__name__)
    return found


def _find_by(rule: Rule, caseload: Caseload, directory: Directory) -> RuleFound:
    found = RuleFound(rule=rule.id)
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
