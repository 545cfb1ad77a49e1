"""What a delta calls purged: rows, all that belongs to them, and children with all that is known of them."""

from collections.abc import Callable, Collection
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
        owners = {(row.split("/", 2)[2].partition("|")[0] + "/", child) for row, child in self.rows}
        ids = tuple({owner for owner, _ in owners})
        withdrawn = 0
        for name in sorted({*known, STRANGERS}):
            writer = writer_of(name)
            register = registers().get(name if name in registers() else "children")
            prefix = f"{self.source}/{name}/"
            before = (
                {row for table in register.tables for row in writer.rows_before(table)} if register else set()
            )
            owned = [row for row in before if row.removeprefix(prefix).startswith(ids)]
            of_owners = {
                (row, child)
                for row in owned
                for owner, child in owners
                if row.removeprefix(prefix).startswith(owner)
            }
            gone = Sight(
                shows="what changed", purged_rows=self.rows | of_owners, purged_children=self.children
            )
            writer.finish(lambda _: False, gone)
            withdrawn += writer.withdrawn
        return withdrawn
