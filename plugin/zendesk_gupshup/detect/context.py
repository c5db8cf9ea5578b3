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
    r"acao|action|explanation|what to do|"
    r"que hacer|o que fazer|fix|remedy|remedio|likely cause|probable cause|causa probable|posible causa|causa provavel|"
    r"next step|how to fix|como resolver|resolution|recommended)\b"
)
_ADDRESS = re.compile(r"(?:https?://|\b)((?:[a-z0-9-]{1,40}\.){1,5}[a-z]{2,10}|localhost)(?=[/:\s\"'?)]|$)")
_OUR_HOSTS = ("gupshup.io", "gupshup.ai", "smsgupshup.com")
_META_HOSTS = ("facebook.com", "whatsapp.com", "whatsapp.net")
_PAST_TABLE = 12


_ASKED_OFTEN = re.compile(r"\bfaqs?\b|preguntas frecuentes|perguntas frequentes|glosario|glossary|cheat ?sheet")


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

    def says(self, number: str) -> bool:
        """Does the number stand anywhere, as a word of its own?"""
        return any(f" {number} " in scene.joined for scene in self.scenes)

    @cached_property
    def _kinds(self) -> frozenset[str]:
        return frozenset().union(*(scene.kinds for scene in self.scenes))

    @cached_property
    def is_paper(self) -> bool:
        """Written as a document or change, not as a message: there "resolved" closes a section, not the case."""
        return any(_MARKDOWN.search(scene.text.text) for scene in self.scenes)

    @cached_property
    def names_whatsapp(self) -> bool:
        return any("whats" in scene.low or "waba" in scene.low or "graph api" in scene.low for scene in self.scenes)

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
        if self.is_paper:
            return ""
        for scene in self.scenes:
            for hit in scene.hits.get("whatsapp_works", ()):
                # "en Gupshup sale 1003": what comes out is no message.
                if not any(word.isdigit() or word.startswith("err") for word in scene.words_after(hit.end, 2)):
                    return scene.text.text[hit.start : hit.end]
        return ""

    @cached_property
    def is_test(self) -> str:
        if self.is_paper:
            return ""
        return self._first("test")

    @cached_property
    def changes(self) -> str:
        """`docs: `, `feat(api): ` at the start of a change message that fixes nothing."""
        found = next((f for scene in self.scenes[:1] if (f := _CHANGE.match(scene.low))), None)
        return found[0].strip() if found else ""

    @cached_property
    def is_plan(self) -> str:
        return "" if self.has("before_us", "occurred") else self._first("planning")

    @cached_property
    def is_question(self) -> str:
        """A subject that asks what happens if, and nothing below that says that it did."""
        if self.has("before_us", "again", "occurred"):
            return ""
        for scene in self.scenes:
            if scene.text.kind == "subject":
                for kind in ("hypothesis", "condition"):
                    for hit in scene.hits.get(kind, ()):
                        return scene.text.text[hit.start : hit.end]
        return ""

    @cached_property
    def is_procedure(self) -> str:
        """A subject that announces rules ("procedure", "on call"), and nothing below that says that it happened."""
        subject = next((scene.low for scene in self.scenes if scene.text.kind == "subject"), "")
        if self.has("before_us", "again", "occurred") and not _ASKED_OFTEN.search(subject):
            return ""
        return next(
            (
                scene.text.text[hit.start : hit.end]
                for scene in self.scenes
                if scene.text.kind == "subject"
                for hit in scene.hits.get("procedure", ())
            ),
            "",
        )

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
        or _simulated(scene, start)
        or _programmed(scene, start)
        or _as_before(scene, start)
        or _changed(document)
    )


def _as_before(scene: Scene, start: int) -> str:
    """`The same as 131026`, `unlike 131026`: another code for comparison."""
    found = _LIKE.search(scene.low, max(0, start - 40), start)
    return f'only compared ("{found[0].strip()}")' if found else ""


_LIKE = re.compile(
    r"\b(?:same as|similar to|unlike|rather than|not the|instead of|lo mismo que|igual que|igual al|parecido al?|distinto (?:de|del|al)|"
    r"en vez de|en lugar de|o mesmo que|igual ao?|parecido com o?|diferente d[eo]|em vez d[eo])\s(?:the\s|el\s|o\s|error\s|code\s){0,2}#?$"
)


