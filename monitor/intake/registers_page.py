"""The part of docs/registers.md that is made from `registers.yaml`: each register, its columns, an example.

`python -m monitor.intake.registers_page` writes it anew.
"""

import csv
import io
from collections.abc import Mapping
from pathlib import Path

from monitor.intake.registers import Register, registers
from monitor.marked import Marked
from monitor.vocabulary import vocabulary

PART = Marked("monitor/intake/registers.yaml")

_MEANS = {
    "id": "an id of this list's own",
    "child": "a child's id",
    "worker": "a worker's id",
    "team": "a team's id",
    "family": "a family's id",
    "date": "a day",
    "moment": "a day and, where it is known, the time",
    "flag": "yes or no",
    "number": "a number, such as 0.8",
    "word": "a word or two",
    "code": "a code or a word of your own",
    "upn": "a unique pupil number",
    "text": "read to see whether it is filled, then dropped",
    "rule": "a rule's id: `monitor rules list`",
    "episode-kind": "a kind of Episode: docs/words.md",
    "event-kind": "a kind of Event: docs/words.md",
}


def sections() -> str:
    """A section for each register, in the order in which they are taken in."""
    return "\n\n".join(_section(register) for register in registers().values())


def blank_sheets() -> dict[str, str]:
    """By file name, every register as a file that has its columns and no row yet."""
    return {f"{name}.csv": f"{','.join(register.columns)}\n" for name, register in registers().items()}


def blank_page() -> str:
    """What lies beside the blank sheets: how to use them, and what each holds."""
    return f"{_BLANK}\n{sections()}\n"


_BLANK = """# Blank sheets

One CSV file for each register, with its columns and no rows. Copy those that you keep into a folder of their own, fill
them, and take them in: `monitor intake registers FOLDER --as-at DAY`. A sheet that is not in the folder says nothing; a
sheet that is there without rows says that there are none, so leave out what you do not keep. So it is with columns:
take out those that you do not keep, for an empty column says that nothing has happened yet. `*` must be filled.
Days are written 2026-11-23. Names, addresses and dates of birth beside `dob` do not belong here.
"""


def _section(register: Register) -> str:
    lines = [f"### {register.name}.csv", "", register.says, "", "| column | what it holds |", "| --- | --- |"]
    lines += [
        f"| `{name}`{_mark(register, name)} | {_means(kind)} |" for name, kind in register.columns.items()
    ]
    return "\n".join([*lines, "", *_example(register)])


def _mark(register: Register, name: str) -> str:
    """`*` where a row without it is refused, `(start)` where it is taken with its start unknown."""
    if any(name in names.split("|") for names in register.required):
        alone = name in register.required
        return " *" if alone else " * (or the other)"
    return " (start)" if name == register.start else ""


def _means(declared: object) -> str:
    if isinstance(declared, list):
        return ", ".join(f"`{code}`" for code in declared)
    if isinstance(declared, Mapping):
        return ", ".join(f"`{code}`" for code in declared)
    listed = {"post": vocabulary().roles["post"], "excuse-code": vocabulary().excuse_codes}
    if declared in listed:
        return ", ".join(f"`{code}`" for code in listed[str(declared)])
    return _MEANS[str(declared)]


def _example(register: Register) -> list[str]:
    """The example with the columns that it fills."""
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows((register.example.keys(), register.example.values()))
    return [f"    {line}" for line in written.getvalue().splitlines()]


if __name__ == "__main__":
    document = Path(__file__).parents[2] / "docs" / "registers.md"
    document.write_text(PART.page_with(document.read_text(encoding="utf-8"), sections()), encoding="utf-8")
