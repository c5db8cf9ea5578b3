"""What an admin decides, and what it makes of a finding: its mode, and the kind of its reply."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from zendesk_gupshup.dictionary import Dictionary
from zendesk_gupshup.model.base import Language, StrictModel
from zendesk_gupshup.model.finding import Confidence, ErrorCode, Finding
from zendesk_gupshup.model.incident import KnownIncident
from zendesk_gupshup.model.office_hours import OfficeHours
from zendesk_gupshup.model.plan import Mode, ReplyKind

from .account import DirectoryRow, TicketFields

# Gupshup's refused API key: the protocol of the account owner. Every other code takes its reply from the dictionary.
REFUSED_KEY = ErrorCode(namespace="gupshup_http", code="401")

_CONFIDENCE_CAP: Mapping[Confidence, Mode] = {
    Confidence.CERTAIN: Mode.AUTO,
    Confidence.LIKELY: Mode.ASSIST,
    Confidence.POSSIBLE: Mode.OBSERVE,
}


class Policy(StrictModel):
    """What an admin decides; `settings.py` fills it from the configuration file."""

    modes: Mapping[str, Mode] = Field(
        default_factory=dict, description='Mode of one code, by its name: `"gupshup_http 401" = "auto"`.'
    )
    default_mode: Mode | None = Field(
        None,
        description="Mode of every code without a line of its own. Unset: owner escalations auto, the rest assist.",
    )
    cap: Mode = Field(Mode.AUTO, description="Nothing goes beyond this mode.")
    default_language: Language = Field("en", description="Language of texts where nothing tells the client's.")
    group: str | None = Field(None, description="Name of the group that such tickets go to.")
    from_groups: frozenset[str] = Field(
        frozenset(), description="Groups that tickets may be routed away from; a ticket without a group always may."
    )
    priority: str | None = Field(None, pattern="^(low|normal|high|urgent)$", description="Raise the priority to this.")
    pending_after_reply: bool = Field(default=False, description="Set the status to pending after a public reply.")
    # The account's own status to set then, of the category pending; none for the standard one.
    pending_status: int | None = None
    # Ids of the brands and forms whose tickets are ours; empty for all.
    brands: frozenset[int] = frozenset()
    forms: frozenset[int] = frozenset()
    replies_per_day: int = Field(2, ge=0, description="Public replies of ours on one ticket in 24 hours at most.")
    replies_per_hour: int = Field(100, ge=0, description="Public replies of ours an hour, on all tickets together.")
    fresh_hours: int = Field(
        72, ge=1, description="Hours after which the client's words get no public reply, by the ticket's own stamps."
    )
    notes_per_day: int = Field(5, ge=0, description="Internal notes of ours on one ticket in 24 hours at most.")
    # Whether `gupshup_off` still counts on a follow-up that took it over from the ticket before.
    inherit_off: bool = False
    # Whether the hour has room for one more; whoever is about to send finds out.
    room_for_reply: bool = True
    # The incidents that last; none where nobody knows of any, and then the ticket's own tag counts.
    incidents: tuple[KnownIncident, ...] | None = None
    messaging: Literal["note", "reply"] = Field(
        "note", description="What a client who writes by messaging may get: a note to the agent, or a public reply too."
    )
    cc_owner: bool = Field(default=False, description="Put the account owner in CC of the public reply.")
    cc_domains: frozenset[str] = Field(
        frozenset(), description="Domains of owners that may be in CC besides the organization's own."
    )
    settle: Literal["propose", "auto", "solve"] = Field(
        "propose", description="What is done where the client says that it works again."
    )
    remind_after: tuple[str, ...] = Field(
        (), description="How long the owner is waited for before each reminder, such as `2d` or `36h`."
    )
    office: OfficeHours = OfficeHours()
    fields: TicketFields = TicketFields()
    directory: tuple[DirectoryRow, ...] = ()


def mode_of(finding: Finding, dictionary: Dictionary, policy: Policy) -> Mode:
    """The code's mode, capped by the policy and by how sure the finding is."""
    configured = policy.modes.get(str(finding.error)) or policy.default_mode
    if configured is None:
        configured = Mode.AUTO if kind_of(finding, dictionary) != "remedy" else Mode.ASSIST
    return min(configured, policy.cap, _CONFIDENCE_CAP[finding.confidence], key=lambda mode: mode.rank)


def kind_of(finding: Finding, dictionary: Dictionary) -> ReplyKind:
    """Which reply a finding is due: the 401 protocol, an owner ticket, or its remedy."""
    if finding.error == REFUSED_KEY:
        return "owner_escalation"
    entry = dictionary.get(finding.error)
    if entry is None:
        return "remedy"
    variant = next((v for v in entry.variants if v.name == finding.variant), None)
    due = variant.owner_ticket if variant and variant.owner_ticket else entry.owner_ticket
    return "owner_ticket" if due == "yes" else "remedy"


def may_write(policy: Policy) -> bool:
    """Whether anything is written where no code says what: tags of unknown codes, and of tickets that are copies."""
    return policy.cap is not Mode.OBSERVE and policy.default_mode is not Mode.OBSERVE
