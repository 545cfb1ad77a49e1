"""Switching an area, or one rule, on in config/rules.yaml, with everything else there left as it was."""

import re

from monitor import documents
from monitor.errors import CannotRun


def with_one_more(text: str, key: str, what: str) -> str:
    """The text of config/rules.yaml with one more area or rule, everything else as it was."""
    root = documents.parse(text)
    if key not in root.entries:
        return f"{text.rstrip()}\n{key}: [{what}]\n"
    listed = root.entries[key].value
    before = tuple(word.text for word in documents.words(listed))
    for changed in (_in_brackets(text, key, what), _in_lines(text, what, listed), _alone(text, key, what)):
        if changed is not None and _listed(changed, key) == (*before, what):
            return changed
    raise CannotRun(
        f"config/rules.yaml is written in a way that cannot be added to: write '{what}' into it by hand."
    )


def _listed(text: str, key: str) -> tuple[str, ...]:
    try:
        return tuple(word.text for word in documents.words(documents.parse(text).entries[key].value))
    except documents.Fault:
        return ()


def _in_brackets(text: str, key: str, what: str) -> str | None:
    """`areas: [care]`, also over several lines."""
    found = re.search(rf"(?m)^{key}:\s*\[([^\]]*)\]", text)
    if found is None:
        return None
    at = len(text[: found.end(1)].rstrip())
    joint = {"[": "", ",": " "}.get(text[at - 1], ", ")
    return f"{text[:at]}{joint}{what}{text[at:]}"


def _in_lines(text: str, what: str, listed: documents.Value) -> str | None:
    """`- care`, one to a line."""
    if not isinstance(listed, documents.Sequence) or not listed.values:
        return None
    lines = [f"{line}\n" for line in text.splitlines()]
    last = lines[listed.values[-1].line - 1]
    indent = last[: len(last) - len(last.lstrip())]
    lines.insert(listed.values[-1].line, f"{indent}- {what}\n")
    return "".join(lines)


def _alone(text: str, key: str, what: str) -> str:
    """`areas: care`, without a list."""
    return re.sub(rf"(?m)^{key}:[ \t]*([a-z0-9-]+)", rf"{key}: [\1, {what}]", text)
