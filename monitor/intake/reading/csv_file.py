"""CSV as systems and spreadsheets write it: whatever its encoding and whichever of four marks parts its columns."""

import codecs
import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from monitor.intake.reading.grid import Grid, NumberedRow, Unreadable, shown

LARGEST_CELL = 1_000_000  # characters; a quotation mark that is never closed runs into it
LONGEST_LINE = (
    4_000_000  # characters; read a piece at a time, so that a file without line ends fills no memory
)
_MARKS = ",;\t|"
_BLOCK = 1 << 20
_SAMPLE = 64 * 1024
_LINES_LOOKED_AT = 12
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def grid(path: Path) -> tuple[Grid, str]:
    """The file's one grid and its encoding; Unreadable where it holds no text."""
    encoding = encoding_of(path)
    with _opened(path, encoding) as stream:
        mark = _mark_of(stream.read(_SAMPLE).splitlines())
    return Grid(path.stem, shown(path), lambda: _rows(path, encoding, mark)), encoding


def encoding_of(path: Path) -> str:
    """How the file is encoded: what its first bytes say, else UTF-8 if all of it is, else Windows-1252."""
    try:
        with path.open("rb") as stream:
            start = stream.read(4)
            for bom, name in _BOMS:
                if start.startswith(bom):
                    return name
            stream.seek(0)
            sample = stream.read(_SAMPLE)
            if b"\0" in sample:
                return _without_bom(sample)
            stream.seek(0)
            return "utf-8" if _is_utf_8(iter(lambda: stream.read(_BLOCK), b"")) else "cp1252"
    except OSError as error:
        raise Unreadable(f"cannot be read ({error.strerror})") from None


def _without_bom(sample: bytes) -> str:
    """UTF-16 of mostly Western letters has a NUL beside each; any other NUL is no text."""
    for name, at in (("utf-16-le", 1), ("utf-16-be", 0)):
        if sample[at::2].count(0) > len(sample) // 4 and 0 not in sample[1 - at :: 2]:
            return name
    raise Unreadable("is not text: it holds NUL characters. Export it again as CSV UTF-8")


def _is_utf_8(blocks: Iterable[bytes]) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for block in blocks:
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


@contextmanager
def _opened(path: Path, encoding: str) -> Iterator[io.TextIOBase]:
    """The file as text; Unreadable for whatever goes wrong while it is open."""
    # Windows-1252 leaves five bytes without a letter: a mark in their place is better than no file at all.
    errors = "replace" if encoding == "cp1252" else "strict"
    try:
        with path.open(encoding=encoding, errors=errors, newline="") as stream:
            yield stream
    except UnicodeError:
        raise Unreadable(f"cannot be read: it is not {encoding} text throughout") from None
    except OSError as error:
        raise Unreadable(f"cannot be read ({error.strerror})") from None


def _mark_of(lines: Sequence[str]) -> str:
    """The mark that parts the columns: of the four, the one that most of the first lines have outside quotes.

    A title above the header may hold a comma, or none of them.
    """
    outside = ["".join(line.split('"')[::2]) for line in lines[:_LINES_LOOKED_AT]]
    return max(_MARKS, key=lambda mark: (sum(mark in line for line in outside), "".join(outside).count(mark)))


def numbered(lines: Iterable[str], mark: str = ",") -> Iterator[tuple[int, list[str]]]:
    """Rows with their numbers; an empty one is counted, as a spreadsheet does, and passed over."""
    csv.field_size_limit(LARGEST_CELL)
    number = 0
    try:
        for cells in csv.reader(lines, delimiter=mark, strict=True):
            number += 1
            if any(cells):
                yield number, cells
    except csv.Error:
        raise Unreadable(
            f"cannot be read beyond row {number}: a quotation mark is not closed, or a cell is far too long"
        ) from None


def _rows(path: Path, encoding: str, mark: str) -> Iterator[NumberedRow]:
    with _opened(path, encoding) as stream:
        yield from numbered(_lines(stream), mark)


def _lines(stream: io.TextIOBase) -> Iterator[str]:
    """Lines of a bounded length, in which no NUL stands."""
    while line := stream.readline(LONGEST_LINE):
        if "\0" in line:
            raise Unreadable("is not text: it holds NUL characters. Export it again as CSV UTF-8")
        if len(line) == LONGEST_LINE:
            raise csv.Error
        yield line
