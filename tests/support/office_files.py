"""Files of Office made for the tests: OLE containers (.xls, .msg, .doc, locked ones), .xlsb and .ods, from their parts.

The layouts are those of [MS-CFB], [MS-XLS], [MS-XLSB], [MS-OXMSG] and OpenDocument, as little of them as readers want.
"""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Mapping
from io import BytesIO
from itertools import pairwise
from xml.sax.saxutils import escape, quoteattr

_SECTOR, _MINI, _CUT_OFF = 512, 64, 4096
_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD

Tree = Mapping[str, "bytes | Tree"]


class _Container:
    def __init__(self) -> None:
        self.sectors: list[bytes] = []
        self.chain: list[int] = []
        self.mini = b""
        self.mini_chain: list[int] = []
        self.entries: list[bytes] = []

    def add(self, data: bytes) -> int:
        """The first of the sectors that hold these bytes."""
        first = len(self.sectors)
        pieces = [data[at : at + _SECTOR].ljust(_SECTOR, b"\x00") for at in range(0, len(data), _SECTOR)]
        self.sectors += pieces
        self.chain += [*range(first + 1, first + len(pieces)), _END] if pieces else []
        return first if pieces else _END

    def add_stream(self, data: bytes) -> int:
        if len(data) >= _CUT_OFF or not data:
            return self.add(data)
        first, count = len(self.mini_chain), -(-len(data) // _MINI)
        self.mini += data.ljust(count * _MINI, b"\x00")
        self.mini_chain += [*range(first + 1, first + count), _END]
        return first

    def add_folder(self, tree: Tree) -> int:
        """The first of a chain of entries, each the right neighbour of the one before."""
        places = []
        for name, content in tree.items():
            places.append(len(self.entries))
            self.entries.append(b"")
            if isinstance(content, bytes):
                packed = _entry(name, 2, _FREE, self.add_stream(content), len(content))
            else:
                packed = _entry(name, 1, self.add_folder(content), 0, 0)
            self.entries[places[-1]] = packed
        for place, right in pairwise(places):
            entry = self.entries[place]
            self.entries[place] = entry[:72] + struct.pack("<I", right) + entry[76:]
        return places[0] if places else _FREE


def _entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    wide = name.encode("utf-16-le")
    return (
        wide.ljust(64, b"\x00")
        + struct.pack("<HBBIII", len(wide) + 2, kind, 1, _FREE, _FREE, child)
        + b"\x00" * 36
        + struct.pack("<IQ", start, size)
    )


def ole(tree: Tree) -> bytes:
    """A container with these storages (mappings) and streams (bytes)."""
    made = _Container()
    made.entries.append(b"")
    child = made.add_folder(tree)
    made.entries[0] = _entry("Root Entry", 5, child, made.add(made.mini), len(made.mini))
    mini_fat = made.add(b"".join(struct.pack("<I", one) for one in made.mini_chain))
    empty = b"\x00" * 66 + b"\x00\x00" + struct.pack("<III", _FREE, _FREE, _FREE) + b"\x00" * 48
    directory = made.add(b"".join(made.entries) + empty * (-len(made.entries) % 4))
    fat_sectors = 1
    while (len(made.sectors) + fat_sectors) * 4 > fat_sectors * _SECTOR:
        fat_sectors += 1
    fat_start = len(made.sectors)
    fat = [*made.chain, *[_FAT] * fat_sectors]
    fat += [_FREE] * (fat_sectors * _SECTOR // 4 - len(fat))
    head = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 16 + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + b"\x00" * 6
    )
    head += struct.pack("<IIIIIIIII", 0, fat_sectors, directory, 0, _CUT_OFF, mini_fat, 1 if made.mini else 0, _END, 0)
    places = [fat_start + n for n in range(fat_sectors)] + [_FREE] * (109 - fat_sectors)
    head += struct.pack("<109I", *places)
    return head + b"".join(made.sectors) + struct.pack(f"<{len(fat)}I", *fat)


# --- Outlook -------------------------------------------------------------------------------------------------


def message(
    *,
    subject: str = "It fails",
    body: str = "",
    html: bytes = b"",
    rtf: bytes = b"",
    code_page: int | None = None,
    attached: tuple[tuple[str, str, bytes | Tree], ...] = (),
) -> Tree:
    """A message's storage; with a code page its texts are of one byte a letter, as Outlook 97 wrote them."""
    fixed = b"\x00" * 32
    if code_page:
        fixed += b"\x03\x00\xfd\x3f" + struct.pack("<III", 6, code_page, 0)
    tree: dict[str, bytes | Tree] = {"__properties_version1.0": fixed}
    for number, text in (("0037", subject), ("1000", body)):
        if text and code_page:
            tree[f"__substg1.0_{number}001E"] = text.encode(f"cp{code_page}")
        elif text:
            tree[f"__substg1.0_{number}001F"] = text.encode("utf-16-le")
    for number, data in (("1013", html), ("1009", rtf)):
        if data:
            tree[f"__substg1.0_{number}0102"] = data
    for place, (name, content_type, content) in enumerate(attached):
        storage: dict[str, bytes | Tree] = {
            "__properties_version1.0": b"\x00" * 8,
            "__substg1.0_3707001F": name.encode("utf-16-le"),
            "__substg1.0_370E001F": content_type.encode("utf-16-le"),
        }
        storage["__substg1.0_37010102" if isinstance(content, bytes) else "__substg1.0_3701000D"] = content
        tree[f"__attach_version1.0_#{place:08X}"] = storage
    return tree


# --- Spreadsheets --------------------------------------------------------------------------------------------


def xls(rows: list[list[str | float]], *, is_locked: bool = False, hidden: str = "") -> bytes:
    """A workbook of Excel 97 with the sheet Report, and a hidden one that says `hidden` where that is given."""

    def record(number: int, content: bytes = b"") -> bytes:
        return struct.pack("<HH", number, len(content)) + content

    def sheet(rows: list[list[str | float]]) -> bytes:
        cells = b""
        for y, row in enumerate(rows):
            for x, value in enumerate(row):
                if isinstance(value, str):
                    text = value.encode("utf-16-le")
                    cells += record(0x204, struct.pack("<HHHHB", y, x, 0, len(value), 1) + text)
                else:
                    cells += record(0x203, struct.pack("<HHHd", y, x, 0, value))
        return record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 0)) + cells + record(0x0A)

    sheets = [("Report", 0, sheet(rows))] + ([("Hidden", 1, sheet([[hidden]]))] if hidden else [])
    head = record(0x809, struct.pack("<HHHHII", 0x600, 0x05, 0, 0, 0, 0))
    if is_locked:
        head += record(0x2F, struct.pack("<HHH", 1, 1, 1) + b"\x00" * 48)
    head += record(0x42, struct.pack("<H", 1200))
    place = len(head) + sum(4 + 8 + len(name) for name, _, _ in sheets) + 4
    for name, state, content in sheets:
        head += record(0x85, struct.pack("<IBBBB", place, state, 0, len(name), 0) + name.encode())
        place += len(content)
    return ole({"Workbook": head + record(0x0A) + b"".join(content for _, _, content in sheets)})


