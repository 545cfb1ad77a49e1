"""How much a worker has had open, day by day: another hand's reading of `over`."""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction

from monitor.parts import Over
from tests.naive_calendar import ONE_DAY
from tests.naive_facts import Episode, Worker, all_are


def over_since(what: Over, held: Sequence[Episode], worker: Worker | None, today: date) -> date | None:
    """Back from today for as long as each day has more than so many; the first of those days."""
    counted = [each for each in held if each.start and all_are(each.attributes, what.where)]
    found, day = None, today
    first = min((each.start for each in counted if each.start), default=today)
    while day >= first and _sum_on(day, what, counted, worker) > what.more_than:
        found, day = day, day - ONE_DAY
    return found


def _sum_on(day: date, what: Over, held: Sequence[Episode], worker: Worker | None) -> Fraction:
    total = Fraction(0)
    for each in held:
        if each.start and each.start <= day and (each.end is None or each.end > day):
            weight = each.attributes.get(what.weight) if what.weight else None
            total += Fraction(weight) if weight else 1
    if what.per_fte and worker and worker.fte:
        total /= Fraction(worker.fte)
    return total
