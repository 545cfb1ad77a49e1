"""`monitor rules`, as its users meet it."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import typer
from typer.testing import CliRunner, Result

from monitor import documents
from monitor.areas import with_one_more
from monitor.bootstrap import Home
from monitor.commands.rules import rules
from monitor.errors import CannotRun, Misuse
from tests.test_rule_examples import GOOD, RULE

ROOT = Path(__file__).parent.parent
app = typer.Typer(pretty_exceptions_enable=False)
app.add_typer(rules, name="rules")


@app.callback()
def keep_the_home(_context: typer.Context) -> None:
    """Stand in for the callback of the whole command line."""


def run(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["rules", *arguments], obj=home)


def read(home: Path, *arguments: str) -> Any:  # noqa: ANN401 - JSON
    result = run(home, *arguments, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with two rules of its own, one of them with an example, and one area on."""
    for area, rule_id in (("send", "a-rule"), ("care", "b-rule")):
        folder = tmp_path / "rules" / area
        folder.mkdir(parents=True)
        (folder / f"{rule_id}.yaml").write_text(RULE.replace("a-rule", rule_id))
    (tmp_path / "rules" / "send" / "a-rule.examples.yaml").write_text(GOOD)
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "rules.yaml").write_text("# what is on\nareas: [send]  # as agreed\n")
    return tmp_path


def test_examples_are_told_of_the_rule_without_its_local_policy(home: Path) -> None:
    policies = home / "config" / "policy"
    policies.mkdir()
    told = "rule: a-rule\nsince: 2020-01-01\nby: service lead\nbecause: Our own promise.\nlimit: 1 week\n"
    told += "stages:\n  - { at: 1 day in, rag: amber, tell: [case-officer] }\n"
    told += "  - { at: overdue, rag: red, tell: [director] }\n"
    (policies / "a-rule.yaml").write_text(told)
    assert "local policy    1 week" in run(home, "show", "a-rule").stdout
    assert run(home, "test", "a-rule").exit_code == 0
    assert "1 day in" not in run(home, "check").stderr


def test_the_examples_of_one_judgement_run_by_its_id(tmp_path: Path) -> None:
    assert run(tmp_path, "test", "jdg-decision-before-draft").stdout == "4 examples run: none failed.\n"


def test_show_names_the_registers_and_columns_that_carry_what_a_rule_needs(tmp_path: Path) -> None:
    shown = run(tmp_path, "show", "ehc-final-20wk").stdout
    assert "  ehc-request (ehc.csv)\n" in shown
    assert "  ehc-no-plan-notice (ehc.csv: no_plan_notice_on)\n" in shown
    assert "  ehc-request.exception_code or excuse (ehc.csv: exception_code; excuses.csv)\n" in shown


def test_check_says_what_each_shipped_rule_needs(tmp_path: Path) -> None:
    result = run(tmp_path, "check")
    assert result.exit_code == 0
    assert "ehc-decision-notified" in result.stdout
    every = Home(tmp_path)
    counted = f"{len(every.every_rule)} rules, {len(every.every_judgement)} judgements and "
    assert result.stdout.splitlines()[-1].startswith(counted)
    assert result.stdout.rstrip().endswith("are in order.")


def test_check_tells_every_fault_of_every_file_a_line_each(home: Path) -> None:
    for area in ("send", "care"):
        path = next((home / "rules" / area).glob("?-rule.yaml"))
        path.write_text(
            path.read_text().replace("20 weeks", "20 weaks").replace("serves: [10]", "serves: [0]")
        )
    result = run(home, "check")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert [line.partition(" ")[0] for line in result.stderr.splitlines()] == [
        "rules/care/b-rule.yaml:4:",
        "rules/care/b-rule.yaml:9:",
        "rules/send/a-rule.yaml:4:",
        "rules/send/a-rule.yaml:9:",
    ]


