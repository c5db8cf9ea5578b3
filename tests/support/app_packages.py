"""A good app as files, and every way in which Zendesk's validator, or Zendesk itself, would not like it."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
Files = dict[str, bytes]
# Rule, file, key: all that a case has to give, in any order.
Problems = frozenset[tuple[str, str, str]]

SIDEBAR = "location.support.ticket_sidebar"
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 18 18"><path d="M0 0h9v9z"/></svg>'


def png(width: int, height: int) -> bytes:
    """The first bytes of a PNG picture of this size: nobody looks further."""
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height) + b"\x08\x06\x00\x00\x00"


def manifest() -> Json:
    return {
        "author": {"name": "Ada", "email": "ada@example.com"},
        "defaultLocale": "en",
        "private": True,
        "signedUrls": True,
        "version": "1.0.0",
        "frameworkVersion": "2.0",
        "location": {"support": {"ticket_sidebar": {"url": "https://app.example.com/sidebar", "flexible": True}}},
    }


def good() -> Files:
    """Without a problem, and without a navigation bar."""
    return {
        "manifest.json": as_json(manifest()),
        "translations/en.json": as_json({"app": {"name": "Errors"}}),
        "assets/logo.png": png(320, 320),
        "assets/logo-small.png": png(128, 128),
    }


def as_json(value: Any) -> bytes:
    return json.dumps(value).encode()


@dataclass(frozen=True)
class PackageCase:
    """`change` spoils the good app's files in place."""

    claim: str
    change: Callable[[Files], None]
    problems: Problems


def _case(claim: str, change: Callable[[Files], None], *problems: tuple[str, str, str]) -> PackageCase:
    return PackageCase(claim, change, frozenset(problems))


def _set(**values: Any) -> Callable[[Files], None]:
    """Keys of the manifest; `None` takes one away."""

    def change(files: Files) -> None:
        changed = {**json.loads(files["manifest.json"]), **values}
        files["manifest.json"] = as_json({key: value for key, value in changed.items() if value is not None})

    return change


def _place(name: str = "ticket_sidebar", product: str = "support", **options: Any) -> Callable[[Files], None]:
    options = {"url": "https://app.example.com/", **options}
    return _set(location={product: {name: {key: value for key, value in options.items() if value is not None}}})


def _url(url: Any) -> Callable[[Files], None]:
    return _place(url=url)


def _parameters(*parameters: Any) -> Callable[[Files], None]:
    return _set(parameters=list(parameters))


def _file(name: str, content: bytes | str = "x") -> Callable[[Files], None]:
    def change(files: Files) -> None:
        files[name] = content.encode() if isinstance(content, str) else content

    return change


def _without(name: str) -> Callable[[Files], None]:
    def change(files: Files) -> None:
        del files[name]

    return change


def _all(*changes: Callable[[Files], None]) -> Callable[[Files], None]:
    def change(files: Files) -> None:
        for one in changes:
            one(files)

    return change


def _nested(files: Files) -> None:
    moved = {f"app/{name}": content for name, content in files.items()}
    files.clear()
    files.update(moved)


_NAV_BAR = _set(
    location={
        "support": {
            "ticket_sidebar": {"url": "https://app.example.com/sidebar"},
            "nav_bar": {"url": "https://app.example.com/console"},
        }
    }
)
_ICON = "assets/icon_nav_bar.svg"
_M, _EN = "manifest.json", "translations/en.json"


