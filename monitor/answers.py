"""Each question of a rule about other rows, as a column or a clause of its statement.

Two rows on one day are one day, except where each is counted. SQL finds, looks up and compares; it adds no day.
"""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    FromClause,
    String,
    case,
    cast,
    exists,
    false,
    func,
    not_,
    or_,
    select,
    type_coerce,
)

from monitor import tables
from monitor.clauses import Asking, Clause, attribute_is, open_on, same
from monitor.lastdays import latest_start
from monitor.parts import Count, Has, Lookup, Planned

Compare = Callable[[ColumnElement[Any]], Clause]
Against = Callable[[FromClause, Compare], Clause]  # compares a day with the clock's start


def moment(part: Lookup, row: FromClause, asking: Asking, against: Against) -> ColumnElement[Any]:
    """The day of a look-up as a scalar sub-select."""
    other, happened, clauses = _among(part, row, asking, against)
    if part.date == "due":
        # The due day of the last one done, which need not be the latest due day.
        last = part.pick == "last"
        newest = [happened.desc(), other.c.due_on.desc()] if last else [happened, other.c.due_on]
        among = select(other.c.due_on).where(*clauses, other.c.due_on.is_not(None))
        return among.order_by(*newest).limit(1).offset(part.n - 1).scalar_subquery()
    if part.pick == "last":
        return select(func.max(happened)).where(*clauses).scalar_subquery()
    if part.pick == "first":
        return select(func.min(happened)).where(*clauses).scalar_subquery()
    days = select(happened).where(*clauses).group_by(happened).order_by(happened)
    return days.limit(1).offset(part.n - 1).scalar_subquery()


def _among(
    part: Lookup, row: FromClause, asking: Asking, against: Against
) -> tuple[FromClause, ColumnElement[date], list[Clause]]:
    is_event = part.date in ("done", "due")
    other = tables.other_event if is_event else tables.other_episode
    happened = other.c.done_on if is_event else other.c.end_on if part.date == "ended" else other.c.start_on
    clauses = [
        asking.known(other),
        other.c.kind.in_(part.kinds),
        same(other, row, part.of),
        happened <= asking.as_at,
        *(attribute_is(other, condition) for condition in part.where),
    ]
    match part.since:
        case "start":
            clauses.append(or_(row.c.start_on.is_(None), happened >= row.c.start_on))
        case "clock":
            clauses.append(against(row, lambda start: happened > start))
        case "clock-day":
            clauses.append(against(row, lambda start: happened >= start))
        case _:
            pass
    return other, happened, clauses


def next_planned(
    part: Lookup | Planned, row: FromClause, asking: Asking, against: Against
) -> ColumnElement[Any]:
    """The earliest planned day after the clock's start of something that has not been done."""
    plan = tables.other_event
    planned_for = func.coalesce(plan.c.due_on, plan.c.done_on)
    found = select(func.min(planned_for)).where(
        asking.known(plan),
        plan.c.kind.in_(part.kinds),
        same(plan, row, part.of),
        or_(plan.c.done_on.is_(None), plan.c.done_on > asking.as_at),
        plan.c.unknown.is_(False),
        or_(plan.c.status.is_(None), plan.c.status != "cancelled"),
        against(row, lambda start: planned_for > start),
    )
    return type_coerce(found.scalar_subquery(), Date)


def count(part: Count, row: FromClause, asking: Asking) -> ColumnElement[Any]:
    """How many days since the row's start; or, with `within`, every such day up to that start, parted by commas."""
    other = tables.other_event if part.by == "done" else tables.other_episode
    happened = {"done": "done_on", "began": "start_on", "ended": "end_on"}[part.by]
    day = other.c[happened]
    clauses = [
        asking.known(other),
        other.c.kind == part.kind,
        same(other, row, part.of),
        day <= asking.as_at,
        *(attribute_is(other, condition) for condition in part.where),
    ]
    if part.within:
        listed = select(func.aggregate_strings(cast(day, String), ",")).where(*clauses, day <= row.c.start_on)
        return listed.scalar_subquery()
    since = or_(row.c.start_on.is_(None), day >= row.c.start_on)
    return select(func.count(day.distinct())).where(*clauses, since).scalar_subquery()


def has_open(condition: Has, row: FromClause, asking: Asking) -> Clause:
    """One is open on the day, or none is; one that may have ended unseen rules nothing out."""
    if not condition.negated:
        return _is_open(condition, row, asking)
    return not_(
        _is_open(condition, row, asking, lambda other: not_(_may_have_ended(condition, other, asking)))
    )


def hidden_by(condition: Has, row: FromClause, asking: Asking) -> ColumnElement[str | None]:
    """Why what would rule the clock out may have ended unseen, as in `Row.hidden`; null where nothing may have."""
    why = [(_is_open(condition, row, asking, lambda other: other.c.end_unknown), "unreadable")]
    if asking.silent(condition.kind):
        why.append(
            (_is_open(condition, row, asking, lambda other: _is_silent(condition, other, asking)), "silent")
        )
    if asking.without(_end_of(condition)):
        is_endless = _is_open(condition, row, asking, lambda other: _is_endless(condition, other, asking))
        why.append((is_endless, _end_of(condition)))
    return case(*why)


def _may_have_ended(condition: Has, other: FromClause, asking: Asking) -> Clause:
    """Its end cannot be read, or its source says no more, or never does, whether it still lasts."""
    return or_(
        other.c.end_unknown, _is_silent(condition, other, asking), _is_endless(condition, other, asking)
    )


def _is_silent(condition: Has, other: FromClause, asking: Asking) -> Clause:
    sources = asking.silent(condition.kind)
    return other.c.source.in_(sources) if sources else false()


def _is_endless(condition: Has, other: FromClause, asking: Asking) -> Clause:
    """Its source has no place for the day on which it ends."""
    sources = asking.without(_end_of(condition))
    return other.c.source.in_(sources) if sources else false()


def _end_of(condition: Has) -> str:
    return f"{condition.kind}.end"


def _is_open(
    condition: Has, row: FromClause, asking: Asking, such: Callable[[FromClause], Clause] | None = None
) -> Clause:
    """Whether such an Episode is open on the day."""
    other = tables.other_episode
    clauses = [
        asking.known(other),
        other.c.kind == condition.kind,
        same(other, row, condition.of),
        open_on(other, asking.as_at),
        *(attribute_is(other, part) for part in condition.where),
    ]
    if condition.over:
        day_before = asking.as_at - timedelta(days=1)
        clauses.append(other.c.start_on <= latest_start(asking.calendar, condition.over, day_before))
    if condition.under:
        clauses.append(other.c.start_on > latest_start(asking.calendar, condition.under, asking.as_at))
    if such is not None:
        clauses.append(such(other))
    return exists().where(*clauses)
