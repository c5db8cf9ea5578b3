"""Our texts: found by their file names, compiled in a sandbox, checked as a whole before any of them is used.

`<family>/<name>.<language>.<md|txt>.j2`, where the name is a code with its cause (`gupshup_http_403.ip_allowlist`),
a code (`gupshup_http_403`), a kind (`owner_escalation`) or `default`; the first of these that exists is taken. Files
whose name starts with `_` are building blocks for others.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from traceback import walk_tb
from typing import get_args

from jinja2 import TemplateSyntaxError
from jinja2.exceptions import UndefinedError

from zendesk_gupshup.dictionary import Dictionary
from zendesk_gupshup.dictionary import load as load_dictionary
from zendesk_gupshup.model.base import LANGUAGES
from zendesk_gupshup.model.finding import ErrorCode, Namespace
from zendesk_gupshup.model.plan import ReplyKind

from .context_types import View
from .environment import TemplateEnvironment, bounded_text
from .lint import Problem, lint_files, lint_names, lint_samples

FAMILIES: Mapping[str, str] = {"reply": "md", "note": "md", "guide": "md", "draft": "txt", "request": "txt"}
KINDS: tuple[str, ...] = get_args(ReplyKind)

_LARGEST_FILE = 64 * 1024

_NAMESPACES = "|".join(sorted(get_args(Namespace), key=len, reverse=True))
_NAME = re.compile(
    rf"(?P<block>_[a-z0-9_]+)|(?P<namespace>{_NAMESPACES})_(?P<code>[0-9][0-9a-z-]{{0,11}})(?:\.(?P<variant>[a-z][a-z0-9_]*))?"
    rf"|(?P<kind>{'|'.join(KINDS)}|default)"
)
_FILE = re.compile(rf"(?P<name>[a-z0-9_.-]+)\.(?P<language>{'|'.join(LANGUAGES)})\.(?P<form>md|txt)\.j2")


class TemplateError(ValueError):
    """A template is wrong. The message is one line: file, line, what is wrong, what to write instead."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        more = len(self.problems) - 1
        rest = f" (and {more} more; `zendesk-gupshup templates lint` lists all)" if more else ""
        super().__init__(f"{self.problems[0]}{rest}")


@dataclass(frozen=True)
class Source:
    """One template file: `key` is its path below the folder, `name` its stem without language."""

    key: str
    path: Path
    text: str
    shipped: bool

    @property
    def family(self) -> str:
        return self.key.partition("/")[0]

    @property
    def name(self) -> str:
        match = _FILE.fullmatch(self.key.partition("/")[2])
        return match["name"] if match else ""

    @property
    def language(self) -> str:
        match = _FILE.fullmatch(self.key.partition("/")[2])
        return match["language"] if match else ""

    @property
    def is_block(self) -> bool:
        return self.name.startswith("_")

    @property
    def error(self) -> tuple[ErrorCode, str | None] | None:
        """The code (and its cause) whose own text this is."""
        match = _NAME.fullmatch(self.name)
        if not match or not match["code"]:
            return None
        return ErrorCode.model_validate({"namespace": match["namespace"], "code": match["code"]}), match["variant"]


