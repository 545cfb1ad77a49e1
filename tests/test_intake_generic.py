"""The two registers that carry every kind of the vocabulary, with the attributes of that kind."""

import re

from monitor import tables
from tests.conftest import Council
from tests.in_force import episodes, events, told

PLACEMENT = {"episode_id": "PL1", "kind": "placement", "child_id": "C1", "start_on": "2026-09-01"}
LETTER = {"event_id": "X1", "kind": "plo-letter", "child_id": "C1", "about": "P1", "done_on": "2026-09-10"}


def test_an_episode_of_any_kind_comes_with_its_attributes(council: Council) -> None:
    council.write(
        "episodes", {**PLACEMENT, "long_term": "yes", "extension_ends_on": "2026-10-01", "type": "U1"}
    )
    assert told(council) == []
    (placement,) = episodes(council, "placement")
    assert placement["attributes"] == {"long_term": "yes", "extension_ends_on": "2026-10-01", "type": "U1"}
    assert placement["ref"] == "PL1"


def test_an_event_is_about_the_row_that_it_names(council: Council) -> None:
    council.write("plo", {"case_id": "P1", "child_id": "C1", "gateway_on": "2026-09-01"})
    council.write("events", LETTER)
    assert told(council) == []
    (case,), (letter,) = episodes(council, "plo-case"), events(council, "plo-letter")
    assert letter["record"] == case["record"]


def test_a_kind_that_the_vocabulary_does_not_list_is_refused(council: Council) -> None:
    council.write("episodes", {**PLACEMENT, "kind": "holiday"})
    council.write("events", {**LETTER, "kind": "placement"})
    assert [re.sub(r"\d+ words", "so many words", fault) for fault in told(council)] == [
        f"{name}.csv row 2: column kind: the code is not known. so many words are allowed; see docs/words.md: "
        "the row was refused."
        for name in ("episodes", "events")
    ]


def test_the_monitor_s_own_kinds_cannot_be_given(council: Council) -> None:
    council.write("events", {**LETTER, "kind": "load"})
    council.write("episodes", {**PLACEMENT, "kind": "start-unknown"}, {**PLACEMENT, "kind": "feed"})
    assert len(told(council)) == 3


def test_a_code_that_the_kind_does_not_know_is_unknown_and_an_attribute_of_another_kind_is_left_out(
    council: Council,
) -> None:
    council.write("episodes", {**PLACEMENT, "long_term": "perhaps", "decision": "assess", "type": "U1"})
    assert told(council) == [
        "episodes.csv row 2: column long_term: the code is not known. Allowed: no, yes. "
        "The cell is taken as unknown.",
        "episodes.csv row 2: column decision: a placement has no such attribute. The cell is taken as unknown.",
    ]
    assert [each["attributes"] for each in episodes(council, "placement")] == [{"type": "U1"}]


def test_a_date_among_the_attributes_is_read_as_one(council: Council) -> None:
    council.write("episodes", {**PLACEMENT, "extension_ends_on": "01/10/2026"})
    assert "column extension_ends_on: it is not a date" in told(council)[0]


def test_a_row_must_say_whose_it_is_and_what_it_is_about(council: Council) -> None:
    council.write("episodes", {**PLACEMENT, "child_id": ""})
    council.write("events", {**LETTER, "about": ""}, {**LETTER, "event_id": "X2", "child_id": ""})
    assert [fault.split(": ")[1] for fault in told(council)] == [
        "column child_id",
        "column about",
        "column child_id",
    ]


def test_what_an_episode_is_about_is_asked_for_by_its_column(council: Council) -> None:
    stay = {"episode_id": "CS1", "kind": "court-stay", "child_id": "C1", "start_on": "2026-10-12"}
    council.write("episodes", stay)
    assert told(council) == [
        "episodes.csv row 2: column about: is empty: the row was refused. "
        "Fill it in: the id of the plo-case to which it belongs."
    ]
    council.write("episodes", {**stay, "about": "P1"})
    council.write("plo", {"case_id": "P1", "child_id": "C1", "gateway_on": "2026-09-01"})
    assert told(council) == []
    (case,), (made,) = episodes(council, "plo-case"), episodes(council, "court-stay")
    assert (made["record"], made["ref"]) == (case["record"], "CS1")


def test_an_episode_that_belongs_to_no_other_row_is_about_itself(council: Council) -> None:
    council.write("episodes", {**PLACEMENT, "about": "P1"})
    assert told(council) == [
        "episodes.csv row 2: column about: a placement is about no other row. The cell is taken as unknown."
    ]
    assert [each["record"] for each in episodes(council, "placement")] == ["registers|PL1|registers:C1"]


def test_an_end_before_its_start_is_refused_here_too(council: Council) -> None:
    council.write("episodes", {**PLACEMENT, "end_on": "2026-08-31"})
    assert "column end_on: lies before the start" in told(council)[0]


def test_a_column_that_no_kind_has_refuses_the_file(council: Council) -> None:
    council.write("episodes", PLACEMENT)
    council.write("events", {**LETTER, "mood": "good"})
    assert told(council)[0].startswith("events.csv: has a column 'mood' that this register does not know.")


def test_the_kinds_and_attributes_that_are_there_are_carried(council: Council) -> None:
    council.write("episodes", {**PLACEMENT, "long_term": "", "decision": ""})
    council.take()
    items = tables.carries.select().with_only_columns(tables.carries.c.item)
    with council.home.engine.connect() as connection:
        carried = set(connection.scalars(items.where(tables.carries.c.register == "episodes")))
    assert carried == {"placement", "placement.long_term"}
