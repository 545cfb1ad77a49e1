"""The demonstration: a synthetic council through the whole job, with real mail into a local sink."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path

from sqlalchemy import Connection, case, func, insert, select

from monitor import outbox, tables
from monitor.bootstrap import Home, writing
from monitor.calendars import LONDON, london_day
from monitor.council import write_council
from monitor.errors import CannotRun, Misuse
from monitor.homes import lay_out
from monitor.intake.take import Progress, Taken
from monitor.ledger import last_sweep
from monitor.limits import Amount, Unit
from monitor.mail import MailServer
from monitor.report import Report
from monitor.sink import MailSink
from monitor.sweep import sweep
from monitor.taking import Request, take_in

DOMAIN = "council.example"
DAYS_BEFORE = (10, 5, 1)  # working days: the fortnight before, so that reminders have had time to climb


@dataclass(slots=True, kw_only=True)
class Shown:
    """What the demonstration did; counts only."""

    home: Path
    as_at: date
    children: int
    taken: Taken
    last: Report
    sent: int = 0
    alerts_by_rule: list[tuple[str, int, int]] = field(default_factory=list)
    alerts_by_team: list[tuple[str, int]] = field(default_factory=list)
    mails_by_role: Counter[str] = field(default_factory=Counter)
    messages: int = 0


def demonstrate(
    folder: Path,
    *,
    children: int | None,
    seed: int | None,
    as_at: date | None,
    now: datetime,
    progress: Progress,
) -> Shown:
    """Make `folder` a home and run the whole job in it; a second run of the same demonstration changes nothing."""
    lay_out(folder)
    _settle(folder)
    home = Home(folder)
    children, seed, as_at = _remembered(home, (children, seed, as_at), now)
    progress("laying out the council", children)
    write_council(folder / "registers", children=children, seed=seed, as_at=as_at)
    taken = take_in(home, Request(paths=[folder / "registers"], as_at=as_at), now=now, progress=progress)
    if taken.held_because:
        raise CannotRun(f"the demonstration's own data was held: {taken.held_because}")
    shown = Shown(home=folder, as_at=as_at, children=children, taken=taken, last=Report(as_at=as_at))
    with MailSink(folder / "mail") as sink:
        server = MailServer(host="127.0.0.1", port=sink.port, security="none", local_hostname="localhost")
        for day in _days(home, as_at):
            progress(f"sweeping as at {day}", 1)
            shown.last = sweep(home, as_at=day, now=now, dry_run=False, progress=progress)
            posted = outbox.post(home, day=day, now=_morning(day, now), server=server)
            shown.sent += posted.sent
            if said := posted.said + posted.faults:
                raise CannotRun(f"the demonstration's mail did not go: {said[0]}")
    with home.engine.connect() as connection:
        _sum_up(connection, shown)
    home.engine.dispose()
    return shown


def _settle(folder: Path) -> None:
    """The demonstration's own settings: live mail, to nobody but the sink's domain."""
    path = folder / "config" / "monitor.toml"
    text = path.read_text(encoding="utf-8")
    for before, after in (
        ('mode = "off"', 'mode = "live"'),
        ("allowed-domains = []", f'allowed-domains = ["{DOMAIN}"]'),
        ('sender = "case-monitor@localhost"', f'sender = "case-monitor@{DOMAIN}"'),
        ('page = ""', f'page = "https://monitor.{DOMAIN}/alerts/{{alert}}"'),
        ('case = ""', f'case = "https://records.{DOMAIN}/open?ref={{ref}}"'),
    ):
        text = text.replace(before, after)
    path.write_text(text, encoding="utf-8")


def _remembered(
    home: Home, asked: tuple[int | None, int | None, date | None], now: datetime
) -> tuple[int, int, date]:
    """What this home demonstrates: what was asked at first; another demonstration needs another folder."""
    default = (2_000, 1, london_day(now))
    mark = tables.mark
    with writing(home.engine).begin() as connection:
        value = connection.scalar(select(mark.c.value).where(mark.c.name == "demo"))
        if value is None:
            if last_sweep(connection) is not None:
                raise Misuse(
                    f"{home.path} is a council's own home: choose another --dir for the demonstration."
                )
            children, seed, day = (
                given if given is not None else usual for given, usual in zip(asked, default, strict=True)
            )
            connection.execute(
                insert(mark),
                [
                    {"name": "demo", "value": f"{children} {seed} {day}", "by": "demo", "at": now},
                    {"name": outbox.LIVE_MARK, "value": "yes", "by": "demo", "at": now},
                ],
            )
            return int(str(children)), int(str(seed)), date.fromisoformat(str(day))
    number, seed_text, day_text = value.split()
    known = (int(number), int(seed_text), date.fromisoformat(day_text))
    if any(given is not None and given != before for given, before in zip(asked, known, strict=True)):
        raise Misuse(
            f"{home.path} already shows {known[0]} children, seed {known[1]}, as at {known[2]}: choose another --dir."
        )
    return known


def _days(home: Home, as_at: date) -> Iterator[date]:
    """The days to sweep; those before the last sweep are done."""
    with home.engine.connect() as connection:
        last = last_sweep(connection)
    for back in DAYS_BEFORE:
        day = home.lawful.before(as_at, Amount(back, Unit.WORKING_DAYS))
        if last is None or day > last.as_at:
            yield day
    yield as_at


def _morning(day: date, now: datetime) -> datetime:
    """When the mails of this day would have gone, so that each carries its own date."""
    return min(now, datetime.combine(day, time(7, 30), LONDON))


def _sum_up(connection: Connection, shown: Shown) -> None:
    alert, notice, message = tables.alert, tables.notice, tables.message
    is_overdue = func.sum(case((alert.c.outcome == "overdue", 1), else_=0))
    by_rule = select(alert.c.rule, func.count(), is_overdue).where(alert.c.state == "open")
    shown.alerts_by_rule = [
        (rule, count, overdue)
        for rule, count, overdue in connection.execute(by_rule.group_by(alert.c.rule).order_by(alert.c.rule))
    ]
    by_team = select(alert.c.team_key, func.count()).where(alert.c.state == "open").group_by(alert.c.team_key)
    shown.alerts_by_team = [
        ((team or "none:no team").partition(":")[2], count)
        for team, count in connection.execute(by_team.order_by(func.count().desc()))
    ]
    roles = select(notice.c.role, func.count(notice.c.message_id.distinct())).where(
        notice.c.message_id.is_not(None)
    )
    shown.mails_by_role = Counter(dict(connection.execute(roles.group_by(notice.c.role)).all()))
    shown.messages = connection.scalar(select(func.count()).select_from(message)) or 0
