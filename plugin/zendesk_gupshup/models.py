"""Zendesk's nouns, what we find in a ticket, and what should change on it: frozen values.

Zendesk's answers may grow fields (`_Theirs` ignores what it does not know); our own values and files may not
(`_Ours` refuses it). Names are Zendesk's: https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from zendesk_gupshup.model.retryable import Passing

Language = Literal["en", "es", "pt"]
LANGUAGES: tuple[Language, ...] = ("en", "es", "pt")

Namespace = Literal["gupshup", "gupshup_http", "gupshup_enterprise", "meta", "meta_onprem"]

# The middle of a tag such as `gupshup__http_401`; Gupshup's own codes stand bare: `gupshup__1003`.
_TAG_PREFIX: Mapping[str, str] = {
    "gupshup": "",
    "gupshup_http": "http_",
    "gupshup_enterprise": "enterprise_",
    "meta": "meta_",
    "meta_onprem": "onprem_",
}


class _Theirs(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Ours(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


# --- Zendesk -------------------------------------------------------------------------------------------------


class User(_Theirs):
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


class Organization(_Theirs):
    id: int
    name: str = ""
    tags: tuple[str, ...] = ()
    domain_names: tuple[str, ...] = ()
    organization_fields: Mapping[str, Any] = Field(default_factory=dict)


class Group(_Theirs):
    id: int
    name: str = ""


class Via(_Theirs):
    # A name or a number: https://developer.zendesk.com/documentation/ticketing/reference-guides/via-types/
    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True)

    channel: str | None = None
    source: Mapping[str, Any] = Field(default_factory=dict)


class Attachment(_Theirs):
    id: int
    file_name: str = ""
    content_url: str = ""
    content_type: str = ""
    size: int = 0
    inline: bool = False
    deleted: bool = False
    malware_scan_result: str | None = None


class Metadata(_Theirs):
    """What the update that wrote a comment said of itself. `metadata.system`, with IP and place, is not kept."""

    custom: Mapping[str, str] = Field(default_factory=dict)

    @field_validator("custom", mode="before")
    @classmethod
    def _words(cls, given: Any) -> Any:
        """Other apps write here what they like; ours are words."""
        known = given.items() if isinstance(given, Mapping) else ()
        return {key: value for key, value in known if isinstance(key, str) and isinstance(value, str)}


class Comment(_Theirs):
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


class CustomField(_Theirs):
    id: int
    value: Any = None


class Ticket(_Theirs):
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
    custom_fields: tuple[CustomField, ...] = ()
    created_at: datetime | None = None
    # As Zendesk wrote it: `updated_stamp` wants the very string back.
    updated_at: str = ""
    # When Zendesk itself last wrote the ticket, as Unix time; system updates count, and imports cannot set it.
    generated_timestamp: int | None = None
    via: Via = Via()
    is_public: bool = True
    from_messaging_channel: bool = False

    comments: tuple[Comment, ...] = ()
    users: Mapping[int, User] = Field(default_factory=dict)
    organization: Organization | None = None
    group: Group | None = None
    # Texts of attachments that were read, by attachment id.
    attachment_texts: Mapping[int, str] = Field(default_factory=dict)
    # Why attachments were not read, or not in full, by attachment id.
    attachments_unread: Mapping[int, str] = Field(default_factory=dict)
    # Of these, what may be read at another time: it is tried again, or it was for the last time.
    attachments_waiting: Mapping[int, Passing] = Field(default_factory=dict)
    attachments_given_up: Mapping[int, Passing] = Field(default_factory=dict)
    # Attachments of which nothing was read, for good. `None` where nobody tried to read any.
    attachments_missed: frozenset[int] | None = None
    # Attachments whose text was read from a picture, where a digit may be misread.
    picture_texts: frozenset[int] = frozenset()
    # What Zendesk did not let us read beside the ticket, and why: unknown, and told in the note.
    unavailable: tuple[str, ...] = ()
    # Why the conversation of a messaging ticket could not be read.
    conversation_unread: str | None = None
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


# --- What a ticket reports -----------------------------------------------------------------------------------


class ErrorCode(_Ours):
    """A code with its namespace; a number alone means several things."""

    namespace: Namespace
    code: str

    def __str__(self) -> str:
        return f"{self.namespace} {self.code}"

    @property
    def slug(self) -> str:
        """`http_401`, `1003`, `enterprise_102`, `meta_131049`, `onprem_470`: what tags are made of."""
        return f"{_TAG_PREFIX[self.namespace]}{self.code}".lower()

    @property
    def tag(self) -> str:
        return f"gupshup__{self.slug}"


class Confidence(StrEnum):
    """`certain` is right at least 99 times in 100, `likely` needs an agent's eye, `possible` is only recorded."""

    POSSIBLE = "possible"
    LIKELY = "likely"
    CERTAIN = "certain"

    @property
    def rank(self) -> int:
        return ("possible", "likely", "certain").index(self.value)


class Place(_Ours):
    """Where words stand: the subject, a comment, or an attachment; `start` and `end` count characters of that text."""

    kind: Literal["subject", "comment", "attachment"]
    comment_id: int | None = None
    attachment: str | None = None
    start: int = 0
    end: int = 0


class Evidence(_Ours):
    """Words that prove a code. `quote` is masked already: it may be shown to anyone who may see the ticket."""

    quote: str
    place: Place
    rule: str


class Finding(_Ours):
    error: ErrorCode
    confidence: Confidence
    # Which cause of several that share the code, a `[[code.variant]]` of the dictionary.
    variant: str | None = None
    evidence: tuple[Evidence, ...]
    # What speaks against it, and which other reading of the same number lost, each with its reason.
    against: tuple[str, ...] = ()


