"""Where the sheets of a mapping are: which grid holds one, and where its header and its columns stand."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import islice

from monitor.intake.mapping import (
    Form,
    Sheet,
)
from monitor.intake.parts import Part
from monitor.intake.reading.grid import Grid, NumberedRow, plain

HEADER_WITHIN = 12  # rows; above it stand titles and notes


@dataclass(frozen=True, slots=True)
class Source:
    """A sheet found: the grid that holds it, the number of its header row, and where each of its columns stands."""

    sheet: Sheet
    grid: Grid
    header_no: int
    at: Mapping[str, int]

    def rows(self) -> Iterator[NumberedRow]:
        """Those below the header in which anything stands."""
        rows = ((no, cells) for no, cells in self.grid.rows() if no > self.header_no)
        return ((no, cells) for no, cells in rows if any(map(str.strip, cells)))


@dataclass(slots=True)
class Mapped:
    """What was found of a form in some grids: the parts that it makes, and what a person should know."""

    parts: list[Part] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    days: set[str] = field(default_factory=set)  # that the sheets name as their own

    def tell(self, note: str) -> None:
        if note not in self.notes:
            self.notes.append(note)


def why_nothing(form: Form, grids: Sequence[Grid], where: str) -> str:
    """Why nothing there is of the form: which headings a sheet of any name lacks, else what its sheets are called."""
    is_tree = any(
        sheet.at is not None for sheet in form.sheets
    )  # of which only what is asked for is laid out
    if not is_tree and not any(next(grid.rows(), None) for grid in grids):
        return f"there is not one row in {where}: export it again"
    for sheet in form.sheets:
        if sheet.makes and not sheet.called and sheet.at is None and grids:
            missing = min((_source(sheet, grid, exact=False)[1] for grid in grids), key=len)
            named = " and ".join(_any_of(sheet.columns[each].called) for each in missing)
            no_list = f"nothing in {where} is a list of '{form.name}'"
            return f"{no_list}: none of the first {HEADER_WITHIN} rows has {named}"
    wanted = ", ".join(sheet.called[0] if sheet.called else sheet.name for sheet in form.sheets[:6])
    more = " and others" if len(form.sheets) > 6 else ""  # noqa: PLR2004 - enough to know it by
    return f"nothing in {where} is a sheet of the format '{form.name}', which has {wanted}{more}"


def _any_of(called: Sequence[str]) -> str:
    """A heading, and two more that would do as well."""
    first, *others = (f"'{each}'" for each in called[:3])
    return f"{first} (or {', '.join(others)})" if others else first


def sources_of(
    form: Form, sheet: Sheet, grids: Iterable[Grid], found: Mapped, *, exact: bool
) -> list[Source]:
    sources = []
    for grid in grids:
        is_called = grid.name == sheet.name if exact else _is_called(grid.name, sheet.called)
        by_columns = not exact and (not sheet.called or (sheet.by_columns and not _is_named(form, grid)))
        if not is_called and not by_columns:
            continue
        source, missing = _source(sheet, grid, exact=exact)
        if source:
            sources.append(source)
        elif (
            is_called
            and sheet.makes
            and not exact
            and _is_a_fault(sheet, missing)
            and next(grid.rows(), None)
        ):
            named = ", ".join(f"'{sheet.columns[each].called[0]}'" for each in missing)
            found.faults.append(f"{grid.shown}: has no column {named} in its first {HEADER_WITHIN} rows")
    return sources


def _is_named(form: Form, grid: Grid) -> bool:
    """Whether some sheet of the form is called as this grid is."""
    return any(_is_called(grid.name, each.called) for each in form.sheets)


def _is_a_fault(sheet: Sheet, missing: Sequence[str]) -> bool:
    """Whether it is one that these columns are not there: without the one that picks its rows, it has none."""
    picks = {test.column for test in sheet.only}
    return bool(missing) and not picks.intersection(missing)


def of_form(form: Form, grids: Iterable[Grid]) -> list[Grid]:
    """The grids that are called as one of the form's sheets."""
    return [grid for grid in grids if any(_is_called(grid.name, sheet.called) for sheet in form.sheets)]


def _is_called(name: str, called: tuple[str, ...]) -> bool:
    return any(_is_like(name, each) for each in called)


def _is_like(text: str, pattern: str) -> bool:
    """Whether they are the same but for case, spaces and marks; a star stands for anything."""
    if "*" not in pattern:
        return plain(text) == plain(pattern) or plain(text).replace(" ", "") == plain(pattern).replace(
            " ", ""
        )
    return fnmatchcase(plain(text), "*".join(map(_plain_part, pattern.split("*"))))


def _plain_part(part: str) -> str:
    """What stands before, between or after stars; a space beside one ends a word, so "List 1 *" is not "List 10"."""
    before, after = " " * part.startswith(" "), " " * part.endswith(" ")
    return f"{before}{plain(part)}{after}" if part.strip() else part[:1]


def _source(sheet: Sheet, grid: Grid, *, exact: bool) -> tuple[Source | None, list[str]]:
    """The sheet in this grid, by the first row that has its headings; else which headings the best row lacks."""
    best: list[str] = list(sheet.needs)
    for no, cells in islice(grid.rows(), HEADER_WITHIN):
        at = _places(sheet, cells, exact=exact)
        missing = [name for name in sheet.needs if name not in at]
        if not missing:
            return Source(sheet, grid, no, at), []
        best = min(best, missing, key=len)
    return None, best


def _places(sheet: Sheet, cells: Sequence[str], *, exact: bool) -> dict[str, int]:
    """Where each column stands; of several headings for one column the first that is there."""
    places: dict[str, int] = {}
    for column in sheet.columns.values():
        for heading in column.called:
            at = next(
                (
                    n
                    for n, cell in enumerate(cells)
                    if cell == heading or (not exact and _is_like(cell, heading))
                ),
                None,
            )
            if at is not None:
                places[column.name] = at
                break
    return places


def tell_unknown(
    form: Form, grids: Sequence[Grid], sources: Mapping[str, list[Source]], found: Mapped
) -> None:
    absent = [sheet.name for sheet in form.sheets if sheet.makes and not sources[sheet.name]]
    if absent and any(sources.values()) and form.shows != "what changed":
        found.notes.append(f"Not in these files, so known as before: {', '.join(absent)}.")
    used = {id(source.grid) for each in sources.values() for source in each}
    is_tree = any(
        sheet.at is not None for sheet in form.sheets
    )  # of which only what is asked for was laid out
    unused = [
        grid.shown for grid in grids if id(grid) not in used and not (is_tree and not next(grid.rows(), None))
    ]
    if unused and any(sources.values()):
        more = f" and {len(unused) - 8} more" if len(unused) > 8 else ""  # noqa: PLR2004 - a line of a screen
        found.notes.append(f"Not of this format, so left alone: {'; '.join(unused[:8])}{more}.")


def tell_unused(grids: Iterable[Grid], sources: Mapping[str, list[Source]], found: Mapped) -> None:
    """How many headings of each sheet no column of the mapping asks for; not which, for they may be names of people."""
    for grid in grids:
        uses = [each for of in sources.values() for each in of if each.grid is grid]
        if not any(each.sheet.makes for each in uses):
            continue
        asked = {at for each in uses for at in each.at.values()}
        header = next((cells for no, cells in grid.rows() if no == uses[0].header_no), ())
        unused = sum(at not in asked and bool(cell.strip()) for at, cell in enumerate(header))
        if unused:
            found.notes.append(
                f"{grid.shown}: the mapping does not ask for {unused:,} of its headings; "
                "`monitor intake learn FILE` lists them."
            )
