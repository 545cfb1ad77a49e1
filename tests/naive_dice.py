"""Dice that fall where rules have their edges: days, ends and attributes for made-up worlds."""

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random
from typing import TypeVar

from monitor.calendars import Calendar
from monitor.limits import Amount, parse_amount
from monitor.vocabulary import DATE, FREE_CODE, MOMENT, NUMBER, UNREADABLE, vocabulary

T = TypeVar("T")

_SIZES = (0, 1, 5, 6, 10, 15, 16, 45, 46)

EDGES = tuple(
    map(
        parse_amount,
        (
            *("0 days", "1 working day", "5 working days", "10 working days", "15 working days"),
            *("20 working days", "21 working days", "25 working days", "45 working days", "55 working days"),
            *("7 days", "14 days", "28 days", "33 days", "6 weeks", "8 weeks", "10 weeks", "12 weeks"),
            *("16 weeks", "18 weeks", "20 weeks", "21 weeks", "24 weeks", "26 weeks", "34 weeks"),
            *("1 month", "3 months", "4 months", "6 months", "1 year"),
        ),
    )
)


class Dice:
    """Draws from a seed, for one child or worker after the other.

    Their days are kept in `near`, so that many fall on one day; for some of them all of it was `long_ago`.
    """

    def __init__(self, seed: int, today: date, calendar: Calendar) -> None:
        self.random = Random(seed)  # noqa: S311 - a seed, not a secret
        self.today, self.calendar = today, calendar
        self.near: list[date] = []
        self.long_ago = timedelta()

    def turn_to_another(self) -> None:
        self.near.clear()
        self.long_ago = timedelta(days=self.one_of((0, 0, 0, 0, 60, 185)))

    def share(self) -> float:
        return self.random.random()

    def number(self, least: int, most: int) -> int:
        return self.random.randint(least, most)

    def one_of(self, things: Sequence[T]) -> T:
        return self.random.choice(things)

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def day(self) -> date:
        """A day that is likely to lie on the edge of some limit, of a month, or of Christmas."""
        draw = self.random.random()
        if self.near and draw < 0.25:
            return self.one_of(self.near)
        if draw < 0.75:
            edge: Amount = self.one_of(EDGES)
            found = self.calendar.before(self.today, edge) + timedelta(days=self.number(-3, 3))
        elif draw < 0.85:
            found = self.today.replace(day=1) - timedelta(days=self.one_of((0, 1, 31, 59, 60, 92, 181)))
        elif draw < 0.9:
            found = date(self.today.year - 1, 12, 24) + timedelta(days=self.number(0, 10))
        else:
            found = self.today - timedelta(days=self.number(0, 500))
        found -= self.long_ago
        self.near.append(found)
        return found

    def later(self) -> date:
        """A day ahead, or today, or one that has just gone by."""
        return self.today + timedelta(days=self.one_of((-20, -3, -1, 0, 1, 2, 5, 20, 28, 29, 60, 120)))

    def end(self, start: date | None) -> date | None:
        if self.chance(0.75):
            return None
        end = self.one_of((self.today, self.today - timedelta(days=1), self.later(), self.day()))
        return max(end, start) if start else end

    def attributes(self, kind: str) -> dict[str, str]:
        """Any of the attributes that the vocabulary gives this kind, each missing now and then."""
        found = {}
        for name, codes in vocabulary().kinds[kind].attributes.items():
            if self.chance(0.2):
                continue
            if codes == (DATE,):
                found[name] = self.later().isoformat() if self.chance(0.6) else self.day().isoformat()
                if self.chance(0.02):
                    found[name] = UNREADABLE
            elif codes == (MOMENT,):
                pass  # it lies on the day on which its row starts or ends
            elif codes == (NUMBER,):
                near = range(self.today.year - 1, self.today.year + 2)
                sizes = near if name.endswith("_year") and not name.startswith("days") else _SIZES
                found[name] = str(self.one_of(sizes))
            elif codes == (FREE_CODE,):
                found[name] = "x"
            else:
                found[name] = self.code(name, codes)
        return found

    def code(self, name: str, codes: tuple[str, ...]) -> str:
        """One of these; a decision may count from a day that nobody can read."""
        if name == "decision" and self.chance(0.1):
            return UNREADABLE
        return self.one_of(codes[:1] if self.chance(0.5) else codes)
