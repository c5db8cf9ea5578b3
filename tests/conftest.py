"""Fixtures for the whole suite: the data that is shared beside the project, and a running sandbox."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import settings

from support.browser import Browser
from support.databases import database, empty_database
from support.forked import ForkedProcess
from support.order import long_first
from support.paths import SHARED
from support.postgres import start_postgres
from zendesk_gupshup.demo import stage
from zendesk_gupshup.demo.stage import Api, environment
from zendesk_sandbox.server import SandboxServer

_TRACING = ("COVERAGE_PROCESS_CONFIG", "COVERAGE_PROCESS_START")
_kept: dict[str, str] = {}

# A busy machine must not fail a property: no example has a time of its own.
settings.register_profile("suite", max_examples=50, deadline=None)
settings.load_profile("suite")
# Four times as many: `make fuzz`.
settings.register_profile("many", max_examples=200, deadline=None)
# For runs that repeat a test many times over: `--hypothesis-profile=few`.
settings.register_profile("few", max_examples=10, derandomize=True, database=None, deadline=None)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--kills", action="store_true", help="also the kills that take minutes (make kills)")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The same kills on the other database are a run of their own: what differs there has tests in storage.

    What waits for minutes begins at once: beside it others compute.
    """
    left = [] if config.getoption("--kills") else [item for item in items if item.get_closest_marker("kills")]
    if left:
        config.hook.pytest_deselected(items=left)
    kept = [item for item in items if item not in left]
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    items[:] = long_first(kept, workers, _long_unit)


def _long_unit(item: pytest.Item) -> str | None:
    """Of a module with `LONG = "each"`, whose tests wait for long, the test; with `"whole"`, the module, whose tests
    share what takes long to start."""
    module = item.getparent(pytest.Module)
    long = getattr(module and module.obj, "LONG", None)
    return None if long is None or module is None else item.nodeid if long == "each" else module.nodeid


def pytest_configure(config: pytest.Config) -> None:
    """One server for all processes of a run, started before the others that read its address."""
    if not hasattr(config, "workerinput") and not os.environ.get("TEST_DATABASE_URL"):
        config.add_cleanup(start_postgres())


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Tracing makes a process twice as slow, so those of the modules with `TRACED` are traced for coverage, no others.

    `no_cover` is for tests whose lines others reach too and that tracing slows down.
    """
    _kept.update({name: os.environ.pop(name) for name in _TRACING if name in os.environ})
    module = item.getparent(pytest.Module)
    if getattr(module and module.obj, "TRACED", False) and not item.get_closest_marker("no_cover"):
        os.environ.update(_kept)


@pytest.fixture(scope="session", autouse=True)
def _workers_start_quickly() -> Iterator[None]:
    """Workers are forked from a process that has imported all, but for those of which coverage is measured."""
    as_programs = stage.WorkerProcess.start

    def quickly(words: Sequence[str], environment: Mapping[str, str], folder: Path) -> stage.Started:
        traced = any(name in environment for name in _TRACING)
        return as_programs(words, environment, folder) if traced else ForkedProcess(words, environment, folder)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stage.WorkerProcess, "start", staticmethod(quickly))
        yield


@pytest.fixture
def worker_as_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers start as a person's or a machine's command starts them."""
    monkeypatch.setattr(stage.WorkerProcess, "start", staticmethod(stage.start))


@pytest.fixture(scope="session")
def shared() -> Path:
    """Recordings and Zendesk's own API description; they are no part of the project and may be absent."""
    path = SHARED
    if not path.is_dir():
        pytest.skip("the data in ../shared is absent")
    return path


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One for all tests of a process: to start it costs more than most of them."""
    with Browser() as browser:
        yield browser


@pytest.fixture
def browser(chromium: Browser) -> Browser:
    """The window, as a new one would be."""
    chromium.renew()
    return chromium


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    """A Zendesk of the test's own, without request limits, whose export hides nothing."""
    with SandboxServer(limits=False, incremental_lag=0, webhook_retry_delay=0.02) as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    made = database(request.param, tmp_path)
    yield made
    made.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    """Of a database without our tables."""
    made = empty_database(request.param, tmp_path)
    yield made
    made.dispose()


@pytest.fixture
def account(
    tmp_path: Path, sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> tuple[SandboxServer, Api, dict[str, str]]:
    env = environment(sandbox.base_url, "a secret of this test", tmp_path)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "zendesk-gupshup.toml").write_text("[worker]\nsweep_seconds = 7\n", encoding="utf-8")
    return sandbox, Api(sandbox.base_url), env
