"""Commands of the operator: lay out, sweep, send, run, look after."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from monitor import doctor as looking
from monitor import outbox as story
from monitor.bootstrap import Home
from monitor.commands.screen import (
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
from monitor.compose import british, roles
from monitor.demo import Shown, demonstrate
from monitor.errors import Misuse, Refused, RetryLater
from monitor.golive import go_live as let_mail_leave
from monitor.golive import refuse_unready
from monitor.homes import lay_out
from monitor.report import Report
from monitor.sweep import sweep as run_sweep
from monitor.testmail import send_test as hand_over_test

MOST_TEAMS = 12


def demo(
    context: typer.Context,
    folder: Annotated[Path | None, typer.Option("--dir", help="Where to lay it out.")] = None,
    children: Annotated[
        int | None, typer.Option(min=20, max=200_000, help="How many children; 2,000 if not said.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Another council; 1 if not said.")] = None,
    as_at: AsAt = None,
) -> None:
    """Lay out a synthetic council and run the whole job on it, mails into a local sink and all."""
    path = (folder or context.obj or Path("demo")).resolve()
    with progress("demo") as report:
        shown = demonstrate(
            path, children=children, seed=seed, as_at=the_day(as_at), now=now(), progress=report
        )
    _tell_demo(shown)


def _tell_demo(shown: Shown) -> None:
    last = shown.last
    say(f"A synthetic council of {shown.children:,} children, as at {british(shown.as_at)}.")
    say(
        f"Taken in: {shown.taken.rows_read:,} rows, {shown.taken.rows_refused} refused, "
        f"{shown.taken.without_start} without a start."
    )
    say()
    by_outcome: dict[str, int] = {}
    for (_, outcome), count in last.clocks.items():
        by_outcome[outcome] = by_outcome.get(outcome, 0) + count
    outcomes = sorted(by_outcome.items(), key=lambda each: -each[1])
    table("Clocks judged", ("outcome", "clocks"), outcomes)
    say()
    table("Open alerts by rule", ("rule", "open", "overdue"), shown.alerts_by_rule)
    say()
    table("Open alerts by team", ("team", "open"), shown.alerts_by_team[:MOST_TEAMS])
    rest = [count for _, count in shown.alerts_by_team[MOST_TEAMS:]]
    if rest:
        say(f"... and {sum(rest):,} more of {len(rest)} other teams.")
    say()
    mails = sorted(
        ((roles([role]), count) for role, count in shown.mails_by_role.items()), key=lambda each: -each[1]
    )
    table("Mails by the role they were sent to", ("role", "mails"), mails)
    say()
    say(
        f"{shown.messages:,} mails in all, {shown.sent:,} sent in this run, each one kept: {shown.home / 'mail'}"
    )
    say(f"The registers that went in: {shown.home / 'registers'}")
    say()
    say("What to run next:")
    say(f"  monitor --home {shown.home} alerts")
    say(f"  monitor --home {shown.home} explain 1")
    say(f"  monitor --home {shown.home} clocks --as-at {shown.as_at} --rule ehc-final-20wk")


def init(
    context: typer.Context,
    folder: Annotated[Path | None, typer.Argument(help="The new home; default: the present home.")] = None,
) -> None:
    """Lay out an editable copy of the rules, templates and settings; what is there already stays."""
    path = (folder or context.obj or Path()).resolve()
    made = lay_out(path)
    say(f"{path}: {len(made)} files written." if made else f"{path}: everything was there already.")
    say("Mail is off. Next: edit config/monitor.toml, then monitor doctor.")


def sweep(
    context: typer.Context,
    as_at: AsAt = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Judge and show, write nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Judge every case, open and close alerts, and note who must be told. Sends nothing."""
    with progress("sweeping") as going:
        report = run_sweep(
            lived_in(context), as_at=the_day(as_at) or today(), now=now(), dry_run=dry_run, progress=going
        )
    if as_json:
        print_json(report.as_json())
    else:
        _tell_sweep(report)
    if report.broken:
        raise typer.Exit(3)


def _tell_sweep(report: Report) -> None:
    rows = []
    for rule, found in report.as_json()["clocks"].items():
        rows.append(
            (
                rule,
                *(
                    found.get(each, 0)
                    for each in ("in-time", "due-soon", "overdue", "excused", "cannot-tell")
                ),
            )
        )
    table(
        f"Swept as at {report.as_at}{' (dry run, nothing written)' if report.dry_run else ''}",
        ("rule", "in time", "due soon", "overdue", "excused", "cannot tell"),
        rows,
    )
    say()
    say(
        f"Alerts: {report.opened.total()} opened ({report.backlog.total()} as backlog), "
        f"{report.closed.total()} closed, {report.moved.total()} moved, {report.waiting} waiting for news; "
        f"{report.open_alerts} open, {report.muted} muted."
    )
    if not report.dry_run:
        say(f"New notices owed: {report.notices.total()}.")
    if not report.judged:
        say("The rules engine did not answer: plain findings stand, judgements do not.")
    for rule, error in report.broken.items():
        say(f"The rule {rule} failed ({error}); its alerts were left as they were.")


def outbox(context: typer.Context, as_at: AsAt = None, *, as_json: Json = False) -> None:
    """Send what is owed now."""
    posted = story.post(lived_in(context), day=the_day(as_at) or today(), now=now())
    if as_json:
        print_json(posted.as_json())
    else:
        say(
            f"Mail is {posted.mode}: {posted.composed} composed, {posted.sent} sent, {posted.deferred} deferred, "
            f"{posted.refused} refused, {posted.withheld} withheld, {posted.waiting} waiting."
        )
        for each in posted.said:
            say(each)
    for each in posted.faults:
        complain(each)
    if posted.deferred or posted.refused:
        raise typer.Exit(3)


def run(context: typer.Context) -> None:
    """Run the daemon until it is told to stop."""
    from monitor import daemon  # noqa: PLC0415 - the scheduler is loaded only where it runs

    path = lived_in(context).path
    daemon.run(path)
    sys.stdout.flush()
    os._exit(0)  # a step in hand that would not end is let go: what it had not committed is rolled back


def doctor(context: typer.Context, *, as_json: Json = False) -> None:
    """Look at every part of the home and say what stands in the way."""
    found = looking.examine(home_of(context), today=today())
    if as_json:
        print_json([{"part": each.part, "state": each.state, "says": each.says} for each in found])
    else:
        table("", ("", "part", "says"), [(each.state, each.part, each.says) for each in found])
    if any(each.state == "bad" for each in found):
        raise typer.Exit(1)


def send_test(
    context: typer.Context, address: Annotated[str, typer.Argument(help="An address of yours.")]
) -> None:
    """Send one test mail, to an address in mail.allowed-domains."""
    try:
        reply = hand_over_test(home_of(context), address, now())
    except (RetryLater, Refused) as error:
        complain(f"monitor: not sent: {error}")
        raise typer.Exit(3) from None
    say(f"Handed over. The server said: {reply}")


def go_live(
    context: typer.Context,
    by: Annotated[str, typer.Option("--by", metavar="WORKER", help="Who decides it.")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Let mail leave for real, from the next run of the outbox."""
    home: Home = home_of(context)
    refuse_unready(home, by)
    if not yes and not typer.confirm("From now on mail goes to real people. Go live?"):
        raise Misuse("not gone live; nothing was changed.")
    owed = let_mail_leave(home, by, now())
    say(f"Live. {owed} notices or messages are owed and go with the next run of the outbox.")
