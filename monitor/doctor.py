"""What stands in the way: every part of a home looked at, each with a word on what to do."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from monitor import engine, gaps, outbox, tables
from monitor.bootstrap import TEMPLATES, Home, cannot_reach
from monitor.clocks import bench_of
from monitor.compose import Owed, compose
from monitor.errors import EngineLost, MonitorError
from monitor.judgement import Fact
from monitor.ledger import last_sweep

SAMPLE = Owed(
    id=0,
    alert_id=0,
    address="sample@localhost",
    kind="stage",
    step="overdue",
    because="this is a sample",
    urgent=False,
    as_at=date(2026, 11, 23),
    values={
        "alert": 0,
        "rule": "sample",
        "title": "A sample",
        "law": "local",
        "source_of_law": "",
        "case": "C1",
        "about": "child",
        "ref": "R1",
        "record": "sample",
        "team": "T1",
        "stage": "overdue",
        "rag": "red",
        "outcome": "overdue",
        "due_on": "2026-11-20",
        "act_by": "2026-11-20",
        "by_law": "2026-11-20",
        "day": "day 43 of 42",
        "data_of": "2026-11-23",
        "why": None,
    },
    also_told=("team-manager",),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One part looked at: `state` is ok, mind or bad."""

    part: str
    state: str
    says: str


def examine(home: Home, *, today: date) -> list[Finding]:
    """Every part in turn; one that fails does not keep the others from being looked at."""
    looks: tuple[tuple[str, Callable[[], Finding]], ...] = (
        ("settings", lambda: _settings(home)),
        ("rules", lambda: _rules(home)),
        ("templates", lambda: _templates(home)),
        ("rules engine", lambda: _engine(home)),
        ("database", lambda: _database(home)),
        ("sources", lambda: _sources(home, today)),
        ("loads held", lambda: _held(home)),
        ("people", lambda: _people(home)),
        ("mail", lambda: _mail(home)),
        ("sweep", lambda: _sweep(home, today)),
    )
    found: list[Finding] = []
    for part, look in looks:
        try:
            found.append(look())
        except MonitorError as error:
            told = any(each.says == str(error) for each in found)
            found.append(Finding(part, "bad", "the same stands in the way" if told else str(error)))
        except SQLAlchemyError as error:
            found.append(Finding(part, "bad", str(cannot_reach(error))))
    return found


def _settings(home: Home) -> Finding:
    _ = (home.settings, home.sources, home.ladder)
    has_own = (home.path / "config" / "monitor.toml").exists()
    said = (
        "config/ is read"
        if has_own
        else "no config/ here: the shipped defaults serve. `monitor init` writes a copy"
    )
    return Finding("settings", "ok" if has_own else "mind", said)


def _rules(home: Home) -> Finding:
    return Finding(
        "rules",
        "ok",
        f"{len(home.rules)} of {len(home.every_rule)} rules on, {len(home.judgements)} judgements",
    )


def _templates(home: Home) -> Finding:
    compose([SAMPLE], head=home.letterhead, day=SAMPLE.as_at, now=datetime.now(UTC), number="0")
    return Finding("templates", "ok", f"{' and '.join(TEMPLATES)} make a mail")


def _engine(home: Home) -> Finding:
    if not home.judgements:
        return Finding("rules engine", "mind", "no judgement is on")
    try:
        with engine.running(home.judgements) as running:
            running.judge({"probe": [Fact(n=0, rule="probe", outcome="overdue", ref=0)]})
    except EngineLost as error:
        return Finding(
            "rules engine", "bad", f"{error}: sweeps go on with plain findings. Run `make setup` again"
        )
    return Finding("rules engine", "ok", "answers in a process of its own")


def _database(home: Home) -> Finding:
    name = home.engine.dialect.name
    with home.engine.connect() as connection:
        connection.execute(select(func.count()).select_from(tables.load))
    return Finding("database", "ok", f"{name}, schema up to date")


