"""Rules with one number or one unit changed, and whether an example of the rule notices: `make rules-mutate`.

A rule whose limit could be a day longer without any example failing is a rule that nobody has examined.
"""

import sys
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import Any

from monitor.examples import Example, judged_again, load_examples, run_examples
from monitor.limits import Amount, Unit
from monitor.packs import load_rules
from monitor.parts import Age, Attribute, Birthday, Choose, Count, Has, Lookup, OnDate, Over
from monitor.rule import Law, Policy, Rule, Stage

ROOT = Path(__file__).parent.parent
SWAPPED = {
    Unit.HOURS: Unit.DAYS,
    Unit.DAYS: Unit.WORKING_DAYS,
    Unit.WORKING_DAYS: Unit.DAYS,
    Unit.COURT_DAYS: Unit.DAYS,
    Unit.TRIBUNAL_DAYS: Unit.WORKING_DAYS,
    Unit.SCHOOL_DAYS: Unit.WORKING_DAYS,
    Unit.WEEKS: Unit.MONTHS,
    Unit.MONTHS: Unit.WEEKS,
    Unit.YEARS: Unit.MONTHS,
}
MONTHS, A_COMMON_YEAR = 12, 2027
# What is not a number of the duty: who is told, where the duty comes from, a check of the file itself.
_LEFT_ALONE = (Law, Policy)
_NUMBERS: dict[type, tuple[str, ...]] = {
    Age: ("years",),
    Birthday: ("years",),
    Count: ("n",),
    OnDate: ("month", "day"),
    Over: ("more_than",),
}


@dataclass(frozen=True, slots=True)
class Mutant:
    """The changed rule, what was changed, and whether SQL must look things up anew."""

    rule: Rule
    what: str
    looks_up_anew: bool


def mutants(rule: Rule) -> Iterator[Mutant]:
    """The rule with each of its numbers one higher and one lower, and each unit another, one at a time."""
    for what, other, anew in _changed(rule, "", anew=False):
        yield Mutant(other, what, anew)


def _changed(node: Any, at: str, *, anew: bool) -> Iterator[tuple[str, Any, bool]]:  # noqa: ANN401, C901 - any part
    if isinstance(node, Amount):
        yield from ((f"{at} {node}: {other}", other, anew) for other in _amounts(node))
    elif isinstance(node, tuple):
        for number, part in enumerate(node):
            for what, other, new in _changed(part, f"{at}[{number}]", anew=anew):
                yield what, (*node[:number], other, *node[number + 1 :]), new
    elif is_dataclass(node) and not isinstance(node, (type, *_LEFT_ALONE)):
        anew = anew or isinstance(node, Lookup | Has | Count | Over | Attribute)
        for name, other in _numbers(node):
            yield f"{at}.{name} {other}", replace(node, **{name: other}), anew
        for each in fields(node):
            if isinstance(node, Choose) and each.name == "sum_at_most":
                continue
            for what, other, new in _changed(getattr(node, each.name), f"{at}.{each.name}", anew=anew):
                if (
                    isinstance(node, Stage)
                    and node.point != "in"
                    and isinstance(other, Amount)
                    and not other.n
                ):
                    continue  # no rule file may say so
                yield what, replace(node, **{each.name: other}), new


def _amounts(amount: Amount) -> Iterator[Amount]:
    yield replace(amount, n=amount.n + 1)
    if amount.n:
        yield replace(amount, n=amount.n - 1)
        yield replace(amount, unit=SWAPPED[amount.unit])


def _numbers(node: Any) -> Iterator[tuple[str, int]]:  # noqa: ANN401 - any part
    names = _NUMBERS.get(type(node), ())
    if isinstance(node, Lookup) and node.pick == "nth":
        names = ("n",)
    if isinstance(node, Attribute) and node.test in ("over", "at-least", "under"):
        names = ("number",)
    if isinstance(node, Stage) and node.point == "share":
        names = ("percent",)
    for name in names:
        value = getattr(node, name)
        yield from ((name, value + by) for by in (1, -1) if _is_possible(node, name, value + by))


def _is_possible(node: Any, name: str, value: int) -> bool:  # noqa: ANN401 - any part
    if isinstance(node, OnDate):
        return _is_day(**{"month": node.month, "day": node.day, name: value})
    return value >= (1 if isinstance(node, Lookup) else 0)


def _is_day(month: int, day: int) -> bool:
    """Whether every year has this day."""
    return 1 <= month <= MONTHS and 1 <= day <= monthrange(A_COMMON_YEAR, month)[1]


@dataclass(frozen=True, slots=True)
class Examined:
    """How many mutants there were, those that no example noticed, and the examples that the rule itself fails."""

    tried: int
    got_away: list[str]
    failed: list[str]


def examine(rule: Rule, examples: list[Example]) -> Examined:
    """Run the rule and all its mutants through its examples."""
    every = list(mutants(rule))
    plain = [each for each in every if not each.looks_up_anew]
    alive, failed = {each.what for each in every}, []
    for example, judge in judged_again(examples):
        if judge(rule) != example.expected:
            failed.append(f"{example.path}:{example.line}: {example.name}: found {judge(rule)}")
        for each in plain:
            if each.what in alive and judge(each.rule) != example.expected:
                alive.discard(each.what)
    for each in every:
        if each.looks_up_anew:
            results = run_examples(replace(example, rule=each.rule) for example in examples)
            if any(not result.passed for result in results):
                alive.discard(each.what)
    return Examined(len(every), [each.what for each in every if each.what in alive], failed)


def main() -> int:
    """Run all and print the share that an example noticed; 1 if one got away."""
    rules = load_rules(ROOT / "rules")
    examples = load_examples(ROOT / "rules", rules)
    total, left = 0, 0
    for rule in rules:
        found = examine(rule, [example for example in examples if example.rule == rule])
        total, left = total + found.tried, left + len(found.got_away)
        for what in found.got_away:
            print(f"{rule.path}: no example notices {what}", file=sys.stderr)  # noqa: T201 - a tool's own output
    noticed = total - left
    print(f"{noticed} of {total} mutants of {len(rules)} rules noticed ({noticed / total:.1%}).")  # noqa: T201
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
