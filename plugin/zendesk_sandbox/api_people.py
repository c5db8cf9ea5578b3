"""Users, organizations and groups by Zendesk's paths."""

from __future__ import annotations

from typing import Any

from . import shapes
from .call import Answer, ApiCall, Endpoint, page, warn
from .errors import bad_request, invalid, not_found
from .shapes import Json

_USER = (
    frozenset(("name", "email", "role", "organization_id", "organization", "locale", "locale_id", "phone"))
    | frozenset(("tags", "alias", "verified", "external_id", "details", "notes", "user_fields", "time_zone"))
    | frozenset(("default_group_id", "suspended", "moderator", "skip_verify_email", "custom_role_id"))
    | frozenset(("only_private_comments", "signature", "ticket_restriction"))
)
_ORGANIZATION = frozenset(("name", "external_id", "domain_names", "details", "notes", "group_id", "tags")) | frozenset(
    ("organization_fields", "shared_tickets", "shared_comments")
)


def me(call: ApiCall) -> Answer:
    """200 also without a credential, as an anonymous user: never a way to test one."""
    return Answer({"user": call.user or shapes.anonymous()})


def users(call: ApiCall) -> Answer:
    found = list(call.store.users.values())
    roles = {value for key, value in call.query.items() if key in ("role", "role[]")}
    return Answer(page(call, "users", [user for user in found if not roles or user["role"] in roles]))


def user(call: ApiCall) -> Answer:
    return Answer({"user": _user(call)})


def users_many(call: ApiCall) -> Answer:
    ids = [int(part) for part in call.query.get("ids", "").split(",") if part.strip().isdigit()]
    found = [call.store.users[key] for key in ids if key in call.store.users]
    return Answer({"users": found, "next_page": None, "previous_page": None, "count": len(found)})


def search_users(call: ApiCall) -> Answer:
    """`query=` is an address, `email:...`, or part of a name; `external_id=` finds exactly."""
    query = call.query.get("query", "").strip().removeprefix("email:").strip('"').lower()
    external = call.query.get("external_id")

    def fits(row: Json) -> bool:
        if external is not None:
            return bool(row["external_id"] == external)
        return bool(query) and (query == (row["email"] or "").lower() or query in row["name"].lower())

    return Answer(page(call, "users", [row for row in call.store.users.values() if fits(row)]))


def create_user(call: ApiCall) -> Answer:
    given = call.record("user")
    email = given.get("email")
    if not given.get("name"):
        raise invalid(name="Name: is too short (minimum is 1 characters)")
    if email and any(row["email"] == email for row in call.store.users.values()):
        raise invalid(email=f"Email: {email} is already being used by another user")
    row = call.store.upsert_user(email, **_more(given))
    headers = {"location": f"{call.base}{row['url']}"} | warn("users", "create", "user", given, _USER)
    return Answer({"user": row}, 201, headers)


def create_or_update_user(call: ApiCall) -> Answer:
    given = call.record("user")
    known = any(row["email"] and row["email"] == given.get("email") for row in call.store.users.values())
    row = call.store.upsert_user(given.get("email"), **_more(given))
    return Answer({"user": row}, 200 if known else 201, warn("users", "create_or_update", "user", given, _USER))


def update_user(call: ApiCall) -> Answer:
    given, row = call.record("user"), _user(call)
    changed = {key: value for key, value in _more(given).items() if key in row and key != "user_fields"}
    fields = {**row["user_fields"], **(given.get("user_fields") or {})}
    row = call.store.put_user({**row, **changed, "user_fields": fields, "updated_at": call.store.stamp()})
    return Answer({"user": row}, headers=warn("users", "update", "user", given, _USER))


def _user(call: ApiCall) -> Json:
    if call.params["id"] not in call.store.users:
        raise not_found()
    return call.store.users[call.params["id"]]


def _more(given: Json) -> dict[str, Any]:
    return {key: value for key, value in given.items() if key in _USER and key not in ("email", "organization")}


def organizations(call: ApiCall) -> Answer:
    return Answer(page(call, "organizations", [_full(call, row) for row in call.store.organizations.values()]))


def organizations_many(call: ApiCall) -> Answer:
    ids = [int(part) for part in call.query.get("ids", "").split(",") if part.strip().isdigit()]
    found = [_full(call, call.store.organizations[key]) for key in ids if key in call.store.organizations]
    return Answer({"organizations": found, "next_page": None, "previous_page": None, "count": len(found)})


def organization(call: ApiCall) -> Answer:
    return Answer({"organization": _full(call, _organization(call))})


