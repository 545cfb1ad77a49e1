"""The mappings that ship for systems and trackers: each with an example that goes in, and the traps of its kind."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from monitor import tables
from monitor.clocks import clocks
from monitor.errors import BadIntake
from monitor.intake.mapping import shipped
from monitor.intake.take import Taken
from monitor.model import bare
from tests.conftest import Council
from tests.in_force import episodes, events, in_force, row_counts

EXAMPLES = Path(__file__).parents[1] / "docs" / "examples"
AS_AT = date(2026, 11, 20)  # a Friday
# By mapping, the rows of each register that its example makes.
ROWS = {
    "care-director": "children 2, allocations 3, cases 4",
    "ccis": "children 7, leaver_contacts 1, destinations 7",
    "core-plus": "children 1, remands 2, custody 2, youth_justice_orders 3",
    "mosaic": (
        "children 4, teams 1, workers 3, allocations 4, care_episodes 2, legal_statuses 3, placements 1, reviews 5, "
        "visits 4, child_protection 2, referrals 3, meetings 3, episodes 1, cases 3, child_in_need 1"
    ),
    "permanence-tracker": "permanence 5",
    "plo-tracker": "plo 6",
    "supervision-tracker": "supervision 5",
    "synergy-ehc": "children 5, ehc 5, ehc_plans 1",
}


def example(name: str) -> Path:
    folder = EXAMPLES / name
    return folder if folder.is_dir() else EXAMPLES / f"{name}.csv"


def take(council: Council, name: str, *paths: Path, as_at: date = AS_AT) -> Taken:
    return council.take_as("mapped", *(paths or (example(name),)), as_at=as_at, mapping=name)


def take_text(council: Council, name: str, text: str, called: str = "list") -> Taken:
    """The mapping on a list of this text: cells parted by commas, rows by lines."""
    council.folder.mkdir(exist_ok=True)
    path = council.folder / f"{called}.csv"
    path.write_text(text, encoding="utf-8")
    return take(council, name, path)


def told(taken: Taken) -> list[str]:
    return [problem.told(name) for name, problem in taken.problems]


def outcomes(council: Council, *rules: str, as_at: date = AS_AT) -> dict[tuple[str, str], str]:
    """By rule and child or worker, how its clock stands; `rules` are the beginnings of their names."""
    found = clocks(council.home, as_at=as_at, known_at=None, rule=None)
    return {
        (clock.rule, bare(clock.row.child or clock.row.worker) or clock.row.ref): str(clock.outcome)
        for clock, _ in found
        if clock.rule.startswith(rules)
    }


def lasting(council: Council, kind: str) -> list[tuple[str, str, str]]:
    """Ref, start and end of the Episodes of a kind."""
    return [(each["ref"], str(each["start_on"]), str(each["end_on"])) for each in episodes(council, kind)]


def done(council: Council, kind: str) -> list[tuple[str, str]]:
    """Child and day of the Events of a kind, planned ones with None."""
    return [(str(bare(each["child_key"])), str(each["done_on"])) for each in events(council, kind)]


def settings(council: Council, text: str, file: str = "sources.yaml") -> None:
    """A file of the home's config, before the home reads it."""
    config: Path = council.home.path / "config"
    config.mkdir(parents=True, exist_ok=True)
    (config / file).write_text(text, encoding="utf-8")


def say_whose(council: Council, source: str) -> None:
    settings(council, f"{source}:\n  ids: {{ child: registers, worker: registers }}\n")


def name_workers(council: Council, issuer: str, names: Mapping[str, str]) -> None:
    lines = [f"worker,{issuer},{name},{issuer},{own}" for name, own in names.items()]
    settings(council, "\n".join(["what,issuer,id,is_issuer,is_id", *lines, ""]), "crosswalk.csv")


def test_every_shipped_mapping_that_is_no_national_format_has_an_example() -> None:
    assert sorted(ROWS) == sorted(name for name, form in shipped().items() if not form.is_national)


@pytest.mark.parametrize("name", sorted(ROWS))
class TestEveryExample:
    def test_goes_in_whole(self, council: Council, name: str) -> None:
        taken = take(council, name)
        rows = ", ".join(f"{register} {count}" for register, count in taken.rows_by_register.items())
        assert (rows, told(taken), taken.file_faults) == (ROWS[name], [], [])

    def test_taken_twice_changes_and_writes_nothing(self, council: Council, name: str) -> None:
        settings(council, f"{name}:\n  may-repeat: yes\n")
        take(council, name)
        before = row_counts(council)
        assert take(council, name).is_same
        assert row_counts(council) == before
        again = take(council, name, as_at=date(2026, 11, 23))
        assert (again.new, again.changed, again.withdrawn) == (0, 0, 0)
        after = row_counts(council)
        assert {table: after[table] - before[table] for table in after if after[table] != before[table]} == {
            "event": 1  # the load itself
        }

    def test_leaves_no_name_and_no_free_text_in_the_ledger(self, council: Council, name: str) -> None:
        take(council, name)
        with council.home.engine.connect() as connection:
            for table in tables.metadata.tables.values():
                kept = repr(connection.execute(table.select()).all())
                assert "SURNAME" not in kept, table.name
                assert "free text" not in kept, table.name


