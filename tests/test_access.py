"""Who may see what: by being told, by allocation, by line of management, and who must not."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from monitor import alerts, gaps
from monitor.access import Matter, Viewer, may_see, viewer
from monitor.directory import Directory, Team, Worker
from monitor.errors import Misuse
from tests.conftest import TODAY, Council, monitor
from tests.test_sweep_life import request, requests, swept


def a_worker(key: str, **more: str | date | None) -> Worker:
    fields: dict[str, str | date | None] = {
        "name": None,
        "email": f"{key}@council.example",
        "role": None,
        "team": "t:one",
        "manager": None,
        "left_on": None,
    }
    return Worker(key=key, **{**fields, **more})  # type: ignore[arg-type]


def a_team(key: str, **line: str) -> Team:
    roles = ("team-manager", "service-manager", "head-of-service", "director")
    held = {role: line.get(role.replace("-", "_")) for role in roles}
    return Team(key=key, name=key, service=None, line=held)


WORKERS: dict[str, dict[str, str | date | None]] = {
    "alice": {"manager": "bob"},
    "bob": {},
    "sarah": {},
    "harriet": {},
    "diana": {},
    "charlie": {"team": "t:two"},
    "iris": {"team": None},
    "iris-too": {"email": "iris@council.example", "team": "t:two"},
    "gone": {"left_on": date(2026, 10, 30), "manager": "bob"},
    "no-mail": {"email": None},
}
PEOPLE = Directory(
    as_at=TODAY,
    workers={key: a_worker(key, **more) for key, more in WORKERS.items()},
    teams={
        "t:one": a_team(
            "t:one", team_manager="bob", service_manager="sarah", head_of_service="harriet", director="diana"
        ),
        "t:two": a_team("t:two", team_manager="charlie", service_manager="gone", director="diana"),
    },
)
OF_A_CHILD = Matter(child="c:1", worker=None, team="t:one")
OF_A_WORKER = Matter(child=None, worker="alice", team="t:one")


def sees(who: str, matter: Matter) -> bool:
    return may_see(viewer(who, PEOPLE), matter, PEOPLE) is None


@pytest.mark.parametrize("who", ["bob", "sarah", "harriet", "diana"])
def test_the_line_of_management_sees_what_is_its_teams(who: str) -> None:
    assert sees(who, OF_A_CHILD)
    assert sees(who, OF_A_WORKER)


def test_charlie_who_manages_another_team_must_not_see_it() -> None:
    assert not sees("charlie", OF_A_CHILD)
    assert not sees("charlie", OF_A_WORKER)
    assert not sees("charlie", replace(OF_A_CHILD, team=None))


def test_a_colleague_of_the_same_team_sees_nothing_by_that_alone() -> None:
    assert not sees("alice", OF_A_CHILD)


def test_a_refusal_says_why() -> None:
    why = may_see(viewer("charlie", PEOPLE), OF_A_CHILD, PEOPLE)
    assert why == "neither the case nor its team is theirs, and nobody told them of it"


def test_whoever_was_told_sees_it() -> None:
    assert sees("charlie", replace(OF_A_CHILD, told=("charlie@council.example",)))


def test_a_notice_that_went_nowhere_lets_nobody_see() -> None:
    assert not sees("no-mail", replace(OF_A_CHILD, told=("",)))


def test_whoever_is_allocated_to_the_child_sees_it() -> None:
    assert sees("iris", replace(OF_A_CHILD, allocated=("iris",)))
    assert not sees("iris", replace(OF_A_CHILD, allocated=("alice",)))


def test_a_person_with_two_ids_sees_what_either_may() -> None:
    assert sees("iris", replace(OF_A_CHILD, allocated=("iris-too",)))
    assert sees("iris-too", replace(OF_A_CHILD, allocated=("iris",)))
    assert sees("iris-too", replace(OF_A_CHILD, told=("iris@council.example",)))


def test_those_without_an_address_are_not_one_person() -> None:
    nameless = replace(PEOPLE, workers={**PEOPLE.workers, "other": a_worker("other", email=None)})
    assert viewer("no-mail", nameless).keys == {"no-mail"}


def test_a_worker_and_their_manager_see_the_alert_about_the_worker() -> None:
    elsewhere = replace(OF_A_WORKER, team="t:two")
    assert sees("alice", OF_A_WORKER)
    assert sees("bob", elsewhere)
    assert not sees("alice", Matter(child=None, worker="bob", team="t:two"))


def test_an_alert_about_a_child_is_not_the_workers_own() -> None:
    assert not sees("alice", Matter(child="c:1", worker="alice", team="t:two"))


RESTRICTED = replace(
    OF_A_CHILD, restricted=True, named=("alice",), told=("bob@council.example",), allocated=("iris",)
)


@pytest.mark.parametrize("who", ["bob", "sarah", "harriet", "diana", "iris", "charlie"])
def test_a_restricted_child_is_seen_by_none_but_those_named(who: str) -> None:
    assert not sees(who, RESTRICTED)
    why = may_see(viewer(who, PEOPLE), RESTRICTED, PEOPLE)
    assert why == "the child's record is restricted to those named for it"


def test_those_named_see_a_restricted_child_by_any_of_their_ids() -> None:
    assert sees("alice", RESTRICTED)
    assert sees("iris-too", replace(RESTRICTED, named=("iris",)))


def test_where_nobody_is_named_for_a_restricted_child_the_director_alone_sees_it() -> None:
    nobody = replace(RESTRICTED, named=())
    assert sees("diana", nobody)
    assert not any(sees(who, nobody) for who in ("alice", "bob", "sarah", "harriet", "charlie", "iris"))


def test_a_viewer_is_every_id_of_one_address() -> None:
    assert viewer("iris", PEOPLE) == Viewer(
        key="iris", keys=frozenset({"iris", "iris-too"}), address="iris@council.example"
    )
    assert viewer("diana", PEOPLE).teams == {"t:one", "t:two"}
    assert viewer("diana", PEOPLE).directs
    assert not viewer("bob", PEOPLE).directs


def test_somebody_who_has_left_sees_nothing() -> None:
    told = replace(
        OF_A_CHILD, team="t:two", told=("gone@council.example",), allocated=("gone",), named=("gone",)
    )
    assert not sees("gone", told)
    assert not sees("gone", replace(told, restricted=True))
    assert not sees("gone", Matter(child=None, worker="gone", team=None))


def a_ledger(council: Council) -> None:
    """Two teams with a late request each, and a dispute of the child to whom W8 is allocated as IRO."""
    line = {"service_manager_id": "W3", "head_of_service_id": "W4", "director_id": "W5"}
    council.write(
        "teams",
        {"team_id": "T1", "name": "One", "team_manager_id": "W2", **line},
        {"team_id": "T2", "name": "Two", "team_manager_id": "W7", **line, "service_manager_id": "W6"},
    )
    every = [{"worker_id": f"W{n}", "email": f"w{n}@council.example", "team_id": ""} for n in range(1, 11)]
    every[9]["email"] = "W8@council.example"  # another id of the IRO
    council.write("workers", *every)
    held = {"child_id": "C1", "worker_id": "W8", "role": "iro", "start_on": "2026-01-05", "end_on": ""}
    council.write("allocations", held, {**held, "child_id": "C2", "end_on": "2026-11-01"})
    dispute = {
        "dispute_id": "D1",
        "child_id": "C1",
        "raised_by_id": "W8",
        "opened_on": "2026-10-12",
        "formal": "yes",
    }
    rest = (
        "stage",
        "stage_opened_on",
        "urgent",
        "urgent_on",
        "resolved_on",
        "agreed_by_iro",
        "cafcass_decision_on",
    )
    council.write("disputes", dispute, columns=(*dispute, *rest))
    requests(council, *(request(n, date(2026, 10, 1)) for n in (1, 2, 3)), as_at=TODAY)
    council.write(
        "children",
        {"child_id": "C1", "team_id": "T1", "restricted": "no"},
        {"child_id": "C2", "team_id": "T2", "restricted": "no"},
        {"child_id": "C3", "team_id": "T1", "restricted": "yes"},
    )
    council.write("named", {"child_id": "C3", "worker_id": "W9", "from_on": "2026-01-05", "until_on": ""})
    council.take(TODAY)
    swept(council.home, TODAY)


def seen_by(council: Council, worker: str) -> set[tuple[str, str | None]]:
    found = alerts.listed(council.home, viewer=worker, rule=None, team=None, day=TODAY)
    return {
        (each["rule"].partition("-")[0], each["child"]) for each in found if each["rule"] not in gaps.HOUSE
    }


def test_what_each_person_sees_of_a_real_ledger(either_council: Council) -> None:
    a_ledger(either_council)
    of_one, of_two, restricted = {("ehc", "C1"), ("iro", "C1")}, {("ehc", "C2")}, {("ehc", "C3")}
    expected = {
        "W2": of_one,  # the manager of team one
        "W7": of_two,  # charlie, who must not see team one's
        "W3": of_one,
        "W4": of_one | of_two,
        "W5": of_one | of_two,
        "W8": of_one,  # the IRO: the queue of the child allocated to them
        "W10": of_one,  # the IRO's other id
        "W9": restricted,
    }
    assert {worker: seen_by(either_council, worker) for worker in expected} == expected


def test_an_id_that_nobody_has_is_misuse(council: Council) -> None:
    a_ledger(council)
    with pytest.raises(Misuse, match="there is no worker 'W99'"):
        seen_by(council, "W99")
    with pytest.raises(Misuse, match="there is no rule 'ehc-6wk'"):
        alerts.listed(council.home, viewer=None, rule="ehc-6wk", team=None, day=TODAY)
    with pytest.raises(Misuse, match="there is no team 'T9'"):
        alerts.listed(council.home, viewer=None, rule=None, team="T9", day=TODAY)


def test_the_command_gives_an_iro_a_queue_and_the_manager_of_another_team_nothing_of_it(
    council: Council,
) -> None:
    a_ledger(council)
    home = ("--home", council.home.path)
    iro = monitor(*home, "alerts", "--for", "W8")
    assert iro.returncode == 0, iro.stderr
    assert "iro-dispute-total-20wd" in iro.stdout
    assert "D1" in iro.stdout
    assert "open alerts that W8 may see" in iro.stdout
    other = monitor(*home, "alerts", "--for", "W7")
    assert "E2" in other.stdout
    assert "C1" not in other.stdout
    assert "D1" not in other.stdout
    assert monitor(*home, "alerts", "--for", "W99").returncode == 2


def test_overdue_comes_first_then_red_then_the_earlier_act_by(council: Council, tmp_path: Path) -> None:
    a_ledger(council)
    found = alerts.listed(council.home, viewer=None, rule=None, team=None, day=TODAY)
    order = [
        (each["outcome"] != "overdue", each["rag"] != "red", each["act_by"] or date.max) for each in found
    ]
    assert order == sorted(order)
