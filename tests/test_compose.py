"""One message to one person: every fact of a matter in both parts, in the order in which it is to be read."""

import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from monitor.compose import Owed
from tests.letters import DRAFT, HEAD, LINKED, a_notice, coming, composed, html, mail_of, part, plain, read


def test_the_subject_names_case_duty_stage_and_last_day() -> None:
    assert composed(a_notice()).subject == f"C1: {DRAFT}, at least 13 days over, was due 5 November 2026"
    assert composed(coming(2)).subject == f"C2: {DRAFT}, 15 weeks in, due 29 November 2026"


def test_the_subject_counts_the_other_matters() -> None:
    assert composed(a_notice(), coming(2)).subject.endswith(" (and 1 other matter)")
    assert composed(a_notice(), coming(2), coming(3)).subject.endswith(" (and 2 other matters)")


def test_an_urgent_subject_begins_with_urgent() -> None:
    assert composed(a_notice(urgent=True)).subject.startswith("Urgent: C1: ")
    assert "<h1" in html(a_notice(urgent=True))
    assert "Case progression: urgent" in read(html(a_notice(urgent=True)))


@pytest.mark.parametrize(
    ("kind", "count", "subject"),
    [
        ("backlog", 1, "1 older matter in your cases, seen for the first time on 23 November 2026"),
        ("backlog", 2, "2 older matters in your cases, seen for the first time on 23 November 2026"),
        ("count", 1, "1 older matter seen for the first time on 23 November 2026: one page of counts"),
        ("count", 9, "9 older matters seen for the first time on 23 November 2026: one page of counts"),
    ],
)
def test_a_subject_of_older_matters_minds_its_number(kind: str, count: int, subject: str) -> None:
    assert composed(*(a_notice(n, kind=kind) for n in range(count))).subject == subject


FACTS = [
    "C1",
    DRAFT,
    "At least 13 days over, day 130 of 112. Was due 5 November 2026.",
    "Reference E1, SEND 1.",
    "data of 23 November 2026",
    "Sent because you are the team manager, and the clock reached '13 days over'.",
    "Also told: case officer, head of service, IRO manager.",
    "Overdue (1)",
]


@pytest.mark.parametrize("fact", FACTS)
def test_each_fact_of_a_matter_is_in_both_parts(fact: str) -> None:
    notice = a_notice(also_told=("iro-manager", "case-officer", "head-of-service"))
    assert fact.upper() in " ".join(plain(notice).split()).upper()
    assert fact in read(html(notice)).replace(" , ", ", ").replace(" .", ".")


def test_a_last_day_on_a_weekend_says_by_when_to_act() -> None:
    assert "Due 29 November 2026, act by 27 November 2026." in plain(coming(1))
    assert "act by" not in plain(coming(1, act_by="2026-11-29"))
    assert "act by" not in plain(a_notice(act_by="2026-11-04"))


def test_a_last_day_that_an_order_moved_is_shown_beside_the_one_by_law() -> None:
    moved = coming(1)
    moved = replace(moved, values={**moved.values, "by_law": "2026-11-12"})
    assert "(before it was moved: 12 November 2026)" in plain(moved)
    assert "(before it was moved: 12 November 2026)" in html(moved)
    same = replace(moved, values={**moved.values, "by_law": moved.values["due_on"]})
    assert "moved" not in plain(same)


def test_nobody_else_told_is_said() -> None:
    assert "Nobody else was told." in plain(a_notice())
    assert "Nobody else was told." in read(html(a_notice()))


def test_a_reminder_says_which_it_is_and_how_long_nobody_answered() -> None:
    first = a_notice(kind="rung", step="1", because="nobody has answered for 3 working days")
    later = a_notice(kind="rung", step="4", because="nobody has answered for 20 working days")
    for show in (plain, lambda notice: read(html(notice))):
        assert "Reminder 1: nobody has answered for 3 working days." in show(first)
        assert "Reminder 4: nobody has answered for 20 working days." in show(later)
        assert "Sent because" not in show(first)


def test_a_kind_of_notice_that_is_none_of_the_lists_is_shown_as_a_matter() -> None:
    inherited = a_notice(kind="inherited", because="the case is your team's from today")
    assert "* C1: " in plain(inherited)
    assert "Sent because the case is your team's from today." in plain(inherited)


