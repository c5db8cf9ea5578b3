"""The conversation log, by Zendesk's path."""

from __future__ import annotations

from .call import Answer, ApiCall, Endpoint, page
from .conversations import events
from .errors import not_found


def log(call: ApiCall) -> Answer:
    """By cursor; an event's number is its place, as the log only grows."""
    store, ticket_id = call.store, call.params["id"]
    store.live(ticket_id)
    if not store.options.conversation_log:
        raise not_found()
    numbered = [{"id": place, "event": event} for place, event in enumerate(events(store, ticket_id), 1)]
    rows = page(call, "events", numbered)
    rows["events"] = [row["event"] for row in rows["events"]]
    return Answer(rows)


ENDPOINTS: list[Endpoint] = [("GET", "/tickets/{id:int}/conversation_log", log)]
