"""What every language must have: without one of these texts something could not be written in it."""

from __future__ import annotations

from collections.abc import Container, Iterator

from zendesk_gupshup.dictionary import Dictionary

from .template_files import Problem

# What every language needs: a text of each kind, and of the blocks those that are rendered by themselves.
_NEEDED = (
    *(f"reply/{kind}.LANG.md.j2" for kind in ("owner_escalation", "owner_ticket", "remedy", "draft")),
    *(f"reply/{kind}.LANG.md.j2" for kind in ("completed", "incident")),
    *(f"note/{kind}.LANG.md.j2" for kind in ("default", "follow_up", "incident", "unread")),
    "guide/default.LANG.md.j2", "draft/default.LANG.txt.j2", "request/default.LANG.txt.j2",
    "request/_message.LANG.txt.j2", "request/_message_401.LANG.txt.j2",
)  # fmt: skip


def missing_texts(keys: Container[str], dictionary: Dictionary) -> Iterator[Problem]:
    """Languages of the dictionary in which not everything can be written."""
    for language in dictionary.languages:
        for name in _NEEDED:
            key = name.replace("LANG", language)
            if key not in keys:
                yield Problem(key, 0, f"no text in {language}", f"write {language}/{key}")
