"""What the app keeps: one key for all, one look a ticket, one word an agent; and that it is forgotten."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import sqlalchemy as sa

from support.databases import ACCOUNT
from zendesk_gupshup.ledger.ledger import Ledger
from zendesk_gupshup.storage.app_actions import AppActions, Feedback
from zendesk_gupshup.storage.app_store import AppStore, StoredTicket

NOW = 1_790_000_000
DAY = 86_400
TICKET = StoredTicket(7, NOW, "2026-11-21T09:00:00Z", 5, 42, 3, 20, {"state": "found", "findings": [{"a": "ü"}]})
WRONG = Feedback(7, 42, NOW, "wrong_code", "gupshup_http 401", "gupshup 1003", "see the second line")


def test_all_that_come_at_once_get_the_same_key(engine: sa.Engine) -> None:
    store = AppStore(engine, ACCOUNT)
    made = iter(range(100))
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda _: store.value_or("session_key", lambda: str(next(made))), range(16)))
    assert set(keys) == {store.value("session_key")}
    assert AppStore(engine, "https://other.example").value("session_key") is None


def test_a_value_is_replaced_and_deleted(engine: sa.Engine) -> None:
    store = AppStore(engine, ACCOUNT)
    store.keep_value("app_id", "1")
    store.keep_value("app_id", "2")
    assert store.value("app_id") == "2"
    store.delete_values("app_id", "public_key")
    assert store.value("app_id") is None


def test_the_last_look_at_a_ticket_is_kept(engine: sa.Engine) -> None:
    store = AppStore(engine, ACCOUNT)
    store.keep_ticket(replace(TICKET, at=NOW - 60, view={"state": "nothing"}, group_id=None))
    store.keep_ticket(TICKET)
    assert (store.ticket(7), store.ticket(8)) == (TICKET, None)


def test_an_action_with_a_key_is_begun_once_and_done_once(engine: sa.Engine) -> None:
    actions = AppActions(engine, ACCOUNT, now=lambda: NOW)
    states = [actions.begin("send", 7, 42, {"error": "gupshup_http 401"}, key="a") for _ in range(2)]
    others = [actions.begin("send", 7, 43, {}, key="a"), actions.begin("draft", 7, 42, {}, key="a")]
    actions.finish("send", 7, 42, key="a")
    states.append(actions.begin("send", 7, 42, {}, key="a"))
    assert (states, others) == (["new", "begun", "done"], ["new", "new"])
    actions.record("inserted", 7, 42, {"edited": True})
    actions.record("inserted", 7, 42, {"edited": True})
    recorded = [(one["user_id"], one["action"], one["done"]) for one in actions.recorded(7)]
    assert recorded == [
        (42, "send", True), (43, "send", False), (42, "draft", False), (42, "inserted", True), (42, "inserted", True)
    ]  # fmt: skip


def test_of_two_that_come_at_once_one_is_new(engine: sa.Engine) -> None:
    actions = AppActions(engine, ACCOUNT)
    with ThreadPoolExecutor(8) as pool:
        states = list(pool.map(lambda _: actions.begin("send", 7, 42, {}, key="a"), range(8)))
    assert sorted(states) == ["begun"] * 7 + ["new"]


def test_the_last_word_of_an_agent_counts(engine: sa.Engine) -> None:
    actions = AppActions(engine, ACCOUNT)
    other = Feedback(7, 43, NOW - 5, "right", "gupshup_http 401")
    for one in (WRONG, other, replace(WRONG, verdict="not_an_error", right_error=None, at=NOW + 9)):
        actions.keep_feedback(one)
    last = replace(WRONG, verdict="not_an_error", right_error=None, at=NOW + 9)
    assert actions.feedback(7) == (other, last)
    assert actions.feedback_since(NOW) == (last,)


@pytest.mark.parametrize("asked", [{"ticket": 7}, {"requester": 20}, {"organization": 3}])
def test_forget_leaves_nothing_of_the_ticket(engine: sa.Engine, asked: dict[str, int]) -> None:
    store, actions, ledger = AppStore(engine, ACCOUNT), AppActions(engine, ACCOUNT), Ledger(engine, ACCOUNT)
    for ticket in (TICKET, replace(TICKET, ticket_id=8, requester_id=21, organization_id=4)):
        store.keep_ticket(ticket)
        actions.keep_feedback(replace(WRONG, ticket_id=ticket.ticket_id))
        actions.record("look", ticket.ticket_id, 42, {})
    assert ledger.forget(**asked) == (7,)
    kept = [(store.ticket(t) is None, actions.feedback(t), actions.recorded(t)) for t in (7, 8)]
    assert kept[0] == (True, (), ())
    assert [bool(one) for one in kept[1]] == [False, True, True]


def test_what_is_old_is_dropped(engine: sa.Engine) -> None:
    store, actions = AppStore(engine, ACCOUNT, now=lambda: NOW), AppActions(engine, ACCOUNT, now=lambda: NOW)
    store.keep_ticket(TICKET)
    store.keep_access(42, {"role": "agent"})
    actions.keep_feedback(WRONG)
    actions.record("look", 7, 42, {})
    for kept in (AppStore(engine, ACCOUNT, now=lambda: NOW + DAY), actions):
        kept.forget_before(NOW)
    assert (store.ticket(7), store.access(42)) == (TICKET, ({"role": "agent"}, NOW))
    for kept in (AppStore(engine, ACCOUNT, now=lambda: NOW + DAY + 1), actions):
        kept.forget_before(NOW + 1)
    assert (store.ticket(7), store.access(42), actions.feedback(7), actions.recorded(7)) == (None, None, (), ())
