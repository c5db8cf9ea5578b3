"""What a page is told of a ticket: one JSON object, from what the last look left and what was said since. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from zendesk_gupshup.dictionary import Dictionary
from zendesk_gupshup.model.base import CompleteLanguage
from zendesk_gupshup.model.finding import Confidence, ErrorCode
from zendesk_gupshup.model.outcome_reasons import GuardName
from zendesk_gupshup.model.plan import AppFacts
from zendesk_gupshup.model.reason import Reason
from zendesk_gupshup.render.reasons import in_words
from zendesk_gupshup.storage.app_actions import Feedback

from .access import AppUser
from .seen import SeenFinding, SeenPlace, SeenProposal, SeenQuote, SeenTicket, may_be_sent

_FOR_THE_OWNER = ("owner_escalation", "owner_ticket")
# Who mends it, by the dictionary's word, as the page calls him.
_ACTS: Mapping[str, str] = {"gupshup": "gupshup", "meta": "meta", "owner": "owner"}
FACTS = ("app_name", "app_id", "account_id", "owner_email")
_STATE = "gupshup_state__"


def document(
    ticket_id: int,
    seen: SeenTicket,
    at: int,
    *,
    user: AppUser,
    language: CompleteLanguage,
    dictionary: Dictionary,
    feedback: Sequence[Feedback] = (),
    queued: Iterable[str] = (),
    stale: bool = False,
) -> dict[str, Any]:
    """`at`: when the look was, Unix seconds. `queued`: what was asked for since. `stale`: the ticket could not be read
    since it changed."""
    lead = next((f for f in seen.findings if f.lead), None)
    return {
        "ticket_id": ticket_id,
        "as_of": stamp(at),
        "ticket_updated_at": seen.stamp or None,
        "stale": stale,
        "state": _state(seen),
        "findings": [_finding(f, dictionary, language) for f in seen.findings],
        "dismissed": [
            {"quote": d.quote, "reason": in_words(d.reason, language), "error": _error(d.error)} for d in seen.dismissed
        ],
        "unknown_codes": list(seen.unknown),
        "who_acts": _who_acts(lead, seen.app, dictionary),
        "facts": facts_document(seen.app),
        "missing": list(seen.app.missing) if lead and lead.kind in _FOR_THE_OWNER else [],
        "mode": {"effective": seen.mode.value, "because": None},
        "sent": [{"what": one.what, "at": stamp(one.at)} for one in seen.sent],
        "guards": [_guard(g, language) for g in _guards(seen, feedback)],
        **proposal_document(seen.proposal),
        "follow_up": _follow_up(seen),
        "feedback": _feedback(feedback),
        "queued": list(dict.fromkeys(queued)),
        "may": {
            "write": user.may_write,
            "draft": user.may_write,
            "send": user.may_write and may_be_sent(seen),
        },
    }


def unseen() -> dict[str, Any]:
    """Of a ticket that the worker has not looked at."""
    return {"state": "unseen"}


def proposal_document(made: SeenProposal | None) -> dict[str, Any]:
    """`reply`, `draft` and `link`."""
    if made is None:
        return {"reply": None, "draft": None, "link": None}
    return {
        "reply": {"language": made.language, "text": made.text, "html": made.html},
        "draft": {"subject": made.subject, "text": made.draft, "files": list(made.files)} if made.draft else None,
        "link": {"url": made.url, "cut": made.cut} if made.url else None,
    }


def facts_document(app: AppFacts) -> dict[str, Any]:
    return {**{name: getattr(app, name) for name in FACTS}, "sources": dict(app.sources)}


def stamp(at: int) -> str:
    """Unix seconds as Zendesk writes a time."""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _state(seen: SeenTicket) -> str:
    """One word for the page: the first that fits."""
    if seen.secrets:
        return "secret"
    if not seen.findings:
        return "nothing"
    if seen.state:
        return "handed_over"
    if any(one.what == "reply" for one in seen.sent):
        return "answered"
    certain = [f for f in seen.findings if f.confidence is not Confidence.POSSIBLE]
    return "possible" if not certain else "several" if len(certain) > 1 else "found"


def _finding(finding: SeenFinding, dictionary: Dictionary, language: CompleteLanguage) -> dict[str, Any]:
    entry = dictionary.get(finding.error)
    variant = next((v for v in entry.variants if v.name == finding.variant), None) if entry else None
    words = dictionary.words_of(entry, variant, language) if entry else None
    return {
        "error": _error(finding.error),
        "title": entry.title if entry else str(finding.error),
        "meaning": words.meaning if words else None,
        "confidence": finding.confidence.value,
        "mode": finding.mode.value,
        "evidence": [_quote(one, language) for one in finding.evidence],
        "against": [{"error": None, "reason": in_words(one, language)} for one in finding.against],
        "lead": finding.lead,
    }


def _error(error: ErrorCode | None) -> dict[str, str] | None:
    return {"namespace": error.namespace, "code": error.code} if error else None


def _quote(one: SeenQuote, language: CompleteLanguage) -> dict[str, Any]:
    return {"quote": one.quote, "place": _place(one.place), "rule": in_words(one.rule, language)}


def _place(place: SeenPlace) -> dict[str, Any]:
    return {"kind": place.kind, "n": place.n, "name": place.name}


def _who_acts(lead: SeenFinding | None, app: AppFacts, dictionary: Dictionary) -> str | None:
    if lead is None:
        return None
    if lead.kind in _FOR_THE_OWNER:
        # For a partner's account the integrator opens the ticket.
        return "client" if app.partner else "owner"
    entry = dictionary.get(lead.error)
    variant = next((v for v in entry.variants if v.name == lead.variant), None) if entry else None
    cause = variant or entry
    return _ACTS.get(cause.who_fixes[0], "client") if cause else None


def _guards(seen: SeenTicket, feedback: Sequence[Feedback]) -> tuple[Reason, ...]:
    told = GuardName.FEEDBACK()
    return seen.guards if not feedback or told in seen.guards else (*seen.guards, told)


def _guard(reason: Reason, language: CompleteLanguage) -> dict[str, str]:
    return {"name": str(reason.name), "text": in_words(reason, language)}


def _follow_up(seen: SeenTicket) -> dict[str, Any] | None:
    if not seen.state:
        return None
    since = stamp(seen.state_since) if seen.state_since is not None else None
    return {"state": seen.state.removeprefix(_STATE), "since": since, "next": None}


def _feedback(given: Sequence[Feedback]) -> dict[str, Any] | None:
    """The newest word, whoever said it."""
    if not given:
        return None
    last = given[-1]
    return {
        "verdict": last.verdict,
        "error": last.error,
        "right_error": last.right_error,
        "comment": last.comment,
        "recorded_by": str(last.user_id),
        "at": stamp(last.at),
    }
