"""The only place that builds engines, mailers and templates from settings, and finds what ships."""

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import jinja2
import orjson
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, func, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, InterfaceError, OperationalError, SQLAlchemyError

from monitor.calendars import Calendar
from monitor.compose import FILTERS, Letterhead
from monitor.errors import BadSettings, CannotRun
from monitor.judgement import Judgement
from monitor.judgement_packs import load_judgements
from monitor.ladder import Ladder, load_ladder
from monitor.mail import MailServer
from monitor.packs import load_rules
from monitor.policies import with_policies
from monitor.rule import Rule
from monitor.settings import (
    Settings,
    Source,
    SwitchedOn,
    load_settings,
    load_sources,
    load_switched_on,
    secret,
)

NO_DATABASE = "MONITOR_DATABASE_URL is not the address of an SQLite or PostgreSQL database, such as postgresql:///monitor."
TEMPLATES = ("digest.txt", "digest.html")
BUSY_TIMEOUT = 5.0  # seconds that a writer waits for another before it gives up
BRINGING_FORWARD = 20_260_601  # PostgreSQL's advisory lock for migrations; any number of our own


def shipped() -> Path:
    """Where rules, templates and config lie: inside the installed wheel, or beside the package in a checkout."""
    package = Path(__file__).parent
    inside = package / "shipped"
    return inside if inside.is_dir() else package.parent


@dataclass(frozen=True)
class Home:
    """A council's home, read whole; everything that a command needs is built from it once."""

    path: Path

    @cached_property
    def settings(self) -> Settings:
        return load_settings(self.path)

    @cached_property
    def sources(self) -> dict[str, Source]:
        return load_sources(self.path)

    @property
    def rules_folder(self) -> Path:
        """Where the home's rules lie: its own, or those that ship."""
        own = self.path / "rules"
        return own if own.is_dir() else shipped() / "rules"

    @cached_property
    def written_rules(self) -> tuple[Rule, ...]:
        """Every rule as its own file has it; the examples beside it are told of this one."""
        return load_rules(self.rules_folder)

    @cached_property
    def every_rule(self) -> tuple[Rule, ...]:
        """Every rule, with the council's own policy on it where there is one."""
        return with_policies(self.path / "config" / "policy", self.written_rules, self.lawful)

    @cached_property
    def switched_on(self) -> SwitchedOn:
        """What config/rules.yaml says; without one, all of the home's own rules, or those that ship switched on."""
        own = self.path / "config" / "rules.yaml"
        areas = tuple(dict.fromkeys(rule.area for rule in self.every_rule))
        rules = tuple(rule.id for rule in self.every_rule)
        if own.exists():
            return load_switched_on(own, "config/rules.yaml", areas, rules)
        if (self.path / "rules").is_dir():
            return SwitchedOn(areas=areas, rules=())
        return load_switched_on(shipped() / "config" / "rules.yaml", "config/rules.yaml", areas, rules)

    def is_on(self, rule: Rule) -> bool:
        """Whether the home has switched the rule on, and it does not ship off."""
        on = self.switched_on
        return rule.off is None and (rule.area in on.areas or rule.id in on.rules)

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """The rules that are switched on."""
        return tuple(rule for rule in self.every_rule if self.is_on(rule))

    @cached_property
    def every_judgement(self) -> tuple[Judgement, ...]:
        folder = self.rules_folder / "judgements"
        return load_judgements(folder, self.every_rule)

    @cached_property
    def judgements(self) -> tuple[Judgement, ...]:
        """The judgements for each of whose findings a rule is switched on."""
        on = {rule.id for rule in self.rules}
        return tuple(
            each
            for each in self.every_judgement
            if all(on.intersection(part.rules) for part in each.patterns)
        )

    def rule(self, rule_id: str) -> Rule | None:
        """The rule of this id, if it is switched on."""
        return self._rules_by_id.get(rule_id)

    @cached_property
    def _rules_by_id(self) -> dict[str, Rule]:
        return {rule.id: rule for rule in self.rules}

    @cached_property
    def ladder(self) -> Ladder:
        own = self.path / "config" / "ladder.yaml"
        return load_ladder(own if own.exists() else shipped() / "config" / "ladder.yaml")

    @cached_property
    def lawful(self) -> Calendar:
        return Calendar(self.settings.days.proclaimed)

    @cached_property
    def local(self) -> Calendar:
        days = self.settings.days
        return Calendar(days.proclaimed, days.closure_days) if days.closure_days else self.lawful

    @cached_property
    def templates(self) -> jinja2.Environment:
        own = self.path / "templates"
        environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(own if own.is_dir() else shipped() / "templates"),
            autoescape=jinja2.select_autoescape(("html",)),
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters.update(FILTERS)
        _read_whole(environment)
        return environment

    @cached_property
    def letterhead(self) -> Letterhead:
        mail = self.settings.mail
        return Letterhead(
            council=self.settings.council.name,
            sender=mail.sender,
            page=self.settings.links.page,
            case=self.settings.links.case,
            redirect_to=mail.redirect_to if mail.mode == "redirect" else None,
            templates=self.templates,
        )

    @cached_property
    def has_ledger(self) -> bool:
        """Whether there is a database yet; a file that is not there is not made for a look."""
        database = make_url(self.database_url).database
        return not self.database_url.startswith("sqlite") or bool(database and Path(database).exists())

    @cached_property
    def database_url(self) -> str:
        """MONITOR_DATABASE_URL, the credential `database-url`, or an SQLite file under the home's var/."""
        given = self.settings.database_url or secret("database-url")
        if given:
            return given
        return f"sqlite:///{self.path / 'var' / 'monitor.sqlite'}"

    @cached_property
    def engine(self) -> Engine:
        """The ledger, brought to the present schema."""
        return open_ledger(self.database_url)

    def mail_server(self) -> MailServer:
        mail = self.settings.mail
        return MailServer(
            host=mail.host,
            port=mail.port,
            security=mail.security,
            user=mail.user or None,
            password=secret("smtp-password", mail.password_file),
            ca_file=Path(mail.ca_file) if mail.ca_file else None,
            timeout=mail.timeout,
        )


