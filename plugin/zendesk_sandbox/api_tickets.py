"""Tickets, their comments, audits and tags, and changes of many at once, by Zendesk's paths."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from .call import Answer, ApiCall, Endpoint, page, warn
from .errors import StoreError, bad_request, invalid, not_found, too_many_values
from .shapes import ACCOUNT_ID, Json
from .store import SandboxStore
from .words import clean_tags
from .writing import check_stamp

_BOTH = (
    frozenset(("subject", "raw_subject", "comment", "description", "requester_id", "assignee_id"))
    | frozenset(("assignee_email", "group_id", "organization_id", "collaborator_ids", "collaborators"))
    | frozenset(("additional_collaborators", "followers", "email_ccs", "status", "custom_status_id"))
    | frozenset(("priority", "type", "due_at", "tags", "external_id", "problem_id", "custom_fields", "fields"))
    | frozenset(("brand_id", "ticket_form_id", "metadata", "macro_id", "macro_ids", "sharing_agreement_ids"))
    | frozenset(("attribute_value_ids",))
)
_CREATE = _BOTH | {"requester", "submitter_id", "recipient", "via", "via_followup_source_id", "macro_ids"}
_UPDATE = _BOTH | {"safe_update", "updated_stamp", "requester"}
_MANY = _UPDATE | {"additional_tags", "remove_tags", "id"}


def shown(store: SandboxStore, ticket: Json) -> Json:
    """A ticket with all custom fields there are now, also those made after it was last written."""
    fields = store.custom_fields()
    if len(ticket["custom_fields"]) == len(fields):
        return ticket
    values = {row["id"]: row["value"] for row in ticket["custom_fields"]}
    rows = [{"id": key, "value": values.get(key)} for key in fields]
    return {**ticket, "custom_fields": rows, "fields": rows}


def side_loads(store: SandboxStore, tickets: Iterable[Json], includes: frozenset[str]) -> Json:
    """What `include=` side-loads: the people, organizations and groups that the tickets name."""
    tickets = list(tickets)
    more: Json = {}
    if "users" in includes:
        ids = {t[key] for t in tickets for key in ("requester_id", "submitter_id", "assignee_id")}
        more["users"] = [store.users[key] for key in sorted(ids - {None}) if key in store.users]
    for name, key, records in (
        ("organizations", "organization_id", store.organizations),
        ("groups", "group_id", store.groups),
    ):
        if name in includes:
            more[name] = [records[i] for i in sorted({t[key] for t in tickets} - {None}) if i in records]
    return more


def create(call: ApiCall) -> Answer:
    given = call.record("ticket")
    replay = _idempotent(call, given)
    if replay is not None:
        return replay
    payload = {key: value for key, value in given.items() if key in _CREATE}
    parent = payload.get("via_followup_source_id")
    if parent is not None and (not str(parent).isdigit() or int(parent) not in call.store.tickets):
        raise invalid(base="Via followup source: is invalid")
    ticket = call.store.create_ticket(payload, call.user["id"])
    headers = {"location": f"{call.base}{ticket['url']}"} | warn("tickets", "create", "ticket", given, _CREATE)
    body = {"ticket": shown(call.store, ticket), "audit": call.store.audits(ticket["id"])[0]}
    return _remember(call, given, Answer(body, 201, headers))


def _idempotent(call: ApiCall, given: Json) -> Answer | None:
    """The first answer again for a key used before: Zendesk keeps keys for two hours, and for creation only."""
    key = call.headers.get("idempotency-key")
    known = call.store.idempotency.get(key) if key else None
    if known is None or known[2] < call.store.now() - 7200:
        return None
    if known[0] != _digest(given):
        raise bad_request("IdempotentRequestError", "Request parameters don't match the given idempotency key")
    body, status, headers = known[1]
    return Answer(body, status, {**headers, "x-idempotency-lookup": "hit"})


def _remember(call: ApiCall, given: Json, answer: Answer) -> Answer:
    key = call.headers.get("idempotency-key")
    if not key:
        return answer
    call.store.idempotency[key] = (_digest(given), (answer.body, answer.status, dict(answer.headers)), call.store.now())
    return Answer(answer.body, answer.status, {**answer.headers, "x-idempotency-lookup": "miss"})


def _digest(given: Json) -> str:
    return hashlib.sha256(json.dumps(given, sort_keys=True).encode()).hexdigest()


def show(call: ApiCall) -> Answer:
    ticket = call.store.live(call.params["id"])
    body = {"ticket": dict(shown(call.store, ticket))}
    if "comment_count" in call.includes:
        body["ticket"]["comment_count"] = len(call.store.comments(ticket["id"]))
    return Answer(body | side_loads(call.store, [ticket], call.includes))


def many(call: ApiCall) -> Answer:
    ids = _ids(call)
    found = [shown(call.store, call.store.tickets[key]) for key in ids if key in call.store.tickets]
    if "comment_count" in call.includes:
        found = [{**ticket, "comment_count": len(call.store.comments(ticket["id"]))} for ticket in found]
    rows: Json = {"tickets": found, "next_page": None, "previous_page": None, "count": len(found)}
    return Answer(rows | side_loads(call.store, found, call.includes))


def index(call: ApiCall) -> Answer:
    tickets = list(call.store.tickets.values())
    if "external_id" in call.query:
        tickets = [ticket for ticket in tickets if ticket["external_id"] == call.query["external_id"]]
    rows = page(call, "tickets", tickets)
    rows["tickets"] = [shown(call.store, ticket) for ticket in rows["tickets"]]
    return Answer(rows | side_loads(call.store, rows["tickets"], call.includes))


def count(call: ApiCall) -> Answer:
    refreshed = datetime.fromtimestamp(call.store.now(), UTC).isoformat(timespec="seconds")
    return Answer({"count": {"value": len(call.store.tickets), "refreshed_at": refreshed}})


def update(call: ApiCall) -> Answer:
    given = call.record("ticket")
    payload = {key: value for key, value in given.items() if key in _UPDATE}
    ticket, audit = call.store.update_ticket(call.params["id"], payload, call.user["id"])
    headers = warn("tickets", "update", "ticket", given, _UPDATE | {"description"})
    return Answer({"ticket": shown(call.store, ticket), "audit": audit}, headers=headers)


def delete(call: ApiCall) -> Answer:
    call.store.delete_ticket(call.params["id"])
    return Answer(status=204)


def comments(call: ApiCall) -> Answer:
    call.store.live(call.params["id"])
    newest_first = call.query.get("sort") == "-created_at" or call.query.get("sort_order") == "desc"
    found = call.store.comments(call.params["id"])
    rows = page(call, "comments", found[::-1] if newest_first else found, newest_first=newest_first)
    if "users" in call.includes:
        ids = sorted({row["author_id"] for row in rows["comments"]})
        rows["users"] = [call.store.users[key] for key in ids]
    return Answer(rows)


def audits(call: ApiCall) -> Answer:
    call.store.live(call.params["id"])
    return Answer(page(call, "audits", call.store.audits(call.params["id"])))


def tags(call: ApiCall) -> Answer:
    """GET lists, PUT adds, POST sets, DELETE (with a body) removes; all but GET are updates of the ticket."""
    ticket = call.store.live(call.params["id"])
    return Answer({"tags": ticket["tags"]})


def add_tags(call: ApiCall) -> Answer:
    return _tag(call, lambda old, given: old | given, 200)


def set_tags(call: ApiCall) -> Answer:
    return _tag(call, lambda _, given: given, 201)


def remove_tags(call: ApiCall) -> Answer:
    return _tag(call, lambda old, given: old - given, 200)


def _tag(call: ApiCall, change: Callable[[set[str], set[str]], set[str]], status: int) -> Answer:
    given = call.json()
    ticket = call.store.live(call.params["id"])
    check_stamp(ticket, given)
    new = change(set(ticket["tags"]), set(clean_tags(given.get("tags"))))
    ticket, _ = call.store.update_ticket(ticket["id"], {"tags": sorted(new)}, call.user["id"])
    return Answer({"tags": ticket["tags"]}, status)


def apply_macro(call: ApiCall) -> Answer:
    return Answer(call.store.preview_macro(call.params["id"], call.params["macro"], call.user["id"]))


def create_many(call: ApiCall) -> Answer:
    rows = _rows(call.json().get("tickets"))
    return Answer({"job_status": start_job(call.store, rows, call.user["id"], "create", None)})


def update_many(call: ApiCall) -> Answer:
    """Both forms: one change for `?ids=`, or a list in which each has its own."""
    given = call.json()
    if "ids" in call.query:
        change = {key: value for key, value in call.record("ticket").items() if key in _MANY}
        rows = [{**change, "id": key} for key in _ids(call)]
        queued: str | None = call.store.stamp()
    else:
        rows, queued = _rows(given.get("tickets")), None
    return Answer({"job_status": start_job(call.store, rows, call.user["id"], "update", queued)})


def start_job(store: SandboxStore, rows: list[Json], actor_id: int, action: str, queued: str | None) -> Json:
    """Queue a job; at most 30 may wait or run. It answers at once and works row by row, later, on another thread."""
    waiting = [job["id"] for job in store.jobs.values() if job["status"] in ("queued", "working")]
    if len(waiting) >= 30:
        text = "Too many UserBulkUpdateJobV2 jobs are currently queued or running. Try again later."
        raise StoreError(
            429, {"error": "TooManyJobs", "description": text, "current_job_ids": waiting}, {"Retry-After": "60"}
        )
    key = "V3-" + secrets.token_hex(16)
    job: Json = {"id": key, "url": f"/api/v2/job_statuses/{key}.json", "total": len(rows), "progress": None}
    store.jobs[key] = job | {"status": "queued", "message": None, "results": None}
    store.scheduler.after(store.options.job_delay, lambda: _work(store, key, rows, actor_id, action, queued))
    return store.jobs[key]


def _work(store: SandboxStore, key: str, rows: list[Json], actor_id: int, action: str, queued: str | None) -> None:
    results: list[Json] = []
    for number, row in enumerate(rows):
        with store.lock:
            if key not in store.jobs:  # the sandbox was cleared meanwhile
                return
            message = f"Updating ticket #{row.get('id')}" if action == "update" else f"Creating ticket {number + 1}"
            store.jobs[key] = store.jobs[key] | {"status": "working", "progress": number, "message": message}
            results.append(_row(store, row, number, actor_id, action, queued))
    finished = datetime.fromtimestamp(store.now(), UTC).strftime("Completed at %Y-%m-%d %H:%M:%S +0000")
    done = {"status": "completed", "progress": len(rows), "message": finished, "results": results}
    with store.lock:
        if key in store.jobs:
            store.jobs[key] = store.jobs[key] | done


def _row(store: SandboxStore, row: Json, number: int, actor_id: int, action: str, queued: str | None) -> Json:
    payload = {key: value for key, value in row.items() if key != "id"}
    try:
        if action == "create":
            return {"index": number, "id": store.create_ticket(payload, actor_id)["id"], "account_id": ACCOUNT_ID}
        if queued is not None:
            payload |= {"safe_update": True, "updated_stamp": queued}
        store.update_ticket(int(row.get("id") or 0), payload, actor_id)
    except StoreError as error:
        body = error.body if isinstance(error.body, dict) else {"error": str(error.body)}
        failed: Json = {"success": False, "error": body["error"], "details": str(body.get("description", ""))}
        return ({"index": number} if action == "create" else {"id": row.get("id"), "action": action}) | failed
    return {"action": "update", "status": "Updated", "success": True, "id": row["id"]}


def job(call: ApiCall) -> Answer:
    if call.params["id"] not in call.store.jobs:
        raise not_found()
    return Answer({"job_status": call.store.jobs[call.params["id"]]})


def _ids(call: ApiCall) -> list[int]:
    ids = [int(part) for part in call.query.get("ids", "").split(",") if part.strip().isdigit()]
    if len(ids) > 100:
        raise too_many_values()
    return ids


def _rows(given: object) -> list[Json]:
    rows = [row for row in given if isinstance(row, dict)] if isinstance(given, list) else []
    if len(rows) > 100:
        raise too_many_values()
    if not rows:
        raise bad_request("ParameterMissing", "Parameter tickets is required")
    return rows


ENDPOINTS: list[Endpoint] = [
    ("GET", "/tickets", index),
    ("POST", "/tickets", create),
    ("GET", "/tickets/count", count),
    ("GET", "/tickets/show_many", many),
    ("POST", "/tickets/create_many", create_many),
    ("PUT", "/tickets/update_many", update_many),
    ("GET", "/tickets/{id:int}", show),
    ("PUT", "/tickets/{id:int}", update),
    ("DELETE", "/tickets/{id:int}", delete),
    ("GET", "/tickets/{id:int}/comments", comments),
    ("GET", "/tickets/{id:int}/audits", audits),
    ("GET", "/tickets/{id:int}/tags", tags),
    ("PUT", "/tickets/{id:int}/tags", add_tags),
    ("POST", "/tickets/{id:int}/tags", set_tags),
    ("DELETE", "/tickets/{id:int}/tags", remove_tags),
    ("GET", "/tickets/{id:int}/macros/{macro:int}/apply", apply_macro),
    ("GET", "/job_statuses/{id}", job),
]
