"""What a page asks of the ticket in Zendesk: rendered anew, facts saved, a reply sent once, a draft asked for once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from support.answered_ticket import note
from support.app_desk import AppDesk, Got, PageZendesk
from support.app_tokens import USER
from support.fake_zendesk import broken, stamp
from zendesk_gupshup.decide.account import TicketFields
from zendesk_gupshup.model.ticket import CustomField, Ticket
from zendesk_gupshup.zendesk.errors import Busy, Conflict, OutcomeUnknown, TicketGone, Unreachable

ERROR = {"namespace": "gupshup_http", "code": "401"}
OTHER = {"namespace": "gupshup", "code": "1003"}
ASSIST = {"default_mode": "assist"}
KEY = "0123456789abcdef"
APP_ID = "11111111-2222-3333-4444-555555555555"


@pytest.fixture
def desk(engine: sa.Engine) -> AppDesk:
    """A ticket with a note of ours on it."""
    made = AppDesk(engine, PageZendesk(), policy=ASSIST)
    made.visit()
    return made


def post(desk: AppDesk, name: str, body: Any, key: str | None = KEY) -> Got:
    headers = {"Idempotency_Key": key} if key else {}
    return desk.post(f"tickets/7/{name}", desk.bearer(), body, **headers)


def error(got: Got) -> tuple[int, str]:
    return got.status, got.json["error"]


# --- Render ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "shown", "greeting"),
    [
        ("es", "es", "Hola"),
        ("pt-BR", "pt", "Olá"),
        ("en", "en", "Hello"),
        (None, "en", "Hello"),
        ("fr", "fr", "Bonjour"),
    ],
)
def test_the_reply_in_another_language(desk: AppDesk, language: str | None, shown: str, greeting: str) -> None:
    before = (desk.zendesk.updates, desk.store.ticket(7))
    made = post(desk, "render", {} if language is None else {"language": language}).json
    assert made.keys() == {"reply", "draft", "link"}
    assert (made["reply"]["language"], made["reply"]["text"].split()[0].rstrip(",")) == (shown, greeting)
    assert (desk.zendesk.updates, desk.store.ticket(7)) == before


def test_the_draft_with_other_facts_stores_nothing(desk: AppDesk) -> None:
    facts = {"app_name": "Shop", "app_id": APP_ID, "owner_email": "olga@example.com"}
    made = post(desk, "render", {"facts": facts}).json
    assert [value in made["draft"]["text"] for value in facts.values()] == [True] * 3
    assert desk.zendesk.fields == {}


@pytest.mark.parametrize(
    "body",
    [
        {"language": "xx"}, {"language": "english"}, {"language": 1}, {"facts": {"app_id": "1"}}, {"more": 1},
        {"language": "../../etc"}, {"facts": []},
    ],
)  # fmt: skip
def test_what_cannot_be_rendered_is_refused(desk: AppDesk, body: Any) -> None:
    assert error(post(desk, "render", body)) == (422, "refused")


def test_a_reply_to_an_error_that_is_gone_cannot_be_rendered(desk: AppDesk) -> None:
    (first, *_) = desk.zendesk.ticket_now.comments
    thanks = first.model_copy(update={"body": "Thank you.", "plain_body": "Thank you."})
    desk.zendesk.ticket_now = desk.zendesk.ticket_now.model_copy(update={"comments": (thanks,), "tags": ()})
    assert error(post(desk, "render", {})) == (409, "changed")


# --- Facts -------------------------------------------------------------------------------------------------------


def test_facts_are_written_to_the_organization_and_shown(desk: AppDesk) -> None:
    given = {"app_name": " Shop ", "owner_email": "olga@example.com"}
    got = post(desk, "facts", {**given, "expected": {"app_name": None, "owner_email": None}})
    assert got.status == 200
    assert desk.zendesk.fields == {"gupshup_app_name": "Shop", "gupshup_owner_email": "olga@example.com"}
    assert (got.json["missing"], got.json["facts"]) == (
        ["app_id"],
        {
            "app_name": "Shop", "app_id": None, "account_id": None, "owner_email": "olga@example.com",
            "sources": {"app_name": "organization field", "owner_email": "organization field"},
        },
    )  # fmt: skip
    assert "Shop" in got.json["draft"]["text"]
    assert desk.get("tickets/7", desk.bearer()).json["facts"] == got.json["facts"]
    (one,) = desk.actions.recorded(7)
    assert (one["user_id"], one["action"], one["details"]) == (USER, "facts", {"names": ["app_name", "owner_email"]})


@pytest.mark.parametrize("expected", [{}, {"app_name": None}, {"app_name": "Old"}])
def test_facts_that_changed_meanwhile_are_not_overwritten(desk: AppDesk, expected: dict[str, Any]) -> None:
    desk.zendesk.fields["gupshup_app_name"] = "New"
    got = post(desk, "facts", {"app_name": "Mine", "expected": expected})
    assert (*error(got), got.json["fields"]) == (409, "changed", {"app_name": "changed meanwhile"})
    assert desk.zendesk.fields == {"gupshup_app_name": "New"}


def test_a_change_at_the_last_moment_is_not_overwritten(desk: AppDesk) -> None:
    get = desk.zendesk.get

    def faster(path: str, **params: Any) -> Any:
        if path == "organizations/3.json":
            desk.zendesk.fields["gupshup_app_name"] = "Theirs"
        return get(path, **params)

    desk.zendesk.get = faster
    assert error(post(desk, "facts", {"app_name": "Mine"})) == (409, "changed")
    assert desk.zendesk.fields == {"gupshup_app_name": "Theirs"}


def test_a_ticket_that_changes_at_this_moment_leaves_both_as_they_are(engine: sa.Engine) -> None:
    zendesk = PageZendesk(custom_fields=(CustomField(id=31, value="Old"),))
    desk = AppDesk(engine, zendesk, policy={**ASSIST, "fields": TicketFields(app_name=31)})
    desk.visit()
    zendesk.faults[zendesk.updates + 1] = broken(Conflict("changed"), applied=False)
    assert error(post(desk, "facts", {"app_name": "Shop", "expected": {"app_name": "Old"}})) == (409, "changed")
    assert (zendesk.ticket_now.field(31), zendesk.fields) == ("Old", {})


def test_a_field_that_the_account_lacks_is_told(desk: AppDesk) -> None:
    desk.zendesk.write = lambda *_: {"organization": {"organization_fields": {}}}
    got = post(desk, "facts", {"app_name": "Shop"})
    assert (*error(got), list(got.json["fields"])) == (422, "refused", ["app_name"])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"app_name": ""}, "app_name"), ({"app_name": "a\nb"}, "app_name"), ({"app_name": "x" * 255}, "app_name"),
        ({"app_name": "sk_" + "a1B2c3D4e5F6" * 3}, "app_name"), ({"app_name": 5}, "app_name"),
        ({"app_id": "nine"}, "app_id"), ({"account_id": "12ab"}, "account_id"),
        ({"owner_email": "olga"}, "owner_email"), ({"owner_email": "a@b.example, c@d.example"}, "owner_email"),
        ({"owner_email": "{{x}}@b.example"}, "owner_email"),
        ({"color": "red"}, "color"), ({"app_name": "A", "expected": {"app_name": 7}}, "expected.app_name"),
    ],
)  # fmt: skip
def test_each_field_says_what_is_wrong_with_it(desk: AppDesk, body: Any, field: str) -> None:
    got = post(desk, "facts", body)
    assert (got.status, list(got.json["fields"])) == (422, [field])
    assert desk.zendesk.fields == {}


def test_without_a_value_or_an_organization_there_is_nothing_to_save(engine: sa.Engine, desk: AppDesk) -> None:
    assert error(post(desk, "facts", {"expected": {}})) == (422, "refused")
    alone = AppDesk(engine, PageZendesk(organization_id=None, organization=None), policy=ASSIST)
    alone.visit()
    assert error(post(alone, "facts", {"app_name": "Shop"})) == (422, "refused")


def test_what_the_ticket_itself_says_is_changed_on_the_ticket(engine: sa.Engine) -> None:
    zendesk = PageZendesk(custom_fields=(CustomField(id=31, value="Old"),))
    desk = AppDesk(engine, zendesk, policy={**ASSIST, "fields": TicketFields(app_name=31)})
    desk.visit()
    assert post(desk, "facts", {"app_name": "Shop", "expected": {"app_name": "Old"}}).status == 200
    assert zendesk.ticket_now.field(31) == "Shop"
    assert zendesk.fields == {"gupshup_app_name": "Shop"}


# --- Send and draft ----------------------------------------------------------------------------------------------


def test_the_worker_sends_the_proposed_reply_once(desk: AppDesk) -> None:
    for _ in range(2):
        got = post(desk, "send", {"error": ERROR})
        assert (got.status, got.json) == (202, {"job": KEY})
    assert desk.queued == [(f"app:send:7:{USER}:{KEY}", 7)]
    assert desk.get("tickets/7", desk.bearer()).json["queued"] in ([], ["send"])
    desk.visit()
    desk.visit()
    assert desk.zendesk.written(public=True) == 1
    # The answer to the first request was lost: the page asks once more, with the same key.
    assert post(desk, "send", {"error": ERROR}).status == 202
    desk.visit()
    assert desk.zendesk.written(public=True) == 1
    (one,) = [one for one in desk.actions.recorded(7) if one["action"] == "send"]
    assert (one["user_id"], one["done"], one["details"]) == (USER, True, {"error": "gupshup_http 401"})


def test_another_key_does_not_send_what_was_sent(desk: AppDesk) -> None:
    post(desk, "send", {"error": ERROR})
    desk.visit()
    assert error(post(desk, "send", {"error": ERROR}, "another-key-0")) == (409, "changed")
    desk.visit()
    assert desk.zendesk.written(public=True) == 1


@pytest.mark.parametrize("public", [False, True])
@pytest.mark.parametrize(
    ("kind", "before", "proposed"),
    [
        ("reminder", "reminder_1", "reminder_2"),
        ("incident", "incident_gupshup__1003", "incident_http_401"),
    ],
)
def test_a_click_that_would_be_about_another_text_is_refused(
    desk: AppDesk, kind: str, before: str, proposed: str, *, public: bool
) -> None:
    """The tag would send the reminder, or the reply about an incident, and the page shows the code's own reply."""
    deed = "replied" if public else "noted"
    first = note(marker=f"gupshup_{deed}__{before}", codes=()).model_copy(update={"id": 90, "public": public})
    second = note(marker=f"gupshup_noted__{proposed}", codes=()).model_copy(update={"id": 91})
    ticket = desk.zendesk.ticket_now
    desk.zendesk.ticket_now = ticket.model_copy(update={"comments": (*ticket.comments, first, second)})
    desk.visit()
    shown = desk.get("tickets/7", desk.bearer()).json
    kept = kind if public else f"{kind}_note"
    assert [one["what"] for one in shown["sent"]] == ["note", kept, f"{kind}_note"]
    assert shown["may"] == {"write": True, "draft": True, "send": False}
    updates = desk.zendesk.updates
    assert error(post(desk, "send", {"error": ERROR})) == (409, "changed")
    assert desk.zendesk.updates == updates


