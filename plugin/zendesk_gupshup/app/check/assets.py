"""The other files of an app: kinds that are refused, pictures, words that look like secrets.

https://developer.zendesk.com/documentation/apps/app-developer-guide/styling/
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from xml.etree import ElementTree as ET

from .rules import Json, PackageProblem, as_object

ASSETS = "assets/"
NAV_BAR_ICON = f"{ASSETS}icon_nav_bar.svg"
LOGOS: Mapping[str, tuple[int, int]] = {f"{ASSETS}logo.png": (320, 320), f"{ASSETS}logo-small.png": (128, 128)}
_BANNER, _BANNER_SIZE = f"{ASSETS}banner.png", (830, 200)
_REFUSED = frozenset((
    "rar", "zip", "gzip", "gz", "pdf", "doc", "docx", "avi", "bin", "bz", "bz2", "csh", "sh", "jar", "mp3",
    "mpeg", "odt", "pptx", "ppt", "xls", "xlsx", "7z",
))  # fmt: skip
# How a file begins -> its kind, whatever its name says.
_MAGIC: Mapping[bytes, str] = {
    b"%PDF-": "pdf",
    b"\x1f\x8b": "gzip",
    b"PK\x03\x04": "zip",
    b"Rar!\x1a\x07": "rar",
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"BZh": "bz2",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "doc",
    b"ID3": "mp3",
}
_LISTED = frozenset((
    "png", "jpg", "jpeg", "gif", "svg", "js", "htm", "html", "css", "map", "eot", "woff", "woff2", "otf", "ttf",
    "json", "xml", "hbs", "hdbs",
))  # fmt: skip
_TEXT = frozenset(("js", "html", "json"))
_SECRET_WORDS = re.compile(rb"password|secret|api_key|auth_key|auth_pass")
_PRIVATE_KEY = re.compile(rb"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY")
_SVG_REFUSED = frozenset(("script", "style", "foreignobject"))
_COLOURLESS = frozenset(("none", "currentcolor", "inherit", "transparent"))


def check_assets(contents: Mapping[str, bytes], manifest: Json) -> Iterator[PackageProblem]:
    for name in sorted(contents):
        yield from _file(name, contents[name])
    yield from _pictures(contents)
    if manifest.get("private") is False and _BANNER in contents and png_size(contents[_BANNER]) != _BANNER_SIZE:
        yield PackageProblem("invalid_banner", _BANNER)
    if "nav_bar" in as_object(as_object(manifest.get("location")).get("support")):
        yield from _nav_bar_icon(contents)


def png_size(content: bytes) -> tuple[int, int] | None:
    """Width and height of a PNG picture; `None` for anything else."""
    if len(content) < 24 or content[:8] != b"\x89PNG\r\n\x1a\n" or content[12:16] != b"IHDR":
        return None
    width, height = struct.unpack(">II", content[16:24])
    return width, height


def _file(name: str, content: bytes) -> Iterator[PackageProblem]:
    extension = PurePosixPath(name).suffix.removeprefix(".").lower()
    begins = next((kind for magic, kind in _MAGIC.items() if content.startswith(magic)), None)
    kind = extension if extension in _REFUSED else begins
    if kind:
        yield PackageProblem("unsupported_mime_type", name, values={"kind": kind})
        return
    if name.startswith(ASSETS) and extension not in _LISTED:
        yield PackageProblem("unlisted_file_type", name, values={"extension": extension})
    if extension == "svg":
        yield from _svg(name, content)
    if extension in _TEXT and (word := _SECRET_WORDS.search(content)):
        yield PackageProblem("generic_secrets", name, values={"word": word[0].decode()})
    if _PRIVATE_KEY.search(content):
        yield PackageProblem("application_secret", name)


def _svg(name: str, content: bytes) -> Iterator[PackageProblem]:
    try:
        tree = _xml(content)
    except ValueError as error:
        yield PackageProblem("svg_not_xml", name, values={"error": error})
        return
    found = {_local(element.tag) for element in tree.iter()} & _SVG_REFUSED
    yield from (PackageProblem("sanitised_svg", name, values={"element": one}) for one in sorted(found))


def _xml(content: bytes) -> ET.Element:
    """Raises `ValueError`. A document type could define entities that unfold to gigabytes, so there is none."""
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise ValueError("remove its document type (<!DOCTYPE ...>)")
    try:
        return ET.fromstring(content)  # noqa: S314 - entities are refused above
    except (ET.ParseError, ValueError, LookupError) as error:
        raise ValueError(str(error)) from None


def _local(tag: object) -> str:
    return str(tag).rpartition("}")[2].lower()


def _pictures(contents: Mapping[str, bytes]) -> Iterator[PackageProblem]:
    for name, (width, height) in LOGOS.items():
        size = {"width": width, "height": height}
        if name not in contents:
            yield PackageProblem("missing_logo", name, values=size)
        elif png_size(contents[name]) != (width, height):
            yield PackageProblem("logo_size", name, values=size)


def _nav_bar_icon(contents: Mapping[str, bytes]) -> Iterator[PackageProblem]:
    if NAV_BAR_ICON not in contents:
        yield PackageProblem("missing_nav_bar_icon", NAV_BAR_ICON)
        return
    try:
        tree = _xml(contents[NAV_BAR_ICON])
    except ValueError:
        return  # reported with all pictures
    if "viewBox" not in tree.attrib:
        yield PackageProblem("nav_bar_icon_view_box", NAV_BAR_ICON)
    colours = (element.get(name) for element in tree.iter() for name in ("fill", "stroke"))
    fixed = next((colour for colour in colours if colour and colour.lower() not in _COLOURLESS), None)
    if fixed:
        yield PackageProblem("nav_bar_icon_colour", NAV_BAR_ICON, values={"colour": fixed})
