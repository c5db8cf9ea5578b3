"""What a look at a ticket leaves for the page: bounded, masked, and without anything that the page does not show.

Reasons stay values: who reads the page may have another language than who read it before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from zendesk_gupshup.decide.policy import kind_of, mode_of
from zendesk_gupshup.decide.prior_writes import (
    INCIDENT,
    as_own,
    is_about_incident,
    is_ours,
    is_reminder,
    is_requested_note,
    marks_reminder,
    proofs_of_tags,
)
from zendesk_gupshup.decide.proposal import proposed_plan, with_given
from zendesk_gupshup.decide.states import state_of
from zendesk_gupshup.model.base import Language, StrictModel
from zendesk_gupshup.model.finding import Confidence, ErrorCode, Evidence, Finding, Place
from zendesk_gupshup.model.plan import AppFacts, Mode, Plan, ReplyKind
from zendesk_gupshup.model.reason import Reason, ReasonValue
from zendesk_gupshup.model.ticket import Comment, Ticket
from zendesk_gupshup.model.write import Write
from zendesk_gupshup.pipeline import Brain, Look
from zendesk_gupshup.render.updates import proposal
from zendesk_gupshup.text.redaction import mask
from zendesk_gupshup.text.truncation import beginning, ellipsized

_MOST_FINDINGS, _MOST_EVIDENCE, _MOST_AGAINST, _MOST_DISMISSED, _MOST_SENT = 10, 4, 6, 8, 10
_LONGEST_QUOTE, _LONGEST_VALUE, _LONGEST_TEXT = 500, 254, 20_000
_PROPOSING = ("note", "draft", "reminder_note", "incident_note")


class SeenPlace(StrictModel):
    """Where words stand: `n` counts the comments from 1, as the ticket shows them."""

    kind: str
    n: int | None = None
    name: str | None = None


class SeenQuote(StrictModel):
    quote: str
    place: SeenPlace
    rule: Reason


class SeenFinding(StrictModel):
    error: ErrorCode
    confidence: Confidence
    variant: str | None
    kind: ReplyKind
    mode: Mode
    evidence: tuple[SeenQuote, ...]
    against: tuple[Reason, ...]
    lead: bool = False


class SeenDismissal(StrictModel):
    quote: str
    reason: Reason
    error: ErrorCode | None


class SeenProposal(StrictModel):
    """A reply that may be sent, with its draft and link; these are empty where Gupshup could not help."""

    language: Language
    text: str
    html: str
    subject: str
    draft: str
    files: tuple[str, ...]
    url: str
    cut: bool


class SeenSent(StrictModel):
    """A comment of ours on the ticket: `reply`, `note`, `draft`, or a reply or note about a `reminder` or an `incident`
    (`reminder_note`, `incident_note`). `at`: Unix seconds."""

    what: str
    at: int
    comment_id: int | None = None


class SeenTicket(StrictModel):
    """One look. `state_since`: when the state after a finding was first seen, in Unix seconds."""

    stamp: str = ""
    findings: tuple[SeenFinding, ...] = ()
    dismissed: tuple[SeenDismissal, ...] = ()
    symptoms: int = 0
    unknown: tuple[str, ...] = ()
    secrets: bool = False
    app: AppFacts = AppFacts()
    mode: Mode = Mode.OBSERVE
    guards: tuple[Reason, ...] = ()
    proposal: SeenProposal | None = None
    sent: tuple[SeenSent, ...] = ()
    state: str = ""
    state_since: int | None = None


def seen_ticket(
    look: Look, brain: Brain, writes: Sequence[Write] = (), *, at: int, before: SeenTicket | None = None
) -> SeenTicket:
    """`writes`: what was written after this look. `before`: what the look before left. `at`: Unix seconds. Pure."""
    ticket, detection = look.ticket, look.detection
    brain = brain.of(ticket)
    tags = writes[-1].after.tags if writes else as_own(ticket, inherit_off=brain.policy.inherit_off).tags
    state = state_of(ticket.model_copy(update={"tags": tags})).value
    plan = plan_of(look, brain)
    lead = plan.lead if plan else next(iter(detection.findings), None)
    return SeenTicket(
        stamp=writes[-1].after.updated_at if writes else ticket.updated_at,
        findings=tuple(_finding(f, ticket, brain, lead=f is lead) for f in detection.findings[:_MOST_FINDINGS]),
        dismissed=tuple(
            SeenDismissal(quote=_line(d.quote), reason=_masked(d.reason), error=d.error)
            for d in detection.dismissed[:_MOST_DISMISSED]
        ),
        symptoms=len(detection.symptoms),
        unknown=tuple(dict.fromkeys(e.code for e in detection.unknown if e.code))[:_MOST_DISMISSED],
        secrets=bool(detection.secrets),
        app=shown_facts(look.app),
        mode=look.decision.mode,
        guards=tuple(map(_masked, look.decision.guards)),
        proposal=worded(plan, look, brain) if plan else None,
        sent=_sent(ticket, writes, at),
        state=state,
        state_since=(before.state_since if before and before.state == state else at) if state else None,
    )


def may_be_sent(seen: SeenTicket) -> bool:
    """Whether an agent's click sends the reply that is shown: it is about our newest note with a proposal, and those
    about a reminder or an incident propose another text."""
    proposals = [one.what for one in seen.sent if one.what in _PROPOSING]
    return bool(proposals) and proposals[-1] in ("note", "draft")


def plan_of(
    look: Look, brain: Brain, *, language: Language | None = None, given: Mapping[str, str] | None = None
) -> Plan | None:
    """The reply that would be proposed now; with an agent's values and in his language, where he gives them."""
    brain = brain.of(look.ticket)
    own = as_own(look.ticket, inherit_off=brain.policy.inherit_off)
    app = with_given(look.app, given) if given else look.app
    return proposed_plan(own, look.detection, app, brain.dictionary, brain.policy, language=language)


