"""A text says the same in whatever letters a PDF, a phone or a mail program wrote it, and is quoted as written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from functools import cache

import pytest

from support.html_forms import in_turn, said
from zendesk_gupshup.detect import detect_text, reported
from zendesk_gupshup.detect.index import index_of
from zendesk_gupshup.detect.reading import read_plain
from zendesk_gupshup.detect.typography import plain
from zendesk_gupshup.dictionary import load

_LONG_WORD = re.compile(r"(?<![\w./\\-])[^\W\d_]{7,}(?![\w/\\-])")
_LIGATURES = {"ffi": "ﬃ", "ffl": "ﬄ", "ff": "ﬀ", "fi": "ﬁ", "fl": "ﬂ"}


def _inside(mark: str) -> Callable[[str], str]:
    """`mark` in the middle of every long word and number."""
    return lambda text: re.sub(
        r"[^\W_]{4,}", lambda run: run[0][: len(run[0]) // 2] + mark + run[0][len(run[0]) // 2 :], text
    )


def _shifted(first: str, last: str, start: int) -> Callable[[str], str]:
    """The letters from `first` to `last` in another style."""
    return lambda text: "".join(chr(start + ord(c) - ord(first)) if first <= c <= last else c for c in text)


def _ligated(text: str) -> str:
    for letters, ligature in _LIGATURES.items():
        text = text.replace(letters, ligature)
    return text


WAYS: Mapping[str, Callable[[str], str]] = {
    "soft hyphens": _inside("\u00ad"),
    "zero-width spaces": _inside("\u200b"),
    "zero-width joiners": _inside("\u200d"),
    "word joiners": _inside("\u2060"),
    "marks of direction": _inside("\u200e"),
    "soft hyphens at line ends": _inside("\u00ad\n"),
    "ligatures": _ligated,
    "wide digits": _shifted("0", "9", 0xFF10),
    "wide letters": lambda text: _shifted("A", "Z", 0xFF21)(_shifted("a", "z", 0xFF41)(text)),
    "bold digits": _shifted("0", "9", 0x1D7CE),
    "bold letters": lambda text: _shifted("A", "Z", 0x1D400)(_shifted("a", "z", 0x1D41A)(text)),
    "keycap digits": lambda text: re.sub(r"[0-9]", "\\g<0>\ufe0f\u20e3", text),
    "no-break hyphens": lambda text: text.replace("-", "\u2011"),
    "no-break spaces": lambda text: text.replace(" ", "\u00a0"),
    "narrow no-break spaces": lambda text: text.replace(" ", "\u202f"),
    "accents apart": lambda text: unicodedata.normalize("NFD", text),
}


def _broken(text: str, hyphen: str) -> Iterator[str]:
    """Each long word in turn parted at a line's end; and each hyphen between words as the last of its line."""
    for word in _LONG_WORD.finditer(text):
        middle = (word.start() + word.end()) // 2
        yield f"{text[:middle]}{hyphen}\n{text[middle:]}"
    for found in re.finditer(r"(?<=[a-z])-(?=[a-z])", text):
        yield f"{text[: found.start()]}{hyphen}\n{text[found.end() :]}"


EXAMPLES = [example for entry in load().entries for example in (*entry.examples, *entry.counter_examples)]


@cache
def _plainly(text: str) -> tuple[object, ...]:
    return said(detect_text("", text, load()))


def _says_else(text: str, other: str) -> bool:
    return other != text and said(detect_text("", other, load())) != _plainly(text)


@pytest.mark.parametrize(("number", "way"), list(enumerate(WAYS)), ids=WAYS)
def test_every_example_says_the_same_in_other_letters(number: int, way: str) -> None:
    assert [text for text in in_turn(EXAMPLES, number) if _says_else(text, WAYS[way](text))] == []


@pytest.mark.parametrize(("number", "hyphen"), list(enumerate(["-", "\u2010"])), ids=["hyphen", "typographic hyphen"])
def test_every_example_says_the_same_with_a_word_parted_at_a_line_end(number: int, hyphen: str) -> None:
    texts = in_turn(EXAMPLES, number, forms=2)
    assert [broken for text in texts for broken in _broken(text, hyphen) if _says_else(text, broken)] == []


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("Gupshup returns error 1003: wallet balance low since 9:00", "gupshup 1003"),
        ("WhatsApp an\u00adswers 131\u00ad049 today, through Gupshup", "meta 131049"),
        ("Gupshup answers: Authen-\ntication Failed, error 401, on each call", "gupshup_http 401"),
        ("Gupshup error 1310-\n49 since today, nothing goes out", "meta 131049"),
    ],
)
def test_a_quote_has_the_words_as_they_were_written(written: str, code: str) -> None:
    (text,) = (text for text in read_plain("", written)[0] if text.kind == "comment")
    (finding,) = reported(detect_text("", written, load()))
    place = finding.evidence[0].place
    assert str(finding.error) == code
    assert finding.evidence[0].quote == text.text[place.start : place.end] == written


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("a plain line", "a plain line"),
        ("Authen-\ntication", "Authentication"),
        ("Authen-\n   tication Failed", "Authentication Failed"),
        ("opt-\nin", "opt-in"),
        ("re-\nintentamos", "reintentamos"),
        ("CAMP-\nOZANO", "CAMPOZANO"),
        ("a list -\nnext item", "a list -\nnext item"),
        ("Subject-\nPlease help", "Subject-\nPlease help"),
        ("1003-\n1004", "1003-\n1004"),
        ("+52 155-13-\n1049", "+52 155-13-\n1049"),
        ("----\n- item", "----\n- item"),
        ("10² and ½ and ①", "10² and ½ and ①"),
        ("ﬁle № 4\u00a0011", "file № 4 011"),
    ],
)
def test_only_what_stands_for_plain_letters_is_set_in_them(written: str, typed: str) -> None:
    made, origin = plain(written, index_of(load()).hyphenation)
    assert made == typed
    assert (origin is None) == (written == typed)


@pytest.mark.parametrize("odd", ["\u00ad", "\u200b", "ﬁ", "a-\n", "\u00ad\n"])
def test_each_place_of_a_long_text_is_a_place_of_the_written_one(odd: str) -> None:
    written = f"Gupshup error 1003 {odd * 500} wallet balance low"
    made, origin = plain(written, index_of(load()).hyphenation)
    assert origin is not None
    for word in ("Gupshup", "1003", "wallet balance low"):
        start, end = origin.span(made.index(word), made.index(word) + len(word))
        assert written[start:end] == word
