"""The incidents that a test says last, in place of the worker's store."""

from __future__ import annotations

from dataclasses import dataclass, field

from zendesk_gupshup.model.incident import KnownIncident
from zendesk_gupshup.pipeline import Assessment


@dataclass
class Known:
    """The incidents that last; a test changes them."""

    lasting_now: tuple[KnownIncident, ...] | None = ()
    asked: list[int] = field(default_factory=list)

    def lasting(self, assessment: Assessment) -> tuple[KnownIncident, ...] | None:
        self.asked.append(assessment.ticket.id)
        return self.lasting_now
