"""`monitor explain`: the page a lawyer would want, two years later."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor import alerts
from monitor.errors import Misuse
from tests.conftest import monitor
from tests.postroom import Postroom, a_request, postroom

THURSDAY, MONDAY = date(2026, 11, 19), date(2026, 11, 23)
STEPS = ("gateway", "letter_sent", "first_meeting", "midpoint_review", "exited", "issued", "final_order")
LATER = ("extension_granted", "extension_ends", "last_event", "next_step")
PLO = (*(f"{step}_on" for step in (*STEPS, *LATER)), "next_step")
PLAN = ("plan_a", "plan_a_on", "plan_b", "plan_b_on", "endorsed_on", "plan_b_not_required_until")


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Postroom]:
    with postroom(tmp_path) as made:
        made.people()
        made.children("C1", "C2")
        made.requests()
        made.write("plo", columns=("case_id", "child_id", *PLO))
        made.write("care_episodes", columns=("episode_id", "child_id", "start_on", "end_on", "short_breaks"))
        made.write(
            "permanence", columns=("child_id", *PLAN, "plan_b_not_required_on", "plan_b_not_required_by")
        )
        made.write("reviews", columns=("child_id", "kind", "due_on", "held_on", "status"))
        made.sweep(THURSDAY)
        yield made


def numbers(room: Postroom) -> dict[str, int]:
    found = alerts.listed(room.home, viewer=None, rule=None, team=None, day=MONDAY)
    return {each["rule"]: each["id"] for each in found}


def explained(room: Postroom, rule: str) -> dict[str, Any]:
    return alerts.explained(room.home, numbers(room)[rule])


def page(room: Postroom, number: int) -> str:
    shown = monitor("--home", room.home.path, "explain", number)
    assert shown.returncode == 0, shown.stderr
    return " ".join(shown.stdout.split())


def test_it_gives_the_law_the_limit_in_force_the_values_and_their_load(room: Postroom) -> None:
    room.requests(a_request(1, 43, MONDAY))
    room.day(MONDAY)
    text = page(room, numbers(room)["ehc-decide-6wk"])
    for fact in (
        "Special Educational Needs and Disability Regulations 2014",
        "(statutory)",
        "the limit for a clock that started on 11 October 2026: 6 weeks, in force since 1 September 2014",
        "started 11 October 2026; 6 weeks from 11 October 2026.",
        "last day in time 22 November 2026, act by 20 November 2026",
        "start: 11 October 2026",
        "from load 2 of 'registers': data of 23 November 2026, taken in 2026-11-23 09:00",
    ):
        assert fact in text
    assert "2014-09-01" not in text


def test_it_says_who_was_told_when_and_what_became_of_the_mail(room: Postroom) -> None:
    room.requests(a_request(1, 43, MONDAY))
    room.day(MONDAY)
    told = {each["role"]: each for each in explained(room, "ehc-decide-6wk")["told"]}
    assert set(told) == {"case-officer", "team-manager", "service-manager", "head-of-service"}
    assert {each["state"] for each in told.values()} == {"sent"}
    assert "case officer W1 stage sent 2026-11-23 09:00 you are the case officer" in page(room, 1)


def test_what_was_not_sent_says_why_not(room: Postroom) -> None:
    room.people({"worker_id": "W1", "email": "w1@elsewhere.example"})
    room.requests(a_request(1, 22, MONDAY))
    room.sweep(MONDAY)
    owed = explained(room, "ehc-decide-6wk")["told"]
    assert [(each["state"], each["tried_at"]) for each in owed] == [("owed", None)]
    assert "has an address to which no mail may go" in owed[0]["because"]


def test_each_transition_gives_the_stage_the_last_day_and_the_load(room: Postroom) -> None:
    room.requests(a_request(1, 43, MONDAY))
    room.sweep(MONDAY)
    number = numbers(room)["ehc-decide-6wk"]
    decided = str(MONDAY + timedelta(days=6))
    room.sweep(MONDAY + timedelta(days=7))
    room.requests(a_request(1, 43, MONDAY, decided_on=decided, decision="assess"))
    room.sweep(MONDAY + timedelta(days=8))
    found = alerts.explained(room.home, number)
    assert [each["kind"] for each in found["transitions"]] == ["opened", "worsened", "cleared"]
    assert found["transitions"][0]["values"]["stage"] == "overdue"
    text = page(room, number)
    assert "2026-11-30 worsened 1 week over 2026-11-22 2 monitor" in text
    assert "opened 23 November 2026, cleared 1 December 2026" in text


def test_an_extension_by_the_court_shows_both_last_days(room: Postroom) -> None:
    issued = {"case_id": "L1", "child_id": "C1", "issued_on": "2026-05-15", "last_event_on": "2026-11-17"}
    extension = {"extension_granted_on": "2026-10-16", "extension_ends_on": "2026-12-03"}
    room.write("plo", {**issued, **extension}, columns=("case_id", "child_id", *PLO))
    room.sweep(MONDAY)
    text = page(room, numbers(room)["plo-26-weeks"])
    assert "last day in time 3 December 2026" in text
    assert "the last day by law, before it was moved: 12 November 2026" in text
    assert "the limit for a clock that started on 15 May 2026: 26 weeks, the first day counted" in text


def test_each_looked_up_value_names_the_load_it_came_from(room: Postroom) -> None:
    columns = ("case_id", "child_id", *PLO)
    case = {"case_id": "P1", "child_id": "C1", "gateway_on": "2026-10-01", "last_event_on": "2026-10-05"}
    room.write("plo", case, columns=columns)
    room.sweep(date(2026, 11, 20))
    room.write("plo", {**case, "last_event_on": "2026-11-02"}, columns=columns)
    room.day(MONDAY)
    found = explained(room, "plo-stalled")
    (day,), (load,) = found["values"]["looked up"].values(), found["looked_up_in"].values()
    assert (day, load["id"], load["as_at"]) == ("2026-11-02", 3, MONDAY)
    assert "2 November 2026, from load 3 of 'registers'" in page(room, found["id"])


def late_in_court_without_plan_b(room: Postroom) -> None:
    """Proceedings beyond their limit, and a Plan A without a Plan B."""
    issued = {"case_id": "L1", "child_id": "C1", "issued_on": "2026-05-15", "last_event_on": "2026-11-17"}
    room.write("plo", issued, columns=("case_id", "child_id", *PLO))
    care = {"episode_id": "CE1", "child_id": "C1", "start_on": "2026-05-15", "short_breaks": "no"}
    room.write("care_episodes", {**care, "end_on": ""})
    plan = {"child_id": "C1", "plan_a": "adoption", "plan_a_on": "2026-09-01"}
    room.write(
        "permanence", plan, columns=("child_id", *PLAN, "plan_b_not_required_on", "plan_b_not_required_by")
    )


def test_a_judgement_shows_its_chain_and_what_it_stands_for(room: Postroom) -> None:
    late_in_court_without_plan_b(room)
    room.sweep(MONDAY)
    found = numbers(room)
    standing, muted = found["jdg-late-court-no-plan-b"], found["perm-plan-b-missing"]
    assert [each["id"] for each in alerts.explained(room.home, standing)["stands_for"]] == sorted(
        (muted, found["plo-26-weeks"])
    )
    text = page(room, standing)
    assert "The chain of judgement jdg-late-court-no-plan-b plo-26-weeks is overdue" in text
    assert f"it stands for alert {muted} (perm-plan-b-missing), which is muted" in text
    assert f"muted: alert {standing} stands for it, because" in page(room, muted)
    assert "Nobody was told." in page(room, muted)


def test_the_reason_of_a_judgement_stands_in_its_mail(room: Postroom) -> None:
    late_in_court_without_plan_b(room)
    urgent = [mail for mail in room.day(MONDAY) if mail.subject.startswith("Urgent: C1: Proceedings beyond")]
    assert urgent
    for mail in urgent:
        said = " ".join(mail.plain.split())
        assert (
            "One urgent alert stands for both, proceedings beyond their limit and the missing Plan B." in said
        )


def test_a_number_that_no_alert_has_is_misuse(room: Postroom) -> None:
    with pytest.raises(Misuse, match="there is no alert 99"):
        alerts.explained(room.home, 99)
