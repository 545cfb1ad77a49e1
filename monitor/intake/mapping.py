"""The mapping language: which sheets a source's files hold, what their columns are called, and which register rows
they make. A format of a national return and a council's own export are both a mapping, so the next one needs no code.

`docs/mappings.md` is the language for people; this module reads it and refuses what is not in it, by line.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Literal

from monitor import documents
from monitor.documents import Fault, Value
from monitor.errors import GivenWrong, suggestion
from monitor.intake.cells import BadCell, parser
from monitor.intake.reading.grid import plain
from monitor.intake.registers import Register, registers
from monitor.limits import Amount, parse_amount

Shows = Literal["every row", "the latest", "what changed"]

SHIPPED = Path(__file__).parent / "mappings"
CONTROLS = ("to", "when", "runs", "with", "only", "in-parts", "depends")
WHEN_FIRST_SHOWN = "when first shown"
_HOLDS = (
    "word",
    "id",
    "date",
    "moment",
    "flag",
    "number",
    "code",
    "leading code",
    "worker name",
    "team name",
)
PIECE = re.compile(r"\{([a-z0-9_]+(?:\|[a-z0-9_]+)*)\}")
_DATE_WORDS = ("iso", "serial")
_DATE_TOKENS = re.compile(r"(dd?|mmmm|mmm|mm?|yyyy|yy|[-/. ]|,)+", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a sheet: the headings or paths it goes by, what it holds, and how that is spelled."""

    name: str
    called: tuple[str, ...]
    holds: str | None = None
    dates: tuple[str, ...] = ()
    codes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    nothing: frozenset[str] = frozenset()  # further marks for an empty cell
    keys: tuple[str, ...] = ()  # where the cell is packed JSON: the key of it that is meant


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What goes into one column of a register: fixed text, the first filled of some columns, or a pattern of them.

    In a pattern "{a|b}" is the first filled of them too.
    """

    fixed: str | None = None
    is_data_day: bool = False  # "@day": what the row says was so on the day of the data
    columns: tuple[str, ...] = ()
    pattern: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Test:
    """A column that must be filled, be empty, have (or not have) one of these values, or be a day from another's on.

    A day that is empty is before any other.
    """

    column: str
    wants: Literal["filled", "empty", "is", "not", "before", "not before"]
    values: frozenset[str] = frozenset()
    other: str = ""  # the column with the day that this one is held against


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs:
    """Rows of one child that follow each other without a gap and are alike make one row, from first to last.

    `alike` are register columns; a row whose source has one of the `breaks` begins anew all the same. Where `begins`
    says by which rows a source shows that something began, any other first row only shows that it went on: its start is
    not known. A gap of `gap` days is none.
    """

    alike: tuple[str, ...]
    breaks: tuple[Test, ...] = ()
    begins: tuple[Test, ...] = ()
    gap: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """The row of one register that a row of the sheet makes, where the tests hold.

    It makes none where no row at all fills one of the columns `beside`. With `is_newest` a later load shows only the
    newest Event of each child, and no earlier one. With `in_parts`, rows with one id are one record: the first counts.
    `depends`: a column of the register cannot be read where one of these columns cannot.
    """

    to: str
    cells: Mapping[str, Cell]
    when: tuple[Test, ...] = ()
    runs: Runs | None = None
    beside: tuple[str, ...] = ()
    is_newest: bool = False
    in_parts: bool = False
    depends: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def register(self) -> Register:
        return registers()[self.to]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One sheet, file, table or branch of a tree: by which names it is known, its columns, and what it makes.

    `by_columns`: what no sheet is called is this one where it has the needed columns. `lists_open`: it shows all that
    is open, so what it no longer shows is not.
    """

    name: str
    called: tuple[str, ...]
    columns: Mapping[str, Column]
    needs: tuple[str, ...]
    makes: tuple[Making, ...]
    at: tuple[str, ...] | None = None  # the path of its branch below the record, in XML and JSON
    joins: Mapping[str, str] = field(default_factory=dict)  # another sheet, by the column that both share
    by_columns: bool = False
    lists_open: bool = False
    only: tuple[
        Test, ...
    ] = ()  # of its rows those for which these hold; the others are not there for anybody


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A whole mapping. `window` is how far back of the data's day it shows what has ended."""

    name: str
    says: str
    sheets: tuple[Sheet, ...]
    shows: Shows = "every row"
    carries_filled: bool = False
    window: Amount | Literal["year from 1 April"] | None = None
    record: tuple[str, ...] = ()  # the path of a record, in XML
    day: tuple[str, ...] = ()  # where a file says which day it is of: a path, or a column of a sheet
    nothing: frozenset[str] = frozenset()
    year: str | None = None  # of its code lists
    open_is_whole: bool = (
        False  # what is open is told however long ago it last changed: the window is of what ended
    )
    always: frozenset[str] = (
        frozenset()
    )  # columns ("ehc.closed_on") that are carried though no row may fill them
    digest: str = ""  # of its text: read by another mapping, the same files say something else
    is_national: bool = False  # a return or a standard that every council has, and not one system's export

    def sheet(self, name: str) -> Sheet:
        return next(each for each in self.sheets if each.name == name)


