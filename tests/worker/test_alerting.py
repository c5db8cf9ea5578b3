"""What a worker reads of itself for its alerts."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest
import sqlalchemy as sa

from support.databases import ACCOUNT, database
from support.ledger_entries import entry
from zendesk_gupshup.alerts.alert import AlertReadings
from zendesk_gupshup.ledger.ledger import Ledger
from zendesk_gupshup.ledger.runs import LIVE
from zendesk_gupshup.model.outcome_reasons import FailureKind
from zendesk_gupshup.settings import Settings
from zendesk_gupshup.storage.app_actions import AppActions
from zendesk_gupshup.storage.app_store import AppStore
from zendesk_gupshup.storage.dead_letters import DeadLetters
from zendesk_gupshup.storage.send_quota import SendQuota
from zendesk_gupshup.storage.sweep_state import SweepState
from zendesk_gupshup.storage.visits import Visits
from zendesk_gupshup.worker.alerting import AlertProbe, alert_watch
from zendesk_gupshup.worker.handler_storage import HandlerStorage
from zendesk_gupshup.zendesk.credential_breaker import CredentialBreaker

NOW = int(time.time())
HOUR, DAY = 3600, 86_400


@dataclass
class Breaker:
    reason: str | None = None


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    made = database(request.param, tmp_path / "state")
    yield made
    made.dispose()


def storage(engine: sa.Engine) -> HandlerStorage:
    tables: Any = (Ledger, SweepState, DeadLetters, Visits, SendQuota, AppStore, AppActions)
    return HandlerStorage(*(table(engine, ACCOUNT) for table in tables))


def probe(engine: sa.Engine, breaker: Breaker, clock: Clock, *, sweeps: bool = True) -> AlertProbe:
    credential = cast("CredentialBreaker", breaker)
    return AlertProbe(engine, storage(engine), credential, 3, sweeps=sweeps, monotonic=clock)


def test_a_worker_reads_its_own_state(engine: sa.Engine) -> None:
    breaker, clock, kept = Breaker(), Clock(), storage(engine)
    read = probe(engine, breaker, clock)
    assert read() == AlertReadings(replies_per_hour=3, sweep_seconds=0.0)

    breaker.reason = "refused"
    kept.dead_letters.give_up(7, FailureKind.REFUSED, "refused", 1)
    assert kept.send_quota.acquire_reply(7, "gupshup_replied__http_401", 3)
    clock.now = 700.0
    assert read() == AlertReadings(True, 1, 3, 1, 0.0, 700.0)


def test_each_page_that_is_read_shows_that_the_sweep_gets_on(engine: sa.Engine) -> None:
    clock, state = Clock(), SweepState(engine, ACCOUNT)
    read = probe(engine, Breaker(), clock)
    read()
    clock.now = 500.0
    assert read().sweep_seconds == 500.0
    state.save_cursor("a", None, NOW)
    assert read().sweep_seconds == 0.0
    clock.now = 560.0
    # Nothing has changed in Zendesk: the cursor stays, and the time goes on.
    state.save_cursor("a", "a", NOW + 60)
    assert read().sweep_seconds == 0.0


def test_a_worker_without_sweep_has_no_late_sweep(engine: sa.Engine) -> None:
    assert probe(engine, Breaker(), Clock(), sweeps=False)().sweep_seconds is None


@pytest.mark.parametrize(
    ("seen", "first"),
    [
        pytest.param([(LIVE, NOW, "5003")], {"5003"}, id="new"),
        pytest.param([(LIVE, NOW - 2 * DAY, "5003"), (LIVE, NOW, "5003")], set(), id="seen before"),
        pytest.param([("reprocess-1", NOW - 2 * DAY, "5003"), (LIVE, NOW, "5003")], set(), id="seen by a backfill"),
        pytest.param([("reprocess-1", NOW, "5003")], set(), id="a backfill alone"),
        pytest.param([(LIVE, NOW - 2 * DAY, "5003"), (LIVE, NOW, "8123")], {"8123"}, id="another one"),
    ],
)
def test_a_code_is_seen_for_the_first_time_once(
    engine: sa.Engine, seen: list[tuple[str, int, str]], first: set[str]
) -> None:
    ledger = Ledger(engine, ACCOUNT)
    for number, (run, at, code) in enumerate(seen):
        ledger.record(entry(number + 1, run=run, at=at, unknown=(code,)))
    assert probe(engine, Breaker(), Clock())().unknown_codes == first


def test_where_no_alerts_are_set_nothing_watches(engine: sa.Engine) -> None:
    assert alert_watch(Settings(), engine, AlertReadings) is None
