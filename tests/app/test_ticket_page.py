"""A ticket's page: it comes from the store alone, masked, for those who may see the ticket."""

from __future__ import annotations

import json
from typing import Any

import pytest
import sqlalchemy as sa

from support.app_desk import ADMIN, AGENT, LIGHT, ORIGIN, AppDesk, PageZendesk
from support.app_tokens import USER
from support.fake_zendesk import TEXT
from zendesk_gupshup.model.outcome_reasons import FailureKind
from zendesk_gupshup.pipeline import Outcome
from zendesk_gupshup.storage.app_actions import AppActions
from zendesk_gupshup.storage.app_store import AppStore
from zendesk_gupshup.storage.dead_letters import DeadLetters

KEY = "sk_" + "a1B2c3D4e5F6" * 3
WINDOW_OVER = "All our WhatsApp messages via Gupshup fail with error code 131047: Re-engagement message"
ERROR = {"namespace": "gupshup_http", "code": "401"}
ASSIST = {"default_mode": "assist"}
DIGEST = "0" * 64


def page(desk: AppDesk, **headers: str) -> Any:
    got = desk.get("tickets/7", desk.bearer(), **headers)
    assert got.status == 200, got.body
    return got.json


def test_a_ticket_that_was_never_seen_is_unseen_for_everybody(engine: sa.Engine) -> None:
    restricted = AGENT | {"ticket_restriction": "assigned"}
    assert page(AppDesk(engine, PageZendesk(restricted))) == {"state": "unseen"}


def test_the_page_of_a_found_error(engine: sa.Engine) -> None:
    desk = AppDesk(engine, PageZendesk(), policy=ASSIST)
    desk.visit()
    shown = page(desk)
    finding = shown["findings"][0]
    assert (finding["error"], finding["confidence"], finding["lead"], finding["mode"]) == (
        ERROR, "certain", True, "assist"
    )  # fmt: skip
    assert finding["evidence"][0]["place"] == {"kind": "comment", "n": 1, "name": None}
    assert "Authentication Failed" in finding["evidence"][0]["quote"]
    told = {name: shown[name] for name in ("ticket_id", "state", "who_acts", "missing", "stale", "feedback", "queued")}
    assert told == {
        "ticket_id": 7, "state": "found", "who_acts": "owner", "missing": ["app_id", "app_name", "owner_email"],
        "stale": False, "feedback": None, "queued": [],
    }  # fmt: skip
    assert shown["ticket_updated_at"] == desk.zendesk.ticket_now.updated_at
    assert [one["what"] for one in shown["sent"]] == ["note"]
    assert (shown["reply"]["language"], shown["reply"]["text"][:9], shown["reply"]["html"][:3]) == (
        "en",
        "Hello Ada",
        "<p>",
    )
    assert shown["draft"]["files"] == ["gupshup-draft-7.txt", "gupshup-owner-guide.en.pdf"]
    assert shown["draft"]["text"].count("\r") == 0
    assert shown["link"]["url"].startswith("https://support.gupshup.io/hc/en-us/requests/new?")
    assert shown["may"] == {"write": True, "draft": True, "send": True}


def test_loading_the_page_asks_zendesk_nothing(engine: sa.Engine) -> None:
    desk = AppDesk(engine, PageZendesk())
    desk.visit()
    bearer = desk.bearer()
    before = (len(desk.zendesk.calls), len(desk.zendesk.asked))
    assert desk.get("tickets/7", bearer).status == 200
    # The role of this user was asked a moment ago: opening the page anew costs nothing either.
    desk.get("tickets/7", desk.bearer())
    assert (len(desk.zendesk.calls), len(desk.zendesk.asked)) == before


def test_after_a_reply_the_page_says_so_and_who_is_waited_for(engine: sa.Engine) -> None:
    desk = AppDesk(engine, PageZendesk())
    desk.visit()
    shown = page(desk)
    assert [one["what"] for one in shown["sent"]] == ["reply", "note"]
    assert (shown["state"], shown["follow_up"]["state"]) == ("handed_over", "awaiting_owner")
    again = page(desk)["follow_up"]
    desk.visit()
    assert page(desk)["follow_up"] == again
    assert [one["what"] for one in page(desk)["sent"]] == ["reply", "note"]


