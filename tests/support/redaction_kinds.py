"""Secrets as they are hidden in tickets: without a label, in columns, broken, encoded; and long runs that are harmless.

Each kind comes in six containers: text, a cell of CSV, JSON, HTML, a mail and, where it is one line, a file's name.
"""

from __future__ import annotations

import base64
import csv
import html
import io
import json
import quopri
import string
import uuid
from collections.abc import Callable, Mapping, Sequence
from random import Random
from urllib.parse import quote

from support.redaction_forms import Case

_HEX = "0123456789abcdef"
_LOWER = string.ascii_lowercase + string.digits
_MIXED = string.ascii_letters + string.digits
_URLSAFE = _MIXED + "-_"


def _some(random: Random, letters: str, size: int) -> str:
    """At least two digits and two letters, as all but one key in thousands has them."""
    while True:
        made = "".join(random.choices(letters, k=size))
        if sum(c.isdigit() for c in made) >= 2 and sum(c.isalpha() for c in made) >= 2 and made[0].isalnum():
            return made


def _key(random: Random) -> str:
    return random.choice(
        (
            _some(random, _HEX, 32),
            _some(random, _HEX, 32),
            _some(random, _LOWER, 32),
            _some(random, _MIXED, random.choice((24, 32, 40, 43))),
            _some(random, _HEX, 64),
            _some(random, _HEX, 32).upper(),
            "sk_" + _some(random, _HEX, 32),
        )
    )


def _password(random: Random) -> str:
    """Eight or nine characters mixed, with a sign at times, as people and password managers make them."""
    made = _some(random, _MIXED, random.choice((8, 9)))
    while len([c for c in made if c.isdigit()]) in (0, len(made)) or (made[:-4].isalpha() and made[-4:].isdigit()):
        made = _some(random, _MIXED, 9)
    return made + random.choice(("", "", "!", "#", "$", "*"))


def _jwt(random: Random) -> str:
    return ".".join(
        ("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9", "eyJ" + _some(random, _MIXED, 60), _some(random, _URLSAFE, 43))
    )


def _long_token(random: Random) -> str:
    return random.choice((_jwt(random), "EAA" + _some(random, _MIXED + "-_", random.choice((90, 160)))))


# --- Containers ----------------------------------------------------------------------------------------------


def _text(_: Random, text: str) -> str:
    return text


def _csv(random: Random, text: str) -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=random.choice(",;\t"))
    writer.writerows((("id", "texto", "estado"), ("1", text, "failed")))
    return out.getvalue()


def _json(random: Random, text: str) -> str:
    made = json.dumps({"ticket": 17, "body": text, "ok": False}, ensure_ascii=random.random() < 0.5)
    return made if random.random() < 0.5 else json.dumps({"event": made})


def _html(random: Random, text: str) -> str:
    shown = html.escape(text).replace("\n", random.choice(("<br>", "<br>\n", "<br/>")))
    return f"<div style='font-size:12px'><p>Hola,</p><p>{shown}</p></div>"


def _mail(random: Random, text: str) -> str:
    head = "From: Ada <ada@example.com>\nSubject: Error\nContent-Type: text/plain; charset=utf-8\n"
    if random.random() < 0.5:
        body = quopri.encodestring(text.encode()).decode()
        return f"{head}Content-Transfer-Encoding: quoted-printable\n\n{body}\n"
    return head + "\nHola,\n\n" + "\n".join(f"> {line}" for line in text.split("\n")) + "\n"


def _file_name(random: Random, text: str) -> str:
    return text.replace("/", "_").replace("\n", " ") + random.choice((".txt", ".png", ".csv", ".json", " (1).log"))


CONTAINERS: Mapping[str, Callable[[Random, str], str]] = {
    "text": _text,
    "CSV": _csv,
    "JSON": _json,
    "HTML": _html,
    "mail": _mail,
    "file name": _file_name,
}
# Lines and tags are not in the name of a file.
_NOT_OF_A_NAME = frozenset("\n<>\t")


def _in(random: Random, container: str, text: str) -> str:
    if container == "file name" and not _NOT_OF_A_NAME.isdisjoint(text):
        container = "text"
    return CONTAINERS[container](random, text)


# --- Kinds ---------------------------------------------------------------------------------------------------

