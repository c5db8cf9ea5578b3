"""A real worker comes through each fault: the ticket ends as one with which nothing went wrong.

Each file of tests/fault_scenarios is a claim: the ticket that is written (`case`, of `trouble.CASES`), the rows of a
plan of faults, and `own`, what goes wrong on our own side meanwhile.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
import requests

from support.fault_runs import CASES, Scene, scene, seen, wait_for
from support.paths import TESTS
from support.worker_faults import disk_full, locked
from zendesk_sandbox.faults import Fault, rows_of

LONG = "whole"

CLAIMS = sorted((TESTS / "fault_scenarios").glob("*.toml"))
BY_NAME = {case.name: case for case in CASES}
SECONDS = 90.0


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    used = {tomllib.loads(claim.read_text())["case"] for claim in CLAIMS}
    with scene(tmp_path_factory.mktemp("faults")) as one:
        one.expected = one.learnt([case for case in CASES if case.name in used])
        yield one


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.stem)
def test_claim(stage: Scene, claim: Path) -> None:
    told = tomllib.loads(claim.read_text(encoding="utf-8"))
    stage.sandbox.plan.replace(rows_of(told.get("fault", [])))
    own = {
        "disk_full": lambda: disk_full(lambda: stage.keeper.worker.pid, 1.5),
        "database_locked": lambda: locked(stage.folder / "state" / "zendesk-gupshup.sqlite", 1.5),
    }.get(told.get("own", ""), nullcontext)
    with own():
        ticket_id = stage.write(BY_NAME[told["case"]])
        stage.go_on()
    done = wait_for(lambda: stage.is_done(ticket_id) and not stage.sandbox.plan.left(), SECONDS)
    lines = [line for line in stage.keeper.worker.lines if f" {ticket_id}" in line]
    assert done, (seen(stage.store, ticket_id), stage.sandbox.plan.left(), lines)
    assert ticket_id not in stage.listed()


def test_a_disk_that_fills_up_in_the_middle_holds_no_ticket_up(stage: Scene) -> None:
    asked = len(stage.sandbox.requests)
    tickets = [stage.write(BY_NAME[name]) for name in ("401", "wallet", "two codes", "macro")]
    assert wait_for(lambda: any(r["method"] == "PUT" for r in stage.sandbox.requests[asked:]), SECONDS)
    with disk_full(lambda: stage.keeper.worker.pid, 2.0):
        tickets += [stage.write(BY_NAME["401"])]
    assert wait_for(lambda: all(map(stage.is_done, tickets)), SECONDS)
    assert wait_for(lambda: stage.waiting() == 0, SECONDS)


def test_other_tickets_are_handled_while_one_gets_no_answers(stage: Scene) -> None:
    stuck = stage.write(BY_NAME["quiet, then 401"])
    stage.sandbox.plan.replace([Fault(kind="silence", path=f"tickets/{stuck}/**", times=50)])
    others = [stage.write(BY_NAME["wallet"]) for _ in range(3)]
    assert wait_for(lambda: all(map(stage.is_done, others)), SECONDS)
    assert requests.get(f"{stage.keeper.worker.address}/healthz", timeout=5).json() == {"status": "ok"}
    stage.sandbox.plan.replace()
    # Nor is anything left over of all the trouble before, and no worker has ended by it.
    assert wait_for(lambda: not stage.undone() or stage.undone() == [stuck], SECONDS)
    assert wait_for(lambda: stage.waiting() == 0, SECONDS)
    assert stage.keeper.starts == 1