def test_two_agents_at_the_same_moment_send_one_reply(desk: AppDesk) -> None:
    bearer = desk.bearer()

    def ask(number: int) -> int:
        key = f"key-of-agent-{number}"
        return desk.post("tickets/7/send", bearer, {"error": ERROR}, Idempotency_Key=key).status

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(ask, range(4))) <= {202, 409}
    for _ in range(3):
        desk.visit()
    assert desk.zendesk.written(public=True) == 1


def test_a_draft_is_written_once_however_often_it_is_asked_for(desk: AppDesk) -> None:
    notes = desk.zendesk.written(public=False)
    # The note of the first visit has the draft; there has to be news.
    desk.zendesk.fields["gupshup_app_name"] = "Shop"
    for _ in range(3):
        assert post(desk, "draft", {"error": ERROR}).status == 202
        desk.visit()
    assert desk.zendesk.written(public=False) == notes + 1
    assert desk.zendesk.written(public=True) == 0


@pytest.mark.parametrize("name", ["send", "draft"])
@pytest.mark.parametrize(
    ("body", "key", "expected"),
    [
        ({"error": ERROR}, None, (422, "refused")),
        ({"error": ERROR}, "short", (422, "refused")),
        ({}, KEY, (422, "refused")),
        ({"error": ERROR, "text": "my own words"}, KEY, (422, "refused")),
        ({"error": OTHER}, KEY, (409, "changed")),
    ],
)
def test_a_request_that_does_not_fit_writes_nothing(
    desk: AppDesk, name: str, body: Any, key: str | None, expected: tuple[int, str]
) -> None:
    before = desk.zendesk.updates
    assert error(post(desk, name, body, key)) == expected
    assert (desk.zendesk.updates, desk.queued) == (before, [])


