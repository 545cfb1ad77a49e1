"""Commands about rules: check, list, show and test them, switch an area on, print what is made of them."""

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any
from xml.etree import ElementTree as ET

import typer

from monitor import documents, judgement_wording, needs, phrases, wording
from monitor.areas import with_one_more
from monitor.bootstrap import Home, shipped
from monitor.commands.screen import Json, complain, home_of, print_json, say, table, write_whole
from monitor.errors import BadRule, Misuse, suggestion
from monitor.examples import Result, load_examples, run_examples, without_examples
from monitor.intake.registers import carried_by
from monitor.judgement import Judgement
from monitor.judgement_examples import load_judgement_examples, run_judgement_examples
from monitor.proofing import Fault, proofread
from monitor.rule import Rule
from monitor.rulebook import pages
from monitor.schema import schema as json_schema
from monitor.staff import read_roles_held
from monitor.vocabulary import vocabulary

rules = typer.Typer(help="Check, read, test and switch on the rules.", no_args_is_help=True)


def rules_folder(home: Home) -> Path:
    """Where the home's rules lie: its own, or those that ship."""
    own = home.path / "rules"
    return own if own.is_dir() else shipped() / "rules"


@rules.command("check")
def check(context: typer.Context) -> None:
    """Read every rule, judgement and example as a compiler would, and say what each rule needs of the data."""
    home = home_of(context)
    try:
        every = home.every_rule
        judgements = home.every_judgement
        examples = load_examples(rules_folder(home), home.written_rules)
        judged = load_judgement_examples(rules_folder(home) / "judgements", judgements, every)
    except BadRule as error:
        for fault in error.faults:
            complain(fault)
        raise typer.Exit(1) from None
    told = {example.rule.id for example in examples}
    found = list(proofread(every, with_examples=told, roles_held=_roles_held(home)))
    for each in found:
        complain(f"{each.rule.path}:{_line(each, home)}: {'note: ' if each.is_note else ''}{each.text}")
    if any(not each.is_note for each in found):
        raise typer.Exit(1)
    table(
        "What each rule reads, and what must be carried before it can tell",
        ("rule", "reads", "cannot tell without"),
        [(rule.id, ", ".join(needs.kinds(rule)), "; ".join(_needed(rule))) for rule in every],
    )
    say()
    count = len(examples) + len(judged)
    say(f"{len(every)} rules, {len(judgements)} judgements and {count} examples are in order.")


def _roles_held(home: Home) -> frozenset[str] | None:
    """Every role that somebody holds in this home; None where it has no ledger yet."""
    if not home.has_ledger:
        return None
    with home.engine.connect() as connection:
        return read_roles_held(connection)


def _line(fault: Fault, home: Home) -> int:
    """The line of the key at which the rule is to be mended."""
    path = rules_folder(home).parent / fault.rule.path
    root = documents.read(path, fault.rule.path) if path.exists() else None
    entry = root.entries.get(fault.key) if root else None
    return entry.line if entry else 1


def _needed(rule: Rule) -> list[str]:
    return list(map(str, needs.all_needs(rule)))


def _needed_from(rule: Rule) -> list[str]:
    """What must be carried, each with the registers and columns that carry it."""
    return [f"{need}{_registers_of(sorted(need.items))}" for need in needs.all_needs(rule)]


def _registers_of(items: list[str]) -> str:
    found = list(dict.fromkeys(each for item in items for each in carried_by(item)))
    return f" ({'; '.join(found)})" if found else ""


@rules.command("list")
def list_(context: typer.Context, *, as_json: Json = False) -> None:
    """List every rule: its area, whether it is on, its law and its limit; then every judgement."""
    home = home_of(context)
    if as_json:
        judged = [_brief_judgement(each, home) for each in home.every_judgement]
        print_json([*(_brief(rule, home) for rule in home.every_rule), *judged])
        return
    table(
        f"{len(home.every_rule)} rules, {len(home.rules)} of them on",
        ("rule", "area", "state", "class", "limit", "source", "checked", "what is expected"),
        [
            (
                rule.id,
                rule.area,
                _state(rule, home),
                str(rule.law.law_class),
                wording.limits(rule),
                rule.law.source,
                _yes(rule.law.checked),
                rule.title,
            )
            for rule in home.every_rule
        ],
    )
    if home.every_judgement:
        say()
        _list_judgements(home)


def _list_judgements(home: Home) -> None:
    table(
        f"{len(home.every_judgement)} judgements, {len(home.judgements)} of them on",
        ("judgement", "area", "state", "what it asks for", "what follows"),
        [
            (
                each.id,
                judgement_wording.AREA,
                _state_of(each, home),
                "; ".join(judgement_wording.asked(each)),
                each.title,
            )
            for each in home.every_judgement
        ],
    )


