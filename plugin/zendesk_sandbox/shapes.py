"""Zendesk's records as it sends them, with every key that a real answer was seen to have.

Links are kept without a host (`/api/v2/tickets/7.json`); the API adds the host of the request.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import quote

Json = dict[str, Any]

ACCOUNT_ID = 20260101
BRAND_ID = 26155621587603
FORM_ID = 26155621471251
CATEGORY_ID = "26155630600000"
CUSTOM_STATUS = {
    "new": 26155621627539,
    "open": 26155621627667,
    "pending": 26155621627795,
    "hold": 26155621627923,
    "solved": 26155621628051,
    "closed": 26155621628051,
}
# Kinds of ticket field that every account has and that no ticket lists among its custom fields.
SYSTEM_FIELDS = frozenset(
    ("subject", "description", "status", "tickettype", "priority", "group", "assignee", "custom_status")
)


def is_custom(field: Json) -> bool:
    return field["type"] not in SYSTEM_FIELDS and bool(field["active"])


def stamp(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@cache
def via(channel: str) -> Json:
    return {"channel": channel, "source": {"from": {}, "to": {}, "rel": None}}


_TICKET: Json = {
    "external_id": None,
    "via": None,
    "created_at": None,
    "updated_at": None,
    "generated_timestamp": 0,
    "type": None,
    "subject": None,
    "raw_subject": None,
    "description": "",
    "priority": None,
    "status": "new",
    "recipient": None,
    "requester_id": None,
    "submitter_id": None,
    "assignee_id": None,
    "organization_id": None,
    "group_id": None,
    "collaborator_ids": [],
    "follower_ids": [],
    "email_cc_ids": [],
    "forum_topic_id": None,
    "problem_id": None,
    "has_incidents": False,
    "is_public": True,
    "due_at": None,
    "tags": [],
    "custom_fields": [],
    "satisfaction_rating": None,
    "sharing_agreement_ids": [],
    "custom_status_id": CUSTOM_STATUS["new"],
    "fields": [],
    "followup_ids": [],
    "ticket_form_id": FORM_ID,
    "brand_id": BRAND_ID,
    "allow_channelback": False,
    "allow_attachments": True,
    "from_messaging_channel": False,
}


def ticket(now: str, channel: str) -> Json:
    """A blank one. Its empty lists are shared by all: records are replaced, never changed in place."""
    return {"url": "", "id": 0, **_TICKET, "via": via(channel), "created_at": now, "updated_at": now}


def user(user_id: int, now: str, name: str, email: str | None, role: str) -> Json:
    staff = role in ("agent", "admin")
    return {
        "id": user_id,
        "url": f"/api/v2/users/{user_id}.json",
        "name": name,
        "email": email,
        "created_at": now,
        "updated_at": now,
        "time_zone": "Etc/UTC",
        "iana_time_zone": "Etc/UTC",
        "phone": None,
        "shared_phone_number": None,
        "photo": None,
        "locale_id": 1,
        "locale": "en-US",
        "organization_id": None,
        "role": role,
        "verified": staff,
        "external_id": None,
        "tags": [],
        "alias": None,
        "active": True,
        "shared": False,
        "shared_agent": False,
        "last_login_at": None,
        "two_factor_auth_enabled": False,
        "signature": None,
        "details": None,
        "notes": None,
        "role_type": {"admin": 4, "agent": 0}.get(role),
        "custom_role_id": None,
        "moderator": staff,
        "ticket_restriction": None if staff else "requested",
        "only_private_comments": False,
        "restricted_agent": not staff,
        "suspended": False,
        "default_group_id": None,
        "report_csv": role == "admin",
        "user_fields": {},
    }


def anonymous() -> Json:
    """What `users/me` answers to somebody who showed no credential: 200, and nobody."""
    who = user(0, "", "Anonymous user", "invalid@example.com", "end-user")
    return {**who, "id": None, "url": "/api/v2/users/.json", "created_at": None, "updated_at": None, "active": None}


def organization(organization_id: int, now: str, name: str) -> Json:
    return {
        "url": f"/api/v2/organizations/{organization_id}.json",
        "id": organization_id,
        "name": name,
        "shared_tickets": False,
        "shared_comments": False,
        "external_id": None,
        "created_at": now,
        "updated_at": now,
        "domain_names": [],
        "details": None,
        "notes": None,
        "group_id": None,
        "tags": [],
        "organization_fields": {},
    }


def attachment(attachment_id: int, name: str, content_type: str, size: int, token: str) -> Json:
    link = f"/attachments/token/{token}/?name={quote(name)}"
    return {
        "url": f"/api/v2/attachments/{attachment_id}.json",
        "id": attachment_id,
        "file_name": name,
        "content_url": link,
        "mapped_content_url": link,
        "content_type": content_type,
        "size": size,
        "width": None,
        "height": None,
        "inline": False,
        "deleted": False,
        "malware_access_override": False,
        "malware_scan_result": "not_scanned",
        "thumbnails": [],
    }


# The keys are Zendesk's; the address is from the range kept for examples.
SYSTEM_METADATA: Json = {
    "client": "sandbox",
    "ip_address": "192.0.2.10",
    "location": "Sample City",
    "latitude": 0.0,
    "longitude": 0.0,
}
