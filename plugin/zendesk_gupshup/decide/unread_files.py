"""Files that were not read: the tag, and the short note for the agent, who can open them. Pure.

On a ticket about WhatsApp, Gupshup or a failure, the error may stand in a file that was not read. The tag stays as long
as that holds; the note names each file once. Another note of ours names the files, too, and then none is added.
"""

from __future__ import annotations

from zendesk_gupshup.detect.provenance import is_marked
from zendesk_gupshup.model.base import Language
from zendesk_gupshup.model.finding import Confidence, Detection
from zendesk_gupshup.model.outcome_reasons import GuardName
from zendesk_gupshup.model.plan import Decision, Mode, Plan, Step
from zendesk_gupshup.model.ticket import Ticket

from .guards import SILENCING
from .policy import Policy

TAG_UNREAD = "gupshup_unread"

# An agent who has answered has seen the files, and a machine's files show nobody's screen.
_NO_NOTE = frozenset({GuardName.SOLVED, GuardName.AGENT_ANSWERED, GuardName.MACHINE})
# These no longer hold for a decision that writes something after all.
_NO_LONGER = frozenset({GuardName.NOTHING_LEFT, GuardName.OBSERVE})


def with_unread(
    decision: Decision, ticket: Ticket, detection: Detection, policy: Policy, language: Language
) -> Decision:
    """The decision with the tag and the note, in `language`, for unread files; unchanged while one is retried."""
    guards = {guard.name for guard in decision.guards}
    if ticket.attachments_missed is None or ticket.attachments_waiting or not _may_write(decision, detection, policy):
        return decision
    relevant = detection.on_topic or detection.is_error
    if not ticket.attachments_missed or not relevant or GuardName.MACHINE in guards:
        return _without_tag(decision, ticket, language) if TAG_UNREAD in ticket.tags else decision
    new_files = () if guards & _NO_NOTE else _not_yet_noted(ticket, ticket.attachments_missed)
    steps = decision.plan.steps if decision.plan else ()
    if new_files and all(step.kind == "tags" for step in steps):
        return _with_note(decision, ticket, language, new_files)
    return decision if TAG_UNREAD in ticket.tags else _with_tag(decision, ticket, language)


def _may_write(decision: Decision, detection: Detection, policy: Policy) -> bool:
    guards = {guard.name for guard in decision.guards}
    if guards & SILENCING or policy.cap is Mode.OBSERVE or policy.default_mode is Mode.OBSERVE:
        return False
    # A code that an admin only observes leaves no trace on its ticket.
    return GuardName.OBSERVE not in guards or all(f.confidence is Confidence.POSSIBLE for f in detection.findings)


def _not_yet_noted(ticket: Ticket, missed: frozenset[int]) -> tuple[int, ...]:
    """Of these files, those after our last note, which named all that was unread when it was written.

    The tag alone counts as a note where none of ours is there: we may have written it as another user.
    """
    notes = [
        n for n, c in enumerate(ticket.comments) if not c.public and (is_marked(c) or _is_ours(c.author_id, ticket))
    ]
    if not notes and TAG_UNREAD in ticket.tags and not _is_follow_up(ticket):
        return ()
    since = notes[-1] + 1 if notes else 0
    return tuple(file.id for comment in ticket.comments[since:] for file in comment.attachments if file.id in missed)


def _is_ours(author_id: int | None, ticket: Ticket) -> bool:
    return author_id is not None and author_id == ticket.our_user_id


def _is_follow_up(ticket: Ticket) -> bool:
    """It has the tags of the ticket that it follows, and none of its comments.

    https://developer.zendesk.com/documentation/ticketing/managing-tickets/creating-and-updating-tickets/
    """
    return ticket.via.source.get("rel") == "follow_up"


def _with_note(decision: Decision, ticket: Ticket, language: Language, new_files: tuple[int, ...]) -> Decision:
    """A note in place of tags that were due anyway, with these tags in it."""
    before = decision.plan.steps[0] if decision.plan else Step(kind="tags")
    tagged = TAG_UNREAD in ticket.tags
    step = before.model_copy(
        update={
            "kind": "note",
            # Without the tag's help, our comment proves that it was written.
            "marker": None if tagged else TAG_UNREAD,
            "add_tags": before.add_tags | {TAG_UNREAD},
        }
    )
    plan = decision.plan or _plan(ticket, language)
    return _planned(decision, plan.model_copy(update={"kind": "unread", "unread": new_files, "steps": (step,)}))


def _with_tag(decision: Decision, ticket: Ticket, language: Language) -> Decision:
    plan = decision.plan or _plan(ticket, language)
    first, *others = plan.steps or (Step(kind="tags"),)
    first = first.model_copy(update={"add_tags": first.add_tags | {TAG_UNREAD}})
    return _planned(decision, plan.model_copy(update={"steps": (first, *others)}))


def _without_tag(decision: Decision, ticket: Ticket, language: Language) -> Decision:
    plan = decision.plan or _plan(ticket, language)
    first, *others = plan.steps or (Step(kind="tags"),)
    first = first.model_copy(update={"remove_tags": first.remove_tags | {TAG_UNREAD}})
    return _planned(decision, plan.model_copy(update={"steps": (first, *others)}))


def _plan(ticket: Ticket, language: Language) -> Plan:
    return Plan(ticket_id=ticket.id, kind="unread", language=language, lead=None, steps=())


def _planned(decision: Decision, plan: Plan) -> Decision:
    """A decision that does something after all."""
    mode = max(decision.mode, Mode.ASSIST, key=lambda mode: mode.rank)
    guards = tuple(guard for guard in decision.guards if guard.name not in _NO_LONGER)
    return decision.model_copy(update={"mode": mode, "plan": plan, "guards": guards})
