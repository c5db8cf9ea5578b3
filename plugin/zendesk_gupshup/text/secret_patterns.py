"""What a secret looks like by the words and signs around it: the rules that masking and detection share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ahocorasick_rs import BytesAhoCorasick

from zendesk_gupshup.text.secret_phrases import ANY_LABEL, MASKED, NAMED, is_password

GONE = "****"


def _always(_: re.Match[str]) -> bool:
    return True


@dataclass(frozen=True)
class SecretRule:
    kind: str
    # The rule is tried only where one of these stands in the lower-case text.
    hints: tuple[str, ...]
    # The group `secret` goes; what is around it stays, so that a reader sees what was there.
    pattern: re.Pattern[str]
    live: Callable[[re.Match[str]], bool] = _always
    instead: str = GONE
    secret: bool = True
    # A match begins at most so far before a hint: of many long words the engine looks for all at each character.
    reach: int | None = None


def matches(rule: SecretRule, text: str, hints: Mapping[str, Sequence[int]]) -> Iterator[re.Match[str]]:
    if rule.reach is None:
        yield from rule.pattern.finditer(text)
        return
    at = 0
    for place in sorted({place for hint in rule.hints for place in hints.get(hint, ())}):
        at = max(at, place - rule.reach)
        while at <= place:
            match = rule.pattern.match(text, at)
            if match:
                yield match
            at = match.end() if match else at + 1


# In place of a hint: so many letters and digits in a row.
KEY_LENGTH = "32 letters and digits"
LETTERS = bytes(b"x"[0] if code in b"abcdefghijklmnopqrstuvwxyz0123456789" else 32 for code in range(256))
_PLACEHOLDER = re.compile(
    r"^(?:\{|<.*>?$|\[[A-Za-z ]+\]?$|\$\{|\$[A-Z_]{3,}$|%[A-Z_]{3,}%$|"
    r"(?i:your|my|insert|example|ejemplo|exemplo|su|tu|seu|sua|mi)[ _-]\D*$)"
)


def _live(match: re.Match[str]) -> bool:
    """Not a placeholder (`YOUR_API_KEY`, `{{key}}`, `<key>`) and not masked already."""
    value = match["secret"]
    # Half a value of x is masked; four in a row may stand in a long token.
    crossed = 2 * value.lower().count("x") >= len(value)
    return len(set(value)) > 2 and not crossed and not MASKED.search(value) and not _PLACEHOLDER.match(value)


def _random(match: re.Match[str]) -> bool:
    """As no word of a language is: letters and digits mixed, or far too long."""
    value = match["secret"]
    mixed = any(c.isdigit() for c in value) and any(c.isalpha() for c in value)
    return _live(match) and (mixed or len(value) >= 24)


def _password(match: re.Match[str]) -> bool:
    """After `=` or in quotes anything is a password; in prose a word is one only at the end of its line."""
    if not _live(match):
        return False
    value, said = match["secret"], match["said"]
    if match["quote"] or "=" in said or ">" in said:
        return True
    # `URL-encoded` is a word.
    odd = any(not c.isalpha() and c != "-" for c in value.rstrip(".,;:!?)"))
    if ":" in said:
        return odd or value not in (value.lower(), value.upper(), value.capitalize()) or _ends_line(match)
    return odd and len(value) >= 6 and (said.strip() != "" or any(c.isalpha() for c in value))


def _ends_line(match: re.Match[str]) -> bool:
    return match.string[match.end() : match.end() + 1] in ("", "\n", "\r")


def _told(match: re.Match[str]) -> bool:
    """Some words after its label a password is one only by its looks; a name and a year are enough of these."""
    value = match["secret"].rstrip(".,;:!?)")
    label = match["label"].lower()
    sure = label.startswith(("pass", "contra", "senha", "pwd")) or (label in ("clave", "chave") and match["to"] is None)
    return _live(match) and (is_password(value) or (sure and NAMED.fullmatch(value) is not None))


def _like_password(match: re.Match[str]) -> bool:
    value = match["secret"]
    return _live(match) and (is_password(value) or NAMED.fullmatch(value) is not None)


_KEY_WORDS = re.compile(
    r"(?i)api.?key|(?<![a-z])(?:keys?|clave|chave|llave|token|secret)(?![a-z])|header|encabezado|cabe[çc]alho|credenci"
)


_LONG = re.compile(r"[A-Za-z0-9]{32,64}|\ue000+")


def _key_is_near(match: re.Match[str]) -> bool:
    # As near as it will be once the keys before it are masked, or masking twice would find more than masking once.
    before = _LONG.sub(GONE, match.string[max(0, match.start() - 400) : match.start()])[-60:]
    return bool(_KEY_WORDS.search(before) or _KEY_WORDS.search(match.string[match.end() : match.end() + 30]))


def _account_key(match: re.Match[str]) -> bool:
    """32 letters and digits: a key if more than hexadecimal or beside a word that says so, else some id."""
    value = match["secret"]
    mixed = any(c.isdigit() for c in value) and any(c.isalpha() for c in value)
    return mixed and (any(c > "f" for c in value) or _key_is_near(match))


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
    SecretRule("app_token", ("sk_",), re.compile(r"(?<![A-Za-z0-9])(?i:sk_)(?P<secret>\w{20,}+)"), _live),
    SecretRule("meta_token", ("eaa",), re.compile(r"(?<![A-Za-z0-9])EAA(?P<secret>[A-Za-z0-9_-]{16,}+)"), _live),
    SecretRule("zendesk_token", ("/token:",), re.compile(r"/token:(?P<secret>[A-Za-z0-9]{12,}+)"), _live),
    SecretRule("zendesk_token", ("/token/",), re.compile(r"/attachments/token/(?P<secret>[A-Za-z0-9_-]{8,}+)"), _live),
    SecretRule(
        "authorization",
        ("bearer", "basic"),
        re.compile(r"(?i)(?<![a-z])(?:bearer|basic)(?:[ \t:]|%20|\\t){1,4}" + _OPEN + r"(?P<secret>[\w.~+/=-]{8,}+)"),
        _random,
    ),
    SecretRule("authorization", (" -u", "--user"), re.compile(
        r"""(?<!\S)(?:-u|--user)[ =]{0,3}["']?[^\s:"']{1,80}:(?P<secret>[^\s"']{1,128})"""), _live),
    SecretRule("authorization", ("://",), re.compile(r"""://[^\s/:@"']{1,80}:(?P<secret>[^\s/@"']{1,128})@"""), _live),
    SecretRule("url_token", ("?", "&"), re.compile("[?&;]" + _QUERY), _live),
    SecretRule(
        "account",
        ("userid=",),
        re.compile(r"(?i)(?<![a-z])userid=(?P<keep>2000)?(?P<secret>[0-9a-z]{4,40})"),
        _live,
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
        _like_password,
        reach=1,
    ),
    SecretRule(
        "password",
        ("pass", "contrase", "clave", "senha", "pwd", "psw", "key", "token", "secret"),
        re.compile(
            r"(?i)(?:pass(?:word|wd|code|phrase)?|contrase(?:ñ|n)a|clave|senha|pwd|psw|key|token|secret)[\"']?\s{0,3},?\s{1,20}"
            r"[\"']?(?:value|valor)[\"']?\s{0,3}[:=]\s{0,3}[\"']?(?P<secret>[^\s\"'<>,\ue000]{5,128})"
        ),
        _like_password,
        reach=1,
    ),
    # The same with other members between, in either order, and as an element.
    SecretRule("password", ("pass", "contrase", "clave", "senha", "pwd", "psw", "key", "token", "secret"), re.compile(
        r"(?i)(?:pass(?:word|wd|code|phrase)?|contrase(?:ñ|n)a|clave|senha|pwd|psw|key|token|secret)[\"'],[^{}]{1,200}?"
        r"[\"']value[\"']\s{0,3}:\s{0,3}[\"'](?P<secret>[^\s\"'<>\ue000]{5,128})"), _like_password, reach=1),
    SecretRule("password", ("value",), re.compile(
        r"(?i)value[\"']\s{0,3}:\s{0,3}[\"'](?P<secret>[^\s\"'<>\ue000]{5,128})[\"'],[^{}]{1,200}?[\"'][\w-]{0,20}"
        r"(?:password|passwd|pwd|senha|clave|contrase(?:ñ|n)a|key|token|secret)[\"']"), _like_password, reach=0),
    SecretRule("password", ("pass", "contrase", "clave", "senha", "pwd", "psw"), re.compile(
        r"(?i)(?:pass(?:word|wd|code|phrase)?|contrase(?:ñ|n)a|clave|senha|pwd|psw)\s[^<>]{1,200}>"
        r"(?P<secret>[^\s<>\ue000]{4,128})</"), _like_password, reach=1),
    # On the command lines of databases and shells.
    SecretRule("password", ("securestring",), re.compile(
        r"(?i)securestring\s{1,3}(?:-string\s{1,3})?[\"'](?P<secret>[^\"'\n\ue000]{4,128})[\"']"), _live, reach=0),
    SecretRule("password", ("identified",), re.compile(
        r"(?i)identified\s(?:with\s\w{1,40}\s)?by\s{1,3}[\"'](?P<secret>[^\"'\n\ue000]{4,128})[\"']"), _live, reach=0),
    SecretRule("password", ("mysql", "sshpass", "redis-cli"), re.compile(
        r"(?i)(?:mysql\w{0,12}|sshpass|redis-cli)\s[^\n]{0,120}?(?<=\s)-[pa]\s?[\"']?"
        r"(?P<secret>[^\s\"'\ue000]{6,128})"), _like_password,
        reach=0),
    # A login in two parts, of which nothing calls the second one a password.
    SecretRule("password", ("auth", "login", "cred"), re.compile(
        r"(?i)(?:auth|login|credentials?|credencia(?:les|is)|cred(?:en)?s)[\"']?\s{0,2}[=:(]{1,2}\s{0,2}\(?[\"']?[\w.@+-]{2,80}"
        r"[\"']?\s{0,2}[,/|:]\s{0,2}[\"']?(?P<secret>[^\s\"'<>,;)\ue000]{6,128})"), _like_password, reach=9),
    SecretRule("password", ("2000",), re.compile(
        r"(?<!\d)2000\d{6}[ \t]{0,2}[:/|][ \t]{0,2}(?P<secret>[^\s\"'<>,;\ue000]{6,128})"), _like_password, reach=0),
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
        _password,
        reach=10,
    ),
    SecretRule("api_key", ("key", "token", "secret", "chave", "clave", "llave", "authorization", "signature", "credenc",
                       "credent", "x-a"), re.compile(
        r"(?i)" + _KEY_LABEL + _TO_VALUE + _OPEN + r"(?:sha256=)?" + _VALUE), _random, reach=30),
    SecretRule("api_key", (KEY_LENGTH,), re.compile(
        r"(?<![A-Za-z0-9])(?P<secret>[a-z0-9]{32})(?![A-Za-z0-9])"), _account_key),
    SecretRule("api_token", ("key", "token", "secret", "clave", "chave", "zendesk"), re.compile(
        r"(?<![A-Za-z0-9])(?P<secret>[A-Za-z0-9]{40}|[a-f0-9]{64})(?![A-Za-z0-9])"),
        lambda match: _random(match) and _key_is_near(match)),
    SecretRule(
        "password",
        LABELS,
        re.compile(r"(?i)(?<![a-z])(?P<label>" + ANY_LABEL + r")s?(?![a-z])" + _SAID
                   + r"""["'`“«(]{0,2}(?P<secret>[^\s"'`<>”»;|\ue000]{4,128})"""),
        _told,
        reach=20,
    ),
)  # fmt: skip

HINTS = tuple({hint for rule in RULES for hint in rule.hints})
HINTS_IN = BytesAhoCorasick([hint.encode("latin-1") for hint in HINTS])
