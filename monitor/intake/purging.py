"""What a delta calls purged: rows, all that belongs to them, and children with all that is known of them."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field

from monitor.intake.loads import STRANGERS
from monitor.intake.records import RegisterWriter
from monitor.intake.registers import registers
from monitor.intake.sight import Sight


@dataclass(slots=True)
class Purges:
    """The purges of one load, gathered part by part; a row belongs to its child's whose id its own begins with."""

    source: str
    rows: set[tuple[str, str | None]] = field(default_factory=set)  # each with its child
    children: set[str] = field(default_factory=set)

    def remember(self, sight: Sight) -> None:
        self.rows.update(sight.purged_rows)
        self.children.update(sight.purged_children)

    def withdraw(self, known: Collection[str], writer_of: Callable[[str], RegisterWriter]) -> int:
        """Withdraw them from all that the source has ever told; how many records that were."""
        if not (self.rows or self.children):
            return 0
        owners: dict[str, set[str | None]] = defaultdict(set)
        for row, child in self.rows:
            owners[row.split("/", 2)[2].partition("|")[0] + "/"].add(child)
        withdrawn = 0
        for name in sorted({*known, STRANGERS}):
            writer = writer_of(name)
            register = registers().get(name if name in registers() else "children")
            before = (
                {row for table in register.tables for row in writer.rows_before(table)} if register else ()
            )
            prefix = f"{self.source}/{name}/"
            owned = {
                (row, child)
                for row in before
                for owner in _leading(row.removeprefix(prefix))
                for child in owners.get(owner, ())
            }
            gone = Sight(shows="what changed", purged_rows=self.rows | owned, purged_children=self.children)
            writer.finish(lambda _: False, gone)
            withdrawn += writer.withdrawn
        return withdrawn


def _leading(row_id: str) -> Iterator[str]:
    """What an id begins with, up to each of its strokes."""
    return (row_id[: at + 1] for at, letter in enumerate(row_id) if letter == "/")
