"""Commands about alerts: what stands open, and how it came about."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from monitor import alerts as story
from monitor.calendars import LONDON
from monitor.commands.screen import Json, lived_in, print_json, say, table, today
from monitor.compose import british, dated, roles
from monitor.phrases import words
from monitor.plurals import plural

MOST = 2**31 - 1  # as far as numbers of alerts go


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
    found = story.listed(lived_in(context), viewer=for_, rule=rule, team=team, day=today())
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
        f"{plural(len(rows), 'open alert')}{f' that {for_} may see' if for_ else ''}",
        ("alert", "rag", "rule", "child or worker", "ref", "team", "stage", "due", "muted"),
        rows,
    )
    if rows:
        say("How one came about: monitor explain ALERT")


def explain(
    context: typer.Context,
    alert: Annotated[int, typer.Argument(help="An alert's number.", min=1, max=MOST)],
    *,
    as_json: Json = False,
) -> None:
    """Explain one alert: the law, the arithmetic, the values read, the chain, who was told and when."""
    found = story.explained(lived_in(context), alert)
    if as_json:
        print_json(found)
        return
    _heading(found)
    _law(found)
    _arithmetic(found)
    _values(found)
    _chain(found)
    _history(found)


def _heading(found: dict[str, Any]) -> None:
    whose = (
        ("child", found["child"]),
        ("worker", found["worker"]),
        ("ref", found["ref"]),
        ("team", found["team"]),
    )
    say(f"Alert {found['id']}: {found['title']}")
    say(f"  {', '.join(f'{name} {value}' for name, value in whose if value)}")
    until = f", {found['state']} {british(found['closed_on'])}" if found["closed_on"] else ""
    say(
        f"  {found['outcome']} at '{found['stage']}' ({found['rag']}), opened {british(found['opened_on'])}{until}"
    )
    say(f"  {found['duty']}")
    say()


def _law(found: dict[str, Any]) -> None:
    say("The law")
    say(f"  {found['law_source'] or 'a rule of this monitor'} ({found['law_class']})")
    if found["law_source"]:
        checked = "checked" if found["law_checked"] else "not checked"
        say(f"  {found['law_url'] or 'no link'}; {checked} against the instrument")
    if found["limit"]:
        since = (
            f", in force since {british(found['limit_in_force_since'])}"
            if found["limit_in_force_since"]
            else ""
        )
        say(
            f"  the limit for a clock that started on {british(found['started_on'])}: {found['limit']}{since}"
        )
    say()


def _arithmetic(found: dict[str, Any]) -> None:
    values, due = found["values"], found["due_on"]
    say("The arithmetic")
    say(f"  started {british(found['started_on'])}; {dated(found['why'])}")
    if due:
        say(f"  last day in time {british(due)}, act by {british(found['act_by'])}")
    lawful = values.get("last day by law")
    if lawful and lawful != str(due):
        say(f"  the last day by law, before it was moved: {british(lawful)}")
    say()


def _values(found: dict[str, Any]) -> None:
    values = found["values"]
    say("The values read")
    for name in ("start", "end", "owner", "excuse"):
        if values.get(name):
            say(f"  {name}: {dated(values[name])}")
    for name, value in values.get("looked up", {}).items():
        load = found["looked_up_in"].get(name)
        came = f", from load {load['id']} of '{load['source']}'" if load else ""
        say(f"  {name}: {dated(str(value))}{came}")
    for name, value in values.get("attributes", {}).items():
        say(f"  {words(name)}: {dated(str(value))}")
    for name, value in values.get("counted", {}).items():
        say(f"  {words(name)}, how many: {value}")
    load = found["load"]
    if load:
        taken = f"data of {british(load['as_at'])}, taken in {_at(load['taken_at'])}"
        say(f"  the row itself from load {load['load']} of '{load['source']}': {taken}")
    say(f"  judged on data of {british(found['data_of'])}")
    say()


def _chain(found: dict[str, Any]) -> None:
    """What a judgement made of it, if one did."""
    steps = [f"  {step}" for step in found["values"].get("chain", ())]
    if found["muted_by"]:
        steps.append(f"  muted: alert {found['muted_by']} stands for it, because {found['muted_because']}")
    steps += [
        f"  it stands for alert {each['id']} ({each['rule']}), which is muted" for each in found["stands_for"]
    ]
    if steps:
        say("The chain of judgement")
        say("\n".join(steps))
        say()


def _history(found: dict[str, Any]) -> None:
    table(
        "What happened",
        ("as at", "what", "stage", "due", "load", "by", "why"),
        [
            (
                each["as_at"],
                each["kind"],
                each["values"].get("stage"),
                each["values"].get("due_on"),
                each["values"].get("load") or "",
                each["by"],
                dated(each["why"]),
            )
            for each in found["transitions"]
        ],
    )
    say()
    _told(found)
    say()
    ladder = ", ".join(f"{roles([role])} after {days}" for days, role in found["ladder"])
    say(f"Ladder, in working days of silence: {ladder}.")
    since = found["silent_from"]
    say(f"Silence counts from {british(since)}." if since else "It does not climb yet.")
    climbed = "; ".join(
        f"{each['no']} ({roles([each['role']])}) on {british(each['claimed_on'])}"
        f"{'' if each['told'] else ', nobody there who had not been told'}"
        for each in found["rungs"]
    )
    say(f"Rungs climbed: {climbed or 'none'}.")


def _told(found: dict[str, Any]) -> None:
    if not found["told"]:
        say("Nobody was told.")
        return
    table(
        "Who was told, and when",
        ("owed", "role", "worker", "for", "mail", "because"),
        [
            (
                each["as_at"],
                roles([each["role"]]),
                each["worker"],
                f"rung {each['step']}" if each["kind"] == "rung" else each["kind"],
                " ".join(filter(None, (_became(each), _at(each["tried_at"])))),
                each["not_sent_because"] or each["because"],
            )
            for each in found["told"]
        ],
    )


def _became(notice: dict[str, Any]) -> str:
    """What became of a notice; one that went to the test address told nobody."""
    return f"redirected, {notice['state']}" if notice["redirected"] else str(notice["state"])


def _at(moment: datetime | None) -> str:
    """2026-11-24 07:30, in London; SQLite gives back moments without their zone, which is UTC."""
    if moment is None:
        return ""
    local = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(LONDON)
    return f"{local:%Y-%m-%d %H:%M}"
