"""What a judgement is: a rule over the findings of one child, and what follows from it.

A judgement may raise an alert of its own, and may mute findings that another alert stands for.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from monitor.model import Went, Whereabouts
from monitor.reconcile import Finding
from monitor.rule import Law, Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """A finding of one of these rules, with one of these outcomes and at one of these stages.

    `same_ref_as` names an earlier pattern of the same row, `other_than` one that must be another finding.
    """

    name: str
    rules: tuple[str, ...]
    outcomes: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    same_ref_as: str | None = None
    other_than: str | None = None

    def fits(self, rule: str, outcome: str, stage: str) -> bool:
        """Whether a finding that stands so is one of these, whatever is asked of the other findings."""
        return (
            rule in self.rules
            and (not self.outcomes or outcome in self.outcomes)
            and (not self.stages or stage in self.stages)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """All patterns found together for one child; `stage` raises an alert, `mutes` quietens findings.

    The child must have these kinds of Episode open, and be under this age. The alert that stands for the muted ones is
    the raised one, or the finding that `standing` names.
    """

    id: str
    title: str
    why: str
    serves: tuple[int, ...]
    law: Law
    owner: str
    patterns: tuple[Pattern, ...]
    mutes: tuple[str, ...]
    because: str
    stage: Stage | None = None
    standing: str | None = None
    open: tuple[str, ...] = ()
    under: int | None = None
    path: str = ""

    @property
    def rules(self) -> frozenset[str]:
        """The rules whose findings may lead to it."""
        return frozenset(rule for pattern in self.patterns for rule in pattern.rules)


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What is so of a child on the day: the kinds of Episode that are open, and the age in years where it is known."""

    open: frozenset[str] = frozenset()
    age: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A finding as the engine sees it: numbers and words of our own, no case data."""

    n: int
    rule: str
    outcome: str
    ref: int
    stage: str = ""


@dataclass(frozen=True, slots=True)
class Conclusion:
    """A judgement that holds for one child, and by pattern the numbers of the findings that led to it."""

    judgement: str
    matched: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Muted:
    """A finding that another alert stands for."""

    finding: Finding
    standing: Finding
    because: str


@dataclass(slots=True, kw_only=True)
class Judged:
    """What the conclusions come to."""

    raised: list[Finding] = field(default_factory=list)
    muted: list[Muted] = field(default_factory=list)

    def may_mute(self, finding: Finding, standing: Finding) -> bool:
        """Whether somebody still hears of it: what stands for others is not muted, nor what is muted stands."""
        return all(
            each.finding.key not in (finding.key, standing.key) and each.standing.key != finding.key
            for each in self.muted
        )


def facts_of(
    findings: Iterable[Finding], judgements: Sequence[Judgement]
) -> dict[str, list[tuple[Fact, Finding]]]:
    """By child, the findings that some judgement asks about, as facts, in an order that stays from day to day.

    A child of whom no judgement has something for each of its patterns is left out: the engine need not look.
    """
    patterns = [(judgement.id, pattern) for judgement in judgements for pattern in judgement.patterns]
    asked = {rule for _, pattern in patterns for rule in pattern.rules}
    by_child: dict[str, list[tuple[Fact, Finding]]] = {}
    refs: dict[tuple[str, str], int] = {}
    for finding in sorted(findings, key=lambda each: (each.rule, each.started_on, each.row.ref)):
        if finding.rule not in asked or finding.row.child is None:
            continue
        facts = by_child.setdefault(finding.row.child, [])
        ref = refs.setdefault((finding.row.source, finding.row.ref), len(refs))
        fact = Fact(
            n=len(facts),
            rule=finding.rule,
            outcome=str(finding.outcome),
            ref=ref,
            stage=finding.stage.label,
        )
        facts.append((fact, finding))

    @cache
    def met_by(rule: str, outcome: str, stage: str) -> frozenset[tuple[str, str]]:
        """The patterns that such a fact fits, each by its judgement and name."""
        return frozenset(
            (judgement, pattern.name) for judgement, pattern in patterns if pattern.fits(rule, outcome, stage)
        )

    wanted = [{(each.id, pattern.name) for pattern in each.patterns} for each in judgements]

    def may_follow(facts: Iterable[tuple[Fact, Finding]]) -> bool:
        met = frozenset().union(*(met_by(fact.rule, fact.outcome, fact.stage) for fact, _ in facts))
        return any(each <= met for each in wanted)

    return {child: facts for child, facts in by_child.items() if may_follow(facts)}


def apply(
    conclusions: Mapping[str, Iterable[Conclusion]],
    facts: Mapping[str, list[tuple[Fact, Finding]]],
    judgements: Iterable[Judgement],
    titles: Mapping[str, str],
) -> Judged:
    """Alerts raised and findings muted; a finding is muted once, by the first judgement in order of id.

    `titles` are those of the rules by id, for a person to read.
    """
    by_id = {judgement.id: judgement for judgement in judgements}
    judged = Judged()
    for child, found in conclusions.items():
        raised: set[tuple[str, str]] = set()
        for conclusion in sorted(found, key=lambda each: (each.judgement, each.matched)):
            judgement = by_id[conclusion.judgement]
            matched = {name: facts[child][n][1] for name, n in conclusion.matched}
            standing = _standing(judgement, matched, titles)
            # Several pairs of the same findings are one concern: the first stands for the child.
            once = any(pattern.other_than for pattern in judgement.patterns)
            place = (judgement.id, "" if once else standing.row.ref)
            if judgement.stage is not None and place not in raised:
                raised.add(place)
                judged.raised.append(standing)
            elif judgement.stage is not None and once:
                continue
            for name in judgement.mutes:
                if judged.may_mute(matched[name], standing):
                    judged.muted.append(
                        Muted(finding=matched[name], standing=standing, because=judgement.because)
                    )
    return judged


def _standing(judgement: Judgement, matched: Mapping[str, Finding], titles: Mapping[str, str]) -> Finding:
    if judgement.standing is not None:
        return matched[judgement.standing]
    return _raised(judgement, matched, titles)


def _raised(judgement: Judgement, matched: Mapping[str, Finding], titles: Mapping[str, str]) -> Finding:
    """The alert of its own: on the first pattern's row, with the chain that led to it."""
    first = matched[judgement.patterns[0].name]
    if judgement.stage is None:  # pragma: no cover - packs refuses a judgement that does nothing
        raise ValueError(judgement.id)
    chain = [f"{finding.rule} is {finding.outcome} ({finding.stage.label})" for finding in matched.values()]
    found = [
        f"{titles.get(finding.rule, finding.rule)} ({finding.outcome}, last day {finding.due_on})"
        for finding in matched.values()
    ]
    return Finding(
        rule=judgement.id,
        row=first.row,
        started_on=first.started_on,
        due_on=first.due_on,
        act_by=first.act_by,
        outcome=first.outcome,
        stages=(judgement.stage,),
        stage_no=1,
        stage_on=max(finding.stage_on for finding in matched.values()),
        why=f"{judgement.title}: {'; '.join(found)}. {judgement.because[:1].upper()}{judgement.because[1:]}.",
        data_day=min(finding.data_day for finding in matched.values()),
        team=first.team,
        evidence={"chain": [judgement.id, *chain]},
    )


NO_LONGER = Whereabouts(went=Went.CEASED, why="What led to it no longer holds.")
