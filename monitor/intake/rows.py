"""The rows of one register, read and checked one by one; what is wrong with them is listed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from monitor.intake.cells import BadCell, Read, attribute, cell_reader, fault_of, keeps_raw, parser
from monitor.intake.checks import Checks, Origin, Problem, Refusal, RegisterRow, ending
from monitor.intake.kept import Kept
from monitor.intake.parts import ABSENT, Carried, Mark
from monitor.intake.registers import Register
from monitor.intake.specs import either
from monitor.intake.spelling import DATA_DAY, Earlier, LeftOut, Unread
from monitor.vocabulary import Kind, vocabulary

ISSUED = ("child", "worker", "team", "family")
MOST_PROBLEMS = 1_000  # of one file that are kept in full; the rest is counted
_BETWEEN = "\x1f"  # the parts of a key, while what may not stand in one is taken out of them
_IN_A_KEY = str.maketrans(f"|#~{_BETWEEN}", "///|")
_WIDTH = Refusal(
    "", "has another number of cells than the header", "A comma inside a cell needs quotation marks.", "width"
)


class StandsTwice(Exception):
    """An id stands in two rows of a list whose rows can be told apart."""


@dataclass(slots=True)
class RowReader:
    """Reads the rows of one register whose file has this header; with `alike_are_one`, one of those with one key."""

    register: Register
    origin: Origin
    header: Sequence[str]
    known_children: frozenset[str] | None = None
    known_rows: Collection[str] = ()
    alike_are_one: bool = False
    refuses_twice: bool = True
    shown: str = ""
    problems: list[tuple[str, Problem]] = field(default_factory=list)
    unlisted: int = 0
    seen: int = 0
    bad: int = 0
    refused: int = 0
    alike: int = 0
    children: set[str] = field(default_factory=set)
    earlier: dict[str, date] = field(
        default_factory=dict
    )  # by row, the first day shown of what began before it
    rows: dict[str, int] = field(default_factory=dict)  # the key of each row that was taken, and its number
    kinds: set[str] = field(default_factory=set)  # that a generic register named
    refused_children: set[str] = field(default_factory=set)
    kept: Kept = field(init=False)
    _alike: dict[str, int] = field(default_factory=dict)
    _checks: Checks = field(init=False)
    _cells: list[tuple[int, str, Read]] = field(init=False)
    _attributes: dict[str, int] = field(init=False)
    _ids: frozenset[str] = field(init=False)
    _key_columns: list[tuple[str, ...]] = field(init=False)
    _attribute_cells: dict[str, list[tuple[int, str, Read]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.kept = Kept(f"{self.origin.source}/{self.register.name}/")
        self._ids = frozenset(self.register.id)
        self._key_columns = [either(names) for names in self.register.key]
        self._checks = Checks(
            self.register, self.known_children, self.origin.is_rule, ending(self.register, self.header)
        )
        self._cells = [
            (at, name, self._reader(self.register.columns[name]))
            for at, name in enumerate(self.header)
            if name in self.register.columns
        ]
        self._attributes = {
            name: at for at, name in enumerate(self.header) if name not in self.register.columns
        }

    def read(self, cells: Sequence[str], row_no: int) -> RegisterRow | None:
        """The row; None where it is refused, or the same as one before."""
        row, width = RegisterRow(row_no), len(self.header)
        self._read(row, self._cells, cells if len(cells) == width else [*cells, *[""] * width])
        if "child_id" in row.values:
            self.children.add(str(row.values["child_id"]))
        row.key, is_own = self._key(row)
        if type(cells) is LeftOut and row.key not in self.known_rows:
            return None
        self.seen += 1
        refusal = self._refusal(row, cells, is_own=is_own)
        if refusal:
            self._refuse(row, refusal)
            return None
        if self.register.generic:
            self._read_attributes(row, cells)
        if row.unreadable:
            self.bad += 1
            self._list_unreadable(row, " The cell is taken as unknown.")
        if not is_own and row.key in self.rows:
            if self.alike_are_one:
                self.alike += 1
                return None
            row.key = self._numbered(row.key)
        return self._taken(row)

    def _taken(self, row: RegisterRow) -> RegisterRow:
        self.rows[row.key] = row.no
        if row.earlier:
            self.earlier[row.key] = min(row.earlier.values())
        return row

    def items(self, carried: Sequence[Carried] = ()) -> set[str]:
        """What the file carries: kinds, their attributes, ends and plans; of several, what any of them does."""
        if carried and not self.register.generic:
            return set().union(
                *(self.register.items(each.header, each.only) for each in carried if each.header)
            )
        kinds = [vocabulary().kinds[name] for name in self.kinds]
        found = {
            f"{kind.name}.{name}" for kind in kinds for name in self._attributes if name in kind.attributes
        }
        if "due_on" in self.header:
            found |= {f"{kind.name}.due" for kind in kinds if not kind.is_episode}
        if "end_on" in self.header:
            found |= {f"{kind.name}.end" for kind in kinds if kind.is_episode}
        return self.register.items(self.header) | self.kinds | found

    def _reader(self, declared: object) -> Read:
        """Ids of a child, worker, team or family come with their issuer."""
        is_issued = isinstance(declared, str) and declared in ISSUED
        issuer = self.origin.issuers.get(str(declared), self.origin.source) if is_issued else None
        return cell_reader(parser(declared), issuer)

    def _read(self, row: RegisterRow, readers: list[tuple[int, str, Read]], cells: Sequence[str]) -> None:
        values = row.values
        for at, name, read in readers:
            text = cells[at]
            if type(text) is not str:
                self._read_mark(row, name, text)
                continue
            if not text:
                continue
            try:
                value = read(text)
            except BadCell as bad:
                row.unreadable[name] = str(bad)
                row.unread[name] = (
                    bad.code or fault_of(self.register.columns.get(name)),
                    self._raw(name, text),
                )
                continue
            if value is not None:
                values[name] = value

    def _read_mark(self, row: RegisterRow, name: str, text: str) -> None:
        """A cell in whose place a mapping has put what it knows of it."""
        if text is DATA_DAY:
            row.values[name] = self.origin.as_at
        elif type(text) is Mark:
            (row.absent if text is ABSENT else row.first_shown).add(name)
        elif type(text) is Earlier:
            row.earlier[name] = date.fromisoformat(text)
        elif type(text) is Unread:
            row.unreadable[name], row.unread[name] = text.why, (text.code, self._raw(name, text))

    def _read_attributes(self, row: RegisterRow, cells: Sequence[str]) -> None:
        """Columns beyond a generic register's own are attributes, each read as the row's kind declares it."""
        kind = vocabulary().kinds[str(row.values["kind"])]
        self.kinds.add(kind.name)
        if kind.name not in self._attribute_cells:
            self._attribute_cells[kind.name] = self._attribute_readers(kind)
        self._read(row, self._attribute_cells[kind.name], cells)
        for name, at in self._attributes.items():
            if name not in kind.attributes and cells[at].strip():
                row.unreadable[name] = f"a {kind.name} has no such attribute"
        if kind.is_episode and kind.of not in vocabulary().kinds and "about" in row.values:
            del row.values["about"]
            row.unreadable["about"] = f"a {kind.name} is about no other row"

    def _attribute_readers(self, kind: Kind) -> list[tuple[int, str, Read]]:
        return [
            (at, name, cell_reader(attribute(kind.attributes[name])))
            for name, at in self._attributes.items()
            if name in kind.attributes
        ]

    def _key(self, row: RegisterRow) -> tuple[str, bool]:
        """The row's key, and whether it is made of the council's own ids."""
        values = row.values
        if self.register.id and (not self.register.key or values.keys() >= self._ids):
            ids = "|".join([str(values.get(name, "")) for name in self.register.id])
            return self.kept.prefix + ids, True
        parts = _BETWEEN.join([_filled(row, names) for names in self._key_columns])
        return self.kept.prefix + parts.translate(_IN_A_KEY), False

    def _refusal(self, row: RegisterRow, cells: Sequence[str], *, is_own: bool) -> Refusal | None:
        if type(cells) is LeftOut:
            return self._left_out(row, cells)
        if len(cells) != len(self.header):
            return _WIDTH
        return self._checks.refusal(row) or self._twice(row, is_own=is_own)

    def _left_out(self, row: RegisterRow, cells: LeftOut) -> Refusal:
        """Whether the row belongs here is not known, so what was known of it stays."""
        said = str(cells.said)
        row.unread[cells.column] = (cells.said.code, said if keeps_raw("flag", said) else None)
        return Refusal(cells.column, cells.said.why, "", cells.said.code)

    def _twice(self, row: RegisterRow, *, is_own: bool) -> Refusal | None:
        first = self.rows.get(row.key)
        if first is None or not is_own:
            return None
        if not self.refuses_twice:
            raise StandsTwice
        column, *others = self.register.id
        beside = f", with {others[0]}," if others else ""
        return Refusal(column, f"is{beside} the same as in row {first}", "Each row needs its own.", "twice")

    def _numbered(self, key: str) -> str:
        """The key; rows with the same natural key are told apart by their order."""
        number = self._alike[key] = self._alike.get(key, 1) + 1
        return f"{key}~{number}"

    def _refuse(self, row: RegisterRow, refusal: Refusal) -> None:
        self.bad += 1
        self.refused += 1
        self.kept.add(row.key)
        child = row.values.get("child_id")
        if self.register.joins and child is not None:
            self.refused_children.add(str(child))
        text = f"{refusal.why}: the row was refused. {refusal.to_do}".rstrip()
        code, raw = row.unread.get(refusal.column, (refusal.code, None))
        self._list(row, Problem(row.no, refusal.column, text, refused=True, code=code, raw=raw))
        if refusal is not _WIDTH:
            row.unreadable.pop(refusal.column, None)
            self._list_unreadable(row, "")

    def _list_unreadable(self, row: RegisterRow, so: str) -> None:
        for column, why in row.unreadable.items():
            code, raw = row.unread.get(column, ("other", None))
            self._list(row, Problem(row.no, column, f"{why}.{so}", refused=False, code=code, raw=raw))

    def _raw(self, column: str, text: str) -> str | None:
        """What stood in the cell, where it may be kept."""
        return str(text) if keeps_raw(self.register.columns.get(column), text) else None

    def _list(self, row: RegisterRow, problem: Problem) -> None:
        child = row.values.get("child_id")
        if child is not None:
            problem = replace(problem, child=str(child))
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append((self.shown, problem))
        else:
            self.unlisted += 1


def _filled(row: RegisterRow, names: Sequence[str]) -> str:
    """The first of these columns that is filled, or nothing."""
    for name in names:
        value = row.values.get(name) or row.earlier.get(name)
        if value:
            return str(value)
    return ""
