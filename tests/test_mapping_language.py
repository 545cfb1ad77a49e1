"""What a person is told who edits a mapping: by line where the mapping is wrong, by heading where the file is."""

import re
from pathlib import Path

import pytest

from monitor.clocks import bench_of
from monitor.errors import GivenWrong
from monitor.intake import mapping as mapping_module
from monitor.intake.mapping import read_form
from tests.conftest import Council
from tests.in_force import events

PAGE = Path(__file__).parents[1] / "docs" / "mappings.md"

MAPPING = """\
is: "Core groups, as the conference team keeps them."
dates: [dd/mm/yyyy]
sheets:
  groups:
    columns:
      child: [Mosaic ID]
      held: [Date held]
    makes:
      - to: meetings
        child_id: child
        kind: "=core-group"
        held_on: held
"""


def told(folder: Path, text: str) -> str:
    path = folder / "groups.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(GivenWrong) as wrong:
        read_form(path, path.name)
    return "; ".join(wrong.value.faults)


def test_a_fixed_value_that_the_register_does_not_know_is_told_before_any_file_is_read(
    tmp_path: Path,
) -> None:
    assert told(tmp_path, MAPPING.replace("=core-group", "=coregroup")).startswith(
        "groups.yaml:11: 'coregroup' cannot stand there: the code is not known."
    )


def test_a_condition_on_a_column_that_is_not_there_is_told(tmp_path: Path) -> None:
    said = told(tmp_path, MAPPING + "        when: { hold: filled }\n")
    assert (
        said == "groups.yaml:13: the sheet has no column 'hold'. Did you mean 'held'? Allowed: child, held."
    )


def test_a_register_that_there_is_not_is_told_with_the_page_that_lists_them(tmp_path: Path) -> None:
    said = told(tmp_path, MAPPING.replace("to: meetings", "to: meeting"))
    assert "there is no register 'meeting'. Did you mean 'meetings'?" in said
    assert said.endswith("see docs/registers.md.")


def test_a_list_without_the_headings_is_told_which_ones_it_lacks(council: Council, tmp_path: Path) -> None:
    mapping = tmp_path / "groups.yaml"
    mapping.write_text(MAPPING, encoding="utf-8")
    other = tmp_path / "other.csv"
    other.write_text("Case,When\n1,2\n", encoding="utf-8")
    with pytest.raises(GivenWrong) as wrong:
        council.take_as("mapped", other, mapping=str(mapping))
    assert list(wrong.value.faults) == [
        "nothing in other.csv is a list of 'groups': none of the first 12 rows has 'Mosaic ID'."
    ]


def test_the_source_of_a_mapping_given_as_a_file_is_called_as_the_file(
    council: Council, tmp_path: Path
) -> None:
    mapping = tmp_path / "groups.yaml"
    mapping.write_text(MAPPING, encoding="utf-8")
    groups = tmp_path / "list.csv"
    groups.write_text("Mosaic ID,Date held\n0012,12/11/2026\n", encoding="utf-8")
    assert council.take_as("mapped", groups, mapping=str(mapping)).source == "groups"


def test_the_same_file_is_taken_again_once_its_mapping_is_another(council: Council, tmp_path: Path) -> None:
    mapping = tmp_path / "groups.yaml"
    mapping.write_text(MAPPING, encoding="utf-8")
    groups = tmp_path / "list.csv"
    groups.write_text("Mosaic ID,Date held,Date due\n0012,12/11/2026,10/11/2026\n", encoding="utf-8")
    assert council.take_as("mapped", groups, mapping=str(mapping)).new == 2  # and the child
    assert council.take_as("mapped", groups, mapping=str(mapping)).is_same
    mapping.write_text(MAPPING.replace("Date held", "Date due, Date held"), encoding="utf-8")
    again = council.take_as("mapped", groups, mapping=str(mapping))
    assert not again.is_same
    assert not again.holds


def test_the_example_of_the_page_goes_in_and_does_what_the_page_says(
    council: Council, tmp_path: Path
) -> None:
    page = PAGE.read_text(encoding="utf-8")
    mapping, lists = tmp_path / "groups.yaml", tmp_path / "Core groups November.csv"
    mapping.write_text(re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)[0], encoding="utf-8")
    lists.write_text(re.findall(r"```csv\n(.*?)```", page, re.DOTALL)[0], encoding="utf-8")
    taken = council.take_as("mapped", lists, mapping=str(mapping))
    assert [problem.told(name) for name, problem in taken.problems] == [
        line.strip() for line in page.splitlines() if line.startswith("    Core groups November.csv row ")
    ]
    assert (taken.rows_read, taken.rows_refused, taken.new) == (5, 1, 8)
    # Four of the new records are the children, whom no list of children knows.
    assert [(each["child_key"], str(each["done_on"])) for each in events(council, "core-group")] == [
        ("groups:0012345", "2026-11-10"),
        ("groups:0012346", "None"),
    ]
    assert [(each["child_key"], str(each["done_on"])) for each in events(council, "cin-review")] == [
        ("groups:0012347", "2026-11-12"),
        ("groups:0012348", "None"),
    ]


