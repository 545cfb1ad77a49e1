"""XML and JSON are trees: one record at a time, its branches laid out as rows of the columns that are asked for."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from monitor.intake.reading.grid import Grid, NumberedRow

SELF, UP = ".", ".."
DEEPEST = 40  # levels; no return and no payload of the field comes near it


@dataclass(slots=True)
class Node:
    """One element, or one value of JSON: its name, its text, what stands in it, and the line where it begins."""

    tag: str
    line: int = 0
    text: str = ""
    parts: list["Node"] = field(default_factory=list)
    parent: "Node | None" = None

    def named(self, tag: str) -> Iterator["Node"]:
        return (part for part in self.parts if part.tag == tag)

    def first(self, path: Sequence[str]) -> "Node | None":
        """What this path leads to; ".." is one up, "." the node itself."""
        node: Node | None = self
        for step in path:
            if node is None:
                return None
            if step != SELF:
                node = node.parent if step == UP else next(node.named(step), None)
        return node

    def all(self, path: Sequence[str]) -> Iterator["Node"]:
        """Every branch that this path leads to."""
        if not path:
            yield self
            return
        for part in self.named(path[0]):
            yield from part.all(path[1:])


@dataclass(frozen=True, slots=True)
class Branch:
    """The rows to lay out: one for each branch at this path below the record, with these columns ("../UPN").

    A path that leads nowhere, in the whole file, is a column that is not there.
    """

    name: str
    at: tuple[str, ...]
    columns: tuple[str, ...]


def lay_out(records: Iterable[Node], branches: Iterable[Branch], shown: str) -> list[Grid]:
    """A grid for each branch; the numbers of its rows are the lines of the file where there are any."""
    laid = [(branch, [tuple(column.split("/")) for column in branch.columns]) for branch in branches]
    rows: Mapping[str, list[NumberedRow]] = {branch.name: [] for branch, _ in laid}
    there: Mapping[str, set[int]] = {branch.name: set() for branch, _ in laid}
    for record in records:
        for branch, columns in laid:
            for node in record.all(branch.at):
                cells = []
                for at, column in enumerate(columns):
                    found = node.first(column)
                    if found is not None:
                        there[branch.name].add(at)
                    cells.append(found.text if found is not None else "")
                rows[branch.name].append((node.line, cells))
    return [_grid(branch, rows[branch.name], there[branch.name], shown) for branch, _ in laid]


def _grid(branch: Branch, rows: list[NumberedRow], there: set[int], shown: str) -> Grid:
    """Its header is the columns that the file has."""
    kept = sorted(there)
    header: NumberedRow = (0, [branch.columns[at] for at in kept])
    below: list[NumberedRow] = [(line, [cells[at] for at in kept]) for line, cells in rows]
    return Grid(branch.name, f"{shown}, {branch.name}", lambda: iter([header, *below]) if kept else iter([]))