def xlsb(rows: list[list[str | float]], *, relation: str = "rId1") -> bytes:
    def record(number: int, content: bytes = b"") -> bytes:
        head = bytes([number]) if number < 0x80 else bytes([number & 0x7F | 0x80, number >> 7])
        size, length = b"", len(content)
        while True:
            size += bytes([length & 0x7F | (0x80 if length > 0x7F else 0)])
            length >>= 7
            if not length:
                return head + size + content

    def wide(text: str) -> bytes:
        return struct.pack("<I", len(text)) + text.encode("utf-16-le")

    cells = b""
    for y, row in enumerate(rows):
        cells += record(0, struct.pack("<I", y) + b"\x00" * 13)
        for x, value in enumerate(row):
            place = struct.pack("<II", x, 0)
            cells += (
                record(6, place + wide(value))
                if isinstance(value, str)
                else record(5, place + struct.pack("<d", value))
            )
    size = struct.pack("<IIII", 0, len(rows) - 1, 0, max(map(len, rows)) - 1)
    part = record(0x81) + record(0x94, size) + record(0x91) + cells + record(0x92) + record(0x82)
    book = record(0x83) + record(0x8F)
    book += record(0x9C, struct.pack("<II", 0, 1) + wide(relation) + wide("Report")) + record(0x90) + record(0x84)
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    related = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{office}/{{}}" Target="{{}}"/></Relationships>'
    )
    return packed(
        {
            "[Content_Types].xml": b"<Types/>",
            "_rels/.rels": related.format("officeDocument", "xl/workbook.bin").encode(),
            "xl/_rels/workbook.bin.rels": related.format("worksheet", "worksheets/sheet1.bin").encode(),
            "xl/workbook.bin": book,
            "xl/worksheets/sheet1.bin": part,
        }
    )


