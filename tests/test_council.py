"""The imaginary council: the same each time, whole, plausible, and with nobody real in it."""

import csv
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from monitor.council import write_council
from monitor.vocabulary import vocabulary

AS_AT = date(2026, 11, 23)
CHILDREN = 700

# Design, section 8: the registers that the demonstration writes, with every column.
HEADERS = {
    "children": "child_id, dob, expected_dob, upn, family_id, team_id, restricted",
    "named": "child_id, worker_id, from_on, until_on",
    "teams": "team_id, name, service, team_manager_id, service_manager_id, head_of_service_id, director_id",
    "workers": "worker_id, name, email, role, team_id, manager_id, fte, started_on, asye_started_on, "
    "asye_ended_on, left_on",
    "roles": "role, worker_id, mailbox, service, team_id",
    "allocations": "child_id, worker_id, role, start_on, end_on",
    "absences": "worker_id, start_on, end_on, reason, cover_id",
    "care_episodes": "episode_id, child_id, start_on, end_on, short_breaks",
    "legal_statuses": "child_id, code, start_on, end_on",
    "placements": "placement_id, child_id, start_on, end_on, type, long_term, intended_to_18, "
    "agreed_lower_frequency, temporary_approval, extension_ends_on",
    "reviews": "child_id, kind, due_on, held_on, status",
    "visits": "child_id, kind, held_on, seen, seen_alone",
    "permanence": "child_id, plan_a, plan_a_on, plan_b, plan_b_on, plan_b_not_required_until, "
    "plan_b_not_required_reason, plan_b_not_required_on, plan_b_not_required_by, endorsed_on, achieved_on",
    "plo": "case_id, child_id, gateway_on, letter_sent_on, first_meeting_on, midpoint_review_on, exited_on, "
    "exit_outcome, extended_until, issued_on, case_management_hearing_on, issues_resolution_hearing_on, "
    "final_order_on, extension_granted_on, extension_ends_on, last_event_on, next_step_on, next_step",
    "ehc": "request_id, child_id, received_on, decided_on, decision, draft_sent_on, no_plan_notice_on, "
    "final_sent_on, closed_on, exception_code, exception_on, exception_review_on, case_officer_id",
    "supervision": "worker_id, supervisor_id, child_id, kind, held_on, signed_on",
    "disputes": "dispute_id, child_id, raised_by_id, opened_on, formal, stage, stage_opened_on, urgent, "
    "urgent_on, resolved_on, agreed_by_iro, cafcass_decision_on",
    "child_protection": "enquiry_id, child_id, strategy_on, conference_on, no_conference_on, plan_start_on, "
    "core_group_on, plan_end_on",
    "referrals": "referral_id, child_id, received_on, decided_on, referrer_told_on, "
    "assessment_authorised_on, closed_on",
    "actions": "action_id, child_id, origin, owner_id, set_on, due_on, done_on",
    "meetings": "child_id, kind, due_on, held_on",
    "excuses": "rule, ref, source, code, reason, by, on, review_on",
}
PLANS = {
    "due_on",
    "next_step_on",
    "case_management_hearing_on",
    "issues_resolution_hearing_on",
    "extension_ends_on",
    "extended_until",
    "exception_review_on",
    "plan_b_not_required_until",
    "review_on",
    "expected_dob",
}
IDS = {
    "children": "child_id",
    "workers": "worker_id",
    "teams": "team_id",
    "care_episodes": "episode_id",
    "placements": "placement_id",
    "ehc": "request_id",
    "referrals": "referral_id",
    "disputes": "dispute_id",
    "actions": "action_id",
}
STARTS = ("start_on", "received_on")

Rows = list[dict[str, str]]
Council = dict[str, Rows]


def read(folder: Path) -> Council:
    council = {}
    for path in folder.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            council[path.stem] = list(csv.DictReader(file))
    return council


