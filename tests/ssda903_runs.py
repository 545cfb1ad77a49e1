"""What an SSDA903 return says of care, legal statuses and placements, reckoned in plain Python from its rows.

A row goes on from the one before of the same child where it begins by the day after that ended. A start is known where
the row's RNE says that something began, or where the row before it is there to show that.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from xml.etree.ElementTree import Element, parse

from tests.ssda903_return import RETURN, Period, day, rows

ENTRY = ("S",)
OF_STATUS = ("S", "L", "B", "U")
OF_PLACE = ("S", "P", "T", "B", "U")
SHORT_BREAKS = ("V3", "V4")
ADOPTION = ("A3", "A4", "A5", "A6")

Return = Mapping[str, list[dict[str, str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Rows that are one: whose, of which code, from when (None where it began before) until when."""

    child: str
    code: str
    first_day: date
    start_on: date | None
    end_on: date | None

    def lasts_on(self, on: date) -> bool:
        return self.first_day <= on and (self.end_on is None or self.end_on > on)


def csv_return() -> Return:
    names = {"header": "header", "episodes": "episodes", "reviews": "reviews"}
    names |= {"missing": "missing", "ad1": "ad1", "uasc": "uasc"}
    return {what: rows(name) for what, name in names.items()}


def xml_return() -> Return:
    found: dict[str, list[dict[str, str]]] = defaultdict(list)
    for child in parse(RETURN / "fake_903.xml").getroot():  # noqa: S314 - invented, and ours to read
        header = child.find("HEADER")
        assert header is not None
        own = {"CHILD": header.findtext("CHILDID") or ""}
        found["header"].append({**own, **_texts(header)})
        found["reviews"] += [{**own, **_texts(each)} for each in header.iter("AREVIEW")]
        found["missing"] += [{**own, **_texts(each)} for each in header.iter("AMISSING")]
        found["ad1"] += [{**own, **_texts(header)}] if header.findtext("DATE_INT") else []
        found["uasc"] += [{**own, **_texts(header)}] if header.findtext("DUC") else []
        for each in child.iter("EPISODE"):
            found["episodes"].append({**own, **_texts(each), "PLACE": each.findtext("PL") or ""})
    return found


def _texts(node: Element) -> dict[str, str]:
    return {each.tag: (each.text or "").strip() for each in node if len(each) == 0}


def care(of: Return) -> list[Run]:
    """Periods of care; a child that leaves and comes back on one day has not left, but for short breaks."""
    found: list[Run] = []
    for run in runs(of, _breaks, begins=ENTRY, parts=ENTRY):
        last = next(
            (each for each in reversed(found) if (each.child, each.code) == (run.child, run.code)), None
        )
        if last and last.start_on and run.start_on and (last.end_on is None or run.start_on <= last.end_on):
            end_on = None if last.end_on is None or run.end_on is None else max(last.end_on, run.end_on)
            found[found.index(last)] = replace(last, end_on=end_on)
        else:
            found.append(run)
    return found


def _breaks(row: Mapping[str, str]) -> str:
    return "yes" if row["LS"] in SHORT_BREAKS else "no"


def statuses(of: Return) -> list[Run]:
    return runs(of, lambda row: row["LS"], begins=OF_STATUS, parts=ENTRY)


def placements(of: Return) -> list[Run]:
    return runs(of, lambda row: row["PLACE"], begins=OF_PLACE, parts=OF_PLACE)


def authorities(of: Return) -> list[Run]:
    ordered = {**of, "episodes": [row for row in of["episodes"] if row["LS"] == "E1"]}
    return runs(ordered, lambda row: row["LS"], begins=OF_STATUS, parts=ENTRY)


def runs(
    of: Return, code_of: Callable[[Mapping[str, str]], str], *, begins: Iterable[str], parts: Iterable[str]
) -> list[Run]:
    by_child = defaultdict(list)
    for number, row in enumerate(of["episodes"]):
        entered = day(row["DECOM"])
        assert entered is not None
        by_child[row["CHILD"]].append((entered, number, row))
    found: list[Run] = []
    for child, listed in by_child.items():
        own: list[Run] = []
        reach: date | None = date.min
        for entered, _, row in sorted(listed, key=lambda each: each[:2]):
            code, left = code_of(row), day(row["DEC"])
            at = next((n for n in reversed(range(len(own))) if own[n].code == code), None)
            if at is not None and row["RNE"] not in parts and _follows(own[at].end_on, entered):
                own[at] = replace(own[at], end_on=_later(own[at].end_on, left))
            else:
                is_known = row["RNE"] in begins or (reach != date.min and _follows(reach, entered))
                start = entered if is_known else None
                own.append(Run(child=child, code=code, first_day=entered, start_on=start, end_on=left))
            reach = left if reach == date.min else _later(reach, left)
        found += own
    return found


def _follows(end: date | None, start: date) -> bool:
    return end is None or start <= end + timedelta(days=1)


def _later(one: date | None, other: date | None) -> date | None:
    return None if one is None or other is None else max(one, other)


def period(run: Run) -> Period:
    """The period of care as the arithmetic of its reviews wants it."""
    ref = f"{run.child}/{run.first_day}"
    return Period(ref=ref, child=run.child, entered_on=run.first_day, left_on=run.end_on)
