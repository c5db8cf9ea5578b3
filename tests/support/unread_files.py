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
    ("a.zip", _zip(), "an archive (zip); archives are not opened; ask for the files in it"),
    ("a.bin", b"PAR1\x15\x04" + NOISE, "a data file (Parquet), which is not read; ask for it as CSV"),
    ("a.orc", b"ORC\x00" + NOISE, "a data file (ORC), which is not read; ask for it as CSV"),
    ("a.avro", b"Obj\x01" + NOISE, "a data file (Avro), which is not read; ask for it as CSV"),
    ("a", b"ARROW1\x00\x00" + bytes(90), "a data file (Arrow), which is not read; ask for it as CSV"),
    (
        "a.pcap",
        b"\xd4\xc3\xb2\xa1\x02\x00" + NOISE,
        "a capture of network traffic, which is not read; ask for the answer as text",
    ),
    (
        "a.jxl",
        b"\x00\x00\x00\x0cJXL \r\n\x87\n" + bytes(90),
        "a picture of a kind that is not read (JPEG XL); PNG, JPEG and WebP are",
    ),
    ("a", gzip.compress(b"code 1003", mtime=0), "an archive (gz); archives are not opened; ask for the files in it"),
    ("a.tar", _tar(), "an archive (tar); archives are not opened; ask for the files in it"),
    ("a", b"7z\xbc\xaf\x27\x1c" + NOISE, "an archive (7z); archives are not opened; ask for the files in it"),
    ("a", b"Rar!\x1a\x07\x01\x00" + NOISE, "an archive (rar); archives are not opened; ask for the files in it"),
    ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a broken Office file; ask for it as PDF"),
    ("a.log", NOISE, "neither text nor a known kind of document"),
    ("a.gif", b"GIF89a" + NOISE, "a picture of a kind that is not read (GIF); PNG, JPEG and WebP are"),
    ("a.mp4", b"\x00\x00\x00\x20ftypisom" + NOISE, "sound or film"),
    ("a.png", picture("Error 1003"), "a picture"),
    ("a.txt", b"  \n ", "holds no text"),
    ("a.txt", b"\x00" * 9000, "neither text nor a known kind of document"),
    ("a.pdf", pdf("secret", password="x"), "a PDF that is locked with a password; ask for a copy without a password"),
    ("a.pdf", pdf(""), "a PDF without text; the pictures on its pages are not read"),
    ("a.xlsx", xlsx([]), "an empty spreadsheet"),
]  # fmt: skip
