"""The dictionary as Markdown, HTML and CSV, with labels in the reader's language."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

from zendesk_gupshup.dictionary import CodeEntry, Variant

if TYPE_CHECKING:
    from zendesk_gupshup.model.base import Language

LABELS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "heading": "Error codes of Gupshup and WhatsApp",
        "intro": "The same number means different things in different sections. Go by the text around it and by where "
        "it came from.",
        "remedy": "What to do",
        "who_fixes": "Who can fix it",
        "owner_ticket": "Ticket with Gupshup by the account owner",
        "retry": "Send again",
        "severity": "Effect",
        "source": "Source",
        "same_number": "Same number",
        "cause": "Cause",
        "wordings": "Known wordings",
        "supports": "Words that support it",
        "examples": "Examples",
        "counter_examples": "Not this code",
        "success": "Reports success, not a failure",
    },
    "es": {
        "heading": "Códigos de error de Gupshup y WhatsApp",
        "intro": "El mismo número significa cosas distintas en cada sección. Guíese por las palabras que lo acompañan "
        "y por su origen.",
        "remedy": "Qué hacer",
        "who_fixes": "Quién puede resolverlo",
        "owner_ticket": "Ticket del propietario de la cuenta a Gupshup",
        "retry": "Enviar de nuevo",
        "severity": "Efecto",
        "source": "Fuente",
        "same_number": "Mismo número",
        "cause": "Causa",
        "wordings": "Textos conocidos",
        "supports": "Palabras que lo respaldan",
        "examples": "Ejemplos",
        "counter_examples": "No es este código",
        "success": "Informa éxito, no un fallo",
    },
    "pt": {
        "heading": "Códigos de erro da Gupshup e do WhatsApp",
        "intro": "O mesmo número significa coisas diferentes em cada seção. Oriente-se pelas palavras ao lado dele e "
        "pela origem.",
        "remedy": "O que fazer",
        "who_fixes": "Quem pode resolver",
        "owner_ticket": "Chamado do proprietário da conta na Gupshup",
        "retry": "Enviar de novo",
        "severity": "Efeito",
        "source": "Fonte",
        "same_number": "Mesmo número",
        "cause": "Causa",
        "wordings": "Textos conhecidos",
        "supports": "Palavras que o sustentam",
        "examples": "Exemplos",
        "counter_examples": "Não é este código",
        "success": "Informa sucesso, não uma falha",
    },
}

_SECTIONS: Mapping[str, Mapping[str, str]] = {
    "gupshup": {
        "en": "Gupshup: failed messages",
        "es": "Gupshup: mensajes fallidos",
        "pt": "Gupshup: mensagens com falha",
    },
    "gupshup_http": {
        "en": "Gupshup API: HTTP statuses",
        "es": "API de Gupshup: estados HTTP",
        "pt": "API da Gupshup: status HTTP",
    },
    "gupshup_enterprise": {
        "en": "Gupshup Enterprise: gateway and delivery reports",
        "es": "Gupshup Enterprise: gateway e informes de entrega",
        "pt": "Gupshup Enterprise: gateway e relatórios de entrega",
    },
    "meta": {
        "en": "WhatsApp: Meta's Cloud API",
        "es": "WhatsApp: Cloud API de Meta",
        "pt": "WhatsApp: Cloud API da Meta",
    },
    "meta_onprem": {
        "en": "WhatsApp: On-Premises API (closed on 23 October 2025)",
        "es": "WhatsApp: API On-Premises (cerrada el 23 de octubre de 2025)",
        "pt": "WhatsApp: API On-Premises (encerrada em 23 de outubro de 2025)",
    },
}

# Values of an entry. `owner_ticket`, `retry` and `severity` are part of the key, because they share the value `no`.
_VALUES: Mapping[str, Mapping[str, str]] = {
    "owner": {"en": "the account owner", "es": "el propietario de la cuenta", "pt": "o proprietário da conta"},
    "integrator": {"en": "your technical team", "es": "su equipo técnico", "pt": "a sua equipe técnica"},
    "content": {
        "en": "whoever writes the messages",
        "es": "quien redacta los mensajes",
        "pt": "quem escreve as mensagens",
    },
    "recipient": {"en": "the recipient", "es": "el destinatario", "pt": "o destinatário"},
    "meta": {"en": "Meta", "es": "Meta", "pt": "Meta"},
    "gupshup": {"en": "Gupshup", "es": "Gupshup", "pt": "Gupshup"},
    "nobody": {"en": "nobody", "es": "nadie", "pt": "ninguém"},
    "owner_ticket yes": {"en": "yes", "es": "sí", "pt": "sim"},
    "owner_ticket maybe": {
        "en": "only if the remedy does not help",
        "es": "solo si la solución no ayuda",
        "pt": "só se a solução não ajudar",
    },
    "owner_ticket no": {"en": "no", "es": "no", "pt": "não"},
    "retry no": {"en": "no", "es": "no", "pt": "não"},
    "retry now": {"en": "now", "es": "ahora", "pt": "agora"},
    "retry later": {"en": "later", "es": "más tarde", "pt": "mais tarde"},
    "retry after_fix": {"en": "after the fix", "es": "después de corregirlo", "pt": "depois de corrigir"},
    "severity blocking": {"en": "nothing goes out", "es": "no sale ningún mensaje", "pt": "nenhuma mensagem sai"},
    "severity partial": {"en": "part of the messages", "es": "una parte de los mensajes", "pt": "parte das mensagens"},
    "severity single": {
        "en": "one message or recipient",
        "es": "un mensaje o destinatario",
        "pt": "uma mensagem ou um destinatário",
    },
    "severity info": {"en": "none, for information", "es": "ninguno, solo informa", "pt": "nenhum, só informa"},
}

_URL = re.compile(r"https://[^\s\"'<>;|]+")

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem;color:#1f2933;background:#fff}
h1,h2,h3,h4{line-height:1.25}h2{margin-top:3rem;border-bottom:1px solid #cbd2d9}h3{margin-top:2rem}
h4{margin-bottom:.2rem}code{font-size:1.05em}a{color:#0b5cad}nav li{margin:.3rem 0}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem;font-size:.9rem}dt{color:#52606d}dd{margin:0}
section section section{margin-left:1rem;padding-left:1rem;border-left:3px solid #cbd2d9}
@media(max-width:40rem){dl{grid-template-columns:1fr}dt{margin-top:.4rem}}
@media(prefers-color-scheme:dark){body{color:#e4e7eb;background:#1a1d21}a{color:#7ab8f5}dt{color:#9aa5b1}}
""".strip()


