"""The app that `app build` makes: the same bytes each time, the worker's pages, nothing that Zendesk refuses."""

from __future__ import annotations

import json
import zipfile
from io import BytesIO

import pytest

from zendesk_gupshup import __version__
from zendesk_gupshup.app.check import check_package
from zendesk_gupshup.app.check.assets import png_size
from zendesk_gupshup.app.check.source import read_zip
from zendesk_gupshup.app.package import PackageError, app_package, bundle, pages_url
from zendesk_gupshup.model.base import LANGUAGES
from zendesk_gupshup.settings import load_settings

URL = "https://gupshup.example.com"


def test_the_package_has_no_problem_and_not_even_a_warning() -> None:
    assert check_package(read_zip(app_package(URL).content)) == ()


def test_two_builds_are_the_same_bytes_and_another_url_is_other_bytes() -> None:
    first, second, other = app_package(URL), app_package(URL), app_package("https://other.example.com")
    assert (first.content, first.digest) == (second.content, second.digest)
    assert first.digest != other.digest


def test_times_order_and_rights_are_always_the_same() -> None:
    with zipfile.ZipFile(BytesIO(app_package(URL).content)) as archive:
        rows = archive.infolist()
    assert [row.filename for row in rows] == [
        "assets/icon_nav_bar.svg",
        "assets/logo-small.png",
        "assets/logo.png",
        "manifest.json",
        "translations/en.json",
        "translations/es.json",
        "translations/pt-br.json",
    ]
    assert {(row.date_time, row.external_attr >> 16, row.compress_type, row.create_system) for row in rows} == {
        ((1980, 1, 1, 0, 0, 0), 0o100644, zipfile.ZIP_STORED, 3)
    }


def test_the_manifest_names_the_workers_pages_and_the_version() -> None:
    manifest = json.loads(bundle(URL)["manifest.json"])
    assert manifest == {
        "name": "Gupshup errors",
        "author": {"name": "The zendesk-gupshup developers", "email": "zendesk-gupshup@example.com"},
        "defaultLocale": "en",
        "private": True,
        "singleInstall": True,
        "signedUrls": True,
        "version": __version__,
        "frameworkVersion": "2.0",
        "location": {
            "support": {
                "ticket_sidebar": {"url": f"{URL}/zaf/sidebar", "flexible": True},
                "nav_bar": {"url": f"{URL}/zaf/console"},
            }
        },
    }


def test_every_complete_language_has_the_same_texts() -> None:
    contents = bundle(URL)
    texts = {
        name.removeprefix("translations/")[:2]: json.loads(content)["app"].keys()
        for name, content in contents.items()
        if name.startswith("translations/")
    }
    assert texts.keys() == set(LANGUAGES)
    assert {frozenset(keys) for keys in texts.values()} == {
        frozenset(("name", "short_description", "long_description", "installation_instructions"))
    }


def test_the_logos_have_the_sizes_that_zendesk_asks_for() -> None:
    contents = bundle(URL)
    sizes = {name: png_size(contents[f"assets/{name}.png"]) for name in ("logo", "logo-small")}
    assert sizes == {"logo": (320, 320), "logo-small": (128, 128)}


@pytest.mark.parametrize("url", ["http://gupshup.example.com", "http://127.0.0.1:8080", "gupshup.example.com", ""])
def test_a_url_that_zendesk_would_refuse_is_refused_here(url: str) -> None:
    with pytest.raises(PackageError, match="https only"):
        app_package(url)


def test_the_own_machine_may_be_reached_without_tls() -> None:
    assert app_package("http://localhost:8080").url == "http://localhost:8080"


@pytest.mark.parametrize(
    ("flags", "url"),
    [
        ({("app", "url"): "https://pages.example.com"}, "https://pages.example.com"),
        ({("setup", "endpoint"): "https://Hooks.example.com:8443/webhooks/zendesk"}, "https://hooks.example.com:8443"),
        (
            {("app", "url"): "https://a.example.com", ("setup", "endpoint"): "https://b.example.com/x"},
            "https://a.example.com",
        ),
    ],
)
def test_the_url_is_the_setting_and_else_the_webhooks(flags: dict[tuple[str, ...], str], url: str) -> None:
    assert pages_url(load_settings(flags=flags, environment={})) == url


def test_without_either_the_setting_to_write_is_named() -> None:
    with pytest.raises(PackageError, match=r"set \[app\] url"):
        pages_url(load_settings(environment={}))
