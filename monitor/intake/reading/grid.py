"""A grid: a table of text cells as a source has it, before anybody has looked for its header."""

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from pathlib import Path

NumberedRow = tuple[int, Sequence[str]]


class Unreadable(Exception):
    """Why a file cannot be read at all: what it is and what to do, without any of its content."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows of text cells with the numbers that a person sees; `rows` begins anew each time that it is called."""

    name: str
    shown: str
    rows: Callable[[], Iterator[NumberedRow]]


def shown(path: Path) -> str:
    """The file's name on one line."""
    return printable(path.name)


def printable(text: str) -> str:
    """The text with a question mark for all that cannot be printed."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def as_text(value: object) -> str:
    """A value that a workbook, a database or JSON holds, as the text of a cell: days as ISO dates, no bare ".0"."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < _EXACT else str(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "minutes")
    return value.isoformat() if isinstance(value, date) else str(value)


_EXACT = 1e15  # beyond it a float no longer tells one whole number from the next


@lru_cache(4_096)
def plain(text: str) -> str:
    """A heading, a sheet's name or a code as it is compared: letters and digits only, whatever the typist did.

    Case, spaces, underscores, quotes straight or curly, dashes of every length and brackets make no difference.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    kept = (letter if letter.isalnum() else " " for letter in folded)
    return " ".join("".join(kept).split())
