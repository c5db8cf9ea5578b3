"""An account to install the app in, and a way to it that is cut after any request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from support.setup_cases import Counting
from zendesk_gupshup.app.apply import AppInstaller
from zendesk_gupshup.app.install import AppStep, installations_of, look, planned
from zendesk_gupshup.app.package import AppPackage, app_package
from zendesk_gupshup.app.registration import AppRegistration, kept_registration
from zendesk_gupshup.storage.app_store import AppStore
from zendesk_gupshup.zendesk.client import Zendesk
from zendesk_sandbox.server import SandboxServer

URL = "https://gupshup.example.com"
Json = dict[str, Any]


class CutOff(Counting):
    """The gateway, with what the app needs of it."""

    def call(self, method: str, path: str, params: Mapping[str, Any] | None = None, **body: Any) -> Json:
        answer = self._zendesk.call(method, path, params, **body)
        self._did(method, path)
        return answer

    def text(self, path: str) -> str:
        answer = self._zendesk.text(path)
        self._did("GET", path)
        return answer

    @property
    def writes(self) -> list[str]:
        return [path for method, path, _ in self.calls if method != "GET"]


@dataclass
class AppAccount:
    """A sandbox, a client of it, and the store in which the app's numbers are kept."""

    sandbox: SandboxServer
    zendesk: Zendesk
    store: AppStore

    @staticmethod
    def of(sandbox: SandboxServer, zendesk: Zendesk, engine: sa.Engine) -> AppAccount:
        return AppAccount(sandbox, zendesk, AppStore(engine, sandbox.base_url))

    @property
    def kept(self) -> AppRegistration:
        return kept_registration(self.store)

    @property
    def apps(self) -> list[Json]:
        return list(self.sandbox.store.apps.apps.values())

    @property
    def installations(self) -> list[Json]:
        return list(self.sandbox.store.apps.installations.values())

    def wait(self, _seconds: float) -> None:
        """As long as Zendesk takes for what it was asked for."""
        self.sandbox.store.scheduler.hurry()
        assert self.sandbox.store.scheduler.wait_idle()

    def apply(self, gateway: CutOff | None = None, *, url: str = URL, app_id: int | None = None) -> list[AppStep]:
        """The steps that were done."""
        done: list[AppStep] = []
        gateway = gateway or CutOff(self.zendesk)
        AppInstaller(gateway, self.store, app_package(url), self.wait, app_id, done.append).apply()
        return done

    def plan(self, package: AppPackage | None = None) -> list[tuple[str, str]]:
        package = package or app_package(URL)
        steps = planned(package, self.kept, look(self.zendesk, package.author, self.kept))
        return [(step.action, step.what) for step in steps]

    def add_app(self, author: str, name: str = "Theirs") -> int:
        """An app that somebody else made, or that was made by hand; installed."""
        package = app_package("https://elsewhere.example.com")
        apps, store = self.sandbox.store.apps, self.sandbox.store
        with store.lock:
            app_id = apps.build(package.content, name, None, store.next_id(), store.stamp())
            apps.apps[app_id]["author_name"] = author
            apps.install(app_id, {"name": name}, store.next_id(), store.stamp())
        return app_id

    def installed(self, app_id: int) -> list[Json]:
        return installations_of(self.zendesk, app_id)
