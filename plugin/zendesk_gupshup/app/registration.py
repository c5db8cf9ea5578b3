"""What the account knows the app by: `setup app apply` writes it into the state store, `serve` reads it there."""

from __future__ import annotations

from zendesk_gupshup.model.base import StrictModel
from zendesk_gupshup.storage.app_store import AppStore, ValueName

_NAMES: tuple[ValueName, ...] = ("app_id", "installation_id", "public_key", "package_digest", "installed_digest")
_PENDING: ValueName = "pending_build"


class PendingBuild(StrictModel):
    """A build that was asked for and whose end was not seen. Without `job_id` the answer was not seen either."""

    digest: str
    job_id: str | None = None


class AppRegistration(StrictModel):
    """What is `None` is not known: the app was not built, not installed, or its key not read.

    The digests are those of the package that was last built, and that the installation last took.
    """

    app_id: int | None = None
    installation_id: int | None = None
    public_key: str | None = None
    package_digest: str | None = None
    installed_digest: str | None = None
    pending: PendingBuild | None = None


def kept_registration(store: AppStore) -> AppRegistration:
    """What was stored for the store's account. Raises `SQLAlchemyError`."""
    values = {name: value for name in _NAMES if (value := store.value(name)) is not None}
    pending = store.value(_PENDING)
    build = PendingBuild.model_validate_json(pending) if pending else None
    return AppRegistration.model_validate({**values, "pending": build})


def keep_registration(store: AppStore, registration: AppRegistration) -> None:
    """Store it, the pending build first: what is lost by a kill in between is done again. Raises `SQLAlchemyError`."""
    if registration.pending:
        store.keep_value(_PENDING, registration.pending.model_dump_json())
    for name in _NAMES:
        value = getattr(registration, name)
        if value is not None and store.value(name) != str(value):
            store.keep_value(name, str(value))
        elif value is None:
            store.delete_values(name)
    if not registration.pending:
        store.delete_values(_PENDING)


def forget_registration(store: AppStore) -> None:
    """Raises `SQLAlchemyError`."""
    store.delete_values(*_NAMES, _PENDING)
