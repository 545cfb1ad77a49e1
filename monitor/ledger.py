"""What the monitor did, read and written: alerts, their transitions, notices and rungs.

Alerts change only here, each change conditional on the state it was computed from; transitions are only added.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Row, Table, bindparam, func, insert, or_, select, update

from monitor import tables
from monitor.errors import CannotRun
from monitor.escalate import Claim, Heard, Notice, Standing
from monitor.model import Outcome
from monitor.reconcile import Finding, OpenAlert, Place

MONITOR = "monitor"
MANY = 1_000  # rows that are written or asked for together
_OF_AN_OPEN_ALERT = [
    column
    for column in tables.alert.c
    if column.name not in ("why", "evidence", "state", "backlog", "muted_because", "closed_on")
]
Ladder = tuple[tuple[int, str], ...]


def read_open(connection: Connection) -> list[OpenAlert]:
    """Every open alert."""
    alert = tables.alert
    query = select(*_OF_AN_OPEN_ALERT).where(alert.c.state == "open").order_by(alert.c.id)
    rows = connection.execute(query, execution_options={"yield_per": MANY})
    ladders: dict[Ladder, Ladder] = {}  # a handful for all of them
    return [_open_alert(row, ladders) for row in rows]


def _open_alert(row: Row[Any], ladders: dict[Ladder, Ladder]) -> OpenAlert:
    ladder = tuple((int(after), str(role)) for after, role in row.ladder)
    return OpenAlert(
        id=row.id,
        rule=row.rule,
        subject=row.subject,
        ref=row.ref,
        started_on=row.started_on,
        record=row.record,
        source=row.source,
        child=row.child_key,
        worker=row.worker_key,
        team=row.team_key,
        due_on=row.due_on,
        act_by=row.act_by,
        outcome=Outcome(row.outcome),
        stage=row.stage,
        stage_no=row.stage_no,
        told_no=row.told_no,
        rag=row.rag,
        urgent=row.urgent,
        opened_on=row.opened_on,
        muted_by=row.muted_by,
        silent_from=row.silent_from,
        data_day=row.data_day,
        ladder=ladders.setdefault(ladder, ladder),
    )


def read_places(connection: Connection, rule: str) -> set[Place]:
    """What the open alerts of this rule stand for, whenever its clock began."""
    alert = tables.alert
    query = select(alert.c.subject, alert.c.ref).where(alert.c.state == "open", alert.c.rule == rule)
    return {(rule, subject, ref) for subject, ref in connection.execute(query)}


def read_heard(connection: Connection, alerts: Sequence[int]) -> dict[int, Heard]:
    """For each alert, who has heard of it, and at which steps."""
    notice, message = tables.notice, tables.message
    addresses: dict[int, dict[str, date]] = defaultdict(dict)
    steps: dict[int, set[tuple[str, str]]] = defaultdict(set)
    for at in range(0, len(alerts), MANY):
        query = (
            select(notice.c.alert_id, notice.c.address, notice.c.kind, notice.c.step, notice.c.as_at)
            .outerjoin(message, message.c.id == notice.c.message_id)
            .where(
                notice.c.alert_id.in_(alerts[at : at + MANY]),
                notice.c.kind != "count",
                # Who was never reached has not heard.
                notice.c.not_sent_because.is_(None),
                or_(message.c.state.is_(None), message.c.state != "refused"),
            )
        )
        for alert_id, address, kind, step, as_at in connection.execute(query):
            addresses[alert_id][address] = max(as_at, addresses[alert_id].get(address, as_at))
            if kind == "stage":
                steps[alert_id].add((step, address))
    return {
        alert_id: Heard(addresses=found, steps=frozenset(steps[alert_id]))
        for alert_id, found in addresses.items()
    }


def read_claimed(connection: Connection) -> dict[int, tuple[tuple[int, date], ...]]:
    """For each open alert, the rungs that were claimed, and when."""
    rung, alert = tables.rung, tables.alert
    query = (
        select(rung.c.alert_id, rung.c.no, rung.c.claimed_on)
        .join(alert, alert.c.id == rung.c.alert_id)
        .where(alert.c.state == "open")
        .order_by(rung.c.no)
    )
    found: dict[int, list[tuple[int, date]]] = defaultdict(list)
    for alert_id, no, claimed_on in connection.execute(query):
        found[alert_id].append((no, claimed_on))
    return {alert_id: tuple(claimed) for alert_id, claimed in found.items()}


def read_seen(connection: Connection) -> frozenset[tuple[str, str]]:
    """Every rule and source that a sweep has judged together."""
    return frozenset(
        (rule, source)
        for rule, source in connection.execute(select(tables.seen.c.rule, tables.seen.c.source))
    )


def write_seen(connection: Connection, pairs: Iterable[tuple[str, str]], as_at: date) -> None:
    rows = [{"rule": rule, "source": source, "first_as_at": as_at} for rule, source in sorted(set(pairs))]
    if rows:
        connection.execute(insert(tables.seen), rows)


def last_sweep(connection: Connection) -> Row[Any] | None:
    """The newest sweep that finished."""
    sweep = tables.sweep
    query = select(sweep).where(sweep.c.finished_at.is_not(None)).order_by(sweep.c.id.desc())
    return connection.execute(query.limit(1)).first()


def is_demo(connection: Connection) -> bool:
    """Whether the home shows a council that is made up: there any day may be today."""
    mark = tables.mark
    return connection.scalar(select(mark.c.value).where(mark.c.name == "demo")) is not None


def write_sweep(connection: Connection, as_at: date, now: datetime) -> int:
    written = connection.execute(
        insert(tables.sweep).values(as_at=as_at, started_at=now).returning(tables.sweep.c.id)
    )
    return int(written.scalar_one())


def close_sweep(
    connection: Connection, sweep_id: int, now: datetime, *, judged: bool, counts: dict[str, Any]
) -> None:
    connection.execute(
        update(tables.sweep)
        .where(tables.sweep.c.id == sweep_id)
        .values(finished_at=now, judged=judged, counts=counts)
    )


def _of_finding(finding: Finding) -> dict[str, Any]:
    return {
        "started_on": finding.started_on,
        "team_key": finding.team,
        "due_on": finding.due_on,
        "act_by": finding.act_by,
        "outcome": str(finding.outcome),
        "stage": finding.stage.label,
        "stage_no": finding.stage_no,
        "rag": finding.stage.rag,
        "urgent": finding.stage.urgent,
        **as_seen_anew(finding),
    }


def open_alerts(connection: Connection, rows: Sequence[dict[str, Any]]) -> list[int]:
    """The numbers of new alerts, in the order given; the unique index refuses a second open one for the same clock."""
    if not rows:
        return []
    alert = tables.alert
    before = connection.scalar(select(func.max(alert.c.id))) or 0
    connection.execute(insert(alert), rows)
    # Asked for afterwards: an insert that returns its numbers in order is made row by row.
    key = (alert.c.rule, alert.c.subject, alert.c.ref, alert.c.started_on)
    opened = select(*key, alert.c.id).where(alert.c.id > before, alert.c.state == "open")
    numbers = {tuple(found[:-1]): int(found[-1]) for found in connection.execute(opened)}
    return [numbers[row["rule"], row["subject"], row["ref"], row["started_on"]] for row in rows]


def new_alert(standing: Standing, *, backlog: bool, as_at: date) -> dict[str, Any]:
    """The row of a new alert."""
    row = standing.finding.row
    return {
        "rule": standing.finding.rule,
        "subject": row.subject,
        "ref": row.ref,
        "source": row.source,
        "record": row.record,
        "child_key": row.child,
        "worker_key": row.worker if row.child is None else None,
        **_of_finding(standing.finding),
        "told_no": standing.told_no,
        "state": "open",
        "opened_on": as_at,
        "backlog": backlog,
        "ladder": [list(rung) for rung in standing.rungs],
        "silent_from": standing.silent_from,
    }


def as_kept(finding: Finding, *, silent_from: date | None, told_no: int) -> dict[str, Any]:
    """What an alert that goes on is now."""
    return {**_of_finding(finding), "silent_from": silent_from, "told_no": told_no}


def as_seen_anew(finding: Finding) -> dict[str, Any]:
    """What newer data says of an alert that stands as it stood: most of them, most nights."""
    return {"why": finding.why, "data_day": finding.data_day, "evidence": dict(finding.evidence)}


def as_closed(kind: str, as_at: date) -> dict[str, Any]:
    """What an alert is once it is closed."""
    return {"state": kind, "closed_on": as_at, "muted_by": None, "muted_because": None}


def change(connection: Connection, changes: Iterable[tuple[OpenAlert, dict[str, Any]]]) -> None:
    """Write alerts as they are now, each with values for the same columns.

    CannotRun where one no longer stands as it was read.
    """
    table = tables.alert
    conditional = update(table).where(
        table.c.id == bindparam("number"),
        table.c.state == "open",
        table.c.stage_no == bindparam("stood_at"),
    )
    rows = ({"number": alert.id, "stood_at": alert.stage_no, **values} for alert, values in changes)
    while batch := list(islice(rows, MANY)):
        if connection.execute(conditional, batch).rowcount != len(batch):
            raise CannotRun(
                "an alert was changed by another run meanwhile; nothing of this sweep was kept. Sweep again."
            )


def follow(
    connection: Connection, moved: Mapping[str, str], load_id: int, as_at: date, now: datetime
) -> None:
    """Let each open alert follow its child to the key under which a load has found the child to be known.

    `moved` gives that key by the child's own. Where the same clock has an alert under both keys, the older one stands
    and the other ends.
    """
    alert, journal = tables.alert, Journal(connection, None, as_at, now)
    movers = _that_move(connection, moved) if moved else []
    for each in movers:  # away from every key first, for one may go where another has yet to leave
        aside = update(alert).where(alert.c.id == each.id).values(subject=f"moving:{each.id}")
        connection.execute(aside)
    for each in movers:
        key = moved[each.own]
        there = connection.scalar(
            select(alert.c.id).where(
                alert.c.state == "open",
                alert.c.rule == each.rule,
                alert.c.subject == key,
                alert.c.ref == each.ref,
                alert.c.started_on == each.started_on,
            )
        )
        stands = each.id if there is None else min(each.id, there)
        if there is not None:
            ends = max(each.id, there)
            _stand_for(connection, stands, ends, as_at)
            if ends == each.id:
                back = update(alert).where(alert.c.id == ends).values(subject=each.child_key)
                connection.execute(back)
            why = f"Alert {stands} is of the same clock of the same child."
            journal.happened(ends, "cleared", why, {"load": load_id})
        if stands == each.id:
            connection.execute(update(alert).where(alert.c.id == stands).values(subject=key, child_key=key))
            keys = {"load": load_id, "known_as": key, "was_known_as": each.child_key}
            journal.happened(stands, "moved", "Its child is known under another key from now on.", keys)
    journal.close()


def _stand_for(connection: Connection, stands: int, ends: int, as_at: date) -> None:
    """Close an alert, and let another one stand for it where it stood for others."""
    alert = tables.alert
    if connection.scalar(select(alert.c.muted_by).where(alert.c.id == stands)) == ends:
        unmute(connection, stands, as_at)
    connection.execute(update(alert).where(alert.c.muted_by == ends).values(muted_by=stands))
    connection.execute(update(alert).where(alert.c.id == ends).values(as_closed("cleared", as_at)))


def _that_move(connection: Connection, moved: Mapping[str, str]) -> list[Row[Any]]:
    """The open alerts of these children that do not stand under their keys yet, each with its child's own key."""
    alert, episode, one = tables.alert, tables.episode, tables.other_episode
    newest = select(func.max(one.c.id)).where(one.c.record == alert.c.record).correlate(alert)
    own = func.coalesce(tables.own_key(episode), alert.c.child_key).label("own")
    query = (
        select(alert.c.id, alert.c.rule, alert.c.ref, alert.c.started_on, alert.c.child_key, own)
        .select_from(alert.outerjoin(episode, episode.c.id == newest.scalar_subquery()))
        .where(alert.c.state == "open", alert.c.child_key.is_not(None))
        .order_by(alert.c.id)
    )
    rows: Iterable[Row[Any]] = connection.execute(query)
    return [each for each in rows if moved.get(each.own, each.child_key) != each.child_key]


