"""The columns of one sheet, its own and those of the sheets that it joins, spelled as registers spell them."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from monitor.intake.locating import Source
from monitor.intake.mapping import (
    PIECE,
    WHEN_FIRST_SHOWN,
    Cell,
    Column,
    Form,
    Making,
    Runs,
    Test,
    types_of,
)
from monitor.intake.merging import Turn
from monitor.intake.parts import FIRST_SHOWN
from monitor.intake.reading.grid import plain
from monitor.intake.spelling import DATA_DAY, LeftOut, Spell, Unread, speller

PURGED = "purged"  # how the columns begin that say that a row, or what it belongs to, is to be deleted
OTHER_WORDS = "words that no condition names"  # they may be anybody's story, so they are not told
Values = Sequence[str]
Made = tuple[int, list[str], Turn]
Pick = Callable[[Values], str]


@dataclass(slots=True)
class Reading:
    """Reads the columns of one sheet, its own and those of the sheets that it joins."""

    form: Form
    source: Source
    sources: Mapping[str, list[Source]]
    names: Mapping[str, Mapping[str, str]]
    taken_as: Mapping[str, object] = field(default_factory=dict)  # of a sheet that joins this one

    def knows(self, name: str) -> bool:
        return name in self.source.at or any(self._joined(other).knows(name) for other in self._others())

    def has(self, cell: Cell) -> bool:
        if cell.fixed is not None or cell.is_data_day:
            return True
        if cell.pattern is not None:
            return any(self.knows(name) for name in PIECE.findall(cell.pattern)[0].split("|"))
        return any(self.knows(name) for name in cell.columns)

    def heading(self, name: str) -> str:
        """What the column is called in the format."""
        return next((each.called[0] for each in (self._column(name),) if each), name)

    def is_never_filled(self, name: str) -> bool:
        """Whether there are rows, and none of them has anything in this column."""
        rows = 0
        for rows, (_, (text,)) in enumerate(self.values((name,)), 1):  # noqa: B007 - counted
            if text:
                return False
        return rows > 0

    def is_of_names(self, name: str) -> bool:
        """Whether the column holds names that stand for ids."""
        return types_of(self.source.sheet).get(name) in _NAMES

    def strangers(self) -> list[str]:
        """How many names of each column of names the crosswalk does not know."""
        found = []
        asked = {
            name
            for making in self.source.sheet.makes
            for cell in making.cells.values()
            for name in cell.columns
        }
        for name, at in self.source.at.items():
            if name not in asked or not self.is_of_names(name):
                continue
            known = self.names.get(_what_of(types_of(self.source.sheet)[name]), {})
            called = {plain(cells[at]) for _, cells in self.source.rows() if at < len(cells)} - {""}
            unknown = len(called.difference(known))
            if unknown:
                found.append(
                    f"{self.source.grid.shown}: {unknown:,} of {len(called):,} names under '{self.heading(name)}' are "
                    "not in config/crosswalk.csv."
                )
        return found

    def _column(self, name: str) -> Column | None:
        return self.source.sheet.columns.get(name)

    def _others(self) -> list[str]:
        """The sheets that are there and can be joined, for this one has the column that both share."""
        joins = self.source.sheet.joins.items()
        return [other for other, by in joins if by in self.source.at and self.sources.get(other)]

    def _joined(self, other: str) -> "Reading":
        return Reading(self.form, self.sources[other][0], self.sources, self.names)

    def lines(
        self, making: Making, header: Sequence[str], left_out: Counter[tuple[str, str]]
    ) -> Callable[[bool], Iterator[Made]]:
        """The rows that it makes, and those that it may have made, left out; `left_out` counts them by what they say.

        What another making of the sheet makes of the same row is not left out, but counted.
        """
        runs = making.runs or Runs(alike=())
        beside = self._beside(making)
        flags = [name for name in self.source.sheet.columns if name.startswith(PURGED) and self.knows(name)]
        tests = chain(making.when, runs.breaks, runs.begins, *beside)
        wanted = chain(_asked_by(making, header), _looked_at(tests), flags)
        names = [name for name in dict.fromkeys(wanted) if self.knows(name)]
        place = {name: number for number, name in enumerate(names)}
        cells = self._cells(making, header, place)
        passes, turn = _all(making.when, place), self._turning(runs, place)
        passes_beside = [_all(each, place) for each in beside]
        unknown, unnamed = self._unknown(making, place), self._unnamed(making, place)
        purged_at = [place[name] for name in flags]

        def read(purged: bool) -> Iterator[Made]:  # noqa: FBT001 - called by Feed alone
            if purged and not purged_at:
                return
            left_out.clear()
            for no, values in self.values(names):
                if purged_at and any(values[at] in _IS_PURGED for at in purged_at) is not purged:
                    continue
                if purged or passes(values):
                    yield no, [cell(values) for cell in cells], turn(values)
                    continue
                left_out.update((heading, OTHER_WORDS) for heading in unnamed(values))
                because = unknown(values)
                if because is None:
                    continue
                left_out[because] += 1
                if not any(each(values) for each in passes_beside):
                    yield no, LeftOut.because((cell(values) for cell in cells), *because), turn(values)

        return read

    def _beside(self, making: Making) -> list[tuple[Test, ...]]:
        """The conditions of the other makings of the sheet that make rows of the same register."""
        return [each.when for each in self.source.sheet.makes if each.to == making.to and each is not making]

    def _cells(self, making: Making, header: Sequence[str], place: Mapping[str, int]) -> list[Pick]:
        """What picks each cell of a row that is made."""
        plain_cells = {target: _cell(making.cells[target], place) for target in header}
        start = plain_cells.get(making.register.start or "")
        return [
            self._dependent(self._whole_id(making, target, cell, start, place), making, target, place)
            for target, cell in plain_cells.items()
        ]

    def _turning(self, runs: Runs, place: Mapping[str, int]) -> Callable[[Values], Turn]:
        if not (runs.breaks or runs.begins):
            return lambda _: _GOES_ON
        breakers, beginners = (
            [_tester(test, place) for test in each if self.knows(test.column)]
            for each in (runs.breaks, runs.begins)
        )

        def turn(values: Values) -> Turn:
            is_begun = not runs.begins or any(test(values) for test in beginners)
            return Turn(any(test(values) for test in breakers), is_begun)

        return turn

    def _unknown(
        self, making: Making, place: Mapping[str, int]
    ) -> Callable[[Values], tuple[str, Unread] | None]:
        """For a row that fails: the column that keeps it from being known whether it should, and what it says."""
        tests = [(test, _tester(test, place)) for test in making.when]

        def unknown(values: Values) -> tuple[str, Unread] | None:
            found = None
            for test, passes in tests:
                if passes(values):
                    continue
                said = values[place[test.column]] if test.column in place else ""
                if test.wants != "is" or not isinstance(said, Unread):
                    return None
                found = found or (self.heading(test.column), said)
            return found

        return unknown

    def _unnamed(self, making: Making, place: Mapping[str, int]) -> Callable[[Values], Iterator[str]]:
        """For a row that fails: the headings under which it has a word that no condition names."""
        free = [
            (self.heading(test.column), place[test.column], self._named(test.column))
            for test in making.when
            if test.wants == "is" and test.column in place and self._is_all_that_counts(test.column)
        ]

        def unnamed(values: Values) -> Iterator[str]:
            return (
                heading for heading, at, named in free if values[at] and _compared(values[at]) not in named
            )

        return unnamed

    def _is_all_that_counts(self, name: str) -> bool:
        """Whether nothing is made of a row that has none of the words asked for in this column, which has no codes."""
        sheet = self.source.sheet
        asked = all(
            any(test.column == name and test.wants == "is" for test in making.when) for making in sheet.makes
        )
        column = self._column(name)
        return asked and column is not None and not column.codes and types_of(sheet)[name] in _FREE

    def _named(self, name: str) -> frozenset[str]:
        """The words of this column that some condition of the sheet names."""
        tests = (test for making in self.source.sheet.makes for test in making.when if test.column == name)
        return frozenset(_compared(value) for test in tests for value in test.values)

    def _whole_id(
        self, making: Making, target: str, cell: Pick, start: Pick | None, place: Mapping[str, int]
    ) -> Pick:
        """The cell; an id of which a part is empty is none, but for a row without a start, of which none can tell."""
        pattern, register = making.cells[target].pattern, making.register
        if pattern is None or target not in register.id:
            return cell
        parts = _pieces(pattern, place)
        is_required = target in register.required

        def made(values: Values) -> str:
            said = cell(values)
            empty = next((piece for piece, at in parts.items() if not any(values[each] for each in at)), None)
            has_no_start = register.start and not (start and start(values))
            if not said or empty is None or has_no_start:
                return said
            why = f"it is made of '{self.heading(empty.partition('|')[0])}', which is empty here"
            return Unread.because("", why, "missing") if is_required else ""

        return made

    def _dependent(self, cell: Pick, making: Making, target: str, place: Mapping[str, int]) -> Pick:
        """The cell, which cannot be read where one of those that it depends on cannot."""
        others = [(name, place[name]) for name in making.depends.get(target, ()) if name in place]
        if not others:
            return cell

        def made(values: Values) -> str:
            for name, at in others:
                other = values[at]
                if type(other) is Unread:
                    why = f"'{self.heading(name)}' decides it, and {other.why}"
                    return Unread.because(other, why, other.code)
            return cell(values)

        return made

    def values(self, names: Sequence[str]) -> Iterator[tuple[int, Values]]:
        """Of each row the values of these columns, spelled as registers spell them."""
        only = self.source.sheet.only
        wanted = [*names, *(test.column for test in only if self.knows(test.column))]
        pickers = [self._picker(name) for name in wanted]
        passes = _all(only, {name: at for at, name in enumerate(wanted)})
        for no, cells in self.source.rows():
            found = [pick(cells) for pick in pickers]
            if passes(found):
                yield no, found[: len(names)]

    def _picker(self, name: str) -> Callable[[Sequence[str]], str]:
        at = self.source.at.get(name)
        if at is not None:
            return _own(at, self._speller(name))
        other = next(each for each in self._others() if self._joined(each).knows(name))
        by = self.source.sheet.joins[other]
        index = self._index(other, by, name)
        key_at, key_spell = self.source.at.get(by), self._speller(by)

        def pick(cells: Sequence[str]) -> str:
            if key_at is None or key_at >= len(cells):
                return ""
            return index.get(key_spell(cells[key_at]), "")

        return pick

    def _index(self, other: str, by: str, name: str) -> dict[str, str]:
        found: dict[str, str] = {}
        taken_as = types_of(self.source.sheet).get(name)
        for source in self.sources[other]:
            joined = Reading(
                self.form, source, self.sources, self.names, {name: taken_as} if taken_as else {}
            )
            for _, (key, value) in joined.values((by, name)):
                found.setdefault(key, value)
        return found

    def _speller(self, name: str) -> Spell:
        column: Column = self.source.sheet.columns[name]
        declared = column.holds or self.taken_as.get(name) or types_of(self.source.sheet)[name]
        if declared in _NAMES:
            known = self.names.get(_what_of(declared), {})
            return lambda text: known.get(plain(text), "")
        return speller(column, declared, self.form.nothing)


_GOES_ON = Turn()
_IS_PURGED = frozenset(("yes", "true", "1", "y"))
_NAMES = ("worker name", "team name")
_FREE = ("word", "code", "leading code", "id", "text")


def _what_of(declared: object) -> str:
    """Whose name the column holds: a worker's or a team's."""
    return str(declared).partition(" ")[0]


def _own(at: int, spell: Spell) -> Callable[[Sequence[str]], str]:
    def pick(cells: Sequence[str]) -> str:
        return spell(cells[at]) if at < len(cells) else ""

    return pick


def _cell(cell: Cell, place: Mapping[str, int]) -> Pick:
    if cell.is_data_day:
        return lambda _: DATA_DAY
    if cell.fixed is not None:
        fixed = FIRST_SHOWN if cell.fixed == WHEN_FIRST_SHOWN else cell.fixed
        return lambda _: fixed
    if cell.pattern is not None:
        return _patterned(cell.pattern, place)
    places = [place[name] for name in cell.columns if name in place]
    if len(places) == 1:
        only = places[0]
        return lambda values: values[only]
    return lambda values: next((values[at] for at in places if values[at]), "")


def _asked_by(making: Making, header: Sequence[str]) -> Iterator[str]:
    """The columns of the sheet that the making's cells are made of, or depend on."""
    for target in header:
        yield from making.cells[target].columns
        yield from making.depends.get(target, ())


