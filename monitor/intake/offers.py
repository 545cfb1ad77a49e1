"""What lies in files or a database, offered for taking in by the mapping of its format."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from pathlib import Path

from monitor.errors import BadIntake
from monitor.intake import mapped
from monitor.intake.files import digest, files_at
from monitor.intake.locating import of_form
from monitor.intake.mapping import Form
from monitor.intake.parts import Offer
from monitor.intake.reading import csv_file, database, json_file, workbook, xml_file
from monitor.intake.reading.grid import Grid, Unreadable, shown
from monitor.intake.reading.tree import Branch, Node, lay_out
from monitor.plurals import plural

CSV = (".csv", ".txt", ".tsv")
WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
TREES = (".xml", ".json")
DATABASE = "the database"
MOST_NAMED = 3  # files on one line


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the home says of a source: columns that count as carried, and the ids that names of people stand for."""

    carried: frozenset[str] = frozenset()
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def offer_files(form: Form, paths: Sequence[Path], wishes: Wishes) -> tuple[Offer, list[Path]]:
    """What these files and folders hold of the format, with the files themselves."""
    files = files_at(paths, endings(form))
    if not files:
        ends = ", ".join(endings(form))
        raise BadIntake(
            [f"there is no file of the format '{form.name}' in what was given: it ends in {ends}."]
        )
    trees = [path for path in files if path.suffix.lower() in TREES]
    if trees and len(trees) < len(files):
        raise BadIntake(["XML or JSON and other files together say the same twice: give one or the other."])
    notes: list[str] = []
    faults: list[str] = []
    grids: list[Grid] = []
    days: set[str] = set()
    for path in files:
        try:
            grids += _tree_grids(form, path, days) if trees else _plain_grids(path, notes)
        except Unreadable as why:
            faults.append(f"{shown(path)}: {why}")
    if faults:
        raise BadIntake([f"{fault.rstrip('.')}." for fault in faults])
    offer = _offer(
        form,
        grids,
        wishes,
        is_tree=bool(trees),
        days=days,
        notes=notes,
        digest=_digest(files, form, wishes),
        where=_named(files),
    )
    return offer, files


def _named(files: Sequence[Path]) -> str:
    """The files by their names, as far as these go on a line."""
    more = f" and {plural(len(files) - MOST_NAMED, 'other file')}" if len(files) > MOST_NAMED else ""
    return ", ".join(map(shown, files[:MOST_NAMED])) + more


def _digest(files: Sequence[Path], form: Form, wishes: Wishes) -> str:
    """What tells these files, as this mapping and the home's wishes read them, from any others."""
    names = {what: sorted(found.items()) for what, found in sorted(wishes.names.items())}
    read_as = repr((digest(files), form.digest, sorted(wishes.carried), names))
    return sha256(read_as.encode()).hexdigest()


@contextmanager
def offer_database(form: Form, url: str, schema: str | None, wishes: Wishes) -> Iterator[Offer]:
    """What the database holds of the format, read in place while the context lasts."""
    wanted = {
        heading for sheet in form.sheets for column in sheet.columns.values() for heading in column.called
    }
    try:
        with database.opened(url) as connection:
            grids = database.grids(connection, schema, DATABASE, wanted)
            told = database.digest(of_form(form, grids))
            yield _offer(
                form, grids, wishes, is_tree=False, days=set(), notes=[], digest=told, where=DATABASE
            )
    except Unreadable as why:
        raise BadIntake([f"{str(why).rstrip('.')}."]) from None


def endings(form: Form) -> tuple[str, ...]:
    """How the names of the format's files end."""
    if not any(sheet.at is not None for sheet in form.sheets):
        return (*CSV, *WORKBOOKS)
    tree = (".xml",) if form.record else (".json",)
    return (
        (*tree, *CSV, *WORKBOOKS) if any(sheet.called or sheet.at is None for sheet in form.sheets) else tree
    )


def _plain_grids(path: Path, notes: list[str]) -> list[Grid]:
    if path.suffix.lower() not in CSV:
        return workbook.grids(path)
    grid, encoding = csv_file.grid(path)
    if encoding not in ("utf-8", "utf-8-sig"):
        notes.append(f"{shown(path)}: read as {encoding} text, for it is not UTF-8.")
    return [grid]


def _tree_grids(form: Form, path: Path, days: set[str]) -> list[Grid]:
    branches = [
        Branch(
            sheet.name,
            sheet.at,
            tuple(heading for column in sheet.columns.values() for heading in column.called),
        )
        for sheet in form.sheets
        if sheet.at is not None
    ]
    return lay_out(_records(form, path, days), branches, shown(path))


def _records(form: Form, path: Path, days: set[str]) -> Iterator[Node]:
    if path.suffix.lower() == ".json":
        yield from json_file.records(path)
        return
    head = "/".join(form.day)
    for node in xml_file.records(path, form.record, (form.day,) if form.day else ()):
        if form.day and node.tag == head:
            days.add(node.text.strip())
        else:
            yield node


def _offer(
    form: Form,
    grids: Sequence[Grid],
    wishes: Wishes,
    *,
    is_tree: bool,
    days: set[str],
    notes: list[str],
    digest: str,
    where: str,
) -> Offer:
    try:
        found = mapped.map_grids(
            form, grids, exact=is_tree, carried=wishes.carried, names=wishes.names, where=where
        )
    except Unreadable as why:
        raise BadIntake([f"{str(why).rstrip('.')}."]) from None
    if not found.parts:
        raise BadIntake(
            [f"{fault.rstrip('.')}." for fault in found.faults] or [f"there is nothing to take in {where}."]
        )
    day, doubt = _day(days | found.days)
    return Offer(
        form=form.name,
        digest=digest,
        parts=tuple(found.parts),
        day=day,
        shows=form.shows,
        window=form.window,
        notes=[*notes, *found.notes, *doubt],
        faults=tuple(found.faults),
        year=form.year,
        is_mapped=True,
        open_is_whole=form.open_is_whole,
        carries_filled=form.carries_filled,
    )


def _day(days: set[str]) -> tuple[date | None, list[str]]:
    """The oldest of the days that the files name themselves."""
    found = set()
    for text in days:
        try:
            found.add(date.fromisoformat(text[:10]))
        except ValueError:
            return None, ["The day that the data name cannot be read; it is not used."]
    doubt = [f"The files are of several days; they count as of {min(found)}."] if len(found) > 1 else []
    return min(found, default=None), doubt
