"""Template files: their names, and which of them are read.

`<family>/<name>.<language>.<md|txt>.j2`, where the name is a code with its cause (`gupshup_http_403.ip_allowlist`),
a code (`gupshup_http_403`), a kind (`owner_escalation`) or `default`. Files whose name starts with `_` are building
blocks for others. All files of one language may lie in a folder of its name: `fr/reply/remedy.fr.md.j2`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from zendesk_gupshup.model.finding import ErrorCode, Namespace
from zendesk_gupshup.model.plan import AnswerKind, ReplyKind

FAMILIES: Mapping[str, str] = {"reply": "md", "note": "md", "guide": "md", "draft": "txt", "request": "txt"}
# No text about the client's answer is a code's own: those are first ones.
AFTER_THE_FIRST: tuple[AnswerKind, ...] = get_args(AnswerKind)
KINDS: tuple[str, ...] = (*get_args(ReplyKind), *AFTER_THE_FIRST)

_LARGEST_FILE = 64 * 1024

_NAMESPACES = "|".join(sorted(get_args(Namespace), key=len, reverse=True))
_NAME = re.compile(
    rf"(?P<block>_[a-z0-9_]+)|(?P<namespace>{_NAMESPACES})_(?P<code>[0-9][0-9a-z-]{{0,11}})(?:\.(?P<variant>[a-z][a-z0-9_]*))?"
    rf"|(?P<kind>{'|'.join(KINDS)}|default)"
)
_FILE = re.compile(r"(?P<name>[a-z0-9_.-]+)\.(?P<language>[a-z]{2})\.(?P<form>md|txt)\.j2")
_LANGUAGE_FOLDER = re.compile(r"(?P<language>[a-z]{2})/")


@dataclass(frozen=True)
class Problem:
    """One mistake: `line` is 0 where the whole file is meant."""

    file: str
    line: int
    wrong: str
    instead: str

    def __str__(self) -> str:
        return f"{self.file}{f':{self.line}' if self.line else ''}: {self.wrong}; {self.instead}"


@dataclass(frozen=True)
class Source:
    """One template file: `key` is its path below the folder, or below that of its language; `name` is its stem
    without language."""

    key: str
    path: Path
    text: str
    shipped: bool

    @property
    def place(self) -> str:
        """Where it lies below the folder."""
        folder = f"{self.language}/"
        return f"{folder}{self.key}" if self.path.as_posix().endswith(f"/{folder}{self.key}") else self.key

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


def shipped_folder() -> Path:
    """In the wheel beside the code, in a source checkout at the root."""
    installed = Path(__file__).parents[1] / "ticket_templates"
    return installed if installed.is_dir() else Path(__file__).parents[3] / "ticket_templates"


def read_files(folder: Path | None) -> tuple[list[Source], list[Problem]]:
    """The shipped files, the user's in place of those with the same name, and what is wrong with the names of some."""
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
                sources[source.key] = source
    return list(sources.values()), strays


def _source(key: str, path: Path, *, shipped: bool) -> Source | Problem:
    folder = _LANGUAGE_FOLDER.match(key)
    inner = key[folder.end() :] if folder else key
    family, _, file = inner.partition("/")
    match = _FILE.fullmatch(file)
    if folder and match and match["language"] != folder["language"]:
        return Problem(key, 0, "lies in the folder of another language", f"move it to {match['language']}/{inner}")
    if family not in FAMILIES or not match or match["form"] != FAMILIES[family] or not _NAME.fullmatch(match["name"]):
        form = FAMILIES.get(family, "md")
        return Problem(
            key,
            0,
            "unknown file name",
            f"write <{'|'.join(FAMILIES)}>/<name>.<language>.{form}.j2, where the name is "
            f"{', '.join(KINDS)}, default, a code such as gupshup_http_403, or _ and a word for a building block",
        )
    if path.stat().st_size > _LARGEST_FILE:
        return Problem(key, 0, f"larger than {_LARGEST_FILE} bytes", "write a text that fits into one comment")
    try:
        return Source(inner, path, path.read_text(encoding="utf-8-sig"), shipped)
    except UnicodeDecodeError:
        return Problem(key, 0, "not UTF-8", "save the file with the encoding UTF-8")


def with_takers(sources: Mapping[str, Source], keys: Collection[str]) -> list[str]:
    """`keys`, and all files that include or import one of them, directly or by another: a name stands in quotes."""
    wanted = set(keys)
    while more := {
        key
        for key, source in sources.items()
        if key not in wanted and any(f'"{one}"' in source.text or f"'{one}'" in source.text for one in wanted)
    }:
        wanted |= more
    return [key for key in sources if key in wanted]
