"""Files, workbooks, trees and tables into register rows, as a mapping says: nothing else of them is kept."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import chain

from monitor.intake.carrying import kinds_of, only_values
from monitor.intake.cells import keeps_raw
from monitor.intake.columns import Made, Reading
from monitor.intake.headers import BadFile
from monitor.intake.locating import (
    Mapped,
    Source,
    sources_of,
    tell_unknown,
    tell_unused,
    why_nothing,
)
from monitor.intake.mapping import Form, Making
from monitor.intake.merging import Row, Told, joined_runs, merged
from monitor.intake.parts import ABSENT, Carried, Line, Opened, Part
from monitor.intake.reading.grid import Grid, Unreadable
from monitor.intake.registers import Register, registers
from monitor.intake.sight import Listing
from monitor.intake.spelling import LeftOut
from monitor.plurals import plural
from monitor.vocabulary import vocabulary

MOST_SHOWN = 8


def map_grids(
    form: Form,
    grids: Sequence[Grid],
    *,
    exact: bool,
    carried: frozenset[str],
    names: Mapping[str, Mapping[str, str]],
    where: str,
) -> Mapped:
    """The register parts that these grids make; `carried` are columns ("reviews.held_on") that count as carried
    though no row fills them, `names` the ids that names of workers and teams stand for, `where` is what people call
    the place that the grids are from. With `exact`, grids are named as sheets and headings stand as the form writes
    them.
    """
    found = Mapped()
    sources = {sheet.name: sources_of(form, sheet, grids, found, exact=exact) for sheet in form.sheets}
    tell_unknown(form, () if exact else grids, sources, found)
    if not any(sources.values()):
        found.faults = found.faults or [why_nothing(form, grids, where)]
        return found
    if not (exact or form.is_national):
        tell_unused(grids, sources, found)
    feeds, heard = _feeds(form, sources, carried, names, found, exact=exact)
    for each in feeds.values():
        _tell_empty(each, found)
        if not form.carries_filled:
            _tell_uneven(each, found)
    found.days = _days(form, sources, names)
    for name in registers():
        if name in feeds:
            found.parts.append(_part(name, feeds[name], _listings(form, name, heard)))
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


def takes(form: Form, grids: Sequence[Grid]) -> bool:
    """Whether any of these grids is a sheet of the form, as a list of this name or with its headings."""
    return any(sources_of(form, sheet, grids, Mapped(), exact=False) for sheet in form.sheets if sheet.makes)


def _days(
    form: Form, sources: Mapping[str, list[Source]], names: Mapping[str, Mapping[str, str]]
) -> set[str]:
    """The days that a column of a sheet says the data are of."""
    if len(form.day) != 2 or form.day[0] not in sources:  # noqa: PLR2004 - a sheet and a column
        return set()
    name = form.day[1]
    readings = [Reading(form, source, sources, names) for source in sources[form.day[0]]]
    return {text for each in readings if each.knows(name) for _, (text,) in each.values((name,)) if text}


def _listings(form: Form, register: str, heard: Collection[int]) -> tuple[Listing, ...]:
    """Every list of the form that could tell of the register, there or not."""
    return tuple(
        Listing(
            kinds=kinds_of(making, sheet),
            is_there=id(making) in heard,
            lists_open=sheet.lists_open,
        )
        for sheet in form.sheets
        for making in sheet.makes
        if making.to == register
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """The rows of one register that one sheet makes."""

    register: Register
    making: Making
    shown: str
    sheet: int  # what tells the grid from any other
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
) -> tuple[dict[str, list[Feed]], set[int]]:
    """By register, what feeds it; and the makings that were heard, though they may have no row to make."""
    feeds: dict[str, list[Feed]] = {}
    heard: set[int] = set()
    carried |= form.always
    for sheet in form.sheets:
        for source in sources[sheet.name]:
            reading = Reading(form, source, sources, names)
            for note in reading.strangers():
                found.tell(note)
            made = [(making, _feed(reading, making)) for making in sheet.makes]
            if not exact:
                _tell_unmade(source, made, found)
            for making, feed in made:
                if feed is None:
                    heard |= {id(making)} if _is_heard(reading, making, made) else set()
                    continue
                if _is_never_told(reading, making, carried, found):
                    continue
                filled = _only_filled(feed, reading, carried) if form.carries_filled else feed
                feeds.setdefault(making.to, []).append(filled)
                heard |= {id(making)} if filled.is_carried else set()
    return feeds, heard


def _is_heard(reading: Reading, making: Making, made: Sequence[tuple[Making, "Feed | None"]]) -> bool:
    """Whether a making of which the file can have no row is missed by nobody.

    So it is where the file has what the register needs, and where it lacks the column by which the sheet divides its
    rows, so that another making has them all.
    """
    divides = any(not reading.knows(test.column) for test in making.when)
    has_others = any(other.to == making.to and feed is not None for other, feed in made)
    return _has_needed(reading, making) or (divides and has_others)


def _has_needed(reading: Reading, making: Making) -> bool:
    """Whether the file has a column for each that the register needs in every row."""
    there = {target for target, cell in making.cells.items() if reading.has(cell)}
    return not any(there.isdisjoint(names.split("|")) for names in making.register.required)


def _feed(reading: "Reading", making: Making) -> Feed | None:
    """None where the file lacks a column without which no row of the register could be made.

    What no row says holds of none, so a test that something is not so is passed by all of them.
    """
    source = reading.source
    if not _has_needed(reading, making) or any(
        test.wants in ("filled", "is", "not before") and not reading.knows(test.column)
        for test in making.when
    ):
        return None
    header = [target for target, cell in making.cells.items() if reading.has(cell)]
    only = only_values(making, header, source.sheet)
    left_out: Counter[tuple[str, str]] = Counter()
    return Feed(
        register=making.register,
        making=making,
        shown=source.grid.shown,
        sheet=id(source.grid),
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


def _is_never_told(reading: "Reading", making: Making, carried: frozenset[str], found: Mapped) -> bool:
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


def _only_filled(feed: Feed, reading: Reading, carried: frozenset[str]) -> Feed:
    """The feed without the columns that no row fills: in a format whose columns are always there, they say nothing.

    Where a list shows what is open, that nothing in it has ended says something.
    """
    cells_of = feed.making.cells
    empty = {name for name in feed.header if cells_of[name].fixed is None and not cells_of[name].is_data_day}
    empty = {name for name in empty if f"{feed.register.name}.{name}" not in carried}
    rows = 0
    for _, cells, _ in feed.rows():
        if type(cells) is LeftOut:
            continue
        rows += 1
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
        return ((no, _with(cells, [cells[at] for at in kept]), turn) for no, cells, turn in feed.read(purged))

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


def _tell_uneven(feeds: Sequence[Feed], found: Mapped) -> None:
    """Files of one list of which some lack a column: in their rows what it tells has not happened."""
    for feed in feeds:
        beside = [each for each in feeds if each.making is feed.making]
        lacks = sorted({name for each in beside for name in each.header} - set(feed.header))
        if lacks:
            so = f"has no column for {', '.join(lacks)} of {feed.register.name}, as others of its list have"
            found.tell(f"{feed.shown}: {so}. Look whether it was lost: its rows say nothing of it.")


def _part(name: str, feeds: list[Feed], listings: tuple[Listing, ...]) -> Part:
    """What these feeds tell of the register."""
    shown = feeds[0].shown if len({feed.shown for feed in feeds}) == 1 else f"{feeds[0].shown} and others"

    @contextmanager
    def opened() -> Iterator[Opened]:
        try:
            yield _opened(registers()[name], feeds, listings)
        except Unreadable as why:
            raise BadFile(str(why)) from None

    return Part(shown, opened)


def _opened(register: Register, feeds: list[Feed], listings: tuple[Listing, ...]) -> Opened:
    """The rows of the feeds, those with one id made one; where none should have one, only once it turns out so."""
    header = list(dict.fromkeys(chain.from_iterable(feed.header for feed in feeds)))
    read: Counter[str] = Counter()  # of the last reading: rows, and those that were parts of another

    def as_they_are() -> Iterator[Line]:
        return (told.line for told in _each(header, feeds, read))

    def apart() -> Iterator[Line]:
        return merged(_each(header, feeds, read), header, register, read)

    has_ids = any(name in header for name in register.id)
    has_own_ids = has_ids and _has_own_ids(register, header, feeds)
    return Opened(
        register=register,
        header=header,
        lines=apart() if has_ids and not has_own_ids else as_they_are(),
        apart=apart if has_own_ids else None,
        purged=chain.from_iterable(_aligned(feed, header, purged=True) for feed in feeds),
        carried=tuple(feed.carried for feed in feeds),
        listings=listings,
        newest=frozenset().union(*(feed.newest for feed in feeds)),
        alike_are_one=True,
        told=lambda: _left_out(feeds),
        rows_read=lambda: read["rows"] - read["parts"],
    )


def _left_out(feeds: Sequence[Feed]) -> list[str]:
    """What nobody would see: rows that a condition leaves out for a code that nobody here knows."""
    found: dict[tuple[str, str], Counter[str]] = {}
    for feed in feeds:
        for (column, text), count in feed.left_out.items():
            said = text if keeps_raw("flag", text) else "(long)"
            of = found.setdefault((feed.shown, column), Counter())
            of[said] = max(of[said], count)
    return [
        f"{shown}: {plural(of.total(), 'row is left out, for its', 'rows are left out, for their')} "
        f"'{column}' is not known: "
        + ", ".join(f"{text} ({count:,})" for text, count in of.most_common(MOST_SHOWN))
        + (f" and {len(of) - MOST_SHOWN} more." if len(of) > MOST_SHOWN else ".")
        for (shown, column), of in found.items()
    ]


def _has_own_ids(register: Register, header: list[str], feeds: list[Feed]) -> bool:
    """Whether the ids are those of one list itself, so that none should stand in two rows."""
    ids = [name for name in register.id if name in header]
    return (
        register.person is None
        and len(feeds) == 1
        and not any(feeds[0].making.cells[name].pattern for name in ids)
    )


def _each(header: list[str], feeds: list[Feed], read: Counter[str]) -> Iterator[Told]:
    """The rows of each feed; where they run on, those of all feeds that are made alike together."""
    running: dict[int, list[Feed]] = {}
    read.clear()
    for feed in feeds:
        if feed.making.runs is None:
            for line in _aligned(feed, header, purged=False):
                read["rows"] += 1
                yield Told(feed.sheet, None if feed.making.in_parts else line[1], line)
        else:
            running.setdefault(id(feed.making), []).append(feed)
    for alike in running.values():
        runs = alike[0].making.runs
        if runs:
            rows = chain.from_iterable(_turning(feed, header, read) for feed in alike)
            joined = joined_runs(rows, header, alike[0].register, runs)
            # A run is a row of its own, whatever the numbers of those that it is made of.
            yield from (Told(id(runs), number, line) for number, line in enumerate(joined))


def _turning(feed: Feed, header: list[str], read: Counter[str]) -> Iterator[Row]:
    for no, cells, turn in feed.rows():
        read["rows"] += 1
        yield feed.shown, no, _align(cells, feed.header, header), turn


def _aligned(feed: Feed, header: list[str], *, purged: bool) -> Iterator[Line]:
    if feed.header == header:
        return ((feed.shown, no, cells) for no, cells, _ in feed.rows(purged=purged))
    return ((feed.shown, no, _align(cells, feed.header, header)) for no, cells, _ in feed.rows(purged=purged))


def _align(cells: Sequence[str], have: Sequence[str], header: Sequence[str]) -> list[str]:
    there = dict(zip(have, cells, strict=True))
    return _with(cells, [there.get(name, ABSENT) for name in header])


def _with(cells: Sequence[str], others: list[str]) -> list[str]:
    """These cells, left out if those were."""
    return LeftOut.because(others, cells.column, cells.said) if type(cells) is LeftOut else others
