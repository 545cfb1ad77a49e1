"""How many of a thing there are, in words that fit the number."""


def plural(count: int, one: str, many: str | None = None) -> str:
    """1 row, 2 rows; with `many`, 1 child is, 2 children are."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"
