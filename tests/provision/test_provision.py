"""`setup`: from nothing to all in place and back, whatever an admin changed and wherever it was killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from starlette.requests import Request
from starlette.responses import Response

from support.sandbox_api import Endpoint
from support.setup_cases import (
    ALTERATIONS,
    ENDPOINT,
    SETUP,
    Alter,
    Counting,
    Killed,
    access,
    alter,
    apply,
    brain,
    descriptions,
    problems,
    shape,
    snapshot,
)
from zendesk_gupshup.brain import load_brain, with_ticket_fields
from zendesk_gupshup.cli import main
from zendesk_gupshup.decide.account import TicketFields
from zendesk_gupshup.pipeline import Brain
from zendesk_gupshup.provision.apply import adopt, carry_out, plan, read
from zendesk_gupshup.provision.diff import owned, removal
from zendesk_gupshup.provision.kinds import KINDS, kind_of
from zendesk_gupshup.provision.markers import key_of, marked, marker
from zendesk_gupshup.provision.objects import KEYS, SetupError
from zendesk_gupshup.provision.options import Setup
from zendesk_gupshup.provision.scopes import missing
from zendesk_gupshup.provision.secret import forget_secret, keep_secret, kept_secret, open_to_others
from zendesk_gupshup.settings import Settings
from zendesk_gupshup.zendesk.client import Zendesk
from zendesk_gupshup.zendesk.errors import OutcomeUnknown
from zendesk_sandbox.seed import CLIENT_ID, CLIENT_SECRET
from zendesk_sandbox.server import SandboxServer

# The sandbox starts with four organization fields that an admin made, and these are used as they are.
THERE = {f"organization-field/{name}" for name in ("app-name", "app-id", "owner-email", "account-id")}
_MACRO = {"title": "Old", "actions": [{"field": "status", "value": "open"}]}


@pytest.fixture
def zendesk(sandbox: SandboxServer) -> Iterator[Zendesk]:
    with Zendesk(access(sandbox.base_url)) as zendesk:
        yield zendesk


def off(zendesk: Any, setup: Setup = SETUP, with_brain: Brain | None = None) -> dict[str, str]:
    """What a plan would do: key -> action."""
    return {c.key: c.action for c in plan(zendesk, setup, with_brain or brain()).changes if c.writes}


# --- From nothing to everything, and back ---------------------------------------------------------------------


def test_apply_makes_every_object_once_and_a_second_apply_changes_nothing(
    sandbox: SandboxServer, zendesk: Zendesk
) -> None:
    assert set(off(zendesk).values()) == {"create"}
    ids = apply(zendesk)
    assert set(ids) == set(KEYS)
    ours, copies = owned(read(zendesk))
    assert set(ours) == set(KEYS) - THERE
    assert not copies
    assert off(zendesk) == {}
    before = snapshot(sandbox)
    apply(zendesk)
    assert snapshot(sandbox) == before


def test_the_plan_tells_the_number_of_requests_that_applying_it_takes(zendesk: Zendesk) -> None:
    made = plan(zendesk, SETUP, brain())
    asked = zendesk.requests_made.total()
    ids = carry_out(zendesk, made.changes)
    zendesk.get(f"webhooks/{ids['webhook/worker']}/signing_secret")
    assert zendesk.requests_made.total() == asked + made.requests


def test_nothing_that_zendesk_would_ignore_is_sent(
    sandbox: SandboxServer, zendesk: Zendesk, caplog: pytest.LogCaptureFixture
) -> None:
    apply(zendesk)
    assert "ignored keys" not in caplog.text
    assert [row for row in sandbox.requests if row["status"] >= 400] == []


@pytest.mark.parametrize("with_data", [True, False])
def test_destroy_leaves_exactly_what_was_there_before(
    sandbox: SandboxServer, zendesk: Zendesk, with_data: bool
) -> None:
    before = snapshot(sandbox)
    apply(zendesk)
    carry_out(zendesk, removal(read(zendesk), with_data=with_data))
    after = snapshot(sandbox)
    if not with_data:
        kept = {key for key, one in owned(read(zendesk))[0].items() if kind_of(key).is_data}
        assert kept == {key for key in KEYS if kind_of(key).is_data} - THERE
        for plural in ("ticket_fields", "organization_fields"):
            after[plural] = {i: row for i, row in after[plural].items() if i in before[plural]}
    assert after == before


def test_fields_that_were_kept_are_found_again(zendesk: Zendesk) -> None:
    first = apply(zendesk)
    carry_out(zendesk, removal(read(zendesk), with_data=False))
    second = apply(zendesk)
    for key in KEYS:
        assert (first[key] == second[key]) == kind_of(key).is_data


def test_objects_that_are_not_ours_are_never_touched(sandbox: SandboxServer, zendesk: Zendesk) -> None:
    before = snapshot(sandbox)
    apply(zendesk)
    after = snapshot(sandbox)
    for plural, rows in before.items():
        assert {key: after[plural][key] for key in rows} == rows
    assert {c.key for c in plan(zendesk, SETUP, brain()).changes if c.action == "foreign"} == THERE


# --- Drift ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("key", "change"), [a[1:] for a in ALTERATIONS], ids=[a[0] for a in ALTERATIONS])
def test_what_an_admin_changed_is_found_and_mended(
    sandbox: SandboxServer, zendesk: Zendesk, key: str, change: Alter
) -> None:
    ids = apply(zendesk)
    should = shape(sandbox)
    alter(zendesk, ids, key, change)
    # A category without its mark is known by our triggers; nothing is made a second time.
    assert set(off(zendesk)) == {key}
    apply(zendesk)
    assert off(zendesk) == {}
    assert shape(sandbox) == should


def test_what_is_the_admins_to_change_is_no_drift(zendesk: Zendesk) -> None:
    ids = apply(zendesk)
    state = zendesk.get(f"ticket_fields/{ids['ticket-field/state']}")["ticket_field"]
    more = [*state["custom_field_options"], {"name": "With our partner", "value": "gupshup_state__partner"}]
    text = f"Ours to word. {marker('view/needs-review')}"
    for path, body in (
        (f"ticket_fields/{state['id']}", {"ticket_field": {"custom_field_options": more, "position": 3}}),
        (f"views/{ids['view/needs-review']}", {"view": {"description": text, "position": 2}}),
        (f"triggers/{ids['trigger/new-ticket']}", {"trigger": {"position": 1}}),
    ):
        zendesk.write("PUT", path, body)
    assert off(zendesk) == {}


def test_an_option_of_the_admins_outlives_a_repair(zendesk: Zendesk) -> None:
    ids = apply(zendesk)
    path = f"ticket_fields/{ids['ticket-field/state']}"
    options = zendesk.get(path)["ticket_field"]["custom_field_options"]
    own = {"name": "With our partner", "value": "gupshup_state__partner"}
    zendesk.write("PUT", path, {"ticket_field": {"custom_field_options": [own, *options[1:]]}})
    assert set(off(zendesk)) == {"ticket-field/state"}
    apply(zendesk)
    values = {o["value"] for o in zendesk.get(path)["ticket_field"]["custom_field_options"]}
    assert values == {o["value"] for o in options} | {"gupshup_state__partner"}


def test_a_cloned_rule_is_told_of_and_left_alone(sandbox: SandboxServer, zendesk: Zendesk) -> None:
    ids = apply(zendesk)
    trigger = zendesk.get(f"triggers/{ids['trigger/new-ticket']}")["trigger"]
    clone = {key: trigger[key] for key in ("title", "description", "conditions", "actions", "category_id")}
    made = zendesk.write("POST", "triggers", {"trigger": clone})["trigger"]
    copies = [c for c in plan(zendesk, SETUP, brain()).changes if c.action == "copy"]
    assert [(c.key, c.id) for c in copies] == [("trigger/new-ticket", str(made["id"]))]
    assert off(zendesk) == {}
    apply(zendesk)
    assert int(made["id"]) in sandbox.store.triggers


def test_what_is_no_longer_wanted_is_removed_but_never_data(zendesk: Zendesk) -> None:
    apply(zendesk)
    less = SETUP.model_copy(
        update={"languages": ("en",), "leave_out": frozenset({"view/unknown-codes", "ticket-field/app-name"})}
    )
    wanted = {"macro/escalate-401.es": "delete", "macro/escalate-401.pt": "delete", "view/unknown-codes": "delete"}
    assert off(zendesk, less) == wanted
    apply(zendesk, less)
    assert off(zendesk, less) == {}
    assert "ticket-field/app-name" in owned(read(zendesk))[0]


def test_where_the_worker_reminds_its_automation_goes(zendesk: Zendesk) -> None:
    apply(zendesk)
    reminding = load_brain(Settings())
    unknown = SETUP.model_copy(update={"remind_group": "Nobody"})
    assert off(zendesk, unknown, reminding) == {"automation/remind-owner": "delete"}


# --- Settings -------------------------------------------------------------------------------------------------


def test_names_groups_and_words_come_from_the_settings(zendesk: Zendesk) -> None:
    setup = Setup.model_validate(
        {
            "endpoint": ENDPOINT,
            "prefix": "WhatsApp",
            "names": {"macro/draft": "Draft, please", "trigger-category/gupshup": "Bots"},
            "group": "whatsapp n2",
            "remind_group": "Support",
            "remind_after_hours": 24,
            "words": ["whatsapp", "gupshup"],
            "error_code_field": "tagger",
            "worker_user_id": 4711,
        }
    )
    ids = apply(zendesk, setup)
    groups = {g["name"]: g["id"] for g in zendesk.get("groups")["groups"]}
    macro = zendesk.get(f"macros/{ids['macro/draft']}")["macro"]
    assert macro["title"] == "Draft, please"
    assert macro["restriction"] == {"type": "Group", "id": groups["WhatsApp N2"], "ids": [groups["WhatsApp N2"]]}
    category = zendesk.get(f"trigger_categories/{ids['trigger-category/gupshup']}")["trigger_category"]
    assert category["name"].startswith("Bots [")
    reminder = zendesk.get(f"automations/{ids['automation/remind-owner']}")["automation"]
    assert reminder["title"] == "WhatsApp: remind of the owner"
    assert reminder["actions"][1]["value"][0] == str(groups["Support"])
    assert {"field": "requester_updated_at", "operator": "greater_than", "value": "24"} in reminder["conditions"]["all"]
    trigger = zendesk.get(f"triggers/{ids['trigger/client-comment']}")["trigger"]
    assert {"field": "role", "operator": "is_not", "value": "4711"} in trigger["conditions"]["all"]
    assert trigger["conditions"]["any"] == [
        {"field": "comment_includes_word", "operator": "includes", "value": "whatsapp gupshup"},
        {"field": "current_tags", "operator": "includes", "value": "gupshup"},
    ]
    assert off(zendesk, setup) == {}


@pytest.mark.parametrize(
    ("setup", "message"),
    [
        ({}, "[setup] endpoint is missing"),
        ({"endpoint": ENDPOINT, "group": "Nobody"}, '[setup] group "Nobody" is no group of this account'),
        ({"endpoint": ENDPOINT, "remind_group": "Nobody"}, '[setup] remind_group "Nobody" is no group'),
        ({"leave_out": ["webhook/worker"]}, '"trigger/new-ticket" needs webhook/worker'),
    ],
)
def test_a_setting_that_cannot_be_is_said(zendesk: Zendesk, setup: dict[str, Any], message: str) -> None:
    with pytest.raises(SetupError, match=message.replace("[", r"\[")):
        plan(zendesk, Setup.model_validate(setup), brain())


def test_a_field_of_the_settings_is_used_instead_of_one_of_ours(zendesk: Zendesk) -> None:
    own = zendesk.write("POST", "ticket_fields", {"ticket_field": {"type": "text", "title": "App"}})["ticket_field"]
    fields = TicketFields(app_id=own["id"], app_name=1)
    with_fields = Brain(brain().dictionary, brain().templates, brain().policy.model_copy(update={"fields": fields}))
    changes = {c.key: c for c in plan(zendesk, SETUP, with_fields).changes}
    assert changes["ticket-field/app-id"].action == "foreign"
    assert changes["ticket-field/app-name"].note == "[fields] names field 1, which this account does not have"
    assert changes["ticket-field/owner-email"].action == "create"


# --- Adopting -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "body"),
    [
        ("macro/draft", {"title": "Old", "actions": [{"field": "status", "value": "open"}]}),
        ("ticket-field/app-id", {"title": "Old", "type": "text"}),
        ("trigger-category/gupshup", {"name": "Old"}),
        (
            "automation/remind-owner",
            {
                "title": "Old",
                "all": [{"field": "status", "operator": "is", "value": "open"}],
                "actions": [{"field": "status", "value": "open"}],
            },
        ),
    ],
)
def test_an_object_that_is_there_can_be_adopted(
    sandbox: SandboxServer, zendesk: Zendesk, key: str, body: dict[str, Any]
) -> None:
    kind = kind_of(key)
    old = zendesk.write("POST", kind.plural, {kind.name: body})[kind.name]
    assert off(zendesk)[key] == "create"
    assert adopt(zendesk, key, str(old["id"])) == "Old"
    assert adopt(zendesk, key, str(old["id"])).startswith("Old")
    assert off(zendesk)[key] == "update"
    assert apply(zendesk)[key] == str(old["id"])
    assert off(zendesk) == {}


def test_only_what_can_be_adopted_is(zendesk: Zendesk) -> None:
    ids = apply(zendesk)
    other = zendesk.write("POST", "macros", {"macro": _MACRO})
    with pytest.raises(SetupError, match="none of our objects"):
        adopt(zendesk, "macro/unheard-of", "1")
    carry_out(zendesk, [c for c in removal(read(zendesk), with_data=False) if c.key == "view/needs-review"])
    with pytest.raises(SetupError, match="this account has no view 1"):
        adopt(zendesk, "view/needs-review", "1")
    with pytest.raises(SetupError, match=f"macro/draft is already macro {ids['macro/draft']}"):
        adopt(zendesk, "macro/draft", str(other["macro"]["id"]))


# --- Killed half-way ------------------------------------------------------------------------------------------


def _requests_of_a_whole_run() -> int:
    # 9 to read, 26 to write; asserted below, so that a change of the number shows.
    return 35


@pytest.mark.parametrize("last", range(1, _requests_of_a_whole_run() + 1))
def test_a_run_killed_after_any_request_is_gone_on_with(zendesk: Zendesk, sandbox: SandboxServer, last: int) -> None:
    with pytest.raises(Killed):
        apply(Counting(zendesk, last))
    again = Counting(zendesk)
    apply(again)
    assert off(zendesk) == {}
    ours, copies = owned(read(zendesk))
    assert (set(ours), copies) == (set(KEYS) - THERE, ())
    writes = sum(call[0] != "GET" for call in again.calls)
    assert writes == 26 - max(0, last - 9)
    assert shape(sandbox) == _whole()


def test_a_whole_run_takes_the_requests_that_were_killed_off_above(zendesk: Zendesk) -> None:
    counting = Counting(zendesk)
    apply(counting)
    assert len(counting.calls) == _requests_of_a_whole_run()


def _whole(_kept: list[dict[str, list[Any]]] = []) -> dict[str, list[Any]]:  # noqa: B006 - made once for all
    if not _kept:
        with SandboxServer(limits=False) as other, Zendesk(access(other.base_url)) as zendesk:
            apply(zendesk)
            _kept.append(shape(other))
    return _kept[0]


@pytest.mark.parametrize("last", [10, 18, 19, 20, 35])
def test_an_object_whose_answer_was_lost_is_found_and_not_made_twice(
    zendesk: Zendesk, sandbox: SandboxServer, last: int
) -> None:
    apply(Counting(zendesk, last, lose=lambda: OutcomeUnknown("POST: the answer was lost")))
    assert off(zendesk) == {}
    assert shape(sandbox) == _whole()


def test_a_trigger_that_lost_its_conditions_stops_the_run(zendesk: Zendesk, monkeypatch: pytest.MonkeyPatch) -> None:
    write = zendesk.write

    def forgetful(method: str, path: str, body: Any = None, **params: Any) -> dict[str, Any]:
        answer = write(method, path, body, **params)
        if path == "triggers":
            answer["trigger"]["conditions"]["all"].pop()
        return answer

    monkeypatch.setattr(zendesk, "write", forgetful)
    with pytest.raises(SetupError, match=r"trigger/new-ticket was created as \d+, but Zendesk stored conditions.all"):
        apply(zendesk)


@pytest.mark.no_cover
def test_a_process_killed_with_9_in_the_midst_is_gone_on_with(
    sandbox: SandboxServer, zendesk: Zendesk, tmp_path: Path
) -> None:
    posts: list[str] = []
    process: list[subprocess.Popen[str]] = []

    async def kill(request: Request, response: Response) -> Response:
        if request.method == "POST" and request.url.path.startswith("/api/"):
            posts.append(request.url.path)
            if len(posts) == 11:
                os.kill(process[0].pid, signal.SIGKILL)
        return response

    sandbox.faults.after.append(kill)
    command = [sys.executable, "-m", "zendesk_gupshup", "setup", "apply", "--yes", "--address", ENDPOINT]
    with subprocess.Popen(
        command, env={**os.environ, **environment(sandbox, tmp_path)}, cwd=tmp_path, stderr=subprocess.PIPE, text=True
    ) as started:
        process.append(started)
        started.communicate(timeout=120)
    assert started.returncode == -signal.SIGKILL
    assert len(posts) == 11
    sandbox.faults.after.clear()
    apply(zendesk)
    assert len(owned(read(zendesk))[0]) == 26
    assert shape(sandbox) == _whole()


# --- Zendesk's own description of its API ---------------------------------------------------------------------


_LIVE = [{"field": "status", "operator": "less_than", "value": "solved"}]


def test_every_request_is_as_zendesk_describes_it(zendesk: Zendesk, shared: Path) -> None:
    documents = descriptions(shared)
    counting = Counting(zendesk)
    ids = apply(counting)
    for _, key, change in ALTERATIONS:
        if key in owned(read(zendesk))[0]:
            alter(zendesk, ids, key, change)
    apply(counting)
    adopt_me = zendesk.write("POST", "views", {"view": {"title": "V", "all": _LIVE}})["view"]
    carry_out(zendesk, [c for c in removal(read(zendesk), with_data=False) if c.key == "view/needs-review"])
    adopt(counting, "view/needs-review", str(adopt_me["id"]))
    carry_out(counting, removal(read(counting), with_data=True))
    wrong = {f"{call[0]} {call[1]}": found for call in counting.calls if (found := problems(documents, call))}
    assert wrong == {}
    assert len(counting.calls) > 80


# --- What the objects do --------------------------------------------------------------------------------------


def test_the_triggers_wake_the_worker_and_never_for_our_own_updates(sandbox: SandboxServer, zendesk: Zendesk) -> None:
    store = sandbox.store
    agent = store.user_by_email("ada@example.com")["id"]
    with Endpoint() as endpoint:
        ids = apply(zendesk, SETUP.model_copy(update={"endpoint": endpoint.url}))

        def calls(do: Callable[[], Any]) -> int:
            before = len(endpoint.received)
            do()
            assert store.deliveries.wait_idle()
            return len(endpoint.received) - before

        def client(ticket_id: int | None = None) -> Any:
            return store.write_as_client("lin@example.com", "Lin", "It says 401", subject="Help", ticket_id=ticket_id)

        def update(actor: int, **payload: Any) -> Any:
            return store.update_ticket(1, payload, actor)

        assert calls(client) == 1
        assert calls(lambda: client(1)) == 1
        assert calls(lambda: update(agent, comment={"body": "We look into it", "public": True})) == 0
        assert calls(lambda: update(zendesk.me().id, comment={"body": "Ours", "public": True})) == 0
        assert calls(lambda: store.apply_macro_as_agent(1, int(ids["macro/draft"]), agent)) == 1
        assert calls(lambda: update(zendesk.me().id, additional_tags=["gupshup"])) == 0
        assert calls(lambda: update(zendesk.me().id, remove_tags=["gupshup_draft"])) == 0
        assert calls(lambda: update(agent, additional_tags=["gupshup_draft__4004"])) == 1
        assert calls(lambda: store.apply_macro_as_agent(1, int(ids["macro/send"]), agent)) == 1
        assert calls(lambda: store.apply_macro_as_agent(1, int(ids["macro/leave-alone"]), agent)) == 0
        assert calls(lambda: client(1)) == 0


def test_the_escalation_macro_speaks_to_the_requester_and_asks_for_the_draft(
    sandbox: SandboxServer, zendesk: Zendesk
) -> None:
    ids = apply(zendesk)
    sandbox.store.write_as_client("lin@example.com", "Lin Ada", "It says 401", subject="Help")
    agent = sandbox.store.user_by_email("ada@example.com")["id"]
    for language, word in (("en", "An authentication error has been detected (401)."), ("es", "autenticación (401)")):
        macro = int(ids[f"macro/escalate-401.{language}"])
        sandbox.store.apply_macro_as_agent(1, macro, agent)
        reply = sandbox.store.comments(1)[-1]
        assert reply["public"]
        assert "Lin" in reply["plain_body"]
        assert word in reply["plain_body"]
        assert "{{" not in reply["html_body"]
        assert "\u2060" not in reply["html_body"]
        assert "attached" not in reply["plain_body"]
        assert "adjunt" not in reply["plain_body"].replace("Adjunte", "")
        link = reply["html_body"].partition("requests/new?")[2].partition('"')[0]
        assert 200 < len(link) < 2048
    assert {"gupshup_draft__http_401", "gupshup_state__awaiting_owner"} <= set(sandbox.store.tickets[1]["tags"])


def test_the_tags_of_a_ticket_fill_the_fields(sandbox: SandboxServer, zendesk: Zendesk) -> None:
    ids = apply(zendesk)
    ticket = sandbox.store.write_as_client("lin@example.com", "Lin", "It fails", subject="Help")
    tags = ["gupshup__http_401", "gupshup__1003", "gupshup_state__awaiting_owner"]
    sandbox.store.update_ticket(ticket["id"], {"tags": tags}, zendesk.me().id)
    values = {row["id"]: row["value"] for row in sandbox.store.tickets[ticket["id"]]["custom_fields"]}
    assert set(values[int(ids["ticket-field/error-code"])]) == {"gupshup__http_401", "gupshup__1003"}
    assert values[int(ids["ticket-field/state"])] == "gupshup_state__awaiting_owner"


def test_the_views_show_what_they_say(sandbox: SandboxServer, zendesk: Zendesk) -> None:
    ids = apply(zendesk)
    tags = (
        ["gupshup", "gupshup_state__awaiting_owner"],
        ["gupshup"],
        ["gupshup", "gupshup_unknown_code"],
        ["other"],
        ["gupshup", "gupshup_state__awaiting_owner", "gupshup_client_answered"],
        ["gupshup", "gupshup_state__at_gupshup"],
        ["gupshup", "gupshup_state__settled"],
        ["gupshup", "gupshup_client_answered", "gupshup_off"],
    )
    for own in tags:
        ticket = sandbox.store.write_as_client("lin@example.com", "Lin", "It fails", subject="Help")
        sandbox.store.update_ticket(ticket["id"], {"tags": own}, zendesk.me().id)

    def shown(key: str) -> list[int]:
        return [ticket["id"] for ticket in zendesk.get(f"views/{ids[key]}/tickets")["tickets"]]

    assert shown("view/awaiting-owner") == [1, 5]
    assert shown("view/needs-review") == [2, 3, 5]
    assert shown("view/at-gupshup") == [6]
    assert shown("view/settled") == [7]
    assert shown("view/unknown-codes") == [3]


@pytest.mark.parametrize("kind", ["multiselect", "tagger"])
def test_the_worker_takes_the_field_ids_from_what_setup_made(zendesk: Zendesk, kind: str) -> None:
    ids = apply(zendesk, SETUP.model_copy(update={"error_code_field": kind}))
    asked = zendesk.requests_made.total()
    fields = with_ticket_fields(brain(), zendesk).policy.fields
    assert zendesk.requests_made.total() == asked + 1
    names = ("app_name", "app_id", "account_id", "owner_email")
    wanted = {name: int(ids[f"ticket-field/{name.replace('_', '-')}"]) for name in names}
    error_code = int(ids["ticket-field/error-code"]) if kind == "tagger" else None
    assert fields == TicketFields(**wanted, error_code=error_code)


def test_fields_of_the_settings_need_no_request(zendesk: Zendesk) -> None:
    policy = brain().policy.model_copy(update={"fields": TicketFields(app_id=7)})
    own = Brain(brain().dictionary, brain().templates, policy)
    assert with_ticket_fields(own, zendesk) is own
    assert zendesk.requests_made.total() == 0


# --- Marks, scopes, the secret's file -------------------------------------------------------------------------


def test_a_mark_is_read_where_it_stands_and_replaced() -> None:
    assert key_of(f"Anything {marker('trigger/new-ticket')} more") == "trigger/new-ticket"
    assert marked(f"Anything {marker('view/a')}", "view/b") == "Anything [zendesk-gupshup:view/b]"
    assert marked(None, "view/b") == "[zendesk-gupshup:view/b]"
    assert [key_of(text) for text in (None, "", "[zendesk-gupshup:]", "[zendesk-gupshup:A B]")] == [None] * 4


def test_scopes_cover_each_other_one_way_only() -> None:
    assert missing(("read", "write"), ("read", "tickets:write")) == ("write",)
    assert missing(("read", "webhooks:write"), ("read", "write")) == ()


def test_the_secret_is_kept_for_the_owner_alone_and_replaced_when_it_changes(tmp_path: Path) -> None:
    state = tmp_path / "state"
    assert kept_secret(state) is None
    assert [keep_secret(state, "one"), keep_secret(state, "one"), keep_secret(state, "two")] == [True, False, True]
    assert kept_secret(state) == "two"
    assert (state / "webhook-secret").stat().st_mode & 0o777 == 0o600
    (state / "webhook-secret").chmod(0o644)
    assert open_to_others(state)
    assert keep_secret(state, "two")
    assert not open_to_others(state)
    assert [path.name for path in state.iterdir()] == ["webhook-secret"]
    assert [forget_secret(state), forget_secret(state)] == [True, False]


# --- The command ----------------------------------------------------------------------------------------------


def environment(sandbox: SandboxServer, folder: Path, **more: str) -> dict[str, str]:
    cleared = {name: "" for name in os.environ if name.startswith(("ZENDESK_", "DATABASE_URL"))}
    own = {"ZENDESK_BASE_URL": sandbox.base_url, "ZENDESK_OAUTH_CLIENT_ID": CLIENT_ID}
    own |= {"ZENDESK_OAUTH_CLIENT_SECRET": CLIENT_SECRET, "ZENDESK_GUPSHUP_STATE": str(folder / "state")}
    return {**cleared, **own, **more}


@pytest.fixture
def run(sandbox: SandboxServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str, str]]:
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str, input: str | None = None, **more: str) -> tuple[int, str, str]:  # noqa: A002 - click's word
        result = CliRunner().invoke(main, arguments, input=input, env=environment(sandbox, tmp_path, **more))
        assert result.exception is None or isinstance(result.exception, SystemExit), result.output
        return result.exit_code, result.stdout, result.stderr

    return call


Run = Callable[..., tuple[int, str, str]]
AT = ("--address", ENDPOINT)


def test_the_commands_in_the_order_in_which_an_admin_uses_them(
    run: Run, sandbox: SandboxServer, tmp_path: Path
) -> None:
    code, told, _ = run("setup", "plan", *AT)
    assert code == 5
    assert "+ trigger/new-ticket  Gupshup: new ticket" in told
    assert "25 to create, 0 to change, 0 to remove, 0 unchanged; 36 requests; OAuth scopes: read write" in told
    code, _, said = run("setup", "apply", *AT, input="n\n")
    assert (code, said.endswith("nothing was changed\n")) == (1, True)
    assert run("setup", "apply", *AT, input="")[0] == 1
    assert "webhooks" not in {row["path"] for row in sandbox.requests if row["method"] == "POST"}
    code, told, said = run("setup", "apply", *AT, input="y\n")
    assert (code, told) == (0, "")
    assert "25 changes made, 36 requests." in said
    secret = next(iter(sandbox.store.deliveries.secrets.values()))
    assert kept_secret(tmp_path / "state") == secret
    assert secret not in said
    code, _, said = run("setup", "apply", *AT)
    assert (code, said.splitlines()[-1]) == (0, "0 changes made, 11 requests.")
    assert run("setup", "plan", *AT)[0] == 0
    code, told, _ = run("setup", "drift", *AT)
    assert (code, told) == (0, "No drift.\n")
    sandbox.store.triggers[max(sandbox.store.triggers)]["active"] = False
    code, told, _ = run("setup", "drift", *AT)
    assert code == 5
    assert "trigger/draft-request" in told
    assert "active: false -> true" in told
    code, told, _ = run("setup", "drift", "--json", *AT)
    [change] = json.loads(told)["changes"]
    assert (code, change["key"], change["action"]) == (5, "trigger/draft-request", "update")
    assert change["differences"] == [{"field": "active", "now": "false", "wanted": "true"}]
    assert run("setup", "destroy", input="n\n")[0] == 1
    code, _, said = run("setup", "destroy", "--yes")
    assert code == 0
    assert "17 objects removed." in said
    assert kept_secret(tmp_path / "state") is None
    assert run("setup", "drift", *AT)[0] == 5


def test_the_secret_can_be_printed_for_a_secret_store(run: Run, sandbox: SandboxServer, tmp_path: Path) -> None:
    code, told, _ = run("setup", "apply", "--yes", "--print-secret", *AT)
    assert (code, told.strip()) == (0, next(iter(sandbox.store.deliveries.secrets.values())))
    assert kept_secret(tmp_path / "state") is None
    _, _, said = run("setup", "apply", "--yes", *AT, ZENDESK_WEBHOOK_SECRET="another")
    assert "ZENDESK_WEBHOOK_SECRET is not the secret of this webhook" in said
    assert kept_secret(tmp_path / "state") is None


def test_adopt_and_scopes_say_what_they_did(run: Run, sandbox: SandboxServer, zendesk: Zendesk) -> None:
    made = zendesk.write("POST", "macros", {"macro": _MACRO})
    code, _, said = run("setup", "adopt", "macro/draft", str(made["macro"]["id"]))
    assert (code, "is now macro/draft" in said) == (0, True)
    assert run("setup", "adopt", "macro/draft", "5")[0] == 1
    code, told, _ = run("setup", "scopes")
    assert code == 0
    assert any(line.split()[:3] == ["setup", "apply", "read"] for line in told.splitlines())


def test_failures_have_their_exit_codes(run: Run, sandbox: SandboxServer) -> None:
    assert run("setup", "plan")[0] == 1
    code, _, said = run("setup", "plan", *AT, ZENDESK_OAUTH_CLIENT_SECRET="wrong")
    assert code == 6
    code, _, said = run("setup", "apply", "--yes", *AT, ZENDESK_OAUTH_SCOPES="read")
    assert code == 6
    assert "scopes" in said
    assert not any(kind.plural == "webhooks" and snapshot(sandbox)["webhooks"] for kind in KINDS)
    sandbox.change(limits=True, requests_per_minute=15)
    code, _, said = run("setup", "apply", "--yes", *AT)
    assert code == 4
    assert "to continue" in said
    sandbox.change(limits=False)
    assert run("setup", "apply", "--yes", *AT)[0] == 0
