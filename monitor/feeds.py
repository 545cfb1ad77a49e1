"""What each source carries, and how fresh it is: whether a rule can tell, and on data of which day."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from monitor import needs
from monitor.calendars import Calendar
from monitor.limits import Amount, Unit
from monitor.rule import Rule

DEFAULT_FRESH_FOR = Amount(1, Unit.WORKING_DAYS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feeds:
    """By item ("ehc-final-sent", "ehc-request.exception_code"), the day to which each source's lists have told of it.

    `fresh_for` says how long a source may be silent; `covers_from` the day before which a source shows nothing.
    """

    carried: Mapping[str, Mapping[str, date]]
    fresh_for: Mapping[str, Amount] = field(default_factory=dict)
    covers_from: Mapping[str, date] = field(default_factory=dict)
    # By kind, or for every kind, the sources that are judged before others where two tell of one child's.
    prefer: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    # Asked for every row, so remembered by rule and source.
    _missing: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict, compare=False, repr=False)
    _heard: dict[tuple[str, str], tuple[tuple[date, str], ...]] = field(
        default_factory=dict, compare=False, repr=False
    )

    def allowed_silence(self, source: str) -> Amount:
        return self.fresh_for.get(source, DEFAULT_FRESH_FOR)

    def sources_of(self, items: Iterable[str]) -> frozenset[str]:
        """The sources that carry at least one of these items."""
        return frozenset(source for item in items for source in self.carried.get(item, ()))

    def missing(self, rule: Rule, source: str) -> tuple[str, ...]:
        """What is not carried although the rule cannot tell a row of this source without it, as a person reads it."""
        known = self._missing.get((rule.id, source))
        if known is None:
            known = tuple(
                str(need)
                for need in needs.all_needs(rule)
                if not self.is_carried(need.items, source, own=need.own)
            )
            self._missing[rule.id, source] = known
        return known

    def silent(self, item: str, as_at: date, calendar: Calendar) -> frozenset[str]:
        """The sources that carry this item and have sent none of it for longer than they may be silent."""
        return frozenset(
            source
            for source, day in self.carried.get(item, {}).items()
            if self.is_silent(source, day, as_at, calendar)
        )

    def is_silent(self, source: str, day: date, as_at: date, calendar: Calendar) -> bool:
        """Whether the newest data of a source, being of this day, are too old."""
        return as_at > calendar.after(day, self.allowed_silence(source))

    def is_carried(self, items: Iterable[str], source: str, *, own: bool) -> bool:
        """Whether any of these items is carried: by this very source where it must be its `own`, else by any."""
        sources = self.sources_of(items)
        return source in sources if own else bool(sources)

    def heard(self, rule: Rule, source: str) -> tuple[tuple[date, str], ...]:
        """For each thing that the rule needs, the day to which data tells of it, and whose data that is.

        Each thing counts from the row's own source where that carries it, else from the newest other; and of one
        source, from the list that was longest silent.
        """
        known = self._heard.get((rule.id, source))
        if known is None:
            days = (self._newest(need.items, source) for need in needs.needs(rule))
            known = self._heard[rule.id, source] = tuple(day for day in days if day is not None)
        return known

    def window(self, items: Iterable[str]) -> date | None:
        """The day before which some source of these items shows nothing."""
        sources = {source for item in items for source in self.carried.get(item, {})}
        starts = [self.covers_from[source] for source in sources if source in self.covers_from]
        return max(starts, default=None)

    def _newest(self, group: frozenset[str], source: str) -> tuple[date, str] | None:
        by_source: dict[str, date] = {}
        for item in group:
            for name, day in self.carried.get(item, {}).items():
                by_source[name] = min(day, by_source.get(name, date.max))
        if source in by_source:
            return by_source[source], source
        return max(((day, name) for name, day in by_source.items()), default=None)
