"""What an incident means for one ticket: replies about its code pause, the ticket is told of it, and leaves it. Pure.

While the incident lasts, the note about it stands in place of the code's own note, and the code's own reply waits. When
it is over, the ticket is decided as any other: what is due then goes out once.
"""

from __future__ import annotations

from collections.abc import Iterator

from zendesk_gupshup.dictionary import Dictionary
from zendesk_gupshup.model.finding import Confidence, Detection, ErrorCode, Finding
from zendesk_gupshup.model.incident import IncidentNews, KnownIncident
from zendesk_gupshup.model.outcome_reasons import GuardName
from zendesk_gupshup.model.plan import AppFacts, Decision, Mode, Plan, Step
from zendesk_gupshup.model.reason import Reason
from zendesk_gupshup.model.ticket import Ticket

from .freshness import is_stale, told_at, told_by_client
from .guards import SILENCING, guards_of, notes_in_a_day
from .language import language_of
from .merging import decided, joined, merged
from .policy import Policy, kind_of, may_write, mode_of
from .prior_writes import DEED_TAGS, INCIDENT, TAG_SEND, is_ours, is_proposal, standing

# The problem ticket of an incident; an agent may set it on one of their own.
TAG_INCIDENT = "gupshup_incident"
# A ticket that belongs to an incident that lasts.
TAG_KNOWN_INCIDENT = "gupshup_known_incident"

# These keep the code's own reply back, and not the one about the incident.
_NOT_ABOUT_IT = frozenset({
    GuardName.INCIDENT, GuardName.ALREADY_REPLIED, GuardName.ALREADY_NOTED, GuardName.NOTHING_LEFT, GuardName.OBSERVE,
    GuardName.STALE,
})  # fmt: skip
# What an agent's click does not replace.
_STOPPING = frozenset({
    GuardName.SOLVED, GuardName.PRIVATE, GuardName.MESSAGING, GuardName.CONVERSATION_UNREAD, GuardName.MACHINE,
    GuardName.DAILY_CAP, GuardName.AGENT_ANSWERED,
})  # fmt: skip


def incident_slug(error: ErrorCode) -> str:
    """What the proofs of its reply and its note are named by: `incident_http_401`."""
    return f"{INCIDENT}{error.slug}"


def problem_tag(error: ErrorCode) -> str:
    """On the problem ticket, with `gupshup_incident`: which code it is about."""
    return f"{TAG_INCIDENT}__{error.slug}"


def counted(ticket: Ticket, detection: Detection, dictionary: Dictionary, policy: Policy) -> tuple[Finding, ...]:
    """The findings that count as reports of an incident: certain, told by the client of an open case of his own, on a
    ticket that the worker may write to."""
    guards = {g.name for g in guards_of(ticket, replies_per_day=1, brands=policy.brands, forms=policy.forms)}
    if guards & (SILENCING | {GuardName.SOLVED, GuardName.MACHINE}) or TAG_INCIDENT in ticket.tags:
        return ()
    return tuple(
        finding
        for finding in detection.findings
        if finding.confidence is Confidence.CERTAIN
        and not finding.withheld
        and (entry := dictionary.get(finding.error)) is not None
        and not entry.success
        and mode_of(finding, dictionary, policy) is not Mode.OBSERVE
        and told_by_client(finding, ticket)
    )


def is_paused(error: ErrorCode, ticket: Ticket, policy: Policy) -> bool:
    """Whether replies, reminders and follow-ups about this code wait for the end of an incident. Without a store only
    the ticket's own tag says so."""
    if policy.incidents is None:
        return TAG_KNOWN_INCIDENT in ticket.tags
    return any(incident.error == error for incident in policy.incidents)


def takes_in(
    ticket: Ticket, detection: Detection, dictionary: Dictionary, policy: Policy
) -> tuple[tuple[KnownIncident, Finding], ...]:
    """The incidents that this ticket belongs to, each with its finding, in the order of the ticket."""
    open_now = {incident.error: incident for incident in policy.incidents or () if incident.mode != "pause"}
    if not open_now:
        return ()
    found = counted(ticket, detection, dictionary, policy)
    return tuple((open_now[f.error], f) for f in found if f.error in open_now and _since(f, ticket, open_now[f.error]))


def without_told(
    findings: tuple[Finding, ...], ticket: Ticket, detection: Detection, dictionary: Dictionary, policy: Policy
) -> tuple[Finding, ...]:
    """Those whose own note does not wait for the end of an incident that the ticket is told of, or was."""
    told = {finding.error for _, finding in takes_in(ticket, detection, dictionary, policy)}
    if TAG_KNOWN_INCIDENT in ticket.tags:
        told |= {finding.error for finding in findings if is_paused(finding.error, ticket, policy)}
    return tuple(finding for finding in findings if finding.error not in told)


