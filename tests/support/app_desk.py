"""The app's routes around a store of the test's own and a Zendesk that answers from a table; no socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, cast
from urllib.parse import quote, urlencode

import sqlalchemy as sa
from starlette.applications import Starlette

from support.app_tokens import INSTALLATION, USER, claims, public_pem, signed_token
from support.fake_zendesk import TEXT, FakeZendesk
from zendesk_gupshup.app.routes import Endpoint
from zendesk_gupshup.app.server import app_server
from zendesk_gupshup.decide.policy import Policy
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.ledger.write_gate import StoreGate
from zendesk_gupshup.ledger.written_markers import WrittenMarkers
from zendesk_gupshup.model.ticket import Organization, Ticket, User
from zendesk_gupshup.model.write import Update
from zendesk_gupshup.pipeline import Brain, Outcome, handle
from zendesk_gupshup.render.catalogue import Templates
from zendesk_gupshup.settings import Settings
from zendesk_gupshup.storage.app_actions import AppActions
from zendesk_gupshup.storage.app_store import AppStore
from zendesk_gupshup.storage.send_quota import SendQuota
from zendesk_gupshup.zendesk.errors import NotFound, ZendeskError

ORIGIN = INSTALLATION.origin
HOST = "gupshup.example.net"
AGENT: dict[str, Any] = {"id": USER, "role": "agent", "active": True, "suspended": False, "ticket_restriction": None}
ADMIN = AGENT | {"role": "admin"}
LIGHT = AGENT | {"role_type": 1}
FORM = "application/x-www-form-urlencoded"


class TableZendesk:
    """Answers by path; an answer may be an error. `asked` has what it was asked, in order."""

    def __init__(self, user: Mapping[str, Any] = AGENT) -> None:
        self.asked: list[str] = []
        self.answers: dict[str, Any] = {f"users/{USER}.json": {"user": dict(user)}}

    def get(self, path: str, **_params: Any) -> Any:
        self.asked.append(path)
        found = self.answers.get(path, NotFound(f"{path} is not there", status=404))
        if isinstance(found, ZendeskError):
            raise found
        return found

    def pages(self, path: str, key: str, **_params: Any) -> Iterator[Any]:
        yield from self.get(path)[key]

    def session(self) -> TableZendesk:
        return self

    def download(self, url: str, limit: int, _what: str) -> bytes:
        return cast("bytes", self.get(url))[:limit]


class PageZendesk(TableZendesk, FakeZendesk):
    """With one ticket besides, of an organization, which remembers what is written."""

    def __init__(self, user: Mapping[str, Any] = AGENT, text: str = TEXT, **ticket: Any) -> None:
        TableZendesk.__init__(self, user)
        FakeZendesk.__init__(self, text)
        self.fields: dict[str, Any] = {}
        self.ticket_now = self.ticket_now.model_copy(
            update={"organization_id": 3, "group_id": 5, "organization": self.organization, **ticket}
        )

    @property
    def organization(self) -> Organization:
        return Organization(id=3, name="Acme", organization_fields=dict(self.fields))

    def owners(self, organization_id: int) -> tuple[User, ...]:
        return ()

    def ticket(self, ticket_id: int, *, comments: bool = True) -> Ticket:
        found = super().ticket(ticket_id, comments=comments)
        return found.model_copy(update={"organization": self.organization}) if found.organization_id else found

    def get(self, path: str, **params: Any) -> Any:
        if path == "organizations/3.json":
            self.asked.append(path)
            return {"organization": {"id": 3, "organization_fields": dict(self.fields)}}
        return super().get(path, **params)

    def update(self, ticket: Ticket, update: Update, **how: Any) -> Ticket:
        after = super().update(ticket, update, **how)
        fields = {field.id: field for field in (*after.custom_fields, *update.step.custom_fields)}
        self.ticket_now = after.model_copy(update={"custom_fields": tuple(fields.values())})
        return self.ticket_now

    def write(self, method: str, path: str, body: Mapping[str, Any]) -> Any:
        self.asked.append(f"{method} {path}")
        self.fields |= body["organization"]["organization_fields"]
        return body


@cache
def app_brain() -> Brain:
    return Brain(dictionary=load(), templates=Templates.load())


@dataclass(frozen=True)
class Got:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class AppDesk:
    """One app, its Zendesk and its store."""

    engine: sa.Engine
    zendesk: Any = field(default_factory=TableZendesk)
    settings: Mapping[str, Any] = field(default_factory=dict)
    endpoints: Sequence[Endpoint] = ()
    policy: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.store = AppStore(self.engine, ORIGIN)
        self.store.keep_value("public_key", public_pem().decode())
        app = {"enabled": True, "app_id": 77, "installation_id": INSTALLATION.id, **self.settings}
        settings = Settings.model_validate({"zendesk": {"subdomain": "example"}, "app": app})
        self.queued: list[tuple[str, int]] = []
        self.brain = replace(app_brain(), policy=Policy(**self.policy))
        made = app_server(
            settings,
            self.engine,
            self.zendesk,
            self.brain,
            lambda key, ticket_id: self.queued.append((key, ticket_id)),
            more=self.endpoints,
        )
        assert made
        self.keep, self.actions = made.keep, AppActions(self.engine, ORIGIN)
        self.app = Starlette(routes=list(made.routes))

    def visit(self) -> Outcome:
        """As the worker handles the ticket, with what its store knows."""
        gate = StoreGate(WrittenMarkers(self.engine, ORIGIN), SendQuota(self.engine, ORIGIN), replies_per_hour=100)
        outcome = handle(self.zendesk, 7, self.brain, gate=gate)
        self.keep(outcome)
        return outcome

    def ask(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Got:
        return ask(self.app, method, path, body, headers or {})

    def open(self, page: str = "sidebar", token: str | None = None, query: str = "") -> Got:
        """As Zendesk opens a page."""
        place = "nav_bar" if page == "console" else "ticket_sidebar"
        made = signed_token(claims(context={"product": "support", "location": place})) if token is None else token
        body = urlencode({"token": made}).encode()
        return self.ask("POST", f"/zaf/{page}{query}", body, {"content-type": FORM})

    def bearer(self, page: str = "sidebar") -> dict[str, str]:
        opened = self.open(page)
        assert opened.status == 200, opened.body
        session = opened.body.decode().partition('<meta name="session" content="')[2].partition('"')[0]
        return {"authorization": f"Bearer {session}"}

    def get(self, path: str, bearer: Mapping[str, str], **headers: str) -> Got:
        return self.ask("GET", f"/zaf/api/{path}", b"", {**bearer, **headers})

    def post(self, path: str, bearer: Mapping[str, str], body: Any, **headers: str) -> Got:
        """`headers`: with `_` for `-`."""
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {"content-type": "application/json", **bearer, **more}
        return self.ask("POST", f"/zaf/api/{path}", json.dumps(body).encode(), sent)


def ask(app: Starlette, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Got:
    sent: list[dict[str, Any]] = []
    path, _, query = path.partition("?")
    scope = {
        "type": "http", "method": method, "path": path, "raw_path": quote(path).encode(),
        "query_string": query.encode(), "root_path": "", "http_version": "1.1",
        "headers": [(k.lower().encode(), v.encode("latin-1")) for k, v in {"host": HOST, **headers}.items()],
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(dict(message))

    asyncio.run(app(scope, receive, send))
    found = {k.decode(): v.decode() for k, v in sent[0]["headers"]}
    return Got(sent[0]["status"], found, b"".join(m.get("body", b"") for m in sent[1:]))
