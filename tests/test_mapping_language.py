"""What a person is told who edits a mapping: by line where the mapping is wrong, by heading where the file is."""

from pathlib import Path

import pytest

from monitor.errors import GivenWrong
from monitor.intake.mapping import read_form
from tests.conftest import Council

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
        "nothing here is a list of 'groups': none of the first 12 rows has 'Mosaic ID'."
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
    assert council.take_as("mapped", groups, mapping=str(mapping)).new == 1
    assert council.take_as("mapped", groups, mapping=str(mapping)).is_same
    text = MAPPING.replace("held: [Date held]", "held: [Date held]\n      due: [Date due]")
    mapping.write_text(text + "        due_on: due\n", encoding="utf-8")
    again = council.take_as("mapped", groups, mapping=str(mapping))
    assert (again.is_same, again.new, again.withdrawn) == (False, 1, 1)
