"""What is sent in one request, and what is kept of it afterwards."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict

from .base import StrictModel
from .plan import Step
from .ticket import CustomField


class File(StrictModel):
    """An attachment of ours; `content` is bytes, shown as base64 in JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_bytes="base64", val_json_bytes="base64")

    name: str
    content_type: str
    content: bytes


class Update(StrictModel):
    """A step with its words: every byte that one PUT writes, with names still to be resolved to ids."""

    step: Step
    html_body: str | None = None
    public: bool = False
    files: tuple[File, ...] = ()


class TicketState(StrictModel):
    """Of a ticket what an update of ours can change; of its custom fields only those that the update sets."""

    updated_at: str = ""
    tags: tuple[str, ...] = ()
    group_id: int | None = None
    priority: str | None = None
    status: str = "new"
    # Of states kept by builds before these two, none: what was not kept counts as not changed.
    type: str | None = None
    problem_id: int | None = None
    custom_fields: tuple[CustomField, ...] = ()


class Write(StrictModel):
    """One update that went out, without its words. No `audit_id`: its answer was lost, and the ticket shows it."""

    kind: Literal["reply", "note", "tags"]
    marker: str | None = None
    public: bool | None = None
    files: tuple[str, ...] = ()
    before: TicketState
    after: TicketState
    audit_id: int | None = None
    comment_id: int | None = None
