"""Runs rules on a ticket: triggers after every create and update, macros when an agent applies one."""

from __future__ import annotations

from . import changes, placeholders, rules, words
from .errors import StoreError
from .shapes import Json
from .state import SandboxState


def run_triggers(
    store: SandboxState, before: Json | None, ticket_id: int, comment: Json | None, actor: Json, audit: Json
) -> None:
    """From first to last, and from the start again after each that fires; each fires at most once in an update."""
    waiting = _in_order(store)
    while waiting:
        moment = rules.Moment(before, store.tickets[ticket_id], comment, actor)
        trigger = next((trigger for trigger in waiting if rules.fires(trigger["conditions"], moment)), None)
        if trigger is None:
            return
        waiting.remove(trigger)
        _fire(store, trigger, ticket_id, actor, audit)


def _in_order(store: SandboxState) -> list[Json]:
    places = {str(category["id"]): category["position"] for category in store.trigger_categories.values()}
    active = [trigger for trigger in store.triggers.values() if trigger["active"]]
    return sorted(active, key=lambda t: (places.get(str(t["category_id"]), 0), t["position"], t["id"]))


def _fire(store: SandboxState, trigger: Json, ticket_id: int, actor: Json, audit: Json) -> None:
    ticket = store.tickets[ticket_id]
    try:
        draft = changes.apply(store, ticket, rules.payload_of(trigger["actions"], ticket, actor), by_rule=True)
    except StoreError:
        draft = ticket  # a group or an agent that is gone since the trigger was made: nothing is changed
    source = {"deleted": False, "title": trigger["title"], "id": trigger["id"], "revision_id": 1}
    via = {"channel": "rule", "source": {"from": source, "to": {}, "rel": "trigger"}}
    new = changes.differences(ticket, draft)
    if new:
        audit["events"] += [{"id": store.next_id(), **event, "via": via} for event in new]
        store.put(draft, store.stamp())
    for action in trigger["actions"]:
        if action["field"] == "notification_webhook":
            webhook_id, body = action["value"]
            filled = placeholders.expand(body, placeholders.values(store, draft, actor))
            store.deliveries.invoke(str(webhook_id), filled)


def macro_comment(store: SandboxState, macro: Json, ticket: Json, actor: Json) -> Json:
    """`{"comment": ...}` as a macro would write it on this ticket, `{}` for a macro without words."""
    actions = {action["field"]: action["value"] for action in macro["actions"]}
    is_html = "comment_value_html" in actions
    text = actions.get("comment_value_html", actions.get("comment_value"))
    if text is None:
        return {}
    scope, text = text if isinstance(text, list) else ("channel:all", text)
    filled = placeholders.expand(text, placeholders.values(store, ticket, actor), escape=is_html)
    public = str(actions.get("comment_mode_is_public", ticket["is_public"])).lower() == "true"
    comment: Json = {"body": words.plain_of(filled) if is_html else filled, "public": public}
    if is_html:
        comment["html_body"] = filled
    return {"comment": {**comment, "scoped_body": [[scope, filled]]}}
