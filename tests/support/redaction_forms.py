"""Invented secrets, phone numbers and harmless ids, and the ways in which tickets carry them."""

from __future__ import annotations

import base64
import re
import string
import unicodedata
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random

_LOWER = string.ascii_lowercase + string.digits
_MIXED = string.ascii_letters + string.digits
_HEX = "0123456789abcdef"


@dataclass(frozen=True)
class Case:
    """A text as a ticket may have it, and what in it must be gone, or must stay, once it is masked."""

    text: str
    value: str


def _some(random: Random, letters: str, size: int) -> str:
    """At least one digit and one letter beyond hexadecimal where the letters have them, as keys have."""
    while True:
        made = "".join(random.choices(letters, k=size))
        if (
            any(c.isdigit() for c in made)
            and any(c.lower() > "f" for c in made) >= (letters != _HEX)
            and not made.isdigit()
        ):
            return made


KEY_CONTEXTS = (
    "apikey: {}",
    'curl -H "apikey: {}" https://api.gupshup.io/wa/api/v1/msg',
    '{{"apikey":"{}","app":"AdaShop"}}',
    '{{\\"apikey\\": \\"{}\\"}}',
    "headers={{'apikey': '{}'}}",
    "GUPSHUP_API_KEY={}",
    "https://api.example.com/send?apikey={}&app=AdaShop",
    "apikey%3D{}",
    "La API key es {}, ya la cambiamos.",
    "a chave da API é {} e continua o erro",
    "the api key ({}) is refused",
    "API Key:\n{}\n",
    "<b>API Key:</b> {}<br>",
    "usamos la clave {} desde ayer",
    "header apikey => {}",
    "| api_key | {} |",
)
TOKEN_CONTEXTS = (
    "{}",
    "token: {}",
    "Authorization: {}",
    "con el token {} no funciona",
    '{{"token": "{}"}}',
    "({}).",
    "https://cb.example.com/in?token={}",
    "Error with {}\nat line two",
)
PASSWORD_CONTEXTS = (
    "https://media.smsgupshup.com/GatewayAPI/rest?userid=2000000007&password={}&method=SendMessage&format=json",
    "method=OPT_IN&password={}&v=1.1",
    '{{"userid":"2000000007","password":"{}"}}',
    '{{\\"password\\":\\"{}\\"}}',
    "password: {}",
    "Password = {}",
    "contraseña: {}",
    "la contraseña es {}",
    "Senha: {}",
    "a senha é {}",
    "user Ada pwd={}",
    "{{'password': '{}'}}",
    "<password>{}</password>",
    "curl -u ada@example.com:{} https://example.com",
    "https://ada:{}@example.com/in",
)
CODE_CONTEXTS = (
    "OTP: {}",
    "my otp is {}",
    "el código de verificación es {}",
    "o código de verificação é {}.",
    "verification code {}",
    "{} is your WhatsApp code",
    "{} es tu código de WhatsApp",
    "PIN: {}",
    '"pin":"{}"',
    "el PIN de verificación en dos pasos es {}",
    "PIN de verificação em duas etapas: {}",
    "two-step PIN {}",
    "código de seguridad: {}",
    "one-time code: {}",
)
PHONE_CONTEXTS = (
    "{}",
    "No llega al {}, ayuda.",
    '{{"destination":"{}"}}',
    '{{"wa_id": "{}", "recipient_id": "{}"}}',
    "https://wa.me/{}",
    "tel:{}",
    "destAddr={}&status=FAIL",
    "({})",
    "phone {}; app AdaShop",
    "{}@s.whatsapp.net",
    "\u202a{}\u202c",
    "whatsapp:{}",
    "linha um\\n{}\\nlinha dois",
    "send_to=%2B{}",
    "contactos: {}, {}",
)


def _wrap(random: Random, value: str, contexts: tuple[str, ...]) -> str:
    context = random.choice(contexts)
    return context.format(*[value] * context.count("{}"))


def _api_key(random: Random) -> Case:
    value = _some(random, _LOWER, 32)
    return Case(_wrap(random, value, (*KEY_CONTEXTS, "{}", "see {} in the log")), value)


def _api_key_hexadecimal(random: Random) -> Case:
    value = _some(random, _HEX, 32)
    return Case(_wrap(random, value, KEY_CONTEXTS), value)


def _app_token(random: Random) -> Case:
    value = _some(random, _HEX, random.choice((20, 32)))
    return Case(_wrap(random, "sk_" + value, (*TOKEN_CONTEXTS, *KEY_CONTEXTS)), value)


def _partner_token(random: Random) -> Case:
    tail = _some(random, _MIXED + "-_", 43)
    value = ".".join(("eyJhbGciOiJIUzI1NiJ9", "eyJ" + _some(random, _MIXED, 40), tail))
    return Case(_wrap(random, value, TOKEN_CONTEXTS), tail)


def _meta_token(random: Random) -> Case:
    value = _some(random, _MIXED, random.choice((40, 180)))
    if random.random() < 0.5:
        # Some parts of a token are joined by signs, and short ones too.
        value = "".join(random.choices(_MIXED + "-_", weights=[1] * 62 + [6, 6], k=len(value) - 1)) + "9"
    return Case(_wrap(random, "EAA" + value, (*TOKEN_CONTEXTS, "Bearer {}", "access_token={}&x=1")), value)


