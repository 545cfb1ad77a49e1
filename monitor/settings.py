"""Settings, read once and whole: config/monitor.toml and MONITOR_* for the home, YAML files for lists.

An unknown key or a value that is not allowed is refused with the key, what is wrong and what is allowed.
Secrets come only from files: systemd credentials, or a path in MONITOR_..._FILE.
"""

import os
import re
import tomllib
from collections.abc import Callable, Mapping
from datetime import date, time
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from monitor import documents
from monitor.addresses import domain_of, is_plain
from monitor.documents import Fault
from monitor.errors import BadSettings, GivenWrong, suggestion
from monitor.limits import Amount, Unit, parse_amount
from monitor.vocabulary import EVERY_KIND, vocabulary

# At most four letters, then digits and separators: an id of this shape is shown in a mail; a name is not.
DEFAULT_ID_PATTERN = r"[A-Za-z]{0,4}[0-9][0-9/_.\- ]*"

MOST_PROCESSES = 4  # unless the council says otherwise: each takes some 100 MB
QUIET_FROM, QUIET_UNTIL = time(1, 0), time(2, 0)


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Council(_Part):
    """Who is running this monitor."""

    name: str = "Children's Services"


class Mail(_Part):
    """How mail leaves. `mode` is off, redirect (all to one address) or live (set by `monitor go-live` only)."""

    mode: Literal["off", "redirect", "live"] = "off"
    redirect_to: str = ""
    allowed_domains: tuple[str, ...] = ()
    sender: str = "case-monitor@localhost"
    host: str = "localhost"
    port: Annotated[int, Field(ge=1, le=65535)] = 25
    security: Literal["none", "starttls", "tls"] = "starttls"
    user: str = ""
    password_file: str = ""
    ca_file: str = ""
    timeout: Annotated[float, Field(gt=0, le=300)] = 30

    def allows(self, address: str) -> bool:
        """Whether mail may go to this address's domain; an empty list allows none."""
        return domain_of(address) in {domain.lower() for domain in self.allowed_domains}


class Links(_Part):
    """Addresses put into mails; `{alert}` and `{ref}` stand for the numbers. Empty ones are left out."""

    page: str = ""
    case: str = ""


class Days(_Part):
    """Days beside the bank holidays of England: proclaimed ones count for all, closure days for local limits."""

    proclaimed: tuple[date, ...] = ()
    closure_days: tuple[date, ...] = ()


def _clock_time(value: object) -> object:
    return time.fromisoformat(value) if isinstance(value, str) else value


ClockTime = Annotated[time, BeforeValidator(_clock_time)]


class Schedule(_Part):
    """When the daemon works, in London time; nothing may be set between 01:00 and 02:00."""

    sweep: ClockTime = time(6, 30)
    outbox: ClockTime = time(7, 30)
    retry_minutes: Annotated[int, Field(ge=1, le=240)] = 10


class Alerts(_Part):
    """How alerts behave."""

    backlog_days: Annotated[int, Field(ge=1, le=120)] = 20


class Sweep(_Part):
    """How a sweep works. `processes` judge a large caseload; 0 is one for each core, at most four."""

    processes: Annotated[int, Field(ge=0, le=8)] = 0

    def helpers(self) -> int:
        """How many processes to start beside the sweep's own."""
        return (self.processes or min(_cores(), MOST_PROCESSES)) - 1


def _cores() -> int:
    """Those that this process may use; where the system does not say, those that there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Settings(BaseSettings):
    """Everything in config/monitor.toml."""

    model_config = SettingsConfigDict(
        extra="forbid", frozen=True, env_prefix="MONITOR_", env_nested_delimiter="__", env_ignore_empty=True
    )

    council: Council = Council()
    mail: Mail = Mail()
    links: Links = Links()
    days: Days = Days()
    schedule: Schedule = Schedule()
    alerts: Alerts = Alerts()
    sweep: Sweep = Sweep()
    ids: dict[str, str] = Field(default_factory=dict)
    database_url: str = ""
    home: str = ""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment before the file; nothing else is read."""
        del settings_cls, dotenv_settings, file_secret_settings
        return env_settings, init_settings

    def id_pattern(self, issuer: str) -> re.Pattern[str]:
        """What an id of this issuer looks like, if it may be shown in a mail."""
        return re.compile(self.ids.get(issuer, DEFAULT_ID_PATTERN))


class Source(_Part):
    """One source: how long it may be silent, whose ids it uses, from when it shows anything, and how it is read.

    `prefer_for` are the kinds for which it is judged where another source tells of the same child's.
    """

    fresh_for: Amount = Amount(1, Unit.WORKING_DAYS)
    ids: dict[str, str] = Field(default_factory=dict)
    covers_from: date | None = None
    may_repeat: bool | None = None
    carries: frozenset[str] = frozenset()
    format: str | None = None
    mapping: str | None = None
    schema_name: str | None = None
    prefer_for: tuple[str, ...] = ()


