"""The text of a proposed mapping: what a person reads and edits."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from monitor.intake.known_headings import Headings, Match, codes_of
from monitor.intake.mapped import takes
from monitor.intake.mapping import Column, shipped
from monitor.intake.reading.grid import Grid, plain, printable, shown
from monitor.intake.registers import Register, registers
from monitor.intake.spelling import Unread, speller

FEW, LONGEST = 12, 40  # distinct values of a code list that are shown, and characters of each
NUMBERS = ("upn", "uln", "nhs")  # by which a child is found again in another system
WAYS = (
    "iso",
    "dd/mm/yyyy",
    "mm/dd/yyyy",
    "d mmm yyyy",
    "dd-mmm-yyyy",
    "dd/mm/yy",
    "mm/dd/yy",
    "dd-mm-yyyy",
    "dd.mm.yyyy",
    "yyyy-mmm-dd",
    "yyyy/mm/dd",
    "serial",
)
LOOKED_UP = ("worker name", "team name")
_MAY_UNDO = re.compile(r"status|outcome|cancel|delet|void|withdrawn|error", re.IGNORECASE)


@dataclass(slots=True)
class Proposed:
    """One list: its headings, the columns of the register that they stand for, and what a person should know."""

    grid: Grid
    register: Register
    columns: dict[str, tuple[str, Match]] = field(default_factory=dict)  # by the register's column
    persons: dict[str, tuple[str, Match]] = field(
        default_factory=dict
    )  # the same of the children's own numbers
    values: dict[str, list[str]] = field(
        default_factory=dict
    )  # of each heading that is used, the filled cells
    names: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    is_one_of_several: bool = False  # sheets of a workbook


def text_of(
    path: Path, grids: Sequence[Grid], found: Sequence[Proposed], known: Mapping[str, Headings]
) -> str:
    """The whole mapping as text."""
    return (
        "\n".join([*_opening(path, grids), *(line for each in found for line in _sheet(each, known))]) + "\n"
    )


def _opening(path: Path, grids: Sequence[Grid]) -> list[str]:
    fitting = [name for name, form in shipped().items() if not form.is_national and takes(form, grids)]
    return [
        *(f"# The shipped mapping '{each}' takes a file like this: try it first." for each in fitting),
        f"# Proposed from the headings of {shown(path)}. Read every line and put right what is not so. Take out what",
        "# nobody fills: a column that is there and empty says that it has not happened. docs/mappings.md says how.",
        f"is: {_quoted(f'The list {path.stem}: say here what it is.')}",
        "sheets:",
    ]


def _sheet(found: Proposed, known: Mapping[str, Headings]) -> list[str]:
    lines = [f"  {_key(found.grid.name)}:"]
    if found.is_one_of_several:
        lines.append(f"    called: [{_quoted(found.grid.name)}]")
    needed = [name for name in dict.fromkeys(("child_id", *found.columns)) if name in found.columns]
    lines += [f"    needs: [{', '.join(needed[:2])}]", "    columns:"]
    for name, (heading, match) in {**found.columns, **found.persons}.items():
        register = found.register if name in found.columns else registers()["children"]
        lines += _column(name, heading, match, register, found.values[heading], known[register.name])
    lines += [f"    # Left out, for it looks like names: {_quoted(each)}" for each in found.names]
    lines += [
        f"    # Not proposed, for it is not known: {_quoted(each)}{_warning(each)}" for each in found.unknown
    ]
    return [*lines, *_makes(found)]


def _warning(heading: str) -> str:
    if not _MAY_UNDO.search(heading):
        return ""
    return ". If it says that a row did not take place, leave such rows out by `when`"


def _column(
    name: str, heading: str, match: Match, register: Register, values: Sequence[str], headings: Headings
) -> list[str]:
    declared = match.holds or register.columns.get(name)
    inner = [f"called: {_quoted(heading)}"]
    notes = ["by likeness: look at it"] if match.is_alike else []
    codes = codes_of(register, name)
    if match.holds in LOOKED_UP:
        inner.append(f"holds: {match.holds}")
        notes.append("names stand in config/crosswalk.csv, each with its id")
    if declared in ("date", "moment") and values:
        ways, note = _ways(values)
        inner += [f"dates: [{', '.join(ways)}]"] if ways else []
        notes += [note] if note else []
    said = f"      {name}: {{ {', '.join(inner)} }}"
    if not codes:
        return [f"{said} # {'; '.join(notes)}" if notes else said]
    lines = [f"      {name}:{' # ' + '; '.join(notes) if notes else ''}", f"        {inner[0]}"]
    return [*lines, *_codes(codes, headings.spellings.get(name, {}), values)]


def _ways(values: Sequence[str]) -> tuple[list[str], str | None]:
    """The one way of writing days that every sampled value fits; or why none is proposed."""
    fits = [way for way in WAYS if _all_fit(values, way)]
    if len(fits) == 1:
        return fits, None
    if fits:
        return [], f"every day fits {' and '.join(fits)} alike: ask, and write dates: [one of them]"
    best = max(WAYS, key=lambda way: _how_many_fit(values, way))
    count = _how_many_fit(values, best)
    if count:
        return [], f"no one way of writing fits every day; {count} of {len(values)} fit {best}"
    return [], f"not one of {len(values)} cells is a day in a way that is known"


def _all_fit(values: Sequence[str], way: str) -> bool:
    spell = speller(Column(name="", called=(), dates=(way,)), "date", frozenset())
    read = [spell(text) for text in values]
    return any(read) and not any(isinstance(each, Unread) for each in read)


def _how_many_fit(values: Sequence[str], way: str) -> int:
    spell = speller(Column(name="", called=(), dates=(way,)), "date", frozenset())
    return sum(bool(day) and not isinstance(day, Unread) for day in map(spell, values))


def _codes(codes: dict[str, list[str]], spellings: dict[str, list[str]], values: Sequence[str]) -> list[str]:
    """Every code with those values of the file that are known to mean it; the rest for a person to put beside one."""
    every = {code: (*own, *spellings.get(code, ())) for code, own in codes.items()}
    spell = speller(Column(name="", called=(), codes=every), "word", frozenset())
    distinct = sorted(set(values))
    if len(distinct) > FEW or any(len(text) > LONGEST for text in distinct):
        rest = [
            f"        # {len(distinct)} values, so many or so long that it may be free text: none is repeated."
        ]
        distinct = []
    else:
        unknown = [each for each in distinct if isinstance(spell(each), Unread)]
        rest = (
            [f"        # Not known: put each beside its code: {', '.join(map(_quoted, unknown))}"]
            if unknown
            else []
        )
    known = {
        code: [each for each in distinct if spell(each) == code and plain(each) != plain(code)]
        for code in every
    }
    lines = [f"          {code}: [{', '.join(map(_quoted, known[code]))}]" for code in every]
    return [*rest, "        codes:", *lines]


def _makes(found: Proposed) -> list[str]:
    lines = _persons(found)
    lacks, made = _required(found)
    own = [f"        {name}: {name}" for name in found.columns]
    if lacks:
        wanted = "; ".join(lacks)
        head = f"    # Every row of {found.register.name} needs {wanted}. Add it, and take these marks away:"
        rest = ("    makes:", f"      - to: {found.register.name}", *made, *own)
        return [*_under_makes(lines), head, *(f"    # {line[4:]}" for line in rest)]
    return _under_makes([*lines, f"      - to: {found.register.name}", *made, *own])


def _persons(found: Proposed) -> list[str]:
    numbers = [each for each in NUMBERS if each in found.persons]
    if "child_id" not in found.columns or not numbers:
        return []
    return [
        "      - to: children # so that a child is found again in another system by a number of its own",
        f"        when: {{ {numbers[0]}: filled }}",
        "        child_id: child_id",
        *(f"        {each}: {each}" for each in found.persons),
    ]


def _under_makes(lines: list[str]) -> list[str]:
    return ["    makes:", *lines] if lines else []


def _required(found: Proposed) -> tuple[list[str], list[str]]:
    """What every row needs and the file has no heading for: what lacks, and what can be made of the rest."""
    register, lacks, made = found.register, [], []
    for names in register.required:
        if not found.columns.keys().isdisjoint(names.split("|")):
            continue
        name = names.split("|")[0]
        fixed = _by_name(codes_of(register, name), found.grid.name)
        if fixed:
            made.append(f'        {name}: "={fixed}" # by the name of the list: look at it')
        elif (
            register.id
            and name == register.id[0]
            and "child_id" in found.columns
            and (day := _first_day(found))
        ):
            made.append(f'        {name}: "{{child_id}}-{{{day}}}" # better an id of the system\'s own')
        else:
            codes = codes_of(register, name)
            lacks.append(
                f"'{names.replace('|', ' or ')}'" + (f' (such as "={next(iter(codes))}")' if codes else "")
            )
    return lacks, made


def _first_day(found: Proposed) -> str | None:
    """The day on which a row begins, else the first of its days."""
    days = [name for name in found.columns if found.register.columns[name] in ("date", "moment")]
    return found.register.start if found.register.start in days else next(iter(days), None)


def _by_name(codes: dict[str, list[str]], name: str) -> str | None:
    """The one code that the name of a list says, such as core-group of "Core groups May"."""
    said = f" {plain(name)} ".replace("s ", " ")
    found = [code for code, own in codes.items() if any(f" {plain(each)} " in said for each in (code, *own))]
    return found[0] if len(found) == 1 else None


def _key(name: str) -> str:
    return "_".join(plain(name).split()) or "list"


def _quoted(text: str) -> str:
    return json.dumps(printable(" ".join(text.split())), ensure_ascii=False)
