"""What should change on a ticket, and why: ticket, findings, dictionary and policy to one decision, with no I/O.

The state of a ticket stands in its tags (docs/tags.md lists them): `gupshup__<code>` found, `gupshup_replied__<code>`
answered, `gupshup_noted__<code>` noted. A decision made twice finds its markers and has nothing left to do; where tags
were lost, or came with the ticket from another one, `prior_writes` says what was really done.
"""

from __future__ import annotations

from collections.abc import Mapping

from zendesk_gupshup.detect.provenance import guards_at_second_hand
from zendesk_gupshup.dictionary import Dictionary
from zendesk_gupshup.model.finding import Confidence, Detection, ErrorCode, Finding
from zendesk_gupshup.model.outcome_reasons import GuardName
from zendesk_gupshup.model.plan import AppFacts, Decision, Mode, Plan, ReplyKind
from zendesk_gupshup.model.reason import Detail, Reason
from zendesk_gupshup.model.ticket import Ticket

from .agent_replies import sent_by_agent
from .freshness import is_stale, told_by_client
from .guards import SILENCING, guards_of, notes_in_a_day
from .incidents import is_paused, without_told
from .language import language_of
from .policy import Policy, kind_of, may_write, mode_of
from .prior_writes import DEED_TAGS, TAG_DRAFT, Proof, Witness, draft_requested, request_tags, standing
from .steps import DueSteps, clearing_plan, for_owner, noted_tag, replied_tag, steps_of, without_inherited
from .unknown_codes import SLUG as UNKNOWN_SLUG
from .unknown_codes import unknown_is_due

# Who proves a write whose tag was lost; the plan puts the tag back.
_PROOF: Mapping[Witness, Detail] = {"comment": Detail.PROVED_BY_COMMENT, "store": Detail.PROVED_BY_STORE}
_KIND_RANK: Mapping[str, int] = {"owner_escalation": 0, "owner_ticket": 1, "remedy": 2}


def decide(ticket: Ticket, detection: Detection, app: AppFacts, dictionary: Dictionary, policy: Policy) -> Decision:
    """The one decision for this ticket as it stands, with its own tags alone (`as_own`)."""
    asked = draft_requested(ticket)
    spoken = language_of(ticket, detection, dictionary, policy)
    findings = _failures(ticket, detection, dictionary)
    guards = list(
        guards_of(
            ticket,
            replies_per_day=policy.replies_per_day,
            messaging=policy.messaging,
            brands=policy.brands,
            forms=policy.forms,
        )
    )
    stop = any(guard.name in SILENCING for guard in guards)
    if stop or not (findings or detection.unknown or asked):
        if not stop and detection.symptoms:
            guards.append(GuardName.NO_CODE())
        plan = None if stop else clearing_plan(ticket, policy, spoken.language)
        return Decision(ticket_id=ticket.id, mode=Mode.OBSERVE, plan=plan, guards=tuple(guards))

    done = standing(ticket, (UNKNOWN_SLUG, *(finding.error.slug for finding in findings)))
    modes = {finding.error: mode_of(finding, dictionary, policy) for finding in findings}
    answered = _due_for_reply(ticket, findings, modes, done, guards, policy)
    guards.extend(guards_at_second_hand(tuple(f for f in findings if modes[f.error] is not Mode.OBSERVE), ticket))
    held_back = bool(answered) and not policy.room_for_reply
    if held_back:
        guards.append(GuardName.HOURLY_CAP())
        answered = ()
    noted = _due_for_note(findings, modes, done, guards, asked=asked)
    if not asked:
        # The note about the incident stands in place of the code's own, which is due when it is over.
        noted = without_told(noted, ticket, detection, dictionary, policy)
    if any(guard.name is GuardName.SOLVED for guard in guards) and not asked:
        noted = ()
    unknown = unknown_is_due(detection, findings, done, guards, policy)
    full = _notes_are_full(ticket, policy, guards, asked=asked) if noted or asked or unknown else False
    noted, unknown = ((), False) if full else (noted, unknown)
    lead = _lead(answered or noted or findings, dictionary)
    mode = max((*modes.values(), Mode.ASSIST if unknown else Mode.OBSERVE), key=lambda m: m.rank)
    if mode is Mode.OBSERVE and findings and not asked:
        guards.append(GuardName.OBSERVE())
        return Decision(
            ticket_id=ticket.id, mode=mode, plan=clearing_plan(ticket, policy, spoken.language), guards=tuple(guards)
        )

    kind: ReplyKind = kind_of(lead, dictionary) if lead else "draft"
    news = news_since_note(ticket, findings, app, done) if asked else ()
    if asked and news is None:
        guards.append(GuardName.NOTHING_NEW())
        noted, unknown = (), False
    due = DueSteps(
        lead=lead,
        answered=answered,
        noted=noted,
        unknown=unknown,
        lost=frozenset(f"{DEED_TAGS[deed]}{slug}" for (deed, slug), who in done.items() if who != "tag"),
        # A request that the day's cap keeps waiting stays on the ticket.
        requests=frozenset() if full and news is not None else request_tags(ticket),
        draft=asked and news is not None and not full,
        held_back=held_back,
    )
    steps = steps_of(ticket, detection, policy, modes, due)
    if kind in ("owner_escalation", "owner_ticket"):
        steps = tuple(for_owner(step, ticket, app, policy) for step in steps)
    steps = without_inherited(steps, ticket)
    if not steps:
        guards.append(GuardName.NOTHING_LEFT())
        return Decision(ticket_id=ticket.id, mode=mode, guards=tuple(guards))
    told = tuple(f for f in findings if f is lead or f.confidence is not Confidence.POSSIBLE)
    spoken = language_of(ticket, detection, dictionary, policy, told)
    plan = Plan(
        ticket_id=ticket.id,
        kind=kind,
        language=spoken.language,
        language_reasons=spoken.reasons,
        lead=lead,
        others=tuple(f for f in findings if f is not lead),
        answered=answered,
        app=app,
        news=news or (),
        sent_by_agent=kind == "owner_escalation" and sent_by_agent(ticket),
        steps=steps,
    )
    return Decision(ticket_id=ticket.id, mode=mode, plan=plan, guards=tuple(guards))


