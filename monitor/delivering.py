"""Messages into deliveries: what is due goes to the mail server, and what became of each is marked at once."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, or_, select, update

from monitor import tables
from monitor.bootstrap import Home, writing
from monitor.errors import Refused
from monitor.mail import MailServer, NotTried, Parcel, Result, Sent, hand_over_all
from monitor.model import bare
from monitor.report import Posted

FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=10), timedelta(hours=4)
NOT_AGAIN = "It will not go again: tell them another way."
OUTSIDE = "the address is outside mail.allowed-domains"


def hand_over(home: Home, server: MailServer, now: datetime, posted: Posted) -> None:
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
        parcels = [parcel for parcel in parcels if mail.allows(parcel.recipient)]
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
