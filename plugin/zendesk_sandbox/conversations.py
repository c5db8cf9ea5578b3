"""Messaging tickets: what is said in a conversation, and the log of it.

https://developer.zendesk.com/api-reference/ticketing/tickets/conversation_log/
"""

from __future__ import annotations

from .errors import invalid
from .shapes import Json
from .state import SandboxState

# Whoever writes through one of these gets a messaging ticket.
CHANNELS = (
    *("native_messaging", "whatsapp", "line", "telegram", "viber", "instagram_dm", "wechat", "apple_business_chat"),
    *("sunshine_conversations_facebook_messenger", "sunshine_conversations_api", "twilio_sms", "kakaotalk"),
)
AUTHORS = ("user", "agent", "bot")
_MESSAGE = "Messaging::ConversationMessage"


def say(
    store: SandboxState,
    ticket_id: int,
    kind: str,
    text: str,
    user: Json | None,
    files: list[Json],
    event: str = _MESSAGE,
) -> None:
    """One message more. The ticket is listed anew in the export and its `updated_at` stays: what Zendesk does there is
    not documented, and a client that bears this bears more."""
    if kind not in AUTHORS:
        raise invalid(author="Author: must be user, agent or bot")
    if not text and not files:
        raise invalid(base="Message: cannot be blank")
    number = store.next_id()
    author: Json = {"type": kind, "display_name": user["name"] if user else "Bot", "zen:sunco:user_id": f"{number:x}"}
    content: Json = {"type": "text", "text": text} if text else {"type": "file", "altText": files[0]["file_name"]}
    now = store.stamp()
    store.conversations.setdefault(ticket_id, []).append(
        {
            "id": f"01J{number:023d}",
            "type": event,
            "reference": f"zen:sunco:conversation_message:{number:024x}",
            "created_at": now,
            "received_at": now,
            "attachments": files,
            "author": author | {"zen:support:user_id": user["id"] if user else -1},
            "content": content,
            "metadata": {"custom": {}, "system": {}, "ticket_version": 0},
            "source": {"type": "zd:answerBot" if kind == "bot" else "zd:agentWorkspace" if kind == "agent" else "web"},
        }
    )
    store.changes.touch(ticket_id, int(store.now()))


def events(store: SandboxState, ticket_id: int) -> list[Json]:
    """Messages and comments in the order of their times; of one second, comments first."""
    comments = [_commented(store, comment) for comment in store.comments(ticket_id)]
    return sorted([*comments, *store.conversations.get(ticket_id, ())], key=lambda event: str(event["created_at"]))


def as_comments(store: SandboxState, ticket_id: int) -> list[Json]:
    """The messages as the inbox's page shows comments."""
    return [
        {
            "id": event["id"],
            "author": store.users.get(event["author"]["zen:support:user_id"]) or {"name": "Bot", "role": "bot"},
            "public": True,
            "body": event["content"].get("text") or "",
            "html_body": "",
            "attachments": event["attachments"],
            "created_at": event["created_at"],
        }
        for event in store.conversations.get(ticket_id, ())
    ]


def _commented(store: SandboxState, comment: Json) -> Json:
    author = store.users[comment["author_id"]]
    return {
        "id": f"01C{comment['id']:023d}",
        "type": "Comment",
        "reference": f"zen:ticket_event:{comment['id']}",
        "created_at": comment["created_at"],
        "attachments": comment["attachments"],
        "author": {
            "type": "user" if author["role"] == "end-user" else "agent",
            "display_name": author["name"],
            "zen:support:user_id": author["id"],
        },
        "content": {"type": "html", "body": comment["html_body"]},
        "metadata": {**comment["metadata"], "public": comment["public"], "ticket_version": 0},
    }
