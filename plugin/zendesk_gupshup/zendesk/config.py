"""Which Zendesk, as whom, and how fast: settings of the client, checked before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, SecretStr

from zendesk_gupshup.model.base import StrictModel


class ZendeskConfig(StrictModel):
    """Which Zendesk, and as whom. Secrets never show in its `repr`."""

    subdomain: str | None = Field(
        None, description="First part of the account's host: `example` of example.zendesk.com."
    )
    base_url: str | None = Field(
        None, description="Another scheme and host, such as a sandbox's; wins over the subdomain."
    )
    oauth_client_id: str | None = Field(None, description="Identifier of the OAuth client.")
    oauth_client_secret: SecretStr | None = Field(
        None, description="Secret of the OAuth client, with which tokens are renewed (environment only)."
    )
    oauth_token: SecretStr | None = Field(
        None, description="An OAuth token, which cannot be renewed (environment only)."
    )
    # `read` for groups, `users/me`, audits and the incremental export (whose user must be an admin), `write` for
    # uploads and for what `setup` makes: none of these has a scope of its own. A worker that attaches no file and was
    # set up by somebody else can do with `read tickets:write`.
    oauth_scopes: str = Field("read write", description="Scopes to request; `zendesk-gupshup setup scopes` lists them.")
    email: str | None = Field(None, description="E-mail address of the API token's user.")
    api_token: SecretStr | None = Field(
        None, description="API token (environment only). Zendesk ends API tokens on 2027-04-30."
    )
    timeout: float = Field(10.0, description="Seconds that a request may wait for data.")
    secret_files: Mapping[str, Path] = Field(
        default_factory=dict,
        exclude=True,
        description="Files that secrets came from, which are reread after a refusal (environment only).",
    )
    longest_wait: float = Field(
        900.0, description="Seconds to wait at most for a rate limit, whatever `Retry-After` says."
    )

    def problem(self) -> str | None:
        """What is missing or wrong, and what to write instead; `None` when a sign-in can be tried."""
        if self.base_url:
            if not _is_origin(self.base_url):
                return "ZENDESK_BASE_URL is a scheme and a host, and nothing more: write it like http://127.0.0.1:8080"
        elif not self.subdomain:
            return "ZENDESK_SUBDOMAIN is missing: for https://example.zendesk.com write `example`"
        elif not re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?", self.subdomain):
            return (
                "ZENDESK_SUBDOMAIN is the first part of the host only: for https://example.zendesk.com write `example`"
            )
        if self.oauth_token and not is_token(self.oauth_token.get_secret_value()):
            return "ZENDESK_OAUTH_TOKEN is not a token: write one word of ASCII characters, without line breaks"
        if self.oauth_token or (self.oauth_client_id and self.oauth_client_secret) or (self.email and self.api_token):
            return None
        for present, name in (
            (self.oauth_client_id, "ZENDESK_OAUTH_CLIENT_SECRET"),
            (self.oauth_client_secret, "ZENDESK_OAUTH_CLIENT_ID"),
            (self.email, "ZENDESK_API_TOKEN"),
            (self.api_token, "ZENDESK_EMAIL"),
        ):
            if present:
                return f"{name} is missing: it goes with the one that is set"
        return (
            "no credentials: set ZENDESK_OAUTH_CLIENT_ID and ZENDESK_OAUTH_CLIENT_SECRET, of a confidential client "
            "made in Admin Center > Apps and integrations > APIs > OAuth clients"
        )

    @property
    def origin(self) -> str:
        """Scheme and host, without a slash at the end: where every request goes, and the credentials nowhere else."""
        parts = urlsplit(self.base_url or f"https://{self.subdomain}.zendesk.com")
        return f"{parts.scheme}://{parts.netloc}".lower()


def is_token(text: str) -> bool:
    """Whether a header can carry it. The HTTP library's error about one that it cannot quotes the token."""
    return re.fullmatch("[!-~]+", text) is not None


def _is_origin(url: str) -> bool:
    """Whether this is a scheme and a host, with a port or without, and nothing more."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - raises where it is not a port's number
    except ValueError:
        return False
    more = parts.username, parts.path.strip("/"), parts.query, parts.fragment
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not any(more)


class RateLimitSettings(StrictModel):
    """The limits that all our processes keep together, and what is left to others."""

    requests_per_minute: int | None = Field(
        None,
        ge=10,
        description="Maximum requests per minute of all our processes; unset: as Zendesk reports, 200 until then.",
    )
    updates_per_minute: int | None = Field(
        None, ge=1, description="Maximum ticket updates per minute; unset: as Zendesk reports, 100 until then."
    )
    updates_per_ticket: int | None = Field(
        None,
        ge=1,
        description="Maximum updates of one ticket in ten minutes; unset: as Zendesk reports, 30 until then.",
    )
    exports_per_minute: int | None = Field(
        None, ge=1, description="Maximum incremental export requests per minute; unset: as Zendesk reports, else 10."
    )
    reserve: float = Field(
        0.1, ge=0, le=0.9, description="Share of the account's requests that is left to its other apps."
    )
    live_share: float = Field(
        0.4, ge=0, le=0.9, description="Share of each rate limit that `reprocess` and `undo` leave to the worker."
    )
