"""Text in the letters of PDF's own fonts, which know Western European languages (cp1252) alone."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import lru_cache

# What decomposing into letter and accent does not reach.
_SPELLED = str.maketrans(
    {
        "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ħ": "h", "Ħ": "H", "ı": "i", "ŧ": "t", "Ŧ": "T", "ŋ": "n", "Ŋ": "N",
        "ĸ": "k", "ə": "e", "Ə": "E", "ẞ": "SS", "→": "->", "←": "<-", "⇒": "=>", "≥": ">=", "≤": "<=", "≠": "!=",
        "−": "-", "‑": "-", "‒": "-", "―": "-", "⁠": "", "\u200b": "", "\u200c": "", "\u200d": "", "\ufe0f": "",
        "\u2002": " ", "\u2003": " ", "\u2009": " ", "\u202f": " ", "✓": "v", "✔": "v", "✗": "x", "⚠": "(!)",
    }
)  # fmt: skip


def spell(text: str) -> str:
    """`text` with cp1252's letters alone: accents that it lacks are dropped, other scripts become `?`."""
    if text.isascii():
        return text
    return "".join(_letter(c) for c in unicodedata.normalize("NFC", text).translate(_SPELLED))


@lru_cache(4096)
def _letter(character: str) -> str:
    for form in (character, *_base(character)):
        try:
            form.encode("cp1252")
        except UnicodeEncodeError:
            continue
        return form
    return "" if unicodedata.combining(character) else "?"


def _base(character: str) -> Iterator[str]:
    decomposed = unicodedata.normalize("NFKD", character)
    plain = "".join(c for c in decomposed if not unicodedata.combining(c)).translate(_SPELLED)
    if plain:
        yield plain