_MANIFEST = (
    _case("the manifest is missing", _without(_M), ("missing_manifest", _M, "")),
    _case("the app's folder was zipped and not its contents", _nested, ("nested_manifest", "app/manifest.json", "")),
    _case("not JSON", _file(_M, "{"), ("manifest_not_json", _M, "")),
    _case("not UTF-8", _file(_M, b"\xff\xfe{\x00}\x00"), ("manifest_not_json", _M, "")),
    _case("nested without end", _file(_M, "[" * 200_000), ("manifest_not_json", _M, "")),
    _case("a list", _file(_M, "[]"), ("manifest_not_object", _M, "")),
    _case("a key twice", _file(_M, '{"private": true, "private": true}'), ("duplicate_manifest_keys", _M, "private")),
    _case(
        "a key twice further down",
        _file(_M, '{"author": {"name": "a", "name": "b"}}'),
        ("duplicate_manifest_keys", _M, "name"),
    ),
    *(
        _case(f"without {key}", _set(**{key: None}), ("manifest_key_missing", _M, key))
        for key in ("author", "defaultLocale", "location", "frameworkVersion")
    ),
    _case("an empty location", _set(location={}), ("manifest_key_missing", _M, "location")),
    _case("a product without locations", _set(location={"support": {}}), ("manifest_key_missing", _M, "location")),
    _case("an author without an address", _set(author={"name": "a"}), ("manifest_key_missing", _M, "author.email")),
    _case("an author who is a text", _set(author="Ada"), ("unacceptable_object", _M, "author")),
    _case(
        "an author with a bad link",
        _set(author={"name": "a", "email": "a@example.com", "url": "example.com"}),
        ("invalid_url", _M, "author.url"),
    ),
    _case("framework 2.1", _set(frameworkVersion="2.1"), ("invalid_version", _M, "frameworkVersion")),
    _case("framework 1.0", _set(frameworkVersion="1.0"), ("invalid_version", _M, "frameworkVersion")),
    _case("a version that is a number", _set(frameworkVersion=2.0), ("unacceptable_string", _M, "frameworkVersion")),
    _case("signedUrls in quotation marks", _set(signedUrls="true"), ("unacceptable_boolean", _M, "signedUrls")),
    _case("a typo in signedUrls", _set(signedUrl=True), ("unknown_manifest_key", _M, "signedUrl")),
    _case("experiments that are a list", _set(experiments=[]), ("unacceptable_object", _M, "experiments")),
    _case(
        "hosts that are one text",
        _set(domainWhitelist="example.com"),
        ("unacceptable_array_of_strings", _M, "domainWhitelist"),
    ),
    _case("terms without a scheme", _set(termsConditionsURL="/x"), ("invalid_url", _M, "termsConditionsURL")),
    _case(
        "a language with an underscore", _set(defaultLocale="pt_BR"), ("invalid_default_locale", _M, "defaultLocale")
    ),
    _case("a language without texts", _set(defaultLocale="es"), ("missing_translation_file", _M, "defaultLocale")),
    _case("an app of requirements alone", _set(requirementsOnly=True), ("not_covered", _M, "")),
)

_LOCATION = (
    _case("a worker over http", _url("http://app.example.com/x"), ("invalid_location_uri", _M, f"{SIDEBAR}.url")),
    _case("an address over http", _url("http://127.0.0.1:8080/x"), ("invalid_location_uri", _M, f"{SIDEBAR}.url")),
    _case("a program in place of a page", _url("javascript:alert(1)"), ("invalid_location_uri", _M, f"{SIDEBAR}.url")),
    _case("no URL at all", _url("https://[x"), ("invalid_location_uri", _M, f"{SIDEBAR}.url")),
    _case("a URL with a blank", _url("https://a b/"), ("invalid_location_uri", _M, f"{SIDEBAR}.url")),
    _case("localhost over http", _url("http://localhost:8080/x")),
    _case("a setting of the installation", _url("{{setting.worker_url}}/zaf/sidebar")),
    _case("a relative URL", _url("sidebar.html"), ("relative_location_uri", _M, f"{SIDEBAR}.url")),
    _case("a page that is not there", _url("assets/a.html"), ("relative_location_uri", _M, f"{SIDEBAR}.url")),
    _case("a page that is there", _all(_url("assets/a.html?x=1"), _file("assets/a.html"))),
    _case("a location that is its URL", _set(location={"support": {"ticket_sidebar": "https://app.example.com/"}})),
    _case("no URL", _url(None), ("blank_location_uri", _M, f"{SIDEBAR}.url")),
    _case("an empty URL", _url(""), ("blank_location_uri", _M, f"{SIDEBAR}.url")),
    _case("a URL that is a number", _url(7), ("blank_location_uri", _M, f"{SIDEBAR}.url")),
    _case("no URL, loaded by the app itself", _place(url=None, autoLoad=False)),
    _case("an unknown location", _place("ticket_side"), ("invalid_location", _M, "location.support.ticket_side")),
    _case(
        "a location of another product",
        _place("chat_sidebar"),
        ("invalid_location", _M, "location.support.chat_sidebar"),
    ),
    _case("an unknown product", _place(product="guide"), ("invalid_host", _M, "location.guide")),
    _case("the older name of Support", _place(product="zendesk")),
    _case("a list of locations", _set(location=["ticket_sidebar"]), ("unacceptable_object", _M, "location")),
    _case(
        "a product that is a list",
        _set(location={"support": ["ticket_sidebar"]}),
        ("unacceptable_object", _M, "location.support"),
    ),
    _case(
        "flexible in quotation marks",
        _place(flexible="yes"),
        ("invalid_location_flexible_type", _M, f"{SIDEBAR}.flexible"),
    ),
    _case("a size that is a text", _place(size="300px"), ("location_option_type", _M, f"{SIDEBAR}.size")),
    _case("a typo in autoHide", _place(autohide=True), ("unknown_location_option", _M, f"{SIDEBAR}.autohide")),
)

