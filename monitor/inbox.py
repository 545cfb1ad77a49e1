"""The watch folder: what appears under var/inbox/<source>/ is taken in once it has stopped growing, and put away.

Files that lie loose in a source's folder are one load together; a folder within it is a load of its own. A file that is
none of the source's format is put aside alone, and so is one that stays empty: neither stops those beside it. What was
taken goes to `done/`, what is held or cannot be read to `held/`, beside a note of why; a held load that a person has
released is taken from there. A load that was taken by a process that died before it could move the files is known by
its data.
"""

import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from monitor import tables
from monitor.bootstrap import Home, cannot_reach
from monitor.errors import Busy, GivenWrong, Misuse
from monitor.intake.files import FORM
from monitor.intake.loads import Taken
from monitor.intake.reading.grid import shown
from monitor.intake.take import Progress
from monitor.settings import Source
from monitor.taking import MAPPED, Request, endings, take_in

QUIET_FOR = timedelta(
    seconds=30
)  # that nothing may have changed for; a copy over a slow line writes more often
EMPTY_FOR = timedelta(hours=1)  # an empty file is the beginning of a copy; of one that stays so nothing comes
LEFT_BY_PROGRAMS = ("thumbs.db", "desktop.ini")
HALF_COPIED = (".part", ".partial", ".tmp", ".crdownload", ".filepart")
PACKED = (".gz", ".zip", ".7z", ".bz2", ".xz", ".zst")
DONE, HELD = "done", "held"
NOTE = "why.txt"

Shape = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class Arrival:
    """What was taken, or why it could not be."""

    source: str
    taken: Taken | None
    faults: tuple[str, ...] = ()


@dataclass(slots=True)
class Inbox:
    """Looks into the watch folder again and again; remembers how what lies there looked the last time."""

    home: Home
    seen: dict[Path, tuple[Shape, datetime]] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        return self.home.path / "var" / "inbox"

    def look(self, now: datetime, progress: Progress) -> Iterator[Arrival]:
        """Take in what has come and lies still; what is still being copied is left for the next look."""
        if not self.folder.is_dir():
            return
        for folder in sorted(each for each in self.folder.iterdir() if _is_folder(each)):
            for lot in _lots(folder, self._endings(folder.name), is_apart=self._is_apart(folder.name)):
                if not self._lies_still(lot, now):
                    continue
                if lot.fault:
                    yield self._put_aside(folder, lot, now, (lot.fault,))
                else:
                    yield from self._take(folder, lot, now, progress)
            yield from self._decided(folder, now, progress)

    def _lies_still(self, lot: "_Lot", now: datetime) -> bool:
        """Whether nothing of it has changed since a look that lies long enough back."""
        shape = lot.shape()
        if shape is None:
            return False
        former, since = self.seen.get(lot.at, (None, now))
        if former != shape:
            self.seen[lot.at] = (shape, now)
            return False
        return now - since >= lot.quiet_for

    def _take(self, folder: Path, lot: "_Lot", now: datetime, progress: Progress) -> Iterator[Arrival]:
        source = folder.name
        try:
            taken = take_in(self.home, self._request(source, lot.paths), now=now, progress=progress)
        except Busy:
            return
        except (GivenWrong, Misuse) as why:
            if all(
                path.exists() for path in lot.paths
            ):  # else somebody took a file away: the rest has its turn
                faults = why.faults if isinstance(why, GivenWrong) else (str(why),)
                yield self._put_aside(folder, lot, now, faults)
            return
        if taken.holds:
            _put_away(lot, folder / HELD / str(taken.load_id), "\n".join(taken.holds))
        else:
            done = folder / DONE / f"{now:%Y-%m-%d}-load-{taken.load_id}"
            _put_away(lot, done, "\n".join(taken.file_faults) or None)
        self.seen.pop(lot.at, None)
        yield Arrival(source, taken)

    def _put_aside(self, folder: Path, lot: "_Lot", now: datetime, faults: tuple[str, ...]) -> Arrival:
        _put_away(lot, folder / HELD / f"refused-{now:%Y-%m-%dT%H%M%S}", "\n".join(faults))
        self.seen.pop(lot.at, None)
        return Arrival(folder.name, None, faults)

    def _endings(self, source: str) -> tuple[str, ...]:
        """How the files of the source's format end; none where its format is not known, as taking them in will say."""
        try:
            return endings(self.home, self._request(source, ()))
        except (GivenWrong, Misuse):
            return ()

    def _is_apart(self, source: str) -> bool:
        """Whether a file that is not there says nothing of the others: each register stands for itself."""
        return self._request(source, ()).form == FORM

    def _request(self, source: str, paths: tuple[Path, ...]) -> Request:
        said = self.home.sources.get(source) or Source()
        form = said.format or (MAPPED if said.mapping else FORM)
        return Request(form=form, paths=paths, source=source, mapping=said.mapping)

    def _decided(self, folder: Path, now: datetime, progress: Progress) -> Iterator[Arrival]:
        """Held loads on which a person has decided meanwhile."""
        held = folder / HELD
        found = [each for each in held.iterdir() if each.name.isdecimal()] if held.is_dir() else []
        for each in sorted(found, key=lambda each: int(each.name)):
            if not _is_folder(each) or not _files(each):
                continue
            state = self._state(int(each.name))
            if state == "released":
                (each / NOTE).unlink(missing_ok=True)
                yield from self._take(folder, _Lot(each, tuple(_files(each))), now, progress)
                _remove_if_empty(each)
            elif state == "discarded":
                _put_away(
                    _Lot(each, tuple(_files(each))), folder / DONE / f"discarded-load-{each.name}", None
                )
                _remove_if_empty(each)

    def _state(self, load_id: int) -> str | None:
        try:
            with self.home.engine.connect() as connection:
                return connection.scalar(select(tables.load.c.state).where(tables.load.c.id == load_id))
        except SQLAlchemyError as error:
            raise cannot_reach(error) from None


