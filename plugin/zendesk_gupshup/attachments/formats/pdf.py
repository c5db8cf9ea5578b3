"""PDF: the text of its pages, what was filled into the forms on them, and the notes that people put on them.

Numbers of sections are those of ISO 32000-2.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from io import BytesIO
from typing import TYPE_CHECKING, Any

from zendesk_gupshup.attachments.limits import FileText, ReadLimits, distinct, trimmed
from zendesk_gupshup.model.reason import Reason
from zendesk_gupshup.model.unread_reasons import UnreadReason

if TYPE_CHECKING:
    from pypdf import PageObject, PdfReader

_LOCKED = FileText(unread=(UnreadReason.PDF_LOCKED(),))
# Of one document; a drawing may have ten thousand.
_MOST_NOTES = 1000
# A picture with fewer is a logo.
_LEAST_POINTS = 100_000
# Fields lie in fields (12.7.4.1), and a broken file's in each other.
_MOST_PARENTS = 20
# 12.5.3: hidden, or not to be shown on a screen. Whether a note is printed does not matter to who reads the screen.
_HIDDEN, _NO_VIEW = 1 << 1, 1 << 5
# 12.7.5.3: shown as stars; 12.7.5.2.1: a button that only does something.
_PASSWORD, _PUSH_BUTTON = 1 << 13, 1 << 16
# 12.5.6: notes that carry a person's words. Links, sounds and the windows in which notes open do not.
_NOTES = frozenset(
    (
        "/Text", "/FreeText", "/Line", "/Square", "/Circle", "/Polygon", "/PolyLine", "/Highlight", "/Underline",
        "/Squiggly", "/StrikeOut", "/Caret", "/Stamp", "/Ink", "/FileAttachment",
    )
)  # fmt: skip
# Their words are drawn on the page, so that a picture of them is as good as the words.
_DRAWN = frozenset(("/FreeText", "/Stamp", "/Widget"))


def read_pdf(data: bytes, limits: ReadLimits) -> FileText:
    """What the first pages say; the pictures on them are not read."""
    from pypdf import PdfReader
    from pypdf.errors import DependencyError, PyPdfError

    # It would log the customer's own words where a file is broken.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        reader = PdfReader(BytesIO(data), strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            return _LOCKED
        return _Document(reader, limits).read()
    except (DependencyError, NotImplementedError):
        # Locked for the holder of a certificate.
        return _LOCKED
    except (PyPdfError, LookupError, TypeError, ValueError, AttributeError, ArithmeticError, OSError):
        # Of a file with a byte changed it raises what comes; a page of its own is dealt with below.
        return FileText(unread=(UnreadReason.PDF_BROKEN(),))


class _Document:
    def __init__(self, reader: PdfReader, limits: ReadLimits) -> None:
        self._reader = reader
        self._limits = limits
        self._notes = self._picture_pages = 0
        self._has_fields = self._has_files = self._has_pictures = False

    def read(self) -> FileText:
        pages = len(self._reader.pages)
        texts: list[str] = []
        length = 0
        unread: list[Reason] = []
        for number in range(min(pages, self._limits.pages)):
            text, problem = self._page(number)
            texts.append(text)
            unread += [problem] if problem else []
            length += len(text)
            if length > self._limits.text:
                break
        if len(texts) < pages:
            unread.append(UnreadReason.PDF_PAGES(count=len(texts), total=pages))
        unread += self._not_read()
        if not length:
            return FileText(unread=distinct(unread) or (UnreadReason.PDF_WITHOUT_TEXT(),))
        if self._picture_pages:
            unread.append(UnreadReason.PDF_PICTURE_PAGES(count=self._picture_pages, total=pages))
        return trimmed("\n\n".join(text for text in texts if text), self._limits, distinct(unread))

    def _page(self, number: int) -> tuple[str, Reason | None]:
        """The words of a page, and why there are none; a broken page costs no other."""
        problem = None
        try:
            page = self._reader.pages[number]
            text = page.extract_text().strip()
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - whatever the library makes of one page, the others are to be read
            return "", UnreadReason.PDF_PAGE_BROKEN(page=number + 1)
        try:
            lines = list(dict.fromkeys(self._on_page(page)))
            has_picture = _has_picture(page)
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - as above
            lines, has_picture, problem = [], False, UnreadReason.PDF_PAGE_NOTES(page=number + 1)
        self._has_pictures = self._has_pictures or (has_picture and bool(text))
        self._picture_pages += has_picture and not text
        return "\n".join([text, *lines] if text else lines), problem

    def _on_page(self, page: PageObject) -> Iterator[str]:
        annotations = _resolved(page.get("/Annots"))
        for reference in annotations if isinstance(annotations, list) else []:
            self._notes += 1
            if self._notes > _MOST_NOTES:
                return
            note = _resolved(reference)
            if not isinstance(note, dict) or _number(note.get("/F")) & (_HIDDEN | _NO_VIEW):
                continue
            kind = note.get("/Subtype")
            if kind == "/Widget":
                line = self._field(note)
                self._has_fields = self._has_fields or bool(line)
            elif kind in _NOTES and "/StateModel" not in note:
                self._has_files = self._has_files or kind == "/FileAttachment"
                line = _words(note.get("/Contents")) or (self._drawn(note) if kind in _DRAWN else "")
            else:
                continue
            if line:
                yield line

    def _field(self, widget: dict[Any, Any]) -> str:
        """`name: value`, as a label in front of a value tells what it is; nothing where nobody filled it in."""
        flags, kind = _number(_inherited(widget, "/Ff")), _inherited(widget, "/FT")
        if kind == "/Sig" or (kind == "/Tx" and flags & _PASSWORD) or (kind == "/Btn" and flags & _PUSH_BUTTON):
            return ""
        name = _words(_inherited(widget, "/TU")) or _words(_inherited(widget, "/T"))
        if kind == "/Btn":
            state = str(widget.get("/AS", "/Off")).removeprefix("/")
            return f"{name}: {state}" if state != "Off" else ""
        value = self._value(widget) or self._drawn(widget)
        return f"{name}: {value}" if name and value else value

    def _value(self, widget: dict[Any, Any]) -> str:
        value = _inherited(widget, "/V")
        values = [_words(v) for v in value] if isinstance(value, list) else [_words(value)]
        options = _inherited(widget, "/Opt")
        shown: dict[str, str] = {}
        for option in options if isinstance(options, list) else []:
            pair = _resolved(option)
            if isinstance(pair, list) and len(pair) == 2:
                shown[_words(pair[0])] = _words(pair[1])
        return ", ".join(shown.get(value, value) for value in values if value)

    def _drawn(self, note: dict[Any, Any]) -> str:
        """The words that are drawn for a note (12.5.5), read like a page."""
        from pypdf import PageObject
        from pypdf.generic import DictionaryObject, NameObject, StreamObject

        drawing = _resolved((_resolved(note.get("/AP")) or {}).get("/N"))
        if not isinstance(drawing, StreamObject):
            return ""
        page = PageObject(self._reader)
        page[NameObject("/Type")] = NameObject("/Page")
        page[NameObject("/Resources")] = _resolved(drawing.get("/Resources")) or DictionaryObject()
        page[NameObject("/Contents")] = drawing
        return " ".join(page.extract_text().split())

    def _not_read(self) -> Iterator[Reason]:
        if self._notes > _MOST_NOTES:
            yield UnreadReason.PDF_NOTES(count=_MOST_NOTES)
        if self._has_pictures:
            yield UnreadReason.PICTURES_INSIDE()
        root = self._reader.root_object
        form = _resolved(root.get("/AcroForm"))
        if isinstance(form, dict) and "/XFA" in form and (root.get("/NeedsRendering") or not self._has_fields):
            yield UnreadReason.PDF_XFA()
        names = _resolved(root.get("/Names"))
        if self._has_files or (isinstance(names, dict) and "/EmbeddedFiles" in names):
            yield UnreadReason.PDF_FILES()


def _has_picture(page: PageObject) -> bool:
    """Whether a picture stands on the page that is more than a logo."""
    resources = _resolved(_inherited(page, "/Resources"))
    objects = _resolved(resources.get("/XObject")) if isinstance(resources, dict) else None
    found = [_resolved(reference) for reference in objects.values()] if isinstance(objects, dict) else []
    pictures = [one for one in found if isinstance(one, dict) and one.get("/Subtype") == "/Image"]
    return any(_number(one.get("/Width")) * _number(one.get("/Height")) >= _LEAST_POINTS for one in pictures)


def _inherited(node: dict[Any, Any], key: str) -> Any:
    """A value of a field or page, or of the nearest one above that has it."""
    for _ in range(_MOST_PARENTS):
        if key in node:
            return _resolved(node.get(key))
        above = _resolved(node.get("/Parent"))
        if not isinstance(above, dict):
            return None
        node = above
    return None


def _resolved(value: Any) -> Any:
    from pypdf.generic import IndirectObject

    return value.get_object() if isinstance(value, IndirectObject) else value


def _words(value: Any) -> str:
    """A string of the file on one line; a name (a choice) without its slash."""
    from pypdf.generic import ByteStringObject, NameObject, StreamObject

    value = _resolved(value)
    if isinstance(value, StreamObject):
        value = value.get_data()
    if isinstance(value, ByteStringObject | bytes):
        value = bytes(value).decode("utf-8", "replace")
    if not isinstance(value, str):
        return ""
    return " ".join((value.removeprefix("/") if isinstance(value, NameObject) else value).split())


def _number(value: Any) -> int:
    value = _resolved(value)
    return int(value) if isinstance(value, int | float) else 0
