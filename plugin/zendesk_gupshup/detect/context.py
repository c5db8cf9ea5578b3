"""Whose error a passage speaks of, and whether it reports it or only imagines, asks about or recalls it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from zendesk_gupshup.detect.lexicon import words
from zendesk_gupshup.detect.scene import Hit, Scene

_RECEIVE = words("receive")
_FROM_GUPSHUP = re.compile(
    r"[^\n.;]{0,40}?\b(?:from|by|of|de|desde|del|do|da|dal|vom|von|dari|par)\s(?:the\s|el\s|la\s|o\s|a\s)?gup"
)

_CHECK, _NEGATOR = words("check"), words("negator")
_HEADING = re.compile(r"(?m)^(?:#{1,6} |\*\*[^*\n]{1,80}\*\*:?|\s{0,3}\|)")
_MARKDOWN = re.compile(
    r"(?m)\A(?:fix|feat|chore|docs|refactor|test|perf|build|ci)(?:\([^)\n]{1,40}\))?!?: |^(?:#{1,6} \S|```|"
    r"\*\*[^*\n]{1,60}\*\*\s?:|\*\*[^*\n]{1,60}:\*\*)"
)
_BY_GUPSHUP = re.compile(
    r"[\s\"'*`)]{0,4}(?:lo|la|o|a|es|e|is|viene|vem|comes|que)?\s?(?:responde|devuelve|da|devolve|retorna|returned|"
    r"returns|is|es|de|from|by|viene de|vem da)?\s?(?:by|de|da|do|la|el|a|o)?\s?gup"
)
_MEANING_COLUMN = re.compile(
    r"\|[^\n]*\b(?:meaning|description|solution|significado|descripcion|descricao|solucion|solucao|response|accion|"
    r"acao|action|explanation)\b"
)
_ADDRESS = re.compile(r"(?:https?://|\b)((?:[a-z0-9-]{1,40}\.){1,5}[a-z]{2,10}|localhost)(?=[/:\s\"'?)]|$)")
_OUR_HOSTS = ("gupshup.io", "gupshup.ai", "smsgupshup.com")
_META_HOSTS = ("facebook.com", "whatsapp.com", "whatsapp.net")
_PAST_TABLE = 12


@dataclass(eq=False)
class Document:
    """All texts of a ticket together: what is said anywhere in it."""

    scenes: tuple[Scene, ...]
    # Two numbers or more are called codes, one of them Meta's: they vouch for each other.
    codes_together: bool = False
    # Numbers that the subject calls an error: what the whole text is about.
    topics: frozenset[str] = frozenset()

    def has(self, *kinds: str) -> bool:
        return any(kind in self._kinds for kind in kinds)

    @cached_property
    def _kinds(self) -> frozenset[str]:
        return frozenset().union(*(scene.kinds for scene in self.scenes))

    @cached_property
    def is_paper(self) -> bool:
        """Written as a document or change, not as a message: there "resolved" closes a section, not the case."""
        return any(_MARKDOWN.search(scene.text.text) for scene in self.scenes)

    @cached_property
    def names_whatsapp(self) -> bool:
        return any("whats" in scene.low or "waba" in scene.low for scene in self.scenes)

    @cached_property
    def all_is_well(self) -> str:
        """The words by which the ticket says that nothing is wrong, or empty."""
        for scene in self.scenes:
            for hit in scene.hits.get("nothing_wrong", ()):
                start, end = scene.sentence(hit.start)
                if scene.within("only_partly", start, end) or scene.within("again", start, end):
                    continue
                if _word_before(scene, hit.start) in _NEGATOR:
                    continue
                return scene.text.text[hit.start : hit.end]
        return ""

    @cached_property
    def whatsapp_works(self) -> str:
        return "" if self.is_paper else self._first("whatsapp_works")

    @cached_property
    def is_test(self) -> str:
        if self.is_paper:
            return ""
        return self._first("test")

    @cached_property
    def is_wish(self) -> str:
        return "" if self.is_paper else self._first("wish")

    def _first(self, kind: str) -> str:
        for scene in self.scenes:
            for hit in scene.hits.get(kind, ()):
                return scene.text.text[hit.start : hit.end]
        return ""

    @cached_property
    def solved(self) -> str:
        """A message that tells of a solution without a "but"."""
        if self.is_paper:
            return ""
        for scene in self.scenes:
            for hit in scene.hits.get("solved", ()):
                if _is_solved(scene, hit):
                    return scene.text.text[hit.start : hit.end]
        return ""


def _word_before(scene: Scene, place: int, back: int = 1) -> str:
    before = scene.words_before(place, back)
    return before[back - 1] if len(before) >= back else ""


def _is_solved(scene: Scene, hit: Hit) -> bool:
    start, end = scene.sentence(hit.start)
    if scene.within("again", start, end):
        return False
    return not any(word in _NEGATOR for word in scene.words_before(hit.start, 3))


def why_no_report(document: Document, scene: Scene, start: int, *, topic: bool = False) -> str:
    """Why the words from `start` on do not report what they name; empty where nothing speaks against it."""
    first, last = scene.sentence(start)
    return (
        _conditional(scene, first, start)
        or _hypothetical(scene, first, start, last, topic=topic)
        or _solved_here(document, scene, first, last)
        or _on_paper(scene, start)
        or _wished(scene, first, last)
        or _handled(scene, first, start)
    )


def _conditional(scene: Scene, first: int, start: int) -> str:
    for hit in scene.within("condition", max(first, start - 220), start):
        if not _asks_whether(scene, hit) and not _is_yes(scene, hit):
            return f'only a condition ("{scene.text.text[hit.start : hit.end]}")'
    return ""


def _asks_whether(scene: Scene, hit: Hit) -> bool:
    """`check if ...`, `para saber si ...`: an indirect question tells of something that happened."""
    return _word_before(scene, hit.start) in _CHECK


def _is_yes(scene: Scene, hit: Hit) -> bool:
    """`sí, sale 1003`: the accent, or the comma where the accent was left out."""
    word = re.match(r"\w+", scene.text.text[hit.start : hit.end])
    if word is None or word[0].lower() not in ("si", "sí"):
        return False
    return word[0].lower() == "sí" or scene.low[hit.start + 2 : hit.start + 3] == ","


def _hypothetical(scene: Scene, first: int, start: int, last: int, *, topic: bool) -> str:
    for hit in scene.within("hypothesis", max(first, start - 220), start):
        # An article about one error says "you may see": who pastes it sees it.
        if topic and scene.low.startswith(("may ", "might", "can "), hit.start):
            continue
        return f'only imagined ("{scene.text.text[hit.start : hit.end]}")'
    # After the number only in a question: "is 4003 normal in your docs?", but not "4011, it is not in your docs".
    reach = min(last, start + 160) if "?" in scene.low[start:last] else start
    for hit in scene.within("document", max(first, start - 220), reach):
        return f'about a document ("{scene.text.text[hit.start : hit.end]}")'
    return ""


def _solved_here(document: Document, scene: Scene, first: int, last: int) -> str:
    if document.is_paper:
        return ""
    for hit in scene.within("solved", first, last):
        if _is_solved(scene, hit):
            return f'told as solved ("{scene.text.text[hit.start : hit.end]}")'
    return ""


def _wished(scene: Scene, first: int, last: int) -> str:
    for hit in scene.within("wish", first, last):
        return f'a wish for the product ("{scene.text.text[hit.start : hit.end]}")'
    return ""


def _handled(scene: Scene, first: int, start: int) -> str:
    for hit in scene.within("handling", max(first, start - 40), start):
        return f'what a program does with the code ("{scene.text.text[hit.start : hit.end]}")'
    return ""


def _on_paper(scene: Scene, start: int) -> str:
    """Reference material: a table with a column of meanings, a check-box, or a heading that announces a list."""
    line_start, line_end = scene.line(start)
    line = scene.low[line_start:line_end]
    if line.lstrip().startswith(("- [ ]", "* [ ]", "- [x]", "* [x]")):
        return "an item of a checklist"
    above = scene.lines_around(start, _PAST_TABLE, 0)[0]
    if line.lstrip().startswith("|") and _MEANING_COLUMN.search(scene.low, above, line_end):
        return "a row of a reference table"
    before = scene.low[above:line_start]
    lines = before.split("\n")
    place = line_start
    for number, text in enumerate(reversed(lines)):
        place -= len(text) + (1 if number else 0)
        begins = place if number else line_start - len(text)
        plain = text.strip()
        if not plain:
            continue
        heading = (
            plain.startswith("#")
            or plain.rstrip("*_ ").endswith(":")
            or (plain.startswith("**") and plain.endswith("**"))
        )
        if heading:
            for kind in ("heading", "document", "condition", "hypothesis"):
                for hit in scene.within(kind, begins, begins + len(text) + 1):
                    if not _asks_whether(scene, hit) and not _is_yes(scene, hit):
                        return f'under "{scene.text.text[hit.start : hit.end]}"'
        if plain.startswith("#"):
            break
    return ""


def whose(document: Document, scene: Scene, start: int, end: int) -> tuple[str, str]:
    """`gupshup`, `meta`, `other` or nothing, and how near the name stands: `here` (same sentence), `near`, `far`."""
    first, last = scene.sentence(start)
    here = _nearest(scene, first, last, start, end)
    if here == "other" and _gupshup_answers(scene, first, start, end, last):
        return "gupshup", "here"
    if here:
        return here, "here"
    around = scene.lines_around(start, 3, 1)
    near = _nearest(scene, max(around[0], start - 400), min(around[1], end + 200), start, end)
    if near:
        return near, "near"
    gupshup, other = document.has("gupshup"), document.has("vendor", "own")
    if gupshup and other:
        far = _nearest(scene, 0, len(scene.low), start, end)
        return (far or "gupshup"), "far"
    if gupshup:
        return "gupshup", "far"
    return ("other", "far") if other else ("", "far")


def _gupshup_answers(scene: Scene, first: int, start: int, end: int, last: int) -> bool:
    """`Our server gets 401 from Gupshup`: the writer's system stands nearer and yet only receives."""
    if not scene.within("gupshup", first, last) or scene.within("vendor", first, last):
        return False
    if _BY_GUPSHUP.match(scene.low, end, min(last, end + 60)):
        return True
    if _FROM_GUPSHUP.match(scene.low, end, min(last, end + 60)):
        return True
    return any(word in _RECEIVE for word in scene.words_before(start, 4))


