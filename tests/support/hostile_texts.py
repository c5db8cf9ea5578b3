"""Texts that a page must show as they are."""

from __future__ import annotations

HOSTILE = (
    "<script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>",
    "</textarea></title></table><h1>out</h1>",
    "{{ 7 * 7 }} {% raw %} ${7*7}",
    "a" * 5000,
    "bell\x07 null\x00 escape\x1b[31m",
    "right\u202eto left\u2066 and \u200b",
    "lone \ud800 surrogate",
)
