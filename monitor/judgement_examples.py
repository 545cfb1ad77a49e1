"""The worked examples beside each judgement: findings of one child, and whether the judgement follows from them.

`rules/judgements/<id>.examples.yaml`; they run through the rules engine itself, in its own process.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from monitor import documents, engine
from monitor.documents import Fault, Mapping, Value, mapping, number, one_of, only, word, words
from monitor.errors import BadRule, GivenWrong
from monitor.judgement import Context, Fact, Judgement
from monitor.judgement_packs import OUTCOMES, Stages, a_rule, stages_of
from monitor.rule import Rule
from monitor.vocabulary import vocabulary

FOLLOWS, NOTHING = "follows", "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgementExample:
    """What is found of a child and is so of it, and whether the judgement is expected to follow."""

    judgement: Judgement
    path: str
    line: int
    name: str
    facts: tuple[Fact, ...]
    context: Context
    expected: str


def load_judgement_examples(
    folder: Path, judgements: Iterable[Judgement], rules: Iterable[Rule]
) -> tuple[JudgementExample, ...]:
    """Every example of every judgement; BadRule tells every fault, and every judgement without an example."""
    faults: list[str] = []
    found: list[JudgementExample] = []
    stages = stages_of(rules)
    for judgement in judgements:
        shown = judgement.path.replace(".yaml", ".examples.yaml")
        path = folder / f"{judgement.id}.examples.yaml"
        if not path.exists():
            faults.append(f"{judgement.path}:1: the judgement has no examples: write {path.name} beside it.")
            continue
        try:
            root = documents.read(path, shown)
            only(root, ("examples",))
            found += [
                _example(mapping(each), shown, judgement, stages)
                for each in documents.some(root.entries["examples"].value)
            ]
        except GivenWrong as error:
            faults += error.faults
        except Fault as fault:
            faults.append(f"{shown}:{fault.line}: {fault.text}")
    if faults:
        raise BadRule(faults)
    return tuple(found)


def _example(node: Mapping, shown: str, judgement: Judgement, rules: Stages) -> JudgementExample:
    only(node, ("name", "findings", "expect"), ("child",))
    child = node.get("child")
    refs: dict[str, int] = {}
    facts = tuple(
        _fact(no, mapping(each), refs, rules)
        for no, each in enumerate(documents.values(node.entries["findings"].value))
    )
    return JudgementExample(
        judgement=judgement,
        path=shown,
        line=node.line,
        name=word(node.entries["name"].value).text,
        facts=facts,
        context=_context(child) if child else Context(),
        expected=one_of(node.entries["expect"].value, (FOLLOWS, NOTHING)),
    )


def _fact(no: int, node: Mapping, refs: dict[str, int], rules: Stages) -> Fact:
    only(node, ("rule", "outcome"), ("ref", "stage"))
    rule = a_rule(node.entries["rule"].value, rules)
    ref, stage = node.get("ref"), node.get("stage")
    name = word(ref).text if ref else f"row {no}"
    return Fact(
        n=no,
        rule=rule,
        outcome=one_of(node.entries["outcome"].value, OUTCOMES),
        ref=refs.setdefault(name, len(refs)),
        stage=one_of(stage, rules[rule]) if stage else "",
    )


def _context(value: Value) -> Context:
    node = mapping(value)
    only(node, (), ("open", "age"))
    kinds, age = node.get("open"), node.get("age")
    for kind in words(kinds) if kinds else ():
        if kind.text not in vocabulary().kinds:
            raise Fault(kind.line, f"there is no kind '{kind.text}'.")
    return Context(
        open=frozenset(kind.text for kind in words(kinds)) if kinds else frozenset(),
        age=number(age) if age else None,
    )


def run_judgement_examples(examples: Iterable[JudgementExample]) -> dict[JudgementExample, str]:
    """What followed in each, through the engine."""
    every = list(examples)
    if not every:
        return {}
    judgements = tuple(dict.fromkeys(example.judgement for example in every))
    with engine.running(judgements) as running:
        found = running.judge(
            {str(no): example.facts for no, example in enumerate(every)},
            {str(no): example.context for no, example in enumerate(every)},
        )
    return {
        example: FOLLOWS
        if any(each.judgement == example.judgement.id for each in found.get(str(no), ()))
        else NOTHING
        for no, example in enumerate(every)
    }
