"""The declared words: every kind of Episode and Event, their attributes and codes, and the roles.

Read once: what all share from `vocabulary.yaml`, each subject's own from `kinds/SUBJECT.yaml`. A new register or rule
that needs a new word adds it there, not in code.
"""

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal

from monitor import documents

DATE, NUMBER, FREE_CODE, MOMENT = "date", "number", "code", "moment"
EVERY_KIND = "every kind"  # in settings, instead of naming them all
UNREADABLE = "unreadable"  # an attribute that is, or stands and falls with, a day which nobody can read


def is_free(codes: tuple[str, ...]) -> bool:
    """Whether an attribute of these codes has a type in place of a list."""
    return codes in ((DATE,), (MOMENT,), (NUMBER,), (FREE_CODE,))


def holds_a_day(kind: str, attribute: str) -> bool:
    """Whether this attribute of this kind is a date or a moment."""
    return vocabulary().kinds[kind].attributes.get(attribute) in ((DATE,), (MOMENT,))


def day_said(text: str | None) -> date | None:
    """The day that an attribute holds, kept as ISO text; nothing where it is empty or nobody can read it."""
    return date.fromisoformat(text) if text and text != UNREADABLE else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of Episode or Event; `of` is child, worker, feed, any, or the kind that an Event is about.

    `attributes` maps each to its codes, or to (`date`,), (`moment`,), (`number`,) or (`code`,) for one without a list.
    `worker_is` is the role in which an Episode's own worker stands to the child.
    """

    name: str
    is_episode: bool
    of: str
    says: str
    attributes: dict[str, tuple[str, ...]]
    worker_is: str | None

    @property
    def scope(self) -> Literal["this", "child", "worker"]:
        """Whose rows to look among: the child's, the worker's, or those about the very row."""
        return "child" if self.of == "child" else "worker" if self.of == "worker" else "this"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """All kinds by name, and the roles by how they are held."""

    kinds: dict[str, Kind]
    roles: dict[str, tuple[str, ...]]
    excuse_codes: tuple[str, ...]

    def items(self) -> tuple[str, ...]:
        """What a source can carry: kinds, their attributes, ends of Episodes and plans of Events ("plo-step.due")."""
        kinds = self.kinds.values()
        attributes = [f"{kind.name}.{name}" for kind in kinds for name in kind.attributes]
        return (
            *self.kinds,
            *attributes,
            *(f"{kind.name}.{'end' if kind.is_episode else 'due'}" for kind in kinds),
        )

    def all_roles(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(role for roles in self.roles.values() for role in roles))


def _kind(name: str, node: documents.Mapping, *, is_episode: bool) -> Kind:
    attributes = node.get("attributes")
    worker_is = node.get("worker-is")
    return Kind(
        name=name,
        is_episode=is_episode,
        of=_text(node, "of"),
        says=_text(node, "is"),
        attributes={
            key: tuple(code.text for code in documents.words(value))
            for key, value in (documents.mapping(attributes).items() if attributes else ())
        },
        worker_is=documents.word(worker_is).text if worker_is else None,
    )


def _text(node: documents.Mapping, key: str) -> str:
    value = node.get(key)
    if value is None:
        raise KeyError(key)
    return documents.word(value).text


@cache
def vocabulary() -> Vocabulary:
    """The vocabulary that ships with the monitor."""
    folder = Path(__file__).parent
    root = documents.read(folder / "vocabulary.yaml", "vocabulary.yaml")
    kinds = _kinds_of(root)
    for path in sorted((folder / "kinds").glob("*.yaml")):
        more = _kinds_of(documents.read(path, f"kinds/{path.name}"))
        twice = kinds.keys() & more.keys()
        if twice:
            raise KeyError(f"kinds/{path.name}: {min(twice)} is declared twice")
        kinds |= more
    roles = {
        held: tuple(role.text for role in documents.words(value))
        for held, value in documents.mapping(root.entries["roles"].value).items()
    }
    codes = tuple(code.text for code in documents.words(root.entries["excuse-codes"].value))
    return Vocabulary(kinds=kinds, roles=roles, excuse_codes=codes)


def _kinds_of(root: documents.Mapping) -> dict[str, Kind]:
    return {
        name: _kind(name, documents.mapping(node), is_episode=section == "episodes")
        for section in ("episodes", "events")
        if section in root.entries
        for name, node in documents.mapping(root.entries[section].value).items()
    }
