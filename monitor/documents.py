"""YAML read strictly: every scalar stays text, a key given twice is refused, and every value knows its line.

YAML 1.1 turns `on` into True, `007` into 7 and `14:30` into 870; here they stay what was written.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from monitor.errors import GivenWrong, suggestion


class Fault(Exception):  # noqa: N818 - it is one fault among several, gathered before anything is raised
    """One thing wrong at one line; readers gather these so that all are told together."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.line = line
        self.text = text


@dataclass(frozen=True, slots=True)
class Word:
    """A scalar."""

    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    values: tuple["Value", ...]
    line: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of a mapping, with its own line."""

    value: "Value"
    line: int


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys in the order in which they were written."""

    entries: dict[str, Entry]
    line: int

    def get(self, key: str) -> "Value | None":
        entry = self.entries.get(key)
        return entry.value if entry else None

    def items(self) -> Iterator[tuple[str, "Value"]]:
        return ((key, entry.value) for key, entry in self.entries.items())


Value = Word | Sequence | Mapping


def read(path: Path, shown_as: str) -> Mapping:
    """The file's one mapping; GivenWrong names file and line for what is not YAML or not a mapping."""
    try:
        return parse(path.read_text(encoding="utf-8"))
    except Fault as fault:
        raise GivenWrong([f"{shown_as}:{fault.line}: {fault.text}"]) from None
    except UnicodeDecodeError:
        raise GivenWrong([f"{shown_as}:1: the file is not UTF-8 text. Save it as UTF-8."]) from None
    except OSError as error:
        raise GivenWrong([f"{shown_as}: cannot be read ({error.strerror})."]) from None


def parse(text: str) -> Mapping:
    """The mapping that the text holds; Fault with a line otherwise."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise Fault(line, f"this is not YAML: {error.problem or 'it cannot be read'}.") from None
    except yaml.YAMLError:
        raise Fault(1, "this is not YAML: it holds a character that YAML does not allow.") from None
    if not isinstance(node, yaml.MappingNode):
        raise Fault(1, "the file must hold keys and values, such as 'id: ehc-final-20wk'.")
    value = _value(node, depth=0)
    if not isinstance(value, Mapping):  # pragma: no cover - a MappingNode gives a Mapping
        raise TypeError
    return value


_DEEPEST = 30


def _value(node: yaml.Node, depth: int) -> Value:
    line = node.start_mark.line + 1
    if depth > _DEEPEST:
        raise Fault(line, f"this is nested more than {_DEEPEST} deep.")
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, depth)
    if isinstance(node, yaml.SequenceNode):
        return Sequence(tuple(_value(child, depth + 1) for child in node.value), line)
    return Word(str(node.value), line)


def _mapping(node: yaml.MappingNode, depth: int) -> Mapping:
    entries: dict[str, Entry] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            raise Fault(line, "a key must be a word.")
        key = str(key_node.value)
        if key in entries:
            raise Fault(line, f"'{key}' is given twice, first on line {entries[key].line}.")
        entries[key] = Entry(_value(value_node, depth + 1), line)
    return Mapping(entries, node.start_mark.line + 1)


def word(value: Value) -> Word:
    """The value, which must be a single word or sentence."""
    if not isinstance(value, Word):
        raise Fault(value.line, "a single value is expected here, not a list or keys.")
    return value


def mapping(value: Value) -> Mapping:
    """The value, which must be keys and values."""
    if not isinstance(value, Mapping):
        raise Fault(value.line, "keys and values are expected here, such as { at: overdue }.")
    return value


def words(value: Value) -> tuple[Word, ...]:
    """One word, or a list of words."""
    if isinstance(value, Sequence):
        return tuple(word(item) for item in value.values)
    return (word(value),)


def values(value: Value) -> tuple[Value, ...]:
    """One value, or a list of values."""
    return value.values if isinstance(value, Sequence) else (value,)


def plain(value: Value) -> object:
    """The same as plain Python: dict, list and str."""
    if isinstance(value, Word):
        return value.text
    if isinstance(value, Sequence):
        return [plain(item) for item in value.values]
    return {key: plain(item) for key, item in value.items()}


def only(node: Mapping, required: Iterable[str], optional: Iterable[str] = ()) -> None:
    """Fault unless the mapping has every required key and none beyond the optional ones."""
    required = tuple(required)
    allowed = (*required, *optional)
    for key, entry in node.entries.items():
        if key not in allowed:
            raise Fault(entry.line, f"there is no key '{key}' here.{suggestion(key, allowed)}")
    for key in required:
        if key not in node.entries:
            raise Fault(node.line, f"'{key}' is missing here.")


def one_of(value: Value, allowed: tuple[str, ...]) -> str:
    """The word, which must be one of these."""
    found = word(value)
    if found.text not in allowed:
        raise Fault(found.line, f"'{found.text}' is not allowed here.{suggestion(found.text, allowed)}")
    return found.text


def number(value: Value) -> int:
    """The word as a whole number."""
    found = word(value)
    if not found.text.isdigit():
        raise Fault(found.line, f"'{found.text}' is not a whole number.")
    return int(found.text)


def flag(value: Value | None) -> bool:
    """True for yes; False for no or where the key is absent."""
    return value is not None and one_of(value, ("yes", "no")) == "yes"