class TestTheLegalPlanningTracker:
    def test_feeds_the_clocks_of_the_outline(self, council: Council) -> None:
        take(council, "plo-tracker")
        found = outcomes(council, "plo-gateway", "plo-preproc", "plo-26", "plo-stalled")
        assert found == {
            ("plo-gateway-to-letter", "0012380"): "overdue",
            ("plo-preproc-16wk", "0012345"): "overdue",
            ("plo-preproc-16wk", "0012346"): "overdue",
            ("plo-preproc-16wk", "0012360"): "in-time",
            ("plo-26-weeks", "0012371"): "in-time",
            ("plo-stalled", "0012345"): "overdue",
            ("plo-stalled", "0012346"): "overdue",
            ("plo-stalled", "0012360"): "overdue",
            ("plo-stalled", "0012371"): "in-time",
            ("plo-stalled", "0012380"): "overdue",
        }

    def test_a_second_time_in_the_outline_is_a_case_of_its_own_and_the_first_ending_does_not_end_it(
        self, council: Council
    ) -> None:
        take(council, "plo-tracker")
        assert [each for each in lasting(council, "plo-case") if each[0].startswith("0012360")] == [
            ("0012360-2026-01-05", "2026-01-05", "2026-04-30"),
            ("0012360-2026-10-12", "2026-10-12", "None"),
        ]

    def test_a_row_that_stands_under_current_and_under_closed_is_one_case(self, council: Council) -> None:
        header = "Mosaic ID,Legal gateway,LBP sent,PLO end date\n"
        council.folder.mkdir()
        (council.folder / "Current.csv").write_text(
            header + "0012,05/01/2026,09/01/2026,\n", encoding="utf-8"
        )
        (council.folder / "Closed.csv").write_text(
            header + "0012,05/01/2026,09/01/2026,30/04/2026\n", encoding="utf-8"
        )
        take(council, "plo-tracker", council.folder)
        assert lasting(council, "plo-case") == [("0012-2026-01-05", "2026-01-05", "2026-04-30")]

    def test_a_reference_that_an_old_case_and_a_new_one_share_ends_neither(self, council: Council) -> None:
        taken = take_text(
            council,
            "plo-tracker",
            "PLO ref,Mosaic ID,Legal gateway,LBP sent,Midpoint review,PLO end date,Final order\n"
            "P1,0012,06/01/2025,09/01/2025,,30/04/2025,\n"
            "P1,0012,08/06/2026,11/06/2026,,,\n",
        )
        assert "list.csv row 2: column exited_on: row 3 has the same id and says otherwise." in told(taken)[2]
        assert outcomes(council, "plo-preproc") == {("plo-preproc-16wk", "0012"): "cannot-tell"}

    def test_two_sheets_that_contradict_each_other_end_no_case(self, council: Council) -> None:
        header = "PLO ref,Mosaic ID,Legal gateway,LBP sent,PLO end date,Final order\n"
        council.folder.mkdir()
        (council.folder / "Closed.csv").write_text(
            header + "P1,0012,06/01/2025,09/01/2025,30/04/2025,\n", encoding="utf-8"
        )
        (council.folder / "Current.csv").write_text(
            header + "P1,0012,08/06/2026,11/06/2026,,\n", encoding="utf-8"
        )
        taken = take(council, "plo-tracker", council.folder)
        assert (
            "Closed.csv row 2: column exited_on: Current.csv row 2 has the same id and says otherwise. "
            "The cell is taken as unknown."
        ) in told(taken)
        assert outcomes(council, "plo-preproc") == {("plo-preproc-16wk", "0012"): "cannot-tell"}

    def test_a_case_with_neither_a_reference_nor_a_day_is_refused_and_told(self, council: Council) -> None:
        text = "Mosaic ID,Legal gateway,LBP sent,Last action date\n0012,,09/01/2026,\n0013,,,15/09/2026\n"
        assert told(take_text(council, "plo-tracker", text)) == [
            "list.csv row 3: column case_id: it is made of 'Legal gateway', which is empty here: the row was refused."
        ]
        assert [ref for ref, _, _ in lasting(council, "plo-case")] == ["0012-2026-01-09"]

    def test_leading_noughts_of_an_id_stay(self, council: Council) -> None:
        take(council, "plo-tracker")
        assert {each["child_key"] for each in in_force(council, tables.child)} >= {"plo-tracker:0012345"}

    def test_an_outcome_that_nobody_knows_is_unknown_and_not_none(self, council: Council) -> None:
        text = "Mosaic ID,LBP sent,Outcome\n0012,09/01/2026,adjourned\n"
        assert told(take_text(council, "plo-tracker", text)) == [
            "list.csv row 2: column exit_outcome: the code is not known; known are stepped-down, issued, closed. "
            "The cell is taken as unknown."
        ]

    def test_without_a_column_for_the_final_order_its_clocks_cannot_tell(self, council: Council) -> None:
        take_text(council, "plo-tracker", "Mosaic ID,Legal gateway,LBP sent\n0012,09/11/2026,\n")
        assert outcomes(council, "plo-gateway") == {("plo-gateway-to-letter", "0012"): "cannot-tell"}

    def test_american_dates_are_not_guessed_at(self, council: Council) -> None:
        text = "Mosaic ID,Legal gateway,LBP sent\n0012,11/23/2026,\n"
        assert told(take_text(council, "plo-tracker", text)) == [
            "list.csv row 2: column gateway_on: there is no such day. The cell is taken as unknown."
        ]


