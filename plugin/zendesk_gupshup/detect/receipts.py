"""The receipts that help desks send by themselves: "we have received your request, do not answer this mail"."""

from __future__ import annotations

from zendesk_gupshup.detect.patterns import pattern

# What one of these never lacks; looked for in every text, so that the patterns below run in few.
HINTS = (
    "would you rate the", "think of our", "califi", "avalia", "avalie", "evalu", "como fue la atencion", "como foi o atendimento",
    "received your", "receipt of your", "thank you for contacting", "thanks for contacting", "thank you for reaching", "thanks for reaching",
    "thank you for your", "thank you for writing", "thanks for writing", "thank you for getting", "been received", "been registered",
    "been created", "been logged", "been opened", "was received", "was created", "was opened", "was registered",
    "recibido su", "recibido tu", "recibimos su", "recibimos tu", "recibido correctamente", "gracias por contactar", "gracias por comunicar",
    "gracias por escribir", "gracias por su", "gracias por tu", "sido recibid", "sido registrad", "sido cread", "fue recibid", "fue registrad",
    "fue cread", "sido asignad", "se ha registrado", "se ha creado", "hemos abierto",
    "recebemos sua", "recebemos seu", "recebemos a sua", "recebemos o seu", "recebemos tua", "obrigado por", "obrigada por",
    "agradecemos o", "agradecemos seu", "agradecemos sua", "agradecemos a", "foi recebid", "foi registrad", "foi abert", "foi criad",
    "recu votre", "merci de nous avoir", "merci pour votre", "merci d'avoir", "ete recu", "ete enregistre", "ete cree", "ete prise en compte",
    "haben ihre", "abbiamo ricevuto", "vielen dank fur ihre",
)  # fmt: skip
_RECEIVED = pattern("receipts.received")
_THANKED = pattern("receipts.thanked")
_NO_ANSWER_WANTED = pattern("receipts.no_answer_wanted")
_PROMISE = pattern("receipts.promise")
_SURVEY = pattern("receipts.survey")
# Behind a greeting and a name.
_OPENING = 200


def is_receipt(start: str) -> bool:
    """`start` is the beginning of a message in small letters without accents."""
    if _SURVEY.search(start, 0, _OPENING):
        return True
    received = _RECEIVED.search(start, 0, _OPENING) or _THANKED.search(start, 0, _OPENING)
    return received is not None and bool(_NO_ANSWER_WANTED.search(start) or _PROMISE.search(start))
