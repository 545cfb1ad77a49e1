"""XML, a record at a time, by expat: no document type of its own, no entity, nothing fetched, and no deep nesting."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.parsers import expat

from monitor.intake.reading.grid import Unreadable
from monitor.intake.reading.tree import DEEPEST, Node

LARGEST_RECORD = 200_000  # elements of one record
LONGEST_TEXT = 1_000_000  # characters of one element
_BLOCK = 1 << 18


def records(path: Path, at: tuple[str, ...], heads: tuple[tuple[str, ...], ...] = ()) -> Iterator[Node]:
    """Every element at this path from the root, as a tree; and of these other paths one node each, named by them.

    Names are without their namespaces. Unreadable where the file is not XML, or not XML to be trusted.
    """
    reader = _Reader(at=at, heads=heads)
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.StartElementHandler = lambda name, _: reader.start(name, parser.CurrentLineNumber)
    parser.EndElementHandler = lambda _: reader.end()
    parser.CharacterDataHandler = reader.characters
    parser.StartDoctypeDeclHandler = reader.doctype
    parser.EntityDeclHandler = reader.entity
    try:
        with path.open("rb") as stream:
            while block := stream.read(_BLOCK):
                parser.Parse(block, False)
                yield from reader.ready()
            parser.Parse(b"", True)
            yield from reader.ready()
    except expat.ExpatError as error:
        raise Unreadable(f"is not XML: line {error.lineno} cannot be read ({_why(error)})") from None
    except (LookupError, ValueError):
        raise Unreadable("is XML in an encoding that cannot be read: export it again as UTF-8") from None
    except OSError as error:
        raise Unreadable(f"cannot be read ({error.strerror})") from None


def _why(error: expat.ExpatError) -> str:
    return str(expat.ErrorString(error.code)) if error.code else "it is damaged"


def _leads(sought: tuple[str, ...], path: list[str]) -> bool:
    return len(sought) == len(path) and all(
        name in ("*", there) for name, there in zip(sought, path, strict=True)
    )


@dataclass(slots=True)
class _Reader:
    at: tuple[str, ...]
    heads: tuple[tuple[str, ...], ...]
    path: list[str] = field(default_factory=list)
    open: Node | None = None
    count: int = 0
    found: list[Node] = field(default_factory=list)

    def ready(self) -> list[Node]:
        done, self.found = self.found, []
        return done

    def start(self, name: str, line: int) -> None:
        tag = name.rpartition("}")[2]
        self.path.append(tag)
        if len(self.path) > DEEPEST:
            raise Unreadable(f"is nested more than {DEEPEST} deep at line {line}: this is no return")
        if self.open is None and self._sought() is None:
            return
        self.count = self.count + 1 if self.open else 1
        if self.count > LARGEST_RECORD:
            raise Unreadable(f"has a record of more than {LARGEST_RECORD:,} elements at line {line}")
        node = Node(tag, line, parent=self.open)
        if self.open is not None:
            self.open.parts.append(node)
        self.open = node

    def _sought(self) -> tuple[str, ...] | None:
        """The path asked for that leads here; in one, "*" is any name."""
        return next((each for each in (self.at, *self.heads) if _leads(each, self.path)), None)

    def characters(self, text: str) -> None:
        if self.open is not None:
            if len(self.open.text) + len(text) > LONGEST_TEXT:
                raise Unreadable(f"has a text of more than {LONGEST_TEXT:,} characters")
            self.open.text += text

    def end(self) -> None:
        node = self.open
        if node is not None:
            node.text = "" if node.parts else node.text.strip()
            if node.parent is None:
                sought = self._sought() or self.at
                node.tag = node.tag if sought == self.at else "/".join(sought)
                self.found.append(node)
            self.open = node.parent
        self.path.pop()

    def doctype(self, _name: Any, _system: Any, _public: Any, has_own: Any) -> None:  # noqa: ANN401 - expat's own
        """A document type that is only named is passed over and never fetched; one that is written out is refused."""
        if has_own:
            raise Unreadable(_DTD)

    def entity(self, *_: object) -> None:
        raise Unreadable(_DTD)


_DTD = "defines a document type or entities of its own: a return needs none, so it was not read"
