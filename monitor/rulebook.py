"""The rules as pages for people: one a rule, one a point of the plan, and a table of all.

`monitor rules docs` writes them to docs/rules/; a test keeps them as the rules are.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from monitor import documents, needs, wording
from monitor.parts import Own
from monitor.phrases import conditions, said, words
from monitor.rule import Law, Rule, Stage
from monitor.vocabulary import vocabulary

INDEX = "README.md"
_MADE = "<!-- Made by `monitor rules docs` from the rule files: change those. -->\n"
_CLASSES = {
    "statutory": "law (an Act or regulation): it may be tightened, never loosened",
    "guidance": "statutory guidance: to be followed unless there is good reason; a director may loosen it and say why",
    "court": "an order or a rule of court: only a court moves it",
    "local": "the council's own: the number is a suggestion, for the service lead to set",
}


def pages(rules: Iterable[Rule]) -> dict[str, str]:
    """Every page by its file's name."""
    every = sorted(rules, key=lambda rule: (rule.area, rule.id))
    found = {INDEX: _index(every)}
    found |= {f"{rule.id}.md": _page(rule) for rule in every}
    found |= {_point_file(number): _point(number, every) for number in points()}
    return found


@cache
def points() -> Mapping[int, tuple[str, str]]:
    """The points of the plan: the name of each, and what of it no clock sees."""
    root = documents.read(Path(__file__).parent / "points.yaml", "points.yaml")
    found = {}
    for number, node in root.items():
        said_ = {key: documents.word(value).text for key, value in documents.mapping(node).items()}
        found[int(number)] = (said_["is"], said_["unseen"])
    return found


def _point_file(number: int) -> str:
    return f"point-{number:02}.md"


def _index(rules: list[Rule]) -> str:
    areas = dict.fromkeys(rule.area for rule in rules)
    unread = sum(not rule.law.checked for rule in rules)
    lines = [
        _MADE,
        "# The rules\n",
        f"{len(rules)} rules in {len(areas)} areas. A limit is counted from the clock's start; its last day is in",
        "time, and overdue begins the day after. `monitor rules list` says which are on in your home, and",
        "`monitor rules enable AREA` switches an area on.\n",
        f"Of {unread} rules nobody has read the instrument itself for us; they are marked *not checked*. Have it read,",
        "by the council's solicitor where it is law, before you rely on them.\n",
        "By point of the plan: "
        + ", ".join(f"[{number} {name}]({_point_file(number)})" for number, (name, _) in points().items())
        + ".",
    ]
    for area in areas:
        lines += [f"\n## {area}\n", *_table([rule for rule in rules if rule.area == area])]
    return "\n".join(lines) + "\n"


def _table(rules: Iterable[Rule]) -> list[str]:
    rows = [
        f"| [`{rule.id}`]({rule.id}.md) | {rule.title}{' *(ships off)*' if rule.off else ''} | {wording.limits(rule)} "
        f"| {_source(rule.law)} |"
        for rule in rules
    ]
    return ["| rule | what is expected | limit | law |", "| --- | --- | --- | --- |", *rows]


def _source(law: Law) -> str:
    source = (law.source or "the council's own").replace("|", "/")
    linked = f"[{source}]({law.url})" if law.url else source
    return f"{law.law_class}{'' if law.checked else ', *not checked*'}: {linked}"


def _point(number: int, rules: list[Rule]) -> str:
    name, unseen = points()[number]
    serving = [rule for rule in rules if number in rule.serves]
    lines = [
        _MADE,
        f"# Point {number}: {name}\n",
        f"{len(serving)} rules serve this point of the plan.\n",
        *_table(serving),
        f"\n**What no clock can see:** {unseen}\n",
        "[All rules](README.md)",
    ]
    return "\n".join(lines) + "\n"


def _page(rule: Rule) -> str:
    kind = vocabulary().kinds[rule.each]
    of_points = ", ".join(
        f"[{number} {points()[number][0]}]({_point_file(number)})" for number in rule.serves
    )
    lines = [
        _MADE,
        f"# {rule.title}\n",
        f"{rule.why}\n",
        f"Rule `{rule.id}`, area `{rule.area}`. Serves point {of_points}.\n",
    ]
    if rule.off:
        lines.append(f"**Ships off.** {rule.off}\n")
    lines += ["## What is watched\n", f"Every {words(rule.each)}: {kind.says}\n"]
    lines += [f"Only where {conditions(rule.where)}.\n"] if rule.where else []
    lines += ["It is watched on after it has ended.\n"] if rule.running == "any" else []
    lines += ["## Since when, and until when\n", *_terms(rule), ""]
    lines += ["## Who is told, and when\n", "| when | colour | who | only if |", "| --- | --- | --- | --- |"]
    lines += [_stage(stage) for stage in rule.stages]
    lines += [
        "",
        "## Which law\n",
        *_law(rule),
        "",
        "## What it cannot see\n",
        *_unseen(rule),
        "",
        "[All rules](README.md)",
    ]
    return "\n".join(lines) + "\n"


def _terms(rule: Rule) -> list[str]:
    stops = wording.stops(rule.stops)
    joined = " and ".join(stops) if rule.stops.every else "; or ".join(stops)
    ends = joined or (
        "the end of the row itself" if rule.starts == Own(field="start") else "the next of what starts it"
    )
    found = [
        ("starts with", wording.starts(rule)),
        ("stops with", ends),
        ("last day in time", "; ".join(wording.dated_limits(rule))),
        ("too early", wording.too_early(rule.too_early)),
        ("may be moved", wording.moved(rule.moved_to)),
        ("may be waived", wording.waived(rule.waived)),
        ("excused, without moving the day, by", ", ".join(map(words, rule.excused_by))),
    ]
    found += [("local policy", said(rule.policy.limit))] if rule.policy and rule.policy.limit else []
    return [f"- {name}: {what}" for name, what in found if what]


def _stage(stage: Stage) -> str:
    marks = " (mailed at once)" if stage.urgent else ""
    when = conditions(stage.when) if stage.when else ""
    return f"| {stage.label}{marks} | {stage.rag} | {wording.told(stage.tell)} | {when} |"


def _law(rule: Rule) -> list[str]:
    law = rule.law
    checked = (
        "The instrument itself was read for this."
        if law.checked
        else "Nobody has read the instrument itself for this: *not checked*."
    )
    lines = [f"{_source(law)}", "", f"Class {law.law_class}: {_CLASSES[str(law.law_class)]}. {checked}"]
    lines += ["", f"**Expected to change:** {law.expected}"] if law.expected else []
    return lines


def _unseen(rule: Rule) -> list[str]:
    listed = ", ".join(dict.fromkeys(f"`{each}`" for each in needs.all_needs(rule)))
    return [
        f"It cannot tell, and says so, while no source carries each of: {listed}. See [registers](../registers.md)."
    ]
