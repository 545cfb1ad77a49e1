"""What was refused or cannot be read is on a register of its own, counted, owned, and alerted on."""

from datetime import timedelta

from sqlalchemy import select

from monitor import tables
from monitor.taking import issue_counts
from tests.conftest import TODAY, Council, monitor
from tests.in_force import episodes
from tests.test_alert_life import told
from tests.test_sweep_life import people, swept

REQUEST = {"request_id": "E1", "child_id": "C1", "received_on": "2026-10-05"}
PEOPLE = [{"child_id": "C1", "team_id": "T1"}, {"child_id": "C2", "team_id": "T2"}]


def issues_of(council: Council) -> list[tuple[str | None, ...]]:
    issue = tables.issue
    query = select(issue.c.column, issue.c.code, issue.c.raw, issue.c.team_key).order_by(issue.c.id)
    with council.home.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(query)]


def test_an_issue_keeps_its_fault_the_team_and_of_a_date_or_a_code_what_was_written(council: Council) -> None:
    council.write("children", *PEOPLE)
    council.write("ehc", {**REQUEST, "decided_on": "31/02/2026", "decision": "Perhaps"})
    council.take()
    assert issues_of(council) == [
        ("decided_on", "not-a-date", "31/02/2026", "registers:T1"),
        ("decision", "unknown-code", "Perhaps", "registers:T1"),
    ]


def test_nothing_but_a_date_or_a_code_is_ever_kept_and_no_long_one(council: Council) -> None:
    council.write("children", *PEOPLE)
    council.write(
        "ehc",
        {**REQUEST, "child_id": "SURNAME, FORENAME OF A CHILD WHO IS NOT AN ID|", "decision": "x" * 41},
        {
            **REQUEST,
            "request_id": "E2",
            "received_on": "12 October with her aunt",
            "decided_on": "ask 07700900123",
        },
    )
    council.take()
    assert {raw for _, _, raw, _ in issues_of(council)} == {None}


def test_issues_are_counted_by_source_team_code_and_column_with_who_owns_them(council: Council) -> None:
    council.write("children", *PEOPLE)
    council.write(
        "ehc",
        {**REQUEST, "decided_on": "soon"},
        {**REQUEST, "request_id": "E2", "child_id": "C2", "decision": "Perhaps"},
        {**REQUEST, "request_id": "", "child_id": "C2"},
    )
    council.take()
    assert issue_counts(council.home, "source") == [("registers", 3, 1)]
    assert issue_counts(council.home, "team") == [("registers:T2", 2, 1), ("registers:T1", 1, 0)]
    assert issue_counts(council.home, "code") == [
        ("missing", 1, 1),
        ("not-a-date", 1, 0),
        ("unknown-code", 1, 0),
    ]
    said = monitor("--home", council.home.path, "intake", "issues", "--by", "team")
    assert "T2" in said.stdout
    assert said.returncode == 0


def test_only_the_newest_load_of_each_source_counts(council: Council) -> None:
    council.write("children", *PEOPLE)
    council.write("ehc", {**REQUEST, "decided_on": "soon"})
    council.take()
    council.write("ehc", REQUEST)
    council.take(TODAY + timedelta(days=1))
    assert issue_counts(council.home, "source") == []


def test_rows_that_wait_to_be_put_right_are_an_alert_to_the_data_steward_until_a_load_has_none(
    every_rule: Council,
) -> None:
    council = every_rule
    people(council)
    council.write("roles", {"role": "data-steward", "mailbox": "data.steward@council.example"})
    council.write("ehc", {**REQUEST, "decided_on": "soon"})
    council.take()
    assert [each["ref"] for each in episodes(council, "bad-rows")] == ["registers/ehc"]
    swept(council.home, TODAY)
    assert told(council.home, "sys-bad-rows") == [("data-steward", "at once", "data.steward")]
    council.write("ehc", {**REQUEST, "decided_on": ""})
    council.take(TODAY + timedelta(days=1))
    assert episodes(council, "bad-rows") == []
