"""The parts of a rule in plain English: limits, moments, conditions, and the names of the vocabulary."""

from collections.abc import Iterable
from datetime import date

from monitor.limits import Amount
from monitor.parts import (
    Age,
    At,
    Attribute,
    Before,
    BeganWith,
    Birthday,
    Choose,
    Condition,
    Count,
    EarlierLimit,
    EarlierOf,
    FreshFor,
    Gap,
    Has,
    Lasted,
    LaterLimit,
    LaterOf,
    Limit,
    Lookup,
    Moment,
    NextTermEnd,
    NoLimit,
    OnDate,
    Over,
    Own,
    Planned,
    Reached,
    Until,
    Within,
)


def said(limit: Limit) -> str:  # noqa: C901 - one case for each form of limit
    """A limit: "20 weeks", "the earlier of 10 working days and the day of the second CLA review"."""
    match limit:
        case Within():
            return _within(limit)
        case At(moment=what):
            return f"the day of {moment(what)}"
        case EarlierLimit(limits=parts):
            return _one_of("earlier", "earliest", [_inside(part) for part in parts])
        case LaterLimit(limits=parts):
            return _one_of("later", "latest", [_inside(part) for part in parts])
        case Choose(branches=branches):
            parts_ = [(conditions(branch.when), said(branch.limit)) for branch in branches]
            return "; ".join(f"if {when}, {then}" if when else f"otherwise {then}" for when, then in parts_)
        case Before(amount=length, of=of):
            return f"{amount(length)} before {moment(of)}"
        case OnDate():
            return _on_date(limit)
        case NextTermEnd():
            return "the end of the next school term"
        case NoLimit():
            return "no last day"
        case FreshFor():
            return "as long as config/sources.yaml lets the source be silent"


def _within(limit: Within) -> str:
    match limit.of:
        case None:
            return amount(limit.amount)
        case Own() | Until() | Lookup() | Birthday() | Over() | LaterOf() | EarlierOf() as of:
            return f"{amount(limit.amount)} from {moment(of)}"
        case of:
            return f"{amount(limit.amount)} after {_inside(of)}"


def _on_date(limit: OnDate) -> str:
    day = f"{limit.day} {date(2000, limit.month, 1):%B}"
    return f"{day} of the {words(limit.year)}" if limit.year else f"the next {day}"


def _inside(limit: Limit) -> str:
    return f"({said(limit)})" if isinstance(limit, Choose) else said(limit)


def _one_of(two: str, more: str, parts: list[str]) -> str:
    """The parts as "the earlier of a and b" or "the earliest of a, b and c"."""
    if len(parts) == 1:
        return parts[0]
    *first, last = parts
    return f"the {more if first[1:] else two} of {', '.join(first)} and {last}"


def amount(length: Amount) -> str:
    """As it is written; where the event's own day counts, that is said."""
    plain = str(length).removesuffix(" beginning with")
    return f"{plain}, the first day counted" if length.beginning_with else plain


_PLACES = {1: "first", 2: "second", 3: "third"}
_LAST_PLACE = 3
_DATES = {"ended": "the end of ", "due": "the day named in "}


def moment(what: Moment) -> str:
    """A moment: "the last supervision (session is one to one)", "the later of the start and ..."."""
    match what:
        case Own(field=name):
            return f"the {name}"
        case Until(attribute=name):
            return f"the day in '{words(name)}'"
        case Birthday(years=years):
            return (
                f"the child's {years}th birthday"
                if years > _LAST_PLACE
                else f"the child's {_PLACES[years]} birthday"
            )
        case Over():
            return _over(what)
        case LaterOf(moments=parts):
            return _one_of("later", "latest", list(map(moment, parts)))
        case EarlierOf(moments=parts):
            return _one_of("earlier", "earliest", list(map(moment, parts)))
        case Lookup():
            return _lookup(what)


