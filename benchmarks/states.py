"""The states after a finding as a table and a picture: `python benchmarks/states.py [--check]`.

Writes the table into docs/tags.md and the picture to docs/images/states.svg; `--check` only says whether both are those
of `decide/states.py`.
"""

from __future__ import annotations

import argparse
import sys
from html import escape
from pathlib import Path

from zendesk_gupshup.decide.states import TRANSITIONS, Transition
from zendesk_gupshup.model.follow_up import Event, State

_ROOT = Path(__file__).resolve().parents[1]
_PAGE = _ROOT / "docs" / "tags.md"
_PICTURE = _ROOT / "docs" / "images" / "states.svg"
_BEGIN, _END = "<!-- states: written by `python benchmarks/states.py` -->\n", "<!-- /states -->"
_WORDS = {
    Event.OWNER_ASKED: "an owner escalation is sent",
    Event.DATA: "the client sends data that was missing",
    Event.PERSISTS: "the client: it persists",
    Event.REPORTED: "the client: the owner has opened the ticket with Gupshup",
    Event.WORKS: "the client: it works",
    Event.UNCLEAR: "the client writes anything else",
    Event.ANSWERED: "somebody answers the client in public",
    Event.CHOSEN: "an agent chooses the state",
}
_WIDTH, _HEIGHT, _LEFT, _GAP, _TOP = 210, 56, 20, 110, 150
_STYLE = (
    "text{font:13px sans-serif;fill:#1f2328}.box{fill:#eef4ff;stroke:#3b5b92;stroke-width:1.5}"
    ".arrow{fill:none;stroke:#57606a;stroke-width:1.3;marker-end:url(#head)}.small{font-size:11px;fill:#57606a}"
)
_HEAD = (
    '<defs><marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto">'
    '<path d="M0 0 10 5 0 10z" fill="#57606a"/></marker></defs>'
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if something would change")
    checks = parser.parse_args().check
    wanted = {_PAGE: page(_PAGE.read_text("utf-8")), _PICTURE: picture()}
    changed = [path for path, text in wanted.items() if not path.exists() or path.read_text("utf-8") != text]
    for path in changed:
        print(path.relative_to(_ROOT))
        if not checks:
            path.write_text(wanted[path], encoding="utf-8")
    return 1 if checks and changed else 0


def page(text: str) -> str:
    """The page with the table and the picture between its two marks."""
    before, _, rest = text.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return f"{before}{_BEGIN}\n{table()}\n\n![States and transitions](images/states.svg)\n\n{_END}{after}"


def table() -> str:
    head = "| when | from | to | by | condition | review |\n|---|---|---|---|---|---|"
    return "\n".join((head, *(_row(row) for row in TRANSITIONS)))


def _row(row: Transition) -> str:
    told = "any other" if row.sources == tuple(State) and _has_rows_before(row) else _named(row.sources)
    target = f"`{_name(row.target)}`" if row.target is not None else "no change"
    review = {Event.ANSWERED: "ends"}.get(row.event, "yes" if row.review else "")
    return f"| {_WORDS[row.event]} | {told} | {target} | {row.who} | {row.when or ''} | {review} |"


def _has_rows_before(row: Transition) -> bool:
    earlier = TRANSITIONS[: TRANSITIONS.index(row)]
    return any(one.event is row.event and one.event is not Event.CHOSEN for one in earlier)


def _named(states: tuple[State, ...]) -> str:
    return "any" if states == tuple(State) else ", ".join(f"`{_name(state)}`" for state in states)


def _name(state: State) -> str:
    return state.name.lower()


def picture() -> str:
    """The four states in a row: arrows to other states above and below, what changes no state inside a box' foot."""
    states = tuple(State)
    width = 2 * _LEFT + len(states) * _WIDTH + (len(states) - 1) * _GAP
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} 400" role="img" aria-label="States">',
        f"<style>{_STYLE}</style>",
        _HEAD,
        f'<rect width="{width}" height="400" fill="#fff"/>',
    ]
    for place, state in enumerate(states):
        x = _x(place)
        parts.append(f'<rect class="box" x="{x}" y="{_TOP}" width="{_WIDTH}" height="{_HEIGHT}" rx="8"/>')
        parts.append(_text(x + _WIDTH / 2, _TOP + 24, _name(state)))
        parts.append(_text(x + _WIDTH / 2, _TOP + 42, state.value or "no tag of its own", small=True))
    parts += _arrows(states)
    staying = [row for row in TRANSITIONS if row.target is None]
    for place, row in enumerate(staying):
        y = 290 + 18 * place
        parts.append(
            _text(_LEFT, y, f"{_label(row)} ({_plain(row.sources)}): no change{_fate(row)}", small=True, left=True)
        )
    height = 300 + 18 * len(staying)
    return "\n".join(parts).replace("400", str(height)) + "\n</svg>\n"


def _arrows(states: tuple[State, ...]) -> list[str]:
    parts: list[str] = []
    above = below = 0
    for row in TRANSITIONS:
        if row.target is None:
            continue
        target = states.index(row.target)
        sources = [states.index(state) for state in row.sources if state is not row.target]
        source = max((place for place in sources if place < target), default=max(sources))
        forward = source < target
        lane = above if forward else below
        above, below = (above + 1, below) if forward else (above, below + 1)
        y = 128 - 22 * (lane % 5) if forward else _TOP + _HEIGHT + 26 + 22 * lane
        edge = _TOP if forward else _TOP + _HEIGHT
        start, end = _x(source) + _WIDTH * 0.6 - 14 * (lane % 5), _x(target) + _WIDTH * 0.4 - 14 * (lane % 5)
        parts.append(f'<path class="arrow" d="M{start:.0f} {edge} V{y} H{end:.0f} V{edge}"/>')
        more = f" (from {_plain(row.sources)})" if len(row.sources) > 1 else ""
        parts.append(_text((start + end) / 2, y - 4, f"{_label(row)}{more}{_fate(row)}", small=True))
    return parts


def _label(row: Transition) -> str:
    return f"{row.who}: {row.event.value.replace('_', ' ')}" + (f" [{row.when}]" if row.when else "")


def _plain(states: tuple[State, ...]) -> str:
    return "any" if states == tuple(State) else ", ".join(_name(state) for state in states)


def _fate(row: Transition) -> str:
    return ", needs review" if row.review else ""


def _x(place: int) -> int:
    return _LEFT + place * (_WIDTH + _GAP)


def _text(x: float, y: float, words: str, *, small: bool = False, left: bool = False) -> str:
    kind = ' class="small"' if small else ""
    anchor = "start" if left else "middle"
    return f'<text{kind} x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}">{escape(words)}</text>'


if __name__ == "__main__":
    sys.exit(main())
