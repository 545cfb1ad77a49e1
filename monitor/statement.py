"""One rule into one set-based statement that SQLite and PostgreSQL both run.

The first block picks the rows and looks up every moment as a column; the second drops what has stopped. SQL
finds, looks up and compares; it never adds a day.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Date,
    FromClause,
    Select,
    and_,
    case,
    cast,
    exists,
    func,
    not_,
    or_,
    select,
    true,
    type_coerce,
)

from monitor import grants, needs, tables
from monitor.clauses import Asking, Clause, attribute_is, open_on, same
from monitor.lastdays import latest_start
from monitor.rule import (
    Attribute,
    Count,
    EarlierOf,
    Has,
    LaterOf,
    Lookup,
    Moment,
    Own,
    Planned,
    Rule,
    Stop,
    Until,
)
from monitor.vocabulary import vocabulary


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """The select, and which of its columns answers which question of the rule."""

    rule: Rule
    select: Select[Any]
    lookups: dict[Lookup | Planned, str]
    attributes: dict[str, str]
    has: dict[Has, str]
    counts: dict[Count, str]


def running(rule: Rule, asking: Asking) -> Statement:
    """Every row for which the rule's clock may be running on the day: begun, qualifying, not stopped."""
    pop = _Population(rule, asking)
    stmt = pop.looked_up(pop.qualifying())
    cte = stmt.cte("pop").prefix_with("MATERIALIZED")
    outer = select(*cte.c).where(*pop.counted(cte), *pop.not_stopped(cte))
    for planned, name in pop.planned.items():
        outer = outer.add_columns(pop.next_planned(planned, cte).label(name))
    return Statement(
        rule=rule,
        select=outer,
        lookups={**pop.lookups, **pop.planned},
        attributes=pop.attributes,
        has=pop.has,
        counts=pop.counts,
    )


