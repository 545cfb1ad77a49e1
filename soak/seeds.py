"""Small honest files of every kind that intake reads: what fuzzing starts from."""

import json
import zipfile
from pathlib import Path

from openpyxl import Workbook

MARKER = "ZQMARKER"  # stands in cells that no message may repeat
TRACKER = (
    "PLO tracker,,,\nMosaic ID,PLO ref,Legal gateway,LBP sent,Outcome\n"
    f"0012345,P1,01/09/2026,03/09/2026,{MARKER}\n12346,P2,31/02/2026,,Step down\n"
)
CIN = f"""<?xml version="1.0" encoding="utf-8"?>
<Message><Header><CollectionDetails><Collection>CIN</Collection><Year>2026</Year>
<ReferenceDate>2026-03-31</ReferenceDate></CollectionDetails></Header>
<Children><Child><ChildIdentifiers><LAchildID>C1</LAchildID><UPN>A820432109001</UPN>
<PersonBirthDate>2014-03-09</PersonBirthDate></ChildIdentifiers>
<CINdetails><CINreferralDate>2026-01-05</CINreferralDate><ReferralSource>{MARKER}</ReferralSource>
<Section47><S47ActualStartDate>2026-01-06</S47ActualStartDate></Section47></CINdetails></Child></Children></Message>
"""
API = [
    {
        "la_child_id": "C1",
        "child_details": {"date_of_birth": "2014-03-09", "first_name": MARKER},
        "social_care_episodes": [{"social_care_episode_id": "E1", "referral_date": "2026-02-02"}],
    }
]


def write(folder: Path) -> dict[str, Path]:
    """By format, a file that goes in."""
    folder.mkdir(parents=True, exist_ok=True)
    book = Workbook()
    assert book.active is not None
    for line in TRACKER.splitlines():
        book.active.append(line.split(","))
    paths = {name: folder / name for name in ("tracker.csv", "tracker.xlsx", "cin.xml", "api.json")}
    paths["tracker.csv"].write_text(TRACKER, encoding="utf-8")
    book.save(paths["tracker.xlsx"])
    paths["cin.xml"].write_text(CIN, encoding="utf-8")
    paths["api.json"].write_text(json.dumps(API), encoding="utf-8")
    return paths


def parts_of(path: Path) -> dict[str, bytes]:
    """What lies in a workbook."""
    with zipfile.ZipFile(path) as book:
        return {name: book.read(name) for name in book.namelist()}


def pack(path: Path, parts: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in parts.items():
            book.writestr(name, content)
