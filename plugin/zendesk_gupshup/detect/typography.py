"""Letters as typesetters, PDFs, phones and mail programs write them, set as a keyboard does, each place remembered.

`ﬁ` becomes `fi`, a soft hyphen or a zero-width space goes, `‑` becomes `-`, `４０１` and `𝟒𝟎𝟏` become `401`, and a word
that was parted at the end of a line is whole again. What is found is quoted as it was written.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from zendesk_gupshup.detect.patterns import regex
from zendesk_gupshup.text.normalise import fits_latin_1

# Whether two halves at a line's end are one word (`Authen-` and `tication`), two (`opt-` and `in`), or unknown.
Hyphenation = Callable[[str, str], str]
WHOLE, TWO, UNKNOWN = "whole", "two", "unknown"

# A hyphen that is there only where the line ends, and everything that has another form on a keyboard, or none.
_ODD = regex(
    "\u00ad[ \t]{0,4}\n[ \t]{0,40}(?=\\w)|"
    "[\u00a0\u00ad\u017f\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180e\u2000-\u2011\u2028-\u202f\u205f-\u206f"
    "\u20e3\u2102-\u2115\u2119-\u211d\u2124\u2128\u212a-\u2139\u2212\u3000\u3164\ufb00-\ufb06\ufb50-\ufdff\ufe00-\ufe0f"
    "\ufe58\ufe63\ufe70-\ufeff\uff01-\uffdc\U0001d400-\U0001d7ff\U000e0000-\U000e01ef]"
)
_HYPHENS = frozenset("\u2010\u2011\u2212\ufe58\ufe63\uff0d")
# Of the other forms (a superscript, a circle, a fraction) it is not certain that they stand for the plain one.
_SAME = ("<font>", "<wide>", "<narrow>", "<isolated>", "<initial>", "<medial>", "<final>", "<compat>", "<noBreak>")
_LINE_END = regex(r"-[ \t]{0,4}\n[ \t]{0,40}(?=[^\W_])")
_LETTERS_BEFORE, _LETTERS_AFTER = regex(r"(?<![^\W\d_])[^\W\d_]{1,40}$"), regex(r"[^\W\d_]{1,40}")
_DIGITS_BEFORE, _DIGITS_AFTER = (
    regex(r"(?<![\w.,:/+-])[0-9]{1,6}$"),
    regex(r"[0-9]{1,6}(?![\w:/-]|[.,][0-9])"),
)
_LONGEST_HALF = 41


@dataclass(frozen=True, eq=False)
class Origin:
    """The text as it was written, and where in it each character of the plain one stands."""

    text: str
    places: array[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        size = len(self.places)
        first = self.places[start] if start < size else len(self.text)
        # What was left out behind the last character is not quoted with it.
        return first, first if end <= start else self.places[min(end, size) - 1] + 1


def plain(text: str, hyphenation: Hyphenation) -> tuple[str, Origin | None]:
    """`text` as typed on a keyboard; without an origin where it is that already."""
    made, origin = text, None
    if _may_be_odd(text):
        made, origin = _rewritten(text, _ODD.finditer(text), lambda odd: _typed(odd[0]), None)
    if "-\n" in made:
        ends = [(end, kept) for end in _LINE_END.finditer(made) if (kept := _kept(made, end, hyphenation)) is not None]
        if ends:
            by_place = {end.start(): kept for end, kept in ends}
            made, origin = _rewritten(made, (end for end, _ in ends), lambda end: by_place[end.start()], origin)
    return made, origin


def _may_be_odd(text: str) -> bool:
    """Of Latin-1, in which most texts fit, two characters are odd."""
    if text.isascii():
        return False
    return "\u00a0" in text or "\u00ad" in text or (not fits_latin_1(text) and _ODD.search(text) is not None)


def _rewritten(
    text: str, found: Iterable[re.Match[str]], new: Callable[[re.Match[str]], str], before: Origin | None
) -> tuple[str, Origin]:
    parts: list[str] = []
    places = array("I")
    at = 0
    for match in found:
        written = new(match)
        parts += (text[at : match.start()], written)
        places.extend(range(at, match.start()))
        places.extend([match.start()] * len(written))
        at = match.end()
    parts.append(text[at:])
    places.extend(range(at, len(text)))
    if before is None:
        return "".join(parts), Origin(text, places)
    return "".join(parts), Origin(before.text, array("I", [before.places[place] for place in places]))


@lru_cache(maxsize=4096)
def _typed(odd: str) -> str:
    char = odd[0]
    if char in _HYPHENS:
        return "-"
    if char in "\u2028\u2029":
        return "\n"
    if char.isspace():
        return " "
    # What has no width, marks of direction, and what only chooses how the character before it is drawn.
    if unicodedata.category(char) in ("Cf", "Mn", "Me") or char in "\u115f\u1160\u3164\uffa0":
        return ""
    return unicodedata.normalize("NFKC", char) if unicodedata.decomposition(char).startswith(_SAME) else char


def _kept(text: str, end: re.Match[str], hyphenation: Hyphenation) -> str | None:
    """What stays of a hyphen at a line's end: nothing, the hyphen alone, or all of it (`None`)."""
    head = text[max(0, end.start() - _LONGEST_HALF) : end.start()]
    digits, rest = _DIGITS_BEFORE.search(head), _DIGITS_AFTER.match(text, end.end())
    if digits and rest:
        return "" if hyphenation(digits[0], rest[0]) == WHOLE else None
    left, right = _LETTERS_BEFORE.search(head), _LETTERS_AFTER.match(text, end.end())
    if not left or not right:
        return None
    told = hyphenation(left[0], right[0])
    if told == TWO:
        return "-"
    # A new sentence or a name may begin with a capital; within a word stands none, but among capitals.
    goes_on = right[0][0].islower() or (left[0].isupper() and right[0].isupper())
    return "" if told == WHOLE or goes_on else None
