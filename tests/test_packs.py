"""Rule files are refused by file and line, in words that tell the author what to write instead."""

import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor import documents
from monitor.documents import Fault
from monitor.errors import BadRule
from monitor.packs import load_rules
from monitor.parts import Attribute
from monitor.rule import Rule

BAD = Path(__file__).parent / "bad"
RULES = Path(__file__).parent.parent / "rules"

# What is said of each file of tests/bad: the line and how the sentence begins; long lists are cut short.
SAID = {
    "a-list": ("1: the file must hold keys and values, such as 'id: ehc-final-20wk'.",),
    "age-in-words": ("9: 'one' is not a whole number.",),
    "alias-bomb": ("1: anchors and aliases (& and *) are not used here. Write the value out, or quote it.",),
    "anchor-and-alias": (
        "11: anchors and aliases (& and *) are not used here. Write the value out, or quote it.",
    ),
    "attribute-of-another-kind": ("8: 'ehc-final-sent' has no attribute 'agreed_by_iro'. It has none.",),
    "bad-date-in-a-limit": ("9: '2014-13-01' is not a day. Write it as 2026-11-23.",),
    "choose-without-a-last-branch": (
        "10: the last branch of 'choose' must have no 'when', so that one always applies.",
    ),
    "count-of-nothing": ("9: write { of-kind: cla-review, is: 0 } or { of-kind: cla-review, at-least: 2 }.",),
    "duplicate-key": ("10: 'limit' is given twice, first on line 9.",),
    "empty-file": ("1: the file must hold keys and values, such as 'id: ehc-final-20wk'.",),
    "empty-title": ("2: a sentence is expected here.",),
    "endless-limit": ("9: '99 years' is longer than any limit can be. At most: 30 years.",),
    "event-as-each": ("6: there is no kind of Episode 'ehc-final-sent'.",),
    "file-name-differs": (
        "1: the id is 'another-name' but the file is called 'file-name-differs.yaml': make them the same.",
    ),
    "id-with-capitals": (
        "1: 'EHC_Final' is not an id: small letters, digits and hyphens, at most 64, such as ehc-final-20wk.",
    ),
    "indented-with-a-tab": ("11: this is not YAML: there is a tab here. Indent with spaces.",),
    "law-without-a-web-address": (
        "5: 'legislation.gov.uk' is not a web address. It must begin with http:// or https://.",
    ),
    "list-where-a-word-belongs": ("2: a single value is expected here, not a list or keys.",),
    "missing-key": ("1: the rule has no 'why'; every rule needs one.",),
    "misspelt-attribute": (
        "9: 'ehc-request' has no attribute 'decison'. Did you mean 'decision'? Allowed: age, began-with,",
    ),
    "misspelt-code": (
        "9: 'decision' of 'ehc-request' has no code 'refused'. Did you mean 'refuse'? Allowed: assess,",
    ),
    "misspelt-kind": ("6: there is no kind of Episode 'ehc-requst'. Did you mean 'ehc-request'?",),
    "misspelt-owner": ("7: there is no role 'case-oficer'. Did you mean 'case-officer'?",),
    "misspelt-role": ("11: there is no role 'team-manger'. Did you mean 'team-manager'?",),
    "misspelt-stop": ("8: there is no kind 'ehc-final-snet'. Did you mean 'ehc-final-sent'?",),
    "misspelt-unit": (
        "9: there is no unit 'weaks'. Allowed: hour, hours, day, days, working day, working days,",
    ),
    "moment-number-nought": ("9: 'n' counts from 1: the first is 1, the second 2.",),
    "moment-without-a-number": ("9: 'two' is not a whole number.",),
    "nested-too-deep": ("2: this is nested more than 30 deep.",),
    "no-role-for-a-code": ("11: 'of' does not say whom to tell when 'decision' is 'refuse'.",),
    "no-stages": ("10: this list is empty; at least one is needed here.",),
    "no-unit": ("9: '20' is not an amount of time. Write a number and a unit, such as '20 weeks'.",),
    "not-closed": ("9: this is not YAML: expected ',' or ']', but got ':'.",),
    "not-utf-8": ("1: the file is not UTF-8 text. Save it as UTF-8.",),
    "nothing-to-choose": ("9: this list is empty; at least one is needed here.",),
    "nul-byte": ("1: this is not YAML: it holds a character that YAML does not allow.",),
    "only-a-comment": ("1: the file must hold keys and values, such as 'id: ehc-final-20wk'.",),
    "point-of-no-plan": ("4: '16' is not a point of the plan. Allowed: 1 to 15.",),
    "serves-nothing": ("4: this list is empty; at least one is needed here.",),
    "several-faults": (
        "7: there is no role 'nobody'.",
        "8: there is no kind 'ehc-sent'. Did you mean 'ehc-final-sent'?",
        "9: there is no unit 'fortnights'. Allowed: hour, hours, day, days, working day, working days,",
        "12: there is no key 'remarks' in a rule. Allowed: each, excused-by, id, law,",
    ),
    "short-date-in-a-limit": ("9: '20140901' is not a day. Write it as 2026-11-23.",),
    "stage-at-a-day": (
        "11: 'on the day' is not a stage. Write '12 weeks in', '60%', '5 working days before', '1 October',",
    ),
    "no-such-day-of-the-year": ("9: '30 February' is not a day of every year. Write it as '14 February'.",),
    "branches-beyond-their-sum": (
        "9: the branches come to 21 working days together; at most 20 working days are allowed.",
    ),
    "hours-beginning-with-a-day": (
        "9: '72 hours beginning with': hours run from a moment; only days and longer can begin with a day.",
    ),
    "floor-and-window-at-once": (
        "12: write 'floor' (the period must have run out) or 'opens' (its last day is allowed).",
    ),
    "early-stage-without-a-floor": ("10: the stage 'too early' needs 'too-early' in the rule.",),
    "stop-counted-from-a-birthday": (
        "8: the start is reckoned from a birthday, a count or an attribute, so what stops it needs",
    ),
    "size-of-a-code": ("8: 'decision' of 'ehc-request' does not hold a number.",),
    "gap-without-an-amount": ("8: write { from: MOMENT, to: MOMENT, more-than: 6 months }, or 'within'.",),
    "more-than-so-many-events": ("8: 'cla-review' is an Event; only an Episode can be open.",),
    "stage-before-the-start": (
        (
            "11: the stage '21 weeks before' lies before the clock starts: the limit is only 140 "
            "days. Choose a shorter warning."
        ),
    ),
    "stage-over-by-nothing": ("11: '0 days over' is the last day itself: write 'due', or 'overdue'.",),
    "stage-given-twice": ("12: the stage 'overdue' is given twice.",),
    "stages-out-of-order": (
        "12: the stage '12 weeks in' comes before '2 weeks before', which stands above it and would be lost: write the "
        "stages in the order in which they come.",
        "14: the stage 'overdue' comes before '10 working days over', which stands above it",
    ),
    "stage-tells-nobody": ("11: this list is empty; at least one is needed here.",),
    "statutory-without-law": ("5: a statutory rule needs the 'source' of its law.",),
    "stop-at-an-episode": ("8: 'care-episode' is an Episode; an Event is needed here.",),
    "has-an-event": ("8: 'cla-review' is an Event; only an Episode can be open.",),
    "tag": ("9: tags (a word after !) are not used here. Leave the tag out, or quote the value.",),
    "two-documents": (
        "12: this is not YAML: expected a single document in the stream, but found another document.",
    ),
    "unknown-colour": ("11: 'yellow' is not allowed here. Allowed: amber, red.",),
    "unknown-excuse": (
        "9: there is no excuse 'school-shut'. Did you mean 'school-closed'? Allowed: absent-from-area,",
    ),
    "unknown-form-of-limit": (
        "9: 'erlier-of' is not a form of limit. Did you mean 'earlier-of'? Allowed: at, before, choose,",
    ),
    "unknown-key-in-a-stage": (
        "11: there is no key 'tel' here. Did you mean 'tell'? Allowed: answer, at, rag, tell, urgent,",
    ),
    "unknown-key": (
        "1: the rule has no 'limit'; every rule needs one.",
        "9: there is no key 'limt' in a rule. Did you mean 'limit'? Allowed: each, excused-by, id, law,",
    ),
    "unknown-law-class": (
        "5: 'statutry' is not allowed here. Did you mean 'statutory'? Allowed: court, guidance, local,",
    ),
    "unknown-moment-form": (
        "9: 'lst' is not a moment. Did you mean 'last'? Allowed: birthday, earlier-of, end, first, last,",
    ),
    "unknown-moment": (
        "9: 'begin' is not a moment. Allowed: birthday, earlier-of, end, first, last, later-of, next, nth, over,",
    ),
    "unknown-running": ("9: 'always' is not allowed here. Allowed: any, open.",),
    "unknown-stage-wording": (
        "11: 'twelve weeks' is not an amount of time. Write a number and a unit, such as '20 weeks'.",
    ),
    "unprintable-character": ("2: this holds a character that cannot be printed.",),
    "unreal-character": ("1: this is not YAML: it holds a character that YAML does not allow.",),
    "until-without-a-date": ("9: 'decision' of 'ehc-request' does not hold a date.",),
    "waiver-without-a-date": ("9: 'reason_given' of 'plan-b-waiver' does not hold a date.",),
    "word-where-keys-belong": ("5: keys and values are expected here, such as { at: overdue }.",),
}

