"""What feeds the registers: by sheet and making, the rows that a file has, and what it says when it has none."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from monitor.intake.carrying import only_values
from monitor.intake.columns import Made, Reading
from monitor.intake.locating import Mapped, Source
from monitor.intake.mapping import Form, Making
from monitor.intake.parts import Carried
from monitor.intake.registers import Register
from monitor.intake.spelling import LeftOut
from monitor.vocabulary import vocabulary


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


def feeds_of(
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
        return (
            (no, with_cells(cells, [cells[at] for at in kept]), turn) for no, cells, turn in feed.read(purged)
        )

    return replace(feed, header=[feed.header[at] for at in kept], read=read, unfilled=frozenset(told))


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


def tell_empty(feeds: Sequence[Feed], found: Mapped) -> None:
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


def tell_uneven(feeds: Sequence[Feed], found: Mapped) -> None:
    """Files of one list of which some lack a column: in their rows what it tells has not happened."""
    for feed in feeds:
        beside = [each for each in feeds if each.making is feed.making]
        lacks = sorted({name for each in beside for name in each.header} - set(feed.header))
        if lacks:
            so = f"has no column for {', '.join(lacks)} of {feed.register.name}, as others of its list have"
            found.tell(f"{feed.shown}: {so}. Look whether it was lost: its rows say nothing of it.")


def with_cells(cells: Sequence[str], others: list[str]) -> list[str]:
    """These cells, left out if those were."""
    return LeftOut.because(others, cells.column, cells.said) if type(cells) is LeftOut else others