class _Population:
    """Builds the blocks of one rule's statement; holds the names of its columns."""

    def __init__(self, rule: Rule, asking: Asking) -> None:
        self.rule, self.asking = rule, asking
        self.row = tables.episode.alias("r")
        self.child = tables.child.alias("ch")
        found = needs.lookups(rule)
        self.lookups: dict[Lookup | Planned, str] = {
            part: f"m{no}" for no, part in enumerate(found) if part.pick != "next"
        }
        # A planned step is looked for after the clock's start, so both kinds of question wait for the outer block.
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
            elif isinstance(condition, Has):
                clauses.append(self.has_open(condition))
        return clauses

    def attribute_holds(self, condition: Attribute) -> Clause:
        """The condition; rows of a source that does not carry what they must have come back, to say so."""
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
            child.c.dob,
            child.c.expected_dob,
            self.owner().label("owner"),
        ]
        columns += [
            self.moment(part).label(name) for part, name in self.lookups.items() if isinstance(part, Lookup)
        ]
        columns += [row.c.attributes[part].as_string().label(name) for part, name in self.attributes.items()]
        columns += [case((self.has_open(part), 1), else_=0).label(name) for part, name in self.has.items()]
        columns += [self.count(part).label(name) for part, name in self.counts.items()]
        columns += self.hidden()
        columns += self.excuse_columns()
        granted = grants.column(self.rule, self.row, self.asking)
        if granted is not None:
            columns.append(granted.label("grants"))
        joined = row.outerjoin(child, and_(child.c.child_key == row.c.child_key, self.asking.known(child)))
        return select(*columns).select_from(joined).where(*clauses)

    def owner(self) -> ColumnElement[str | None]:
        """The worker in the rule's owner role: named on the row itself, else allocated to the child last."""
        row, role = self.row, self.rule.owner
        if role == "worker":
            return row.c.worker_key
        held = tables.episode.alias()
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

    def moment(self, part: Lookup) -> ColumnElement[Any]:
        """The day of a look-up as a scalar sub-select; two rows on one day are one day."""
        other, happened, clauses = self._among(part)
        if part.date == "due":
            # The due day of the last one done, which need not be the latest due day.
            newest = (
                [happened.desc(), other.c.due_on.desc()]
                if part.pick == "last"
                else [happened, other.c.due_on]
            )
            among = select(other.c.due_on).where(*clauses, other.c.due_on.is_not(None))
            return among.order_by(*newest).limit(1).offset(part.n - 1).scalar_subquery()
        if part.pick == "last":
            return select(func.max(happened)).where(*clauses).scalar_subquery()
        if part.pick == "first":
            return select(func.min(happened)).where(*clauses).scalar_subquery()
        nth = (
            select(happened).where(*clauses).group_by(happened).order_by(happened).limit(1).offset(part.n - 1)
        )
        return nth.scalar_subquery()

    def _among(self, part: Lookup) -> tuple[FromClause, ColumnElement[date], list[Clause]]:
        is_event = part.date in ("done", "due")
        other = (tables.event if is_event else tables.episode).alias()
        happened = (
            other.c.done_on if is_event else other.c.end_on if part.date == "ended" else other.c.start_on
        )
        clauses = [
            self.asking.known(other),
            other.c.kind.in_(part.kinds),
            same(other, self.row, part.of),
            happened <= self.asking.as_at,
            *(attribute_is(other, condition) for condition in part.where),
        ]
        if part.since == "start":
            clauses.append(or_(self.row.c.start_on.is_(None), happened >= self.row.c.start_on))
        return other, happened, clauses

    def next_planned(self, part: Lookup | Planned, cte: CTE) -> ColumnElement[Any]:
        """The earliest planned day after the clock's start of something that has not been done."""
        plan = tables.event.alias()
        planned_for = func.coalesce(plan.c.due_on, plan.c.done_on)
        found = select(func.min(planned_for)).where(
            self.asking.known(plan),
            plan.c.kind.in_(part.kinds),
            same(plan, cte, part.of),
            or_(plan.c.done_on.is_(None), plan.c.done_on > self.asking.as_at),
            plan.c.unknown.is_(False),
            or_(plan.c.status.is_(None), plan.c.status != "cancelled"),
            self._against_start(cte, lambda start: planned_for > start),
        )
        return type_coerce(found.scalar_subquery(), Date)

    def count(self, part: Count) -> ColumnElement[int]:
        happened = tables.event.alias()
        days = select(func.count(happened.c.done_on.distinct())).where(
            self.asking.known(happened),
            happened.c.kind == part.kind,
            same(happened, self.row, part.of),
            happened.c.done_on <= self.asking.as_at,
            or_(self.row.c.start_on.is_(None), happened.c.done_on >= self.row.c.start_on),
        )
        return days.scalar_subquery()

    def hidden(self) -> list[ColumnElement[Any]]:
        """Whether what would rule the clock out may still be open, having ended on a day nobody can read."""
        ruling_out = [part for part in self.rule.where if isinstance(part, Has) and part.negated]
        if not ruling_out:
            return []
        found = or_(*(self.is_open(part, end_unknown=True) for part in ruling_out))
        return [case((found, 1), else_=0).label("hidden")]

    def has_open(self, condition: Has) -> Clause:
        """One is open on the day, or none is; one whose end cannot be read rules nothing out."""
        if not condition.negated:
            return self.is_open(condition)
        return not_(self.is_open(condition, end_unknown=False))

    def is_open(self, condition: Has, *, end_unknown: bool | None = None) -> Clause:
        other = tables.episode.alias()
        as_at, calendar = self.asking.as_at, self.asking.calendar
        clauses = [
            self.asking.known(other),
            other.c.kind == condition.kind,
            same(other, self.row, condition.of),
            open_on(other, as_at),
            *(attribute_is(other, part) for part in condition.where),
        ]
        if condition.over:
            clauses.append(
                other.c.start_on <= latest_start(calendar, condition.over, as_at - timedelta(days=1))
            )
        if condition.under:
            clauses.append(other.c.start_on > latest_start(calendar, condition.under, as_at))
        if end_unknown is not None:
            clauses.append(other.c.end_unknown.is_(end_unknown))
        return exists().where(*clauses)

    def counted(self, cte: CTE) -> list[Clause]:
        """The rule's own conditions on counts, over the columns that hold them."""
        return [
            cte.c[self.counts[part]] == part.n if part.test == "is" else cte.c[self.counts[part]] >= part.n
            for part in self.rule.where
            if isinstance(part, Count)
        ]

    def not_stopped(self, cte: CTE) -> list[Clause]:
        stops = self.rule.stops.stops
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

    def or_not_carried(self, stop: Stop, cte: CTE, has_stopped: Clause) -> Clause:
        """Of several that must all happen, an optional one is not waited for where nobody would carry it."""
        if not stop.optional:
            return has_stopped
        sources = self.asking.feeds.sources_of(stop.kinds)
        if stop.of == "this":
            return or_(has_stopped, cte.c.source.not_in(sources))
        return has_stopped if sources else true()

    def stopping(self, stop: Stop, cte: FromClause) -> list[Clause]:
        """What an Event must be to have stopped the clock of a row of `cte`."""
        done = tables.event.alias()
        clauses = [
            self.asking.known(done),
            done.c.kind.in_(stop.kinds),
            same(done, cte, stop.of),
            done.c.done_on <= self.asking.as_at,
            *(attribute_is(done, condition) for condition in stop.where),
        ]
        if stop.since == "clock":
            clauses.append(self._against_start(cte, lambda start: done.c.done_on >= start))
        elif stop.since == "start":
            clauses.append(or_(cte.c.start_on.is_(None), done.c.done_on >= cte.c.start_on))
        return clauses

    def _against_start(self, cte: FromClause, compare: Callable[[ColumnElement[Any]], Clause]) -> Clause:
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
                case Until(attribute=name):
                    column = cast(cte.c[self.attributes[name]], Date)
                case _:
                    column = cte.c[self.lookups[what]]
            return or_(column.is_(None), compare(column))

        return against(self.rule.starts)

    def excuse_columns(self) -> list[ColumnElement[Any]]:
        if not needs.excuses(self.rule):
            return []
        names = ("exception_code", "exception_on", "exception_review_on")
        return [self.row.c.attributes[name].as_string().label(name) for name in names]
