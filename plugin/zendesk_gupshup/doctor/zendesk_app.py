"""The lines about the Zendesk app: installed, of this version, its key readable, its page framed by the account.

A wrong `frame-ancestors` gives an empty frame and no error anywhere, so the page is asked for as a browser would.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests

from zendesk_gupshup.app.install import AppSetupError, PresentApp, look
from zendesk_gupshup.app.package import SIDEBAR, AppPackage, PackageError, app_package, pages_url
from zendesk_gupshup.app.registration import AppRegistration, kept_registration
from zendesk_gupshup.settings import Settings
from zendesk_gupshup.storage import schema
from zendesk_gupshup.storage.app_store import AppStore
from zendesk_gupshup.storage.engine import open_engine
from zendesk_gupshup.zendesk.errors import Unauthorized, ZendeskError

from .lines import Line

if TYPE_CHECKING:
    from zendesk_gupshup.zendesk.client import Zendesk

APP_LINE, KEY_LINE, PAGE_LINE = "app", "app key", "app page"
_APPLY = "run `zendesk-gupshup setup app apply`"
_TIMEOUT = 10.0
# What the page answers whoever brings no token.
_REFUSED = (401, 403)


@dataclass(frozen=True)
class PageAnswer:
    """`headers` have lower-case names; `error` says why there was no answer."""

    status: int = 0
    headers: Mapping[str, str] | None = None
    error: str | None = None


def zendesk_app(zendesk: Zendesk, settings: Settings) -> Iterator[Line]:
    """Nothing where the app is off and was never installed. Raises `SQLAlchemyError`."""
    kept = stored(settings)
    if not settings.app.enabled:
        if kept.app_id is not None:
            remedy = "write enabled = true under [app] and restart `serve`, or run `zendesk-gupshup setup app remove`"
            yield Line(APP_LINE, "warning", "installed, and its pages are not served", remedy)
        return
    try:
        package = app_package(pages_url(settings))
    except PackageError as error:
        yield Line(APP_LINE, "fault", str(error), "correct [app] url in the settings")
        return
    try:
        present = look(zendesk, package.author, kept, settings.app.app_id)
    except AppSetupError as error:
        yield Line(APP_LINE, "fault", str(error), "correct [app] in the settings")
    except Unauthorized as error:
        text = f"not checked: {error}; only an admin may see the account's apps"
        yield Line(APP_LINE, "warning", text, "run `doctor` as an admin with the scope `read`, or look in Admin Center")
    except ZendeskError as error:
        yield Line(APP_LINE, "warning", f"not checked: {error}", "run `doctor` again")
    else:
        yield from installed(package, kept, present, settings.app.installation_id)
        yield key(present, _own_key(settings, kept))
    yield page(asked(package.url), package.url, settings.app.origins | {settings.zendesk.origin})


def stored(settings: Settings) -> AppRegistration:
    """What `setup app apply` stored, as far as the database has such tables. Nothing is written."""
    url = settings.worker.database_url
    if url is None and not (settings.worker.state / "zendesk-gupshup.sqlite").exists():
        return AppRegistration()
    engine = open_engine(url.get_secret_value() if url else None, settings.worker.state)
    try:
        with engine.connect() as connection:
            if schema.version(connection) != schema.HEAD:
                return AppRegistration()
        return kept_registration(AppStore(engine, settings.zendesk.origin))
    finally:
        engine.dispose()


def installed(
    package: AppPackage, kept: AppRegistration, present: PresentApp, installation_id: int | None
) -> Iterator[Line]:
    """`installation_id`: the one in the settings. Pure."""
    app, row = present.app, present.installation
    if app is None:
        yield Line(APP_LINE, "fault", "not in this account", _APPLY)
        return
    if row is None:
        yield Line(APP_LINE, "fault", f"uploaded as {app['id']} and not installed", _APPLY)
        return
    expected = installation_id or kept.installation_id
    if expected != row["id"]:
        text = f"the account has installation {row['id']}, `serve` expects {expected or 'none'}: each page is refused"
        yield Line(APP_LINE, "fault", text, f"unset [app] installation_id, {_APPLY} and restart `serve`")
    if not row.get("enabled", True):
        yield Line(
            APP_LINE,
            "warning",
            "disabled, so nobody sees it",
            "enable it in Admin Center > Apps > Zendesk Support apps",
        )
    there = f"{app.get('name')} {app.get('version')} (app {app['id']}, installation {row['id']})"
    if app.get("version") != package.version:
        yield Line(APP_LINE, "warning", f"{there}; this is version {package.version}", _APPLY)
    elif kept.package_digest != package.digest:
        yield Line(APP_LINE, "warning", f"{there}; it was built from other settings, such as another URL", _APPLY)
    else:
        yield Line(APP_LINE, "ok", there)


def key(present: PresentApp, own: str | None) -> Line:
    """`own`: the PEM that `serve` verifies tokens with. Pure."""
    if present.app is None:
        return Line(KEY_LINE, "note", "none yet")
    if present.public_key is None:
        if own is None:
            return Line(
                KEY_LINE, "fault", f"unknown, and may not be read: {present.problem}", f"{_APPLY} as an admin", True
            )
        return Line(KEY_LINE, "note", f"stored; not compared with Zendesk's: {present.problem}")
    if own is None:
        return Line(KEY_LINE, "warning", "not stored: `serve` asks Zendesk for it when a page is opened", _APPLY)
    if _bare(own) != _bare(present.public_key):
        return Line(KEY_LINE, "fault", "differs from Zendesk's: each page is refused", f"{_APPLY} and restart `serve`")
    return Line(KEY_LINE, "ok", "readable, and the one that `serve` has")


def page(answer: PageAnswer, url: str, ancestors: frozenset[str]) -> Line:
    """`ancestors`: the origins that must be able to frame the page. Pure."""
    where = f"{url}{SIDEBAR}"
    if answer.error is not None:
        remedy = "start `serve` with enabled = true under [app], and let the web server before it pass /zaf/"
        return Line(PAGE_LINE, "fault", f"{where} does not answer ({answer.error})", remedy)
    headers = answer.headers or {}
    if answer.status not in _REFUSED:
        remedy = "let the web server pass POST /zaf/ unchanged to `serve`, with enabled = true under [app]"
        return Line(
            PAGE_LINE, "fault", f"{where} answers {answer.status} where `serve` would refuse us with 401", remedy
        )
    if "x-frame-options" in headers:
        remedy = "take the header from the web server's settings for /zaf/: it cannot name the account"
        return Line(PAGE_LINE, "fault", f"{where} has X-Frame-Options: the frame stays empty", remedy)
    missing = sorted(ancestors - _frame_ancestors(headers.get("content-security-policy", "")))
    if missing:
        remedy = "let the web server pass Content-Security-Policy unchanged; check ZENDESK_SUBDOMAIN and [app] origins"
        text = f"{where} may not be framed by {', '.join(missing)}: the frame stays empty"
        return Line(PAGE_LINE, "fault", text, remedy)
    return Line(PAGE_LINE, "ok", f"{where} answers, and {', '.join(sorted(ancestors))} may frame it")


def asked(url: str) -> PageAnswer:
    """The answer to whoever brings no token; no credential goes out."""
    try:
        answer = requests.post(f"{url}{SIDEBAR}", data={"token": ""}, timeout=_TIMEOUT, allow_redirects=False)
    except (requests.RequestException, OSError) as error:
        return PageAnswer(error=type(error).__name__)
    return PageAnswer(answer.status_code, {name.lower(): value for name, value in answer.headers.items()})


def _frame_ancestors(policy: str) -> frozenset[str]:
    """The origins of every policy that the header has; where there are two, both must agree."""
    found: list[frozenset[str]] = []
    for one in policy.split(","):
        for directive in one.split(";"):
            name, _, values = directive.strip().partition(" ")
            if name.lower() == "frame-ancestors":
                found.append(frozenset(value.rstrip("/").lower() for value in values.split()))
    return frozenset.intersection(*found) if found else frozenset()


def _own_key(settings: Settings, kept: AppRegistration) -> str | None:
    file = settings.app.public_key_file
    if file is None:
        return kept.public_key
    try:
        return file.read_text(encoding="ascii", errors="replace")
    except OSError:
        return None


def _bare(pem: Any) -> str:
    return "".join(str(pem).split())
