"""`doctor` on an installation that is sound, and on many that are not: each fault by name, with its remedy."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
import sqlalchemy as sa
import uvicorn
from click.testing import CliRunner

from support.setup_cases import access, apply
from zendesk_gupshup.brain import load_brain
from zendesk_gupshup.cli import main
from zendesk_gupshup.demo.stage import WorkerProcess, environment, free_port
from zendesk_gupshup.doctor import lines
from zendesk_gupshup.doctor.examine import examine
from zendesk_gupshup.model.ticket import User
from zendesk_gupshup.provision.apply import signing_secret
from zendesk_gupshup.provision.options import Setup
from zendesk_gupshup.provision.secret import keep_secret
from zendesk_gupshup.settings import Settings, load_settings
from zendesk_gupshup.storage import schema
from zendesk_gupshup.storage.engine import open_engine
from zendesk_gupshup.worker.http_app import create_app
from zendesk_gupshup.worker.webhook import PUBLIC_TEST_SECRET
from zendesk_gupshup.worker.worker import Worker
from zendesk_gupshup.zendesk.client import Zendesk
from zendesk_gupshup.zendesk.config import ZendeskConfig
from zendesk_sandbox.quick_server import QuickServer
from zendesk_sandbox.seed import API_TOKEN, CLIENT_ID, CLIENT_SECRET
from zendesk_sandbox.server import SandboxServer

_ERROR = 'The Gupshup API answers HTTP 401 {"status":"error","message":"Authentication Failed"} to our key.'


class Receiver:
    """The web server of `serve` without a worker behind it: what doctor's test call reaches needs none."""

    def __init__(self, secrets: list[str]) -> None:
        self.port = free_port()
        app = create_app(cast("Worker", None), spool=lambda _: None, secrets=secrets, max_age=300, max_body=65536)
        config = uvicorn.Config(
            app, host="127.0.0.1", port=self.port, log_level="error", lifespan="off", date_header=False
        )
        self._up = threading.Event()
        up = self._up

        class Server(QuickServer):
            async def startup(self, sockets: Any = None) -> None:
                await super().startup(sockets)
                up.set()

        self._server = Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/webhooks/zendesk"

    def __enter__(self) -> Receiver:
        self._thread.start()
        assert self._up.wait(30)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.end()
        self._thread.join(10)


@dataclass
class Installation:
    """One that works, until a test breaks something about it."""

    sandbox: SandboxServer
    zendesk: Zendesk
    receiver: Receiver
    secrets: list[str]
    ids: dict[str, str]
    folder: Path
    environment: dict[str, str]
    late: timedelta = timedelta(0)
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def state(self) -> Path:
        return self.folder / "state"

    def configure(self, text: str) -> None:
        (self.folder / "zendesk-gupshup.toml").write_text(text, encoding="utf-8")

    def doctor(self) -> tuple[int, list[dict[str, Any]]]:
        """Exit code and lines of the command."""
        if self.late:
            settings = load_settings(self.folder / "zendesk-gupshup.toml", environment=self.environment)
            found = list(examine(settings, where="here", now=lambda: datetime.now(UTC) + self.late))
            return lines.exit_code(found), [vars(line) for line in found]
        result = CliRunner().invoke(main, ["doctor", "--json"], env=self.environment)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.output
        answer = json.loads(result.stdout)
        assert answer["exit_code"] == result.exit_code
        return result.exit_code, answer["checks"]


@pytest.fixture
def installation(sandbox: SandboxServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Installation]:
    monkeypatch.chdir(tmp_path)
    secrets: list[str] = []
    with Receiver(secrets) as receiver, Zendesk(access(sandbox.base_url)) as zendesk:
        ids = dict(apply(zendesk, Setup(endpoint=receiver.url), load_brain(Settings())))
        secrets.append(signing_secret(zendesk, ids["webhook/worker"]))
        keep_secret(tmp_path / "state", secrets[0])
        cleared = {name: "" for name in os.environ if name.startswith(("ZENDESK_", "DATABASE_URL"))}
        given = {
            **cleared,
            "ZENDESK_BASE_URL": sandbox.base_url,
            "ZENDESK_OAUTH_CLIENT_ID": CLIENT_ID,
            "ZENDESK_OAUTH_CLIENT_SECRET": CLIENT_SECRET,
            "ZENDESK_GUPSHUP_STATE": str(tmp_path / "state"),
        }
        made = Installation(sandbox, zendesk, receiver, secrets, ids, tmp_path, given)
        made.configure(f'[setup]\nendpoint = "{receiver.url}"\n')
        yield made


