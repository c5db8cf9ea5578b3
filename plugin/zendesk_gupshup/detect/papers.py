"""Codes in programs, settings, tables and tasks: they are named there, and nothing of them happened."""

from __future__ import annotations

import re
from itertools import takewhile

from zendesk_gupshup.detect.document import word_before
from zendesk_gupshup.detect.imagined import asks_whether, is_yes
from zendesk_gupshup.detect.patterns import regex
from zendesk_gupshup.detect.scene import Hit, Scene
from zendesk_gupshup.model.detection_reasons import DismissalReason
from zendesk_gupshup.model.reason import Reason

# `const ERRORS = { 1003: "..." }`, `case 131047:`, `code === 1003`.
_PROGRAM = regex(
    r"\benum\s\w{1,40}\s?\{|\b(?:const|let|var|enum|final|static|export)\s\w{1,40}(?:\s?:\s?[\w<>, ]{1,40})?\s?=|\bcase\s[\"']?[0-9]{3,7}[\"']?\s?:|===|!==|"
    r"#define\s|==\s?[\"']?[0-9]{3,6}|\bcode\s?(?:==|!=|in)\s?[\[(\"']?[0-9]|\.code\s?(?:==|=>)\s?[0-9]|\bswitch\s?\(|\bassert\b|[\"']?[0-9]{3,7}[\"']?\s?(?::|=>)\s?[\"'][^\"'\n]{3,60}[\"'],\s?[\"']?[0-9]{3,7}"
)
# `GUPSHUP_RETRY=3`, two and more of them.
_SETTING = regex(
    r"(?m)^[ \t]{0,4}(?:export )?[A-Z][A-Z0-9]{1,20}(?:_[A-Z0-9]{1,20}){1,6}=[^\s,;&]{0,60}[ \t]{0,4}(?:#[^\n]{0,80})?$"
)


# A rule in a settings file: `- match: "gupshup 401"`.
_RULE_KEY = regex(
    r"\s{0,12}(?:-\s{1,3})?[\"']?(?:match|matches|pattern|regex|expr|trigger|condition|when|if|retry_on|retry|retryable|fatal|ignore|codes|"
    r"statuses|on_status|never|always)[\"']?\s?[:=]"
)


# `response:401 AND service:wa`: what somebody searches for.
_QUERY = regex(r"\b[\w.]{1,40}:[\"\w.*-]{1,40} (?:AND|OR|NOT) |\bselect\b[^\n]{1,120}\bwhere\b", re.ASCII)


def programmed(scene: Scene, start: int) -> Reason | None:
    first, last = scene.line(start)
    if _QUERY.search(scene.text.text, max(first, start - 200), min(last, start + 200)):
        return DismissalReason.SEARCH()
    found = _PROGRAM.search(scene.low, max(first, start - 400), min(last, start + 200))
    if found or _RULE_KEY.match(scene.low, first):
        return DismissalReason.PROGRAM_LINE()
    text = scene.text.text
    around = scene.lines_around(start, 1, 1)
    settings = _SETTING.match(text, first) and sum(1 for _ in _SETTING.finditer(text, *around)) >= 2
    return DismissalReason.SETTINGS_LINE() if settings else None


def simulated(scene: Scene, start: int) -> Reason | None:
    """`FAIL_WITH: "1003"  # simulate`: a program makes the error on purpose."""
    first, last = scene.line(start)
    for hit in scene.within("simulated", first, last):
        return DismissalReason.MADE_BY_PROGRAM(quote=scene.text.text[hit.start : hit.end])
    return None


# "- show code 4005 in the list": a change or a task, in the imperative.
_TASK = regex(
    r"[ \t]{0,8}(?:[-*•+]\s|[0-9]{1,2}[.)]\s|\[.\]\s|[\w-]{1,16}:\s){0,3}(?:show|display|add|adds|map|handle|retry|log|mark|hide|translate|skip|support|"
    r"document|store|count|ignore|treat|test|mostrar|agregar|mapear|manejar|reintentar|traducir|adicionar|tratar|exibir|registrar|omitir|"
    r"marcar|documentar|ignorar|contar|incluir|include)\s(?![\w ]{0,40}(?:gives?|returns?|fails?|da|falla|devuelve|retorna)\b)(?:[^.,;:\n]|,\s?#?(?=[0-9])){0,60}$"
)
# "we catch 1003 all morning", "the logs detect": somebody does it now.
_ACTORS = frozenset({"we", "i", "they", "you", "logs", "the", "media", "a", "se", "si"})
_CLAUSE = regex(r"[a-z)\"'`][,:;.]\s|\n")


