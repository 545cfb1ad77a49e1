"""Who is told when a role is to be told."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from monitor.directory import Directory, Post, Team, Worker
from monitor.routing import Case, Gap, Told, resolve, role_of
from monitor.rule import Recipient
from tests.builders import MONDAY, a_row

LINE = {"team-manager": "TM", "service-manager": "SM", "head-of-service": "HOS", "director": "DCS"}


def a_worker(key: str, **said: Any) -> Worker:  # noqa: ANN401 - any field of a worker
    plain: dict[str, Any] = {
        "key": key,
        "name": None,
        "email": f"{key.lower()}@council.example",
        "role": None,
        "team": "T1",
        "manager": None,
        "left_on": None,
    }
    return Worker(**{**plain, **said})


def a_directory(
    *changed: Worker,
    line: Mapping[str, str | None] = LINE,
    posts: tuple[Post, ...] = (),
    absent: Mapping[str, str | None] | None = None,
    domains: tuple[str, ...] = (),
) -> Directory:
    workers = {key: a_worker(key) for key in ("SW", "SW2", "TM", "SM", "HOS", "DCS", "DS")}
    workers.update({worker.key: worker for worker in changed})
    return Directory(
        as_at=MONDAY,
        workers=workers,
        teams={"T1": Team(key="T1", name="Team 1", service="Family", line=line)},
        posts=posts,
        absent=absent or {},
        allowed_domains=domains,
    )


def a_post(role: str, **said: str | None) -> Post:
    return Post(**{"role": role, "worker": None, "mailbox": None, "service": None, "team": None, **said})  # type: ignore[arg-type]


def a_case(**said: Any) -> Case:  # noqa: ANN401 - any field of a case
    plain = {"row": a_row(), "team": "T1", "owner_role": "social-worker"}
    return Case(**{**plain, "allocations": {"social-worker": ("SW",)}, **said})


def told(role: str, case: Case, directory: Directory) -> list[str]:
    return [person.address.partition("@")[0] for person in resolve(role, case, directory).people]


def why(found: Told) -> str | None:
    return found.people[0].redirected


def test_a_role_held_for_the_child_is_told_in_person() -> None:
    found = resolve("social-worker", a_case(), a_directory())
    assert [(person.key, person.redirected) for person in found.people] == [("SW", None)]
    assert found.gaps == ()


def test_of_two_allocated_the_newest_who_is_here_is_told() -> None:
    case = a_case(allocations={"social-worker": ("SW2", "SW")})
    assert told("social-worker", case, a_directory()) == ["sw2"]
    assert told("social-worker", case, a_directory(a_worker("SW2", left_on=date(2026, 11, 1)))) == ["sw"]


def test_the_officer_named_on_the_row_comes_before_the_allocated_one() -> None:
    assert told("social-worker", a_case(row=a_row(owner="SW2")), a_directory()) == ["sw2"]


def test_the_row_s_own_worker_is_told_in_the_role_that_its_kind_gives() -> None:
    case = a_case(row=a_row(worker="SW2"), worker_role="iro", allocations={"iro": ("SW",)})
    assert told("iro", case, a_directory()) == ["sw2"]


def test_a_leaver_s_role_goes_one_up_and_is_a_gap() -> None:
    found = resolve("social-worker", a_case(), a_directory(a_worker("SW", left_on=MONDAY)))
    assert [person.key for person in found.people] == ["TM"]
    assert why(found) == "nobody holds the role of social worker; you are the team manager"
    assert found.gaps == (Gap(what="sys-role-unheld", role="social-worker", team="T1", of="registers:C1"),)


def test_a_leaver_s_own_manager_comes_before_the_line() -> None:
    gone = a_worker("SW", left_on=MONDAY, manager="SM")
    assert told("social-worker", a_case(), a_directory(gone)) == ["sm"]


def test_whoever_covers_hears_for_somebody_who_is_away_and_is_told_why() -> None:
    found = resolve("social-worker", a_case(), a_directory(absent={"SW": "SW2"}))
    assert [person.key for person in found.people] == ["SW2"]
    assert why(found) == "you cover for the social worker, who is away"


@pytest.mark.parametrize("absent", [{"SW": None}, {"SW": "SW2", "SW2": None}])
def test_without_cover_or_with_the_cover_away_the_line_hears(absent: dict[str, str | None]) -> None:
    found = resolve("social-worker", a_case(), a_directory(absent=absent))
    assert [person.key for person in found.people] == ["TM"]
    assert why(found) == "the social worker is away without cover; you are the team manager"
    assert found.gaps == ()


def test_an_empty_place_in_the_line_goes_to_the_next_above() -> None:
    found = resolve("team-manager", a_case(), a_directory(line={**LINE, "team-manager": None}))
    assert [person.key for person in found.people] == ["SM"]
    assert found.gaps == (Gap(what="sys-role-unheld", role="team-manager", team="T1"),)


def test_somebody_without_an_address_is_passed_over_upwards() -> None:
    found = resolve("team-manager", a_case(), a_directory(a_worker("TM", email=None)))
    assert why(found) == "the team manager has no e-mail address; you are the service manager"


def test_an_address_outside_the_allowed_domains_is_a_gap_and_goes_up() -> None:
    directory = a_directory(a_worker("TM", email="tm@elsewhere.example"), domains=("council.example",))
    found = resolve("team-manager", a_case(), directory)
    assert [person.key for person in found.people] == ["SM"]
    assert found.gaps == (Gap(what="sys-address-refused", of="TM"),)


def test_one_address_is_one_person_however_many_posts() -> None:
    posts = (a_post("legal", worker="SW"), a_post("legal", worker="SW2"))
    both = a_directory(a_worker("SW2", email="sw@council.example"), posts=posts)
    assert told("legal", a_case(), both) == ["sw"]


def test_the_team_s_own_post_comes_before_the_service_s_and_the_council_s() -> None:
    posts = (a_post("legal", worker="HOS"), a_post("legal", worker="SM", service="Family"))
    assert told("legal", a_case(), a_directory(posts=posts)) == ["sm"]
    assert told("legal", a_case(), a_directory(posts=(*posts, a_post("legal", worker="SW2", team="T1")))) == [
        "sw2"
    ]


def test_a_post_may_be_a_mailbox() -> None:
    posts = (a_post("legal", mailbox="legal@council.example"),)
    assert told("legal", a_case(), a_directory(posts=posts)) == ["legal"]


def test_nobody_hears_of_a_lapse_in_their_own_supervision_as_their_own_manager() -> None:
    about_the_manager = a_case(row=a_row(child=None, worker="TM"), owner_role="worker")
    found = resolve("team-manager", about_the_manager, a_directory())
    assert [person.key for person in found.people] == ["SM"]
    assert why(found) == "it is about the team manager; you are the service manager"
    assert found.gaps == ()


def test_a_supervisor_is_the_worker_s_manager_else_the_team_s() -> None:
    case = a_case(row=a_row(child=None, worker="SW"), owner_role="worker")
    assert told("supervisor", case, a_directory(a_worker("SW", manager="SW2"))) == ["sw2"]
    assert told("supervisor", case, a_directory()) == ["tm"]


def test_a_restricted_child_is_told_only_to_those_named_and_to_no_cover() -> None:
    case = a_case(restricted=True, named=("SW2",))
    assert told("team-manager", case, a_directory()) == ["sw2"]
    away = a_directory(absent={"SW2": "SW"})
    assert told("team-manager", case, away) == ["sw2"]


def test_a_restricted_child_for_whom_nobody_is_named_is_told_to_the_director_only() -> None:
    assert told("social-worker", a_case(restricted=True), a_directory()) == ["dcs"]


def test_of_a_child_without_a_team_not_every_team_manager_hears() -> None:
    teams = {
        key: Team(key=key, name=None, service=None, line={**LINE, "team-manager": manager})
        for key, manager in (("T1", "TM"), ("T2", "SW2"))
    }
    directory = Directory(as_at=MONDAY, workers=a_directory().workers, teams=teams)
    assert told("team-manager", a_case(team=None), directory) == ["sm"]


def test_where_the_line_is_empty_the_data_steward_is_the_last_resort() -> None:
    directory = a_directory(line=dict.fromkeys(LINE), posts=(a_post("data-steward", worker="DS"),))
    found = resolve("team-manager", a_case(), directory)
    assert [person.key for person in found.people] == ["DS"]
    assert why(found) == "nobody holds the role of team manager, nor anybody above; you are the last resort"


def test_where_the_council_has_nobody_at_all_nobody_is_told_and_it_is_a_gap() -> None:
    found = resolve("team-manager", a_case(), a_directory(line=dict.fromkeys(LINE)))
    assert found.people == ()
    assert [gap.what for gap in found.gaps] == ["sys-role-unheld"]


def test_a_role_that_depends_on_the_row_takes_the_first_where_the_row_does_not_say() -> None:
    by_stage = Recipient(attribute="stage", by=(("1", "team-manager"), ("2", "service-manager")))
    assert role_of(by_stage, a_row(attributes={"stage": "2"})) == "service-manager"
    assert role_of(by_stage, a_row()) == "team-manager"
