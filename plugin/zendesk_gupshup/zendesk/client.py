"""The gateway to Zendesk, and the only file that knows zenpy: read a ticket, write it once, see what changed.

zenpy builds the URLs and makes the calls; the answers are taken raw. Its objects cost fifteen times as much on an
export page, and an answer that they cannot hold would turn a write that was applied into an exception.
"""

from __future__ import annotations

import logging
import threading
import time
import weakref
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

from zenpy import Zenpy
from zenpy.lib.endpoint import Url

from zendesk_gupshup.model.reason import Reason, UnreadReason
from zendesk_gupshup.model.ticket import Attachment, Group, Ticket, User
from zendesk_gupshup.model.write import File, Update
from zendesk_gupshup.ops import metrics
from zendesk_gupshup.zendesk import responses

from .config import ZendeskConfig
from .conversation_log import is_messaging_ticket, outcomes
from .errors import InvalidResponse, NotFound, Refused, Unauthorized
from .payloads import Json, after_update, assembled, parsed, payload, record, records, tags_since_creation
from .transport import NO_SUBDOMAIN, Transport, ZendeskSession

log = logging.getLogger(__name__)

# At DEBUG zenpy logs what it sends, which is customers' words, and urllib3 addresses, which hold upload tokens.
for _name in ("zenpy", "urllib3"):
    logging.getLogger(_name).setLevel(logging.WARNING)

# A list is read to this many pages of 100. A ticket holds 5,000 comments at most.
MOST_PAGES = 50
# The names of groups are read anew at most this often, in seconds, while one is asked for that is not there.
GROUPS_STAY = 600.0
# The same for an organization's users with this tag.
OWNERS_STAY = 600.0
OWNER_TAG = "gupshup_owner"
# Zendesk's clock and its stamps come from one place: a stamp further ahead than this is not worth waiting for.
LONGEST_STAMP_WAIT = 3.0


@dataclass(frozen=True)
class ChangedTickets:
    """A page of the incremental export: tickets as Zendesk gives them, and where to go on, also after the last one."""

    tickets: tuple[Mapping[str, Any], ...]
    cursor: str | None
    end_of_stream: bool


