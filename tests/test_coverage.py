"""What a source feeds, and what would be needed: the table that a service lead takes to the system's supplier."""

import json

import pytest

from monitor.clocks import clocks
from monitor.coverage import Coverage, Fed, Wanted, read_coverage
from monitor.errors import Misuse
from tests.conftest import TODAY, Council, monitor

REQUEST = dict.fromkeys(("decided_on", "decision", "draft_sent_on", "final_sent_on", "closed_on"), "")
REQUEST |= {"request_id": "E1", "child_id": "C1", "received_on": "2026-07-13", "exception_code": ""}


def of(found: Coverage, rule: str) -> Fed:
    return next(each for each in found.fed if each.rule.id == rule)


def wanted(found: Coverage, item: str) -> Wanted:
    return next(each for each in found.wanted if str(each.need) == item)


def test_a_rule_is_fed_once_all_that_it_needs_is_carried(council: Council) -> None:
    council.write("ehc", {**REQUEST, "no_plan_notice_on": ""})
    council.take()
    (found,) = read_coverage(council.home)
    assert (of(found, "ehc-final-20wk").share, of(found, "ehc-final-20wk").lacks) == ("whole", ())


def test_what_lacks_is_told_with_the_column_and_the_formats_that_have_a_place_for_it(
    council: Council,
) -> None:
    council.write("ehc", REQUEST)
    council.take()
    (found,) = read_coverage(council.home)
    final = of(found, "ehc-final-20wk")
    assert (final.share, list(map(str, final.lacks))) == ("in part", ["ehc-no-plan-notice"])
    lacks = wanted(found, "ehc-no-plan-notice")
    assert lacks.need.own  # the same source must carry it
    assert lacks.registers == ("ehc.csv: no_plan_notice_on",)
    assert "synergy-ehc" in lacks.formats
    assert {"ehc-final-20wk", "ehc-draft-wk16"}.issubset(lacks.rules)


def test_what_another_source_has_does_not_lack(council: Council) -> None:
    council.write("workers", {"worker_id": "W1", "started_on": "2024-01-08", "left_on": ""})
    council.take()
    (alone,) = read_coverage(council.home, "registers")
    assert list(map(str, of(alone, "sup-monthly").lacks)) == ["supervision", "supervision.session"]
    session = {"worker_id": "W1", "kind": "one-to-one", "held_on": "2026-11-02"}
    council.write("supervision", session)
    (council.folder / "workers.csv").unlink()
    council.take(source="tracker")
    (workers,) = read_coverage(council.home, "registers")
    assert (of(workers, "sup-monthly").share, of(workers, "sup-monthly").from_others) == (
        "whole",
        ("tracker",),
    )
    (tracker,) = read_coverage(council.home, "tracker")
    assert of(tracker, "sup-monthly").share == "helps"


def test_every_rule_that_is_no_concern_of_loads_is_counted_once(council: Council) -> None:
    council.write("ehc", REQUEST)
    council.take()
    (found,) = read_coverage(council.home)
    asked = [
        rule
        for rule in council.home.every_rule
        if rule.off is None and rule.each not in ("feed", "start-unknown", "bad-rows")
    ]
    assert len(found.fed) + found.untouched == len([rule for rule in asked if rule.each != "identity-gap"])


def test_a_kind_without_a_register_of_its_own_stands_in_those_for_any(council: Council) -> None:
    council.write("ehc", REQUEST)
    council.take()
    assert all(each.registers for each in read_coverage(council.home)[0].wanted)


def test_a_source_that_never_sent_anything_is_not_guessed_at(council: Council) -> None:
    council.write("ehc", REQUEST)
    council.take()
    with pytest.raises(Misuse, match="nothing has been taken in of 'ehcs'"):
        read_coverage(council.home, "ehcs")


def test_the_command_prints_the_table_and_the_same_as_json(council: Council) -> None:
    council.write("ehc", REQUEST)
    council.take()
    home = council.home.path
    (home / "config").mkdir()
    council.home.engine.dispose()
    shown = monitor("--home", home, "intake", "coverage", "--source", "registers")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "registers, data of 2026-11-23: can feed " in shown.stdout
    assert "ehc.csv: no_plan_notice_on" in shown.stdout
    (found,) = json.loads(monitor("--home", home, "intake", "coverage", "--json").stdout)
    assert found["source"] == "registers"
    assert {"items": ["ehc-no-plan-notice"], "from": "this source"}.items() <= next(
        each for each in found["needed"] if each["items"] == ["ehc-no-plan-notice"]
    ).items()


def test_a_gap_in_who_a_child_is_can_be_judged_from_the_first_load(every_rule: Council) -> None:
    twins = ({"child_id": each, "upn": "A820432109001"} for each in ("C1", "C2"))
    every_rule.write("children", *twins)
    every_rule.take(source="registers")
    found = clocks(every_rule.home, as_at=TODAY, known_at=None, rule="sys-identity-gap")
    assert [str(clock.outcome) for clock, _ in found] == ["due-soon", "due-soon"]
