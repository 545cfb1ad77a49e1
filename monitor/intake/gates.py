"""The gates before the ledger: a load that is more likely broken than the council is held until a person has looked."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, func, select

from monitor import tables
from monitor.intake.registers import Register
from monitor.plurals import plural

# From so many rows on a share says something; below, bad rows are refused one by one and only a fall by half is told.
SMALL = 20
BAD_SHARE = 0.05
GONE_SHARE = 0.20
SMALL_GONE_SHARE = 0.50
KNOWN_SHARE = 0.70
FEWEST = 4  # of fewer rows any may be gone, as long as others take their place


@dataclass(frozen=True, slots=True)
class Gate:
    """What is known of a source before a load of it, and what a load must pass."""

    source: str
    newest: date | None
    rows: dict[str, int]  # of each register, in the newest load that had it
    children: frozenset[str]  # those of whom it tells, by its own keys
    same: tuple[int, date] | None  # the newest taken load of exactly these data, and its day
    since: int | None  # the newest load that was taken after that one, and told of the same registers
    carried: dict[str, frozenset[str]]  # of each register, what the newest load that had it carried

    def of_data(self, as_at: date, *, may_repeat: bool) -> list[str]:
        """Why data of this day cannot be taken as they come."""
        if self.newest is not None and as_at < self.newest:
            known = f"'{self.source}' is already known as at {self.newest}"
            return [f"these data are of {as_at}, but {known}: older data would undo what is known"]
        if self.same is not None and as_at == self.same[1] and self.since is not None:
            why = f"the same data were taken as load {self.same[0]}, and load {self.since} came after it"
            return [f"{why}: they would undo what that one told"]
        if self.same is not None and as_at > self.same[1] and not may_repeat:
            number, day = self.same
            why = f"the same data were taken as load {number}, as at {day}: what does not change may have stopped"
            return [
                f"{why}. If it may stay the same: may-repeat: yes for {self.source} in config/sources.yaml"
            ]
        return []

    def of_rows(self, register: str, rows: int, bad: int, gone: Mapping[str, tuple[int, int]]) -> list[str]:
        """Why the rows of one register cannot be right. `gone`: how much of what was in force, and of how much."""
        why = []
        if rows >= SMALL and bad > BAD_SHARE * rows:
            why.append(f"{bad:,} of {rows:,} rows are bad, more than {BAD_SHARE:.0%}")
        for what, (vanished, before) in gone.items():
            if before >= FEWEST and vanished > _share(before) * before:
                so = f"{vanished:,} of the {before:,} {what} known before are no longer in the file"
                why.append(f"{so}, more than {_share(before):.0%}")
        had = self.rows.get(register, 0)
        if not why and had and had - rows > _share(had) * had:
            why.append(
                f"{plural(rows, 'row')} where the last load had {had:,}, a fall of more than {_share(had):.0%}"
            )
        return why

    def of_columns(self, register: Register, header: Collection[str], items: Collection[str]) -> list[str]:
        """Why a list cannot have these columns alone: what it told of by others would seem not to have happened."""
        kinds = {item.partition(".")[0] for item in items}
        lost = {
            item
            for item in self.carried.get(register.name, frozenset()).difference(items)
            if not register.generic or item.partition(".")[0] in kinds
        }
        columns = [
            each for each in register.columns if each not in header and lost & register.items([*header, each])
        ]
        if not columns:
            return []
        named = ", ".join(columns)
        return [f"the last load told what only these columns tell, and none of them is there now: {named}"]

    def of_children(self, children: Collection[str]) -> list[str]:
        """Why these cannot be the children of this source: a file of somewhere else knows few of them."""
        if len(children) < SMALL or len(self.children) < SMALL:
            return []
        known = sum(each in self.children for each in children)
        if known >= KNOWN_SHARE * min(len(children), len(self.children)):
            return []
        few = f"only {known:,} of its {len(children):,} children are known of '{self.source}'"
        return [f"{few}, under {KNOWN_SHARE:.0%}: it may be the file of another system"]

    def of_joins(self, parted: int, joined: int) -> list[str]:
        """Why so many children cannot have been joined in error: numbers that are no longer given join nobody."""
        if joined < FEWEST or parted <= _share(joined) * joined:
            return []
        gone = f"{parted:,} of the {joined:,} children known to another system would no longer be taken for the same"
        return [
            f"{gone}, more than {_share(joined):.0%}: a column of numbers or the crosswalk may have been lost"
        ]


def _share(rows: int) -> float:
    return GONE_SHARE if rows >= SMALL else SMALL_GONE_SHARE


def gate(connection: Connection, source: str, digest: str, today: date) -> Gate:
    """What is known of the source now; a load of a day that is yet to come says nothing of how new the data are."""
    load = tables.load
    taken = (load.c.source == source, load.c.state == "taken")
    newest = connection.scalar(select(func.max(load.c.as_at)).where(*taken, load.c.as_at <= today))
    same = connection.execute(
        select(load.c.id, load.c.as_at, load.c.rows_by_register)
        .where(*taken, load.c.digest == digest)
        .order_by(load.c.id.desc())
        .limit(1)
    ).first()
    rows: dict[str, int] = {}
    since = None
    counted = select(load.c.id, load.c.rows_by_register).where(*taken).order_by(load.c.id)
    for number, found in connection.execute(counted):
        rows.update(found or {})
        if same and number > same.id and (found or {}).keys() & (same.rows_by_register or {}).keys():
            since = number
    return Gate(
        source,
        newest,
        rows,
        _children(connection, source),
        (same.id, same.as_at) if same else None,
        since,
        _carried(connection, source),
    )


def _children(connection: Connection, source: str) -> frozenset[str]:
    """Everybody of whom something is in force that the source has told."""
    children: set[str] = set()
    for table in tables.OF_CHILDREN:
        told = select(tables.own_key(table)).where(
            table.c.source == source, table.c.known_until.is_(None), table.c.child_key.is_not(None)
        )
        children.update(connection.scalars(told.distinct()))
    return frozenset(children)


def _carried(connection: Connection, source: str) -> dict[str, frozenset[str]]:
    """Of each register, what the newest load that had it carried."""
    load, carries = tables.load, tables.carries
    newest = (
        select(carries.c.register, func.max(carries.c.load_id).label("load_id"))
        .join(load, load.c.id == carries.c.load_id)
        .where(load.c.source == source, load.c.state == "taken")
        .group_by(carries.c.register)
        .subquery()
    )
    items = select(carries.c.register, carries.c.item).join(
        newest, (newest.c.register == carries.c.register) & (newest.c.load_id == carries.c.load_id)
    )
    carried: dict[str, set[str]] = defaultdict(set)
    for register, item in connection.execute(items):
        carried[register].add(item)
    return {register: frozenset(found) for register, found in carried.items()}