_BARE = (
    "con esta: {}",
    "probamos con esta:\n{}\ny nada",
    "credential={}",
    "x-api={}",
    "usamos esta\n\n{}\n\npara todo",
    "{}",
    "a que usamos é {} desde ontem",
    "lo que nos dieron en el panel cuando abrimos la cuenta la semana pasada con su equipo fue {}",
    "see {} in the log",
    "Auth {} refused",
    "val={}&x=1",
    "https://example.com/hook/{}/in",
    "[{}]",
    "{}: 401",
)


def _unlabelled(random: Random, container: str) -> Case:
    value = random.choice((_key, lambda r: _some(r, _URLSAFE, 43)))(random)
    return Case(_in(random, container, random.choice(_BARE).format(value)), value)


_KEY_HEADS = ("apikey", "API Key", "api_key", "Api-Key", "access_token", "client_secret", "x-api-key", "Secret")
_PASSWORD_HEADS = (
    "password",
    "Password",
    "clave",
    "Clave",
    "contraseña",
    "Contraseña",
    "senha",
    "SENHA",
    "pwd",
    "PW",
    "pass",
)
_BOTH_HEADS = ("user/pass ID / PW", "usuario / clave", "User/Password", "login/senha", "ID / PW")


def _column(random: Random, container: str) -> Case:
    """A table of several rows, one column of which its head alone betrays."""
    kind = random.choice(("key", "password", "both"))
    head = random.choice({"key": _KEY_HEADS, "password": _PASSWORD_HEADS, "both": _BOTH_HEADS}[kind])
    value = _some(random, _LOWER, random.choice((16, 20, 32))) if kind == "key" else _password(random)
    shown = f"2000{random.randrange(10**6):06d} / {value}" if kind == "both" else value
    other = [("cliente", "AdaShop"), ("app", "TiendaAda"), ("estado", "activo"), ("código", "131026"), ("país", "MX")]
    random.shuffle(other)
    columns = other[: random.randrange(1, 4)]
    columns.insert(random.randrange(len(columns) + 1), (head, shown))
    rows = [[name for name, _ in columns], [cell for _, cell in columns]]
    if random.random() < 0.5:
        rows.insert(1, [{"131026": "131049", shown: "***"}.get(cell, cell) for cell in rows[1]])
    return Case(_in(random, container, _table(random, rows)), value)


def _table(random: Random, rows: Sequence[Sequence[str]]) -> str:
    match random.choice(("csv", "tsv", "semicolon", "quoted", "markdown", "html", "fixed", "side")):
        case "csv":
            return _rows(rows, ",")
        case "tsv":
            return _rows(rows, "\t")
        case "semicolon":
            return _rows(rows, ";")
        case "quoted":
            return _quoted(random, rows)
        case "markdown":
            lines = ["| " + " | ".join(row) + " |" for row in rows]
            return "\n".join((lines[0], "|" + "---|" * len(rows[0]), *lines[1:]))
        case "html":
            head = "".join(f"<th>{cell}</th>" for cell in rows[0])
            body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows[1:])
            return f"<table><tr>{head}</tr>{body}</table>"
        case "fixed":
            widths = [max(len(row[n]) for row in rows) + 2 for n in range(len(rows[0]))]
            return "\n".join("".join(c.ljust(w) for c, w in zip(r, widths, strict=True)).rstrip() for r in rows)
        case _:
            mark = random.choice("\t;|")
            return "\n".join(f"{name}{mark}{cell}" for name, cell in zip(rows[0], rows[-1], strict=True))


def _rows(rows: Sequence[Sequence[str]], mark: str) -> str:
    return "\n".join(mark.join(row) for row in rows)


