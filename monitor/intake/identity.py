"""One child in several systems: joined by a number that is the child's own, or by the crosswalk; never by resemblance.

A child known to several issuers is known under the key of the one that was seen first; the others' own keys are kept
beside. Every load works it out anew, for all children of all sources. Numbers that contradict each other join nobody,
and are told as identity gaps.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import combinations
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
MOST_IDS = 3  # under which one issuer may have had one child, one after the other
BY_CROSSWALK = "the crosswalk"
GAPS = ("identity-gap", "identity-gap.end")  # a gap ends when no load shows it any more
_AT_ONCE = 500
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
    parted: int = 0  # how many of those are no longer known under the key under which they were
    gaps: set[str] = field(default_factory=set)
    unsound: Counter[str] = field(default_factory=Counter)  # numbers of the load that are none of anybody's
    by: dict[str, str] = field(default_factory=dict)  # by own key, what shows the child to be known elsewhere

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
            found.append(f"{who} no longer taken for a child of another system.")
        if self.gaps:
            who = plural(len(self.gaps), "child shares", "children share")
            so = "with others who cannot all be one child: not joined, and the data steward is told"
            found.append(f"{who} a number or a line of the crosswalk {so}.")
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
    _add_nameless(connection, children, crosswalk, issuer)
    found = _Evidence(children, crosswalk).found(source, listed | ours)
    found.unsound.update(what for each in people for what in each.unsound)
    return found


class _Evidence:
    """What speaks for two children of different issuers being one, and what speaks against it.

    Children that are linked, one by one, are one child, known under the key of the one that was seen first; but not
    where two of them are shown by one issuer or were born on different days: then none of them is joined.
    """

    def __init__(self, children: Mapping[str, _Child], crosswalk: Crosswalk) -> None:
        self._children = children
        self._links: dict[str, dict[str, str]] = {
            key: {} for key in children
        }  # by key, whom, and what says so
        self._in_doubt: set[str] = set()
        owners: dict[Number, list[_Child]] = defaultdict(list)
        for each in children.values():
            for number in each.numbers:
                owners[number].append(each)
        shared = [number for number, who in owners.items() if _is_shared(who)]
        self._in_shared = {each.key for number in shared for each in owners[number]}
        self._in_doubt |= self._in_shared
        for number in sorted(owners.keys() - shared):
            self._link_by(number, owners[number])
        for key in children:
            for other in crosswalk.get(key, ()):
                if other in children and other != key:
                    self._links[key][other] = self._links[other][key] = BY_CROSSWALK

    def _link_by(self, number: Number, owners: Sequence[_Child]) -> None:
        """Link the children of different issuers that have this number, but whoever has a number that is shared too."""
        for one, other in combinations(owners, 2):
            if one.issuer == other.issuer or not self._in_shared.isdisjoint((one.key, other.key)):
                continue
            if one.born and other.born and one.born != other.born:
                self._in_doubt |= {one.key, other.key} if one.is_shown and other.is_shown else set()
            else:
                self._links[one.key].setdefault(other.key, _CALLED[number[0]])
                self._links[other.key].setdefault(one.key, _CALLED[number[0]])

    def found(self, source: str, ours: Collection[str]) -> Identity:
        """What that comes to; of the gaps those of these children."""
        found = Identity(source)
        for group in self._groups():
            if len(group) > 1 and self._contradicts_itself(group):
                self._in_doubt.update(each.key for each in group)
                first = None
            else:
                first = min(group, key=lambda each: each.first_seen)
            for each in group:
                self._settle(found, each, first.key if first else each.key)
                if first and (by := self._shown_by(each)):
                    found.by[each.key] = by
        found.gaps = self._in_doubt.intersection(ours)
        return found

    def _settle(self, found: Identity, child: _Child, key: str) -> None:
        if child.key != key:
            found.joined[child.key] = key
        found.were_joined += not child.known_as <= {child.key}
        if left := child.known_as - {key}:
            found.moved[child.key] = key
            found.left |= left
            found.parted += left != {child.key}

    def _shown_by(self, child: _Child) -> str | None:
        """What shows a child to be known to another system, where one shows it now."""
        said = [by for other, by in self._links[child.key].items() if self._children[other].is_shown]
        return BY_CROSSWALK if BY_CROSSWALK in said else next(iter(said), None)

    def _groups(self) -> Iterator[list[_Child]]:
        """The children that are linked, each group in the order in which they were given."""
        done: set[str] = set()
        for key in self._children:
            if key in done:
                continue
            done.add(key)
            group, at = [key], 0
            while at < len(group):
                news = [other for other in self._links[group[at]] if other not in done]
                done.update(news)
                group += news
                at += 1
            yield [self._children[each] for each in group]

    def _contradicts_itself(self, group: Sequence[_Child]) -> bool:
        shown = Counter(each.issuer for each in group if each.is_shown)
        by_number = not all(by == BY_CROSSWALK for each in group for by in self._links[each.key].values())
        born = set().union(*(each.born for each in group))
        return max(shown.values(), default=0) > 1 or (by_number and len(born) > 1)


def _is_shared(owners: Sequence[_Child]) -> bool:
    """Whether a number is that of two children of one issuer, and so of nobody.

    A child may come under a new id of the same issuer, with its number: then the former is no longer shown.
    """
    shown = Counter(each.issuer for each in owners if each.is_shown)
    every = Counter(each.issuer for each in owners)
    return max(shown.values(), default=0) > 1 or max(every.values(), default=0) > MOST_IDS


def _add_nameless(
    connection: Connection, children: dict[str, _Child], crosswalk: Crosswalk, issuer: str
) -> None:
    """Children whom no list has: those of the crosswalk that this source may name, and those of whom records tell."""
    for key in crosswalk:
        if key not in children and issuer_of(key) == issuer:
            children[key] = _Child(key, is_shown=True, known_as={key})
    unlisted = sorted(crosswalk.keys() - children.keys())
    for table in (tables.named, tables.episode, tables.event):
        in_force = select(table.c.own_key, table.c.child_key).where(table.c.known_until.is_(None)).distinct()
        found = list(connection.execute(in_force.where(table.c.own_key.is_not(None))))
        for at in range(0, len(unlisted), _AT_ONCE):
            wanted = table.c.child_key.in_(unlisted[at : at + _AT_ONCE])
            found += connection.execute(in_force.where(wanted, table.c.own_key.is_(None)))
        for own_key, known_as in found:
            key = own_key or known_as
            children.setdefault(key, _Child(key, is_shown=True)).known_as.add(known_as)


def _known(
    connection: Connection, source: str, listed: Collection[str], *, is_delta: bool
) -> tuple[dict[str, _Child], set[str]]:
    """Every child by its own key, and the keys of those that the source shows though it does not list them now.

    A child that no list shows any more still counts by what was last said of it, so that whoever is known under its key
    stays so.
    """
    child = tables.child
    own = tables.own_key(child)
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
