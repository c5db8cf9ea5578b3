"""Numbers that the characters and words beside them own: the rest of a masked phone, an ending, a key's value, an id."""

from __future__ import annotations

import re

from zendesk_gupshup.detect.lexicon import words
from zendesk_gupshup.detect.patterns import pattern
from zendesk_gupshup.model.detection_reasons import DismissalReason
from zendesk_gupshup.model.reason import Reason

_MASKED_BEFORE = pattern("owned.masked_before")
_ENDING = pattern("owned.ending")
_OTHER_CODE = pattern("owned.other_code")
_KEY = pattern("owned.key")
# "Your card ends in 4004", "el celular terminado en 4001", "cliente final 1002", "os últimos quatro dígitos são 4003".
_THING = (
    r"(?:numbers?|numeros?|nr|phones?|celular(?:es)?|cel|telefonos?|telefones?|fono|movil|moviles|mobile|cell|lineas?|linhas?|lines?|chip|"
    r"tarjetas?|cards?|cartao|cartoes|accounts?|cuentas?|contas?|dni|cpf|cedula|contactos?|contacts?|contatos?|clientes?|customers?|clients?|"
    r"destinatari[oa]s?|recipients?|nummer|numero|telefon|handy)"
)
# What it never lacks.
_OF_ENDINGS = ("end", "termin", "acaba", "fina", "suf", "last", "ultim", "letzten")
_ERROR_KEYS = (
    "err", "cod", "fail", "fall", "falh", "stat", "http", "rc", "reason", "motiv", "cause", "caus", "exc", "reject", "resp", "res", "ret",
    "rpta", "answer", "reply", "gup", "gs", "meta", "wa", "whats", "graph", "msg", "mess", "mens", "detail", "body", "text", "last", "dlr",
    "fehler", "exit", "what", "why", "note", "nota", "log", "got", "level", "event", "api", "title", "desc", "subcode", "param", "value", "data",
)  # fmt: skip
# "Ticket #131026": behind these a hash is the number's own. Of an issue, a case or a request people also say what it is.
_OWNERS = words("other") - frozenset(
    {"issue", "issues", "request", "pr", "caso", "casos", "case", "causa", "rol", "about", "around", "over", "since", "hace", "casi", "quase",
     "nearly", "almost", "aprox", "approx", "aproximadamente", "total", "campaign", "campana", "campanha", "template"}
)  # fmt: skip
_REACH = 90


def owned(low: str, floor: int, start: int, end: int) -> Reason | None:
    """What the number at [start, end) belongs to, where that is no error; `floor` is where its line begins."""
    near = max(floor, start - 28)
    last = low[start - 1] if start > floor else ""
    if last in "*•●∙·∗x….- " and _MASKED_BEFORE.search(low, near, start):
        bold = last == "*" and low.startswith("*", end) and not low[near:start].rstrip("*")[-1:].isdigit()
        if not bold:
            return DismissalReason.MASKED_NUMBER()
    key = None
    if low.find("=", near_key := max(floor, start - 48), start) != -1 or low.find(":", near_key, start) != -1:
        key = _KEY.search(low, near_key, start)
    if key:
        name = key[1] or key[2]
        parts = re.split(r"[_.-]", name)
        if not any(part.startswith(_ERROR_KEYS) for part in parts) and not any(
            w in name for w in ("code", "error", "status")
        ):
            return DismissalReason.KEY_VALUE(key=name)
    left = max(floor, start - _REACH)
    before = low[left:start]
    if any(stem in before for stem in _OF_ENDINGS) and _ENDING.search(low, left, start):
        return DismissalReason.NUMBER_ENDING()
    if "cod" in before and _OTHER_CODE.search(low, left, start):
        return DismissalReason.OTHER_KIND_OF_CODE()
    return None


def own_number(word: str, before: list[str]) -> bool:
    """`Ticket #131026`: does the word that stands directly before the hash own it?"""
    return bool(word) and before[:1] == [word] and (word in _OWNERS or word.rstrip("s") in _OWNERS)
