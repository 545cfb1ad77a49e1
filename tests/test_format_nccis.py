"""The monthly return to the NCCIS, by hand: who is NEET or not known, since when, what it cannot tell; its traps."""

from datetime import date
from pathlib import Path

import pytest

from monitor import clocks, tables
from monitor.errors import BadIntake
from monitor.intake.take import Taken
from monitor.sweep import sweep
from tests.conftest import NOW, Council
from tests.in_force import episodes, in_force, row_counts, the_clock

SENT, LATER = date(2026, 10, 30), date(2026, 11, 20)
RULE = "ccis-not-known"
ULN = "8765432109"


def young_person(code: str, *, number: str = "3840000000017", cohort: str = "P", **more: str) -> str:
    own = {"StartDate": "2026-10-05", "DateAscertained": "2026-10-07", "CurrencyLapsed": "N", **more}
    activity = "".join(f"<{name}>{text}</{name}>" for name, text in own.items() if name != "uln")
    return f"""<YoungPersonsRecord><PersonalDetails><YoungPersonsID>{number}</YoungPersonsID>
<CohortStatus>{cohort}</CohortStatus><GivenName>GIVEN</GivenName><FamilyName>SURNAME</FamilyName>
<AddressLine1>ADDRESS</AddressLine1><Postcode>ZZ99 3VZ</Postcode><DOB>2009-03-01</DOB>
<UniqueLearnerNo>{more.get("uln", "")}</UniqueLearnerNo><UniquePupilNumber/></PersonalDetails>
<LevelOfNeed><LevelOfNeedCode>1</LevelOfNeedCode><SENDFlag>N</SENDFlag></LevelOfNeed>
<Activities><Cohort><ActivityCode>{code}</ActivityCode>{activity}</Cohort></Activities></YoungPersonsRecord>"""


class File:
    """A return written as one file, and taken in."""

    def __init__(self, council: Council, path: Path) -> None:
        self.council, self.path = council, path

    def write(self, *records: str, sent: date = SENT, root: str = "NCCIS", doctype: str = "") -> None:
        head = (
            f"<FileHeader><DateOfSend>{sent}</DateOfSend><PeriodEnd>{sent:%Y-%m}-28</PeriodEnd></FileHeader>"
        )
        text = f'<?xml version="1.0"?>{doctype}<{root}>{head}{"".join(records)}</{root}>'
        self.path.write_text(text, encoding="utf-8")

    def take(self, *records: str, sent: date = SENT) -> Taken:
        self.write(*records, sent=sent)
        return self.council.take_as("nccis", self.path, as_at=None)

    def statuses(self) -> list[tuple[str, str | None, date | None]]:
        found = episodes(self.council, "eet-status")
        return [
            (each["attributes"]["status"], each["attributes"].get("unavailable"), each["start_on"])
            for each in found
        ]


@pytest.fixture
def file(every_rule: Council, tmp_path: Path) -> File:
    return File(every_rule, tmp_path / "return.xml")


def told(taken: Taken) -> list[str]:
    return [problem.told(name) for name, problem in taken.problems]


def in_care(council: Council, **child: str) -> None:
    """The same young person in care by the council's own registers, with the list of offers."""
    council.write("children", {"child_id": "C1", "dob": "2009-03-01", "uln": ULN, **child})
    council.write(
        "care_episodes",
        {"episode_id": "E1", "child_id": "C1", "start_on": "2020-01-06", "short_breaks": "no", "end_on": ""},
    )
    council.write("leaver_contacts", columns=["child_id", "kind", "held_on"])
    council.take(SENT)


@pytest.mark.parametrize(
    ("code", "status", "unavailable"),
    [
        ("110", "in-learning", None),
        ("290", "in-learning", None),
        ("310", "working", None),
        ("550", "working", None),
        ("540", "neet", None),
        ("619", "neet", None),
        ("620", "neet", "other"),
        ("630", "neet", "parenthood"),
        ("640", "neet", "illness"),
        ("650", "neet", "parenthood"),
        ("710", "other", "custody"),
        ("720", "other", None),
        ("810", "not-known", None),
        ("830", "not-known", None),
    ],
)
def test_each_code_is_a_status_and_may_be_a_reason_against_an_offer(
    file: File, code: str, status: str, unavailable: str | None
) -> None:
    taken = file.take(young_person(code))
    assert (told(taken), taken.rows_refused, taken.as_at, taken.as_at_from) == ([], 0, SENT, "the data's own")
    assert file.statuses() == [(status, unavailable, date(2026, 10, 5))]


def test_neet_counts_from_its_first_day_though_the_reason_has_changed(file: File) -> None:
    file.take(young_person("619", NEETStartDate="2026-09-01"))
    assert file.statuses() == [("neet", None, date(2026, 9, 1))]
    again = file.take(young_person("610", StartDate="2026-11-02", NeetStartDate="2026-09-01"), sent=LATER)
    assert (file.statuses(), again.withdrawn) == ([("neet", None, date(2026, 9, 1))], 0)


def test_a_lapsed_activity_is_not_known_from_the_day_on_which_it_lapsed(file: File) -> None:
    file.take(young_person("220", CurrencyLapsed="Y", DueToLapseDate="2026-10-12"))
    assert file.statuses() == [("not-known", None, date(2026, 10, 12))]


def test_a_second_import_of_the_same_changes_nothing_and_writes_nothing(file: File) -> None:
    file.take(young_person("619"))
    before = row_counts(file.council)
    assert file.take(young_person("619")).is_same
    assert row_counts(file.council) == before


