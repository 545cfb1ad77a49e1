"""How a source spells its cells, into how the registers do: days, codes, flags, ids, and marks for nothing."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache

from monitor.calendars import london_day
from monitor.intake.mapping import Column
from monitor.intake.reading.grid import plain

Spell = Callable[[str], str]

_REMEMBERED = 16_384
_NOTHING = frozenset(
    (
        *(
            "",
            "null",
            "(null)",
            "nan",
            "nat",
            "n/a",
            "#n/a",
            "#ref!",
            "#value!",
            "#name?",
            "#div/0!",
            "#num!",
        ),
        *("-", "--", ".", "ssd_ph"),
    )
)
_NO_DAYS = frozenset(
    (date(1900, 1, 1), date(1899, 12, 30), date(1899, 12, 31), date(1901, 1, 1), date(1753, 1, 1))
)
_LAST_YEAR = 9999  # 9999-12-31 is how systems write "no end"
_EPOCH = date(1899, 12, 30)  # day 0 of a workbook whose dates begin with 1900, as Excel counts
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january",
            "feb february",
            "mar march",
            "apr april",
            "may",
            "jun june",
            "jul july",
            "aug august",
            "sep sept september",
            "oct october",
            "nov november",
            "dec december",
        ),
        1,
    )
    for name in names.split()
}
_TOKENS = {
    "dd": r"(?P<d>\d{1,2})", "d": r"(?P<d>\d{1,2})", "mm": r"(?P<m>\d{1,2})", "m": r"(?P<m>\d{1,2})",
    "mmm": r"(?P<b>[a-z]{3,9})", "mmmm": r"(?P<b>[a-z]{3,9})", "yyyy": r"(?P<y>\d{4})", "yy": r"(?P<yy>\d{2})",
}  # fmt: skip
_TIME = r"(?:(?:t|\s+)\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)?"
_ISO = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})(?:[t ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)\s*(z|[+-]\d{2}:?\d{2})?)?",
    re.IGNORECASE,
)
_SERIAL = re.compile(r"\d{5}(\.\d+)?")
_SMALLEST_SERIAL, _LARGEST_SERIAL = 1_000, 58_804  # 1902-09-26 and 2060-12-30
_COERCED = re.compile(r"\d+\.0+")
_LETTERED = re.compile(r"\s*[a-z0-9]{1,2}\)\s*(?P<rest>.+)", re.IGNORECASE | re.DOTALL)
_LED = re.compile(r"\s*(?P<code>[A-Za-z0-9]{1,8})\s*[:\-\u2010-\u2015]\s*(?P<rest>.*)", re.DOTALL)
_SPACED = re.compile(r"\s*(?P<code>[A-Za-z]\d{1,2})\s+(?P<rest>.+)", re.DOTALL)  # "V3 Short breaks"
_YES = frozenset(("yes", "y", "true", "1", "t"))
_NO = frozenset(("no", "n", "false", "0", "f"))


class Unread(str):
    """A cell that could not be read: its own text, with what is wrong, for the quality register."""

    __slots__ = ("code", "why")
    why: str
    code: str

    @classmethod
    def because(cls, text: str, why: str, code: str) -> "Unread":
        made = cls(text)
        made.why, made.code = why, code
        return made


class LeftOut(list[str]):
    """The cells of a row of which nobody can say whether it belongs here: a column that decides is not known."""

    __slots__ = ("column", "said")
    column: str
    said: Unread

    @classmethod
    def because(cls, cells: Iterable[str], column: str, said: Unread) -> "LeftOut":
        made = cls(cells)
        made.column, made.said = column, said
        return made


class Earlier(str):
    """The first day of which a source shows something that began before it, on a day that the source does not show."""

    __slots__ = ()


# Stands for the day of the data, which is known only when they are taken.
DATA_DAY = Unread.because("@day", "the day of the data", "data-day")


def speller(column: Column, declared: object, nothing: frozenset[str]) -> Spell:
    """Spells the column's cells as a register column of this type has them; `nothing` are further marks for none."""
    spell = _spell_of(column, declared)
    marks = _NOTHING | {mark.casefold() for mark in (*nothing, *column.nothing)}

    def read(text: str) -> str:
        tidy = text.strip() if text.isprintable() else " ".join(text.split())
        return "" if tidy.casefold() in marks else spell(tidy)

    if not column.keys:
        return lru_cache(_REMEMBERED)(read)
    unpack = _unpacked(column.keys)

    def read_packed(text: str) -> str:
        inner = unpack(text)
        return inner if type(inner) is Unread else read(inner)

    return lru_cache(_REMEMBERED)(read_packed)


def _unpacked(keys: tuple[str, ...]) -> Spell:
    """What packed JSON says under the first of these keys that it has.

    Systems put it together by hand: quotes inside are not escaped, and the end may be cut off. So the key alone is
    looked for; where it may have stood in what was cut off, the cell cannot be read.
    """
    patterns = [
        re.compile(
            rf'"{re.escape(key)}"\s*:\s*(?:"(?P<said>[^"]*)(?P<end>"?)|(?P<bare>[^\s,"}}]+))', re.IGNORECASE
        )
        for key in keys
    ]

    def unpack(text: str) -> str:
        for pattern in patterns:
            found = pattern.search(text)
            if found and (found["bare"] is not None or found["end"]):
                said = found["bare"] or found["said"] or ""
                return "" if said.casefold() == "null" else said
        tidy = text.strip()
        if tidy.startswith("{") and not tidy.endswith("}"):
            return Unread.because("(cut off)", "the packed text is cut off before its answer", "cut-off")
        return ""

    return unpack


