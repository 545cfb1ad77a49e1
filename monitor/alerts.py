"""The story behind `monitor alerts` and `monitor explain`: what stands open, and how it came about."""

from collections import defaultdict
from datetime import date
from typing import Any

from sqlalchemy import Connection, RowMapping, case, select
from sqlalchemy.exc import SQLAlchemyError

from monitor import access, gaps, phrases, tables
from monitor.bootstrap import Home, cannot_reach
from monitor.compose import OVERDUE
from monitor.directory import Directory
from monitor.errors import Misuse
from monitor.model import bare
from monitor.provenance import loads_of_lookups
from monitor.staff import read_allocations, read_directory, read_restricted


def listed(
    home: Home, *, viewer: str | None, rule: str | None, team: str | None, day: date
) -> list[dict[str, Any]]:
    """Open alerts as outsiders read them, the most urgent first; with `viewer` only what that worker would see."""
    if rule is not None and rule not in _rule_ids(home):
        raise Misuse(f"there is no rule '{rule}'. `monitor rules list` names them.")
    try:
        with home.engine.connect() as connection:
            directory = read_directory(connection, day)
            if team is not None and team not in map(bare, directory.teams):
                raise Misuse(f"there is no team '{team}'. Ids are those of teams.csv.")
            rows = _open(connection, rule, team)
            if viewer is not None:
                rows = _seen_by(connection, viewer, rows, directory)
            return [_as_json(row) for row in rows]
    except SQLAlchemyError as error:
        raise cannot_reach(error) from None


def _rule_ids(home: Home) -> list[str]:
    return [*(each.id for each in home.every_rule), *(each.id for each in home.judgements), *gaps.HOUSE]


def _open(connection: Connection, rule: str | None, team: str | None) -> list[RowMapping]:
    alert = tables.alert
    query = select(alert).where(alert.c.state == "open")
    if rule is not None:
        query = query.where(alert.c.rule == rule)
    late_first = case((alert.c.outcome.in_(OVERDUE), 0), else_=1)  # the order of the mails
    order = (late_first, alert.c.rag.desc(), alert.c.act_by.nulls_last(), alert.c.id)
    rows = connection.execute(query.order_by(*order)).mappings()
    return [row for row in rows if team is None or bare(row["team_key"]) == team]


def _as_json(row: RowMapping) -> dict[str, Any]:
    return {
        "id": row["id"],
        "rule": row["rule"],
        "ref": row["ref"],
        "source": row["source"],
        "child": bare(row["child_key"]),
        "worker": bare(row["worker_key"]),
        "team": bare(row["team_key"]),
        "stage": row["stage"],
        "rag": row["rag"],
        "outcome": row["outcome"],
        "state": row["state"],
        "opened_on": row["opened_on"],
        "started_on": row["started_on"],
        "due_on": row["due_on"],
        "act_by": row["act_by"],
        "muted_by": row["muted_by"],
        "backlog": row["backlog"],
    }


def worker_key(directory: Directory, worker: str) -> str:
    """The worker of this bare id; Misuse where there is none, or more than one issuer has it."""
    found = [key for key in directory.workers if bare(key) == worker or key == worker]
    if len(found) == 1:
        return found[0]
    if not found:
        raise Misuse(f"there is no worker '{worker}'. Ids are those of workers.csv.")
    raise Misuse(f"several issuers have a worker '{worker}': write one of {', '.join(sorted(found))}.")


def _seen_by(
    connection: Connection, worker: str, rows: list[RowMapping], directory: Directory
) -> list[RowMapping]:
    day = directory.as_at
    who = access.viewer(worker_key(directory, worker), directory)
    children = sorted({row["child_key"] for row in rows if row["child_key"]})
    allocations = read_allocations(connection, children, day)
    restricted = read_restricted(connection, children, day)
    told = _told(connection)
    seen = []
    for row in rows:
        child = row["child_key"]
        matter = access.Matter(
            child=child,
            worker=row["worker_key"],
            team=row["team_key"],
            told=told.get(row["id"], ()),
            allocated=[key for held in allocations.get(child or "", {}).values() for key in held],
            restricted=child in restricted,
            named=restricted.get(child or "", ()),
        )
        if access.may_see(who, matter, directory) is None:
            seen.append(row)
    return seen


def _told(connection: Connection) -> dict[int, set[str]]:
    notice, alert = tables.notice, tables.alert
    query = (
        select(notice.c.alert_id, notice.c.address)
        .join(alert, alert.c.id == notice.c.alert_id)
        .where(alert.c.state == "open", notice.c.kind != "count")
    )
    found: dict[int, set[str]] = defaultdict(set)
    for alert_id, address in connection.execute(query):
        found[alert_id].add(address)
    return found


