"""Commands about alerts: what stands open, and how it came about."""

from typing import Annotated, Any

import typer

from monitor import alerts as story
from monitor.commands.screen import Json, home_of, print_json, say, table, today
from monitor.compose import british


def alerts(
    context: typer.Context,
    for_: Annotated[
        str | None, typer.Option("--for", metavar="WORKER", help="What this worker would see.")
    ] = None,
    rule: Annotated[str | None, typer.Option(help="Only this rule.")] = None,
    team: Annotated[str | None, typer.Option(help="Only this team.")] = None,
    *,
    as_json: Json = False,
) -> None:
    """List the open alerts, the most urgent first."""
    found = story.listed(home_of(context), viewer=for_, rule=rule, team=team, day=today())
    if as_json:
        print_json(found)
        return
    rows = [
        (
            each["id"],
            each["rag"],
            each["rule"],
            each["child"] or each["worker"],
            each["ref"],
            each["team"],
            each["stage"],
            each["due_on"],
            f"by {each['muted_by']}" if each["muted_by"] else "",
        )
        for each in found
    ]
    table(
        f"{len(rows)} open alerts",
        ("alert", "rag", "rule", "child or worker", "ref", "team", "stage", "due", "muted"),
        rows,
    )
    if rows:
        say("How one came about: monitor explain ALERT")


def explain(
    context: typer.Context,
    alert: Annotated[int, typer.Argument(help="An alert's number.")],
    *,
    as_json: Json = False,
) -> None:
    """Explain one alert: the law, the arithmetic, the values read, the chain, who was told and when."""
    found = story.explained(home_of(context), alert)
    if as_json:
        print_json(found)
        return
    _heading(found)
    _arithmetic(found)
    table(
        "What happened",
        ("as at", "what", "by", "why"),
        _rows(found["transitions"], "as_at", "kind", "by", "why"),
    )
    say()
    table(
        "Who was told",
        ("as at", "role", "worker", "for", "mail", "because"),
        [
            (
                each["as_at"],
                each["role"],
                each["worker"],
                f"{each['kind']} {each['step']}",
                each["state"],
                each["because"],
            )
            for each in found["told"]
        ],
    )
    say()
    climbed = ", ".join(
        f"{each['no']} ({each['role']}) on {british(each['claimed_on'])}" for each in found["rungs"]
    )
    ladder = ", ".join(f"{role} after {days}" for days, role in found["ladder"])
    say(f"Ladder, in working days of silence: {ladder}.")
    say(
        f"Silence counts from {british(found['silent_from'])}."
        if found["silent_from"]
        else "It does not climb yet."
    )
    say(f"Rungs climbed: {climbed or 'none'}.")


def _heading(found: dict[str, Any]) -> None:
    whose = (
        f"child {found['child']}"
        if found["child"]
        else f"worker {found['worker']}"
        if found["worker"]
        else ""
    )
    say(f"Alert {found['id']}: {found['title']}")
    say(
        f"  {', '.join(part for part in (whose, 'ref ' + found['ref'], 'team ' + str(found['team'])) if part)}"
    )
    say(
        f"  {found['state']}, {found['outcome']}, at '{found['stage']}' ({found['rag']}), "
        f"opened {british(found['opened_on'])}"
    )
    if found["muted_by"]:
        say(f"  Muted: alert {found['muted_by']} stands for it, because {found['muted_because']}.")
    say(f"  {found['duty']}")
    say()
    say(f"The law: {found['law_source'] or 'a rule of this monitor'} ({found['law_class']})")
    link = found["law_url"] or "no link"
    say(f"  {link}; {'checked' if found['law_checked'] else 'not checked'} against the instrument")
    if found["limit_in_force_since"]:
        say(f"  limit in force since {british(found['limit_in_force_since'])}")
    say()


def _arithmetic(found: dict[str, Any]) -> None:
    say(f"The arithmetic: started {british(found['started_on'])}. {found['why']}")
    if found["due_on"]:
        say(f"  last day in time {british(found['due_on'])}, act by {british(found['act_by'])}")
    values = found["values"]
    say("The values read:")
    for name in ("start", "end", "last day by law", "owner"):
        if values.get(name):
            say(f"  {name}: {values[name]}")
    for group in ("looked up", "attributes", "counted"):
        for name, value in values.get(group, {}).items():
            say(f"  {name}: {value}")
    for step in values.get("chain", ()):
        say(f"  judged: {step}")
    load = found["load"]
    if load:
        say(f"  from load {load['load']} of '{load['source']}', data of {british(load['as_at'])}")
    say()


def _rows(found: list[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(each[name] for name in names) for each in found]
