"""Orders and waivers of one row in one column, for there may be several: "given>until>sound", parted by commas."""

from sqlalchemy import (
    ColumnElement,
    FromClause,
    String,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    not_,
    or_,
    select,
    true,
)

from monitor import tables
from monitor.clauses import Asking, Clause, not_of_others, same
from monitor.model import Grant
from monitor.rule import MovedBy, Rule, Waiver
from monitor.vocabulary import day_said, vocabulary


def column(rule: Rule, row: FromClause, asking: Asking) -> ColumnElement[str | None] | None:
    """The orders or waivers that this rule reads, as text; None where it reads none."""
    if rule.waived is not None:
        return _granted(rule, rule.waived.kind, rule.waived, row, asking)
    if isinstance(rule.moved_to, MovedBy):
        return _granted(rule, rule.moved_to.kind, None, row, asking)
    return None


def read(text: str | None) -> tuple[Grant, ...]:
    """What the column holds; one without the day it was given is not sound."""
    if not text:
        return ()
    parts = (each.split(">") for each in text.split(","))
    return tuple(
        Grant(given_on=day_said(given), until=day_said(until), sound=sound == "y" and bool(given))
        for given, until, sound in parts
    )


def _granted(
    rule: Rule, kind: str, waiver: Waiver | None, row: FromClause, asking: Asking
) -> ColumnElement[str | None]:
    given = tables.event.alias()
    to = given.c.attributes[waiver.until].as_string() if waiver else cast(given.c.due_on, String)
    sound = case((_is_sound(given, waiver, asking), "y"), else_="n") if waiver else literal("y")
    of = vocabulary().kinds[kind].scope
    text = (
        func.coalesce(cast(given.c.done_on, String), "")
        .concat(">")
        .concat(func.coalesce(to, ""))
        .concat(">")
        .concat(sound)
    )
    own = waiver is not None and waiver.not_of_others
    return (
        select(func.aggregate_strings(text, ","))
        .where(
            asking.known(given),
            given.c.kind == kind,
            same(given, row, of),
            or_(given.c.done_on.is_(None), given.c.done_on <= asking.as_at),
            *([not_of_others(given, row.c.record, rule.each, asking)] if own else []),
        )
        .scalar_subquery()
    )


def _is_sound(given: FromClause, waiver: Waiver, asking: Asking) -> Clause:
    """All that it needs is said, and who gave it is not known to be somebody else than may give it."""
    said = [given.c.attributes[name].as_string() == "yes" for name in waiver.needs]
    if waiver.given_by is None:
        return and_(true(), *said)
    worker, held = tables.worker.alias(), tables.episode.alias()
    others = [role for role in vocabulary().all_roles() if role != waiver.given_by]
    another = exists().where(
        asking.known(worker),
        worker.c.worker_key == given.c.worker_key,
        func.replace(func.lower(worker.c.role), " ", "-").in_(others),
    )
    allocated = exists().where(
        asking.known(held),
        held.c.kind == "allocation",
        held.c.worker_key == given.c.worker_key,
        held.c.attributes["role"].as_string() == waiver.given_by,
    )
    return and_(*said, or_(not_(another), allocated))
