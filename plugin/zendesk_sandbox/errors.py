"""Zendesk's error responses, as one exception that carries status and body."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class StoreError(Exception):
    """A request that Zendesk would refuse: `status` and `body` are the answer."""

    def __init__(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body
        self.headers = dict(headers or {})


def not_found() -> StoreError:
    return StoreError(404, {"error": "RecordNotFound", "description": "Not found"})


def bad_request(error: str, description: str) -> StoreError:
    return StoreError(400, {"error": error, "description": description})


def invalid(**details: str) -> StoreError:
    """One sentence per field, as in `invalid(status="Status: closed prevents ticket update")`."""
    return invalid_rows({field: [{"description": text}] for field, text in details.items()})


def invalid_rows(details: Mapping[str, list[dict[str, Any]]]) -> StoreError:
    return StoreError(
        422, {"error": "RecordInvalid", "description": "Record validation errors", "details": dict(details)}
    )


def conflict() -> StoreError:
    return StoreError(
        409,
        {
            "error": "UpdateConflict",
            "description": "Safe Update prevented the update due to outdated ticket data. "
            "Please fetch the latest ticket data and try again.",
        },
    )


def too_many_values() -> StoreError:
    body = {"error": "TooManyValues", "description": "Parameter  cannot specify more than 100 values", "max_count": 100}
    return StoreError(400, body)
