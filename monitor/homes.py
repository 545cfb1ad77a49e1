"""Laying out a council's home: an editable copy of what ships, and blank sheets for every register."""

import shutil
from pathlib import Path

from monitor.bootstrap import shipped
from monitor.errors import CannotRun
from monitor.intake.registers_page import blank_page, blank_sheets

PARTS = ("config", "rules", "templates")
SHEETS = "sheets"


def lay_out(folder: Path) -> list[str]:
    """Copy what ships into this folder; what is there already stays as it is. Returns the names that were made."""
    made: list[str] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "var").mkdir(mode=0o700, exist_ok=True)
        for part in PARTS:
            source = shipped() / part
            for path in sorted(source.rglob("*")):
                if path.is_dir():
                    continue
                target = folder / part / path.relative_to(source)
                if target.exists():
                    continue
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)
                made.append(str(target.relative_to(folder)))
        made += _blank_sheets(folder / SHEETS)
    except OSError as error:
        raise CannotRun(f"the home cannot be laid out in {folder} ({error.strerror}).") from None
    return made


def _blank_sheets(folder: Path) -> list[str]:
    """A CSV file with its columns for every register, and a page that says what each holds."""
    folder.mkdir(exist_ok=True)
    made = []
    for name, text in {"README.md": blank_page(), **blank_sheets()}.items():
        if not (folder / name).exists():
            (folder / name).write_text(text, encoding="utf-8")
            made.append(f"{SHEETS}/{name}")
    return made