def _spell_of(column: Column, declared: object) -> Spell:
    if declared in ("date", "moment"):
        return _day_of(column.dates or ("iso",), keeps_time=declared == "moment")
    if column.codes:
        return _coded(column.codes)
    if declared == "flag":
        return _flag
    if isinstance(declared, list):
        return _coded({str(each): () for each in declared})
    if isinstance(declared, dict):
        return _coded({str(name): tuple(map(str, each)) for name, each in declared.items()})
    if declared == "leading code":
        return _leading
    if declared in ("id", "child", "worker", "team", "family", "upn"):
        return _id
    return str


def _id(text: str) -> str:
    return text.partition(".")[0] if _COERCED.fullmatch(text) else text


def _flag(text: str) -> str:
    for said in _ways(text):
        if said in _YES:
            return "yes"
        if said in _NO:
            return "no"
    return Unread.because(text, "it must be yes or no", "unknown-code")


def _coded(codes: Mapping[str, tuple[str, ...]]) -> Spell:
    by_way = {plain(spelling): code for code, spellings in codes.items() for spelling in (code, *spellings)}
    allowed = ", ".join(list(codes)[:8])

    def spell(text: str) -> str:
        for way in _ways(text):
            if way in by_way:
                return by_way[way]
        return Unread.because(text, f"the code is not known; known are {allowed}", "unknown-code")

    return spell


def _ways(text: str) -> list[str]:
    """The whole cell, and where it begins with a letter or a code ("a) Yes", "C1: ICO"), what that leaves."""
    found = [plain(text)]
    lettered = _LETTERED.fullmatch(text)
    inner = lettered["rest"] if lettered else text
    if lettered:
        found.append(plain(inner))
    led = _LED.fullmatch(inner) or _SPACED.fullmatch(inner)
    if led:
        found += [plain(led["code"]), plain(led["rest"])]
    return found


def _leading(text: str) -> str:
    """The code that the cell begins with; the whole of it where nothing follows."""
    lettered = _LETTERED.fullmatch(text)
    inner = lettered["rest"] if lettered else text
    led = _LED.fullmatch(inner) or _SPACED.fullmatch(inner)
    return (led["code"] if led else inner.strip()).upper()


def _day_of(formats: tuple[str, ...], *, keeps_time: bool) -> Spell:
    patterns = [_pattern(each) for each in formats if each not in ("iso", "serial")]
    is_iso, is_serial = "iso" in formats, "serial" in formats
    written = " or ".join("yyyy-mm-dd" if each == "iso" else each for each in formats)

    def spell(text: str) -> str:
        try:
            found = _declared(text, patterns)
            if found is None and is_iso and (iso := _ISO.fullmatch(text)):
                if keeps_time and iso[4] and iso[4].strip("0:."):
                    return text.replace(" ", "T", 1)
                found = _london(text) if iso[5] else date(*map(int, iso.groups()[:3]))
            if found is None and is_serial and _SERIAL.fullmatch(text) and _in_reach(float(text)):
                found = _EPOCH + timedelta(days=int(float(text)))
        except (ValueError, OverflowError):
            return Unread.because(text, "there is no such day", "no-such-day")
        if found is None:
            return Unread.because(
                text, f"it is not a date written {written}, as the mapping declares", "not-a-date"
            )
        return "" if found in _NO_DAYS or found.year == _LAST_YEAR else found.isoformat()

    return spell


def _london(text: str) -> date:
    return london_day(datetime.fromisoformat(text.replace(" ", "T", 1)))


def _in_reach(serial: float) -> bool:
    return _SMALLEST_SERIAL <= serial <= _LARGEST_SERIAL


def _declared(text: str, patterns: list[re.Pattern[str]]) -> date | None:
    for pattern in patterns:
        found = pattern.fullmatch(text)
        if not found:
            continue
        said = found.groupdict()
        month = int(said["m"]) if said.get("m") else _MONTHS.get(str(said.get("b")).lower())
        if month is None:
            continue
        year = int(said["y"]) if said.get("y") else _century(int(said["yy"]))
        return date(year, month, int(said["d"]))
    return None


def _century(two: int) -> int:
    """As spreadsheets have it: 00 to 29 are of this century."""
    return 2000 + two if two < 30 else 1900 + two  # noqa: PLR2004 - the spreadsheets' own turn


def _pattern(written: str) -> re.Pattern[str]:
    parts = re.findall(r"dd?|mmmm|mmm|mm?|yyyy|yy|.", written)
    return re.compile(
        "".join(_TOKENS.get(part, re.escape(part)) for part in parts) + _TIME, re.IGNORECASE | re.ASCII
    )
