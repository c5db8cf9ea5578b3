"""The dictionary as Markdown, HTML and CSV, with labels in the reader's language."""

from __future__ import annotations

import csv
import io
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, NamedTuple

from markupsafe import Markup

from zendesk_gupshup.dictionary import CodeEntry, Variant
from zendesk_gupshup.report.page import digest, page_template

if TYPE_CHECKING:
    from zendesk_gupshup.model.base import Language

_URL = re.compile(r"https://[^\s\"'<>;|]+")


class Section(NamedTuple):
    """The entries of one namespace."""

    namespace: str
    title: str
    entries: Sequence[CodeEntry]


@cache
def words() -> Mapping[str, Any]:
    """By kind and name, the text of each language."""
    return tomllib.loads(resources.files(__package__).joinpath("codes_export.toml").read_text(encoding="utf-8"))


def labels(lang: Language) -> dict[str, str]:
    return {name: texts[lang] for name, texts in words()["label"].items()}


def facts(of: CodeEntry | Variant, lang: Language) -> Iterator[tuple[str, str]]:
    """Labels and short values of an entry, or of one of its causes."""
    label, value = labels(lang), words()["value"]
    yield label["who_fixes"], ", ".join(value["who_fixes"][who][lang] for who in of.who_fixes)
    yield label["owner_ticket"], value["owner_ticket"][of.owner_ticket][lang]
    if isinstance(of, CodeEntry):
        yield label["retry"], value["retry"][of.retry][lang]
        yield label["severity"], label["success"] if of.success else value["severity"][of.severity][lang]
        yield label["source"], of.source


def checks(of: CodeEntry | Variant, lang: Language) -> list[str]:
    """What to rule out before a ticket is opened. Only causes have checks."""
    return of.checks.get(lang).splitlines() if isinstance(of, Variant) and of.checks else []


def as_csv(entries: Iterable[CodeEntry], langs: Mapping[Language, Language]) -> str:
    """One row per code; the causes that share a code are in the other formats only. `langs`: by the name of a language
    in the head, the language of an entry under which its texts stand."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\r\n")
    texts = [f"{name}_{lang}" for name in ("meaning", "remedy") for lang in langs]
    rows.writerow(
        ["namespace", "code", "title", "who_fixes", "owner_ticket", "retry", "severity", *texts, "source", "tag"]
    )
    for e in entries:
        written = [of.get(lang) for of in (e.meaning, e.remedy) for lang in langs.values()]
        plain = [e.error.namespace, e.error.code, e.title, "|".join(e.who_fixes), e.owner_ticket, e.retry, e.severity]
        rows.writerow([*plain, *written, e.source, e.error.tag])
    return out.getvalue()


def as_markdown(entries: Sequence[CodeEntry], lang: Language) -> str:
    label = labels(lang)
    lines = [f"# {label['heading']}", "", label["intro"], ""]
    for section in _sections(entries, lang):
        lines += [f"## {section.title}", ""]
        for entry in section.entries:
            lines += [f"### {entry.error.code} {_plain(entry.title)}", "", *_markdown_body(entry, lang)]
            for variant in entry.variants:
                head = f"#### {label['cause']}: {_plain(variant.wordings[0])}"
                lines += [head, "", *_markdown_body(variant, lang)]
    return "\n".join(lines).rstrip() + "\n"


def _markdown_body(of: CodeEntry | Variant, lang: Language) -> list[str]:
    remedy = f"**{labels(lang)['remedy']}:** {_plain(of.remedy.get(lang))}"
    rows = [f"- {name}: {f'<{value}>' if _URL.fullmatch(value) else _plain(value)}" for name, value in facts(of, lang)]
    first = [f"- {_plain(line)}" for line in checks(of, lang)]
    return [_plain(of.meaning.get(lang)), "", remedy, "", *first, *([""] if first else []), *rows, ""]


def _plain(text: str) -> str:
    """Escaped, so that Markdown shows `text` unchanged."""
    return re.sub(r"([\\`*_{}\[\]<>#|~])", r"\\\1", text)


def as_html(entries: Sequence[CodeEntry], lang: Language) -> str:
    """A self-contained page that loads nothing; its one script is the search box."""
    sheet, script = (
        resources.files(__package__).joinpath(f"codes_export.{kind}").read_text(encoding="utf-8")
        for kind in ("css", "js")
    )
    page = page_template("zendesk_gupshup.cli", "codes_export.html").render(
        lang=lang, label=labels(lang), sections=_sections(entries, lang), facts=facts, checks=checks,
        is_url=_URL.fullmatch,
        sheet=Markup(sheet), script=Markup(script),  # noqa: S704 - our own files
        policy=f"default-src 'none'; style-src 'sha256-{digest(sheet)}'; script-src 'sha256-{digest(script)}'; "
        "base-uri 'none'; form-action 'none'",
    )  # fmt: skip
    return f"{page}\n"


def _sections(entries: Sequence[CodeEntry], lang: Language) -> Sequence[Section]:
    found = (
        Section(namespace, titles[lang], [entry for entry in entries if entry.error.namespace == namespace])
        for namespace, titles in words()["section"].items()
    )
    return [section for section in found if section.entries]
