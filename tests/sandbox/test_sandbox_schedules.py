"""Schedules of the sandbox: business hours and holidays, and what is refused of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from support.sandbox_api import Api
from zendesk_sandbox.server import SandboxServer

PATH = "/business_hours/schedules"
SUPPORT = {"name": "Support", "time_zone": "Pacific Time (US & Canada)"}
XMAS = {"name": "Xmas", "start_date": "2026-12-24", "end_date": "2026-12-26"}


@pytest.fixture
def api(sandbox: SandboxServer) -> Iterator[Api]:
    with Api(sandbox) as api:
        yield api


def made(api: Api) -> int:
    number: int = api.json("POST", PATH, {"schedule": SUPPORT}, 201)["schedule"]["id"]
    return number


def test_an_account_starts_without_a_schedule(api: Api) -> None:
    assert api.json("GET", f"{PATH}.json") == {"schedules": [], "url": f"{api.base}/api/v2{PATH}.json"}


def test_a_schedule_has_hours_that_can_be_set_and_holidays(api: Api) -> None:
    number = made(api)
    [listed] = api.json("GET", PATH)["schedules"]
    week = [{"start_time": day * 1440 + 540, "end_time": day * 1440 + 1020} for day in range(1, 6)]
    stamps = {key: listed[key] for key in ("created_at", "updated_at")}
    assert listed == {"id": number, **SUPPORT, "intervals": week, **stamps}
    hours = [{"start_time": 0, "end_time": 1440}]
    api.json("PUT", f"{PATH}/{number}/workweek", {"workweek": {"intervals": hours}})
    assert api.json("GET", f"{PATH}/{number}")["schedule"]["intervals"] == hours
    day = api.json("POST", f"{PATH}/{number}/holidays", {"holiday": XMAS}, 201)["holiday"]
    url = f"{api.base}/api/v2{PATH}/{number}/holidays.json"
    assert api.json("GET", f"{PATH}/{number}/holidays") == {"holidays": [{"id": day["id"], **XMAS}], "url": url}
    api.json("DELETE", f"{PATH}/{number}/holidays/{day['id']}", status=204)
    assert api.json("GET", f"{PATH}/{number}/holidays")["holidays"] == []


REFUSED: list[tuple[str, str, dict[str, Any], int]] = [
    ("POST", "", {"schedule": {"name": "Support"}}, 422),
    ("GET", "/1", {}, 404),
    ("GET", "/1/holidays", {}, 404),
    ("PUT", "/NUMBER/workweek", {"workweek": {"intervals": [{"start_time": 540, "end_time": 540}]}}, 422),
    ("PUT", "/NUMBER/workweek", {"workweek": {"intervals": [{"start_time": 540, "end_time": 1500}]}}, 422),
    ("PUT", "/NUMBER/workweek", {"workweek": {"intervals": [{"start_time": 9600, "end_time": 10081}]}}, 422),
    ("POST", "/NUMBER/holidays", {"holiday": {**XMAS, "end_date": "2026-12-23"}}, 422),
    ("DELETE", "/NUMBER/holidays/1", {}, 404),
]


@pytest.mark.parametrize(("method", "path", "body", "status"), REFUSED)
def test_what_is_refused(api: Api, method: str, path: str, body: dict[str, Any], status: int) -> None:
    place = f"{PATH}{path.replace('NUMBER', str(made(api)))}"
    api.json(method, place, body or None, status)


def test_agents_may_read_them_and_change_none(sandbox: SandboxServer) -> None:
    with Api(sandbox, "ada@example.com") as agent:
        assert agent.json("GET", PATH)["schedules"] == []
        agent.json("POST", PATH, {"schedule": SUPPORT}, 403)