def load_settings(home: Path) -> Settings:
    """The home's settings; BadSettings lists every fault. A home without the file has the defaults."""
    path = home / "config" / "monitor.toml"
    shown = "config/monitor.toml"
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    except tomllib.TOMLDecodeError as error:
        raise BadSettings([f"{shown}: this is not TOML ({error}). Every line is name = value."]) from None
    except (OSError, UnicodeDecodeError):
        raise BadSettings([f"{shown}: cannot be read as UTF-8 text."]) from None
    try:
        settings = Settings(**_underscored(given))
    except ValidationError as error:
        raise BadSettings([_told(fault, shown) for fault in error.errors()]) from None
    faults = [*_bad_times(settings, shown), *_bad_patterns(settings, shown)]
    faults += [*_bad_mail(settings.mail, shown), *_bad_links(settings.links, shown), *_strangers()]
    if faults:
        raise BadSettings(faults)
    return settings


def _underscored(value: Any) -> Any:  # noqa: ANN401 - plain TOML
    """`allowed-domains` as `allowed_domains`, but issuers in [ids] as they are."""
    return {
        key.replace("-", "_"): _underscored(item) if isinstance(item, dict) and key != "ids" else item
        for key, item in value.items()
    }


_PLAINLY = {
    "int_parsing": "is not a whole number",
    "int_type": "is not a whole number",
    "float_parsing": "is not a number",
    "date_from_datetime_parsing": "is not a day. Write it as 2026-12-24",
    "date_parsing": "is not a day. Write it as 2026-12-24",
    "value_error": "is not a time of day. Write it as 06:30",
    "time_parsing": "is not a time of day. Write it as 06:30",
    "string_type": "must stand in quotation marks",
    "tuple_type": "must be a list in square brackets",
}


def _told(fault: Mapping[str, Any], shown: str) -> str:
    where = ".".join(str(part).replace("_", "-") for part in fault["loc"])
    if fault["type"] == "extra_forbidden":
        part = Settings.model_fields.get(str(fault["loc"][0]))
        model = part.annotation if part and len(fault["loc"]) > 1 else Settings
        allowed = [name.replace("_", "-") for name in getattr(model, "model_fields", {})]
        return f"{shown}: there is no setting '{where}'.{suggestion(where.split('.')[-1], allowed)}"
    found = f"'{fault['input']}' " if isinstance(fault["input"], str | int | float) else ""
    return f"{shown}: {where}: {found}{_PLAINLY.get(fault['type']) or fault['msg'][:1].lower() + fault['msg'][1:]}."


def _bad_mail(mail: Mail, shown: str) -> list[str]:
    """Addresses that no mail could come from or go to."""
    faults = []
    if not is_plain(mail.sender):
        faults.append(f"{shown}: mail.sender is not one plain e-mail address.")
    if mail.mode != "redirect":
        return faults
    if not mail.redirect_to:
        faults.append(f"{shown}: mail.redirect-to is empty, but mail.mode is 'redirect': say to whom.")
    elif not is_plain(mail.redirect_to):
        faults.append(f"{shown}: mail.redirect-to is not one plain e-mail address.")
    elif mail.allowed_domains and not mail.allows(mail.redirect_to):
        faults.append(f"{shown}: mail.redirect-to is outside mail.allowed-domains: mail goes nowhere else.")
    return faults


def _bad_links(links: Links, shown: str) -> list[str]:
    """Links that lead nowhere, or that a mail must not hold."""
    faults = []
    for name, link, places in (("page", links.page, ("{alert}",)), ("case", links.case, ("{ref}", "{case}"))):
        if link and not link.startswith(("https://", "http://")):
            faults.append(f"{shown}: links.{name} must begin with https:// or http://.")
        elif link and not any(place in link for place in places):
            faults.append(f"{shown}: links.{name} names nothing to open. Allowed: {' or '.join(places)}.")
    return faults


def _strangers() -> list[str]:
    """Names in the environment that begin like ours and are no setting."""
    known = [name.upper() for name in Settings.model_fields]
    parts = {name: name.removeprefix("MONITOR_").partition("__")[0] for name in os.environ}
    return [
        f"{name}: there is no such setting.{suggestion(part, known)}"
        for name, part in sorted(parts.items())
        if name.startswith("MONITOR_") and part.upper() not in known and not name.endswith("_FILE")
    ]


