"""Where two sources tell of one child: what the one that is judged says, and what the other does, where they differ."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, case, false, null, select, true
from sqlalchemy.exc import SQLAlchemyError

from monitor import tables
from monitor.bootstrap import Home, cannot_reach
from monitor.clauses import Asking
from monitor.clocks import bench_of, preferred
from monitor.vocabulary import EVERY_KIND, UNREADABLE

# Of an Episode its start and end, of an Event the day it was due and done; why, where one of them is unknown.
Said = tuple[date | str | None, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """One child's records of one kind, as the preferred source has them, and as another whose may be judged too."""

    kind: str
    child: str
    judged_source: str
    judged: tuple[Said, ...]
    other_source: str
    other: tuple[Said, ...]
    judged_too: tuple[Said, ...]


def differences(home: Home, as_at: date) -> list[Difference]:
    """Every difference that the order of the home's sources settles, by kind and child; reads only."""
    prefer = preferred(home)
    if not prefer:
        return []
    try:
        with home.engine.connect() as connection:
            feeds = bench_of(home, connection).feeds
            asking = Asking(as_at=as_at, calendar=home.local, lawful=home.lawful, feeds=feeds)
            return list(_differences(_read(connection, asking), prefer))
    except SQLAlchemyError as error:
        raise cannot_reach(error) from None


Records = Mapping[tuple[str, str], Mapping[str, list[tuple[Said, bool]]]]


def _read(connection: Connection, asking: Asking) -> Records:
    """By kind and child, what each source says, and whether that is judged."""
    episode, event, prefer = tables.episode, tables.event, asking.feeds.prefer
    found: dict[tuple[str, str], dict[str, list[tuple[Said, bool]]]] = defaultdict(lambda: defaultdict(list))
    for table, days in (
        (episode, (episode.c.start_on, episode.c.start_unknown, episode.c.end_on, episode.c.end_unknown)),
        (event, (event.c.due_on, null(), event.c.done_on, event.c.unknown)),
    ):
        is_judged = case((asking.known(table), true()), else_=false())
        query = select(table.c.kind, table.c.child_key, table.c.source, is_judged, *days).where(
            table.c.known_until.is_(None),
            table.c.child_key.is_not(None),
            true() if EVERY_KIND in prefer else table.c.kind.in_(tuple(prefer)),
        )
        for kind, child, source, judged, first, why, last, is_unreadable in connection.execute(query):
            said = (first or why, last or (UNREADABLE if is_unreadable else None))
            found[kind, child][source].append((said, judged))
    return found


def _differences(found: Records, prefer: Mapping[str, tuple[str, ...]]) -> Iterator[Difference]:
    for (kind, child), by_source in sorted(found.items()):
        order = prefer.get(kind, prefer.get(EVERY_KIND, ()))
        judged = next((source for source in order if source in by_source), None)
        if judged is None:
            continue
        says = _sorted(said for said, _ in by_source[judged])
        for other in sorted(by_source.keys() - {judged}):
            others = _sorted(said for said, _ in by_source[other])
            if says != others:
                too = _sorted(said for said, is_judged in by_source[other] if is_judged)
                yield Difference(kind, child, judged, says, other, others, too)


def _sorted(said: Iterable[Said]) -> tuple[Said, ...]:
    return tuple(sorted(said, key=str))
