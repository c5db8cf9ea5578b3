"""Messages reach a service; what is wrong with the URLs is said without quoting one; nothing is loaded for nobody."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from support.alert_sink import AlertSink
from zendesk_gupshup.alerts.delivery import AlertUrlsError, Delivered, read_services
from zendesk_gupshup.alerts.message import AlertMessage

MESSAGE = AlertMessage("A title", "- one <b>\n- two & three")


def urls(folder: Path, *lines: str) -> Path:
    path = folder / "urls"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_a_message_arrives_as_it_is(tmp_path: Path, sink: AlertSink) -> None:
    path = urls(tmp_path, "# our chat", "", f"  {sink.url}  ")
    assert [service.send(MESSAGE) for service in read_services(path)] == [Delivered(3, "JSON")]
    (received,) = sink.received
    assert {name: received[name] for name in ("title", "message", "attachments")} == {
        "title": MESSAGE.title,
        "message": MESSAGE.body,
        "attachments": [],
    }


def test_a_service_that_fails_says_why_without_its_secret(tmp_path: Path, sink: AlertSink) -> None:
    sink.status = 503
    (result,) = (service.send(MESSAGE) for service in read_services(urls(tmp_path, sink.url)))
    assert result.reason is not None
    assert "503" in result.reason
    assert "a-secret-of-this-test" not in result.reason


def test_one_that_cannot_be_reached_fails(tmp_path: Path) -> None:
    (service,) = read_services(urls(tmp_path, "json://127.0.0.1:9/hook"))
    result = service.send(MESSAGE)
    assert (result.line, result.service) == (1, "JSON")
    assert result.reason


@pytest.mark.parametrize(
    ("lines", "mistake"),
    [
        pytest.param((), "holds no URL", id="empty"),
        pytest.param(("# slack://a/b/c",), "holds no URL", id="comments alone"),
        pytest.param(("json://localhost", "slak://T0KENTOKEN/B0KENTOKEN/secretsecretsecret"), "line 2", id="unknown"),
        pytest.param(("secretsecretsecret",), "line 1", id="no URL"),
        pytest.param(("slack://secretsecretsecret",), "line 1", id="incomplete"),
    ],
)
def test_a_mistake_is_named_by_its_line_and_not_quoted(
    tmp_path: Path, lines: tuple[str, ...], mistake: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = urls(tmp_path, *lines)
    with pytest.raises(AlertUrlsError, match=mistake) as raised:
        read_services(path)
    assert str(raised.value).startswith(f"{path}: ")
    assert "secretsecret" not in str(raised.value) + caplog.text


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(AlertUrlsError, match="cannot be read: No such file"):
        read_services(tmp_path / "none")


@pytest.mark.parametrize("module", ["worker.worker", "cli.serve", "cli.alerts", "doctor.examine", "alerts.watch"])
def test_the_library_is_not_loaded_before_there_is_a_service(module: str) -> None:
    program = f"import sys, zendesk_gupshup.{module}; print('apprise' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"
