"""What reaches people, through the real path: registers in, sweep, outbox, a real mail server."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.postroom import Mail, Postroom, a_request, postroom

FRIDAY, SATURDAY, MONDAY = date(2026, 11, 20), date(2026, 11, 21), date(2026, 11, 23)


WAIVER = tuple(f"plan_b_not_required_{part}" for part in ("until", "reason", "on", "by"))
PERMANENCE = ("child_id", "plan_a", "plan_a_on", "plan_b", "plan_b_on", "endorsed_on", *WAIVER)
PLO = (
    "gateway",
    "letter_sent",
    "first_meeting",
    "midpoint_review",
    "exited",
    "issued",
    "final_order",
    "last_event",
)


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Postroom]:
    """A council that has been watched since Thursday, so that what comes now is news."""
    with postroom(tmp_path) as made:
        made.people()
        made.children(*(f"C{n}" for n in range(1, 7)))
        made.requests()
        made.disputes()
        made.write("care_episodes", columns=("episode_id", "child_id", "start_on", "end_on", "short_breaks"))
        made.write("permanence", columns=PERMANENCE)
        made.sweep(FRIDAY - timedelta(days=1))
        yield made


def to(mails: list[Mail], worker: str) -> list[Mail]:
    return [mail for mail in mails if mail.to == f"{worker.lower()}@council.example"]


def a_dispute(number: int, opened_on: date, **more: str) -> dict[str, str]:
    row = {
        "dispute_id": f"D{number}",
        "child_id": f"C{number}",
        "raised_by_id": "W1",
        "opened_on": str(opened_on),
    }
    return {**row, "formal": "yes", "stage": "1", "stage_opened_on": str(opened_on), **more}


def test_a_person_has_one_digest_a_working_day_across_all_rules(room: Postroom) -> None:
    room.requests(a_request(1, 43, MONDAY), a_request(2, 44, MONDAY))
    room.disputes(a_dispute(3, MONDAY - timedelta(days=7)))
    mails = room.day(MONDAY)
    assert set(Counter(mail.to for mail in mails).values()) == {1}
    digest = to(mails, "W2")[0]
    for title in (
        "Decision whether to assess notified within 6 weeks",
        "formal dispute resolved within 20 working",
    ):
        assert title in digest.plain
        assert title in digest.html
    assert room.post(MONDAY) == []


def test_what_was_told_yesterday_is_not_repeated(room: Postroom) -> None:
    room.requests(a_request(1, 43, MONDAY))
    assert to(room.day(MONDAY), "W1")
    assert not to(room.day(MONDAY + timedelta(days=1)), "W1")


def test_an_urgent_matter_comes_on_its_own_and_the_rest_in_the_digest(room: Postroom) -> None:
    late = str(FRIDAY - timedelta(days=1))
    room.requests(a_request(1, 43, MONDAY))
    room.disputes(a_dispute(3, MONDAY - timedelta(days=4), urgent="yes", urgent_on=late))
    mails = room.day(MONDAY)
    urgent = [mail for mail in mails if mail.subject.startswith("Urgent: C3: ")]
    assert urgent
    for mail in urgent:
        assert "OVERDUE (1)" in mail.plain
        assert "COMING UP" not in mail.plain
    digests = [mail for mail in mails if mail not in urgent]
    assert any("Decision whether to assess" in mail.plain for mail in digests)
    assert all("refer a dispute to Cafcass" not in mail.plain for mail in digests)


def test_no_mail_leaves_on_a_saturday_but_the_urgent(room: Postroom) -> None:
    urgent = {"urgent": "yes", "urgent_on": str(FRIDAY - timedelta(days=1))}
    room.requests(a_request(1, 43, SATURDAY))
    room.disputes(a_dispute(3, FRIDAY - timedelta(days=1), **urgent))
    mails = room.day(SATURDAY)
    assert mails
    assert all(mail.subject.startswith("Urgent: C3: ") for mail in mails)
    assert any("Decision whether to assess" in mail.plain for mail in room.post(MONDAY))


def test_no_digest_leaves_on_a_bank_holiday(tmp_path: Path) -> None:
    boxing_day = date(2026, 12, 28)  # the substitute day
    with postroom(tmp_path) as room:
        room.people()
        room.children("C1")
        room.requests()
        room.sweep(date(2026, 12, 23))
        room.requests(a_request(1, 43, boxing_day))
        assert room.day(boxing_day) == []
        assert room.post(date(2026, 12, 29))


NAMES = ("SMITH", "OKONKWO", "PATEL", "JONES")
BORN = ("2014-03-09", "9 March 2014", "09/03/2014")


def with_names(room: Postroom) -> None:
    """Names in every column that takes words or ids of the council's own, a date of birth, and free text."""
    room.people({"worker_id": "OKONKWO-A", "email": "w6@council.example", "team_id": "T1"})
    room.children("SMITH-J", "PATEL, R", "C1", dob=BORN[0], upn="SMITH", family_id="SMITH")
    late, long_ago = str(MONDAY - timedelta(days=43)), str(MONDAY - timedelta(days=150))
    room.requests(
        {
            "request_id": "JONES-1A",
            "child_id": "SMITH-J",
            "received_on": late,
            "case_officer_id": "OKONKWO-A",
        },
        {"request_id": "E1", "child_id": "PATEL, R", "received_on": late, "case_officer_id": "W1"},
        {"request_id": "SMITH", "child_id": "C1", "received_on": late, "case_officer_id": "W1"},
    )
    room.disputes({**a_dispute(1, MONDAY - timedelta(days=7)), "dispute_id": "PATEL", "child_id": "SMITH-J"})
    care = {"episode_id": "SMITH J", "child_id": "SMITH-J", "start_on": long_ago, "short_breaks": "no"}
    room.write("care_episodes", {**care, "end_on": ""})
    plan = {
        "child_id": "SMITH-J",
        "plan_a": "JONES adopt",
        "plan_a_on": late,
        "plan_b_not_required_until": "2026-12-01",
    }
    room.write("permanence", {**plan, "plan_b_not_required_reason": "Mrs JONES agrees"}, columns=PERMANENCE)
    room.write(
        "plo",
        {
            "case_id": "PATEL",
            "child_id": "SMITH-J",
            "gateway_on": long_ago,
            "last_event_on": long_ago,
            "next_step": "JONES",
        },
        columns=("case_id", "child_id", *(f"{name}_on" for name in PLO), "next_step_on", "next_step"),
    )
    room.write(
        "absences", {"worker_id": "W3", "start_on": late, "end_on": str(MONDAY), "reason": "SMITH wedding"}
    )
    room.write(
        "excuses", {"rule": "fd-assessment-45wd", "ref": "JONES", "code": "exceptional", "by": "OKONKWO-A"}
    )