def _authorization(random: Random) -> Case:
    value = _some(random, _MIXED, random.choice((16, 40)))
    contexts = ("Bearer {}", "Authorization: Bearer {}", '"Authorization":"Bearer {}"', "-H 'Authorization: Basic {}'")
    return Case(_wrap(random, value, contexts), value)


def _password(random: Random) -> Case:
    value = _some(random, _MIXED, 4) + "".join(random.choices(_MIXED + "!*_-.$", k=4)) + random.choice(_MIXED)
    return Case(_wrap(random, value, PASSWORD_CONTEXTS), value)


def _url_token(random: Random) -> Case:
    value = "-".join(_some(random, string.ascii_uppercase + string.digits, 4) for _ in range(3))
    name = random.choice(("a", "token", "key", "secret", "sig"))
    return Case(f"POST https://cb.example.com/gupshup/status?{name}={value} => 200", value)


def _client_secret(random: Random) -> Case:
    value = _some(random, _MIXED, random.choice((16, 24, 36)))
    contexts = ("client_secret={}", '"client_secret": "{}"', "Client Secret: {}", "client secret is {}")
    return Case(_wrap(random, value, contexts), value)


def _one_time_code(random: Random) -> Case:
    value = f"{random.randrange(10**6):06d}"
    return Case(_wrap(random, value, CODE_CONTEXTS), value)


def _zendesk_token(random: Random) -> Case:
    value = _some(random, _MIXED, 40)
    contexts = ("ada@example.com/token:{}", "ZENDESK_API_TOKEN={}", "el token de Zendesk es {}", "zendesk api token {}")
    return Case(_wrap(random, value, contexts), value)


def _phone(random: Random) -> Case:
    country, size = random.choice((("52", 10), ("521", 10), ("55", 11), ("91", 10), ("1", 10), ("57", 10), ("593", 9)))
    local = random.choice("2345678") + "".join(random.choices(string.digits, k=size - 1))
    digits = country + local
    a, b = local[:-8], local[-8:-4]
    shapes = (
        "+" + digits,
        digits,
        f"+{country} {a} {b} {local[-4:]}",
        f"+{country}-{a}-{b}-{local[-4:]}",
        f"+{country} ({a}) {b}-{local[-4:]}",
        f"{country} {a} {b}{local[-4:]}",
        f"+{country}.{a}.{b}.{local[-4:]}",
        f"+{country}\u00a0{a}\u00a0{b}\u2011{local[-4:]}",
        f"00{country}{local}",
    )
    return Case(_wrap(random, random.choice(shapes), PHONE_CONTEXTS), local)


def _phone_local(random: Random) -> Case:
    local = random.choice("2345678") + "".join(random.choices(string.digits, k=random.choice((9, 10))))
    shapes = (
        local,
        f"({local[:2]}) {local[2:6]}-{local[6:]}",
        f"{local[:3]}-{local[3:6]}-{local[6:]}",
        f"{local[:2]} {local[2:6]} {local[6:]}",
    )
    return Case(_wrap(random, random.choice(shapes), PHONE_CONTEXTS), local)  # fmt: skip


def _message_id(random: Random) -> Case:
    number = "".join(random.choices(string.digits, k=12))
    tail = base64.b64encode(
        b"\x1d\x06\x0c" + number.encode() + b"\x15\x02\x00\x11\x18\x12" + random.randbytes(9)
    ).decode()
    packed = base64.b64encode(bytes.fromhex("0118" + number) + random.randbytes(10)).decode()
    value = random.choice(
        ("wamid." + tail, "wamid." + tail.rstrip("="), "gBEG" + packed, "gBGG" + packed, "ABEG" + packed)
    )
    contexts = ("{}", '"id":"{}"', '{{"id": "{}", "status": "failed"}}', "mensaje {} fallido", "id={}&x=1")
    return Case(_wrap(random, value, contexts), value.partition(".")[2] or value[4:])


FORMS: Mapping[str, Callable[[Random], Case]] = {
    "account API key": _api_key,
    "account API key, hexadecimal": _api_key_hexadecimal,
    "app token (sk_)": _app_token,
    "partner token (JWT)": _partner_token,
    "Meta token (EAA)": _meta_token,
    "Bearer, Basic": _authorization,
    "password": _password,
    "callback URL token": _url_token,
    "client secret": _client_secret,
    "one-time code, PIN": _one_time_code,
    "Zendesk token": _zendesk_token,
    "phone number": _phone,
    "phone number, local": _phone_local,
    "number inside a message id": _message_id,
}
PERSONAL = frozenset({"phone number", "phone number, local", "number inside a message id"})


