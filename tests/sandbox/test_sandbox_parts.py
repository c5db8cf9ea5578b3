"""The sandbox's parts without a server: conditions, placeholders, refusals and what changes a ticket."""

from __future__ import annotations

from typing import Any

import pytest

from zendesk_sandbox import kinds, rules, words
from zendesk_sandbox.app import create_app, is_loopback
from zendesk_sandbox.errors import StoreError
from zendesk_sandbox.scheduler import Scheduler
from zendesk_sandbox.seed import seed
from zendesk_sandbox.store import SandboxStore


@pytest.fixture
def store() -> SandboxStore:
    store = SandboxStore()
    seed(store)
    return store


def admin(store: SandboxStore) -> int:
    found: int = store.user_by_email("worker@example.com")["id"]
    return found


def condition(field: str, operator: str, value: Any = None) -> dict[str, list[dict[str, Any]]]:
    return {"all": [{"field": field, "operator": operator, "value": value}]}


CONDITIONS: list[tuple[str, str, Any, bool]] = [
    ("status", "changed", None, True),
    ("status", "not_changed", None, False),
    ("priority", "not_changed", None, True),
    ("status", "value", "open", True),
    ("status", "value", "new", False),
    ("status", "value_previous", "new", True),
    ("status", "not_value", "solved", True),
    ("status", "is_not", "open", False),
    ("priority", "greater_than", "low", True),
    ("priority", "less_than", "low", False),
    ("type", "present", None, False),
    ("type", "not_present", None, True),
    ("comment_is_public", "is", "not_relevant", True),
    ("ticket_is_public", "is", "public", True),
    ("subject_includes_word", "includes", "help", True),
    ("comment_includes_word", "is", "fails with 401", True),
    ("comment_includes_word", "is_not", "fails with 401", False),
    ("current_via_id", "is", "0", True),
    ("current_via_id", "is", "5", False),
    ("requester_id", "is", "current_user", False),
    ("role", "is", "requester_id", False),
    ("role", "is", "agent", True),
]


@pytest.mark.parametrize(("field", "operator", "value", "holds"), CONDITIONS)
def test_a_condition_compares_now_and_before(
    store: SandboxStore, field: str, operator: str, value: Any, holds: bool
) -> None:
    before = store.write_as_client("lin@example.com", "Lin", "It fails with 401", subject="Help")
    after, _ = store.update_ticket(
        1, {"status": "open", "priority": "high", "comment": {"body": "It fails with 401"}}, admin(store)
    )
    moment = rules.Moment({**before, "priority": "high"}, after, store.comments(1)[-1], store.users[admin(store)])
    conditions = condition(field, operator, value)
    rules.check_conditions(conditions)
    assert rules.fires(conditions, moment) is holds


def test_a_custom_field_can_be_a_condition_and_an_action(store: SandboxStore) -> None:
    field = kinds.make(store, "ticket_fields", {"title": "Account", "type": "text"})
    name = f"custom_fields_{field['id']}"
    actions = [{"field": name, "value": "seen"}]
    kinds.make(store, "triggers", {"title": "t", "all": condition(name, "is", "new")["all"], "actions": actions})
    payload = {"comment": {"body": "x"}, "custom_fields": {str(field["id"]): "new"}}
    ticket = store.create_ticket(payload, admin(store))
    assert ticket["custom_fields"] == [{"id": field["id"], "value": "seen"}]


def test_without_a_comment_conditions_on_it_do_not_hold(store: SandboxStore) -> None:
    ticket = store.create_ticket({"comment": {"body": "x"}}, admin(store))
    moment = rules.Moment(ticket, ticket, None, store.users[admin(store)])
    assert not rules.fires(condition("comment_is_public", "is", "true"), moment)
    assert not rules.fires(condition("comment_includes_word", "includes", "x"), moment)


def make_trigger(store: SandboxStore, *actions: dict[str, Any]) -> None:
    rows = condition("update_type", "is", "Create")["all"]
    kinds.make(store, "triggers", {"title": "t", "all": rows, "actions": list(actions)})


def test_a_trigger_may_solve_what_a_person_may_not(store: SandboxStore) -> None:
    make_trigger(store, {"field": "status", "value": "solved"}, {"field": "current_tags", "value": "x"})
    ticket = store.create_ticket({"comment": {"body": "x"}}, admin(store))
    assert (ticket["status"], ticket["tags"]) == ("solved", ["x"])


