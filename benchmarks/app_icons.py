"""Draws the pictures of the Zendesk app into its bundle: `python benchmarks/app_icons.py`.

A ticket with lines on it and a mark of exclamation: nobody's trade mark is in it.
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw

ASSETS = Path(__file__).parents[1] / "plugin" / "zendesk_gupshup" / "app" / "bundle" / "assets"
GROUND, PAPER, INK, MARK = "#28344d", "#ffffff", "#8a96ad", "#e2871f"
# Everything is drawn so many times larger and then reduced, which smooths the edges.
_SMOOTH = 4
_UNITS = 32


def drawn(size: int) -> Image.Image:
    """The square picture, `size` pixels wide."""
    unit = size * _SMOOTH / _UNITS
    picture = Image.new("RGBA", (size * _SMOOTH, size * _SMOOTH), (0, 0, 0, 0))
    pen = ImageDraw.Draw(picture)

    def box(left: float, top: float, right: float, bottom: float) -> tuple[float, float, float, float]:
        return left * unit, top * unit, right * unit, bottom * unit

    pen.rounded_rectangle(box(0, 0, 32, 32), 6 * unit, GROUND)
    pen.rounded_rectangle(box(6, 7, 24, 25), 2 * unit, PAPER)
    for top, right in ((11, 20), (15, 20), (19, 15)):
        pen.rounded_rectangle(box(9, top, right, top + 1.6), 0.8 * unit, INK)
    pen.ellipse(box(16, 15, 29, 28), GROUND)
    pen.ellipse(box(17, 16, 28, 27), MARK)
    pen.rounded_rectangle(box(21.7, 18, 23.3, 22.6), 0.8 * unit, PAPER)
    pen.ellipse(box(21.6, 23.4, 23.4, 25.2), PAPER)
    return picture.resize((size, size), Image.Resampling.LANCZOS)


# Without colours: Zendesk's navigation bar gives its own.
NAV_BAR = """<svg xmlns="http://www.w3.org/2000/svg" width="18" height="18" viewBox="0 0 18 18">
  <path fill-rule="evenodd"
    d="M3 2h12a1 1 0 0 1 1 1v12a1 1 0 0 1-1 1H3a1 1 0 0 1-1-1V3a1 1 0 0 1 1-1zM8 4.5v6h2v-6zM8 12v2h2v-2z"/>
</svg>
"""


if __name__ == "__main__":
    ASSETS.mkdir(parents=True, exist_ok=True)
    for name, size in (("logo.png", 320), ("logo-small.png", 128)):
        drawn(size).save(ASSETS / name, optimize=True)
    (ASSETS / "icon_nav_bar.svg").write_text(NAV_BAR, encoding="utf-8")
