"""One cell of a register into a value, or a plain word about what is wrong; never the cell itself."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import lru_cache

from monitor.calendars import LONDON, london_day
from monitor.errors import suggestion
from monitor.vocabulary import DATE, FREE_CODE, MOMENT, NUMBER, vocabulary

Parse = Callable[[str], str | date]
Read = Callable[[str], str | date | None]

FIRST_YEAR, LAST_YEAR = 1902, 2060  # 1900-01-01, 1901-01-01 and 9999-12-31 are how systems write "no date"
LONGEST_WORD, LONGEST_CODE, LONGEST_UPN = 254, 64, 32
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_NUMBER = re.compile(r"\d{1,6}(\.\d{1,6})?", re.ASCII)
_ROUNDED = re.compile(r"\d(\.\d+)?E\+\d+", re.ASCII)
_DAY_LENGTH = 10
_PARTS_OUR_KEYS = frozenset("|#:~")
_LIKE_A_NAME = re.compile(
    r"\D+[\s,]\D+|.*[^\W\d_]{2},.*", re.DOTALL
)  # words without a figure, or "Smith, J2"
_FORMULA = ("=", "+", "-", "@")
LONGEST_RAW = 40
_LIKE_A_DAY = re.compile(
    r"(?=.*\d)(?:[\d\s/.,:+-]|T|Z|st|nd|rd|th|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6})+",
    re.ASCII | re.IGNORECASE,
)
_YES, _NO = {"yes", "y", "true", "1"}, {"no", "n", "false", "0"}
_REMEMBERED = 4_096


class BadCell(ValueError):
    """What is wrong with a cell and what is allowed, without the cell's own text; its code where it has its own."""

    def __init__(self, why: str, code: str | None = None) -> None:
        super().__init__(why)
        self.code = code


def keeps_raw(declared: object, text: str) -> bool:
    """Whether a cell of such a column that cannot be read may be kept: a failed date or an unknown code, no more.

    Of a column of days only what is made as a day is, for what else stands there may be anybody's story.
    """
    if len(text) > LONGEST_RAW or not text.isprintable():
        return False
    if declared in ("date", "moment"):
        return _LIKE_A_DAY.fullmatch(text) is not None
    return is_coded(declared)


def is_coded(declared: object) -> bool:
    """Whether the column takes one of a list of codes."""
    return isinstance(declared, (list, dict)) or declared in ("flag", "post", "excuse-code")


def fault_of(declared: object) -> str:
    """The code of what is wrong with a cell of such a column that cannot be read."""
    if declared in ("date", "moment"):
        return "not-a-date"
    return "unknown-code" if is_coded(declared) else "bad-value"


def iso_date(text: str) -> date:
    """An ISO date, or the London day of an ISO date-time; one without a zone is London's own."""
    if not _DAY.match(text) or text[_DAY_LENGTH : _DAY_LENGTH + 1] not in ("", "T", " "):
        raise BadCell("it is not a date written year-month-day, such as 2026-11-23")
    try:
        day = date.fromisoformat(text) if len(text) == _DAY_LENGTH else _london_day(text)
    except (ValueError, OverflowError):
        raise BadCell("there is no such day; dates are written year-month-day, such as 2026-11-23") from None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise BadCell(
            f"the year must lie between {FIRST_YEAR} and {LAST_YEAR}; a cell without a date is left empty"
        )
    return day


def _london_day(text: str) -> date:
    moment = datetime.fromisoformat(text)
    return london_day(moment) if moment.tzinfo else moment.date()


def moment(text: str) -> str | date:
    """An ISO date-time in UTC, to the minute; or the date, where no time is given."""
    day = iso_date(text)
    if len(text) == _DAY_LENGTH:
        return day
    read_as = datetime.fromisoformat(text)
    at = read_as if read_as.tzinfo else read_as.replace(tzinfo=LONDON)
    return at.astimezone(UTC).isoformat(timespec="minutes")


def flag(text: str) -> str:
    """A yes or a no."""
    lowered = text.lower()
    if lowered in _YES:
        return "yes"
    if lowered in _NO:
        return "no"
    raise BadCell("it must be yes or no")


def number(text: str) -> str:
    """A number, kept as text."""
    if not _NUMBER.fullmatch(text):
        raise BadCell("it is not a number such as 0.8")
    return text


