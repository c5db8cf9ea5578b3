"""An incident: one code that several organizations report at once, and what a plan makes of it."""

from __future__ import annotations

from typing import Literal

from .base import StrictModel
from .finding import ErrorCode

# `auto` tells the client too, `assist` the agent alone.
IncidentMode = Literal["off", "assist", "auto"]


class KnownIncident(StrictModel):
    """An incident that lasts. `pause`: it only keeps replies about its code back, and takes in no further ticket."""

    error: ErrorCode
    mode: Literal["pause", "assist", "auto"]
    # None where Zendesk refused to create it.
    problem_id: int | None = None
    # Whether tickets are linked to the problem ticket in Zendesk.
    link: bool = False
    # It takes in what clients wrote since then (Unix seconds).
    since: int = 0


class IncidentNews(StrictModel):
    """What a plan makes of an incident, for its reply and its note."""

    problem_id: int | None
    # The client has the reply about the incident, or gets it with this plan.
    sent: bool
    # The ticket is linked to the problem ticket, or is with this plan.
    linked: bool
