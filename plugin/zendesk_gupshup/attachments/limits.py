"""How much of a file is read, what reading gives, and how that is cut to size."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from pydantic import TypeAdapter

from zendesk_gupshup.model.reason import Detail, Reason
from zendesk_gupshup.model.retryable import RetryableReason
from zendesk_gupshup.model.unread_reasons import UnreadReason

_CUT = "\n[…]\n"
_INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]")
# Also halves of characters, which cannot be written anywhere.
_NO_CHARACTER = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True)
class ReadLimits:
    """Bounds on one file. All are far above what a ticket's evidence takes."""

    text: int = 256 * 1024
    pages: int = 50
    sheets: int = 20
    rows: int = 20_000
    cells: int = 200_000
    # Bytes that a packed file says it unfolds to; 50 times the largest file that is fetched.
    unfolded: int = 100 * 1024 * 1024
    parts: int = 50
    # A mail in a mail, and a file in a mail: one level each. What lies within is part of the file, so it is no larger.
    depth: int = 3
    # A picture with more is refused, one with a longer side is scaled down, one with shorter sides is an ornament.
    pixels: int = 40_000_000
    longest_side: int = 2000
    least_width: int = 120
    least_height: int = 24


@dataclass(frozen=True)
class FileText:
    """The words of a file, and the reasons for what was not read; both where only a part was read.

    `retryable`: a later attempt may succeed. `empty`: all of it was read, and it holds no words.
    """

    text: str = ""
    unread: tuple[Reason, ...] = ()
    retryable: RetryableReason | None = None
    empty: bool = field(default=False, compare=False)


# Reads a file that lies inside another one: its name, its type, its bytes and how deep it lies.
ReadInner = Callable[[str, str, bytes, int], FileText]

LIMITS = ReadLimits()
# As the child process sends it; a hostile file may have taken that over.
FILE_TEXT = TypeAdapter(FileText)
# Pictures below so many bytes are the logos of signatures.
LEAST_PICTURE = 6_000
_MOST_REASONS = 5
BLANK = (UnreadReason.NO_TEXT(),)


def distinct(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """The reasons of the parts that were not read, each once, as those of the file."""
    return tuple(dict.fromkeys(reasons))[:_MOST_REASONS]


def trimmed(text: str, limits: ReadLimits, unread: tuple[Reason, ...] = ()) -> FileText:
    """Both ends of a text that is too long: errors stand at the start of a message and at the end of a log."""
    text = _NO_CHARACTER.sub(" ", text)
    if not text.strip():
        return FileText(unread=unread or BLANK, empty=not unread)
    if len(text) > limits.text:
        # Most files are short, and masking takes a while to load.
        from zendesk_gupshup.text.truncation import both_ends

        missing = len(text) - 2 * ((limits.text - len(_CUT)) // 2)
        text = both_ends(text, limits.text, _CUT)
        unread = unread or (UnreadReason.MIDDLE_CUT(count=missing),)
    return FileText(text=text, unread=unread)


def in_file(name: str | Reason, why: tuple[Reason, ...]) -> Reason:
    """Why the file of this name, which lies in another one, was not read."""
    if isinstance(name, str):
        name = shown_name(name) or Detail.FILE_WITHOUT_NAME()
    return UnreadReason.IN(name=name, why=why)


def shown_name(name: str) -> str:
    """A file's name on one line, without what could disguise it, and of bounded length; it may be empty."""
    name = " ".join(_INVISIBLE.sub(" ", name).split())
    if len(name) > 80:
        from zendesk_gupshup.text.redaction import mask

        # Half a key would be known as none.
        name = mask(name[:4000])
    return name if len(name) <= 80 else f"{name[:60]}…{name[-16:]}"
