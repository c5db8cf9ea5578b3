"""Files made for the tests: spreadsheets, PDF, mails and pictures, sound ones and hostile ones."""

from __future__ import annotations

import zipfile
import zlib
from email.message import EmailMessage
from io import BytesIO
from xml.sax.saxutils import escape

from fpdf import FPDF
from PIL import Image, ImageDraw, ImageFont
from pypdf import PdfReader, PdfWriter

_SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'
)
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def xlsx(rows: list[list[str | int]] | None = None, sheet: str | bytes | None = None) -> bytes:
    """A spreadsheet with one sheet, of these rows or of this very XML."""
    if sheet is None:
        sheet = _SHEET.format("".join(f"<row>{''.join(_cell(value) for value in row)}</row>" for row in rows or []))
    book = (
        '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
        f'xmlns:r="{_OFFICE}"><sheets><sheet name="Report" sheetId="1" r:id="rId1"/></sheets></workbook>'
    )
    types = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/></Types>'
    )
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("[Content_Types].xml", types)
        packed.writestr("_rels/.rels", _relation("officeDocument", "xl/workbook.xml"))
        packed.writestr("xl/workbook.xml", book)
        packed.writestr("xl/_rels/workbook.xml.rels", _relation("worksheet", "worksheets/sheet1.xml"))
        packed.writestr("xl/worksheets/sheet1.xml", sheet)
    return out.getvalue()


def _cell(value: str | int) -> str:
    if isinstance(value, int):
        return f"<c><v>{value}</v></c>"
    return f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>'


def _relation(kind: str, target: str) -> str:
    one = f'<Relationship Id="rId1" Type="{_OFFICE}/{kind}" Target="{target}"/>'
    return f'<Relationships xmlns="{_RELATIONS}">{one}</Relationships>'


def zip_bomb_xlsx(megabytes: int, *, lying: bool = False) -> bytes:
    """A sheet that unfolds to so much; a lying one has one byte by its directory."""
    start, end = _SHEET.split("{}")
    data = xlsx(sheet=start.encode() + b" " * (megabytes * 1024 * 1024) + end.encode())
    if lying:
        size = len(start) + len(end) + megabytes * 1024 * 1024
        data = data.replace(size.to_bytes(4, "little"), (1).to_bytes(4, "little"))
    return data


def far_cell_xlsx() -> bytes:
    """Two cells, in opposite corners of the largest sheet there is."""
    return xlsx(
        sheet=_SHEET.format(
            '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
        )
    )


def pdf(*pages: str, password: str | None = None) -> bytes:
    document = FPDF()
    document.set_font("Helvetica", size=11)
    for text in pages:
        document.add_page()
        document.multi_cell(0, 6, text)
    data = bytes(document.output())
    if password is None:
        return data
    writer, out = PdfWriter(clone_from=PdfReader(BytesIO(data))), BytesIO()
    writer.encrypt(password, algorithm="AES-256")
    writer.write(out)
    return out.getvalue()


def raw_pdf(*objects: bytes) -> bytes:
    """A PDF of these objects, the first of which is the catalogue."""
    out, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, len(out))
    return out + b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, table) + trailer


def looping_pdf() -> bytes:
    """A tree of pages whose branch is its own root."""
    return raw_pdf(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 9/Kids[2 0 R 2 0 R]/Parent 2 0 R>>")


def pdf_with_content(stream: bytes) -> bytes:
    packed = zlib.compress(stream, 9)
    return raw_pdf(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
        b"<</Length %d/Filter/FlateDecode>>stream\n%s\nendstream" % (len(packed), packed),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    )


def mail(text: str, *files: tuple[str, str, bytes], subject: str = "It fails", html: str | None = None) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "ada@example.com", "support@example.com", subject
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    for name, content_type, content in files:
        main, sub = content_type.split("/")
        message.add_attachment(content, maintype=main, subtype=sub, filename=name)
    return message


def picture(*lines: str, size: tuple[int, int] = (900, 260), kind: str = "PNG", dark: bool = False) -> bytes:
    image = Image.new("RGB", size, "#111" if dark else "white")
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(18)
    for number, line in enumerate(lines):
        draw.text((16, 14 + 32 * number), line, fill="#ddd" if dark else "black", font=font)
    out = BytesIO()
    image.save(out, kind)
    return out.getvalue()
