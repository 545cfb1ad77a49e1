"""Rows of several sheets that are one row of a register: those with the same id, and runs that follow on."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from monitor.intake.mapping import Runs
from monitor.intake.parts import ABSENT, Line
from monitor.intake.registers import Register
from monitor.intake.spelling import Earlier, LeftOut, Unread


class Turn(NamedTuple):
    """Whether a run of rows breaks before this one, and whether this one shows that something began."""

    breaks: bool = False
    begins: bool = True


Row = tuple[str, int, Sequence[str], Turn]
IDENTIFIERS = ("dob", "upn", "uln", "nhs")


def merged(
    lines: Iterable[Line], header: Sequence[str], register: Register, contradicting: list[int]
) -> Iterator[Line]:
    """One row for each id: a later one fills what is empty in the first.

    Of a child, what tells who it is and is not the same in two places is not taken from either. Of anything else the
    first counts, and the number of a row that says otherwise is added to `contradicting`.
    """
    by = [header.index(name) for name in register.id if name in header]
    telling = [header.index(name) for name in IDENTIFIERS if name in header and register.person == "child"]
    found: dict[tuple[str, ...], Line] = {}
    without: list[Line] = []
    for shown, no, cells in lines:
        key = tuple(cells[at] for at in by)
        if not all(key):
            without.append((shown, no, cells))
            continue
        first = found.get(key)
        if first is not None and type(first[2]) is LeftOut:
            first = None
        elif first is not None and type(cells) is LeftOut:
            continue
        if first is not None and register.person is None and _contradict(first[2], cells):
            contradicting.append(no)
        found[key] = (
            (shown, no, cells) if first is None else (first[0], first[1], _filled(first[2], cells, telling))
        )
    yield from found.values()
    yield from without


def _contradict(first: Sequence[str], second: Sequence[str]) -> bool:
    return first != second and any(
        one and other and one != other for one, other in zip(first, second, strict=True)
    )


def _filled(first: Sequence[str], second: Sequence[str], telling: Sequence[int]) -> Sequence[str]:
    if first == second:
        return first
    cells = [
        other if not one and (other or one is ABSENT) else one
        for one, other in zip(first, second, strict=True)
    ]
    for at in telling:
        if first[at] and second[at] and first[at] != second[at]:
            cells[at] = Unread.because(first[at], "two rows of one child say different things", "contradicts")
    return cells


def joined_runs(rows: Iterable[Row], header: Sequence[str], register: Register, runs: Runs) -> Iterator[Line]:
    """Rows of one child that are alike, by their starts: one that begins by the time the last ended makes it longer."""
    lasting = register.episodes[0]
    child, start, end = (header.index(name) for name in ("child_id", lasting.start[0], lasting.end[0]))
    alike = [header.index(name) for name in runs.alike if name in header]
    by_child: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if type(row[2]) is LeftOut:
            yield row[:3]
        else:
            by_child[row[2][child]].append(row)
    for found in by_child.values():
        # A row without a start comes last: nothing can follow it.
        found.sort(key=lambda row: (not row[2][start], row[2][start]))
        yield from _runs(_each_once(found, end), start, end, alike, runs)


def _each_once(rows: Iterable[Row], end: int) -> list[Row]:
    """Without those that say the same as another, but that they still go on: older files of the same source do."""
    found: dict[tuple[str, ...], Row] = {}
    for row in rows:
        key = (*row[2][:end], *row[2][end + 1 :])
        first = found.get(key)
        if first is None:
            found[key] = row
        elif first[2][end] and row[2][end] and first[2][end] != row[2][end]:
            found[(*key, row[2][end])] = row
        elif row[2][end]:
            found[key] = row
    return list(found.values())


def _runs(rows: Sequence[Row], start: int, end: int, alike: Sequence[int], runs: Runs) -> Iterator[Line]:
    last: dict[tuple[str, ...], list[str]] = {}  # of rows that are alike, the run that goes on
    made: list[Line] = []
    reaches: str | None = None  # how far the child's rows have come
    for shown, no, row, turn in rows:
        cells, kind = list(row), tuple(row[at] for at in alike)
        before = last.get(kind)
        if before is not None and not turn.breaks and _reaches(before[end], cells[start], runs.gap):
            before[end] = _later(before[end], cells[end])
        else:
            if not (turn.begins or (reaches is not None and _reaches(reaches, cells[start], runs.gap))):
                cells[start] = _earlier(cells[start])
            last[kind] = cells
            made.append((shown, no, cells))
        reaches = row[end] if reaches is None else _later(reaches, row[end])
    yield from made


def _reaches(end: str, start: str, gap: int) -> bool:
    """Whether what ended on this day, or has not ended, leaves no gap before this start."""
    if not start or isinstance(start, Unread) or isinstance(end, Unread):
        return False
    return not end or date.fromisoformat(start) <= date.fromisoformat(end) + timedelta(days=gap)


def _later(one: str, other: str) -> str:
    """The later of two ends; one that is open, or cannot be read, has no later."""
    unread = next((end for end in (one, other) if isinstance(end, Unread)), None)
    return unread or (max(one, other) if one and other else "")


def _earlier(start: str) -> str:
    return start if not start or isinstance(start, Unread) else Earlier(start)
