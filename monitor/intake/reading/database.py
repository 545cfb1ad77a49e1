"""Tables of a database in place: nothing but SELECT is asked, and where it can promise so, nothing else can be.

What is wrong is told without the address's password, and what goes wrong elsewhere meanwhile is not caught here.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from typing import Any

from sqlalchemy import (
    ColumnClause,
    Connection,
    Engine,
    Select,
    create_engine,
    event,
    inspect,
    quoted_name,
    select,
)
from sqlalchemy import column as named_column
from sqlalchemy import table as named_table
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from monitor.intake.reading.grid import Grid, NumberedRow, Unreadable, as_text, plain

AT_ONCE = 5_000
_ROOM = 1 << 128


@contextmanager
def opened(url: str) -> Iterator[Connection]:
    """A connection for reading, which in SQLite and PostgreSQL cannot write; Unreadable where there is none."""
    try:
        shown = make_url(url).render_as_string(hide_password=True)
        engine = create_engine(url)
    except (ImportError, SQLAlchemyError) as error:
        what = "its driver is not installed" if isinstance(error, ImportError) else "it is no address"
        raise Unreadable(f"cannot be opened: {what}, such as postgresql+psycopg://reader@host/base") from None
    _only_read(engine)
    if engine.dialect.name == "postgresql":  # a nightly refresh meanwhile must not show half of itself
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    try:
        with _connected(engine, shown) as connection:
            yield connection
    finally:
        engine.dispose()


def _connected(engine: Engine, shown: str) -> Connection:
    try:
        return engine.connect()
    except SQLAlchemyError as error:
        raise _cannot(shown, error) from None


def _cannot(shown: str, error: SQLAlchemyError) -> Unreadable:
    return Unreadable(f"{shown} cannot be read ({type(error).__name__})")


def _only_read(engine: Engine) -> None:
    statements = {"sqlite": "PRAGMA query_only = ON", "postgresql": "SET default_transaction_read_only = on"}
    statement = statements.get(engine.dialect.name)
    if statement is None:
        return

    @event.listens_for(engine, "connect")
    def _(connection: object, _record: object) -> None:
        cursor = connection.cursor()  # type: ignore[attr-defined]
        cursor.execute(statement)
        cursor.close()
        connection.commit()  # type: ignore[attr-defined]


def grids(
    connection: Connection, schema: str | None, shown: str, wanted: Collection[str] | None = None
) -> list[Grid]:
    """A grid for each table and view of the schema; each is read when its rows are asked for.

    Of the columns only those that are `wanted` are asked for, so that nothing else leaves the database.
    """
    try:
        looked = inspect(connection)
        names = [*looked.get_table_names(schema=schema), *looked.get_view_names(schema=schema)]
        columns = {name: [each["name"] for each in looked.get_columns(name, schema=schema)] for name in names}
    except SQLAlchemyError as error:
        raise _cannot(shown, error) from None
    if wanted is not None:
        known = {plain(each) for each in wanted}
        columns = {
            name: [each for each in listed if plain(each) in known] for name, listed in columns.items()
        }
    return [_grid(connection, name, listed, schema, shown) for name, listed in columns.items() if listed]


def digest(grids: Iterable[Grid]) -> str:
    """What tells these very rows from any others, in whatever order the database gives them."""
    found = blake2b(digest_size=32)
    for grid in grids:
        of_rows = 0
        for number, cells in grid.rows():
            of_row = blake2b(repr((number == 0, list(cells))).encode(), digest_size=16).digest()
            of_rows = (of_rows + int.from_bytes(of_row)) % _ROOM
        found.update(f"{grid.name}:{of_rows}".encode())
    return found.hexdigest()


def statement(name: str, columns: Sequence[str], schema: str | None) -> Select[*tuple[Any, ...]]:
    """The one statement that reads a table; every name is quoted by the dialect."""
    named: list[ColumnClause[object]] = [named_column(quoted_name(each, quote=True)) for each in columns]
    return select(*named).select_from(named_table(quoted_name(name, quote=True), *named, schema=schema))


def _grid(connection: Connection, name: str, columns: list[str], schema: str | None, shown: str) -> Grid:
    shown = f"{shown}, {name}"
    query = statement(name, columns, schema).execution_options(yield_per=AT_ONCE)

    def rows() -> Iterator[NumberedRow]:
        yield 0, columns
        try:
            with connection.execute(query) as found:  # closed though a reader has seen enough
                for number, row in enumerate(found, 1):
                    yield number, [as_text(value) for value in row]
        except SQLAlchemyError as error:
            raise _cannot(shown, error) from None

    return Grid(name, shown, rows)
