"""What the inbox's forms do, one function a form, and how they are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from .conversations import CHANNELS
from .inbox_text import STATUSES
from .inbox_view import staff

if TYPE_CHECKING:
    from .store import SandboxStore

FILE_LIMIT = 20 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Form:
    """What a page sent: its texts, with plain line ends, and its files as (name, content type, content)."""

    texts: Mapping[str, str]
    files: tuple[tuple[str, str, bytes], ...] = ()

    def get(self, name: str) -> str:
        return self.texts.get(name, "").strip()

    def number(self, name: str) -> int | None:
        text = self.get(name)
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


class FormRefused(Exception):
    """A form that cannot be carried out; the page is shown again with the reason and with what was typed."""

    def __init__(self, reason: str, status: int = 422) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status


Act = Callable[["SandboxStore", int, Form], int]


async def read(request: Request) -> Form:
    try:
        async with request.form(max_files=5, max_fields=40) as sent:
            texts = {k: v.replace("\r\n", "\n") for k, v in sent.items() if isinstance(v, str)}
            uploads = [f for f in sent.getlist("files") if isinstance(f, UploadFile) and f.filename]
            if any((upload.size or 0) > FILE_LIMIT for upload in uploads):
                raise FormRefused("A file may have 20 MB at most.", 413)
            files = [
                (str(upload.filename), upload.content_type or "application/octet-stream", await upload.read())
                for upload in uploads
            ]
    except HTTPException as error:  # Starlette's word for a form that cannot be read
        raise FormRefused(error.detail, error.status_code) from error
    return Form(texts, tuple(files))


def new_ticket(store: SandboxStore, _: int, form: Form) -> int:
    for name, label in (("name", "name"), ("email", "e-mail address"), ("subject", "subject"), ("body", "text")):
        if not form.get(name):
            raise FormRefused(f"Please fill in the {label}.")
    if "@" not in form.get("email"):
        raise FormRefused("The e-mail address needs an @.")
    ticket = store.write_as_client(
        form.get("email"),
        form.get("name"),
        form.get("body"),
        subject=form.get("subject"),
        files=form.files,
        locale=form.get("locale") or None,
        channel=form.get("channel") if form.get("channel") in CHANNELS else "web",
        organization_id=form.number("organization_id"),
    )
    return int(ticket["id"])


def write_as_client(store: SandboxStore, ticket_id: int, form: Form) -> int:
    if not form.get("body"):
        raise FormRefused("Please write what the client says.")
    requester = store.users.get(store.tickets[ticket_id].get("requester_id") or 0, {})
    if not requester.get("email"):
        raise FormRefused("This ticket's requester has no e-mail address to write from.")
    ticket = store.write_as_client(
        requester["email"], requester.get("name") or "", form.get("body"), ticket_id=ticket_id, files=form.files
    )
    return int(ticket["id"])


def reply_as_agent(store: SandboxStore, ticket_id: int, form: Form) -> int:
    """`html_body` comes from the composer in rich text, which only a page with an app has."""
    if not form.get("body"):
        raise FormRefused("Please write a reply or a note.")
    if form.get("kind") != "internal" and store.tickets[ticket_id]["from_messaging_channel"]:
        # In Agent Workspace an agent's public word is a message there.
        store.write_message(ticket_id, "agent", form.get("body"))
        return ticket_id
    words = {"html_body": form.get("html_body")} if form.get("html_body") else {"body": form.get("body")}
    comment = {**words, "public": form.get("kind") != "internal"}
    store.update_ticket(ticket_id, {"comment": comment}, _agent(store, ticket_id, form), channel="web")
    return ticket_id


def apply_macro(store: SandboxStore, ticket_id: int, form: Form) -> int:
    macro_id = form.number("macro_id")
    if macro_id is None or macro_id not in store.macros:
        raise FormRefused("Please choose a macro.")
    store.apply_macro_as_agent(ticket_id, macro_id, _agent(store, ticket_id, form))
    return ticket_id


def set_status(store: SandboxStore, ticket_id: int, form: Form) -> int:
    if form.get("status") not in STATUSES:
        raise FormRefused("Please choose a status.")
    store.update_ticket(ticket_id, {"status": form.get("status")}, _agent(store, ticket_id, form), channel="web")
    return ticket_id


def change_tags(store: SandboxStore, ticket_id: int, form: Form) -> int:
    """One tag off, some on; Zendesk wants the whole list."""
    tags = [tag for tag in store.tickets[ticket_id].get("tags") or () if tag != form.get("remove")]
    tags += [tag for tag in form.get("add").lower().split() if tag not in tags]
    store.update_ticket(ticket_id, {"tags": tags}, _agent(store, ticket_id, form), channel="web")
    return ticket_id


def _agent(store: SandboxStore, ticket_id: int, form: Form) -> int:
    """The agent the form names, else the one who would be offered first."""
    people = staff(store.users, store.tickets[ticket_id].get("assignee_id"))
    chosen = form.number("agent_id")
    ids = [int(person["id"]) for person in people]
    if chosen in ids:
        return chosen
    if not ids or chosen is not None:
        raise FormRefused("There is no such agent.")
    return ids[0]