def _looked_at(tests: Iterable[Test]) -> Iterator[str]:
    """The columns of the sheet that the tests look at."""
    return (name for test in tests for name in (test.column, test.other) if name)


def _pieces(pattern: str, place: Mapping[str, int]) -> dict[str, list[int]]:
    """Each piece of the pattern, and where the columns stand that may fill it."""
    return {
        piece: [place[name] for name in piece.split("|") if name in place] for piece in PIECE.findall(pattern)
    }


def _patterned(pattern: str, place: Mapping[str, int]) -> Pick:
    """An id made of several columns; nothing where the first of them is empty."""
    pieces = _pieces(pattern, place)
    first = next(iter(pieces))

    def made(values: Values) -> str:
        said = {
            piece: _said_in_id(next((values[at] for at in places if values[at]), ""))
            for piece, places in pieces.items()
        }
        return pattern.format_map(said) if said[first] else ""

    return made


def _said_in_id(value: str) -> str:
    """A value as a part of an id, which is shown in mails: never what stands in a cell that cannot be read."""
    return "unreadable" if type(value) is Unread else plain_id(value)


def plain_id(text: str) -> str:
    """A value as a part of an id: what may not stand in one is left out."""
    return "".join(letter for letter in text if letter.isalnum() or letter in "-_./ ").strip()


