"""What changed: open alerts against the clocks of today."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

import pytest

from monitor.model import Clock, Outcome, Unsure, Went, Whereabouts
from monitor.reconcile import Changes, Finding, OpenAlert, Place, reconcile
from tests.builders import MONDAY, a_finding, a_row, an_alert

RAN = frozenset({"ehc-decide-6wk", "jdg"})


def changes(
    alerts: Iterable[OpenAlert] = (),
    findings: Iterable[Finding] = (),
    quiet: Mapping[Place, list[Clock]] | None = None,
    *,
    went: Went = Went.VANISHED,
    ran: frozenset[str] = RAN,
    leans_on: Mapping[str, frozenset[str]] | None = None,
) -> Changes:
    return reconcile(
        alerts,
        findings,
        quiet or {},
        ran=ran,
        seek=lambda _: Whereabouts(went=went, why=f"{went}.", load_id=7),
        is_backlog=lambda _: False,
        leans_on=leans_on,
    )


def a_quiet_clock(outcome: Outcome, unsure: Unsure | None = None) -> dict[Place, list[Clock]]:
    clock = Clock(
        rule="ehc-decide-6wk",
        row=a_row(),
        started_on=date(2026, 10, 1),
        due_on=date(2026, 12, 12),
        act_by=date(2026, 12, 11),
        outcome=outcome,
        stage=None,
        stage_no=0,
        stage_on=None,
        why=f"It is {outcome}.",
        data_day=MONDAY,
        unsure=unsure,
    )
    return {("ehc-decide-6wk", "registers:C1", "E1"): [clock]}


def test_a_new_finding_opens_an_alert() -> None:
    assert [opened.finding for opened in changes(findings=[a_finding()]).opened] == [a_finding()]


def test_the_same_finding_again_changes_nothing() -> None:
    kept = changes([an_alert()], [a_finding()]).kept
    assert [each.kinds for each in kept] == [()]


@pytest.mark.parametrize(("stage_no", "kind"), [(3, "worsened"), (1, "eased")])
def test_a_finding_at_another_stage_worsens_or_eases_its_alert(stage_no: int, kind: str) -> None:
    assert changes([an_alert()], [a_finding(stage_no=stage_no)]).kept[0].kinds == (kind,)


def test_a_moved_last_day_re_dates_the_alert_and_its_later_stages_are_told_again() -> None:
    kept = changes([an_alert()], [a_finding(due_on=date(2027, 1, 8), stage_no=1)]).kept[0]
    assert kept.kinds == ("re-dated", "eased")
    assert kept.told_no == 1


def test_an_alert_that_eased_without_a_new_last_day_is_not_told_again() -> None:
    assert changes([an_alert()], [a_finding(stage_no=1)]).kept[0].told_no == 2


def test_a_corrected_start_carries_the_alert_on() -> None:
    found = changes([an_alert()], [a_finding(started_on=date(2026, 10, 2))], went=Went.CORRECTED)
    assert (len(found.kept), found.opened, found.closed) == (1, [], [])


def test_a_start_moved_by_a_new_event_clears_and_opens() -> None:
    found = changes([an_alert()], [a_finding(started_on=date(2026, 11, 2))], went=Went.STARTED_ANEW)
    assert (len(found.opened), [each.kind for each in found.closed]) == (1, ["cleared"])


@pytest.mark.parametrize(
    ("went", "kind"), [(Went.STOPPED, "cleared"), (Went.CEASED, "cleared"), (Went.ENDED, "lapsed")]
)
def test_data_that_answers_an_alert_closes_it_and_the_load_is_named(went: Went, kind: str) -> None:
    closed = changes([an_alert()], went=went).closed
    assert [(each.kind, each.load_id) for each in closed] == [(kind, 7)]


def test_a_row_that_vanished_leaves_its_alert_waiting() -> None:
    found = changes([an_alert()], went=Went.VANISHED)
    assert (found.closed, [alert.id for alert, _ in found.waiting]) == ([], [1])


def test_a_rule_that_did_not_run_closes_nothing_whatever_became_of_the_row() -> None:
    found = changes([an_alert()], went=Went.STOPPED, ran=frozenset())
    assert (found.closed, len(found.waiting)) == ([], 1)


def test_a_clock_that_cannot_tell_leaves_its_alert_waiting() -> None:
    found = changes([an_alert()], quiet=a_quiet_clock(Outcome.CANNOT_TELL, Unsure.STALE), went=Went.STOPPED)
    assert (found.closed, found.waiting[0][1]) == ([], "It is cannot-tell.")


def test_a_clock_that_is_back_in_time_clears_its_alert() -> None:
    closed = changes([an_alert()], quiet=a_quiet_clock(Outcome.IN_TIME)).closed
    assert closed[0].why == "Back in time. It is in-time."


def test_what_a_judgement_raised_waits_while_what_led_to_it_waits() -> None:
    raised = an_alert(id=2, rule="jdg")
    leans_on = {"jdg": frozenset({"ehc-decide-6wk"})}
    waits = changes([an_alert(), raised], went=Went.VANISHED, leans_on=leans_on)
    assert {alert.id for alert, _ in waits.waiting} == {1, 2}


def test_of_two_sources_with_the_same_row_the_worse_stands() -> None:
    worse = replace(a_finding(stage_no=3), row=a_row(source="other"))
    assert [opened.finding.stage_no for opened in changes(findings=[a_finding(), worse]).opened] == [3]


def test_only_another_team_counts_as_moved() -> None:
    kept = changes([an_alert()], [a_finding(team="registers:T2")]).kept[0]
    lost = changes([an_alert()], [a_finding(team=None)]).kept[0]
    assert (kept.moved_team, lost.moved_team) == (True, False)
