"""Going live: the decision that mail may leave for real people, in the settings and in the ledger."""

import shutil
from datetime import datetime
from pathlib import Path

from sqlalchemy import insert
from sqlalchemy.exc import SQLAlchemyError

from monitor import outbox, tables
from monitor.bootstrap import Home, cannot_reach, writing
from monitor.errors import CannotRun


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
            connection.execute(tables.mark.delete().where(tables.mark.c.name == outbox.LIVE_MARK))
            connection.execute(insert(tables.mark).values(name=outbox.LIVE_MARK, value="yes", by=by, at=now))
        return outbox.owed_now(home)
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
