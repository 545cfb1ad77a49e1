"""Days as the law counts them: the catalogue's worked examples, and what must hold for every day and amount."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.calendars import Calendar, add_months, reached_age
from monitor.limits import Amount, Unit, parse_amount
from tests.naive_facts import calendar_of

ENGLAND = calendar_of()
D = date

# Clock catalogue 1.5, each with the rule for which it was worked out.
WORKED = [
    ("fd-referral-1wd", "1 working day", D(2026, 12, 24), D(2026, 12, 29)),
    ("fd-assessment-45wd", "45 working days", D(2026, 11, 23), D(2027, 1, 28)),
    ("cp-icpc-15wd", "15 working days", D(2026, 12, 15), D(2027, 1, 8)),
    ("cla-review-1", "20 working days", D(2026, 12, 7), D(2027, 1, 7)),
    ("cla-review-2", "3 months", D(2027, 1, 7), D(2027, 4, 7)),
    ("cla-review-2, no such day", "3 months", D(2026, 11, 30), D(2027, 2, 28)),
    ("ehc-decide-6wk", "6 weeks", D(2026, 12, 14), D(2027, 1, 25)),
    ("ehc-draft-wk16", "16 weeks", D(2026, 12, 14), D(2027, 4, 5)),
    ("ehc-draft-wk16, last possible", "125 days", D(2026, 12, 14), D(2027, 4, 18)),
    ("ehc-final-20wk", "20 weeks", D(2026, 12, 14), D(2027, 5, 3)),
    ("ehc-parent-15d-floor", "15 days beginning with", D(2027, 3, 8), D(2027, 3, 22)),
    ("plo-26-weeks", "26 weeks beginning with", D(2026, 11, 23), D(2027, 5, 23)),
    ("plo-cmh-window, opens", "12 working days beginning with", D(2026, 12, 14), D(2026, 12, 31)),
    ("plo-cmh-window, closes", "18 working days beginning with", D(2026, 12, 14), D(2027, 1, 11)),
    ("iro-dispute-total-20wd", "20 working days", D(2026, 12, 10), D(2027, 1, 12)),
    ("visit-6wk", "6 weeks", D(2026, 11, 20), D(2027, 1, 1)),
    ("cl-needs-assessment", "3 months", D(2026, 11, 30), D(2027, 2, 28)),
]
# The second opinion's additions (law review, section 3) that these units can say.
ADDED = [
    ("ehc-ar-12m", "12 months beginning with", D(2026, 3, 10), D(2027, 3, 9)),
    ("SEND reg 15(2)", "15 working days beginning with", D(2026, 12, 14), D(2027, 1, 6)),
    ("CA 1989 s37(4)", "8 weeks beginning with", D(2026, 11, 23), D(2027, 1, 17)),
    ("visit-pa", "2 months", D(2026, 12, 31), D(2027, 2, 28)),
    ("plo-cmh, day 25", "25 working days beginning with", D(2026, 12, 14), D(2027, 1, 20)),
]

DAYS = st.dates(D(1990, 1, 1), D(2050, 1, 1))
# School days need the terms of a school; hours are counted from a moment, not from a day.
UNITS = [unit for unit in Unit if unit not in (Unit.SCHOOL_DAYS, Unit.HOURS)]
AMOUNTS = st.builds(Amount, st.integers(1, 60), st.sampled_from(UNITS), st.booleans())
PLAIN = st.builds(Amount, st.integers(1, 60), st.sampled_from(UNITS))
WORKING_DAYS = st.integers(1, 300).map(lambda n: Amount(n, Unit.WORKING_DAYS))


@pytest.mark.parametrize(("what", "amount", "start", "last_day"), [*WORKED, *ADDED])
def test_a_worked_example_of_the_catalogue_comes_out(
    what: str, amount: str, start: date, last_day: date
) -> None:
    assert ENGLAND.after(start, parse_amount(amount)) == last_day


@pytest.mark.parametrize(
    ("last_day", "act_by"),
    [
        (D(2027, 2, 28), D(2027, 2, 26)),  # cla-review-2: a Sunday
        (D(2027, 5, 3), D(2027, 4, 30)),  # ehc-final-20wk: the early May bank holiday, after a weekend
        (D(2027, 5, 23), D(2027, 5, 21)),  # plo-26-weeks: a Sunday
        (D(2027, 1, 1), D(2026, 12, 31)),  # visit-6wk: New Year's Day
        (D(2027, 2, 14), D(2027, 2, 12)),  # ehc-phase-transfer: the day before 15 February
        (D(2027, 1, 7), D(2027, 1, 7)),  # a working day is its own
    ],
)
def test_where_the_last_day_is_no_working_day_one_must_act_by_the_working_day_before(
    last_day: date, act_by: date
) -> None:
    assert ENGLAND.on_or_before(last_day) == act_by


def test_the_last_safe_day_for_a_draft_plan_leaves_fifteen_days_before_a_working_day_in_week_twenty() -> None:
    """A draft of 15 April can be made final on 30 April; one of 18 April only on the bank holiday itself."""
    floor = parse_amount("15 days beginning with")
    earliest = [ENGLAND.after(draft, floor) + timedelta(days=1) for draft in (D(2027, 4, 15), D(2027, 4, 18))]
    assert earliest == [D(2027, 4, 30), D(2027, 5, 3)]
    assert [ENGLAND.is_working_day(day) for day in earliest] == [True, False]


def test_twenty_eight_days_are_not_twenty_working_days() -> None:
    twenty, monday = parse_amount("20 working days"), D(2026, 9, 28)
    late_by = [
        (monday + timedelta(days=weekday + 28) - ENGLAND.after(monday + timedelta(days=weekday), twenty)).days
        for weekday in range(7)
    ]
    assert late_by == [0, 0, 0, 0, 0, 1, 2]


@pytest.mark.parametrize("year", range(2020, 2041))
def test_christmas_day_and_good_friday_are_never_working_days(year: int) -> None:
    """They are common-law holidays: a table of bank holidays may leave them out when Christmas is on a weekend."""
    good_fridays = {2020: D(2020, 4, 10), 2026: D(2026, 4, 3), 2027: D(2027, 3, 26), 2038: D(2038, 4, 23)}
    assert not ENGLAND.is_working_day(D(year, 12, 25))
    assert year not in good_fridays or not ENGLAND.is_working_day(good_fridays[year])


def test_the_substitute_day_is_off_too_when_christmas_falls_on_a_weekend() -> None:
    assert [ENGLAND.is_working_day(D(2027, 12, day)) for day in (24, 27, 28, 29)] == [
        True,
        False,
        False,
        True,
    ]


def test_only_england_keeps_its_holidays_here() -> None:
    st_andrew, second_of_january, battle_of_the_boyne = D(2026, 11, 30), D(2026, 1, 2), D(2027, 7, 12)
    assert all(map(ENGLAND.is_working_day, (st_andrew, second_of_january, battle_of_the_boyne)))


def test_a_proclaimed_holiday_moves_working_days_and_nothing_else() -> None:
    proclaimed = Calendar([D(2027, 1, 4)])
    start = D(2026, 12, 24)
    assert ENGLAND.after(start, parse_amount("5 working days")) == D(2027, 1, 5)
    assert proclaimed.after(start, parse_amount("5 working days")) == D(2027, 1, 6)
    assert proclaimed.after(start, parse_amount("2 weeks")) == ENGLAND.after(start, parse_amount("2 weeks"))
    assert proclaimed.on_or_before(D(2027, 1, 4)) == D(2026, 12, 31)


def test_the_coronation_holiday_of_2023_is_in_the_table() -> None:
    assert not ENGLAND.is_working_day(D(2023, 5, 8))


@pytest.mark.parametrize(
    ("start", "months", "day"),
    [
        (D(2026, 1, 31), 1, D(2026, 2, 28)),
        (D(2026, 1, 31), 2, D(2026, 3, 31)),
        (D(2026, 8, 31), 6, D(2027, 2, 28)),
        (D(2027, 8, 31), 6, D(2028, 2, 29)),
        (D(2028, 2, 29), 12, D(2029, 2, 28)),
        (D(2027, 3, 31), -1, D(2027, 2, 28)),
        (D(2026, 12, 15), 1, D(2027, 1, 15)),
    ],
)
def test_a_month_ends_on_the_corresponding_date_or_the_months_last_day(
    start: date, months: int, day: date
) -> None:
    assert add_months(start, months) == day


@pytest.mark.parametrize(
    ("born", "years", "day"),
    [
        (D(2012, 2, 29), 16, D(2028, 2, 29)),
        (D(2012, 2, 29), 18, D(2030, 3, 1)),
        (D(2008, 2, 29), 1, D(2009, 3, 1)),
        (D(2010, 2, 28), 18, D(2028, 2, 28)),
        (D(2026, 5, 1), 1, D(2027, 5, 1)),
    ],
)
def test_an_age_is_reached_on_the_birthday_and_one_born_on_29_february_reaches_it_on_1_march(
    born: date, years: int, day: date
) -> None:
    assert reached_age(born, years) == day


def test_day_one_is_the_event_itself_only_where_the_law_says_beginning_with() -> None:
    saturday = D(2026, 11, 21)
    assert ENGLAND.after(saturday, parse_amount("1 day")) == D(2026, 11, 22)
    assert ENGLAND.after(saturday, parse_amount("1 day beginning with")) == saturday
    assert ENGLAND.after(saturday, parse_amount("1 working day")) == D(2026, 11, 23)
    assert ENGLAND.after(saturday, parse_amount("1 working day beginning with")) == D(2026, 11, 23)


@pytest.mark.parametrize(
    "text", ["", "weeks", "20", "-1 days", "1.5 days", "20 fortnights", "20 weeks beginning"]
)
def test_what_is_no_amount_of_time_is_refused_with_what_is_allowed(text: str) -> None:
    with pytest.raises(ValueError, match=r"20 weeks|Allowed"):
        parse_amount(text)


@given(AMOUNTS)
def test_an_amount_is_read_as_it_is_written(amount: Amount) -> None:
    assert parse_amount(str(amount)) == amount


@given(DAYS, DAYS, AMOUNTS)
def test_a_later_start_never_ends_earlier(one: date, other: date, amount: Amount) -> None:
    earlier, later = sorted((one, other))
    assert ENGLAND.after(earlier, amount) <= ENGLAND.after(later, amount)


@given(DAYS, st.integers(1, 27), AMOUNTS)
def test_neighbouring_starts_end_in_order(day: date, days: int, amount: Amount) -> None:
    assert ENGLAND.after(day, amount) <= ENGLAND.after(day + timedelta(days=days), amount)


@given(DAYS, AMOUNTS)
def test_no_period_ends_before_it_starts(day: date, amount: Amount) -> None:
    assert ENGLAND.after(day, amount) >= day


@given(DAYS, PLAIN)
def test_a_longer_period_never_ends_earlier(day: date, amount: Amount) -> None:
    longer = Amount(amount.n + 1, amount.unit)
    assert ENGLAND.after(day, amount) < ENGLAND.after(day, longer)
    assert ENGLAND.before(day, longer) < ENGLAND.before(day, amount) < day


@given(DAYS, PLAIN)
def test_beginning_with_the_day_is_the_same_as_running_from_the_day_before(day: date, amount: Amount) -> None:
    counted = ENGLAND.after(day, Amount(amount.n, amount.unit, beginning_with=True))
    if amount.unit in (Unit.MONTHS, Unit.YEARS):
        assert counted == ENGLAND.after(day, amount) - timedelta(days=1)
    else:
        assert counted == ENGLAND.after(day - timedelta(days=1), amount)


@pytest.mark.parametrize(
    ("start", "length", "last"),
    [
        # The second opinion's added vectors (section 3), by its own independent calendar.
        (
            D(2026, 3, 10),
            "12 months beginning with",
            D(2027, 3, 9),
        ),  # Children and Families Act 2014, s. 44(1)
        (D(2026, 12, 14), "15 working days beginning with", D(2027, 1, 6)),  # SEND Regulations 2014, r. 15(2)
        (D(2026, 11, 23), "8 weeks beginning with", D(2027, 1, 17)),  # Children Act 1989, s. 37(4)
        (D(2026, 12, 1), "30 tribunal days", D(2027, 1, 20)),  # 25 December to 1 January are not counted
        (D(2026, 12, 31), "2 months", D(2027, 2, 28)),  # Care Leavers Regulations 2010, r. 8(2)
        # PD12A: Day 1 is the day of issue; the window is Day 12 to Day 18, the further hearing Day 25.
        (D(2026, 12, 14), "12 court days beginning with", D(2026, 12, 31)),
        (D(2026, 12, 14), "18 court days beginning with", D(2027, 1, 11)),
        (D(2026, 12, 14), "25 court days beginning with", D(2027, 1, 20)),
        # No day of August is a Tribunal day.
        (D(2027, 7, 29), "3 tribunal days", D(2027, 9, 2)),
    ],
)
def test_the_units_of_courts_and_tribunals_are_counted_as_their_rules_say(
    start: date, length: str, last: date
) -> None:
    assert ENGLAND.after(start, parse_amount(length)) == last


def test_the_closure_days_of_a_council_do_not_move_court_days() -> None:
    closed = Calendar(closure_days=[D(2026, 12, 29), D(2026, 12, 30)])
    assert closed.after(D(2026, 12, 24), parse_amount("1 working day")) == D(2026, 12, 31)
    assert closed.after(D(2026, 12, 24), parse_amount("1 court day")) == D(2026, 12, 29)


@given(DAYS, st.integers(1, 120))
def test_months_never_drift(day: date, months: int) -> None:
    """Counted from the first start they keep its day of the month; step by step they would lose it for good."""
    found = add_months(day, months)
    assert (found.year * 12 + found.month) - (day.year * 12 + day.month) == months
    assert found.day == day.day or (found + timedelta(days=1)).day == 1
    stepped = day
    for _ in range(months):
        stepped = add_months(stepped, 1)
    assert stepped <= found
    assert stepped == found or day.day > 28


@given(DAYS, WORKING_DAYS)
def test_a_period_of_working_days_holds_just_so_many_of_them(day: date, amount: Amount) -> None:
    last = ENGLAND.after(day, amount)
    assert ENGLAND.is_working_day(last)
    assert ENGLAND.working_days_between(day, last) == amount.n
    assert ENGLAND.working_days_between(day, last - timedelta(days=1)) == amount.n - 1


@given(DAYS, WORKING_DAYS)
def test_counting_working_days_back_undoes_counting_them_forward(day: date, amount: Amount) -> None:
    last = ENGLAND.after(day, amount)
    assert ENGLAND.before(last, amount) == ENGLAND.on_or_before(day)
    assert ENGLAND.after(ENGLAND.before(day, amount), amount) <= day or not ENGLAND.is_working_day(day)


@given(DAYS, st.integers(1, 400), st.sampled_from([Unit.DAYS, Unit.WEEKS]))
def test_counting_days_back_undoes_counting_them_forward(day: date, n: int, unit: Unit) -> None:
    assert ENGLAND.before(ENGLAND.after(day, Amount(n, unit)), Amount(n, unit)) == day


@given(DAYS)
def test_the_working_day_to_act_by_is_the_last_one_up_to_the_day(day: date) -> None:
    act_by = ENGLAND.on_or_before(day)
    assert ENGLAND.is_working_day(act_by)
    assert ENGLAND.working_days_between(act_by, day) == 0
    assert (act_by == day) == ENGLAND.is_working_day(day)


@given(DAYS, DAYS)
def test_no_working_days_lie_between_a_day_and_one_that_is_not_later(one: date, other: date) -> None:
    earlier, later = sorted((one, other))
    assert ENGLAND.working_days_between(later, earlier) == 0
    assert 0 <= ENGLAND.working_days_between(earlier, later) <= (later - earlier).days
