"""Faults as data: how a plan counts, and what each kind looks like to whoever asks."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner

from support.fault_plans import MISHAPS, THEIRS
from support.fault_runs import CASES
from zendesk_gupshup.cli import main
from zendesk_sandbox.faults import Fault, FaultPlan, Met, PlanError, kinds, read_plan, rows_of
from zendesk_sandbox.server import SandboxServer
from zendesk_sandbox.shapes import Json

ADA = ("ada@example.com/token", "sandbox-token")


def test_there_are_more_than_forty_kinds_and_each_says_what_it_does() -> None:
    assert len(kinds()) >= 40
    assert [name for name, kind in kinds().items() if not kind.says] == []


def test_a_row_is_met_from_its_nth_match_on_so_many_times() -> None:
    plan = FaultPlan([Fault(kind="error_500", method="PUT", path="tickets/*", nth=2, times=2)])
    asked = ("PUT", "/api/v2/tickets/7.json")
    met = [plan.request(*asked) is not None for _ in range(5)]
    assert met == [False, True, True, False, False]
    assert plan.request("GET", "/api/v2/tickets/7") is None
    assert plan.request("PUT", "/api/v2/tickets/7/tags") is None
    assert [(m.kind, m.method, m.path) for m in plan.met] == [("error_500", "PUT", "tickets/7")] * 2
    assert plan.as_json()[0]["seen"] == 5


def test_a_row_with_a_question_mark_is_about_the_query_too() -> None:
    plan = FaultPlan([Fault(kind="cursor_refused_410", path="incremental/tickets/cursor?**cursor=**")])
    asked = ("GET", "/api/v2/incremental/tickets/cursor.json")
    assert [plan.request(*asked, query) is not None for query in ("start_time=1", "per_page=9&cursor=a/b")] == [
        False,
        True,
    ]


def test_every_mishap_names_kinds_and_tickets_that_there_are_and_each_kind_of_theirs_is_used() -> None:
    rows = [row.model_dump(exclude_none=True) for mishap in MISHAPS.values() for row in mishap.rows]
    assert len(rows_of(rows)) == len(rows)
    assert {name for mishap in MISHAPS.values() for name in mishap.cases} <= {case.name for case in CASES}
    assert {name for name in kinds() if name.startswith(("tags_replaced", "cursor_refused"))} == THEIRS


def test_the_first_row_that_is_due_has_the_request_and_all_count_it() -> None:
    plan = FaultPlan([Fault(kind="error_500", nth=2), Fault(kind="error_503", path="tickets/**", nth=2)])
    kinds_met = [m.kind if (m := plan.request("GET", "/api/v2/tickets/7/comments")) else None for _ in range(3)]
    assert kinds_met == [None, "error_500", None]
    assert [row.kind for row in plan.left()] == ["error_503"]
    plan.add(Fault(kind="reset"), ahead=True)
    assert plan.request("GET", "/api/v2/tickets/7") == Met(kind="reset", method="GET", path="tickets/7", seconds=0.0)


def test_a_lasting_fault_meets_everything_for_a_while() -> None:
    plan = FaultPlan([Fault(kind="unauthorized", lasting=60.0)])
    assert all(plan.request("GET", "/api/v2/groups") for _ in range(20))


def test_webhooks_are_counted_apart_from_requests() -> None:
    plan = FaultPlan([Fault(kind="webhook_lost", nth=2), Fault(kind="error_500")])
    assert [plan.webhook("W"), plan.webhook("W"), plan.webhook("W")] == [(0.0,), (), (0.0,)]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ([{"kind": "gremlins"}], "no kind of fault is called 'gremlins'"),
        ([{"kind": "error_500", "nth": 0}], "0.nth"),
        ([{"kind": "error_500", "often": 3}], "0.often"),
        ({"faults": []}, "[[fault]]"),
    ],
)
def test_a_wrong_plan_says_where(given: Any, says: str) -> None:
    with pytest.raises(PlanError, match=None) as caught:
        rows_of(given)
    assert says in str(caught.value)


def test_a_plan_is_read_from_toml_and_json(tmp_path: Path) -> None:
    toml, text = tmp_path / "plan.toml", tmp_path / "plan.json"
    toml.write_text('[[fault]]\nkind = "reset"\nmethod = "PUT"\n')
    text.write_text('[{"kind": "reset", "method": "PUT"}]')
    assert read_plan(toml) == read_plan(text) == (Fault(kind="reset", method="PUT"),)
    toml.write_text("[[fault]\n")
    with pytest.raises(PlanError, match=r"plan\.toml"):
        read_plan(toml)


# --- What each kind looks like -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def troubled() -> Iterator[SandboxServer]:
    with SandboxServer(limits=False, incremental_lag=0) as sandbox:
        yield sandbox


def put(sandbox: SandboxServer, ticket_id: int, timeout: float = 0.5) -> Any:
    """What a careless client sees of an update: an answer, or the name of what went wrong."""
    body = {"ticket": {"comment": {"body": "Hello", "public": True}}}
    url = f"{sandbox.base_url}/api/v2/tickets/{ticket_id}"
    started = time.monotonic()
    try:
        with requests.put(url, json=body, auth=ADA, timeout=timeout, allow_redirects=False, stream=True) as answer:
            text = b""
            for piece in answer.iter_content(8):
                text += piece
                if time.monotonic() - started > timeout:
                    return "too slow"
            return answer.status_code, answer.headers, text
    except requests.RequestException as error:
        return type(error).__name__


def comments(sandbox: SandboxServer, ticket_id: int) -> int:
    return sum(c["plain_body"] == "Hello" for c in sandbox.store.comments(ticket_id))


CHANGES_NOTHING = {"update_conflict", "database_conflict", "html", "accepted", "redirect"} | {
    name
    for name, kind in kinds().items()
    if kind.on == "request" and not kind.applied and (kind.status or kind.wire or kind.kill)
}


@pytest.mark.parametrize("name", [name for name, kind in kinds().items() if kind.on == "request"])
def test_a_kind_changes_the_ticket_or_not_as_it_says(troubled: SandboxServer, name: str) -> None:
    store, kind = troubled.store, kinds()[name]
    ticket_id = int(store.write_as_client("olivia@client.example", "Olivia", "Hi", subject="x")["id"])
    seconds = 0.3 if kind.options or kind.wire in ("slow", "late") else None
    row = Fault(kind=name, method="PUT", path=f"tickets/{ticket_id}", lasting=0.0, seconds=seconds)
    troubled.plan.replace([row])
    killed: list[str] = []
    troubled.plan.on_kill = lambda met: killed.append(met.kind)
    seen = put(troubled, ticket_id, 0.2 if kind.wire in ("silence", "late") or name == "drip" else 5.0)
    if kind.wire == "late":
        deadline = time.monotonic() + 10
        while not comments(troubled, ticket_id) and time.monotonic() < deadline:
            time.sleep(0.01)
    assert comments(troubled, ticket_id) == (0 if name in CHANGES_NOTHING else 1)
    assert [m.kind for m in troubled.plan.met] == [name]
    assert killed == ([name] if kind.kill else [])
    if kind.status is not None:
        assert seen[0] == kind.status
        assert "Date" in seen[1]
    elif kind.kill or kind.wire in ("reset", "cut", "silence", "late"):
        assert seen in ("ConnectionError", "ChunkedEncodingError", "ReadTimeout")
    elif kind.spoil == "not_packed":
        assert seen == "ContentDecodingError"
    elif kind.spoil:
        assert _ticket_of(seen[2]) is None
    elif name == "drip":
        assert seen == "too slow"
    else:
        assert (seen[0], "ticket" in json.loads(seen[2])) == (200, True)


def _ticket_of(body: bytes) -> Json | None:
    try:
        ticket = json.loads(body)["ticket"]
    except (ValueError, TypeError, KeyError):
        return None
    return ticket if isinstance(ticket, dict) and isinstance(ticket.get("id"), int) else None


def test_an_app_replaces_the_tags_before_the_request_is_carried_out(troubled: SandboxServer) -> None:
    ticket_id = int(troubled.store.write_as_client("olivia@client.example", "Olivia", "Hi", subject="x")["id"])
    troubled.store.update_ticket(ticket_id, {"tags": ["old"]}, troubled.store.user_by_email("ada@example.com")["id"])
    troubled.plan.replace([Fault(kind="tags_replaced_meanwhile", method="PUT")])
    put(troubled, ticket_id, 5.0)
    assert troubled.store.tickets[ticket_id]["tags"] == ["vip"]


def test_retry_after_comes_in_every_form(troubled: SandboxServer) -> None:
    ticket_id = int(troubled.store.write_as_client("olivia@client.example", "Olivia", "Hi", subject="x")["id"])
    told = {}
    for name in ("rate_limited_seconds", "rate_limited_date", "rate_limited_huge", "rate_limited_silent"):
        troubled.plan.replace([Fault(kind=name, seconds=3.0)])
        told[name] = put(troubled, ticket_id, 5.0)[1].get("Retry-After")
    assert (told["rate_limited_seconds"], told["rate_limited_silent"]) == ("3", None)
    assert told["rate_limited_date"].endswith(" GMT")
    assert float(told["rate_limited_huge"]) > 1e6


def test_options_change_for_a_while_and_back_also_when_two_faults_overlap(troubled: SandboxServer) -> None:
    store = troubled.store
    ticket_id = int(store.write_as_client("olivia@client.example", "Olivia", "Hi", subject="x")["id"])
    troubled.plan.replace([Fault(kind="clock_ahead", times=2, seconds=0.1)])
    put(troubled, ticket_id, 5.0), put(troubled, ticket_id, 5.0)
    assert store.tickets[ticket_id]["updated_at"] > store.stamp(time.time() + 3000)
    assert store.scheduler.wait_idle()
    assert store.options.clock_offset == 0.0


def test_the_export_repeats_its_page_and_loses_it(troubled: SandboxServer) -> None:
    url = f"{troubled.base_url}/api/v2/incremental/tickets/cursor"
    admin = ("worker@example.com/token", "sandbox-token")

    def page(**query: Any) -> Any:
        return requests.get(url, params=query, auth=admin, timeout=5).json()

    troubled.plan.replace()
    first = page(start_time=int(time.time()) - 3600)
    assert first["tickets"]
    troubled.plan.replace([Fault(kind="export_repeats"), Fault(kind="export_empty", nth=2)])
    assert page(cursor=first["after_cursor"]) == first
    assert page(start_time=int(time.time()) - 3600)["tickets"] == []


def test_the_plan_can_be_seen_and_changed_over_http(troubled: SandboxServer) -> None:
    url = f"{troubled.base_url}/sandbox/faults"
    assert requests.put(url, json=[{"kind": "error_500"}], timeout=5).json()["fault"][0]["hit"] == 0
    assert requests.get(f"{troubled.base_url}/api/v2/groups", auth=ADA, timeout=5).status_code == 500
    seen = requests.post(url, json=[{"kind": "error_503"}], timeout=5).json()
    assert [(row["kind"], row["hit"]) for row in seen["fault"]] == [("error_500", 1), ("error_503", 0)]
    assert [one["path"] for one in seen["met"]] == ["groups"]
    refused = requests.put(url, json=[{"kind": "gremlins"}], timeout=5)
    assert (refused.status_code, "gremlins" in refused.json()["error"]) == (400, True)
    assert requests.put(url, data=b"{", timeout=5).status_code == 400


def test_a_wrong_plan_stops_the_command_with_one_line(tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text('[[fault]]\nkind = "gremlins"\n')
    ended = CliRunner().invoke(main, ["sandbox", "--port", "0", "--faults", str(plan)])
    assert (ended.exit_code, "no kind of fault is called 'gremlins'" in ended.stderr) == (1, True)
