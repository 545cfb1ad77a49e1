"""The rows that an example gives: read strictly, into what would stand in the ledger."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Table

from monitor import documents, tables
from monitor.documents import Fault, Value, day, mapping, moment, one_of, only, word
from monitor.errors import suggestion
from monitor.rule import Rule
from monitor.vocabulary import DATE, MOMENT, UNREADABLE, Kind, is_free, vocabulary

SOURCE = "registers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One row as it would stand in the ledger; `record` is what Events about it name."""

    table: Table
    kind: str
    ref: str
    record: str
    fields: Mapping[str, Any]


@dataclass(slots=True)
class Rows:
    """Reads the rows of one example in order, as Events may be about a row that stands before them."""

    rule: Rule
    known_on: date
    rows: list[Given] = field(default_factory=list)

    def read(self, value: Value) -> tuple[Given, ...]:
        for each in documents.some(value):
            self.rows.append(self._row(mapping(each)))
        if not any(row.kind == self.rule.each for row in self.rows):
            raise Fault(value.line, f"no row is a '{self.rule.each}', so the rule has nothing to run for.")
        if not any(row.fields.get("child_key") == _key("C1") for row in self.rows if row.kind == "child"):
            self.rows.append(_child("C1", None, None))
        return tuple(self.rows)

    def _row(self, node: documents.Mapping) -> Given:
        if "episode" in node.entries:
            return self._episode(node, _kind(word(node.entries["episode"].value), is_episode=True))
        if "event" in node.entries:
            return self._event(node, _kind(word(node.entries["event"].value), is_episode=False))
        if "worker" in node.entries:
            only(node, ("worker",))
            return _worker(mapping(node.entries["worker"].value))
        only(node, ("child",))
        child = mapping(node.entries["child"].value)
        only(child, (), ("id", "dob", "expected_dob"))
        return _child(_text(child, "id", "C1"), _day_in(child, "dob"), _day_in(child, "expected_dob"))

    def _episode(self, node: documents.Mapping, kind: Kind) -> Given:
        only(node, ("episode", "start"), ("end", "ref", "about", "child", "worker", *kind.attributes))
        attributes = _attributes(node, kind)
        default = f"{kind.name}-{1 + sum(row.kind == kind.name for row in self.rows)}"
        if kind.name == "excuse":
            default = next((row.ref for row in self.rows if row.kind == self.rule.each), default)
            attributes = {"rule": self.rule.id, **attributes}
        ref = SOURCE if kind.of == "feed" else _text(node, "ref", default)
        start = word(node.entries["start"].value)
        unknown = start.text if start.text in ("missing", "unreadable") else None
        end = node.get("end")
        end_unknown = end is not None and word(end).text == "unreadable"
        whose, record = self._place(node, kind, ref)
        fields = {
            "ref": ref,
            **whose,
            "start_on": None if unknown else day(start),
            "start_unknown": unknown,
            "end_on": None if end_unknown else _day_in(node, "end"),
            "end_unknown": end_unknown,
            "attributes": attributes,
        }
        return _given(tables.episode, kind.name, ref, record, fields)

    def _event(self, node: documents.Mapping, kind: Kind) -> Given:
        only(node, ("event",), ("done", "due", "status", "about", "ref", "child", "worker", *kind.attributes))
        done, due = node.get("done"), _day_in(node, "due")
        if done is None and due is None:
            raise Fault(node.line, "write when it was 'done', or when it is 'due'.")
        unknown = done is not None and word(done).text == "unreadable"
        done_on = None if done is None or unknown else day(done)
        if done is not None and done_on is not None and done_on > self.known_on:
            raise Fault(done.line, f"'{done_on}' lies after the day of the data: what is planned is 'due'.")
        ref = _text(node, "ref", f"{kind.name}-{len(self.rows) + 1}")
        whose, record = self._place(node, kind, ref)
        fields = {
            **whose,
            "due_on": due,
            "done_on": done_on,
            "unknown": unknown,
            "status": _text(node, "status", "") or None,
            "attributes": _attributes(node, kind),
        }
        return _given(tables.event, kind.name, ref, record, fields)

    def _place(self, node: documents.Mapping, kind: Kind, ref: str) -> tuple[dict[str, str | None], str]:
        """Whose the row is, and the record it is about: itself, the row named, or the first it can be about."""
        if kind.of in ("child", "worker", "any", "feed") and "about" not in node.entries:
            whose = _whose(node, kind)
            return whose, _record(ref, whose, kind)
        cases = [row for row in self.rows if row.kind not in ("child", "worker")]
        if "about" in node.entries:
            name = word(node.entries["about"].value)
            cases = [row for row in cases if row.ref == name.text]
            if not cases:
                raise Fault(name.line, f"no row before this one has the ref '{name.text}'.")
        cases.sort(key=lambda row: row.kind != kind.of)
        if not cases:
            raise Fault(node.line, f"'{kind.name}' is about a '{kind.of}': write that row before it.")
        about = cases[0]
        return {
            "child_key": about.fields["child_key"],
            "worker_key": about.fields["worker_key"],
        }, about.record


