"""`config/crosswalk.csv`: which ids of one system stand for which of another, as people have found out.

Columns: what (child, worker or team), issuer, id, is_issuer, is_id. Of a worker or a team, `id` may be the name under
which a return knows it; names stand in this file alone, and are never stored.
"""

import csv
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from monitor.errors import BadSettings
from monitor.intake.identity import Crosswalk
from monitor.intake.reading.grid import plain

COLUMNS = ("what", "issuer", "id", "is_issuer", "is_id")
WHATS = ("child", "worker", "team")


@dataclass(frozen=True, slots=True)
class Names:
    """The ids of workers and teams, by issuer and the name that it uses."""

    by_what: Mapping[str, Mapping[tuple[str, str], str]] = field(default_factory=dict)

    def of(self, what: str, issuers: tuple[str, ...]) -> dict[str, str]:
        """By plain name, the ids that any of these issuers' names stand for."""
        found = self.by_what.get(what, {})
        return {name: is_id for (issuer, name), is_id in found.items() if issuer in issuers}


def read_crosswalk(home: Path) -> tuple[Crosswalk, Names]:
    """The home's crosswalk, empty where it has none; BadSettings names each row that is wrong."""
    path, shown = home / "config" / "crosswalk.csv", "config/crosswalk.csv"
    if not path.exists():
        return {}, Names()
    children: dict[str, set[str]] = defaultdict(set)
    names: dict[str, dict[tuple[str, str], str]] = {what: {} for what in WHATS}
    faults = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = csv.DictReader(stream)
            if set(COLUMNS) - set(rows.fieldnames or ()):
                raise BadSettings([f"{shown}: row 1: the columns must be {', '.join(COLUMNS)}."])
            for no, row in enumerate(rows, 2):
                cells = [(row[name] or "").strip() for name in COLUMNS]
                what, issuer, own, is_issuer, is_id = cells
                if what not in WHATS or not all(cells):
                    faults.append(
                        f"{shown}: row {no}: every cell must be filled, and what one of {', '.join(WHATS)}."
                    )
                elif what == "child":
                    one, other = f"{issuer}:{own}", f"{is_issuer}:{is_id}"
                    children[one].add(other)
                    children[other].add(one)
                else:
                    names[what][issuer, plain(own)] = is_id
    except (OSError, UnicodeDecodeError, csv.Error):
        raise BadSettings([f"{shown}: cannot be read. Save it as CSV UTF-8."]) from None
    if faults:
        raise BadSettings(faults)
    return {key: frozenset(others) for key, others in children.items()}, Names(names)
