"""What the ticket itself tells about the affected app: values beside their labels, as written, nothing guessed."""

from __future__ import annotations

import re
from collections.abc import Iterable

from zendesk_gupshup.detect.index import TELLTALE
from zendesk_gupshup.detect.patterns import pattern, regex
from zendesk_gupshup.detect.scene import Scene
from zendesk_gupshup.model.finding import Facts, SecretSighting
from zendesk_gupshup.text.redaction import looks_secret, sightings

_APP_ID = pattern("facts.app_id")
_APP_NAME = pattern("facts.app_name")
_APP_IN_EVENT = pattern("facts.app_in_event")
_APP_QUOTED = pattern("facts.app_quoted")
_ACCOUNT = pattern("facts.account")
_MESSAGE_ID = pattern("facts.message_id")
_EVENT_ID = pattern("facts.event_id")
_ENTERPRISE = pattern("facts.enterprise")
_ENTERPRISE_WORDS = ("clevertap", "gatewayapi", "smsgupshup", "delivery report")
_ENTERPRISE_HINTS = ("hsm account", "way account", "cuenta de", 'errcode"', 'errorcode"')
# The first digit stands apart, before all alternatives: the engine looks for nothing else.
_TIME = regex(
    r"[0-9](?<!\w[0-9])(?:[0-9]{3}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?(?:Z|"
    r"\s?[+-][0-9]{2}:?[0-9]{2}|\sUTC)?|"
    r"[0-9]?[/.-][0-9]{1,2}[/.-][0-9]{2,4},?\s{1,2}[0-9]{1,2}[:h][0-9]{2}(?::[0-9]{2})?|"
    r"[0-9]{3}-[0-9]{2}-[0-9]{2}|[0-9]?/[0-9]{1,2}/[0-9]{2,4}|"
    r"[0-9]?:[0-9]{2}(?::[0-9]{2})?\s?(?:am|pm|a\.m\.|p\.m\.|hs?\b|UTC|GMT)?)"
)
# The middle of a UUID: a pattern that begins with a fixed character is found at once.
_UUID_PART = regex(r"-[0-9a-fA-F]{4}-")
_SHAPE = bytes(b"d"[0] if chr(code) in "0123456789" else 32 if chr(code).isspace() else b"x"[0] for code in range(256))
_PLACEHOLDERS = frozenset({"name", "appname", "demoapp", "demoapi", "null", "none", "undefined", "string", "id"})
_MOST = 10


def facts(scenes: Iterable[Scene]) -> Facts:
    """The first of each value; message ids and times in the order in which they stand."""
    known: dict[str, str] = {}
    messages: dict[str, None] = {}
    times: dict[str, None] = {}
    enterprise = False
    for scene in scenes:
        content, low = scene.text.text, scene.low
        if low.count("app") > low.count("whatsapp") or "src.name" in low or "bot name" in low or "bot_name" in low:
            _first(known, "app_id", (_APP_ID,), content)
            _first(known, "app_name", (_APP_IN_EVENT, _APP_NAME, _APP_QUOTED), content)
        if "2000" in content or b"d" * 10 in scene.latin.translate(_SHAPE):
            _first(known, "account_id", (_ACCOUNT,), content)
        if _UUID_PART.search(content):
            # The `id` of a template event is the template's.
            for one in (_MESSAGE_ID,) if "template-event" in low else (_MESSAGE_ID, _EVENT_ID):
                messages.update((found[1].lower(), None) for found in one.finditer(content))
        times.update((found[0].strip(), None) for found in _TIME.finditer(content))
        enterprise = enterprise or _names_enterprise(content, low)
    messages.pop(known.get("app_id", "").lower(), None)
    return Facts(
        app_name=known.get("app_name"),
        app_id=known.get("app_id"),
        account_id=known.get("account_id"),
        message_ids=tuple(messages)[:_MOST],
        times=tuple(times)[:_MOST],
        enterprise=enterprise,
    )


def _names_enterprise(content: str, low: str) -> bool:
    if any(word in low for word in _ENTERPRISE_WORDS):
        return True
    return any(hint in low for hint in _ENTERPRISE_HINTS) and _ENTERPRISE.search(content) is not None


def _first(known: dict[str, str], key: str, patterns: Iterable[re.Pattern[str]], text: str) -> None:
    if key in known:
        return
    for one in patterns:
        for found in one.finditer(text):
            value = found[1].rstrip(".-_")
            # A key under a label of a name is still a key: it would go out as a name.
            if value.lower() not in _PLACEHOLDERS and not looks_secret(value):
                known[key] = value
                return


_LONG = 20
_TOKENS = bytes(32 if chr(code).isspace() else b"x"[0] for code in range(256))


def _may_hold_a_secret(scene: Scene) -> bool:
    if TELLTALE in scene.kinds:
        return True
    # Splitting takes long: first whether so many characters stand in a row at all.
    shape = scene.latin.translate(_TOKENS)
    return b"x" * _LONG in shape and max(map(len, scene.low.split()), default=0) >= _LONG


def secrets(scenes: Iterable[Scene]) -> tuple[SecretSighting, ...]:
    """Where live keys, tokens and passwords stand; what they are stays in the ticket."""
    return tuple(
        SecretSighting(kind=sighting.kind, place=scene.text.place(sighting.start, sighting.end))
        for scene in scenes
        if _may_hold_a_secret(scene)
        for sighting in sightings(scene.text.text)
    )
