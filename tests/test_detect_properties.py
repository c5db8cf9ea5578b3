"""What holds for any text: no exception, valid places, the same answer twice, and time that grows with length only."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zendesk_gupshup.detect import detect_text, reported
from zendesk_gupshup.detect.findings import quote_span, verdicts
from zendesk_gupshup.detect.index import index_of
from zendesk_gupshup.detect.reading import read_plain
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.masking import mask
from zendesk_gupshup.models import Dismissal, Evidence

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


@settings(max_examples=300, deadline=None)
@given(subject=TEXTS, body=TEXTS)
def test_any_text_gets_an_answer_and_every_quote_its_place(subject: str, body: str) -> None:
    found = detect_text(subject, body, load())
    texts = {text.kind: text.text for text in read_plain(subject, body)[0]}
    quoted: list[Evidence | Dismissal] = [e for finding in found.findings for e in finding.evidence]
    for evidence in [*quoted, *found.symptoms, *found.unknown, *found.dismissed]:
        text = texts[evidence.place.kind]
        assert 0 <= evidence.place.start <= evidence.place.end <= len(text)
        assert evidence.quote == mask(text[evidence.place.start : evidence.place.end])
        assert len(text[evidence.place.start : evidence.place.end]) <= 200
    assert found == detect_text(subject, body, load())


@settings(max_examples=100, deadline=None)
@given(body=TEXTS)
def test_every_verdict_stands_where_it_says(body: str) -> None:
    texts, _ = read_plain("", body)
    for verdict in verdicts(texts, index_of(load())):
        start, end = quote_span(verdict.scene, verdict.start, verdict.end)
        assert start <= verdict.start
        assert end <= len(verdict.scene.text.text)


HOSTILE = {
    "braces": "{" * 60_000,
    "objects": '{"a":' * 12_000,
    "brackets": "[{" * 30_000,
    "quotes": "{'a" * 20_000,
    "nested strings": '{"a":"{\\"' * 6_000,
    "backslashes": '{"error":"' + "\\" * 60_000,
    "codes": "401 " * 15_000,
    "errors": "error 1003 gupshup " * 3_000,
    "spaces": "gupshup error" + " " * 60_000 + "401",
    "newlines": "gupshup 401\n" * 5_000,
    "attributions": "On On On " * 7_000,
    "headers": "From: a\nSent: b\n" * 4_000,
    "quoted": "> 401\n" * 10_000,
    "pipes": "| 401 | error |\n" * 4_000,
    "encoded": "%7B" * 20_000,
    "soft breaks": "=C3=\n" * 12_000,
    "equals": "a=b&" * 15_000 + "cause=",
    "tags": "<div>" * 12_000,
    "comments": "<!--" * 15_000 + "<p>",
    "accents": "é" * 60_000,
    "digits": "9" * 60_000,
    "dots": "1.1." * 15_000,
    "addresses": "a." * 30_000 + " gupshup 401",
    "signatures": "-- \n" * 15_000,
    "words": "wallet balance low " * 3_000,
    "dashes": "----- original " * 4_000,
    "csv": "errorCode,cause\n" * 4_000,
    "dictated": "1 3 1 0 2 6 " * 5_000,
    "grouped": "131 049 " * 8_000,
    "rules": "when gupshup returns a 401 " * 2_500,
    "conditions": "if, si, se o " * 5_000 + "1003",
    "arrows": "1003 -> call " * 5_000,
    "settings": "GUPSHUP_A_B_C=1003\n" * 3_500,
    "refusals": "gupshup rejects our key " * 2_500,
    "unauthorized": "gupshup says unauthorized\n" * 2_500,
    "statuses": "401 403 404 500 200 " * 3_000,
    "cited": "error:\n> 401\n" * 5_000,
    "task": "- show " * 9_000 + "1003",
    "titles": "wallet balence low 1003 " * 2_500,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_text_takes_bounded_time(name: str) -> None:
    index_of(load())
    started = time.process_time()
    detect_text("", HOSTILE[name], load())
    assert time.process_time() - started < 3.0


@pytest.mark.parametrize("name", HOSTILE)
def test_time_grows_with_length_only(name: str) -> None:
    """Eight times the text may take some sixteen times as long, never sixty-four times."""
    index_of(load())
    text = HOSTILE[name]

    def seconds(part: str) -> float:
        best = 10.0
        for _ in range(3):
            started = time.process_time()
            detect_text("", part, load())
            best = min(best, time.process_time() - started)
        return best

    short, whole = seconds(text[: len(text) // 8]), seconds(text)
    assert whole < max(0.15, 24 * short)


def test_a_report_is_found_amid_noise() -> None:
    noise = '{"ok":true,"items":[1,2,3]}\n' * 2_000
    found = detect_text("", f"{noise}Gupshup error 1003, Wallet Balance Low\n{noise}", load())
    assert [str(finding.error) for finding in reported(found)] == ["gupshup 1003"]