def word(text: str, longest: int = LONGEST_WORD) -> str:
    """A word or two on one line; a no-break space counts as a space."""
    tidy = text if text.isprintable() else " ".join(text.split())
    if len(tidy) > longest:
        raise BadCell(f"it is longer than {longest} characters")
    if not tidy.isprintable():
        raise BadCell("it holds a character that cannot be printed")
    if tidy.startswith(_FORMULA):
        raise BadCell("it begins with one of = + - @, which a spreadsheet would run as a formula")
    return tidy


def code(text: str) -> str:
    """A code of the council's own."""
    return word(text, LONGEST_CODE)


def upn(text: str) -> str:
    """A unique pupil number, or what stands in its place."""
    return word(text, LONGEST_UPN)


def an_id(text: str) -> str:
    """An id; | # : ~ part our own keys, so they are refused here."""
    if len(text) > LONGEST_CODE or not text.isprintable() or not _PARTS_OUR_KEYS.isdisjoint(text):
        raise BadCell(f"an id has at most {LONGEST_CODE} printable characters and none of | # : ~")
    if text.startswith(_FORMULA):
        raise BadCell("an id cannot begin with one of = + - @, which a spreadsheet would run as a formula")
    if _ROUNDED.fullmatch(text):
        raise BadCell("a spreadsheet has rounded this id: make its column text and export it again")
    return text


def no_name(text: str) -> str:
    """An id, and not the name of a person: ids go into mails."""
    found = an_id(text)
    if _LIKE_A_NAME.fullmatch(found):
        raise BadCell("it reads like a name, and not like an id of a system", "like-a-name")
    return found


def anything(text: str) -> str:
    """Free text, of which only is asked whether it is there; it is dropped with the row."""
    return text


def codes(allowed: Mapping[str, list[str]]) -> Parse:
    """One of these codes, by any of its spellings."""
    spelled = {spelling.lower(): name for name, spellings in allowed.items() for spelling in spellings}
    allowed_are = suggestion("", tuple(allowed)).rstrip(".")

    def parse(text: str) -> str:
        found = spelled.get(text.lower())
        if found is None:
            raise BadCell(f"the code is not known.{allowed_are}")
        return found

    return parse


def one_of(names: tuple[str, ...]) -> Parse:
    return codes({name: [name] for name in names})


def attribute(allowed: tuple[str, ...]) -> Parse:
    """An attribute as the vocabulary declares it: a date, a number, a free code, or one of these codes."""
    simple: dict[tuple[str, ...], Parse] = {
        (DATE,): iso_date,
        (MOMENT,): moment,
        (NUMBER,): number,
        (FREE_CODE,): word,
    }
    return simple.get(allowed) or one_of(allowed)


def is_given(kind: str) -> bool:
    """Whether a council may give it; the monitor itself makes what is about a feed or a missing start."""
    return kind != "start-unknown" and vocabulary().kinds[kind].of != "feed"


def _kinds(*, is_episode: bool) -> Parse:
    """Every kind that a council may give."""
    found = [item.name for item in vocabulary().kinds.values() if item.is_episode is is_episode]
    return one_of(tuple(name for name in found if is_given(name)))


_SIMPLE: dict[str, Parse] = {
    "date": iso_date,
    "moment": moment,
    "flag": flag,
    "number": number,
    "word": word,
    "code": code,
    "upn": upn,
    "text": anything,
    "rule": code,
    "id": an_id,
    "child": no_name,
    "worker": no_name,
    "team": an_id,
    "family": no_name,
}
_FROM_VOCABULARY: dict[str, Callable[[], Parse]] = {
    "post": lambda: one_of(vocabulary().roles["post"]),
    "excuse-code": lambda: one_of(vocabulary().excuse_codes),
    "episode-kind": lambda: _kinds(is_episode=True),
    "event-kind": lambda: _kinds(is_episode=False),
}


def parser(declared: object) -> Parse:
    """The parser for a column as `registers.yaml` declares it."""
    if isinstance(declared, list):
        return one_of(tuple(map(str, declared)))
    if isinstance(declared, dict):
        return codes({str(name): [str(item) for item in spellings] for name, spellings in declared.items()})
    name = str(declared)
    return _SIMPLE[name] if name in _SIMPLE else _FROM_VOCABULARY[name]()


def cell_reader(parse: Parse, issuer: str | None = None) -> Read:
    """Reads cells: nothing for an empty one, "issuer:id" where there is an issuer.

    It remembers what it has read lately, for a register says the same days and ids again and again.
    """

    def read(text: str) -> str | date | None:
        stripped = text.strip()
        if not stripped:
            return None
        value = parse(stripped)
        return f"{issuer}:{value}" if issuer else value

    return read if parse is anything else lru_cache(_REMEMBERED)(read)
