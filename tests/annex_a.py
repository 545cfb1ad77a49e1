"""Annex A workbooks for tests, written cell by cell: the headings are Ofsted's, the children are nobody."""

import csv
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from monitor.clocks import clocks
from monitor.intake.take import Taken
from tests.conftest import Council

Row = Mapping[str, Any]

_WHO = ["Child Unique ID", "Gender", "Ethnicity", "Date of Birth", "Age of Child (Years)"]
_DISABLED, _BY = "Does the Child have a Disability", ["Allocated Team", "Allocated Worker"]
HEADINGS: dict[int, list[str]] = {
    1: [*_WHO, "Date of Contact", "Contact Source"],
    2: [*_WHO, "Assessment start date", "Assessment completion date", "Organisation completing assessment"],
    3: [
        *_WHO,
        "Date of referral",
        "Referral Source",
        "Referral NFA?",
        "Number of Referrals in Last 12 Months",
        *_BY,
    ],
    4: [
        *_WHO,
        _DISABLED,
        "Continuous Assessment Start Date",
        "Child Seen During Continuous Assessment",
        "Continuous Assessment Date of Authorisation",
        "Was the child assessed as requiring LA children\u2019s social care support?",
        *_BY,
    ],
    5: [
        *_WHO,
        _DISABLED,
        "Strategy discussion initiating Section 47 Enquiry Start Date",
        "Was an Initial Child Protection Conference deemed unnecessary?",
        "Date of Initial Child Protection Conference",
        "Did the Initial Child Protection Conference Result in a Child Protection Plan",
        *_BY,
    ],
    6: [
        *_WHO,
        _DISABLED,
        "CIN Start Date",
        "Primary Need Code",
        "Date Child Was Last Seen",
        "CIN Closure Date",
        "Reason for Closure",
        "Case status",
        *_BY,
    ],
    7: [
        *_WHO,
        _DISABLED,
        "Child Protection Plan Start Date",
        "Initial Category of Abuse",
        "Latest Category of Abuse",
        "Date of the Last Statutory Visit",
        "Was the Child Seen Alone?",
        "Date of latest review conference",
        "Child Protection Plan End Date",
        "Number of Previous Child Protection Plans",
        *_BY,
    ],
    8: [
        *_WHO,
        "Unaccompanied Asylum Seeking Child (UASC) within the Last 12 Months (Y/N))",
        _DISABLED,
        "Date Started to be Looked After",
        "Start date of current legal status",
        "Child\u2019s Legal Status",
        "Date of Latest Statutory Review",
        "Date of Last Social Work Visit",
        "What is the permanence plan for this child?",
        "Date of Last IRO Visit / Contact to the Child",
        "Date of Last Health Assessment",
        "Date of Last Dental Check",
        "Date Ceased to be Looked After ",
        "Reason Ceased to be Looked After",
        "Start Date of Most Recent Placement",
        "Placement Type",
        "Placement Provider",
        "Placement postcode",
        "Placement Location",
        *_BY,
    ],
    9: [
        *_WHO,
        _DISABLED,
        *_BY,
        "Allocated Personal Advisor",
        "Eligibility Category",
        "LA In Touch ",
        "Latest Pathway Plan Review Date",
        "Latest Date of Contact",
        "Type of Accommodation",
        "Suitability of Accommodation",
        "Activity Status",
    ],
    10: [
        "Child Unique ID",
        "Family identifier",
        *_WHO[1:],
        _DISABLED,
        "Date the Child Entered Care",
        "Date of Decision that Child Should be Placed for Adoption",
        "Date of Placement Order",
        "Date of Matching Child and Prospective Adopters",
        "Date Placed for Adoption",
        "Date of Adoption Order ",
        "Date of Decision that Child Should No Longer be Placed for Adoption",
        "Reason Why Child No Longer Placed for Adoption",
    ],
    11: [
        "Individual adopter identifier",
        "Family identifier",
        "Date enquiry received",
        "Date Stage 1 started",
        "Date Stage 1 ended",
        "Date Stage 2 started",
        "Date Stage 2 ended",
        "Date application approved",
        "Date of leaving adoption process",
    ],
}
# What a test calls the columns that it fills.
SHORT: dict[str, str] = {
    "child": "Child Unique ID",
    "dob": "Date of Birth",
    "team": "Allocated Team",
    "worker": "Allocated Worker",
    "referred": "Date of referral",
    "nfa": "Referral NFA?",
    "assessing": "Continuous Assessment Start Date",
    "authorised": "Continuous Assessment Date of Authorisation",
    "strategy": "Strategy discussion initiating Section 47 Enquiry Start Date",
    "unnecessary": "Was an Initial Child Protection Conference deemed unnecessary?",
    "icpc": "Date of Initial Child Protection Conference",
    "need_from": "CIN Start Date",
    "seen": "Date Child Was Last Seen",
    "closed": "CIN Closure Date",
    "status": "Case status",
    "plan_from": "Child Protection Plan Start Date",
    "plan_to": "Child Protection Plan End Date",
    "visited": "Date of the Last Statutory Visit",
    "alone": "Was the Child Seen Alone?",
    "conference": "Date of latest review conference",
    "entered": "Date Started to be Looked After",
    "left": "Date Ceased to be Looked After ",
    "legal": "Child\u2019s Legal Status",
    "legal_from": "Start date of current legal status",
    "uasc": "Unaccompanied Asylum Seeking Child (UASC) within the Last 12 Months (Y/N))",
    "reviewed": "Date of Latest Statutory Review",
    "social_visit": "Date of Last Social Work Visit",
    "health": "Date of Last Health Assessment",
    "placed": "Start Date of Most Recent Placement",
    "placement": "Placement Type",
    "location": "Placement Location",
    "permanence": "What is the permanence plan for this child?",
    "eligibility": "Eligibility Category",
    "adviser": "Allocated Personal Advisor",
    "pathway": "Latest Pathway Plan Review Date",
    "contacted": "Latest Date of Contact",
    "suitability": "Suitability of Accommodation",
    "should_be": "Date of Decision that Child Should be Placed for Adoption",
    "ordered": "Date of Placement Order",
    "matched": "Date of Matching Child and Prospective Adopters",
    "adopted": "Date of Adoption Order ",
    "reversed": "Date of Decision that Child Should No Longer be Placed for Adoption",
    "adopter": "Individual adopter identifier",
    "stage_one": "Date Stage 1 started",
    "stage_one_end": "Date Stage 1 ended",
    "stage_two": "Date Stage 2 started",
    "stage_two_end": "Date Stage 2 ended",
    "approved": "Date application approved",
    "leaving": "Date of leaving adoption process",
}