@dataclass(frozen=True, slots=True)
class _Lot:
    """Files that are one load, and where they lie."""

    at: Path
    paths: tuple[Path, ...]
    fault: str = ""  # why it is no load
    quiet_for: timedelta = QUIET_FOR

    def shape(self) -> Shape | None:
        """Names, sizes and times; None where there is nothing."""
        if not self.paths:
            return None
        try:
            stats = [(path, path.stat()) for path in self.paths]
        except OSError:
            return None
        return tuple((path.name, stat.st_size, stat.st_mtime_ns) for path, stat in stats)


def _lots(folder: Path, endings: tuple[str, ...], *, is_apart: bool) -> Iterator[_Lot]:
    """The loose files together, then each folder beside them but where things are put away; what is no load, alone.

    Without a file that is still empty, or packed, what it tells would seem to be gone: unless each `is_apart`, none of
    those beside it is a load either.
    """
    within = [each for each in sorted(folder.iterdir()) if _is_folder(each) and each.name not in (DONE, HELD)]
    for at in (folder, *within):
        files = _files(at)
        empty = [path for path in files if _is_empty(path)]
        foreign = [path for path in files if endings and path.suffix.lower() not in endings]
        told = tuple(path for path in files if path not in empty and path not in foreign)
        spoilt = [path for path in files if path in empty or path.suffix.lower() in PACKED]
        if told and spoilt and not is_apart:
            named = ", ".join(map(shown, spoilt))
            why = f"{named}: is empty or packed, and what lies beside it is not whole without it: export it again."
            yield _Lot(at, (*told, *spoilt), fault=why, quiet_for=EMPTY_FOR)
            continue
        yield _Lot(at, told)
        for path in empty:
            why = f"{shown(path)}: is empty: export it again."
            yield _Lot(path, (path,), fault=why, quiet_for=EMPTY_FOR)
        for path in foreign:
            if path not in empty:
                why = f"{shown(path)}: is no file of this source's format, whose names end in {', '.join(endings)}."
                yield _Lot(path, (path,), fault=why)


def _files(folder: Path) -> list[Path]:
    """Its own files; not links, which could lead anywhere, nor what is half copied or programs leave beside."""
    return [
        each
        for each in sorted(folder.iterdir())
        if each.is_file()
        and not each.is_symlink()
        and not each.name.startswith((".", "~"))
        and each.name.lower() not in LEFT_BY_PROGRAMS
        and each.suffix.lower() not in HALF_COPIED
    ]


def _is_empty(path: Path) -> bool:
    try:
        return path.stat().st_size == 0
    except OSError:
        return False  # it is gone


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink() and not path.name.startswith(".")


def _put_away(lot: _Lot, to: Path, why: str | None) -> None:
    """Move the files; a name that is taken there already gets a number."""
    to.mkdir(parents=True, exist_ok=True)
    for path in lot.paths:
        with suppress(FileNotFoundError):  # somebody took it away meanwhile
            shutil.move(path, _free(to, path.name))
    if why is not None:
        with (to / NOTE).open("a", encoding="utf-8") as note:
            note.write(why + "\n")
    if lot.at.name not in (DONE, HELD) and lot.at.parent.name != "inbox":
        _remove_if_empty(lot.at)


def _free(folder: Path, name: str) -> Path:
    free, number = folder / name, 1
    while free.exists():
        number += 1
        free = folder / f"{number}-{name}"
    return free


def _remove_if_empty(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
