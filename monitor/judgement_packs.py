"""Judgement files into judgements, as strictly as rule files."""

from collections.abc import Iterable
from pathlib import Path

from monitor import documents
from monitor.documents import Fault, Mapping, Value, flag, mapping, number, one_of, only, word, words
from monitor.errors import BadRule, GivenWrong, suggestion
from monitor.judgement import Judgement, Pattern
from monitor.model import Outcome
from monitor.packs import law, sentence, serves
from monitor.rule import Recipient, Rule, Stage
from monitor.vocabulary import vocabulary

REQUIRED = ("id", "title", "why", "serves", "law", "owner", "when", "because")
OPTIONAL = ("raises", "mutes", "standing", "child")
OUTCOMES = tuple(str(outcome) for outcome in Outcome)

Stages = dict[str, tuple[str, ...]]  # by rule, the labels of its stages


def stages_of(rules: Iterable[Rule]) -> Stages:
    """What a judgement may name: the rules, and by rule the stages."""
    return {rule.id: tuple(stage.label for stage in rule.stages) for rule in rules}


def load_judgements(folder: Path, rules: Iterable[Rule]) -> tuple[Judgement, ...]:
    """Every judgement under `folder`, by id; BadRule tells every fault of every file."""
    stages = stages_of(rules)
    faults: list[str] = []
    found: list[Judgement] = []
    for path in sorted(folder.glob("*.yaml")):
        if path.name.endswith(".examples.yaml"):
            continue
        shown = f"rules/{folder.name}/{path.name}"
        try:
            judgement = _judgement(documents.read(path, shown), stages, shown)
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


def _judgement(root: Mapping, rules: Stages, shown: str) -> Judgement:
    only(root, REQUIRED, OPTIONAL)
    patterns = tuple(
        _pattern(name, mapping(value), rules) for name, value in mapping(root.entries["when"].value).items()
    )
    names = [pattern.name for pattern in patterns]
    _check_order(patterns, root.entries["when"].line)
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
        open=_open_of(root),
        under=_under_of(root),
        path=shown,
    )


def _pattern(name: str, node: Mapping, rules: Stages) -> Pattern:
    only(node, ("finding",), ("outcome", "stage", "same-ref-as", "other-than"))
    named = [a_rule(each, rules) for each in words(node.entries["finding"].value)]
    outcome, stage, same, other = map(node.get, ("outcome", "stage", "same-ref-as", "other-than"))
    labels = tuple(label for rule in named for label in rules[rule])
    return Pattern(
        name=name,
        rules=tuple(named),
        outcomes=tuple(one_of(each, OUTCOMES) for each in words(outcome)) if outcome else (),
        stages=tuple(one_of(each, labels) for each in words(stage)) if stage else (),
        same_ref_as=word(same).text if same else None,
        other_than=word(other).text if other else None,
    )


def a_rule(value: Value, rules: Stages) -> str:
    """The id, which must be that of a rule."""
    rule = word(value)
    if rule.text not in rules:
        near = suggestion(rule.text, tuple(rules), "`monitor rules list`")
        raise Fault(rule.line, f"there is no rule '{rule.text}'.{near}")
    return rule.text


def _check_order(patterns: tuple[Pattern, ...], line: int) -> None:
    names = [pattern.name for pattern in patterns]
    for at, pattern in enumerate(patterns):
        for earlier in (pattern.same_ref_as, pattern.other_than):
            if earlier and earlier not in names[:at]:
                said = suggestion(earlier, names[:at])
                raise Fault(line, f"'{earlier}' is not named before '{pattern.name}'.{said}")


def _of_child(root: Mapping, key: str) -> Value | None:
    """What is asked of the child beside the findings."""
    child = root.get("child")
    if child is None:
        return None
    only(mapping(child), (), ("open", "under"))
    return mapping(child).get(key)


def _open_of(root: Mapping) -> tuple[str, ...]:
    kinds = _of_child(root, "open")
    return tuple(map(_open_kind, words(kinds))) if kinds else ()


def _under_of(root: Mapping) -> int | None:
    under = _of_child(root, "under")
    return number(under) if under else None


def _open_kind(name: documents.Word) -> str:
    kinds = vocabulary().kinds
    if name.text not in kinds or not kinds[name.text].is_episode:
        allowed = tuple(kind.name for kind in kinds.values() if kind.is_episode)
        raise Fault(name.line, f"there is no kind of Episode '{name.text}'.{suggestion(name.text, allowed)}")
    return name.text


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