_PARAMETERS = (
    _case("parameters that are an object", _set(parameters={"a": 1}), ("unacceptable_array", _M, "parameters")),
    _case("a parameter that is a text", _parameters("a"), ("unacceptable_array", _M, "parameters")),
    _case("without a name", _parameters({"type": "text"}), ("parameter_name_missing", _M, "parameters[0].name")),
    _case("called name", _parameters({"name": "name"}), ("name_as_parameter_name", _M, "parameters[0].name")),
    _case(
        "two of one name", _parameters({"name": "a"}, {"name": "a"}), ("duplicate_parameters", _M, "parameters[1].name")
    ),
    _case(
        "hidden and required",
        _parameters({"name": "a", "type": "hidden", "required": True}),
        ("invalid_hidden_parameter", _M, "parameters[0].required"),
    ),
    _case(
        "required in quotation marks",
        _parameters({"name": "a", "required": "no"}),
        ("unacceptable_boolean", _M, "parameters[0].required"),
    ),
    *(
        _case(f"of the type {kind}", _parameters({"name": "a", "type": kind}))
        for kind in ("text", "checkbox", "url", "number", "multiline", "hidden", "oauth")
    ),
    *(
        _case(
            f"of the type {kind}",
            _parameters({"name": "a", "type": kind}),
            ("invalid_type_parameter", _M, "parameters[0].type"),
        )
        for kind in ("mtls", "dropdown", 7)
    ),
    _case(
        "two of the type oauth",
        _parameters({"name": "a", "type": "oauth"}, {"name": "b", "type": "oauth"}),
        ("too_many_oauth_parameters", _M, "parameters[1].type"),
    ),
    _case(
        "oauth and secure",
        _parameters({"name": "a", "type": "oauth", "secure": True}),
        ("oauth_parameter_cannot_be_secure", _M, "parameters[0].secure"),
    ),
    _case(
        "secure without scopes",
        _parameters({"name": "a", "secure": True}),
        ("secure_without_scopes", _M, "parameters[0].scopes"),
    ),
    _case("secure with a scope", _parameters({"name": "a", "secure": True, "scopes": ["header"]})),
    _case(
        "secure with an unknown scope",
        _parameters({"name": "a", "secure": True, "scopes": ["jwt"]}),
        ("invalid_scope", _M, "parameters[0].scopes"),
    ),
    _case(
        "scopes that are a text",
        _parameters({"name": "a", "scopes": "header"}),
        ("unacceptable_array", _M, "parameters[0].scopes"),
    ),
    _case(
        "a token for all to see",
        _parameters({"name": "apiToken"}),
        ("insecure_token_parameter", _M, "parameters[0].name"),
    ),
    _case(
        "a default that is secure",
        _parameters({"name": "a", "secure": True, "scopes": ["url"], "default": "x"}),
        ("default_secure_or_hidden_parameter", _M, "parameters[0].default"),
    ),
)

