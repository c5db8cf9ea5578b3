"""What a page asks of the ticket as it now stands in Zendesk: other words, other facts, a reply, a draft."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from zendesk_gupshup.decide.prior_writes import TAG_DRAFT, TAG_SEND, KnownWrites, metadata_of
from zendesk_gupshup.decide.steps import replied_tag
from zendesk_gupshup.ledger.written_markers import WrittenMarkers
from zendesk_gupshup.model.finding import ErrorCode
from zendesk_gupshup.model.plan import Step
from zendesk_gupshup.model.ticket import CustomField, Ticket
from zendesk_gupshup.model.write import Update
from zendesk_gupshup.pipeline import Brain, Look, OpenGate, Outcome, handle, read_past_its_second
from zendesk_gupshup.storage.app_actions import AppActions
from zendesk_gupshup.zendesk.errors import Conflict, TicketClosed, TicketGone
from zendesk_gupshup.zendesk.payloads import record

from .bodies import ErrorBody, FactsBody, RenderBody, read_body
from .gate import AppError, Call
from .keeper import ViewKeeper, seen_in
from .routes import ApiAnswer
from .seen import may_be_sent, plan_of, shown_facts, worded
from .tickets import TicketPages
from .view import proposal_document

if TYPE_CHECKING:
    from zendesk_gupshup.zendesk.client import Zendesk

log = logging.getLogger(__name__)

_RUN = "app"
# Where a value on the ticket itself comes before that of its organization.
_ON_TICKET = ("ticket field", "ticket text")


class _KnownGate(OpenGate):
    """Nothing is written here; what was written before is known all the same."""

    def __init__(self, markers: WrittenMarkers) -> None:
        self._markers = markers

    def known(self, ticket_id: int) -> KnownWrites:
        return self._markers.of(ticket_id)


class LivePages:
    """For any number of threads. Each call costs Zendesk some requests, and counts as a write of its user."""

    def __init__(
        self,
        pages: TicketPages,
        keeper: ViewKeeper,
        actions: AppActions,
        markers: WrittenMarkers,
        zendesk: Zendesk,
        brain: Brain,
        queue: Callable[[str, int], None],
    ) -> None:
        self._pages, self._keeper, self._actions = pages, keeper, actions
        self._zendesk, self._brain, self._queue = zendesk, brain, queue
        self._gate = _KnownGate(markers)

    def render(self, call: Call) -> ApiAnswer:
        """The reply in another language or with other facts. Nothing is stored."""
        body = read_body(RenderBody, call.body)
        language = body.language[:2] if body.language else None
        if language is not None and language not in self._brain.dictionary.languages:
            raise AppError(422, "refused", "no such language", fields={"language": "no text is written in it"})
        self._pages.known(call)
        look = self._look(call.ticket_id)
        plan = plan_of(look, self._brain, language=language, given=body.facts.values)
        if plan is None:
            raise AppError(409, "changed", "the ticket reports no error any more; look again")
        return ApiAnswer(proposal_document(worded(plan, look, self._brain)))

    def facts(self, call: Call) -> ApiAnswer:
        """Write the values to the organization, and to the ticket's fields where the ticket says otherwise."""
        body = read_body(FactsBody, call.body)
        given = body.values
        if not given:
            raise AppError(422, "refused", "no value was given")
        self._pages.known(call)
        look = self._look(call.ticket_id)
        shown = shown_facts(look.app)
        changed = {name: "changed meanwhile" for name in given if getattr(shown, name) != body.expected.get(name)}
        if changed:
            raise AppError(409, "changed", "somebody has changed this meanwhile", fields=changed)
        fields = self._ticket_fields(look, given)
        organization = look.ticket.organization_id
        if organization is None and len(fields) < len(given):
            raise AppError(422, "refused", "the ticket's requester has no organization that could keep it")
        if organization is not None:
            self._check_organization(organization, look, given)
        self._actions.record("facts", call.ticket_id, call.user.id, {"names": sorted(given)})
        # First what has a guard.
        if fields:
            self._write(call, Step(kind="tags", custom_fields=fields), look.ticket)
        if organization is not None:
            self._write_organization(organization, given)
        outcome = self._outcome(call.ticket_id)
        stored = self._keeper.keep(outcome)
        seen = seen_in(stored)
        assert seen is not None  # noqa: S101 - it was made just now
        return ApiAnswer(self._pages.shown(call, stored, seen))

    def send(self, call: Call) -> ApiAnswer:
        """Ask the worker to send the reply of our note, as the tag `gupshup_send` does."""
        return self._request(call, "send")

    def draft(self, call: Call) -> ApiAnswer:
        """Ask the worker for a note with the draft, as the macro does."""
        return self._request(call, "draft")

    # --- Requests to the worker ----------------------------------------------------------------------------------

    def _request(self, call: Call, action: Literal["send", "draft"]) -> ApiAnswer:
        """Once for each key: the tag is set by one guarded update, and a repeated request finds it set."""
        body, key = read_body(ErrorBody, call.body), call.idempotency_key
        if key is None:
            raise AppError(422, "refused", "the request needs an Idempotency-Key")
        _, seen = self._pages.reported(call, body.error)
        if action == "send" and not may_be_sent(seen):
            message = "the worker's newest note on the ticket does not propose this reply; ask for the draft first"
            raise AppError(409, "changed", message)
        job = {"job": key}
        if self._actions.begin(action, call.ticket_id, call.user.id, {"error": str(body.error)}, key=key) == "done":
            return ApiAnswer(job, 202)
        tag = TAG_SEND if action == "send" else TAG_DRAFT
        self._set_tag(call, tag, body.error if action == "send" else None)
        self._queue(f"app:{action}:{call.ticket_id}:{call.user.id}:{key}", call.ticket_id)
        self._actions.finish(action, call.ticket_id, call.user.id, key=key)
        return ApiAnswer(job, 202)

    def _set_tag(self, call: Call, tag: str, answered: ErrorCode | None) -> None:
        """Set the tag, unless it stands. `answered`: nothing is asked for where a reply to this code stands."""
        ticket = self._read(call.ticket_id)
        if answered is not None and replied_tag(answered) in ticket.tags:
            raise AppError(409, "changed", "the reply is on the ticket already")
        if tag not in ticket.tags:
            self._write(call, Step(kind="tags", add_tags=frozenset((tag,))), ticket)

    def _write(self, call: Call, step: Step, ticket: Ticket) -> None:
        """One guarded update. Raises `AppError` where somebody else was faster."""
        metadata = {**metadata_of(step, _RUN, secrets.token_hex(8)), "zendesk_gupshup_user": str(call.user.id)}
        try:
            after = self._zendesk.update(ticket, Update(step=step), upload_token=None, group_id=None, metadata=metadata)
        except Conflict:
            raise AppError(409, "changed", "the ticket changed at this moment; try again") from None
        except (TicketGone, TicketClosed):
            raise AppError(409, "changed", "the ticket is closed or gone") from None
        if step.add_tags - set(after.tags):
            raise AppError(409, "changed", "Zendesk did not keep the tag on the ticket; see the log of its triggers")

    def _read(self, ticket_id: int) -> Ticket:
        """Without comments, and after the second of its stamp, so that the guard sees every later change."""
        try:
            ticket = read_past_its_second(self._zendesk, lambda: self._zendesk.ticket(ticket_id, comments=False))
        except Conflict:
            raise AppError(409, "changed", "the ticket changed at this moment; try again") from None
        except TicketGone:
            raise AppError(404, "gone", "the ticket is not there any more") from None
        if ticket.status in ("closed", "deleted"):
            raise AppError(409, "changed", "the ticket is closed or gone")
        return ticket

    # --- The ticket as it stands ---------------------------------------------------------------------------------

    def _outcome(self, ticket_id: int) -> Outcome:
        """A look that writes nothing. Raises `AppError` where there is none."""
        outcome = handle(self._zendesk, ticket_id, self._brain, apply=False, gate=self._gate, last=True)
        if outcome.did == "gone":
            raise AppError(404, "gone", "the ticket is not there any more")
        if outcome.look is None:
            raise AppError(503, "away", "the ticket cannot be read at the moment; try again")
        # What was not written is no news.
        return replace(outcome, writes=())

    def _look(self, ticket_id: int) -> Look:
        look = self._outcome(ticket_id).look
        assert look is not None  # noqa: S101 - `_outcome` says so
        return look

    # --- Facts ---------------------------------------------------------------------------------------------------

    def _ticket_fields(self, look: Look, given: Mapping[str, str]) -> tuple[CustomField, ...]:
        """The ticket fields to fill: what the ticket itself says comes before what its organization says."""
        ids = self._brain.of(look.ticket).policy.fields
        own = [name for name in given if look.app.sources.get(name) in _ON_TICKET]
        lacking = {name: "the ticket itself says otherwise" for name in own if getattr(ids, name) is None}
        if lacking:
            message = "the ticket's own words come first, and the account has no ticket field for it"
            raise AppError(422, "refused", message, fields=lacking)
        return tuple(CustomField(id=getattr(ids, name), value=given[name]) for name in own)

    def _check_organization(self, organization_id: int, look: Look, given: Mapping[str, str]) -> None:
        """Read once more just before it is written: an organization has no guard as a ticket has."""
        answer = self._zendesk.get(f"organizations/{organization_id}.json")
        now = _organization_fields(answer)
        before = look.ticket.organization.organization_fields if look.ticket.organization else {}
        if any(now.get(_key(name)) != before.get(_key(name)) for name in given):
            raise AppError(409, "changed", "somebody has changed this meanwhile")

    def _write_organization(self, organization_id: int, given: Mapping[str, str]) -> None:
        """https://developer.zendesk.com/api-reference/ticketing/organizations/organizations/#update-organization"""
        values = {_key(name): value for name, value in given.items()}
        body = {"organization": {"organization_fields": values}}
        answer = self._zendesk.write("PUT", f"organizations/{organization_id}.json", body)
        # Zendesk passes over a field that it does not know.
        kept = _organization_fields(answer)
        lost = {name: "not kept: run `zendesk-gupshup setup apply`" for name in given if not kept.get(_key(name))}
        if lost:
            raise AppError(422, "refused", "the account has no such organization field", fields=lost)


def _key(name: str) -> str:
    return f"gupshup_{name}"


def _organization_fields(answer: dict[str, Any]) -> Mapping[str, Any]:
    found = record(answer, "organization", "the organization").get("organization_fields")
    return found if isinstance(found, dict) else {}
