"""Fixtures for the whole suite: the data that is shared beside the project, and a running sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from zendesk_gupshup.sandbox.server import SandboxServer


@pytest.fixture(scope="session")
def shared() -> Path:
    """Recordings and Zendesk's own API description; they are no part of the project and may be absent."""
    path = Path(__file__).parents[1].parent / "shared"
    if not path.is_dir():
        pytest.skip("the data in ../shared is absent")
    return path


@pytest.fixture(autouse=True)
def _uncounted(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """`no_cover` is for tests whose lines others reach too and that tracing slows down; their processes neither."""
    if request.node.get_closest_marker("no_cover"):
        for name in ("COVERAGE_PROCESS_CONFIG", "COVERAGE_PROCESS_START"):
            monkeypatch.delenv(name, raising=False)


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    """A Zendesk of the test's own, without request limits, whose export hides nothing."""
    with SandboxServer(limits=False, incremental_lag=0, webhook_retry_delay=0.02) as server:
        yield server
