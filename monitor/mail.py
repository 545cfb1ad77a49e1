"""The one door to aiosmtplib: hands rendered mails to the mail server and says what became of each.

RetryLater          it may work later: the same bytes are to go again
├── OutOfService    the line or a setting is at fault, so the next mail would fare no better
└── NotTried        never offered to the server, which was out of service before its turn came
Refused             the server will never take this mail for this recipient

A server may quote address and content in what it says, so of a refusal only the reply code and the enhanced
status code (RFC 3463) reach an error's text.
"""

import asyncio
import re
import socket
import ssl
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Self

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPException,
    SMTPRecipientRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)

from monitor.addresses import is_plain
from monitor.errors import Refused, RetryLater

_ENOUGH_FAILURES = 3
_GOODBYE_SECONDS = 5.0
_LONGEST_REPLY = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where mails go, and how; with `starttls` and `tls` no mail and no password goes in plain text."""

    host: str
    port: int
    security: Literal["none", "starttls", "tls"]
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None  # trusted instead of the system's certificates, not beside them
    timeout: float = 30.0  # seconds, for each thing said to the server
    local_hostname: str | None = None  # None asks the resolver for this machine's full name

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One rendered mail for one recipient; `key` is the caller's own number for it."""

    key: int
    sender: str
    recipient: str = field(repr=False)
    raw: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The server has taken the mail; `reply` is what it said, on one line that any database can keep."""

    reply: str


class OutOfService(RetryLater):
    """The line or a setting is at fault, not this mail."""


class NotTried(RetryLater):
    """The mail was not offered, so its turn has not been used up."""


class _SignInRefused(OutOfService):
    """User or password are wrong; each further try counts towards locking the account."""


Result = Sent | RetryLater | Refused


def hand_over_all(
    server: MailServer, batch: Iterable[Parcel], on_result: Callable[[Parcel, Result], None]
) -> None:
    """Hand over the batch on one line and tell `on_result` of each parcel before the next is tried.

    After three failures of the line in a row, or one refused sign-in, the rest comes back as NotTried. Make
    those wait no longer than before: three mails on which a server chokes would hold up all behind them.
    """
    asyncio.run(_hand_over_all(server, batch, on_result))


async def _hand_over_all(
    server: MailServer, batch: Iterable[Parcel], on_result: Callable[[Parcel, Result], None]
) -> None:
    not_tried = NotTried(f"The mail server {server} was out of service before this mail's turn came.")
    failures = 0
    async with Mailer(server) as mailer:
        for parcel in batch:
            if failures >= _ENOUGH_FAILURES:
                on_result(parcel, not_tried)
                continue
            result = await _result(mailer, parcel)
            failures = _failures_after(result, failures)
            on_result(parcel, result)


async def _result(mailer: "Mailer", parcel: Parcel) -> Result:
    try:
        reply = await mailer.hand_over(sender=parcel.sender, recipient=parcel.recipient, raw=parcel.raw)
    except (RetryLater, Refused) as error:
        return error
    return Sent(reply=reply)


def _failures_after(result: Result, failures: int) -> int:
    if isinstance(result, _SignInRefused):
        return _ENOUGH_FAILURES
    return failures + 1 if isinstance(result, OutOfService) else 0


class _Line(SMTP):
    """aiosmtplib's connection, but closing hangs up at once: asyncio would first send the rest of a mail."""

    def close(self) -> None:
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()
        super().close()


