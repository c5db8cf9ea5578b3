"""What holds for any text: no exception, valid places, the same answer twice, and work that grows with length only."""

from __future__ import annotations

import sys
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from zendesk_gupshup.detect import detect_text, reported
from zendesk_gupshup.detect.document import Document
from zendesk_gupshup.detect.index import index_of
from zendesk_gupshup.detect.quote_spans import quote_span
from zendesk_gupshup.detect.reading import read_plain
from zendesk_gupshup.detect.scene import Scene
from zendesk_gupshup.detect.verdicts import verdicts
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.model.finding import Confidence, Dismissal, Evidence
from zendesk_gupshup.text.redaction import mask

# fmt: off
PIECES = st.sampled_from([
    "Gupshup", "whatsapp", "error", "código", "401", "1003", "131049", "(#131026)", "HTTP", "Unauthorized", "no", "si",
    "{", "}", "[", "]", '"', "\\", ":", ",", "\n", ">", "| ", "On Monday wrote:", "status", "failed", '{"code":',
    "payload", "wallet balance low", "pedido", "%7B", "=", "=?", "é", "１００３", "\u202e", "İ", "ﬁ", "\x00", "<div>",
    "- ", "#", "a" * 50,
])
# fmt: on
LINES = st.lists(PIECES, max_size=60)
TEXTS = st.one_of(st.text(max_size=300), LINES.map(" ".join), LINES.map("".join))


@settings(max_examples=3 * settings().max_examples)
@given(subject=TEXTS, body=TEXTS)
# The quote ends within what is masked as a key.
@example(subject="", body=f"{'0' * 55};1001A{'0' * 136}")
def test_any_text_gets_an_answer_and_every_quote_its_place(subject: str, body: str) -> None:
    found = detect_text(subject, body, load())
    texts = {text.kind: text.text for text in read_plain(subject, body)[0]}
    quoted: list[Evidence | Dismissal] = [e for finding in found.findings for e in finding.evidence]
    for evidence in [*quoted, *found.symptoms, *found.unknown, *found.dismissed]:
        text = texts[evidence.place.kind]
        assert 0 <= evidence.place.start <= evidence.place.end <= len(text)
        alone = mask(text[evidence.place.start : evidence.place.end])
        # More is masked where only its surroundings tell that it is part of a key.
        assert evidence.quote == alone or evidence.quote in mask(text)
        assert len(text[evidence.place.start : evidence.place.end]) <= 200
    assert found == detect_text(subject, body, load())


@given(body=TEXTS)
def test_every_verdict_stands_where_it_says(body: str) -> None:
    texts, _ = read_plain("", body)
    scenes = tuple(Scene(text, index_of(load()), number) for number, text in enumerate(texts))
    for verdict in verdicts(Document(scenes)):
        start, end = quote_span(verdict.scene, verdict.start, verdict.end)
        assert start <= verdict.start
        assert end <= len(verdict.scene.text.text)


# A text that is hard on some rule: how it begins, what it repeats, and how it ends.
HOSTILE = {
    "braces": ("", "{", ""),
    "objects": ("", '{"a":', ""),
    "brackets": ("", "[{", ""),
    "quotes": ("", "{'a", ""),
    "nested strings": ("", '{"a":"{\\"', ""),
    "backslashes": ('{"error":"', "\\", ""),
    "codes": ("", "401 ", ""),
    "errors": ("", "error 1003 gupshup ", ""),
    "spaces": ("gupshup error", " ", "401"),
    "newlines": ("", "gupshup 401\n", ""),
    "attributions": ("", "On On On ", ""),
    "senders": ("", "<a@b", ""),
    "headers": ("", "From: a\nSent: b\n", ""),
    "quoted": ("", "> 401\n", ""),
    "pipes": ("", "| 401 | error |\n", ""),
    "encoded": ("", "%7B", ""),
    "soft breaks": ("", "=C3=\n", ""),
    "equals": ("", "a=b&", "cause="),
    "tags": ("", "<div>", ""),
    "comments": ("", "<!--", "<p>"),
    "accents": ("", "é", ""),
    "letters": ("gupshup error 401 ", "".join(map(chr, range(0x100, 0x500))), ""),
    "digits": ("", "9", ""),
    "soft hyphens": ("", "\u00ad", "gupshup 401"),
    "ligatures": ("", "\ufb01 401 ", ""),
    "parted words": ("", "ab-\n", " gupshup 401"),
    "parted numbers": ("", "131-\n", " gupshup 401"),
    "dots": ("", "1.1.", ""),
    "times": ("gupshup ", "10:10 5/10 ", ""),
    "addresses": ("", "a.", " gupshup 401"),
    "signatures": ("", "-- \n", ""),
    "senders' phones": ("gupshup 401\n", "Sent from my phone\n", ""),
    "words": ("", "wallet balance low ", ""),
    "dashes": ("", "----- original ", ""),
    "csv": ("", "errorCode,cause\n", ""),
    "dictated": ("", "1 3 1 0 2 6 ", ""),
    "grouped": ("", "131 049 ", ""),
    "rules": ("", "when gupshup returns a 401 ", ""),
    "conditions": ("", "if, si, se o ", "1003"),
    "arrows": ("", "1003 -> call ", ""),
    "settings": ("", "GUPSHUP_A_B_C=1003\n", ""),
    "refusals": ("", "gupshup rejects our key ", ""),
    "unauthorized": ("", "gupshup says unauthorized\n", ""),
    "statuses": ("", "401 403 404 500 200 ", ""),
    "cited": ("", "error:\n> 401\n", ""),
    "task": ("", "- show ", "1003"),
    "amounts": ("phone,error_code\n", "x,131049.0\n", ""),
    "amounts in a line": ("error_code: ", "131049.0 ", ""),
    "amounts of columns": ('{"error_code":{', '"0":131049.0,', "}}"),
    "rows": ("<table>", "<tr><td>401</td><td>x", ""),
    "nested cells": ("", "<table><tr><td>a", ""),
    "quotations": ("", "<blockquote>a<br>", ""),
    "list items": ("<ol>", "<li><p>gupshup 401", ""),
    "styles": ("<p>", '<b style="color:#fff;background:url(">', ""),
    "style sheet": ("<div><style>", ".a .b{color:#fff}", "</style><p class=a>gupshup 401</p></div>"),
    "open style sheet": ("<div><style>", "@media{.a,", "</style><p class=a>gupshup 401</p></div>"),
    "classes": ("<style>.a{color:#fff}</style>", '<i class="a b c d">x</i>', ""),
    "titles": ("", "wallet balence low 1003 ", ""),
    "codes in turn": ("", "gupshup error 1003 gupshup error 131026 gupshup error 401 gupshup error 470 ", ""),
    "names in turn": ("", "from our server 401 to twilio, our api 500 from meta, access token 1003 ", ""),
    "conditions and names": ("", "template: https://x.example.com/ = api.gupshup.io (must no longer appear, ", ""),
    "expired tokens": ("", "whatsapp token expired -> ", ""),
}
SHORT, LONG = 4_000, 32_000


