"""The parts of docs/words.md that are made from the vocabulary: roles, codes of an excuse, kinds.

`python -m monitor.words_page` writes them anew.
"""

from pathlib import Path

from monitor.marked import Marked
from monitor.vocabulary import Kind, vocabulary

PART = Marked("the vocabulary")
_HELD = {
    "allocated": "By allocation to the child",
    "line": "In the line of management of the team",
    "worker": "By standing to the worker whom the clock is about",
    "post": "By a post outside the line (`roles.csv`), held by a worker or a mailbox",
}

_EPISODES = "What lasts. Intake and the rules refuse any other. Attributes stand in brackets."
_EVENTS = '"Of" says what an Event is about: a child, a worker, or an Episode or Event.'


def sections() -> str:
    """Roles, codes and kinds, each under its heading."""
    words = vocabulary()
    roles = [f"| {said} | {_listed(words.roles[held])} |" for held, said in _HELD.items()]
    return "\n".join(
        [
            "## Roles\n",
            "Who can be told, by how the role is held. A role that nobody holds goes to the next one up, and the data",
            "steward is told. Somebody who is away is replaced by whoever covers for them, else by their manager, else",
            "by the line above.\n",
            "| held | roles |",
            "| --- | --- |",
            *roles,
            "\n## Codes of an excuse\n",
            f"{_listed(words.excuse_codes)}.\n",
            *_kinds("Kinds of Episode", _EPISODES, is_episode=True),
            *_kinds("Kinds of Event", _EVENTS, is_episode=False),
        ]
    ).rstrip()


def _kinds(heading: str, said: str, *, is_episode: bool) -> list[str]:
    rows = sorted(kind.name for kind in vocabulary().kinds.values() if kind.is_episode is is_episode)
    lines = [row(vocabulary().kinds[name]) for name in rows]
    return [f"## {heading}\n", f"{said}\n", "| kind | of | is |", "| --- | --- | --- |", *lines, ""]


def row(kind: Kind) -> str:
    """One kind as a line of its table."""
    attributes = f" ({', '.join(f'`{name}`' for name in kind.attributes)})" if kind.attributes else ""
    return f"| `{kind.name}` | {kind.of} | {kind.says}{attributes} |"


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(f"`{word}`" for word in words)


if __name__ == "__main__":
    document = Path(__file__).parents[1] / "docs" / "words.md"
    document.write_text(PART.page_with(document.read_text(encoding="utf-8"), sections()), encoding="utf-8")
