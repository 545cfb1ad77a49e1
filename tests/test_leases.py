"""One intake or sweep at a time; the dead and the late are taken over from."""

import os
import socket
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from monitor import leases, tables
from monitor.bootstrap import writing
from monitor.errors import Busy
from tests.conftest import NOW, Council


def holder(council: Council) -> str | None:
    with council.home.engine.connect() as connection:
        return connection.scalar(select(tables.lease.c.holder))


def held_by(council: Council, who: str) -> None:
    with writing(council.home.engine).begin() as connection:
        connection.execute(
            insert(tables.lease).values(name="ledger", holder=who, until=NOW + leases.HELD_FOR)
        )


def a_dead_process() -> int:
    """The number of a process that has just ended."""
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    return done.pid


def test_the_ledger_is_held_for_the_work_and_let_go_after_it(either_council: Council) -> None:
    council = either_council
    with leases.held(writing(council.home.engine), "an intake", NOW):
        assert str(holder(council)).startswith(f"an intake|{socket.gethostname()}|{os.getpid()}|")
    assert holder(council) is None


def test_a_second_piece_of_work_is_told_who_holds_it(either_council: Council) -> None:
    engine = writing(either_council.home.engine)
    with leases.held(engine, "a sweep", NOW):
        with pytest.raises(
            Busy, match=rf"a sweep is running on .* \(process {os.getpid()}\): wait until it is done"
        ):
            leases.held(engine, "an intake", NOW).__enter__()
        assert str(holder(either_council)).startswith("a sweep")


def test_it_is_let_go_when_the_work_fails(council: Council) -> None:
    with pytest.raises(ZeroDivisionError), leases.held(writing(council.home.engine), "an intake", NOW):
        raise ZeroDivisionError
    assert holder(council) is None


def test_a_process_that_is_gone_is_taken_over_from(either_council: Council) -> None:
    held_by(either_council, f"a sweep|{socket.gethostname()}|{a_dead_process()}|0")
    with leases.held(writing(either_council.home.engine), "an intake", NOW):
        assert str(holder(either_council)).startswith("an intake")


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only Linux tells when a process began")
def test_a_process_whose_number_is_another_s_by_now_is_taken_over_from(either_council: Council) -> None:
    held_by(either_council, f"a sweep|{socket.gethostname()}|{os.getpid()}|1.0")
    with leases.held(writing(either_council.home.engine), "an intake", NOW):
        assert str(holder(either_council)).startswith("an intake")


def test_a_holder_on_another_machine_is_believed_until_its_time_is_up(either_council: Council) -> None:
    held_by(either_council, f"a sweep|elsewhere|{a_dead_process()}|0")
    engine = writing(either_council.home.engine)
    with pytest.raises(Busy, match="a sweep is running on elsewhere"):
        leases.held(engine, "an intake", NOW).__enter__()
    with leases.held(engine, "an intake", NOW + leases.HELD_FOR + timedelta(seconds=1)):
        assert str(holder(either_council)).startswith("an intake")


def test_what_is_held_under_one_name_leaves_the_other_free(council: Council) -> None:
    engine = writing(council.home.engine)
    with leases.held(engine, "an intake", NOW), leases.held(engine, "the outbox", NOW, name=leases.OUTBOX):
        pass
