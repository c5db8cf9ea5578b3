"""The minimal OAuth scopes of each command, and whether its user must be an admin.

https://developer.zendesk.com/api-reference/ticketing/oauth/oauth_tokens/#scopes: fields, views, groups, `users/me`,
audits and the incremental export have no scope of their own, and neither have uploads.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

# Command -> minimal scopes, and whether the user must be an admin.
NEEDS: Mapping[str, tuple[tuple[str, ...], bool]] = {
    "explain": (("read",), False),
    "process": (("read",), False),
    "process --apply": (("read", "write"), False),
    "reprocess": (("read",), True),
    "reprocess --apply": (("read", "write"), True),
    "undo": (("read",), False),
    "undo --apply": (("read", "write"), False),
    "serve": (("read", "write"), True),
    "serve --no-sweep": (("read", "write"), False),
    "setup plan": (("read",), True),
    "setup drift": (("read",), True),
    "setup apply": (("read", "write"), True),
    "setup adopt": (("read", "write"), True),
    "setup destroy": (("read", "write"), True),
    "setup app plan": (("read",), True),
    "setup app apply": (("read", "write"), True),
    "setup app remove": (("read", "write"), True),
    "doctor": (("read", "webhooks:write"), True),
}


def missing(needed: Iterable[str], granted: Iterable[str]) -> tuple[str, ...]:
    """The needed scopes that are not granted. `write` covers `webhooks:write`, not the other way round."""
    have = frozenset(granted)
    return tuple(s for s in needed if s not in have and s.rpartition(":")[2] not in have)