GOOD = (RULES / "permanence" / "perm-plan-b-missing.yaml").read_text(encoding="utf-8")
SIMPLE = """\
id: a-rule
title: The final plan is sent in time
why: Until then the child waits.
serves: [10]
law: { class: local }
each: ehc-request
owner: case-officer
stops: [ehc-final-sent]
limit: 20 weeks
stages:
  - { at: overdue, rag: red, tell: [case-officer] }
"""


def load(folder: Path, **files: str | bytes) -> tuple[Rule, ...]:
    """The rules of a folder that holds these files; `__` in a name stands for a folder."""
    for name, text in files.items():
        path = folder / "rules" / f"{name.replace('__', '/').replace('_', '-')}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_rules(folder / "rules")


def refused(folder: Path, **files: str | bytes) -> tuple[str, ...]:
    with pytest.raises(BadRule) as caught:
        load(folder, **files)
    return caught.value.faults


@pytest.mark.parametrize("name", sorted(path.stem for path in BAD.glob("*.yaml")))
@pytest.mark.timeout(5)
def test_a_bad_file_is_refused_by_line_in_words_an_author_can_act_on(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "rules" / "area"
    folder.mkdir(parents=True)
    shutil.copy(BAD / f"{name}.yaml", folder)
    with pytest.raises(BadRule) as caught:
        load_rules(tmp_path / "rules")
    faults = caught.value.faults
    assert len(faults) == len(SAID[name]), faults
    for found, expected in zip(faults, SAID[name], strict=True):
        assert found.startswith(f"rules/area/{name}.yaml:{expected}")


def test_every_sentence_has_its_bad_file() -> None:
    assert set(SAID) == {path.stem for path in BAD.glob("*.yaml")}


def test_all_bad_files_are_told_together(tmp_path: Path) -> None:
    shutil.copytree(BAD, tmp_path / "rules" / "area")
    with pytest.raises(BadRule) as caught:
        load_rules(tmp_path / "rules")
    told = {fault.partition(".yaml")[0].rpartition("/")[2] for fault in caught.value.faults}
    assert told == set(SAID)


def test_the_simple_rule_of_these_tests_is_good(tmp_path: Path) -> None:
    (rule,) = load(tmp_path, area__a_rule=SIMPLE)
    assert (rule.id, rule.area, rule.path) == ("a-rule", "area", "rules/area/a-rule.yaml")


def test_an_id_used_in_two_areas_is_refused_with_both_files(tmp_path: Path) -> None:
    assert refused(tmp_path, one__a_rule=SIMPLE, two__a_rule=SIMPLE) == (
        "rules/two/a-rule.yaml:1: the id 'a-rule' is already used by rules/one/a-rule.yaml.",
    )


def test_a_rule_that_lies_where_nobody_reads_it_is_told(tmp_path: Path) -> None:
    assert refused(tmp_path, area__a_rule=SIMPLE, a_rule=SIMPLE) == (
        "rules/a-rule.yaml: nobody reads this file here. A rule lies in rules/AREA/ID.yaml.",
    )


def test_a_rule_whose_name_ends_in_yml_is_told(tmp_path: Path) -> None:
    load(tmp_path, area__a_rule=SIMPLE)
    (tmp_path / "rules" / "area" / "b-rule.yml").write_text(SIMPLE)
    assert refused(tmp_path) == (
        "rules/area/b-rule.yml: nobody reads this file here. A rule lies in rules/AREA/ID.yaml.",
    )


def test_a_folder_without_rules_says_how_to_get_them(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    assert refused(tmp_path) == (
        "rules: there is no rule file here. `monitor init` writes the shipped rules.",
    )


def test_examples_and_judgements_are_no_rules(tmp_path: Path) -> None:
    text = "examples: []\n"
    found = load(
        tmp_path, **{"area__a_rule": SIMPLE, "area__a_rule.examples": text, "judgements__jdg": "id: jdg\n"}
    )
    assert [rule.id for rule in found] == ["a-rule"]


def test_a_file_that_begins_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    (rule,) = load(tmp_path, area__a_rule=b"\xef\xbb\xbf" + SIMPLE.encode())
    assert rule.id == "a-rule"


def test_a_file_with_windows_line_ends_is_read(tmp_path: Path) -> None:
    (rule,) = load(tmp_path, area__a_rule=SIMPLE.replace("\n", "\r\n").encode())
    assert rule.id == "a-rule"


def test_a_file_too_large_to_be_a_rule_is_not_read(tmp_path: Path) -> None:
    (fault,) = refused(tmp_path, area__a_rule=SIMPLE + "#" * 1_000_000)
    assert fault == (
        "rules/area/a-rule.yaml:1: the file is larger than 1,000,000 bytes; this cannot be what was meant."
    )


@pytest.mark.parametrize(
    "text", ["on", "yes", "no", "007", "14:30", "1e3", "2014-09-01", "null", "~", "0x1F", "1_000"]
)
def test_a_word_stays_what_was_written(text: str) -> None:
    root = documents.parse(f"key: {text}\n{text}: word\n")
    assert documents.plain(root) == {"key": text, text: "word"}


def test_yes_and_007_reach_a_rule_as_text(tmp_path: Path) -> None:
    text = SIMPLE.replace("ehc-request", "placement").replace("ehc-final-sent", "plan-achieved")
    (rule,) = load(tmp_path, area__a_rule=f"{text}where: {{ long_term: yes, type: [007, 14:30] }}\n")
    assert rule.where == (
        Attribute(name="long_term", test="is", values=("yes",)),
        Attribute(name="type", test="is", values=("007", "14:30")),
    )


MARKS = tuple("{}[]:#|>'\"%?,\t\n\x00\u2028\u00b2")
WORDS = [
    *("- ", "  ", "&a", "*a", "!x", "<<: *a", "? a", "at", "where", "choose", "within", "last", "nth"),
    *("n: 0", "missing", "yes", "2014-09-01", "9999 years", "0 days", "beginning with", "stages", "of"),
    *('"\\uD800"', '"\\UFFFFFFFF"'),
]


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A good file after a few slips of an author's hand."""
    text = GOOD
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(text)))
        until = min(len(text), at + draw(st.integers(0, 30)))
        other = draw(st.integers(0, len(text)))
        put = draw(
            st.one_of(
                st.sampled_from((*MARKS, *WORDS)), st.text(max_size=3), st.just(text[other : other + 40])
            )
        )
        text = text[:at] + put + text[until:]
    return text


@settings(max_examples=400, deadline=None)
@given(mutated())
def test_no_slip_of_the_hand_raises_anything_but_a_told_fault(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    folder = tmp_path_factory.mktemp("slips")
    faults: tuple[str, ...] = ()
    try:
        load(folder, area__perm_plan_b_missing=text.encode("utf-8", "surrogatepass"))
    except BadRule as error:
        faults = error.faults
    assert all(fault.startswith("rules") and fault.encode() for fault in faults)


@given(st.text())
def test_any_text_at_all_is_read_or_refused_by_line(text: str) -> None:
    line = 1
    try:
        documents.parse(text)
    except Fault as fault:
        line = fault.line
    assert line >= 1