def test_nothing_found_says_what_was_dismissed(engine: sa.Engine) -> None:
    desk = AppDesk(engine, PageZendesk(text="Invoice 401 is open. Thank you."))
    desk.visit()
    shown = page(desk)
    assert (shown["state"], shown["findings"], shown["reply"], shown["who_acts"]) == ("nothing", [], None, None)


@pytest.mark.parametrize("language", ["en", "es", "pt-BR"])
def test_reasons_come_in_the_readers_language(engine: sa.Engine, language: str) -> None:
    desk = AppDesk(engine, PageZendesk(), policy=ASSIST)
    desk.visit()
    desk.post("tickets/7/feedback", desk.bearer(), {"error": ERROR, "verdict": "right"})
    told = {g["name"]: g["text"] for g in page(desk, **{"accept-language": language})["guards"]}
    words = {"en": "an agent has judged", "es": "un agente valoró", "pt-BR": "um agente avaliou"}
    assert told["feedback"].startswith(words[language])


HOSTILE = (
    f"{TEXT}\nGupshup 401 API key {KEY} phone +55 11 91234-5678 <img src=x onerror=alert(1)> \u202eabc {{{{ 7*7 }}}} "
    + "x" * 10_000
)


def test_nothing_secret_leaves_and_everything_is_bounded(engine: sa.Engine) -> None:
    desk = AppDesk(engine, PageZendesk(text=HOSTILE))
    desk.visit()
    got = desk.get("tickets/7", desk.bearer())
    assert got.headers["content-type"] == "application/json"
    assert len(got.body) < 64 * 1024
    stored = desk.store.ticket(7)
    assert stored
    for text in (got.body.decode(), json.dumps(stored.view, ensure_ascii=False)):
        assert KEY not in text
        assert "91234-5678" not in text
        assert "<img" not in json.dumps(got.json["reply"])
    assert max(len(e["quote"]) for f in got.json["findings"] for e in f["evidence"]) <= 520


@pytest.mark.parametrize(
    ("restriction", "ticket", "status"),
    [
        ({}, {}, 200),
        ({"ticket_restriction": "groups"}, {"group_id": 5}, 200),
        ({"ticket_restriction": "groups"}, {"group_id": 6}, 403),
        ({"ticket_restriction": "groups"}, {"group_id": None}, 403),
        ({"ticket_restriction": "assigned"}, {"assignee_id": USER}, 200),
        ({"ticket_restriction": "assigned"}, {"assignee_id": 1}, 403),
        ({"ticket_restriction": "organization", "organization_id": 3}, {}, 200),
        ({"ticket_restriction": "organization", "organization_id": 4}, {}, 403),
        ({"ticket_restriction": "what is that"}, {}, 403),
        ({"custom_role_id": 12}, {"assignee_id": USER}, 403),
    ],
)  # fmt: skip
def test_a_restricted_agent_sees_no_more_than_in_zendesk(
    engine: sa.Engine, restriction: dict[str, Any], ticket: dict[str, Any], status: int
) -> None:
    desk = AppDesk(engine, PageZendesk(AGENT | restriction, **ticket))
    desk.zendesk.answers[f"users/{USER}/group_memberships.json"] = {"group_memberships": [{"group_id": 5}]}
    desk.visit()
    bearer = desk.bearer()
    bodies = {"look": {}, "inserted": {"error": ERROR, "edited": True, "sha256": DIGEST}, "render": {}}
    answers = [desk.get("tickets/7", bearer).status]
    answers += [desk.post(f"tickets/7/{name}", bearer, body).status for name, body in bodies.items()]
    # The one without an access to the role may not write at all.
    assert [answer == 403 for answer in answers] == [status == 403] * 4


def test_an_admin_is_not_restricted(engine: sa.Engine) -> None:
    desk = AppDesk(engine, PageZendesk(ADMIN | {"ticket_restriction": "assigned"}))
    desk.visit()
    assert page(desk)["ticket_id"] == 7


def test_a_light_agent_sees_the_page_and_may_write_nothing(engine: sa.Engine) -> None:
    desk = AppDesk(engine, PageZendesk(LIGHT), policy=ASSIST)
    desk.visit()
    assert page(desk)["may"] == {"write": False, "draft": False, "send": False}
    names = ("facts", "send", "draft", "inserted", "feedback")
    bearer = desk.bearer()
    assert {desk.post(f"tickets/7/{name}", bearer, {}).status for name in names} == {403}
    assert (desk.actions.recorded(7), desk.actions.feedback(7)) == ((), ())
    assert desk.post("tickets/7/look", bearer, {}).status == 202


