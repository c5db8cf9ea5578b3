"""What `setup app apply` stores about the app is read back whole, by its own account alone."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from zendesk_gupshup.app.registration import (
    AppRegistration,
    PendingBuild,
    forget_registration,
    keep_registration,
    kept_registration,
)
from zendesk_gupshup.storage.app_store import AppStore

ORIGIN = "https://example.zendesk.com"
WHOLE = AppRegistration(
    app_id=7,
    installation_id=8,
    public_key="-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n",
    package_digest="ab" * 32,
    installed_digest="cd" * 32,
    pending=PendingBuild(digest="ef" * 32, job_id="9"),
)
BEGUN = AppRegistration(pending=PendingBuild(digest="ef" * 32))


@pytest.mark.parametrize("before", [AppRegistration(), WHOLE, BEGUN], ids=["empty", "whole", "begun"])
@pytest.mark.parametrize("kept", [AppRegistration(), WHOLE, BEGUN], ids=["empty", "whole", "begun"])
def test_it_is_read_back_as_it_was_stored_last(
    engine: sa.Engine, before: AppRegistration, kept: AppRegistration
) -> None:
    store = AppStore(engine, ORIGIN)
    keep_registration(store, before)
    keep_registration(store, kept)
    assert kept_registration(store) == kept


def test_serve_finds_the_numbers_and_the_key_under_their_names(engine: sa.Engine) -> None:
    store = AppStore(engine, ORIGIN)
    keep_registration(store, WHOLE)
    assert [store.value(name) for name in ("app_id", "installation_id", "public_key")] == ["7", "8", WHOLE.public_key]


def test_another_account_has_none(engine: sa.Engine) -> None:
    keep_registration(AppStore(engine, ORIGIN), WHOLE)
    assert kept_registration(AppStore(engine, "https://other.zendesk.com")) == AppRegistration()


def test_forgetting_leaves_the_key_of_the_sessions(engine: sa.Engine) -> None:
    store = AppStore(engine, ORIGIN)
    store.keep_value("session_key", "x")
    keep_registration(store, WHOLE)
    forget_registration(store)
    assert (kept_registration(store), store.value("session_key")) == (AppRegistration(), "x")
