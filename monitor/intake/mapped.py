"""Files, workbooks, trees and tables into register rows, as a mapping says: nothing else of them is kept."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain

from monitor.intake.carrying import kinds_of
from monitor.intake.cells import keeps_raw
from monitor.intake.columns import Reading
from monitor.intake.feeding import Feed, feeds_of, tell_empty, tell_uneven, with_cells
from monitor.intake.headers import BadFile
from monitor.intake.locating import (
    Mapped,
    Source,
    sources_of,
    tell_unknown,
    tell_unused,
    why_nothing,
)
from monitor.intake.mapping import Form
from monitor.intake.merging import Row, Told, joined_runs, merged
from monitor.intake.parts import ABSENT, Line, Opened, Part
from monitor.intake.reading.grid import Grid, Unreadable
from monitor.intake.registers import Register, registers
from monitor.intake.sight import Listing
from monitor.plurals import plural

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
    feeds, heard = feeds_of(form, sources, carried, names, found, exact=exact)
    for each in feeds.values():
        tell_empty(each, found)
        if not form.carries_filled:
            tell_uneven(each, found)
    found.days = _days(form, sources, names)
    for name in registers():
        if name in feeds:
            found.parts.append(_part(name, feeds[name], _listings(form, name, heard)))
    return found


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
    return with_cells(cells, [there.get(name, ABSENT) for name in header])
