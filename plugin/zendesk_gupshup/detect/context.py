"""Whose error a passage speaks of: Gupshup's, Meta's, or that of another system."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

from zendesk_gupshup.detect.document import Document
from zendesk_gupshup.detect.foreign import keyed_elsewhere, outer_codes
from zendesk_gupshup.detect.lexicon import words
from zendesk_gupshup.detect.names import distance, nearest_names
from zendesk_gupshup.detect.patterns import pattern, regex
from zendesk_gupshup.detect.precedence import Distance, Owner, OwnerRule, owner_rules
from zendesk_gupshup.detect.scene import Scene, once
from zendesk_gupshup.detect.speaker import said_by_a_system

_RECEIVE = words("receive")
_FROM_GUPSHUP = pattern("context.from_gupshup")
_BY_GUPSHUP = pattern("context.by_gupshup")
_ADDRESS = regex(r"(?:https?://|\b)((?:[a-z0-9-]{1,40}\.){1,5}[a-z]{2,10}|localhost)(?=[/:\s\"'?)]|$)")
_OUR_HOSTS = ("gupshup.io", "gupshup.ai", "smsgupshup.com")
_META_HOSTS = ("facebook.com", "whatsapp.com", "whatsapp.net")


@dataclass(frozen=True)
class Passage:
    """A place of a ticket of which is asked whose it is, with the bounds of its sentence."""

    document: Document
    scene: Scene
    start: int
    end: int
    first: int
    last: int


def whose(document: Document, scene: Scene, start: int, end: int) -> tuple[Owner, Distance]:
    """Whose the passage is by `precedence.toml`, and how near the name stands: `here` (same sentence), `near`, `far`."""
    owner, rule = owner_by(document, scene, start, end)
    return owner, rule.near if rule else "far"


def owner_by(document: Document, scene: Scene, start: int, end: int) -> tuple[Owner, OwnerRule | None]:
    """The owner, and the rule that decided; none where nobody is named."""
    passage = Passage(document, scene, start, end, *scene.sentence(start))
    for rule in owner_rules():
        found = _seen(rule, passage) if rule.asks_a_pattern else _SIGNS[rule.asks](passage)
        if found:
            return (cast("Owner", found) if rule.decides is None else rule.decides), rule
    return "", None


def _seen(rule: OwnerRule, at: Passage) -> bool:
    sign, low = pattern(rule.asks), at.scene.low
    if rule.sees == "behind":
        return sign.match(low, at.end, min(at.last, at.end + 60)) is not None
    first = at.scene.line(at.start)[0] if rule.sees == "line_before" else at.first
    return sign.search(low, max(first, at.start - 400), at.start) is not None


def _in_sentence(at: Passage) -> str:
    return _nearest(at.scene, at.first, at.last, at.start, at.end)


def _only_receives(at: Passage) -> bool:
    return _in_sentence(at) == "other" and _gupshup_answers(at.scene, at.first, at.start, at.end, at.last)


def _in_lines(at: Passage) -> str:
    first, last = at.scene.lines_around(at.start, 3, 1)
    return _nearest(at.scene, max(first, at.start - 400), min(last, at.end + 200), at.start, at.end)


def _in_ticket(at: Passage) -> str:
    if not at.document.has("vendor", "own"):
        return "gupshup" if at.document.has("gupshup") or at.document.own_codes else ""
    if at.document.has("gupshup"):
        return _nearest(at.scene, 0, len(at.scene.low), at.start, at.end) or "gupshup"
    acting = (_nearest(scene, 0, len(scene.low), at.start, at.end) for scene in at.document.scenes)
    return "other" if "other" in acting else ""


def _is_received(at: Passage) -> bool:
    return at.end - at.start == 3 and _given_to_gupshup(at.scene, at.first, at.start, at.end, at.last)


def _is_said_by_a_system(at: Passage) -> bool:
    if not said_by_a_system(at.scene, at.start):
        return False
    return not _FROM_GUPSHUP.match(at.scene.low, at.end, min(at.last, at.end + 60))


_UPSTREAM = pattern("precedence.upstream")


def _is_upstream(at: Passage) -> bool:
    """`upstream (api.gupshup.io) answers 401`, `upstream_status=401` in a line or sentence that names Gupshup."""
    line = at.scene.line(at.start)
    if not _UPSTREAM.search(at.scene.low, max(line[0], at.start - 60), at.start):
        return False
    return bool(at.scene.within("gupshup", *line) or at.scene.within("gupshup", at.first, at.last))


def _wraps(at: Passage) -> bool:
    """`{"code": 500, "detail": {"errors": [{"code": 131026, ...}]}}`: the outer code of the two."""
    return at.end - at.start == 3 and any(first <= at.start < last for first, last in outer_codes(at.scene))


_AGAIN_WITHIN = 300


def _is_prefixed(at: Passage) -> bool:
    """`ORA-01012`, and `error 1012` in the same text, where Gupshup does not stand beside the number."""
    beside = at.scene.within("gupshup", at.start - 20, at.end + 20)
    return not beside and keyed_elsewhere(at.scene, at.scene.low[at.start : at.end])


def _is_told_again(at: Passage) -> bool:
    """Another system's 401 told again, and nobody named since."""
    low, number = at.scene.low, at.scene.low[at.start : at.end]
    before = low.rfind(number, max(0, at.start - _AGAIN_WITHIN), at.start)
    if before == -1 or at.scene.within("gupshup", before, at.end):
        return False
    return _nearest(at.scene, *at.scene.sentence(before), before, before + len(number)) == "other"