_TRANSLATIONS = (
    *(
        _case(f"a language called {name}", _file(f"translations/{name}.json", "{}"))
        for name in ("pt-BR", "pt-br", "es-419")
    ),
    *(
        _case(
            f"a language called {name}",
            _file(f"translations/{name}.json", "{}"),
            ("invalid_locale", f"translations/{name}.json", ""),
        )
        for name in ("pt_BR", "english", "EN")
    ),
    _case("no name", _file(_EN, '{"app": {}}'), ("translation_missing_required_key", _EN, "app.name")),
    _case("no app", _file(_EN, "{}"), ("translation_missing_required_key", _EN, "app.name")),
    _case("a name for each product", _file(_EN, '{"app": {"support": {"name": "x"}}}')),
    _case(
        "no name for the product",
        _file(_EN, '{"app": {"support": {"description": "x"}}}'),
        ("translation_missing_required_key", _EN, "app.support.name"),
    ),
    _case("not JSON", _file(_EN, "{]"), ("translation_not_json", _EN, "")),
    _case("a key twice", _file(_EN, '{"app": {"name": "a", "name": "b"}}'), ("translation_not_json", _EN, "")),
    _case("a list", _file(_EN, "[]"), ("translation_not_json_object", _EN, "")),
    _case(
        "a parameter without a label",
        _all(_parameters({"name": "a"}), _file(_EN, '{"app": {"name": "x", "parameters": {"a": {"helpText": "y"}}}}')),
        ("parameter_without_label", _EN, "app.parameters.a.label"),
    ),
    _case("a parameter that is not named", _all(_parameters({"name": "a"}), _file(_EN, '{"app": {"name": "x"}}'))),
    _case(
        "a public app",
        _set(private=False),
        *(
            ("translation_missing_required_key", _EN, f"app.{key}")
            for key in ("short_description", "long_description", "installation_instructions")
        ),
    ),
)

