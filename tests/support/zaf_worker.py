"""A worker that says what a test wants: the app's own pages and files, and an API whose answers are set beforehand."""

from __future__ import annotations

import asyncio
import copy
import json
import re
import time
from collections.abc import Mapping
from typing import Any

from jwskate import Jwk
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from support.served_app import ServedApp
from support.zaf_views import FOUND, View
from zendesk_gupshup.app.headers import page_headers
from zendesk_gupshup.app.page_files import STATUS, Pages
from zendesk_gupshup.app.token import BadToken, Installation, verified_user
from zendesk_gupshup.settings.app import AppSettings
from zendesk_sandbox.zaf import InstalledApp

SESSION = "a-session"
# The settings of the page, in milliseconds.
QUICK = {"handshake-ms": 8000, "answer-ms": 8000, "again-ms": 50}


class ZafWorker(ServedApp):
    """`answers` maps `"GET "`, `"POST /facts"` ... to a status and a body (JSON, or a text as it is), or to "hang"."""

    def __init__(self) -> None:
        self.clear()
        self.origin = f"http://localhost:{self.listen()}"
        self.app: InstalledApp | None = None
        routes = [
            Route("/zaf/sidebar", self._sidebar, methods=["POST"]),
            Route("/zaf/static/{name}", self._static),
            Route("/sdk.js", lambda _: Response(self.npm_sdk, media_type="text/javascript")),
            Route("/zaf/api/tickets/{id:int}", self._api, methods=["GET"]),
            Route("/zaf/api/tickets/{id:int}/{what}", self._api, methods=["POST"]),
        ]
        self.serve(Starlette(routes=routes))

    def clear(self) -> None:
        """As new: a finding, and every wish granted."""
        self.view: View = copy.deepcopy(FOUND)
        self.page: Mapping[str, Any] = QUICK
        self.answers: dict[str, tuple[int, Any] | str] = {}
        self.user = ""
        self.calls: list[tuple[str, Any, Mapping[str, str]]] = []
        self.sdk_url = ""
        self.npm_sdk = b""
        self.clock_ahead = 0.0
        self.ancestors = ""

    def said(self, call: str) -> list[Any]:
        """The bodies of these calls so far."""
        return [body for name, body, _ in self.calls if name == call]

    def _sidebar_user(self, token: str) -> int:
        assert self.app
        installation = Installation(self.app.account, self.app.installation_id)
        key = Jwk.from_pem(self.app.public_key)
        return verified_user(token, key, installation, "ticket_sidebar", now=time.time() + self.clock_ahead)

    async def _sidebar(self, request: Request) -> Response:
        async with request.form() as form:
            token = str(form.get("token"))
        settings, scheme = AppSettings(sdk_url=self.sdk_url), request.query_params.get("colorScheme", "")
        headers, pages = page_headers([self.ancestors], settings.sdk_origin), Pages(settings)
        try:
            self.user = str(self._sidebar_user(token))
        except BadToken:
            return HTMLResponse(pages.notice("expired", scheme=scheme), STATUS["expired"], headers)
        page = pages.page("sidebar", SESSION, scheme=scheme)
        for name, value in self.page.items():
            page, found = re.subn(f'(<meta name="{name}" content=")[^"]*', rf"\g<1>{value}", page)
            assert found == 1, name
        return HTMLResponse(page, headers=headers)

    async def _static(self, request: Request) -> Response:
        file = Pages(AppSettings()).static(request.path_params["name"])
        return Response(file.content, media_type=file.content_type) if file else Response(status_code=404)

    async def _api(self, request: Request) -> Response:
        what = request.path_params.get("what", "")
        call = f"{request.method} {'/' if what else ''}{what}"
        body = await request.json() if request.method == "POST" else None
        self.calls.append((call, body, dict(request.headers)))
        answer = self.answers.get(call)
        if answer == "hang":
            while not await request.is_disconnected():
                await asyncio.sleep(0.02)
            return Response(status_code=499)
        if request.headers.get("authorization") != f"Bearer {SESSION}":
            return JSONResponse({"error": "session"}, 401)
        if isinstance(answer, tuple):
            status, given = answer
            return Response(given, status) if isinstance(given, str) else JSONResponse(given, status)
        return self._granted(what, body)

    def _granted(self, what: str, body: Any) -> Response:
        if what == "facts":
            facts = {name: text for name, text in body.items() if name != "expected"}
            missing = [name for name in self.view["missing"] if name not in facts]
            self.view = self.view | {"facts": self.view["facts"] | facts, "missing": missing}
        if what == "render":
            return JSONResponse({"reply": {"language": body["language"], "text": "Hello.", "html": "<p>Hello.</p>"}})
        if what == "feedback":
            return JSONResponse({"recorded_by": self.user, "at": "2026-11-30T22:00:00Z"})
        if what == "inserted":
            return Response(status_code=204)
        if what in ("send", "draft", "look"):
            return JSONResponse({"job": "1"}, 202)
        # ASCII, so that half a surrogate pair goes out as it came in.
        return Response(json.dumps(self.view), media_type="application/json")
