"""Files, workbooks, trees and tables into register rows, as a mapping says: nothing else of them is kept."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from itertools import chain, islice

from monitor.intake.cells import keeps_raw
from monitor.intake.headers import BadFile
from monitor.intake.mapping import (
    PIECE,
    WHEN_FIRST_SHOWN,
    Cell,
    Column,
    Form,
    Making,
    Sheet,
    Test,
    codes_past,
    types_of,
)
from monitor.intake.merging import Row, Turn, joined_runs, merged
from monitor.intake.parts import ABSENT, FIRST_SHOWN, Carried, Line, Opened, Part
from monitor.intake.reading.grid import Grid, NumberedRow, Unreadable, plain
from monitor.intake.registers import Register, registers
from monitor.intake.spelling import DATA_DAY, Spell, Unread, speller
from monitor.vocabulary import vocabulary

MOST_SHOWN = 8
HEADER_WITHIN = 12  # rows; above it stand titles and notes
PURGED = "purged"  # how the columns begin that say that a row, or what it belongs to, is to be deleted

Values = Sequence[str]
Made = tuple[int, list[str], Turn]


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


def map_grids(
    form: Form,
    grids: Sequence[Grid],
    *,
    exact: bool,
    carried: frozenset[str],
    names: Mapping[str, Mapping[str, str]],
) -> Mapped:
    """The register parts that these grids make; `carried` are columns ("reviews.held_on") that count as carried
    though no row fills them, `names` the ids that names of workers and teams stand for. With `exact`, grids are named
    as sheets and headings stand as the form writes them.
    """
    found = Mapped()
    sources = {sheet.name: _sources(form, sheet, grids, found, exact=exact) for sheet in form.sheets}
    _tell_unknown(form, () if exact else grids, sources, found)
    if not any(sources.values()):
        found.faults = found.faults or [_nothing_of(form, grids)]
        return found
    feeds = _feeds(form, sources, carried, names, found, exact=exact)
    for each in feeds.values():
        _tell_empty(each, found)
    found.days = _days(form, sources, names)
    for name in registers():
        if name in feeds:
            found.parts.append(
                _part(
                    name,
                    feeds[name],
                    is_whole=_is_whole(form, name, sources),
                    lists_open=all(each.lists_open for each in _feeding(form, name)),
                )
            )
    return found


def _tell_unmade(source: Source, made: Iterable[tuple[Making, "Feed | None"]], found: Mapped) -> None:
    """A list that lacks a column without which none of its rows can stand says nothing, and that must be said."""
    fed = {making.to for making, feed in made if feed is not None}
    for making, _ in made:
        cells = [
            cell
            for names in making.register.required
            for name, cell in making.cells.items()
            if name in names.split("|") and not any(column in source.at for column in cell.columns)
        ]
        lacks = [source.sheet.columns[cell.columns[0]].called[0] for cell in cells if cell.columns]
        if making.to not in fed and lacks and not source.sheet.joins:
            fed.add(making.to)
            named = ", ".join(f"'{each}'" for each in lacks)
            found.notes.append(
                f"{source.grid.shown}: has no column {named}, so it says nothing of {making.to}."
            )


def _nothing_of(form: Form, grids: Sequence[Grid]) -> str:
    """Why nothing here is of the form: which headings a sheet of any name lacks, else what its sheets are called."""
    for sheet in form.sheets:
        if sheet.makes and not sheet.called and sheet.at is None and grids:
            missing = min((_source(sheet, grid, exact=False)[1] for grid in grids), key=len)
            named = ", ".join(f"'{' or '.join(sheet.columns[each].called[:3])}'" for each in missing)
            return (
                f"nothing here is a list of '{form.name}': none of the first {HEADER_WITHIN} rows has {named}"
            )
    wanted = ", ".join(sheet.called[0] if sheet.called else sheet.name for sheet in form.sheets[:6])
    return f"nothing here is a sheet of the format '{form.name}', which has {wanted}"


def takes(form: Form, grids: Sequence[Grid]) -> bool:
    """Whether any of these grids is a sheet of the form, as a list of this name or with its headings."""
    return any(_sources(form, sheet, grids, Mapped(), exact=False) for sheet in form.sheets if sheet.makes)


def _days(
    form: Form, sources: Mapping[str, list[Source]], names: Mapping[str, Mapping[str, str]]
) -> set[str]:
    """The days that a column of a sheet says the data are of."""
    if len(form.day) != 2 or form.day[0] not in sources:  # noqa: PLR2004 - a sheet and a column
        return set()
    name = form.day[1]
    readings = [_Reading(form, source, sources, names) for source in sources[form.day[0]]]
    return {text for each in readings if each.knows(name) for _, (text,) in each.values((name,)) if text}


def _is_whole(form: Form, register: str, sources: Mapping[str, list[Source]]) -> bool:
    """Whether every sheet that feeds the register is there: else what is missing of it is not gone."""
    return all(sources[sheet.name] for sheet in _feeding(form, register))


def _feeding(form: Form, register: str) -> list[Sheet]:
    return [sheet for sheet in form.sheets if any(making.to == register for making in sheet.makes)]


def _sources(form: Form, sheet: Sheet, grids: Iterable[Grid], found: Mapped, *, exact: bool) -> list[Source]:
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


def _tell_unknown(
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """The rows of one register that one sheet makes."""

    register: Register
    making: Making
    shown: str
    header: list[str]
    only: Mapping[str, frozenset[str]]
    read: Callable[[bool], Iterator[Made]]
    newest: frozenset[str] = frozenset()  # the kinds of which only each child's newest is shown
    is_carried: bool = True
    unfilled: frozenset[str] = frozenset()  # columns that its sheet has and no row fills
    left_out: Counter[tuple[str, str]] = field(
        default_factory=Counter
    )  # of the last reading: column and what it says

    @property
    def carried(self) -> Carried:
        return Carried(frozenset(self.header if self.is_carried else ()), self.only)

    def rows(self, *, purged: bool = False) -> Iterator[Made]:
        """Number, cells, and what the row says of the run that it is part of."""
        return self.read(purged)


def _feeds(
    form: Form,
    sources: Mapping[str, list[Source]],
    carried: frozenset[str],
    names: Mapping[str, Mapping[str, str]],
    found: Mapped,
    *,
    exact: bool,
) -> dict[str, list[Feed]]:
    """By register, what feeds it."""
    feeds: dict[str, list[Feed]] = {}
    carried |= form.always
    for sheet in form.sheets:
        for source in sources[sheet.name]:
            reading = _Reading(form, source, sources, names)
            for note in reading.strangers():
                found.tell(note)
            made = [(making, _feed(reading, making)) for making in sheet.makes]
            if not exact:
                _tell_unmade(source, made, found)
            for making, feed in made:
                if feed is None or _is_never_told(reading, making, carried, found):
                    continue
                filled = _only_filled(feed, reading, carried) if form.carries_filled else feed
                feeds.setdefault(making.to, []).append(filled)
    return feeds


def _feed(reading: "_Reading", making: Making) -> Feed | None:
    """None where the file lacks a column without which no row of the register could be made.

    What no row says holds of none, so a test that something is not so is passed by all of them.
    """
    source = reading.source
    header = [target for target, cell in making.cells.items() if reading.has(cell)]
    if any(set(names.split("|")).isdisjoint(header) for names in making.register.required):
        return None
    if any(
        test.wants in ("filled", "is", "not before") and not reading.knows(test.column)
        for test in making.when
    ):
        return None
    only = _only(making, header, source.sheet)
    left_out: Counter[tuple[str, str]] = Counter()
    return Feed(
        register=making.register,
        making=making,
        shown=source.grid.shown,
        header=header,
        only=only,
        read=reading.lines(making, header, left_out),
        newest=_kinds_of(making, header, only) if making.is_newest else frozenset(),
        left_out=left_out,
    )


def _kinds_of(making: Making, header: Iterable[str], only: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """The kinds that rows of this making make."""
    items = set(only["kind"]) if making.register.generic else making.register.items(header, only)
    return frozenset(items.intersection(vocabulary().kinds))


def _is_never_told(reading: "_Reading", making: Making, carried: frozenset[str], found: Mapped) -> bool:
    """Whether a column that each row of this making must fill is filled in none, which says nothing of any child."""
    tested = (
        [test.column for test in making.when if test.wants == "filled"] if reading.form.carries_filled else []
    )
    for name in dict.fromkeys(name for name in (*making.beside, *tested) if name in reading.source.at):
        told_as = [
            f"{making.to}.{target}"
            for target, cell in making.cells.items()
            if name in cell.columns and cell.pattern is None
        ]
        if carried.isdisjoint(told_as) and reading.is_never_filled(name):
            if not reading.is_of_names(name):  # of names, the crosswalk's gaps are told
                so = f" If it is carried: carries: {told_as[0]} in config/sources.yaml." if told_as else ""
                note = (
                    f"{reading.source.grid.shown}: no row fills '{reading.heading(name)}', so it counts as not carried "
                    f"for {making.to}.{so}"
                )
                found.notes += [note] if note not in found.notes else []
            return True
    return False


def _only(making: Making, header: Iterable[str], sheet: Sheet) -> dict[str, frozenset[str]]:
    """Of the register's columns that are fixed or coded, the values that they can have."""
    found = {}
    for target in header:
        cell = making.cells[target]
        if cell.fixed is not None:
            found[target] = frozenset((cell.fixed,))
        elif len(cell.columns) == 1 and cell.pattern is None:
            column = sheet.columns.get(cell.columns[0])
            if column and column.codes:
                found[target] = codes_past(column, making.when)
    return found


