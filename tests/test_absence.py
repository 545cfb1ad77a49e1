"""Absence of data neither clears, nor opens what is restricted, nor excuses; and a mistake put right is gone."""

from datetime import timedelta

from monitor.bootstrap import Home
from monitor.clocks import clocks
from tests.conftest import TODAY, Council
from tests.test_alert_life import first_look, later, told
from tests.test_duties import judged, write
from tests.test_sweep_life import alerts, people, request, requests, swept

PLAN_B = "perm-plan-b-missing"


def in_care(council: Council, *, plans: range) -> None:
    write(
        council,
        "care_episodes",
        *({"episode_id": f"E{n}", "child_id": f"C{n}", "start_on": "2026-10-01"} for n in range(25)),
    )
    write(
        council,
        "permanence",
        *({"child_id": f"C{n}", "plan_a": "adoption", "plan_a_on": "2026-11-02"} for n in plans),
    )
    write(council, "reviews")


def test_a_plan_a_that_vanished_clears_no_missing_plan_b(council: Council) -> None:
    in_care(council, plans=range(25))
    council.take()
    swept(council.home, TODAY)
    in_care(council, plans=range(1, 25))
    council.take(later(1))
    report = swept(council.home, later(1))
    assert (report.closed.total(), report.waiting) == (0, 1)
    assert alerts(council.home, PLAN_B).count(("open", "overdue")) == 25


def test_a_list_of_placements_without_their_ends_clears_no_missing_plan_b(council: Council) -> None:
    in_care(council, plans=range(25))
    council.take()
    swept(council.home, TODAY)
    placement = {"placement_id": "P1", "child_id": "C1", "start_on": "2026-10-01", "long_term": "yes"}
    council.write("placements", placement)
    council.take(later(1))
    report = swept(council.home, later(1))
    assert (report.closed.total(), report.waiting) == (0, 1)
    found = clocks(council.home, as_at=later(1), known_at=None, rule=PLAN_B)
    clock = next(clock for clock, _ in found if clock.row.child == "registers:C1")
    assert clock.why == (
        "Cannot tell: whether what rules it out still lasts is not known: its source does not carry placement.end."
    )
    council.write("placements", {**placement, "end_on": ""})
    council.take(later(2))
    assert swept(council.home, later(2)).closed.total() == 1


def test_a_plan_a_whose_day_was_corrected_carries_the_alert_on(council: Council) -> None:
    in_care(council, plans=range(25))
    council.take()
    swept(council.home, TODAY)
    path = council.folder / "permanence.csv"
    path.write_text(
        path.read_text(encoding="utf-8").replace("C3,adoption,2026-11-02", "C3,adoption,2026-11-03")
    )
    council.take(later(1))
    report = swept(council.home, later(1))
    assert (report.moved["re-dated"], report.opened[PLAN_B]) == (1, 0)


def restricted_case(council: Council, *, others: int, listed: bool) -> None:
    children = [{"child_id": f"C{n}", "team_id": "T1", "restricted": "no"} for n in range(50, 50 + others)]
    if listed:
        children.append({"child_id": "C1", "team_id": "T1", "restricted": "yes"})
    council.write("children", *children)
    council.write("named", {"child_id": "C1", "worker_id": "W1", "from_on": "2026-01-01"})


def test_a_restricted_child_whose_row_vanished_stays_restricted(council: Council) -> None:
    first_look(council)
    for listed, day in ((True, TODAY), (False, later(1))):
        restricted_case(council, others=30, listed=listed)
        council.write("ehc", request(1, TODAY - timedelta(days=41)))
        council.take(day)
        swept(council.home, day)
    assert {address for _, _, address in told(council.home, "ehc-decide-6wk")} == {"w1"}