# `const ERRORS = { 1003: "..." }`, `case 131047:`, `code === 1003`.
_PROGRAM = re.compile(
    r"\b(?:const|let|var|enum|final|static|export)\s\w{1,40}(?:\s?:\s?[\w<>, ]{1,40})?\s?=|\bcase\s[\"']?[0-9]{3,7}[\"']?\s?:|===|!==|"
    r"#define\s|==\s?[\"']?[0-9]{3,6}|\bcode\s?(?:==|!=|in)\s?[\[(\"']?[0-9]|\.code\s?(?:==|=>)\s?[0-9]|\bswitch\s?\(|\bassert\b|[\"']?[0-9]{3,7}[\"']?\s?(?::|=>)\s?[\"'][^\"'\n]{3,60}[\"'],\s?[\"']?[0-9]{3,7}"
)


# `GUPSHUP_RETRY=3`, two and more of them.
_SETTING = re.compile(
    r"(?m)^[ \t]{0,4}(?:export )?[A-Z][A-Z0-9]{1,20}(?:_[A-Z0-9]{1,20}){1,6}=[^\s,;&]{0,60}[ \t]{0,4}(?:#[^\n]{0,80})?$"
)


def _programmed(scene: Scene, start: int) -> str:
    first, last = scene.line(start)
    found = _PROGRAM.search(scene.low, max(first, start - 400), min(last, start + 200))
    if found:
        return "a line of a program"
    text = scene.text.text
    around = scene.lines_around(start, 1, 1)
    settings = _SETTING.match(text, first) and sum(1 for _ in _SETTING.finditer(text, *around)) >= 2
    return "a line of settings" if settings else ""


def _simulated(scene: Scene, start: int) -> str:
    """`FAIL_WITH: "1003"  # simulate`: a program makes the error on purpose."""
    first, last = scene.line(start)
    for hit in scene.within("simulated", first, last):
        return f'made by a program ("{scene.text.text[hit.start : hit.end]}")'
    return ""


# https://www.conventionalcommits.org: these change papers and programs, not an incident.
_CHANGE = re.compile(
    r"\A(?:docs?|tests?|chore|refactor|style|ci|build|feat|feature|i18n|types?)(?:\([^)\n]{1,40}\))?!?: "
)


def _changed(document: Document) -> str:
    if document.changes and not document.has("occurred", "before_us"):
        return f'a change ("{document.changes}")'
    return ""


# `if`, `si` and their kin where a clause begins; a comma after them makes a yes of `si`.
_IF = re.compile(r"(?:\A|[.;:(\[¿¡\n>*|→,-])\s{0,3}((?:if|si|wenn|falls|agar|jika)\s)(?!\w{0,12},)")
# `when Gupshup returns 401 the owner ...`, `ante 401 ...`: as a rule, not now.
_AS_A_RULE = re.compile(
    r"(?:\bwhen(?:ever)?\s(?:\w{1,12}\s){1,3}(?:returns?|answers?|gives?|responds?|replies|shows?|is|comes?)\s(?:back\s)?(?:with\s)?|"
    r"\b(?:cuando|siempre que|cada vez que)\s(?:\w{1,12}\s){0,3}(?:devuelv[ae]|respond[ae]|d[ae]|aparezca|salga|aparece|muestre|retorne|llegue)\s(?:con\s)?|"
    r"\b(?:quando|sempre que|caso)\s(?:\w{1,12}\s){0,3}(?:retornar?|retorne|devolver|devolva|der|de|aparecer|apareca|vier|responder|responda|receber|receba)\s(?:com\s)?|"
    r"\b(?:ante|frente a|diante de|in case of|en caso de|em caso de|bei)\s)"
    r"(?:(?:a|an|un|una|el|um|uma|o|error|erro|codigo|code|http|status|de|the|los|las|errores)\s){0,4}[\"'`(#]{0,3}$"
)
_POLITE = re.compile(
    r"(?:if|si|se)\s(?:possible|so|not|needed|necessary|you (?:can|could|need|want|wish|like|prefer|have time|check|look)|anything|"
    r"es (?:posible|necesario|que)|pued|quier|gust|necesit|hace falta|no es mucha|requier|prefier|desea|son tan|"
    r"for possivel|possivel|puder|precis|quiser|necessario)"
)
_AND_WE_GET = ("we get", "we got", "i get", "i got", "it gives", "it says", "nos da", "nos sale", "me sale", "me da",
               "nos devuelve", "me devuelve", "nos tira", "me tira", "recebemos", "recebo", "recibimos", "recibo")  # fmt: skip


