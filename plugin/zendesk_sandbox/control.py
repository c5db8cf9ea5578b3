"""The sandbox's own controls, which no Zendesk has: options, faults, request log, a client's words, starting over."""

from __future__ import annotations

import base64
import binascii
from collections import deque
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .faults import FaultPlan, PlanError, rows_of
from .problems import StoreError
from .shapes import Json
from .store import SandboxStore

_CLIENT_WORDS = frozenset(
    ("email", "name", "body", "subject", "ticket_id", "html_body", "channel", "locale", "organization_id")
)


def routes(store: SandboxStore, log: deque[Json], start_over: Callable[[], None], plan: FaultPlan) -> list[Route]:
    async def options(request: Request) -> Response:
        if request.method == "PATCH":
            try:
                with store.lock:
                    store.options = store.options.changed(await _object(request))
            except ValueError as error:
                return JSONResponse({"error": str(error)}, 400)
        return JSONResponse(store.options.as_json())

    async def requests(request: Request) -> Response:
        if request.method == "DELETE":
            log.clear()
            return Response(status_code=204)
        return JSONResponse({"requests": list(log)})

    async def write(request: Request) -> Response:
        given = await _object(request)
        try:
            ticket = store.write_as_client(**client_words(given))
        except StoreError as error:
            return JSONResponse(error.body, error.status)
        except (TypeError, ValueError, KeyError, binascii.Error) as error:
            return JSONResponse({"error": f"not a client's message: {error}"}, 400)
        return JSONResponse({"ticket": ticket}, 201)

    async def message(request: Request) -> Response:
        given = await _object(request)
        try:
            ticket = store.write_message(**given)
        except StoreError as error:
            return JSONResponse(error.body, error.status)
        except (TypeError, KeyError) as error:
            return JSONResponse({"error": f"not a message: {error}"}, 400)
        return JSONResponse({"ticket": ticket}, 201)

    async def faults(request: Request) -> Response:
        """The plan with what it met so far; PUT puts another in its place, POST adds to it."""
        if request.method != "GET":
            try:
                rows = rows_of(await request.json())
            except PlanError as error:
                return JSONResponse({"error": str(error)}, 400)
            except ValueError:
                return JSONResponse({"error": "not JSON"}, 400)
            if request.method == "PUT":
                plan.replace(rows)
            else:
                plan.add(*rows)
        met = [one.model_dump() for one in plan.met]
        return JSONResponse({"fault": plan.as_json(), "met": met})

    async def reset(_request: Request) -> Response:
        start_over()
        return Response(status_code=204)

    return [
        Route("/sandbox/options", options, methods=["GET", "PATCH"]),
        Route("/sandbox/faults", faults, methods=["GET", "PUT", "POST"]),
        Route("/sandbox/requests", requests, methods=["GET", "DELETE"]),
        Route("/sandbox/write", write, methods=["POST"]),
        Route("/sandbox/message", message, methods=["POST"]),
        Route("/sandbox/reset", reset, methods=["POST"]),
    ]


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
