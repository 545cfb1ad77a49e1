"""Who hears, and when: stages tell, silence climbs, a backlog is told gently."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from monitor.calendars import Calendar
from monitor.escalate import (
    Heard,
    Standing,
    backlog_notices,
    backlog_start,
    due_rungs,
    inherited_notices,
    may_climb,
    stage_notices,
)
from monitor.model import Outcome
from monitor.routing import Gap, Person, Told
from tests.builders import MONDAY, OVERDUE, WARNING, a_finding

CALENDAR = Calendar()
LADDER = ((1, "team-manager"), (3, "service-manager"), (5, "head-of-service"), (10, "director"))
PEOPLE = {
    "case-officer": "co@council.example",
    "team-manager": "tm@council.example",
    "service-manager": "sm@council.example",
    "head-of-service": "hos@council.example",
    "director": "dcs@council.example",
}


def asking(
    people: Mapping[str, str] = PEOPLE, redirected: Mapping[str, str] | None = None
) -> Callable[[str], Told]:
    """Answers a role with the one person who holds it; a role that is not there is a gap and nobody."""

    def ask(role: str) -> Told:
        if role not in people:
            return Told(gaps=(Gap(what="sys-role-unheld", role=role),))
        why = (redirected or {}).get(role)
        return Told(people=(Person(address=people[role], key=f"key of {role}", role=role, redirected=why),))

    return ask


def standing(**said: Any) -> Standing:  # noqa: ANN401 - any field of a standing
    return Standing(**{"finding": a_finding(), "told_no": 0, "silent_from": MONDAY, "rungs": LADDER, **said})


def addresses(notices: Any) -> list[str]:  # noqa: ANN401 - any notices
    return [notice.person.address for notice in notices]


def climbed(
    alert: Standing, day: date, ask: Callable[[str], Told] | None = None
) -> list[tuple[int, list[str]]]:
    claims, _ = due_rungs(alert, day, CALENDAR, ask or asking())
    return [(claim.no, addresses(claim.notices)) for claim in claims]


def test_every_stage_that_was_passed_untold_tells_its_people_about_the_latest_stage() -> None:
    notices, _ = stage_notices(standing(), asking())
    assert addresses(notices) == ["co@council.example", "tm@council.example"]
    assert {notice.step for notice in notices} == {"overdue"}


def test_a_stage_that_was_told_is_not_told_again() -> None:
    notices, _ = stage_notices(standing(told_no=2), asking())
    assert notices == []


def test_one_person_in_two_roles_has_one_notice() -> None:
    people = {**PEOPLE, "case-officer": "tm@council.example"}
    notices, _ = stage_notices(standing(), asking(people))
    assert addresses(notices) == ["tm@council.example"]


def test_a_person_told_in_their_own_right_is_not_told_that_it_was_redirected() -> None:
    people = {**PEOPLE, "case-officer": "tm@council.example"}
    notices, _ = stage_notices(standing(), asking(people, {"case-officer": "nobody holds the role"}))
    assert notices[0].because == "you are the team manager, and the clock reached 'overdue'"


def test_where_the_council_has_nobody_the_notice_is_kept_and_says_so() -> None:
    notices, found = stage_notices(standing(told_no=1), asking({}))
    assert addresses(notices) == [""]
    assert notices[0].because.startswith("the council has nobody to tell as team manager")
    assert [gap.role for gap in found] == ["team-manager"]


def test_a_stage_reached_again_after_the_last_day_moved_is_told_once_more() -> None:
    heard = Heard(
        addresses={"tm@council.example": MONDAY}, steps=frozenset({("overdue", "tm@council.example")})
    )
    again, _ = stage_notices(standing(told_no=1, heard=heard), asking())
    assert [notice.step for notice in again] == ["overdue, due 2026-11-12"]
    both = replace(heard, steps=heard.steps | {("overdue, due 2026-11-12", "tm@council.example")})
    assert stage_notices(standing(told_no=1, heard=both), asking()) == ([], [])


def test_an_unanswered_overdue_alert_climbs_rung_by_rung_in_working_days() -> None:
    told = {
        MONDAY: [],
        date(2026, 11, 24): [(1, ["tm@council.example"])],
        date(2026, 11, 26): [(1, ["tm@council.example"]), (2, ["sm@council.example"])],
    }
    assert {day: climbed(standing(), day) for day in told} == told


def test_a_weekend_is_no_silence() -> None:
    friday = standing(silent_from=date(2026, 11, 20))
    assert climbed(friday, date(2026, 11, 22)) == []
    assert climbed(friday, MONDAY) == [(1, ["tm@council.example"])]


def test_a_rung_is_claimed_once() -> None:
    claimed = standing(claimed=((1, date(2026, 11, 24)),))
    assert climbed(claimed, date(2026, 11, 25)) == []


def test_a_rung_whose_holder_has_heard_is_passed_over_upwards() -> None:
    heard = Heard(addresses=dict.fromkeys(("tm@council.example", "sm@council.example"), MONDAY))
    assert climbed(standing(heard=heard), date(2026, 11, 24)) == [(1, ["hos@council.example"])]


def test_a_rung_with_everybody_above_told_is_taken_and_tells_nobody() -> None:
    heard = Heard(addresses=dict.fromkeys(PEOPLE.values(), MONDAY))
    assert climbed(standing(heard=heard), date(2026, 11, 24)) == [(1, [])]


def test_after_the_top_rung_its_holder_is_told_once_a_week() -> None:
    top = date(2026, 11, 24)
    claimed = tuple((no, top) for no in range(1, 5))
    alert = standing(claimed=claimed, heard=Heard(addresses=dict.fromkeys(PEOPLE.values(), MONDAY)))
    assert climbed(alert, date(2026, 11, 30)) == []
    assert climbed(alert, date(2026, 12, 1)) == [(5, ["dcs@council.example"])]
    again = replace(alert, claimed=(*claimed, (5, date(2026, 12, 1))))
    assert climbed(again, date(2026, 12, 7)) == []
    assert climbed(again, date(2026, 12, 8)) == [(6, ["dcs@council.example"])]


def test_an_amber_warning_never_climbs_unless_its_stage_asks_for_an_answer() -> None:
    warning = a_finding(outcome=Outcome.DUE_SOON, stage_no=1)
    assert not may_climb(warning)
    asks = replace(warning, stages=(replace(WARNING, answer=True), OVERDUE))
    assert may_climb(asks)
    assert climbed(standing(silent_from=None), date(2027, 3, 1)) == []


def test_an_old_breach_is_one_line_to_the_first_rung_and_a_count_above() -> None:
    notices, _ = backlog_notices(standing(), asking())
    assert [(notice.kind, notice.person.role) for notice in notices] == [
        ("backlog", "team-manager"),
        ("count", "head-of-service"),
        ("count", "director"),
    ]
    assert not any(notice.urgent for notice in notices)


def test_a_new_team_hears_what_it_inherits_although_the_alert_was_told_before() -> None:
    notices, _ = inherited_notices(standing(), MONDAY, asking())
    assert addresses(notices) == ["tm@council.example"]
    assert notices[0].because == "you are the team manager, and the case came to your team with this open"


@given(number=st.integers(0, 400))
def test_the_ladders_of_a_backlog_begin_within_its_days_and_always_on_the_same_day(number: int) -> None:
    finding = a_finding(started_on=date(2026, 1, 1) + timedelta(days=number))
    start = backlog_start(finding, MONDAY, 20, CALENDAR)
    assert MONDAY <= start <= date(2026, 12, 18)
    assert CALENDAR.is_working_day(start)
    assert start == backlog_start(finding, MONDAY, 20, CALENDAR)


@given(days=st.integers(0, 60))
def test_climbing_day_by_day_claims_every_rung_exactly_once(days: int) -> None:
    alert = standing()
    seen: list[int] = []
    for back in range(days):
        day = MONDAY + timedelta(days=back)
        claims, _ = due_rungs(alert, day, CALENDAR, asking())
        for claim in claims:
            seen.append(claim.no)
            told = frozenset(notice.person.address for notice in claim.notices)
            alert = replace(
                alert,
                claimed=(*alert.claimed, (claim.no, day)),
                heard=Heard(addresses={**alert.heard.addresses, **dict.fromkeys(told, day)}),
            )
    assert seen == list(range(1, len(seen) + 1))


def test_where_silence_begins_anew_the_ladder_does_too_from_its_first_rung() -> None:
    before = date(2026, 10, 5)
    climbed_before = tuple((no, before) for no in range(1, 6))
    alert = standing(claimed=climbed_before, heard=Heard(addresses=dict.fromkeys(PEOPLE.values(), before)))
    assert climbed(alert, MONDAY) == []
    assert climbed(alert, date(2026, 11, 24)) == [(6, ["tm@council.example"])]


def test_who_heard_of_a_warning_is_still_reminded_once_it_is_overdue() -> None:
    heard = Heard(addresses={"tm@council.example": date(2026, 11, 2)})
    assert climbed(standing(heard=heard), date(2026, 11, 24)) == [(1, ["tm@council.example"])]