class TestTheSupervisionTracker:
    def test_with_the_workers_of_the_case_system_it_feeds_the_monthly_clock(self, council: Council) -> None:
        say_whose(council, "supervision-tracker")
        council.write(
            "workers",
            *(
                {"worker_id": each, "started_on": "2024-01-08", "left_on": ""}
                for each in ("W17", "W18", "W19")
            ),
        )
        council.take(as_at=AS_AT)
        take(council, "supervision-tracker")
        assert outcomes(council, "sup-monthly") == {
            ("sup-monthly", "W17"): "in-time",
            ("sup-monthly", "W18"): "overdue",  # that of 30 November is a plan
            ("sup-monthly", "W19"): "overdue",  # in a group is not one to one
        }

    def test_names_of_workers_are_looked_up_and_one_that_is_not_known_is_refused(
        self, council: Council
    ) -> None:
        name_workers(council, "supervision-tracker", {"Social worker 17": "W17"})
        # A no-break space, as systems write it.
        text = "Worker,Type,Date\nSocial\u00a0worker 17,1:1,02/11/2026\nSocial worker 99,1:1,02/11/2026\n"
        assert told(take_text(council, "supervision-tracker", text)) == [
            "list.csv row 3: column worker_id: is empty: the row was refused. Fill it in."
        ]
        assert [each["worker_key"] for each in events(council, "supervision")] == ["supervision-tracker:W17"]

    @pytest.mark.parametrize(
        ("status", "found"),
        [
            ("Held", [("2026-11-02", False)]),
            ("", [("2026-11-02", False)]),
            ("Cancelled", []),
            ("Worker unwell", [("None", True)]),
        ],
    )
    def test_a_session_that_its_status_says_was_not_held_is_none(
        self, council: Council, status: str, found: list[tuple[str, bool]]
    ) -> None:
        text = f"Worker ID,Type,Date,Status\nW17,1:1,02/11/2026,{status}\n"
        take_text(council, "supervision-tracker", text)
        assert [(str(each["done_on"]), each["unknown"]) for each in events(council, "supervision")] == found

    def test_a_tracker_that_begins_anew_in_april_takes_no_session_back(self, council: Council) -> None:
        header = "Worker ID,Type,Date\n"
        old = header + "W17,1:1,02/03/2026\nW18,1:1,03/03/2026\nW19,1:1,04/03/2026\n"
        take_text(council, "supervision-tracker", old)
        path = council.folder / "list.csv"
        path.write_text(header + "W17,1:1,07/04/2026\nW18,1:1,08/04/2026\n", encoding="utf-8")
        taken = take(council, "supervision-tracker", path, as_at=date(2026, 11, 21))
        assert (taken.holds, taken.withdrawn, len(events(council, "supervision"))) == ([], 0, 5)

    def test_a_record_still_to_be_signed_outlives_the_year_of_its_session(self, council: Council) -> None:
        header = "Worker ID,Type,Date,Date signed\n"
        council.folder.mkdir(exist_ok=True)
        path = council.folder / "list.csv"
        path.write_text(header + "W17,1:1,02/03/2026,\nW18,1:1,03/03/2026,\n", encoding="utf-8")
        take(council, "supervision-tracker", path, as_at=date(2026, 3, 31))
        path.write_text(header + "W17,1:1,07/04/2026,\n", encoding="utf-8")
        taken = take(council, "supervision-tracker", path, as_at=date(2026, 4, 8))
        assert (taken.holds, taken.withdrawn, len(episodes(council, "session-record"))) == ([], 0, 3)

    def test_the_first_tracker_of_a_new_year_is_short_and_not_held(self, council: Council) -> None:
        header = "Worker ID,Type,Date\n"
        old = header + "".join(f"W{number},1:1,02/03/2026\n" for number in range(30))
        council.folder.mkdir(exist_ok=True)
        path = council.folder / "list.csv"
        path.write_text(old, encoding="utf-8")
        take(council, "supervision-tracker", path, as_at=date(2026, 3, 31))
        path.write_text(header + "W17,1:1,07/04/2026\n", encoding="utf-8")
        assert take(council, "supervision-tracker", path, as_at=date(2026, 4, 8)).holds == []
        path.write_text(header, encoding="utf-8")
        assert take(council, "supervision-tracker", path, as_at=date(2026, 4, 9)).holds


