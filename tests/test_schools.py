"""School days: of that one school where it has terms of its own, else the council's; never guessed."""

from datetime import date

import pytest

from monitor.calendars import BeyondCalendar, Calendar
from monitor.limits import parse_amount
from monitor.schools import COUNCIL, Days, Schools

ENGLAND = Calendar()
AUTUMN, SPRING = (date(2026, 9, 2), date(2026, 12, 18)), (date(2027, 1, 4), date(2027, 3, 25))


def days(school: str, first: date, last: date) -> Days:
    return Days(school=school, first=first, last=last)


SCHOOLS = Schools(
    terms=(days(COUNCIL, *AUTUMN), days(COUNCIL, *SPRING), days("S2", date(2027, 1, 6), date(2027, 3, 25))),
    half_terms=(
        days(COUNCIL, date(2026, 10, 26), date(2026, 10, 30)),
        days(COUNCIL, date(2027, 2, 15), date(2027, 2, 19)),
    ),
    closures=(days("S1", date(2027, 1, 18), date(2027, 1, 18)),),
)


def at(school: str) -> Calendar:
    return ENGLAND.at_school(SCHOOLS.days(school, ENGLAND))


@pytest.mark.parametrize(
    ("school", "start", "length", "last"),
    [
        # Excluded from Monday 11 January 2027, day 1: the sixth school day is Monday 18 January (second opinion, 3).
        ("S9", date(2027, 1, 11), "6 school days beginning with", date(2027, 1, 18)),
        # That school is closed on the 18th.
        ("S1", date(2027, 1, 11), "6 school days beginning with", date(2027, 1, 19)),
        # Fifteen school days from Friday 11 December: 5 before Christmas, then from 4 January.
        ("S9", date(2026, 12, 11), "15 school days", date(2027, 1, 15)),
        # Another school begins its term on the 6th.
        ("S2", date(2027, 1, 6), "3 school days", date(2027, 1, 11)),
        # Half-term is not counted.
        ("S9", date(2027, 2, 12), "1 school day", date(2027, 2, 22)),
    ],
)
def test_school_days_leave_out_holidays_half_terms_and_closures(
    school: str, start: date, length: str, last: date
) -> None:
    assert at(school).after(start, parse_amount(length)) == last


@pytest.mark.parametrize("start", [date(2026, 7, 10), date(2027, 3, 20)])
def test_where_no_table_of_terms_reaches_nothing_is_counted(start: date) -> None:
    with pytest.raises(BeyondCalendar):
        at("S9").after(start, parse_amount("15 school days"))


def test_a_warning_before_the_first_term_of_the_table_is_not_counted_either() -> None:
    with pytest.raises(BeyondCalendar):
        at("S9").before(date(2026, 9, 4), parse_amount("5 school days"))


def test_the_next_term_ends_when_the_term_that_begins_after_the_day_does() -> None:
    assert SCHOOLS.next_term_end(date(2026, 10, 10)) == date(2027, 3, 25)
    assert SCHOOLS.next_term_end(date(2026, 12, 28)) == date(2027, 3, 25)


@pytest.mark.parametrize("day", [date(2027, 1, 4), date(2026, 9, 1)])
def test_a_term_that_is_not_in_the_table_is_not_made_up(day: date) -> None:
    with pytest.raises(BeyondCalendar):
        SCHOOLS.next_term_end(day)


def test_half_term_is_that_of_the_term_in_which_the_day_lies() -> None:
    assert SCHOOLS.half_term(date(2027, 3, 25)) == date(2027, 2, 15)
    assert SCHOOLS.half_term(date(2026, 12, 28)) is None
