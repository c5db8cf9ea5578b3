"""Kills at the moments that matter, by the code of `benchmarks/faults.py`, which does so at every request."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))

from faults import BY_NAME, QUICKLY, Tally, command_kills, worker_kills


def outcome(tally: Tally) -> tuple[list[str], int, int]:
    return tally.wrong, tally.forgotten, tally.kills.total()


def test_a_worker_killed_at_each_update_writes_each_once(tmp_path: Path) -> None:
    tally = worker_kills(tmp_path, BY_NAME["macro and report"], "PUT kill_applied")
    assert outcome(tally) == ([], 0, 2)
    assert tally.replies == {1: 3}


def test_a_run_killed_at_an_update_writes_each_once(tmp_path: Path) -> None:
    tally = command_kills(tmp_path, "reprocess", QUICKLY[1:])
    assert outcome(tally) == ([], 0, 1)
    assert tally.replies == {1: 2}
