"""The daemon: decides when. One piece of work at a time; it judges and sends only through sweep and outbox.

APScheduler keeps its jobs in memory, made from the settings at start. A day's sweep is claimed by its day in the
ledger, not by the clock, so a missed hour is caught up and a doubled one does nothing. Nothing is done between
01:00 and 02:00, an hour that comes twice when the clocks go back.
"""

import json
import logging
import signal
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sdnotify
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from monitor import outbox, tables
from monitor.bootstrap import Home, cannot_reach
from monitor.calendars import LONDON
from monitor.errors import GivenWrong, MonitorError
from monitor.inbox import Inbox
from monitor.ledger import last_sweep
from monitor.settings import QUIET_FROM, QUIET_UNTIL
from monitor.sweep import sweep

STOP_WITHIN = 8.0  # seconds for the step in hand; then it is rolled back by leaving
HEARTBEAT = 60  # seconds
FEED_EVERY = 10.0  # seconds

log = logging.getLogger("monitor")


class Stopping(MonitorError):
    """The daemon was asked to stop; what was being read is let go and nothing is written."""


class _Lines(logging.Formatter):
    """One JSON object a line: counts and ids of our own, nothing personal."""

    def format(self, record: logging.LogRecord) -> str:
        said: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="seconds")
        }
        said |= {"level": record.levelname.lower(), "did": record.getMessage()}
        said |= getattr(record, "counts", {})
        return json.dumps(said)


