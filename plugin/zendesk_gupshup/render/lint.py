"""What can be wrong with a template, found without any ticket: names, syntax, translations, length, and forbidden asks.

Names are checked against the types of `context_types.py` in every branch, also in those that no sample reaches.
"""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from jinja2 import Environment, TemplateSyntaxError, nodes
from jinja2.exceptions import TemplateAssertionError
from jinja2.meta import find_undeclared_variables

from zendesk_gupshup.dictionary import Dictionary
from zendesk_gupshup.model.base import LANGUAGES, Language

from .context_types import View
from .lint_languages import missing_texts
from .lint_layout import layout_problems
from .lint_samples import samples
from .markdown import reveal, to_html
from .template_files import Problem, Source

# Zendesk cuts here (https://support.zendesk.com/hc/en-us/articles/4408822451482).
_LONGEST_COMMENT = 64 * 1024


# --- Files ---------------------------------------------------------------------------------------------------


def lint_files(sources: Iterable[Source], families: Mapping[str, str], dictionary: Dictionary) -> Iterator[Problem]:
    """Texts without a translation, and texts for codes or in languages that the dictionary does not have.

    A code's own text is wanted in the complete languages alone: a further one has that of its kind.
    """
    sources = tuple(sources)
    languages: dict[tuple[str, str], set[str]] = defaultdict(set)
    for source in sources:
        if source.language not in dictionary.languages:
            known = ", ".join(dictionary.languages)
            write = f"write languages/{source.language}.toml into your folder of codes, or one of {known}"
            yield Problem(source.key, 0, f"unknown language {source.language}", write)
            continue
        if source.is_block:
            continue
        languages[source.family, source.name].add(source.language)
        if source.error:
            yield from _unknown_code(source, dictionary)
    keys = {source.key for source in sources}
    yield from missing_texts(keys, dictionary)
    for (family, name), present in sorted(languages.items()):
        for language in LANGUAGES:
            if language not in present:
                other = f"{family}/{name}.{min(present)}.{families[family]}.j2"
                missing = f"{family}/{name}.{language}.{families[family]}.j2"
                yield Problem(other, 0, f"no translation into {language}", f"write {missing}")


def _unknown_code(source: Source, dictionary: Dictionary) -> Iterator[Problem]:
    error, variant = source.error or (None, None)
    entry = dictionary.get(error) if error else None
    if entry is None:
        yield Problem(
            source.key, 0, f"the dictionary has no code {error}", "`zendesk-gupshup codes list` has the names"
        )
    elif variant and variant not in (names := [v.name for v in entry.variants]):
        known = f"name one of {', '.join(names)}" if names else "leave the cause out of the name"
        yield Problem(source.key, 0, f"{error} has no cause {variant}", known)


# --- Names ---------------------------------------------------------------------------------------------------


def lint_names(keys: Collection[str], sources: Iterable[Source], environment: Environment) -> Iterator[Problem]:
    """Syntax, variables, attributes, filters, included files, and sentences that ask for a secret.

    `keys`: all files that there are, beside those that are looked at."""
    for source in sources:
        yield from _forbidden_asks(source)
        try:
            tree = environment.parse(source.text, source.key, source.key)
        except TemplateSyntaxError as error:
            wrong = f"syntax: {error.message}"
            yield Problem(source.key, error.lineno, wrong, "correct it; docs/templates.md shows what may be written")
            continue
        yield from _unknown_variables(source.key, tree)
        yield from _unknown_filters(source.key, tree, environment)
        yield from _unknown_files(source.key, tree, keys)
        yield from _Attributes(source.key).check(tree)


def _unknown_variables(key: str, tree: nodes.Template) -> Iterator[Problem]:
    known = [field.name for field in fields(View)]
    unknown = _undeclared(tree) - set(known)
    for name in tree.find_all(nodes.Name):
        if name.ctx == "load" and name.name in unknown:
            yield Problem(key, name.lineno, f"unknown variable {name.name}", _nearest(name.name, known))


