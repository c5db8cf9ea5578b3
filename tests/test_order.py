"""The order in which a run gives its tests to the workers."""

from __future__ import annotations

import pytest

from support.order import long_first

ITEMS = ["a", "b", "L1", "c", "L2", "W1", "W1", "V1", "V1", "d", "e", "f"]


@pytest.mark.parametrize(
    ("workers", "expected"),
    [
        (1, "L1 L2 W1 W1 V1 V1 a b c d e f"),
        (2, "L1 W1 W1 a b c L2 V1 V1 d e f"),
        (4, "L1 a b L2 c d W1 W1 e V1 V1 f"),
        (12, "L1 L2 W1 W1 V1 V1 a b c d e f"),
    ],
)
def test_each_worker_begins_with_what_takes_long_and_gets_as_many_as_the_others(workers: int, expected: str) -> None:
    assert long_first(ITEMS, workers, lambda item: item if item[0].isupper() else None) == expected.split()
