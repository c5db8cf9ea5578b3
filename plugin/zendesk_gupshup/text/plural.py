"""A number with its noun, for messages to people."""

from __future__ import annotations


def counted(number: int, one: str, many: str | None = None) -> str:
    """`1 ticket`, `1,200 tickets`, `2 replies`."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"
