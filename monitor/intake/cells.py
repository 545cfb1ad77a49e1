"""One cell of a register into a value, or a plain word about what is wrong with it; never the value itself."""

from collections.abc import Callable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from monitor.errors import suggestion
from monitor.vocabulary import vocabulary

Parse = Callable[[str], object]

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2060, 12, 31)
LONGEST_CELL = 2_000
_LONDON = ZoneInfo("Europe/London")
_ISO_LENGTH = 10
_YES, _NO = {"yes", "y", "true", "1"}, {"no", "n", "false", "0"}


class BadCell(ValueError):
    """What is wrong with a cell and what is allowed, without the cell's own text."""


def iso_date(text: str) -> date:
    """An ISO date, or the London day of an ISO date-time."""
    try:
        if len(text) == _ISO_LENGTH and text[4] == "-":
            day = date.fromisoformat(text)
        elif len(text) > _ISO_LENGTH and text[4] == "-" and text[_ISO_LENGTH] in "T ":
            moment = datetime.fromisoformat(text)
            day = (moment.astimezone(_LONDON) if moment.tzinfo else moment).date()
        else:
            raise BadCell("it is not a date written year-month-day, such as 2026-11-23")
    except BadCell:
        raise
    except ValueError:
        raise BadCell("there is no such day; dates are written year-month-day, such as 2026-11-23") from None
    if not FIRST_DAY <= day <= LAST_DAY:
        raise BadCell(f"the year must lie between {FIRST_DAY.year} and {LAST_DAY.year}")
    return day


def flag(text: str) -> str:
    """yes or no."""
    lowered = text.lower()
    if lowered in _YES:
        return "yes"
    if lowered in _NO:
        return "no"
    raise BadCell("it must be yes or no")


def number(text: str) -> str:
    """A number, kept as text."""
    try:
        float(text)
    except ValueError:
        raise BadCell("it is not a number") from None
    return text


def word(text: str) -> str:
    if len(text) > LONGEST_CELL:
        raise BadCell(f"it is longer than {LONGEST_CELL} characters")
    return text


def an_id(text: str) -> str:
    """An id; "|" and "#" part our own keys, so they are refused here."""
    if len(text) > 100 or "|" in text or "#" in text or ":" in text or not text.isprintable():  # noqa: PLR2004
        raise BadCell("an id has at most 100 printable characters and none of | # :")
    return text


def filled(_: str) -> str:
    """Free text is dropped while reading; only that it was there is kept."""
    return "yes"


def codes(allowed: dict[str, list[str]]) -> Parse:
    """One of these codes, by any of its spellings."""
    spelled = {spelling.lower(): code for code, spellings in allowed.items() for spelling in spellings}

    def parse(text: str) -> str:
        found = spelled.get(text.lower())
        if found is None:
            raise BadCell("the code is not known." + suggestion("", tuple(allowed)).rstrip("."))
        return found

    return parse


def kind(*, is_episode: bool) -> Parse:
    """A kind of the vocabulary."""
    allowed = {item.name: [item.name] for item in vocabulary().kinds.values() if item.is_episode is is_episode}
    return codes(allowed)


def parser(declared: object) -> Parse:
    """The parser for a column as `registers.yaml` declares it; ids get their issuer from the reader."""
    if isinstance(declared, list):
        return codes({str(code): [str(code)] for code in declared})
    if isinstance(declared, dict):
        return codes({str(code): [str(item) for item in spellings] for code, spellings in declared.items()})
    simple: dict[str, Parse] = {
        "date": iso_date,
        "flag": flag,
        "number": number,
        "word": word,
        "text": word,
        "id": an_id,
        "child": an_id,
        "worker": an_id,
        "team": an_id,
        "family": an_id,
        "rule": word,
    }
    if declared in simple:
        return simple[str(declared)]
    special: dict[str, Callable[[], Parse]] = {
        "post": lambda: codes({role: [role] for role in vocabulary().roles["post"]}),
        "excuse-code": lambda: codes({code: [code] for code in vocabulary().excuse_codes}),
        "episode-kind": lambda: kind(is_episode=True),
        "event-kind": lambda: kind(is_episode=False),
    }
    return special[str(declared)]()