def _conditional(scene: Scene, first: int, start: int) -> str:
    floor = max(first, start - 220)
    for hit in scene.within("condition", floor, start):
        if not (_asks_whether(scene, hit, start) or _is_yes(scene, hit) or _excused(scene, hit.start, start)):
            return f'only a condition ("{scene.text.text[hit.start : hit.end]}")'
    rule = _AS_A_RULE.search(scene.low, max(first, start - 90), start)
    if rule:
        return f'told as a rule ("{scene.text.text[rule.start() : rule.start() + 40].strip()}")'
    for found in _IF.finditer(scene.low, floor, start):
        if not _excused(scene, found.start(1), start) and _word_before(scene, found.start(1)) not in _CHECK:
            return f'only a condition ("{found[1].strip()}")'
    return ""


def _excused(scene: Scene, condition: int, start: int) -> bool:
    """`If possible, look at 1003`; `even if we recharge, 1003 stays`; `if I send by API, we get 1003`."""
    if _POLITE.match(scene.low, condition) or _word_before(scene, condition) in (
        "even",
        "aun",
        "incluso",
        "mesmo",
        "as",
        "como",
    ):
        return True
    between = scene.low[condition:start]
    if "?" in scene.low[start : scene.sentence(start)[1]] or "→" in scene.low[start : start + 40]:
        return False
    told = max(between.rfind(phrase) for phrase in _AND_WE_GET)
    return told > 0 and "," in between[:told] and len(between[:told].split()) >= 4


def _asks_whether(scene: Scene, hit: Hit, start: int | None = None) -> bool:
    """`check if the 401 is ours`, `para saber si ...`: an indirect question tells of something that happened.

    Not so `to understand: if the wallet runs dry, do we get 1003`, where the number stands in the consequence.
    """
    if _word_before(scene, hit.start) not in _CHECK:
        return False
    apart = ":" in scene.low[max(0, hit.start - 3) : hit.start]
    return not apart and (start is None or "," not in scene.low[hit.end : start])


def _is_yes(scene: Scene, hit: Hit) -> bool:
    """`sí, sale 1003`: the accent, or the comma where the accent was left out."""
    word = re.match(r"\w+", scene.text.text[hit.start : hit.end])
    if word is None or word[0].lower() not in ("si", "sí"):
        return False
    return word[0].lower() == "sí" or scene.low[hit.start + 2 : hit.start + 3] == ","


_THEN_IF = re.compile(r"[^,;\n]{0,120}?\b(if|si|se|caso|when|cuando|quando|wenn|agar)\s")
_WHY = re.compile(r"[\s>*¿-]{0,4}(?:why|por ?que|how come|warum|pourquoi|perche|kyu)\b")


def _asks_ahead(scene: Scene, first: int, start: int, last: int) -> bool:
    """`Does Gupshup answer 4001 if we send too fast?`: a question with its condition behind the number."""
    if "?" not in scene.low[start:last] or any(scene.within("before_us", first, last)):
        return False
    found = _THEN_IF.match(scene.low, start, last)
    if found is None or _WHY.match(scene.low, first):
        return False
    place = found.start(1)
    if _POLITE.match(scene.low, place) or _word_before(scene, place) in _CHECK:
        return False
    return found[1] != "se" or bool(scene.within("condition", place, place + 1))


_WOULD = re.compile(r"[\s>*-]{0,4}(?:would|will|wird|wurde)\s(?!you\b|someone|somebody|anyone|it be possible)")


def _hypothetical(scene: Scene, first: int, start: int, last: int, *, topic: bool) -> str:
    for hit in scene.within("hypothesis", max(first, start - 220), start):
        # An article about one error says "you may see": who pastes it sees it.
        if topic and scene.low.startswith(("may ", "might", "can ", "you will", "you ll"), hit.start):
            continue
        return f'only imagined ("{scene.text.text[hit.start : hit.end]}")'
    if _asks_ahead(scene, first, start, last):
        return "only imagined, in a question"
    if _WOULD.match(scene.low, first) and "?" in scene.low[first : last + 1]:
        return "only imagined, in a question"
    # After the number only in a question: "is 4003 normal in your docs?", but not "4011, it is not in your docs".
    reach = min(last, start + 160) if "?" in scene.low[start:last] else start
    for hit in scene.within("document", max(first, start - 220), reach):
        # "We followed your guide and still get 401".
        if any(scene.within(kind, hit.end, start) for kind in ("again", "before_us")):
            continue
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


