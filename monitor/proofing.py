"""What is wrong with rules that can each be read: against one another, the registers, and the people of the home."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from monitor import needs
from monitor.intake.cells import is_given
from monitor.intake.registers import MADE, registers
from monitor.limits import in_days
from monitor.packs import longest_plain
from monitor.parts import Attribute, Condition
from monitor.rule import LawClass, Rule, Stage
from monitor.vocabulary import vocabulary


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong with a rule, at which of its keys, and how to mend it; a `note` is not wrong, but worth knowing."""

    rule: Rule
    key: str
    text: str
    is_note: bool = False


def proofread(
    rules: Iterable[Rule], *, with_examples: Collection[str], roles_held: Collection[str] | None
) -> Iterator[Fault]:
    """Every fault of every rule; `roles_held` None where nobody has been taken in yet."""
    every = list(rules)
    in_lists, anywhere = _carried()
    for rule in every:
        yield from _unfed(rule, in_lists, anywhere)
        yield from _unreachable(rule)
        yield from _conflicting(rule)
        if rule.id not in with_examples:
            yield Fault(
                rule=rule,
                key="id",
                text=f"the rule has no examples: write {rule.id}.examples.yaml beside it.",
            )
        if rule.law.law_class is LawClass.LOCAL and not rule.law.source:
            text = "nothing says where this limit comes from: give the 'source' of 'law'."
            yield Fault(rule=rule, key="law", text=text)
        if roles_held is not None and rule.off is None:
            yield from _unheld(rule, roles_held)
    yield from _alike(every)


def _carried() -> tuple[frozenset[str], frozenset[str]]:
    """What a list of its own or the monitor itself can carry; and with that what the two generic registers can."""
    own = {
        item
        for register in registers().values()
        if not register.generic
        for item in register.items(tuple(register.columns))
    }
    generic = {item for item in vocabulary().items() if is_given(item.partition(".")[0])}
    return frozenset(own.union(MADE)), frozenset(own.union(MADE, generic))


def _unfed(rule: Rule, in_lists: Collection[str], anywhere: Collection[str]) -> Iterator[Fault]:
    for need in needs.needs(rule):
        if need.items.isdisjoint(anywhere):
            text = (
                f"no register can carry {need}: add it to a register, or say in 'off' why the rule ships off."
            )
            yield Fault(rule=rule, key="each", text=text)
        elif need.items.isdisjoint(in_lists):
            text = f"{need} has no list of its own: give it in {' or '.join(_generic_lists(need.items))}."
            yield Fault(rule=rule, key="each", text=text, is_note=True)
    for name in needs.kinds(rule):
        kind = vocabulary().kinds[name]
        if kind.of not in vocabulary().kinds and kind.of not in ("child", "worker", "feed", "any"):
            yield Fault(rule=rule, key="each", text=f"'{name}' is about '{kind.of}', which is no kind.")


def _generic_lists(items: Iterable[str]) -> list[str]:
    kinds = {vocabulary().kinds[item.partition(".")[0]].is_episode for item in items}
    return [
        name for name, is_episode in (("episodes.csv", True), ("events.csv", False)) if is_episode in kinds
    ]


def _unreachable(rule: Rule) -> Iterator[Fault]:
    """A stage counted from the start that comes after the last day: being overdue always outranks it."""
    longest = longest_plain(rule)
    if longest is None or not any(stage.point == "overdue" for stage in rule.stages):
        return
    for stage in rule.stages:
        if stage.point == "in" and stage.amount and in_days(stage.amount) > longest + 1:
            text = (
                f"no clock can reach '{stage.label}': the limit is {longest} days, and 'overdue' comes first."
            )
            yield Fault(rule=rule, key="stages", text=text)


def _conflicting(rule: Rule) -> Iterator[Fault]:
    """A stage that asks of the row what the rule's own `where` rules out."""
    allowed = {part.name: set(part.values) for part in _codes(rule.where)}
    for stage in rule.stages:
        for part in _codes(stage.when):
            if part.name in allowed and allowed[part.name].isdisjoint(part.values):
                text = f"no clock can reach '{stage.label}': 'where' never lets '{part.name}' be that."
                yield Fault(rule=rule, key="stages", text=text)


def _codes(conditions: Iterable[Condition]) -> Iterator[Attribute]:
    return (part for part in conditions if isinstance(part, Attribute) and part.test == "is")


def _unheld(rule: Rule, roles_held: Collection[str]) -> Iterator[Fault]:
    told = dict.fromkeys(role for stage in rule.stages for role in _roles(stage))
    for role in told:
        if role not in roles_held:
            text = f"nobody holds the role '{role}', so its notices go to the next one up."
            yield Fault(
                rule=rule, key="stages", text=f"{text} Add it to roles.csv or allocations.csv.", is_note=True
            )


def _roles(stage: Stage) -> Iterator[str]:
    for recipient in stage.tell:
        yield from (role for _, role in recipient.by)
        if recipient.role:
            yield recipient.role


_SAME: tuple[Callable[[Rule], Any], ...] = (
    lambda rule: rule.each,
    lambda rule: frozenset(rule.where),
    lambda rule: rule.running,
    lambda rule: rule.starts,
    lambda rule: rule.stops,
    lambda rule: rule.limits,
    lambda rule: rule.too_early,
)


def _alike(rules: Iterable[Rule]) -> Iterator[Fault]:
    """Two rules whose clocks are the same would tell everything twice."""
    first: dict[tuple[Any, ...], Rule] = {}
    for rule in rules:
        if rule.off is not None:
            continue
        same = tuple(of(rule) for of in _SAME)
        if same in first:
            other = first[same]
            text = (
                f"says the same as {other.path}: the same rows, start, stops and limit. Take one of them out."
            )
            yield Fault(rule=rule, key="each", text=text)
        first.setdefault(same, rule)
