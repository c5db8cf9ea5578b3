"""Files of kinds that are not read, each with the reason that the agent sees."""

from __future__ import annotations

import gzip
import io
import random
import tarfile
import zipfile

from support.files import (
    pdf,
    picture,
    xlsx,
)
from zendesk_gupshup.model.unread_reasons import UnreadReason

LOG = (
    "2026-11-21 09:00:01 POST https://api.gupshup.io/wa/api/v1/msg HTTP 401 "
    '{"status":"error","message":"Authentication Failed"}\n'
)

NOISE = random.Random(7).randbytes(50_000)


def _zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("gateway.log", LOG)
    return out.getvalue()


def _tar() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as packed:
        packed.add(__file__, arcname="x")
    return out.getvalue()


UNREAD = [
    ("a.zip", _zip(), (UnreadReason.ARCHIVE(format='zip'),)),
    ("a.bin", b"PAR1\x15\x04" + NOISE, (UnreadReason.DATA_FILE(format='Parquet'),)),
    ("a.orc", b"ORC\x00" + NOISE, (UnreadReason.DATA_FILE(format='ORC'),)),
    ("a.avro", b"Obj\x01" + NOISE, (UnreadReason.DATA_FILE(format='Avro'),)),
    ("a", b"ARROW1\x00\x00" + bytes(90), (UnreadReason.DATA_FILE(format='Arrow'),)),
    (
        "a.pcap",
        b"\xd4\xc3\xb2\xa1\x02\x00" + NOISE,
        (UnreadReason.NETWORK_CAPTURE(),),
    ),
    (
        "a.jxl",
        b"\x00\x00\x00\x0cJXL \r\n\x87\n" + bytes(90),
        (UnreadReason.PICTURE_FORMAT(format='JPEG XL'),),
    ),
    ("a", gzip.compress(b"code 1003", mtime=0), (UnreadReason.ARCHIVE(format='gz'),)),
    ("a.tar", _tar(), (UnreadReason.ARCHIVE(format='tar'),)),
    ("a", b"7z\xbc\xaf\x27\x1c" + NOISE, (UnreadReason.ARCHIVE(format='7z'),)),
    ("a", b"Rar!\x1a\x07\x01\x00" + NOISE, (UnreadReason.ARCHIVE(format='rar'),)),
    ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", (UnreadReason.OFFICE_BROKEN(),)),
    ("a.log", NOISE, (UnreadReason.NOT_TEXT(),)),
    ("a.gif", b"GIF89a" + NOISE, (UnreadReason.PICTURE_FORMAT(format='GIF'),)),
    ("a.mp4", b"\x00\x00\x00\x20ftypisom" + NOISE, (UnreadReason.MEDIA(),)),
    ("a.png", picture("Error 1003"), (UnreadReason.PICTURE(),)),
    ("a.txt", b"  \n ", (UnreadReason.NO_TEXT(),)),
    ("a.txt", b"\x00" * 9000, (UnreadReason.NOT_TEXT(),)),
    ("a.pdf", pdf("secret", password="x"), (UnreadReason.PDF_LOCKED(),)),
    ("a.pdf", pdf(""), (UnreadReason.PDF_WITHOUT_TEXT(),)),
    ("a.xlsx", xlsx([]), (UnreadReason.WORKBOOK_EMPTY(),)),
]  # fmt: skip
