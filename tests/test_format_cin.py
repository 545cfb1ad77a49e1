"""The children in need census, by hand: what its records become, what they cannot tell, and its traps."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, parse

import pytest

from monitor import clocks, tables
from monitor.bootstrap import Home
from monitor.intake.take import Taken
from monitor.sweep import sweep
from tests.conftest import NOW, Council
from tests.in_force import episodes, events, in_force, row_counts, the_clock

TODAY = date(2026, 11, 20)
Find = Callable[[Council, str], list[dict[str, Any]]]
SAMPLES = Path(__file__).parents[2] / "shared" / "samples" / "cin_census"


def census(*children: str, day: str = "2026-11-20") -> str:
    return f"""<?xml version="1.0" encoding="utf-8"?>
<Message><Header><CollectionDetails><Collection>CIN</Collection><Year>2026</Year><ReferenceDate>{day}</ReferenceDate>
</CollectionDetails></Header><Children>{"".join(children)}</Children></Message>"""


def child(*details: str, number: str = "0017") -> str:
    return f"""<Child><ChildIdentifiers><LAchildID>{number}</LAchildID><UPN>A123456789012</UPN>
<PersonBirthDate>2014-02-03</PersonBirthDate><Sex>F</Sex></ChildIdentifiers>
<ChildCharacteristics><Ethnicity>WBRI</Ethnicity></ChildCharacteristics>{"".join(details)}</Child>"""


def referral(*parts: str, on: str = "2026-09-01", need: str = "N1") -> str:
    return f"""<CINdetails><CINreferralDate>{on}</CINreferralDate><PrimaryNeedCode>{need}</PrimaryNeedCode>