class Mailer:
    """One line to one mail server: opened for the first mail, kept for the next, renewed when it drops."""

    def __init__(self, server: MailServer) -> None:
        self._server = server
        self._line: _Line | None = None
        self._turn = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._line is not None:
            with suppress(SMTPException, OSError):
                await self._line.quit(timeout=min(self._server.timeout, _GOODBYE_SECONDS))
        self._drop()

    async def hand_over(self, *, sender: str, recipient: str, raw: bytes) -> str:
        """The server's reply on taking these bytes; RetryLater or Refused when it did not.

        Line ends go out as CRLF, as SMTP has them; nothing else is touched. A line that drops before the
        reply is RetryLater although the server may have the mail: a doubled one is better than a lost one.
        """
        if not is_plain(recipient):
            raise Refused("The recipient's address is not one plain e-mail address, so it was not tried.")
        if not is_plain(sender):
            raise OutOfService("Our own address is not one plain e-mail address. See sender in [mail].")
        async with self._turn:
            try:
                return await self._offer(await self._answering_line(), sender, recipient, raw)
            except (OutOfService, asyncio.CancelledError):
                self._drop()  # left half way, the line would give the next mail the answer to this one
                raise

    async def _offer(self, line: _Line, sender: str, recipient: str, raw: bytes) -> str:
        options, encoding = _options(line, sender, recipient, raw)
        try:
            # Not aiosmtplib's sendmail: after a refusal it resets, and a server that is silent then hides it.
            await line.mail(sender, options=options, encoding=encoding)
            await line.rcpt(recipient, encoding=encoding)
            response = await line.data(raw)
        except SMTPResponseException as error:
            raise _verdict(self._server, error) from None
        except (SMTPException, OSError) as error:
            text = f"The mail server {self._server} was given a mail and did not say that it has it"
            raise OutOfService(f"{text}: {_reason(error)}. The same mail will go again.") from None
        except ValueError:
            raise Refused("An address holds characters that cannot be said to a mail server.") from None
        return _one_line(response.message)

    async def _answering_line(self) -> _Line:
        """The kept line if it still answers, else a new one; a server may hang up between two mails."""
        if self._line is not None:
            with suppress(SMTPException, OSError):
                await self._line.rset()
                return self._line
            self._drop()
        self._line = await _dial(self._server)
        return self._line

    def _drop(self) -> None:
        if self._line is not None:
            self._line.close()
        self._line = None


async def _dial(server: MailServer) -> _Line:
    """A line that is greeted, secured and signed in as the settings say, or OutOfService."""
    with _blaming(server, "could not be reached", "host, port and security"):
        line = _Line(
            hostname=server.host,
            port=server.port,
            local_hostname=server.local_hostname,
            timeout=server.timeout,
            use_tls=server.security == "tls",
            start_tls=False,  # done below, where a server without it is an error
            tls_context=None if server.security == "none" else _trust(server),
        )
        await line.connect()
    try:
        with _blaming(server, "could not be given a secure line", "security and ca-file"):
            await _secure(line, server)
        with _blaming(server, "did not let us sign in", "user and password"):
            await _sign_in(line, server)
    except BaseException:
        line.close()
        raise
    return line


def _trust(server: MailServer) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=server.ca_file)
    except OSError:
        text = "The file of trusted certificates cannot be read. See ca-file in [mail]."
        raise OutOfService(text) from None


async def _secure(line: _Line, server: MailServer) -> None:
    await line.noop()  # says EHLO first, or HELO to an old server: now we know what is on offer
    if server.security != "starttls":
        return
    if not line.supports_extension("starttls"):
        text = f"The mail server {server} does not offer STARTTLS, and nothing is sent in plain text."
        raise OutOfService(f"{text} See security in [mail].")
    await line.starttls()
    await line.noop()


async def _sign_in(line: _Line, server: MailServer) -> None:
    """One try by one method: aiosmtplib's login tries them all, and three wrong tries may lock an account."""
    if server.user is None:
        return
    methods = {"plain": line.auth_plain, "login": line.auth_login, "cram-md5": line.auth_crammd5}
    if server.security == "none":  # CRAM-MD5 hides the password, but many servers that offer it cannot do it
        methods = {"cram-md5": line.auth_crammd5, **methods}
    for name, sign_in in methods.items():
        if name in line.server_auth_methods:
            await sign_in(server.user, server.password or "")
            return
    text = f"The mail server {server} offers no way to sign in that we know."
    raise OutOfService(f"{text} See user and security in [mail].")


