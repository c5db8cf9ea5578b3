"""Apps by Zendesk's paths: upload, build, job, install, update, remove, and the key of an app's tokens.

https://developer.zendesk.com/api-reference/ticketing/apps/apps/
Statuses that the page does not tell are those that Zendesk's own command line tool expects.
"""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

from python_multipart import parse_form
from python_multipart.exceptions import FormParserError

from .apps import AccountApps, BadPackage, manifest_of, new_job
from .call import Answer, ApiCall, Endpoint, page
from .errors import StoreError, bad_request, invalid, not_found
from .shapes import Json
from .store import SandboxStore


def validate(call: ApiCall) -> Answer:
    try:
        manifest_of(_file(call, "file"))
    except BadPackage as error:
        raise StoreError(422, {"error": "ValidationError", "description": str(error)}) from None
    return Answer({})


def upload(call: ApiCall) -> Answer:
    content = _file(call, "uploaded_data")
    upload_id = call.store.next_id()
    call.store.apps.uploads[upload_id] = content
    return Answer({"id": upload_id}, 201)


def owned(call: ApiCall) -> Answer:
    apps = call.store.apps.apps
    return Answer(page(call, "apps", [apps[key] for key in sorted(apps)]))


def show(call: ApiCall) -> Answer:
    return Answer(_app(call))


def create(call: ApiCall) -> Answer:
    given = call.json()
    if not given.get("name"):
        raise bad_request("ParameterMissing", "Required parameter missing: name")
    return _build(call, given, str(given["name"]), None)


def update(call: ApiCall) -> Answer:
    return _build(call, call.json(), None, _app(call)["id"])


def remove(call: ApiCall) -> Answer:
    app_id = _app(call)["id"]
    gone = [row["id"] for row in call.store.apps.of_app(app_id)]
    call.store.apps.remove(app_id)
    for number in gone:
        call.store.app_installations.pop(number, None)
    return Answer(status=204)


def job(call: ApiCall) -> Answer:
    found = call.store.apps.jobs.get(call.params["id"])
    if found is None:
        raise not_found()
    return Answer(found)


def public_key(call: ApiCall) -> Answer:
    pem = call.store.apps.pem(_app(call)["id"])
    return Answer(raw=(pem.encode(), "application/x-pem-file"))


def installations(call: ApiCall) -> Answer:
    rows = call.store.apps.installations
    return Answer(page(call, "installations", [rows[key] for key in sorted(rows)]))


def install(call: ApiCall) -> Answer:
    given, apps = call.json(), call.store.apps
    app_id = int(given["app_id"])
    if app_id not in apps.apps:
        raise not_found()
    if apps.apps[app_id]["single_install"] and apps.of_app(app_id):
        raise invalid(app_id="App: can only be installed once")
    settings = given.get("settings") or {}
    if not settings.get("name"):
        raise invalid(settings="Settings: name cannot be blank")
    row = apps.install(app_id, settings, call.store.next_id(), call.store.stamp())
    _show(call.store, call.base)
    return Answer(row, 201)


def show_installation(call: ApiCall) -> Answer:
    return Answer(_installation(call))


def update_installation(call: ApiCall) -> Answer:
    given, row = call.json(), _installation(call)
    row["settings"] = {**row["settings"], **(given.get("settings") or {})}
    row["enabled"] = bool(given.get("enabled", row["enabled"]))
    row["updated_at"] = call.store.stamp()
    _show(call.store, call.base)
    return Answer(row)


def uninstall(call: ApiCall) -> Answer:
    number = _installation(call)["id"]
    del call.store.apps.installations[number]
    call.store.app_installations.pop(number, None)
    return Answer(status=204)


def _show(store: SandboxStore, account: str) -> None:
    """Let the inbox open the pages of what is installed, and of nothing that is switched off."""
    for number in store.apps.installations:
        store.app_installations.pop(number, None)
    store.app_installations.update(store.apps.shown(account))


def _app(call: ApiCall) -> Json:
    found = call.store.apps.apps.get(call.params["id"])
    if found is None:
        raise not_found()
    return found


def _installation(call: ApiCall) -> Json:
    found = call.store.apps.installations.get(call.params["id"])
    if found is None:
        raise not_found()
    return found


def _build(call: ApiCall, given: Json, name: str | None, app_id: int | None) -> Answer:
    """The build runs in the background, as long as `job_delay` says; an upload is used up by it."""
    store, apps = call.store, call.store.apps
    content = apps.uploads.pop(int(given.get("upload_id") or 0), None)
    if content is None:
        raise invalid(upload_id="Upload: not found or already used")
    started = new_job(apps.jobs)
    new_id = store.next_id()

    def build() -> int:
        return apps.build(content, name, app_id, new_id, store.stamp())

    store.scheduler.after(store.options.job_delay, lambda: _finish(store, apps, started, call.base, build))
    return Answer({"job_id": started["id"]})


def _finish(store: SandboxStore, apps: AccountApps, started: Json, account: str, build: Callable[[], int]) -> None:
    with store.lock:
        if store.apps is not apps:  # the sandbox was cleared meanwhile
            return
        try:
            built = build()
            _show(store, account)
            ended: Json = {"status": "completed", "progress": 100, "message": "", "app_id": built}
        except BadPackage as error:
            ended = {"status": "failed", "message": str(error)}
        apps.jobs[started["id"]] = started | ended


def _file(call: ApiCall, name: str) -> bytes:
    """The file of this name out of a form."""
    found: dict[bytes | None, bytes] = {}

    def keep(file: object) -> None:
        stream = file.file_object  # type: ignore[attr-defined] # the library's protocol does not have it
        stream.seek(0)
        found[file.field_name] = stream.read()  # type: ignore[attr-defined] # as above

    kind = call.headers.get("content-type", "")
    if not kind.startswith("multipart/form-data"):
        raise bad_request("ParameterMissing", f"Required parameter missing: {name}")
    headers = {"Content-Type": kind.encode(), "Content-Length": str(len(call.body)).encode()}
    try:
        parse_form(headers, BytesIO(call.body), None, keep)
    except (FormParserError, ValueError):
        raise bad_request("InvalidValue", "Unparseable form") from None
    if name.encode() not in found:
        raise bad_request("ParameterMissing", f"Required parameter missing: {name}")
    return found[name.encode()]


ENDPOINTS: list[Endpoint] = [
    ("POST", "/apps/validate", validate),
    ("POST", "/apps/uploads", upload),
    ("GET", "/apps/owned", owned),
    ("GET", "/apps/job_statuses/{id}", job),
    ("GET", "/apps/installations", installations),
    ("POST", "/apps/installations", install),
    ("GET", "/apps/installations/{id:int}", show_installation),
    ("PUT", "/apps/installations/{id:int}", update_installation),
    ("DELETE", "/apps/installations/{id:int}", uninstall),
    ("POST", "/apps", create),
    ("GET", "/apps/{id:int}", show),
    ("PUT", "/apps/{id:int}", update),
    ("DELETE", "/apps/{id:int}", remove),
    ("GET", "/apps/{id:int}/public_key", public_key),
    ("GET", "/apps/{id:int}/public_key.pem", public_key),
]
