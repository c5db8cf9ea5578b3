"""Pastes of raw mail and of URL-encoded logs, turned into what they say before anything is looked for."""

from __future__ import annotations

import html
import quopri
import re
from urllib.parse import unquote_plus

from zendesk_gupshup.detect.patterns import regex

_QUOTED_PRINTABLE = regex(r"(?im)^content-transfer-encoding:[ \t]{0,8}quoted-printable")
_SOFT_BREAK = regex(r"=[ \t]{0,4}\r?\n")
_ENCODED_BYTE = regex(r"=[0-9A-F]{2}")
_CHARSET = regex(r"(?i)charset=[\"']?([a-z0-9_-]{2,20})")
_ENCODED_WORD = regex(r"=\?([A-Za-z0-9_-]{2,20})\?[Qq]\?([^?\s]{0,400})\?=")
_RUN = regex(r"\S+")
# Encoded braces or quotes: an object that travelled in an address or a form.
_PERCENT = regex(r"%(?:7B|22|5B|7b|5b)")
_ENTITY = regex(r"&(?:quot|#34|#39|apos|lt|gt|amp|nbsp);")


def decoded(text: str) -> str:
    """`text` as its writer saw it; unchanged unless it is plainly encoded."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "=" in text:
        if _is_quoted_printable(text):
            text = _from_quoted_printable(text)
        text = _ENCODED_WORD.sub(_word, text)
    if "%" in text and _PERCENT.search(text):
        text = _RUN.sub(_unquoted, text)
    if "&" in text and _ENTITY.search(text):
        text = html.unescape(text)
    return text


def _unquoted(run: re.Match[str]) -> str:
    return unquote_plus(run[0], errors="replace") if _PERCENT.search(run[0]) else run[0]


def _is_quoted_printable(text: str) -> bool:
    if _QUOTED_PRINTABLE.search(text):
        return True
    return bool(_SOFT_BREAK.search(text)) and len(_ENCODED_BYTE.findall(text, 0, 20_000)) >= 3


def _from_quoted_printable(text: str) -> str:
    charset = _CHARSET.search(text)
    try:
        raw = quopri.decodestring(text.encode("utf-8", "surrogateescape"))
        return raw.decode(charset[1] if charset else "utf-8", "replace")
    except (LookupError, ValueError):  # an unknown charset, or bytes that no text came from
        return _SOFT_BREAK.sub("", text)


def _word(word: re.Match[str]) -> str:
    try:
        return quopri.decodestring(word[2].encode(), header=True).decode(word[1], "replace")
    except (LookupError, ValueError):
        return word[0]
