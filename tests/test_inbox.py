"""The watch folder: what lies still is taken in once and put away; what is still coming is left alone."""

import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from monitor import tables
from monitor.daemon import Daemon
from monitor.homes import lay_out
from monitor.inbox import Arrival, Inbox
from monitor.taking import decide
from tests.conftest import NOW, Council
from tests.in_force import episodes

LATER = timedelta(minutes=5)
Look = Callable[[timedelta], list[Arrival]]


@pytest.fixture
def look(council: Council) -> Look:
    """Looks into the home's watch folder so long after the beginning."""
    council.configure("sources.yaml", "plo-tracker:\n  mapping: plo-tracker\n")
    inbox = Inbox(council.home)

    def looked(after: timedelta) -> list[Arrival]:
        return list(inbox.look(NOW + after, lambda _, __: None))

    return looked


def folder(council: Council, source: str = "plo-tracker") -> Path:
    found = council.home.path / "var" / "inbox" / source
    found.mkdir(parents=True, exist_ok=True)
    return found


def drop(council: Council, *children: int, name: str = "tracker.csv", day: int = 20) -> Path:
    rows = "".join(f"C{each},P{each},01/10/2026,\n" for each in children)
    return put(folder(council) / name, "Mosaic ID,PLO ref,Legal gateway,LBP sent\n" + rows, day)


def put(path: Path, text: str, day: int = 20) -> Path:
    """A file as it was last changed on this day of November."""
    path.write_text(text)
    at = datetime(2026, 11, day, 12, tzinfo=UTC).timestamp()
    os.utime(path, (at, at))
    return path


def loads(council: Council) -> int:
    with council.home.engine.connect() as connection:
        return int(connection.scalar(select(func.count()).select_from(tables.load)) or 0)


def held_by_a_fall(council: Council, look: Look) -> tuple[int, Path]:
    """The number of a load that is held, for five of six cases are gone, and the folder in which its file waits."""
    drop(council, *range(6), day=19)
    look(timedelta())
    look(LATER)
    drop(council, 1, day=20)
    look(2 * LATER)
    (came,) = look(3 * LATER)
    assert came.taken
    assert came.taken.holds
    return came.taken.load_id, folder(council) / "held" / str(came.taken.load_id)


def test_a_file_that_lies_still_is_taken_in_as_of_its_day_and_put_away(council: Council, look: Look) -> None:
    path = drop(council, 1, 2)
    assert look(timedelta()) == []
    (came,) = look(LATER)
    assert came.taken
    assert (came.source, str(came.taken.as_at), came.taken.rows_read) == ("plo-tracker", "2026-11-20", 2)
    assert not path.exists()
    assert (folder(council) / "done" / "2026-11-23-load-1" / "tracker.csv").exists()
    assert look(2 * LATER) == []


def test_a_file_that_still_grows_is_left_alone(council: Council, look: Look) -> None:
    drop(council, 1)
    look(timedelta())
    drop(council, 1, 2)
    assert look(LATER) == []
    (came,) = look(2 * LATER)
    assert came.taken
    assert came.taken.rows_read == 2


@pytest.mark.parametrize("name", ["tracker.csv.part", "tracker.tmp", ".tracker.csv", "~$tracker.xlsx"])
def test_what_is_plainly_half_copied_or_another_program_s_is_left_alone(
    council: Council, look: Look, name: str
) -> None:
    path = drop(council, 1, name=name)
    assert look(timedelta()) + look(LATER) + look(2 * LATER) == []
    assert path.exists()


def test_an_empty_file_is_the_beginning_of_a_copy_until_it_has_stayed_so(
    council: Council, look: Look
) -> None:
    path = put(folder(council) / "tracker.csv", "")
    assert look(timedelta()) + look(LATER) + look(2 * LATER) == []
    assert path.exists()
    (told,) = look(timedelta(hours=2))
    assert told.faults == ("tracker.csv: is empty: export it again.",)
    assert not path.exists()


LEFT_ALONE = ["tracker.csv.part", ".DS_Store", "Thumbs.db", "~$tracker.xlsx", "desktop.ini"]


def test_what_is_left_alone_keeps_nothing_beside_it_out(council: Council, look: Look) -> None:
    drop(council, 1, 2)
    for name in LEFT_ALONE:
        put(folder(council) / name, "x")
    look(timedelta())
    (came,) = look(LATER)
    assert came.taken
    assert came.taken.rows_read == 2
    left = {path.name for path in folder(council).iterdir()}
    assert left == {*LEFT_ALONE, "done"}