def test_a_stage_and_a_reminder_of_one_alert_are_one_matter_with_both_reasons() -> None:
    stage = a_notice()
    rung = a_notice(id=2, kind="rung", step="2", because="nobody has answered for 5 working days")
    text = plain(stage, rung)
    assert text.count("* C1: ") == 1
    assert "Sent because you are the team manager" in text
    assert "Reminder 2: nobody has answered for 5 working days." in text
    assert composed(stage, rung).subject.count("other matter") == 0


def test_of_several_notices_of_one_alert_the_latest_says_how_it_stands() -> None:
    friday = coming(1, as_at=date(2026, 11, 20), because="the clock reached '15 weeks in'")
    monday = a_notice(1, id=2, because="the clock reached '13 days over'")
    text = plain(friday, monday)
    assert "OVERDUE (1)" in text
    assert "COMING UP" not in text
    assert "15 weeks in" not in text


def test_a_notice_of_an_earlier_day_says_of_which() -> None:
    earlier = a_notice(as_at=date(2026, 11, 20))
    assert "SEND 1, as it stood on 20 November 2026." in plain(earlier)
    assert "as it stood on 20 November 2026" in html(earlier)
    assert "as it stood" not in plain(a_notice())


def test_data_of_different_days_is_said_at_each_matter() -> None:
    text = plain(a_notice(1), a_notice(2, data_of="2026-11-20"))
    assert "On data of" not in text
    assert "SEND 1, on data of 23 November 2026." in text
    assert "SEND 1, on data of 20 November 2026." in text


def test_overdue_comes_first_then_red_then_the_earlier_act_by() -> None:
    owed = [
        coming(1, act_by="2026-11-24"),
        coming(2, rag="red", act_by="2026-11-27"),
        a_notice(3, act_by="2026-11-05"),
        a_notice(4, act_by="2026-10-01"),
        a_notice(5, rag="amber", act_by="2026-01-01"),
        coming(6, due_on=None, act_by=None),
        coming(7, rag="red", act_by="2026-11-25"),
    ]
    for text in (plain(*owed), read(html(*owed))):
        found = [n for n in re.findall(r"C(\d)\b", text) if n]
        assert list(dict.fromkeys(found)) == ["4", "3", "5", "7", "2", "1", "6"]


def of_one_case(number: int, /, **changes: Any) -> Owed:  # noqa: ANN401 - see above
    shared = {"record": "plo-26-weeks|registers|L1", "ref": "L1", "title": "Care proceedings within 26 weeks"}
    return a_notice(number, **{**shared, **changes})


def test_one_plo_case_of_three_children_is_one_line() -> None:
    owed = [of_one_case(1), of_one_case(2, also_told=("iro",)), of_one_case(3)]
    text = plain(*owed)
    assert "OVERDUE (1)" in text
    assert "* C1, C2, C3: Care proceedings within 26 weeks" in text
    assert "Also told: IRO." in text
    assert composed(*owed).subject.startswith(
        "C1, C2 and 1 more: Care proceedings within 26 weeks, at least 13 days over"
    )
    assert read(html(*owed)).count("Care proceedings within 26 weeks") == 1


def test_siblings_at_different_stages_are_lines_of_their_own() -> None:
    assert "OVERDUE (2)" in plain(of_one_case(1), of_one_case(2, stage="28 days over"))
    assert "OVERDUE (2)" in plain(of_one_case(1), of_one_case(2, because="you cover for the team manager"))


def test_two_requests_alike_but_for_their_ids_are_two_lines() -> None:
    assert "OVERDUE (2)" in plain(a_notice(1), a_notice(2))


def test_links_lead_to_the_alert_and_to_the_record() -> None:
    for text in (plain(a_notice(7), head=LINKED), html(a_notice(7), head=LINKED).replace("&amp;", "&")):
        assert "https://m.example/alerts/7" in text
        assert "https://c.example/?id=E7&of=C7" in text


def test_links_that_are_not_set_are_left_out() -> None:
    text, page = plain(a_notice()), html(a_notice())
    assert "Answer" not in text + page
    assert "ecord:" not in text
    assert "Open the record" not in page
    assert "<a " not in page
    only_page = replace(LINKED, case="")
    assert "Answer: " in plain(a_notice(), head=only_page)
    assert "Record: " not in plain(a_notice(), head=only_page)


def test_an_id_in_a_link_is_quoted() -> None:
    text = plain(a_notice(ref="E 1/2&x=#"), head=LINKED)
    assert "?id=E%201%2F2%26x%3D%23&of=C1" in text


