"""The walk of one ticket: how many files of ours it enters, and how often it moves from one to another.

A 401 ticket with a reply and a note goes through the worker's handler, in this process and on a sandbox, after others
have warmed everything up. A move is a call or a return that changes the file of the package that is at work; files of
libraries and of the sandbox are not counted. `without detect` leaves out detection and all that it calls.
"""

from __future__ import annotations

import argparse
import os
import sys
import threading
from collections import Counter
from pathlib import Path
from types import FrameType

import zendesk_gupshup
from stand import account, fill, replies, set_up
from zendesk_gupshup.brain import with_ticket_fields
from zendesk_gupshup.cli.common import brain_of, limiter_of, zendesk_of
from zendesk_gupshup.demo.stage import free_port
from zendesk_gupshup.ledger.ledger import Ledger
from zendesk_gupshup.settings import load_settings
from zendesk_gupshup.storage.app_actions import AppActions
from zendesk_gupshup.storage.app_store import AppStore
from zendesk_gupshup.storage.dead_letters import DeadLetters
from zendesk_gupshup.storage.engine import open_engine
from zendesk_gupshup.storage.send_quota import SendQuota
from zendesk_gupshup.storage.sweep_state import SweepState
from zendesk_gupshup.storage.visits import Visits
from zendesk_gupshup.worker.handler import TicketHandler
from zendesk_gupshup.worker.handler_storage import HandlerStorage
from zendesk_gupshup.zendesk.credential_breaker import CredentialBreaker

PACKAGE = str(Path(zendesk_gupshup.__file__).parent) + os.sep


class Walk:
    """A profile function that follows one thread. `without`: a folder whose calls are left out with all they call."""

    def __init__(self, without: str | None = None) -> None:
        self._without = without
        self._here: str | None = None
        self.files: Counter[str] = Counter()
        self.moves: Counter[tuple[str, str]] = Counter()

    def __call__(self, frame: FrameType, event: str, _: object) -> None:
        at = frame if event == "call" else frame.f_back if event == "return" else None
        if at is None or (self._without and self._is_below(frame)):
            return
        here = next((name for name in map(_file, _stack(at)) if name), None)
        if here is None or here == self._here:
            return
        if self._here is not None:
            self.moves[self._here, here] += 1
        self.files[here] += 1
        self._here = here

    def _is_below(self, frame: FrameType) -> bool:
        return any((name := _file(at)) and name.startswith(f"{self._without}{os.sep}") for at in _stack(frame))


def _stack(frame: FrameType | None) -> list[FrameType]:
    stack = []
    while frame is not None:
        stack.append(frame)
        frame = frame.f_back
    return stack


def _file(frame: FrameType) -> str | None:
    name = frame.f_code.co_filename
    return name.removeprefix(PACKAGE) if name.startswith(PACKAGE) else None


def handler_of(folder: Path) -> TicketHandler:
    settings = load_settings(folder / "zendesk-gupshup.toml")
    zendesk = zendesk_of(settings, limiter_of(settings, threading.Event()))
    brain = with_ticket_fields(brain_of(settings), zendesk)
    engine, origin = open_engine(None, settings.worker.state), settings.zendesk.origin
    ledger = Ledger(engine, origin)
    ledger.start_live()
    storage = HandlerStorage(
        ledger, SweepState(engine, origin), DeadLetters(engine, origin), Visits(engine, origin),
        SendQuota(engine, origin), AppStore(engine, origin), AppActions(engine, origin),
    )  # fmt: skip
    breaker = CredentialBreaker(zendesk, threading.Event(), {})
    return TicketHandler(zendesk, brain, storage, breaker, share=1000, others_wait=lambda: False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--warm", type=int, default=3, help="Tickets before the one that is measured.")
    parser.add_argument("--list", action="store_true", help="Print each file and the most frequent moves, too.")
    asked = parser.parse_args()
    with account(limits=False) as (sandbox, folder):
        os.environ.update(set_up(sandbox, folder, free_port()))
        handler = handler_of(folder)
        *warm, first, second = fill(sandbox.store, asked.warm + 2)
        for ticket_id in warm:
            handler.visit(ticket_id, None, 1)
        walks = {"all": Walk(), "without detect": Walk("detect")}
        for ticket_id, walk in zip((first, second), walks.values(), strict=True):
            sys.setprofile(walk)
            try:
                handler.visit(ticket_id, None, 1)
            finally:
                sys.setprofile(None)
            if replies(sandbox.store, ticket_id) != (1, 1):
                raise SystemExit(f"ticket {ticket_id} has not got its reply and its note")
    for name, walk in walks.items():
        print(f"{name}: {len(walk.files)} files, {walk.moves.total()} moves")
        if asked.list:
            for file, count in sorted(walk.files.items()):
                print(f"  {count:5} {file}")
            for (left, right), count in walk.moves.most_common(40):
                print(f"  {count:5} {left} -> {right}")


if __name__ == "__main__":
    main()