def test_a_sound_installation_has_no_fault_and_no_warning(installation: Installation) -> None:
    code, checks = installation.doctor()
    assert [check for check in checks if check["status"] not in ("ok", "note")] == []
    assert code == 0
    told = {check["name"]: check["text"] for check in checks}
    assert told["test call"] == "Zendesk reached `serve`, signed with our secret"
    assert told["ticket fields"] == "6 in place"
    assert told["scopes"] == "read write: enough for every command"
    names = "settings credentials zendesk clock user scopes webhook deliveries templates pictures database notification"
    assert set(names.split()) <= told.keys()
    assert {"signing secret", "test call", "triggers", "macros", "views"} <= told.keys()


def test_doctor_changes_nothing(installation: Installation) -> None:
    before = sorted(path.name for path in installation.folder.rglob("*"))
    asked = len(installation.sandbox.requests)
    installation.doctor()
    assert sorted(path.name for path in installation.folder.rglob("*")) == before
    sent = installation.sandbox.requests[asked:]
    writes = {row["path"].partition("?")[0] for row in sent if row["method"] != "GET"}
    assert writes == {"/oauth/tokens", "/api/v2/webhooks/test"}
    assert installation.sandbox.store.tickets == {}


def test_no_secret_is_shown(installation: Installation) -> None:
    installation.environment["ZENDESK_WEBHOOK_SECRET"] = "hush-hush"
    text = json.dumps(installation.doctor()[1])
    assert not [secret for secret in (CLIENT_SECRET, installation.secrets[0], "hush-hush") if secret in text]


# --- Broken installations: what is done to one, the line that names it, words of it and of its remedy, the exit code


def _key(i: Installation) -> None:
    i.configure('[setup]\nendpiont = "https://example.com/webhooks/zendesk"\n')


def _no_credentials(i: Installation) -> None:
    i.environment["ZENDESK_OAUTH_CLIENT_SECRET"] = ""


def _wrong_credentials(i: Installation) -> None:
    i.environment["ZENDESK_OAUTH_CLIENT_SECRET"] = "not-it"


def _nobody_there(i: Installation) -> None:
    i.environment["ZENDESK_BASE_URL"] = f"http://127.0.0.1:{free_port()}"


def _agent(i: Installation) -> None:
    agent = i.sandbox.store.user_by_email("ada@example.com")["id"]
    i.sandbox.store.oauth_clients["agents"] = ("hidden", agent, frozenset(("read", "write")))
    i.environment |= {"ZENDESK_OAUTH_CLIENT_ID": "agents", "ZENDESK_OAUTH_CLIENT_SECRET": "hidden"}


def _read_only(i: Installation) -> None:
    i.environment["ZENDESK_OAUTH_SCOPES"] = "read"


def _late(i: Installation) -> None:
    i.late = timedelta(minutes=10)


def _no_webhook(i: Installation) -> None:
    for key in ("trigger/new-ticket", "trigger/client-comment", "trigger/draft-request"):
        i.zendesk.write("DELETE", f"triggers/{i.ids[key]}")
    i.zendesk.write("DELETE", f"webhooks/{i.ids['webhook/worker']}")


def _webhook(**change: str) -> Callable[[Installation], None]:
    def do(i: Installation) -> None:
        i.zendesk.write("PATCH", f"webhooks/{i.ids['webhook/worker']}", {"webhook": change})

    return do


def _reset_secret(i: Installation) -> None:
    i.zendesk.write("POST", f"webhooks/{i.ids['webhook/worker']}/signing_secret")


def _serve_with_an_old_secret(i: Installation) -> None:
    i.secrets[:] = ["an older one"]


def _no_secret(i: Installation) -> None:
    (i.state / "webhook-secret").unlink()


def _public_secret(i: Installation) -> None:
    i.environment["ZENDESK_WEBHOOK_SECRET"] = PUBLIC_TEST_SECRET


def _open_secret(i: Installation) -> None:
    (i.state / "webhook-secret").chmod(0o644)


