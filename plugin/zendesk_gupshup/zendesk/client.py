"""The client of Zendesk: read a ticket, write it once, see what changed. Every path of Zendesk's that concerns a ticket
stands here."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from zendesk_gupshup.model.channels import is_messaging
from zendesk_gupshup.model.reason import Reason
from zendesk_gupshup.model.ticket import Attachment, Ticket, User
from zendesk_gupshup.model.unread_reasons import UnreadReason
from zendesk_gupshup.model.write import File, Update
from zendesk_gupshup.ops import metrics

from .api import MOST_PAGES, ZendeskApi
from .config import ZendeskConfig
from .conversation_log import outcomes
from .errors import InvalidResponse, NotFound, Refused, Unauthorized, ZendeskError
from .payloads import (
    Json,
    after_update,
    assembled,
    next_cursor,
    parsed,
    payload,
    record,
    records,
    tags_since_creation,
    with_pages,
)
from .transport import RequestLimiter, Transport
from .user_directory import UserDirectory

log = logging.getLogger(__name__)

# Zendesk's clock and its stamps come from one place: a stamp further ahead than this is not waited for.
LONGEST_STAMP_WAIT = 3.0


@dataclass(frozen=True)
class ChangedTickets:
    """A page of the incremental export: tickets as Zendesk gives them, and where the next one begins, also after the
    last one."""

    tickets: tuple[Mapping[str, Any], ...]
    cursor: str | None
    end_of_stream: bool


class Zendesk(ZendeskApi):
    """For any number of threads."""

    def __init__(
        self,
        access: ZendeskConfig,
        *,
        limiter: RequestLimiter | None = None,
        transport: Transport | None = None,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`transport`: one that is shared with another client; else one is made of the rest."""
        if problem := access.problem():
            raise Unauthorized(problem, account_wide=True)
        super().__init__(access, transport or Transport(access, limiter=limiter, sleep=sleep, monotonic=monotonic))
        self._directory = UserDirectory(self, self._transport.monotonic)

    def __enter__(self) -> Zendesk:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def guarded_by(self, gate: Callable[[], None]) -> Zendesk:
        """A client that shares this one's sign-in, limits and counts, and calls `gate` at the last moment before each
        request: it may raise."""
        return Zendesk(self._access, transport=self._transport.guarded_by(gate))

    # --- Credentials ---------------------------------------------------------------------------------------------

    def check(self) -> int:
        """The number of tickets. Unlike `users/me`, this needs credentials that are right.

        https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/#count-tickets
        """
        count = self.get("tickets/count.json").get("count")
        value = count.get("value") if isinstance(count, dict) else None
        return value if isinstance(value, int) else 0

    def pause(self, reason: str) -> None:
        """Send nothing, in any thread, until `resume_if_accepted`: each call raises `Unauthorized` with this reason."""
        self._transport.auth.pause(reason)

    def resume_if_accepted(self) -> None:
        """Reload secrets from their files and resume if Zendesk accepts them. Raises `ZendeskError` if it does not."""
        auth = self._transport.auth
        auth.reload_secrets()
        with auth.probing():
            self.check()
            # They may be somebody else's now.
            self._directory.me(fresh=True)
        auth.resume()

    @property
    def credential(self) -> tuple[float, float | None]:
        """Since when the credentials in use are in use, and when they expire, if that is known; Unix time."""
        return self._transport.auth.since, self._transport.auth.expires

    # --- People and groups -----------------------------------------------------------------------------------------

    def me(self) -> User:
        """Who we are signed in as."""
        return self._directory.me()

    def group_id(self, name: str) -> int | None:
        """The group of this name, in whatever case it is written."""
        return self._directory.group_id(name)

    def owners(self, organization_id: int) -> tuple[User, ...]:
        """The organization's users tagged `gupshup_owner`, read at most once in ten minutes."""
        return self._directory.owners(organization_id)

    # --- Reading ---------------------------------------------------------------------------------------------

    def ticket(self, ticket_id: int, *, comments: bool = True) -> Ticket:
        """A ticket with the people in it, in two requests; in one, without comments, where these would not matter; in
        three where it has a conversation.

        https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/#show-ticket
        """
        answer = self.get(f"tickets/{ticket_id}.json", include="users,organizations,groups,comment_count")
        closed = record(answer, "ticket", f"ticket {ticket_id}").get("status") in ("closed", "deleted")
        return self.completed(answer, ticket_id, comments=comments and not closed)

    def completed(self, answer: Json, ticket_id: int, *, comments: bool = True) -> Ticket:
        """The `ticket` of an answer with its side-loads, and with its comments in one request more; those of
        a messaging ticket with its conversation, in two."""
        ticket = assembled(answer, (), f"ticket {ticket_id}", self.me().id)
        return self.with_comments(ticket) if comments else ticket

    def with_comments(self, ticket: Ticket) -> Ticket:
        """The same ticket with its comments and their authors, in one request, two for a messaging ticket."""
        pages = list(self.iter_pages(f"tickets/{ticket.id}/comments.json", include="users"))
        unread = None
        if is_messaging(ticket.from_messaging_channel, ticket.via.channel):
            log_pages, unread = self._conversation(ticket.id)
            pages += log_pages
        return with_pages(ticket, pages).model_copy(update={"conversation_unread": unread})

    def _conversation(self, ticket_id: int) -> tuple[list[Json], Reason | None]:
        """The pages of a ticket's conversation log, or why there are none: the comments have to do then.

        It has a rate limit of its own, 100 requests a minute, which the answer's headers report.
        https://developer.zendesk.com/api-reference/ticketing/tickets/conversation_log/
        """
        try:
            pages = list(self.iter_pages(f"tickets/{ticket_id}/conversation_log.json"))
        except (NotFound, Unauthorized, Refused) as error:
            if error.account_wide:
                raise
            metrics.CONVERSATIONS_UNREAD.inc()
            log.warning("ticket %s: its conversation cannot be read (%s)", ticket_id, error.status)
            return [], UnreadReason.CONVERSATION_REFUSED(status=error.status or 0)
        counts = outcomes(event for page in pages for event in records(page, "events"))
        for kind, count in counts.items():
            metrics.CONVERSATION_EVENTS.labels(kind.partition(" ")[0]).inc(count)
        if unknown := sorted(kind.removeprefix("unknown ") for kind in counts if kind.startswith("unknown ")):
            log.warning("ticket %s: events of unknown types in its conversation: %s", ticket_id, ", ".join(unknown[:5]))
        if next_cursor(pages[-1]):
            # Who answered lately stands at its end.
            return pages, UnreadReason.CONVERSATION_LONG(pages=MOST_PAGES)
        return pages, None

    def tickets(self, ticket_ids: Sequence[int]) -> dict[int, Ticket]:
        """Those of the tickets that are still there, without comments, in one request for each hundred.

        https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/#show-multiple-tickets
        """
        found: dict[int, Ticket] = {}
        for start in range(0, len(ticket_ids), 100):
            ids = ",".join(map(str, ticket_ids[start : start + 100]))
            answer = self.get("tickets/show_many.json", ids=ids)
            found |= {t.id: t for t in (parsed(Ticket, raw) for raw in records(answer, "tickets"))}
        return {ticket_id: ticket for ticket_id, ticket in found.items() if ticket.status != "deleted"}

    def tags_since_creation(self, ticket_id: int) -> frozenset[str] | None:
        """The tags that the ticket was made with and that stand since, in one request for each hundred audits; `None`
        where audits cannot be read, which needs the scope `read`.

        https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_audits/
        """
        try:
            return tags_since_creation(self.pages(f"tickets/{ticket_id}/audits.json", "audits"))
        except (NotFound, Unauthorized) as error:
            if error.account_wide:
                raise
            log.warning("ticket %s: its audits cannot be read (%s)", ticket_id, error)
            return None

    def attachment(self, attachment: Attachment, limit: int) -> bytes:
        """The file's first `limit` bytes."""
        what = f"attachment {attachment.id}"
        if attachment.deleted or not attachment.content_url or attachment.malware_scan_result == "malware_found":
            raise Refused(f"{what}: deleted, or found to be malware")
        return self.session().download(attachment.content_url, limit, what)

    def changed(
        self, *, start_time: int | None = None, cursor: str | None = None, per_page: int = 1000
    ) -> ChangedTickets:
        """What changed since `start_time`, at least a minute ago, or since the page that gave `cursor`.

        The last minute is never in it, and a change may come more than once. Needs an admin's credentials.
        https://developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports/
        """
        since: Json = {"start_time": start_time} if cursor is None else {"cursor": cursor}
        answer = self.get("incremental/tickets/cursor.json", **since, per_page=per_page)
        return ChangedTickets(
            tickets=tuple(records(answer, "tickets")),
            cursor=answer.get("after_cursor") or cursor,
            end_of_stream=bool(answer.get("end_of_stream")),
        )

    def wait_until_past(self, stamp: str) -> bool:
        """Wait until Zendesk's clock has left the second of `stamp`, and say whether that took a wait.

        A stamp has whole seconds: until then a further change could leave `updated_at`, and so the guard, as it is.
        """
        if not stamp:
            return False
        end = int(datetime.fromisoformat(stamp).timestamp()) + 1
        asked = self._ask_for_the_time(end)
        now = self.time()
        left = end - now if now is not None else 1.0
        if left <= 0:
            return asked
        if left > LONGEST_STAMP_WAIT:
            log.warning("a stamp is %.0f s ahead of Zendesk's own clock", left)
        self._transport.sleep(min(left, LONGEST_STAMP_WAIT))
        return True

    def _ask_for_the_time(self, end: float) -> bool:
        """While waiting anyway: now and then a request whose answer tells better when this Unix time comes."""
        clock = self._transport.clock
        asks_in = clock.asks_in(end)
        if asks_in is None or asks_in > LONGEST_STAMP_WAIT or not clock.asking.acquire(blocking=False):
            return False
        try:
            self._transport.sleep(asks_in)
            # Only its date is wanted, which a refusal has, too; what matters is said by the next request.
            with suppress(ZendeskError):
                self.get("users/me.json")
        finally:
            clock.asking.release()
        return True

    # --- Writing ---------------------------------------------------------------------------------------------

    def upload(self, files: Sequence[File]) -> str:
        """The one token over all these files, to be used at once.

        https://developer.zendesk.com/api-reference/ticketing/tickets/ticket-attachments/#upload-files
        """
        token: str | None = None
        for file in files:
            params = {"filename": file.name} if token is None else {"filename": file.name, "token": token}
            answer = self.call(
                "POST", "uploads.json", params, data=file.content, headers={"Content-Type": file.content_type}
            )
            token = str(record(answer, "upload", "the upload").get("token") or "")
            if not token:
                raise InvalidResponse("the upload: an answer without a token")
        if token is None:
            raise ValueError("nothing to upload")
        return token

    def update(
        self,
        ticket: Ticket,
        update: Update,
        *,
        upload_token: str | None = None,
        group_id: int | None = None,
        metadata: Mapping[str, str],
    ) -> Ticket:
        """One guarded PUT, and the ticket as Zendesk has it then; the comments are those that were read before.

        https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/#update-ticket
        """
        body = payload(ticket, update, upload_token, group_id, metadata)
        return after_update(ticket, self.call("PUT", f"tickets/{ticket.id}.json", json={"ticket": body}))
