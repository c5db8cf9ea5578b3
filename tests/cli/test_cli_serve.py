"""What `serve` loads at its start, and how it leaves the garbage collector."""

from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path

import pytest

from support.cli import run

# Loaded once a setting or a ticket asks for them: the Zendesk app, client credentials, an upgrade, alerts, files.
LATER = {
    "alembic",
    "apprise",
    "cryptography",
    "fpdf",
    "jwskate",
    "pypdf",
    "python_calamine",
    "requests_oauth2client",
    "zendesk_gupshup.app",
    "zendesk_gupshup.doctor",
    "zendesk_gupshup.report",
}
PARTS = ("brain", "worker.http_app", "worker.http_server", "worker.worker", "zendesk.client")


def test_a_worker_loads_at_its_start_what_every_worker_needs() -> None:
    program = f"import sys, {', '.join(f'zendesk_gupshup.{part}' for part in PARTS)}; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert set(ran.stdout.split()) & LATER == set()


def test_a_start_that_fails_leaves_the_garbage_collector_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ZENDESK_GUPSHUP_STATE", str(tmp_path / "state"))
    monkeypatch.delenv("ZENDESK_WEBHOOK_SECRET", raising=False)
    code, _, said = run("serve", "--port", "0")
    assert (code, "ZENDESK_WEBHOOK_SECRET is missing" in said, gc.isenabled()) == (1, True, True)
