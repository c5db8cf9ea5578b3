"""How far a run of letters and digits is from words, names and numbers, and how near to what a machine drew by lot.

Two stories are weighed for every stretch of a run: people wrote it, in words of English, Spanish, Portuguese or German
as programs join them; or each character was drawn from the smallest alphabet that has them all. By the inequality of
Markov a drawn key looks `2**bits` times more like words once in `2**bits` keys at most, whatever the words are: no list
of names is needed, and no name can be forged by chance.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from itertools import accumulate
from math import log2
from string import ascii_lowercase

# As many characters are weighed at a time: no key is shorter, and words beside a key cannot outweigh it.
STRETCH = 24

# Half bits of a letter behind the two before it, `^` at a word's begin: a row for each begin, a letter in each column.
# Counted once in the 30,000 most frequent words of each language, accents left out: wordfreq 3.1 by Robyn Speer, whose
# data are under CC BY-SA 4.0, which GPL-3.0 takes in.
_TABLE = "wordlike.txt"
_DIGIT = log2(10)
# What it costs to go on in the same way, or to change: words have few changes, and names of programs some more.
_SAME, _CAPITALS, _FIRST_CAPITAL, _HUMP = 0.15, 0.3, 0.7, 2.7
_WORD_BEGINS, _WORD_BEHIND_DIGIT = 0.5, 2.2
_DIGIT_BEHIND_DIGIT, _NUMBER_BEGINS, _DIGIT_BEHIND_LETTER = 0.5, 1.2, 3.0
_DRAWN = {"hex": 4.0, "one case": log2(36), "both": log2(62)}
# Words of the trade that no list of a language's words has, in bits: so few of them are in use.
_KNOWN_BITS = 9.0
_WORD = re.compile(r"(?<![A-Za-z0-9])[A-Za-z0-9]{2,3}(?![A-Za-z0-9])|[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_KNOWN = frozenset((
    "whatsapp", "gupshup", "webhook", "webhooks", "facebook", "android", "https", "http", "openxmlformats", "docx",
    "xlsx", "aws", "sdk", "sqs", "sns", "api", "apis", "url", "utf", "json", "xml", "html", "csv", "pdf", "jpg", "jpeg",
    "png", "mp4", "gif", "waba", "vnd", "www", "com", "dist", "cjs", "esm", "npm", "lib", "usr", "src", "tmp", "var",
    "prod", "dev", "stg", "qa", "svc", "deployment", "crm", "erp", "otp", "hsm", "sms", "rcs", "kyc", "cpf", "rfc",
    "msg", "tbl", "img", "btn", "cfg", "ctx", "req", "err", "udh", "dlr", "smpp", "gsm", "ssl", "tls", "tcp", "dns",
    "b2b", "b2c", "2fa", "24h", "48h", "72h", "1h", "v1", "v2", "v3", "v4", "v5", "q1", "q2", "q3", "q4", "pt", "br",
    "mx",
))  # fmt: skip


@cache
def _costs() -> dict[str, float]:
    """Bits of a letter behind `^`, behind `^` and a letter, and behind two letters."""
    rows = files(__package__).joinpath(_TABLE).read_text(encoding="ascii").split()
    befores = [*("^" + ascii_lowercase), *(a + b for a in "^" + ascii_lowercase for b in ascii_lowercase)]
    return {
        before + letter: int(half, 36) / 2
        for before, row in zip(befores, rows, strict=True)
        for letter, half in zip(ascii_lowercase, row, strict=True)
    }


def _as_words(run: str) -> list[float]:
    """Bits that each character of a run costs as one of words; what parts words costs nothing."""
    costs, out, last, before = _costs(), list[float](), "", "^"
    for char in run:
        if not char.isalnum():
            last, before = "", "^"
            out.append(0.0)
            continue
        if char.isdigit():
            bits = _NUMBER_BEGINS if not last else _DIGIT_BEHIND_DIGIT if last.isdigit() else _DIGIT_BEHIND_LETTER
            out.append(bits + _DIGIT)
            before = "^"
        else:
            if not last or last.isdigit():
                bits = _WORD_BEHIND_DIGIT if last else _WORD_BEGINS
            elif last.isupper():
                bits = _CAPITALS if char.isupper() else _FIRST_CAPITAL
            elif char.isupper():
                bits, before = _HUMP, "^"
            else:
                bits = _SAME
            letter = char.lower()
            out.append(bits + costs[before + letter])
            before = (before + letter)[-2:]
        last = char
    return out


def _known(run: str) -> Iterator[tuple[int, int]]:
    return (word.span() for word in _WORD.finditer(run) if word[0].lower() in _KNOWN)


class Weighed:
    """A run of letters, digits and what joins them (ASCII), ready to be weighed in any of its stretches."""

    def __init__(self, run: str) -> None:
        bits = _as_words(run)
        for start, end in _known(run):
            bits[start:end] = [min(sum(bits[start:end]), _KNOWN_BITS) / (end - start)] * (end - start)
        # The places of letters and digits; what joins them belongs to both stories.
        self.places = [place for place, char in enumerate(run) if char.isalnum()]
        self._run = "".join([run[place] for place in self.places])
        self._bits = [0.0, *accumulate(bits[place] for place in self.places)]

    def drawn(self, start: int, end: int) -> float:
        """By how many bits letters and digits `start` to `end` look more as if drawn by lot than like words."""
        return self._bits[end] - self._bits[start] - _drawn(self._run[start:end]) * (end - start)

    def is_number(self, start: int, end: int) -> bool:
        return self._run[start:end].isdigit()


def drawn(run: str) -> float:
    """The same for all of a run: above 0 a key more likely than words."""
    weighed = Weighed(run)
    return weighed.drawn(0, len(weighed.places))


_HEX = frozenset("0123456789abcdef"), frozenset("0123456789ABCDEF")


def _drawn(run: str) -> float:
    if run.isdigit():
        return _DIGIT
    letters = frozenset(run)
    if any(letters <= hexadecimal for hexadecimal in _HEX):
        return _DRAWN["hex"]
    return _DRAWN["one case" if run in (run.lower(), run.upper()) else "both"]