def handled(scene: Scene, first: int, start: int) -> Reason | None:
    line = scene.line(start)[0]
    if _TASK.match(scene.low, line, start):
        return DismissalReason.PROGRAM_TASK()
    for hit in scene.within("handling", max(first, start - 60), start):
        # A single verb must reach the number itself; "the media handle, Graph replies (#100)" does not.
        alone = " " not in scene.low[hit.start : hit.end]
        between = scene.low[hit.end : start]
        if _CLAUSE.search(between) or (alone and sum(w.isalpha() for w in re.findall(r"\w+", between)) > 3):
            continue
        if alone and word_before(scene, hit.start) in _ACTORS:
            continue
        return DismissalReason.HANDLED_BY_PROGRAM(quote=scene.text.text[hit.start : hit.end])
    return None


# "131026, 131049 are retried", "a 401 throws `KeyRefused`", "132015 opens a task": what a program does whenever the code comes.
_OTHERS = (
    r"[\"'`*)\]]{0,3}(?:\s?(?:,|/|and|y|e|or|o|ou|und|et)\s?(?:and\s|or\s)?[\"'`*]{0,2}#?[0-9]{1,7}[\"'`*]{0,2}){0,10}"
)
_KIND = r"(?:\s(?:errors?|errores|erros?|codes?|codigos?|responses?|respuestas?|respostas?|failures?|results?|statuses|status))?(?:\s(?:from|by|of|de|do|da|del)\s(?:the\s|la\s|a\s)?(?:gupshup|meta|graph|whatsapp|cloud\sapi|graph\sapi|api)(?:\s(?:api|server))?)?"
_THING = (
    r"(?:an?\s|the\s|its?\s|un[ao]?\s|el\s|la\s|los\s|las\s|um\s|uma\s|o\s|os\s|as\s|su\s|seu\s|sua\s|no\s|any\s|one\s|further\s|new\s|nuev[ao]\s|nov[ao]\s){0,3}"
    r"(?:[`\"]|\w{2,20}(?:error|exception)\b|exceptions?\b|excepcion|excecao|tasks?|tareas?|tarefas?|tickets?|chamado|alerts?|alertas?|alarma?|alarme|workers?|consumers?|jobs?|"
    r"queues?|colas?|filas?|retr(?:y|ies)|reintentos?|retentativas?|pipeline|process|proceso|processo|circuit|breaker|incident|page|pager|on\scall|oncall|dead|dlq|channel|canal|cache|key\scache|"
    r"back\s?off|fallback|flag|metric|counter|contador|metrica|event|evento|row|record|registro|webhook|exponential|thread|batch|lote|sender|cron|scheduler|loop|"
    r"message\sto\s|mensaje\sa\s|mensagem\spara\s|contact\sas|contacto\scomo|contato\scomo|number\sas|numero\scomo|"
    r"content\steam|support|soporte|suporte|ops\b|someone|equipo|equipe|time\sde)"
)
_RULE_VERB = (
    r"(?:raises?|throws?|opens?|triggers?|creates?|enqueues?|requeues?|pages?|alerts?|notif(?:y|ies)|emits?|logs?|bumps?|increments?|sets?|"
    r"stops?|pauses?|marks?|moves?|sends?|disables?|kills?|trips?|cancels?|aborts?|fires?|starts?|schedules?|routes?|"
    r"lanzan?|abren?|disparan?|crean?|generan?|detienen?|pausan?|marcan?|mandan?|envian?|encolan?|notifican?|avisan?\sa|levantan?|"
    r"lancam?|levantam?|abrem?|disparam?|criam?|geram?|param?|pausam?|marcam?|mandam?|enviam?|enfileiram?|notificam?)"
)
_RULE_STATE = (
    r"(?:is|are|get|gets|being|son|es|sao|e|se|fica|ficam|quedan?|va|van|vai|vao|goes|go|counts?|cuentan?|contam?)\s(?:always\s|never\s|not\s|also\s|simply\s|siempre\s|nunca\s|no\s|sempre\s|nao\s|only\s|just\s|then\s){0,2}"
    r"(?:special|retried|retryable|non\s?-?retryable|retriable|dropped|swallowed|ignored|skipped|requeued|re\s?-?queued|mapped|treated|handled|final|terminal|fatal|permanent|transient|"
    r"temporary|safe\sto|terminals?|logged\s(?:and|as|at|only)|stored\s(?:as|and)|counted\sas|considered|parked|escalated|to\sthe\s(?:dead|dlq|queue)|straight\sto|"
    r"especial(?:es)?|especiais|reintentables?|reintentan?|descartan?|descartad[oa]s?|ignoran?|ignorad[oa]s?|mapean?|tratan?|tratad[oa]s?|transitori[oa]s?|definitiv[oa]s?|permanentes?|fatais|fatal(?:es)?|temporales|temporari[oa]s|"
    r"reprocessad[oa]s?|retentad[oa]s?|retentavel|retentaveis|reprocesan?|a\sla\s(?:cola|dlq)|para\sa\s(?:fila|dlq)|como\s(?:error|erro|fallo|falha|definitiv|permanent|transitori))"
)
_RULE_NEVER = (
    r"(?:(?:never|do\snot|does\snot|don.?t|doesn.?t)\s(?:reach|reaches|bubbles?|surfaces?|propagates?|counts?|triggers?|pages?)|falls?\sback\sto|"
    r"(?:is|are)\s(?:shown|displayed|rendered|translated|surfaced|reported)\s(?:to\s(?:the\s)?(?:users?|agents?)\s)?as|"
    r"se\s(?:muestran?|traducen?|presentan?)\s(?:\w{1,8}\s){0,2}como|(?:e|sao)\s(?:exibid|mostrad|traduzid|apresentad)[oa]s?\s(?:\w{1,8}\s){0,2}como|"
    r"nunca\s(?:llegan?|chegam?)\s(?:al?|ao|aos)\s)"
)
_RULE_AFTER = regex(rf"{_OTHERS}{_KIND}\s(?:{_RULE_VERB}\s{_THING}|{_RULE_STATE}\b|{_RULE_NEVER})")
# `1002 as "wrong number", 1003 as "no balance"`: texts for codes.
_TEXT_FOR = regex(r"[0-9]{3,7}[^\n.,;0-9]{0,40}\s(?:as|como)\s[\"'`“«]")
# "Retryable: 131016", "**Swallowed**: 131026, 131050", "Reintentables: ...": the class of a handler, before its codes.
_CLASS = regex(
    r"[\s>*_#`|-]{0,8}(?:(?:non|not|no|nao)[\s-])?(?:retry|retries|retryable|retriable|retry\slater|transient|temporary|permanent|terminal|fatal|hard\sfail(?:ure)?s?|soft\sfail(?:ure)?s?|"
    r"final|drop|dropped|drop\ssilently|ignore|ignored|skip|swallow|swallowed|silent|silenced|silenciados|suppress|suppressed|alert(?:\son)?|page(?:\son\s?-?call)?|escalate|do\snot\sretry|never\sretry|always\sretry|back\s?off|"
    r"dead\s?-?letter|blocklist|handled|mapped|unmapped|special|exceptions|known|"
    r"reintentables?|reintentar|reintentamos|transitorios?|temporales|permanentes?|definitivos?|fatales|fatais|descartar|descartados?|ignorar|ignorados?|omitir|alertar|escalar|"
    r"retentaveis|retentar|reprocessar|temporarios|transitorias?|definitivas?)\b(?:\s(?:and|y|e|or|o|ou)\s\w{1,14}|\s(?:codes?|errors?|codigos?|errores|erros|silently|immediately|once|twice|later|always|en\ssilencio|em\ssilencio|sin\sreintento|sem\sretentativa)){0,3}"
    r"\s?(?:\([^)\n]{0,50}\))?[*_`]{0,3}\s?(?::|=|→|->|\|)[^.\n]{0,120}$"
)


