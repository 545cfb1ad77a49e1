"""Rules over the case records: each rule one statement, its rows judged as they come."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, func, select

from monitor import grants, needs, tables
from monitor.bench import Bench, end_of
from monitor.calendars import Calendar, age_on
from monitor.clauses import Asking, open_on
from monitor.deadlines import holds_until, judge
from monitor.feeds import Feeds
from monitor.judgement import Context
from monitor.limits import Amount
from monitor.model import Clock, Excuse, Row
from monitor.parts import Count, Lookup, Over, Planned, Scope
from monitor.rule import Rule
from monitor.spells import Spell, over_since, read_spells, share_of
from monitor.statement import Statement, running
from monitor.term_tables import read_schools
from monitor.unreadable import Unreadable, matters, read_unreadable
from monitor.vocabulary import day_said

Excuses = Mapping[tuple[str, str], tuple[tuple[str, Excuse], ...]]
Found = Mapping[str, Any]
_FETCH = 2_000


def read_feeds(
    connection: Connection,
    *,
    fresh_for: Mapping[str, Amount],
    covers_from: Mapping[str, date],
    prefer: Mapping[str, tuple[str, ...]] | None = None,
    known_at: date | None = None,
) -> Feeds:
    """What each source carries, by its newest load of each register; held loads count for nothing.

    A source shows nothing before the later of what the home says of it and what its own loads do.

    What several of its lists carry is as old as the oldest of them: the others cannot say what would stand in the one
    that is no longer sent.
    """
    load, carries = tables.load, tables.carries
    taken = (
        select(load.c.source, carries.c.register, func.max(load.c.id).label("load_id"))
        .join(carries, carries.c.load_id == load.c.id)
        .where(load.c.state == "taken", *([load.c.as_at <= known_at] if known_at else []))
        .group_by(load.c.source, carries.c.register)
        .subquery()
    )
    query = (
        select(taken.c.source, carries.c.item, load.c.as_at)
        .join(load, load.c.id == taken.c.load_id)
        .join(carries, (carries.c.load_id == taken.c.load_id) & (carries.c.register == taken.c.register))
    )
    carried: dict[str, dict[str, date]] = defaultdict(dict)
    for source, item, as_at in connection.execute(query):
        carried[item][source] = min(as_at, carried[item].get(source, date.max))
    shown = _shown_from(connection, known_at)
    both = {name: max(days) for name in {*covers_from, *shown} if (days := _days(name, covers_from, shown))}
    return Feeds(carried=carried, fresh_for=fresh_for, covers_from=both, prefer=prefer or {})


def _days(name: str, *found: Mapping[str, date]) -> list[date]:
    return [each[name] for each in found if name in each]


def _shown_from(connection: Connection, known_at: date | None) -> dict[str, date]:
    """By source, the day before which none of its loads shows anything; of one that ever showed all, none."""
    load = tables.load
    query = (
        select(load.c.source, func.min(load.c.covers_from), func.count() - func.count(load.c.covers_from))
        .where(load.c.state == "taken", *([load.c.as_at <= known_at] if known_at else []))
        .group_by(load.c.source)
    )
    return {source: day for source, day, whole in connection.execute(query) if day and not whole}


@dataclass(frozen=True, slots=True, kw_only=True)
class Caseload:
    """The case records on one day, as they were known on one day, with what judging them needs."""

    connection: Connection
    as_at: date
    bench: Bench
    known_at: date | None = None
    now: datetime | None = None
    unreadable: Unreadable = field(default_factory=dict)
    excuses: Excuses = field(default_factory=dict)
    children_twice: bool = False
    _spells: dict[Over, Mapping[str, list[Spell]]] = field(default_factory=dict, compare=False, repr=False)

    def clocks(self, rules: Iterable[Rule]) -> Iterator[Clock]:
        """Every running clock of these rules, rule by rule; a whole table is never held."""
        for rule in rules:
            yield from self.clocks_of(rule)

    def clocks_of(self, rule: Rule) -> Iterator[Clock]:
        """Every running clock of this rule."""
        for row in self.rows(rule):
            clock = judge(rule, row, self.as_at, self.bench, self.now)
            if clock is not None:
                yield clock

    def rows(self, rule: Rule) -> Iterator[Row]:
        """Every row for which the rule's clock may be running, with all that the rule looks up."""
        statement = running(rule, self.asking(self.bench.calendar(rule)))
        result = self.connection.execute(statement.select, execution_options={"yield_per": _FETCH})
        names = tuple(result.keys())
        # A plain mapping: SQLAlchemy's own is asked by name many times over, and is slower.
        for values in result:
            yield self.row(statement, dict(zip(names, values, strict=True)))

    def contexts(self, children: Collection[str], kinds: Collection[str]) -> dict[str, Context]:
        """Of these children, which of these kinds of Episode are open, and how old the child is."""
        asking, episode, child = self.asking(self.bench.lawful), tables.episode, tables.child
        wanted = frozenset(children)
        open_: dict[str, set[str]] = defaultdict(set)
        asked = select(episode.c.child_key, episode.c.kind).where(
            asking.known(episode), episode.c.kind.in_(tuple(kinds)), open_on(episode, self.as_at)
        )
        for key, kind in self.connection.execute(asked) if kinds else ():
            if key in wanted:
                open_[key].add(kind)
        ages: dict[str, int] = {}
        born = select(child.c.child_key, child.c.dob, child.c.expected_dob).where(asking.known(child))
        for key, dob, expected in self.connection.execute(born):
            if key in wanted and (dob or expected):
                ages[key] = age_on(dob, self.as_at) if dob else 0
        return {key: Context(open=frozenset(open_[key]), age=ages.get(key)) for key in wanted}

    def asking(self, calendar: Calendar) -> Asking:
        bench = self.bench
        return Asking(
            as_at=self.as_at,
            known_at=self.known_at,
            calendar=calendar,
            lawful=bench.lawful,
            feeds=bench.feeds,
            children_twice=self.children_twice,
        )

    def row(self, statement: Statement, found: Found) -> Row:
        rule = statement.rule
        return Row(
            ref=found["ref"],
            record=found["record"],
            source=found["source"],
            load_id=found["load_id"],
            child=found["child_key"],
            worker=found["worker_key"],
            owner=found["owner"],
            child_team=found["child_team"],
            start_on=found["start_on"],
            end_on=found["end_on"],
            start_unknown=found["start_unknown"],
            lookups=self._looked_up(statement, found),
            attributes={part: found[name] for part, name in statement.attributes.items()},
            has={part: bool(found[name]) for part, name in statement.has.items()},
            counts={part: self._counted(part, found, name, rule) for part, name in statement.counts.items()},
            born_on=found["dob"],
            unborn=found["dob"] is None and found["expected_dob"] is not None,
            grants=grants.read(found.get("grants")),
            excuse=self._excuse(rule, found),
            unreadable=self._unreadable(rule, found) | self._unsure_loads(statement, found),
            end_unknown=found["end_unknown"],
            hidden=found.get("hidden"),
        )

    def _looked_up(self, statement: Statement, found: Found) -> dict[Lookup | Planned | Over, date | None]:
        days: dict[Lookup | Planned | Over, date | None] = {
            part: found[name] for part, name in statement.lookups.items()
        }
        for part in statement.overs:
            days[part] = self._over_since(part, found)
        return days

    def _counted(self, part: Count, found: Found, name: str, rule: Rule) -> int:
        if part.within is None:
            return int(found[name])
        if not found[name] or found["start_on"] is None:
            return 0
        days = map(date.fromisoformat, found[name].split(","))
        start, calendar = found["start_on"], self.bench.calendar(rule)
        return sum(day <= start <= calendar.after(day, part.within) for day in days)

    def _over_since(self, part: Over, found: Found, *, if_sure: bool = False) -> date | None:
        spells = self._spells_of(part, found)
        most = part.more_than * share_of(found["fte"]) if part.per_fte else part.more_than
        return over_since([each for each in spells if each.is_sure or not if_sure], most, self.as_at)

    def _spells_of(self, part: Over, found: Found) -> Sequence[Spell]:
        if part not in self._spells:
            self._spells[part] = read_spells(self.connection, part, self.asking(self.bench.lawful))
        return self._spells[part].get(found["worker_key"], ())

    def _unsure_loads(self, statement: Statement, found: Found) -> frozenset[str]:
        """What the worker has had more than so many of, if that hangs on ends that nobody can read."""
        return frozenset(
            needs.episode_day(part.kind, "ended")
            for part in statement.overs
            if not all(each.is_sure for each in self._spells_of(part, found))
            and self._over_since(part, found) != self._over_since(part, found, if_sure=True)
        )

    def _unreadable(self, rule: Rule, found: Found) -> frozenset[str]:
        if not self.unreadable:
            return frozenset()
        keys: tuple[tuple[Scope, str | None], ...] = (
            ("this", found["record"]),
            ("child", found["child_key"]),
            ("worker", found["worker_key"]),
        )
        return frozenset(
            kind
            for scope, key in keys
            if key
            for kind, attributes in self.unreadable.get(key, ())
            if matters(rule, kind, attributes, scope)
        )

    def _excuse(self, rule: Rule, found: Found) -> Excuse | None:
        """The excuse that reaches furthest of those given by now: the row's own, or one for this rule and ref."""
        if not rule.excused_by:
            return None
        recorded = self.excuses.get((rule.id, found["ref"]), ())
        every = [excuse for source, excuse in recorded if source == found["source"]]
        if found.get("exception_code"):
            every.append(
                Excuse(
                    code=found["exception_code"],
                    on=day_said(found["exception_on"]),
                    review_on=day_said(found["exception_review_on"]),
                )
            )
        given = [
            each for each in every if each.code in rule.excused_by and not (each.on and each.on > self.as_at)
        ]
        calendar = self.bench.calendar(rule)
        return max(given, key=lambda each: holds_until(each, calendar) or date.min, default=None)


