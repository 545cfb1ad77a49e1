"""The story behind `monitor intake coverage`: which rules a source can feed, and what would be needed for the others.

It reads what the loads carry and nothing of the cases.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from sqlalchemy.exc import SQLAlchemyError

from monitor import needs
from monitor.bootstrap import Home, cannot_reach
from monitor.caseload import read_feeds
from monitor.errors import Misuse, suggestion
from monitor.feeds import Feeds
from monitor.intake.carrying import formats_carrying
from monitor.intake.identity import GAPS
from monitor.intake.registers import MADE, carried_by
from monitor.needs import Need
from monitor.rule import Rule
from monitor.vocabulary import vocabulary

Share = Literal["whole", "in part", "helps"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fed:
    """A rule and a source: the source has its rows, and all or not all that it needs is carried; or it only helps.

    `from_others` are the sources of what this one does not carry and need not.
    """

    rule: Rule
    is_on: bool
    share: Share
    lacks: tuple[Need, ...] = ()
    from_others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Something that no source carries, or not this one: where it can stand, and the rules that wait for it."""

    need: Need
    registers: tuple[str, ...]
    formats: tuple[str, ...]
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """One source: the day of its newest data, what it feeds, what it lacks, and how many rules it has no part in."""

    source: str
    as_at: date
    fed: tuple[Fed, ...]
    wanted: tuple[Wanted, ...]
    untouched: int

    def of(self, share: Share) -> list[Fed]:
        return [each for each in self.fed if each.share == share]


def read_coverage(home: Home, source: str | None = None) -> list[Coverage]:
    """Of every source of the ledger, or of this one, what it feeds of the home's rules; Misuse where there is none."""
    try:
        with home.engine.connect() as connection:
            feeds = read_feeds(connection, fresh_for={}, covers_from={})
    except SQLAlchemyError as error:
        raise cannot_reach(error) from None
    sources = sorted({name for days in feeds.carried.values() for name in days})
    if source is not None and source not in sources:
        raise Misuse(
            f"nothing has been taken in of '{source}'.{suggestion(source, sources) if sources else ''}"
        )
    rules = [rule for rule in home.every_rule if rule.off is None]
    on = frozenset(rule.id for rule in home.rules)
    return [coverage(feeds, each, rules, on) for each in sources if source in (None, each)]


def coverage(feeds: Feeds, source: str, rules: Sequence[Rule], on: frozenset[str]) -> Coverage:
    """What this source feeds of these rules; those whose rows the monitor makes itself are left out."""
    asked = [rule for rule in rules if rule.each not in (*MADE, *GAPS)]
    fed = [each for rule in asked if (each := _fed(feeds, source, rule, is_on=rule.id in on))]
    days = [found[source] for found in feeds.carried.values() if source in found]
    return Coverage(
        source=source,
        as_at=max(days),
        fed=tuple(fed),
        wanted=tuple(_wanted(fed)),
        untouched=len(asked) - len(fed),
    )


def _fed(feeds: Feeds, source: str, rule: Rule, *, is_on: bool) -> Fed | None:
    """None where the source has neither rows of the rule nor anything else that it needs."""
    wants = needs.all_needs(rule)
    carried_here = {need for need in wants if source in feeds.sources_of(need.items)}
    if not carried_here:
        return None
    others = sorted(
        {
            name
            for need in wants
            if need not in carried_here and not need.own
            for name in feeds.sources_of(need.items)
        }
    )
    if source not in feeds.sources_of([rule.each]):
        return Fed(rule=rule, is_on=is_on, share="helps")
    lacks = tuple(need for need in wants if not feeds.is_carried(need.items, source, own=need.own))
    return Fed(
        rule=rule,
        is_on=is_on,
        share="in part" if lacks else "whole",
        lacks=lacks,
        from_others=tuple(others),
    )


def _wanted(fed: Iterable[Fed]) -> list[Wanted]:
    """What lacks, with most waiting for it first."""
    waiting: dict[Need, list[str]] = defaultdict(list)
    for each in fed:
        for need in each.lacks:
            waiting[need].append(each.rule.id)
    formats = formats_carrying()
    return [
        Wanted(
            need=need,
            registers=_registers_of(need),
            formats=_formats_of(need, formats),
            rules=tuple(rules),
        )
        for need, rules in sorted(waiting.items(), key=lambda each: (-len(each[1]), str(each[0])))
    ]


def _registers_of(need: Need) -> tuple[str, ...]:
    """Where it can stand; what no register of its own carries stands in one of those for any kind."""
    found = tuple(dict.fromkeys(each for item in sorted(need.items) for each in carried_by(item)))
    if found:
        return found
    kind = vocabulary().kinds[min(need.items).partition(".")[0]]
    return (f"{'episodes' if kind.is_episode else 'events'}.csv, with kind {kind.name}",)


def _formats_of(need: Need, formats: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for item in sorted(need.items) for name in formats.get(item, ())))
