"""For any rule a row that it may run for, with what it reads: most of it near the rule's own edges."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol

from monitor.limits import Amount, Unit
from monitor.parts import (
    Age,
    Attribute,
    Birthday,
    Choose,
    Count,
    Has,
    Lookup,
    Over,
    Planned,
    Scope,
    Until,
)
from monitor.rule import MovedBy, Rule, Stop, Waiver
from monitor.vocabulary import DATE, MOMENT, vocabulary
from tests.naive_calendar import LONDON
from tests.naive_dice import Dice
from tests.naive_facts import Child, Episode, Event, Worker
from tests.naive_feeds import inside

_WEIGHTS = ("1", "1.5", "2", "0.5")
_ROLES = ("IRO", "Social Worker", "team-manager", "Cleaner", None)


class Keeper(Protocol):
    """Where what is made is kept."""

    children: list[Child]
    workers: list[Worker]
    episodes: list[Episode]
    events: list[Event]

    def episode(
        self, kind: str, ref: str, *, child: str | None = None, worker: str | None = None
    ) -> Episode: ...

    def event(
        self,
        kind: str,
        *,
        about: Episode | None = None,
        child: str | None = None,
        worker: str | None = None,
    ) -> None: ...


class RowFor:
    """One row of the kind of which this rule has clocks, and all around it that the rule reads."""

    def __init__(self, rule: Rule, dice: Dice, keeper: Keeper) -> None:
        self.rule, self.dice, self.keeper = rule, dice, keeper
        self.parts = list(inside((rule,)))
        self.amounts = [part for part in self.parts if isinstance(part, Amount)]
        self.number = len(keeper.episodes)
        self.child, self.worker = f"mosaic:D{self.number}", f"mosaic:V{self.number}"
        self.row: Episode | None = None

    def make(self) -> None:
        if self.rule.each == "feed":
            return
        self.dice.turn_to_another()
        self._born()
        role = self.dice.one_of(_ROLES)
        fte = self.dice.one_of((None, "1", "0.8", "0.5"))
        self.keeper.workers.append(Worker(key=self.worker, role=role, fte=fte))
        self.row = self._row()
        for part in self.parts:
            self._around(part)

    def _edge(self) -> date:
        """A day from which some amounts of the rule end about today."""
        day = self.dice.today
        if self.amounts and self.dice.chance(0.85):
            for _ in range(self.dice.one_of((1, 1, 2))):
                amount = self.dice.one_of(self.amounts)
                if amount.unit is Unit.SCHOOL_DAYS:
                    day -= timedelta(days=amount.n * 7 // 5)
                else:
                    day = self.dice.calendar.before(day, amount)
            return day + timedelta(days=self.dice.one_of((-7, -2, -1, -1, 0, 0, 0, 1, 1, 2, 7)))
        return self.dice.day()

    def _born(self) -> None:
        ages = [part.years for part in self.parts if isinstance(part, Age | Birthday)]
        draw = self.dice.share()
        if ages and draw < 0.85:
            near = self.dice.one_of((self.dice.today, self._edge()))
            day = near + timedelta(days=self.dice.one_of((-200, -1, 0, 0, 1, 30)))
            born = self.dice.calendar.before(day, Amount(self.dice.one_of(ages), Unit.YEARS))
            self.keeper.children.append(Child(key=self.child, dob=born))
        elif draw < 0.95:
            expected = self.dice.later() if self.dice.chance(0.5) else None
            self.keeper.children.append(Child(key=self.child, expected_dob=expected))

    def _row(self) -> Episode:
        kind = vocabulary().kinds[self.rule.each]
        is_workers = kind.of == "worker"
        made = self.keeper.episode(
            kind.name,
            f"R{self.number}",
            child=None if is_workers else self.child,
            worker=self.worker if is_workers or self.dice.chance(0.3) else None,
        )
        start = self._edge() if made.start and self.dice.chance(0.8) else made.start
        end = max(start, made.end) if made.end and start else made.end
        if self.rule.running == "any" and self.dice.chance(0.6) and start:
            end, made = max(start, self._edge()), replace(made, end_unknown=False)
        said = dict(made.attributes) | self._chosen(kind.name, self.rule.where, 0.85)
        branches = [each for part in self.parts if isinstance(part, Choose) for each in part.branches]
        if branches:
            said |= self._chosen(kind.name, self.dice.one_of(branches).when, 0.9)
        for name, day in (("started_at", start), ("ended_at", end)):
            if name in kind.attributes and day and start != end and self.dice.chance(0.7):
                said[name] = self._moment(day)
        for part in self.parts:
            if isinstance(part, Until) and self.dice.chance(0.6):
                said[part.attribute] = (self._edge() + timedelta(days=self.dice.number(0, 60))).isoformat()
        if "school" in kind.attributes and self.dice.chance(0.8):
            said["school"] = self.dice.one_of(("S1", "S2"))
        said = {name: text for name, text in said.items() if text}
        self.keeper.episodes[-1] = replace(made, start=start, end=end, attributes=said)
        return self.keeper.episodes[-1]

    def _moment(self, day: date) -> str:
        at = datetime.combine(day, time(self.dice.number(0, 23), self.dice.one_of((0, 30, 59))), LONDON)
        return at.astimezone(UTC).isoformat(timespec="minutes")

    def _chosen(self, kind: str, conditions: Iterable[object], share: float) -> dict[str, str]:
        """Attributes with which most of these conditions hold; an empty one is left out."""
        found = {}
        known = vocabulary().kinds[kind].attributes
        for each in conditions:
            if isinstance(each, Attribute) and each.name in known and self.dice.chance(share):
                found[each.name] = self._value(each, known[each.name])
        return found

    def _value(self, condition: Attribute, codes: tuple[str, ...]) -> str:
        match condition.test:
            case "is":
                return self.dice.one_of(condition.values)
            case "missing" | "not":
                return ""
            case "over" | "at-least" | "under":
                return str(condition.number + self.dice.one_of((-1, 0, 0, 1, 1)))
        if codes in ((DATE,), (MOMENT,)):
            return self.dice.later().isoformat() if codes == (DATE,) else ""
        return "" if codes[0] in ("code", "number") else self.dice.one_of(codes)

    def _around(self, part: object) -> None:  # noqa: C901 - each part its case
        """What this part of the rule looks for, once or a few times, or not at all."""
        match part:
            case Lookup() if part.date in ("began", "ended"):
                self._others(part.kinds, part.of, part.where, 1)
            case Lookup():
                self._events(part.kinds, part.of, part.where, max(part.n, 1) + 1)
            case Stop() | Waiver() if part.not_of_others and self.dice.chance(0.5):
                self._in_another_row(part)
            case Stop():
                self._events(part.kinds, part.of, part.where, 1 if self.dice.chance(0.4) else 0)
            case Planned():
                self._events(part.kinds, part.of, (), 1)
            case Count() if part.by == "done":
                self._events((part.kind,), part.of, part.where, part.n + 1)
            case Count():
                self._others((part.kind,), part.of, part.where, part.n + 1)
            case MovedBy():
                self._events((part.kind,), "this", (), 2)
            case Has():
                self._others(
                    (part.kind,), part.of, part.where, 0 if part.negated and self.dice.chance(0.6) else 1
                )
            case Over():
                self._load(part)

    def _events(self, kinds: tuple[str, ...], of: Scope, where: tuple[Attribute, ...], most: int) -> None:
        for _ in range(self.dice.number(0, most)):
            kind = self.dice.one_of(kinds)
            if of == "this":
                self.keeper.event(kind, about=self.row)
            else:
                child = self.child if of == "child" else None
                self.keeper.event(kind, child=child, worker=self.worker if of == "worker" else None)
            made = self.keeper.events[-1]
            said = dict(made.attributes) | self._chosen(kind, where, 0.7)
            said = {name: text for name, text in said.items() if text}
            done = self._edge() if made.done and self.dice.chance(0.6) else made.done
            self.keeper.events[-1] = replace(made, attributes=said, done=done)

    def _in_another_row(self, part: Stop | Waiver) -> None:
        """An Event that stands in another row of the rule's kind, or in this one."""
        another = self.keeper.episode(self.rule.each, f"R{len(self.keeper.episodes)}", child=self.child)
        kinds = part.kinds if isinstance(part, Stop) else (part.kind,)
        self.keeper.event(self.dice.one_of(kinds), about=self.dice.one_of((another, another, self.row)))
        made = self.keeper.events[-1]
        said = dict.fromkeys(part.needs, "yes") if isinstance(part, Waiver) else {}
        if isinstance(part, Waiver):
            said[part.until] = self.dice.later().isoformat()
        done = self._edge() if made.done else None
        self.keeper.events[-1] = replace(made, done=done, attributes={**made.attributes, **said})

    def _others(self, kinds: tuple[str, ...], of: Scope, where: tuple[Attribute, ...], most: int) -> None:
        for _ in range(self.dice.number(0, most)):
            kind = self.dice.one_of(kinds)
            is_workers = of == "worker"
            made = self.keeper.episode(
                kind,
                f"O{len(self.keeper.episodes)}",
                child=None if is_workers else self.child,
                worker=self.worker if is_workers else None,
            )
            start = self._edge() if made.start and self.dice.chance(0.5) else made.start
            said = dict(made.attributes) | self._chosen(kind, where, 0.75)
            said = {name: text for name, text in said.items() if text}
            end = max(start, made.end) if made.end and start else made.end
            self.keeper.episodes[-1] = replace(made, start=start, end=end, attributes=said)

    def _load(self, part: Over) -> None:
        """So many Episodes of the worker that their sum is about the mark; few of them have ended."""
        for number in range(part.more_than - self.dice.number(0, 6)):
            said = self._chosen(part.kind, part.where, 0.98)
            if part.weight and self.dice.chance(0.3):
                said[part.weight] = self.dice.one_of(_WEIGHTS)
            made = self.keeper.episode(part.kind, f"L{len(self.keeper.episodes)}", worker=self.worker)
            start = self._edge() if number % 4 == 0 else self.dice.today - timedelta(days=300)
            end = max(start, self._edge()) if self.dice.chance(0.1) else None
            is_odd = self.dice.chance(0.01)
            self.keeper.episodes[-1] = replace(
                made,
                start=None if is_odd else start,
                start_unknown="missing" if is_odd else None,
                end=end,
                end_unknown=end is None and self.dice.chance(0.004),
                attributes=said,
            )
