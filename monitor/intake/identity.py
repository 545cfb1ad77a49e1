"""One child in several systems: joined by a number that is the child's own, or by the crosswalk; never by resemblance.

A child known to several issuers is known under the key of the one that was seen first; the others' own keys are kept
beside. Every load works it out anew, for all children of all sources. Numbers that contradict each other join nobody,
and are told as identity gaps.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from monitor import tables
from monitor.intake.records import Record, record
from monitor.plurals import plural

# A UPN is a letter, eleven digits and a digit or letter; UN1 to UN10 say why there is none (DfE, UPN guide). Its check
# letter is not asked for: the sample returns, which are made up, mostly fail it. A ULN and an NHS number are ten digits
# whose sum, weighted by ten down to one, leaves 10 or 0 when divided by eleven (LRS; NHS data dictionary); 9999999999,
# the ULN of those who have none, does not.
_SHAPES = {
    "upn": re.compile(r"[A-Z]\d{11}[0-9A-Z]"),
    "uln": re.compile(r"[1-9]\d{9}"),
    "nhs": re.compile(r"\d{10}"),
}
_CALLED = {"upn": "UPN", "uln": "ULN", "nhs": "NHS number"}
_LEFT = {"uln": 10, "nhs": 0}
BY_CROSSWALK = "the crosswalk"
GAPS = ("identity-gap", "identity-gap.end")  # a gap ends when no load shows it any more
Number = tuple[str, str]  # what it is, and the number
Crosswalk = Mapping[str, frozenset[str]]  # by a child's key, the keys that stand for the same child


class Person(NamedTuple):
    """A child as one source tells of it: its own key, its day of birth, and the numbers that are its own.

    `unsound` are what stands where a number should and is none of anybody's.
    """

    key: str
    born_on: date | None
    numbers: Mapping[str, str]
    unsound: tuple[str, ...] = ()


@dataclass(slots=True)
class _Child:
    """A child by its own key, as all sources that use this key tell of it."""

    key: str
    first_seen: float = float("inf")
    is_shown: bool = False  # some source's newest list has it
    known_as: set[str] = field(default_factory=set)
    born: set[date] = field(default_factory=set)
    numbers: set[Number] = field(default_factory=set)

    @property
    def issuer(self) -> str:
        return issuer_of(self.key)

    def tell(self, person: Person) -> None:
        """Add what a source says of it."""
        self.numbers.update(person.numbers.items())
        if person.born_on is not None:
            self.born.add(person.born_on)


@dataclass(slots=True)
class Identity:
    """Under which key each child is known, and what stands in the way of knowing."""

    source: str
    joined: dict[str, str] = field(
        default_factory=dict
    )  # by own key, where another issuer's stands for the child
    moved: dict[str, str] = field(
        default_factory=dict
    )  # by own key, the key now, where it was known under another
    left: set[str] = field(default_factory=set)  # the keys that those were known under
    were_joined: int = 0
    gaps: set[str] = field(default_factory=set)
    unsound: Counter[str] = field(default_factory=Counter)  # numbers of the load that are none of anybody's
    by: dict[str, str] = field(default_factory=dict)  # by own key, what shows the child to be known elsewhere

    @property
    def parted(self) -> int:
        """How many children are no longer known under the key of another issuer."""
        return sum(key == known_as for key, known_as in self.moved.items())

    def notes(self, named: Collection[str]) -> list[str]:
        """How many of the children that the load names are known to another system, and by what."""
        found = []
        by = Counter(how for key, how in self.by.items() if key in named)
        if by:
            how = ", ".join(f"{count:,} by {what}" for what, count in sorted(by.items()))
            count = sum(by.values())
            share = f"{count:,} of {plural(len(named), 'child', 'children')} ({count / len(named):.0%})"
            found.append(f"{share} {'is' if count == 1 else 'are'} known to another system: {how}.")
        if self.unsound:
            of = ", ".join(f"{count:,} in {_CALLED[what]}" for what, count in sorted(self.unsound.items()))
            found.append(
                f"Numbers that cannot be a child's own ({of}) join nobody. Put them right, or leave them empty."
            )
        if self.parted:
            who = plural(self.parted, "child is", "children are")
            found.append(f"{who} no longer known to another system: a person of its own again.")
        if self.gaps:
            who = plural(len(self.gaps), "child shares", "children share")
            found.append(
                f"{who} a number with a child that cannot be the same one: not joined, and the data steward is told."
            )
        return found

    def records(self, as_at: date) -> Iterator[Record]:
        """An Episode for each gap; it begins with the load that first showed it, and ends when none shows it."""
        for key in sorted(self.gaps):
            known_as = self.joined.get(key, key)
            fields: dict[str, Any] = {
                "kind": GAPS[0],
                "ref": key.rpartition(":")[2],
                "record": f"{self.source}|identity|{key}",
                "child_key": known_as,
                "own_key": key if known_as != key else None,
                "worker_key": None,
                "start_on": as_at,
                "start_unknown": None,
                "end_on": None,
                "end_unknown": False,
                "attributes": {},
            }
            yield record(
                tables.episode, f"{self.source}/identity/{key}#gap", 0, fields, leaving_out="start_on"
            )


def person(key: str, born_on: date | None, numbers: Mapping[str, str | None]) -> Person:
    """The child, with those of its numbers that can be its own."""
    shaped = {
        what: tidy
        for what, text in numbers.items()
        if text and _SHAPES[what].fullmatch(tidy := text.replace(" ", "").upper())
    }
    sound = {what: number for what, number in shaped.items() if _is_sound(what, number)}
    return Person(key, born_on, sound, tuple(what for what in shaped if what not in sound))


def _is_sound(what: str, number: str) -> bool:
    """Whether it can be the number of one child: not the same figure throughout, and with the right check digit."""
    if len(set(number[1:])) == 1:
        return False
    left = _LEFT.get(what)
    return left is None or sum(int(digit) * (10 - at) for at, digit in enumerate(number)) % 11 == left


def issuer_of(key: str) -> str:
    return key.partition(":")[0]


def identify(
    connection: Connection,
    source: str,
    people: Iterable[Person],
    crosswalk: Crosswalk,
    *,
    issuer: str,
    is_delta: bool,
) -> Identity:
    """Under which key each child is known, once `people` are what the source says of its children.

    What it said of them before counts no more; of those whom a delta does not list it still does. `issuer` is whose ids
    the source has for children: of them the crosswalk may name some that no list has.
    """
    people = list(people)
    listed = {each.key for each in people}
    children, ours = _known(connection, source, listed, is_delta=is_delta)
    for each in people:
        child = children.setdefault(each.key, _Child(each.key))
        child.is_shown = True
        child.tell(each)
    evidence = _Evidence(children, crosswalk)
    for child in sorted(children.values(), key=lambda each: each.first_seen):
        evidence.settle(child)
    for key in crosswalk:
        if key not in children and issuer_of(key) == issuer:
            evidence.settle(_Child(key, known_as={key}))
    found = evidence.found(source, listed | ours)
    found.unsound.update(what for each in people for what in each.unsound)
    return found


class _Evidence:
    """Settles one child after the other, in the order in which they were first seen."""

    def __init__(self, children: Mapping[str, _Child], crosswalk: Crosswalk) -> None:
        self._children, self._crosswalk = children, crosswalk
        self._owners: dict[Number, list[_Child]] = defaultdict(list)
        self._settled: dict[str, _Child] = {}
        self._keys: dict[str, str] = {}
        self._born: dict[str, set[date]] = defaultdict(set)
        for each in children.values():
            for number in each.numbers:
                self._owners[number].append(each)

    def settle(self, each: _Child) -> None:
        """Join the child to the one that was seen before it, where all that speaks of it says the same."""
        partners = {self._keys[other]: BY_CROSSWALK for other in self._linked(each)}
        for number in each.numbers:
            for other in self._owners[number]:
                if other.issuer != each.issuer and other.key in self._keys:
                    partners.setdefault(self._keys[other.key], _CALLED[number[0]])
        key = each.key
        if len(partners) == 1:
            ((partner, by),) = partners.items()
            if by == BY_CROSSWALK or not (
                self._is_shared(each) or self._is_born_on_another_day(each, partner)
            ):
                key = partner
        self._settled[each.key], self._keys[each.key] = each, key
        self._born[key] |= each.born

    def found(self, source: str, ours: Collection[str]) -> Identity:
        """What that comes to; of the gaps those of these children."""
        found = Identity(source)
        for key, known_as in self._keys.items():
            child = self._settled[key]
            if key != known_as:
                found.joined[key] = known_as
            found.were_joined += not child.known_as <= {key}
            if left := child.known_as - {known_as}:
                found.moved[key] = known_as
                found.left |= left
            if by := self._shown_by(child):
                found.by[key] = by
            if key in ours and self._is_in_doubt(child):
                found.gaps.add(key)
        return found

    def _linked(self, each: _Child) -> list[str]:
        """The keys that the crosswalk gives for it, of children that are settled."""
        return [other for other in self._crosswalk.get(each.key, ()) if other in self._keys]

    def _is_shared(self, each: _Child) -> bool:
        """Whether another child of the same issuer has one of its numbers."""
        return any(
            other.is_shown and other.key != each.key and other.issuer == each.issuer
            for number in each.numbers
            for other in self._owners[number]
        )

    def _is_born_on_another_day(self, each: _Child, partner: str) -> bool:
        return bool(each.born and self._born[partner] - each.born)

    def _others(self, each: _Child) -> Iterator[tuple[str, str]]:
        """The keys of the other children that ought to be the same, and what says so."""
        for other in self._linked(each):
            yield other, BY_CROSSWALK
        for number in sorted(each.numbers):
            for child in self._owners[number]:
                if child.key != each.key and child.is_shown:
                    yield child.key, _CALLED[number[0]]

    def _shown_by(self, each: _Child) -> str | None:
        known_as = self._keys[each.key]
        return next(
            (
                by
                for other, by in self._others(each)
                if self._keys[other] == known_as and issuer_of(other) != each.issuer
            ),
            None,
        )

    def _is_in_doubt(self, each: _Child) -> bool:
        return any(self._keys[other] != self._keys[each.key] for other, _ in self._others(each))


def _known(
    connection: Connection, source: str, listed: Collection[str], *, is_delta: bool
) -> tuple[dict[str, _Child], set[str]]:
    """Every child by its own key, and the keys of those that the source shows though it does not list them now.

    A child that no list shows any more still counts by what was last said of it, so that whoever is known under its key
    stays so.
    """
    child = tables.child
    own = func.coalesce(child.c.own_key, child.c.child_key)
    versions = (
        select(func.max(child.c.id).label("newest"), func.min(child.c.id).label("first"))
        .group_by(child.c.source, child.c.register, own)
        .subquery()
    )
    columns = (child.c.source, child.c.child_key, child.c.known_until, child.c.dob, versions.c.first)
    query = select(own, *columns, *(child.c[name] for name in _SHAPES)).join(
        versions, versions.c.newest == child.c.id
    )
    found: dict[str, _Child] = {}
    ours: set[str] = set()
    stays = is_delta or not listed
    for key, its_source, known_as, known_until, born_on, first, *numbers in connection.execute(query):
        each = found.setdefault(key, _Child(key))
        each.first_seen = min(each.first_seen, first)
        if known_until is None:
            each.known_as.add(known_as)
        if its_source == source and key in listed:
            continue
        each.tell(person(key, born_on, dict(zip(_SHAPES, numbers, strict=True))))
        if known_until is None and (its_source != source or stays):
            each.is_shown = True
            if its_source == source:
                ours.add(key)
    return found, ours
