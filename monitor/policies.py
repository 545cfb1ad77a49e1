"""Local policy: what a council tightens of a rule, in a file of its own beside the law.

`config/policy/<rule-id>.yaml` may shorten a limit, lengthen a floor, or say who is warned when. Both layers stay
visible. What the law or a court sets is never loosened; guidance is, by a named director and for a reason.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from monitor import documents
from monitor.calendars import Calendar
from monitor.documents import Fault, Mapping, only, word
from monitor.errors import BadRule, GivenWrong, suggestion
from monitor.limits import Amount
from monitor.moments import MomentReader, amount
from monitor.packs import sentence
from monitor.parts import Choose, Limit, Within
from monitor.phrases import said
from monitor.rule import LawClass, Policy, Rule, Stage
from monitor.stage_order import misplaced
from monitor.stage_words import read_stages
from monitor.terms import LimitReader
from monitor.vocabulary import vocabulary

REQUIRED, OPTIONAL = ("rule", "since", "by", "because"), ("limit", "floor", "stages", "director")
_YEARS = 4  # every start day of a leap cycle is tried


def with_policies(folder: Path, rules: Iterable[Rule], calendar: Calendar) -> tuple[Rule, ...]:
    """The rules, each with its policy where `folder` holds one; BadRule tells every fault of every file."""
    by_id = {rule.id: rule for rule in rules}
    faults: list[str] = []
    for path in sorted(folder.glob("*.y*ml")) if folder.is_dir() else ():
        shown = f"config/policy/{path.name}"
        try:
            root = documents.read(path, shown)
            rule = _rule_of(root, path, by_id)
            by_id[rule.id] = _applied(root, rule, shown, calendar)
        except GivenWrong as error:
            faults += error.faults
        except Fault as fault:
            faults.append(f"{shown}:{fault.line}: {fault.text}")
    if faults:
        raise BadRule(faults)
    return tuple(by_id.values())


def _rule_of(root: Mapping, path: Path, rules: dict[str, Rule]) -> Rule:
    only(root, REQUIRED, OPTIONAL)
    name = word(root.entries["rule"].value)
    if name.text not in rules:
        raise Fault(
            name.line,
            f"there is no rule '{name.text}'.{suggestion(name.text, tuple(rules), '`monitor rules list`')}",
        )
    if path.name != f"{name.text}.yaml":
        raise Fault(
            name.line,
            f"the rule is '{name.text}' but the file is called '{path.name}': call it '{name.text}.yaml'.",
        )
    return rules[name.text]


def _applied(root: Mapping, rule: Rule, shown: str, calendar: Calendar) -> Rule:
    moments = MomentReader(vocabulary().kinds[rule.each], vocabulary())
    limit, floor, stages, director = (root.get(key) for key in OPTIONAL)
    if limit is None and floor is None and stages is None:
        raise Fault(root.line, "the policy changes nothing: give a 'limit', a 'floor' or 'stages'.")
    policy = Policy(
        since=documents.day(root.entries["since"].value),
        by=sentence(root.entries["by"].value),
        because=sentence(root.entries["because"].value),
        director=sentence(director) if director else None,
        limit=LimitReader(moments).limit(limit) if limit else None,
        floor=amount(word(floor)) if floor else None,
        path=shown,
    )
    if limit is not None and policy.limit is not None:
        _check_limit(rule, policy, policy.limit, limit.line, calendar)
    if floor is not None and policy.floor is not None:
        _check_floor(rule, policy, policy.floor, floor.line, calendar)
    told = read_stages(stages, moments) if stages else rule.stages
    if stages is not None:
        _check_stages(rule, told, stages.line)
        lines = [item.line for item in documents.values(stages)]
        for number, text in misplaced(
            told, [policy.limit] if policy.limit else [each for _, each in rule.limits]
        ):
            raise Fault(lines[number], text)
    return replace(rule, policy=policy, stages=told)


def _check_limit(rule: Rule, policy: Policy, local: Limit, line: int, calendar: Calendar) -> None:
    law = rule.limits[-1][1]
    whole = law.sum_at_most if isinstance(law, Choose) else None
    if whole and not (isinstance(local, Choose) and local.sum_at_most == whole):
        raise Fault(
            line, f"the stages together may take {whole}: write a 'choose' with 'sum-at-most: {whole}'."
        )
    if rule.law.law_class is LawClass.LOCAL:
        return
    if not isinstance(law, Within) or law.of is not None:
        if not isinstance(local, Within) or local.of is not None:
            raise Fault(
                line,
                f"beside '{said(law)}' a policy gives one plain amount of time; the earlier of both holds.",
            )
        return  # the earlier of both holds, so nothing is loosened
    if (
        not isinstance(local, Within)
        or local.of is not None
        or _is_longer(local.amount, law.amount, calendar)
    ):
        _refuse_loosening(rule, policy, said(law), line)


def _check_floor(rule: Rule, policy: Policy, floor: Amount, line: int, calendar: Calendar) -> None:
    if rule.too_early is None:
        raise Fault(line, f"the rule '{rule.id}' has no period that must run out first.")
    if rule.law.law_class is not LawClass.LOCAL and _is_longer(rule.too_early.amount, floor, calendar):
        _refuse_loosening(rule, policy, f"not before {rule.too_early.amount}", line)


def _refuse_loosening(rule: Rule, policy: Policy, law: str, line: int) -> None:
    """The law and the courts are never loosened; guidance is loosened by a director, who says so."""
    quoted = f"the rule says {law} ({rule.law.source})"
    if rule.law.law_class is not LawClass.GUIDANCE:
        raise Fault(line, f"{quoted}. A policy may only tighten what is {rule.law.law_class}.")
    if policy.director is None:
        raise Fault(
            line, f"{quoted}. To loosen guidance, a 'director' must be named, with the reason in 'because'."
        )


def _check_stages(rule: Rule, stages: tuple[Stage, ...], line: int) -> None:
    """A policy may warn otherwise, but somebody always hears that the day has passed."""
    for point, label in (("overdue", "overdue"), ("early", "too early")):
        was_told = any(stage.point == point for stage in rule.stages)
        if was_told and not any(stage.point == point for stage in stages):
            raise Fault(line, f"the stage '{label}' of the rule is missing: somebody must hear of it.")


def _is_longer(one: Amount, other: Amount, calendar: Calendar) -> bool:
    """Whether one amount ends later than the other from any start day of four years."""
    first = date(2025, 1, 1)
    days = (first + timedelta(days=n) for n in range(366 * _YEARS))
    return any(calendar.after(day, one) > calendar.after(day, other) for day in days)
