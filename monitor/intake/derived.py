"""What a register's row means beyond its cells; one named, tested function each."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any

from monitor.intake.checks import Origin, RegisterRow
from monitor.intake.specs import says_something
from monitor.vocabulary import UNREADABLE

LONG_ABSENCE = 10  # working days; a longer absence restarts supervision (action plan, point 12)
_HEARING = re.compile(r"hearing|\b(cmh|fcmh|irh|ich|edh)\b", re.IGNORECASE)
# "No hearing listed yet", "prepare for hearing": a step, and not one that may lie as far off as a court's date.
_NO_HEARING = re.compile(r"\b(no|not|without|await\w*|prepar\w*|request\w*|apply|chase)\b", re.IGNORECASE)

_NOT_DONE = {"done_on": None, "due_on": None, "unknown": False, "status": None}

Fields = dict[str, Any]


def absence(row: RegisterRow, fields: Fields, origin: Origin) -> None:
    """Annual leave or not; and whether an ended absence that was not leave lasted over ten working days."""
    is_leave = "annual" in str(row.values.get("reason") or "").lower()
    attributes = fields["attributes"]
    attributes["leave"] = "annual" if is_leave else "other"
    start, end = fields["start_on"], fields["end_on"]
    if start and end:
        is_long = not is_leave and origin.calendar.working_days_between(start, end) > LONG_ABSENCE
        attributes["long"] = "yes" if is_long else "no"


def plo_case(row: RegisterRow, fields: Fields, _: Origin) -> None:
    """An exit ends the case unless it went on to court; then the final order does."""
    exited = row.values.get("exited_on")
    went_to_court = "issued_on" in row.values or row.values.get("exit_outcome") == "issued"
    if fields["end_on"] is None and exited is not None and not went_to_court:
        fields["end_on"] = exited


def next_step(row: RegisterRow, fields: Fields, _: Origin) -> None:
    """A next step that is a hearing is one; the words themselves are dropped."""
    words = str(row.values.get("next_step") or "")
    if _HEARING.search(words) and not _NO_HEARING.search(words):
        fields["kind"] = "plo-hearing"


# The words by which councils call a plan for permanence, and the route that they mean.
_ROUTES = (
    ("adoption", re.compile(r"adopt")),
    ("special-guardianship", re.compile(r"special guardian|special-guardian|\bsgo?\b")),
    ("child-arrangements", re.compile(r"child.arrangement|\bcao\b")),
    ("long-term-fostering", re.compile(r"foster|\bltf\b|kin(ship)?\b|connected|family and friends")),
    ("return-home", re.compile(r"return|reunif|rehabilit|\bhome\b|parent")),
)
_NOT_HOME = re.compile(r"children'?s home|residential")


def permanence_plan(_: RegisterRow, fields: Fields, __: Origin) -> None:
    """By which route the plan leads to permanence, so that rules need not know every word for it."""
    route = _route(fields["attributes"].pop("route", ""))
    if route:
        fields["attributes"]["route"] = route


def plan_b(row: RegisterRow, fields: Fields, _: Origin) -> None:
    """A Plan B in the very words of Plan A is none: it has become the plan, or was copied."""
    words = _words(row.values.get("plan_b"))
    if words and words == _words(row.values.get("plan_a")):
        fields |= _NOT_DONE


def long_term_match(row: RegisterRow, fields: Fields, _: Origin) -> None:
    """A match by another route than long-term fostering, such as one with adopters, is none with foster carers."""
    if _route(str(row.values.get("plan_a") or "")) != "long-term-fostering":
        fields |= _NOT_DONE


def _words(text: object) -> list[str]:
    return re.findall(r"\w+", str(text or "").lower())


def _route(plan: str) -> str | None:
    """The route to permanence that the words of a plan mean; "other" where they mean none of ours."""
    words = plan.lower()
    if not words:
        return None
    route = next((name for name, pattern in _ROUTES if pattern.search(words)), "other")
    return "other" if route == "return-home" and _NOT_HOME.search(words) else route


def decision(row: RegisterRow, fields: Fields, _: Origin) -> None:
    """A decision is on file once its reasons, its evidence and the name of who decided are."""
    is_whole = all(
        says_something(row.values, {}, name) for name in ("rationale", "evidence", "decided_by_id")
    )
    fields["attributes"]["on_file"] = "yes" if is_whole else "no"


def ehc_request(row: RegisterRow, fields: Fields, origin: Origin) -> None:
    """A decision counts from its day: without one, with one before the request or after the data, there is none yet.

    Of a refusal whose day cannot be read nobody can say whether it is one; any other decision lets the request go on.
    """
    attributes = fields["attributes"]
    if "decided_on" in row.unreadable:
        if attributes.get("decision") == "refuse":
            attributes["decision"] = UNREADABLE
        return
    decided, received = (_day(row, name) for name in ("decided_on", "received_on"))
    if decided is None or decided > origin.as_at or (received is not None and decided < received):
        attributes.pop("decision", None)


def _day(row: RegisterRow, column: str) -> date | None:
    value = row.values.get(column)
    return value if isinstance(value, date) else None


DERIVED: dict[str, Callable[[RegisterRow, Fields, Origin], None]] = {
    "absence": absence,
    "decision": decision,
    "ehc-request": ehc_request,
    "long-term-match": long_term_match,
    "plo-case": plo_case,
    "next-step": next_step,
    "permanence-plan": permanence_plan,
    "plan-b": plan_b,
}
