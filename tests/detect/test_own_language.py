"""The language of the requester's own words: told where it is plain, and unknown else."""

from __future__ import annotations

from typing import Any

import pytest

from zendesk_gupshup.detect import detect, detect_text
from zendesk_gupshup.detect.language import own_language
from zendesk_gupshup.detect.reading import read_plain
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.model.ticket import Comment, Ticket, User

DICTIONARY = load()
CLIENT, AGENT = 1, 3

WRITTEN = {
    "Hola, desde ayer los mensajes de nuestros clientes no salen y Gupshup nos devuelve 401.": "es",
    "Olá, desde ontem as mensagens dos nossos clientes não saem e o Gupshup devolve 401 para nós.": "pt",
    "Hello, since yesterday the messages of our customers have not gone out and Gupshup answers 401.": "en",
    "Bonjour, depuis hier les messages de nos clients ne partent plus et Gupshup nous répond 401.": "fr",
    # Without accents, and in capitals.
    "BUEN DIA, NO NOS LLEGAN LOS MENSAJES, QUE PODEMOS HACER CON EL 1003": "es",
    "bom dia, nao conseguimos enviar mensagens pra ninguem, o que a gente faz com o 1003": "pt",
    # Logs, codes and quotations are nobody's words.
    'no nos deja enviar nada desde ayer: {"status":"error","message":"The number of values is not what it was"}': "es",
    'Não conseguimos enviar. Resposta: `the template was not found in this account` e "it is not for you"': "pt",
    # What its language is, nobody can say.
    "Erro 131049": None,
    "Error 131049": None,
    "401": None,
    "": None,
    "2026-11-21T08:00:00 ERROR api.gupshup.io status=401 body={}": None,
    # Two languages in equal parts.
    "No podemos enviar los mensajes desde ayer. Não conseguimos enviar as mensagens desde ontem.": None,
    # Languages that have no texts of ours.
    "Buongiorno, da ieri i messaggi ai nostri clienti non partono più e Gupshup risponde 401.": None,
    "Guten Tag, seit gestern gehen die Nachrichten an unsere Kunden nicht mehr raus, Gupshup sagt 401.": None,
    "Bon dia, des d'ahir els missatges dels nostres clients no surten i Gupshup ens torna 401.": None,
    "Pesan ke pelanggan kami tidak terkirim sejak kemarin dan Gupshup menjawab 401.": None,
    "Bhai kal se messages nahi ja rahe hain aur Gupshup mein 401 aa raha hai.": None,
}


@pytest.mark.parametrize(("text", "expected"), WRITTEN.items())
def test_the_language_is_told_where_it_is_plain(text: str, expected: str | None) -> None:
    texts, _ = read_plain("", text)
    assert own_language(texts, DICTIONARY) == expected


def test_a_quoted_history_is_not_the_writers() -> None:
    body = (
        "Seguimos igual, no nos salen los mensajes a los clientes.\n\nOn Monday Grace wrote:\n> "
        + "We are on it. " * 20
    )
    assert detect_text("Re: 401", f"Gupshup 401 Unauthorized. {body}", DICTIONARY).language == "es"


def ticket(*comments: dict[str, Any]) -> Ticket:
    users = {CLIENT: User(id=CLIENT, email="ada@example.com"), AGENT: User(id=AGENT, role="agent")}
    made = tuple(Comment(**{"id": 10 + n, "author_id": CLIENT, **comment}) for n, comment in enumerate(comments))
    return Ticket(id=7, requester_id=CLIENT, submitter_id=CLIENT, users=users, comments=made)


SPANISH = {"plain_body": "Hola, Gupshup nos devuelve 401 Unauthorized y no salen los mensajes."}
ENGLISH = {"plain_body": "The client says that they have had this error since Monday, and that it is not the key."}


def test_an_agents_words_are_not_the_clients_even_where_they_are_evidence() -> None:
    of = ticket(SPANISH, {"author_id": AGENT, **ENGLISH}, {"author_id": AGENT, **ENGLISH})
    assert detect(of, DICTIONARY, draft_requested=True).language == "es"


def test_what_an_agent_wrote_for_the_client_tells_nothing() -> None:
    assert detect(ticket({"author_id": AGENT, **SPANISH}), DICTIONARY).language is None


def test_a_ticket_that_reports_nothing_is_not_asked() -> None:
    assert (
        detect(ticket({"plain_body": "Hola, quisiera saber los horarios de la tienda."}), DICTIONARY).language is None
    )
