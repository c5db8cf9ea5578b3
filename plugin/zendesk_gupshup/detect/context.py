"""Whose error a passage speaks of: Gupshup's, Meta's, or that of another system."""

from __future__ import annotations

from zendesk_gupshup.detect.document import Document
from zendesk_gupshup.detect.lexicon import words
from zendesk_gupshup.detect.patterns import regex
from zendesk_gupshup.detect.scene import Hit, Scene
from zendesk_gupshup.detect.speaker import said_by_a_system

_RECEIVE = words("receive")
_FROM_GUPSHUP = regex(
    r"[^\n.;]{0,40}?\b(?:from|by|of|de|desde|del|do|da|dal|vom|von|dari|par)\s(?:the\s|el\s|la\s|o\s|a\s)?gup"
)
_NEGATOR = words("negator")
_BY_GUPSHUP = regex(
    r"[\s\"'*`)]{0,4}(?:lo|la|o|a|es|e|is|viene|vem|comes|que)?\s?(?:responde|devuelve|da|devolve|retorna|returned|"
    r"returns|is|es|de|from|by|viene de|vem da)?\s?(?:by|de|da|do|la|el|a|o)?\s?gup"
)
_ADDRESS = regex(r"(?:https?://|\b)((?:[a-z0-9-]{1,40}\.){1,5}[a-z]{2,10}|localhost)(?=[/:\s\"'?)]|$)")
_OUR_HOSTS = ("gupshup.io", "gupshup.ai", "smsgupshup.com")
_META_HOSTS = ("facebook.com", "whatsapp.com", "whatsapp.net")


def whose(document: Document, scene: Scene, start: int, end: int) -> tuple[str, str]:
    """`gupshup`, `meta`, `other` or nothing, and how near the name stands: `here` (same sentence), `near`, `far`."""
    first, last = scene.sentence(start)
    if _ACCESS_LOG.search(scene.low, max(scene.line(start)[0], start - 400), start):
        return "other", "here"
    if _OWN_PATH.search(scene.low, max(first, start - 200), start) or _TO_GUPSHUP.match(
        scene.low, end, min(last, end + 60)
    ):
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


# A server's own log of who called it: `"POST /hooks/gupshup HTTP/1.1" 401`.
_ACCESS_LOG = regex(r"\"(?:get|post|put|patch|delete|head|options) /[^\"\n]{0,300} http/[0-9.]{1,3}\"\s$")
# One's own server is called there, or answers Gupshup: `POST /hooks/gupshup 401`, `401 to Gupshup's callbacks`.
_OWN_PATH = regex(
    r"\b(?:get|post|put|patch|delete)\s/[^\s\"'`]{0,80}(?:hook|callback|inbound|webhook)[^\s\"'`]{0,80}[\"'`]{0,2}\s[^\n]{0,60}$"
)
_TO_GUPSHUP = regex(
    r"[\s\"'`*)]{1,4}(?:unauthori[sz]ed\s|errors?\s){0,2}[\"'`*]{0,2}\s?(?:to|al?|para|ao|aos|as|an)\s"
    r"(?:the\s|el\s|los\s|las\s|o\s|os\s|as\s|all\s|every\s|each\s|todos\s|todas\s|cada\s){0,3}"
    r"(?:(?:requests?|calls?|posts?|events?|notif[a-z]{1,12}|status(?:es)?|estados?|avisos?|eventos?|peticion(?:es)?|solicitud(?:es)?|llamadas?|chamadas?|"
    r"requisic[a-z]{2,4})\s(?:from|of|de|del|da|do)\s(?:the\s|la\s)?gup|"
    r"gupshup|callback|webhook|incoming|inbound|health)"
)


