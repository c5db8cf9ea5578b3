"""`reprocess` against a sandbox: what it selects, what it writes and what not, limits, faults, kills."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from support.old_tickets import (
    ALL,
    ERRORS,
    GROUP,
    QUIET,
    Cli,
    ForkedCli,
    asked_for,
    call,
    fill,
    ledger,
    one,
    states,
    updates,
)
from support.paths import TESTS
from zendesk_gupshup.backfill.pace import Pace
from zendesk_gupshup.backfill.prefilter import needs_comments
from zendesk_gupshup.backfill.request import BackfillRequest
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.storage.sweep_state import SweepState
from zendesk_gupshup.zendesk.errors import Busy, Refused, Unreachable
from zendesk_sandbox.server import SandboxServer


@pytest.fixture
def old() -> Iterator[SandboxServer]:
    with SandboxServer(limits=False, incremental_lag=0, job_delay=0.0) as sandbox:
        yield sandbox


def looked(folder: Path, sandbox: SandboxServer, run: str) -> dict[int, Any]:
    return {entry.ticket_id: entry for entry in ledger(folder, sandbox).entries(run)}


# --- What is worth reading, pure -----------------------------------------------------------------------------


def test_no_ticket_is_passed_over_whose_first_text_reports_an_error() -> None:
    dictionary = load()
    rows = [json.loads(line) for line in (TESTS / "detect_cases.jsonl").read_text().splitlines()]
    told = [row for row in rows if row["codes"] or row["is_error"]]
    assert len(told) > 100
    skipped = [row for row in told if not needs_comments(_raw(row), dictionary)]
    assert skipped == []


def _raw(row: dict[str, Any]) -> dict[str, Any]:
    return {"id": 7, "subject": row.get("subject", ""), "description": row["body"]}


@pytest.mark.parametrize(
    ("raw", "worth"),
    [
        ({"subject": "Hours", "description": QUIET[0]}, False),
        ({"subject": "Invoice", "description": QUIET[3]}, False),
        ({"subject": None, "description": None}, False),
        ({"subject": "Our WhatsApp", "description": "is slow"}, True),
        ({"subject": "Gupshup", "description": ""}, True),
        ({"subject": "Help", "description": "please", "tags": ["gupshup_draft"]}, True),
        ({"subject": "Help", "description": ERRORS[2]}, True),
    ],
)
def test_what_is_needs_comments(raw: dict[str, Any], worth: bool) -> None:
    assert needs_comments(raw, load()) is worth


# --- Selection -----------------------------------------------------------------------------------------------


def test_each_flag_selects_its_tickets(old: SandboxServer, tmp_path: Path) -> None:
    far, near = one(old, days=40), one(old, ERRORS[1], days=10, tags=["seen"])
    solved, closed = one(old, days=30, status="solved"), one(old, days=30, status="closed")
    view = {"title": "V", "all": [{"field": "status", "operator": "is", "value": "solved"}], "any": []}
    from zendesk_sandbox import kinds

    view_id = kinds.make(old.store, "views", view)["id"]
    ids = tmp_path / "ids.txt"
    ids.write_text(f"# mine\n{near}\n\n{closed}\n{near}\n")
    day = (datetime.now(UTC) - timedelta(days=20)).strftime("%Y-%m-%d")
    for flags, wanted in (
        (("--since", day), {near}),
        (("--until", day), {far, solved, closed}),
        (("--query", "tags:seen"), {near}),
        (("--query", "status>=solved", "--until", day), {solved, closed}),
        (("--view", str(view_id)), {solved}),
        (("--ids", str(ids)), {near, closed}),
        (("--code", "1003"), {near}),
        (("--status", "solved"), {solved}),
        (("--status", "solved", "--status", "closed"), {solved, closed}),
        (("--status", "open", "--since", day, "--code", "401"), set()),
    ):
        ended = call(old, tmp_path, "reprocess", *flags, "--json")
        assert (ended.code, set(looked(tmp_path, old, ended.json["run"]))) == (0, wanted), flags


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        ((), "select tickets with"),
        (("--query", "x", "--view", "1"), "are mutually exclusive"),
        ((*ALL, "--until", "2019-01-01"), "--since must be before --until"),
        (("--code", "no such"), "no code of the dictionary"),
        (("--resume", "r", "--query", "x"), "leave out --query"),
    ],
)
def test_a_wrong_question_is_refused(old: SandboxServer, tmp_path: Path, flags: tuple[str, ...], says: str) -> None:
    ended = call(old, tmp_path, "reprocess", *flags)
    assert (ended.code, says in ended.err) == (2, True)


def test_a_file_with_something_else_in_it_is_refused(old: SandboxServer, tmp_path: Path) -> None:
    (tmp_path / "ids").write_text("7\nseven\n")
    ended = call(old, tmp_path, "reprocess", "--ids", str(tmp_path / "ids"))
    assert (ended.code, "'seven' is no ticket number" in ended.err) == (2, True)


def test_a_search_goes_on_when_its_cursor_has_run_out(old: SandboxServer, tmp_path: Path) -> None:
    told = fill(old.store, 40)
    first = call(old, tmp_path, "reprocess", "--query", "tags:vip", "--limit", "15", "--json")
    assert (first.code, first.json["done"]) == (4, 15)
    old.change(clock_offset=4000.0)
    second = call(old, tmp_path, "reprocess", "--resume", first.json["run"], "--limit", "100", "--json")
    assert second.code == 0
    assert set(looked(tmp_path, old, first.json["run"])) == set(told)


# --- A dry run and a live one --------------------------------------------------------------------------------


def test_a_dry_run_writes_nothing_and_the_live_run_writes_what_it_planned(old: SandboxServer, tmp_path: Path) -> None:
    told = fill(old.store, 120)
    before = states(old.store)
    dry = call(old, tmp_path, "reprocess", *ALL, "--json", config=GROUP)
    assert (dry.code, states(old.store)) == (0, before)
    assert "Dry run: nothing was written" in dry.err
    live = call(old, tmp_path, "reprocess", *ALL, "--json", "--apply", "--yes", config=GROUP)
    plan, done = (looked(tmp_path, old, ended.json["run"]) for ended in (dry, live))
    assert set(plan) == set(done) == set(told)
    assert {t: e.planned for t, e in plan.items()} == {t: e.planned for t, e in done.items()}
    assert live.json["written"] == len(told)
    group = next(g["id"] for g in old.store.groups.values() if g["name"] == "WhatsApp N2")
    after = states(old.store)
    for ticket_id, entry in plan.items():
        tags, _, _, status, fields, comments = before[ticket_id]
        assert after[ticket_id] == (
            tuple(sorted({*tags, *entry.planned[0].add_tags})), group, "high", status, fields, comments,
        )  # fmt: skip
        (write,) = done[ticket_id].writes
        assert (write.before.tags, write.after.tags) == (tags, after[ticket_id][0])
    assert all(after[ticket_id] == before[ticket_id] for ticket_id in set(before) - set(told))
    assert sum(r["method"] == "PUT" for r in old.requests) == 1


def test_a_run_without_tickets_says_so_and_proposes_no_writing(old: SandboxServer, tmp_path: Path) -> None:
    line = "No ticket was found. Zendesk lists new ones after a minute or more: for those, run it again then.\n"
    assert call(old, tmp_path, "reprocess", *ALL).err.endswith(line)


def test_a_dry_run_can_be_written_as_it_is(old: SandboxServer, tmp_path: Path) -> None:
    told = fill(old.store, 30)
    dry = call(old, tmp_path, "reprocess", *ALL, "--json")
    comments = sum("/comments" in r["path"] for r in old.requests)
    live = call(old, tmp_path, "reprocess", "--resume", dry.json["run"], "--apply", "--yes", "--json")
    assert (live.code, live.json["written"]) == (0, len(told))
    # What was read is not read again: the stamps say that nothing has changed.
    assert sum("/comments" in r["path"] for r in old.requests) == comments
    assert [r.applied for r in ledger(tmp_path, old).runs()] == [True]


def test_the_question_says_the_cost_and_no_writes_nothing(old: SandboxServer, tmp_path: Path) -> None:
    told = fill(old.store, 30)
    before = states(old.store)
    ended = call(old, tmp_path, "reprocess", *ALL, "--apply", answer="n\n")
    assert (ended.code, states(old.store)) == (4, before)
    assert f"{len(told)} updates of {len(told)} tickets: 0 public replies, 0 internal notes" in ended.err
    assert "requests a minute of the account's 1,000,000" in ended.err
    assert "gupshup_http 401" in ended.err


def test_a_run_twice_finds_nothing_left(old: SandboxServer, tmp_path: Path) -> None:
    fill(old.store, 30)
    call(old, tmp_path, "reprocess", *ALL, "--apply", "--yes")
    after = states(old.store)
    again = call(old, tmp_path, "reprocess", *ALL, "--apply", "--yes", "--json")
    assert (again.code, again.json["written"], states(old.store)) == (0, 0, after)


def test_the_live_worker_does_not_answer_what_was_only_tagged(old: SandboxServer, tmp_path: Path) -> None:
    told = fill(old.store, 30)
    call(old, tmp_path, "reprocess", *ALL, "--apply", "--yes")
    state = SweepState(ledger(tmp_path, old).engine, old.base_url)
    stamps = {t: str(old.store.tickets[t]["updated_at"]) for t in told}
    assert state.settled(stamps) == frozenset(told)


# --- Care ----------------------------------------------------------------------------------------------------


def test_solved_and_closed_tickets_are_not_moved_and_closed_ones_not_touched(
    old: SandboxServer, tmp_path: Path
) -> None:
    solved, closed = one(old, status="solved"), one(old, status="closed")
    before = states(old.store)
    ended = call(old, tmp_path, "reprocess", *ALL, "--reply", "--notes", "--apply", "--yes", "--json", config=GROUP)
    assert (ended.code, ended.json["written"]) == (0, 1)
    after = states(old.store)
    assert after[closed] == before[closed]
    assert after[solved][0] == ("gupshup", "gupshup__http_401")
    assert after[solved][1:] == before[solved][1:]
    entry = looked(tmp_path, old, ended.json["run"])[closed]
    assert (entry.did, entry.guards, [str(f.error) for f in entry.findings]) == (
        "nothing", ("closed",), ["gupshup_http 401"],
    )  # fmt: skip
    assert not any(f"/tickets/{closed}/comments" in r["path"] for r in old.requests)


def test_comments_are_not_read_where_they_cannot_change_what_is_written(old: SandboxServer, tmp_path: Path) -> None:
    off = one(old, tags=["gupshup_off"])
    elsewhere = one(old, ticket_form_id=77)
    asked = one(old, tags=["gupshup_off", "gupshup_draft"])
    copied = one(old, tags=["gupshup_off", "gupshup_replied__http_401"])
    plain = one(old)
    with old.store.lock:
        for ticket in old.store.tickets.values():
            ticket["ticket_form_id"] = 77 if ticket["id"] == elsewhere else 5

    def read(since: int) -> set[int]:
        paths = [r["path"] for r in old.requests[since:] if "/comments" in r["path"]]
        return {int(path.split("/tickets/")[1].split("/")[0]) for path in paths}

    config = "[scope]\nforms = [5]\n"
    ended = call(old, tmp_path, "reprocess", *ALL, "--json", config=config)
    entries = looked(tmp_path, old, ended.json["run"])
    assert (ended.code, read(0)) == (0, {asked, copied, plain})
    told = {t: (e.did, e.guards, [str(f.error) for f in e.findings]) for t, e in entries.items()}
    assert told[off] == ("nothing", ("off",), ["gupshup_http 401"])
    assert told[elsewhere] == ("nothing", ("outside",), ["gupshup_http 401"])
    since = len(old.requests)
    full = call(old, tmp_path, "reprocess", *ALL, "--all-comments", "--json", config=config)
    assert read(since) == {off, elsewhere, asked, copied, plain}
    everything = looked(tmp_path, old, full.json["run"])
    assert {t: (e.did, e.guards, e.planned) for t, e in everything.items()} == {
        t: (e.did, e.guards, e.planned) for t, e in entries.items()
    }


@pytest.mark.parametrize(
    ("flags", "public", "noted"),
    [((), 0, 0), (("--notes",), 0, 1), (("--reply",), 1, 0), (("--reply", "--notes"), 1, 1)],
)
def test_replies_and_notes_only_where_asked_for(
    old: SandboxServer, tmp_path: Path, flags: tuple[str, ...], public: int, noted: int
) -> None:
    ticket_id = one(old, tags=["gupshup_draft"] if not flags else [])
    ended = call(old, tmp_path, "reprocess", *ALL, *flags, "--apply", "--yes", "--json")
    assert (ended.code, ended.json["failed"]) == (0, 0)
    ours = old.store.user_by_email("worker@example.com")["id"]
    written = [c["public"] for c in old.store.comments(ticket_id) if c["author_id"] == ours]
    assert (written.count(True), written.count(False)) == (public, noted)
    tags = set(old.store.tickets[ticket_id]["tags"])
    assert ("gupshup_replied__http_401" in tags, "gupshup_noted__http_401" in tags) == (bool(public), bool(noted))
    # An agent's request stays for the worker.
    assert ("gupshup_draft" in tags) == (not flags)


# --- Faults --------------------------------------------------------------------------------------------------


def test_rows_that_fail_are_counted_and_done_singly(old: SandboxServer, tmp_path: Path) -> None:
    told = fill(old.store, 60)
    changed = told[:3]
    agent = old.store.user_by_email("ada@example.com")["id"]

    async def come_between(request: Request) -> Response | None:
        if request.url.path.endswith("update_many"):
            for ticket_id in changed:
                old.store.update_ticket(ticket_id, {"additional_tags": ["urgent_client"]}, agent)
        return None

    old.faults.before.append(come_between)
    ended = call(old, tmp_path, "reprocess", *ALL, "--apply", "--yes", "--json")
    assert (ended.code, ended.json["written"], ended.json["retried"]) == (0, len(told), 3)
    for ticket_id in told:
        tags = old.store.tickets[ticket_id]["tags"]
        assert ("gupshup" in tags, "urgent_client" in tags, "vip" in tags) == (True, ticket_id in changed, True)
        assert updates(old.store, ticket_id) == 1


def test_a_job_whose_answer_was_lost_is_told_by_the_audits(old: SandboxServer, tmp_path: Path) -> None:
    told = fill(old.store, 20)
    lost: list[int] = []

    async def lose(request: Request, response: Response) -> Response:
        if request.url.path.endswith("update_many") and not lost:
            lost.append(1)
            assert old.store.scheduler.wait_idle(10)
            return JSONResponse({"error": "bad gateway"}, 502)
        return response

    old.faults.after.append(lose)
    ended = call(old, tmp_path, "reprocess", *ALL, "--apply", "--yes", "--json")
    run = ended.json["run"]
    assert (ended.code, ended.json["written"], ended.json["retried"]) == (0, len(told), len(told))
    entries = looked(tmp_path, old, run)
    for ticket_id in told:
        (write,) = entries[ticket_id].writes
        assert (updates(old.store, ticket_id, run), write.before.tags, write.audit_id is not None) == (
            1, ("vip",), True,
        )  # fmt: skip
        assert set(write.after.tags) == set(old.store.tickets[ticket_id]["tags"])


def test_a_ticket_that_is_gone_is_a_failure_with_a_reason(old: SandboxServer, tmp_path: Path) -> None:
    (tmp_path / "ids").write_text(f"{one(old)}\n999\n")
    ended = call(old, tmp_path, "reprocess", "--ids", str(tmp_path / "ids"), "--json")
    assert (ended.code, ended.json["found"], ended.json["failed"]) == (3, 1, 1)
    assert looked(tmp_path, old, ended.json["run"])[999].reason == "ticket 999: not found"


def test_wrong_credentials_end_the_run_with_6(old: SandboxServer, tmp_path: Path) -> None:
    old.store.oauth_clients.clear()
    ended = call(old, tmp_path, "reprocess", *ALL)
    assert (ended.code, ended.err.count("\n")) == (6, 1)


# --- Limits --------------------------------------------------------------------------------------------------


def test_a_limit_of_tickets_stops_and_goes_on(old: SandboxServer, tmp_path: Path) -> None:
    told = fill(old.store, 50)
    ended = call(old, tmp_path, "reprocess", *ALL, "--limit", "20", "--apply", "--yes", "--json")
    run = ended.json["run"]
    assert (ended.code, ended.json["done"]) == (4, 20)
    assert f"reprocess --resume {run}" in ended.err
    assert ended.json["written"] == sum(t <= 20 for t in told)
    second = call(old, tmp_path, "reprocess", "--resume", run, "--yes", "--limit", "500", "--json")
    assert (second.code, second.json["done"], second.json["written"]) == (0, 50, len(told))
    assert [r.looks for r in ledger(tmp_path, old).runs()] == [50]


def test_a_limit_of_replies_stops_and_goes_on(old: SandboxServer, tmp_path: Path) -> None:
    tickets = [one(old) for _ in range(3)]

    def replied() -> int:
        return sum("gupshup_replied__http_401" in old.store.tickets[t]["tags"] for t in tickets)

    flags = ("--reply", "--max-replies", "2", "--apply", "--yes", "--json")
    ended = call(old, tmp_path, "reprocess", *ALL, *flags)
    assert (ended.code, replied()) == (4, 2)
    ended = call(old, tmp_path, "reprocess", "--resume", ended.json["run"], "--yes", "--json")
    assert (ended.code, replied()) == (0, 3)


def test_a_file_of_ids_that_changed_is_not_gone_on_with(old: SandboxServer, tmp_path: Path) -> None:
    ids = tmp_path / "ids"
    ids.write_text(f"{one(old)}\n{one(old)}\n")
    first = call(old, tmp_path, "reprocess", "--ids", str(ids), "--limit", "1", "--json")
    ids.write_text("7\n8\n9\n")
    ended = call(old, tmp_path, "reprocess", "--resume", first.json["run"])
    assert (ended.code, "the file has changed since the run started" in ended.err) == (1, True)


class Waits(list[float]):
    def pace(self) -> Pace:
        return Pace(threading.Event(), wait=self.append)


def test_a_retry_waits_as_it_is_told_and_not_for_what_is_final() -> None:
    waits, answers = Waits(), [Busy("slowly", retry_after=42.0), Busy("slowly", retry_after=7.0)]
    pace = waits.pace()

    def ask() -> str:
        if answers:
            raise answers.pop(0)
        return "here"

    assert (pace.retry(ask), waits) == ("here", [42.0, 7.0])

    def refuse() -> str:
        raise Refused("no")

    with pytest.raises(Refused):
        pace.retry(refuse)
    assert waits == [42.0, 7.0]


def test_a_retry_backs_off_where_it_is_told_nothing_and_gives_up_after_six_attempts() -> None:
    waits = Waits()

    def fail() -> str:
        raise Unreachable("down")

    with pytest.raises(Unreachable):
        waits.pace().retry(fail)
    assert waits == [2.0, 4.0, 8.0, 16.0, 30.0]


def test_a_run_that_is_to_stop_retries_nothing() -> None:
    waits, stop = Waits(), threading.Event()
    pace = Pace(stop, wait=waits.append)

    def fail() -> str:
        stop.set()
        raise Busy("slowly", retry_after=42.0)

    with pytest.raises(Busy):
        pace.retry(fail)
    assert waits == []


def test_the_cheapest_source_is_chosen() -> None:
    since = datetime(2026, 1, 1, tzinfo=UTC)
    asked = {
        BackfillRequest(since=since).source,
        BackfillRequest(codes=("gupshup_http 401",)).source,
        BackfillRequest(statuses=("new", "open")).source,
    }
    assert asked == {"export"}
    assert (BackfillRequest(statuses=("open",)).source, BackfillRequest(query="x", since=since).source) == (
        "search",
        "search",
    )
    assert BackfillRequest(query="x", since=since).search_query == "x created>=2026-01-01T00:00:00Z"


# --- Ended from outside --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Any]:
    """What an unbroken run over the same tickets leaves."""
    with SandboxServer(limits=False, incremental_lag=0, job_delay=0.0) as sandbox:
        fill(sandbox.store, 130, errors=0.9)
        assert call(sandbox, tmp_path_factory.mktemp("unbroken"), "reprocess", *ALL, "--apply", "--yes").code == 0
        return {ticket_id: found[0] for ticket_id, found in states(sandbox.store).items()}


@pytest.mark.no_cover
@pytest.mark.parametrize(("what", "times"), [("/comments", 40), ("update_many", 1), ("job_", 1)])
def test_killed_it_goes_on_where_it_was(
    old: SandboxServer, tmp_path: Path, unbroken: dict[int, Any], what: str, times: int
) -> None:
    told = fill(old.store, 130, errors=0.9)
    before = states(old.store)
    cli = ForkedCli(old, tmp_path)
    killed = cli.killed(lambda: asked_for(old, what, times), "reprocess", *ALL, "--apply", "--yes")
    assert killed.code == -signal.SIGKILL
    (run,) = ledger(tmp_path, old).runs()
    ended = call(old, tmp_path, "reprocess", "--resume", run.id, "--yes", "--json")
    assert ended.code == 0, ended.err
    after = states(old.store)
    assert {ticket_id: found[0] for ticket_id, found in after.items()} == unbroken
    assert [updates(old.store, ticket_id) for ticket_id in told] == [1] * len(told)
    assert ended.json["written"] == len(told)
    assert ended.json["done"] == 130
    # The ledger knows every write, also those of the killed process.
    assert call(old, tmp_path, "undo", run.id, "--apply", "--yes").code == 0
    assert states(old.store) == before


def test_ctrl_c_ends_cleanly_and_says_how_to_go_on(old: SandboxServer, tmp_path: Path) -> None:
    told = fill(old.store, 60, errors=0.9)
    cli, reached = Cli(old, tmp_path), threading.Event()

    async def notice(request: Request) -> Response | None:
        if request.url.path.endswith("/comments"):
            reached.set()
        return None

    old.faults.before.append(notice)
    old.change(latency_ms=15)
    with cli.start("reprocess", *ALL, "--apply", "--yes", "--json") as process:
        assert reached.wait(60)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    old.change(latency_ms=0)
    (run,) = ledger(tmp_path, old).runs()
    assert (process.returncode, run.status, f"reprocess --resume {run.id} --yes" in err) == (4, "stopped", True)
    ended = call(old, tmp_path, "reprocess", "--resume", run.id, "--yes", "--json")
    assert (ended.code, ended.json["written"], ended.json["done"]) == (0, len(told), 60)
