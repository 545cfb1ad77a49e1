"""The life of an alert through the real path: registers in, sweep, outbox, real mail out."""

from dataclasses import replace
from datetime import date, timedelta
from email import policy
from email.parser import BytesParser
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, select

from monitor import ledger, outbox, tables
from monitor.bootstrap import Home
from monitor.errors import CannotRun
from monitor.homes import lay_out
from monitor.mail import MailServer
from monitor.reconcile import OpenAlert
from monitor.report import Report
from monitor.sink import MailSink
from monitor.sweep import sweep
from tests.conftest import NOW, TODAY, Council

LINE = {
    "team_manager_id": "W2",
    "service_manager_id": "W3",
    "head_of_service_id": "W4",
    "director_id": "W5",
}


def people(council: Council) -> None:
    council.write("teams", {"team_id": "T1", "name": "SEND 1", "service": "SEND", **LINE})
    council.write(
        "workers",
        *({"worker_id": f"W{n}", "email": f"w{n}@council.example", "team_id": "T1"} for n in range(1, 6)),
    )


def request(number: int, received_on: date, **more: str) -> dict[str, str]:
    columns = ["decided_on", "decision", "draft_sent_on", "no_plan_notice_on", "final_sent_on", "closed_on"]
    columns.append("exception_code")
    row = {"request_id": f"E{number}", "child_id": f"C{number}", "received_on": str(received_on)}
    return {**row, **dict.fromkeys(columns, ""), "case_officer_id": "W1", **more}


def requests(council: Council, *rows: dict[str, str], as_at: date) -> None:
    council.write("children", *({"child_id": row["child_id"], "team_id": "T1"} for row in rows))
    council.write("ehc", *rows)
    assert council.take(as_at).held_because is None


def swept(home: Home, day: date) -> Report:
    now = NOW + max(day - TODAY, timedelta())
    return sweep(home, as_at=day, now=now, dry_run=False, progress=lambda _, __: None)


def alerts(home: Home, rule: str) -> list[tuple[str, str]]:
    alert = tables.alert
    with home.engine.connect() as connection:
        query = select(alert.c.state, alert.c.stage).where(alert.c.rule == rule).order_by(alert.c.id)
        return [(state, stage) for state, stage in connection.execute(query)]


def rows_of(home: Home) -> dict[str, int]:
    with home.engine.connect() as connection:
        return {
            table.name: connection.scalar(select(func.count()).select_from(table)) or 0
            for table in (tables.alert, tables.transition, tables.notice, tables.rung, tables.seen)
        }


def test_an_alert_opens_once_and_its_stop_event_clears_it(either_council: Council) -> None:
    council = either_council
    people(council)
    received = TODAY - timedelta(days=43)
    requests(council, request(1, received), as_at=TODAY)
    swept(council.home, TODAY)
    before = rows_of(council.home)
    assert alerts(council.home, "ehc-decide-6wk") == [("open", "overdue")]
    swept(council.home, TODAY)
    assert rows_of(council.home) == before
    requests(council, request(1, received, decided_on=str(TODAY), decision="assess"), as_at=TODAY)
    swept(council.home, TODAY)
    assert alerts(council.home, "ehc-decide-6wk") == [("cleared", "overdue")]


def test_newer_data_renews_what_is_said_of_an_alert_that_stands_as_it_stood(council: Council) -> None:
    def known() -> tuple[str, date, str, str]:
        alert = tables.alert
        query = select(alert.c.stage, alert.c.data_day, alert.c.evidence, alert.c.why)
        with council.home.engine.connect() as connection:
            stage, data_day, evidence, why = connection.execute(
                query.where(alert.c.rule == "ehc-decide-6wk")
            ).one()
        return stage, data_day, evidence["owner"], why

    friday, monday = TODAY - timedelta(days=3), TODAY
    people(council)
    requests(council, request(1, friday - timedelta(days=43)), as_at=friday)
    swept(council.home, friday)
    stage, data_day, owner, _ = known()
    assert (stage, data_day, owner) == ("overdue", friday, "W1")
    requests(council, request(1, friday - timedelta(days=43), case_officer_id="W2"), as_at=monday)
    report = swept(council.home, monday)
    assert report.moved.total() == 0
    assert known()[:3] == (stage, monday, "W2")


def test_a_row_that_vanished_clears_nothing(council: Council) -> None:
    people(council)
    requests(council, request(1, TODAY - timedelta(days=60)), request(2, TODAY), as_at=TODAY)
    swept(council.home, TODAY)
    requests(council, request(2, TODAY), as_at=TODAY)
    report = swept(council.home, TODAY)
    assert report.closed.total() == 0
    assert alerts(council.home, "ehc-decide-6wk") == [("open", "1 week over")]


