"""Why a row is refused: what no case record could be made of without a guess."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date

from monitor.calendars import Calendar
from monitor.intake.registers import Register
from monitor.intake.specs import EpisodeSpec, either, first_day
from monitor.vocabulary import Kind, vocabulary

GENERIC_EPISODE = EpisodeSpec(kind="", start=("start_on",), end=("end_on",))


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one cell of one row, in words that hold no case data."""

    row_no: int
    column: str
    text: str
    refused: bool
    code: str = "other"
    raw: str | None = None  # of a date or a code-list column only
    child: str | None = field(default=None, repr=False)  # whose row it is, to find the team; never shown

    def told(self, file: str) -> str:
        """The line that a person reads: file, row, column, what is wrong and what to do."""
        row = f" row {self.row_no}:" if self.row_no else ":"
        column = f" column {self.column}:" if self.column else ""
        return f"{file}{row}{column} {self.text}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Whose rows these are: the source, the issuers of its ids, and the day of its data."""

    source: str
    issuers: Mapping[str, str]
    as_at: date
    calendar: Calendar
    is_rule: Callable[[str], bool] = lambda _: True  # of this home; asked only where a row names one
    # By a child's own key, the key of another issuer that stands for the same child.
    joined: Mapping[str, str] = field(default_factory=dict)

    def whose(self, key: str | date | None) -> str | None:
        """The key under which this child is known."""
        return None if key is None else self.joined.get(str(key), str(key))

    def keys(self, key: str | date | None) -> dict[str, str | None]:
        """As a record has it: the key under which the child is known and, where that is another's, its own."""
        known_as = self.whose(key)
        return {"child_key": known_as, "own_key": None if known_as == key else str(key)}


@dataclass(slots=True)
class RegisterRow:
    """One row as read: its filled cells, and for the columns that could not be read what is wrong."""

    no: int
    values: dict[str, str | date] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)
    unread: dict[str, tuple[str, str | None]] = field(
        default_factory=dict
    )  # their fault codes and raw values
    absent: set[str] = field(default_factory=set)  # columns that the place this row is from does not have
    first_shown: set[str] = field(
        default_factory=set
    )  # starts that count from the load that first shows the row
    earlier: dict[str, date] = field(default_factory=dict)  # of what began before a day, by column
    key: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why, and the column that shows it."""

    column: str
    why: str
    to_do: str
    code: str = "missing"


@dataclass(frozen=True, slots=True)
class Checks:
    """What the rows of a register are held against; without `known_children` a child is not asked for."""

    register: Register
    known_children: frozenset[str] | None
    is_rule: Callable[[str], bool]
    ending: tuple[EpisodeSpec, ...]  # that rows with the file's columns can say the end of

    def refusal(self, row: RegisterRow) -> Refusal | None:
        """The first thing for which the row must be refused."""
        return self._missing(row) or self._backwards(row) or self._stranger(row) or self._ownerless(row)

    def _missing(self, row: RegisterRow) -> Refusal | None:
        for names in self.register.required:
            columns = either(names)
            if row.values.keys().isdisjoint(columns):
                return _missing(row, columns)
        return None

    def _backwards(self, row: RegisterRow) -> Refusal | None:
        for spec in self.ending:
            column = _end_before_start(row, spec)
            if column:
                return Refusal(
                    column, "lies before the start of the same row", "Put the dates right.", "backwards"
                )
        return None

    def _stranger(self, row: RegisterRow) -> Refusal | None:
        """A child or a rule that nobody knows."""
        known = self.known_children
        if self.register.known_child and known and row.values["child_id"] not in known:
            return Refusal(
                "child_id",
                "is no child of children.csv",
                "Add the child there, or put the id right.",
                "stranger",
            )
        rule = row.values.get("rule")
        if rule is not None and not self.is_rule(str(rule)):
            return Refusal(
                "rule", "is no rule of this home", "`monitor rules list` shows them all.", "unknown-code"
            )
        return None

    def _ownerless(self, row: RegisterRow) -> Refusal | None:
        """A row of a generic register must say whose Episode or Event it is, and what it is about."""
        if self.register.generic is None:
            return None
        kind = vocabulary().kinds[str(row.values["kind"])]
        missing = next((name for name in _owners(kind) if name not in row.values), None)
        if missing == "about" and missing not in row.unreadable:
            return Refusal(missing, "is empty", f"Fill it in: the id of the {kind.of} to which it belongs.")
        return _missing(row, (missing,)) if missing else None


def ending(register: Register, header: Collection[str]) -> tuple[EpisodeSpec, ...]:
    """The Episodes whose end, and so whether it lies before the start, a file with these columns can say."""
    every = (GENERIC_EPISODE,) if register.generic == "episode" else register.episodes
    return tuple(spec for spec in every if not set(spec.end).isdisjoint(header))


def _end_before_start(row: RegisterRow, spec: EpisodeSpec) -> str | None:
    """The column of an end that lies before the start; on one day, of a moment (in UTC) before another."""
    start, end = spec.start_of(row.values, row.unreadable), first_day(row.values, spec.end, row.unreadable)
    if not start or not end or start < end:
        return None
    if end < start:
        return next(name for name in spec.end if name in row.values)
    began, ended = (
        {name: value for name in names if isinstance(value := row.values.get(name), str)}
        for names in (spec.start, spec.end)
    )
    is_backwards = began and ended and min(ended.values()) < min(began.values())
    return next(iter(ended)) if is_backwards else None


def _missing(row: RegisterRow, columns: tuple[str, ...]) -> Refusal:
    column = " or ".join(columns)
    why = next((row.unreadable[name] for name in columns if name in row.unreadable), None)
    return Refusal(column, why, "") if why else Refusal(column, "is empty", "Fill it in.")


def _owners(kind: Kind) -> tuple[str, ...]:
    """The columns that say whose a kind is; one that is about another row names that row and whose it is."""
    if kind.of in ("child", "worker"):
        return (f"{kind.of}_id",)
    about = vocabulary().kinds.get(kind.of)
    return ("about", *_owners(about)) if about else ()