<ReferralNFA>false</ReferralNFA>{"".join(parts)}</CINdetails>"""


ASSESSED = "<Assessments><AssessmentActualStartDate>2026-09-02</AssessmentActualStartDate>{}</Assessments>"
AUTHORISED = ASSESSED.format("<AssessmentAuthorisationDate>2026-10-20</AssessmentAuthorisationDate>")
PLAN = "<CINPlanDates><CINPlanStartDate>2026-01-05</CINPlanStartDate><CINPlanEndDate/></CINPlanDates>"
ENQUIRY = "<Section47><S47ActualStartDate>2026-09-07</S47ActualStartDate>{}</Section47>"
CONFERENCE = "<DateOfInitialCPC>2026-09-24</DateOfInitialCPC>"
PROTECTED = """<ChildProtectionPlans><CPPstartDate>2026-09-24</CPPstartDate>
<Reviews>{}</Reviews></ChildProtectionPlans>"""
REVIEWED = "<CPPreviewDate>{}</CPPreviewDate>"
CLOSED = "<CINclosureDate>2026-11-02</CINclosureDate>"
STARTED = "<PPStartDate>2026-06-01</PPStartDate><LBPSentDate>2026-06-04</LBPSentDate>{}"
COURT = "<PreProceedingsandFGDM>{}</PreProceedingsandFGDM>"


# A case that is over and has every element: what no child of a file has is not carried, and its clocks cannot tell.
EVERYTHING = child(
    referral(
        "<CINclosureDate>2026-10-30</CINclosureDate>",
        AUTHORISED,
        PLAN.replace("<CINPlanEndDate/>", "<CINPlanEndDate>2026-10-30</CINPlanEndDate>"),
        ENQUIRY.format(CONFERENCE + "<ICPCnotRequired>false</ICPCnotRequired>"),
        PROTECTED.format(REVIEWED.format("2026-10-12")).replace(
            "<Reviews>", "<CPPendDate>2026-10-30</CPPendDate><Reviews>"
        ),
        COURT.format(
            STARTED.format(
                "<InitialPPMeetingDate>2026-06-16</InitialPPMeetingDate><StepDecisionDate>2026-07-01</StepDecisionDate>"
                "<CourtAppDate>2026-07-06</CourtAppDate><LetterInitCPDate>2026-07-02</LetterInitCPDate>"
            )
        ),
    ),
    number="0099",
)


def of(council: Council, find: Find, kind: str) -> list[dict[str, Any]]:
    """The records of this kind, but for those of the case that is over."""
    return [each for each in find(council, kind) if not each["child_key"].endswith("0099")]


class File:
    """A census written as one file, and taken in."""

    def __init__(self, council: Council, path: Path) -> None:
        self.council, self.path = council, path

    def take(
        self, *children: str, day: str = "2026-11-20", as_at: date | None = None, encoding: str = "utf-8"
    ) -> Taken:
        self.path.write_text(census(*children, EVERYTHING, day=day), encoding=encoding)
        return self.council.take_as("cin", self.path, as_at=as_at)

    def rules(self, as_at: date = TODAY) -> dict[str, str]:
        found = clocks.clocks(self.council.home, as_at=as_at, known_at=None, rule=None)
        return {clock.rule: str(clock.outcome) for clock, _ in found}


@pytest.fixture
def file(every_rule: Council, tmp_path: Path) -> File:
    return File(every_rule, tmp_path / "census.xml")


def told(taken: Taken) -> list[str]:
    return [problem.told(name) for name, problem in taken.problems]


def test_a_referral_ends_with_its_first_authorised_assessment(file: File) -> None:
    taken = file.take(
        child(referral(ASSESSED.format(""))), child(referral(AUTHORISED, on="2026-10-01"), number="0018")
    )
    assert (told(taken), taken.file_faults, taken.as_at, taken.as_at_from) == (
        [],
        [],
        TODAY,
        "the data's own",
    )
    assert [
        (each["ref"], each["start_on"], each["end_on"]) for each in of(file.council, episodes, "referral")
    ] == [
        ("0017/2026-09-01", date(2026, 9, 1), None),
        ("0018/2026-10-01", date(2026, 10, 1), None),
    ]
    assert [each["done_on"] for each in of(file.council, events, "assessment-authorised")] == [
        date(2026, 10, 20)
    ]
    clock = the_clock(file.council, "fd-assessment-45wd", TODAY)
    assert (clock.row.ref, clock.due_on, clock.outcome) == ("0017/2026-09-01", date(2026, 11, 3), "overdue")


def test_a_second_import_of_the_same_changes_nothing_and_writes_nothing(file: File) -> None:
    file.take(child(referral(AUTHORISED, PLAN)))
    before = row_counts(file.council)
    assert file.take(child(referral(AUTHORISED, PLAN))).is_same
    assert row_counts(file.council) == before


def test_an_enquiry_waits_for_its_conference_and_a_sweep_says_so(file: File) -> None:
    other = ENQUIRY.format(CONFERENCE)
    file.take(child(referral(ENQUIRY.format(""))), child(referral(other), number="0018"))
    clock = the_clock(file.council, "cp-icpc-15wd", TODAY)
    assert (clock.row.ref, clock.due_on, clock.outcome) == ("0017/2026-09-07", date(2026, 9, 28), "overdue")
    report = sweep(file.council.home, as_at=TODAY, now=NOW, dry_run=False, progress=lambda _, __: None)
    assert report.opened["cp-icpc-15wd"] == 1


@pytest.mark.parametrize("said", ["true", "1"])
def test_where_no_conference_was_required_none_is_owed(file: File, said: str) -> None:
    not_required = ENQUIRY.format(f"<ICPCnotRequired>{said}</ICPCnotRequired>")
    file.take(child(referral(not_required)), child(referral(ENQUIRY.format(CONFERENCE)), number="0018"))
    assert [each["ref"] for each in of(file.council, episodes, "s47-enquiry")] == ["0018/2026-09-07"]


@pytest.mark.parametrize("said", ["false", "0", ""])
def test_where_that_is_not_said_one_is_owed(file: File, said: str) -> None:
    file.take(
        child(referral(ENQUIRY.format(f"<ICPCnotRequired>{said}</ICPCnotRequired>{'<DateOfInitialCPC/>'}")))
    )
    assert file.rules()["cp-icpc-15wd"] == "overdue"


def test_a_closed_case_owes_no_conference(file: File) -> None:
    file.take(
        child(referral(ENQUIRY.format(""), CLOSED)),
        child(referral(ENQUIRY.format(CONFERENCE)), number="0018"),
    )
    assert "cp-icpc-15wd" not in file.rules()


def test_a_conference_of_the_referral_itself_is_of_no_enquiry(file: File) -> None:
    other = child(referral(ENQUIRY.format("<DateOfInitialCPC>2026-09-28</DateOfInitialCPC>")), number="0018")
    file.take(child(referral(CONFERENCE, ENQUIRY.format(""))), other)
    assert the_clock(file.council, "cp-icpc-15wd", TODAY).row.ref == "0017/2026-09-07"


def test_a_protection_plan_counts_its_reviews_one_by_one(file: File) -> None:
    reviewed = PROTECTED.format(REVIEWED.format("2026-10-05") + REVIEWED.format("2027-03-01"))
    file.take(child(referral(reviewed)), child(referral(PROTECTED.format("<CPPreviewDate/>")), number="0018"))
    assert [
        (each["ref"], each["start_on"], each["end_on"]) for each in of(file.council, episodes, "cp-plan")
    ] == [
        ("0017/plan/2026-09-24", date(2026, 9, 24), None),
        ("0018/plan/2026-09-24", date(2026, 9, 24), None),
    ]
    assert [(each["done_on"], each["due_on"]) for each in of(file.council, events, "cp-review")] == [
        (date(2026, 10, 5), None),
        (None, date(2027, 3, 1)),  # after the day of the data, so it is planned
    ]
    assert the_clock(file.council, "cp-rcpc-3m", TODAY).row.ref == "0018/plan/2026-09-24"
    assert the_clock(file.council, "cp-rcpc-6m", TODAY).due_on == date(2027, 4, 5)


def test_a_child_in_need_plan_ends_with_the_case_and_a_disability_has_longer(file: File) -> None:
    file.take(
        child(referral(PLAN)),
        child(referral(PLAN, CLOSED), number="0018"),
        child(referral(PLAN, need="N2"), number="0019"),
    )
    found = [
        (each["end_on"], each["attributes"]["disability"])
        for each in of(file.council, episodes, "child-in-need")
    ]
    assert found == [(None, "no"), (date(2026, 11, 2), "no"), (None, "yes")]
    judged = clocks.clocks(file.council.home, as_at=TODAY, known_at=None, rule="cin-open-long")
    assert [(clock.due_on, str(clock.outcome)) for clock, _ in judged] == [
        (date(2026, 10, 5), "overdue"),
        (date(2028, 1, 5), "in-time"),
    ]


def test_pre_proceedings_run_from_the_gateway_to_the_court(file: File) -> None:
    file.take(child(referral(COURT.format(STARTED.format("")))))
    case = of(file.council, episodes, "plo-case")[0]
    assert (case["ref"], case["start_on"], case["end_on"]) == ("0017/plo/2026-06-01", date(2026, 6, 1), None)
    whole = STARTED.format(
        "<InitialPPMeetingDate>2026-06-20</InitialPPMeetingDate><StepDecisionDate>2026-10-01</StepDecisionDate>"
        "<CourtAppDate>2026-10-08</CourtAppDate>"
    )
    file.take(
        child(referral(COURT.format(STARTED.format("")))), child(referral(COURT.format(whole)), number="0018")
    )
    for rule in ("plo-letter-to-meeting", "plo-preproc-16wk"):
        clock = the_clock(file.council, rule, TODAY)
        assert (clock.row.ref, clock.outcome) == ("0017/plo/2026-06-01", "overdue")
    assert [each["done_on"] for each in of(file.council, events, "issued")] == [date(2026, 10, 8)]


def test_a_decision_to_step_down_ends_the_case_and_one_for_the_court_does_not(file: File) -> None:
    decided = STARTED.format("<StepDecisionDate>2026-10-01</StepDecisionDate><PPOutcome>A</PPOutcome>")
    lettered = decided + "<LetterInitCPDate>2026-10-05</LetterInitCPDate>"
    issued = decided + "<CourtAppDate>2026-10-30</CourtAppDate>"
    file.take(
        child(referral(COURT.format(decided))),
        child(referral(COURT.format(lettered)), number="0018"),
        child(referral(COURT.format(issued)), number="0019"),
    )
    found = {each["ref"][:4]: each["end_on"] for each in of(file.council, episodes, "plo-case")}
    assert found == {"0017": date(2026, 10, 1), "0018": None, "0019": date(2026, 10, 30)}
    clock = the_clock(file.council, "plo-decision-to-issue", TODAY)
    assert (clock.row.ref, clock.due_on, clock.outcome) == (
        "0018/plo/2026-06-01",
        date(2026, 10, 15),
        "overdue",
    )


def test_what_the_census_does_not_carry_is_never_in_time(file: File) -> None:
    file.take(
        child(
            referral(PLAN, PROTECTED.format(REVIEWED.format("2026-10-05")), COURT.format(STARTED.format("")))
        )
    )
    found = file.rules()
    untold = (
        "cin-plan-10wd",
        "cin-visit",
        "cin-review",
        "cp-visit-10wd",
        "fd-referral-1wd",
        "plo-26-weeks",
    )
    assert {rule: found.get(rule, "cannot-tell") for rule in untold} == dict.fromkeys(untold, "cannot-tell")
    assert {rule for rule, outcome in found.items() if outcome == "in-time"} <= {
        "sys-feed-stale",
        "cp-rcpc-6m",
        "cp-plan-long",
    }


def test_a_referral_without_further_action_owes_nothing(file: File) -> None:
    no_action = referral().replace("false", "true")
    ended = referral(CLOSED, on="2026-08-03").replace("false", "true")
    file.take(child(no_action, ended))
    assert [each["ref"] for each in of(file.council, episodes, "referral")] == ["0017/2026-08-03"]


# The traps.


def test_stray_text_empty_elements_and_a_byte_order_mark_do_no_harm(file: File) -> None:
    stray = child(referral(AUTHORISED, "<CINclosureDate/>")).replace(
        "<PersonBirthDate>", "PersonBirthDate<PersonBirthDate>"
    )
    assert told(file.take(stray, encoding="utf-8-sig")) == []
    assert in_force(file.council, tables.child)[0]["dob"] == date(2014, 2, 3)
    assert of(file.council, episodes, "referral")[0]["end_on"] is None


def test_an_unborn_child_has_an_expected_day_and_a_plan_may_begin_before_its_birth(file: File) -> None:
    unborn = child(referral(PROTECTED.format(""))).replace("PersonBirthDate>", "ExpectedPersonBirthDate>")
    assert told(file.take(unborn.replace("2014-02-03", "2027-01-04"))) == []
    known = in_force(file.council, tables.child)[0]
    assert (known["dob"], known["expected_dob"]) == (None, date(2027, 1, 4))
    assert len(of(file.council, episodes, "cp-plan")) == 1


def test_an_assessment_authorised_after_the_day_of_the_data_or_before_the_referral_ends_nothing(
    file: File,
) -> None:
    late = AUTHORISED.replace("2026-10-20", "2028-04-28")
    early = AUTHORISED.replace("2026-10-20", "2020-09-19")
    file.take(child(referral(late)), child(referral(early), number="0018"))
    found = clocks.clocks(file.council.home, as_at=TODAY, known_at=None, rule="fd-assessment-45wd")
    assert {clock.row.ref[:4]: str(clock.outcome) for clock, _ in found} == {
        "0017": "overdue",
        "0018": "overdue",
    }


def test_a_plan_that_ends_before_it_begins_is_refused(file: File) -> None:
    backwards = PLAN.replace("<CINPlanEndDate/>", "<CINPlanEndDate>2025-12-01</CINPlanEndDate>")
    taken = file.take(child(referral(backwards)))
    assert (taken.rows_refused, of(file.council, episodes, "child-in-need")) == (1, [])
    assert "lies before the start of the same row: the row was refused" in told(taken)[0]


def test_a_conference_on_a_saturday_is_a_conference(file: File) -> None:
    file.take(child(referral(ENQUIRY.format(CONFERENCE.replace("2026-09-24", "2026-09-26")))))
    assert [each["done_on"] for each in of(file.council, events, "conference")] == [date(2026, 9, 26)]


def test_a_child_listed_twice_is_one_and_what_contradicts_is_told(file: File) -> None:
    taken = file.take(child(referral()), child(referral(on="2026-10-05")).replace("2014-02-03", "2014-02-04"))
    assert in_force(file.council, tables.child, child_key="cin:0017")[0]["dob"] is None
    assert any("two rows of one child say different things" in line for line in told(taken))
    assert len(of(file.council, episodes, "referral")) == 2


def test_the_same_pupil_number_on_two_children_does_not_make_them_one(file: File) -> None:
    taken = file.take(child(referral()), child(referral(), number="0018"))
    assert len({each["child_key"] for each in of(file.council, episodes, "referral")}) == 2
    assert taken.rows_refused == 0


def test_the_day_is_the_reference_date_and_not_the_year_nor_one_to_come(file: File) -> None:
    assert file.take(child(referral()), day="2026-03-31", as_at=TODAY).as_at == date(2026, 3, 31)
    taken = file.take(child(referral(AUTHORISED)), day="2027-03-31", as_at=TODAY)
    assert (taken.as_at, taken.as_at_from) == (TODAY, "given")
    assert (
        taken.notes[0] == "The data say that they are of 2027-03-31, which is yet to come; that was not used."
    )


def test_what_closed_before_the_year_stays_known(file: File) -> None:
    ended = [
        child(referral(CLOSED.replace("2026-11-02", "2026-02-02"), on="2026-01-05")),
        child(referral(on="2026-03-02"), number="0018"),
    ]
    file.take(*ended, day="2026-03-31")
    again = file.take(ended[1], child(referral(), number="0019"))
    assert (again.withdrawn, again.holds) == (0, [])
    assert {each["ref"][:4] for each in of(file.council, episodes, "referral")} == {"0017", "0018", "0019"}


def test_a_file_of_another_kind_is_refused_by_name(file: File) -> None:
    file.path.write_text("<NCCIS><FileHeader/></NCCIS>")
    with pytest.raises(Exception, match=r"nothing in \w+\.xml is a sheet of the format 'cin'"):
        file.council.take_as("cin", file.path, as_at=TODAY)


# Files that nobody here wrote.


def texts(node: Element, path: str) -> list[str]:
    return [(each.text or "").strip() for each in node.iterfind(path) if (each.text or "").strip()]


@pytest.mark.samples
@pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="the sample census does not lie beside the checkout, in ../shared/samples"
)
class TestTheSample:
    @pytest.fixture(params=["fake_CIN_data.xml", "CIN_Census_2024.xml"])
    def sample(
        self, request: pytest.FixtureRequest, tmp_path: Path
    ) -> Iterator[tuple[Council, Taken, Element]]:
        council = Council(Home(tmp_path / "home"), tmp_path)
        path = SAMPLES / request.param
        yield council, council.take_as("cin", path, as_at=None), parse(path).getroot()  # noqa: S314 - invented
        council.home.engine.dispose()

    def test_it_is_read_as_plain_python_reads_it(self, sample: tuple[Council, Taken, Element]) -> None:
        council, taken, root = sample
        listed = [(own, each) for own in root.iter("Child") for each in own.iterfind("CINdetails")]
        assert (len(list(root.iter("Child"))), len(listed)) in ((332, 402), (2, 2))
        assert (taken.problems, taken.file_faults, taken.holds, taken.rows_refused) == ([], [], [], 0)
        assert [str(taken.as_at)] == texts(root, "Header/CollectionDetails/ReferenceDate")
        assert (
            taken.rows_by_register["children"]
            == len(in_force(council, tables.child))
            == len(list(root.iter("Child")))
        )

        def whose(own: Element) -> str:
            return own.findtext("ChildIdentifiers/LAchildID") or ""

        made = Counter(
            (f"{whose(own)}/{each.findtext('CINreferralDate')}", each.findtext("CINclosureDate"))
            for own, each in listed
            if each.findtext("ReferralNFA") not in ("true", "1")
            or each.findtext("CINclosureDate")
            or each.find("Assessments")
        )
        found = episodes(council, "referral")
        assert Counter((each["ref"], each["end_on"] and str(each["end_on"])) for each in found) == made
        assert len(found) in (252, 2)
        kinds = {
            "child-in-need": texts(root, ".//CINPlanStartDate"),
            "cp-plan": texts(root, ".//CPPstartDate"),
            "s47-enquiry": texts(root, ".//S47ActualStartDate"),
        }
        assert {kind: [str(each["start_on"]) for each in episodes(council, kind)] for kind in kinds} == kinds
        held = {
            "cp-review": texts(root, ".//CPPreviewDate"),
            "conference": texts(root, ".//Section47/DateOfInitialCPC"),
            "assessment-authorised": texts(root, ".//AssessmentAuthorisationDate"),
        }
        assert {kind: [str(each["done_on"]) for each in events(council, kind)] for kind in held} == held
