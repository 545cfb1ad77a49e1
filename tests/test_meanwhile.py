"""Between owing and mailing: a restriction, a trial that told nobody, a mark that falls, teams that move."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select

from monitor import leases, tables
from monitor.bootstrap import Home, writing
from monitor.daemon import Daemon
from monitor.errors import Misuse
from monitor.golive import go_live
from tests.conftest import TODAY, Council
from tests.postroom import Postroom, a_request, at, postroom
from tests.test_alert_life import first_look, later, told
from tests.test_sweep_life import people, request, requests, swept

SATURDAY, SUNDAY, MONDAY = date(2026, 11, 21), date(2026, 11, 22), date(2026, 11, 23)


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Postroom]:
    with postroom(tmp_path) as made:
        made.people()
        made.children("C1", "C2")
        made.requests(a_request(2, 0, SATURDAY))
        made.sweep(date(2026, 11, 20))
        yield made


def test_a_child_restricted_before_the_mail_went_is_told_to_those_named_only(room: Postroom) -> None:
    room.requests(a_request(1, 28, SATURDAY), a_request(2, 0, SATURDAY))
    room.sweep(SATURDAY)
    room.write("children", {"child_id": "C1", "team_id": "T1", "restricted": "yes"}, {"child_id": "C2"})
    room.write("named", {"child_id": "C1", "worker_id": "W1", "from_on": "2026-01-01"})
    room.sweep(SUNDAY)
    assert [mail.to for mail in room.post(MONDAY)] == ["w1@council.example"]
    with room.home.engine.connect() as connection:
        reasons = set(connection.scalars(select(tables.notice.c.not_sent_because)).all())
    assert reasons == {None, "the child's record was restricted before the mail went"}


def redirected(room: Postroom) -> Postroom:
    toml = room.home.path / "config" / "monitor.toml"
    text = toml.read_text(encoding="utf-8").replace('mode = "live"', 'mode = "redirect"')
    toml.write_text(text.replace('redirect-to = ""', 'redirect-to = "all@council.example"'), encoding="utf-8")
    room.home.engine.dispose()
    room.home = Home(room.home.path)
    return room


def test_what_was_redirected_told_nobody_and_goes_to_its_reader_once_mail_is_live(room: Postroom) -> None:
    redirected(room)
    room.requests(a_request(1, 28, SATURDAY), a_request(2, 0, SATURDAY))
    room.sweep(SATURDAY)
    assert {mail.to for mail in room.post(MONDAY)} == {"all@council.example"}
    assert go_live(room.home, "W5", at(MONDAY)) == 2
    room.home.engine.dispose()
    room.home = Home(room.home.path)
    tuesday = MONDAY + timedelta(days=1)
    assert [mail.to for mail in room.post(tuesday)] == ["w1@council.example", "w2@council.example"]


def test_nobody_whom_the_council_does_not_know_lets_mail_leave(room: Postroom) -> None:
    redirected(room)
    with pytest.raises(Misuse, match="there is no worker 'W99'"):
        go_live(room.home, "W99", at(MONDAY))
    assert Home(room.home.path).settings.mail.mode == "redirect"


def test_a_backlog_that_was_muted_at_first_sight_is_told_when_its_mark_falls(council: Council) -> None:
    people(council)
    late = request(1, TODAY - timedelta(weeks=14, days=1))
    requests(council, late, as_at=TODAY)
    assert swept(council.home, TODAY).backlog["ehc-draft-wk16"] == 1
    assert told(council.home, "ehc-draft-wk16") == []
    requests(council, {**late, "decided_on": str(TODAY), "decision": "assess"}, as_at=later(1))
    swept(council.home, later(1))
    assert {role for role, _, _ in told(council.home, "ehc-draft-wk16")} == {"case-officer", "team-manager"}


def test_two_moves_of_team_in_a_day_tell_the_same_manager_once(council: Council) -> None:
    first_look(council)
    row = request(1, TODAY - timedelta(days=43))
    requests(council, row, as_at=TODAY)
    swept(council.home, TODAY)
    line = {"service_manager_id": "W3", "head_of_service_id": "W4", "director_id": "W5"}
    teams = [{"team_id": f"T{n}", "name": f"Team {n}", "team_manager_id": "W6", **line} for n in (2, 3)]
    council.write("teams", {"team_id": "T1", "name": "SEND 1", "team_manager_id": "W2", **line}, *teams)
    for team in ("T2", "T3"):
        workers = [
            {"worker_id": f"W{n}", "email": f"w{n}@council.example", "team_id": "T1"} for n in range(2, 7)
        ]
        council.write(
            "workers", {"worker_id": "W1", "email": "w1@council.example", "team_id": team}, *workers
        )
        requests(council, row, as_at=later(1))
        swept(council.home, later(1))
    inherited = [each for each in told(council.home, "ehc-decide-6wk") if each[1].startswith("inherited")]
    assert inherited == [("team-manager", f"inherited on {later(1)}", "w6")]


def test_a_sweep_that_cannot_be_done_keeps_no_mail_from_going(room: Postroom) -> None:
    room.requests(a_request(1, 28, SATURDAY), a_request(2, 0, SATURDAY))
    room.sweep(SATURDAY)
    elsewhere = {"name": leases.LEDGER, "holder": "an intake|elsewhere|1|x", "until": at(date(2030, 1, 1))}
    with writing(room.home.engine).begin() as connection:
        connection.execute(insert(tables.lease).values(elsewhere))
    daemon = Daemon(room.home.path, clock=lambda: at(MONDAY))
    daemon.work()
    daemon.home.engine.dispose()
    with room.home.engine.connect() as connection:
        assert connection.scalar(select(func.max(tables.sweep.c.as_at))) == SATURDAY
        assert connection.scalar(select(func.count()).select_from(tables.message)) == 2
