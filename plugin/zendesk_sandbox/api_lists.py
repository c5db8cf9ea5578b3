"""What a plain account has one of, or what every account has: its brand, its form, its statuses. They can be read.

https://developer.zendesk.com/api-reference/ticketing/tickets/custom_ticket_statuses/
"""

from __future__ import annotations

from .call import Answer, ApiCall, Endpoint, page
from .errors import not_found
from .shapes import BRAND_ID, CUSTOM_STATUS, FORM_ID, Json

_MADE = "2026-01-01T00:00:00Z"


def brands(call: ApiCall) -> Answer:
    brand: Json = {"id": BRAND_ID, "name": "Sandbox", "subdomain": "sandbox", "active": True, "default": True}
    brand |= {"brand_url": call.base, "has_help_center": False, "help_center_state": "disabled", "is_deleted": False}
    brand |= {"ticket_form_ids": [FORM_ID], "url": f"{call.base}/api/v2/brands/{BRAND_ID}.json"}
    return Answer(page(call, "brands", [brand | {"created_at": _MADE, "updated_at": _MADE}]))


def ticket_forms(call: ApiCall) -> Answer:
    form: Json = {"id": FORM_ID, "name": "Default Ticket Form", "display_name": "Default Ticket Form", "active": True}
    form |= {"raw_name": form["name"], "raw_display_name": form["display_name"], "default": True, "position": 1}
    form |= {"end_user_visible": True, "in_all_brands": True, "restricted_brand_ids": []}
    form |= {"ticket_field_ids": list(call.store.ticket_fields), "agent_conditions": [], "end_user_conditions": []}
    form |= {"url": f"{call.base}/api/v2/ticket_forms/{FORM_ID}.json", "created_at": _MADE, "updated_at": _MADE}
    return Answer(page(call, "ticket_forms", [form]))


def custom_statuses(call: ApiCall) -> Answer:
    """The default statuses, without pages."""
    wanted = {name for name in call.query.get("status_categories", "").split(",") if name}
    found = [one for one in _statuses() if not wanted or one["status_category"] in wanted]
    return Answer({"custom_statuses": found})


def custom_status(call: ApiCall) -> Answer:
    wanted = call.params["id"]
    found = next((one for one in _statuses() if one["id"] == wanted), None)
    if found is None:
        raise not_found()
    return Answer({"custom_status": found})


def _statuses() -> list[Json]:
    # A closed ticket keeps the status that solved it.
    return [_status(name, key) for name, key in CUSTOM_STATUS.items() if name != "closed"]


def _status(name: str, key: int) -> Json:
    label = "On-hold" if name == "hold" else name.capitalize()
    status: Json = {"id": key, "status_category": name, "active": True, "default": True}
    for what, text in (
        ("agent_label", label),
        ("end_user_label", label),
        ("description", ""),
        ("end_user_description", ""),
    ):
        status |= {what: text, f"raw_{what}": text}
    return status | {"created_at": _MADE, "updated_at": _MADE}


ENDPOINTS: list[Endpoint] = [
    ("GET", "/brands", brands),
    ("GET", "/ticket_forms", ticket_forms),
    ("GET", "/custom_statuses", custom_statuses),
    ("GET", "/custom_statuses/{id:int}", custom_status),
]
