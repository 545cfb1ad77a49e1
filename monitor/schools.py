"""Terms and closures of schools, as the council's tables give them: which days are school days.

A school day is a day on which that school meets (Education Act 1996, section 579): within one of its terms, not in
half-term, not a closure of its own or of all. A school without terms of its own has the council's.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from monitor.calendars import BeyondCalendar, Calendar

COUNCIL = ""  # the council's own table


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """The days from the first to the last, both included: a term, a half-term break, a closure."""

    school: str
    first: date
    last: date

    def each(self) -> Iterable[date]:
        return (self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Schools:
    """Every term, half-term break and closure that the tables give."""

    terms: tuple[Days, ...] = ()
    half_terms: tuple[Days, ...] = ()
    closures: tuple[Days, ...] = ()
    _known: dict[str, tuple[int, ...]] = field(default_factory=dict, compare=False, repr=False)

    def days(self, school: str, calendar: Calendar) -> tuple[int, ...]:
        """The school days of this school as ordinals in order; empty where no table speaks of it.

        `calendar` says which weekdays are bank holidays.
        """
        known = self._known.get(school)
        if known is None:
            of = school if any(term.school == school for term in self.terms) else COUNCIL
            off = {day for each in self.half_terms if each.school == of for day in each.each()}
            off |= {day for each in self.closures if each.school in (school, COUNCIL) for day in each.each()}
            open_ = {day for term in self.terms if term.school == of for day in term.each()} - off
            known = tuple(sorted(day.toordinal() for day in open_ if calendar.is_working_day(day)))
            self._known[school] = known
        return known

    def next_term_end(self, day: date) -> date:
        """The end of the first of the council's terms that begins after this day; BeyondCalendar if none does."""
        later = [term for term in self.terms if term.school == COUNCIL and term.first > day]
        if not later or not any(term.first <= day for term in self.terms if term.school == COUNCIL):
            raise BeyondCalendar
        return min(later, key=lambda term: term.first).last

    def half_term(self, day: date) -> date | None:
        """The first day of half-term in the council's term in which this day lies."""
        for term in self.terms:
            if term.school == COUNCIL and term.first <= day <= term.last:
                inside = (each.first for each in self.half_terms if term.first <= each.first <= day)
                return min(inside, default=None)
        return None
