"""Which Zendesk, as whom, and how fast: settings of the client, checked before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class ZendeskConfig(BaseModel):
    """Which Zendesk, and as whom. Secrets never show in its `repr`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    subdomain: str | None = None
    # Another host than `https://{subdomain}.zendesk.com`: the sandbox, a test.
    base_url: str | None = None
    oauth_client_id: str | None = None
    oauth_client_secret: SecretStr | None = None
    oauth_token: SecretStr | None = None
    # `read` for groups, `users/me`, audits and the incremental export (whose user must be an admin), `write` for
    # uploads and for what `setup` makes: none of these has a scope of its own. A worker that attaches no file and was
    # set up by somebody else can do with `read tickets:write`.
    oauth_scopes: str = "read write"
    email: str | None = None
    api_token: SecretStr | None = None
    timeout: float = 10.0
    # Where `oauth_client_secret`, `oauth_token` and `api_token` were read from, if from files: these may change while
    # we run. Set by NAME_FILE in the environment alone.
    secret_files: Mapping[str, Path] = Field(default_factory=dict, exclude=True)
    # The longest wait, in seconds, that a `Retry-After` may impose: a nonsensical one must not park a ticket for days.
    longest_wait: float = 900.0

    def problem(self) -> str | None:
        """What is missing or wrong, and what to write instead; `None` when a sign-in can be tried."""
        if self.base_url:
            parts = urlsplit(self.base_url)
            if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.path.strip("/"):
                return "ZENDESK_BASE_URL is a scheme and a host, such as http://127.0.0.1:8080, and nothing more"
        elif not self.subdomain:
            return "ZENDESK_SUBDOMAIN is missing: for https://example.zendesk.com write `example`"
        elif not re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?", self.subdomain):
            return (
                "ZENDESK_SUBDOMAIN is the first part of the host only: for https://example.zendesk.com write `example`"
            )
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


class RateLimitSettings(BaseModel):
    """The limits that all our processes keep together, and what is left to others."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    requests_per_minute: int | None = Field(
        None,
        ge=10,
        description="Requests a minute of all our processes at most; unset: as Zendesk says, 200 until then.",
    )
    updates_per_minute: int | None = Field(
        None, ge=1, description="Updates of tickets a minute at most; unset: as Zendesk says, 100 until it does."
    )
    updates_per_ticket: int | None = Field(
        None,
        ge=1,
        description="Updates of one ticket in ten minutes at most; unset: as Zendesk says, 30 until it does.",
    )
    exports_per_minute: int | None = Field(
        None, ge=1, description="Requests a minute to the incremental export at most; unset: as Zendesk says, else 10."
    )
    reserve: float = Field(
        0.1, ge=0, le=0.9, description="Share of the account's requests that is left to the desk's other apps."
    )
    live_share: float = Field(
        0.4, ge=0, le=0.9, description="Share of each budget that `reprocess` and `undo` leave to the worker."
    )