def shadow_plan(
    decision: Decision, ticket: Ticket, detection: Detection, app: AppFacts, dictionary: Dictionary, policy: Policy
) -> Plan | None:
    """What would be planned with every code on `auto`, and room for the reply; `decision` itself, where that is so.

    Confidence still holds back: it is about the ticket.
    """
    auto = policy.model_copy(update={"modes": {}, "default_mode": Mode.AUTO, "cap": Mode.AUTO, "room_for_reply": True})
    modes = (
        (mode_of(f, dictionary, policy), mode_of(f, dictionary, auto)) for f in _failures(ticket, detection, dictionary)
    )
    if may_write(policy) and policy.room_for_reply and all(mode is free for mode, free in modes):
        return decision.plan
    return decide(ticket, detection, app, dictionary, auto).plan


def _failures(ticket: Ticket, detection: Detection, dictionary: Dictionary) -> tuple[Finding, ...]:
    return tuple(f for f in _with_named_code(ticket, detection, dictionary) if _is_failure(f, dictionary))


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
_OF_ONE_CODE = frozenset({GuardName.ALREADY_REPLIED, GuardName.STALE, GuardName.INCIDENT})


def _due_for_reply(
    ticket: Ticket,
    findings: tuple[Finding, ...],
    modes: Mapping[ErrorCode, Mode],
    done: Mapping[Proof, Witness],
    guards: list[Reason],
    policy: Policy,
) -> tuple[Finding, ...]:
    """The findings that a public reply is due for; what keeps one back is added to the guards."""
    wanted = [f for f in findings if modes[f.error] is Mode.AUTO and told_by_client(f, ticket)]
    already = [f for f in wanted if ("reply", f.error.slug) in done]
    for finding in already:
        proof = _proof(replied_tag(finding.error), done["reply", finding.error.slug])
        guards.append(GuardName.ALREADY_REPLIED(error=str(finding.error), proof=proof))
    stale = [f for f in wanted if f not in already and is_stale(f, ticket, policy.fresh_hours)]
    guards.extend(GuardName.STALE(error=str(f.error), hours=policy.fresh_hours) for f in stale)
    paused = [f for f in findings if is_paused(f.error, ticket, policy)]
    guards.extend(GuardName.INCIDENT(error=str(f.error)) for f in paused)
    if any(guard.name not in _OF_ONE_CODE for guard in guards):
        return ()
    return tuple(f for f in wanted if f not in (*already, *stale, *paused))


def _due_for_note(
    findings: tuple[Finding, ...],
    modes: Mapping[ErrorCode, Mode],
    done: Mapping[Proof, Witness],
    guards: list[Reason],
    *,
    asked: bool,
) -> tuple[Finding, ...]:
    if asked:
        return findings
    wanted = [f for f in findings if modes[f.error] is not Mode.OBSERVE]
    # Where the tag stands there is nothing to tell.
    guards.extend(
        GuardName.ALREADY_NOTED(error=str(f.error), proof=proof)
        for f in wanted
        if (proof := _proof(noted_tag(f.error), done.get(("note", f.error.slug), "tag")))
    )
    return tuple(f for f in wanted if ("note", f.error.slug) not in done)


def _proof(tag: str, who: Witness) -> tuple[Reason, ...]:
    """Nothing where the tag itself is there."""
    return () if who == "tag" else (_PROOF[who](tag=tag),)


def _notes_are_full(ticket: Ticket, policy: Policy, guards: list[Reason], *, asked: bool) -> bool:
    """Whether the ticket has had its notes of the day. Drafts that agents ask for have as many places of their own."""
    full = notes_in_a_day(ticket, requested=asked) >= policy.notes_per_day
    if full:
        what = Detail.REQUESTED_DRAFTS if asked else Detail.NOTES
        guards.append(GuardName.NOTES_CAP(limit=policy.notes_per_day, what=what()))
    return full


def _lead(findings: tuple[Finding, ...], dictionary: Dictionary) -> Finding | None:
    """The code that the owner must act on, else the first reported; `min` keeps the order of reporting."""
    return min(findings, key=lambda f: _KIND_RANK[kind_of(f, dictionary)], default=None)


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
