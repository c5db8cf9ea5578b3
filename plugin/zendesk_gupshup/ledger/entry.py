"""What the ledger keeps of one look at a ticket: numbers, codes and tags, and not a word of the customer's. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from zendesk_gupshup.model.base import StrictModel
from zendesk_gupshup.model.finding import Confidence, ErrorCode, Evidence
from zendesk_gupshup.model.plan import Mode, Step
from zendesk_gupshup.model.write import Write
from zendesk_gupshup.pipeline import Look, Outcome
from zendesk_gupshup.text.redaction import mask, without_addresses

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_ENTERPRISE_ACCOUNT = re.compile(r"2000[0-9]{6}")
# The number in words that call it a code, else the first that stands alone.
_CALLED_A_CODE = re.compile(
    r"(?i)(?:\(#|\b(?:errors?|codes?|c[oó]digos?|erros?|errorcode|err)\b[^0-9\n]{0,12})([0-9]{3,7})\b"
)
_NUMBER = re.compile(r"(?<![\w.,*+-])[0-9]{3,7}(?![\w*])")


class Found(StrictModel):
    error: ErrorCode
    confidence: Confidence
    variant: str | None = None


class LedgerEntry(StrictModel):
    """One look: what was found, what was planned and written, and `would`: what every code on `auto` would write."""

    run: str
    ticket_id: int
    organization_id: int | None = None
    requester_id: int | None = None
    # Unix seconds: when we looked, and when the ticket was made. `stamp` is its `updated_at` as we read it.
    at: int
    created: int | None = None
    stamp: str | None = None
    # `writing` until the outcome is known: an entry that stays so belongs to a process that was killed.
    did: str
    reason: str | None = None
    mode: Mode | None = None
    kind: str | None = None
    language: str | None = None
    # App ID, or the number of an Enterprise account.
    app: str | None = None
    findings: tuple[Found, ...] = ()
    symptoms: int = 0
    unknown: tuple[str, ...] = ()
    guards: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    planned: tuple[Step, ...] = ()
    would: tuple[Step, ...] = ()
    writes: tuple[Write, ...] = ()
    looks: int = 1
    attempt: int = 1
    requests: int = 0
    seconds: float = 0.0

    @property
    def says_something(self) -> bool:
        """Whether there is more to it than a look at a ticket that is none of our business."""
        return bool(
            self.findings or self.symptoms or self.unknown or self.writes or self.planned
        ) or self.did not in ("nothing", "done")  # fmt: skip


def entry_of(
    run: str, outcome: Outcome, *, at: int, attempt: int = 1, requests: int = 0, seconds: float = 0.0
) -> LedgerEntry:
    entry = LedgerEntry(
        run=run,
        ticket_id=outcome.ticket_id,
        at=at,
        did=outcome.did,
        reason=without_addresses(outcome.reason) if outcome.reason else None,
        writes=outcome.writes,
        looks=outcome.looks,
        attempt=attempt,
        requests=requests,
        seconds=round(seconds, 3),
    )
    return entry.model_copy(update=_seen(outcome.look)) if outcome.look else entry


def _seen(look: Look) -> dict[str, object]:
    ticket, detection, decision, plan = look.ticket, look.detection, look.decision, look.decision.plan
    would = look.shadow
    return {
        "organization_id": ticket.organization_id,
        "requester_id": ticket.requester_id,
        "created": int(ticket.created_at.timestamp()) if ticket.created_at else None,
        "stamp": ticket.updated_at or None,
        "mode": decision.mode,
        "kind": plan.kind if plan else would.kind if would else None,
        "language": look.language,
        "app": _account(look.app.app_id, look.app.account_id),
        "findings": tuple(
            Found(error=f.error, confidence=f.confidence, variant=f.variant) for f in detection.findings
        ),
        "symptoms": len(detection.symptoms),
        "unknown": tuple(unknown_codes(detection.unknown)),
        "guards": tuple(guard.name for guard in decision.guards),
        "missing": look.app.missing if plan or would else (),
        "planned": plan.steps if plan else (),
        "would": would.steps if would else (),
    }  # fmt: skip


def _account(app_id: str | None, account_id: str | None) -> str | None:
    """Only what has an id's own shape: a field or a text may hold anything."""
    if app_id and _UUID.fullmatch(app_id):
        return app_id.lower()
    return account_id if account_id and _ENTERPRISE_ACCOUNT.fullmatch(account_id) else None


def unknown_codes(unknown: Iterable[Evidence]) -> Iterable[str]:
    """The numbers alone, once each: the words around them are the customer's."""
    numbers: dict[str, None] = {}
    for evidence in unknown:
        if evidence.code:
            numbers[evidence.code] = None
            continue
        quote = mask(evidence.quote)
        found = _CALLED_A_CODE.findall(quote) or _NUMBER.findall(quote)[:1]
        numbers.update(dict.fromkeys(found))
    return numbers
