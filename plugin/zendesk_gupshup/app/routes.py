"""What there is under /zaf/: the two pages, their files, and the API that they call.

The worker's web server mounts it. The API is one table (`Endpoint`), and every entry passes the same gate; nothing
here knows what an endpoint does.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from zendesk_gupshup.ops import metrics
from zendesk_gupshup.ops.log_sampling import LogSampler
from zendesk_gupshup.zendesk.errors import Busy, ZendeskError

from .gate import LARGEST_BODY, AppError, Call, Gate, RawRequest
from .headers import API_HEADERS, STATIC_HEADERS, page_headers, takes_gzip
from .page_files import STATUS, Notice, Pages
from .sign_in import NoSignIn, SignIn
from .token import Location

log = logging.getLogger(__name__)

_THREADS = 16


@dataclass(frozen=True)
class ApiAnswer:
    """What an endpoint gives: a status and a JSON object, or no content."""

    document: Any = None
    status: int = 200


@dataclass(frozen=True)
class Endpoint:
    """One entry of the API. `path` is below /zaf/api/; `{ticket}` in it is checked to be a number.

    `answer` runs in a thread. It may raise `AppError`, `ZendeskError` and `SQLAlchemyError`.
    """

    method: Literal["GET", "POST"]
    path: str
    location: Location
    answer: Callable[[Call], ApiAnswer]
    # Whether it changes something: then the user must be allowed to, and it counts as a write.
    writes: bool = False
    # Whether it counts as a write without being one.
    costly: bool = False


@dataclass(frozen=True)
class AppParts:
    """What the routes are made of."""

    sign_in: SignIn
    gate: Gate
    pages: Pages
    ancestors: frozenset[str]
    sdk_origin: str
    endpoints: Sequence[Endpoint] = ()
    # Threads of its own: pages that wait for Zendesk must not keep `/readyz` and `/metrics` waiting.
    threads: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(_THREADS))


def app_routes(parts: AppParts) -> list[BaseRoute]:
    """All routes, for the worker's web server."""
    refusals = LogSampler()
    return [
        _page_route(parts, "sidebar", "ticket_sidebar", refusals),
        _page_route(parts, "console", "nav_bar", refusals),
        _static_route(parts.pages),
        *(_api_route(parts, endpoint, refusals) for endpoint in parts.endpoints),
        Route("/zaf/{rest:path}", _nothing_here, methods=["GET", "POST"]),
    ]


def _page_route(
    parts: AppParts, name: Literal["sidebar", "console"], location: Location, refusals: LogSampler
) -> Route:
    headers = page_headers(parts.ancestors, parts.sdk_origin)

    async def page(request: Request) -> Response:
        scheme = request.query_params.get("colorScheme", "")
        try:
            body = await _body(request)
            session = await run_sync(
                parts.sign_in.session,
                request.headers.get("content-type", ""),
                body,
                location,
                limiter=parts.threads,
            )
        except (NoSignIn, AppError, SQLAlchemyError) as refused:
            notice: Notice = refused.notice if isinstance(refused, NoSignIn) else "broken"
            reason = "database"
            if isinstance(refused, (NoSignIn, AppError)):
                reason = refused.reason if isinstance(refused, NoSignIn) else refused.error
            _refused(refusals, f"{name}: {reason}", reason)
            status = refused.status if isinstance(refused, AppError) else STATUS[notice]
            return HTMLResponse(parts.pages.notice(notice, scheme=scheme), status, headers)
        return HTMLResponse(parts.pages.page(name, session, scheme=scheme), headers=headers)

    return Route(f"/zaf/{name}", page, methods=["POST"])


def _static_route(pages: Pages) -> Route:
    async def static(request: Request) -> Response:
        file = pages.static(request.path_params["name"])
        if file is None:
            return await _nothing_here(request)
        if not takes_gzip(request.headers.getlist("accept-encoding")):
            return Response(file.content, headers=dict(STATIC_HEADERS), media_type=file.content_type)
        headers = {**STATIC_HEADERS, "Content-Encoding": "gzip"}
        return Response(file.zipped, headers=headers, media_type=file.content_type)

    return Route("/zaf/static/{name}", static, methods=["GET"])


def _api_route(parts: AppParts, endpoint: Endpoint, refusals: LogSampler) -> Route:
    def answered(raw: RawRequest) -> ApiAnswer:
        call = parts.gate.passed(
            raw,
            endpoint.location,
            writes=endpoint.writes,
            ticket="{ticket}" in endpoint.path,
            costly=endpoint.costly,
        )
        return endpoint.answer(call)

    async def api(request: Request) -> Response:
        try:
            raw = RawRequest(
                headers={name.lower(): value for name, value in request.headers.items()},
                path=request.path_params,
                query=dict(request.query_params),
                body=await _body(request),
            )
            answer = await run_sync(answered, raw, limiter=parts.threads)
        except (AppError, ZendeskError, SQLAlchemyError) as error:
            problem = error if isinstance(error, AppError) else _problem(error)
            _refused(refusals, f"{endpoint.path}: {problem.error}", problem.error)
            return _json(problem.document, problem.status, problem.retry_after)
        except ClientDisconnect:
            return Response(status_code=408)
        return _json(answer.document, answer.status)

    return Route(f"/zaf/api/{endpoint.path}", api, methods=[endpoint.method])


def _problem(error: ZendeskError | SQLAlchemyError) -> AppError:
    if isinstance(error, Busy):
        return AppError(503, "away", "Zendesk is busy; try again", retry_after=error.retry_after or 5.0)
    what = "Zendesk" if isinstance(error, ZendeskError) else "the database"
    log.warning("the app: %s: %s", what, type(error).__name__)
    return AppError(503, "away", f"{what} does not answer as it should; try again")


def _refused(refusals: LogSampler, what: str, reason: str) -> None:
    metrics.APP_REFUSED.labels(reason).inc()
    if count := refusals.due(what):
        log.warning("the app refused a request: %s (%s since the last such line)", what, count)


def _json(document: Any, status: int, retry_after: float | None = None) -> Response:
    headers = dict(API_HEADERS)
    if retry_after is not None:
        headers["Retry-After"] = str(int(retry_after) + 1)
    if document is None:
        return Response(status_code=204 if status == 200 else status, headers=headers)
    # Half a surrogate pair, which no UTF-8 holds, comes as the escape that it came in.
    content = json.dumps(document, ensure_ascii=False).encode("utf-8", "backslashreplace")
    return Response(content, status, headers, "application/json")


async def _nothing_here(_request: Request) -> Response:
    return _json({"error": "gone", "description": "there is nothing here"}, 404)


async def _body(request: Request) -> bytes:
    """The raw body, never more of it in memory than the limit and one chunk. Raises `AppError`."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise AppError(413, "too_large", f"the body is over {LARGEST_BODY} bytes")
    return bytes(body)
