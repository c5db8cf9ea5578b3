"""Real workers on tickets whose tags were lost, rewritten, or came from another ticket: one reply, one note, always."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from support.cli import listed, run
from support.once import serve_once
from support.sandbox_api import Api as Admin
from support.workers import ERROR, ours, write
from zendesk_gupshup.demo.stage import Api
from zendesk_sandbox.server import SandboxServer

Account = tuple[SandboxServer, Api, dict[str, str]]
MARKERS = {"gupshup_replied__http_401", "gupshup_noted__http_401"}
SET_TAGS = [{"field": "set_tags", "value": "vip"}]

pytestmark = pytest.mark.no_cover


def work(env: dict[str, str], folder: Path, workers: int = 1) -> None:
    """Some workers at once, until nothing is left to do; another call is a restart."""
    # 3: a ticket stands on the dead-letter list.
    assert set(serve_once(env, folder, workers)) <= {0, 3}


def tags(sandbox: SandboxServer, ticket_id: int) -> set[str]:
    return set(sandbox.store.tickets[ticket_id]["tags"])


def an_agents_put(sandbox: SandboxServer, api: Api, ticket_id: int) -> None:
    agent = sandbox.store.user_by_email("ada@example.com")["id"]
    sandbox.store.update_ticket(ticket_id, {"tags": ["vip"]}, agent)


def a_macro(sandbox: SandboxServer, api: Api, ticket_id: int) -> None:
    with Admin(sandbox) as admin:
        macro = admin.json("POST", "/macros", {"macro": {"title": "VIP", "actions": SET_TAGS}})["macro"]["id"]
    sandbox.store.apply_macro_as_agent(ticket_id, macro, sandbox.store.user_by_email("ada@example.com")["id"])


def a_trigger_on_the_clients_words(sandbox: SandboxServer, api: Api, ticket_id: int) -> None:
    trigger(sandbox, [{"field": "comment_includes_word", "operator": "includes", "value": "urgent"}])
    sandbox.store.write_as_client("olivia@client.example", "Olivia", "It is urgent.", ticket_id=ticket_id)


def trigger(sandbox: SandboxServer, every: list[dict[str, Any]]) -> int:
    made = {"title": "VIP", "conditions": {"all": every, "any": []}, "actions": SET_TAGS}
    with Admin(sandbox) as admin:
        return int(admin.json("POST", "/triggers", {"trigger": made})["trigger"]["id"])


def switch_off(sandbox: SandboxServer, trigger_id: int) -> None:
    with Admin(sandbox) as admin:
        admin.json("PUT", f"/triggers/{trigger_id}", {"trigger": {"active": False}})


def test_a_lost_tag_is_put_back_and_nothing_is_said_twice(account: Account, tmp_path: Path) -> None:
    sandbox, api, env = account
    ways = (an_agents_put, a_macro, a_trigger_on_the_clients_words)
    tickets = {write(sandbox): loses for loses in ways}
    work(env, tmp_path)
    for ticket_id, loses in tickets.items():
        loses(sandbox, api, ticket_id)
    assert [tags(sandbox, ticket_id) for ticket_id in tickets] == [{"vip"}] * 3
    work(env, tmp_path, workers=2)
    for ticket_id in tickets:
        assert (ours(api, ticket_id), tags(sandbox, ticket_id) >= MARKERS | {"vip"}) == ((1, 1), True)


def test_a_lost_tag_is_put_back_where_the_store_is_lost_too(account: Account, tmp_path: Path) -> None:
    sandbox, api, env = account
    ticket_id = write(sandbox)
    work(env, tmp_path)
    an_agents_put(sandbox, api, ticket_id)
    shutil.rmtree(env["ZENDESK_GUPSHUP_STATE"])
    work(env, tmp_path)
    assert (ours(api, ticket_id), tags(sandbox, ticket_id) >= MARKERS | {"vip"}) == ((1, 1), True)


def test_a_trigger_that_sets_tags_on_our_own_update_gets_one_reply_and_a_failure(
    account: Account, tmp_path: Path
) -> None:
    sandbox, api, env = account
    sets = trigger(sandbox, [{"field": "current_tags", "operator": "includes", "value": "gupshup"}])
    ticket_id = write(sandbox)
    for workers, words in ((1, None), (2, "Anybody there?")):
        if words:
            sandbox.store.write_as_client("olivia@client.example", "Olivia", words, ticket_id=ticket_id)
        work(env, tmp_path, workers)
        assert (ours(api, ticket_id), tags(sandbox, ticket_id)) == ((1, 0), {"vip"})
    # The store is lost, and with it the list: our own comment keeps the second reply back.
    shutil.rmtree(env["ZENDESK_GUPSHUP_STATE"])
    work(env, tmp_path)
    assert ours(api, ticket_id)[0] == 1
    # What is mended goes on where it stopped.
    switch_off(sandbox, sets)
    shutil.rmtree(env["ZENDESK_GUPSHUP_STATE"])
    work(env, tmp_path)
    assert (ours(api, ticket_id), tags(sandbox, ticket_id) >= MARKERS) == ((1, 1), True)


def test_what_is_not_kept_is_listed_and_goes_on_when_it_is_asked_for(account: Account, tmp_path: Path) -> None:
    sandbox, api, env = account
    sets = trigger(sandbox, [{"field": "current_tags", "operator": "includes", "value": "gupshup"}])
    ticket_id = write(sandbox)
    work(env, tmp_path)
    [one] = listed()
    assert (one["ticket_id"], one["kind"]) == (ticket_id, "not_kept")
    assert "did not keep the tag gupshup_replied__http_401" in one["reason"]
    switch_off(sandbox, sets)
    work(env, tmp_path)
    assert ours(api, ticket_id) == (1, 0)
    assert run("failures", "retry", str(ticket_id))[0] == 0
    work(env, tmp_path)
    assert (ours(api, ticket_id), listed()) == ((1, 1), [])


def copy_of(sandbox: SandboxServer, ticket_id: int, how: str) -> int:
    """A ticket made out of another one that an agent has solved: with its tags, and with the same error."""
    agent = sandbox.store.user_by_email("ada@example.com")["id"]
    old = tags(sandbox, ticket_id)
    client = sandbox.store.tickets[ticket_id]["requester_id"]
    if how in ("mail", "api"):
        sandbox.store.update_ticket(ticket_id, {"status": "closed"}, agent)
    if how == "mail":
        made = sandbox.store.write_as_client("olivia@client.example", "Olivia", ERROR, ticket_id=ticket_id)
    elif how == "api":
        payload = {"comment": {"body": ERROR, "author_id": client}, "submitter_id": client}
        made = sandbox.store.create_ticket(payload | {"via_followup_source_id": ticket_id}, client)
    else:
        source = {
            "rel": "split" if how == "split" else None,
            "from": {"ticket_id": ticket_id} if how == "split" else {},
        }
        payload = {"comment": {"body": ERROR}, "requester_id": client, "submitter_id": client, "tags": sorted(old)}
        made = sandbox.store.create_ticket(payload | {"via": {"channel": "web", "source": source}}, client)
        if how == "clone":
            # A clone does not say that it is one: `gupshup_off` could be meant for it.
            sandbox.store.update_ticket(made["id"], {"remove_tags": ["gupshup_off"]}, agent)
    assert tags(sandbox, made["id"]) == (old - {"gupshup_off"} if how == "clone" else old)
    return int(made["id"])


def test_the_same_error_on_a_copy_of_the_ticket_is_answered_once_there(account: Account, tmp_path: Path) -> None:
    sandbox, api, env = account
    tickets = {write(sandbox): how for how in ("mail", "api", "split", "clone")}
    work(env, tmp_path)
    agent = sandbox.store.user_by_email("ada@example.com")["id"]
    by_hand = {"additional_tags": ["gupshup_off", "gupshup_held_back", "vip"], "status": "solved", "assignee_id": agent}
    for ticket_id in tickets:
        sandbox.store.update_ticket(ticket_id, by_hand, agent)
    kept = {ticket_id: tags(sandbox, ticket_id) - {"gupshup_off", "gupshup_held_back"} for ticket_id in tickets}
    copies = {ticket_id: copy_of(sandbox, ticket_id, how) for ticket_id, how in tickets.items()}
    for _ in range(2):
        work(env, tmp_path)
        for ticket_id, copy in copies.items():
            assert (ours(api, ticket_id), ours(api, copy)) == ((1, 1), (1, 1)), tickets[ticket_id]
            assert tags(sandbox, copy) == kept[ticket_id], tickets[ticket_id]
    assert listed() == []
