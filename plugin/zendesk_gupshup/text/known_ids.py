"""Digits that are no phone number: ids, dates, amounts, measures, versions; and ids that are no key, by form alone."""

from __future__ import annotations

import re
from itertools import chain, product
from typing import NamedTuple

_HEX = "[0-9a-fA-F]"
_ID_LABEL = (
    r"(?:(?:template|plantilla|waba|business(?:[ _-]?(?:account|manager|portfolio))?|"
    r"phone[ _-]?number|app|customer|partner)[ _-]{0,2}id|"
    r"id (?:de |del |do |da )(?:la )?(?:template|plantilla|waba|modelo)|waba|template|plantilla)"
)
# Gupshup's Enterprise accounts are numbered 2000 and six digits; a bank's "account number" stays masked.
_ACCOUNT_LABEL = (
    r"(?:(?:user|account)[ _-]?id|id de usuario(?: de la cuenta)?|id de usu[aá]rio(?: da conta)?|"
    r"(?:user[ _-]?)?id (?:de la cuenta|da conta)|"
    r"(?:enterprise|hsm|two[ -]?way|one[ -]?way|gupshup)[ -](?:account|user)(?:[ _-]?(?:id|number|no\.?))?|"
    r"(?:cuenta|conta) (?:de |da |do )?(?:enterprise|hsm|gupshup))"
)
_SET = r"""[\s"'\\:=#*>(]{0,6}(?:(?:is|es|é)\s)?["'\\]{0,2}"""
_MONEY = r"(?:[$€£₹]|R\$|USD|US\$|MXN|COP|ARS|CLP|PEN|BRL|INR|EUR)"
_SIGNS_OF_MONEY = ("$", "€", "£", "₹", "USD", "MXN", "COP", "ARS", "CLP", "PEN", "BRL", "INR", "EUR")
_COINS = r"(?i:pesos|reais|d[óo]lares|dollars|euros|soles)"
_DAY, _MONTH, _YEAR = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])", r"(?:19|20)\d\d"

_CARRIER = (
    r"(?<![a-z])(?:gu[íi]a|tracking(?:[ _-]?(?:number|id|no\.?|code))?|(?:c[óo]digo de )?rastre(?:io|amento|o)|"
    r"fedex|dhl|ups|estafeta|correios|servientrega|awb)"
)
_UNIT = r"(?:%|[eE][+-]?\d|\s?(?i:ms|s|seg|secs?|seconds|segundos|km|m|kb|mb|gb|bytes)(?![A-Za-z]))"
_COMPACT, _CLOCK = r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])", r"(?:[01]\d|2[0-3])[0-5]\d[0-5]\d"
_MEASURE = (
    r"(?<![a-z])(?:lat|lng|lon|long|latitude?|longitude?|score|ratio|rate|tasa|taxa|avg|mean|average|promedio|m[ée]dia|"
    r"latency|duration|elapsed|value|valor)"
)


class Readable(NamedTuple):
    """Digits that are no phone number, whatever stands around them: the group `id` stays as it is."""

    pattern: re.Pattern[str]
    # One of these stands wherever the pattern matches, in what `shape` makes of the text. None: it may match anywhere.
    shapes: tuple[bytes, ...] = ()
    # One of these stands there, too.
    signs: tuple[str, ...] = ()


def _readable(pattern: str, *shapes: str, signs: tuple[str, ...] = ()) -> Readable:
    """In the shapes `s` is either separator."""
    either = (product(*(".-" if sign == "s" else sign for sign in shape)) for shape in shapes)
    return Readable(re.compile(pattern), tuple("".join(form).encode() for form in chain(*either)), signs)


_SHAPE = bytes(
    b"d"[0] if code in b"0123456789" else b"."[0] if code in b".," else b"-"[0] if code in b"- " else b"x"[0]
    for code in range(256)
)


def shape(text: str) -> bytes:
    """A byte for each character of `text`: `d` a digit, `.` a point or comma, `-` a hyphen or blank, `x` all else."""
    try:
        return text.encode("latin-1").translate(_SHAPE)
    except UnicodeEncodeError:
        foreign = {ord(char): "0" for char in set(text) if char.isdecimal()}
        return text.translate(foreign).encode("latin-1", "replace").translate(_SHAPE)


_FOUR_DECIMALS = "d.dddd"
# A measure or a place on the map. No phone begins with `0.`, or has twelve digits behind a point.
_FRACTIONS = (
    _readable(r"(?<![\d.,+])(?P<id>0[.,]\d{4,20})(?![\d.-])", _FOUR_DECIMALS),
    _readable(r"(?<![\d.,+])(?P<id>\d{1,6}[.]\d{12,20})(?![\d.-])", f"d.{'d' * 12}"),
    _readable(rf"(?<![\d.,+])(?P<id>\d{{1,6}}[.,]\d{{4,20}})(?={_UNIT})", _FOUR_DECIMALS),
    # A number in JSON has no quotes.
    _readable(r"[\"']\\?:\s{0,2}-?(?P<id>\d{1,6}\.\d{4,20})(?=\s{0,2}[,}\]\n])", _FOUR_DECIMALS),
    _readable(r"(?<![\d.,+])(?P<id>\d{1,3}\.\d{4,15},\s{0,2}-?\d{1,3}\.\d{4,15})(?![\d.-])", _FOUR_DECIMALS),
    _readable(rf"(?i:{_MEASURE})[\s\"':=]{{1,4}}-?(?P<id>\d{{1,6}}\.\d{{4,20}})(?![\d.-])", _FOUR_DECIMALS),
)