@pytest.mark.parametrize("hidden", [{"ref": "monitor number 1"}, {"case": "monitor number 1"}])
def test_a_record_link_that_would_need_a_hidden_id_is_left_out(hidden: dict[str, str]) -> None:
    assert "Record: " not in plain(a_notice(**hidden), head=LINKED)


def test_a_record_link_that_does_not_need_the_hidden_id_stays() -> None:
    by_ref = replace(LINKED, case="https://c.example/?id={ref}")
    assert "Record: https://c.example/?id=E1" in plain(a_notice(case="monitor number 1"), head=by_ref)


def test_what_is_about_no_child_has_no_record_in_the_case_system() -> None:
    supervision = a_notice(case="W1", ref="W1", about="worker")
    text = plain(supervision, head=LINKED)
    assert "Record: " not in text
    assert "Reference" not in text


def test_redirected_mail_names_the_true_recipient_in_both_parts_and_goes_elsewhere() -> None:
    mail = mail_of(a_notice(), head=replace(HEAD, redirect_to="test@council.example"))
    assert mail["To"] == "test@council.example"
    for kind in ("plain", "html"):
        assert "In live mode this would have gone to: manager@council.example" in read(part(mail, kind))
    assert "edirected" not in html(a_notice())


def test_the_page_of_counts_counts_by_duty_and_by_team_and_lists_no_case() -> None:
    owed = [
        a_notice(1, kind="count", because="you are the director: one page of counts"),
        a_notice(2, kind="count", because="you are the director: one page of counts", team=None),
        coming(3, kind="count", because="you are the director: one page of counts"),
    ]
    text = plain(*owed)
    assert "COUNTS (3)" in text
    assert text.count("Sent because you are the director: one page of counts.") == 1
    assert f"* {DRAFT}: 2 overdue, 1 coming up" in text
    assert "* SEND 1: 1 overdue, 1 coming up" in text
    assert "* no team: 1 overdue, 0 coming up" in text
    assert f"{DRAFT} 2 1" in read(html(*owed))
    assert not re.search(r"\b[CE][123]\b", text + read(html(*owed)))


def test_older_matters_are_a_list_under_their_duties_with_the_reason_said_once() -> None:
    because = "you are the team manager; this was already so when the monitor first looked"
    owed = [
        coming(3, kind="backlog", because=because),
        a_notice(1, kind="backlog", because=because),
        a_notice(2, kind="backlog", because=because, title="Plan B recorded", team="SEND 2"),
    ]
    text = plain(*owed)
    assert "SEEN FOR THE FIRST TIME (3, overdue 2)" in text
    assert text.count(f"Sent because {because}.") == 1
    assert text.count(DRAFT) == 1
    assert "* C1: at least 13 days over, was due 5 November 2026 (SEND 1)\n* C3: 15 weeks in, due 29" in text
    assert "C1 SEND 1 at least 13 days over, was due 5 November 2026" in read(html(*owed))


def test_a_list_of_one_team_does_not_repeat_its_name() -> None:
    assert "(SEND 1)" not in plain(a_notice(1, kind="backlog"), a_notice(2, kind="backlog"))


def test_a_matter_that_is_in_the_readers_list_is_not_counted_for_them_again() -> None:
    assert "COUNTS" not in plain(a_notice(1, kind="backlog"), a_notice(1, id=2, kind="count"))


def test_a_gap_is_listed_as_one_of_the_data_and_not_as_a_case() -> None:
    gap: dict[str, Any] = {
        "rule": "sys-role-unheld",
        "title": "A role that nobody holds",
        "why": "A role that nobody holds: team-manager of T1. Its notices went to the next one up.",
        "case": None,
        "about": "",
        "ref": "team-manager of T1",
        "outcome": "due-soon",
        "stage": "at once",
        "day": None,
        "team": "SEND 1",
    }
    owed = [a_notice(1, **gap), a_notice(2, **{**gap, "why": gap["why"].replace("T1", "T2"), "ref": "T2"})]
    text = plain(*owed)
    assert "THE DATA, AND WHO IS TOLD (2)" in text
    assert "* team-manager of T1. Its notices went to the next one up." in text
    assert "COMING UP" not in text
    assert text.count("Sent because") == 1
    assert composed(owed[0]).subject == "team-manager of T1: A role that nobody holds"
