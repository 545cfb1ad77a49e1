"""The command about case data as they stand: the clocks that run on them."""

from typing import Annotated, Any

import typer

from monitor import clocks as reading
from monitor.bootstrap import Home
from monitor.commands.screen import AsAt, Json, lived_in, print_json, table, the_day, today
from monitor.errors import Misuse, suggestion
from monitor.model import Clock, bare


def clocks(
    context: typer.Context,
    as_at: AsAt = None,
    known_at: Annotated[
        str | None, typer.Option("--known-at", metavar="DATE", help="Read what was known on this day.")
    ] = None,
    rule: Annotated[str | None, typer.Option(help="Only this rule.")] = None,
    *,
    as_json: Json = False,
) -> None:
    """Show every running clock, judged; writes nothing."""
    home = lived_in(context)
    ids = {each.id for each in home.rules}
    if rule is not None and rule not in ids:
        raise Misuse(_why_no_clocks(rule, home))
    found = reading.clocks(home, as_at=the_day(as_at) or today(), known_at=the_day(known_at), rule=rule)
    if as_json:
        print_json([clock_as_json(clock, team) for clock, team in found])
        return
    rows = [
        (
            clock.rule,
            clock.row.ref,
            bare(clock.row.child or clock.row.worker),
            bare(team),
            clock.started_on,
            clock.due_on,
            clock.act_by,
            str(clock.outcome),
            clock.stage,
        )
        for clock, team in found
    ]
    table(
        f"{len(rows)} clocks",
        ("rule", "ref", "child or worker", "team", "started", "due", "act by", "outcome", "stage"),
        rows,
    )


def _why_no_clocks(rule: str, home: Home) -> str:
    every = [each.id for each in home.every_rule]
    if rule in every:
        return f"the rule '{rule}' is not switched on. `monitor rules show {rule}` says how to switch it on."
    return f"there is no rule '{rule}'.{suggestion(rule, every, '`monitor rules list`')}"


def clock_as_json(clock: Clock, team: str | None) -> dict[str, Any]:
    """A clock as outsiders read it: bare ids, ISO dates."""
    return {
        "rule": clock.rule,
        "ref": clock.row.ref,
        "source": clock.row.source,
        "child": bare(clock.row.child),
        "worker": bare(clock.row.worker if clock.row.child is None else clock.row.owner),
        "team": bare(team),
        "started_on": clock.started_on,
        "due_on": clock.due_on,
        "lawful_due_on": clock.lawful_due_on,
        "act_by": clock.act_by,
        "outcome": str(clock.outcome),
        "stage": clock.stage,
        "why": clock.why,
        "data_of": clock.data_day,
        "unsure": str(clock.unsure) if clock.unsure else None,
    }
