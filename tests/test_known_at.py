"""Rows are kept by version: what was known on a day can be asked for ever."""

from datetime import date

from monitor.clocks import clocks
from tests.conftest import Council

REQUEST = {
    "request_id": "E1",
    "child_id": "C1",
    "received_on": "2026-09-01",
    "decided_on": "",
    "decision": "",
    "draft_sent_on": "",
    "no_plan_notice_on": "",
    "final_sent_on": "",
    "closed_on": "",
    "exception_code": "",
}


def test_a_corrected_date_and_the_date_known_before_both_have_their_answer(either_council: Council) -> None:
    council = either_council
    council.write("ehc", REQUEST)
    council.take(date(2026, 10, 1))
    council.write("ehc", {**REQUEST, "received_on": "2026-09-11"})
    taken = council.take(date(2026, 10, 20))
    assert (taken.new, taken.changed) == (0, 1)

    def due(known_at: date | None) -> list[date | None]:
        found = clocks(council.home, as_at=date(2026, 10, 20), known_at=known_at, rule="ehc-decide-6wk")
        return [clock.due_on for clock, _ in found]

    assert due(None) == [date(2026, 10, 23)]
    assert due(date(2026, 10, 20)) == [date(2026, 10, 23)]
    assert due(date(2026, 10, 19)) == [date(2026, 10, 13)]
    assert due(date(2026, 9, 30)) == []