def annex_a(
    path: Path,
    lists: Mapping[int, Sequence[Row]],
    *,
    called: str = "List {}",
    title: bool = False,
    extra: Sequence[str] = (),
) -> Path:
    """A workbook with these lists, each a sheet, and a `title` above the header; a cell that no row names is empty."""
    book = Workbook(write_only=True)
    for number, rows in lists.items():
        sheet = book.create_sheet(called.format(number))
        if title:
            sheet.append([f"List {number}"])
        headings = [*HEADINGS[number], *extra]
        sheet.append(headings)
        for row in rows:
            named = {SHORT.get(name, name): value for name, value in row.items()}
            assert named.keys() <= set(headings), named.keys() - set(headings)
            sheet.append([named.get(heading) for heading in headings])
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)
    return path


def day(text: str) -> date:
    return date.fromisoformat(text)


Lists = Mapping[int, Sequence[Row]]
AS_AT, NEXT_WEEK = date(2026, 11, 20), date(2026, 11, 27)

IN_CARE: Row = {
    "child": "1001",
    "dob": day("2014-03-09"),
    "entered": day("2026-05-11"),
    "legal": "C2: FCO",
    "legal_from": day("2026-08-03"),
    "uasc": "b) No",
    "reviewed": day("2026-09-07"),
    "social_visit": day("2026-11-02"),
    "health": day("2026-06-04"),
    "placed": day("2026-05-11"),
    "placement": "f) U6: Foster placement - not FFA",
    "location": "b) Out",
    "permanence": "f) Long-term fostering",
    "team": "Care team",
    "worker": "Social worker of list 8",
}
ON_A_PLAN: Row = {
    "child": "1002",
    "dob": day("2018-01-15"),
    "plan_from": day("2026-06-01"),
    "visited": day("2026-11-12"),
    "alone": "a) Yes",
    "conference": day("2026-08-24"),
    "worker": "Social worker of list 7",
}
IN_NEED: Row = {
    "child": "1003",
    "dob": day("2020-02-02"),
    "need_from": day("2026-04-20"),
    "seen": day("2026-11-09"),
    "status": "c) Child in need plan",
    "worker": "Social worker of list 6",
}
LEAVER: Row = {
    "child": "1009",
    "dob": day("2007-01-15"),
    "eligibility": "b) Former relevant child",
    "pathway": day("2026-07-13"),
    "contacted": day("2026-10-05"),
    "suitability": "b) Unsuitable",
}


def take(council: Council, lists: Mapping[int, Sequence[Row]], as_at: date = AS_AT, **layout: Any) -> Taken:  # noqa: ANN401 - as annex_a has them
    path = annex_a(council.folder / f"annex-a-{as_at}.xlsx", lists, **layout)
    return council.take_as("annex-a", path, as_at=as_at)


def told_by(taken: Taken) -> list[str]:
    return taken.file_faults + [problem.told(name) for name, problem in taken.problems]


def outcomes(council: Council, rule: str, as_at: date = AS_AT) -> dict[str, tuple[str, date | None]]:
    """By child, what the rule says and the last day that it names."""
    return {
        str(clock.row.child).rpartition(":")[2]: (str(clock.outcome), clock.due_on)
        for clock, _ in clocks(council.home, as_at=as_at, known_at=None, rule=rule)
    }


def why(council: Council, rule: str, as_at: date = AS_AT) -> list[str]:
    return [clock.why for clock, _ in clocks(council.home, as_at=as_at, known_at=None, rule=rule)]


def crosswalk(council: Council, *rows: tuple[str, str, str]) -> None:
    folder = council.home.path / "config"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "crosswalk.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["what", "issuer", "id", "is_issuer", "is_id"])
        writer.writerows([what, "annex-a", name, "registers", number] for what, name, number in rows)
