"""Annex A workbooks for tests, written cell by cell: the headings are Ofsted's, the children are nobody."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from openpyxl import Workbook

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
