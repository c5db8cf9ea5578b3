"""The sandbox's apps: upload, build, install, key; by the paths of the reference and by those of Zendesk's own tool.

Zendesk's OpenAPI description has none of these endpoints; the test says so should it ever get them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jwskate import Jwk, Jwt, SignedJwt

from support.app_packages import CASES, Files, good
from support.sandbox_api import Api
from zendesk_gupshup.app.package import zipped
from zendesk_sandbox.server import SandboxServer

NEWER = ("/api/v2/apps", "/api/v2/apps/installations")
OLDER = ("/api/apps.json", "/api/support/apps/installations.json")


@pytest.fixture
def api(sandbox: SandboxServer) -> Iterator[Api]:
    with Api(sandbox) as api:
        yield api


def send(api: Api, path: str, field: str, content: bytes) -> tuple[int, dict[str, Any]]:
    answer = api.session.post(f"{api.base}/api/v2{path}", files={field: ("app.zip", content)}, timeout=10)
    return answer.status_code, answer.json()


def upload(api: Api, files: Files) -> int:
    status, body = send(api, "/apps/uploads.json", "uploaded_data", zipped(files))
    assert (status, list(body)) == (201, ["id"])
    return int(body["id"])


def built(api: Api, sandbox: SandboxServer, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
    job = api.json(method, f"{api.base}{path}", body)
    assert api.json("GET", f"/apps/job_statuses/{job['job_id']}")["status"] in ("queued", "completed")
    sandbox.store.scheduler.hurry()
    assert sandbox.store.scheduler.wait_idle()
    found: dict[str, Any] = api.json("GET", f"/apps/job_statuses/{job['job_id']}.json")
    return found


@pytest.mark.parametrize(("apps", "installations"), [NEWER, OLDER], ids=["reference", "command line tool"])
def test_an_app_is_uploaded_built_installed_updated_and_removed(
    api: Api, sandbox: SandboxServer, apps: str, installations: str
) -> None:
    body = {"upload_id": upload(api, good()), "name": "Errors"}
    job = built(api, sandbox, "POST", apps, body)
    app_id = job["app_id"]
    assert (job["status"], isinstance(app_id, int)) == ("completed", True)
    row = api.json("POST", f"{api.base}{installations}", {"app_id": app_id, "settings": {"name": "Errors"}}, 201)
    assert [one["id"] for one in api.json("GET", f"{api.base}{installations}")["installations"]] == [row["id"]]
    again = built(api, sandbox, "PUT", f"/api/v2/apps/{app_id}", {"upload_id": upload(api, good())})
    assert again["app_id"] == app_id
    changed = api.json("PUT", f"/apps/installations/{row['id']}", {"settings": {"title": "Other"}, "enabled": False})
    assert (changed["settings"], changed["enabled"]) == ({"title": "Other", "name": "Errors"}, False)
    [owned] = api.json("GET", "/apps/owned.json?page[size]=100")["apps"]
    assert (owned["id"], owned["name"], owned["author_name"], owned["version"]) == (app_id, "Errors", "Ada", "1.0.0")
    api.json("DELETE", f"/apps/{app_id}", status=204)
    assert api.json("GET", "/apps/installations")["installations"] == []
    api.json("GET", f"/apps/{app_id}", status=404)


def test_the_inbox_shows_what_is_installed_and_switched_on(api: Api, sandbox: SandboxServer) -> None:
    app_id = built(api, sandbox, "POST", "/api/v2/apps", {"upload_id": upload(api, good()), "name": "x"})["app_id"]
    shown = sandbox.store.app_installations
    assert shown == {}
    row = api.json("POST", "/apps/installations", {"app_id": app_id, "settings": {"name": "Errors"}}, 201)
    told = {number: (one.account, one.app_id, one.name, one.urls) for number, one in shown.items()}
    urls = {"ticket_sidebar": "https://app.example.com/sidebar"}
    assert told == {row["id"]: (sandbox.base_url, app_id, "Errors", urls)}
    files = good()
    files["manifest.json"] = files["manifest.json"].replace(b"app.example.com", b"other.example.com")
    built(api, sandbox, "PUT", f"/api/v2/apps/{app_id}", {"upload_id": upload(api, files)})
    assert shown[row["id"]].urls == {"ticket_sidebar": "https://other.example.com/sidebar"}
    api.json("PUT", f"/apps/installations/{row['id']}", {"enabled": False})
    assert shown == {}
    api.json("PUT", f"/apps/installations/{row['id']}", {"enabled": True})
    assert list(shown) == [row["id"]]
    api.json("DELETE", f"/apps/{app_id}", status=204)
    assert shown == {}


@pytest.mark.parametrize("ending", ["public_key", "public_key.pem"])
def test_the_key_is_that_of_the_tokens(api: Api, sandbox: SandboxServer, ending: str) -> None:
    app_id = built(api, sandbox, "POST", "/api/v2/apps", {"upload_id": upload(api, good()), "name": "x"})["app_id"]
    answer = api.send("GET", f"/apps/{app_id}/{ending}")
    key = Jwk.from_pem(answer.content)
    token = Jwt.sign({"sub": "1"}, sandbox.store.apps.keys[app_id], alg="RS256")
    assert (key.kty, key.is_private) == ("RSA", False)
    SignedJwt(str(token)).verify(key, alg="RS256")


@pytest.mark.parametrize(
    "name",
    [
        "manifest: the manifest is missing",
        "manifest: not JSON",
        "manifest: a list",
        "manifest: without author",
        "manifest: a language without texts",
        "location: a worker over http",
        "translation: no name",
    ],
)
def test_a_bad_package_is_refused_before_and_fails_to_build(api: Api, sandbox: SandboxServer, name: str) -> None:
    files = good()
    CASES[name].change(files)
    status, body = send(api, "/apps/validate", "file", zipped(files))
    assert (status, bool(body["description"])) == (422, True)
    job = built(api, sandbox, "POST", "/api/v2/apps", {"upload_id": upload(api, files), "name": "x"})
    assert (job["status"], job["message"], job["app_id"]) == ("failed", body["description"], None)
    assert api.json("GET", "/apps/owned")["apps"] == []


def test_a_good_package_is_valid(api: Api) -> None:
    assert send(api, "/apps/validate", "file", zipped(good())) == (200, {})


def test_an_upload_is_used_once_and_an_app_is_installed_once(api: Api, sandbox: SandboxServer) -> None:
    files = good()
    files["manifest.json"] = files["manifest.json"].replace(b'"private": true', b'"singleInstall": true')
    body = {"upload_id": upload(api, files), "name": "x"}
    app_id = built(api, sandbox, "POST", "/api/v2/apps", body)["app_id"]
    api.json("POST", "/apps", body, 422)
    install = {"app_id": app_id, "settings": {"name": "x"}}
    api.json("POST", "/apps/installations", install, 201)
    api.json("POST", "/apps/installations", install, 422)


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/apps/uploads", {}, 400),
        ("POST", "/apps", {"upload_id": 7, "name": "x"}, 422),
        ("POST", "/apps", {"upload_id": 7}, 400),
        ("PUT", "/apps/7", {"upload_id": 7}, 404),
        ("DELETE", "/apps/7", None, 404),
        ("GET", "/apps/7/public_key.pem", None, 404),
        ("GET", "/apps/job_statuses/x", None, 404),
        ("POST", "/apps/installations", {"app_id": 7}, 404),
        ("PUT", "/apps/installations/7", {}, 404),
        ("DELETE", "/apps/installations/7", None, 404),
    ],
)
def test_what_is_not_there_is_refused(api: Api, method: str, path: str, body: Any, status: int) -> None:
    api.json(method, path, body, status)


def test_apps_are_for_admins(sandbox: SandboxServer) -> None:
    with Api(sandbox, "ada@example.com") as agent:
        assert [agent.send("GET", path).status_code for path in ("/apps/owned", "/apps/installations")] == [403, 403]


def test_zendesks_description_says_nothing_of_apps(shared: Path) -> None:
    text = (shared / "zendesk" / "oas.yaml").read_text(encoding="utf-8")
    assert [line for line in text.splitlines() if line.startswith("  /api/") and "/apps" in line] == []
