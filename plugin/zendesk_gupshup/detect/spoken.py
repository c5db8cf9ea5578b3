"""Three-digit and four-digit codes as people say them, in English, Spanish and Portuguese."""

from __future__ import annotations

import re
from collections.abc import Iterator


def spoken_forms(code: str) -> Iterator[str]:
    """`401` as people say it: four oh one, four hundred one, cuatrocientos uno, quatro zero um ..."""
    if not re.fullmatch(r"[1-9][0-9]{2,3}", code):
        return
    for row in _SPOKEN:
        for zero in row[0]:
            yield " ".join(zero if digit == "0" else row[1][int(digit) - 1] for digit in code)
    if len(code) == 3 and code[1:] != "00":
        tens, ones = code[1], code[2]
        if tens == "0":
            first, last = int(code[0]) - 1, int(ones) - 1
            yield f"{_SPOKEN[0][1][first]} hundred {_SPOKEN[0][1][last]}"
            yield f"{_SPOKEN[0][1][first]} hundred and {_SPOKEN[0][1][last]}"
            yield f"{_HUNDREDS_ES[first]} {_SPOKEN[1][1][last]}"
            yield f"{_HUNDREDS_PT[first]} e {_SPOKEN[2][1][last]}"


_SPOKEN = (
    (("oh", "zero", "o"), ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]),
    (("cero",), ["uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve"]),
    (("zero",), ["um", "dois", "tres", "quatro", "cinco", "seis", "sete", "oito", "nove"]),
)
# fmt: off
_HUNDREDS_ES = [
    "ciento", "doscientos", "trescientos", "cuatrocientos", "quinientos", "seiscientos", "setecientos", "ochocientos",
    "novecientos",
]
_HUNDREDS_PT = [
    "cento", "duzentos", "trezentos", "quatrocentos", "quinhentos", "seiscentos", "setecentos", "oitocentos",
    "novecentos",
]
# fmt: on
