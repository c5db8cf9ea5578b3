"""Who says the number: the subject of the verb that stands before it, where it has one."""

from __future__ import annotations

from zendesk_gupshup.detect.lexicon import words
from zendesk_gupshup.detect.number_kinds import said
from zendesk_gupshup.detect.patterns import regex
from zendesk_gupshup.detect.scene import Scene

_SAYS = words("verb") - words("receive") | {"wirft", "gibt", "meldet", "lanza", "renvoie", "lancia"}
_RECEIVE, _ANSWERS = words("receive"), words("answers")
_SYSTEM, _FOREIGN, _PLACE = tuple(words("system")), words("foreign"), words("place_word")
_FILLER, _OURS, _ANY = words("subject_filler"), words("subject_ours"), words("subject_any")
_OUR_WORDS = ("gup", "whats", "templ", "plantill", "mensaj", "messag", "mensag", "model", "notific")
_WORD = regex(r"[^\W_]+")
_CLAUSE = regex(r"[,;:()\u2013\u2014\n]| - |[.!?] ")
_REACH = 160


def said_by_a_system(scene: Scene, start: int) -> bool:
    """`The firewall answers 403`: what stands before the verb is a system, and Gupshup is not beside it."""
    before = scene.words_before(start, 12)
    before = before[: said(scene).count(max(0, scene.sentence(start)[0], start - _REACH), start)]
    at = next((place for place, word in enumerate(before[:5]) if word in _SAYS), None)
    if at is None or _RECEIVE.intersection(before[:at]):
        return False
    if any(word.startswith("gup") for word in before[at + 1 :]):
        return False
    subject = before[at + 1 : at + 5]
    named = (place for place, word in enumerate(subject) if word.endswith(_SYSTEM))
    # "En la pagina de plantillas sale 401": where it shows, not who says it.
    if any(place < 2 or not _PLACE.intersection(before[at + place + 2 : at + place + 4]) for place in named):
        return True
    return bool(_FOREIGN.intersection(before[at + 1 :]))


def said_by_a_stranger(scene: Scene, start: int) -> bool:
    """`The courier's API answers 401`, `el banco devuelve 403`: who answers is named, and is nothing of this traffic."""
    floor = max(scene.sentence(start)[0], scene.line(start)[0], start - _REACH)
    clause = _CLAUSE.split(scene.low[floor:start])[-1]
    told = _WORD.findall(clause)
    at = next((place for place in range(len(told) - 1, max(-1, len(told) - 7), -1) if told[place] in _ANSWERS), None)
    if at is None:
        return False
    subject = [word for word in told[:at] if word not in _FILLER and not word.isdigit()]
    if any(word in _OURS or word.startswith(_OUR_WORDS) for word in subject):
        return False
    return any(word not in _ANY for word in subject)
