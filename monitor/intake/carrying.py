"""What each shipped format and mapping can carry, so that a missing item can be asked for by name."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache

from monitor.intake.mapping import Form, Making, Sheet, codes_past, shipped
from monitor.vocabulary import vocabulary


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
            yield from _of_any_kind(making) if making.register.generic else _of_register(making, sheet)


def _of_register(making: Making, sheet: Sheet) -> set[str]:
    only = {}
    for target, cell in making.cells.items():
        column = sheet.columns.get(cell.columns[0]) if cell.columns else None
        if cell.fixed is not None:
            only[target] = frozenset((cell.fixed,))
        elif column and column.codes and len(cell.columns) == 1:
            only[target] = codes_past(column, making.when)
    return making.register.items(making.cells, only)


def _of_any_kind(making: Making) -> Iterator[str]:
    """Of a register of any kind, the kind that is fixed, its end or plan, and its attributes."""
    cell = making.cells.get("kind")
    kind = vocabulary().kinds.get(cell.fixed) if cell and cell.fixed else None
    if kind is None:
        return
    yield kind.name
    if "end_on" in making.cells or "due_on" in making.cells:
        yield f"{kind.name}.{'end' if kind.is_episode else 'due'}"
    yield from (f"{kind.name}.{name}" for name in kind.attributes if name in making.cells)
