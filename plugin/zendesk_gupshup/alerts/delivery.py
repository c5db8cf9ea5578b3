"""Sends a message to the services of the URLs file. The one module that knows Apprise, loaded when there is a message.

https://github.com/caronc/apprise (BSD-2-Clause) has one URL form for each of its services.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from zendesk_gupshup.text.redaction import mask, without_addresses

if TYPE_CHECKING:
    from .message import AlertMessage

# Parts of a URL that are shorter are no secret, and words such as `smtp` stay readable.
_SECRET_LENGTH = 6
_LONGEST_REASON = 200


class AlertUrlsError(ValueError):
    """The URLs file is missing or wrong. The message names file and line and quotes nothing: a URL holds a secret."""


@dataclass(frozen=True)
class Delivered:
    """What became of a message at one service; `reason` says why it did not arrive."""

    line: int
    service: str
    reason: str | None = None


@dataclass(frozen=True)
class AlertService:
    """One line of the file."""

    line: int
    name: str
    url: str
    notifier: Any

    def send(self, message: AlertMessage) -> Delivered:
        """Never raises: the other services come next."""
        with _swallowed_log() as said:
            try:
                # Plain text: the library escapes it, and keeps its lines, where a service wants another format.
                arrived = self.notifier.notify(
                    title=message.title, body=message.body, body_format="text", notify_type="warning"
                )
            except Exception as error:  # noqa: BLE001 - whatever a service's module raises
                return Delivered(self.line, self.name, type(error).__name__)
        return Delivered(self.line, self.name, None if arrived else self._without_secrets(said))

    def _without_secrets(self, said: Sequence[str]) -> str:
        text = said[-1] if said else "not accepted"
        for part in sorted(re.split(r"[/:@?&=#,]+", self.url), key=len, reverse=True):
            for form in (part, unquote(part)):
                if len(form) >= _SECRET_LENGTH and form != self.name:
                    text = text.replace(form, "…")
        return without_addresses(mask(text)).strip()[:_LONGEST_REASON]


def read_services(path: Path) -> tuple[AlertService, ...]:
    """The services of the file: a URL a line, blank lines and `#` aside. Raises `AlertUrlsError`."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise AlertUrlsError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise AlertUrlsError(f"{path}: cannot be read: it is not UTF-8 text") from None
    urls = [(number, line.strip()) for number, line in enumerate(lines, 1) if line.strip()[:1] not in ("", "#")]
    if not urls:
        raise AlertUrlsError(
            f"{path}: holds no URL; write one a line, such as those of https://appriseit.com/services/"
        )
    return tuple(_service(path, number, url) for number, url in urls)


def _service(path: Path, number: int, url: str) -> AlertService:
    import apprise

    asset = apprise.AppriseAsset(
        app_id="zendesk-gupshup",
        app_desc="zendesk-gupshup",
        app_url="",
        # Pictures from the library's own pages: a third party would learn of each message that is read.
        image_url_mask="",
        image_url_logo="",
        async_mode=False,
        # A secret goes where the line says, and nowhere else.
        http_redirects=False,
        plugin_paths=(),
        storage_mode=apprise.PersistentStoreMode.MEMORY,
    )
    notifier = apprise.Apprise(asset=asset)
    with _swallowed_log():
        known = notifier.add(url)
    if not known:
        raise AlertUrlsError(f"{path}: line {number}: no URL of a service that Apprise knows")
    return AlertService(number, str(notifier[0].service_name), url, notifier)


class _Swallowed(logging.Filter):
    """Lets nothing through, and keeps the warnings."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno >= logging.WARNING:
            self.said.append(record.getMessage())
        return False


@contextmanager
def _swallowed_log() -> Iterator[list[str]]:
    """What the library says meanwhile, which may quote a URL. It returns nothing but whether a message was accepted."""
    swallowed, logger = _Swallowed(), logging.getLogger("apprise")
    logger.addFilter(swallowed)
    try:
        yield swallowed.said
    finally:
        logger.removeFilter(swallowed)
