"""A ticket's page: what it shows, which it has from our store alone, and what only our store learns of it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from zendesk_gupshup.model.finding import ErrorCode
from zendesk_gupshup.storage.app_actions import Action, AppActions, Feedback
from zendesk_gupshup.storage.app_store import AppStore, StoredTicket
from zendesk_gupshup.storage.dead_letters import DeadLetters
from zendesk_gupshup.text.redaction import without_addresses

from .access import TicketPlace, may_see
from .bodies import FeedbackBody, InsertedBody, read_body
from .gate import AppError, Call
from .keeper import seen_in
from .routes import ApiAnswer
from .view import document, stamp, unseen

if TYPE_CHECKING:
    from zendesk_gupshup.dictionary import Dictionary

    from .seen import SeenTicket

# Of these the worker does the rest, and the next look shows it.
_QUEUED: tuple[Action, ...] = ("look", "send", "draft")


class TicketPages:
    """For any number of threads. `queue` puts a ticket into the worker's queue under a key of its own."""

    def __init__(
        self,
        store: AppStore,
        actions: AppActions,
        failures: DeadLetters,
        dictionary: Dictionary,
        queue: Callable[[str, int], None],
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._store, self._actions, self._failures, self._dictionary = store, actions, failures, dictionary
        self._queue, self._now = queue, now

    def get(self, call: Call) -> ApiAnswer:
        """No request to Zendesk. Nothing is told of a ticket that was never seen, so nobody is refused there."""
        found = self.seen(call)
        return ApiAnswer(self.shown(call, *found) if found else unseen())

    def look(self, call: Call) -> ApiAnswer:
        """Queue the ticket, as a webhook would."""
        self.seen(call)
        self._actions.record("look", call.ticket_id, call.user.id, {})
        self._queue(f"app:look:{call.ticket_id}:{secrets.token_hex(8)}", call.ticket_id)
        return ApiAnswer({"queued": call.ticket_id}, 202)

    def inserted(self, call: Call) -> ApiAnswer:
        """An agent has put the reply into the composer, edited or not; the text itself is not sent here."""
        body = read_body(InsertedBody, call.body)
        self.known(call)
        self._actions.record("inserted", call.ticket_id, call.user.id, body.model_dump(mode="json"))
        return ApiAnswer()

    def feedback(self, call: Call) -> ApiAnswer:
        """What an agent says of a finding: from then on nothing on the ticket is answered automatically."""
        body = read_body(FeedbackBody, call.body)
        _, seen = self.known(call)
        if body.error not in {f.error for f in seen.findings}:
            raise AppError(409, "changed", "this error is not reported on the ticket any more; look again")
        if body.right_error is not None and self._dictionary.get(body.right_error) is None:
            raise AppError(422, "refused", "no such code", fields={"right_error": "no code of the dictionary"})
        given = Feedback(
            ticket_id=call.ticket_id,
            user_id=call.user.id,
            at=int(self._now()),
            verdict=body.verdict,
            error=str(body.error),
            right_error=str(body.right_error) if body.right_error else None,
            comment=without_addresses(body.comment) if body.comment else None,
        )
        self._actions.keep_feedback(given)
        told = {"verdict": given.verdict, "error": given.error, "right_error": given.right_error}
        self._actions.record("feedback", call.ticket_id, call.user.id, told)
        return ApiAnswer({"recorded_by": str(call.user.id), "at": stamp(given.at)})

    # --- For whoever asks more of a ticket -----------------------------------------------------------------------

    def seen(self, call: Call) -> tuple[StoredTicket, SeenTicket] | None:
        """The ticket's last look; `None` where there is none. Raises `AppError` where the user may not see it."""
        stored = self._store.ticket(call.ticket_id)
        if stored is None:
            return None
        place = TicketPlace(
            group_id=stored.group_id, assignee_id=stored.assignee_id, organization_id=stored.organization_id
        )
        if not may_see(call.user, place):
            raise AppError(403, "access", "your role in Zendesk does not let you see this ticket")
        seen = seen_in(stored)
        return (stored, seen) if seen else None

    def known(self, call: Call) -> tuple[StoredTicket, SeenTicket]:
        """The same; raises `AppError` where the ticket was never seen."""
        found = self.seen(call)
        if found is None:
            raise AppError(404, "gone", "the worker has not looked at this ticket")
        return found

    def reported(self, call: Call, error: ErrorCode) -> tuple[StoredTicket, SeenTicket]:
        """The same; raises `AppError` where the lead of the ticket is another code than the page showed."""
        stored, seen = self.known(call)
        if error not in {f.error for f in seen.findings if f.lead}:
            raise AppError(409, "changed", "the ticket reports another error now; look again")
        return stored, seen

    def shown(self, call: Call, stored: StoredTicket, seen: SeenTicket) -> dict[str, object]:
        failure = self._failures.get(call.ticket_id)
        asked = self._actions.recorded(call.ticket_id)
        return document(
            call.ticket_id,
            seen,
            stored.at,
            user=call.user,
            language=call.language,
            dictionary=self._dictionary,
            feedback=self._actions.feedback(call.ticket_id),
            queued=[one["action"] for one in asked if _stands(one, stored, seen)],
            stale=failure is not None and failure.state == "open",
        )


def _stands(asked: Mapping[str, Any], stored: StoredTicket, seen: SeenTicket) -> bool:
    """Whether the page still has to know of it. A look fulfils a wish; what was inserted stays inserted."""
    if asked["action"] == "inserted":
        leads = [f.error.model_dump(mode="json") for f in seen.findings if f.lead]
        return (asked["details"] or {}).get("error") in leads
    return asked["action"] in _QUEUED and asked["at"] > stored.at