def ruled(scene: Scene, start: int, end: int) -> Reason | None:
    """The rules of a handler, told in the present tense: they hold whenever the code comes, and tell of no day."""
    first, last = scene.sentence(start)
    first, last = max(first, start - 400), min(last, end + 400)
    line = scene.line(start)
    found = _RULE_AFTER.match(scene.low, end, min(last, line[1], end + 260))
    if not found and not _COUNTED.search(scene.low, max(line[0], start - 200), min(line[1], end + 200)):
        found = _CLASS.match(scene.low, line[0], start) if start - line[0] <= 200 else None
    if not found and _TEXT_FOR.match(scene.low, start, last):
        found = next((m for m in [*_TEXT_FOR.finditer(scene.low, first, min(last, first + 600))][1:2]), None)
    if not found:
        return None
    # "1003 stops the queue, nobody can send" is what happens to somebody.
    if _STOPS.match(scene.low, end, last) and _PEOPLE.search(scene.low, first, last + 80):
        return None
    if any(scene.within(kind, first, last) for kind in ("before_us", "again", "occurred")):
        return None
    return DismissalReason.PROGRAM_RULE()


_STOPS = regex(
    r"[^\n.]{0,60}?\s(?:stops?|pauses?|kills?|aborts?|cancels?|disables?|detienen?|pausan?|param?|pausam?)\s"
)
_PEOPLE = regex(
    r"\b(?:we|us|our|nobody|nothing|no one|everybody|everyone|cannot|can.?t|nadie|nada|nos|nuestr[oa]s?|noss[oa]s?|ninguem|todo|tudo|help|ayuda|ajuda)\b"
)
_COUNTED = regex(r"[0-9]{3,7}\s?(?:x|×|\()\s?[0-9]|[0-9]\s(?:veces|vezes|times)")


