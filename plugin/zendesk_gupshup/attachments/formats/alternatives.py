"""Of a text that a mail has in plain and as a page: which of the two is read, or both where they differ.

Programs leave the plain one empty, write "this mail is HTML" into it, or forget the table in it. No phrase is looked
for: what counts is whether one holds the words of the other.
"""

from __future__ import annotations

import re

_WORD = re.compile(r"\w{1,60}")
# A page may have so many words in a hundred that the plain text lacks, as long as none of them has a digit.
_FEW = 10


def chosen(plain: str, page: str) -> list[str]:
    """The plain text where it holds all that the page says, the page where it holds more, else both."""
    if not page.strip() or not _lacks(plain, page):
        return [plain] if plain.strip() else []
    return [plain, page] if _lacks(page, plain) else [page]


def _lacks(text: str, other: str) -> bool:
    """Whether `other` says something that `text` does not."""
    words = set(_WORD.findall(other.casefold()))
    missing = words.difference(_WORD.findall(text.casefold()))
    return len(missing) * 100 > len(words) * _FEW or any(c.isdigit() for word in missing for c in word)
