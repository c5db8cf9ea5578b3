"""Codes as people say them, digit by digit, in pairs and as whole numbers, in English, Spanish and Portuguese."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

# fmt: off
_ONES = {
    "en": ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
           "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
    "es": ("cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez", "once", "doce",
           "trece", "catorce", "quince", "dieciseis", "diecisiete", "dieciocho", "diecinueve", "veinte", "veintiuno",
           "veintidos", "veintitres", "veinticuatro", "veinticinco", "veintiseis", "veintisiete", "veintiocho",
           "veintinueve"),
    "pt": ("zero", "um", "dois", "tres", "quatro", "cinco", "seis", "sete", "oito", "nove", "dez", "onze", "doze",
           "treze", "quatorze", "quinze", "dezesseis", "dezessete", "dezoito", "dezenove"),
    "hi": ("zero", "ek", "do", "teen", "char", "paanch", "chhe", "saat", "aath", "nau"),
}
_TENS = {
    "en": ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"),
    "es": ("", "", "veinte", "treinta", "cuarenta", "cincuenta", "sesenta", "setenta", "ochenta", "noventa"),
    "pt": ("", "", "vinte", "trinta", "quarenta", "cinquenta", "sessenta", "setenta", "oitenta", "noventa"),
}
_HUNDREDS = {
    "es": ("", "ciento", "doscientos", "trescientos", "cuatrocientos", "quinientos", "seiscientos", "setecientos",
           "ochocientos", "novecientos"),
    "pt": ("", "cento", "duzentos", "trezentos", "quatrocentos", "quinhentos", "seiscentos", "setecentos",
           "oitocentos", "novecentos"),
}
# fmt: on
_AND = {"en": " ", "es": " y ", "pt": " e "}
_ZEROS = {"en": ("oh", "zero", "o"), "es": ("cero",), "pt": ("zero",), "hi": ("zero",)}


NUMBER_WORDS = frozenset(
    word for table in (_ONES, _TENS, _HUNDREDS) for names in table.values() for name in names for word in name.split()
)


@lru_cache(maxsize=512)
def said_as(code: str) -> frozenset[str]:
    return frozenset(spoken_forms(code))


def spoken_forms(code: str) -> Iterator[str]:
    """`401`: four oh one, cuatrocientos uno; `131026`: uno tres uno cero dos seis, trece diez veintiseis."""
    if not re.fullmatch(r"[1-9][0-9]{2,6}", code):
        return
    for language, zeros in _ZEROS.items():
        for zero in zeros:
            yield " ".join(zero if digit == "0" else _ONES[language][int(digit)] for digit in code)
    if len(code) == 4:
        yield from _thousands(code)
    if len(code) in (4, 6):
        for language in ("en", "es", "pt"):
            yield " ".join(_below_hundred(int(code[at : at + 2]), language, zero=True) for at in range(0, len(code), 2))
    if len(code) == 6:
        for language in ("en", "es", "pt"):
            for cuts in ((1, 3, 4, 6), (3, 4, 6), (1, 2, 4, 6), (2, 3, 4, 6), (1, 3, 6), (3, 6)):
                yield " ".join(_part(code[a:b], language) for a, b in zip((0, *cuts), cuts, strict=False))
        for language in ("es", "pt"):
            joined = " mil e " if language == "pt" else " mil "
            yield _below_thousand(int(code[:3]), language) + joined + _below_thousand(int(code[3:]), language)
    if len(code) == 3 and code[1:] != "00":
        if code[1] == "0":
            yield f"{_ONES['en'][int(code[0])]} hundred {_ONES['en'][int(code[2])]}"
            yield f"{_ONES['en'][int(code[0])]} hundred and {_ONES['en'][int(code[2])]}"
        for language in ("es", "pt"):
            yield _below_thousand(int(code), language)


def _thousands(code: str) -> Iterator[str]:
    """`1012`: mil doce, mil e doze, one thousand and twelve; `4003`: cuatro mil tres."""
    first, rest = int(code[0]), int(code[1:])
    if not rest:
        return
    for language, between in (("es", " "), ("pt", " e "), ("pt", " ")):
        thousand = "mil" if first == 1 else f"{_ONES[language][first]} mil"
        yield f"{thousand}{between}{_below_thousand(rest, language)}"
    if rest < 100:
        yield f"{_ONES['en'][first]} thousand {_below_hundred(rest, 'en')}"
        yield f"{_ONES['en'][first]} thousand and {_below_hundred(rest, 'en')}"


def _part(digits: str, language: str) -> str:
    """`049` is "zero forty nine", `131` "one thirty one" or "ciento treinta y uno"."""
    if digits[0] == "0" and len(digits) > 1:
        return f"{_ZEROS[language][-1 if language != 'en' else 1]} {_part(digits[1:], language)}"
    if len(digits) == 3:
        if language == "en":
            return f"{_ONES['en'][int(digits[0])]} {_part(digits[1:], language)}"
        return _below_thousand(int(digits), language).replace("treinta y un", "treinta y uno")
    return _below_hundred(int(digits), language)


def _below_hundred(number: int, language: str, *, zero: bool = False) -> str:
    ones, tens = _ONES[language], _TENS[language]
    if number < 10 and zero:
        return f"{_ZEROS[language][0]} {ones[number]}"
    if number < len(ones):
        return ones[number]
    return tens[number // 10] + (_AND[language] + ones[number % 10] if number % 10 else "")


def _below_thousand(number: int, language: str) -> str:
    hundreds, rest = _HUNDREDS[language][number // 100], number % 100
    if not hundreds or not rest:
        return hundreds or _below_hundred(rest, language)
    between = " e " if language == "pt" else " "
    # "ciento treinta y un mil": one loses its ending before a thousand.
    return f"{hundreds}{between}{_below_hundred(rest, language)}".replace("treinta y uno", "treinta y un")