def _undeclared(tree: nodes.Template) -> set[str]:
    try:
        return find_undeclared_variables(tree)
    except TemplateAssertionError:  # an unknown filter or test, which is reported by itself
        return set()


def _unknown_filters(key: str, tree: nodes.Template, environment: Environment) -> Iterator[Problem]:
    for used in tree.find_all(nodes.Filter):
        if used.name not in environment.filters:
            known = [name for name in environment.filters if not name.startswith("_")]
            yield Problem(key, used.lineno, f"unknown filter {used.name}", _nearest(used.name, known))
    for test in tree.find_all(nodes.Test):
        if test.name not in environment.tests:
            yield Problem(key, test.lineno, f"unknown test {test.name}", _nearest(test.name, list(environment.tests)))


def _unknown_files(key: str, tree: nodes.Template, keys: Collection[str]) -> Iterator[Problem]:
    for used in tree.find_all((nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)):
        name = getattr(used, "template", None)
        if not isinstance(name, nodes.Const):
            yield Problem(key, used.lineno, "a file is named by a variable", "write the file's name in quotes")
        elif name.value not in keys:
            yield Problem(key, used.lineno, f"no file {name.value}", _nearest(str(name.value), sorted(keys)))


def _nearest(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"write {near[0]}" if near else f"known are {', '.join(sorted(known))}"


class _Attributes:
    """Follows the types of `View` through loops and assignments; what it cannot follow, it lets pass."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.problems: list[Problem] = []

    def check(self, tree: nodes.Template) -> list[Problem]:
        self._walk(tree, dict(_hints(View)))
        return self.problems

    def _walk(self, node: nodes.Node, scope: dict[str, Any]) -> None:
        if isinstance(node, nodes.Getattr):
            self._type(node, scope)
            return
        if isinstance(node, nodes.For):
            self._walk(node.iter, scope)
            inner = scope | {"loop": None} | dict.fromkeys(_targets(node.target))
            if isinstance(node.target, nodes.Name):
                inner[node.target.name] = _element(self._type(node.iter, scope))
            for child in (*node.body, *node.else_, *([node.test] if node.test else [])):
                self._walk(child, inner)
            return
        if isinstance(node, nodes.Macro | nodes.CallBlock):
            scope = scope | {"caller": None} | {argument.name: None for argument in node.args}
        if isinstance(node, nodes.Assign):
            self._walk(node.node, scope)
            scope |= dict.fromkeys(_targets(node.target))
            if isinstance(node.target, nodes.Name):
                scope[node.target.name] = self._type(node.node, scope)
            return
        if isinstance(node, nodes.Import):
            scope[node.target] = None
        for child in node.iter_child_nodes():
            self._walk(child, scope)

    def _type(self, node: nodes.Node, scope: dict[str, Any]) -> Any:
        """The type of an expression, `None` where it is not known."""
        if isinstance(node, nodes.Name):
            return scope.get(node.name)
        if isinstance(node, nodes.Filter) and node.node is not None:
            inner = self._type(node.node, scope)
            if node.name in ("first", "last"):
                return _element(inner)
            return inner if node.name in ("_bounded", "sort", "unique", "select", "reject") else None
        if isinstance(node, nodes.Getitem):
            return _element(self._type(node.node, scope)) if isinstance(node.arg, nodes.Const) else None
        if not isinstance(node, nodes.Getattr):
            for child in node.iter_child_nodes():
                self._walk(child, scope)
            return None
        base = _without_none(self._type(node.node, scope))
        if is_dataclass(base) and isinstance(base, type):
            hints = _hints(base)
            if node.attr in hints:
                return hints[node.attr]
            self._problem(node, f"{_spelled(node.node)} has no {node.attr}", _nearest(node.attr, list(hints)))
        elif base in (str, int, bool) or get_origin(base) is tuple:
            self._problem(node, f"{_spelled(node.node)} has no {node.attr}", f"write {_spelled(node.node)} alone")
        return None

    def _problem(self, node: nodes.Node, wrong: str, instead: str) -> None:
        self.problems.append(Problem(self.key, node.lineno, wrong, instead))


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _targets(node: nodes.Node) -> list[str]:
    found = [n.name for n in node.find_all(nodes.Name)]
    return [node.name] if isinstance(node, nodes.Name) else found


def _element(kind: Any) -> Any:
    kind = _without_none(kind)
    return get_args(kind)[0] if get_origin(kind) is tuple and get_args(kind) else None


def _without_none(kind: Any) -> Any:
    if get_origin(kind) in (Union, UnionType):
        rest = [k for k in get_args(kind) if k is not NoneType]
        return rest[0] if len(rest) == 1 else None
    return kind


def _spelled(node: nodes.Node) -> str:
    if isinstance(node, nodes.Name):
        return node.name
    return f"{_spelled(node.node)}.{node.attr}" if isinstance(node, nodes.Getattr) else "this"


# --- Forbidden asks ------------------------------------------------------------------------------------------

_SEND = (
    r"(?:send|sending|share|sharing|tell|give|provide|reply with|e-?mail|paste|forward"
    r"|env[ií]\w*|compart\w+|mande\w*|facil[ií]t\w+|proporcion\w+|ind[ií]qu\w+|ad?junt\w+|p[eé]gu?e\w*|d[ií]ga\w+"
    r"|compartilh\w+|forne[cç]\w+|inform[ea]\w*|anex\w+|passe\w*)"
)
_WITHHELD = (
    r"(?:api[ -]?keys?|passwords?|passcodes?|secrets?|(?:access |app |partner )?tokens?|one-time codes?|otp"
    r"|contraseñas?|claves?|senhas?|chaves?|credentials|credenciales|credenciais)"
)
_ASK = re.compile(rf"\b{_SEND}\b(?:[^\w.!?]+\w+){{0,6}}?[^\w.!?]+{_WITHHELD}\b", re.IGNORECASE)
_REFUSAL = re.compile(
    r"\b(?:never|not|without|hidden|masked|covered|nunca|jamás|sin|no|ocult\w+|enmascarad\w+|tapad\w+|não|sem|mascarad\w+)\b"
    r"|n't\b|n’t\b",
    re.IGNORECASE,
)
_JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)


def _forbidden_asks(source: Source) -> Iterator[Problem]:
    """A sentence that tells somebody to hand over a key or a password, and does not say never to."""
    plain = _JINJA.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), source.text[: 64 * 1024])
    for sentence in re.finditer(r"(?:[^.!?\n]|\n(?![ \t]*\n|[ \t]*[-*\d]))+", plain):
        ask = _ASK.search(sentence[0])
        if ask and not _REFUSAL.search(sentence[0]):
            line = plain.count("\n", 0, sentence.start() + ask.start()) + 1
            words = " ".join(ask[0].split())
            yield Problem(source.key, line, f'asks for a secret: "{words}"', "say that nobody needs to send it to us")


# --- Samples -------------------------------------------------------------------------------------------------


def lint_samples(
    sources: Iterable[Source], text: Callable[[Source, View], str | Problem], dictionary: Dictionary
) -> Iterator[Problem]:
    """Every text under every sample: a value that may be missing and is not guarded, words that run together, a text
    too long for a comment."""
    for source in sources:
        if source.is_block:
            continue
        language = source.language
        for name, view in samples(source.name, source.error, language, dictionary):
            made = text(source, view)
            if isinstance(made, Problem):
                yield Problem(made.file, made.line, f"{made.wrong} (sample: {name})", made.instead)
            else:
                yield from _length(source.key, made, language)
                yield from layout_problems(source, made)


def _length(key: str, made: str, language: Language) -> Iterator[Problem]:
    size = len(reveal(made).encode())
    # HTML is at most six times its text (`&quot;`), and making it is the slow part: only for what comes near.
    if ".md." in key and size * 6 > _LONGEST_COMMENT:
        size = len(to_html(made, language, limit=10**9).encode())
    if size > _LONGEST_COMMENT:
        yield Problem(key, 0, f"{size} bytes with a sample, over {_LONGEST_COMMENT}", "write it shorter")
    elif not made.strip():
        yield Problem(key, 0, "the text is empty", "write the text, or delete the file to use the shipped one")
