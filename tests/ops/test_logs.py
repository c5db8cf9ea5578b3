"""No customer's words, address or secret in anything that a worker writes but Zendesk: a hostile run, and a scan."""

from __future__ import annotations

import io
import json
import logging
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from support.workers import ERROR, SECONDS, post
from zendesk_gupshup.demo.stage import Api, WorkerProcess, environment, free_port, install
from zendesk_gupshup.model.outcome_reasons import FailureKind
from zendesk_gupshup.ops import logs
from zendesk_gupshup.storage.dead_letters import DeadLetters
from zendesk_gupshup.storage.engine import open_engine
from zendesk_sandbox.server import SandboxServer

# What must be nowhere: invented words, people, numbers and keys.
WORD = "Zanzibar"
NEEDLES = (
    WORD,
    "olivia.secret@client.example",
    "tomás@client.example",
    "600123456",
    "600 123 456",
    "sk_8f3kq0z7w2m5x9c1v4b6n8a0s2d4f6g7",
    "8f3kq0z7w2m5x9c1v4b6n8a0s2d4f6g7",
    "EAAGm0PX4ZCpsBAKZCZBexample0123456789abcdefghij",
    "hunter2hunter2",
    "sandbox-secret",
)
SECRETS = f"{WORD} apikey: {NEEDLES[5]} or {NEEDLES[6]}, token {NEEDLES[7]}, password={NEEDLES[8]}"
PEOPLE = f"{WORD} {NEEDLES[1]} {NEEDLES[2]} +34 600 123 456 +34600123456"


@pytest.fixture
def restored() -> Iterator[None]:
    root = logging.getLogger()
    kept = root.handlers, root.level, sys.excepthook, threading.excepthook
    yield
    root.handlers, sys.excepthook, threading.excepthook = kept[0], kept[2], kept[3]
    root.setLevel(kept[1])
    logging.captureWarnings(capture=False)