def _no_serve(i: Installation) -> None:
    i.receiver.__exit__()


def _another_server(i: Installation) -> None:
    url = i.receiver.url.replace("/webhooks/zendesk", "/healthz")
    _webhook(endpoint=url)(i)
    i.configure(f'[setup]\nendpoint = "{url}"\n')


def _circuit_broken(i: Installation) -> None:
    i.sandbox.change(breaker_pause=60.0)
    i.secrets[:] = ["an older one"]
    for _ in range(12):
        i.sandbox.store.deliveries.invoke(i.ids["webhook/worker"], '{"ticket_id": "1"}')
        assert i.sandbox.store.deliveries.wait_idle()


def _failing(i: Installation) -> None:
    i.secrets[:] = ["an older one"]
    i.sandbox.store.deliveries.invoke(i.ids["webhook/worker"], '{"ticket_id": "1"}')
    assert i.sandbox.store.deliveries.wait_idle()


def _trigger(i: Installation) -> None:
    i.zendesk.write("PUT", f"triggers/{i.ids['trigger/client-comment']}", {"trigger": {"active": False}})


def _macro(i: Installation) -> None:
    i.zendesk.write("DELETE", f"macros/{i.ids['macro/draft']}")


def _no_mail(i: Installation) -> None:
    for trigger in i.sandbox.store.triggers.values():
        if "comment update" in trigger["title"]:
            i.zendesk.write("PUT", f"triggers/{trigger['id']}", {"trigger": {"active": False}})


def _never_mail(i: Installation) -> None:
    for trigger in list(i.sandbox.store.triggers.values()):
        if "comment update" in trigger["title"]:
            i.zendesk.write("DELETE", f"triggers/{trigger['id']}")


def _template(i: Installation) -> None:
    texts = i.folder / "texts" / "reply"
    texts.mkdir(parents=True)
    (texts / "gupshup_1003.en.md.j2").write_text("Hello {{ cliant }}", encoding="utf-8")
    i.configure(f'[setup]\nendpoint = "{i.receiver.url}"\n[folders]\ntemplates = "texts"\n')


def _code(i: Installation) -> None:
    i.configure(f'[setup]\nendpoint = "{i.receiver.url}"\n[modes]\n"gupshup_http 410" = "auto"\n')


def _group(i: Installation) -> None:
    i.configure(f'[setup]\nendpoint = "{i.receiver.url}"\ngroup = "Nobody"\n')


def _database(i: Installation) -> None:
    i.environment["DATABASE_URL"] = f"postgresql://a:b@127.0.0.1:{free_port()}/c"


def _no_database_url(i: Installation) -> None:
    i.environment["DATABASE_URL"] = "mysql://a:b@127.0.0.1/c"


