"""Mail servers for tests: aiosmtpd with the answers a test asks for, and a scripted one that misbehaves."""

import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Self

import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from monitor.sink import LocalController

HANGS_UP = "hangs up"
SAYS_NOTHING = "says nothing"


@dataclass(slots=True, kw_only=True)
class PostOffice:
    """What aiosmtpd asks and tells: takes every mail, unless told to answer a command otherwise."""

    mail: str | None = None
    rcpt: Mapping[str, str] = field(default_factory=dict)  # recipient -> answer
    data: list[str] = field(default_factory=list)  # one answer for each mail, then 250
    taken: list[Envelope] = field(default_factory=list)
    sessions: set[int] = field(default_factory=set)

    async def handle_MAIL(  # noqa: N802
        self, _server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.sessions.add(id(session))
        if self.mail:
            return self.mail
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address not in self.rcpt:
            envelope.rcpt_tos.append(address)
        return self.rcpt.get(address, "250 OK")

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = self.data.pop(0) if self.data else "250 2.0.0 Ok: queued as 4XyZ"
        if answer.startswith("250"):
            self.taken.append(envelope)
        return answer


@contextmanager
def running(office: PostOffice, *, port: int = 0, **settings: Any) -> Iterator[int]:  # noqa: ANN401
    """The port on which aiosmtpd serves this office; `settings` are aiosmtpd's."""
    controller = LocalController(
        office, hostname="127.0.0.1", port=port, server_hostname="post.test", **settings
    )
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def server_tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@dataclass(slots=True, kw_only=True)
class Doorman:
    """Lets one user in; counts the tries, as a directory does that locks accounts."""

    user: str
    password: str
    otherwise: str = "535 5.7.8 Authentication credentials invalid"
    tries: int = 0

    def __call__(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, given: object
    ) -> AuthResult:
        self.tries += 1
        known = given == LoginPassword(self.user.encode(), self.password.encode())
        return AuthResult(success=known, handled=False, message=None if known else self.otherwise)


_POLITE = {
    "CONNECT": "220 script.test",
    "EHLO": "250 script.test",
    "DATA": "354 go on",
    "QUIT": "221 bye",
}


class ScriptedServer:
    """A server that answers each command with the script's word for it, or hangs up, or says nothing.

    Beside commands a script may name CONNECT (the greeting), BODY (once the mail starts) and `.` (its end).
    """

    def __init__(self, script: Mapping[str, str], tls: ssl.SSLContext | None = None) -> None:
        self.calls = 0
        self.heard: list[str] = []
        self._script = {**_POLITE, **script}
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._left = threading.Event()
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._left.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(timeout=5)

    def _serve(self) -> None:
        while True:
            try:
                caller, _ = self._listener.accept()
            except OSError:
                return
            self.calls += 1
            with caller, suppress(OSError):
                caller.settimeout(5)
                self._talk(caller)

    def _talk(self, caller: socket.socket) -> None:
        if self._tls is not None:
            with self._tls.wrap_socket(caller, server_side=True) as secured:
                self._converse(secured)
                return
        self._converse(caller)

    def _converse(self, caller: socket.socket) -> None:
        with caller.makefile("rb") as words:
            command = "CONNECT"
            while command and self._answered(caller, command):
                line = self._mail_end(words) if command == "DATA" else words.readline()
                self.heard.append(line.decode("utf-8", errors="replace").strip())
                command = self.heard[-1].partition(" ")[0].upper()

    def _mail_end(self, words: BinaryIO) -> bytes:
        """The closing dot; or the next command, where the script let no mail come."""
        if not self._script["DATA"].startswith("354"):
            return words.readline()
        if self._script.get("BODY") == SAYS_NOTHING:
            self._left.wait(timeout=5)
        if "BODY" in self._script:
            return b""
        return next((line for line in words if line == b".\r\n"), b"")

    def _answered(self, caller: socket.socket, command: str) -> bool:
        answer = self._script.get(command, "250 OK")
        if answer == HANGS_UP:
            return False
        if answer != SAYS_NOTHING:
            caller.sendall(answer.encode() + b"\r\n")
        return True
