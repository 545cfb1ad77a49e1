"""Judgements without the rules engine: every combination of the findings of each child, tried one by one."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import product

from monitor.judgement import Conclusion, Context, Fact, Judgement, Pattern

World = Mapping[str, Sequence[Fact]]
Contexts = Mapping[str, Context]
NOTHING_KNOWN = Context()


def naive(
    judgements: Iterable[Judgement], world: World, contexts: Contexts | None = None
) -> set[tuple[str, Conclusion]]:
    """By child, all that follows."""
    known = contexts or {}
    return {
        (child, Conclusion(judgement.id, matched))
        for judgement in judgements
        for child, facts in world.items()
        if is_so(judgement, known.get(child, NOTHING_KNOWN))
        for matched in combinations(judgement, facts)
    }


def is_so(judgement: Judgement, so: Context) -> bool:
    """What is asked of the child beside its findings."""
    is_young = judgement.under is None or (so.age is not None and so.age < judgement.under)
    return is_young and all(kind in so.open for kind in judgement.open)


def combinations(judgement: Judgement, facts: Sequence[Fact]) -> set[tuple[tuple[str, int], ...]]:
    """Each choice of one finding for every pattern that fits."""
    found = set()
    for combination in product(facts, repeat=len(judgement.patterns)):
        chosen: dict[str, Fact] = {}
        for pattern, fact in zip(judgement.patterns, combination, strict=True):
            if not fits(pattern, fact, chosen):
                break
            chosen[pattern.name] = fact
        else:
            found.add(tuple((name, fact.n) for name, fact in chosen.items()))
    return found


def fits(pattern: Pattern, fact: Fact, chosen: Mapping[str, Fact]) -> bool:
    """Whether the finding may stand for the pattern beside those chosen before."""
    if fact.rule not in pattern.rules:
        return False
    if pattern.outcomes and fact.outcome not in pattern.outcomes:
        return False
    if pattern.stages and fact.stage not in pattern.stages:
        return False
    if pattern.same_ref_as is not None and fact.ref != chosen[pattern.same_ref_as].ref:
        return False
    # A pair is found once, the later second.
    return pattern.other_than is None or fact.n > chosen[pattern.other_than].n