def _newer_database(i: Installation) -> None:
    engine = open_engine(None, i.state)
    schema.upgrade(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE {schema.VERSION_TABLE} SET version_num = '9999'")
    engine.dispose()


def _queue(i: Installation) -> None:
    engine = sa.create_engine(f"sqlite:///{i.state / 'zendesk-gupshup.sqlite'}")
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE workflow_status (status TEXT, name TEXT, created_at INTEGER)"))
        old = int((datetime.now(UTC) - timedelta(hours=2)).timestamp() * 1000)
        connection.execute(sa.text(f"INSERT INTO workflow_status VALUES ('ENQUEUED', 'ticket', {old})"))
    engine.dispose()


BROKEN: tuple[tuple[Callable[[Installation], None], str, str, str, int], ...] = (
    (_key, "settings", "endpiont: unknown key; write endpoint", "correct the file", 1),
    (_no_credentials, "credentials", "ZENDESK_OAUTH_CLIENT_SECRET is missing", "goes with the one that is set", 6),
    (_wrong_credentials, "zendesk", "signing in failed", "check the OAuth client", 6),
    (_nobody_there, "zendesk", "cannot reach Zendesk", "check ZENDESK_SUBDOMAIN", 1),
    (
        _agent,
        "user",
        "agent: the sweep (incremental export), `setup` and `doctor` need an admin",
        "use an OAuth client of an admin",
        6,
    ),
    (_read_only, "scopes", "serve lacks write", "ZENDESK_OAUTH_SCOPES", 6),
    (_late, "clock", "ahead of Zendesk's; webhooks are refused from 300 s on", "time synchronisation", 1),
    (_no_webhook, "webhook", "missing: every ticket waits for the sweep", "setup apply", 1),
    (_webhook(endpoint="https://example.com/x"), "webhook", "points at https://example.com/x instead of", "apply", 1),
    (_webhook(status="inactive"), "webhook", "is inactive", "setup apply", 1),
    (_reset_secret, "signing secret", "differs from the one that Zendesk signs with", "setup apply", 1),
    (_serve_with_an_old_secret, "test call", "refused the signature", "restart `serve`", 1),
    (_no_secret, "signing secret", "missing: `serve` would refuse every webhook", "setup apply", 1),
    (_public_secret, "signing secret", "public test secret", "unset ZENDESK_WEBHOOK_SECRET", 1),
    (_open_secret, "signing secret", "can be read by others", "chmod 600", 1),
    (_no_serve, "test call", "Zendesk cannot reach", "start `serve`", 1),
    (_another_server, "test call", "something other than `serve` answered: status 405", "path /webhooks/zendesk", 1),
    (_circuit_broken, "deliveries", "paused the webhook", "Admin Center > Webhooks", 1),
    (_failing, "deliveries", "the last calls failed (401)", "the sweep finds what was lost", 1),
    (_trigger, "trigger/client-comment", "was changed: active: false", "setup apply", 1),
    (_macro, "macros", "missing: macro/draft", "setup apply", 1),
    (_no_mail, "notification", "is switched off", "activate it", 1),
    (_never_mail, "notification", "no trigger sends public comments", "create one", 1),
    (_template, "templates", "cliant", "templates lint", 1),
    (_code, "settings", '"gupshup_http 410" is no code', "correct the setting", 1),
    (_group, "setup", '"Nobody" is no group of this account', "correct [setup]", 1),
    (_database, "database", "no PostgreSQL server answers at its host and port", "check both", 1),
    (_no_database_url, "database", "not a PostgreSQL URL", "write postgresql://", 1),
    (_newer_database, "database", "is at revision 9999, and this program knows", "upgrade this program", 1),
    (_queue, "queue", "1 waiting, the oldest for 7", "start `serve`", 1),
)


@pytest.mark.parametrize(
    ("breaking", "name", "text", "remedy", "code"), BROKEN, ids=[f"{b[1]}: {b[2][:40]}" for b in BROKEN]
)
def test_a_broken_installation_is_told_what_is_wrong_and_what_mends_it(
    installation: Installation, breaking: Callable[[Installation], None], name: str, text: str, remedy: str, code: int
) -> None:
    breaking(installation)
    found, checks = installation.doctor()
    faults = [check for check in checks if check["status"] == "fault"]
    named = [check for check in faults if check["name"] == name and text in check["text"]]
    assert named, [f"{check['name']}: {check['text']}" for check in faults]
    assert remedy in named[0]["remedy"]
    assert found == code
    assert all(check["remedy"] for check in faults)


def test_an_api_token_works_and_is_warned_of_with_its_last_day(installation: Installation) -> None:
    installation.environment |= {"ZENDESK_OAUTH_CLIENT_ID": "", "ZENDESK_OAUTH_CLIENT_SECRET": ""}
    installation.environment |= {"ZENDESK_EMAIL": "worker@example.com", "ZENDESK_API_TOKEN": API_TOKEN}
    code, checks = installation.doctor()
    [warning] = [check for check in checks if check["status"] == "warning"]
    assert code == 0
    assert "2027-04-30" in warning["text"]
    assert "ZENDESK_OAUTH_CLIENT_ID" in warning["remedy"]
    assert {
        "name": "scopes",
        "status": "ok",
        "text": "all permissions of the user",
        "remedy": "",
        "permission": False,
    } in checks


def test_the_lines_can_be_read_by_people(installation: Installation) -> None:
    installation.zendesk.write("DELETE", f"macros/{installation.ids['macro/draft']}")
    result = CliRunner().invoke(main, ["doctor"], env=installation.environment)
    assert result.exit_code == 1
    assert "FAULT   macros: missing: macro/draft\n        -> run `zendesk-gupshup setup apply`\n" in result.stdout
    assert "ok      clock: in sync with Zendesk's\n" in result.stdout


def test_an_older_database_is_told_of() -> None:
    assert lines.database("0005", "0005") == lines.Line("database", "ok", "reachable")
    assert lines.database(None, "0005").status == "ok"
    older = lines.database("0004", "0005")
    assert (older.status, older.text) == ("warning", "is at revision 0004, and this program migrates it to 0005")
    assert older.remedy.startswith("stop the workers of the older version")


@pytest.mark.no_cover
def test_the_queue_of_a_real_worker_is_seen_from_outside(sandbox: SandboxServer, tmp_path: Path) -> None:
    port = free_port()
    address = f"http://127.0.0.1:{port}/webhooks/zendesk"
    given = {**os.environ, **environment(sandbox.base_url, "", tmp_path), "ZENDESK_GUPSHUP_STATE": str(tmp_path / "s")}
    made = CliRunner().invoke(main, ["setup", "apply", "--yes", "--address", address], env=given)
    assert made.exit_code == 0, made.stderr
    # No secret in the environment: `serve` takes the one that setup left.
    worker = WorkerProcess({**given, "ZENDESK_WEBHOOK_SECRET": ""}, tmp_path, port)
    try:
        assert worker.wait_for(lambda: worker.address, 90), worker.lines
        result = CliRunner().invoke(main, ["doctor", "--json", "--address", address], env=given)
        checks = {check["name"]: (check["status"], check["text"]) for check in json.loads(result.stdout)["checks"]}
        assert checks["test call"] == ("ok", "Zendesk reached `serve`, signed with our secret")
        assert checks["database"] == ("ok", "reachable")
        assert checks["queue"] == ("ok", "empty")
        assert result.exit_code == 0
        sandbox.store.write_as_client("lin@example.com", "Lin", _ERROR, subject="WhatsApp")
        assert worker.wait_for(lambda: worker.settled(1), 60)
        assert worker.settled(1)[0]["codes"] == ["gupshup_http 401"]
    finally:
        worker.stop()


# --- Single judgments --------------------------------------------------------------------------------------------


def test_an_api_token_is_a_fault_once_they_have_ended() -> None:
    legacy = ZendeskConfig.model_validate({"subdomain": "example", "email": "a@example.com", "api_token": "t"})
    assert [line.status for line in lines.credentials(legacy, date(2027, 4, 30))] == ["warning"]
    assert [(line.status, line.permission) for line in lines.credentials(legacy, date(2027, 5, 1))] == [("fault", True)]


def test_a_ready_made_token_is_said_to_end() -> None:
    ready = ZendeskConfig.model_validate({"subdomain": "example", "oauth_token": "t"})
    [line] = lines.credentials(ready, date(2026, 1, 1))
    assert (line.status, "cannot be renewed" in line.text) == ("warning", True)


@pytest.mark.parametrize(
    ("ahead", "status"), [(0.4, "ok"), (-5, "ok"), (60, "warning"), (-150, "fault"), (600, "fault"), (None, "warning")]
)
def test_the_clock_may_be_off_by_a_little(ahead: float | None, status: str) -> None:
    assert lines.clock(ahead, 300).status == status


def test_a_worker_that_attaches_no_files_can_do_with_less() -> None:
    assert lines.scopes(("read", "tickets:write")).status == "warning"
    assert lines.scopes(("tickets:read",)).permission


@pytest.mark.parametrize(
    ("statuses", "status"),
    [
        ([], "note"),
        (["completed"] * 9 + ["terminated"], "ok"),
        (["terminated"] * 6 + ["completed"] * 4, "fault"),
        (["completed", "throttled"], "warning"),
        (["completed", "circuit_broken"], "fault"),
        (["completed"] * 6 + ["circuit broken"], "ok"),
    ],
)
def test_deliveries_are_judged_by_the_latest(statuses: list[str], status: str) -> None:
    assert lines.deliveries([{"status": one} for one in statuses]).status == status


@pytest.mark.parametrize(
    ("status", "payload", "words"),
    [(401, '{"error":"stale"}', "timestamp"), (409, "", "queue"), (200, "<html>", "something other"), (0, "", "other")],
)
def test_an_answer_to_the_test_call_tells_what_is_wrong(status: int, payload: str, words: str) -> None:
    line = lines.signed(status, payload)
    assert line.status == "fault"
    assert words in line.text


def test_a_mail_trigger_for_new_tickets_only_sends_no_replies() -> None:
    mail = {"field": "notification_user", "value": ["requester_id", "s", "b"]}
    created = {"field": "update_type", "operator": "is", "value": "Create"}
    public = {"field": "comment_is_public", "operator": "is", "value": True}

    def judged(every: list[dict[str, Any]]) -> str:
        return lines.notification([{"active": True, "conditions": {"all": every}, "actions": [mail]}]).status

    assert judged([created, public]) == "fault"
    assert judged([public]) == "ok"


def test_an_admin_is_said_to_be_one() -> None:
    assert lines.user(User(id=7, name="Ada", role="admin")).status == "ok"


def test_each_mistake_in_the_file_is_a_line_of_its_own(installation: Installation) -> None:
    installation.configure("[worker]\nprot = 1\n[reply]\nper_hour = -1\n")
    code, found = installation.doctor()
    assert code == 1
    assert [(line["name"], line["text"]) for line in found] == [
        ("settings", "zendesk-gupshup.toml: [reply] per_hour: write 0 or more"),
        ("settings", "zendesk-gupshup.toml: [worker] prot: unknown key; write port"),
    ]


def test_who_writes_with_the_workers_user_besides_the_worker_is_warned_of(installation: Installation) -> None:
    store = installation.sandbox.store
    ours = int(store.user_by_email("worker@example.com")["id"])
    told: dict[str, dict[str, Any]] = {
        "of the worker": {"comment": {"body": "Hello", "public": True}, "metadata": {"zendesk_gupshup": "live"}},
        "an internal note": {"comment": {"body": "Hello", "public": False}},
        "by hand": {"comment": {"body": "Hello", "public": True}},
    }
    tickets = {}
    for name, update in told.items():
        tickets[name] = int(store.write_as_client("lin@example.com", "Lin", "Help", subject="Help")["id"])
        store.update_ticket(tickets[name], update, ours)
    code, checks = installation.doctor()
    [found] = [check for check in checks if check["name"] == "own user"]
    text = f"public comments that the worker did not write, on 1 of 3 tickets: {tickets['by hand']}"
    assert (code, found["status"], found["text"]) == (0, "warning", text)
    assert "users of their own" in found["remedy"]


def test_doctor_looks_at_few_tickets_for_that(installation: Installation) -> None:
    store = installation.sandbox.store
    ours = int(store.user_by_email("worker@example.com")["id"])
    for _ in range(15):
        ticket_id = int(store.write_as_client("lin@example.com", "Lin", "Help", subject="Help")["id"])
        store.update_ticket(ticket_id, {"comment": {"body": "Hi", "public": True}}, ours)
    asked = len(installation.sandbox.requests)
    checks = installation.doctor()[1]
    assert "on 10 of 10 tickets" in next(check["text"] for check in checks if check["name"] == "own user")
    paths = [row["path"] for row in installation.sandbox.requests[asked:]]
    assert sum(path.startswith("/api/v2/tickets/") for path in paths) <= 21


@pytest.mark.parametrize(
    ("text", "mode", "found"),
    [
        pytest.param("json://localhost/hook\n", 0o600, [("ok", "to JSON; ")], id="sound"),
        pytest.param(
            "json://localhost/hook\n",
            0o644,
            [("ok", "to JSON; "), ("warning", "others may read ")],
            id="open to others",
        ),
        pytest.param("slak://secretsecret\n", 0o600, [("fault", "{path}: line 1: ")], id="a wrong line"),
        pytest.param(None, 0o600, [("fault", "{path}: cannot be read: ")], id="no file"),
    ],
)
def test_the_file_of_alert_urls_is_looked_at(
    installation: Installation, text: str | None, mode: int, found: list[tuple[str, str]]
) -> None:
    path = installation.folder / "urls"
    if text is not None:
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)
    installation.configure(f'[setup]\nendpoint = "{installation.receiver.url}"\n[alerts]\nurls_file = "urls"\n')
    own = [line for line in installation.doctor()[1] if line["name"] == "alerts"]
    assert [line["status"] for line in own] == [status for status, _ in found]
    for line, (_, words) in zip(own, found, strict=True):
        assert line["text"].startswith(words.format(path=path.name))
        assert "secretsecret" not in line["text"]
