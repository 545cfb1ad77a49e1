"""The schema that editors use is made of the language, and does not contradict it."""

import json
from pathlib import Path

import jsonschema
import pytest

from monitor import documents
from monitor.errors import GivenWrong
from monitor.packs import OPTIONAL, REQUIRED
from monitor.schema import HELP, schema

ROOT = Path(__file__).parent.parent
RULES = sorted(
    path
    for path in (ROOT / "rules").glob("*/*.yaml")
    if not path.name.endswith(".examples.yaml") and path.parent.name != "judgements"
)
BAD = sorted((ROOT / "tests" / "bad").glob("*.yaml"))

# What only the monitor itself can see: calendars, other files, and which kind an attribute belongs to.
BEYOND_A_SCHEMA = {
    "attribute-of-another-kind",
    "bad-date-in-a-limit",
    "branches-beyond-their-sum",
    "choose-without-a-last-branch",
    "early-stage-without-a-floor",
    "endless-limit",
    "file-name-differs",
    "hours-beginning-with-a-day",
    "no-role-for-a-code",
    "no-such-day-of-the-year",
    "size-of-a-code",
    "stage-before-the-start",
    "stage-given-twice",
    "stages-out-of-order",
    "stop-counted-from-a-birthday",
    "until-without-a-date",
    "waiver-without-a-date",
}


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    jsonschema.Draft202012Validator.check_schema(schema())
    return jsonschema.Draft202012Validator(schema())


def test_the_schema_beside_the_rules_is_up_to_date() -> None:
    written = json.loads((ROOT / "rules" / "schema.json").read_text(encoding="utf-8"))
    assert written == schema(), "monitor rules schema > rules/schema.json"


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_every_shipped_rule_fits_the_schema(path: Path, validator: jsonschema.Draft202012Validator) -> None:
    validator.validate(documents.plain(documents.read(path, path.name)))


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_every_shipped_rule_names_the_schema_for_editors(path: Path) -> None:
    assert path.read_text(encoding="utf-8").startswith("# yaml-language-server: $schema=../schema.json\n")


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_bad_file_does_not_fit_the_schema(path: Path, validator: jsonschema.Draft202012Validator) -> None:
    try:
        plain = documents.plain(documents.read(path, path.name))
    except GivenWrong:
        return  # an editor cannot read it either
    assert validator.is_valid(plain) == (path.stem in BEYOND_A_SCHEMA)


def test_numbers_may_stand_as_an_editor_reads_them(validator: jsonschema.Draft202012Validator) -> None:
    path = ROOT / "rules" / "iro" / "iro-dispute-stage.yaml"
    plain = documents.plain(documents.read(path, path.name))
    assert isinstance(plain, dict)
    validator.validate({**plain, "serves": [13], "where": {"stage": [1, 2]}})


def test_an_attribute_of_another_kind_is_told_in_where(validator: jsonschema.Draft202012Validator) -> None:
    path = ROOT / "rules" / "send" / "ehc-final-20wk.yaml"
    plain = documents.plain(documents.read(path, path.name))
    assert isinstance(plain, dict)
    assert not validator.is_valid({**plain, "where": {"short_breaks": "yes"}})


def test_every_key_of_a_rule_is_explained_to_an_editor() -> None:
    assert set(HELP) == {*REQUIRED, *OPTIONAL}


def test_every_key_of_a_rule_is_explained_to_an_author() -> None:
    page = (ROOT / "docs" / "write-a-rule.md").read_text(encoding="utf-8")
    assert [key for key in (*REQUIRED, *OPTIONAL) if f"| `{key}` |" not in page] == []