def shipped() -> dict[str, Form]:
    """Every mapping that comes with the monitor, by name."""
    return {path.stem: _shipped(path) for path in sorted(SHIPPED.glob("*.yaml"))}


def shipped_form(name: str) -> Form | None:
    """The mapping of this name that comes with the monitor; no other is read for it."""
    return next((_shipped(path) for path in SHIPPED.glob("*.yaml") if path.stem == name), None)


@cache
def _shipped(path: Path) -> Form:
    return read_form(path, path.name)


def read_form(path: Path, shown_as: str) -> Form:
    """The mapping in this file; GivenWrong names file and line of the first thing that is wrong."""
    root = documents.read(path, shown_as)
    try:
        return replace(_form(path.stem, root), digest=sha256(path.read_bytes()).hexdigest())
    except Fault as fault:
        raise GivenWrong([f"{shown_as}:{fault.line}: {fault.text}"]) from None


def _form(name: str, root: documents.Mapping) -> Form:
    optional = (
        "shows",
        "carries",
        "window",
        "record",
        "day",
        "dates",
        "nothing",
        "columns",
        "always",
        "open-is-whole",
        "year",
        "national",
    )
    documents.only(root, ("is", "sheets"), optional)
    dates = _dates(root.get("dates"))
    shared = _columns(root.get("columns"), dates)
    sheets = tuple(
        _sheet(key, documents.mapping(value), shared, dates)
        for key, value in documents.mapping(_have(root, "sheets")).items()
    )
    shows, carries, record, day = (root.get(key) for key in ("shows", "carries", "record", "day"))
    form = Form(
        name=name,
        says=documents.word(_have(root, "is")).text,
        sheets=sheets,
        shows=documents.one_of(shows, ("every row", "the latest", "what changed")) if shows else "every row",  # type: ignore[arg-type]
        carries_filled=bool(carries)
        and documents.one_of(_have(root, "carries"), ("filled columns", "every column")) == "filled columns",
        window=_window(root.get("window")),
        record=_path(documents.word(record).text) if record else (),
        day=_path(documents.word(day).text) if day else (),
        nothing=frozenset(_texts(root.get("nothing"))),
        open_is_whole=documents.flag(root.get("open-is-whole")),
        always=frozenset(_texts(root.get("always"))),
        is_national=documents.flag(root.get("national")),
        year=documents.word(_have(root, "year")).text if root.get("year") else None,
    )
    _check_joins(form, root)
    return form


def _check_joins(form: Form, root: documents.Mapping) -> None:
    names = [each.name for each in form.sheets]
    for sheet in form.sheets:
        for other, column in sheet.joins.items():
            if other not in names:
                raise Fault(root.line, f"sheet '{sheet.name}' joins '{other}', which is no sheet here.")
            if column not in form.sheet(other).columns:
                raise Fault(root.line, f"sheet '{other}' has no column '{column}' to be joined by.")


def _window(value: Value | None) -> Amount | Literal["year from 1 April"] | None:
    if value is None:
        return None
    said = documents.word(value)
    if said.text == "year from 1 April":
        return "year from 1 April"
    try:
        return parse_amount(said.text)
    except ValueError as error:
        raise Fault(said.line, str(error)) from None


def _sheet(name: str, node: documents.Mapping, shared: Mapping[str, Column], dates: tuple[str, ...]) -> Sheet:
    optional = ("called", "found", "needs", "at", "joins", "only", "dates", "makes", "lists")
    documents.only(node, ("columns",), optional)
    own_dates = _dates(node.get("dates")) or dates
    columns = {**shared, **_columns(node.get("columns"), own_dates)}
    needs = tuple(_texts(node.get("needs"))) or ("child",)
    only = node.get("only")
    tests = _tests(only) if only else ()
    joins = node.get("joins")
    for each in (*needs, *(test.column for test in tests if joins is None)):
        _known(each, columns, node.line)
    joined = (
        {key: documents.word(value).text for key, value in documents.mapping(joins).items()} if joins else {}
    )
    at = node.get("at")
    makes, found, lists = node.get("makes"), node.get("found"), node.get("lists")
    return Sheet(
        name=name,
        called=tuple(_texts(node.get("called"))),
        columns=columns,
        needs=(
            *needs,
            *(test.column for test in tests if test.wants in ("filled", "is") and test.column in columns),
        ),
        at=_path(documents.word(at).text) if at else None,
        joins=joined,
        by_columns=bool(found)
        and documents.one_of(_have(node, "found"), ("by name", "by name or columns")) == "by name or columns",
        lists_open=bool(lists) and bool(documents.one_of(_have(node, "lists"), ("what is open",))),
        only=tests,
        makes=tuple(
            _making(documents.mapping(each), columns, is_joined=bool(joined))
            for each in (documents.values(makes) if makes else ())
        ),
    )


