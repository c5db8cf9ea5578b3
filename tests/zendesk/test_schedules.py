"""Business hours as Zendesk gives them, and accounts without."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from pydantic import SecretStr

from support.stub_zendesk import Reply, Stub
from zendesk_gupshup.model.office_hours import OfficeHours
from zendesk_gupshup.zendesk.client import Zendesk
from zendesk_gupshup.zendesk.config import ZendeskConfig
from zendesk_gupshup.zendesk.errors import ZendeskError
from zendesk_gupshup.zendesk.schedules import own_time_zone, with_schedule

SCHEDULES, HOLIDAYS = "GET business_hours/schedules", "GET business_hours/schedules/7/holidays"
QUIET = OfficeHours(time_zone="Europe/Madrid", quiet=(1200, 480))


@pytest.fixture
def stub() -> Iterator[Stub]:
    with Stub() as server:
        server.on("GET users/me.json", {"user": {"id": 900}})
        yield server


@pytest.fixture
def zendesk(stub: Stub) -> Iterator[Zendesk]:
    access = ZendeskConfig(base_url=stub.base_url, oauth_token=SecretStr("token"))
    with Zendesk(access, sleep=lambda _: None) as gateway:
        yield gateway


def schedule(number: int, name: str, time_zone: str) -> dict[str, Any]:
    intervals = [{"start_time": 1980, "end_time": 2460}]
    return {"id": number, "name": name, "time_zone": time_zone, "intervals": intervals}


def give(stub: Stub, *schedules: dict[str, Any]) -> None:
    stub.on(SCHEDULES, {"schedules": list(schedules)})
    days = [{"id": 1, "name": "Xmas", "start_date": "2026-12-24", "end_date": "2026-12-26"}]
    stub.on(HOLIDAYS, {"holidays": days})


@pytest.mark.parametrize(
    ("written", "known"),
    [
        ("Eastern Time (US & Canada)", "America/New_York"),
        ("Bogota", "America/Bogota"),
        ("Buenos Aires", "America/Argentina/Buenos_Aires"),
        ("Brasilia", "America/Sao_Paulo"),
        ("Europe/Berlin", "Europe/Berlin"),
        ("UTC", "UTC"),
        ("Atlantis", "Europe/Madrid"),
    ],
)
def test_the_first_schedule_counts_with_its_holidays_in_its_time_zone(
    stub: Stub, zendesk: Zendesk, written: str, known: str
) -> None:
    give(stub, schedule(7, "Support", written), schedule(8, "Night", "UTC"))
    assert with_schedule(zendesk, QUIET, None) == OfficeHours(
        time_zone=known,
        intervals=((1980, 2460),),
        holidays=((date(2026, 12, 24), date(2026, 12, 26)),),
        quiet=(1200, 480),
    )


def test_a_schedule_may_be_named(stub: Stub, zendesk: Zendesk) -> None:
    give(stub, schedule(8, "Night", "UTC"), schedule(7, "Support", "Lima"))
    assert with_schedule(zendesk, QUIET, "support").time_zone == "America/Lima"
    with pytest.raises(LookupError):
        with_schedule(zendesk, QUIET, "Nobody's")


@pytest.mark.parametrize("answer", [Reply({"schedules": []}), Reply({}, status=404), Reply({}, status=403)])
def test_without_one_the_quiet_hours_alone_count(stub: Stub, zendesk: Zendesk, answer: Reply) -> None:
    stub.on(SCHEDULES, answer)
    assert with_schedule(zendesk, QUIET, None) == QUIET


def test_another_refusal_is_one(stub: Stub, zendesk: Zendesk) -> None:
    stub.on(SCHEDULES, Reply({}, status=422))
    with pytest.raises(ZendeskError):
        with_schedule(zendesk, QUIET, None)


@pytest.mark.parametrize(
    ("told", "known"),
    [({"iana_time_zone": "America/Bogota"}, "America/Bogota"), ({"iana_time_zone": None}, None), ({}, None)],
)
def test_our_own_time_zone_is_that_of_our_user(
    stub: Stub, zendesk: Zendesk, told: dict[str, Any], known: str | None
) -> None:
    stub.on("GET users/me.json", {"user": {"id": 900, **told}})
    assert own_time_zone(zendesk) == known
