"""Coverage-guided fuzzing of the readers and of the spelling of days, by atheris, for so many seconds each.

python -m soak.guided READER SECONDS     READER: csv, workbook, xml, json or days
"""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["monitor.intake"]):
    from monitor.intake.mapping import Column
    from monitor.intake.reading import csv_file, json_file, workbook, xml_file
    from monitor.intake.reading.grid import Unreadable
    from monitor.intake.spelling import speller

from soak import seeds

LARGEST = 20_000  # bytes of one input
FOLDER = Path(tempfile.mkdtemp(prefix="soak-"))
DAYS = speller(
    Column(name="day", called=("Day",), dates=("dd/mm/yyyy", "iso", "serial")), "date", frozenset()
)
FLAGS = speller(Column(name="flag", called=("Flag",)), "flag", frozenset())


def _csv(path: Path) -> None:
    for _ in csv_file.grid(path)[0].rows():
        pass


def _workbook(path: Path) -> None:
    for grid in workbook.grids(path):
        for _ in grid.rows():
            pass


def _xml(path: Path) -> None:
    for _ in xml_file.records(path, ("Message", "Children", "Child")):
        pass


def _json(path: Path) -> None:
    for _ in json_file.records(path):
        pass


READERS: dict[str, tuple[str, Callable[[Path], None]]] = {
    "csv": ("tracker.csv", _csv),
    "workbook": ("tracker.xlsx", _workbook),
    "xml": ("cin.xml", _xml),
    "json": ("api.json", _json),
}


def _of_file(name: str, read: Callable[[Path], None]) -> Callable[[bytes], None]:
    path = FOLDER / name

    def one(content: bytes) -> None:
        path.write_bytes(content)
        try:
            read(path)
        except Unreadable as why:
            if seeds.MARKER in str(why):
                raise AssertionError("a message repeats a cell") from why

    return one


def _of_days(content: bytes) -> None:
    text = content.decode("utf-8", errors="replace")
    DAYS(text)
    FLAGS(text)


def main(what: str, seconds: str) -> None:
    corpus = FOLDER / "corpus"
    if what == "days":
        corpus.mkdir()
        (corpus / "day").write_text("31/12/2026", encoding="utf-8")
        one: Callable[[bytes], None] = _of_days
    else:
        name, read = READERS[what]
        found = seeds.write(corpus)
        for path in found.values():
            if path.name != name:
                path.unlink()
        one = _of_file(name, read)
    arguments = [sys.argv[0], str(corpus), f"-max_total_time={seconds}", f"-max_len={LARGEST}"]
    atheris.Setup(
        [*arguments, "-rss_limit_mb=2000", "-timeout=20", "-verbosity=0", "-print_final_stats=1"], one
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
