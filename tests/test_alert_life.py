"""An alert's later life through the real path: muted, waiting, re-dated, inherited; and the monitor's own alerts."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from monitor import tables
from monitor.bootstrap import Home
from tests.conftest import TODAY, Council
from tests.test_sweep_life import alerts, people, request, requests, swept


def told(home: Home, rule: str) -> list[tuple[str, str, str]]:
    """Who was told of the alerts of this rule: role, step and address, in the order of telling."""
    notice, alert = tables.notice, tables.alert
    query = (
        select(notice.c.role, notice.c.step, notice.c.address)
        .join(alert, alert.c.id == notice.c.alert_id)
        .where(alert.c.rule == rule, notice.c.kind != "count")
        .order_by(notice.c.id)
    )
    with home.engine.connect() as connection:
        return [(role, step, address.partition("@")[0]) for role, step, address in connection.execute(query)]


def marks(home: Home) -> dict[str, str | None]:
    """For each open alert of a rule, the rule of the alert that stands for it."""
    alert = tables.alert
    standing = alert.alias()
    query = (
        select(alert.c.rule, standing.c.rule)
        .outerjoin(standing, standing.c.id == alert.c.muted_by)
        .where(alert.c.state == "open")
    )
    with home.engine.connect() as connection:
        return dict(connection.execute(query).all())


def values(home: Home, rule: str) -> list[dict[str, Any]]:
    notice, alert = tables.notice, tables.alert
    query = select(notice.c["values"]).join(alert, alert.c.id == notice.c.alert_id)
    with home.engine.connect() as connection:
        return list(connection.scalars(query.where(alert.c.rule == rule).order_by(notice.c.id)))


def later(days: int) -> date:
    return TODAY + timedelta(days=days)


def first_look(council: Council) -> None:
    """A first sweep over a caseload with nothing old in it, so that what comes is news."""
    people(council)
    requests(council, request(99, TODAY), as_at=TODAY)
    swept(council.home, TODAY)


def test_an_overdue_decision_mutes_the_draft_of_the_same_request_until_it_is_made(council: Council) -> None:
    people(council)
    late = request(1, TODAY - timedelta(weeks=16, days=1))
    requests(council, late, request(99, TODAY), as_at=TODAY)
    report = swept(council.home, TODAY)
    assert report.muted == 1
    assert marks(council.home)["ehc-draft-wk16"] == "ehc-decide-6wk"
    assert told(council.home, "ehc-draft-wk16") == []
    decided = {**late, "decided_on": str(TODAY), "decision": "assess"}
    requests(council, decided, request(99, TODAY), as_at=later(4))
    report = swept(council.home, later(4))
    assert report.muted == 0
    assert marks(council.home)["ehc-draft-wk16"] is None
    # While it was muted nobody was asked, so its stage is told but no rung is due yet.
    assert {step for _, step, _ in told(council.home, "ehc-draft-wk16")} == {"overdue"}
    swept(council.home, later(9))
    assert {step for _, step, _ in told(council.home, "ehc-draft-wk16")} == {"overdue", "1"}


def test_a_mark_stays_while_the_alert_that_stands_for_it_waits_for_news(council: Council) -> None:
    people(council)
    others = [request(n, TODAY) for n in range(50, 60)]
    requests(council, request(1, TODAY - timedelta(weeks=16, days=1)), *others, as_at=TODAY)
    swept(council.home, TODAY)
    requests(council, *others, as_at=later(1))
    report = swept(council.home, later(1))
    assert report.waiting > 0
    assert marks(council.home)["ehc-draft-wk16"] == "ehc-decide-6wk"


def test_an_overdue_alert_whose_row_vanished_still_climbs_and_says_what_it_waits_for(
    council: Council,
) -> None:
    first_look(council)
    others = [request(n, TODAY) for n in range(50, 60)]
    requests(council, request(1, TODAY - timedelta(days=43)), *others, as_at=TODAY)
    swept(council.home, TODAY)
    before = len(told(council.home, "ehc-decide-6wk"))
    requests(council, *others, as_at=later(1))
    swept(council.home, later(1))
    climbed = told(council.home, "ehc-decide-6wk")[before:]
    assert climbed == [("director", "1", "w5")]  # the three below heard of the breach itself
    assert "no longer in the data" in values(council.home, "ehc-decide-6wk")[-1]["why"]


def test_a_sweep_run_twice_on_waiting_alerts_changes_nothing(council: Council) -> None:
    first_look(council)
    requests(council, request(1, TODAY - timedelta(days=43)), request(2, TODAY), as_at=TODAY)
    swept(council.home, TODAY)
    requests(council, request(2, TODAY), as_at=later(1))
    swept(council.home, later(1))
    before = told(council.home, "ehc-decide-6wk")
    report = swept(council.home, later(1))
    assert (report.notices.total(), told(council.home, "ehc-decide-6wk")) == (0, before)


def test_a_child_that_moves_to_another_team_is_told_to_its_new_manager(council: Council) -> None:
    first_look(council)
    requests(council, request(1, TODAY - timedelta(days=43)), as_at=TODAY)
    swept(council.home, TODAY)
    line = {"service_manager_id": "W3", "head_of_service_id": "W4", "director_id": "W5"}
    council.write(
        "teams",
        {"team_id": "T1", "name": "SEND 1", "service": "SEND", "team_manager_id": "W2", **line},
        {"team_id": "T2", "name": "SEND 2", "service": "SEND", "team_manager_id": "W6", **line},
    )
    council.write(
        "workers",
        *(
            {"worker_id": f"W{n}", "email": f"w{n}@council.example", "team_id": "T2" if n in (1, 6) else "T1"}
            for n in range(1, 7)
        ),
    )
    requests(council, request(1, TODAY - timedelta(days=43)), as_at=later(1))
    swept(council.home, later(1))
    inherited = [each for each in told(council.home, "ehc-decide-6wk") if each[1].startswith("inherited")]
    assert inherited == [("team-manager", f"inherited on {later(1)}", "w6")]


@pytest.mark.parametrize("ref", ["SMITH-J", "Alder"])
def test_ids_that_might_be_names_are_one_alert_for_as_long_as_they_are_shown(
    council: Council, ref: str
) -> None:
    people(council)
    council.write("roles", {"role": "data-steward", "worker_id": "W4"})
    named = {**request(1, TODAY - timedelta(days=43)), "request_id": ref}
    requests(council, named, request(2, TODAY), as_at=TODAY)
    swept(council.home, TODAY)
    swept(council.home, later(1))
    assert alerts(council.home, "sys-id-shape") == [("open", "at once")]
    assert all(ref not in str(said) for said in values(council.home, "ehc-decide-6wk") if said.pop("record"))
    requests(council, {**named, "decided_on": str(TODAY), "decision": "refuse"}, as_at=later(2))
    swept(council.home, later(2))
    assert alerts(council.home, "sys-id-shape") == [("cleared", "at once")]


def test_a_role_that_nobody_holds_is_one_alert_until_somebody_does(council: Council) -> None:
    first_look(council)
    council.write("roles", {"role": "data-steward", "worker_id": "W4"})
    nobody = {**request(1, TODAY - timedelta(days=36)), "case_officer_id": ""}
    requests(council, nobody, as_at=TODAY)
    swept(council.home, TODAY)
    swept(council.home, later(1))
    assert alerts(council.home, "sys-role-unheld") == [("open", "at once")]
    assert told(council.home, "sys-role-unheld") == [("data-steward", "at once", "w4")]
    requests(council, request(1, TODAY - timedelta(days=36)), as_at=later(2))
    swept(council.home, later(2))
    assert alerts(council.home, "sys-role-unheld") == [("cleared", "at once")]


def test_where_nobody_can_be_told_the_notice_is_kept_with_the_reason(council: Council) -> None:
    council.write("teams", {"team_id": "T1", "name": "SEND 1"})
    requests(council, request(1, TODAY - timedelta(days=43)), as_at=TODAY)
    swept(council.home, TODAY)
    notice = tables.notice
    with council.home.engine.connect() as connection:
        reasons = connection.scalars(select(notice.c.not_sent_because).where(notice.c.address == "")).all()
    assert reasons
    assert all(reason.startswith("the council has nobody to tell as ") for reason in reasons)


def closings(home: Home, rule: str) -> list[str]:
    """Why the alerts of this rule were closed."""
    transition, alert = tables.transition, tables.alert
    query = (
        select(transition.c.why)
        .join(alert, alert.c.id == transition.c.alert_id)
        .where(alert.c.rule == rule, alert.c.state != "open")
        .order_by(transition.c.id.desc())
        .limit(1)
    )
    with home.engine.connect() as connection:
        return list(connection.scalars(query))


def test_what_was_done_before_the_alert_and_recorded_since_heals_it_and_says_so(council: Council) -> None:
    people(council)
    requests(council, request(1, later(-50)), as_at=TODAY)
    swept(council.home, TODAY)
    decided = {"decided_on": str(later(-12)), "decision": "assess"}
    requests(council, request(1, later(-50), **decided), as_at=later(1))
    swept(council.home, later(1))
    (why,) = closings(council.home, "ehc-decide-6wk")
    assert why == (
        f"Stopped: ehc decision notified on {later(-12)}. "
        f"It was recorded late: the data of {later(1)} are the first that say so."
    )


def test_what_was_done_after_the_alert_is_not_called_late(council: Council) -> None:
    people(council)
    requests(council, request(1, later(-50)), as_at=TODAY)
    swept(council.home, TODAY)
    requests(council, request(1, later(-50), decided_on=str(later(1)), decision="assess"), as_at=later(1))
    swept(council.home, later(1))
    assert closings(council.home, "ehc-decide-6wk") == [f"Stopped: ehc decision notified on {later(1)}."]