def as_bytes(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def council(tmp_path_factory: pytest.TempPathFactory) -> Council:
    folder = tmp_path_factory.mktemp("council")
    write_council(folder, children=CHILDREN, seed=1, as_at=AS_AT)
    return read(folder)


@pytest.fixture(scope="module")
def small_council(tmp_path_factory: pytest.TempPathFactory) -> Council:
    folder = tmp_path_factory.mktemp("small")
    write_council(folder, children=40, seed=1, as_at=AS_AT)
    return read(folder)


def day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def days_since(text: str) -> int:
    then = day(text)
    return (AS_AT - then).days if then else -1


def faults(council: Council, register: str) -> Iterator[str]:
    """Every row that a careful reader would send back: what `mess` is meant to be, counted."""
    known = {row["child_id"] for row in council["children"]}
    seen = set()
    for row in council[register]:
        if row.get("child_id") and row["child_id"] not in known:
            yield "unknown child"
        if row.get("start_on") and row.get("end_on") and row["end_on"] < row["start_on"]:
            yield "ended before it began"
        if register in IDS and row[IDS[register]] in seen:
            yield "twice"
        seen.add(row[IDS[register]] if register in IDS else "")
        if any(column in row and day(row[column]) is None for column in STARTS):
            yield "no start"


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "other"):
        write_council(tmp_path / name, children=60, seed=5, as_at=AS_AT)
    assert as_bytes(tmp_path / "one") == as_bytes(tmp_path / "other")


def test_another_seed_writes_other_bytes(tmp_path: Path) -> None:
    for seed in (5, 6):
        write_council(tmp_path / str(seed), children=60, seed=seed, as_at=AS_AT)
    assert as_bytes(tmp_path / "5") != as_bytes(tmp_path / "6")


def test_every_register_has_every_column_of_the_design(tmp_path: Path) -> None:
    write_council(tmp_path, children=3, seed=1, as_at=AS_AT)
    found = {path.stem: path.read_text("utf-8").splitlines()[0] for path in tmp_path.iterdir()}
    assert found == {register: columns.replace(", ", ",") for register, columns in HEADERS.items()}


@pytest.mark.parametrize("children", [0, 1, 2, 5])
def test_a_council_of_any_size_can_be_written(tmp_path: Path, children: int) -> None:
    write_council(tmp_path, children=children, seed=1, as_at=AS_AT)
    assert len(read(tmp_path)["children"]) == children


@pytest.mark.parametrize("as_at", [date(2024, 2, 29), date(2026, 12, 26), date(2027, 1, 3)])
def test_nothing_is_done_after_the_day_of_the_export(tmp_path: Path, as_at: date) -> None:
    write_council(tmp_path, children=200, seed=3, as_at=as_at)
    late = [
        (register, column, cell)
        for register, rows in read(tmp_path).items()
        for row in rows
        for column, cell in row.items()
        if column not in PLANS and (found := day(cell)) and found > as_at
    ]
    assert late == []


def test_nobody_has_a_name_or_an_address(council: Council) -> None:
    columns = {column for rows in council.values() for column in rows[0]}
    assert not columns & {"surname", "forename", "first_name", "last_name", "address", "postcode", "phone"}
    for worker in council["workers"]:
        number = worker["worker_id"].removeprefix("W")
        assert worker["email"] == f"{worker['role']}-{number}@council.example"
        assert re.sub(r"\W", "-", worker["name"].lower()) == f"{worker['role']}-{number}"


def test_every_team_that_is_named_exists(council: Council) -> None:
    teams = {row["team_id"] for row in council["teams"]}
    named = {row["team_id"] for rows in council.values() for row in rows if row.get("team_id")}
    assert named == teams


def test_every_worker_that_is_named_exists(council: Council) -> None:
    workers = {row["worker_id"] for row in council["workers"]}
    columns = [
        "worker_id",
        "manager_id",
        "team_manager_id",
        "service_manager_id",
        "head_of_service_id",
        "director_id",
        "cover_id",
        "supervisor_id",
        "case_officer_id",
        "raised_by_id",
        "owner_id",
        "by",
        "plan_b_not_required_by",
    ]
    named = {row[c] for rows in council.values() for row in rows for c in columns if row.get(c)}
    assert named <= workers


def test_only_one_team_has_nobody_in_the_managers_post(council: Council) -> None:
    line = ("team_manager_id", "service_manager_id", "head_of_service_id", "director_id")
    assert [column for team in council["teams"] for column in line if not team[column]] == ["team_manager_id"]


