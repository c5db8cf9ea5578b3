"""The files of `cues/`, read and checked: an error names the file, the key, and what to write instead."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from importlib import resources
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError


class CueData(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


Row = TypeVar("Row", bound=CueData)


def file_names(folder: str = "") -> list[str]:
    """The TOML files of `cues/`, or of a folder in it, sorted."""
    files = resources.files(f"{__package__}.cues") / folder
    return sorted(file.name for file in files.iterdir() if file.name.endswith(".toml"))


def table(name: str) -> Mapping[str, object]:
    file = resources.files(f"{__package__}.cues") / name
    return tomllib.loads(file.read_text(encoding="utf-8"))


def rows(kind: type[Row], name: str, file: Mapping[str, object], key: str) -> tuple[Row, ...]:
    """The tables `[[key]]` of a file as values of that kind; each is known by its id."""
    found = file.get(key)
    if not isinstance(found, list):
        raise ValueError(f"cues/{name}: there is no [[{key}]]")
    return tuple(checked(kind, row, f"{name}, {row.get('id', f'[[{key}]] {at}')}") for at, row in enumerate(found, 1))


def checked(kind: type[Row], row: object, place: str) -> Row:
    """`row` as a value of that kind; `place` says where it stands."""
    try:
        return kind.model_validate(row)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = "".join(f", {part}" for part in first["loc"])
        told = {
            "extra_forbidden": f"is no key here; write one of {', '.join(kind.model_fields)}",
            "missing": "is missing",
            "literal_error": f"{first['input']!r} is unknown; write {first.get('ctx', {}).get('expected')}",
        }.get(first["type"], first["msg"].removeprefix("Value error, "))
        raise ValueError(f"cues/{place}{key}: {told}") from None


def known(name: str, names: Iterable[str], place: str) -> str:
    """`name`, where it is one of `names`."""
    names = list(names)
    if name in names:
        return name
    near = difflib.get_close_matches(name, names, n=1)
    raise ValueError(f"cues/{place}: there is no {name!r}" + (f"; write {near[0]!r}" if near else ""))
