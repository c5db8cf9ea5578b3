"""Whether a sentence only sets a condition, states a rule, or asks what would happen."""

from __future__ import annotations

import re

from zendesk_gupshup.detect.document import word_before
from zendesk_gupshup.detect.lexicon import labels, words
from zendesk_gupshup.detect.patterns import pattern
from zendesk_gupshup.detect.reach import reaching
from zendesk_gupshup.detect.scene import Hit, Scene
from zendesk_gupshup.model.detection_reasons import DismissalReason
from zendesk_gupshup.model.reason import Reason

_CHECK = words("check")
_IF = pattern("imagined.if")
_AS_A_RULE = pattern("imagined.as_a_rule")
_AND_WE_GET = ("we get", "we got", "i get", "i got", "it gives", "it says", "nos da", "nos sale", "me sale", "me da",
               "nos devuelve", "me devuelve", "nos tira", "me tira", "recebemos", "recebo", "recibimos", "recibo")  # fmt: skip


def conditional(scene: Scene, first: int, start: int) -> Reason | None:
    for hit in reaching(scene, "condition", start):
        if not (asks_whether(scene, hit, start) or is_yes(scene, hit) or _excused(scene, hit.start, start)):
            return DismissalReason.CONDITION(quote=scene.text.text[hit.start : hit.end])
    rule = _AS_A_RULE.search(scene.low, max(0, first - 1, start - 90), start)
    if rule:
        return DismissalReason.GENERAL_RULE(quote=scene.text.text[rule.start() : rule.start() + 40].strip())
    floor = max(first, start - labels()["condition"].reach)
    for found in _IF.finditer(scene.low, max(0, floor - 1), start):
        if not _excused(scene, found.start(1), start) and word_before(scene, found.start(1)) not in _CHECK:
            return DismissalReason.CONDITION(quote=found[1].strip())
    return None


def _excused(scene: Scene, condition: int, start: int) -> bool:
    """`Even if we recharge, 1003 stays`; `if I send by API, we get 1003`."""
    if word_before(scene, condition) in ("even", "aun", "incluso", "mesmo", "as", "como"):
        return True
    between = scene.low[condition:start]
    if "?" in scene.low[start : scene.sentence(start)[1]] or "→" in scene.low[start : start + 40]:
        return False
    told = max(between.rfind(phrase) for phrase in _AND_WE_GET)
    return told > 0 and "," in between[:told] and len(between[:told].split()) >= 4


def asks_whether(scene: Scene, hit: Hit, start: int | None = None) -> bool:
    """`check if the 401 is ours`, `para saber si ...`: an indirect question tells of something that happened.

    Not so `to understand: if the wallet runs dry, do we get 1003`, where the number stands in the consequence.
    """
    if word_before(scene, hit.start) not in _CHECK:
        return False
    apart = ":" in scene.low[max(0, hit.start - 3) : hit.start]
    return not apart and (start is None or "," not in scene.low[hit.end : start])


def is_yes(scene: Scene, hit: Hit) -> bool:
    """`sí, sale 1003`: the accent, or the comma where the accent was left out."""
    word = re.match(r"\w+", scene.text.text[hit.start : hit.end])
    if word is None or word[0].lower() not in ("si", "sí"):
        return False
    return word[0].lower() == "sí" or scene.low[hit.start + 2 : hit.start + 3] == ","


_THEN_IF = pattern("imagined.then_if")
_WHY = pattern("imagined.why")
_NONE = pattern("imagined.none")
_HOW_MANY = pattern("imagined.how_many")


def _none_or_how_many(scene: Scene, first: int, start: int, last: int) -> Reason | None:
    if _NONE.search(scene.low, max(first, start - 110), start):
        return DismissalReason.NOT_HAPPENED()
    asked = "?" in scene.low[start : last + 1] and _HOW_MANY.match(scene.low, first, start)
    return DismissalReason.ASKED_COUNT() if asked and not scene.within("before_us", first, last) else None


_SO_AS_NOT = pattern("imagined.so_as_not")
_GENERALLY = pattern("imagined.generally")
_TURNED = pattern("imagined.turned")
_WHEN = pattern("imagined.when")


def _asks_in_general(scene: Scene, first: int, start: int, last: int) -> bool:
    if "?" not in scene.low[start : last + 1]:
        return False
    # French asks by turning round: "les messages sont-ils perdus?". And one question of what would be leads to others.
    asks = _GENERALLY.match(scene.low, first, start) or _TURNED.search(scene.low, max(first, start - 300), start)
    when = _WHEN.match(scene.low, first, start)
    if not (asks or when) and not any(
        "?" in scene.low[hit.end : scene.sentence(hit.start)[1]] for hit in scene.hits("hypothesis")[:20]
    ):
        return False
    return not any(scene.hits(kind) for kind in ("before_us", "again", "occurred"))


def _asks_ahead(scene: Scene, first: int, start: int, last: int) -> bool:
    """`Does Gupshup answer 4001 if we send too fast?`: a question with its condition behind the number."""
    if "?" not in scene.low[start:last] or any(scene.within("before_us", first, last)):
        return False
    found = _THEN_IF.match(scene.low, start, last)
    if found is None or _WHY.match(scene.low, first):
        return False
    place = found.start(1)
    if word_before(scene, place) in _CHECK:
        return False
    return found[1] != "se" or bool(scene.within("condition", place, place + 1))


_WOULD = pattern("imagined.would")


def hypothetical(scene: Scene, first: int, start: int, last: int, *, topic: bool) -> Reason | None:
    for hit in reaching(scene, "hypothesis", start):
        # "What happens: ..." heads a field of a form.
        if scene.low[hit.end : hit.end + 1] == ":":
            continue
        # An article about one error says "you may see": who pastes it sees it.
        if topic and scene.low.startswith(("may ", "might", "can ", "you will", "you ll"), hit.start):
            continue
        return DismissalReason.IMAGINED(quote=scene.text.text[hit.start : hit.end])
    if _SO_AS_NOT.search(scene.low, max(first, start - 90), start):
        return DismissalReason.SHALL_NOT_HAPPEN()
    if reaching(scene, "no_more", start):
        return DismissalReason.SHALL_NOT_HAPPEN()
    none = _none_or_how_many(scene, first, start, last)
    if none:
        return none
    if _asks_ahead(scene, first, start, last) or _asks_in_general(scene, first, start, last):
        return DismissalReason.IMAGINED_IN_QUESTION()
    if _WOULD.match(scene.low, first) and "?" in scene.low[first : last + 1]:
        return DismissalReason.IMAGINED_IN_QUESTION()
    for hit in reaching(scene, "must", start):
        return DismissalReason.SHOULD_ANSWER(quote=scene.text.text[hit.start : hit.end])
    if "?" in scene.low[first : last + 1] and reaching(scene, "billing", start):
        return DismissalReason.ASKED_CHARGES()
    # After the number only in a question: "is 4003 normal in your docs?", but not "4011, it is not in your docs".
    for hit in reaching(scene, "document", start, ahead=160 if "?" in scene.low[start:last] else 0):
        return DismissalReason.DOCUMENT(quote=scene.text.text[hit.start : hit.end])
    return None
