"""The headings by which the columns of registers are known: those of every shipped mapping, and their own names."""

from collections import defaultdict
from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches

from monitor.intake.mapping import Cell, Making, Sheet, shipped
from monitor.intake.reading.grid import plain
from monitor.intake.registers import Register, registers

ALIKE = 0.88  # of a heading to one that is known, so that it is proposed; a person looks at it


@dataclass(frozen=True, slots=True)
class Match:
    """A column of a register that goes by a heading, and whether that is certain or a likeness."""

    column: str
    holds: str | None = None
    is_alike: bool = False


@dataclass(slots=True)
class Headings:
    """Of one register: its columns by plain heading, and how sources spell its codes."""

    columns: dict[str, Match] = field(default_factory=dict)
    spellings: dict[str, dict[str, list[str]]] = field(default_factory=lambda: defaultdict(dict))

    def of(self, heading: str) -> Match | None:
        """The column that goes by this heading, or by one that is nearly the same."""
        said = plain(heading)
        if not said or said in self.columns:
            return self.columns.get(said)
        near = get_close_matches(said, self.columns, n=1, cutoff=ALIKE)
        if not near:
            return None
        found = self.columns[near[0]]
        return Match(found.column, found.holds, is_alike=True)


def known_headings() -> dict[str, Headings]:
    """By register, the headings of its columns; a register of any kind of record has none."""
    found = {name: Headings() for name, register in registers().items() if register.generic is None}
    for sheet, making in _makings(found):
        for target, cell in making.cells.items():
            _learn(found[making.to], sheet, making.register, target, cell)
    for name, headings in found.items():
        for column in registers()[name].columns:
            for own in _own_names(column):
                headings.columns.setdefault(plain(own), Match(column))
    return found


def _makings(of: Container[str]) -> Iterator[tuple[Sheet, Making]]:
    """What the shipped mappings make of these registers, with the sheets that they make it of."""
    sheets = (sheet for form in shipped().values() for sheet in form.sheets)
    return ((sheet, making) for sheet in sheets for making in sheet.makes if making.to in of)


def _learn(headings: Headings, sheet: Sheet, register: Register, target: str, cell: Cell) -> None:
    if cell.pattern is not None:
        return
    for name in cell.columns:
        column = sheet.columns.get(name)
        if column is None:
            continue
        for heading in column.called:
            if "*" not in heading and "/" not in heading:
                headings.columns.setdefault(plain(heading), Match(target, column.holds))
        for code, spellings in column.codes.items():
            if code in codes_of(register, target):
                known = headings.spellings[target].setdefault(code, [])
                known += [each for each in spellings if each not in known]


def codes_of(register: Register, column: str) -> dict[str, list[str]]:
    """The codes that a column can have, each with its spellings; none where it has no list of codes."""
    declared = register.columns.get(column)
    if isinstance(declared, dict):
        return {str(code): [str(each) for each in spellings] for code, spellings in declared.items()}
    return {str(code): [] for code in declared} if isinstance(declared, list) else {}


def _own_names(column: str) -> list[str]:
    """A register's own name of a column, and of a day as people say it: held_on is also held, and date held."""
    words = column.replace("_", " ")
    base = words.removesuffix(" on")
    return [words] if base == words else [words, base, f"date {base}", f"{base} date"]