def test_without_a_proposal_nothing_can_be_sent(engine: sa.Engine) -> None:
    desk = AppDesk(engine, PageZendesk(), policy={"default_mode": "observe"})
    desk.visit()
    assert error(post(desk, "send", {"error": ERROR})) == (409, "changed")
    assert desk.zendesk.updates == 0


@pytest.mark.parametrize("status", ["closed", "deleted"])
def test_a_closed_ticket_is_not_written_to(desk: AppDesk, status: str) -> None:
    desk.zendesk.ticket_now = desk.zendesk.ticket_now.model_copy(update={"status": status})
    assert error(post(desk, "send", {"error": ERROR})) == (409, "changed")


FAULTS: list[tuple[Callable[[], Exception], bool, int]] = [
    (lambda: Conflict("changed"), False, 409),
    (lambda: TicketGone("gone"), False, 409),
    (lambda: Busy("rate limit", retry_after=9), False, 503),
    (lambda: Unreachable("away"), False, 503),
    # Applied, and the answer was lost.
    (lambda: OutcomeUnknown("timed out"), True, 503),
]


@pytest.mark.parametrize(("fault", "applied", "status"), FAULTS)
def test_after_a_fault_the_same_key_sends_it_and_once(
    desk: AppDesk, fault: Callable[[], Any], applied: bool, status: int
) -> None:
    desk.zendesk.faults[desk.zendesk.updates + 1] = broken(fault(), applied=applied)
    assert post(desk, "send", {"error": ERROR}).status == status
    assert post(desk, "send", {"error": ERROR}).status == 202
    for _ in range(2):
        desk.visit()
    assert desk.zendesk.written(public=True) == 1


