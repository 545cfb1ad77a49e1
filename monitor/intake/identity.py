"""One child in several systems: joined by a number that is the child's own, or by the crosswalk; never by resemblance.

A child known to two issuers is known under the key of the one that was seen first; the other's own key is kept beside.
Numbers that contradict each other join nobody, and are told as identity gaps.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

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
GAPS = ("identity-gap", "identity-gap.end")  # a gap ends when no load shows it any more
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
            share = sum(self.by.values()) / self.people
            found.append(
                f"{sum(self.by.values()):,} of {self.people:,} children ({share:.0%}) are known to another system: {how}."
            )
        if self.gaps:
            found.append(
                f"{len(self.gaps):,} children share a number with another child that cannot be they: not joined, and told "
                "as identity gaps."
            )
        return found

    def records(self, as_at: date) -> Iterator[Record]:
        """An Episode for each gap; it begins with the load that first showed it, and ends when none shows it."""
        for key in sorted(self.gaps):
            fields = {
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
    if not people:
        return found
    owners = _owners(connection)
    shared = _shared(people)
    for each in people:
        _identify(each, found, known, owners, shared, crosswalk)
    return found


def _identify(
    each: Person,
    found: Identity,
    known: Mapping[str, _Known],
    owners: Mapping[tuple[str, str], set[str]],
    shared: Mapping[tuple[str, str], set[str]],
    crosswalk: Crosswalk,
) -> None:
    found.joined.pop(each.key, None)
    partners: dict[str, str] = {}  # the key under which a partner is known, and by what it is one
    for other in crosswalk.get(each.key, ()):
        if other in known:
            partners.setdefault(known[other].child_key, "the crosswalk")
    for number in each.numbers.items():
        if len(shared[number]) > 1:
            found.gaps[each.key] = f"another child of the same system has the same {_CALLED[number[0]]}"
            continue
        for other in owners.get(number, ()):
            if other != each.key and _issuer(other) != _issuer(each.key):
                partners.setdefault(known[other].child_key, _CALLED[number[0]])
    partners.pop(each.key, None)
    if not partners or each.key in found.gaps:
        return
    if len(partners) > 1:
        found.gaps[each.key] = "its numbers are those of several children"
        return
    ((partner, by),) = partners.items()
    born = (
        [
            one.born_on
            for one in known.values()
            if one.child_key == partner and one.own_key != each.key and one.born_on
        ]
        if each.born_on and by != "the crosswalk"
        else []
    )
    if any(on != each.born_on for on in born):
        found.gaps[each.key] = f"the child with the same {by} was born on another day"
        return
    own = known.get(each.key)
    if own is not None and own.own_key == own.child_key and own.first_seen < known_first(known, partner):
        found.by[by] += 1
        return  # seen first: the other will be known under this key
    found.joined[each.key] = partner
    found.by[by] += 1


def known_first(known: Mapping[str, _Known], key: str) -> int:
    """When the child was first seen under this key, as a number that grows."""
    return known[key].first_seen if key in known else 0


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


def _owners(connection: Connection) -> dict[tuple[str, str], set[str]]:
    """By number, the own keys of the children in force that have it."""
    child = tables.child
    own = func.coalesce(child.c.own_key, child.c.child_key)
    owners: dict[tuple[str, str], set[str]] = defaultdict(set)
    query = select(own, child.c.upn, child.c.uln, child.c.nhs).where(child.c.known_until.is_(None))
    for key, *numbers in connection.execute(query):
        for number in person(key, None, dict(zip(_SHAPES, numbers, strict=True))).numbers.items():
            owners[number].add(key)
    return owners


def _shared(people: Iterable[Person]) -> dict[tuple[str, str], set[str]]:
    shared: dict[tuple[str, str], set[str]] = defaultdict(set)
    for each in people:
        for number in each.numbers.items():
            shared[number].add(each.key)
    return shared
