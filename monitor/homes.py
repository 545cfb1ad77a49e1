"""Laying out a council's home: an editable copy of the rules, templates and settings that ship."""

import shutil
from pathlib import Path

from monitor.bootstrap import shipped
from monitor.errors import CannotRun

PARTS = ("config", "rules", "templates")


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
    except OSError as error:
        raise CannotRun(f"the home cannot be laid out in {folder} ({error.strerror}).") from None
    return made
