"""What `serve` loads at its start."""

from __future__ import annotations

import subprocess
import sys

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
