"""What of a message its writer did not write now: history, signatures, our own replies."""

from __future__ import annotations


def without_history(text: str, *, keep_forwarded: bool, first: bool) -> str:
    return text


def is_forward(subject: str) -> bool:
    return subject.lower().lstrip().startswith(("fw:", "fwd:", "rv:", "enc:", "wg:", "tr:", "i:"))


def is_ours(text: str) -> bool:
    return "an authentication error has been detected" in text.lower()


def is_automatic(subject: str, body: str) -> bool:
    return False
