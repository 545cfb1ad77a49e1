"""Pages that hold together: links lead somewhere, trees name what is there, decisions are told alike."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    [
        ROOT / "README.md",
        ROOT / "CHANGELOG.md",
        ROOT / "rules" / "CHANGELOG.md",
        *(ROOT / "docs").rglob("*.md"),
    ]
)
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
README = (ROOT / "README.md").read_text(encoding="utf-8")
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")

# Whose machine a page was written on is nobody's business and soon untrue.
OF_ONE_MACHINE = re.compile(r"/work/|/tmp/|/root\b|(?<!\w)/home/|\.pyenv|localhost:\d")


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def without_code(text: str) -> str:
    return re.sub(r"`[^`\n]*`", "", re.sub(r"(?ms)^```.*?^```|^ {4}[^\n]*$", "", text))


def anchors(path: Path) -> set[str]:
    """What GitHub makes of the headings of a page."""
    text = re.sub(r"(?ms)^```.*?^```", "", path.read_text(encoding="utf-8"))
    headings = re.findall(r"(?m)^#+ +(.+?) *$", text)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken(path: Path) -> list[str]:
    """The links of a page that lead nowhere in this repository."""
    found = []
    for link in re.findall(r"\]\(([^)\s]+)\)", without_code(path.read_text(encoding="utf-8"))):
        if re.match(r"https?:|mailto:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (path.parent / name).resolve() if name else path
        is_there = target.exists() and target.is_relative_to(ROOT)
        if not is_there or (anchor and anchor not in anchors(target)):
            found.append(link)
    return found


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_every_link_leads_to_a_file_and_a_heading_that_exist(path: Path) -> None:
    assert broken(path) == []


def test_a_link_to_nowhere_would_be_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# One\n[a](#one) [b](#two) [c](gone.md) [d](https://example.org) `[e](gone.md)`\n")
    assert broken(page) == ["#one", "#two", "gone.md"]  # nothing outside the repository counts as there


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, to_read = set[Path](), [ROOT / "README.md"]
    while to_read:
        path = to_read.pop()
        reached.add(path)
        links = re.findall(r"\]\(([^)\s#:]+\.md)", path.read_text(encoding="utf-8"))
        to_read += {(path.parent / link).resolve() for link in links} - reached
    assert [name_of(path) for path in PAGES if path not in reached] == []


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_no_page_names_one_machine(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert OF_ONE_MACHINE.findall(text) == []


def tree(text: str) -> list[str]:
    """The paths in a tree of files: two spaces for each level, then what it is."""
    found: list[str] = []
    above: list[str] = []
    for line in text.splitlines():
        shape = re.match(r"( {4,})([\w./-]+)(?: {2,}.*)?$", line)
        if shape:
            depth = (len(shape[1]) - 4) // 2
            above = [*above[:depth], shape[2]]
            found.append("/".join(part.strip("/") for part in above))
    return found


def test_the_tree_in_the_readme_names_only_what_is_there() -> None:
    named = tree(README.partition("\n## What lies where\n")[2])
    assert len(named) > 15
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_tree_in_the_readme_names_every_part_of_the_program() -> None:
    parts = {name_of(path.parent) for path in (ROOT / "monitor").glob("*/*.py")}
    assert parts <= set(tree(README.partition("\n## What lies where\n")[2]))


def test_every_module_stands_in_its_layer_and_no_other_does() -> None:
    modules = {path.stem for path in (ROOT / "monitor").glob("*.py")} - {"__init__"}
    modules |= {path.parent.name for path in (ROOT / "monitor").glob("*/__init__.py")}
    below = {path.stem for path in (ROOT / "monitor").glob("*/*.py")}
    layers = ARCHITECTURE.partition("\n| layer | modules |\n")[2].partition("\n\nEach outside library")[0]
    named = set(re.findall(r"`(\w+)`", layers))
    assert (sorted(modules - named), sorted(named - modules - below)) == ([], [])


def test_every_file_that_a_page_names_is_there() -> None:
    named = {
        name
        for path in PAGES
        for name in re.findall(
            r"`((?:monitor|tests|rules|config)/[\w./-]+)`", path.read_text(encoding="utf-8")
        )
    }
    # Yours to write.
    for_example = {
        name for name in named if re.search("AREA|SUBJECT|^config/(policy|mappings|crosswalk)", name)
    }
    assert [name for name in sorted(named - for_example) if not (ROOT / name).exists()] == []


def test_the_readme_is_one_page_with_its_two_commands_and_a_mail() -> None:
    assert len(README.splitlines()) <= 110
    assert all(f"    {command}\n" in README for command in ("make demo", "make test"))
    assert "    Subject: " in README


def test_every_target_of_make_that_a_page_names_exists() -> None:
    targets = set(re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8")))
    named = {
        name
        for path in PAGES
        for name in re.findall(r"(?:`|^ {4,})make ([a-z-]+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert named - targets == set()


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_every_decision_is_told_in_the_same_three_parts(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    title, *parts = re.findall(r"(?m)^#+ .+$", text)
    assert title.startswith(f"# {path.name[:4]} ")
    assert parts == ["## Context", "## Choice", "## Cost"]
    assert len(text.splitlines()) <= 45  # half a page


def test_decisions_are_numbered_without_a_gap_and_all_are_listed() -> None:
    assert [int(path.name[:4]) for path in DECISIONS] == list(range(1, len(DECISIONS) + 1))
    listed = (ROOT / "docs" / "decisions" / "README.md").read_text(encoding="utf-8")
    lines = [f"- [{path.read_text(encoding='utf-8').splitlines()[0][2:]}]({path.name})" for path in DECISIONS]
    assert re.findall(r"(?m)^- .+$", listed) == lines
