"""An admin's console in a frame: the app's real routes over a store with something in it, and a page that hosts it.

The host has another site than the frame, as in life. The app framework's client is a stub that says what a test sets.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from markupsafe import escape
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from support.app_desk import ADMIN, ORIGIN, AppDesk, TableZendesk
from support.app_tokens import claims, signed_token
from support.browser import Browser
from support.ledger_entries import entry
from support.served_app import ServedApp
from zendesk_gupshup.app.console import ConsoleParts, console_endpoints
from zendesk_gupshup.app.seen import SeenTicket
from zendesk_gupshup.ledger.ledger import Ledger
from zendesk_gupshup.model.detection_reasons import Rule
from zendesk_gupshup.model.outcome_reasons import FailureKind
from zendesk_gupshup.pipeline import Brain
from zendesk_gupshup.storage.app_actions import AppActions, Feedback
from zendesk_gupshup.storage.app_store import AppStore, StoredTicket
from zendesk_gupshup.storage.dead_letters import DeadLetters
from zendesk_gupshup.storage.engine import open_engine

NOON = 1_795_262_400
FRAME = "#console"
HOSTILE = 'Error 401 <img src=x onerror="document.title=1"> \u202egnorw ' + "x" * 900
REFUSED = {"error": {"namespace": "gupshup_http", "code": "401"}, "confidence": "certain"}
WALLET = {"error": {"namespace": "gupshup", "code": "1003"}, "confidence": "likely"}
_NOTE = {"kind": "note", "marker": "gupshup_noted__http_401", "add_tags": ["gupshup__http_401"]}
_REPLY = {"kind": "reply", "marker": "gupshup_replied__http_401"}

# What the page asks of Zendesk's frame: a language, a colour scheme, and the way to a ticket.
_SDK = """
window.asked = [];
window.ZAFClient = { init(ready) {
  if (!%(inside)s) return false;
  const client = {
    on() {}, get: async () => (%(about)s),
    invoke: async (...what) => { window.asked.push(what); },
  };
  setTimeout(() => ready({ context: { location: "nav_bar" } }), 0);
  return client;
} };
"""


class ConsoleDesk(ServedApp):
    """Serves on two hosts of this machine. `about`: what the frame's client says of the admin."""

    def __init__(self, browser: Browser, folder: Path, brain: Brain) -> None:
        self.browser = browser
        self.queued: list[int] = []
        self.about: dict[str, str] = {"currentUser.locale": "en-US"}
        self.inside = True
        self.broken: Callable[[Request], Response | None] = lambda _: None
        port = self.listen()
        self.host, self.worker = f"http://localhost:{port}", f"http://127.0.0.1:{port}"
        engine = open_engine(None, folder)
        self.ledger = Ledger(engine, ORIGIN)
        parts = ConsoleParts(
            self.ledger,
            brain,
            lambda _, ticket_id: self.queued.append(ticket_id),
            f"{ORIGIN}/agent/tickets/",
            retention_days=400,
            now=lambda: NOON,
        )
        settings = {"origins": [self.host], "sdk_url": f"{self.host}/sdk.js"}
        self.desk = AppDesk(engine, TableZendesk(ADMIN), settings, console_endpoints(parts))
        routes = [Route("/host", self._host), Route("/sdk.js", self._sdk), Route("/blank", self._blank)]
        app = Starlette(routes=[*routes, *self.desk.app.routes])
        self.serve(self._or_broken(app))

    def open(self, part: str = "decisions", *, scheme: str = "light") -> Browser:
        """The browser, in the frame, with this part of the console as soon as it has been read."""
        self.browser.enter(None)
        self.browser.open(f"{self.host}/host?scheme={scheme}")
        self.browser.enter(FRAME)
        self.read()
        if part != "decisions":
            self.go(part)
        return self.browser

    def go(self, part: str) -> None:
        self.browser.click(f"#to-{part}")
        self.read()

    def read(self) -> None:
        """Wait until nothing is asked any more."""
        idle = "return document.querySelector('#places button') && !document.querySelector('[aria-busy=true]')"
        self.browser.wait_for(lambda: self.browser.script(idle), "an answer")

    def in_host(self, script: str) -> Any:
        self.browser.enter(None)
        found = self.browser.script(script)
        self.browser.enter(FRAME)
        return found

    def _or_broken(self, app: Starlette) -> Any:
        """The app, unless a test wants another answer of the API."""

        async def asgi(scope: Any, receive: Any, send: Any) -> None:
            instead = self.broken(Request(scope)) if scope["type"] == "http" else None
            await (instead or app)(scope, receive, send)

        return asgi

    async def _host(self, request: Request) -> Response:
        """Opens the console as Zendesk does: a form, sent into a frame."""
        made = signed_token(claims(context={"product": "support", "location": "nav_bar"}))
        scheme = request.query_params.get("scheme", "light")
        action = f"{self.worker}/zaf/console?origin={self.host}&app_guid=a1&colorScheme={scheme}"
        return HTMLResponse(
            '<!doctype html><html lang="en"><title>Host</title><style>body{margin:0}'
            "iframe{width:100%;height:100vh;border:0;display:block}</style>"
            f'<form method="post" target="console" action="{escape(action)}">'
            f'<input type="hidden" name="token" value="{escape(made)}"></form>'
            '<iframe id="console" name="console" title="Gupshup"></iframe><script>document.forms[0].submit()</script>'
        )

    async def _sdk(self, _: Request) -> Response:
        said = {"inside": json.dumps(self.inside), "about": json.dumps(self.about)}
        return Response(_SDK % said, media_type="text/javascript")

    async def _blank(self, _: Request) -> Response:
        return HTMLResponse("<!doctype html><title>Blank</title>")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        self.ledger.engine.dispose()


