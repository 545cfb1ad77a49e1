"""The questions that every statement asks of a row: was it known, whose is it, is it open, what does it say."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Float, FromClause, and_, cast, exists, false, not_, or_, select, true

from monitor import tables
from monitor.calendars import Calendar
from monitor.feeds import Feeds
from monitor.model import NOT_SHOWN
from monitor.parts import COMPARE, Attribute, Scope
from monitor.vocabulary import EVERY_KIND, vocabulary

Clause = ColumnElement[bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """On which day, knowing what, with which feeds; `known_at` None reads the rows in force.

    Where two sources tell of one child's Episodes or Events of a kind, those of the source that the home does not
    prefer for it are passed over: the Episodes for which one of the preferred source's stands, and all its Events but
    those about an Episode that is judged.
    """

    as_at: date
    calendar: Calendar
    lawful: Calendar
    feeds: Feeds
    known_at: date | None = None
    children_twice: bool = False

    def silent(self, item: str) -> frozenset[str]:
        """The sources that carry this item and have sent none of it for longer than they may be silent."""
        return self.feeds.silent(item, self.as_at, self.lawful)

    def without(self, item: str) -> frozenset[str]:
        """The sources that do not carry this item."""
        return self.feeds.sources_of(self.feeds.carried) - self.feeds.sources_of((item,))

    def known(self, table: FromClause) -> Clause:
        """The versions of this table that were known, but for those that a preferred source stands before."""
        clause = self._known(table)
        if not self.feeds.prefer or "kind" not in table.c:
            return clause
        if "start_on" not in table.c:
            return and_(clause, *(not_(each) for each in self._passed_over(table)))
        is_own = table.c.kind != "start-unknown"
        passed_over = (and_(is_own, each) for each in self._passed_over(table))
        return and_(clause, not_(self._is_start_of_what_is_passed_over(table)), *map(not_, passed_over))

    def _is_start_of_what_is_passed_over(self, table: FromClause) -> Clause:
        """A start that is unknown is told of with the Episode whose start it is, or not at all."""
        begun = tables.begun_episode
        its_own = (
            self._known(begun),
            begun.c.source == table.c.source,
            begun.c.record == table.c.record,
            begun.c.kind == table.c.attributes["kind"].as_string(),
            or_(*self._passed_over(begun)),
        )
        found = exists(select(begun.c.id).where(*its_own).correlate(table))
        return and_(table.c.kind == "start-unknown", found)

    def _passed_over(self, table: FromClause) -> Iterator[Clause]:
        is_episode = "start_on" in table.c
        other = tables.preferred_episode if is_episode else tables.preferred_event
        stays = false() if is_episode else self._is_about_what_is_judged(table)
        for kind, sources in self.feeds.prefer.items():
            for rank, source in enumerate(sources, 1):
                stands = [
                    self._known(other),
                    other.c.source == source,
                    other.c.kind == table.c.kind,
                    other.c.child_key == table.c.child_key,
                    *(_stands_for(other, table, self.as_at) if is_episode else ()),
                ]
                found = exists(select(other.c.id).where(*stands).correlate(table))
                of_kind = table.c.kind == kind if kind != EVERY_KIND else true()
                of_another = table.c.source.not_in(sources[:rank])
                yield and_(of_kind, table.c.child_key.is_not(None), of_another, found, not_(stays))

    def _is_about_what_is_judged(self, table: FromClause) -> Clause:
        about = [name for name, kind in vocabulary().kinds.items() if kind.scope == "this"]
        episode = tables.judged_episode
        its_own = (episode.c.source == table.c.source, episode.c.record == table.c.record)
        judged = select(episode.c.id).where(self.known(episode), *its_own).correlate(table)
        return and_(table.c.kind.in_(about), exists(judged))

    def _known(self, table: FromClause) -> Clause:
        if self.known_at is None:
            return table.c.known_until.is_(None)
        return and_(
            table.c.known_from <= self.known_at,
            or_(table.c.known_until.is_(None), table.c.known_until > self.known_at),
        )


def _stands_for(one: FromClause, other: FromClause, day: date) -> list[Clause]:
    """Whether two Episodes have a day in common, and the first is open unless the other has ended.

    Of one without a start or an end a day in common is not ruled out; nor that it is open.
    """
    return [
        or_(other.c.end_on <= day, and_(open_on(one, day), not_(one.c.end_unknown))),
        or_(one.c.end_on.is_(None), other.c.start_on.is_(None), one.c.end_on >= other.c.start_on),
        or_(other.c.end_on.is_(None), one.c.start_on.is_(None), other.c.end_on >= one.c.start_on),
    ]


def same(other: FromClause, row: FromClause, of: Scope) -> Clause:
    """The other row is about this very row, or is this child's, or this worker's."""
    name = {"this": "record", "child": "child_key", "worker": "worker_key"}[of]
    clause: Clause = other.c[name] == row.c[name]
    return clause


def not_of_others(other: FromClause, record: ColumnElement[str] | str, kind: str, asking: Asking) -> Clause:
    """The other row is about this record, or about no Episode of this kind: not what stands in another plan."""
    beside = tables.episode.alias()
    of_another = exists().where(
        asking.known(beside), beside.c.kind == kind, beside.c.record == other.c.record
    )
    return or_(other.c.record == record, not_(of_another))


def open_on(table: FromClause, day: date) -> Clause:
    """The Episode has begun, on whatever day, and has not ended; on its last day it is no longer open."""
    has_begun = or_(table.c.start_on <= day, table.c.start_unknown == NOT_SHOWN)
    return and_(has_begun, or_(table.c.end_on.is_(None), table.c.end_on > day))


def attribute_is(table: FromClause, condition: Attribute) -> Clause:
    """As `Attribute.holds`: one that is absent is not any code, so `not` keeps rows without it."""
    value: ColumnElement[str] = table.c.attributes[condition.name].as_string()
    match condition.test:
        case "missing":
            return value.is_(None)
        case "present":
            return value.is_not(None)
        case "is":
            return value.in_(condition.values)
        case "over" | "at-least" | "under":
            size = cast(value, Float)
            return and_(value.is_not(None), COMPARE[condition.test](size, condition.number))
        case _:
            return or_(value.is_(None), value.not_in(condition.values))