def facts(of: CodeEntry | Variant, lang: Language) -> Iterator[tuple[str, str]]:
    """Labels and short values of an entry, or of one of its causes."""
    label = LABELS[lang]
    yield label["who_fixes"], ", ".join(_VALUES[who][lang] for who in of.who_fixes)
    yield label["owner_ticket"], _VALUES[f"owner_ticket {of.owner_ticket}"][lang]
    if isinstance(of, CodeEntry):
        yield label["retry"], _VALUES[f"retry {of.retry}"][lang]
        yield label["severity"], label["success"] if of.success else _VALUES[f"severity {of.severity}"][lang]
        yield label["source"], of.source


def checks(of: CodeEntry | Variant, lang: Language) -> list[str]:
    """What to rule out before a ticket is opened. Only causes have checks."""
    return of.checks.get(lang).splitlines() if isinstance(of, Variant) and of.checks else []


def as_csv(entries: Iterable[CodeEntry], langs: Sequence[str]) -> str:
    """One row per code; the causes that share a code are in the other formats only."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\r\n")
    texts = [f"{name}_{lang}" for name in ("meaning", "remedy") for lang in langs]
    rows.writerow(
        ["namespace", "code", "title", "who_fixes", "owner_ticket", "retry", "severity", *texts, "source", "tag"]
    )
    for e in entries:
        written = [getattr(of, lang) for of in (e.meaning, e.remedy) for lang in langs]
        plain = [e.error.namespace, e.error.code, e.title, "|".join(e.who_fixes), e.owner_ticket, e.retry, e.severity]
        rows.writerow([*plain, *written, e.source, e.error.tag])
    return out.getvalue()


def as_markdown(entries: Sequence[CodeEntry], lang: Language) -> str:
    label = LABELS[lang]
    lines = [f"# {label['heading']}", "", label["intro"], ""]
    for namespace, group in _by_namespace(entries):
        lines += [f"## {_SECTIONS[namespace][lang]}", ""]
        for entry in group:
            lines += [f"### {entry.error.code} {_plain(entry.title)}", "", *_markdown_body(entry, lang)]
            for variant in entry.variants:
                head = f"#### {label['cause']}: {_plain(variant.wordings[0])}"
                lines += [head, "", *_markdown_body(variant, lang)]
    return "\n".join(lines).rstrip() + "\n"


def _markdown_body(of: CodeEntry | Variant, lang: Language) -> list[str]:
    remedy = f"**{LABELS[lang]['remedy']}:** {_plain(of.remedy.get(lang))}"
    rows = [f"- {name}: {f'<{value}>' if _URL.fullmatch(value) else _plain(value)}" for name, value in facts(of, lang)]
    first = [f"- {_plain(line)}" for line in checks(of, lang)]
    return [_plain(of.meaning.get(lang)), "", remedy, "", *first, *([""] if first else []), *rows, ""]


def _plain(text: str) -> str:
    """Escaped, so that Markdown shows `text` unchanged."""
    return re.sub(r"([\\`*_{}\[\]<>#|~])", r"\\\1", text)


def as_html(entries: Sequence[CodeEntry], lang: Language) -> str:
    """A self-contained page: no script, no picture, nothing to load."""
    label = LABELS[lang]
    groups = list(_by_namespace(entries))
    contents = "".join(
        f'<li><a href="#{namespace}">{escape(_SECTIONS[namespace][lang])}</a> '
        + " ".join(f'<a href="#{e.error.slug}">{escape(e.error.code)}</a>' for e in group)
        + "</li>\n"
        for namespace, group in groups
    )
    body = "\n".join(
        f'<section id="{namespace}">\n<h2>{escape(_SECTIONS[namespace][lang])}</h2>\n'
        + "\n".join(_html_entry(entry, lang) for entry in group)
        + "\n</section>"
        for namespace, group in groups
    )
    return (
        f'<!doctype html>\n<html lang="{lang}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width,initial-scale=1">\n'
        f"<title>{escape(label['heading'])}</title>\n<style>\n{_STYLE}\n</style>\n</head>\n<body>\n"
        f"<h1>{escape(label['heading'])}</h1>\n<p>{escape(label['intro'])}</p>\n<nav><ul>\n{contents}</ul></nav>\n"
        f"{body}\n</body>\n</html>\n"
    )


def _html_entry(entry: CodeEntry, lang: Language) -> str:
    cause = escape(LABELS[lang]["cause"])
    causes = "".join(
        f"<section>\n<h4>{cause}: {escape(variant.wordings[0])}</h4>\n{_html_body(variant, lang)}</section>\n"
        for variant in entry.variants
    )
    head = f"<h3><code>{escape(entry.error.code)}</code> {escape(entry.title)}</h3>"
    return f'<section id="{escape(entry.error.slug)}">\n{head}\n{_html_body(entry, lang)}{causes}</section>'


def _html_body(of: CodeEntry | Variant, lang: Language) -> str:
    remedy = f"<strong>{escape(LABELS[lang]['remedy'])}:</strong> {escape(of.remedy.get(lang))}"
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{_html_value(value)}</dd>\n" for name, value in facts(of, lang))
    first = "".join(f"<li>{escape(line)}</li>\n" for line in checks(of, lang))
    first = f"<ul>\n{first}</ul>\n" if first else ""
    return f"<p>{escape(of.meaning.get(lang))}</p>\n<p>{remedy}</p>\n{first}<dl>\n{rows}</dl>\n"


def _html_value(value: str) -> str:
    shown = escape(value)
    return f'<a href="{shown}">{shown}</a>' if _URL.fullmatch(value) else shown


def _by_namespace(entries: Sequence[CodeEntry]) -> Iterator[tuple[str, list[CodeEntry]]]:
    for namespace in _SECTIONS:
        group = [entry for entry in entries if entry.error.namespace == namespace]
        if group:
            yield namespace, group