def _state_of(judgement: Judgement, home: Home) -> str:
    """A judgement is on where for each of its patterns a rule is on."""
    return "on" if judgement in home.judgements else "off"


def _brief_judgement(judgement: Judgement, home: Home) -> dict[str, Any]:
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


def _state(rule: Rule, home: Home) -> str:
    return "ships off" if rule.off else "on" if home.is_on(rule) else "off"


def _yes(what: object) -> str:
    return "yes" if what else "no"


def _brief(rule: Rule, home: Home) -> dict[str, Any]:
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


@rules.command("show")
def show(
    context: typer.Context,
    rule_id: Annotated[str, typer.Argument(metavar="ID", help="The id of the rule or judgement.")],
    *,
    as_json: Json = False,
) -> None:
    """Show all that one rule or judgement says, in words."""
    home = home_of(context)
    judgement = next((each for each in home.every_judgement if each.id == rule_id), None)
    if judgement is not None:
        _show_judgement(judgement, home, as_json=as_json)
        return
    rule = _rule(home, rule_id)
    if as_json:
        print_json(_whole(rule, home))
        return
    _say_all(rule.id, rule.title, rule.why, _paragraphs(rule, home))


def _show_judgement(judgement: Judgement, home: Home, *, as_json: bool) -> None:
    if as_json:
        print_json(_whole_judgement(judgement, home))
        return
    paragraphs = judgement_wording.paragraphs(judgement, _state_of(judgement, home))
    _say_all(judgement.id, judgement.title, judgement.why, paragraphs)


def _say_all(name: str, title: str, why: str, paragraphs: list[tuple[str, list[str]]]) -> None:
    say(f"{name}: {title}")
    say(why)
    say()
    for key, lines in paragraphs:
        for number, line in enumerate(lines):
            say(f"{'' if number else key:16}{line}")


def _rule(home: Home, rule_id: str) -> Rule:
    found = next((rule for rule in home.every_rule if rule.id == rule_id), None)
    if found is None:
        known = [rule.id for rule in home.every_rule]
        known += [judgement.id for judgement in home.every_judgement]
        near = get_close_matches(rule_id, known, n=1)
        hint = f" Did you mean '{near[0]}'?" if near else ""
        raise Misuse(f"there is no rule '{rule_id}'.{hint} `monitor rules list` shows all of them.")
    return found


