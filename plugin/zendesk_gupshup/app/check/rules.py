"""The rules of `app check` and what breaks one: the file, the key in it, the rule, and what to write instead."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

import tomli

from zendesk_gupshup.model.base import StrictModel

Json = dict[str, Any]


class PackageRule(StrictModel):
    """`ours`: Zendesk's validator has no such rule."""

    level: Literal["error", "warning"]
    text: str
    ours: bool = False


@cache
def rules() -> Mapping[str, PackageRule]:
    """Every rule by its name, in Zendesk's spelling where Zendesk has the rule."""
    text = Path(__file__).with_name("rules.toml").read_text(encoding="utf-8")
    return {name: PackageRule.model_validate(row) for name, row in tomli.loads(text).items()}


@dataclass(frozen=True)
class PackageProblem:
    """`key`: dotted path in a JSON file, empty where the whole file is meant."""

    rule: str
    file: str
    key: str = ""
    values: Mapping[str, object] = field(default_factory=dict)

    @property
    def is_error(self) -> bool:
        return rules()[self.rule].level == "error"

    @property
    def text(self) -> str:
        return rules()[self.rule].text.format(**self.values)

    def __str__(self) -> str:
        return ": ".join(part for part in (self.file, self.key, self.text) if part)


class DuplicateKey(ValueError):
    """An object has this key twice."""


def parsed(content: bytes) -> Any:
    """Strict JSON. Raises `DuplicateKey`, and `ValueError` with the place of the mistake."""
    try:
        return json.loads(content.decode("utf-8"), object_pairs_hook=_without_duplicates)
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8 text") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"{error.msg} in line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _without_duplicates(pairs: list[tuple[str, Any]]) -> Json:
    found: Json = {}
    for key, value in pairs:
        if key in found:
            raise DuplicateKey(key)
        found[key] = value
    return found


def as_object(value: Any) -> Json:
    """The object, or an empty one: what is no object has been reported where its type was looked at."""
    return value if isinstance(value, dict) else {}


def hint(key: str, known: Iterable[str]) -> str:
    """What was most likely meant."""
    near = difflib.get_close_matches(key, sorted(known), n=1)
    return f"write {near[0]}" if near else f"known are {', '.join(sorted(known))}"
