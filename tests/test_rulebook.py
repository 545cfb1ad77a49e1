"""The pages about the rules: one a rule, one a point of the plan, as the rules are today."""

import re
from pathlib import Path

from monitor.packs import load_rules
from monitor.rulebook import INDEX, pages, points

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "rules"
RULES = load_rules(ROOT / "rules")
MADE = pages(RULES)


def test_the_pages_are_as_the_rules_are() -> None:
    written = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.md")}
    out_of_date = sorted(name for name in written.keys() | MADE.keys() if written.get(name) != MADE.get(name))
    assert out_of_date == [], "monitor rules docs, and remove the pages of rules that are gone"


def test_every_rule_and_every_point_has_a_page() -> None:
    assert {f"{rule.id}.md" for rule in RULES} | {INDEX} <= MADE.keys()
    assert len(points()) == 15
    assert all(f"point-{number:02}.md" in MADE for number in points())


def test_every_point_of_the_plan_is_served_by_a_rule() -> None:
    served = {point for rule in RULES for point in rule.serves}
    assert served == set(points())


def test_no_link_between_the_pages_leads_nowhere() -> None:
    linked = {link for text in MADE.values() for link in re.findall(r"\]\(([^)#]+\.md)\)", text)}
    assert (
        sorted(link for link in linked if not (FOLDER / link).resolve().exists() and link not in MADE) == []
    )


def test_a_page_says_that_nobody_has_read_the_instrument_where_that_is_so() -> None:
    for rule in RULES:
        assert ("*not checked*" in MADE[f"{rule.id}.md"]) is not rule.law.checked
