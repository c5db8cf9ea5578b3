"""What all parts of a run over many tickets share, and one ticket's look out of a page."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from zendesk_gupshup.decide.backfill_policy import BackfillPolicy
from zendesk_gupshup.model.plan import Mode
from zendesk_gupshup.pipeline import Brain

from .pace import Pace
from .request import BackfillRequest
from .run_store import RunStore
from .tally import RunTally

if TYPE_CHECKING:
    from zendesk_gupshup.zendesk.client import Zendesk

# How a part ended: with everything done, at a limit that was given, or because it was asked to stop.
Ended = Literal["done", "limit", "stopped"]


@dataclass(frozen=True)
class RunContext:
    """A run over many tickets that may write to them."""

    zendesk: Zendesk
    store: RunStore
    pace: Pace
    tally: RunTally = field(default_factory=RunTally)
    # Called after each step that somebody may want to see.
    report: Callable[[RunTally], None] = lambda _: None
    # Between two looks at a bulk job, also when the run is to stop: what is under way is seen through.
    wait: Callable[[float], None] = time.sleep

    @property
    def run(self) -> str:
        return self.store.run

    def stopped(self) -> bool:
        return self.pace.stop.is_set()


@dataclass(frozen=True)
class ReprocessContext(RunContext):
    """Old tickets through the one path."""

    brain: Brain = field(kw_only=True)
    request: BackfillRequest = field(kw_only=True)


def backfill_brain(brain: Brain, request: BackfillRequest) -> Brain:
    """The brain for old tickets: nothing public without `reply`, no notes without `notes`."""
    cap = brain.policy.cap if request.reply else min(brain.policy.cap, Mode.ASSIST, key=lambda mode: mode.rank)
    return Brain(
        dictionary=brain.dictionary,
        templates=brain.templates,
        policy=brain.policy.model_copy(update={"cap": cap}),
        desk=brain.desk,
        files=brain.files,
        backfill=BackfillPolicy(notes=request.notes),
        brands=brain.brands,
    )


def now() -> int:
    return int(time.time())
