"""The app in the account: what is there of it, what `setup app apply` would change, and how it is removed again.

https://developer.zendesk.com/documentation/apps/app-developer-guide/creating-and-managing-private-apps/
Ours is the app whose author is the one of our manifest. Apps of other authors are never touched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from zendesk_gupshup.storage.app_store import AppStore
from zendesk_gupshup.zendesk.errors import NotFound, Unauthorized

from .package import AppPackage
from .registration import AppRegistration, forget_registration, kept_registration
from .token import public_key

Json = dict[str, Any]
Action = Literal["create", "update", "same", "delete"]


class AppSetupError(RuntimeError):
    """The app cannot be installed or removed as things are. The message says what to do."""


class AppGateway(Protocol):
    """The part of `zendesk.client.Zendesk` that the app's installation needs."""

    def get(self, path: str, **params: Any) -> Json: ...
    def pages(self, path: str, key: str, **params: Any) -> Iterable[Json]: ...
    def write(self, method: str, path: str, body: Mapping[str, Any] | None = None, **params: Any) -> Json: ...
    def call(self, method: str, path: str, params: Mapping[str, Any] | None = None, **body: Any) -> Json: ...
    def text(self, path: str) -> str: ...


@dataclass(frozen=True)
class AppStep:
    """One thing to do, or to leave as it is; `id` is its number in the account."""

    action: Action
    what: str
    id: int | None = None
    note: str = ""

    def __str__(self) -> str:
        number = f" ({self.id})" if self.id is not None else ""
        return f"{self.what}{number}{': ' if self.note else ''}{self.note}"


@dataclass(frozen=True)
class PresentApp:
    """What the account has of ours. `public_key` is `None` where it may not be read, and `problem` then says why."""

    app: Json | None = None
    installation: Json | None = None
    public_key: str | None = None
    problem: str | None = None


def look(zendesk: AppGateway, author: str, kept: AppRegistration, app_id: int | None = None) -> PresentApp:
    """`app_id`: the one in the settings. Raises `AppSetupError`, `ZendeskError`."""
    app = _found(list(zendesk.pages("apps/owned.json", "apps")), author, kept, app_id)
    if app is None:
        return PresentApp()
    number = int(app["id"])
    found = installations_of(zendesk, number)
    installed = next((one for one in found if one.get("id") == kept.installation_id), found[0] if found else None)
    try:
        return PresentApp(app, installed, read_public_key(zendesk, number))
    except (Unauthorized, NotFound) as error:
        return PresentApp(app, installed, problem=str(error))


def installations_of(zendesk: AppGateway, app_id: int) -> list[Json]:
    return [one for one in zendesk.pages("apps/installations.json", "installations") if one.get("app_id") == app_id]


def read_public_key(zendesk: AppGateway, app_id: int) -> str:
    """The app's public key as PEM. Raises `AppSetupError` if it is none, `ZendeskError`."""
    pem = zendesk.text(f"apps/{app_id}/public_key.pem")
    try:
        public_key(pem.encode())
    except ValueError as error:
        raise AppSetupError(f"Zendesk's answer for the public key of app {app_id}: {error}") from None
    return pem


def planned(package: AppPackage, kept: AppRegistration, present: PresentApp) -> tuple[AppStep, ...]:
    """What `setup app apply` would do: the app, its installation, and what the worker must know. Pure."""
    app, installed = present.app, present.installation
    wanted = f"{package.name} {package.version}, pages at {package.url}"
    if app is None:
        return (
            AppStep("create", "app", note=wanted),
            AppStep("create", "installation", note="for all agents"),
            AppStep("create", "numbers and public key", note="stored for `serve`"),
        )
    is_new = kept.app_id != app["id"] or kept.package_digest != package.digest
    there = app.get("version")
    note = f"{there} -> {wanted}" if there != package.version else wanted
    steps = [AppStep("update" if is_new else "same", "app", app["id"], note)]
    if installed is None:
        steps.append(AppStep("create", "installation", note="for all agents"))
    else:
        behind = is_new or kept.installed_digest != package.digest
        off = "" if installed.get("enabled", True) else "disabled in Admin Center, and left so"
        steps.append(AppStep("update" if behind else "same", "installation", installed.get("id"), off))
    known = (kept.app_id, kept.installation_id, kept.public_key)
    same = installed is not None and known == (app["id"], installed.get("id"), present.public_key)
    note = present.problem or ("" if same else "stored for `serve`")
    steps.append(AppStep("same" if same else "update", "numbers and public key", note=note))
    return tuple(steps)


def removal(present: PresentApp, installations: Iterable[Json]) -> tuple[AppStep, ...]:
    """What `setup app remove` would remove, in this order. Pure."""
    if present.app is None:
        return ()
    gone = [AppStep("delete", "installation", one.get("id")) for one in installations]
    return (*gone, AppStep("delete", "app", present.app["id"], str(present.app.get("name"))))


def carry_out_removal(
    zendesk: AppGateway, store: AppStore, steps: Iterable[AppStep], on_step: Callable[[AppStep], None] = lambda _: None
) -> bool:
    """Remove these, then forget what was stored; whether anything was stored. Raises `ZendeskError`."""
    for step in steps:
        path = "apps/installations" if step.what == "installation" else "apps"
        try:
            zendesk.write("DELETE", f"{path}/{step.id}.json")
        except NotFound:
            continue  # already removed
        on_step(step)
    known = kept_registration(store) != AppRegistration()
    forget_registration(store)
    return known


def _found(owned: list[Json], author: str, kept: AppRegistration, app_id: int | None) -> Json | None:
    """Our app among those that were made in this account."""
    if app_id is not None:
        named = next((app for app in owned if app.get("id") == app_id), None)
        if named is None:
            raise AppSetupError(f"[app] app_id is {app_id}, which this account does not have; unset it")
        if named.get("author_name") != author:
            name, by = named.get("name"), named.get("author_name")
            raise AppSetupError(f'[app] app_id is {app_id}: that is "{name}" by "{by}" and not ours; unset it')
        return named
    ours = [app for app in owned if app.get("author_name") == author]
    if known := next((app for app in ours if app.get("id") == kept.app_id), None):
        return known
    if len(ours) > 1:
        numbers = ", ".join(str(app.get("id")) for app in ours)
        raise AppSetupError(f"this account has several apps of ours: {numbers}. Write the right one as [app] app_id")
    return ours[0] if ours else None
