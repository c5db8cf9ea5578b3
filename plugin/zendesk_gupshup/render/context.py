"""The plan, the ticket and the dictionary as the values that a template may name: masked, and of bounded length."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache

from markupsafe import Markup

from zendesk_gupshup.decide.policy import REFUSED_KEY
from zendesk_gupshup.dictionary import Dictionary
from zendesk_gupshup.model.base import Language
from zendesk_gupshup.model.finding import Detection, Evidence, Finding, Place, SecretSighting
from zendesk_gupshup.model.plan import AppFacts, Plan
from zendesk_gupshup.model.reason import Reason
from zendesk_gupshup.model.ticket import Ticket
from zendesk_gupshup.model.unread_reasons import UnreadReason
from zendesk_gupshup.text.redaction import mask_value
from zendesk_gupshup.text.truncation import beginning

from .context_types import App, Error, FollowUpView, Owner, Quote, Secret, Silence, Spot, View
from .error_names import error_name, error_type
from .later_views import incident_view, reminder_view
from .markdown import clean
from .prefilled_link import GupshupDesk, is_email
from .reasons import in_words

# More than these would bury what matters; each list says how many it left out.
_MOST_ERRORS = 8
_MOST_QUOTES = 4
_MOST_IDS = 10
_MOST_LINES = 8
_LONGEST = 10_000


def view(
    plan: Plan,
    ticket: Ticket,
    detection: Detection,
    dictionary: Dictionary,
    desk: GupshupDesk,
    language: Language,
    *,
    for_client: bool,
    guards: tuple[Reason, ...] = (),
) -> View:
    """The values for one text. A client hears only of codes that are answered or at least likely; an agent of all."""
    others = _others(plan) if for_client else plan.others
    partner = plan.app.partner
    findings = (plan.lead, *others) if plan.lead else others
    ids = _distinct(i for i in detection.facts.message_ids)
    unread = _distinct(in_words(u, language) for u in _unread(plan, ticket, detection))
    unknown = _each_text(detection.unknown)
    symptoms = tuple(e for e in _each_text(detection.symptoms) if e.quote not in {u.quote for u in unknown})
    lead_quotes = plan.lead.evidence if plan.lead else (*unknown, *symptoms)
    return View(
        language=language,
        kind=kind_of_text(plan),
        ticket_id=ticket.id,
        client=_client(ticket),
        team=clean(desk.team_name or "", 100),
        error=_error(plan.lead, ticket, dictionary, language, partner=partner) if plan.lead else None,
        others=tuple(_error(f, ticket, dictionary, language, partner=partner) for f in others[:_MOST_ERRORS]),
        more_others=max(0, len(others) - _MOST_ERRORS),
        error_type=error_type(plan.lead, dictionary) if plan.lead else _unknown_type(unknown),
        app=_app(plan.app),
        owner=_owner(plan.app, ticket),
        missing=_missing(plan.app),
        times=_distinct(t for t in detection.facts.times)[:_MOST_IDS],
        reported_at=_reported_at(plan, ticket),
        message_ids=ids[:_MOST_IDS],
        more_message_ids=max(0, len(ids) - _MOST_IDS),
        quotes=tuple(_quote(e, ticket, language) for e in _each_text(lead_quotes)[:_MOST_QUOTES]),
        unknown=tuple(_quote(e, ticket, language) for e in unknown[:_MOST_LINES]),
        symptoms=tuple(_quote(e, ticket, language) for e in symptoms[:_MOST_LINES]) if not findings else (),
        secrets=_secrets(detection.secrets, ticket),
        unread=unread[:_MOST_LINES],
        more_unread=max(0, len(unread) - _MOST_LINES),
        guards=tuple(Silence(clean(g.name, 40), _shown(in_words(g, language), 200)) for g in guards[:_MOST_LINES]),
        news=plan.news,
        answer=_answer(plan, ticket, language),
        reminder=reminder_view(plan),
        incident=incident_view(plan),
        send_refused=plan.send_refused,
        language_reasons=tuple(_shown(in_words(r, language), 200) for r in plan.language_reasons),
        key_in_evidence=desk.key_in_evidence,
        unknown_codes=_distinct(e.code for e in unknown if e.code)[:_MOST_LINES],
        support=desk.host,
        support_url=Markup(f"https://{desk.host}"),  # noqa: S704 - a host name, by the pattern of `GupshupDesk`
    )


def _answer(plan: Plan, ticket: Ticket, language: Language) -> FollowUpView | None:
    told = plan.follow_up
    if told is None:
        return None
    return FollowUpView(
        event=told.event.value,
        quotes=tuple(_quote(e, ticket, language) for e in told.evidence[:_MOST_QUOTES]),
        state=told.after.value if told.after is not told.before else "",
        proposed=told.proposed.value if told.proposed else "",
        review=told.review,
        for_owner=plan.kind in ("owner_escalation", "owner_ticket"),
    )


def kind_of_text(plan: Plan) -> str:
    """The kind of text that fits: the words of the 401 protocol stand under no other code, and no code has no lead."""
    if plan.kind == "unread":
        return "unread"
    if plan.lead is None:
        return "draft"
    if plan.kind == "owner_escalation" and plan.lead.error != REFUSED_KEY:
        return "owner_ticket"
    return plan.kind


def _unread(plan: Plan, ticket: Ticket, detection: Detection) -> Iterable[Reason]:
    """All that was not read; where a note is about nothing else, the files that it is about."""
    if not plan.unread:
        return (*ticket.unavailable, *detection.unread)
    files = (file for comment in ticket.comments for file in comment.attachments if file.id in plan.unread)
    return (UnreadReason.IN(name=file.file_name, why=ticket.attachments_unread.get(file.id, ())) for file in files)


def _others(plan: Plan) -> tuple[Finding, ...]:
    if plan.answered:
        return tuple(f for f in plan.others if f in plan.answered)
    return tuple(f for f in plan.others if f.confidence.rank > 0)


def _each_text(found: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """Each sentence once, however often the ticket repeats it."""
    kept: dict[str, Evidence] = {}
    for one in found:
        kept.setdefault(one.quote, one)
    return tuple(kept.values())


def _unknown_type(unknown: tuple[Evidence, ...]) -> str:
    codes = _distinct(one.code for one in unknown if one.code)
    return f"Error {', '.join(codes[:_MOST_LINES])}" if codes else ""


def _error(
    finding: Finding, ticket: Ticket, dictionary: Dictionary, language: Language, *, partner: bool = False
) -> Error:
    entry = dictionary.get(finding.error)
    variant = next((v for v in entry.variants if v.name == finding.variant), None) if entry else None
    cause = variant or entry
    words = dictionary.words_of(entry, variant, language, partner=partner) if entry else None
    checks = words.checks.splitlines() if words and words.checks else []
    asked, *data = words.request.splitlines() if words and words.request else [""]
    quotes = _each_text(finding.evidence)
    return Error(
        code=finding.error.code,
        namespace=finding.error.namespace,
        name=error_name(finding.error),
        title=entry.title if entry else "",
        meaning=clean(words.meaning, 1500) if words else "",
        remedy=clean(words.remedy, 2000) if words else "",
        checks=tuple(clean(line, 500) for line in checks if line.strip()),
        request=clean(asked, 600),
        request_data=tuple(clean(line, 100) for line in data if line.strip()),
        retry=entry.retry if entry else "",
        who_fixes=cause.who_fixes if cause else (),
        variant=finding.variant or "",
        confidence=finding.confidence.value,
        quotes=tuple(_quote(e, ticket, language) for e in quotes[:_MOST_QUOTES]),
        more_quotes=max(0, len(quotes) - _MOST_QUOTES),
        against=_distinct(in_words(a, language) for a in finding.against)[:_MOST_LINES],
    )


def _quote(evidence: Evidence, ticket: Ticket, language: Language) -> Quote:
    rule = clean(in_words(evidence.rule, language), 80)
    return Quote(text=_shown(evidence.shown, 300), spot=_spot(evidence.place, ticket), rule=rule)


def _spot(place: Place, ticket: Ticket) -> Spot:
    comment = next((c for c in ticket.comments if c.id == place.comment_id), None)
    # Comments and messages are counted apart, as an agent counts what the ticket shows.
    alike = [c.id for c in ticket.comments if comment and (c.written_by is None) == (comment.written_by is None)]
    message = comment is not None and comment.written_by is not None
    # A text says "in comment 2" of a file.
    number = alike.index(comment.id) + 1 if comment and not (message and place.kind == "attachment") else 0
    author = ticket.users.get(comment.author_id) if comment and comment.author_id is not None else None
    return Spot(
        kind="message" if message and place.kind == "comment" else place.kind,
        number=number,
        author=_shown(author.name, 80) if author else "",
        time=_time(comment.created_at) if comment else "",
        attachment=_shown(place.attachment or "", 100),
        public=comment.public if comment else True,
    )


def _time(moment: datetime | None) -> str:
    if moment is None:
        return ""
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def reported_on(plan: Plan, ticket: Ticket) -> datetime | None:
    """When the ticket reported it: the comment with the first evidence, else the ticket itself."""
    place = plan.lead.evidence[0].place if plan.lead and plan.lead.evidence else None
    comment = next((c for c in ticket.comments if place and c.id == place.comment_id), None)
    return (comment.created_at if comment else None) or ticket.created_at


def _reported_at(plan: Plan, ticket: Ticket) -> str:
    return _time(reported_on(plan, ticket))


def _client(ticket: Ticket) -> str:
    """The requester's name where it looks like one: no reply greets an address, a number or an advertisement."""
    name = clean(ticket.requester.name if ticket.requester else "", 60)
    letters = all(c.isalpha() or c in " '’.-" or "\u0300" <= c <= "\u036f" for c in name)
    looks_like_host = re.search(r"\.\S", name)
    return name if name and letters and not looks_like_host and not name.endswith("…") else ""


