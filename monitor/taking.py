"""Taking a council's data in: one load, one transaction, with the ledger to itself."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path

from sqlalchemy.engine import Engine, make_url
from sqlalchemy.exc import SQLAlchemyError

from monitor import leases, ledger
from monitor.bootstrap import Home, cannot_reach, writing
from monitor.calendars import london_day
from monitor.errors import BadIntake, Misuse, suggestion
from monitor.intake import loads, offers
from monitor.intake.checks import Origin, Problem
from monitor.intake.crosswalk import Names, read_crosswalk
from monitor.intake.files import ENDINGS, FORM, day_of, offer_registers, register_files
from monitor.intake.identity import Crosswalk, issuer_of
from monitor.intake.loads import Taken
from monitor.intake.mapping import Form, read_form, shipped, shipped_form
from monitor.intake.offers import Wishes, offer_database, offer_files
from monitor.intake.parts import Offer
from monitor.intake.take import Progress, take
from monitor.settings import Source, secret

DEFAULT_SOURCE = FORM
MAPPED = "mapped"
_SOURCE = re.compile(r"[a-z0-9][a-z0-9.-]{0,31}", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a person, or the watch folder, asks to be taken in."""

    form: str = FORM
    paths: Sequence[str | Path]
    source: str | None = None
    as_at: date | None = None
    mapping: str | None = None


def take_in(home: Home, request: Request, *, now: datetime, progress: Progress) -> Taken:
    """Take this in; what comes back says what was read, refused, changed and held."""
    name = _source_name(
        request.source
        or (DEFAULT_SOURCE if request.form == FORM else _named(request.mapping) or request.form)
    )
    said = home.sources.get(name) or Source()
    crosswalk, names = read_crosswalk(home.path)
    engine = writing(home.engine)
    last = _last_day(engine, request.as_at, london_day(now))
    with _offered(home, request, name, said, names) as (found, files):
        offer = _of_a_day_that_has_come(found, last)
        offer = replace(offer, digest=_read_as(offer, name, said, crosswalk))
        as_at, came_from = _day(offer, request.as_at, files, last)
        if request.as_at and offer.day and offer.day != request.as_at:
            note = f"The data say that they are of {offer.day}; --as-at {request.as_at} was not used."
            offer.notes.append(note)
        origin = Origin(
            source=name,
            issuers=said.ids,
            as_at=as_at,
            calendar=home.local,
            is_rule=lambda rule: any(each.id == rule for each in home.every_rule),
        )
        try:
            with leases.held(engine, "an intake", now), engine.begin() as connection:
                taken = take(
                    connection,
                    offer,
                    origin,
                    as_at_from=came_from,
                    now=now,
                    progress=progress,
                    crosswalk=crosswalk,
                    # Registers are kept by hand, and may well stay as they are; an export that does has stopped.
                    may_repeat=request.form == FORM if said.may_repeat is None else said.may_repeat,
                )
                ledger.follow(connection, taken.moved, taken.load_id, taken.as_at, now)
                return taken
        except SQLAlchemyError as error:
            raise cannot_reach(error) from None


@contextmanager
def _offered(
    home: Home, request: Request, name: str, said: Source, names: Names
) -> Iterator[tuple[Offer, list[Path]]]:
    """What there is to take, while it lies open, with the files that it lies in."""
    urls = [str(path) for path in request.paths if "://" in str(path)]
    paths = [Path(path) for path in request.paths]
    if request.form == FORM:
        files = register_files(paths)
        yield offer_registers(files), files
        return
    form = form_of(home, request.form, request.mapping or said.mapping)
    issuers = (name, said.ids.get("worker", name), said.ids.get("team", name))
    wishes = Wishes(
        carried=said.carries, names={what: names.of(what, issuers) for what in ("worker", "team")}
    )
    if not urls:
        offer, files = offer_files(form, paths, wishes)
        yield offer, files
        return
    if len(urls) < len(paths) or len(urls) > 1:
        raise Misuse("give one database, or files: not both.")
    with offer_database(form, _with_password(urls[0], name), said.schema_name, wishes) as offer:
        yield offer, []


def _read_as(offer: Offer, name: str, said: Source, crosswalk: Crosswalk) -> str:
    """What tells these data from any others: their own digest, and whose ids the home says that they hold."""
    issuer = said.ids.get("child", name)
    lines = sorted((key, sorted(others)) for key, others in crosswalk.items() if issuer_of(key) == issuer)
    if not said.ids and not lines:
        return offer.digest
    whose = sorted(said.ids.items()), lines
    return sha256(repr((offer.digest, whose)).encode()).hexdigest()


def _with_password(url: str, source: str) -> str:
    """The address with the password from the credential <source>-password, where there is one."""
    password = secret(f"{source}-password")
    if password is None:
        return url
    return make_url(url).set(password=password).render_as_string(hide_password=False)


