"""Charts as inline SVG, from numbers and words to markup: no script, no style of their own, nothing loaded. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

# The named colours of the page's sheet; what goes beyond them is `others`.
COLOURS = 6

_HEIGHT = 230
_TOP, _RIGHT, _BOTTOM = 10, 4, 24
_STEPS = (1, 2, 5)
_STRETCHED = Markup('viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"')


@dataclass(frozen=True)
class Stack:
    """One part of every column, with the colour class that it has in the legend."""

    name: str
    colour: str
    counts: tuple[int, ...]


def stacks(series: Sequence[tuple[str, tuple[int, ...]]], others: str) -> tuple[Stack, ...]:
    """The first series in a colour of their own, the rest together."""
    named = [Stack(name, f"c{n + 1}", counts) for n, (name, counts) in enumerate(series[:COLOURS])]
    rest = [counts for _, counts in series[COLOURS:]]
    if rest:
        named.append(Stack(others, "c0", tuple(map(sum, zip(*rest, strict=True)))))
    return tuple(named)


def columns(stacked: Sequence[Stack], labels: Sequence[str], titles: Sequence[str], name: str, width: int) -> Markup:
    """Stacked columns. `labels` stand below as far as there is room; `titles` show when a column is pointed at."""
    totals = [sum(one.counts[n] for one in stacked) for n in range(len(labels))]
    ticks = _ticks(max(totals, default=1))
    left = 12 + 7 * len(str(ticks[-1]))
    room, height = width - left - _RIGHT, _HEIGHT - _TOP - _BOTTOM
    slot = room / max(len(labels), 1)
    bar = min(slot * 0.78, 46)
    parts = [Markup('<svg class="columns" viewBox="0 0 {} {}" role="img" aria-label="{}">').format(
        width, _HEIGHT, name)]  # fmt: skip
    for tick in ticks:
        y = _TOP + height * (1 - tick / ticks[-1])
        parts.append(Markup('<line class="grid" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>').format(
            left, width - _RIGHT, y, y))  # fmt: skip
        parts.append(Markup('<text x="{}" y="{:.1f}" text-anchor="end">{}</text>').format(left - 6, y + 4, tick))
    for n, title in enumerate(titles):
        x = left + slot * n + (slot - bar) / 2
        parts.append(_column([(one.colour, one.counts[n]) for one in stacked], x, bar, height, ticks[-1], title))
    # One character is some 6.5 wide; a label keeps a little distance.
    every = max(1, -(-int(max(map(len, labels), default=1) * 6.5 + 10) // max(int(slot), 1)))
    for n in range(0, len(labels), every):
        x = left + slot * (n + 0.5)
        parts.append(Markup('<text x="{:.1f}" y="{}" text-anchor="middle">{}</text>').format(
            min(x, width - len(labels[n]) * 3.4), _HEIGHT - 6, labels[n]))  # fmt: skip
    parts.append(Markup("</svg>"))
    return Markup("").join(parts)


def bar(part: float) -> Markup:
    """A bar of this part of its full length."""
    rect = Markup('<rect width="{:.1f}" height="10"/>').format(min(max(part, 0.0), 1.0) * 100)
    return Markup('<svg class="bar" {}>{}</svg>').format(_STRETCHED, rect)


def strip(parts: Sequence[tuple[str, int]]) -> Markup:
    """Colour classes and counts as one bar of shares."""
    whole, x, rects = max(sum(count for _, count in parts), 1), 0.0, []
    for colour, count in parts:
        width = count / whole * 100
        rects.append(Markup('<rect class="{}" x="{:.2f}" width="{:.2f}" height="10"/>').format(colour, x, width))
        x += width
    return Markup('<svg class="strip" {}>{}</svg>').format(_STRETCHED, Markup("").join(rects))


def _column(
    parts: Sequence[tuple[str, int]], x: float, width: float, height: float, highest: int, title: str
) -> Markup:
    rects, y = [], _TOP + height
    for colour, count in parts:
        if count:
            tall = height * count / highest
            y -= tall
            # A hair of the ground between two parts keeps them apart without colours, too.
            rects.append(Markup('<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>').format(
                colour, x, y, width, max(tall - 1, 0.5)))  # fmt: skip
    return Markup("<g><title>{}</title>{}</g>").format(escape(title), Markup("").join(rects)) if rects else Markup("")


def _ticks(most: int) -> list[int]:
    """From nought, in round steps, to no less than `most`: at most five of them."""
    step = next(s * 10**power for power in range(12) for s in _STEPS if s * 10**power * 4 >= most)
    return list(range(0, step * -(-max(most, 1) // step) + 1, step))
