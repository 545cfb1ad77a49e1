"""Rules judged in several processes: what they find is the same, whoever found it and whoever was lost on the way."""

import multiprocessing
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import psutil
import pytest

from monitor import judging
from monitor.bench import Bench
from monitor.clocks import caseload_of
from monitor.judging import RuleFound, Shared, Work
from monitor.report import Report
from monitor.staff import read_directory
from monitor.sweep import sweep
from tests.conftest import NOW, TODAY, Council
from tests.test_sweep_life import people, request, requests

DAYS_AGO = (0, 30, 43, 100, 141, 300)
Progress = Callable[[str, int], None]


@pytest.fixture
def council_of_some(either_council: Council) -> Council:
    """Six requests for an EHC assessment, some late; what the other rules need is not carried, and they say so."""
    people(either_council)
    requests(
        either_council,
        *(request(number, TODAY - timedelta(days=ago)) for number, ago in enumerate(DAYS_AGO, start=1)),
        as_at=TODAY,
    )
    return either_council


def found_by(
    council: Council,
    helpers: int,
    meanwhile: Callable[[Shared], None] = lambda _: None,
    progress: Progress = lambda _, __: None,
) -> list[RuleFound]:
    """What every rule finds with so many helpers; `meanwhile` happens before this process takes its first rule."""
    home = council.home
    with home.engine.connect() as connection:
        caseload = caseload_of(home, connection, TODAY, now=NOW)
        directory = read_directory(connection, TODAY)
        bench = caseload.bench
        work = Work(
            database_url=home.database_url,
            rules=home.rules,
            as_at=TODAY,
            now=caseload.now,
            bench=Bench(lawful=bench.lawful, local=bench.local, feeds=bench.feeds),
            directory=directory,
        )
        with judging.shared(work, helpers) as begun:
            meanwhile(begun)
            return begun.all(caseload, directory, progress)


def helpers_of_ours() -> list[multiprocessing.process.BaseProcess]:
    return [each for each in multiprocessing.active_children() if each.name == "judging"]


def wait_for(so: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not so():
        assert time.monotonic() < until
        time.sleep(0.01)


def the_helpers_do_all(begun: Shared) -> None:
    wait_for(lambda: len(begun.found) == len(begun.rules))


def test_helpers_find_what_one_process_finds(council_of_some: Council) -> None:
    alone = found_by(council_of_some, helpers=0)
    assert sum(len(each.findings) for each in alone) > len(DAYS_AGO)
    assert found_by(council_of_some, helpers=2, meanwhile=the_helpers_do_all) == alone
    assert found_by(council_of_some, helpers=2) == alone
    assert helpers_of_ours() == []


def test_clocks_that_an_open_alert_asks_for_come_from_a_helper_too(council_of_some: Council) -> None:
    swept(council_of_some)
    requests(
        council_of_some,
        *(request(number, TODAY - timedelta(days=1)) for number in range(1, len(DAYS_AGO) + 1)),
        as_at=TODAY,
    )
    alone = found_by(council_of_some, helpers=0)
    assert any(each.quiet for each in alone)
    assert found_by(council_of_some, helpers=1, meanwhile=the_helpers_do_all) == alone


def test_a_broken_rule_is_told_once_and_breaks_no_other(council_of_some: Council) -> None:
    home = council_of_some.home
    alone = found_by(council_of_some, helpers=0)
    broken = replace(home.rules[0], each="no-such-kind")
    home.__dict__["rules"] = (broken, *home.rules[1:])
    found = found_by(council_of_some, helpers=1, meanwhile=lambda begun: wait_for(lambda: not begun.todo))
    assert (found[0], found[1:]) == (RuleFound(rule=broken.id, broken="KeyError"), alone[1:])


def test_a_helper_whose_database_is_lost_breaks_no_rule(council_of_some: Council) -> None:
    """What breaks for it alone is judged again at home."""
    alone = found_by(council_of_some, helpers=0)
    home = council_of_some.home
    home.__dict__["database_url"] = "sqlite:////no/such/folder/ledger.sqlite"
    assert (
        found_by(council_of_some, helpers=2, meanwhile=lambda begun: wait_for(lambda: begun.lost == 2))
        == alone
    )


def test_a_rule_that_breaks_for_a_helper_alone_is_judged_at_home(council_of_some: Council) -> None:
    home = council_of_some.home
    alone, whole = found_by(council_of_some, helpers=0), home.rules
    home.__dict__["rules"] = (replace(whole[0], each="no-such-kind"), *whole[1:])

    def mend_ours(begun: Shared) -> None:
        wait_for(lambda: len(begun.found) == len(whole) - 1)
        begun.rules = whole

    assert found_by(council_of_some, helpers=1, meanwhile=mend_ours) == alone


def test_a_helper_that_is_killed_costs_nothing_that_it_would_have_found(council_of_some: Council) -> None:
    alone = found_by(council_of_some, helpers=0)

    def kill_one(begun: Shared) -> None:  # it has been asked, and has not even started
        helpers_of_ours()[0].kill()
        wait_for(lambda: begun.lost == 1)

    assert found_by(council_of_some, helpers=2, meanwhile=kill_one) == alone


def test_a_helper_that_never_answers_is_taken_for_lost(
    council_of_some: Council, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judging, "ANSWER_WITHIN", 0.2)
    alone = found_by(council_of_some, helpers=0)

    def stop_it(begun: Shared) -> None:
        wait_for(lambda: len(begun.found) > 0)
        psutil.Process(helpers_of_ours()[0].pid).suspend()

    began = time.monotonic()
    assert found_by(council_of_some, helpers=1, meanwhile=stop_it) == alone
    assert time.monotonic() - began > judging.ANSWER_WITHIN


def test_a_sweep_that_is_let_go_leaves_no_helper_behind(council_of_some: Council) -> None:
    class LetGoError(Exception):
        pass

    def let_go(_what: str, _count: int) -> None:
        raise LetGoError

    with pytest.raises(LetGoError):
        found_by(council_of_some, helpers=2, progress=let_go)
    assert helpers_of_ours() == []


def swept(council: Council, *, dry_run: bool = False) -> Report:
    return sweep(council.home, as_at=TODAY, now=NOW, dry_run=dry_run, progress=lambda _, __: None)


def test_a_sweep_of_a_large_caseload_takes_helpers_and_says_the_same(
    council_of_some: Council, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = swept(council_of_some, dry_run=True)
    asked: list[int] = []
    started = judging.shared

    def noted(work: Work, helpers: int):  # type: ignore[no-untyped-def] # noqa: ANN202
        asked.append(helpers)
        return started(work, helpers)

    monkeypatch.setattr("monitor.sweep.shared", noted)
    monkeypatch.setattr(judging, "LARGE", len(DAYS_AGO))
    monkeypatch.setenv("MONITOR_SWEEP__PROCESSES", "3")
    council_of_some.home.__dict__.pop("settings", None)
    assert swept(council_of_some, dry_run=True) == small
    assert swept(council_of_some).opened == small.opened
    monkeypatch.setattr(judging, "LARGE", 1_000)
    swept(council_of_some)
    assert asked == [2, 2, 0]


def test_a_child_process_ends_by_itself_when_its_parent_is_killed() -> None:
    """Also one that is in the middle of its work, once it has something to say."""
    parent = subprocess.Popen(
        [sys.executable, "-m", "tests.orphaning"], stdout=subprocess.PIPE, text=True, bufsize=1
    )
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.wait()
    parent.stdout.close()
    wait_for(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)
