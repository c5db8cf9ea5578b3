"""The keys of the app: which installation is ours, the public key of its tokens, and the key of our sessions."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from jwskate import Jwk

from zendesk_gupshup.storage.app_store import AppStore, ValueName
from zendesk_gupshup.zendesk.errors import ZendeskError

from .session import new_session_key
from .token import Installation, public_key

if TYPE_CHECKING:
    from zendesk_gupshup.settings.app import AppSettings
    from zendesk_gupshup.zendesk.client import Zendesk

log = logging.getLogger(__name__)

# Seconds after which a key that does not fit may be asked for again: wrong tokens cost Zendesk one request a minute.
_ASK_AGAIN = 60.0
_LARGEST_KEY = 16 * 1024


class NotSetUp(RuntimeError):
    """The app's numbers or its public key are unknown; the message says what to do."""


class AppKeys:
    """For any number of threads. Raises `SQLAlchemyError`."""

    def __init__(
        self,
        settings: AppSettings,
        origin: str,
        store: AppStore,
        zendesk: Zendesk,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`origin`: the account's scheme and host."""
        self._settings, self._origin, self._store, self._zendesk = settings, origin, store, zendesk
        self._monotonic, self._lock = monotonic, threading.Lock()
        self._key: Jwk | None = None
        self._session_key: str | None = None
        self._asked: float | None = None

    def installation(self) -> Installation:
        """Raises `NotSetUp`."""
        number = self._number(self._settings.installation_id, "installation_id")
        return Installation(self._origin, number)

    def session_key(self) -> str:
        """One for all processes, which outlives them."""
        if self._session_key is None:
            self._session_key = self._store.value_or("session_key", new_session_key)
        return self._session_key

    def public_key(self) -> Jwk:
        """From its file, else from the store, else from Zendesk. Raises `NotSetUp`."""
        with self._lock:
            if self._key is None:
                self._key = self._read()
            return self._key

    def newer_key(self) -> Jwk | None:
        """The key as Zendesk gives it now, for a signature that did not fit; at most once a minute. No key from a file
        is replaced."""
        with self._lock:
            if self._settings.public_key_file is not None or not self._may_ask():
                return None
            try:
                self._key = self._from_zendesk()
            except NotSetUp as problem:
                log.warning("the app's public key was not read again: %s", problem)
                return None
            return self._key

    def _read(self) -> Jwk:
        file = self._settings.public_key_file
        try:
            if file is not None:
                return public_key(file.read_bytes())
            if stored := self._store.value("public_key"):
                return public_key(stored.encode())
        except OSError as error:
            raise NotSetUp(f"{file} cannot be read: {error.strerror}") from None
        except ValueError as error:
            raise NotSetUp(str(error)) from None
        if not self._may_ask():
            raise NotSetUp("the app's public key is unknown: Zendesk was asked for it less than a minute ago")
        return self._from_zendesk()

    def _may_ask(self) -> bool:
        now = self._monotonic()
        if self._asked is not None and now - self._asked < _ASK_AGAIN:
            return False
        self._asked = now
        return True

    def _from_zendesk(self) -> Jwk:
        """https://developer.zendesk.com/documentation/apps/build-an-app/building-a-server-side-app/part-5-secure-the-app/"""
        number = self._number(self._settings.app_id, "app_id")
        url = f"{self._origin}/api/v2/apps/{number}/public_key.pem"
        try:
            pem = self._zendesk.session().download(url, _LARGEST_KEY, "the app's public key")
            key = public_key(pem)
        except ZendeskError as error:
            raise NotSetUp(f"Zendesk does not give the app's public key: {error}") from None
        except ValueError as error:
            raise NotSetUp(str(error)) from None
        self._store.keep_value("public_key", pem.decode("ascii", "replace"))
        return key

    def _number(self, given: int | None, name: ValueName) -> int:
        stored = None if given is not None else self._store.value(name)
        if given is None and not (stored or "").isdigit():
            raise NotSetUp(f"[app] {name} is unknown: run `zendesk-gupshup setup app apply`, or write it")
        return given if given is not None else int(stored or "")
