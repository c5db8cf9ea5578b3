"""`location` of manifest.json: where the app is shown, and the page that is shown there.

https://developer.zendesk.com/documentation/apps/app-developer-guide/manifest/#location
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from .rules import Json, PackageProblem, hint

_FILE = "manifest.json"
EXAMPLE = '{"support": {"ticket_sidebar": {"url": "https://..."}}}'
# Product -> its locations.
LOCATIONS: Mapping[str, tuple[str, ...]] = {
    product: tuple(names.split())
    for product, names in {
        "support": "background modal nav_bar new_ticket_sidebar organization_sidebar system_top_bar ticket_editor"
        " ticket_module ticket_sidebar top_bar user_sidebar",
        "chat": "background chat_sidebar main_panel",
        "sell": "background call_log_editor company_card dashboard deal_card email_editor lead_card modal note_editor"
        " person_card task_editor top_bar visit_editor",
    }.items()
}
# Older names of the same products.
_OLDER = {"zendesk": "support", "zopim": "chat"}
_OPTIONS: Mapping[str, tuple[type, str]] = {
    "url": (str, "a text in quotation marks"),
    "autoLoad": (bool, "true or false"),
    "autoHide": (bool, "true or false"),
    "flexible": (bool, "true or false"),
    "signed": (bool, "true or false"),
    "size": (dict, 'an object, such as {"width": "500px", "height": "300px"}'),
}
# The installation fills it in, so nobody can check it before.
_PLACEHOLDER = "{{setting."


def check_locations(location: Any, contents: Mapping[str, bytes]) -> Iterator[PackageProblem]:
    """`contents`: the package, in which a relative URL must name a file."""
    if location is None:
        return
    if not isinstance(location, dict):
        yield PackageProblem("unacceptable_object", _FILE, "location")
        return
    if not any(location.values()):
        yield PackageProblem("manifest_key_missing", _FILE, "location", {"example": EXAMPLE})
    for product, places in location.items():
        known = LOCATIONS.get(_OLDER.get(product) or product)
        key = f"location.{product}"
        if known is None:
            yield PackageProblem("invalid_host", _FILE, key, {"known": ", ".join(LOCATIONS)})
        elif not isinstance(places, dict):
            yield PackageProblem("unacceptable_object", _FILE, key)
        else:
            for name, options in places.items():
                yield from _place(f"{key}.{name}", name, known, options, contents)


def _place(
    key: str, name: str, known: tuple[str, ...], options: Any, contents: Mapping[str, bytes]
) -> Iterator[PackageProblem]:
    if name not in known:
        yield PackageProblem("invalid_location", _FILE, key, {"known": ", ".join(known)})
    given: Json = options if isinstance(options, dict) else {"url": options}
    for option, value in given.items():
        yield from _option(f"{key}.{option}", option, value)
    url = given.get("url")
    if isinstance(url, str) and url:
        yield from _url(f"{key}.url", url, contents)
    elif given.get("autoLoad", True) is not False:
        yield PackageProblem("blank_location_uri", _FILE, f"{key}.url")


def _option(key: str, option: str, value: Any) -> Iterator[PackageProblem]:
    if option not in _OPTIONS:
        yield PackageProblem("unknown_location_option", _FILE, key, {"hint": hint(option, _OPTIONS)})
        return
    kind, wanted = _OPTIONS[option]
    if isinstance(value, kind) or value is None:
        return
    if option == "flexible":
        yield PackageProblem("invalid_location_flexible_type", _FILE, key)
    elif option != "url":
        yield PackageProblem("location_option_type", _FILE, key, {"wanted": wanted})


def _url(key: str, url: str, contents: Mapping[str, bytes]) -> Iterator[PackageProblem]:
    if _PLACEHOLDER in url:
        return
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        parts, host = None, None
    if parts is None or any(c.isspace() for c in url):
        yield PackageProblem("invalid_location_uri", _FILE, key)
    elif parts.scheme:
        if not host or not (parts.scheme == "https" or host == "localhost"):
            yield PackageProblem("invalid_location_uri", _FILE, key)
    elif not parts.path.startswith("assets/") or parts.path not in contents:
        yield PackageProblem("relative_location_uri", _FILE, key)
