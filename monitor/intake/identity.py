"""One child in several systems: joined by a number that is the child's own, or by the crosswalk; never by resemblance.

A child known to two issuers is known under the key of the one that was seen first; the other's own key is kept beside.
Numbers that contradict each other join nobody, and are told as identity gaps.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from monitor import tables
from monitor.intake.records import Record, record

# A UPN is a letter, eleven digits and a digit or letter; UN1 to UN10 say why there is none (DfE, UPN guide). A ULN and
# an NHS number are ten digits.
_SHAPES = {
    "upn": re.compile(r"[A-Z]\d{11}[0-9A-Z]"),
    "uln": re.compile(r"[1-9]\d{9}"),
    "nhs": re.compile(r"\d{10}"),
}
_CALLED = {"upn": "UPN", "uln": "ULN", "nhs": "NHS number"}
BY_CROSSWALK = "the crosswalk"
GAPS = ("identity-gap",)
Number = tuple[str, str]  # what it is, and the number
Crosswalk = Mapping[str, frozenset[str]]  # by a child's key, the keys that stand for the same child


class Person(NamedTuple):
    """A child as one source tells of it: its own key, its day of birth, and the numbers that are its own."""

    key: str
    born_on: date | None
    numbers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Known:
    own_key: str
    child_key: str
    born_on: date | None
    first_seen: int


@dataclass(slots=True)
class Identity:
    """Finds under which key each child of a load is known, and what stands in the way of knowing."""

    source: str
    joined: dict[str, str] = field(default_factory=dict)
    gaps: dict[str, str] = field(default_factory=dict)  # by the child's key, why
    by: Counter[str] = field(default_factory=Counter)
    people: int = 0

    def notes(self) -> list[str]:
        """How many children of the load are known to another system, and by what."""
        found = []
        if self.by:
            how = ", ".join(f"{count:,} by {what}" for what, count in sorted(self.by.items()))
            count = sum(self.by.values())
            share = f"{count:,} of {self.people:,} children ({count / self.people:.0%})"
            found.append(f"{share} are known to another system: {how}.")
        if self.gaps:
            why = (
                "share a number with another child that cannot be they: not joined, and told as identity gaps"
            )
            found.append(f"{len(self.gaps):,} children {why}.")
        return found

    def records(self, as_at: date) -> Iterator[Record]:
        """An Episode for each gap; it begins with the load that first showed it, and ends when none shows it."""
        for key in sorted(self.gaps):
            fields: dict[str, Any] = {
                "kind": GAPS[0],
                "ref": key.rpartition(":")[2],
                "record": f"{self.source}|identity|{key}",
                "child_key": self.joined.get(key, key),
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
    """The child, with those of its numbers that are numbers."""
    sound = {
        what: tidy
        for what, text in numbers.items()
        if text and _SHAPES[what].fullmatch(tidy := text.replace(" ", "").upper())
    }
    return Person(key, born_on, sound)


def identify(connection: Connection, source: str, people: Iterable[Person], crosswalk: Crosswalk) -> Identity:
    """Under which key each of these children is known; without people, only what was found before."""
    found = Identity(source)
    people = list(people)
    known = _known(connection)
    found.joined = {each.own_key: each.child_key for each in known.values() if each.own_key != each.child_key}
    found.people = len(people)
    if people:
        evidence = _Evidence(known, _owners(connection), _shared(people), crosswalk)
        for each in people:
            _identify(each, found, evidence)
    return found


def _identify(each: Person, found: Identity, evidence: "_Evidence") -> None:
    found.joined.pop(each.key, None)
    if evidence.is_shared(each):
        found.gaps[each.key] = "another child of the same system has the same number"
        return
    partners = evidence.partners(each)
    if len(partners) > 1:
        found.gaps[each.key] = "its numbers are those of several children"
        return
    for partner, by in partners.items():
        if by != BY_CROSSWALK and evidence.is_born_on_another_day(each, partner):
            found.gaps[each.key] = f"the child with the same {by} was born on another day"
            return
        found.by[by] += 1
        if not evidence.was_seen_before(each, partner):
            found.joined[each.key] = partner


@dataclass(frozen=True, slots=True)
class _Evidence:
    """What is known of every child, and what this load's children have in common."""

    known: Mapping[str, "_Known"]
    owners: Mapping[Number, set[str]]
    shared: Mapping[Number, set[str]]
    crosswalk: Crosswalk

    def is_shared(self, each: Person) -> bool:
        """Whether another child of the same load has one of its numbers."""
        return any(len(self.shared[number]) > 1 for number in each.numbers.items())

    def partners(self, each: Person) -> dict[str, str]:
        """The keys under which children of other issuers with its numbers are known, and by what they are found."""
        found: dict[str, str] = {}
        for other in self.crosswalk.get(each.key, ()):
            if other in self.known:
                found.setdefault(self.known[other].child_key, BY_CROSSWALK)
        for number in each.numbers.items():
            for other in self.owners.get(number, ()):
                if _issuer(other) != _issuer(each.key):
                    found.setdefault(self.known[other].child_key, _CALLED[number[0]])
        found.pop(each.key, None)
        return found

    def is_born_on_another_day(self, each: Person, partner: str) -> bool:
        born = {
            one.born_on for one in self.known.values() if one.child_key == partner and one.own_key != each.key
        }
        return each.born_on is not None and not born <= {each.born_on, None}

    def was_seen_before(self, each: Person, partner: str) -> bool:
        """Whether the child was known under its own key first: then the other will be known under that."""
        own, other = self.known.get(each.key), self.known.get(partner)
        if own is None or own.own_key != own.child_key:
            return False
        return other is None or own.first_seen < other.first_seen


def _issuer(key: str) -> str:
    return key.partition(":")[0]


def _known(connection: Connection) -> dict[str, _Known]:
    """Every child in force by its own key."""
    child = tables.child
    own = func.coalesce(child.c.own_key, child.c.child_key)
    first = select(own.label("own"), func.min(child.c.id).label("first")).group_by(own).subquery()
    query = (
        select(own, child.c.child_key, child.c.dob, first.c.first)
        .join(first, first.c.own == own)
        .where(child.c.known_until.is_(None))
    )
    return {key: _Known(key, child_key, dob, seen) for key, child_key, dob, seen in connection.execute(query)}


def _owners(connection: Connection) -> dict[Number, set[str]]:
    """By number, the own keys of the children in force that have it."""
    child = tables.child
    own = func.coalesce(child.c.own_key, child.c.child_key)
    owners: dict[Number, set[str]] = defaultdict(set)
    query = select(own, child.c.upn, child.c.uln, child.c.nhs).where(child.c.known_until.is_(None))
    for key, *numbers in connection.execute(query):
        for number in person(key, None, dict(zip(_SHAPES, numbers, strict=True))).numbers.items():
            owners[number].add(key)
    return owners


def _shared(people: Iterable[Person]) -> dict[Number, set[str]]:
    shared: dict[Number, set[str]] = defaultdict(set)
    for each in people:
        for number in each.numbers.items():
            shared[number].add(each.key)
    return shared
