"""`runs`, `runs show`, `forget` and `codes unknown` on what `process` did in a sandbox Zendesk."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from support.cli import run
from support.fake_zendesk import TEXT
from support.once import serve_once
from zendesk_gupshup.cli import main
from zendesk_gupshup.demo.stage import Api, environment
from zendesk_gupshup.ledger.ledger import Ledger
from zendesk_gupshup.storage.engine import open_engine
from zendesk_gupshup.zendesk.errors import Unauthorized
from zendesk_sandbox.server import SandboxServer

UNKNOWN = "Gupshup answers with error code 1099 to every message of ours on WhatsApp, it fails since today."


@pytest.fixture
def account(tmp_path: Path, sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> tuple[SandboxServer, Api]:
    for name, value in environment(sandbox.base_url, "secret", tmp_path).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return sandbox, Api(sandbox.base_url)


def write(sandbox: SandboxServer, text: str = TEXT, name: str = "client") -> int:
    return int(sandbox.store.write_as_client(f"{name}@example.com", "Client", text, subject="WhatsApp")["id"])


def runs() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(run("runs", "--json")[1])
    return found


def shown(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run("runs", "show", name, "--json")[1].splitlines()]


def test_a_run_is_listed_with_what_it_did(account: tuple[SandboxServer, Api]) -> None:
    sandbox, _ = account
    tickets = [write(sandbox), write(sandbox, "Where is my invoice?")]
    assert run("process", *map(str, tickets))[0] == 0
    assert run("process", *map(str, tickets), "9999", "--apply")[0] == 3
    # By what they did: two that started within one second stand in any order.
    wet, dry = sorted(runs(), key=lambda one: not one["applied"])
    assert re.fullmatch(r"process-[0-9]{8}-[0-9]{6}-[0-9a-f]{4}", wet["id"])
    listed = [
        {key: one[key] for key in ("asked", "applied", "status", "looks", "found", "written", "failed")}
        for one in (wet, dry)
    ]
    assert listed == [
        {"asked": "process 3 tickets --apply", "applied": True, "status": "failed", "looks": 3, "found": 1,
         "written": 1, "failed": 1},
        {"asked": "process 2 tickets", "applied": False, "status": "done", "looks": 2, "found": 1, "written": 0,
         "failed": 0},
    ]  # fmt: skip
    rows = {row[0]: row for row in (line.split("\t") for line in run("runs")[1].splitlines())}
    assert rows[wet["id"]][3:9] == ["process 3 tickets --apply", "failed", "3", "1", "1", "1"]


def test_where_there_is_nothing_a_line_says_so(account: tuple[SandboxServer, Api]) -> None:
    sandbox, _ = account
    assert run("runs") == (0, "", "No runs yet: `process`, `reprocess` and `serve` make them.\n")
    assert run("codes", "unknown") == (0, "", "None: no ticket in the ledger has one.\n")
    assert runs() == []
    ledger = Ledger(open_engine(None, Path(os.environ["ZENDESK_GUPSHUP_STATE"])), sandbox.base_url)
    name = ledger.start_run("reprocess", "reprocess", applied=False)
    ledger.end_run(name, "done")
    assert run("runs", "show", name) == (0, "", "Nothing was found: 0 visits of tickets, which are only counted.\n")


def test_what_is_kept_is_what_zendesk_has(account: tuple[SandboxServer, Api]) -> None:
    sandbox, api = account
    ticket_id = write(sandbox)
    before = len(sandbox.requests)
    run("process", str(ticket_id), "--apply")
    paths = [r["path"] for r in sandbox.requests[before:]]
    # What comes before is asked by the command, and not for the ticket.
    asked = paths[next(n for n, path in enumerate(paths) if f"tickets/{ticket_id}" in path) :]
    (name,) = [one["id"] for one in runs()]
    (entry,) = shown(name)
    audits = {audit["id"]: audit for audit in api.call("GET", f"/api/v2/tickets/{ticket_id}/audits")["audits"]}
    reply, note = entry["writes"]
    for write_ in (reply, note):
        audit = audits[write_["audit_id"]]
        comment = next(event for event in audit["events"] if event["type"] == "Comment")
        assert (comment["id"], comment["public"]) == (write_["comment_id"], write_["public"])
        assert [file["file_name"] for file in comment["attachments"]] == write_["files"]
        assert audit["metadata"]["custom"]["zendesk_gupshup"] == name
    ticket = api.call("GET", f"/api/v2/tickets/{ticket_id}")["ticket"]
    assert (note["after"]["tags"], note["after"]["status"], note["after"]["group_id"]) == (
        ticket["tags"],
        ticket["status"],
        ticket["group_id"],
    )
    assert (reply["before"]["tags"], entry["requests"]) == ([], len(asked))


def test_show_is_a_table_json_or_csv(account: tuple[SandboxServer, Api]) -> None:
    sandbox, _ = account
    ticket_id = write(sandbox)
    run("process", str(ticket_id))
    (name,) = [one["id"] for one in runs()]
    code, out, err = run("runs", "show", name)
    assert (code, err) == (0, "")
    assert out.split("\t")[1:7] == [str(ticket_id), "dry_run", "gupshup_http 401 (certain)", "auto", "", "reply, note"]
    (row,) = csv.DictReader(io.StringIO(run("runs", "show", name, "--csv")[1]))
    assert (row["ticket"], row["planned"], row["audits"]) == (str(ticket_id), "reply, note", "")
    assert [e["ticket_id"] for e in shown(name)] == [ticket_id]
    assert run("runs", "show", name, "--csv", "--json")[0] == 2
    assert run("runs", "show", "none")[::2] == (
        1,
        "zendesk-gupshup: none: no such run; `zendesk-gupshup runs` lists them\n",
    )


def test_the_worker_keeps_what_it_decided_and_counts_the_rest(
    account: tuple[SandboxServer, Api], tmp_path: Path
) -> None:
    sandbox, _ = account
    reported, _ = write(sandbox), write(sandbox, "Where is my invoice?")
    for _ in range(2):  # the second finds what our own updates changed
        assert serve_once(environment(sandbox.base_url, "", tmp_path), tmp_path) == [0]
    (live,) = runs()
    (entry,) = shown("live")
    assert (live["status"], live["looks"], live["entries"], live["found"], live["written"]) == ("live", 3, 1, 1, 1)
    assert (entry["ticket_id"], entry["did"], [w["kind"] for w in entry["writes"]]) == (
        reported,
        "done",
        ["reply", "note"],
    )
    assert live["requests"] > entry["requests"] > 4


def test_unknown_codes_are_listed_with_their_tickets(account: tuple[SandboxServer, Api]) -> None:
    sandbox, _ = account
    tickets = [write(sandbox, UNKNOWN), write(sandbox, UNKNOWN)]
    run("process", *map(str, tickets))
    line = run("codes", "unknown")[1].rstrip("\n").split("\t")
    assert (line[:3], line[5]) == (["1099", "2", "2"], f"{tickets[1]} {tickets[0]}")
    (found,) = json.loads(run("codes", "unknown", "--json")[1])
    assert (found["code"], found["times"], found["tickets"]) == ("1099", 2, tickets)


def test_forget_takes_a_requester_out(account: tuple[SandboxServer, Api], tmp_path: Path) -> None:
    sandbox, api = account
    gone, stays = write(sandbox, name="gone"), write(sandbox, name="stays")
    run("process", str(gone), str(stays), "--apply")
    requester = api.call("GET", f"/api/v2/tickets/{gone}")["ticket"]["requester_id"]
    assert run("forget")[0] == 2
    assert run("forget", "--requester", str(requester))[0] == 1  # nobody said yes
    assert run("forget", "--requester", str(requester), "--yes") == (0, "Forgotten: 1 ticket.\n", "")
    (name,) = [one["id"] for one in runs()]
    assert [e["ticket_id"] for e in shown(name)] == [stays]
    content = b"".join(file.read_bytes() for file in (tmp_path / "state").glob("*.sqlite*"))
    assert [word for word in (b"gone@example.com", b"Authentication Failed") if word in content] == []


def test_forget_says_where_there_was_nothing(account: tuple[SandboxServer, Api]) -> None:
    sandbox, _ = account
    ticket = write(sandbox, "Where is my invoice?")
    run("process", str(ticket))
    nothing = (0, "", "Nothing was removed: the ledger has no ticket of this.\n")
    assert run("forget", "--ticket", "987654", "--yes") == nothing
    assert run("forget", "--requester", "987654", "--yes") == nothing
    assert run("forget", "--ticket", str(ticket), "--yes") == (0, "Forgotten: 1 ticket.\n", "")
    assert run("forget", "--ticket", str(ticket), "--yes") == nothing


def _no_folder(state: Path) -> None:
    state.write_text("a file where a folder should be", "utf-8")


def _no_database(state: Path) -> None:
    state.mkdir()
    (state / "zendesk-gupshup.sqlite").write_bytes(b"this is no database, whatever it is called" * 100)


def _no_run_table(state: Path) -> None:
    engine = open_engine(None, state)
    Ledger(engine, "https://example.zendesk.com")
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE zg_run RENAME TO elsewhere")
    engine.dispose()


def _read_only(state: Path) -> None:
    """Each insert of a run fails, as on a disk that is full or mounted read-only."""
    engine = open_engine(None, state)
    Ledger(engine, "https://example.zendesk.com")
    with engine.begin() as connection:
        fails = "BEGIN SELECT RAISE(ABORT, 'attempt to write a readonly database'); END"
        connection.exec_driver_sql(f"CREATE TRIGGER no_runs BEFORE INSERT ON zg_run {fails}")
    engine.dispose()


UNUSABLE = [_no_folder, _no_database, _no_run_table, _read_only]


@pytest.mark.parametrize("break_it", UNUSABLE, ids=lambda one: one.__name__.strip("_"))
def test_without_a_store_nothing_goes_out_unless_it_is_asked_for(
    account: tuple[SandboxServer, Api], tmp_path: Path, break_it: Callable[[Path], None]
) -> None:
    sandbox, api = account
    ticket_id = write(sandbox)
    break_it(tmp_path / "state")
    code, out, err = run("process", str(ticket_id), "--apply")
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "nothing was written. Make the database writable, or add --without-ledger" in err
    assert len(api.call("GET", f"/api/v2/tickets/{ticket_id}/comments")["comments"]) == 1
    code, out, err = run("process", str(ticket_id), "--apply", "--without-ledger")
    assert (code, "wrote reply and note" in out) == (0, True)
    assert "this run is not recorded" in err
    assert len(api.call("GET", f"/api/v2/tickets/{ticket_id}/comments")["comments"]) == 3


def test_a_ledger_that_fails_on_the_way_keeps_the_ticket_unwritten(
    account: tuple[SandboxServer, Api], tmp_path: Path
) -> None:
    sandbox, api = account
    ticket_id = write(sandbox)
    engine = open_engine(None, tmp_path / "state")
    Ledger(engine, "https://example.zendesk.com")
    with engine.begin() as connection:
        fails = "BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
        connection.exec_driver_sql(f"CREATE TRIGGER no_rows BEFORE INSERT ON zg_decision {fails}")
    engine.dispose()
    code, out, _ = run("process", str(ticket_id), "--apply")
    assert (code, "the ledger cannot be written, so nothing was written to the ticket" in out) == (3, True)
    assert len(api.call("GET", f"/api/v2/tickets/{ticket_id}/comments")["comments"]) == 1


def test_a_database_that_cannot_be_used_is_one_line(account: tuple[SandboxServer, Api], tmp_path: Path) -> None:
    sandbox, _ = account
    _no_folder(tmp_path / "state")
    code, out, err = run("runs")
    assert (code, out, err.count("\n")) == (1, "", 1)
    code, out, err = run("process", str(write(sandbox)))
    assert (code, "would write reply and note" in out) == (0, True)
    remedy = "move the file away, or set ZENDESK_GUPSHUP_STATE to another folder"
    fault = f"the database cannot be used: a file is in the way where a folder is needed; {remedy}"
    assert err.splitlines()[0] == f"zendesk-gupshup: {tmp_path / 'state'}: {fault}; this run is not recorded"


def test_a_database_that_breaks_in_the_middle_of_a_command_is_one_line(
    account: tuple[SandboxServer, Api], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged(_self: Ledger) -> None:
        broken = sqlite3.DatabaseError("database disk image is malformed")
        broken.sqlite_errorname = "SQLITE_CORRUPT"
        raise sa.exc.DatabaseError("SELECT", None, broken)

    monkeypatch.setattr(Ledger, "runs", damaged)
    code, out, err = run("runs")
    file = tmp_path / "state" / "zendesk-gupshup.sqlite"
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert err.startswith(f"zendesk-gupshup: {file}: the database cannot be used: the file is damaged, or is no SQLite")


@pytest.mark.parametrize("url", ["mysql://a:s3cret@h/d", "postgresql://a:s3cret@h:port/d", "s3cret"])
def test_a_wrong_database_url_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, url: str) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", url)
    line = "zendesk-gupshup: DATABASE_URL: write postgresql://USER:PASSWORD@HOST:PORT/DATABASE\n"
    assert run("runs") == (1, "", line)


def test_a_newer_database_is_said(account: tuple[SandboxServer, Api], tmp_path: Path) -> None:
    engine = open_engine(None, tmp_path / "state")
    Ledger(engine, "https://example.zendesk.com")
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE zg_alembic_version SET version_num = '9999'")
    engine.dispose()
    code, _, err = run("runs")
    assert (code, "revision 9999, which is newer than this program" in err) == (1, True)


def test_in_a_terminal_runs_are_a_table(
    account: tuple[SandboxServer, Api], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox, _ = account
    run("process", str(write(sandbox)))
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("TERM", "xterm")
    main(["runs"], standalone_mode=False)
    plain = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out)
    lines = [line for line in plain.splitlines() if line.strip()]
    # Head, rule and row.
    head, row = lines[-3], lines[-1]
    assert head.split() == [
        "Run", "Started", "Took", "Asked", "Status", "Looks", "Found", "Written", "Failed", "Requests",
    ]  # fmt: skip
    assert row.split()[-6:-1] == ["done", "1", "1", "0", "0"]


def test_in_80_columns_no_line_of_runs_is_longer(
    account: tuple[SandboxServer, Api], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox, _ = account
    ticket = write(sandbox)
    run("process", str(ticket))
    (name,) = [one["id"] for one in runs()]
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm")
    main(["runs"], standalone_mode=False)
    main(["runs", "show", name], standalone_mode=False)
    head, row, more, head_of_one, visit, *details = capsys.readouterr().out.splitlines()
    assert max(map(len, (head, row, more, visit, *details))) <= 80
    assert head.split() == ["Run", "Status", "Looks", "Found", "Written", "Failed"]
    assert row.split() == [name, "done", "1", "1", "0", "0"]
    assert more.startswith("  started: 20")
    assert more.partition("asked: ")[2].startswith("process 1 ticket; requests: ")
    assert head_of_one.split() == ["Time", "Ticket", "Did"]
    assert visit.split()[1:] == [str(ticket), "dry_run"]
    assert "codes: gupshup_http 401 (certain); mode: auto; planned: reply, note" in " ".join(map(str.strip, details))


def test_a_refused_credential_ends_the_run_and_is_in_it(
    account: tuple[SandboxServer, Api], monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox, _ = account
    ticket_id = write(sandbox)

    def refused(*_args: object, **_more: object) -> None:
        raise Unauthorized("ticket 1: the token was revoked", account_wide=True)

    monkeypatch.setattr("zendesk_gupshup.pipeline.handle", refused)
    code, _, err = run("process", str(ticket_id), "--apply")
    (one,) = runs()
    (entry,) = shown(one["id"])
    assert (code, "the token was revoked" in err) == (6, True)
    assert (one["status"], entry["did"], entry["reason"]) == ("stopped", "failed", "ticket 1: the token was revoked")


def test_a_database_that_cannot_be_written_forgets_nothing_and_says_so(
    account: tuple[SandboxServer, Api], tmp_path: Path
) -> None:
    run("runs")
    engine = open_engine(None, tmp_path / "state")
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE zg_decision")
    engine.dispose()
    assert run("forget", "--ticket", "7", "--yes")[::2] == (
        1,
        "zendesk-gupshup: nothing was removed: the database cannot be written (OperationalError)\n",
    )
