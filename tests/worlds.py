"""Random worlds of children and workers, made from a seed: all that the rules read, near every edge."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import TypeVar

from monitor.limits import parse_amount
from monitor.rule import Rule
from monitor.vocabulary import vocabulary
from tests.naive_dice import Dice
from tests.naive_facts import Child, Episode, Event, Worker, World, calendar_of
from tests.naive_rows import RowFor
from tests.naive_sources import SOURCES, loads_of
from tests.naive_terms import tables_of_terms

T = TypeVar("T")
F = TypeVar("F", Child, Episode, Event)

_PLO_EVENTS = (
    *(
        "plo-gateway",
        "plo-letter",
        "plo-meeting",
        "plo-meeting-moved",
        "plo-midpoint",
        "plo-exited",
        "issued",
    ),
    *("plo-step", "plo-step", "plo-hearing", "plo-hearing", "s32-extension", "s32-extension", "final-order"),
)
_OF_A_ROW = {
    "referral": ("referral-decided", "referrer-told", "assessment-authorised"),
    "s47-enquiry": ("conference", "no-conference"),
    "ehc-request": ("ehc-decision-notified", "ehc-draft-sent", "ehc-no-plan-notice", "ehc-final-sent"),
    "dispute": ("dispute-stage-opened", "dispute-urgent", "dispute-resolved", "cafcass-decision"),
    "plo-case": _PLO_EVENTS,
}
_OF_A_CHILD = (
    *(
        "cla-review",
        "cla-review",
        "cla-review",
        "plan-a",
        "plan-a",
        "plan-b",
        "plan-b-waiver",
        "plan-b-waiver",
    ),
    *("permanence-endorsed", "plan-achieved", "long-term-match", "final-care-plan"),
)
_EXCUSABLE = ("ehc-decide-6wk", "ehc-final-20wk", "fd-assessment-45wd")


def make_world(  # noqa: PLR0913 - a world has many sides
    seed: int,
    today: date,
    *,
    size: int = 60,
    rules: Iterable[Rule] = (),
    rows: int = 4,
    terms: str = "long",
    uncarried: Iterable[str] = (),
    silent: timedelta | None = None,
    covers_from: date | None = None,
    closure_days: Sequence[date] = (),
) -> World:
    """A world of `size` children and a third as many workers, as it stands on `today`.

    For each of `rules` there are so many `rows` with what it reads, and two more for each thing asked of them. The
    tables of `terms` are long, short, or none. No source carries what is `uncarried`; the tracker has been `silent` for
    so long and shows nothing before `covers_from`.
    """
    maker = _Maker(Dice(seed, today, calendar_of(tuple(closure_days))))
    for number in range(size):
        maker.child(f"C{number}")
    for number in range(size // 3):
        maker.worker(f"mosaic:W{number}")
    for rule in rules:
        for _ in range(rows + 2 * len(rule.where)):
            RowFor(rule, maker.dice, maker).make()
    maker.feeds()
    tables = tables_of_terms(today, terms)
    return World(
        today=today,
        children=tuple(maker.versions(maker.children)),
        workers=tuple(maker.workers),
        episodes=(*maker.versions(maker.episodes), *tables),
        events=tuple(maker.versions(maker.events)),
        loads=loads_of(today, frozenset(uncarried), silent),
        fresh_for={"tracker": parse_amount("3 working days")} if seed % 2 else {},
        covers_from={"tracker": covers_from} if covers_from else {},
        closure_days=tuple(closure_days),
    )


@dataclass
class _Maker:
    """Draws facts, and keeps what it drew."""

    dice: Dice

    children: list[Child] = field(default_factory=list)
    workers: list[Worker] = field(default_factory=list)
    episodes: list[Episode] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def episode(self, kind: str, ref: str, *, child: str | None = None, worker: str | None = None) -> Episode:
        source = self.dice.one_of(("mosaic", *SOURCES) if kind == "ehc-request" else SOURCES)
        start: date | None = self.dice.later() if self.dice.chance(0.03) else self.dice.day()
        if self.dice.chance(0.06):
            start = None
        made = Episode(
            key=f"{kind}-{len(self.episodes)}",
            source=source,
            kind=kind,
            ref=ref,
            record=f"{source}|{ref}|{child or worker or ''}",
            child=child,
            worker=worker,
            start=start,
            start_unknown=None if start else self.dice.one_of(("missing", "unreadable")),
            end=self.dice.end(start),
            attributes=self.dice.attributes(kind) if kind in vocabulary().kinds else {},
        )
        if made.end is None and self.dice.chance(0.06):
            made = replace(made, end_unknown=True)
        self.episodes.append(made)
        return made

    def event(
        self, kind: str, *, about: Episode | None = None, child: str | None = None, worker: str | None = None
    ) -> None:
        """Something done, planned, cancelled, or done on a day that cannot be read."""
        made = Event(
            key=f"{kind}-{len(self.events)}",
            source=about.source if about else self.dice.one_of(SOURCES),
            kind=kind,
            record=about.record if about else f"row-{len(self.events)}",
            child=about.child if about else child,
            worker=about.worker if about else worker,
            attributes=self.dice.attributes(kind),
        )
        draw = self.dice.share()
        if draw < 0.65:
            due = self.dice.later() if self.dice.chance(0.6) else None
            made = replace(made, done=self.dice.day(), due=due, status=self.dice.one_of((None, "held")))
        elif draw < 0.7:
            made = replace(made, done=self.dice.today + timedelta(days=self.dice.number(1, 40)))
        elif draw < 0.9:
            made = replace(made, due=self.dice.later(), status=self.dice.one_of((None, "planned")))
        elif draw < 0.95:
            made = replace(made, due=self.dice.later(), status="cancelled")
        else:
            made = replace(made, unknown=True)
        self.events.append(made)

    def some(self, kinds: Sequence[str], most: int) -> list[str]:
        return [self.dice.one_of(kinds) for _ in range(self.dice.number(0, most))]

    def child(self, name: str) -> None:
        self.dice.turn_to_another()
        key = f"mosaic:{name}"
        self._born(key)
        for kind in self.some(("referral", "s47-enquiry", "ehc-request", "dispute", "plo-case"), 4):
            self._row_with_events(kind, key)
        for _ in range(self.dice.one_of((0, 1, 1, 2))):
            self.episode("care-episode", f"K{len(self.episodes)}", child=key)
        for kind in self.some(("placement", "start-unknown"), 2):
            self.episode(kind, f"P{len(self.episodes)}", child=key)
        for kind in self.some(_OF_A_CHILD, 9):
            self.event(kind, child=key)
        if self.dice.chance(0.25):
            self._waived(key)
        if self.dice.chance(0.25):
            self._reviewed(key)

    def _reviewed(self, key: str) -> None:
        """A child long in care, whose reviews were all held."""
        care = self.episode("care-episode", f"K{len(self.episodes)}", child=key)
        long_ago = self.dice.today - timedelta(days=self.dice.number(250, 800))
        self.episodes[-1] = replace(care, start=long_ago, start_unknown=None, end=None, attributes={})
        for _ in range(self.dice.number(1, 3)):
            self.event("cla-review", child=key)
            self.events[-1] = replace(self.events[-1], done=self.dice.day(), unknown=False)

    def _waived(self, key: str) -> None:
        """A Plan A and a waiver of Plan B, which is mostly sound, or nearly so."""
        self.event("plan-a", child=key)
        self.event("plan-b-waiver", child=key)
        given, until = self.dice.today - timedelta(days=self.dice.number(0, 200)), self.dice.later()
        said = {"reason_given": "yes", "iro_named": "yes", "until": until.isoformat()}
        if self.dice.chance(0.15):
            said.popitem()
        self.events[-1] = replace(self.events[-1], done=given, unknown=False, attributes=said)

    def _born(self, key: str) -> None:
        draw = self.dice.share()
        child = Child(key=key, source=self.dice.one_of(SOURCES))
        if draw < 0.4:
            child = replace(
                child, dob=self.dice.today - timedelta(days=self.dice.one_of((0, 90, 364, 400, 480, 5000)))
            )
        elif draw < 0.5:
            child = replace(
                child, dob=self.dice.day().replace(day=1) - timedelta(days=self.dice.number(300, 420))
            )
        elif draw < 0.7:
            child = replace(child, expected_dob=self.dice.later())
        if draw < 0.97:
            self.children.append(child)

    def _row_with_events(self, kind: str, child: str) -> None:
        # Brothers and sisters share a case: the ref is the family's, the record is each child's own.
        ref = f"{kind[:2]}{len(self.children) // 3 if self.dice.chance(0.5) else len(self.episodes)}"
        row = self.episode(kind, ref, child=child)
        if kind == "plo-case" and self.dice.chance(0.6):
            proceedings = replace(
                row, key=f"{row.key}-court", kind="proceedings", attributes={}, start=self.dice.day()
            )
            self.episodes.append(replace(proceedings, start_unknown=None))
        if kind == "plo-case" and self.dice.chance(0.15):
            self.episode("court-stay", ref, child=child)
        for event in self.some(_OF_A_ROW[kind], 8 if kind == "plo-case" else 3):
            self.event(event, about=row)
        if kind in ("ehc-request", "referral") and self.dice.chance(0.4):
            for _ in range(self.dice.number(1, 2)):
                self._excuse(row)

    def _excuse(self, row: Episode) -> None:
        excuse = self.episode("excuse", row.ref)
        attributes = {
            "rule": self.dice.one_of(_EXCUSABLE),
            "code": self.dice.one_of(("exceptional", "reason-recorded", "appointment-missed")),
        }
        if self.dice.chance(0.3):
            attributes["of_source"] = self.dice.one_of(SOURCES)
        self.episodes[-1] = replace(
            excuse, attributes=attributes, end=self.dice.later() if self.dice.chance(0.6) else None
        )

    def worker(self, key: str) -> None:
        self.dice.turn_to_another()
        ref = key.partition(":")[2]
        for kind in ("post", *self.some(("asye", "absence", "absence"), 3)):
            self.episode(kind, ref, worker=key)
        for kind in self.some(("supervision",), 6):
            self.event(kind, worker=key)

    def feeds(self) -> None:
        for source in SOURCES:
            feed = self.episode("feed", source)
            start = feed.start or self.dice.today
            self.episodes[-1] = replace(
                feed, source=source, record=source, start=start, start_unknown=None, end=None
            )
            for back in sorted({self.dice.number(0, 14) for _ in range(3)}):
                event = Event(key=f"load-{source}-{back}", source=source, kind="load", record=source)
                self.events.append(replace(event, done=self.dice.today - timedelta(days=back)))

    def versions(self, facts: Sequence[F]) -> list[F]:
        """The facts, some of them corrected, withdrawn or only just learnt."""
        found: list[F] = []
        for fact in facts:
            learnt = self.dice.today - timedelta(days=self.dice.one_of((0, 1, 15, 16, 17, 40)))
            draw = self.dice.share()
            if draw < 0.12:
                found += [replace(self._mistaken(fact), known_until=learnt), replace(fact, known_from=learnt)]
            elif draw < 0.16:
                found.append(replace(fact, known_until=learnt))
            elif draw < 0.25:
                found.append(replace(fact, known_from=learnt))
            else:
                found.append(fact)
        return found

    def _mistaken(self, fact: F) -> F:
        """As it was first recorded: on another day."""
        shift = timedelta(days=self.dice.one_of((-30, -7, -1, 1, 7, 30)))
        if isinstance(fact, Child):
            return replace(fact, dob=fact.dob + shift if fact.dob else None)
        if isinstance(fact, Episode):
            start = fact.start + shift if fact.start else None
            end = max(fact.end, start) if fact.end and start else fact.end
            return replace(fact, start=start, end=end)
        return replace(fact, done=fact.done + shift if fact.done else None)