@contextmanager
def _blaming(server: MailServer, failed: str, settings: str) -> Iterator[None]:
    """Any failure inside becomes OutOfService, which names the settings to look at."""
    try:
        yield
    except (SMTPException, OSError, ValueError) as error:
        if isinstance(error.__cause__, ssl.SSLError):
            settings = "security and ca-file"
        text = f"The mail server {server} {failed}: {_reason(error)}. See {settings} in [mail]."
        if isinstance(error, SMTPAuthenticationError) and error.code in _FINAL:
            raise _SignInRefused(text, error.code) from None
        raise OutOfService(text, _code(error)) from None


_TEMPORARY = range(400, 500)
_FINAL = range(500, 600)
_SIGN_IN_CODES = {530, 534, 535, 538}
_LINE_CODES = {421, 503}
_TOO_BIG = 552


def _verdict(server: MailServer, error: SMTPResponseException) -> RetryLater | Refused:
    """Who is at fault. Our own address is a setting, so a server that refuses it has refused no mail."""
    text, code = f"The mail server {server} did not take the mail: {_reason(error)}.", _code(error)
    if code in _SIGN_IN_CODES:
        return OutOfService(f"{text} See security, user and password in [mail].", code)
    if code in _LINE_CODES or code not in {*_TEMPORARY, *_FINAL}:
        return OutOfService(f"{text} That ends this line.", code)
    if code in _TEMPORARY:
        return RetryLater(f"{text} It may take it later.", code)
    if isinstance(error, SMTPRecipientRefused):
        return Refused(f"{text} It refuses the recipient's address.", code)
    if isinstance(error, SMTPSenderRefused) and code != _TOO_BIG:
        return OutOfService(f"{text} It refuses our own address. See sender in [mail].", code)
    return Refused(
        f"{text} {'The mail is too big for it.' if code == _TOO_BIG else 'It refuses the mail.'}", code
    )


_REASONS: tuple[tuple[type[Exception], str], ...] = (
    (TimeoutError, "it did not answer in time"),
    (socket.gaierror, "its name could not be looked up"),
    (ConnectionRefusedError, "nothing listens there"),
    (ssl.SSLError, "the two sides could not agree on TLS"),
    (ConnectionError, "it hung up"),
    (ValueError, "something in the settings cannot be said to a mail server"),
)
_ENHANCED_CODE = re.compile(r"[245]\.\d{1,3}\.\d{1,3}\b")


def _reason(error: Exception) -> str:
    """What happened, in plain words, without a word of the server's own."""
    if isinstance(error, SMTPResponseException):
        enhanced = _ENHANCED_CODE.match(error.message)
        answer = f"{error.code} {enhanced[0]}" if enhanced else str(error.code)
        return f"it answered {answer}" if error.code > 0 else "it answered something that is not SMTP"
    root = error.__cause__ if isinstance(error.__cause__, OSError) else error
    if isinstance(root, ssl.SSLCertVerificationError):
        return f"its certificate was not accepted ({root.verify_message})"
    for kind, words in _REASONS:
        if isinstance(root, kind):
            return words
    return (isinstance(root, OSError) and root.strerror) or "the line failed"


def _code(error: Exception) -> int | None:
    return error.code if isinstance(error, SMTPResponseException) and error.code > 0 else None


def _options(
    line: _Line, sender: str, recipient: str, raw: bytes
) -> tuple[list[str], Literal["ascii", "utf-8"]]:
    """What MAIL FROM says about the mail, as far as the server understands it."""
    options = [f"SIZE={len(raw)}"] if line.supports_extension("size") else []
    if not raw.isascii() and line.supports_extension("8bitmime"):
        options.append("BODY=8BITMIME")
    if sender.isascii() and recipient.isascii():
        return options, "ascii"
    if line.supports_extension("smtputf8"):
        return [*options, "SMTPUTF8"], "utf-8"
    text = "address has letters beyond ASCII, which the mail server does not take."
    if sender.isascii():
        raise Refused(f"The recipient's {text}")
    raise OutOfService(f"Our own {text} See sender in [mail].")


def _one_line(reply: str) -> str:
    """The reply without line breaks, control characters and broken bytes, which a database may not take."""
    return "".join(char if char.isprintable() else " " for char in reply)[:_LONGEST_REPLY].strip()
