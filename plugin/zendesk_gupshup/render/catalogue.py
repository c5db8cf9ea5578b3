"""Our texts: compiled in a sandbox, checked as a whole before any of them is used.

The first text that exists is taken: the code's own for its cause, the code's own, its kind's, the default.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from functools import cached_property
from pathlib import Path
from traceback import walk_tb

from jinja2 import TemplateSyntaxError
from jinja2.exceptions import UndefinedError

from zendesk_gupshup.dictionary import Dictionary
from zendesk_gupshup.dictionary import load as load_dictionary

from .context_types import View
from .environment import TemplateEnvironment, bounded_text
from .lint_languages import missing_texts
from .template_files import AFTER_THE_FIRST, FAMILIES, Problem, Source, read_files, with_takers


class TemplateError(ValueError):
    """A template is wrong. The message is one line: file, line, what is wrong, what to write instead."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        more = len(self.problems) - 1
        rest = f" (and {more} more; `zendesk-gupshup templates lint` lists all)" if more else ""
        super().__init__(f"{self.problems[0]}{rest}")


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
        if folder is not None and not folder.is_dir():
            missing = Problem(str(folder), 0, "no such folder", "name a folder that holds templates, or none")
            raise TemplateError([missing])
        sources, strays = read_files(folder)
        return cls(sources, strays, dictionary or load_dictionary())

    @classmethod
    def load(cls, folder: Path | None = None, *, dictionary: Dictionary | None = None) -> Templates:
        """The texts. A user's folder is linted and raises `TemplateError`; the tests lint the shipped ones, as it takes
        a second. `dictionary`: if not the shipped one."""
        templates = cls.read(folder, dictionary=dictionary)
        problems = templates.lint() if folder is not None else templates.missing()
        if problems:
            raise TemplateError(problems)
        return templates

    def missing(self) -> tuple[Problem, ...]:
        """The texts that a language of the dictionary lacks: somebody's own table may stand without them."""
        return tuple(missing_texts(self._sources, self._dictionary))

    def lint(self) -> tuple[Problem, ...]:
        """Everything that is wrong, by file and line. Texts that do not parse are not rendered with samples as well."""
        return self._problems

    @cached_property
    def _problems(self) -> tuple[Problem, ...]:
        # Only somebody's own texts are linted.
        from .lint import lint_files, lint_names, lint_samples

        found = [*self._strays, *lint_files(self._sources.values(), FAMILIES, self._dictionary)]
        unproven = self._unproven()
        found += lint_names(self._sources.keys(), unproven, self._environment)
        if not found:
            found += lint_samples(unproven, self._text_or_problem, self._dictionary)
        places = {source.key: source.place for source in self._sources.values()}
        return tuple(dict.fromkeys(replace(one, file=places.get(one.file, one.file)) for one in found))

    def _unproven(self) -> tuple[Source, ...]:
        """What may be wrong beside the file names: with a folder of one's own its files and those that take them in.

        The shipped texts by themselves, and with codes of one's own, are looked at one and all.
        """
        own = {key for key, source in self._sources.items() if not source.shipped}
        used, shipped = self._dictionary, load_dictionary()
        if not own or (used.entries, used.languages) != (shipped.entries, shipped.languages):
            return tuple(self._sources.values())
        return tuple(self._sources[key] for key in with_takers(self._sources, own))

    @property
    def sources(self) -> tuple[Source, ...]:
        return tuple(self._sources[key] for key in sorted(self._sources))

    def source(self, family: str, view: View) -> Source:
        """The file that applies: the code's own text for its cause, the code's own, its kind's, the default."""
        names = [view.kind, "default"]
        if view.error and view.kind not in AFTER_THE_FIRST:
            own = f"{view.error.namespace}_{view.error.code}"
            names = [f"{own}.{view.error.variant}", own, *names]
        for name in names:
            found = self._sources.get(f"{family}/{name}.{view.language}.{FAMILIES[family]}.j2")
            if found:
                return found
        key = f"{family}/default.{view.language}.{FAMILIES[family]}.j2"
        raise TemplateError([Problem(key, 0, f"no {family} text for {view.kind} in {view.language}", f"write {key}")])

    def block(self, family: str, name: str, view: View) -> str:
        """A building block by itself, rendered as `text` is."""
        key = f"{family}/{name}.{view.language}.{FAMILIES[family]}.j2"
        source = self._sources.get(key)
        if source is None:
            raise TemplateError([Problem(key, 0, f"no such text in {view.language}", f"write {key}")])
        return self._text(source, view)

    def text(self, family: str, view: View) -> str:
        """The rendered source, Markdown or plain text, its values still protected (`markdown.reveal`)."""
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


def _problem(error: Exception, source: Source, sources: Mapping[str, Source]) -> Problem:
    """Where it happened: the innermost frame that is a line of a template."""
    if isinstance(error, TemplateSyntaxError):
        return Problem(error.name or source.key, error.lineno, error.message or "syntax error", "correct the syntax")
    frames = [(frame.f_code.co_filename, line) for frame, line in walk_tb(error.__traceback__)]
    file, line = next(((f, n) for f, n in reversed(frames) if f in sources), (source.key, 0))
    advice = "guard it with {% if … %}" if isinstance(error, UndefinedError) else "write it more simply"
    return Problem(file, line, str(error) or type(error).__name__, advice)
