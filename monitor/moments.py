"""Reads the moments and conditions of a rule file against the vocabulary."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from monitor import documents
from monitor.documents import Fault, Mapping, Value, Word, mapping, number, one_of, only, word, words
from monitor.errors import suggestion
from monitor.limits import Amount, Unit, parse_amount
from monitor.parts import (
    Age,
    Attribute,
    BeganWith,
    Birthday,
    Condition,
    Count,
    EarlierOf,
    Gap,
    Has,
    Lasted,
    LaterOf,
    Lookup,
    Moment,
    Over,
    Own,
    Planned,
    Reached,
    Scope,
    Until,
)
from monitor.vocabulary import DATE, NUMBER, Kind, Vocabulary, is_free

PICKS = ("last", "first", "nth", "next")
CONDITION_WORDS = (
    *("has", "has-not", "count", "planned", "not-planned", "age", "lasted", "began-with"),
    *("gap", "reached", "not-reached"),
)
MOMENT_FORMS = ("start", "end", *PICKS, "until", "birthday", "over", "later-of", "earlier-of")
SCOPES = ("this", "child", "worker")
SIZES = ("over", "at-least", "under")


@dataclass(frozen=True, slots=True)
class MomentReader:
    """Reads what may stand in a rule whose `each` is `kind`."""

    kind: Kind
    vocabulary: Vocabulary

    def moment(self, value: Value) -> Moment:
        if isinstance(value, Word):
            if value.text not in ("start", "end"):
                raise Fault(
                    value.line, f"'{value.text}' is not a moment.{suggestion(value.text, MOMENT_FORMS)}"
                )
            return Own(field="start" if value.text == "start" else "end")
        node = mapping(value)
        for form in ("later-of", "earlier-of"):
            if form in node.entries:
                only(node, (), (form,))
                parts = tuple(self.moment(item) for item in documents.some(node.entries[form].value))
                return LaterOf(moments=parts) if form == "later-of" else EarlierOf(moments=parts)
        if "until" in node.entries:
            only(node, (), ("until",))
            return self._until(word(node.entries["until"].value))
        if "birthday" in node.entries:
            only(node, ("birthday",), ())
            return Birthday(years=number(node.entries["birthday"].value))
        return self._over(node) if "over" in node.entries else self._lookup(node)

    def _over(self, node: Mapping) -> Over:
        only(node, ("over", "of-kind"), ("where", "weight", "per"))
        kind = self.episode_kind(node.entries["of-kind"].value)
        where, weight, per = (node.get(key) for key in ("where", "weight", "per"))
        if weight and self.codes_of(word(weight), kind) != (NUMBER,):
            raise Fault(weight.line, f"'{word(weight).text}' of '{kind}' does not hold a number.")
        return Over(
            more_than=number(node.entries["over"].value),
            kind=kind,
            where=self.attributes(where, kind) if where else (),
            weight=word(weight).text if weight else None,
            per_fte=per is not None and one_of(per, ("fte",)) == "fte",
        )

    def _until(self, name: Word) -> Until:
        if self.codes_of(name) != (DATE,):
            raise Fault(name.line, f"'{name.text}' of '{self.kind.name}' does not hold a date.")
        return Until(attribute=name.text)

    def _lookup(self, node: Mapping) -> Lookup:
        pick = next((form for form in PICKS if form in node.entries), None)
        if pick is None:
            first = next(iter(node.entries), "")
            raise Fault(node.line, f"'{first}' is not a moment.{suggestion(first, MOMENT_FORMS)}")
        only(node, (), (pick, "n", "where", "date", "since", "of"))
        kinds = self._kinds(node.entries[pick].value)
        where, n, since, which, of = (node.get(key) for key in ("where", "n", "since", "date", "of"))
        is_episode = self.vocabulary.kinds[kinds[0]].is_episode
        default = "due" if pick == "next" else "began" if is_episode else "done"
        return Lookup(
            pick=pick,  # type: ignore[arg-type]
            kinds=kinds,
            n=_position(n) if n else 1,
            where=self.attributes(where, kinds[0]) if where else (),
            date=one_of(which, ("done", "due", "began", "ended")) if which else default,  # type: ignore[arg-type]
            since=one_of(since, ("start", "ever", "clock")) if since else "start",  # type: ignore[arg-type]
            of=self.scope(kinds[0], of),
        )

    def conditions(self, value: Value) -> tuple[Condition, ...]:
        """All that must hold, in the order written."""
        found: list[Condition] = []
        for key, entry in mapping(value).entries.items():
            special: dict[str, Callable[[Value], tuple[Condition, ...]]] = {
                "has": lambda item: self._has(item, negated=False),
                "has-not": lambda item: self._has(item, negated=True),
                "count": self._count,
                "planned": lambda item: (self._planned(item, negated=False),),
                "not-planned": lambda item: (self._planned(item, negated=True),),
                "age": self._age,
                "lasted": self._lasted,
                "began-with": lambda item: (BeganWith(moment=self._lookup(mapping(item))),),
                "gap": self._gap,
                "reached": lambda item: (Reached(moment=self.moment(item), negated=False),),
                "not-reached": lambda item: (Reached(moment=self.moment(item), negated=True),),
            }
            read = special.get(key)
            found.extend(
                read(entry.value)
                if read
                else (self._attribute(Word(key, entry.line), entry.value, self.kind),)
            )
        return tuple(found)

    def attributes(self, value: Value, kind: str) -> tuple[Attribute, ...]:
        """Conditions on the attributes of a row of this kind."""
        of = self.vocabulary.kinds[kind]
        return tuple(
            self._attribute(Word(key, entry.line), entry.value, of)
            for key, entry in mapping(value).entries.items()
        )

    def codes_of(self, name: Word, kind: str | None = None) -> tuple[str, ...]:
        """The codes of an attribute, or its type; Fault where the kind has no such attribute."""
        of = self.vocabulary.kinds[kind] if kind else self.kind
        if name.text not in of.attributes:
            allowed = (*of.attributes, *(() if kind else CONDITION_WORDS))
            said = suggestion(name.text, allowed) if allowed else " It has none."
            if name.text in ("start", "end") and not kind:
                said = f" It is a moment: ask `reached: {name.text}` or `not-reached: {name.text}`."
            raise Fault(name.line, f"'{of.name}' has no attribute '{name.text}'.{said}")
        return of.attributes[name.text]

    def event_kinds(self, value: Value) -> tuple[str, ...]:
        """Kinds of Event; a rule can only stop at something that happens."""
        kinds = self._kinds(value)
        for name in kinds:
            if self.vocabulary.kinds[name].is_episode:
                raise Fault(value.line, f"'{name}' is an Episode; an Event is needed here.")
        return kinds

    def episode_kind(self, value: Value) -> str:
        """A kind of Episode; only that can be open, or more than so many."""
        kind = self._kinds(value)[0]
        if not self.vocabulary.kinds[kind].is_episode:
            raise Fault(value.line, f"'{kind}' is an Event; only an Episode can be open.")
        return kind

    def scope(self, kind: str, said: Value | None = None) -> Scope:
        """Whose rows to look among: the child's, the worker's, or those about this very row."""
        if said is not None:
            return one_of(said, SCOPES)  # type: ignore[return-value]
        return self.vocabulary.kinds[kind].scope

    def _kinds(self, value: Value) -> tuple[str, ...]:
        for name in words(value):
            if name.text not in self.vocabulary.kinds:
                raise Fault(
                    name.line,
                    f"there is no kind '{name.text}'.{suggestion(name.text, tuple(self.vocabulary.kinds))}",
                )
        kinds = tuple(name.text for name in words(value))
        if not kinds:
            raise Fault(value.line, "at least one kind is needed here.")
        return kinds

    def _attribute(self, name: Word, value: Value, kind: Kind) -> Attribute:
        codes = self.codes_of(name, kind.name if kind is not self.kind else None)
        if isinstance(value, Word) and value.text in ("missing", "present"):
            return Attribute(name=name.text, test=value.text)  # type: ignore[arg-type]
        if isinstance(value, Mapping) and value.entries.keys() & set(SIZES):
            return self._size(name, value, codes, kind)
        test: Literal["is", "not"] = "is"
        if isinstance(value, Mapping):
            only(value, ("not",))
            test, value = "not", value.entries["not"].value
        for code in words(value):
            if not is_free(codes) and code.text not in codes:
                raise Fault(
                    code.line,
                    f"'{name.text}' of '{kind.name}' has no code '{code.text}'."
                    f"{suggestion(code.text, codes)}",
                )
        return Attribute(name=name.text, test=test, values=tuple(code.text for code in words(value)))

    def _size(self, name: Word, value: Mapping, codes: tuple[str, ...], kind: Kind) -> Attribute:
        test = next(iter(value.entries))
        only(value, (test,))
        if codes != (NUMBER,):
            raise Fault(name.line, f"'{name.text}' of '{kind.name}' does not hold a number.")
        return Attribute(name=name.text, test=test, number=number(value.entries[test].value))  # type: ignore[arg-type]

    def _has(self, value: Value, *, negated: bool) -> tuple[Condition, ...]:
        return tuple(self._one_has(mapping(item), negated=negated) for item in documents.values(value))

    def _one_has(self, node: Mapping, *, negated: bool) -> Has:
        only(node, ("kind",), ("where", "over", "under", "of"))
        kind = self.episode_kind(node.entries["kind"].value)
        where, over, under, of = (node.get(key) for key in ("where", "over", "under", "of"))
        return Has(
            kind=kind,
            negated=negated,
            where=self.attributes(where, kind) if where else (),
            over=amount(word(over)) if over else None,
            under=amount(word(under)) if under else None,
            of=self.scope(kind, of),
        )

    def _count(self, value: Value) -> tuple[Condition, ...]:
        node = mapping(value)
        only(node, (), ("of-kind", "is", "at-least", "where", "of", "within", "by"))
        if "of-kind" not in node.entries or len({"is", "at-least"} & node.entries.keys()) != 1:
            raise Fault(
                node.line, "write { of-kind: cla-review, is: 0 } or { of-kind: cla-review, at-least: 2 }."
            )
        kind = self._kinds(node.entries["of-kind"].value)[0]
        where, of, within, by = (node.get(key) for key in ("where", "of", "within", "by"))
        test: Literal["is", "at-least"] = "is" if "is" in node.entries else "at-least"
        days = ("began", "ended") if self.vocabulary.kinds[kind].is_episode else ("done",)
        found = Count(
            kind=kind,
            test=test,
            n=number(node.entries[test].value),
            of=self.scope(kind, of),
            where=self.attributes(where, kind) if where else (),
            within=amount(word(within)) if within else None,
            by=one_of(by, days) if by else days[0],  # type: ignore[arg-type]
        )
        return (found,)

    def _gap(self, value: Value) -> tuple[Condition, ...]:
        node = mapping(value)
        only(node, ("from", "to"), ("more-than", "within"))
        test: Literal["more-than", "within"] = "more-than" if "more-than" in node.entries else "within"
        if len(node.entries) != 3:  # noqa: PLR2004 - two moments and one amount
            raise Fault(node.line, "write { from: MOMENT, to: MOMENT, more-than: 6 months }, or 'within'.")
        found = Gap(
            begins=self.moment(node.entries["from"].value),
            to=self.moment(node.entries["to"].value),
            test=test,
            amount=amount(word(node.entries[test].value)),
        )
        return (found,)

    def _planned(self, value: Value, *, negated: bool) -> Condition:
        kinds = self.event_kinds(value)
        return Planned(kinds=kinds, negated=negated, of=self.scope(kinds[0]))

    def _age(self, value: Value) -> tuple[Condition, ...]:
        node = mapping(value)
        only(node, (), ("under", "at-least", "on"))
        on = node.get("on")
        today = on is not None and one_of(on, ("start", "today")) == "today"
        return tuple(
            Age(test=test, years=number(entry.value), today=today)  # type: ignore[arg-type]
            for test, entry in node.entries.items()
            if test != "on"
        )

    def _lasted(self, value: Value) -> tuple[Condition, ...]:
        node = mapping(value)
        only(node, (), ("under", "at-least"))
        return tuple(
            Lasted(test=test, amount=amount(word(entry.value)))  # type: ignore[arg-type]
            for test, entry in node.entries.items()
        )


_LONGEST = {
    Unit.HOURS: 9_999,
    Unit.DAYS: 9_999,
    Unit.WEEKS: 1_500,
    Unit.MONTHS: 360,
    Unit.YEARS: 30,
}
_LONGEST_IN_COUNTED_DAYS = 7_500


def amount(value: Word) -> Amount:
    """An amount of time, or a Fault that says how one is written."""
    try:
        found = parse_amount(value.text)
    except ValueError as error:
        raise Fault(value.line, str(error)) from None
    longest = _LONGEST.get(found.unit, _LONGEST_IN_COUNTED_DAYS)
    if found.n > longest:
        most = f"{longest} {found.unit}"
        raise Fault(value.line, f"'{value.text}' is longer than any limit can be. At most: {most}.")
    return found


def _position(value: Value) -> int:
    found = number(value)
    if found == 0:
        raise Fault(value.line, "'n' counts from 1: the first is 1, the second 2.")
    return found
