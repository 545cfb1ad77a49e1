"""What the registers are: read once from `registers.yaml`, so that a new register needs no code."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Table

from monitor import documents, tables
from monitor.intake.records import TABLES

Spec = dict[str, Any]

# Columns that hold names; one of them refuses the file.
NAMES = frozenset(
    "name surname forename forenames first_name firstname last_name lastname middle_name full_name fullname "
    "child_name initials address address_1 postcode post_code home_address telephone phone mobile".split()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """One register: its columns, its key, and the case records that a row makes."""

    name: str
    columns: Spec
    key: tuple[str, ...]
    given: str | None
    required: tuple[str, ...]
    known_child: bool
    person: str | None
    fields: Spec
    record: str | None
    join: str | None
    generic: str | None
    episodes: tuple[Spec, ...]
    events: tuple[Spec, ...]

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables that its rows go to; every register with Episodes may hold starts that are unknown."""
        found = [TABLES[self.person]] if self.person else []
        if self.episodes or self.generic == "episode":
            found.append(tables.episode)
        if self.events or self.generic == "event":
            found.append(tables.event)
        return tuple(found)

    def items(self, header: list[str]) -> set[str]:
        """What a file with these columns carries: kinds, and kinds with an attribute."""
        there = set(header)
        found = {spec["kind"] for spec in self.episodes}
        found |= {
            f"{spec['kind']}.{name}"
            for spec in self.episodes
            for name, column in spec.get("attributes", {}).items()
            if column in there
        }
        for spec in self.events:
            if there & set(str(spec.get("done", spec.get("due"))).split("|")):
                made = spec.get("makes")
                found |= set(made["kinds"].values()) if made else {spec["kind"]}
                if spec.get("derive") == "next-step":
                    found.add("plo-hearing")
        return found


@cache
def registers() -> dict[str, Register]:
    """Every register by name, in the order in which they are taken in: people first."""
    root = documents.read(Path(__file__).parent / "registers.yaml", "registers.yaml")
    return {name: _register(name, documents.plain(node)) for name, node in root.items()}


def _register(name: str, spec: Any) -> Register:  # noqa: ANN401 - plain YAML
    return Register(
        name=name,
        columns=spec["columns"],
        key=tuple(spec["key"]),
        given=spec.get("given"),
        required=tuple(spec["required"]),
        known_child=spec.get("known-child") == "yes",
        person=spec.get("person"),
        fields=spec.get("fields", {}),
        record=spec.get("record"),
        join=spec.get("join"),
        generic=spec.get("generic"),
        episodes=tuple(spec.get("episodes", ())),
        events=tuple(spec.get("events", ())),
    )