def _columns(value: Value | None, dates: tuple[str, ...]) -> dict[str, Column]:
    if value is None:
        return {}
    return {name: _column(name, each, dates) for name, each in documents.mapping(value).items()}


def _column(name: str, value: Value, dates: tuple[str, ...]) -> Column:
    if not isinstance(value, documents.Mapping):
        return Column(name=name, called=tuple(_texts(value)) or (name,), dates=dates)
    documents.only(value, (), ("called", "holds", "dates", "codes", "key", "nothing"))
    holds, codes = value.get("holds"), value.get("codes")
    return Column(
        name=name,
        called=tuple(_texts(value.get("called"))) or (name,),
        holds=documents.one_of(holds, _HOLDS) if holds else None,
        dates=_dates(value.get("dates")) or dates,
        codes={key: tuple(_texts(each)) for key, each in documents.mapping(codes).items()} if codes else {},
        nothing=frozenset(_texts(value.get("nothing"))),
        keys=tuple(_texts(value.get("key"))),
    )


def _dates(value: Value | None) -> tuple[str, ...]:
    if value is None:
        return ()
    for each in documents.words(value):
        if each.text not in _DATE_WORDS and not _DATE_TOKENS.fullmatch(each.text):
            raise Fault(
                each.line,
                f"'{each.text}' is no way to write a date. Write iso, serial, or such as dd/mm/yyyy.",
            )
    return tuple(_texts(value))


def _making(node: documents.Mapping, columns: Mapping[str, Column], *, is_joined: bool) -> Making:
    to = documents.word(_have(node, "to"))
    register = registers().get(to.text)
    if register is None:
        hint = suggestion(to.text, tuple(registers()), "docs/registers.md")
        raise Fault(to.line, f"there is no register '{to.text}'.{hint}")
    cells = _cells(node, register, None if is_joined else columns)
    for names in register.required:
        if cells.keys().isdisjoint(names.split("|")):
            wanted = names.replace("|", " or ")
            raise Fault(node.line, f"the register '{to.text}' needs '{wanted}' in every row.")
    runs, only = node.get("runs"), node.get("only")
    beside = tuple(_texts(node.get("with")))
    for each in beside:
        _known(each, columns, node.line)
    tests = _conditions(node.get("when"), None if is_joined else columns)
    for key, cell in cells.items():
        _check_codes(cell, columns, tests, register.columns.get(key), node.entries[key].line)
    return Making(
        to=to.text,
        cells=cells,
        when=tests,
        runs=_runs(documents.mapping(runs)) if runs else None,
        beside=beside,
        is_newest=bool(only) and bool(documents.one_of(_have(node, "only"), ("the newest",))),
        in_parts=documents.flag(node.get("in-parts")),
        depends=_depends(node.get("depends"), cells, None if is_joined else columns),
    )


def _depends(
    value: Value | None, cells: Mapping[str, Cell], columns: Mapping[str, Column] | None
) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for target, each in documents.mapping(value).items() if value else ():
        if target not in cells:
            raise Fault(each.line, f"nothing is made of '{target}' here.{suggestion(target, tuple(cells))}")
        found[target] = tuple(_texts(each))
        for name in found[target] if columns is not None else ():
            _known(name, columns or {}, each.line)
    return found


def _cells(
    node: documents.Mapping, register: Register, columns: Mapping[str, Column] | None
) -> dict[str, Cell]:
    """What goes into each of the register's columns; of a sheet that joins others, a column may be theirs."""
    cells = {}
    for key, entry in node.entries.items():
        if key in CONTROLS:
            continue
        if key not in register.columns and register.generic is None:
            hint = suggestion(key, tuple(register.columns))
            raise Fault(entry.line, f"the register '{register.name}' has no column '{key}'.{hint}")
        cells[key] = _cell(documents.word(entry.value), columns)
    return cells