class TestThePermanenceTracker:
    def with_care(self, council: Council) -> None:
        cared_for = ("0012345", "0012346", "0012350", "0012351")
        rows = [
            {
                "episode_id": f"CE{each}",
                "child_id": each,
                "start_on": "2026-02-02",
                "end_on": "",
                "short_breaks": "no",
            }
            for each in cared_for
        ]
        council.write("children", *({"child_id": each} for each in cared_for))
        council.write("care_episodes", *rows)
        council.write("reviews", {"child_id": "0012345", "kind": "cla", "held_on": "2026-02-24"})
        council.write("placements", columns=("placement_id", "child_id", "start_on", "end_on", "long_term"))
        council.write("plo", columns=("case_id", "child_id", "final_care_plan_on"))
        council.take(as_at=AS_AT)

    def test_tells_who_has_no_plan_b(self, council: Council) -> None:
        say_whose(council, "permanence-tracker")
        self.with_care(council)
        take(council, "permanence-tracker")
        assert {
            child
            for (_, child), stands in outcomes(council, "perm-plan-b-missing").items()
            if stands == "overdue"
        } == {
            "0012346",
        }

    def test_a_plan_b_that_is_to_be_confirmed_is_none(self, council: Council) -> None:
        take(council, "permanence-tracker")
        assert ("0012346", "None") not in done(council, "plan-b")
        assert len(done(council, "plan-b")) == 2

    def test_the_reason_is_looked_at_and_dropped(self, council: Council) -> None:
        take(council, "permanence-tracker")
        (waiver,) = events(council, "plan-b-waiver")
        assert waiver["attributes"] == {"until": "2027-01-31", "reason_given": "yes", "iro_named": "yes"}

    def test_a_plan_that_another_replaced_has_ended(self, council: Council) -> None:
        take(council, "permanence-tracker")
        assert [end for ref, _, end in lasting(council, "permanence-plan") if ref == "0012351"] == [
            "2026-10-05",
            "None",
        ]


class TestTheListOfCareDirector:
    def test_tells_which_cases_stayed_behind(self, every_rule: Council) -> None:
        take(every_rule, "care-director")
        assert outcomes(every_rule, "sys-legacy") == {
            ("sys-legacy-open", "CD-201"): "in-time",
            ("sys-legacy-open", "CD-202"): "overdue",
            ("sys-legacy-open", "CD-203"): "due-soon",  # no day is set: the data steward is told at once
        }

    def test_a_child_is_found_again_in_the_new_system_by_a_number_of_its_own(self, council: Council) -> None:
        council.write("children", {"child_id": "0012345", "dob": "2014-03-09", "upn": "A820432109001"})
        council.take(as_at=AS_AT)
        taken = take(council, "care-director")
        assert "1 of 4 children (25%) is known to another system: 1 by UPN." in taken.notes
        assert {each["child_key"] for each in episodes(council, "open-case")} >= {"registers:0012345"}

    def test_what_has_been_moved_and_is_no_longer_listed_is_no_longer_open(self, council: Council) -> None:
        take(council, "care-director")
        text = example("care-director").read_text(encoding="utf-8")
        path = council.folder / "care-director.csv"
        council.folder.mkdir()
        rest = [line for line in text.splitlines() if not line.startswith("CD-201")]
        path.write_text("\n".join(rest) + "\n", encoding="utf-8")
        take(council, "care-director", path, as_at=date(2026, 11, 23))
        assert [ref for ref, _, _ in lasting(council, "open-case")] == ["CD-C-2", "CD-C-3", "CD-C-4"]


