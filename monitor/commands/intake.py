"""Commands that take case data in, and what a person does about a load."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from monitor.commands.coverage_words import coverage_as_json, tell_coverage
from monitor.commands.screen import (
    MOST_LINES,
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
    write_whole,
)
from monitor.coverage import read_coverage
from monitor.differences import Said, differences
from monitor.errors import Misuse
from monitor.intake.checks import Problem
from monitor.intake.files import FORM
from monitor.intake.learning import propose
from monitor.intake.loads import Taken
from monitor.model import bare
from monitor.plurals import plural
from monitor.taking import MAPPED, Request, decide, formats, issue_counts, issues, take_in

MOST_NOTES = 10

intake = typer.Typer(help="Take a council's data in.", no_args_is_help=True)

Paths = Annotated[list[str], typer.Argument(help="Files or folders; for ssd also a database's address.")]
Name = Annotated[str | None, typer.Option("--source", help="The source's name; default: the format's.")]
DataDay = Annotated[
    str | None, typer.Option("--as-at", metavar="DATE", help="The day of the data, where they do not say it.")
]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept beside the load.")]


def _command(form: str, says: str) -> Callable[..., None]:
    def taken(
        context: typer.Context,
        paths: Paths,
        source: Name = None,
        as_at: DataDay = None,
        *,
        as_json: Json = False,
    ) -> None:
        _take(context, Request(form=form, paths=paths, source=source, as_at=the_day(as_at)), as_json=as_json)

    taken.__doc__ = says
    return taken


intake.command(FORM)(_command(FORM, "Take registers in: one CSV each, as docs/registers.md describes them."))
for _form, _says in formats().items():
    intake.command(_form)(_command(_form, _says))


@intake.command(MAPPED)
def intake_mapped(
    context: typer.Context,
    paths: Paths,
    mapping: Annotated[
        str | None, typer.Option("--mapping", help="A mapping's name or file; see docs/mappings.md.")
    ] = None,
    source: Name = None,
    as_at: DataDay = None,
    *,
    as_json: Json = False,
) -> None:
    """Take any CSV, workbook, XML or JSON in, as a mapping file says."""
    request = Request(form=MAPPED, paths=paths, source=source, as_at=the_day(as_at), mapping=mapping)
    _take(context, request, as_json=as_json)


def _take(context: typer.Context, request: Request, *, as_json: bool) -> None:
    home = home_of(context)
    with progress("taking in") as report:
        taken = take_in(home, request, now=now(), progress=report)
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
    if taken.is_same:
        say(f"These are the data of load {taken.load_id} of '{taken.source}': nothing to do.")
        return
    say(f"Load {taken.load_id} of '{taken.source}', data of {taken.as_at} ({taken.as_at_from}).")
    table(
        "Rows",
        ("read", "refused", "without a day", "records new", "changed", "withdrawn"),
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
        where = f"{'row' if len(rows) == 1 else 'rows'} {_shortened(rows)}"
        say(f"{file}: the day is missing or cannot be read, so what needs it cannot tell: {where}.")
    for note in taken.notes[:MOST_NOTES]:
        say(note)
    if len(taken.notes) > MOST_NOTES:
        say(f"... and {plural(len(taken.notes) - MOST_NOTES, 'more note')}: see --json.")


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
            f'Look at the files. If they are right: monitor intake release {taken.load_id} --reason "..."; take them '
            f'again. If not: monitor intake discard {taken.load_id} --reason "...".'
        )


def _as_json(taken: Taken) -> dict[str, Any]:
    return {
        "load": taken.load_id,
        "source": taken.source,
        "as_at": taken.as_at,
        "as_at_from": taken.as_at_from,
        "format": taken.form,
        "same_as_before": taken.is_same,
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
        "code": problem.code,
        "text": problem.text,
    }


@intake.command("learn")
def intake_learn(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="A CSV or workbook, with its headings.")],
    to: Annotated[
        str | None, typer.Option("--to", metavar="REGISTER", help="The register that it is to fill.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Write it there, and not on the screen.")] = None,
) -> None:
    """Propose a mapping from a file's headings, for a person to edit."""
    if out is not None and out.exists():
        raise Misuse(f"{out} is there already: name another file, or move it away.")
    text = propose(path, to)
    if out is None:
        say(text.removesuffix("\n"))
        return
    write_whole(out, text)
    say(f"{out} is written. Read and edit it, then: monitor intake mapped FILE --mapping {out.stem}")