def ods(rows: list[list[str | float]], *, is_locked: bool = False) -> bytes:
    def cell(value: str | float) -> str:
        if isinstance(value, str):
            return f'<table:table-cell office:value-type="string"><text:p>{value}</text:p></table:table-cell>'
        return f'<table:table-cell office:value-type="float" office:value="{value}"/>'

    names = "".join(
        f' xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{short}:1.0"' for short in ("office", "table", "text")
    )
    lines = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows)
    content = (
        f"<office:document-content{names}><office:body><office:spreadsheet>"
        f'<table:table table:name="Report">{lines}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
    manifest += '<manifest:file-entry manifest:full-path="content.xml">'
    manifest += "<manifest:encryption-data/>" if is_locked else ""
    manifest += "</manifest:file-entry></manifest:manifest>"
    return packed(
        {
            "mimetype": b"application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": manifest.encode(),
            "content.xml": content.encode(),
        }
    )


def packed(parts: Mapping[str, bytes]) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, content in parts.items():
            how = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            made.writestr(name, content, how)
    return out.getvalue()


_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def workbook(
    sheets: Mapping[str, str],
    *,
    strings: tuple[str, ...] = (),
    formats: tuple[str, ...] = (),
    hidden: tuple[str, ...] = (),
    prefix: str = "",
    parts: Mapping[str, bytes] | None = None,
) -> bytes:
    """An .xlsx of these sheets, each the XML of its rows; strings are XML, too, formats those of the styles 1, 2 ..."""
    p = f"{prefix}:" if prefix else ""
    space = f'xmlns{":" if prefix else ""}{prefix}="{_MAIN}"'
    states = ("visible", "hidden")
    listed = "".join(
        f'<{p}sheet name="{escape(name)}" sheetId="{n}" r:id="r{n}" state="{states[name in hidden]}"/>'
        for n, name in enumerate(sheets, 1)
    )
    relations = "".join(
        f'<Relationship Id="r{n}" Type="{_OFFICE}/worksheet" Target="/xl/worksheets/sheet{n}.xml"/>'
        for n in range(1, len(sheets) + 1)
    )
    space_of_package = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'
    codes = "".join(f'<numFmt numFmtId="{164 + n}" formatCode={quoteattr(f)}/>' for n, f in enumerate(formats))
    styles = "".join(f'<xf numFmtId="{164 + n}"/>' for n in range(len(formats)))
    made: dict[str, str | bytes] = {
        "[Content_Types].xml": b"<Types/>",
        "xl/workbook.xml": f'<{p}workbook {space} xmlns:r="{_OFFICE}"><{p}sheets>{listed}</{p}sheets></{p}workbook>',
        "xl/_rels/workbook.xml.rels": f"<Relationships {space_of_package}>{relations}</Relationships>",
        "xl/sharedStrings.xml": f"<sst xmlns='{_MAIN}'>{''.join(f'<si>{one}</si>' for one in strings)}</sst>",
        "xl/styles.xml": f"<s><numFmts>{codes}</numFmts><cellXfs><xf numFmtId='0'/>{styles}</cellXfs></s>",
    }
    for n, rows in enumerate(sheets.values(), 1):
        sheet = f"<{p}worksheet {space}><{p}sheetData>{rows}</{p}sheetData></{p}worksheet>"
        made[f"xl/worksheets/sheet{n}.xml"] = sheet
    return packed({**{n: c if isinstance(c, bytes) else c.encode() for n, c in made.items()}, **(parts or {})})
