"""The days that nobody can read: of Events, and the first and last days of Episodes."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from sqlalchemy import Connection, or_, select

from monitor import needs, tables
from monitor.clauses import Asking
from monitor.parts import Lookup, Scope
from monitor.rule import Rule, Stop
from monitor.vocabulary import vocabulary

Unreadable = Mapping[str, list[tuple[str, Mapping[str, str]]]]


def read_unreadable(connection: Connection, asking: Asking) -> Unreadable:
    """By the record, by the child and by the worker: `matters` says as whose a rule reads it."""
    event = tables.event
    found: dict[str, list[tuple[str, Mapping[str, str]]]] = defaultdict(list)
    query = select(
        event.c.kind, event.c.record, event.c.child_key, event.c.worker_key, event.c.attributes
    ).where(event.c.unknown, asking.known(event))
    for kind, record, child, worker, attributes in connection.execute(query):
        for key in filter(None, (record, child, worker)):
            found[key].append((kind, attributes))
    for day, keys, attributes in _unreadable_ends(connection, asking):
        for key in keys:
            found[key].append((day, attributes))
    return found


def _unreadable_ends(
    connection: Connection, asking: Asking
) -> Iterator[tuple[str, tuple[str, ...], Mapping[str, str]]]:
    """The Episodes whose first day is not known, and those begun whose last cannot be read, and whose they are."""
    episode = tables.episode
    query = select(
        episode.c.kind,
        episode.c.start_unknown,
        episode.c.end_unknown,
        episode.c.record,
        episode.c.child_key,
        episode.c.worker_key,
        episode.c.attributes,
    ).where(
        or_(episode.c.start_unknown.is_not(None), episode.c.end_unknown),
        or_(episode.c.start_on.is_(None), episode.c.start_on <= asking.as_at),
        asking.known(episode),
    )
    for kind, start_unknown, end_unknown, record, child, worker, attributes in connection.execute(query):
        keys = tuple(filter(None, (record, child, worker)))
        if start_unknown is not None:
            yield needs.episode_day(kind, "began"), keys, attributes
        if end_unknown:
            yield needs.episode_day(kind, "ended"), keys, attributes


def matters(rule: Rule, kind: str, attributes: Mapping[str, str], scope: Scope) -> bool:
    """Whether an Event of the row, child or worker whose date cannot be read might, with one, change the clock.

    So with the first and last days of Episodes. An Event about one row says nothing of the child's others, unless the
    rule reads it as the child's.
    """
    if kind not in vocabulary().kinds:
        days = needs.episode_days(rule)
        asks = [part for of_kind, by, part in days if needs.episode_day(of_kind, by) == kind]
        return any(part.of == scope and all(each.holds(attributes) for each in part.where) for part in asks)
    asked = needs.parts_of((rule.starts, rule.stops, rule.limits, rule.moved_to))
    uses = [part for part in asked if isinstance(part, Lookup | Stop) and kind in part.kinds]
    if uses:
        return any(part.of == scope and all(each.holds(attributes) for each in part.where) for part in uses)
    counted = [part.of for part in needs.counts(rule) if part.kind == kind]
    return scope in (counted or [vocabulary().kinds[kind].scope])
