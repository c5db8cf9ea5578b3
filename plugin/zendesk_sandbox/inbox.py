"""The sandbox's inbox page: the tickets as an agent sees them, and forms to write as the client or as an agent.

Plain pages and plain forms (POST, then 303). The script only looks whether something changed and swaps the parts marked
`data-live`; without it a reload does the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from . import inbox_apps as apps
from . import inbox_forms as forms
from . import inbox_text as text
from . import inbox_view as view
from .errors import StoreError
from .words import html_of

if TYPE_CHECKING:
    from .store import SandboxStore

_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; form-action 'self'; "
    "connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_SCRIPTS = ("inbox.js", "zaf_host.js", "zaf_composer.js", "zaf_client.js")
_STATIC = {"style.css": "text/css", **dict.fromkeys(_SCRIPTS, "text/javascript")}
CHANNELS = {"web": "Web form", "native_messaging": "Messaging, on the web", "whatsapp": "Messaging, on WhatsApp"}
LOCALES = {"en-US": "English", "es": "Español", "pt-BR": "Português (Brasil)", "fr": "Français"}


def routes(store: SandboxStore) -> list[Route]:
    """The inbox at `/` and everything under `/inbox/`."""
    desk = _Desk(store)
    acts: dict[str, forms.Act] = {
        "client": forms.write_as_client,
        "agent": forms.reply_as_agent,
        "macro": forms.apply_macro,
        "status": forms.set_status,
        "tags": forms.change_tags,
    }
    return [
        Route("/", desk.tickets),
        Route("/inbox/state", desk.state),
        Route("/inbox/new", desk.new_ticket, methods=["GET"]),
        Route("/inbox/new", desk.posting(forms.new_ticket), methods=["POST"]),
        Route("/inbox/tickets/{ticket_id:int}", desk.ticket),
        *(
            Route(f"/inbox/tickets/{{ticket_id:int}}/{name}", desk.posting(act, name), methods=["POST"])
            for name, act in acts.items()
        ),
        Route("/inbox/markdown", _markdown, methods=["POST"]),
        Route("/inbox/attachments/{attachment_id:int}/{name}", desk.attachment),
        Route("/inbox/static/{name}", _static),
        Route("/favicon.ico", _no_icon),  # asked for beside an attachment, which cannot name one
    ]


@dataclass(frozen=True, slots=True)
class _Desk:
    """The store behind the pages, and the templates they are printed with."""

    store: SandboxStore
    templates: Any = field(default_factory=text.pages)

    def tickets(self, request: Request) -> Response:
        store, filters = self.store, view.Filters.read(request.query_params)
        with store.lock:
            stamp = self._stamp(None)
            rows = view.listing(store.tickets.values(), store.users, store.groups, filters)
        return self._page("inbox.html", here="", state="/inbox/state", stamp=stamp, **rows)

    def ticket(self, request: Request) -> Response:
        return self._ticket_page(request.path_params["ticket_id"], host=_origin(request), viewer=_viewer(request))

    def new_ticket(self, request: Request) -> Response:  # noqa: ARG002 - an endpoint takes the request
        return self._new_page()

    def state(self, request: Request) -> Response:
        """A stamp that changes with whatever the page shows: cheap enough to ask for every other second."""
        number = forms.Form(dict(request.query_params)).number("ticket")
        return JSONResponse({"stamp": self._stamp(number)}, headers=_HEADERS)

    def attachment(self, request: Request) -> Response:
        try:
            attachment, content = self.store.attachment(request.path_params["attachment_id"])
        except StoreError:
            return self._missing("There is no such attachment.")
        content_type, opens = text.shown_as(attachment)
        name = quote(text.visible(attachment.get("file_name") or "attachment"), safe="")
        headers = {**_HEADERS, "Content-Disposition": f"{'inline' if opens else 'attachment'}; filename*=UTF-8''{name}"}
        return Response(content, headers=headers, media_type=content_type)

    def posting(self, act: forms.Act, name: str = "") -> Callable[[Request], Any]:
        """An endpoint that carries a form out and goes to the ticket, or shows the form again with the reason."""

        async def endpoint(request: Request) -> Response:
            ticket_id = request.path_params.get("ticket_id", 0)
            try:
                form = await forms.read(request)
            except forms.FormRefused as refused:
                return self._message(refused.status, "Refused", refused.reason)
            return await run_in_threadpool(self._carry_out, act, name, ticket_id, form)

        return endpoint

    def _carry_out(self, act: forms.Act, name: str, ticket_id: int, form: forms.Form) -> Response:
        if name and ticket_id not in self.store.tickets:
            return self._missing("There is no such ticket.")
        try:
            with self.store.lock:  # what an act reads is still so when it writes
                shown = act(self.store, ticket_id, form)
        except forms.FormRefused as refused:
            reason, status = refused.reason, refused.status
        except StoreError as error:
            reason, status = f"Zendesk answers {error.status}: {view.refusal(error.body)}", error.status
        else:
            # Zendesk's agents land on the newest comment; a change of tags leaves the reader where they were.
            anchor = "#latest" if name in ("client", "agent", "macro") else ""
            return RedirectResponse(f"/inbox/tickets/{shown}{anchor}", status_code=303)
        if name:
            return self._ticket_page(ticket_id, problem=reason, typed=form, panel=name, status=status)
        return self._new_page(problem=reason, typed=form, status=status)

    def _ticket_page(
        self,
        ticket_id: int,
        *,
        problem: str = "",
        typed: forms.Form | None = None,
        panel: str = "agent",
        status: int = 200,
        host: str = "",
        viewer: int | None = None,
    ) -> Response:
        """`host`: the page's own origin, without which no app is shown; `viewer`: the agent who looks at the page."""
        store = self.store
        with store.lock:
            ticket = store.tickets.get(ticket_id)
            if ticket is None:
                return self._missing("There is no such ticket.")
            stamp = self._stamp(ticket_id)
            shown = view.ticket_values(store, ticket)
            shown |= apps.values(store, ticket, viewer, host) if host else {"app": None}
        address = {"here": f"/inbox/tickets/{ticket_id}", "state": f"/inbox/state?ticket={ticket_id}", "stamp": stamp}
        form = {"problem": problem, "typed": typed or forms.Form({}), "panel": panel}
        return self._page("ticket.html", status=status, **address, **form, **shown)

    def _new_page(self, *, problem: str = "", typed: forms.Form | None = None, status: int = 200) -> Response:
        return self._page(
            "new.html",
            status=status,
            organizations=list(self.store.organizations.values()),
            locales=LOCALES,
            channels=CHANNELS,
            problem=problem,
            typed=typed or forms.Form({}),
        )

    def _stamp(self, ticket_id: int | None) -> str:
        """A digest, because Zendesk's `updated_at` has whole seconds and two changes may share one."""
        store = self.store
        with store.lock:
            if ticket_id is None:
                keys = ("id", "updated_at", "status", "subject", "group_id", "tags")
                shown: list[Any] = [[ticket.get(key) for key in keys] for ticket in store.tickets.values()]
            else:
                shown = [store.tickets.get(ticket_id), len(store.comments(ticket_id)), len(store.audits(ticket_id))]
                shown.append(len(store.conversations.get(ticket_id, ())))
        return hashlib.sha256(repr(shown).encode("utf-8", "backslashreplace")).hexdigest()[:16]

    def _missing(self, text: str) -> Response:
        return self._message(404, "Not found", text)

    def _message(self, status: int, title: str, text: str) -> Response:
        return self._page("message.html", status=status, title=title, text=text)

    def _page(self, template: str, *, status: int = 200, **values: Any) -> Response:
        page = self.templates.get_template(template).render(**values)
        frame = (values.get("app") or {}).get("frame")
        headers = {**_HEADERS, "Content-Security-Policy": apps.policy(_POLICY, frame)} if frame else _HEADERS
        return HTMLResponse(page, status_code=status, headers=headers)


async def _markdown(request: Request) -> Response:
    """What Zendesk's composer makes of Markdown, for an app that appends some."""
    try:
        form = await forms.read(request)
    except forms.FormRefused as refused:
        return Response(refused.reason, refused.status)
    return HTMLResponse(html_of(form.get("body"), markdown=True), headers=_HEADERS)


def _origin(request: Request) -> str:
    return f"{request.url.scheme}://{request.headers.get('host', '')}"


def _viewer(request: Request) -> int | None:
    return forms.Form(dict(request.query_params)).number("viewer")


def _no_icon(request: Request) -> Response:  # noqa: ARG001 - an endpoint takes the request
    return Response(status_code=204)


def _static(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in _STATIC:
        return Response(status_code=404)
    headers = {**_HEADERS, "Cache-Control": "no-cache"}
    return FileResponse(text.PAGES / name, media_type=_STATIC[name], headers=headers)