def leaks(case: Case, masked: str) -> bool:
    """Half a secret is a secret: any eight characters of it in a row, or any five digits of a number.

    What parts them does not count: nobody sees a soft hyphen, and a line's end keeps nobody from reading on.
    """
    if case.value.isdigit():
        size, shown, value = 5, re.sub(r"[^0-9A-Za-z*…:]", "", _plain(masked)), case.value
    else:
        size, value, shown = 8, re.sub(r"[^0-9A-Za-z]", "", case.value), re.sub(r"[^0-9A-Za-z*…]", "", _plain(masked))
        if case.value in masked:
            return True
        size = min(size, max(4, len(value)))
    parts = (value[i : i + size] for i in range(max(1, len(value) - size + 1)))
    return any(part in shown for part in parts)


_SHOWN_AS = str.maketrans("аеорсухіѕАВСЕНКМОРТХ", "aeopcyxisABCEHKMOPTX")


def _plain(text: str) -> str:
    text = re.sub(
        r"\\+u(?:200[b-f]|2060|feff|00ad)|=\n|<[^<>]*>|&(?:shy|zwnj|nbsp|#8203|#173);|=E2=80=8B|\\+n", "", text
    )
    return unicodedata.normalize("NFKC", text.replace("…", "*")).translate(_SHOWN_AS)


# --- What must stay readable ----------------------------------------------------------------------------------


def _uuid(random: Random) -> str:
    return str(uuid.UUID(int=random.getrandbits(128), version=4))


def _digits(random: Random, size: int) -> str:
    return random.choice("123456789") + "".join(random.choices(string.digits, k=size - 1))


def _time(random: Random) -> str:
    day = f"202{random.randrange(10)}-{random.randrange(1, 13):02d}-{random.randrange(1, 29):02d}"
    hour = f"{random.randrange(24):02d}:{random.randrange(60):02d}:{random.randrange(60):02d}"
    return random.choice(
        (f"{day}T{hour}Z", f"{day} {hour}", f"{day}T{hour}.123+00:00", f"{day[8:]}/{day[5:7]}/{day[:4]} {hour}")
    )


def _amount(random: Random) -> str:
    return f"{random.randrange(1, 999)}.{random.randrange(1000):03d}.{random.randrange(1000):03d}"


TALK = (
    "invalid userId or password.",
    "the password is wrong",
    "Portal User Not Found With APIKey",
    "la contraseña no es correcta",
    "bearer authentication failed",
    "basic information",
    "apikey: YOUR_API_KEY_HERE",
    "token: {{token}}",
    "OTP fails with 131049",
    "Two-step verification PIN Mismatch (133005)",
    "a senha não funciona",
    "api key: [Insert API key]",
)

_APP_NAMES = ("AdaShop", "adashop-prod", "TiendaOnlineAda", "ada_shop_br", "AtendimentoClientesAdaShopBrasil", "AdaBot")

HARMLESS: Mapping[str, Callable[[Random], str]] = {
    "gsId, messageId": lambda r: f'{{"id":"{_uuid(r)}","gsId":"{_uuid(r)}","type":"failed"}}',
    "App ID": lambda r: f"App ID: {_uuid(r)}",
    "template id of Gupshup": lambda r: f"template={{'id': '{_uuid(r)}'}}",
    "template id of Meta": lambda r: f"template_id: {_digits(r, r.choice((13, 15, 16)))}",
    "WABA id": lambda r: r.choice(("WABA ID {}", '"wabaId":"{}"', "id da WABA: {}")).format(_digits(r, 15)),
    "phone_number_id": lambda r: f'"phone_number_id": "{_digits(r, 15)}"',
    "Enterprise account": lambda r: r.choice(
        ("Enterprise account {}", "cuenta enterprise: {}", "ID da conta: {}", "HSM account id {}")
    ).format(f"2000{_digits(r, 6)}"),
    "externalId": lambda r: f'"externalId":"{_digits(r, 19)}-{_digits(r, r.choice((17, 18)))}"',
    "time": lambda r: f"Falló a las {_time(r)} en Gupshup",
    "epoch in milliseconds": lambda r: f'"eventTs": {r.randrange(1_500_000_000_000, 1_999_999_999_999)}',
    "epoch in seconds": lambda r: f'"ts":{r.randrange(1_500_000_000, 1_999_999_999)}',
    "error codes": lambda r: " ".join(r.choices(("131026", "131049", "1003", "4001", "130429", "401", "470"), k=4)),
    "code with subcode": lambda r: f"(131009/2494{r.randrange(1000):03d})",
    "amount": lambda r: r.choice(("R$ {},00", "$ {} MXN", "COP {}")).format(_amount(r)),
    "order number": lambda r: f"Pedido #{_digits(r, r.randrange(3, 10))}",
    "conversation id": lambda r: f"conversation {_uuid(r).replace('-', '')} was closed",
    "IP address": lambda r: "IP " + ".".join(str(r.randrange(1, 255)) for _ in range(4)),
    "masked number": lambda r: r.choice(("+52…18", "91XXXXXXXX78", "91*******78", "52155XXXXXXXX")),
    "app name": lambda r: f"app {r.choice(_APP_NAMES)}{r.choice(('', r.randrange(100), r.randrange(2020, 2030)))}",
    "talk of keys": lambda r: r.choice(TALK),
}  # fmt: skip
