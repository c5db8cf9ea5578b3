"""The request of a backfill and its position: values that outlive the process. Pure."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime
from typing import Any, Literal

from zendesk_gupshup.model.base import StrictModel

Source = Literal["export", "search", "view", "ids"]


class BackfillRequest(StrictModel):
    """Which tickets, and how: `since` and `until` are about their creation, `until` is not included."""

    since: datetime | None = None
    until: datetime | None = None
    query: str | None = None
    view: int | None = None
    ids: str | None = None
    ids_digest: str | None = None
    codes: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    all_comments: bool = False
    notes: bool = False
    reply: bool = False
    limit: int | None = None
    max_replies: int | None = None
    rate: int | None = None

    @property
    def source(self) -> Source:
        """The cheapest endpoint that has all of the tickets."""
        if self.ids:
            return "ids"
        if self.view:
            return "view"
        # Of one status alone, or of a query, the search knows which tickets there are; it has them by the thousand.
        return "search" if self.query or (len(self.statuses) == 1 and not (self.since or self.until)) else "export"

    @property
    def search_query(self) -> str:
        terms = [self.query] if self.query else []
        if len(self.statuses) == 1:
            terms.append(f"status:{self.statuses[0]}")
        terms += [f"created>={stamp(self.since)}"] if self.since else []
        terms += [f"created<{stamp(self.until)}"] if self.until else []
        return " ".join(terms)

    def selects(self, raw: dict[str, Any]) -> bool:
        """Whether a ticket as Zendesk gave it is one of them."""
        if raw.get("status") == "deleted" or (self.statuses and raw.get("status") not in self.statuses):
            return False
        if not self.since and not self.until:
            return True
        created = datetime.fromisoformat(str(raw.get("created_at")))
        return (not self.since or created >= self.since) and (not self.until or created < self.until)

    def command_line(self, *, applied: bool) -> str:
        """About as it was typed, for the list of runs."""
        said = ["reprocess"]
        for name, value in (("since", self.since), ("until", self.until)):
            said += [f"--{name}", stamp(value)] if value else []
        for name, text in (("query", self.query), ("view", self.view), ("ids", self.ids), ("limit", self.limit),
                           ("max-replies", self.max_replies), ("rate", self.rate)):  # fmt: skip
            said += [f"--{name}", shlex.quote(str(text))] if text is not None else []
        for name, several in (("code", self.codes), ("status", self.statuses)):
            said += [part for one in several for part in (f"--{name}", shlex.quote(one))]
        flags = (("all-comments", self.all_comments), ("notes", self.notes), ("reply", self.reply), ("apply", applied))
        return " ".join([*said, *(f"--{name}" for name, given in flags if given)])


class Position(StrictModel):
    """The beginning of the next page."""

    cursor: str | None = None
    # Of the export: Unix time up to which it was read, for where Zendesk refuses the cursor.
    until: int | None = None
    # Of a file of ids: bytes.
    offset: int = 0
    # Of a search: when the first and the last ticket so far were made, and the term that its restart added.
    first: str | None = None
    last: str | None = None
    term: str | None = None


def stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