def explained(home: Home, alert_id: int) -> dict[str, Any]:
    """Everything there is to say of one alert: the law, the arithmetic, the values, the chain, who was told."""
    try:
        with home.engine.connect() as connection:
            alert = (
                connection.execute(select(tables.alert).where(tables.alert.c.id == alert_id))
                .mappings()
                .first()
            )
            if alert is None:
                raise Misuse(f"there is no alert {alert_id}. `monitor alerts` lists them.")
            rule = home.rule(alert["rule"])
            return {
                **_as_json(alert),
                "closed_on": alert["closed_on"],
                "why": alert["why"],
                "data_of": alert["data_day"],
                **_rule(home, alert["rule"], alert["started_on"]),
                "values": alert["evidence"],
                "load": _load(connection, alert["evidence"].get("load")),
                "looked_up_in": loads_of_lookups(connection, rule, alert) if rule else {},
                "muted_because": alert["muted_because"],
                "stands_for": _stands_for(connection, alert_id),
                "ladder": alert["ladder"],
                "silent_from": alert["silent_from"],
                "transitions": _transitions(connection, alert_id),
                "told": _told_of(connection, alert_id),
                "rungs": _rungs(connection, alert_id),
            }
    except SQLAlchemyError as error:
        raise cannot_reach(error) from None


def _rule(home: Home, rule_id: str, started_on: date) -> dict[str, Any]:
    rule = next((each for each in home.every_rule if each.id == rule_id), None)
    judged = next((each for each in home.judgements if each.id == rule_id), None)
    house = gaps.HOUSE.get(rule_id)
    about = rule or judged or house
    law = rule.law if rule else judged.law if judged else None
    since = max((day for day, _ in rule.limits if day <= started_on), default=None) if rule else None
    return {
        "title": about.title if about else rule_id,
        "duty": about.why if about else "",
        "law_class": str(law.law_class) if law else "local",
        "law_source": law.source if law else "",
        "law_url": law.url if law else None,
        "law_checked": law.checked if law else False,
        "limit": phrases.said(rule.limit_on(started_on)) if rule else None,
        "limit_in_force_since": str(since) if since and since != date.min else None,
    }


def _load(connection: Connection, load_id: int | None) -> dict[str, Any] | None:
    load = tables.load
    row = connection.execute(select(load).where(load.c.id == load_id)).mappings().first() if load_id else None
    if row is None:
        return None
    return {"load": row["id"], "source": row["source"], "as_at": row["as_at"], "taken_at": row["taken_at"]}


def _stands_for(connection: Connection, alert_id: int) -> list[dict[str, Any]]:
    """The alerts that are muted because this one stands for them."""
    alert = tables.alert
    query = select(alert.c.id, alert.c.rule).where(alert.c.muted_by == alert_id).order_by(alert.c.id)
    return [{"id": row.id, "rule": row.rule} for row in connection.execute(query)]


def _transitions(connection: Connection, alert_id: int) -> list[dict[str, Any]]:
    made = tables.transition
    rows = connection.execute(select(made).where(made.c.alert_id == alert_id).order_by(made.c.id)).mappings()
    names = ("as_at", "at", "kind", "by", "why", "values")
    return [{name: row[name] for name in names} for row in rows]


def _told_of(connection: Connection, alert_id: int) -> list[dict[str, Any]]:
    notice, message = tables.notice, tables.message
    query = (
        select(
            notice,
            message.c.message_id.label("mail"),
            message.c.state,
            (message.c.recipient != message.c.address).label("redirected"),
        )
        .outerjoin(message, message.c.id == notice.c.message_id)
        .where(notice.c.alert_id == alert_id)
        .order_by(notice.c.id)
    )
    rows = connection.execute(query).mappings().all()
    tried = _tried(connection, [row["message_id"] for row in rows if row["message_id"]])
    return [
        {
            "as_at": row["as_at"],
            "role": row["role"],
            "worker": bare(row["person"]) or row["person"],
            "kind": row["kind"],
            "step": row["step"],
            "because": row["because"],
            "mail": row["mail"],
            "state": row["state"] or ("not sent" if row["not_sent_because"] else "owed"),
            "redirected": bool(row["redirected"]),  # to the test address: the person was not told
            "not_sent_because": row["not_sent_because"],
            "tried_at": tried.get(row["message_id"]),
        }
        for row in rows
    ]


def _tried(connection: Connection, messages: list[int]) -> dict[int, Any]:
    """When each message was handed to the mail server, or last offered to it."""
    attempt = tables.delivery
    query = (
        select(attempt.c.message_id, attempt.c.at)
        .where(attempt.c.message_id.in_(messages))
        .order_by(attempt.c.id)
    )
    return {row.message_id: row.at for row in connection.execute(query)}


def _rungs(connection: Connection, alert_id: int) -> list[dict[str, Any]]:
    rung = tables.rung
    rows = connection.execute(select(rung).where(rung.c.alert_id == alert_id).order_by(rung.c.no)).mappings()
    return [{name: row[name] for name in ("no", "role", "claimed_on", "told")} for row in rows]
