"""What each shipped format and mapping can carry, so that a missing item can be asked for by name."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from monitor.intake.mapping import Form, Making, Sheet, codes_past, shipped
from monitor.vocabulary import Kind, vocabulary


@cache
def formats_carrying() -> Mapping[str, tuple[str, ...]]:
    """By item ("plo-letter", "plo-case.end"), the shipped formats and mappings whose lists have a place for it."""
    found: dict[str, list[str]] = defaultdict(list)
    for name, form in shipped().items():
        for item in sorted(set(_items(form))):
            found[item].append(name)
    return {item: tuple(names) for item, names in found.items()}


def _items(form: Form) -> Iterator[str]:
    for sheet in form.sheets:
        for making in sheet.makes:
            yield from items_of(making, sheet)


def items_of(making: Making, sheet: Sheet) -> set[str]:
    """What the rows of this making can carry, where the sheet has every column."""
    only = only_values(making, making.cells, sheet)
    if not making.register.generic:
        return making.register.items(making.cells, only)
    return set().union(*(_of_kind(vocabulary().kinds[name], making) for name in only.get("kind", ())))


def kinds_of(making: Making, sheet: Sheet) -> dict[str, dict[str, str]]:
    """By kind that the rows of this making make, the attributes that are the same in all of them."""
    items = items_of(making, sheet)
    found: dict[str, dict[str, str]] = {item: {} for item in items if item in vocabulary().kinds}
    for item in items:
        told, is_same, value = item.partition("=")
        kind, _, name = told.partition(".")
        if is_same and kind in found:
            found[kind][name] = value
    return found


def only_values(making: Making, header: Iterable[str], sheet: Sheet) -> dict[str, frozenset[str]]:
    """Of these columns of the register, those that are fixed or coded, with the values that they can have."""
    found = {}
    for target in header:
        cell = making.cells[target]
        if cell.fixed is not None:
            found[target] = frozenset((cell.fixed,))
        elif len(cell.columns) == 1 and cell.pattern is None:
            column = sheet.columns.get(cell.columns[0])
            if column and column.codes:
                found[target] = codes_past(column, making.when)
    return found


def _of_kind(kind: Kind, making: Making) -> Iterator[str]:
    """Of a register of any kind: this kind, its end or plan, and its attributes."""
    yield kind.name
    if "end_on" in making.cells or "due_on" in making.cells:
        yield f"{kind.name}.{'end' if kind.is_episode else 'due'}"
    for name in kind.attributes:
        cell = making.cells.get(name)
        if cell is not None:
            yield f"{kind.name}.{name}" + (f"={cell.fixed}" if cell.fixed else "")
