"""What `doctor` says of the Zendesk app: each fault by name with its remedy, and a sound one against a real `serve`."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner

from zendesk_gupshup import __version__
from zendesk_gupshup.app.install import PresentApp
from zendesk_gupshup.app.package import app_package
from zendesk_gupshup.app.registration import AppRegistration
from zendesk_gupshup.cli import main
from zendesk_gupshup.demo.stage import WorkerProcess, environment, free_port, stage
from zendesk_gupshup.doctor.zendesk_app import PageAnswer, asked, installed, key, page
from zendesk_sandbox.seed import API_TOKEN
from zendesk_sandbox.server import SandboxServer

URL, ACCOUNT = "https://gupshup.example.com", "https://example.zendesk.com"
PACKAGE = app_package(URL)
APP = {"id": 7, "name": PACKAGE.name, "version": __version__}
ROW: dict[str, Any] = {"id": 8, "app_id": 7, "enabled": True}
PEM = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"
KEPT = AppRegistration(
    app_id=7, installation_id=8, public_key=PEM, package_digest=PACKAGE.digest, installed_digest=PACKAGE.digest
)
SOUND = PresentApp(APP, ROW, PEM)
THERE = f"Gupshup errors {__version__} (app 7, installation 8)"


@pytest.mark.parametrize(
    ("kept", "present", "told"),
    [
        (KEPT, SOUND, [("ok", THERE)]),
        (KEPT, PresentApp(), [("fault", "not in this account")]),
        (KEPT, replace(SOUND, installation=None), [("fault", "uploaded as 7 and not installed")]),
        (
            KEPT,
            replace(SOUND, app={**APP, "version": "0.0.1"}),
            [("warning", f"Gupshup errors 0.0.1 (app 7, installation 8); this is version {__version__}")],
        ),
        (
            KEPT.model_copy(update={"package_digest": "other"}),
            SOUND,
            [("warning", f"{THERE}; it was built from other settings, such as another URL")],
        ),
        (
            KEPT,
            replace(SOUND, installation={**ROW, "enabled": False}),
            [("warning", "disabled, so nobody sees it"), ("ok", THERE)],
        ),
        (
            KEPT.model_copy(update={"installation_id": 9}),
            SOUND,
            [("fault", "the account has installation 8, `serve` expects 9: each page is refused"), ("ok", THERE)],
        ),
        (
            KEPT.model_copy(update={"installation_id": None}),
            SOUND,
            [("fault", "the account has installation 8, `serve` expects none: each page is refused"), ("ok", THERE)],
        ),
    ],
)
def test_the_app(kept: AppRegistration, present: PresentApp, told: list[tuple[str, str]]) -> None:
    lines = list(installed(PACKAGE, kept, present, None))
    assert [(line.status, line.text) for line in lines] == told
    assert all(line.remedy for line in lines if line.status != "ok")


@pytest.mark.parametrize(
    ("present", "own", "status", "text"),
    [
        (SOUND, PEM, "ok", "readable, and the one that `serve` has"),
        (SOUND, PEM.replace("\n", "\r\n"), "ok", "readable, and the one that `serve` has"),
        (SOUND, PEM.replace("AAAA", "BBBB"), "fault", "differs from Zendesk's: each page is refused"),
        (SOUND, None, "warning", "not stored: `serve` asks Zendesk for it when a page is opened"),
        (PresentApp(APP, ROW, None, "403"), PEM, "note", "stored; not compared with Zendesk's: 403"),
        (PresentApp(APP, ROW, None, "403"), None, "fault", "unknown, and may not be read: 403"),
        (PresentApp(), None, "note", "none yet"),
    ],
)
def test_the_key(present: PresentApp, own: str | None, status: str, text: str) -> None:
    line = key(present, own)
    assert (line.status, line.text) == (status, text)


CSP = "default-src 'none'; frame-ancestors https://example.zendesk.com https://support.example.com"


FRAMED = f"answers, and {ACCOUNT} may frame it"
EMPTY = f"may not be framed by {ACCOUNT}: the frame stays empty"


def answer(policy: str = CSP, status: int = 401, frame_options: str | None = None) -> PageAnswer:
    more = {} if frame_options is None else {"x-frame-options": frame_options}
    return PageAnswer(status, {"content-security-policy": policy, **more})


@pytest.mark.parametrize(
    ("given", "status", "text"),
    [
        (answer(), "ok", FRAMED),
        (answer(status=403), "ok", FRAMED),
        (answer(CSP.replace("example.zendesk.com", "EXAMPLE.zendesk.com/")), "ok", FRAMED),
        (PageAnswer(error="ConnectionError"), "fault", "does not answer (ConnectionError)"),
        (answer(status=404), "fault", "answers 404 where `serve` would refuse us with 401"),
        (answer(status=301), "fault", "answers 301 where `serve` would refuse us with 401"),
        (answer(status=503), "fault", "answers 503 where `serve` would refuse us with 401"),
        (answer(""), "fault", EMPTY),
        (answer("frame-ancestors 'none'"), "fault", EMPTY),
        (answer("frame-ancestors https://other.zendesk.com"), "fault", EMPTY),
        (answer(f"{CSP}, frame-ancestors 'self'"), "fault", EMPTY),
        (answer(frame_options="SAMEORIGIN"), "fault", "has X-Frame-Options: the frame stays empty"),
    ],
)
def test_the_page(given: PageAnswer, status: str, text: str) -> None:
    line = page(given, URL, frozenset({ACCOUNT}))
    assert (line.status, line.text) == (status, f"{URL}/zaf/sidebar {text}")
    assert bool(line.remedy) == (status == "fault")


def test_every_further_origin_must_be_named() -> None:
    line = page(answer(), URL, frozenset({ACCOUNT, "https://help.example.com"}))
    assert line.text == f"{URL}/zaf/sidebar may not be framed by https://help.example.com: the frame stays empty"


def test_nobody_there_is_an_answer_too() -> None:
    assert asked(f"http://127.0.0.1:{free_port()}") == PageAnswer(error="ConnectionError")


# --- Against a sandbox and a real `serve`


class AppDesk:
    """A folder with settings, a sandbox, and the commands."""

    def __init__(self, sandbox: SandboxServer, folder: Path) -> None:
        self.sandbox, self.folder, self.port = sandbox, folder, free_port()
        self.url = f"http://localhost:{self.port}"
        cleared = {name: "" for name in os.environ if name.startswith(("ZENDESK_", "DATABASE_URL"))}
        self.environment = {**cleared, **environment(sandbox.base_url, "a secret", folder)}
        self.configure(enabled=True)

    def configure(self, *, enabled: bool) -> None:
        text = f'[app]\nenabled = {str(enabled).lower()}\nurl = "{self.url}"\n'
        (self.folder / "zendesk-gupshup.toml").write_text(text, encoding="utf-8")

    def run(self, *arguments: str, **more: str) -> tuple[int, str]:
        result = CliRunner().invoke(main, arguments, env={**self.environment, **more})
        assert result.exception is None or isinstance(result.exception, SystemExit), result.output
        return result.exit_code, result.stdout

    def lines(self, **more: str) -> list[tuple[str, str, str]]:
        _, out = self.run("doctor", "--json", **more)
        checks = json.loads(out)["checks"]
        return [(one["name"], one["status"], one["text"]) for one in checks if one["name"].startswith("app")]


@pytest.fixture
def app_desk(sandbox: SandboxServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppDesk:
    monkeypatch.chdir(tmp_path)
    return AppDesk(sandbox, tmp_path)


@pytest.fixture
def serving(app_desk: AppDesk) -> Iterator[AppDesk]:
    """The app is installed, and `serve` runs with it."""
    assert app_desk.run("setup", "app", "apply", "--yes")[0] == 0
    worker = WorkerProcess(app_desk.environment, app_desk.folder, app_desk.port, "--no-sweep")
    try:
        assert worker.wait_for(lambda: worker.address, 60), worker.lines
        yield app_desk
    finally:
        worker.stop()


@pytest.mark.no_cover
def test_what_setup_stored_is_what_serve_reads_and_doctor_finds_sound(serving: AppDesk) -> None:
    [shown] = serving.sandbox.store.app_installations.values()
    admin = serving.sandbox.store.user_by_email("worker@example.com")["id"]
    for location in ("ticket_sidebar", "nav_bar"):
        frame = shown.frame(admin, location, host=serving.sandbox.base_url, now=serving.sandbox.store.now())
        opened = requests.post(frame.action, data={"token": frame.token}, timeout=10)
        assert (opened.status_code, 'name="session"' in opened.text) == (200, True), opened.text
    account = serving.sandbox.base_url
    assert serving.lines() == [
        ("app", "ok", f"Gupshup errors {__version__} (app {shown.app_id}, installation {shown.installation_id})"),
        ("app key", "ok", "readable, and the one that `serve` has"),
        ("app page", "ok", f"{serving.url}/zaf/sidebar answers, and {account} may frame it"),
    ]


@pytest.mark.no_cover
def test_the_demo_installs_what_setup_does_and_doctor_finds_nothing_wrong() -> None:
    with stage() as (_, _, worker):
        result = CliRunner().invoke(main, ["doctor", "--json"], env=dict(worker.environment))
        planned = CliRunner().invoke(main, ["setup", "plan"], env=dict(worker.environment))
    checks = json.loads(result.stdout)["checks"]
    assert [one for one in checks if one["status"] not in ("ok", "note")] == []
    assert [one["name"] for one in checks if one["name"].startswith("app")] == ["app", "app key", "app page"]
    assert (planned.exit_code, "0 to create, 0 to change, 0 to remove, 25 unchanged" in planned.stdout) == (0, True)


def test_before_anything_was_done_there_is_no_line(app_desk: AppDesk) -> None:
    app_desk.configure(enabled=False)
    assert app_desk.lines() == []


def test_an_app_that_is_installed_and_not_served_is_told(app_desk: AppDesk) -> None:
    app_desk.run("setup", "app", "apply", "--yes")
    app_desk.configure(enabled=False)
    assert app_desk.lines() == [("app", "warning", "installed, and its pages are not served")]


def _not_installed(_desk: AppDesk) -> dict[str, str]:
    return {}


def _agent(_desk: AppDesk) -> dict[str, str]:
    return {
        "ZENDESK_OAUTH_CLIENT_ID": "",
        "ZENDESK_OAUTH_CLIENT_SECRET": "",
        "ZENDESK_EMAIL": "ada@example.com",
        "ZENDESK_API_TOKEN": API_TOKEN,
    }


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        (_not_installed, "fault", "not in this account"),
        (_agent, "warning", "only an admin may see the account's apps"),
    ],
)
def test_what_is_wrong_in_the_account_is_told(
    app_desk: AppDesk, change: Callable[[AppDesk], dict[str, str]], status: str, words: str
) -> None:
    [first, *_] = app_desk.lines(**change(app_desk))
    assert (first[:2], words in first[2]) == (("app", status), True)


def test_nothing_is_written(app_desk: AppDesk) -> None:
    before = sorted(path.name for path in app_desk.folder.rglob("*"))
    app_desk.lines()
    assert sorted(path.name for path in app_desk.folder.rglob("*")) == before
