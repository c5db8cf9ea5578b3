"""Codes of the dictionary that a program wrote as amounts, where their column or their field says that they are codes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from zendesk_gupshup.detect.columns import WRITTEN, as_code, in_a_column_of_codes, in_a_field_of_codes
from zendesk_gupshup.detect.index import OF_CODES
from zendesk_gupshup.detect.mention import is_known
from zendesk_gupshup.detect.scene import Scene, once

_MAX_RUNS = 2000
_SHORTEST, _MOST_OF_A_NUMBER = 3, 24
_DECIMALS = frozenset("0" * size for size in range(1, 7))
_GROUP = 3


@dataclass(frozen=True)
class Amount:
    """`131049.0` at its place, and the code that it is."""

    start: int
    end: int
    number: str
    in_column: bool


@once
def amounts(scene: Scene) -> tuple[Amount, ...]:
    """Every amount that its column or its field calls a code."""
    return tuple(_amounts(scene))


def _amounts(scene: Scene) -> Iterator[Amount]:
    for start, end, number in _written(scene):
        column = in_a_column_of_codes(scene.low, start, end)
        if column or in_a_field_of_codes(scene.low, start):
            yield Amount(start, end, number, column)


def with_plain_codes(scene: Scene) -> str:
    """The folded text with each of them in plain digits, and every other character in its place."""
    low = scene.low
    for one in amounts(scene):
        size = one.end - one.start
        if len(one.number) <= size:
            low = f"{low[: one.start]}{one.number.ljust(size)}{low[one.end :]}"
    return low


def _written(scene: Scene) -> Iterator[tuple[int, int, str]]:
    """The first of each number that may be a code, written as an amount."""
    if OF_CODES not in scene.kinds or not _may_hold_amounts(scene):
        return
    counts: Counter[str] = Counter()
    for found in islice(WRITTEN.finditer(scene.low), _MAX_RUNS):
        number = as_code(found[0])
        if number is None or len(number) < _SHORTEST or not is_known(number, scene.index):
            continue
        counts[number] += 1
        if counts[number] <= _MOST_OF_A_NUMBER:
            yield found.start(), found.end(), number


def _may_hold_amounts(scene: Scene) -> bool:
    """Cheap: digits behind a point or a comma that are all zeros, groups that make a code together, or an exponent."""
    runs, numbers = scene.digits, scene.index.numbers
    if (".0" in scene.low or ",0" in scene.low) and not runs.isdisjoint(_DECIMALS):
        return True
    groups = runs & scene.index.endings
    if groups and any(f"{first}{group}" in numbers for first in runs if len(first) <= _GROUP for group in groups):
        return True
    return b"d.d" in scene.shape and any(power in scene.low for power in ("e+0", "e5", "e3", "e2"))
