"""Reads the terms of a rule: its limits, what stops its clock, and what moves or waives the limit."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from monitor import documents
from monitor.documents import Fault, Mapping, Value, flag, mapping, one_of, only, word, words
from monitor.errors import suggestion
from monitor.moments import MomentReader, amount
from monitor.rule import (
    At,
    Branch,
    Choose,
    EarlierLimit,
    FreshFor,
    LaterLimit,
    Limit,
    MovedBy,
    MovedTo,
    Stop,
    Stops,
    Waiver,
    Within,
)
from monitor.vocabulary import DATE, vocabulary


@dataclass(frozen=True, slots=True)
class LimitReader:
    """Reads limits, which nest and may be dated."""

    moments: MomentReader

    def dated(self, value: Value) -> tuple[tuple[date, Limit], ...]:
        if isinstance(value, Mapping) and value.entries and all(key[:1].isdigit() for key in value.entries):
            versions = [
                (documents.day(documents.Word(key, entry.line)), self.limit(entry.value))
                for key, entry in value.entries.items()
            ]
            return tuple(sorted(versions, key=lambda version: version[0]))
        return ((date.min, self.limit(value)),)

    def limit(self, value: Value) -> Limit:
        if isinstance(value, documents.Word):
            return Within(amount=amount(value))
        node = mapping(value)
        forms: dict[str, Callable[[Mapping], Limit]] = {
            "within": self._within,
            "at": lambda form: At(moment=self.moments.moment(form.entries["at"].value)),
            "earlier-of": lambda form: EarlierLimit(limits=self._all(form.entries["earlier-of"].value)),
            "later-of": lambda form: LaterLimit(limits=self._all(form.entries["later-of"].value)),
            "choose": self._choose,
            "fresh-for": lambda _: FreshFor(),
        }
        for form, read in forms.items():
            if form in node.entries:
                only(node, (form,), ("of",) if form == "within" else ())
                return read(node)
        first = next(iter(node.entries), "")
        raise Fault(node.line, f"'{first}' is not a form of limit.{suggestion(first, tuple(forms))}")

    def _within(self, node: Mapping) -> Limit:
        of = node.get("of")
        length = amount(word(node.entries["within"].value))
        if of is None:
            return Within(amount=length)
        if isinstance(of, Mapping) and {"within", "choose", "at"} & of.entries.keys():
            return Within(amount=length, of=self.limit(of))
        return Within(amount=length, of=self.moments.moment(of))

    def _all(self, value: Value) -> tuple[Limit, ...]:
        return tuple(self.limit(item) for item in documents.some(value))

    def _choose(self, node: Mapping) -> Limit:
        branches = []
        for item in documents.values(node.entries["choose"].value):
            branch = mapping(item)
            only(branch, ("limit",), ("when",))
            when = branch.get("when")
            branches.append(
                Branch(
                    when=self.moments.conditions(when) if when else (),
                    limit=self.limit(branch.entries["limit"].value),
                )
            )
        if not branches or branches[-1].when:
            raise Fault(
                node.line, "the last branch of 'choose' must have no 'when', so that one always applies."
            )
        return Choose(branches=tuple(branches))


def stops(value: Value, moments: MomentReader) -> Stops:
    if isinstance(value, Mapping) and "all" in value.entries:
        only(value, ("all",), ())
        inner = value.entries["all"].value
        return Stops(stops=tuple(_stop(item, moments) for item in documents.values(inner)), every=True)
    return Stops(stops=tuple(_stop(item, moments) for item in documents.values(value)))


def _stop(value: Value, moments: MomentReader) -> Stop:
    if isinstance(value, documents.Word):
        kinds = moments.event_kinds(value)
        return Stop(kinds=kinds, of=moments.scope(kinds[0]))
    node = mapping(value)
    only(node, ("any",), ("where", "since", "if-carried"))
    kinds = moments.event_kinds(node.entries["any"].value)
    since, where = node.get("since"), node.get("where")
    return Stop(
        kinds=kinds,
        where=moments.attributes(where, kinds[0]) if where else (),
        since=one_of(since, ("clock", "start", "ever")) if since else "clock",  # type: ignore[arg-type]
        of=moments.scope(kinds[0]),
        optional=flag(node.get("if-carried")),
    )


def moved_to(value: Value, moments: MomentReader) -> MovedBy | MovedTo:
    node = mapping(value)
    if "by" in node.entries:
        only(node, ("by",), ())
        return MovedBy(kind=moments.event_kinds(node.entries["by"].value)[0])
    only(node, ("to",), ("at-most",))
    at_most = node.get("at-most")
    return MovedTo(
        to=moments.moment(node.entries["to"].value), at_most=amount(word(at_most)) if at_most else None
    )


def waived(value: Value, moments: MomentReader) -> Waiver:
    node = mapping(value)
    only(node, ("by", "until", "at-most"), ("needs", "given-by"))
    kind = moments.event_kinds(node.entries["by"].value)[0]
    needs, given_by = node.get("needs"), node.get("given-by")
    until = word(node.entries["until"].value)
    for name in words(needs) if needs else ():
        moments.codes_of(name, kind)
    if moments.codes_of(until, kind) != (DATE,):
        raise Fault(until.line, f"'{until.text}' of '{kind}' does not hold a date.")
    return Waiver(
        kind=kind,
        until=until.text,
        needs=tuple(item.text for item in words(needs)) if needs else (),
        at_most=amount(word(node.entries["at-most"].value)),
        given_by=one_of(given_by, vocabulary().all_roles()) if given_by else None,
    )
