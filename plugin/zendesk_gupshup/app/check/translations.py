"""translations/: the texts of the app's entry in Admin Center. An app of pages gets none of them in its frame.

https://developer.zendesk.com/documentation/apps/app-developer-guide/using_i18n_in_apps/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .manifest import LOCALE
from .parameters import names
from .rules import DuplicateKey, Json, PackageProblem, as_object, parsed

_FOLDER = "translations/"
# The one file that Zendesk reads the listing from.
_LISTING = "translations/en.json"
_PRIVATE = ("name",)
_PUBLIC = ("name", "short_description", "long_description", "installation_instructions")


def check_translations(contents: Mapping[str, bytes], manifest: Json) -> Iterator[PackageProblem]:
    for file in sorted(contents):
        if file.startswith(_FOLDER) and file.endswith(".json"):
            yield from _file(file, contents[file], manifest)


def _file(file: str, content: bytes, manifest: Json) -> Iterator[PackageProblem]:
    if not LOCALE.fullmatch(file.removeprefix(_FOLDER).removesuffix(".json")):
        yield PackageProblem("invalid_locale", file)
    try:
        texts = parsed(content)
    except DuplicateKey as error:
        yield PackageProblem("translation_not_json", file, values={"error": f"{error} stands twice in one object"})
        return
    except ValueError as error:
        yield PackageProblem("translation_not_json", file, values={"error": str(error)})
        return
    if not isinstance(texts, dict):
        yield PackageProblem("translation_not_json_object", file)
        return
    app = as_object(texts.get("app"))
    if file == _LISTING:
        yield from _listing(file, app, manifest)
    for name, labels in as_object(app.get("parameters")).items():
        if name in names(manifest) and not as_object(labels).get("label"):
            yield PackageProblem("parameter_without_label", file, f"app.parameters.{name}.label", {"parameter": name})


def _listing(file: str, app: Json, manifest: Json) -> Iterator[PackageProblem]:
    """The listing may stand at the top, or once for each product."""
    products = [name for name in as_object(manifest.get("location")) if name in app]
    for prefix, texts in [(f"{name}.", as_object(app[name])) for name in products] or [("", app)]:
        given = {"short_description" if key == "description" else key for key, value in texts.items() if value}
        for key in _PRIVATE if manifest.get("private", True) is not False else _PUBLIC:
            if key not in given:
                yield PackageProblem("translation_missing_required_key", file, f"app.{prefix}{key}")
