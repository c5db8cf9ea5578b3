"""Which text of a page is seen: the few properties of CSS that hide it, computed down the tree as a browser does.

Only what is surely invisible by its own computed style is. A font size of zero on a container hides nothing where the
elements within set their own, as MJML's do (https://documentation.mjml.io). White text is hidden on white alone, and a
picture behind it may be dark. What these rules do not understand leaves a text visible.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from zendesk_gupshup.detect.colours import BLACK, LINK, WHITE, YELLOW, Colour, colour
from zendesk_gupshup.detect.patterns import regex
from zendesk_gupshup.detect.sheets import Declarations


class Style(NamedTuple):
    """What an element hands down to the text in it."""

    # With all that is in it: nothing within can show itself again.
    gone: bool = False
    # Plainly switched off, and no matter of looks.
    surely: bool = False
    visible: bool = True
    tiny: bool = False
    indented_away: bool = False
    # `None` where it is not known: then the text is seen.
    ink: Colour | None = BLACK
    ground: Colour | None = WHITE
    keeps_blanks: bool = False

    @property
    def shows_text(self) -> bool:
        if self.gone or not self.visible or self.tiny or self.indented_away:
            return False
        if self.ink is None:
            return True
        if self.ink.alpha <= _FAINT:
            return False
        return self.ground is None or not self.ink.over(self.ground).looks_like(self.ground)


_FAINT = 0.03
_LENGTH = regex(r"\s{0,4}([+-]?[0-9]{0,7}\.?[0-9]{1,9})\s{0,2}(px|pt|pc|em|rem|ex|ch|cm|mm|in|vw|vh|%)?")
# In pixels; those of the page or of the font roughly.
_UNITS = {"px": 1, "": 1, "pt": 4 / 3, "pc": 16, "em": 16, "rem": 16, "ex": 8, "ch": 8, "cm": 38, "mm": 3.8, "in": 96,
          "vw": 10, "vh": 10, "%": 10}  # fmt: skip
_OFF = -400
_RELATIVE = frozenset({"em", "%", "ex", "ch"})
_LARGER_OR_SMALLER = frozenset({"inherit", "unset", "smaller", "larger", "revert"})
_FONT_SIZE = regex(r"(?:^|\s)([0-9.]{1,8}(?:px|pt|em|rem|%)?)(?:\s{0,2}/\s{0,2}[0-9.a-z%]{1,10})?(?=\s)")
_NO_SIZE = ("",)
_CLIPPED = regex(
    r"rect\(\s{0,4}(?:[01](?:px)?[\s,]{1,4}){3}[01](?:px)?\s{0,4}\)|inset\(\s{0,4}(?:50|100)%\s{0,4}\)|circle\(\s{0,4}0"
)
_SCALED_AWAY = regex(r"scale[xy]?\(\s{0,4}0(?:\.0{1,4})?\s{0,4}[,)]|translate(?:x|y|3d)?\(\s{0,4}-[0-9]{4}")
_PICTURED = regex(r"url\(|gradient\(|image-set\(|var\(|image\(")
_NO_PICTURE = frozenset({"", "none", "initial", "inherit", "unset", "revert"})
_PRE = frozenset({"pre", "pre-wrap", "pre-line", "break-spaces"})
# By the browser's own style sheet: a link has its own colour, and so has what stands on a button.
_OWN_COLOURS = {"a": (LINK, None), "mark": (BLACK, YELLOW), "button": (BLACK, Colour(239, 239, 239))}

# What sets a text apart from a ground of its own colour, and the word for none of it.
_SHOWN_BY = (("text-shadow", "none"), ("-webkit-text-stroke", "0"), ("mix-blend-mode", "normal"))


def computed(tag: str, attributes: Mapping[str, str | None], own: Declarations, above: Style) -> Style:
    """The style of an element with the declarations `own` inside one of style `above`."""
    surely = _is_off(attributes, own, tag)
    if tag not in ("html", "body") and (surely or _takes_no_room(own)):
        return above._replace(gone=True, surely=surely)
    ink, ground = _colours(tag, attributes, own, above)
    visibility = own.get("visibility", "")
    return Style(
        visible=above.visible if visibility in ("", "inherit", "unset") else visibility not in ("hidden", "collapse"),
        tiny=_is_tiny(own, attributes, above=above.tiny),
        indented_away=_is_indented_away(own, above=above.indented_away),
        ink=ink,
        ground=ground,
        keeps_blanks=_keeps_blanks(tag, own, above=above.keeps_blanks),
    )


def _is_off(attributes: Mapping[str, str | None], own: Declarations, tag: str) -> bool:
    display = own.get("display", "")
    if display == "none" or ("hidden" in attributes and not display):
        return True
    if own.get("content-visibility") == "hidden":
        return True
    # Outlook alone obeys it. A link that hides from Outlook is a button: a drawn one takes its place there.
    return own.get("mso-hide") == "all" and tag != "a"


def _takes_no_room(own: Declarations) -> bool:
    """Fully transparent, shrunk, clipped, or moved off the page."""
    if not own:
        return False
    opacity = _LENGTH.fullmatch(own.get("opacity", ""))
    if opacity and float(opacity[1]) / (100 if opacity[2] == "%" else 1) <= _FAINT:
        return True
    hides_the_rest = any(
        own.get(name, "").startswith(("hidden", "clip")) for name in ("overflow", "overflow-x", "overflow-y")
    )
    if hides_the_rest and any(_has_no(side, own) for side in ("height", "width")):
        return True
    scaled = own.get("scale", "")
    if _SCALED_AWAY.search(own.get("transform", "") + (f" scale({scaled})" if scaled else "")) or re.search(
        r"opacity\(0[%)]", own.get("filter", "")
    ):
        return True
    if _CLIPPED.match(own.get("clip-path", "")):
        return True
    moved = [own.get(name, "") for name in ("margin-left", "margin-top")]
    if own.get("position") in ("absolute", "fixed"):
        if _CLIPPED.match(own.get("clip", "")):
            return True
        moved += [own.get(name, "") for name in ("left", "right", "top", "bottom")]
    return any((_pixels(length) or 0) <= _OFF for length in moved)


def _has_no(side: str, own: Declarations) -> bool:
    """The least height or width wins over the others."""
    if (_pixels(own.get(f"min-{side}", "")) or 0) > 1:
        return False
    return _is_flat(own.get(side, "")) or _is_flat(own.get(f"max-{side}", ""))


def _is_flat(length: str) -> bool:
    found = _pixels(length)
    return found is not None and 0 <= found <= 1


def _pixels(length: str) -> float | None:
    found = _LENGTH.fullmatch(length)
    return float(found[1]) * _UNITS[found[2] or ""] if found else None


def _is_tiny(own: Declarations, attributes: Mapping[str, str | None], *, above: bool) -> bool:
    # Of the numbers of the shorthand the weight comes first.
    size = own.get("font-size") or (*_NO_SIZE, *_FONT_SIZE.findall(own.get("font", "") + " "))[-1]
    if not size:
        return above and "size" not in attributes
    found = _LENGTH.fullmatch(size)
    if not found:
        return above and size in _LARGER_OR_SMALLER
    number, unit = float(found[1]), found[2] or "px"
    if unit in _RELATIVE:
        return above or number <= (6 if unit == "%" else 0.06)
    return 0 <= number * _UNITS[unit] <= 1.4


def _is_indented_away(own: Declarations, *, above: bool) -> bool:
    indent = own.get("text-indent", "")
    found = _LENGTH.fullmatch(indent)
    if not found:
        return above and indent in ("", "inherit", "unset")
    if found[2] == "%":
        return abs(float(found[1])) >= 100 and own.get("overflow", "").startswith(("hidden", "clip"))
    return (_pixels(indent) or 0) <= _OFF


def _keeps_blanks(tag: str, own: Declarations, *, above: bool) -> bool:
    kept = own.get("white-space", "")
    if kept in ("", "inherit", "unset"):
        return above or tag in ("pre", "textarea", "listing", "xmp", "plaintext")
    return kept in _PRE


def _colours(
    tag: str, attributes: Mapping[str, str | None], own: Declarations, above: Style
) -> tuple[Colour | None, Colour | None]:
    native_ink, native_ground = _OWN_COLOURS.get(tag, (above.ink, None))
    if tag == "a" and "href" not in attributes:
        native_ink = above.ink
    ground = native_ground or above.ground
    # It may lie on whatever stands elsewhere on the page.
    if own.get("position") in ("absolute", "fixed") or own.get("background-clip") == "text":
        ground = None
    if "dark" in own.get("color-scheme", ""):
        ground = None
    ground = _ground(attributes, own, ground)
    ink: Colour | None = native_ink
    given = attributes.get("color" if tag == "font" else "text") if tag in ("font", "body") else None
    told = own.get("-webkit-text-fill-color") or own.get("color") or given
    if told in ("inherit", "unset", "currentcolor"):
        ink = above.ink
    elif told:
        ink = colour(told)
    if any(own.get(name, unset) != unset for name, unset in _SHOWN_BY):
        ink = None
    return ink, ground


def _ground(attributes: Mapping[str, str | None], own: Declarations, below: Colour | None) -> Colour | None:
    """The colour behind the text, `below` being that of the element around it."""
    whole, picture = own.get("background", ""), own.get("background-image", "")
    if _PICTURED.search(whole) or picture not in _NO_PICTURE or (attributes.get("background") and not whole):
        return None
    told = own.get("background-color") or (_first_colour(whole) if whole else attributes.get("bgcolor"))
    if not told or told in _NO_PICTURE:
        return below
    found = colour(told)
    if found is None:
        return None
    if found.alpha >= 1:
        return found
    return found.over(below) if below is not None else (below if found.alpha < 1 else found)


_LAYER_WORDS = regex(
    r"^(?:no-repeat|repeat(?:-[xy])?|scroll|fixed|center|left|right|top|bottom|cover|contain|/|none|[0-9.]{1,8}(?:px|%|em)?|"
    r"border-box|padding-box|content-box|round|space|local|auto)$"
)
_WORD = regex(r"[^\s()]{1,40}(?:\([^()]{0,80}\))?")


def _first_colour(background: str) -> str:
    """The colour of the shorthand, whatever else it sets; `none` leaves the ground as it is."""
    rest = [word for word in _WORD.findall(background) if not _LAYER_WORDS.match(word)]
    return rest[0] if rest else "none"
