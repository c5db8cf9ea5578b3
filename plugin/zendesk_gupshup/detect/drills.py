"""Alerts that somebody set off to try them, and results that a how-to shows: no error happened.

Every pattern has bounded reach, and is asked only where a number or a wording was found.
"""

from __future__ import annotations

from collections.abc import Iterable

from zendesk_gupshup.detect.patterns import regex
from zendesk_gupshup.detect.scene import Scene
from zendesk_gupshup.model.detection_reasons import DismissalReason
from zendesk_gupshup.model.reason import Reason

_ALARM = r"(?:alert(?:a|as|s|e|ing)?|alarm(?:a|as|e|es|s)?|pager|monitor(?:ing|eo|amento|ing\srule)?|grafana|datadog|on\s?call)"
# "Fui eu testando o alerta", "it was me testing the alarm", "estaba probando la alerta".
_TRIED = regex(
    r"\b(?:(?:testing|trying(?:\sout)?|triggering|simulating|probando|simulando|disparando|testando|ensayando)\s"
    rf"(?:(?:the|our|my|new|el|la|los|las|nuestr[oa]s?|mi|o|a|os|as|noss[oa]s?|meu|minha|nov[oa]|nuev[oa]|if|se|si)\s){{0,3}}{_ALARM}\b|"
    rf"(?:test|teste|prueba|simulacro|drill|simulado|ensayo)\s(?:of|de|del|da|do|for|para)\s(?:(?:the|our|la|el|o|a)\s){{0,2}}{_ALARM}\b|"
    rf"{_ALARM}\s(?:test|drill)\b)"
)
# What one of these never lacks; looked for first, so that the patterns run in few texts.
_HINTS = ("alert", "alarm", "pager", "monitor", "grafana", "datadog", "on call", "on-call", "oncall")
# The log was put there by somebody.
_BY_HAND = regex(
    r"\b(?:(?:sent|mandei|mande|envie|enviei|inject(?:ed|ei)|inyecte|pushed|wrote|escribi|escrevi|inseri|inserte|posted|colei|pegue|forged?|faked)\s"
    r"(?:\w{1,12}\s){0,5}(?:by\shand|manually|myself|a\smao|na\smao|a\smano|manualmente|eu\smesmo|yo\smismo)\b|"
    r"(?:fake|falso|dummy|made[\s-]?up|inventad[oa])\s(?:log|line|entry|event|linea|linha|evento|registro)\b|(?:log|linea|linha|evento|registro)\s(?:fals[oa]|fake|inventad[oa]|de\smentira)\b)"
)
_NOTHING = regex(
    r"\b(?:false\s(?:alarm|alert)|falsa\s(?:alarma|alerta)|alarm[ea]\sfals[oa]|alerta\sfals[oa]|fals[oa]\s(?:alarme|alerta)|"
    r"(?:pode|podem|pueden|puede|puedes|you\scan|please|pls|por\sfavor|just|favor)\s(?:\w{1,8}\s){0,2}(?:ignor(?:ar|e|en|em|a)|disregard)|nothing\s(?:is\s)?(?:really\s)?broken|ignorenlo|ignorem)\b"
)


def drill(scenes: Iterable[Scene]) -> str:
    """The words by which somebody owns to have set off the alarm, where they also wave it off; else empty."""
    texts = [scene.low for scene in scenes]
    if not any(word in low for low in texts for word in _HINTS):
        return ""
    tried = next(filter(None, map(_TRIED.search, texts)), None)
    by_hand = next(filter(None, map(_BY_HAND.search, texts)), None)
    owned = tried or by_hand
    if owned is None:
        return ""
    return owned[0] if (tried and by_hand) or any(map(_NOTHING.search, texts)) else ""


# "**Bad token:** returns", "Chave inválida: volta", above the result itself.
_QUALITY = (
    r"(?:bad|wrong|invalid|expired|revoked|good|valid|correct|right|ruim|ruins|errad[oa]|invalid[oa]|expirad[oa]|vencid[oa]|revogad[oa]|revocad[oa]|bom|boa|"
    r"certo|certa|valid[oa]|corret[oa]|correct[oa]|mal[oa]|buen[oa]|caducad[oa]|incorrect[oa]?)"
)
_THING = r"(?:token|key|api\s?key|clave|llave|chave|credential|credencial|number|numero|template|plantilla|modelo|caso|case|request|response|respuesta|resposta|result|resultado|retorno)"
_RETURNS = (
    r"(?:(?:it\s|the\sapi\s|api\s|se\s|te\s|you\sget\s|then\s|ela\s|ele\s)?"
    r"(?:returns?|answers?|gives?|shows?|prints?|says|get|volta|vuelve|devuelve|devolve|retorna|responde|da|muestra|mostra|sale|sai|vem|viene|aparece)\s?"
    r"(?:this|something\slike|algo\s(?:como|asi|assim)|isto|isso|esto|un|um|uma|una|an?|http|status|error|erro|with|con|com|el|o)?\s?){0,2}"
)
_RESULT = regex(
    rf"(?:\A|\n)[\s>*_#\d.)\u2022|-]{{0,8}}(?:(?:with|con|com|an?|the|un|um|el|la|o|a)\s){{0,2}}(?:{_QUALITY}\s{_THING}|{_THING}\s{_QUALITY})"
    rf"[*_`]{{0,3}}\s?[:=→|-][*_`>:]{{0,4}}\s{{0,3}}{_RETURNS}[:\s]{{0,4}}(?:```\w{{0,8}})?[\s\"'`*(]{{0,6}}(?:\{{\s{{0,6}}\"?error\"?\s{{0,2}}:\s{{0,2}})?$"
)
# "Nesse caso siga o passo 4", below it.
_THEN = regex(
    r"[\s`*_>)\"'}\].]{0,24}(?:in\s(?:that|this|such\sa)\scase|nesse\scaso|neste\scaso|en\s(?:ese|este|tal)\scaso|se\sisso\sacontecer|si\seso\socurre)[,:]?\s(?:por\sfavor\s|please\s|just\s)?"
    r"(?:siga|sigue|seguir|follow|go\s(?:to|back)|vaya|ve\sa|va\spara|volte|vuelva|vuelve|pase|pasa|repeat|repita|repite|gere|genere|genera|generate|create|crie|cree|crea|start|use|usa|troque|cambie|renew|renove|renueve)\b"
)


def shown_result(scene: Scene, start: int, end: int) -> Reason | None:
    """`Bad token: returns {...}`, `{...} In that case follow step 4`: what a how-to says that one may see."""
    if found := _RESULT.search(scene.low, max(0, start - 160), start):
        return _example(scene.text.text[found.start() : found.end()])
    # Behind a payload only: a person's "in that case" follows what happened.
    if scene.low[end - 1] == "}" and (found := _THEN.match(scene.low, end, end + 160)):
        return _example(" ".join(found[0].split()).lstrip("`*_>)}]. "))
    return None


def _example(words: str) -> Reason:
    return DismissalReason.EXAMPLE_RESULT(quote=" ".join(words.split())[:40])
