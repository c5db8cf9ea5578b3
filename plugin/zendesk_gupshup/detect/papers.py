"""Codes in programs, settings, tables and tasks: they are named there, and nothing of them happened."""

from __future__ import annotations

import re
from itertools import takewhile

from zendesk_gupshup.detect.document import word_before
from zendesk_gupshup.detect.imagined import asks_whether, is_yes
from zendesk_gupshup.detect.scene import Scene

_LIKE = re.compile(
    r"\b(?:same as|similar to|unlike|rather than|not the|instead of|lo mismo que|igual que|igual al|parecido al?|distinto (?:de|del|al)|"
    r"en vez de|en lugar de|o mesmo que|igual ao?|parecido com o?|diferente d[eo]|em vez d[eo])\s(?:the\s|el\s|o\s|error\s|code\s){0,2}#?$"
)


def as_before(scene: Scene, start: int) -> str:
    """`The same as 131026`, `unlike 131026`: another code for comparison."""
    found = _LIKE.search(scene.low, max(0, start - 40), start)
    return f'only compared ("{found[0].strip()}")' if found else ""


# `const ERRORS = { 1003: "..." }`, `case 131047:`, `code === 1003`.
_PROGRAM = re.compile(
    r"\benum\s\w{1,40}\s?\{|\b(?:const|let|var|enum|final|static|export)\s\w{1,40}(?:\s?:\s?[\w<>, ]{1,40})?\s?=|\bcase\s[\"']?[0-9]{3,7}[\"']?\s?:|===|!==|"
    r"#define\s|==\s?[\"']?[0-9]{3,6}|\bcode\s?(?:==|!=|in)\s?[\[(\"']?[0-9]|\.code\s?(?:==|=>)\s?[0-9]|\bswitch\s?\(|\bassert\b|[\"']?[0-9]{3,7}[\"']?\s?(?::|=>)\s?[\"'][^\"'\n]{3,60}[\"'],\s?[\"']?[0-9]{3,7}"
)
# `GUPSHUP_RETRY=3`, two and more of them.
_SETTING = re.compile(
    r"(?m)^[ \t]{0,4}(?:export )?[A-Z][A-Z0-9]{1,20}(?:_[A-Z0-9]{1,20}){1,6}=[^\s,;&]{0,60}[ \t]{0,4}(?:#[^\n]{0,80})?$"
)


# A rule in a settings file: `- match: "gupshup 401"`.
_RULE_KEY = re.compile(
    r"\s{0,12}(?:-\s{1,3})?[\"']?(?:match|matches|pattern|regex|expr|trigger|condition|when|if|retry_on|retry|retryable|fatal|ignore|codes|"
    r"statuses|on_status|never|always)[\"']?\s?[:=]"
)


# `response:401 AND service:wa`: what somebody searches for.
_QUERY = re.compile(r"\b[\w.]{1,40}:[\"\w.*-]{1,40} (?:AND|OR|NOT) |\bselect\b[^\n]{1,120}\bwhere\b", re.ASCII)


def programmed(scene: Scene, start: int) -> str:
    first, last = scene.line(start)
    if _QUERY.search(scene.text.text, max(first, start - 200), min(last, start + 200)):
        return "a search"
    found = _PROGRAM.search(scene.low, max(first, start - 400), min(last, start + 200))
    if found or _RULE_KEY.match(scene.low, first):
        return "a line of a program"
    text = scene.text.text
    around = scene.lines_around(start, 1, 1)
    settings = _SETTING.match(text, first) and sum(1 for _ in _SETTING.finditer(text, *around)) >= 2
    return "a line of settings" if settings else ""


def simulated(scene: Scene, start: int) -> str:
    """`FAIL_WITH: "1003"  # simulate`: a program makes the error on purpose."""
    first, last = scene.line(start)
    for hit in scene.within("simulated", first, last):
        return f'made by a program ("{scene.text.text[hit.start : hit.end]}")'
    return ""


# "- show code 4005 in the list": a change or a task, in the imperative.
_TASK = re.compile(
    r"[ \t]{0,8}(?:[-*•+]\s|[0-9]{1,2}[.)]\s|\[.\]\s|[\w-]{1,16}:\s){0,3}(?:show|display|add|adds|map|handle|retry|log|mark|hide|translate|skip|support|"
    r"document|store|count|ignore|treat|test|mostrar|agregar|mapear|manejar|reintentar|traducir|adicionar|tratar|exibir|registrar|omitir|"
    r"marcar|documentar|ignorar|contar|incluir|include)\s(?![\w ]{0,40}(?:gives?|returns?|fails?|da|falla|devuelve|retorna)\b)(?:[^.,;:\n]|,\s?#?(?=[0-9])){0,60}$"
)
# "we catch 1003 all morning", "the logs detect": somebody does it now.
_ACTORS = frozenset({"we", "i", "they", "you", "logs", "the", "media", "a", "se", "si"})
_CLAUSE = re.compile(r"[a-z)\"'`][,:;.]\s|\n")


