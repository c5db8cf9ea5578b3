"""What `demo` and `sandbox` print for a second terminal: exports to paste, and commands to try."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping

from zendesk_sandbox.store import SandboxStore

from .tickets import demo_tickets, organizations


def exports(environment: Mapping[str, str]) -> Iterator[str]:
    """A block for a POSIX shell; an empty value takes the variable of the caller's own account away."""
    for name, value in sorted(environment.items(), key=lambda row: (bool(row[1]), row[0])):
        yield f"export {name}={shlex.quote(value)}" if value else f"unset {name}"


def write_tickets(store: SandboxStore) -> tuple[int, ...]:
    """The demo's tickets as their clients wrote them, and nothing that an agent or the worker adds; their ids."""
    ids = {
        key: int(store.upsert_organization(body["name"], **_without_name(body))["id"])
        for key, body in organizations().items()
    }
    return tuple(
        int(
            store.write_as_client(
                demo.client.email, demo.client.name, demo.body.strip(), subject=demo.subject, channel="email",
                locale=demo.client.locale, organization_id=ids.get(demo.client.organization or ""),
            )["id"]
        )
        for demo in demo_tickets()
    )  # fmt: skip


def _without_name(body: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in body.items() if name != "name"}
