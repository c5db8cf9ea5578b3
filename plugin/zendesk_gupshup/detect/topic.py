"""Whether a ticket is about WhatsApp, Gupshup or a failure at all, in whatever words; that proves nothing yet.

It is asked where a file stayed unread: what the words leave open may stand in the file.
"""

from __future__ import annotations

from collections.abc import Iterable

from zendesk_gupshup.detect.scene import Scene

_NAMES = ("whats", "waba", "gupshup")


def on_topic(scenes: Iterable[Scene]) -> bool:
    """People name the subject in their own words; a long file that was read names many things."""
    return any(_names_it(scene) for scene in scenes)


def _names_it(scene: Scene) -> bool:
    if any(name in scene.low for name in _NAMES) or scene.hits("gupshup"):
        return True
    return scene.text.kind != "attachment" and bool(scene.hits("whatsapp") or scene.hits("failing"))