READABLE = (
    _readable(rf"(?<!{_HEX})(?P<id>{_HEX}{{8}}(?:-{_HEX}{{4}}){{3}}-{_HEX}{{12}})(?!{_HEX})"),
    _readable(rf"(?<!{_HEX})(?P<id>{_HEX}{{8}}(?:_{_HEX}{{4}}){{3}}_{_HEX}{{12}})(?!{_HEX})"),
    # The Enterprise gateway's externalId.
    _readable(r"(?<!\d)(?P<id>\d{16,20}-\d{10,20})(?!\d)", f"{'d' * 16}-{'d' * 10}"),
    _readable(rf"(?i:{_ID_LABEL}{_SET})(?P<id>\d{{10,20}})(?![\d@])", "d" * 10),
    _readable(rf"(?i:{_ACCOUNT_LABEL}{_SET})(?P<id>2000\d{{6}})(?!\d)", "d" * 10),
    _readable(r"(?<![A-Za-z\d])[A-Z]{2,6}-(?P<id>20\d\d-\d{3,8})(?!\d)", "-dddd-ddd"),
    # An account at Amazon, and a host that is named for its address there.
    _readable(r"arn:aws[a-z-]{0,10}:[a-z0-9-]{0,30}:[a-z0-9-]{0,30}:(?P<id>\d{12})(?!\d)", "d" * 12),
    _readable(r"(?<![A-Za-z\d])(?:ec2|ip)-(?P<id>\d{1,3}(?:-\d{1,3}){3})(?!\d)", "d-d", signs=("ec2-", "ip-")),
    # What a build puts into the name of its file: `index-9836330271877bda.js`.
    _readable(
        r"(?<=[-._])(?P<id>(?=\d{0,31}[a-f]\d{0,31}[a-f])[\da-f]{8,32})\.(?:js|css)(?![A-Za-z\d])",
        signs=(".js", ".css"),
    ),
    _readable(r"graph\.facebook\.com/(?:v\d{1,2}\.\d/)?(?P<id>\d{10,20})(?!\d)", "d" * 10),
    _readable(rf"(?<!\d)(?P<id>{_YEAR}[-.]{_MONTH}[-.]{_DAY})(?!\d|[ .-]?\d{{3}})", "ddddsdsd", "ddddsddsd"),
    _readable(
        rf"(?<!\d)(?P<id>(?:{_DAY}[-. ]{_MONTH}|{_MONTH}[-. ]{_DAY})[-. ]{_YEAR})(?!\d|[ .-]?\d{{3}})",
        "dsdsdddd",
        "dsddsdddd",
    ),
    _readable(
        r"(?<!\d)(?P<id>20[1-3]\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])[0-5]\d[0-5]\d)(?!\d)",
        "d" * 14,
    ),
    _readable(
        r"(?<![\d.])(?P<id>(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d))(?![\d]|\.\d)",
        *(f"d.{second}.{third}.d" for second, third in product(("d", "dd", "ddd"), repeat=2)),
    ),
    _readable(rf"{_MONEY}\s?(?P<id>\d{{1,3}}(?:[., ]\d{{3}}){{1,5}}(?!\d)|\d{{1,15}})(?!\d)", signs=_SIGNS_OF_MONEY),
    _readable(
        rf"(?<![\d.])(?P<id>\d{{1,3}}(?:[., ]\d{{3}}){{2,5}}|\d{{10,15}})\s?(?:{_MONEY}|{_COINS})", "sdddsddd", "d" * 10
    ),
    _readable(r"(?<![\d.])(?P<id>\d{1,3}(?:\.\d{3}){2,5},\d{1,2})(?!\d)", ".ddd.ddd.d"),
    *_FRACTIONS,
    # Sizes, and days with a time as names of files have them.
    _readable(
        r"(?i:content-length|(?<![a-z])(?:bytes|size|heap|memory|offset|length))[\s\"':=]{1,4}(?P<id>\d{9,15})(?![\d.-])",
        "d" * 9,
    ),
    _readable(r"(?<![\d.])(?P<id>\d{9,15})\s?(?i:bytes|[kmg]b|ms)(?![A-Za-z])", "d" * 9),
    _readable(rf"(?<!\d)(?P<id>{_YEAR}{_COMPACT}(?:[-_ T]{_CLOCK}(?!\d)|(?=[ T]\d\d:\d\d)))", "d" * 8),
    # Versions of programs: Chrome/143.0.7499.110.
    _readable(
        r"(?:[A-Za-z]/|(?<![A-Za-z])[vV]|(?i:versi[oó]n |vers[ãa]o ))(?P<id>\d{1,4}(?:\.\d{1,6}){1,4})(?![\d.])", "d.d"
    ),
    _readable(
        rf"(?i:{_CARRIER}{_SET})(?P<id>\d{{4}}(?: \d{{4}}){{2,4}}|\d{{10,22}})(?![\d@])", "dddd-dddd-dddd", "d" * 10
    ),
    _readable(r"(?i:(?:message-id|in-reply-to|references):\s{0,2}<)(?P<id>[^\s<>@\"]{8,90})@", signs=("@",)),
)

# What no key and no number is, by its form alone.
KNOWN_IDS = (
    *(readable.pattern for readable in READABLE[:3]),
    # Zendesk's ids of webhooks and what they sent: https://developer.zendesk.com/api-reference/webhooks/webhooks-api/
    # What mail programs number their mails by: https://www.rfc-editor.org/rfc/rfc5322#section-3.6.4
    re.compile(r"<(?P<id>[^\s<>@\"]{8,250})@[A-Za-z0-9.-]{4,80}>"),
    re.compile(r"(?<![A-Za-z0-9])(?P<id>01[0-9A-HJKMNP-TV-Z]{24})(?![A-Za-z0-9])"),
)
