"""What should change on a ticket, and why: ticket, findings, dictionary and policy to one decision, with no I/O.

The state of a ticket stands in its tags (docs/tags.md lists them): `gupshup__<code>` found, `gupshup_replied__<code>`
answered, `gupshup_noted__<code>` noted. A decision made twice finds its markers and has nothing left to do; where tags
were lost, or came with the ticket from another one, `witnesses` says what was really done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from zendesk_gupshup.detect.provenance import guards_at_second_hand, speaker
from zendesk_gupshup.dictionary import Dictionary
from zendesk_gupshup.model.base import LANGUAGES, Language
from zendesk_gupshup.model.finding import Confidence, Detection, ErrorCode, Finding
from zendesk_gupshup.model.plan import AppFacts, Decision, Guard, Mode, Plan, ReplyKind, Step
from zendesk_gupshup.model.ticket import CustomField, Ticket

from .account import DirectoryRow, TicketFields, app_facts
from .freshness import is_stale
from .guards import SILENCING, TAG_HELD_BACK, guards_of, notes_in_a_day
from .prior_writes import DEED_TAGS, Proof, Witness, as_own, standing
from .prior_writes import TAG_DRAFT as TAG_DRAFT

TAG_FOUND = "gupshup"
TAG_UNKNOWN = "gupshup_unknown_code"
TAG_SECRET = "gupshup_secret"  # noqa: S105 - a tag, and no secret
TAG_AWAITING_OWNER = "gupshup_state__awaiting_owner"

# Gupshup's refused API key: the protocol of the account owner. Every other code takes its reply from the dictionary.
REFUSED_KEY = ErrorCode(namespace="gupshup_http", code="401")

_PRIORITIES = ("low", "normal", "high", "urgent")
_CONFIDENCE_CAP: Mapping[Confidence, Mode] = {
    Confidence.CERTAIN: Mode.AUTO,
    Confidence.LIKELY: Mode.ASSIST,
    Confidence.POSSIBLE: Mode.OBSERVE,
}
# How a witness other than the tag is told of; the tag was lost then, and the plan puts it back.
_TOLD_BY: Mapping[Witness, str] = {
    "comment": "our own comment on the ticket says so",
    "store": "our own record says so",
}
_KIND_RANK: Mapping[str, int] = {"owner_escalation": 0, "owner_ticket": 1, "remedy": 2}


class Policy(BaseModel):
    """What an admin decides; `settings.py` fills it from the configuration file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    modes: Mapping[str, Mode] = Field(
        default_factory=dict, description='Mode of one code, by its name: `"gupshup_http 401" = "auto"`.'
    )
    default_mode: Mode | None = Field(
        None,
        description="Mode of every code without a line of its own. Unset: owner escalations auto, the rest assist.",
    )
    cap: Mode = Field(Mode.AUTO, description="Nothing goes beyond this mode.")
    default_language: Language = Field("en", description="Language where neither requester nor organization has one.")
    group: str | None = Field(None, description="Name of the group that such tickets go to.")
    from_groups: frozenset[str] = Field(
        frozenset(), description="Groups that tickets may be routed away from; a ticket without a group always may."
    )
    priority: str | None = Field(None, pattern="^(low|normal|high|urgent)$", description="Raise the priority to this.")
    pending_after_reply: bool = Field(default=False, description="Set the status to pending after a public reply.")
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
    messaging: Literal["note", "reply"] = Field(
        "note", description="What a client who writes by messaging may get: a note to the agent, or a public reply too."
    )
    cc_owner: bool = Field(default=False, description="Put the account owner in CC of the public reply.")
    cc_domains: frozenset[str] = Field(
        frozenset(), description="Domains of owners that may be in CC besides the organization's own."
    )
    fields: TicketFields = TicketFields()
    directory: tuple[DirectoryRow, ...] = ()


def draft_requested(ticket: Ticket) -> bool:
    """Whether an agent asks for a draft, by `gupshup_draft` or by naming the code: `gupshup_draft__http_401`."""
    return any(tag == TAG_DRAFT or tag.startswith(f"{TAG_DRAFT}__") for tag in ticket.tags)


