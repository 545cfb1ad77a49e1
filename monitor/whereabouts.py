"""Why a clock is no longer there: the second form of a rule's query, for the alerts whose clocks did not return.

It stopped, ended, started anew, was corrected, ceased to qualify, or vanished from the data; each with what shows it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Connection, RowMapping, func, select

from monitor import needs, tables
from monitor.clauses import Asking, attribute_is, not_of_others
from monitor.model import Went, Whereabouts
from monitor.parts import Birthday, Lookup, Over, Own
from monitor.rule import Rule, Stop


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """The clock that an alert was opened for."""

    record: str
    child: str | None
    worker: str | None
    started_on: date
    opened_on: date | None = None


def whereabouts(connection: Connection, rule: Rule, sought: Sought, asking: Asking) -> Whereabouts:
    """What became of this clock by the day of asking."""
    row = _row(connection, rule, sought, asking)
    if row is None:
        return _gone(connection, rule, sought, asking)
    if rule.running == "open" and row["end_on"] is not None and row["end_on"] <= asking.as_at:
        return Whereabouts(went=Went.ENDED, why=f"Ended on {row['end_on']}.", load_id=row["load_id"])
    acted = _acted(connection, rule, sought, asking)
    if acted is not None:
        return acted
    stopped = _stopped(connection, rule, sought, asking, row)
    if stopped is not None:
        return stopped
    return _moved(connection, rule, sought, asking, row) or Whereabouts(
        went=Went.CEASED, why="The row no longer meets the rule's conditions.", load_id=row["load_id"]
    )


def _row(connection: Connection, rule: Rule, sought: Sought, asking: Asking) -> RowMapping | None:
    row = tables.episode
    query = select(row).where(asking.known(row), row.c.kind == rule.each, row.c.record == sought.record)
    return connection.execute(query.limit(1)).mappings().first()


def _gone(connection: Connection, rule: Rule, sought: Sought, asking: Asking) -> Whereabouts:
    """The row may still be there and only no longer say this: an emptied cell is news, a missing row is not."""
    row = tables.episode
    query = select(row.c.load_id).where(asking.known(row), row.c.record == sought.record)
    if rule.each == "start-unknown":
        query = query.where(row.c.start_on.is_not(None))
    load_id = connection.scalar(query.limit(1))
    if load_id is None:
        return Whereabouts(
            went=Went.VANISHED, why="The row is no longer in the data; nothing says that it ended."
        )
    why = (
        "The start date came."
        if rule.each == "start-unknown"
        else "The row no longer holds the date that began it."
    )
    return Whereabouts(went=Went.CEASED, why=why, load_id=load_id)


def _acted(connection: Connection, rule: Rule, sought: Sought, asking: Asking) -> Whereabouts | None:
    """What may not be done too early ends the clock; done too early, it lapses when its time of being shown is over."""
    if rule.too_early is None:
        return None
    act = rule.too_early.act
    done = _stop(connection, rule, Stop(kinds=act.kinds, of=act.of), sought, asking, None, first=True)
    if done is None:
        return None
    floor = rule.floor_on(asking.as_at) or rule.too_early.amount
    last = asking.calendar.after(sought.started_on, floor)
    said = f"{done['kind'].replace('-', ' ')} on {done['done_on']}"
    if done["done_on"] < last or (done["done_on"] == last and not rule.too_early.opens):
        shown = f"{rule.too_early.shown_for}"
        why = f"Shown for {shown}: {said} was too early and cannot be undone."
        return Whereabouts(went=Went.ENDED, why=why, load_id=done["load_id"])
    return Whereabouts(went=Went.STOPPED, why=f"Stopped: {said}.", load_id=done["load_id"])


def _stopped(
    connection: Connection, rule: Rule, sought: Sought, asking: Asking, row: RowMapping
) -> Whereabouts | None:
    found = [_stop(connection, rule, stop, sought, asking, row["start_on"]) for stop in rule.stops.stops]
    done = [each for each in found if each is not None]
    carried = [
        stop
        for stop in rule.stops.stops
        if not stop.optional or asking.feeds.is_carried(stop.kinds, row["source"], own=stop.of == "this")
    ]
    if not done or (rule.stops.every and len(done) < len(carried)):
        return None
    last = max(done, key=lambda each: each["done_on"])
    said = last["kind"].replace("-", " ")
    why = f"Stopped: {said} on {last['done_on']}.{_late(last, sought)}"
    return Whereabouts(went=Went.STOPPED, why=why, load_id=last["load_id"])


def _late(done: RowMapping, sought: Sought) -> str:
    """That it had been done before anybody was alerted, and was recorded only since."""
    if sought.opened_on is None or not done["done_on"] < sought.opened_on <= done["known_from"]:
        return ""
    return f" It was recorded late: the data of {done['known_from']} are the first that say so."


def _stop(
    connection: Connection,
    rule: Rule,
    stop: Stop,
    sought: Sought,
    asking: Asking,
    row_start: date | None,
    *,
    first: bool = False,
) -> RowMapping | None:
    done = tables.event
    since = {"clock": sought.started_on, "start": row_start, "ever": None}[stop.since]
    query = select(done.c.kind, done.c.done_on, done.c.load_id, done.c.known_from).where(
        asking.known(done),
        done.c.kind.in_(stop.kinds),
        _same(stop.of, sought),
        done.c.done_on <= asking.as_at,
        *(attribute_is(done, condition) for condition in stop.where),
        *([done.c.done_on >= since] if since else []),
        *([not_of_others(done, sought.record, rule.each, asking)] if stop.not_of_others else []),
    )
    newest = done.c.done_on if first else done.c.done_on.desc()
    return connection.execute(query.order_by(newest).limit(1)).mappings().first()


def _same(of: str, sought: Sought) -> ColumnElement[bool]:
    event = tables.event
    if of == "child":
        return event.c.child_key == sought.child
    if of == "worker":
        return event.c.worker_key == sought.worker
    return event.c.record == sought.record


def _moved(
    connection: Connection, rule: Rule, sought: Sought, asking: Asking, row: RowMapping
) -> Whereabouts | None:
    """Whether a later start took over: by a new event, while the old one stands, or by a correction.

    A start that is reckoned (a birthday, a count) is no day in the data: it is met, or no longer.
    """
    if any(isinstance(part, Birthday | Over) for part in needs.parts_of(rule.starts)):
        return None
    stands = row["start_on"] == sought.started_on and Own(field="start") in needs.parts_of(rule.starts)
    later: RowMapping | None = None
    for kinds, of in _moving_kinds(rule):
        stands = stands or _day_stands(connection, kinds, of, sought, asking)
        later = later or _later(connection, kinds, of, sought, asking)
    if not stands:
        if any(_withdrawn(connection, kinds, of, sought) for kinds, of in _moving_kinds(rule)):
            return Whereabouts(went=Went.VANISHED, why="What began it is no longer in the data.")
        return Whereabouts(
            went=Went.CORRECTED,
            why=f"The start of {sought.started_on} was corrected.",
            load_id=row["load_id"],
        )
    if later is None:
        return None
    said = later["kind"].replace("-", " ")
    return Whereabouts(
        went=Went.STARTED_ANEW, why=f"Done: {said} on {later['done_on']}.", load_id=later["load_id"]
    )


def _moving_kinds(rule: Rule) -> Iterator[tuple[tuple[str, ...], str]]:
    """Event and Episode kinds whose coming moves the clock: those of its start, and those it counts."""
    for part in needs.parts_of(rule.starts):
        if isinstance(part, Lookup):
            yield part.kinds, part.of
    for counted in needs.counts(rule):
        yield (counted.kind,), counted.of


def _day_stands(
    connection: Connection, kinds: tuple[str, ...], of: str, sought: Sought, asking: Asking
) -> bool:
    done, spell = tables.event, tables.episode
    on_day = select(done.c.id).where(
        asking.known(done), done.c.kind.in_(kinds), _same(of, sought), done.c.done_on == sought.started_on
    )
    if connection.execute(on_day.limit(1)).first() is not None:
        return True
    ended = select(func.count(spell.c.id)).where(
        asking.known(spell),
        spell.c.kind.in_(kinds),
        spell.c.worker_key == sought.worker,
        spell.c.end_on == sought.started_on,
    )
    return bool(connection.scalar(ended))


def _withdrawn(connection: Connection, kinds: tuple[str, ...], of: str, sought: Sought) -> bool:
    """Whether the row that began the clock is gone and nothing came in its place: a correction leaves something."""
    done, spell = tables.event, tables.episode
    began = select(done.c.key, done.c.ended_by_load).where(
        done.c.kind.in_(kinds), _same(of, sought), done.c.done_on == sought.started_on
    )
    versions = connection.execute(began.order_by(done.c.id.desc())).all()
    if not versions:
        return False
    key, ended_by = versions[0]
    row = f"{key.partition('#')[0]}#"
    instead = select(done.c.id).where(
        done.c.known_until.is_(None),
        (done.c.key.startswith(row, autoescape=True))
        | (done.c.kind.in_(kinds) & _same(of, sought) & (done.c.load_id == ended_by)),
    )
    same_row = select(spell.c.id).where(
        spell.c.known_until.is_(None), spell.c.key.startswith(row, autoescape=True)
    )
    return all(connection.execute(query.limit(1)).first() is None for query in (instead, same_row))


def _later(
    connection: Connection, kinds: tuple[str, ...], of: str, sought: Sought, asking: Asking
) -> RowMapping | None:
    done = tables.event
    query = select(done.c.kind, done.c.done_on, done.c.load_id).where(
        asking.known(done),
        done.c.kind.in_(kinds),
        _same(of, sought),
        done.c.done_on > sought.started_on,
        done.c.done_on <= asking.as_at,
    )
    return connection.execute(query.order_by(done.c.done_on).limit(1)).mappings().first()
