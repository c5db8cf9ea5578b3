"""The error dictionary: one TOML file per namespace, loaded once and checked.

Own codes come from a second folder. `model` has the entries' types and the lookup by code or name.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, get_args

import tomli
from pydantic import ValidationError

from zendesk_gupshup.dictionary.languages import LanguageError, read_languages
from zendesk_gupshup.dictionary.model import CodeEntry, Dictionary, Texts, Variant
from zendesk_gupshup.model.finding import Namespace
from zendesk_gupshup.text.normalise import fold

__all__ = ["CodeEntry", "Dictionary", "DictionaryError", "Texts", "Variant", "load"]

_NAMESPACES: tuple[str, ...] = get_args(Namespace)

# A code becomes part of tags. Zendesk splits a tag at blanks and drops most punctuation, so a code of another shape
# would never be found on the ticket again. https://support.zendesk.com/hc/en-us/articles/4408835059482
_CODE = re.compile(r"[a-z0-9]+(?:[_-][a-z0-9]+)*")
_LONGEST_CODE = 40


class DictionaryError(ValueError):
    """A dictionary file is wrong. The message is one line: the file, the code, the key, and what to write instead."""


@lru_cache(maxsize=8)
def load(extra: Path | None = None) -> Dictionary:
    """The shipped entries; those of the folder `extra` are added or replace them. Raises `DictionaryError`."""
    entries = dict(_entries(_shipped()))
    if extra is not None:
        if not extra.is_dir():
            raise DictionaryError(f"{extra}: no such folder; name a folder that holds dictionary files (*.toml)")
        entries |= dict(_entries(sorted(extra.glob("*.toml"))))
    found = tuple(entry for _, entry in sorted(entries.items()))
    _check_tags(found)
    _check_wordings(found)
    try:
        return Dictionary(found, read_languages(extra, found))
    except LanguageError as error:
        raise DictionaryError(str(error)) from None


def _shipped() -> list[Traversable]:
    folder = resources.files(__package__)
    return sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)


def _entries(files: Iterable[Traversable]) -> Iterator[tuple[tuple[int, str], CodeEntry]]:
    """Each entry under its sort key: namespaces in the order of `Namespace`, then the code."""
    where: dict[tuple[int, str], str] = {}
    for file in files:
        namespace, tables = _read(file)
        for table in tables:
            entry = _entry(file.name, namespace, table)
            key = (_NAMESPACES.index(namespace), entry.error.code)
            if key in where:
                raise DictionaryError(
                    f"{file.name}: code {entry.error.code}: stands in {where[key]} already; keep one of the two"
                )
            where[key] = file.name
            yield key, entry


def _read(file: Traversable) -> tuple[str, list[Mapping[str, Any]]]:
    try:
        content = tomli.loads(file.read_text(encoding="utf-8"))
    except (tomli.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DictionaryError(f"{file.name}: not valid TOML: {error}") from error
    unknown = sorted(content.keys() - {"namespace", "code"})
    if unknown:
        raise DictionaryError(f'{file.name}: unknown key "{unknown[0]}"; write namespace = "..." and [[code]] tables')
    namespace = content.get("namespace")
    if namespace not in _NAMESPACES:
        raise DictionaryError(f'{file.name}: key "namespace" is {namespace!r}; write one of {", ".join(_NAMESPACES)}')
    tables = content.get("code", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise DictionaryError(f'{file.name}: key "code" is no list of tables; start each entry with [[code]]')
    return namespace, tables


def _entry(file: str, namespace: str, table: Mapping[str, Any]) -> CodeEntry:
    code = table.get("code")
    if not isinstance(code, str) or not code or code != code.strip().lower():
        plain = str(code or "...").strip().lower()
        raise DictionaryError(f'{file}: code {code!r}: key "code" must be a text in lower case; write code = "{plain}"')
    if len(code) > _LONGEST_CODE or not _CODE.fullmatch(code):
        plain = re.sub(r"[^a-z0-9]+", "_", fold(code))[:_LONGEST_CODE].strip("_")
        hint = f'write code = "{plain}"' if _CODE.fullmatch(plain) else "write letters and digits"
        raise DictionaryError(
            f'{file}: code {code!r}: key "code" becomes part of tags: at most {_LONGEST_CODE} letters a to z, digits, '
            f"and single - or _ between them; {hint}"
        )
    if "error" in table:
        raise DictionaryError(f'{file}: code {code}: unknown key "error"; write code = "{code}" only')
    values = {key: value for key, value in table.items() if key != "code"}
    try:
        entry = CodeEntry.model_validate({**values, "error": {"namespace": namespace, "code": code}})
    except ValidationError as error:
        raise DictionaryError(f"{file}: code {code}: {_explain(error)}") from error
    _check_variants(file, entry)
    return entry


_SHAPES = {
    "string_type": "a text in quotation marks",
    "bool_type": "true or false",
    "tuple_type": "a list in brackets",
    "model_type": "a table with en, es and pt",
}


def _explain(error: ValidationError) -> str:
    """The first mistake in one line; pydantic's own report is a page long and names Python types."""
    # A misspelled key is unknown and missing at once: say how it is spelled.
    first = min(error.errors(include_url=False), key=lambda one: one["type"] != "extra_forbidden")
    path = [str(part) for part in first["loc"]]
    key, at = path[-1], ".".join(path)
    if first["type"] == "extra_forbidden":
        known = sorted(_known_keys(path))
        near = difflib.get_close_matches(key, known, n=1)
        return f'unknown key "{at}"; write {near[0] if near else "one of " + ", ".join(known)}'
    if first["type"] == "missing":
        return f'key "{at}" is missing; add it'
    context = first.get("ctx", {})
    if first["type"] == "literal_error":
        return f'key "{at}" is {first["input"]!r}; write {context["expected"]}'
    if first["type"] == "string_too_short":
        return f'key "{at}" is empty; write some text'
    if first["type"] == "too_short":
        return f'key "{at}" has {context["actual_length"]}; write at least {context["min_length"]}'
    if first["type"] in _SHAPES:
        return f'key "{at}" is {first["input"]!r}; write {_SHAPES[first["type"]]}'
    return f'key "{at}": {first["msg"]}'