_ASSETS = (
    *(
        _case(f"a .{kind}", _file(f"assets/a.{kind}"), ("unsupported_mime_type", f"assets/a.{kind}", ""))
        for kind in ("pdf", "gz", "xlsx", "docx", "zip", "sh", "PDF")
    ),
    *(
        _case(
            f"{kind} under another name",
            _file("assets/a.json", content),
            ("unsupported_mime_type", "assets/a.json", ""),
        )
        for kind, content in (
            ("PDF", b"%PDF-1.7"),
            ("gzip", b"\x1f\x8b\x08"),
            ("zip", b"PK\x03\x04"),
            ("old Word", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
        )
    ),
    *(
        _case(f"a .{kind}", _file(f"assets/a.{kind}"), ("unlisted_file_type", f"assets/a.{kind}", ""))
        for kind in ("mjs", "txt")
    ),
    *(_case(f"a .{kind}", _file(f"assets/a.{kind}")) for kind in ("js", "css", "woff2", "html")),
    *(
        _case(
            f"<{element}> in a picture",
            _file("assets/a.svg", SVG.replace("<path", f"<{element}>x</{element}><path")),
            ("sanitised_svg", "assets/a.svg", ""),
        )
        for element in ("script", "style", "foreignObject")
    ),
    _case("a picture that is no XML", _file("assets/a.svg", "<svg>"), ("svg_not_xml", "assets/a.svg", "")),
    _case(
        "a picture that would unfold to gigabytes",
        _file("assets/a.svg", '<!DOCTYPE svg [<!ENTITY a "aaaa">]><svg>&a;</svg>'),
        ("svg_not_xml", "assets/a.svg", ""),
    ),
    *(
        _case(f"the word {word}", _file("assets/a.js", f"const {word} = 1"), ("generic_secrets", "assets/a.js", ""))
        for word in ("password", "secret", "api_key")
    ),
    _case(
        "a private key",
        _file("assets/a.css", "-----BEGIN RSA PRIVATE KEY-----"),
        ("application_secret", "assets/a.css", ""),
    ),
    _case("no logo", _without("assets/logo.png"), ("missing_logo", "assets/logo.png", "")),
    _case("no small logo", _without("assets/logo-small.png"), ("missing_logo", "assets/logo-small.png", "")),
    _case("a logo too small", _file("assets/logo.png", png(128, 128)), ("logo_size", "assets/logo.png", "")),
    _case("a logo that is none", _file("assets/logo.png", "x"), ("logo_size", "assets/logo.png", "")),
    _case(
        "a banner of another size",
        _all(
            _set(private=False),
            _file("assets/banner.png", png(800, 200)),
            _file(
                _EN,
                as_json(
                    {
                        "app": dict.fromkeys(
                            ("name", "description", "long_description", "installation_instructions"), "x"
                        )
                    }
                ),
            ),
        ),
        ("invalid_banner", "assets/banner.png", ""),
    ),
    _case("a navigation bar without its icon", _NAV_BAR, ("missing_nav_bar_icon", _ICON, "")),
    _case("a navigation bar with its icon", _all(_NAV_BAR, _file(_ICON, SVG))),
    _case(
        "an icon without a viewBox",
        _all(_NAV_BAR, _file(_ICON, SVG.replace('viewBox="0 0 18 18"', ""))),
        ("nav_bar_icon_view_box", _ICON, ""),
    ),
    _case(
        "an icon in black",
        _all(_NAV_BAR, _file(_ICON, SVG.replace("<path", '<path fill="#000"'))),
        ("nav_bar_icon_colour", _ICON, ""),
    ),
    _case(
        "an icon in the bar's colour", _all(_NAV_BAR, _file(_ICON, SVG.replace("<path", '<path fill="currentColor"')))
    ),
    _case("an icon that is no XML", _all(_NAV_BAR, _file(_ICON, "<svg>")), ("svg_not_xml", _ICON, "")),
)

_PATHS = (
    _case("a file in tmp/", _file("tmp/app.zip.txt"), ("tmp_folder", "tmp/app.zip.txt", "")),
    *(
        _case(f"a path {name}", _file(name), ("unsafe_path", name, ""))
        for name in ("../a.js", "assets/../../a.js", "/etc/a.js", "assets\\a.js", "C:/a.js")
    ),
)

_R = "requirements.json"
_WEBHOOK = {"name": "x", "status": "active", "endpoint": "https://example.com", "request_format": "json"}
_MANY = {"views": {str(number): {"title": "x"} for number in range(5001)}}


def _requires(what: Any, *problems: tuple[str, str]) -> PackageCase:
    """`what`: the file's text, or its value."""
    text = what if isinstance(what, str) else json.dumps(what)
    return _case(text[:60], _file(_R, text), *((rule, _R, key) for rule, key in problems))


_REQUIREMENTS = (
    _requires("{", ("requirements_not_json", "")),
    _requires([], ("requirements_not_object", "")),
    _requires('{"views": {}, "views": {}}', ("duplicate_requirements", "views")),
    _requires({"dashboards": {}}, ("invalid_requirements_types", "dashboards")),
    _requires({"trigger_categories": {}}, ("invalid_requirements_types", "trigger_categories")),
    _requires({"views": []}, ("requirements_not_object", "views")),
    _requires({"macros": {"m": {}}}, ("missing_required_field", "macros.m.title")),
    _requires({"macros": {"m": {"title": "x"}}}),
    _requires({"user_fields": {"f": {"title": "x"}}}, ("missing_required_field", "user_fields.f.key")),
    _requires({"webhooks": {"w": _WEBHOOK}}, ("missing_required_field", "webhooks.w.http_method")),
    _requires({"targets": {"t": {"title": "x", "type": "http_target"}}}, ("refused_target", "targets.t.type")),
    _requires({"targets": {"t": {"title": "x", "type": "url_target_v2"}}}, ("refused_target", "targets.t.type")),
    _requires(_MANY, ("excessive_requirements", "")),
    _requires({"custom_objects": {"custom_object_types": []}}),
)

CASES: Mapping[str, PackageCase] = {
    f"{group}: {case.claim}{'' if case.problems else ' (good)'}": case
    for group, cases in {
        "manifest": _MANIFEST,
        "location": _LOCATION,
        "parameter": _PARAMETERS,
        "translation": _TRANSLATIONS,
        "asset": _ASSETS,
        "path": _PATHS,
        "requirements": _REQUIREMENTS,
    }.items()
    for case in cases
}
