"""Numbers that no dictionary has: error codes where Gupshup's own sentence calls them one, and nothing elsewhere."""

from __future__ import annotations

import pytest

from zendesk_gupshup.detect import detect_text
from zendesk_gupshup.dictionary import load

CODES = [
    ("Gupshup returns error code 3001", ["3001"]),
    ("Gupshup nos devuelve el código de error 5003 al enviar", ["5003"]),
    ("A Gupshup retorna o erro 7001 nas mensagens", ["7001"]),
    ("We get Gupshup error 8123 for every message", ["8123"]),
    ("Gupshup error 900 since this morning, WhatsApp messages fail", ["900"]),
    ("Hola, desde ayer Gupshup nos devuelve el error 3001 en todos los envíos, ¿qué hacemos?", ["3001"]),
    ("El error que muestra Gupshup es el 3001", ["3001"]),
    ("Gupshup dice: error (5003) Unknown problem", ["5003"]),
    ("Error code 3001 from Gupshup when sending templates", ["3001"]),
    ("[Gupshup] error=8123", ["8123"]),
    ('{"status":"error","code":"5003","message":"Something new"} from the Gupshup API', ["5003"]),
    ("We get Gupshup error 4099, which no page explains", ["4099"]),
]
NONE = [
    "Gupshup error since 0900 hours, nothing goes out",
    "We sent 3001 messages with Gupshup and got errors",
    "Gupshup error code: 300 messages failed",
    "Gupshup: errores 250 de 3000 mensajes",
    "Error 1200 clientes no reciben mensajes de Gupshup",
    "Gupshup invoice 3001 shows an error",
    "el pedido 3001 dio error en Gupshup",
    "Gupshup ticket 800123 about the error",
    "Our own shop answers error 7001 when Gupshup calls the webhook",
    "SMPP error code 3001 from our carrier, not Gupshup",
    "Código de error 7001 de Shopify al llamar a Gupshup",
    "If Gupshup returns error code 3001, what should we do?",
    "What does Gupshup error 3001 mean?",
    "Gupshup returned error code 3001 last month, it is solved now, thanks",
    "Gupshup no devuelve el error 3001",
    "A Gupshup não retorna mais o erro 3001",
    "Gupshup error in 2026",
    "gupshup error on port 8080",
    "HTTP status 299 from Gupshup",
    "Gupshup error rate 900 per hour",
]


@pytest.mark.parametrize(("text", "codes"), CODES)
def test_a_number_that_gupshup_calls_an_error_is_an_unknown_code(text: str, codes: list[str]) -> None:
    found = detect_text("WhatsApp", text, load())
    assert [evidence.code for evidence in found.unknown] == codes
    assert found.is_error


@pytest.mark.parametrize("text", NONE)
def test_other_numbers_beside_an_error_are_no_code(text: str) -> None:
    assert detect_text("WhatsApp", text, load()).unknown == ()
