"""Passwords and keys in sentences: the word before what calls it one, and the random word some words behind."""

from __future__ import annotations

import re
from collections.abc import Iterator

from zendesk_gupshup.text.labelled_values import SIGNED, is_random
from zendesk_gupshup.text.phones import BLANK

MASKED = re.compile(r"\*{3,}|[•…]|^[#-]+$")


def is_password(value: str) -> bool:
    """Random, or of parts that each mix letters and digits, as generators of passwords join them."""
    parts = [part for part in re.split(r"[_.-]", value) if len(part) > 3]
    mixed = [part for part in parts if any(c.isdigit() for c in part) and any(c.isalpha() for c in part)]
    return is_random(value) or (len(mixed) > 1 and "@" not in value and "://" not in value)


NAMED = re.compile(
    r"(?=.{6})[^\W\d_]{2,20}[.@#$!-]?[0-9]{1,8}[!.#$*]?[^\W\d_]{0,12}[!.#$*]?|[0-9]{2,8}[^\W\d_]{2,12}[!.#$*]?"
)
ANY_LABEL = (
    r"(?:pass(?:word|code|phrase|wd)|pwd|psw|pw|contrase(?:ñ|n)a|senha|palavra-passe|clave|chave|llave|api[ _-]?key|"
    r"(?:access |auth |api )?token|(?:client |app )?secret|credential|credencial)"
)
_LABEL_AFTER = re.compile(
    r"(?i)[\"'`*”»]{0,3}(?:[ \t]{1,2}(?P<verb>is|es|é|was|era|foi|fue|as|como)[ \t]{1,2}"
    r"|[ \t]{1,2}(?:[-–—]|<-|←)[ \t]{1,2}|[ \t]{0,2}\([ \t]?)"
    r"(?:(?:the|my|our|your|his|la|el|mi|tu|su|nuestra|a|o|minha|nossa|sua)[ \t]{1,2})?(?:[\w.-]{1,20}[ \t]{1,2}){0,3}"
    + ANY_LABEL + r"(?![a-z])"
)  # fmt: skip
_WORD_BEFORE = re.compile(r"(?<![^\s\"'`(*“«:=>])(?P<secret>[^\s\"'`(“«:=>]{6,128})$")
_LABEL_IN_TALK = re.compile(
    r"(?i)(?<![a-z])(?:pass(?:word|code|phrase|wd)?|pwd|psw|contrase(?:ñ|n)as?|senhas?|palavra-passe|claves?|chaves?|llaves?|"
    r"api[ _-]?keys?|secret(?: key)?|token|credentials?|credencia(?:l|les|is))(?=[ \t])"
)
# Up to the end of the sentence or line.
_CLAUSE = re.compile(r"(?:[^\n.;?]|[.;?](?!\s)){0,140}")
_WORD = re.compile(r"(?<![^\s\"'`(*“«])(?![(*])[^\s\"'`“«»”<>{}=&]{6,64}(?![^\s\"'`)*”».,;:!?])")


def named_after(text: str, first: int) -> Iterator[tuple[int, int]]:
    """`Gx7kP2mQ is the password`: the word before such words."""
    for found in _LABEL_AFTER.finditer(text, max(0, first - 130)):
        before = _WORD_BEFORE.search(text, max(0, found.start() - 130), found.start())
        if before is not None:
            start, end = before.span("secret")
            value = text[start:end]
            named = (found["verb"] is not None or "(" not in found[0]) and NAMED.fullmatch(value) is not None
            if BLANK not in value and not MASKED.search(value) and (is_random(value) or named):
                yield start, end


def heard_after(text: str, first: int) -> Iterator[tuple[int, int]]:
    """`senha provisória Gx7kP2mQ`, `changed from Gx7kP2mQ to`: some words behind its label what is random is one."""
    behind = 0
    for label in _LABEL_IN_TALK.finditer(text, max(0, first - 20)):
        clause = _CLAUSE.match(text, label.end())
        for word in _WORD.finditer(text, max(behind, label.end()), clause.end() if clause else label.end()):
            value = word[0].rstrip(".,;:!?)")
            if not any(c.isdigit() for c in value) or value.isdigit() or BLANK in value or MASKED.search(value):
                continue
            if is_password(value) or SIGNED.fullmatch(value):
                behind = word.start() + len(value)
                yield word.start(), behind