def with_incident(
    decision: Decision, ticket: Ticket, detection: Detection, app: AppFacts, dictionary: Dictionary, policy: Policy
) -> Decision:
    """The decision with the reply and the note about an incident, or with the end of it."""
    guards = {guard.name for guard in decision.guards}
    if guards & SILENCING or ticket.status == "solved" or TAG_INCIDENT in ticket.tags or not may_write(policy):
        return decision
    joining = takes_in(ticket, detection, dictionary, policy)
    for incident, finding in joining:
        made = _Joining(ticket, detection, app, dictionary, policy, incident, finding).on(decision)
        if made is not None:
            return made
    language = language_of(ticket, detection, dictionary, policy).language
    if joining:
        return merged(decision, ticket, Step(kind="tags", add_tags=frozenset((TAG_KNOWN_INCIDENT,))), language)
    if policy.incidents is not None and TAG_KNOWN_INCIDENT in ticket.tags and not _lasts(ticket, dictionary, policy):
        return merged(decision, ticket, Step(kind="tags", remove_tags=frozenset((TAG_KNOWN_INCIDENT,))), language)
    return decision


def _since(finding: Finding, ticket: Ticket, incident: KnownIncident) -> bool:
    told = told_at(finding, ticket)
    return told is None or told.timestamp() >= incident.since


def _lasts(ticket: Ticket, dictionary: Dictionary, policy: Policy) -> bool:
    """Whether an incident lasts of which this ticket was told, also where later words took the code back."""
    slugs = {incident_slug(incident.error) for incident in policy.incidents or () if dictionary.get(incident.error)}
    return any(deed == "note" for deed, _ in standing(ticket, slugs))


class _Joining:
    """One ticket and one incident that it belongs to."""

    def __init__(
        self,
        ticket: Ticket,
        detection: Detection,
        app: AppFacts,
        dictionary: Dictionary,
        policy: Policy,
        incident: KnownIncident,
        finding: Finding,
    ) -> None:
        self._ticket, self._detection, self._app, self._dictionary = ticket, detection, app, dictionary
        self._policy, self._incident, self._finding = policy, incident, finding
        self._slug = incident_slug(finding.error)
        self._done = {deed for deed, slug in standing(ticket, (self._slug,))}

    def on(self, decision: Decision) -> Decision | None:
        """With what is due; `None` where nothing is."""
        if decision.plan and any(step.kind != "tags" for step in decision.plan.steps):
            # Another code has its reply or its note first; our own update brings us back.
            return None
        guards = [guard for guard in decision.guards if guard.name not in _NOT_ABOUT_IT]
        reply = self._reply_is_due({guard.name for guard in guards})
        if reply and not self._policy.room_for_reply:
            guards, reply = [*guards, GuardName.HOURLY_CAP()], False
        full = notes_in_a_day(self._ticket, requested=False) >= self._policy.notes_per_day
        note = "note" not in self._done and not full
        steps = (*([self._reply()] if reply else []), *([self._note()] if note else []))
        if not steps:
            return None
        linked = self._links()
        first = steps[0].model_copy(update={"problem_id": self._incident.problem_id if linked else None})
        if decision.plan:
            # Tags and routing that are due anyway go with the first update.
            kept = first.model_dump(include={"kind", "marker", "status", "custom_status_id", "problem_id"})
            first = joined(decision.plan.steps[0].model_copy(update=kept), first)
        spoken = language_of(self._ticket, self._detection, self._dictionary, self._policy, (self._finding,))
        news = IncidentNews(
            problem_id=self._incident.problem_id,
            sent=reply or "reply" in self._done,
            linked=linked or self._ticket.problem_id is not None,
        )
        plan = Plan(
            ticket_id=self._ticket.id,
            kind=kind_of(self._finding, self._dictionary),
            language=spoken.language,
            language_reasons=spoken.reasons,
            lead=self._finding,
            answered=(self._finding,) if reply else (),
            app=self._app,
            incident=news,
            steps=(first, *steps[1:]),
        )
        return decided(decision.model_copy(update={"guards": (*guards, *_kept(decision))}), plan)

    def _reply_is_due(self, guards: set[str]) -> bool:
        if "reply" in self._done:
            return False
        if TAG_SEND in self._ticket.tags and self._is_proposed():
            return not guards & _STOPPING
        return (
            self._incident.mode == "auto"
            and mode_of(self._finding, self._dictionary, self._policy) is Mode.AUTO
            and not is_stale(self._finding, self._ticket, self._policy.fresh_hours)
            and not guards
        )

    def _is_proposed(self) -> bool:
        """Whether the last reply that we proposed is the one about this incident."""
        notes = [c for c in self._ticket.comments[1:] if not c.public and is_ours(c, self._ticket) and is_proposal(c)]
        told = notes[-1].metadata.custom if notes and notes[-1].metadata else {}
        return self._slug in told.get("codes", "").split()

    def _links(self) -> bool:
        """Not a ticket that a person gave another type, or another problem."""
        ticket, incident = self._ticket, self._incident
        free = ticket.type in (None, "incident") and ticket.problem_id is None
        return incident.link and incident.problem_id is not None and free

    def _reply(self) -> Step:
        return Step(kind="reply", marker=self._marker("reply"), add_tags=self._tags("reply"))

    def _note(self) -> Step:
        return Step(kind="note", marker=self._marker("note"), add_tags=self._tags("note"))

    def _tags(self, deed: str) -> frozenset[str]:
        return frozenset(("gupshup", self._finding.error.tag, TAG_KNOWN_INCIDENT, self._marker(deed)))

    def _marker(self, deed: str) -> str:
        return f"{DEED_TAGS[deed]}{self._slug}"


def _kept(decision: Decision) -> Iterator[Reason]:
    return (guard for guard in decision.guards if guard.name is GuardName.INCIDENT)
