"""`serve`, as far as it comes without an account."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest

from support.cli import run


def test_a_start_that_fails_leaves_the_garbage_collector_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ZENDESK_GUPSHUP_STATE", str(tmp_path / "state"))
    monkeypatch.delenv("ZENDESK_WEBHOOK_SECRET", raising=False)
    code, _, said = run("serve", "--port", "0")
    assert (code, "ZENDESK_WEBHOOK_SECRET is missing" in said, gc.isenabled()) == (1, True, True)
