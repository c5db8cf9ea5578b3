"""A quotation shows a whole line where it fits, and is never cut inside a word."""

from __future__ import annotations

import pytest

from zendesk_gupshup.detect import detect_text
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.text.truncation import ellipsized

SHORT = "Desde ayer en la tarde no nos cargan las plantillas: Gupshup responde HTTP 401 Unauthorized. ¿Y ahora?"
LONG = """
Les escribo porque desde ayer en la tarde no nos cargan las plantillas en la consola y además, al enviar cualquier \
mensaje a nuestros clientes de Quito y de Guayaquil, Gupshup responde HTTP 401 Unauthorized. Ya copiamos la key.
"""
OF_LONG = """\
… porque desde ayer en la tarde no nos cargan las plantillas en la consola y además, al enviar cualquier \
mensaje a nuestros clientes de Quito y de Guayaquil, Gupshup responde HTTP 401 Unauthorized. …\
"""
PAYLOAD = '{"tags":"' + "abc-def," * 60 + '","status":"error","code":401,"message":"Unauthorized"} says Gupshup'


def _shown(body: str) -> tuple[str, ...]:
    finding = detect_text("", body, load()).findings[0]
    return tuple(evidence.shown for evidence in finding.evidence)


CASES = {
    "a line that fits is whole": (SHORT, SHORT),
    "its line alone": (f"Buenos días:\n{SHORT}\nSaludos", SHORT),
    "a long sentence begins at a word": (LONG, OF_LONG),
    "a sentence found by several rules stands once": (
        "Gupshup error 1003. Gupshup error 1003 again: 1003 Wallet Balance Low.",
        "Gupshup error 1003. Gupshup error 1003 again: 1003 Wallet Balance Low.",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_evidence_is_the_line_or_whole_words_of_it(case: str) -> None:
    body, shown = CASES[case]
    assert _shown(body) == (shown,)


def test_a_payload_without_blanks_is_cut_at_a_mark() -> None:
    (shown,) = _shown(PAYLOAD)
    assert shown.endswith((", …", '" …', "- …", "abc …", "def …"))


@pytest.mark.parametrize(
    ("text", "most", "shown"),
    [
        ("one two three", 13, "one two three"),
        ("one two three", 12, "one two…"),
        ("one two three", 8, "one two…"),
        ("a indivisibleword", 12, "a indivisib…"),
    ],
)
def test_what_is_too_long_ends_at_a_blank(text: str, most: int, shown: str) -> None:
    assert ellipsized(text, most) == shown
