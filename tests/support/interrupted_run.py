"""`process` as a program of its own that says which run it is and then waits inside its first write.

python -m support.interrupted_run DATABASE_URL FOLDER
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from support.databases import ACCOUNT
from support.fake_zendesk import FakeZendesk
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.ledger.ledger import Ledger
from zendesk_gupshup.ledger.recorder import RecordedRun, Recorder
from zendesk_gupshup.model.ticket import Ticket
from zendesk_gupshup.pipeline import Brain, handle
from zendesk_gupshup.render.catalogue import Templates
from zendesk_gupshup.storage.engine import open_engine


def main(url: str, folder: str) -> None:
    brain = Brain(dictionary=load(), templates=Templates.load())
    zendesk = FakeZendesk()
    run = RecordedRun(
        Ledger(open_engine(url or None, Path(folder)), ACCOUNT), "process", "process 1 ticket --apply", applied=True
    )
    recorder = Recorder(run.ledger, run.id, lambda: 0)

    def wait(_zendesk: FakeZendesk, _apply: Callable[[], Ticket]) -> Ticket:
        print(run.id, flush=True)
        sys.stdin.read()
        raise AssertionError("whoever started this kills it")

    zendesk.faults[1] = wait
    handle(zendesk, 7, brain, run=run.id, journal=recorder)


if __name__ == "__main__":
    main(*sys.argv[1:])
