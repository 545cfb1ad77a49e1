"""Rows of several sheets that are one row of a register: those with the same id, and runs that follow on."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from monitor.intake.mapping import Runs
from monitor.intake.parts import ABSENT, Line
from monitor.intake.registers import Register
from monitor.intake.spelling import Unread

Row = tuple[str, int, list[str], bool]
IDENTIFIERS = ("dob", "upn", "uln", "nhs")


def merged(lines: Iterable[Line], header: Sequence[str], register: Register) -> Iterator[Line]:
    """One row for each id: a later one fills what is empty in the first.

    Of a child, what tells who it is and is not the same in two places is not taken from either.
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
        found[key] = (
            (shown, no, cells) if first is None else (first[0], first[1], _filled(first[2], cells, telling))
        )
    yield from found.values()
    yield from without


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


def joined_runs(rows: Iterable[Row], header: Sequence[str], runs: Runs) -> Iterator[Line]:
    """Rows of one child, by their starts: one that begins as the last ended, and is alike, makes it longer."""
    child, start, end = (header.index(name) for name in ("child_id", "start_on", "end_on"))
    alike = [header.index(name) for name in runs.alike if name in header]
    by_child: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_child[row[2][child]].append(row)
    for found in by_child.values():
        # A row without a start comes last: nothing can follow it.
        found.sort(key=lambda row: (not row[2][start], row[2][start]))
        yield from _runs(found, start, end, alike)


def _runs(rows: Sequence[Row], start: int, end: int, alike: Sequence[int]) -> Iterator[Line]:
    open_: Row | None = None
    for row in rows:
        if open_ is not None and not row[3] and _follows(open_[2], row[2], start, end, alike):
            open_[2][end] = row[2][end]
            continue
        if open_ is not None:
            yield open_[:3]
        open_ = (row[0], row[1], list(row[2]), row[3])
    if open_ is not None:
        yield open_[:3]


def _follows(first: Sequence[str], second: Sequence[str], start: int, end: int, alike: Sequence[int]) -> bool:
    is_next = bool(second[start]) and first[end] == second[start] and not isinstance(first[end], Unread)
    return is_next and all(first[at] == second[at] for at in alike)
