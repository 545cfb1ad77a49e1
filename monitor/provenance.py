"""From which load each looked-up value came: the lawyer's second question about a date."""

from datetime import date
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from monitor import needs, phrases, tables
from monitor.parts import Lookup
from monitor.rule import Rule


def loads_of_lookups(connection: Connection, rule: Rule, alert: RowMapping) -> dict[str, dict[str, Any]]:
    """By the words for each look-up, the newest load whose version of the record held the day that was read.

    A version is never changed in place, so a day that was corrected since is still found where it was read.
    """
    found: dict[str, dict[str, Any]] = {}
    read = alert["evidence"].get("looked up", {})
    for part in needs.lookups(rule):
        name = phrases.moment(part)
        load = _load(connection, part, date.fromisoformat(read[name]), alert) if name in read else None
        if load is not None:
            found[name] = load
    return found


def _load(connection: Connection, part: Lookup, day: date, alert: RowMapping) -> dict[str, Any] | None:
    is_event = part.date in ("done", "due") or part.pick == "next"
    other = tables.event if is_event else tables.episode
    days = {
        "done": (tables.event.c.done_on,),
        "due": (tables.event.c.due_on, tables.event.c.done_on),
        "began": (tables.episode.c.start_on,),
        "ended": (tables.episode.c.end_on,),
    }[part.date]
    whose = {"this": "record", "child": "child_key", "worker": "worker_key"}[part.of]
    for column in days:
        query = (
            select(tables.load.c.id, tables.load.c.source, tables.load.c.as_at, tables.load.c.taken_at)
            .join(other, other.c.load_id == tables.load.c.id)
            .where(other.c.kind.in_(part.kinds), other.c[whose] == alert[whose], column == day)
            .order_by(other.c.id.desc())
            .limit(1)
        )
        row = connection.execute(query).mappings().first()
        if row is not None:
            return dict(row)
    return None