class TestTheClientCaseloadExtract:
    def test_counts_from_the_day_since_which_a_young_person_has_had_nothing(
        self, every_rule: Council
    ) -> None:
        take(every_rule, "ccis")
        statuses = {each["child_key"][-3:]: each for each in episodes(every_rule, "eet-status")}
        assert {child: (str(each["start_on"]), each["attributes"]) for child, each in statuses.items()} == {
            "101": ("2026-09-01", {"status": "neet"}),
            "102": ("2026-09-01", {"status": "in-learning"}),
            "103": ("2026-09-14", {"status": "neet", "unavailable": "parenthood"}),
            "104": ("2026-10-05", {"status": "not-known"}),
            "105": ("2026-09-08", {"status": "not-known"}),  # it has lapsed
            "106": ("2026-10-19", {"status": "neet"}),
            "107": ("2026-11-02", {"status": "neet", "unavailable": "custody"}),
        }
        assert {child[-3:] for _, child in outcomes(every_rule, "ccis-not-known")} == {"101", "104", "105"}

    def test_another_activity_that_is_none_either_does_not_begin_the_time_anew(
        self, council: Council
    ) -> None:
        take(council, "ccis")
        text = example("ccis").read_text(encoding="utf-8")
        council.folder.mkdir()
        path = council.folder / "ccis.csv"
        path.write_text(
            text.replace("610,12/10/2026,,01/09/2026", "615,16/11/2026,,01/09/2026"), encoding="utf-8"
        )
        taken = take(council, "ccis", path, as_at=date(2026, 11, 23))
        assert (taken.new, taken.changed, taken.withdrawn) == (0, 0, 0)

    def test_an_activity_that_is_not_in_the_list_is_refused_and_not_passed_over(
        self, council: Council
    ) -> None:
        text = "YPID,Activity Code,Start Date\n3830000000101,999,01/09/2026\n"
        assert told(take_text(council, "ccis", text)) == [
            "list.csv row 2: column status: the code is not known; known are in-learning, working, neet, not-known, "
            "parenthood, illness, custody, other: the row was refused."
        ]

    @pytest.mark.parametrize("activity", ["610", "615,01/08/2026", "640", "650", "710", "210"])
    def test_where_nobody_can_read_whether_it_has_lapsed_the_day_since_which_is_unknown(
        self, council: Council, activity: str
    ) -> None:
        code, _, neet_since = activity.partition(",")
        row = f"3830000000101,{code},01/09/2026,{neet_since},perhaps"
        text = f"YPID,Activity Code,Start Date,NEET Start Date,Currency Lapsed\n{row}\n"
        taken = take_text(council, "ccis", text)
        (status,) = episodes(council, "eet-status")
        assert (status["start_on"], status["start_unknown"]) == (None, "unreadable")
        assert told(taken) == [
            "list.csv row 2: column start_on: 'Currency Lapsed' decides it, and it must be yes or no. "
            "The cell is taken as unknown."
        ]

    def test_an_id_that_a_spreadsheet_has_rounded_is_refused(self, council: Council) -> None:
        text = "YPID,Activity Code,Start Date\n3.83E+12,610,01/09/2026\n"
        assert "a spreadsheet has rounded this id" in told(take_text(council, "ccis", text))[0]

    def test_codes_may_come_with_their_words(self, council: Council) -> None:
        text = "YPID,Activity Code,Start Date\n3830000000101,640 - Teenage parent,01/09/2026\n"
        take_text(council, "ccis", text)
        assert episodes(council, "eet-status")[0]["attributes"]["unavailable"] == "parenthood"

    def test_without_days_of_offers_nothing_can_be_told(self, every_rule: Council) -> None:
        text = "YPID,Activity Code,Start Date,End date\n3830000000101,610,01/09/2026,\n"
        take_text(every_rule, "ccis", text)
        assert outcomes(every_rule, "ccis-not-known") == {("ccis-not-known", "3830000000101"): "cannot-tell"}


class TestTheListOfSynergy:
    def test_feeds_the_clocks_of_an_assessment(self, council: Council) -> None:
        take(council, "synergy-ehc")
        assert outcomes(council, "ehc-") == {
            ("ehc-decide-6wk", "S1003"): "overdue",
            ("ehc-draft-wk16", "S1001"): "overdue",
            ("ehc-draft-wk16", "S1003"): "in-time",
            ("ehc-final-20wk", "S1001"): "due-soon",
            ("ehc-final-20wk", "S1002"): "excused",
            ("ehc-final-20wk", "S1003"): "in-time",
        }

    def test_a_plan_is_one_of_its_own_with_its_review(self, council: Council) -> None:
        take(council, "synergy-ehc")
        assert lasting(council, "ehc-plan") == [("EP640", "2025-01-17", "None")]
        assert done(council, "ehc-plan-reviewed") == [("S1004", "2026-01-26")]

    def test_without_the_notice_not_to_issue_twenty_weeks_cannot_be_told(self, council: Council) -> None:
        text = "Person ID,Case ID,Request received,Final plan sent,Case closed\nS1,E1,01/06/2026,,\n"
        take_text(council, "synergy-ehc", text)
        assert outcomes(council, "ehc-final") == {("ehc-final-20wk", "S1"): "cannot-tell"}

    def test_a_request_without_its_day_is_taken_and_said(self, council: Council) -> None:
        text = "Person ID,Case ID,Request received\nS1,E1,\n"
        assert take_text(council, "synergy-ehc", text).rows_without_start == {"list.csv": [2]}

    def test_requests_without_numbers_are_known_by_child_and_day(self, council: Council) -> None:
        text = "Person ID,Request received\nS1,01/06/2026\nS1,05/10/2026\n"
        take_text(council, "synergy-ehc", text)
        assert [ref for ref, _, _ in lasting(council, "ehc-request")] == ["S1-2026-06-01", "S1-2026-10-05"]

    def test_the_default_day_of_a_system_is_no_day(self, council: Council) -> None:
        text = "Person ID,Case ID,Request received,Final plan sent\nS1,E1,01/06/2026,01/01/1900\n"
        take_text(council, "synergy-ehc", text)
        assert done(council, "ehc-final-sent") == []


