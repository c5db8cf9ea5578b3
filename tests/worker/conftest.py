"""Worker processes that share a database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from support.databases import queue_database
from support.fleet import CONFIG, Fleet
from zendesk_gupshup.demo.stage import Api, free_port, install
from zendesk_sandbox.server import SandboxServer


@pytest.fixture(params=["sqlite", "postgresql"])
def shared_engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    made = queue_database(request.param, tmp_path / "shared")
    yield made
    made.dispose()


@pytest.fixture
def fleet_config() -> str:
    """What stands in the configuration file of each worker; a module may have its own."""
    return CONFIG


@pytest.fixture
def fleet(shared_engine: sa.Engine, tmp_path: Path, fleet_config: str) -> Iterator[Fleet]:
    with SandboxServer(limits=False, incremental_lag=0) as sandbox:
        api = Api(sandbox.base_url)
        secret = install(api, f"http://127.0.0.1:{free_port()}/nobody")
        made = Fleet(sandbox, api, shared_engine, tmp_path, secret, fleet_config)
        try:
            yield made
        finally:
            for worker in made.workers:
                worker.kill()
