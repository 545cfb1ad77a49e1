"""What the registers are: read once from `registers.yaml` and `sheets/`, so that a new register needs no code."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Table

from monitor import documents, tables
from monitor.intake import specs

# What the monitor makes of what it takes in, so that every source carries it: no register holds these.
MADE = ("feed", "load", "bad-rows", "start-unknown", "start-unknown.kind")
_ANY: specs.Only = {}
TABLES = {table.name: table for table in tables.CASE_TABLES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """One register: its columns, what names a row, and the case records that a row makes.

    `id` are the council's own ids, which no two rows share; `key` names the row where there are none.
    """

    name: str
    says: str
    columns: Mapping[str, Any]
    id: tuple[str, ...]
    key: tuple[str, ...]
    required: tuple[str, ...]
    start: str | None
    known_child: bool
    person: str | None
    fields: Mapping[str, str]
    record: str | None
    joins: bool
    generic: str | None
    episodes: tuple[specs.EpisodeSpec, ...]
    events: tuple[specs.EventSpec, ...]
    example: Mapping[str, str]

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables that its rows go to."""
        found = [TABLES[self.person]] if self.person else []
        if self.episodes or self.generic == "episode":
            found.append(tables.episode)
        if self.events or self.generic == "event":
            found.append(tables.event)
        return tuple(found)

    @property
    def tells_of_events(self) -> bool:
        """Whether a row is an Event, though a record that is to be written of it may stand beside."""
        return all(each.beside for each in self.episodes)

    @property
    def ref(self) -> str:
        """The column that holds the row's own id, as people know it."""
        return self.record or (self.id or self.key)[0]

    @property
    def names(self) -> tuple[str, ...]:
        """The columns by which people may know a row, its own id first."""
        return (*self.id, *(name for names in self.key for name in specs.either(names)))

    def items(self, header: Iterable[str], only: specs.Only = _ANY) -> set[str]:
        """What a file with these columns carries: kinds, their attributes, ends, and plans ("plo-step.due").

        `only` are the values that some columns can have, where they can have no others.
        """
        there = set(header)
        found: set[str] = set()
        for episode in self.episodes:
            if episode.is_in(there, only):
                found.add(episode.kind)
                if not episode.end or there.intersection(episode.end):  # what never ends lacks nothing
                    found.add(f"{episode.kind}.end")
                found |= {
                    f"{episode.kind}.{each.name}" for each in episode.attributes if each.column in there
                }
        for event in self.events:
            kinds = event.every_kind(only)
            if event.is_in(there, only):
                found |= kinds
                told = [each.name for each in event.attributes if each.column in there]
                found |= {f"{kind}.{name}" for kind in kinds for name in told}
            if event.due in there:
                found |= {f"{kind}.due" for kind in kinds}
        return found


@cache
def registers() -> dict[str, Register]:
    """Every register by name, in the order in which they are taken in: people first."""
    folder = Path(__file__).parent
    paths = [folder / "registers.yaml", *sorted((folder / "sheets").glob("*.yaml"))]
    return {
        name: _register(name, documents.plain(node))
        for path in paths
        for name, node in documents.read(path, path.name).items()
    }


def carried_by(item: str) -> list[str]:
    """The registers that can carry this, each with the columns that must be there ("ehc.csv: final_sent_on")."""
    found: list[str] = []
    for register in registers().values():
        every = list(register.columns)
        if item in register.items(every):
            must = [
                one for one in every if item not in register.items([name for name in every if name != one])
            ]
            found.append(f"{register.name}.csv: {', '.join(must)}" if must else f"{register.name}.csv")
    return found


def _register(name: str, spec: Any) -> Register:  # noqa: ANN401 - plain YAML
    return Register(
        name=name,
        says=spec["is"],
        columns=spec["columns"],
        id=tuple(spec.get("id", ())),
        key=tuple(spec.get("key", ())),
        required=tuple(spec["required"]),
        start=spec.get("start"),
        known_child=spec.get("known-child") == "yes",
        person=spec.get("person"),
        fields=spec.get("fields", {}),
        record=spec.get("record"),
        joins=spec.get("join") == "yes",
        generic=spec.get("generic"),
        episodes=tuple(specs.episode(each) for each in spec.get("episodes", ())),
        events=tuple(specs.event(each) for each in spec.get("events", ())),
        example=spec["example"],
    )
