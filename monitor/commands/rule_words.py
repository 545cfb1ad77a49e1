"""A rule or a judgement as the commands show it: on a line of a list, whole, or for a program."""

from typing import Any

from monitor import judgement_wording, needs, phrases, wording
from monitor.bootstrap import Home
from monitor.intake.registers import carried_by
from monitor.judgement import Judgement
from monitor.rule import Rule
from monitor.vocabulary import vocabulary


def needed(rule: Rule) -> list[str]:
    return list(map(str, needs.all_needs(rule)))


def _needed_from(rule: Rule) -> list[str]:
    """What must be carried, each with the registers and columns that carry it."""
    return [f"{need}{_registers_of(sorted(need.items))}" for need in needs.all_needs(rule)]


def _registers_of(items: list[str]) -> str:
    found = list(dict.fromkeys(each for item in items for each in carried_by(item)))
    return f" ({'; '.join(found)})" if found else ""


def state_of(judgement: Judgement, home: Home) -> str:
    """A judgement is on where for each of its patterns a rule is on."""
    return "on" if judgement in home.judgements else "off"


def brief_judgement(judgement: Judgement, home: Home) -> dict[str, Any]:
    return {
        "id": judgement.id,
        "area": judgement_wording.AREA,
        "on": judgement in home.judgements,
        "off_because": None,
        "source": judgement.law.source,
        "class": str(judgement.law.law_class),
        "title": judgement.title,
        "limit": None,
        "checked": judgement.law.checked,
        "asks": judgement_wording.asked(judgement),
    }


def state(rule: Rule, home: Home) -> str:
    return "ships off" if rule.off else "on" if home.is_on(rule) else "off"


def yes(what: object) -> str:
    return "yes" if what else "no"


def brief(rule: Rule, home: Home) -> dict[str, Any]:
    return {
        "id": rule.id,
        "area": rule.area,
        "on": home.is_on(rule),
        "off_because": rule.off,
        "source": rule.law.source,
        "class": str(rule.law.law_class),
        "title": rule.title,
        "limit": wording.limits(rule),
        "checked": rule.law.checked,
    }


def paragraphs(rule: Rule, home: Home) -> list[tuple[str, list[str]]]:
    """What a service lead wants to know, in the order of asking; what a rule does not have is left out."""
    stands = state(rule, home)
    if stands == "off":
        stands += f"; `monitor rules enable {rule.area}` switches its area on, "
        stands += f"`monitor rules enable {rule.id}` only this"
    elif rule.off:
        stands += f": {rule.off}"
    together = "all of:" if rule.stops.every else "any of:"
    stops = wording.stops(rule.stops)
    found = [
        (
            "state",
            [f"{stands} (area {rule.area}; serves points {', '.join(map(str, rule.serves))} of the plan)"],
        ),
        ("law", [f"{rule.law.law_class}: {wording.law(rule)}", *([rule.law.url] if rule.law.url else [])]),
        ("for each", [_each(rule)]),
        ("where", [phrases.conditions(rule.where)] if rule.where else []),
        ("starts with", [wording.starts(rule)]),
        ("stops with", [together, *(f"  {stop}" for stop in stops)] if stops[1:] else list(stops)),
        ("limit", list(wording.dated_limits(rule))),
        ("local policy", _policy(rule)),
        ("may be moved", _optional(wording.moved(rule.moved_to))),
        ("too early", _optional(wording.too_early(rule.too_early))),
        ("may be waived", _optional(wording.waived(rule.waived))),
        ("excused by", [", ".join(rule.excused_by)] if rule.excused_by else []),
        ("stages", [wording.stage(stage) for stage in rule.stages]),
        ("reads", [", ".join(needs.kinds(rule))]),
        ("cannot tell", ["while no source carries one of:", *(f"  {each}" for each in _needed_from(rule))]),
        ("file", [rule.path]),
    ]
    return [(name, lines) for name, lines in found if lines]


def _each(rule: Rule) -> str:
    ended = "; its clock runs on after it has ended" if rule.running == "any" else ""
    says = vocabulary().kinds[rule.each].says
    return f"{phrases.words(rule.each)}: {says.removesuffix('.') + ended if ended else says}"


def _policy(rule: Rule) -> list[str]:
    """What the council has decided itself, beside the law above."""
    policy = rule.policy
    if policy is None:
        return []
    limit = [f"{phrases.said(policy.limit)}, judged so since {policy.since}"] if policy.limit else []
    floor = [f"not before {policy.floor}, judged so since {policy.since}"] if policy.floor else []
    director = [f"loosened by {policy.director}"] if policy.director else []
    return [*limit, *floor, f"{policy.by}: {policy.because}", *director, policy.path]


def _optional(text: str | None) -> list[str]:
    return [text] if text else []


def whole(rule: Rule, home: Home) -> dict[str, Any]:
    return {
        **brief(rule, home),
        "why": rule.why,
        "serves": list(rule.serves),
        "law": {"source": rule.law.source, "url": rule.law.url, "checked": rule.law.checked},
        "each": rule.each,
        "owner": rule.owner,
        "where": [phrases.condition(part) for part in rule.where],
        "running": rule.running,
        "starts": wording.starts(rule),
        "stops": {"every": rule.stops.every, "events": list(wording.stops(rule.stops))},
        "limits": [
            {"since": None if since.year == 1 else since, "limit": phrases.said(limit)}
            for since, limit in rule.limits
        ],
        "moved_to": wording.moved(rule.moved_to),
        "waived": wording.waived(rule.waived),
        "excused_by": list(rule.excused_by),
        "stages": [
            {
                "at": stage.label,
                "rag": stage.rag,
                "when": [phrases.condition(part) for part in stage.when],
                "tell": [wording.told([each]) for each in stage.tell],
                "urgent": stage.urgent,
                "answer": stage.answer,
            }
            for stage in rule.stages
        ],
        "policy": _policy(rule),
        "needs": {"reads": list(needs.kinds(rule)), "cannot_tell_without": needed(rule)},
        "file": rule.path,
    }


def whole_judgement(judgement: Judgement, home: Home) -> dict[str, Any]:
    return {
        **brief_judgement(judgement, home),
        "why": judgement.why,
        "serves": list(judgement.serves),
        "owner": judgement.owner,
        "raises": wording.stage(judgement.stage) if judgement.stage else None,
        "mutes": judgement_wording.muted(judgement),
        "because": judgement.because,
        "file": judgement.path,
    }