_MEANING_COLUMN = regex(
    r"\|[^\n]*\b(?:meaning|description|solution|significado|descripcion|descricao|solucion|solucao|response|accion|"
    r"acao|action|explanation|what to do|"
    r"que hacer|o que fazer|fix|remedy|remedio|likely cause|probable cause|causa probable|posible causa|causa provavel|"
    r"next step|how to fix|como resolver|resolution|recommended)\b"
)
# "| 131026 | Message undeliverable | 41 |": how often it happened, and not what it means.
_COUNT_COLUMN = regex(
    r"\|\s{0,8}(?:qtde?|quantidade|cantidad|cant|count|total|times|veces|vezes|occurrences|ocurrencias|ocorrencias|"
    r"cases|casos|hits|failures|fallas|falhas|anzahl)\s{0,8}\|?\s{0,8}$"
)
_SYSTEM_COLUMN = regex(
    r"\|\s{0,8}(gupshup|meta|cloud api|graph|whatsapp|ours|internal|interno|nuestro|nosso|crm|twilio|provider|proveedor|provedor)(?:\s(?:code|codigo|error))?\s{0,8}(?=\|)"
)
_PAST_TABLE = 20
_LONGEST_HEADER = 600


def _of_meanings(rows: list[str]) -> bool:
    """`rows` go upwards from a row of the table; its header is the highest. Rows with dates or counts tell what happened."""
    table = list(takewhile(lambda row: row.lstrip().startswith("|"), rows))
    header = table[-1][:_LONGEST_HEADER]
    if _COUNT_COLUMN.search(header):
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


# A heading that tells of trouble announces no list.
_TROUBLED = regex(
    r"\b(?:added|agregad[oa]s?|adicionad[oa]s?|responses|respuestas|respostas|metrics|metricas)\b[^\n]{0,60}\b(?:but|pero|mas|yet|cannot|can.?t|not|nothing|nobody|nunca|never|no|nao|nada)\b"
)


def _is_all(scene: Scene, hit: Hit, first: int, last: int) -> bool:
    """Does the heading hold nothing but the phrase, its marks and emoji aside?"""
    return not any(char.isalnum() for char in scene.low[first : hit.start] + scene.low[hit.end : last])


def on_paper(scene: Scene, start: int) -> Reason | None:
    """Reference material: a table with a column of meanings, a check-box, or a heading that announces a list."""
    line_start, line_end = scene.line(start)
    line = scene.low[line_start:line_end]
    if line.lstrip().startswith(("- [ ]", "* [ ]", "- [x]", "* [x]")):
        return DismissalReason.CHECKLIST_ITEM()
    above = scene.lines_around(start, _PAST_TABLE, 0)[0]
    before = scene.low[above:line_start]
    lines = before.split("\n")
    if line.lstrip().startswith("|"):
        rows = [line, *reversed(lines[:-1])]
        if _of_meanings(rows) or _of_two_systems(scene, start, rows):
            return DismissalReason.TABLE_ROW()
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
                    # "What happens" heads the description of a bug; "what happens if" does not.
                    if kind == "hypothesis" and _is_all(scene, hit, begins, begins + len(text)):
                        continue
                    # "Added" heads a list of changes; "Number is added but nothing can be sent" does not.
                    if kind == "heading" and _TROUBLED.search(plain[:200]):
                        continue
                    if not asks_whether(scene, hit) and not is_yes(scene, hit):
                        return DismissalReason.UNDER_HEADING(quote=scene.text.text[hit.start : hit.end])
        if plain.startswith("#"):
            break
    return None
