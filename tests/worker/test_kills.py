"""Kills at the moments that matter most, by the code of `benchmarks/faults.py`, which does so at every request.

Of `reprocess` and `undo` the like is in their own tests.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from support.paths import ROOT

sys.path.append(str(ROOT / "benchmarks"))

from faults import BY_NAME, worker_kills

LONG = "each"


@pytest.mark.no_cover
def test_a_worker_killed_at_each_update_writes_each_once(tmp_path: Path) -> None:
    tally = worker_kills(tmp_path, BY_NAME["macro and report"], "PUT kill_applied")
    assert (tally.wrong, tally.forgotten, tally.kills.total()) == ([], 0, 2)
    assert tally.replies == {1: 3}
