"""Whose error a passage speaks of: Gupshup's, Meta's, or that of another system."""

from __future__ import annotations

from bisect import bisect_left

from zendesk_gupshup.detect.document import Document
from zendesk_gupshup.detect.lexicon import words
from zendesk_gupshup.detect.patterns import pattern, regex
from zendesk_gupshup.detect.scene import Hit, Scene, once
from zendesk_gupshup.detect.speaker import said_by_a_system

_RECEIVE = words("receive")
_FROM_GUPSHUP = pattern("context.from_gupshup")
_NEGATOR = words("negator")
_BY_GUPSHUP = pattern("context.by_gupshup")
_ADDRESS = regex(r"(?:https?://|\b)((?:[a-z0-9-]{1,40}\.){1,5}[a-z]{2,10}|localhost)(?=[/:\s\"'?)]|$)")
_OUR_HOSTS = ("gupshup.io", "gupshup.ai", "smsgupshup.com")
_META_HOSTS = ("facebook.com", "whatsapp.com", "whatsapp.net")


def whose(document: Document, scene: Scene, start: int, end: int) -> tuple[str, str]:
    """`gupshup`, `meta`, `other` or nothing, and how near the name stands: `here` (same sentence), `near`, `far`."""
    first, last = scene.sentence(start)
    if _ACCESS_LOG.search(scene.low, max(scene.line(start)[0], start - 400), start):
        return "other", "here"
    if _to_own_path(scene, max(first, start - 200), start) or _TO_GUPSHUP.match(scene.low, end, min(last, end + 60)):
        return "other", "here"
    if end - start == 3 and _given_to_gupshup(scene, first, start, end, last):
        return "other", "here"
    if said_by_a_system(scene, start) and not _FROM_GUPSHUP.match(scene.low, end, min(last, end + 60)):
        return "other", "here"
    here = _nearest(scene, first, last, start, end)
    if here == "other" and _gupshup_answers(scene, first, start, end, last):
        return "gupshup", "here"
    if here:
        return here, "here"
    around = scene.lines_around(start, 3, 1)
    near = _nearest(scene, max(around[0], start - 400), min(around[1], end + 200), start, end)
    if near:
        return near, "near"
    gupshup, other = document.has("gupshup"), document.has("vendor", "own")
    if gupshup and other:
        far = _nearest(scene, 0, len(scene.low), start, end)
        return (far or "gupshup"), "far"
    if gupshup:
        return "gupshup", "far"
    return ("other", "far") if other else ("", "far")


_ACCESS_LOG = pattern("context.access_log")
_OWN_PATH = pattern("context.own_path")
_TO_GUPSHUP = pattern("context.to_gupshup")
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
    found: list[tuple[float, str]] = []
    for kind, owner in (("gupshup", "gupshup"), ("vendor", "other"), ("own", "other"), ("meta_access", "meta")):
        for hit in scene.within(kind, first, last):
            if owner == "other" and _denied(scene, hit):
                continue
            if kind == "own" and not _acts(scene, hit):
                continue
            # `/hooks/gupshup` is a path of one's own.
            if owner == "gupshup" and (_ASKED.match(scene.low, hit.end) or scene.low[hit.start - 1 : hit.start] == "/"):
                continue
            found.append((_distance(hit.start, hit.end, start, end), owner))
    around = max(first, start - 400), min(last, end + 300)
    for address in _ADDRESS.finditer(scene.low, *around) if _has_a_host(scene, *around) else ():
        owner = _owner_of(address[1])
        if owner and "/" in scene.low[max(0, address.start() - 1) : address.end() + 1]:
            found.append((_distance(address.start(), address.end(), start, end), owner))
    if not found:
        return ""
    nearest = min(found)[1]
    # Meta's words ("access token") are everybody's words: a named system beside them wins.
    return "other" if nearest == "meta" and any(owner == "other" for _, owner in found) else nearest


_ASKED = pattern("context.asked")
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


_KEYS = frozenset({"key", "keys", "apikey", "token", "clave", "chave"})


def _denied(scene: Scene, hit: Hit) -> bool:
    """`Not our API`, `no es nuestro servidor`, `descartamos nuestro servidor`; and `our API key` is no system."""
    if _KEYS.intersection(scene.words_after(hit.end, 1)):
        return True
    return any(
        word in _NEGATOR or word.startswith(("descart", "ruled", "exclu")) for word in scene.words_before(hit.start, 2)
    )


_MOVED = (
    "move",
    "migrat",
    "chang",
    "restart",
    "reinici",
    "mudam",
    "mudou",
    "migram",
    "cambi",
    "traslad",
    "deploy",
    "updat",
)


def _acts(scene: Scene, hit: Hit) -> bool:
    """`Our server returns`, `in our CRM`, but not `we moved our middleware to a new data centre`."""
    before = scene.words_before(hit.start, 2)
    return not any(word.startswith(_MOVED) for word in before)


def _distance(left: int, right: int, start: int, end: int) -> float:
    return float(start - right) if right <= start else 1.5 * max(0, left - end)


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
