"""A register's header row: the columns that it may have, must have, and may never have."""

import re
from collections.abc import Iterator

from monitor.errors import suggestion
from monitor.intake.reading.grid import printable
from monitor.intake.registers import Register
from monitor.vocabulary import vocabulary

NOT_UTF_8 = "is not UTF-8 text (a spreadsheet's 'Unicode text' is UTF-16): save it as CSV UTF-8"
LONGEST_SHOWN = 64

# A column with one of these words in its name holds names, unless the register itself has that column.
_OF_NAMES = re.compile(
    r"(?<![a-z])((sur|fore|first|last|full)?names?|initials?|address(es)?|postcode|(tele)?phone|mobile)(?![a-z])"
)


class BadFile(ValueError):
    """Why a whole file is refused: one or more sentences without case data."""

    def __init__(self, *faults: str) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


def is_of_names(heading: str) -> bool:
    """Whether a column that is called so holds names or addresses."""
    return _OF_NAMES.search(" ".join(heading.lower().split())) is not None


def checked(cells: list[str], register: Register) -> list[str]:
    """The header's columns; BadFile names every fault."""
    if not cells:
        raise BadFile("is empty: a register needs at least its header row")
    if any("\0" in cell for cell in cells):
        raise BadFile(NOT_UTF_8)
    header = [" ".join(cell.lower().split()) for cell in cells]
    # A file without a header row shows case data in its first row, which must not be repeated in an error.
    if set(register.columns).isdisjoint(header):
        raise BadFile(_no_header(header, register))
    faults = tuple(_faults(header, register))
    if faults:
        raise BadFile(*faults)
    return header


def _no_header(header: list[str], register: Register) -> str:
    if len(header) == 1 and any(mark in header[0] for mark in ";\t|"):
        return "does not part its columns by commas: save it as CSV with commas"
    columns = ",".join(register.columns)
    return f"has no header row: its first row names none of this register's columns, which are {columns}"


def _faults(header: list[str], register: Register) -> Iterator[str]:
    allowed = columns_of(register)
    for number, name in enumerate(header, 1):
        if name in allowed:
            if name in header[: number - 1]:
                yield f"has the column '{name}' twice"
        elif not name:
            yield f"has a column without a name, column {number}: name it or take it out"
        elif _OF_NAMES.search(name):
            yield f"has a column '{printable(name[:LONGEST_SHOWN])}': take this column out: the monitor holds no names"
        else:
            hint = suggestion(name, allowed)
            yield f"has a column '{printable(name[:LONGEST_SHOWN])}' that this register does not know.{hint}"
    for names in register.required:
        if set(names.split("|")).isdisjoint(header):
            yield f"has no column '{names.replace('|', ' or ')}', which every row needs"


def columns_of(register: Register) -> tuple[str, ...]:
    """Every column that the register may have; a generic one has the attributes of its kinds too."""
    if register.generic is None:
        return tuple(register.columns)
    is_episode = register.generic == "episode"
    kinds = [kind for kind in vocabulary().kinds.values() if kind.is_episode is is_episode]
    return (*register.columns, *sorted({name for kind in kinds for name in kind.attributes}))
