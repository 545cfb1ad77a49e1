"""What a rule reads: derived from the rule itself, never written by hand."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from functools import lru_cache

from monitor.limits import Amount, Unit
from monitor.parts import Attribute, Count, Has, Lookup, OnDate, Over, Own, Planned, Scope, Until
from monitor.rule import MovedBy, Recipient, Rule, Stop, Waiver
from monitor.vocabulary import vocabulary


def parts_of(node: object) -> Iterator[object]:
    """The node and everything inside it that belongs to the rule language, outermost first."""
    if isinstance(node, tuple):
        for item in node:
            yield from parts_of(item)
    elif is_dataclass(node) and not isinstance(node, type):
        yield node
        for each in fields(node):
            yield from parts_of(getattr(node, each.name))


def lookups(rule: Rule) -> tuple[Lookup, ...]:
    """Every look-up of the rule, each once, in the order in which the rule names them."""
    return tuple(dict.fromkeys(part for part in parts_of(rule) if isinstance(part, Lookup)))


def planned(rule: Rule) -> tuple[Planned, ...]:
    """Every question whether something is planned, each once and without its negation."""
    asked = [part for part in parts_of(rule) if isinstance(part, Planned)]
    if rule.too_early:
        asked.append(rule.too_early.planned)
    return tuple(dict.fromkeys(Planned(kinds=part.kinds, negated=False, of=part.of) for part in asked))


def counts(rule: Rule) -> tuple[Count, ...]:
    return tuple(dict.fromkeys(part for part in parts_of(rule) if isinstance(part, Count)))


def overs(rule: Rule) -> tuple[Over, ...]:
    """Every question since when a worker has had more than so many."""
    return tuple(dict.fromkeys(part for part in parts_of(rule) if isinstance(part, Over)))


def asked_elsewhere(rule: Rule) -> tuple[Has, ...]:
    """Every `has` outside the rule's own `where`: in a limit or a stage, so it becomes a column."""
    inner = (part for part in parts_of((rule.limits, rule.stages)) if isinstance(part, Has))
    return tuple(dict.fromkeys(inner))


def attributes(rule: Rule) -> tuple[str, ...]:
    """Every attribute of the row itself that the rule reads."""
    names: list[str | None] = []
    for part in _own_parts(rule):
        if isinstance(part, Attribute):
            names.append(part.name)
        elif isinstance(part, Until | Recipient):
            names.append(part.attribute)
        elif isinstance(part, OnDate):
            names.append(part.year)
    counted, of_kind = units(rule), vocabulary().kinds[rule.each].attributes
    beside = [
        *(_MOMENTS if Unit.HOURS in counted else ()),
        *(("school",) if Unit.SCHOOL_DAYS in counted else ()),
    ]
    names += [name for name in beside if name in of_kind]
    return tuple(dict.fromkeys(name for name in names if name))


def _own_parts(node: object) -> Iterator[object]:
    """As `parts_of`, without the conditions that speak of other rows."""
    if isinstance(node, Lookup | Has | Stop | Waiver | Count | Over):
        return
    if isinstance(node, tuple):
        for item in node:
            yield from _own_parts(item)
    elif is_dataclass(node) and not isinstance(node, type):
        yield node
        for each in fields(node):
            yield from _own_parts(getattr(node, each.name))


@dataclass(frozen=True, slots=True)
class Need:
    """At least one of these items must be carried; where `own`, by the source of the row itself."""

    items: frozenset[str]
    own: bool

    def __str__(self) -> str:
        return " or ".join(sorted(item for item in self.items if "=" not in item))


def needs(rule: Rule) -> tuple[Need, ...]:
    """What must be carried before the rule can tell.

    The rule's own kind, and its end where that stops the clock or is asked for; an attribute that a row must have; an
    Event kind for each look-up of its start, and each count; every stop that is not optional; what must be open or
    planned beside it; and the attributes that tell those from others of their kind (a visit at which the child was
    seen). An Episode that only restarts a clock (a long absence) is not waited for, nor one that would rule it out.
    What is about the row itself can only come from the row's own source.
    """
    wanted = [Need(frozenset({rule.each}), own=True)]
    asks_end = Own(field="end") in parts_of((rule.starts, rule.where, rule.limits))
    has_end = vocabulary().kinds[rule.each].of != "feed" and rule.each != "start-unknown"
    if has_end and (rule.running == "open" or asks_end):
        wanted.append(Need(frozenset({f"{rule.each}.end"}), own=True))
    wanted += [Need(told_by(rule.each, part), own=True) for part in required_attributes(rule).values()]
    begins = (part for part in parts_of(rule.starts) if isinstance(part, Lookup))
    wanted += [_need(part.kinds, part.of) for part in begins if part.date in ("done", "due")]
    wanted += [_need((part.kind,), part.of) for part in parts_of(rule.where) if isinstance(part, Count)]
    wanted += [
        _need((kind,), stop.of) for stop in rule.stops.stops if not stop.optional for kind in stop.kinds
    ]
    wanted += (
        [_need((kind,), rule.too_early.act.of) for kind in rule.too_early.act.kinds] if rule.too_early else []
    )
    wanted += [Need(frozenset({part.kind}), own=False) for part in overs(rule)]
    wanted += _of_whom(rule)
    wanted += [
        _need((part.kind,), "child") for part in rule.where if isinstance(part, Has) and not part.negated
    ]
    ahead = [part for part in rule.where if isinstance(part, Planned) and not part.negated]
    wanted += [_need(tuple(f"{kind}.due" for kind in part.kinds), part.of) for part in ahead]
    wanted += _told_apart_by(rule)
    return tuple(dict.fromkeys(wanted))


