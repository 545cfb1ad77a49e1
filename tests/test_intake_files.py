"""A file that cannot be taken is refused whole, by name, with what to do; the rest of the folder goes in."""

import codecs
import os
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from monitor import tables
from monitor.errors import BadIntake
from tests.conftest import Council
from tests.in_force import in_force, told

CHILD = {"child_id": "C1", "dob": "2014-03-09"}
HEADER = "request_id,child_id,received_on\n"


def ehc(council: Council, content: bytes) -> str:
    """What is said of an ehc.csv with these bytes, beside a good children.csv that goes in all the same."""
    council.write("children", CHILD)
    (council.folder / "ehc.csv").write_bytes(content)
    faults = told(council)
    assert len(in_force(council, tables.child)) == 1
    assert len(faults) == 1, faults
    return faults[0]


def test_a_missing_file_is_named(council: Council) -> None:
    with pytest.raises(BadIntake, match=r"nowhere\.csv: there is no such file or folder"):
        council.take(folder=council.folder / "nowhere.csv")


def test_a_folder_with_nothing_in_it_says_what_it_should_hold(council: Council) -> None:
    council.folder.mkdir()
    (council.folder / "ehc.xlsx").write_bytes(b"PK")
    with pytest.raises(BadIntake, match=r"there is no \.csv file .* ehc\.csv"):
        council.take()


def test_an_empty_file_is_refused(council: Council) -> None:
    assert ehc(council, b"") == "ehc.csv: is empty: a register needs at least its header row."
    assert "is empty" in ehc(council, b"\xef\xbb\xbf\r\n\r\n")


@pytest.mark.parametrize(
    "content",
    [
        codecs.BOM_UTF16_LE + HEADER.encode("utf-16-le"),
        HEADER.encode("utf-16-le"),
        HEADER.encode() + "E1,C1é,2026-09-01".encode("latin-1"),
        b"PK\x03\x04\xff\xfe",
    ],
)
def test_a_file_that_is_not_utf_8_is_told_how_to_be_saved(council: Council, content: bytes) -> None:
    assert "save it as CSV UTF-8" in ehc(council, content)


def test_a_header_without_rows_is_a_register_that_is_there_and_empty(council: Council) -> None:
    council.write("ehc", columns=["request_id", "child_id", "received_on", "final_sent_on"])
    taken = council.take()
    assert (taken.rows_read, taken.is_clean) == (0, True)
    carried = in_carries(council)
    assert {"ehc-request", "ehc-final-sent"} <= carried
    assert "ehc-draft-sent" not in carried
    assert "ehc-request.exception_code" not in carried


def test_every_source_carries_what_the_monitor_makes_of_it(council: Council) -> None:
    council.write("ehc", {"request_id": "Q1", "child_id": "C1", "received_on": ""})
    council.take()
    assert in_carries(council) >= {"feed", "load", "start-unknown", "start-unknown.kind"}


def in_carries(council: Council) -> set[str]:
    with council.home.engine.connect() as connection:
        return set(connection.scalars(tables.carries.select().with_only_columns(tables.carries.c.item)))


def test_an_episode_that_needs_its_own_column_is_carried_only_with_it(council: Council) -> None:
    council.write("child_protection", columns=["enquiry_id", "child_id", "strategy_on"])
    council.take()
    assert "cp-plan" not in in_carries(council)


def test_a_column_that_the_register_does_not_know_is_refused_with_the_nearest_that_it_does(
    council: Council,
) -> None:
    fault = ehc(council, b"request_id,child_id,recieved_on\n")
    assert fault.startswith("ehc.csv: has a column 'recieved_on' that this register does not know.")
    assert "Did you mean 'received_on'?" in fault


@pytest.mark.parametrize(
    "column", ["surname", "Forename", "Child Name", "home_address", "POSTCODE", "first-name"]
)
def test_a_column_of_names_refuses_the_file(council: Council, column: str) -> None:
    fault = ehc(council, f"request_id,child_id,received_on,{column}\nE1,C1,2026-09-01,Zaphod\n".encode())
    assert (
        fault
        == f"ehc.csv: has a column '{column.lower()}': take this column out: the monitor holds no names."
    )


def test_every_fault_of_a_header_is_told_at_once(council: Council) -> None:
    council.folder.mkdir()
    (council.folder / "ehc.csv").write_text("child_id,child_id,surname,nonsense,\n")
    with pytest.raises(BadIntake) as refused:
        council.take()
    faults = refused.value.faults
    assert len(faults) == 5
    assert all(fault.startswith("ehc.csv: has ") for fault in faults)
    assert "has no column 'request_id', which every row needs" in faults[-1]


