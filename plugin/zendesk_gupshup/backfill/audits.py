"""What a run wrote on a ticket, read from its audits: for a process that was killed before it recorded that.

https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_audits/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zendesk_gupshup.decide.prior_writes import MARK
from zendesk_gupshup.model.ticket import CustomField, Ticket
from zendesk_gupshup.model.write import TicketState, Write
from zendesk_gupshup.zendesk.payloads import Json, records

if TYPE_CHECKING:
    from zendesk_gupshup.zendesk.client import Zendesk

_KINDS = ("reply", "note", "tags")


def writes_in_audits(zendesk: Zendesk, ticket: Ticket, run: str) -> tuple[Write, ...]:
    """Each update of this run on the ticket, oldest first, in one request for each hundred audits."""
    found = []
    for audit in zendesk.pages(f"tickets/{ticket.id}/audits.json", "audits"):
        metadata = audit.get("metadata")
        custom = metadata.get("custom") if isinstance(metadata, dict) else None
        if isinstance(custom, dict) and custom.get(MARK) == run:
            found.append(_write(audit, custom, ticket))
    return tuple(found)


def _write(audit: Json, custom: Json, ticket: Ticket) -> Write:
    events = list(records(audit, "events"))
    changes = {str(e.get("field_name")): e for e in events if e.get("type") in ("Change", "Create")}
    comment = next((e for e in events if e.get("type") == "Comment"), None)
    kind = str(custom.get("step"))
    return Write(
        kind=kind if kind in _KINDS else "tags",
        marker=str(custom["marker"]) if custom.get("marker") else None,
        public=bool(comment.get("public")) if comment else None,
        files=tuple(str(f.get("file_name")) for f in records(comment or {}, "attachments")),
        before=_state(ticket, changes, "previous_value"),
        after=_state(ticket, changes, "value", str(audit.get("created_at") or "")),
        audit_id=audit.get("id"),
        comment_id=comment.get("id") if comment else None,
    )


def _state(ticket: Ticket, changes: dict[str, Json], key: str, stamp: str = "") -> TicketState:
    """What did not change in the update is as it is now: before and after it are equal, and that is what counts."""

    def value(name: str, now: Any) -> Any:
        return changes[name].get(key) if name in changes else now

    group, problem = value("group_id", ticket.group_id), value("problem_id", ticket.problem_id)
    tags = value("tags", ticket.tags) or ()
    fields = tuple(CustomField(id=int(name), value=e.get(key)) for name, e in changes.items() if name.isdigit())
    return TicketState(
        updated_at=stamp,
        tags=tuple(tags.split() if isinstance(tags, str) else tags),
        group_id=int(group) if group not in (None, "") else None,
        priority=value("priority", ticket.priority) or None,
        status=value("status", ticket.status) or "new",
        type=value("type", ticket.type) or None,
        problem_id=int(problem) if problem not in (None, "") else None,
        custom_fields=fields,
    )
