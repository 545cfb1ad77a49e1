"""One test mail, outside the ledger: does the mail server take a message from here?"""

from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid

from monitor.addresses import is_plain
from monitor.bootstrap import Home
from monitor.errors import Misuse
from monitor.mail import Parcel, Result, Sent, hand_over_all


def send_test(home: Home, address: str, now: datetime) -> str:
    """The server's reply; RetryLater or Refused with what to look at; Misuse for a domain that is not allowed."""
    mail = home.settings.mail
    if not is_plain(address.strip()):
        raise Misuse("the address is not one plain e-mail address.")
    if not mail.allows(address.strip()):
        raise Misuse(
            "the address is outside mail.allowed-domains in config/monitor.toml: add its domain there first."
        )
    message = EmailMessage(policy=SMTP)
    message["Subject"] = "A test of the case progression monitor"
    message["From"], message["To"] = mail.sender, address.strip()
    message["Date"] = format_datetime(now)
    message["Message-ID"] = make_msgid(domain=mail.sender.rpartition("@")[2] or "localhost")
    message["Auto-Submitted"] = "auto-generated"
    message.set_content("This is a test. The monitor can hand mail over to your server.\n")
    results: list[Result] = []
    parcel = Parcel(key=0, sender=mail.sender, recipient=address.strip(), raw=bytes(message))
    hand_over_all(home.mail_server(), [parcel], lambda _, result: results.append(result))
    result = results[0]
    if isinstance(result, Sent):
        return result.reply
    raise result
