"""A synthetic SSDA903 return, read and reckoned in plain Python: nothing here comes from the monitor.

Its 2,123 children are invented (data-to-insight/csc-validator-be-903, MIT). It lies beside the checkout and never
in it. Its legal statuses are random, so no short breaks are read from them.
"""

import calendar
import csv
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import holidays

RETURN = Path(__file__).parents[2] / "shared" / "samples" / "ssda903_d2i_validator"
RULES = ("cla-review-1", "cla-review-2", "cla-review-n")
DAYS_OFF = holidays.country_holidays("GB", subdiv="ENG", years=range(2015, 2020))


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A child's time in care: the rows that touch or overlap, under the first row's number."""

    ref: str
    child: str
    entered_on: date
    left_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Expected:
    """What a clock must say."""

    ref: str
    child: str
    rule: str
    started_on: date
    due_on: date
    act_by: date
    outcome: str
    stage: str | None


def rows(name: str) -> list[dict[str, str]]:
    with (RETURN / f"{name}.csv").open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def day(text: str) -> date | None:
    """A day as the return writes it: 31/03/2018."""
    if not text:
        return None
    number, month, year = text.split("/")
    return date(int(year), int(month), int(number))


def periods() -> list[Period]:
    """From entering care to leaving it; a move within care ends one row and begins the next on the same day."""
    spells = defaultdict(list)
    for number, row in enumerate(rows("episodes"), start=1):
        entered = day(row["DECOM"])
        assert entered is not None
        spells[row["CHILD"]].append((entered, number, day(row["DEC"])))
    found: list[Period] = []
    for child, of_child in spells.items():
        until: date | None = date.min
        for entered, number, left in sorted(of_child, key=lambda spell: spell[:2]):
            if until is not None and entered > until:
                found.append(Period(ref=f"E{number}", child=child, entered_on=entered, left_on=left))
                until = left
            elif until is not None:
                until = None if left is None else max(until, left)
                found[-1] = replace(found[-1], left_on=until)
    return found


def reviews() -> dict[str, list[date]]:
    """The days in the return's list of reviews, by child, those to come among them."""
    found = defaultdict(list)
    for row in rows("reviews"):
        reviewed = day(row["REVIEW"])
        assert reviewed is not None
        found[row["CHILD"]].append(reviewed)
    return found


def is_working(on: date) -> bool:
    return on.weekday() < 5 and on not in DAYS_OFF


def working_days(count: int, start: date) -> date:
    """So many working days after the start, or before it."""
    step = timedelta(days=1 if count > 0 else -1)
    while count:
        start += step
        if is_working(start):
            count -= 1 if count > 0 else -1
    return start


def months(count: int, start: date) -> date:
    """The corresponding date, or the month's last day where it has none."""
    years, month = divmod(start.month - 1 + count, 12)
    year, month = start.year + years, month + 1
    return date(year, month, min(start.day, calendar.monthrange(year, month)[1]))


Stages = list[tuple[date, str]]


def first(started: date) -> tuple[date, Stages]:
    """The first review: the last day in time, and the day on which each stage is reached."""
    due = working_days(20, started)
    soon = [(working_days(-days, due), f"{days} working days before") for days in (10, 5)]
    return due, [*soon, (due + timedelta(days=1), "overdue"), (working_days(3, due), "3 working days over")]


def later(started: date, within: int, *weeks: int) -> tuple[date, Stages]:
    """A later review, so many months after the last one, with warnings so many weeks before."""
    due = months(within, started)
    soon = [(due - timedelta(weeks=each), f"{each} weeks before") for each in weeks]
    return due, [*soon, (due + timedelta(days=1), "overdue"), (working_days(5, due), "5 working days over")]


def expected(period: Period, held: set[date], as_at: date) -> Expected | None:
    """The review that is owed for this period, or nothing where the child is not in care on the day."""
    if period.entered_on > as_at or (period.left_on is not None and period.left_on <= as_at):
        return None
    since = sorted(on for on in held if period.entered_on <= on <= as_at)
    rule = RULES[min(len(since), 2)]
    started = since[-1] if since else period.entered_on
    due, stages = (
        first(started) if not since else later(started, *((3, 4, 2) if len(since) == 1 else (6, 6, 3)))
    )
    reached = [label for on, label in stages if on <= as_at]
    outcome = "overdue" if as_at > due else "due-soon" if reached else "in-time"
    return Expected(
        ref=period.ref,
        child=period.child,
        rule=rule,
        started_on=started,
        due_on=due,
        act_by=due if is_working(due) else working_days(-1, due),
        outcome=outcome,
        stage=reached[-1] if reached else None,
    )


def all_expected(as_at: date) -> list[Expected]:
    listed = reviews()
    owed = (expected(period, set(listed.get(period.child, ())), as_at) for period in periods())
    return sorted(each for each in owed if each is not None)