def _sources(home: Home, today: date) -> Finding:
    with home.engine.connect() as connection:
        feeds = bench_of(home, connection).feeds
    loads = feeds.carried.get("load", {})
    if not loads:
        return Finding("sources", "mind", "nothing was taken in yet: monitor intake registers FOLDER")
    wrong = []
    ahead = [f"{source} (data of {day})" for source, day in sorted(loads.items()) if day > today]
    if ahead:
        so = "take the same files in again with the right --as-at"
        wrong.append(f"of a day that is yet to come: {', '.join(ahead)}: {so}")
    stale = [
        f"{source} (data of {day})"
        for source, day in sorted(loads.items())
        if today > home.lawful.after(day, feeds.allowed_silence(source))
    ]
    if stale:
        wrong.append(f"silent for longer than allowed: {', '.join(stale)}")
    if wrong:
        return Finding("sources", "bad", "; ".join(wrong))
    return Finding("sources", "ok", f"{len(loads)} fresh: {', '.join(sorted(loads))}")


def _held(home: Home) -> Finding:
    load = tables.load
    with home.engine.connect() as connection:
        newer = load.alias()
        later = select(newer.c.id).where(
            newer.c.source == load.c.source, newer.c.id > load.c.id, newer.c.state == "taken"
        )
        held = connection.scalars(select(load.c.id).where(load.c.state == "held", ~later.exists())).all()
    if held:
        numbers = ", ".join(map(str, held))
        return Finding(
            "loads held", "bad", f"{numbers}: monitor intake issues {held[0]}, then intake release {held[0]}"
        )
    return Finding("loads held", "ok", "none")


def _people(home: Home) -> Finding:
    alert = tables.alert
    with home.engine.connect() as connection:
        query = select(alert.c.rule, func.count()).where(
            alert.c.state == "open", alert.c.rule.in_(gaps.HOUSE)
        )
        found = connection.execute(query.group_by(alert.c.rule)).all()
    if found:
        said = "; ".join(f"{gaps.HOUSE[rule].title.lower()}: {count}" for rule, count in found)
        return Finding("people", "mind", f"{said}. See: monitor alerts --rule sys-role-unheld")
    return Finding("people", "ok", "every role that was asked for is held")


def _mail(home: Home) -> Finding:
    mail = home.settings.mail
    owed = outbox.owed_now(home)
    with home.engine.connect() as connection:
        message = tables.message
        refused = connection.scalar(select(func.count()).where(message.c.state == "refused")) or 0
        put_off = connection.scalar(
            select(func.count()).where(message.c.state == "owed", message.c.attempts > 0)
        )
        is_live = connection.scalar(select(tables.mark.c.value).where(tables.mark.c.name == outbox.LIVE_MARK))
    if mail.mode == "off":
        return Finding("mail", "mind", f"off; {owed} owed. redirect or `monitor go-live` lets it leave")
    if mail.mode == "live" and not is_live:
        return Finding(
            "mail", "bad", "mode is live but nobody ran `monitor go-live` in this ledger: nothing leaves"
        )
    if put_off:
        return Finding(
            "mail", "bad", f"{put_off} messages were put off and wait; {owed} owed. `monitor outbox` says why"
        )
    if refused:
        return Finding("mail", "bad", f"{refused} messages were refused for good; {owed} owed")
    return Finding("mail", "ok", f"{mail.mode}, {owed} owed")


def _sweep(home: Home, today: date) -> Finding:
    with home.engine.connect() as connection:
        last = last_sweep(connection)
    if last is None:
        return Finding("sweep", "mind", "never swept: monitor sweep")
    if not last.judged:
        return Finding("sweep", "bad", f"as at {last.as_at}, without the rules engine: plain findings only")
    if home.lawful.working_days_between(last.as_at, today) > 1:
        return Finding("sweep", "bad", f"last as at {last.as_at}: is the daemon running?")
    return Finding("sweep", "ok", f"as at {last.as_at}")