def _bad_times(settings: Settings, shown: str) -> list[str]:
    times = {"schedule.sweep": settings.schedule.sweep, "schedule.outbox": settings.schedule.outbox}
    return [
        f"{shown}: {name} may not lie between 01:00 and 02:00: that hour comes twice when the clocks go back."
        for name, at in times.items()
        if QUIET_FROM <= at < QUIET_UNTIL
    ]


def _bad_patterns(settings: Settings, shown: str) -> list[str]:
    faults = []
    for issuer, pattern in settings.ids.items():
        try:
            re.compile(pattern)
        except re.error:
            faults.append(f"{shown}: ids.{issuer} is not a regular expression.")
    return faults


def load_sources(home: Path) -> dict[str, Source]:
    """What config/sources.yaml says of each source; a source it does not name has the defaults."""
    path, shown = home / "config" / "sources.yaml", "config/sources.yaml"
    if not path.exists():
        return {}
    try:
        return {
            name: _source(documents.mapping(value)) for name, value in documents.read(path, shown).items()
        }
    except Fault as fault:
        raise BadSettings([f"{shown}:{fault.line}: {fault.text}"]) from None
    except GivenWrong as error:
        raise BadSettings(error.faults) from None


def _source(node: documents.Mapping) -> Source:
    readers: dict[str, tuple[str, Callable[[documents.Value], Any]]] = {
        "fresh-for": ("fresh_for", _amount),
        "ids": ("ids", lambda value: {key: _text(each) for key, each in documents.mapping(value).items()}),
        "covers-from": ("covers_from", _first_day),
        "may-repeat": ("may_repeat", documents.flag),
        "carries": ("carries", _names),
        "prefer-for": ("prefer_for", _kinds),
        "format": ("format", _text),
        "mapping": ("mapping", _text),
        "schema": ("schema_name", _text),
    }
    documents.only(node, (), readers)
    return Source(**{readers[key][0]: readers[key][1](value) for key, value in node.items()})


def _text(value: documents.Value) -> str:
    return documents.word(value).text


def _names(value: documents.Value) -> tuple[str, ...]:
    return tuple(each.text for each in documents.words(value))


def _kinds(value: documents.Value) -> tuple[str, ...]:
    """Kinds of Episodes and Events, or the words for all of them."""
    known = (*vocabulary().kinds, EVERY_KIND)
    for each in documents.words(value):
        if each.text not in known:
            raise Fault(each.line, f"there is no kind '{each.text}'.{suggestion(each.text, known)}")
    return _names(value)


def _amount(value: documents.Value) -> Amount:
    length = documents.word(value)
    try:
        return parse_amount(length.text)
    except ValueError as error:
        raise Fault(length.line, str(error)) from None


def _first_day(value: documents.Value) -> date:
    day = documents.word(value)
    try:
        return date.fromisoformat(day.text)
    except ValueError:
        raise Fault(day.line, f"'{day.text}' is not a day. Write it as 2024-04-01.") from None


class SwitchedOn(NamedTuple):
    """The areas whose rules are on, and the rules that are on by themselves."""

    areas: tuple[str, ...]
    rules: tuple[str, ...]


def load_switched_on(path: Path, shown: str, areas: tuple[str, ...], rules: tuple[str, ...]) -> SwitchedOn:
    """What config/rules.yaml switches on, of these areas and rules; BadSettings tells every fault by line."""
    root = documents.read(path, shown)
    try:
        documents.only(root, (), ("areas", "rules"))
        named = {key: documents.words(entry.value) for key, entry in root.entries.items()}
    except Fault as fault:
        raise BadSettings([f"{shown}:{fault.line}: {fault.text}"]) from None
    faults = [
        f"{shown}:{each.line}: there is no {what} '{each.text}'.{suggestion(each.text, every)}"
        for what, key, every in (("area", "areas", areas), ("rule", "rules", rules))
        for each in named.get(key, ())
        if each.text not in every
    ]
    if faults:
        raise BadSettings(faults)
    on = {key: tuple(each.text for each in found) for key, found in named.items()}
    return SwitchedOn(areas=on.get("areas", ()), rules=on.get("rules", ()))


def secret(name: str, file_setting: str = "") -> str | None:
    """A secret from systemd's credentials, or from the file that a setting or MONITOR_<NAME>_FILE names."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    named = os.environ.get(f"MONITOR_{name.upper().replace('-', '_')}_FILE") or file_setting
    for path in (Path(folder) / name if folder else None, Path(named) if named else None):
        if path is not None and path.is_file():
            return path.read_text(encoding="utf-8").strip()
    if named:
        raise BadSettings([f"the file for the secret '{name}' does not exist or cannot be read."])
    return None
