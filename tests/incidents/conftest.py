"""A store of incidents in an empty database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from support.databases import ACCOUNT, database
from zendesk_gupshup.storage.incidents import IncidentStore


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    made = database(request.param, tmp_path / "state")
    yield made
    made.dispose()


@pytest.fixture
def store(engine: sa.Engine) -> IncidentStore:
    return IncidentStore(engine, ACCOUNT)
