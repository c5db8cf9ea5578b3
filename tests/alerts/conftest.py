"""A service that takes messages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.alert_sink import AlertSink, alert_sink


@pytest.fixture
def sink() -> Iterator[AlertSink]:
    with alert_sink() as made:
        yield made
