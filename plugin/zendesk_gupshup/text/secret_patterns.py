"""What a secret looks like by the words and signs around it: the rules that masking and detection share."""

from __future__ import annotations

import re

from ahocorasick_rs import BytesAhoCorasick

from zendesk_gupshup.text.secret_phrases import ANY_LABEL
from zendesk_gupshup.text.secret_rules import (
    KEY_LENGTH,
    SecretRule,
    is_account_key,
    is_live,
    is_live_and_random,
    is_live_password,
    is_stated_password,
    key_is_near,
    looks_like_password,
)

# What may stand between a label and its value: `": "`, `\":\"`, `=`, ` => `, `%3D`, `</b>: `, ` es `.
_TO_VALUE = (
    r"""(?:_[A-Za-z0-9]{1,20}){0,3}[\\"'`*_)\]]{0,4}(?:[ \t]?\([^()\n]{1,30}\))?"""
    r"""(?:[.·_]{2,40})?\s{0,2}(?:</?[a-z]{1,8}>){0,2}\s{0,2}"""
    r"""(?:=>|->|:=|[:=|>]|%3[AaDd]|[-–—](?=[ \t])|\b(?:is|es|é)\b(?=\s))\s{0,3}(?:</?[a-z]{1,8}>){0,2}[\s*`]{0,3}"""
)
_OPEN = r"""(?:\\{0,2}["'])?"""
_VALUE = r"(?P<secret>[A-Za-z0-9._~+/=-]{12,}+)"

_KEY_LABEL = (
    r"(?:api[ _-]?(?:key|token)|(?:app|access|auth|partner|refresh|bearer|verify|zendesk)[ _-]?(?:key|token)|token|"
    r"client[ _-]?secret|secret[ _-]?(?:key)?|clave (?:de (?:la )?)?api|(?:api )?chave(?: d[ae])?(?: api)?|llave|"
    r"authorization|x-hub-signature(?:-256)?|webhook[ _-]?secret|credentials?|credencia(?:l|les|is)|"
    r"x-(?:api|auth|app)(?:-[a-z]{1,10})?|partner[ _-]?secret)"
)
_LOGIN_LABEL = (
    r"(?<!</)(?:password|passwd|passcode|passphrase|contrase(?:ñ|n)a|clave|senha|palavra-passe|pwd|"
    r"(?<![a-z])(?:pass|psw|pw(?![a-z])))"
)
# A comma inside a password, and not the one before the next label: `pwd=a,b7 user` but `pwd=a,token: b7`.
_INNER = r"""[,;|](?=[^\s"'<>&,;|\ue000])(?![A-Za-zÀ-ÿ_-]{1,30}(?:[\s:=>"']|$))"""
# What may stand between a label and its value in a sentence: some words and a verb, `de la cuenta es`, `changed to`.
_SAID = (
    r"(?:[ \t\n]{1,2}[^\s:=.,;!?|\ue000]{1,24}){0,7}?[ \t]{0,2}"
    r"(?:[:=]|[ \t\n](?:is|es|é|era|was|foi|fue|será|sería|seria|siendo|reads|says|ahora|now|agora|"
    r"(?P<to>to|por|para|as|como|a))(?=[ \t\n:]))"
    r"[ \t\n:]{0,3}"
)
_CODE_LABEL = (
    r"(?<![a-z])(?:(?:otp|pin)(?: [^\s:=\d]{1,15}){1,6}?(?=\s?[:=]|\s(?:is|es|é)\s)|otp|pin|"
    r"c[óo]digo de (?:\d|seis|cuatro|quatro) d[íi]gitos|(?:\d|six|four)[ -]digit code|"
    r"one[ -]time (?:password|pass ?code|code)|(?:verification|security|login|confirmation) code|"
    r"two[ -]step(?: verification)? (?:pin|code)|(?:(?<=%20)|(?<!\d))2fa(?: code)?|"
    r"(?:c[óo]digo|clave|pin|senha) (?:de )?(?:la )?(?:verificaci[óo]n|verifica[çc][ãa]o|seguridad|seguran[çc]a|acceso|"
    r"acesso|confirmaci[óo]n|confirma[çc][ãa]o|autenticaci[óo]n|autentica[çc][ãa]o|un solo uso|uso [úu]nico|"
    r"dos pasos|duas etapas|din[áa]mica?)(?: em duas etapas| en dos pasos)?)"
)
_CODE = r"(?P<secret>\d{3}[ -]\d{3}|\d{4,8})(?![\d.-]*\d)"
_QUERY = (
    r"(?i:api[_-]?key|key|(?:access_|app_?|verify_)?token|auth(?:key)?|(?:client_)?secret|sig(?:nature)?|a)"
    r"""=(?P<secret>[^&\s"'<>#\\|\ue000]{6,512})"""
)