def test_look_queues_the_ticket_and_the_page_says_so(engine: sa.Engine) -> None:
    desk = AppDesk(engine, PageZendesk())
    desk.visit()
    bearer = desk.bearer()
    for _ in range(2):
        assert desk.post("tickets/7/look", bearer, {}).status == 202
    assert [ticket for _, ticket in desk.queued] == [7, 7]
    assert len({key for key, _ in desk.queued}) == 2
    assert [(one["user_id"], one["action"]) for one in desk.actions.recorded(7)] == [(USER, "look")] * 2


def test_a_look_that_another_version_kept_is_as_good_as_none(engine: sa.Engine) -> None:
    desk = AppDesk(engine, PageZendesk())
    desk.visit()
    stored = desk.store.ticket(7)
    assert stored
    desk.store.keep_ticket(stored.__class__(**{**stored.__dict__, "view": {"new": 1}}))
    assert page(desk) == {"state": "unseen"}


def test_no_draft_invites_a_ticket_that_gupshup_cannot_help_with(engine: sa.Engine) -> None:
    """131047: whoever writes the messages has to use a template."""
    desk = AppDesk(engine, PageZendesk(text=WINDOW_OVER), policy=ASSIST)
    desk.visit()
    shown = page(desk)
    told = (shown["findings"][0]["error"]["code"], shown["who_acts"], shown["draft"], shown["link"], shown["missing"])
    assert told == ("131047", "client", None, None, [])
    assert shown["reply"]["text"]


def test_a_ticket_that_cannot_be_read_is_shown_as_stale(engine: sa.Engine) -> None:
    desk = AppDesk(engine, PageZendesk())
    desk.visit()
    failures = DeadLetters(engine, ORIGIN)
    failures.give_up(7, FailureKind.ATTEMPTS, "ticket 7: 500", 12)
    assert page(desk)["stale"] is True
    failures.clear(7)
    assert page(desk)["stale"] is False


def test_a_ticket_that_is_gone_has_no_page(engine: sa.Engine) -> None:
    desk = AppDesk(engine, PageZendesk())
    desk.keep(Outcome(7, "later", reason="busy"))
    desk.visit()
    desk.keep(Outcome(7, "later", reason="busy"))
    assert page(desk)["ticket_id"] == 7
    desk.keep(Outcome(7, "gone", status=404))
    assert page(desk) == {"state": "unseen"}


