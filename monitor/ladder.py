"""The ladder: who hears, after how many working days of silence; read from config/ladder.yaml."""

from dataclasses import dataclass
from pathlib import Path

from monitor import documents
from monitor.documents import Fault
from monitor.errors import BadSettings, suggestion
from monitor.rule import LawClass
from monitor.vocabulary import vocabulary


@dataclass(frozen=True, slots=True)
class Rung:
    """After so many working days without an answer, tell this role."""

    after: int
    tell: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """The rungs for each class of law, lowest first."""

    rungs: dict[LawClass, tuple[Rung, ...]]

    def of(self, law_class: LawClass) -> tuple[Rung, ...]:
        return self.rungs[law_class]


def load_ladder(path: Path) -> Ladder:
    """The ladder; BadSettings with file and line for what is wrong in it."""
    shown = f"config/{path.name}"
    root = documents.read(path, shown)
    try:
        documents.only(root, tuple(str(each) for each in LawClass))
        rungs = {LawClass(name): _rungs(value) for name, value in root.items()}
    except Fault as fault:
        raise BadSettings([f"{shown}:{fault.line}: {fault.text}"]) from None
    return Ladder(rungs=rungs)


def _rungs(value: documents.Value) -> tuple[Rung, ...]:
    found = []
    for item in documents.values(value):
        node = documents.mapping(item)
        documents.only(node, ("after", "tell"))
        role = documents.word(node.entries["tell"].value)
        if role.text not in vocabulary().all_roles():
            allowed = vocabulary().all_roles()
            raise Fault(role.line, f"there is no role '{role.text}'.{suggestion(role.text, allowed)}")
        found.append(Rung(documents.number(node.entries["after"].value), role.text))
    days = [rung.after for rung in found]
    if not found or days != sorted(set(days)):
        raise Fault(
            value.line, "a ladder needs at least one rung, and each must come later than the one before."
        )
    return tuple(found)
