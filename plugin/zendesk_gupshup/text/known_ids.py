"""Digits that are no phone number: ids, dates, amounts, measures, versions; and ids that are no key, by form alone."""

from __future__ import annotations

import re

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
# A measure or a place on the map. No phone begins with `0.`, or has twelve digits behind a point.
_FRACTIONS = (
    r"(?<![\d.,+])(?P<id>0[.,]\d{4,20})(?![\d.-])",
    r"(?<![\d.,+])(?P<id>\d{1,6}[.]\d{12,20})(?![\d.-])",
    rf"(?<![\d.,+])(?P<id>\d{{1,6}}[.,]\d{{4,20}})(?={_UNIT})",
    # A number in JSON has no quotes.
    r"[\"']\\?:\s{0,2}-?(?P<id>\d{1,6}\.\d{4,20})(?=\s{0,2}[,}\]\n])",
    r"(?<![\d.,+])(?P<id>\d{1,3}\.\d{4,15},\s{0,2}-?\d{1,3}\.\d{4,15})(?![\d.-])",
    rf"(?i:{_MEASURE})[\s\"':=]{{1,4}}-?(?P<id>\d{{1,6}}\.\d{{4,20}})(?![\d.-])",
)

# Digits that are no phone number, whatever stands around them: the group `id` stays as it is.
READABLE = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?<!{_HEX})(?P<id>{_HEX}{{8}}(?:-{_HEX}{{4}}){{3}}-{_HEX}{{12}})(?!{_HEX})",
        rf"(?<!{_HEX})(?P<id>{_HEX}{{8}}(?:_{_HEX}{{4}}){{3}}_{_HEX}{{12}})(?!{_HEX})",
        # The Enterprise gateway's externalId.
        r"(?<!\d)(?P<id>\d{16,20}-\d{10,20})(?!\d)",
        rf"(?i:{_ID_LABEL}{_SET})(?P<id>\d{{10,20}})(?![\d@])",
        rf"(?i:{_ACCOUNT_LABEL}{_SET})(?P<id>2000\d{{6}})(?!\d)",
        r"(?<![A-Za-z\d])[A-Z]{2,6}-(?P<id>20\d\d-\d{3,8})(?!\d)",
        # An account at Amazon, and a host that is named for its address there.
        r"arn:aws[a-z-]{0,10}:[a-z0-9-]{0,30}:[a-z0-9-]{0,30}:(?P<id>\d{12})(?!\d)",
        r"(?<![A-Za-z\d])(?:ec2|ip)-(?P<id>\d{1,3}(?:-\d{1,3}){3})(?!\d)",
        r"graph\.facebook\.com/(?:v\d{1,2}\.\d/)?(?P<id>\d{10,20})(?!\d)",
        rf"(?<!\d)(?P<id>{_YEAR}[-.]{_MONTH}[-.]{_DAY})(?!\d|[ .-]?\d{{3}})",
        rf"(?<!\d)(?P<id>(?:{_DAY}[-. ]{_MONTH}|{_MONTH}[-. ]{_DAY})[-. ]{_YEAR})(?!\d|[ .-]?\d{{3}})",
        r"(?<!\d)(?P<id>20[1-3]\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])[0-5]\d[0-5]\d)(?!\d)",
        r"(?<![\d.])(?P<id>(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d))(?![\d]|\.\d)",
        rf"{_MONEY}\s?(?P<id>\d{{1,3}}(?:[., ]\d{{3}}){{1,5}}(?!\d)|\d{{1,15}})(?!\d)",
        rf"(?<![\d.])(?P<id>\d{{1,3}}(?:[., ]\d{{3}}){{2,5}}|\d{{10,15}})\s?(?:{_MONEY}|{_COINS})",
        r"(?<![\d.])(?P<id>\d{1,3}(?:\.\d{3}){2,5},\d{1,2})(?!\d)",
        *_FRACTIONS,
        # Sizes, and days with a time as names of files have them.
        r"(?i:content-length|(?<![a-z])(?:bytes|size|heap|memory|offset|length))[\s\"':=]{1,4}(?P<id>\d{9,15})(?![\d.-])",
        r"(?<![\d.])(?P<id>\d{9,15})\s?(?i:bytes|[kmg]b|ms)(?![A-Za-z])",
        rf"(?<!\d)(?P<id>{_YEAR}{_COMPACT}(?:[-_ T]{_CLOCK}(?!\d)|(?=[ T]\d\d:\d\d)))",
        # Versions of programs: Chrome/143.0.7499.110.
        r"(?:[A-Za-z]/|(?<![A-Za-z])[vV]|(?i:versi[oó]n |vers[ãa]o ))(?P<id>\d{1,4}(?:\.\d{1,6}){1,4})(?![\d.])",
        rf"(?i:{_CARRIER}{_SET})(?P<id>\d{{4}}(?: \d{{4}}){{2,4}}|\d{{10,22}})(?![\d@])",
        r"(?i:(?:message-id|in-reply-to|references):\s{0,2}<)(?P<id>[^\s<>@\"]{8,90})@",
    )
)

# What no key and no number is, by its form alone.
KNOWN_IDS = (
    *READABLE[:3],
    # Zendesk's ids of webhooks and what they sent: https://developer.zendesk.com/api-reference/webhooks/webhooks-api/
    # What mail programs number their mails by: https://www.rfc-editor.org/rfc/rfc5322#section-3.6.4
    re.compile(r"<(?P<id>[^\s<>@\"]{8,250})@[A-Za-z0-9.-]{4,80}>"),
    re.compile(r"(?<![A-Za-z0-9])(?P<id>01[0-9A-HJKMNP-TV-Z]{24})(?![A-Za-z0-9])"),
)