def decide(ticket: Ticket, detection: Detection, dictionary: Dictionary, policy: Policy) -> Decision:
    """The one decision for this ticket as it stands."""
    ticket = as_own(ticket, inherit_off=policy.inherit_off)
    asked = draft_requested(ticket)
    findings = tuple(f for f in _with_named_code(ticket, detection, dictionary) if _is_failure(f, dictionary))
    guards = list(guards_of(ticket, replies_per_day=policy.replies_per_day, messaging=policy.messaging))
    stop = any(guard.name in SILENCING for guard in guards)
    if stop or not (findings or detection.unknown or asked):
        if not stop and detection.symptoms:
            guards.append(Guard(name="no_code", text="trouble with Gupshup or WhatsApp is told, but no error code"))
        plan = None if stop else _clearing(ticket, policy)
        return Decision(ticket_id=ticket.id, mode=Mode.OBSERVE, plan=plan, guards=tuple(guards))

    done = standing(ticket, (finding.error.slug for finding in findings))
    modes = {finding.error: mode_of(finding, dictionary, policy) for finding in findings}
    answered = _due_for_reply(ticket, findings, modes, done, guards, policy.fresh_hours)
    guards.extend(guards_at_second_hand(tuple(f for f in findings if modes[f.error] is not Mode.OBSERVE), ticket))
    held_back = bool(answered) and not policy.room_for_reply
    if held_back:
        text = f"{policy.replies_per_hour} public replies an hour on all tickets together are the ceiling"
        guards.append(Guard(name="hourly_cap", text=text))
        answered = ()
    noted = _due_for_note(findings, modes, done, guards, asked=asked)
    if any(guard.name == "solved" for guard in guards) and not asked:
        noted = ()
    full = _notes_are_full(ticket, policy, guards, asked=asked) if noted or asked else False
    noted = () if full else noted
    lead = _lead(answered or noted or findings, dictionary)
    mode = max((*modes.values(), Mode.OBSERVE), key=lambda m: m.rank)
    if mode is Mode.OBSERVE and findings and not asked:
        guards.append(Guard(name="observe", text="every code found is only observed, by mode or for lack of certainty"))
        return Decision(ticket_id=ticket.id, mode=mode, plan=_clearing(ticket, policy), guards=tuple(guards))

    kind: ReplyKind = kind_of(lead, dictionary) if lead else "draft"
    app = app_facts(ticket, detection.facts, policy.fields, policy.directory)
    news = news_since_note(ticket, findings, app, done) if asked else ()
    if asked and news is None:
        guards.append(Guard(name="nothing_new", text="nothing is new since our last note"))
        noted = ()
    due = _Due(
        lead=lead,
        answered=answered,
        noted=noted,
        lost=frozenset(f"{DEED_TAGS[deed]}{slug}" for (deed, slug), who in done.items() if who != "tag"),
        # A request that the day's cap keeps waiting stays on the ticket.
        requests=frozenset() if full and news is not None else _requests(ticket),
        draft=asked and news is not None and not full,
        held_back=held_back,
    )
    steps = _steps(ticket, detection, policy, modes, due)
    if kind in ("owner_escalation", "owner_ticket"):
        steps = tuple(_for_owner(step, ticket, app, policy) for step in steps)
    steps = _without_inherited(steps, ticket)
    if not steps:
        guards.append(Guard(name="nothing_left", text="everything that is due stands on the ticket already"))
        return Decision(ticket_id=ticket.id, mode=mode, guards=tuple(guards))
    plan = Plan(
        ticket_id=ticket.id,
        kind=kind,
        language=language_of(ticket, policy),
        lead=lead,
        others=tuple(f for f in findings if f is not lead),
        answered=answered,
        app=app,
        news=news or (),
        steps=steps,
    )
    return Decision(ticket_id=ticket.id, mode=mode, plan=plan, guards=tuple(guards))


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


def language_of(ticket: Ticket, policy: Policy) -> Language:
    """The requester's locale, else the organization's language, else the setting."""
    organization = ticket.organization.organization_fields if ticket.organization else {}
    requester = ticket.requester
    for locale in (requester.locale if requester else None, organization.get("gupshup_language")):
        for language in LANGUAGES:
            if isinstance(locale, str) and locale.lower().replace("_", "-").split("-")[0] == language:
                return language
    return policy.default_language


def _with_named_code(ticket: Ticket, detection: Detection, dictionary: Dictionary) -> tuple[Finding, ...]:
    """The findings, and first of all the code that the agent's request tag names, if any."""
    slugs = {tag.removeprefix(f"{TAG_DRAFT}__") for tag in ticket.tags if tag.startswith(f"{TAG_DRAFT}__")}
    found = {finding.error for finding in detection.findings}
    # Never above likely: an agent's word asks for a draft, it does not answer a client.
    named = tuple(
        Finding(error=entry.error, confidence=Confidence.LIKELY, evidence=())
        for entry in (dictionary.entries if slugs else ())
        if entry.error.slug in slugs and entry.error not in found
    )
    return (*named, *detection.findings)


def _is_failure(finding: Finding, dictionary: Dictionary) -> bool:
    entry = dictionary.get(finding.error)
    return entry is not None and not entry.success


# Guards that keep back the reply to one code, and not those to others.
_OF_ONE_CODE = frozenset({"already_replied", "stale"})


