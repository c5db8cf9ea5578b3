"""Numbers of a text that another system gave: the outer code of a wrapped error, the digits behind a prefix."""

from __future__ import annotations

from zendesk_gupshup.detect.patterns import regex
from zendesk_gupshup.detect.scene import Scene, once
from zendesk_gupshup.detect.structure import objects

_CODE_KEYS = ("code", "status", "statuscode", "status_code", "error_code", "errorcode")
_TOLD_KEYS = frozenset({"title", "message", "reason", "error_data", "fbtrace_id", "details"})


@once
def outer_codes(scene: Scene) -> list[tuple[int, int]]:
    """Where the codes of objects stand that hold an error with another code."""
    found = []
    for thing in objects(scene.text.text) if "{" in scene.low else ():
        inner = thing.scalar("code")
        if inner is None or not thing.fields.keys() & _TOLD_KEYS:
            continue
        above = thing.parent
        while above is not None:
            outer = above.scalar(*_CODE_KEYS)
            if outer is not None and outer.text != inner.text:
                found.append((outer.start, outer.end))
            above = above.parent
    return found


_PREFIX = regex(r"\b([a-z]{2,10})-0{0,3}$")
_OUR_PREFIXES = ("err", "cod", "gup", "gs", "meta", "wa", "graph", "http")


@once
def keyed_elsewhere(scene: Scene, number: str) -> bool:
    """Do these digits stand anywhere behind the prefix of another system, as in `ORA-01012`?"""
    place = scene.low.find(number)
    while place != -1:
        prefix = _PREFIX.search(scene.low, max(0, place - 14), place)
        if prefix and not prefix[1].startswith(_OUR_PREFIXES):
            return True
        place = scene.low.find(number, place + len(number))
    return False
