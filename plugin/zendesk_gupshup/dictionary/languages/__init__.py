"""The languages that texts are written in: one TOML table each, found by its name, `fr.toml`.

A folder `languages` within the user's folder of codes adds tables, and words to those that are here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import tomli
from pydantic import ValidationError

from zendesk_gupshup.dictionary.model import CodeEntry, LanguageTable
from zendesk_gupshup.model.base import LANGUAGES, Language

FOLDER = "languages"
_NAME = re.compile(r"[a-z]{2}\.toml")


class LanguageError(ValueError):
    """A table is wrong. The message is one line: the file, the key, and what to write instead."""


def read_languages(extra: Path | None, entries: Iterable[CodeEntry]) -> Mapping[Language, LanguageTable]:
    """The shipped tables, and those of `extra` over them, the complete languages first. Raises `LanguageError`."""
    raw: dict[str, dict[str, Any]] = {}
    for name, table in (*_tables(resources.files(__package__)), *_tables(extra / FOLDER if extra else None)):
        raw[name] = _over(raw.get(name, {}), table)
    order = (*LANGUAGES, *sorted(raw.keys() - set(LANGUAGES)))
    made = {name: _checked(name, raw[name]) for name in order}
    known: dict[tuple[str, str], set[str]] = {
        (e.error.namespace, e.error.code): {v.name for v in e.variants} for e in entries
    }
    for language, checked in made.items():
        _check(language, checked, known)
    return made


def _tables(folder: Traversable | None) -> Iterator[tuple[str, dict[str, Any]]]:
    if folder is None or not folder.is_dir():
        return
    for file in sorted(folder.iterdir(), key=lambda one: one.name):
        if not file.name.endswith(".toml"):
            continue
        if not _NAME.fullmatch(file.name):
            raise LanguageError(f"{FOLDER}/{file.name}: no name of a language; write its two letters, such as it.toml")
        try:
            yield file.name[:2], tomli.loads(file.read_text(encoding="utf-8"))
        except (tomli.TOMLDecodeError, UnicodeDecodeError) as error:
            raise LanguageError(f"{FOLDER}/{file.name}: not valid TOML: {error}") from error


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """The two tables as one; where both have a key, `above` is right."""
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        merged[key] = _over(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged


def _checked(name: str, table: Mapping[str, Any]) -> LanguageTable:
    try:
        return LanguageTable.model_validate(table)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        at = ".".join(str(part) for part in first["loc"])
        raise LanguageError(
            f'{FOLDER}/{name}.toml: key "{at}": {first["msg"]}; docs/templates.md has an example'
        ) from None


def _check(name: Language, table: LanguageTable, known: Mapping[tuple[str, str], set[str]]) -> None:
    """Words for codes that the dictionary does not have would never be used."""
    file = f"{FOLDER}/{name}.toml"
    if name in LANGUAGES and table.codes:
        raise LanguageError(f'{file}: key "codes": write the words into the file of the code\'s namespace')
    if table.fallback not in LANGUAGES:
        raise LanguageError(f'{file}: key "fallback" is "{table.fallback}"; write one of {", ".join(LANGUAGES)}')
    for namespace, codes in table.codes.items():
        for code, words in codes.items():
            causes = known.get((namespace, code))
            if causes is None:
                raise LanguageError(f"{file}: the dictionary has no code {namespace} {code}; take it out")
            for cause in words.variant:
                if cause not in causes:
                    near = ", ".join(sorted(causes)) or "none"
                    raise LanguageError(f"{file}: {namespace} {code} has no cause {cause}; it has {near}")
            if not (table.owner and table.integrator) and "{owner}" in words.model_dump_json():
                raise LanguageError(
                    f'{file}: {namespace} {code} says {{owner}}; write the keys "owner" and "integrator" for it'
                )