def _due_for_reply(
    ticket: Ticket,
    findings: tuple[Finding, ...],
    modes: Mapping[ErrorCode, Mode],
    done: Mapping[Proof, Witness],
    guards: list[Guard],
    fresh_hours: int,
) -> tuple[Finding, ...]:
    """The findings that a public reply is due for; what keeps one back is added to the guards."""
    wanted = [f for f in findings if modes[f.error] is Mode.AUTO and _told_by_client(f, ticket)]
    already = [f for f in wanted if ("reply", f.error.slug) in done]
    for finding in already:
        text = f"{finding.error} was answered before" + _lost(
            replied_tag(finding.error), done["reply", finding.error.slug]
        )
        guards.append(Guard(name="already_replied", text=text))
    stale = [f for f in wanted if f not in already and is_stale(f, ticket, fresh_hours)]
    guards.extend(
        Guard(name="stale", text=f"{f.error} was reported more than {fresh_hours} hours before the last change")
        for f in stale
    )
    if any(guard.name not in _OF_ONE_CODE for guard in guards):
        return ()
    return tuple(f for f in wanted if f not in already and f not in stale)


def _due_for_note(
    findings: tuple[Finding, ...],
    modes: Mapping[ErrorCode, Mode],
    done: Mapping[Proof, Witness],
    guards: list[Guard],
    *,
    asked: bool,
) -> tuple[Finding, ...]:
    if asked:
        return findings
    wanted = [f for f in findings if modes[f.error] is not Mode.OBSERVE]
    # Where the tag stands there is nothing to tell.
    guards.extend(
        Guard(name="already_noted", text=f"{f.error} was noted before{lost}")
        for f in wanted
        if (lost := _lost(noted_tag(f.error), done.get(("note", f.error.slug), "tag")))
    )
    return tuple(f for f in wanted if ("note", f.error.slug) not in done)


def _lost(tag: str, who: Witness) -> str:
    return "" if who == "tag" else f": {_TOLD_BY[who]}; the tag {tag} was lost and is put back"


def _notes_are_full(ticket: Ticket, policy: Policy, guards: list[Guard], *, asked: bool) -> bool:
    """Whether the ticket has had its notes of the day. Drafts that agents ask for have as many places of their own."""
    full = notes_in_a_day(ticket, requested=asked) >= policy.notes_per_day
    if full:
        what = "requested drafts" if asked else "notes of ours"
        guards.append(Guard(name="notes_cap", text=f"{policy.notes_per_day} {what} in 24 hours are the limit"))
    return full


def _lead(findings: tuple[Finding, ...], dictionary: Dictionary) -> Finding | None:
    """The code that the owner must act on, else the first reported; `min` keeps the order of reporting."""
    return min(findings, key=lambda f: _KIND_RANK[kind_of(f, dictionary)], default=None)


@dataclass(frozen=True)
class _Due:
    """What the steps are made of: findings to answer and to note, marker tags to put back, requests to take away."""

    lead: Finding | None
    answered: tuple[Finding, ...]
    noted: tuple[Finding, ...]
    lost: frozenset[str]
    requests: frozenset[str]
    draft: bool
    held_back: bool


def _steps(
    ticket: Ticket, detection: Detection, policy: Policy, modes: Mapping[ErrorCode, Mode], due: _Due
) -> tuple[Step, ...]:
    tags = {f.error.tag for f in detection.findings if modes.get(f.error, Mode.OBSERVE) is not Mode.OBSERVE}
    tags |= {f.error.tag for f in due.noted}
    if detection.unknown and _writes(policy):
        tags.add(TAG_UNKNOWN)
    if tags:
        tags.add(TAG_FOUND)
    if tags and detection.secrets:
        tags.add(TAG_SECRET)
    if tags and due.held_back:
        tags.add(TAG_HELD_BACK)
    tags |= due.lost

    shared = _routing(ticket, policy, due.lead) if tags else {}
    steps: list[Step] = []
    if due.answered:
        assert due.lead is not None  # noqa: S101 - a reply has a lead, by `_lead`
        pending = policy.pending_after_reply and ticket.status in ("new", "open")
        steps.append(
            Step(
                kind="reply",
                marker=replied_tag(due.lead.error),
                add_tags=frozenset(tags | {replied_tag(f.error) for f in due.answered}),
                status="pending" if pending else None,
                **shared,
            )
        )
    if due.noted or due.draft:
        steps.append(
            Step(
                kind="note",
                # A requested draft is proven by its request being gone; a note of our own by its marker.
                marker=None if due.draft or due.lead is None else noted_tag(due.lead.error),
                add_tags=frozenset(tags | {noted_tag(f.error) for f in due.noted}),
                remove_tags=due.requests,
                **({} if due.answered else shared),
            )
        )
    missing = tags - set(ticket.tags) - ticket.inherited
    if not steps and (due.requests or missing or ticket.inherited - tags):
        steps.append(Step(kind="tags", add_tags=frozenset(tags), remove_tags=due.requests, **shared))
    return tuple(steps)