def worded(plan: Plan, look: Look, brain: Brain) -> SeenProposal:
    """The plan's reply, draft and link."""
    brain = brain.of(look.ticket)
    own = as_own(look.ticket, inherit_off=brain.policy.inherit_off)
    made = proposal(plan, own, look.detection, brain.dictionary, brain.templates, brain.desk)
    useful = plan.lead is None or _may_need_gupshup(plan.lead, plan.kind, brain)
    return SeenProposal(
        language=plan.language,
        text=made.text[:_LONGEST_TEXT],
        html=made.html if len(made.html) <= _LONGEST_TEXT else "",
        subject=made.subject[:_LONGEST_QUOTE] if useful else "",
        draft=made.draft[:_LONGEST_TEXT] if useful else "",
        files=made.files if useful else (),
        url=made.url if useful else "",
        cut=made.cut and useful,
    )


def _may_need_gupshup(lead: Finding, kind: ReplyKind, brain: Brain) -> bool:
    """A draft for what Gupshup cannot mend would invite a useless ticket."""
    entry = brain.dictionary.get(lead.error)
    variant = next((v for v in entry.variants if v.name == lead.variant), None) if entry else None
    cause = variant or entry
    return kind != "remedy" or cause is None or cause.owner_ticket != "no"


def shown_facts(app: AppFacts) -> AppFacts:
    """The facts as a page shows them: an account's number looks like that of a phone, and is none."""
    return app.model_copy(
        update={
            "app_name": _value(app.app_name),
            "app_id": _value(app.app_id),
            "account_id": app.account_id[:_LONGEST_VALUE] if app.account_id else None,
            "owner_email": _value(app.owner_email),
            "owner_name": _value(app.owner_name),
        }
    )


def _finding(finding: Finding, ticket: Ticket, brain: Brain, *, lead: bool) -> SeenFinding:
    evidence = {one.quote: one for one in reversed(finding.evidence)}.values()
    return SeenFinding(
        error=finding.error,
        confidence=finding.confidence,
        variant=finding.variant,
        kind=kind_of(finding, brain.dictionary),
        mode=mode_of(finding, brain.dictionary, brain.policy),
        evidence=tuple(_seen_quote(one, ticket) for one in [*reversed(evidence)][:_MOST_EVIDENCE]),
        against=tuple(map(_masked, (*finding.against, *finding.withheld)))[:_MOST_AGAINST],
        lead=lead,
    )


def _seen_quote(evidence: Evidence, ticket: Ticket) -> SeenQuote:
    return SeenQuote(quote=_line(evidence.shown), place=_place(evidence.place, ticket), rule=_masked(evidence.rule))


def _place(place: Place, ticket: Ticket) -> SeenPlace:
    comment = next((c for c in ticket.comments if c.id == place.comment_id), None)
    # Comments and messages are counted apart, as an agent counts what the ticket shows.
    alike = [c.id for c in ticket.comments if comment and (c.written_by is None) == (comment.written_by is None)]
    return SeenPlace(
        kind=place.kind,
        n=alike.index(comment.id) + 1 if comment else None,
        name=_value(place.attachment),
    )


def _sent(ticket: Ticket, writes: Sequence[Write], at: int) -> tuple[SeenSent, ...]:
    """What stands on the ticket of ours, and what was written after it was read."""
    listed = [
        SeenSent(
            what=_what(comment),
            at=int(comment.created_at.timestamp()) if comment.created_at else at,
            comment_id=comment.id,
        )
        for comment in ticket.comments[1:]
        if is_ours(comment, ticket)
    ]
    known = {one.comment_id for one in listed}
    listed += [
        SeenSent(what=_kind_of_write(write), at=at, comment_id=write.comment_id)
        for write in writes
        if write.kind != "tags" and (write.comment_id is None or write.comment_id not in known)
    ]
    return tuple(listed[-_MOST_SENT:])


def _what(comment: Comment) -> str:
    if is_reminder(comment):
        return "reminder" if comment.public else "reminder_note"
    if is_about_incident(comment):
        return "incident" if comment.public else "incident_note"
    return "reply" if comment.public else "draft" if is_requested_note(comment) else "note"


def _kind_of_write(write: Write) -> str:
    if marks_reminder(write.marker):
        return "reminder" if write.kind == "reply" else "reminder_note"
    if any(slug.startswith(INCIDENT) for _, slug in proofs_of_tags((write.marker or "",))):
        return "incident" if write.kind == "reply" else "incident_note"
    return write.kind


def _line(text: str) -> str:
    """Masked before it is cut, as half a key is no longer known as one."""
    return ellipsized(mask(beginning(text, _LONGEST_TEXT)), _LONGEST_QUOTE)


def _value(text: str | None) -> str | None:
    return ellipsized(mask(beginning(text, _LONGEST_TEXT)), _LONGEST_VALUE) if text else None


def _masked(reason: Reason) -> Reason:
    return Reason(reason.name, {name: _masked_value(value) for name, value in reason.values.items()})


def _masked_value(value: ReasonValue) -> ReasonValue:
    if isinstance(value, Reason):
        return _masked(value)
    if isinstance(value, tuple):
        return tuple(map(_masked, value))
    return _line(value) if isinstance(value, str) else value
