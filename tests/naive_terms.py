"""Made-up tables of school terms and closures, as the council and one school of its own keep them."""

from collections.abc import Iterator
from datetime import date

from tests.naive_facts import Episode

# From, to, and half-term, as month and day; the summer's days are of the year after.
_YEAR = (
    ("autumn", 0, (9, 2), (12, 18), (10, 26), (10, 30)),
    ("spring", 1, (1, 4), (3, 25), (2, 15), (2, 19)),
    ("summer", 1, (4, 12), (7, 21), (5, 31), (6, 4)),
)


def tables_of_terms(today: date, which: str) -> tuple[Episode, ...]:
    """Long ones reach years back and one ahead; short ones hold two terms near today; or there are none."""
    if which == "none":
        return ()
    years = range(today.year - 3, today.year + 2) if which == "long" else (today.year - 1,)
    council = [term for year in years for term in _terms(year, "", 0)]
    school = [term for year in years for term in _terms(year, "S1", 2)]
    closures = [
        _table("school-closure", date(today.year - 1, 11, 12), None, {"school": "S1"}),
        _table("school-closure", date(today.year - 1, 12, 9), date(today.year - 1, 12, 10), {}),
        _table("school-closure", date(today.year, 1, 14), date(today.year, 1, 15), {"school": "S2"}),
    ]
    unfinished = _table("school-term", date(today.year + 2, 9, 2), None, {"term": "autumn"})
    return (*council, *school, *closures, unfinished)


def _terms(year: int, school: str, later: int) -> Iterator[Episode]:
    for name, add, first, last, half_first, half_last in _YEAR:
        own = year + add
        half = {
            "half_term_starts_on": date(own, *half_first).isoformat(),
            "half_term_ends_on": date(own, *half_last).isoformat(),
        }
        if name == "summer" and year % 2:
            half.pop("half_term_ends_on")
        said = {"term": name, **({"school": school} if school else {}), **half}
        start = date(own, first[0], first[1] + later)
        yield _table("school-term", start, date(own, *last), said)


def _table(kind: str, start: date, end: date | None, said: dict[str, str]) -> Episode:
    ref = f"{kind}-{said.get('school', '')}-{start}"
    return Episode(key=ref, kind=kind, ref=ref, record=f"mosaic|{ref}", start=start, end=end, attributes=said)
