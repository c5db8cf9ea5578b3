"""Texts as people and programs write secrets into tickets, one line of data a form; `{}` is the secret."""

from __future__ import annotations

import base64
import string
from collections.abc import Callable, Mapping
from random import Random

from support.redaction_forms import Case

_HEX, _LOWER, _MIXED = "0123456789abcdef", string.ascii_lowercase + string.digits, string.ascii_letters + string.digits


def _some(random: Random, letters: str, size: int) -> str:
    while True:
        made = "".join(random.choices(letters, k=size))
        if sum(c.isdigit() for c in made) >= 2 and sum(c.isalpha() for c in made) >= 2:
            return made


def key(random: Random) -> str:
    return random.choice(
        (
            _some(random, _HEX, 32),
            _some(random, _LOWER, 32),
            "sk_" + _some(random, _HEX, 32),
            "EAA" + _some(random, _MIXED, 120),
            _some(random, _MIXED, 40),
            base64.b64encode(_some(random, _HEX, 32).encode()).decode(),
        )
    )


def password(random: Random) -> str:
    """Random, of parts, or a name with a sign and a year."""
    name = random.choice(("Gupshup", "Tienda", "Acceso", "Verano", "Clinica"))
    return random.choice(
        (
            _some(random, _MIXED, 9),
            _some(random, _MIXED, 8) + random.choice("!$"),
            f"{name}{random.choice('@.')}{random.randrange(2019, 2027)}",
            f"{random.choice('ABC')}{_some(random, _LOWER, 7)}_{_some(random, _LOWER, 4)}",
        )
    )


KEYS = (
    "pm.environment.set('gs_apikey', '{}');",
    '{{"request":{{"header":[{{"key":"apikey","value":"{}","type":"text"}}]}}}}',
    '{{"apikey":[{{"key":"value","value":"{}"}},{{"key":"key","value":"apikey"}}]}}',
    "$headers = @{{\n  'apikey' = '{}'\n  'Cache-Control' = 'no-cache'\n}}",
    '$h.Add("apikey", "{}")',
    '.header("apikey", "{}")\n  .header("Accept", "*/*")',
    "curl_setopt($ch, CURLOPT_HTTPHEADER, array('apikey: {}','Accept: */*'));",
    "services:\n  bot:\n    environment:\n      - GS_KEY={}\n      - TZ=UTC",
    'APP_ENV=prod\r\nGUPSHUP_APIKEY="{}"\r\nDB_HOST=10.0.0.3\r\n',
    "POST /wa/api/v1/msg HTTP/1.1\r\nHost: api.gupshup.io\r\nApikey: {}\r\nContent-Length: 120\r\n",
    '<config><entry key="apikey">{}</entry><entry key="app">AdaShop</entry></config>',
    "INSERT INTO integraciones (nombre, api_key, estado) VALUES ('gupshup', '{}', 'ok')",
    "UPDATE settings SET value='{}' WHERE name='gupshup_api_key';",
    '{{"cookies":[{{"name":"auth_token","value":"{}"}}]}}',
    'id;payload\r\n1;"{{""apikey"":""{}"",""app"":""Ada""}}"\r\n',
    "apiVersion: v1\nkind: Secret\ndata:\n  apikey: {}\ntype: Opaque",
    "[15/3/26, 10:15:12] Ada: te paso la api key\n[15/3/26, 10:15:40] Ada: {}\n[15/3/26, 10:16:01] Beto: gracias",
    "Hola\r\nLa llave es la siguiente:\r\n\r\n{}\r\n\r\nQuedo atenta",
    "API KEY\nShow  Copy  Regenerate\n{}\nApp ID",
    "> > > API KEY = {}\n> > ok\n> gracias",
    "helm upgrade bot --set gupshup.apikey={} --set replicas=2",
    "https://hooks.example.com/gupshup/in/{}",
)
PASSWORDS = (
    "15/03/2026 10:15 - Ada: a senha é essa aqui 👇\n15/03/2026 10:16 - Ada: {}",
    "10:15 Ada\nmándame la clave\n10:16 Beto\n{}",
    "define('GUPSHUP_PASSWORD', '{}');",
    "[Mon 10:15] Ada > senha\n[Mon 10:15] Ada > {}",
    "PASSWORD_HSM={}\nTZ=UTC",
    "$cred = ConvertTo-SecureString '{}' -AsPlainText -Force",
    "Contraseña temporal enviada por SMS: {}",
    '<add key="GupshupPassword" value="{}" />',
    '<credentials username="2000188231" password="{}"/>',
    '<wsse:Password Type="PasswordText">{}</wsse:Password>',
    "INSERT INTO cuentas (id, usuario, clave, activo) VALUES (7, '2000188231', '{}', 1);",
    '[["user", "password"], ["2000188231", "{}"]]',
    '{{"queryString":[{{"name":"userid","value":"2000188231"}},{{"name":"password","value":"{}"}}]}}',
    '{{"name":"password","type":"string","in":"query","value":"{}"}}',
    "- name: GUPSHUP_PASSWORD\n  value: {}\n- name: TZ\n  value: UTC",
    "spring.gupshup.password = {}",
    "map.put(\"password\", \"{}\"); map.put(\"userid\",\"2000188231\");",
    "requests.post(url, auth=('ada', '{}'))",
    "UserID: 2000188231\nPassword (HSM): {}\nURL: https://example.com",
    "Cuenta.......: 2000188231\r\nContraseña...: {}\r\n",
    "ID - 2000188231\nPWD - {}\nRegards",
    "usr: 2000188231 psw: {}",
    "credenciales: 2000188231 / {}",
    "2000188231:{} no autentica en el gateway",
    "the credentials you sent (2000188231 / {}) are refused",
    "Prezados, seguem dados: usuário 2000188231, senha provisória {}. Att",
    "password was changed from {} yesterday",
    "La clave del panel sería {}, prueben",
    "La nueva contraseña quedó así: {}",
    "La clave de acceso al portal de Enterprise que nos llegó por correo fue {} y da error 102",
    "mi usuario es 2000188231 y mi clave {} pero me sale error 102",
    "I tried {} as the password and it fails",
    "<table><tr><td>Senha</td><td>{}</td></tr></table>",
    'ALTER USER gs IDENTIFIED BY "{}";',
    "$config['password'] = '{}';\n$config['userid'] = '2000188231';",
    "Usuario  2000188231\nContraseña  {}\nIniciar sesión",
)  # fmt: skip
CODES = (
    "PIN de dos pasos del número: {}",
    "OTP for login is {}",
    "código de 6 dígitos: {} para registrar el número",
    "a 6-digit code: {}",
    "o código de verificação recebido foi {}",
)


def _key(random: Random) -> Case:
    value = key(random)
    return Case(random.choice(KEYS).format(value), value)


def _password(random: Random) -> Case:
    value = password(random)
    return Case(random.choice(PASSWORDS).format(value), value)


def _code(random: Random) -> Case:
    value = f"{random.randrange(100_000, 999_999)}"
    return Case(random.choice(CODES).format(value), value)


def _read_in_groups(random: Random) -> Case:
    value, size = _some(random, random.choice((_HEX, _LOWER)), 32), random.choice((8, 16))
    shown = " ".join(value[at : at + size] for at in range(0, 32, size))
    return Case(f"Apl Key {shown} Copy", value)


WRITTEN: Mapping[str, Callable[[Random], Case]] = {
    "key as programs write it": _key,
    "password as people write it": _password,
    "code behind some words": _code,
    "key read from a picture": _read_in_groups,
}
