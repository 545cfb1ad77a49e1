"""What a moment or a condition says of one row on one day: the day, or yes, no, or cannot tell."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from monitor import needs
from monitor.calendars import LONDON, Calendar, reached_age
from monitor.feeds import Feeds
from monitor.limits import Unit
from monitor.model import Row
from monitor.parts import (
    Age,
    Attribute,
    BeganWith,
    Birthday,
    Condition,
    Count,
    EarlierOf,
    Gap,
    Has,
    Lasted,
    LaterOf,
    Lookup,
    Moment,
    Over,
    Own,
    Planned,
    Reached,
    Until,
)
from monitor.rule import LawClass, Rule
from monitor.schools import Schools
from monitor.values import value
from monitor.vocabulary import UNREADABLE, day_said


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What judging needs beside the row: calendars (closure days move local limits only), schools and feeds."""

    lawful: Calendar
    local: Calendar
    feeds: Feeds
    schools: Schools = field(default_factory=Schools)
    # Asked for every row, so remembered.
    _at_school: dict[tuple[bool, str], Calendar] = field(default_factory=dict, compare=False, repr=False)
    _silence: dict[tuple[str, str, date], tuple[date, date | None]] = field(
        default_factory=dict, compare=False, repr=False
    )
    _school_rules: dict[int, tuple[Rule, bool]] = field(default_factory=dict, compare=False, repr=False)

    def calendar(self, rule: Rule, row: Row | None = None) -> Calendar:
        """The rule's calendar; where it counts school days, with those of the school that the row names."""
        is_local = rule.law.law_class is LawClass.LOCAL
        calendar = self.local if is_local else self.lawful
        if row is None or not self._counts_school_days(rule):
            return calendar
        school = row.attributes.get("school") or ""
        known = self._at_school.get((is_local, school))
        if known is None:
            known = calendar.at_school(self.schools.days(school, self.lawful))
            self._at_school[is_local, school] = known
        return known

    def silence(self, rule: Rule, source: str, as_at: date) -> tuple[date, date | None]:
        """The day of the oldest data that the rule needs for a row of this source, and the last day of a silent feed.

        A feed is silent where it has been quiet for longer than it may; None where none of them is.
        """
        known = self._silence.get((rule.id, source, as_at))
        if known is None:
            heard, is_silent = self.feeds.heard(rule, source), self.feeds.is_silent
            silent = [day for day, name in heard if is_silent(name, day, as_at, self.lawful)]
            known = (min((day for day, _ in heard), default=date.min), min(silent, default=None))
            self._silence[rule.id, source, as_at] = known
        return known

    def _counts_school_days(self, rule: Rule) -> bool:
        if id(rule) not in self._school_rules:
            self._school_rules[id(rule)] = (rule, Unit.SCHOOL_DAYS in needs.units(rule))
        return self._school_rules[id(rule)][1]


@value
class Run:
    """One rule over one row at one moment, with the clock's start once it is known."""

    rule: Rule
    row: Row
    as_at: date
    now: datetime
    bench: Bench
    calendar: Calendar
    started: date | None = None

    def begun(self, started: date) -> "Run":
        """The same run, its clock started on this day."""
        return Run(
            rule=self.rule,
            row=self.row,
            as_at=self.as_at,
            now=self.now,
            bench=self.bench,
            calendar=self.calendar,
            started=started,
        )


def end_of(day: date) -> datetime:
    """The last moment of this day in London."""
    return midnight(day + timedelta(days=1)) - timedelta(microseconds=1)


def midnight(day: date) -> datetime:
    """00:00 of this day in London, in UTC, so that hours may be added to it."""
    return datetime.combine(day, time(), LONDON).astimezone(UTC)


class Unreadable(ValueError):
    """A day is asked for that is there and cannot be read; its text names what it is of."""


def day_in(attribute: str, run: Run) -> date | None:
    """The day in an attribute of the row, or nothing; Unreadable where it cannot be read."""
    text = run.row.attributes.get(attribute)
    if text == UNREADABLE:
        raise Unreadable(attribute.replace("_", " "))
    return day_said(text)


