"""A register's file, opened safely: UTF-8, a header we know, rows as wide as the header."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from monitor.errors import suggestion
from monitor.intake.registers import NAMES, Register, registers
from monitor.vocabulary import vocabulary

LARGEST_CELL = 20_000


class BadFile(ValueError):
    """Why the whole file is refused, in a sentence without case data."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The header and, as they come, the numbered rows below it; the header is row 1."""

    header: list[str]
    rows: Iterator[tuple[int, list[str]]]


@contextmanager
def opened(path: Path, register: Register) -> Iterator[Sheet]:
    """The file's header, checked, and its rows; BadFile says why it cannot be taken."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            csv.field_size_limit(LARGEST_CELL)
            reader = csv.reader(stream, strict=True)
            header = _header(next(reader, None), register)
            yield Sheet(header, _rows(reader, len(header)))
    except UnicodeDecodeError:
        raise BadFile("is not UTF-8 text (a spreadsheet's 'Unicode text' is UTF-16): save it as CSV UTF-8") from None
    except csv.Error:
        raise BadFile("cannot be read as CSV: a quotation mark is not closed, or a cell is far too long") from None
    except OSError as error:
        raise BadFile(f"cannot be read ({error.strerror})") from None


def _rows(reader: "Iterator[list[str]]", width: int) -> Iterator[tuple[int, list[str]]]:
    """Rows with their line numbers; a blank line is no row, one of another width is given as empty cells."""
    for cells in reader:
        if not any(cells):
            continue
        line = reader.line_num  # type: ignore[attr-defined]
        yield line, cells if len(cells) == width else []


def _header(cells: list[str] | None, register: Register) -> list[str]:
    if cells is None:
        raise BadFile("is empty: a register needs at least its header row")
    header = [cell.strip().lower() for cell in cells]
    for name in header:
        if name in NAMES and name not in register.columns:
            raise BadFile(f"has a column '{name}': take this column out: the monitor holds no names")
    allowed = _allowed(register)
    for name in header:
        if name not in allowed:
            raise BadFile(f"has a column '{name}' that this register does not know.{suggestion(name, allowed)}")
    twice = next((name for name in header if header.count(name) > 1), None)
    if twice:
        raise BadFile(f"has the column '{twice}' twice")
    for names in register.required:
        if not set(names.split("|")) & set(header):
            raise BadFile(f"has no column '{names.replace('|', ' or ')}', which every row needs")
    return header


def _allowed(register: Register) -> tuple[str, ...]:
    if register.generic is None:
        return tuple(register.columns)
    is_episode = register.generic == "episode"
    of_kinds = {
        name
        for kind in vocabulary().kinds.values()
        if kind.is_episode is is_episode
        for name in kind.attributes
    }
    return (*register.columns, *sorted(of_kinds))


def register_of(path: Path) -> Register:
    """The register that a file's name says it is."""
    known = registers()
    name = path.stem.lower()
    if name not in known:
        named = [f"{each}.csv" for each in known]
        raise BadFile(f"is not a register's name.{suggestion(path.name.lower(), named)}")
    return known[name]
