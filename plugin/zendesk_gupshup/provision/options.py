"""The section `[setup]` of the settings: names, groups, and the objects to leave out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from zendesk_gupshup.model.base import LANGUAGES, CompleteLanguage, StrictModel

Key = Literal[
    "ticket-field/error-code",
    "ticket-field/app-name",
    "ticket-field/app-id",
    "ticket-field/account-id",
    "ticket-field/owner-email",
    "ticket-field/state",
    "organization-field/app-name",
    "organization-field/app-id",
    "organization-field/owner-email",
    "organization-field/account-id",
    "organization-field/account-type",
    "organization-field/language",
    "webhook/worker",
    "trigger-category/gupshup",
    "trigger/new-ticket",
    "trigger/client-comment",
    "trigger/draft-request",
    "macro/draft",
    "macro/send",
    "macro/escalate-401.en",
    "macro/escalate-401.es",
    "macro/escalate-401.pt",
    "macro/leave-alone",
    "view/awaiting-owner",
    "view/at-gupshup",
    "view/settled",
    "view/needs-review",
    "view/unknown-codes",
    "view/incidents",
    "automation/remind-owner",
]
_Title = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]


def _endpoint(text: str) -> str:
    if not re.fullmatch(r"https?://[^\s/?#]+/[^\s?#]*", text):
        raise PydanticCustomError("endpoint", "write a URL with a path, such as https://<your host>/webhooks/zendesk")
    return text


def _word(text: str) -> str:
    if not re.fullmatch(r"\S+", text):
        raise PydanticCustomError("word", "write single words, without spaces")
    return text


class Setup(StrictModel):
    endpoint: Annotated[str, AfterValidator(_endpoint)] | None = Field(
        None,
        description="URL at which Zendesk reaches `serve`, with its path: https://<your host>/webhooks/zendesk.",
    )
    prefix: _Title = Field("Gupshup", description="First word of every title that `setup` writes.")
    names: Mapping[Key, _Title] = Field(
        default_factory=dict, description='Titles of your own: `"macro/draft" = "WhatsApp::Draft"`.'
    )
    leave_out: frozenset[Key] = Field(
        frozenset(),
        description='Objects to leave out, such as "trigger/client-comment"; `setup plan` lists all.',
    )
    languages: tuple[CompleteLanguage, ...] = Field(
        LANGUAGES, min_length=1, description="Languages in which agents get the macro with the 401 reply."
    )
    words: tuple[Annotated[str, AfterValidator(_word)], ...] = Field(
        (),
        description="Call the worker only for comments with one of these words, and for tickets with a finding; "
        "unset: for every comment of a client.",
    )
    error_code_field: Literal["multiselect", "tagger"] = Field(
        "multiselect",
        description="Type of the error code field. A multi-select fills itself from the tags and holds several codes; "
        "a drop-down (tagger) holds the first.",
    )
    group: str | None = Field(None, description="Name of the group that sees macros and views; unset: all agents.")
    remind_after_hours: int = Field(
        72, ge=1, le=2000, description="Hours without a message from the client after which the reminder is due."
    )
    remind_group: str | None = Field(
        None, description="Name of the group that gets the reminder by e-mail; unset: [routing] group, else none."
    )
    worker_user_id: int | None = Field(
        None, ge=1, description="Id of the user that `serve` signs in as, if `setup` runs as another user."
    )
