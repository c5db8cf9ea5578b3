"""`alerts`: a test message, the list, and an acknowledgement; and `serve`, which sends what is wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.alert_sink import AlertSink, alert_sink
from support.cli import run
from support.once import serve_once
from zendesk_gupshup.alerts.alert import AlertKind
from zendesk_gupshup.cli.alerts import KINDS
from zendesk_gupshup.demo.stage import environment
from zendesk_gupshup.model.outcome_reasons import FailureKind
from zendesk_gupshup.storage.dead_letters import DeadLetters
from zendesk_gupshup.storage.engine import open_engine
from zendesk_sandbox.server import SandboxServer

_SECRET = "a secret of this test"


@pytest.fixture
def sink() -> Iterator[AlertSink]:
    with alert_sink() as made:
        yield made


@pytest.fixture
def folder(tmp_path: Path, sink: AlertSink, sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory of an installation whose settings name the service."""
    for name, value in environment(sandbox.base_url, _SECRET, tmp_path).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "urls").write_text(sink.url, encoding="utf-8")
    (tmp_path / "zendesk-gupshup.toml").write_text('[alerts]\nurls_file = "urls"\nlanguage = "es"\n', encoding="utf-8")
    return tmp_path


def serve() -> int:
    """The exit code of a worker in a process of its own: it takes over logging."""
    command = [sys.executable, "-m", "zendesk_gupshup", "serve", "--port", "0"]
    return subprocess.run(command, capture_output=True, timeout=120, check=False).returncode


def give_up_a_ticket(folder: Path, account: str) -> None:
    engine = open_engine(None, folder / "state")
    DeadLetters(engine, account).give_up(7, FailureKind.REFUSED, "ticket 7: refused (422)", 1)
    engine.dispose()


def test_the_kinds_are_those_of_the_code() -> None:
    assert tuple(AlertKind) == KINDS


def test_a_test_message_is_sent(folder: Path, sink: AlertSink, sandbox: SandboxServer) -> None:
    assert run("alerts", "test") == (0, "line 1: JSON: sent\n", "")
    (received,) = sink.received
    assert (received["title"], received["message"]) == (
        "Worker de Gupshup: prueba",
        f"Esto es una prueba. Aquí llegan las alertas del worker de Gupshup.\nCuenta de Zendesk: {sandbox.base_url}",
    )


def test_a_test_message_that_does_not_arrive_is_an_error(folder: Path, sink: AlertSink) -> None:
    sink.status = 403
    code, out, _ = run("alerts", "test", "--json")
    (row,) = json.loads(out)
    assert (code, row["sent"], row["service"]) == (1, False, "JSON")
    assert "403" in row["reason"]
    assert "a-secret-of-this-test" not in out


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ("", "[alerts] urls_file is not set"),
        ('[alerts]\nurls_file = "none"\n', "none: cannot be read: No such file"),
    ],
)
def test_without_a_file_it_says_what_to_do(folder: Path, settings: str, words: str) -> None:
    (folder / "zendesk-gupshup.toml").write_text(settings, encoding="utf-8")
    code, _, error = run("alerts", "test")
    assert code == 1
    assert words in error


def test_the_environment_may_name_the_file(folder: Path, sink: AlertSink, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "zendesk-gupshup.toml").unlink()
    monkeypatch.setenv("ZENDESK_GUPSHUP_ALERTS_FILE", str(folder / "urls"))
    assert run("alerts", "test")[0] == 0
    assert len(sink.received) == 1


def test_a_worker_sends_what_is_wrong_once(folder: Path, sink: AlertSink, sandbox: SandboxServer) -> None:
    give_up_a_ticket(folder, sandbox.base_url)
    assert [serve_once({}, folder) for _ in range(2)] == [[3], [3]]
    (body,) = sink.bodies
    assert body.startswith("- Tickets en la lista de fallidos: 1. ")
    code, out, _ = run("alerts", "list", "--json")
    (row,) = json.loads(out)["alerts"]
    assert (code, row["alert"], row["count"]) == (0, "failures", 1)
    assert row["sent"]


def test_an_acknowledged_kind_is_not_sent(folder: Path, sink: AlertSink, sandbox: SandboxServer) -> None:
    give_up_a_ticket(folder, sandbox.base_url)
    code, out, _ = run("alerts", "acknowledge", "failures", "--hours", "4")
    assert (code, out[:26]) == (0, "failures: no alert until 2")
    assert (serve_once({}, folder), sink.received) == ([3], [])
    assert list(json.loads(run("alerts", "list", "--json")[1])["acknowledged_until"]) == ["failures"]
    assert run("alerts", "acknowledge", "failures", "--hours", "0")[1] == "failures: alerts are sent again\n"
    assert serve_once({}, folder) == [3]
    assert len(sink.received) == 1


def test_credentials_that_are_refused_at_the_start_are_told_of_once(
    folder: Path, sink: AlertSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZENDESK_OAUTH_CLIENT_SECRET", "wrong")
    assert [serve() for _ in range(2)] == [6, 6]
    (body,) = sink.bodies
    assert body.startswith("- Zendesk rechaza las credenciales.")


def test_a_wrong_file_ends_the_start(folder: Path) -> None:
    (folder / "urls").write_text("slak://secretsecret\n", encoding="utf-8")
    code, _, error = run("serve")
    assert (code, error) == (1, "zendesk-gupshup: urls: line 1: no URL of a service that Apprise knows\n")