def handled(scene: Scene, first: int, start: int) -> str:
    line = scene.line(start)[0]
    if _TASK.match(scene.low, line, start):
        return "a task of a program"
    for hit in scene.within("handling", max(first, start - 60), start):
        # A single verb must reach the number itself; "the media handle, Graph replies (#100)" does not.
        alone = " " not in scene.low[hit.start : hit.end]
        between = scene.low[hit.end : start]
        if _CLAUSE.search(between) or (alone and sum(w.isalpha() for w in re.findall(r"\w+", between)) > 3):
            continue
        if alone and word_before(scene, hit.start) in _ACTORS:
            continue
        return f'what a program does with the code ("{scene.text.text[hit.start : hit.end]}")'
    return ""


_MEANING_COLUMN = re.compile(
    r"\|[^\n]*\b(?:meaning|description|solution|significado|descripcion|descricao|solucion|solucao|response|accion|"
    r"acao|action|explanation|what to do|"
    r"que hacer|o que fazer|fix|remedy|remedio|likely cause|probable cause|causa probable|posible causa|causa provavel|"
    r"next step|how to fix|como resolver|resolution|recommended)\b"
)
_DATE_COLUMN = re.compile(
    r"\s{0,8}\|\s{0,8}(?:date|time|when|day|timestamp|fecha|hora|dia|cuando|data|quando|datum|#\s{0,4}\|\s{0,4}date)\s{0,8}\|"
)
# "| 131026 | Message undeliverable | 41 |": how often it happened, and not what it means.
_COUNT_COLUMN = re.compile(
    r"\|\s{0,8}(?:qtde?|quantidade|cantidad|cant|count|total|times|veces|vezes|occurrences|ocurrencias|ocorrencias|"
    r"cases|casos|hits|failures|fallas|falhas|anzahl)\s{0,8}\|?\s{0,8}$"
)
_SYSTEM_COLUMN = re.compile(
    r"\|\s{0,8}(gupshup|meta|cloud api|graph|whatsapp|ours|internal|interno|nuestro|nosso|crm|twilio|provider|proveedor|provedor)(?:\s(?:code|codigo|error))?\s{0,8}(?=\|)"
)
_PAST_TABLE = 20
_LONGEST_HEADER = 600


def _of_meanings(rows: list[str]) -> bool:
    """`rows` go upwards from a row of the table; its header is the highest. Rows with dates or counts tell what happened."""
    table = list(takewhile(lambda row: row.lstrip().startswith("|"), rows))
    header = table[-1][:_LONGEST_HEADER]
    if _DATE_COLUMN.match(header) or _COUNT_COLUMN.search(header):
        return False
    return bool(_MEANING_COLUMN.search(header))


def _of_two_systems(scene: Scene, start: int, rows: list[str]) -> bool:
    """`| Twilio | Cloud API |`: which code of one system is which of another."""
    table = list(takewhile(lambda row: row.lstrip().startswith("|"), rows))
    line = scene.line(start)[0]
    header = line - sum(len(row) + 1 for row in table[1:])
    if len(set(_SYSTEM_COLUMN.findall(table[-1][:_LONGEST_HEADER]))) >= 2:
        return True
    return len(table) > 1 and any(hit.start < line for hit in scene.within("vendor", header, header + len(table[-1])))


def on_paper(scene: Scene, start: int) -> str:
    """Reference material: a table with a column of meanings, a check-box, or a heading that announces a list."""
    line_start, line_end = scene.line(start)
    line = scene.low[line_start:line_end]
    if line.lstrip().startswith(("- [ ]", "* [ ]", "- [x]", "* [x]")):
        return "an item of a checklist"
    above = scene.lines_around(start, _PAST_TABLE, 0)[0]
    before = scene.low[above:line_start]
    lines = before.split("\n")
    if line.lstrip().startswith("|"):
        rows = [line, *reversed(lines[:-1])]
        if _of_meanings(rows) or _of_two_systems(scene, start, rows):
            return "a row of a reference table"
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
                    if not asks_whether(scene, hit) and not is_yes(scene, hit):
                        return f'under "{scene.text.text[hit.start : hit.end]}"'
        if plain.startswith("#"):
            break
    return ""
