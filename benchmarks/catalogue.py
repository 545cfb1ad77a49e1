"""The whole catalogue: every rule that can run, over councils of 5,000 to 40,000 children, and how the time grows.

The rows are dealt from the rules themselves: each finds about so many rows of its kind that its clocks are twelve a
child together. Of what was due nearly all was done, and still more clocks stand at a stage than in a council. The rows
stand in the ledger as intake would have written them.
"""

import json
import tempfile
from datetime import UTC, date, datetime, time, timedelta
from math import log2
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import Connection, insert

from benchmarks.databases import MakeDatabase
from benchmarks.figures import Figure, Goal
from benchmarks.processes import Ran, run
from monitor import needs, tables
from monitor.bootstrap import Home, shipped
from monitor.intake.loads import count_anew
from monitor.packs import load_rules, longest_plain
from monitor.parts import Attribute, Lookup
from monitor.rule import Rule
from monitor.vocabulary import DATE, FREE_CODE, MOMENT, NUMBER, Kind, vocabulary

AS_AT = date(2026, 11, 23)
A_DAY = timedelta(days=1)
SIZES = (5_000, 10_000, 20_000, 40_000)  # each twice the one before
GOALS = {20_000: Goal(seconds=15, peak_mb=500)}
CLOCKS_A_CHILD = 31  # of these about half run: what has not begun, or is done, is read and left
CHILDREN_A_WORKER = 15
DONE = 0.95  # of what had used up as much of its time as MOST_GONE
MOST_GONE = 0.6  # of a plain limit: most clocks are within their time, as a council's are
_BATCH = 20_000


def measure(database: str, make: MakeDatabase) -> list[Figure]:
    """Three sweeps of councils of each size.

    The first opens every alert at once. The next night's is on that day's data, when nobody has done anything. The
    same again finds nothing new.
    """
    figures: list[Figure] = []
    for children in SIZES:
        url = make(f"catalogue_{children}")
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder) / "home"
            deal(home, url, children)
            first = _swept(home, url, AS_AT)
            next_load(home, AS_AT + A_DAY)
            night = _swept(home, url, AS_AT + A_DAY)
            again = _swept(home, url, AS_AT + A_DAY)
        for which, ran in (("first", first), ("the next night", night), ("the same again", again)):
            half = next((each for each in reversed(figures) if each.what.endswith(which)), None)
            figures.append(_figure(children, which, ran, database, half))
    return figures


def _swept(home: Path, url: str, day: date) -> Ran:
    return run("monitor", "--home", home, "sweep", "--as-at", day, "--json", database=url)


def _figure(children: int, which: str, ran: Ran, database: str, half: Figure | None) -> Figure:
    report = json.loads(ran.said)
    slope = log2(ran.seconds / half.seconds) if half else 1.0
    return Figure(
        what=f"catalogue, {children:,} children, {which}",
        database=database,
        seconds=ran.seconds,
        processor_seconds=ran.processor_seconds,
        peak_mb=ran.peak_mb,
        ratio=slope,
        ratio_of="the slope from the council half its size: 1.00 is time growing as the data do",
        goal=GOALS.get(children),
        details={
            "clocks": sum(sum(found.values()) for found in report["clocks"].values()),
            "opened": sum(report["opened"].values()),
            "closed": sum(report["closed"].values()),
            "notices": sum(report["notices"].values()),
        },
    )


def deal(path: Path, url: str, children: int) -> None:
    """A home whose ledger holds a council of so many children, with every area switched on."""
    rules = [rule for rule in load_rules(shipped() / "rules") if rule.off is None]
    areas = sorted({rule.area for rule in rules})
    (path / "config").mkdir(parents=True)
    (path / "config" / "rules.yaml").write_text(f"areas: [{', '.join(areas)}]\n", encoding="utf-8")
    (path / "config" / "monitor.toml").write_text(f'database-url = "{url}"\n', encoding="utf-8")
    engine = Home(path).engine
    with engine.begin() as connection:
        _Dealer(connection, children).everything(rules)
    engine.dispose()


