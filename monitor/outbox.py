"""The outbox: notices owed into messages, messages into deliveries. It never judges.

A message is rendered and stored with its Message-ID before the first attempt, and marked after it; a retry sends
those bytes again, so that a doubled mail is recognisably the same. Killed at any line, nothing is lost.
"""

import shutil
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert, or_, select, update
from sqlalchemy.exc import SQLAlchemyError

from monitor import leases, tables
from monitor.bootstrap import Home, cannot_reach, writing
from monitor.compose import Composed, Owed, compose
from monitor.errors import CannotRun, Refused
from monitor.mail import MailServer, NotTried, Parcel, Result, Sent, hand_over_all, is_plain
from monitor.model import bare

FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=10), timedelta(hours=4)
MANY = 500
LIVE_MARK = "mail-live"
NOT_AGAIN = "It will not go again: tell them another way."
OUTSIDE = "the address is outside mail.allowed-domains"
CLOSED = "the alert was closed before the mail went"


@dataclass(slots=True, kw_only=True)
class Posted:
    """What one run of the outbox did, in counts."""

    mode: str
    composed: int = 0
    sent: int = 0
    deferred: int = 0
    refused: int = 0
    withheld: int = 0
    waiting: int = 0
    said: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    by_role: Counter[str] = field(default_factory=Counter)

    def as_json(self) -> dict[str, Any]:
        return {
            "mode": self.mode,
            "composed": self.composed,
            "sent": self.sent,
            "deferred": self.deferred,
            "refused": self.refused,
            "withheld": self.withheld,
            "waiting": self.waiting,
            "said": [*self.said, *self.faults],
        }


def post(home: Home, *, day: date, now: datetime, server: MailServer | None = None) -> Posted:
    """Compose what is owed on this day and hand over what is due; one run at a time."""
    posted = Posted(mode=home.settings.mail.mode)
    database = writing(home.engine)
    try:
        with leases.held(database, "the outbox", now, name=leases.OUTBOX):
            if _is_silent(home, posted):
                return posted
            with database.begin() as connection:
                _withhold(connection, home, posted)
            for address, urgent in _to_compose(home, day):
                with database.begin() as connection:
                    posted.composed += _compose_one(connection, home, address, urgent, day, now, posted)
            _hand_over(home, server or home.mail_server(), now, posted)
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


def _withhold(connection: Connection, home: Home, posted: Posted) -> None:
    """A notice that is no longer true, or that no mail can or may carry, is never sent, and says so."""
    notice, alert = tables.notice, tables.alert
    closed = select(alert.c.id).where(alert.c.state != "open")
    done = connection.execute(
        update(notice).where(_not_composed(), notice.c.alert_id.in_(closed)).values(not_sent_because=CLOSED)
    )
    posted.withheld += done.rowcount
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


def _why_not(home: Home, address: str) -> str | None:
    """Why no mail may go to this address; None where it may."""
    if not is_plain(address):  # a line break in it would end up among the mail's own headers
        return "the address is not one plain e-mail address"
    return OUTSIDE if _is_outside(home, address) else None


def _is_outside(home: Home, address: str) -> bool:
    allowed = {domain.lower() for domain in home.settings.mail.allowed_domains}
    return address.rpartition("@")[2].lower() not in allowed


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
    number = uuid.uuid5(uuid.NAMESPACE_OID, f"{home.path}/{address}/{day}/{rows[0]['id']}").hex
    letter = compose(owed, head=home.letterhead, day=day, now=now, number=number)
    recipient = home.letterhead.redirect_to or address
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


