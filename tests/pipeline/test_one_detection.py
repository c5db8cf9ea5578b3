"""What is read and detected once for each look, however much turns out to be needed beside the ticket."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from support.fake_zendesk import FakeZendesk
from zendesk_gupshup.decide.policy import Policy
from zendesk_gupshup.decide.prior_writes import KnownWrites, Proof
from zendesk_gupshup.detect import detect
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.model.finding import Detection
from zendesk_gupshup.model.plan import Mode
from zendesk_gupshup.model.ticket import Attachment, Ticket
from zendesk_gupshup.pipeline import Brain, OpenGate, handle, look, look_at
from zendesk_gupshup.render.catalogue import Templates
from zendesk_gupshup.zendesk.errors import Conflict, Refused

NOTED = ("note", "http_401")


class Gate(OpenGate):
    """A store that knows of these writes, and an hour with or without room."""

    def __init__(self, *proofs: Proof, room: bool = True) -> None:
        self._proofs, self._room = frozenset(proofs), room

    def known(self, ticket_id: int) -> KnownWrites:
        return KnownWrites(self._proofs)

    def reserve_reply(self, ticket_id: int, marker: str) -> bool:
        return self._room


@pytest.fixture
def detections(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    made: list[int] = []

    def counted(ticket: Ticket, *args: Any, **more: Any) -> Detection:
        made.append(ticket.id)
        return detect(ticket, *args, **more)

    monkeypatch.setattr(look, "detect", counted)
    return made


def desk(**more: Any) -> FakeZendesk:
    zendesk = FakeZendesk()
    zendesk.ticket_now = zendesk.ticket_now.model_copy(update={"organization_id": 5, **more})
    return zendesk


def brain(**policy: Any) -> Brain:
    return Brain(load(), Templates.load(), Policy(**policy))


@pytest.mark.parametrize(
    ("gate", "written"),
    [
        (Gate(), ("reply", "note")),
        (Gate(NOTED), ("reply",)),
        (Gate(room=False), ("note",)),
        (Gate(NOTED, room=False), ("tags",)),
    ],
    ids=["owner", "owner and store", "owner and quota", "all of them"],
)
@pytest.mark.parametrize("groups", [None, Refused("no groups", status=403)], ids=["groups", "no groups"])
def test_a_look_detects_once(
    detections: list[int], gate: Gate, written: tuple[str, ...], groups: Refused | None
) -> None:
    zendesk = desk()
    zendesk.groups_fault = groups
    outcome = handle(zendesk, 7, brain(group="WhatsApp N2"), gate=gate)
    assert (outcome.written, len(detections), outcome.looks) == (written, 1, 1)
    assert zendesk.calls.count("owners") == 1


def test_the_look_after_a_conflict_detects_once_more(detections: list[int]) -> None:
    def conflict(_: FakeZendesk, __: Any) -> Ticket:
        raise Conflict("ticket 7: changed since it was read")

    zendesk = desk()
    zendesk.faults = {1: conflict}
    outcome = handle(zendesk, 7, brain(), gate=Gate())
    assert (outcome.did, outcome.looks, len(detections)) == ("done", 2, 2)


def test_a_file_is_fetched_once_for_a_look() -> None:
    zendesk = desk()
    first = zendesk.ticket_now.comments[0]
    log = Attachment(id=70, file_name="gateway.log", content_type="text/plain", size=9)
    zendesk.files = {70: b"error 401"}
    zendesk.ticket_now = zendesk.ticket_now.model_copy(
        update={"comments": (first.model_copy(update={"attachments": (log,)}),)}
    )
    handle(zendesk, 7, brain(), gate=Gate(NOTED, room=False))
    assert zendesk.calls.count("file") == 1


@pytest.mark.parametrize(
    "policy",
    [
        {},
        {"default_mode": Mode.ASSIST},
        {"default_mode": Mode.OBSERVE},
        {"cap": Mode.OBSERVE},
        {"room_for_reply": False},
    ],
    ids=str,
)
def test_a_look_says_what_would_be_planned_on_auto(policy: Mapping[str, Any]) -> None:
    seen, free = look_at(desk().ticket_now, brain(**policy)), look_at(desk().ticket_now, brain())
    assert free.decision.plan is not None
    assert seen.shadow == free.decision.plan
    assert [step.kind for step in free.decision.plan.steps] == ["reply", "note"]
