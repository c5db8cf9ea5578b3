"""How phrases are compared: without case, accents, punctuation and typographic niceties."""

from __future__ import annotations

import re
import unicodedata

# Only the accents of Latin, Greek and Cyrillic: the vowel signs of Indic scripts are letters, not decoration.
_ACCENTS = re.compile(r"[\u0300-\u036f\u200b-\u200f\u2060\ufeff\u00ad]")
_FOREIGN_DIGITS = re.compile(r"(?![0-9])\d")
_GAPS = re.compile(r"[^\w\u0900-\u0dff]+|_+")


# Most texts fit in Latin-1, whose bytes are lowered some ten times as fast as its characters.
_LOWER = bytes(range(256)).decode("latin-1").lower().encode("latin-1")


def fits_latin_1(text: str) -> bool:
    """Then every character is composed already, and none of them is half of one."""
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True


def lower(text: str) -> str:
    """The same as `text.lower()`."""
    try:
        return text.encode("latin-1").translate(_LOWER).decode("latin-1")
    except UnicodeEncodeError:
        return text.lower()


def lower_same_length(text: str) -> str:
    """As `lower`, but every place in the one is the same place in the other."""
    low = lower(text)
    if len(low) != len(text):  # "İ" becomes two characters
        low = "".join(char.lower() if len(char.lower()) == 1 else char for char in text)
    return low


def fold(text: str) -> str:
    """The words of `text` in lower case with one space between them; folding twice changes nothing.

    Every quote, dash and other punctuation is a gap, whichever character a phone or a mail program made of it:
    `Opt-in`, `opt‑in` and `OPT IN` fold alike, `ABSENT_SUBSCRIBER` folds to two words, `ﬁ` to `fi`, `４０１` to `401`.
    """
    if text.isascii():
        return " ".join(_GAPS.sub(" ", text.lower()).split())
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    plain = _FOREIGN_DIGITS.sub(lambda found: str(unicodedata.decimal(found[0])), _ACCENTS.sub("", plain))
    return " ".join(_GAPS.sub(" ", plain).split())