def test_a_corrected_start_re_dates_the_same_alert(council: Council) -> None:
    people(council)
    requests(council, request(1, TODAY - timedelta(days=44)), as_at=TODAY)
    swept(council.home, TODAY)
    requests(council, request(1, TODAY - timedelta(days=46)), as_at=TODAY)
    report = swept(council.home, TODAY)
    assert report.moved["re-dated"] == 1
    assert alerts(council.home, "ehc-decide-6wk") == [("open", "overdue")]


def test_four_hundred_old_breaches_send_the_director_one_page(tmp_path: Path) -> None:
    path = tmp_path / "home"
    lay_out(path)
    settings = path / "config" / "monitor.toml"
    text = settings.read_text(encoding="utf-8").replace('mode = "off"', 'mode = "redirect"')
    text = text.replace('redirect-to = ""', 'redirect-to = "all@council.example"')
    text = text.replace("allowed-domains = []", 'allowed-domains = ["council.example"]')
    settings.write_text(text, encoding="utf-8")
    council = Council(Home(path), tmp_path / "registers")
    people(council)
    rows = [request(n, TODAY - timedelta(days=60), decision="refuse") for n in range(400)]
    requests(council, *rows, as_at=TODAY)
    report = swept(council.home, TODAY)
    assert report.backlog["ehc-decide-6wk"] == 400
    with MailSink(tmp_path / "mail") as sink:
        server = MailServer(host="127.0.0.1", port=sink.port, security="none", local_hostname="localhost")
        outbox.post(council.home, day=TODAY, now=NOW, server=server)
    council.home.engine.dispose()
    parser = BytesParser(policy=policy.default)
    mails = [parser.parsebytes(path.read_bytes()) for path in sorted((tmp_path / "mail").glob("*.eml"))]
    bodies = [mail.get_body(("plain",)).get_content() for mail in mails]  # type: ignore[union-attr]
    to_director = [body for body in bodies if "gone to: w5@council.example" in body]
    assert len(to_director) == 1
    assert "400 overdue" in to_director[0]
    assert "C17:" not in to_director[0]
    assert len([body for body in bodies if "gone to: w2@council.example" in body]) == 1


def test_the_same_day_has_one_digest_a_person(council: Council) -> None:
    people(council)
    requests(council, request(1, TODAY - timedelta(days=60)), as_at=TODAY)
    swept(council.home, TODAY)
    assert outbox.post(council.home, day=TODAY, now=NOW).said[0].startswith("mail is off")
    assert outbox.owed_now(council.home) > 0


def test_what_is_written_in_many_parts_is_what_is_written_in_one(
    either_council: Council, monkeypatch: pytest.MonkeyPatch
) -> None:
    council, late = either_council, [TODAY - timedelta(days=days) for days in (43, 44, 45, 46, 47)]

    def every_alert() -> list[tuple[object, ...]]:
        alert = tables.alert
        told = select(alert.c.ref, alert.c.state, alert.c.stage, alert.c.told_no, alert.c.due_on)
        with council.home.engine.connect() as connection:
            mine = told.where(alert.c.rule == "ehc-decide-6wk").order_by(alert.c.ref)
            return [tuple(row) for row in connection.execute(mine)]

    people(council)
    requests(council, *(request(number, on) for number, on in enumerate(late, start=1)), as_at=TODAY)
    monkeypatch.setattr(ledger, "MANY", 2)
    report = swept(council.home, TODAY)
    assert report.opened["ehc-decide-6wk"] == len(late)
    assert [(ref, due) for ref, *_, due in every_alert()] == [
        (f"E{number}", on + timedelta(weeks=6)) for number, on in enumerate(late, start=1)
    ]
    assert rows_of(council.home)["notice"] == report.notices.total() > len(late)
    a_week_on = TODAY + timedelta(days=7)
    moved = [request(number, on - timedelta(days=7)) for number, on in enumerate(late, start=1)]
    requests(council, *moved, as_at=a_week_on)
    swept(council.home, a_week_on)
    assert [due for *_, due in every_alert()] == [on + timedelta(weeks=5) for on in late]


def test_an_alert_that_changed_meanwhile_stops_the_whole_sweep(
    either_council: Council, monkeypatch: pytest.MonkeyPatch
) -> None:
    council = either_council
    people(council)
    requests(council, *(request(number, TODAY - timedelta(days=43)) for number in (1, 2, 3)), as_at=TODAY)
    swept(council.home, TODAY)
    requests(council, *(request(number, TODAY - timedelta(days=50)) for number in (1, 2, 3)), as_at=TODAY)
    before, read = rows_of(council.home), ledger.read_open

    def read_then_changed(connection: Connection) -> list[OpenAlert]:
        found = read(connection)
        return [replace(each, stage_no=9) if each.ref == "E2" else each for each in found]

    monkeypatch.setattr(ledger, "read_open", read_then_changed)
    with pytest.raises(CannotRun, match="another run"):
        swept(council.home, TODAY)
    assert rows_of(council.home) == before