def _app(app: AppFacts) -> App:
    return App(
        name=_shown(app.app_name or "", 100),
        id=_account(app) if app.enterprise else _shown(app.app_id or "", 100),
        enterprise=app.enterprise,
        partner=app.partner,
    )


def _account(app: AppFacts) -> str:
    """Enterprise user ids are ten digits from 2000 on, which `mask` could take for a telephone number."""
    value = clean(app.account_id or "", 100)
    from_settings = app.sources.get("account_id", "ticket text") != "ticket text"
    if re.fullmatch(r"2000[0-9]{6}", value) or (from_settings and re.fullmatch(r"[0-9]{1,12}", value)):
        return value
    return _shown(app.account_id or "", 100)


def _owner(app: AppFacts, ticket: Ticket) -> Owner:
    requester = ticket.requester
    email = _email(app)
    theirs = (requester.email or "").strip().lower() if requester else ""
    return Owner(
        email=email,
        name=_shown(app.owner_name or "", 80),
        source=_shown(app.sources.get("owner_email", ""), 60) if email else "",
        is_requester=bool(email) and email.lower() == theirs,
    )


def _email(app: AppFacts) -> str:
    """The owner's address; a field that holds anything else is as good as empty."""
    email = (app.owner_email or "").strip()
    return email if len(email) <= 200 and is_email(email) else ""


def _missing(app: AppFacts) -> tuple[str, ...]:
    needed = {
        "app_name": app.app_name,
        ("account_id" if app.enterprise else "app_id"): app.account_id if app.enterprise else app.app_id,
        "owner_email": _email(app),
    }
    named = [name for name, value in needed.items() if not (value or "").strip()]
    return (*named, *_distinct(name for name in app.missing if name not in needed)[:_MOST_LINES])


def _secrets(secrets: tuple[SecretSighting, ...], ticket: Ticket) -> tuple[Secret, ...]:
    """Each kind of secret once a comment: which one matters for redaction, not how often."""
    seen = {(s.kind, s.place.kind, s.place.comment_id, s.place.attachment): s for s in secrets}
    return tuple(Secret(kind=clean(s.kind, 60), spot=_spot(s.place, ticket)) for s in list(seen.values())[:_MOST_LINES])


def _distinct(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(shown for value in values if (shown := _shown(value, 300))))


# Reply, note and draft of one ticket show the same values.
@lru_cache(maxsize=512)
def _shown(text: str, limit: int) -> str:
    """One masked line. Masked before it is cut, as half a key is no longer known as one; and at most a bounded part."""
    return clean(mask_value(beginning(text, _LONGEST), ()), limit)