def _all(tests: Sequence[Test], place: Mapping[str, int]) -> Callable[[Values], bool]:
    each = [_tester(test, place) for test in tests]
    if not each:
        return lambda _: True
    if len(each) == 1:
        return each[0]
    return lambda values: all(test(values) for test in each)


def _tester(test: Test, place: Mapping[str, int]) -> Callable[[Values], bool]:
    at = place.get(test.column)
    if at is None:
        return lambda _: test.wants in ("empty", "not", "before")
    if test.wants in ("before", "not before"):
        return _day_tester(at, place.get(test.other), is_before=test.wants == "before")
    if test.wants == "filled":
        return lambda values: bool(values[at])
    if test.wants == "empty":
        return lambda values: not values[at]
    wanted = {_compared(value) for value in test.values}
    if test.wants == "is":
        return lambda values: _compared(values[at]) in wanted
    return lambda values: _compared(values[at]) not in wanted


def _compared(text: str) -> str:
    """As values are compared: whatever the typist did, but -1 is not 1."""
    return text if text.startswith("-") and text[1:2].isdigit() else plain(text)


def _day_tester(at: int, other: int | None, *, is_before: bool) -> Callable[[Values], bool]:
    """Days are spelled so that they come in order as text; what cannot be read is no day before or after another."""

    def test(values: Values) -> bool:
        against = "" if other is None else values[other]
        if type(values[at]) is Unread or type(against) is Unread:
            return is_before
        return (values[at] < against) is is_before

    return test
