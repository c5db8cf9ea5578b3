"""One commit for what has come in meanwhile: nobody is answered before it, and everybody hears of its failure."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

from zendesk_gupshup.worker.group_commit import GroupCommit
from zendesk_gupshup.worker.webhook_spool import SpooledWebhook

WEBHOOKS = [(f"webhook:{n}:01J{n}", n, "2026-11-21T08:59:58Z") for n in range(6)]


class Store:
    """Commits a batch once it is let through; refuses those that hold a ticket of `refused`."""

    def __init__(self, refused: frozenset[int] = frozenset()) -> None:
        self.refused = refused
        self.gate = threading.Event()
        self.batches: list[list[SpooledWebhook]] = []

    def __call__(self, webhooks: Sequence[SpooledWebhook]) -> None:
        self.batches.append(list(webhooks))
        self.gate.wait(20)
        if any(ticket_id in self.refused for _, ticket_id, _ in webhooks):
            raise OSError("full")


def run(store: Store) -> list[str]:
    """Put one webhook, and the others while its commit is under way; how each of them ended."""

    async def put_all() -> list[str]:
        commits = GroupCommit(store)
        tasks = [asyncio.create_task(commits.put(WEBHOOKS[0]))]
        while not store.batches:
            await asyncio.sleep(0)
        tasks += [asyncio.create_task(commits.put(webhook)) for webhook in WEBHOOKS[1:]]
        for _ in range(10):
            await asyncio.sleep(0)
        assert not any(task.done() for task in tasks)
        store.gate.set()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
        await commits.put(WEBHOOKS[0])
        return [repr(end) for end in ends]

    return asyncio.run(put_all())


def test_what_comes_during_a_commit_shares_the_next_one() -> None:
    store = Store()
    assert run(store) == ["None"] * 6
    assert store.batches == [WEBHOOKS[:1], WEBHOOKS[1:], WEBHOOKS[:1]]


def test_a_failed_commit_is_everybodys_of_its_batch_and_nobody_elses() -> None:
    store = Store(refused=frozenset({3}))
    assert run(store) == ["None", *["OSError('full')"] * 5]
    assert store.batches == [WEBHOOKS[:1], WEBHOOKS[1:], WEBHOOKS[:1]]