def hostile(name: str, length: int) -> str:
    """Whole at any length: a text cut short may lose the one word that makes it hard, and cost nothing."""
    start, repeated, end = HOSTILE[name]
    return start + repeated * (length // len(repeated)) + end


def cost(text: str, times: int) -> float:
    """The least that reading it took: what else the machine does is in none of the runs or only in some."""
    taken = []
    for _ in range(times):
        started = time.process_time()
        detect_text("", text, load())
        taken.append(time.process_time() - started)
    return min(taken)


@pytest.fixture(scope="module")
def plain_cost() -> float:
    """What an ordinary text of the same length costs, full of reports."""
    lines = "Good morning, the campaign of order 48213 is not going out.\nGupshup answers 1003, Wallet Balance Low.\n"
    return cost(lines * (LONG // len(lines)), 3)


@pytest.mark.parametrize("name", HOSTILE)
def test_cost_grows_with_length_only(name: str, plain_cost: float) -> None:
    """Eight times the text costs some eight times as much, where backtracking would make it sixty-four.

    Nothing is compared with a clock on the wall: a loaded machine or a tracer slows both sides alike. What costs less
    than an ordinary text of that length may grow as it likes: it is too little to measure.
    """
    for times in (1, 3, 9):
        long = cost(hostile(name, LONG), times)
        short = cost(hostile(name, SHORT), times)
        if long < max(24 * short, plain_cost) and long < 40 * plain_cost:
            return
    pytest.fail(
        f"{LONG} characters cost {long / short:.0f} times {SHORT}, and {long / plain_cost:.0f} times plain ones"
    )


@settings(max_examples=2 * settings().max_examples)
@given(subject=TEXTS, body=TEXTS)
def test_what_is_not_worth_reading_reports_nothing(subject: str, body: str) -> None:
    """The quick look that spares most texts the reading must never spare one of which the rules report anything."""
    _nothing_is_missed(subject, body)


def test_no_example_is_missed_by_the_quick_look() -> None:
    _nothing_is_missed("400", "GUPSUP")
    for entry in load().entries:
        for text in (*entry.examples, *entry.counter_examples):
            _nothing_is_missed("", text)


def _nothing_is_missed(subject: str, body: str) -> None:
    rules, index = sys.modules["zendesk_gupshup.detect.verdicts"], index_of(load())
    texts, _ = read_plain(subject, body)
    scenes = tuple(Scene(text, index, number) for number, text in enumerate(texts))
    if not rules._worth_reading(scenes):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(rules, "_worth_reading", lambda _: True)
            told = [v for v in verdicts(Document(scenes)) if v.confidence not in (None, Confidence.POSSIBLE)]
        assert told == []


def test_half_a_character_is_no_crash() -> None:
    found = detect_text("\ud83d", "Gupshup \ud83d error 1003, Wallet Balance Low", load())
    assert [str(finding.error) for finding in reported(found)] == ["gupshup 1003"]


def test_a_report_is_found_amid_noise() -> None:
    noise = '{"ok":true,"items":[1,2,3]}\n' * 2_000
    found = detect_text("", f"{noise}Gupshup error 1003, Wallet Balance Low\n{noise}", load())
    assert [str(finding.error) for finding in reported(found)] == ["gupshup 1003"]
