"""Commands about case data: taking it in, and the clocks that run on it."""

from pathlib import Path
from typing import Annotated, Any

import typer

from monitor import clocks as reading
from monitor.bootstrap import Home
from monitor.commands.screen import (
    MOST_LINES,
    AsAt,
    Json,
    complain,
    home_of,
    lived_in,
    now,
    print_json,
    progress,
    say,
    table,
    the_day,
    today,
)
from monitor.errors import Misuse, suggestion
from monitor.intake.checks import Problem
from monitor.intake.loads import Taken
from monitor.model import Clock, bare
from monitor.taking import issues, release, take_in

MOST_NOTES = 10

intake = typer.Typer(help="Take a council's data in.", no_args_is_help=True)


@intake.command("registers")
def intake_registers(
    context: typer.Context,
    paths: Annotated[list[Path], typer.Argument(help="Folders or CSV files.")],
    source: Annotated[str | None, typer.Option(help="The source's name; default: registers.")] = None,
    as_at: Annotated[str | None, typer.Option("--as-at", metavar="DATE", help="The day of the data.")] = None,
    *,
    as_json: Json = False,
) -> None:
    """Take registers in: one CSV each, as docs/registers.md describes them."""
    home = home_of(context)
    with progress("taking in") as report:
        taken = take_in(home, paths, source=source, as_at=the_day(as_at), now=now(), progress=report)
    _tell_problems(taken)
    if as_json:
        print_json(_as_json(taken))
    else:
        _tell(taken)
    if not taken.is_clean:
        raise typer.Exit(1)


def _tell(taken: Taken) -> None:
    if taken.holds:
        say(f"Load {taken.load_id} of '{taken.source}' is HELD: nothing of it was taken.")
        return
    say(f"Load {taken.load_id} of '{taken.source}', data of {taken.as_at} ({taken.as_at_from}).")
    table(
        "Rows",
        ("read", "refused", "without a start", "records new", "changed", "withdrawn"),
        [
            (
                taken.rows_read,
                taken.rows_refused,
                taken.without_start,
                taken.new,
                taken.changed,
                taken.withdrawn,
            )
        ],
    )
    for file, rows in taken.rows_without_start.items():
        say(f"{file}: without a start, so its clock cannot tell: row {_shortened(rows)}.")
    for note in taken.notes[:MOST_NOTES]:
        say(note)
    if len(taken.notes) > MOST_NOTES:
        say(f"... and {len(taken.notes) - MOST_NOTES:,} more notes: see --json.")


def _shortened(rows: list[int]) -> str:
    more = f" and {len(rows) - MOST_NOTES:,} more" if len(rows) > MOST_NOTES else ""
    return ", ".join(map(str, rows[:MOST_NOTES])) + more


def _tell_problems(taken: Taken) -> None:
    for fault in taken.file_faults:
        complain(fault)
    for name, problem in taken.problems[:MOST_LINES]:
        complain(problem.told(name))
    if len(taken.problems) > MOST_LINES:
        complain(f"... and {len(taken.problems) - MOST_LINES:,} more: monitor intake issues {taken.load_id}")
    for hold in taken.holds:
        complain(hold)
    if taken.holds:
        complain(
            f"Look at the files. If they are right: monitor intake release {taken.load_id}; take them again."
        )


def _as_json(taken: Taken) -> dict[str, Any]:
    return {
        "load": taken.load_id,
        "source": taken.source,
        "as_at": taken.as_at,
        "as_at_from": taken.as_at_from,
        "held_because": taken.held_because,
        "rows_read": taken.rows_read,
        "rows_refused": taken.rows_refused,
        "rows_without_start": taken.without_start,
        "records_new": taken.new,
        "records_changed": taken.changed,
        "records_withdrawn": taken.withdrawn,
        "by_register": taken.rows_by_register,
        "without_start": taken.rows_without_start,
        "refused_files": taken.file_faults,
        "issues": [_issue_as_json(name, each) for name, each in taken.problems],
        "notes": taken.notes,
    }


def _issue_as_json(file: str, problem: Problem) -> dict[str, Any]:
    return {
        "file": file,
        "row": problem.row_no,
        "column": problem.column,
        "refused": problem.refused,
        "text": problem.text,
    }


@intake.command("issues")
def intake_issues(
    context: typer.Context,
    load: Annotated[int | None, typer.Argument(help="A load's number; default: the newest.")] = None,
    *,
    as_json: Json = False,
) -> None:
    """List what a load refused or could not read, by file, row and column."""
    found = issues(home_of(context), load)
    if as_json:
        print_json([{"load": number, **_issue_as_json(file, problem)} for number, file, problem in found])
        return
    for _, file, problem in found:
        say(problem.told(file))
    if not found:
        say("Nothing: every row of that load was taken whole.")


@intake.command("release")
def intake_release(
    context: typer.Context, load: Annotated[int, typer.Argument(help="A held load's number.")]
) -> None:
    """Let a held load go: the same files are then taken in as they are."""
    release(home_of(context), load)
    say(f"Load {load} is released. Take the same files in again.")


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
