"""Commands about rules: check, list, show and test them, switch an area on, print what is made of them."""

from difflib import get_close_matches
from pathlib import Path
from typing import Annotated

import typer

from monitor import documents, judgement_wording, needs, wording
from monitor.areas import with_one_more
from monitor.bootstrap import Home, shipped
from monitor.commands.rule_tests import Told, failure, judged, junit_report
from monitor.commands.rule_words import (
    brief,
    brief_judgement,
    needed,
    paragraphs,
    state,
    state_of,
    whole,
    whole_judgement,
    yes,
)
from monitor.commands.screen import Json, complain, home_of, print_json, say, table, write_whole
from monitor.errors import BadRule, Misuse, suggestion
from monitor.examples import load_examples, run_examples, without_examples
from monitor.judgement import Judgement
from monitor.judgement_examples import load_judgement_examples
from monitor.proofing import Fault, proofread
from monitor.rule import Rule
from monitor.rulebook import pages
from monitor.schema import schema as json_schema
from monitor.staff import read_roles_held

rules = typer.Typer(help="Check, read, test and switch on the rules.", no_args_is_help=True)


@rules.command("check")
def check(context: typer.Context) -> None:
    """Read every rule, judgement and example as a compiler would, and say what each rule needs of the data."""
    home = home_of(context)
    try:
        every = home.every_rule
        judgements = home.every_judgement
        examples = load_examples(home.rules_folder, home.written_rules)
        judged = load_judgement_examples(home.rules_folder / "judgements", judgements, every)
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
        [(rule.id, ", ".join(needs.kinds(rule)), "; ".join(needed(rule))) for rule in every],
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
    path = home.rules_folder.parent / fault.rule.path
    root = documents.read(path, fault.rule.path) if path.exists() else None
    entry = root.entries.get(fault.key) if root else None
    return entry.line if entry else 1


@rules.command("list")
def list_(context: typer.Context, *, as_json: Json = False) -> None:
    """List every rule: its area, whether it is on, its law and its limit; then every judgement."""
    home = home_of(context)
    if as_json:
        judged = [brief_judgement(each, home) for each in home.every_judgement]
        print_json([*(brief(rule, home) for rule in home.every_rule), *judged])
        return
    table(
        f"{len(home.every_rule)} rules, {len(home.rules)} of them on",
        ("rule", "area", "state", "class", "limit", "source", "checked", "what is expected"),
        [
            (
                rule.id,
                rule.area,
                state(rule, home),
                str(rule.law.law_class),
                wording.limits(rule),
                rule.law.source,
                yes(rule.law.checked),
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
                state_of(each, home),
                "; ".join(judgement_wording.asked(each)),
                each.title,
            )
            for each in home.every_judgement
        ],
    )


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
        print_json(whole(rule, home))
        return
    _say_all(rule.id, rule.title, rule.why, paragraphs(rule, home))


def _show_judgement(judgement: Judgement, home: Home, *, as_json: bool) -> None:
    if as_json:
        print_json(whole_judgement(judgement, home))
        return
    paragraphs = judgement_wording.paragraphs(judgement, state_of(judgement, home))
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
    every = load_examples(home.rules_folder, home.written_rules)
    examples = [example for example in every if example.rule in chosen]
    results = [Told.of(result) for result in run_examples(examples)]
    results += judged(home, judgements) if judgements else []
    bare = without_examples(chosen, examples)
    for rule in bare:
        complain(f"{rule.path}: the rule has no examples. Write them into {rule.id}.examples.yaml beside it.")
    failed = [result for result in results if not result.passed]
    for result in failed:
        complain(failure(result))
    if junit is not None:
        write_whole(junit, junit_report(results))
    say(f"{len(results)} examples run: {len(failed) or 'none'} failed.")
    if failed or bare:
        raise typer.Exit(1)


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
