"""A plan into words: the reply, the note, the draft for the owner and the guide, byte for byte as they are written."""

from __future__ import annotations

from dataclasses import dataclass, replace

from markupsafe import Markup

from zendesk_gupshup.decide.prior_writes import draft_requested, standing
from zendesk_gupshup.dictionary import Dictionary
from zendesk_gupshup.model.base import Language
from zendesk_gupshup.model.finding import Detection
from zendesk_gupshup.model.follow_up import Event
from zendesk_gupshup.model.outcome_reasons import GuardName
from zendesk_gupshup.model.plan import Plan, Step
from zendesk_gupshup.model.reason import Reason
from zendesk_gupshup.model.ticket import Ticket
from zendesk_gupshup.model.write import File, Update

from .catalogue import Templates
from .context import kind_of_text, reported_on, view
from .context_types import Files, Link, Reply, View
from .incident_updates import incident_updates
from .markdown import to_html, to_text
from .pdf import guide_pdf
from .prefilled_link import GupshupDesk, prefilled_link
from .request_text import request_text

# Stands in for the proposed reply while the note is Markdown; the reply's HTML takes its place as a whole.
_PROPOSED = Markup("zendesk-gupshup:proposed-reply")

# Guards that kept a note back, which is no news to whoever reads one.
_ABOUT_NOTES = frozenset({GuardName.ALREADY_NOTED, GuardName.NOTES_CAP})
_FOR_THE_OWNER = ("owner_escalation", "owner_ticket")


@dataclass(frozen=True)
class _Parts:
    """What reply and note share, rendered once."""

    seen: View
    draft: File
    guide: File | None
    html: str
    # The reply before it became HTML.
    source: str


@dataclass(frozen=True)
class Proposal:
    """A reply that nobody has sent, as text and as HTML, and what goes with it: `draft` with its subject, the names of
    the files, and whether the link holds less than the draft."""

    text: str
    html: str
    subject: str
    draft: str
    files: tuple[str, ...]
    url: str
    cut: bool


def proposal(
    plan: Plan, ticket: Ticket, detection: Detection, dictionary: Dictionary, templates: Templates, desk: GupshupDesk
) -> Proposal:
    """The words of a plan's reply, draft and link. The owner's guide is named, and not made."""
    parts = _parts(plan, ticket, detection, dictionary, templates, desk, with_guide=False)
    request, link = parts.seen.request, parts.seen.link
    return Proposal(
        text=to_text(parts.source).strip(),
        html=parts.html,
        subject=request.subject,
        draft=parts.draft.content.decode("utf-8-sig").replace("\r\n", "\n"),
        files=_names(parts.seen.files),
        url=str(link.url),
        cut=link.shortened,
    )


def render(
    plan: Plan,
    ticket: Ticket,
    detection: Detection,
    dictionary: Dictionary,
    templates: Templates,
    desk: GupshupDesk,
    *,
    guards: tuple[Reason, ...] = (),
) -> tuple[Update, ...]:
    """Each step of the plan with its words. `guards`: what kept a reply back, for the note.

    A reply that does not go out by itself stands in the note, ready to copy, and its files go with the note.
    """
    if all(step.kind == "tags" for step in plan.steps):
        return tuple(Update(step=step) for step in plan.steps)
    if plan.kind == "unread":
        language = _note_language(plan, ticket, desk)
        values = view(plan, ticket, detection, dictionary, desk, language, for_client=False)
        return tuple(
            Update(step=step, html_body=to_html(templates.text("note", values), language), public=False)
            if step.kind == "note"
            else Update(step=step)
            for step in plan.steps
        )
    guards = tuple(guard for guard in guards if guard.name not in _ABOUT_NOTES)
    if plan.incident:
        language = _note_language(plan, ticket, desk)
        return incident_updates(plan, ticket, detection, dictionary, templates, desk, language, guards)
    before = plan.reminder is None and _went_out_before(plan, ticket)
    refused_as_sent = plan.send_refused and any(guard.name is GuardName.ALREADY_REPLIED for guard in guards)
    told = plan.follow_up is not None and plan.follow_up.sent
    sent = before or told or plan.sent_by_agent or refused_as_sent or any(step.kind == "reply" for step in plan.steps)
    if plan.sent_by_agent:
        # The agent's own answer is no reason that the agent has to be told.
        guards = ()
    if before:
        guards = tuple(guard for guard in guards if guard.name is not GuardName.ALREADY_REPLIED)
    parts = _parts(plan, ticket, detection, dictionary, templates, desk)
    with_reply = tuple(f for f in (parts.draft, parts.guide) if f and f.name in _names(parts.seen.files))
    with_note = _note_files(plan, ticket, dictionary, parts, with_reply, sent=sent)
    if plan.follow_up:
        with_note = with_reply if not sent and plan.follow_up.event in (Event.DATA, Event.PERSISTS) else ()
    if plan.reminder:
        with_note = ()

    updates = []
    for step in plan.steps:
        if step.kind == "reply":
            updates.append(Update(step=step, html_body=parts.html, public=True, files=with_reply))
        elif step.kind == "note":
            values = view(
                plan,
                ticket,
                detection,
                dictionary,
                desk,
                _note_language(plan, ticket, desk),
                for_client=False,
                guards=guards,
            )
            values = replace(
                values,
                request=parts.seen.request,
                link=parts.seen.link,
                kind="reminder" if plan.reminder else "follow_up" if plan.follow_up else values.kind,
                files=_files(with_note, parts),
                reply=Reply(
                    sent=sent,
                    proposed=Markup("") if sent or plan.follow_up else _PROPOSED,
                    files=Files() if plan.sent_by_agent else parts.seen.files,
                ),
            )
            updates.append(_note(step, values, templates, parts.html, with_note))
        else:
            updates.append(Update(step=step))
    return tuple(updates)


