"""Mistakes in the configuration, one line each: where it stands, which key, what to write instead.

A line never quotes a value, because the value may be a secret.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from .sources import Place


class SettingsError(ValueError):
    """A setting is missing or wrong. The message has a line for each mistake."""


# What to write, by pydantic's name for the mistake; its own sentences speak of Python's types.
_WANTED: Mapping[str, str] = {
    "bool_parsing": "write true or false",
    "bool_type": "write true or false",
    "enum": "write {expected}",
    "float_parsing": "write a number",
    "float_type": "write a number",
    "frozen_set_type": "write a list in brackets",
    "greater_than": "write a number above {gt}",
    "greater_than_equal": "write {ge} or more",
    "int_from_float": "write a whole number",
    "int_parsing": "write a whole number",
    "int_type": "write a whole number",
    "less_than_equal": "write {le} or less",
    "literal_error": "write {expected}",
    "mapping_type": "write a table",
    "model_type": "write a table: its name in brackets on a line of its own, its keys below",
    "path_type": "write a path in quotation marks",
    "string_type": "write a text in quotation marks",
    "too_long": "write at most {max_length}",
    "too_short": "write at least {min_length}",
    "tuple_type": "write a list in brackets",
}


def explain(
    error: ValidationError, model: type[BaseModel], origin: Callable[[Place], str | None], default: str
) -> list[str]:
    """A line for each mistake. `origin` names where a key was set, `default` stands for what nobody set."""
    lines = []
    for one in error.errors(include_url=False, include_input=False):
        path = tuple(str(part) for part in one["loc"])
        name = f"[{path[0]}] {'.'.join(path[1:])}".strip()
        lines.append(f"{origin(path[:2]) or default}: {name}: {_wanted(one, path, model)}")
    return lines


def _wanted(one: Mapping[str, Any], path: tuple[str, ...], model: type[BaseModel]) -> str:
    if one["type"] == "extra_forbidden":
        known = sorted(_keys(model, path[:-1]))
        near = difflib.get_close_matches(path[-1], known, n=1)
        hint = f"write {near[0]}" if near else f"known are {', '.join(known)}"
        return f"unknown key; {hint}"
    wanted = _WANTED.get(one["type"])
    if wanted is None:
        message: str = one["msg"]
        return message[0].lower() + message[1:]
    return wanted.format(**{name: _whole(limit) for name, limit in one.get("ctx", {}).items()})


def _whole(limit: Any) -> Any:
    return int(limit) if isinstance(limit, float) and limit.is_integer() else limit


def _keys(model: Any, path: tuple[str, ...]) -> list[str]:
    for part in path:
        # The name of a table that the user chose, as in [brand."Acme"], leads to the model of all such tables.
        fields = getattr(model, "model_fields", None)
        model = fields[part].annotation if fields else get_args(model)[-1]
    return list(model.model_fields)
