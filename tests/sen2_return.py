"""A small SEN2 census of the project's own, written in each of its four dialects: what they say is the same."""

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from openpyxl import Workbook

# Of each person: UPN, ULN, day of birth, and of the one request: received, outcome and its day, exported; of the
# assessment its outcome, day and whether an exception applies; of the plan its start and end; of the active plan the
# authority that it came from, the meeting, its decision and the day of the letter.
FIELDS = (
    "upn uln born received outcome decided exported issued settled week20 start ceased "
    "transfer meeting review reviewed"
)
PEOPLE = [
    dict(zip(FIELDS.split(), line.split(), strict=True))
    for line in (
        # assessed, planned and reviewed in time
        "A820432109001 - 2014-03-09 2025-01-06 Y 2025-02-10 - Y 2025-05-19 0 2025-05-19 - - 2025-11-10 M 2025-12-01",
        # decided to assess, and nothing since; an exception applies
        "A820432109002 - 2015-04-01 2025-07-07 Y 2025-08-11 - - - 1 - - - - - -",
        # refused
        "A820432109003 - 2012-09-15 2025-09-01 N 2025-10-06 - - - - - - - - - -",
        # not yet decided, and late
        "A820432109004 - 2016-06-30 2025-11-03 A - - - - - - - - - - -",
        # withdrawn
        "A820432109005 - 2013-02-11 2025-10-01 W 2025-10-20 - - - - - - - - - -",
        # known by the ULN alone; from before the census; the decision of a former review, and a newer meeting
        "UN1 1000000008 2006-05-20 - H - - H - - 2019-03-04 - - 2025-12-08 A 2024-12-02",
        # moved away before it was done
        "A820432109007 - 2014-08-08 2025-06-02 Y 2025-07-01 301 - - - - - - - - -",
        # no plan
        "A820432109008 - 2015-01-17 2025-03-03 Y 2025-04-07 - N 2025-06-23 0 - - - - - -",
        # ceased
        "A820432109009 - 2005-01-02 - H - - H - - 2018-06-04 2025-07-31 - - - -",
        # came from another authority, and not reviewed since
        "A820432109010 - 2011-11-11 - H - - H - - 2020-02-03 - 302 - - -",
    )
]
CENSUS_DAY = date(2026, 1, 15)
LONG = {
    "m1": (
        "Person ID",
        "Surname",
        "Forename",
        "Dob (ccyy-mm-dd)",
        "UPN - Unique Pupil Number",
        "ULN - Young Persons Unique Learner Number",
    ),
    "m2": (
        "Person ID",
        "Requests Record ID",
        "Date Request Was Received",
        "Request Outcome Date",
        "Request Outcome",
        "Exported - Child Or Young Person Moves Out Of LA Before Assessment Is Completed",
    ),
    "m3": (
        "Person ID",
        "Requests Record ID",
        "Assessment Outcome To Issue EHCP",
        "Assessment Outcome Date",
        "Twenty Weeks Time Limit Exceptions Apply",
    ),
    "m4": ("Person ID", "Request Records ID", "EHC Plan Start Date", "Date EHC Plan Ceased"),
    "m5": ("Person ID", "Request Records ID", "EHC Plan (Transfer)", "EHCP review decisions date"),
}
Person = dict[str, str]


def people() -> Iterator[tuple[int, Person]]:
    for number, each in enumerate(PEOPLE, 1):
        yield number, {name: "" if text == "-" else text for name, text in each.items()}


def as_xml(path: Path, whole: list[Person] | None = None) -> Path:
    """The return itself."""
    told = "".join(_person(each) for each in (whole or [each for _, each in people()]))
    path.write_text(
        '\ufeff<?xml version="1.0" encoding="utf-8"?>\n<Message>\n<Header><CollectionDetails>'
        "<Collection>SEN2</Collection>"
        f"<Year>2026</Year><ReferenceDate>{CENSUS_DAY}</ReferenceDate></CollectionDetails></Header>\n<Persons>\n{told}"
        "</Persons>\n</Message>\n",
        encoding="utf-8",
    )
    return path


def _person(each: Person) -> str:
    upn = _tag("UPN", "" if each["upn"].startswith("UN") else each["upn"])
    unknown = _tag("UPNunknown", each["upn"] if each["upn"].startswith("UN") else "")
    plan = _branch("NamedPlan", _tag("StartDate", each["start"]) + _tag("CeaseDate", each["ceased"]))
    assessment = _branch(
        "Assessment",
        _tag("AssessmentOutcome", each["issued"])
        + _tag("AssessmentOutcomeDate", each["settled"])
        + _tag("Week20", each["week20"])
        + plan,
    )
    active = ""
    if each["start"] and not each["ceased"]:
        active = _branch(
            "ActivePlans",
            _tag("TransferLA", each["transfer"])
            + _tag("ReviewMeeting", each["meeting"])
            + _tag("ReviewOutcome", each["review"])
            + _tag("LastReview", each["reviewed"])
            + "<SENneed><SENtype>ASD</SENtype></SENneed>",
        )
    request = _branch(
        "Requests",
        _tag("ReceivedDate", each["received"])
        + _tag("RequestOutcomeDate", each["decided"])
        + _tag("RequestOutcome", each["outcome"])
        + _tag("Exported", each["exported"])
        + assessment
        + active,
    )
    head = f"<Surname>SURNAME</Surname><Forename>FORENAME</Forename><PersonBirthDate>{each['born']}</PersonBirthDate>"
    numbers = upn + _tag("UniqueLearnerNumber", each["uln"]) + unknown
    return f"<Person>{head}{numbers}{request}</Person>\n"