def mute(connection: Connection, alert_id: int, standing: int, because: str) -> None:
    """Mark an alert with the one that stands for it."""
    connection.execute(
        update(tables.alert)
        .where(tables.alert.c.id == alert_id)
        .values(muted_by=standing, muted_because=because)
    )


def unmute(connection: Connection, alert_id: int, silent_from: date | None) -> None:
    """Take the mark away; nobody was asked while it stood, so silence counts from now."""
    connection.execute(
        update(tables.alert)
        .where(tables.alert.c.id == alert_id)
        .values(muted_by=None, muted_because=None, silent_from=silent_from)
    )


def told_up_to(connection: Connection, alert_ids: Sequence[int], stage_no: int) -> None:
    """The stages up to this one have been told."""
    for at in range(0, len(alert_ids), MANY):
        connection.execute(
            update(tables.alert)
            .where(tables.alert.c.id.in_(alert_ids[at : at + MANY]))
            .values(told_no=stage_no)
        )


class Journal:
    """Writes the transitions, rungs and notices of one sweep, many together; `close` writes the last of them.

    Without a sweep it writes what a load has done to alerts.
    """

    def __init__(self, connection: Connection, sweep_id: int | None, as_at: date, now: datetime) -> None:
        self.sweep_id, self.as_at, self.now = sweep_id, as_at, now
        self.owed: Counter[str] = Counter()  # notices by kind
        self._connection = connection
        self._rows: dict[Table, list[dict[str, Any]]] = {}

    def happened(self, alert_id: int, kind: str, why: str, values: dict[str, Any]) -> None:
        self._add(
            tables.transition,
            {
                "alert_id": alert_id,
                "sweep_id": self.sweep_id,
                "at": self.now,
                "as_at": self.as_at,
                "kind": kind,
                "by": MONITOR,
                "why": why,
                "values": values,
            },
        )

    def owes(self, alert_id: int, notice: Notice, values: dict[str, Any]) -> None:
        self.owed[notice.kind] += 1
        self._add(
            tables.notice,
            {
                "alert_id": alert_id,
                "address": notice.person.address,
                "person": notice.person.key,
                "role": notice.person.role,
                "kind": notice.kind,
                "step": notice.step,
                "because": notice.because,
                "urgent": notice.urgent,
                "as_at": self.as_at,
                "values": values,
                "not_sent_because": None if notice.person.address else notice.because,
            },
        )

    def claimed(self, alert_id: int, claim: Claim) -> None:
        self._add(
            tables.rung,
            {
                "alert_id": alert_id,
                "no": claim.no,
                "claimed_on": self.as_at,
                "role": claim.role,
                "told": bool(claim.notices),
            },
        )

    def close(self) -> None:
        for table in self._rows:
            self._write(table)

    def _add(self, table: Table, row: dict[str, Any]) -> None:
        rows = self._rows.setdefault(table, [])
        rows.append(row)
        if len(rows) == MANY:
            self._write(table)

    def _write(self, table: Table) -> None:
        if rows := self._rows[table]:
            self._connection.execute(insert(table), rows)
            rows.clear()
