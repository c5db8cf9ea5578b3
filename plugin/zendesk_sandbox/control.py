"""Endpoints that no Zendesk has: options, faults, the request log, messages of a client, a reset."""

from __future__ import annotations

import base64
import binascii
from collections import deque
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .errors import StoreError
from .faults import FaultPlan, PlanError, rows_of
from .shapes import Json
from .store import SandboxStore

_CLIENT_WORDS = frozenset(
    ("email", "name", "body", "subject", "ticket_id", "html_body", "channel", "locale", "organization_id")
)


class SandboxControl:
    """The endpoints. They act on the store, the request log and the fault plan of one sandbox."""

    def __init__(self, store: SandboxStore, log: deque[Json], start_over: Callable[[], None], plan: FaultPlan) -> None:
        self._store, self._log, self._start_over, self._plan = store, log, start_over, plan

    def routes(self) -> list[Route]:
        return [
            Route("/sandbox/options", self.options, methods=["GET", "PATCH"]),
            Route("/sandbox/faults", self.faults, methods=["GET", "PUT", "POST"]),
            Route("/sandbox/requests", self.requests, methods=["GET", "DELETE"]),
            Route("/sandbox/write", self.write, methods=["POST"]),
            Route("/sandbox/message", self.message, methods=["POST"]),
            Route("/sandbox/reset", self.reset, methods=["POST"]),
        ]

    async def options(self, request: Request) -> Response:
        if request.method == "PATCH":
            try:
                with self._store.lock:
                    self._store.options = self._store.options.changed(await _object(request))
            except ValueError as error:
                return JSONResponse({"error": str(error)}, 400)
        return JSONResponse(self._store.options.as_json())

    async def requests(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._log.clear()
            return Response(status_code=204)
        return JSONResponse({"requests": list(self._log)})

    async def write(self, request: Request) -> Response:
        given = await _object(request)
        try:
            ticket = self._store.write_as_client(**client_words(given))
        except StoreError as error:
            return JSONResponse(error.body, error.status)
        except (TypeError, ValueError, KeyError, binascii.Error) as error:
            return JSONResponse({"error": f"not a client's message: {error}"}, 400)
        return JSONResponse({"ticket": ticket}, 201)

    async def message(self, request: Request) -> Response:
        given = await _object(request)
        try:
            ticket = self._store.write_message(**given)
        except StoreError as error:
            return JSONResponse(error.body, error.status)
        except (TypeError, KeyError) as error:
            return JSONResponse({"error": f"not a message: {error}"}, 400)
        return JSONResponse({"ticket": ticket}, 201)

    async def faults(self, request: Request) -> Response:
        """The plan, with the requests that it hit so far. PUT replaces the plan, POST adds to it."""
        if request.method != "GET":
            try:
                rows = rows_of(await request.json())
            except PlanError as error:
                return JSONResponse({"error": str(error)}, 400)
            except ValueError:
                return JSONResponse({"error": "not JSON"}, 400)
            if request.method == "PUT":
                self._plan.replace(rows)
            else:
                self._plan.add(*rows)
        met = [one.model_dump() for one in self._plan.met]
        return JSONResponse({"fault": self._plan.as_json(), "met": met})

    async def reset(self, _request: Request) -> Response:
        self._start_over()
        return Response(status_code=204)


def client_words(given: Json) -> dict[str, Any]:
    """The arguments of `SandboxStore.write_as_client` out of JSON; `files` are name, type and base64."""
    unknown = given.keys() - _CLIENT_WORDS - {"files"}
    if unknown:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
    files = [
        (f["name"], f["content_type"], base64.b64decode(f["content"], validate=True)) for f in given.get("files") or ()
    ]
    return {key: value for key, value in given.items() if key in _CLIENT_WORDS} | {"files": files}


async def _object(request: Request) -> Json:
    try:
        parsed = await request.json()
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}
