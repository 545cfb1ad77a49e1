"""The bytes of a message: headers that nobody can add to, lines that fit, HTML that runs and loads nothing."""

import re
from dataclasses import replace
from email import policy
from email.parser import BytesParser

import jinja2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.errors import BadSettings
from tests.letters import HEAD, LINKED, NOW, a_notice, coming, composed, html, mail_of, plain


def test_the_message_id_stays_for_the_same_number_and_so_do_the_bytes() -> None:
    assert composed(a_notice(), number="abc").message_id == "<abc@council.example>"
    assert composed(a_notice(), number="abc").raw == composed(a_notice(), number="abc").raw
    named = replace(HEAD, sender="Case monitor <case-monitor@council.example>")
    assert composed(a_notice(), head=named, number="abc").message_id == "<abc@council.example>"


def test_the_headers_say_that_no_machine_may_answer_and_when_it_was_written() -> None:
    mail = mail_of(a_notice())
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Auto-Response-Suppress"] == "All"
    assert mail["Date"].datetime == NOW
    assert mail["From"] == "case-monitor@council.example"
    assert mail["To"] == "manager@council.example"
    assert mail.get_content_type() == "multipart/alternative"
    assert [each.get_content_type() for each in mail.iter_parts()] == ["text/plain", "text/html"]


HEADERS = {"subject", "from", "to", "date", "message-id", "auto-submitted", "x-auto-response-suppress"}
HEADERS |= {"mime-version", "content-type"}


@settings(max_examples=60, deadline=None)
@given(text=st.text(min_size=1, max_size=120), where=st.sampled_from(["title", "case", "stage", "team"]))
def test_no_text_adds_a_header_or_a_line_that_is_too_long(text: str, where: str) -> None:
    text = text.encode("utf-8", "ignore").decode()
    letter = composed(a_notice(**{where: f"x{text}\r\nBcc: everybody@council.example"}))
    mail = BytesParser(policy=policy.default).parsebytes(letter.raw)
    assert {name.lower() for name in mail} == HEADERS
    assert all(len(line) <= 998 for line in letter.raw.split(b"\r\n"))
    assert "\n" not in letter.subject
    assert "\r" not in letter.subject


@pytest.mark.parametrize("length", range(40, 120, 3))
def test_lines_are_folded_and_the_subject_is_read_back_as_it_was_written(length: int) -> None:
    letter = composed(a_notice(title=("word " * 40)[:length].strip()))
    mail = BytesParser(policy=policy.default).parsebytes(letter.raw)
    assert mail["Subject"] == letter.subject
    assert all(len(line) <= 90 for line in letter.raw.split(b"\r\n"))
    assert b"\n" not in letter.raw.replace(b"\r\n", b"")


def test_an_address_with_a_line_end_cannot_become_a_header() -> None:
    with pytest.raises(ValueError, match="linefeed"):
        composed(a_notice(address="manager@council.example\r\nBcc: x@council.example"))


def test_html_is_escaped_and_plain_text_is_not() -> None:
    notice = a_notice(title="Visits < 6 weeks & <script>alert(1)</script>", team='"A" & B')
    page = html(notice)
    assert "<script" not in page
    assert "Visits &lt; 6 weeks &amp; &lt;script" in page
    assert "Visits < 6 weeks & <script>" in plain(notice)


def test_a_link_cannot_leave_its_attribute() -> None:
    page = html(a_notice(), head=replace(HEAD, page='https://m.example/"onclick="x'))
    assert 'onclick="x"' not in page


def test_the_page_loads_nothing_from_elsewhere_and_runs_nothing() -> None:
    owed = [a_notice(1), coming(2), a_notice(3, kind="backlog"), a_notice(4, kind="count")]
    page = html(*owed, head=LINKED)
    assert not re.search(r"<(img|link|script|iframe|object|embed|form|video|audio|base)\b", page)
    assert not re.search(r"\bsrc=|url\(|@import|background=", page)
    assert set(re.findall(r'(\w+)="https?:', page)) == {"href"}
    assert 'style="' in page


def test_a_template_that_asks_for_what_there_is_not_is_refused() -> None:
    environment = HEAD.templates.overlay(loader=jinja2.DictLoader({"digest.txt": "{{ childs_name }}"}))
    with pytest.raises(BadSettings, match=r"templates/digest\.txt.*'childs_name' is undefined"):
        composed(a_notice(), head=replace(HEAD, templates=environment))


@settings(max_examples=40, deadline=None)
@given(numbers=st.permutations(range(1, 7)))
def test_the_order_of_notices_changes_nothing_for_the_reader(numbers: list[int]) -> None:
    every = {n: (coming(n, act_by=f"2026-12-{n:02}") if n % 2 else a_notice(n)) for n in range(1, 7)}
    expected = composed(*every.values()).raw
    assert composed(*(every[n] for n in numbers)).raw == expected
