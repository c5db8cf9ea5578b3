"""Reminders keep to the business hours and holidays that stand in Zendesk, as a real worker reads them there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from support.escalated import age, escalated, reminders
from support.workers import SECONDS
from zendesk_gupshup.demo.stage import Api, WorkerProcess, environment, install
from zendesk_sandbox.server import SandboxServer

LONG = "each"

CONFIG = """
[worker]
sweep_seconds = 7
[follow_up]
remind_after = ["2d"]
quiet_hours = []
schedule = "Soporte"
"""
ZONE = ZoneInfo("America/Bogota")
DAY = 24 * 60
PATH = "/api/v2/business_hours/schedules"


@pytest.fixture
def account(tmp_path: Path) -> Iterator[tuple[SandboxServer, Api, dict[str, str]]]:
    with SandboxServer(limits=False, incremental_lag=0) as sandbox:
        api = Api(sandbox.base_url, "worker@example.com")
        install(api, "http://127.0.0.1:9/nobody")
        (tmp_path / "zendesk-gupshup.toml").write_text(CONFIG, encoding="utf-8")
        yield sandbox, api, environment(sandbox.base_url, "a secret of this test", tmp_path)


def open_daily(start: int, end: int) -> dict[str, Any]:
    """A workweek of seven equal days, open between these minutes of the day."""
    intervals = [{"start_time": day * DAY + start, "end_time": day * DAY + end} for day in range(7)]
    return {"workweek": {"intervals": intervals}}


@pytest.mark.no_cover
def test_a_reminder_waits_until_the_schedule_is_open(
    account: tuple[SandboxServer, Api, dict[str, str]], tmp_path: Path
) -> None:
    sandbox, api, given = account

    def visit() -> list[tuple[int, str]]:
        """The reminders that stand there after one run of the worker."""
        worker = WorkerProcess(given, tmp_path, 0, "--once")
        assert worker.wait(SECONDS) == 0, worker.lines
        return list(reminders(sandbox, [ticket_id]))

    schedule = api.call("POST", PATH, {"schedule": {"name": "Soporte", "time_zone": "Bogota"}})["schedule"]
    ticket_id = escalated(sandbox)
    assert visit() == []
    age(sandbox, [ticket_id], 4 * 24)
    # Open for one hour, twelve hours from now.
    now = datetime.now(ZONE)
    far = (now.hour + 12) % 24 * 60
    api.call("PUT", f"{PATH}/{schedule['id']}/workweek", open_daily(far, far + 60))
    assert visit() == []
    api.call("PUT", f"{PATH}/{schedule['id']}/workweek", open_daily(0, DAY))
    days = {"start_date": f"{now - timedelta(days=1):%Y-%m-%d}", "end_date": f"{now + timedelta(days=1):%Y-%m-%d}"}
    holiday = api.call("POST", f"{PATH}/{schedule['id']}/holidays", {"holiday": {"name": "Puente", **days}})["holiday"]
    assert visit() == []
    api.call("DELETE", f"{PATH}/{schedule['id']}/holidays/{holiday['id']}")
    assert visit() == [(ticket_id, "gupshup_replied__reminder_1")]
