"""Mails of many parts, signed and encrypted ones, with what is read of each; and how to make one."""

from __future__ import annotations

import base64

from support.files import pdf, picture
from zendesk_gupshup.attachments import FileText
from zendesk_gupshup.model.reason import Detail
from zendesk_gupshup.model.unread_reasons import UnreadReason


def many(
    kind: str, *parts: bytes, head: bytes = b"Subject: It fails\nMIME-Version: 1.0\n", mark: bytes = b"b"
) -> bytes:
    """A mail, or without `head` a part of one, of these parts."""
    lines = b"".join(b"--" + mark + b"\n" + part + b"\n" for part in parts)
    return head + b'Content-Type: multipart/%s; boundary="%s"\n\n%s--%s--\n' % (kind.encode(), mark, lines, mark)


def part(content_type: str, content: bytes, *fields: str) -> bytes:
    lines = "".join(f"{line}\n" for line in (f"Content-Type: {content_type}", *fields))
    return lines.encode() + b"\n" + content


def packed(content_type: str, content: bytes, *fields: str) -> bytes:
    return part(content_type, base64.encodebytes(content), "Content-Transfer-Encoding: base64", *fields)


def named(name: str) -> str:
    return f'Content-Disposition: attachment; filename="{name}"'


PLAIN = part("text/plain", b"See the file.\n")
LOG = packed("text/plain", b"Error 1004", 'Content-Disposition: inline; filename="g.log"')
LARGE = picture("Error 1003", size=(1400, 900), kind="BMP")
NAMED = {
    "what is encrypted by PGP": (
        many("encrypted", part("application/pgp-encrypted", b"Version: 1"), part("application/octet-stream", b"x")),
        (UnreadReason.IN(name=Detail.MAIL_PART(type='multipart/encrypted'), why=(UnreadReason.MAIL_PGP(),)),),
    ),
    "what lies elsewhere": (
        many("mixed", part("message/external-body; access-type=url", b"Content-Type: text/plain\n\n")),
        (UnreadReason.IN(name=Detail.MAIL_PART(type='message/external-body'), why=(UnreadReason.MAIL_ELSEWHERE(),)),),
    ),
    "Outlook's own wrapping": (
        many("mixed", packed("application/ms-tnef", b"\x78\x9f\x3e\x22 x", named("winmail.dat"))),
        (UnreadReason.IN(name='winmail.dat', why=(UnreadReason.WINMAIL(),)),),
    ),
    "a locked file and a picture": (
        many(
            "mixed",
            packed("application/pdf", pdf("x", password="y"), named("a.pdf")),
            packed("image/bmp", LARGE, 'Content-Disposition: inline; filename="s.bmp"'),
        ),
        (
            (
            UnreadReason.IN(name="a.pdf", why=(UnreadReason.PDF_LOCKED(),)),
            UnreadReason.IN(name="s.bmp", why=(UnreadReason.PICTURE_FORMAT(format="BMP"),)),
        )
        ),
    ),
    "a name in three pieces, in Latin-1": (
        many("mixed", packed("application/zip", b"PK\x03\x04", "Content-Disposition: attachment;\n"
             " filename*0*=iso-8859-1'es'c%F3d; filename*1*=igo; filename*2=.zip")),
        (UnreadReason.IN(name='código.zip', why=(UnreadReason.ARCHIVE(format='zip'),)),),
    ),
    "a part that breaks the library": (
        many("mixed", LOG.replace(b"filename=", b"filename*=a\x00b''")),
        (UnreadReason.IN(name=Detail.MAIL_PART(type='text/plain'), why=(UnreadReason.BROKEN(),)),),
    ),
    "a name packed as a header is": (
        many("mixed", packed("application/zip", b"PK\x03\x04", named("=?utf-8?q?c=C3=B3d?="))),
        (UnreadReason.IN(name='cód', why=(UnreadReason.ARCHIVE(format='zip'),)),),
    ),
}  # fmt: skip

_OID = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07"


def der(tag: int, *content: bytes) -> bytes:
    joined = b"".join(content)
    size = len(joined).to_bytes((len(joined).bit_length() + 7) // 8 or 1, "big")
    return bytes([tag]) + (size if len(joined) < 0x80 else bytes([0x80 | len(size)]) + size) + joined


def ber(tag: int, *content: bytes) -> bytes:
    return bytes([tag, 0x80]) + b"".join(content) + b"\x00\x00"


def signed(content: bytes, *, streamed: bool = False) -> bytes:
    """SignedData of RFC 5652 without its signers; streamed as OpenSSL and Outlook write it, in pieces."""
    many = ber if streamed else der
    pieces = [content[at : at + 10] for at in range(0, len(content), 10)]
    octets = ber(0x24, *(der(0x04, piece) for piece in pieces)) if streamed else der(0x04, content)
    inner = many(0x30, _OID + b"\x01", many(0xA0, octets)) if content else der(0x30, _OID + b"\x01")
    data = many(0x30, der(0x02, b"\x01"), der(0x31, der(0x30, b"\x05\x00")), inner, der(0xA0, b"cert"), der(0x31))
    return many(0x30, _OID + b"\x02", many(0xA0, data))


INNER = many("mixed", PLAIN, LOG, head=b"")
SMIME = {
    "signed": (signed(INNER), FileText("See the file.\n\n\nError 1004")),
    "signed, in pieces": (signed(INNER, streamed=True), FileText("See the file.\n\n\nError 1004")),
    "signed twice": (signed(signed(INNER)), FileText("See the file.\n\n\nError 1004")),
    "signed without being a mail": (signed(b"Error 1003"), FileText("Error 1003")),
    "a signature alone": (signed(b""), FileText(unread=(UnreadReason.MAIL_SIGNATURE(),))),
    "encrypted": (
        der(0x30, _OID + b"\x03", der(0xA0, b"x" * 200)),
        FileText(unread=(UnreadReason.MAIL_SMIME(),)),
    ),
    "encrypted in the newer way": (
        der(0x30, b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x17", der(0xA0, b"x" * 200)),
        FileText(unread=(UnreadReason.MAIL_SMIME(),)),
    ),
    "in another form": (der(0x30, _OID + b"\x05", b"x"), FileText(unread=(UnreadReason.MAIL_SMIME_FORM(),))),
}
