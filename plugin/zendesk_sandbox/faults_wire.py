"""Injects the faults of a plan between the web server and the sandbox's application."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from email.utils import formatdate
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .faults import FaultPlan, Met
from .store import SandboxStore

_PIECE = 0.05
_HTML = b"<html><body>Please sign in to the network</body></html>"


@dataclass(frozen=True)
class _Given:
    """A whole answer."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes

    def without(self, *names: bytes) -> tuple[tuple[bytes, bytes], ...]:
        return tuple((name, value) for name, value in self.headers if name.lower() not in names)


class Troubled:
    """The application with a plan of faults before it. It dates the answers itself, so the server must not."""

    def __init__(self, app: ASGIApp, plan: FaultPlan, store: SandboxStore) -> None:
        self._app, self._plan, self._store = app, plan, store
        self._last_page: _Given | None = None
        # Options that a fault has changed: what they were, and how many faults hold them.
        self._changed: dict[str, tuple[Any, int]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._serve(scope, receive, send)
        except ClientDisconnect:
            return  # the client was killed before all of it had arrived

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(("/api/", "/oauth/", "/attachments/")):
            await self._app(scope, receive, _dated(send))
            return
        met = self._plan.request(scope["method"], scope["path"], scope["query_string"].decode("latin-1"))
        if met is None and "/incremental/" not in scope["path"]:
            await self._app(scope, receive, _dated(send))
            return
        await self._play(met, scope, receive, send)

    async def _play(self, met: Met | None, scope: Scope, receive: Receive, send: Send) -> None:
        request = await _whole(receive)
        if met is None:
            given = await self._carried_out(scope, request)
            self._last_page = given
            await _answer(given, _dated(send))
            return
        how = met.how
        self._prepare(met, scope)
        if how.wire == "late":
            await asyncio.sleep(met.seconds)
        # What only changes the surroundings leaves the request itself alone.
        plain = how.status is None and how.wire is None and how.export is None and not how.kill
        given = await self._carried_out(scope, request) if how.applied or plain or how.export else _Given(0, (), b"")
        if how.kill:
            self._plan.on_kill(met)
            await _break(receive, send)
            return
        if how.export:
            given = self._page(how.export, given)
        if how.status is not None:
            given = _instead(met)
        elif how.spoil:
            given = _spoilt(how.spoil, given)
        date = None if how.date is None else _date(how.date)
        await _carried_away(met, given, receive, send, date)

    def _prepare(self, met: Met, scope: Scope) -> None:
        """What happens around the request: options that change for a while, people who write."""
        store = self._store
        if met.how.options:
            self._change(dict(met.how.options))
            store.scheduler.after(met.seconds, lambda: self._change_back(dict(met.how.options)))
        parts = scope["path"].removesuffix(".json").split("/")
        if met.how.meanwhile and parts[-1].isdigit() and int(parts[-1]) in store.tickets:
            _writes(store, int(parts[-1]), met.how.meanwhile)

    def _change(self, options: dict[str, Any]) -> None:
        store = self._store
        with store.lock:
            for name in options:
                was, times = self._changed.get(name, (getattr(store.options, name), 0))
                self._changed[name] = (was, times + 1)
            store.options = store.options.changed(options)

    def _change_back(self, options: dict[str, Any]) -> None:
        store = self._store
        with store.lock:
            for name in options:
                was, times = self._changed.pop(name)
                if times > 1:
                    self._changed[name] = (was, times - 1)
                else:
                    store.options = store.options.changed({name: was})

    async def _carried_out(self, scope: Scope, request: bytes) -> _Given:
        """The application's whole answer, kept back."""
        messages: list[Message] = []
        given = iter([{"type": "http.request", "body": request, "more_body": False}])

        async def receive() -> Message:
            return next(given, {"type": "http.disconnect"})

        async def keep(message: Message) -> None:
            messages.append(message)

        await self._app(scope, receive, keep)
        start = next(m for m in messages if m["type"] == "http.response.start")
        body = b"".join(m.get("body", b"") for m in messages if m["type"] == "http.response.body")
        return _Given(start["status"], tuple(start["headers"]), body)

    def _page(self, how: str, given: _Given) -> _Given:
        if how == "repeat":
            return self._last_page or given
        try:
            page = json.loads(given.body)
        except ValueError:
            return given
        page |= {"tickets": [], "after_cursor": None, "end_of_stream": True}
        return _with_body(given, json.dumps(page).encode())


def _writes(store: SandboxStore, ticket_id: int, who: str) -> None:
    with store.lock:
        ticket = store.tickets[ticket_id]
        agent = store.user_by_email("ada@example.com")["id"]
        if who == "client":
            words = {"comment": {"body": "One more thing: we are still waiting.", "public": True}}
            store.update_ticket(ticket_id, words, ticket["requester_id"], "web")
        elif who == "app":
            store.update_ticket(ticket_id, {"tags": ["vip"]}, agent)
        else:
            store.update_ticket(ticket_id, {"additional_tags": ["seen_by_ada"]}, agent)


async def _whole(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if not message.get("more_body"):
            return body


def _instead(met: Met) -> _Given:
    figures = {"seconds": f"{met.seconds:g}", "date": formatdate(time.time() + met.seconds, usegmt=True)}
    headers = {"content-type": "application/json"} | dict(met.how.headers)
    rows = tuple((name.encode(), value.format(**figures).encode()) for name, value in headers.items())
    return _with_body(_Given(met.how.status or 200, rows, b""), met.how.body.encode())


def _with_body(given: _Given, body: bytes) -> _Given:
    headers = given.without(b"content-length")
    return replace(given, headers=(*headers, (b"content-length", str(len(body)).encode())), body=body)


def _spoilt(how: str, given: _Given) -> _Given:
    if how == "not_packed":
        return replace(given, headers=(*given.headers, (b"content-encoding", b"gzip")))
    spoilt: dict[str, Callable[[bytes], bytes]] = {
        "html": lambda _: _HTML,
        "empty": lambda _: b"",
        "half": lambda body: body[: len(body) // 2],
        "garbage": lambda body: b"\x00\xff{" + body[1:-1],
        "list": lambda body: b"[" + body + b"]",
        "other": lambda _: b'{"ok": true}',
        "types": lambda body: json.dumps(_twisted(json.loads(body))).encode(),
        "nulls": lambda body: json.dumps(dict.fromkeys(json.loads(body))).encode(),
    }
    return _with_body(given, spoilt[how](given.body)) if given.body else given


def _twisted(value: Any) -> Any:
    """The same shape with every leaf of another type."""
    if isinstance(value, dict):
        return {key: _twisted(item) for key, item in value.items()}
    if isinstance(value, list):
        return len(value)
    if isinstance(value, bool) or value is None:
        return "perhaps"
    return {"value": value} if isinstance(value, str) else f"about {value}"


async def _carried_away(met: Met, given: _Given, receive: Receive, send: Send, date: str | None) -> None:
    """Send the answer as the kind's wire has it."""
    dated, wire = _dated(send, date), met.how.wire
    if wire == "reset":
        await _break(receive, send)
    elif wire == "silence":
        await _gone(receive, met.seconds)
        await _break(receive, send)
    elif wire == "cut":
        await dated({"type": "http.response.start", "status": given.status, "headers": list(given.headers)})
        half = given.body[: len(given.body) // 2]
        await dated({"type": "http.response.body", "body": half, "more_body": True})
        await _break(receive, send)
    elif wire == "drip":
        await _drip(given, met.seconds, receive, dated)
    else:
        if wire == "slow":
            await asyncio.sleep(met.seconds)
        await _answer(given, dated)


async def _answer(given: _Given, send: Send) -> None:
    await send({"type": "http.response.start", "status": given.status, "headers": list(given.headers)})
    await send({"type": "http.response.body", "body": given.body})


async def _drip(given: _Given, seconds: float, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": given.status, "headers": list(given.headers)})
    drops = max(1, int(seconds / _PIECE))
    size = max(1, len(given.body) // drops)
    pieces = [given.body[n : n + size] for n in range(0, len(given.body), size)] or [b""]
    for piece in pieces[:-1]:
        await send({"type": "http.response.body", "body": piece, "more_body": True})
        if await _gone(receive, seconds / len(pieces)):
            return
    await send({"type": "http.response.body", "body": pieces[-1]})


async def _gone(receive: Receive, seconds: float | None = None) -> bool:
    """Wait until the other side hangs up, and no longer than so many seconds; whether it did."""

    async def hang_up() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    try:
        await asyncio.wait_for(hang_up(), seconds)
    except TimeoutError:
        return False
    return True


async def _break(receive: Receive, send: Send) -> None:
    """Cut the connection without another byte. ASGI has no word for it: `send` is a method of the server's, whose
    transport has. The server has to know before we return, or it would answer for us."""
    send.__self__.transport.abort()  # type: ignore[attr-defined]  # bound to its connection
    await _gone(receive)


def _date(value: str) -> str:
    """Seconds from now as a date; any other text as it is."""
    try:
        return formatdate(time.time() + float(value), usegmt=True)
    except ValueError:
        return value


def _dated(send: Send, date: str | None = None) -> Send:
    """`send` with a `Date` header on the answer: the time, or this text, or none where it is empty."""

    async def dated(message: Message) -> None:
        if message["type"] == "http.response.start" and date != "":
            text = date or formatdate(time.time(), usegmt=True)
            message = {**message, "headers": [*message.get("headers", ()), (b"date", text.encode())]}
        await send(message)

    return dated
