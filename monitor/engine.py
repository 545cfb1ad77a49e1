"""The one door to durable_rules: judgements over the findings of each child, in a process of its own.

Fenced in as measured (docs/decisions/0002): a session per child, few facts in one call, context before findings, a
catch-all of the lowest priority, and nothing of the engine's own exceptions let out, for their text holds facts.
A crash of its C code is a crash of the child process; the caller then goes on with plain findings and says so.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import islice
from multiprocessing.connection import Connection
from typing import Any

from monitor.errors import EngineLost
from monitor.judgement import Conclusion, Context, Fact, Judgement
from monitor.processes import Child, child_process

CHILDREN_A_CALL = 250
ANSWER_WITHIN = 60.0  # seconds for one call; an engine that is silent for longer is taken for lost
_NO_AGE = 1_000  # an age that is not known is under no age
_LAST = 1_000_000  # the catch-all's priority: durable_rules fires low numbers first

Found = tuple[int, str, str, str, int]  # a finding's number, rule, outcome, stage and ref
Told = tuple[list[Found], tuple[str, ...], int | None]  # findings, what is open, the age
Asked = tuple[str, Told]
NOBODY = Context()


class Engine:
    """A running rules engine; `judge` may raise EngineLost, after which it is of no more use."""

    def __init__(self, started: Child) -> None:
        self.process, self._line = started.process, started.line

    def judge(
        self, facts: Mapping[str, Iterable[Fact]], contexts: Mapping[str, Context] | None = None
    ) -> dict[str, list[Conclusion]]:
        """By child, what follows; children of whom nothing follows are left out."""
        known = contexts or {}
        asked: Iterator[Asked] = iter(
            [
                (child, ([_told(fact) for fact in found], tuple(sorted(so.open)), so.age))
                for child, found in facts.items()
                for so in (known.get(child, NOBODY),)
            ]
        )
        concluded: dict[str, list[Conclusion]] = {}
        while batch := list(islice(asked, CHILDREN_A_CALL)):
            concluded.update(self._ask(batch))
        return concluded

    def _ask(self, batch: list[Asked]) -> dict[str, list[Conclusion]]:
        # The engine sees a number in place of the child.
        numbered = [(str(number), told) for number, (_, told) in enumerate(batch)]
        try:
            self._line.send(numbered)
            if not self._line.poll(ANSWER_WITHIN):
                raise EngineLost("the rules engine did not answer in time")
            answer = self._line.recv()
        except (EOFError, OSError):
            raise EngineLost("the rules engine's process is gone") from None
        if answer is None:
            raise EngineLost("the rules engine refused what it was asked")
        found: dict[str, list[Conclusion]] = {}
        for number, judgement, matched in answer:
            found.setdefault(batch[int(number)][0], []).append(Conclusion(judgement, matched))
        return found


def _told(fact: Fact) -> Found:
    return fact.n, fact.rule, fact.outcome, fact.stage, fact.ref


@contextmanager
def running(judgements: tuple[Judgement, ...]) -> Iterator[Engine]:
    """An engine with these judgements, in a child process that is ended afterwards."""
    with ExitStack() as stack:
        try:
            started = stack.enter_context(child_process(_serve, judgements, name="rules-engine"))
        except OSError:
            raise EngineLost("the rules engine's process cannot be started") from None
        yield Engine(started)


def _serve(line: Connection, judgements: tuple[Judgement, ...]) -> None:
    """The child process: answers batches until the line is closed; None says that a batch failed."""
    concluded: list[tuple[str, str, tuple[tuple[str, int], ...]]] = []
    host = _compiled(judgements, concluded)
    while True:
        try:
            batch = line.recv()
        except (EOFError, OSError):
            return
        concluded.clear()
        try:
            for number, told in batch:
                _judge_child(host, number, told)
            line.send(list(concluded))
        except Exception:  # noqa: BLE001 - the engine's own errors quote facts: only that it failed gets out
            line.send(None)


def _judge_child(host: Any, number: str, asked: Told) -> None:  # noqa: ANN401
    facts, open_, age = asked
    # What is so of the child comes first, the findings last.
    told: list[dict[str, Any]] = [
        {"sid": number, "k": "child", "n": -1, "age": _NO_AGE if age is None else age}
    ]
    told += [{"sid": number, "k": "open", "n": -1, "kind": kind} for kind in open_]
    told += [
        {"sid": number, "k": "finding", "n": n, "rule": rule, "outcome": outcome, "stage": stage, "ref": ref}
        for n, rule, outcome, stage, ref in facts
    ]
    host.assert_facts("judgements", told)
    host.delete_state("judgements", number)


def _compiled(judgements: tuple[Judgement, ...], concluded: list[Any]) -> Any:  # noqa: ANN401
    """The judgements as one durable_rules rule set; its actions only append to `concluded`."""
    from durable.lang import c, get_host, m, pri, ruleset, when_all  # noqa: PLC0415 - only in this process

    with ruleset("judgements"):
        for judgement in judgements:
            patterns = [
                getattr(c, f"_open{no}") << (m.kind == kind) for no, kind in enumerate(judgement.open)
            ]
            patterns += [c._child << (m.age < judgement.under)] if judgement.under is not None else []  # noqa: SLF001
            patterns += [_pattern(each, c, m) for each in judgement.patterns]
            when_all(*patterns)(_action(judgement, concluded))
        # A fact that no rule looks at makes the whole call raise, and its hits come out of the next one.
        when_all(pri(_LAST), c.any << (+m.k))(lambda _: None)
    return get_host()


def _pattern(pattern: Any, c: Any, m: Any) -> Any:  # noqa: ANN401 - the engine's own untyped language
    asked = _one_of(m.rule, pattern.rules)
    if pattern.outcomes:
        asked &= _one_of(m.outcome, pattern.outcomes)
    if pattern.stages:
        asked &= _one_of(m.stage, pattern.stages)
    if pattern.same_ref_as:
        asked &= m.ref == getattr(c, pattern.same_ref_as).ref
    if pattern.other_than:  # the later of two, so that a pair is found once
        asked &= m.n > getattr(c, pattern.other_than).n
    return getattr(c, pattern.name) << asked


def _one_of(what: Any, allowed: tuple[str, ...]) -> Any:  # noqa: ANN401 - the engine's own untyped language
    """One comparison, by a regular expression: beside an `or` the engine drops what joins a pattern to another."""
    if len(allowed) == 1:
        return what == allowed[0]
    return what.matches("|".join(re.sub("[^a-zA-Z0-9 -]", r"%\g<0>", each) for each in allowed))


def _action(judgement: Judgement, concluded: list[Any]) -> Any:  # noqa: ANN401
    names = tuple(pattern.name for pattern in judgement.patterns)

    def conclude(found: Any) -> None:  # noqa: ANN401
        matched = tuple((name, int(getattr(found, name).n)) for name in names)
        concluded.append((found.s.sid, judgement.id, matched))

    return conclude