def test_a_tag_that_zendesk_does_not_keep_is_told(desk: AppDesk) -> None:
    desk.zendesk.kept = lambda tags: tuple(tag for tag in tags if tag != "gupshup_send")
    assert error(post(desk, "send", {"error": ERROR})) == (409, "changed")
    assert desk.queued == []


class SlowPage(PageZendesk):
    """Before the update it is read in the second of a change, and in that second somebody sets a tag more."""

    meanwhile = True

    def ticket(self, ticket_id: int, *, comments: bool = True) -> Ticket:
        if comments or not self.meanwhile:
            return super().ticket(ticket_id, comments=comments)
        self.meanwhile = False
        self.ticket_now = self.ticket_now.model_copy(update={"updated_at": stamp(self.now)})
        read = super().ticket(ticket_id, comments=comments)
        self.ticket_now = self.ticket_now.model_copy(update={"tags": (*self.ticket_now.tags, "vip")})
        self.now += 1
        return read


def test_a_tag_that_is_set_in_the_second_of_the_read_stays(engine: sa.Engine) -> None:
    desk = AppDesk(engine, SlowPage(), policy=ASSIST)
    desk.visit()
    desk.zendesk.meanwhile = True
    assert post(desk, "draft", {"error": ERROR}).status == 202
    assert "vip" in desk.zendesk.ticket_now.tags
