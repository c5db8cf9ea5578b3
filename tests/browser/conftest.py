"""The sidebar beside a ticket: a sandbox as its host, and a worker whose answers a test sets."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from support import npm_packages
from support.browser import Browser, absent
from support.console_desk import ConsoleDesk, fill
from support.zaf_desk import Desk, an_app, lay
from support.zaf_worker import ZafWorker
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.pipeline import Brain
from zendesk_gupshup.render.catalogue import Templates
from zendesk_sandbox.server import SandboxServer
from zendesk_sandbox.zaf import InstalledApp


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here needs the browser."""
    reason = absent()
    for item in items:
        if "tests/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)
            if reason:
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def servers() -> Iterator[tuple[SandboxServer, ZafWorker]]:
    with SandboxServer() as sandbox, ZafWorker() as worker:
        yield sandbox, worker


@pytest.fixture(scope="session")
def app(servers: tuple[SandboxServer, ZafWorker]) -> InstalledApp:
    return an_app(*servers)


@pytest.fixture
def desk(browser: Browser, servers: tuple[SandboxServer, ZafWorker], app: InstalledApp) -> Desk:
    """A new desk; the frame's page uses the sandbox's own client of the app framework."""
    sandbox, worker = servers
    lay(sandbox, worker, app)
    return Desk(browser, sandbox, worker)


@pytest.fixture(
    params=[
        "sandbox's client",
        pytest.param(
            "npm's client",
            marks=pytest.mark.skipif(npm_packages.SDK_ABSENT is not None, reason=str(npm_packages.SDK_ABSENT)),
        ),
    ]
)
def any_desk(request: pytest.FixtureRequest, desk: Desk) -> Desk:
    """The same desk with each of the two clients."""
    if request.param == "npm's client":
        desk.worker.npm_sdk = npm_packages.sdk()
        desk.worker.sdk_url = f"{desk.worker.origin}/sdk.js"
    return desk


@pytest.fixture(scope="session")
def brain() -> Brain:
    return Brain(dictionary=load(), templates=Templates.load())


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a store with something in it, to be copied."""
    folder = tmp_path_factory.mktemp("filled")
    fill(folder)
    return folder


@pytest.fixture
def console(browser: Browser, brain: Brain, filled: Path, tmp_path: Path) -> Iterator[ConsoleDesk]:
    """A store of the test's own, behind a console that nobody has opened yet."""
    shutil.copytree(filled, tmp_path / "state")
    browser.resize(1024, 900)
    with ConsoleDesk(browser, tmp_path / "state", brain) as desk:
        yield desk
        browser.enter(None)
        browser.open("about:blank")
