"""Where two sources tell of one child: what the one that is judged says, and what the other does, where they differ."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, select, true
from sqlalchemy.exc import SQLAlchemyError

from monitor import tables
from monitor.bootstrap import Home, cannot_reach
from monitor.clocks import preferred
from monitor.vocabulary import EVERY_KIND

Said = tuple[date | None, ...]  # of an Episode its start and end, of an Event the day it was due and done


@dataclass(frozen=True, slots=True)
class Difference:
    """One child's records of one kind, as the preferred source and as another has them."""

    kind: str
    child: str
    judged_source: str
    judged: tuple[Said, ...]
    other_source: str
    other: tuple[Said, ...]


def differences(home: Home) -> list[Difference]:
    """Every difference that the order of the home's sources settles, by kind and child; reads only."""
    prefer = preferred(home)
    if not prefer:
        return []
    try:
        with home.engine.connect() as connection:
            return list(_differences(_read(connection, prefer), prefer))
    except SQLAlchemyError as error:
        raise cannot_reach(error) from None


Records = Mapping[tuple[str, str], Mapping[str, list[Said]]]


def _read(connection: Connection, prefer: Mapping[str, tuple[str, ...]]) -> Records:
    """By kind and child, what each source says."""
    found: dict[tuple[str, str], dict[str, list[Said]]] = defaultdict(lambda: defaultdict(list))
    for table, days in (
        (tables.episode, (tables.episode.c.start_on, tables.episode.c.end_on)),
        (tables.event, (tables.event.c.due_on, tables.event.c.done_on)),
    ):
        query = select(table.c.kind, table.c.child_key, table.c.source, *days).where(
            table.c.known_until.is_(None),
            table.c.child_key.is_not(None),
            true() if EVERY_KIND in prefer else table.c.kind.in_(tuple(prefer)),
        )
        for kind, child, source, *said in connection.execute(query):
            found[kind, child][source].append(tuple(said))
    return found


def _differences(found: Records, prefer: Mapping[str, tuple[str, ...]]) -> Iterator[Difference]:
    for (kind, child), by_source in sorted(found.items()):
        order = prefer.get(kind, prefer.get(EVERY_KIND, ()))
        judged = next((source for source in order if source in by_source), None)
        if judged is None:
            continue
        for other in sorted(by_source.keys() - {judged}):
            if sorted(by_source[judged], key=str) != sorted(by_source[other], key=str):
                yield Difference(
                    kind,
                    child,
                    judged,
                    tuple(sorted(by_source[judged], key=str)),
                    other,
                    tuple(sorted(by_source[other], key=str)),
                )
