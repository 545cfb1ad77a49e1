"""What a register's row means beyond its cells; one named, tested function each."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from monitor.calendars import Calendar

LONG_ABSENCE = 10  # working days; a longer absence restarts supervision (action plan, point 12)
_HEARING = re.compile(r"hearing|\b(cmh|fcmh|irh|ich|edh)\b", re.IGNORECASE)

Values = Mapping[str, Any]
Fields = dict[str, Any]


def absence(values: Values, fields: Fields, calendar: Calendar) -> None:
    """Annual leave or not; and whether an ended absence that was not leave lasted over ten working days."""
    is_leave = "annual" in str(values.get("reason") or "").lower()
    attributes = fields["attributes"]
    attributes["leave"] = "annual" if is_leave else "other"
    start, end = fields["start_on"], fields["end_on"]
    if start and end:
        is_long = not is_leave and calendar.working_days_between(start, end) > LONG_ABSENCE
        attributes["long"] = "yes" if is_long else "no"


def plo_case(values: Values, fields: Fields, calendar: Calendar) -> None:
    """An exit ends the case unless it went on to court; then the final order does."""
    del calendar
    exited: date | None = values.get("exited_on")
    went_to_court = values.get("issued_on") is not None or values.get("exit_outcome") == "issued"
    if fields["end_on"] is None and exited is not None and not went_to_court:
        fields["end_on"] = exited


def next_step(values: Values, fields: Fields, calendar: Calendar) -> None:
    """A next step that is a hearing is one; the words themselves are dropped."""
    del calendar
    if _HEARING.search(str(values.get("next_step") or "")):
        fields["kind"] = "plo-hearing"


DERIVED: dict[str, Callable[[Values, Fields, Calendar], None]] = {
    "absence": absence,
    "plo-case": plo_case,
    "next-step": next_step,
}