def fill(folder: Path) -> None:
    """A store with 130 decisions of ten days, replies held back, failures, unknown codes, verdicts, and a hostile
    quote."""
    engine = open_engine(None, folder)
    ledger = Ledger(engine, ORIGIN)
    ledger.start_live()
    letters = DeadLetters(engine, ORIGIN, now=lambda: NOON)
    for number in range(1, 131):
        ledger.record(entry(number, **_decision(number)))
    for number, kind, reason in (
        (21, FailureKind.ATTEMPTS, "Zendesk answered 500 three times"),
        (22, FailureKind.NOT_KEPT, "our marker tags were put back 3 times in 24 hours, and lost each time"),
        (23, FailureKind.REFUSED, "Zendesk refused the update: 422"),
    ):
        letters.give_up(number, kind, reason, 3)
    places = ({"kind": "comment", "n": 2}, {"kind": "attachment", "n": 3, "name": "log.txt"})
    quotes = (HOSTILE, '{"status":"error","message":"Authentication Failed"}')
    evidence = [
        {"quote": quote, "place": place, "rule": Rule.ANSWER()} for quote, place in zip(quotes, places, strict=True)
    ]
    finding = REFUSED | {
        "variant": None,
        "kind": "owner_escalation",
        "mode": "auto",
        "against": [],
        "evidence": evidence,
    }
    view = SeenTicket.model_validate({"findings": [finding]}).model_dump(mode="json")
    AppStore(engine, ORIGIN).keep_ticket(StoredTicket(130, NOON, "s130", None, None, None, None, view))
    actions = AppActions(engine, ORIGIN, now=lambda: NOON)
    for user, verdict in ((1, "right"), (2, "right"), (3, "wrong_code")):
        actions.keep_feedback(Feedback(7, user, NOON, verdict, "gupshup_http 401"))  # type: ignore[arg-type]  # the table holds verdicts as text
    actions.record("inserted", 7, 1, {"error": REFUSED["error"], "edited": True})
    engine.dispose()


def _decision(number: int) -> dict[str, Any]:
    at = NOON - (130 - number) * 6_500
    values: dict[str, Any] = {"at": at, "created": at, "stamp": f"s{number}", "did": "done", "kind": "owner_escalation"}
    if number % 9 == 0:
        return values | {"unknown": [str(3000 + number)], "symptoms": 1}
    if number % 10 == 0:
        return values | {
            "mode": "assist", "findings": [REFUSED, WALLET], "guards": ["stale", "machine"], "missing": ["app_name"],
            "language": "es", "planned": [_NOTE], "would": [_REPLY, _NOTE], "writes": [_write("note", at)],
        }  # fmt: skip
    if number % 7 == 0:
        return values | {"did": "failed", "reason": "Zendesk refused the update: 422", "findings": [WALLET]}
    found = [WALLET] if number % 3 == 0 else [REFUSED]
    return values | {
        "mode": "auto",
        "language": "pt",
        "findings": found,
        "writes": [_write("reply", at), _write("note", at)],
    }


def _write(kind: str, at: int) -> dict[str, Any]:
    stamp = f"2026-11-2{at % 9}T12:00:00Z"
    return {
        "kind": kind,
        "public": kind == "reply",
        "files": ["gupshup-draft.txt"] if kind == "note" else [],
        "before": {"updated_at": stamp},
        "after": {"updated_at": stamp, "tags": [f"gupshup_{kind}__http_401"]},
    }
