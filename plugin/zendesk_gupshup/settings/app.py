"""The settings of the section `[app]`: the Zendesk app whose pages the worker serves."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from zendesk_gupshup.model.base import StrictModel

# Self-updating, so it has no checksum: https://developer.zendesk.com/api-reference/apps/apps-core-api/core_api/
SDK_URL = "https://static.zdassets.com/zendesk_app_framework_sdk/2.0/zaf_sdk.min.js"


# Both end up in a Content Security Policy, where a space or a semicolon would begin something else.
_ORIGIN = r"https?://[A-Za-z0-9.-]+(?::[0-9]{1,5})?"


def _origin(text: str) -> str:
    if not re.fullmatch(f"{_ORIGIN}/?", text):
        raise PydanticCustomError("origin", "write a scheme and a host, and nothing more: https://support.example.com")
    return text.rstrip("/").lower()


def _script(text: str) -> str:
    if not re.fullmatch(rf"{_ORIGIN}/[\w./@%+-]+", text):
        raise PydanticCustomError("script", "write the URL of a script, such as https://static.example.com/sdk.js")
    return text


Origin = Annotated[str, AfterValidator(_origin)]


class AppSettings(StrictModel):
    enabled: bool = Field(
        default=False, description="Serve the app's pages under /zaf/; without it no such route exists."
    )
    app_id: int | None = Field(
        None, ge=1, description="Number of the app, which it has once uploaded; unset: as `setup app apply` stored it."
    )
    installation_id: int | None = Field(
        None, ge=1, description="Number of its installation; unset: as `setup app apply` stored it."
    )
    public_key_file: Path | None = Field(
        None,
        description="PEM file with the app's public key; unset: the stored one, else Zendesk is asked for it.",
    )
    url: Origin | None = Field(
        None,
        description="Scheme and host under which browsers reach this worker, if a proxy changes the `Host` header.",
    )
    origins: frozenset[Origin] = Field(
        frozenset(),
        description="Further origins that may frame the pages, such as a host-mapped domain; the account's own is one.",
    )
    session_hours: int = Field(12, ge=1, le=24, description="Hours for which a page that was opened stays signed in.")
    sdk_url: Annotated[str, AfterValidator(_script)] = Field(
        SDK_URL, description="URL of Zendesk's app framework script, which the pages load."
    )

    @property
    def sdk_origin(self) -> str:
        """Scheme and host of the script, for the page's Content Security Policy."""
        scheme, _, rest = self.sdk_url.partition("://")
        return f"{scheme}://{rest.partition('/')[0]}".lower()