def _quoted(random: Random, rows: Sequence[Sequence[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=random.choice(",;"), quoting=csv.QUOTE_ALL).writerows(rows)
    return out.getvalue()


def _wrapped(random: Random, container: str) -> Case:
    match random.choice(("curl", "continued", "printable", "token", "hex", "quoted mail")):
        case "curl":
            value, mark = _key(random), random.choice(("\\", "^", " `"))
            text = random.choice(
                (
                    "curl -X POST https://api.gupshup.io/wa/api/v1/msg {m}\n  -H 'apikey: {v}' {m}\n  -d 'app=AdaShop'",
                    "curl https://api.gupshup.io/x {m}\n -H {m}\n 'apikey: {v}'",
                    "curl -H 'x-token: {m}\n{v}' {m}\n https://example.com",
                )
            ).format(m=mark, v=value)
        case "continued":
            value = _key(random)
            cut = random.randrange(6, len(value) - 6)
            text = f"curl -H 'apikey: {value[:cut]}{random.choice((chr(92), '^'))}\n{value[cut:]}' https://example.com"
        case "printable":
            value = random.choice((_key, _long_token))(random)
            cut = random.randrange(6, len(value) - 6)
            text = f"Nuestra api key: {value[:cut]}=\n{value[cut:]} no funciona"
        case "token":
            value = _long_token(random)
            cut = random.randrange(30, len(value) - 8)
            text = f"token: {value[:cut]}\n{value[cut:]}\nno funciona"
        case "hex":
            value = _some(random, _HEX, 32)
            cut = random.randrange(6, 26)
            text = f"Probamos con {value[:cut]}\n{value[cut:]} y nada"
        case _:
            value = _long_token(random)
            cut = random.randrange(30, len(value) - 8)
            text = f"> usamos el token {value[:cut]}\n> {value[cut:]}\n> y falla"
    return Case(_in(random, container, text), value)


_HIDDEN = ("\u200b", "\u200c", "\u2060", "\ufeff", "\u00ad", "\u00a0", "<wbr>", "&shy;", "&#8203;", "<b>", "\u202f")


def _interrupted(random: Random, container: str) -> Case:
    """Something nobody sees amid a key, blanks between its groups, or letters that only look like those of the key."""
    value = _key(random)
    way = random.choice(("hidden", "hidden", "groups", "twins", "full width"))
    if way == "hidden":
        shown, mark = value, random.choice(_HIDDEN)
        for cut in sorted(random.sample(range(4, len(value) - 1), random.choice((1, 2, 3))), reverse=True):
            end = "</b>" if mark == "<b>" else ""
            shown = shown[:cut] + mark + (shown[cut] + end if end else shown[cut]) + shown[cut + 1 :]
    elif way == "groups":
        value = _some(random, _HEX, 32)
        size = random.choice((4, 8, 16))
        shown = " ".join(value[n : n + size] for n in range(0, 32, size))
    elif way == "twins":
        shown = value.translate(str.maketrans("aeopcyx", "аеорсух"))
    else:
        shown = "".join(chr(ord(c) + 0xFEE0) if c.isalnum() else c for c in value)
    text = random.choice(("la api key es {} y falla", "{}", "Usamos {} desde ayer", "apikey: {}")).format(shown)
    return Case(_in(random, container, text), value)


def _as_name(random: Random, container: str) -> Case:
    value = _key(random)
    label = random.choice(
        ("App Name: {}", "App ID: {}", "app_name={}", "Nombre de la app: {}", "Nome do app: {}", '"app":"{}"',
         "App ID - {}",         'la app "{}" de Gupshup', "Bot name: {}")
    )  # fmt: skip
    return Case(_in(random, container, label.format(value)), value)


_SENTENCES = (
    "A senha da conta é {}",
    "a senha do usuário da conta Enterprise é {}, pode testar",
    "la contraseña de la cuenta es {}",
    "La contraseña que nos dieron es {}.",
    "the password for the account is {}",
    "The password of our Enterprise account is {}.",
    "we changed the password to {} yesterday",
    "cambiamos la contraseña por {} ayer",
    "mudamos a senha para {} ontem",
    "la clave del portal es {}",
    "password for the portal: {}",
)


def _spoken(random: Random, container: str) -> Case:
    value = _password(random)
    return Case(_in(random, container, random.choice(_SENTENCES).format(value)), value)


_AFTER = (
    "{} is my api key",
    "{} is the password",
    "{} es la contraseña de la cuenta",
    "{} é a senha da conta",
    "{} (password)",
    "{} <- password",
    "{} es nuestra clave",
    "{} is our access token",
)


def _before_label(random: Random, container: str) -> Case:
    value = random.choice((_key, _password))(random)
    return Case(_in(random, container, random.choice(_AFTER).format(value)), value)


_TALK = (
    "No llega al {}, ayuda.",
    "Mi número es {}",
    "WhatsApp: {}",
    "{}",
    "cel. {} o por correo",
    "o número {} não recebe",
    '"destination":"{}"',
    "el cliente {} no recibe",
    "tel {}",
)


def _national(random: Random, container: str) -> Case:
    def some(size: int) -> str:
        return "".join(random.choices(string.digits, k=size))

    d = random.choice("3456789") + some(7)
    value, shapes = random.choice(
        (
            ("9" + d, ("9 {1:.4} {2}", "9{1:.4}{2}", "9{1:.4} {2}", "(9) {1:.4} {2}", "9-{1:.4}-{2}",
                       "+56 9 {1:.4} {2}", "569{1:.4}{2}")),
            ("119" + d, ("(11) 9{1:.4}-{2}", "119{1:.4}{2}", "11 9{1:.4}-{2}", "+55 11 9{1:.4}-{2}",
                         "5511 9{1:.4}{2}", "(011) 9{1:.4}-{2}")),
            ("9" + d, ("9{1:.4}-{2}",)),
            ("55" + d, ("55 {1:.4} {2}", "55{1:.4}{2}", "(55) {1:.4}-{2}", "+52 1 55 {1:.4} {2}")),
            ("30" + d, ("+57 30{1:.4}{2}", "30{1:.4}{2}")),
            ("11" + d, ("11 {1:.4}-{2}", "+54 9 11 {1:.4}-{2}", "011 15 {1:.4}-{2}")),
            ("98" + d, ("98{1:.4}{2}", "+91 98{1:.4} {2}")),
        )
    )  # fmt: skip
    shape = random.choice(shapes)
    written = shape.replace("{1:.4}", d[:4]).replace("{2}", d[4:])
    if "15 " in written:
        value = d
    return Case(_in(random, container, random.choice(_TALK).replace("{}", written)), value[-8:])


def _file(random: Random, container: str) -> Case:
    value = _key(random)
    name = random.choice(
        (
            "clave {}.txt",
            "apikey-{}.png",
            "{}.json",
            "gupshup_{}.csv",
            "captura-{}-error.png",
            "token({}).log",
            "key={}.txt",
        )
    ).format(value)
    text = name if container in ("text", "file name") else f"Adjunto {name}"
    return Case(text if container == "file name" else _in(random, container, text), value)


def _encoded(random: Random, container: str) -> Case:
    value = _some(random, _MIXED, 9)
    url = f"https://media.smsgupshup.com/GatewayAPI/rest?userid=2000000007&password={value}&method=SendMessage&v=1.1"
    way = random.choice(("percent", "twice", "base64", "entities", "urlsafe"))
    if way in ("base64", "urlsafe"):
        encode = base64.b64encode if way == "base64" else base64.urlsafe_b64encode
        shown = value = encode(url.encode()).decode().rstrip("=" if way == "urlsafe" else "")
    elif way == "entities":
        shown = html.escape(url)
    else:
        shown = quote(url, safe="")
        shown = quote(shown, safe="") if way == "twice" else shown
    text = random.choice(("callback={}", "url: {}", "https://proxy.example.com/?u={}", "{}", "via {} 401")).format(
        shown
    )
    return Case(_in(random, container, text), value)


def _escaped(random: Random, container: str) -> Case:
    name = random.choice(("apikey", "password", "client_secret", "token", "senha", "contraseña"))
    value = _password(random) if name in ("password", "senha", "contraseña") else _some(random, _LOWER, 20)
    made = json.dumps({"app": "AdaShop", name: value, "code": 401}, ensure_ascii=random.random() < 0.5)
    for _ in range(random.choice((1, 2, 3))):
        made = json.dumps({"request": made})
    return Case(_in(random, container, made), value)


KINDS: Mapping[str, Callable[[Random, str], Case]] = {
    "key without a label": _unlabelled,
    "column with a head": _column,
    "key over two lines": _wrapped,
    "key with something unseen in it": _interrupted,
    "key called a name": _as_name,
    "password in a sentence": _spoken,
    "value before its label": _before_label,
    "national mobile number": _national,
    "key in a file's name": _file,
    "encoded gateway URL": _encoded,
    "JSON in JSON": _escaped,
}


# --- Harmless ------------------------------------------------------------------------------------------------


def _uuid(random: Random) -> str:
    return str(uuid.UUID(int=random.getrandbits(128), version=4))


def _hex(random: Random, size: int) -> str:
    return _some(random, _HEX, size)


_WORDS = (
    "Donaudampfschifffahrtsgesellschaft",
    "Rechtsschutzversicherungsgesellschaften",
    "desafortunadamenteincomprensiblemente",
    "anticonstitucionalissimamente",
    "otorrinolaringologistas",
    "electroencefalografista",
    "WhatsAppBusinessManagementApiException",
    "com.gupshup.messaging.MessageDeliveryFailedException",
    "AbstractSingletonProxyFactoryBean",
    "handleTemplateMessageWebhookEvent",
    "MESSAGE_TEMPLATE_STATUS_UPDATE_EVENT",
    "InvalidParameterExceptionHandlerV2",
    "org.springframework.web.client.HttpClientErrorException",
)
_TEMPLATES = (
    "bienvenida_cliente_nuevo_{}_es_mx",
    "order_update_{}_v2_en_us",
    "promo_navidad_{}_b2b_v3",
    "confirmacion-de-pedido-{}-final",
    "lembrete_pagamento_{}_pt_br",
)
_HOSTS = (
    "arn:aws:sns:us-east-1:{}:whatsapp-delivery-events",
    "ec2-54-123-45-67.compute-1.amazonaws.com",
    "https://adashop-production-whatsapp-gateway.southamerica-east1.run.app/webhook",
    "whatsapp-worker-7d9f8b6c5d-x2k4q",
    "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/#131026",
    "s3://adashop-backups/whatsapp/2026/03/export_2026_03_15.csv",
)

KEPT: Mapping[str, Callable[[Random], str]] = {
    "long words and class names": lambda r: f"Falla {r.choice(_WORDS)} otra vez",
    "template names": lambda r: f"plantilla {r.choice(_TEMPLATES).format(r.randrange(1, 2030))} rechazada",
    "hosts, paths, ARNs": lambda r: f"en {r.choice(_HOSTS).format(r.randrange(10**11, 10**12))} hoy",
    "trace and request ids": lambda r: r.choice(
        ("trace id: {}", "x-request-id: {}", '"traceId":"{}"', "request_id={}", "correlation id {}")
    ).format(_hex(r, 32)),
    "checksums": lambda r: r.choice(
        ("md5: {0:.32}", "sha256 {0}", "SHA-256: {0}", "checksum={0:.32}", "commit {0:.40}")
    ).format(_hex(r, 64)),
    "order and tracking numbers": lambda r: r.choice(
        ("Pedido ORD-2026-{0:06d}", "orden {1}", "guía 1Z999AA1{0:08d}", "rastreio BR{1}XX",
         "order_id: {1}", "folio {1}")
    ).format(r.randrange(10**6), r.randrange(900_000_000, 999_999_999)),
    "pictures in base64": lambda r: "data:image/png;base64,iVBORw0KGgo" + base64.b64encode(r.randbytes(90)).decode(),
    "ids in a table": lambda r: f"id,template,code,status\n{_uuid(r)},promo_2026,131026,failed\n"
    f"{_uuid(r)},alta,1003,failed",
    "ids one a line": lambda r: f"{_uuid(r)}\n{_uuid(r)}\n{_uuid(r)}",
    "orders one a line": lambda r: "\n".join(f"ORD{r.randrange(10**9, 10**10)}" for _ in range(3)),
    "log lines": lambda r: f"2026-03-15T10:00:{r.randrange(10,60)}Z ERROR gsId={_uuid(r)} code=131026\n"
    f"2026-03-15T10:01:{r.randrange(10,60)}Z WARN retry2 worker3",
    "talk of passwords": lambda r: r.choice(
        (
            "la contraseña de la cuenta es incorrecta",
            "the password for the account is wrong, error 401",
            "A senha da conta está correta",
            "the key for the template is greeting",
            "user, password, app\nHola equipo, error 131026, gracias",
            "invalid userId or password, error 102\nno envía, desde ayer, nada",
            "Key,Value\ncode,131026\nstatus,failed",
            "AdaShop (token expired)",
            "WhatsApp is our key channel",
        )
    ),
}  # fmt: skip
