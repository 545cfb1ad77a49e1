"""The outbox: notices owed into messages, messages into deliveries. It never judges.

A message is rendered and stored with its Message-ID before the first attempt, and marked after it; a retry sends
those bytes again, so that a doubled mail is recognisably the same. Killed at any line, nothing is lost.
"""

import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from monitor import access, leases, tables
from monitor.addresses import is_plain
from monitor.bootstrap import Home, cannot_reach, writing
from monitor.compose import Composed, Owed, compose
from monitor.delivering import OUTSIDE, hand_over
from monitor.mail import MailServer
from monitor.report import Posted
from monitor.staff import read_directory, read_restricted

MANY = 500
LIVE_MARK = "mail-live"
CLOSED = "the alert was closed before the mail went"
RESTRICTED = "the child's record was restricted before the mail went"


def post(home: Home, *, day: date, now: datetime, server: MailServer | None = None) -> Posted:
    """Compose what is owed on this day and hand over what is due; one run at a time."""
    posted = Posted(mode=home.settings.mail.mode)
    database = writing(home.engine)
    try:
        with leases.held(database, "the outbox", now, name=leases.OUTBOX):
            if _is_silent(home, posted):
                return posted
            with database.begin() as connection:
                _withhold(connection, home, day, posted)
            for address, urgent in _to_compose(home, day):
                with database.begin() as connection:
                    posted.composed += _compose_one(connection, home, address, urgent, day, now, posted)
            hand_over(home, server or home.mail_server(), now, posted)
            with database.connect() as connection:
                posted.waiting = len(connection.execute(_owed_messages()).all())
            return posted
    except SQLAlchemyError as error:
        raise cannot_reach(error) from None


def _is_silent(home: Home, posted: Posted) -> bool:
    """Mail leaves only by a decision: redirect with an address, or live by `monitor go-live` in this ledger.

    Without any allowed domain nothing leaves either; marked as refused, its notices would never go.
    """
    mode = home.settings.mail.mode
    if mode == "off":
        posted.said.append("mail is off: notices stay owed. See [mail] mode in config/monitor.toml.")
        return True
    if not home.settings.mail.allowed_domains:
        posted.said.append("mail.allowed-domains is empty in config/monitor.toml: notices stay owed.")
        return True
    if mode == "live":
        with home.engine.connect() as connection:
            mark = connection.scalar(select(tables.mark.c.value).where(tables.mark.c.name == LIVE_MARK))
        if mark is None:
            posted.said.append("mail.mode is 'live' but nobody ran `monitor go-live` here: nothing was sent.")
            return True
    return False


def _not_composed() -> Any:  # noqa: ANN401 - a clause
    notice = tables.notice
    return notice.c.message_id.is_(None) & notice.c.not_sent_because.is_(None)


def _withhold(connection: Connection, home: Home, day: date, posted: Posted) -> None:
    """A notice that is no longer true, or that no mail can or may carry, is never sent, and says so."""
    notice, alert = tables.notice, tables.alert
    closed = select(alert.c.id).where(alert.c.state != "open")
    done = connection.execute(
        update(notice).where(_not_composed(), notice.c.alert_id.in_(closed)).values(not_sent_because=CLOSED)
    )
    posted.withheld += done.rowcount + _withhold_restricted(connection, day)
    because: Counter[str] = Counter()
    for address in connection.scalars(select(notice.c.address).where(_not_composed()).distinct()).all():
        why = _why_not(home, address)
        if why is None:
            continue
        done = connection.execute(
            update(notice).where(_not_composed(), notice.c.address == address).values(not_sent_because=why)
        )
        because[why] += done.rowcount
    posted.withheld += because.total()
    posted.faults += [f"{count} notices were not sent: {why}." for why, count in because.items()]


def _withhold_restricted(connection: Connection, day: date) -> int:
    """What is owed of a child that was restricted meanwhile goes to nobody but those named for it."""
    notice, alert = tables.notice, tables.alert
    query = (
        select(notice.c.id, notice.c.person, alert.c.child_key, alert.c.team_key)
        .join(alert, alert.c.id == notice.c.alert_id)
        .where(_not_composed(), alert.c.child_key.is_not(None), notice.c.kind != "count")
    )
    owed = connection.execute(query).all()
    restricted = read_restricted(connection, sorted({child for _, _, child, _ in owed}), day)
    directory = read_directory(connection, day)

    def may_hear(person: str, child: str, team: str | None) -> bool:
        matter = access.Matter(child=child, worker=None, team=team, restricted=True, named=restricted[child])
        is_known = person in directory.workers
        return is_known and access.may_see(access.viewer(person, directory), matter, directory) is None

    stays = [
        number
        for number, person, child, team in owed
        if child in restricted and not may_hear(person, child, team)
    ]
    for at in range(0, len(stays), MANY):
        connection.execute(
            update(notice).where(notice.c.id.in_(stays[at : at + MANY])).values(not_sent_because=RESTRICTED)
        )
    return len(stays)


