"""The registers as they are declared: in the vocabulary's words, within the ledger's room, and as documented."""

from pathlib import Path

from sqlalchemy import String

from monitor import tables
from monitor.council.registers import COLUMNS
from monitor.intake.cells import LONGEST_CODE, LONGEST_UPN
from monitor.intake.registers import Register, registers
from monitor.intake.registers_page import PART, sections
from monitor.vocabulary import FREE_CODE, vocabulary
from tests.conftest import Council
from tests.in_force import told

DOCUMENT = Path(__file__).parents[1] / "docs" / "registers.md"
OURS = {
    ("absence", "cover"),
    ("excuse", "of_source"),
}  # kept for routing and for excuses; no rule may ask for them


def write_example(council: Council, register: Register, example: dict[str, str]) -> None:
    council.write(register.name, example, columns=list(register.columns))


def test_every_example_goes_in_without_a_word(either_council: Council) -> None:
    council = either_council
    for register in registers().values():
        write_example(council, register, dict(register.example))
    assert told(council) == []


def test_every_cell_may_be_as_long_as_it_may_be_on_every_database(either_council: Council) -> None:
    council = either_council
    widest = {
        "word": 254,
        "code": LONGEST_CODE,
        "upn": LONGEST_UPN,
        "number": 13,
        "text": 5_000,
    } | dict.fromkeys(("id", "child", "worker", "team", "family"), LONGEST_CODE)
    for register in registers().values():
        example = dict(register.example)
        for column, declared in register.columns.items():
            if declared == "number":
                example[column] = "999999.999999"
            elif isinstance(declared, str) and declared in widest:
                example[column] = "ż" * widest[declared]
        write_example(council, register, example)
    assert told(council, source="s" * 32) == []


def test_a_key_has_room_for_the_longest_issuer_and_id() -> None:
    for table in tables.CASE_TABLES:
        for column in table.c:
            if column.name.endswith("_key"):
                assert isinstance(column.type, String)
                assert (column.type.length or 0) >= 32 + 1 + LONGEST_CODE


def test_every_kind_attribute_and_code_is_in_the_vocabulary() -> None:
    kinds = vocabulary().kinds
    for register in registers().values():
        for episode in register.episodes:
            declared = kinds[episode.kind]
            assert declared.is_episode
            for each in episode.attributes:
                if (episode.kind, each.name) not in OURS:
                    assert codes(register, each.column) <= set(declared.attributes[each.name])
        for event in register.events:
            assert all(not kinds[kind].is_episode for kind in event.every_kind({}))
            for each in event.attributes:
                assert all(each.name in kinds[kind].attributes for kind in event.every_kind({}))


def codes(register: Register, column: str) -> set[str]:
    """The codes that a column may bring, if it has a list of them."""
    declared = register.columns[column]
    return set(declared) if isinstance(declared, list | dict) else set()


def test_every_column_that_a_register_speaks_of_is_one_of_its_own() -> None:
    for register in registers().values():
        named = {*register.id, *register.fields.values(), *register.example}
        named |= {name for names in (*register.key, *register.required) for name in names.split("|")}
        for episode in register.episodes:
            named |= {*episode.start, *episode.end, *(each.column for each in episode.attributes)}
        for event in register.events:
            named |= {*event.columns, *(each.column for each in event.attributes)}
            named |= {event.keeps} if event.keeps else set()
        assert named <= set(register.columns), register.name


def test_what_the_ledger_keeps_of_a_person_is_a_column_of_it() -> None:
    for register in registers().values():
        if register.person:
            assert set(register.fields) <= set(tables.metadata.tables[register.person].c.keys())


def test_the_imaginary_council_writes_the_same_columns() -> None:
    for name, columns in COLUMNS.items():
        assert set(columns.split()) <= set(registers()[name].columns)


def test_the_document_is_up_to_date() -> None:
    written = DOCUMENT.read_text(encoding="utf-8")
    assert PART.page_with(written, sections()) == written, "run: python -m monitor.intake.registers_page"


def test_the_document_names_every_register_and_column() -> None:
    written = DOCUMENT.read_text(encoding="utf-8")
    for register in registers().values():
        assert f"### {register.name}.csv" in written
        assert all(f"`{column}`" in written for column in register.columns)


def test_a_free_code_is_a_code_of_the_council_s_own() -> None:
    assert vocabulary().kinds["legal-status"].attributes["code"] == (FREE_CODE,)