def every_role_held(room: Postroom) -> None:
    roles = ("social-worker", "iro", "case-officer", "case-progression-officer", "cp-chair")
    rows = [
        {"child_id": child, "worker_id": "W1", "role": role, "start_on": "2026-01-05"}
        for child in ("SMITH-J", "PATEL, R", "C1")
        for role in roles
    ]
    room.write("allocations", *rows, columns=("child_id", "worker_id", "role", "start_on", "end_on"))
    posts = ("data-steward", "operator", "legal", "iro-manager", "mash-manager")
    room.write("roles", *({"role": role, "worker_id": "W1"} for role in posts))


def names_in(mail: Mail) -> list[str]:
    seen = mail.everything.upper().replace("=\n", "")
    return [each for each in (*NAMES, *BORN) if each.upper() in seen]


def test_no_name_and_no_date_of_birth_is_ever_in_a_mail(room: Postroom) -> None:
    room.sweep(FRIDAY)
    with_names(room)
    every_role_held(room)
    mails = [mail for day in range(5) for mail in room.day(MONDAY + timedelta(days=day))]
    assert {mail.to for mail in mails} >= {f"w{n}@council.example" for n in (1, 2, 3, 4, 6)}
    assert [mail for mail in mails if "monitor number " in mail.subject]
    assert not [(mail.subject, names_in(mail)) for mail in mails if names_in(mail)]


