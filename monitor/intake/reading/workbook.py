"""Excel workbooks (.xlsx), looked at before they are opened: a small file can unfold to fill the memory.

What is refused: old or password-protected files, macros, more than a workbook of a council can hold, and formulas
whose values the file does not have.
"""

import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO
from xml.parsers import expat

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from monitor.intake.reading.grid import Grid, NumberedRow, Unreadable, as_text, shown

LARGEST_UNFOLDED = 600_000_000  # bytes of all parts together
MOST_PARTS = 2_000
MOST_CELLS = 12_000_000  # rows times columns of one sheet, as far as cells are filled
_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
# What zipfile says of archives that are cut off, changed, or packed or locked in a way that it does not know.
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, RuntimeError)
_AT = re.compile("([A-Z]{1,3})([0-9]{1,7})")


def grids(path: Path) -> list[Grid]:
    """A grid for each sheet, in the workbook's order; Unreadable says why there are none."""
    _look_at(path)
    name_of_file = shown(path)
    try:
        book = CalamineWorkbook.from_path(path)
        names = [each.name for each in book.sheets_metadata if str(each.typ).endswith("WorkSheet")]
    except (CalamineError, OSError, ValueError):
        raise Unreadable(_DAMAGED) from None
    sheet_of = lru_cache(1)(
        book.get_sheet_by_name
    )  # read whole each time, and asked for the header, then the rows
    return [Grid(name, f"{name_of_file}, {name}", _reader(sheet_of, name)) for name in names]


def _reader(sheet_of: Callable[[str], CalamineSheet], name: str) -> Callable[[], Iterator[NumberedRow]]:
    def rows() -> Iterator[NumberedRow]:
        try:
            sheet = sheet_of(name)
            for number, cells in enumerate(sheet.iter_rows(), (sheet.start or (0, 0))[0] + 1):
                texts = [as_text(cell) for cell in cells]
                if any(texts):
                    yield number, texts
        except (CalamineError, ValueError):
            raise Unreadable(_DAMAGED) from None

    return rows


_DAMAGED = "is no workbook that can be read: open it and save it again as an Excel workbook (.xlsx)"


def _look_at(path: Path) -> None:
    try:
        with path.open("rb") as stream:
            start = stream.read(8)
            if start == _OLE:
                raise Unreadable(
                    "is protected by a password, or an old .xls workbook: "
                    "save it as an Excel workbook (.xlsx) without a password"
                )
            with zipfile.ZipFile(stream) as book:
                _look_into(book)
    except OSError as error:
        raise Unreadable(f"cannot be read ({error.strerror})") from None
    except _BROKEN:
        raise Unreadable(_DAMAGED) from None


def _look_into(book: zipfile.ZipFile) -> None:
    parts = book.infolist()
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > LARGEST_UNFOLDED:
        raise Unreadable("unfolds to more than a workbook of this kind can hold: it was not opened")
    names = {part.filename.casefold() for part in parts}
    if any(name.endswith("vbaproject.bin") for name in names):
        raise Unreadable("holds macros: save it as an Excel workbook without macros (.xlsx)")
    if any(part.flag_bits & 1 for part in parts):
        raise Unreadable("is encrypted: save it without a password")
    for part in parts:
        if part.filename.casefold().endswith((".xml", ".rels")):
            with book.open(part) as stream:
                _measure(stream)


def _measure(stream: IO[bytes]) -> None:
    """Refuse a sheet whose filled cells stretch too far, and one with a formula that has no value.

    Every XML part is looked at, whatever it calls itself, and a sheet that is said to be no .xml part is refused: a
    workbook may name its sheets as it likes.
    """
    look = _Look()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = look.start
    parser.EndElementHandler = look.end
    parser.CharacterDataHandler = look.text
    parser.EntityDeclHandler = look.refuse_entities
    try:
        parser.ParseFile(stream)
    except (expat.ExpatError, LookupError, ValueError):  # the last two: an encoding that nobody knows
        raise Unreadable(_DAMAGED) from None


@dataclass(slots=True)
class _Look:
    """What one sheet has shown so far: how far its filled cells stretch, and the cell that is being read."""

    rows: int = 0
    columns: int = 0
    at: str = ""
    is_text: bool = False
    has_formula: bool = False
    has_value: bool = False
    in_value: bool = False

    def start(self, name: str, has: dict[str, str]) -> None:
        tag = name.rpartition(":")[2]
        if tag == "c":
            self.at, self.is_text = has.get("r", ""), has.get("t") == "str"
            self.has_formula = self.has_value = False
        elif tag == "f":
            self.has_formula = True
        elif tag in ("v", "t"):
            self.in_value = True
        elif _is_sheet_elsewhere(tag, has):
            raise Unreadable(_DAMAGED)

    def text(self, _: str) -> None:
        self.has_value = self.has_value or self.in_value

    def end(self, name: str) -> None:
        tag = name.rpartition(":")[2]
        if tag in ("v", "t"):
            self.in_value = False
        elif tag == "c":
            self._judge()

    def _judge(self) -> None:
        if self.has_formula and not self.has_value and not self.is_text:
            raise Unreadable(
                "has formulas without their values: open it in a spreadsheet program and save it, "
                "or paste the values in"
            )
        if not self.has_value:
            return
        where = _AT.fullmatch(self.at)
        if where is None:
            raise Unreadable(_DAMAGED)
        row, column = int(where[2]), _column(where[1])
        if row <= self.rows and column <= self.columns:
            return
        self.rows, self.columns = max(self.rows, row), max(self.columns, column)
        if self.rows * self.columns > MOST_CELLS:
            raise Unreadable(
                f"has a sheet with cells as far as row {self.rows:,} and column {self.columns:,}: "
                "take out what stands far from the table"
            )

    def refuse_entities(self, *_: object) -> None:
        raise Unreadable(_DAMAGED)


def _is_sheet_elsewhere(tag: str, has: dict[str, str]) -> bool:
    """Whether this says that a sheet is kept in a part that was not looked at."""
    is_sheet = tag == "Relationship" and has.get("Type", "").endswith("/worksheet")
    return is_sheet and not has.get("Target", "").casefold().endswith(".xml")


@lru_cache(4_096)
def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number
