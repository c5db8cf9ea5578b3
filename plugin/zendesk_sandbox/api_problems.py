"""Problem tickets and the incidents that are linked to them, by Zendesk's paths."""

from __future__ import annotations

from .api_tickets import shown
from .call import Answer, ApiCall, Endpoint, page


def problems(call: ApiCall) -> Answer:
    return _listed(call, "problem", None)


def incidents(call: ApiCall) -> Answer:
    return _listed(call, "incident", call.store.live(call.params["id"])["id"])


def _listed(call: ApiCall, kind: str, problem_id: int | None) -> Answer:
    found = [t for t in call.store.tickets.values() if t["type"] == kind and t["problem_id"] == problem_id]
    rows = page(call, "tickets", found)
    return Answer({**rows, "tickets": [shown(call.store, ticket) for ticket in rows["tickets"]]})


ENDPOINTS: list[Endpoint] = [
    ("GET", "/problems", problems),
    ("GET", "/tickets/{id:int}/incidents", incidents),
]