def next_load(home: Path, day: date) -> None:
    """The same rows again as data of this day: a full export in which nothing has happened but time."""
    engine = Home(home).engine
    with engine.begin() as connection:
        _write_load(connection, day)
    engine.dispose()


def _write_load(connection: Connection, day: date) -> int:
    """A load that carries everything there is, and its number."""
    counts = ("rows_read", "rows_refused", "rows_new", "rows_changed", "rows_withdrawn")
    plain = {"source": "registers", "format": "registers", "digest": "", "state": "taken"}
    number = connection.execute(
        insert(tables.load)
        .values(
            as_at=day,
            as_at_from="given",
            taken_at=datetime.combine(day, time(), UTC),
            **plain,
            **dict.fromkeys(counts, 0),
        )
        .returning(tables.load.c.id)
    ).scalar_one()
    carried = [{"load_id": number, "register": "all", "item": item} for item in vocabulary().items()]
    connection.execute(insert(tables.carries), carried)
    return int(number)


class _Dealer:
    """Writes the rows of one council, in batches."""

    def __init__(self, connection: Connection, children: int) -> None:
        self.connection, self.children = connection, children
        self.random = Random(children)  # noqa: S311 - a made-up council
        self.rows: dict[Any, list[dict[str, Any]]] = {}
        self.number = 0
        self.load = _write_load(connection, AS_AT)

    def everything(self, rules: list[Rule]) -> None:
        self._people()
        of_kind: dict[str, list[Rule]] = {}
        for rule in rules:
            if vocabulary().kinds[rule.each].of != "feed":
                of_kind.setdefault(rule.each, []).append(rule)
        rows_of_each = round(self.children * CLOCKS_A_CHILD / sum(map(len, of_kind.values())))
        for kind, alike in of_kind.items():
            for no in range(rows_of_each):
                self._case(alike[no % len(alike)], alike, self._owner(kind))
        for table in list(self.rows):
            self._flush(table)
        count_anew(self.connection)  # as every load ends

    def _people(self) -> None:
        workers = self.children // CHILDREN_A_WORKER
        for no in range(workers):
            line = {
                f"{role}_key": f"registers:W{(no // 10) * 10 + place}"
                for place, role in enumerate(
                    ("team_manager", "service_manager", "head_of_service", "director")
                )
            }
            if no % 10 == 0:
                self._write(
                    tables.team,
                    team_key=f"registers:T{no // 10}",
                    name=f"Team {no // 10}",
                    service=None,
                    **line,
                )
            self._write(
                tables.worker,
                worker_key=f"registers:W{no}",
                name=None,
                email=f"worker.{no}@council.example",
                role="social-worker",
                team_key=f"registers:T{no // 10}",
                manager_key=None,
                fte="1",
                left_on=None,
            )
        for no in range(self.children):
            child = f"registers:C{no}"
            born = AS_AT - timedelta(days=self.random.randrange(0, 6_570))
            team = f"registers:T{no % workers // 10}"
            self._write(
                tables.child,
                child_key=child,
                dob=born,
                expected_dob=None,
                upn=None,
                family_key=None,
                team_key=team,
                restricted=False,
            )
            worker = f"registers:W{no % workers}"
            self._episode("allocation", child, worker, AS_AT - timedelta(days=200), {"role": "social-worker"})

    def _owner(self, kind: str) -> tuple[str | None, str | None]:
        workers = self.children // CHILDREN_A_WORKER
        if vocabulary().kinds[kind].of == "worker":
            return None, f"registers:W{self.random.randrange(workers)}"
        child = self.random.randrange(self.children)
        return f"registers:C{child}", f"registers:W{child % workers}"

    def _case(self, rule: Rule, alike: list[Rule], owner: tuple[str | None, str | None]) -> None:
        child, worker = owner
        kind = vocabulary().kinds[rule.each]
        within = longest_plain(rule) or 60
        start = AS_AT - timedelta(days=int(self.random.random() * within * MOST_GONE))
        attributes = self._values(kind.name)
        for part in rule.where:
            if isinstance(part, Attribute):
                self._satisfy(part, attributes)
        end = start if rule.running == "any" else None
        record = self._episode(kind.name, child, worker, start, attributes, end)
        begins = [part for part in needs.lookups(rule) if isinstance(part, Lookup) and part.pick != "next"]
        for begun in begins:
            for name in begun.kinds[:1]:
                if not vocabulary().kinds[name].is_episode and self.random.random() < 0.8:
                    done = start + timedelta(days=self.random.randrange(0, (AS_AT - start).days + 1))
                    self._event(name, record, child, worker, done, self._values(name))
        for duty in alike:
            used = (longest_plain(duty) or 0) * MOST_GONE
            if start + timedelta(days=used) < AS_AT and self.random.random() < DONE:
                self._done(duty, record, child, worker, start + timedelta(days=int(used)))

    def _done(self, duty: Rule, record: str, child: str | None, worker: str | None, on: date) -> None:
        for stop in duty.stops.stops:
            attributes = self._values(stop.kinds[0])
            for part in stop.where:
                self._satisfy(part, attributes)
            self._event(stop.kinds[0], record, child, worker, on, attributes)

    def _values(self, kind: str) -> dict[str, str]:
        of = vocabulary().kinds[kind]
        return {name: self._value(of, name) for name in of.attributes}

    def _value(self, kind: Kind, name: str) -> str:
        codes = kind.attributes[name]
        if codes in ((DATE,), (MOMENT,)):
            return str(AS_AT + timedelta(days=self.random.randrange(-5, 90)))
        if codes == (NUMBER,):
            return str(self.random.randrange(1, 20))
        return "other" if codes == (FREE_CODE,) else self.random.choice(codes)

    def _satisfy(self, part: Attribute, attributes: dict[str, str]) -> None:
        if part.test == "is":
            attributes[part.name] = part.values[0]
        elif part.test == "missing" or (part.test == "not" and attributes.get(part.name) in part.values):
            attributes.pop(part.name, None)
        elif part.test in ("over", "at-least"):
            attributes[part.name] = str(part.number + 1)
        elif part.test == "under":
            attributes[part.name] = str(max(part.number - 1, 0))

    def _episode(
        self,
        kind: str,
        child: str | None,
        worker: str | None,
        start: date,
        attributes: dict[str, str],
        end: date | None = None,
    ) -> str:
        ref = f"{kind}-{self.number}"
        record = f"registers|{ref}|{child or worker}"
        self._write(
            tables.episode,
            kind=kind,
            ref=ref,
            record=record,
            child_key=child,
            worker_key=worker,
            start_on=start,
            start_unknown=None,
            end_on=end,
            end_unknown=False,
            attributes=attributes,
        )
        return record

    def _event(
        self,
        kind: str,
        record: str,
        child: str | None,
        worker: str | None,
        done: date,
        attributes: dict[str, str],
    ) -> None:
        self._write(
            tables.event,
            kind=kind,
            record=record,
            child_key=child,
            worker_key=worker,
            due_on=None,
            done_on=done,
            unknown=False,
            status="done",
            attributes=attributes,
        )

    def _write(self, table: Any, **fields: Any) -> None:  # noqa: ANN401 - a table and its columns
        self.number += 1
        version = {
            "key": f"registers/all/{self.number}",
            "source": "registers",
            "register": "all",
            "load_id": self.load,
            "row_no": self.number,
            "digest": b"",
            "known_from": AS_AT,
        }
        rows = self.rows.setdefault(table, [])
        rows.append({**version, **fields})
        if len(rows) >= _BATCH:
            self._flush(table)

    def _flush(self, table: Any) -> None:  # noqa: ANN401 - a table
        if self.rows[table]:
            self.connection.execute(insert(table), self.rows[table])
        self.rows[table] = []