@pytest.mark.parametrize("spoilt", ["second.csv", "second.csv.gz"])
def test_without_a_file_that_is_empty_or_packed_those_beside_it_are_no_load(
    council: Council, look: Look, spoilt: str
) -> None:
    drop(council, 1, 2)
    put(folder(council) / spoilt, "" if spoilt.endswith(".csv") else "packed")
    look(timedelta())
    assert look(LATER) == []
    (told,) = look(timedelta(hours=2))
    assert told.faults[0].startswith(f"{spoilt}: is empty or packed, and what lies beside it is not whole")
    assert loads(council) == 0


def test_an_empty_register_keeps_none_of_the_others_out(council: Council, look: Look) -> None:
    put(folder(council, "registers") / "children.csv", "child_id\nC1\n")
    put(folder(council, "registers") / "plo.csv", "")
    look(timedelta())
    (came,) = look(LATER)
    assert came.taken
    assert came.taken.rows_by_register == {"children": 1}


def test_a_released_folder_in_which_a_program_has_left_something_is_taken_once(
    council: Council, look: Look
) -> None:
    number, held = held_by_a_fall(council, look)
    put(held / "Thumbs.db", "x")
    decide(council.home, number, "released", "the panel closed five cases", NOW)
    assert [each.faults for each in look(4 * LATER)] == [()]
    assert look(5 * LATER) == []
    assert not list((folder(council) / "held").glob("refused-*"))


@pytest.mark.parametrize("within", ["", "evening"])
def test_a_file_of_no_such_format_is_put_aside_alone_and_named(
    council: Council, look: Look, within: str
) -> None:
    (folder(council) / within).mkdir(exist_ok=True)
    drop(council, 1, 2, name=str(Path(within) / "tracker.csv"))
    put(folder(council) / within / "minutes.pdf", "%PDF-1.7")
    put(folder(council) / within / "letter.docx", "PK")
    look(timedelta())
    taken, *put_aside = look(LATER)
    assert taken.taken
    assert (taken.taken.rows_read, taken.taken.file_faults) == (2, [])
    assert [each.faults[0].partition(",")[0] for each in put_aside] == [
        "letter.docx: is no file of this source's format",
        "minutes.pdf: is no file of this source's format",
    ]
    (refused,) = (folder(council) / "held").iterdir()
    assert {path.name for path in refused.iterdir()} == {"letter.docx", "minutes.pdf", "why.txt"}
    assert len((refused / "why.txt").read_text().splitlines()) == 2


def test_a_file_that_is_no_register_is_named_beside_those_that_were_taken(
    council: Council, look: Look
) -> None:
    registers = folder(council, "registers")
    put(registers / "children.csv", "child_id\nC1\n")
    put(registers / "notes.csv", "a,b\n1,2\n")
    look(timedelta())
    (came,) = look(LATER)
    assert came.taken
    assert came.taken.rows_read == 1
    assert (
        "notes.csv: is not a register's name"
        in (registers / "done" / "2026-11-23-load-1" / "why.txt").read_text()
    )


def test_a_file_that_is_taken_away_meanwhile_refuses_none_beside_it(council: Council, tmp_path: Path) -> None:
    registers = folder(council, "registers")
    put(registers / "children.csv", "child_id\nC1\n")
    gone = put(registers / "plo.csv", "case_id,child_id,gateway_on\nP1,C1,2026-10-01\n")
    inbox = Inbox(council.home)
    list(inbox.look(NOW, lambda _, __: None))
    came = list(inbox.look(NOW + LATER, lambda _, __: gone.unlink(missing_ok=True)))
    assert [each.faults for each in came] == [()]
    assert not (registers / "held").exists()
    assert list(inbox.look(NOW + 3 * LATER, lambda _, __: None)) == []


def test_a_link_is_never_followed(council: Council, look: Look, tmp_path: Path) -> None:
    target = tmp_path / "elsewhere.csv"
    target.write_text("Mosaic ID,PLO ref,Legal gateway,LBP sent\nC1,P1,01/10/2026,\n")
    (folder(council) / "tracker.csv").symlink_to(target)
    assert look(timedelta()) + look(LATER) == []
    assert target.exists()