def test_check_tells_the_faults_of_examples(home: Path) -> None:
    path = home / "rules" / "send" / "a-rule.examples.yaml"
    path.write_text(GOOD.replace("in-time", "late"))
    result = run(home, "check")
    assert result.exit_code == 1
    assert result.stderr.startswith("rules/send/a-rule.examples.yaml:6: 'late' is not allowed here.")


def test_list_says_which_rules_are_on(home: Path) -> None:
    assert [(rule["id"], rule["on"], rule["limit"]) for rule in read(home, "list")] == [
        ("a-rule", True, "20 weeks"),
        ("b-rule", False, "20 weeks"),
    ]


def test_list_shows_what_was_checked_against_the_law(tmp_path: Path) -> None:
    found = {rule["id"]: rule for rule in read(tmp_path, "list")}
    source = found["ehc-final-20wk"].pop("source")
    assert source.startswith("Special Educational Needs and Disability Regulations 2014, regulation 13(2)")
    assert found["ehc-final-20wk"] == {
        "id": "ehc-final-20wk",
        "area": "send",
        "on": True,
        "class": "statutory",
        "title": "Final EHC plan sent within 20 weeks of the request",
        "limit": "20 weeks (since 2014-09-01)",
        "checked": True,
        "off_because": None,
    }
    assert not found["cp-icpc-15wd"]["checked"]


def test_list_is_a_table_for_people(tmp_path: Path) -> None:
    result = run(tmp_path, "list")
    assert result.exit_code == 0
    every = Home(tmp_path)
    assert result.stdout.startswith(f"{len(every.every_rule)} rules, {len(every.rules)} of them on")
    judged = f"{len(every.every_judgement)} judgements, {len(every.judgements)} of them on"
    assert judged in result.stdout


def test_show_says_where_a_limit_comes_from_and_that_nobody_checked_it(tmp_path: Path) -> None:
    checked = run(tmp_path, "show", "ehc-final-20wk").stdout
    assert "20 weeks, for clocks that start on or after 2014-09-01" in checked
    assert "http://www.legislation.gov.uk/uksi/2014/1530/regulation/13/" in checked
    assert "not checked" not in checked
    assert "overdue (red): head of service, director" in checked
    assert "not checked against the instrument" in run(tmp_path, "show", "cp-icpc-15wd").stdout


def test_every_shipped_rule_and_judgement_can_be_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = Home(tmp_path)
    monkeypatch.setattr("monitor.commands.rules.home_of", lambda _context: every)
    for rule in every.every_rule:
        assert run(tmp_path, "show", rule.id).exit_code == 0
        shown = read(tmp_path, "show", rule.id)
        assert shown["id"] == rule.id
        assert shown["stages"]
        assert shown["needs"]["cannot_tell_without"]
    for judgement in every.every_judgement:
        assert judgement.because in run(tmp_path, "show", judgement.id).stdout
        shown = read(tmp_path, "show", judgement.id)
        assert (shown["id"], shown["area"]) == (judgement.id, "judgements")
        assert shown["raises"] or shown["mutes"]


JUDGEMENT = """\
id: jdg-both
title: Both of them late
why: The list is tested with it.
serves: [10]
law: { class: local, source: "Point 10" }
owner: case-officer
when:
  first: { finding: a-rule, outcome: overdue }
  second: { finding: [a-rule, b-rule], stage: overdue, same-ref-as: first, other-than: first }
child: { open: [ehc-request], under: 5 }
raises: { at: both together, rag: red, tell: [head-of-service] }
mutes: [second]
because: both are late
"""
ASKED = [
    "first: a-rule (overdue)",
    "second: a-rule or b-rule (at the stage overdue, of the same row as first, another than first)",
    "of the child, EHC request is open",
    "the child is under 5",
]


def judged(home: Path, text: str = JUDGEMENT) -> None:
    (home / "rules" / "judgements").mkdir(exist_ok=True)
    (home / "rules" / "judgements" / "jdg-both.yaml").write_text(text)


