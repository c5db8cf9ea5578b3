"""Where the sentences of a folded text begin."""

from __future__ import annotations

from collections.abc import Iterator

from zendesk_gupshup.detect.patterns import regex

# Where a sentence may end; a point only where `_abbreviation` does not know the word before it. It begins with one of
# few characters, which the engine finds faster than one of several patterns. A long line that goes on in lower case was
# wrapped by the mail program: no lookbehind of ours sees where it began, but that it is long.
_STOP = regex(
    r"[.!?;\n¿¡](?:"
    r"(?<=[.!?;])[.!?;]{0,7}[\"')\]»”*_`]{0,4}(?=\s)|"
    r"(?<=\n)(?:(?![^\W_])|(?<![^\n]{49}[^\n.!?:;|]\n))|"
    r"(?<=[¿¡]))"
)


def sentence_breaks(low: str) -> Iterator[int]:
    for stop in _STOP.finditer(low):
        place = stop.start()
        if low[place] in "¿¡":
            yield place
        elif low[place] != "." or not _abbreviation(low, place):
            yield stop.end()


def _abbreviation(low: str, dot: int) -> bool:
    """`ext. 1005`, `p. ej. 1003`, `1. punto`: a short word or a number before the point."""
    if dot >= 6 and low[dot - 6 : dot].isalpha():
        return False
    before = low[max(0, dot - 12) : dot]
    word = "" if before[-1:].isspace() else before.split()[-1] if before else ""
    if len(word) > 5 and not word.isdigit():
        return False
    return (word.isdigit() and len(word) <= 2) or word in _ABBREVIATIONS


# fmt: off
_ABBREVIATIONS = frozenset({
    "ext", "ej", "p", "ex", "aprox", "sr", "sra", "srta", "ing", "dr", "dra", "lic", "no", "nro", "num", "tel", "telf",
    "cel", "art", "av", "avda", "depto", "dpto", "cod", "pag", "fig", "e", "g", "i", "vs", "etc", "mr", "mrs", "ms",
    "st", "approx", "ca", "bzw", "z", "b", "u",
})
# fmt: on