def test_a_column_that_must_not_say_something_may_be_absent(council: Council, tmp_path: Path) -> None:
    mapping, groups = tmp_path / "groups.yaml", tmp_path / "list.csv"
    text = MAPPING.replace("    makes:", '      cancelled: "Cancelled*"\n    makes:')
    mapping.write_text(text + "        when: { cancelled: { not: [yes, Y] } }\n", encoding="utf-8")
    groups.write_text("Mosaic ID,Date held\n0012,12/11/2026\n", encoding="utf-8")
    assert council.take_as("mapped", groups, mapping=str(mapping)).rows_by_register == {"meetings": 1}


def test_a_list_that_lacks_what_every_row_of_a_register_needs_says_so(
    council: Council, tmp_path: Path
) -> None:
    mapping, groups = tmp_path / "groups.yaml", tmp_path / "list.csv"
    text = MAPPING.replace("    makes:", "      kind: [Type]\n    makes:")
    text += "      - to: visits\n        child_id: child\n        kind: kind\n        held_on: held\n"
    mapping.write_text(text, encoding="utf-8")
    groups.write_text("Mosaic ID,Date held\n0012,12/11/2026\n", encoding="utf-8")
    notes = council.take_as("mapped", groups, mapping=str(mapping)).notes
    assert "list.csv: has no column 'Type', so it says nothing of visits." in notes


KINDS = MAPPING.replace(
    "    makes:",
    "      kind: { called: [Type], codes: { core-group: [CG], pep: [PEP], left-alone: [Other] } }\n    makes:",
).replace('"=core-group"', "kind")


def test_a_code_that_the_register_does_not_have_must_be_left_out_by_a_condition(
    council: Council, tmp_path: Path
) -> None:
    assert told(tmp_path, KINDS).startswith(
        "groups.yaml:12: 'left-alone' is no code of this register's column, and no `when` leaves it out."
    )
    mapping = tmp_path / "left.yaml"
    mapping.write_text(KINDS + "        when: { kind: { not: left-alone } }\n", encoding="utf-8")
    assert read_form(mapping, mapping.name)


def test_a_list_carries_only_the_kinds_that_its_conditions_let_through(
    council: Council, tmp_path: Path
) -> None:
    mapping, groups = tmp_path / "groups.yaml", tmp_path / "list.csv"
    mapping.write_text(KINDS + "        when: { kind: { not: [pep, left-alone] } }\n", encoding="utf-8")
    groups.write_text(
        "Mosaic ID,Type,Date held\n0012,CG,12/11/2026\n0012,Other,12/11/2026\n", encoding="utf-8"
    )
    council.take_as("mapped", groups, mapping=str(mapping))
    with council.home.engine.connect() as connection:
        feeds = bench_of(council.home, connection).feeds
    assert feeds.sources_of(["core-group"]) == {"groups"}
    assert not feeds.sources_of(["meeting-pep"])


def test_rows_that_a_condition_on_words_leaves_out_are_counted_and_their_words_not_repeated(
    council: Council, tmp_path: Path
) -> None:
    mapping, groups = tmp_path / "groups.yaml", tmp_path / "list.csv"
    text = MAPPING.replace("    makes:", "      status: [Status]\n    makes:")
    mapping.write_text(text + "        when: { status: [done] }\n", encoding="utf-8")
    groups.write_text(
        "Mosaic ID,Date held,Status\n0012,12/11/2026,Done\n0013,12/11/2026,SURNAME\n", encoding="utf-8"
    )
    taken = council.take_as("mapped", groups, mapping=str(mapping))
    assert (
        "list.csv: 1 row is left out, for its 'Status' is not known: words that no condition names (1)."
        in taken.notes
    )


def test_what_depends_on_a_column_that_is_not_there_is_told(tmp_path: Path) -> None:
    said = told(tmp_path, MAPPING + "        depends: { held_on: outcome }\n")
    assert "the sheet has no column 'outcome'" in said


def test_rows_of_two_lists_without_ids_are_rows_of_their_own(council: Council, tmp_path: Path) -> None:
    mapping, folder = tmp_path / "groups.yaml", tmp_path / "lists"
    mapping.write_text(MAPPING, encoding="utf-8")
    folder.mkdir()
    for day in ("12/11/2026", "13/11/2026"):
        (folder / f"{day[:2]}.csv").write_text(f"Mosaic ID,Date held\n0012,{day}\n", encoding="utf-8")
    council.take_as("mapped", folder, mapping=str(mapping))
    assert len(events(council, "core-group")) == 2


def test_the_page_tells_of_every_word_of_the_language() -> None:
    page = PAGE.read_text(encoding="utf-8")
    source = Path(mapping_module.__file__).read_text(encoding="utf-8")
    asked = set(re.findall(r'(?:node|root|value)\.get\("([a-z-]+)"\)|_have\(\w+, "([a-z-]+)"\)', source))
    words = {word for pair in asked for word in pair if word}
    assert len(words) > 25
    assert sorted(word for word in words if not re.search(rf"`[^`\n]*\b{word}\b[^`\n]*`", page)) == []
