"""The problem ticket of an incident: found where it is there already, else created, once.

Three things keep a second one away. Whoever opens it looks for it first, by its external id. The creation carries an
idempotency key that any worker makes in the same way, also one that lost its store; Zendesk keeps such keys for two
hours (https://developer.zendesk.com/api-reference/ticketing/introduction/). And the store lets one worker at a time do
both.
"""

from __future__ import annotations

import html
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from zendesk_gupshup.decide.incidents import TAG_INCIDENT, TAG_KNOWN_INCIDENT, problem_tag
from zendesk_gupshup.decide.prior_writes import MARK, TAG_OFF
from zendesk_gupshup.dictionary import CodeEntry
from zendesk_gupshup.model.base import Language
from zendesk_gupshup.model.plan import Step
from zendesk_gupshup.model.ticket import Ticket
from zendesk_gupshup.model.write import Update
from zendesk_gupshup.render.error_names import error_name
from zendesk_gupshup.zendesk.errors import Busy, TicketGone, ZendeskError
from zendesk_gupshup.zendesk.payloads import parsed, record, records

if TYPE_CHECKING:
    from zendesk_gupshup.zendesk.client import Zendesk

_FINISHED = ("solved", "closed", "deleted")
_EXTERNAL_ID = "zendesk-gupshup:incident:"
_CODE_TAG = f"{TAG_INCIDENT}__"
# What Zendesk says of a request that it will never take as it stands.
_REFUSED = (400, 403, 404, 422)


class ProblemRefused(Exception):
    """Zendesk lets us open no problem ticket."""


class ProblemTickets:
    """For any number of threads. `language`: of the text for agents; `group`: the name of the group that gets it."""

    def __init__(self, zendesk: Zendesk, *, language: Language, group: str | None) -> None:
        self._zendesk, self._language, self._group = zendesk, language, group

    def open(self, entry: CodeEntry) -> int:
        """The id of the problem ticket: one that an agent named, one that is open already, or a new one.

        Raises `ProblemRefused`, and other `ZendeskError` where trying again may help: it never opens a second one.
        """
        try:
            named = self._named(entry)
            if named is not None:
                return self._taken(named, entry)
            known = self._known(entry)
            standing = min((t.id for t in known if t.status not in _FINISHED), default=None)
            return standing if standing is not None else self._created(entry, max((t.id for t in known), default=0))
        except ZendeskError as error:
            if error.status in _REFUSED and not error.unclear:
                raise ProblemRefused(f"{error}") from None
            raise

    def standing(self) -> Iterable[tuple[str, int, int]]:
        """The slug, the id and the time of creation of each open problem ticket that was used for an incident."""
        for ticket in self._search(f"tags:{TAG_INCIDENT}"):
            created = int(ticket.created_at.timestamp()) if ticket.created_at else 0
            for tag in ticket.tags if ticket.type == "problem" else ():
                if tag.startswith(_CODE_TAG):
                    yield tag.removeprefix(_CODE_TAG), ticket.id, created

    def finished(self, ticket_ids: Iterable[int]) -> frozenset[int]:
        """Those that are solved, closed or gone. Raises `ZendeskError`."""
        ids = tuple(ticket_ids)
        found = self._zendesk.tickets(ids) if ids else {}
        return frozenset(i for i in ids if (found[i].status in _FINISHED if i in found else self._is_gone(i)))

    def _is_gone(self, ticket_id: int) -> bool:
        """A list may lag behind: only the ticket itself says that it is gone."""
        try:
            return self._zendesk.ticket(ticket_id, comments=False).status in _FINISHED
        except TicketGone:
            return True

    def waiting(self) -> tuple[int, ...]:
        """The open tickets that say that they belong to an incident. The search lags some minutes behind."""
        return tuple(ticket.id for ticket in self._search(f"tags:{TAG_KNOWN_INCIDENT}"))

    def _named(self, entry: CodeEntry) -> Ticket | None:
        """A problem ticket that an agent made for this code: with the tag `gupshup_incident` and the code's own."""
        tags = {entry.error.tag, problem_tag(entry.error)}
        found = self._search(f"tags:{TAG_INCIDENT}")
        fits = (t for t in found if t.type == "problem" and tags.intersection(t.tags) and not _is_ours(t))
        return min(fits, key=lambda ticket: ticket.id, default=None)

    def _taken(self, ticket: Ticket, entry: CodeEntry) -> int:
        """With the tag that says that it is used."""
        tag = problem_tag(entry.error)
        if tag not in ticket.tags:
            step = Step(kind="tags", add_tags=frozenset((tag,)))
            self._zendesk.update(ticket, Update(step=step), metadata={MARK: "live", "step": "problem"})
        return ticket.id

    def _known(self, entry: CodeEntry) -> tuple[Ticket, ...]:
        """Ours for this code, finished ones among them.

        https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/#list-tickets (`external_id`)
        """
        rows = self._zendesk.pages("tickets.json", "tickets", external_id=_external_id(entry))
        return tuple(parsed(Ticket, raw) for raw in rows)

    def _search(self, query: str) -> tuple[Ticket, ...]:
        rows = records(self._zendesk.get("search.json", query=f"type:ticket status<solved {query}"), "results")
        return tuple(parsed(Ticket, raw) for raw in rows if raw.get("id"))

    def _created(self, entry: CodeEntry, last: int) -> int:
        """`last`: the newest one that is finished. It is part of the key, so that a later incident gets its own."""
        key = f"{_external_id(entry)}:after:{last}"
        group = self._zendesk.group_id(self._group) if self._group else None
        body = {"ticket": problem_payload(entry, self._language, group)}
        answer = self._zendesk.call("POST", "tickets.json", json=body, headers={"Idempotency-Key": key})
        found = record(answer, "ticket", "the problem ticket", unclear=True).get("id")
        if not isinstance(found, int):
            raise Busy("the problem ticket: an answer without its id", unclear=True, retry_after=5.0)
        return found


def problem_payload(entry: CodeEntry, language: Language, group_id: int | None) -> dict[str, Any]:
    """The same for each worker: a repeated creation with the same key has to be the same request."""
    values = {"code": error_name(entry.error), "title": entry.title}
    lines = (_words(name, language, **values) for name in ("what", "tickets", "end"))
    made: dict[str, Any] = {
        "type": "problem",
        "external_id": _external_id(entry),
        "subject": _words("subject", language, **values),
        "comment": {"html_body": "".join(f"<p>{html.escape(line)}</p>" for line in lines), "public": False},
        # With the last one it is left alone as a ticket of its own.
        "tags": [TAG_INCIDENT, problem_tag(entry.error), TAG_OFF],
        "metadata": {MARK: "live", "step": "problem"},
    }
    return made if group_id is None else {**made, "group_id": group_id}


def _external_id(entry: CodeEntry) -> str:
    return f"{_EXTERNAL_ID}{entry.error.slug}"


def _is_ours(ticket: Ticket) -> bool:
    return (ticket.external_id or "").startswith(_EXTERNAL_ID)


def _words(name: str, language: Language, **values: str) -> str:
    texts = problem_words()[name]
    return texts.get(language, texts["en"]).format(**values)


@cache
def problem_words() -> Mapping[str, Mapping[str, str]]:
    """By name and language."""
    return tomllib.loads(resources.files(__package__).joinpath("words.toml").read_text(encoding="utf-8"))