# "- show code 4005 in the list": a change or a task, in the imperative.
_TASK = re.compile(
    r"[ \t]{0,8}(?:[-*•+]\s|[0-9]{1,2}[.)]\s|\[.\]\s|[\w-]{1,16}:\s){0,3}(?:show|display|add|adds|map|handle|retry|log|mark|hide|translate|skip|support|"
    r"document|store|count|ignore|treat|test|mostrar|agregar|mapear|manejar|reintentar|traducir|adicionar|tratar|exibir|registrar|omitir|"
    r"marcar|documentar|ignorar|contar|incluir|include)\s(?![\w ]{0,40}(?:gives?|returns?|fails?|da|falla|devuelve|retorna)\b)[^.,;:\n]{0,60}$"
)
# "we catch 1003 all morning", "the logs detect": somebody does it now.
_ACTORS = frozenset({"we", "i", "they", "you", "logs", "the", "media", "a"})
_CLAUSE = re.compile(r"[a-z)\"'`][,:;.]\s|\n")


def _handled(scene: Scene, first: int, start: int) -> str:
    line = scene.line(start)[0]
    if _TASK.match(scene.low, line, start):
        return "a task of a program"
    for hit in scene.within("handling", max(first, start - 60), start):
        # A single verb must reach the number itself; "the media handle, Graph replies (#100)" does not.
        alone = " " not in scene.low[hit.start : hit.end]
        between = scene.low[hit.end : start]
        if _CLAUSE.search(between) or (alone and sum(w.isalpha() for w in re.findall(r"\w+", between)) > 3):
            continue
        if alone and _word_before(scene, hit.start) in _ACTORS:
            continue
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
    if _ACCESS_LOG.search(scene.low, max(scene.line(start)[0], start - 400), start):
        return "other", "here"
    if _said_by_a_system(scene, start) and not _FROM_GUPSHUP.match(scene.low, end, min(last, end + 60)):
        return "other", "here"
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


# A server's own log of who called it: `"POST /hooks/gupshup HTTP/1.1" 401`.
_ACCESS_LOG = re.compile(r"\"(?:get|post|put|patch|delete|head|options) /[^\"\n]{0,300} http/[0-9.]{1,3}\"\s$")
_SYSTEMS = ("firewall", "portal", "webseite", "website", "shop", "waf", "balancer", "intranet", "crm", "erp", "proxy",
            "landing", "tienda", "loja", "nginx", "checkout", "pagina", "frontend", "app movil", "backoffice")  # fmt: skip
_SAYS = words("verb") - words("receive") | {"wirft", "gibt", "meldet", "lanza", "renvoie", "lancia"}


def _said_by_a_system(scene: Scene, start: int) -> bool:
    """`The firewall answers 403`: what stands before the verb is a system, and Gupshup is not beside it."""
    before = scene.words_before(start, 7)
    at = next((place for place, word in enumerate(before[:5]) if word in _SAYS), None)
    if at is None:
        return False
    subject = before[at + 1 : at + 3]
    if any(word.startswith("gup") for word in before[at + 1 : at + 5]):
        return False
    return any(word.endswith(_SYSTEMS) for word in subject)


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
            if kind == "own" and not _acts(scene, hit):
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


_FROM = frozenset(
    {"in", "on", "from", "of", "by", "at", "to", "into", "en", "de", "del", "desde", "no", "na", "do", "da", "em", "a",
     "por", "pelo", "pela", "al", "ao", "nel", "im", "auf", "von", "dans", "di", "inside", "within", "through"}
)  # fmt: skip
_MOVED = (
    "move",
    "migrat",
    "chang",
    "restart",
    "reinici",
    "mudam",
    "mudou",
    "migram",
    "cambi",
    "traslad",
    "deploy",
    "updat",
)


def _acts(scene: Scene, hit: Hit) -> bool:
    """`Our server returns`, `in our CRM`, but not `we moved our middleware to a new data centre`."""
    before = scene.words_before(hit.start, 2)
    return not any(word.startswith(_MOVED) for word in before)


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
