"""Builds and installs the app. A run that was killed is continued by the next one, and nothing is made twice.

What was asked for is stored before it is asked for. So the next run knows of a build whose answer nobody saw, waits
for it, and finds the app by its author before it would make a second one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from zendesk_gupshup.storage.app_store import AppStore
from zendesk_gupshup.zendesk.errors import NotFound, OutcomeUnknown, Refused
from zendesk_gupshup.zendesk.requests_internals import multipart

from .install import (
    AppGateway,
    AppSetupError,
    AppStep,
    PresentApp,
    installations_of,
    look,
    planned,
    read_public_key,
)
from .package import AppPackage
from .registration import AppRegistration, PendingBuild, keep_registration, kept_registration

# Seconds between two looks at a build, and how many looks.
POLL = 1.0
MOST_POLLS = 120
# Looks for an app whose build was asked for and not confirmed, before it counts as never asked for.
_POLLS_FOR_UNSEEN = 10


@dataclass
class AppInstaller:
    """One run. `wait` sleeps so many seconds; `on_step` hears of each step that was done."""

    zendesk: AppGateway
    store: AppStore
    package: AppPackage
    wait: Callable[[float], object]
    app_id: int | None = None
    on_step: Callable[[AppStep], None] = lambda _: None

    def apply(self) -> AppRegistration:
        """What is stored then. Raises `AppSetupError`, `ZendeskError`, `SQLAlchemyError`; run again to continue."""
        self.resume()
        present = self._look()
        app_id = self._built(present)
        installation_id = self._installed(app_id)
        self._key(app_id, installation_id)
        return self._kept

    def resume(self) -> None:
        """See the build of an earlier run to its end, if there is one."""
        pending = self._kept.pending
        if pending is None:
            return
        try:
            if pending.job_id is not None:
                self._see_to_its_end(pending.digest, pending.job_id)
                return
        except NotFound:
            pass  # Zendesk keeps a job for a while only
        except AppSetupError:
            if self._kept.pending is not None:
                raise
            return
        for _ in range(_POLLS_FOR_UNSEEN):
            if (app := self._look().app) is not None:
                # With which package is not known: it is built once more.
                self._keep(app_id=int(app["id"]), package_digest=None, pending=None)
                return
            self.wait(POLL)
        self._keep(pending=None)

    # --- The app

    def _built(self, present: PresentApp) -> int:
        [step, *_] = planned(self.package, self._kept, present)
        if present.app is not None and step.action == "same":
            return int(present.app["id"])
        number = None if present.app is None else int(present.app["id"])
        upload_id = self._uploaded()
        self._keep(pending=PendingBuild(digest=self.package.digest))
        try:
            if number is None:
                body = {"name": self.package.name, "upload_id": upload_id}
                answer = self.zendesk.write("POST", "apps.json", body)
            else:
                answer = self.zendesk.write("PUT", f"apps/{number}.json", {"upload_id": upload_id})
        except OutcomeUnknown as error:
            raise AppSetupError(f"{error}. Run `setup app apply` again to continue") from None
        except Refused:
            self._keep(pending=None)
            raise
        job_id = answer.get("job_id")
        if not job_id:
            raise AppSetupError("Zendesk answered without the number of its job; run `setup app apply` again")
        self._keep(pending=PendingBuild(digest=self.package.digest, job_id=str(job_id)))
        app_id = self._see_to_its_end(self.package.digest, str(job_id))
        self.on_step(AppStep(step.action, step.what, app_id, step.note))
        return app_id

    def _uploaded(self) -> int:
        """The number of the upload; one that no build takes is nothing in the account."""
        try:
            self._send("apps/validate.json", "file")
        except Refused as error:
            raise AppSetupError(
                f"{error}. Upload what `zendesk-gupshup app build` writes in Admin Center to see the reason"
            ) from None
        answer = self._send("apps/uploads.json", "uploaded_data")
        if not isinstance(answer.get("id"), int):
            raise AppSetupError("Zendesk answered without the number of the upload; run `setup app apply` again")
        return int(answer["id"])

    def _send(self, path: str, field: str) -> dict[str, Any]:
        body, kind = multipart({field: ("app.zip", self.package.content, "application/zip")})
        return self.zendesk.call("POST", path, data=body, headers={"Content-Type": kind})

    def _see_to_its_end(self, digest: str, job_id: str) -> int:
        for _ in range(MOST_POLLS):
            job = self.zendesk.get(f"apps/job_statuses/{job_id}.json")
            if job.get("status") == "completed":
                app_id = self._number_of(job)
                self._keep(app_id=app_id, package_digest=digest, pending=None)
                return app_id
            if job.get("status") in ("failed", "killed"):
                self._keep(pending=None)
                raise AppSetupError(f"Zendesk could not build the app: {str(job.get('message'))[:500]}")
            self.wait(POLL)
        raise AppSetupError(f"Zendesk still builds the app (job {job_id}); run `setup app apply` again to continue")

    def _number_of(self, job: dict[str, Any]) -> int:
        """Of the app that was built; the documentation shows it in the job, and does not promise it."""
        if isinstance(job.get("app_id"), int):
            return int(job["app_id"])
        app = self._look().app
        if app is None:
            raise AppSetupError("Zendesk has built the app and does not list it; run `setup app apply` again")
        return int(app["id"])

    # --- Its installation, and what the worker must know

    def _installed(self, app_id: int) -> int:
        found = installations_of(self.zendesk, app_id)
        if not found:
            body = {"app_id": app_id, "settings": {"name": self.package.name}}
            try:
                answer = self.zendesk.write("POST", "apps/installations.json", body)
            except OutcomeUnknown as error:
                raise AppSetupError(f"{error}. Run `setup app apply` again to continue") from None
            installed = int(answer["id"]) if isinstance(answer.get("id"), int) else self._listed(app_id)
            self.on_step(AppStep("create", "installation", installed))
        else:
            known = self._kept.installation_id
            row = next((one for one in found if one.get("id") == known), found[0])
            installed = int(row["id"])
            if self._kept.installed_digest != self.package.digest:
                # Its settings as they are: an admin may have given it another title.
                settings = {"name": self.package.name, **(row.get("settings") or {})}
                self.zendesk.write("PUT", f"apps/installations/{installed}.json", {"settings": settings})
                self.on_step(AppStep("update", "installation", installed))
        self._keep(installation_id=installed, installed_digest=self.package.digest)
        return installed

    def _listed(self, app_id: int) -> int:
        found = installations_of(self.zendesk, app_id)
        if not found:
            raise AppSetupError(f"app {app_id} was installed and is not listed; run `setup app apply` again")
        return int(found[0]["id"])

    def _key(self, app_id: int, installation_id: int) -> None:
        pem = read_public_key(self.zendesk, app_id)
        if self._kept.public_key != pem:
            self._keep(public_key=pem)
            note = f"app {app_id}, installation {installation_id}"
            self.on_step(AppStep("update", "numbers and public key", note=note))

    # --- What is stored

    @property
    def _kept(self) -> AppRegistration:
        return kept_registration(self.store)

    def _keep(self, **changes: Any) -> None:
        """A new app has another installation and another key."""
        before = self._kept
        if before.app_id is not None and changes.get("app_id", before.app_id) != before.app_id:
            changes = {"installation_id": None, "installed_digest": None, "public_key": None, **changes}
        keep_registration(self.store, before.model_copy(update=changes))

    def _look(self) -> PresentApp:
        return look(self.zendesk, self.package.author, self._kept, self.app_id)
