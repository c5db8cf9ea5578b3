"""What the words left of a number make of it: an error's label, a verb of appearing, something else, a denial."""

from __future__ import annotations

from typing import NamedTuple

from zendesk_gupshup.detect.lexicon import words

LABEL, VERB = words("label"), words("verb")
_FILLER, _JOINER, _OTHER = words("filler"), words("joiner"), words("other")
_RANGE, _NEGATOR = words("range_word"), words("negator")

# Words that may stand between a denial or a verb and the number, beside the fillers.
_MORE = frozenset(
    {"more", "mais", "mas", "longer", "ya", "any", "nos", "ha", "hemos", "we", "us", "i", "hay", "tem", "there"}
)
_NUMBER_WORDS = frozenset({"number", "numero", "nro", "num", "nummer"})
# After Portuguese "no" (in the), and never after a Spanish or English one that denies.
_PORTUGUESE_NOUNS = frozenset(
    {"erro", "erros", "codigo", "retorno", "whatsapp", "gupshup", "meta", "status", "api", "log"}
)
_FAR = 7
# Stands for the other thing where words such as "from" and "to" make a range of the numbers.
A_RANGE = "a range"


class Beside(NamedTuple):
    labelled: bool = False
    seen: bool = False
    negated: bool = False
    # Other codes of the same breath stand between: "errors 131047, 131049".
    listed: bool = False
    # What else the number counts or names: "order", "a range".
    other: str = ""
    # The label or verb that decided.
    word: str = ""


def look_left(before: list[str], reach: int) -> Beside:
    """`before` has the nearest word first; a denial further than `reach` words away belongs to another clause."""
    skipped = _listed(before)
    if skipped and before[0] in _RANGE:
        return Beside(listed=True, other=A_RANGE)
    beside = Beside(listed=skipped > 0)
    for step, word in enumerate(before[skipped : skipped + _FAR]):
        at = skipped + step
        further = before[at + 1] if at + 1 < len(before) else ""
        if word in _NEGATOR and not (word in ("no", "not") and step == 0 and further in LABEL):
            nearer = before[at - 1] if at else ""
            denies = at < reach and further != "but" and not (word == "no" and _is_portuguese_in(nearer))
            return beside._replace(negated=denies)
        if word in LABEL:
            beside = beside._replace(labelled=beside.labelled or step <= 5, word=beside.word or word)
        elif not beside.word and _is_other(word):
            return beside._replace(other=word)
        elif word in VERB and (step <= 4 or beside.word):
            beside = beside._replace(seen=beside.seen or step <= 4, word=beside.word or word)
        elif word not in _FILLER and word not in _MORE:
            break
    if not beside.word and _NUMBER_WORDS.intersection(before[skipped : skipped + 3]):
        return beside._replace(other="number")
    return beside


def _is_other(word: str) -> bool:
    """Each also in the plural: `protocolos 1003 e 4003`."""
    return word in _OTHER or (word[-1:] == "s" and (word[:-1] in _OTHER or (word[-2:] == "es" and word[:-2] in _OTHER)))


def _listed(before: list[str]) -> int:
    """How many words are numbers and joiners of a list that ends with our number."""
    at = 0
    while at < len(before):
        numbered = before[at].isdigit()
        if not numbered and not (before[at] in _JOINER and at + 1 < len(before) and before[at + 1].isdigit()):
            break
        at += 1
    return at


def _is_portuguese_in(following: str) -> bool:
    """`no WhatsApp aparece 1002`, `no erro 1003`: Portuguese "in the"; Spanish and English deny verbs and "error"."""
    if following in _PORTUGUESE_NOUNS:
        return True
    return bool(following) and not following.isdigit() and following not in LABEL | VERB | _FILLER | _MORE
