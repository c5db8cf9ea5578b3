"""The console's endpoints through the app's routes: for admins on its page alone, in three languages, masked."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from support.app_desk import ADMIN, AGENT, LIGHT, ORIGIN, AppDesk, TableZendesk
from support.app_tokens import USER
from support.ledger_entries import entry
from zendesk_gupshup.app.console import ConsoleParts, console_endpoints
from zendesk_gupshup.app.seen import SeenTicket
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.ledger.ledger import Ledger
from zendesk_gupshup.model.detection_reasons import Rule
from zendesk_gupshup.model.outcome_reasons import FailureKind, GuardName
from zendesk_gupshup.pipeline import Brain
from zendesk_gupshup.render.catalogue import Templates
from zendesk_gupshup.render.reasons import in_words
from zendesk_gupshup.storage.app_actions import AppActions, Feedback
from zendesk_gupshup.storage.app_store import AppStore
from zendesk_gupshup.storage.app_tables import APP_TICKET
from zendesk_gupshup.storage.dead_letters import DeadLetters
from zendesk_gupshup.storage.engine import open_engine

NOON = int(datetime(2026, 11, 21, 12, tzinfo=UTC).timestamp())
STAMP = "2026-11-21T11:59:00Z"
REFUSED = {"error": {"namespace": "gupshup_http", "code": "401"}, "confidence": "certain"}
LISTS = ("decisions", "held", "failures", "modes", "incidents", "unknown", "templates", "report")
KEY = "sk_7d9f2c1ab84e4c06b3a5f0d21c6e9b47"
PHONE = "+593 99 812 3456"


@pytest.fixture(scope="module")
def brain() -> Brain:
    return Brain(dictionary=load(), templates=Templates.load())


class Console:
    """The app with the console on it, over a store of its own."""

    def __init__(self, folder: Path, brain: Brain, user: dict[str, Any]) -> None:
        self.queued: list[tuple[str, int]] = []
        engine = open_engine(None, folder)
        self.ledger = Ledger(engine, ORIGIN)
        self.ledger.start_live()
        parts = ConsoleParts(
            self.ledger, brain, self._queue, f"{ORIGIN}/agent/tickets/", retention_days=400, now=lambda: NOON
        )
        self.desk = AppDesk(engine, TableZendesk(user), endpoints=console_endpoints(parts))
        self._bearer: dict[str, str] = {}

    def _queue(self, key: str, ticket_id: int) -> None:
        self.queued.append((key.rpartition(":")[0], ticket_id))

    @property
    def bearer(self) -> dict[str, str]:
        self._bearer = self._bearer or self.desk.bearer("console")
        return self._bearer

    def get(self, path: str, language: str = "en") -> Any:
        got = self.desk.get(f"console/{path}", self.bearer, **{"accept-language": language})
        return (got.status, got.json)

    def post(self, path: str, body: Any) -> Any:
        got = self.desk.post(f"console/{path}", self.bearer, body)
        return (got.status, got.json)

    def fail(self, *tickets: int, reason: str = "no answer") -> None:
        letters = DeadLetters(self.ledger.engine, ORIGIN, now=lambda: NOON)
        for ticket_id in tickets:
            letters.give_up(ticket_id, FailureKind.ATTEMPTS, reason, 3)


@pytest.fixture
def console(tmp_path: Path, brain: Brain) -> Console:
    return Console(tmp_path, brain, ADMIN)


# --- Who may ---------------------------------------------------------------------------------------------------

_POSTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("templates/preview", {"name": "remedy"}),
    ("failures/7/retry", {}),
    ("failures/7/drop", {"reason": "tested"}),
)


@pytest.mark.parametrize("user", [AGENT, LIGHT])
def test_an_agent_cannot_open_the_console(tmp_path: Path, brain: Brain, user: dict[str, Any]) -> None:
    assert Console(tmp_path, brain, user).desk.open("console").status == 403


@pytest.mark.parametrize("user", [AGENT, ADMIN])
def test_a_session_of_the_sidebar_gets_nothing_of_the_console(
    tmp_path: Path, brain: Brain, user: dict[str, Any]
) -> None:
    console = Console(tmp_path, brain, user)
    console.fail(7)
    bearer = console.desk.bearer("sidebar")
    statuses = [console.desk.get(f"console/{name}", bearer).status for name in LISTS]
    statuses += [console.desk.post(f"console/{path}", bearer, body).status for path, body in _POSTS]
    assert (set(statuses), console.queued) == ({403}, [])


def test_nobody_gets_anything_without_a_session(console: Console) -> None:
    statuses = [console.desk.get(f"console/{name}", {}).status for name in LISTS]
    statuses += [console.desk.post(f"console/{path}", {}, body).status for path, body in _POSTS]
    assert set(statuses) == {401}


def test_an_admin_who_lost_the_role_loses_the_console(console: Console) -> None:
    assert console.get("held")[0] == 200
    AppStore(console.ledger.engine, ORIGIN).keep_access(USER, {"id": USER, "role": "agent", "may_write": True})
    statuses = [console.get(name)[0] for name in LISTS] + [console.post(path, body)[0] for path, body in _POSTS]
    assert set(statuses) == {403}


def test_reading_asks_zendesk_for_the_role_and_nothing_else(console: Console) -> None:
    console.ledger.record(entry(7, at=NOON, findings=[REFUSED]))
    statuses = [console.get(name)[0] for name in LISTS]
    assert (set(statuses), console.desk.zendesk.asked) == ({200}, [f"users/{USER}.json"])


# --- What is told ------------------------------------------------------------------------------------------------


def test_a_decision_is_told_whole(console: Console) -> None:
    write = {
        "kind": "note",
        "marker": "gupshup_noted__http_401",
        "public": False,
        "files": ["gupshup-draft-7.txt"],
        "before": {"updated_at": STAMP, "tags": ["vip"]},
        "after": {"updated_at": "2026-11-21T12:00:00Z", "tags": ["gupshup__http_401", "vip"]},
        "audit_id": 99,
    }
    number = console.ledger.record(
        entry(
            7, at=NOON, stamp=STAMP, did="done", mode="assist", kind="owner_escalation", language="es",
            findings=[REFUSED | {"variant": "authentication_failed"}], guards=["stale"], missing=["app_name"],
            unknown=["3001"], planned=[{"kind": "note", "add_tags": ["gupshup__http_401"]}], writes=[write],
        )
    )  # fmt: skip
    status, found = console.get("decisions", "es-419")
    finding = found["rows"][0].pop("findings")[0]
    assert (finding["error"], finding["name"], finding["confidence"], finding["variant"]) == (
        REFUSED["error"], "gupshup_http 401", "certain", "authentication_failed"
    )  # fmt: skip
    assert (status, found) == (
        200,
        {
            "rows": [
                {
                    "id": number,
                    "ticket_id": 7,
                    "at": "2026-11-21T12:00:00Z",
                    "run": "live",
                    "outcome": "noted",
                    "reason": None,
                    "mode": "assist",
                    "kind": "owner_escalation",
                    "language": "es",
                    "symptoms": 0,
                    "unknown": ["3001"],
                    "guards": [{"name": "stale", "text": "Lo que escribió el cliente es demasiado antiguo"}],
                    "missing": ["app_name"],
                    "planned": [{"kind": "note", "tags": ["gupshup__http_401"], "group": None, "status": None}],
                    "writes": [
                        {
                            "kind": "note",
                            "at": "2026-11-21T12:00:00Z",
                            "public": False,
                            "files": ["gupshup-draft-7.txt"],
                            "tags": ["gupshup__http_401"],
                            "audit_id": 99,
                        }
                    ],
                    "attempt": 1,
                    "evidence": None,
                }
            ],
            "next": None,
            "tickets": f"{ORIGIN}/agent/tickets/",
        },
    )


def keep(console: Console, view: Any, *, stamp: str = STAMP) -> None:
    """As the worker keeps what a look at ticket 7 saw."""
    table, values = APP_TICKET, {"account": ORIGIN, "ticket_id": 7, "at": NOON, "stamp": stamp, "view": view}
    with console.ledger.engine.begin() as connection:
        connection.execute(sa.insert(table).values(**values))


def quoted(console: Console, view: Any, *, stamp: str = STAMP) -> Any:
    keep(console, view, stamp=stamp)
    console.ledger.record(entry(7, at=NOON, stamp=STAMP, findings=[REFUSED]))
    return console.get("decisions")[1]["rows"][0]["evidence"]


QUOTE = {"quote": "401 Unauthorized", "place": {"kind": "comment", "n": 2}, "rule": Rule.ANSWER()}


def seen(*quotes: Any, **more: Any) -> Any:
    """A look as the app keeps it."""
    plain: dict[str, Any] = {"variant": None, "kind": "owner_escalation", "mode": "auto", "against": []}
    finding: dict[str, Any] = REFUSED | plain | {"evidence": quotes}
    return SeenTicket.model_validate({"findings": [finding]} | more).model_dump(mode="json")


@pytest.mark.parametrize("same", [True, False])
def test_the_evidence_is_that_of_the_last_look_and_says_so(console: Console, same: bool) -> None:
    found = quoted(console, seen(QUOTE), stamp=STAMP if same else "2026-11-22T00:00:00Z")
    place = {"place": "comment", "number": 2, "file": ""}
    quote = {"code": "gupshup_http 401", "quote": "401 Unauthorized", **place, "rule": in_words(Rule.ANSWER())}
    assert found == {"at": "2026-11-21T12:00:00Z", "same": same, "quotes": [quote]}


@pytest.mark.parametrize("view", [{"findings": None}, {"findings": [None, 7, {"evidence": "x"}]}, {"later": 1}, []])
def test_what_another_version_stored_is_no_evidence_and_no_error(console: Console, view: Any) -> None:
    assert quoted(console, view) is None


HELD = {
    "did": "done", "findings": [REFUSED], "mode": "assist",
    "planned": [{"kind": "note", "marker": "gupshup_noted__http_401"}],
    "would": [{"kind": "reply", "marker": "gupshup_replied__http_401"}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("more", "held"),
    [
        ({}, [7]),
        ({"guards": [GuardName.AGENT_ANSWERED()]}, []),
        ({"guards": [GuardName.STALE(error="gupshup_http 401", hours=72)]}, [7]),
        ({"sent": [{"what": "note", "at": NOON}]}, [7]),
        ({"sent": [{"what": "reply", "at": NOON}]}, []),
    ],
)
def test_a_reply_is_held_until_a_look_sees_the_ticket_answered(
    console: Console, more: dict[str, Any], held: list[int]
) -> None:
    console.ledger.record(entry(7, at=NOON, **HELD))
    keep(console, seen(QUOTE, **more))
    assert [row["ticket_id"] for row in console.get("held")[1]["rows"]] == held


def test_a_preview_of_a_ticket_has_its_facts_and_its_quotes(console: Console) -> None:
    console.ledger.record(entry(7, at=NOON, created=NOON, findings=[REFUSED]))
    keep(console, seen(QUOTE, app={"app_name": "Bakery", "owner_email": "owner@example.org"}))
    note = console.post("templates/preview", {"name": "gupshup_http 401", "ticket": 7})[1]["updates"][1]["html"]
    assert [word for word in ("Bakery", "owner@example.org", "401 Unauthorized", "comment 2") if word not in note] == []


def test_neither_a_key_nor_a_telephone_number_leaves(console: Console) -> None:
    hostile = f"api key {KEY} call {PHONE} <img src=x onerror=alert(1)>"
    keep(console, seen(QUOTE | {"quote": hostile}))
    reason = f"refused: apikey={KEY}, {PHONE}, ada@example.com"
    console.ledger.record(entry(7, at=NOON, did="failed", reason=reason, findings=[REFUSED]))
    console.fail(7, reason=reason)
    assert console.post("failures/7/drop", {"reason": f"said ada@example.com at {PHONE}"})[0] == 200
    told = {name: json.dumps(console.get(name)) for name in (*LISTS, "failures?dropped=1")}
    leaked = [
        (name, word) for name in told for word in (KEY, PHONE, "812 3456", "ada@example.com") if word in told[name]
    ]
    assert leaked == []
    assert "<img src=x onerror=alert(1)>" in told["decisions"]


def test_other_accounts_in_the_same_database_are_not_told_of(console: Console) -> None:
    other = Ledger(console.ledger.engine, "https://other.zendesk.com")
    other.record(entry(4242, at=NOON, findings=[REFUSED], unknown=["3001"]))
    DeadLetters(console.ledger.engine, "https://other.zendesk.com").give_up(4242, FailureKind.ATTEMPTS, "no", 1)
    AppActions(console.ledger.engine, "https://other.zendesk.com").keep_feedback(
        Feedback(4242, 1, NOON, "right", "gupshup_http 401")
    )
    found = [console.get(name)[1] for name in LISTS if name not in ("templates", "modes", "report")]
    assert [one["rows"] for one in found] == [[]] * len(found)
    assert {row["tickets"] for row in console.get("modes")[1]["rows"]} == {0}
    assert [row["agreement"] for row in console.get("modes")[1]["rows"] if row["agreement"]] == []


def test_a_mode_stands_beside_what_agents_said_and_did(console: Console) -> None:
    actions = AppActions(console.ledger.engine, ORIGIN, now=lambda: NOON)
    for user, verdict in ((1, "right"), (2, "right"), (3, "wrong_code"), (4, "not_an_error")):
        actions.keep_feedback(Feedback(7, user, NOON, verdict, "gupshup_http 401"))  # type: ignore[arg-type]  # the case holds a verdict as text
    for ticket_id, edited in ((7, False), (8, True), (9, True)):
        actions.record("inserted", ticket_id, 1, {"error": REFUSED["error"], "edited": edited})
    console.ledger.record(entry(7, at=NOON, findings=[REFUSED]))
    row = console.get("modes", "pt-BR,en;q=0.5")[1]["rows"][0]
    assert (row["name"], row["mode"], row["source"], row["tickets"], row["brands"]) == (
        "gupshup_http 401", "auto", "kind", 1, []
    )  # fmt: skip
    assert row["agreement"] == {"right": 2, "wrong_code": 1, "not_an_error": 1, "inserted": 1, "edited": 2}
    assert row["change"] == [
        {"mode": "observe", "lines": ['"gupshup_http 401" = "observe"'], "raises_cap": False},
        {"mode": "assist", "lines": ['"gupshup_http 401" = "assist"'], "raises_cap": False},
    ]


def test_the_first_page_of_templates_says_what_can_be_shown(console: Console) -> None:
    first = console.get("templates")[1]
    second = console.get(f"templates?cursor={first['next']}")[1]
    assert ("choices" in first, "choices" in second, len(first["rows"])) == (True, False, 50)


def test_a_preview_is_html_that_nothing_can_be_smuggled_into(console: Console) -> None:
    console.ledger.record(
        entry(7, at=NOON, created=NOON, findings=[REFUSED], app="5b0f8a52-9a0e-4f1c-8a55-3f2d7c1e9b10")
    )
    status, found = console.post("templates/preview", {"name": "gupshup_http 401", "language": "pt", "ticket": 7})
    assert (status, [one["public"] for one in found["updates"]]) == (200, [True, False])
    assert "5b0f8a52-9a0e-4f1c-8a55-3f2d7c1e9b10" in found["updates"][0]["html"]
    assert not [word for word in ("<script", "<style", "<img", "onerror") if word in json.dumps(found)]


def test_a_report_is_made_once_a_minute_for_each_length_and_language(console: Console) -> None:
    console.ledger.record(entry(7, at=NOON, did="done", findings=[REFUSED]))
    first = console.get("report?days=7")[1]
    console.ledger.record(entry(8, at=NOON, did="done", findings=[REFUSED]))
    values = [
        console.get(path, language)[1]["tiles"][0]["value"]
        for path, language in (("report?days=7", "en"), ("report?days=30", "en"), ("report?days=7", "es"))
    ]
    assert (first["tiles"][0]["value"], values) == ("1", ["1", "2", "2"])


# --- Failures ------------------------------------------------------------------------------------------------------


def test_a_retry_queues_the_ticket_and_records_who_asked(console: Console) -> None:
    console.fail(7)
    assert console.post("failures/7/retry", {}) == (202, {"ticket_id": 7, "state": "retrying"})
    recorded = AppActions(console.ledger.engine, ORIGIN).recorded(7)
    action = {"user_id": USER, "at": NOON, "action": "retry", "done": True, "details": {}}
    assert (console.queued, recorded) == ([("retry:7", 7)], (action,))


def test_a_drop_needs_a_reason_and_records_who_asked(console: Console) -> None:
    console.fail(7)
    assert [console.post("failures/7/drop", body)[0] for body in ({}, {"reason": " "}, {"reason": "x" * 301})] == [
        422
    ] * 3
    assert console.post("failures/7/drop", {"reason": "a test"}) == (200, {"ticket_id": 7, "state": "dropped"})
    assert [one["action"] for one in AppActions(console.ledger.engine, ORIGIN).recorded(7)] == ["drop"]
    assert console.get("failures")[1]["rows"] == []
    assert console.get("failures?dropped=1")[1]["rows"][0]["dropped_because"] == "a test"


@pytest.mark.parametrize(("path", "body"), [("failures/8/retry", {}), ("failures/8/drop", {"reason": "none"})])
def test_a_ticket_that_is_not_listed_is_left_alone_and_nothing_is_recorded(
    console: Console, path: str, body: dict[str, Any]
) -> None:
    console.fail(7)
    status, found = console.post(path, body)
    assert (status, found["error"], console.queued) == (404, "gone", [])
    assert AppActions(console.ledger.engine, ORIGIN).recorded(8) == ()


def test_the_console_writes_ten_times_a_minute(console: Console) -> None:
    console.fail(*range(1, 13))
    statuses = [console.post(f"failures/{number}/retry", {})[0] for number in range(1, 13)]
    assert statuses == [202] * 10 + [429] * 2


# --- What makes no sense -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("decisions?code=401", "code"), ("decisions?mode=loud", "mode"), ("decisions?outcome=fine", "outcome"),
        ("decisions?day=yesterday", "day"), ("decisions?ticket=0", "ticket"), ("decisions?colour=red", "colour"),
        ("decisions?cursor=WzFd!", "cursor"), ("held?cursor=x", "cursor"), ("held?page=2", "page"),
        ("failures?cursor=MQ", "cursor"), ("failures?dropped=perhaps", "dropped"), ("modes?cursor=WzFd", "cursor"),
        ("unknown?cursor=WzFd", "cursor"),
        ("incidents?cursor=MQ", "cursor"), ("templates?cursor=WzFd", "cursor"), ("report?days=8", "days"),
        ("report?days=all", "days"),
    ],
)  # fmt: skip
def test_a_wish_that_makes_no_sense_is_refused_by_its_field(console: Console, path: str, field: str) -> None:
    status, found = console.get(path)
    assert (status, found["error"], list(found["fields"])) == (422, "refused", [field])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"), ({"name": "nonsense"}, "name"), ({"name": "remedy", "language": "xx"}, "language"),
        ({"name": "remedy", "ticket": 0}, "ticket"), ({"name": "remedy", "ticket": 12}, "ticket"),
        ({"name": "remedy", "source": "{{ 1 }}"}, "source"),
    ],
)  # fmt: skip
def test_a_preview_of_what_there_is_not_is_refused_by_its_field(
    console: Console, body: dict[str, Any], field: str
) -> None:
    status, found = console.post("templates/preview", body)
    assert (status, found["error"], list(found["fields"])) == (422, "refused", [field])


def test_an_empty_filter_is_none(console: Console) -> None:
    console.ledger.record(entry(7, at=NOON, findings=[REFUSED]))
    assert len(console.get("decisions?code=&mode=&outcome=&day=&ticket=")[1]["rows"]) == 1


def test_the_workers_own_app_has_the_console(tmp_path: Path) -> None:
    engine = open_engine(None, tmp_path)
    desk = AppDesk(engine, TableZendesk(ADMIN))
    DeadLetters(engine, ORIGIN).give_up(7, FailureKind.ATTEMPTS, "no answer", 3)
    bearer = desk.bearer("console")
    assert {desk.get(f"console/{name}", bearer).status for name in LISTS} == {200}
    assert desk.post("console/failures/7/retry", bearer, {}).status == 202
    assert [ticket_id for _, ticket_id in desk.queued] == [7]