def test_a_trigger_whose_group_is_gone_changes_nothing(store: SandboxStore) -> None:
    make_trigger(store, {"field": "group_id", "value": "5"}, {"field": "current_tags", "value": "x"})
    ticket = store.create_ticket({"comment": {"body": "x"}}, admin(store))
    assert (ticket["group_id"], ticket["tags"]) == (None, [])


PLACEHOLDERS = [
    ("ticket.title", "Help"),
    ("ticket.status", "new"),
    ("ticket.tags", "a b"),
    ("ticket.link", "/agent/tickets/1"),
    ("ticket.account", "Sandbox"),
    ("ticket.group.name", "Support"),
    ("ticket.requester.first_name", "Lin"),
    ("ticket.requester.email", "lin@lovelace.example.com"),
    ("ticket.requester.custom_fields.plan", "gold"),
    ("ticket.requester.authenticity_token", ""),
    ("ticket.assignee.name", ""),
    ("ticket.organization.name", "Lovelace Optics"),
    ("ticket.latest_comment", "secret"),
    ("ticket.latest_public_comment", "hello there"),
    ("ticket.ticket_field_{field}", "code_a"),
    ("ticket.ticket_field_option_title_{field}", "A title"),
    ("current_user.name", "Zendesk Gupshup"),
    ("user.name", ""),
]


@pytest.mark.parametrize(("name", "value"), PLACEHOLDERS, ids=[row[0] for row in PLACEHOLDERS])
def test_a_placeholder_stands_for_this(store: SandboxStore, name: str, value: str) -> None:
    options = [{"name": "A title", "value": "code_a"}]
    field = kinds.make(store, "ticket_fields", {"title": "Code", "type": "tagger", "custom_field_options": options})
    store.write_as_client("lin@lovelace.example.com", "Lin Doe", "hello there", subject="Help")
    store.upsert_user("lin@lovelace.example.com", user_fields={"plan": "gold"})
    group = next(iter(store.groups))
    store.update_ticket(
        1, {"tags": ["a", "b"], "group_id": group, "comment": {"body": "secret", "public": False}}, admin(store)
    )
    if "field" in name:
        store.update_ticket(1, {"custom_fields": [{"id": field["id"], "value": "code_a"}]}, admin(store))
    body = "{{" + name.replace("{field}", str(field["id"])) + "}}"
    _, audit = store.update_ticket(1, {"comment": {"body": f"[{body}]"}}, admin(store))
    assert audit["events"][0]["plain_body"] == f"[{value}]"


REFUSED: list[dict[str, Any]] = [
    {"group_id": 5},
    {"assignee_id": 5},
    {"status": "asleep"},
    {"priority": "whatever"},
    {"tags": ["x" * 5_200]},
    {"safe_update": True, "updated_stamp": "yesterday"},
]


@pytest.mark.parametrize("change", REFUSED, ids=str)
def test_an_impossible_update_is_refused_and_nothing_is_changed(store: SandboxStore, change: dict[str, Any]) -> None:
    before = store.create_ticket({"comment": {"body": "x"}}, admin(store))
    with pytest.raises(StoreError) as refused:
        store.update_ticket(1, {"comment": {"body": "y"}, **change}, admin(store))
    assert refused.value.status == 422
    assert store.tickets[1] == before
    assert len(store.comments(1)) == 1


def test_a_ticket_is_not_assigned_to_a_client(store: SandboxStore) -> None:
    client = store.upsert_user("lin@example.com", "Lin")
    with pytest.raises(StoreError, match="not an agent"):
        store.create_ticket({"comment": {"body": "x"}, "assignee_id": client["id"]}, admin(store))
    agent = store.create_ticket({"comment": {"body": "x"}, "assignee_email": "ada@example.com"}, admin(store))
    assert (agent["assignee_id"], agent["status"]) == (store.user_by_email("ada@example.com")["id"], "open")


def test_a_requester_is_found_or_made_by_address(store: SandboxStore) -> None:
    for _ in range(2):
        requester = {"email": "New@hopper.example.com", "name": "New", "locale": "es"}
        ticket = store.create_ticket({"comment": {"body": "x"}, "requester": requester}, admin(store))
    user = store.users[ticket["requester_id"]]
    assert (user["name"], user["locale"], len(store.users)) == ("New", "es", 4)
    assert store.organizations[ticket["organization_id"]]["name"] == "Hopper Logistics"
    with pytest.raises(StoreError, match="RecordNotFound"):
        store.create_ticket({"comment": {"body": "x"}, "requester_id": 5}, admin(store))