def _over(what: Over) -> str:
    where = f" ({conditions(what.where)})" if what.where else ""
    weighed = f", weighed by {words(what.weight)}" if what.weight else ""
    per = " for a full-time post" if what.per_fte else ""
    return f"the day since which more than {what.more_than} {words(what.kind)}s{where} have been open{weighed}{per}"


def _lookup(what: Lookup) -> str:
    place = _PLACES.get(what.n, f"{what.n}th") if what.pick == "nth" else what.pick
    which = "next planned" if what.pick == "next" else place
    where = f" ({conditions(what.where)})" if what.where else ""
    return (
        f"{_DATES.get(what.date, '') if what.pick != 'next' else ''}the {which} {any_of(what.kinds)}{where}"
    )


def conditions(parts: Iterable[Condition]) -> str:
    """Conditions that must all hold, joined by "and"."""
    return " and ".join(map(condition, parts))


def condition(what: Condition) -> str:
    """One condition: "decision is not refuse", "no placement is open (long term is yes)"."""
    match what:
        case Attribute():
            return _attribute(what)
        case Has() | Count() | Planned():
            return _elsewhere(what)
        case Age(test=test, years=years, today=today):
            return f"the child is {'under' if test == 'under' else 'at least'} {years}{' today' if today else ''}"
        case Lasted(test=test, amount=length):
            return f"it has lasted {'less than' if test == 'under' else 'at least'} {amount(length)}"
        case BeganWith(moment=part):
            return f"the clock began with {moment(part)}"
        case Gap(begins=begins, to=to, test=test, amount=length):
            far = "more than" if test == "more-than" else "within"
            return f"{moment(to)} is {far} {amount(length)} after {moment(begins)}"
        case Reached(moment=part, negated=negated):
            return f"{moment(part)} has {'not ' if negated else ''}come"


_SIZES = {"over": "more than", "at-least": "at least", "under": "less than"}


def _attribute(what: Attribute) -> str:
    name, values = words(what.name), any_of(what.values)
    if what.test in ("missing", "present"):
        return f"{name} is {what.test}"
    if what.test in _SIZES:
        return f"{name} is {_SIZES[what.test]} {what.number}"
    return f"{name} is {'not ' if what.test == 'not' else ''}{values}"


def _elsewhere(what: Has | Count | Planned) -> str:
    match what:
        case Has():
            return _has(what)
        case Planned(kinds=kinds, negated=negated):
            return f"{'no' if negated else 'a'} {any_of(kinds)} is planned"
        case Count():
            return _count(what)


def _count(what: Count) -> str:
    where = f" ({conditions(what.where)})" if what.where else ""
    within = f" within {amount(what.within)} up to the start" if what.within else ""
    verb = _VERBS[what.by]
    if (what.test, what.n) == ("is", 0):
        return f"no {words(what.kind)}{where} has {verb}{within}"
    many = "s" if what.n > 1 else ""
    have = "have" if what.n > 1 else "has"
    least = "exactly" if what.test == "is" else "at least"
    return f"{least} {what.n} {words(what.kind)}{many}{where} {have} {verb}{within}"


_VERBS = {"done": "been held", "began": "begun", "ended": "ended"}


def _has(what: Has) -> str:
    how_long = f" for more than {amount(what.over)}" if what.over else ""
    how_long += f" for less than {amount(what.under)}" if what.under else ""
    where = f" ({conditions(what.where)})" if what.where else ""
    own = " of its own" if what.of == "this" else ""
    return f"{'no' if what.negated else 'a'} {words(what.kind)}{own} is open{how_long}{where}"


def any_of(names: Iterable[str]) -> str:
    return " or ".join(map(words, names))


def words(name: str) -> str:
    """A name of the vocabulary as a person reads it: "cla-review" is "CLA review"."""
    parts = name.replace("-", " ").replace("_", " ").split(" ")
    return " ".join(part.upper() if part in _CAPITALS else part for part in parts)


_CAPITALS = frozenset(("a", "asye", "b", "cin", "cla", "cp", "ehc", "iro", "mash", "pep", "plo", "qa"))