class Zendesk:
    """For any number of threads: each has its own zenpy and session, because zenpy's cannot be shared."""

    def __init__(
        self,
        access: ZendeskConfig,
        *,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        if problem := access.problem():
            raise Unauthorized(problem, account_wide=True)
        self._wire = Transport(access, sleep=sleep, monotonic=monotonic)
        self._own = threading.local()
        self._sessions: weakref.WeakSet[ZendeskSession] = weakref.WeakSet()
        # Reentrant: reading the groups makes a session, which is noted down under it, too.
        self._lock = threading.RLock()
        self._me: User | None = None
        self._groups: dict[str, int] = {}
        self._groups_read: float | None = None
        self._owners: dict[int, tuple[float, tuple[User, ...]]] = {}

    def __enter__(self) -> Zendesk:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections of all threads; a later call opens them again."""
        self._wire.signin.close()
        for session in tuple(self._sessions):
            session.close()

    @property
    def requests_made(self) -> Counter[str]:
        """What was asked so far, by kind: `{"GET /api/v2/tickets/{id}": 2}`."""
        return self._wire.requests_made

    @property
    def requests_here(self) -> int:
        """How many of them this thread made."""
        return self._wire.requests_here

    def pace(
        self,
        before: Callable[[str, str], None],
        hear: Callable[[str, str, Mapping[str, str], int], None] | None = None,
        *,
        last: bool = False,
    ) -> None:
        """Have `before` called with method and path ahead of each request, and `hear` with each answer's headers and
        status; ahead of those that were named earlier, or `last`, when nothing can wait any more."""
        self._wire.before.insert(len(self._wire.before) if last else 0, before)
        if hear:
            self._wire.heard.append(hear)

    def time(self) -> float | None:
        """Zendesk's clock, as Unix time, by the `Date` of its answers; `None` before the first one."""
        return self._wire.zendesk_time()

    # --- Refused credentials ---------------------------------------------------------------------------------

    def hold(self, reason: str) -> None:
        """Send nothing more, in any thread: each call raises `Unauthorized` with this reason, until `ask_again`."""
        self._wire.signin.hold(reason)

    def ask_again(self) -> None:
        """Go on if Zendesk takes the credentials, those in files read anew; raises `ZendeskError` while it does not."""
        signin = self._wire.signin
        signin.read_anew()
        with signin.trying():
            self.check()
            with self._lock:
                # They may be somebody else's now.
                self._me = None
                self.me()
        signin.go_on()

    @property
    def credential(self) -> tuple[float, float | None]:
        """Since when the credentials in use are in use, and when they run out, if that is known; Unix time."""
        return self._wire.signin.since, self._wire.signin.expires

    # --- Reading ---------------------------------------------------------------------------------------------

    def check(self) -> int:
        """The number of tickets, for the sake of asking: unlike `users/me`, this needs credentials that are right."""
        count = self.get("tickets/count.json").get("count")
        value = count.get("value") if isinstance(count, dict) else None
        return value if isinstance(value, int) else 0

    def ticket(self, ticket_id: int, *, comments: bool = True) -> Ticket:
        """A ticket with the people in it, in two requests; in one, without comments, where these would not matter; in
        three where it has a conversation.

        https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/#show-ticket
        """
        answer = self.get(f"tickets/{ticket_id}.json", include="users,organizations,groups,comment_count")
        closed = record(answer, "ticket", f"ticket {ticket_id}").get("status") in ("closed", "deleted")
        return self.completed(answer, ticket_id, comments=comments and not closed)

    def completed(self, answer: Json, ticket_id: int, *, comments: bool = True) -> Ticket:
        """The `ticket` of an answer with its side-loads beside it, and with its comments in one request more; those of
        a messaging ticket with its conversation, in two."""
        if not comments:
            return assembled(answer, (), f"ticket {ticket_id}", self.me().id)
        pages = list(self._pages(f"tickets/{ticket_id}/comments.json", {"include": "users"}))
        unread = None
        if is_messaging_ticket(record(answer, "ticket", f"ticket {ticket_id}")):
            log_pages, unread = self._conversation(ticket_id)
            pages += log_pages
        ticket = assembled(answer, pages, f"ticket {ticket_id}", self.me().id)
        return ticket.model_copy(update={"conversation_unread": unread}) if unread else ticket

    def _conversation(self, ticket_id: int) -> tuple[list[Json], Reason | None]:
        """The pages of a ticket's conversation log, or why there are none: the comments have to do then.

        It has a rate limit of its own, 100 requests a minute, which the answer's headers tell.
        https://developer.zendesk.com/api-reference/ticketing/tickets/conversation_log/
        """
        try:
            pages = list(self._pages(f"tickets/{ticket_id}/conversation_log.json", {}))
        except (NotFound, Unauthorized, Refused) as error:
            if error.account_wide:
                raise
            metrics.CONVERSATIONS_UNREAD.inc()
            log.warning("ticket %s: its conversation cannot be read (%s)", ticket_id, error.status)
            return [], UnreadReason.CONVERSATION_REFUSED(status=error.status or 0)
        told = outcomes(event for page in pages for event in records(page, "events"))
        for kind, count in told.items():
            metrics.CONVERSATION_EVENTS.labels(kind.partition(" ")[0]).inc(count)
        if unknown := sorted(kind.removeprefix("unknown ") for kind in told if kind.startswith("unknown ")):
            log.warning("ticket %s: events of unknown types in its conversation: %s", ticket_id, ", ".join(unknown[:5]))
        if _goes_on(pages[-1]):
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

    def with_comments(self, ticket: Ticket) -> Ticket:
        """The same ticket with its comments and their authors, in one request, two for a messaging ticket."""
        return self.completed({"ticket": ticket.model_dump(mode="json", exclude_unset=True)}, ticket.id)

    def me(self) -> User:
        """Who we are signed in as. Zendesk does not refuse bad credentials here, it calls them anonymous."""
        with self._lock:
            if self._me is None:
                raw = record(self.get("users/me.json"), "user", "users/me")
                if raw.get("id") is None:
                    raise Unauthorized(
                        "Zendesk takes us for an anonymous user: the credentials are wrong", account_wide=True
                    )
                self._me = parsed(User, raw)
            return self._me

    def group_id(self, name: str) -> int | None:
        """The group of this name, in whatever case it is written."""
        with self._lock:
            known, now = self._groups.get(name.casefold()), self._wire.monotonic()
            if known is None and (self._groups_read is None or now - self._groups_read > GROUPS_STAY):
                groups = [parsed(Group, raw) for raw in self.pages("groups.json", "groups")]
                self._groups = {group.name.casefold(): group.id for group in reversed(groups)}
                self._groups_read = now
                known = self._groups.get(name.casefold())
            return known

    def owners(self, organization_id: int) -> tuple[User, ...]:
        """The organization's users tagged `gupshup_owner`; asked at most once in ten minutes."""
        now = self._wire.monotonic()
        with self._lock:
            known = self._owners.get(organization_id)
        if known is None or now - known[0] > OWNERS_STAY:
            raw = self.pages(f"organizations/{organization_id}/users.json", "users")
            known = (now, tuple(parsed(User, r) for r in raw if OWNER_TAG in (r.get("tags") or ())))
            with self._lock:
                self._owners[organization_id] = known
        return known[1]

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
        return self._session().download(attachment.content_url, limit, what)

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
        now = self._wire.zendesk_time()
        left = end - now if now is not None else 1.0
        if left <= 0:
            return False
        if left > LONGEST_STAMP_WAIT:
            log.warning("a stamp is %.0f s ahead of Zendesk's own clock", left)
        self._wire.sleep(min(left, LONGEST_STAMP_WAIT))
        return True

    # --- Writing ---------------------------------------------------------------------------------------------

    def upload(self, files: Sequence[File]) -> str:
        """The one token over all these files, to be used at once.

        https://developer.zendesk.com/api-reference/ticketing/tickets/ticket-attachments/#upload-files
        """
        token: str | None = None
        for file in files:
            params = {"filename": file.name} if token is None else {"filename": file.name, "token": token}
            answer = self._call(
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
        return after_update(ticket, self._call("PUT", f"tickets/{ticket.id}.json", json={"ticket": body}))

    # --- What setup, the backlog and undo ask besides ------------------------------------------------------------

    def get(self, path: str, **params: Any) -> Json:
        """`get("users/me.json")`: the JSON object at a path below `/api/v2/`."""
        return self._call("GET", path, params)

    def pages(self, path: str, key: str, **params: Any) -> Iterator[Json]:
        """The records of a list, page by page, by cursor."""
        for page in self._pages(path, params):
            yield from records(page, key)

    def write(self, method: str, path: str, body: Mapping[str, Any] | None = None, **params: Any) -> Json:
        """A POST, PUT, PATCH or DELETE, sent once; an answer without content is an empty object."""
        return self._call(method, path, params, json=body)

    def _pages(self, path: str, params: Mapping[str, Any]) -> Iterator[Json]:
        # By the cursor and not by the link next to it: links can name another host than the one that was asked.
        after: Json = {}
        for _ in range(MOST_PAGES):
            page = self._call("GET", path, {**params, "page[size]": 100, **after})
            yield page
            if not _goes_on(page):
                return
            after = {"page[after]": page["meta"]["after_cursor"]}
        log.warning("%s: more than %s pages, the rest was not read", path, MOST_PAGES)

    def _call(self, method: str, path: str, params: Mapping[str, Any] | None = None, **body: Any) -> Json:
        session, api = self._session(), self._own.client.tickets
        # zenpy puts values into the query as they are, and a cursor or a file name can hold anything.
        query = {name: quote(str(value), safe=",") for name, value in (params or {}).items()}
        url = api._build_url(Url(path, query))
        send = getattr(session, method.lower())
        response = api._call_api(send, url, timeout=self._wire.access.timeout, **body)
        given = response.status_code, response.headers, response.content
        return responses.read(method, urlsplit(url).path, *given, longest=self._wire.access.longest_wait)

    def _session(self) -> ZendeskSession:
        """This thread's session, with its zenpy beside it."""
        session: ZendeskSession | None = getattr(self._own, "session", None)
        if session is None:
            access = self._wire.access
            session = self._own.session = ZendeskSession(self._wire)
            self._own.client = Zenpy(
                subdomain=access.subdomain or NO_SUBDOMAIN,
                session=session,
                timeout=access.timeout,
                # It keeps tickets for 30 seconds, whose stamp is then out of date.
                disable_cache=True,
            )
            with self._lock:
                self._sessions.add(session)
        return session


def _goes_on(page: Json) -> bool:
    meta = page.get("meta")
    return isinstance(meta, dict) and bool(meta.get("has_more") and meta.get("after_cursor"))
