"""One rule into one set-based statement that SQLite and PostgreSQL both run.

The first block picks the rows and looks up every moment as a column; the second drops what has stopped. SQL
finds, looks up and compares; it never adds a day.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    FromClause,
    Select,
    and_,
    case,
    exists,
    func,
    not_,
    or_,
    select,
    true,
)

from monitor import grants, needs, tables
from monitor.answers import count, has_open, hidden_by, moment, next_planned
from monitor.clauses import Asking, Clause, attribute_is, not_of_others, open_on, same
from monitor.parts import (
    Attribute,
    Birthday,
    Count,
    EarlierOf,
    Has,
    LaterOf,
    Lookup,
    Moment,
    Over,
    Own,
    Planned,
    Until,
)
from monitor.rule import Rule, Stop
from monitor.vocabulary import UNREADABLE, vocabulary


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """The select, and which of its columns answers which question of the rule."""

    rule: Rule
    select: Select[Any]
    lookups: dict[Lookup | Planned, str]
    attributes: dict[str, str]
    has: dict[Has, str]
    counts: dict[Count, str]
    overs: tuple[Over, ...]


def running(rule: Rule, asking: Asking) -> Statement:
    """Every row for which the rule's clock may be running on the day: begun, qualifying, not stopped."""
    pop = _Population(rule, asking)
    at_once = pop.stops_at_once()
    stmt = pop.looked_up([*pop.qualifying(), *pop.not_stopped(pop.row, at_once)])
    cte = stmt.cte("pop").prefix_with("MATERIALIZED")
    later = [stop for stop in rule.stops.stops if stop not in at_once]
    outer = select(*cte.c).where(*pop.counted(cte), *pop.not_stopped(cte, later))
    for planned, name in pop.planned.items():
        outer = outer.add_columns(next_planned(planned, cte, asking, pop.against_start).label(name))
    for part, name in pop.after_start.items():
        outer = outer.add_columns(moment(part, cte, asking, pop.against_start).label(name))
    return Statement(
        rule=rule,
        select=outer,
        lookups=pop.lookups | pop.planned | dict(pop.after_start.items()),
        attributes=pop.attributes,
        has=pop.has,
        counts=pop.counts,
        overs=needs.overs(rule),
    )


_OWN_START = ("start", "ever")
_A_LISTED_DAY = len("2026-11-24,")