@dataclass(slots=True)
class _Reading:
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

    def _joined(self, other: str) -> "_Reading":
        return _Reading(self.form, self.sources[other][0], self.sources, self.names)

    def lines(
        self, making: Making, header: Sequence[str], left_out: Counter[tuple[str, str]]
    ) -> Callable[[bool], Iterator[Made]]:
        breaks, begins = (making.runs.breaks, making.runs.begins) if making.runs else ((), ())
        wanted = [name for target in header for name in making.cells[target].columns]
        wanted += [
            name for test in (*making.when, *breaks, *begins) for name in (test.column, test.other) if name
        ]
        flags = [name for name in self.source.sheet.columns if name.startswith(PURGED) and self.knows(name)]
        names = [name for name in dict.fromkeys([*wanted, *flags]) if self.knows(name)]
        place = {name: number for number, name in enumerate(names)}
        cells = [_cell(making.cells[target], place) for target in header]
        tests = [_tester(test, place) for test in making.when]
        asked = [
            (self.heading(test.column), place[test.column])
            for test in making.when
            if test.wants == "is" and test.column in place
        ]
        breakers, beginners = (
            [_tester(test, place) for test in each if self.knows(test.column)] for each in (breaks, begins)
        )
        purged_at = [place[name] for name in flags]

        def turn(values: Values) -> Turn:
            is_begun = not begins or any(test(values) for test in beginners)
            return Turn(any(test(values) for test in breakers), is_begun)

        def read(purged: bool) -> Iterator[Made]:  # noqa: FBT001 - called by Feed alone
            if purged and not purged_at:
                return
            left_out.clear()
            for no, values in self.values(names):
                if any(values[at] in _PURGED for at in purged_at) is not purged:
                    continue
                if purged or all(test(values) for test in tests):
                    yield no, [cell(values) for cell in cells], turn(values)
                else:
                    unread = ((name, values[at]) for name, at in asked if type(values[at]) is Unread)
                    left_out.update((name, text) for name, text in unread)

        return read

    def values(self, names: Sequence[str]) -> Iterator[tuple[int, Values]]:
        """Of each row the values of these columns, spelled as registers spell them."""
        only = self.source.sheet.only
        wanted = [*names, *(test.column for test in only if self.knows(test.column))]
        pickers = [self._picker(name) for name in wanted]
        tests = [_tester(test, {name: at for at, name in enumerate(wanted)}) for test in only]
        for no, cells in self.source.rows():
            found = [pick(cells) for pick in pickers]
            if all(test(found) for test in tests):
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
            joined = _Reading(
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


_PURGED = frozenset(("yes", "true", "1", "y"))
_NAMES = ("worker name", "team name")


def _what_of(declared: object) -> str:
    """Whose name the column holds: a worker's or a team's."""
    return str(declared).partition(" ")[0]


def _own(at: int, spell: Spell) -> Callable[[Sequence[str]], str]:
    def pick(cells: Sequence[str]) -> str:
        return spell(cells[at]) if at < len(cells) else ""

    return pick


def _cell(cell: Cell, place: Mapping[str, int]) -> Callable[[Values], str]:
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


def _patterned(pattern: str, place: Mapping[str, int]) -> Callable[[Values], str]:
    """An id made of several columns; nothing where the first of them is empty."""
    pieces = {
        piece: [place[name] for name in piece.split("|") if name in place] for piece in PIECE.findall(pattern)
    }
    first = next(iter(pieces))

    def made(values: Values) -> str:
        said = {
            piece: plain_id(next((values[at] for at in places if values[at]), ""))
            for piece, places in pieces.items()
        }
        return pattern.format_map(said) if said[first] else ""

    return made


def plain_id(text: str) -> str:
    """A value as a part of an id: what may not stand in one is left out."""
    return "".join(letter for letter in text if letter.isalnum() or letter in "-_./ ").strip()


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


def _only_filled(feed: Feed, reading: _Reading, carried: frozenset[str]) -> Feed:
    """The feed without the columns that no row fills: in a format whose columns are always there, they say nothing.

    Where a list shows what is open, that nothing in it has ended says something.
    """
    cells_of = feed.making.cells
    empty = {name for name in feed.header if cells_of[name].fixed is None and not cells_of[name].is_data_day}
    empty = {name for name in empty if f"{feed.register.name}.{name}" not in carried}
    rows = 0
    for rows, (_, cells, _) in enumerate(feed.rows(), 1):  # noqa: B007 - counted
        empty -= {name for name, text in zip(feed.header, cells, strict=True) if text}
        if not empty:
            return feed
    if not rows:
        return replace(
            feed, is_carried=any(f"{feed.register.name}.{name}" in carried for name in feed.header)
        )
    empty -= {name for names in feed.register.required for name in names.split("|")}
    if reading.source.sheet.lists_open:
        empty -= feed.register.ends
    if not empty:
        return feed
    # Of names the crosswalk's gaps are told.
    told = {name for name in empty if not any(map(reading.is_of_names, cells_of[name].columns))}
    kept = [at for at, name in enumerate(feed.header) if name not in empty]

    def read(purged: bool) -> Iterator[Made]:  # noqa: FBT001 - called by Feed alone
        return ((no, [cells[at] for at in kept], turn) for no, cells, turn in feed.read(purged))

    return replace(feed, header=[feed.header[at] for at in kept], read=read, unfilled=frozenset(told))


def _tell_empty(feeds: Sequence[Feed], found: Mapped) -> None:
    """What is there but holds nothing: that there is nothing of the kind is not what it says."""
    for feed in feeds:
        alike = [each for each in feeds if each.shown == feed.shown]
        name = feed.register.name
        if not any(each.is_carried for each in alike):
            found.tell(f"{feed.shown}: holds no row for {name}, so it counts as not carried.")
        empty = feed.unfilled.difference(*(each.header for each in alike if each.is_carried))
        if empty:
            found.tell(
                f"{feed.shown}: no row fills {', '.join(sorted(empty))} of {name}, so it counts as not carried. "
                f"If it is carried: carries: {name}.{min(empty)} in config/sources.yaml."
            )


def _part(name: str, feeds: list[Feed], *, is_whole: bool, lists_open: bool) -> Part:
    shown = feeds[0].shown if len({feed.shown for feed in feeds}) == 1 else f"{feeds[0].shown} and others"

    @contextmanager
    def opened() -> Iterator[Opened]:
        register = registers()[name]
        header = list(dict.fromkeys(chain.from_iterable(feed.header for feed in feeds)))
        try:
            yield Opened(
                register=register,
                header=header,
                lines=_lines(register, header, feeds),
                purged=chain.from_iterable(_aligned(feed, header, purged=True) for feed in feeds),
                carried=tuple(feed.carried for feed in feeds),
                is_whole=is_whole,
                lists_open=lists_open and is_whole,
                newest=frozenset().union(*(feed.newest for feed in feeds)),
                alike_are_one=True,
                told=lambda: _left_out(feeds),
            )
        except Unreadable as why:
            raise BadFile(str(why)) from None

    return Part(shown, opened)


def _left_out(feeds: Sequence[Feed]) -> list[str]:
    """What nobody would see: rows that a condition leaves out for a code that nobody here knows."""
    found: dict[tuple[str, str], Counter[str]] = {}
    for feed in feeds:
        for (column, text), count in feed.left_out.items():
            said = text if keeps_raw("flag", text) else "(long)"
            of = found.setdefault((feed.shown, column), Counter())
            of[said] = max(of[said], count)
    return [
        f"{shown}: {of.total():,} rows are left out, for their {column} is not known: "
        + ", ".join(f"{text} ({count:,})" for text, count in of.most_common(MOST_SHOWN))
        + (f" and {len(of) - MOST_SHOWN} more." if len(of) > MOST_SHOWN else ".")
        for (shown, column), of in found.items()
    ]


def _lines(register: Register, header: list[str], feeds: list[Feed]) -> Iterator[Line]:
    each = list(_each(header, feeds))
    makes_ids = any(
        feed.making.cells[name].pattern is not None
        for feed in feeds
        for name in register.id
        if name in feed.making.cells
    )
    is_person = register.person is not None
    if register.id and (len(feeds) > 1 or makes_ids or is_person):
        return merged(chain.from_iterable(each), header, register)
    return chain.from_iterable(each)


def _each(header: list[str], feeds: list[Feed]) -> Iterator[Iterator[Line]]:
    """The rows of each feed; where they run on, those of all feeds that are made alike together."""
    running: dict[int, list[Feed]] = {}
    for feed in feeds:
        if feed.making.runs is None:
            yield _aligned(feed, header, purged=False)
        else:
            running.setdefault(id(feed.making), []).append(feed)
    for alike in running.values():
        runs = alike[0].making.runs
        if runs:
            rows = chain.from_iterable(_turning(feed, header) for feed in alike)
            yield joined_runs(rows, header, alike[0].register, runs)


def _turning(feed: Feed, header: list[str]) -> Iterator[Row]:
    return ((feed.shown, no, _align(cells, feed.header, header), turn) for no, cells, turn in feed.rows())


def _aligned(feed: Feed, header: list[str], *, purged: bool) -> Iterator[Line]:
    if feed.header == header:
        return ((feed.shown, no, cells) for no, cells, _ in feed.rows(purged=purged))
    return ((feed.shown, no, _align(cells, feed.header, header)) for no, cells, _ in feed.rows(purged=purged))


def _align(cells: Sequence[str], have: Sequence[str], header: Sequence[str]) -> list[str]:
    there = dict(zip(have, cells, strict=True))
    return [there.get(name, ABSENT) for name in header]
