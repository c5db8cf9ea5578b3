"""The order of a run: what takes long begins at once on each of the workers, in place of being left for the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import TypeVar

_T = TypeVar("_T")


def long_first(items: Sequence[_T], workers: int, unit: Callable[[_T], str | None]) -> list[_T]:
    """All items, of which xdist's `worksteal` deals each worker an equal run: the long ones stand first in each run.

    `unit` names what stays together of the long ones, and is `None` for the others. Whoever is idle later takes from
    the ends of the others' runs.
    """
    rest = [item for item in items if unit(item) is None]
    units = [list(same) for _, same in groupby((item for item in items if unit(item) is not None), unit)]
    ordered: list[_T] = []
    for number in range(workers):
        first = [item for same in units[number::workers] for item in same]
        size = (len(items) - len(ordered)) // (workers - number)
        others = max(size - len(first), 0)
        ordered += first + rest[:others]
        rest = rest[others:]
    return ordered + rest
