"""What the gateway makes of each kind of fault on a write: never sent twice, and nothing believed that was not said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from pydantic import SecretStr

from support.fault_runs import QUICK
from zendesk_gupshup.model.plan import Step
from zendesk_gupshup.model.write import Update
from zendesk_gupshup.zendesk.client import Zendesk
from zendesk_gupshup.zendesk.config import ZendeskConfig
from zendesk_gupshup.zendesk.errors import (
    Busy,
    Conflict,
    InvalidResponse,
    OutcomeUnknown,
    Refused,
    TicketGone,
    Unauthorized,
    Unreachable,
    ZendeskError,
)
from zendesk_sandbox.faults import Fault, kinds
from zendesk_sandbox.seed import CLIENT_ID, CLIENT_SECRET
from zendesk_sandbox.server import SandboxServer

OURS = "worker@example.com"
NOTE = Update(step=Step(kind="note", add_tags=frozenset(("gupshup",))), html_body="<p>Seen.</p>", public=False)


# These take longer than anybody waits; with all others a busy machine may take its time.
ENDLESS = ("silence", "silence_applied", "slow", "drip")
HASTY, PATIENT = 0.8, 30.0


def access_to(sandbox: SandboxServer, timeout: float) -> ZendeskConfig:
    return ZendeskConfig(
        base_url=sandbox.base_url,
        oauth_client_id=CLIENT_ID,
        oauth_client_secret=SecretStr(CLIENT_SECRET),
        timeout=timeout,
        longest_wait=7.0,
    )


@dataclass(frozen=True)
class Desks:
    sandbox: SandboxServer
    hasty: Zendesk
    patient: Zendesk

    def met_by(self, kind: str) -> Zendesk:
        return self.hasty if kind in ENDLESS else self.patient


@pytest.fixture(scope="module")
def desk() -> Iterator[Desks]:
    with (
        SandboxServer(**QUICK) as sandbox,
        Zendesk(access_to(sandbox, HASTY)) as hasty,
        Zendesk(access_to(sandbox, PATIENT)) as patient,
    ):
        yield Desks(sandbox, hasty, patient)


def outcome(desk: Desks, kind: str, method: str, path: str) -> tuple[ZendeskError | None, int, int]:
    """What an update with this fault in its way comes to, how often it was made, and how often it was sent."""
    sandbox, zendesk = desk.sandbox, desk.met_by(kind)
    ticket_id = int(sandbox.store.write_as_client("olivia@client.example", "Olivia", "Hello", subject="x")["id"])
    sandbox.plan.replace()
    ticket = zendesk.ticket(ticket_id)
    ticket = ticket.model_copy(update={"updated_at": sandbox.store.tickets[ticket_id]["updated_at"]})
    slower = {"seconds": 2.0} if kind == "slow" else {}
    sandbox.plan.replace([Fault(kind=kind, method=method, path=path, lasting=0.0, **slower)])
    caught: ZendeskError | None = None
    sent = zendesk.requests_made["PUT /api/v2/tickets/{id}"]
    try:
        zendesk.update(ticket, NOTE, metadata={})
    except ZendeskError as error:
        caught = error
    sent = zendesk.requests_made["PUT /api/v2/tickets/{id}"] - sent
    made = sum(a["author_id"] == sandbox.store.user_by_email(OURS)["id"] for a in sandbox.store.audits(ticket_id))
    return caught, made, sent


# Every kind that answers a PUT itself or spoils its answer -> what comes out of the gateway, and whether it is unclear.
EXPECTED: dict[str, tuple[type[ZendeskError] | None, bool]] = {
    **dict.fromkeys((k for k in kinds() if k.startswith("rate_limited")), (Busy, False)),
    **dict.fromkeys(("update_conflict", "database_conflict", "conflict_applied"), (Conflict, False)),
    **dict.fromkeys((k for k in kinds() if k.startswith("error_")), (OutcomeUnknown, True)),
    **dict.fromkeys(("error_503_retry_after", "error_503_applied"), (Busy, True)),
    **dict.fromkeys(("reset", "reset_applied", "cut", "silence", "silence_applied"), (OutcomeUnknown, True)),
    # Slower than the hasty one's patience.
    **dict.fromkeys(("slow", "drip"), (OutcomeUnknown, True)),
    "not_packed": (OutcomeUnknown, True),
    **dict.fromkeys(("html", "html_applied", "empty", "truncated", "broken_json", "a_list"), (InvalidResponse, True)),
    **dict.fromkeys(("other_object", "wrong_types", "nulls", "accepted"), (InvalidResponse, True)),
    "redirect": (Refused, False),
    "unauthorized": (None, False),
    "unauthorized_once": (None, False),
    "forbidden": (Unauthorized, False),
    "not_found": (TicketGone, False),
    **dict.fromkeys(("drip_slowly", "date_ahead", "date_back", "date_missing", "date_nonsense"), (None, False)),
}  # fmt: skip


@pytest.mark.parametrize("kind", EXPECTED)
def test_a_write_is_sent_once_and_told_as_what_it_came_to(desk: Desks, kind: str) -> None:
    error, made, sent = outcome(desk, kind, "PUT", "tickets/*")
    wanted, unclear = EXPECTED[kind]
    assert type(error) is (wanted or type(None))
    assert error is None or error.unclear is unclear
    # Once more only where the first was turned away at the door with a 401.
    assert sent == (2 if kind.startswith("unauthorized") else 1)
    assert made == (1 if kinds()[kind].applied or wanted is None else 0)


WAITS = {
    "rate_limited_seconds": 1.0,
    "rate_limited_words": 7.0,
    "rate_limited_huge": 7.0,
    "rate_limited_infinite": 7.0,
    "rate_limited_negative": 1.0,
    "rate_limited_past": 1.0,
    "rate_limited_silent": 7.0,
    "error_503_retry_after": 1.0,
}


@pytest.mark.parametrize("kind", WAITS)
def test_a_wait_is_taken_as_told_within_bounds(desk: Desks, kind: str) -> None:
    error, _, _ = outcome(desk, kind, "PUT", "tickets/*")
    assert error is not None
    assert error.retry_after == WAITS[kind]
    assert ("cut to 7 s" in str(error)) == (WAITS[kind] == 7.0)


@pytest.mark.parametrize("kind", ["error_503", "error_502_page", "reset"])
def test_a_read_is_tried_again(desk: Desks, kind: str) -> None:
    sandbox, zendesk = desk.sandbox, desk.patient
    ticket_id = int(sandbox.store.write_as_client("olivia@client.example", "Olivia", "Hello", subject="x")["id"])
    sandbox.plan.replace([Fault(kind=kind, method="GET", path="tickets/*")])
    assert zendesk.ticket(ticket_id).id == ticket_id
    assert len(sandbox.plan.met) == 1


def test_an_answer_in_drops_ends(desk: Desks) -> None:
    sandbox, zendesk = desk.sandbox, desk.hasty
    ticket_id = int(sandbox.store.write_as_client("olivia@client.example", "Olivia", "Hello", subject="x")["id"])
    sandbox.plan.replace([Fault(kind="drip", method="GET", path="tickets/*")])
    with pytest.raises(Unreachable, match="the answer does not end"):
        zendesk.ticket(ticket_id)


@pytest.mark.parametrize("kind", ["sign_in_refused", "sign_in_down", "html", "reset", "silence", "other_object"])
def test_signing_in_fails_before_anything_is_written(kind: str) -> None:
    with SandboxServer(**QUICK, faults=[Fault(kind=kind, path="oauth/tokens", times=9)]) as sandbox:
        access = access_to(sandbox, HASTY if kind in ENDLESS else PATIENT)
        with Zendesk(access) as zendesk, pytest.raises(ZendeskError) as caught:
            zendesk.check()
        assert not caught.value.unclear
        assert [row for row in sandbox.requests if row["path"].startswith("/api/")] == []
        sandbox.plan.replace()
        with Zendesk(access_to(sandbox, PATIENT)) as zendesk:
            assert zendesk.check() == 0
