"""Folders of registers: each file opened safely as UTF-8, with a header we know."""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

from monitor.calendars import london_day
from monitor.errors import BadIntake, suggestion
from monitor.intake.headers import NOT_UTF_8, BadFile, checked
from monitor.intake.parts import Carried, Line, Offer, Opened, Part
from monitor.intake.reading.csv_file import numbered
from monitor.intake.reading.grid import Unreadable, shown
from monitor.intake.registers import Register, registers

FORM = "registers"
ENDINGS = (".csv",)


def offer_registers(files: list[Path]) -> Offer:
    """These register files as parts, in the order in which they are taken in."""
    _refuse_double(files)
    return Offer(form=FORM, digest=digest(files), parts=tuple(_part(path) for path in files))


def register_files(paths: Iterable[Path]) -> list[Path]:
    """The register files that these folders and files hold, in the order in which they are taken in."""
    found = files_at(paths, ENDINGS)
    if not found:
        raise BadIntake(
            ["there is no .csv file in what was given. A folder of registers holds files such as ehc.csv."]
        )
    order = {name: number for number, name in enumerate(registers())}
    return sorted(found, key=lambda path: order.get(path.stem.lower(), len(order)))


def files_at(paths: Iterable[Path], endings: tuple[str, ...]) -> list[Path]:
    """The files that are named, and of folders those with one of these endings; BadIntake where one is not there."""
    found: list[Path] = []
    for path in paths:
        found += _files_at(path, endings)
    return found


def _files_at(path: Path, endings: tuple[str, ...]) -> list[Path]:
    try:
        if path.is_dir():
            return sorted(each for each in path.iterdir() if _is_one(each, endings))
        if path.exists():
            return [path]
    except OSError as error:
        raise BadIntake([f"{shown(path)}: cannot be read ({error.strerror})."]) from None
    raise BadIntake([f"{shown(path)}: there is no such file or folder."])


def _is_one(path: Path, endings: tuple[str, ...]) -> bool:
    """Not the hidden files that spreadsheets and file systems leave beside an open one."""
    return path.suffix.lower() in endings and not path.name.startswith((".", "~"))


def _refuse_double(files: list[Path]) -> None:
    """One file of each register: what a second one does not hold would count as gone."""
    names = [path.stem.lower() for path in files]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise BadIntake(
            [
                f"{name}.csv is given twice: put its rows into one file, or give each its --source."
                for name in twice
            ]
        )


def day_of(files: Iterable[Path]) -> date:
    """The oldest London day on which one of the files was last changed: data is as old as its oldest part."""
    try:
        oldest = min(path.stat().st_mtime for path in files)
    except OSError as error:
        raise BadIntake([f"a file cannot be read ({error.strerror}), so its day is not known."]) from None
    return london_day(datetime.fromtimestamp(oldest, tz=UTC))


def _part(path: Path) -> Part:
    return Part(shown(path), lambda: _opened(path))


def _register_of(path: Path) -> Register:
    """The register that a file's name says it is."""
    known = registers()
    name = path.stem.lower()
    if path.suffix.lower() != ".csv":
        raise BadFile("is not a .csv file: save it as CSV UTF-8")
    if name not in known:
        named = [f"{each}.csv" for each in known]
        raise BadFile(
            f"is not a register's name.{suggestion(path.name.lower(), named, 'docs/registers.md')}".rstrip(
                "."
            )
        )
    return known[name]


@contextmanager
def _opened(path: Path) -> Iterator[Opened]:
    """The file's header, checked, and its rows; BadFile says why it cannot be taken."""
    register, name = _register_of(path), shown(path)
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = numbered(stream)
            _, first = next(rows, (1, []))
            header = checked(first, register)
            lines: Iterator[Line] = ((name, no, cells) for no, cells in rows)
            yield Opened(register=register, header=header, lines=lines, carried=(Carried(frozenset(header)),))
    except UnicodeDecodeError:
        raise BadFile(NOT_UTF_8) from None
    except Unreadable as why:
        raise BadFile(str(why)) from None
    except OSError as error:
        raise BadFile(f"cannot be read ({error.strerror})") from None


def digest(files: Iterable[Path]) -> str:
    """What tells these very files from any others; one that cannot be read is told of when it is opened."""
    found = hashlib.sha256()
    for path in files:
        found.update(path.name.encode(errors="replace"))
        try:
            with path.open("rb") as stream:
                while block := stream.read(1 << 20):
                    found.update(block)
        except OSError:
            found.update(b"cannot be read")
    return found.hexdigest()