def _why_not(home: Home, address: str) -> str | None:
    """Why no mail may go to this address; None where it may."""
    if not is_plain(address):  # a line break in it would end up among the mail's own headers
        return "the address is not one plain e-mail address"
    return None if home.settings.mail.allows(address) else OUTSIDE


def _matter() -> Any:  # noqa: ANN401 - a column
    """What an urgent mail is about: one row under one rule, so that brothers and sisters share a mail."""
    return tables.notice.c["values"]["record"].as_string()


def _to_compose(home: Home, day: date) -> list[tuple[str, str | None]]:
    """Whom to write to: for each address its urgent matters one by one, and on a working day one digest."""
    notice, message = tables.notice, tables.message
    with home.engine.connect() as connection:
        rows = connection.execute(
            select(notice.c.address, notice.c.urgent, _matter()).where(_not_composed()).order_by(notice.c.id)
        ).all()
        has_digest = set(
            connection.scalars(
                select(message.c.address).where(message.c.kind == "digest", message.c.for_day == day)
            )
        )
    urgent = [(address, matter) for address, is_urgent, matter in rows if is_urgent]
    digests = [
        (address, None) for address, is_urgent, _ in rows if not is_urgent and address not in has_digest
    ]
    if not home.lawful.is_working_day(day):
        digests = []
    return list(dict.fromkeys([*urgent, *digests]))


def _compose_one(
    connection: Connection,
    home: Home,
    address: str,
    urgent: str | None,
    day: date,
    now: datetime,
    posted: Posted,
) -> int:
    """Render and store one message, and tie its notices to it; 0 where nothing is owed any more."""
    notice = tables.notice
    query = select(notice).where(_not_composed(), notice.c.address == address)
    query = (
        query.where(notice.c.urgent, _matter() == urgent)
        if urgent
        else query.where(notice.c.urgent.is_(False))
    )
    rows = connection.execute(query.order_by(notice.c.id)).mappings().all()
    if not rows:
        return 0
    owed = _owed(connection, rows)
    recipient = home.letterhead.redirect_to or address
    named = f"{home.path}/{recipient}/{address}/{day}/{rows[0]['id']}"
    number = uuid.uuid5(uuid.NAMESPACE_OID, named).hex
    letter = compose(owed, head=home.letterhead, day=day, now=now, number=number)
    message_id = _store(connection, letter, (address, recipient), "urgent" if urgent else "digest", day, now)
    ids = [row["id"] for row in rows]
    for at in range(0, len(ids), MANY):
        connection.execute(
            update(notice).where(notice.c.id.in_(ids[at : at + MANY])).values(message_id=message_id)
        )
    posted.by_role.update({row["role"] for row in rows})
    return 1


def _store(
    connection: Connection, letter: Composed, to: tuple[str, str], kind: str, day: date, now: datetime
) -> int:
    written = connection.execute(
        insert(tables.message)
        .values(
            message_id=letter.message_id,
            address=to[0],
            recipient=to[1],
            kind=kind,
            for_day=day,
            created_at=now,
            raw=letter.raw,
            state="owed",
            attempts=0,
            next_attempt_at=now,
        )
        .returning(tables.message.c.id)
    )
    return int(written.scalar_one())


def _owed(connection: Connection, rows: Iterable[Any]) -> list[Owed]:
    every = list(rows)
    others = _also_told(connection, [row["alert_id"] for row in every])
    return [
        Owed(
            id=row["id"],
            alert_id=row["alert_id"],
            address=row["address"],
            kind=row["kind"],
            step=row["step"],
            because=row["because"],
            urgent=row["urgent"],
            as_at=row["as_at"],
            values=row["values"],
            also_told=tuple(
                sorted(
                    {
                        role
                        for address, role in others[row["alert_id"]]
                        if address != row["address"] and role != row["role"]
                    }
                )
            ),
        )
        for row in every
    ]


def _also_told(connection: Connection, alert_ids: list[int]) -> dict[int, set[tuple[str, str]]]:
    """For each alert, everybody who has a notice of it, by address and role."""
    notice = tables.notice
    found: dict[int, set[tuple[str, str]]] = defaultdict(set)
    for at in range(0, len(alert_ids), MANY):
        query = select(notice.c.alert_id, notice.c.address, notice.c.role).where(
            notice.c.alert_id.in_(alert_ids[at : at + MANY]),
            notice.c.kind != "count",
            notice.c.not_sent_because.is_(None),
        )
        for alert_id, address, role in connection.execute(query):
            found[alert_id].add((address, role))
    return found


def _owed_messages() -> Any:  # noqa: ANN401 - a select
    return select(tables.message.c.id).where(tables.message.c.state == "owed")


def owed_now(home: Home) -> int:
    """How many notices and messages are still owed."""
    with home.engine.connect() as connection:
        notices = connection.execute(select(tables.notice.c.id).where(_not_composed())).all()
        return len(notices) + len(connection.execute(_owed_messages()).all())
