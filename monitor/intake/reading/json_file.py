"""JSON that is one record or a list of them, read whole and laid out one at a time; nesting and size have bounds."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from monitor.intake.reading.grid import Unreadable, as_text
from monitor.intake.reading.tree import DEEPEST, Node

LARGEST = 300_000_000  # bytes


def records(path: Path) -> Iterator[Node]:
    """Every object of the file's list, or the one object that it is, as a tree; its line is its place in the list."""
    try:
        if path.stat().st_size > LARGEST:
            raise Unreadable(f"is larger than {LARGEST:,} bytes: part it into several files")
        found = orjson.loads(path.read_bytes())
    except OSError as error:
        raise Unreadable(f"cannot be read ({error.strerror})") from None
    except orjson.JSONDecodeError as error:
        raise Unreadable(f"is not JSON: line {error.lineno} cannot be read") from None
    every = found if isinstance(found, list) else [found]
    for number, each in enumerate(every, 1):
        if not isinstance(each, dict):
            raise Unreadable(f"record {number} is not an object with names and values")
        yield _tree("record", each, number, None, 0)


def _tree(tag: str, value: Any, line: int, parent: Node | None, depth: int) -> Node:  # noqa: ANN401 - plain JSON
    if depth > DEEPEST:
        raise Unreadable(f"is nested more than {DEEPEST} deep in record {line}")
    node = Node(tag, line, parent=parent)
    if isinstance(value, dict):
        for name, part in value.items():
            for each in part if isinstance(part, list) else [part]:
                node.parts.append(_tree(name, each, line, node, depth + 1))
    elif isinstance(value, list):
        node.parts.extend(_tree(tag, each, line, node, depth + 1) for each in value)
    elif value is not None:
        node.text = as_text(value).strip()
    return node