_SIGNS: Mapping[str, Callable[[Passage], str | bool]] = {
    "own_path": lambda at: _to_own_path(at.scene, max(at.first, at.start - 200), at.start),
    "received_by_gupshup": _is_received,
    "wraps": _wraps,
    "upstream": _is_upstream,
    "said_by_a_system": _is_said_by_a_system,
    "gupshup_answers": _only_receives,
    "prefixed": _is_prefixed,
    "sentence": _in_sentence,
    "told_again": _is_told_again,
    "lines": _in_lines,
    "ticket": _in_ticket,
}


_OWN_PATH = pattern("context.own_path")
_SERVES = pattern("context.serves")
_TAKEN = pattern("context.taken")
_HANDED = pattern("context.handed")
_FROM_OURS = pattern("context.from_ours")
_PATHS = ("hook", "callback", "inbound")


def _to_own_path(scene: Scene, first: int, start: int) -> bool:
    before = scene.low[first:start]
    return any(name in before for name in _PATHS) and _OWN_PATH.search(scene.low, first, start) is not None


_ANSWERING = regex(
    r"\b(?:answer|return|give|gave|respond|repl[iy]|reject|refus|throw|devuelv|devolv|contest|retorn|rechaz|recus|lanz)"
)


def _given_to_gupshup(scene: Scene, first: int, start: int, end: int, last: int) -> bool:
    """A status that Gupshup received, as of a picture it fetched: the customer's own server answered so."""
    floor = max(first, start - 240)
    if not scene.within("gupshup", floor, start):
        return False
    taken = _TAKEN.search(scene.low, floor, start)
    if taken:
        source = _FROM_OURS.match(scene.low, end, min(last, end + 60))
        if source and _SERVES.search(scene.low, source.end(), min(last, source.end() + 40)):
            return True
        return _SERVES.search(scene.low, floor, start) is not None
    handed = _HANDED.search(scene.low, floor, start)
    return handed is not None and _SERVES.search(scene.low, floor, handed.start()) is not None


_SUBJECT = pattern("context.subject")


def _gupshup_answers(scene: Scene, first: int, start: int, end: int, last: int) -> bool:
    """`Our server gets 401 from Gupshup`: the writer's system stands nearer and yet only receives."""
    if not scene.within("gupshup", first, last) or scene.within("vendor", first, last):
        return False
    if _BY_GUPSHUP.match(scene.low, end, min(last, end + 60)):
        return True
    if _FROM_GUPSHUP.match(scene.low, end, min(last, end + 60)):
        return True
    if _SUBJECT.search(scene.low, max(first, start - 70), start):
        return True
    return any(word in _RECEIVE for word in scene.words_before(start, 4))


def _nearest(scene: Scene, first: int, last: int, start: int, end: int) -> str:
    """The owner named nearest to the number; a name after it counts as half as near again."""
    found = nearest_names(scene, first, last, start, end)
    around = max(first, start - 400), min(last, end + 300)
    for address in _ADDRESS.finditer(scene.low, *around) if _has_a_host(scene, *around) else ():
        owner = _owner_of(address[1])
        if owner and "/" in scene.low[max(0, address.start() - 1) : address.end() + 1]:
            found.append((distance(address.start(), address.end(), start, end), owner))
    if not found:
        return ""
    nearest = min(found)[1]
    # Meta's words ("access token") are everybody's words: a named system beside them wins.
    return "other" if nearest == "meta" and any(owner == "other" for _, owner in found) else nearest


# A slash before a host or behind one.
_BY_A_HOST = regex(r"/(?:(?<=[a-z]/)|(?=(?:[a-z0-9-]{1,40}\.){1,5}[a-z]|localhost))")


@once
def _slashes(scene: Scene) -> list[int]:
    return [slash.start() for slash in _BY_A_HOST.finditer(scene.low)]


def _has_a_host(scene: Scene, first: int, last: int) -> bool:
    """May an address stand in [first, last), with a slash in it or beside it?"""
    slashes = _slashes(scene)
    at = bisect_left(slashes, first - 1)
    return at < len(slashes) and slashes[at] <= last


def _owner_of(host: str) -> str:
    if host.endswith(_OUR_HOSTS):
        return "gupshup"
    if host.endswith(_META_HOSTS):
        return "meta"
    if host.endswith(
        (".md", ".ts", ".js", ".py", ".env", ".pdf", ".csv", ".json", ".log", ".xlsx", ".png", ".jpg", ".txt", ".php")
    ):
        return ""
    return "other"