def test_the_same_file_is_never_taken_twice(council: Council, look: Look) -> None:
    """As after a process that died between the load and the moving of its files."""
    drop(council, 1, 2)
    look(timedelta())
    look(LATER)
    shutil.move(folder(council) / "done" / "2026-11-23-load-1" / "tracker.csv", folder(council))
    look(2 * LATER)
    (came,) = look(3 * LATER)
    assert came.taken
    assert came.taken.is_same
    assert loads(council) == 1
    assert list((folder(council) / "done" / "2026-11-23-load-1").iterdir())


def test_files_that_lie_together_are_one_load_and_a_folder_is_another(council: Council, look: Look) -> None:
    registers = folder(council, "registers")
    put(registers / "children.csv", "child_id\nC1\n")
    put(registers / "plo.csv", "case_id,child_id,gateway_on\nP1,C1,2026-10-01\n")
    later = registers / "evening"
    later.mkdir()
    put(later / "children.csv", "child_id\nC1\nC2\n")
    look(timedelta())
    first, second = look(LATER)
    assert first.taken
    assert second.taken
    assert (set(first.taken.rows_by_register), set(second.taken.rows_by_register)) == (
        {"children", "plo"},
        {"children"},
    )
    assert not later.exists()


def test_a_held_load_waits_beside_the_reason_and_is_taken_once_it_is_released(
    council: Council, look: Look
) -> None:
    number, waiting = held_by_a_fall(council, look)
    assert "more than 50%" in (waiting / "why.txt").read_text()
    assert look(4 * LATER) == []
    decide(council.home, number, "released", "five cases were closed", NOW)
    (came,) = look(5 * LATER)
    assert came.taken
    assert not came.taken.holds
    assert len(episodes(council, "plo-case")) == 1
    assert not waiting.exists()


def test_a_discarded_load_is_put_away_and_not_taken(council: Council, look: Look) -> None:
    number, _ = held_by_a_fall(council, look)
    decide(council.home, number, "discarded", "cut off", NOW)
    assert look(4 * LATER) == []
    assert (folder(council) / "done" / f"discarded-load-{number}" / "tracker.csv").exists()
    assert len(episodes(council, "plo-case")) == 6


def test_a_file_that_cannot_be_read_is_put_aside_with_the_reason_and_stops_nothing(
    council: Council, look: Look
) -> None:
    put(folder(council, "another") / "notes.csv", "\0\0\0")
    drop(council, 1)
    look(timedelta())
    came = look(LATER)
    assert [each.taken is None for each in came] == [True, False]
    (refused,) = (folder(council, "another") / "held").iterdir()
    assert (refused / "notes.csv").exists()
    assert "notes.csv" in (refused / "why.txt").read_text()


def test_a_file_of_a_day_that_is_yet_to_come_is_put_aside_and_the_daemon_says_so(
    council: Council, caplog: pytest.LogCaptureFixture
) -> None:
    council.configure("sources.yaml", "plo-tracker:\n  mapping: plo-tracker\n")
    drop(council, 1, 2, day=25)
    at = [NOW]
    daemon = Daemon(council.home.path, lambda: at[0])
    with caplog.at_level("INFO", "monitor"):
        daemon.work()
        at[0] += LATER
        daemon.work()
    (refused,) = (folder(council) / "held").iterdir()
    assert (refused / "why.txt").read_text() == (
        "the files were last changed on 2026-11-25, which is yet to come, so the day of the data is not known: "
        "give it with --as-at, 2026-11-23 at the latest, or save the files anew.\n"
    )
    assert (refused / "tracker.csv").exists()
    assert "could not take in" in [each.message for each in caplog.records]
    assert loads(council) == 0
    daemon.home.engine.dispose()


def test_the_daemon_takes_in_what_has_come_and_sweeps_it(council: Council) -> None:
    lay_out(council.home.path)
    council.configure("sources.yaml", "plo-tracker:\n  mapping: plo-tracker\n")
    drop(council, 1, 2, day=23)
    at = [NOW]
    daemon = Daemon(council.home.path, lambda: at[0])
    daemon.work()
    at[0] += LATER
    daemon.work()
    assert loads(council) == 1
    assert [each["ref"] for each in episodes(council, "plo-case")] == ["P1", "P2"]
    with council.home.engine.connect() as connection:
        swept = connection.scalar(select(func.count()).select_from(tables.sweep))
    assert swept == 2  # before the file had come to rest, and once more for its data
    daemon.home.engine.dispose()
