"""A rule that finds one kind of secret, how it is applied, and what makes a match a live secret."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from zendesk_gupshup.text.secret_phrases import MASKED, NAMED, is_password

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


def matches(rule: SecretRule, text: str, hints: Mapping[str, Sequence[int]]) -> list[re.Match[str]]:
    if rule.reach is None:
        return list(rule.pattern.finditer(text))
    found, at = list[re.Match[str]](), 0
    for place in sorted({place for hint in rule.hints for place in hints.get(hint, ())}):
        at = max(at, place - rule.reach)
        while at <= place:
            match = rule.pattern.match(text, at)
            if match:
                found.append(match)
            at = match.end() if match else at + 1
    return found


# In place of a hint: so many letters and digits in a row.
KEY_LENGTH = "32 letters and digits"
LETTERS = bytes(b"x"[0] if code in b"abcdefghijklmnopqrstuvwxyz0123456789" else 32 for code in range(256))
_PLACEHOLDER = re.compile(
    r"^(?:\{|<.*>?$|\[[A-Za-z ]+\]?$|\$\{|\$[A-Z_]{3,}$|%[A-Z_]{3,}%$|"
    r"(?i:your|my|insert|example|ejemplo|exemplo|su|tu|seu|sua|mi)[ _-]\D*$)"
)


def is_live(match: re.Match[str]) -> bool:
    """Not a placeholder (`YOUR_API_KEY`, `{{key}}`, `<key>`) and not masked already."""
    value = match["secret"]
    # Half a value of x is masked; four in a row may stand in a long token.
    crossed = 2 * value.lower().count("x") >= len(value)
    return len(set(value)) > 2 and not crossed and not MASKED.search(value) and not _PLACEHOLDER.match(value)


def is_live_and_random(match: re.Match[str]) -> bool:
    """As no word of a language is: letters and digits mixed, or far too long."""
    value = match["secret"]
    mixed = any(c.isdigit() for c in value) and any(c.isalpha() for c in value)
    return is_live(match) and (mixed or len(value) >= 24)


def is_live_password(match: re.Match[str]) -> bool:
    """After `=` or in quotes anything is a password; in prose a word is one only at the end of its line."""
    if not is_live(match):
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


def is_stated_password(match: re.Match[str]) -> bool:
    """Some words after its label a password is one only by its looks; a name and a year are enough of these."""
    value = match["secret"].rstrip(".,;:!?)")
    label = match["label"].lower()
    sure = label.startswith(("pass", "contra", "senha", "pwd")) or (label in ("clave", "chave") and match["to"] is None)
    return is_live(match) and (is_password(value) or (sure and NAMED.fullmatch(value) is not None))


def looks_like_password(match: re.Match[str]) -> bool:
    value = match["secret"]
    return is_live(match) and (is_password(value) or NAMED.fullmatch(value) is not None)


_KEY_WORDS = re.compile(
    r"(?i)api.?key|(?<![a-z])(?:keys?|clave|chave|llave|token|secret)(?![a-z])|header|encabezado|cabe[çc]alho|credenci"
)


_LONG = re.compile(r"[A-Za-z0-9]{32,64}|\ue000+")


def key_is_near(match: re.Match[str]) -> bool:
    # As near as it will be once the keys before it are masked, or masking twice would find more than masking once.
    before = _LONG.sub(GONE, match.string[max(0, match.start() - 400) : match.start()])[-60:]
    return bool(_KEY_WORDS.search(before) or _KEY_WORDS.search(match.string[match.end() : match.end() + 30]))


def is_account_key(match: re.Match[str]) -> bool:
    """32 letters and digits: a key if more than hexadecimal or beside a word that says so, else some id."""
    value = match["secret"]
    mixed = any(c.isdigit() for c in value) and any(c.isalpha() for c in value)
    return mixed and (any(c > "f" for c in value) or key_is_near(match))