@pytest.mark.parametrize("error", [sa.exc.OperationalError("insert", {}, Exception("locked")), KeyError("a bug")])
def test_a_page_that_cannot_be_kept_holds_nothing_up(
    engine: sa.Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    desk = AppDesk(engine, PageZendesk())

    def fail(_: object) -> None:
        raise error

    monkeypatch.setattr(AppStore, "keep_ticket", lambda _, ticket: fail(ticket))
    assert desk.visit().did == "done"
    assert [record.message for record in caplog.records if "page" in record.message]
    assert "Authentication" not in caplog.text


# --- Feedback and insertion ------------------------------------------------------------------------------------------


def test_feedback_is_kept_with_who_gave_it(engine: sa.Engine) -> None:
    desk = AppDesk(engine, PageZendesk(), policy=ASSIST)
    desk.visit()
    bearer = desk.bearer()
    wrong = {
        "error": ERROR, "verdict": "wrong_code", "right_error": {"namespace": "gupshup", "code": "1003"},
        "comment": f"ask ada@example.com about {KEY}",
    }  # fmt: skip
    answer = desk.post("tickets/7/feedback", bearer, wrong).json
    assert answer.keys() == {"recorded_by", "at"}
    shown = page(desk)["feedback"]
    assert {**shown, "at": answer["at"]} == {
        "verdict": "wrong_code", "error": "gupshup_http 401", "right_error": "gupshup 1003", **answer,
        "comment": shown["comment"],
    }  # fmt: skip
    assert KEY not in shown["comment"]
    assert "ada@example.com" not in shown["comment"]
    desk.post("tickets/7/feedback", bearer, {"error": ERROR, "verdict": "right"})
    assert page(desk)["feedback"]["verdict"] == "right"
    assert [one["action"] for one in desk.actions.recorded(7)] == ["feedback", "feedback"]


def test_after_feedback_nothing_is_answered_automatically(engine: sa.Engine) -> None:
    desk = AppDesk(engine, PageZendesk(), policy=ASSIST)
    desk.visit()
    desk.post("tickets/7/feedback", desk.bearer(), {"error": ERROR, "verdict": "not_an_error"})
    auto = AppDesk(engine, desk.zendesk, policy={"default_mode": "auto"})
    outcome = auto.visit()
    assert desk.zendesk.written(public=True) == 0
    assert outcome.look
    assert [guard.name for guard in outcome.look.decision.guards] == ["feedback", "nothing_left"]


def test_without_feedback_it_would_be(engine: sa.Engine) -> None:
    desk = AppDesk(engine, PageZendesk(), policy=ASSIST)
    desk.visit()
    AppDesk(engine, desk.zendesk, policy={"default_mode": "auto"}).visit()
    assert desk.zendesk.written(public=True) == 1


BAD_FEEDBACK: list[tuple[Any, int]] = [
    ({}, 422), ({"error": ERROR}, 422), ({"error": "401", "verdict": "right"}, 422),
    ({"error": ERROR, "verdict": "perhaps"}, 422), ({"error": ERROR, "verdict": "right", "more": 1}, 422),
    ({"error": ERROR, "verdict": "right", "comment": "x" * 501}, 422),
    ({"error": ERROR, "verdict": "wrong_code", "right_error": {"namespace": "gupshup", "code": "99999"}}, 422),
    ({"error": ERROR, "verdict": "wrong_code", "right_error": {"namespace": "x", "code": "1"}}, 422),
    ({"error": {"namespace": "gupshup", "code": "1003"}, "verdict": "right"}, 409),
]  # fmt: skip


@pytest.mark.parametrize(("body", "status"), BAD_FEEDBACK)
def test_feedback_that_makes_no_sense_is_refused(engine: sa.Engine, body: Any, status: int) -> None:
    desk = AppDesk(engine, PageZendesk(), policy=ASSIST)
    desk.visit()
    assert desk.post("tickets/7/feedback", desk.bearer(), body).status == status
    assert desk.actions.feedback(7) == ()


def test_what_was_inserted_is_recorded_without_its_text(engine: sa.Engine) -> None:
    desk = AppDesk(engine, PageZendesk())
    desk.visit()
    body = {"error": ERROR, "edited": True, "sha256": DIGEST}
    assert desk.post("tickets/7/inserted", desk.bearer(), body).status == 204
    (one,) = desk.actions.recorded(7)
    assert (one["user_id"], one["details"]) == (USER, body)


@pytest.mark.parametrize(("error", "queued"), [(ERROR, ["inserted"]), ({"namespace": "gupshup", "code": "1003"}, [])])
def test_that_this_reply_was_inserted_is_known_after_a_later_look(
    engine: sa.Engine, error: dict[str, str], queued: list[str]
) -> None:
    desk = AppDesk(engine, PageZendesk())
    for action in ("inserted", "send"):
        AppActions(engine, ORIGIN, now=lambda: 1).record(action, 7, USER, {"error": error})
    desk.visit()
    assert page(desk)["queued"] == queued


@pytest.mark.parametrize(
    "body",
    [{}, {"error": ERROR, "edited": "perhaps", "sha256": DIGEST}, {"error": ERROR, "edited": True, "sha256": "x"}],
)
def test_an_insertion_of_another_form_is_refused(engine: sa.Engine, body: Any) -> None:
    desk = AppDesk(engine, PageZendesk())
    desk.visit()
    assert desk.post("tickets/7/inserted", desk.bearer(), body).status == 422


@pytest.mark.parametrize("name", ["inserted", "feedback", "send", "draft", "facts", "render"])
def test_of_a_ticket_that_was_never_seen_nothing_is_known(engine: sa.Engine, name: str) -> None:
    bodies: dict[str, Any] = {
        "inserted": {"error": ERROR, "edited": True, "sha256": DIGEST}, "facts": {"app_name": "Shop"},
        "feedback": {"error": ERROR, "verdict": "right"}, "send": {"error": ERROR}, "draft": {"error": ERROR},
    }  # fmt: skip
    desk = AppDesk(engine, PageZendesk())
    got = desk.post(f"tickets/7/{name}", desk.bearer(), bodies.get(name, {}), Idempotency_Key="a" * 16)
    assert (got.status, got.json["error"]) == (404, "gone")