class Dismissal(_Ours):
    """Something that looks like a code and is none, with the reason: the `why not` of `explain`."""

    quote: str
    place: Place
    reason: str
    error: ErrorCode | None = None


class Facts(_Ours):
    """What the ticket itself tells about the affected app; all as written, nothing guessed."""

    app_name: str | None = None
    app_id: str | None = None
    account_id: str | None = None
    message_ids: tuple[str, ...] = ()
    times: tuple[str, ...] = ()
    enterprise: bool = False


class SecretSighting(_Ours):
    kind: str
    place: Place


class Detection(_Ours):
    """All that one look at a ticket found, in the order in which the ticket reports it."""

    findings: tuple[Finding, ...] = ()
    # Gupshup or WhatsApp trouble that names no code: an error, but none of the dictionary's.
    symptoms: tuple[Evidence, ...] = ()
    # Code-like strings in Gupshup context that the dictionary does not know.
    unknown: tuple[Evidence, ...] = ()
    dismissed: tuple[Dismissal, ...] = ()
    facts: Facts = Facts()
    secrets: tuple[SecretSighting, ...] = ()
    # What was not read, and why: too long, too large, a picture.
    unread: tuple[str, ...] = ()
    # Whether the words name Gupshup, WhatsApp or a failure; only told where something was not read.
    on_topic: bool = False

    @property
    def reported(self) -> tuple[Finding, ...]:
        """The findings that count as reported: what is only possible is recorded, never told."""
        return tuple(finding for finding in self.findings if finding.confidence is not Confidence.POSSIBLE)

    @property
    def is_error(self) -> bool:
        return bool(self.reported or self.symptoms or self.unknown)


# --- What should change --------------------------------------------------------------------------------------


class Mode(StrEnum):
    """`observe` records, `assist` prepares for the agent, `auto` answers the client too."""

    OBSERVE = "observe"
    ASSIST = "assist"
    AUTO = "auto"

    @property
    def rank(self) -> int:
        return ("observe", "assist", "auto").index(self.value)


# `owner_escalation` is the 401 protocol; `owner_ticket` another code that only the owner can bring to Gupshup;
# `remedy` what the client's own people do; `draft` a note that an agent asked for where no code was found; `unread` a
# note that says only which files could not be read.
ReplyKind = Literal["owner_escalation", "owner_ticket", "remedy", "draft", "unread"]


class AppFacts(_Ours):
    """The affected account as far as known, and where each value came from (`ticket field`, `ticket text`, ...)."""

    app_name: str | None = None
    app_id: str | None = None
    account_id: str | None = None
    owner_email: str | None = None
    owner_name: str | None = None
    enterprise: bool = False
    partner: bool = False
    sources: Mapping[str, str] = Field(default_factory=dict)
    missing: tuple[str, ...] = ()


class Guard(_Ours):
    """A reason to stay silent or to do less: `name` is stable, `text` is for people."""

    name: str
    text: str


class Step(_Ours):
    """One guarded request. `marker` is the tag set with it that proves it was done; none for tags alone."""

    kind: Literal["reply", "note", "tags"]
    marker: str | None = None
    add_tags: frozenset[str] = frozenset()
    remove_tags: frozenset[str] = frozenset()
    group: str | None = None
    priority: str | None = None
    status: str | None = None
    custom_fields: tuple[CustomField, ...] = ()
    # An address that goes into CC of the public reply.
    cc: str | None = None


class Plan(_Ours):
    """What should change on a ticket and why. A ticket with nothing to do has no plan but a `Decision` without one."""

    ticket_id: int
    kind: ReplyKind
    language: Language
    # The finding that leads the reply, and the others that go with it.
    lead: Finding | None
    others: tuple[Finding, ...] = ()
    # The findings that the public reply answers; a code in `assist` beside one in `auto` is left to the agent.
    answered: tuple[Finding, ...] = ()
    app: AppFacts = AppFacts()
    # What is new since our last note, where an agent asks again: `comments`, `codes`, or a name of `AppFacts`.
    news: tuple[str, ...] = ()
    # Of kind `unread`: the attachments that the note tells of.
    unread: tuple[int, ...] = ()
    steps: tuple[Step, ...]


class Decision(_Ours):
    """The one answer of deciding: a plan or none, the mode it was made under, and which guards spoke."""

    ticket_id: int
    mode: Mode
    plan: Plan | None = None
    guards: tuple[Guard, ...] = ()


class File(_Ours):
    """An attachment of ours; `content` is bytes, shown as base64 in JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_bytes="base64", val_json_bytes="base64")

    name: str
    content_type: str
    content: bytes


class Update(_Ours):
    """A step with its words: every byte that one PUT writes, with names still to be resolved to ids."""

    step: Step
    html_body: str | None = None
    public: bool = False
    files: tuple[File, ...] = ()


# --- What was changed ----------------------------------------------------------------------------------------


class TicketState(_Ours):
    """Of a ticket what an update of ours can change; of its custom fields only those that the update sets."""

    updated_at: str = ""
    tags: tuple[str, ...] = ()
    group_id: int | None = None
    priority: str | None = None
    status: str = "new"
    custom_fields: tuple[CustomField, ...] = ()


class Write(_Ours):
    """One update that went out, without its words. No `audit_id`: its answer was lost, and the ticket shows it."""

    kind: Literal["reply", "note", "tags"]
    marker: str | None = None
    public: bool | None = None
    files: tuple[str, ...] = ()
    before: TicketState
    after: TicketState
    audit_id: int | None = None
    comment_id: int | None = None
