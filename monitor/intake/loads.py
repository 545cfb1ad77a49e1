"""The loads themselves, in the ledger: what each did and refused, and whether it is held."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, case, func, insert, select, text, update

from monitor import tables
from monitor.calendars import Calendar
from monitor.errors import Misuse
from monitor.intake.checks import Problem
from monitor.intake.parts import Offer

NOTHING = ""  # carried by a list of any kind that holds no row
_LONGEST_FILE = 128
STRANGERS = "named-children"  # the register of the children whom no list of children has
MADE_REGISTERS = frozenset(("load", "identity", "quality"))  # what the monitor writes of a load itself


@dataclass(slots=True)
class Taken:
    """What a load did; `problems` by file, each with its row and column and no case data."""

    load_id: int = 0
    source: str = ""
    as_at: date = date.min
    as_at_from: str = ""
    rows_read: int = 0
    rows_refused: int = 0
    new: int = 0
    changed: int = 0
    withdrawn: int = 0
    rows_by_register: dict[str, int] = field(default_factory=dict)
    problems: list[tuple[str, Problem]] = field(default_factory=list)
    file_faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    holds: list[str] = field(default_factory=list)
    rows_without_start: dict[str, list[int]] = field(default_factory=dict)
    form: str = "registers"
    year: str | None = None  # of the code lists that it was read by
    is_same: bool = False
    moved: dict[str, str] = field(
        default_factory=dict
    )  # by a child's own key, the key under which it is known from now

    @property
    def held_because(self) -> str | None:
        """Why a person must look at the load before anything of it is taken."""
        return " ".join(self.holds) or None

    @property
    def without_start(self) -> int:
        """How many rows were taken without a start: their clocks cannot tell."""
        return sum(map(len, self.rows_without_start.values()))

    @property
    def is_clean(self) -> bool:
        return not (self.file_faults or self.problems or self.holds)


def begin(connection: Connection, taken: Taken, offer: Offer, calendar: Calendar, now: datetime) -> int:
    """The number of the new load, which counts as held until it is closed."""
    counts = ("rows_read", "rows_refused", "rows_new", "rows_changed", "rows_withdrawn")
    made = insert(tables.load).values(
        source=taken.source,
        format=taken.form,
        as_at=taken.as_at,
        as_at_from=taken.as_at_from,
        digest=offer.digest,
        covers_from=offer.begins_on(taken.as_at, calendar),
        taken_at=now,
        state="held",
        **dict.fromkeys(counts, 0),
    )
    return int(connection.execute(made.returning(tables.load.c.id)).scalar_one())


def close(connection: Connection, taken: Taken) -> None:
    """Write what the load did, and every problem that is listed."""
    connection.execute(
        update(tables.load)
        .where(tables.load.c.id == taken.load_id)
        .values(
            state="held" if taken.holds else "taken",
            held_because=taken.held_because,
            rows_read=taken.rows_read,
            rows_refused=taken.rows_refused,
            rows_new=taken.new,
            rows_changed=taken.changed,
            rows_withdrawn=taken.withdrawn,
            rows_by_register=taken.rows_by_register,
            notes=taken.notes,
        )
    )
    teams = _teams(connection, {each.child for _, each in taken.problems if each.child})
    issues = [_issue(taken, name, problem, teams) for name, problem in taken.problems]
    if issues:
        connection.execute(insert(tables.issue), issues)


def _teams(connection: Connection, children: set[str]) -> dict[str, str]:
    """The teams of these children, so that what is wrong can be counted by team."""
    child, wanted = tables.child, sorted(children)
    found: dict[str, str] = {}
    for at in range(0, len(wanted), 1_000):
        own = tables.own_key(child)
        query = select(own, child.c.team_key).where(
            own.in_(wanted[at : at + 1_000]), child.c.known_until.is_(None), child.c.team_key.is_not(None)
        )
        found.update((key, team) for key, team in connection.execute(query))
    return found


def count_anew(connection: Connection) -> None:
    """Let PostgreSQL count the case records at once: it would do so by itself, but not before the next sweep.

    A sweep that is planned by the figures from before a first load takes far longer. SQLite plans without figures.
    """
    if connection.dialect.name == "postgresql":
        names = ", ".join(table.name for table in tables.CASE_TABLES)
        connection.execute(text(f"ANALYZE {names}"))


def _issue(taken: Taken, name: str, problem: Problem, teams: dict[str, str]) -> dict[str, Any]:
    return {
        "load_id": taken.load_id,
        "file": name[:_LONGEST_FILE],
        "row_no": problem.row_no,
        "column": problem.column,
        "refused": problem.refused,
        "text": problem.text,
        "code": problem.code,
        "raw": problem.raw,
        "code_year": taken.year,
        "team_key": teams.get(problem.child or ""),
    }


def carry(connection: Connection, load_id: int, register: str, items: Iterable[str]) -> None:
    """What this load carries of a register, so that a rule knows whether it can tell.

    That it carries nothing any more is written too, or what it carried once would pass for what it carries now.
    """
    rows = [{"load_id": load_id, "register": register, "item": item} for item in sorted(items) or [NOTHING]]
    connection.execute(insert(tables.carries), rows)


def carry_on(connection: Connection, load_id: int, source: str) -> None:
    """What changed since the last load is told by a delta, so it carries what that did: the rest stands as it was."""
    load, carries = tables.load, tables.carries
    last = connection.scalar(
        select(func.max(load.c.id)).where(load.c.source == source, load.c.state == "taken")
    )
    there = select(carries.c.register, carries.c.item).where(carries.c.load_id == load_id)
    have = {(register, item) for register, item in connection.execute(there)}
    before = select(carries.c.register, carries.c.item).where(
        carries.c.load_id == last, carries.c.register.not_in(MADE_REGISTERS)
    )
    missing = {(register, item) for register, item in connection.execute(before)} - have
    if missing:
        rows = [{"load_id": load_id, "register": name, "item": item} for name, item in sorted(missing)]
        connection.execute(insert(carries), rows)


def known_registers(connection: Connection, source: str) -> set[str]:
    """The registers that the source has sent before."""
    load, carries = tables.load, tables.carries
    sent = select(carries.c.register).join(load, load.c.id == carries.c.load_id)
    found = connection.scalars(sent.where(load.c.source == source, load.c.state == "taken").distinct())
    return set(found) - MADE_REGISTERS


def is_released(connection: Connection, source: str, digest: str) -> bool:
    """Whether a person has let exactly these data of the source go, and neither they nor newer ones came since."""
    load = tables.load
    query = select(load.c.id, load.c.state).where(
        load.c.source == source, load.c.digest == digest, load.c.state.in_(("released", "taken"))
    )
    found = connection.execute(query.order_by(load.c.id.desc()).limit(1)).first()
    return found is not None and found.state == "released" and overtaken_by(connection, found.id) is None


def overtaken_by(connection: Connection, load_id: int) -> tuple[int, date] | None:
    """The load of newer data about the same lists that was taken since this one was held, and its day."""
    load = tables.load
    columns = (load.c.id, load.c.source, load.c.as_at, load.c.rows_by_register)
    held = connection.execute(select(*columns).where(load.c.id == load_id)).one()
    later = select(*columns).where(
        load.c.id > load_id,
        load.c.source == held.source,
        load.c.as_at > held.as_at,
        load.c.state == "taken",
    )
    lists = (held.rows_by_register or {}).keys()
    for each in connection.execute(later.order_by(load.c.id.desc())):
        if lists & (each.rows_by_register or {}).keys():
            return each.id, each.as_at
    return None


def decide(connection: Connection, load_id: int, state: str, because: str, now: datetime) -> None:
    """Mark a held load as released or discarded, with the reason; Misuse where it is not held, or was overtaken."""
    load = tables.load
    is_held = select(load.c.id).where(load.c.id == load_id, load.c.state == "held")
    newer = overtaken_by(connection, load_id) if connection.scalar(is_held) else None
    if state == "released" and newer:
        raise Misuse(
            f"load {newer[0]}, data of {newer[1]}, was taken since load {load_id} was held: "
            "what it told would be undone. Discard the held load, or take in a newer export."
        )
    done = connection.execute(
        update(load)
        .where(load.c.id == load_id, load.c.state == "held")
        .values(state=state, decided_because=because, decided_at=now)
    )
    if done.rowcount != 1:
        raise Misuse(f"there is no held load {load_id}. `monitor doctor` lists the held ones.")


COUNTED_BY = ("source", "team", "code", "column")


def issue_counts(connection: Connection, by: str) -> list[tuple[str, int, int]]:
    """How many values were refused or doubted, and how many of them cost the row, in the newest load of each source.

    The most first. `by` is one of COUNTED_BY; what belongs to no team is counted under "".
    """
    load, issue = tables.load, tables.issue
    newest = select(func.max(load.c.id)).where(load.c.state != "discarded").group_by(load.c.source)
    groups = {
        "source": load.c.source,
        "team": issue.c.team_key,
        "code": issue.c.code,
        "column": issue.c.column,
    }
    group = func.coalesce(groups[by], "")
    query = (
        select(group, func.count(), func.sum(case((issue.c.refused, 1), else_=0)))
        .join(load, load.c.id == issue.c.load_id)
        .where(load.c.id.in_(newest))
        .group_by(group)
        .order_by(func.count().desc(), group)
    )
    return [(name, count, refused) for name, count, refused in connection.execute(query)]


def issues(connection: Connection, load_id: int | None) -> list[tuple[int, str, Problem]]:
    """What a load refused or could not read, with load and file; the newest load where none is named."""
    load, issue = tables.load, tables.issue
    newest = select(func.max(load.c.id))
    wanted = connection.scalar(newest.where(load.c.id == load_id) if load_id else newest)
    if load_id and wanted is None:
        raise Misuse(f"there is no load {load_id}.")
    columns = (issue.c.load_id, issue.c.file, issue.c.row_no, issue.c.column, issue.c.text, issue.c.refused)
    found = connection.execute(select(*columns).where(issue.c.load_id == wanted).order_by(issue.c.id))
    return [(number, file, Problem(*rest)) for number, file, *rest in found]