class Daemon:
    """Runs until it is told to stop."""

    def __init__(self, path: Path, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.home = _whole(Home(path))
        self.now = clock
        self.inbox = Inbox(self.home)
        self.stopping = threading.Event()
        self.busy = threading.Lock()
        self.tell_systemd: Callable[[str], None] = lambda _: None  # until `run` opens the line
        self.fed_at = 0.0

    def run(self) -> None:
        """Work by the clock until SIGTERM or SIGINT; returns when the step in hand is done or given up."""
        for signal_number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signal_number, lambda *_: self.stopping.set())
        self.tell_systemd = sdnotify.SystemdNotifier().notify
        scheduler = self._scheduler()
        scheduler.start()
        log.info(
            "started", extra={"counts": {"rules": len(self.home.rules), "mail": self.home.settings.mail.mode}}
        )
        self.tell_systemd("READY=1")
        while not self.stopping.wait(timeout=1.0):
            pass
        self.tell_systemd("STOPPING=1")
        scheduler.shutdown(wait=False)
        done = self.busy.acquire(timeout=STOP_WITHIN)
        log.info("stopped" if done else "stopped, and let the step in hand go")

    def _scheduler(self) -> BackgroundScheduler:
        scheduler = BackgroundScheduler(
            executors={"default": ThreadPoolExecutor(1)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
            timezone=LONDON,
        )
        schedule = self.home.settings.schedule
        for name, at in (("sweep", schedule.sweep), ("outbox", schedule.outbox)):
            trigger = CronTrigger(hour=at.hour, minute=at.minute, timezone=LONDON)
            scheduler.add_job(self.work, trigger, id=name)
        scheduler.add_job(
            self.work,
            IntervalTrigger(minutes=schedule.retry_minutes),
            id="catch-up",
            next_run_time=datetime.now(UTC),
        )
        scheduler.add_job(self.beat, IntervalTrigger(seconds=HEARTBEAT), id="heartbeat")
        return scheduler

    def beat(self) -> None:
        """Tell systemd that work gets done: asked of the one worker thread and of the database, not of a timer."""
        with self.busy:
            try:
                with self.home.engine.connect() as connection:
                    connection.scalar(select(1))
            except SQLAlchemyError as error:
                log.error("heartbeat failed", extra={"counts": {"why": str(cannot_reach(error))}})  # noqa: TRY400
                return
        self._feed()

    def _feed(self) -> None:
        """Feed the watchdog, at most once in ten seconds: every datagram must find room in the socket."""
        if time.monotonic() - self.fed_at >= FEED_EVERY:
            self.fed_at = time.monotonic()
            self.tell_systemd("WATCHDOG=1")

    def work(self) -> None:
        """Sweep if the day or the data asks for it, then send what is owed. Errors are told and tried again."""
        local = self.now().astimezone(LONDON)
        if self.stopping.is_set() or QUIET_FROM <= local.time() < QUIET_UNTIL:
            return
        with self.busy:
            # A sweep that cannot be done keeps no mail that is owed from going.
            steps = (self._refresh, self._take_what_came)
            for step in (*steps, lambda: self._sweep_if_due(local), lambda: self._post_if_due(local)):
                self._do(step)

    def _do(self, step: Callable[[], None]) -> None:
        if self.stopping.is_set():
            return
        try:
            step()
        except Stopping:
            log.info("let a sweep go, to stop")
        except MonitorError as error:
            log.error("could not", extra={"counts": {"why": str(error)}})  # noqa: TRY400 - no case data in a log
        except Exception as error:  # noqa: BLE001 - one broken job never stops the daemon
            log.error("failed", extra={"counts": {"error": type(error).__name__}})  # noqa: TRY400

    def _refresh(self) -> None:
        """Rules and settings as they are now; where they are wrong, those of before stay in force."""
        try:
            fresh = _whole(Home(self.home.path))
        except GivenWrong as wrong:
            log.error("kept the former rules and settings", extra={"counts": {"faults": list(wrong.faults)}})  # noqa: TRY400
            return
        self.home.engine.dispose()
        self.home = self.inbox.home = fresh

    def _take_what_came(self) -> None:
        for came in self.inbox.look(self.now(), self._going_on):
            counts: dict[str, Any] = {"source": came.source}
            if came.taken is None:
                # Not the faults themselves: they name the files, and who knows what people call a file.
                counts |= {"faults": len(came.faults), "see": f"var/inbox/{came.source}/held"}
                log.error("could not take in", extra={"counts": counts})
                continue
            taken = came.taken
            counts |= {"load": taken.load_id, "as_at": str(taken.as_at), "rows": taken.rows_read}
            counts |= {"refused": taken.rows_refused, "held": bool(taken.holds), "same": taken.is_same}
            if taken.file_faults:
                counts |= {"faults": len(taken.file_faults)}
            log.info("held" if taken.holds else "taken in", extra={"counts": counts})

    def _sweep_if_due(self, local: datetime) -> None:
        if local.time() < self.home.settings.schedule.sweep or not self._is_due(local):
            return
        began = time.monotonic()
        report = sweep(self.home, as_at=local.date(), now=self.now(), dry_run=False, progress=self._going_on)
        counts = {
            "as_at": str(report.as_at),
            "clocks": report.clocks.total(),
            "cannot_tell": report.unsure.total(),
            "opened": report.opened.total(),
            "closed": report.closed.total(),
            "open_alerts": report.open_alerts,
            "notices": report.notices.total(),
            "judged": report.judged,
            "helpers_lost": report.helpers_lost,
            "broken_rules": sorted(report.broken),
            "seconds": round(time.monotonic() - began, 2),
        }
        log.info("swept", extra={"counts": counts})

    def _is_due(self, local: datetime) -> bool:
        """A new day, or data that came after the last sweep began."""
        with self.home.engine.connect() as connection:
            last = last_sweep(connection)
            newest = connection.scalar(
                select(func.max(tables.load.c.id)).where(
                    tables.load.c.state == "taken",
                    *([tables.load.c.taken_at > last.started_at] if last is not None else []),
                )
            )
        return last is None or last.as_at < local.date() or newest is not None

    def _post_if_due(self, local: datetime) -> None:
        if local.time() < self.home.settings.schedule.outbox:
            return
        posted = outbox.post(self.home, day=local.date(), now=self.now())
        if posted.composed or posted.sent or posted.deferred or posted.refused or posted.withheld:
            log.info("posted", extra={"counts": posted.as_json()})

    def _going_on(self, _what: str, _count: int) -> None:
        if self.stopping.is_set():
            raise Stopping("asked to stop")
        self._feed()


def _whole(home: Home) -> Home:
    """The home with everything read that may be wrong in it."""
    _ = (home.settings, home.sources, home.rules, home.judgements, home.ladder, home.templates)
    return home


def run(path: Path, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
    """Run the daemon with its log on standard output."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(_Lines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    log.setLevel(logging.INFO)
    Daemon(path, clock).run()
