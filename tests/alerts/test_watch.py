"""One message for each event, whoever looks, however often, and whatever fails in between."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from support.alert_sink import AlertSink
from support.databases import ACCOUNT, database
from zendesk_gupshup.alerts import watch
from zendesk_gupshup.alerts.alert import AlertKind, AlertLimits, AlertReadings, incident
from zendesk_gupshup.alerts.options import AlertSettings
from zendesk_gupshup.alerts.watch import AlertWatch, report
from zendesk_gupshup.storage.alert_state import AlertState
from zendesk_gupshup.storage.sweep_state import SweepState

MINUTE, HOUR, DAY = 60, 3600, 86_400
START = 1_790_000_000
WELL, FAILED = AlertReadings(), AlertReadings(failures=1)


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    made = database(request.param, tmp_path / "state")
    yield made
    made.dispose()


@dataclass
class Bench:
    """A clock to set, readings to change, and any number of watches on one database."""

    engine: sa.Engine
    sink: AlertSink
    urls: Path
    now: float = START
    readings: AlertReadings = WELL
    settings: AlertSettings = field(default_factory=AlertSettings)

    @property
    def state(self) -> AlertState:
        return AlertState(self.engine, ACCOUNT)

    def watch(self) -> AlertWatch:
        turns = SweepState(self.engine, ACCOUNT)
        limits = AlertLimits()
        return AlertWatch(
            self.settings,
            self.urls,
            limits,
            self.state,
            turns,
            lambda: self.readings,
            ACCOUNT,
            clock=lambda: self.now,
        )

    def after(self, seconds: int, readings: AlertReadings) -> int:
        """Check once, so much later; how many messages have arrived so far."""
        self.now += seconds
        self.readings = readings
        self.watch().check()
        return len(self.sink.received)


@pytest.fixture
def bench(engine: sa.Engine, sink: AlertSink, tmp_path: Path) -> Bench:
    path = tmp_path / "urls"
    path.write_text(sink.url, encoding="utf-8")
    return Bench(engine, sink, path)


def test_an_event_is_one_message_however_long_it_lasts(bench: Bench) -> None:
    assert bench.after(0, WELL) == 0
    assert [bench.after(MINUTE, FAILED) for _ in range(30)] == [1] * 30


def test_what_flickers_is_one_event_and_what_comes_back_later_another(bench: Bench) -> None:
    assert bench.after(0, FAILED) == 1
    assert bench.after(5 * MINUTE, WELL) == 1
    assert bench.after(9 * MINUTE, FAILED) == 1
    assert bench.after(16 * MINUTE, FAILED) == 2


def test_it_is_sent_once_however_long_it_lasts(bench: Bench) -> None:
    assert [bench.after(HOUR // 4, FAILED) for _ in range(4 * 48)] == [1] * 4 * 48


def test_it_is_sent_again_a_day_later_while_it_lasts_where_the_setting_asks(bench: Bench) -> None:
    bench.settings = AlertSettings(repeat_hours=24)
    assert [bench.after(10 * MINUTE, FAILED) for _ in range(6 * 24)] == [1] * 6 * 24
    assert bench.after(10 * MINUTE, FAILED) == 2
    assert "sent again because it still lasts" in bench.sink.bodies[1]


def test_what_begins_together_is_one_message(bench: Bench) -> None:
    assert bench.after(0, replace(FAILED, queue_seconds=900, unknown_codes=frozenset({"5003"}))) == 1
    assert bench.sink.received[0]["title"] == "Gupshup worker: 3 alerts"


def test_what_begins_soon_after_waits_for_the_next_message(bench: Bench) -> None:
    assert bench.after(0, FAILED) == 1
    assert bench.after(MINUTE, replace(FAILED, queue_seconds=900)) == 1
    assert bench.after(MINUTE, replace(FAILED, queue_seconds=960, unknown_codes=frozenset({"5003"}))) == 1
    assert bench.after(3 * MINUTE, replace(FAILED, queue_seconds=1140)) == 2
    assert "has waited for 19 minutes" in bench.sink.bodies[1]
    assert "5003" in bench.sink.bodies[1]
    assert "dead-letter" not in bench.sink.bodies[1]


def test_an_unknown_code_is_told_of_once_for_good(bench: Bench) -> None:
    seen = AlertReadings(unknown_codes=frozenset({"5003"}))
    assert [bench.after(6 * HOUR, seen) for _ in range(4)] == [1] * 4
    assert bench.after(30 * DAY, replace(seen, unknown_codes=frozenset({"5003", "8123"}))) == 2
    assert "8123" in bench.sink.bodies[1]
    assert "5003" not in bench.sink.bodies[1]


def test_another_part_reports_an_event_of_its_own(bench: Bench) -> None:
    begun = incident("meta 131049", 3, 4711)
    assert [report(bench.state, begun, START) for _ in range(2)] == [True, False]
    assert [bench.after(10 * MINUTE, WELL) for _ in range(3)] == [1, 1, 1]
    assert "Incident: code meta 131049 at 3 organizations. Problem ticket: 4711." in bench.sink.bodies[0]


def test_nothing_is_sent_of_what_is_acknowledged_until_the_time_is_over(bench: Bench) -> None:
    bench.state.acknowledge(AlertKind.FAILURES, START + 8 * HOUR)
    assert [bench.after(HOUR, FAILED) for _ in range(7)] == [0] * 7
    assert bench.after(HOUR, FAILED) == 1


def test_an_acknowledgement_can_be_ended(bench: Bench) -> None:
    bench.state.acknowledge(AlertKind.FAILURES, START + 8 * HOUR)
    assert bench.after(MINUTE, FAILED) == 0
    bench.state.acknowledge(AlertKind.FAILURES, START)
    assert bench.after(MINUTE, FAILED) == 1


def test_a_message_that_no_service_took_is_sent_later(bench: Bench) -> None:
    bench.sink.status = 503
    assert bench.after(0, FAILED) == 0
    bench.sink.status = 200
    assert bench.after(MINUTE, FAILED) == 0
    assert bench.after(4 * MINUTE, FAILED) == 1
    assert bench.after(5 * MINUTE, FAILED) == 1


def test_one_service_of_two_is_enough(bench: Bench) -> None:
    bench.urls.write_text(f"json://127.0.0.1:9/nobody\n{bench.sink.url}", encoding="utf-8")
    assert [bench.after(5 * MINUTE, FAILED) for _ in range(3)] == [1, 1, 1]


def test_a_file_that_is_corrected_meanwhile_is_read_again(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    good = bench.urls.read_text(encoding="utf-8")
    bench.urls.write_text("slak://secretsecret", encoding="utf-8")
    assert bench.after(0, FAILED) == 0
    assert "secretsecret" not in caplog.text
    bench.urls.write_text(good, encoding="utf-8")
    assert bench.after(5 * MINUTE, FAILED) == 1


def test_a_clock_that_was_set_back_does_not_silence_it(bench: Bench) -> None:
    assert bench.after(DAY, FAILED) == 1
    assert bench.after(-DAY, replace(FAILED, queue_seconds=900)) == 2


def test_many_workers_send_one_message(bench: Bench) -> None:
    bench.readings = FAILED
    start = threading.Barrier(6)

    def look() -> None:
        own = bench.watch()
        start.wait()
        for _ in range(3):
            own.try_check()

    threads = [threading.Thread(target=look) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(bench.sink.received) == 1


def test_it_checks_by_itself_until_it_is_stopped(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "_PERIOD", 0.01)
    stopping, bench.readings = threading.Event(), FAILED
    bench.watch().start(stopping)
    assert bench.sink.arrived.wait(30)
    stopping.set()
    (thread,) = (one for one in threading.enumerate() if one.name == "alerts")
    thread.join(30)
    assert (thread.is_alive(), len(bench.sink.received)) == (False, 1)


def test_a_check_that_fails_is_logged_without_its_words(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    broken = bench.watch()
    with bench.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE zg_alert")
    bench.readings = FAILED
    broken.try_check()
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == [
        "alerts: the check failed: OperationalError"
        if bench.engine.dialect.name == "sqlite"
        else "alerts: the check failed: ProgrammingError"
    ]


def test_old_events_are_forgotten(bench: Bench) -> None:
    bench.after(0, FAILED)
    bench.now += 401 * DAY
    bench.watch().forget(400)
    assert bench.state.listed() == ()
