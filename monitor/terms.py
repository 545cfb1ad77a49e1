"""Reads the terms of a rule: its limits, what stops its clock, and what moves or waives the limit."""

from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from monitor import documents
from monitor.documents import Fault, Mapping, Value, flag, mapping, one_of, only, word, words
from monitor.errors import suggestion
from monitor.limits import Amount
from monitor.moments import MomentReader, amount
from monitor.parts import (
    At,
    Before,
    Branch,
    Choose,
    EarlierLimit,
    FreshFor,
    LaterLimit,
    Limit,
    Lookup,
    NextTermEnd,
    NoLimit,
    OnDate,
    Within,
)
from monitor.rule import MovedBy, MovedTo, Stop, Stops, TooEarly, Waiver
from monitor.vocabulary import DATE, NUMBER, vocabulary


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
            return NoLimit() if value.text == "none" else Within(amount=amount(value))
        node = mapping(value)
        forms: dict[str, Callable[[Mapping], Limit]] = {
            "within": self._within,
            "before": self._before,
            "at": lambda form: At(moment=self.moments.moment(form.entries["at"].value)),
            "earlier-of": lambda form: EarlierLimit(limits=self._all(form.entries["earlier-of"].value)),
            "later-of": lambda form: LaterLimit(limits=self._all(form.entries["later-of"].value)),
            "choose": self._choose,
            "date": self._on_date,
            "end-of": lambda form: self._term_end(form.entries["end-of"].value),
            "fresh-for": lambda _: FreshFor(),
        }
        for form, read in forms.items():
            if form in node.entries:
                only(node, (form,), _BESIDE.get(form, ()))
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

    def _before(self, node: Mapping) -> Limit:
        of = node.get("of")
        if of is None:
            raise Fault(node.line, "write { before: 15 working days, of: MOMENT }.")
        return Before(amount=amount(word(node.entries["before"].value)), of=self.moments.moment(of))

    def _on_date(self, node: Mapping) -> Limit:
        month, day = month_and_day(word(node.entries["date"].value))
        year = node.get("year")
        if year and self.moments.codes_of(word(year)) != (NUMBER,):
            raise Fault(year.line, f"'{word(year).text}' does not hold a number: the year.")
        return OnDate(month=month, day=day, year=word(year).text if year else None)

    def _term_end(self, value: Value) -> Limit:
        one_of(value, ("next term",))
        return NextTermEnd()

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
        most = node.get("sum-at-most")
        chosen = Choose(branches=tuple(branches), sum_at_most=amount(word(most)) if most else None)
        if chosen.sum_at_most:
            _check_sum(chosen, chosen.sum_at_most, node.line)
        return chosen


_BESIDE = {"within": ("of",), "before": ("of",), "date": ("year",), "choose": ("sum-at-most",)}
_COMMON_YEAR = 2001
_MONTHS = [f"{date(2000, month, 1):%B}" for month in range(1, 13)]


def month_and_day(said: documents.Word) -> tuple[int, int]:
    """`14 February` as (2, 14); a Fault where there is no such day in every year."""
    day, _, name = said.text.partition(" ")
    month = _MONTHS.index(name) + 1 if name in _MONTHS else 0
    if not month or not day.isdigit() or not 1 <= int(day) <= monthrange(_COMMON_YEAR, month)[1]:
        raise Fault(said.line, f"'{said.text}' is not a day of every year. Write it as '14 February'.")
    return month, int(day)


def _check_sum(chosen: Choose, most: Amount, line: int) -> None:
    """Branches that are parts of one whole may together not be longer than it."""
    parts = [branch.limit for branch in chosen.branches]
    if not all(
        isinstance(part, Within) and part.of is None and part.amount.unit is most.unit for part in parts
    ):
        raise Fault(line, f"'sum-at-most' needs plain limits in every branch, in {most.unit}.")
    total = sum(part.amount.n for part in parts if isinstance(part, Within))
    if total > most.n:
        raise Fault(line, f"the branches come to {total} {most.unit} together; at most {most} are allowed.")


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
    only(node, ("any",), ("where", "since", "if-carried", "of", "not-of-others"))
    kinds = moments.event_kinds(node.entries["any"].value)
    since, where, of = node.get("since"), node.get("where"), node.get("of")
    return Stop(
        kinds=kinds,
        where=moments.attributes(where, kinds[0]) if where else (),
        since=one_of(since, ("clock", "start", "ever")) if since else "clock",  # type: ignore[arg-type]
        of=moments.scope(kinds[0], of),
        optional=flag(node.get("if-carried")),
        not_of_others=flag(node.get("not-of-others")),
    )


def moved_to(value: Value, moments: MomentReader) -> MovedBy | MovedTo:
    node = mapping(value)
    if "by" in node.entries:
        only(node, ("by",), ("at-most",))
    else:
        only(node, ("to",), ("at-most",))
    said = node.get("at-most")
    at_most = amount(word(said)) if said else None
    if "by" in node.entries:
        return MovedBy(kind=moments.event_kinds(node.entries["by"].value)[0], at_most=at_most)
    return MovedTo(to=moments.moment(node.entries["to"].value), at_most=at_most)


def waived(value: Value, moments: MomentReader) -> Waiver:
    node = mapping(value)
    only(node, ("by", "until", "at-most"), ("needs", "given-by", "not-of-others"))
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
        not_of_others=flag(node.get("not-of-others")),
    )


def too_early(value: Value, moments: MomentReader) -> TooEarly:
    node = mapping(value)
    only(node, ("act", "shown-for"), ("floor", "opens", "unless"))
    if len(node.entries.keys() & {"floor", "opens"}) != 1:
        raise Fault(
            node.line,
            "write 'floor' (the period must have run out) or 'opens' (its last day is allowed).",
        )
    form = "opens" if "opens" in node.entries else "floor"
    unless = node.get("unless")
    act = _since_clock(node.entries["act"].value, moments)
    return TooEarly(
        act=act,
        whenever=replace(act, since="ever" if act.of == "this" else "start"),
        amount=amount(word(node.entries[form].value)),
        opens=form == "opens",
        shown_for=amount(word(node.entries["shown-for"].value)),
        unless=_since_clock(unless, moments) if unless else None,
    )


def _since_clock(value: Value, moments: MomentReader) -> Lookup:
    kinds = moments.event_kinds(value)
    return Lookup(pick="first", kinds=kinds, since="clock-day", of=moments.scope(kinds[0]))