def _cell(said: documents.Word, columns: Mapping[str, Column] | None) -> Cell:
    if said.text.startswith("="):
        return Cell(fixed=said.text[1:].strip())
    if said.text == "@day":
        return Cell(is_data_day=True)
    if "{" in said.text:
        names = tuple(name for piece in PIECE.findall(said.text) for name in piece.split("|"))
        cell = Cell(columns=names, pattern=said.text)
    else:
        cell = Cell(columns=tuple(part.strip() for part in said.text.split("|")))
    if columns is not None:
        for name in cell.columns:
            _known(name, columns, said.line)
    return cell


def _conditions(when: Value | None, columns: Mapping[str, Column] | None) -> tuple[Test, ...]:
    """The tests, each of a column that the sheet has; of one that joins others, any."""
    if when is None:
        return ()
    for name, each in documents.mapping(when).items() if columns is not None else ():
        _known(name, columns or {}, each.line)
    return _tests(when)


def _check_codes(
    cell: Cell, columns: Mapping[str, Column], tests: tuple[Test, ...], declared: object, line: int
) -> None:
    """What is fixed, and the codes that get past the tests, are the register's, or every such row would be refused."""
    if cell.fixed and cell.fixed != WHEN_FIRST_SHOWN and declared is not None:
        try:
            parser(declared)(cell.fixed)
        except BadCell as bad:
            raise Fault(line, f"'{cell.fixed}' cannot stand there: {str(bad).rstrip('.')}.") from None
    if not isinstance(declared, (list, dict)) or cell.pattern is not None:
        return
    said = {code for name in cell.columns if name in columns for code in codes_past(columns[name], tests)}
    for code in sorted(said - {""} - set(map(str, declared))):  # of "" the cell is empty
        hint = suggestion(code, tuple(map(str, declared)))
        raise Fault(
            line, f"'{code}' is no code of this register's column, and no `when` leaves it out.{hint}"
        )


def codes_past(column: Column, tests: tuple[Test, ...]) -> frozenset[str]:
    """Of the codes that a column has, those with which a row gets past these tests."""
    past = set(column.codes)
    for test in tests:
        if test.column == column.name and test.values:
            asked = {plain(value) for value in test.values}
            past = {code for code in past if (plain(code) in asked) is (test.wants == "is")}
    return frozenset(past)


def _tests(value: Value) -> tuple[Test, ...]:
    return tuple(_test(name, each) for name, each in documents.mapping(value).items())


def _test(name: str, value: Value) -> Test:
    if isinstance(value, documents.Mapping):
        documents.only(value, (), ("not", "before", "not-before"))
        for key, wants in (("before", "before"), ("not-before", "not before")):
            other = value.get(key)
            if other is not None:
                return Test(column=name, wants=wants, other=documents.word(other).text)  # type: ignore[arg-type]
        return Test(column=name, wants="not", values=frozenset(_texts(_have(value, "not"))))
    said = _texts(value)
    if said in (["filled"], ["empty"]):
        return Test(column=name, wants="filled" if said == ["filled"] else "empty")
    return Test(column=name, wants="is", values=frozenset(said))


def _runs(node: documents.Mapping) -> Runs:
    documents.only(node, ("alike",), ("breaks", "begins", "gap"))
    breaks, begins, gap = (node.get(key) for key in ("breaks", "begins", "gap"))
    return Runs(
        alike=tuple(_texts(_have(node, "alike"))),
        breaks=_tests(breaks) if breaks else (),
        begins=_tests(begins) if begins else (),
        gap=documents.number(gap) if gap else 0,
    )


def _known(name: str, columns: Mapping[str, Column], line: int) -> None:
    if name not in columns:
        raise Fault(line, f"the sheet has no column '{name}'.{suggestion(name, tuple(columns))}")


def _have(node: documents.Mapping, key: str) -> Value:
    found = node.get(key)
    if found is None:
        raise Fault(node.line, f"'{key}' is missing here.")
    return found


def _texts(value: Value | None) -> list[str]:
    return [] if value is None else [each.text for each in documents.words(value)]


def _path(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split("/") if part)


def types_of(sheet: Sheet) -> dict[str, object]:
    """What each of the sheet's columns holds: as it says itself, else as the register's column that takes it.

    So with a column of a sheet that it joins, where that does not say it.
    """
    found: dict[str, object] = {}
    for making in sheet.makes:
        for target, cell in making.cells.items():
            if cell.pattern is None:
                for name in cell.columns:
                    found.setdefault(name, making.register.columns.get(target, "word"))
    own = {name: column.holds or found.get(name, "word") for name, column in sheet.columns.items()}
    return {**found, **own}
