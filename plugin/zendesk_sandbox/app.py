"""The sandbox as one web application: Zendesk's API, its controls and its inbox page, for this machine only."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import secrets
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from . import (
    api_apps,
    api_conversations,
    api_files,
    api_find,
    api_lists,
    api_people,
    api_problems,
    api_rules,
    api_schedules,
    api_tickets,
    api_webhooks,
    auth,
    control,
    inbox,
    limits,
)
from .call import Answer, ApiCall, Handler
from .errors import StoreError, bad_request
from .faults import FaultPlan
from .options import Options
from .origin import is_loopback, refusal
from .seed import seed
from .shapes import Json
from .store import SandboxStore

_log = logging.getLogger(__name__)
_OPEN = ("/api/v2/users/me",)
_LOG_LENGTH = 100_000
# Zendesk's own command line tool makes and installs apps by these paths; the reference has them below /api/v2/.
_OLDER_PATH = re.compile(r"/api/(?:support/)?apps(/installations(?:/\d+)?)?(?:\.json)?")
Before = Callable[[Request], Awaitable[Response | None]]
After = Callable[[Request, Response], Awaitable[Response]]


class Faults:
    """The seam for trouble: `before` may answer in place of the API, `after` may delay or change what it answered."""

    def __init__(self) -> None:
        self.before: list[Before] = []
        self.after: list[After] = []


def create_app(store: SandboxStore | None = None, **options: Any) -> Starlette:
    """The application around a store; without one, a store with the invented company of `seed`."""
    if store is None:
        store = SandboxStore()
        seed(store)
    if options:
        store.options = store.options.changed(options)
    api, plan = _Api(store), FaultPlan()
    store.deliveries.copies = plan.webhook
    modules = (
        api_tickets, api_problems, api_people, api_find, api_files, api_webhooks, api_rules, api_conversations,
        api_lists, api_schedules, api_apps,
    )  # fmt: skip
    routes: list[BaseRoute] = [
        Route(f"/api/v2{path}", api.endpoint(handler), methods=[method])
        for module in modules
        for method, path, handler in module.ENDPOINTS
    ]
    routes.append(Route("/api/v2/webhooks/test", api.test_webhook, methods=["POST"]))
    routes.append(Route("/attachments/token/{token}/", api.endpoint(api_files.download, public=True), methods=["GET"]))
    routes.append(Route("/oauth/tokens", api.grant, methods=["POST"]))
    routes += control.SandboxControl(store, api.log, api.start_over, plan).routes()
    routes += inbox.routes(store)
    app = Starlette(routes=routes, exception_handlers={404: _no_endpoint, 405: _no_endpoint})
    app.add_middleware(_Front)
    app.state.store, app.state.faults, app.state.log, app.state.plan = store, api.faults, api.log, plan
    return app


class _Api:
    """What every API request goes through: sign-in, scope, budgets, the handler, the log."""

    def __init__(self, store: SandboxStore) -> None:
        self.store = store
        self.limits = limits.AccountLimits()
        self.faults = Faults()
        self.log: deque[Json] = deque(maxlen=_LOG_LENGTH)

    def start_over(self) -> None:
        with self.store.lock:
            self.store.clear()
            seed(self.store)
        self.limits.clear()
        self.log.clear()

    def endpoint(self, handler: Handler, *, public: bool = False) -> Callable[[Request], Awaitable[Response]]:
        async def serve(request: Request) -> Response:
            return await self._serve(request, handler, public=public)

        return serve

    async def test_webhook(self, request: Request) -> Response:
        """The one call that goes out while its own caller waits, so it runs beside the loop."""
        prepared: list[Any] = []

        def prepare(call: ApiCall) -> Answer:
            prepared.append(api_webhooks.prepare_test(call))
            return Answer()

        response = await self._serve(request, prepare)
        if not prepared:
            return response
        try:
            answer = await asyncio.to_thread(api_webhooks.run_test, prepared[0], self.store.options.webhook_timeout)
        except StoreError as error:
            answer = Answer(error.body, error.status)
        return _response(answer, {}, "")

    async def grant(self, request: Request) -> Response:
        body = await request.body()
        try:
            with self.store.lock:
                answer = Answer(auth.grant(self.store, request.headers.get("content-type", ""), body))
        except StoreError as error:
            answer = Answer(error.body, error.status, error.headers)
        self._log(request, answer.status, None)
        return _response(answer, {}, "")

    async def _serve(self, request: Request, handler: Handler, *, public: bool = False) -> Response:
        body = await request.body()
        if self.store.options.latency_ms:
            await asyncio.sleep(self.store.options.latency_ms / 1000)
        for before in self.faults.before:
            refused = await before(request)
            if refused is not None:
                self._log(request, refused.status_code, None)
                return refused
        response = self._answer(request, body, handler, public)
        for after in self.faults.after:
            response = await after(request, response)
        return response

    def _answer(self, request: Request, body: bytes, handler: Handler, public: bool) -> Response:
        base, user = f"{request.url.scheme}://{request.headers.get('host', '')}", None
        headers: dict[str, str] = {}
        path = request.url.path.rstrip("/")
        try:
            with self.store.lock:
                user = None if public else self._user(request, path)
                who = user["id"] if user else 0
                budgets = limits.budgets(request.method, path, who, self.store.options)
                headers = self.limits.spend(budgets, self.store.options, self.store.now())
                call = ApiCall(
                    self.store, user or {}, request.path_params, request.query_params, body, request.headers, path, base
                )
                answer = handler(call)
        except StoreError as error:
            answer = Answer(error.body, error.status, error.headers)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            # Most likely a body that Zendesk would refuse in a way of its own; logged, as it may be our fault.
            _log.warning("%s %s could not be handled", request.method, path, exc_info=True)
            refused = bad_request(
                "InvalidValue", f"This sandbox cannot read the request: {type(error).__name__} {error}"
            )
            answer = Answer(refused.body, refused.status)
        self._log(request, answer.status, user)
        return _response(answer, headers, base)

    def _user(self, request: Request, path: str) -> Json | None:
        user, scopes = auth.user_of(self.store, request.headers.get("authorization"))
        if user is None:
            if path in _OPEN:
                return None
            raise auth.nobody()
        auth.check_scope(scopes, request.method, path)
        auth.check_role(user, request.method, path)
        return user

    def _log(self, request: Request, status: int, user: Json | None) -> None:
        query = f"?{request.url.query}" if request.url.query else ""
        row = {"method": request.method, "path": request.url.path + query, "status": status}
        self.log.append(row | {"user": user["email"] if user else None, "time": self.store.now()})


def _response(answer: Answer, headers: dict[str, str], base: str) -> Response:
    more = {**headers, **answer.headers, "x-zendesk-api-version": "v2", "x-request-id": secrets.token_hex(8)}
    if answer.raw is not None:
        return Response(answer.raw[0], answer.status, more, answer.raw[1])
    if answer.status == 204:
        return Response(status_code=204, headers=more)
    if isinstance(answer.body, str):
        return Response(answer.body, answer.status, more, "text/plain; charset=utf-8")
    text = json.dumps(answer.body, ensure_ascii=False, separators=(",", ":"))
    # Links are kept without a host. Inside a string the quotes are escaped, so only keys that end in `url` can match.
    linked = text.replace('url":"/', f'url":"{base}/')
    return Response(linked, answer.status, more, "application/json; charset=utf-8")


async def _no_endpoint(_request: Request, _error: Exception) -> Response:
    return JSONResponse({"error": "InvalidEndpoint", "description": "Not found"}, 404)


class _Front:
    """Lets nobody in who is a stranger by `origin`, takes the optional `.json` off a path, and knows older paths."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            reason = refusal(scope["method"], scope["headers"])
            if reason is not None:
                await JSONResponse({"error": "Forbidden", "description": reason}, 403)(scope, receive, send)
                return
            if scope["path"].startswith("/api/v2/") and scope["path"].endswith(".json"):
                scope = {**scope, "path": scope["path"].removesuffix(".json")}
            elif match := _OLDER_PATH.fullmatch(scope["path"]):
                scope = {**scope, "path": f"/api/v2/apps{match[1] or ''}"}
        await self._app(scope, receive, send)


__all__ = ["Faults", "Options", "create_app", "is_loopback"]
