"""Tables of a database in place, read only: what is there is looked up, and only what is asked for is read."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
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
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from monitor.intake.reading.grid import Grid, NumberedRow, Unreadable, as_text

AT_ONCE = 5_000


@contextmanager
def opened(url: str) -> Iterator[Connection]:
    """A connection that cannot write; its address is told without the password."""
    try:
        shown = make_url(url).render_as_string(hide_password=True)
        engine = create_engine(url)
    except (ArgumentError, ImportError, SQLAlchemyError) as error:
        what = "its driver is not installed" if isinstance(error, ImportError) else "it is no address"
        raise Unreadable(f"cannot be opened: {what}, such as postgresql+psycopg://reader@host/base") from None
    _only_read(engine)
    try:
        with engine.connect() as connection:
            yield connection
            connection.rollback()
    except SQLAlchemyError as error:
        raise Unreadable(f"{shown} cannot be read ({type(error).__name__})") from None
    finally:
        engine.dispose()


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


def grids(connection: Connection, schema: str | None, shown: str) -> list[Grid]:
    """A grid for each table and view of the schema; each is read when its rows are asked for."""
    looked = inspect(connection)
    try:
        names = [*looked.get_table_names(schema=schema), *looked.get_view_names(schema=schema)]
        columns = {name: [each["name"] for each in looked.get_columns(name, schema=schema)] for name in names}
    except SQLAlchemyError as error:
        raise Unreadable(f"{shown} cannot be read ({type(error).__name__})") from None
    return [
        Grid(name, f"{shown}, {name}", _reader(connection, statement(name, listed, schema), listed))
        for name, listed in columns.items()
    ]


def statement(name: str, columns: Sequence[str], schema: str | None) -> Select[*tuple[Any, ...]]:
    """The one statement that reads a table; every name is quoted by the dialect."""
    named: list[ColumnClause[object]] = [named_column(quoted_name(each, quote=True)) for each in columns]
    return select(*named).select_from(named_table(quoted_name(name, quote=True), *named, schema=schema))


def _reader(
    connection: Connection, query: Select[*tuple[Any, ...]], columns: Sequence[str]
) -> Callable[[], Iterator[NumberedRow]]:
    def rows() -> Iterator[NumberedRow]:
        yield 0, list(columns)
        found = connection.execute(query.execution_options(yield_per=AT_ONCE))
        for number, row in enumerate(found, 1):
            yield number, [as_text(value) for value in row]

    return rows