def test_a_first_row_of_case_data_is_not_repeated_as_if_it_were_a_header(council: Council) -> None:
    fault = ehc(council, b"E17,Zaphod,2026-09-01\n")
    assert "has no header row" in fault
    assert "Zaphod" not in fault
    assert "E17" not in fault


def test_columns_parted_by_semicolons_are_told_to_use_commas(council: Council) -> None:
    assert "commas" in ehc(council, b"request_id;child_id;received_on\nE1;C1;2026-09-01\n")


def test_a_quotation_mark_that_is_never_closed_is_told_with_the_row_before_it(council: Council) -> None:
    good = "E1,C1,2026-09-01\n"
    fault = ehc(council, (HEADER + good + 'E2,"C1,2026-09-01\n' + good * 100_000).encode())
    assert fault.startswith("ehc.csv: cannot be read beyond row 2: a quotation mark is not closed")


def test_a_file_that_is_no_register_is_told_the_nearest_that_is(council: Council) -> None:
    council.write("children", CHILD)
    council.write("vists", {"child_id": "C1"})
    assert told(council)[0].startswith("vists.csv: is not a register's name. Did you mean 'visits.csv'?")


def test_a_spreadsheet_is_told_to_be_saved_as_csv(council: Council) -> None:
    path = council.folder
    path.mkdir()
    (path / "ehc.xlsx").write_bytes(b"PK")
    with pytest.raises(BadIntake, match=r"ehc\.xlsx: is not a \.csv file: save it as CSV UTF-8"):
        council.take(folder=path / "ehc.xlsx")


def test_a_register_given_twice_is_refused_because_each_half_would_withdraw_the_other(
    council: Council,
) -> None:
    council.write("ehc", {"request_id": "E1", "child_id": "C1"})
    (council.folder / "EHC.csv").write_bytes((council.folder / "ehc.csv").read_bytes())
    with pytest.raises(BadIntake, match=r"ehc\.csv is given twice"):
        council.take()


def test_hidden_files_and_folders_beside_the_registers_are_passed_over(council: Council) -> None:
    council.write("children", CHILD)
    (council.folder / "._ehc.csv").write_bytes(b"\x00\x05")
    (council.folder / "~$ehc.csv").write_bytes(b"\x00\x05")
    assert told(council) == []


def test_a_folder_named_like_a_register_cannot_be_read(council: Council) -> None:
    council.write("children", CHILD)
    (council.folder / "ehc.csv").mkdir()
    assert told(council) == ["ehc.csv: cannot be read (Is a directory)."]


def test_a_byte_order_mark_is_no_part_of_the_first_column(council: Council) -> None:
    council.folder.mkdir()
    (council.folder / "children.csv").write_bytes(codecs.BOM_UTF8 + b"Child_ID , dob\r\nC1,2014-03-09\r\n")
    assert told(council) == []


def test_a_cell_of_several_lines_counts_as_one_row_like_in_a_spreadsheet(council: Council) -> None:
    council.write(
        "plo", {"case_id": "P1", "child_id": "C1", "gateway_on": "2026-09-01", "next_step": "a\nb\r\nc"}
    )
    with (council.folder / "plo.csv").open("a", newline="") as stream:
        stream.write("\nP2,C1,31/02/2026,\n")
    assert told(council)[0].startswith("plo.csv row 4: column gateway_on: ")


def test_the_day_of_the_data_is_the_oldest_file_s_and_never_today(council: Council) -> None:
    for register, day in (("children", 20), ("ehc", 18)):
        path = council.write(
            register, {"child_id": "C1", **({"request_id": "E1"} if register == "ehc" else {})}
        )
        moment = datetime(2026, 11, day, 12, tzinfo=UTC).timestamp()
        os.utime(path, (moment, moment))
    taken = council.take(as_at=None)  # type: ignore[arg-type]
    assert (taken.as_at, taken.as_at_from) == (date(2026, 11, 18), "the oldest file's date")


def test_a_file_changed_after_midnight_in_london_is_of_that_day(council: Council, tmp_path: Path) -> None:
    path = council.write("children", CHILD)
    moment = datetime(2026, 6, 30, 23, 30, tzinfo=UTC).timestamp()
    os.utime(path, (moment, moment))
    assert council.take(as_at=None).as_at == date(2026, 7, 1)  # type: ignore[arg-type]
