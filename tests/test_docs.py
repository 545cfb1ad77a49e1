"""Documentation that cannot rot: what the program has is in the pages, and what the pages name is in the program."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import time
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from typer.main import get_command

from monitor.__main__ import app
from monitor.gaps import HOUSE
from monitor.packs import load_rules
from monitor.settings import Settings, Source
from monitor.sweep import sweep
from monitor.words_page import PART, sections
from tests.conftest import NOW, TODAY, Council, monitor

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
OF_ALL = {"--help"}  # every command has it


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def rows(text: str, heading: str) -> list[list[str]]:
    """The cells of the first table under this heading, without its head."""
    _, found, rest = text.partition(f"\n## {heading}\n")
    assert found, f"there is no heading '{heading}'"
    lines = rest.partition("\n|")[2].partition("\n\n")[0].splitlines()
    return [[cell.strip() for cell in re.split(r" \|(?= )", line.strip("|"))] for line in lines[2:]]


def commands(part: Any = None, name: str = "monitor") -> Iterator[tuple[str, set[str]]]:  # noqa: ANN401 - typer's
    """Every command that can be typed, with its options, and `monitor` itself."""
    part = part or get_command(app)
    options = {opt for param in part.params if param.param_type_name == "option" for opt in param.opts}
    below = getattr(part, "commands", {})
    if not below or name == "monitor":
        yield name, options
    for word, command in below.items():
        yield from commands(command, f"{name} {word}")


@cache
def every_command() -> Mapping[str, set[str]]:
    return dict(commands())


def test_every_command_and_option_is_on_the_page_of_commands_and_no_other() -> None:
    written = {
        re.sub(r" [A-Z.\[\]]+", "", usage.strip("`")): set(re.findall(r"--[a-z-]+", options))
        for usage, options, _ in rows(page("commands.md"), "Every command")
    }
    assert written == {name: options - OF_ALL for name, options in every_command().items()}


def typed(path: Path) -> Iterator[tuple[str, list[str]]]:
    """Every call of the command in a page's code: the words after `monitor`, up to a comment."""
    text = path.read_text(encoding="utf-8")
    code = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    code += re.findall(r"(?m)^ {4,}(.+)$", text)
    for line in code:
        for call in re.findall(r"(?:^|[\s/])(?:-m )?monitor((?: [^\s#|;]+)+)", line):
            yield line.strip(), call.split()


def faults(words: list[str]) -> Iterator[str]:
    """What is wrong with one call: a command, an option or a rule that there is not."""
    known = every_command()
    while words and words[0].startswith("--"):
        words = words[1 if words[0] == "--version" else 2 :]
    names = (" ".join(["monitor", *words[:length]]) for length in (2, 1))
    command = next((name for name in names if name in known), None)
    if command is None:
        part = " ".join(["monitor", *words])
        if not any(f"{name} ".startswith(f"{part} ") for name in known):
            yield f"there is no command '{part}'"
        return
    asked = {word.partition("=")[0] for word in words if word.startswith("--")}
    yield from (f"{command} has no option {option}" for option in asked - known[command] - known["monitor"])
    named = [after for word, after in pairwise(words) if word in ("--rule", "show")]
    yield from (f"there is no rule '{rule}'" for rule in named if rule not in every_rule())


@cache
def every_rule() -> set[str]:
    """What may stand for a rule: one that ships, one of the monitor's own, or the word for any."""
    return {rule.id for rule in load_rules(ROOT / "rules")} | set(HOUSE) | {"ID"}


def test_every_command_option_and_rule_that_a_page_types_exists() -> None:
    found = [(path, line, fault) for path in PAGES for line, words in typed(path) for fault in faults(words)]
    assert [f"{path.name}: {line}: {fault}" for path, line, fault in found] == []


def test_a_call_that_does_not_exist_would_be_found() -> None:
    assert list(faults(["sweep", "--dry"])) == ["monitor sweep has no option --dry"]
    assert list(faults(["--home", "demo", "sweeps"])) == ["there is no command 'monitor sweeps'"]
    assert list(faults(["clocks", "--rule", "cla-review-3"])) == ["there is no rule 'cla-review-3'"]
    assert list(faults(["rules"])) == []


@pytest.mark.parametrize(
    ("command", "heading"),
    [("clocks", "### The fields of a clock"), ("alerts", "### The fields of an alert")],
)
def test_every_field_for_programs_is_on_the_page_of_commands(
    council: Council, command: str, heading: str
) -> None:
    council.write("ehc", {"request_id": "E1", "child_id": "C1", "received_on": ""})
    council.take()
    sweep(council.home, as_at=TODAY, now=NOW, dry_run=False, progress=lambda _, __: None)
    printed = json.loads(monitor("--home", council.home.path, command, "--json").stdout)
    said = page("commands.md").partition(heading)[2].partition("\n#")[0]
    fields = re.findall(r"(?m)^\| (`[^|]+`) \|", said)
    assert sorted(re.findall(r"`([a-z_]+)`", " ".join(fields))) == sorted(printed[0])


def settings_of(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, object]]:
    """Every setting by the name that a council writes, with its default."""
    for name, field in model.model_fields.items():
        written = f"{prefix}{name.replace('_', '-')}"
        default = field.get_default(call_default_factory=True)
        if isinstance(default, BaseModel):
            yield from settings_of(type(default), f"{written}.")
        else:
            yield written, default


def test_every_setting_is_on_the_page_of_settings_with_its_default() -> None:
    written = {
        name.strip("`"): default for name, default, _ in rows(page("settings.md"), "config/monitor.toml")
    }
    ours = dict(settings_of(Settings))
    assert written.keys() == ours.keys()
    for name, default in ours.items():
        read = tomllib.loads(f"value = {written[name].strip('`')}")["value"]
        wanted = f"{default:%H:%M}" if isinstance(default, time) else default
        assert read == (list(wanted) if isinstance(wanted, tuple) else wanted), name


def test_every_setting_that_ships_is_a_setting_at_its_default() -> None:
    ours = dict(settings_of(Settings))
    shipped = tomllib.loads((ROOT / "config" / "monitor.toml").read_text(encoding="utf-8"))
    for section, settings in shipped.items():
        for key, value in settings.items():
            wanted = ours[f"{section}.{key}"]
            assert value == (f"{wanted:%H:%M}" if isinstance(wanted, time) else wanted) or wanted == tuple(
                value
            )


def test_every_key_of_a_source_is_on_the_page_of_settings() -> None:
    written = {key.strip("`") for key, *_ in rows(page("settings.md"), "config/sources.yaml")}
    ours = {name.replace("_", "-") for name in Source.model_fields} - {"schema-name"}
    assert written == {*ours, "schema"}  # pydantic keeps that name for itself


def test_the_roles_codes_and_kinds_on_the_page_of_words_are_those_of_the_vocabulary() -> None:
    written = page("words.md")
    assert PART.page_with(written, sections()) == written, "run: make docs"
