"""PDFs that are not read, or not all of them, each with its reason; and how to make one."""

from __future__ import annotations

from support.files import raw_pdf
from zendesk_gupshup.attachments import FileText
from zendesk_gupshup.model.unread_reasons import UnreadReason

LOCKED = (UnreadReason.PDF_LOCKED(),)
NO_TEXT = (UnreadReason.PDF_WITHOUT_TEXT(),)
XFA = (UnreadReason.PDF_XFA(),)
FILES = (UnreadReason.PDF_FILES(),)


def stream(content: bytes, fields: bytes = b"") -> bytes:
    return b"<<%s/Length %d>>stream\n%s\nendstream" % (fields, len(content), content)


def page(*notes: bytes, words: bytes = b"See below", catalogue: bytes = b"", more: tuple[bytes, ...] = ()) -> bytes:
    """One page that says `words` and has these notes; `more` are objects from number 7 on, 6 is a drawing of words."""
    return raw_pdf(
        b"<</Type/Catalog/Pages 2 0 R%s>>" % catalogue,
        b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>%s>>/Annots[%s]>>"
        % (b"/XObject<</I 7 0 R>>" if more else b"", b" ".join(notes)),
        stream(b"BT /F 9 Tf 50 700 Td (%s) Tj ET" % words),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
        stream(b"BT /F 9 Tf (Error 1007) Tj ET", b"/Subtype/Form/BBox[0 0 99 9]/Resources<</Font<</F 5 0 R>>>>"),
        *more,
    )  # fmt: skip


IMAGE = stream(b"x" * 9000, b"/Type/XObject/Subtype/Image/Width 900/Height 600")
UNREAD = {
    "a picture of the page": (page(words=b"", more=(IMAGE,)), FileText(unread=NO_TEXT)),
    "a picture beside words": (page(more=(IMAGE,)), FileText("See below", (UnreadReason.PICTURES_INSIDE(),))),
    "a logo beside words": (page(more=(stream(b"x" * 99, b"/Subtype/Image"),)), FileText("See below")),
    "a form of the other kind": (page(catalogue=b"/AcroForm<</XFA[]>>"), FileText("See below", XFA)),
    "a form of both kinds": (
        page(b"<</Subtype/Widget/FT/Tx/T(err)/V(1003)>>", catalogue=b"/AcroForm<</XFA[]>>"),
        FileText("See below\nerr: 1003"),
    ),
    "a form of the other kind, which draws its pages": (
        page(b"<</Subtype/Widget/FT/Tx/T(err)/V(1003)>>", catalogue=b"/NeedsRendering true/AcroForm<</XFA[]>>"),
        FileText("See below\nerr: 1003", XFA),
    ),
    "files in it": (page(catalogue=b"/Names<</EmbeddedFiles<<>>>>"), FileText("See below", FILES)),
    "a file on the page": (
        page(b"<</Subtype/FileAttachment/Contents(my log)>>"),
        FileText("See below\nmy log", FILES),
    ),
    "too many notes": (
        page(*[b"<</Subtype/Text/Contents(1003)>>"] * 1001),
        FileText("See below\n1003", (UnreadReason.PDF_NOTES(count=1000),)),
    ),
    "a certificate to open it": (
        page().replace(b"/Root 1 0 R", b"/Root 1 0 R/Encrypt<</Filter/Adobe.PubSec/V 4>>"),
        FileText(unread=LOCKED),
    ),
    "nothing but a heading": (b"%PDF-1.7\n", FileText(unread=(UnreadReason.PDF_BROKEN(),))),
}
