"""Files of every make come out as text cells, and hostile ones are refused within bounds, by their own first look."""

import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest
from openpyxl import Workbook
from sqlalchemy import create_engine, text
from sqlalchemy.dialects import mssql
from sqlalchemy.exc import InternalError, OperationalError

from monitor.intake.reading import csv_file, database, json_file, workbook, xml_file
from monitor.intake.reading.grid import Unreadable, plain
from monitor.intake.reading.tree import Branch, lay_out

SAMPLES = Path(__file__).parents[2] / "shared" / "samples"
SHEET = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'


def csv_cells(path: Path) -> list[list[str]]:
    return [list(cells) for _, cells in csv_file.grid(path)[0].rows()]


def a_book(path: Path, *rows: list[object]) -> Path:
    made = Workbook()
    sheet = made.create_sheet("List 8", 0)
    for row in rows:
        sheet.append(row)
    made.save(path)
    return path


def with_sheet(path: Path, inside: str) -> Path:
    """A workbook whose first sheet is exactly this."""
    whole = a_book(path, ["Child Unique ID"])
    with zipfile.ZipFile(whole) as book:
        parts = {each: book.read(each) for each in book.namelist()}
    parts["xl/worksheets/sheet1.xml"] = SHEET.format(inside).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in parts.items():
            book.writestr(name, content)
    return path


def workbook_cells(path: Path) -> list[tuple[int, list[str]]]:
    return [(number, list(cells)) for number, cells in workbook.grids(path)[0].rows()]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_a_csv_is_read_whatever_its_encoding_and_its_mark(tmp_path: Path, encoding: str, mark: str) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(f"child{mark}note\r\nC1{mark}Zoë\u2019s\r\n".encode(encoding))
    assert csv_cells(path) == [["child", "note"], ["C1", "Zoë\u2019s"]]


def test_rows_have_the_numbers_that_a_spreadsheet_shows_and_can_be_read_again(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("child\n\nC1\n", encoding="utf-8")
    made, encoding = csv_file.grid(path)
    assert [list(made.rows()), list(made.rows()), encoding] == [[(1, ["child"]), (3, ["C1"])]] * 2 + ["utf-8"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"child\nC1\0\0\n", "NUL"),
        (b"child\n" + b"x" * 70_000 + b"\nC1\0\n", "NUL"),
        (b'child\n"C1\n' + b"x" * 50_000_000, "a cell is far too long"),
        (b"x" * 50_000_000, "a cell is far too long"),
    ],
)
def test_a_csv_that_holds_no_table_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(content)
    with pytest.raises(Unreadable, match=said):
        csv_cells(path)


def test_a_title_above_the_header_does_not_decide_what_parts_the_columns(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("List 8, children in care\nchild;started\nC1;2026-05-04\n", encoding="utf-8")
    assert csv_cells(path)[1:] == [["child", "started"], ["C1", "2026-05-04"]]


@pytest.mark.parametrize("content", [b"\xff\xfec\x00h", b"\xff\xfec\x00\x00\xd8"])
def test_a_csv_cut_off_within_a_letter_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(content)
    with pytest.raises(Unreadable, match="not utf-16 text throughout"):
        csv_cells(path)


def test_a_workbook_gives_days_as_iso_and_ids_without_a_point(tmp_path: Path) -> None:
    path = a_book(
        tmp_path / "annex.xlsx",
        ["List 8: Children in care"],
        ["Child", "Started", "Seen", "Moment"],
        [1234567, date(2026, 5, 4), True, datetime(2026, 5, 4, 9, 30)],  # noqa: DTZ001 - a cell has no zone
        [None, None, None, None],
        ["0012", "04/05/2026", "a) Yes", 46146],
    )
    assert workbook_cells(path) == [
        (1, ["List 8: Children in care", "", "", ""]),
        (2, ["Child", "Started", "Seen", "Moment"]),
        (3, ["1234567", "2026-05-04", "yes", "2026-05-04 09:30"]),
        (5, ["0012", "04/05/2026", "a) Yes", "46146"]),
    ]


def test_a_formula_counts_by_its_value_and_without_one_the_workbook_is_refused(tmp_path: Path) -> None:
    valued = '<row r="1"><c r="A1"><f>1+1</f><v>2</v></c></row>'
    assert workbook_cells(with_sheet(tmp_path / "valued.xlsx", valued)) == [(1, ["2"])]
    with pytest.raises(Unreadable, match="formulas without their values"):
        workbook.grids(a_book(tmp_path / "unvalued.xlsx", ["Child"], ["=1+1"]))


def test_a_million_empty_rows_are_nothing_and_one_cell_beyond_them_is_refused(tmp_path: Path) -> None:
    empty = "".join(f'<row r="{number}"><c r="A{number}" s="0"/></row>' for number in range(1, 1_048_577))
    assert workbook_cells(with_sheet(tmp_path / "empty.xlsx", empty)) == []
    far = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    with pytest.raises(Unreadable, match="as far as row 1,048,576 and column 16,384"):
        workbook.grids(with_sheet(tmp_path / "far.xlsx", far))


@pytest.mark.parametrize("name", ["elsewhere/list.XML", "xl/worksheets/list.bin"])
def test_a_sheet_is_measured_wherever_the_workbook_keeps_it(tmp_path: Path, name: str) -> None:
    far = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    path = with_sheet(tmp_path / "far.xlsx", far)
    with zipfile.ZipFile(path) as book:
        parts = {each: book.read(each) for each in book.namelist()}
    parts[name] = parts.pop("xl/worksheets/sheet1.xml")
    rels = parts["xl/_rels/workbook.xml.rels"]
    parts["xl/_rels/workbook.xml.rels"] = rels.replace(b"/xl/worksheets/sheet1.xml", f"/{name}".encode())
    assert parts["xl/_rels/workbook.xml.rels"] != rels
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for each, content in parts.items():
            book.writestr(each, content)
    with pytest.raises(Unreadable, match=r"as far as|no workbook"):
        workbook.grids(path)


def test_a_zip_bomb_macros_a_password_and_a_text_that_calls_itself_a_workbook_are_refused(
    tmp_path: Path,
) -> None:
    bomb, macros, locked, lie = (tmp_path / f"{name}.xlsx" for name in ("bomb", "macros", "locked", "lie"))
    with (
        zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as book,
        book.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part,
    ):
        for _ in range(700):
            part.write(b" " * (1 << 20))
    with zipfile.ZipFile(macros, "w") as book:
        book.writestr("xl/vbaProject.bin", b"macro")
    locked.write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 512)
    lie.write_text("child,started\n", encoding="utf-8")
    for path, said in ((bomb, "unfolds"), (macros, "macros"), (locked, "password"), (lie, "no workbook")):
        with pytest.raises(Unreadable, match=said):
            workbook.grids(path)


