"""Switching an area of rules on in config/rules.yaml, with everything else there left as it was."""

import re

from monitor import documents
from monitor.errors import CannotRun


def with_area(text: str, area: str) -> str:
    """The text of config/rules.yaml with one more area, everything else as it was."""
    listed = documents.parse(text).entries["areas"].value
    before = tuple(word.text for word in documents.words(listed))
    for changed in (_in_brackets(text, area), _in_lines(text, area, listed), _alone(text, area)):
        if changed is not None and _areas(changed) == (*before, area):
            return changed
    raise CannotRun(
        f"config/rules.yaml is written in a way that cannot be added to: write '{area}' into it by hand."
    )


def _areas(text: str) -> tuple[str, ...]:
    try:
        return tuple(word.text for word in documents.words(documents.parse(text).entries["areas"].value))
    except documents.Fault:
        return ()


def _in_brackets(text: str, area: str) -> str | None:
    """`areas: [care]`, also over several lines."""
    found = re.search(r"(?m)^areas:\s*\[([^\]]*)\]", text)
    if found is None:
        return None
    at = len(text[: found.end(1)].rstrip())
    joint = {"[": "", ",": " "}.get(text[at - 1], ", ")
    return f"{text[:at]}{joint}{area}{text[at:]}"


def _in_lines(text: str, area: str, listed: documents.Value) -> str | None:
    """`- care`, one to a line."""
    if not isinstance(listed, documents.Sequence) or not listed.values:
        return None
    lines = [f"{line}\n" for line in text.splitlines()]
    last = lines[listed.values[-1].line - 1]
    indent = last[: len(last) - len(last.lstrip())]
    lines.insert(listed.values[-1].line, f"{indent}- {area}\n")
    return "".join(lines)


def _alone(text: str, area: str) -> str:
    """`areas: care`, without a list."""
    return re.sub(r"(?m)^areas:[ \t]*([a-z0-9-]+)", rf"areas: [\1, {area}]", text)
