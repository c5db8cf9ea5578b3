"""Tickets with files attached, and where the bytes of those files come from."""

from __future__ import annotations

from zendesk_gupshup.model.ticket import Attachment, Comment, Ticket, User
from zendesk_gupshup.zendesk.errors import ZendeskError


class FakeFiles:
    """Files by attachment id: their bytes, or the error that asking for them brings."""

    def __init__(self, files: dict[int, bytes | ZendeskError]) -> None:
        self.files = files
        self.asked: list[int] = []

    def attachment(self, attachment: Attachment, limit: int) -> bytes:
        self.asked.append(attachment.id)
        found = self.files[attachment.id]
        if isinstance(found, ZendeskError):
            raise found
        return found[:limit]


def ticket(*comments: tuple[int, list[Attachment]], status: str = "open", tags: tuple[str, ...] = ()) -> Ticket:
    """Comments as (author, files): 1 is the requester, 2 an agent, 3 a colleague of the requester, 900 is us."""
    return Ticket(
        id=7, subject="WhatsApp", status=status, tags=tags, requester_id=1, our_user_id=900,
        users={1: User(id=1, locale="en"), 2: User(id=2, role="agent"), 3: User(id=3), 900: User(id=900, role="admin")},
        comments=tuple(
            Comment(id=10 + n, author_id=author, body="See the file.", attachments=tuple(files))
            for n, (author, files) in enumerate(comments)
        ),
    )  # fmt: skip


def log_file(number: int, name: str = "a.log", content_type: str = "text/plain", **more: object) -> Attachment:
    return Attachment.model_validate(
        {"id": number, "file_name": name, "content_type": content_type, "size": 100, **more}
    )