CENSUS = """<Message xmlns="urn:any"><Header><ReferenceDate>2026-03-31</ReferenceDate></Header><Children>
<Child><Ids><Id>C1</Id>stray<Upn/></Ids>
<Need><On>2026-01-05</On></Need><Need><On>2026-02-05</On><Off>2026-02-09</Off></Need></Child>
</Children></Message>"""


def test_xml_is_laid_out_as_rows_with_what_stands_above_them(tmp_path: Path) -> None:
    path = tmp_path / "census.xml"
    path.write_text(CENSUS, encoding="utf-8")
    head, *records = xml_file.records(
        path, ("Message", "Children", "Child"), (("Message", "Header", "ReferenceDate"),)
    )
    assert (head.tag, head.text) == ("Message/Header/ReferenceDate", "2026-03-31")
    (grid,) = lay_out(
        records, [Branch("need", ("Need",), ("../Ids/Id", "../Ids/Upn", "On", "Off", "Why"))], "census"
    )
    assert list(grid.rows()) == [
        (0, ["../Ids/Id", "../Ids/Upn", "On", "Off"]),
        (3, ["C1", "", "2026-01-05", ""]),
        (3, ["C1", "", "2026-02-05", "2026-02-09"]),
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "defines a document type or entities"),
        ("<!DOCTYPE a [<!ELEMENT a ANY>]><a/>", "defines a document type or entities"),
        ("<a><b></a>", "is not XML: line 1"),
        ("<a>" * 60, "nested more than 40 deep"),
        ("<r><a>" + "<b/>" * 200_001, "more than 200,000 elements"),
        ("<r><a>" + "x" * 1_000_001, "more than 1,000,000 characters"),
        ("", "is not XML"),
        ('<?xml version="1.0" encoding="no-such"?><r><a/></r>', "an encoding that cannot be read"),
        ('<?xml version="1.0" encoding="shift_jis"?><r><a/></r>', "an encoding that cannot be read"),
    ],
)
def test_hostile_xml_is_refused(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "census.xml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(Unreadable, match=said):
        list(xml_file.records(path, ("r", "a")))


def test_a_document_type_that_is_only_named_is_never_fetched(tmp_path: Path) -> None:
    path = tmp_path / "census.xml"
    path.write_text('<!DOCTYPE r SYSTEM "file:///etc/hostname"><r><a>1</a></r>', encoding="utf-8")
    assert [record.text for record in xml_file.records(path, ("r", "a"))] == ["1"]


def test_json_is_laid_out_as_rows(tmp_path: Path) -> None:
    path = tmp_path / "children.json"
    path.write_text(
        '[{"id": 7, "episodes": [{"on": "2026-01-05", "closed": null, "open": true}]}]', encoding="utf-8"
    )
    (grid,) = lay_out(
        json_file.records(path),
        [Branch("episode", ("episodes",), ("../id", "on", "closed", "open"))],
        "children",
    )
    assert list(grid.rows()) == [
        (0, ["../id", "on", "closed", "open"]),
        (1, ["7", "2026-01-05", "", "yes"]),
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"a":', "is not JSON: line 1"),
        ("[1]", "record 1 is not an object"),
        ('{"a":' * 50 + "1" + "}" * 50, "nested"),
    ],
)
def test_json_that_holds_no_records_is_refused(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "children.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(Unreadable, match=said):
        list(json_file.records(path))


def test_a_database_is_read_in_place_and_cannot_be_written(database_url: str) -> None:
    made = create_engine(database_url)
    with made.begin() as connection:
        connection.execute(text('CREATE TABLE "ssd person" (pers_person_id TEXT, pers_dob TIMESTAMP)'))
        connection.execute(
            text("INSERT INTO \"ssd person\" VALUES ('12', '2014-03-09 00:00:00'), (NULL, NULL)")
        )
    made.dispose()
    with database.opened(database_url) as connection:
        (grid,) = (each for each in database.grids(connection, None, "ssd") if each.name == "ssd person")
        header, first, second = grid.rows()
        assert (grid.shown, header) == ("ssd, ssd person", (0, ["pers_person_id", "pers_dob"]))
        assert (first[0], first[1][0], first[1][1][:10]) == (1, "12", "2014-03-09")
        assert second == (2, ["", ""])
        with pytest.raises((OperationalError, InternalError), match=r"readonly|read-only"):
            connection.execute(text('DELETE FROM "ssd person"'))


def test_what_goes_wrong_elsewhere_while_a_database_is_open_is_not_put_down_to_it(tmp_path: Path) -> None:
    with pytest.raises(OperationalError), database.opened(f"sqlite:///{tmp_path / 'ssd.db'}"):
        raise OperationalError("the ledger's own", None, Exception())


def test_a_table_that_is_gone_when_it_is_read_is_told(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ssd.db'}"
    made = create_engine(url)
    with made.begin() as connection:
        connection.execute(text("CREATE TABLE ssd_person (pers_person_id TEXT)"))
    with database.opened(url) as reading:
        (grid,) = database.grids(reading, None, "ssd")
        reading.rollback()
        with made.begin() as connection:
            connection.execute(text("DROP TABLE ssd_person"))
        with pytest.raises(Unreadable, match="ssd, ssd_person cannot be read"):
            list(grid.rows())


def test_a_database_that_cannot_be_reached_is_told_without_its_password() -> None:
    with pytest.raises(Unreadable) as told, database.opened("sqlite:////nowhere/at/all.db"):
        pass
    assert "cannot be read" in str(told.value)
    with pytest.raises(Unreadable, match="no address") as told, database.opened("reader:secret-word"):
        pass
    assert "secret-word" not in str(told.value)


def test_sql_server_is_asked_in_its_own_words() -> None:
    asked = database.statement("ssd_person", ["pers_person_id", "order"], "ssd_development")
    assert str(asked.compile(dialect=mssql.dialect())) == (  # type: ignore[no-untyped-call]
        "SELECT ssd_development.[ssd_person].[pers_person_id], ssd_development.[ssd_person].[order] \n"
        "FROM ssd_development.[ssd_person]"
    )


@pytest.mark.samples
@pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="the sample returns do not lie beside the checkout, in ../shared/samples"
)
def test_returns_that_nobody_here_wrote_come_out_whole() -> None:
    returned, census = SAMPLES / "ssda903_d2i_validator", SAMPLES / "cin_census" / "fake_CIN_data.xml"
    below_header = {
        name: len(csv_cells(returned / f"{name}.csv")) - 1 for name in ("header", "episodes", "reviews")
    }
    assert below_header == {"header": 2_675, "episodes": 5_050, "reviews": 12_582}
    assert len(list(xml_file.records(returned / "fake_903.xml", ("EXPSSDA903", "CHILD")))) == 253
    day = ("Message", "Header", "CollectionDetails", "ReferenceDate")
    head, *children = xml_file.records(census, ("Message", "Children", "Child"), (day,))
    assert (head.text, len(children)) == ("2022-07-21", 332)
    assert sum(len(list(child.all(("CINdetails",)))) for child in children) == 402
    lists = workbook.grids(SAMPLES / "annex_a_ilacs" / "Annex_A_liia-tools.xlsx")
    assert [len(list(each.rows())) - 1 for each in lists] == [5, 5, 6, 5, 5, 5, 7, 5, 6, 5, 5]


@pytest.mark.parametrize(
    "written",
    [
        "Date of Adoption Order ",
        "date_of_adoption_order",
        "Date  of\xa0Adoption \u2013 Order",
        "\u2018Date\u2019 of (Adoption) Order))",
    ],
)
def test_a_heading_is_compared_by_its_words_alone(written: str) -> None:
    assert plain(written) == "date of adoption order"
