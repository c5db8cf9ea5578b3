"""The receipts that help desks send by themselves: "we have received your request, do not answer this mail"."""

from __future__ import annotations

from zendesk_gupshup.detect.patterns import regex

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
_THEIRS = (
    r"(?:support\s|new\s)?(?:messages?|requests?|e-?mails?|mails?|tickets?|cases?|enquir(?:y|ies)|inquir(?:y|ies)|quer(?:y|ies)|questions?|"
    r"mensajes?|solicitud(?:es)?|consultas?|correos?|casos?|reportes?|peticion(?:es)?|comunicacion|"
    r"mensage(?:m|ns)|solicitac(?:ao|oes)|contatos?|chamados?|pedidos?|duvidas?|protocolo|"
    r"demandes?|courriels?|nachricht|anfrage|richiesta|messaggio)"
)
_RECEIVED = regex(
    rf"\b(?:received your|receipt of your) {_THEIRS}|"
    rf"\byour {_THEIRS}[^\n.]{{0,60}} (?:has been|was|is) (?:successfully )?(?:received|registered|created|logged|opened)|"
    rf"\b(?:recibido|recibimos) (?:correctamente )?(?:su|tu) {_THEIRS}|"
    rf"\b(?:su|tu) {_THEIRS}[^\n.]{{0,60}} (?:ha sido|fue) (?:recibid|registrad|cread|asignad|abiert)|"
    rf"\brecebemos (?:a |o )?(?:sua|seu|tua|teu) {_THEIRS}|"
    rf"\b(?:seu|sua) {_THEIRS}[^\n.]{{0,60}} (?:foi|ja foi) (?:recebid|registrad|abert|criad)|"
    rf"\brecu votre {_THEIRS}|\bvotre {_THEIRS}[^\n.]{{0,60}} (?:a|est) (?:bien )?ete (?:recu|enregistre|cree|prise en compte)|"
    rf"\bhaben ihre {_THEIRS}|\babbiamo ricevuto (?:il tuo |la tua |la sua |il suo ){_THEIRS}"
)
# People begin an answer so, too.
_THANKED = regex(
    r"\b(?:thank you|thanks) for (?:contacting|reaching|your (?:message|e-?mail|request|enquiry|inquiry|ticket)|writing|getting in touch)|"
    r"\bgracias por (?:contactar|comunicar|escribir|(?:su|tu) (?:mensaje|consulta|correo|contacto))|"
    r"\bobrigad[oa] por (?:entrar em|escrever|contatar|nos contatar|seu contato|sua mensagem)|\bagradecemos (?:o |a )?(?:seu |sua )?(?:contato|mensagem)|"
    r"\bmerci (?:de nous avoir contact|de nous avoir ecrit|pour votre (?:message|demande|mail)|d'avoir contact)|\bvielen dank fur ihre (?:nachricht|anfrage)"
)
_NO_ANSWER_WANTED = regex(
    r"\b(?:do not|don't) (?:reply|respond|answer)|\bnot (?:reply|respond) to this|\bno-?reply@|\bunmonitored|\bnot monitored|\bno monitoread|\bnao monitorad|"
    r"\bno (?:responda|conteste|respondas|contestes|responder)\b|\bnao (?:responda|e necessario responder|precisa responder|responder)\b|"
    r"\bne (?:pas repondre|repondez pas|pas y repondre)|\bnicht auf diese|\bnon rispondere|"
    r"\b(?:automatically generated|generado automaticamente|gerado automaticamente|generated automatically|mensaje automatico|respuesta automatica|"
    r"mensagem automatica|resposta automatica|reponse automatique|message automatique)"
)
_PROMISE = regex(
    r"\b(?:will|we'll|shall|aim to|try to) (?:get back to you|reply|respond|contact you|be in touch|answer)|"
    r"\ble (?:responderemos|contactaremos|atenderemos|escribiremos)|\bte (?:responderemos|contactaremos)|\bnos pondremos en contacto|"
    r"\bresponderemos (?:a la brevedad|lo antes|en breve|em breve|o mais|seu|sua|su)|"
    r"\bun (?:agente|asesor|representante|ejecutivo) (?:le|te|se|la|lo|revisara|atendera)|"
    r"\b(?:entraremos|retornaremos|responderemos) (?:em contato|em breve|o (?:seu )?contato|assim que)|"
    r"\bum (?:atendente|analista|especialista) (?:ira|vai|entrara)|"
    r"\bnous vous (?:repondrons|recontacterons|contacterons)|\bvous repondrons|\bnous reviendrons vers|\bwerden uns|\bti risponderemo"
)
# "How would you rate the support you received?": the desk asks, and names the case that is over.
_SURVEY = regex(
    r"\b(?:how would you rate the (?:support|help|service) you|what you think of our (?:customer service|support)|"
    r"(?:calificaria|califica|evaluaria|califique|evalue) (?:la atencion|nuestra atencion|el servicio|el soporte|nuestro soporte)|como fue la atencion (?:de|en) (?:su|tu) (?:caso|ticket)|"
    r"(?:avalia|avalie|avaliaria) (?:o|nosso) (?:atendimento|suporte)|como foi o atendimento do (?:seu )?(?:chamado|ticket))"
)
# Behind a greeting and a name.
_OPENING = 200


def is_receipt(start: str) -> bool:
    """`start` is the beginning of a message in small letters without accents."""
    if _SURVEY.search(start, 0, _OPENING):
        return True
    received = _RECEIVED.search(start, 0, _OPENING) or _THANKED.search(start, 0, _OPENING)
    return received is not None and bool(_NO_ANSWER_WANTED.search(start) or _PROMISE.search(start))
