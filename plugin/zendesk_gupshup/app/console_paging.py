"""Pages of the console's lists by keyset: a cursor names the last row shown, so new rows move nothing.

A list that sums rows up carries a snapshot in its cursor, too: the newest decision that its first page counted.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

PAGE_ROWS = 50
_LONGEST_CURSOR = 400
_LARGEST = 2**63 - 1

T = TypeVar("T")


class BadCursor(ValueError):
    """the cursor is none that this list has given out"""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


@dataclass(frozen=True)
class ConsolePage(Generic[T]):
    """At most `PAGE_ROWS` rows, and the cursor of the next page; `None` on the last one."""

    rows: tuple[T, ...]
    next: str | None


def cursor_of(*key: int | str) -> str:
    """A row's key as one opaque word for an address."""
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def key_of_cursor(cursor: str | None, shape: TypeAdapter[T]) -> T | None:
    """The key in a cursor, in strict `shape` such as `tuple[int, str]`; `None` for the first page.

    Raises `BadCursor`: a cursor comes from outside, and may hold anything.
    """
    if cursor is None:
        return None
    if len(cursor) > _LONGEST_CURSOR:
        raise BadCursor
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        parts = json.loads(base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True))
        key = shape.validate_python(tuple(parts) if isinstance(parts, list) else parts, strict=True)
    except (ValueError, RecursionError, UnicodeError, binascii.Error, ValidationError):
        raise BadCursor from None
    # A number that no column can hold would be the database's error, not the caller's.
    if any(isinstance(part, int) and not 0 <= part <= _LARGEST for part in parts):
        raise BadCursor
    return key


def paged(rows: Sequence[T], key: Callable[[T], tuple[int | str, ...]]) -> ConsolePage[T]:
    """The first `PAGE_ROWS` of rows that were read with one more, so that it is known whether there are others."""
    shown = tuple(rows[:PAGE_ROWS])
    return ConsolePage(shown, cursor_of(*key(shown[-1])) if len(rows) > PAGE_ROWS else None)
