"""A mapping proposed from a file's headings, for a person to edit: what is certain, what is likely, what is left out.

It looks at cells too, and repeats none but values of code lists: days tell how they are written, and a column of ids
whose values look like names is left out.
"""

from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from monitor.errors import BadIntake, Misuse, suggestion
from monitor.intake.headers import is_of_names
from monitor.intake.known_headings import Headings, Match, known_headings
from monitor.intake.locating import HEADER_WITHIN
from monitor.intake.offers import CSV, WORKBOOKS
from monitor.intake.proposal import LOOKED_UP, NUMBERS, Proposed, text_of
from monitor.intake.reading import csv_file, workbook
from monitor.intake.reading.grid import Grid, Unreadable, shown
from monitor.intake.registers import Register, registers

SAMPLED = 1_000  # rows
LEAST = 2  # headings that must be known, or the row is no header: then its cells would be case data


def propose(path: Path, to: str | None) -> str:
    """The text of a mapping for this file; Misuse or BadIntake say why there can be none."""
    if to is not None and to not in registers():
        raise Misuse(f"there is no register '{to}'.{suggestion(to, tuple(registers()), 'docs/registers.md')}")
    known = known_headings()
    if to is not None and to not in known:
        raise Misuse(
            f"'{to}' holds records of any kind: name the register of the kind, or write the mapping by hand."
        )
    grids = _grids(path)
    found = [each for grid in grids if (each := _proposed(grid, known, to))]
    for each in found:
        each.is_one_of_several = len(grids) > 1
    if not found:
        headings = "two headings that are known" if to is None else f"two headings of the register '{to}'"
        raise BadIntake(
            [f"{shown(path)}: none of the first {HEADER_WITHIN} rows has {headings}. See docs/mappings.md."]
        )
    return text_of(path, grids, found, known)


def _grids(path: Path) -> list[Grid]:
    ending = path.suffix.lower()
    try:
        if ending in CSV:
            return [csv_file.grid(path)[0]]
        if ending in WORKBOOKS:
            return workbook.grids(path)
    except Unreadable as why:
        raise BadIntake([f"{shown(path)}: {str(why).rstrip('.')}."]) from None
    raise Misuse(f"a mapping is proposed for a list: a file that ends in {', '.join((*CSV, *WORKBOOKS))}.")


def _proposed(grid: Grid, known: dict[str, Headings], to: str | None) -> Proposed | None:
    rows = list(islice(grid.rows(), HEADER_WITHIN + SAMPLED))
    names = [to] if to else list(known)
    tried = ((no, cells, name) for no, cells in rows[:HEADER_WITHIN] for name in names)
    best = max(
        ((_fit(cells, known[name], registers()[name]), -no, name) for no, cells, name in tried), default=None
    )
    if best is None or best[0][0] < LEAST:
        return None
    _, at, name = best
    header = next(cells for no, cells in rows if no == -at)
    body = [cells for no, cells in rows if no > -at]
    return _sorted_out(Proposed(grid, registers()[name]), header, body, known)


def _fit(cells: Sequence[str], headings: Headings, register: Register) -> tuple[int, int, int]:
    """How well a row fits as the header of a register: columns known for certain, those that it needs, all."""
    found = [match for cell in cells if (match := headings.of(cell)) and not _is_of_names(cell, match)]
    certain = {match.column for match in found if not match.is_alike}
    columns = {match.column for match in found}
    has = sum(not columns.isdisjoint(names.split("|")) for names in (*register.required, *register.id))
    return len(certain), has, len(columns)


def _sorted_out(
    found: Proposed, header: Sequence[str], body: Sequence[Sequence[str]], known: dict[str, Headings]
) -> Proposed:
    for at, heading in enumerate(header):
        if not heading.strip():
            continue
        match = known[found.register.name].of(heading)
        own = known["children"].of(heading) if found.register.name != "children" else None
        values = [text for cells in body if at < len(cells) and (text := cells[at].strip())]
        is_own = own is not None and (own.column in NUMBERS or own.column == "dob") and not own.is_alike
        if _is_of_names(heading, match) or (match and match.column == "child_id" and _are_names(values)):
            found.names.append(heading)
        elif match and match.column not in found.columns:
            found.columns[match.column] = (heading, match)
            found.values[heading] = values
        elif own and is_own:
            found.persons[own.column] = (heading, own)
            found.values[heading] = values
        else:
            found.unknown.append(heading)
    return found


def _is_of_names(heading: str, match: Match | None) -> bool:
    """Names of workers and teams are looked up in the crosswalk; any others are left alone."""
    if not is_of_names(heading.replace("_", " ")):
        return False
    return (
        match is None or match.is_alike or not (match.holds in LOOKED_UP or match.column in ("name", "email"))
    )


def _are_names(values: Sequence[str]) -> bool:
    """Whether most of these, which should be ids, have no figure in them."""
    return sum(not any(letter.isdigit() for letter in text) for text in values) * 2 > len(values)
