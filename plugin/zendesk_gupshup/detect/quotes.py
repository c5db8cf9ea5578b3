"""What of a message its writer did not write now: history, signatures, receipts and our own replies.

Own bounded rules: the libraries for this hang on hostile mail, and know little Spanish and Portuguese. Cut parts are
blanked, not removed, so that places stay valid.
"""

from __future__ import annotations

import re
from itertools import islice

from ahocorasick_rs import AhoCorasick

from zendesk_gupshup.detect.patterns import pattern, regex
from zendesk_gupshup.detect.receipts import HINTS, is_receipt
from zendesk_gupshup.text.normalise import lower, lower_same_length

# The reply that the plugin sends (in `ticket_templates/`); whoever quotes it reports nothing new.
OUR_SENTENCES = (
    "an authentication error has been detected (401)",
    "se ha detectado un error de autenticación (401)",
    "foi detectado um erro de autenticação (401)",
    "une erreur d'authentification (401) a été détectée",
    "this incident must be managed by the gupshup account owner",
    "este incidente debe ser gestionado por el propietario",
    "este incidente deve ser tratado pelo proprietário",
    "cet incident doit être géré par le propriétaire",
)

_SOME_WORD = regex(r"[^\W\d_]{2,}")
_FORWARD = pattern("quotes.forward")
_ATTRIBUTION = pattern("quotes.attribution")
_ATTRIBUTION_BY_MAIL = pattern("quotes.attribution_by_mail")
_HEADER_BLOCK = pattern("quotes.header_block")
_FORWARD_MARK = pattern("quotes.forward_mark")
_QUOTED_LINE = pattern("quotes.quoted_line")
_SIGNATURE = pattern("quotes.signature")
_CLOSING = pattern("quotes.closing")
_AUTOMATIC_SUBJECT = pattern("quotes.automatic_subject")
_BOUNCE_SUBJECT = pattern("quotes.bounce_subject")
# In the first lines, without accents.
# fmt: off
_AUTOMATIC_WORDS = (
    "this is the mail system at host", "created automatically by mail delivery", "i am out of", "i'm out of",
    "i will be out of", "currently out of", "we are out of", "am away from", "i am away", "i'm away", "estoy ausente", "estou ausente", "out of the office until",
    "out of office until",
    "this is an automatic re", "this is an automated re", "your message was read",
    "your message has been read", "estoy fuera de", "estare fuera de", "fuera de la oficina hasta", "estare ausente",
    "me encuentro de vacaciones", "me encuentro fuera",
    "es una respuesta automatica", "estou fora do escritorio", "estarei fora", "estarei ausente", "estou de ferias",
    "encontro-me de ferias", "esta e uma resposta automatica", "foi lida em",
    "i am on leave", "i am currently on leave", "i am on annual leave", "on annual leave until", "on vacation until", "limited access to my e", "limited access to e",
    "estoy de vacaciones", "acceso limitado a", "acesso limitado ao", "estare de vacaciones", "je suis absent", "je suis actuellement absent",
    "je serai absent", "en conges jusqu", "ceci est une reponse automatique", "ich bin derzeit nicht im", "ich bin bis zum",
    "dies ist eine automatische", "sono fuori ufficio", "una risposta automatica",
)
# Forms and monitors write so too; only with a receipt's words it is a receipt.
_AUTOMATED = ("this is an automated message", "este es un mensaje automatico", "esta e uma mensagem automatica")
_RECEIPT = (
    "received your", "hemos recibido", "recibimos su", "recibimos tu", "recebemos sua", "recebemos seu", "get back to",
    "responderemos", "nos pondremos", "entraremos em contato", "has been registered", "ha sido registrad",
    "foi registrad", "your request", "su solicitud fue", "sua solicitacao foi",
)
# fmt: on
_AUTOMATIC = AhoCorasick((*_AUTOMATED, *_AUTOMATIC_WORDS, *HINTS))
_FIRST_HINT = len(_AUTOMATED) + len(_AUTOMATIC_WORDS)
_PLAIN = dict(zip("áàâãéèêíóôõúüçñ".encode("latin-1"), b"aaaaeeeiooouucn", strict=True))
_WITHOUT_ACCENTS = bytes(code if code < 128 else _PLAIN.get(code, 63) for code in range(256))


def is_forward(subject: str) -> bool:
    return bool(_FORWARD.match(subject))


def is_ours(text: str) -> bool:
    low = text.lower()
    return any(sentence in low for sentence in OUR_SENTENCES)


def is_bounce(subject: str) -> bool:
    """By the whole form of the subject: "Undeliverable messages since today" is a person's."""
    return bool(_BOUNCE_SUBJECT.match(subject))


def is_automatic(subject: str, body: str) -> bool:
    """An absence note, a bounce or a read receipt, by its subject or its first lines."""
    if _AUTOMATIC_SUBJECT.match(subject) or is_bounce(subject):
        return True
    start = lower(body[:600])
    if not start.isascii():
        start = start.encode("latin-1", "replace").translate(_WITHOUT_ACCENTS).decode("ascii")
    told = {pattern for pattern, _, _ in _AUTOMATIC.find_matches_as_indexes(start)}
    if not told:
        return False
    if any(len(_AUTOMATED) <= pattern < _FIRST_HINT for pattern in told):
        return True
    automated = any(pattern < len(_AUTOMATED) for pattern in told) and any(words in start for words in _RECEIPT)
    return automated or is_receipt(start)