def _paragraphs(rule: Rule, home: Home) -> list[tuple[str, list[str]]]:
    """What a service lead wants to know, in the order of asking; what a rule does not have is left out."""
    state = _state(rule, home)
    if state == "off":
        state += f"; `monitor rules enable {rule.area}` switches its area on, "
        state += f"`monitor rules enable {rule.id}` only this"
    elif rule.off:
        state += f": {rule.off}"
    together = "all of:" if rule.stops.every else "any of:"
    stops = wording.stops(rule.stops)
    found = [
        (
            "state",
            [f"{state} (area {rule.area}; serves points {', '.join(map(str, rule.serves))} of the plan)"],
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


def _whole(rule: Rule, home: Home) -> dict[str, Any]:
    return {
        **_brief(rule, home),
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
        "needs": {"reads": list(needs.kinds(rule)), "cannot_tell_without": _needed(rule)},
        "file": rule.path,
    }


def _whole_judgement(judgement: Judgement, home: Home) -> dict[str, Any]:
    return {
        **_brief_judgement(judgement, home),
        "why": judgement.why,
        "serves": list(judgement.serves),
        "owner": judgement.owner,
        "raises": wording.stage(judgement.stage) if judgement.stage else None,
        "mutes": judgement_wording.muted(judgement),
        "because": judgement.because,
        "file": judgement.path,
    }


@rules.command("test")
def run_tests(
    context: typer.Context,
    rule_id: Annotated[str | None, typer.Argument(metavar="ID", help="Only this rule or judgement.")] = None,
    junit: Annotated[Path | None, typer.Option(help="Write a JUnit report here.", metavar="FILE")] = None,
) -> None:
    """Run the examples that stand beside the rules, without local policy."""
    home = home_of(context)
    judgements = [each for each in home.every_judgement if rule_id in (None, each.id)]
    if rule_id is not None and not judgements:
        _rule(home, rule_id)
    chosen = [rule for rule in home.written_rules if rule_id in (None, rule.id)]
    every = load_examples(rules_folder(home), home.written_rules)
    examples = [example for example in every if example.rule in chosen]
    results = [Told.of(result) for result in run_examples(examples)]
    results += _judged(home, judgements) if judgements else []
    bare = without_examples(chosen, examples)
    for rule in bare:
        complain(f"{rule.path}: the rule has no examples. Write them into {rule.id}.examples.yaml beside it.")
    failed = [result for result in results if not result.passed]
    for result in failed:
        complain(_failure(result))
    if junit is not None:
        write_whole(junit, _junit(results))
    say(f"{len(results)} examples run: {len(failed) or 'none'} failed.")
    if failed or bare:
        raise typer.Exit(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One example of a rule or a judgement, as it is told."""

    suite: str
    path: str
    line: int
    name: str
    expected: str
    found: str
    why: str = ""

    @property
    def passed(self) -> bool:
        return self.expected == self.found

    @classmethod
    def of(cls, result: Result) -> "Told":
        example = result.example
        return cls(
            suite=example.rule.id,
            path=example.path,
            line=example.line,
            name=f"{example.name}, as at {example.as_at}",
            expected=result.expected,
            found=result.found,
            why=result.why,
        )


def _judged(home: Home, judgements: list[Judgement]) -> list[Told]:
    """The examples of these judgements, through the engine."""
    every = load_judgement_examples(rules_folder(home) / "judgements", judgements, home.every_rule)
    return [
        Told(
            suite=example.judgement.id,
            path=example.path,
            line=example.line,
            name=example.name,
            expected=example.expected,
            found=found,
        )
        for example, found in run_judgement_examples(every).items()
    ]


def _failure(result: Told) -> str:
    return f"{result.path}:{result.line}: {result.name}: expected {result.expected}; found {result.found}."


def _junit(results: list[Told]) -> str:
    """One suite for each rule and judgement, one case for each example."""
    root = ET.Element("testsuites")
    suites: dict[str, ET.Element] = {}
    for result in results:
        suite = suites.setdefault(result.suite, ET.Element("testsuite", name=result.suite))
        case = ET.SubElement(suite, "testcase", classname=result.suite, name=result.name)
        case.set("file", result.path)
        case.set("line", str(result.line))
        if not result.passed:
            said = f"expected {result.expected}; found {result.found}"
            ET.SubElement(case, "failure", message=said).text = result.why
    for suite in suites.values():
        suite.set("tests", str(len(suite)))
        suite.set("failures", str(len(suite.findall("testcase/failure"))))
        root.append(suite)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


@rules.command("enable")
def enable(
    context: typer.Context,
    what: Annotated[str, typer.Argument(metavar="AREA|ID", help="The area, or the one rule, to switch on.")],
) -> None:
    """Switch the rules of an area on, or one rule, in config/rules.yaml; comments there stay."""
    home = home_of(context)
    areas = tuple(dict.fromkeys(rule.area for rule in home.every_rule))
    chosen = [rule for rule in home.every_rule if what in (rule.area, rule.id)]
    if not chosen:
        raise Misuse(f"there is no area or rule '{what}'.{suggestion(what, areas)}")
    key = "areas" if what in areas else "rules"
    off = [rule for rule in chosen if rule.off]
    if key == "rules" and off:
        raise Misuse(
            f"the rule {what} ships off: {off[0].off} Take the line 'off' out of {off[0].path} when that has changed."
        )
    if what in getattr(home.switched_on, key):
        say(f"{_called(what, key)} is on already.")
        return
    path = home.path / "config" / "rules.yaml"
    before = path if path.exists() else shipped() / "config" / "rules.yaml"
    write_whole(path, with_one_more(before.read_text(encoding="utf-8"), key, what))
    table(
        f"{_called(what, key)} is on from the next sweep",
        ("rule", "what is expected"),
        [(rule.id, rule.title) for rule in chosen if not rule.off],
    )
    for rule in off:
        say(f"{rule.id} stays off: {rule.off}")
    say("What these rules find at first is backlog: it is told in summary, not rule by rule.")


def _called(what: str, key: str) -> str:
    return f"The {'area' if key == 'areas' else 'rule'} {what}"


@rules.command("schema")
def schema() -> None:
    """Print the JSON Schema of rule files, for editors; rules/schema.json is this."""
    print_json(json_schema())


@rules.command("docs")
def docs(
    context: typer.Context,
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Where the pages go; what else lies there is left alone.")
    ] = Path("docs/rules"),
) -> None:
    """Write one page a rule, one a point of the plan, and a table of all."""
    made = pages(home_of(context).every_rule)
    for name, text in made.items():
        write_whole(folder / name, text)
    say(f"{len(made)} pages written to {folder}.")
