"""Reads the stages of a rule: the point on the clock, and whom each tells."""

import re
from typing import Any

from monitor import documents
from monitor.documents import Fault, Mapping, Value, flag, mapping, one_of, only, word
from monitor.errors import suggestion
from monitor.limits import Amount, Unit
from monitor.moments import MomentReader, amount
from monitor.rule import Recipient, Stage
from monitor.terms import month_and_day
from monitor.vocabulary import vocabulary


def role(name: documents.Word) -> str:
    allowed = vocabulary().all_roles()
    if name.text not in allowed:
        raise Fault(name.line, f"there is no role '{name.text}'.{suggestion(name.text, allowed)}")
    return name.text


def read_stages(value: Value, moments: MomentReader, faults: list[Fault] | None = None) -> tuple[Stage, ...]:
    """The stages in their order; what is wrong is gathered in `faults`, or without them raised."""
    found: dict[str, Stage] = {}
    for item in documents.some(value):
        try:
            stage = _stage(mapping(item), moments)
            if stage.label in found:
                raise Fault(item.line, f"the stage '{stage.label}' is given twice.")  # noqa: TRY301 - gathered
            found[stage.label] = stage
        except Fault as fault:
            if faults is None:
                raise
            faults.append(fault)
    return tuple(found.values())


def _stage(node: Mapping, moments: MomentReader) -> Stage:
    only(node, ("at", "rag", "tell"), ("when", "urgent", "answer"))
    label = word(node.entries["at"].value)
    point, length, more = _point(label)
    rag = one_of(node.entries["rag"].value, ("amber", "red"))
    tell = tuple(_recipient(item, moments) for item in documents.some(node.entries["tell"].value))
    when = node.get("when")
    return Stage(
        label=label.text,
        point=point,  # type: ignore[arg-type]
        amount=length,
        rag=rag,  # type: ignore[arg-type]
        tell=tell,
        when=moments.conditions(when) if when else (),
        urgent=flag(node.get("urgent")),
        answer=flag(node.get("answer")),
        **more,
    )


def _recipient(value: Value, moments: MomentReader) -> Recipient:
    if isinstance(value, documents.Word):
        return Recipient(role=role(value))
    node = mapping(value)
    only(node, ("by", "of"), ())
    attribute = word(node.entries["by"].value)
    codes = moments.codes_of(attribute)
    roles = []
    for code, told in mapping(node.entries["of"].value).items():
        if code not in codes:
            raise Fault(told.line, f"'{attribute.text}' has no code '{code}'.{suggestion(code, codes)}")
        roles.append((code, role(word(told))))
    unsaid = [code for code in codes if code not in dict(roles)]
    if unsaid:
        raise Fault(
            attribute.line, f"'of' does not say whom to tell when '{attribute.text}' is '{unsaid[0]}'."
        )
    return Recipient(attribute=attribute.text, by=tuple(roles))


_POINTS = {" in": "in", " before": "before", " over": "over"}
NAMED_POINTS = {
    "at once": ("in", Amount(0, Unit.DAYS)),
    "due": ("due", None),
    "overdue": ("overdue", None),
    "half-term": ("half-term", None),
    "booked too early": ("booked", None),
    "too early": ("early", None),
}


def _point(label: documents.Word) -> tuple[str, Amount | None, dict[str, Any]]:
    """The point that a label names, its amount, and what else a stage of that sort holds."""
    if label.text in NAMED_POINTS:
        return *NAMED_POINTS[label.text], {}
    for ending, point in _POINTS.items():
        if label.text.endswith(ending):
            length = amount(documents.Word(label.text.removesuffix(ending), label.line))
            if not length.n and point != "in":
                raise Fault(label.line, f"'{label.text}' is the last day itself: write 'due', or 'overdue'.")
            return point, length, {}
    share = re.fullmatch("([1-9][0-9]?)%", label.text)
    if share:
        return "share", None, {"percent": int(share[1])}
    if re.fullmatch("[0-9]{1,2} [A-Z][a-z]+", label.text):
        return "date", None, {"date": month_and_day(label)}
    raise Fault(
        label.line,
        f"'{label.text}' is not a stage. Write '12 weeks in', '60%', '5 working days before', '1 October', "
        "'half-term', 'due', 'overdue', '10 working days over', 'booked too early', 'too early' or 'at once'.",
    )
