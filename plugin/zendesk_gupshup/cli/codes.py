"""`codes`: list, show, search and export the error dictionary."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zendesk_gupshup.cli import Fail
from zendesk_gupshup.cli.codes_languages import in_language, renamed
from zendesk_gupshup.cli.codes_show import entry_lines, print_lines, same_number
from zendesk_gupshup.cli.common import LANGUAGES, ledger_of, settings_of
from zendesk_gupshup.cli.tables import print_table, utc
from zendesk_gupshup.text.plural import counted

if TYPE_CHECKING:
    from zendesk_gupshup.dictionary import CodeEntry, Dictionary
    from zendesk_gupshup.model.base import Language

# Written out, because importing `model` would slow `--help` down; a test compares them.
NAMESPACES = ("gupshup", "gupshup_http", "gupshup_enterprise", "meta", "meta_onprem")
WHO = ("owner", "integrator", "content", "recipient", "meta", "gupshup", "nobody")
OWNER_TICKET = ("yes", "maybe", "no")
_UNFOLDED = ("Namespace", "Code", "Found in")

_lang = click.option("--lang", default="en", show_default=True, help="Language of the texts, such as es.")
_json = click.option("--json", "as_json", is_flag=True, help="Print everything in all languages, as JSON.")


@click.group()
def codes() -> None:
    """Look up error codes: what each means, who can fix it, and what to do.

    Codes of your own ([folders] dictionary) are included.
    """


@codes.command("list")
@click.option("--namespace", type=click.Choice(NAMESPACES), help="Only codes of this namespace.")
@click.option("--who", type=click.Choice(WHO), help="Only codes that this party can fix.")
@click.option(
    "--owner-ticket",
    type=click.Choice(OWNER_TICKET),
    help="Only codes with this value: is a ticket with Gupshup by the account owner due?",
)
@_json
@click.pass_context
def list_codes(
    ctx: click.Context, namespace: str | None, who: str | None, owner_ticket: str | None, as_json: bool
) -> None:
    """List the codes. Piped, one tab-separated line per code: namespace, code, title, who fixes it, owner ticket."""
    dictionary = _dictionary(ctx)
    entries = [
        entry
        for entry in _in_order(dictionary.entries)
        if namespace in (None, entry.error.namespace)
        and (who is None or who in entry.who_fixes)
        and owner_ticket in (None, entry.owner_ticket)
    ]
    if as_json:
        _print_json([_document(entry, dictionary) for entry in entries])
        return
    rows = [(e.error.namespace, e.error.code, e.title, ", ".join(e.who_fixes), e.owner_ticket) for e in entries]
    print_table(("Namespace", "Code", "Title", "Who fixes it", "Owner ticket"), rows, unfolded=_UNFOLDED)
    if sys.stdout.isatty():
        click.echo(f"{len(rows)} of {counted(len(dictionary.entries), 'code')}", err=True)


@codes.command()
@click.argument("code", nargs=-1, required=True)
@_lang
@_json
@click.pass_context
def show(ctx: click.Context, code: tuple[str, ...], lang: Language, as_json: bool) -> None:
    """Show everything about CODE: 1003, "gupshup_http 401", http_401, meta:131049."""
    dictionary = _dictionary(ctx)
    name = " ".join(code)
    found = [entry for error in dictionary.find(name) if (entry := dictionary.get(error))]
    if not found:
        raise Fail(f"{name}: no such code{_suggestions(name, dictionary)}; `codes search` looks in titles and texts")
    if as_json:
        _print_json([_document(entry, dictionary) for entry in found])
        return
    if len(found) > 1:
        names = ", ".join(str(entry.error) for entry in found)
        click.echo(
            f"Warning: {found[0].error.code} is ambiguous: {names} have different meanings. The number alone proves "
            "none of them; go by the text around it.",
            err=True,
        )
    found, shown = in_language(found, dictionary, lang)
    for number, entry in enumerate(found):
        if number:
            click.echo()
        print_lines(entry_lines(entry, dictionary, shown))


@codes.command()
@click.argument("text", nargs=-1, required=True)
@_json
@click.pass_context
def search(ctx: click.Context, text: tuple[str, ...], as_json: bool) -> None:
    """Search for TEXT in codes, titles, wordings and texts of all languages, ignoring accents and case."""
    from zendesk_gupshup.cli.codes_search import matches
    from zendesk_gupshup.text.normalise import fold

    words = fold(" ".join(text)).split()
    if not words:
        raise click.UsageError("TEXT needs letters or digits")
    dictionary = _dictionary(ctx)
    hits = matches(_in_order(dictionary.entries), words)
    if not hits:
        raise Fail(f"{' '.join(text)}: not found in the title, wordings or texts of any code")
    if as_json:
        _print_json(
            [{**_document(hit.entry, dictionary), "match": {"in": hit.where, "text": hit.text}} for hit in hits]
        )
        return
    rows = [(str(hit.entry.error), hit.entry.title, hit.where, hit.text) for hit in hits]
    print_table(("Code", "Title", "Found in", "Text"), rows, unfolded=_UNFOLDED)


@codes.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with every ticket.")
@click.pass_context
def unknown(ctx: click.Context, as_json: bool) -> None:
    """List strings that look like codes but are not in the dictionary, from the ledger; most tickets first.

    Piped, one tab-separated line each: code, tickets, times, first seen, last seen, the newest tickets.
    """
    found = ledger_of(settings_of(ctx)).unknown()
    if as_json:
        _print_json(
            [
                {
                    "code": u.code,
                    "times": u.times,
                    "tickets": u.tickets,
                    "first": utc(u.first)[:10],
                    "last": utc(u.last)[:10],
                }
                for u in found
            ]
        )
        return
    rows = [
        (
            u.code,
            str(len(u.tickets)),
            str(u.times),
            utc(u.first)[:10],
            utc(u.last)[:10],
            " ".join(map(str, u.tickets[:-6:-1])),
        )
        for u in found
    ]
    if not rows:
        click.echo("None: no ticket in the ledger has one.", err=True)
        return
    print_table(("Code", "Tickets", "Times", "First", "Last", "Newest tickets"), rows, unfolded=_UNFOLDED)


@codes.command("lint")
@click.option("--all", "everything", is_flag=True, help="The shipped codes too.")
@click.pass_context
def lint_codes(ctx: click.Context, everything: bool) -> None:
    """Lint your own codes: is each example reported, as this code alone, and each counter-example not?

    Also says which shipped codes yours replace, and which have the same number. Exits with 1 where an example is judged
    otherwise, or is reported as another code too.

    Piped, one line an example with tabs between: result, code, what is found, the models' percent for the words around
    the code and for the whole text, the example.
    """
    from itertools import chain

    from zendesk_gupshup.cli.codes_lint import collisions, lint, replaced, same_numbers
    from zendesk_gupshup.dictionary import load

    dictionary, shipped = _dictionary(ctx), load()
    own = frozenset(dictionary.entries) - frozenset(shipped.entries)
    entries = [entry for entry in _in_order(dictionary.entries) if everything or entry in own]
    if not entries:
        raise Fail("no codes of your own ([folders] dictionary); --all takes the shipped ones")
    rows = list(lint(entries, dictionary))
    print_table(
        ("Result", "Code", "Found", "Around", "Text", "Example"),
        [
            ("ok" if row.passes else "wrong", str(row.entry.error), row.confidence or "-", _percent(row.place),
             _percent(row.whole), row.text)
            for row in rows
        ],
    )  # fmt: skip
    ours = [entry for entry in entries if entry in own]
    for line in chain(replaced(ours, shipped), same_numbers(ours, dictionary)):
        click.echo(line, err=True)
    crossed = list(collisions(ours, dictionary))
    for line in crossed:
        click.echo(line, err=True)
    if wrong := sum(not row.passes for row in rows):
        judged = counted(len(rows), "example is", "examples are")
        raise Fail(f"{wrong} of {judged} judged otherwise; name the code, Gupshup and what failed in them")
    if crossed:
        examples = counted(len(crossed), "example is", "examples are")
        raise Fail(f"{examples} reported as another code too; use words that only one code has")


def _percent(value: int | None) -> str:
    return "-" if value is None else f"{value} %"


@codes.command()
@click.option(
    "--format", "format_", type=click.Choice(("md", "json", "csv", "html")), required=True, help="Output format."
)
@click.option("--output", type=click.Path(dir_okay=False), help="File to write (default: standard output).")
@click.option("--lang", help="Language of the texts, such as es (default: en; for json and csv en, es and pt).")
@click.pass_context
def export(ctx: click.Context, format_: str, output: str | None, lang: Language | None) -> None:
    """Export the whole dictionary. html is one self-contained page, for a help centre."""
    from zendesk_gupshup.cli.codes_export import as_csv, as_html, as_markdown

    dictionary = _dictionary(ctx)
    entries, shown = in_language(_in_order(dictionary.entries), dictionary, lang or "en")
    if format_ == "json":
        found = [_in_one_language(_document(entry, dictionary), shown if lang else None) for entry in entries]
        content = _json_text(renamed(found, shown, lang) if lang else found)
    elif format_ == "csv":
        content = as_csv(entries, {lang: shown} if lang else {name: name for name in LANGUAGES})
    else:
        content = (as_html if format_ == "html" else as_markdown)(entries, shown)
    if output is None:
        click.echo(content, nl=False)
        return
    try:
        Path(output).write_text(content, encoding="utf-8", newline="")
    except OSError as error:
        raise Fail(f"{output}: cannot be written: {error.strerror}") from None
    click.echo(f"{output}: {counted(len(entries), 'code')}", err=True)


def _dictionary(ctx: click.Context) -> Dictionary:
    from zendesk_gupshup.dictionary import DictionaryError, load

    try:
        return load(settings_of(ctx).folders.dictionary)
    except DictionaryError as error:
        raise Fail(str(error)) from None


def _in_order(entries: Iterable[CodeEntry]) -> list[CodeEntry]:
    """Namespaces in the order of `NAMESPACES`, codes by value: 4 before 10, 009 before 00a."""

    def position(entry: CodeEntry) -> tuple[int, int, str]:
        code = entry.error.code
        return NAMESPACES.index(entry.error.namespace), len(code.split("-")[0]), code

    return sorted(entries, key=position)


def _suggestions(name: str, dictionary: Dictionary) -> str:
    import difflib

    names = [text for entry in dictionary.entries for text in (str(entry.error), entry.error.code)]
    near = difflib.get_close_matches(name.strip().lower(), dict.fromkeys(names), n=3, cutoff=0.7)
    return f" (near: {', '.join(near)})" if near else ""


def _document(entry: CodeEntry, dictionary: Dictionary) -> dict[str, Any]:
    values = entry.model_dump(mode="json")
    error = values.pop("error")
    collides = [str(other.error) for other in same_number(entry, dictionary)]
    return {"name": str(entry.error), **error, "tag": entry.error.tag, **values, "collides_with": collides}


def _in_one_language(document: dict[str, Any], lang: Language | None) -> dict[str, Any]:
    """The document in the same shape, with its texts in `lang` alone; unchanged where that is `None`."""

    def cut(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: cut(part) for key, part in value.items() if key == lang or key not in LANGUAGES}
        return [cut(part) for part in value] if isinstance(value, list) else value

    cut_document: dict[str, Any] = cut(document) if lang else document
    return cut_document


def _json_text(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _print_json(document: Any) -> None:
    click.echo(_json_text(document), nl=False)
