"""The reply that an agent would propose or send for a ticket as it stands, whatever was written on it before. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from zendesk_gupshup.dictionary import Dictionary
from zendesk_gupshup.model.base import Language
from zendesk_gupshup.model.finding import Detection, Finding
from zendesk_gupshup.model.plan import AppFacts, Plan, ReplyKind, Step
from zendesk_gupshup.model.ticket import Ticket

from .language import language_of
from .policy import Policy, kind_of

_KINDS: tuple[ReplyKind, ...] = ("owner_escalation", "owner_ticket", "remedy")
# Where a value comes from that an agent has just entered.
_FROM_AGENT = "agent"


def proposed_plan(
    ticket: Ticket,
    detection: Detection,
    app: AppFacts,
    dictionary: Dictionary,
    policy: Policy,
    *,
    language: Language | None = None,
) -> Plan | None:
    """A plan of one reply to all that the ticket reports; `None` where it reports no failure. `language`: not the
    ticket's own, but this one."""
    findings = tuple(f for f in detection.reported if _is_failure(f, dictionary))
    lead = min(findings, key=lambda f: _KINDS.index(kind_of(f, dictionary)), default=None)
    if lead is None:
        return None
    return Plan(
        ticket_id=ticket.id,
        kind=kind_of(lead, dictionary),
        language=language or language_of(ticket, detection, dictionary, policy, findings).language,
        lead=lead,
        others=tuple(f for f in findings if f is not lead),
        answered=findings,
        app=app,
        steps=(Step(kind="reply"),),
    )


def with_given(app: AppFacts, given: Mapping[str, str]) -> AppFacts:
    """The facts with an agent's values in the place of what was known."""
    return app.model_copy(
        update={
            **given,
            "sources": {**app.sources, **dict.fromkeys(given, _FROM_AGENT)},
            "missing": tuple(name for name in app.missing if name not in given),
        }
    )


def _is_failure(finding: Finding, dictionary: Dictionary) -> bool:
    entry = dictionary.get(finding.error)
    return entry is not None and not entry.success