def _nearest(scene: Scene, first: int, last: int, start: int, end: int) -> str:
    """The owner named nearest to the number; a name after it counts as half as near again."""
    found: list[tuple[float, str]] = []
    for kind, owner in (("gupshup", "gupshup"), ("vendor", "other"), ("own", "other"), ("meta_access", "meta")):
        for hit in scene.within(kind, first, last):
            if owner == "other" and _denied(scene, hit):
                continue
            found.append((_distance(hit.start, hit.end, start, end), owner))
    for address in _ADDRESS.finditer(scene.low, max(first, start - 400), min(last, end + 300)):
        owner = _owner_of(address[1])
        if owner and "/" in scene.low[max(0, address.start() - 1) : address.end() + 1]:
            found.append((_distance(address.start(), address.end(), start, end), owner))
    if not found:
        return ""
    nearest = min(found)[1]
    # Meta's words ("access token") are everybody's words: a named system beside them wins.
    return "other" if nearest == "meta" and any(owner == "other" for _, owner in found) else nearest


_KEYS = frozenset({"key", "keys", "apikey", "token", "clave", "chave"})


def _denied(scene: Scene, hit: Hit) -> bool:
    """`Not our API`, `no es nuestro servidor`, `descartamos nuestro servidor`; and `our API key` is no system."""
    if _KEYS.intersection(scene.words_after(hit.end, 1)):
        return True
    return any(
        word in _NEGATOR or word.startswith(("descart", "ruled", "exclu")) for word in scene.words_before(hit.start, 2)
    )


def _distance(left: int, right: int, start: int, end: int) -> float:
    return float(start - right) if right <= start else 1.5 * max(0, left - end)


def _owner_of(host: str) -> str:
    if host.endswith(_OUR_HOSTS):
        return "gupshup"
    if host.endswith(_META_HOSTS):
        return "meta"
    if host.endswith(
        (".md", ".ts", ".js", ".py", ".env", ".pdf", ".csv", ".json", ".log", ".xlsx", ".png", ".jpg", ".txt", ".php")
    ):
        return ""
    return "other"