def test_what_is_no_longer_current_is_gone(file: File) -> None:
    file.take(young_person("619"))
    again = file.take(young_person("310", StartDate="2026-11-02"), sent=LATER)
    assert (file.statuses(), again.changed) == ([("working", None, date(2026, 11, 2))], 1)


def test_a_young_person_in_care_who_is_neet_has_a_clock_and_a_sweep_tells_it(file: File) -> None:
    in_care(file.council)
    file.take(young_person("619", uln=ULN))
    clock = the_clock(file.council, RULE, LATER)
    # 20 working days from Monday 5 October 2026.
    assert (clock.due_on, clock.outcome) == (
        date(2026, 11, 2),
        "cannot-tell",
    )  # the data stopped on 30 October
    file.council.take(date(2026, 11, 20))
    file.take(young_person("619", uln=ULN), sent=LATER)
    assert the_clock(file.council, RULE, LATER).outcome == "overdue"
    report = sweep(file.council.home, as_at=LATER, now=NOW, dry_run=False, progress=lambda _, __: None)
    assert report.opened[RULE] == 1


def test_of_an_offer_the_return_knows_nothing_so_alone_it_cannot_tell(file: File) -> None:
    file.take(young_person("619"))
    clock = the_clock(file.council, RULE, SENT)
    assert (clock.outcome, clock.why) == ("cannot-tell", "Cannot tell: nothing carries eet-offer.")


def test_somebody_in_custody_a_parent_or_ill_and_somebody_in_learning_have_none(file: File) -> None:
    in_care(file.council)
    for code in ("710", "630", "640", "220", "310"):
        file.take(young_person(code, uln=ULN), sent=LATER)
        assert clocks.clocks(file.council.home, as_at=LATER, known_at=None, rule=RULE) == []


# The traps.


def test_only_a_number_that_both_systems_have_ties_a_young_person_to_a_child(file: File) -> None:
    in_care(file.council, uln="", upn="")
    taken = file.take(young_person("619", uln=ULN))
    assert {each["child_key"] for each in episodes(file.council, "eet-status")} == {"nccis:3840000000017"}
    assert taken.rows_refused == 0


def test_the_same_number_with_another_birthday_ties_nobody(file: File) -> None:
    in_care(file.council, dob="2009-03-02")
    file.take(young_person("619", uln=ULN))
    assert {each["child_key"] for each in episodes(file.council, "eet-status")} == {"nccis:3840000000017"}
    assert len(episodes(file.council, "identity-gap")) == 1


@pytest.mark.parametrize("cohort", ["A", "T", "E", "M", "D", "L"])
def test_whom_the_council_no_longer_follows_has_no_status(file: File, cohort: str) -> None:
    file.take(young_person("619", cohort=cohort), young_person("619", number="3840000000018"))
    assert [each["ref"][:13] for each in episodes(file.council, "eet-status")] == ["3840000000018"]


def test_the_root_may_be_called_after_its_year_and_a_bare_document_type_is_passed_over(file: File) -> None:
    file.write(young_person("619"), root="NCCIS2026", doctype="<!DOCTYPE NCCIS2026>")
    assert file.council.take_as("nccis", file.path, as_at=None).as_at == SENT
    assert file.statuses() == [("neet", None, date(2026, 10, 5))]


def test_entities_and_a_bare_ampersand_are_refused_with_the_reason(file: File) -> None:
    file.write(young_person("619"), doctype='<!DOCTYPE NCCIS [<!ENTITY a "b">]>')
    with pytest.raises(BadIntake) as refused:
        file.council.take_as("nccis", file.path, as_at=None)
    assert "defines a document type or entities of its own" in refused.value.faults[0]
    file.write(young_person("619").replace("ADDRESS", "ONE & TWO"))
    with pytest.raises(BadIntake) as refused:
        file.council.take_as("nccis", file.path, as_at=None)
    assert refused.value.faults[0].startswith("return.xml: is not XML: line ")


def test_a_code_that_is_not_known_is_refused_and_told(file: File) -> None:
    taken = file.take(young_person("999"), young_person("619", number="3840000000018"))
    assert [(each["ref"][:13]) for each in episodes(file.council, "eet-status")] == ["3840000000018"]
    assert taken.rows_refused == 1
    assert ("status", "unknown-code", "999") in {
        (each.column, each.code, each.raw) for _, each in taken.problems
    }


def test_a_start_that_is_missing_is_not_made_up(file: File) -> None:
    file.take(young_person("810", StartDate=""), young_person("619", number="3840000000018"))
    assert [start for status, _, start in file.statuses() if status == "not-known"] == [None]
    assert len(episodes(file.council, "start-unknown")) == 1


def test_where_nobody_can_read_whether_it_has_lapsed_the_day_since_which_is_unknown(file: File) -> None:
    file.take(
        young_person("310", CurrencyLapsed="perhaps"),
        young_person("310", number="3840000000018"),
        young_person("310", number="3840000000019", CurrencyLapsed="Y", DueToLapseDate="2026-10-20"),
    )
    assert set(file.statuses()) == {
        ("working", None, None),
        ("working", None, date(2026, 10, 5)),
        ("not-known", None, date(2026, 10, 20)),
    }
    (unknown,) = [each for each in episodes(file.council, "eet-status") if each["start_on"] is None]
    assert unknown["start_unknown"] == "unreadable"


def test_names_and_addresses_are_never_kept(file: File) -> None:
    file.take(young_person("619", uln=ULN))
    kept = " ".join(str(row) for table in tables.CASE_TABLES for row in in_force(file.council, table))
    assert ULN in kept
    assert not any(mark in kept for mark in ("SURNAME", "GIVEN", "ADDRESS", "ZZ99"))
