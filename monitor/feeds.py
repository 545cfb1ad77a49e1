"""What each source carries, and how fresh it is: whether a rule can tell, and on data of which day."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from monitor import needs
from monitor.limits import Amount, Unit
from monitor.rule import Rule

DEFAULT_FRESH_FOR = Amount(1, Unit.WORKING_DAYS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feeds:
    """By item ("ehc-final-sent", "ehc-request.exception_code"), the day of each source's newest data that has it.

    `fresh_for` says how long a source may be silent; `covers_from` the day before which a source shows nothing.
    """

    carried: Mapping[str, Mapping[str, date]]
    fresh_for: Mapping[str, Amount] = field(default_factory=dict)
    covers_from: Mapping[str, date] = field(default_factory=dict)

    def allowed_silence(self, source: str) -> Amount:
        return self.fresh_for.get(source, DEFAULT_FRESH_FOR)

    def has(self, item: str) -> bool:
        return bool(self.carried.get(item))

    def missing(self, rule: Rule) -> tuple[str, ...]:
        """What no source carries although the rule cannot tell without it; each as a person reads it."""
        absent = [needs.first_of(group) for group in needs.groups(rule) if not any(map(self.has, group))]
        excuses = needs.excuse_items(rule)
        if excuses and not any(map(self.has, excuses)):
            absent.append(needs.first_of(excuses))
        return tuple(absent)

    def heard(self, rule: Rule, source: str) -> tuple[tuple[date, str], ...]:
        """For each thing that the rule needs, the day of the newest data that has it, and whose data that is.

        Each item counts from the row's own source where that carries it, else from the newest other.
        """
        days = (self._newest(group, source) for group in needs.groups(rule))
        return tuple(day for day in days if day is not None)

    def window(self, items: Iterable[str]) -> date | None:
        """The day before which some source of these items shows nothing."""
        sources = {source for item in items for source in self.carried.get(item, {})}
        starts = [self.covers_from[source] for source in sources if source in self.covers_from]
        return max(starts, default=None)

    def _newest(self, group: frozenset[str], source: str) -> tuple[date, str] | None:
        by_source: dict[str, date] = {}
        for item in group:
            for name, day in self.carried.get(item, {}).items():
                by_source[name] = max(day, by_source.get(name, date.min))
        if source in by_source:
            return by_source[source], source
        return max(((day, name) for name, day in by_source.items()), default=None)
