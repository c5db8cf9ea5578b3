"""One API request and its answer, with Zendesk's two kinds of pagination and its remark about ignored keys."""

from __future__ import annotations

import base64
import binascii
import json
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from .errors import StoreError, bad_request
from .shapes import Json
from .store import SandboxStore


@dataclass(frozen=True)
class ApiCall:
    """A request that has been let in: `user` is who it acts as, `{}` for nobody."""

    store: SandboxStore
    user: Json
    params: Mapping[str, Any]
    query: Mapping[str, str]
    body: bytes
    headers: Mapping[str, str]
    path: str
    base: str

    def json(self) -> Json:
        """The body as an object; no body counts as an empty one."""
        try:
            parsed = json.loads(self.body) if self.body else {}
        except ValueError:
            raise bad_request("InvalidJSON", "Unparseable JSON request body") from None
        if not isinstance(parsed, dict):
            raise bad_request("InvalidJSON", "Expected a JSON object")
        return parsed

    def record(self, name: str) -> Json:
        """The object under its Zendesk name: `{"ticket": {...}}`."""
        found = self.json().get(name)
        if not isinstance(found, dict):
            raise bad_request("ParameterMissing", f"Parameter {name} is required")
        return found

    def number(self, name: str, default: int, most: int) -> int:
        try:
            return max(1, min(int(self.query.get(name, default)), most))
        except ValueError:
            raise bad_request("InvalidValue", f"Parameter {name} must be an integer") from None

    @property
    def includes(self) -> frozenset[str]:
        return frozenset(self.query.get("include", "").split(","))


@dataclass(frozen=True)
class Answer:
    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    # Bytes that are no JSON: a downloaded attachment.
    raw: tuple[bytes, str] | None = None


Handler = Callable[[ApiCall], Answer]
Endpoint = tuple[str, str, Handler]


def warn(controller: str, action: str, name: str, record: Mapping[str, Any], known: Iterable[str]) -> dict[str, str]:
    """The header that names keys Zendesk passed over, spelled as it was recorded; none where all were taken."""
    unknown = [f"{name}.{key}" for key in record if key not in frozenset(known)]
    if not unknown:
        return {}
    keys = ", ".join(json.dumps(key) for key in unknown)
    text = f'{{:controller=>"{controller}", :action=>"{action}", :unpermitted_keys=>[{keys}], :invalid_values=>[]}}'
    return {"x-zendesk-api-warn": f"{{:allowed_parameters=>{text}}}"}


def page(call: ApiCall, name: str, items: Sequence[Json], *, newest_first: bool = False, most: int = 100) -> Json:
    """One page of records in the order of their ids: by cursor when `page[size]` is given, else by number."""
    if "page[size]" in call.query or "page[after]" in call.query or "page[before]" in call.query:
        return _cursor_page(call, name, items, newest_first=newest_first, most=most)
    size, number = call.number("per_page", most, most), call.number("page", 1, 1 << 31)
    if size * number > 10_000 and number > 1:
        detail = {"code": "InvalidPaginationDepth", "title": "Pagination depth not allowed"}
        raise StoreError(
            400, {"errors": [{**detail, "detail": "Limit of 10000 records reached; use cursor pagination"}]}
        )
    start = (number - 1) * size
    more = {key: value for key, value in call.query.items() if key != "page"}

    def link(to: int) -> str:
        return f"{call.base}{call.path}.json?{urlencode({**more, 'page': to})}"

    return {
        name: list(items[start : start + size]),
        "next_page": link(number + 1) if start + size < len(items) else None,
        "previous_page": link(number - 1) if number > 1 else None,
        "count": len(items),
    }


def _cursor_page(call: ApiCall, name: str, items: Sequence[Json], *, newest_first: bool, most: int) -> Json:
    size = call.number("page[size]", most, most)
    sign = -1 if newest_first else 1
    keys = _Keys(items, sign)
    before = "page[before]" in call.query
    token = call.query.get("page[before]" if before else "page[after]")
    start, end = 0, min(size, len(items))
    if token:
        place = sign * _read(token)
        if before:
            end = bisect_right(keys, place - 1)
            start = max(0, end - size)
        else:
            start = bisect_right(keys, place)
            end = min(len(items), start + size)
    shown = list(items[start:end])
    after_cursor = _write(shown[-1]["id"]) if shown else None
    before_cursor = _write(shown[0]["id"]) if shown else None
    more = {key: value for key, value in call.query.items() if key not in ("page[after]", "page[before]")}

    def link(key: str, cursor: str | None) -> str | None:
        return f"{call.base}{call.path}.json?{urlencode({**more, key: cursor})}" if cursor else None

    has_more = start > 0 if before else end < len(items)
    return {
        name: shown,
        "meta": {"has_more": has_more, "after_cursor": after_cursor, "before_cursor": before_cursor},
        "links": {"prev": link("page[before]", before_cursor), "next": link("page[after]", after_cursor)},
    }


class _Keys(Sequence[int]):
    """The ids of a list, seen one at a time, so that a search in it looks at a few only."""

    def __init__(self, items: Sequence[Json], sign: int) -> None:
        self._items, self._sign = items, sign

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, index: Any) -> Any:
        return self._sign * int(self._items[index]["id"])


def _write(key: int) -> str:
    return base64.b64encode(json.dumps({"o": "id", "v": key}).encode()).decode()


def _read(token: str) -> int:
    try:
        return int(json.loads(base64.b64decode(token, validate=True))["v"])
    except (binascii.Error, ValueError, KeyError, TypeError):
        raise bad_request("InvalidPaginationParameter", "Pagination cursor is invalid") from None