class Templates:
    """All texts of one shipped folder and, file by file over it, of one folder of the user's."""

    def __init__(self, sources: Iterable[Source], strays: Iterable[Problem], dictionary: Dictionary) -> None:
        self._sources = {source.key: source for source in sources}
        self._strays = tuple(strays)
        self._dictionary = dictionary
        self._environment = TemplateEnvironment({key: source.text for key, source in self._sources.items()})

    @classmethod
    def read(cls, folder: Path | None = None, *, dictionary: Dictionary | None = None) -> Templates:
        """The texts as they are, unchecked: for listing what is wrong with them."""
        sources, strays = _read(folder)
        return cls(sources, strays, dictionary or load_dictionary())

    @classmethod
    def load(cls, folder: Path | None = None, *, dictionary: Dictionary | None = None) -> Templates:
        """The texts, a user's checked with all they go with; raises `TemplateError`. The shipped ones are checked by
        the tests and need no second look, which takes a second. `dictionary`: if not the shipped one."""
        templates = cls.read(folder, dictionary=dictionary)
        problems = templates.lint() if folder is not None else ()
        if problems:
            raise TemplateError(problems)
        return templates

    def lint(self) -> tuple[Problem, ...]:
        """Everything that is wrong, by file and line. Texts that do not parse are not rendered with samples as well."""
        return self._problems

    @cached_property
    def _problems(self) -> tuple[Problem, ...]:
        found = [*self._strays, *lint_files(self._sources.values(), FAMILIES, self._dictionary)]
        found += lint_names(self._sources.values(), self._environment)
        if not found:
            found += lint_samples(self._sources.values(), self._text_or_problem, self._dictionary)
        return tuple(dict.fromkeys(found))

    @property
    def sources(self) -> tuple[Source, ...]:
        return tuple(self._sources[key] for key in sorted(self._sources))

    def source(self, family: str, view: View) -> Source:
        """The file that applies: the code's own text for its cause, the code's own, its kind's, the default."""
        names = [view.kind, "default"]
        if view.error:
            own = f"{view.error.namespace}_{view.error.code}"
            names = [f"{own}.{view.error.variant}", own, *names]
        for name in names:
            found = self._sources.get(f"{family}/{name}.{view.language}.{FAMILIES[family]}.j2")
            if found:
                return found
        key = f"{family}/default.{view.language}.{FAMILIES[family]}.j2"
        raise TemplateError([Problem(key, 0, f"no {family} text for {view.kind} in {view.language}", f"write {key}")])

    def text(self, family: str, view: View) -> str:
        """The rendered source, Markdown or plain text, its values still protected (`markup.reveal`)."""
        return self._text(self.source(family, view), view)

    def _text_or_problem(self, source: Source, view: View) -> str | Problem:
        try:
            return self._text(source, view)
        except TemplateError as error:
            return error.problems[0]

    def _text(self, source: Source, view: View) -> str:
        values = {field.name: getattr(view, field.name) for field in fields(view)}
        try:
            return bounded_text(self._environment, source.key, values, view.known)
        # What a template can raise has no common class: TypeError, ZeroDivisionError, RecursionError.
        except Exception as error:
            raise TemplateError([_problem(error, source, self._sources)]) from error


def shipped_folder() -> Path:
    """In the wheel beside the code, in a source checkout at the root."""
    installed = Path(__file__).parents[1] / "ticket_templates"
    return installed if installed.is_dir() else Path(__file__).parents[3] / "ticket_templates"


def _read(folder: Path | None) -> tuple[list[Source], list[Problem]]:
    if folder is not None and not folder.is_dir():
        raise TemplateError([Problem(str(folder), 0, "no such folder", "name a folder that holds templates, or none")])
    sources: dict[str, Source] = {}
    strays: list[Problem] = []
    for root in (shipped_folder(), folder):
        for path in sorted(root.rglob("*")) if root else ():
            key = path.relative_to(root).as_posix() if root else ""
            if path.is_dir() or any(part.startswith(".") for part in key.split("/")):
                continue
            source = _source(key, path, shipped=root != folder)
            if isinstance(source, Problem):
                strays.append(source)
            else:
                sources[key] = source
    return list(sources.values()), strays


def _source(key: str, path: Path, *, shipped: bool) -> Source | Problem:
    family, _, file = key.partition("/")
    match = _FILE.fullmatch(file)
    if family not in FAMILIES or not match or match["form"] != FAMILIES[family] or not _NAME.fullmatch(match["name"]):
        form = FAMILIES.get(family, "md")
        return Problem(
            key,
            0,
            "unknown file name",
            f"write <{'|'.join(FAMILIES)}>/<name>.<{'|'.join(LANGUAGES)}>.{form}.j2, where the name is "
            f"{', '.join(KINDS)}, default, a code such as gupshup_http_403, or _ and a word for a building block",
        )
    if path.stat().st_size > _LARGEST_FILE:
        return Problem(key, 0, f"larger than {_LARGEST_FILE} bytes", "write a text that fits into one comment")
    try:
        return Source(key, path, path.read_text(encoding="utf-8-sig"), shipped)
    except UnicodeDecodeError:
        return Problem(key, 0, "not UTF-8", "save the file with the encoding UTF-8")


def _problem(error: Exception, source: Source, sources: Mapping[str, Source]) -> Problem:
    """Where it happened: the innermost frame that is a line of a template."""
    if isinstance(error, TemplateSyntaxError):
        return Problem(error.name or source.key, error.lineno, error.message or "syntax error", "correct the syntax")
    frames = [(frame.f_code.co_filename, line) for frame, line in walk_tb(error.__traceback__)]
    file, line = next(((f, n) for f, n in reversed(frames) if f in sources), (source.key, 0))
    advice = "guard it with {% if … %}" if isinstance(error, UndefinedError) else "write it more simply"
    return Problem(file, line, str(error) or type(error).__name__, advice)