def test_list_says_what_a_judgement_asks_for(home: Path) -> None:
    judged(home)
    found = read(home, "list")[-1]
    assert (found["id"], found["area"], found["on"], found["asks"]) == ("jdg-both", "judgements", True, ASKED)
    assert "1 judgements, 1 of them on" in run(home, "list").stdout


def test_a_judgement_is_on_where_for_each_of_its_patterns_a_rule_is_on(home: Path) -> None:
    judged(home, JUDGEMENT.replace("[a-rule, b-rule]", "b-rule"))
    assert not read(home, "list")[-1]["on"]
    assert "off (area judgements;" in run(home, "show", "jdg-both").stdout
    run(home, "enable", "care")
    assert read(home, "list")[-1]["on"]


def test_show_says_all_that_a_judgement_says(home: Path) -> None:
    judged(home)
    shown = read(home, "show", "jdg-both")
    assert shown["raises"] == "both together (red): head of service"
    assert shown["mutes"] == "second; the alert raised stands for it"
    text = run(home, "show", "jdg-both").stdout
    for said in (*ASKED, shown["raises"], shown["mutes"], "both are late", "rules/judgements/jdg-both.yaml"):
        assert said in text
    standing = JUDGEMENT.replace("raises: { at: both together, rag: red, tell: [head-of-service] }\n", "")
    judged(home, f"{standing}standing: first\n")
    assert read(home, "show", "jdg-both")["mutes"] == "second; the alert of first stands for it"


WHOLE = """\
id: a-rule
title: A rule that says everything
why: The wording is tested with it.
serves: [10]
law: { class: local }
each: care-episode
owner: social-worker
running: any
where:
  short_breaks: missing
  has: { kind: placement, where: { type: [a, b] }, over: 2 weeks, under: 1 year }
  count: { of-kind: cla-review, at-least: 2 }
  not-planned: [cla-review, cla-visit]
  age: { at-least: 5 }
  lasted: { under: 6 months }
  began-with: { last: cla-visit, where: { seen: "yes" } }
starts: { earlier-of: [end, { later-of: [start, { nth: cla-review, n: 4 }, { last: plan-a, date: due }] }] }
stops: { all: [plan-a, { any: [plan-b, plan-achieved], since: ever, if-carried: yes }] }
limit:
  2020-01-01: 10 days beginning with
  2021-01-01:
    later-of:
      - { within: 1 month, of: { choose: [{ when: { planned: cla-review }, limit: 1 week }, { limit: 2 weeks }] } }
      - { at: { next: cla-review } }
      - { fresh-for: source }
waived: { by: plan-b-waiver, until: until, at-most: 3 months }
excused-by: [exceptional]
stages:
  - { at: at once, rag: amber, when: { planned: cla-review }, tell: [social-worker], urgent: yes, answer: yes }
"""
IN_WORDS = {
    "where": [
        "short breaks is missing",
        "a placement is open for more than 2 weeks for less than 1 year (type is A or B)",
        "at least 2 CLA reviews have been held",
        "no CLA review or CLA visit is planned",
        "the child is at least 5",
        "it has lasted less than 6 months",
        "the clock began with the last CLA visit (seen is yes)",
    ],
    "starts": (
        "the earlier of the end and the latest of the start, the 4th CLA review and the day named in the last plan A"
    ),
    "stops": {
        "every": True,
        "events": ["plan A", "plan B or plan achieved, whenever it was, where a source says so"],
    },
    "limits": [
        {"since": "2020-01-01", "limit": "10 days, the first day counted"},
        {
            "since": "2021-01-01",
            "limit": "the latest of 1 month after (if a CLA review is planned, 1 week; otherwise 2 weeks), the day of "
            "the next planned CLA review and as long as config/sources.yaml lets the source be silent",
        },
    ],
    "moved_to": None,
    "waived": "plan B waiver, for at most 3 months from the day it was given",
    "excused_by": ["exceptional"],
    "stages": [
        {
            "at": "at once",
            "rag": "amber",
            "when": ["a CLA review is planned"],
            "tell": ["social worker"],
            "urgent": True,
            "answer": True,
        }
    ],
}