class _Population:
    """Builds the blocks of one rule's statement; holds the names of its columns."""

    def __init__(self, rule: Rule, asking: Asking) -> None:
        self.rule, self.asking = rule, asking
        self.row = tables.row_episode
        self.child = tables.row_child
        found = needs.lookups(rule)
        self.lookups: dict[Lookup | Planned, str] = {
            part: f"m{no}"
            for no, part in enumerate(found)
            if part.pick != "next" and part.since in _OWN_START
        }
        # What counts from the clock's start waits for the outer block, as does a planned step after it.
        self.after_start: dict[Lookup, str] = {
            part: f"s{no}"
            for no, part in enumerate(found)
            if part.pick != "next" and part.since not in _OWN_START
        }
        ahead: list[Lookup | Planned] = [part for part in found if part.pick == "next"]
        ahead += needs.planned(rule)
        self.planned: dict[Lookup | Planned, str] = {part: f"p{no}" for no, part in enumerate(ahead)}
        self.attributes = {name: f"a{no}" for no, name in enumerate(needs.attributes(rule))}
        self.has = {part: f"h{no}" for no, part in enumerate(needs.asked_elsewhere(rule))}
        self.counts = {part: f"n{no}" for no, part in enumerate(needs.counts(rule))}

    def qualifying(self) -> list[Clause]:
        """The rule's own kind, begun or without a start, open where it must be, and its plain conditions."""
        row, as_at = self.row, self.asking.as_at
        clauses = [self.asking.known(row), row.c.kind == self.rule.each]
        clauses.append(or_(row.c.start_on <= as_at, row.c.start_on.is_(None)))
        if self.rule.running == "open":
            clauses.append(or_(row.c.end_on.is_(None), row.c.end_on > as_at))
        for condition in self.rule.where:
            if isinstance(condition, Attribute):
                clauses.append(self.attribute_holds(condition))
            elif isinstance(condition, Has) and (condition.negated or self.is_carried(condition.kind)):
                clauses.append(has_open(condition, row, self.asking))
        return clauses

    def is_carried(self, kind: str) -> bool:
        """Whether anybody carries what a row must have beside it; where nobody does, the row comes back to say so."""
        return bool(self.asking.feeds.sources_of((kind,)))

    def attribute_holds(self, condition: Attribute) -> Clause:
        """The condition; rows of a source that does not carry what they must have come back, to say so.

        So do those of which it cannot be read.
        """
        if condition.test == "is":
            condition = replace(condition, values=(*condition.values, UNREADABLE))
        holds = attribute_is(self.row, condition)
        item = f"{self.rule.each}.{condition.name}"
        if item not in needs.required_attributes(self.rule):
            return holds
        return or_(holds, self.row.c.source.not_in(self.asking.feeds.sources_of((item,))))

    def looked_up(self, clauses: list[Clause]) -> Select[Any]:
        row, child = self.row, self.child
        columns: list[ColumnElement[Any]] = [
            row.c.id,
            row.c.ref,
            row.c.record,
            row.c.source,
            row.c.load_id,
            row.c.child_key,
            row.c.worker_key,
            row.c.start_on,
            row.c.start_unknown,
            row.c.end_on,
            row.c.end_unknown,
            child.c.team_key.label("child_team"),
            self.born().label("dob"),
            child.c.expected_dob,
            self.owner().label("owner"),
        ]
        columns += [
            moment(part, row, self.asking, self.against_start).label(name)
            for part, name in self.lookups.items()
            if isinstance(part, Lookup)
        ]
        columns += [row.c.attributes[part].as_string().label(name) for part, name in self.attributes.items()]
        columns += [
            case((has_open(part, row, self.asking), 1), else_=0).label(name)
            for part, name in self.has.items()
        ]
        columns += [count(part, row, self.asking).label(name) for part, name in self.counts.items()]
        columns += self.hidden()
        columns += [self.fte().label("fte")] if any(part.per_fte for part in needs.overs(self.rule)) else []
        columns += self.excuse_columns()
        granted = grants.column(self.rule, self.row, self.asking)
        if granted is not None:
            columns.append(granted.label("grants"))
        return select(*columns).select_from(row.outerjoin(child, self.of_child())).where(*clauses)

    def of_child(self) -> Clause:
        """The row's child; where several sources list it, the one that says whose team it is, and its own issuer's."""
        row, child, asking = self.row, self.child, self.asking
        clause = and_(child.c.child_key == row.c.child_key, asking.known(child))
        if not asking.children_twice:
            return clause
        one = tables.child.alias("one")
        best = (
            select(one.c.id)
            .where(one.c.child_key == row.c.child_key, asking.known(one))
            .order_by(one.c.team_key.is_(None), one.c.own_key.is_not(None), one.c.dob.is_(None), one.c.id)
            .limit(1)
            .correlate(row)
            .scalar_subquery()
        )
        return and_(clause, child.c.id == best)

    def born(self) -> ColumnElement[Any]:
        """The child's day of birth, whichever source knows it."""
        if not self.asking.children_twice:
            return self.child.c.dob
        one = tables.child.alias("born")
        known = select(func.max(one.c.dob)).where(
            one.c.child_key == self.row.c.child_key, self.asking.known(one)
        )
        return func.coalesce(self.child.c.dob, known.correlate(self.row).scalar_subquery())

    def owner(self) -> ColumnElement[str | None]:
        """The worker in the rule's owner role: named on the row itself, else allocated to the child last."""
        row, role = self.row, self.rule.owner
        if role == "worker":
            return row.c.worker_key
        held = tables.other_episode
        allocated = (
            select(held.c.worker_key)
            .where(
                self.asking.known(held),
                held.c.kind == "allocation",
                held.c.child_key == row.c.child_key,
                held.c.attributes["role"].as_string() == role,
                open_on(held, self.asking.as_at),
            )
            .order_by(held.c.start_on.desc(), held.c.id.desc())
            .limit(1)
            .scalar_subquery()
        )
        if vocabulary().kinds[self.rule.each].worker_is == role:
            return func.coalesce(row.c.worker_key, allocated)
        return allocated

    def hidden(self) -> list[ColumnElement[Any]]:
        """Why what would rule the clock out may have ended unseen, where it may have."""
        ruling_out = [part for part in self.rule.where if isinstance(part, Has) and part.negated]
        found = [hidden_by(part, self.row, self.asking) for part in ruling_out]
        return [(func.coalesce(*found) if len(found) > 1 else found[0]).label("hidden")] if found else []

    def fte(self) -> ColumnElement[str | None]:
        """The worker's share of a full-time post."""
        worker = tables.other_worker
        of = select(worker.c.fte).where(
            self.asking.known(worker), worker.c.worker_key == self.row.c.worker_key
        )
        return of.limit(1).scalar_subquery()

    def counted(self, cte: CTE) -> list[Clause]:
        """The rule's own conditions on counts, over the columns that hold them."""
        return [
            self.enough(part, cte)
            for part in self.rule.where
            if isinstance(part, Count) and self.is_carried(part.kind)
        ]

    def enough(self, part: Count, cte: CTE) -> Clause:
        """Whether the count holds; of one within a time, whether there are as many days at all, be they long ago."""
        found = cte.c[self.counts[part]]
        if part.within is None:
            return found == part.n if part.test == "is" else found >= part.n
        if part.n == 0:
            return true()
        # A row that cannot be told comes back, to say so.
        feeds = self.asking.feeds
        told = [
            source for source in feeds.sources_of((self.rule.each,)) if not feeds.missing(self.rule, source)
        ]
        enough = func.length(found) >= part.n * _A_LISTED_DAY - 1
        return or_(cte.c.source.not_in(told), cte.c.start_on.is_(None), enough)

    def stops_at_once(self) -> list[Stop]:
        """The stops that are found by the row alone, so that nothing is looked up for a row that has stopped."""
        stops = self.rule.stops
        by_row = {Own, Birthday, Over, Until}.issuperset(map(type, self.starts()))
        found = [stop for stop in stops.stops if by_row or stop.since != "clock"]
        return found if len(found) == len(stops.stops) or not stops.every else []

    def starts(self) -> Iterator[Moment]:
        """What the clock's start is reckoned from, each by itself."""
        waiting: list[Moment] = [self.rule.starts]
        while waiting:
            what = waiting.pop()
            if isinstance(what, LaterOf | EarlierOf):
                waiting += what.moments
            else:
                yield what

    def not_stopped(self, cte: FromClause, stops: Sequence[Stop]) -> list[Clause]:
        if not stops:
            return []
        stopped = [exists().where(*self.stopping(stop, cte)) for stop in stops]
        if not self.rule.stops.every:
            return [not_(or_(*stopped))]
        return [
            not_(
                and_(*(self.or_not_carried(stop, cte, has) for stop, has in zip(stops, stopped, strict=True)))
            )
        ]

    def or_not_carried(self, stop: Stop, cte: FromClause, has_stopped: Clause) -> Clause:
        """Of several that must all happen, an optional one is not waited for where nobody would carry it."""
        if not stop.optional:
            return has_stopped
        sources = self.asking.feeds.sources_of(stop.kinds)
        if stop.of == "this":
            return or_(has_stopped, cte.c.source.not_in(sources))
        return has_stopped if sources else true()

    def stopping(self, stop: Stop, cte: FromClause) -> list[Clause]:
        """What an Event must be to have stopped the clock of a row of `cte`."""
        done = tables.other_event
        clauses = [
            self.asking.known(done),
            done.c.kind.in_(stop.kinds),
            same(done, cte, stop.of),
            done.c.done_on <= self.asking.as_at,
            *(attribute_is(done, condition) for condition in stop.where),
        ]
        if stop.not_of_others:
            clauses.append(not_of_others(done, cte.c.record, self.rule.each, self.asking))
        if stop.since == "clock":
            clauses.append(self.against_start(cte, lambda start: done.c.done_on >= start))
        elif stop.since == "start":
            clauses.append(or_(cte.c.start_on.is_(None), done.c.done_on >= cte.c.start_on))
        return clauses

    def against_start(self, cte: FromClause, compare: Callable[[ColumnElement[Any]], Clause]) -> Clause:
        """Compare with the clock's start: with every part of a later-of, with any of an earlier-of."""

        def against(what: Moment) -> Clause:
            match what:
                case LaterOf(moments=parts):
                    return and_(*map(against, parts))
                case EarlierOf(moments=parts):
                    return or_(*map(against, parts))
                case Own(field="start"):
                    column: ColumnElement[Any] = cte.c.start_on
                case Own():
                    column = cte.c.end_on
                case Birthday() | Over() | Until():
                    return true()  # no column of days: `packs` refuses what would be compared with it
                case _:
                    column = cte.c[self.lookups[what]]
            return or_(column.is_(None), compare(column))

        return against(self.rule.starts)

    def excuse_columns(self) -> list[ColumnElement[Any]]:
        if not needs.excuses(self.rule):
            return []
        names = ("exception_code", "exception_on", "exception_review_on")
        return [self.row.c.attributes[name].as_string().label(name) for name in names]
