"""Signing in: the one `Authorization` header that all threads share, renewed before it runs out.

Client credentials are the normal way: https://developer.zendesk.com/api-reference/ticketing/oauth/grant_type_tokens/
"""

from __future__ import annotations

import base64
import logging
import threading
from collections.abc import Callable

import requests
from requests_oauth2client import BearerToken, ClientSecretPost, OAuth2Client
from requests_oauth2client.exceptions import OAuth2Error

from .access import Access
from .errors import Busy, Conflict, Gibberish, NotFound, Refused, Unauthorized, Unclear, Unreachable

log = logging.getLogger(__name__)

# A token is renewed this many seconds before its end, so that none runs out on its way to Zendesk.
RENEW_BEFORE = 30


class SignIn:
    """The `Authorization` header, for all threads: whoever finds the token old renews it, the others wait and share it.

    A token of the client's own making wins over a ready-made one, which cannot be renewed, and that over the API token.
    """

    def __init__(self, access: Access, session: Callable[[], requests.Session]) -> None:
        self._lock = threading.Lock()
        self._token: BearerToken | None = None
        self._client: OAuth2Client | None = None
        self._fixed: str | None = None
        self._scopes = access.oauth_scopes
        self._timeout = access.timeout
        self._session = session
        if access.oauth_client_id and access.oauth_client_secret:
            self._client_id, self._client_secret = access.oauth_client_id, access.oauth_client_secret
            self._endpoint = f"{access.origin}/oauth/tokens"
        elif access.oauth_token:
            self._fixed = f"Bearer {access.oauth_token.get_secret_value()}"
        else:
            log.warning(
                "signing in with an API token: Zendesk ends these on 2027-04-30; make an OAuth client and set "
                "ZENDESK_OAUTH_CLIENT_ID and ZENDESK_OAUTH_CLIENT_SECRET"
            )
            token = access.api_token.get_secret_value() if access.api_token else ""
            pair = f"{access.email}/token:{token}"
            self._fixed = f"Basic {base64.b64encode(pair.encode()).decode()}"

    def header(self, *, rejected: str | None = None) -> str:
        """The header to send; never `rejected`, which Zendesk has just answered with a 401, where it can be renewed."""
        if self._fixed is not None:
            return self._fixed
        with self._lock:
            token = self._token
            if token is None or token.is_expired(RENEW_BEFORE) or _bearer(token) == rejected:
                # Forgotten first: should the renewal fail, the next caller tries anew instead of sending the old one.
                self._token = None
                token = self._token = self._renewed()
            return _bearer(token)

    def close(self) -> None:
        with self._lock:
            if self._client is not None:
                self._client.session.close()

    def _renewed(self) -> BearerToken:
        if self._client is None:
            self._client = OAuth2Client(
                self._endpoint,
                # The secret goes into the body, where Zendesk looks for it.
                auth=ClientSecretPost(self._client_id, self._client_secret.get_secret_value()),
                session=self._session(),
                # The library insists on https otherwise, and the sandbox has none.
                testing=self._endpoint.startswith("http:"),
            )
        try:
            return self._client.client_credentials(self._scopes, requests_kwargs={"timeout": self._timeout})
        except (Refused, Unauthorized, NotFound, Conflict) as error:
            raise Unauthorized(
                f"signing in failed: {error}; check ZENDESK_OAUTH_CLIENT_ID and ZENDESK_OAUTH_CLIENT_SECRET, that the "
                "client is a confidential one, and that it may have the scopes of ZENDESK_OAUTH_SCOPES",
                status=error.status,
                account_wide=True,
            ) from None
        except Busy as error:
            raise Busy(f"signing in: {error}", status=error.status, retry_after=error.retry_after) from None
        except Unclear as error:
            # A token too many does no harm, and what we wanted the token for was not sent.
            raise Unreachable(f"signing in failed: {error}", status=error.status) from None
        except OAuth2Error:
            # `from None`: the library's error holds the client and with it the secret.
            raise Gibberish("signing in failed: the answer holds no token") from None


def _bearer(token: BearerToken) -> str:
    return f"Bearer {token.access_token}"
