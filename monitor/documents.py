"""YAML read strictly: every scalar stays text, a key given twice is refused, and every value knows its line.

YAML 1.1 turns `on` into True, `007` into 7 and `14:30` into 870; here they stay what was written. Anchors,
tags and deep nesting are refused while the text is scanned, before anything is built of it.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import yaml

from monitor.errors import GivenWrong, suggestion


class Fault(Exception):
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
        if path.stat().st_size > _LARGEST:
            raise Fault(1, f"the file is larger than {_LARGEST:,} bytes; this cannot be what was meant.")  # noqa: TRY301 - told below, with its file
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
        node = _composed(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise Fault(line, _not_yaml(error)) from None
    except (yaml.YAMLError, ValueError, OverflowError):  # an escape may name a character that does not exist
        raise Fault(1, "this is not YAML: it holds a character that YAML does not allow.") from None
    if not isinstance(node, yaml.MappingNode):
        raise Fault(1, "the file must hold keys and values, such as 'id: ehc-final-20wk'.")
    return _mapping(node)


# The same reader in C, ten times as quick, where PyYAML was built with it.
_QUICK = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _composed(text: str) -> yaml.Node | None:
    """The document's one node; what the quick reader refuses is told in the words of the plain one."""
    for loader in (_QUICK, yaml.SafeLoader):
        try:
            _refuse_tricks(text, loader)
            return yaml.compose(text, Loader=loader)
        except yaml.YAMLError:
            if loader is yaml.SafeLoader:
                raise
    return None


_DEEPEST = 30
_LARGEST = 1_000_000
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


def _not_yaml(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or "it cannot be read"
    if r"'\t'" in problem:
        return "this is not YAML: there is a tab here. Indent with spaces."
    begun = f"{error.context}, " if error.context and problem.startswith("but") else ""
    return f"this is not YAML: {begun}{problem}."


def _refuse_tricks(text: str, loader: type[yaml.SafeLoader]) -> None:
    """Fault at the first anchor, tag or too deep nesting: a small file could unfold to fill the memory."""
    depth = 0
    for event in yaml.parse(text, Loader=loader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise Fault(
                line, "anchors and aliases (& and *) are not used here. Write the value out, or quote it."
            )
        if getattr(event, "tag", None) is not None:
            raise Fault(
                line, "tags (a word after !) are not used here. Leave the tag out, or quote the value."
            )
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise Fault(line, f"this is nested more than {_DEEPEST} deep.")


def _value(node: yaml.Node) -> Value:
    line = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        return _mapping(node)
    if isinstance(node, yaml.SequenceNode):
        return Sequence(tuple(_value(child) for child in node.value), line)
    return Word(_printable(str(node.value), line), line)


def _printable(text: str, line: int) -> str:
    if _UNPRINTABLE.search(text):
        raise Fault(line, "this holds a character that cannot be printed.")
    return text


def _mapping(node: yaml.MappingNode) -> Mapping:
    entries: dict[str, Entry] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            raise Fault(line, "a key must be a word.")
        key = _printable(str(key_node.value), line)
        if key in entries:
            raise Fault(line, f"'{key}' is given twice, first on line {entries[key].line}.")
        entries[key] = Entry(_value(value_node), line)
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


def some(value: Value) -> tuple[Value, ...]:
    """One value, or a list of at least one."""
    found = values(value)
    if not found:
        raise Fault(value.line, "this list is empty; at least one is needed here.")
    return found


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
    """The word as a whole number of at most four digits."""
    found = word(value)
    if not re.fullmatch("[0-9]{1,4}", found.text):
        raise Fault(found.line, f"'{found.text}' is not a whole number.")
    return int(found.text)


def day(value: Value) -> date:
    """The word as a day, written in full: 2026-11-23."""
    found = word(value)
    try:
        read_as = date.fromisoformat(found.text)
    except ValueError:
        read_as = None
    if read_as is None or read_as.isoformat() != found.text:
        raise Fault(found.line, f"'{found.text}' is not a day. Write it as 2026-11-23.")
    return read_as


def moment(value: Value) -> datetime:
    """The word as a moment, 2026-11-23 14:30; without a time of day, the start of that day."""
    found = word(value)
    try:
        return datetime.fromisoformat(found.text)
    except ValueError:
        raise Fault(found.line, f"'{found.text}' is not a moment. Write it as 2026-11-23 14:30.") from None


def flag(value: Value | None) -> bool:
    """True for yes; False for no or where the key is absent."""
    return value is not None and one_of(value, ("yes", "no")) == "yes"
