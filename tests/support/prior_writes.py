"""What happens to the tags of the fake ticket between two looks, and what we say about it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from support.fake_zendesk import FakeZendesk, stamp
from zendesk_gupshup.model.reason import Reason
from zendesk_gupshup.model.ticket import Via
from zendesk_gupshup.pipeline import Look

REPLIED, NOTED, OFF = "gupshup_replied__http_401", "gupshup_noted__http_401", "gupshup_off"
OF_THE_401 = {"gupshup", "gupshup__http_401", REPLIED, NOTED, "gupshup_state__awaiting_owner"}
FOLLOW_UP = Via(channel="web", source={"rel": "follow_up", "from": {"ticket_id": 3}})


def lose(zendesk: FakeZendesk, *tags: str) -> None:
    """Somebody sets the ticket's tags without a guard: `{"ticket": {"tags": ["vip"]}}`."""
    zendesk.now += 2
    zendesk.ticket_now = zendesk.ticket_now.model_copy(update={"tags": tags, "updated_at": stamp(zendesk.now)})
    zendesk.now += 2


def change(zendesk: FakeZendesk, **values: Any) -> None:
    zendesk.ticket_now = zendesk.ticket_now.model_copy(update=values)


def guards(look: Look | None) -> list[Reason]:
    return list(look.decision.guards) if look else []


def counts(zendesk: FakeZendesk) -> tuple[int, int]:
    return zendesk.written(public=True), zendesk.written(public=False)


def copied(*tags: str, touched: bool = False, **more: Any) -> FakeZendesk:
    """A follow-up as Zendesk makes it: with the tags of the closed ticket."""
    zendesk = FakeZendesk(**more)
    created = datetime.fromisoformat(stamp(90 - 60 * touched)).replace(tzinfo=UTC)
    change(zendesk, tags=tags, via=FOLLOW_UP, created_at=created)
    return zendesk


ALL_OF_THEM = (*sorted(OF_THE_401), "gupshup_held_back", "gupshup_secret", "gupshup_draft", "vip",
               "gupshup__1003", "gupshup_noted__1003", "gupshup_owner_reminder", "gupshup_vip")  # fmt: skip
