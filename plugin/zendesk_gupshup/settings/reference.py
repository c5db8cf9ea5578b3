"""The settings as documentation, made from the models: the page `docs/settings.md`, and the starter file of `init`.

`python -m zendesk_gupshup.settings.reference` prints the page.
"""

from __future__ import annotations

import json
import re
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from .model import Settings
from .sources import ENVIRONMENT, SECRETS

_HEAD = """\
# Settings

Every key of `zendesk-gupshup.toml`, made from the program itself (`make settings-page`): do not edit this page.
Flags and environment variables come before the file.
`zendesk-gupshup init` writes a starter file in which each key stands as a comment.
"""
_ENVIRONMENT = """\
## Environment variables

The secrets come only from here, or from the file that `NAME_FILE` names.

| variable | setting | meaning |
|---|---|---|
"""
_STARTER_HEAD = """\
# Settings of zendesk-gupshup. A line that begins with `#key` shows a key with its default, or an example
# where there is none: remove the # to set it. docs/settings.md is the reference; secrets come from the environment.
"""
# What a new installation sets at once, and what stands for a key that has no default.
_STARTER: Mapping[tuple[str, str], str] = {("modes", "cap"): '"observe"'}
_EXAMPLES: Mapping[tuple[str, str], str] = {
    ("setup", "endpoint"): '"https://gupshup.example.com/webhooks/zendesk"',
    ("app", "url"): '"https://gupshup.example.com"',
    ("zendesk", "subdomain"): '"example"',
    ("zendesk", "base_url"): '"http://127.0.0.1:8090"',
    ("zendesk", "oauth_client_id"): '"zendesk_gupshup"',
    ("zendesk", "email"): '"worker@example.com"',
    ("follow_up", "time_zone"): '"America/Bogota"',
    ("routing", "group"): '"WhatsApp N2"',
    ("gupshup", "note_language"): '"en"',
    ("gupshup", "request_language"): '"en"',
    ("folders", "templates"): '"texts"',
    ("folders", "dictionary"): '"codes"',
    ("folders", "directory"): '"accounts.csv"',
}
# `[modes]` has a key for every code, so no model names them: key, default, meaning, example.
_MODES: tuple[tuple[str, str | None, str, str], ...] = (
    ("default", None, "Mode of every code without a line of its own; unset: by the code's kind.", '"assist"'),
    ("cap", '"auto"', "No code goes beyond this mode.", '"observe"'),
    ('"gupshup_http 401"', None, "Mode of one code; `zendesk-gupshup codes list` shows the names.", '"auto"'),
)
_NAMED = '"NAME"'
_NUMBERS: Mapping[type, str] = {int: "whole number", float: "number"}
_WORDS: Mapping[type, str] = {bool: "true or false", str: "text", Path: "path"}


@dataclass(frozen=True)
class SettingRow:
    """A key with what may stand there, its default and an example in TOML. `default` is `None` for unset."""

    section: str
    key: str
    type: str
    default: str | None
    meaning: str
    example: str
    required: bool = False


def setting_rows() -> tuple[SettingRow, ...]:
    """Every key that may stand in the file, in the order of the models."""
    return tuple(row for name, field in Settings.model_fields.items() for row in _section(name, field))


def settings_page() -> str:
    """`docs/settings.md`."""
    parts = [_HEAD]
    for section, rows in _by_section().items():
        lines = [f"| `{r.key}` | {r.type} | {_shown(r)} | {_cell(r.meaning)} |" for r in rows]
        parts.append(
            f"## [{section}]\n\n| key | type | default | meaning |\n|---|---|---|---|\n" + "\n".join(lines) + "\n"
        )
    parts.append(_ENVIRONMENT + "\n".join(_environment_rows()) + "\n")
    return "\n".join(parts)


def starter_file() -> str:
    """What `init` writes: valid as it is, and it changes nothing but the mode's cap."""
    parts = [_STARTER_HEAD]
    for section, rows in _by_section().items():
        # A table that the user names would want its required keys.
        lines = [f"#[{section}]" if _NAMED in section else f"[{section}]"]
        for row in rows:
            place = (section, row.key)
            lines.append(f"# {row.meaning}" + (f" ({row.type})" if row.default is None else ""))
            if place in _STARTER:
                lines.append(f"{row.key} = {_STARTER[place]}")
            else:
                lines.append(f"#{row.key} = {row.default or _EXAMPLES.get(place) or row.example}")
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def _by_section() -> dict[str, list[SettingRow]]:
    found: dict[str, list[SettingRow]] = {}
    for row in setting_rows():
        found.setdefault(row.section, []).append(row)
    return found