def _hand_over(home: Home, server: MailServer, now: datetime, posted: Posted) -> None:
    """Hand over what is due, one after another, marking each before the next is tried.

    A message goes where it was addressed when it was composed; while mail is redirected, only what was then
    redirected may leave, and nothing goes to a domain that is no longer allowed.
    """
    message, mail = tables.message, home.settings.mail
    due = select(message.c.id, message.c.recipient, message.c.raw).where(
        message.c.state == "owed", or_(message.c.next_attempt_at.is_(None), message.c.next_attempt_at <= now)
    )
    if mail.mode == "redirect":
        due = due.where(message.c.recipient == mail.redirect_to)
    with home.engine.connect() as connection:
        parcels = [
            Parcel(key=number, sender=mail.sender, recipient=recipient, raw=raw)
            for number, recipient, raw in connection.execute(due.order_by(message.c.id))
        ]
    if mail.mode == "live":
        every = len(parcels)
        parcels = [parcel for parcel in parcels if not _is_outside(home, parcel.recipient)]
        if len(parcels) < every:
            posted.faults.append(f"{every - len(parcels)} messages wait: {OUTSIDE}.")
    database = writing(home.engine)

    def mark(parcel: Parcel, result: Result) -> None:
        with database.begin() as connection:
            _mark(connection, parcel, result, now, posted)

    hand_over_all(server, parcels, mark)


def _mark(connection: Connection, parcel: Parcel, result: Result, now: datetime, posted: Posted) -> None:
    message = tables.message
    if isinstance(result, NotTried):
        posted.deferred += 1
        return
    attempts = connection.scalar(select(message.c.attempts).where(message.c.id == parcel.key)) or 0
    if isinstance(result, Sent):
        outcome, values = "sent", {"state": "sent"}
        posted.sent += 1
    elif isinstance(result, Refused):
        outcome, values = "refused", {"state": "refused"}
        posted.refused += 1
        posted.faults.append(f"Message {_for_whom(connection, parcel.key)}: {result} {NOT_AGAIN}")
    else:
        wait = min(FIRST_WAIT * 2**attempts, LONGEST_WAIT)
        outcome, values = "deferred", {"next_attempt_at": now + wait}
        posted.deferred += 1
        if str(result) not in posted.faults:
            posted.faults.append(str(result))
    connection.execute(
        update(message).where(message.c.id == parcel.key).values(attempts=attempts + 1, **values)
    )
    detail = result.reply if isinstance(result, Sent) else str(result)
    code = None if isinstance(result, Sent) else result.code
    connection.execute(
        insert(tables.delivery).values(
            message_id=parcel.key, at=now, outcome=outcome, code=code, detail=detail
        )
    )


def _for_whom(connection: Connection, number: int) -> str:
    """A message's number, and the workers whose notices it holds."""
    notice = tables.notice
    persons = connection.scalars(select(notice.c.person).where(notice.c.message_id == number).distinct())
    return f"{number} for {', '.join(sorted(bare(person) or person for person in persons))}"


def owed_now(home: Home) -> int:
    """How many notices and messages are still owed."""
    with home.engine.connect() as connection:
        notices = connection.execute(select(tables.notice.c.id).where(_not_composed())).all()
        return len(notices) + len(connection.execute(_owed_messages()).all())


def go_live(home: Home, by: str, now: datetime) -> int:
    """Let mail leave for real: settings changed, the decision recorded; returns how many notices will go first."""
    mail = home.settings.mail
    path = home.path / "config" / "monitor.toml"
    if not mail.allowed_domains:
        raise CannotRun(
            "mail.allowed-domains is empty in config/monitor.toml: say first to which domains mail may go."
        )
    if not path.exists():
        raise CannotRun("this home has no config/monitor.toml: run `monitor init` first.")
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    changed = ['mode = "live"\n' if line.replace(" ", "").startswith("mode=") else line for line in lines]
    if changed == lines and mail.mode != "live":
        raise CannotRun(
            "config/monitor.toml has no line 'mode = ...' under [mail]: add mode = \"off\" first."
        )
    _rewrite(path, "".join(changed))
    try:
        with writing(home.engine).begin() as connection:
            connection.execute(tables.mark.delete().where(tables.mark.c.name == LIVE_MARK))
            connection.execute(insert(tables.mark).values(name=LIVE_MARK, value="yes", by=by, at=now))
        return owed_now(home)
    except SQLAlchemyError as error:
        raise cannot_reach(error) from None


def _rewrite(path: Path, text: str) -> None:
    """The file with this text, whole or as it was: a full disk must not leave half of the settings."""
    beside = path.with_name(f"{path.name}.new")
    try:
        beside.write_text(text, encoding="utf-8")
        shutil.copymode(path, beside)
        beside.replace(path.resolve())
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise CannotRun(
            f"config/{path.name} cannot be written ({error.strerror}): nothing was changed."
        ) from None