def test_a_role_that_nobody_holds_for_a_child_does_not_name_the_child(room: Postroom) -> None:
    with_names(room)
    told = [mail for mail in room.day(MONDAY) if "A role that nobody holds" in mail.plain]
    assert told
    assert not [names_in(mail) for mail in told if names_in(mail)]


def test_an_id_that_might_be_a_name_is_shown_as_the_monitors_own_number(room: Postroom) -> None:
    with_names(room)
    every_role_held(room)
    mails = room.day(MONDAY)
    assert to(mails, "W6")[0].subject.startswith("monitor number ")
    assert "Reference monitor number " in to(mails, "W1")[0].plain
    assert "https://m.example/" in to(mails, "W1")[0].plain
    assert "https://c.example/" not in to(mails, "W1")[0].plain


def test_the_data_steward_is_told_that_ids_might_be_names(room: Postroom) -> None:
    with_names(room)
    every_role_held(room)
    assert "Ids that might be names\n* registers. " in to(room.day(MONDAY), "W1")[0].plain


def test_an_id_of_the_usual_shape_is_shown_and_leads_to_the_record(room: Postroom) -> None:
    room.requests(a_request(1, 43, MONDAY))
    digest = to(room.day(MONDAY), "W1")[0]
    assert digest.subject.startswith("C1: Decision whether to assess")
    assert "Reference E1, Team one" in digest.plain
    assert "https://c.example/E1/C1" in digest.plain


def test_the_shape_of_ids_is_set_by_issuer(tmp_path: Path) -> None:
    with postroom(tmp_path, "\nregisters = '[A-Z]-[a-z]{4}|E[0-9]+'\n") as room:
        room.people()
        room.children("Q-abcd", "C1")
        room.requests()
        room.sweep(FRIDAY)
        room.requests(a_request(1, 43, MONDAY), {**a_request(2, 43, MONDAY), "child_id": "Q-abcd"})
        digest = to(room.day(MONDAY), "W1")[0]
    assert "* Q-abcd: Decision" in digest.plain
    assert "C1" not in digest.everything
    assert "* monitor number " in digest.plain


def test_a_role_that_nobody_holds_goes_to_the_next_one_up_and_says_so(room: Postroom) -> None:
    room.requests({**a_request(1, 22, MONDAY), "case_officer_id": ""})
    digest = to(room.day(MONDAY), "W2")[0]
    assert "nobody holds the role of case officer; you are the team manager" in digest.plain


def test_somebody_who_is_away_is_covered_and_the_cover_is_told_why(room: Postroom) -> None:
    room.people({"worker_id": "W6", "email": "w6@council.example", "team_id": "T1"})
    away = {"worker_id": "W1", "start_on": "2026-11-16", "end_on": "2026-12-04", "cover_id": "W6"}
    room.write("absences", away)
    room.requests(a_request(1, 43, MONDAY))
    mails = room.day(MONDAY)
    assert not to(mails, "W1")
    assert "you cover for the case officer, who is away" in to(mails, "W6")[0].plain


def test_the_text_changes_as_the_silence_goes_on(room: Postroom) -> None:
    room.requests(a_request(1, 43, MONDAY))
    seen = [mail.plain for day in range(20) for mail in to(room.day(MONDAY + timedelta(days=day)), "W5")]
    assert any("Reminder " in text and "nobody has answered for " in text for text in seen)
    assert len(set(seen)) == len(seen) > 1


@pytest.mark.parametrize(
    "address", ["x@elsewhere.example, w1@council.example", "x@elsewhere.example w1@council.example"]
)
def test_an_address_that_is_two_takes_nothing_out_of_the_council(room: Postroom, address: str) -> None:
    room.people({"worker_id": "W1", "email": address, "team_id": "T1"})
    room.requests(a_request(1, 43, MONDAY))
    mails = room.day(MONDAY)
    assert mails
    assert not [mail for mail in mails if "elsewhere" in mail.everything]