def _of_whom(rule: Rule) -> list[Need]:
    """What tells the Episodes that are counted from others of their kind: a list of social workers counts no IRO."""
    counted: list[Count | Over] = [part for part in counts(rule) if part.by != "done" and part in rule.where]
    counted += overs(rule)
    parts = [(part.kind, each) for part in counted for each in part.where if each.test == "is"]
    return [Need(told_by(kind, each), own=False) for kind, each in parts]


def told_by(kind: str, part: Attribute) -> frozenset[str]:
    """The attribute, also where it is carried with this one value alone."""
    values = part.values if part.test == "is" else ()
    return frozenset((f"{kind}.{part.name}", *(f"{kind}.{part.name}={value}" for value in values)))


def _told_apart_by(rule: Rule) -> list[Need]:
    """The attributes by which what starts, counts or stops the clock is told from other Events of its kind."""
    asked = [part for part in parts_of((rule.starts, rule.where)) if isinstance(part, Lookup | Count)]
    uses = [((part.kind,) if isinstance(part, Count) else part.kinds, part.where, part.of) for part in asked]
    uses += [(stop.kinds, stop.where, stop.of) for stop in rule.stops.stops if not stop.optional]
    events = [use for use in uses if not any(vocabulary().kinds[kind].is_episode for kind in use[0])]
    return [
        _need(tuple(item for kind in kinds for item in told_by(kind, part)), of)
        for kinds, where, of in events
        for part in where
        if part.test not in ("not", "missing")
    ]


def _need(kinds: tuple[str, ...], of: Scope) -> Need:
    return Need(frozenset(kinds), own=of == "this")


def required_attributes(rule: Rule) -> dict[str, Attribute]:
    """By item, the conditions of `where` that a row without the attribute can never meet."""
    return {
        f"{rule.each}.{part.name}": part
        for part in rule.where
        if isinstance(part, Attribute) and part.test not in ("not", "missing")
    }


def dated_kinds(rule: Rule) -> frozenset[str]:
    """The Events and ends of Episodes (`episode_day`) whose days begin, stop, count, limit or move the clock.

    A planned one has no such day, and a waiver without its day is void.
    """
    return dated((rule.starts, rule.stops, rule.where, rule.limits, rule.moved_to, rule.too_early))


@lru_cache(maxsize=1_024)  # asked for every row that has not started
def dated(node: object) -> frozenset[str]:
    """As `dated_kinds`, for these parts of a rule."""
    found: set[str] = set()
    for part in parts_of(node):
        if isinstance(part, Stop) or (isinstance(part, Lookup) and part.pick != "next"):
            found.update(part.kinds)
        elif isinstance(part, Count | MovedBy):
            found.add(part.kind)
        elif isinstance(part, Over):
            found.add(episode_day(part.kind, "ended"))
    found |= {episode_day(kind, by) for kind, by, _ in _episode_days(node)}
    return frozenset(found)


def episode_day(kind: str, by: str) -> str:
    """The first day of an Episode (`began`) or its last (`ended`), as the kinds of Events are named."""
    return f"{kind} ({by})"


def episode_days(rule: Rule) -> tuple[tuple[str, str, Lookup | Count], ...]:
    """The first and last days of other Episodes that decide about the clock; at least so many remain so many."""
    return _episode_days((rule.starts, rule.where, rule.limits, rule.moved_to))


def _episode_days(node: object) -> tuple[tuple[str, str, Lookup | Count], ...]:
    found: list[tuple[str, str, Lookup | Count]] = []
    for part in parts_of(node):
        if isinstance(part, Count) and part.by != "done" and part.test == "is":
            found.append((part.kind, part.by, part))
        elif isinstance(part, Lookup) and part.date in ("began", "ended"):
            found += [(kind, part.date, part) for kind in part.kinds]
    return tuple(found)


def excuses(rule: Rule) -> Need | None:
    """Where a lawful excuse would stand, if the rule's own kind has a place for one."""
    if not rule.excused_by or "exception_code" not in vocabulary().kinds[rule.each].attributes:
        return None
    place = f"{rule.each}.exception_code"
    alone = (f"{place}={code}" for code in rule.excused_by)  # a return may know of one excuse and no other
    return Need(frozenset({place, *alone, "excuse"}), own=False)


def all_needs(rule: Rule) -> tuple[Need, ...]:
    """What must be carried before the rule can tell, the place of its excuses included."""
    place = excuses(rule)
    return (*needs(rule), place) if place else needs(rule)


def kinds(rule: Rule) -> tuple[str, ...]:
    """Every kind the rule names, for `rules show`."""
    found: list[str] = [rule.each]
    for part in parts_of(rule):
        if isinstance(part, Lookup | Stop | Planned):
            found += part.kinds
        elif isinstance(part, Count | Has | Waiver | Over | MovedBy):
            found.append(part.kind)
    return tuple(dict.fromkeys(found))


_MOMENTS = ("started_at", "ended_at")


def units(rule: Rule) -> frozenset[Unit]:
    """The units in which the rule counts."""
    return frozenset(part.unit for part in parts_of(rule) if isinstance(part, Amount))
