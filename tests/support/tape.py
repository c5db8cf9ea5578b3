"""Cassettes: what is taken out before one is written, how it is laid out, and what must match when it is played."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import vcr
import yaml

from support.paths import ROOT

CASSETTES = ROOT / "cassettes"
HOST = "example.zendesk.com"
# What the gateway signs in with when a cassette is played, and what stands in cassettes in place of the real ones.
CLIENT_ID, CLIENT_SECRET, TOKEN = "client-id", "client-secret", "access-token"

_KEPT_HEADERS = frozenset(("content-type", "date", "retry-after", "x-zendesk-api-warn"))
# What a real account adds about people, places and sessions.
_DROPPED_KEYS = frozenset(("authenticity_token", "ip_address", "location", "latitude", "longitude", "client"))
_DROPPED_OF_USERS = frozenset(("phone", "photo", "details", "notes", "signature", "last_login_at", "alias"))
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_LINK_HOST = re.compile(r"https?://(?:[\w-]+\.zendesk\.com|127\.0\.0\.1:\d+)")


class Scrubber:
    """Puts stand-ins for secrets, the same for the same one; tokens are known from the answer that first holds them."""

    def __init__(self, *ticket_ids: int) -> None:
        self._stand_ins: dict[str, str] = {}
        self._ticket_ids = ticket_ids

    def request(self, request: Any) -> Any:
        parts = urlsplit(request.uri)
        query = urlencode([(key, self._text(value)) for key, value in parse_qsl(parts.query)], quote_via=quote)
        request.uri = urlunsplit(("https", HOST, parts.path, query, ""))
        request.headers = {name: value for name, value in request.headers.items() if name.lower() in _KEPT_HEADERS}
        if parts.path == "/oauth/tokens" and request.body:
            form = {**dict(parse_qsl(request.body.decode())), "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
            request.body = urlencode(sorted(form.items())).encode()
        elif request.body:
            request.body = self._text(request.body.decode()).encode()
        return request

    def response(self, response: dict[str, Any]) -> dict[str, Any]:
        """The answer without its secrets, its JSON indented for whoever reads the cassette."""
        headers = {name: value for name, value in response["headers"].items() if name.lower() in _KEPT_HEADERS}
        body = response["body"]["string"]
        try:
            value = json.loads(body)
        except ValueError:
            text = self._text(body.decode())
        else:
            text = json.dumps(self._cleaned(value), indent=1, ensure_ascii=False)
        return {"status": response["status"], "headers": headers, "body": {"string": text.encode()}}

    def _cleaned(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._cleaned(item) for item in value]
        if not isinstance(value, dict):
            return self._text(value) if isinstance(value, str) else value
        if isinstance(value.get("access_token"), str):
            self._stand_ins[value["access_token"]] = TOKEN
        if isinstance(value.get("upload"), dict):
            self._stand_ins.setdefault(value["upload"]["token"], f"upload-token-{len(self._stand_ins)}")
        if match := re.search(r"/attachments/token/([\w-]+)", str(value.get("content_url"))):
            self._stand_ins.setdefault(match[1], f"attachment-token-{len(self._stand_ins)}")
        if isinstance(value.get("tickets"), list) and "after_cursor" in value:
            # The export of a real account holds its other tickets, too.
            value = {**value, "tickets": [row for row in value["tickets"] if row["id"] in self._ticket_ids]}
        dropped = _DROPPED_KEYS
        if "role" in value and "email" in value:
            dropped |= _DROPPED_OF_USERS
            if value["role"] != "end-user":
                value = {**value, "name": "Agent"}
        return {key: self._cleaned(item) for key, item in value.items() if key not in dropped}

    def _text(self, text: str) -> str:
        for secret, stand_in in self._stand_ins.items():
            text = text.replace(secret, stand_in)
        text = _LINK_HOST.sub(f"https://{HOST}", text)
        return _ADDRESS.sub(lambda match: match[0] if match[0].endswith("example.com") else "person@example.com", text)


class Layout:
    """YAML with a head that says what it was recorded against, and when, and what the test was given to work on."""

    def __init__(self, against: str, given: Mapping[str, Any]) -> None:
        self._head = {
            "recorded_against": against,
            "recorded_at": dt.datetime.now(dt.UTC).strftime("%Y-%m-%d %H:%M UTC"),
            "given": dict(given),
        }

    def serialize(self, cassette: dict[str, Any]) -> str:
        return yaml.dump({**self._head, **cassette}, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=118)

    def deserialize(self, text: str) -> Any:
        return yaml.safe_load(text)


class _Dumper(yaml.SafeDumper):
    """Bodies of several lines stand as such."""


def _lines(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _lines)


def same_body(one: Any, other: Any) -> None:
    """The body counts: as JSON where it is JSON, else byte by byte."""
    assert _meaning(one.body) == _meaning(other.body)


def _meaning(body: bytes | None) -> Any:
    try:
        return json.loads(body or b"")
    except ValueError:
        return body or b""


def given_of(name: str) -> dict[str, Any]:
    given: dict[str, Any] = yaml.safe_load((CASSETTES / f"{name}.yaml").read_text())["given"]
    return given


def recorder(scrubber: Scrubber, layout: Layout, *, record: bool) -> vcr.VCR:
    made = vcr.VCR(
        cassette_library_dir=str(CASSETTES),
        path_transformer=vcr.VCR.ensure_suffix(".yaml"),
        record_mode="all" if record else "none",
        serializer="ours",
        match_on=("method", "host", "path", "query", "same_body"),
        before_record_request=scrubber.request,
        before_record_response=scrubber.response,
        decode_compressed_response=True,
    )
    made.register_serializer("ours", layout)
    made.register_matcher("same_body", same_body)
    return made