class TestTheExtractsOfCorePlus:
    def test_feed_the_clocks_of_youth_justice(self, every_rule: Council) -> None:
        take(every_rule, "core-plus")
        assert outcomes(every_rule, "yot-") == {
            ("yot-plan-20wd", "YJ502"): "overdue",
            ("yot-detention-plan-10wd", "YJ504"): "overdue",
            ("yot-remand-looked-after", "YJ504"): "overdue",
            ("yot-custody-visit-10wd", "YJ507"): "overdue",
        }

    def test_bail_is_no_remand(self, council: Council) -> None:
        take(council, "core-plus")
        assert [ref for ref, _, _ in lasting(council, "remand")] == ["R-8", "R-9"]

    def test_without_a_day_of_sign_off_the_plan_cannot_be_told(self, every_rule: Council) -> None:
        text = "Core+ ID,Order ID,Order date,Order end date,Assessment completed\nYJ1,O-1,12/10/2026,,02/11/2026\n"
        take_text(every_rule, "core-plus", text)
        assert outcomes(every_rule, "yot-plan") == {("yot-plan-20wd", "YJ1"): "cannot-tell"}


class TestTheReportsOfMosaic:
    def test_feed_the_clocks_of_care_protection_and_the_front_door(self, every_rule: Council) -> None:
        take(every_rule, "mosaic")
        told_of = outcomes(
            every_rule, "cla-review-n", "cp-icpc", "cp-rcpc", "cp-visit", "fd-", "cin-visit", "visit-6wk"
        )
        assert {key: stands for key, stands in told_of.items() if stands != "cannot-tell"} == {
            ("cla-review-n", "0012345"): "in-time",
            ("cp-icpc-15wd", "0012347"): "overdue",
            ("cp-rcpc-6m", "0012346"): "due-soon",
            ("cp-visit-10wd", "0012346"): "due-soon",
            ("fd-assessment-45wd", "0012348"): "overdue",
            ("fd-child-seen", "0012348"): "overdue",
            ("fd-referral-1wd", "0012348"): "overdue",
            ("fd-unallocated", "0012348"): "overdue",
            ("cin-visit", "0012348"): "due-soon",
            ("visit-6wk", "0012345"): "overdue",
        }

    def test_a_step_that_brothers_and_sisters_share_is_a_review_of_each(self, council: Council) -> None:
        reviews = "1,77,CLA Review,04/06/2026\n2,77,CLA Review,04/06/2026\n"
        text = f"Person ID,Workflow step ID,Review type,Review date\n{reviews}"
        take_text(council, "mosaic", text, called="reviews")
        assert done(council, "cla-review") == [("1", "2026-06-04"), ("2", "2026-06-04")]

    def test_a_step_that_is_two_sorts_of_review_is_neither_and_one_planned_and_held_cannot_be_told(
        self, council: Council
    ) -> None:
        text = (
            "Person ID,Review ID,Review type,Due date,Review date\n"
            "1,R1,CLA Review,,04/06/2026\n"
            "1,R1,RCPC,,04/06/2026\n"
            "1,R3,CLA Review,08/10/2026,\n"
            "1,R3,CLA Review,,05/10/2026\n"
        )
        otherwise = "has the same id and says otherwise"
        assert told(take_text(council, "mosaic", text, called="reviews")) == [
            f"reviews.csv row 2: column kind: row 3 {otherwise}: the row was refused.",
            f"reviews.csv row 4: column due_on: row 5 {otherwise}. The cell is taken as unknown.",
            f"reviews.csv row 4: column held_on: row 5 {otherwise}. The cell is taken as unknown.",
        ]
        (review,) = events(council, "cla-review")
        assert (review["done_on"], review["unknown"]) == (None, True)

    def test_a_number_of_a_case_that_stands_twice_does_not_close_the_case_that_is_open(
        self, council: Council
    ) -> None:
        text = (
            "Person ID,Referral ID,Referral date,Closure date\n1,R1,04/06/2025,05/06/2025\n1,R1,02/11/2026,\n"
        )
        taken = take_text(council, "mosaic", text, called="referrals")
        assert [problem.column for _, problem in taken.problems] == ["received_on", "closed_on"]
        assert lasting(council, "referral") == [("R1", "None", "None")]
        assert taken.rows_read == 2

    def test_a_child_that_is_restricted_in_one_row_and_not_in_another_is_restricted(
        self, council: Council
    ) -> None:
        take_text(council, "mosaic", "Person ID,Restricted\n1,No\n1,Yes\n", called="people")
        (child,) = in_force(council, tables.child)
        assert child["restricted"]

    def test_a_visit_that_did_not_take_place_is_none(self, council: Council) -> None:
        take(council, "mosaic")
        assert done(council, "cp-visit") == [("0012346", "2026-11-09")]

    @pytest.mark.parametrize(
        ("outcome", "days"), [("Visit completed", ["2026-06-04"]), ("Family not in", []), ("DNA", [])]
    )
    def test_a_known_outcome_says_whether_a_visit_was_held(
        self, council: Council, outcome: str, days: list[str]
    ) -> None:
        text = f"Person ID,Visit type,Actual date,Outcome\n1,CP visit,04/06/2026,{outcome}\n"
        assert told(take_text(council, "mosaic", text, called="visits")) == []
        assert done(council, "cp-visit") == [("1", on) for on in days]

    @pytest.mark.parametrize("outcome", ["Refused access", "Left early"])
    def test_an_outcome_that_is_not_known_leaves_the_day_of_a_visit_unknown(
        self, council: Council, outcome: str
    ) -> None:
        text = f"Person ID,Visit type,Actual date,Outcome\n1,CP visit,04/06/2026,{outcome}\n"
        assert told(take_text(council, "mosaic", text, called="visits")) == [
            "visits.csv row 2: column held_on: 'Outcome' decides it, and the code is not known; known are held, "
            "not-held. The cell is taken as unknown."
        ]
        (visit,) = events(council, "cp-visit")
        assert (visit["done_on"], visit["unknown"]) == (None, True)

    def test_a_review_that_is_cancelled_in_words_that_nobody_knows_is_not_held(
        self, council: Council
    ) -> None:
        text = "Person ID,Review type,Review date,Cancelled\n1,CLA review,04/06/2026,by family\n"
        take_text(council, "mosaic", text, called="reviews")
        (review,) = events(council, "cla-review")
        assert (review["done_on"], review["unknown"]) == (None, True)

    @pytest.mark.parametrize(
        "legal",
        [
            "Single period of respite",
            "Short break",
            "V3 Single period of respite",
            "V4 - Short breaks",
            "Accommodated under an agreed series of short-term breaks, when agreements are recorded",
        ],
    )
    def test_short_breaks_are_none_of_being_in_care_however_they_are_written(
        self, council: Council, legal: str
    ) -> None:
        text = f'Person ID,Care ID,Start date,End date,Legal status\n1,9,04/06/2026,,"{legal}"\n'
        taken = take_text(council, "mosaic", text, called="care episodes")
        assert told(taken) == []
        assert episodes(council, "care-episode")[0]["attributes"] == {"short_breaks": "yes"}

    def test_a_legal_status_that_is_not_known_is_told_and_the_child_stays_in_care(
        self, council: Council
    ) -> None:
        text = "Person ID,Care ID,Start date,End date,Legal status\n1,9,04/06/2026,,Kinship\n"
        (problem,) = told(take_text(council, "mosaic", text, called="care episodes"))
        assert problem.startswith("care episodes.csv row 2: column short_breaks: the code is not known")
        assert [each["attributes"] for each in episodes(council, "care-episode")] == [{}]

    @pytest.mark.parametrize("name", ["plo-tracker", "synergy-ehc", "mosaic"])
    def test_a_list_without_ids_of_its_own_withdraws_what_it_no_longer_shows(
        self, council: Council, name: str
    ) -> None:
        header, called, kind = {
            "plo-tracker": ("Mosaic ID,Legal gateway,LBP sent", "list", "plo-case"),
            "synergy-ehc": ("Synergy ID,Request received,Decision to assess", "list", "ehc-request"),
            "mosaic": ("Person ID,Case opened,Case closed", "cases", "open-case"),
        }[name]
        rows = [f"{number},01/10/2026,\n" for number in range(30)]
        take_text(council, name, "".join((header, "\n", *rows)), called)
        path = council.folder / f"{called}.csv"
        path.write_text("".join((header, "\n", *rows[:28])), encoding="utf-8")
        assert take(council, name, path, as_at=date(2026, 11, 23)).holds == []
        assert len(episodes(council, kind)) == 28

    def test_a_column_that_one_of_two_files_of_a_list_lacks_is_told(self, council: Council) -> None:
        council.folder.mkdir(exist_ok=True)
        one, two = council.folder / "one.csv", council.folder / "two.csv"
        one.write_text("Mosaic ID,Legal gateway,LBP sent,PLO ended\nC1,01/10/2026,,02/11/2026\n", "utf-8")
        two.write_text("Mosaic ID,Legal gateway,LBP sent\nC2,01/10/2026,\n", "utf-8")
        notes = take(council, "plo-tracker", one, two).notes
        assert (
            "two.csv: has no column for exited_on of plo, as others of its list have. "
            "Look whether it was lost: its rows say nothing of it."
        ) in notes

    def test_what_stands_in_place_of_a_day_is_no_part_of_an_id(self, council: Council) -> None:
        text = "Mosaic ID,Legal gateway,LBP sent\nC1,SURNAME says no,05/11/2026\n"
        take_text(council, "plo-tracker", text)
        assert [each["ref"] for each in episodes(council, "plo-case")] == ["C1-unreadable"]

    def test_headings_that_nobody_asks_for_are_counted_and_not_kept(self, council: Council) -> None:
        text = f"Person ID,Visit type,Actual date,Mood,{'x' * 90}\n1,CP visit,04/06/2026,SURNAME,SURNAME\n"
        notes = take_text(council, "mosaic", text, called="visits").notes
        assert (
            "visits.csv: the mapping does not ask for 2 of its headings; `monitor intake learn FILE` lists them."
            in notes
        )

    def test_a_visit_of_an_unknown_sort_is_refused_and_not_passed_over(self, council: Council) -> None:
        text = "Person ID,Visit type,Actual date\n1,Keeping in touch,04/06/2026\n"
        assert (
            "visits.csv row 2: column kind: the code is not known"
            in told(take_text(council, "mosaic", text, called="visits"))[0]
        )

    def test_an_allocation_in_a_role_that_nobody_knows_is_refused(self, council: Council) -> None:
        text = "Person ID,Relationship type,Worker ID,Start date\n1,Buddy,W1,04/06/2026\n1,GP,X1,04/06/2026\n"
        assert [
            each.partition(": the code")[0]
            for each in told(take_text(council, "mosaic", text, called="allocations"))
        ] == ["allocations.csv row 2: column role"]

    def test_a_review_that_is_to_come_is_a_plan(self, council: Council) -> None:
        take(council, "mosaic")
        (planned,) = [each for each in events(council, "cla-review") if each["done_on"] is None]
        assert str(planned["due_on"]) == "2027-03-02"

    def test_duplicates_by_their_group_are_left_out(self, council: Council) -> None:
        take(council, "mosaic")
        assert "mosaic:0099999" not in {each["child_key"] for each in in_force(council, tables.child)}

    def test_a_child_that_is_not_yet_born_has_no_day_of_birth_and_an_expected_one(
        self, council: Council
    ) -> None:
        take(council, "mosaic")
        (child,) = in_force(council, tables.child, child_key="mosaic:0012347")
        assert (child["dob"], str(child["expected_dob"])) == (None, "2027-01-14")

    def test_who_is_restricted_stays_so_and_a_list_that_does_not_say_it_is_refused(
        self, council: Council
    ) -> None:
        take(council, "mosaic")
        (child,) = in_force(council, tables.child, child_key="mosaic:0012348")
        assert child["restricted"]
        text = "Person ID,Date of birth\n0012348,30/11/2010\n0012345,09/03/2014\n"
        with pytest.raises(BadIntake, match="has no column 'restricted'"):
            take_text(council, "mosaic", text, called="people")

    def test_short_breaks_are_told_by_their_legal_status(self, council: Council) -> None:
        take(council, "mosaic")
        assert {each["ref"]: each["attributes"] for each in episodes(council, "care-episode")} == {
            "51001": {"short_breaks": "no"},
            "51002": {"short_breaks": "yes"},
        }

    def test_a_plan_of_another_authority_is_not_ours(self, council: Council) -> None:
        take(council, "mosaic")
        assert lasting(council, "cp-plan") == [("88101-0012346", "2026-03-20", "None")]

    def test_a_list_of_plans_makes_no_enquiry_of_which_nobody_has_heard(self, council: Council) -> None:
        take(council, "mosaic", example("mosaic") / "CP plans.csv")
        assert lasting(council, "s47-enquiry") == []

    def test_legal_statuses_by_their_words_are_those_of_the_return(self, council: Council) -> None:
        take(council, "mosaic")
        assert [each["attributes"]["code"] for each in episodes(council, "legal-status")] == [
            "C1",
            "C2",
            "V4",
        ]

    def test_one_report_alone_withdraws_nothing_of_the_others(self, council: Council) -> None:
        take(council, "mosaic")
        taken = take(council, "mosaic", example("mosaic") / "Visits.csv", as_at=date(2026, 11, 23))
        assert (taken.withdrawn, taken.holds) == (0, [])
        assert any(note.startswith("Not given this time, so known as it was before:") for note in taken.notes)

    def test_without_reports_of_supervision_nothing_is_in_time_for_it(self, council: Council) -> None:
        take(council, "mosaic")
        assert set(outcomes(council, "sup-monthly").values()) == {"cannot-tell"}