# A server of one's own, or what it serves.
_SERVES = regex(
    r"\b(?:cdn|(?:our|nuestr[oa]s?|noss[oa]s?|my|mi|meu|minha|own|the\scustomer.?s|el|la|o|a|the)\s(?:own\s|web\s|media\s|file\s|image\s)?"
    r"(?:servers?|servidor(?:es)?|webhooks?|endpoints?|site|sitio|web\sserver|host(?:ing)?|firewall|bucket|proxy|waf|storage|callback|backend|nginx|load\sbalancer|s3)|"
    r"(?:webhooks?|servidor|endpoint|site|firewall|bucket|backend|proxy|callback)\s(?:noss[oa]|nuestro|nuestra|propio|proprio)|"
    r"html\s(?:page|response|file)|pagina\shtml|hot-?\s?link\w{0,4})\b"
)
# "Gupshup received an HTML page with status 403"; not "our calls to Gupshup get 403", "in Gupshup we get 403".
_TAKEN = regex(
    r"(?<!to )(?<!via )(?<!with )(?<!from )(?<!using )(?<!through )(?<!calling )(?<!ing )(?<!by )(?<!in )(?<!en )(?<!em )(?<!para )(?<!para a )(?<!para o )(?<!con )(?<!com )(?<!com a )"
    r"(?<!com o )(?<!por )(?<!pela )(?<!pelo )(?<!de )(?<!da )(?<!do )(?<!na )(?<!no )(?<!al )(?<!ao )\bgupshup(?:.?s)?\s(?:(?:fetcher|crawler|downloader|servers?|side|only|just|then|now|solo|ahora|agora|so)\s){0,2}"
    r"(?:received|receives|receiving|is\sgetting|was\sgetting|was\sgiven|is\sgiven|gets|got|saw|sees|found|finds|hits|hit|recibio|recibe|recibia|obtuvo|obtiene|recebeu|recebe|recebia|"
    r"encontro|encontrou|encuentra|encontra|obteve|obtem)\s[^\n.;,]{0,60}$"
)
# "nuestro CDN le respondió a Gupshup con 403", "our server gave Gupshup a 403"; who answers stands before it.
_HANDED = regex(
    r"\b(?:answer(?:s|ed|ing)|respond(?:s|ed)|repl(?:ies|ied)|gave|gives|return(?:s|ed)|serve[sd]|sen[dt]s?|respondio|responde|respondia|respondeu|devuelve|devolvio|devolvia|devolve|"
    r"devolveu|contesta|contesto|entrega|entrego|entregou|retorna|retornou|dio|deu)\s(?:to\s|al?\s|ao\s|para\s|the\s){0,2}gupshup(?:.?s)?\s(?:(?:fetcher|crawler|server|servers|with|con|com|an?|un|um|una|uma|http|status|"
    r"error|erro|code|codigo|estado|o|el)\s){0,4}[\"'`(]{0,2}$"
)
_FROM_OURS = regex(r"[\s\"'`*)]{1,4}(?:error\s|errors\s|back\s|response\s){0,2}(?:from|of|de|del|da|do|desde)\s")


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


# "Gupshup le responde 401 a nuestro servidor".
_SUBJECT = regex(
    r"(?<!\ba )(?<!\bal )(?<!\bao )(?<!\bto )\bgupshup\s(?:(?:le|les|lhe|lhes|nos|me|now|ya|ja)\s){0,2}"
    r"(?:answers?|answered|returns?|returned|gives?|responde|respondio|respondeu|devuelve|devolvio|devolve|devolveu|contesta|contesto|retorna|retornou|da)\s"
    r"(?:(?:with|con|com|an?|un|um|http|status|error|erro|code|codigo)\s){0,3}[\"'`(]{0,2}$"
)


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
    for address in _ADDRESS.finditer(scene.low, max(first, start - 400), min(last, end + 300)):
        owner = _owner_of(address[1])
        if owner and "/" in scene.low[max(0, address.start() - 1) : address.end() + 1]:
            found.append((_distance(address.start(), address.end(), start, end), owner))
    if not found:
        return ""
    nearest = min(found)[1]
    # Meta's words ("access token") are everybody's words: a named system beside them wins.
    return "other" if nearest == "meta" and any(owner == "other" for _, owner in found) else nearest


# "From Gupshup? No, from the shop's system."
_ASKED = regex(r"[\s\"')]{0,3}\?[^\n]{0,3}\n[^\n]{0,20}\b(?:no|nope|nah|nao|nein|non)\b")
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
