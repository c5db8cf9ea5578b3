"""The line about `[alerts]`: whether anybody is alerted, and whether others may read the URLs."""

from __future__ import annotations

from collections.abc import Iterator

from zendesk_gupshup.alerts.options import AlertSettings

from .lines import Line

_NAME = "alerts"


def alerts(settings: AlertSettings) -> Iterator[Line]:
    """Nothing is sent: `alerts test` does that."""
    path = settings.urls_file
    if path is None:
        yield Line(_NAME, "note", "nobody is alerted: [alerts] urls_file is not set")
        return
    from zendesk_gupshup.alerts.delivery import AlertUrlsError, read_services

    try:
        services = read_services(path)
    except AlertUrlsError as error:
        yield Line(_NAME, "fault", str(error), "correct the file, then run `zendesk-gupshup alerts test`")
        return
    names = ", ".join(dict.fromkeys(service.name for service in services))
    yield Line(_NAME, "ok", f"to {names}; `zendesk-gupshup alerts test` sends a message")
    if path.stat().st_mode & 0o077:
        yield Line(_NAME, "warning", f"others may read {path}, which holds secrets", f"chmod 600 {path}")
