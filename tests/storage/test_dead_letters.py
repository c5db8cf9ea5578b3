"""The dead-letter list: what stands on it, how it is asked for from another process, and how it empties itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from support.cli import listed, run
from support.clock import Clock
from support.databases import ACCOUNT
from support.ledger_entries import entry
from support.workers import ERROR, SECONDS, ours
from zendesk_gupshup.demo.stage import Api, WorkerProcess
from zendesk_gupshup.ledger.ledger import Ledger
from zendesk_gupshup.model.outcome_reasons import FailureKind
from zendesk_gupshup.storage import schema
from zendesk_gupshup.storage.dead_letters import DeadLetter, DeadLetters
from zendesk_gupshup.storage.engine import open_engine
from zendesk_gupshup.storage.sweep_state import SweepState
from zendesk_gupshup.worker.queue_client import enqueue
from zendesk_sandbox.server import SandboxServer

REFUSED = DeadLetter(7, FailureKind.REFUSED, "ticket 7: refused (422)", 1, 1000, 1000, "open")


@pytest.fixture
def kept(engine: sa.Engine) -> tuple[DeadLetters, Clock]:
    clock = Clock()
    return DeadLetters(engine, ACCOUNT, now=clock), clock


def test_a_ticket_stands_on_the_list_once_with_all_its_attempts(kept: tuple[DeadLetters, Clock]) -> None:
    failures, clock = kept
    failures.give_up(7, FailureKind.REFUSED, "ticket 7: refused (422)", 1)
    assert failures.listed() == (REFUSED,)
    clock.now = 2000
    failures.give_up(7, FailureKind.ATTEMPTS, "ticket 7: Zendesk could not answer (500)", 12)
    failures.give_up(8, FailureKind.REFUSED, "ticket 8: refused (422)", 1)
    again = DeadLetter(7, FailureKind.ATTEMPTS, "ticket 7: Zendesk could not answer (500)", 13, 1000, 2000, "open")
    assert (failures.get(7), [one.ticket_id for one in failures.listed()]) == (again, [7, 8])
    assert failures.counts() == {"open": 2}
    assert (failures.clear(7), failures.clear(7), failures.get(7)) == (True, False, None)


def test_accounts_of_one_store_do_not_see_each_other(kept: tuple[DeadLetters, Clock]) -> None:
    failures, _ = kept
    failures.give_up(7, FailureKind.REFUSED, "ticket 7: refused (422)", 1)
    other = DeadLetters(failures._engine, "https://other.zendesk.com")
    assert (other.listed(), other.counts(), other.clear(7), other.drop([7], "no")) == ((), {}, False, ())
    assert failures.listed() == (REFUSED,)


def test_what_is_asked_for_again_is_queued_and_keeps_its_place_until_it_is_handled(
    kept: tuple[DeadLetters, Clock],
) -> None:
    failures, _ = kept
    queued: list[int] = []
    handled: list[bool] = []
    failures.give_up(7, FailureKind.REFUSED, "ticket 7: refused (422)", 1)
    assert failures.retry([7, 7, 99], queued.append) == (7,)
    assert (queued, failures.get(7)) == ([7], replace(REFUSED, state="retrying"))
    # A worker that is done before we can say that we asked.
    failures.retry([7], lambda ticket_id: handled.append(failures.clear(ticket_id)))
    assert (handled, failures.listed()) == ([True], ())


def test_a_retry_that_failed_before_it_was_marked_stays_open(kept: tuple[DeadLetters, Clock]) -> None:
    failures, clock = kept
    failures.give_up(7, FailureKind.REFUSED, "ticket 7: refused (422)", 1)
    clock.now = 1001
    failures.retry(
        [7], lambda ticket_id: failures.give_up(ticket_id, FailureKind.REFUSED, "ticket 7: refused (422)", 1)
    )
    assert failures.get(7) == replace(REFUSED, attempts=2, last=1001)


def test_what_is_dropped_is_listed_no_more_until_it_fails_again(kept: tuple[DeadLetters, Clock]) -> None:
    failures, _ = kept
    failures.give_up(7, FailureKind.REFUSED, "ticket 7: refused (422)", 1)
    assert failures.drop([7, 99], "merged by hand, tell ada@example.com") == (7,)
    dropped = replace(REFUSED, state="dropped", dropped_because="merged by hand, tell [address]")
    assert (failures.listed(), failures.listed(dropped=True)) == ((), (dropped,))
    failures.give_up(7, FailureKind.REFUSED, "ticket 7: refused (422)", 1)
    assert failures.listed() == (replace(REFUSED, attempts=2),)
    failures.forget_before(5000)
    assert failures.listed() == (replace(REFUSED, attempts=2),)
    failures.drop([7], "no")
    failures.forget_before(5000)
    assert failures.listed(dropped=True) == ()


def test_a_reason_holds_neither_secret_nor_address_and_has_an_end(kept: tuple[DeadLetters, Clock]) -> None:
    failures, _ = kept
    key = "sk_8f3kq0z7w2m5x9c1v4b6n8a0s2d4f6g7"
    failures.give_up(7, FailureKind.REFUSED, f"apikey: {key} of ada@example.com, +34 600 123 456 {'x' * 1000}", 1)
    one = failures.get(7)
    assert one
    assert all(word not in one.reason for word in (key, "ada@", "600 123 456"))
    assert len(one.reason) == 500


# --- A real worker -------------------------------------------------------------------------------------------


@pytest.fixture
def refusal(sandbox: SandboxServer) -> Iterator[list[str]]:
    """Zendesk refuses updates of the tickets whose ids are in here, quoting the client as it does so."""
    tickets: list[str] = []

    async def refuse(request: Request) -> Response | None:
        if request.method != "PUT" or not any(f"/tickets/{ticket}" in request.url.path for ticket in tickets):
            return None
        detail = {"description": "Your own words: Zanzibar is needed", "error": "InvalidValue"}
        return JSONResponse({"error": "RecordInvalid", "details": {"base": [detail]}}, 422)

    sandbox.faults.before.append(refuse)
    yield tickets
    sandbox.faults.before.remove(refuse)


def write(sandbox: SandboxServer) -> int:
    return int(sandbox.store.write_as_client("olivia@client.example", "Olivia", ERROR, subject="WhatsApp")["id"])


def test_a_refused_ticket_is_listed_retried_from_another_process_and_gone_once_it_is_handled(
    account: tuple[SandboxServer, Api, dict[str, str]], refusal: list[str], tmp_path: Path
) -> None:
    sandbox, api, env = account
    assert run("failures", "retry", "7") == (1, "", "zendesk-gupshup: ticket 7 is not on the dead-letter list\n")
    ticket_id, other = write(sandbox), write(sandbox)
    refusal.append(str(ticket_id))
    worker = WorkerProcess(env, tmp_path, 0)
    try:
        assert worker.wait_for(lambda: listed() and ours(api, other) == (1, 1), SECONDS), worker.lines
        (one,) = listed()
        assert (one["ticket_id"], one["state"], one["kind"], one["attempts"]) == (ticket_id, "open", "refused", 1)
        assert one["reason"] == f"ticket {ticket_id}: refused (422 RecordInvalid): base: InvalidValue"
        shown = run("failures", "show", str(ticket_id))
        assert (shown[0], f"retry {ticket_id}" in shown[1]) == (0, True)

        assert run("failures", "retry", str(ticket_id), "999") == (
            3,
            f"{ticket_id}\tqueued\n",
            "zendesk-gupshup: ticket 999 is not on the dead-letter list\n",
        )
        assert worker.wait_for(lambda: (got := listed()) and got[0]["attempts"] == 2, SECONDS), worker.lines
        assert (listed()[0]["state"], ours(api, ticket_id)) == ("open", (0, 0))

        refusal.clear()
        assert run("failures", "retry", "--all", "--json")[:2] == (
            0,
            f'{{"queued": [{ticket_id}], "not_listed": []}}\n',
        )
        assert worker.wait_for(lambda: not listed(), SECONDS), worker.lines
        assert ours(api, ticket_id) == (1, 1)
    finally:
        worker.kill()
    assert "Zanzibar" not in "\n".join(worker.lines)


def test_retry_and_drop_ask_for_what_they_need(account: tuple[SandboxServer, Api, dict[str, str]]) -> None:
    env = account[2]
    ledger = Ledger(open_engine(None, Path(env["ZENDESK_GUPSHUP_STATE"])), account[0].base_url)
    for words in (["list"], ["retry", "--all"], ["drop", "--all", "--yes"]):
        assert run("failures", *words) == (0, "", "The list is empty.\n")
    DeadLetters(ledger.engine, ledger.account).give_up(
        7, FailureKind.ATTEMPTS, "ticket 7: Zendesk could not answer (500)", 12
    )
    assert run("failures", "retry", "7")[0::2] == (
        1,
        "zendesk-gupshup: no worker has run on this store yet: start `serve` once\n",
    )
    assert [run("failures", *words)[0] for words in (["retry"], ["drop", "7"], ["retry", "7", "--all"])] == [2, 2, 2]
    assert run("failures", "drop", "7", "--reason", "merged")[:2] == (0, "7\tdropped\n")
    assert (listed(), [one["dropped_because"] for one in listed("--dropped")]) == ([], ["merged"])
    assert run("failures", "drop", "8", "--yes")[0] == 1
    assert run("failures", "show", "8")[0] == 1
    assert run("forget", "--ticket", "7", "--yes")[0] == 0
    assert listed("--dropped") == []


@pytest.mark.no_cover
def test_an_upgrade_keeps_queue_cursor_and_ledger(
    account: tuple[SandboxServer, Api, dict[str, str]], tmp_path: Path
) -> None:
    sandbox, api, env = account
    first = write(sandbox)
    once = WorkerProcess(env, tmp_path, 0, "--once")
    try:
        assert once.wait(2 * SECONDS) == 0, once.lines
    finally:
        once.kill()
    state = open_engine(None, Path(env["ZENDESK_GUPSHUP_STATE"]))
    before = SweepState(state, sandbox.base_url).cursor
    entries = len(list(Ledger(state, sandbox.base_url).entries(ticket_id=first)))
    # What the build before this one leaves behind: its tables and a queue that was not worked off.
    later = write(sandbox)
    enqueue(state, "webhook:old", later)
    with state.begin() as connection:
        for table in (schema.DEAD_LETTER, schema.VISIT, schema.WRITTEN, schema.WORKER, schema.WINDOW):
            table.drop(connection)
        connection.exec_driver_sql(f"UPDATE {schema.VERSION_TABLE} SET version_num = '0003'")
    settled = SweepState(state, sandbox.base_url)
    with state.connect() as connection:
        assert (settled.cursor, schema.version(connection)) == (before, schema.HEAD)
    assert before
    with state.begin() as connection:
        connection.exec_driver_sql(f"UPDATE {schema.VERSION_TABLE} SET version_num = '0003'")
        for table in (schema.DEAD_LETTER, schema.VISIT, schema.WRITTEN, schema.WORKER, schema.WINDOW):
            table.drop(connection)
    # A sweep would find the ticket, too; so nothing but the queue tells of it.
    worker = WorkerProcess(env, tmp_path, 0, "--no-sweep")
    try:
        assert worker.wait_for(lambda: worker.settled(later), SECONDS), worker.lines
    finally:
        assert worker.stop() == 0
    assert (ours(api, first), ours(api, later)) == ((1, 1), (1, 1))
    assert len(list(Ledger(state, sandbox.base_url).entries(ticket_id=first))) == entries > 0


def test_the_ledger_forgets_a_ticket_with_its_failure(engine: sa.Engine) -> None:
    ledger, failures = Ledger(engine, ACCOUNT), DeadLetters(engine, ACCOUNT)
    ledger.record(entry(did="failed", reason="refused"))
    failures.give_up(7, FailureKind.REFUSED, "ticket 7: refused (422)", 1)
    failures.give_up(8, FailureKind.REFUSED, "ticket 8: refused (422)", 1)
    assert ledger.forget(ticket=7) == (7,)
    assert [one.ticket_id for one in failures.listed()] == [8]
