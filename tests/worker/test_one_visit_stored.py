"""What one visit stores: how often it waits for the disk, and what is left where the database fails in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
import sqlalchemy as sa

from support.databases import ACCOUNT
from support.fake_zendesk import FakeZendesk, stamp
from support.handler_bench import Bench, Desk
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.ledger.ledger import Ledger
from zendesk_gupshup.ledger.recorder import Recorder
from zendesk_gupshup.ledger.runs import LIVE
from zendesk_gupshup.model.ticket import Ticket
from zendesk_gupshup.pipeline import Brain, Look, Outcome, look_at
from zendesk_gupshup.render.catalogue import Templates
from zendesk_gupshup.storage.transaction import together
from zendesk_gupshup.storage.visits import VisitHistory
from zendesk_gupshup.zendesk.errors import Conflict


@pytest.fixture
def bench(engine: sa.Engine) -> Bench:
    return Bench(engine, Desk())


def a_look() -> Look:
    return look_at(Desk().ticket_now, Brain(load(), Templates.load()))


@contextmanager
def listening(engine: sa.Engine, event: str, call: Callable[..., None]) -> Iterator[None]:
    sa.event.listen(engine, event, call)
    try:
        yield
    finally:
        sa.event.remove(engine, event, call)


def fail(*_: object, **__: object) -> None:
    raise sa.exc.OperationalError("COMMIT", {}, Exception("disk I/O error"))


def dids(engine: sa.Engine) -> list[tuple[int, str, int]]:
    return [(entry.ticket_id, entry.did, len(entry.writes)) for entry in Ledger(engine, ACCOUNT).entries(LIVE)]


def test_a_reply_and_a_note_take_three_commits(bench: Bench, engine: sa.Engine) -> None:
    commits: list[str] = []
    statements: list[str] = []

    def counted(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if not statement.startswith(("PRAGMA", "BEGIN", "SET", "SAVEPOINT", "RELEASE")):
            statements.append(statement)

    with (
        listening(engine, "commit", lambda _: commits.append("commit")),
        listening(engine, "before_cursor_execute", counted),
    ):
        assert bench.once() is None
    assert (bench.desk.written(public=True), bench.desk.written(public=False)) == (1, 1)
    # That it began; before the first update; and the outcome.
    assert len(commits) == 3
    assert len(statements) <= 14, statements
    assert dids(engine) == [(7, "done", 2)]
    assert Ledger(engine, ACCOUNT).markers.of(7).proofs == {("reply", "http_401"), ("note", "http_401")}


def test_where_the_check_in_is_not_kept_nothing_is_written_to_the_ticket(bench: Bench, engine: sa.Engine) -> None:
    numbers: list[int] = []

    def second_fails(connection: sa.Connection) -> None:
        numbers.append(1)
        if len(numbers) == 2:
            fail(connection)

    with listening(engine, "commit", second_fails):
        again = bench.once()
    assert again
    assert (again.counts, bench.desk.updates, bench.sent.replies()) == (False, 0, 0)
    before = dids(engine)
    assert [did for _, did, _ in before] == ["later"]
    assert bench.once() is None
    assert dids(engine) == [*before, (7, "done", 2)]


def test_an_entry_that_was_not_kept_takes_none_of_others_along(engine: sa.Engine) -> None:
    ledger = Ledger(engine, ACCOUNT)
    ours = Recorder(ledger, LIVE, lambda: 0, markers_at_close=True)
    with suppress(ZeroDivisionError), together(engine):
        ours.intends(a_look())
        raise ZeroDivisionError
    # It has the number that ours had for a moment.
    Recorder(ledger, LIVE, lambda: 0).close(Outcome(8, "failed", reason="refused"))
    ours.close(Outcome(7, "failed", reason="refused"))
    assert dids(engine) == [(8, "failed", 0), (7, "failed", 0)]


def test_where_the_outcome_cannot_be_stored_with_all_else_the_record_is_kept_alone(
    bench: Bench, engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench.looks, "end", fail)
    again = bench.once()
    assert again
    assert (again.counts, dids(engine)) == (False, [(7, "done", 2)])
    assert Ledger(engine, ACCOUNT).markers.of(7).proofs == {("reply", "http_401"), ("note", "http_401")}
    monkeypatch.undo()
    assert bench.once() is None
    assert (bench.desk.written(public=True), bench.desk.written(public=False)) == (1, 1)
    assert bench.looks.history(7).unfinished == VisitHistory().unfinished


def test_a_second_look_knows_what_the_first_one_wrote_though_the_ticket_does_not_show_it(bench: Bench) -> None:
    first, replies = bench.desk.ticket_now, list[int]()

    def as_before_the_reply(desk: FakeZendesk, _apply: Callable[[], Ticket]) -> Ticket:
        replies.append(desk.written(public=True))
        desk.ticket_now = first.model_copy(update={"updated_at": stamp(desk.now)})
        desk.now += 1
        raise Conflict("ticket 7: changed since it was read")

    # At the note.
    bench.desk.faults[2] = as_before_the_reply
    assert bench.once() is None
    assert (replies, bench.desk.written(public=True), bench.desk.calls.count("reply")) == ([1], 0, 1)
