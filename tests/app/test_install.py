"""`setup app`: from nothing to installed and back; wherever it was killed, there is one app and one installation."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from support.app_setup import URL, AppAccount, CutOff
from support.databases import database
from support.setup_cases import Killed, access
from zendesk_gupshup import __version__
from zendesk_gupshup.app.install import AppSetupError, PresentApp, carry_out_removal, look, planned, removal
from zendesk_gupshup.app.package import app_package
from zendesk_gupshup.app.registration import AppRegistration, PendingBuild, keep_registration
from zendesk_gupshup.cli import main
from zendesk_gupshup.storage.app_store import AppStore
from zendesk_gupshup.storage.run_lock import RunLocks
from zendesk_gupshup.zendesk.client import Zendesk
from zendesk_gupshup.zendesk.errors import OutcomeUnknown, Unauthorized
from zendesk_sandbox.seed import API_TOKEN, CLIENT_ID, CLIENT_SECRET
from zendesk_sandbox.server import SandboxServer

PACKAGE = app_package(URL)
NOTHING_TO_DO = [("same", "app"), ("same", "installation"), ("same", "numbers and public key")]
# Of a first run whose job is seen at the second look.
REQUESTS = (
    "GET apps/owned.json",
    "POST apps/validate.json",
    "POST apps/uploads.json",
    "POST apps.json",
    "GET apps/job_statuses",
    "GET apps/job_statuses",
    "GET apps/installations.json",
    "POST apps/installations.json",
    "GET apps/public_key.pem",
)
# With two looks at the job, too; asserted below.
REQUESTS_OF_AN_UPDATE = 11


@pytest.fixture
def desk(sandbox: SandboxServer, tmp_path: Path) -> Iterator[AppAccount]:
    """Its builds take as long as somebody waits for them."""
    sandbox.change(job_delay=600.0)
    engine = database("sqlite", tmp_path / "store")
    with Zendesk(access(sandbox.base_url)) as zendesk:
        yield AppAccount.of(sandbox, zendesk, engine)
    engine.dispose()


# --- From nothing to installed, and back


def test_apply_makes_one_app_one_installation_and_stores_what_serve_needs(desk: AppAccount) -> None:
    assert desk.plan() == [("create", "app"), ("create", "installation"), ("create", "numbers and public key")]
    done = desk.apply()
    [app], [installation] = desk.apps, desk.installations
    assert [(step.action, step.what, step.id) for step in done] == [
        ("create", "app", app["id"]),
        ("create", "installation", installation["id"]),
        ("update", "numbers and public key", None),
    ]
    assert (app["name"], app["version"], app["author_name"]) == (PACKAGE.name, __version__, PACKAGE.author)
    assert (installation["app_id"], installation["settings"]["name"]) == (app["id"], PACKAGE.name)
    assert desk.kept == AppRegistration(
        app_id=app["id"],
        installation_id=installation["id"],
        public_key=desk.sandbox.store.apps.pem(app["id"]),
        package_digest=PACKAGE.digest,
        installed_digest=PACKAGE.digest,
    )
    assert desk.plan() == NOTHING_TO_DO


def test_a_first_run_makes_these_requests(desk: AppAccount) -> None:
    gateway = CutOff(desk.zendesk)
    desk.apply(gateway)
    job_ids, app_ids = desk.sandbox.store.apps.jobs, desk.sandbox.store.apps.apps
    told = [f"{method} {path}" for method, path, _ in gateway.calls]
    for number in (*job_ids, *map(str, app_ids)):
        told = [call.replace(f"/{number}", "") for call in told]
    assert [call.replace("job_statuses.json", "job_statuses") for call in told] == list(REQUESTS)


def test_a_second_run_writes_nothing(desk: AppAccount) -> None:
    desk.apply()
    again = CutOff(desk.zendesk)
    assert (desk.apply(again), again.writes) == ([], [])


def test_another_url_is_another_build_of_the_same_app(desk: AppAccount) -> None:
    desk.apply()
    [before] = desk.apps
    gateway = CutOff(desk.zendesk)
    done = desk.apply(gateway, url="https://other.example.com")
    assert len(gateway.calls) == REQUESTS_OF_AN_UPDATE
    assert [(step.action, step.what) for step in done] == [("update", "app"), ("update", "installation")]
    [app] = desk.apps
    manifest = desk.sandbox.store.apps.manifests[app["id"]]
    assert app["id"] == before["id"]
    assert manifest["location"]["support"]["nav_bar"]["url"] == "https://other.example.com/zaf/console"


def test_what_an_admin_set_on_the_installation_stays(desk: AppAccount) -> None:
    desk.apply()
    [row] = desk.installations
    row |= {"settings": {"name": "Errors", "title": "Errors"}, "enabled": False, "group_restrictions": [7]}
    desk.apply(url="https://other.example.com")
    [after] = desk.installations
    assert {key: after[key] for key in ("settings", "enabled", "group_restrictions")} == {
        "settings": {"name": "Errors", "title": "Errors"},
        "enabled": False,
        "group_restrictions": [7],
    }


def test_an_installation_that_was_removed_is_made_again(desk: AppAccount) -> None:
    desk.apply()
    [before] = desk.installations
    desk.sandbox.store.apps.installations.clear()
    assert desk.plan() == [("same", "app"), ("create", "installation"), ("update", "numbers and public key")]
    desk.apply()
    [after] = desk.installations
    assert (after["id"] != before["id"], desk.kept.installation_id) == (True, after["id"])


def test_an_app_that_was_removed_is_made_again_with_numbers_and_key_of_its_own(desk: AppAccount) -> None:
    desk.apply()
    before = desk.kept
    desk.sandbox.store.apps.remove(before.app_id or 0)
    desk.apply()
    after = desk.kept
    assert before.app_id != after.app_id
    assert before.installation_id != after.installation_id
    assert after.public_key == desk.sandbox.store.apps.pem(after.app_id or 0) != before.public_key


def test_another_machine_without_the_store_takes_over_the_app_that_is_there(desk: AppAccount, tmp_path: Path) -> None:
    desk.apply()
    other = AppAccount.of(desk.sandbox, desk.zendesk, database("sqlite", tmp_path / "other"))
    assert other.plan() == [("update", "app"), ("update", "installation"), ("update", "numbers and public key")]
    other.apply()
    assert (len(desk.apps), len(desk.installations), other.kept) == (1, 1, desk.kept)
    other.store.engine.dispose()


# --- Whose it is


def test_apps_of_others_are_left_alone_even_under_our_name(desk: AppAccount) -> None:
    theirs = desk.add_app("Ada", PACKAGE.name)
    desk.apply()
    before = [row for row in desk.apps if row["id"] == theirs]
    ours = look(desk.zendesk, PACKAGE.author, desk.kept)
    assert ours.app
    carry_out_removal(desk.zendesk, desk.store, removal(ours, desk.installed(ours.app["id"])))
    assert (desk.apps, [row["app_id"] for row in desk.installations]) == (before, [theirs])
    assert desk.kept == AppRegistration()


def test_a_number_in_the_settings_that_is_somebody_elses_app_is_refused(desk: AppAccount) -> None:
    theirs = desk.add_app("Ada")
    with pytest.raises(AppSetupError, match=rf'app_id is {theirs}: that is "Theirs" by "Ada" and not ours'):
        desk.apply(app_id=theirs)
    with pytest.raises(AppSetupError, match="app_id is 7, which this account does not have"):
        desk.apply(app_id=7)
    assert len(desk.apps) == 1


def test_of_two_apps_of_ours_the_settings_must_name_one(desk: AppAccount) -> None:
    first, second = desk.add_app(PACKAGE.author), desk.add_app(PACKAGE.author)
    with pytest.raises(AppSetupError, match=f"several apps of ours: {first}, {second}"):
        desk.apply()
    desk.apply(app_id=second)
    assert desk.kept.app_id == second


# --- Killed half-way


@pytest.mark.parametrize("last", range(1, len(REQUESTS) + 1))
def test_a_run_killed_after_any_request_is_continued(desk: AppAccount, last: int) -> None:
    with pytest.raises(Killed):
        desk.apply(CutOff(desk.zendesk, last))
    desk.apply()
    assert (len(desk.apps), len(desk.installations)) == (1, 1)
    assert desk.plan() == NOTHING_TO_DO


@pytest.mark.parametrize("last", range(1, REQUESTS_OF_AN_UPDATE + 1))
def test_an_update_killed_after_any_request_is_continued(desk: AppAccount, last: int) -> None:
    desk.apply(url="https://old.example.com")
    with pytest.raises(Killed):
        desk.apply(CutOff(desk.zendesk, last))
    desk.apply()
    [app] = desk.apps
    assert desk.sandbox.store.apps.manifests[app["id"]]["location"]["support"]["nav_bar"]["url"] == f"{URL}/zaf/console"
    assert (len(desk.installations), desk.plan()) == (1, NOTHING_TO_DO)


@pytest.mark.parametrize("last", [4, 8], ids=["build", "installation"])
def test_what_was_made_without_an_answer_is_found_and_not_made_twice(desk: AppAccount, last: int) -> None:
    with pytest.raises(AppSetupError, match="the answer was lost"):
        desk.apply(CutOff(desk.zendesk, last, lose=lambda: OutcomeUnknown("POST: the answer was lost")))
    desk.apply()
    assert (len(desk.apps), len(desk.installations), desk.plan()) == (1, 1, NOTHING_TO_DO)


def test_a_build_that_was_never_asked_for_is_waited_for_in_vain_and_then_begun(desk: AppAccount) -> None:
    keep_registration(desk.store, AppRegistration(pending=PendingBuild(digest=PACKAGE.digest)))
    desk.apply()
    assert (len(desk.apps), desk.plan()) == (1, NOTHING_TO_DO)


def test_a_job_that_zendesk_no_longer_knows_is_no_hindrance(desk: AppAccount) -> None:
    with pytest.raises(Killed):
        desk.apply(CutOff(desk.zendesk, 5))
    desk.wait(0)
    desk.sandbox.store.apps.jobs.clear()
    desk.apply()
    assert (len(desk.apps), desk.plan()) == (1, NOTHING_TO_DO)


def test_a_build_that_does_not_end_is_left_and_continued_later(
    desk: AppAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(desk, "wait", lambda _: None)
        with pytest.raises(AppSetupError, match="still builds the app"):
            desk.apply()
    [job_id] = desk.sandbox.store.apps.jobs
    assert desk.kept.pending == PendingBuild(digest=PACKAGE.digest, job_id=job_id)
    desk.apply()
    assert (len(desk.sandbox.store.apps.jobs), desk.plan()) == (1, NOTHING_TO_DO)


def test_a_build_that_fails_is_told_and_the_next_run_begins_anew(
    desk: AppAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_seconds: float) -> None:
        for job in desk.sandbox.store.apps.jobs.values():
            job |= {"status": "failed", "message": "it is Tuesday"}

    with monkeypatch.context() as patch:
        patch.setattr(desk, "wait", fail)
        with pytest.raises(AppSetupError, match="Zendesk could not build the app: it is Tuesday"):
            desk.apply()
    assert desk.kept == AppRegistration()
    desk.sandbox.store.scheduler.clear()
    desk.apply()
    assert (len(desk.apps), desk.plan()) == (1, NOTHING_TO_DO)


def test_a_job_that_does_not_name_its_app_is_enough(desk: AppAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    wait = desk.wait

    def forget_the_number(seconds: float) -> None:
        wait(seconds)
        for job in desk.sandbox.store.apps.jobs.values():
            del job["app_id"]

    monkeypatch.setattr(desk, "wait", forget_the_number)
    desk.apply()
    assert (len(desk.apps), desk.plan()) == (1, NOTHING_TO_DO)


@pytest.mark.no_cover
def test_a_process_killed_with_9_while_zendesk_builds_is_continued(sandbox: SandboxServer, tmp_path: Path) -> None:
    process: list[subprocess.Popen[str]] = []

    async def kill(request: Request, response: Response) -> Response:
        if request.method == "POST" and request.url.path == "/api/v2/apps":
            os.kill(process[0].pid, signal.SIGKILL)
        return response

    sandbox.faults.after.append(kill)
    command = [sys.executable, "-m", "zendesk_gupshup", "setup", "app", "apply", "--yes", "--url", URL]
    environ = {**os.environ, **environment(sandbox, tmp_path)}
    with subprocess.Popen(command, env=environ, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as started:
        process.append(started)
        started.communicate(timeout=120)
    assert started.returncode == -signal.SIGKILL
    sandbox.faults.after.clear()
    ended = subprocess.run(command, env=environ, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=True)
    assert "created installation" in ended.stderr
    assert (len(sandbox.store.apps.apps), len(sandbox.store.apps.installations)) == (1, 1)


# --- What Zendesk refuses


@pytest.mark.parametrize("pem", ["", "not found", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"])
def test_a_key_that_is_none_is_not_stored(desk: AppAccount, pem: str) -> None:
    async def spoil(request: Request, response: Response) -> Response:
        return PlainTextResponse(pem) if request.url.path.endswith(".pem") else response

    desk.sandbox.faults.after.append(spoil)
    with pytest.raises(AppSetupError, match="for the public key of app"):
        desk.apply()
    assert desk.kept.public_key is None


def test_a_key_that_may_not_be_read_is_told_by_the_plan() -> None:
    app = {"id": 7, "version": __version__, "name": PACKAGE.name}
    present = PresentApp(app, {"id": 8}, None, "403 Forbidden")
    kept = AppRegistration(app_id=7, installation_id=8, package_digest=PACKAGE.digest, installed_digest=PACKAGE.digest)
    assert [str(step) for step in planned(PACKAGE, kept, present)][-1] == "numbers and public key: 403 Forbidden"


def test_an_agent_may_not_install(sandbox: SandboxServer, desk: AppAccount) -> None:
    agent = access(sandbox.base_url).model_copy(
        update={"oauth_client_id": None, "email": "ada@example.com", "api_token": SecretStr(API_TOKEN)}
    )
    with Zendesk(agent) as zendesk, pytest.raises(Unauthorized):
        AppAccount(sandbox, zendesk, desk.store).apply()
    assert desk.apps == []


# --- The commands


def environment(sandbox: SandboxServer, folder: Path, **more: str) -> dict[str, str]:
    cleared = {name: "" for name in os.environ if name.startswith(("ZENDESK_", "DATABASE_URL"))}
    own = {"ZENDESK_BASE_URL": sandbox.base_url, "ZENDESK_OAUTH_CLIENT_ID": CLIENT_ID}
    own |= {"ZENDESK_OAUTH_CLIENT_SECRET": CLIENT_SECRET, "ZENDESK_GUPSHUP_STATE": str(folder / "state")}
    return {**cleared, **own, **more}


@pytest.fixture
def run(sandbox: SandboxServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str, str]]:
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str, **more: str) -> tuple[int, str, str]:
        result = CliRunner().invoke(main, arguments, env=environment(sandbox, tmp_path, **more))
        assert result.exception is None or isinstance(result.exception, SystemExit), result.output
        return result.exit_code, result.stdout, result.stderr

    return call


Run = Callable[..., tuple[int, str, str]]
AT = ("--url", URL)


def test_plan_apply_plan_remove_plan(run: Run, sandbox: SandboxServer) -> None:
    assert run("setup", "app", "plan", *AT)[0] == 5
    code, _, told = run("setup", "app", "apply", "--yes", *AT)
    assert (code, "Now write enabled = true under [app]" in told) == (0, True)
    code, out, _ = run("setup", "app", "plan", "--json", *AT)
    assert (code, json.loads(out)["changes"]) == (0, 0)
    assert run("setup", "app", "apply", "--yes", *AT)[2].startswith("0 changes made")
    code, _, told = run("setup", "app", "remove", "--yes")
    assert (code, "2 objects removed" in told) == (0, True)
    assert (sandbox.store.apps.apps, sandbox.store.apps.installations) == ({}, {})
    assert run("setup", "app", "remove", "--yes")[2] == "0 objects removed.\n"
    assert run("setup", "app", "plan", *AT)[0] == 5


@pytest.mark.parametrize("command", [("plan",), ("apply", "--yes")])
def test_without_an_address_the_setting_to_write_is_named(run: Run, command: tuple[str, ...]) -> None:
    code, _, told = run("setup", "app", *command)
    assert (code, told) == (
        1,
        'zendesk-gupshup: set [app] url = "https://<your host>", under which browsers reach `serve`\n',
    )


def test_without_confirmation_nothing_is_changed(run: Run, sandbox: SandboxServer) -> None:
    code, _, told = run("setup", "app", "apply", *AT)
    assert (code, "nothing was changed" in told, sandbox.store.apps.apps) == (1, True, {})


def test_a_refused_permission_says_who_may(run: Run) -> None:
    code, _, told = run(
        "setup", "app", "plan", *AT,
        ZENDESK_OAUTH_CLIENT_ID="", ZENDESK_OAUTH_CLIENT_SECRET="",
        ZENDESK_EMAIL="ada@example.com", ZENDESK_API_TOKEN=API_TOKEN,
    )  # fmt: skip
    assert (code, "Only an admin may upload and install apps" in told) == (6, True)


def test_two_at_once_cannot_make_two_apps(run: Run, sandbox: SandboxServer, tmp_path: Path) -> None:
    run("setup", "app", "plan", *AT)
    store = AppStore(database_of(tmp_path), sandbox.base_url)
    locks = RunLocks(store.engine, sandbox.base_url)
    assert locks.acquire("setup-app")
    code, _, told = run("setup", "app", "apply", "--yes", *AT)
    assert (code, "another `setup app` is running" in told, sandbox.store.apps.apps) == (1, True, {})
    locks.release("setup-app")
    store.engine.dispose()
    assert run("setup", "app", "apply", "--yes", *AT)[0] == 0


def database_of(folder: Path) -> sa.Engine:
    from zendesk_gupshup.storage.engine import open_engine

    return open_engine(None, folder / "state")


def test_build_and_check_from_the_settings(run: Run, tmp_path: Path) -> None:
    (tmp_path / "zendesk-gupshup.toml").write_text(f'[setup]\nendpoint = "{URL}/webhooks/zendesk"\n', encoding="utf-8")
    code, _, told = run("app", "build", "--out", "a.zip")
    assert (code, PACKAGE.digest in told, (tmp_path / "a.zip").read_bytes()) == (0, True, PACKAGE.content)
    assert run("app", "check", "a.zip")[:2] == (0, "7 files, 0 errors, 0 warnings.\n")
    assert run("app", "check")[:2] == (0, "7 files, 0 errors, 0 warnings.\n")


def test_check_tells_errors_by_its_exit_code_and_as_json(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    code, out, _ = run("app", "check", "empty", "--json")
    [problem] = json.loads(out)["problems"]
    assert (code, problem["level"], problem["rule"], problem["file"]) == (
        1,
        "error",
        "missing_manifest",
        "manifest.json",
    )
    assert run("app", "check", "nowhere")[2] == "zendesk-gupshup: nowhere: cannot be read: No such file or directory\n"
    assert run("app", "build", "--out", "empty/none/a.zip", *AT)[0] == 1