def _kind(name: documents.Word, *, is_episode: bool) -> Kind:
    allowed = [kind.name for kind in vocabulary().kinds.values() if kind.is_episode is is_episode]
    if name.text not in allowed:
        what = "Episode" if is_episode else "Event"
        raise Fault(name.line, f"there is no kind of {what} '{name.text}'.{suggestion(name.text, allowed)}")
    return vocabulary().kinds[name.text]


def _attributes(node: documents.Mapping, kind: Kind) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, codes in kind.attributes.items():
        value = node.get(name)
        if value is None:
            continue
        if codes in ((DATE,), (MOMENT,)) and word(value).text == UNREADABLE:
            pass
        elif codes == (DATE,):
            day(value)
        elif codes == (MOMENT,):
            moment(value)
        elif not is_free(codes):
            one_of(value, codes)
        found[name] = word(value).text
    return found


def _text(node: documents.Mapping, key: str, default: str) -> str:
    value = node.get(key)
    return word(value).text if value else default


def _day_in(node: documents.Mapping, key: str) -> date | None:
    value = node.get(key)
    return day(value) if value else None


def _key(ref: str) -> str:
    return f"{SOURCE}:{ref}"


def _whose(node: documents.Mapping, kind: Kind) -> dict[str, str | None]:
    """The child's or the worker's key; a row that is a child's may name a worker beside."""
    worker = _text(node, "worker", "W1" if kind.of == "worker" else "")
    child = "" if kind.of in ("worker", "feed") else _text(node, "child", "C1")
    return {"child_key": _key(child) if child else None, "worker_key": _key(worker) if worker else None}


def _record(ref: str, whose: Mapping[str, Any], kind: Kind) -> str:
    if kind.of == "feed":
        return SOURCE
    return f"{SOURCE}|{ref}|{whose['child_key'] or whose['worker_key']}"


def _given(table: Table, kind: str, ref: str, record: str, fields: Mapping[str, Any]) -> Given:
    own = {"kind": kind, "record": record, **fields}
    return Given(table=table, kind=kind, ref=ref, record=record, fields=own)


def _child(ref: str, dob: date | None, expected: date | None) -> Given:
    fields = {"child_key": _key(ref), "dob": dob, "expected_dob": expected, "restricted": False}
    return Given(table=tables.child, kind="child", ref=ref, record=ref, fields=fields)


def _worker(node: documents.Mapping) -> Given:
    """A worker and their share of a full-time post."""
    only(node, ("fte",), ("id",))
    share, ref = word(node.entries["fte"].value), _text(node, "id", "W1")
    if not re.fullmatch(r"\d+(\.\d+)?", share.text):
        raise Fault(share.line, f"'{share.text}' is not a share of a full-time post. Write it as 0.6.")
    fields = {"worker_key": _key(ref), "fte": share.text}
    return Given(table=tables.worker, kind="worker", ref=ref, record=ref, fields=fields)
