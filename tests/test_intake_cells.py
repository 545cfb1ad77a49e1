"""One cell into a value, or a plain word about what is wrong with it."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.intake.cells import BadCell, an_id, cell_reader, flag, iso_date, number, parser, word


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-11-23", date(2026, 11, 23)),
        ("2024-02-29", date(2024, 2, 29)),
        ("2026-11-23T09:30", date(2026, 11, 23)),
        ("2026-11-23 00:00:00", date(2026, 11, 23)),
        ("2026-11-23 00:00:00.0000000", date(2026, 11, 23)),
        ("2026-11-23T23:59:59+00:00", date(2026, 11, 23)),
    ],
)
def test_a_day_is_written_year_month_day_with_or_without_a_time(text: str, day: date) -> None:
    assert iso_date(text) == day


def test_a_moment_in_summer_is_taken_as_the_london_day_it_fell_on() -> None:
    assert iso_date("2026-06-30T23:30:00Z") == date(2026, 7, 1)
    assert iso_date("2026-03-28T23:30:00Z") == date(2026, 3, 28)
    assert iso_date("2026-03-29T23:30:00Z") == date(2026, 3, 30)
    assert iso_date("2026-10-24T23:30:00Z") == date(2026, 10, 25)
    assert iso_date("2026-10-25T23:30:00Z") == date(2026, 10, 25)


def test_a_moment_without_a_zone_is_london_s_own() -> None:
    assert iso_date("2026-06-30T23:30:00") == date(2026, 6, 30)


@pytest.mark.parametrize(
    "text",
    [
        *("31/02/2026", "13/11/2026", "2026-02-31", "2026-13-01", "2026-11-31", "20261123", "2026-W47-1"),
        *("2026-11-23T", "2026-11-23T25:00", "46349", "46349.5", "soon", "1999", "1999-11", "23 Nov 2026"),
        *(
            "2026-11-23x",
            "2026-11-23 x",
            "1900-01-01",
            "1899-12-30",
            "1901-01-01",
            "9999-12-31",
            "2061-01-01",
        ),
        *("9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+12:00", "٢٠٢٦-١١-٢٣", "-2026-11-23"),  # noqa: RUF001
    ],
)
def test_what_is_no_day_is_refused_and_never_repeated(text: str) -> None:
    with pytest.raises(BadCell) as refused:
        iso_date(text)
    assert text not in str(refused.value)


_SAID_OF_A_DAY = (
    "it is not a date written year-month-day, such as 2026-11-23",
    "there is no such day; dates are written year-month-day, such as 2026-11-23",
    "the year must lie between 1902 and 2060; a cell without a date is left empty",
)


@given(st.text())
def test_no_text_whatever_does_more_than_be_a_day_or_be_refused(text: str) -> None:
    try:
        assert iso_date(text).isoformat() == text[:10] or len(text) > 10
    except BadCell as bad:
        assert str(bad) in _SAID_OF_A_DAY  # which say nothing of what stood in the cell


@given(st.text(min_size=1))
def test_an_id_or_a_word_that_is_taken_is_printable_and_no_formula(text: str) -> None:
    for read in (an_id, word):
        try:
            taken = read(text)
        except BadCell:
            continue
        assert taken.isprintable()
        assert not taken.startswith(("=", "+", "-", "@"))


@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "+44", "-1", "@SUM(1)"])
def test_a_cell_that_a_spreadsheet_would_run_is_refused(text: str) -> None:
    for read in (an_id, word):
        with pytest.raises(BadCell, match="formula"):
            read(text)


def test_an_id_that_a_spreadsheet_has_rounded_is_refused() -> None:
    with pytest.raises(BadCell, match="rounded"):
        an_id("1.23457E+12")
    assert an_id("0012345") == "0012345"
    assert an_id("2026/E+77") == "2026/E+77"


@pytest.mark.parametrize(
    "text", ["a|b", "a#b", "a:b", "a~b", "a\nb", "a\x00b", "a\u202eb", "a\u200bb", "x" * 65]
)
def test_an_id_holds_nothing_that_parts_our_keys_or_cannot_be_seen(text: str) -> None:
    with pytest.raises(BadCell):
        an_id(text)


def test_a_word_with_a_no_break_space_or_a_line_break_is_the_word_with_spaces() -> None:
    assert word("Care\xa0team\n north ") == "Care team north"


def test_a_word_may_not_be_longer_than_the_ledger_has_room_for() -> None:
    assert word("x" * 254)
    with pytest.raises(BadCell, match="longer than 254"):
        word("x" * 255)


def test_yes_and_no_have_their_usual_spellings_and_nothing_else() -> None:
    assert [flag(text) for text in ("yes", "Y", "TRUE", "1")] == ["yes"] * 4
    assert [flag(text) for text in ("no", "N", "False", "0")] == ["no"] * 4
    with pytest.raises(BadCell, match="yes or no"):
        flag("maybe")


@pytest.mark.parametrize("text", ["nan", "inf", "1e5", "1_000", "-1", "1,5", "one"])
def test_a_number_is_digits_and_at_most_one_point(text: str) -> None:
    assert number("0.8") == "0.8"
    with pytest.raises(BadCell, match="not a number"):
        number(text)


def test_a_code_is_read_by_any_of_its_spellings_and_a_wrong_one_is_told_what_is_allowed() -> None:
    read = parser({"assess": ["assess", "agreed"], "refuse": ["refuse"]})
    assert read("Agreed") == "assess"
    with pytest.raises(BadCell, match="Allowed: assess, refuse"):
        read("granted")


def test_an_empty_cell_or_one_of_spaces_is_nothing_and_an_id_gets_its_issuer() -> None:
    read = cell_reader(an_id, "mosaic")
    assert read("  ") is None
    assert read(" C1 ") == "mosaic:C1"
