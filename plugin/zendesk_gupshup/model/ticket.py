"""Zendesk's nouns. Its answers may grow fields, so unknown ones are ignored.

Names are Zendesk's: https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import ConfigDict, Field, field_validator

from .base import LenientModel
from .reason import Reason
from .retryable import RetryableReason


class User(LenientModel):
    id: int
    name: str = ""
    email: str | None = None
    role: str = "end-user"
    locale: str | None = None
    tags: tuple[str, ...] = ()
    organization_id: int | None = None

    @property
    def is_staff(self) -> bool:
        return self.role in ("agent", "admin")


class Organization(LenientModel):
    id: int
    name: str = ""
    tags: tuple[str, ...] = ()
    domain_names: tuple[str, ...] = ()
    organization_fields: Mapping[str, Any] = Field(default_factory=dict)


class Group(LenientModel):
    id: int
    name: str = ""


class Via(LenientModel):
    # A name or a number: https://developer.zendesk.com/documentation/ticketing/reference-guides/via-types/
    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True)

    channel: str | None = None
    source: Mapping[str, Any] = Field(default_factory=dict)


class Attachment(LenientModel):
    id: int
    file_name: str = ""
    content_url: str = ""
    content_type: str = ""
    size: int = 0
    inline: bool = False
    deleted: bool = False
    malware_scan_result: str | None = None


class Metadata(LenientModel):
    """What the update that wrote a comment said of itself. `metadata.system`, with IP and place, is not kept."""

    custom: Mapping[str, str] = Field(default_factory=dict)

    @field_validator("custom", mode="before")
    @classmethod
    def _words(cls, given: Any) -> Any:
        """Other apps write here what they like; ours are words."""
        known = given.items() if isinstance(given, Mapping) else ()
        return {key: value for key, value in known if isinstance(key, str) and isinstance(value, str)}


class Comment(LenientModel):
    """One comment, oldest first in `Ticket.comments`; the first one is the ticket's description."""

    id: int
    author_id: int | None = None
    public: bool = True
    body: str = ""
    html_body: str = ""
    plain_body: str = ""
    attachments: tuple[Attachment, ...] = ()
    created_at: datetime | None = None
    via: Via = Via()
    # Who wrote it, where it is a message of a conversation; none for a comment.
    written_by: Literal["client", "agent", "bot"] | None = None
    # None where the answer says nothing about it.
    metadata: Metadata | None = None

    @field_validator("metadata", mode="before")
    @classmethod
    def _if_any(cls, given: Any) -> Any:
        return given if isinstance(given, (Mapping, Metadata)) else None


class CustomField(LenientModel):
    id: int
    value: Any = None


class Ticket(LenientModel):
    """A ticket with all that deciding needs: comments, the people in them, organization and group."""

    id: int
    subject: str | None = ""
    description: str | None = ""
    status: str = "new"
    priority: str | None = None
    tags: tuple[str, ...] = ()
    group_id: int | None = None
    assignee_id: int | None = None
    requester_id: int | None = None
    submitter_id: int | None = None
    organization_id: int | None = None
    brand_id: int | None = None
    ticket_form_id: int | None = None
    custom_fields: tuple[CustomField, ...] = ()
    created_at: datetime | None = None
    # As Zendesk wrote it: `updated_stamp` wants the very string back.
    updated_at: str = ""
    # When Zendesk itself last wrote the ticket, as Unix time; system updates count, and imports cannot set it.
    generated_timestamp: int | None = None
    via: Via = Via()
    is_public: bool = True
    # How many comments there are, where the answer says so.
    comment_count: int | None = None
    from_messaging_channel: bool = False

    comments: tuple[Comment, ...] = ()
    users: Mapping[int, User] = Field(default_factory=dict)
    organization: Organization | None = None
    group: Group | None = None
    # Texts of attachments that were read, by attachment id.
    attachment_texts: Mapping[int, str] = Field(default_factory=dict)
    # Why attachments were not read, or not in full, by attachment id.
    attachments_unread: Mapping[int, tuple[Reason, ...]] = Field(default_factory=dict)
    # Of these, what may be read at another time: it is tried again, or it was for the last time.
    attachments_waiting: Mapping[int, RetryableReason] = Field(default_factory=dict)
    attachments_given_up: Mapping[int, RetryableReason] = Field(default_factory=dict)
    # Attachments of which nothing was read, for good. `None` where nobody tried to read any.
    attachments_missed: frozenset[int] | None = None
    # Attachments whose text was read from a picture, where a digit may be misread.
    picture_texts: frozenset[int] = frozenset()
    # What Zendesk did not let us read beside the ticket, and why: unknown, and told in the note.
    unavailable: tuple[Reason, ...] = ()
    # When it was read, by Zendesk's clock; none where nothing may become due by time alone.
    read_at: datetime | None = None
    # Why the conversation of a messaging ticket could not be read.
    conversation_unread: Reason | None = None
    # Users of the organization that carry the tag `gupshup_owner`; read only where no field names the owner.
    owners: tuple[User, ...] = ()
    # The user we are signed in as, so that our own comments are known as ours.
    our_user_id: int | None = None
    # What Zendesk noted our update as, on the ticket as that update left it; none on a ticket that was read.
    audit_id: int | None = None
    comment_id: int | None = None
    # What our store knows to have been written on this ticket: kind of step and short name of the code. It is asked
    # only where a reply or a note is due.
    stored: frozenset[tuple[str, str]] = frozenset()
    # Tags that stand since the ticket was made, by its audits; `None`: not asked.
    since_creation: frozenset[str] | None = None
    # Tags of ours that it took over from another ticket, as `witnesses.as_own` takes them out of `tags`.
    inherited: frozenset[str] = frozenset()

    @property
    def requester(self) -> User | None:
        return self.users.get(self.requester_id) if self.requester_id is not None else None

    def field(self, field_id: int | None) -> Any:
        """The value of a ticket field, `None` where the ticket or the settings lack it."""
        if field_id is None:
            return None
        return next((f.value for f in self.custom_fields if f.id == field_id), None)