def own_words(written: str, *, keep_forwarded: bool, first: bool) -> tuple[str, bool]:
    """`written` with everything blanked that its writer did not write now, and whether that quotes another message.

    In a ticket's first comment a forwarded message, or a quoted log with hardly a word above it, is the report itself
    and stays. A signature is no other message.
    """
    lines = _begin_lines(written)
    place = _history_start(lines)
    quotes = "\n>" in written or place is not None
    text = _without_ours(written)
    if text is not written:
        lines = _begin_lines(text)
        place = _history_start(lines)
    return _without_history(text, lines, None if keep_forwarded else place, keep_forwarded, first), quotes


def _without_history(text: str, lines: str, place: int | None, keep_forwarded: bool, first: bool) -> str:
    kept = text if place is None else text[:place] + _blank(text[place:])
    if place is not None and first and text[place:].strip() and not _says_anything(text[:place]):
        return _without_signature(text, lines)
    if ">" in kept or "&gt;" in kept:
        quoted = kept if first and _is_cited(kept) else _without_quoted_lines(kept)
        if not first or (not keep_forwarded and _says_anything(quoted)):
            kept = quoted
    return _without_signature(kept, lines if kept is text else _begin_lines(kept))


def _without_quoted_lines(text: str) -> str:
    return _QUOTED_LINE.sub(lambda line: _blank(line[0]), f"\n{text}")[1:]


_CITED = pattern("quotes.cited")
_CITED_HEADING = pattern("quotes.cited_heading")


def _is_cited(text: str) -> bool:
    """Markdown's `>`: words that the writer shows, not a mail that is answered."""
    return bool(_CITED.search(text) or _CITED_HEADING.search(text)) and _attribution(_begin_lines(text)) is None


def _history_start(lines: str) -> int | None:
    """Where the history begins; none where there is no history, or where it is a forwarded message."""
    place = _attribution(lines)
    block = _HEADER_BLOCK.search(lines)
    if block and (place is None or block.start() < place):
        place = block.start()
    if place is None:
        return None
    mark = _FORWARD_MARK.search(lines)
    return None if mark and mark.start() <= place else place


def _attribution(lines: str) -> int | None:
    found = [_ATTRIBUTION.search(lines), _ATTRIBUTION_BY_MAIL.search(lines) if "<" in lines else None]
    return min((match.start() for match in found if match), default=None)


def _says_anything(text: str) -> bool:
    """More than a greeting and a name: four words of its own."""
    words = _SOME_WORD.finditer(_SIGNATURE.sub("", _begin_lines(text[:2000])))
    return sum(1 for _ in islice(words, 4)) == 4


def _without_signature(text: str, low: str) -> str:
    """The lines below a signature mark, below the last closing line, and boilerplate lines, blanked."""
    if _SIGNATURE.search(low):
        # Only near the end: a rule of dashes also parts a log from the text above it.
        marks = _SIGNATURE.finditer(low, _last_lines(text, 12))
        mark = next((mark for mark in marks if _is_rule(mark)), None)
        if mark is not None and "{" not in text[mark.start() :]:
            text = text[: mark.start()] + _blank(text[mark.start() :])
            low = _begin_lines(text)
        parts, at = list[str](), 0
        for line in _SIGNATURE.finditer(low):
            if not _is_rule(line):
                parts += [text[at : line.start()], _blank(text[line.start() : line.end() - 1])]
                at = line.end() - 1
        text = "".join((*parts, text[at:]))
        low = _begin_lines(text)
    tail = _last_lines(text.rstrip(), 10)
    *_, closing = None, *_CLOSING.finditer(low, tail)
    if closing is not None and closing.start() > 0:
        below = text[closing.end() - 1 :]
        if "{" not in below and all(len(line) <= 90 for line in below.split("\n")):
            text = text[: closing.end() - 1] + _blank(below)
    return text


def _is_rule(signature: re.Match[str]) -> bool:
    return signature[0].startswith(("\n--", "\n__"))


def _begin_lines(text: str) -> str:
    """`text` in small letters, a newline before each line: what starts at a newline's place here starts a line there."""
    return f"\n{lower_same_length(text)}"


def _last_lines(text: str, count: int) -> int:
    """Where the last `count` lines begin."""
    place = len(text)
    for _ in range(count):
        place = text.rfind("\n", 0, place)
        if place == -1:
            return 0
    return place + 1


def _without_ours(text: str) -> str:
    """Paragraphs that repeat our reply, quoted or pasted."""
    if "401" not in text and "ncident" not in text:
        return text
    if not is_ours(re.sub(r"\n[>\s]{0,8}", " ", text)):
        return text
    paragraphs = re.split(r"(\n[ \t>]{0,8}\n)", text)
    return "".join(_blank(p) if is_ours(re.sub(r"\s{0,4}\n[>\s]{0,8}", " ", p)) else p for p in paragraphs)


def _blank(text: str) -> str:
    """Spaces of the same length; newlines stay newlines."""
    return "\n".join(" " * len(line) for line in text.split("\n"))
