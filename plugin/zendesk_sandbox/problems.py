"""Problem tickets and their incidents: what may be linked, and what solving a problem does.

https://support.zendesk.com/hc/en-us/articles/4408835103898
"""

from __future__ import annotations

from .errors import invalid
from .shapes import Json
from .state import SandboxState

TYPES = (None, "problem", "incident", "question", "task")
_OVER = ("solved", "closed")


def check(store: SandboxState, draft: Json) -> None:
    """Only an incident has a problem, and only a ticket of the type problem is one; a link is gone with the type."""
    if draft["type"] not in TYPES:
        raise invalid(type=f"Type: {draft['type']} is not included in the list")
    if draft["type"] != "incident":
        draft["problem_id"] = None
    if draft["problem_id"] is None:
        return
    number = str(draft["problem_id"])
    problem = store.tickets.get(int(number)) if number.isdigit() else None
    if problem is None or problem["type"] != "problem":
        raise invalid(problem_id="Problem: is invalid")
    draft["problem_id"] = problem["id"]


def solved_with(store: SandboxState, before: Json, after: Json) -> list[int]:
    """The incidents that an update of a problem solves, because it solves the problem."""
    if after["type"] != "problem" or after["status"] != "solved" or before["status"] == "solved":
        return []
    linked = (t for t in store.tickets.values() if t["type"] == "incident" and t["problem_id"] == after["id"])
    return [ticket["id"] for ticket in linked if ticket["status"] not in _OVER]