def _requests(ticket: Ticket) -> frozenset[str]:
    return frozenset(t for t in ticket.tags if t == TAG_DRAFT or t.startswith(f"{TAG_DRAFT}__"))


def _writes(policy: Policy) -> bool:
    return policy.cap is not Mode.OBSERVE and policy.default_mode is not Mode.OBSERVE


def _without_inherited(steps: tuple[Step, ...], ticket: Ticket) -> tuple[Step, ...]:
    """Tags that came with a copied ticket go in the first update, all but those that it renews."""
    if not steps or not ticket.inherited:
        return steps
    gone = steps[0].remove_tags | (ticket.inherited - steps[0].add_tags)
    return (steps[0].model_copy(update={"remove_tags": gone}), *steps[1:])


def _clearing(ticket: Ticket, policy: Policy) -> Plan | None:
    """Where nothing else is due: a copied ticket without the tags that say what was done on another one."""
    if not ticket.inherited or not _writes(policy):
        return None
    step = Step(kind="tags", remove_tags=ticket.inherited)
    return Plan(ticket_id=ticket.id, kind="remedy", language=language_of(ticket, policy), lead=None, steps=(step,))


def _routing(ticket: Ticket, policy: Policy, lead: Finding | None) -> dict[str, object]:
    """Group, priority and fields: only where no person has set them, and a priority is only raised."""
    changes: dict[str, object] = {}
    group = ticket.group.name if ticket.group else None
    free = ticket.assignee_id is None and (ticket.group_id is None or group in policy.from_groups)
    if free and policy.group and policy.group != group:
        changes["group"] = policy.group
    if policy.priority:
        current = _PRIORITIES.index(ticket.priority) if ticket.priority in _PRIORITIES else -1
        if _PRIORITIES.index(policy.priority) > current:
            changes["priority"] = policy.priority
    chosen = ticket.field(policy.fields.error_code)
    if lead and policy.fields.error_code and (not chosen or chosen in ticket.inherited):
        changes["custom_fields"] = (CustomField(id=policy.fields.error_code, value=lead.error.tag),)
    return changes


def news_since_note(
    ticket: Ticket, findings: tuple[Finding, ...], app: AppFacts, done: Mapping[Proof, Witness]
) -> tuple[str, ...] | None:
    """What an agent who asks for another draft will find new in it; `None` when nothing is, `()` for a first note.

    The last note itself says what was known then: a value that does not stand in it is new.
    """
    # The worker makes no tickets: a first comment by its user is another program's that shares it.
    places = [n for n, c in enumerate(ticket.comments) if n and not c.public and c.author_id == ticket.our_user_id]
    if not places or ticket.our_user_id is None:
        return ()
    note = ticket.comments[places[-1]]
    text = note.plain_body or note.body
    news = ["comments"] if any(c.author_id != ticket.our_user_id for c in ticket.comments[places[-1] + 1 :]) else []
    if any(("note", f.error.slug) not in done for f in findings):
        news.append("codes")
    for name in ("app_name", "app_id", "account_id", "owner_email"):
        value = getattr(app, name)
        if value and value not in text:
            news.append(name)
    return tuple(news) or None


def _for_owner(step: Step, ticket: Ticket, app: AppFacts, policy: Policy) -> Step:
    """The reply that asks the owner to act: with the state tag, and the owner in CC where that is allowed."""
    if step.kind != "reply":
        return step
    # With a partner account it is the integrator who writes to Gupshup, not the owner.
    state = frozenset() if app.partner else frozenset((TAG_AWAITING_OWNER,))
    return step.model_copy(update={"add_tags": step.add_tags | state, "cc": _cc(ticket, app, policy)})


def _cc(ticket: Ticket, app: AppFacts, policy: Policy) -> str | None:
    """The owner's address if CC is wished and it is of the organization's own domains or a listed one."""
    address = (app.owner_email or "").lower()
    requester = (ticket.requester.email or "").lower() if ticket.requester else ""
    own = ticket.organization.domain_names if ticket.organization else ()
    allowed = {domain.lower() for domain in (*own, *policy.cc_domains)}
    wished = policy.cc_owner and address and address != requester
    return address if wished and address.partition("@")[2] in allowed else None


def _told_by_client(finding: Finding, ticket: Ticket) -> bool:
    """Whether the client's own words hold the evidence; an agent's comment never answers a client."""
    staff = {c.id for c in ticket.comments if (author := ticket.users.get(c.author_id or 0)) and author.is_staff}
    places = (e.place for e in finding.evidence)
    return any(place.comment_id not in staff and speaker(ticket, place) == "client" for place in places)


def replied_tag(error: ErrorCode) -> str:
    return f"gupshup_replied__{error.slug}"


def noted_tag(error: ErrorCode) -> str:
    return f"gupshup_noted__{error.slug}"