def test_every_part_of_the_language_is_said_in_words(home: Path) -> None:
    (home / "rules" / "send" / "a-rule.yaml").write_text(WHOLE)
    shown = read(home, "show", "a-rule")
    assert {name: shown[name] for name in IN_WORDS} == IN_WORDS
    text = run(home, "show", "a-rule").stdout
    assert "its clock runs on after it has ended" in text
    assert "at once (amber, at once, to be answered), if a CLA review is planned: social worker" in text


def test_show_says_of_a_rule_that_is_off_how_to_switch_it_on(home: Path) -> None:
    assert (
        "off; `monitor rules enable care` switches its area on, `monitor rules enable b-rule` only this"
        in run(home, "show", "b-rule").stdout
    )


def test_show_of_an_unknown_rule_suggests_the_nearest(tmp_path: Path) -> None:
    result = run(tmp_path, "show", "ehc-final-20wks")
    assert isinstance(result.exception, Misuse)
    assert str(result.exception) == (
        "there is no rule 'ehc-final-20wks'. Did you mean 'ehc-final-20wk'? "
        "`monitor rules list` shows all of them."
    )


def test_test_passes_on_the_shipped_rule(tmp_path: Path) -> None:
    result = run(tmp_path, "test", "cla-review-1")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.endswith(" examples run: none failed.\n")


def test_test_tells_a_failure_with_its_line(home: Path) -> None:
    path = home / "rules" / "send" / "a-rule.yaml"
    path.write_text(path.read_text().replace("20 weeks", "19 weeks"))
    result = run(home, "test", "a-rule")
    assert result.exit_code == 1
    assert result.stderr == (
        "rules/send/a-rule.examples.yaml:2: The last day is in time, as at 2027-05-03: expected outcome in-time, "
        "due_on 2027-05-03; found outcome overdue, due_on 2027-04-26.\n"
    )
    assert result.stdout == "1 examples run: 1 failed.\n"


def test_test_tells_a_rule_without_examples(home: Path) -> None:
    result = run(home, "test")
    assert result.exit_code == 1
    assert result.stderr == (
        "rules/care/b-rule.yaml: the rule has no examples. Write them into b-rule.examples.yaml beside it.\n"
    )


def test_a_junit_report_has_a_case_for_each_example(home: Path) -> None:
    second = (
        GOOD.replace("examples:\n", "")
        .replace("The last day is", "The last day is not")
        .replace("in-time", "overdue")
    )
    path = home / "rules" / "send" / "a-rule.examples.yaml"
    path.write_text(GOOD + second)
    report = home / "reports" / "rules.xml"
    assert run(home, "test", "a-rule", "--junit", str(report)).exit_code == 1
    (suite,) = ET.parse(report).getroot()  # noqa: S314 - our own report
    assert suite.attrib == {"name": "a-rule", "tests": "2", "failures": "1"}
    first, failing = suite
    assert first.attrib == {
        "classname": "a-rule",
        "name": "The last day is in time, as at 2027-05-03",
        "file": "rules/send/a-rule.examples.yaml",
        "line": "2",
    }
    assert list(first) == []
    assert [fault.get("message") for fault in failing] == [
        "expected outcome overdue, due_on 2027-05-03; found outcome in-time, due_on 2027-05-03"
    ]


def test_a_junit_report_that_cannot_be_written_is_told(home: Path) -> None:
    result = run(home, "test", "a-rule", "--junit", str(home / "config" / "rules.yaml" / "report.xml"))
    assert isinstance(result.exception, CannotRun)


def test_enable_switches_an_area_on_and_keeps_the_comments(home: Path) -> None:
    result = run(home, "enable", "care")
    assert result.exit_code == 0
    assert "b-rule" in result.stdout
    written = (home / "config" / "rules.yaml").read_text()
    assert written == "# what is on\nareas: [send, care]  # as agreed\n"
    assert Home(home).switched_on.areas == ("send", "care")
    assert sorted(path.name for path in (home / "config").iterdir()) == ["rules.yaml"]


