"""The questions that every statement asks of a row: was it known, whose is it, is it open, what does it say."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Float, FromClause, and_, cast, or_

from monitor.calendars import Calendar
from monitor.feeds import Feeds
from monitor.model import NOT_SHOWN
from monitor.parts import COMPARE, Attribute, Scope

Clause = ColumnElement[bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """On which day, knowing what, with which feeds; `known_at` None reads the rows in force."""

    as_at: date
    calendar: Calendar
    lawful: Calendar
    feeds: Feeds
    known_at: date | None = None

    def silent(self, item: str) -> frozenset[str]:
        """The sources that carry this item and have sent none of it for longer than they may be silent."""
        return self.feeds.silent(item, self.as_at, self.lawful)

    def known(self, table: FromClause) -> Clause:
        """The versions of this table that were known."""
        if self.known_at is None:
            return table.c.known_until.is_(None)
        return and_(
            table.c.known_from <= self.known_at,
            or_(table.c.known_until.is_(None), table.c.known_until > self.known_at),
        )


def same(other: FromClause, row: FromClause, of: Scope) -> Clause:
    """The other row is about this very row, or is this child's, or this worker's."""
    name = {"this": "record", "child": "child_key", "worker": "worker_key"}[of]
    clause: Clause = other.c[name] == row.c[name]
    return clause


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
