"""A load tells PostgreSQL how many case records there are, so that the next sweep is planned by that."""

import pytest
from sqlalchemy import text

from tests.conftest import Council

on_postgresql = pytest.mark.parametrize(
    "database_url", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)


def counted(council: Council) -> float:
    with council.home.engine.connect() as connection:
        query = text("SELECT reltuples FROM pg_class WHERE relname = 'child'")
        return float(connection.execute(query).scalar_one())


@on_postgresql
def test_after_a_load_postgresql_has_counted_the_case_records(either_council: Council) -> None:
    either_council.write("children", *({"child_id": f"C{number}"} for number in range(300)))
    assert not either_council.take().holds
    assert counted(either_council) == 300


@on_postgresql
def test_a_load_that_changes_nothing_counts_nothing(either_council: Council) -> None:
    either_council.write("children", {"child_id": "C1"}, {"child_id": "C2"})
    either_council.take()
    with either_council.home.engine.begin() as connection:
        connection.execute(text("UPDATE pg_class SET reltuples = 77 WHERE relname = 'child'"))
    either_council.take()
    assert counted(either_council) == 77