def test_enable_of_an_area_that_is_on_changes_nothing(home: Path) -> None:
    before = (home / "config" / "rules.yaml").read_text()
    result = run(home, "enable", "send")
    assert (result.exit_code, result.stdout) == (0, "The area send is on already.\n")
    assert (home / "config" / "rules.yaml").read_text() == before


def test_one_rule_can_be_switched_on_by_itself(home: Path) -> None:
    assert run(home, "enable", "b-rule").exit_code == 0
    assert (
        home / "config" / "rules.yaml"
    ).read_text() == "# what is on\nareas: [send]  # as agreed\nrules: [b-rule]\n"
    assert {rule.id for rule in Home(home).rules} == {rule.id for rule in Home(home).every_rule}
    assert run(home, "enable", "b-rule").stdout == "The rule b-rule is on already.\n"


def test_a_rule_that_ships_off_is_not_switched_on_by_its_area_and_says_why(home: Path) -> None:
    path = home / "rules" / "care" / "b-rule.yaml"
    path.write_text(f'{path.read_text()}off: "No day is appointed yet for this law."\n')
    result = run(home, "enable", "care")
    assert "b-rule stays off: No day is appointed yet for this law." in result.stdout
    assert "b-rule" not in {rule.id for rule in Home(home).rules}
    refused = run(home, "enable", "b-rule")
    assert "the rule b-rule ships off: No day is appointed yet for this law." in str(refused.exception)
    assert "ships off: No day is appointed yet for this law." in run(home, "show", "b-rule").stdout


def test_a_new_home_has_the_first_twenty_four_rules_on(tmp_path: Path) -> None:
    assert len(Home(tmp_path).rules) == 24
    assert run(tmp_path, "enable", "ehc-final-20wk").stdout == "The rule ehc-final-20wk is on already.\n"


def test_enable_of_an_unknown_area_suggests_the_nearest(home: Path) -> None:
    result = run(home, "enable", "sned")
    assert isinstance(result.exception, Misuse)
    assert (
        str(result.exception) == "there is no area or rule 'sned'. Did you mean 'send'? Allowed: care, send."
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("areas: [care]\n", "areas: [care, send]\n"),
        ("areas: []\n", "areas: [send]\n"),
        ("areas: [ care ] # x, [y]\n", "areas: [ care, send ] # x, [y]\n"),
        (
            "areas:\n  [\n    care,  # first\n    plo,\n  ]\n",
            "areas:\n  [\n    care,  # first\n    plo, send\n  ]\n",
        ),
        (
            "areas:\n  - care # first\n  - plo\n# end\n",
            "areas:\n  - care # first\n  - plo\n  - send\n# end\n",
        ),
        ("areas:\n- care", "areas:\n- care\n- send\n"),
        ("areas: care # only\n", "areas: [care, send] # only\n"),
        ('areas: ["care"]\n', 'areas: ["care", send]\n'),
    ],
)
def test_an_area_is_added_however_the_list_is_written(before: str, after: str) -> None:
    assert with_one_more(before, "areas", "send") == after
    assert "send" in str(documents.plain(documents.parse(after)))


def test_a_list_that_cannot_be_added_to_is_left_to_the_reader() -> None:
    with pytest.raises(CannotRun, match="write 'send' into it by hand"):
        with_one_more("areas: [care # the first ]\n  ]\n", "areas", "send")


def test_the_schema_is_printed_for_editors(tmp_path: Path) -> None:
    printed = json.loads(run(tmp_path, "schema").stdout)
    assert printed == json.loads((ROOT / "rules" / "schema.json").read_text(encoding="utf-8"))


def test_the_pages_of_the_rules_are_written_where_they_are_asked_for(home: Path) -> None:
    result = run(home, "docs", str(home / "pages"))
    assert result.exit_code == 0
    assert {"README.md", "a-rule.md", "b-rule.md"} <= {path.name for path in (home / "pages").iterdir()}