def instant(day: date, run: Run, of: Moment | None = None) -> datetime:
    """The moment of a day: where it is the row's start or end, the time that the source gives, else 00:00.

    A row that starts and ends on one day has two: its end is meant where the clock, or `of`, counts from the end.
    """
    row = run.row
    times = [(row.start_on, "started_at"), (row.end_on, "ended_at")]
    if Own(field="end") in needs.parts_of(of or run.rule.starts):
        times.reverse()
    for own, name in times:
        text = row.attributes.get(name)
        if own == day and text and text != UNREADABLE:
            found = datetime.fromisoformat(text)
            return (found if found.tzinfo else found.replace(tzinfo=LONDON)).astimezone(UTC)
    return midnight(day)


def moment(what: Moment, run: Run) -> date | None:
    """The day of a moment, or nothing."""
    match what:
        case Own(field="start"):
            return run.row.start_on
        case Own():
            return run.row.end_on
        case Until(attribute=name):
            return day_in(name, run)
        case Lookup() | Over():
            return run.row.lookups.get(what)
        case Birthday(years=years):
            return reached_age(run.row.born_on, years) if run.row.born_on else None
        case LaterOf(moments=parts):
            return max((day for part in parts if (day := moment(part, run))), default=None)
        case EarlierOf(moments=parts):
            return min((day for part in parts if (day := moment(part, run))), default=None)


def holds(condition: Condition, run: Run) -> bool | None:  # noqa: C901 - one case for each condition
    """True, False, or None where it cannot be told."""
    row = run.row
    match condition:
        case Attribute(name=name, test="is" | "not") if row.attributes.get(name) == UNREADABLE:
            return None
        case Attribute():
            return condition.holds(row.attributes)
        case Has():
            return row.has.get(condition, True)  # one in the rule's own `where` was settled by the query
        case Count():
            found = row.counts.get(condition, 0)
            return found == condition.n if condition.test == "is" else found >= condition.n
        case Planned():
            return _planned_holds(condition, run)
        case Age():
            return _age_holds(condition, run)
        case Lasted():
            return has_lasted(condition, run)
        case BeganWith(moment=what):
            is_so = run.started is not None and row.lookups.get(what) == run.started
            return is_so or _unless_unreadable(condition, run)
        case Gap():
            return _gap_holds(condition, run)
        case Reached(moment=what, negated=negated):
            day = moment(what, run)
            if day is None and _depends_on_age(what) and row.born_on is None:
                return None
            if day is None and not negated:
                return _unless_unreadable(condition, run)
            return (day is not None and day <= run.as_at) is not negated


def _unless_unreadable(condition: Condition, run: Run) -> bool | None:
    """False; or cannot tell, where a day on which the condition hangs is there and cannot be read."""
    unreadable = run.row.unreadable
    return None if unreadable and not needs.dated(condition).isdisjoint(unreadable) else False


def _planned_holds(condition: Planned, run: Run) -> bool:
    """Whether something is planned, or nothing is; where no plans are carried, neither can be said."""
    asked = Planned(kinds=condition.kinds, negated=False, of=condition.of)
    if not condition.negated:
        return run.row.lookups.get(asked) is not None
    feeds, own = run.bench.feeds, condition.of == "this"
    carried = all(feeds.is_carried((f"{kind}.due",), run.row.source, own=own) for kind in condition.kinds)
    return carried and run.row.lookups.get(asked) is None


def _age_holds(condition: Age, run: Run) -> bool | None:
    if run.row.unborn:
        return condition.test == "under"
    day = run.as_at if condition.today else run.started
    if run.row.born_on is None or day is None:
        return None
    is_under = day < reached_age(run.row.born_on, condition.years)
    return is_under if condition.test == "under" else not is_under


def _gap_holds(condition: Gap, run: Run) -> bool | None:
    begins, to = moment(condition.begins, run), moment(condition.to, run)
    if begins is None or to is None:
        asks_age = _depends_on_age((condition.begins, condition.to)) and run.row.born_on is None
        return None if asks_age else _unless_unreadable(condition, run)
    is_longer = to > run.calendar.after(begins, condition.amount)
    is_so = is_longer if condition.test == "more-than" else not is_longer
    return is_so or _unless_unreadable(condition, run)


def _depends_on_age(what: object) -> bool:
    return any(isinstance(part, Birthday) for part in needs.parts_of(what))


def has_lasted(condition: Lasted, run: Run) -> bool | None:
    if run.row.start_on is None:
        return None
    is_under = run.as_at < run.calendar.after(run.row.start_on, condition.amount)
    return is_under if condition.test == "under" else not is_under
