"""Signing in: the one `Authorization` header that all threads share, renewed before it expires.

Client credentials are the normal way: https://developer.zendesk.com/api-reference/ticketing/oauth/grant_type_tokens/
"""

from __future__ import annotations

import base64
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import requests
from pydantic import SecretStr

from .config import ZendeskConfig, is_token
from .errors import Busy, Conflict, InvalidResponse, NotFound, OutcomeUnknown, Refused, Unauthorized, Unreachable

if TYPE_CHECKING:
    from requests_oauth2client import BearerToken, OAuth2Client

log = logging.getLogger(__name__)

# A token is renewed this many seconds before it expires, so that none expires on its way to Zendesk.
RENEW_BEFORE = 30


class Authenticator:
    """The `Authorization` header, for all threads: one renews an old token, the others wait and share it.

    A token that we fetch ourselves wins over a ready-made one, which cannot be renewed, and that over the API token.
    """

    def __init__(self, access: ZendeskConfig, session: Callable[[], requests.Session]) -> None:
        self._lock = threading.Lock()
        self._token: BearerToken | None = None
        self._client: OAuth2Client | None = None
        self._fixed: str | None = None
        self._access = access
        self._session = session
        # Since when (Unix time) the credentials in use are in use.
        self.since = time.time()
        # Why nothing is sent, until `resume`.
        self._paused_because: str | None = None
        self._here = threading.local()
        if access.oauth_client_id and access.oauth_client_secret:
            self._endpoint = f"{access.origin}/oauth/tokens"
            return
        if not access.oauth_token:
            log.warning(
                "signing in with an API token: Zendesk ends these on 2027-04-30; make an OAuth client and set "
                "ZENDESK_OAUTH_CLIENT_ID and ZENDESK_OAUTH_CLIENT_SECRET"
            )
        self._fixed = _fixed(access)

    def header(self, *, rejected: str | None = None) -> str:
        """The header to send; never `rejected`, which Zendesk has just answered with a 401, where it can be renewed.

        Secrets in files are reloaded then, so a token that was changed in its file needs no restart.
        """
        if self._paused_because is not None and not getattr(self._here, "probing", False):
            raise Unauthorized(self._paused_because, account_wide=True)
        if self._fixed is not None:
            if rejected == self._fixed:
                self.reload_secrets()
            return self._fixed
        with self._lock:
            token = self._token
            if token is None or token.is_expired(RENEW_BEFORE) or _bearer(token) == rejected:
                # Dropped first: should the renewal fail, the next caller retries it instead of sending the old token.
                self._token = None
                self._reload_secrets()
                token = self._token = self._renewed()
                self.since = time.time()
            return _bearer(token)

    def pause(self, reason: str) -> None:
        """Send nothing, in any thread, until `resume`: every call raises `Unauthorized` with this reason."""
        self._paused_because = reason

    def resume(self) -> None:
        self._paused_because = None

    @contextmanager
    def probing(self) -> Iterator[None]:
        """This thread may send while the others are paused."""
        self._here.probing = True
        try:
            yield
        finally:
            self._here.probing = False

    def reload_secrets(self) -> bool:
        """Read secrets whose files changed; whether one did."""
        with self._lock:
            return self._reload_secrets()

    @property
    def expires(self) -> float | None:
        """When the token in use expires, as Unix time; `None` where that is not known."""
        token = self._token
        return token.expires_at.timestamp() if token is not None and token.expires_at else None

    def close(self) -> None:
        with self._lock:
            if self._client is not None:
                self._client.session.close()

    def _reload_secrets(self) -> bool:
        changed: dict[str, SecretStr] = {}
        for name, path in self._access.secret_files.items():
            try:
                text = path.read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                # It may be in the middle of a replacement; the secret that we have may be accepted still.
                log.warning("the file of %s cannot be read: %s", name, type(error).__name__)
                continue
            if name == "oauth_token" and not is_token(text):
                log.warning("the file of %s holds no token", name)
                continue
            known: SecretStr | None = getattr(self._access, name)
            if text and (known is None or text != known.get_secret_value()):
                changed[name] = SecretStr(text)
        if not changed:
            return False
        log.info("reloaded from their files: %s", ", ".join(changed))
        self._access = self._access.model_copy(update=changed)
        self.since = time.time()
        if self._fixed is not None:
            self._fixed = _fixed(self._access)
        self._client, self._token = None, None
        return True

    def _renewed(self) -> BearerToken:
        # Loaded only to sign in: it brings cryptography.
        from requests_oauth2client import ClientSecretPost, OAuth2Client
        from requests_oauth2client.exceptions import OAuth2Error

        access = self._access
        if self._client is None:
            assert access.oauth_client_id and access.oauth_client_secret  # noqa: S101, PT018 - by `__init__`
            self._client = OAuth2Client(
                self._endpoint,
                # Zendesk expects the secret in the body.
                auth=ClientSecretPost(access.oauth_client_id, access.oauth_client_secret.get_secret_value()),
                session=self._session(),
                # The library insists on https otherwise, which the sandbox does not speak.
                testing=self._endpoint.startswith("http:"),
            )
        try:
            return self._client.client_credentials(access.oauth_scopes, requests_kwargs={"timeout": access.timeout})
        except (Refused, Unauthorized, NotFound, Conflict) as error:
            raise Unauthorized(
                f"signing in failed: {error}; check ZENDESK_OAUTH_CLIENT_ID and ZENDESK_OAUTH_CLIENT_SECRET, that the "
                "client is a confidential one, and that it may have the scopes of ZENDESK_OAUTH_SCOPES",
                status=error.status,
                account_wide=True,
            ) from None
        except Busy as error:
            raise Busy(f"signing in: {error}", status=error.status, retry_after=error.retry_after) from None
        except OutcomeUnknown as error:
            # An unused token does no harm, and the request that needed it was not sent.
            raise Unreachable(f"signing in failed: {error}", status=error.status) from None
        except OAuth2Error:
            # `from None`: the library's error holds the client and with it the secret.
            raise InvalidResponse("signing in failed: the answer holds no token") from None


def _fixed(access: ZendeskConfig) -> str:
    """The header of a ready-made token, else of the API token."""
    if access.oauth_token:
        return f"Bearer {access.oauth_token.get_secret_value()}"
    token = access.api_token.get_secret_value() if access.api_token else ""
    return f"Basic {base64.b64encode(f'{access.email}/token:{token}'.encode()).decode()}"


def _bearer(token: BearerToken) -> str:
    return f"Bearer {token.access_token}"
