"""A mapping proposed from a file's headings: it goes in, it guesses no day, and it repeats nobody's name."""

from pathlib import Path

import pytest

from monitor.errors import BadIntake, Misuse
from monitor.intake.learning import propose
from monitor.intake.mapping import read_form
from tests.conftest import Council, monitor
from tests.in_force import episodes, events
from tests.test_mappings import EXAMPLES, example

TRACKER = """\
Legal planning list,,,,,,,
Mosaic ID,Child surname,PLO ref,Legal gateway,LBP sent,First PLO meetng,Outcome,Notes
0012345,SURNAME,P1,18/05/2026,21/05/2026,02/06/2026,Step down,SECRET
0012346,SURNAME,P2,18/05/2026,22/05/2026,,Adjourned,SECRET
"""


def written(folder: Path, text: str, name: str = "list.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_what_is_proposed_is_a_mapping_and_the_file_goes_in(council: Council, tmp_path: Path) -> None:
    path = written(tmp_path, TRACKER)
    mapping = written(tmp_path, propose(path, None), "proposed.yaml")
    assert [sheet.makes[0].to for sheet in read_form(mapping, mapping.name).sheets] == ["plo"]
    taken = council.take_as("mapped", path, mapping=str(mapping))
    assert (taken.rows_by_register, taken.rows_refused) == ({"plo": 2}, 0)
    assert [each["ref"] for each in episodes(council, "plo-case")] == ["P1", "P2"]
    assert [str(each["done_on"]) for each in events(council, "plo-letter")] == ["2026-05-21", "2026-05-22"]


FILES = sorted(
    path
    for path in EXAMPLES.rglob("*.csv")
    if path.stem != "CP plans"  # such plans are records of `episodes`, which no heading tells
)


@pytest.mark.parametrize("path", FILES, ids=[path.relative_to(EXAMPLES).as_posix() for path in FILES])
def test_of_every_example_a_valid_mapping_is_proposed_without_a_name_in_it(
    path: Path, tmp_path: Path
) -> None:
    text = propose(path, None)
    assert read_form(written(tmp_path, text, "proposed.yaml"), "proposed.yaml").sheets
    assert not [each for each in ("SURNAME", "free text", "see file", "0012345", "@") if each in text]


def test_days_that_fit_two_ways_are_left_to_the_person(council: Council, tmp_path: Path) -> None:
    path = written(tmp_path, "Mosaic ID,Date held\n1,03/04/2026\n2,05/06/2026\n", "Core groups.csv")
    text = propose(path, "meetings")
    assert 'held_on: { called: "Date held" } # every day fits dd/mm/yyyy and mm/dd/yyyy alike: ask' in text
    taken = council.take_as("mapped", path, mapping=str(written(tmp_path, text, "proposed.yaml")))
    assert {problem.column for _, problem in taken.problems} == {"held_on"}  # nothing was guessed


def test_only_a_way_that_every_day_fits_is_proposed(tmp_path: Path) -> None:
    text = propose(
        written(tmp_path, "Mosaic ID,Date held,Date due\n1,23/11/2026,2026-11-23\n2,N/A,23/11/2026\n"),
        "meetings",
    )
    assert 'held_on: { called: "Date held", dates: [dd/mm/yyyy] }' in text
    assert "no one way of writing fits every day; 1 of 2 fit" in text


def test_days_as_numbers_of_a_spreadsheet_are_known(tmp_path: Path) -> None:
    text = propose(written(tmp_path, "Mosaic ID,Date held\n1,46349\n2,46350\n"), "meetings")
    assert "dates: [serial]" in text


def test_codes_that_are_not_known_are_listed_and_those_that_are_stand_beside_theirs(tmp_path: Path) -> None:
    text = propose(written(tmp_path, TRACKER), None)
    assert 'stepped-down: ["Step down"]' in text
    assert '# Not known: put each beside its code: "Adjourned"' in text


def test_values_that_may_be_free_text_are_not_repeated(tmp_path: Path) -> None:
    long = "SURNAME went back to live with an aunt in another county in May"
    text = propose(written(tmp_path, TRACKER.replace("Adjourned", long)), None)
    assert "SURNAME" not in text
    assert "none is repeated" in text


def test_columns_of_names_are_left_out_and_told_by_their_headings(tmp_path: Path) -> None:
    text = propose(written(tmp_path, TRACKER), None)
    assert '# Left out, for it looks like names: "Child surname"' in text
    assert '# Not proposed, for it is not known: "Notes"' in text


def test_a_column_of_ids_that_holds_names_is_left_out(tmp_path: Path) -> None:
    text = propose(
        written(tmp_path, "Child ID,Legal gateway,LBP sent\nSURNAME A,18/05/2026,\nSURNAME B,,\n"), "plo"
    )
    assert "SURNAME" not in text
    assert '# Left out, for it looks like names: "Child ID"' in text
    assert "# Every row of plo needs" in text


def test_a_heading_with_a_slip_is_proposed_as_a_likeness(tmp_path: Path) -> None:
    assert 'first_meeting_on: { called: "First PLO meetng", dates: [dd/mm/yyyy] } # by likeness' in propose(
        written(tmp_path, TRACKER.replace("02/06/2026", "22/06/2026")), None
    )


def test_what_every_row_needs_and_the_list_lacks_is_said_and_the_mapping_stays_valid(tmp_path: Path) -> None:
    text = propose(written(tmp_path, "Person ID,Actual date,Child seen\n1,23/11/2026,Y\n"), "visits")
    assert "# Every row of visits needs 'kind' (such as \"=cla\"). Add it, and take these marks away:" in text
    assert read_form(written(tmp_path, text, "proposed.yaml"), "proposed.yaml").sheets[0].makes == ()


def test_a_column_that_may_undo_a_row_is_pointed_out(tmp_path: Path) -> None:
    text = propose(
        written(
            tmp_path, "Person ID,Visit type,Actual date,Visit outcome\n1,CP visit,23/11/2026,No access\n"
        ),
        "visits",
    )
    assert '"Visit outcome". If it says that a row did not take place, leave such rows out by `when`' in text


def test_a_shipped_mapping_that_takes_the_file_is_named(tmp_path: Path) -> None:
    assert propose(example("ccis"), None).startswith(
        "# The shipped mapping 'ccis' takes a file like this: try it first."
    )


def test_a_child_s_own_numbers_make_it_found_again_in_other_systems(tmp_path: Path) -> None:
    text = propose(written(tmp_path, TRACKER.replace("Notes", "UPN")), None)
    assert "when: { upn: filled }" in text


def test_a_file_without_headings_is_refused_and_none_of_it_is_repeated(tmp_path: Path) -> None:
    with pytest.raises(BadIntake) as wrong:
        propose(written(tmp_path, "0012345,SURNAME,18/05/2026\n0012346,SURNAME,18/05/2026\n"), None)
    assert list(wrong.value.faults) == [
        "list.csv: none of the first 12 rows has two headings that are known. See docs/mappings.md."
    ]


def test_a_register_that_there_is_not_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Misuse, match=r"there is no register 'visit'\. Did you mean 'visits'"):
        propose(written(tmp_path, TRACKER), "visit")


def test_the_command_writes_a_file_and_leaves_one_that_is_there_alone(tmp_path: Path) -> None:
    path, out = written(tmp_path, TRACKER), tmp_path / "plo.yaml"
    said = monitor("intake", "learn", path, "--out", out)
    assert (said.returncode, said.stderr) == (0, "")
    assert out.read_text(encoding="utf-8") == propose(path, None)
    again = monitor("intake", "learn", path, "--out", out)
    assert (again.returncode, "is there already" in again.stderr) == (2, True)
    shown = monitor("intake", "learn", path, "--to", "plo")
    assert shown.stdout == propose(path, "plo")