def _section(name: str, field: FieldInfo) -> Iterator[SettingRow]:
    model = _model(field.annotation)
    if model is not None:
        yield from _keys(name, model)
    elif name == "modes":
        for key, default, meaning, example in _MODES:
            yield SettingRow(name, key, "`observe`, `assist` or `auto`", default, meaning, example)
    else:
        # Tables that the user names, such as [brand."Acme"].
        inner = _model(get_args(field.annotation)[-1])
        yield from _keys(f"{name}.{_NAMED}", inner) if inner is not None else ()


def _keys(section: str, model: type[BaseModel]) -> Iterator[SettingRow]:
    secret = {ENVIRONMENT[name] for name in SECRETS}
    for key, field in model.model_fields.items():
        if field.exclude or (section, key) in secret:
            continue
        nested = _model(field.annotation)
        if nested is not None:
            yield from _keys(f"{section}.{key}", nested)
        else:
            meaning, example = field.description or "", _example(field)
            yield SettingRow(section, key, _type(field), _default(field), meaning, example, field.is_required())


def _model(annotation: Any) -> type[BaseModel] | None:
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None


def _type(field: FieldInfo) -> str:
    limits = {type(limit).__name__: limit for limit in field.metadata}
    lowest = _limit(limits, "Ge", "ge")
    highest = _limit(limits, "Le", "le")
    above = _limit(limits, "Gt", "gt")
    named = _named(field.annotation)
    if lowest is not None and highest is not None:
        return f"{named}, {lowest} to {highest}"
    parts = [f"above {above}" if above is not None else f"{lowest} or more" if lowest is not None else ""]
    parts.append(f"at most {highest}" if highest is not None else "")
    return ", ".join([named, *filter(None, parts)])


def _limit(limits: Mapping[str, Any], kind: str, attribute: str) -> str | None:
    value = getattr(limits.get(kind), attribute, None)
    return None if value is None else f"{value:,.10g}" if isinstance(value, float) else f"{value:,}"


def _named(annotation: Any) -> str:
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _named(inner[0])
    if origin in (Union, types.UnionType):
        return " or ".join(dict.fromkeys(_named(one) for one in inner if one is not type(None)))
    if origin is Literal:
        return _one_of(list(map(str, inner)))
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return _one_of([str(member.value) for member in annotation])
    if origin in (frozenset, tuple, list, set):
        listed = _named(inner[0])
        # A long choice reads better behind `setup plan` than in a table.
        if listed in _NUMBERS.values():
            return f"list of {listed}s"
        return "list of texts" if listed == "text" or len(listed) > 120 else f"list of {listed}"
    if origin is not None:
        return "table"
    return _WORDS.get(annotation) or _NUMBERS.get(annotation) or "text"


def _one_of(values: list[str]) -> str:
    quoted = [f"`{value}`" for value in values]
    return f"{', '.join(quoted[:-1])} or {quoted[-1]}" if len(quoted) > 1 else quoted[0]


def _example(field: FieldInfo) -> str:
    """The first of a choice, the least number, or a text that says what it is."""
    named = _named(field.annotation)
    if choice := re.match(r"`(\w+)`", named):
        return f'"{choice[1]}"'
    if named in _NUMBERS.values():
        limits = {type(limit).__name__: limit for limit in field.metadata}
        return (_limit(limits, "Ge", "ge") or "360001").replace(",", "")
    return {"true or false": "true", "table": "{}"}.get(named, "[]" if named.startswith("list") else '"…"')


def _default(field: FieldInfo) -> str | None:
    value = field.get_default(call_default_factory=True)
    return None if value is None or value is PydanticUndefined else _toml(value)


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Enum):
        return _toml(value.value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key} = {_toml(part)}" for key, part in value.items()) + "}"
    if isinstance(value, (frozenset, set)):
        return _toml(sorted(value))
    if isinstance(value, (tuple, list)):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(str(value), ensure_ascii=False)


def _shown(row: SettingRow) -> str:
    return f"`{row.default}`" if row.default is not None else "required" if row.required else "unset"


def _environment_rows() -> Iterator[str]:
    meanings = {
        (section, key): field.description or ""
        for section, top in Settings.model_fields.items()
        if (model := _model(top.annotation)) is not None
        for key, field in model.model_fields.items()
    }
    for name, place in ENVIRONMENT.items():
        where = "secret" if name in SECRETS else f"`[{place[0]}] {place[1]}`"
        yield f"| `{name}` | {where} | {_cell(meanings[place[0], place[1]])} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    print(settings_page(), end="")