def _tag(name: str, text: str) -> str:
    return f"<{name}>{text}</{name}>" if text else ""


def _branch(name: str, inside: str) -> str:
    return f"<{name}>{inside}</{name}>" if inside else ""


def blade_day(text: str) -> str:
    """As COLLECT writes days."""
    return date.fromisoformat(text).strftime("%Y-%b-%d 00:00:00") if text else ""


def as_blade(folder: Path, offset: int = 0) -> Path:
    """The export of COLLECT; its keys begin elsewhere in each export."""
    tables: dict[str, list[dict[str, object]]] = {}
    for number, each in people():
        key = offset + number
        mine = f"{key}.0" if number % 2 else str(key)
        _add(
            tables,
            "person",
            persontableid=key,
            NativeId="",
            surname="SURNAME",
            forename="FORENAME",
            personbirthdate=blade_day(each["born"]),
            upn=each["upn"].replace("UN1", ""),
            uniquelearnernumber=each["uln"],
        )
        _add(
            tables,
            "requests",
            requeststableid=key + 1000,
            persontableid=mine,
            receiveddate=blade_day(each["received"]),
            requestoutcomedate=blade_day(each["decided"]),
            requestoutcome=each["outcome"],
            exported=each["exported"],
        )
        _add(
            tables,
            "assessment",
            assessmenttableid=key + 2000,
            requeststableid=key + 1000,
            assessmentoutcome=each["issued"],
            assessmentoutcomedate=blade_day(each["settled"]),
            week20=each["week20"],
        )
        if each["start"]:
            _add(
                tables,
                "namedplan",
                namedplantableid=key + 3000,
                assessmenttableid=key + 2000,
                startdate=blade_day(each["start"]),
                ceasedate=blade_day(each["ceased"]),
            )
        if each["start"] and not each["ceased"]:
            _add(
                tables,
                "activeplans",
                activeplanstableid=key + 4000,
                requeststableid=key + 1000,
                transferla=each["transfer"],
                reviewmeeting=blade_day(each["meeting"]),
                reviewoutcome=each["review"],
                lastreview=blade_day(each["reviewed"]),
            )
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        _csv(folder / f"Blade-Export_16-01-2026_{name}.csv", rows)
    return folder


def as_modules(folder: Path) -> Path:
    """A supplier's five modules, with long headings; it has no day of a meeting."""
    folder.mkdir(parents=True, exist_ok=True)
    rows: dict[str, list[tuple[object, ...]]] = {name: [] for name in LONG}
    for number, each in people():
        key = number + 1000
        rows["m1"].append((number, "SURNAME", "FORENAME", each["born"], each["upn"], each["uln"]))
        rows["m2"].append((number, key, each["received"], each["decided"], each["outcome"], each["exported"]))
        rows["m3"].append((number, key, each["issued"], each["settled"], each["week20"]))
        if each["start"]:
            rows["m4"].append((number, key, each["start"], each["ceased"]))
        if each["start"] and not each["ceased"]:
            rows["m5"].append((number, key, each["transfer"], each["reviewed"]))
    for name, listed in rows.items():
        _csv(folder / f"{name}.csv", [dict(zip(LONG[name], row, strict=True)) for row in listed])
    return folder


def as_workbook(path: Path) -> Path:
    """The workbook before submission: every sheet names person and request."""
    book = Workbook()
    book.remove(book.worksheets[0])
    sheets = {
        "Person": ["persontableid", "surname", "personbirthdate", "upn", "uniquelearnernumber"],
        "Requests": [
            "requeststableid",
            "persontableid",
            "receiveddate",
            "requestoutcomedate",
            "requestoutcome",
            "exported",
        ],
        "Assessments": [
            "persontableid",
            "requeststableid",
            "assessmentoutcome",
            "assessmentoutcomedate",
            "week20",
        ],
        "Named Plan": ["persontableid", "requeststableid", "startdate", "ceasedate"],
        "Active Plan": [
            "persontableid",
            "requeststableid",
            "transferla",
            "reviewmeeting",
            "reviewoutcome",
            "lastreview",
        ],
    }
    made = {name: book.create_sheet(name) for name in sheets}
    for name, header in sheets.items():
        made[name].append(header)
    for number, each in people():
        key = number + 1000
        made["Person"].append([number, "SURNAME", _day(each["born"]), each["upn"], each["uln"]])
        made["Requests"].append(
            [key, number, _day(each["received"]), _day(each["decided"]), each["outcome"], each["exported"]]
        )
        made["Assessments"].append([number, key, each["issued"], _day(each["settled"]), each["week20"]])
        if each["start"]:
            made["Named Plan"].append([number, key, _day(each["start"]), _day(each["ceased"])])
        if each["start"] and not each["ceased"]:
            made["Active Plan"].append(
                [number, key, each["transfer"], _day(each["meeting"]), each["review"], _day(each["reviewed"])]
            )
    book.save(path)
    return path


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _add(tables: dict[str, list[dict[str, object]]], name: str, **cells: object) -> None:
    tables.setdefault(name, []).append(cells)


def _csv(path: Path, rows: list[dict[str, object]]) -> None:
    with path.open("w", newline="", encoding="utf-8-sig") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
