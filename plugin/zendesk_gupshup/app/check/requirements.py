"""requirements.json: the objects that Zendesk would make with the app. Ours has none: `setup` makes them.

https://developer.zendesk.com/documentation/apps/app-developer-guide/apps_requirements/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .rules import DuplicateKey, Json, PackageProblem, as_object, parsed

FILE = "requirements.json"
KINDS = (
    "automations", "channel_integrations", "custom_objects", "custom_objects_v2", "macros", "targets", "views",
    "ticket_fields", "triggers", "user_fields", "organization_fields", "webhooks",
)  # fmt: skip
MOST = 5000
# Kind -> the fields that each object needs; of all others the title, and of custom objects none that we know.
_NEEDS: Mapping[str, tuple[str, ...]] = {
    "webhooks": ("name", "status", "endpoint", "http_method", "request_format"),
    "user_fields": ("title", "key"),
    "organization_fields": ("title", "key"),
    "channel_integrations": ("manifest_url",),
    "custom_objects": (),
    "custom_objects_v2": (),
}
_REFUSED_TARGETS = ("http_target", "url_target_v2")


def check_requirements(contents: Mapping[str, bytes]) -> Iterator[PackageProblem]:
    if FILE not in contents:
        return
    try:
        requirements = parsed(contents[FILE])
    except DuplicateKey as error:
        yield PackageProblem("duplicate_requirements", FILE, str(error))
        return
    except ValueError as error:
        yield PackageProblem("requirements_not_json", FILE, values={"error": str(error)})
        return
    if not isinstance(requirements, dict):
        yield PackageProblem("requirements_not_object", FILE)
        return
    count = sum(len(objects) if isinstance(objects, (dict, list)) else 1 for objects in requirements.values())
    if count > MOST:
        yield PackageProblem("excessive_requirements", FILE, values={"count": f"{count:,}"})
    for kind, objects in requirements.items():
        yield from _kind(kind, objects)


def _kind(kind: str, objects: Any) -> Iterator[PackageProblem]:
    if kind not in KINDS:
        yield PackageProblem("invalid_requirements_types", FILE, kind, {"known": ", ".join(KINDS)})
        return
    needed = _NEEDS.get(kind, ("title",))
    if not isinstance(objects, dict):
        if needed:
            yield PackageProblem("requirements_not_object", FILE, kind)
        return
    for name, fields in objects.items() if needed else ():
        yield from _object(kind, f"{kind}.{name}", as_object(fields), needed)


def _object(kind: str, key: str, fields: Json, needed: tuple[str, ...]) -> Iterator[PackageProblem]:
    for field in needed:
        if field not in fields:
            yield PackageProblem("missing_required_field", FILE, f"{key}.{field}")
    if kind == "targets" and fields.get("type") in _REFUSED_TARGETS:
        yield PackageProblem("refused_target", FILE, f"{key}.type")
