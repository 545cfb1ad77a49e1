"""Refused is not vanished: rows whose former versions stay in force although the file spoilt them."""

from dataclasses import dataclass, field

Shape = tuple[int, tuple[int, ...]]


def row_of(key: str) -> str:
    """The key of the row that a record belongs to."""
    return key.partition("#")[0]


@dataclass(slots=True)
class Kept:
    """Rows that came but were refused, each by as much of its key as could be read.

    A part that could not be read matches any; a row of which no part could be read matches none.
    """

    prefix: str
    _by_shape: dict[Shape, set[tuple[str, ...]]] = field(default_factory=dict)

    def add(self, row_key: str) -> None:
        parts = row_key[len(self.prefix) :].split("|")
        known = tuple(at for at, part in enumerate(parts) if part)
        if known:
            shape = (len(parts), known)
            self._by_shape.setdefault(shape, set()).add(tuple(parts[at] for at in known))

    def __contains__(self, row_key: str) -> bool:
        if not self._by_shape:
            return False
        plain, _, _ = row_key[len(self.prefix) :].partition("~")  # rows alike are numbered after a "~"
        parts = plain.split("|")
        return any(
            len(parts) == length and tuple(parts[at] for at in known) in found
            for (length, known), found in self._by_shape.items()
        )