def open_caseload(
    connection: Connection,
    *,
    as_at: date,
    bench: Bench,
    known_at: date | None = None,
    now: datetime | None = None,
) -> Caseload:
    """The caseload on this day, with the few rows that are read whole: unreadable dates, excuses, terms."""
    bare = Caseload(connection=connection, as_at=as_at, bench=bench, known_at=known_at)
    asking = bare.asking(bench.lawful)
    bench = replace(bench, schools=read_schools(connection, asking), _at_school={})
    return Caseload(
        connection=connection,
        as_at=as_at,
        bench=bench,
        known_at=known_at,
        now=now or end_of(as_at),
        unreadable=read_unreadable(connection, asking),
        excuses=_read_excuses(connection, asking),
        children_twice=_are_children_twice(connection, asking),
    )


def _are_children_twice(connection: Connection, asking: Asking) -> bool:
    """Whether several sources list one child."""
    child = tables.child
    query = select(child.c.child_key).where(asking.known(child)).group_by(child.c.child_key)
    return connection.execute(query.having(func.count() > 1).limit(1)).first() is not None


def _read_excuses(connection: Connection, asking: Asking) -> Excuses:
    episode = tables.episode
    query = select(
        episode.c.source, episode.c.ref, episode.c.start_on, episode.c.end_on, episode.c.attributes
    ).where(episode.c.kind == "excuse", asking.known(episode))
    found: dict[tuple[str, str], list[tuple[str, Excuse]]] = defaultdict(list)
    for source, ref, on, review_on, attributes in connection.execute(query):
        excuse = Excuse(code=attributes.get("code", ""), on=on, review_on=review_on)
        found[attributes.get("rule", ""), ref].append((attributes.get("of_source") or source, excuse))
    return {key: tuple(excuses) for key, excuses in found.items()}