def test_an_exception_is_told_by_its_kind_and_place_and_never_by_its_words(
    restored: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    logs.set_up("DEBUG")

    def fail() -> None:
        try:
            int(f"{PEOPLE} {SECRETS}")
        except ValueError as error:
            raise RuntimeError(f"{PEOPLE} {SECRETS}") from error

    try:
        fail()
    except RuntimeError:
        logging.getLogger("dbos").exception("it failed")
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    logging.getLogger("pypdf").warning(PEOPLE)
    logging.getLogger("somebody").debug(PEOPLE)
    logging.getLogger("zendesk_gupshup.x").debug("to %s: %s", NEEDLES[1], {"key": [NEEDLES[5]]})
    text = written.getvalue()
    lines = [json.loads(line) for line in text.splitlines()]
    assert [(line.get("exception"), line["event"]) for line in lines] == [
        ("RuntimeError from ValueError", "it failed"),
        ("RuntimeError from ValueError", "uncaught exception in a thread"),
        (None, "to [address] {'key': ['sk_****']}"),
    ]
    assert lines[0]["at"][0].startswith("test_logs.py:")
    assert found(text.encode()) == []


def found(content: bytes) -> list[str]:
    """The needles that are in there, in whatever case and however JSON writes them."""
    lower = content.lower()
    spellings = {n: {n.encode(), n.encode("utf-16-le"), json.dumps(n)[1:-1].encode()} for n in NEEDLES}
    return [needle for needle, forms in spellings.items() if any(form.lower() in lower for form in forms)]


def hostile(sandbox: SandboxServer) -> list[int]:
    """Tickets that report errors in words that must not get out."""
    texts = [
        f"{ERROR} {PEOPLE} {SECRETS}",
        f"{ERROR}\n> {PEOPLE}\n{{{{ticket.id}}}} {{% raise %}} <script>{WORD}</script>",
        f"Gupshup error code 1099 {PEOPLE}. Error {WORD} 1003 {SECRETS}",
        "\x00\ud83d".encode("utf-8", "replace").decode() + f" {ERROR} {WORD} " + "\u202e" * 50,
        f"{PEOPLE} " + "((((" * 5000,
        f'{ERROR} {{"error": {{"message": "{PEOPLE}", "code": 131030, "error_data": "{SECRETS}"}}}}',
    ]
    made = []
    for number, text in enumerate(texts):
        ticket = sandbox.store.write_as_client(
            NEEDLES[1] if number % 2 else f"olivia{number}@client.example", f"{WORD} Olivia", text,
            subject=f"{WORD} {NEEDLES[1]} WhatsApp +34600123456",
            files=[("zanzibar.pdf", "application/pdf", f"%PDF-1.7 {PEOPLE} {ERROR}".encode()),
                   ("zanzibar.log", "text/plain", f"{PEOPLE} {SECRETS} {ERROR}".encode()),
                   ("zanzibar.xlsx", "application/vnd.ms-excel", f"PK\x03\x04 {PEOPLE}".encode())],
        )  # fmt: skip
        made.append(int(ticket["id"]))
    return made


class Spite:
    """Zendesk's answers at their worst, with customers' words in them: to each ticket's first reading and writing."""

    def __init__(self) -> None:
        self.seen: set[tuple[str, int]] = set()
        self.refused: set[str] = set()

    async def before(self, request: Request) -> Response | None:
        path, method = request.url.path, request.method
        ticket = re.search(r"/tickets/(\d+)(?:\.json)?$", path)
        if method == "PUT" and ticket and ticket[1] in self.refused:
            detail = {"description": f"{PEOPLE} {SECRETS} is required", "error": f"{WORD}!"}
            return JSONResponse({"error": f"{WORD} {PEOPLE}", "details": {"base": [detail], WORD: [detail]}}, 422)
        answers: list[Callable[[], Response]] = []
        if method == "GET":
            answers = [
                lambda: HTMLResponse(f"<p>{PEOPLE} {SECRETS}</p>", 200),
                lambda: JSONResponse({"error": PEOPLE, "description": SECRETS}, 500),
                lambda: JSONResponse({"ticket": {"id": WORD, "tags": PEOPLE, "subject": [SECRETS]}}, 200),
                lambda: JSONResponse({"ticket": {"id": 1, "updated_at": WORD, "custom_fields": SECRETS}}, 200),
            ]
        elif method == "PUT":
            answers = [lambda: JSONResponse({"error": "RecordInvalid", "description": PEOPLE}, 500)]
        if ticket is None or not answers or (method, int(ticket[1])) in self.seen:
            return None
        self.seen.add((method, int(ticket[1])))
        return answers[int(ticket[1]) % len(answers)]()


@pytest.mark.no_cover
def test_a_hostile_run_leaves_no_customers_words_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = "[worker]\nsweep_seconds = 7\nlog_level = 'DEBUG'\n"
    (tmp_path / "zendesk-gupshup.toml").write_text(config, encoding="utf-8")
    with SandboxServer(limits=False, incremental_lag=0) as sandbox:
        api, port = Api(sandbox.base_url), free_port()
        secret = install(api, f"http://127.0.0.1:{port}/webhooks/zendesk")
        spite = Spite()
        sandbox.faults.before.append(spite.before)
        env = {**environment(sandbox.base_url, secret, tmp_path), "PYTHONWARNINGS": "default", "PYTHONUNBUFFERED": "1"}
        with (tmp_path / "out.log").open("wb") as out:
            with monkeypatch.context() as patched:
                patched.setattr(subprocess, "DEVNULL", out)
                worker = WorkerProcess(env, tmp_path, port)
            try:
                assert worker.wait_for(lambda: worker.address, SECONDS), worker.lines
                strangers(worker, secret)
                tickets = hostile(sandbox)
                spite.refused.add(str(tickets[1]))
                kept = DeadLetters(open_engine(None, Path(env["ZENDESK_GUPSHUP_STATE"])), sandbox.base_url)
                state = Path(env["ZENDESK_GUPSHUP_STATE"])
                # Each was read and refused, and came back to be written to.
                assert worker.wait_for(lambda: len(spite.seen) >= len(tickets) + 2, SECONDS), worker.lines
                assert worker.wait_for(kept.listed, SECONDS), worker.lines
                assert worker.wait_for(lambda: all(worker.settled(t) for t in tickets), SECONDS), worker.lines
                for ticket_id in tickets[2:]:
                    kept.give_up(
                        ticket_id, FailureKind.ATTEMPTS, worker.settled(ticket_id)[0]["reason"] or "nothing", 12
                    )
            finally:
                worker.stop()
        out_text = "\n".join(worker.lines).encode()
        reasons = [d["reason"] for ticket_id in tickets for d in worker.settled(ticket_id)]
    assert any("500" in str(reason) for reason in reasons)
    assert any("no JSON object" in str(reason) for reason in reasons)
    assert all(isinstance(json.loads(line), dict) for line in worker.lines), "everything is one of our JSON lines"
    assert found(out_text) == [], [line for line in worker.lines if found(line.encode())]
    files = [path for path in (*state.rglob("*"), tmp_path / "out.log") if path.is_file()]
    assert any(path.suffix == ".sqlite" for path in files)
    assert [(path.name, found(path.read_bytes())) for path in files if found(path.read_bytes())] == []
    assert found(json.dumps([one.reason for one in kept.listed()]).encode()) == []


def strangers(worker: WorkerProcess, secret: str) -> None:
    """Webhooks of people who are not Zendesk, and Zendesk's own with a body of nonsense."""
    post(worker, "forged", {"ticket_id": PEOPLE})
    post(worker, secret, {"ticket_id": PEOPLE})
    post(worker, secret, [SECRETS])
    post(worker, secret, {"ticket_id": "7" * 400, PEOPLE: SECRETS})
    requests.post(f"{worker.address}/{WORD}?token={NEEDLES[5]}", data=PEOPLE.encode(), timeout=10)
    requests.get(f"{worker.address}/healthz?{WORD}={NEEDLES[1]}", headers={"X-Zanzibar": NEEDLES[8]}, timeout=10)