@intake.command("coverage")
def intake_coverage(
    context: typer.Context,
    source: Annotated[str | None, typer.Option("--source", help="Only this source.")] = None,
    *,
    as_json: Json = False,
) -> None:
    """Show which rules each source can feed, which not, and what would be needed: to take to its supplier."""
    found = read_coverage(lived_in(context), source)
    if as_json:
        print_json([coverage_as_json(each) for each in found])
        return
    if not found:
        say("Nothing has been taken in yet.")
        return
    for each in found:
        tell_coverage(each)


@intake.command("issues")
def intake_issues(
    context: typer.Context,
    load: Annotated[int | None, typer.Argument(help="A load's number; default: the newest.")] = None,
    by: Annotated[
        str | None,
        typer.Option(
            "--by", help="Count instead, over every source's newest load: source, team, code or column."
        ),
    ] = None,
    *,
    as_json: Json = False,
) -> None:
    """List what a load refused or could not read, by file, row and column; the data steward owns it."""
    if by is not None:
        _count_issues(context, by, as_json=as_json)
        return
    found = issues(home_of(context), load)
    if as_json:
        print_json([{"load": number, **_issue_as_json(file, problem)} for number, file, problem in found])
        return
    for _, file, problem in found:
        say(problem.told(file))
    if not found:
        say("Nothing: every row of that load was taken whole.")


def _count_issues(context: typer.Context, by: str, *, as_json: bool) -> None:
    counts = issue_counts(home_of(context), by)
    if as_json:
        print_json(
            [{by: name or None, "issues": count, "rows_refused": refused} for name, count, refused in counts]
        )
        return
    called = {name: (bare(name) if by == "team" else name) or "(none)" for name, _, _ in counts}
    rows = [(called[name], count, refused) for name, count, refused in counts]
    table(plural(sum(count for _, count, _ in counts), "issue"), (by, "issues", "rows refused"), rows)


@intake.command("differences")
def intake_differences(context: typer.Context, *, as_json: Json = False) -> None:
    """List where two sources tell otherwise of one child, and which of them is judged."""
    found = differences(home_of(context), today())
    if as_json:
        print_json([asdict(each) for each in found])
        return
    if not found:
        say("None: no two sources tell otherwise of one child, for the kinds that a source is preferred for.")
        return
    rows = [
        (
            each.kind,
            bare(each.child),
            each.judged_source,
            _days(each.judged),
            each.other_source,
            _days(each.other),
            _days(each.judged_too),
        )
        for each in found
    ]
    columns = ("kind", "child", "judged", "says", "kept beside", "says", "of which judged too")
    table(plural(len(rows), "difference"), columns, rows)


def _days(said: tuple[Said, ...]) -> str:
    return "; ".join(" to ".join(str(day) if day else "-" for day in days) for days in said)


@intake.command("release")
def intake_release(
    context: typer.Context,
    load: Annotated[int, typer.Argument(help="A held load's number.")],
    reason: Reason,
) -> None:
    """Let a held load go: the same files are then taken in as they are."""
    decide(home_of(context), load, "released", reason, now())
    say(f"Load {load} is released. Take the same files in again.")


@intake.command("discard")
def intake_discard(
    context: typer.Context,
    load: Annotated[int, typer.Argument(help="A held load's number.")],
    reason: Reason,
) -> None:
    """Put a held load aside: its files are not to be taken in."""
    decide(home_of(context), load, "discarded", reason, now())
    say(f"Load {load} is discarded. What was known before stays known.")
