"""How the commands speak: tables for people, JSON for programs, one line on stderr for each thing wrong."""

import json
import os
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from monitor.bootstrap import Home, default_home
from monitor.calendars import london_day
from monitor.errors import CannotRun, Misuse

WIDE = 170  # columns for a reader that is no terminal: a file, a pager, another program
out = Console(soft_wrap=True, highlight=False, width=None if sys.stdout and sys.stdout.isatty() else WIDE)
MOST_LINES = 200
QUIET_FOR = 2.0  # seconds of work before progress is shown


@contextmanager
def _heard() -> Iterator[None]:
    """What is printed is written at once; a full disk under it ends the command with one line, not a traceback."""
    try:
        yield
        out.file.flush()
    except BrokenPipeError:
        raise  # a reader such as `head` has had enough: typer knows what to do
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), out.file.fileno())  # Python would try again on its way out
        raise CannotRun(
            f"what this command has to say cannot be written ({error.strerror}). What it did stands."
        ) from None


def say(text: str = "") -> None:
    with _heard():
        out.print(text, markup=False)


def complain(text: str) -> None:
    with suppress(OSError):  # a log on a full disk stops no work
        print(text, file=sys.stderr)  # noqa: T201 - the one place that writes to stderr


def print_json(value: object) -> None:
    with _heard():
        print(json.dumps(value, indent=1, default=str))  # noqa: T201 - the one place that writes JSON


def table(title: str, columns: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """A table as wide as it needs; numbers stand to the right."""
    shown = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    lines = [[("" if cell is None else cell) for cell in row] for row in rows]
    for number, column in enumerate(columns):
        is_number = bool(lines) and all(isinstance(line[number], int) for line in lines)
        shown.add_column(column, justify="right" if is_number else "left", overflow="fold")
    for line in lines:
        shown.add_row(*(str(cell) for cell in line))
    with _heard():
        out.print(shown, markup=False)


@contextmanager
def progress(what: str) -> Iterator[Any]:
    """A reporter of (name, count); it stays silent for the first two seconds."""
    began = last = time.monotonic()

    def report(name: str, count: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - began > QUIET_FOR and now - last > 1:
            complain(f"  {what}: {name}, {count:,} so far")
            last = now

    yield report


def the_day(text: str | None) -> date | None:
    """An ISO day from the command line."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Misuse(f"'{text}' is not a day. Write it as 2026-11-23.") from None


def today() -> date:
    return london_day(datetime.now(UTC))


def now() -> datetime:
    return datetime.now(UTC)


AsAt = Annotated[str | None, typer.Option("--as-at", metavar="DATE", help="The day to judge at.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def home_of(context: typer.Context) -> Home:
    """The home that the whole command works in, or is to make."""
    path: Path | None = context.obj
    return Home((path or default_home()).resolve())


def lived_in(context: typer.Context) -> Home:
    """The home, which must be one: an empty folder would say, calmly and wrongly, that nothing is late."""
    home = home_of(context)
    signs = (home.path / "config", home.path / "var", home.path / "rules")
    if not any(map(Path.is_dir, signs)) and "MONITOR_DATABASE_URL" not in os.environ:
        raise Misuse(f"{home.path} is no home: `monitor init` makes one, and --home names another.")
    return home


def write_whole(path: Path, text: str) -> None:
    """The whole file or none of it: a reader never meets half a file."""
    beside = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        raise CannotRun(f"{path} cannot be written ({os.strerror(error.errno or 0)}).") from None