def _known_keys(path: list[str]) -> set[str]:
    parents = [part for part in path[:-1] if not part.isdigit()]
    if parents and parents[-1] in ("meaning", "remedy", "checks", "request"):
        return set(Texts.model_fields)
    if parents:
        return set(Variant.model_fields)
    return {field.alias or name for name, field in CodeEntry.model_fields.items() if name != "error"} | {"code"}


def _check_variants(file: str, entry: CodeEntry) -> None:
    names: set[str] = set()
    wordings: dict[str, str] = {}
    for variant in entry.variants:
        at = f"{file}: code {entry.error.code}: variant {variant.name}"
        if variant.name in names:
            raise DictionaryError(f"{at}: stands twice; give each variant its own name")
        names.add(variant.name)
        for wording in variant.wordings:
            other = wordings.setdefault(fold(wording), variant.name)
            if other != variant.name:
                raise DictionaryError(f'{at}: wording "{wording}" selects {other} too; make it more specific')


def _check_tags(entries: Iterable[CodeEntry]) -> None:
    """No two codes may share a tag: `gupshup` `http_401` would be taken for `gupshup_http` `401`."""
    owners: dict[str, CodeEntry] = {}
    for entry in entries:
        other = owners.setdefault(entry.error.slug, entry)
        if other is not entry:
            raise DictionaryError(
                f'{entry.error}: key "code": its tag {entry.error.tag} is that of {other.error}; choose another code'
            )


def _check_wordings(entries: Iterable[CodeEntry]) -> None:
    """No phrase that proves a code by itself may stand with two codes."""
    owners: dict[str, CodeEntry] = {}
    for entry in entries:
        proving = (v.wordings for v in entry.variants if not v.only_with_code)
        for wording in (*entry.wordings, *(wording for wordings in proving for wording in wordings)):
            folded = fold(wording)
            if not folded:
                raise DictionaryError(f'{entry.error}: wording "{wording}" has no letters; write words')
            other = owners.setdefault(folded, entry)
            if other is not entry:
                raise DictionaryError(
                    f'{entry.error}: wording "{wording}" stands with {other.error} too; keep it where it proves the '
                    "code, or set only_with_code = true on the variant"
                )
