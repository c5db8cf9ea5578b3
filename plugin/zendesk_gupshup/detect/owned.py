"""Numbers that the characters and words beside them own: the rest of a masked phone, an ending, a key's value, an id."""

from __future__ import annotations

import re

from zendesk_gupshup.detect.lexicon import words
from zendesk_gupshup.detect.patterns import regex
from zendesk_gupshup.model.detection_reasons import DismissalReason
from zendesk_gupshup.model.reason import Reason

# `5255****1007`, `44xxxxx4004`, `+51 9** *** 401`, `57310…1008`: what is left to see of a masked number. Behind digits
# two masks are enough; without them three, for `**1003**` is bold.
_MASKED_BEFORE = regex(
    r"(?:[0-9+)][\s-]?(?:[*•●∙·∗]{2,12}[\s.-]?|x{2,12}-?|x{3,12}\s|…|\.{3,6}){1,4}|(?<![*\w])\*{3,12}|[•●∙·∗]{2,12}\s?|(?<![a-z0-9])x{3,12}[\s-]?)$"
)
# "Your card ends in 4004", "el celular terminado en 4001", "cliente final 1002", "os últimos quatro dígitos são 4003".
_THING = (
    r"(?:numbers?|numeros?|nr|phones?|celular(?:es)?|cel|telefonos?|telefones?|fono|movil|moviles|mobile|cell|lineas?|linhas?|lines?|chip|"
    r"tarjetas?|cards?|cartao|cartoes|accounts?|cuentas?|contas?|dni|cpf|cedula|contactos?|contacts?|contatos?|clientes?|customers?|clients?|"
    r"destinatari[oa]s?|recipients?|nummer|numero|telefon|handy)"
)
_ENDING = regex(
    rf"\b{_THING}\b(?:\s(?:mine|which|that|who|whose|q|que|cuyo|es|e|is|de|do|da|whatsapp|con|com|with|the|el|o|a|phone|numbers?|numero|celular|se)){{0,4}}[\s,(]{{1,3}}"
    r"(?:ends?|ending|terminan?|termino|terminados?|terminadas?|terminando|acaban?|acabado|finalizad[oa]s?|finalizan?|final|finais|finales|endet|endend)"
    r"\s(?:(?:in|with|on|by|en|em|con|com|auf|mit|numbers?|numero)\s){0,2}[\"'`(#]{0,2}$|"
    r"\b(?:terminad[oa]s?|finalizad[oa]s?|de final|com final|con final|con terminacion|terminacion|sufixo|sufijo|suffix)\s(?:(?:en|em|con|com|in)\s)?[\"'`(#]{0,2}$|"
    r"(?<!is )(?<!are )(?<!was )(?<!were )(?<!keep )(?<!keeps )(?<!all )\bending\s(?:(?:in|with)\s)?[\"'`(#]{0,2}$|"
    r"\b(?:last|final|ultim[oa]s|letzten)\s(?:(?:[34]|three|four|tres|cuatro|quatro|vier|drei)\s)?(?:digits?|digitos|numbers|numeros|cifras|ziffern|[34])\b"
    r"[^\n0-9.;]{0,30}$"
)
# "Verification code 131016", "código de rastreo 4002": codes that no API gives.
_OTHER_CODE = regex(
    r"\b(?:verification|security|confirmation|access|one[\s-]time|login|sms|activation|tracking|promo|promotion|promotional|discount|coupon|"
    r"voucher|area|postal|zip|bar|branch|booking|referral|invite|invitation|customer|client|product|item|country|pairing|pin|otp|auth)\scodes?"
    r"(?:\s(?:is|was|number|of))?[\s:#=]{1,3}[\"'`(*]{0,2}$|"
    r"\b(?:codigos?|cod)\.?\s(?:de\s|do\s|da\s|del\s)?(?:la\s|el\s|su\s|seu\s|sua\s|tu\s)?(?:verifica[a-z]{1,5}|seguridad|seguranca|confirma[a-z]{1,5}|acceso|acesso|activacion|ativacao|rastreo|"
    r"seguimiento|rastreio|rastreamento|descuento|desconto|promo[a-z]{0,6}|cupon|cupom|area|barras?|clientes?|productos?|produtos?|reserva|"
    r"pedido|sucursal|agencia|pais|vinculacion|usuario|empleado|paciente|alumno|postal|otp|pin|articulo|item|envio)"
    r"(?:\s(?:es|e|era|fue|foi|nro|numero))?[\s:#=]{1,3}[\"'`(*]{0,2}$"
)
# `lag=4003`, `"rowCount": 1006`, `Key (no)=(1008)`: the value of a key that names no error.
_KEY = regex(
    r"([a-z][a-z0-9_.-]{0,40})[\"'`)]{0,2}=[\"'`(]{0,2}$|[\"'](?!id[\"'])([a-z][a-z0-9_.-]{0,40})[\"']\s?:\s?[\"']?$"
)
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
    key = _KEY.search(low, max(floor, start - 48), start)
    if key:
        name = key[1] or key[2]
        parts = re.split(r"[_.-]", name)
        if not any(part.startswith(_ERROR_KEYS) for part in parts) and not any(
            w in name for w in ("code", "error", "status")
        ):
            return DismissalReason.KEY_VALUE(key=name)
    left = max(floor, start - _REACH)
    if _ENDING.search(low, left, start):
        return DismissalReason.NUMBER_ENDING()
    if _OTHER_CODE.search(low, left, start):
        return DismissalReason.OTHER_KIND_OF_CODE()
    return None


def own_number(word: str, before: list[str]) -> bool:
    """`Ticket #131026`: does the word that stands directly before the hash own it?"""
    return bool(word) and before[:1] == [word] and (word in _OWNERS or word.rstrip("s") in _OWNERS)
