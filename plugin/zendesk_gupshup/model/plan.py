"""What should change on a ticket, and why: a decision, its plan, and the plan's steps."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal

from pydantic import Field

from .base import Language, StrictModel
from .finding import Finding
from .follow_up import FollowUp, Reminder
from .incident import IncidentNews
from .reason import Reason
from .ticket import CustomField


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
# Texts about the client's answer to the first reply: the note, and the reply with the completed draft. `reminder` is
# both the reply and the note where no answer comes, `incident` where many clients report the same.
AnswerKind = Literal["follow_up", "completed", "reminder", "incident"]


class AppFacts(StrictModel):
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


class Step(StrictModel):
    """One guarded request. `marker` is the tag set with it that proves it was done; none for tags alone."""

    kind: Literal["reply", "note", "tags"]
    marker: str | None = None
    add_tags: frozenset[str] = frozenset()
    remove_tags: frozenset[str] = frozenset()
    group: str | None = None
    priority: str | None = None
    status: str | None = None
    # The account's own status, whose category is `status`.
    custom_status_id: int | None = None
    custom_fields: tuple[CustomField, ...] = ()
    # The problem ticket that the ticket is linked to, as an incident of it.
    problem_id: int | None = None
    # An address that goes into CC of the public reply.
    cc: str | None = None
    # Comments of others that this update deals with, such as `answer_31`: kept with it and in the store, so that
    # nobody deals with them again.
    covers: frozenset[str] = frozenset()


class Plan(StrictModel):
    """What should change on a ticket and why. A ticket with nothing to do has no plan but a `Decision` without one."""

    ticket_id: int
    kind: ReplyKind
    language: Language
    # Where the ticket's sources name several languages: which was followed.
    language_reasons: tuple[Reason, ...] = ()
    # The finding that leads the reply, and the others that go with it.
    lead: Finding | None
    others: tuple[Finding, ...] = ()
    # The findings that the public reply answers; a code in `assist` beside one in `auto` is left to the agent.
    answered: tuple[Finding, ...] = ()
    app: AppFacts = AppFacts()
    # What is new since our last note, where an agent asks again: `comments`, `codes`, or a name of `AppFacts`.
    news: tuple[str, ...] = ()
    # What is made of the client's answer to the first reply.
    follow_up: FollowUp | None = None
    # The reminder that its one step sends, or its note is about.
    reminder: Reminder | None = None
    # What an incident makes of it, which its texts are about then.
    incident: IncidentNews | None = None
    # An agent has sent our text already; and an agent asked us to send it, and it was refused.
    sent_by_agent: bool = False
    send_refused: bool = False
    # Of kind `unread`: the attachments that the note tells of.
    unread: tuple[int, ...] = ()
    steps: tuple[Step, ...]


class Decision(StrictModel):
    """The one answer of deciding: a plan or none, the mode it was made under, and which guards spoke."""

    ticket_id: int
    mode: Mode
    plan: Plan | None = None
    # Why nothing or less is done, each by its `GuardName`.
    guards: tuple[Reason, ...] = ()
