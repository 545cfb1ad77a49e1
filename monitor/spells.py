"""How many Episodes a worker has had open at once, and since when it has been more than so many."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, select

from monitor import tables
from monitor.clauses import Asking, attribute_is
from monitor.parts import Over

WHOLE = 1.0
_ROUNDING = 1e-9  # weights such as 0.1 do not add up exactly


@dataclass(frozen=True, slots=True, kw_only=True)
class Spell:
    """One Episode: from its first day until its end, which is no longer in it; one that nobody can read is unsure."""

    start: date
    end: date | None
    weight: float = WHOLE
    is_sure: bool = True


def read_spells(connection: Connection, part: Over, asking: Asking) -> Mapping[str, list[Spell]]:
    """Every spell that this question counts, by worker; one without a start counts for nobody."""
    episode = tables.episode
    query = select(
        episode.c.worker_key,
        episode.c.start_on,
        episode.c.end_on,
        episode.c.end_unknown,
        episode.c.attributes,
    ).where(
        asking.known(episode),
        episode.c.kind == part.kind,
        episode.c.worker_key.is_not(None),
        episode.c.start_on <= asking.as_at,
        *(attribute_is(episode, condition) for condition in part.where),
    )
    found: dict[str, list[Spell]] = defaultdict(list)
    for worker, start, end, end_unknown, attributes in connection.execute(query):
        weight = attributes.get(part.weight) if part.weight else None
        found[worker].append(
            Spell(start=start, end=end, weight=float(weight) if weight else WHOLE, is_sure=not end_unknown)
        )
    return found


def share_of(fte: str | None) -> float:
    """The share of a full-time post; where it is not known, or is nothing, a whole one."""
    return float(fte) if fte and float(fte) > 0 else WHOLE


def over_since(spells: Iterable[Spell], most: float, as_at: date) -> date | None:
    """The first of the days without a break up to `as_at` on which more than `most` were open; None if not today."""
    changes: dict[date, float] = defaultdict(float)
    for spell in spells:
        changes[spell.start] += spell.weight
        if spell.end is not None and spell.end <= as_at:
            changes[spell.end] -= spell.weight
    since: date | None = None
    total = 0.0
    for day in sorted(changes):
        total += changes[day]
        is_over = total > most + _ROUNDING
        since = (since or day) if is_over else None
    return since