def _read_whole(environment: jinja2.Environment) -> None:
    """Every template, so that one that is broken is told of before a mail is owed; BadSettings with its line."""
    for name in TEMPLATES:
        try:
            environment.get_template(name)
        except jinja2.TemplateSyntaxError as error:
            raise BadSettings([f"templates/{name}:{error.lineno}: {error.message}"]) from None
        except (jinja2.TemplateNotFound, UnicodeDecodeError):
            raise BadSettings(
                [f"templates/{name}: cannot be read. `monitor init` writes a missing one again."]
            ) from None


def open_ledger(url: str, *, migrate: bool = True) -> Engine:
    """An engine on this database, its schema brought forward; CannotRun where it cannot be reached."""
    engine = build_engine(url)
    if migrate:
        try:
            bring_forward(engine)
        except CannotRun:
            raise
        except (SQLAlchemyError, OSError) as error:
            raise cannot_reach(error) from None
    return engine


def _written(value: object) -> str:
    return orjson.dumps(value).decode()


_OF_EVERY_ENGINE: dict[str, Any] = {
    "json_serializer": _written,
    "json_deserializer": orjson.loads,
    "hide_parameters": True,  # no case data in an error's text
}


def build_engine(url: str) -> Engine:
    """An engine with our transactions: SQLite in WAL, a writer taking its lock at once, foreign keys kept."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise BadSettings([NO_DATABASE]) from None
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise BadSettings([NO_DATABASE])
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() == "sqlite":
        if parsed.database and parsed.database != ":memory:":
            try:
                Path(parsed.database).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            except OSError as error:
                raise CannotRun(f"the database's folder cannot be made ({error.strerror}).") from None
        engine = create_engine(parsed, connect_args={"timeout": BUSY_TIMEOUT}, **_OF_EVERY_ENGINE)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    engine = create_engine(
        parsed, pool_pre_ping=True, connect_args={"connect_timeout": 10}, **_OF_EVERY_ENGINE
    )
    event.listen(engine, "connect", _prepare_postgresql)
    return engine


def _prepare_postgresql(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own connection
    # Left alone, a statement waits for ever for a table that another program keeps locked.
    connection.execute(f"SET lock_timeout = '{BUSY_TIMEOUT:.0f}s'")
    connection.commit()


def _prepare_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own connection
    # The driver's implicit transactions start too late for savepoints and locks: we begin them ourselves.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def writing(engine: Engine) -> Engine:
    """The same engine, whose transactions take the write lock when they begin."""
    return engine.execution_options(writes=True)


def _alembic(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    if connection is not None:
        config.attributes["connection"] = connection
    return config


def bring_forward(engine: Engine) -> None:
    """Run the migrations that this database has not had; refuse one from a newer release."""
    script = ScriptDirectory.from_config(_alembic())
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    if current == script.get_current_head():
        return
    known = {revision.revision for revision in script.walk_revisions()}
    if current is not None and current not in known:
        raise CannotRun("the database was made by a newer release of the monitor: install that release.")
    with writing(engine).begin() as connection:
        if connection.dialect.name == "postgresql":
            # Of two that start at once on an empty database, the second waits and finds it made.
            connection.execute(select(func.pg_advisory_xact_lock(BRINGING_FORWARD)))
        command.upgrade(_alembic(connection), "head")


def cannot_reach(error: Exception) -> CannotRun:
    """What stands in the way of the database, in a sentence; never the statement or its values."""
    text = str(getattr(error, "orig", error)).lower()
    if "locked" in text or "lock timeout" in text:
        return CannotRun("the database is locked by another run: wait until it is done, then try again.")
    if "disk" in text or "no space" in text:
        return CannotRun(
            "the disk is full or failing: nothing was changed. Make room and run the same command again."
        )
    if "readonly" in text or "read-only" in text:
        return CannotRun("the database cannot be written to: check who owns the file and its folder.")
    if "not a database" in text or "malformed" in text:
        return CannotRun("the database file is damaged or is no database: restore it from a backup.")
    if isinstance(error, OperationalError | InterfaceError) or "connect" in text or "unable to open" in text:
        return CannotRun(
            "the database cannot be reached: check MONITOR_DATABASE_URL, and that the server runs."
        )
    return CannotRun(
        "the database refused a change; nothing was changed. This is a fault of the monitor: please report it."
    )


def default_home() -> Path:
    return Path(os.environ.get("MONITOR_HOME", "."))
