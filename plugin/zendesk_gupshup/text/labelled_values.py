"""Labels that betray a secret, and which values below or beside them are one."""

from __future__ import annotations

import re

from zendesk_gupshup.text.random_strings import is_odd

# Below these anything is secret.
_SURE = re.compile(
    r"(?i)(?<![a-z])(?:api[ _-]?key|apikey|(?:api|access|auth|app|bearer|refresh|partner)[ _-]?(?:token|secret)|"
    r"client[ _-]?secret|secret|secreto|segredo|"
    r"pass ?words?|passwd|pass(?:code|phrase)|pwd|psw|pw|contrase(?:ñ|n)as?|contrasenias?|senhas?|palavra-passe|"
    r"credenciales|credenciais|credentials?|"
    r"(?:clave|chave)s? (?:de |da |del |do )?(?:la )?(?:api|acceso|acesso))(?![a-z])"
)
# Below these stand many things: only what looks random is secret.
_UNSURE = re.compile(
    r"(?i)(?<![a-z])(?:keys?|tokens?|pass|claves?|chaves?|llaves?|pin|otp|authorization|credencial|hash|"
    r"\w{0,20}_(?:key|token|secret|password))(?![a-z])"
)
# A password more often than not: a name and a number below it are one, a word or an id is none.
_OFTEN = re.compile(r"(?i)(?<![a-z])(?:pass|claves?|chaves?)(?![a-z])")
_SENTENCE = re.compile(
    r"(?i)[:=?!]|[.,;](?:\s|$)|(?<![^\W_])(?:is|are|es|é|no|not|não|with|con|com|invalid[ao]?|inv[áa]lid[ao]|wrong|error|or|"
    r"incorrect[ao]?|incorret[ao]|check|our|failed|please|missing|has|with)(?![^\W_])"
)
# A name with a sign and a number, as people make passwords.
SIGNED = re.compile(r"[^\W\d_]{3,20}[.@#$*!][0-9]{1,8}[!.#$*]?")
_USER_TOO = re.compile(r"(?i)user|usuario|usu[áa]rio|login|(?<![a-z])id(?![a-z])|mail")
# fmt: off
_NO_VALUE = frozenset((
    "yes", "no", "true", "false", "null", "none", "n/a", "na", "si", "sí", "não", "nao", "ok", "valid", "invalid",
    "válida", "inválida", "valida", "invalida", "expired", "vencida", "required", "string", "text", "varchar",
    "password", "senha", "contraseña", "clave", "token", "key", "apikey", "value", "valor", "tipo", "type", "nombre",
    "name", "changed", "active", "activo", "ativo", "inactive", "pending", "optional", "unknown", "missing", "empty",
))
# fmt: on
_MASKED = re.compile(r"\*{3,}|[•…\ue000]|(?i:x{4,})")
_PLACEHOLDER = re.compile(r"^(?:[<{\[$%]|(?i:your|my|insert|example|ejemplo|exemplo|su|tu|seu|mi)[ _-])")
_ERROR_CODE = re.compile(r"13[0-6]\d{3}|2(?:388|494|593)\d{3}|[45]\d\d|100\d|101[0-2]|400[1-5]|47[0-2]")
_ADDRESS = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_NAMED = re.compile(r"(?:[A-Z]?[a-z]{2,}){1,5}[0-9]{0,8}|[A-Z]+[0-9]{0,8}|[0-9]+(?:[a-z]{1,3}|[A-Z]{1,3})?")
_PARTS = re.compile(r"[A-Za-z0-9]{4,}")
_SIGN = re.compile(r"(?<=[A-Za-z0-9])[!#$%^*@&?~+]")
# From, to.
Cell = tuple[int, int]


def label_in(cell: str) -> tuple[bool | None, bool] | None:
    """Whether a cell is a label at all, whether it leaves no doubt, and whether it names a user beside the password."""
    # Behind the key of JSON in whose value the table begins.
    bare = cell.strip(" \t\r\"'*_`>:|#-").rpartition('": "')[2]
    words = bare.replace("/", " ").split()
    if not 2 <= len(bare) <= 40 or len(words) > 5 or _SENTENCE.search(bare) or sum(c.isdigit() for c in bare) > 2:
        return None
    # `Psw9Em7N` is a value.
    if any(is_random(word) for word in words if any(c.isdigit() for c in word)):
        return None
    if _SURE.search(bare):
        return True, _USER_TOO.search(bare) is not None
    # `Key` and `clave` are labels of their own, and no labels amid other words.
    if len(words) <= 3 and _UNSURE.search(bare):
        return (None if _OFTEN.search(bare) else False), _USER_TOO.search(bare) is not None
    return None


def secret_in(line: str, cell: Cell, *, sure: bool | None, user: bool) -> Cell | None:
    start, end = cell
    while start < end and line[start] in " \t\"'`*":
        start += 1
    while start < end and line[end - 1] in " \t\r\"'`*":
        end -= 1
    if user and (parted := re.compile(r"[^\s/:|]{1,80}[ ]?[/:| ][ ]?").match(line, start, end)):
        start = parted.end()
    value = line[start:end]
    if len(value) < 3 or _MASKED.search(value) or _PLACEHOLDER.match(value) or value.lower() in _NO_VALUE:
        return None
    if not any(c.isalnum() for c in value):
        return None
    named = sure is None and any(c.isdigit() for c in value) and any(c.isalpha() for c in value) and "_" not in value
    if (sure or named) and len(value.split()) == 1 and "://" not in value and not _UUID.search(value):
        return start, end
    return (start, end) if is_random(value) else None


def is_random(value: str) -> bool:
    """One word as no language and no program has it: letters, digits and signs mixed, or a number that is no code."""
    if len(value.split()) != 1 or len(value) < 4 or "://" in value or _ADDRESS.fullmatch(value) or _UUID.search(value):
        return False
    if value.isdigit():
        return 4 <= len(value) <= 8 and not _ERROR_CODE.fullmatch(value)
    bare = value.strip("*_`'\".,:;()[]{}<>")
    if len(bare) < 4 or not any(c.isalpha() for c in bare):
        return False
    signs = _SIGN.search(value) is not None and (any(c.isdigit() for c in bare) or _SIGN.search(bare[1:-1]) is not None)
    return (signs and len(value) >= 6 and "=" not in bare) or any(_is_mixed(part) for part in _PARTS.findall(bare))


def _is_mixed(part: str) -> bool:
    """Beside a label less is needed than in a run of its own: `26BFLzze`, and neither `AdaShop2026` nor `10am`."""
    both = any(c.isdigit() for c in part) and any(c.isalpha() for c in part)
    return len(part) >= 6 and (is_odd(part) or (both and _NAMED.fullmatch(part) is None))
