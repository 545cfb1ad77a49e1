"""Rows that are one row of a register: what several sheets tell of the same id, and runs that follow on."""

from collections import Counter, defaultdict
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
TOLD_OF_A_CHILD = ("dob", "upn", "uln", "nhs", "restricted")
MOST_PARTS = 50  # of one id; with more, none says anything, and whose part it is matters no more
ONE_ID = "has the same id and says otherwise"


class Told(NamedTuple):
    """A line with the sheet and the row that it is from; what is told in parts has no row of its own."""

    sheet: int
    row: int | None
    line: Line


def merged(
    told: Iterable[Told], header: Sequence[str], register: Register, read: Counter[str]
) -> Iterator[Line]:
    """One line for each id. What one row tells in several lines is one, and so is what several sheets tell in parts.

    Where two rows of one sheet differ, or two sheets contradict each other, what differs is taken from none of them.
    Many rows may tell of one child: a later one fills what is empty in the first, and what tells who it is and is not
    the same in two places is not taken from either.
    """
    by = [header.index(name) for name in register.id if name in header]
    telling = [header.index(name) for name in TOLD_OF_A_CHILD if name in header]
    found: dict[tuple[str, ...], list[Told]] = {}
    without: list[Line] = []
    left_out: list[tuple[tuple[str, ...], Line]] = []
    for each in told:
        key = tuple(each.line[2][at] for at in by)
        if not key or not all(key):
            without.append(each.line)
            continue
        before = found.setdefault(key, [])
        if type(each.line[2]) is LeftOut:
            left_out.append((key, each.line))
        elif register.person == "child":
            first = before[0].line if before else each.line
            before[:] = [Told(0, None, (*first[:2], _filled(first[2], each.line[2], telling)))]
        elif not _is_known(before, each, read):
            before.append(each)
    for rows in filter(None, found.values()):
        yield rows[0].line if len(rows) == 1 else _one(rows)
    yield from (line for key, line in left_out if not found[key])
    yield from without


def _is_known(before: list[Told], told: Told, read: Counter[str]) -> bool:
    """Whether it is a part of a row that is known, or says the same as one of its sheet."""
    for at, one in enumerate(before[:MOST_PARTS]):
        if (one.sheet, one.row) == (told.sheet, told.row):
            before[at] = one._replace(line=(*one.line[:2], _filled(one.line[2], told.line[2], ())))
            read["parts"] += told.row is not None
            return True
    return any(one.sheet == told.sheet and one.line[2] == told.line[2] for one in before[:MOST_PARTS])


def _one(rows: Sequence[Told]) -> Line:
    """One line of several rows with one id."""
    shown, no, first = rows[0].line
    is_twice = len({each.sheet for each in rows}) < len(rows)
    if is_twice or any(_contradict(first, each.line[2]) for each in rows[1:]):
        columns = zip(*(each.line[2] for each in rows), strict=True)
        return shown, no, [_agreed(rows, cells) for cells in columns]
    cells = first
    for each in rows[1:]:
        cells = _filled(cells, each.line[2], ())
    return shown, no, cells


def _agreed(rows: Sequence[Told], cells: Sequence[str]) -> str:
    """What all rows say that can say it; else that they do not agree, and which other row it is."""
    can = {each.sheet for each, cell in zip(rows, cells, strict=True) if cell is not ABSENT}
    said = [(each.line, cell) for each, cell in zip(rows, cells, strict=True) if each.sheet in can]
    if not said:
        return ABSENT
    other = next((line for line, cell in said if cell != said[0][1]), None)
    if other is None:
        return said[0][1]
    where = f"row {other[1]}" if other[0] == rows[0].line[0] else f"{other[0]} row {other[1]}"
    return Unread.because(next(cell for _, cell in said if cell), f"{where} {ONE_ID}", "twice")


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
