"""Colours as HTML and CSS write them, and whether a person can tell one from another.

The forms are those of https://www.w3.org/TR/css-color-4/; a colour that is not understood is `None`, and hides nothing.
"""

from __future__ import annotations

import colorsys
from typing import NamedTuple

from zendesk_gupshup.detect.patterns import regex


class Colour(NamedTuple):
    """Red, green and blue from 0 to 255, and how much of it covers what lies behind."""

    red: float
    green: float
    blue: float
    alpha: float = 1.0

    def over(self, ground: Colour) -> Colour:
        """What is seen where this lies on `ground`."""
        if self.alpha >= 1:
            return self
        red, green, blue = (
            self.alpha * own + (1 - self.alpha) * below for own, below in zip(self[:3], ground[:3], strict=True)
        )
        return Colour(red, green, blue)

    def looks_like(self, other: Colour) -> bool:
        return all(abs(a - b) <= _TELLING for a, b in zip(self[:3], other[:3], strict=True))


# A step of a channel that no eye sees on a page: `#fafafa` on white is as good as white.
_TELLING = 6

WHITE, BLACK, LINK, YELLOW = Colour(255, 255, 255), Colour(0, 0, 0), Colour(0, 0, 238), Colour(255, 255, 0)
_NAMED = {
    "white": "ffffff", "black": "000000", "red": "ff0000", "green": "008000", "blue": "0000ff", "gray": "808080",
    "grey": "808080", "silver": "c0c0c0", "navy": "000080", "maroon": "800000", "purple": "800080", "teal": "008080",
    "olive": "808000", "lime": "00ff00", "aqua": "00ffff", "cyan": "00ffff", "fuchsia": "ff00ff", "magenta": "ff00ff",
    "yellow": "ffff00", "orange": "ffa500", "lightgray": "d3d3d3", "lightgrey": "d3d3d3", "darkgray": "a9a9a9",
    "darkgrey": "a9a9a9", "whitesmoke": "f5f5f5", "snow": "fffafa", "ivory": "fffff0", "ghostwhite": "f8f8ff",
    "floralwhite": "fffaf0", "mintcream": "f5fffa", "azure": "f0ffff", "aliceblue": "f0f8ff", "gainsboro": "dcdcdc",
    "window": "ffffff", "canvas": "ffffff", "windowtext": "000000", "canvastext": "000000",
}  # fmt: skip
_HEX = regex(r"#?([0-9a-f]{6})([0-9a-f]{2})?|#([0-9a-f]{3})([0-9a-f])?")
_CALL = regex(r"(rgb|hsl)a?\(\s{0,8}([^()]{1,80})\)")
_PART = regex(r"(-?[0-9]{0,6}\.?[0-9]{1,9})(%|deg)?")


def colour(text: str) -> Colour | None:
    """`#fff`, `ffffff`, `white`, `rgb(255 255 255 / 50%)`, `hsl(0, 0%, 100%)` or `transparent`."""
    text = text.strip().lower()
    if text == "transparent":
        return Colour(0, 0, 0, 0)
    found = _HEX.fullmatch(_NAMED.get(text, text))
    if found:
        digits = found[1] or "".join(digit * 2 for digit in found[3])
        alpha = found[2] or (found[4] or "") * 2 or "ff"
        red, green, blue = bytes.fromhex(digits)
        return Colour(red, green, blue, int(alpha, 16) / 255)
    call = _CALL.fullmatch(text)
    return _called(call[1], _PART.findall(call[2])) if call else None


def _called(kind: str, parts: list[tuple[str, str]]) -> Colour | None:
    if len(parts) not in (3, 4):
        return None
    alpha = _share(*parts[3], whole=1) if len(parts) == 4 else 1.0
    if kind == "rgb":
        red, green, blue = (_share(number, unit, whole=255) for number, unit in parts[:3])
        return Colour(red, green, blue, alpha)
    hue, saturation, lightness = (float(number) for number, _ in parts[:3])
    red, green, blue = colorsys.hls_to_rgb(
        hue / 360 % 1, min(max(lightness, 0), 100) / 100, min(max(saturation, 0), 100) / 100
    )
    return Colour(255 * red, 255 * green, 255 * blue, alpha)


def _share(number: str, unit: str, *, whole: float) -> float:
    value = float(number) * whole / 100 if unit == "%" else float(number)
    return min(max(value, 0), whole)