# In small letters, without a letter that Latin-1 lacks.
LABELS = ("pass", "contrase", "clave", "senha", "pwd", "psw", "pw", "key", "token", "secret", "segredo", "chave",
           "llave", "credenc", "credent", "pin", "otp", "authorization", "hash")  # fmt: skip

RULES: tuple[SecretRule, ...] = (
    # Message ids hold the recipient's number: `wamid.` in base64, `gBEG` and its kin packed.
    *(
        SecretRule("message_id", (hint,), re.compile(pattern), instead="…", secret=False)
        for hint, pattern in (
            ("wamid.", r"(?i:wamid\.)(?P<secret>[A-Za-z0-9+/=_%-]{8,}+)"),
            ("wacid.", r"(?i:wacid\.)(?P<secret>[A-Za-z0-9+/=_%-]{8,}+)"),
            ("beg", r"(?<![A-Za-z0-9+/])(?:gBEG|ABEG)(?P<secret>[A-Za-z0-9+/=_-]{8,}+)"),
            ("gbgg", r"(?<![A-Za-z0-9+/])gBGG(?P<secret>[A-Za-z0-9+/=_-]{8,}+)"),
            ("hbg", r"(?<![A-Za-z0-9+/])HBg(?P<secret>[A-Za-z0-9+/=_-]{16,}+)"),
        )
    ),
    SecretRule("partner_token", ("eyj",), re.compile(r"(?<![\w-])eyJ(?P<secret>[\w-]{8,}+(?:\.[\w-]++){0,4})")),
    SecretRule("app_token", ("sk_",), re.compile(r"(?<![A-Za-z0-9])(?i:sk_)(?P<secret>\w{20,}+)"), is_live),
    SecretRule("meta_token", ("eaa",), re.compile(r"(?<![A-Za-z0-9])EAA(?P<secret>[A-Za-z0-9_-]{16,}+)"), is_live),
    SecretRule("zendesk_token", ("/token:",), re.compile(r"/token:(?P<secret>[A-Za-z0-9]{12,}+)"), is_live),
    SecretRule("zendesk_token", ("/token/",),
               re.compile(r"/attachments/token/(?P<secret>[A-Za-z0-9_-]{8,}+)"), is_live),
    SecretRule(
        "authorization",
        ("bearer", "basic"),
        re.compile(r"(?i)(?<![a-z])(?:bearer|basic)(?:[ \t:]|%20|\\t){1,4}" + _OPEN + r"(?P<secret>[\w.~+/=-]{8,}+)"),
        is_live_and_random,
    ),
    SecretRule("authorization", (" -u", "--user"), re.compile(
        r"""(?<!\S)(?:-u|--user)[ =]{0,3}["']?[^\s:"']{1,80}:(?P<secret>[^\s"']{1,128})"""), is_live),
    SecretRule("authorization", ("://",),
               re.compile(r"""://[^\s/:@"']{1,80}:(?P<secret>[^\s/@"']{1,128})@"""), is_live),
    SecretRule("url_token", ("?", "&"), re.compile("[?&;]" + _QUERY), is_live),
    SecretRule(
        "account",
        ("userid=",),
        re.compile(r"(?i)(?<![a-z])userid=(?P<keep>2000)?(?P<secret>[0-9a-z]{4,40})"),
        is_live,
        instead="…",
        secret=False,
    ),
    # A name and its value as a program's words for settings: `{"name":"password","value":"..."}`, `("apikey", "...")`.
    SecretRule(
        "password",
        ("pass", "contrase", "clave", "senha", "pwd", "psw", "key", "token", "secret"),
        re.compile(
            r"(?i)(?:pass(?:word|wd|code|phrase)?|contrase(?:ñ|n)a|clave|senha|pwd|psw|key|token|secret)\\?[\"']\s{0,3}"
            r"[,>)]?\s{0,3}(?:\\?[\"']?(?:value|valor)\\?[\"']?\s{0,3}[:=]\s{0,3})?(?:\\?[\"'\[>]\s{0,2}){1,2}"
            r"(?P<secret>[^\s\"'<>\\\ue000]{5,128})(?=\\?[\"'<])"
        ),
        looks_like_password,
        reach=1,
    ),
    SecretRule(
        "password",
        ("pass", "contrase", "clave", "senha", "pwd", "psw", "key", "token", "secret"),
        re.compile(
            r"(?i)(?:pass(?:word|wd|code|phrase)?|contrase(?:ñ|n)a|clave|senha|pwd|psw|key|token|secret)[\"']?\s{0,3},?\s{1,20}"
            r"[\"']?(?:value|valor)[\"']?\s{0,3}[:=]\s{0,3}[\"']?(?P<secret>[^\s\"'<>,\ue000]{5,128})"
        ),
        looks_like_password,
        reach=1,
    ),
    # The same with other members between, in either order, and as an element.
    SecretRule("password", ("pass", "contrase", "clave", "senha", "pwd", "psw", "key", "token", "secret"), re.compile(
        r"(?i)(?:pass(?:word|wd|code|phrase)?|contrase(?:ñ|n)a|clave|senha|pwd|psw|key|token|secret)[\"'],[^{}]{1,200}?"
        r"[\"']value[\"']\s{0,3}:\s{0,3}[\"'](?P<secret>[^\s\"'<>\ue000]{5,128})"), looks_like_password, reach=1),
    SecretRule("password", ("value",), re.compile(
        r"(?i)value[\"']\s{0,3}:\s{0,3}[\"'](?P<secret>[^\s\"'<>\ue000]{5,128})[\"'],[^{}]{1,200}?[\"'][\w-]{0,20}"
        r"(?:password|passwd|pwd|senha|clave|contrase(?:ñ|n)a|key|token|secret)[\"']"), looks_like_password, reach=0),
    SecretRule("password", ("pass", "contrase", "clave", "senha", "pwd", "psw"), re.compile(
        r"(?i)(?:pass(?:word|wd|code|phrase)?|contrase(?:ñ|n)a|clave|senha|pwd|psw)\s[^<>]{1,200}>"
        r"(?P<secret>[^\s<>\ue000]{4,128})</"), looks_like_password, reach=1),
    # On the command lines of databases and shells.
    SecretRule("password", ("securestring",), re.compile(
        r"(?i)securestring\s{1,3}(?:-string\s{1,3})?[\"'](?P<secret>[^\"'\n\ue000]{4,128})[\"']"), is_live, reach=0),
    SecretRule("password", ("identified",), re.compile(
        r"(?i)identified\s(?:with\s\w{1,40}\s)?by\s{1,3}[\"'](?P<secret>[^\"'\n\ue000]{4,128})[\"']"),
        is_live, reach=0),
    SecretRule("password", ("mysql", "sshpass", "redis-cli"), re.compile(
        r"(?i)(?:mysql\w{0,12}|sshpass|redis-cli)\s[^\n]{0,120}?(?<=\s)-[pa]\s?[\"']?"
        r"(?P<secret>[^\s\"'\ue000]{6,128})"), looks_like_password,
        reach=0),
    # A login in two parts, of which nothing calls the second one a password.
    SecretRule("password", ("auth", "login", "cred"), re.compile(
        r"(?i)(?:auth|login|credentials?|credencia(?:les|is)|cred(?:en)?s)[\"']?\s{0,2}[=:(]{1,2}\s{0,2}\(?[\"']?[\w.@+-]{2,80}"
        r"[\"']?\s{0,2}[,/|:]\s{0,2}[\"']?(?P<secret>[^\s\"'<>,;)\ue000]{6,128})"), looks_like_password, reach=9),
    SecretRule("password", ("2000",), re.compile(
        r"(?<!\d)2000\d{6}[ \t]{0,2}[:/|][ \t]{0,2}(?P<secret>[^\s\"'<>,;\ue000]{6,128})"),
        looks_like_password, reach=0),
    # Codes before passwords: `clave de verificación: 123456` is no password.
    SecretRule(
        "otp",
        ("otp", "pin", "code", "código", "codigo", "clave", "senha", "one", "2fa"),
        re.compile(
            r"(?i)" + _CODE_LABEL + r"""(?:[\s:=#"'\\*>-]{1,6}"""
            r"(?:(?:is|es|é|was|fue|foi|era|code|c[óo]digo|number|n[úu]mero|"
            r"recibido|recebido|received|enviado|sent)\b)?){1,3}" + _CODE
        ),
        reach=30,
    ),
    SecretRule(
        "otp",
        (" is ", " es ", " é "),
        re.compile(
            r"(?i)(?<!\d[.,])(?<![\d#+-])" + _CODE + r"\s{1,2}(?:is|es|é)\s{1,2}(?:your|the|tu|su|el|o|seu|teu)\s{1,2}"
            r"(?:\w{1,12}\s{1,2}){0,2}(?:otp|pin|code|c[óo]digo|clave|senha)(?![a-z])"
        ),
        reach=12,
    ),
    SecretRule(
        "password",
        ("pass", "contrase", "clave", "senha", "pwd", "psw", "pw"),
        re.compile(
            r"(?i)" + _LOGIN_LABEL + r"(?P<said>" + _TO_VALUE + r"|\s(?=\S))"
            r"""(?:(?P<quote>\\{0,2}["'])(?P<quoted>)|)"""
            r"""(?P<secret>(?(quoted)(?:[^"'\\\r\n\ue000]|\\[^"'\r\n]|(?<=[\w!@#$%^&*])'(?=\w)){1,128}|"""
            r"""(?:[^\s"'<>&,;|\ue000]|""" + _INNER + r"""){4,128}))"""
        ),
        is_live_password,
        reach=10,
    ),
    SecretRule("api_key", ("key", "token", "secret", "chave", "clave", "llave", "authorization", "signature", "credenc",
                       "credent", "x-a"), re.compile(
        r"(?i)" + _KEY_LABEL + _TO_VALUE + _OPEN + r"(?:sha256=)?" + _VALUE), is_live_and_random, reach=30),
    SecretRule("api_key", (KEY_LENGTH,), re.compile(
        r"(?<![A-Za-z0-9])(?P<secret>[a-z0-9]{32})(?![A-Za-z0-9])"), is_account_key),
    SecretRule("api_token", ("key", "token", "secret", "clave", "chave", "zendesk"), re.compile(
        r"(?<![A-Za-z0-9])(?P<secret>[A-Za-z0-9]{40}|[a-f0-9]{64})(?![A-Za-z0-9])"),
        lambda match: is_live_and_random(match) and key_is_near(match)),
    SecretRule(
        "password",
        LABELS,
        re.compile(r"(?i)(?<![a-z])(?P<label>" + ANY_LABEL + r")s?(?![a-z])" + _SAID
                   + r"""["'`“«(]{0,2}(?P<secret>[^\s"'`<>”»;|\ue000]{4,128})"""),
        is_stated_password,
        reach=20,
    ),
)  # fmt: skip

HINTS = tuple({hint for rule in RULES for hint in rule.hints})
HINTS_IN = BytesAhoCorasick([hint.encode("latin-1") for hint in HINTS])
