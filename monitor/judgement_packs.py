"""Judgement files into judgements, as strictly as rule files."""

from collections.abc import Collection
from pathlib import Path

from monitor import documents
from monitor.documents import Fault, Mapping, flag, mapping, one_of, only, word, words
from monitor.errors import BadRule, GivenWrong, suggestion
from monitor.judgement import Judgement, Pattern
from monitor.model import Outcome
from monitor.packs import law, sentence, serves
from monitor.rule import Recipient, Stage
from monitor.vocabulary import vocabulary

REQUIRED = ("id", "title", "why", "serves", "law", "owner", "when", "because")
OPTIONAL = ("raises", "mutes", "standing")
OUTCOMES = tuple(str(outcome) for outcome in Outcome)


def load_judgements(folder: Path, rules: Collection[str]) -> tuple[Judgement, ...]:
    """Every judgement under `folder`, by id; BadRule tells every fault of every file."""
    faults: list[str] = []
    found: list[Judgement] = []
    for path in sorted(folder.glob("*.yaml")):
        shown = f"rules/{folder.name}/{path.name}"
        try:
            judgement = _judgement(documents.read(path, shown), rules, shown)
        except Fault as fault:
            faults.append(f"{shown}:{fault.line}: {fault.text}")
            continue
        except GivenWrong as error:
            faults.extend(error.faults)
            continue
        if judgement.id != path.stem:
            faults.append(f"{shown}:1: the id is '{judgement.id}' but the file is called '{path.name}'.")
        found.append(judgement)
    if faults:
        raise BadRule(faults)
    return tuple(found)


def _judgement(root: Mapping, rules: Collection[str], shown: str) -> Judgement:
    only(root, REQUIRED, OPTIONAL)
    patterns = tuple(
        _pattern(name, mapping(value), rules) for name, value in mapping(root.entries["when"].value).items()
    )
    names = [pattern.name for pattern in patterns]
    mutes, standing, raises = (root.get(key) for key in ("mutes", "standing", "raises"))
    for value in (mutes, standing):
        for each in words(value) if value else ():
            if each.text not in names:
                raise Fault(
                    each.line, f"'{each.text}' is not named under 'when'.{suggestion(each.text, names)}"
                )
    if raises is None and standing is None:
        raise Fault(root.line, "a judgement needs 'raises', or 'mutes' with the 'standing' finding.")
    return Judgement(
        id=word(root.entries["id"].value).text,
        title=sentence(root.entries["title"].value),
        why=sentence(root.entries["why"].value),
        serves=serves(root.entries["serves"].value),
        law=law(root.entries["law"].value),
        owner=one_of(root.entries["owner"].value, vocabulary().all_roles()),
        patterns=patterns,
        mutes=tuple(each.text for each in words(mutes)) if mutes else (),
        because=sentence(root.entries["because"].value),
        stage=_stage(mapping(raises)) if raises else None,
        standing=word(standing).text if standing else None,
        path=shown,
    )


def _pattern(name: str, node: Mapping, rules: Collection[str]) -> Pattern:
    only(node, ("finding",), ("outcome", "same-ref-as"))
    rule = word(node.entries["finding"].value)
    if rule.text not in rules:
        raise Fault(rule.line, f"there is no rule '{rule.text}'.{suggestion(rule.text, tuple(rules))}")
    outcome, same = node.get("outcome"), node.get("same-ref-as")
    outcomes = words(outcome) if outcome else ()
    for each in outcomes:
        one_of(each, OUTCOMES)
    return Pattern(
        name=name,
        rule=rule.text,
        outcomes=tuple(each.text for each in outcomes),
        same_ref_as=word(same).text if same else None,
    )


def _stage(node: Mapping) -> Stage:
    only(node, ("at", "rag", "tell"), ("urgent",))
    roles = vocabulary().all_roles()
    return Stage(
        label=word(node.entries["at"].value).text,
        point="overdue",
        amount=None,
        rag=one_of(node.entries["rag"].value, ("amber", "red")),  # type: ignore[arg-type]
        tell=tuple(Recipient(role=one_of(each, roles)) for each in words(node.entries["tell"].value)),
        urgent=flag(node.get("urgent")),
    )
