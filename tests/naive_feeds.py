"""What the sources of a made-up world carry, by looping: another hand's reading of what a rule needs."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from datetime import date

from monitor.limits import Amount, parse_amount
from monitor.parts import Attribute, Count, EarlierOf, Has, LaterOf, Lookup, Moment, Over, Own, Planned
from monitor.rule import Rule, Stop
from monitor.vocabulary import vocabulary
from tests.naive_calendar import Days
from tests.naive_facts import World

OTHERWISE_SILENT_FOR = parse_amount("1 working day")


@dataclass(frozen=True, slots=True, kw_only=True)
class NaiveFeeds:
    """For each item and each source that carries it, the last day of that list of its which was longest silent."""

    carried: dict[str, dict[str, date]]
    world: World

    def silence(self, source: str) -> Amount:
        return self.world.fresh_for.get(source, OTHERWISE_SILENT_FOR)

    def any_carries(self, items: frozenset[str]) -> bool:
        return any(self.carried.get(item) for item in items)

    def carries(self, items: frozenset[str], source: str) -> bool:
        """Whether this very source carries one of them."""
        return any(source in self.carried.get(item, {}) for item in items)

    def cannot_know(self, rule: Rule, source: str) -> bool:
        """Something that the rule needs to start, stop or excuse the clock of a row of this source is not carried."""
        if rule.excused_by and "exception_code" in vocabulary().kinds[rule.each].attributes:
            excuses = frozenset({f"{rule.each}.exception_code", "excuse"})
            if not self.any_carries(excuses):
                return True
        return not all(
            self.carries(items, source) if is_own else self.any_carries(items)
            for items, is_own in needed(rule)
        )

    def heard(self, rule: Rule, source: str) -> list[tuple[date, str]]:
        """For each thing needed, when and from whom last heard: the row's own source, or the newest."""
        found = []
        for items, _ in needed(rule):
            days: dict[str, date] = {}
            for item in items:
                for name, day in self.carried.get(item, {}).items():
                    days[name] = min(day, days.get(name, day))
            if source in days:
                found.append((days[source], source))
            elif days:
                found.append(max((day, name) for name, day in days.items()))
        return found

    def silent_since(self, rule: Rule, source: str, as_at: date, calendar: Days) -> date | None:
        """The day of the oldest data of a source silent for longer than it may be; None where none is."""
        late = [
            day for day, name in self.heard(rule, source) if as_at > calendar.after(day, self.silence(name))
        ]
        return min(late, default=None)

    def begins(self, kinds: frozenset[str]) -> date | None:
        """The day before which some source of these kinds shows nothing."""
        sources = {name for kind in kinds for name in self.carried.get(kind, {})}
        return max((day for name, day in self.world.covers_from.items() if name in sources), default=None)


def naive_feeds(world: World, known_at: date | None) -> NaiveFeeds:
    """The last taken load of each source and register; a later one replaces what it carried before.

    What two lists of a source carry is as old as the older of them.
    """
    last = {}
    for load in world.loads:
        if load.state == "taken" and (known_at is None or load.as_at <= known_at):
            last[load.source, load.register] = load
    carried: dict[str, dict[str, date]] = {}
    for load in last.values():
        for item in load.carries:
            days = carried.setdefault(item, {})
            days[load.source] = min(load.as_at, days.get(load.source, load.as_at))
    return NaiveFeeds(carried=carried, world=world)


def inside(what: object) -> Iterator[object]:
    """Every value of the rule language in this one."""
    if isinstance(what, tuple):
        for each in what:
            yield from inside(each)
    elif is_dataclass(what) and not isinstance(what, type):
        yield what
        for field in fields(what):
            yield from inside(getattr(what, field.name))


def moments_in(what: Moment) -> list[Moment]:
    """Those of which this one is the later or the earlier, or it alone."""
    if isinstance(what, LaterOf | EarlierOf):
        return [found for part in what.moments for found in moments_in(part)]
    return [what]


def lookups_in(what: Moment) -> list[Lookup]:
    return [part for part in moments_in(what) if isinstance(part, Lookup)]


def needed(rule: Rule) -> list[tuple[frozenset[str], bool]]:
    """The things of which one must be carried, and whether by the row's own source, being about that row.

    An absence that would only restart a clock is not waited for; an Event that starts it is. What ends with its row
    needs the row's end, and what must be open or planned beside a row must be seen somewhere.
    """
    found = [(frozenset({rule.each}), True)]
    speaks_of_end = Own(field="end") in inside((rule.starts, rule.where, rule.limits))
    if (rule.running == "open" or speaks_of_end) and rule.each not in ("feed", "start-unknown"):
        found.append((frozenset({f"{rule.each}.end"}), True))
    if rule.too_early:
        act = rule.too_early.act
        found += [(frozenset({kind}), act.of == "this") for kind in act.kinds]
    for stop in rule.stops.stops:
        if not stop.optional:
            found += [(frozenset({kind}), stop.of == "this") for kind in stop.kinds]
    return [*found, *_needed_by_start(rule), *_needed_by_conditions(rule), *_told_apart_by(rule)]


def _needed_by_conditions(rule: Rule) -> Iterator[tuple[frozenset[str], bool]]:
    for condition in rule.where:
        if isinstance(condition, Attribute) and condition.test not in ("not", "missing"):
            yield frozenset({f"{rule.each}.{condition.name}"}), True
        if isinstance(condition, Count):
            yield frozenset({condition.kind}), condition.of == "this"
        if isinstance(condition, Has) and not condition.negated:
            yield frozenset({condition.kind}), False
        if isinstance(condition, Planned) and not condition.negated:
            yield frozenset({f"{kind}.due" for kind in condition.kinds}), condition.of == "this"


def _needed_by_start(rule: Rule) -> Iterator[tuple[frozenset[str], bool]]:
    for part in moments_in(rule.starts):
        if isinstance(part, Lookup) and part.date in ("done", "due"):
            yield frozenset(part.kinds), part.of == "this"
        if isinstance(part, Over):
            yield frozenset({part.kind}), False


def _told_apart_by(rule: Rule) -> Iterator[tuple[frozenset[str], bool]]:
    """Attributes without which the Events that start, count or stop the clock look like others of their kind."""
    stops = tuple(stop for stop in rule.stops.stops if not stop.optional)
    for part in inside((rule.starts, rule.where, stops)):
        if not isinstance(part, Lookup | Count | Stop):
            continue
        kinds = (part.kind,) if isinstance(part, Count) else part.kinds
        for condition in part.where:
            if condition.test not in ("not", "missing") and not vocabulary().kinds[kinds[0]].is_episode:
                yield frozenset({f"{kind}.{condition.name}" for kind in kinds}), part.of == "this"