def _last_day(engine: Engine, given: date | None, today: date) -> date:
    """The last day of which data can be; a demo home is exempt, as it is where it sweeps."""
    if given is None or given <= today:
        return today
    try:
        with engine.connect() as connection:
            if ledger.is_demo(connection):
                return given
    except SQLAlchemyError as error:
        raise cannot_reach(error) from None
    raise Misuse(
        f"--as-at {given} is yet to come: give the day on which the data were drawn, {today} at the latest."
    )


def _of_a_day_that_has_come(offer: Offer, last: date) -> Offer:
    """The offer, without its day where that lies ahead: a return within its year names the day on which it closes."""
    if offer.day is None or offer.day <= last:
        return offer
    note = f"The data say that they are of {offer.day}, which is yet to come; that was not used."
    return replace(offer, day=None, notes=[*offer.notes, note])


def _day(offer: Offer, given: date | None, files: Sequence[Path], last: date) -> tuple[date, str]:
    """The day of the data: what they say themselves, else the day given, else that of the oldest file."""
    if offer.day is not None:
        return offer.day, "the data's own"
    if given is not None:
        return given, "given"
    if not files:
        raise BadIntake(["a database does not say of which day its data are: give it with --as-at."])
    day = day_of(files)
    if day > last:
        so = (
            f"the files were last changed on {day}, which is yet to come, so the day of the data is not known"
        )
        raise BadIntake([f"{so}: give it with --as-at, {last} at the latest, or save the files anew."])
    return day, "the oldest file's date"


def form_of(home: Home, form: str, mapping: str | None) -> Form:
    """The format of this name, or of the home's or the shipped mapping; Misuse names those that there are."""
    if form != MAPPED:
        return shipped()[form]
    if mapping is None:
        raise Misuse(f"name a mapping: --mapping NAME. There are {', '.join(mappings(home))}.")
    own = Path(mapping)
    if own.suffix in (".yaml", ".yml") and own.exists():
        return read_form(own, own.name)
    if path := _own_mappings(home).get(mapping):
        return read_form(path, f"config/mappings/{mapping}.yaml")
    found = shipped_form(mapping)
    if found is None or found.is_national:
        raise Misuse(f"there is no mapping '{mapping}'.{suggestion(mapping, tuple(mappings(home)))}")
    return found


def endings(home: Home, request: Request) -> tuple[str, ...]:
    """How the names of the files end that the request's format takes."""
    return ENDINGS if request.form == FORM else offers.endings(form_of(home, request.form, request.mapping))


def formats() -> dict[str, str]:
    """The formats of national returns, each with what it is."""
    return {name: form.says for name, form in shipped().items() if form.is_national}


def mappings(home: Home) -> list[str]:
    """The names of the mappings for `mapped`: the home's own and the shipped ones."""
    return sorted({*_own_mappings(home), *(name for name, form in shipped().items() if not form.is_national)})


def _own_mappings(home: Home) -> dict[str, Path]:
    return {path.stem: path for path in (home.path / "config" / "mappings").glob("*.yaml")}


def _named(mapping: str | None) -> str | None:
    """What a mapping is called; of a file, its name without the ending."""
    return Path(mapping).stem if mapping and Path(mapping).suffix in (".yaml", ".yml") else mapping


def _source_name(name: str) -> str:
    if not _SOURCE.fullmatch(name):
        raise Misuse("a source's name has at most 32 letters, digits, dots and dashes, such as plo-tracker.")
    return name


def issues(home: Home, load_id: int | None) -> list[tuple[int, str, Problem]]:
    """What a load refused or could not read, with load and file; the newest load where none is named."""
    try:
        with home.engine.connect() as connection:
            return loads.issues(connection, load_id)
    except SQLAlchemyError as error:
        raise cannot_reach(error) from None


def issue_counts(home: Home, by: str) -> list[tuple[str, int, int]]:
    """How many values were refused or doubted, by source, team, code or column, and how many cost the row."""
    if by not in loads.COUNTED_BY:
        raise Misuse(f"--by is one of {', '.join(loads.COUNTED_BY)}.")
    try:
        with home.engine.connect() as connection:
            return loads.issue_counts(connection, by)
    except SQLAlchemyError as error:
        raise cannot_reach(error) from None


def decide(home: Home, load_id: int, state: str, because: str, now: datetime) -> None:
    """Let a held load go (the same files are then taken in as they are), or discard it."""
    if not because.strip():
        raise Misuse('say why: --reason "...". It is kept beside the load.')
    try:
        with writing(home.engine).begin() as connection:
            loads.decide(connection, load_id, state, because.strip(), now)
    except SQLAlchemyError as error:
        raise cannot_reach(error) from None


__all__ = [
    "Request",
    "decide",
    "endings",
    "form_of",
    "formats",
    "issue_counts",
    "issues",
    "mappings",
    "take_in",
]
