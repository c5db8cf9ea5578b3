"""Bytes as text: the encodings that logs and exports come in, and none where they are no text."""

from __future__ import annotations

import codecs
import re

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# A file may hold no more than one.
MARKS = frozenset(mark for mark, _encoding in _BOMS)
# Colours of a terminal, which would stand between a word and its number.
_COLOUR = re.compile(r"\x1b\[[0-9;?]{0,20}[A-Za-z]")
_CONTROL = re.compile(r"[\x01-\x08\x0b\x0e-\x1f\x7f]")
_FOLD = re.compile(r"\n[ \t]")
_ESCAPE = re.compile(r"\\([nN,;\\])")
# One control character in so many characters makes a file binary.
_ONE_CONTROL_IN = 50
_PROBE = 4096


def text_of(data: bytes) -> str:
    """The text, empty where these bytes are none. A cut-off last character is left out."""
    text = _decoded(data).replace("\x00", "")
    if "\x1b" in text:
        text = _COLOUR.sub("", text)
    if len(_CONTROL.findall(text)) * _ONE_CONTROL_IN > len(text):
        return ""
    return _CONTROL.sub(" ", text).replace("\r\n", "\n").replace("\r", "\n")


def unfolded_calendar(text: str) -> str:
    """An invitation's lines joined where they are folded, and its escapes as what they stand for (RFC 5545, 3.1)."""
    return _ESCAPE.sub(lambda found: "\n" if found[1] in "nN" else found[1], _FOLD.sub("", text))


def _decoded(data: bytes) -> str:
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _up_to_cut(data[len(mark) :], encoding)
    if unmarked := _without_mark(data):
        return _up_to_cut(data, unmarked)
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(data)
    except UnicodeDecodeError:
        lenient = data.decode("utf-8", "replace")
    # A log with an odd byte is still UTF-8; where more characters fail than succeed it never was.
    bad = lenient.count("\ufffd")
    good = sum(1 for c in lenient if c > "\x7f") - bad
    return lenient if good > bad else data.decode("cp1252", "replace")


def _up_to_cut(data: bytes, encoding: str) -> str:
    return codecs.getincrementaldecoder(encoding)("replace").decode(data)


def _without_mark(data: bytes) -> str | None:
    """UTF-16 without its mark has a NUL at every other place."""
    probe = data[: min(_PROBE, len(data) & ~1)]
    if len(probe) < 8:
        return None
    even, odd, half = probe[::2].count(0), probe[1::2].count(0), len(probe) // 2
    if odd > half * 0.6 and even < half * 0.1:
        return "utf-16-le"
    if even > half * 0.6 and odd < half * 0.1:
        return "utf-16-be"
    return None
