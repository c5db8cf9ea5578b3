"""The settings of the section `[incident]`, and which codes can be an incident at all."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from zendesk_gupshup.dictionary import CodeEntry
from zendesk_gupshup.model.base import StrictModel
from zendesk_gupshup.model.incident import IncidentMode


class IncidentSettings(StrictModel):
    mode: IncidentMode = Field(
        "assist",
        description="If one code comes from several organizations at once: `assist` opens a problem ticket and proposes"
        " the reply in notes, `auto` also tells the clients and links their tickets, `off` does nothing.",
    )
    organizations: int = Field(
        3, ge=2, le=100, description="Number of organizations that must report a code for it to be an incident."
    )
    minutes: int = Field(60, ge=5, le=1440, description="Minutes within which they must report it.")
    silent_minutes: int = Field(
        120, ge=5, le=10_080, description="Minutes without another report after which an incident is over."
    )
    link: bool = Field(
        default=True,
        description="In `auto`: link the tickets to the problem ticket. Zendesk solves them all once it is solved.",
    )
    codes: Mapping[str, IncidentMode] = Field(
        default_factory=dict,
        description='Mode of single codes: `"gupshup_http 401" = "auto"`. Codes that Gupshup cannot be the cause of are'
        " `off` unless they stand here.",
    )

    def mode_of(self, entry: CodeEntry) -> IncidentMode:
        """The code's own mode, else the common one where Gupshup may be the cause."""
        own = self.codes.get(str(entry.error))
        if own is not None:
            return own
        return self.mode if may_be_gupshups(entry) else "off"

    @property
    def is_on(self) -> bool:
        """Whether any code can be an incident."""
        return self.mode != "off" or any(mode != "off" for mode in self.codes.values())


def may_be_gupshups(entry: CodeEntry) -> bool:
    """Whether the cause may lie at Gupshup: it can fix it, or the owner has to bring it there."""
    return "gupshup" in entry.who_fixes or entry.owner_ticket == "yes"