def search_organizations(call: ApiCall) -> Answer:
    """By exact `name=` or `external_id=`; the autocomplete goes by the beginning of the name."""
    name, external = call.query.get("name", "").lower(), call.query.get("external_id")
    if not name and external is None:
        raise bad_request("ParameterMissing", "Parameter name or external_id is required")
    begins = call.path.endswith("autocomplete")

    def fits(row: Json) -> bool:
        if external is not None:
            return bool(row["external_id"] == external)
        own = str(row["name"]).lower()
        return own.startswith(name) if begins else own == name

    found = [_full(call, row) for row in call.store.organizations.values() if fits(row)]
    return Answer(page(call, "organizations", found))


def create_organization(call: ApiCall) -> Answer:
    given = call.record("organization")
    if not given.get("name"):
        raise invalid(name="Name: cannot be blank")
    if any(row["name"].lower() == given["name"].lower() for row in call.store.organizations.values()):
        raise invalid(name=f"Name: {given['name']} has already been taken")
    row = call.store.upsert_organization(**{key: value for key, value in given.items() if key in _ORGANIZATION})
    headers = {"location": f"{call.base}{row['url']}"} | warn(
        "organizations", "create", "organization", given, _ORGANIZATION
    )
    return Answer({"organization": row}, 201, headers)


def update_organization(call: ApiCall) -> Answer:
    given, row = call.record("organization"), _full(call, _organization(call))
    changed = {key: value for key, value in given.items() if key in _ORGANIZATION and key != "organization_fields"}
    known = {field["key"] for field in call.store.organization_fields.values()}
    fields = {key: value for key, value in (given.get("organization_fields") or {}).items() if key in known}
    row = {
        **row,
        **changed,
        "organization_fields": {**row["organization_fields"], **fields},
        "updated_at": call.store.stamp(),
    }
    call.store.organizations[row["id"]] = row
    return Answer({"organization": row}, headers=warn("organizations", "update", "organization", given, _ORGANIZATION))


def organization_users(call: ApiCall) -> Answer:
    known = _organization(call)["id"]
    return Answer(page(call, "users", [row for row in call.store.users.values() if row["organization_id"] == known]))


def _organization(call: ApiCall) -> Json:
    if call.params["id"] not in call.store.organizations:
        raise not_found()
    return call.store.organizations[call.params["id"]]


def _full(call: ApiCall, row: Json) -> Json:
    fields = {field["key"]: None for field in call.store.organization_fields.values()}
    return (
        row
        if fields.keys() <= row["organization_fields"].keys()
        else {**row, "organization_fields": fields | row["organization_fields"]}
    )


def current_token(call: ApiCall) -> Answer:
    """The token that this very request came with: https://developer.zendesk.com/api-reference/ticketing/oauth/oauth_tokens/"""
    token = call.headers.get("authorization", "").partition(" ")[2].strip()
    found = call.store.oauth_tokens.get(token)
    if found is None:
        raise not_found()
    user_id, scopes, ends = found
    row = {"id": 1, "user_id": user_id, "client_id": 1, "token": token[:10], "scopes": sorted(scopes)}
    return Answer({"token": row | {"expires_at": call.store.stamp(ends), "refresh_token": None}})


def account_settings(_call: ApiCall) -> Answer:
    """The few settings of an account that bear on comments and files."""
    limits = {"attachment_size": 50 * 1024 * 1024}
    tickets = {"comments_public_by_default": True, "is_first_comment_private_enabled": True}
    return Answer({"settings": {"limits": limits, "tickets": tickets}})


ENDPOINTS: list[Endpoint] = [
    ("GET", "/users/me", me),
    ("GET", "/users", users),
    ("POST", "/users", create_user),
    ("GET", "/users/search", search_users),
    ("GET", "/users/show_many", users_many),
    ("POST", "/users/create_or_update", create_or_update_user),
    ("GET", "/users/{id:int}", user),
    ("PUT", "/users/{id:int}", update_user),
    ("GET", "/organizations", organizations),
    ("POST", "/organizations", create_organization),
    ("GET", "/organizations/show_many", organizations_many),
    ("GET", "/organizations/search", search_organizations),
    ("GET", "/organizations/autocomplete", search_organizations),
    ("GET", "/organizations/{id:int}", organization),
    ("PUT", "/organizations/{id:int}", update_organization),
    ("GET", "/organizations/{id:int}/users", organization_users),
    ("GET", "/account/settings", account_settings),
    ("GET", "/oauth/tokens/current", current_token),
]
