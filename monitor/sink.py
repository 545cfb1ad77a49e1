"""A real mail server on this machine that keeps every mail as a file: for the demonstration and for tests.

The one door to aiosmtpd. It delivers nothing to anybody.
"""

import asyncio
import logging
import re
from email.parser import BytesHeaderParser
from pathlib import Path
from types import TracebackType
from typing import Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from monitor.errors import CannotRun

_HOST = "127.0.0.1"
_BIGGEST_MAIL = 10 * 1024 * 1024
_LONGEST_NAME = 60
_NUMBERED = re.compile(r"(\d{4,})-.*\.eml")


class LocalController(Controller):
    """aiosmtpd's server in a thread, on 127.0.0.1; port 0 becomes the free port it was given."""

    def _trigger_server(self) -> None:
        # aiosmtpd connects once to its own port to see whether it lives, and would try port 0.
        if isinstance(self.server, asyncio.Server):
            self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


class MailSink:
    """A server that keeps each mail as `0001-name.eml` in a folder; `port` is known once it is open.

    A mail with a Message-ID that is already there takes the place of its former self, so a mail that was
    handed over twice is one file, counted twice in `received`.
    """

    def __init__(self, folder: Path, *, port: int = 0) -> None:
        self.port = port
        self.received = 0
        self._folder = folder
        self._by_message_id: dict[str, Path] = {}
        self._last_number = 0
        self._controller: LocalController | None = None

    def __enter__(self) -> Self:
        logging.getLogger("mail.log").setLevel(logging.WARNING)  # aiosmtpd's: it tells addresses below that
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._look_round()
        except OSError as error:
            raise CannotRun(f"{self._folder}: mails cannot be kept here ({error.strerror}).") from None
        self._controller = self._started()
        self.port = self._controller.port
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def _started(self) -> LocalController:
        controller = LocalController(
            self,
            hostname=_HOST,
            port=self.port,
            server_hostname="mail-sink.invalid",
            data_size_limit=_BIGGEST_MAIL,
        )
        try:
            controller.start()
        except OSError as error:
            controller.loop.close()
            raise CannotRun(
                f"{_HOST}:{self.port}: no mail server can listen here ({error.strerror})."
            ) from None
        return controller

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - its name
        """Called by aiosmtpd for each mail; the file is there before the sender is told that it is."""
        try:
            path = self._keep(envelope.rcpt_tos[0], envelope.original_content or b"")
        except OSError:
            return "452 4.3.1 The folder cannot take the mail now"
        self.received += 1
        return f"250 2.0.0 Kept as {path.name}"

    def _keep(self, recipient: str, raw: bytes) -> Path:
        message_id = _message_id(raw)
        path = self._by_message_id.get(message_id) or self._next_path(recipient)
        arriving = self._folder / ".arriving"
        arriving.write_bytes(raw)
        arriving.replace(path)  # a reader sees the whole mail or none of it
        self._remember(path, message_id)
        return path

    def _next_path(self, recipient: str) -> Path:
        return self._folder / f"{self._last_number + 1:04d}-{_name(recipient)}.eml"

    def _remember(self, path: Path, message_id: str) -> None:
        if numbered := _NUMBERED.fullmatch(path.name):
            self._last_number = max(self._last_number, int(numbered[1]))
        if message_id:
            self._by_message_id[message_id] = path

    def _look_round(self) -> None:
        """What earlier runs left in the folder: the numbers that are taken and the mails that are known."""
        for path in sorted(self._folder.glob("*.eml")):
            self._remember(path, _message_id(path.read_bytes()))


def _message_id(raw: bytes) -> str:
    return str(BytesHeaderParser().parsebytes(raw).get("Message-ID", "")).strip()


def _name(address: str) -> str:
    """The part before the @, with nothing in it that a file name could trip over."""
    local = address.rpartition("@")[0] or address
    return re.sub(r"[^A-Za-z0-9._+-]+", "-", local)[:_LONGEST_NAME].strip(".-") or "unknown"