def test_a_list_of_choices_and_a_checkbox_are_tags_too(store: SandboxStore) -> None:
    options = [{"name": name, "value": name} for name in ("x", "y", "z")]
    many = kinds.make(store, "ticket_fields", {"title": "M", "type": "multiselect", "custom_field_options": options})
    check = kinds.make(store, "ticket_fields", {"title": "C", "type": "checkbox", "tag": "checked"})
    fields = [{"id": many["id"], "value": ["x", "y"]}, {"id": check["id"], "value": True}]
    ticket = store.create_ticket({"comment": {"body": "x"}, "custom_fields": fields}, admin(store))
    assert ticket["tags"] == ["checked", "x", "y"]
    ticket, _ = store.update_ticket(1, {"tags": ["y", "z"]}, admin(store))
    assert [row["value"] for row in ticket["custom_fields"]] == [["y", "z"], False]


def test_a_backlog_can_be_made_to_look_old(store: SandboxStore) -> None:
    ticket = store.create_ticket({"comment": {"body": "x"}}, admin(store), at=1_700_000_000)
    assert ticket["created_at"] == ticket["updated_at"] == "2023-11-14T22:13:20Z"
    assert list(store.changes.after((0, 0), None)) == [(1_700_000_000, 1)]


def test_markup_becomes_the_lines_a_reader_sees() -> None:
    markup = "<div><p>one</p><p>two<br>three</p><ul><li>four</li></ul><p></p><p> &lt;five&gt; </p></div>"
    assert words.plain_of(markup) == "one\n\ntwo\nthree\n\nfour\n\n<five>"


def test_what_a_client_writes_is_no_markup() -> None:
    wanted = '<div class="zd-comment" dir="auto"><p dir="auto">a &lt;b&gt;\n<br>c</p>\n\n<p dir="auto">d</p></div>'
    assert words.html_of("a <b>\nc\n\nd", markdown=False) == wanted


def test_tags_are_taken_from_a_string_or_a_list() -> None:
    assert words.clean_tags("B a,c") == ["a", "b", "c"] == words.clean_tags(["c", "A b"])
    assert words.clean_tags(None) == []


def test_a_macro_may_speak_html_and_name_the_current_user(store: SandboxStore) -> None:
    actions = [
        {"field": "comment_value_html", "value": "<p>Hi {{ticket.requester.name}}</p>"},
        {"field": "assignee_id", "value": "current_user"},
    ]
    macro = kinds.make(store, "macros", {"title": "m", "actions": actions})
    store.write_as_client("lin@example.com", "<Lin>", "x", subject="S")
    ada = store.user_by_email("ada@example.com")["id"]
    comment = store.preview_macro(1, macro["id"])["result"]["ticket"]["comment"]
    assert comment["html_body"] == "<p>Hi &lt;Lin&gt;</p>"
    assert store.apply_macro_as_agent(1, macro["id"], ada)["assignee_id"] == ada
    with pytest.raises(StoreError, match="RecordNotFound"):
        store.preview_macro(1, 5)
    with pytest.raises(StoreError, match="RecordNotFound"):
        store.apply_macro_as_agent(1, 5, ada)


def test_what_was_put_off_and_failed_does_not_stop_the_rest(caplog: pytest.LogCaptureFixture) -> None:
    later, done = Scheduler(workers=1), []

    def fail() -> None:
        raise RuntimeError("no")

    later.after(0, fail)
    later.after(0, lambda: done.append(1))
    assert later.wait_idle()
    later.stop()
    later.after(0, lambda: done.append(2))
    assert (done, later.wait_idle(0)) == ([1], True)
    assert "the sandbox failed at something" in caplog.text


def test_clearing_forgets_what_is_not_due() -> None:
    later = Scheduler(workers=1)
    later.after(3600, lambda: None)
    assert not later.wait_idle(0)
    later.clear()
    assert later.wait_idle(0)
    later.stop()


def test_an_app_without_a_store_has_the_seed() -> None:
    app = create_app(limits=False)
    assert app.state.store.options.limits is False
    assert [group["name"] for group in app.state.store.groups.values()] == ["Support", "WhatsApp N2"]


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8080", "localhost:1", "[::1]:8080", "[::1]"])
def test_this_machine_is_let_in(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["", "example.com", "127.0.0.1.example.com:80", "10.0.0.1:80", "localhost.example.com"]
)
def test_no_other_is(host: str) -> None:
    assert not is_loopback(host)
