"""Going live: the decision that mail may leave for real people, in the settings and in the ledger."""

import shutil
from datetime import date, datetime
from pathlib import Path

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from monitor import outbox, tables
from monitor.alerts import worker_key
from monitor.bootstrap import Home, cannot_reach, writing
from monitor.errors import BadSettings, CannotRun
from monitor.staff import read_directory


def refuse_unready(home: Home, by: str) -> None:
    """BadSettings while nobody could be mailed; Misuse where nobody knows the worker who decides."""
    if not (home.path / "config" / "monitor.toml").exists():
        raise CannotRun("this home has no config/monitor.toml: run `monitor init` first.")
    if not home.settings.mail.allowed_domains:
        raise BadSettings(
            ["config/monitor.toml: mail.allowed-domains is empty: say first to which domains mail may go."]
        )
    try:
        with home.engine.connect() as connection:
            worker_key(read_directory(connection, date.max), by)
    except SQLAlchemyError as error:
        raise cannot_reach(error) from None


def go_live(home: Home, by: str, now: datetime) -> int:
    """Let mail leave for real: settings changed, the decision recorded; returns how much is owed then.

    What was only redirected while testing has told nobody, so of what stands open it is owed again.
    """
    refuse_unready(home, by)
    mail = home.settings.mail
    path = home.path / "config" / "monitor.toml"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    changed = ['mode = "live"\n' if line.replace(" ", "").startswith("mode=") else line for line in lines]
    if changed == lines and mail.mode != "live":
        raise CannotRun(
            "config/monitor.toml has no line 'mode = ...' under [mail]: add mode = \"off\" first."
        )
    _rewrite(path, "".join(changed))
    try:
        with writing(home.engine).begin() as connection:
            connection.execute(tables.mark.delete().where(tables.mark.c.name == outbox.LIVE_MARK))
            connection.execute(insert(tables.mark).values(name=outbox.LIVE_MARK, value="yes", by=by, at=now))
            _owe_again(connection)
        return outbox.owed_now(home)
    except SQLAlchemyError as error:
        raise cannot_reach(error) from None


def _owe_again(connection: Connection) -> None:
    notice, message, alert = tables.notice, tables.message, tables.alert
    redirected = select(message.c.id).where(message.c.recipient != message.c.address)
    still_open = select(alert.c.id).where(alert.c.state == "open")
    connection.execute(
        update(notice)
        .where(notice.c.message_id.in_(redirected), notice.c.alert_id.in_(still_open))
        .values(message_id=None)
    )
    # One that never left has nobody to go to any more: its notices are owed again, each to its own reader.
    connection.execute(
        update(message)
        .where(message.c.state == "owed", message.c.recipient != message.c.address)
        .values(state="dropped")
    )


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
