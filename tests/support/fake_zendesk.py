"""A Zendesk with one ticket that remembers what was written, and fails where a test tells it to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from zendesk_gupshup.model.ticket import (
    Attachment,
    Comment,
    Metadata,
    Ticket,
    User,
)
from zendesk_gupshup.model.write import File, Update
from zendesk_gupshup.zendesk.errors import (
    Conflict,
    ZendeskError,
)

TEXT = 'Since today Gupshup answers HTTP 401 {"status":"error","message":"Authentication Failed"} to our API key.'


class FakeZendesk:
    """One ticket, a clock, and faults that happen at the n-th update: before it is applied, or after."""

    def __init__(self, text: str = TEXT, tags: tuple[str, ...] = ()) -> None:
        self.now = 100
        first = Comment(
            id=10,
            author_id=1,
            body=text,
            plain_body=text,
            created_at=datetime(2026, 11, 21, tzinfo=UTC),
            metadata=Metadata(),
        )
        self.ticket_now = Ticket(
            id=7, subject="WhatsApp", tags=tags, requester_id=1, our_user_id=900, updated_at=stamp(90),
            users={1: User(id=1, name="Ada", email="ada@example.com", locale="en-US"), 900: User(id=900, role="admin")},
            comments=(first,),
        )  # fmt: skip
        self.files: dict[int, bytes] = {}
        self.owners_fault: ZendeskError | None = None
        self.groups_fault: ZendeskError | None = None
        # What its audits say, where they can be read.
        self.made_with: frozenset[str] | None = None
        self.calls: list[str] = []
        self.faults: dict[int, Callable[[FakeZendesk, Callable[[], Ticket]], Ticket]] = {}
        self.updates = 0
        # What rules of the account make of the tags of an update of ours.
        self.kept: Callable[[tuple[str, ...]], tuple[str, ...]] = lambda tags: tags

    def ticket(self, ticket_id: int, *, comments: bool = True) -> Ticket:
        self.calls.append("read" if comments else "check")
        assert ticket_id == 7
        return self.ticket_now

    def attachment(self, attachment: Attachment, limit: int) -> bytes:
        self.calls.append("file")
        return self.files[attachment.id][:limit]

    def owners(self, organization_id: int) -> tuple[User, ...]:
        self.calls.append("owners")
        if self.owners_fault:
            raise self.owners_fault
        return (User(id=8, name="Olga Owner", email="olga@example.com", tags=("gupshup_owner",)),)

    def tags_since_creation(self, ticket_id: int) -> frozenset[str] | None:
        self.calls.append("audits")
        return self.made_with

    def time(self) -> float | None:
        """Nothing becomes due by time alone."""
        return None

    def second(self) -> int:
        return int(datetime.fromisoformat(stamp(self.now)).timestamp())

    def wait_until_past(self, stamp_: str) -> bool:
        if stamp_ and stamp(self.now) <= stamp_:
            self.now += 1
            return True
        return False

    def group_id(self, name: str) -> int | None:
        if self.groups_fault:
            raise self.groups_fault
        return 5

    def upload(self, files: tuple[File, ...]) -> str:
        self.calls.extend("upload" for _ in files)
        return "token"

    def update(
        self,
        ticket: Ticket,
        update: Update,
        *,
        upload_token: str | None,
        group_id: int | None,
        metadata: Mapping[str, str],
    ) -> Ticket:
        self.updates += 1
        self.calls.append(update.step.kind)

        def apply() -> Ticket:
            if ticket.updated_at != self.ticket_now.updated_at:
                raise Conflict("ticket 7: changed since it was read")
            tags = (set(ticket.tags) | update.step.add_tags) - update.step.remove_tags
            told = Metadata(custom=metadata)
            comment = Comment(
                id=20 + self.updates,
                author_id=900,
                public=update.public,
                body=update.html_body or "",
                metadata=told,
                created_at=datetime.fromisoformat(stamp(self.now)),
            )
            link = {"type": "incident", "problem_id": update.step.problem_id} if update.step.problem_id else {}
            self.ticket_now = self.ticket_now.model_copy(
                update={
                    **link,
                    "tags": self.kept(tuple(sorted(tags))),
                    "updated_at": stamp(self.now),
                    "comments": (*self.ticket_now.comments, *((comment,) if update.html_body else ())),
                }
            )
            return self.ticket_now

        fault = self.faults.pop(self.updates, None)
        return fault(self, apply) if fault else apply()

    def written(self, *, public: bool) -> int:
        return sum(1 for c in self.ticket_now.comments if c.author_id == 900 and c.public is public)


def stamp(second: int) -> str:
    return f"2026-11-21T09:{second // 60:02}:{second % 60:02}Z"


def broken(error: ZendeskError, *, applied: bool) -> Callable[[FakeZendesk, Callable[[], Ticket]], Ticket]:
    def fault(_zendesk: FakeZendesk, apply: Callable[[], Ticket]) -> Ticket:
        if applied:
            apply()
        raise error

    return fault