def _note_language(plan: Plan, ticket: Ticket, desk: GupshupDesk) -> Language:
    """That of the group that has the ticket once the plan is carried out, else the setting, else the reply's."""
    routed = next((step.group for step in plan.steps if step.group), None)
    group = routed or (ticket.group.name if ticket.group else "")
    return desk.note_languages.get(group) or desk.note_language or plan.language


def _went_out_before(plan: Plan, ticket: Ticket) -> bool:
    """Whether the reply that this note belongs to is on the ticket already: the worker ended between the two writes."""
    lead = plan.lead
    slug = lead.error.slug if lead else ""
    done = standing(ticket, (slug,))
    if lead is None or ("reply", slug) not in done or ("note", slug) in done:
        return False
    return any(c.public and c.author_id == ticket.our_user_id for c in ticket.comments[1:])


def _parts(
    plan: Plan,
    ticket: Ticket,
    detection: Detection,
    dictionary: Dictionary,
    templates: Templates,
    desk: GupshupDesk,
    *,
    with_guide: bool = True,
) -> _Parts:
    """The request first, then the link that holds it, then the texts that speak of both."""
    language = plan.language
    seen = view(plan, ticket, detection, dictionary, desk, language, for_client=True)
    requested = desk.request_language or language
    asking = (
        seen if requested == language else view(plan, ticket, detection, dictionary, desk, requested, for_client=True)
    )
    request = request_text(templates, asking)
    link = prefilled_link(
        desk,
        request.subject,
        "\n".join(request.lines),
        seen.owner.email,
        _form_values(plan, seen),
        language=requested,
    )
    seen = replace(
        seen,
        request=request,
        # Percent-encoded by `prefilled_link`, so neither Markdown nor HTML can be in it.
        link=Link(url=Markup(link.url), shortened=link.shortened),  # noqa: S704 - escaped by its maker
    )
    # For a partner's account the integrator opens the ticket: neither draft nor guide is the client's business.
    to_owner = kind_of_text(plan) in _FOR_THE_OWNER and not plan.app.partner
    names = Files(
        draft=f"gupshup-draft-{ticket.id}.txt",
        guide=f"gupshup-owner-guide.{language}.pdf" if to_owner and desk.attach_guide and _is_first(plan) else "",
    )
    seen = replace(seen, files=names)
    # With a byte order mark and CRLF, since old Notepads, browsers and phones guess wrong without.
    text = to_text(templates.text("draft", seen)).replace("\n", "\r\n")
    draft = File(name=names.draft, content_type="text/plain", content=b"\xef\xbb\xbf" + text.encode())
    guide = None
    if names.guide and with_guide:
        content = guide_pdf(templates.text("guide", seen), reported_on(plan, ticket))
        guide = File(name=names.guide, content_type="application/pdf", content=content)
    if not to_owner:
        seen = replace(
            seen, files=Files(draft=names.draft if kind_of_text(plan) == "draft" and not plan.app.partner else "")
        )
    if plan.reminder:
        # They are with the first reply.
        seen = replace(seen, files=Files())
    spoken = seen if _is_first(plan) else replace(seen, kind="completed" if plan.follow_up else "reminder")
    source = templates.text("reply", spoken)
    return _Parts(seen, draft, guide, to_html(source, language), source)


def _is_first(plan: Plan) -> bool:
    return plan.follow_up is None and plan.reminder is None


def _note(step: Step, values: View, templates: Templates, reply: str, files: tuple[File, ...]) -> Update:
    made = templates.text("note", values)
    blocks = ((str(_PROPOSED), f"<blockquote>{reply}</blockquote>"),)
    return Update(step=step, html_body=to_html(made, values.language, blocks), public=False, files=files)


def _note_files(
    plan: Plan, ticket: Ticket, dictionary: Dictionary, parts: _Parts, with_reply: tuple[File, ...], *, sent: bool
) -> tuple[File, ...]:
    """What the agent needs: the files of a reply that is only proposed, and the draft where one can be of use."""
    entry = dictionary.get(plan.lead.error) if plan.lead else None
    variant = next((v for v in entry.variants if v.name == plan.lead.variant), None) if entry and plan.lead else None
    cause = variant or entry
    requested = draft_requested(ticket) or any(
        tag.startswith("gupshup_draft") for s in plan.steps for tag in s.remove_tags
    )
    for_integrator = plan.app.partner and kind_of_text(plan) in _FOR_THE_OWNER
    # No draft for a code that Gupshup cannot fix, unless an agent asks for one: it would invite a useless ticket.
    useful = cause is None or cause.owner_ticket != "no" or kind_of_text(plan) in _FOR_THE_OWNER
    wanted = requested or for_integrator or (not sent and useful)
    files = () if sent else with_reply
    return files if parts.draft in files or not wanted else (parts.draft, *files)


def _files(files: tuple[File, ...], parts: _Parts) -> Files:
    return Files(
        draft=parts.draft.name if parts.draft in files else "",
        guide=parts.guide.name if parts.guide and parts.guide in files else "",
    )


def _names(files: Files) -> tuple[str, ...]:
    return tuple(name for name in (files.draft, files.guide) if name)


def _form_values(plan: Plan, seen: View) -> dict[str, str]:
    return {
        "app_name": seen.app.name,
        "app_id": "" if seen.app.enterprise else seen.app.id,
        "account_id": seen.app.id if seen.app.enterprise else "",
        "owner_email": seen.owner.email,
        "error_type": seen.error_type,
        "error_code": plan.lead.error.code if plan.lead else "",
    }