def test_codes_are_those_of_the_vocabulary(council: Council) -> None:
    kinds = vocabulary().kinds
    allowed = {
        ("allocations", "role"): kinds["allocation"].attributes["role"],
        ("ehc", "decision"): kinds["ehc-request"].attributes["decision"],
        ("ehc", "exception_code"): kinds["ehc-request"].attributes["exception_code"],
        ("plo", "exit_outcome"): kinds["plo-case"].attributes["exit_outcome"],
        ("supervision", "kind"): kinds["supervision"].attributes["session"],
        ("disputes", "stage"): kinds["dispute"].attributes["stage"],
        ("excuses", "code"): vocabulary().excuse_codes,
        ("roles", "role"): vocabulary().roles["post"],
    }
    for (register, column), codes in allowed.items():
        assert {row[column] for row in council[register] if row[column]} <= set(codes), (register, column)


def test_under_two_in_a_hundred_rows_are_bad_and_they_are_bad_in_several_ways(council: Council) -> None:
    found = {register: list(faults(council, register)) for register in council}
    assert {kind for kinds in found.values() for kind in kinds} >= {
        "unknown child",
        "ended before it began",
        "no start",
    }
    assert all(len(kinds) <= len(council[register]) / 100 for register, kinds in found.items())


def test_a_register_of_fewer_than_fifty_rows_has_no_bad_one(small_council: Council) -> None:
    small = [register for register, rows in small_council.items() if len(rows) < 50]
    assert small
    assert [fault for register in small for fault in faults(small_council, register)] == []


def test_the_last_event_of_a_case_is_not_before_what_was_done(council: Council) -> None:
    done = (
        "gateway_on",
        "letter_sent_on",
        "first_meeting_on",
        "midpoint_review_on",
        "exited_on",
        "issued_on",
    )
    for row in council["plo"]:
        assert all(row[column] <= row["last_event_on"] for column in (*done, "final_order_on"))
        assert row["next_step"] in {"", "hearing", "meeting", "assessment", "filing"}
        assert bool(row["next_step"]) == bool(row["next_step_on"])


def test_brothers_and_sisters_share_a_family_and_a_case(council: Council) -> None:
    family = {row["child_id"]: row["family_id"] for row in council["children"]}
    families: dict[str, set[str]] = {}
    for row in council["plo"]:
        families.setdefault(row["case_id"], set()).add(family[row["child_id"]])
    assert all(len(found) == 1 for found in families.values())
    assert len(council["plo"]) > len(families)


def test_two_children_are_over_26_weeks_and_without_a_plan_b(council: Council) -> None:
    over = {
        row["child_id"]
        for row in council["plo"]
        if days_since(row["issued_on"]) > 182 and not row["final_order_on"] and not row["extension_ends_on"]
    }
    in_care = {row["child_id"] for row in council["care_episodes"] if not row["end_on"]}
    no_plan_b = {row["child_id"] for row in council["permanence"] if row["plan_a_on"] and not row["plan_b"]}
    assert len(over & in_care & no_plan_b) >= 2


def test_some_requests_are_undecided_past_sixteen_weeks(council: Council) -> None:
    undecided = [row for row in council["ehc"] if not row["decided_on"] and not row["closed_on"]]
    assert any(days_since(row["received_on"]) > 112 for row in undecided)


def test_disputes_are_at_every_stage_formal_and_informal_and_some_urgent(council: Council) -> None:
    disputes = council["disputes"]
    assert {row["stage"] for row in disputes} >= {"1", "2", "3", "4"}
    assert {row["formal"] for row in disputes} == {"yes", "no"}
    assert {row["urgent"] for row in disputes} == {"yes", "no"}


def test_no_child_does_anything_long_before_it_is_born(council: Council) -> None:
    born = {row["child_id"]: row["dob"] for row in council["children"]}
    for row in council["care_episodes"]:
        assert not row["start_on"] or born[row["child_id"]] <= row["start_on"]


def test_nobody_holds_a_case_before_coming_into_post(council: Council) -> None:
    started = {row["worker_id"]: row["started_on"] for row in council["workers"]}
    sound = [row for row in council["allocations"] if not row["end_on"] or row["start_on"] <= row["end_on"]]
    assert all(started[row["worker_id"]] <= row["start_on"] for row in sound)


def test_somebody_who_left_still_holds_a_case(council: Council) -> None:
    left = {row["worker_id"] for row in council["workers"] if row["left_on"]}
    assert any(row["worker_id"] in left and not row["end_on"] for row in council["allocations"])