def test_a_list_that_no_longer_says_who_is_restricted_is_refused(council: Council) -> None:
    restricted_case(council, others=30, listed=True)
    council.take()
    council.write("children", {"child_id": "C1", "team_id": "T1"})
    taken = council.take(later(1))
    assert taken.file_faults == [
        "children.csv: has no column 'restricted', but some of its children are: put the column back."
    ]


def test_an_extension_put_right_is_as_if_it_had_never_been_wrong(council: Council) -> None:
    case = {"case_id": "P1", "child_id": "C1", "issued_on": "2026-05-25"}
    for granted, ends in (("2026-09-31", "2027-01-17"), ("2026-09-30", "2027-01-17")):
        write(council, "plo", {**case, "extension_granted_on": granted, "extension_ends_on": ends})
        council.take()
    assert judged(council, "plo-26-weeks") == {"P1": ("due-soon", "2027-01-17", "22 weeks in")}


def test_an_order_that_reaches_further_than_a_later_one_was_written_wrongly(council: Council) -> None:
    case = {"case_id": "P1", "child_id": "C1", "issued_on": "2026-05-04"}
    for granted, ends in (("2026-09-01", "2027-12-25"), ("2026-09-11", "2026-11-10")):
        write(council, "plo", {**case, "extension_granted_on": granted, "extension_ends_on": ends})
        council.take()
    assert judged(council, "plo-26-weeks") == {"P1": ("overdue", "2026-11-10", "overdue")}


def from_synergy(council: Council) -> Council:
    """A second source whose children and requests have the same bare ids, and are others."""
    return Council(Home(council.home.path), council.folder.parent / "synergy")


def test_two_sources_with_the_same_ids_do_not_stop_a_sweep(council: Council) -> None:
    nobody = {**request(1, TODAY - timedelta(days=25)), "case_officer_id": ""}
    other = from_synergy(council)
    for each, source in ((council, None), (other, "synergy")):
        each.write("children", {"child_id": "C1"})
        each.write("ehc", request(2, TODAY))
        each.take(source=source)
    people(council)
    council.take()
    swept(council.home, TODAY)
    for each, source in ((council, None), (other, "synergy")):
        each.write("ehc", nobody)
        each.take(later(1), source=source)
    swept(council.home, later(1))
    swept(council.home, later(1))
    assert len(alerts(council.home, "sys-role-unheld")) >= 2
    other.home.engine.dispose()


def test_an_excuse_excuses_no_row_of_another_source(council: Council) -> None:
    other = from_synergy(council)
    row = request(1, TODAY - timedelta(days=50))
    requests(council, row, as_at=TODAY)
    excuse = {"rule": "ehc-decide-6wk", "ref": "E1", "code": "exceptional", "reason": "see file", "by": "W1"}
    council.write("excuses", {**excuse, "on": str(TODAY), "review_on": "2026-12-20"})
    council.take()
    other.write("ehc", row)
    other.take(source="synergy")
    found = clocks(council.home, as_at=TODAY, known_at=None, rule="ehc-decide-6wk")
    assert {clock.row.source: clock.outcome.value for clock, _ in found} == {
        "registers": "excused",
        "synergy": "overdue",
    }
    other.home.engine.dispose()


def test_a_plan_b_of_an_earlier_time_in_care_clears_no_alert_of_this_one(council: Council) -> None:
    in_care(council, plans=range(25))
    path = council.folder / "permanence.csv"
    plans = path.read_text(encoding="utf-8").splitlines()
    old = dict.fromkeys(plans[0].split(","), "") | {"child_id": "C3", "plan_b": "guardianship"}
    path.write_text(
        "\n".join([*plans, ",".join((old | {"plan_b_on": "2024-05-01"}).values())]), encoding="utf-8"
    )
    council.take()
    swept(council.home, TODAY)
    kept = [
        line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("C3,adoption")
    ]
    path.write_text("\n".join(kept), encoding="utf-8")
    council.take(later(1))
    report = swept(council.home, later(1))
    assert (report.closed.total(), report.waiting) == (0, 1)
